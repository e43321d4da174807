"""A diagnosis as text on standard output: what was found, each difference from PyTorch, and the proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import numpy as np
from rich.console import Console

from engine.diagnosis.cause_lines import lines_of
from engine.diagnosis.diagnosis import Cause, Conclusion, Diagnosis
from engine.diagnosis.gradients import LETTERS, Reading, places_of
from engine.diagnosis.pairing import SHUFFLED_APART
from engine.diagnosis.recording import PROOF_STEPS
from engine.experiment.choices import Objective, Reduction, SideName
from engine.experiment.discrepancies import find_setting
from engine.experiment.discrepancies.base import listed, plain
from engine.experiment.gradient_factors import gradient_factor
from engine.networks.places import Kind, Place
from engine.number_text import number
from engine.shown_text import printable, shown
from tui_app.text.diagnosis_remarks import in_pytorch, remarks
from tui_app.text.fix_lines import fix_lines
from tui_app.text.found_lines import found_lines, names_rate
from tui_app.text.lines import CODE, DIFFERENT, DIM, FIRST, SAME, STRONG, Line, print_lines, spelled
from tui_app.text.probe_lines import MOST_NAMED, probe_lines
from tui_app.text.readings import reading_of, told_apart

ROLES = {
    Conclusion.PROVED: SAME,
    Conclusion.REPRODUCED: FIRST,
    Conclusion.UNDECIDED: FIRST,
    Conclusion.PARTLY: DIFFERENT,
    Conclusion.NOT_EXPLAINED: DIFFERENT,
}

INDENT = "  "

GROWN = 1e-4
"""A gap that no rounding makes in a run that does not diverge."""

RATE = re.compile(r"(^|[._])(lr|eta|alpha)$|learn|rate")
"""What a program calls a learning rate and nothing else."""

MOST_QUOTED = 4
"""Lines of the program beside one difference."""

SEPARABLE = "With other numbers of samples or outputs they part: --probe runs the program so, if it can."

WOULD_SEPARATE = "More steps (--steps), other data (--probe) or a run in float64 would tell them apart."


def print_diagnosis(diagnosis: Diagnosis, console: Console, ascii: bool = False) -> None:
    """The whole of it; what cannot be said of it is left out."""
    lines = diagnosis_lines(diagnosis)
    print_lines((spelled(line) for line in lines) if ascii else lines, console)


def diagnosis_lines(diagnosis: Diagnosis) -> Iterator[Line]:
    """First what it comes to, then the differences, then what was found."""
    recording = diagnosis.recording
    yield [(f"mlp-tui diagnose {shown(recording.program) or 'a recording'}", STRONG)]
    yield [(f"{_shape(diagnosis)} · {_batches(diagnosis)} · {recording.steps:,} steps recorded", DIM)]
    yield []
    yield [(_conclusion(diagnosis), ROLES[diagnosis.conclusion])]
    for sentence in (*_ratio_sentences(diagnosis), *recording.notes):
        yield [(sentence, "")]
    if diagnosis.settings is not None:
        yield []
        yield from _cause_lines(diagnosis)
    yield []
    yield [("What was found", STRONG)]
    yield from ([(f"{INDENT}{name:<9}", DIM), (text, "")] for name, text in found_lines(diagnosis))
    yield from _equal_lines(diagnosis)
    if diagnosis.probe is not None:
        yield from probe_lines(diagnosis.probe, diagnosis.reading, partial(_tensor, diagnosis))
    if said := list(remarks(diagnosis)):
        yield []
        yield [("Right, though it may look wrong", STRONG)]
        yield from ([(f"{INDENT}{one}", "")] for one in said)


def _shape(diagnosis: Diagnosis) -> str:
    recording = diagnosis.recording
    sizes = [recording.weight(0, 0).shape[0], *(recording.weight(i, 0).shape[1] for i in range(len(recording.layers)))]
    return "-".join(map(str, sizes))


def _batches(diagnosis: Diagnosis) -> str:
    sizes = sorted({len(one) for one in diagnosis.recording.inputs})
    samples = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    return f"{samples} sample{'s' if sizes[-1] > 1 else ''} in a step"


def _conclusion(diagnosis: Diagnosis) -> str:  # noqa: PLR0911 - each of them
    """The verdict in a sentence or two."""
    if diagnosis.conclusion is Conclusion.NOT_EXPLAINED:
        return (
            "Not explained: no gradient that is known gives the last layer's steps, under no rule of update that is "
            "known."
        )
    if diagnosis.conclusion is Conclusion.PARTLY:
        explained = listed([_tensor(diagnosis, place) for place in diagnosis.explained])
        first = next((_tensor(diagnosis, place) for place in diagnosis.unexplained), "")
        if not first:
            return (
                f"Partly explained: the steps of {explained} are made of their gradients, and of momentum or decay if "
                "there is any, but no rule that is known has their numbers."
            )
        return (
            f"Partly explained: {explained}. Beyond that, no known form of gradient gives the steps of {first} under "
            "the same rule."
        )
    assert diagnosis.gaps is not None
    steps = min(PROOF_STEPS, len(diagnosis.gaps))
    last = "" if len(diagnosis.gaps) == steps else f", of all {len(diagnosis.gaps)} to {_gap(diagnosis.gaps.max())}"
    repeats = f"PyTorch repeats the weights of the first {steps} steps to {_gap(diagnosis.proved_gap)}{last}"
    if diagnosis.conclusion is Conclusion.PROVED:
        other = f" The nearest other reading is {number(diagnosis.rival)} off." if np.isfinite(diagnosis.rival) else ""
        return f"Proved.{_parity(diagnosis)} {repeats}.{other}"
    if diagnosis.conclusion is Conclusion.UNDECIDED:
        count = len(diagnosis.undecided)
        others = "another reading is" if count == 1 else f"{count} other readings are"
        return f"Cannot be told apart: {repeats}, and {others} as near. {WOULD_SEPARATE}"
    if diagnosis.proved_gap > GROWN:
        return (
            f"Repeated by hand alone: in PyTorch roundings grow to {_gap(diagnosis.proved_gap)} of the weights' size "
            f"within {steps} steps, so that nothing is proved. Take a smaller learning rate."
        )
    few = f" A proof takes {PROOF_STEPS} steps." if steps < PROOF_STEPS else ""
    return f"Reproduced to {_gap(diagnosis.proved_gap)}, which is no proof: {repeats}.{few}"


def _parity(diagnosis: Diagnosis) -> str:
    """' Nothing to change: this is nn.MSELoss() with torch.optim.SGD(model.parameters(), lr=0.1).', or nothing."""
    if not diagnosis.is_parity:
        return ""
    if SHUFFLED_APART in diagnosis.recording.notes:
        return f" The arithmetic is that of {in_pytorch(diagnosis)}."
    if names_rate(diagnosis):
        return f" Nothing to change: this is {in_pytorch(diagnosis)}."
    return (
        f" Nothing to change but the learning rate: this is {in_pytorch(diagnosis)}, and the program names no such "
        f"rate{_beside_its_own(diagnosis)}. Where that comes from is not known."
    )


def _beside_its_own(diagnosis: Diagnosis) -> str:
    """': it is 4 times its lr', or nothing."""
    assert diagnosis.settings is not None
    rate = diagnosis.settings.numpy.learning_rate
    for name, value in diagnosis.recording.constants.items():
        if value > 0 and RATE.search(name.lower()):
            return f": it is {plain(rate / value, 4)} times its {shown(name)}"
    return ""


def _gap(gap: float) -> str:
    return "the last bit" if gap == 0 else number(float(gap))


def _tensor(diagnosis: Diagnosis, place: Place) -> str:
    """What the program calls it."""
    layer = diagnosis.recording.layers[place.layer - 1]
    if place.kind is Kind.WEIGHT:
        return shown(layer.weight)
    return shown(layer.bias) if layer.bias is not None else f"the {layer.bias_row} of {shown(layer.weight)}"


def _ratio_sentences(diagnosis: Diagnosis) -> Iterator[str]:
    """'Your gradients of W1 and W2 are PyTorch's times 4 in every step: N·C/2, a sum where a mean is taken.'."""
    by_ratio: dict[float, list[Place]] = {}
    for place, ratio in diagnosis.ratios.items():
        known = next((one for one in by_ratio if abs(one - ratio) <= 1e-9 * abs(ratio)), ratio)
        by_ratio.setdefault(known, []).append(place)
    for ratio, places in by_ratio.items():
        if abs(ratio - 1) > 1e-9:
            names = listed([_tensor(diagnosis, place) for place in places])
            several = "gradients of" if len(places) > 1 else "gradient of"
            verb = "are" if len(places) > 1 else "is"
            yield f"Your {several} {names} {verb} PyTorch's times {ratio:.4g} in every step{_why(diagnosis, ratio)}."


