"""Recordings that are not what a recorder writes: one sentence, status 2, and nothing in them is run."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from tests.torture.fuzz_files import Payload
from tests.torture.fuzz_places import recorded
from tui_app.cli.main import main

GOOD = recorded()


def _npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _header(shape, descr="<f8", body=bytes(64)):
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def _archive(members, **changed):
    """The good recording with other members, given as arrays or as bytes; None takes one away."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, one in {**members, **changed}.items():
            if one is not None:
                archive.writestr(f"{name}.npy", one if isinstance(one, bytes) else _npy(one))
    return file.getvalue()


def _stretched(array, size):
    """Of shapes of their own: the fourth entry is another one."""
    return {f"X@{index}": np.zeros(size) if index == 3 else one for index, one in enumerate(array)}


def _bomb():
    """A member that says that it unpacks to 500 MB."""
    content = bytearray(_archive({"W1": _header("(8, 10**7)", "|u1")}))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 500_000_000)
    return bytes(content)


WEIGHTS = GOOD["W1"]
LATER = np.where(np.arange(len(WEIGHTS))[:, None, None] > 2, np.nan, WEIGHTS)

HOSTILE = {
    "pickled": (_archive(GOOD, W1=np.array([Payload()] * 8, dtype=object)), "W1 holds Python objects"),
    "only pickled": (_archive({"a": np.array([Payload(), 1], dtype=object)}), "a holds Python objects"),
    "no targets": (_archive(GOOD, y=None), "which array holds the targets is not clear among"),
    "no weights": (_archive(GOOD, W1=None, W2=None), "no weights lead from the inputs X"),
    "another width": (_archive(GOOD, W1=WEIGHTS[:, :1]), "y has the shape (5, 1) in step 1"),
    "no steps": (_archive({name: one[:0] for name, one in GOOD.items()}), "holds 0 entries of each name"),
    "five steps": (_archive({name: one[:6] for name, one in GOOD.items()}), "a diagnosis needs 6 steps"),
    "no numbers": (_archive(GOOD, W1=WEIGHTS * np.nan), "0 recorded steps before the weights are no numbers"),
    "soon no numbers": (_archive(GOOD, W1=LATER), "2 recorded steps before the weights are no numbers"),
    "inputs without numbers": (_archive(GOOD, X=GOOD["X"] * np.nan), "X holds what is no number in step 1"),
    "endless targets": (_archive(GOOD, y=GOOD["y"] * np.inf), "y holds what is no number in step 1"),
    "no samples": (_archive(GOOD, X=GOOD["X"][:, :0], y=GOOD["y"][:, :0]), "X is empty in step 1"),
    "no columns": (_archive(GOOD, X=GOOD["X"][..., :0], W1=WEIGHTS[:, :0]), "X is empty in step 1"),
    "other dimensions": (
        _archive(GOOD, X=None, **_stretched(GOOD["X"], (2, 2, 2))),
        "X has the shape (2, 2, 2) in step 4",
    ),
    "another row": (_archive(GOOD, X=None, **_stretched(GOOD["X"], (5, 3))), "no weights lead from the inputs X"),
    "fewer samples": (_archive(GOOD, X=None, **_stretched(GOOD["X"], (3, 2))), "y has the shape (5, 1) in step 4"),
    "a gap": (_archive(GOOD, X=None, **{"X@1": GOOD["X"][0]}), "X@0 is missing"),
    "uneven": (_archive(GOOD, y=GOOD["y"][:7]), "y has 7 entries where others have 8"),
    "a single number": (_archive(GOOD, rate=np.array(0.1)), "rate is a single number"),
    "complex": (_archive(GOOD, W1=WEIGHTS.astype(complex)), "W1 holds complex128 values"),
    "text": (_archive(GOOD, y=np.array(["a"] * 8)), "y holds <U1 values"),
    "fields": (_archive(GOOD, y=np.zeros(8, [("a", "f8")])), "y holds [('a', '<f8')] values"),
    "folders above": (_archive({f"../{name}": one for name, one in GOOD.items()}), "among ../W1, ../W2, ../X, ../y"),
    "escapes": (_archive({f"\x1b[31m{name}": one for name, one in GOOD.items()}), "among \\x1b[31mW1"),
    "a huge shape": (_archive(GOOD, W1=_header("(8, 9999999999, 99999)")), "not as many numbers as its header claims"),
    "a shape below zero": (_archive(GOOD, W1=_header("(-8, 2, 3)")), "not as many numbers as its header claims"),
    "a shape beyond numbers": (_archive(GOOD, W1=_header("(2**60,)")), "is damaged"),
    "a header that is run": (_archive({"W1": _header("__import__('os').mkdir('unpickled')")}), "is damaged"),
    "no header": (_archive(GOOD, W1=b"hello"), "is damaged"),
    "empty member": (_archive(GOOD, W1=b""), "is damaged"),
    "half": (_archive(GOOD)[:1000], "is not an .npz archive"),
    "cut at the end": (_archive(GOOD)[:-9], "is not an .npz archive"),
    "a bit": (_archive(GOOD)[:400] + b"\xff" + _archive(GOOD)[401:], "is damaged"),
    "empty": (b"", "is not an .npz archive"),
    "no arrays": (_archive({}), "holds no arrays"),
    "an array alone": (_npy(WEIGHTS), "is not an .npz archive"),
    "a bomb": (_bomb(), "is over 300 MB of arrays"),
}


@pytest.mark.parametrize("what", HOSTILE, ids=lambda what: what.replace(" ", "-"))
def test_a_hostile_recording_gets_one_sentence(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, sentence = HOSTILE[what]
    (tmp_path / "own.npz").write_bytes(content)
    result = CliRunner().invoke(main, ["diagnose", "own.npz"])
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.strip().splitlines()
    assert sentence in line
    assert result.stdout == ""
    assert "\x1b" not in line
    assert os.listdir(tmp_path) == ["own.npz"]


def test_the_good_one_is_read(tmp_path):
    (tmp_path / "own.npz").write_bytes(_archive(GOOD, escaped=np.zeros((8, 9, 9)), loss=np.arange(8.0)))
    result = CliRunner().invoke(main, ["diagnose", str(tmp_path / "own.npz")])
    assert result.exit_code == 0, result.output
    assert "2-3-1 · 5 samples in a step · 7 steps recorded" in result.stdout
    assert "Not part of the network, and left out: escaped." in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    "words", [["--names", "W1=nosuch"], ["--names", "x=X,x=y"], ["--names", "x"], ["--steps", "5"]]
)
def test_what_is_asked_of_it_may_be_wrong(words, tmp_path):
    (tmp_path / "own.npz").write_bytes(_archive(GOOD))
    result = CliRunner().invoke(main, ["diagnose", str(tmp_path / "own.npz"), *words])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
