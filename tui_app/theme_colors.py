"""The theme's colours as numbers, for what draws by itself."""

from __future__ import annotations

from textual.app import App
from textual.color import Color, ColorParseError


def theme_rgb(app: App[object], color: str) -> tuple[int, int, int]:
    """The theme's colour of that name, 'NAME' or 'NAME PERCENT%', over the background; else the colour so called."""
    name, _, percent = color.partition(" ")
    variables = app.theme_variables
    background = Color.parse(variables["background"])
    try:
        parsed = Color.parse(variables.get(name, name))
    except ColorParseError:
        parsed = background.inverse
    opacity = float(percent.rstrip("%")) / 100 if percent else parsed.a
    return background.blend(parsed, opacity, 1.0).rgb
