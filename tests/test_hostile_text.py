"""Text from files and keyboards with escape sequences and line breaks in it: it is shown written out, everywhere."""

import ast
import json
import os
import re
import shlex
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.errors import DataError, InputError
from engine.export.exports import export_files
from engine.export.run_file import read_settings
from engine.run.training import result_of
from engine.shown_text import LONGEST, printable, shown
from tui_app.cli.main import main
from tui_app.cli.options import EXPERIMENT_OPTIONS, command_line

OSC_52 = "\x1b]52;c;aGk=\x07"
RED = "\x1b[31m"
HOSTILE = f"{RED}evil{OSC_52}\n# heading\r\x9b1m\u202e'''\"\"\"`"
WRITTEN = r"\x1b[31mevil\x1b]52;c;aGk=\x07\n# heading\r\x9b1m\u202e"

OPTIONS = [
    ("run", option) for decorate in EXPERIMENT_OPTIONS for option in decorate(lambda: None).__click_params__[0].opts[:1]
]
OPTIONS = [pair for pair in OPTIONS if pair[1] != "--ascii"]
OPTIONS += [
    ("run", "--fail-over"),
    ("run", "--json"),
    ("trace", "--epoch"),
    ("trace", "--operation"),
    ("trace", "--json"),
]
OPTIONS += [
    ("impact", f"--{name}") for name in ("differences", "seeds", "measure", "threshold", "toward", "json", "csv")
]
OPTIONS += [("differences", ""), ("export", ""), ("", "")]


def clean(text):
    """Whether a terminal would show it as it is."""
    return all(character.isprintable() or character == "\n" for character in text)


