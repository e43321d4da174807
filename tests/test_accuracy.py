"""Accuracy beside the loss: of the very weights, at the same epochs however a run is cut, without an effect on it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import engine
from engine.export.run_file import read_settings, write_run
from engine.networks.numpy_model import NumpyModel
from engine.run.accuracy import Scores
from engine.run.lockstep import Lockstep
from engine.run.measured_epochs import MOST_POINTS, MeasuredEpochs
from engine.worker.worker import Worker
from tests.strategies import classes
from tui_app.cli.main import main
from tui_app.text.curve_legends import accuracy_legend
from tui_app.text.marks import Drawing

THREE = replace(engine.preset("classes"), epochs=50)


def line_of(*arguments, **options):
    return "".join(text for text, _ in accuracy_legend(*arguments, **options))


def test_it_is_that_of_the_weights_after_the_epoch():
    run = engine.train(THREE)
    model = NumpyModel(THREE)
    expected = {}
    for epoch in range(1, 51):
        model.step()
        expected[epoch] = np.mean(model.predict().argmax(axis=1) == THREE.data.Y.argmax(axis=1))
    stride = MeasuredEpochs(THREE).stride
    epochs = [1, *range(stride, 50, stride), 50]
    assert 3 <= len(epochs) <= 5
    assert run.accuracy.epochs.tolist() == epochs
    assert run.accuracy.numpy.tolist() == [expected[epoch] for epoch in epochs]
    assert (run.scores.numpy, run.scores.samples) == (expected[50], 60)
    assert run.scores.pytorch == run.accuracy.pytorch[-1]


@pytest.mark.parametrize("chunks", [[50], [1] * 50, [3, 7, 40], [49, 1]])
def test_the_epochs_do_not_depend_on_how_the_run_is_cut(chunks):
    lockstep = Lockstep(THREE)
    assert sum(lockstep.step(chunk) for chunk in chunks) == 50
    whole = engine.train(THREE).accuracy
    np.testing.assert_array_equal(lockstep.accuracy().epochs, whole.epochs)
    np.testing.assert_array_equal(lockstep.accuracy().pytorch, whole.pytorch)


def test_training_has_the_same_bits_without_it():
    """Squared errors on the same columns, with names and without: only the names make it a question of classes."""
    named = replace(engine.preset("exact"), data=engine.built_in("clusters"), epochs=60)
    data = named.data
    unnamed = replace(named, data=engine.Dataset(data.name, data.X, data.Y))
    with_accuracy, without = engine.train(named), engine.train(unnamed)
    assert (with_accuracy.accuracy is None, without.accuracy, without.scores) == (False, None, None)
    for side in ("numpy", "pytorch"):
        np.testing.assert_array_equal(getattr(with_accuracy, side).losses, getattr(without, side).losses)


@pytest.mark.parametrize("epochs", [1, 3, 4, 200, 799, 800, 801, 5000, 1_000_000_000])
def test_the_points_are_few_and_the_last_is_among_them(epochs):
    measured = MeasuredEpochs(replace(THREE, epochs=epochs))
    epoch, points = 0, []
    while epoch < epochs:
        step = measured.until_next(epoch)
        assert step > 0
        epoch += step
        assert measured.has(epoch)
        points.append(epoch)
    assert (points[0], points[-1]) == (1, epochs)
    assert len(points) <= MOST_POINTS + 2
    assert measured.stride >= 24


def test_the_document_has_it_and_is_read_again(tmp_path):
    run = engine.train(THREE)
    write_run(run, tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    assert document["numpy"]["accuracy"] == run.accuracy.numpy.tolist()
    assert document["pytorch"]["accuracy"] == run.accuracy.pytorch.tolist()
    assert document["comparison"]["accuracy_epochs"] == run.accuracy.epochs.tolist()
    assert document["comparison"]["same_class"] == run.scores.same
    assert read_settings(tmp_path / "run.json") == replace(THREE, threads=1)


def test_the_command_prints_it():
    output = CliRunner().invoke(main, ["run", "--preset", "classes", "--epochs", "50"]).output
    run = engine.train(THREE)
    rows = [line.split() for line in output.splitlines() if line.startswith(("by hand", "PyTorch"))]
    assert [float(row[-1]) for row in rows[:2]] == pytest.approx([run.scores.numpy, run.scores.pytorch], abs=1e-4)
    assert "accuracy" in output
    assert "Same class for all 60." in " ".join(output.split())


def test_a_run_without_classes_says_nothing_of_them():
    output = CliRunner().invoke(main, ["run", "--epochs", "5"]).output
    assert "accuracy" not in output
    assert "class" not in output


def test_the_verdict_and_the_snapshot_have_it():
    worker = Worker(THREE)
    worker.work_until_idle()
    assert worker.snapshot.accuracy.epochs[-1] == 50
    assert "Same class for all 60." in worker.snapshot.verdict.gaps
    diverging = replace(classes(), epochs=50).with_side(engine.SideName.NUMPY, softmax_form="over-samples")
    assert "Same class for" in engine.train(diverging).verdict.detail


def test_the_legend_reads_the_point_at_the_cursor():
    run = engine.train(THREE)
    scores = Scores(0.5, 0.25, 7, 60)
    said = line_of(run.accuracy, scores, None, drawing=Drawing.ASCII, width=80)
    assert "by hand 0.5" in said
    assert "PyTorch 0.25" in said
    assert said.endswith("same class for 7 of 60")
    at = line_of(run.accuracy, scores, 49, drawing=Drawing.ASCII, width=80)
    assert at.startswith(f"accuracy at epoch {run.accuracy.epochs[-2]}")
    assert f"by hand {run.accuracy.numpy[-2]:.3g}" in at
    narrow = line_of(run.accuracy, scores, None, drawing=Drawing.ASCII, width=40)
    assert len(narrow) <= 40
    assert "PyTorch 0.25" in narrow
