"""The catalogue: every entry can be read, matched, parted and explained with the experiment's own numbers."""

import re
from dataclasses import fields, replace
from itertools import permutations

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from textual.content import Content

import engine
from engine.discrepancies import CATALOGUE, Explanation, find, match_all, match_toward, part_again, remaining
from engine.errors import SettingsError
from engine.initial_weights import initial_layers
from engine.scripts import scripts
from engine.settings import Activation, LossReport, Precision, Settings, Side, SideName
from engine.update_rules import Momentum
from tests.strategies import experiments
from tui_app.cli import main
from tui_app.widgets.explanation import explanation_content

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
def test_an_explanation_says_what_is_so_and_nothing_else(discrepancy, settings):
    explanation = discrepancy.explain(settings)
    prose = (explanation.what, explanation.numbers, explanation.formula, explanation.theory)
    assert all(len(text) > 10 and "  " not in text for text in prose)
    assert not re.search(r"hand-rolled|[Mm]end|None|nan|[{}]|\d[.]?\d*e(-0[123]|[+]0[0123])\b", " ".join(prose))
    assert re.fullmatch(r".+[^.][.]", explanation.what)
    assert ". " not in explanation.what
    if discrepancy.matched(settings):
        assert "already equal" in explanation.what
        assert explanation.changes == ()
        assert explanation.moves.startswith("It would move ")
    else:
        assert "equal" not in explanation.what
        assert re.search("[Bb]y hand|hand-written", explanation.what)
        assert "PyTorch" in explanation.what
        assert len(explanation.changes) == 2 or "nothing to change" in explanation.numbers
        assert explanation.moves == f"It {'moves' if explanation.changes else 'would move'} {discrepancy.moves.value}."


def test_the_parts_of_an_explanation_stand_in_the_order_of_their_use():
    names = [field.name for field in fields(Explanation)]
    assert names == ["what", "moves", "numbers", "change_by_hand", "change_in_pytorch", "formula", "theory"]


def changed(discrepancy, settings, side):
    """The lines to change on that side."""
    explanation = discrepancy.explain(settings)
    return explanation.change_by_hand if side is SideName.NUMPY else explanation.change_in_pytorch


def code_of(text):
    """Lines of code without their indentation and their comments."""
    return {code for line in text.splitlines() if (code := line.partition("#")[0].strip())}


def deleted(text):
    """The lines that a change says to delete, without their comments."""
    return {line.split("  #")[0] for line in re.findall("^ *# delete: (.*)$", text, re.MULTILINE)}


SPELLED_SHORTER = ("initial_weights", "precision")
"""Their lines are shorter than the programs', and are run instead."""


@pytest.mark.parametrize("side", SideName)
@pytest.mark.parametrize("field", [one.field for one in CATALOGUE if one.field not in SPELLED_SHORTER])
@given(settings=experiments())
def test_a_line_to_change_stands_in_the_program_that_has_the_other_sides_value(field, side, settings):
    discrepancy = find(field)
    text = changed(discrepancy, settings, side)
    if text:
        before = code_of(scripts(settings)[side].text)
        after = code_of(scripts(discrepancy.match(settings, side.other))[side].text)
        assert code_of(text) <= after
        assert deleted(text) <= before | {"forward again, with the new weights"}
        assert deleted(text).isdisjoint(code_of(text))
        # What stood there before has moved, and the comment says where to.
        assert not code_of(text) <= before or "#" in text


@pytest.mark.parametrize("bias", [False, True], ids=["no bias", "bias"])
@pytest.mark.parametrize("precision", [Precision.FLOAT64, Precision.FLOAT32])
@pytest.mark.parametrize("side", SideName)
@pytest.mark.parametrize(("here", "there"), permutations(engine.InitialWeights, 2))
def test_the_lines_to_change_the_start_give_the_other_sides_bits(here, there, side, precision, bias):
    common = Side(precision=precision, bias=bias)
    sides = {
        side.value: replace(common, initial_weights=here),
        side.other.value: replace(common, initial_weights=there),
    }
    settings = Settings(engine.built_in("regression"), **sides, hidden=(5, 4), seed=7)
    expected = initial_layers(settings, settings.side(side.other))[0].weight
    discrepancy = find("initial_weights")
    wording = discrepancy.wording
    lines = wording.lines_by_hand if side is SideName.NUMPY else wording.lines_in_pytorch
    before, after = lines(settings), lines(discrepancy.match(settings, side.other))
    text = changed(discrepancy, settings, side)
    # What is not shown stands there already.
    assert code_of(text) <= code_of("\n".join(after)) <= code_of(text) | code_of("\n".join(before))
    run = numpy_start if side is SideName.NUMPY else pytorch_start
    np.testing.assert_array_equal(run(after, settings), expected, strict=True)


def numpy_start(lines, settings):
    names = {"np": np}
    exec("\n".join(lines), names)
    return names["W1"].T


