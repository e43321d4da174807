"""The factorial study against `engine.train`, run by run; what it says of games made by hand."""

import shlex
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import count

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import engine
from engine.errors import SettingsError
from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import InitialWeights, LogMoment, LossReport, Precision, SideName
from engine.experiment.discrepancies import differ_again, find
from engine.experiment.toward import AS_THE_ANSWER, Toward, toward
from engine.export.impact_file import impact_csv, impact_document
from engine.impact.effects import ROUNDING, against_the_answer, conclusion, effects, usable_seeds
from engine.impact.fitted import FittedStudy, Told
from engine.impact.members import Members, passed_through
from engine.impact.shapley import shapley_values
from engine.impact.study import Measure, Study, measure, only, plan
from engine.networks.epoch_progress import EpochProgress
from engine.networks.model_state import ModelState
from engine.networks.numpy_model import NumpyModel
from engine.networks.numpy_stack import NumpyStack
from engine.networks.places import Kind
from engine.networks.stacked_runs import Logged, StackedRun
from engine.networks.torch_model import TorchModel
from engine.networks.torch_stack import TorchStack
from tests.examples import examples, long, one_in, some_of
from tests.made_up import MadeUpStudy
from tests.strategies import classes, experiments
from tui_app.cli.impact_command import impact as impact_command
from tui_app.cli.options import settings_from
from tui_app.text.impact_lines import as_the_answer, details, expectation, left_out, prose

SIX = ["loss_report", "initial_weights", "bias", "reduction", "learning_rate", "precision"]
NEW = ["log_moment", "update_order", "derivative_at", "momentum", "weight_decay"]


def in_float64(settings):
    return replace(
        settings,
        numpy=replace(settings.numpy, precision="float64"),
        pytorch=replace(settings.pytorch, precision="float64"),
    )


train = cache(engine.train)
"""Combinations have runs in common."""


def true_losses(settings):
    """Both sides' mean squared errors before each update, from runs that log it so."""
    plain = settings
    for side in SideName:
        plain = plain.with_side(side, loss_report=LossReport.MSE, log_moment="before-update")
    run = train(plain)
    return run.numpy.losses, run.pytorch.losses


def by_training(settings, threshold):
    """All gaps of one combination at one seed, from `engine.train` alone."""
    run = train(settings)
    numpy, pytorch = true_losses(settings)
    # A bias that one side does not have counts as zero.
    pairs = [
        [np.float64(0) if one is None else one.astype(float) for one in (pair.numpy, pair.pytorch)]
        for pair in run.parameters
    ]
    distance = np.sqrt(sum(np.square(ours - theirs).sum() for ours, theirs in pairs))

    def under(losses):
        below = np.flatnonzero(losses < threshold)
        return below[0] + 1 if len(below) else len(losses) + 1

    return {
        Measure.AREA: np.abs(numpy - pytorch).sum(),
        Measure.REPORTED: np.abs(run.numpy.losses - run.pytorch.losses).sum(),
        Measure.WEIGHTS: distance,
        Measure.EPOCHS: abs(under(numpy) - under(pytorch)),
    }


@one_in(2)
@pytest.mark.parametrize(
    ("names", "data", "count", "sides"),
    some_of(
        [
            (SIX[:4], "xor", 1, "pytorch"),
            (SIX[1:5], "xor", 1, "answer"),
            (NEW[:4], "regression", 1, "numpy"),
            (NEW[1:], "regression", 1, "reduction=numpy,update_order=numpy"),
            *((["bias", "update_order", "momentum"], "and", 2, sides) for sides in (*SideName, "answer")),
        ],
        6,
    ),
    ids=str,
)
def test_every_combination_is_engine_train(names, data, count, sides):
    settings = in_float64(replace(engine.preset("asked"), data=engine.built_in(data), epochs=15, hidden=(4, 3)))
    if "derivative_at" in names:  # the slip runs away at larger steps
        for side in SideName:
            settings = settings.with_side(side, learning_rate=0.001)
    study = plan(settings, names, seeds=count, toward=sides, threshold=0.2)
    measured = measure(study)
    for members, combination in enumerate(study.combinations):
        for place, seed in enumerate(study.seeds):
            expected = by_training(replace(combination, seed=seed), 0.2)
            for kind, value in expected.items():
                assert measured.games[kind][members, place] == pytest.approx(value, rel=1e-12, abs=1e-12), (
                    kind,
                    members,
                )


