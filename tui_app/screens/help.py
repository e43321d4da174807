"""The help screen: what each part of the explorer shows, and every key."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from tui_app.keys import KEYS
from tui_app.screens.dialog import Dialog
from tui_app.views import VIEWS, View
from tui_app.widgets import differences, explanation, tour_panel
from tui_app.widgets.plain_text import PlainText

INTRODUCTION = """\
Two networks are trained in lockstep: one written by hand in NumPy, one in PyTorch. Every setting on which they
differ is a switch. Flip it and both are trained again at once; the verdict says how far they are still apart."""


def help_content(view: str = "curves", offered: Mapping[str, type[View]] = VIEWS) -> Content:
    """Introduction, the parts of the screen with the present tab first, keys."""
    views = sorted(offered.values(), key=lambda one: view != one.NAME)
    parts = [(one.NAME.title(), one.HELP) for one in views]
    panels = [("Differences", differences.HELP), ("Why", explanation.HELP), ("Tour", tour_panel.HELP)]
    parts = panels + parts if view == "differences" else [parts[0], *panels, *parts[1:]]
    blocks = [Content(INTRODUCTION.replace("\n", " "))]
    blocks += [Content.assemble((f"{name}\n", "bold $text-primary"), text.replace("\n", " ")) for name, text in parts]
    keys = [Content.assemble((f"{key.shown:>6}", "bold $text-accent"), f"  {key.help}") for key in KEYS]
    keys.append(Content.assemble(("ctrl+p", "bold $text-accent"), "  the command palette: every action, and themes"))
    blocks.append(Content.assemble(("Keys\n", "bold $text-primary"), Content("\n").join(keys)))
    return Content("\n\n").join(blocks)


class HelpScreen(Dialog[None]):
    """Scrolls with the arrow keys; escape, q or ? leaves it."""

    BINDINGS = [("q,question_mark,f1", "dismiss", "close")]

    def __init__(self, view: str, offered: Mapping[str, type[View]] = VIEWS) -> None:
        super().__init__()
        self._view, self._offered = view, offered

    def compose(self) -> ComposeResult:
        """The text in a frame."""
        frame = VerticalScroll(PlainText(help_content(self._view, self._offered)), classes="dialog", id="help")
        frame.border_title = "Help"
        frame.border_subtitle = "↑ ↓ scroll · esc close"
        yield frame
