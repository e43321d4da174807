"""The opened step against autograd, the engine's own steps, and exact arithmetic for every claim about rounding."""

import math
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

import engine
from engine.experiment.choices import (
    DerivativeAt,
    InitialWeights,
    InputScale,
    LossInput,
    LossReport,
    Objective,
    Reduction,
    SideName,
)
from engine.experiment.discrepancies import CATALOGUE, differ_again, find, match_all
from engine.experiment.loss_epsilon import LossEpsilonKind
from engine.experiment.settings import Activation
from engine.experiment.side import is_fused
from engine.experiment.update_rules import UpdateOrder
from engine.export.step_file import trace_document
from engine.networks.network_data import NetworkData
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import Kind, Place
from engine.networks.torch_model import TorchModel
from engine.run.comparison import compare_parameters, ulp_distance
from engine.run.lockstep import build_models
from engine.run.model_pair import ModelPair
from engine.step import matched_steps
from engine.step.growth import GrowthStudy, first_difference
from engine.step.matched_steps import MatchedSteps
from engine.step.reasons import ReasonKind
from engine.step.rounding.operands import Operands
from engine.step.rounding.sleef import vector_exp
from engine.step.rounding.trials import candidates, reproduces
from engine.step.rounding.ways import SUMS_OF_PRODUCTS, fused, order_that_gives, rounded
from engine.step.step_tensors import numpy_tensors, places
from engine.step.torch_trace import torch_tensors
from engine.step.trace import Tracing, trace, trace_epoch
from tests.examples import examples, one_in
from tests.strategies import WITHOUT_SLIPS, experiments, where_in_effect
from tui_app.text.step_lines import reason_lines

FUNCTIONS = {
    Activation.SIGMOID: torch.sigmoid,
    Activation.TANH: torch.tanh,
    Activation.RELU: torch.relu,
    Activation.IDENTITY: lambda z: z * 1,
    Activation.SOFTMAX: lambda z: torch.softmax(z, dim=1),
}
VECTORS = pytest.mark.skipif(
    torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"), reason="needs PyTorch's vector code"
)


def by_autograd(settings, weights, biases, samples):
    """Every tensor of the step in float64, written out anew, with autograd's gradients of the intermediate ones."""
    tensors, kept = {}, {}
    output = torch.tensor(settings.data.X)
    if settings.numpy.input_scale is InputScale.UNIT:
        ranges = output.amax(dim=0) - output.amin(dim=0)
        output = (output - output.amin(dim=0)) / torch.where(ranges == 0, 1, ranges)
    elif settings.numpy.input_scale is not InputScale.RAW:
        correction = min(int(settings.numpy.input_scale is InputScale.STANDARD_SAMPLE), len(output) - 1)
        same = output.amin(dim=0) == output.amax(dim=0)
        output = (output - output.mean(dim=0)) / torch.where(same, 1, output.std(dim=0, correction=correction))
    output = output[samples]
    for layer, (weight, bias, kind) in enumerate(zip(weights, biases, settings.activations, strict=True), start=1):
        kept[Place(Kind.WEIGHT_GRADIENT, layer)] = torch.tensor(weight, requires_grad=True)
        z = output @ kept[Place(Kind.WEIGHT_GRADIENT, layer)].T
        if bias is not None:
            kept[Place(Kind.BIAS_GRADIENT, layer)] = torch.tensor(bias, requires_grad=True)
            z = z + kept[Place(Kind.BIAS_GRADIENT, layer)]
        leaks = kind is Activation.LEAKY_RELU
        output = torch.nn.functional.leaky_relu(z, settings.numpy.negative_slope) if leaks else FUNCTIONS[kind](z)
        kept[Place(Kind.DELTA, layer)], kept[Place(Kind.ERROR, layer)] = z, output
        tensors[Place(Kind.PRE_ACTIVATION, layer)], tensors[Place(Kind.OUTPUT, layer)] = z, output
    if is_fused(settings.numpy):
        # There is no gradient at the outputs: the loss takes the logits.
        del kept[Place(Kind.ERROR, len(weights))]
    Y, D, M = settings.data.Y[samples], settings.data.inputs, settings.data.samples
    objective = objective_of(settings.numpy, settings.is_binary(settings.numpy), z, output, Y, D, M)
    gradients = torch.autograd.grad(objective, list(kept.values()))
    tensors |= dict(zip(kept, gradients, strict=True))
    return {place: tensor.detach().numpy() for place, tensor in tensors.items()}


