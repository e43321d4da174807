"""A reading as an experiment: the recorded data, their side by hand, and in PyTorch the network that it means to be.

Both sides start from the recorded first weights, and take the samples as the program did.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.diagnosis.gradients import Reading
from engine.diagnosis.meant import meant_side
from engine.diagnosis.observed import Observed
from engine.diagnosis.recorded_data import recorded_data
from engine.experiment.batch_rules import SampleOrder
from engine.experiment.choices import InitialWeights
from engine.experiment.data import Dataset
from engine.experiment.given import Given, GivenLayer
from engine.experiment.optimizers import BiasCorrection
from engine.experiment.settings import Activation, Settings


@dataclass(frozen=True)
class RecordedExperiment:
    """Both sides' settings; `repeats` says that their run by hand is the recorded one, batch by batch."""

    settings: Settings
    repeats: bool


def experiment_of(observed: Observed, reading: Reading, logged: dict[str, Any]) -> RecordedExperiment:
    """As long as the recording; raises `SettingsError` or `DataError` where no such experiment can be."""
    recording, data = observed.recording, recorded_data(observed.recording, observed.batches_of_epoch)
    order = SampleOrder.IN_ORDER if data.orders is None else SampleOrder.GIVEN
    shared: dict[str, Any] = {
        "batch": data.batch,
        "last_batch": data.last_batch,
        "order": order,
        "initial_weights": InitialWeights.GIVEN,
    }
    theirs = replace(reading.side, **{**logged, **shared, "bias": observed.biases})
    meant = replace(meant_side(Reading(reading.activations, theirs)), **shared)
    if not logged:
        # What is not known to be logged is no difference.
        theirs = replace(theirs, loss_report=meant.loss_report)
    layers = [GivenLayer(recording.weight(i, 0), recording.bias(i, 0)) for i in range(observed.layers)]
    given = Given(tuple(layers), data.orders)
    by_epoch = theirs.bias_correction is BiasCorrection.PER_EPOCH
    by_epoch |= not theirs.schedule.is_none and not theirs.schedule.per_batch
    settings = Settings(
        data=Dataset(Path(recording.program).stem or "recording", data.X, data.Y),
        numpy=theirs,
        pytorch=meant,
        hidden=given.layer_sizes[1:-1],
        activation=reading.activations[:-1] or Activation.SIGMOID,
        output_activation=reading.activations[-1],
        epochs=data.epochs,
        given=given,
    )
    return RecordedExperiment(settings, data.repeats and (data.keeps_epochs or not by_epoch))
