"""Data of more than a million numbers: documents name their file by its content, and exports write them as they are."""

import hashlib
import io
import json
import os
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import engine
from engine.errors import DataError, InputError
from engine.experiment.asked import Missing
from engine.experiment.data_files import load
from engine.experiment.held_out import hold_out
from engine.export.exports import export_files, export_names
from engine.export.impact_file import impact_document
from engine.export.run_file import read_settings, run_document, write_run
from engine.export.step_file import trace_document
from engine.impact.study import measure, plan
from engine.networks.programs import script_files
from engine.run.training import result_of
from engine.step.trace import trace_epoch
from tests.examples import one_in
from tui_app.cli.main import main

TABLE = "id,a,b,kind\n" + "".join(f"{row},{row % 7}.5,{row % 3},{row % 2}\n" for row in range(30))


@pytest.fixture
def few(monkeypatch):
    """Ten numbers are many."""
    monkeypatch.setattr("engine.experiment.data.LARGE_NUMBERS", 10)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with two data files, where the tests are at home."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(TABLE)
    random = np.random.RandomState(0)
    np.savez(tmp_path / "arrays.npz", X=random.uniform(size=(20, 3)), y=np.array(["red", "blue"] * 10))
    return tmp_path


def settings_of(data, **changes):
    side = engine.Side(loss_report="mse")
    return replace(engine.Settings(data, side, side, hidden=(2,), epochs=2, threads=1), **changes)


def document_of(data):
    return json.loads(json.dumps(run_document(engine.train(settings_of(data)))))


def test_the_limit_is_a_million_numbers_of_inputs_and_targets():
    for columns, is_large in ((9, False), (10, True)):
        data = engine.Dataset("d", np.zeros((100_000, columns)), np.zeros(100_000))
        assert data.is_large is is_large


def test_built_in_data_are_never_large():
    assert not any(engine.built_in(name).is_large for name in engine.BUILT_IN)


ASKED = [
    ("arrays.npz", {}),
    ("arrays.npz", {"classes": True}),
    ("table.csv", {}),
    ("table.csv", {"classes": True, "inputs": ("all",)}),
    ("table.csv", {"targets": ("b", "4"), "inputs": ("a",), "header": True, "missing": Missing.DROP}),
]


@one_in(5)
@pytest.mark.parametrize(("name", "asked"), ASKED)
def test_a_document_names_the_file_and_is_read_from_it(few, home, name, asked):
    data = load(name, **asked)
    settings = settings_of(data)
    documents = [
        run_document(engine.train(settings)),
        trace_document(trace_epoch(settings, 1)),
        impact_document(measure(plan(settings, ["bias"], seeds=1))),
    ]
    for document in documents:
        written = document["settings"]["data"]
        assert (written["X"], written["Y"], written["source"]) == (None, None, name)
        assert written["file"]["sha256"] == hashlib.sha256((home / name).read_bytes()).hexdigest()
        (home / "run.json").write_text(json.dumps(document))
        again = read_settings(home / "run.json")
        assert again.data == data
        assert (again.data.sha256, again.data.notes) == (data.sha256, ())
        # What is read from a document is written into one again.
        assert run_document(engine.train(again))["settings"]["data"] == written


def test_few_numbers_stand_in_the_document(home):
    data = load("table.csv")
    assert data.sha256 is None
    written = document_of(data)["settings"]["data"]
    assert (written["X"], written["file"]) == (data.X.tolist(), None)


def test_many_numbers_of_no_file_stand_in_the_document(few, home):
    made = engine.Dataset("made", np.arange(30.0).reshape(15, 2), np.zeros(15))
    copied = replace(load("table.csv"), source=None)
    for data in (made, engine.built_in("regression"), copied):
        document = document_of(data)
        assert document["settings"]["data"]["X"] == data.X.tolist()
        (home / "run.json").write_text(json.dumps(document))
        assert read_settings(home / "run.json").data == data


def test_a_file_is_looked_for_as_written_and_then_beside_the_document(few, home, monkeypatch):
    (home / "there").mkdir()
    (home / "there" / "table.csv").write_text(TABLE)
    data = load("there/table.csv")
    write_run(engine.train(settings_of(data)), home / "run.json")
    assert read_settings(home / "run.json").data.source == "there/table.csv"
    # Beside the document is another of that name, with the same content: the first is found first.
    (home / "there" / "table.csv").unlink()
    beside = read_settings(home / "run.json").data
    assert beside.source == str(home / "table.csv")
    assert replace(beside, source="there/table.csv") == data
    monkeypatch.chdir(home / "there")
    assert read_settings(home / "run.json").data.source == str(home / "table.csv")
    # A file of that name with another content does not hide the right one.
    (home / "there" / "there").mkdir()
    (home / "there" / "there" / "table.csv").write_text(TABLE + "30,1,2,3\n")
    assert read_settings(home / "run.json").data.source == str(home / "table.csv")


