"""A line that says as much as its width allows."""

from __future__ import annotations

from collections.abc import Sequence

from tui_app.widgets.plain_text import PlainText
from tui_app.widgets.prediction_map import longest_fitting


class FittingText(PlainText):
    """The first of several forms that fits, the last one where none does."""

    _forms: Sequence[str] = ("",)

    def show(self, forms: Sequence[str]) -> None:
        """Show these, from what is to be said down to what fits anywhere."""
        self._forms = forms
        self.update(longest_fitting(forms, self.size.width) or forms[-1], layout=False)

    def on_resize(self) -> None:
        """The form follows the width."""
        self.show(self._forms)
