"""Cross-entropies, softmax and their slips, against PyTorch's own loss functions and arithmetic by hand."""

from dataclasses import replace
from itertools import product
from math import e, exp, log

import numpy as np
import pytest
import torch
from torch import nn

import engine
from engine.errors import SettingsError
from engine.experiment.choices import LossInput, LossReport, Objective, Precision, Reduction, SideName, SoftmaxForm
from engine.experiment.discrepancies import find, match_all, remaining
from engine.experiment.objectives import with_objective
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.numpy_model import NumpyModel
from engine.networks.torch_model import TorchModel
from tests.examples import hardest, one_in
from tests.strategies import classes
from tests.ulps import assert_equal_sides_stay_near


def two_classes():
    """Seven targets of 0 and 1 in one column, sigmoid and binary cross-entropy, nothing different."""
    X = np.random.RandomState(2).uniform(-1, 1, (7, 2))
    data = engine.Dataset("two classes", X, [0, 1, 1, 0, 1, 0, 0])
    side = Side(precision=Precision.FLOAT64)
    return with_objective(Settings(data, side, side, hidden=(4,)), Objective.BINARY_CROSS_ENTROPY)


PROBLEMS = {"classes": classes, "two classes": two_classes}


def both(settings, **choices):
    """Both sides with these choices."""
    numpy, pytorch = (replace(side, **choices) for side in (settings.numpy, settings.pytorch))
    return replace(settings, numpy=numpy, pytorch=pytorch)


REPORTS = {Reduction.MEAN: LossReport.CROSS_ENTROPY, Reduction.SUM: LossReport.CROSS_ENTROPY_SUM}


def reduced(reduction, of_reduction, samples, outputs):
    """The number that is trained on, made of PyTorch's own means and sums."""
    if reduction in REPORTS:
        return of_reduction(reduction.value)
    mean = of_reduction("sum") / of_reduction("mean")
    share = {
        Reduction.TWICE_SUM: 2,
        Reduction.MEAN_OF_SUMS: 1 / samples,
        Reduction.PER_SAMPLE: 1 / samples,
        Reduction.PER_BATCH_SIZE: 1 / samples,
        Reduction.PER_SAMPLE_TWICE: 1 / samples / samples,
        Reduction.PER_DATA_SET: 1 / samples,
        Reduction.TWICE_MEAN: 2 / mean,
        Reduction.PER_INPUT: 1 / 2,
        Reduction.PER_OUTPUT: 1 / outputs,
    }[reduction]
    return of_reduction("sum") * share


def of_people(problem, loss_input, reduction):
    """The loss function that people write for it, of the logits."""
    binary = problem == "two classes"
    squash = torch.sigmoid if binary else lambda z: torch.softmax(z, dim=1)
    of_logits = (nn.BCEWithLogitsLoss if binary else nn.CrossEntropyLoss)(reduction=reduction)
    if loss_input is LossInput.LOGITS:
        return of_logits
    if loss_input is LossInput.TWICE:
        return lambda z, Y: of_logits(squash(z), Y)
    if binary:
        return lambda z, Y: nn.BCELoss(reduction=reduction)(squash(z), Y)
    # Class numbers, as they are mostly given.
    return lambda z, Y: nn.NLLLoss(reduction=reduction)(torch.log(squash(z)), Y.argmax(dim=1))


@one_in(9)
@pytest.mark.parametrize("reduction", Reduction)
@pytest.mark.parametrize("loss_input", LossInput)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_both_sides_train_as_pytorchs_own_loss_does(problem, loss_input, reduction):
    settings = PROBLEMS[problem]()
    report = REPORTS.get(reduction, LossReport.CROSS_ENTROPY_SUM)
    settings = both(settings, loss_input=loss_input, reduction=reduction, loss_report=report, learning_rate=0.1)
    ours, theirs = NumpyModel(settings), TorchModel(settings)
    layers = [nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, settings.data.outputs)]
    model = nn.Sequential(*layers).double()
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), theirs.parameters().values(), strict=True):
            parameter.copy_(torch.from_numpy(start))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    X, Y = (torch.tensor(array) for array in (settings.data.X, settings.data.Y))
    for _ in range(30):
        optimizer.zero_grad()
        logits = model(X)
        by_name = {name: of_people(problem, loss_input, name)(logits, Y) for name in ("sum", "mean")}
        loss = reduced(reduction, by_name.__getitem__, *Y.shape)
        logged = loss if reduction in REPORTS else by_name["sum"]
        loss.backward()
        optimizer.step()
        assert ours.step() == pytest.approx(logged.item(), rel=1e-12)
        assert theirs.step() == pytest.approx(logged.item(), rel=1e-12)
    for found in (ours, theirs):
        for parameter, own in zip(model.parameters(), found.parameters().values(), strict=True):
            np.testing.assert_allclose(own, parameter.detach().numpy(), rtol=1e-11, atol=1e-13)


