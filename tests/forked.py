"""Programs without the wait for an interpreter and its imports: each is a fork of one process that has them all.

What is about the imports themselves, or about how Python starts, needs a process of its own instead.
"""

import atexit
import contextlib
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
    """A connection to the one server of all workers, which the first of them starts and which ends with the last."""
    folder = Path(os.environ["TESTS_SHARED_FOLDER"])
    place = str(folder / "server")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            connection.connect(place)
        except OSError:
            _start_server(folder, place)
            connection.connect(place)
    atexit.register(connection.close)
    return connection


def _start_server(folder, place):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(place)
        listening.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(listening.fileno())],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )
    # Kept, so that the pipes are; another worker may still use it when this one ends.
    atexit.register(process.poll)


def _ask(request, descriptors=()):
    socket.send_fds(_server(), [json.dumps(request).encode()], descriptors)
    answer = _server().recv(MESSAGE)
    assert answer, "the server of forks has ended: try python -m tests.forked"
    return json.loads(answer)


def serve(listening):
    """In the parent, answer until all that asked have gone; in a fork, what it is to run."""
    workers = [listening.accept()[0]]
    while workers:
        for one in select.select([listening, *workers], [], [])[0]:
            if one is listening:
                workers.append(listening.accept()[0])
                continue
            message, descriptors, _, _ = socket.recv_fds(one, MESSAGE, 3)
            if not message:
                workers.remove(one)
                one.close()
                continue
            command = _answer(one, json.loads(message), descriptors)
            if command is not None:
                for each in (listening, *workers):
                    each.close()
                return command
    return None


def _answer(worker, request, descriptors):
    """How one ended, or a fork's number; in that fork, what it is to run."""
    if "ended" in request:
        answer = os.waitstatus_to_exitcode(os.waitpid(request["ended"], 0)[1])
    else:
        answer = os.fork()
        if answer == 0:
            _settle(request, descriptors)
            return request["command"]
    for one in descriptors:
        os.close(one)
    worker.send(json.dumps(answer).encode())
    return None


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
    if len(sys.argv) > 1:
        command = serve(socket.socket(fileno=int(sys.argv[1])))
        if command is not None:
            run(command)
