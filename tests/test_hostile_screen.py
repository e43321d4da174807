"""What is typed into a dialog is text, whatever it is; a dialog that is closed does nothing; no size and no file ends
the explorer.
"""

import os
import re
from functools import reduce
from itertools import product
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import events
from textual.geometry import Size

from tests.driver import NARROW
from tests.examples import long, one_in, some_of
from tui_app.screens.export import ExportScreen
from tui_app.widgets.prediction_map import PredictionMaps

APP = Path(__file__).parent.parent / "tui_app"
DIALOGS = ["slash", "enter", "H", "o", "p", "question_mark", "e", "ctrl+p"]
MARKUP = ["[/x]", "[@click=app.quit]x", "[bold]x[/bold]", "[", "\\[", "[b", "{x}", "x\x1b[31my"]


async def typed(explorer, text):
    await explorer.burst(["ctrl+u"])
    for character in text:
        await explorer.pilot.press(character)
    await explorer.settle()


async def until(explorer, condition, seconds=5.0):
    while not condition():
        seconds -= 0.02
        assert seconds > 0
        await explorer.pilot.pause(0.02)


def on_top(explorer):
    return type(explorer.app.screen).__name__


@long
async def test_a_typed_value_is_shown_as_it_is(explorer):
    for text in some_of(MARKUP, 3):
        await explorer.press("H")
        await typed(explorer, text)
        await explorer.press("enter")
        assert on_top(explorer) == "ValueScreen", text
        visible = text.replace("\x1b", "")
        assert visible in explorer.text("#problem").replace("\\x1b", "")
        await explorer.press("escape")
        assert on_top(explorer) == "MainScreen", text


async def test_a_typed_data_set_is_shown_as_it_is(explorer):
    for text in [*some_of(MARKUP, 3), "~nosuch", "~nosuch/x.csv", "x" * 300 + ".csv", "caf\udce9.csv", "", " "]:
        await explorer.press("o")
        field = explorer.app.screen.query_one("#data")
        field.value = text
        await explorer.settle()
        await until(explorer, lambda: "reading" not in explorer.text("#problem"))
        await explorer.press("enter")
        await until(explorer, lambda: "reading" not in explorer.text("#problem"))
        assert on_top(explorer) == "SetupScreen", text
        assert explorer.text("#problem").strip(), text
        await explorer.press("escape")
        assert on_top(explorer) == "MainScreen", text


