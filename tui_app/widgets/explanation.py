"""Why the selected difference matters, with this experiment's numbers, and how to mend it on either side."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.discrepancies import Discrepancy, Explanation
from engine.settings import Settings
from tui_app.ascii import spell_out

HELP = """\
What the selected difference is, its formula with the numbers of this experiment, and the line that mends it on
either side."""


def explanation_content(discrepancy: Discrepancy, settings: Settings, ascii: bool = False) -> Content:
    """The explanation as styled text, signs spelled out in ASCII if asked."""
    explanation = discrepancy.explain(settings)
    if ascii:
        explanation = Explanation(*(spell_out(text) for text in vars(explanation).values()))
    return Content("\n\n").join(
        [
            Content.assemble(explanation.what, " It moves ", (discrepancy.moves.value, "bold"), "."),
            Content.styled(explanation.formula, "$text-accent"),
            Content(explanation.numbers),
            Content.assemble(("To mend the hand-written side\n", "bold"), explanation.fix_by_hand),
            Content.assemble(("To mend PyTorch\n", "bold"), explanation.fix_pytorch),
        ]
    )


class ExplanationPanel(VerticalScroll, can_focus=False):
    """The Why panel; scrolls with the wheel and with page up and page down."""

    def __init__(self) -> None:
        super().__init__(id="why")
        self.border_title = "Why"
        self._text = Static()
        self._shown: tuple[str, Settings] | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def show(self, discrepancy: Discrepancy, settings: Settings) -> None:
        """Explain this discrepancy; a new one is shown from its beginning."""
        shown = (discrepancy.field, settings)
        if shown == self._shown:
            return
        if self._shown is None or self._shown[0] != discrepancy.field:
            self.scroll_home(animate=False)
        self._shown = shown
        self.border_title = f"Why: {discrepancy.title}"
        self._text.update(explanation_content(discrepancy, settings, getattr(self.app, "ascii", False)))
