"""What should not have failed and has: a message where the explorer can go on, one sentence where it cannot.

Messages are text: they may quote what was typed or read.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rich.text import Text
from textual.actions import ActionParseResult
from textual.dom import DOMNode
from textual.notifications import SeverityLevel

from engine.shown_text import printable
from engine.worker.faults import Fault, fault_sentence
from engine.worker.worker import Worker
from tui_app.run_files import keep_run
from tui_app.terminal.key_order import KeysInOrder

SHOWN_SECONDS = 10


class FaultReports(KeysInOrder):
    """An app that says what has failed; `faults` has all of it so far, in sentences."""

    worker: Worker

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.faults: list[str] = []
        self._fault_heeded: Fault | None = None
        self._reported = ""
        self._fatal_reported = False

    def report_fault(self, what: str, error: BaseException) -> None:
        """Say it; the explorer goes on."""
        self._say_fault(fault_sentence(what, error))

    def report_once(self, what: str, error: BaseException) -> None:
        """Say it unless it was the last said: a picture that fails does so ten times a second."""
        if repr(error) != self._reported:
            self._reported = repr(error)
            self.report_fault(what, error)

    def heed_fault(self, fault: Fault | None) -> None:
        """Say, once, that work beside the run has ended early."""
        if fault is not None and fault is not self._fault_heeded:
            self._fault_heeded = fault
            self._say_fault(fault.message)

    def _say_fault(self, sentence: str) -> None:
        self.faults.append(sentence)
        self.notify(sentence, severity="error", timeout=SHOWN_SECONDS)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a message for a moment."""
        message = "\n".join(map(printable, message.split("\n")))
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """As Textual's, but a fault in what a key does is a message and not the end."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:
            self.report_fault("That key", error)
            return True

    def _fatal_error(self) -> None:
        """End with one sentence, after keeping what can be kept. What fails on the way down only follows from that."""
        if self._fatal_reported:
            return
        self._fatal_reported = True
        error = sys.exc_info()[1] or self._exception
        sentence = "" if error is None else fault_sentence("the explorer", error)
        self.panic(Text(f"mlp-tui: {sentence} {keep_run(self.worker.snapshot)}".rstrip()))
