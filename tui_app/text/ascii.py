"""Terminals without UTF-8: every character as one of ASCII's, of the same width, and prose spelled out."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
import unicodedata
from functools import lru_cache

from rich.cells import cell_len

SPELLED = {
    "½": "1/2",
    "¼": "1/4",
    "∞": "inf",
    "√": "sqrt",
    "Σ": "sum",
    "∂": "d",
    "ŷ": "yhat",
    "Δ": "d",
    "δ": "delta",
    "σ": "sigma",
    "α": "alpha",
    "β": "beta",
    "λ": "lambda",
    "π": "pi",
    "ε": "epsilon",
    "μ": "mu",
    "η": "eta",
    "≈": "~",
    "±": "+-",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "←": "<-",
    "→": "->",
    "·": "*",
    "×": "x",
    "−": "-",
    "…": "...",
}
"""How prose and formulas are spelled where the width may change."""

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵗ", "0123456789+-Tt")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

FORMULAS = (
    # An exponent follows a mark: e² becomes e^2, 2⁻²³ becomes 2^-23. What follows a letter as an index does not.
    (re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵗ]+"), lambda found: "^" + found[0].translate(RAISED)),
    (re.compile("[₀-₉]+"), lambda found: found[0].translate(LOWERED)),
    # A root is taken of the word or number behind it, a sum of that and its power, unless they have parentheses.
    (re.compile(r"√(\w+)"), r"√(\1)"),
    (re.compile(r"Σ(\w+(?:\^-?\w+)?|\([^()]*\)\^-?\w+)"), r"Σ(\1)"),
    # Where signs stand close for a product, the words for them need its sign.
    (re.compile(r"(?<=[½¼])(?=[\w√Σ(])"), "·"),
)
"""What is more than a sign for a sign; done before the signs are spelled."""

SINGLE = {
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝", "+"),
    **dict.fromkeys("─━═╌╴╶▔", "-"),
    **dict.fromkeys("│┃║▏▎▍▌▐▕┊", "|"),
    **dict.fromkeys("▁▂▃", "_"),
    **dict.fromkeys("▄▅▆▇█▀▓", "#"),
    **dict.fromkeys("·•∙", "."),
    "▒": "=",
    "░": "-",
    "≠": "!",
    "≈": "~",
    "±": "~",
    "√": "V",
    "Δ": "d",
    "δ": "d",
    "∂": "d",
    "σ": "s",
    "α": "a",
    "β": "b",
    "ᵗ": "t",
    "λ": "l",
    "π": "p",
    "ε": "e",
    "μ": "m",
    "µ": "u",
    "η": "n",
    "∘": "*",
    "′": "'",
    "Σ": "S",
    "−": "-",
    "×": "x",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "▸": ">",
    "▶": ">",
    "‖": "=",
    "■": "#",
    "●": "*",
    "○": "o",
    "✔": "+",
    "✖": "x",
    "…": "~",
    "½": "h",
    "ⓘ": "i",
    "▊": "|",
    "🔎": "? ",
    "–": "-",
    "—": "-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
}
"""In ASCII, of the same width."""

BRAILLE_ROWS = ((0x01 | 0x08), (0x02 | 0x10), (0x04 | 0x20), (0x40 | 0x80))


def locale_is_utf8() -> bool:
    """Whether the terminal's locale takes UTF-8, as LC_ALL, LC_CTYPE and LANG say; yes where none is set.

    Python itself sets LC_CTYPE to C.UTF-8 in a C locale (PEP 538): a plain C in LANG is believed over that.
    """
    if sys.platform == "win32":
        return True
    language = os.environ.get("LANG", "")
    character_type = os.environ.get("LC_CTYPE", "")
    if language in ("C", "POSIX") and character_type in ("C.UTF-8", "C.utf8", "UTF-8"):
        character_type = ""
    name = os.environ.get("LC_ALL") or character_type or language
    return not name or "utf8" in name.lower().replace("-", "")


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """The same text in ASCII, cell for cell."""
    return text if text.isascii() else "".join(map(_one, text))


def spell_out(text: str) -> str:
    """Prose or a formula in ASCII as people type it, signs in words; the width may change."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    for pattern, spelled in FORMULAS:
        text = pattern.sub(spelled, text)
    for sign, words in SPELLED.items():
        text = text.replace(sign, words)
    return to_ascii(text)


@lru_cache(1024)
def _one(character: str) -> str:
    if character.isascii():
        return character
    if character in SINGLE:
        return SINGLE[character]
    if 0x2800 <= ord(character) <= 0x28FF:
        return _braille(ord(character) - 0x2800)
    plain = unicodedata.normalize("NFKD", character)[0]
    return plain if plain.isascii() and cell_len(character) == 1 else "?" * cell_len(character)


def _braille(dots: int) -> str:
    """A sign at about the height of the dots."""
    rows = [bool(dots & row) for row in BRAILLE_ROWS]
    if not any(rows):
        return " "
    if sum(rows) >= 3:
        return "|"
    upper, lower = any(rows[:2]), any(rows[2:])
    if upper and lower:
        return "-" if rows[1] and rows[2] else ":"
    if upper:
        return "'" if rows[0] else "-"
    return "_" if rows[3] else "-"


def prepare_streams(encoding: str | None = None) -> None:
    """Let standard output and standard error write in an encoding, their own unless given; what it has no character
    for becomes ASCII of the same width.
    """
    codecs.register_error("mlp-tui", lambda error: (to_ascii(_refused(error)), _end(error)))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=encoding, errors="mlp-tui")


def _refused(error: UnicodeError) -> str:
    return str(error.object[error.start : error.end]) if isinstance(error, UnicodeEncodeError) else "?"


def _end(error: UnicodeError) -> int:
    return error.end if isinstance(error, UnicodeEncodeError) else 0
