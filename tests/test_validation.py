"""Rows held out of training: which ones, what both sides do on them, and that nothing trained depends on them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

import engine
from engine.errors import DataError, SettingsError
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset, HeldOut
from engine.experiment.held_out import hold_out, read_share, with_all_rows
from engine.export.run_file import read_settings, write_run
from engine.networks.numpy_model import NumpyModel
from engine.networks.programs import script_files
from engine.networks.torch_model import TorchModel
from engine.number_text import number
from engine.run.lockstep import Lockstep
from engine.run.measured_epochs import MOST_POINTS, MeasuredEpochs
from engine.worker.worker import Worker
from tests.driver import NARROW, WIDE, driven
from tests.examples import one_in
from tests.test_scripts import losses_here
from tui_app.app import ExplorerApp
from tui_app.cli.main import main
from tui_app.cli.options import command_line
from tui_app.cli.setup_values import setup_fields, setup_settings
from tui_app.text.curve_legends import accuracy_legend, validation_legend
from tui_app.text.marks import Drawing
from tui_app.widgets.chart import Chart

IRIS = engine.built_in("iris")
HELD = hold_out(IRIS, 0.2)
SETTINGS = replace(engine.preset("classes"), data=HELD, epochs=60)


@pytest.fixture(scope="module")
def run():
    return engine.train(SETTINGS)


def without(settings):
    """On the same rows, none held out."""
    return replace(settings, data=replace(settings.data, held_out=None))


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.99])
@pytest.mark.parametrize("N", [100, 137, 1000])
def test_every_row_is_on_one_side_and_in_its_order(N, share):
    data = Dataset("counted", np.arange(float(N)), -np.arange(float(N)))
    parted = hold_out(data, share)
    trained, held_out = parted.X[:, 0].tolist(), parted.held_out.X[:, 0].tolist()
    assert sorted(trained + held_out) == list(range(N))
    assert (trained, held_out) == (sorted(trained), sorted(held_out))
    assert len(held_out) == round(N * share)
    assert (parted.Y == -parted.X).all()
    assert (parted.held_out.Y == -parted.held_out.X).all()
    assert with_all_rows(parted) == data
    assert hold_out(parted, share) == parted
    assert hold_out(parted, 0) == data


def test_they_are_taken_from_everywhere():
    """The flowers are sorted by species, the first digits count up again and again."""
    assert HELD.held_out.Y.sum(axis=0).min() >= 5
    assert hold_out(engine.built_in("digits"), 0.1).held_out.Y.sum(axis=0).min() >= 10


@one_in(3)
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"batch": 16, "order": "dataloader"},
        {"batch": 16, "order": "permutation", "epoch_loss": "whole-set", "optimizer": "adam"},
        {"input_scale": "standardised", "log_moment": "after-update"},
    ],
)
def test_training_has_the_same_bits_with_and_without(choices):
    settings = SETTINGS
    for side in SideName:
        settings = settings.with_side(side, **choices)
    held, plain = engine.train(settings), engine.train(without(settings))
    assert (held.validation is None, plain.validation) == (False, None)
    for side in ("numpy", "pytorch"):
        ours, theirs = getattr(held, side), getattr(plain, side)
        np.testing.assert_array_equal(ours.losses, theirs.losses)
        for place, parameter in ours.parameters.items():
            np.testing.assert_array_equal(parameter, theirs.parameters[place])


def test_it_is_torchs_own_loss_and_the_share_of_right_answers():
    """After each epoch that is measured, of a plain loop in PyTorch."""
    settings = SETTINGS
    for side in SideName:
        settings = settings.with_side(side, precision="float64")
    run = engine.train(settings)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 3)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.pytorch.learning_rate)
    X, Y, held_X, held_Y = map(torch.tensor, (HELD.X, HELD.Y, HELD.held_out.X, HELD.held_out.Y))
    losses, accuracies = {}, {}
    for epoch in range(1, 61):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), Y).backward()
        optimizer.step()
        with torch.no_grad():
            answers = model(held_X)
            losses[epoch] = nn.functional.cross_entropy(answers, held_Y).item()
            accuracies[epoch] = (answers.argmax(1) == held_Y.argmax(1)).double().mean().item()
    epochs = run.validation.epochs.tolist()
    assert epochs[0] == 1
    assert epochs[-1] == 60
    assert len(epochs) > 2
    np.testing.assert_allclose(run.validation.pytorch, [losses[epoch] for epoch in epochs], rtol=1e-14)
    np.testing.assert_allclose(run.validation.numpy, [losses[epoch] for epoch in epochs], rtol=1e-12)
    for found in (run.validation.numpy_accuracy, run.validation.pytorch_accuracy):
        np.testing.assert_allclose(found, [accuracies[epoch] for epoch in epochs])
    assert run.validation.samples == 30


@pytest.mark.parametrize("report", ["mse", "half-sum", "sum", "error-times-loss"])
@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_it_is_the_number_that_the_side_logs(model_type, report):
    data = hold_out(engine.built_in("linear"), 0.3)
    settings = replace(engine.preset("exact"), data=data)
    for side in SideName:
        settings = settings.with_side(side, loss_report=report)
    model = model_type(settings)
    loss, outputs = model.measure_held_out()
    error = outputs - data.held_out.Y
    expected = {
        "mse": np.mean(error**2),
        "half-sum": np.sum(error**2) / 2,
        "sum": np.sum(error**2),
        "error-times-loss": np.mean(error * 0.5 * np.mean(error**2)),
    }[report]
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(model.predict(data.held_out.X), outputs, rtol=1e-14)


def test_flat_targets_are_flat_there_too():
    data = hold_out(engine.built_in("linear"), 0.3)
    settings = replace(engine.preset("exact"), data=data).with_side(SideName.PYTORCH, target_shape="flat")
    loss, outputs = TorchModel(settings).measure_held_out()
    assert loss == pytest.approx(np.mean((outputs - data.held_out.Y.T) ** 2), rel=1e-12)


@pytest.mark.parametrize("model_type", [NumpyModel, TorchModel])
def test_inputs_are_scaled_by_the_rows_that_are_trained_on(model_type):
    settings = SETTINGS
    for side in SideName:
        settings = settings.with_side(side, input_scale="standardised", precision="float64")
    scaled = (HELD.held_out.X - HELD.X.mean(axis=0)) / HELD.X.std(axis=0)
    beforehand = replace(
        HELD, X=(HELD.X - HELD.X.mean(axis=0)) / HELD.X.std(axis=0), held_out=HeldOut(0.2, scaled, HELD.held_out.Y)
    )
    plain = replace(settings, data=beforehand)
    for side in SideName:
        plain = plain.with_side(side, input_scale="raw")
    assert model_type(settings).measure_held_out()[0] == pytest.approx(
        model_type(plain).measure_held_out()[0], rel=1e-12
    )


@pytest.mark.parametrize("chunks", [[60], [1] * 60, [7, 53]])
def test_the_points_do_not_depend_on_how_the_run_is_cut(run, chunks):
    lockstep = Lockstep(SETTINGS)
    for chunk in chunks:
        lockstep.step(chunk)
    whole, cut = run.validation, lockstep.validation()
    np.testing.assert_array_equal(cut.epochs, whole.epochs)
    np.testing.assert_array_equal(cut.numpy, whole.numpy)


def test_large_batches_of_work_are_measured_often_and_small_ones_seldom():
    """A forward pass is a small part of an epoch that has many updates, and a large one of a single replayed one."""
    many = replace(SETTINGS, data=hold_out(engine.built_in("digits"), 0.2), hidden=(32,), epochs=100)
    in_batches = many
    for side in SideName:
        in_batches = in_batches.with_side(side, batch=32)
    assert MeasuredEpochs(in_batches).stride < MeasuredEpochs(replace(SETTINGS, epochs=100)).stride
    assert MeasuredEpochs(replace(SETTINGS, epochs=1_000_000)).stride == 1_000_000 // MOST_POINTS


def test_the_document_has_it_and_is_read_again(run, tmp_path):
    write_run(run, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    assert document["numpy"]["validation_losses"] == run.validation.numpy.tolist()
    assert document["pytorch"]["validation_accuracy"] == run.validation.pytorch_accuracy.tolist()
    assert document["comparison"]["validation_epochs"] == run.validation.epochs.tolist()
    assert read_settings(tmp_path / "run.json") == replace(SETTINGS, threads=1)
    for share in (0, 1, -1, True, "x", None):
        document["settings"]["data"]["held_out"]["share"] = share
        (tmp_path / "bad.json").write_text(json.dumps(document))
        with pytest.raises(engine.InputError, match="the share of 'held_out' cannot be"):
            read_settings(tmp_path / "bad.json")


def test_rows_that_somebody_else_held_out_can_be_put_back():
    data = Dataset(
        "own", IRIS.X[:100], IRIS.Y[:100], classes=IRIS.classes, held_out=HeldOut(0.5, IRIS.X[100:], IRIS.Y[100:])
    )
    np.testing.assert_array_equal(with_all_rows(data).X, IRIS.X)


def test_rows_of_another_form_are_refused():
    with pytest.raises(DataError, match="the rows held out have 3 inputs and 3 targets; those trained on have 4 and 3"):
        replace(HELD, held_out=HeldOut(0.2, HELD.held_out.X[:, :3], HELD.held_out.Y))
    with pytest.raises(DataError, match="iris, held out: a row of Y must be a single 1"):
        replace(HELD, held_out=HeldOut(0.2, HELD.held_out.X, np.zeros_like(HELD.held_out.Y)))


def test_targets_that_a_cross_entropy_cannot_have_are_refused_among_them_too():
    Y = np.linspace(0, 1, 10)
    data = Dataset("d", np.arange(8.0), Y[:8], held_out=HeldOut(0.2, np.arange(2.0), np.array([0.5, 3])))
    with pytest.raises(SettingsError, match="one of which is 3"):
        replace(engine.preset("two-classes"), data=data)


def test_the_programs_have_the_rows_that_are_trained_on():
    losses_here(replace(engine.preset("exact"), data=hold_out(engine.built_in("linear"), 0.8), epochs=5))
    assert script_files(SETTINGS)["iris.csv"].count("\n") == 121


def test_a_share_is_copied_whole():
    """Rounded, it may name another number of rows."""
    data = hold_out(engine.built_in("digits"), 0.5000001)
    assert data.held_out.samples == 899
    assert "--validation 0.5000001" in command_line(replace(engine.preset("classes"), data=data))


@pytest.mark.parametrize("typed", ["0.2", "20%", " .2 ", "2e-1"])
def test_a_share_is_typed_in_several_ways(typed):
    assert read_share(typed) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("x", "validation cannot be 'x'; it is a share of the rows such as 0.2, or none."),
        ("1e-400", "validation cannot be '1e-400'; it is a share of the rows such as 0.2, or none."),
        ("1", "validation cannot be 1.0; it is a share of the rows, from 0 to below 1."),
        ("-0.1", "validation cannot be -0.1; it is a share of the rows, from 0 to below 1."),
        ("0.01", "validation cannot be 0.01: of the 4 rows of xor that is 0; it must leave one on either side."),
        ("0.99", "validation cannot be 0.99: of the 4 rows of xor that is 4; it must leave one on either side."),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(share, said):
    result = CliRunner().invoke(main, ["run", "--validation", share, "--epochs", "5"])
    assert (result.exit_code, result.stderr) == (2, f"mlp-tui: {said}\n")


def test_the_command_prints_it(run):
    result = CliRunner().invoke(
        main, ["run", "--preset", "classes", "--data", "iris", "--validation", "0.2", "--epochs", "60"]
    )
    lines = [line.split() for line in result.output.splitlines()]
    heading = next(line for line in lines if line[:2] == ["first", "loss"])
    assert heading[4:] == ["accuracy", "validation", "loss", "its", "accuracy"]
    row = next(line for line in lines[lines.index(heading) :] if line[:1] == ["PyTorch"])
    expected = run.scores.pytorch, run.validation.pytorch[-1], run.validation.pytorch_accuracy[-1]
    assert [float(cell) for cell in row[3:]] == pytest.approx(expected, rel=1e-3)


def test_the_command_line_opens_it_again():
    words = command_line(SETTINGS)
    assert "--data iris --validation 0.2" in words
    assert "--validation" not in command_line(without(replace(SETTINGS, data=IRIS)))


def test_setup_has_it():
    fields = setup_fields(SETTINGS)
    assert fields["validation"] == "0.2"
    other = setup_settings(SETTINGS, fields | {"data": "wine"})
    assert other.data == hold_out(engine.built_in("wine"), 0.2)
    assert setup_settings(SETTINGS, fields | {"validation": "none"}).data == IRIS
    assert setup_settings(SETTINGS, fields | {"validation": "0.5"}).data == hold_out(IRIS, 0.5)
    assert setup_settings(SETTINGS, fields) == SETTINGS


def test_the_snapshot_has_it():
    worker = Worker(SETTINGS)
    worker.work_until_idle()
    assert worker.snapshot.validation.epochs[-1] == 60
    assert worker.snapshot.measured_each == MeasuredEpochs(SETTINGS).stride


def test_the_legend_says_what_is_drawn(run):
    def legend(cursor, width):
        return "".join(text for text, _ in validation_legend(run.validation, 29, cursor, Drawing.ASCII, width))

    said = legend(None, 100)
    assert said.startswith("validation  vv by hand ")
    assert number(run.validation.numpy[-1], 4) in said
    assert said.endswith("30 rows, each 29 epochs")
    at = int(run.validation.epochs[1])
    assert legend(at, 100).startswith(f"validation at epoch {at}")
    assert number(run.validation.pytorch[1], 4) in legend(at + 1, 100)
    for width in range(36, 100):
        assert len(legend(None, width)) <= width
        assert legend(None, width).startswith("validation") or width < 45


def test_the_accuracy_of_the_rows_held_out_stands_beside_that_of_the_others(run):
    line = accuracy_legend(run.accuracy, run.scores, None, Drawing.ASCII, 90, run.validation)
    said = "".join(text for text, _ in line)
    assert f"validation  vv {number(run.validation.numpy_accuracy[-1], 3)}" in said


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=str)
async def test_the_curves_are_drawn_with_their_legend(size):
    worker = Worker(SETTINGS)
    app = ExplorerApp(SETTINGS, worker=worker, start_worker=False)
    async with driven(app, size) as explorer:
        await explorer.press("c")
        assert app.query_one("#validation-legend").display
        assert explorer.text("#validation-legend").startswith("validation ")
        names = [curve.name for curve in app.query_one("#loss-chart", Chart)._curves]
        assert names == ["by hand", "PyTorch", "by hand, held out", "PyTorch, held out"]
        assert len(app.query_one("#accuracy-chart", Chart)._curves) == 4


async def test_a_zoomed_chart_begins_where_that_of_the_gap_does():
    settings = replace(SETTINGS, epochs=300)
    app = ExplorerApp(settings, worker=Worker(settings), start_worker=False)
    async with driven(app, WIDE) as explorer:
        await explorer.press("c", "comma", "z")
        await explorer.draw()
        ranges = {name: app.query_one(f"#{name}-chart", Chart)._picture.x_range for name in ("loss", "gap", "accuracy")}
        assert len(set(ranges.values())) == 1
        assert ranges["gap"][0] > 1


async def test_what_is_no_number_is_not_drawn():
    """The legend says it; the curve of the others keeps its shape."""
    X = np.arange(10) / 10
    data = hold_out(Dataset("wide", X, X), 0.2)
    held_X = data.held_out.X.copy()
    held_X[0] = 1e300
    data = replace(data, held_out=HeldOut(0.2, held_X, data.held_out.Y))
    settings = replace(engine.preset("exact"), data=data, output_activation="identity", hidden=(), epochs=20)
    app = ExplorerApp(settings, worker=Worker(settings), start_worker=False)
    async with driven(app, WIDE) as explorer:
        await explorer.press("c")
        assert "by hand inf" in explorer.text("#validation-legend")
        names = [curve.name for curve in app.query_one("#loss-chart", Chart)._curves]
        assert names == ["by hand", "PyTorch"]


def test_one_row_is_one(run):
    one = replace(run.validation, samples=1)
    assert "1 row, each 2" in "".join(text for text, _ in validation_legend(one, 29, None, Drawing.ASCII, 100))
