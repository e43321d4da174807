"""With --ascii no byte above 127 is written, nothing changes its width, and the locale decides by itself."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE
from tests.examples import long, one_in
from tests.forked import COMMAND, run_forked
from tests.pseudo_terminal import ForkedTerminal
from tests.strategies import classes
from tui_app.text.ascii import locale_is_utf8, spell_out, to_ascii
from tui_app.text.fix_lines import fix_lines


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
    assert len(set(map(to_ascii, "≠=○●"))) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("½·Σe²", "1/2*sum(e^2)"),
        ("½Σe²", "1/2*sum(e^2)"),
        ("½·Σ(ŷ − y)²", "1/2*sum((yhat - y)^2)"),
        ("½·mean(e²), ½: ¼", "1/2*mean(e^2), 1/2: 1/4"),
        ("Σδ over the samples", "sum(delta) over the samples"),
        ("λ·Σw²", "lambda*sum(w^2)"),
        ("U(±1/√n)", "U(+-1/sqrt(n))"),
        ("√3·√(2/(1+5))/√fan_in", "sqrt(3)*sqrt(2/(1+5))/sqrt(fan_in)"),
        ("a=√5", "a=sqrt(5)"),
        ("∂L/∂W₂ ≠ ∂L/∂ŷ", "dL/dW2 != dL/dyhat"),
        ("δ₁ = (δ₂·W₂ᵀ)·σ′", "delta1 = (delta2*W2^T)*sigma'"),
        ("2⁻²³ ≤ 2⁻⁵²", "2^-23 <= 2^-52"),
        ("W ← (1 − η·λ)·W → v", "W <- (1 - eta*lambda)*W -> v"),
        ("−∞, × 2, ≈ 3 …", "-inf, x 2, ~ 3 ..."),
        ("plain √ text", "plain sqrt text"),
        ("W1 = a ** 2  # code", "W1 = a ** 2  # code"),
    ],
)
def test_formulas_are_spelled_as_people_type_them(text, expected):
    assert spell_out(text) == expected


@one_in(5)
@pytest.mark.parametrize("discrepancy", CATALOGUE, ids=lambda one: one.field)
@pytest.mark.parametrize("name", ["asked", "exact", "two-classes", "three"])
def test_every_explanation_can_be_read_in_ascii(name, discrepancy):
    varied = [classes() if name == "three" else engine.preset(name)]
    # Between them these two have every line of a program that a difference changes; the others repeat them.
    with_lines = name in ("asked", "three")
    for value in discrepancy.possible_for(varied[0], SideName.NUMPY):
        varied.append(discrepancy.set(varied[0], SideName.NUMPY, value))
    for settings in varied:
        lines = {f"change {label}": text for label, text in fix_lines(settings, discrepancy)} if with_lines else {}
        for field, text in (vars(discrepancy.explain(settings)) | lines).items():
            spelled = spell_out(text)
            assert spelled.isascii()
            assert "?" not in spelled
            assert "  " not in spelled or field.startswith("change")
            assert not re.search(r"\( | [).,;:]", spelled) or field.startswith("change")
            # An interval without its end is all that closes what it did not open.
            assert balanced(re.sub(r"U\[[^]()]+\)", "", spelled))


def balanced(text):
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0


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
    "command",
    [
        ("run", "--preset", "asked", "--epochs", "300"),
        pytest.param(("run", "--preset", "answer", "--epochs", "300"), marks=long),
        ("differences",),
        ("run", "--help"),
    ],
)
def test_commands_write_ascii_alone(command):
    result = run_forked(*COMMAND, *command, environment={**os.environ, "LC_ALL": "C"})
    assert result.returncode == 0
    assert result.stdout.isascii()
    assert len(result.stdout) > 300
    assert b"?" not in result.stdout or "--help" in command


def test_the_progress_bar_is_ascii_too():
    program = ForkedTerminal("-m", "tui_app", "run", "--ascii", "--quiet", "--epochs", "6000")
    while program.process.poll() is None:
        program.read(0.05)
    program.read(0.1)
    program.close()
    assert b"6000" in program.output
    assert program.output.isascii()


KEYS = (b"w", b"h", b"f", b"x", b"T", b"\r", b"\x1b", b"I", b"u", b"d", b"?", b"\x1b", b"m", b"c", b",")


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--ascii"], {}), pytest.param([], {"LC_ALL": "C"}, marks=long)],
    ids=["--ascii", "LC_ALL=C"],
)
def test_the_explorer_writes_ascii_alone(arguments, environment):
    program = ForkedTerminal("-m", "tui_app", "--epochs", "100", *arguments, **environment)
    program.wait_for(b"Different: 5")
    for key in KEYS:
        os.write(program.master, key)
        program.wait_until_drawn()
    os.write(program.master, b"q")
    assert program.ended(limit=20) == 0
    program.assert_whole()
    program.close()
    assert program.output.isascii()


def test_utf8_is_the_default():
    program = ForkedTerminal("-m", "tui_app", "--epochs", "300", LC_ALL="C.UTF-8")
    program.wait_for(b"Different: 5")
    program.close()
    assert not program.output.isascii()
