"""The switches: a row for each discrepancy that differs, with both sides' values, and a line for each group."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widget import Widget

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE, Discrepancy, remaining
from engine.experiment.settings import Settings
from tui_app.text.difference_rows import (
    BESIDE,
    GROUP,
    MARK,
    SIGNS,
    PanelLine,
    RowTexts,
    group_text,
    heading,
    panel_lines,
    row_texts,
    title_text,
    without_effect,
)

HELP = """\
Each row is one setting on which the two programs can differ, by stage of training. ≠ and ( ○) mean that they do, =
and (● ) that they are equal. Equal ones are folded into the line of their group, which says how many they are, until
the cursor comes there. What has no effect in this experiment is not listed; / finds it, and Why says why. Click a
value for the next one, click the switch to match or part the sides; enter lists the values of the selected row."""


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
        before = len(self.lines)
        self._settings, self._selected = settings, selected
        self.refresh(layout=len(self.lines) != before)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A heading and a row each."""
        return len(panel_lines(self._settings, self._selected, width >= BESIDE)) + 1

    @property
    def lines(self) -> list[PanelLine]:
        """What is listed."""
        return panel_lines(self._settings, self._selected, self.size.width >= BESIDE)

    @property
    def selected_line(self) -> int:
        """Where the selected row is."""
        return next(place for place, line in enumerate(self.lines) if line.index == self._selected)

    @property
    def _ascii(self) -> bool:
        return bool(getattr(self.app, "ascii", False))

    @property
    def texts(self) -> RowTexts:
        """What stands in the rows, and where."""
        return row_texts(self._settings, self.size.width, self._ascii)

    def render(self) -> Content:
        """The heading and the rows."""
        texts = self.texts
        rows = [
            self._group(line, texts)
            if line.index is None
            else self._row(line, line.index, CATALOGUE[line.index], texts)
            for line in self.lines
        ]
        return Content("\n").join([Content.styled(heading(texts), "$text-muted"), *rows])

    def _group(self, line: PanelLine, texts: RowTexts) -> Content:
        # Above its rows it begins to their left.
        indent = " " * MARK if texts.group else ""
        return Content.assemble(indent, (line.group.ljust(GROUP), "$text-primary"), (line.note, "$text-muted"))

    def _row(self, line: PanelLine, index: int, discrepancy: Discrepancy, texts: RowTexts) -> Content:
        matched = discrepancy.matched(self._settings)
        selected = index == self._selected
        mark = "$text-success" if matched else "$text-warning"
        first, second = texts.values[index]
        row = Content.assemble(
            f"{'▸' if selected else ' '} ",
            (group_text(texts, line), "$text-primary"),
            f"{title_text(texts, discrepancy)} {first:{texts.first}} ",
            (SIGNS[self._ascii][not matched], mark),
            f"{second:{texts.second}} ",
            ("(● )" if matched else "( ○)", mark),
        )
        if not selected:
            return row
        return row.pad_right(max(0, self.size.width - row.cell_length)).stylize("bold on $boost")

    def on_click(self, event: events.Click) -> None:
        """Select the row; in the selected row, act on what is under the pointer."""
        row, lines = event.y - 1, self.lines
        if not 0 <= row < len(lines):
            return
        if lines[row].selects != self._selected:
            self.post_message(self.Selected(lines[row].selects))
        if lines[row].index is None:
            return
        texts = self.texts
        if event.x >= texts.switch_start - 1:
            self.post_message(self.SwitchClicked())
        elif event.x >= texts.second_start:
            self.post_message(self.ValueClicked(SideName.PYTORCH))
        elif texts.first_start <= event.x < texts.first_start + texts.first:
            self.post_message(self.ValueClicked(SideName.NUMPY))


class DifferencesPanel(VerticalScroll, can_focus=False):
    """The rows in a frame that scrolls when there are more than fit."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(id="differences")
        self.rows = DifferenceRows(settings)
        self._count(settings)

    def compose(self) -> ComposeResult:
        """The rows."""
        yield self.rows

    def show(self, settings: Settings, selected: int) -> None:
        """Redraw, and keep the selected row in view."""
        self.rows.show(settings, selected)
        self._count(settings)
        self._scroll_to_selected()

    def on_resize(self) -> None:
        """Also when it comes on screen: before, there was nothing to scroll."""
        self.call_after_refresh(self._scroll_to_selected)

    def _scroll_to_selected(self) -> None:
        """With the line above it, which may be its group's."""
        self.scroll_to_region(Region(0, self.rows.selected_line, 1, 2), animate=False)

    def _count(self, settings: Settings) -> None:
        listed = sum(discrepancy.in_effect(settings) for discrepancy in CATALOGUE)
        self.border_title = f"Differences · {len(remaining(settings))} of {listed}"
        self.border_subtitle = without_effect(settings)