def said_of(words):
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.output
    return result.stderr


@pytest.mark.parametrize("command", ["run", "trace", "impact", "differences"])
def test_another_content_or_none_is_refused_in_one_sentence(few, home, command):
    write_run(engine.train(settings_of(load("table.csv"))), home / "run.json")
    before = hashlib.sha256(TABLE.encode()).hexdigest()
    (home / "table.csv").write_text(TABLE.replace("0.5", "0.25", 1))
    after = hashlib.sha256((home / "table.csv").read_bytes()).hexdigest()
    assert said_of([command, "--from", "run.json"]) == (
        "mlp-tui: run.json: its data file table.csv has another content than it had: "
        f"SHA-256 {after[:12]}… and not {before[:12]}…; put back the file of that run, or name another with --data.\n"
    )
    (home / "table.csv").unlink()
    assert said_of([command, "--from", "run.json"]) == (
        "mlp-tui: run.json: its data are in the file table.csv, which is not there, nor beside run.json; "
        "put it there, or name it with --data.\n"
    )
    (home / "table.csv").mkdir()
    assert "which is not there, nor beside run.json" in said_of([command, "--from", "run.json"])


def test_data_that_are_named_stand_in_for_those_of_the_document(few, home):
    write_run(engine.train(settings_of(load("table.csv"))), home / "run.json")
    os.rename("table.csv", "moved.csv")
    words = ["run", "--from", "run.json", "--data", "moved.csv", "--json", "-"]
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["numpy"] == json.loads((home / "run.json").read_text())["numpy"]
    assert json.loads(told.stdout)["settings"]["data"]["source"] == "moved.csv"


def test_from_trains_on_the_file_as_the_run_did(few, home):
    words = ["run", "--data", "arrays.npz", "--epochs", "3", "--json"]
    assert CliRunner().invoke(main, [*words, "one.json"]).exit_code == 0
    assert CliRunner().invoke(main, ["run", "--from", "one.json", "--json", "two.json"]).exit_code == 0
    one, two = (json.loads((home / name).read_text()) for name in ("one.json", "two.json"))
    assert one == two
    # The data's own file is spared.
    assert "is the file that the data come from" in said_of(
        ["run", "--from", "one.json", "--force", "--json", "arrays.npz"]
    )


