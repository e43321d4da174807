"""Made-up models and clocks: pictures and counts that are the same on every machine."""

from itertools import pairwise

import numpy as np

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import find, remaining
from engine.experiment.per_layer import of_layers
from engine.impact.study import Impact, Measure
from engine.networks.model_state import ModelState
from engine.networks.places import Kind, Place
from engine.run.lockstep import Lockstep
from engine.step.growth import SAMPLES, GrowthStudy
from engine.step.operations import compare_tensors
from engine.step.reasons import Reason, ReasonKind
from engine.step.step_tensors import places
from engine.step.trace import StepTrace
from engine.worker.jobs import Instruments
from engine.worker.worker import Worker


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
        self.classes = settings.data.classes
        sizes = settings.layer_sizes
        self.shapes = {}
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
            self.shapes[Place(Kind.WEIGHT, layer)] = (fan_out, fan_in)
            if of_layers(bias, len(sizes) - 1)[layer - 1]:
                self.shapes[Place(Kind.BIAS, layer)] = (fan_out,)

    def step(self):
        self.epoch += 1
        return 0.25 / (1 + (self.epoch / (1000 + self.delay)) ** 2)

    def update(self):
        return self.step()

    def parameters(self):
        scale = 1 + self.epoch / 1000 + self.delay * 1e-5
        return {
            place: scale * (np.arange(np.prod(shape), dtype=np.float64).reshape(shape) / 8 - 0.5)
            for place, shape in self.shapes.items()
        }

    def state(self):
        return ModelState({}, self.epoch)

    def set_state(self, state):
        self.epoch = state.steps

    def predict(self, X=None):
        """A slope that turns with the epoch and the delay; one column of it for each output."""
        points = self.X if X is None else X
        if self.classes:
            return self.shares(points)
        slope = points @ np.linspace(1, -1, points.shape[1]) * (self.epoch / 5000 + self.delay / 1000)
        return np.repeat(1 / (1 + np.exp(-slope))[:, None], self.outputs, axis=1)

    def shares(self, points):
        """Of classes that lie around the middle, the first above; they turn with the delay and part with the epoch."""
        angles = np.pi / 2 + 2 * np.pi * np.arange(self.outputs) / self.outputs + self.delay / 1000
        slopes = points[:, :1] * np.cos(angles) + points[:, -1:] * np.sin(angles)
        shares = np.exp(slopes * self.epoch / 1000)
        return shares / shares.sum(axis=1, keepdims=True)


def made_up_models(settings):
    left = len(remaining(settings))
    return (
        MadeUpModel(settings, 0, settings.numpy.bias),
        MadeUpModel(settings, 300 * left, settings.pytorch.bias),
    )


def made_up_tensors(settings, place, apart):
    """Simple fractions in the operation's shape; `apart` moves every third by a fraction of it."""
    sizes, samples, layer = settings.layer_sizes, settings.data.samples, place.layer
    kind = place.kind.value
    if kind == "loss":
        shape = ()
    elif "weight" in kind:
        shape = (sizes[layer], sizes[layer - 1])
    elif "bias" in kind:
        shape = (sizes[layer],)
    else:
        shape = (samples, sizes[layer])
    values = (np.arange(np.prod(shape, dtype=int), dtype=np.float64) / 8 - 0.5).reshape(shape)
    return values * (1 + apart * (np.arange(values.size).reshape(shape) % 3 == 1)) + apart


def made_up_trace(settings, epoch, states, matched_start=False, batch=1):
    """Everything is equal up to the first activation; from the first error on more than rounding is apart."""
    gaps = {Kind.WEIGHT_BEFORE: 0.0, Kind.BIAS_BEFORE: 0.0, Kind.PRE_ACTIVATION: 0.0, Kind.OUTPUT: 2.0**-24}
    numpy, pytorch = {}, {}
    for place in places(settings):
        numpy[place] = made_up_tensors(settings, place, 0.0)
        pytorch[place] = made_up_tensors(settings, place, gaps.get(place.kind, 2.0**-5))
    operations = compare_tensors(settings, numpy, pytorch)
    first = next(index for index, operation in enumerate(operations) if operation.differs)
    meant = next(index for index, operation in enumerate(operations) if operation.place.kind is Kind.ERROR)
    rounding = Reason(ReasonKind.ROUNDING, "Rounding: the library's exp", "Made up: 1/(1 + exp(−z)) in another way.")
    gradient = find("reduction")
    meaning = Reason(ReasonKind.MEANING, "Meaning: gradient", "Made up: Σ here, mean there.", (gradient,))
    return StepTrace(settings, epoch, matched_start, operations, first, rounding, meant, meaning, meant, meaning, batch)


class MadeUpTracing:
    """Done at once."""

    def __init__(self, *step):
        self._step = step

    def work(self, may_go_on):
        return made_up_trace(*self._step)


class MadeUpStudy:
    """Effects that add up but for one pair that cancels; each seed a little stronger than the last."""

    def __init__(self, plan):
        self.plan, self.epochs, self.expected = plan, 0, None

    @property
    def finished(self):
        return self.epochs >= self.plan.settings.epochs

    @property
    def share(self):
        return self.epochs / self.plan.settings.epochs

    def step(self, epochs):
        self.epochs = min(self.epochs + 100 * epochs, self.plan.settings.epochs)

    def impact(self):
        count, seeds = len(self.plan.differences), self.plan.seeds
        strength = [(-1) ** player * 2.0 ** (player - 1) for player in range(count)]
        members = [[mask >> player & 1 for player in range(count)] for mask in self.plan.members.combinations]
        values = np.array([sum(map(np.multiply, row, strength)) - 4 * row[-1] * row[0] for row in members])
        game = np.abs(values)[:, None] * (1 + np.arange(len(seeds)) / 4)
        plot_only = {Measure.REPORTED: game + game[::-1].mean(axis=0)}
        games = {measure: plot_only.get(measure, game) for measure in Measure}
        epochs = np.full(game.shape, 1234.0)
        return Impact(
            self.plan, seeds, self.epochs, games, None, dict.fromkeys(SideName, epochs), (), self.finished, 1.0
        )


class MadeUpGrowth(GrowthStudy):
    """Made-up models have no steps to look into, and no gap that would not be kept in the end is measured."""

    def __init__(self, settings, build):
        super().__init__(settings, build)
        while settings.epochs > 2 * SAMPLES * self._stride:
            self._stride *= 2

    def _next_step_differs(self):
        return False


MADE_UP = Instruments(MadeUpTracing, MadeUpStudy, MadeUpGrowth)


def made_up_worker(settings):
    """A worker over made-up models and measurements; its clock stands still, so no rate is shown."""

    def build(settings):
        return Lockstep(settings, build=made_up_models)

    return Worker(settings, build=build, clock=MadeUpClock(), instruments=MADE_UP, devices=lambda: ("cpu",))
