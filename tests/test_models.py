"""Both models against PyTorch's autograd, arithmetic by hand, and their own plain forms."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import engine
from engine.experiment.choices import InitialWeights, LossInput, LossReport, Objective, Precision, Reduction, SideName
from engine.experiment.settings import ELEMENTWISE, Activation
from engine.networks.model_state import ModelState
from engine.networks.numpy_mlp import NumpyMLP
from engine.networks.numpy_model import NumpyModel, RecordedNumpyModel
from engine.networks.places import Kind, Place
from engine.networks.torch_model import TorchModel
from engine.networks.torch_replay import ReplayedTorchModel
from engine.networks.torch_start import build_model
from engine.run.lockstep import Lockstep
from tests.examples import examples, one_in
from tests.strategies import experiments
from tests.tensors import assert_same_bits, state_of

W1, W2 = Place(Kind.WEIGHT, 1), Place(Kind.WEIGHT, 2)

TORCH_ACTIVATIONS = {
    Activation.SIGMOID: torch.sigmoid,
    Activation.TANH: torch.tanh,
    Activation.RELU: torch.relu,
    Activation.LEAKY_RELU: torch.nn.functional.leaky_relu,
    Activation.IDENTITY: lambda z: z,
}


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    kinds=st.lists(st.sampled_from(ELEMENTWISE), min_size=4, max_size=4),
    bias=st.booleans(),
    samples=st.integers(1, 7),
    seed=st.integers(0, 10_000),
)
def test_forward_and_every_gradient_are_autograds(sizes, kinds, bias, samples, seed):
    random = np.random.RandomState(seed)
    layers = range(1, len(sizes))
    W = {i: random.normal(size=(sizes[i - 1], sizes[i])) for i in layers}
    b = {i: random.normal(size=sizes[i]) for i in layers if bias}
    X, Y = random.normal(size=(samples, sizes[0])), random.normal(size=(samples, sizes[-1]))
    weights = {i: torch.tensor(weight, requires_grad=True) for i, weight in W.items()}
    biases = {i: torch.tensor(one, requires_grad=True) for i, one in b.items()}
    side = replace(engine.preset("exact").numpy, bias=bias, reduction=Reduction.SUM)
    network = NumpyMLP(side, dict(enumerate(kinds, start=1)), True, samples, W, b)
    step = network.step(X, Y, learning_rate=0.1, t=1)

    activation = torch.tensor(X)
    for i in layers:
        activation = activation @ weights[i] + (biases[i] if bias else 0)
        activation = TORCH_ACTIVATIONS[kinds[i - 1]](activation)
    objective = 0.5 * (activation - torch.tensor(Y)).square().sum()
    expected = torch.autograd.grad(objective, [*weights.values(), *biases.values()])
    np.testing.assert_allclose(step.layer[len(W)], activation.detach().numpy(), rtol=1e-12, atol=1e-14)
    found = [*(network.dW[i] for i in layers), *(network.db[i] for i in layers if bias)]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-12)


@given(experiments())
@examples(5)
def test_the_fast_steps_have_the_plain_steps_bits(settings):
    pairs = ((NumpyModel, RecordedNumpyModel), (TorchModel, ReplayedTorchModel))
    with np.errstate(all="ignore"):
        for plain_type, fast_type in pairs:
            plain, fast = plain_type(settings), fast_type(settings)
            for epoch in range(settings.epochs):
                np.testing.assert_array_equal(plain.step(), fast.step(), err_msg=f"{fast_type.__name__} {epoch}")
            assert_same_bits(fast.state(), plain.state())


def test_a_numpy_recording_that_does_not_agree_is_not_used(monkeypatch):
    settings = engine.preset("answer")
    monkeypatch.setattr("engine.networks.numpy_model.Replay.run", lambda self, numbers: True)
    fast, plain = RecordedNumpyModel(settings), NumpyModel(settings)
    assert [fast.step() for _ in range(10)] == [plain.step() for _ in range(10)]
    assert fast.steps_from_now.trusted is None


def test_what_cannot_be_recorded_is_stepped_plainly(monkeypatch):
    """Here np.where, whose result has no known origin; the step that was half taken is taken again."""
    monkeypatch.setattr("engine.networks.numpy_mlp.relu", lambda z: np.where(z > 0, z, 0 * z).astype(z.dtype))
    settings = replace(engine.preset("pytorch"), activation=Activation.RELU)
    settings = settings.with_side(SideName.NUMPY, momentum="pytorch-0.9-dampened-0.5")
    fast, plain = RecordedNumpyModel(settings), NumpyModel(settings)
    assert [fast.step() for _ in range(10)] == [plain.step() for _ in range(10)]
    assert fast.steps_from_now.trusted is None


@one_in(3)
@pytest.mark.parametrize("momentum", ["none", "pytorch-0.9-dampened-0.5", "textbook-0.9"])
@pytest.mark.parametrize(
    ("fast_type", "plain_type"), [(RecordedNumpyModel, NumpyModel), (ReplayedTorchModel, TorchModel)]
)
def test_a_recording_takes_a_learning_rate_that_changes(fast_type, plain_type, momentum):
    """And what is made of it: the decay that goes beside the step, the textbook's share."""
    side = replace(engine.preset("exact").numpy, bias=True, momentum=momentum, weight_decay="decoupled-0.01")
    settings = replace(engine.preset("exact"), numpy=side, pytorch=side, data=engine.built_in("regression"))
    fast, plain = fast_type(settings), plain_type(settings)
    for epoch in range(500):
        if epoch == 100:
            fast.set_learning_rate(0.03)
            plain.set_learning_rate(0.03)
        assert fast.step() == plain.step()
    assert_same_bits(fast.state(), plain.state())


