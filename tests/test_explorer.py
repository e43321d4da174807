"""Keys and clicks: every one does what its table says. Driven by hand but for one run with the real thread."""

import asyncio
import re
import time
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.widgets import OptionList

import engine
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE, find, remaining
from engine.experiment.presets import PRESETS
from engine.run.divergence import Cause
from engine.run.tour import TOUR
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.driver import LEAST, NARROW, WIDE, Driver, driven
from tests.examples import long, one_in, some_of
from tests.made_up import made_up_trace, made_up_worker
from tui_app.app import ExplorerApp
from tui_app.keys import KEYS
from tui_app.screens.help import HelpScreen, help_content
from tui_app.screens.presets import PresetScreen
from tui_app.screens.suggesters import DataSuggester
from tui_app.screens.value import ValueScreen
from tui_app.text.difference_rows import listed_rows
from tui_app.views import VIEWS
from tui_app.widgets.differences import DifferenceRows
from tui_app.widgets.key_footer import PALETTE, KeyFooter
from tui_app.widgets.tab_strip import TabStrip


async def test_up_and_down_select_and_stop_at_the_ends(explorer):
    listed = listed_rows(explorer.app.settings, -1)
    assert explorer.app._selected == CATALOGUE.index(find("initial_weights"))
    await explorer.press(*["up"] * 20, "down", "j", "k", "down", "down")
    assert explorer.app._selected == listed[3]
    await explorer.press(*["down"] * 30)
    assert explorer.app._selected == listed[-1]


async def test_a_switch_matches_and_parts(explorer):
    for index, key in [
        (0, "m"),
        (1, "m"),
        (1, "M"),
        *((one, "m") for one in some_of(listed_rows(engine.preset("asked"), 0)[2:], 3)),
    ]:
        discrepancy, asked = CATALOGUE[index], engine.preset("asked")
        await explorer.press(*explorer.down_to(discrepancy.field))
        toward = SideName.NUMPY if key == "M" else SideName.PYTORCH
        was_matched, wanted = discrepancy.matched(asked), discrepancy.value(asked, toward)
        before = explorer.snapshot.number
        await explorer.press(key)
        assert discrepancy.matched(explorer.app.settings) is not was_matched
        assert explorer.snapshot.number > before
        assert explorer.snapshot.settings == explorer.app.settings
        assert explorer.snapshot.state is State.FINISHED
        if was_matched:
            explorer.app.change_settings(asked)
            await explorer.settle()
        else:
            assert discrepancy.value(explorer.app.settings, toward.other) == wanted
            await explorer.press(key)
        assert explorer.app.settings == asked


@pytest.mark.parametrize("key", ["a", "A"])
async def test_all_are_matched_at_once(explorer, key):
    await explorer.press(key)
    assert remaining(explorer.app.settings) == ()
    assert explorer.snapshot.settings == explorer.app.settings


@pytest.mark.parametrize(
    ("key", "side"), [pytest.param("left", SideName.NUMPY, marks=long), ("right", SideName.PYTORCH)]
)
async def test_arrows_go_through_every_value_of_a_side(explorer, key, side):
    explorer.app.change_settings(replace(explorer.app.settings, epochs=20))
    for _ in some_of(CATALOGUE, 4):
        index = explorer.app._selected
        discrepancy = CATALOGUE[index]
        choices = discrepancy.possible_for(explorer.app.settings, side)
        seen = []
        for _ in choices:
            await explorer.press(key)
            seen.append(discrepancy.value(explorer.app.settings, side))
        assert set(seen) == set(choices)
        if not discrepancy.choices:
            await explorer.press(key)
            assert isinstance(explorer.app.screen, ValueScreen)
            await explorer.press("escape")
        listed = listed_rows(explorer.app.settings, index)
        await explorer.press("down")
        assert explorer.app._selected == [*listed, listed[-1]][listed.index(index) + 1]