def pytorch_start(lines, settings):
    """The first layer's weights, of a model of that layer alone."""
    layer, *rest = lines
    wide = settings.pytorch.precision is Precision.FLOAT64 and "float64" not in layer
    names = {"np": np, "torch": torch, "nn": torch.nn}
    made = [f"torch.manual_seed({settings.seed})", f"model = nn.Sequential(\n{layer}\n)"]
    with torch.random.fork_rng():
        exec("\n".join([*made, *(["model.double()"] if wide else []), *rest]), names)
    return names["model"][0].weight.detach().numpy()


def test_the_line_to_change_the_hand_written_start_gives_pytorchs_bits():
    settings = engine.preset("asked")
    names = {"np": np}
    exec(find("initial_weights").explain(settings).change_by_hand, names)
    assert names["W1"].dtype == np.float64
    np.testing.assert_array_equal(names["W1"].T, initial_layers(settings, settings.pytorch)[0].weight)


@pytest.mark.parametrize("side", SideName)
@pytest.mark.parametrize(("here", "there"), permutations(LossReport, 2))
def test_the_line_to_change_the_report_logs_the_other_sides_number(here, there, side):
    sides = {side.value: Side(loss_report=here), side.other.value: Side(loss_report=there)}
    settings = Settings(engine.built_in("xor"), **sides)
    error = np.array([[0.5], [-0.25], [0.125], [0.5]])
    expected = {
        LossReport.MSE: np.mean(error**2),
        LossReport.HALF_SUM: np.sum(error**2) / 2,
        LossReport.ERROR_TIMES_LOSS: np.mean(error) * np.mean(error**2) / 2,
    }[there]
    prediction = torch.tensor(error)
    loss = torch.nn.functional.mse_loss(prediction, torch.zeros(4, 1))
    names = {"np": np, "nn": torch.nn, "losses": [], "loss": loss, "prediction": prediction, "Y": torch.zeros(4, 1)}
    exec(changed(find("loss_report"), settings, side), names | ({"error": error} if side is SideName.NUMPY else {}))
    assert names["losses"] == [pytest.approx(expected, rel=1e-6)]


def test_the_lines_to_change_the_precision_cast_what_is_of_another():
    def lines(by_hand, pytorch):
        asked = engine.preset("asked")
        sides = {"numpy": replace(asked.numpy, precision=by_hand), "pytorch": replace(asked.pytorch, precision=pytorch)}
        return find("precision").explain(replace(asked, **sides))

    wide, narrow, mixed = Precision
    casts = "X, Y = X.astype(np.float32), Y.astype(np.float32)"
    assert lines(wide, narrow).change_by_hand == f"{casts}\nW1 = W1.astype(np.float32)  # W2 too"
    assert lines(wide, narrow).change_in_pytorch == "model.double()\nX, Y = X.double(), Y.double()"
    assert lines(narrow, wide).change_in_pytorch == "model.float()\nX, Y = X.float(), Y.float()"
    assert lines(mixed, narrow).change_by_hand == casts
    assert lines(mixed, wide).change_by_hand == "W1 = W1.astype(np.float64)  # W2 too"
    assert lines(mixed, wide).change_in_pytorch.startswith("# not possible: ")
    assert "weights float32, the rest float64" in lines(mixed, wide).what
    assert "mixed: the weights are float32" in lines(wide, narrow).theory


def test_lines_are_those_of_these_very_settings():
    asked = engine.preset("asked")
    momentum = find("momentum").explain(asked.with_side(SideName.PYTORCH, momentum=Momentum.parse("textbook-0.9")))
    assert "V1 = 0.9 * V1 + -learning_rate * np.dot(X.T, delta1)\nW1 += V1" in momentum.change_by_hand
    assert momentum.change_in_pytorch.endswith("optimizer.step()")
    assert "lr=learning_rate)" in momentum.change_in_pytorch
    gradient = find("reduction").explain(asked)
    assert "delta2 = (2 / (N * C) * error) * (layer2 * (1 - layer2))" in gradient.change_by_hand
    rate = find("learning_rate").explain(engine.preset("asked").with_side(SideName.PYTORCH, learning_rate=0.6))
    assert (rate.change_by_hand, rate.change_in_pytorch) == ("learning_rate = 0.6", "learning_rate = 0.3")
    in_turn = asked.with_side(SideName.PYTORCH, update_order="in-turn")
    order = find("update_order").explain(in_turn)
    gone = code_of(scripts(in_turn)[SideName.PYTORCH].text) - code_of(scripts(asked)[SideName.PYTORCH].text)
    assert gone - deleted(order.change_in_pytorch) == {"prediction = outputs[-1].detach().requires_grad_()"}
    assert "bias=False" in find("bias").explain(asked).change_in_pytorch
    assert "+ b1" in find("bias").explain(asked).change_by_hand


@pytest.mark.parametrize(
    ("field", "value", "shared"),
    [
        ("update_order", "in-turn", {"hidden": ()}),
        ("derivative_at", "pre-activation", {"activation": Activation.RELU, "output_activation": Activation.IDENTITY}),
    ],
)
def test_a_difference_without_effect_asks_for_no_change(field, value, shared):
    discrepancy = find(field)
    equal = replace(engine.preset("exact"), **shared, epochs=20)
    settings = discrepancy.set(equal, SideName.NUMPY, discrepancy.parse(value, SideName.NUMPY))
    assert discrepancy.explain(settings).changes == ()
    assert "nothing to change" in discrepancy.explain(settings).numbers
    np.testing.assert_array_equal(engine.train(settings).numpy.losses, engine.train(equal).numpy.losses)


