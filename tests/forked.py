"""Programs without the wait for an interpreter and its imports: each is a fork of one process that has them all.

What is about the imports themselves, or about how Python starts, needs a process of its own instead.
"""

import atexit
import fcntl
import gc
import importlib
import io
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

LATER = ("numpy.random", "torch._dynamo")
"""What PyTorch's first optimizer and NumPy's first random numbers import."""

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

    def _ended(self, timeout):
        if self.returncode is None and select.select([self._watch], [], [], timeout)[0]:
            self.returncode = _ask({"ended": self.pid})
            os.close(self._watch)
        return self.returncode


def run_forked(*command, stdout=None, cwd=None, environment=None):
    """Run a program to its end, its input empty; `stdout` is a descriptor if its output is not to be returned."""
    with open(os.devnull, "rb") as nothing, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        given = output.fileno() if stdout is None else stdout
        program = Forked(command, (nothing.fileno(), given, errors.fileno()), cwd, environment)
        program.wait()
        for one in (output, errors):
            one.seek(0)
        return subprocess.CompletedProcess(command, program.returncode, output.read(), errors.read())


@cache
def _server():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(theirs.fileno())],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _ask(request, descriptors=()):
    socket.send_fds(_server(), [json.dumps(request).encode()], descriptors)
    return json.loads(_server().recv(MESSAGE))


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
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        present = getattr(sys, name)
        raw = io.FileIO(number, "w" if number else "r", closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw) if number else io.BufferedReader(raw),
            encoding=present.encoding,
            errors=present.errors,
            line_buffering=number == 2 or (number == 1 and raw.isatty()),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


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
