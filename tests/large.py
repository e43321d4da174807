"""Networks so large that two threads share their products."""

from dataclasses import replace

import numpy as np

import engine
from engine.experiment.choices import InitialWeights, SideName
from engine.experiment.data import Dataset

UNTIL_RECORDED = 5
"""Steps of which the last is the first that a recording takes."""

BENCHMARK = ((1024, (784, 128, 10)), (64, (1000, 1000, 10)))


def network(samples, sizes, **numpy):
    random = np.random.RandomState(0)
    data = Dataset("made up", random.uniform(-1, 1, (samples, sizes[0])), random.uniform(0, 1, (samples, sizes[-1])))
    settings = replace(engine.preset("exact"), data=data, hidden=sizes[1:-1], epochs=UNTIL_RECORDED + 1)
    return settings.with_side(
        SideName.NUMPY, **{"learning_rate": 0.1, "initial_weights": InitialWeights.PYTORCH} | numpy
    )
