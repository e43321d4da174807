"""Bytes that a terminal might send, drawn at random: keys, reports and answers, whole, cut, absurd, and plain rubbish.

Left out is what a person leaves with (`q`, Ctrl-C, Ctrl-Q, `^z`), and `/`, which would let an export end up anywhere.
"""

from __future__ import annotations

import re
import string

LEFT_OUT = b"q/\x03\x10\x11\x1a"
"""Ctrl-P among them: the palette has `Quit` in it. Where it is wanted, it comes as a burst of its own."""

PRINTABLE = bytes(set(string.printable.encode()) - set(LEFT_OUT) - set(b"\n\r\t\x0b\x0c"))
CONTROL = bytes(set(range(32)) - set(LEFT_OUT))
HIGH = bytes(range(128, 256))
NUMBERS = ("", "0", "1", "2", "9", "13", "27", "65", "109", "127", "255", "1024", "55296", "57344", "57399", "65535")
ABSURD = ("1114111", "1114112", "4294967296", "9" * 30, "-1", ":", "::", ";", "1:2:3", "007", "٣")
TAILS = (b"~", b"u", b"A", b"H", b"R", b"Z", b"M", b"m", b"t", b"c", b"$y", b"n", b"I", b"O", b"^", b"@", b"x")
SEQUENCES = [
    *(
        b"\x1b[" + key
        for key in (b"A", b"B", b"C", b"D", b"H", b"F", b"Z", b"I", b"O", b"3~", b"5~", b"6~", b"2~", b"15~")
    ),
    *(b"\x1bO" + key for key in (b"A", b"B", b"P", b"Q", b"R", b"S")),
    *(b"\x1b[1;" + key for key in (b"2A", b"2C", b"2D", b"5B", b"3H", b"6F", b"9P")),
    *(b"\x1b" + bytes([key]) for key in b"abcdefxyz\r\x7f\t"),
    b"\x1b\x1b",
    b"\x1b",
]
ANSWERS = (b"\x1b[?62;22c", b"\x1b[>41;354;0c", b"\x1b[24;80R", b"\x1b[?2026;2$y", b"\x1b[?2048;2$y", b"\x1b[?2048;0$y")
ANSWERS += (
    b"\x1b[?1u",
    b"\x1b[0n",
    b"\x1bP>|xterm(390)\x1b\\",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\".replace(b"/", b"-"),
)
STRINGS = (
    b"\x1b]",
    b"\x1b]0;",
    b"\x1b]52;c;",
    b"\x1bP",
    b"\x1bP1$r",
    b"\x1b_",
    b"\x1b_G",
    b"\x1b^",
    b"\x1bX",
    b"\x9d",
    b"\x90",
)
LEAVING = re.compile(rb"[q\x03\x10\x11]|\x1b\[(?:113|99;5|113;5|112;5)(?::\d*)?u")
"""What may end the program."""


def some(random, alphabet: bytes, most: int) -> bytes:
    return bytes(random.choices(alphabet, k=random.randint(1, most)))


def number(random) -> str:
    return random.choice(NUMBERS if random.random() < 0.7 else ABSURD)


def report(random) -> bytes:
    """Of a key, or of something else, with any numbers."""
    count = random.randint(0, 5)
    numbers = random.choice((";", ":")).join(number(random) for _ in range(count))
    return b"\x1b[" + random.choice(("", "", "?", ">", "<")).encode() + numbers.encode() + random.choice(TAILS)


def kitty(random) -> bytes:
    """A key with modifiers, kind of event and text."""
    kind = random.choice(("", ":1", ":2", ":3", ":9"))
    text = random.choice(("", f";{number(random)}", f";{random.choice('1239mto')}"))
    return f"\x1b[{number(random)};{random.choice(NUMBERS)}{kind}{text}u".encode()


def mouse(random, lines: int, columns: int) -> bytes:
    """Moves and wheels anywhere; clicks not on the footer, which has `quit` in it."""
    if random.random() < 0.5 and lines > 4:
        button, x, y = random.choice((0, 1, 2)), random.randint(1, columns), random.randint(1, lines - 4)
        return f"\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m".encode()
    button = random.choice((35, 39, 43, 64, 65, 66, 67, 128, 255, 99999))
    x, y = (random.choice((random.randint(1, columns), 0, -3, 500, 10**9)) for _ in range(2))
    return random.choice(
        (f"\x1b[<{button};{x};{y}M".encode(), b"\x1b[M" + bytes([96, *random.choices(range(33, 256), k=2)]))
    ).replace(b"q", b"r")


def paste(random) -> bytes:
    """With its end or without, short or long, of letters or of anything."""
    inside = some(random, random.choice((PRINTABLE, PRINTABLE, HIGH, CONTROL)), random.choice((5, 50, 20_000)))
    return b"\x1b[200~" + inside + random.choice((b"\x1b[201~", b"\x1b[201~", b"", b"\x1b[201", b"\x1b[200~"))


def cut(random) -> bytes:
    """Something whole but for its end."""
    whole = random.choice((random.choice(SEQUENCES), report(random), kitty(random), b"\x1b[200~", b"\x1b[201~"))
    return whole[: random.randint(1, len(whole))]


def burst(random, lines: int, columns: int) -> bytes:
    """One event, for a terminal of that size."""
    made = random.choice(
        (
            lambda: some(random, PRINTABLE, 4),
            lambda: some(random, PRINTABLE, 2),
            lambda: some(random, CONTROL, 3),
            lambda: random.choice(
                (b"\xc3", b"\xe2", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\xed\xa0\x80", b"\xc0\x80")
            ),
            lambda: b"".join(random.choices(SEQUENCES, k=random.randint(1, 3))),
            lambda: report(random),
            lambda: kitty(random),
            lambda: cut(random),
            lambda: mouse(random, lines, columns),
            lambda: paste(random),
            lambda: random.choice(ANSWERS),
            lambda: random.choice(STRINGS) + some(random, PRINTABLE, 6) + random.choice((b"", b"\x1b\\", b"\x07")),
            lambda: b"\x00" * random.randint(1, 20),
            lambda: some(random, HIGH, 6),
            lambda: some(random, PRINTABLE + CONTROL + HIGH, 6),
        )
    )()
    return made.translate(None, b"/\x1a")