def test_a_recording_takes_the_number_of_the_update():
    """In its arithmetic, as Adam has it, and in a condition that another branch follows on."""

    class Counting(NumpyMLP):
        def descend(self, parameter, gradient, velocity, learning_rate, t):
            if t > 300:
                gradient = 2 * gradient
            return super().descend(parameter, gradient / (1 - 0.9**t), velocity, learning_rate / t, t)

    settings = replace(engine.preset("exact"), epochs=500).with_side(SideName.NUMPY, momentum="0.9")
    fast, plain = RecordedNumpyModel(settings), NumpyModel(settings)
    fast.network.__class__ = plain.network.__class__ = Counting
    for epoch in range(500):
        assert fast.step() == plain.step(), epoch
    assert fast.steps_from_now.trusted is not None
    assert_same_bits(fast.state(), plain.state())


def test_a_recording_that_does_not_agree_is_not_used(monkeypatch):
    settings = engine.preset("answer")
    monkeypatch.setattr("engine.networks.torch_replay.TorchReplay.run", lambda self, numbers: 0.0)
    fast, plain = ReplayedTorchModel(settings), TorchModel(settings)
    assert [fast.step() for _ in range(10)] == [plain.step() for _ in range(10)]


def test_a_numpy_recording_is_used_when_it_agrees(monkeypatch):
    fast = RecordedNumpyModel(engine.preset("pytorch"))
    for _ in range(5):
        fast.step()
    monkeypatch.setattr(NumpyMLP, "step", lambda self, *rest, **numbers: pytest.fail("the plain step ran"))
    fast.step()


def test_a_recording_is_used_when_it_agrees(monkeypatch):
    fast = ReplayedTorchModel(engine.preset("pytorch"))
    for _ in range(5):
        fast.step()
    monkeypatch.setattr(TorchModel, "next_loss", lambda self: pytest.fail("the plain step ran"))
    fast.step()


