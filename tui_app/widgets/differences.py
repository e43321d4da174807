"""The switches: one row for each discrepancy of the catalogue, with both sides' values."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from engine.discrepancies import CATALOGUE, Discrepancy
from engine.settings import Settings, SideName

SWITCH_WIDTH = 5
TITLE_WIDTH = 16
SIGN_WIDTH = 2

HELP = """\
Each row is one setting on which the two programs can differ. ≠ and ( ○) mean that they do, = and (● ) that they
are equal. Click a value for the next one, click the switch to match or part the sides."""


class DifferenceRows(Widget):
    """All rows; draws them and turns clicks into messages."""

    class Selected(Message):
        """A row was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class ValueClicked(Message):
        """One side's value was clicked in the row already selected."""

        def __init__(self, side: SideName) -> None:
            super().__init__()
            self.side = side

    class SwitchClicked(Message):
        """The switch of the selected row was clicked."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._selected = 0

    def show(self, settings: Settings, selected: int) -> None:
        """Redraw for these settings, with that row selected."""
        self._settings, self._selected = settings, selected
        self.refresh()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A heading and a row each."""
        return len(CATALOGUE) + 1

    @property
    def _value_width(self) -> int:
        return max(8, (self.size.width - TITLE_WIDTH - SIGN_WIDTH - SWITCH_WIDTH - 1) // 2)

    def render(self) -> Content:
        """The heading and the rows."""
        width = self._value_width
        heading = f"{'':{TITLE_WIDTH}}{'by hand':{width + SIGN_WIDTH}}{'PyTorch':{width}}"
        ascii = getattr(self.app, "ascii", False)
        rows = [self._row(index, discrepancy, width, ascii) for index, discrepancy in enumerate(CATALOGUE)]
        return Content("\n").join([Content.styled(heading, "$text-muted"), *rows])

    def _row(self, index: int, discrepancy: Discrepancy, width: int, ascii: bool = False) -> Content:
        matched = discrepancy.matched(self._settings)
        selected = index == self._selected
        mark = "$text-success" if matched else "$text-warning"
        # In ASCII the name that one types says more than a label without its signs.
        shown = discrepancy.name if ascii else discrepancy.label
        by_hand, pytorch = (
            shown(discrepancy.value(self._settings, side))[: width - 1].ljust(width) for side in SideName
        )
        row = Content.assemble(
            f"{'▸' if selected else ' '} {discrepancy.title:{TITLE_WIDTH - 2}}",
            by_hand,
            ("= " if matched else "≠ ", mark),
            pytorch,
            ("(● )" if matched else "( ○)", mark),
        )
        if not selected:
            return row
        return row.pad_right(max(0, self.size.width - row.cell_length)).stylize("bold on $boost")

    def on_click(self, event: events.Click) -> None:
        """Select the row; in the selected row, act on what is under the pointer."""
        index = event.y - 1
        if not 0 <= index < len(CATALOGUE):
            return
        if index != self._selected:
            self.post_message(self.Selected(index))
        width = self._value_width
        first, second = TITLE_WIDTH, TITLE_WIDTH + width + SIGN_WIDTH
        if first <= event.x < first + width:
            self.post_message(self.ValueClicked(SideName.NUMPY))
        elif second <= event.x < second + width:
            self.post_message(self.ValueClicked(SideName.PYTORCH))
        elif event.x >= second + width:
            self.post_message(self.SwitchClicked())


class DifferencesPanel(VerticalScroll, can_focus=False):
    """The rows in a frame that scrolls when there are more than fit."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(id="differences")
        self.border_title = "Differences"
        self.rows = DifferenceRows(settings)

    def compose(self) -> ComposeResult:
        """The rows."""
        yield self.rows

    def show(self, settings: Settings, selected: int) -> None:
        """Redraw, and keep the selected row in view."""
        self.rows.show(settings, selected)
        self.scroll_to_region(Region(0, selected + 1, 1, 1), animate=False)
