"""Tables on the screen and in print: whole at every width, and true where a side has nothing."""

import io
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from textual.app import App
from textual.screen import Screen

import engine
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.experiment.discrepancies import CATALOGUE
from engine.networks.places import Kind, Place
from engine.run.comparison import ParameterPair
from engine.run.predictions import PredictionMap, Predictions
from engine.step.operations import Operation
from engine.step.trace import trace_epoch
from tests.driver import driven
from tests.examples import examples, hardest, one_in, some_of
from tests.made_up import made_up_worker
from tests.strategies import experiments
from tui_app.app import ExplorerApp
from tui_app.text.step_report import print_trace
from tui_app.view_state import Unit, ViewState, epoch_words
from tui_app.views import VIEWS, step
from tui_app.widgets import parameter_table
from tui_app.widgets.differences import DifferenceRows
from tui_app.widgets.histograms import histogram_content
from tui_app.widgets.parameter_table import ParameterTable
from tui_app.widgets.prediction_map import PredictionMaps
from tui_app.widgets.prediction_table import PredictionTable
from tui_app.widgets.tab_strip import TabStrip
from tui_app.widgets.tensor_table import TensorTable

WIDTHS = range(60, 201)
SIZES = [(60, 20), (80, 24), (100, 30), (110, 30), (118, 30), (120, 40), (200, 60)]
WORST = [1.2345678e-300, -1.2345678e-300, 1e300, math.nan, math.inf, -math.inf, 0.0, 9999.4, -1234.5678, 1.5e-9, 0.9, 3]
LARGE = 20_000_000


def is_number(text, value):
    """Whether the text is that number, to its digits."""
    found = float(text.replace(",", ""))
    return (math.isnan(found) and math.isnan(value)) or found == value or abs(found - value) <= 0.5 * abs(value)


def texts(widget, count):
    return [widget.render_line(y).text for y in range(count)]


class Undrawn(Screen):
    """Laid out, but not drawn: for tests that ask widgets for their lines."""

    def _compositor_refresh(self):
        pass


class Bare(App):
    """One widget, as wide as the screen, with the style sheet's scroll bar."""

    CSS = """
    * { scrollbar-size-vertical: 1; }
    ParameterTable, PredictionTable, PredictionMaps, DifferenceRows { width: 1fr; height: 1fr; overflow-x: hidden; }
    ClassMaps { width: 1fr; height: 1fr; }
    """

    def __init__(self, widget):
        super().__init__()
        self.widget, self.ascii = widget, False

    def compose(self):
        yield self.widget


async def at_every_width(widget, check, height=30, show=lambda: None):
    """At some of them, unless all are asked for."""
    app = Bare(widget)
    app.get_default_screen = lambda: Undrawn(id="_default")
    async with app.run_test(size=(60, height)) as pilot:
        for width in some_of(WIDTHS, 8):
            await pilot.resize_terminal(width, height)
            while widget.outer_size.width != width:
                await pilot.pause()
            show()
            await pilot.pause()
            check(width)


def worst_pairs():
    first = np.array(WORST).reshape(6, 2)
    second = np.roll(np.array(WORST), 1).reshape(6, 2)
    name = f"layer 1 {'x' * 52}"
    return (
        ParameterPair(name, first, second),
        ParameterPair("layer 1 bias", None, np.broadcast_to(np.float64(-1e-300), (LARGE,))),
        ParameterPair("layer 2 weight", np.broadcast_to(np.float64(3), (1, LARGE)), None),
    )


