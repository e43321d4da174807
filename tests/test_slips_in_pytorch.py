"""The slips of hand-written code on PyTorch's side: where both sides make them, both networks move alike."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.experiment.choices import (
    BiasGradient,
    DerivativeAt,
    Objective,
    Precision,
    RateIn,
    SentDown,
    SideName,
    SoftmaxForm,
)
from engine.experiment.data import Dataset
from engine.experiment.objectives import with_objective
from engine.experiment.optimizers import BiasCorrection, EpsilonAt
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.experiment.update_rules import Moments, UpdateOrder, ZeroGrad
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import Kind, Place
from engine.networks.programs import scripts
from engine.networks.torch_model import TorchModel
from tests.examples import examples, one_in, some_of

STEPS = 20
X = np.random.RandomState(1).uniform(-1, 1, (5, 2))
SQUARES = Dataset("three outputs", X, np.random.RandomState(2).uniform(0, 1, (5, 3)))
CLASSES = Dataset("three classes", X, np.eye(3)[[0, 2, 1, 1, 0]], classes=("a", "b", "c"))


def alike(data=SQUARES, activation="sigmoid", output="sigmoid", hidden=(4, 3), **choices):
    """Both sides the same, in float64: batches of two of five samples."""
    side = Side(precision=Precision.FLOAT64, batch=2, learning_rate=choices.pop("learning_rate", 0.1))
    settings = Settings(data, side, side, hidden=hidden, activation=activation, output_activation=output)
    if data is CLASSES:
        settings = with_objective(settings, Objective.CROSS_ENTROPY)
    for name in SideName:
        settings = settings.with_side(name, **choices)
    return settings


def diverges(loss, parameters):
    """Whether rounding is no longer all that tells two equal runs apart."""
    return not np.isfinite(loss) or any(not np.abs(one).max() < 100 for one in parameters.values())


def far(ours, theirs):
    """The largest difference of any number, of its tensor's scale."""
    return max(np.abs(one - theirs[place]).max() / max(np.abs(one).max(), 1e-3) for place, one in ours.items())


def assert_both_move_alike(settings, steps=STEPS, limit=1e-12):
    numpy, pytorch = NumpyModel(settings), TorchModel(settings)
    start = numpy.parameters()
    with np.errstate(all="ignore"):
        for _ in range(steps):
            ours, theirs = numpy.next_loss(), pytorch.next_loss()
            if diverges(ours, numpy.parameters()):
                break
            assert ours == pytest.approx(theirs, rel=limit * 10, abs=1e-13)
            assert far(numpy.parameters(), pytorch.parameters()) <= limit
    return start, numpy.parameters()


