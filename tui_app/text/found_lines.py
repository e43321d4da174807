"""What a diagnosis has found, line by line: the network, the update, what is logged."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagnosis.diagnosis import Diagnosis
from engine.diagnosis.gradients import Reading
from engine.diagnosis.logged_numbers import unread_losses
from engine.diagnosis.numbers import rate_name
from engine.diagnosis.program_rates import rates_named
from engine.diagnosis.recording import LayerNames
from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import LoggedPenalty
from engine.experiment.discrepancies import find_setting
from engine.experiment.discrepancies.base import plain
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.settings import Activation
from engine.experiment.side import Side
from engine.shown_text import shown
from tui_app.text.readings import loss_of, schedule_of

PENALTIES = {
    LoggedPenalty.LEFT_OUT: "",
    LoggedPenalty.ADDED: " with the penalty",
    LoggedPenalty.TWICE: " with twice the penalty",
}


def found_lines(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    """Of the network, layer by layer, and of how it is trained."""
    recording, reading = diagnosis.recording, diagnosis.reading
    for index, layer in enumerate(recording.layers):
        fan_in, fan_out = recording.weight(index, 0).shape
        activation = "" if reading is None else f", {_activation(reading, index)}"
        yield f"layer {index + 1}", f"{fan_in} → {fan_out}{activation}: {_arrays(diagnosis, layer)}"
    if reading is None or diagnosis.settings is None:
        return
    yield "loss", loss_of(reading)
    yield "update", _update(diagnosis, reading)
    for one in diagnosis.logged:
        label = find_setting("loss_report").label(one.report)
        moment = find_setting("log_moment").label(one.moment)
        penalty = PENALTIES[one.penalty]
        when = "of the whole set" if one.epoch_loss is EpochLoss.WHOLE else f"{moment} the update"
        yield "logged", f"{shown(one.name)}: {label}{penalty}, {when}"
    for name in unread_losses(recording, diagnosis.logged):
        yield "logged", f"{shown(name)}: none of the losses that are known"


def _activation(reading: Reading, index: int) -> str:
    """With the slope of a leaky ReLU that is not PyTorch's."""
    name, slope = reading.activations[index].value, reading.side.negative_slope
    own = reading.activations[index] is Activation.LEAKY_RELU and slope != Side().negative_slope
    return f"{name} of slope {plain(slope, 4)}" if own else name


def _arrays(diagnosis: Diagnosis, layer: LayerNames) -> str:
    recording = diagnosis.recording

    def named(name: str) -> str:
        return shown(name) + (f" ({recording.place([recording.lines[name]])})" if name in recording.lines else "")

    kept = ", kept (out, in)" if layer.transposed else ""
    if layer.ones:
        return f"{named(layer.weight)}{kept}, its {layer.bias_row} the bias, beside a column of ones"
    bias = "no bias" if layer.bias is None else named(layer.bias)
    return f"{named(layer.weight)}{kept}, {bias}"


def _update(diagnosis: Diagnosis, reading: Reading) -> str:
    side = reading.side
    rate = f"learning rate {plain(side.learning_rate)}{_named(diagnosis, side.learning_rate)}"
    rule = "SGD" if side.optimizer.kind is OptimizerKind.SGD else str(side.optimizer)
    parts = [rule, rate]
    if side.momentum.coefficient and side.optimizer.is_sgd:
        parts.append(f"momentum {side.momentum}")
    if side.weight_decay.rate:
        parts.append(f"weight decay {side.weight_decay}")
    if not side.schedule.is_none:
        parts.append(f"schedule {schedule_of(side)}")
    if str(side.clipping) != "none":
        parts.append(f"clipping {side.clipping}")
    return ", ".join(parts)


UNNAMED = ", which the program does not name"


def names_rate(diagnosis: Diagnosis) -> bool:
    """Whether the learning rate that was found is one of the program's numbers, as far as they are known."""
    return diagnosis.settings is None or _named(diagnosis, diagnosis.settings.numpy.learning_rate) != UNNAMED


def _named(diagnosis: Diagnosis, rate: float) -> str:
    constants = diagnosis.recording.constants.items()
    counts = {len(batch) for batch in diagnosis.recording.inputs}
    found = rate_name(diagnosis.recording, rate)
    names = [shown(found)] if found else []
    if len(counts) > 1:
        shares = [shown(name) for name, value in constants if value / max(counts) == rate]
        names += [f"{name} / {max(counts)}, in smaller batches too" for name in shares]
    wholes = {round(value): name for name, value in constants if value == round(value) and value > max(counts)}
    names += [
        f"{shown(name)} / {shown(wholes[count])}"
        for count in wholes
        for name, value in constants
        if value / count == rate
    ]
    if names:
        return f" ({names[0]})"
    side = diagnosis.settings.numpy if diagnosis.settings is not None else None
    if side is not None and not side.schedule.is_none:
        changing = [shown(name) for name in rates_named(diagnosis.recording)]
        return f" ({changing[0]} in the first step)" if changing else ""
    return "" if not diagnosis.recording.constants and rate != 1 else UNNAMED
