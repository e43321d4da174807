"""What a diagnosis says of right code: what it is called in PyTorch, and why some of it looks wrong and is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.diagnosis.diagnosis import Diagnosis
from engine.experiment.choices import DerivativeAt, LossInput, Objective, SideName
from engine.experiment.clipping import ClippingKind
from engine.experiment.discrepancies import find_setting
from engine.experiment.per_layer import of_layers
from engine.experiment.schedules import ScheduleKind
from engine.experiment.settings import OWN_LOSS, Activation
from engine.experiment.side import is_fused
from engine.experiment.update_rules import Decayed, MomentumForm
from engine.networks.programs import scripts


def in_pytorch(diagnosis: Diagnosis) -> str:
    """'nn.BCEWithLogitsLoss() with torch.optim.SGD(model.parameters(), lr=0.1)', as PyTorch's program has it."""
    assert diagnosis.settings is not None
    lines = [line.strip() for line in scripts(diagnosis.settings)[SideName.PYTORCH].lines]
    made = {
        name: next((line.partition(" = ")[2] for line in lines if line.startswith(f"{name} = ")), "")
        for name in ("criterion", "optimizer", "learning_rate", "scheduled_rate")
    }
    optimizer = re.sub(r"\blr=[a-z_]+", f"lr={made['learning_rate']}", made["optimizer"])
    optimizer = optimizer.replace("(groups,", "(model.parameters(),")
    parts = [" with ".join(one for one in (made["criterion"], optimizer) if one) or "what PyTorch does"]
    if diagnosis.settings.pytorch.schedule.kind is ScheduleKind.GIVEN:
        parts.append("with the learning rate of each step as the program has it")
    elif made["scheduled_rate"]:
        parts.append("lr then " + re.sub(r"\blearning_rate\b", made["learning_rate"], made["scheduled_rate"]))
    clipped = [f"after {line}" for line in lines if line.startswith("nn.utils.clip_grad")]
    clipping = diagnosis.settings.pytorch.clipping
    if not clipped and clipping.kind is not ClippingKind.NONE:
        clipped = [f"after gradients are {find_setting('clipping').wording.phrase(clipping)}"]
    parts += clipped
    if "(groups," in made["optimizer"] and diagnosis.settings.pytorch.decayed is Decayed.WEIGHTS:
        parts.append("the biases in a group of their own with weight_decay=0")
    return ", ".join(parts)


def remarks(diagnosis: Diagnosis) -> Iterator[str]:
    """Of what is no difference, and is often taken for one."""
    reading, settings = diagnosis.reading, diagnosis.settings
    if reading is None or settings is None:
        return
    side, output = settings.numpy, reading.activations[-1]
    left = {cause.field for cause in diagnosis.causes}
    own = OWN_LOSS.get(output) is side.objective
    if is_fused(side) and own and side.loss_input is LossInput.LOGITS and not left & {"loss_input", "softmax_form"}:
        loss = "cross-entropy" if side.objective is Objective.CROSS_ENTROPY else "binary cross-entropy"
        yield f"The output's error is p − y, with no derivative of the {output.value}: in the {loss} the two cancel."
    derivatives = of_layers(side.derivative_at, len(reading.activations))
    hidden = [one for one, at in zip(reading.activations, derivatives, strict=True) if at is DerivativeAt.OUTPUT]
    smooth = [one for one in hidden[: None if not is_fused(side) else -1] if one in FROM_OUTPUT]
    source = diagnosis.recording.source
    if smooth and "derivative_at" not in left and _has(source, ONE_LESS):
        yield f"{FROM_OUTPUT[smooth[0]]}."
    momentum = side.sgd_momentum
    plain = momentum.form in (MomentumForm.PYTORCH, MomentumForm.TEXTBOOK) and not momentum.dampening
    is_said = plain and side.schedule.is_none and "momentum" not in left and _has(source, RATE_IN_VELOCITY)
    if momentum.coefficient and is_said:
        yield (
            "v ← μ·v − η·g, w ← w + v takes the steps of v ← μ·v + g, w ← w − η·v, torch.optim.SGD's momentum, while "
            "the learning rate η stays the same."
        )
    layers = diagnosis.recording.layers
    beside_ones = [layer.bias_row for layer in layers if layer.ones]
    if beside_ones:
        yield f"A column of ones beside the inputs is a bias: the weight's {beside_ones[0]} moves as nn.Linear's does."
    if all(layer.transposed for layer in layers):
        yield "Weights kept (out, in), as nn.Linear keeps them, are no difference."


def _has(source: str, pattern: re.Pattern[str]) -> bool:
    """Whether a program has such words; of a recording nothing is known."""
    return not source or pattern.search(source) is not None


ONE_LESS = re.compile(r"\b1(\.0?)?\s*-|\bsubtract\(\s*1")
"""How a derivative that is written for the output begins."""

_TIMES = r"(?:\*\s*[\w.]*(?:{0})\w*|(?:{0})\w*\s*\*)"

_MOMENTUM, _RATE = _TIMES.format("mu|moment|beta|gamma"), _TIMES.format("lr|rate|alpha|eta")

RATE_IN_VELOCITY = re.compile(rf"(?im)^.*{_MOMENTUM}.*{_RATE}|^.*{_RATE}.*{_MOMENTUM}")
"""A line that multiplies by the momentum and by the learning rate."""

FROM_OUTPUT = {
    Activation.SIGMOID: "s·(1 − s) is the sigmoid's derivative where s is the layer's output, as it is here",
    Activation.TANH: "1 − t² is tanh's derivative where t is the layer's output, as it is here",
}
"""Derivatives that are written in terms of what the layer gives."""