def objective_of(side, binary, z, p, Y, D, M):
    """With the loss functions of PyTorch, whatever the sides use."""
    N, C = Y.shape
    shares = {
        Reduction.TWICE_SUM: 2,
        Reduction.PER_SAMPLE: 1 / N,
        Reduction.PER_BATCH_SIZE: 1 / (N if side.batch == "all" else side.batch),
        Reduction.PER_SAMPLE_TWICE: 1 / N**2,
        Reduction.PER_DATA_SET: 1 / M,
        # Squared errors are halved before they are summed up.
        Reduction.TWICE_MEAN: 4 / (N * C)
        if side.objective is Objective.SQUARED_ERROR
        else 2 / (N * C if binary else N),
        Reduction.PER_INPUT: 1 / D,
        Reduction.MEAN_OF_SUMS: (2 if side.objective is Objective.SQUARED_ERROR else 1) / N,
        # Squared errors are halved before they are summed up.
        Reduction.PER_OUTPUT: (2 if side.objective is Objective.SQUARED_ERROR else 1) / C,
    }
    if side.reduction in shares:
        summed = replace(side, reduction=Reduction.SUM)
        return objective_of(summed, binary, z, p, Y, D, M) * shares[side.reduction]
    Y, reduction = torch.tensor(Y), "mean" if side.reduction is Reduction.MEAN else "sum"
    if side.objective is Objective.SQUARED_ERROR:
        squares = (p - Y).square()
        return squares.mean() if reduction == "mean" else squares.sum() / 2
    logits = {LossInput.LOGITS: z, LossInput.TWICE: p}.get(side.loss_input)
    if logits is not None:
        function = nn.functional.binary_cross_entropy_with_logits if binary else nn.functional.cross_entropy
        return function(logits, Y, reduction=reduction)
    epsilon = side.loss_epsilon.epsilon
    if binary and side.adds_loss_epsilon:
        costs = -(Y * (p + epsilon).log() + (1 - Y) * (1 - p + epsilon).log())
        return costs.mean() if reduction == "mean" else costs.sum()
    if binary:
        return nn.functional.binary_cross_entropy(p, Y, reduction=reduction)
    return -(Y * (p + epsilon).log()).sum() / (len(Y) if reduction == "mean" else 1)


@given(experiments())
def test_every_operation_is_autograds(settings):
    plain = {
        "precision": "float64",
        **WITHOUT_SLIPS,
        "update_order": UpdateOrder.TOGETHER,
        "derivative_at": DerivativeAt.OUTPUT,
        "clipping": "none",
    }
    if settings.numpy.loss_epsilon.kind is LossEpsilonKind.DIVISOR:
        # It is the gradient of nothing.
        plain["loss_epsilon"] = "none"
    side = replace(settings.numpy, **plain)
    settings = replace(settings, numpy=side, pytorch=side)
    numpy, pytorch = NumpyModel(settings), TorchModel(settings)
    parameters = numpy.parameters()
    layers = range(1, len(settings.activations) + 1)
    weights = [parameters[Place(Kind.WEIGHT, layer)] for layer in layers]
    biases = [parameters.get(Place(Kind.BIAS, layer)) for layer in layers]
    with np.errstate(all="ignore"):  # the loss after a long step may be that of a probability of 0
        ours, theirs = numpy_tensors(numpy), torch_tensors(pytorch)
    samples = ours[Place(Kind.SAMPLES)].astype(int) - 1
    expected = by_autograd(settings, weights, biases, samples)
    if side.objective is not Objective.SQUARED_ERROR:
        # Near 0 and 1 a cross-entropy of probabilities makes any rounding large.
        p = expected[Place(Kind.OUTPUT, len(layers))]
        assume(side.loss_input is not LossInput.PROBABILITIES or np.abs(p - 0.5).max() < 0.499999)
    assert ours.keys() == theirs.keys()
    assert set(ours) - {Place(Kind.SAMPLES), Place(Kind.EPOCH_LOSS)} <= set(places(settings))
    np.testing.assert_array_equal(ours[Place(Kind.SAMPLES)], theirs[Place(Kind.SAMPLES)])
    for place, tensor in expected.items():
        np.testing.assert_allclose(ours[place], tensor, rtol=1e-9, atol=1e-12, err_msg=place.name)
        np.testing.assert_allclose(theirs[place], tensor, rtol=1e-9, atol=1e-12, err_msg=place.name)


