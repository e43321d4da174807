"""The theme's colours as numbers, for what draws by itself."""

from __future__ import annotations

from textual.app import App
from textual.color import Color, ColorParseError


def theme_rgb(app: App[object], color: str) -> tuple[int, int, int]:
    """A colour as Textual's styles write it, '$VARIABLE' or a name, 'PERCENT%' after it, over the background."""
    name, _, percent = color.partition(" ")
    variables = app.theme_variables
    background = Color.parse(variables["background"])
    try:
        parsed = Color.parse(variables[name[1:]] if name.startswith("$") else name)
    except ColorParseError:
        parsed = background.inverse
    opacity = float(percent.rstrip("%")) / 100 if percent else parsed.a
    return background.blend(parsed, opacity, 1.0).rgb
