"""The Diagnosis tab: there where a program was diagnosed, with its lines lit; its differences are the switches."""

from dataclasses import replace

import pytest
from textual.containers import ScrollableContainer

import engine
from engine.experiment.discrepancies import find
from tests.diagnosis.made_up import SOURCE, made_up_diagnosis
from tests.driver import LEAST, NARROW, WIDE, driven
from tests.examples import one_in
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.screens.help import HelpScreen
from tui_app.views.code import FLASHED, MARKED
from tui_app.views.diagnosis import DiagnosisView, source_content
from tui_app.widgets.plain_text import PlainText


def opened(diagnosis):
    settings = diagnosis.settings
    return ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False, diagnosis=diagnosis)


def numbers(content, style):
    """Of the lines that have this style."""
    lines = content.split("\n")
    return [number for number, line in enumerate(lines, start=1) if any(span.style == style for span in line.spans)]


def test_lines_that_move_the_arrays_are_marked_and_those_of_a_difference_lit():
    diagnosis = made_up_diagnosis()
    of_all, of_one = (source_content(diagnosis, field) for field in ("precision", "tensor_steps"))
    assert (numbers(of_all, MARKED), numbers(of_all, FLASHED)) == ([16, 17, 18, 19], [])
    assert (numbers(of_one, MARKED), numbers(of_one, FLASHED)) == ([16, 17, 18], [19])
    shown = [line[3:] for line in str(of_all.plain).split("\n")]
    assert shown == SOURCE.splitlines()


@one_in(3)
@pytest.mark.parametrize("size", [WIDE, NARROW, LEAST])
async def test_it_is_the_first_tab_and_shows_the_evidence(size):
    app = opened(made_up_diagnosis())
    async with driven(app, size) as explorer:
        assert app._view == "diagnosis"
        text = explorer.text("#diagnosis-text")
        assert "Proved. PyTorch repeats the weights of the first 20 steps to 4.0e-16" in text
        assert "2 Tensor steps: b1:−1, in PyTorch all alike" in text
        assert app.query_one("#diagnosis-source").region.height > 4
        await explorer.press("c", "X")
        assert app._view == "diagnosis"
        assert app.focused.id == "diagnosis-found"
        await explorer.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "What was found of the program that was diagnosed" in explorer.text("#help PlainText")
    assert not app.faults


async def test_the_selected_difference_scrolls_the_program_to_its_lines():
    app = opened(made_up_diagnosis())
    async with driven(app, (120, 30)) as explorer:
        await explorer.press(*explorer.down_to("tensor_steps"))
        pane = app.query_one("#diagnosis-source", ScrollableContainer)
        assert pane.border_title == "their_network.py"
        first = int(pane.scroll_y) + 1
        assert first <= 19 <= first + pane.size.height
        assert numbers(pane.query_one(PlainText).content, FLASHED) == [19]
        await explorer.press("m")
        assert find("tensor_steps").matched(app.settings)
    assert not app.faults


async def test_a_programs_text_is_no_markup_and_moves_no_cursor():
    strange = "[red]x[/red]\n\tW = '\x1b[2J' # é\n"
    diagnosis = made_up_diagnosis()
    diagnosis = replace(diagnosis, recording=replace(diagnosis.recording, source=strange, program="[b]a.py", lines={}))
    app = opened(diagnosis)
    async with driven(app):
        text = str(app.query_one("#diagnosis-source PlainText").render())
        assert "[red]x[/red]" in text
        assert "\x1b" not in text
        assert "\\x1b[2J" in text
    assert not app.faults


async def test_a_recording_without_a_program_has_the_evidence_alone():
    diagnosis = made_up_diagnosis()
    app = opened(replace(diagnosis, recording=replace(diagnosis.recording, source="", lines={})))
    async with driven(app):
        assert app.query_one(DiagnosisView).display
        assert not app.query_one("#diagnosis-source").display


@pytest.mark.parametrize("explorer", [("asked", WIDE)], indirect=True)
async def test_without_a_diagnosis_there_is_no_such_tab(explorer):
    await explorer.press("X")
    assert explorer.app._view == "curves"
    assert "mlp-tui diagnose PROGRAM --open" in explorer.said[-1]
    assert not explorer.app.query(DiagnosisView)


async def test_step_opens_the_diagnosed_experiment():
    app = opened(made_up_diagnosis())
    async with driven(app) as explorer:
        await explorer.press("T")
        assert app._view == "step"
        assert explorer.snapshot.settings.given == app.settings.given
        assert [one.field for one in engine.remaining(app.settings)] == ["reduction", "tensor_steps"]
