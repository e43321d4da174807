"""How commands end: their exit statuses, and one sentence instead of a traceback or a box."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.examples import one_in, some_of
from tests.forked import COMMAND, Captured, run_forked
from tui_app.cli.main import main
from tui_app.terminal.endings import FAILED, INTERRUPTED, REFUSED

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
FULL = Path("/dev/full")

ENDLESS = {
    "run": ("run", "--epochs", "100000000"),
    "trace": ("trace", "--epoch", "100000000", "--epochs", "100000000"),
    "export": ("export", "out", "--epochs", "100000000"),
    "impact": ("impact", "--epochs", "100000000", "--seeds", "2", "--differences", "bias"),
}
PRINTING = {
    "run": ("run", "--epochs", "2"),
    "json": ("run", "--epochs", "2", "--json", "-"),
    "trace": ("trace", "--epoch", "1", "--epochs", "2"),
    "impact": ("impact", "--epochs", "2", "--seeds", "2", "--differences", "bias"),
    "impact-csv": ("impact", "--epochs", "2", "--seeds", "2", "--differences", "bias", "--csv", "-"),
    "presets": ("presets",),
    "help": ("--help",),
}


@one_in(2)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it says when signals are held back")
@pytest.mark.parametrize("after", some_of([0, 0.1, 0.4], 2))
def test_ctrl_c_while_modules_are_imported_is_130_too(after, tmp_path):
    process = subprocess.Popen(
        [sys.executable, *COMMAND, *ENDLESS["run"]],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    # The interpreter itself needs a moment before anything can be held back.
    while re.search(r"SigBlk:\s*0+\n", Path(f"/proc/{process.pid}/status").read_text()):
        time.sleep(0.001)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == INTERRUPTED
    assert b"Traceback" not in stderr


SLOW_EXPORT = """
import sys, time
import engine.export.files
engine.export.files._fill = lambda file, data: time.sleep(60)
sys.argv = ['mlp-tui', 'export', 'out', '--epochs', '2']
from tui_app.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "number", some_of([signal.SIGTERM, signal.SIGHUP, signal.SIGINT], 2), ids=lambda number: number.name
)
def test_an_export_that_is_told_to_end_leaves_nothing(number, tmp_path):
    process = Captured("-c", SLOW_EXPORT, cwd=tmp_path)
    while not list(tmp_path.glob("out/.mlp-tui-*.part")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(timeout=20) == 128 + number
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", some_of(ENDLESS, 2))
def test_ctrl_c_is_130(command, tmp_path):
    process = Captured(*COMMAND, *ENDLESS[command], cwd=tmp_path)
    # All is imported: what takes so long is the training.
    while process.seconds() < 0.5:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = (written.decode() for written in process.communicate(timeout=20))
    assert process.returncode == INTERRUPTED == 130, stderr[-3000:]
    assert "Traceback" not in stderr
    if command != "impact":
        assert (stdout, stderr.strip()) == ("", "mlp-tui: interrupted.")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["engine.train", "engine.step.trace.trace_epoch", "engine.networks.torch_threads.limited"]
)
def test_ctrl_c_before_there_is_a_result(monkeypatch, name):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(name, interrupted)
    command = {"engine.train": ("run",), "engine.step.trace.trace_epoch": ("trace", "--epoch", "1")}.get(
        name, ("impact",)
    )
    result = CliRunner().invoke(main, command)
    assert (result.exit_code, result.stdout, result.stderr) == (INTERRUPTED, "", "mlp-tui: interrupted.\n")


def test_an_impact_interrupted_before_anything_is_measured(monkeypatch):
    times = []

    def interrupted(study, epochs):
        times.append(epochs)
        if len(times) == 1:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("engine.impact.study.Study.step", interrupted)
    result = CliRunner().invoke(main, ["impact"])
    assert (result.exit_code, result.stdout) == (INTERRUPTED, "")
    assert result.stderr == "mlp-tui: interrupted before anything was measured.\n"


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full")
@pytest.mark.parametrize("command", some_of(PRINTING, 2))
def test_a_full_disk_under_standard_output(command):
    with FULL.open("w") as full:
        ran = run_forked(*COMMAND, *PRINTING[command], stdout=full.fileno())
    # How long a measurement takes is said before.
    said = re.sub(rb"^mlp-tui: \d+ combinations? x .+: (about .+|less than a second)\.\n", b"", ran.stderr)
    assert said == b"mlp-tui: standard output cannot be written: No space left on device.\n"
    assert ran.returncode == FAILED == 1


@pytest.mark.parametrize("arguments", [PRINTING[name] for name in ("json", "help")])
def test_a_reader_that_has_left(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    ran = run_forked(*COMMAND, *arguments, stdout=writing)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (FAILED, b"mlp-tui: standard output cannot be written: Broken pipe.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--fail-over", "abc"), "--fail-over cannot be 'abc'; it is a number"),
        (("run", "--fail-over"), "Option '--fail-over' requires an argument; 'mlp-tui run --help' lists"),
        (("run", "--json"), "Option '--json' requires an argument"),
        (("run", "--epochs", "many"), "--epochs cannot be 'many'; it is a whole number"),
        (("run", "--nosuch"), "No such option"),
        (("run", "what"), "unexpected extra argument (what); 'mlp-tui run --help' lists"),
        (("--nosuch",), "No such option"),
        (("--seed",), "Option '--seed' requires an argument; 'mlp-tui --help' lists"),
        (("export",), "Missing argument 'DIR'; 'mlp-tui export --help' lists"),
        (("fly",), "No such command 'fly'; 'mlp-tui --help' lists"),
        (("run", "--\x1b[31mred"), r"--\x1b[31mred"),
        (("run", f"--{1000 * 'x'}"), "No such option"),
    ],
)
def test_what_is_typed_wrongly_is_one_plain_sentence(arguments, said):
    result = CliRunner().invoke(main, arguments, prog_name="mlp-tui")
    assert (result.exit_code, result.stdout) == (REFUSED, "")
    assert said in result.stderr
    assert result.stderr.startswith("mlp-tui: ")
    assert (result.stderr.count("\n"), result.stderr.endswith(".\n")) == (1, True)
    assert result.stderr[:-1].isprintable()
    assert len(result.stderr) < 600


@pytest.mark.parametrize("error", [ValueError("boom"), MemoryError(), RecursionError("too deep")], ids=repr)
@pytest.mark.parametrize(
    ("function", "arguments"),
    [("engine.train", ["run"]), ("tui_app.cli.differences_command.find", ["differences", "bias"])],
)
def test_what_should_not_have_failed_is_one_sentence_and_a_log(monkeypatch, tmp_path, function, arguments, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(function, fail)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == FAILED
    assert result.stdout == ""
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith(f"mlp-tui: the command failed: {type(error).__name__}")
    assert "Traceback" in (tmp_path / "mlp-tui" / "faults.log").read_text()


@one_in(2)
@pytest.mark.parametrize("command", ["run --epochs 2 --json -", "presets"])
def test_a_closed_standard_output_is_no_success(command, tmp_path):
    line = f"{sys.executable} -m tui_app {command} >&-"
    ran = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
    assert ran.returncode == FAILED
    assert ran.stderr == b"mlp-tui: standard output is closed; there is nowhere to print.\n"
