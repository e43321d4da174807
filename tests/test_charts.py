"""Charts and their legends: below zero, without colour, at the cursor, on narrow screens, and in print."""

import io
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import engine
from engine.number_text import number
from engine.run.history import History
from tests.driver import WIDE, driven
from tests.examples import one_in, some_of
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.text.curve_legends import LossChart, gap_legend, loss_legend, loss_reading
from tui_app.text.marks import Drawing
from tui_app.text.plot import Series, draw, picture
from tui_app.text.report import print_run
from tui_app.widgets.chart import Chart

BLUE, ORANGE = (87, 165, 226), (255, 166, 43)
HEIGHTS = range(5, 41)
NARROWEST = 58
"""Columns of a legend on a screen of 60."""


def curves_of(numpy, pytorch):
    history = History()
    history.add(np.array(numpy, float), np.array(pytorch, float))
    return history.curves()


def both(curves, names=("", "")):
    return [
        Series(curves.numpy, BLUE, mark="*", name=names[0]),
        Series(curves.pytorch, ORANGE, mark="o", name=names[1]),
    ]


def plain(text):
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def inside(text):
    """The rows of a chart inside its frame, and the labels of its y axis, from the top."""
    rows = [re.match(r"( *\S*)[│┤](.*)│$", line) for line in plain(text).split("\n")]
    rows = [row for row in rows if row]
    return [row[2] for row in rows], [row[1].strip() for row in rows]


def written(line):
    return "".join(text for text, _ in line)


def as_asked(epochs=5000):
    """A number that falls below zero, as the question's does, by far too little to be seen; and a loss."""
    epoch = np.arange(epochs)
    number = 0.07 * np.exp(-epoch / 80) - 6.6e-5 * np.exp(-(((epoch - 1514) / 900) ** 2))
    return curves_of(number, 0.25 / (1 + (epoch / 2500) ** 4))


# Zero


@one_in(5)
@pytest.mark.parametrize("height", HEIGHTS)
@pytest.mark.parametrize("drawing", Drawing)
def test_zero_has_a_line_a_label_and_room_below_it(height, drawing):
    curves = curves_of(np.linspace(0.25, 0.2, 500), np.where(np.arange(500) == 250, -6.6e-5, 0.24))
    rows, labels = inside(draw(both(curves), 80, height, False, drawing=drawing))
    assert len(rows) == height - 3
    assert labels.count("0") == 1
    line = labels.index("0")
    assert line < len(rows) - 1
    sign = "-" if drawing is Drawing.ASCII else "╌"
    # Five lines leave two rows, and the curves lie in the upper one too.
    assert rows[line].count(sign) >= 60 or height == 5
    assert not any(sign in row for row in rows[:line] + rows[line + 1 :])
    assert not "".join(rows[line + 1 :]).strip()


@pytest.mark.parametrize("height", HEIGHTS)
def test_what_lies_below_zero_is_drawn_there(height):
    curves = curves_of(np.linspace(1, -1, 500), np.linspace(1, 0.5, 500))
    rows, labels = inside(draw(both(curves), 80, height, False))
    line = labels.index("0")
    assert all(row.strip() for row in rows[line + 1 :])
    assert len(rows) - 1 - line == pytest.approx(line, abs=1)


def test_a_signed_report_has_a_line_at_zero_before_it_goes_below():
    curves = curves_of([0.25, 0.24], [0.2, 0.1])
    assert "0" in inside(draw(both(curves), 60, 12, False, zero=True))[1]
    assert "0" not in inside(draw(both(curves), 60, 12, False))[1]
    assert "╌" not in draw(both(curves), 60, 12, True, zero=True)


@pytest.mark.parametrize("values", [[-1.0], [0.0], [-1e308, 1e308], [-5e-324, 0], [-2.0, -1.0], [0.0, -0.0]], ids=str)
@pytest.mark.parametrize("height", [5, 6, 12])
def test_zero_is_there_whatever_goes_below_it(values, height):
    rows, labels = inside(draw([Series(curves_of(values, values).numpy, BLUE)], 60, height, False, zero=True))
    assert labels.index("0") < len(rows) - 1


def test_the_legend_says_how_low_and_when():
    curves = as_asked()
    least = int(curves.numpy.low.argmin())
    assert curves.numpy.low[least] == pytest.approx(-6.6e-5, rel=0.01)
    chart = LossChart(curves, (True, False), log=True)
    whole = f"by hand, least -6.6e-05 at {least + 1:,}"
    assert written(loss_legend(chart, Drawing.COLORS, 120)) == (
        f"loss  ━━ {whole}  ━━ PyTorch  linear axis: error·loss can be negative"
    )
    for changed in ("", "bias"):
        for width in range(NARROWEST, 200):
            text = written(loss_legend(replace(chart, changed=changed), Drawing.COLORS, width))
            assert cell_len(text) <= width
            assert f"━━ {whole}  ━━ PyTorch" in text
            assert ("━━ before" in text) is bool(changed)