@one_in(3)
@pytest.mark.parametrize("loss_input", hardest(LossInput))
@pytest.mark.parametrize("problem", PROBLEMS)
def test_equal_sides_stay_as_near_as_one_ulp_in_the_start_lets_them(problem, loss_input):
    """In the end, and within 1e-12 after each step from the same state."""
    assert_equal_sides_stay_near(both(PROBLEMS[problem](), loss_input=loss_input))


def steps_ratio(settings):
    """How many times the mean's first step the sum's is, one number for all parameters."""
    moved = []
    for reduction in (Reduction.SUM, Reduction.MEAN):
        model = NumpyModel(both(settings, reduction=reduction))
        before = model.parameters()
        model.step()
        moved.append(np.concatenate([(new - before[place]).ravel() for place, new in model.parameters().items()]))
    ratio = moved[0] / moved[1]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)
    return ratio[0]


def test_the_rule_of_the_reduction_is_the_objectives():
    """N·C for binary cross-entropy, N for cross-entropy, N·C/2 for squared errors: with N = 5, C = 3 all differ."""
    three = classes()
    binary = with_objective(three, Objective.BINARY_CROSS_ENTROPY)
    squared = with_objective(binary, Objective.SQUARED_ERROR)
    for settings, expected, rule in ((three, 5, "N = 5"), (binary, 15, "N·C = 15"), (squared, 7.5, "N·C/2 = 7.5")):
        assert steps_ratio(settings) == pytest.approx(expected, rel=1e-6)
        assert f"C = 3: {rule}. Factor" in find("reduction").explain(settings).numbers


@one_in(3)
@pytest.mark.parametrize("outputs", [2, 3, 10])
def test_softmax_twice_has_a_floor_that_is_said(outputs):
    X = np.eye(outputs)
    side = Side(precision=Precision.FLOAT64, learning_rate=20.0)
    plain = Settings(engine.Dataset("one each", X, X), side, side, hidden=(), epochs=1000)
    settings = both(with_objective(plain, Objective.CROSS_ENTROPY), loss_input=LossInput.TWICE)
    floor = -log(e / (e + outputs - 1))
    run = engine.train(settings)
    for losses in (run.numpy.losses, run.pytorch.losses):
        assert floor < losses[-1] < floor * 1.02
    said = {2: "0.313", 3: "0.551", 10: "1.46"}[outputs]
    assert f"C = {outputs}: applied twice" in find("loss_input").explain(settings).numbers
    assert f"= {said}." in find("loss_input").explain(settings).numbers


@pytest.mark.parametrize(("target", "said"), [(1, "0.313 for a 1"), (0, "0.693 for a 0")])
def test_sigmoid_twice_has_a_floor_for_each_target(target, said):
    side = Side(precision=Precision.FLOAT64, learning_rate=50.0)
    plain = Settings(engine.Dataset("one", [[1.0]], [[target]]), side, side, hidden=(), epochs=1500)
    settings = both(with_objective(plain, Objective.BINARY_CROSS_ENTROPY), loss_input=LossInput.TWICE)
    floor = log(1 + exp(-1)) if target else log(2)
    losses = engine.train(settings).numpy.losses
    assert floor < losses[-1] < floor * 1.02
    assert said in find("loss_input").explain(settings).numbers


def test_each_cross_entropy_that_is_logged_by_hand():
    """Of the first epoch's probabilities, on both sides."""
    for problem, report in product(PROBLEMS, LossReport):
        settings = both(PROBLEMS[problem](), loss_report=report)
        ours, theirs = NumpyModel(settings), TorchModel(settings)
        p, Y = ours.predict(), settings.data.Y
        costs = -Y * np.log(p) if problem == "classes" else -Y * np.log(p) - (1 - Y) * np.log(1 - p)
        shifted = -Y * np.log(p + 1e-8) - (0 if problem == "classes" else (1 - Y) * np.log(1 - p + 1e-8))
        expected = {
            LossReport.CROSS_ENTROPY: costs.sum() / (5 if problem == "classes" else 7),
            LossReport.CROSS_ENTROPY_SUM: costs.sum(),
            LossReport.CROSS_ENTROPY_PER_OUTPUT: costs.mean(),
            LossReport.CROSS_ENTROPY_PER_SAMPLE: costs.sum(axis=1).mean(),
            LossReport.CROSS_ENTROPY_EPSILON: shifted.sum() / (5 if problem == "classes" else 7),
            LossReport.MSE: np.square(p - Y).mean(),
            LossReport.HALF_SUM: np.square(p - Y).sum() / 2,
            LossReport.HALF_MEAN: np.square(p - Y).mean() / 2,
            LossReport.HALF_PER_SAMPLE: np.square(p - Y).sum() / len(Y) / 2,
            LossReport.SUM_PER_SAMPLE: np.square(p - Y).sum(axis=1).mean(),
            LossReport.MEAN_ABSOLUTE: float(torch.nn.L1Loss()(torch.tensor(p), torch.tensor(Y))),
            LossReport.SUM: np.square(p - Y).sum(),
            LossReport.ERROR_TIMES_LOSS: (p - Y).mean() * np.square(p - Y).mean() / 2,
        }[report]
        assert ours.step() == pytest.approx(expected, rel=1e-12)
        assert theirs.step() == pytest.approx(expected, rel=1e-12)


