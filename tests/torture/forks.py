"""A fuzzed case: its files in a folder of its own, the command, and what is wrong with how that ended."""

import json
import os
import queue
import shutil
import stat
import subprocess
import sys
import tempfile
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from engine.export.files import BESIDE
from tests.torture.fork_server import MEMORY, NEVER, ORDINARY

ROOT = Path(__file__).parents[2]
AT_A_TIME = 2
MOST_SHOWN = 300_000
"""Bytes of what a command writes that are looked at."""

NOTES = ("is read as a header", "is read with decimal commas", ", until it has trained for ")
"""What a command may say of a data file, or of a program that it runs, before anything else."""

SEPARATE_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class Case:
    """`prepare` makes the files in the working folder; `function` is called instead of the command if there is one."""

    arguments: list[str] = field(default_factory=list)
    prepare: object = None
    environment: dict = field(default_factory=dict)
    unset: tuple = ()
    function: str | None = None


@dataclass
class Ended:
    """How a case ended."""

    status: int
    late: bool
    peak: int
    seconds: float
    stdout: bytes
    stderr: bytes
    touched: list
    before: dict
    after: dict


class Forks:
    """Some servers, each of which does one case at a time, and the folder that all cases are in."""

    def __init__(self, base):
        self.base = base
        self._servers = [_server() for _ in range(AT_A_TIME)]
        self._free = queue.SimpleQueue()
        for server in self._servers:
            assert server.stdout.readline(), "the server does not start"
            self._free.put(server)

    def end(self):
        for server in self._servers:
            server.stdin.close()
            server.wait(20)

    def run(self, case, number):
        """Carry it out in a folder of its own, which is taken away again."""
        outside = self.base / str(number)
        folder = outside / "own"
        places = {name: folder / name for name in ("work", "home", "config", "state", "tmp")}
        try:
            for place in (outside, folder, *places.values()):
                place.mkdir()
            if case.prepare is not None:
                case.prepare(places)
            _give_away(folder)
            before = listing(folder)
            answer = self._ask(case, outside, folder, places)
            return Ended(
                answer["status"],
                answer["late"],
                answer["peak"],
                answer["seconds"],
                _content(outside / "stdout"),
                _content(outside / "stderr"),
                [json.loads(line) for line in _content(outside / "touched").splitlines()],
                before,
                listing(folder),
            )
        finally:
            shutil.rmtree(outside, ignore_errors=True)

    def _ask(self, case, outside, folder, places):
        request = {
            "arguments": case.arguments,
            "function": case.function,
            "cwd": str(places["work"]),
            "folder": str(folder),
            "environment": {
                "HOME": str(places["home"]),
                "XDG_CONFIG_HOME": str(places["config"]),
                "XDG_STATE_HOME": str(places["state"]),
                "TMPDIR": str(places["tmp"]),
                **case.environment,
            },
            "unset": case.unset,
            **{name: str(outside / name) for name in ("stdout", "stderr", "touched")},
        }
        server = self._free.get()
        try:
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())
        finally:
            self._free.put(server)


