"""Data files that are not what they seem: nothing hangs, nothing grows, and nothing is read wrongly in silence."""

import io
import os
import struct
import time
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

import engine
from engine.errors import DataError
from engine.experiment.data_files import load
from engine.experiment.npz_files import load_npz
from engine.number_text import read_number
from tests.examples import long
from tui_app.cli.main import main
from tui_app.cli.options import command_line

CENTRAL = b"PK\x01\x02"


def said_of(path, *options):
    """The one sentence that a command says of the file, in at most a second."""
    started = time.perf_counter()
    result = CliRunner().invoke(main, ["run", "--epochs", "1", *options, str(path)])
    assert time.perf_counter() - started < 3
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.exception
    assert os.path.basename(path) in result.stderr
    return result.stderr


def npz(tmp_path, header=None, **arrays):
    """An archive of zeros, its X under another header if there is one."""
    path = tmp_path / "points.npz"
    np.savez(path, **({"X": np.zeros((4, 2)), "Y": np.zeros(4)} | arrays))
    if header is not None:
        with zipfile.ZipFile(path, "w") as archive:
            text = header.encode().ljust(117) + b"\n"
            archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + 64 * b"\0")
            archive.writestr("Y.npy", npy(np.zeros(4)))
    return path


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def patched(path, local, central, value):
    """The archive with two bytes of its first member's local header and of its directory entry replaced."""
    content = bytearray(path.read_bytes())
    content[local : local + 2] = value
    start = content.index(CENTRAL) + central
    content[start : start + 2] = value
    path.write_bytes(content)
    return path


def test_an_encrypted_member(tmp_path):
    path = patched(npz(tmp_path), 6, 8, b"\x01\x00")
    assert "X is encrypted; write it with numpy.savez" in said_of(path, "--data")


def test_an_unknown_compression(tmp_path):
    path = patched(npz(tmp_path), 8, 10, b"\x61\x00")
    assert "X is compressed in a way that is not known here" in said_of(path, "--data")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2", "is damaged"),
        ("{'descr': [[[[", "is damaged"),
        (90 * "[", "is damaged"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-4, 2), }", "fewer numbers than its header claims"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (412316860416, 1), }", "fewer numbers than its header"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (9" + 60 * "9" + ", 1), }", "fewer numbers"),
        ("{'descr': '|V0', 'fortran_order': False, 'shape': (412316860416, 1), }", "it must hold real numbers"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (4, 2), }", "holds pickled objects"),
        ("{'descr': '<f8', 'fortran_order': False}", "is damaged"),
    ],
)
def test_a_header_that_is_not_as_it_was_written(tmp_path, header, said):
    assert said in said_of(npz(tmp_path, header), "--data")


@long
def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "points.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("X.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (200_000_000, 1)})
        for _ in range(200):
            file.write(bytes(1_000_000))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("Y.npy", npy(np.zeros(4)))
    assert path.stat().st_size < 300_000
    monkeypatch.setattr("numpy.lib.format.read_array", lambda *_, **__: pytest.fail("it is being unpacked"))
    assert "holds 200,000,004 numbers; at most 100,000,000 are read" in said_of(path, "--data")


def test_an_archive_with_more_in_it_is_read(tmp_path):
    data = load(str(npz(tmp_path, X=np.arange(8, dtype=np.float32).reshape(4, 2), more=np.ones(3))))
    assert (data.X.shape, data.Y.shape, data.X[3, 1]) == ((4, 2), (4, 1), 7)
    path = tmp_path / "packed.npz"
    np.savez_compressed(path, X=np.asfortranarray(np.arange(6.0).reshape(3, 2)), Y=np.array([True, False, True]))
    assert load_npz(path).X.tolist() == [[0, 1], [2, 3], [4, 5]]