def _why(diagnosis: Diagnosis, ratio: float) -> str:
    """Where the factor comes from, if it is the reduction's."""
    settings = diagnosis.settings
    if settings is None or settings.numpy.reduction is settings.pytorch.reduction:
        return ""
    sizes = settings.batch_sizes(settings.numpy)
    factor = gradient_factor(settings.numpy, sizes) / gradient_factor(settings.pytorch, sizes)
    if abs(factor - ratio) > 1e-9 * abs(ratio):
        return ""
    if settings.numpy.objective is Objective.SQUARED_ERROR and abs(ratio - 0.5) < 1e-9:
        return ": that of half the squared error, without the 2 that its derivative has"
    if settings.numpy.reduction is Reduction.SUM:
        rule = {
            Objective.SQUARED_ERROR: "N·C/2",
            Objective.BINARY_CROSS_ENTROPY: "N·C",
            Objective.CROSS_ENTROPY: "N",
        }[settings.numpy.objective]
        return f": {rule}, a sum where PyTorch's loss takes a mean"
    return WHY.get(settings.numpy.reduction, ": the reduction of the loss")


WHY = {
    Reduction.TWICE_MEAN: ": twice the mean",
    Reduction.PER_DATA_SET: ": divided by M, all samples of the data, in each batch",
    Reduction.PER_INPUT: ": divided by D, the number of inputs, in place of the samples",
}


