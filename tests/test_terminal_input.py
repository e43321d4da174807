"""Bytes of a terminal become the keys that were pressed, however they are cut up, and whatever comes between."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from tui_app.terminal.input import PASTE_SECONDS, TerminalInput


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def keys(messages):
    return [message.key for message in messages if isinstance(message, events.Key)]


def fed(*reads):
    terminal = TerminalInput(Clock())
    return [message for data in reads for message in terminal.feed(data)]


@pytest.mark.parametrize("lead", [b"\xc3", b"\xe9", b"\xf0\x9f", b"\xff"])
def test_a_lone_lead_byte_loses_no_key(lead):
    assert keys(fed(lead, b"j", b"q"))[-2:] == ["j", "q"]


def test_a_character_in_two_reads_is_one_key():
    messages = fed(b"\xc3", b"\xa9", b"q")
    assert [message.character for message in messages] == ["é", "q"]


@pytest.mark.parametrize("report", [b"\x1b[::u", b"\x1b[1114112u", b"\x1b[99999999999;1u", b"\x1b[97;;1114112u"])
def test_a_key_report_that_names_no_key_is_dropped(report):
    assert keys(fed(b"j" + report + b"k"))[-1] == "k"
    assert keys(fed(report, b"q"))[-1] == "q"


def test_a_paste_is_one_message_however_it_is_cut():
    whole = b"j\x1b[200~one\x1b[Atwo\x1b[201~k"
    for cut in range(len(whole)):
        messages = fed(whole[:cut], whole[cut:])
        assert keys(messages) == ["j", "k"]
        assert [message.text for message in messages if isinstance(message, events.Paste)] == ["one\x1b[Atwo"]


def test_a_paste_whose_end_is_lost_ends_after_a_second():
    clock = Clock()
    terminal = TerminalInput(clock)
    assert list(terminal.feed(b"\x1b[200~abc")) == []
    clock.now = 0.9 * PASTE_SECONDS
    assert list(terminal.tick()) == []
    clock.now = 1.1 * PASTE_SECONDS
    (paste,) = terminal.tick()
    assert paste.text == "abc"
    assert keys(terminal.feed(b"q")) == ["q"]


@pytest.mark.parametrize("way_out", [b"\x03", b"\x1b[99;5u"])
def test_ctrl_c_alone_in_a_read_is_a_key_also_in_a_paste(way_out):
    assert keys(fed(b"\x1b[200~abc", way_out)) == ["ctrl+c"]
    assert keys(fed(b"\x1b[200~a\x03b", b"\x1b[201~")) == []


TYPED = [
    b"j",
    b"q",
    b"\r",
    b"\t",
    b"\x1b[A",
    b"\x1bOP",
    b"\x1b[<0;3;4M",
    "é".encode(),
    "→".encode(),
    b"\x15",
    b"\x1b[5~",
]


@given(st.lists(st.sampled_from(TYPED), max_size=30), st.integers(0, 2**32))
def test_what_is_well_formed_is_understood_as_by_textual_itself(typed, seed):
    data, cuts = b"".join(typed), random.Random(seed)
    parser = XTermParser()
    expected = list(parser.feed(data.decode())) if data else []
    reads, rest = [], data
    while rest:
        size = cuts.randint(1, len(rest))
        reads.append(rest[:size])
        rest = rest[size:]
    assert [repr(message) for message in fed(*reads)] == [repr(message) for message in expected]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=10))
def test_whatever_comes_the_next_key_is_understood(reads):
    clock = Clock()
    terminal = TerminalInput(clock)
    for data in reads:
        list(terminal.feed(data))
        clock.now += 2
        list(terminal.tick())
    # A sequence that was begun may swallow the characters that could belong to it.
    list(terminal.feed(b" " * 40))
    clock.now += 2
    list(terminal.tick())
    assert keys(terminal.feed(b"q"))[-1] == "q"