def test_softmax_over_the_samples_sums_to_one_in_each_column():
    settings = classes().with_side(SideName.NUMPY, softmax_form=SoftmaxForm.OVER_SAMPLES)
    p = NumpyModel(settings).predict()
    np.testing.assert_allclose(p.sum(axis=0), 1, rtol=1e-12)
    assert np.abs(p.sum(axis=1) - 1).max() > 0.1
    assert [one.field for one in remaining(settings)] == ["softmax_form"]


def test_softmax_over_all_sums_to_one_in_the_batch():
    settings = classes().with_side(SideName.NUMPY, softmax_form=SoftmaxForm.OVER_ALL)
    p = NumpyModel(settings).predict()
    stable = NumpyModel(classes()).predict()
    assert p.sum() == pytest.approx(1, rel=1e-12)
    assert [one.field for one in remaining(settings)] == ["softmax_form"]
    powers = np.log(p) - np.log(stable)
    np.testing.assert_allclose(powers, powers[:, :1].repeat(p.shape[1], axis=1), rtol=1e-9)


def test_a_plain_softmax_overflows_where_the_explanation_says():
    settings = classes().with_side(SideName.NUMPY, softmax_form=SoftmaxForm.PLAIN)
    said = find("softmax_form").explain(settings).numbers
    most = float(said.split("above z = ")[1].split(" ")[0].removesuffix("."))
    from engine.networks.numpy_functions import plain_softmax, softmax

    below, above = np.array([[most - 0.1, 0.0]]), np.array([[most + 0.1, 0.0]])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(plain_softmax(below), softmax(below), rtol=1e-12)
        assert np.isnan(plain_softmax(above)).any()
    assert softmax(above).tolist() == [[1.0, pytest.approx(exp(-most - 0.1))]]
    equal = engine.train(replace(settings, epochs=50)).comparison
    assert equal.losses.max_absolute < 1e-14


def test_the_predictions_are_probabilities_on_both_sides():
    """Whether or not the loss takes logits."""
    for problem, loss_input in product(PROBLEMS, LossInput):
        settings = both(PROBLEMS[problem](), loss_input=loss_input)
        ours, theirs = NumpyModel(settings).predict(), TorchModel(settings).predict()
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)
        if problem == "classes":
            np.testing.assert_allclose(ours.sum(axis=1), 1, rtol=1e-13)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output_activation": "identity"}, "numpy.objective cannot be 'cross-entropy' with the output activation id"),
        ({"output_activation": "sigmoid"}, "of logits with the output activation sigmoid; set output_activation to"),
        ({"data": engine.built_in("moons")}, "for the targets of moons, which sum to 0 in row 1: each row must sum"),
        ({"data": engine.Dataset("d", [[0.0]], [[2.0, -1.0]])}, "one of which is 2: a cross-entropy needs targets"),
        ({"activation": "softmax"}, "activation cannot be 'softmax', which is for outputs only; it is one of sigmoid,"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(changes, said):
    with pytest.raises(SettingsError) as refused:
        replace(classes(), **changes)
    assert said in str(refused.value)


def test_a_logged_cross_entropy_needs_probabilities_too():
    with pytest.raises(
        SettingsError, match=r"numpy\.loss_report cannot be 'cross-entropy' with the output activation t"
    ):
        replace(engine.preset("asked"), output_activation="tanh").with_side(SideName.NUMPY, loss_report="cross-entropy")


def test_what_the_loss_takes_is_no_difference_of_squared_errors():
    """And keeps every bit."""
    settings = replace(engine.preset("exact"), epochs=50)
    odd = settings.with_side(SideName.NUMPY, loss_input="twice", softmax_form="over-samples")
    assert remaining(odd) == ()
    np.testing.assert_array_equal(engine.train(odd).numpy.losses, engine.train(settings).numpy.losses)
    assert "nothing to change" in find("loss_input").explain(odd).numbers
    assert match_all(odd, SideName.PYTORCH) == settings


def test_a_diverging_run_ends_in_one_sentence_whatever_the_loss_does():
    """nn.BCELoss raises for what is no number."""
    settings = both(two_classes(), loss_input="probabilities", derivative_at="pre-activation", learning_rate=1e6)
    run = engine.train(replace(settings, epochs=300))
    assert run.divergence is not None


def test_no_sigma_prime_at_the_output_is_said_to_be_right():
    assert "there is no σ′ in it. That is right" in find("objective").explain(classes()).theory
    assert "That is right" not in find("objective").explain(engine.preset("asked")).theory
