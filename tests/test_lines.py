"""The rows of the Step and Impact tabs fit their width, whatever the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

import engine
from engine.impact.effects import effects
from engine.impact.study import Measure, plan
from engine.networks.places import Kind, Place
from engine.number_text import number
from engine.step.operations import Operation
from tests.examples import one_in
from tests.made_up import MadeUpStudy, made_up_trace
from tui_app.text import impact_lines, step_lines
from tui_app.text.impact_rows import ImpactRows


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


def measured(names, epochs=10**6, seeds=3):
    study = MadeUpStudy(plan(engine.preset("asked"), names, seeds=seeds))
    study.step(epochs)
    return effects(study.impact(), Measure.AREA)


def scaled(found, factor, **changes):
    """The same with all shares so many times as large."""
    ranked = tuple(replace(one, shapley=one.shapley * factor, alone=one.alone * factor) for one in found.ranked)
    return replace(found, ranked=ranked, whole=found.whole * factor, rest=found.rest * factor, **changes)


def renamed(found, title):
    """The same, the first and what moves only the plot called so."""
    names = (found.ranked[0], next(one for one in found.ranked if one.plot_only))
    silent = {one: replace(one, discrepancy=replace(one.discrepancy, title=title)) for one in names}
    silent[names[1]] = replace(silent[names[1]], shapley=0 * names[1].shapley)
    return replace(found, ranked=tuple(silent.get(one, one) for one in found.ranked))


EVERYTHING = measured(["all"])
"""These cancel; the next do not."""
SOME = measured(["bias", "reduction"])
ROWS = {
    "all": EVERYTHING,
    "so far": measured(["all"], epochs=1),
    "some": SOME,
    "parts": replace(EVERYTHING, whole=21.0 * EVERYTHING.largest),
    "large parts": scaled(replace(SOME, whole=SOME.rest + SOME.largest / 49), -1.2345e300, seeds=10_000),
    "large": scaled(EVERYTHING, 1.2345e298, seeds=10_000),
    "small": scaled(EVERYTHING, -1.2345e-300),
    "long": scaled(renamed(EVERYTHING, "Gradient of the second layer"), 1.2345e-7, seeds=10_000),
    "longer": renamed(EVERYTHING, "One gradient of the second layer and another"),
}


@one_in(5)
@pytest.mark.parametrize("name", ROWS)
def test_bars_fit_and_show_their_sign(name):
    """At every width: as wide as it is given, with a bar, whole titles and whole numbers."""
    found = ROWS[name]
    rows = ImpactRows(found)
    expected = [
        {
            "part": [f"{round(100 * (one.share / ((found.whole - found.rest) or 1))):,}%"],
            "mean": [number(one.share, digits) for digits in (1, 2, 3)],
            "error": [number(one.standard_error, digits) for digits in (1, 2)],
            "first": [f"{one.first}/{found.seeds}"],
        }
        for one in found.ranked
    ]
    for width in range(58, 201):
        heading = rows.heading(width)
        assert width_of(heading) == width
        names = ("part", "mean", "error", "first") if found.sampled_orders else ("part", "mean", "first")
        legend, columns = heading[0][0], [one for one in names if one in heading[0][0].split()[-len(names) :]]
        assert found.finished or legend.split()[:2] == ["so", "far"]
        assert ("part" in columns) is not found.cancel
        for index, effect in enumerate(found.ranked):
            row = rows.row(index, width)
            title, text = row[0][0].strip(), row[-1][0]
            assert width_of(row) == width
            assert title == effect.discrepancy.title or (title.endswith("…") and len(effect.discrepancy.title) > 26)
            assert row[0][0].endswith(" ")
            if not effect.shapley.any():
                assert text.strip() == "moves only the plotted number"
                continue
            assert {role for piece, role in row if "█" in piece} == {"hides" if effect.share < 0 else "adds"}
            numbers = text.replace(" %", "%").split()
            assert len(numbers) == len(columns)
            possible = [expected[index][column] for column in columns]
            assert all(one in those for one, those in zip(numbers, possible, strict=True)), (width, text)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("width", [1, 2, 10, 28, 40, 57])
def test_where_there_is_no_room_for_a_bar_titles_are_still_there(name, width):
    rows = ImpactRows(ROWS[name])
    assert rows.heading(width)
    for index, effect in enumerate(ROWS[name].ranked):
        assert effect.discrepancy.title.startswith(rows.row(index, width)[0][0].strip(" …"))


def test_where_the_width_does_not_do_digits_go_first_and_columns_next():
    rows = ImpactRows(scaled(SOME, 1.2345e-7, seeds=10_000))
    shown = []
    for width in range(100, 20, -1):
        chosen = rows.layout(width)
        kept = (chosen.digits, *(name for name, _ in chosen.columns))
        shown += [kept] if kept not in shown else []
    assert shown[:3] == [(3, "part", "mean", "first"), (2, "part", "mean", "first"), (2, "part", "mean")]


def test_numbers_are_plain_where_they_can_be():
    """0.25 and 18, not 2.5e-01 and 1.8e+01."""
    found = measured(["bias", "reduction"], seeds=1)
    said = "".join(text for effect in found.ranked for line in impact_lines.details(effect, found) for text, _ in line)
    assert found.ranked[0].share == 2.5
    assert "share 2.50" in said
    assert "e+" not in said
    assert "e-" not in said
    assert tuple(number(243.7 * 10.0**-one, impact_lines.DIGITS) for one in (0, 3, 6)) == ("244", "0.244", "2.44e-04")


def test_a_bar_begins_at_zero_and_ends_at_the_mean():
    study = MadeUpStudy(plan(engine.preset("asked"), ["bias", "reduction"], seeds=1))
    study.step(10**6)
    found = effects(study.impact(), Measure.AREA)
    low, high = (edge(0.0, *(one.share for one in found.ranked)) for edge in (min, max))
    rows = ImpactRows(found)
    for index, effect in enumerate(found.ranked):
        bar = "".join(text for text, _ in rows.row(index, 100)[1:-1])
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


def test_a_gap_that_grows_at_one_seed_is_not_left_as_it_is():
    """Each seed against its own rounding, as where it is counted at how many the gap grows."""
    found = measured(["bias", "reduction"])
    effect = found.ranked[0]

    def said(removed):
        one = replace(effect, removed=np.array(removed), rounding=np.array([1e-3, 1e-3, 1e-3]))
        return "".join(text for line in impact_lines.details(one, found) for text, _ in line)

    assert "leaves the gap as it is, but for rounding" in said([1e-4, -1e-3, 0.0])
    grown = said([2e-3, -2e-3, 2e-4])
    assert "larger at 1 of 3 seeds" in grown
    assert "but for rounding" not in grown