ADAM = {"optimizer": "adam:beta1=0.8,beta2=0.9,epsilon=0.001", "learning_rate": 0.01}
RMSPROP = {"optimizer": "rmsprop:alpha=0.8,epsilon=0.001", "learning_rate": 0.01}
ADAGRAD = {"optimizer": "adagrad:start=0.1,epsilon=0.001", "learning_rate": 0.01}
RULES = {
    "adam": ADAM,
    "rmsprop": RMSPROP,
    "adagrad": ADAGRAD,
    "momentum": {"momentum": "0.75"},
    "dampened": {"momentum": "pytorch-0.75-dampened-0.5"},
    "nesterov": {"momentum": "nesterov-0.75"},
    "textbook": {"momentum": "textbook-0.75-dampened-0.5"},
    "textbook-nesterov": {"momentum": "textbook-nesterov-0.75"},
    "averaged": {"momentum": "averaged-0.75"},
}
SINGLE = {
    **{
        f"{activation.value}, derivative {at.value}": {"activation": activation, "derivative_at": (at, at, "output")}
        for activation in (Activation.SIGMOID, Activation.TANH, Activation.RELU, Activation.IDENTITY)
        for at in DerivativeAt
    },
    **{
        f"output {output.value}, derivative {at.value}": {"output": output, "derivative_at": ("output", "output", at)}
        for output in Activation
        for at in DerivativeAt
    },
    **{
        f"softmax {form.value}, derivative {at.value}": {
            "data": CLASSES,
            "softmax_form": form,
            "loss_input": "probabilities",
            "derivative_at": ("output", "output", at),
        }
        for form in SoftmaxForm
        for at in DerivativeAt
    },
    **{
        f"softmax {form.value} of {loss_input}, {reduction}": {
            "data": CLASSES,
            "softmax_form": form,
            "loss_input": loss_input,
            "reduction": reduction,
            "loss_report": report,
        }
        for form in SoftmaxForm
        for loss_input, reduction, report in (
            ("logits", "mean", "cross-entropy"),
            ("logits", "sum", "cross-entropy-sum"),
            ("logits", "per-sample-twice", "cross-entropy-epsilon"),
            ("logits", "per-output", "mse"),
            ("twice", "mean", "cross-entropy"),
        )
    },
    "the error sent down": {"sent_down": SentDown.ERROR},
    "the error sent down, classes": {"data": CLASSES, "sent_down": SentDown.ERROR},
    "the error sent down in turn": {"sent_down": SentDown.ERROR, "update_order": UpdateOrder.IN_TURN},
    **{f"bias by {one.value}": {"bias_gradient": one} for one in BiasGradient},
    **{f"bias by {one.value}, some": {"bias_gradient": one, "bias": (True, False, True)} for one in BiasGradient},
    **{
        f"bias by {one.value}, {clipping}": {"bias_gradient": one, "clipping": clipping, "learning_rate": 1.0}
        for one in BiasGradient
        for clipping in ("norm:0.05", "exact-norm:0.05", "tensor-norm:0.02", "value:0.01")
    },
    **{
        f"bias by {one.value}, gradients kept": {"bias_gradient": one, "zero_grad": ZeroGrad.FORGOTTEN}
        for one in BiasGradient
    },
    **{
        f"bias by {one.value}, {decay}": {"bias_gradient": one, "weight_decay": decay, "logged_penalty": "added"}
        for one in BiasGradient
        for decay in ("0.1", "decoupled-0.1")
    },
    **{f"bias by {one.value}, adam": {"bias_gradient": one, **ADAM} for one in BiasGradient},
    "the rate in delta": {"rate_in": RateIn.DELTA, "learning_rate": 0.7},
    "the rate in delta, in turn": {"rate_in": RateIn.DELTA, "update_order": UpdateOrder.IN_TURN, "learning_rate": 0.7},
    "the rate in delta, momentum": {"rate_in": RateIn.DELTA, "momentum": "textbook-0.75", "learning_rate": 0.7},
    "the rate in delta, decay": {"rate_in": RateIn.DELTA, "weight_decay": "decoupled-0.1", "learning_rate": 0.7},
    "the rate in delta, schedule": {"rate_in": RateIn.DELTA, "schedule": "step:every=2,factor=0.5,per=batch"},
    **{
        f"adam, corrections {correction.value}, epsilon {epsilon.value}": {
            **ADAM,
            "bias_correction": correction,
            "epsilon_at": epsilon,
        }
        for correction in BiasCorrection
        for epsilon in EpsilonAt
    },
    **{
        f"{rule}, epsilon {epsilon.value}": {**RULES[rule], "epsilon_at": epsilon}
        for rule in ("rmsprop", "adagrad")
        for epsilon in EpsilonAt
    },
    **{f"{rule}, moments {one.value}": {**RULES[rule], "moments": one} for rule in RULES for one in Moments},
    "adam anew, epsilon inside": {**ADAM, "epsilon_at": "inside", "moments": "new-optimizer"},
    "adam, epsilon inside, decay": {**ADAM, "epsilon_at": "inside", "weight_decay": "decoupled-0.1"},
    "adam, epsilon inside, decay of weights": {
        **ADAM,
        "epsilon_at": "inside",
        "weight_decay": "0.1",
        "decayed": "weights",
    },
    "reset in turn": {**ADAM, "moments": "reset", "update_order": "in-turn"},
}


@one_in(11)
@pytest.mark.parametrize("name", some_of(SINGLE, 2))
def test_both_sides_move_alike(name):
    start, end = assert_both_move_alike(alike(**SINGLE[name]))
    assert any((start[place] != end[place]).any() for place in start)


SLOPES = {
    "of-sigmoid": lambda s: s * (1 - s),
    "of-tanh": lambda s: 1 - s**2,
    "of-relu": lambda s: np.where(s > 0, 1.0, 0.0),
    "itself": lambda s: s,
    "none": lambda s: 1.0,
}
FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky-relu": lambda z: np.where(z > 0, z, 0.01 * z),
}


