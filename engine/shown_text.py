"""Text from a file, a file's name or a keyboard as it may be shown: nothing in it moves a cursor or breaks a line.

What a message says lives where it is raised; how a word is quoted for a shell lives in `tui_app/cli/shell_words.py`.
"""

from __future__ import annotations

LONGEST = 200
"""Characters of what was typed or read that a message shows."""


def printable(text: str) -> str:
    r"""The same text with every control character, line break and invisible sign written as \x1b, \n or \u202e."""
    return text if text.isprintable() else "".join(map(_written, text))


def shown(value: object, most: int = LONGEST) -> str:
    """A value in printable characters, at most so many: '…' stands for the rest."""
    try:
        text = str(value)
    except ValueError:
        return "a number of thousands of digits"
    written = printable(text[: most + 1])
    return written if len(written) <= most else f"{written[: most - 1]}…"


def _written(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a file's name that is not UTF-8, as Python passes it on.
        code -= 0xDC00
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in named:
        return named[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
