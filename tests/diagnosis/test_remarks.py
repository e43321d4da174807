"""Right code is told what it is in PyTorch, and why it looks wrong."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.diagnosis.diagnosis import diagnose
from engine.diagnosis.recording import LayerNames
from engine.experiment.objectives import with_objective
from tests.diagnosis.injected import recorded
from tests.examples import long, one_in
from tui_app.text.diagnosis_remarks import in_pytorch, remarks
from tui_app.text.diagnosis_report import diagnosis_lines

CANCEL = "The output's error is p − y, with no derivative of the softmax: in the cross-entropy the two cancel."
OF_TANH = "1 − t² is tanh's derivative where t is the layer's output, as it is here."
OF_SIGMOID = "s·(1 − s) is the sigmoid's derivative where s is the layer's output, as it is here."
INSIDE = (
    "v ← μ·v − η·g, w ← w + v takes the steps of v ← μ·v + g, w ← w − η·v, torch.optim.SGD's momentum, while the "
    "learning rate η stays the same."
)


def of_classes(activation="tanh", objective="cross-entropy", **choices):
    random = np.random.RandomState(4)
    data = engine.Dataset("five", random.uniform(-1, 1, (5, 2)), np.eye(3)[[0, 2, 1, 1, 0]])
    side = engine.Side(precision="float64", learning_rate=0.25, initial_weights="normal", **choices)
    settings = engine.Settings(data, side, side, hidden=(4,), epochs=100, activation=activation)
    return with_objective(settings, engine.Objective(objective))


@one_in(3)
@pytest.mark.parametrize(
    ("settings", "name", "said"),
    [
        (
            of_classes(),
            "nn.CrossEntropyLoss() with torch.optim.SGD(model.parameters(), lr=0.25)",
            [CANCEL, OF_TANH],
        ),
        (
            of_classes(momentum="textbook-0.5"),
            "nn.CrossEntropyLoss() with torch.optim.SGD(model.parameters(), lr=0.25, momentum=0.5)",
            [CANCEL, OF_TANH, INSIDE],
        ),
        (
            of_classes("relu", "squared-error", optimizer="adam"),
            "nn.MSELoss() with torch.optim.Adam(model.parameters(), lr=0.25, betas=(0.9, 0.999), eps=1e-08)",
            [OF_SIGMOID],
        ),
        # A slip is not called right.
        (of_classes(derivative_at="pre-activation"), None, [CANCEL]),
        (of_classes("relu", "squared-error", derivative_at="none"), None, []),
    ],
)
def test_what_is_said_of_right_code(settings, name, said):
    diagnosis = diagnose(recorded(settings, 30))
    assert diagnosis.is_parity is (name is not None)
    if name is not None:
        assert in_pytorch(diagnosis) == name
    assert list(remarks(diagnosis)) == said


@long
def test_how_arrays_are_kept_is_no_difference():
    recording = recorded(of_classes("relu"), 30)
    turned = {name: array.swapaxes(1, 2) if array.ndim == 3 else array for name, array in recording.arrays.items()}
    layers = tuple(replace(layer, transposed=True) for layer in recording.layers)
    found = diagnose(replace(recording, arrays=turned, layers=layers))
    assert list(remarks(found))[-1] == "Weights kept (out, in), as nn.Linear keeps them, are no difference."
    rows = {
        f"M{i}": np.concatenate([recording.arrays[f"W{i}"], recording.arrays[f"b{i}"][:, None, :]], axis=1)
        for i in (1, 2)
    }
    found = diagnose(replace(recording, arrays=rows, layers=tuple(LayerNames(f"M{i}", ones=True) for i in (1, 2))))
    assert list(remarks(found))[-1].startswith("A column of ones beside the inputs is a bias")


def _said(settings, **constants):
    recording = replace(recorded(settings, 30), constants=constants, was_run=True)
    return " ".join(text for line in diagnosis_lines(diagnose(recording)) for text, _ in line)


def _with_rate(settings, rate):
    return replace(
        settings,
        numpy=replace(settings.numpy, learning_rate=rate),
        pytorch=replace(settings.pytorch, learning_rate=rate),
    )


def test_a_rate_that_the_program_does_not_name_is_something_to_change():
    """4 times its own: a mean that is a sum of four, perhaps."""
    settings = _with_rate(of_classes(), 0.4)
    assert "Nothing to change: this is nn.CrossEntropyLoss()" in _said(settings, lr=0.4)
    said = _said(settings, lr=0.1, accumulation_steps=4.0)
    assert "Nothing to change but the learning rate" in said
    assert "names no such rate: it is 4 times its lr. Where that comes from is not known." in said


def test_inputs_taken_for_samples_are_a_difference_of_their_own():
    """Of 5 samples with 2 inputs: 1/2 for 1/5."""
    settings = of_classes(reduction="per-input")
    said = _said(settings, lr=0.25)
    assert "1 Gradient: 1/D, in PyTorch mean" in said
    assert "times 2.5 in every step: divided by D, the number of inputs, in place of the samples." in said


@long
def test_an_averaged_decay_and_clipping_are_named_in_pytorchs_words():
    decaying = diagnose(recorded(of_classes(weight_decay="0.01"), 30))
    settings = decaying.settings
    assert "group" not in in_pytorch(decaying)
    alone = replace(settings, pytorch=replace(settings.pytorch, decayed="weights"))
    name = in_pytorch(replace(decaying, settings=alone))
    assert name.startswith("nn.CrossEntropyLoss() with torch.optim.SGD(model.parameters(), lr=0.25")
    assert name.endswith("the biases in a group of their own with weight_decay=0")
    clipped = of_classes(clipping="exact-norm:0.05")
    name = in_pytorch(diagnose(recorded(clipped, 30)))
    assert "after gradients are scaled together to a norm of at most 0.05" in name