async def test_weights_are_whole_at_every_width():
    table, pairs = ParameterTable(id="weights"), worst_pairs()
    ulps = {Unit.ABSOLUTE: "Δ", Unit.RELATIVE: "|Δ|/|W|", Unit.ULP: "ULP"}

    def check(width):
        room = table.scrollable_content_region.width
        assert room == width - 1
        for unit in Unit:
            table.show(pairs, unit)
            check_unit(unit)

    def check_unit(unit):
        table.scroll_to(y=0, animate=False, immediate=True)
        title, heading, *rows = texts(table, 14)
        assert "max |Δ|" in title
        assert heading.split() == ["unit", "input", "by", "hand", "PyTorch", ulps[unit]]
        for row, first, second in zip(rows, pairs[0].numpy.flat, pairs[0].pytorch.flat, strict=False):
            *_, ours, theirs, gap = row.split()
            assert is_number(ours, first)
            assert is_number(theirs, second)
            with np.errstate(all="ignore"):
                expected = first - second
            if unit is Unit.ABSOLUTE:
                assert is_number(gap, expected)
            else:
                assert gap == "–" or float(gap.replace(",", "")) is not None
        table.scroll_end(animate=False, immediate=True)
        assert table.scroll_offset.y > LARGE
        last = texts(table, 30)[-1]
        assert last.replace(",", "").split() == ["1", str(LARGE), *last.split()[-2:]]
        assert is_number(last.split()[-2], 3.0)
        assert last.split()[-1] == "none"

    with np.errstate(all="ignore"):
        await at_every_width(table, check, show=lambda: table.show(pairs))


async def test_predictions_are_whole_at_every_width():
    values = np.array(WORST).reshape(4, 3)
    data = Dataset("made up", np.ones((4, 2)), np.array([123456.0, -0.123456, 1.23456e-300] * 4).reshape(4, 3))
    predictions = Predictions(values, np.roll(values, 1, axis=0), None)
    table = PredictionTable()

    def check(width):
        heading, *rows = texts(table, 13)
        assert heading.split() == ["sample", "output", "target", "by", "hand", "PyTorch", "Δ"]
        for row, target, ours, theirs in zip(
            rows, data.Y.flat, predictions.numpy.flat, predictions.pytorch.flat, strict=True
        ):
            cells = row.split()
            with np.errstate(all="ignore"):
                expected = 0.0 if ours == theirs else ours - theirs
            assert all(is_number(*pair) for pair in zip(cells[2:], (target, ours, theirs, expected), strict=True))

    await at_every_width(table, check, show=lambda: table.show(data, predictions))


@one_in(3)
@pytest.mark.parametrize("height", [4, 9, 30, 50])
async def test_maps_say_their_numbers_whole_at_every_width(height):
    maps, points = PredictionMaps(), np.array([[-123456.0, 1e-7], [7.0, 2.0]])
    data = Dataset("made up", points, np.array([[-0.000123], [1234567.0]]))
    gap = 4.8e-300
    plane = PredictionMap((-142974.4, 18525.4), (-0.3, 2.3), np.zeros((48, 48)), np.full((48, 48), gap))
    known = {-142974.4, 18525.4, -0.3, 2.3, -0.000123, 1234567.0, gap}

    def check(width):
        lines = texts(maps, height)
        assert {cell_len(line) for line in lines} == {width}
        text = "\n".join(lines)
        assert "by hand" in text
        assert "4.8e-300" in text
        words = text.translate(dict.fromkeys(map(ord, " ░▒▓█○●→↑|Δ,"), " ")).split()
        numbers = [word for word in words if word[-1].isdigit() or word[0].isdigit()]
        assert all(any(is_number(word, value) for value in known) for word in numbers), numbers

    await at_every_width(maps, check, height, lambda: maps.show(data, plane))


@given(experiments(), st.sampled_from(WIDTHS), st.booleans())
@examples(25)
def test_values_of_the_differences_are_whole(settings, screen, ascii):
    from tui_app.text.difference_rows import row_texts, value_forms

    width = 49 if 118 <= screen < 160 else 69 if screen >= 160 else screen - 5
    found = row_texts(settings, width, ascii)
    assert found.switch_start + 4 <= width
    for discrepancy, pair in zip(CATALOGUE, found.values, strict=True):
        for text, side, room in zip(pair, SideName, (found.first, found.second), strict=True):
            value = discrepancy.value(settings, side)
            assert text in value_forms(discrepancy, value, ascii)
            assert cell_len(text) <= room
            if any(choice.value == value for choice in discrepancy.choices):
                assert text in (discrepancy.label(value), discrepancy.name(value))
        if discrepancy.matched(settings):
            assert pair[0] == pair[1]


@pytest.mark.parametrize("ascii", [False, True])
async def test_signs_of_the_differences_are_told_apart(ascii):
    rows = DifferenceRows(engine.preset("asked"))
    app = Bare(rows)
    app.ascii = ascii
    async with app.run_test(size=(60, 20)):
        lines = str(rows.render()).splitlines()
    signs = ("!=", "==") if ascii else ("≠", "=")
    for place, line in zip(rows.lines, lines[1:], strict=True):
        if place.index is not None:
            assert signs[CATALOGUE[place.index].matched(engine.preset("asked"))] in line.split()


