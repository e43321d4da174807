"""The rules of the house: who may import whom, and what lies where."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINE = sorted((ROOT / "engine").rglob("*.py"))
APP = sorted((ROOT / "tui_app").rglob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", ENGINE, ids=str)
def test_the_engine_knows_nothing_of_terminals(path):
    assert not {name.split(".")[0] for name in imported(path)} & {"textual", "rich", "rich_click", "plotext", "tui_app"}


@pytest.mark.parametrize("path", APP, ids=str)
def test_the_app_does_not_touch_torch(path):
    assert "torch" not in {name.split(".")[0] for name in imported(path)}


def test_only_the_pytorch_side_imports_torch():
    users = {path.stem for path in ENGINE if "torch" in {name.split(".")[0] for name in imported(path)}}
    assert users == {path.stem for path in ENGINE if path.stem.startswith("torch_")} - {"torch_random"}


@pytest.mark.parametrize("module", ["engine", "tui_app.app", "tui_app.cli"])
def test_importing_does_not_import_torch(module):
    code = f"import sys, {module}; assert 'torch' not in sys.modules"
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
from tui_app.cli import main

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
    code = f"QUICK, TRAINED = {QUICK!r}, {TRAINED!r}\n{COMMANDS}"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
