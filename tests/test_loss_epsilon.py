"""What is added to the probabilities of a cross-entropy, against arithmetic by hand and PyTorch's autograd."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import engine
from engine.errors import SettingsError
from engine.experiment.choices import LossInput, Objective, SideName
from engine.experiment.discrepancies import find
from engine.experiment.loss_epsilon import LossEpsilon, LossEpsilonKind
from engine.experiment.objectives import with_objective
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from tests.examples import one_in
from tests.strategies import classes

EPSILON = 0.03


def experiment(binary, kind):
    settings = classes()
    if binary:
        settings = with_objective(settings, Objective.BINARY_CROSS_ENTROPY)
    choices = {"loss_input": LossInput.PROBABILITIES, "loss_epsilon": f"{kind.value}:{EPSILON}", "learning_rate": 0.1}
    side = replace(settings.numpy, **choices)
    return replace(settings, numpy=side, pytorch=side)


def costs_of(binary, kind, p, Y):
    """Whose gradient autograd takes; a divisor's error is held still, and p multiplied by it."""
    if not binary:
        return -(Y * torch.log(p + EPSILON)).sum() / len(Y)
    if kind is LossEpsilonKind.DIVISOR:
        error = ((p - Y) / (p * (1 - p) + EPSILON)).detach()
        return (p * error).sum() / Y.numel()
    return -(Y * torch.log(p + EPSILON) + (1 - Y) * torch.log(1 - p + EPSILON)).sum() / Y.numel()


KINDS = [LossEpsilonKind.LOGARITHM, LossEpsilonKind.DIVISOR]


@one_in(7)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("model_type", [NumpyModel, RecordedNumpyModel, TorchModel, ReplayedTorchModel])
def test_every_side_moves_as_autograd_of_the_formula_does(model_type, binary, kind):
    settings = experiment(binary, kind)
    model = model_type(settings)
    own = [torch.tensor(one, requires_grad=True) for one in model.parameters().values()]
    X, Y = torch.tensor(settings.data.X), torch.tensor(settings.data.Y)
    optimizer = torch.optim.SGD(own, lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        W1, b1, W2, b2 = own
        z = torch.sigmoid(X @ W1.T + b1) @ W2.T + b2
        p = torch.sigmoid(z) if binary else torch.softmax(z, dim=1)
        costs_of(binary, kind, p, Y).backward()
        optimizer.step()
        model.step()
    for found, expected in zip(model.parameters().values(), own, strict=True):
        np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-11, atol=1e-13)


def test_the_formulas_by_hand():
    """Of p = 0.25, ε = 0.05: 1/0.8 for a 0, −1/0.3 for a 1; (p − y)/(0.1875 + 0.05)."""
    p, Y = np.array([[0.25, 0.25]]), np.array([[0.0, 1.0]])
    expected = {
        LossEpsilonKind.LOGARITHM: [1 / 0.8, -1 / 0.3],
        LossEpsilonKind.DIVISOR: [0.25 / 0.2375, -0.75 / 0.2375],
    }
    for kind, gradient in expected.items():
        settings = experiment(True, kind)
        settings = settings.with_side(SideName.NUMPY, loss_epsilon=LossEpsilon(kind, 0.05))
        found = NumpyModel(settings).network.pass_logarithm(p, Y)
        np.testing.assert_allclose(found, [gradient], rtol=1e-15)


def test_a_table_has_room_for_it():
    labels = [find("loss_epsilon").label(LossEpsilon(kind, 1e-7)) for kind in KINDS]
    assert labels == ["log(p+1e-07)", "p(1−p)+1e-07"]
    assert all(len(label) <= 13 for label in labels)


def test_it_says_where_it_matters():
    settings = experiment(True, LossEpsilonKind.LOGARITHM).with_side(SideName.PYTORCH, loss_epsilon="none")
    discrepancy = find("loss_epsilon")
    assert discrepancy.acts(settings)
    explanation = discrepancy.explain(settings)
    assert "adds 0.03 to each probability, PyTorch's nothing" in explanation.what
    assert "is: 0.03 by hand" in explanation.numbers
    logits = replace(
        settings,
        numpy=replace(settings.numpy, loss_input=LossInput.LOGITS),
        pytorch=replace(settings.pytorch, loss_input=LossInput.LOGITS),
    )
    assert not discrepancy.acts(logits)
    # Of classes both kinds are one.
    of_classes = experiment(False, LossEpsilonKind.LOGARITHM)
    both_kinds = of_classes.with_side(SideName.PYTORCH, loss_epsilon=f"divisor:{EPSILON}")
    assert not discrepancy.acts(both_kinds)
    assert discrepancy.acts(of_classes.with_side(SideName.PYTORCH, loss_epsilon="divisor:0.02"))


@pytest.mark.parametrize("text", ["none", "logarithm:1e-07", "divisor:0.001"])
def test_it_is_read_as_it_is_written(text):
    assert str(LossEpsilon.parse(text)) == text
    assert LossEpsilon.parse("1e-8") == LossEpsilon(LossEpsilonKind.LOGARITHM, 1e-8)


@pytest.mark.parametrize(
    "text", ["logarithm:0", "logarithm:2", "divisor:nan", "somewhere:1e-8", "none:1", "logarithm:"]
)
def test_what_is_none_is_refused(text):
    with pytest.raises(SettingsError):
        replace(engine.preset("exact").numpy, loss_epsilon=text)
