"""The themes that Textual does not bring."""

from __future__ import annotations

from textual.theme import Theme

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#00d7ff",
    secondary="#ffffff",
    accent="#ff87ff",
    warning="#ffd700",
    error="#ff5f5f",
    success="#00ff5f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#303030",
    boost="#444444",
    dark=True,
    variables={"text-muted": "#d0d0d0", "footer-key-foreground": "#ffd700"},
)