@pytest.mark.parametrize("at", SLOPES)
@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_derivative_that_is_anothers_is_what_its_name_says(kind, at):
    """One layer, one step: dW = Xᵀ·(2/(N·C)·e·slope)."""
    side = Side(precision=Precision.FLOAT64, learning_rate=0.5, derivative_at=at)
    settings = Settings(SQUARES, side, side, hidden=(), output_activation=kind)
    model = NumpyModel(settings)
    W, b = (model.parameters()[Place(one, 1)].T.copy() for one in (Kind.WEIGHT, Kind.BIAS))
    s = FUNCTIONS[kind](X @ W + b)
    expected = W - 0.5 * X.T @ (2 / 15 * (s - SQUARES.Y) * SLOPES[at](s))
    model.next_loss()
    np.testing.assert_allclose(model.parameters()[Place(Kind.WEIGHT, 1)].T, expected, rtol=1e-12)


def losses_of_programs(experiment):
    """That both print, each the engine's own losses."""
    run = engine.train(experiment)
    for side, script in zip((run.numpy, run.pytorch), scripts(experiment).values(), strict=True):
        printed = []
        names = {"print": lambda *values, sep, printed=printed: printed.extend(values)}
        with np.errstate(all="ignore"):
            exec(script.text, names)
        np.testing.assert_array_equal(printed[: len(side.losses)], side.losses)


@one_in(11)
@pytest.mark.parametrize("name", some_of(SINGLE, 5))
def test_the_programs_have_the_engines_bits(name):
    """Long enough for the engine to record its steps, and to take them from the recordings."""
    losses_of_programs(replace(alike(**SINGLE[name]), epochs=6))


@st.composite
def combinations(draw):
    """Any slips together, with whatever else changes a step."""
    derivatives = st.sampled_from(DerivativeAt)
    choices = {
        "derivative_at": tuple(draw(st.lists(derivatives, min_size=3, max_size=3))),
        "sent_down": draw(st.sampled_from(SentDown)),
        "bias_gradient": draw(st.sampled_from(BiasGradient)),
        "bias": draw(st.sampled_from([True, (True, False, True)])),
        "rate_in": draw(st.sampled_from(RateIn)),
        "softmax_form": draw(st.sampled_from(SoftmaxForm)),
        "moments": draw(st.sampled_from(Moments)),
        "bias_correction": draw(st.sampled_from(BiasCorrection)),
        "epsilon_at": draw(st.sampled_from(EpsilonAt)),
        "update_order": draw(st.sampled_from(UpdateOrder)),
        "zero_grad": draw(st.sampled_from(ZeroGrad)),
        "weight_decay": draw(st.sampled_from(["none", "0.05", "decoupled-0.05"])),
        "decayed": draw(st.sampled_from(["weights", "weights-and-biases", "none"])),
        "clipping": draw(st.sampled_from(["none", "norm:0.05", "tensor-norm:0.02", "value:0.01"])),
        "schedule": draw(st.sampled_from(["none", "step:every=2,factor=0.5,per=batch"])),
    }
    choices |= draw(st.sampled_from([{}, *RULES.values()]))
    if draw(st.booleans()):
        choices |= {"data": CLASSES, "loss_input": draw(st.sampled_from(["logits", "probabilities", "twice"]))}
        choices["loss_epsilon"] = draw(st.sampled_from(["none", "logarithm:0.01", "divisor:0.01"]))
    choices["learning_rate"] = draw(st.sampled_from([0.01, 0.05]))
    return alike(activation=draw(st.sampled_from(["sigmoid", "tanh", "relu"])), **choices)


@given(settings=combinations())
@examples(8)
def test_any_slips_together_move_both_alike(settings):
    assert_both_move_alike(settings, steps=20, limit=1e-10)


@given(settings=combinations())
@examples(4)
def test_the_programs_of_any_slips_together_have_the_engines_bits(settings):
    losses_of_programs(replace(settings, epochs=6))


@pytest.mark.parametrize("name", ["adam, moments reset", "dampened, moments reset", "bias by none, adam"])
def test_a_state_is_gone_on_from(name):
    settings = replace(alike(**SINGLE[name]), epochs=4)
    through, kept = TorchModel(settings), TorchModel(settings)
    for _ in range(7):
        again = TorchModel(settings)
        again.set_state(kept.state())
        kept = again
        assert kept.next_loss() == through.next_loss()
        kept.close_batch(0.0)
        through.close_batch(0.0)
