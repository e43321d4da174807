"""What is asked of a data file: which of its columns and rows are read, and how.

What the file holds is `csv_files.py`'s and `npz_files.py`'s to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Missing(Enum):
    """What becomes of a row that lacks a value."""

    REFUSE = "refuse"
    DROP = "drop"


@dataclass(frozen=True)
class Asked:
    """Target and input columns by name, or by number from 1; whether the first line names the columns, and whether
    targets are classes; what becomes of a row that lacks a value. Nothing leaves it to the file's look.
    """

    targets: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    header: bool | None = None
    classes: bool | None = None
    missing: Missing = Missing.REFUSE

    @property
    def option(self) -> str | None:
        """An option that asked for something which only a CSV file has; none if nothing did."""
        given = {
            "--targets": bool(self.targets),
            "--inputs": bool(self.inputs),
            "--header": self.header is not None,
            "--missing": self.missing is not Missing.REFUSE,
        }
        return next((option for option, is_given in given.items() if is_given), None)


@dataclass(frozen=True)
class FileColumns:
    """A CSV's columns by the words that name them: in the header, or by number where no word there can be typed."""

    every: tuple[str, ...]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
