"""The catalogue: every entry can be read, matched, parted and explained with the experiment's own numbers."""

import re
from dataclasses import fields, replace
from itertools import permutations, product

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from textual.content import Content

import engine
from engine.errors import SettingsError
from engine.experiment.choices import LossReport, SideName
from engine.experiment.discrepancies import (
    CATALOGUE,
    SIDE_SETTINGS,
    Explanation,
    differ_again,
    find,
    match_all,
    match_toward,
    remaining,
)
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side
from engine.experiment.update_rules import Momentum
from engine.networks.initial_weights import initial_layers
from engine.networks.programs import lines_to_change, scripts
from tests.examples import examples, one_in
from tests.strategies import classes, experiments, given_start, one_output, where_in_effect
from tui_app.cli.main import main
from tui_app.text.fix_lines import fix_lines
from tui_app.widgets.explanation import explanation_content

SQUARES = [report for report in LossReport if not report.of_probabilities]

EACH = pytest.mark.parametrize("discrepancy", CATALOGUE, ids=lambda one: one.field)


def test_the_catalogue_is_the_fields_of_a_side():
    assert {one.field for one in SIDE_SETTINGS} == {field.name for field in fields(Side)}
    assert CATALOGUE == SIDE_SETTINGS


@given(settings=experiments())
def test_names_read_back_to_their_values(settings):
    for discrepancy, side in product(CATALOGUE, SideName):
        value = discrepancy.value(settings, side)
        assert discrepancy.parse(discrepancy.name(value), side) == value
        assert discrepancy.label(value)


@one_in(5)
@EACH
def test_every_choice_of_a_side_can_be_set_and_trained(discrepancy):
    tried = set()
    for exact, side in product((engine.preset("exact"), classes(), one_output(), given_start()), SideName):
        for value in set(discrepancy.possible_for(exact, side)) - {value for name, value in tried if name is side}:
            run = engine.train(replace(discrepancy.set(exact, side, value), epochs=5))
            assert discrepancy.value(run.settings, side) == value
            assert np.isfinite([run.numpy.losses, run.pytorch.losses]).all()
            tried.add((side, value))
    assert tried == {(side, choice.value) for side in SideName for choice in discrepancy.choices_for(side)}


@given(settings=experiments())
def test_matching_either_way_leaves_no_difference(settings):
    for discrepancy, side in product(CATALOGUE, SideName):
        matched, reached = match_toward(discrepancy, settings, side)
        assert discrepancy.matched(matched)
        assert discrepancy.value(matched, side) == discrepancy.value(settings, reached)
        others = [one for one in CATALOGUE if one is not discrepancy]
        assert all(one.value(matched, side) == one.value(settings, side) for one in others for side in SideName)


@EACH
def test_parting_goes_back_to_the_differences_of_the_start(discrepancy):
    asked = where_in_effect(discrepancy, engine.preset("asked"))
    matched = match_all(asked, SideName.PYTORCH)
    parted = differ_again(discrepancy, matched, asked)
    assert remaining(parted) == (discrepancy,)
    if not discrepancy.matched(asked):
        assert discrepancy.value(parted, SideName.NUMPY) == discrepancy.value(asked, SideName.NUMPY)


def test_mixed_precision_is_numpys_alone():
    answer = engine.preset("answer")
    settings, reached = match_toward(find("precision"), answer, SideName.NUMPY)
    assert reached is SideName.PYTORCH
    assert settings.numpy.precision is engine.Precision.FLOAT32
    with pytest.raises(SettingsError, match="it is float64 or float32"):
        find("precision").parse("mixed", SideName.PYTORCH)


@pytest.mark.parametrize("toward", SideName)
def test_matching_all_leaves_nothing(toward):
    for preset in engine.PRESETS.values():
        assert remaining(match_all(preset.settings, toward)) == ()


@given(settings=experiments())
@examples(1)
def test_an_explanation_says_what_is_so_and_nothing_else_and_the_panel_shows_its_parts_in_order(settings):
    for discrepancy in CATALOGUE:
        explanation, changes = discrepancy.explain(settings), fix_lines(settings, discrepancy)
        assert_it_says_what_is_so(discrepancy, settings, explanation, changes)
        assert_the_panel_shows_it(explanation_content(discrepancy, settings), explanation, changes)


