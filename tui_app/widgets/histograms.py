"""A histogram of every layer's weights, both sides beside each other over the same bins."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from engine.experiment.choices import SideName
from engine.run.comparison import ParameterPair
from engine.run.histogram import histogram
from tui_app.text.columns import NONE, only_in, shortened, signed
from tui_app.widgets.plain_text import PlainText

BINS = 9
LABEL_WIDTH = 11
COUNT_WIDTH = 8
"""Behind a bar: as many weights as are counted at most, and a space."""


def histogram_content(pair: ParameterPair, width: int) -> Content:
    """One layer: a line a bin, a bar a side."""
    found = histogram(pair, BINS)
    room = max(4, (width - LABEL_WIDTH - 2) // 2)
    sides = [found.numpy, found.pytorch]
    largest = max(1, *(int(counts.max()) for counts in sides if counts is not None))
    owner = SideName.NUMPY if pair.pytorch is None else SideName.PYTORCH
    note = f" {'x'.join(map(str, pair.shape))}"
    note += "" if pair.both is not None else f", {only_in(owner)}"
    note += f", one weight in {found.step:,}" if found.step > 1 else ""
    lines = [
        Content.styled(f"{shortened(pair.name.capitalize(), width - cell_len(note))}{note}", "bold"),
        Content.assemble(" " * LABEL_WIDTH, ("by hand".ljust(room), "$text-primary"), ("PyTorch", "$text-warning")),
    ]
    for index, low in enumerate(found.edges[:-1]):
        nothing = "" if index else NONE
        bars = [nothing if counts is None else _bar(int(counts[index]), largest, room) for counts in sides]
        lines.append(
            Content.assemble(
                (f"{signed(low, 3):>{LABEL_WIDTH - 1}} ", "$text-muted"),
                (bars[0].ljust(room), "$text-primary"),
                (bars[1].ljust(room), "$text-warning"),
            )
        )
    return Content("\n").join(lines)


def _bar(count: int, largest: int, room: int) -> str:
    """The count behind its bar; a count that is not 0 is seen."""
    note = f" {count:,}" if count else ""
    length = max(1, round(count / largest * (room - COUNT_WIDTH - 1))) if count else 0
    return f"{'█' * length}{note}".ljust(room)


class Histograms(VerticalScroll, can_focus=True):
    """All layers, one below the other."""

    def __init__(self) -> None:
        super().__init__(id="histograms")
        self._text = PlainText()
        self._pairs: tuple[ParameterPair, ...] = ()

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def show(self, pairs: tuple[ParameterPair, ...]) -> None:
        """Show these parameters."""
        self._pairs = pairs
        width = max(30, self.size.width - 1)
        self._text.update(Content("\n\n").join([histogram_content(pair, width) for pair in pairs]))

    def on_resize(self) -> None:
        """Bars follow the width."""
        self.show(self._pairs)
