"""What multiplies the gradient of a single weight or bias: the sign, or the mean, that one line alone has wrong."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from engine.experiment.discrepancies.base import Choice, Discrepancy, Group, Moves, Wording, batch_words, listed, plain
from engine.experiment.settings import Settings
from engine.experiment.tensor_steps import AS_THEY_ARE, TensorSteps

CHOICES = (
    Choice(AS_THEY_ARE, "none", "all alike", "no tensor's gradient is multiplied"),
    Choice(TensorSteps((("b1", -1.0),)), "b1:-1", "b1:−1", "the first layer's bias climbs: a wrong sign in one line"),
)


def _phrase(value: TensorSteps) -> str:
    parts = [f"{listed(names)} by {plain(factor)}" for factor, names in _by_factor(value).items()]
    return f"multiplied for {listed(parts)}" if parts else "taken as they are"


def _by_factor(value: TensorSteps) -> dict[float, list[str]]:
    """The tensors that have each factor."""
    found: dict[float, list[str]] = {}
    for name, factor in value.factors:
        found.setdefault(factor, []).append(name)
    return found


def _meaning(names: list[str], factor: float, samples: int, outputs: int) -> str:
    """What such a factor is a sign of: 'b1 climbs: …', 'W1 and b1 move …'."""
    one, who = len(names) == 1, listed(names)
    moves, its = f"{who} move{'s' if one else ''}", "its gradient" if one else "their gradients"
    rate = "its rate" if one else "their rate"
    if factor == 0:
        lines = "the line that updates it is" if one else "the lines that update them are"
        return f"{who} never move{'s' if one else ''}: {lines} missing"
    if factor == -1:
        return f"{who} climb{'s: the sign of its line is' if one else ': the signs of their lines are'} wrong"
    counts = {"N": samples, "N·C": samples * outputs, "C": outputs, "N²": samples**2}
    for name, count in counts.items():
        if count > 1 and factor == count:
            far = f"{moves} {name} = {count:,} times too far"
            return f"{far}: the mean that the others take is missing, or {rate} is higher"
        if count > 1 and factor == 1 / count:
            far = f"{moves} {name} = {count:,} times too little"
            return f"{far}: a mean that the others do not take, or {rate} is lower"
    return f"{moves} by {plain(factor)} times {its}"


def _numbers(settings: Settings) -> str:
    found: dict[str, None] = {}
    for side in (settings.numpy, settings.pytorch):
        samples, outputs = settings.batch_samples(side), settings.data.outputs
        compounded = _compounded(side.tensor_steps, len(settings.activations))
        if compounded is not None:
            share = f"N = {samples:,}" if compounded == samples else plain(compounded)
            text = f"Each layer's δ is divided by {share} once more on the way down"
            found[f"{text}: a mean that the layer above has taken already"] = None
            continue
        by_factor = _by_factor(side.tensor_steps).items()
        found |= {_meaning(names, factor, samples, outputs): None for factor, names in by_factor}
    return f"{'; '.join(found)}." if found else f"{batch_words(settings)}; no tensor has a factor of its own."


def _compounded(value: TensorSteps, layers: int) -> float | None:
    """By how many times each layer moves less than the one above, if that is one number for three layers or more."""
    factors = dict(value.factors)
    own = [factors.get(f"W{i}", 1.0) for i in range(1, layers + 1)]
    if layers < 3 or own[-1] != 1 or 0 in own:
        return None
    shares = [above / below for below, above in pairwise(own)]
    is_one = all(abs(share - shares[0]) <= 1e-9 * abs(share) for share in shares)
    return shares[0] if is_one and shares[0] > 1 else None


def _label(value: TensorSteps) -> str:
    """'W1:4.34e-04+b1:4.34e-04'."""
    return "+".join(f"{name}:{plain(factor, 4)}" for name, factor in value.factors)


def _in_effect(side: Any, layers: int) -> TensorSteps:
    """Without those of biases that are not there."""
    biases = side.bias if isinstance(side.bias, tuple) else (side.bias,) * layers
    return TensorSteps(
        tuple(one for one in side.tensor_steps.factors if one[0][0] == "W" or biases[int(one[0][1:]) - 1])
    )


def _alike(settings: Settings) -> bool:
    layers = len(settings.activations)
    return _in_effect(settings.numpy, layers) == _in_effect(settings.pytorch, layers)


WORDING = Wording(
    phrase=_phrase,
    differ="The gradients of single tensors are {by_hand} by hand, {pytorch} in PyTorch.",
    equal="the gradients of single tensors are {both} on both sides; otherwise they would part after the first step",
    numbers=_numbers,
    formula="w ← w − η·f·∂L/∂w, f a number for each weight and bias; PyTorch's is 1",
    theory=lambda settings: (
        "Each line of a hand-written update is a place to slip: a plus for a minus, a mean taken in one line and not "
        "in the next, a line left out. The other tensors then learn as they should, and often make up for it: the loss "
        "falls, only more slowly. With Adam and its like a factor above 0 hardly matters, since a step goes by the "
        "gradient over its own size; the sign does."
    ),
)


DISCREPANCY = Discrepancy(
    field="tensor_steps",
    title="Tensor steps",
    summary="a number that multiplies the gradient of one weight or bias: a wrong sign, a mean in one line alone",
    group=Group.BACKWARD,
    order=95,
    moves=Moves.WEIGHTS,
    choices=CHOICES,
    wording=WORDING,
    parse_other=TensorSteps.parse,
    label_other=_label,
    other="none, or factors such as b1:-1 and W1:0.5+b1:0",
    since=10,
    alike=_alike,
)
