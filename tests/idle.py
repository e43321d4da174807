"""A pilot that waits until the program has nothing left to do, and no longer.

Textual's own sleeps again and again until the processor is idle, which it never is for long while others use it too.
"""

import asyncio
import threading
import time

import textual.app
import textual.pilot

BESIDE = ("mlp-beside", "mlp-highlighting")
"""Threads whose work belongs to the last key: files read and written, programs highlighted."""

PATIENCE_SECONDS = 1
"""Who works longer, or without end, is not waited for; Textual's own waits as long."""

ROUNDS = 5
"""Of drawing and what that sets off; what goes on by itself, as an animation, is not waited for."""


async def until_idle(*_):
    """Until every message has been handled and every thread beside the screen has said what it found."""
    ready, end = asyncio.get_running_loop()._ready, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        await asyncio.sleep(0)
        if not ready:
            if not any(thread.name in BESIDE for thread in threading.enumerate()):
                return
            await asyncio.sleep(0.001)


async def _pause(pilot, delay=None):
    """As Textual's; what the picture sets off is done too."""
    if delay is not None:
        await asyncio.sleep(delay)
    await until_idle()
    if pilot.app._resize_event is not None:
        # Several sizes in a row are looked at once a moment has passed.
        pilot.app._check_resize()
        await until_idle()
    for _ in range(ROUNDS):
        screen = pilot.app.screen
        screen._on_timer_update()
        await until_idle()
        if not (screen._layout_required or screen._dirty_widgets or screen._callbacks):
            return


def wait_no_longer():
    """From now on every pilot waits so."""
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = textual.pilot.Pilot._wait_for_screen = until_idle
    textual.pilot.Pilot.pause = _pause