@cache
def random_curves(seed):
    return curves_of(*np.random.RandomState(seed).normal(size=(2, 2_000_000 if seed == 0 else 50)))


@given(
    st.integers(NARROWEST, 120),
    st.sampled_from(["", "gradient, bias and 3 more"]),
    st.sampled_from(Drawing),
    st.integers(0, 9),
)
def test_a_legend_always_has_the_names(width, changed, drawing, seed):
    chart = LossChart(random_curves(seed), (True, True), True, changed)
    text = written(loss_legend(chart, drawing, width))
    assert cell_len(text) <= width
    glyphs = {Drawing.COLORS: ("━━", "━━"), Drawing.MARKS: ("⠒⠒", "oo"), Drawing.ASCII: ("**", "oo")}[drawing]
    assert f"{glyphs[0]} by hand, least" in text
    assert f"{glyphs[1]} PyTorch, least" in text


@pytest.mark.parametrize("drawing", Drawing)
def test_two_signed_reports_and_the_run_before_fit_the_least_screen(drawing):
    """By far the longest line: the run before gives way, being faint; least values of any size stay whole."""
    for low, high in ((-0.016, -0.0042), (-1.2e-300, -3.4e-200)):
        chart = LossChart(curves_of(np.array([1.0, low]), np.array([1.0, high])), (True, True), True, "gradient")
        text = written(loss_legend(chart, drawing, NARROWEST))
        assert cell_len(text) <= NARROWEST
        assert number(low) in text
        assert number(high) in text


# Axes


@one_in(3)
@pytest.mark.parametrize("height", some_of(range(8, 50), 6))
def test_a_label_stands_in_the_row_of_its_value(height):
    """Against the curve itself: one that is flat at the label's value."""
    slope = curves_of(np.linspace(0.05, 0.3, 300), np.linspace(0.05, 0.3, 300)).numpy
    _, labels = inside(draw([Series(slope, BLUE)], 80, height, False))
    for row, label in enumerate(labels):
        if label:
            flat = curves_of([float(label)] * 300, [0] * 300).numpy
            signs = [Series(slope, BLUE, mark="*"), Series(flat, ORANGE, mark="o")]
            rows, same = inside(draw(signs, 80, height, False, drawing=Drawing.ASCII))
            assert same == labels
            assert [index for index, text in enumerate(rows) if "o" in text] == [row]


@given(st.integers(1, 4000), st.integers(10, 4000), st.integers(30, 200), st.data())
def test_columns_and_epochs_agree_with_the_curve(first, span, width, data):
    """Against a spike of one epoch, which stands in the column that its epoch is said to have."""
    last = first + span
    spike = data.draw(st.integers(first, last))
    curve = curves_of(np.where(np.arange(1, last + 1) == spike, 1.0, 0.0), np.zeros(last)).numpy
    drawn = picture([Series(curve, BLUE)], width, 9, False, epochs=None if first == 1 else (first, last))
    rows = plain(drawn.text).split("\n")
    column = drawn.column(spike)
    # Where epochs are sparse the curve goes up to the spike and down again between columns.
    half = 1 if span < 2 * width else 0
    assert any(rows[1][place] != " " for place in range(max(drawn.left, column - half), column + half + 1))
    columns = range(drawn.left, drawn.left + drawn.columns)
    assert [drawn.column(drawn.epoch(place)) for place in columns if span > 2 * width] == [
        place for place in columns if span > 2 * width
    ]
    assert drawn.epoch(drawn.left) == max(first, 1)
    assert drawn.epoch(drawn.left + drawn.columns - 1) == last
    assert drawn.epoch(drawn.left - 1) is drawn.epoch(drawn.left + drawn.columns) is None


def test_epochs_are_counted_from_the_start_of_the_run():
    drawn = picture(both(as_asked()), 80, 12, False)
    lines = plain(drawn.text).rstrip("\n").split("\n")
    assert lines[-1].split() == ["0", "1,000", "2,000", "3,000", "4,000", "5,000"]
    ticks = [place for place, sign in enumerate(lines[-2]) if sign == "┬"]
    assert ticks[1:] == [drawn.column(epoch) for epoch in range(1000, 5001, 1000)]
    assert ticks[0] == drawn.left == drawn.column(1)


# Telling curves apart


