"""What is remembered, and a broken file that is said and left alone."""

import pytest

import engine
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.config import Config, load_config

THEMES = ["textual-dark", "nord"]


def test_a_theme_is_read_back(tmp_path):
    file = tmp_path / "mlp-tui" / "config.toml"
    assert load_config(file, THEMES) == Config(file, first_time=True)
    load_config(file, THEMES).remember("nord")
    assert load_config(file, THEMES) == Config(file, "nord")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"theme = ", "is not TOML"),
        (b"\xff\xfe", "line 1: is not UTF-8 text"),
        (100_000 * b"a=[", "is not TOML"),
        (b"theme = " + 100_000 * b"[", "is nested too deeply"),
        (b'theme = "pink"', "there are textual-dark, nord"),
    ],
)
def test_a_broken_file_is_one_sentence_and_is_left_alone(tmp_path, content, said):
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    config = load_config(file, THEMES)
    assert said in config.problem
    assert "\n" not in config.problem
    config.remember("nord")
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    config = Config(tmp_path / "file" / "config.toml").remember("nord")
    assert "not remembered" in config.problem


async def test_the_explorer_remembers_and_reports(tmp_path):
    settings, file = engine.preset("asked"), tmp_path / "config.toml"

    def explorer():
        return ExplorerApp(settings, worker=made_up_worker(settings), start_worker=False, config=file)

    async with explorer().run_test() as pilot:
        await pilot.pause()
        assert "New here?" in next(iter(pilot.app._notifications)).message
        pilot.app.theme = "high-contrast"
        await pilot.pause()
    async with explorer().run_test() as pilot:
        await pilot.pause()
        assert pilot.app.theme == "high-contrast"
        assert not pilot.app._notifications
    file.write_text("theme = ")
    async with explorer().run_test() as pilot:
        await pilot.pause()
        assert "is not TOML" in next(iter(pilot.app._notifications)).message
