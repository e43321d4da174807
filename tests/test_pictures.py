"""Pictures of the explorer over made-up, finished runs: no clock, no animation, fixed sizes."""

from dataclasses import replace

import pytest

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE
from engine.worker.commands import Restart
from tests.diagnosis.made_up import made_up_diagnosis
from tests.driver import Driver, undrawn
from tests.examples import hardest, long, one_in, some_of
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.text.difference_rows import row_texts, title_text

NARROW, WIDE = (80, 24), (120, 40)
NARROW_ALONE = pytest.mark.parametrize("size", [NARROW], ids=["80x24"])
WIDE_ALONE = pytest.mark.parametrize("size", [WIDE], ids=["120x40"])
"""Where the other size would show nothing of its own."""

BOTH = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x40"])
WIDE_FIRST = pytest.mark.parametrize("size", [pytest.param(NARROW, marks=long), WIDE], ids=["80x24", "120x40"])
NARROW_FIRST = pytest.mark.parametrize("size", [NARROW, pytest.param(WIDE, marks=long)], ids=["80x24", "120x40"])


@pytest.fixture(autouse=True)
def drawn_once():
    """For the picture."""
    with undrawn():
        yield


def explorer(settings, theme="textual-dark", ascii=False, diagnosis=None):
    worker = made_up_worker(settings)
    worker.work_until_idle()
    app = ExplorerApp(settings, worker=worker, start_worker=False, ascii=ascii, diagnosis=diagnosis)
    app.animation_level = "none"
    app.theme = theme
    return app


def pressing(*keys):
    async def press(pilot):
        driver = Driver(pilot.app, pilot)
        await driver.settle()
        await driver.press(*keys)

    return press


@BOTH
def test_curves(snap_compare, size):
    assert snap_compare(explorer(engine.preset("same-loss")), terminal_size=size, run_before=pressing())


@NARROW_FIRST
def test_accuracy(snap_compare, size):
    app = explorer(engine.preset("two-classes").with_side(SideName.NUMPY, loss_input="twice"))
    assert snap_compare(app, terminal_size=size, run_before=pressing(*["down"] * 4))


@NARROW_ALONE
def test_a_signed_report(snap_compare, size):
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing())


@WIDE_ALONE
def test_a_switch_leaves_the_run_before_as_a_faint_curve(snap_compare, size):
    app = explorer(engine.preset("same-loss"))
    assert snap_compare(app, terminal_size=size, run_before=pressing("down", "m"))


@WIDE_ALONE
def test_linear(snap_compare, size):
    assert snap_compare(explorer(engine.preset("same-loss")), terminal_size=size, run_before=pressing("l"))


@WIDE_ALONE
def test_nothing_left(snap_compare, size):
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing("a"))


@BOTH
def test_weights(snap_compare, size):
    assert snap_compare(explorer(engine.preset("no-bias")), terminal_size=size, run_before=pressing("w"))


@NARROW_ALONE
def test_weights_at_the_start_scrolled(snap_compare, size):
    app = explorer(engine.preset("same-loss"))
    assert snap_compare(app, terminal_size=size, run_before=pressing("w", "i", "end"))


@WIDE_ALONE
def test_a_cursor_and_a_zoom(snap_compare, size):
    app = explorer(engine.preset("same-loss"))
    assert snap_compare(app, terminal_size=size, run_before=pressing("z", "z", "comma", "comma"))


@WIDE_ALONE
def test_histograms(snap_compare, size):
    assert snap_compare(explorer(engine.preset("no-bias")), terminal_size=size, run_before=pressing("w", "h"))


@WIDE_FIRST
def test_predictions_on_a_map(snap_compare, size):
    app = explorer(replace(engine.preset("same-loss"), data=engine.built_in("moons")))
    assert snap_compare(app, terminal_size=size, run_before=pressing("f"))


@NARROW_ALONE
def test_predictions_in_a_table(snap_compare, size):
    app = explorer(replace(engine.preset("same-loss"), data=engine.built_in("regression")))
    assert snap_compare(app, terminal_size=size, run_before=pressing("f"))


@NARROW_FIRST
def test_predictions_of_classes(snap_compare, size):
    settings = engine.preset("classes")
    settings = replace(settings, pytorch=replace(settings.pytorch, learning_rate=0.1))
    assert snap_compare(explorer(settings), terminal_size=size, run_before=pressing("f"))


@WIDE_FIRST
def test_code(snap_compare, size):
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing("x"))


@BOTH
def test_a_step(snap_compare, size):
    assert snap_compare(explorer(engine.preset("same-loss")), terminal_size=size, run_before=pressing("T"))


@BOTH
def test_a_steps_tensors_and_growth(snap_compare, size):
    keys = ("T", "down", "down", "enter", "v") if size == WIDE else ("T", "h")
    assert snap_compare(explorer(engine.preset("same-loss")), terminal_size=size, run_before=pressing(*keys))


@BOTH
def test_impact(snap_compare, size):
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing("I", "down"))


