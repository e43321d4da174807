"""With --ascii no byte above 127 is written, nothing changes its width, and the locale decides by itself."""

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.pseudo_terminal import Terminal
from tui_app.ascii import locale_is_utf8, spell_out, to_ascii


@given(st.text())
def test_any_text_is_ascii_of_the_same_width(text):
    assert to_ascii(text).isascii()
    assert spell_out(text).isascii()
    assert cell_len(to_ascii(text)) == cell_len(text)


def test_signs_are_told_apart():
    assert to_ascii("≠") != to_ascii("=")
    assert to_ascii("○") != to_ascii("●")
    assert len({to_ascii(glyph) for glyph in " ░▒▓"}) == 4
    assert [to_ascii(dots) for dots in "⠉⠤⣀⡇⠀"] == ["'", "-", "_", "|", " "]
    assert spell_out("½Σe²") == "1/2 sum e^2"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, True),
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.utf8"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, True),
    ],
    ids=str,
)
def test_the_locale_decides(variables, expected, monkeypatch):
    for name in ("LANG", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert locale_is_utf8() is expected


@pytest.mark.parametrize(
    "command", [("run", "--preset", "asked"), ("run", "--preset", "answer"), ("differences",), ("run", "--help")]
)
def test_commands_write_ascii_alone(command):
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-m", "tui_app", *command], env=environment, capture_output=True, check=True
    )
    assert result.stdout.isascii()
    assert len(result.stdout) > 300
    assert b"?" not in result.stdout or "--help" in command


def test_the_progress_bar_is_ascii_too():
    program = Terminal("-m", "tui_app", "run", "--ascii", "--quiet", "--epochs", "6000")
    while program.process.poll() is None:
        program.read(0.05)
    program.read(0.1)
    program.close()
    assert b"6000" in program.output
    assert program.output.isascii()


KEYS = (b"w", b"h", b"f", b"x", b"T", b"\r", b"\x1b", b"I", b"u", b"d", b"?", b"\x1b", b"m", b"c", b",")


@pytest.mark.parametrize("options", [(["--ascii"], {}), ([], {"LC_ALL": "C"})], ids=["--ascii", "LC_ALL=C"])
def test_the_explorer_writes_ascii_alone(options):
    arguments, environment = options
    program = Terminal("-m", "tui_app", "--epochs", "300", *arguments, **environment)
    program.wait_for(b"Different: 5")
    for key in KEYS:
        os.write(program.master, key)
        end = time.monotonic() + 0.25
        while time.monotonic() < end:
            program.read(0.05)
    os.write(program.master, b"q")
    assert program.ended() == 0
    program.assert_whole()
    program.close()
    assert program.output.isascii()


def test_utf8_is_the_default():
    program = Terminal("-m", "tui_app", "--epochs", "300", LC_ALL="C.UTF-8")
    program.wait_for(b"Different: 5")
    program.close()
    assert not program.output.isascii()