@given(experiments(), st.integers(0, 7))
@examples(2)
def test_the_opened_step_is_the_engines_own(settings, before):
    """Whatever the choices: the new parameters and the losses have the bits of the steps that train."""
    with np.errstate(all="ignore"):
        pair = ModelPair(settings, build_models)
        pair.take(before)
        models = pair.numpy, pair.pytorch
        batch = pair.batch + 1
        opened = trace(settings, pair.epoch + 1, pair.states(), batch=batch)
        counts = [settings.batches(side).count for side in (settings.numpy, settings.pytorch)]
        found = {one.place: (one.numpy, one.pytorch) for one in opened.operations}
        closed = Place(Kind.EPOCH_LOSS) in found
        assert closed is (counts == [batch, batch] and settings.logs_epochs)
        for index, (model, count) in enumerate(zip(models, counts, strict=True)):
            if batch <= count:
                loss = model.update()
                if loss is not None and (closed or not settings.logs_epochs):
                    place = Place(Kind.EPOCH_LOSS if closed else Kind.LOSS)
                    np.testing.assert_array_equal(found[place][index], loss)
            after = {Kind.WEIGHT: Kind.WEIGHT_AFTER, Kind.BIAS: Kind.BIAS_AFTER}
            for place, parameter in model.parameters().items():
                np.testing.assert_array_equal(found[Place(after[place.kind], place.layer)][index], parameter)
    assert opened.first is None or opened.reason is not None
    # Nothing has been trained that first weights could come from.
    assert before > 0 or opened.reason is None or opened.reason.kind is not ReasonKind.INHERITED


def test_gaps_are_counted_right():
    opened = trace_epoch(engine.preset("no-bias"), 3)
    for one in opened.operations:
        ours, theirs = one.numpy.astype(float), one.pytorch.astype(float)
        assert one.different == np.count_nonzero(ours != theirs)
        assert one.max_absolute == np.abs(ours - theirs).max()
        assert one.max_ulp == ulp_distance(ours, theirs, np.float32).max()
    firsts = [index for index, one in enumerate(opened.operations) if one.differs]
    assert opened.first == firsts[0]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.integers(0, 40))
def test_ulps_are_steps_of_nextafter_across_zero_and_sign(start, steps):
    walked = np.float32(start)
    for _ in range(steps):
        walked = np.nextafter(walked, np.float32(-np.inf if start >= 0 else np.inf))
    assert ulp_distance(np.float32(start), walked, np.float32) == steps
    near = np.float32(1e-45) * np.float32(3)
    assert ulp_distance(near, -near, np.float32) == 6


