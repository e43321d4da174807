"""What a terminal sends, as messages: whatever the bytes are, the next key is understood. No reading here.

Textual's parser takes an empty decode for the end of the input, dies of key reports that name no character, and waits
for ever for the end of a paste.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

PASTE_SECONDS = 1.0
"""A paste ends when nothing has come for so long, whether its end has come or not."""

MOST_PASTED = 100_000
"""Characters; no field takes more."""

WAY_OUT = (b"\x03", b"\x1b[99;5u")
"""Ctrl-C, as it is and as a key report: alone in one read it is a key, also in the middle of a paste."""


class TerminalInput:
    """Feed it bytes as they come, and `tick` it in between."""

    def __init__(self, clock: Callable[[], float], debug: bool = False) -> None:
        self._clock, self._debug = clock, debug
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._parser = XTermParser(debug)
        self._recent = ""
        """The last characters outside a paste, as many as the sequence that begins one has."""
        self._paste: list[str] | None = None
        self._held = ""
        """The last characters of a paste so far, which may be the beginning of its end."""
        self._paste_ends = 0.0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete."""
        if self._paste is not None and data in WAY_OUT:
            self._paste, self._held = None, ""
        text = self._decode(data)
        while text:
            text = yield from self._feed_keys(text) if self._paste is None else self._feed_paste(text)

    def tick(self) -> Iterator[Message]:
        """What is complete because nothing has come for a while."""
        if self._paste is not None and self._clock() > self._paste_ends:
            yield self._pasted()
        yield from self._surviving(self._parser.tick)

    def _feed_keys(self, text: str) -> Generator[Message, None, str]:
        """Feed what comes before a paste; returns what comes after its beginning."""
        for position, character in enumerate(text, 1):
            # One at a time: what follows a sequence that nobody understands must not be lost with it.
            yield from self._surviving(partial(self._parser.feed, character))
            self._recent = (self._recent + character)[-len(BRACKETED_PASTE_START) :]
            if self._recent == BRACKETED_PASTE_START:
                self._renew_parser()
                self._paste, self._recent = [], ""
                self._paste_ends = self._clock() + PASTE_SECONDS
                return text[position:]
        return ""

    def _feed_paste(self, text: str) -> Generator[Message, None, str]:
        """Keep what belongs to the paste; returns what comes after its end."""
        assert self._paste is not None
        self._paste_ends = self._clock() + PASTE_SECONDS
        before, end, after = (self._held + text).partition(BRACKETED_PASTE_END)
        # The end may come in two reads.
        kept = len(before) if end else max(0, len(before) - len(BRACKETED_PASTE_END) + 1)
        self._held = before[kept:]
        self._paste.append(before[:kept])
        if end:
            yield self._pasted()
        return after

    def _pasted(self) -> events.Paste:
        text = "".join([*(self._paste or []), self._held])
        self._paste, self._held = None, ""
        return events.Paste(text.replace("\x00", "")[:MOST_PASTED])

    def _surviving(self, parse: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        try:
            yield from parse()
        except Exception:
            # Nobody can tell what a terminal may send; what is not understood is no key.
            self._renew_parser()

    def _renew_parser(self) -> None:
        """A parser that is outside any sequence, and knows the terminal as the last one did."""
        before, self._parser = self._parser, XTermParser(self._debug)
        for name in ("last_x", "last_y", "mouse_pixels", "terminal_size", "terminal_pixel_size"):
            setattr(self._parser, name, getattr(before, name))
