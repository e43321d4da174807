"""All jobs beside a run, worked on in turn. A fault of a job ends that job and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.experiment.devices import device_fault
from engine.impact.study import Plan
from engine.worker.faults import Fault, fault_sentence
from engine.worker.jobs import CauseJob, ImpactJob, Instruments, Job, JobState, RunInProgress, ScrubJob, StepJob

Result = TypeVar("Result")

IMPACT = "The measurement of the impact"


class JobGroup:
    """The jobs of one worker; `fault` is the last one's that failed."""

    def __init__(self, clock: Callable[[], float], instruments: Instruments) -> None:
        self.scrub = ScrubJob(clock)
        self.step = StepJob(clock, instruments)
        self.impact = ImpactJob(clock, instruments)
        self.cause = CauseJob(clock)
        self.fault: Fault | None = None

    def restart(self) -> None:
        """The run is another one; what is measured over many runs goes on."""
        self.scrub.restart()
        self.step.restart()
        self.cause.restart()

    def measure(self, plan: Plan) -> None:
        """Begin to measure the impact."""
        self._guarded(IMPACT, self.impact, lambda: self.impact.begin(plan))

    def cancel_measuring(self) -> None:
        """Stop, and keep what is measured."""
        self._guarded(IMPACT, self.impact, self.impact.cancel)

    def work(self, run: RunInProgress | None) -> list[JobState]:
        """A little of everything."""
        states = [self._work(IMPACT, self.impact, self.impact.work)]
        if run is not None:
            device = run.settings.device
            states += [
                self._work("The search for the cause", self.cause, lambda: self.cause.work(run), device),
                self._work("Going to that epoch", self.scrub, lambda: self.scrub.work(run), device),
                self._work("Opening the step", self.step, lambda: self.step.work(run), device),
            ]
        return states

    def _work(self, name: str, job: Job, work: Callable[[], JobState], device: str = "cpu") -> JobState:
        """One that has failed is not looked at again before something is asked of it: it would fail for ever."""
        if job.failed is not None:
            return JobState.IDLE
        state = self._guarded(name, job, work, device)
        return JobState.NEWS if state is None else state

    def _guarded(self, name: str, job: Job, work: Callable[[], Result], device: str = "cpu") -> Result | None:
        """What comes of it; nothing where it fails."""
        try:
            return work()
        except (Exception, SystemExit) as error:
            known = device_fault(error, device) if isinstance(error, Exception) else None
            self.fault = Fault(name, fault_sentence(name, known or error))
            job.give_up(self.fault.message)
            return None
