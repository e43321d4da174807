"""Work beside the screen's thread: reading and writing files, which may take long or hang."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Value = TypeVar("Value")


async def beside(work: Callable[..., Value], *arguments: Any) -> Value:
    """What `work` returns or raises, from a daemon thread: asyncio's own would keep the program from ending."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Value] = loop.create_future()

    def settle(value: Value | None, error: BaseException | None) -> None:
        if outcome.done():
            return  # nobody waits any more
        if error is None:
            outcome.set_result(value)  # type: ignore[arg-type]
        else:
            outcome.set_exception(error)

    def run() -> None:
        try:
            settled = (work(*arguments), None)
        except Exception as error:
            settled = (None, error)  # type: ignore[assignment]
        try:
            loop.call_soon_threadsafe(settle, *settled)
        except RuntimeError:
            return  # the program has ended

    threading.Thread(target=run, name="mlp-beside", daemon=True).start()
    return await outcome
