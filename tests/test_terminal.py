"""The real program in a pseudo-terminal: however it ends, it ends soon and gives the terminal back whole."""

import os
import signal
import time

import pytest

from tests.examples import hardest, long, one_in, some_of
from tests.pseudo_terminal import LIMIT, OFF, ON, ForkedTerminal, Terminal

SHORT = ("-m", "tui_app", "--epochs", "300")
"""Soon trained, where training is not what it is about."""


@pytest.fixture
def terminal():
    opened = []

    def open_terminal(*command, fresh=False, **options):
        """`fresh` where Python's start and the imports are of interest."""
        opened.append((Terminal if fresh else ForkedTerminal)(*command, **options))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@one_in(2)
@pytest.mark.parametrize(
    ("key", "moment"),
    [
        pytest.param(b"q", b"Differences", marks=long),
        (b"\x03", b"Differences"),
        (b"q", b"200 of 200"),
        pytest.param(b"\x03", b"200 of 200", marks=long),
    ],
    ids=["q importing torch", "ctrl-c importing torch", "q finished", "ctrl-c finished"],
)
def test_keys_that_leave(terminal, key, moment):
    program = terminal("-m", "tui_app", "--epochs", "200", fresh=moment == b"Differences")
    program.wait_for(moment)
    os.write(program.master, key)
    assert program.ended() == 0
    program.assert_whole()


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


@pytest.mark.parametrize("number", some_of(SIGNALS, 3), ids=lambda number: number.name)
def test_signals_while_it_trains(terminal, number):
    assert_it_ends(terminal(), number, b"of 5,000")


@pytest.mark.parametrize("number", hardest(SIGNALS), ids=lambda number: number.name)
def test_signals_while_torch_is_imported(terminal, number):
    assert_it_ends(terminal(fresh=True), number, b"Differences")


def assert_it_ends(program, number, moment):
    program.wait_for(moment)
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    program.assert_whole()


def test_a_lost_terminal_ends_it(terminal):
    program = terminal()
    program.wait_for(b"of 5,000")
    program.hang_up()
    assert program.process.wait(timeout=LIMIT + 0.5) in (128 + signal.SIGHUP, 1)


def test_bytes_that_are_no_whole_text_do_not_end_it(terminal):
    program = terminal(*SHORT)
    program.wait_for(b"Differences")
    for lead in some_of([b"\xc3", b"\xe9", b"\x1b[::u", b"\x1b[1114112u", b"\x1b[M \xff\xfe\x80\xc3("], 4):
        seen = len(program.output)
        os.write(program.master, lead)
        program.wait_while(0.3)
        os.write(program.master, b"o")
        program.wait_for(b"Hidden layers", since=seen)
        os.write(program.master, b"\x1b")
        program.wait_while(0.3)
    os.write(program.master, b"q")
    assert program.ended() == 0
    program.assert_whole()


def test_a_paste_without_end_does_not_keep_one_in(terminal):
    program = terminal(*SHORT)
    program.wait_for(b"Differences")
    os.write(program.master, b"\x1b[200~abc")
    program.wait_while(0.3)
    os.write(program.master, b"\x03")
    assert program.ended() == 0


def test_a_terminal_that_nobody_reads_does_not_keep_it_alive(terminal):
    program = terminal("-m", "tui_app", "--epochs", "10000000")
    program.wait_for(b"of 10,000,000")
    program.wait_until_full()
    program.process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    assert program.process.wait(timeout=LIMIT + 0.5) == 128 + signal.SIGTERM
    assert time.monotonic() - start < LIMIT
    assert program.line_modes() == program.line_modes(program.before)


@one_in(2)
@pytest.mark.parametrize("tenths", some_of(range(1, 7), 6))
def test_signals_at_the_start_leave_no_traceback_and_the_terminal_whole(terminal, tenths):
    number = (signal.SIGTERM, signal.SIGINT)[tenths % 2]
    program = terminal(fresh=True)
    program.wait_while(tenths / 10)
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    assert b"Traceback" not in program.output
    assert b"Aborted" not in program.output
    assert program.output.count(ON) == program.output.count(OFF)
    assert program.line_modes() == program.line_modes(program.before)


def test_ctrl_z_suspends_and_the_shell_brings_it_back(terminal):
    program = terminal(*SHORT)
    program.wait_for(b"Differences")
    os.write(program.master, b"\x1a")
    assert program.stopped()
    program.assert_whole()
    program.output = b""
    program.process.send_signal(signal.SIGCONT)
    program.wait_for(ON)
    for text in (b"XOR", b"Curves", b"Differences", b"Verdict", b"rerun"):
        program.wait_for(text)
    os.write(program.master, b"q")
    assert program.ended() == 0
    program.assert_whole()


