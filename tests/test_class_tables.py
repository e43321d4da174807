"""The table, the maps and the legend of classes: true and whole at every width, for any number of classes."""

import math
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

import engine
from engine.experiment.data import Dataset
from engine.run.class_answers import ClassMap, class_answers, classes_differ
from tests.driver import driven
from tests.examples import one_in, some_of
from tests.made_up import made_up_worker
from tests.test_class_answers import answered
from tests.test_tables import WIDTHS, at_every_width, is_number, texts
from tui_app.app import ExplorerApp
from tui_app.text.class_marks import AREAS, GAP, MOST_LINES, POINTS, class_legend
from tui_app.text.class_rows import ClassRows
from tui_app.text.columns import shortened
from tui_app.views.predictions import heading_forms
from tui_app.widgets.class_map import ClassMaps, class_points, differing_cells
from tui_app.widgets.prediction_table import PredictionTable

HOSTILE = ("[red]top[/red]", "x" * 200, "日本語" * 20, "–", "a\x1b[31mb", "\u202eright", "$text-error", "0.5")


def class_data(samples, names, inputs=2):
    count = len(names)
    Y = np.eye(count)[np.arange(samples) % count]
    return Dataset("made up", np.random.RandomState(1).uniform(-1, 1, (samples, inputs)), Y, classes=names)


def made_up_answers(data, plane=None):
    random = np.random.RandomState(0)
    numpy, pytorch = random.uniform(0, 1, (2, *data.Y.shape))
    pytorch[::2] = numpy[::2]
    numpy[3, 0] = pytorch[4, 0] = math.nan
    numpy[5, 1], pytorch[6, 1] = 1e300, math.inf
    return numpy, pytorch, class_answers(replace(engine.preset("asked"), data=data), numpy, pytorch, plane)


def made_up_map(count, unknown=False):
    ours = np.add.outer(np.arange(48), np.arange(48)) * count // 95
    theirs = ours.copy()
    theirs[30, 17] = (theirs[30, 17] + 1) % count
    if unknown:
        theirs[0, 0] = -1
    return ClassMap((-1.2345, 1.2345), (-123456.0, 1e-7), ours, theirs, classes_differ(ours, theirs))


def predictions(data, plane=None):
    from engine.run.predictions import Predictions

    numpy, pytorch, answers = made_up_answers(data, plane)
    return Predictions(numpy, pytorch, None, answers)


@pytest.mark.parametrize("names", [("top", "left", "right"), tuple(f"kind{number}" for number in range(100))])
async def test_answers_are_whole_at_every_width(names):
    data, table = class_data(12, names), PredictionTable()
    shown = predictions(data)

    def check(width):
        heading, *rows = texts(table, 13)
        assert heading.split() == ["sample", "target", "by", "hand", "p", "PyTorch", "p"]
        seen = []
        for row in rows:
            cells = row.replace("≠", "").replace("×", "").split()
            sample = int(cells[0]) - 1
            seen.append(sample)
            answers = [answered(side[sample]) for side in (shown.numpy, shown.pytorch)]
            assert cells[1] == names[data.Y[sample].argmax()]
            for (number, probability), name, value in zip(answers, cells[2::2], cells[3::2], strict=True):
                assert name == (names[number] if number >= 0 else "–")
                assert is_number(value, probability)
            assert ("≠" in row) == (answers[0][0] != answers[1][0] or answers[0][0] == -1)
            assert row.count("×") == sum(number != data.Y[sample].argmax() for number, _ in answers)
        assert seen == sorted(seen, key=lambda sample: ("≠" not in rows[seen.index(sample)], sample))
        assert sorted(seen) == list(range(12))

    await at_every_width(table, check, show=lambda: table.show(data, shown))


@pytest.mark.parametrize("ascii", [False, True])
def test_names_are_data_and_rows_fit(ascii):
    data = class_data(16, HOSTILE)
    *_, answers = made_up_answers(data)
    rows = ClassRows(answers.names, data.samples, ascii)
    for width in WIDTHS:
        for index, sample in enumerate(answers.order):
            line = "".join(text for text, _ in rows.row(answers, index, width - 1))
            assert cell_len(line) <= width - 1
            assert line.isprintable()
            assert line.startswith(("!=" if ascii else "≠") if answers.differs(sample) else " ")
            name = answers.names[answers.targets[sample]]
            assert any(shortened(name, room) in line for room in range(7, max(7, cell_len(name)) + 1))
    whole = "".join(text for text, _ in rows.row(answers, list(answers.order).index(0), 900))
    assert "[red]top[/red]" in whole


