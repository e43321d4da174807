"""A diagnosed experiment repeats the recorded run: in the engine, in the programs that are written, and from a file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import engine
from engine.diagnosis.diagnosis import Conclusion, diagnose
from engine.diagnosis.recorded_data import recorded_data
from engine.diagnosis.recording import LayerNames, Recording
from engine.errors import InputError
from engine.experiment.batch_rules import ALL, LastBatch
from engine.export.diagnosis_file import diagnosis_document
from engine.export.document_format import DIAGNOSIS
from engine.export.run_file import read_settings
from engine.export.twin import check_twin, twin_files, twin_settings, write_twin
from engine.networks.numpy_model import NumpyModel
from engine.networks.places import Kind, Place
from engine.networks.torch_model import TorchModel
from tests.diagnosis.injected import recorded
from tests.diagnosis.made_up import made_up_diagnosis
from tests.examples import one_in
from tests.forked import run_forked
from tui_app.cli.main import main

PROGRAMS = Path(__file__).parent.parent / "programs"


def of_five(**choices):
    """Five samples of three classes."""
    random = np.random.RandomState(4)
    data = engine.Dataset("five", random.uniform(-1, 1, (5, 2)), np.eye(3)[[0, 2, 1, 1, 0]])
    side = engine.Side(precision="float64", learning_rate=0.5, initial_weights="normal", **choices)
    return engine.Settings(data, side, side, hidden=(4,), epochs=100)


CASES = {
    "whole": of_five(reduction="sum"),
    "batches": of_five(batch=2, momentum="averaged-0.9"),
    "shuffled": of_five(batch=2, order="permutation", reduction="sum"),
    "dropped": of_five(batch=2, last_batch="drop", order="dataloader"),
    "single": of_five(batch=1, update_order="in-turn"),
    "tensors": of_five(tensor_steps="W2:-1+b1:5", reduction="per-sample"),
    "no-bias": of_five(bias=False, decayed="weights", weight_decay="0.01"),
    "adam": of_five(optimizer="adam", bias_correction="none"),
    "schedule": of_five(schedule="step:every=10,factor=0.5"),
}


def parameters_after(recording, step):
    found = {}
    for i in range(len(recording.layers)):
        found[Place(Kind.WEIGHT, i + 1)] = recording.weight(i, step).T
        if recording.bias(i, step) is not None:
            found[Place(Kind.BIAS, i + 1)] = recording.bias(i, step)
    return found


@one_in(5)
@pytest.mark.parametrize("name", CASES)
def test_a_diagnosed_experiment_repeats_the_recorded_run_on_both_sides(name):
    recording = recorded(CASES[name], 30)
    diagnosis = diagnose(recording)
    assert diagnosis.conclusion is Conclusion.PROVED
    settings = twin_settings(diagnosis)
    for model in (NumpyModel(settings), TorchModel(settings)):
        for step in range(recording.steps):
            model.update()
            expected = parameters_after(recording, step + 1)
            for place, tensor in model.parameters().items():
                np.testing.assert_allclose(tensor, expected[place], rtol=1e-10, atol=1e-12)


def test_the_programs_that_are_written_repeat_the_losses(tmp_path):
    recording = recorded(CASES["shuffled"], 30)
    target = tmp_path / "twin.py"
    written = write_twin(twin_settings(diagnose(recording)), target, None, False)
    assert [path.name for path in written][:2] == ["twin_numpy.py", "twin.py"]
    # The mean over an epoch of three batches.
    expected = recording.logged["loss"].reshape(10, 3).mean(axis=1)
    for name in ("twin.py", "twin_numpy.py"):
        np.testing.assert_allclose(printed_by(tmp_path / name), expected, rtol=1e-10)


def printed_by(program):
    """The numbers that it prints when it is run from some other folder."""
    ran = run_forked("-c", f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')", cwd="/")
    assert ran.returncode == 0, ran.stderr
    return np.array(ran.stdout.split(), float)


def test_the_document_opens_as_an_experiment(tmp_path):
    diagnosis = diagnose(recorded(CASES["batches"], 30))
    path = tmp_path / "found.json"
    document = diagnosis_document(diagnosis)
    assert document.keys() - {"format", "settings"} == set(DIAGNOSIS)
    path.write_text(json.dumps(document))
    opened = read_settings(path)
    assert replace(opened, threads=None) == diagnosis.settings


def batches(*rows):
    """A recording of these rows of the data in each step."""
    X = np.arange(10.0)[:, None]
    inputs = tuple(X[list(one)] for one in rows)
    arrays = {"W": np.zeros((len(rows) + 1, 1, 1))}
    return Recording(arrays, inputs, tuple(2 * one for one in inputs), (LayerNames("W"),))


@pytest.mark.parametrize(
    ("steps", "count", "batch", "last", "orders"),
    [
        ([(0, 1, 2)] * 6, 1, ALL, LastBatch.KEEP, None),
        ([(0, 1), (2,)] * 3, 2, 2, LastBatch.KEEP, None),
        ([(0, 1), (2,), (2, 1), (0,), (0, 2), (1,)], 2, 2, LastBatch.KEEP, [[0, 1, 2], [2, 1, 0], [0, 2, 1]]),
        # An epoch that is not recorded to its end has the samples that are left.
        ([(0, 1), (2,), (2, 1)], 2, 2, LastBatch.KEEP, [[0, 1, 2], [2, 1, 0]]),
        # Other samples are left out in each epoch.
        ([(0, 1), (2, 3), (4, 1), (2, 3)], 2, 2, LastBatch.DROP, [[0, 1, 2, 3, 0], [4, 1, 2, 3, 0]]),
        # Drawn at will, some twice.
        ([(0,), (0,), (1,), (2,), (1,)], 1, 1, LastBatch.DROP, [[0, 0, 1], [2, 1, 0]]),
        # More in a batch than there are samples.
        ([(0, 1, 1), (0, 0, 0)], 1, 3, LastBatch.DROP, [[0, 1, 1], [0, 0, 0]]),
    ],
)
def test_recorded_batches_are_rows_and_places(steps, count, batch, last, orders):
    found = recorded_data(batches(*steps), count)
    assert (found.batch, found.last_batch, found.repeats) == (batch, last, True)
    assert (None if found.orders is None else found.orders.tolist()) == orders
    size = len(found.X) if batch == ALL else batch
    per_epoch = len(found.X) // size if last is LastBatch.DROP else -(-len(found.X) // size)
    places = np.tile(np.arange(len(found.X)), (found.epochs, 1)) if orders is None else found.orders
    for step, rows in enumerate(steps):
        epoch, index = divmod(step, per_epoch)
        taken = found.X[places[epoch][index * size : (index + 1) * size]]
        assert sorted(taken.ravel()) == sorted(rows)


def test_batches_of_no_size_are_not_repeated():
    found = recorded_data(batches((0, 1), (2,), (3, 4, 5), (6,)), 4)
    assert not found.repeats
    diagnosis = replace(made_up_diagnosis(), repeats=False)
    with pytest.raises(InputError, match="sizes that change"):
        twin_settings(diagnosis)


def test_what_is_not_explained_has_no_twin():
    recording = made_up_diagnosis().recording
    from engine.diagnosis.diagnosis import Diagnosis

    with pytest.raises(InputError, match="no program can repeat what is not explained"):
        twin_settings(Diagnosis(recording, Conclusion.NOT_EXPLAINED))


@pytest.mark.parametrize(
    ("target", "message"),
    [("twin.txt", "ends in .py"), ("there.py", "exists already"), ("nowhere/twin.py", "there is no folder")],
)
def test_a_target_is_refused_before_the_program_runs(tmp_path, target, message):
    (tmp_path / "there.py").write_text("")
    with pytest.raises(InputError, match=message):
        check_twin(tmp_path / target, None, False)


def test_the_program_itself_is_never_written(tmp_path):
    program = tmp_path / "mine.py"
    program.write_text("pass\n")
    with pytest.raises(InputError, match="is the program that is diagnosed"):
        check_twin(program, str(program), True)
    settings = twin_settings(made_up_diagnosis())
    own = tmp_path / "mine_numpy.py"
    own.write_text("pass\n")
    with pytest.raises(InputError, match="is the program that is diagnosed"):
        write_twin(settings, program, str(own), True)
    assert set(twin_files(settings, tmp_path / "a.py")) == {tmp_path / "a.py", tmp_path / "a_numpy.py"}


def test_the_command_writes_twins_and_a_file_to_open(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = str(PROGRAMS / "bias_wrong_sign.py")
    ran = CliRunner().invoke(main, ["diagnose", program, "--write", "twin.py", "--json", "found.json"])
    assert ran.exit_code == 0, ran.output
    assert "Tensor steps: b1:−1, in PyTorch all alike" in ran.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "twin.py",
        "twin_numpy.py",
        "bias_wrong_sign_data.csv",
        "found.json",
    }
    printed = [printed_by(tmp_path / name) for name in ("twin.py", "twin_numpy.py")]
    np.testing.assert_allclose(*printed, rtol=1e-12)
    traced = CliRunner().invoke(main, ["trace", "--from", "found.json", "--epoch", "1"])
    assert traced.exit_code == 0, traced.output


def test_there_is_nothing_to_open_without_a_terminal():
    ran = CliRunner().invoke(main, ["diagnose", str(PROGRAMS / "xor_module.py"), "--open"])
    assert ran.exit_code == 2
    assert "--open needs a terminal" in ran.output
