"""What output leaves a terminal in, on output written by hand."""

import pytest

from tests.terminal_modes import left_on, plain


@pytest.mark.parametrize(
    ("output", "left"),
    [
        (b"", []),
        (b"text \x1b[31mred\x1b[0m \x1b[2J\x1b[3;4H", []),
        (b"\x1b[?1049h\x1b[?25l text \x1b[?1049l\x1b[?25h", []),
        (b"\x1b[?1049h\x1b[?25l", ["?1049h", "?25l"]),
        (b"\x1b[?7l", ["?7l"]),
        (b"\x1b[?1000;1006h\x1b[?1000l", ["?1006h"]),
        (b"\x1b[?2026$p\x1b[?2048$p", []),
        (b"\x1b[?2026h\x1b[38;2;1\x1b[?2026l", []),
        (b"\x1b[?1049h\x1b[>25u\x1b[<u\x1b[?1049l", []),
        (b"\x1b[?1049h\x1b[>25u\x1b[?1049l", [">25u"]),
        (b"\x1b[?1049h\x1b[>25u\x1b[>25u\x1b[<u\x1b[<u\x1b[<u\x1b[?1049l", []),
        (b"\x1b[?1049h\x1b[>25u\x1b[?1049l\x1b[<u", [">25u", "<u of a protocol that was another program's"]),
        (b"\x1b[?2004h\x1b[?2004", ["?2004h"]),
        (b"\x1b]22;text\x07", ["pointer text"]),
        (b"\x1b]22;text\x07\x1b]22;default\x07", []),
    ],
)
def test_what_is_left_on(output, left):
    assert left_on(output) == left


def test_the_text_without_its_colours():
    assert plain("a\x1b[1;31mb\x1b[?25l\x1b]22;text\x07≠".encode()) == "ab≠"