async def test_a_learning_rate_is_typed_and_checked(explorer):
    await explorer.press(*explorer.down_to("learning_rate"), "right")
    await explorer.press("backspace", "x", "enter")
    assert isinstance(explorer.app.screen, ValueScreen)
    problem = str(explorer.app.screen.query_one("#problem").render())
    assert "pytorch.learning_rate cannot be 'x'; it is a number from 1e-30 to 1e+30." in problem
    await explorer.press("backspace", "0", "full_stop", "6", "enter")
    assert not isinstance(explorer.app.screen, ValueScreen)
    assert explorer.app.settings.pytorch.learning_rate == 0.6
    assert explorer.snapshot.settings.pytorch.learning_rate == 0.6


@pytest.mark.parametrize(("key", "side"), [("H", SideName.NUMPY), pytest.param("L", SideName.PYTORCH, marks=long)])
async def test_a_value_of_ones_own_is_typed(explorer, key, side):
    momentum = find("momentum")
    await explorer.press(*explorer.down_to("momentum"), key)
    await explorer.press(*["backspace"] * len("none"), "0", "full_stop", "x", "enter")
    assert "it is none, 0.9, textbook-0.9" in str(explorer.app.screen.query_one("#problem").render())
    await explorer.press("backspace", "5", "enter")
    assert str(momentum.value(explorer.app.settings, side)) == "pytorch-0.5"
    assert explorer.snapshot.settings == explorer.app.settings
    await explorer.press("left" if side is SideName.NUMPY else "right")
    assert momentum.value(explorer.app.settings, side) == momentum.choices[0].value


async def test_a_value_for_each_layer_is_typed(explorer):
    await explorer.press(*explorer.down_to("bias"), "H", *["backspace"] * 2, *"no", "comma", *"ye", "enter")
    assert "numpy.bias cannot be 'ye'; it is one of no, yes" in str(explorer.app.screen.query_one("#problem").render())
    await explorer.press("s", "comma", "enter")
    assert isinstance(explorer.app.screen, ValueScreen)
    await explorer.press("backspace", "enter")
    assert explorer.app.settings.numpy.bias == (False, True)
    assert explorer.snapshot.settings == explorer.app.settings
    await explorer.press("left")
    assert explorer.app.settings.numpy.bias is False


async def test_mixed_precision_toward_numpy_says_why_it_went_the_other_way(explorer):
    explorer.app.choose_preset("answer")
    await explorer.press(*explorer.down_to("precision"), "M")
    assert explorer.app.settings.numpy.precision is engine.Precision.FLOAT32
    assert [message.message for message in explorer.app._notifications] == [
        "PyTorch cannot have mixed: matched toward PyTorch instead."
    ]


async def test_presets_are_chosen_from_their_list(explorer):
    await explorer.press("p")
    assert isinstance(explorer.app.screen, PresetScreen)
    await explorer.press("escape")
    await explorer.press("p", *["down"] * list(PRESETS).index("answer"), "enter")
    assert explorer.app.settings == engine.preset("answer")
    assert explorer.snapshot.settings == engine.preset("answer")


@one_in(2)
@pytest.mark.parametrize("explorer", [("asked", size) for size in (WIDE, NARROW)], indirect=True)
async def test_families_are_chosen_below_their_heading_and_explained(explorer):
    await explorer.press("p", *["down"] * list(PRESETS).index("lecture-notes"))
    screen = explorer.app.screen
    words = screen.query_one("#words")
    assert str(words.render()) == PRESETS["lecture-notes"].words
    # All of it is on the screen, below the list.
    assert words.region.bottom <= screen.query_one("#presets").region.bottom - 1
    assert words.region.height == words.content_region.height == words.size.height >= 4
    assert screen.query_one(OptionList).region.bottom <= words.region.y
    await explorer.press("home")
    assert str(words.render()) == "On the data, layers, epochs and seed that are set."
    await explorer.press("escape")
    assert explorer.app.settings == engine.preset("asked")


@pytest.mark.parametrize("explorer", [("asked", LEAST)], indirect=True)
async def test_the_last_family_stays_in_view_where_its_words_take_lines(explorer):
    await explorer.press("p")
    options = explorer.app.screen.query_one(OptionList)
    height = options.size.height
    await explorer.press("end")
    assert 0 < options.size.height < height
    assert options.scroll_offset.y == options.max_scroll_y


