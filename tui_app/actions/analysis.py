"""The Step and Impact tabs: what is opened, measured and selected there."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import InputError
from engine.experiment.discrepancies import CATALOGUE, remaining
from engine.experiment.settings import Settings
from engine.impact.study import only, plan
from engine.worker.commands import CancelImpact, CloseStep, MeasureImpact, OpenStep
from engine.worker.snapshot import State
from tui_app.actions.viewing import ViewActions
from tui_app.views.impact import ImpactView


class AnalysisActions(ViewActions):
    """Everything in the Step and Impact tabs."""

    def entered(self, name: str) -> None:
        """A tab has come on screen: let the engine look into what it shows, and into nothing else."""
        if name == "step":
            self._open_step()
        else:
            self.worker.send(CloseStep())
        if name == "impact" and self.worker.snapshot.impact is None:
            settings = self.settings if remaining(self.settings) else self._origin
            if remaining(settings):
                self._measure(settings)

    def _open_step(self) -> None:
        shown = self._view_state
        self.worker.send(OpenStep(shown.cursor, shown.matched_start, shown.batch))

    def view_changed(self) -> None:
        """The cursor has moved."""
        if self._view == "step":
            self._open_step()

    def action_first_difference(self) -> None:
        """The step with the first operation that differs: at once if it is known, else as soon as it is found."""
        growth = self.worker.snapshot.growth
        known = growth is not None and growth.first is not None and self.worker.snapshot.epoch
        where = (max(1, growth.first or 1), growth.first_batch) if growth is not None and known else (None, 1)
        self.set_view_state(self._view_state.at(*where))
        if self._view != "step":
            self.action_view("step")

    def action_cursor_batch(self, by: int) -> None:
        """The step of the batch before or after the open one, over the ends of epochs too."""
        if self._view != "step":
            self.action_view("step")
            return
        snapshot, shown = self.worker.snapshot, self._view_state
        if snapshot.batches == 1:
            self.notify("Every epoch is one batch: < and > open the step of another epoch.")
            return
        epoch, batch = shown.cursor, shown.batch
        if epoch is None and snapshot.step is not None:
            epoch, batch = snapshot.step.epoch, snapshot.step.batch
        last = max(0, snapshot.taken - 1)
        place = ((epoch or 1) - 1) * snapshot.batches + batch - 1 + by
        epoch, batch = divmod(max(0, min(place, last)), snapshot.batches)
        self.set_view_state(shown.at(epoch + 1, batch + 1))

    def action_matched_start(self) -> None:
        """Give PyTorch's step NumPy's weights, or its own again."""
        self._view_state = replace(self._view_state, matched_start=not self._view_state.matched_start)
        if self._view != "step":
            self.action_view("step")
            return
        self._open_step()
        self.show_snapshot()

    def action_reason(self) -> None:
        """Select the difference that makes the run diverge, or that is the reason of the open step."""
        trace, cause = self.worker.snapshot.step, self.worker.snapshot.cause
        reasons = [] if trace is None else [one for one in (trace.reason, trace.meaning) if one is not None]
        found = [discrepancy for reason in reasons for discrepancy in reason.discrepancies]
        if cause is not None and cause.ends_it and self._view != "step":
            found = list(cause.ends_it)
        if not found:
            self.notify(self._no_reason())
            return
        chosen = found[(found.index(self._discrepancy) + 1) % len(found)] if self._discrepancy in found else found[0]
        self.show_difference(chosen)

    def _no_reason(self) -> str:
        """Why there is no difference to select."""
        snapshot = self.worker.snapshot
        if snapshot.step is not None:
            return "No difference of the list is the reason of what is shown."
        if snapshot.cause is not None:
            return snapshot.cause.sentence()
        if snapshot.state is State.DIVERGED:
            return "What made it diverge is not known, and no step is open; T opens one."
        return "Nothing has diverged and no step is open; T opens one."

    def action_impact(self) -> None:
        """Show the impact; in its tab, measure the present settings."""
        if self._view != "impact":
            self.action_view("impact")
            return
        if not remaining(self.settings):
            message = (
                "No difference is left, so there is nothing to measure: choose a preset, or make one differ with m."
            )
            self.notify(message)
            return
        self._measure(self.settings)

    def _measure(self, settings: Settings) -> None:
        try:
            self.worker.send(MeasureImpact(plan(settings)))
        except InputError as error:
            self.notify(str(error), severity="error")

    def stop_measuring(self) -> bool:
        """Stop a measurement under way; returns whether there was one."""
        state = self.worker.snapshot.impact
        if self._view != "impact" or state is None or not state.running:
            return False
        self.worker.send(CancelImpact())
        return True

    def on_impact_view_selected(self, event: ImpactView.Selected) -> None:
        """Compare with one difference alone; its switch goes back and forth."""
        self._origin = only(event.plan, event.discrepancy)
        self.select(CATALOGUE.index(event.discrepancy))
        self.change_settings(self._origin)
        self.notify(event.message)