LOGS = [
    *(Logged(report) for report in LossReport),
    Logged(LossReport.MSE, LogMoment.AFTER),
    Logged(LossReport.SUM, LogMoment.AFTER, EpochLoss.LAST),
    Logged(LossReport.HALF_SUM, LogMoment.BEFORE, EpochLoss.LAST),
    Logged(LossReport.MSE, LogMoment.BEFORE, EpochLoss.WHOLE),
]


def with_logs(side):
    """The side, logging each of these; nothing that is trained depends on it."""
    return [replace(side, loss_report=one.report, log_moment=one.moment, epoch_loss=one.of_epoch) for one in LOGS]


class Alone:
    """A run alone, once for each log: cross-entropies of outputs that are no probabilities, too."""

    def __init__(self, kind, settings, name, run):
        settings = replace(settings, seed=run.seed, **{name: run.side})
        self.models = [kind(settings) for _ in LOGS]
        for model, side in zip(self.models, with_logs(run.side), strict=True):
            model.network.side = side
            model.progress = EpochProgress(settings, side, model.progress._begin_orders)
            model._is_one_update = False

    def step(self):
        return [model.step() for model in self.models]

    def parameters(self):
        return self.models[0].parameters()


@given(experiments(), st.lists(st.integers(0, 5), min_size=2, max_size=4))
@examples(1)
def test_every_run_of_a_torch_stack_is_the_run_alone(settings, seeds):
    """Whatever the choices, from several starts; a product of a stack may be summed in another order."""
    settings = settings.with_side(SideName.PYTORCH, precision="float64")
    starts = [start for start in InitialWeights if start is not settings.pytorch.initial_weights]
    sides = [settings.pytorch, *(replace(settings.pytorch, initial_weights=start) for start in starts)]
    runs = [StackedRun.of(side, seed) for side, seed in zip(sides, seeds, strict=False)]
    assert len({run.structure(SideName.PYTORCH) for run in runs}) == 1
    with np.errstate(all="ignore"):
        stack = TorchStack(settings, runs, LOGS)
        models = [Alone(TorchModel, settings, "pytorch", run) for run in runs]
        for _ in range(5):
            logged = np.transpose([model.step() for model in models])
            np.testing.assert_allclose(stack.step(), logged, rtol=1e-10, atol=1e-14)
        stacks = stack.parameters()
        for column, model in enumerate(models):
            for place, parameter in model.parameters().items():
                np.testing.assert_allclose(stacks[place][column], parameter, rtol=1e-10, atol=1e-12)


@given(
    experiments(),
    st.lists(
        st.fixed_dictionaries(
            {
                "learning_rate": st.sampled_from([0.01, 0.1, 0.3]),
                "momentum": st.sampled_from([0.5, 0.9]),
                "dampening": st.sampled_from([0.25, 0.5]),
                "weight_decay": st.sampled_from([0.001, 0.1]),
                "seed": st.integers(0, 5),
            }
        ),
        min_size=2,
        max_size=5,
    ),
)
@examples(5)
def test_every_run_of_a_numpy_stack_has_the_bits_of_the_run_alone(settings, numbers):
    """Whatever the choices: before the step is recorded, while it is, and after. But for one row in float64 times a
    matrix in float32, whose products np.dot and np.matmul sum otherwise.
    """
    batches = settings.batches(settings.numpy)
    assume(settings.numpy.precision is not Precision.MIXED or min(batches.size, batches.last) > 1)
    momentum, decay = settings.numpy.momentum, settings.numpy.weight_decay
    runs = [
        StackedRun.of(
            replace(
                settings.numpy,
                learning_rate=one["learning_rate"],
                momentum=replace(
                    momentum,
                    coefficient=one["momentum"] if momentum.coefficient else 0.0,
                    dampening=one["dampening"] if momentum.dampening else 0.0,
                ),
                weight_decay=replace(decay, rate=one["weight_decay"] if decay.rate else 0.0),
            ),
            one["seed"],
        )
        for one in numbers
    ]
    assert len({run.structure(SideName.NUMPY) for run in runs}) == 1
    with np.errstate(all="ignore"):
        stack = NumpyStack(settings, runs, LOGS)
        models = [Alone(NumpyModel, settings, "numpy", run) for run in runs]
        for _ in range(6):
            np.testing.assert_array_equal(stack.step(), np.transpose([model.step() for model in models]))
            stacks = stack.parameters()
            for column, model in enumerate(models):
                for place, parameter in model.parameters().items():
                    np.testing.assert_array_equal(stacks[place][column], parameter, err_msg=place.name)


