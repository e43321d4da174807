"""What is taken home: read back by NumPy, by PyTorch and by the program itself."""

import csv
import io
import json
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import assume, given
from torch import nn

import engine
from engine.experiment.given import uses_given
from engine.export.exports import export_files, losses_csv
from engine.export.files import write_folder
from engine.export.run_file import read_settings, write_run
from engine.networks.places import Kind, Place
from engine.networks.threads import threads_of
from engine.run.history import History
from engine.run.training import result_of
from tests.strategies import experiments
from tui_app.cli.main import main
from tui_app.cli.options import command_line


@pytest.fixture(scope="module")
def run():
    return engine.train(replace(engine.preset("no-bias"), data=engine.built_in("regression"), epochs=25, hidden=(5, 4)))


@pytest.fixture(scope="module")
def files(run):
    return export_files(result_of(run), "mlp-tui --preset no-bias")


def test_losses_read_back_to_the_same_bits(run, files):
    rows = list(csv.DictReader(io.StringIO(files["losses.csv"])))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 26))
    for side in ("numpy", "pytorch"):
        assert [float(row[side]) for row in rows] == getattr(run, side).losses.tolist()


def test_grouped_losses_say_so():
    history = History(capacity=4)
    history.add(np.arange(10.0), np.arange(10.0) + 1)
    rows = list(csv.DictReader(io.StringIO(losses_csv(history.curves()))))
    assert [row["first_epoch"] for row in rows] == ["1", "5", "9"]
    assert (float(rows[0]["numpy_low"]), float(rows[0]["numpy_high"])) == (0.0, 3.0)


@pytest.mark.parametrize("bias", [True, False])
def test_a_sequential_takes_the_state_dicts(bias):
    preset = engine.preset("asked")
    settings = replace(preset, numpy=replace(preset.numpy, bias=bias), epochs=10, hidden=(4, 3))
    run = engine.train(settings)
    files = export_files(result_of(run), "")
    for side in ("numpy", "pytorch"):
        here = getattr(settings, side).bias
        double = getattr(settings, side).precision is engine.Precision.FLOAT64
        model = nn.Sequential(
            nn.Linear(2, 4, bias=here),
            nn.Sigmoid(),
            nn.Linear(4, 3, bias=here),
            nn.Sigmoid(),
            nn.Linear(3, 1, bias=here),
        ).to(torch.float64 if double else torch.float32)
        model.load_state_dict(torch.load(io.BytesIO(files[f"{side}_state_dict.pt"]), weights_only=True))
        for ours, theirs in zip(getattr(run, side).parameters.values(), model.parameters(), strict=True):
            np.testing.assert_array_equal(ours, theirs.detach().numpy())


def test_the_npz_holds_both_ends_of_both_sides(run, files):
    with np.load(io.BytesIO(files["parameters.npz"]), allow_pickle=False) as archive:
        assert len(archive.files) == 2 * 2 * 3
        np.testing.assert_array_equal(archive["numpy_layer_2_weight"], run.numpy.parameters[Place(Kind.WEIGHT, 2)])
        first = run.pytorch.initial_parameters[Place(Kind.WEIGHT, 1)]
        np.testing.assert_array_equal(archive["pytorch_initial_layer_1_weight"], first)


def test_the_report_says_what_was_found(run, files):
    report = files["report.md"]
    assert report.startswith(f"# {run.verdict.headline}\n")
    assert "    mlp-tui --preset no-bias\n" in report
    for discrepancy in engine.CATALOGUE:
        assert f"| {discrepancy.title} |" in report
    assert repr(run.pytorch.losses[-1].item()) in report


def test_export_writes_all_of_it_and_never_over_a_file(tmp_path, files):
    folder = tmp_path / "out"
    options = ["export", str(folder), "--preset", "answer", "--epochs", "20", "--data", "circles"]
    assert CliRunner().invoke(main, options).exit_code == 0
    assert set(os.listdir(folder)) == {*files, "circles.csv"}
    (folder / "report.md").write_text("precious")
    refused = CliRunner().invoke(main, options)
    assert refused.exit_code == 2
    assert "exists already" in refused.stderr
    assert (folder / "report.md").read_text() == "precious"
    assert CliRunner().invoke(main, [*options, "--force"]).exit_code == 0
    assert (folder / "report.md").read_text() != "precious"


