"""A diagnosis of no program: its numbers are the same on every machine."""

from dataclasses import replace

import numpy as np

from engine.diagnosis.diagnosis import Cause, Conclusion, Diagnosis
from engine.diagnosis.gradients import Reading
from engine.diagnosis.recording import LayerNames, Recording
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import find
from engine.experiment.given import Given, GivenLayer
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.networks.places import Kind, Place

SOURCE = """\
import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
Y = np.array([[0], [1], [1], [0]], float)
W1, b1 = np.random.randn(2, 3), np.zeros(3)
W2, b2 = np.random.randn(3, 1), np.zeros(1)

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

for step in range(5000):
    h = sigmoid(X @ W1 + b1)
    out = sigmoid(h @ W2 + b2)
    d2 = (out - Y) * out * (1 - out)
    d1 = (d2 @ W2.T) * h * (1 - h)
    W2 -= 0.5 * h.T @ d2
    b2 -= 0.5 * d2.sum(axis=0)
    W1 -= 0.5 * X.T @ d1
    b1 += 0.5 * d1.sum(axis=0)
"""
"""A sum where PyTorch takes a mean, and a bias that climbs."""

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def made_up_diagnosis():
    """Of that source, with the lines that move its arrays."""
    random = np.random.RandomState(7)
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)}
    arrays = {name: random.uniform(-1, 1, (31, *shape)) for name, shape in shapes.items()}
    recording = Recording(
        arrays=arrays,
        inputs=(X,) * 30,
        targets=(Y,) * 30,
        layers=(LayerNames("W1", bias="b1"), LayerNames("W2", bias="b2")),
        constants={},
        lines={"W2": 16, "b2": 17, "W1": 18, "b1": 19},
        program="their_network.py",
        source=SOURCE,
    )
    started = [GivenLayer(recording.weight(i, 0), recording.bias(i, 0)) for i in range(2)]
    meant = Side(precision="float64", learning_rate=0.5, initial_weights="given")
    theirs = replace(meant, reduction="sum", tensor_steps="b1:-1")
    settings = Settings(
        Dataset("their_network", X, Y), theirs, meant, hidden=(3,), epochs=30, given=Given(tuple(started))
    )
    places = [Place(kind, i) for i in (1, 2) for kind in (Kind.WEIGHT, Kind.BIAS)]
    return Diagnosis(
        recording,
        Conclusion.PROVED,
        Reading((Activation.SIGMOID, Activation.SIGMOID), theirs),
        settings,
        (Cause(find("reduction"), 0.31), Cause(find("tensor_steps"), 0.12)),
        gaps=np.full(30, 4e-16),
        rival=0.0025,
        explained=tuple(places),
        backward={Place(Kind.DELTA, 2): (14,), Place(Kind.DELTA, 1): (15,)},
        ratios={place: -2.0 if place == Place(Kind.BIAS, 1) else 2.0 for place in places},
        repeats=True,
    )