@pytest.fixture
def points(tmp_path, monkeypatch):
    """Enough for a program to read them from a file of their own, in a folder where the tests are at home."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{index % 7},{index % 3},{index % 2}\n" for index in range(40))
    (tmp_path / f"{HOSTILE}.csv").write_text(f"a{RED},b,{OSC_52}\n{rows}")
    return f"{HOSTILE}.csv"


@pytest.mark.parametrize("command", ["run", "trace", "impact"])
def test_a_files_name_and_header_are_printed_written_out(points, command):
    more = {"trace": ("--epoch", "1"), "impact": ("--differences", "bias", "--seeds", "2")}.get(command, ())
    result = CliRunner().invoke(main, [command, "--data", points, "--epochs", "2", *more])
    assert result.exit_code == 0, result.output
    assert clean(result.output)
    assert r"\x1b[31mevil\x1b]52;c;aGk=\x07" in result.stdout


def test_an_error_in_such_a_file_is_one_line(points, tmp_path):
    for targets in (f"{RED}c", "a"):
        result = CliRunner().invoke(main, ["run", "--data", points, "--targets", targets])
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert clean(result.stderr)
        assert WRITTEN in result.stderr
        assert r"a\x1b[31m, b, \x1b]52" in result.stderr
    for cell in (OSC_52, 1000 * "x", f'"{RED}\n1"'):
        (tmp_path / "points.csv").write_text(f"1,2\n3,{cell}\n")
        result = CliRunner().invoke(main, ["run", "--data", "points.csv"])
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert clean(result.stderr)
        assert len(result.stderr) < 200


def test_an_archives_keys_are_written_out(tmp_path):
    path = tmp_path / f"{RED}.npz"
    np.savez(path, **{f"X{OSC_52}": np.ones(3), 1000 * "k": np.ones(3)})
    with pytest.raises(DataError) as caught:
        engine.load(str(path))
    assert str(caught.value).isprintable()
    assert r"holds X\x1b]52;c;aGk=\x07, kkk" in str(caught.value)
    assert len(str(caught.value)) < LONGEST + 200 + len(str(tmp_path))


@pytest.mark.parametrize(("command", "option"), OPTIONS)
@pytest.mark.parametrize("value", [HOSTILE, 5_000 * "x", 5_000 * "9"], ids=["escapes", "letters", "digits"])
def test_what_is_typed_is_shown_written_out_and_short(command, option, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("engine.train", "engine.step.trace.trace_epoch", "engine.impact.study.Study.step"):
        monkeypatch.setattr(name, lambda *_: pytest.fail("it has trained"))
    if option in ("--json", "--csv") or command == "export":
        # As a file's name it is as good as any, but for its length and folders that are not there.
        value = f"nowhere/{value}"
    words = [word for word in (command, option, value) if word]
    if option == "--operation":
        monkeypatch.undo()
        words += ["--epoch", "1", "--epochs", "1"]
    if option in ("--targets", "--inputs"):
        (tmp_path / "points.csv").write_text("a,b\n1,2\n")
        words += ["--data", "points.csv"]
    result = CliRunner().invoke(main, words, prog_name="mlp-tui")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert clean(result.stderr)
    assert not re.search("x{201}|9{201}", result.stderr)
    assert os.listdir(tmp_path) in ([], ["points.csv"])


@pytest.fixture
def exported(points):
    settings = replace(engine.preset("answer"), data=engine.load(points), epochs=2)
    return export_files(result_of(engine.train(settings)), command_line(settings))


def test_a_report_has_only_its_own_headings(exported):
    report = exported["report.md"]
    assert clean(report)
    headings = [line for line in report.splitlines() if line.startswith("#")]
    assert len(headings) == 1
    name = printable(HOSTILE)
    assert f"``{name} ``: N = 40" in report or f"`` {name} ``: N = 40" in report


def test_programs_hold_no_text_of_a_file(exported):
    for name, text in exported.items():
        assert clean(name)
        if name.endswith(".py"):
            assert clean(text)
            assert "evil" in ast.get_docstring(ast.parse(text))
            assert RED not in text


def test_a_shell_takes_the_command_line_apart_again(points):
    settings = replace(engine.preset("answer"), data=engine.load(points, (OSC_52,)))
    line = command_line(settings)
    assert line.isprintable()
    script = 'import os, sys; sys.stdout.buffer.write(b"\\0".join(map(os.fsencode, sys.argv[1:])))'
    shell = f'set -- {line}; shift; python3 -c {shlex.quote(script)} "$@"'
    words = subprocess.run(["bash", "-c", shell], capture_output=True, check=True).stdout.split(b"\0")
    assert [os.fsdecode(word) for word in words] == ["--preset", "answer", "--data", points, "--targets", OSC_52]


def test_a_run_of_such_a_file_is_opened_from_its_document(points, tmp_path):
    result = CliRunner().invoke(main, ["run", "--data", points, "--epochs", "2", "--json", "run.json"])
    assert result.exit_code == 0
    assert read_settings(tmp_path / "run.json").data == engine.load(points)
    again = CliRunner().invoke(main, ["run", "--from", "run.json", "--json", "-"])
    assert clean(again.stdout)
    assert json.loads(again.stdout)["settings"]["data"]["source"] == points


def test_data_without_a_file_can_be_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["run", "--epochs", "2", "--json", "run.json"]).exit_code == 0
    document = json.loads((tmp_path / "run.json").read_text())
    document["settings"]["data"]["name"] = "# my own"
    (tmp_path / "own.json").write_text(json.dumps(document))
    assert CliRunner().invoke(main, ["export", "out", "--from", "own.json"]).exit_code == 0
    assert "`# my own`: N = 4" in (tmp_path / "out" / "report.md").read_text()
    assert "mlp-tui --from run.json" in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.parametrize("name", ["losses", "Losses"])
def test_data_called_losses_do_not_take_the_losses_place(tmp_path, name):
    path = tmp_path / f"{name}.csv"
    path.write_text("".join(f"{index % 7},{index % 3},0\n" for index in range(40)))
    files = export_files(
        result_of(engine.train(replace(engine.preset("exact"), data=engine.load(str(path)), epochs=2))), ""
    )
    (data,) = (file for file in files if file.endswith(".csv") and file != "losses.csv")
    assert data.lower() != "losses.csv"
    assert files[data].startswith("x1,x2,y1\n")
    assert files["losses.csv"].startswith("epoch,numpy,pytorch,gap\n")
    assert f'"{data}"' in files["numpy_mlp.py"]


@given(text=st.text())
def test_shown_text_is_printable_and_not_too_long(text):
    assert printable(text).isprintable()
    assert shown(text).isprintable()
    assert len(shown(text, 20)) <= 20
    if text.isprintable() and len(text) <= LONGEST:
        assert shown(text) == text
    assert str(InputError(text)).isprintable()


def test_shown_text_says_that_there_is_more():
    assert shown(200 * "x") == 200 * "x"
    assert shown(201 * "x") == 199 * "x" + "…"
    assert shown(10**5000).isprintable()
    assert (printable("\x1b\x9b\n\t\u202e\U000e0001"), printable(os.fsdecode(b"\xe9"))) == (
        r"\x1b\x9b\n\t\u202e\U000e0001",
        r"\xe9",
    )