def test_the_mouse_reports_no_pixels_afterwards(terminal):
    program = terminal(*SHORT)
    program.wait_for(b"Differences")
    os.write(program.master, b"\x1b[?2048;1$y")
    program.wait_for(b"\x1b[?1016h")
    os.write(program.master, b"q")
    assert program.ended() == 0
    assert program.output.rindex(b"\x1b[?1016l") > program.output.rindex(b"\x1b[?1016h")


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=long)], ids=lambda number: number.name
)
def test_an_export_that_a_signal_ends_leaves_nothing(terminal, number, tmp_path):
    code = (
        "import dataclasses, os, pathlib, sys, time\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "import engine.export.files\n"
        "def fill(file, data):\n"
        "    time.sleep(0 if os.path.isabs(file.name) else 60)\n"
        "engine.export.files._fill = fill\n"
        "from tui_app import app\n"
        "sys.exit(app.explore(dataclasses.replace(engine.preset('asked'), epochs=300)))\n"
    )
    program = terminal("-c", code, PYTHONPATH=os.getcwd())
    program.wait_for(b"300 of 300")
    os.write(program.master, b"e\r")
    while not list(tmp_path.glob("*/.mlp-tui-*.part")):
        program.wait_while(0.02)
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    program.assert_whole()
    assert os.listdir(tmp_path) == []


def test_a_crash_of_the_input_thread_is_no_success(terminal):
    code = (
        "import dataclasses, engine, sys\n"
        "from tui_app import app; from tui_app.terminal import driver as terminal\n"
        "terminal.TerminalInput.feed = lambda self, data: 1 / 0\n"
        "sys.exit(app.explore(dataclasses.replace(engine.preset('asked'), epochs=300)))\n"
    )
    program = terminal("-c", code)
    program.wait_for(b"of 300")
    os.write(program.master, b"l")
    assert program.ended() == 1
    program.assert_whole()


def test_a_crash_in_the_app_gives_the_terminal_back_and_says_where_its_run_is(terminal, tmp_path):
    code = (
        "import dataclasses, engine, sys\n"
        "from tui_app import app\n"
        "from tui_app.widgets.tensor_table import TensorTable\n"
        "TensorTable.render_line = lambda self, y: 1 / 0\n"
        "sys.exit(app.explore(dataclasses.replace(engine.preset('asked'), epochs=300)))\n"
    )
    program = terminal("-c", code, XDG_STATE_HOME=str(tmp_path))
    program.wait_for(b"300 of 300")
    os.write(program.master, b"T")
    program.wait_while(1)
    os.write(program.master, b"\r")
    assert program.ended() == 1
    program.assert_whole()
    said = program.output[program.output.rindex(OFF) :].decode().replace("\r\n", " ").replace("\n", " ")
    assert "Traceback" not in said
    log, folder = tmp_path / "mlp-tui" / "faults.log", tmp_path / "mlp-tui" / "run-before-fault"
    words = "".join(said.split())
    assert "mlp-tui:theexplorerfailed:ZeroDivisionError:divisionbyzero" in words
    assert f"thetracebackisin{log}." in words
    assert f"Therunsofarisin{folder}." in words
    assert "ZeroDivisionError" in log.read_text()
    assert len((folder / "losses.csv").read_text().splitlines()) == 1 + 300


def test_a_dumb_terminal_is_refused(terminal):
    program = terminal(TERM="dumb")
    assert program.process.wait(timeout=20) == 2
    program.read(0.1)
    assert b"use 'mlp-tui run'" in program.output
    assert ON not in program.output


def test_a_burst_of_bytes_finds_its_field(terminal):
    program = terminal(*SHORT)
    program.wait_for(b"300 of 300")
    os.write(program.master, b"o\x1b[B\x1b[B\x1b[A\x1b[B\x157\r")
    program.wait_for(b"2-7-1")
    os.write(program.master, b"q")
    assert program.ended() == 0


@pytest.mark.parametrize(
    ("command", "before"),
    [((), b""), pytest.param(SHORT, b"o", marks=long), pytest.param(SHORT, b"H", marks=long)],
    ids=["main and training", "setup", "value"],
)
def test_ctrl_c_does_not_wait_behind_other_keys(terminal, command, before):
    program = terminal(*command)
    program.wait_for(b"Differences")
    os.write(program.master, before)
    time.sleep(0.5)
    os.write(program.master, b"\t" * 100 + b"\x03")
    assert program.ended() == 0
    program.assert_whole()
