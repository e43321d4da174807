"""The snapshot of a run in progress: what both models, their comparison and the work beside them say at one moment."""

from __future__ import annotations

from typing import Any

from engine.experiment.devices import DeviceUse
from engine.run.lockstep import Lockstep
from engine.run.predictions import predictions_of
from engine.run.verdict import judge
from engine.worker.job_group import JobGroup
from engine.worker.snapshot import Snapshot


def run_snapshot(lockstep: Lockstep, jobs: JobGroup, **others: Any) -> Snapshot:
    """With these `others` of its fields."""
    settings, parameters = lockstep.settings, lockstep.parameters()
    comparison, scores = lockstep.comparison(parameters), lockstep.scores()
    watching = jobs.scrub.watching
    return Snapshot(
        settings=settings,
        epoch=lockstep.epoch,
        batch=lockstep.batch,
        batches=lockstep.batches,
        curves=lockstep.curves(),
        initial_parameters=lockstep.initial_parameters,
        parameters=parameters,
        comparison=comparison,
        accuracy=lockstep.accuracy(),
        validation=lockstep.validation(),
        measured_each=0 if lockstep.measured_epochs is None else lockstep.measured_epochs.stride,
        scores=scores,
        verdict=judge(settings, comparison, lockstep.divergence, jobs.cause.cause, scores),
        predictions=predictions_of(settings, lockstep.numpy, lockstep.pytorch) if watching else None,
        device=_device_in_use(settings.device),
        **others,
        **beside(jobs),
    )


def beside(jobs: JobGroup) -> dict[str, Any]:
    """What a snapshot holds of the work beside the run."""
    return {
        "scrubbed": jobs.scrub.result,
        "step": jobs.step.trace,
        "step_failed": jobs.step.failed,
        "growth": jobs.step.growth,
        "impact": jobs.impact.state,
        "cause": jobs.cause.cause,
        "fault": jobs.fault,
    }


def _device_in_use(name: str) -> DeviceUse | None:
    if name == "cpu":
        return None
    from engine.networks.torch_device import device_use

    return device_use(name)
