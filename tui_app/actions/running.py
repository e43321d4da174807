"""Running: start, pause, step, speed."""

from __future__ import annotations

from engine.worker.commands import Pause, Restart, Resume, SetSpeed, StepBatches, StepEpochs
from engine.worker.snapshot import State
from tui_app.actions.base import ExplorerState

SPEEDS: tuple[float | None, ...] = (10, 100, 1000, None)
"""Epochs a second, slowest first; none is full speed."""


class RunActions(ExplorerState):
    """Commands to the worker."""

    def action_run_or_pause(self) -> None:
        """Pause, go on, or run again."""
        state = self.worker.snapshot.state
        if state is State.RUNNING:
            self.worker.send(Pause())
        elif state is State.PAUSED:
            self.worker.send(Resume())
        elif state is not State.LOADING:
            self.action_restart()

    def action_restart(self) -> None:
        """The same start again."""
        self.worker.send(Restart(self.settings))

    def action_step(self, count: int) -> None:
        """Some epochs, then pause; a finished run starts again paused."""
        self._step(StepEpochs(count))

    def action_step_batch(self) -> None:
        """One batch, then pause; a finished run starts again paused."""
        self._step(StepBatches())

    def _step(self, command: StepEpochs | StepBatches) -> None:
        if self.worker.snapshot.state in (State.FINISHED, State.DIVERGED, State.FAILED):
            self.worker.send(Restart(self.settings, paused=True))
        self.worker.send(command)

    def action_speed(self, by: int) -> None:
        """The next faster or slower speed."""
        present = SPEEDS.index(self.worker.snapshot.speed_limit)
        speed = SPEEDS[max(0, min(len(SPEEDS) - 1, present + by))]
        self.worker.send(SetSpeed(speed))
