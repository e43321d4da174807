"""`mlp-tui presets`: the named experiments, or one of them with what it does otherwise than PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import Any

import rich_click as click

from engine.experiment.discrepancies import remaining
from engine.experiment.named_experiment import Preset
from engine.experiment.presets import PRESETS, preset
from tui_app.cli.options import ascii_option
from tui_app.cli.printing import say, wants_ascii
from tui_app.text.preset_lines import HEADING, NAME_WIDTH
from tui_app.text.status_text import describe

WIDTH = 80


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@ascii_option
def presets(name: str | None, **options: Any) -> None:
    """List the named experiments; with a NAME, say what it trains and what differs in it.

    First the path from the question as asked to nothing left different, then families of hand-written networks.

    Examples:
    - `mlp-tui presets`
    - `mlp-tui presets course`
    """
    ascii = wants_ascii(options)
    if name is None:
        say("\n".join(_all()), ascii)
    else:
        preset(name)
        say("\n\n".join(_one(PRESETS[name])), ascii)


def _all() -> Iterator[str]:
    """A line each, the families under a heading of their own."""
    families = [one for one in PRESETS.values() if one.is_family]
    for one in PRESETS.values():
        if families and one is families[0]:
            yield f"\n{HEADING}"
        yield f"{one.name:{NAME_WIDTH}}{one.summary}"


def _one(named: Preset) -> Iterator[str]:
    """What it trains, its own words, what differs, and how it is started: a paragraph each."""
    settings = named.settings
    yield f"{named.name}: {named.summary}"
    yield fill(f"{describe(settings)} · {settings.epochs:,} epochs", WIDTH)
    if named.words:
        yield fill(named.words, WIDTH)
    left = remaining(settings)
    said = (f"{one.title}: {one.explain(settings).what}" for one in left)
    sentences = [fill(one, WIDTH, initial_indent="  ≠ ", subsequent_indent="    ") for one in said]
    yield "\n".join(["What differs:", *sentences]) if left else "Nothing differs."
    yield f"mlp-tui --preset {named.name}\nmlp-tui run --preset {named.name}"
