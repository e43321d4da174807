"""Random experiments: any layer sizes, activations, data, and any choice on either side."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from engine.experiment.batch_rules import ALL, LastBatch
from engine.experiment.choices import LossReport, Objective, Precision, SideName
from engine.experiment.data import Dataset, is_one_hot
from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.given import Given, GivenLayer
from engine.experiment.objectives import with_objective
from engine.experiment.settings import ELEMENTWISE, OWN_LOSS, Activation, Settings
from engine.experiment.side import Side, is_fused


def classes():
    """Three classes, softmax and cross-entropy, in float64, nothing different; the data can tell faults apart."""
    X = np.random.RandomState(1).uniform(-1, 1, (5, 2))
    data = Dataset("classes", X, np.eye(3)[[0, 2, 1, 1, 0]], classes=("a", "b", "c"))
    side = Side(precision=Precision.FLOAT64)
    return with_objective(Settings(data, side, side, hidden=(4,)), Objective.CROSS_ENTROPY)


def decaying():
    """Weight decay on both sides, in float64, nothing different."""
    side = Side(precision=Precision.FLOAT64, weight_decay="0.01")
    X = np.random.RandomState(1).uniform(-1, 1, (5, 2))
    return Settings(Dataset("decaying", X, np.random.RandomState(2).uniform(0, 1, (5, 3))), side, side, hidden=(4,))


def one_output():
    """Of five samples, in float64, nothing different."""
    three = decaying()
    side = Side(precision=Precision.FLOAT64)
    return replace(three, data=Dataset("one output", three.data.X, three.data.Y[:, :1]), numpy=side, pytorch=side)


def given_start():
    """Weights and orders are given, in float64, nothing different."""
    one = one_output()
    random = np.random.RandomState(3)
    layers = [GivenLayer(random.uniform(-1, 1, pair), random.uniform(-1, 1, pair[1])) for pair in pairwise((2, 4, 1))]
    return replace(one, given=Given(tuple(layers), np.array([[3, 1, 0, 2, 4]])))


def in_batches():
    """Of two samples, of five in all, in float64, nothing different."""
    one = one_output()
    side = replace(one.numpy, batch=2)
    return replace(one, numpy=side, pytorch=side)


def leaking():
    """Three outputs of leaky ReLUs, in float64, nothing different."""
    one = decaying()
    side = Side(precision=Precision.FLOAT64)
    return replace(one, numpy=side, pytorch=side, activation="leaky-relu", output_activation="leaky-relu")


def of_probabilities():
    """Three classes whose loss takes the outputs, in float64, nothing different."""
    three = classes()
    side = replace(three.numpy, loss_input="probabilities")
    return replace(three, numpy=side, pytorch=side)


def adapting():
    """Adam on both sides, in float64, nothing different."""
    one = decaying()
    side = Side(precision=Precision.FLOAT64, optimizer="adam:epsilon=0.001", learning_rate=0.01)
    return replace(one, numpy=side, pytorch=side)


def where_in_effect(discrepancy, first):
    """That experiment, or the first of others in which the difference has an effect."""
    return next(
        one
        for one in (first, classes(), decaying(), one_output(), in_batches(), adapting(), of_probabilities(), leaking())
        if discrepancy.in_effect(one)
    )


EARLIER = ("step:every=4,factor=0.5,offset=3", "given:factors=0.2/0.6/1/0.5")

OF_ONES_OWN = {
    "tensor_steps": ("W1:0.5", "W1:-1+b1:0.25"),
    "momentum": ("0.5", "textbook-0.25", "pytorch-0.5-dampened-0.125", "nesterov-0.5", "averaged-0.5"),
    "weight_decay": ("0.01", "decoupled-0.02"),
    "batch": ("2", "3", "4"),
    "negative_slope": ("0.1",),
    "loss_epsilon": ("logarithm:0.01", "divisor:0.02"),
    "clipping": ("norm:0.05", "exact-norm:0.05", "tensor-norm:0.02", "value:0.01"),
    "schedule": ("step:every=2,factor=0.5,per=batch", "step:every=3,factor=0.1", "cosine:length=9,per=batch", *EARLIER),
    "optimizer": ("adam:beta1=0.5,beta2=0.9,epsilon=0.01", "rmsprop:alpha=0.5", "adagrad:start=0.1"),
}
"""Values beside the catalogue's choices."""


