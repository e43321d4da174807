"""The data of a document: whole where they are few, by their file's name and SHA-256 where they are many.

What a document's other fields are is `run_file.py`'s and `document_format.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.experiment.asked import Asked, Missing
from engine.experiment.class_labels import classes_to_say
from engine.experiment.data import Dataset, HeldOut
from engine.experiment.data_files import load_file
from engine.experiment.held_out import hold_out
from engine.experiment.reading import opened, sha256_of
from engine.export.document_format import DATA, FILE, HELD_OUT, check_fields
from engine.paths import Place, place_of
from engine.shown_text import shown

SHOWN_DIGITS = 12
"""Of a SHA-256 that a sentence names."""


def data_document(data: Dataset) -> dict[str, Any]:
    """The data as plain values; more than a million numbers that come from a file stay there."""
    is_named = data.is_large and data.source is not None and data.sha256 is not None
    return {
        "name": data.name,
        "source": data.source,
        "targets": list(data.targets),
        "input_columns": list(data.input_columns),
        "header": data.header,
        "missing": data.missing.value,
        "classes": list(data.classes),
        "held_out": _held_out_document(data.held_out, is_named),
        "file": {"sha256": data.sha256, "classes": classes_to_say(data)} if is_named else None,
        "X": None if is_named else data.X.tolist(),
        "Y": None if is_named else data.Y.tolist(),
    }


def _held_out_document(held_out: HeldOut | None, is_named: bool) -> dict[str, Any] | None:
    """Of data that stay in a file the share alone."""
    if held_out is None:
        return None
    X, Y = (None, None) if is_named else (held_out.X.tolist(), held_out.Y.tolist())
    return {"share": held_out.share, "X": X, "Y": Y}


def document_data(document: Any, version: int, place: Path) -> Dataset:
    """The data of the document that stands at `place`; raises `InputError`.

    A file is looked for at its path as written, then beside the document, and must have the content that it had.
    """
    check_fields(document, DATA, version, "data")
    file = document.get("file")
    # What stands in for the arrays of a file has no classes yet.
    X, Y = (document["X"], document["Y"]) if file is None else (np.zeros((1, 1)), np.zeros((1, 1)))
    described = Dataset(
        document["name"],
        X,
        Y,
        document["source"],
        _names(document["targets"]),
        document.get("header"),
        classes=_names(document.get("classes", [])) if file is None else (),
        input_columns=_names(document.get("input_columns", [])),
        missing=document.get("missing", Missing.REFUSE),
    )
    data = described if file is None else _of_file(described, document, version, place)
    return _with_held_out(data, document.get("held_out"), version, is_named=file is not None)


def _with_held_out(data: Dataset, document: Any, version: int, is_named: bool) -> Dataset:
    if document is None:
        return data
    check_fields(document, HELD_OUT, version, "held_out")
    share, X, Y = document["share"], document["X"], document["Y"]
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
        raise InputError(f"the share of 'held_out' cannot be {shown(repr(share), 40)}; it is a number between 0 and 1.")
    if is_named and not (X is None and Y is None):
        raise InputError("where 'file' is given, 'X' and 'Y' of 'held_out' are null.")
    return hold_out(data, share) if is_named else replace(data, held_out=HeldOut(float(share), X, Y))


def _names(value: Any) -> Any:
    """A list as a `Dataset` has it; whether it is one of texts is seen there."""
    return tuple(value) if isinstance(value, list) else value


def _of_file(described: Dataset, document: Any, version: int, place: Path) -> Dataset:
    file = document["file"]
    check_fields(file, FILE, version, "file")
    sha256, classes = file["sha256"], file["classes"]
    if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        raise InputError(f"'sha256' cannot be {shown(repr(sha256), 40)}; it is 64 hexadecimal digits.")
    if classes is not None and not isinstance(classes, bool):
        raise InputError(f"'classes' of 'file' cannot be {shown(repr(classes), 40)}; it is true, false or null.")
    if described.source is None or document["X"] is not None or document["Y"] is not None:
        raise InputError("where 'file' is given, 'source' names the data's file, and 'X' and 'Y' are null.")
    path = _found(described.source, sha256, place)
    asked = Asked(described.targets, described.input_columns, described.header, classes, described.missing)
    data = load_file(path, asked)
    if data.sha256 not in (None, sha256):
        raise _other_content(path, sha256, str(data.sha256))
    if list(data.classes) != document["classes"]:
        raise InputError(f"{shown(path)} holds other classes than the document; 'classes' may not be changed in it.")
    return replace(data, name=described.name, notes=())


def _found(source: str, sha256: str, place: Path) -> Path:
    """The file of that content; raises `InputError`."""
    others: dict[Path, str] = {}
    for path in _places(source, place):
        with opened(path) as file:
            others[path] = sha256_of(file)
        if others[path] == sha256:
            return path
    for path, other in others.items():
        raise _other_content(path, sha256, other)
    raise InputError(
        f"its data are in the file {shown(source)}, which is not there, nor beside {shown(place.name)}; put it "
        "there, or name it with --data."
    )


def _places(source: str, place: Path) -> Iterable[Path]:
    """Where a file stands."""
    paths = dict.fromkeys((Path(source), place.parent / Path(source).name))
    return (path for path in paths if place_of(path) is Place.FILE)


def _other_content(path: Path, wanted: str, found: str) -> InputError:
    return InputError(
        f"its data file {shown(path)} has another content than it had: SHA-256 {found[:SHOWN_DIGITS]}… and not "
        f"{wanted[:SHOWN_DIGITS]}…; put back the file of that run, or name another with --data."
    )