@long
def test_in_float32_it_is_engine_train_up_to_rounding():
    study = plan(replace(engine.preset("asked"), epochs=50), seeds=1)
    measured = measure(study)
    for members, combination in enumerate(study.combinations):
        expected = by_training(combination, study.threshold)
        assert measured.games[Measure.AREA][members, 0] == pytest.approx(expected[Measure.AREA], rel=1e-4, abs=1e-4)


@pytest.fixture(scope="module")
def asked():
    return measure(plan(replace(engine.preset("asked"), epochs=300), SIX, seeds=4))


@one_in(3)
@pytest.mark.parametrize("kind", Measure)
def test_the_shares_add_up_to_the_whole_gap(asked, kind):
    found = effects(asked, kind)
    assert sum(effect.share for effect in found.ranked) == pytest.approx(found.whole - found.rest, abs=1e-9)
    largest = np.max([np.abs(effect.shapley) for effect in found.ranked], axis=0)
    for effect in found.ranked:
        alike = np.isclose(np.abs(effect.shapley), largest, rtol=1e-6, atol=0) & (largest > 0)
        assert effect.first == alike.sum()


def test_what_moves_only_the_plot_moves_nothing_else(asked):
    for kind in Measure:
        report = next(one for one in effects(asked, kind).ranked if one.discrepancy.field == "loss_report")
        assert report.plot_only
        assert report.shapley.any() == (kind is Measure.REPORTED)


def test_a_bias_with_the_weights_held_is_a_bias_alone(asked):
    """The side without a bias from the very weights of the side with one, against plain models started so."""
    bias = [one.field for one in asked.plan.differences].index("bias")
    alone = asked.plan.combination(1 << bias)
    with_bias = NumpyModel(replace(alone, numpy=alone.pytorch))
    without = NumpyModel(alone)
    weights = {place: one for place, one in with_bias.parameters().items() if place.kind is Kind.WEIGHT}
    without.set_state(ModelState(weights, 0))
    pytorch = TorchModel(alone)
    area = sum(abs(without.step() - pytorch.step()) for _ in range(300))
    assert asked.weights_held[Measure.AREA][1 << bias, 0] == pytest.approx(area, rel=1e-3)
    assert asked.games[Measure.AREA][1 << bias, 0] != pytest.approx(area, rel=1e-3)
    found = next(one for one in effects(asked, Measure.AREA).ranked if one.discrepancy.field == "bias")
    np.testing.assert_allclose(
        found.weights_held, shapley_values(asked.weights_held[Measure.AREA], asked.plan.members)[bias]
    )


def test_blocks_are_only_a_matter_of_memory():
    study = plan(replace(engine.preset("asked"), epochs=40), ["bias", "reduction"], seeds=5)
    whole = measure(study)
    in_blocks = Study(study, memory=90_000)
    while not in_blocks.finished:
        in_blocks.step()
    assert len(in_blocks._done) > 1
    for kind in Measure:
        np.testing.assert_allclose(in_blocks.impact().games[kind], whole.games[kind], rtol=1e-6, atol=1e-6)
    with pytest.raises(SettingsError, match=r"needs about .* GB, more than"):
        Study(study, memory=1000)