@given(experiments())
def test_one_step_in_float64_is_the_same_step_on_both_sides(settings):
    """Whatever the choices, equal sides take equal steps, up to rounding."""
    side = replace(settings.pytorch, precision=Precision.FLOAT64, target_shape="as-output")
    settings = replace(settings, numpy=side, pytorch=side)
    ours, theirs = NumpyModel(settings), TorchModel(settings)
    assert_same_bits(ours.parameters(), theirs.parameters())
    if side.objective is not Objective.SQUARED_ERROR and side.loss_input is LossInput.PROBABILITIES:
        # Near 0 and 1 a cross-entropy of probabilities makes any rounding large.
        assume(np.abs(theirs.predict() - 0.5).max() < 0.499999)
    with np.errstate(all="ignore"):  # a bias correction from zero divides by 0 in the first step
        assert ours.next_loss() == pytest.approx(theirs.next_loss(), rel=1e-10, abs=1e-14, nan_ok=True)
    after = theirs.parameters()
    for place, parameter in ours.parameters().items():
        np.testing.assert_allclose(parameter, after[place], rtol=1e-10, atol=1e-13)


def test_xors_first_step_by_hand():
    """One hidden unit, identity throughout, weights 1: every number can be checked on paper."""
    X, Y = engine.built_in("xor").X, engine.built_in("xor").Y
    reports = {LossReport.MSE: 1, LossReport.HALF_SUM: 2, LossReport.ERROR_TIMES_LOSS: 0.25}
    for report, expected in reports.items():
        side = replace(engine.preset("exact").numpy, bias=False, reduction=Reduction.SUM, loss_report=report)
        W = {1: np.ones((2, 1)), 2: np.ones((1, 1))}
        network = NumpyMLP(side, dict.fromkeys(W, Activation.IDENTITY), True, len(X), W, {})
        step = network.step(X, Y, learning_rate=0.5, t=1)
        assert step.layer[1].ravel().tolist() == step.layer[2].ravel().tolist() == [0, 1, 1, 2]
        assert step.dlayer[2].ravel().tolist() == [0, 0, 0, 2]
        assert network.dW[2].tolist() == [[4]]
        assert network.dW[1].tolist() == [[2], [2]]
        assert (W[2].tolist(), W[1].tolist()) == ([[-1]], [[0], [0]])
        assert step.loss == expected


def test_the_half_sum_has_the_error_for_its_gradient():
    prediction = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    target = torch.randn(5, 3, dtype=torch.float64)
    network = TorchModel(engine.preset("pytorch").with_side(SideName.PYTORCH, reduction=Reduction.SUM)).network
    network.objective(prediction, target).backward()
    torch.testing.assert_close(prediction.grad, (prediction - target).detach(), rtol=0, atol=0)


@pytest.mark.parametrize("report", LossReport)
def test_each_report_says_the_same_on_both_sides(report):
    side = replace(engine.preset("exact").numpy, loss_report=report)
    run = engine.train(replace(engine.preset("exact"), numpy=side, pytorch=side, epochs=50))
    assert run.comparison.losses.max_absolute < 1e-15


def test_the_report_does_not_move_the_weights():
    settings = engine.preset("exact").with_side(SideName.NUMPY, loss_report=LossReport.ERROR_TIMES_LOSS)
    odd, plain = engine.train(replace(settings, epochs=100)), engine.train(replace(engine.preset("exact"), epochs=100))
    for first, second in by_parameter(odd.numpy.parameters, plain.numpy.parameters):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("start", [one for one in InitialWeights if one is not InitialWeights.GIVEN])
@pytest.mark.parametrize("bias", [True, False])
def test_the_same_start_means_the_same_weights(start, bias):
    side = replace(engine.preset("pytorch").numpy, initial_weights=start, bias=bias)
    settings = replace(engine.preset("pytorch"), numpy=side, pytorch=side, hidden=(7, 3), seed=11)
    ours, theirs = NumpyModel(settings).parameters(), TorchModel(settings).parameters()
    assert_same_bits(ours, theirs)
    assert {array.dtype for side in (ours, theirs) for array in side.values()} == {np.dtype(np.float32)}


