"""The rows of the Step and Impact tabs fit their width, whatever the numbers."""

import numpy as np
import pytest
from rich.cells import cell_len

import engine
from engine.effects import effects
from engine.impact import Measure, plan
from engine.operations import Operation
from engine.step_tensors import Kind, Place
from tests.made_up import MadeUpStudy, made_up_trace
from tui_app import impact_lines, step_lines


def width_of(line):
    return sum(cell_len(text) for text, _ in line)


WIDTHS = pytest.mark.parametrize("width", [58, 62, 80, 100, 124])


@WIDTHS
def test_operations_fit(width):
    trace = made_up_trace(engine.preset("asked"), 1, None)
    large = np.zeros((2000, 200))
    operation = Operation(Place(Kind.DELTA, 1), "δ1 = ∂L/∂a1 ∘ tanh′", large, large, 399_999, 1e-300, 1e-12, 10**12)
    rows = step_lines.StepRows((*trace.operations, operation), (trace.first, None))
    lines = [rows.heading(width), *(rows.row(index, width, True) for index in range(len(trace.operations) + 1))]
    assert len({width_of(line) for line in lines}) == 1
    assert width_of(lines[0]) <= width
    assert lines[-1][-1][0].split() == (
        ["399,999", "1.0e-300", "1.0e-12", "–"] if width > 58 else ["399999", "1e-300", "1e-12", "–"]
    )


@WIDTHS
def test_bars_fit_and_show_their_sign(width):
    study = MadeUpStudy(plan(engine.preset("asked"), ["all"], seeds=3))
    study.step(10**6)
    found = effects(study.impact(), Measure.AREA)
    for effect in found.ranked:
        row = impact_lines.row(effect, found, width)
        assert width_of(row) == width
        roles = {role for text, role in row if "█" in text}
        assert roles == {"hides" if effect.share < 0 else "adds"}
    assert width_of(impact_lines.heading(width)) == width


def test_a_bar_begins_at_zero_and_ends_at_the_mean():
    study = MadeUpStudy(plan(engine.preset("asked"), ["bias", "gradient_scale"], seeds=1))
    study.step(10**6)
    found = effects(study.impact(), Measure.AREA)
    low, high = (edge(0.0, *(one.share for one in found.ranked)) for edge in (min, max))
    for effect in found.ranked:
        bar = "".join(text for text, _ in impact_lines.row(effect, found, 100)[1:-1])
        filled = [index for index, sign in enumerate(bar) if sign == "█"]
        ends = sorted(round((value - low) / (high - low) * (len(bar) - 1)) for value in (0.0, effect.share))
        assert [filled[0], filled[-1]] == ends


@pytest.mark.parametrize(
    ("ulp", "differs", "said"), [(0, False, "0"), (0, True, "<1"), (1234, True, "1,234"), (10**6, True, "–")]
)
def test_ulps_are_said_in_few_letters(ulp, differs, said):
    tensor = np.zeros(3)
    operation = Operation(Place(Kind.LOSS), "", tensor, tensor, int(differs), 0.0, 0.0, ulp)
    assert step_lines.ulps(operation) == said