@one_in(5)
@pytest.mark.parametrize("discrepancy", CATALOGUE, ids=lambda one: one.field)
def test_each_difference_alone_is_found_and_named(discrepancy):
    """In float64, on data that can tell faults apart, from equal weights: the step names what was parted."""
    base = replace(match_all(engine.preset("exact"), SideName.NUMPY), data=engine.built_in("regression"))
    base = where_in_effect(discrepancy, base)
    base = replace(base, numpy=replace(base.numpy, bias=True), pytorch=replace(base.pytorch, bias=True))
    settings = differ_again(discrepancy, base, base)
    if discrepancy.field == "softmax_form":
        # Without the maximum subtracted it only rounds otherwise.
        settings = settings.with_side(SideName.NUMPY, softmax_form="over-samples")
    if discrepancy.field == "schedule":
        # By steps nothing changes for a hundred epochs.
        settings = settings.with_side(SideName.NUMPY, schedule="inverse:decay=0.1")
    if discrepancy.field == "clipping":
        # No gradient here has a norm of 1.
        settings = settings.with_side(SideName.NUMPY, clipping="norm:0.01")
    # A start differs before epoch 1 only, and in it what its gradient is lost of; the first velocity, or sum of
    # gradients, is the gradient: from epoch 2 on.
    epochs = {
        **dict.fromkeys(("initial_weights", "moments"), (1,)),
        **dict.fromkeys(("momentum", "zero_grad", "schedule"), (2,)),
    }.get(discrepancy.field, (1, 2))
    for epoch in epochs:
        batch = settings.batches_of_epoch if discrepancy.field in ("epoch_loss", "last_batch") else 1
        opened = trace_epoch(settings, epoch, matched_start=epoch > 1, batch=batch)
        named = [one.discrepancies for one in (opened.reason, opened.meaning) if one is not None]
        assert (discrepancy,) in named, (epoch, opened.reason)


def test_weights_that_differ_already_are_inherited():
    opened = trace_epoch(engine.preset("exact"), 2000)
    assert opened.reason.kind is ReasonKind.INHERITED
    assert opened.first_operation.place.kind is Kind.WEIGHT_BEFORE
    matched = trace_epoch(engine.preset("exact"), 2000, matched_start=True)
    before = [one for one in matched.operations if one.place.kind in (Kind.WEIGHT_BEFORE, Kind.BIAS_BEFORE)]
    assert not any(one.differs for one in before)
    np.testing.assert_array_equal(before[0].numpy, opened.first_operation.numpy)


@pytest.mark.parametrize("start", [one for one in InitialWeights if one.value not in ("zeros", "given")])
def test_first_weights_that_differ_by_precision_alone_are_not_inherited(start):
    """NumPy's start is drawn in double and rounded to the precision that weights are kept in."""
    sides = engine.preset("exact")
    for side in SideName:
        sides = sides.with_side(side, initial_weights=start, learning_rate=0.1)
    opened = trace_epoch(sides.with_side(SideName.NUMPY, precision="float32"), 1)
    assert opened.reason.discrepancies == (find("precision"),)
    drawn_in_double = start is not InitialWeights.PYTORCH
    assert (opened.first_operation.place == Place(Kind.WEIGHT_BEFORE, 1)) is drawn_in_double


@pytest.mark.parametrize("side", SideName)
def test_a_bias_that_moves_the_later_layers_start_is_named(side):
    """It is drawn from the same stream; matched, the later weights are PyTorch's too."""
    settings = engine.preset("pytorch").with_side(side, bias=False)
    opened = trace_epoch(settings, 1)
    later = next(one for one in opened.operations if one.place == Place(Kind.WEIGHT_BEFORE, 2))
    assert later.differs
    assert opened.reason.discrepancies == (find("bias"),)
    matched = MatchedSteps(settings, tuple(model.state() for model in build_models(settings)))
    assert matched.gap(later, (find("bias"),)) == 0


def test_the_answer_parts_by_its_precision_and_then_by_its_gradient():
    opened = trace_epoch(engine.preset("answer"), 1)
    assert opened.first_operation.place == Place(Kind.PRE_ACTIVATION, 1)
    assert opened.reason.discrepancies == (find("precision"),)
    assert opened.operations[opened.meant].place == Place(Kind.ERROR, 2)
    assert opened.meaning.discrepancies == (find("reduction"),)
    document = trace_document(opened)
    assert (document["first_beyond_rounding"], document["its_reason"]["differences"]) == ("layer2-error", ["reduction"])
    assert said(opened)[2:3] == ["Beyond rounding: ∂L/∂ŷ. Meaning: gradient."]


