"""Jupyter notebooks as programs: their code cells in order, places as cell and line, IPython's lines left out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.diagnosis.capture.notebooks import python_lines
from engine.diagnosis.capture.program_runs import CaptureError, capture
from engine.diagnosis.capture.program_text import read_program
from engine.diagnosis.diagnosis import Conclusion, diagnose
from engine.errors import InputError
from tests.examples import long, one_in
from tui_app.cli.main import main

PROGRAMS = Path(__file__).parent.parent / "programs"

TRAINING = """%%time
for epoch in range(200):
    h = np.tanh(X @ W1)
    out = h @ W2
    error = out - y
    down = (error @ W2.T) * (1 - h * h)
    W2 -= lr * h.T @ error
    W1 -= lr * X.T @ down"""

CELLS = (
    "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt\n!pip install numpy",
    "",
    "rng = np.random.RandomState(0)\nX = rng.uniform(-1, 1, (6, 3))\ny = rng.uniform(0, 1, (6, 2))\nX.shape",
    "W1 = rng.normal(size=(3, 4))\nW2 = rng.normal(size=(4, 2))\nlr = 0.1\nnp.dot?",
    TRAINING,
    "display(W1)\nplt.plot(error)\nplt.show()",
)


def notebook(*cells, **changed):
    made = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# %title\n", "!text"]},
            *({"cell_type": "code", "metadata": {}, "outputs": [], "source": one} for one in cells),
        ],
    }
    return json.dumps(made | changed)


def _written(folder, *cells, **changed):
    path = folder / "own.ipynb"
    path.write_text(notebook(*cells, **changed))
    return str(path)


def test_a_notebook_is_diagnosed_as_a_program_is(tmp_path):
    """The empty cell has no number, as in Jupyter."""
    recording = capture(_written(tmp_path, *CELLS), steps=25)
    diagnosis = diagnose(recording)
    assert diagnosis.conclusion is Conclusion.PROVED
    assert [cause.field for cause in diagnosis.causes] == ["reduction"]
    assert {name: recording.place((line,)) for name, line in recording.lines.items()} == {
        "W1": "cell 4, line 8",
        "W2": "cell 4, line 7",
    }
    assert recording.constants["lr"] == 0.1
    assert recording.notes == (
        "3 lines of IPython were left out: cell 1, line 1 (%matplotlib inline), cell 1, line 4 (!pip install numpy) "
        "and cell 3, line 4 (np.dot?).",
    )


def test_the_report_names_cells(tmp_path):
    result = CliRunner().invoke(main, ["diagnose", _written(tmp_path, *CELLS), "--steps", "25"])
    assert result.exit_code == 0, result.output
    assert "W1 (cell 4, line 8)" in result.stdout
    assert "3 lines of IPython were left out" in " ".join(result.stdout.split())


def test_a_notebook_runs_in_its_own_folder(tmp_path):
    """As Jupyter does, wherever the command is typed."""
    (tmp_path / "x.txt").write_text("1 2 3")
    assert capture(_written(tmp_path, "open('x.txt')", *CELLS), steps=8).steps == 8


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        ("x = '''\n%d\n!a\n'''\ny = (5\n% 3)", "x = '''\n%d\n!a\n'''\ny = (5\n% 3)"),
        ("x = '''\n%d'''\n%pip install a\nx", "x = '''\n%d'''\npass\nx"),
        ("y = (5\n% 3)\n  !ls (\ny", "y = (5\n% 3)\n  pass\ny"),
        ("if True:\n    %matplotlib inline\nz = 1 # why?", "if True:\n    pass\nz = 1 # why?"),
        ("!echo a \\\n  b\nx = 1", "pass\n\nx = 1"),
        ("files = !ls\na = %who\n?np\nb.c??", "pass\npass\npass\npass"),
        ("%time f(3)\n%timeit f(4)", "f(3)\npass"),
        ("%%time\nf(3)\n%who", "pass\nf(3)\npass"),
        ("%%bash\nls\nrm x", "pass\npass\npass"),
        ("\n%%writefile helper.py\nx = 1", "pass\npass\npass"),
        ("x = 'a # \\' b' # c (\n!ls", "x = 'a # \\' b' # c (\npass"),
        ("s = 1 if x != 2 else 3\n%who", "s = 1 if x != 2 else 3\npass"),
    ],
)
def test_lines_of_ipython_are_told_from_those_of_python(cell, left):
    lines, _ = python_lines(cell.split("\n"))
    assert "\n".join(lines) == left


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not JSON"),
        (b"print(1)", "is not JSON"),
        (b"\xff\xfe{}", "is not UTF-8 text"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[1]", "is no notebook: it has no list of cells"),
        (b'{"cells": 3, "nbformat": 4}', "is no notebook: it has no list of cells"),
        (b'{"cells": []}', "its nbformat is missing"),
        (b'{"cells": [], "nbformat": true}', "its nbformat is missing"),
        (b'{"cells": [], "nbformat": 4}', "has no code in it"),
        (b'{"cells": [{"cell_type": "markdown", "source": "x"}], "nbformat": 4}', "has no code in it"),
        (b'{"worksheets": [{"cells": []}], "nbformat": 3}', "format 3"),
        (b'{"cells": [7], "nbformat": 4}', "cell 1 of all is no cell"),
        (b'{"cells": [{"cell_type": "code"}], "nbformat": 4}', "cell 1 of all is no cell"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}], "nbformat": 4}', "cell 1 of all is no cell"),
        (b'{"cells": [{"cell_type": "code", "source": "a\\u0000"}], "nbformat": 4}', "zero byte"),
        (b'{"cells": [{"cell_type": "code", "source": "\\ud800"}], "nbformat": 4}', "half a character"),
        (
            b'{"cells": [], "nbformat": 4, "metadata": {"kernelspec": {"language": "R\\u001b[31m", "name": "ir"}}}',
            "is written in R\\\\x1b",
        ),
        (b'{"cells": [], "nbformat": 4, "metadata": {"language_info": {"name": "julia"}}}', "is written in julia"),
    ],
)
def test_a_malformed_notebook_gets_one_sentence(content, sentence, tmp_path):
    path = tmp_path / "own.ipynb"
    path.write_bytes(content)
    result = CliRunner().invoke(main, ["diagnose", str(path)])
    assert result.exit_code == 2
    assert sentence.replace("\\\\", "\\") in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("metadata", "is_python"),
    [
        ({}, True),
        ({"kernelspec": {"language": "Python", "name": "x"}}, True),
        ({"kernelspec": None, "language_info": []}, True),
        ({"kernelspec": {"name": "python3"}}, True),
        ({"kernelspec": {"name": "ir"}}, True),
        ({"kernelspec": {"language": "scala"}}, False),
    ],
)
def test_another_language_is_refused(metadata, is_python, tmp_path):
    path = Path(_written(tmp_path, "x = 1", metadata=metadata))
    if is_python:
        assert read_program(path).source == "x = 1"
    else:
        with pytest.raises(InputError, match=r"own\.ipynb: is written in scala; what is diagnosed is Python"):
            read_program(path)


@one_in(3)
@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (("x = 1", "y = 2\nraise ValueError('no data')"), r"ValueError: no data in cell 2, line 2\.$"),
        (("x = 1", "y = = 2"), r"Cell 2, line 1 is not Python: invalid syntax"),
        (("def f():\n    return g()", "f()"), r"NameError: name 'g' is not defined in cell 1, line 2\.$"),
        (("%%writefile a_helper.py\nx = 1", "import a_helper"), r"a_helper.*left out: cell 1, line 1 \(%%writefile"),
    ],
)
def test_an_error_names_its_cell(cells, sentence, tmp_path):
    with pytest.raises(CaptureError, match=sentence):
        capture(_written(tmp_path, *cells))


@long
def test_what_comes_after_the_training_may_be_no_python(tmp_path):
    assert capture(_written(tmp_path, "from __future__ import annotations", *CELLS[:-1], "notes: and ("), steps=8)


@long
def test_a_future_import_may_stand_in_any_cell(tmp_path):
    cells = ("x = 1", "from __future__ import annotations", "def f(a: no_such_name): ...", *CELLS)
    assert capture(_written(tmp_path, *cells), steps=8).steps == 8
