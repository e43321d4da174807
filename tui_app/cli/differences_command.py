"""`mlp-tui differences`: the catalogue by stages, or one setting explained with its values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import indent, wrap
from typing import Any

import rich_click as click

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import BY_STAGE, Choice, Discrepancy, find
from engine.experiment.discrepancies.base import each_side
from engine.experiment.settings import Settings
from engine.run.explained import explained
from tui_app.cli.options import experiment_options, settings_from
from tui_app.cli.printing import say, wants_ascii
from tui_app.text.difference_rows import SIGNS
from tui_app.text.fix_lines import fix_lines

WIDTH = 80


@click.command()
@click.argument("field", metavar="[NAME]", required=False)
@experiment_options
def differences(field: str | None, **options: Any) -> None:
    """List every setting on which the sides can differ, by stages of training; with a NAME, explain it and its values.

    Examples:
    - `mlp-tui differences`
    - `mlp-tui differences momentum`
    - `mlp-tui differences start --set numpy.start=zeros`
    """
    settings, ascii = settings_from(**options), wants_ascii(options)
    if field is None:
        say("\n\n".join(_groups(settings, ascii)), ascii)
    else:
        say("\n\n".join(_one(find(field), settings)), ascii)


def _groups(settings: Settings, ascii: bool) -> Iterator[str]:
    """A paragraph each."""
    for group, found in groupby(BY_STAGE, lambda one: one.group):
        yield "\n".join([group.value, *(line for one in found for line in _lines(one, settings, ascii))])


def _lines(discrepancy: Discrepancy, settings: Settings, ascii: bool) -> Iterator[str]:
    """What each side has, what it is about, and the names of its values."""
    values = each_side(*(discrepancy.name(discrepancy.value(settings, side)) for side in SideName))
    sign = SIGNS[ascii][not discrepancy.matched(settings)].strip()
    unused = "" if discrepancy.in_effect(settings) else "; no effect here"
    yield f"  {sign:2} {discrepancy.title}, {discrepancy.field}: {values}{unused}"
    yield from _wrapped(f"{discrepancy.summary} (moves {discrepancy.moves.value})", 5)
    names = [f"{choice.name}{_alone(discrepancy, choice)}" for choice in discrepancy.choices]
    yield from _wrapped(", ".join([*names, *_others(discrepancy)]), 7)


def _one(discrepancy: Discrepancy, settings: Settings) -> Iterator[str]:
    """Its explanation, and its values with their meaning: a paragraph each."""
    explanation = explained(discrepancy, settings)
    yield f"{discrepancy.title}: {discrepancy.summary}"
    yield f"{explanation.what} {explanation.moves}"
    yield explanation.numbers
    for label, lines in fix_lines(settings, discrepancy):
        yield f"{label}\n{indent(lines, '    ')}"
    yield explanation.formula
    yield explanation.theory
    width = max((len(choice.name) for choice in discrepancy.choices), default=0) + 2
    values = [f"    {one.name:{width}}{one.meaning}{_alone(discrepancy, one)}" for one in discrepancy.choices]
    values += [f"    {text}" for text in _others(discrepancy)]
    yield "\n".join([f"Values, for --set numpy.{discrepancy.field}=... or pytorch.{discrepancy.field}=...:", *values])


def _alone(discrepancy: Discrepancy, choice: Choice) -> str:
    """Whose value it is, where one side alone can have it."""
    sides = [side for side in SideName if choice in discrepancy.choices_for(side)]
    return f" ({sides[0].label} alone)" if len(sides) == 1 else ""


def _others(discrepancy: Discrepancy) -> Iterator[str]:
    """What is possible beside the choices."""
    if discrepancy.per_layer:
        yield f"or one for each layer: {','.join(choice.name for choice in discrepancy.choices[:2])}"
    if discrepancy.parse_other is not None:
        yield f"or any other: {discrepancy.other}" if discrepancy.choices else discrepancy.other


def _wrapped(text: str, spaces: int) -> list[str]:
    return wrap(text, WIDTH, initial_indent=" " * spaces, subsequent_indent=" " * spaces, break_on_hyphens=False)