@long
async def test_after_a_preset_switches_go_back_to_its_differences(explorer):
    explorer.app.choose_preset("answer")
    await explorer.press(*explorer.down_to("learning_rate"), "m", "m")
    assert explorer.app.settings == engine.preset("answer")


async def test_restart_and_new_seed(explorer):
    number = explorer.snapshot.number
    await explorer.press("r")
    assert explorer.snapshot.number > number
    assert explorer.snapshot.settings.seed == 0
    await explorer.press("R", "R")
    assert explorer.snapshot.settings.seed == explorer.app.settings.seed == 2


async def test_steps_after_the_end_start_again_paused(explorer):
    await explorer.press("s")
    assert (explorer.snapshot.state, explorer.snapshot.epoch) == (State.PAUSED, 1)
    await explorer.press("s", "S")
    assert explorer.snapshot.epoch == 102
    await explorer.press("space")
    assert explorer.snapshot.state is State.FINISHED
    await explorer.press("space")
    assert (explorer.snapshot.state, explorer.snapshot.epoch) == (State.FINISHED, 5000)


async def test_speeds_stop_at_both_ends(explorer):
    await explorer.press("s")
    seen = []
    for key in ["minus"] * 4 + ["plus"] * 4:
        await explorer.press(key)
        seen.append(explorer.snapshot.speed_limit)
    assert seen == [1000, 100, 10, 10, 100, 1000, None, None]


async def test_views_by_key_and_by_click(explorer):
    keys = {"w": "weights", "c": "curves", "f": "predictions", "x": "code"}
    for key, view in [*keys.items(), *(("tab", view) for view in VIEWS)]:
        await explorer.press(key)
        assert explorer.app._view == view
        for name, kind in VIEWS.items():
            assert explorer.app.query_one(kind).display is (name == view)
    strip = explorer.app.query_one(TabStrip)
    await explorer.pilot.click(strip, offset=(55 + len("[Curves] ") + 2, 0))
    assert explorer.app._view == "weights"


@pytest.mark.parametrize("explorer", [("asked", (80, 24))], indirect=True)
async def test_a_narrow_screen_shows_one_part_at_a_time_and_follows_a_resize(explorer):
    def shown(name):
        return explorer.app.query_one(name).region.area > 0

    def keys():
        return [key for _, key in explorer.app.query_one(KeyFooter).placed()]

    assert (shown("#why"), shown("#loss-chart"), shown("#verdict")) == (False, True, True)
    await explorer.press(*["tab"] * (len(VIEWS)))
    assert explorer.app._view == "differences"
    assert (shown("#why"), shown("#loss-chart"), shown("#verdict")) == (True, False, True)
    assert PALETTE not in keys()
    await explorer.pilot.resize_terminal(120, 40)
    await explorer.settle()
    assert (shown("#why"), shown("#loss-chart"), shown("#verdict")) == (True, True, True)
    assert PALETTE in keys()
    await explorer.pilot.resize_terminal(40, 10)
    await explorer.settle()
    await explorer.pilot.resize_terminal(80, 24)
    await explorer.settle()
    assert (shown("#why"), shown("#loss-chart"), shown("#verdict")) == (False, True, True)
    assert PALETTE not in keys()


async def test_log_and_initial(explorer):
    await explorer.press(*explorer.down_to("loss_report"), "m")
    legend = explorer.app.query_one("#loss-legend")
    assert "log scale" in str(legend.render())
    await explorer.press("l")
    assert "log scale" not in str(legend.render())
    await explorer.press("w")
    heading = explorer.app.query_one("#weights-heading")
    assert "weights after 5,000 epochs" in str(heading.render())
    await explorer.press("i")
    assert "at the start" in str(heading.render())


