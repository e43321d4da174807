"""Both tensors of one operation, an element a line."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui_app.widgets.parameter_table import ParameterTable


class TensorTable(ParameterTable):
    """A `ParameterTable` that can be left again. Posts `Closed`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,escape,backspace", "close", show=False)]

    class Closed(Message):
        """Enter or escape was pressed."""

    def action_close(self) -> None:
        """Back to the list."""
        self.post_message(self.Closed())