def operations():
    large = np.zeros((20_000, 1_000))
    return (
        Operation(Place(Kind.DELTA, 1), "δ1 = " + "∂L/∂a1 ∘ " * 6, large, large, LARGE, 1.2e-300, 1e-12, 999_999),
        Operation(Place(Kind.ERROR, 1), "∂L/∂a1", large, large, 7, math.inf, math.nan, 2**63),
        Operation(Place(Kind.OUTPUT, 1), "a1", large, large, 0, 0.0, 0.0, 0),
        Operation(Place(Kind.BIAS_BEFORE, 1), "b1", large[0], large[0], 0, 0.0, 0.0, 0, "by hand"),
    )


@pytest.mark.parametrize("ascii", [False, True])
def test_rows_of_a_step_are_whole_at_every_width(ascii):
    from tui_app.text.step_lines import StepRows

    rows = StepRows(operations(), (0, None), ascii)
    for screen in WIDTHS:
        width = screen - 1 if screen < 118 else screen - 59 if screen < 160 else screen - 79
        lines = ["".join(text for text, _ in rows.row(index, width)) for index in range(4)]
        heading = "".join(text for text, _ in rows.heading(width))
        assert len({cell_len(line) for line in (heading, *lines)}) == 1
        assert cell_len(heading) <= width
        first, second, equal, lacking = (line.split() for line in lines)
        assert first[0] == ("!=" if ascii else "≠")
        assert first[-1] == "999,999"
        assert is_number(first[-2] if "rel." not in heading else first[-3], 1.2e-300)
        assert second[-1] == "–"
        assert equal[0] == ("==" if ascii else "=")
        assert lacking[-3:] == ["only", "in", "PyTorch"]
        assert not set("=≠!") & set(lacking[0])


def test_histograms_fit_at_every_width():
    first = np.array([-1e300, -1.5, 0.25, 1e300, 7.0])
    pairs = (
        ParameterPair("layer 1 " + "x" * 52, first, first[::-1]),
        ParameterPair("layer 1 bias", None, first),
        ParameterPair("layer 1 weight", np.zeros((4, 500_000)), np.ones((4, 500_000))),
    )
    for screen in some_of(WIDTHS, 6):
        width = screen - 1 if screen < 118 else screen - 59 if screen < 160 else screen - 79
        for pair in pairs:
            lines = histogram_content(pair, width).plain.splitlines()
            assert all(cell_len(line) <= width for line in lines)
            edges = [line[:11] for line in lines[2:]]
            assert all(math.isfinite(float(edge.replace(",", ""))) for edge in edges)
            counted = [
                int(word.replace(",", "")) for line in lines[2:] for word in line[11:].split() if word[0].isdigit()
            ]
            assert sum(counted) == (2 if pair.both else 1) * min(math.prod(pair.shape), 200_000)


def printed(width, write):
    stream = io.StringIO()
    write(Console(file=stream, width=width, highlight=False))
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 61, 72, 80, 120, 200])
def test_printed_tables_are_whole(width):
    from tui_app.text.report import difference_lines, end_lines, pair_lines

    first = np.array(WORST)
    for pair in (ParameterPair("layer 1 weight", first, np.roll(first, 1)), ParameterPair("b", None, first)):
        with np.errstate(all="ignore"):
            heading, *rows = pair_lines(pair, width)
        assert all(len(row) <= width for row in rows)
        assert heading.split() == ["by", "hand", "PyTorch", "Δ"]
        for row, value in zip(rows, pair.pytorch.flat, strict=True):
            assert is_number(row.split()[1], value)
            assert (row.split()[0], len(row.split())) == ("none", 2) or pair.both is not None
    heading, *rows = end_lines([("by hand", -1.2345678901234567e-300, 0.1), ("PyTorch", 1e300, 0.1)], width)
    assert all(len(row) <= width for row in rows)
    assert float(rows[0].split()[-2]) == -1.2345678901234567e-300
    heading, *rows = difference_lines(engine.preset("asked"), width)
    assert all(len(row) <= width for row in rows)
    assert rows[0].split() == ["Loss", "report", "error-times-loss", "≠", "mse"]


