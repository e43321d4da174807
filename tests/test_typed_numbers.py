"""Numbers that are typed: read as they stand there, or refused in one sentence."""

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.errors import SettingsError
from engine.number_text import typed_number, typed_whole
from tui_app.cli.main import main
from tui_app.cli.setup_values import setup_fields, setup_settings

DIGITS = 5_000 * "9"
WHOLE = (
    ("run", "--epochs"),
    ("run", "--seed"),
    ("run", "--hidden"),
    ("run", "--threads"),
    ("run", "--batch-size"),
    ("impact", "--seeds"),
    ("trace", "--epoch"),
)
ANY = (
    ("run", "--lr"),
    ("run", "--fail-over"),
    ("impact", "--threshold"),
    ("run", "--set", "numpy.learning_rate="),
    ("run", "--set", "numpy.momentum="),
    ("run", "--set", "numpy.momentum=textbook-"),
    ("run", "--set", "numpy.momentum=0.9-dampened-"),
    ("run", "--set", "numpy.weight_decay=decoupled-"),
)


def refused(option, value, monkeypatch):
    for name in ("engine.train", "engine.step.trace.trace_epoch", "engine.impact.study.Study.step"):
        monkeypatch.setattr(name, lambda *_: pytest.fail("it has trained"))
    words = [*option[:-1], option[-1] + value] if option[-1][-1] in "=-" and "=" in option[-1] else [*option, value]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.exception
    assert len(result.stderr) < 600
    return result.stderr


@pytest.mark.parametrize("option", [*WHOLE, *ANY], ids=" ".join)
@pytest.mark.parametrize("value", ["1_0", "0_1", "1__0"])
def test_an_underscore_makes_no_number(option, value, monkeypatch):
    assert "cannot be '" in refused(option, value, monkeypatch)


@pytest.mark.parametrize("option", [*WHOLE, *ANY], ids=" ".join)
def test_thousands_of_digits(option, monkeypatch):
    assert "cannot be '" in refused(option, DIGITS, monkeypatch)


@pytest.mark.parametrize("option", ANY, ids=" ".join)
def test_a_number_that_is_too_large_is_said_to_be(option, monkeypatch):
    said = refused(option, "1e400", monkeypatch)
    assert "that is too large a number" in said
    assert "inf" not in said


def test_the_learning_rate_says_what_would_be_right(monkeypatch):
    said = refused(("run", "--lr"), "1e400", monkeypatch)
    what, why = said.split(": that ")
    assert what == "mlp-tui: numpy.learning_rate cannot be '1e400'"
    assert why == "is too large a number; it is a number from 1e-30 to 1e+30.\n"


@pytest.mark.parametrize("option", [option for option in WHOLE if option[-1] != "--hidden"], ids=" ".join)
@pytest.mark.parametrize("value", ["1,0", "10,00", ",1", "1.5", "²"])
def test_a_comma_stands_before_three_digits(option, value, monkeypatch):
    assert "cannot be '" in refused(option, value, monkeypatch)


@pytest.mark.parametrize("name", ["epochs", "seed", "hidden", "threads", "numpy_rate", "pytorch_rate", "batch"])
@pytest.mark.parametrize("value", ["1_0", DIGITS])
def test_the_same_in_setup(name, value):
    settings = engine.preset("asked")
    with pytest.raises(SettingsError) as caught:
        setup_settings(settings, {**setup_fields(settings), name: value})
    assert len(str(caught.value)) < 400


@given(number=st.integers(-(10**20), 10**20))
def test_whole_numbers_read_back(number):
    for text in (str(number), f"{number:,}", f" {number} "):
        assert typed_whole("it", text) == number


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back(number):
    assert typed_number("it", repr(number)) == number
