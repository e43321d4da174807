"""A colour for each class on a map, over the theme's background. Letters tell classes apart where colours do not."""

from __future__ import annotations

from rich.style import Style
from textual.app import App
from textual.color import Color

from tui_app.theme_colors import theme_rgb

PALETTE = ("#56b4e9", "#e69f00", "#00b383", "#e078b4", "#f0e442", "#5c7cfa", "#ff7043", "#9ccc65")
"""That people who confuse some colours tell apart; more classes begin again with the first."""

TINT = 0.3
"""Of a class's colour behind its cells."""

DARKER = 0.4
"""On a light theme the letters are so much darker."""


class ClassColors:
    """Styles of cells in the app's present theme."""

    def __init__(self, app: App[object]) -> None:
        background = Color.parse(app.theme_variables["background"])
        # What the terminal's own background is nobody knows.
        self._background = None if background.ansi is not None else Color(*theme_rgb(app, "$background"))
        self._dark = app.current_theme.dark
        self._unknown = Color(*theme_rgb(app, "$text-error"))
        self._plain = Color(*theme_rgb(app, "$foreground"))

    def letter(self, number: int) -> Style:
        """Of a class's glyph in a legend; no class is −1."""
        color = self._of(number)
        return Style(color=(color if self._dark or number < 0 else color.darken(DARKER)).rich_color, bold=True)

    def area(self, number: int) -> Style:
        """Of a cell whose answer is this class."""
        color = self._of(number)
        letter = color if self._dark or number < 0 else color.darken(DARKER)
        return Style(color=letter.rich_color, bgcolor=self._tint(color))

    def point(self, number: int) -> Style:
        """Of a sample in a cell whose answer is this class."""
        if self._background is None:
            return Style(bold=True)
        return Style(color=self._plain.rich_color, bgcolor=self._tint(self._of(number)), bold=True)

    def _of(self, number: int) -> Color:
        return self._unknown if number < 0 else Color.parse(PALETTE[number % len(PALETTE)])

    def _tint(self, color: Color) -> str | None:
        return None if self._background is None else self._background.blend(color, TINT, 1.0).hex