@long
async def test_a_typed_folder_is_shown_as_it_is(explorer, tmp_path, monkeypatch):
    for number, text in enumerate([*some_of(MARKUP, 3), "~nosuch/x", "x" * 300, "", " ", "/proc/x", "a\0b"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        await explorer.press("e")
        explorer.app.screen.query_one("Input").value = text
        await explorer.press("enter")
        await until(explorer, lambda: on_top(explorer) == "MainScreen" or "writing" not in explorer.text("#problem"))
        if on_top(explorer) == "ExportScreen":
            assert explorer.text("#problem").strip(), text
            assert not os.listdir(folder), text
            await explorer.press("escape")
        else:
            assert len(os.listdir(folder)) == 1, text
        assert on_top(explorer) == "MainScreen", text


@long
@pytest.mark.parametrize("explorer", [("asked", NARROW)], indirect=True)
async def test_a_dialog_that_is_gone_takes_no_more_keys(explorer, tmp_path, monkeypatch):
    keys_pressed = [["enter", "enter"], ["enter", "escape"], ["escape", "escape", "enter"]]
    for number, (keys, opened) in enumerate(some_of(product(keys_pressed, DIALOGS), 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        await explorer.press(opened)
        await explorer.burst(keys)
        await until(explorer, lambda: on_top(explorer) in ("MainScreen", "HelpScreen", "ValueScreen", "ValuesScreen"))
        assert explorer.app._exception is None, (keys, opened)
        if on_top(explorer) != "MainScreen":
            await explorer.press("escape")
        await until(explorer, lambda: on_top(explorer) == "MainScreen")


@one_in(2)
@pytest.mark.parametrize("failing", [False, True])
async def test_an_export_may_end_after_its_dialog_has_closed(explorer, tmp_path, monkeypatch, failing):
    """Its widgets are gone by then; what it wrote stays."""
    monkeypatch.chdir(tmp_path)
    write = ExportScreen._write

    async def close(screen):
        await screen.query("*").remove()

    def write_late(screen, folder):
        write(screen, folder)
        explorer.app.call_from_thread(close, screen)
        if failing:
            raise ValueError("boom")

    monkeypatch.setattr(ExportScreen, "_write", write_late)
    await explorer.press("e", "enter")
    await until(explorer, (tmp_path / "mlp-tui-export").exists)
    assert explorer.app._exception is None
    assert os.listdir(tmp_path) == ["mlp-tui-export"]


@long
async def test_no_size_ends_it(explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for opened in ["", *some_of(DIALOGS, 3)]:
        if opened:
            await explorer.press(opened)
        # A dialog has no more to show on a huge screen than on a large one.
        huge = [] if opened else [(300, 100)]
        for size in [(1, 1), (4, 3), (2, 40), (300, 1), (59, 19), *huge, (3, 3), (59, 19)]:
            await explorer.pilot.resize_terminal(*size)
        assert "mlp-tui needs 60x20; this terminal is 59x19." in on_screen(explorer), opened
        await explorer.pilot.resize_terminal(120, 40)
        assert "mlp-tui needs" not in on_screen(explorer), opened
        if opened:
            await explorer.press("escape")
        assert on_top(explorer) == "MainScreen", opened


def on_screen(explorer):
    return "\n".join(strip.text for strip in explorer.app.screen._compositor.render_strips())


@long
async def test_a_dialog_opened_in_a_tiny_terminal_says_what_is_needed(explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for opened in some_of(DIALOGS, 2):
        await explorer.pilot.resize_terminal(4, 4)
        await explorer.settle()
        await explorer.press(opened)
        await explorer.press("escape")
        await explorer.pilot.resize_terminal(80, 24)
        await explorer.settle()
        assert on_top(explorer) == "MainScreen", opened


async def test_a_fifo_does_not_keep_the_screen_waiting(explorer, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    await explorer.press("o")
    explorer.app.screen.query_one("#data").value = str(tmp_path / "pipe.csv")
    await until(explorer, lambda: "regular file" in explorer.text("#problem"))


async def test_a_file_is_read_once_and_enter_waits_for_it(explorer, tmp_path, monkeypatch):
    from engine.experiment import data_files

    file = tmp_path / "data.csv"
    file.write_text("1,2,3\n4,5,6\n")
    reads, load = [], data_files.load_csv
    monkeypatch.setattr(data_files, "load_csv", lambda *arguments: reads.append(arguments) or load(*arguments))
    await explorer.press("o")
    explorer.app.screen.query_one("#data").value = str(file)
    explorer.app.screen.query_one("#hidden").value = "3"
    explorer.app.screen.query_one("#data").focus()
    await explorer.press("enter")
    await until(explorer, lambda: on_top(explorer) == "MainScreen")
    assert explorer.app.settings.data.samples == 2
    assert len(reads) == 1


def test_no_place_shows_text_as_markup():
    """Every `Static` and every message goes through what shows text as text."""
    for file in APP.rglob("*.py"):
        source = file.read_text()
        if file.name == "plain_text.py":
            continue
        assert not re.search(r"\b(Static|Label|Markdown|Digits|Pretty)\(", source), file
        assert not re.search(r"from textual\.widgets import .*\b(Static|Label)\b", source), file
        assert "from_markup" not in source, file
        assert "markup=True" not in source, file
        assert all("markup=False" in call for call in re.findall(r"Console\(\w+=.+\)", source)), file


async def test_a_list_that_has_no_place_on_the_screen_has_no_pages(explorer):
    for opening in ["p", "ctrl+p"]:
        await explorer.pilot.resize_terminal(20, 5)
        await explorer.press(opening, "pagedown", "pageup")
        await explorer.pilot.resize_terminal(120, 40)
        await explorer.press("pagedown", "escape")
        assert on_top(explorer) == "MainScreen", opening


HOSTILE = "q\x1b[31mRED\x1b[5;5HJUMP\ttab\x9b31m\x07"


def drawn(explorer):
    """What goes to the terminal as text: every line through every filter."""
    app, background = explorer.app, explorer.app.screen.background_colors[1]
    return [
        reduce(lambda strip, one: strip.apply_filter(one, background), app.get_line_filters(), line)
        for line in app.screen._compositor.render_strips()
    ]


@one_in(5)
@pytest.mark.parametrize(
    ("opening", "field"), [("e", "Input"), ("o", "#data"), ("H", "Input"), ("slash", "Input"), ("ctrl+p", "Input")]
)
async def test_no_text_field_lets_a_control_character_through(explorer, tmp_path, monkeypatch, opening, field):
    """Pasted, as a first value, or as a completion."""
    monkeypatch.chdir(tmp_path)
    await explorer.press(*explorer.down_to("learning_rate"), opening)
    explorer.app.post_message(events.Paste(HOSTILE))
    await explorer.settle()
    if opening != "ctrl+p":
        explorer.app.screen.query_one(field)._suggestion = HOSTILE * 2 + "\x1b[41m"
    await explorer.settle()
    lines = drawn(explorer)
    assert all(text.isprintable() for line in lines for text, _, _ in line)
    assert {line.cell_length for line in lines} == {120}
    assert {sum(cell_len(text) for text, _, _ in line) for line in lines} == {120}
    assert "RED" in "".join(line.text for line in lines)


@long
async def test_a_folder_with_control_characters_is_not_made(explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    await explorer.press("e")
    explorer.app.screen.query_one("Input").value = "q\x1b[31mRED"
    await explorer.press("enter")
    await until(explorer, lambda: "writing" not in explorer.text("#problem"))
    assert "'q\\x1b[31mRED' has control characters in it; write a name without them." in explorer.text("#problem")
    assert list(tmp_path.iterdir()) == []


async def test_a_message_has_no_control_characters(explorer):
    explorer.app.notify("first\nWritten to \x1b[31m.")
    await explorer.settle()
    assert explorer.said[-1] == "first\nWritten to \\x1b[31m."


async def test_a_map_without_room_is_no_map(explorer, monkeypatch):
    await explorer.press("f")
    plane = explorer.app.screen.query_one(PredictionMaps)
    for size in [(1, 40), (3, 40), (5, 2), (2, 1), (0, 0)]:
        with monkeypatch.context() as patch:
            patch.setattr(PredictionMaps, "size", Size(*size))
            assert {line.cell_length for line in plane._draw()} <= {size[0]}, size


@long
async def test_a_dialog_under_the_palette_does_not_close(explorer, tmp_path, monkeypatch):
    """Its result would be given, and the palette would go in its place."""
    monkeypatch.chdir(tmp_path)
    await explorer.press(*explorer.down_to("learning_rate"))
    for opening in ["e", "o", "p", "H"]:
        await explorer.press(opening)
        dialog = explorer.app.screen
        await explorer.press("ctrl+p")
        assert on_top(explorer) == "Palette", opening
        dialog.dismiss(None)
        dialog.dismiss(None)
        await explorer.settle()
        assert on_top(explorer) == "Palette", opening
        await explorer.press("escape", "escape", "escape")
        assert on_top(explorer) == "MainScreen", opening