async def test_the_cursor_reads_an_epoch_and_every_tab_shows_it(explorer):
    await explorer.press("m", "comma", "comma")
    app, snapshot = explorer.app, explorer.snapshot
    epoch = app._view_state.cursor
    assert 1 < epoch < 5000
    assert snapshot.scrubbed.epoch == epoch
    legend = str(app.query_one("#loss-legend").render())
    assert f"epoch {epoch:,}" in legend
    for name, curve in (("by hand", snapshot.curves.numpy), ("PyTorch", snapshot.curves.pytorch)):
        loss = float(re.search(rf"{name} (\S+)", legend)[1])
        assert loss == pytest.approx(curve.at(epoch)[0], rel=1e-7)
    await explorer.press("less_than_sign", "less_than_sign", "greater_than_sign", "full_stop")
    assert app._view_state.cursor > epoch
    await explorer.press("w")
    assert f"after epoch {app._view_state.cursor:,}" in str(app.query_one("#weights-heading").render())
    assert app.query_one("#weights-table")._pairs is explorer.snapshot.scrubbed.parameters
    await explorer.press("f")
    assert explorer.snapshot.scrubbed.predictions is not None
    await explorer.press("escape")
    assert (app._view_state.cursor, explorer.snapshot.scrubbed) == (None, None)


async def test_zoom_and_pan_stay_inside_the_run(explorer):
    look = lambda: explorer.app._view_state  # noqa: E731
    await explorer.press("z", "z")
    first, last = look().zoom
    assert last - first == pytest.approx(1250, abs=2)
    await explorer.press("right_square_bracket")
    assert look().zoom[0] > first
    await explorer.press(*["right_square_bracket"] * 7)
    assert look().zoom[1] == 5000
    await explorer.press("left_square_bracket")
    assert look().zoom[1] < 5000
    await explorer.press(*["Z"] * 2)
    assert look().zoom is None


async def test_the_mouse_picks_and_zooms(explorer):
    chart = explorer.app.query_one("#loss-chart")
    await explorer.press("c")
    await explorer.pilot.click(chart, offset=(35, 5))
    await explorer.settle()
    assert explorer.app._view_state.cursor == chart._picture.epoch(35)
    chart.post_message(chart.Scrolled(2500, True))
    await explorer.settle()
    first, last = explorer.app._view_state.zoom
    assert first < 2500 < last
    assert last - first == pytest.approx(4000, abs=2)
    chart.post_message(chart.Panned(-1))
    await explorer.settle()
    assert explorer.app._view_state.zoom[0] < first


async def test_units_and_histograms(explorer):
    await explorer.press("w", "h")
    assert explorer.app.query_one("#histograms").display
    assert "Layer 1 weight 5x2" in str(explorer.app.query_one("#histograms Static").render())
    await explorer.press("h")
    seen = []
    for _ in range(3):
        seen.append(explorer.app.query_one("#weights-table").render_line(1).text.split()[-1])
        await explorer.press("u")
    assert seen == ["Δ", "|Δ|/|W|", "ULP"]


async def test_copy_puts_the_command_on_the_clipboard_and_in_a_file(explorer, tmp_path, monkeypatch):
    monkeypatch.setattr("tui_app.actions.saving.user_state_path", lambda name: tmp_path / name)
    explorer.app.choose_preset("answer")
    await explorer.press("y")
    assert explorer.app.clipboard == "mlp-tui --preset answer"
    assert (tmp_path / "mlp-tui" / "command.txt").read_text() == "mlp-tui --preset answer\n"
    (message,) = [one.message for one in explorer.app._notifications]
    assert str(tmp_path) in message


