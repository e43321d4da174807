"""What the selected difference is, with this experiment's numbers and the lines to change on either side."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from engine.experiment.discrepancies import Discrepancy, Explanation
from engine.experiment.settings import Settings
from engine.run.explained import explained
from tui_app.text.ascii import spell_out
from tui_app.text.fix_lines import fix_lines
from tui_app.widgets.plain_text import PlainText

HELP = """\
What the selected difference is, what it means in this experiment, the lines to change on either side, and after them
the formula and the background."""


def explanation_content(discrepancy: Discrepancy, settings: Settings, ascii: bool = False) -> Content:
    """The explanation as styled text, signs spelled out in ASCII if asked."""
    explanation = explained(discrepancy, settings)
    if ascii:
        explanation = Explanation(*(spell_out(text) for text in vars(explanation).values()))
    parts = [
        Content.assemble(explanation.what, " ", (explanation.moves, "bold")),
        Content(explanation.numbers),
    ]
    for label, lines in fix_lines(settings, discrepancy):
        shown = spell_out(lines) if ascii else lines
        parts += [Content.styled(label, "bold"), Content.styled(shown, "$text-accent")]
    # No blank line before the background: sentence, number and lines fit the panel without scrolling.
    return Content("\n").join([*parts, Content(), Content(explanation.formula), Content(explanation.theory)])


class ExplanationPanel(VerticalScroll, can_focus=False):
    """The Why panel; scrolls with the wheel and with page up and page down."""

    def __init__(self) -> None:
        super().__init__(id="why")
        self.border_title = "Why"
        self._text = PlainText()
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
