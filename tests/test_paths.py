"""Paths that a person types: one sentence for each that names nothing of use, before anything is trained."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.errors import InputError
from engine.export.files import check_writable, write_folder, write_whole
from engine.paths import Place, place_of, typed_path
from tests.forked import COMMAND, run_forked
from tui_app.cli.main import main

LONG = 300 * "x"
NOT_UTF8 = os.fsdecode(b"caf\xe9")

READ = (("run", "--data", "{}.csv"), ("run", "--data", "{}.npz"), ("run", "--from", "{}.json"))
WRITTEN = (
    ("run", "--json", "{}.json"),
    ("trace", "--json", "{}.json"),
    ("impact", "--json", "{}.json"),
    ("impact", "--csv", "{}.csv"),
    ("export", "{}"),
)


@pytest.fixture(autouse=True)
def untrained(monkeypatch, tmp_path):
    """Nothing of these tests may be trained; what is written is looked for in a folder of its own."""
    for name in ("engine.train", "engine.step.trace.trace_epoch", "engine.impact.study.Study.step"):
        monkeypatch.setattr(name, lambda *_: pytest.fail("it has trained"))
    monkeypatch.chdir(tmp_path)


def refused(arguments, path):
    """What is said, having left nothing behind."""
    before = sorted(os.listdir())
    result = CliRunner().invoke(main, [argument.format(path) for argument in arguments])
    assert result.exit_code == 2, result.exception
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert sorted(os.listdir()) == before
    return result.stderr


@pytest.mark.parametrize("arguments", [*READ, *WRITTEN], ids=" ".join)
def test_a_home_that_nobody_has(arguments):
    assert "no home folder of '~nosuch' is known here; write the path out" in refused(arguments, "~nosuch/file")


@pytest.mark.parametrize("arguments", [*READ, *WRITTEN], ids=" ".join)
def test_a_name_that_is_too_long(arguments):
    said = refused(arguments, LONG)
    assert "File name too long" in said
    assert LONG not in said
    assert len(said) < 350


@pytest.mark.parametrize("arguments", [*READ, *WRITTEN], ids=" ".join)
def test_a_folder_that_may_not_be_looked_into(arguments, monkeypatch):
    # The tests may run as a user whom no folder is closed to.
    look = os.stat

    def closed(path, *more, **options):
        if "closed" in str(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return look(path, *more, **options)

    monkeypatch.setattr(os, "stat", closed)
    said = refused(arguments, "closed/file")
    assert "closed/file" in said
    assert "Permission denied" in said


@pytest.mark.parametrize("arguments", [*READ, *WRITTEN], ids=" ".join)
def test_a_folder_that_is_a_file(arguments, tmp_path):
    Path("points").write_text("")
    assert "there is no " in refused(arguments, "points/file")


@pytest.mark.parametrize("arguments", WRITTEN, ids=" ".join)
def test_a_folder_that_takes_no_file(arguments, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert "the folder . cannot be written to: Read-only file system" in refused(arguments, "file")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that lets even root make no file")
@pytest.mark.parametrize("arguments", WRITTEN, ids=" ".join)
def test_a_folder_that_takes_no_file_of_anyone(arguments):
    assert "the folder /proc cannot be written to" in refused(arguments, "/proc/file")


@pytest.mark.parametrize("option", [*(arguments[:2] for arguments in (*READ, *WRITTEN[:4])), ("export",)], ids=" ".join)
def test_nothing_is_no_name(option):
    assert "''" in refused((*option, ""), "")


def test_a_path_is_taken_as_it_is_typed(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert typed_path("~/a.csv") == Path("/home/somebody/a.csv")
    assert typed_path("./~nosuch/a.csv") == Path("~nosuch/a.csv")
    assert str(typed_path(NOT_UTF8)) == NOT_UTF8
    for text in ("", "  ", "a\0b"):
        with pytest.raises(InputError) as caught:
            typed_path(text)
        assert str(caught.value).isprintable()


def test_what_stands_at_a_path(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    found = {name: place_of(tmp_path / name) for name in ("", "file", "link", "pipe", "file/below", "nowhere")}
    assert found == {
        "": Place.FOLDER,
        "file": Place.FILE,
        "link": Place.NOTHING,
        "pipe": Place.OTHER,
        "file/below": Place.NOTHING,
        "nowhere": Place.NOTHING,
    }


def test_a_name_of_the_most_letters_is_written(tmp_path):
    longest = tmp_path / (255 * "x")
    write_whole(longest, "text", replace_existing=False)
    assert longest.read_text() == "text"
    assert os.listdir(tmp_path) == [longest.name]
    with pytest.raises(InputError, match="too long"):
        check_writable(tmp_path / (256 * "x"), replace_existing=False)


def test_a_text_that_no_file_can_hold_leaves_no_folder(tmp_path):
    with pytest.raises(InputError, match=r"'\\xe9' is in no UTF-8 text"):
        write_folder(tmp_path / "out", {"a": "1", "b": NOT_UTF8}, replace_existing=False)
    assert os.listdir(tmp_path) == []


def test_an_end_by_ctrl_c_leaves_nothing(tmp_path, monkeypatch):
    rename, renamed = os.replace, []

    def interrupted(source, target):
        if renamed:
            raise KeyboardInterrupt
        renamed.append(target)
        rename(source, target)

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", {"a": "1", "b": b"2"}, replace_existing=False)
    assert os.listdir(tmp_path) == []


def mlp_tui(*arguments):
    """In a process of its own, so that the names are bytes and the output is what a terminal would get."""
    return run_forked(*COMMAND, *arguments)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems have no such names")
def test_a_name_that_is_not_utf8(tmp_path):
    data = b"caf\xe9.csv"
    Path(os.fsdecode(data)).write_text("a,b\n1,0\n0,1\n")
    ran = mlp_tui("run", "--data", data, "--epochs", "2", "--json", b"caf\xe9.json")
    assert (ran.returncode, ran.stderr) == (0, b"wrote caf\\xe9.json\n")
    assert b"caf\\xe9 2x1" in ran.stdout
    assert json.loads(Path(os.fsdecode(b"caf\xe9.json")).read_text())["settings"]["data"]["X"] == [[1], [0]]
    exported = mlp_tui("export", b"caf\xe9", "--from", b"caf\xe9.json")
    assert (exported.returncode, exported.stderr) == (0, b"")
    assert exported.stdout.splitlines()[0] == b"caf\\xe9/numpy_mlp.py"
    missing = mlp_tui("run", "--data", b"th\xe9.csv")
    assert (missing.returncode, missing.stderr) == (2, b"mlp-tui: th\\xe9.csv: there is no such file.\n")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("points.csv", ("run", "--data")), ("run.json", ("run", "--from")), ("a.npz", ("run", "--data"))],
)
def test_content_that_is_not_utf8(name, arguments, tmp_path):
    Path(name).write_bytes(b"1,2\n\xff\xfe,4\n")
    said = refused((*arguments, "{}"), name)
    assert name in said
    assert ("line 2: is not UTF-8 text; save the file as UTF-8" in said) is (not name.endswith("npz"))


def test_what_is_discarded_is_not_begun_again(tmp_path):
    """A thread goes on writing while the process ends, in a process of its own."""
    code = (
        "import threading, time\n"
        "from pathlib import Path\n"
        "from engine.export import files\n"
        "started = threading.Event()\n"
        "files._fill = lambda file, data: (started.set(), time.sleep(0.2))\n"
        "def write():\n"
        "    try:\n"
        "        files.write_folder(Path('out'), {str(n): b'x' for n in range(9)}, False)\n"
        "    except Exception as error:\n"
        "        print(error)\n"
        "writing = threading.Thread(target=write)\n"
        "writing.start()\n"
        "started.wait()\n"
        "files.discard_unfinished()\n"
        "print(sorted(map(str, Path('.').rglob('*.part'))))\n"
        "time.sleep(0.5)\n"
        "print(sorted(map(str, Path('.').rglob('*.part'))))\n"
        "writing.join()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["[]", "out/1 cannot be written: the program ends.", "[]"]
