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
        (1_000 * b"a=[", "is not TOML"),
        (b"theme = " + 4_000 * b"[", "is nested too deeply"),
        (b"a" + 20_000 * b".a" + b" = 1", "has 40,005 bytes; at most 5,000 are read. Nothing is remembered."),
        (b'theme = "pink"', "there are textual-dark, nord"),
    ],
    ids=["cut", "bytes", "nested", "deep", "dotted", "theme"],
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
    assert config.problem == f"The theme is not remembered: {tmp_path}/file cannot be made: File exists."


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
