"""Weights and biases that a program uses and never moves are part of the network that is found in it."""

import textwrap

import numpy as np
import pytest

from engine.diagnosis.capture import capture

BEFORE = """\
import numpy as np
random = np.random.RandomState(0)
X, Y = random.randn(12, 3), random.randn(12, 2)
W1, b1 = random.randn(3, 5), np.zeros(5)
W2, b2 = random.randn(5, 2), np.zeros(2)
unused = np.zeros(5)
"""
STEP = """\
for step in range(40):
    h = np.tanh(X @ W1 + b1)
    out = h @ W2 + b2
    d2 = (out - Y) / len(X)
    d1 = d2 @ W2.T * (1 - h * h)
"""
MOVES = {
    "W1": "    W1 -= 0.1 * X.T @ d1\n",
    "b1": "    b1 -= 0.1 * d1.sum(axis=0)\n",
    "W2": "    W2 -= 0.1 * h.T @ d2\n",
    "b2": "    b2 -= 0.1 * d2.sum(axis=0)\n",
}


def _captured(tmp_path, program):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(program))
    return capture(str(path))


@pytest.mark.parametrize("moving", [("W1", "b1"), ("W2", "b2"), ("W1", "W2")], ids="+".join)
def test_all_that_takes_part_is_found(moving, tmp_path):
    recording = _captured(tmp_path, BEFORE + STEP + "".join(MOVES[name] for name in moving))
    assert [(layer.weight, layer.bias) for layer in recording.layers] == [("W1", "b1"), ("W2", "b2")]
    assert {name for name, values in recording.arrays.items() if np.ptp(values, axis=0).any()} == set(moving)
    assert recording.inputs[0].shape == (12, 3)


def test_zeros_that_nothing_is_added_to_are_no_bias(tmp_path):
    step = STEP.replace(" + b1", "").replace(" + b2", "")
    recording = _captured(tmp_path, BEFORE + step + MOVES["W1"] + MOVES["W2"])
    assert [(layer.weight, layer.bias) for layer in recording.layers] == [("W1", None), ("W2", None)]


def test_features_made_before_the_training_are_data(tmp_path):
    step = STEP.replace(
        "for step in range(40):\n    h = np.tanh(X @ W1 + b1)\n", "h = np.tanh(X @ W1)\nfor step in range(40):\n"
    )
    recording = _captured(tmp_path, BEFORE + step + MOVES["W2"] + MOVES["b2"])
    assert [(layer.weight, layer.bias) for layer in recording.layers] == [("W2", "b2")]
    assert recording.inputs[0].shape == (12, 5)