def test_stopped_half_way_it_is_a_shorter_run():
    long = Study(plan(in_float64(replace(engine.preset("asked"), epochs=500)), ["bias", "reduction"], seeds=2))
    assert long.impact() is None
    long.step(60)
    part = long.impact()
    assert (part.finished, part.epochs, long.share) == (False, 60, pytest.approx(0.12))
    short = measure(replace(long.plan, settings=replace(long.plan.settings, epochs=60)))
    for kind in Measure:
        np.testing.assert_allclose(part.games[kind], short.games[kind], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("names", [("reduction", "learning_rate"), pytest.param(("all",), marks=long)])
def test_gaps_too_large_to_be_summed_are_no_numbers(names):
    """What grows slowly is still finite at the end, and its squares are not: such a seed is left out."""
    settings = replace(engine.preset("exact"), data=engine.built_in("regression"), hidden=(), epochs=60)
    settings = replace(settings, output_activation="identity")
    for side in SideName:
        settings = settings.with_side(side, learning_rate=1e3)
    impact = measure(plan(settings, names, seeds=1))
    assert np.nanmax(np.abs(impact.games[Measure.AREA])) > 1e200
    assert not usable_seeds(impact, Measure.AREA).any()


@long
def test_a_seed_that_diverges_is_told():
    settings = in_float64(
        replace(engine.preset("same-loss"), epochs=200, activation="relu", output_activation="identity")
    )
    study = plan(settings.with_side(SideName.NUMPY, learning_rate=3.0), seeds=2)
    wild = measure(study)
    assert wild.seeds == (0, 1)
    assert set(wild.diverged) <= {0, 1}
    assert wild.diverged
    ends = set()
    for members, combination in enumerate(study.combinations):
        for place, seed in enumerate(wild.seeds):
            run = engine.train(replace(combination, seed=seed))
            if run.divergence is not None:
                ends.add(seed)
                assert not np.isfinite(wild.games[Measure.WEIGHTS][members, place])
    assert ends == set(wild.diverged)
    usable = usable_seeds(wild, Measure.WEIGHTS)
    assert usable.tolist() == [seed not in ends for seed in wild.seeds]
    assert usable_seeds(wild, Measure.EPOCHS).all()
    if usable.any():
        assert effects(wild, Measure.WEIGHTS).seeds == usable.sum()
    else:
        with pytest.raises(ValueError, match="no seed"):
            effects(wild, Measure.WEIGHTS)


def test_a_run_that_diverges_stays_at_its_last_finite_loss():
    """The slip runs away; from there on its curve is level, against the losses of `engine.train` up to there."""
    base = replace(engine.preset("pytorch"), hidden=(5, 4), epochs=40)
    study = plan(base, ["derivative_at"], seeds=1)
    alone = study.combination(1)
    run = engine.train(alone)
    assert run.divergence is not None
    pytorch = engine.train(study.combination(0)).pytorch.losses
    held = np.concatenate([run.numpy.losses, np.full(40 - len(run.numpy.losses), run.numpy.losses[-1])])
    measured = measure(study)
    assert measured.games[Measure.AREA][1, 0] == pytest.approx(np.abs(held - pytorch).sum(), rel=1e-3)
    assert measured.diverged == (0,)


def test_a_plan_says_what_it_cannot_measure():
    with pytest.raises(SettingsError, match="Nothing differs"):
        plan(engine.preset("exact"))
    with pytest.raises(SettingsError, match="There is no difference 'seed'"):
        plan(engine.preset("exact"), ["seed"])
    for seeds in (0, -1, 10**6):
        with pytest.raises(SettingsError, match="whole number from 1"):
            plan(engine.preset("asked"), seeds=seeds)
    with pytest.raises(SettingsError, match="a loss above 0"):
        plan(engine.preset("asked"), threshold=0.0)


def test_a_difference_that_is_named_is_made():
    study = plan(engine.preset("exact"), ["momentum", "bias"])
    assert [one.field for one in study.differences] == ["bias", "momentum"]
    assert engine.remaining(study.combination(3)) == study.differences
    assert engine.remaining(study.combination(0)) == ()
    assert engine.remaining(only(study, find("momentum"))) == (find("momentum"),)
    with pytest.raises(engine.SettingsError, match="no effect of softmax_form to measure: there is no softmax in this"):
        plan(engine.preset("asked"), ["softmax_form"])


@one_in(5)
@pytest.mark.parametrize("name", [*engine.PRESETS])
def test_all_are_as_many_as_can_differ_together(name):
    """Each acts beside the others, and no other of the catalogue could be made without taking one of them away."""
    everything = plan(engine.preset(name), ["all"])
    settings = everything.settings
    assert engine.remaining(settings) == everything.differences
    assert len(everything.differences) > 14
    assert everything.members.sampled
    for discrepancy in everything.left_out:
        if discrepancy.in_effect(settings):
            with suppress(engine.SettingsError):
                parted = differ_again(discrepancy, settings, settings)
                assert not all(one.acts(parted) for one in [*everything.differences, discrepancy])
    assert left_out(everything).startswith("Left out, without effect or impossible beside the others: ")


def made_up_impact(names, **changes):
    study = MadeUpStudy(plan(engine.preset("asked"), names, seeds=3, **changes))
    study.step(10**6)
    return study.impact()


def with_game(impact, game):
    """The same, its gaps by every measure those of this game (2ⁿ, S)."""
    game = np.asarray(game, dtype=float)
    return replace(impact, seeds=tuple(range(game.shape[1])), games=dict.fromkeys(Measure, game))


def test_what_follows_is_said():
    impact = made_up_impact(["loss_report", "initial_weights", "bias"], toward="answer")
    found = effects(impact, Measure.AREA)
    largest = found.ranked[0].discrepancy.title.lower()
    assert conclusion(found).startswith(f"Match {largest} first: ")
    assert against_the_answer(found).startswith("Measured: ")
    cancelling = np.array([[0.0], [5.0], [5.0], [0.01], [0.0], [5.0], [5.0], [0.01]])
    found = effects(with_game(impact, cancelling), Measure.AREA)
    assert found.cancel
    assert "These differences cancel" in conclusion(found)
    # So small that a fiftieth of it is 0: one adds what another takes away.
    tiny = 5e-323 * np.array([[1.0], [1.0], [2.0], [2.0], [0.0], [0.0], [1.0], [1.0]])
    assert "These differences cancel" in conclusion(effects(with_game(impact, tiny), Measure.AREA))
    nothing = effects(with_game(impact, 0 * cancelling), Measure.AREA)
    assert conclusion(nothing) == "By this measure no difference makes a gap."


def test_nothing_follows_before_all_is_measured():
    study = Study(plan(replace(engine.preset("asked"), epochs=60), ["loss_report", "bias"], seeds=2, toward="answer"))
    study.step(20)
    part = study.impact()
    document = impact_document(part)
    assert (document["finished"], document["planned_seeds"]) == (False, [0, 1])
    assert document["so_far"] == "so far, after 20 of 60 epochs at 2 of 2 seeds"
    for kind in Measure:
        assert conclusion(effects(part, kind)) is None
        assert against_the_answer(effects(part, kind)) == ""
        assert document["measures"][kind.value]["conclusion"] is None
    assert {row[-1] for row in impact_csv(part).splitlines()[1:]} == {"0"}
    study.step(100)
    whole = study.impact()
    document = impact_document(whole)
    assert (document["finished"], document["so_far"]) == (True, None)
    for kind in Measure:
        assert document["measures"][kind.value]["conclusion"] == conclusion(effects(whole, kind)) is not None
    assert {row[-1] for row in impact_csv(whole).splitlines()[1:]} == {"1"}


def test_an_increase_counts_where_it_is_larger_than_rounding():
    """Games of two: with both in the gap is 100; with the first matched it is as said, in the largest gap's parts."""
    impact = made_up_impact(["bias", "reduction"])

    def worse(gaps, kind=Measure.AREA):
        first, second, both = (np.array(gap, dtype=float) for gap in gaps)
        found = effects(with_game(impact, [0 * both, first, second, both]), kind)
        return {one.discrepancy.field: one.worse_when_matched for one in found.ranked}

    small, large = 0.5 * ROUNDING, 2 * ROUNDING
    # With the bias out only the gradient is left: the gap of the second.
    assert worse(([50, 50], [100 * (1 + small), 100 * (1 + large)], [100, 100])) == {"bias": 1, "reduction": 0}
    # Cancelled to rounding: what is twice as large as next to nothing is still rounding of what was cancelled.
    assert worse(([1000], [2e-6], [1e-6]))["bias"] == 0
    assert worse(([1000], [1000], [1e-6])) == {"bias": 1, "reduction": 1}
    assert worse(([50], [101], [100]), Measure.EPOCHS)["bias"] == 0
    assert worse(([50], [102], [100]), Measure.EPOCHS)["bias"] == 1


@one_in(3)
@pytest.mark.parametrize(
    ("preset", "names"),
    [("asked", ()), ("answer", ("reduction", "learning_rate", "precision")), ("exact", ("bias", "precision"))],
)
@pytest.mark.parametrize("side", ["pytorch", pytest.param("answer", marks=long)])
def test_rounding_is_no_increase(preset, names, side):
    """Single precision makes some gap larger at some seed, and rounding alone; the weights decide, not the plot."""
    impact = measure(plan(replace(engine.preset(preset), epochs=500), names, seeds=4, toward=side))
    made_larger = 0
    for kind in Measure:
        precision = next(one for one in effects(impact, kind).ranked if one.discrepancy.field == "precision")
        made_larger += np.count_nonzero(precision.removed < 0)
        assert precision.worse_when_matched == 0
    assert made_larger > 0


def test_a_side_for_each_difference():
    """As typed and as a mapping, against the settings made one by one."""
    asked = engine.preset("asked")
    names = ["loss_report", "bias", "reduction"]
    study = plan(asked, names, toward="loss_report=pytorch,bias=numpy")
    assert study == plan(asked, names, toward={"bias": SideName.NUMPY}) == plan(asked, names, toward={"bias": "numpy"})
    none = study.combination(0)
    assert (none.numpy.bias, none.pytorch.bias) == (False, False)
    assert none.numpy.loss_report is none.pytorch.loss_report is asked.pytorch.loss_report
    assert none.numpy.reduction is none.pytorch.reduction is asked.pytorch.reduction
    assert dict(study.toward) == dict.fromkeys(Toward(), SideName.PYTORCH) | {"bias": SideName.NUMPY}
    assert hash(study.toward) == hash(Toward(frozenset({"bias"})))
    sides = {"loss_report": "pytorch", "bias": "numpy", "reduction": "pytorch"}
    study = MadeUpStudy(study)
    study.step(1)
    assert impact_document(study.impact())["toward"] == sides


def test_sides_are_typed():
    assert toward("pytorch") == toward(SideName.PYTORCH) == Toward() == toward({})
    assert set(toward("numpy").values()) == {SideName.NUMPY}
    assert toward("numpy,bias=pytorch").by_hand == set(Toward()) - {"bias"} == toward("bias=pytorch , numpy").by_hand
    assert toward("loss-report=numpy").by_hand == {"loss_report"}
    assert toward("answer") == AS_THE_ANSWER
    assert toward("answer,bias=pytorch").by_hand == {"reduction"}
    wrong = {
        "jax": "toward cannot be 'jax'; it is pytorch, numpy or answer",
        "": "toward cannot be ''",
        "bias=jax": "bias cannot go toward 'jax'; it is pytorch or numpy",
        "depth=numpy": "There is no difference 'depth'; there are loss_report",
        "numpy,pytorch": "one side for all",
        "bias=numpy,bias=pytorch": "names bias twice",
    }
    for text, said in wrong.items():
        with pytest.raises(SettingsError, match=said):
            toward(text)
    with pytest.raises(SettingsError, match="There is no difference 'depth'"):
        plan(engine.preset("asked"), toward={"depth": SideName.NUMPY})


def test_matched_as_the_answer_does_nothing_is_left_of_its_own_programs():
    """It takes PyTorch's bias away and doubles its rate, the rest of the hand-written program becomes PyTorch's: with
    all matched so, both curves are those of its two programs but for the precision that it leaves."""
    asked = plan(engine.preset("asked"), toward="answer")
    matched = engine.train(replace(asked.combination(0), epochs=500))
    answer = engine.train(replace(engine.preset("answer"), epochs=500))
    np.testing.assert_allclose(matched.pytorch.losses, answer.pytorch.losses, rtol=1e-4)
    np.testing.assert_allclose(matched.numpy.losses, answer.numpy.losses, rtol=1e-4)


@pytest.mark.parametrize("loss_input", ["logits", "probabilities"])
def test_what_both_are_trained_on_is_their_true_loss(loss_input):
    """A cross-entropy, whatever they log; of other objectives the mean squared error."""
    settings = replace(classes(), epochs=30)
    for side in SideName:
        settings = settings.with_side(side, loss_input=loss_input)
    settings = settings.with_side(SideName.NUMPY, loss_report="cross-entropy-sum", learning_rate=0.2)
    measured = measure(plan(settings, ["learning_rate"], seeds=1))
    plainly = engine.train(settings.with_side(SideName.NUMPY, loss_report="cross-entropy"))
    expected = np.abs(plainly.numpy.losses - plainly.pytorch.losses).sum()
    assert measured.games[Measure.AREA][-1, 0] == pytest.approx(expected, rel=1e-9)
    assert "cross-entropy" in Measure.AREA.meaning(settings)
    mixed = settings.with_side(SideName.NUMPY, objective="squared-error", loss_report="mse")
    assert "true MSE" in Measure.AREA.meaning(mixed)


def test_the_answers_order_is_no_question_of_other_networks():
    course = replace(engine.preset("course"), epochs=2)
    assert against_the_answer(effects(measure(plan(course, seeds=1, toward="answer")), Measure.AREA)) == ""


def test_the_answers_order_is_compared_only_where_its_way_is_measured():
    names = ["loss_report", "initial_weights", "bias"]
    assert against_the_answer(effects(made_up_impact(names), Measure.AREA)) == ""
    assert against_the_answer(effects(made_up_impact(names, toward="answer"), Measure.AREA)) != ""
    assert against_the_answer(effects(made_up_impact(names, toward="bias=numpy"), Measure.AREA)) != ""
    # Without a difference that it matches by hand, both ways are one.
    assert against_the_answer(effects(made_up_impact(names[:2]), Measure.AREA)) != ""


@pytest.mark.parametrize("names", [(), ("all",), ("bias", "reduction", "momentum")])
@pytest.mark.parametrize("preset", ["asked", "no-bias"])
def test_the_command_that_measures_it_as_the_answer_measures_the_same(preset, names):
    settings = replace(engine.preset(preset), data=engine.built_in("regression"), epochs=40, seed=3, hidden=(7, 2))
    planned = plan(settings, names, seeds=7, threshold=0.25)
    words = shlex.split(as_the_answer(planned, Measure.WEIGHTS))
    assert words[:2] == ["mlp-tui", "impact"]
    given = impact_command.make_context("impact", words[2:]).params
    assert given["measure_name"] == "weights"
    again = plan(settings_from(**given), (), given["seeds"], given["toward"], given["threshold"])
    assert again == replace(planned, toward=AS_THE_ANSWER)


def test_the_usual_measurement_needs_few_words_and_data_without_a_name_none():
    planned = plan(engine.preset("asked"))
    assert as_the_answer(planned, Measure.AREA) == "mlp-tui impact --toward answer"
    nameless = replace(planned.settings, data=engine.Dataset("mine", [[1.0], [2.0]], [[0.0], [1.0]]), epochs=20)
    study = Study(plan(nameless, seeds=1))
    while not study.finished:
        study.step()
    text = str(prose(study.impact(), effects(study.impact(), Measure.AREA)))
    assert "The answer matches some of them otherwise.'" in text
    assert "mlp-tui" not in text


def ticking(seconds):
    """A clock that says so many seconds more each time it is asked."""
    times = count(0, seconds)
    return lambda: next(times)


def measured_by(study):
    while not study.finished:
        study.step(50)
    return study.impact()


LONG = {"epochs": 100, "hidden": (2,)}


@one_in(3)
@pytest.mark.parametrize(
    ("told", "seeds", "epochs"),
    [(Told(), 3, 20), (Told(seeds=True), 8, 20), (Told(epochs=True), 3, 100), (Told(True, True), 8, 100)],
)
def test_what_would_take_too_long_is_shortened_unless_told(told, seeds, epochs):
    """By this clock, 23 epochs of one block take 200 seconds."""
    asked = plan(replace(engine.preset("asked"), **LONG), ["bias", "reduction"], seeds=8)
    study = FittedStudy(asked, told, ticking(100))
    impact = measured_by(study)
    assert (impact.seeds, impact.epochs) == (asked.seeds[:seeds], epochs)
    assert study.expected.shortened(study.plan) == (told != Told(True, True))
    # The first three, and twenty more, take 100 seconds each: 97 epochs at 5 seconds after those three.
    assert study.expected.asked_seconds == pytest.approx(100 + 97 * 5)
    np.testing.assert_array_equal(impact.games[Measure.AREA], measure(study.plan).games[Measure.AREA])
    text = expectation(study.plan, study.expected)
    assert text.startswith(f"4 combinations x {seeds} seeds, {epochs} epochs: about")
    assert ("All 8 seeds and 100 epochs would take about 10 min." in text) == (told != Told(True, True))


def test_what_is_short_is_measured_as_asked():
    asked = plan(replace(engine.preset("asked"), **LONG), ["bias", "reduction"], seeds=8)
    study = FittedStudy(asked, clock=ticking(0.01))
    impact = measured_by(study)
    assert study.plan == asked
    assert not study.expected.shortened(asked)
    np.testing.assert_array_equal(impact.games[Measure.WEIGHTS], measure(asked).games[Measure.WEIGHTS])
    assert expectation(asked, study.expected) == "4 combinations x 8 seeds, 100 epochs: less than a second."


def test_a_sample_of_orders_gives_the_shares_of_all_combinations_up_to_its_error():
    names = ["bias", "reduction", "momentum", "learning_rate", "update_order", "initial_weights"]
    sampled, whole = (plan(replace(engine.preset("asked"), epochs=12), names, seeds=1) for _ in range(2))
    random = np.random.RandomState(1)
    pairs = [(order, order[::-1]) for order in (tuple(random.permutation(6).tolist()) for _ in range(12))]
    orders = tuple(order for pair in pairs for order in pair)
    passed = {one for order in orders for one in passed_through(order)}
    passed |= {63 ^ 1 << player for player in range(6)} | {1 << player for player in range(6)}
    vars(sampled)["members"] = Members(6, tuple(sorted(passed)), orders)
    found, exact = (effects(measure(one), Measure.AREA) for one in (sampled, whole))
    by_name = {one.discrepancy: one.share for one in exact.ranked}
    for effect in found.ranked:
        assert abs(effect.share - by_name[effect.discrepancy]) <= 4 * effect.standard_error + 1e-4 * found.whole
    assert found.whole == pytest.approx(exact.whole, rel=1e-5)
    assert (found.sampled_orders > 0, found.pairs, exact.sampled_orders) == (True, (), 0)
    assert "orders of matching: a standard error of" in conclusion(found) or found.cancel
    assert "sampled, standard error" in str(details(found.ranked[0], found))


def test_what_a_sample_cannot_tell_apart_is_not_told_apart():
    """A share within two standard errors of the first is as large, and one within two of zero hides nothing."""
    impact = made_up_impact(["bias", "reduction", "learning_rate"])
    found = effects(impact, Measure.AREA)
    ranked = [
        replace(one, shapley=np.full(3, share), standard_error=error)
        for one, share, error in zip(found.ranked, (10.0, 9.0, -1.0), (0.6, 0.6, 0.6), strict=True)
    ]
    sampled = replace(found, ranked=tuple(ranked), whole=18.0, rest=0.0, sampled_orders=60)
    titles = [one.discrepancy.title.lower() for one in ranked]
    said = conclusion(sampled)
    assert said.startswith(f"Match {titles[0]} or {titles[1]} first")
    assert "hide" not in said
    sharp = replace(sampled, ranked=tuple(replace(one, standard_error=0.1) for one in ranked))
    assert conclusion(sharp).startswith(f"Match {titles[0]} first")
    assert f"{titles[2].capitalize()} hides part" in conclusion(sharp)