def test_numbers_beyond_float32_diverge_and_nothing_else_is_said(tmp_path):
    path = npz(tmp_path, X=np.full((4, 2), 1e300))
    result = CliRunner().invoke(
        main, ["run", "-q", "--epochs", "2", "--data", str(path), "--set", "numpy.precision=float32"]
    )
    assert result.exit_code == 0
    assert result.stderr.startswith("mlp-tui: All 5 units of layer 1 are saturated at the start by hand: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout.startswith("Diverged at epoch 1")


@pytest.mark.parametrize(("name", "option"), [("a.csv", "--data"), ("a.npz", "--data"), ("a.json", "--from")])
def test_only_regular_files_of_a_sane_size_are_read(tmp_path, name, option):
    os.mkfifo(tmp_path / name)
    assert "cannot be read: it is a pipe or a device; name a regular file" in said_of(tmp_path / name, option)
    (tmp_path / f"zero-{name}").symlink_to("/dev/zero")
    assert "it is a pipe or a device" in said_of(tmp_path / f"zero-{name}", option)
    (tmp_path / f"folder-{name}").mkdir()
    assert "it is a folder; name a file" in said_of(tmp_path / f"folder-{name}", option)
    with (tmp_path / f"large-{name}").open("wb") as file:
        file.truncate(4_000_000_001)
    assert "has 4,000,000,001 bytes; at most 4,000,000,000 are read" in said_of(tmp_path / f"large-{name}", option)


def test_a_csv_is_read_no_farther_than_it_may_be(tmp_path, monkeypatch):
    path = tmp_path / "points.csv"
    path.write_text(100 * "1,2\n")
    monkeypatch.setattr("engine.experiment.csv_table.MOST_NUMBERS", 20)
    assert "line 11: is over 20 numbers, the most that are read" in said_of(path, "--data")
    monkeypatch.setattr("engine.experiment.csv_files.LONGEST_LINE", 20)
    path.write_text(f"1,2\n{50 * '1,'}2\n")
    assert "line 2: has more than 20 bytes; is it a CSV file?" in said_of(path, "--data")


@pytest.mark.parametrize("targets", ["2" * 5000, "²", "x" * 5000])
def test_a_target_that_is_no_column(tmp_path, targets):
    path = tmp_path / "points.csv"
    path.write_text("1,2\n3,4\n")
    said = said_of(path, "--targets", targets, "--data")
    assert "there is no column '" in said
    assert len(said) < 600


def csv_of(tmp_path, text, **options):
    path = tmp_path / "points.csv"
    path.write_text(text)
    return load(str(path), **options)


@pytest.mark.parametrize("text", ["1_0,2\n3,4\n", "1,2\n3,1_0\n", "a,b\n1_0,2\n", "1;2\n1_0,5;3\n"])
def test_an_underscore_makes_no_number(tmp_path, text):
    with pytest.raises(DataError, match=r"'1_0(,5)?' is not a number: an underscore is no part of one|is not a number"):
        csv_of(tmp_path, text)


def test_numbers_as_they_are_read():
    for text in ("1e3", " 5 ", "-.5", "+7", "inf", "NaN", "-Infinity"):
        np.testing.assert_equal(read_number(text), float(text))
    for text, said in (
        ("1_0", "underscore"),
        ("1e400", "is too large a number"),
        ("", "is not a"),
        ("1,5", "is not a"),
    ):
        with pytest.raises(ValueError, match=said):
            read_number(text)
    with pytest.raises(ValueError, match="is too large a number"):
        read_number(5_000 * "9")


YEARS = "1990,2000,2010\n0.5,3,0.25\n1,2.5,0.75\n"


def test_years_above_other_numbers_are_a_header_and_it_is_said(tmp_path):
    data = csv_of(tmp_path, YEARS, targets=("2000",))
    assert (data.X.tolist(), data.Y.tolist()) == ([[0.5, 0.25], [1, 0.75]], [[3], [2.5]])
    (note,) = data.notes
    assert "points.csv: line 1 is read as a header: whole numbers, unlike every line below" in note
    assert "--header no reads it as numbers" in note
    plain = csv_of(tmp_path, YEARS, header=False)
    assert (plain.samples, plain.X[0].tolist(), plain.notes) == (3, [1990, 2000], ())


@pytest.mark.parametrize(
    "text",
    [
        "0,0,0\n0,1,0.5\n1,0,0.5\n",
        "1,2,0\n1.5,2.5,1\n0.5,1.5,0\n",
        "1990,2000,2010\n",
        "1990,2000,20.5\n0.1,0.2,0.3\n",
        "7,8,9\n6.5,8.5,9.5\n7.5,7.5,8.5\n",
    ],
    ids=["gate", "labels", "alone", "fraction", "within"],
)
def test_a_first_line_of_numbers_that_may_be_data_is_data(tmp_path, text):
    data = csv_of(tmp_path, text)
    assert data.samples == text.count("\n")
    assert not data.notes


def test_years_above_whole_numbers_are_numbers_and_it_is_said(tmp_path):
    data = csv_of(tmp_path, "2019,2020,2021\n3,4,1\n5,6,0\n")
    assert data.samples == 3
    (note,) = data.notes
    assert note.endswith(
        "line 1 is read as numbers, though it counts on as a header of years does; --header yes reads it as one."
    )
    assert csv_of(tmp_path, "7,3,9\n3,4,1\n5,6,0\n").notes == ()


def test_a_header_can_be_forced(tmp_path):
    data = csv_of(tmp_path, "1,2,3\n4,5,6\n7,8,9\n", header=True, targets=("2",))
    assert (data.X.tolist(), data.Y.tolist(), data.notes) == ([[4, 6], [7, 9]], [[5], [8]], ())
    with pytest.raises(DataError, match="'a' is not a number"):
        csv_of(tmp_path, "a,b\n1,2\n", header=False)
    for name in ("xor", str(npz(tmp_path))):
        with pytest.raises(DataError, match="--header goes with a CSV file"):
            load(name, header=True)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("header", ["", "a{}b\n"])
def test_decimal_commas_are_read_and_it_is_said(tmp_path, delimiter, header):
    text = header.format(delimiter) + f"1,5{delimiter}2,25\n-3{delimiter}4e0\n"
    data = csv_of(tmp_path, text)
    assert (data.X.tolist(), data.Y.tolist()) == ([[1.5], [-3]], [[2.25], [4]])
    line = 2 if header else 1
    assert data.notes == (f"{data.source}: is read with decimal commas, as in line {line}: '1,5' is 1.5.",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,5;2,5\n1.5;2\n", "line 2, column 1: has a decimal point where line 1 has a comma; write all numbers alike"),
        ("1.5;2\n1,5;2\n", "line 2, column 1: has a decimal comma where line 1 has a point"),
        ("1,5;2,5\n1.234,5;2\n", "line 2, column 1: '1.234,5' is not a number"),
        ("1;2\n1,234,567;2\n", "line 2, column 1: '1,234,567' is not a number"),
    ],
)
def test_commas_that_may_mean_two_things_are_refused(tmp_path, text, said):
    with pytest.raises(DataError) as caught:
        csv_of(tmp_path, text)
    assert said in str(caught.value)