@pytest.mark.parametrize(
    ("drawing", "hand"), [(Drawing.ASCII, set("*")), (Drawing.MARKS, {chr(code) for code in range(0x2801, 0x2900)})]
)
def test_two_glyphs_tell_the_curves_apart(drawing, hand):
    apart = curves_of(np.full(100, 1.0), np.full(100, 0.5))
    rows, _ = inside(draw(both(apart), 80, 20, False, drawing=drawing))
    signs = [set(row) - {" "} for row in rows]
    assert signs[0] <= hand
    assert signs[0]
    assert signs[-1] == {"o"}
    assert all(not row for row in signs[1:-1])


@pytest.mark.parametrize("drawing", [Drawing.ASCII, Drawing.MARKS])
def test_glyphs_take_turns_where_curves_lie_on_each_other(drawing):
    losses = np.full(100, 1.0)
    rows, _ = inside(draw(both(curves_of(losses, losses)), 80, 12, False, drawing=drawing))
    row = next(row for row in rows if row.strip())
    share = row.count("o") / len(row.strip())
    assert 0.4 < share < 0.6


def test_other_runs_have_other_glyphs():
    losses = [curves_of(np.full(50, height), np.zeros(50)).numpy for height in (4.0, 3.0, 2.0, 1.0)]
    series = [Series(losses[0], BLUE, mark="*"), Series(losses[1], BLUE, True, "."), Series(losses[2], BLUE, mark="x")]
    assert set("".join(inside(draw(series, 80, 20, False, drawing=Drawing.ASCII))[0])) == set(" *.x")
    assert written(gap_legend(True, ("same-loss",), Drawing.ASCII)) == "gap |Δloss|, log scale  **  xx same-loss"


def test_curves_are_named_at_their_ends_where_there_is_room():
    apart = curves_of(np.linspace(1, 0.9, 300), np.linspace(0.7, 0.5, 300))
    named, bare = (inside(draw(both(apart, names), 80, 20, False))[0] for names in (("by hand", "PyTorch"), ("", "")))
    assert any(row.endswith("by hand") for row in named)
    assert any(row.endswith("PyTorch") for row in named)
    for row, without in zip(named, bare, strict=True):
        assert all(sign == before for sign, before in zip(row, without, strict=True) if before != " ")
    near = curves_of(np.linspace(1, 0.12, 300), np.linspace(0.7, 0.1, 300))
    for curves, size in ((near, (80, 20)), (apart, (80, 9)), (apart, (40, 20))):
        assert "PyTorch" not in plain(draw(both(curves, ("by hand", "PyTorch")), *size, False))


# The cursor


@given(
    st.integers(1, 2_000_000),
    st.tuples(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12)),
    st.integers(NARROWEST, 100),
)
def test_a_reading_has_names_and_as_many_digits_as_fit(epoch, losses, width):
    text = written(loss_reading(epoch, losses, Drawing.COLORS, width))
    assert cell_len(text) <= width
    found = re.fullmatch(rf"epoch {epoch:,}  ━━ by hand (\S+)  ━━ PyTorch (\S+)", text)
    for shown, loss in zip(found.groups(), losses, strict=True):
        assert float(shown.replace(",", "")) == pytest.approx(loss, rel=0.06)


def test_a_reading_is_shortened_and_not_cut():
    losses = (0.005182889349, 0.005182888359)
    for width, numbers in (
        (80, ("0.005182889349", "0.005182888359")),
        (65, ("0.005182889349", "0.005182888359")),
        (64, ("0.00518288935", "0.00518288836")),
        (NARROWEST, ("0.00518289", "0.00518289")),
    ):
        assert written(loss_reading(4802, losses, Drawing.COLORS, width)) == (
            f"epoch 4,802  ━━ by hand {numbers[0]}  ━━ PyTorch {numbers[1]}"
        )


def test_a_reading_of_grouped_epochs_says_what_they_span():
    history = History(4)
    history.add(np.linspace(1, 0, 16), np.linspace(2, 1, 16))
    reading = [written(loss_reading(6, history.curves(), Drawing.COLORS, width)) for width in (80, NARROWEST)]
    assert reading[0] == "epoch 6  ━━ by hand 0.533 to 0.733  ━━ PyTorch 1.53 to 1.73"
    assert reading[1] == "epoch 6  ━━ by hand 0.53 to 0.73  ━━ PyTorch 1.5 to 1.7"
    late = written(loss_reading(17, history.curves(), Drawing.COLORS, NARROWEST))
    assert late == "epoch 17: not trained yet  ━━ by hand  ━━ PyTorch"


# On the screen and in print


def rows_on_screen(app, name):
    chart = app.query_one(name)
    return [chart.render_line(row).text for row in range(chart.size.height)]


