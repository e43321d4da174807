"""All jobs beside a run, worked on in turn. A fault of a job ends that job and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from engine.devices import device_fault
from engine.faults import Fault, fault_sentence
from engine.jobs import CauseJob, ImpactJob, Instruments, JobState, RunInProgress, ScrubJob, StepJob

Job = CauseJob | ScrubJob | StepJob | ImpactJob


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

    def work(self, run: RunInProgress | None) -> list[JobState]:
        """A little of everything."""
        states = [self._work("The measurement of the impact", self.impact, self.impact.work)]
        if run is not None:
            device = run.settings.device
            states += [
                self._work("The search for the cause", self.cause, lambda: self.cause.work(run), device),
                self._work("Going to that epoch", self.scrub, lambda: self.scrub.work(run), device),
                self._work("Opening the step", self.step, lambda: self.step.work(run), device),
            ]
        return states

    def _work(self, name: str, job: Job, work: Callable[[], JobState], device: str = "cpu") -> JobState:
        try:
            return work()
        except (Exception, SystemExit) as error:
            known = device_fault(error, device) if isinstance(error, Exception) else None
            self.fault = Fault(name, fault_sentence(name, known or error))
            job.give_up(self.fault.message)
            return JobState.NEWS