def test_plain_files_have_no_notes(tmp_path):
    for text in ("1,5\n2,5\n", "a;b\n1.5;2\n3;4\n", "1;2\n3;4\n"):
        assert csv_of(tmp_path, text).notes == ()


def test_what_had_to_be_guessed_is_said_by_the_commands(tmp_path):
    path = tmp_path / "years.csv"
    path.write_text(YEARS)
    options = ["differences", "bias", "--data", str(path)]
    guessed = CliRunner().invoke(main, options)
    assert (guessed.exit_code, guessed.stderr.count("\n")) == (0, 1)
    assert guessed.stderr.startswith("mlp-tui: ")
    assert "years.csv: line 1 is read as a header" in guessed.stderr
    for word, samples in (("no", 3), ("yes", 2)):
        told = CliRunner().invoke(main, [*options, "--header", word])
        assert (told.exit_code, told.stderr) == (0, "")
        assert load(str(path), header=word == "yes").samples == samples
    for words, said in (
        ([*options, "--header", "maybe"], "--header cannot be 'maybe'; it is yes or no."),
        (["differences", "--header", "no"], "--header goes with a CSV file; name the file with --data."),
    ):
        refused = CliRunner().invoke(main, words)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert said in refused.stderr


def test_a_forced_header_is_in_the_command_line(tmp_path):
    path = tmp_path / "years.csv"
    path.write_text(YEARS)
    settings = engine.Settings(load(str(path), header=False), engine.Side(), engine.Side())
    assert f"--data {path} --header no" in command_line(settings)


def test_a_file_that_has_not_changed_is_not_read_again(tmp_path):
    first = csv_of(tmp_path, "1,2\n3,4\n")
    path = tmp_path / "points.csv"
    assert load(str(path)) is first
    assert load(str(path), header=True) is not first
    path.write_text("1,2\n3,4\n5,6\n")
    assert load(str(path)).samples == 3
    path.unlink()
    with pytest.raises(DataError, match="there is no such file"):
        load(str(path))