@pytest.fixture
async def screen(request, monkeypatch):
    """The explorer on a small screen, over a made-up run: its legends and its charts."""
    variables, options = request.param
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = engine.preset("same-loss")
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False, **options)
    async with driven(app, (80, 24)) as driver:
        await driver.press("P", "down", "m")
        yield app


@one_in(3)
@pytest.mark.parametrize(
    ("screen", "glyphs"),
    [
        (({}, {"ascii": True}), ("**", "oo", "..", "xx")),
        (({"NO_COLOR": "1"}, {}), ("⠒⠒", "oo", "..", "xx")),
        (({"NO_COLOR": ""}, {}), ("⠒⠒", "oo", "..", "xx")),
        (({}, {}), ("━━", "━━", "━━", "━━")),
    ],
    indirect=["screen"],
)
async def test_the_screen_tells_curves_apart_without_colour(screen, glyphs):
    legend = str(screen.query_one("#loss-legend").render())
    for glyph, name in zip(glyphs, ("by hand", "PyTorch", "before"), strict=False):
        assert f"{glyph} {name}" in legend
    assert f"{glyphs[3]} same-loss" in str(screen.query_one("#gap-legend").render())
    drawn = "".join(rows_on_screen(screen, "#loss-chart"))
    for glyph in glyphs[1:]:
        assert (glyph[0] in drawn) is (glyph != "━━")
    assert ("*" in drawn) is (glyphs[0] == "**")


@cache
def asked_run():
    return engine.train(replace(engine.preset("asked"), epochs=1600))


def printed(console):
    run = asked_run()
    print_run(run, console)
    least = int(run.numpy.losses.argmin())
    return f"by hand, least {run.numpy.losses[least]:.1e} at {least + 1:,}"


@one_in(3)
@pytest.mark.parametrize(
    ("options", "no_color", "glyphs"),
    [
        ({}, None, ("⠒⠒", "oo")),
        ({"force_terminal": True, "color_system": "truecolor"}, None, ("━━", "━━")),
        ({"force_terminal": True, "color_system": "truecolor"}, "", ("⠒⠒", "oo")),
        ({"force_terminal": True, "color_system": "truecolor"}, "1", ("⠒⠒", "oo")),
    ],
)
def test_print_tells_curves_apart_without_colour(options, no_color, glyphs, monkeypatch):
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    file = io.StringIO()
    least = printed(Console(file=file, width=100, **options))
    lines = plain(file.getvalue()).split("\n")
    legend = next(line for line in lines if line.startswith("loss  "))
    assert legend.startswith(f"loss  {glyphs[0]} {least}  {glyphs[1]} PyTorch")
    rows, labels = inside("\n".join(lines[: lines.index(next(line for line in lines if "first loss" in line))]))
    assert any("ooo" in row for row in rows) is (glyphs[1] == "oo")
    assert labels.index("0") < len(rows) - 1


def test_print_in_ascii():
    file = io.TextIOWrapper(io.BytesIO(), "ascii", errors="replace")
    printed(Console(file=file, width=100))
    file.seek(0)
    text = file.read()
    assert "** by hand, least" in text
    assert "oo PyTorch" in text
    assert "ooo" in text
    assert re.search(r"\*{6}", text)


@pytest.mark.parametrize("explorer", [("same-loss", (60, 20))], indirect=True)
async def test_a_legend_without_its_chart_is_there_only_to_read_from(explorer):
    chart, legend = explorer.app.query_one("#gap-chart"), explorer.app.query_one("#gap-legend")
    assert (chart.display, legend.display) == (False, False)
    await explorer.press("comma")
    assert legend.display
    assert "gap |Δloss|" in explorer.text("#gap-legend")
    await explorer.press("escape")
    assert not legend.display
    await explorer.pilot.resize_terminal(80, 24)
    await explorer.settle()
    assert (chart.display, legend.display) == (True, True)


@one_in(2)
@pytest.mark.parametrize("explorer", [("classes", WIDE)], indirect=True)
@pytest.mark.parametrize("keys", [(), ("z", "full_stop")])
async def test_all_charts_have_one_axis_of_epochs(explorer, keys):
    """Also beside the faint curve of a longer run, and in a part of the epochs."""
    explorer.app.change_settings(replace(explorer.app.settings, epochs=300, seed=1))
    await explorer.press("c", *keys)
    ends = []
    for name in ("#loss-chart", "#accuracy-chart"):
        chart = explorer.app.query_one(name, Chart)
        ends.append(chart.render_line(chart.size.height - 1).text.split()[-1])
    assert ends[0] == ends[1]
    assert keys or ends[0] == "5,000"
