"""What a probe has settled, as lines of a report: the program run again with another number of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from engine.diagnosis.gradients import Reading
from engine.diagnosis.probe import OUTPUTS, Factor, ProbeResult
from engine.experiment.discrepancies.base import listed, plain
from engine.networks.places import Place
from engine.number_text import number
from engine.shown_text import shown
from tui_app.text.lines import STRONG, Line
from tui_app.text.readings import reading_of

INDENT = "  "

MOST_NAMED = 3
"""Readings of one kind."""


def probe_lines(probe: ProbeResult, taken: Reading | None, tensor: Callable[[Place], str]) -> Iterator[Line]:
    """`taken` is the reading of the report, `tensor` what the program calls one."""
    yield []
    if not probe.has_run:
        yield [(f"Probe: it cannot be run with other data: {shown(_reason(probe), 400)}.", STRONG)]
        return
    yield [(f"Probe: run again with {_sizes(probe)}", STRONG)]
    yield from ([(f"{INDENT}{sentence}", "")] for sentence in _sentences(probe, taken, tensor))


def _reason(probe: ProbeResult) -> str:
    """The error alone of a program that ended by one."""
    return probe.refused.removeprefix("The program ended by an error before enough was seen: ")


def _sizes(probe: ProbeResult) -> str:
    """'N = 5 and C = 3 in place of 4 and 1'."""
    pairs = [(name, *pair) for name, pair in (("N", probe.samples), ("C", probe.outputs)) if pair[0] != pair[1]]
    if not pairs:
        return "other rows, as many in a step as before"
    new = " and ".join(f"{name} = {after}" for name, _, after in pairs)
    return f"{new} in place of {' and '.join(str(before) for _, before, _ in pairs)}"


def _sentences(probe: ProbeResult, taken: Reading | None, tensor: Callable[[Place], str]) -> Iterator[str]:
    if not probe.settles:
        yield "Its steps have as many samples as before, so that no factor of them is settled."
    if not probe.is_taken:
        yield from _contradiction(probe)
        return
    for factor in probe.factors:
        names = [tensor(place) for place in factor.places]
        yield f"{_settled(factor, probe)} (gradient{'s' if len(names) > 1 else ''} of {listed(names)})."
    out = _texts([one.reading for one in probe.ruled_out])
    if out:
        gap = min(one.gap for one in probe.ruled_out)
        off = f"{number(gap)} off and more" if np.isfinite(gap) else "no numbers there"
        yield f"Ruled out: {_some(out)}: {off}."
    same = [text for text in _texts(list(probe.kept)) if taken is None or text != reading_of(taken)]
    if same:
        yield f"Still the same run as {reading_of(taken) if taken else 'it'}: {_some(same)}."
    if probe.refused:
        yield f"With {OUTPUTS} outputs it cannot be run: {shown(_reason(probe))}."


def _contradiction(probe: ProbeResult) -> Iterator[str]:
    """The reading that was taken does not go on, and none is better."""
    if probe.left_as_it_was:
        names = listed([shown(name) for name in probe.left_as_it_was])
        yield f"Nothing is settled: {names} of the program is {probe.samples[0]} there too, whatever its data are."
    elif probe.kept:
        yield (
            f"What goes on there is {_some(_texts(list(probe.kept)))}: a factor that stands for N or C above is a "
            "number in the program, which stays what it is."
        )
    else:
        yield "No reading of the first run goes on there: something else in the program depends on its data."


def _settled(factor: Factor, probe: ProbeResult) -> str:
    """'2 is N·C/2, not 2: with N = 5 and C = 1 it is 2.5'."""
    before, after = (plain(float(f"{value:.6g}")) for value in (factor.before, factor.after))
    where = f"with N = {probe.samples[1]} and C = {probe.outputs[1]} it is {after}"
    if factor.is_constant and not factor.forms:
        others = f", not {' or '.join(factor.others)}" if factor.others else ""
        return f"{before} is a constant{others}: {where} too"
    if not factor.forms:
        return f"{before} is none of the numbers that N and C usually give: {where}"
    several = f" (or {' or '.join(factor.forms[1:3])})" if len(factor.forms) > 1 else ""
    constant = [] if factor.is_constant else [before]
    not_these = [*constant, *factor.others][:MOST_NAMED]
    without = f", not {' or '.join(not_these)}" if not_these else ""
    return f"{before} is {factor.forms[0]}{several}{without}: {where}"


def _texts(readings: list[Reading]) -> list[str]:
    return list(dict.fromkeys(map(reading_of, readings)))


def _some(texts: list[str]) -> str:
    more = len(texts) - MOST_NAMED
    return "; ".join(texts[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
