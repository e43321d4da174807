"""The Impact tab: how much each difference matters, measured over all combinations and many seeds."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message

from engine.experiment.discrepancies import Discrepancy, remaining
from engine.experiment.settings import Settings
from engine.impact.effects import Effects, effects, usable_seeds
from engine.impact.study import Impact, Measure, Plan
from engine.number_text import number
from engine.worker.snapshot import Snapshot
from tui_app.text import impact_lines
from tui_app.text.impact_rows import ImpactRows
from tui_app.text.status_text import describe
from tui_app.view_state import ViewState
from tui_app.views.base import View
from tui_app.widgets.line_content import lines_content
from tui_app.widgets.line_list import LineList
from tui_app.widgets.plain_text import PlainText


class ImpactView(View):
    """Heading, ranked bars, what follows, the selected difference in full. Posts `Selected`."""

    NAME = "impact"
    HELP: ClassVar[str] = """\
Every combination of the differences, trained over many seeds. The bar is a difference's mean share of the gap, its
Shapley value: its effect averaged over all orders of matching them, toward PyTorch, so that the shares add up to the
whole. The line is the spread over the seeds, `first` how often it had the largest share; a bar left of zero hides some
of the gap. u chooses what the gap is: the area between the true losses, between the reported ones, the distance of the
final weights, or the epochs by which one side is later. More than ten differences are matched in a sample of orders,
with a standard error for each share; where all would take over two minutes, fewer seeds or epochs are measured. Enter
compares with that difference alone left in; I measures the present settings; esc stops and keeps what is measured so
far."""

    class Selected(Message):
        """A difference is to be looked at by itself."""

        def __init__(self, plan: Plan, discrepancy: Discrepancy, message: str) -> None:
            super().__init__()
            self.plan, self.discrepancy, self.message = plan, discrepancy, message

    def __init__(self) -> None:
        super().__init__()
        self._impact: Impact | None = None
        self._measure: Measure | None = None
        self._found: Effects | None = None

    def compose(self) -> ComposeResult:
        """Two lines of heading, the rows, and what they say."""
        yield PlainText(id="impact-heading", classes="prose")
        yield PlainText(id="impact-scope", classes="prose")
        yield LineList(id="impact-rows")
        with VerticalScroll(id="impact-text"):
            yield PlainText(id="impact-conclusion", classes="prose")
            yield PlainText(id="impact-details", classes="prose")
            yield PlainText(id="impact-more", classes="prose")

    def show(self, snapshot: Snapshot, view_state: ViewState) -> None:
        """Show what is measured so far."""
        state = snapshot.impact
        settings = snapshot.settings if state is None else state.plan.settings
        self.query_one("#impact-heading", PlainText).update(f"gap: {view_state.measure.meaning(settings)}")
        self.query_one("#impact-scope", PlainText).update(_scope(snapshot))
        impact = None if state is None else state.impact
        if impact is self._impact and view_state.measure is self._measure:
            return
        self._impact, self._measure = impact, view_state.measure
        measured = impact is not None and usable_seeds(impact, view_state.measure).any()
        self._found = effects(impact, view_state.measure) if impact is not None and measured else None
        self._show_rows()

    def _show_rows(self) -> None:
        rows, found, impact = self.query_one("#impact-rows", LineList), self._found, self._impact
        if found is None or impact is None:
            rows.show(0, lambda width: [], lambda index, width, selected: [])
            for name in ("details", "more"):
                self.query_one(f"#impact-{name}", PlainText).update("")
            self.query_one("#impact-conclusion", PlainText).update(impact_lines.nothing_left(impact) if impact else "")
            return

        lines = ImpactRows(found)
        rows.show(len(found.ranked), lines.heading, lines.row)
        rows.styles.height = len(found.ranked) + 1
        self._show_details()
        self.query_one("#impact-conclusion", PlainText).update(lines_content(impact_lines.prose(impact, found)))
        more = [impact_lines.gap_line(found), *impact_lines.pairs(found), impact_lines.epochs_line(impact)]
        self.query_one("#impact-more", PlainText).update(lines_content(more))

    def _show_details(self) -> None:
        if self._found is not None:
            effect = self._found.ranked[self.query_one("#impact-rows", LineList).selected]
            self.query_one("#impact-details", PlainText).update(
                lines_content(impact_lines.details(effect, self._found))
            )

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        """Another row: its details."""
        event.stop()
        self._show_details()

    def on_line_list_paged(self, event: LineList.Paged) -> None:
        """All rows are in view: the text scrolls."""
        event.stop()
        self.query_one("#impact-text").scroll_relative(y=5 * event.direction, animate=False)

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        """Compare with that difference alone."""
        event.stop()
        if self._found is not None and self._impact is not None:
            effect = self._found.ranked[event.index]
            name, alone = effect.discrepancy.title.lower(), float(effect.alone.mean())
            so_far = "" if self._found.finished else ", so far"
            message = f"Only {name} differs now; alone it makes a gap of {number(alone, 3)}{so_far}."
            self.post_message(self.Selected(self._impact.plan, effect.discrepancy, message))


def _scope(snapshot: Snapshot) -> str:
    """What is being measured, and how far it is."""
    state = snapshot.impact
    if state is None:
        if not remaining(snapshot.settings):
            return impact_lines.NOTHING_TO_MEASURE
        return "nothing measured yet: I measures the differences of these settings"
    if state.error is not None:
        return state.error
    if state.impact is None:
        plan = state.plan
        begun = impact_lines.combinations(plan, len(plan.seeds))
        return f"measuring {begun} …" if state.running else "stopped before anything was measured; I measures again"
    text = impact_lines.scope(state.impact, stopped=not state.running)
    expected = state.expected
    if state.running:
        left = "" if expected is None else f" {impact_lines.about((1 - state.share) * expected.seconds)} left,"
        return f"{100 * state.share:.0f} %,{left} esc stops · {text}"
    if expected is not None and expected.shortened(state.plan):
        text += f" · {impact_lines.shortening(state.plan, expected)}"
    return text + _measured_before(state.plan.settings, snapshot.settings)


def _measured_before(measured: Settings, present: Settings) -> str:
    """What has changed since then, if anything has."""
    if measured == present:
        return ""
    if not remaining(present):
        return " · measured before the last difference was matched"
    where = f" on {describe(measured)}" if measured.data != present.data else ""
    return f" · measured{where} with other settings than these; I measures these"
