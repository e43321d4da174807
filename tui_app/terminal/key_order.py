"""Keys one after the other: the next one is looked at when all that the one before sets off is done.

Textual hands every key to the widget that has the focus at that moment, and binding by binding it comes back up to the
app. In a burst, as a paste, tmux or a slow line sends it, a letter would overtake the key before it: `↓ 7` would type
the 7 into the field above, `ctrl+u 7` would delete it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from textual import events
from textual.message import Message

from tui_app.one_picture import OnePicture

ROUNDS = 2
"""Trips to the focused widget and back up after a key: what it posts itself has arrived after the second."""

AT_ONCE = ("ctrl+c",)
"""Keys that wait for no other, and drop those that wait."""

PATIENCE_SECONDS = 0.5
"""A key whose widget is gone, and with it the message that says it is done, holds up the next no longer than this."""


class KeySettled(Message):
    """Follows a key on its way; back at the app, all that came before it has been dealt with."""

    def __init__(self, number: int, rounds_left: int) -> None:
        super().__init__()
        self.number, self.rounds_left = number, rounds_left


class KeysInOrder(OnePicture):
    """An app that takes keys and pastes strictly in turn, and draws what each sets off at once."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self._waiting: deque[events.Key | events.Paste] = deque()
        self._under_way = 0
        """The number of the key that is being dealt with; 0 for none."""
        self._drawing = False
        """Whether that key is dealt with and waits for its picture."""
        self._keys_taken = 0
        self._shown_when_placed = False

    async def on_event(self, event: events.Event) -> None:
        """As Textual's, but a key waits for the one before."""
        if not isinstance(event, (events.Key, events.Paste)) or event.is_forwarded:
            await super().on_event(event)
        elif isinstance(event, events.Key) and event.key in AT_ONCE:
            # Who wants out does not want what was typed before.
            self._waiting.clear()
            await super().on_event(event)
        elif self._under_way:
            self._waiting.append(event)
        else:
            await self._take(event)

    async def _take(self, event: events.Key | events.Paste) -> None:
        self._keys_taken += 1
        number = self._under_way = self._keys_taken
        self.hold_picture()
        self.set_timer(PATIENCE_SECONDS, lambda: self._settled(number))
        await super().on_event(event)
        await self._follow(number, ROUNDS)

    async def _follow(self, number: int, rounds_left: int) -> None:
        target = (self.focused or self.screen) if self.screen_stack else None
        if target is None or not target.post_message(KeySettled(number, rounds_left - 1)):
            await self._settled(number)

    async def on_key_settled(self, message: KeySettled) -> None:
        """A key has been dealt with, once more or for good."""
        if message.rounds_left:
            await self._follow(message.number, message.rounds_left)
        else:
            await self._settled(message.number)

    async def _settled(self, number: int) -> None:
        if number != self._under_way or self._drawing:
            return
        if self._waiting and not self.held_too_long:
            await self._take(self._waiting.popleft())
            return
        self._drawing = True
        # Its screen may be gone before it draws.
        self.set_timer(PATIENCE_SECONDS, lambda: self._draw(number))
        if self._shown_when_placed:
            self._shown_when_placed = False
            self.call_after_refresh(self.call_after_refresh, self._draw, number)
        else:
            self.call_after_refresh(self._draw, number)

    def show_when_placed(self, show: Callable[[], None]) -> None:
        """Show something that needs the size of what has just come on screen; the key's picture waits for it."""
        self._shown_when_placed = True
        self.call_after_refresh(show)

    async def _draw(self, number: int) -> None:
        if number != self._under_way:
            return
        self._under_way, self._drawing = 0, False
        self.draw_held()
        if self._waiting:
            await self._take(self._waiting.popleft())
