"""The classes of a PyTorch program whose backward passes make hand-written code's slips.

They are made of `torch_slip.py`'s source; a test holds the programs that have them to the engine's bits.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

from engine.experiment.choices import DerivativeAt, LossInput, SoftmaxForm
from engine.experiment.loss_epsilon import LossEpsilonKind
from engine.experiment.per_layer import of_layers
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, is_fused
from engine.experiment.slipped import Slip, is_slipped
from engine.networks.programs.fold import fold
from engine.networks.programs.layout import lines_of, plain_class, plain_function
from engine.networks.programs.source import source_of
from engine.networks.programs.specialize import Specializer

SOURCE = "engine.networks.torch_slip"

NAMES = {
    Activation.SIGMOID: "Sigmoid",
    Activation.TANH: "Tanh",
    Activation.RELU: "ReLU",
    Activation.LEAKY_RELU: "LeakyReLU",
    Activation.SOFTMAX: "Softmax",
}

SLIPS = {
    DerivativeAt.PRE_ACTIVATION: "Slipped{}",
    DerivativeAt.OUTPUT_AGAIN: "{}Twice",
    DerivativeAt.NONE: "{}WithoutDerivative",
    DerivativeAt.NOT_NEGATIVE: "{}NotNegative",
    DerivativeAt.ONE_AT_ZERO: "{}OneAtZero",
    DerivativeAt.DIAGONAL: "{}OfDiagonal",
    DerivativeAt.OF_SIGMOID: "{}WithSigmoidsDerivative",
    DerivativeAt.OF_TANH: "{}WithTanhsDerivative",
    DerivativeAt.OF_RELU: "{}WithReLUsDerivative",
    DerivativeAt.ITSELF: "{}AsItsDerivative",
    DerivativeAt.OUTPUT: "{}",
}

FORMS = {
    SoftmaxForm.PLAIN: "Plain{}",
    SoftmaxForm.OVER_SAMPLES: "{}OverSamples",
    SoftmaxForm.OVER_ALL: "{}OverAll",
    SoftmaxForm.STABLE: "{}",
}

COSTS = {
    SoftmaxForm.PLAIN: ("_CostsOfPlainSoftmax", "costs_of_plain_softmax"),
    SoftmaxForm.OVER_SAMPLES: ("_CostsOfSoftmaxOverSamples", "costs_of_softmax_over_samples"),
    SoftmaxForm.OVER_ALL: ("_CostsOfSoftmaxOverAll", "costs_of_softmax_over_all"),
}

DIVIDED_BY_MORE = "_CostsDividedByMore", "costs_divided_by_more"


def activations_of(settings: Settings) -> tuple[Activation, ...]:
    """Of each layer of the model: a fused loss has the output's in itself."""
    kinds = settings.activations
    return (*kinds[:-1], Activation.IDENTITY) if is_fused(settings.pytorch) else kinds


def slips_of(settings: Settings) -> list[Slip | None]:
    """What each layer's activation is where it makes a slip."""
    side, kinds = settings.pytorch, activations_of(settings)
    slips = zip(kinds, of_layers(side.derivative_at, len(kinds)), [side.softmax_form] * len(kinds), strict=True)
    return [slip if is_slipped(*slip) else None for slip in slips]


def module_name(slip: Slip) -> str:
    """What a program calls the module."""
    kind, derivative_at, form = slip
    named = NAMES[kind] if kind is not Activation.SOFTMAX else FORMS[form].format(NAMES[kind])
    return SLIPS[derivative_at].format(named)


def slipped_classes(settings: Settings) -> list[str]:
    """Each class, or function, that the program needs."""
    side = settings.pytorch
    found = [text for slip in dict.fromkeys(slips_of(settings)) if slip is not None for text in _classes(slip, side)]
    needed = None
    if side.sums_costs and side.loss_input is LossInput.LOGITS:
        needed = COSTS[side.softmax_form]
    elif side.adds_loss_epsilon and side.loss_epsilon.kind is LossEpsilonKind.DIVISOR and settings.is_binary(side):
        needed = DIVIDED_BY_MORE
    if needed is not None:
        source, (costs, function) = source_of(SOURCE), needed
        found += [plain_class(source.classes[costs]), plain_function(source.functions[function])]
    return found


def _classes(slip: Slip, side: Side) -> list[str]:
    activation, derivative_at, softmax_form = slip
    known = SimpleNamespace(
        activation=activation,
        derivative_at=derivative_at,
        softmax_form=softmax_form,
        negative_slope=side.negative_slope,
    )
    writer = Specializer(source_of(SOURCE, "SlippedActivation"), known)
    backward = _lines(writer, "pass_back", gradient="gradient", z="z", output="output")
    kept = [name for name in ("z", "output") if any(_names(line, name) for line in backward)]
    forward = _lines(writer, "activate", z="z")
    if "output" in kept:
        forward[-1] = forward[-1].replace("return ", "output = ")
    if kept:
        forward.insert(len(forward) if "output" in kept else 0, f"context.save_for_backward({', '.join(kept)})")
        comma = "," if len(kept) == 1 else ""
        targets = f"({kept[0]},)" if comma else ", ".join(kept)
        backward.insert(0, f"{targets} = context.saved_tensors")
    if "output" in kept:
        forward.append("return output")
    name = module_name(slip)
    methods = _method("forward", "context, z", forward) + _method("backward", "context, gradient", backward)
    function = [f"class _{name}(torch.autograd.Function):", *methods[:-1]]
    module = [f"class {name}(nn.Module):", "    def forward(self, z):", f"        return _{name}.apply(z)"]
    return ["\n".join(function), "\n".join(module)]


def _lines(writer: Specializer, method: str, **names: str) -> list[str]:
    """A method's own, the last of which returns its value."""
    body = fold(writer.method(method, "returned", **names), {"s"}.__contains__)
    lines = lines_of(body)
    return [line.replace("returned = ", "return ") if line.startswith("returned = ") else line for line in lines]


def _names(line: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", line) is not None


def _method(name: str, parameters: str, lines: list[str]) -> list[str]:
    return ["    @staticmethod", f"    def {name}({parameters}):", *(f"        {line}" for line in lines), ""]