@one_in(3)
@pytest.mark.parametrize("count", [2, 3, 10, 26, 27, 28, 100])
@pytest.mark.parametrize("long", [False, True])
def test_a_legend_says_every_sign_or_how_many_it_leaves_out(count, long):
    names = [f"{'a rather long name ' if long else ''}{number}" for number in range(count)]
    signs = min(count, 27)
    for width in some_of(WIDTHS, 6):
        for unknown in (False, True):
            lines = class_legend(names, unknown, [["capitals: the data"]], width)
            assert len(lines) <= MOST_LINES
            assert all(cell_len(GAP.join(text for text, _ in line)) <= width for line in lines)
            said = [part for line in lines for part in line if part[1] is not None]
            for place, (text, number) in enumerate(said[:signs]):
                assert (text[0], number) == (AREAS[place], place)
                own = place < 26 or count == 27
                assert own or text == f"+ {count - 26} more"
                assert not own or any(text[2:] == shortened(names[place], room) for room in range(8, 99))
            left_out = signs + unknown - len(said)
            counted = [text for line in lines for text, _ in line if text.startswith("…")]
            assert counted == ([f"… and {left_out} more signs"] if left_out else [])


def test_a_legend_of_few_is_whole():
    assert class_legend(["top", "left"], True, [["much too long" * 9, "capitals: data"]], 60) == [
        [("a top", 0), ("b left", 1), ("? no number", -1), ("capitals: data", None)]
    ]
    assert class_legend(HOSTILE[:1], False, [], 60) == [[("a [red]top[/red]", 0)]]


@one_in(3)
@pytest.mark.parametrize(("count", "height"), [(2, 12), (3, 40), (26, 12), (100, 12)])
async def test_maps_show_every_class_at_every_width(count, height):
    """Each letter against the class of the nearest point; a single point that differs is seen in any size."""
    data, plane = class_data(30, tuple(f"kind{number}" for number in range(count))), made_up_map(count, True)
    maps, shown = ClassMaps(), predictions(data, made_up_map(count, True))

    def check(width):
        lines = texts(maps, maps.size.height)
        assert {cell_len(line) for line in lines} == {width}
        room = (width - 4) // 3
        rows = next(index for index, line in enumerate(lines) if line.startswith("a kind0")) - 1
        across = min(room, 3 * rows)
        starts = [place * (across + 2) for place in range(3)]
        panels = [[line[start : start + across] for line in lines[: rows + 1]] for start in starts]
        assert [panel[0].split()[0] for panel in panels] == ["by", "PyTorch", "differ"]
        for panel, classes in zip(panels, (plane.numpy, plane.pytorch), strict=False):
            for row, line in enumerate(panel[1:]):
                for column, sign in enumerate(line):
                    point = classes[round(47 * (rows - 1 - row) / max(1, rows - 1)), round(47 * column / (across - 1))]
                    assert sign in POINTS or sign == ("?" if point == -1 else AREAS[min(point, 26)]), (row, column)
        assert set("".join(panels[2][1:])) == {"·", "≠"}
        found = "".join(panels[2][1:]).count("≠")
        assert found == 2 or (found > 2 and across > 48)

    await at_every_width(maps, check, height, lambda: maps.show(data, shown.classes))


def test_points_and_differences_have_their_cells():
    plane = made_up_map(3)
    X = np.array([[-1.2345, -123456.0], [1.2345, 1e-7], [1.2345, 1e-7]])
    cells = class_points(X, np.array([0, 1, 2]), plane, (20, 10))
    assert (cells[9, 0], cells[0, 19], np.count_nonzero(cells >= 0)) == (0, 2, 2)
    for across in range(1, 80, 7):
        for down in range(1, 60, 5):
            assert differing_cells(plane, (across, down)).any()


def test_the_heading_has_a_form_for_any_width():
    *_, answers = made_up_answers(class_data(60, ("top", "left")))
    same = f"same class for {60 - answers.differing} of 60"
    forms = heading_forms("at the cursor, after epoch 1,000,000 …", answers, "≠")
    assert all(same in form for form in forms)
    assert len(forms[-1]) < 59
    assert heading_forms("after 1 epoch", None, "≠") == ["predictions after 1 epoch"]


async def test_the_screen_fits_when_its_size_changes():
    """The heading, the maps and the table together, at each."""
    settings = engine.preset("classes")
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    async with driven(app, (200, 60)) as driver:
        await driver.press("f")
        for size in [(200, 60), (60, 20), (120, 40), (80, 24)]:
            await driver.pilot.resize_terminal(*size)
            await driver.settle()
            await driver.draw()
            heading, maps, table = (
                app.query_one(name) for name in ("#predictions-heading", ClassMaps, PredictionTable)
            )
            assert "same class for all 60" in str(heading.render())
            assert cell_len(str(heading.render())) <= heading.size.width
            assert maps.size.height > 4
            assert table.size.height > 3
            lines = texts(maps, maps.size.height)
            assert lines[0].split()[:2] == ["by", "hand"]
            assert lines[-1].startswith("a top  b left  c right")
            assert texts(table, 2)[1].split()[:2] == ["1", "top"]
