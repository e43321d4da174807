"""The factorial study against `engine.train`, run by run; what it says of games made by hand."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.batching import BatchRun
from engine.discrepancies import find
from engine.effects import against_the_answer, conclusion, effects, usable_seeds
from engine.errors import SettingsError
from engine.impact import Measure, Study, measure, only, plan
from engine.numpy_mlp import NumpyMLP
from engine.settings import LossReport, SideName
from engine.shapley import shapley_values
from engine.torch_mlp import TorchMLP
from tests.made_up import MadeUpStudy

SIX = ["loss_report", "initial_weights", "bias", "gradient_scale", "learning_rate", "precision"]
NEW = ["log_moment", "update_order", "derivative_at", "momentum", "weight_decay"]


def in_float64(settings):
    return replace(
        settings,
        numpy=replace(settings.numpy, precision="float64"),
        pytorch=replace(settings.pytorch, precision="float64"),
    )


def true_losses(settings):
    """Both sides' mean squared errors before each update, from runs that log it so."""
    plain = settings
    for side in SideName:
        plain = plain.with_side(side, loss_report=LossReport.MSE, log_moment="before-update")
    run = engine.train(plain)
    return run.numpy.losses, run.pytorch.losses


def by_training(settings, threshold):
    """All gaps of one combination at one seed, from `engine.train` alone."""
    run = engine.train(settings)
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


@pytest.mark.parametrize(
    ("names", "data", "count"),
    [(SIX[:5], "xor", 2), (NEW, "regression", 1), (["bias", "update_order", "momentum"], "and", 2)],
    ids=["question", "new", "mixed"],
)
@pytest.mark.parametrize("toward", SideName)
def test_every_combination_is_engine_train(names, data, count, toward):
    settings = in_float64(replace(engine.preset("asked"), data=engine.built_in(data), epochs=30, hidden=(4, 3)))
    if "derivative_at" in names:  # the slip runs away at larger steps
        for side in SideName:
            settings = settings.with_side(side, learning_rate=0.001)
    study = plan(settings, names, seeds=count, toward=toward, threshold=0.2)
    measured = measure(study)
    for members, combination in enumerate(study.combinations):
        for place, seed in enumerate(study.seeds):
            expected = by_training(replace(combination, seed=seed), 0.2)
            for kind, value in expected.items():
                assert measured.games[kind][members, place] == pytest.approx(value, rel=1e-12, abs=1e-12), (
                    kind,
                    members,
                )


def test_every_run_of_a_batch_is_the_plain_models_run():
    """Weights after some epochs, for both batches, over structures and numbers that differ."""
    from engine.numpy_batch import NumpyBatch
    from engine.torch_batch import TorchBatch

    base = in_float64(replace(engine.preset("asked"), data=engine.built_in("regression"), hidden=(4,)))
    numbers = [
        {"bias": bias, "momentum": momentum, "learning_rate": rate}
        for bias in (True, False)
        for momentum in ("pytorch-0.9-dampened-0.5", "0.5")
        for rate in (0.01, 0.1)
    ]
    for structure in (
        {},
        {"update_order": "in-turn", "weight_decay": "0.01"},
        {"derivative_at": "pre-activation", "weight_decay": "decoupled-0.1"},
    ):
        runs = [BatchRun.of(replace(base.pytorch, **structure, **one), seed=3) for one in numbers]
        for batch_type, model_type in ((NumpyBatch, NumpyMLP), (TorchBatch, TorchMLP)):
            batch = batch_type(base, runs)
            models = [model_type(replace(base, numpy=run.side, pytorch=run.side, seed=3)) for run in runs]
            for _ in range(8):
                losses, _ = batch.step()
                np.testing.assert_allclose(losses, [model.step() for model in models], rtol=1e-12)
            for column, (run, model) in enumerate(zip(runs, models, strict=True)):
                found = [stack[column] for stack in batch.parameters()]
                found = found if run.side.bias else found[::2]
                for ours, theirs in zip(found, model.parameters(), strict=True):
                    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_in_float32_it_is_engine_train_up_to_rounding():
    study = plan(replace(engine.preset("asked"), epochs=50), seeds=1)
    measured = measure(study)
    for members, combination in enumerate(study.combinations):
        expected = by_training(combination, study.threshold)
        assert measured.games[Measure.AREA][members, 0] == pytest.approx(expected[Measure.AREA], rel=1e-4, abs=1e-4)


