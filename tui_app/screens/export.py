"""Choosing a folder to export to; what is written is listed, what cannot be is said before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from engine.errors import InputError
from engine.export.files import write_folder
from engine.paths import typed_path
from engine.shown_text import shown
from engine.worker.faults import fault_sentence
from tui_app.beside import beside
from tui_app.screens.dialog import Dialog
from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.text_field import TextField


def free_folder() -> str:
    """A folder name here that does not exist yet."""
    number, name = 1, "mlp-tui-export"
    while Path(name).exists():
        number += 1
        name = f"mlp-tui-export-{number}"
    return name


class ExportScreen(Dialog[Path]):
    """Makes the files and writes them, beside the screen's thread; gives the folder, or nothing."""

    def __init__(self, names: list[str], make: Callable[[], dict[str, str | bytes]]) -> None:
        """`names` are those of the files that `make` makes."""
        super().__init__()
        self._names, self._make = names, make
        self._writing = False

    def compose(self) -> ComposeResult:
        """An input, the list of files, a line that says what is wrong."""
        listed = PlainText(Content(f"writes {', '.join(self._names)}"))
        frame = Vertical(TextField(free_folder()), listed, PlainText(id="problem"), classes="dialog", id="export")
        frame.border_title = "Export to a folder"
        frame.border_subtitle = "enter write · esc close"
        yield frame

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write, unless that is under way."""
        if not self._writing:
            self._writing = True
            self.say("writing …")
            self._export(event.value)

    @work
    async def _export(self, typed: str) -> None:
        """Write, or say what is in the way. A worker, so that leaving need not wait for it."""
        try:
            folder = typed_path(typed)
            await beside(self._write, folder)
        except InputError as error:
            self.say(str(error).replace(", or say --force to replace it", ""))
        except Exception as error:
            self.say(fault_sentence("The export", error))
        else:
            # Stays to be read where the palette lies over this dialog, which then does not close.
            self.say(Content.styled(f"Written to {shown(folder)}.", "$text-muted"))
            self.dismiss(folder)
        finally:
            self._writing = False

    def _write(self, folder: Path) -> None:
        write_folder(folder, self._make(), replace_existing=False)
