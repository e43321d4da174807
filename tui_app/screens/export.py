"""Choosing a folder to export to; what is written is listed, what cannot be is said before."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import InputError
from engine.files import write_folder


def free_folder() -> str:
    """A folder name here that does not exist yet."""
    number, name = 1, "mlp-tui-export"
    while Path(name).exists():
        number += 1
        name = f"mlp-tui-export-{number}"
    return name


class ExportScreen(ModalScreen[Path | None]):
    """Writes the files and gives the folder, or nothing."""

    BINDINGS = [
        ("escape", "dismiss", "close"),
        # An input would copy.
        Binding("ctrl+c", "app.quit", "quit", priority=True),
    ]

    def __init__(self, files: dict[str, str | bytes]) -> None:
        super().__init__()
        self._files = files

    def compose(self) -> ComposeResult:
        """An input, the list of files, a line that says what is wrong."""
        folder = Input(free_folder())
        # A blinking cursor would keep a slow link busy.
        folder.cursor_blink = False
        listed = Static(f"writes {', '.join(self._files)}")
        frame = Vertical(folder, listed, Static(id="problem"), classes="dialog", id="export")
        frame.border_title = "Export to a folder"
        frame.border_subtitle = "enter write · esc close"
        yield frame

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write, or say what is in the way."""
        folder = Path(event.value.strip() or ".").expanduser()
        try:
            write_folder(folder, self._files, replace_existing=False)
        except InputError as error:
            self.query_one("#problem", Static).update(str(error).replace(", or say --force to replace it", ""))
            return
        self.dismiss(folder)