def test_export_refuses_before_it_trains(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.md").write_text("precious")
    monkeypatch.setattr("engine.train", lambda *_: pytest.fail("it has trained"))
    for folder, said in (
        ("out", "exists already"),
        ("nowhere/out", "there is no folder"),
        ("out/report.md", "is a file"),
    ):
        refused = CliRunner().invoke(main, ["export", str(tmp_path / folder)])
        assert refused.exit_code == 2
        assert said in refused.stderr


def test_a_full_disk_leaves_no_folder(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(engine.InputError, match="No space left on device"):
        write_folder(tmp_path / "out", {"a": "1", "b": b"2"}, replace_existing=False)
    assert os.listdir(tmp_path) == []


def test_a_disk_that_fills_half_way_leaves_nothing_new(tmp_path, monkeypatch):
    rename, renamed = os.replace, []

    def fills(source, target):
        if renamed:
            raise OSError(28, "No space left on device")
        renamed.append(target)
        rename(source, target)

    monkeypatch.setattr("os.replace", fills)
    with pytest.raises(engine.InputError, match="No space left on device"):
        write_folder(tmp_path / "out", {"a": "1", "b": b"2"}, replace_existing=False)
    assert len(renamed) == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("place", ["nowhere/out", "file"])
def test_a_folder_that_cannot_be(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(engine.InputError, match=r"there is no folder|is a file"):
        write_folder(tmp_path / place, {"a": "1"}, replace_existing=True)


def opened(arguments):
    """The settings that the explorer would open with."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui_app.cli.main.explore_here", lambda settings, *_: found.append(settings))
        result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return found[0]


@given(experiment=experiments())
def test_a_command_line_opens_the_same_settings(experiment):
    import shlex

    sides = (experiment.numpy, experiment.pytorch)
    assume(engine.Objective.CROSS_ENTROPY not in [side.objective for side in sides])
    assume(not uses_given(experiment))
    experiment = replace(experiment, data=engine.built_in("moons"), given=None)
    command, *arguments = shlex.split(command_line(experiment))
    assert command == "mlp-tui"
    assert opened(arguments) == experiment


@pytest.mark.parametrize("preset", engine.PRESETS)
def test_a_presets_command_line_is_its_name(preset):
    assert command_line(engine.preset(preset)) == ("mlp-tui" if preset == "asked" else f"mlp-tui --preset {preset}")


def test_a_csv_is_named_with_its_targets(tmp_path):
    import shlex

    file = tmp_path / "two words.csv"
    file.write_text("a,b,c\n1,2,3\n4,5,6\n")
    settings = replace(engine.preset("exact"), data=engine.load(str(file), ("a", "c")))
    assert opened(shlex.split(command_line(settings))[1:]) == settings


def test_a_run_is_opened_from_its_file(tmp_path, run):
    file = tmp_path / "run.json"
    write_run(run, str(file))
    # The threads that were chosen are those of every rerun.
    settings = replace(run.settings, threads=threads_of(run.settings))
    assert read_settings(file) == settings
    assert opened(["--from", str(file)]) == settings
    assert opened(["--from", str(file), "--seed", "9"]) == replace(settings, seed=9)


def test_a_file_older_than_a_setting_has_it_as_it_was(tmp_path):
    file = tmp_path / "run.json"
    settings = replace(engine.preset("no-bias"), epochs=2, threads=1)
    write_run(engine.train(settings), str(file))
    document = json.loads(file.read_text())
    del document["format"], document["settings"]["data"]["header"], document["settings"]["threads"]
    settings = replace(settings, threads=None)
    for side in ("numpy", "pytorch"):
        for younger in ("update_order", "log_moment", "derivative_at", "momentum", "weight_decay", "objective"):
            del document["settings"][side][younger]
    file.write_text(json.dumps(document))
    assert read_settings(file) == settings
    del document["settings"]["numpy"]["bias"]
    file.write_text(json.dumps(document))
    with pytest.raises(engine.InputError, match="has no 'bias'"):
        read_settings(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is no JSON object"),
        ("{}", "has no 'settings'"),
        ('{"settings": {"data": {}}}', "'settings' has no 'hidden'"),
        ('{"settings": 3}', "'settings' cannot be 3; it is an object with data, hidden"),
    ],
)
def test_a_file_that_is_no_run(tmp_path, text, said):
    file = tmp_path / "run.json"
    file.write_text(text)
    result = CliRunner().invoke(main, ["run", "--from", str(file)])
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_from_and_preset_are_one_too_many(tmp_path):
    result = CliRunner().invoke(main, ["run", "--from", "a.json", "--preset", "exact"])
    assert (result.exit_code, "name one of them" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", ["export .", "run --json losses.csv", "trace --json losses.csv"])
def test_the_file_of_the_data_is_never_written_over(tmp_path, monkeypatch, command):
    """Not by the export's own losses.csv, and not where files are to be replaced."""
    monkeypatch.chdir(tmp_path)
    text = "a,b,c\n" + "".join(f"0.{n},{n},{n % 2}\n" for n in range(40))
    (tmp_path / "losses.csv").write_text(text)
    options = ["--data", "./losses.csv", "--epochs", "2", "--force"]
    refused = CliRunner().invoke(main, [*command.split(), *options])
    assert refused.exit_code == 2
    assert "losses.csv is the file that the data come from; name another place." in refused.stderr
    assert (tmp_path / "losses.csv").read_text() == text
    (tmp_path / "losses.csv").rename(tmp_path / "w.csv")
    assert CliRunner().invoke(main, ["export", ".", "--data", "w.csv", "--epochs", "2", "--force"]).exit_code == 0
    assert (tmp_path / "w.csv").read_text() == text
    assert (tmp_path / "w_data.csv").exists()