@st.composite
def datasets(draw):
    samples, inputs, outputs = (draw(st.integers(1, most)) for most in (6, 4, 3))
    random = np.random.RandomState(draw(st.integers(0, 1000)))
    Y = random.uniform(0, 1, (samples, outputs))
    if draw(st.booleans()):
        Y = np.eye(outputs)[random.randint(0, outputs, samples)] if outputs > 1 else Y.round()
    return Dataset("random", random.uniform(-1, 1, (samples, inputs)), Y)


@st.composite
def per_layer(draw, values, layers):
    """One for all layers, or now and then one for each."""
    if layers > 1 and draw(st.integers(0, 3)) == 0:
        return tuple(draw(st.lists(st.sampled_from(values), min_size=layers, max_size=layers)))
    return draw(st.sampled_from(values))


@st.composite
def sides(draw, name, layers):
    side = Side(learning_rate=draw(st.sampled_from([0.01, 0.3, 0.6])))
    for discrepancy in CATALOGUE:
        values = [choice.value for choice in discrepancy.choices_for(name)]
        values += [discrepancy.parse(text, name) for text in OF_ONES_OWN.get(discrepancy.field, ())]
        if values:
            drawn = per_layer(values, layers) if discrepancy.per_layer else st.sampled_from(values)
            side = replace(side, **{discrepancy.field: draw(drawn)})
    return side


SLIPS = (
    "softmax_form",
    "derivative_at",
    "sent_down",
    "bias_gradient",
    "tensor_steps",
    "rate_in",
    "moments",
    "bias_correction",
    "epsilon_at",
)

WITHOUT_SLIPS = {field: getattr(Side(), field) for field in SLIPS}
"""As `torch.nn` and `torch.optim` do it."""


def possible(side, output):
    """The side with a cross-entropy only where the outputs are probabilities, of logits only where they are its own."""
    if output not in OWN_LOSS:
        report = LossReport.MSE if side.loss_report.of_probabilities else side.loss_report
        return replace(side, objective=Objective.SQUARED_ERROR, loss_report=report)
    return replace(side, objective=OWN_LOSS[output]) if is_fused(side) else side


@st.composite
def experiments(draw):
    hidden = tuple(draw(st.lists(st.integers(1, 6), max_size=3)))
    output = draw(st.sampled_from(Activation))
    numpy, pytorch = (possible(draw(sides(name, len(hidden) + 1)), output) for name in SideName)
    data = draw(datasets())
    if Objective.CROSS_ENTROPY in (numpy.objective, pytorch.objective):
        # Rows of 0.2 and more, so that none is nearly all zeros.
        Y = data.Y if is_one_hot(data.Y) else data.Y + 0.2
        data = Dataset("random", data.X, Y / Y.sum(axis=1, keepdims=True))
    # Batches that do not divide the samples, and are not more than these.
    numpy, pytorch = (
        side if side.batch == ALL or side.batch <= data.samples else replace(side, last_batch=LastBatch.KEEP)
        for side in (numpy, pytorch)
    )
    if data.outputs > 1 or pytorch.objective is not Objective.SQUARED_ERROR:
        pytorch = replace(pytorch, target_shape="as-output")
    random = np.random.RandomState(draw(st.integers(0, 1000)))
    sizes = (data.inputs, *hidden, data.outputs)
    layers = [
        GivenLayer(random.uniform(-1, 1, pair), random.uniform(-1, 1, pair[1]) if draw(st.booleans()) else None)
        for pair in pairwise(sizes)
    ]
    orders = random.randint(0, data.samples, (draw(st.integers(1, 3)), data.samples))
    return Settings(
        given=Given(tuple(layers), orders),
        data=data,
        numpy=numpy,
        pytorch=pytorch,
        hidden=hidden,
        activation=draw(per_layer(list(ELEMENTWISE), len(hidden))),
        output_activation=output,
        epochs=20,
        seed=draw(st.integers(0, 2**64 - 1)),
    )
