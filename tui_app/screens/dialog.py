"""What every dialog has: a way out, one picture when it opens, a line that says what is wrong, and nothing to say once
it is closed.
"""

from __future__ import annotations

from typing import TypeVar

from rich.console import RenderableType
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette
from textual.content import Content
from textual.events import Resize, ScreenResume
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import OptionList

from tui_app.least import too_small, too_small_text
from tui_app.one_picture import HeldBack
from tui_app.widgets.plain_text import PlainText

Result = TypeVar("Result")


class TooSmallFor(HeldBack):
    """A screen that says so, and shows nothing else, where the terminal is too small for it."""

    def on_mount(self) -> None:
        """What fits now."""
        self._fit(self.app.size)

    def on_resize(self, event: Resize) -> None:
        """What fits now."""
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        self.set_class(too_small(size), "-tiny")

    def render(self) -> RenderableType:
        """What lies behind everything else."""
        return too_small_text(self.app.size) if self.has_class("-tiny") else super().render()


LEAVING: list[BindingType] = [
    # An input would copy.
    Binding("ctrl+c", "app.quit", "quit", show=False, priority=True),
    Binding("ctrl+z", "app.suspend_process", "suspend", show=False, priority=True),
]
"""The keys that leave the program from everywhere: the app's own do not reach into a dialog."""


class Dialog(ModalScreen[Result], TooSmallFor):
    """A dialog that gives a `Result`, or nothing."""

    BINDINGS = [("escape", "dismiss", "close"), *LEAVING]

    _opened = False

    def on_screen_resume(self, event: ScreenResume) -> None:
        """When it opens, its widgets have just been given their styles."""
        event.refresh_styles = self._opened
        self._opened = True

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close, if it is on top: otherwise it would be the screen above or below that goes."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def say(self, problem: str | Content) -> None:
        """Show what is wrong with what was typed, letter by letter; as `Content` in a style of its own."""
        # Work beside the screen may end when the dialog has closed, and its widgets are gone.
        for line in self.query("#problem").results(PlainText):
            line.update(problem)


class PagedList(OptionList):
    """A list to choose from. Pages are turned only where it has a place: where it has none Textual's own fails."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key may do that now."""
        placed = bool(self.scrollable_content_region) or not action.startswith("page_")
        return placed and super().check_action(action, parameters)


class Palette(CommandPalette, TooSmallFor):
    """Textual's command palette, closed once."""

    BINDINGS = LEAVING

    def _action_command_list(self, action: str) -> None:
        # As `PagedList`.
        if self.query_one(CommandList).scrollable_content_region or not action.startswith("page"):
            super()._action_command_list(action)

    def dismiss(self, result: None = None) -> AwaitComplete:
        """As a dialog's."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
