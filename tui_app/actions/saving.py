"""The command line on the clipboard, and everything in a folder."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_state_path

from engine.errors import InputError
from engine.export.exports import export_files, export_names
from engine.export.files import write_whole
from tui_app.actions.base import ExplorerState
from tui_app.cli.options import command_line
from tui_app.run_files import repeating_command, result_of
from tui_app.screens.export import ExportScreen


class SaveActions(ExplorerState):
    """Copy and export."""

    def action_copy(self) -> None:
        """The command line of these settings, on the clipboard and in a file."""
        try:
            line = command_line(self.settings)
        except InputError as error:
            self.notify(str(error), severity="error")
            return
        self.copy_to_clipboard(line)
        self.notify(f"{line}\n{self._kept_in_file(line)}")

    def _kept_in_file(self, line: str) -> str:
        # Many terminals drop what is sent to the clipboard, tmux among them unless told otherwise.
        file = user_state_path("mlp-tui") / "command.txt"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, f"{line}\n", replace_existing=True)
        except (OSError, InputError):
            return "Copied, if this terminal lets programs copy."
        return f"Copied, and written to {file}."

    async def action_export(self) -> None:
        """Ask for a folder and write everything into it."""
        result = result_of(self.worker.snapshot)
        if result is None:
            self.notify("There is nothing to export yet: not an epoch has been trained.", severity="warning")
            return
        settings, pictures = result.settings, self._pictures()
        command = repeating_command(settings)

        def make() -> dict[str, str | bytes]:
            return {**export_files(result, command), **pictures}

        await self.push_screen(ExportScreen([*export_names(settings), *pictures], make), self._exported)

    def _pictures(self) -> dict[str, str]:
        """The screen as it is, or nothing if it cannot be drawn; the rest can be exported all the same."""
        try:
            return {"screen.svg": self.export_screenshot()}
        except Exception as error:
            self.report_fault("The picture", error)
            return {}

    def _exported(self, folder: Path | None) -> None:
        if folder is not None:
            self.notify(f"Written to {folder}.")
