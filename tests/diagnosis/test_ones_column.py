"""A column of ones among the inputs is read as a bias where the run is not explained otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from engine.diagnosis.diagnosis import Conclusion, diagnose
from engine.diagnosis.recording import LayerNames
from engine.experiment.data import Dataset
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from tests.diagnosis.injected import recorded
from tests.examples import long
from tui_app.text.diagnosis_report import diagnosis_lines


def _beside_ones(first, transposed):
    """A network with a bias that does not decay, written with a column of ones."""
    random = np.random.RandomState(2)
    data = Dataset("data", random.uniform(-1, 1, (7, 3)), random.uniform(0, 1, (7, 2)))
    own = Side(
        precision="float64",
        initial_weights="normal",
        learning_rate=0.3,
        weight_decay="in-gradient-0.01",
        decayed="weights",
    )
    plain = recorded(Settings(data, own, own, hidden=()), 24)
    rows = plain.arrays["W1"].swapaxes(1, 2) if plain.layers[0].transposed else plain.arrays["W1"]
    parts = [plain.arrays["b1"][:, None], rows]
    whole = np.concatenate(parts if first else parts[::-1], axis=1)
    ones = np.ones((7, 1))
    inputs = np.hstack([ones, plain.inputs[0]] if first else [plain.inputs[0], ones])
    return replace(
        plain,
        arrays={"theta": whole.swapaxes(1, 2) if transposed else whole},
        inputs=(inputs,) * plain.steps,
        layers=(LayerNames("theta", transposed),),
    )


@pytest.mark.parametrize(
    ("first", "transposed", "said"),
    [
        pytest.param(True, False, "its first row the bias"),
        pytest.param(False, True, "kept (out, in), its last column the bias"),
        pytest.param(True, True, "kept (out, in), its first column the bias", marks=long),
        pytest.param(False, False, "its last row the bias", marks=long),
    ],
)
def test_a_bias_that_does_not_decay_is_told_from_the_weights(first, transposed, said):
    diagnosis = diagnose(_beside_ones(first, transposed))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert [cause.field for cause in diagnosis.causes] == ["decayed"]
    assert said in " ".join("".join(part for part, _ in line).strip() for line in diagnosis_lines(diagnosis))