def _cause_lines(diagnosis: Diagnosis) -> Iterator[Line]:
    causes = diagnosis.causes
    if not causes:
        yield [("No difference from PyTorch.", STRONG)]
        return
    many = "difference" if len(causes) == 1 else "differences"
    yield [(f"{len(causes)} {many} from PyTorch", STRONG)]
    for place, cause in enumerate(causes, start=1):
        yield from _one_cause(diagnosis, place, cause)


def _one_cause(diagnosis: Diagnosis, place: int, cause: Cause) -> Iterator[Line]:
    settings, discrepancy = diagnosis.settings, cause.discrepancy
    assert settings is not None
    theirs, meant = (discrepancy.label(discrepancy.value(settings, side)) for side in SideName)
    yield []
    yield [(f"{place} {discrepancy.title}: {theirs}, in PyTorch {meant}", STRONG), (_lines(diagnosis, cause), DIM)]
    explanation = discrepancy.explain(settings)
    yield [(f"{INDENT}{explanation.what}", "")]
    yield [(f"{INDENT}{explanation.numbers}", "")]
    if cause.field == "tensor_steps" and (named := _named_tensors(diagnosis)):
        yield [(f"{INDENT}{named}", "")]
    if cause.effect:
        yield [(f"{INDENT}Mended alone, it moves the weights of these steps by up to {_share(cause.effect)}.", "")]
    if theirs_now := _program_lines(diagnosis, cause):
        yield [(f"{INDENT}Yours:", DIM)]
        yield from ([(f"{INDENT * 2}{line}", CODE)] for line in theirs_now)
    for label, lines in fix_lines(settings, discrepancy):
        yield [(f"{INDENT}{label}", DIM)]
        yield from ([(f"{INDENT * 2}{line}", CODE)] for line in lines.splitlines())


def _named_tensors(diagnosis: Diagnosis) -> str:
    """'b1 is self.b1.': the names that a difference has, and the program's where they are others."""
    assert diagnosis.reading is not None
    places = places_of(diagnosis.reading.side.tensor_steps)
    names = [(f"{LETTERS[place.kind]}{place.layer}", _tensor(diagnosis, place)) for place in places]
    others = [f"{ours} is {theirs}" for ours, theirs in names if ours != theirs]
    return listed(others) + "." if others else ""


def _share(effect: float) -> str:
    return f"{number(effect)} of their size" if np.isfinite(effect) else "more than can be counted"


def _lines(diagnosis: Diagnosis, cause: Cause) -> str:
    """'  lines 21 and 22', or nothing."""
    lines = lines_of(diagnosis, cause.field)
    return f"  {diagnosis.recording.place(lines)}" if lines else ""


def _program_lines(diagnosis: Diagnosis, cause: Cause) -> list[str]:
    """The program's own lines that a difference is about, where they are few."""
    source = diagnosis.recording.source.splitlines()
    lines = [line for line in lines_of(diagnosis, cause.field) if line <= len(source)]
    return [printable(source[line - 1].strip()) for line in lines] if len(lines) <= MOST_QUOTED else []


def _in_words(reading: Reading) -> str:
    derivative = find_setting("derivative_at").label(reading.side.derivative_at)
    return f"{reading_of(reading)}, derivative: {derivative}"


def _equal_lines(diagnosis: Diagnosis) -> Iterator[Line]:
    if diagnosis.equals:
        yield []
        yield [("The same run, and not to be told apart on these data", STRONG)]
        told = {_in_words(diagnosis.reading)} if diagnosis.reading is not None else set()
        for other in diagnosis.equals:
            words = _in_words(other)
            if words in told and diagnosis.reading is not None:
                words = told_apart(diagnosis.reading, other)
            told.add(words)
            if words:
                yield [(f"{INDENT}{words}", "")]
    if diagnosis.undecided and diagnosis.reading is not None:
        yield []
        yield [("As near, though another function", STRONG)]
        for other in diagnosis.undecided[:MOST_NAMED]:
            yield [(f"{INDENT}{told_apart(diagnosis.reading, other)}", "")]
        if len(diagnosis.undecided) > MOST_NAMED:
            yield [(f"{INDENT}and {len(diagnosis.undecided) - MOST_NAMED} more", "")]
    if diagnosis.is_separable and diagnosis.probe is None:
        yield [(f"{INDENT}{SEPARABLE}", "")]