async def test_export_writes_a_folder_and_says_what_is_in_the_way(explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    await explorer.press("e", "enter")
    assert {"numpy_mlp.py", "pytorch_mlp.py", "losses.csv", "report.md", "screen.svg", "parameters.npz"} <= {
        path.name for path in (tmp_path / "mlp-tui-export").iterdir()
    }
    (tmp_path / "busy").write_text("")
    await explorer.press("e", "home")
    folder = explorer.app.screen.query_one("Input")
    assert folder.value == "mlp-tui-export-2"
    folder.value = "busy"
    await explorer.press("enter")
    assert "busy is a file; name a folder." in str(explorer.app.screen.query_one("#problem").render())
    await explorer.press("escape")
    assert (tmp_path / "busy").read_text() == ""


async def test_the_code_marks_what_differs(explorer):
    await explorer.press("x")
    for side, marked in (("numpy", "W1 = np.random.random((2, 5))"), ("pytorch", "losses.append(loss.item())")):
        lines = str(explorer.app.query_one(f"#code-{side} .code").render()).splitlines()
        assert any(line.startswith("≠ ") and marked in line for line in lines)
    await explorer.press("a")
    lines = str(explorer.app.query_one("#code-numpy .code").render()).splitlines()
    assert not any(line.startswith("≠") for line in lines)


async def test_the_tour_goes_forward_and_back_and_is_left(explorer):
    await explorer.press("n", "b")
    assert explorer.app._tour is None
    await explorer.press("t")
    for index, step in enumerate(TOUR):
        assert explorer.app._tour == index
        assert explorer.snapshot.settings == explorer.app.settings == step.settings
        text = str(explorer.app.query_one("#tour Static").render())
        assert step.changed in text
        assert step.happened(explorer.snapshot.curves, explorer.snapshot.comparison) in text
        await explorer.press("n")
    await explorer.press("b")
    assert explorer.app._tour == len(TOUR) - 2
    await explorer.press("a")
    await explorer.press("left")
    assert "no longer this step's" in str(explorer.app.query_one("#tour Static").render())
    await explorer.press("escape")
    assert explorer.app._tour is None
    assert not explorer.app.query_one("#tour").region.area
    assert explorer.app.query_one("#why").region.area


@long
async def test_setup_is_checked_while_typing(explorer):
    await explorer.press("o")
    screen = explorer.app.screen
    for name, value, said in (
        ("data", "nowhere.csv", "there is no such file"),
        ("hidden", "5,x", "--hidden cannot be"),
        ("activation", "selu", "it is one of sigmoid"),
        ("epochs", "many", "epochs cannot be 'many'"),
        ("seed", "-1", "seed cannot be -1"),
        ("pytorch_rate", "fast", "pytorch.learning_rate cannot be 'fast'"),
        ("device", "gpu", "'cuda'"),
    ):
        field = screen.query_one(f"#{name}")
        before, field.value = field.value, value
        await explorer.settle()
        assert said in str(screen.query_one("#problem").render()), name
        await explorer.press("enter")
        assert explorer.app.screen is screen
        field.value = before
        await explorer.settle()
        assert str(screen.query_one("#problem").render()) == ""


async def test_setup_trains_what_was_typed(explorer, tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("a,b,c\n0,1,1\n1,0,0\n1,1,1\n")
    await explorer.press("o")
    typed = {
        "data": str(file),
        "targets": "b",
        "hidden": "4,3",
        "activation": "tanh",
        "output_activation": "identity",
        "epochs": "1,000",
        "seed": "7",
        "numpy_rate": "0.1",
        "pytorch_rate": "0.2",
    }
    for name, value in typed.items():
        explorer.app.screen.query_one(f"#{name}").value = value
    await explorer.press("enter")
    settings = explorer.snapshot.settings
    assert settings.layer_sizes == (2, 4, 3, 1)
    assert settings.data.Y.ravel().tolist() == [1, 0, 1]
    assert (settings.epochs, settings.seed) == (1000, 7)
    assert (settings.numpy.learning_rate, settings.pytorch.learning_rate) == (0.1, 0.2)
    assert [kind.value for kind in settings.activations] == ["tanh", "tanh", "identity"]


async def test_setup_completes_names_and_paths(tmp_path):
    (tmp_path / "points.csv").write_text("")
    (tmp_path / "folder").mkdir()
    suggest = DataSuggester().get_suggestion
    assert await suggest("spi") == "spirals"
    assert await suggest(f"{tmp_path}/po") == f"{tmp_path}/points.csv"
    assert await suggest(f"{tmp_path}/fo") == f"{tmp_path}/folder/"
    assert await suggest("/nowhere/x") is None


async def test_pinned_runs_stay_and_are_named(explorer):
    explorer.app.choose_preset("same-loss")
    await explorer.settle()
    await explorer.press("P")
    explorer.app.choose_preset("answer")
    await explorer.settle()
    await explorer.press("P", "r")
    assert [one.name for one in explorer.app._view_state.pinned] == ["same-loss", "answer"]
    assert "same-loss" in str(explorer.app.query_one("#gap-legend").render())
    assert len(explorer.app.query_one("#loss-chart")._curves) == 2 + 2 + 2 * 2
    await explorer.press("P")
    assert [one.name for one in explorer.app._view_state.pinned] == ["same-loss"]


async def test_a_terminal_that_is_too_small_says_so(explorer):
    await explorer.pilot.resize_terminal(59, 20)
    await explorer.settle()
    said = explorer.app.query_one("#too-small")
    assert said.region.area
    assert "needs 60x20; this terminal is 59x20" in str(said.render())
    assert not explorer.app.query_one("#body").region.area
    await explorer.pilot.resize_terminal(60, 20)
    await explorer.settle()
    assert not said.region.area
    assert explorer.app.query_one("#loss-chart").region.area


async def test_clicks_on_a_row(explorer):
    rows = explorer.app.query_one(DifferenceRows)

    def line_of(field):
        index = CATALOGUE.index(find(field))
        return next(y for y, line in enumerate(rows.lines, start=1) if line.index == index)

    await explorer.pilot.click(rows, offset=(3, line_of("bias")))
    assert explorer.app._selected == CATALOGUE.index(find("bias"))
    texts = rows.texts
    await explorer.pilot.click(rows, offset=(17, line_of("bias")))
    await explorer.settle()
    assert explorer.app.settings.numpy.bias is True
    reduction = CATALOGUE.index(find("reduction"))
    await explorer.pilot.click(rows, offset=(texts.second_start + 1, line_of("reduction")))
    await explorer.settle()
    assert explorer.app._selected == reduction
    assert explorer.app.settings.pytorch.reduction is engine.Reduction.PER_SAMPLE
    await explorer.pilot.click(rows, offset=(texts.switch_start + 1, line_of("initial_weights")))
    await explorer.settle()
    assert find("initial_weights").matched(explorer.app.settings)


async def test_help_has_every_key_and_is_left_by_escape(explorer):
    text = help_content().plain
    for key in KEYS:
        assert key.shown in text
        assert key.help in text
    await explorer.press("question_mark")
    assert isinstance(explorer.app.screen, HelpScreen)
    await explorer.press("escape")
    assert not isinstance(explorer.app.screen, HelpScreen)


async def test_the_explanation_scrolls_by_keys(explorer):
    await explorer.press("down")
    why = explorer.app.query_one("#why")
    await explorer.press("pagedown")
    assert why.scroll_offset.y > 0
    await explorer.press("pageup", "pageup")
    assert why.scroll_offset.y == 0


async def test_every_key_has_an_action_and_the_palette_has_every_action(explorer):
    from tui_app.commands import ExplorerCommands

    provider = ExplorerCommands(explorer.app.screen)
    offered = {title for title, _, _ in provider._commands()}
    for key in KEYS:
        assert hasattr(explorer.app, f"action_{key.action.split('(')[0]}"), key
        assert f"{key.title} ({key.shown})" in offered
    for preset in PRESETS:
        assert f"preset {preset}" in offered


async def test_the_palette_carries_a_command_out(explorer):
    await explorer.press("ctrl+p", *"preset exact")
    found = explorer.app.screen.query_one(OptionList)
    # What is typed is searched for after a moment.
    for _ in range(100):
        if found.option_count == 1:
            break
        await explorer.pilot.pause(0.05)
    await explorer.press("down", "enter")
    for _ in range(100):
        if explorer.app.settings == engine.preset("exact"):
            break
        await explorer.pilot.pause(0.05)
    await explorer.settle()
    assert explorer.app.settings == explorer.snapshot.settings == engine.preset("exact")


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_leaving(key):
    settings = engine.preset("asked")
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running or app._exit


async def test_a_large_layer_draws_only_what_is_seen():
    from dataclasses import replace

    settings = replace(engine.preset("same-loss"), hidden=(2000, 500))
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    async with app.run_test(size=WIDE) as pilot:
        driver = Driver(app, pilot)
        app.worker.send(engine.worker.commands.Pause())
        await driver.settle()
        await driver.press("w", "end", "pageup")
        table = app.query_one("#weights-table")
        assert table.virtual_size.height > 1_000_000
        assert table.scroll_offset.y > 1_000_000


async def test_with_the_real_thread():
    """Press, train, look: the engine's own thread, models and clock."""
    settings = replace(engine.preset("answer"), epochs=600)
    app = ExplorerApp(settings, worker=Worker(settings))

    async def until(condition):
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, app.worker.snapshot
            await asyncio.sleep(0.05)

    async with app.run_test(size=WIDE) as pilot:
        await until(lambda: app.worker.snapshot.state is State.FINISHED)
        await until(lambda: app._shown_number == app.worker.snapshot.number)
        assert "Equal on a plot" in str(app.query_one("#verdict Static").render())
        await pilot.press(*Driver(app, pilot).down_to("precision"), "m")
        await until(lambda: app.worker.snapshot.settings.numpy.precision is engine.Precision.FLOAT32)
        await until(lambda: app.worker.snapshot.state is State.FINISHED)
        await pilot.press("minus", "minus", "r")
        await until(lambda: app.worker.snapshot.state is State.RUNNING)
        await pilot.press("space")
        await until(lambda: app.worker.snapshot.state is State.PAUSED)
        epoch = app.worker.snapshot.epoch
        await pilot.press("s")
        await until(lambda: app.worker.snapshot.epoch == epoch + 1)
    assert app.worker.stop(timeout=10)


def shown_text(app, name):
    return str(app.query_one(name).render())


async def test_a_step_is_opened_and_its_tensors_are_shown_whole(explorer):
    await explorer.press("T")
    trace = explorer.snapshot.step
    operations = explorer.app.query_one("#operations")
    assert (explorer.app._view, explorer.app.focused) == ("step", operations)
    assert operations.selected == trace.first
    assert "step of epoch 1, own start" in shown_text(explorer.app, "#step-heading")
    assert "Rounding: the library's exp" in shown_text(explorer.app, "#step-reason")
    await explorer.press("down", "down", "enter")
    tensors = explorer.app.query_one("#tensors")
    assert tensors.display
    assert not operations.display
    assert tensors._pairs[0].name == trace.operations[trace.first + 2].formula
    await explorer.press("u", "escape")
    assert operations.display
    await explorer.press("end", "home", "k")
    assert operations.selected == 0
    await explorer.press("h")
    assert explorer.app.query_one("#ulp-chart").display
    assert not operations.display


async def test_the_cursor_and_the_matched_start_open_other_steps(explorer):
    await explorer.press("T", "down", "comma", "comma")
    assert explorer.snapshot.step.epoch == explorer.app._view_state.cursor > 4000
    assert explorer.app.query_one("#operations").selected == explorer.snapshot.step.first + 1
    await explorer.press("v")
    assert explorer.snapshot.step.matched_start
    assert "matched start" in shown_text(explorer.app, "#step-heading")
    await explorer.press("g")
    assert (explorer.app._view_state.cursor, explorer.snapshot.step.epoch) == (1, 1)
    await explorer.press("v", "escape", "c", "g")
    assert explorer.app._view == "step"
    assert not explorer.snapshot.step.matched_start


@one_in(2)
@pytest.mark.parametrize("explorer", [("asked", WIDE), ("asked", (80, 24))], indirect=True)
async def test_the_reason_is_a_way_to_its_difference(explorer):
    await explorer.press("D")
    assert [message.message for message in explorer.app._notifications] == [
        "Nothing has diverged and no step is open; T opens one."
    ]
    await explorer.press("T", "D")
    assert CATALOGUE[explorer.app._selected] is find("reduction")
    assert explorer.app._view == ("differences" if explorer.app.size.width == 80 else "step")


async def test_where_no_difference_is_the_reason_that_is_said(explorer, monkeypatch):
    heard, none_ends_it = [], Cause((find("bias"),), SideName.PYTORCH)
    rounding = replace(made_up_trace(engine.preset("exact"), 1, None), meant=None, meaning=None)
    for changes, said in (
        ({"cause": none_ends_it}, "Matching it alone toward PyTorch does not end it."),
        ({"cause": replace(none_ends_it, finished=False)}, "Trying which difference makes it diverge …"),
        ({}, "What made it diverge is not known, and no step is open; T opens one."),
        ({"step": rounding}, "No difference of the list is the reason of what is shown."),
    ):
        shown = replace(explorer.snapshot, state=State.DIVERGED, **changes)
        with monkeypatch.context() as patch:
            patch.setattr(explorer.app.worker, "snapshot", shown)
            patch.setattr(explorer.app, "notify", heard.append)
            explorer.app.action_reason()
        assert heard.pop() == said


async def test_the_impact_is_measured_and_a_row_is_compared_alone(explorer):
    await explorer.press("I")
    shown = explorer.snapshot.impact
    assert shown.impact.finished
    assert [one.field for one in shown.plan.differences] == [one.field for one in remaining(engine.preset("asked"))]
    rows, view = explorer.app.query_one("#impact-rows"), explorer.app.query_one("ImpactView")
    assert explorer.app.focused is rows
    ranked = view._found.ranked
    assert "Match " in shown_text(explorer.app, "#impact-conclusion")
    await explorer.press("down")
    assert shown_text(explorer.app, "#impact-details").startswith(ranked[1].discrepancy.title)
    await explorer.press("enter")
    assert remaining(explorer.app.settings) == (ranked[1].discrepancy,)
    assert CATALOGUE[explorer.app._selected] is ranked[1].discrepancy
    assert explorer.snapshot.settings == explorer.app.settings
    assert explorer.snapshot.impact is not None
    await explorer.press("u")
    assert "reported" in shown_text(explorer.app, "#impact-heading")
    await explorer.press("I")
    assert explorer.snapshot.impact.plan.differences == (ranked[1].discrepancy,)
    explorer.app.choose_preset("exact")
    await explorer.settle()
    await explorer.press("I")
    assert any("No difference is left" in message.message for message in explorer.app._notifications)


async def test_measuring_is_stopped_by_escape_and_what_is_measured_stays(explorer):
    await explorer.press("I")
    await explorer.pilot.press("I")
    await explorer.pilot.pause()
    explorer.app.worker._take_commands(0)
    explorer.app.worker._jobs.impact._study.step(1)
    assert explorer.snapshot.impact.running
    await explorer.press("escape")
    stopped = explorer.snapshot.impact
    assert not stopped.running
    assert (stopped.impact.epochs, stopped.impact.finished) == (100, False)
    explorer.app.show_snapshot()
    assert "stopped" in shown_text(explorer.app, "#impact-scope")


async def test_rows_are_clicked(explorer):
    await explorer.press("I")
    rows = explorer.app.query_one("#impact-rows")
    assert await explorer.pilot.click("#impact-rows", offset=(3, 3))
    await explorer.settle()
    assert rows.selected == 2
    alone = explorer.app.query_one("ImpactView")._found.ranked[2].discrepancy
    assert await explorer.pilot.click("#impact-rows", offset=(3, 3))
    await explorer.settle()
    assert remaining(explorer.app.settings) == (alone,)


@long
async def test_narrow_tabs_are_short_so_that_all_can_be_clicked(explorer):
    await explorer.pilot.resize_terminal(60, 20)
    await explorer.settle()
    strip = explorer.app.query_one(TabStrip)
    assert sum(len(title) + 3 for title in strip._titles()) - 1 <= 60
    assert await explorer.pilot.click("#tabs", offset=(57, 0))
    await explorer.settle()
    assert explorer.app._view == "code"


@long
@pytest.mark.parametrize("name", [pytest.param("asked", marks=long), "classes"])
async def test_legends_follow_the_width_of_a_finished_run(name):
    """No snapshot comes any more that would write them anew."""
    settings = replace(engine.preset(name), epochs=300)
    app = ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False)
    async with driven(app, WIDE) as explorer:
        await explorer.press("R")
        said = {}
        for size in [(200, 60), (60, 20), (200, 60), (120, 40)]:
            await explorer.pilot.resize_terminal(*size)
            await explorer.settle()
            for legend in ("loss-legend", "accuracy-legend"):
                widget = app.query_one(f"#{legend}")
                text = str(widget.render())
                assert cell_len(text) <= widget.size.width or not widget.size.width
                assert said.setdefault((legend, size), text) == text
        assert "before: seed" in said["loss-legend", (200, 60)]
        assert "before: seed" not in said["loss-legend", (60, 20)] or name == "classes"
