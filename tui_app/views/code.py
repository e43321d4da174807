"""The Code tab: the two programs of the present settings, with the lines that differ because of a difference marked."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container, ScrollableContainer
from textual.content import Content

from engine.experiment.choices import SideName
from engine.experiment.settings import Settings
from engine.networks.programs import Script, marked_lines, scripts
from engine.worker.snapshot import Snapshot
from tui_app.view_state import ViewState
from tui_app.views.base import View
from tui_app.widgets.plain_text import PlainText

FLASH_SECONDS = 1.2
MARKED, FLASHED = "on $warning 22%", "on $accent 45%"


@lru_cache(maxsize=4)
def highlighted(text: str) -> tuple[Content, ...]:
    """The lines of a program."""
    # Not at the top: the first picture need not wait for the highlighter.
    from textual.highlight import highlight

    return tuple(highlight(text, language="python").split("\n"))


def prepare(settings: Settings) -> None:
    """Highlight these settings' programs in a thread of its own: the highlighter must first compile its rules."""

    def work() -> None:
        for script in scripts(settings).values():
            highlighted(script.text)

    threading.Thread(target=work, name="mlp-highlighting", daemon=True).start()


def code_content(script: Script, differing: frozenset[int], flashing: frozenset[str] = frozenset()) -> Content:
    """The program, highlighted; ≠ before each of the `differing` lines, and lines in `flashing` lit up."""
    shown = []
    for place, (line, content) in enumerate(zip(script.lines, highlighted(script.text), strict=False)):
        marked = place in differing
        numbered = Content.assemble(("≠ " if marked else "  ", "bold $text-warning"), content)
        if line and line in flashing:
            numbered = numbered.stylize(FLASHED)
        elif marked:
            numbered = numbered.stylize(MARKED)
        shown.append(numbered)
    return Content("\n").join(shown)


class CodePane(ScrollableContainer, can_focus=True):
    """One program; scrolls both ways."""

    def __init__(self, side: SideName) -> None:
        super().__init__(id=f"code-{side.value}")
        self._text = PlainText(classes="code")
        self._script: Script | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def show(self, script: Script, differing: frozenset[int]) -> None:
        """Show the program; lines that are new light up for a moment."""
        before, self._script = self._script, script
        self.border_title = script.name
        changed: frozenset[str] = frozenset()
        if before is not None and before != script and self.app.animation_level != "none":
            changed = frozenset(script.lines) - {*before.lines}
        self._text.update(code_content(script, differing, changed))
        if changed:
            self.set_timer(FLASH_SECONDS, lambda: self._settle(script, differing))

    def _settle(self, script: Script, differing: frozenset[int]) -> None:
        if script is self._script:
            self._text.update(code_content(script, differing))


class CodeView(View):
    """The hand-written program and PyTorch's."""

    NAME = "code"
    HELP: ClassVar[str] = """\
The two programs of these settings, as one would write them by hand. ≠ marks the lines that differ because of a
difference. They are the real thing: e writes them as files that run alone, with only NumPy or only torch, and print
the same losses to the last bit."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Settings | None = None

    def compose(self) -> ComposeResult:
        """A pane for each side."""
        with Container(id="code"):
            for side in SideName:
                yield CodePane(side)

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show the programs of this snapshot's settings."""
        if snapshot.settings == self._shown:
            return
        self._shown = snapshot.settings
        for side, script in scripts(snapshot.settings).items():
            self.query_one(f"#code-{side.value}", CodePane).show(script, marked_lines(snapshot.settings, side))