def _server():
    return subprocess.Popen(
        [sys.executable, "-m", "tests.torture.fork_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **SEPARATE_THREADS, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
    )


def _content(file):
    with file.open("rb") as opened:
        return opened.read(MOST_SHOWN)


def _give_away(folder):
    """To the ordinary user, but for what is named so that it must not be."""
    if os.geteuid() == 0:
        for at, folders, files in os.walk(folder):
            for name in (".", *folders, *files):
                os.chown(os.path.join(at, name), ORDINARY, ORDINARY, follow_symlinks=False)


def listing(folder):
    """Everything in it, and of files the content."""
    found = {}
    for at, folders, files in os.walk(folder, onerror=lambda _: None):
        for name in (*folders, *files):
            path = os.path.join(at, name)
            status = os.lstat(path)
            content = ""
            if stat.S_ISREG(status.st_mode) and status.st_size < 3_000_000 and os.access(path, os.R_OK):
                with open(path, "rb") as file:
                    content = sha256(file.read()).hexdigest()
            found[os.path.relpath(path, folder)] = (stat.S_IFMT(status.st_mode), status.st_size, content)
    return found


@contextmanager
def forks():
    """Servers and a folder that anybody may look into; both are gone afterwards."""
    base = Path(tempfile.mkdtemp(prefix="mlp-tui-fuzz-"))
    base.chmod(0o755)
    servers = Forks(base)
    try:
        yield servers
    finally:
        servers.end()
        shutil.rmtree(base, ignore_errors=True)


def fuzz(part, servers, count, make, check):
    """Try so many cases that `make` draws; each that `check` finds something wrong with is a failure."""
    statuses, most, longest = {}, 0, 0.0

    def attempt(number):
        case = make(part.chances(number))
        return number, case, servers.run(case, number)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for number, case, ended in pool.map(attempt, part.numbers(count)):
            part.tried += 1
            statuses[ended.status] = statuses.get(ended.status, 0) + 1
            most, longest = max(most, ended.peak), max(longest, ended.seconds)
            problems = found_wrong(case, ended, check)
            if problems:
                end = ascii(ended.stderr[-160:].decode("utf-8", "replace"))
                where = f"{ascii(case.arguments)[:200]} {ascii(case.environment)[:80] * bool(case.environment)}"
                part.fail(number, f"{'; '.join(problems)} <- {where} said {end}")
    kinds = ", ".join(f"{statuses[status]:,} x {status}" for status in sorted(statuses))
    part.notes.append(f"exit statuses {kinds}; longest {longest:.1f} s, most memory {most / 1e6:,.0f} MB")
    part.conclude()


def found_wrong(case, ended, check):
    """All that is wrong with how it ended."""
    try:
        return [*ended_badly(case, ended), *check(case, ended)]
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def ended_badly(case, ended):
    """What no case may do, whatever it is."""
    if ended.late:
        yield "over 10 s"
    if ended.peak > 2 * MEMORY:
        yield f"{ended.peak / 1e6:,.0f} MB"
    if ended.status not in (0, 1, 2):
        yield f"exit status {ended.status}"
    stderr = ended.stderr.decode("utf-8", "replace")
    for word in ("Traceback", "Warning", "faults.log", "MemoryError", "traceback"):
        if word in stderr:
            yield f"'{word}' on standard error"
    for name, content in (("output", ended.stdout), ("error", ended.stderr)):
        raw = sorted({character for character in content.decode("utf-8", "replace") if _moves_a_terminal(character)})
        if raw:
            yield f"{raw!a} on standard {name}"
    for line in stderr.splitlines():
        if not line.startswith(("mlp-tui: ", "wrote ", "forgotten")):
            yield "a line on standard error that is not the program's"
            break
    if ended.status == 2:
        yield from _refused_badly(ended, stderr)
    asked = {place for word in case.arguments for place in _named_by(word.rpartition("=")[2])}
    touched = [one for one in ended.touched if not _may_run(case, one)]
    touched = [one for one in touched if one[0] in NEVER or _stands_for(one[1]) not in asked]
    if touched:
        yield f"touched {touched[:3]}"


def _may_run(case, touched):
    """A diagnosis runs the program, and gives it no input."""
    event, what = touched
    return "diagnose" in case.arguments and (event == "subprocess.Popen" or what == os.devnull)


def _stands_for(name):
    """What is opened, or the folder of what is written beside a file before it is renamed."""
    folder, own = os.path.split(os.path.realpath(name))
    return folder if own.startswith(BESIDE) else os.path.join(folder, own)


def _named_by(word):
    """What a word may name, and the folder that it is in."""
    place = os.path.realpath(word) if word.startswith("/") else ""
    return place, os.path.dirname(place)


def _moves_a_terminal(character):
    return character not in "\n\t\r" and unicodedata.category(character) in ("Cc", "Zl", "Zp")


def _refused_badly(ended, stderr):
    said = [line for line in stderr.splitlines() if not any(note in line for note in NOTES)]
    if len(said) != 1 or not said[0].endswith((".", "?")) or len(said[0]) > 3000:
        yield f"{len(said)} sentences"
    if ended.before != ended.after:
        yield f"left {sorted(set(ended.after.items()) ^ set(ended.before.items()))[:4]}"


def changed(ended):
    """Names in the working folder, and outside of it, that are new or other than before."""
    return {name for name in {**ended.before, **ended.after} if ended.before.get(name) != ended.after.get(name)}