def test_a_printed_step_says_what_one_side_lacks():
    trace = trace_epoch(engine.preset("asked"), 1)
    lines = printed(80, lambda console: print_trace(trace, ["layer1-bias-before", "loss"], console))
    row = next(line for line in lines if line.split()[:2] == ["b1", "5"])
    assert row.split()[2:] == ["only", "in", "PyTorch"]
    place = lines.index("layer1-bias-before: b1")
    values = trace.operations[1].pytorch
    assert [line.split() for line in lines[place + 2 : place + 7]] == [
        [str(index + 1), "none", repr(float(value))] for index, value in enumerate(values)
    ]
    assert lines[lines.index("loss: logged loss") + 2].split()[0] == "1"


def bias_on_one_side():
    values = np.array([0.5, -0.25])
    return (
        ParameterPair("layer 1 weight", np.array([[1.0, 2.0]]), np.array([[1.0, 2.5]])),
        ParameterPair("layer 1 bias", None, values),
        ParameterPair("layer 2 bias", values, None),
    )


async def test_weights_that_a_side_does_not_have_are_none():
    table, pairs = ParameterTable(id="weights"), bias_on_one_side()
    async with Bare(table).run_test(size=(80, 24)) as pilot:
        table.show(pairs)
        await pilot.pause()
        lines = [line.split() for line in texts(table, 14)]
    assert lines[0] == ["Layer", "1", "weight", "1x2", "max", "|Δ|", "0.50"]
    assert lines[5] == ["Layer", "1", "bias", "2", "only", "in", "PyTorch"]
    assert lines[7:9] == [["1", "none", "+0.50000000"], ["2", "none", "-0.25000000"]]
    assert lines[10] == ["Layer", "2", "bias", "2", "only", "by", "hand"]
    assert lines[12] == ["1", "+0.50000000", "none"]
    said = histogram_content(pairs[1], 60).plain
    assert "Layer 1 bias 2, only in PyTorch" in said
    assert said.count("none") == 1


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (1.0, 1.0, "0"),
        (1.0, np.nextafter(1.0, 2), "1"),
        (1.0, 1.0 + 999_999 * 2.0**-52, "999,999"),
        (1.0, 1.0 + 1_000_000 * 2.0**-52, "–"),
        (5e-324, -5e-324, "–"),
        (math.nan, 1.0, "–"),
        (math.inf, 1.0, "–"),
        (math.inf, math.inf, "0"),
    ],
)
async def test_ulps_are_shown_while_they_mean_something(first, second, shown):
    table = ParameterTable(id="weights")
    async with Bare(table).run_test(size=(80, 24)) as pilot:
        with np.errstate(all="ignore"):
            table.show((ParameterPair("layer 1 bias", np.array([first]), np.array([second])),), Unit.ULP)
            await pilot.pause()
            assert table.render_line(2).text.split()[-1] == shown


async def test_the_largest_gap_is_looked_for_once(monkeypatch):
    counted = []

    def largest(pair):
        counted.append(pair.name)
        return 0.5

    monkeypatch.setattr(parameter_table, "largest_gap", largest)
    table, pairs = ParameterTable(id="weights"), bias_on_one_side()
    async with Bare(table).run_test(size=(80, 24)) as pilot:
        table.show(pairs)
        for _ in range(3):
            table.refresh()
            await pilot.pause()
            texts(table, 14)
        table.show(pairs, Unit.ULP)
        texts(table, 14)
        assert counted == ["layer 1 weight"]
        table.show(bias_on_one_side())
        texts(table, 14)
    assert counted == ["layer 1 weight"] * 2


@pytest.fixture
async def regression(request):
    settings = replace(engine.preset("asked"), data=engine.built_in("regression"))
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    async with driven(app, request.param) as driver:
        yield driver