def assert_it_says_what_is_so(discrepancy, settings, explanation, changes):
    prose = (explanation.what, explanation.numbers, explanation.formula, explanation.theory)
    assert all(len(text) > 10 and "  " not in text for text in prose)
    assert not re.search(r"hand-rolled|[Mm]end|None|nan|[{}]|\d[.]?\d*e(-0[123]|[+]0[0123])\b", " ".join(prose))
    assert re.fullmatch(r".+[^.][.]", explanation.what)
    assert ". " not in explanation.what
    if discrepancy.matched(settings):
        assert "already equal" in explanation.what
        assert changes == ()
        assert explanation.moves.startswith("It would move ")
    else:
        assert "equal" not in explanation.what
        assert re.search("[Bb]y hand|hand-written", explanation.what)
        assert "PyTorch" in explanation.what
        # Where one side alone has what the setting is about, it alone has something to change.
        assert changes or "nothing to change" in explanation.numbers
        assert explanation.moves == f"It {'moves' if changes else 'would move'} {discrepancy.moves.value}."


def assert_the_panel_shows_it(content, explanation, changes):
    parts = [explanation.what, explanation.moves, explanation.numbers]
    parts += [part for change in changes for part in change]
    parts += [explanation.formula, explanation.theory]
    places = [content.plain.index(part) for part in parts]
    assert places == sorted(places)
    styled = {(str(span.style), content.plain[span.start : span.end]) for span in content.spans}
    for label, lines in changes:
        assert {("bold", label), ("$text-accent", lines)} <= styled
    assert {label for label, _ in changes} <= {"Change by hand:", "or PyTorch:"}


def test_the_parts_of_an_explanation_stand_in_the_order_of_their_use():
    names = [field.name for field in fields(Explanation)]
    assert names == ["what", "moves", "numbers", "formula", "theory"]


def as_written(text):
    """Lines of code or comments, without their indentation and what is said of them."""
    return {line.strip().split("  # ")[0] for line in text.splitlines() if line.strip()}


def of_any_layer(lines):
    return {re.sub(r"\d+", "#", re.sub(r"\bX(?=\.T|, W)", "layer0", line)) for line in lines}


@given(settings=experiments())
@examples(1)
def test_the_lines_to_change_turn_one_program_into_the_other(settings):
    programs = scripts(settings)
    for discrepancy, side in product(CATALOGUE, SideName):
        text = lines_to_change(settings, discrepancy, side)
        if text and not text.startswith("# not possible: "):
            matched = scripts(discrepancy.match(settings, side.other))[side].text
            assert_the_lines_turn_it(text, programs[side].text, matched)


def assert_the_lines_turn_it(text, program, matched):
    before, after = as_written(program), as_written(matched)
    lines = {line.removesuffix(" ...") for line in as_written(text)}
    deleted = {line.removeprefix("# delete: ") for line in lines if line.startswith("# delete: ")}
    written = {line for line in lines if not line.startswith("# delete: ")}
    assert written <= after
    assert deleted <= before | {line.removeprefix("# ") for line in before}
    # What is not to be written stands there already, is another layer's, or is in the body of a function.
    missing = of_any_layer(after) - of_any_layer(before) - of_any_layer(written)
    bodies = re.findall(r"^(?:def|class) .*\n((?:    .*\n|\n)+)", matched, re.MULTILINE)
    assert missing <= of_any_layer(as_written("\n".join(bodies)))


def test_what_every_layers_update_makes_stands_once():
    settings = engine.preset("exact")
    for side in SideName:
        settings = settings.with_side(side, optimizer="adam", bias=True, batch=2)
    settings = settings.with_side(SideName.NUMPY, bias_correction="constant")
    lines = lines_to_change(settings, find("bias_correction"), SideName.NUMPY).splitlines()
    assert len(lines) == len(set(lines))
    assert sum(line.startswith("second = ") for line in lines) == 1