def said(opened):
    return ["".join(text for text, _ in line) for line in reason_lines(opened)]


def test_where_the_first_is_beyond_rounding_no_other_is_called_so():
    opened = trace_epoch(engine.preset("asked"), 1)
    document = trace_document(opened)
    assert document["first_beyond_rounding"] == document["first"] == "layer1-weight-before"
    assert document["its_reason"] == document["reason"]
    assert opened.meaning.discrepancies == (find("initial_weights"), find("bias"))
    assert said(opened)[0] == "First: W1. Meaning: init weights."
    assert said(opened)[2] == "With another reason: z1 = X·W1 + b1. Meaning: init weights and bias."


def test_where_all_is_rounding_none_is_beyond_it():
    document = trace_document(trace_epoch(engine.preset("exact"), 1))
    assert document["first"] is not None
    assert (document["first_beyond_rounding"], document["its_reason"]) == (None, None)


@one_in(3)
@pytest.mark.parametrize("name", ["asked", "same-loss", "same-weights", "no-bias", "answer", "exact"])
@pytest.mark.parametrize("matched_start", [False, True])
def test_the_first_beyond_rounding_is_none_or_not_before_the_first(name, matched_start):
    opened = trace_epoch(replace(engine.preset(name), epochs=40), 40, matched_start)
    assert opened.beyond is None or opened.first <= opened.beyond
    assert opened.meant is None or opened.beyond <= opened.meant
    assert any("Beyond rounding" in line for line in said(opened)) is (opened.beyond == opened.meant is not None)


@one_in(3)
@VECTORS
@pytest.mark.parametrize("epoch", [1, 2, 3, 10, 500])
@pytest.mark.parametrize("name", ["exact", "pytorch"])
def test_where_nothing_is_left_the_reason_is_rounding_and_reproduced(name, epoch):
    opened = trace_epoch(engine.preset(name), epoch, matched_start=True)
    assert opened.reason.kind is ReasonKind.ROUNDING
    assert opened.reason.tried >= min(opened.first_operation.different, 16)
    assert not opened.reason.discrepancies


@VECTORS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_vector_exp_is_pytorchs(dtype):
    """Through the sigmoid, whose vector code it is: every bit, from far below zero to far above."""
    z = np.random.RandomState(0).uniform(-30, 10, 640).astype(dtype)
    one = dtype(1)
    expected = torch.sigmoid(torch.from_numpy(z)).numpy()
    found = np.array([one / (one + vector_exp(-value)) for value in z])
    np.testing.assert_array_equal(found, expected)
    assert not np.array_equal(one / (one + np.exp(-z)), expected)


numbers = st.floats(-1e3, 1e3)


@given(numbers, numbers, numbers)
def test_a_fused_multiply_add_is_rounded_once(first, second, added):
    with localcontext() as context:
        # The product of two of the smallest numbers has 2,150 decimals; with fewer, a tie would not be seen as none.
        context.prec = 2500
        exact = Decimal(first) * Decimal(second) + Decimal(added)
    assert fused(np.float64(first), np.float64(second), np.float64(added)) == float(exact)


