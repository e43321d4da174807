"""What a script is made of: its lines, and the data as it reads them."""

from __future__ import annotations

import ast
import csv
import io
from dataclasses import dataclass

import numpy as np

from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.choices import InputScale, SideName
from engine.experiment.data import Dataset
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.networks.network_data import NetworkData

INLINE_VALUES = 64
"""Data of up to so many numbers stand in the script itself; more are read from a CSV file beside it, and large ones
from an archive."""

ARCHIVE = "data.npz"
"""The file that holds large data as they are, X and Y in float64."""


SHORT = 60
"""Characters of a matrix that may stand on one line."""


@dataclass(frozen=True)
class Script:
    """A whole program by its file name."""

    name: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file's content."""
        return "".join(f"{line}\n" for line in self.lines)


class Writer:
    """Gathers lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, text: str = "", indent: int = 0) -> None:
        """Add one line, or several at once."""
        self.lines += [" " * 4 * indent + line if line else "" for line in text.split("\n")]


def plain_name(data: Dataset) -> str:
    """The data set's name in letters that any file system and any docstring takes."""
    kept = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "_" for one in data.name)
    return kept or "data"


def data_file_name(data: Dataset) -> str | None:
    """The file that the scripts read, or nothing where the data stand in the script."""
    if data.X.size + data.Y.size <= INLINE_VALUES:
        return None
    if data.is_large:
        return ARCHIVE
    # Data of one's own come from a file whose name the export must not take.
    built_in = data.name in BUILT_IN and data.source is None
    return f"{plain_name(data)}{'' if built_in else '_data'}.csv"


def data_file_content(data: Dataset) -> str | bytes:
    """What stands in that file, with numbers that read back to the same bits."""
    return _archive(data) if data_file_name(data) == ARCHIVE else _csv(data)


def _archive(data: Dataset) -> bytes:
    file = io.BytesIO()
    np.savez(file, X=data.X, Y=data.Y)
    return file.getvalue()


def _csv(data: Dataset) -> str:
    """Inputs first."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    inputs = [f"x{column}" for column in range(1, data.inputs + 1)]
    writer.writerow(inputs + [f"y{column}" for column in range(1, data.outputs + 1)])
    for x, y in zip(data.X.tolist(), data.Y.tolist(), strict=True):
        writer.writerow([repr(value) for value in (*x, *y)])
    return file.getvalue()


def bracketed(expression: str) -> str:
    """It in brackets, for what is to be called on its value, unless it is a single call."""
    return expression if isinstance(ast.parse(expression, mode="eval").body, ast.Call) else f"({expression})"


def add_array(writer: Writer, opening: str, rows: list[list[float]], closing: str) -> None:
    """A matrix between `opening` and `closing`, on one line if it is short, else a row on each."""
    cells = ["[" + ", ".join(_number(value) for value in row) + "]" for row in rows]
    if sum(map(len, cells)) < SHORT:
        writer.add(f"{opening}[{', '.join(cells)}]{closing}")
        return
    writer.add("\n".join([f"{opening}[", *(f"    {row}," for row in cells)]))
    writer.add(f"]{closing}")


def add_scaling(writer: Writer, settings: Settings, name: SideName) -> None:
    """Put the columns of X on the side's scale."""
    scale = settings.side(name).input_scale
    if scale is InputScale.UNIT:
        _add_span(writer, settings, name)
    elif scale is not InputScale.RAW:
        _add_deviation(writer, settings, name)


def _add_span(writer: Writer, settings: Settings, name: SideName) -> None:
    """Each column from 0 to 1."""
    numpy = name is SideName.NUMPY
    low, high = ("X.min(axis=0)", "X.max(axis=0)") if numpy else ("X.amin(dim=0)", "X.amax(dim=0)")
    scaled = NetworkData.of(settings.data, settings.side(name)).X
    # What is the same everywhere becomes 0.
    if scaled.max(axis=0).all():
        writer.add(f"X = (X - {low}) / ({high} - {low})")
    else:
        writer.add(f"spread = {high} - {low}")
        writer.add("spread[spread == 0] = 1  # of what is the same everywhere")
        writer.add(f"X = (X - {low}) / spread")


def _add_deviation(writer: Writer, settings: Settings, name: SideName) -> None:
    """Each column with mean 0 and standard deviation 1."""
    count = "max(len(x) - 1, 1)" if settings.side(name).input_scale is InputScale.STANDARD_SAMPLE else "len(x)"
    writer.add("columns = X.T.tolist()")
    writer.add("mean = [math.fsum(x) / len(x) for x in columns]  # fsum rounds once: the same bits in both programs")
    squares = "math.fsum((one - m) * (one - m) for one in x)"
    writer.add(f"std = [math.sqrt({squares} / {count}) for x, m in zip(columns, mean)]")
    if (settings.data.X.min(axis=0) == settings.data.X.max(axis=0)).any():
        same = "std = [s if min(x) < max(x) else 1.0 for x, s in zip(columns, std)]"
        writer.add(f"{same}  # of what is the same everywhere")
    to_array = "np.array({}, dtype)" if name is SideName.NUMPY else f"torch.tensor({{}}, dtype=dtype{device(settings)})"
    writer.add(f"X = (X - {to_array.format('mean')}) / {to_array.format('std')}")


def device(settings: Settings) -> str:
    """Where PyTorch's tensors are made, as a further argument; nothing on the CPU."""
    return "" if settings.device == "cpu" else f', device="{settings.device}"'


def is_standardised(side: Side) -> bool:
    """Whether a program needs `math` for the side's inputs."""
    return side.input_scale in (InputScale.STANDARD, InputScale.STANDARD_SAMPLE)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