def test_starts_lie_where_they_should():
    from engine.networks.initial_weights import initial_layers

    def weights(start):
        settings = replace(engine.preset("exact"), hidden=(400,))
        side = replace(settings.numpy, initial_weights=start)
        return initial_layers(settings, side)[1].weight

    unit = weights(InitialWeights.UNIT_UNIFORM)
    assert 0 <= unit.min() < 0.01
    assert 0.99 < unit.max() < 1
    for start in (InitialWeights.PYTORCH, InitialWeights.PYTORCH_FLOAT64, InitialWeights.TRUNCATED_NORMAL):
        assert 0.95 / 20 < np.abs(weights(start)).max() <= 1 / 20 * (1 + 1e-6)
    assert not np.array_equal(weights(InitialWeights.PYTORCH), weights(InitialWeights.PYTORCH_FLOAT64))


def test_building_a_model_leaves_torchs_random_state_alone():
    torch.manual_seed(123)
    expected = torch.rand(3)
    torch.manual_seed(123)
    build_model(engine.preset("asked"))
    assert torch.equal(torch.rand(3), expected)


def test_parameters_are_copies():
    for model in (NumpyModel(engine.preset("pytorch")), TorchModel(engine.preset("pytorch"))):
        before = model.parameters()
        kept = {place: parameter.copy() for place, parameter in before.items()}
        model.step()
        assert_same_bits(before, kept)
        after = model.parameters()
        assert any(not np.array_equal(parameter, after[place]) for place, parameter in before.items())


def test_precisions_are_what_they_say():
    def dtypes(precision):
        side = replace(engine.preset("exact").numpy, precision=precision)
        model = NumpyModel(replace(engine.preset("answer"), numpy=side))
        return model.network.W[1].dtype, model.predict().dtype

    assert dtypes(Precision.FLOAT64) == (np.float64, np.float64)
    assert dtypes(Precision.FLOAT32) == (np.float32, np.float32)
    assert dtypes(Precision.MIXED) == (np.float32, np.float64)


def test_the_scale_of_the_gradient_is_n_times_c_over_two():
    for name, factor in (("xor", 2.0), ("regression", 10.5)):
        settings = replace(engine.preset("exact"), data=engine.built_in(name))
        start = NumpyModel(settings).parameters()
        steps = []
        for scale in (Reduction.SUM, Reduction.MEAN):
            model = NumpyModel(settings.with_side(SideName.NUMPY, reduction=scale))
            model.step()
            steps.append(model.parameters()[W1] - start[W1])
        np.testing.assert_allclose(steps[0], factor * steps[1], rtol=1e-9)


def equal_steps(**choice):
    """One side's settings for both models, in float64, on data that can tell faults apart."""
    side = replace(engine.preset("exact").numpy, bias=True, learning_rate=0.1, **choice)
    return replace(engine.preset("exact"), numpy=side, pytorch=side, data=engine.built_in("regression"), hidden=(4, 3))


def by_parameter(*mappings):
    """The arrays of several mappings, parameter by parameter."""
    for place in mappings[0]:
        yield tuple(mapping[place] for mapping in mappings)