@given(st.integers(-(2**60), 2**60), st.integers(0, 80))
def test_rounding_to_float32_is_to_the_nearest_ties_to_even(numerator, shift):
    exact = Fraction(numerator, 2**shift)
    found = rounded(exact, np.dtype(np.float32))
    below, above = np.nextafter(found, np.float32(-np.inf)), np.nextafter(found, np.float32(np.inf))
    distance = abs(Fraction(float(found)) - exact)
    for other in (below, above):
        farther = abs(Fraction(float(other)) - exact)
        assert distance < farther or (distance == farther and int(found.view(np.uint32)) % 2 == 0)


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6), numbers)
def test_every_way_to_sum_is_a_sum(pairs, offset):
    first, second = np.array(pairs).T
    expected = math.fsum([*(one * other for one, other in pairs), offset])
    scale = sum(abs(one * other) for one, other in pairs) + abs(offset)
    for way in SUMS_OF_PRODUCTS:
        assert float(way.compute(first, second, offset)) == pytest.approx(expected, abs=1e-14 * scale + 1e-300), (
            way.words
        )


def test_an_order_is_found_if_there_is_one():
    first = np.array([0.1, 0.2, 0.3, 0.7])
    ones = np.ones(4)
    target = ((0.1 + 0.7) + 0.2) + 0.3
    assert order_that_gives(first, ones, target) is not None
    assert order_that_gives(first, ones, 2.0) is None


@pytest.mark.parametrize("name", ["no-bias", "answer", "exact"])
def test_growth_is_the_gap_at_each_epoch(name):
    settings = replace(engine.preset(name), epochs=60)
    study = GrowthStudy(settings, build_models)
    study.train(60 * study.pair.batches)
    growth = study.growth()
    assert growth.trained == 60
    for epoch in (1, 17, 60):
        run = engine.train(replace(settings, epochs=epoch))
        place = growth.epochs.tolist().index(epoch)
        pairs = zip(run.numpy.parameters.values(), run.pytorch.parameters.values(), strict=True)
        gaps = [np.abs(ours.astype(float) - theirs.astype(float)).max() for ours, theirs in pairs]
        np.testing.assert_array_equal(growth.gaps[:, place], gaps)
        assert growth.max_ulp[place] == max(gap.max_ulp for gap in compare_parameters(run.settings, run.parameters))
    assert first_difference(settings) == (growth.first, growth.first_batch)
    assert trace_epoch(settings, growth.first).first is not None
    assert all(trace_epoch(settings, epoch).first is None for epoch in range(1, growth.first))


def test_starts_that_differ_are_the_first_difference():
    assert first_difference(engine.preset("asked")) == (0, 1)


def test_equal_runs_never_part():
    """One weight, one sample, powers of two: every operation rounds once, in whatever way, so no bit can differ."""
    data = engine.Dataset("one", [[1.0]], [[2.0]])
    side = replace(engine.preset("exact").numpy, bias=False, learning_rate=0.25)
    settings = engine.Settings(data, side, side, hidden=(), output_activation=Activation.IDENTITY, epochs=30)
    assert first_difference(settings) is None
    opened = trace_epoch(settings, 30)
    assert (opened.first, opened.reason) == (None, None)


def test_each_combination_of_differences_takes_its_step_once(monkeypatch):
    """However many operations differ: of the five differences at most three together, 25 combinations."""
    taken = []
    monkeypatch.setattr(matched_steps, "numpy_tensors", lambda model: taken.append(model.side) or numpy_tensors(model))
    opened = trace_epoch(replace(engine.preset("asked"), epochs=3), 3)
    assert sum(one.differs for one in opened.operations) > 10
    assert 0 < len(taken) == len(set(taken)) <= 25


def test_a_step_is_traced_a_little_at_a_time(monkeypatch):
    """No more than one step is taken between two looks for commands once time is over, each combination's once."""
    settings = replace(engine.preset("asked"), epochs=3)
    settings = settings.with_side(SideName.NUMPY, momentum="0.9", update_order="in-turn", weight_decay="0.01")
    states = tuple(model.state() for model in build_models(settings))
    whole = trace(settings, 1, states, matched_start=True)
    taken = []
    step = MatchedSteps._step
    monkeypatch.setattr(MatchedSteps, "_step", lambda self, chosen: taken.append(chosen) or step(self, chosen))
    tracing = Tracing(settings, 1, states, matched_start=True)
    found, looks = None, 0
    while found is None:
        before = len(taken)
        found = tracing.work(lambda: False)
        looks += 1
        assert len(taken) <= before + 1
    assert looks > 5
    assert len(taken) == len(set(taken))
    assert (found.first, found.reason, found.meant, found.meaning) == (
        whole.first,
        whole.reason,
        whole.meant,
        whole.meaning,
    )


