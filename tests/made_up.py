"""Made-up models and clocks: pictures and counts that are the same on every machine."""

from itertools import pairwise

import numpy as np

from engine.discrepancies import remaining
from engine.lockstep import Lockstep
from engine.worker import Worker


class MadeUpClock:
    """Time that moves only when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class MadeUpModel:
    """A loss that falls from 0.25 by simple fractions, and weights that follow it."""

    def __init__(self, settings, delay, bias):
        self.epoch = 0
        self.delay = delay
        self.X, self.outputs = settings.data.X, settings.data.outputs
        sizes = settings.layer_sizes
        self.shapes = []
        for fan_in, fan_out in pairwise(sizes):
            self.shapes.append((fan_out, fan_in))
            if bias:
                self.shapes.append((fan_out,))

    def step(self):
        self.epoch += 1
        return 0.25 / (1 + (self.epoch / (1000 + self.delay)) ** 2)

    def parameters(self):
        scale = 1 + self.epoch / 1000 + self.delay * 1e-5
        return [scale * (np.arange(np.prod(shape), dtype=np.float64).reshape(shape) / 8 - 0.5) for shape in self.shapes]

    def state(self):
        return [np.array([self.epoch])]

    def set_state(self, state):
        self.epoch = int(state[0][0])

    def predict(self, X=None):
        """A slope that turns with the epoch and the delay; one column of it for each output."""
        points = self.X if X is None else X
        slope = points @ np.linspace(1, -1, points.shape[1]) * (self.epoch / 5000 + self.delay / 1000)
        return np.repeat(1 / (1 + np.exp(-slope))[:, None], self.outputs, axis=1)


def made_up_models(settings):
    left = len(remaining(settings))
    return (
        MadeUpModel(settings, 0, settings.numpy.bias),
        MadeUpModel(settings, 300 * left, settings.pytorch.bias),
    )


def made_up_worker(settings):
    """A worker over made-up models; its clock stands still, so no rate is shown."""
    return Worker(settings, build=lambda settings: Lockstep(settings, build=made_up_models), clock=MadeUpClock())