def test_explanations_have_the_experiments_numbers():
    asked = engine.preset("asked")
    seven = replace(asked, data=engine.built_in("regression"))
    assert "N = 7, C = 3: N·C/2 = 10.5" in find("reduction").explain(seven).numbers
    assert "N·C/2 = 2." in find("reduction").explain(asked).numbers
    assert "need 0.6 in PyTorch or 0.15 by hand" in find("learning_rate").explain(asked).numbers
    assert "need 3.15 in PyTorch" in find("learning_rate").explain(seven).numbers
    assert "1/√n is 0.7071 (2 inputs), 0.4472 (5 inputs)." in find("initial_weights").explain(asked).numbers
    assert "15 weights, with biases 6 more. Parameters: 15 by hand, 21 in" in find("bias").explain(asked).numbers
    assert "0.5: 0.0625 by hand, 0.25 in PyTorch" in find("loss_report").explain(asked).numbers
    halves = asked.with_side(SideName.NUMPY, momentum=Momentum(0.5)).with_side(SideName.PYTORCH, momentum=Momentum(0.9))
    assert "2 by hand, 10 in PyTorch" in find("momentum").explain(halves).numbers


def test_numbers_are_plain_from_a_thousandth_on():
    asked = replace(engine.preset("asked"), data=engine.built_in("regression"))
    steps = asked.with_side(SideName.NUMPY, learning_rate=18.0).with_side(SideName.PYTORCH, learning_rate=2.625)
    assert "Factor × learning rate: 18 by hand, 0.25 in PyTorch" in find("reduction").explain(steps).numbers


def test_the_least_logged_number_is_what_the_explanation_says():
    losses = engine.train(engine.preset("asked")).numpy.losses
    said = re.search("−([0-9.e-]+[0-9])", find("loss_report").explain(engine.preset("asked")).theory.split("about")[1])
    assert -min(losses) == pytest.approx(float(said[1]), rel=0.01)


def test_the_rate_that_is_said_to_balance_does():
    regression = replace(engine.preset("no-bias"), data=engine.built_in("regression"))
    said = find("learning_rate").explain(regression).numbers
    rate = float(said.split("Equal steps need ")[1].split(" in PyTorch")[0])
    balanced = regression.with_side(SideName.PYTORCH, learning_rate=rate)
    assert engine.train(balanced).comparison.losses.max_absolute < 1e-6
    assert "take the same step" in find("learning_rate").explain(balanced).numbers


COLUMNS = 49
"""A pane of 50, one of them the scroll bar's."""


@EACH
@pytest.mark.parametrize("ascii", [False, True], ids=["UTF-8", "ASCII"])
def test_sentence_number_and_lines_need_no_scrolling(discrepancy, ascii):
    settings = engine.preset("asked")
    shown = explanation_content(discrepancy, settings, ascii)
    blank = shown.plain.index("\n\n")
    # Signs spelled out take more room.
    assert Content(shown.plain[:blank]).get_height({}, COLUMNS) <= (13 if ascii else 12)


@EACH
@given(settings=experiments())
def test_the_panel_shows_the_parts_in_their_order(discrepancy, settings):
    explanation = discrepancy.explain(settings)
    content = explanation_content(discrepancy, settings)
    parts = [explanation.what, explanation.moves, explanation.numbers]
    parts += [part for change in explanation.changes for part in change]
    parts += [explanation.formula, explanation.theory]
    places = [content.plain.index(part) for part in parts]
    assert places == sorted(places)
    styled = {(str(span.style), content.plain[span.start : span.end]) for span in content.spans}
    for label, lines in explanation.changes:
        assert {("bold", label), ("$text-accent", lines)} <= styled
    assert {label for label, _ in explanation.changes} <= {"Change by hand:", "or PyTorch:"}


def test_a_users_text_is_not_markup():
    settings = replace(engine.preset("asked"), device="cuda")
    for discrepancy in CATALOGUE:
        explanation = discrepancy.explain(settings)
        assert explanation.theory in explanation_content(discrepancy, settings).plain
    assert "U[0, 1)" in explanation_content(find("initial_weights"), settings).plain


@EACH
@pytest.mark.parametrize("option", ["--no-ascii", "--ascii"])
def test_the_command_prints_the_same_parts(discrepancy, option):
    output = CliRunner().invoke(main, ["differences", discrepancy.field, option]).output
    explanation = discrepancy.explain(engine.preset("asked"))
    assert output.startswith(f"{discrepancy.title}: ")
    assert explanation.moves in output
    for label, lines in explanation.changes:
        assert f"{label}\n    {lines.splitlines()[0]}\n" in output
    if option == "--ascii":
        assert output.isascii()
    else:
        assert output.index(explanation.numbers) < output.index(explanation.formula) < output.index(explanation.theory)


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