@one_in(5)
@pytest.mark.parametrize("regression", some_of(SIZES, 2), indirect=True)
async def test_the_screen_shows_whole_numbers(regression):
    """Each line of a table on the real screen ends with the very gap of its row."""
    await regression.press("f")
    table = regression.app.query_one(PredictionTable)
    shown = regression.snapshot.predictions
    for row, ours, theirs in zip(texts(table, 4)[1:], shown.numpy.flat, shown.pytorch.flat, strict=False):
        assert is_number(row.split()[-1], float(ours) - float(theirs))
        assert is_number(row.split()[-2], float(theirs))
    await regression.press("w")
    weights = regression.app.query_one("#weights-table")
    pair = regression.snapshot.parameters[0]
    for row, ours, theirs in zip(texts(weights, 6)[2:], pair.numpy.flat, pair.pytorch.flat, strict=False):
        assert is_number(row.split()[-1], float(ours) - float(theirs))
    await regression.press("T")
    rows = regression.app.query_one("#operations")
    assert texts(rows, 1)[0].split()[0] == "operation"
    width = rows.scrollable_content_region.width
    operations = regression.snapshot.step.operations
    for row, operation in zip(texts(rows, 4)[1:], operations[rows.scroll_offset.y :], strict=False):
        assert cell_len(row.rstrip()) <= width
        assert operation.lacking == "" or row.split()[-3:] == ["only", "in", "PyTorch"]


@pytest.mark.parametrize("regression", hardest([(120, 40), (80, 24), (60, 20)]), indirect=True)
async def test_the_first_operation_that_differs_is_named(regression):
    await regression.press("T", "g")
    said = str(regression.app.query_one("#step-heading").render())
    assert len(said) <= regression.app.query_one("#step-heading").size.width
    assert "differ" in said
    assert "epoch 1" in said.partition("differ")[2]
    assert "bits" not in said


async def test_a_tensor_that_a_side_lacks_is_none():
    table, operation = TensorTable(id="tensors"), trace_epoch(engine.preset("asked"), 1).operations[1]
    async with Bare(table).run_test(size=(80, 24)) as pilot:
        table.show(step._pairs(operation))
        await pilot.pause()
        lines = [line.split() for line in texts(table, 7)]
    assert lines[0] == ["b1", "5", "only", "in", "PyTorch"]
    assert [line[:2] for line in lines[2:]] == [[str(unit), "none"] for unit in range(1, 6)]
    assert all(len(line) == 3 for line in lines[2:])


def test_a_moment_counts_its_epochs():
    class Snapshot:
        epoch, batch, scrubbed = 1, 0, None

    assert epoch_words(Snapshot, ViewState()) == "after 1 epoch"
    Snapshot.epoch = 5000
    assert epoch_words(Snapshot, ViewState()) == "after 5,000 epochs"
    Snapshot.batch = 2
    assert epoch_words(Snapshot, ViewState()) == "after 5,000 epochs and 2 batches"
    # A cursor in the epoch that is not complete has nothing of its own to show.
    assert epoch_words(Snapshot, ViewState(cursor=5001)) == "after 5,000 epochs and 2 batches"
    assert epoch_words(Snapshot, ViewState(cursor=5000)) == "at the cursor, after epoch 5,000 …"
    Snapshot.epoch, Snapshot.batch = 0, 1
    assert epoch_words(Snapshot, ViewState(cursor=1)) == "after 1 batch"


def test_tabs_have_whole_words_or_fixed_short_names():
    from tui_app.widgets.tab_strip import titles

    names = ("differences", *VIEWS)
    assert titles(names, 60) == ["Diffs", "Curves", "Weights", "Predict", "Step", "Impact", "Code"]
    assert titles(names, 69) == [name.title() for name in names]
    assert titles(names, 40) == ["Diff", "Curv", "Wts", "Pred", "Step", "Imp", "Code"]
    for width in WIDTHS:
        shown = titles(names if width < 118 else tuple(VIEWS), width if width < 118 else width - 55)
        assert sum(len(title) + 3 for title in shown) - 1 <= (width if width < 118 else width - 55)


async def test_every_tab_of_a_narrow_screen_can_be_clicked(explorer):
    await explorer.pilot.resize_terminal(60, 20)
    await explorer.settle()
    strip = explorer.app.query_one(TabStrip)
    for name in ("differences", *VIEWS):
        line = str(strip.render())
        title = strip._titles()[("differences", *VIEWS).index(name)]
        assert await explorer.pilot.click("#tabs", offset=(line.index(title) + 1, 0))
        await explorer.settle()
        assert explorer.app._view == name
