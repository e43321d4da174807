"""The catalogue: every entry can be read, matched, parted and explained with the experiment's own numbers."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given

import engine
from engine.discrepancies import CATALOGUE, find, match_all, match_toward, part_again, remaining
from engine.errors import SettingsError
from engine.initial_weights import initial_layers
from engine.settings import Side, SideName
from tests.strategies import experiments

EACH = pytest.mark.parametrize("discrepancy", CATALOGUE, ids=lambda one: one.field)


def test_the_catalogue_is_the_fields_of_a_side():
    assert {one.field for one in CATALOGUE} == {field.name for field in fields(Side)}


@EACH
@given(settings=experiments())
def test_names_read_back_to_their_values(discrepancy, settings):
    for side in SideName:
        value = discrepancy.value(settings, side)
        assert discrepancy.parse(discrepancy.name(value), side) == value
        assert discrepancy.label(value)


@EACH
def test_every_choice_of_a_side_can_be_set_and_trained(discrepancy):
    for side in SideName:
        for choice in discrepancy.choices_for(side):
            settings = discrepancy.set(engine.preset("exact"), side, choice.value)
            run = engine.train(replace(settings, epochs=5))
            assert discrepancy.value(run.settings, side) == choice.value
            assert np.isfinite([run.numpy.losses, run.pytorch.losses]).all()


@EACH
@given(settings=experiments())
def test_matching_either_way_leaves_no_difference(discrepancy, settings):
    for side in SideName:
        matched, reached = match_toward(discrepancy, settings, side)
        assert discrepancy.matched(matched)
        assert discrepancy.value(matched, side) == discrepancy.value(settings, reached)
        others = [one for one in CATALOGUE if one is not discrepancy]
        assert all(one.value(matched, side) == one.value(settings, side) for one in others for side in SideName)


@EACH
def test_parting_goes_back_to_the_differences_of_the_start(discrepancy):
    asked = engine.preset("asked")
    matched = match_all(asked, SideName.PYTORCH)
    parted = part_again(discrepancy, matched, asked)
    assert remaining(parted) == (discrepancy,)
    if not discrepancy.matched(asked):
        assert discrepancy.value(parted, SideName.NUMPY) == discrepancy.value(asked, SideName.NUMPY)


def test_mixed_precision_is_numpys_alone():
    answer = engine.preset("answer")
    settings, reached = match_toward(find("precision"), answer, SideName.NUMPY)
    assert reached is SideName.PYTORCH
    assert settings.numpy.precision is engine.Precision.FLOAT32
    with pytest.raises(SettingsError, match="one of float64, float32"):
        find("precision").parse("mixed", SideName.PYTORCH)


@pytest.mark.parametrize("toward", SideName)
def test_matching_all_leaves_nothing(toward):
    for preset in engine.PRESETS.values():
        assert remaining(match_all(preset.settings, toward)) == ()


@EACH
@given(settings=experiments())
def test_every_explanation_is_whole(discrepancy, settings):
    explanation = discrepancy.explain(settings)
    for text in vars(explanation).values():
        assert len(text) > 10
        assert "None" not in text.replace("'none'", "")


def test_explanations_have_the_experiments_numbers():
    seven = replace(engine.preset("asked"), data=engine.built_in("regression"))
    assert "N = 7, C = 3: N·C/2 = 10.5" in find("gradient_scale").explain(seven).numbers
    assert "N·C/2 = 2." in find("gradient_scale").explain(engine.preset("asked")).numbers
    assert "0.6 in PyTorch" in find("learning_rate").explain(engine.preset("asked")).numbers
    assert "3.15 in PyTorch" in find("learning_rate").explain(seven).numbers
    assert "±1/√2 = ±0.7071" in find("initial_weights").explain(engine.preset("asked")).numbers
    assert "has 21 parameters, without 15" in find("bias").explain(engine.preset("asked")).numbers


def test_the_rate_that_is_said_to_balance_does():
    regression = replace(engine.preset("no-bias"), data=engine.built_in("regression"))
    said = find("learning_rate").explain(regression).numbers
    rate = float(said.split("Equal steps would need ")[1].split(" in PyTorch")[0])
    balanced = regression.with_side(SideName.PYTORCH, learning_rate=rate)
    assert engine.train(balanced).comparison.losses.max_absolute < 1e-6
    assert "take the same step" in find("learning_rate").explain(balanced).numbers


def test_the_line_that_mends_the_hand_written_start_gives_pytorchs_bits():
    settings = engine.preset("answer")
    expected = initial_layers(settings, settings.pytorch)[0].weight
    names = {"np": np, "seed": 0, "n": 10, "bound": 1 / np.sqrt(2)}
    exec(find("initial_weights").explain(settings).fix_by_hand, names)
    np.testing.assert_array_equal(names["W"].reshape(5, 2), expected)


def test_turning_numpys_own_bias_on_leaves_its_weights():
    side = replace(engine.preset("asked").numpy, bias=True)
    with_bias = initial_layers(engine.preset("asked"), side)
    without = initial_layers(engine.preset("asked"), engine.preset("asked").numpy)
    for first, second in zip(with_bias, without, strict=True):
        np.testing.assert_array_equal(first.weight, second.weight)


def test_pytorchs_bias_shifts_the_later_weights():
    pytorch = engine.preset("pytorch")
    with_bias = initial_layers(pytorch, pytorch.numpy)
    without = initial_layers(pytorch, replace(pytorch.numpy, bias=False))
    np.testing.assert_array_equal(with_bias[0].weight, without[0].weight)
    assert not np.array_equal(with_bias[1].weight, without[1].weight)
