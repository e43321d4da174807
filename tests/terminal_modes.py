"""What a stream of output leaves a terminal in: every mode that was turned on and not off again."""

from __future__ import annotations

import re

SEQUENCE = re.compile(
    rb"\x1b\[(?P<kind>[<-?]?)(?P<numbers>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    rb"|\x1b\]22;(?P<pointer>[^\x07\x1b]*)(?:\x07|\x1b\\)"
)
"""A control sequence, or the choice of a pointer's shape."""

ON_AT_FIRST = {"7", "25"}
"""Lines wrap and the cursor is seen, unless told otherwise."""

ALTERNATE = {"47", "1047", "1049"}
"""Modes that show another screen, which has key protocols of its own."""


def plain(output: bytes) -> str:
    """The text in it, without what moves and colours it."""
    return re.sub(r"\x1b(\[[<-?]?[0-9;:]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\))", "", output.decode(errors="replace"))


def left_on(output: bytes) -> list[str]:
    """What is not as it was before the output, in the words that changed it."""
    modes: dict[str, bool] = {}
    protocols: dict[bool, list[str]] = {False: [], True: []}
    pointer, taken = "default", 0
    for match in SEQUENCE.finditer(output):
        if match["pointer"] is not None:
            pointer = match["pointer"].decode(errors="replace") or "default"
            continue
        kind, numbers, final = match["kind"], match["numbers"].decode(), match["final"]
        if kind == b"?" and final in (b"h", b"l") and not match["between"]:
            modes.update(dict.fromkeys(numbers.split(";"), final == b"h"))
        elif final == b"u" and kind in (b">", b"<"):
            alternate = any(modes.get(mode) for mode in ALTERNATE)
            stack = protocols[alternate]
            if kind == b">":
                stack.append(numbers)
            elif stack:
                stack.pop()
            elif not alternate:
                taken += 1
    left = [f"?{mode}{'h' if on else 'l'}" for mode, on in sorted(modes.items()) if on != (mode in ON_AT_FIRST)]
    left += [f">{flags}u" for stack in protocols.values() for flags in stack]
    left += ["<u of a protocol that was another program's"] * taken
    return left + ([f"pointer {pointer}"] if pointer != "default" else [])
