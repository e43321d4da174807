"""Charts: what no run may upset, and axes that say what is there."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from engine.run.history import History
from tests.examples import long
from tui_app.text.plot import Series, draw, picture

BLUE = (87, 165, 226)


def curve(values):
    history = History()
    history.add(np.array(values, float), np.array(values, float))
    return history.curves().numpy


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize(
    "values",
    [[0.0], [1e308, -1e308], [1e308, 1e-308], [5e-324], [0.0, 0.0], [1.0, 1.0], [-1.0, 2.0], [1e300] * 3, [3.0]],
    ids=str,
)
def test_nothing_a_run_produces_upsets_it(values, log):
    text = draw([Series(curve(values), BLUE)], 60, 12, log)
    assert text == "" or len(text.rstrip("\n").split("\n")) == 12


def test_an_axis_has_one_zero():
    text = re.sub(r"\x1b\[[\d;]*m", "", draw([Series(curve(np.linspace(-1e-6, 0.25, 100)), BLUE)], 60, 16, False))
    assert [label for label in re.findall(r"(\S+)┤", text) if float(label) == 0] == ["0"]


def test_a_chart_may_be_larger_than_the_terminal(monkeypatch):
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("COLUMNS", "20")
    lines = draw([Series(curve([1, 2]), BLUE)], 100, 40, False).split("\n")
    assert len([line for line in lines if line]) == 40


@long
def test_a_picture_is_the_same_in_every_process():
    """plotext keeps ticks in a set of strings, whose order changes with the hash seed."""
    code = (
        "import numpy as np\n"
        "from tests.test_plot import BLUE, curve\n"
        "from tui_app.text.plot import Series, draw\n"
        "series = [Series(curve(np.linspace(1, 2, 5000)), BLUE)]\n"
        "print([draw(series, width, 14, False) for width in range(20, 220, 8)])\n"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "0123"
    }
    assert len(drawn) == 1


@pytest.mark.parametrize("zoom", [None, (30, 80)])
@pytest.mark.parametrize("gap", [[1.0] * 3 + [0.0] * 97, [0.0] * 50 + [1.0] + [0.0] * 49], ids=["start", "middle"])
def test_charts_above_each_other_have_one_axis(gap, zoom):
    """A gap of zero is on no log axis; where it ends, the axis does not."""
    if zoom and not any(gap[zoom[0] - 1 : zoom[1]]):
        return
    losses, gaps = (picture([Series(curve(one), BLUE)], 60, 12, True, epochs=zoom) for one in ([0.5] * 100, gap))
    assert losses.x_range == gaps.x_range == (zoom or (0, 100))
