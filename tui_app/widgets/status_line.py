"""The first line of the screen: what is trained, and how far it is."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.widget import Widget

from engine.settings import Settings
from engine.snapshot import Snapshot, State

MARKS = {
    State.LOADING: "…",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHED: "■",
    State.DIVERGED: "✖",
    State.FAILED: "✖",
}


def describe(settings: Settings) -> str:
    """'XOR 4x2→1 · 2-5-1 sigmoid · seed 0'."""
    data = settings.data
    name = data.name.upper() if len(data.name) <= 3 else data.name
    kinds = " → ".join(dict.fromkeys(activation.value for activation in settings.activations))
    sizes = settings.layer_sizes
    shape = "-".join(map(str, sizes)) if len(sizes) <= 6 else f"{sizes[0]}-…{len(sizes) - 2} layers…-{sizes[-1]}"
    device = "" if settings.device == "cpu" else f" · {settings.device}"
    return f"{name[:24]} {data.samples}x{data.inputs}→{data.outputs} · {shape} {kinds} · seed {settings.seed}{device}"


def progress(snapshot: Snapshot) -> str:
    """'▶ 1,200 of 5,000 epochs · 14,200/s'."""
    if snapshot.state is State.LOADING:
        return f"{MARKS[State.LOADING]} importing PyTorch"
    rate = f" · {snapshot.epochs_per_second:,.0f}/s" if snapshot.epochs_per_second else ""
    limit = f" · limit {snapshot.speed_limit:g}/s" if snapshot.speed_limit else ""
    return f"{MARKS[snapshot.state]} {snapshot.epoch:,} of {snapshot.settings.epochs:,} epochs{rate}{limit}"


class StatusLine(Widget):
    """Title and settings on the left, progress on the right."""

    def __init__(self) -> None:
        super().__init__()
        self._left, self._right = "", ""

    def show(self, settings: Settings, snapshot: Snapshot) -> None:
        """Redraw if something changed."""
        shown = (describe(settings), progress(snapshot))
        if shown != (self._left, self._right):
            self._left, self._right = shown
            self.refresh()

    def render(self) -> Table:
        """One line; the left part gives way first."""
        line = Table.grid(expand=True)
        line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        line.add_column(no_wrap=True, justify="right", min_width=len(self._right))
        left = Text(f" {self._left}") if self.size.width < 100 else Text.assemble((" mlp-tui  ", "bold"), self._left)
        line.add_row(left, Text(f"{self._right} "))
        return line
