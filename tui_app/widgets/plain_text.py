"""Text as it is: what a person types or a file holds is never markup. Style comes as `Content`."""

from __future__ import annotations

from typing import Any

from textual.widgets import Static


class PlainText(Static):
    """Textual's `Static`, whose strings are text."""

    def __init__(self, text: Any = "", **options: Any) -> None:
        super().__init__(text, markup=False, **options)