@WIDE_FIRST
def test_differences(snap_compare, size):
    app = explorer(engine.preset("asked"))
    assert snap_compare(app, terminal_size=size, run_before=pressing("d", "down", "down", "down"))


@one_in(3)
@BOTH
@pytest.mark.parametrize(
    "keys",
    [("question_mark",), ("p",), ("o",), ("slash", *"nest"), ("slash", *"nest", "enter")],
    ids=["help", "presets", "setup", "find", "values"],
)
def test_screens(snap_compare, size, keys):
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing(*keys))


@one_in(2)
@NARROW_ALONE
@pytest.mark.parametrize("keys", [("slash", *"learn", "enter", "backspace"), ("e",)], ids=["number", "export"])
def test_small_screens(snap_compare, size, keys):
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing(*keys))


@NARROW_ALONE
def test_before_torch_is_imported(snap_compare, size):
    settings = engine.preset("asked")
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    assert snap_compare(app, terminal_size=size)


@NARROW_ALONE
def test_a_failed_run(snap_compare, size, monkeypatch):
    app = explorer(engine.preset("asked"))

    def fail(settings):
        raise MemoryError("made up")

    # Line and folder are not always the same.
    said = "failed: MemoryError: made up, in engine/lockstep.py, line 100; the traceback is in /home/you/faults.log."
    monkeypatch.setattr(engine.worker.worker, "fault_sentence", lambda what, error: f"{what} {said}")
    app.worker._build = fail
    app.worker.send(Restart(engine.preset("asked")))
    app.worker.work_until_idle()
    assert snap_compare(app, terminal_size=size, run_before=pressing())


@NARROW_FIRST
def test_the_tour(snap_compare, size):
    keys = ("t", "n", "n") + (("d",) if size == NARROW else ())
    assert snap_compare(explorer(engine.preset("asked")), terminal_size=size, run_before=pressing(*keys))


@WIDE_ALONE
def test_pinned_runs(snap_compare, size):
    app = explorer(engine.preset("same-loss"))
    assert snap_compare(app, terminal_size=size, run_before=pressing("P", "down", "m", "P", "down", "m"))


@one_in(3)
@pytest.mark.parametrize(
    "key",
    some_of(["c", "w", "f", "T", "I", "x", "d"], 2),
    ids=some_of(["curves", "weights", "predictions", "step", "impact", "code", "why"], 2),
)
def test_ascii(snap_compare, key):
    app = explorer(engine.preset("asked"), ascii=True)
    assert snap_compare(app, terminal_size=NARROW, run_before=pressing("down", "m", key))


@one_in(3)
@pytest.mark.parametrize("key", ["question_mark", "p", "o", "t"], ids=["help", "presets", "setup", "tour"])
def test_ascii_screens(snap_compare, key):
    app = explorer(engine.preset("asked"), ascii=True)
    assert snap_compare(app, terminal_size=NARROW, run_before=pressing("d", key))


@one_in(2)
@pytest.mark.parametrize("size", [(60, 20), (59, 20), (100, 30)], ids=["60x20", "59x20", "100x30"])
def test_other_sizes(snap_compare, size):
    assert snap_compare(explorer(engine.preset("same-loss")), terminal_size=size, run_before=pressing())


@pytest.mark.parametrize("theme", hardest(["ansi-dark", "high-contrast"]))
def test_other_themes(snap_compare, theme):
    app = explorer(engine.preset("same-loss"), theme)
    assert snap_compare(app, terminal_size=WIDE, run_before=pressing("down", "m"))


@one_in(5)
@pytest.mark.parametrize("key", ["c", "f", "T", "I", "x"], ids=["curves", "predictions", "step", "impact", "code"])
def test_a_wide_screen_uses_its_width(snap_compare, key):
    app = explorer(engine.preset("same-loss"))
    assert snap_compare(app, terminal_size=(200, 60), run_before=pressing(key))


LIGHT = {
    "curves": "c",
    "weights": "w",
    "predictions": "f",
    "step": "T",
    "impact": "I",
    "code": "x",
    "help": "question_mark",
    "setup": "o",
}


@pytest.mark.parametrize("name", some_of(LIGHT, 9))
def test_a_light_theme(snap_compare, name):
    app = explorer(engine.preset("same-loss"), "textual-light")
    assert snap_compare(app, terminal_size=WIDE, run_before=pressing(LIGHT[name]))


def test_pictures_show_every_discrepancy():
    """A picture is a picture of the catalogue: this fails when one of it is not on screen."""
    settings = engine.preset("asked")
    texts = row_texts(settings, 50)
    for discrepancy, values in zip(CATALOGUE, texts.values, strict=True):
        assert title_text(texts, discrepancy).strip() == discrepancy.title
        assert values == tuple(discrepancy.label(discrepancy.value(settings, side)) for side in SideName)


@BOTH
def test_a_diagnosed_program(snap_compare, size):
    app = explorer(made_up_diagnosis().settings, diagnosis=made_up_diagnosis())
    assert snap_compare(app, terminal_size=size, run_before=pressing("down", "X"))