def test_what_cannot_be_changed_says_why():
    mixed = engine.preset("answer")
    assert lines_to_change(mixed, find("precision"), SideName.PYTORCH).startswith("# not possible: ")


@one_in(3)
@pytest.mark.parametrize("side", SideName)
@pytest.mark.parametrize(("here", "there"), permutations(SQUARES, 2))
def test_the_line_to_change_the_report_logs_the_other_sides_number(here, there, side):
    sides = {side.value: Side(loss_report=here), side.other.value: Side(loss_report=there)}
    settings = Settings(engine.built_in("xor"), **sides)
    error = np.array([[0.5], [-0.25], [0.125], [0.5]])
    expected = {
        LossReport.MSE: np.mean(error**2),
        LossReport.HALF_SUM: np.sum(error**2) / 2,
        LossReport.HALF_MEAN: np.mean(error**2) / 2,
        LossReport.HALF_PER_SAMPLE: np.sum(error**2) / 4 / 2,
        LossReport.SUM_PER_SAMPLE: np.mean(np.sum(error**2, axis=1)),
        LossReport.MEAN_ABSOLUTE: (0.5 + 0.25 + 0.125 + 0.5) / 4,
        LossReport.SUM: np.sum(error**2),
        LossReport.ERROR_TIMES_LOSS: np.mean(error) * np.mean(error**2) / 2,
    }[there]
    prediction = torch.tensor(error)
    loss = torch.nn.functional.mse_loss(prediction, torch.zeros(4, 1))
    names = {"np": np, "nn": torch.nn, "losses": [], "loss": loss, "prediction": prediction, "Y": torch.zeros(4, 1)}
    exec(
        lines_to_change(settings, find("loss_report"), side),
        names | ({"error": error} if side is SideName.NUMPY else {}),
    )
    assert names["losses"] == [pytest.approx(expected, rel=1e-6)]


def test_what_is_said_of_absolute_errors_and_of_halves_is_so():
    before, after = np.array([1.0, 0.0]), np.array([0.6, 0.6])
    assert np.mean(after**2) < np.mean(before**2)
    assert np.abs(after).mean() > np.abs(before).mean()
    three = replace(engine.preset("exact"), data=engine.built_in("regression"))
    said = find("loss_report").explain(three.with_side(SideName.NUMPY, loss_report="mean-absolute")).theory
    assert "it may rise while the squares fall" in said
    said = find("loss_report").explain(three.with_side(SideName.NUMPY, loss_report="half-per-sample")).theory
    of_sums = find("loss_report").explain(three.with_side(SideName.NUMPY, loss_report="sum-per-sample")).theory
    assert "Σe²/N is C times the MSE, here 3 times." in of_sums
    error = np.random.RandomState(0).uniform(-1, 1, (7, 3))
    assert (error**2).sum(axis=1).mean() == pytest.approx(3 * (error**2).mean())
    times = (error**2).sum() / 2 / 7 / (error**2).mean()
    assert f"½·Σe²/N is C/2 times the MSE, here {times:.2g} times." in said


def test_what_b_is_is_said():
    settings = replace(engine.preset("exact"), data=engine.built_in("regression"))
    for side in SideName:
        settings = settings.with_side(side, batch=4)
    said = find("reduction").explain(settings.with_side(SideName.NUMPY, reduction="per-batch-size")).numbers
    assert said.endswith(f"B is the batch size, 4, in the last batch, of {settings.data.samples % 4}, too.")


def test_tensors_with_the_same_factor_are_told_together():
    settings = replace(engine.preset("exact"), data=engine.built_in("regression"))
    samples, outputs = settings.data.samples, settings.data.outputs
    value = f"W1:{samples}+b1:{samples}+W2:{samples * outputs}+b2:-1"
    said = find("tensor_steps").explain(settings.with_side(SideName.NUMPY, tensor_steps=value)).numbers
    missing = "times too far: the mean that the others take is missing"
    assert f"W1 and b1 move N = {samples} {missing}" in said
    assert f"W2 moves N·C = {samples * outputs} {missing}" in said
    assert "b2 climbs: the sign of its line is wrong" in said