@one_in(3)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"file": {"sha256": "f" * 64}}, "'file' has no 'classes'; its fields are sha256, classes."),
        ({"file": {"sha256": "f" * 64, "classes": None, "x": 1}}, "'x' is no field of 'file'"),
        ({"file": {"sha256": "F" * 64, "classes": None}}, "'sha256' cannot be 'FFFF"),
        ({"file": {"sha256": 5, "classes": None}}, "'sha256' cannot be 5; it is 64 hexadecimal digits."),
        ({"file": {"sha256": "f" * 64, "classes": "yes"}}, "'classes' of 'file' cannot be 'yes'"),
        ({"file": "arrays.npz"}, "'file' cannot be 'arrays.npz'; it is an object with sha256, classes."),
        ({"file": {"sha256": "f" * 64, "classes": None}}, "has another content than it had: SHA-256"),
        ({"X": [[1.0]]}, "where 'file' is given, 'source' names the data's file, and 'X' and 'Y' are null."),
        ({"source": None}, "where 'file' is given, 'source' names"),
        ({"source": 5}, "source cannot be 5"),
        ({"source": "arrays\0.npz"}, "is no path"),
        ({"source": "/dev/zero"}, "its data are in the file /dev/zero, which is not there, nor beside"),
        ({"source": "x" * 9000}, "cannot be looked at"),
        ({"source": ""}, "which is not there"),
        ({"targets": [1]}, "targets cannot be (1,)"),
        ({"targets": ["1"]}, "--targets goes with a CSV file."),
        ({"header": "yes"}, "header cannot be 'yes'"),
        ({"missing": "keep"}, "missing cannot be 'keep'"),
        ({"missing": "drop"}, "--missing goes with a CSV file."),
        ({"input_columns": [["a"]]}, "input_columns cannot be"),
        ({"classes": ["red"]}, "holds other classes than the document"),
        ({"classes": 7}, "holds other classes than the document"),
        ({"file": None}, "it must hold real numbers"),
    ],
)
def test_a_document_that_names_its_file_wrongly_is_refused(few, home, change, said):
    document = document_of(load("arrays.npz"))
    document["settings"]["data"] |= change
    (home / "run.json").write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        read_settings(home / "run.json")
    assert str(caught.value).startswith(f"{home / 'run.json'}: ")
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_documents_from_before_hold_their_data(home):
    document = document_of(load("table.csv"))
    for field in ("file", "missing", "input_columns"):
        del document["settings"]["data"][field]
    (home / "run.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="'data' has no"):
        read_settings(home / "run.json")
    document["format"] = 8
    (home / "run.json").write_text(json.dumps(document))
    assert read_settings(home / "run.json").data == load("table.csv")


def test_a_file_that_changes_while_it_is_read_is_refused(few, home, monkeypatch):
    def touched(path, asked):
        os.utime(path, ns=(1, 1))
        return unchanged(path, asked)

    from engine.experiment.csv_files import load_csv as unchanged

    monkeypatch.setattr("engine.experiment.data_files.load_csv", touched)
    with pytest.raises(DataError, match=r"table\.csv: has changed while it was read; try again once it is written"):
        load("table.csv")


def test_an_export_writes_large_data_as_they_are_and_over_no_file(few, home):
    result = CliRunner().invoke(main, ["export", "out", "--data", "table.csv", "--epochs", "2"])
    assert result.exit_code == 0, result.output
    assert set(os.listdir("out")) >= {"data.npz", "numpy_mlp.py", "pytorch_mlp.py", "losses.csv"}
    assert not [name for name in os.listdir("out") if name.endswith(".csv") and name != "losses.csv"]
    data = load("table.csv")
    with np.load("out/data.npz") as archive:
        assert sorted(archive.files) == ["X", "Y"]
        for name, array in (("X", data.X), ("Y", data.Y)):
            assert archive[name].dtype == np.float64
            assert archive[name].tobytes() == array.tobytes()
    names = export_names(settings_of(data))
    assert set(names) == set(os.listdir("out"))
    # A file of that name is not written over, and one's own data never are.
    os.rename("out/data.npz", "data.npz")
    for words, said in (
        (["--data", "table.csv", "--inputs", "all"], "data.npz exists already"),
        (["--data", "data.npz", "--force"], "data.npz is the file that the data come from"),
    ):
        assert said in said_of(["export", ".", "--epochs", "2", *words])
    assert os.path.exists("data.npz")


def test_a_full_disk_leaves_no_half_archive(few, home, monkeypatch):
    from engine.export import files

    def fill(file, data):
        if data[:2] == b"PK":
            file.write(data[:100])
            raise OSError(28, "No space left on device")
        file.write(data)

    monkeypatch.setattr(files, "_fill", fill)
    assert "No space left on device" in said_of(["export", "out", "--data", "table.csv", "--inputs", "all"])
    assert not os.path.exists("out")


def test_exported_files_are_named_before_they_are_made(few, home):
    settings = settings_of(load("arrays.npz"))
    assert set(export_files(result_of(engine.train(settings)), "")) == set(export_names(settings))


def test_rows_held_out_of_a_file_are_held_out_again(few, home):
    """The document has their share alone."""
    settings = settings_of(hold_out(load("arrays.npz"), 0.3))
    write_run(engine.train(settings), "run.json")
    document = json.loads((home / "run.json").read_text())
    assert document["settings"]["data"]["held_out"] == {"share": 0.3, "X": None, "Y": None}
    found = read_settings(home / "run.json")
    assert found == settings
    assert found.data.held_out.samples == 6
    document["settings"]["data"]["held_out"]["X"] = [[0.5]]
    (home / "run.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="where 'file' is given, 'X' and 'Y' of 'held_out' are null"):
        read_settings(home / "run.json")


def test_the_archive_has_the_rows_that_are_trained_on(few, home):
    settings = settings_of(hold_out(load("arrays.npz"), 0.3))
    with np.load(io.BytesIO(script_files(settings)["data.npz"])) as archive:
        np.testing.assert_array_equal(archive["X"], settings.data.X)


def test_rows_held_out_count_among_those_that_are_many():
    data = engine.Dataset("d", np.zeros((100_000, 10)), np.zeros(100_000))
    assert hold_out(data, 0.9).is_large
