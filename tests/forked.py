"""Programs without the wait for an interpreter and its imports: each is a fork of one process that has them all.

What is about the imports themselves, or about how Python starts, needs a process of its own instead.
"""

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMAND = ("-m", "tui_app")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""While libraries are imported: a thread would be missing in every fork."""

LATER = ("numpy.random", "torch._dynamo", "plotext", "textual.highlight")
"""What PyTorch's first optimizer, NumPy's first random numbers, the first chart and the first program import."""

MESSAGE = 1 << 20


class Forked:
    """A running program, with as much of `subprocess.Popen` as the tests use."""

    def __init__(self, command, descriptors, cwd=None, environment=None, terminal=False):
        request = {
            "command": [os.fsdecode(one) for one in command],
            "cwd": str(cwd or os.getcwd()),
            "environment": dict(environment or os.environ),
            "terminal": terminal,
        }
        self.returncode = None
        self.pid = _ask(request, descriptors)
        self._watch = os.pidfd_open(self.pid)

    def poll(self):
        return self._ended(0)

    def wait(self, timeout=None):
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            signal.pidfd_send_signal(self._watch, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def seconds(self):
        """Of a core that it has used."""
        with open(f"/proc/{self.pid}/stat") as file:
            used = file.read().rpartition(")")[2].split()[11:13]
        return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")

    def _ended(self, timeout):
        if self.returncode is None and select.select([self._watch], [], [], timeout)[0]:
            self.returncode = _ask({"ended": self.pid})
            os.close(self._watch)
        return self.returncode


class Captured(Forked):
    """One with an empty input, whose output is kept in files unless `stdout` is a descriptor for it."""

    def __init__(self, *command, stdout=None, cwd=None, environment=None):
        self._files = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed once they are read
        output, errors = (one.fileno() for one in self._files)
        with open(os.devnull, "rb") as nothing:
            given = (nothing.fileno(), output if stdout is None else stdout, errors)
            super().__init__(command, given, cwd, environment)

    def communicate(self, timeout=None):
        """What it has written, once it has ended."""
        self.wait(timeout)
        written = []
        for file in self._files:
            with file:
                file.seek(0)
                written.append(file.read())
        return tuple(written)


def run_forked(*command, **options):
    """Run a program to its end."""
    program = Captured(*command, **options)
    stdout, stderr = program.communicate(timeout=120)
    return subprocess.CompletedProcess(command, program.returncode, stdout, stderr)


@cache
def _server():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return process, ours


def _ask(request, descriptors=()):
    process, connection = _server()
    socket.send_fds(connection, [json.dumps(request).encode()], descriptors)
    answer = connection.recv(MESSAGE)
    assert answer, process.stderr.read().decode()
    return json.loads(answer)


def serve(connection):
    """In the parent, answer until nobody asks; in a fork, what it is to run."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE, 3)
        if not message:
            return None
        request = json.loads(message)
        if "ended" in request:
            answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                connection.close()
                _settle(request, descriptors)
                return request["command"]
        for one in descriptors:
            os.close(one)
        connection.send(json.dumps(answer).encode())


def _settle(request, descriptors):
    """Session, terminal, environment, folder and streams of its own."""
    os.setsid()
    for number, one in enumerate(descriptors):
        os.dup2(one, number)
        os.close(one)
    if request["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    os.chdir(request["cwd"])
    # Some libraries keep the streams that they have found: these stay, with what the interpreter sets at its start.
    named = os.environ.get("PYTHONIOENCODING")
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding=named, errors=named and "strict", line_buffering=stream.isatty())
    sys.stderr.reconfigure(encoding=named)


def run(command):
    """As the interpreter would run it."""
    way, what, *arguments = command
    sys.argv = [way, *arguments]
    if way == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(what, {"__name__": "__main__"})


def import_all():
    """All of both packages and what they import later, so that no fork has to."""
    import engine
    import tui_app

    for name in LATER:
        importlib.import_module(name)
    for package in (engine, tui_app):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    assert len(os.listdir("/proc/self/task")) == 1, "a thread would be missing in every fork"
    gc.freeze()


if __name__ == "__main__":
    import_all()
    command = serve(socket.socket(fileno=int(sys.argv[1])))
    if command is not None:
        run(command)
