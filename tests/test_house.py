"""The rules of the house: who may import whom, and what lies where."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tests.examples import TIMES

ROOT = Path(__file__).parent.parent
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
APP = sorted((ROOT / "tui_app").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@cache
def imported(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    return [name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in imported_names(node)]


ROOMS = ("experiment", "networks", "run", "step", "impact", "diagnosis", "export", "worker")
"""Of the engine, from the ground up: each imports only from those before it, and from the modules that lie flat."""

FLAT = {"__init__", "errors", "number_text", "paths", "shown_text", "types"}


def room_of(path):
    """The engine's room that a module lies in; none if it lies flat."""
    inside = path.relative_to(ROOT / "engine").parts
    return inside[0] if len(inside) > 1 else None


def test_a_room_imports_from_those_before_it():
    for path in ENGINE:
        room = room_of(path)
        seen = {name.split(".")[1] for name in imported(path) if name.startswith("engine.")}
        if room is not None:
            assert seen & set(ROOMS) <= set(ROOMS[: ROOMS.index(room) + 1]), path
        elif path.stem != "__init__":
            assert not seen & set(ROOMS), path


def test_what_lies_flat_is_little_and_every_room_is_known():
    assert {path.stem for path in ENGINE if room_of(path) is None} == FLAT
    assert {room_of(path) for path in ENGINE} - {None} == set(ROOMS)


def test_what_a_docstring_names_exists():
    """Modules, as `module.py` or `folder/module.py`; others are files of an export, or a user's programs."""
    others = ["/numpy_mlp.py", "/pytorch_mlp.py", "/my_network.py", "/train.py"]
    known = [f"/{path.relative_to(ROOT)}" for path in [*ENGINE, *APP, *TESTS]] + others
    named = {(path.name, name) for path in [*ENGINE, *APP] for name in re.findall(r"[\w/]+\.py\b", path.read_text())}
    assert len(named) > 40
    assert [one for one in named if not any(path.endswith(f"/{one[1]}") for path in known)] == []


TEXT_ALONE = ("cli", "text")
"""Folders of the app that import no Textual, so that a command that prints does not."""


@pytest.mark.parametrize("path", [one for one in APP if one.parent.name in TEXT_ALONE], ids=str)
def test_what_prints_imports_no_textual(path):
    """At its top; what the explorer alone needs is imported where it is started."""
    top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [name for node in top for name in imported_names(node)]
    assert not [name for name in names if name.split(".")[0] == "textual"]
    shown = {"widgets", "views", "screens", "actions"}
    assert not [name for name in names if name.startswith("tui_app.") and name.split(".")[1] in shown]


def imported_names(node):
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]


def packages(path):
    """Whose modules it imports."""
    return {name.split(".")[0] for name in imported(path)}


def test_the_engine_knows_nothing_of_terminals():
    of_terminals = {"textual", "rich", "rich_click", "plotext", "tui_app"}
    assert [path for path in ENGINE if packages(path) & of_terminals] == []


def test_the_app_does_not_touch_torch():
    assert [path for path in APP if "torch" in packages(path)] == []


def test_only_the_pytorch_side_imports_torch():
    users = {path.stem for path in ENGINE if "torch" in packages(path)}
    assert users == {path.stem for path in ENGINE if path.stem.startswith("torch_")} - {"torch_random"}


def test_importing_does_not_import_torch():
    code = "import sys, engine, tui_app.cli.main, tui_app.app; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_every_package_is_shipped():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {str(path.parent.relative_to(ROOT)).replace("/", ".") for path in ENGINE + APP}
    assert set(project["tool"]["setuptools"]["packages"]) == packages


def test_modules_open_with_what_lives_there():
    for path in ENGINE + APP:
        text = path.read_text()
        assert not text or ast.get_docstring(ast.parse(text)), path


QUICK = (["--version"], ["--help"], ["presets"], ["differences"], ["differences", "bias"], ["run", "--help"])
TRAINED = (["run", "--epochs", "2"], ["trace", "--epoch", "1"], ["impact", "--epochs", "2", "--seeds", "2"])

COMMANDS = """
import contextlib, io, sys
from tests.examples import TIMES
from tui_app.cli.main import main

def loaded(*arguments):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main(list(arguments))
    return {"textual", "torch"} & sys.modules.keys()

for command in QUICK:
    assert not loaded(*command), command
import engine
train, engine.train = engine.train, lambda *_: sys.exit("torch" in sys.modules and "torch before training")
with contextlib.redirect_stdout(io.StringIO()):
    try:
        main(["run", "--epochs", "2"])
    except SystemExit as ended:
        assert not ended.code, ended.code
engine.train = train
for command in TRAINED:
    assert loaded(*command) == {"torch"}, command
"""


def test_a_command_imports_neither_textual_nor_torch_before_it_trains():
    """In one fresh process: what needs no training first, then the training caught at its door, then let go on."""
    code = f"QUICK, TRAINED = {QUICK!r}, {TRAINED[:TIMES]!r}\n{COMMANDS}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