@pytest.fixture(scope="module")
def asked():
    return measure(plan(replace(engine.preset("asked"), epochs=300), SIX, seeds=4))


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
    with_bias = NumpyMLP(replace(alone, numpy=alone.pytorch))
    without = NumpyMLP(alone)
    without.set_state(with_bias.parameters()[::2])
    pytorch = TorchMLP(alone)
    area = sum(abs(without.step() - pytorch.step()) for _ in range(300))
    assert asked.held[Measure.AREA][1 << bias, 0] == pytest.approx(area, rel=1e-3)
    assert asked.games[Measure.AREA][1 << bias, 0] != pytest.approx(area, rel=1e-3)
    found = next(one for one in effects(asked, Measure.AREA).ranked if one.discrepancy.field == "bias")
    np.testing.assert_allclose(found.held, shapley_values(asked.held[Measure.AREA])[bias])


def test_blocks_are_only_a_matter_of_memory():
    study = plan(replace(engine.preset("asked"), epochs=40), ["bias", "gradient_scale"], seeds=5)
    whole = measure(study)
    in_blocks = Study(study, memory=60_000)
    while not in_blocks.finished:
        in_blocks.step()
    assert len(in_blocks._done) > 1
    for kind in Measure:
        np.testing.assert_allclose(in_blocks.impact().games[kind], whole.games[kind], rtol=1e-6, atol=1e-6)
    with pytest.raises(SettingsError, match=r"needs about .* GB, more than"):
        Study(study, memory=1000)


def test_stopped_half_way_it_is_a_shorter_run():
    long = Study(plan(in_float64(replace(engine.preset("asked"), epochs=500)), ["bias", "gradient_scale"], seeds=2))
    assert long.impact() is None
    long.step(60)
    part = long.impact()
    assert (part.finished, part.epochs, long.share) == (False, 60, pytest.approx(0.12))
    short = measure(replace(long.plan, settings=replace(long.plan.settings, epochs=60)))
    for kind in Measure:
        np.testing.assert_allclose(part.games[kind], short.games[kind], rtol=1e-12, atol=1e-12)


def test_a_seed_that_diverges_is_told():
    settings = in_float64(
        replace(engine.preset("same-loss"), epochs=200, activation="relu", output_activation="identity")
    )
    study = plan(settings.with_side(SideName.NUMPY, learning_rate=3.0), seeds=3)
    wild = measure(study)
    assert wild.seeds == (0, 1, 2)
    assert set(wild.diverged) <= {0, 1, 2}
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
    everything = plan(engine.preset("asked"), ["all"])
    assert everything.differences == engine.CATALOGUE


def test_what_follows_is_said():
    study = MadeUpStudy(plan(engine.preset("asked"), ["loss_report", "initial_weights", "bias"], seeds=3))
    study.step(10**6)
    impact = study.impact()
    found = effects(impact, Measure.AREA)
    weightiest = found.ranked[0].discrepancy.title.lower()
    assert conclusion(found).startswith(f"Mend {weightiest} first: ")
    assert against_the_answer(found).startswith("Measured: ")
    cancelling = np.array([[0.0], [5.0], [5.0], [0.01], [0.0], [5.0], [5.0], [0.01]])
    found = effects(replace(impact, seeds=(0,), games=dict.fromkeys(Measure, cancelling)), Measure.AREA)
    assert found.cancel
    assert "These differences cancel" in conclusion(found)
    nothing = effects(replace(impact, seeds=(0,), games=dict.fromkeys(Measure, 0 * cancelling)), Measure.AREA)
    assert conclusion(nothing) == "By this measure no difference makes a gap."