@one_in(2)
@VECTORS
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("problem", ["classes", "two-classes"])
def test_pytorchs_softmax_and_the_delta_of_its_losses_are_reproduced(problem, precision):
    """From PyTorch's own operands, every element's bits."""
    settings = replace(engine.preset(problem), activation=Activation.IDENTITY)
    settings = match_all(settings.with_side(SideName.PYTORCH, precision=precision), SideName.PYTORCH)
    tensors = torch_tensors(TorchModel(settings))
    data = NetworkData.of(settings.data, settings.numpy)
    operands = Operands(settings, settings.pytorch, data.X, data.Y, tensors, {}, settings.pytorch.learning_rate)
    for kind in (Kind.OUTPUT, Kind.DELTA):
        place = Place(kind, 2)
        elements = list(np.ndindex(*tensors[place].shape))
        ways = [one for one in candidates(place, operands, in_torch=True) if reproduces(one, tensors[place], elements)]
        assert ways, kind


@pytest.mark.parametrize("loss_input", LossInput)
def test_the_hand_written_probabilities_and_deltas_are_among_the_ways(loss_input):
    for problem in ("classes", "two-classes"):
        settings = engine.preset(problem).with_side(SideName.NUMPY, precision="float64", loss_input=loss_input)
        tensors = numpy_tensors(NumpyModel(settings))
        data = NetworkData.of(settings.data, settings.numpy)
        operands = Operands(settings, settings.numpy, data.X, data.Y, tensors, {}, settings.numpy.learning_rate)
        kinds = (Kind.OUTPUT, Kind.DELTA) if loss_input is LossInput.LOGITS else (Kind.OUTPUT, Kind.ERROR, Kind.DELTA)
        for kind in kinds:
            place = Place(kind, 2)
            elements = list(np.ndindex(*tensors[place].shape))
            ways = candidates(place, operands, in_torch=False)
            assert any(reproduces(one, tensors[place], elements) for one in ways), (problem, kind)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("report", [one for one in LossReport if not one.of_probabilities and not one.signed])
def test_what_is_logged_of_errors_is_among_the_ways(report, precision):
    """On both sides; the data tell N from N·C."""
    exact = replace(engine.preset("exact"), data=engine.built_in("regression"))
    side = replace(exact.numpy, loss_report=report, precision=precision)
    settings = replace(exact, numpy=side, pytorch=side)
    data = NetworkData.of(settings.data, side)
    for tensors, in_torch in (
        (numpy_tensors(NumpyModel(settings)), False),
        (torch_tensors(TorchModel(settings)), True),
    ):
        operands = Operands(settings, side, data.X, data.Y, tensors, {}, side.learning_rate)
        place = Place(Kind.LOSS)
        ways = candidates(place, operands, in_torch)
        assert any(reproduces(one, tensors[place], [()]) for one in ways)


def test_sums_of_gradients_are_matched_where_velocities_are_not():
    """They mean the same on both sides, whatever the forms of momentum."""
    settings = replace(engine.preset("exact"), data=engine.built_in("regression"))
    for side, momentum in ((SideName.NUMPY, "pytorch-0.9"), (SideName.PYTORCH, "averaged-0.9")):
        settings = settings.with_side(side, zero_grad="forgotten", momentum=momentum)
    opened = trace_epoch(settings, 3, matched_start=True)
    gradients = [one for one in opened.operations if one.place.kind is Kind.WEIGHT_GRADIENT]
    for one in gradients:
        np.testing.assert_allclose(one.numpy, one.pytorch, rtol=1e-12, atol=1e-15)
    assert opened.meaning is not None