def trained(model_type, settings, steps=5):
    model = model_type(settings)
    for _ in range(steps):
        model.step()
    return model.parameters()


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_the_textbooks_momentum_takes_torchs_steps_while_the_rate_is_constant(model_type):
    textbooks = trained(model_type, equal_steps(momentum="textbook-0.9"))
    torchs = trained(TorchModel, equal_steps(momentum="pytorch-0.9"))
    for ours, theirs in by_parameter(textbooks, torchs):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_the_first_velocity_is_dampened_in_the_textbook_and_not_in_torch(model_type):
    start = trained(model_type, equal_steps(), 0)
    moved = {
        form: trained(model_type, equal_steps(momentum=f"{form}-0.9-dampened-0.75"), 1)
        for form in ("pytorch", "textbook")
    }
    plain = trained(model_type, equal_steps(), 1)
    for before, whole, torchs, textbooks in by_parameter(start, plain, moved["pytorch"], moved["textbook"]):
        np.testing.assert_allclose(torchs - before, whole - before, atol=1e-15)
        np.testing.assert_allclose(textbooks - before, 0.25 * (whole - before), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_decoupled_decay_shrinks_the_weights_and_then_takes_the_plain_step(model_type):
    start, plain = trained(model_type, equal_steps(), 0), trained(model_type, equal_steps(), 1)
    decayed = trained(model_type, equal_steps(weight_decay="decoupled-0.5"), 1)
    in_gradient = trained(model_type, equal_steps(weight_decay="in-gradient-0.5"), 1)
    for before, after, shrunk, pulled in by_parameter(start, plain, decayed, in_gradient):
        np.testing.assert_allclose(shrunk, before * (1 - 0.1 * 0.5) + (after - before), rtol=1e-12)
        np.testing.assert_allclose(pulled, shrunk, rtol=1e-12, atol=1e-15)


def test_decay_beside_momentum_and_through_it_by_hand():
    """Two steps of one weight."""
    eta, mu, rate = 0.1, 0.9, 0.5
    for form, expected in (("decoupled", _two_steps(eta, mu, rate, True)), ("in-gradient", _two_steps(eta, mu, rate))):
        data = engine.Dataset("one", [[1.0]], [[2.0]])
        side = replace(
            engine.preset("exact").numpy,
            bias=False,
            learning_rate=eta,
            reduction="sum",
            momentum=f"{mu}",
            weight_decay=f"{form}-{rate}",
        )
        settings = engine.Settings(data, side, side, hidden=(), output_activation="identity")
        for model_type in (NumpyModel, TorchModel):
            model = model_type(settings)
            model.set_state(state_of(np.array([[0.5]])))
            model.step()
            model.step()
            assert model.parameters()[W1].item() == pytest.approx(expected, rel=1e-14)


def _two_steps(eta, mu, rate, decoupled=False):
    weight, velocity = 0.5, 0.0
    for _ in range(2):
        gradient = weight - 2.0
        if decoupled:
            weight *= 1 - eta * rate
        else:
            gradient += rate * weight
        velocity = mu * velocity + gradient
        weight -= eta * velocity
    return weight


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_in_turn_the_error_passes_through_the_new_weights(model_type):
    """The lower layer's step is autograd's with the upper layers' new weights put in where the error passes."""
    settings = replace(equal_steps(update_order="in-turn"), hidden=(4,))
    start, after = trained(model_type, settings, 0), trained(model_type, settings, 1)
    weight1, bias1, weight2, bias2 = (torch.tensor(array, requires_grad=True) for array in start.values())
    X, Y = torch.tensor(settings.data.X), torch.tensor(settings.data.Y)
    hidden = torch.sigmoid(X @ weight1.T + bias1)
    z = hidden @ weight2.T + bias2
    prediction = torch.sigmoid(z)
    factor = 2 / Y.numel() if settings.numpy.reduction is Reduction.MEAN else 1
    (delta,) = torch.autograd.grad(prediction, z, factor * (prediction - Y).detach(), retain_graph=True)
    new_W2 = start[W2] - 0.1 * torch.autograd.grad(z, weight2, delta, retain_graph=True)[0].numpy()
    np.testing.assert_allclose(after[W2], new_W2, rtol=1e-12)
    wrong_error = delta @ torch.tensor(new_W2)
    gradient = torch.autograd.grad(hidden, weight1, wrong_error)[0].numpy()
    np.testing.assert_allclose(after[W1], start[W1] - 0.1 * gradient, rtol=1e-12)
    assert not np.allclose(after[W1], trained(model_type, replace(equal_steps(), hidden=(4,)), 1)[W1], rtol=1e-9)


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_logged_after_is_logged_before_one_epoch_later(model_type):
    before, after = model_type(equal_steps()), model_type(equal_steps(log_moment="after-update"))
    early, late = [before.step() for _ in range(6)], [after.step() for _ in range(6)]
    assert late[:-1] == early[1:]
    assert_same_bits(before.parameters(), after.parameters())


@pytest.mark.parametrize("kind", ["sigmoid", "tanh"])
@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_the_slip_takes_the_formula_of_the_pre_activation(model_type, kind):
    """One weight, by hand: δ = (ŷ − y)·z·(1 − z), or (ŷ − y)·(1 − z²)."""
    data = engine.Dataset("one", [[1.0]], [[1.0]])
    side = replace(
        engine.preset("exact").numpy,
        bias=False,
        learning_rate=1.0,
        reduction="sum",
        derivative_at="pre-activation",
    )
    settings = engine.Settings(data, side, side, hidden=(), output_activation=kind)
    model = model_type(settings)
    z = 0.75
    model.set_state(state_of(np.array([[z]])))
    model.step()
    prediction = 1 / (1 + np.exp(-z)) if kind == "sigmoid" else np.tanh(z)
    slope = z * (1 - z) if kind == "sigmoid" else 1 - z * z
    assert model.parameters()[W1].item() == pytest.approx(z - (prediction - 1) * slope, rel=1e-14)


@pytest.mark.parametrize("model_type", [NumpyModel, RecordedNumpyModel, TorchModel, ReplayedTorchModel])
def test_another_networks_state_is_refused(model_type):
    """Its arrays may be such as would be spread over this one's."""
    settings = replace(engine.preset("pytorch"), hidden=(5,))
    model = model_type(settings)
    before = model.state()
    others = [replace(settings, hidden=(1,)), replace(settings, hidden=(5, 1)), replace(settings, hidden=())]
    states = [model_type(other).state() for other in others]
    weight, *rest = before.tensors.items()
    changed = [dict(rest), dict([weight, *rest[:-1]]), {}, before.tensors | {W1.velocity: weight[1]}]
    changed += [{place: kind(array) for place, array in before.tensors.items()} for kind in (lambda a: a[:1], np.sum)]
    states += [ModelState(tensors, 0) for tensors in changed]
    own = "is another network's: this one has layer 1 weight 5x2, layer 1 bias 5, layer 2 weight 1x5, layer 2 bias 1, "
    for state in states:
        with pytest.raises(ValueError, match=own):
            model.set_state(state)
    assert_same_bits(model.state(), before)


@given(experiments())
@examples(8)
def test_a_state_can_be_gone_on_from(settings):
    """Velocities too: a fresh model takes the same steps from it."""
    with np.errstate(all="ignore"):
        for model_type in (NumpyModel, RecordedNumpyModel, TorchModel, ReplayedTorchModel):
            model, other = model_type(settings), model_type(settings)
            for count in (0, 3):
                for _ in range(count):
                    model.step()
                other.set_state(model.state())
                kept = model.state()
                losses = [model.step() for _ in range(2)]
                np.testing.assert_array_equal([other.step() for _ in range(2)], losses)
                model.set_state(kept)
                np.testing.assert_array_equal([model.step() for _ in range(2)], losses)


@pytest.mark.parametrize("model_type", [RecordedNumpyModel, ReplayedTorchModel, Lockstep])
def test_a_model_that_nobody_needs_any_more_goes_at_once(model_type):
    """A run in the explorer follows the other; their arrays must not wait for the collector of cycles."""
    model = model_type(engine.preset("pytorch"))
    for _ in range(6):
        model.step()
    gone = weakref.ref(model)
    gc.disable()
    try:
        del model
        assert gone() is None
    finally:
        gc.enable()