def test_a_mean_that_every_layer_takes_anew_is_told_as_such():
    settings = replace(engine.preset("exact"), data=engine.built_in("regression"), hidden=(4, 4))
    N = settings.data.samples
    value = f"W1:{1 / N**2!r}+b1:{1 / N**2!r}+W2:{1 / N!r}+b2:{1 / N!r}"
    found = find("tensor_steps")
    changed = settings.with_side(SideName.NUMPY, tensor_steps=value)
    said = found.explain(changed).numbers
    assert said.startswith(f"Each layer's δ is divided by N = {N} once more on the way down")
    assert found.label(changed.numpy.tensor_steps) == "W1:0.02041+b1:0.02041+W2:0.1429+b2:0.1429"
    uneven = settings.with_side(SideName.NUMPY, tensor_steps=f"W1:{1 / N!r}+W2:{1 / N!r}")
    assert "Each layer's" not in found.explain(uneven).numbers


def test_lines_are_those_of_these_very_settings():
    asked = engine.preset("asked")

    def by_hand(field, settings=asked):
        return lines_to_change(settings, find(field), SideName.NUMPY)

    def in_pytorch(field, settings=asked):
        return lines_to_change(settings, find(field), SideName.PYTORCH)

    textbook = asked.with_side(SideName.PYTORCH, momentum=Momentum.parse("textbook-0.9"))
    moved = "V1 = 0.9 * V1 + -learning_rate * np.dot(X.T, delta1)  # each layer\nW1 += V1  # each layer"
    assert moved in by_hand("momentum", textbook)
    assert in_pytorch("momentum", textbook).endswith("optimizer.step()")
    assert "optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)" in in_pytorch("momentum", textbook)
    assert by_hand("reduction") == "N, C = Y.shape\ndelta2 = 2 / (N * C) * error * (layer2 * (1 - layer2))"
    rate = asked.with_side(SideName.PYTORCH, learning_rate=0.6)
    assert (by_hand("learning_rate", rate), in_pytorch("learning_rate", rate)) == (
        "learning_rate = 0.6",
        "learning_rate = 0.3",
    )
    assert in_pytorch("bias") == "nn.Linear(2, 5, bias=False),  # each layer"
    assert "layer1 = sigmoid(np.dot(X, W1) + b1)  # each layer\n" in by_hand("bias")
    casts = "dtype = np.float32\nW1 = np.random.random((2, 5)).astype(np.float32)  # each layer"
    assert by_hand("precision") == casts
    assert in_pytorch("precision") == "dtype = torch.float64\nmodel.double()"
    assert "weights float32, the rest float64" in find("precision").explain(engine.preset("answer")).what


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
    assert fix_lines(settings, discrepancy) == ()
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
def test_sentence_number_and_lines_by_hand_need_no_scrolling(discrepancy, ascii):
    settings = engine.preset("asked")
    shown = explanation_content(discrepancy, settings, ascii)
    end = shown.plain.find("or PyTorch:") if "or PyTorch:" in shown.plain else shown.plain.index("\n\n")
    # Signs spelled out take more room.
    assert Content(shown.plain[:end].rstrip()).get_height({}, COLUMNS) <= (13 if ascii else 12)


def test_a_users_text_is_not_markup():
    settings = replace(engine.preset("asked"), device="cuda")
    for discrepancy in CATALOGUE:
        explanation = discrepancy.explain(settings)
        assert explanation.theory in explanation_content(discrepancy, settings).plain
    assert "U[0, 1)" in explanation_content(find("initial_weights"), settings).plain


@one_in(3)
@EACH
@pytest.mark.parametrize("option", ["--no-ascii", "--ascii"])
def test_the_command_prints_the_same_parts(discrepancy, option):
    output = CliRunner().invoke(main, ["differences", discrepancy.field, option]).output
    explanation = discrepancy.explain(engine.preset("asked"))
    assert output.startswith(f"{discrepancy.title}: ")
    assert explanation.moves in output
    for label, lines in fix_lines(engine.preset("asked"), discrepancy):
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
