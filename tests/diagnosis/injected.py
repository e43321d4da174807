"""Recordings of the hand-written network with known settings: what a diagnosis must find is then known."""

import numpy as np

from engine.diagnosis.recording import LayerNames, Recording
from engine.experiment.per_layer import of_layers
from engine.experiment.schedules import ScheduleKind
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import Kind, Place


def recorded(settings, steps=40, known=True, constants=True):
    """The hand-written side's first steps: as a watched program's, or with activations that are not `known`, as a
    recorder would write them down.
    """
    model = NumpyModel(settings)
    layers = len(settings.activations)
    biases = of_layers(settings.numpy.bias, layers)
    states, inputs, targets, losses = [model.parameters()], [], [], []
    with np.errstate(all="ignore"):
        for _ in range(steps):
            X, Y = model.next_batch()
            inputs.append(X.copy())
            targets.append(Y.copy())
            loss = model.next_loss()
            model.close_batch(loss)
            losses.append(loss)
            states.append(model.parameters())
    arrays = {}
    for i in range(1, layers + 1):
        arrays[f"W{i}"] = np.array([state[Place(Kind.WEIGHT, i)].T for state in states])
        if biases[i - 1]:
            arrays[f"b{i}"] = np.array([state[Place(Kind.BIAS, i)] for state in states])
    return Recording(
        arrays=arrays,
        inputs=tuple(inputs),
        targets=tuple(targets),
        layers=tuple(
            LayerNames(
                f"W{i}",
                bias=f"b{i}" if biases[i - 1] else None,
                activation=settings.activations[i - 1] if known else None,
            )
            for i in range(1, layers + 1)
        ),
        logged={"loss": np.array(losses)} | _rates(settings, steps),
        constants={"learning_rate": settings.numpy.learning_rate} if constants else {},
    )


def _rates(settings, steps):
    """What a program has in a variable where it gives each step a rate of its own."""
    side = settings.numpy
    if side.schedule.kind is not ScheduleKind.GIVEN:
        return {}
    batches = 1 if side.schedule.per_batch else settings.batches(side).count
    return {"rate": np.array([side.schedule.rate_at(side.learning_rate, k // batches, steps) for k in range(steps)])}
