"""Runs commands without starting a Python for each: all is imported once, and every case is a fork of that, as an
ordinary user, with a limit on its time and its memory, in folders of its own.

A line of JSON on standard input is a case, a line on standard output what became of it. Linux alone.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
import tempfile
import time
import traceback

SECONDS, MEMORY, ON_DISK = 10, 2_000_000_000, 500_000_000
"""The most that a case may take; memory on top of what importing has taken."""

ORDINARY = 65534
"""The user and group to be where one is root."""

WARM_UP = [
    ["run", "--epochs", "2"],
    ["run", "--epochs", "2", "-q", "--json", "-", "--data", "good.csv"],
    ["run", "--epochs", "20", "--output-activation", "identity", "--lr", "1e9"],
    ["export", "out", "--epochs", "2", "--data", "good.npz"],
    ["impact", "--epochs", "2", "--seeds", "2", "--differences", "bias"],
    ["impact", "--epochs", "2", "--seeds", "2", "--differences", "bias", "--csv", "-"],
    ["trace", "--preset", "exact", "--epochs", "2"],
    ["differences", "bias"],
    ["presets", "--ascii"],
    ["run", "-q", "--ascii", "--epochs", "2"],
    ["run", "--help"],
    ["fly"],
    [],
]

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
NEVER = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "pickle.find_class", "socket.connect"}


def serve():
    _import_all()
    gc.freeze()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(case)
        print(json.dumps(_watched(pid, case.get("seconds", SECONDS))), flush=True)


def _watched(pid, seconds):
    """What became of a case, killed where it takes too long."""
    started, watch = time.monotonic(), os.pidfd_open(pid)
    ended, _, _ = select.select([watch], [], [], seconds)
    os.close(watch)
    for kill in (os.killpg, os.kill) if not ended else ():
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "late": not ended,
        "seconds": time.monotonic() - started,
        "peak": usage.ru_maxrss * 1024,
    }


def _child(case):
    """Carry out the case and end."""
    status = 70
    try:
        os.setsid()
        _into_folders(case)
        _limit()
        _note_what_is_touched(case["touched"], case["folder"])
        _become_ordinary()
        status = _carried_out(case)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _into_folders(case):
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, case["stdout"], os.O_WRONLY | os.O_CREAT),
        (2, case["stderr"], os.O_WRONLY | os.O_CREAT),
    ):
        descriptor = os.open(name, flags)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.update(case["environment"])
    for name in case.get("unset", ()):
        os.environ.pop(name, None)
    tempfile.tempdir = None
    os.chdir(case["cwd"])


def _limit():
    with open("/proc/self/statm") as file:
        present = int(file.read().split()[0]) * resource.getpagesize()
    for kind, most in (
        (resource.RLIMIT_AS, present + MEMORY),
        (resource.RLIMIT_FSIZE, ON_DISK),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def _become_ordinary():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(ORDINARY, ORDINARY, ORDINARY)
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)


def _note_what_is_touched(name, folder):
    """Whatever is opened for writing or changed outside of the folder, and what must never be done, a line each."""
    notes = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    root = os.path.realpath(folder) + os.sep

    def note(event, path=""):
        os.write(notes, json.dumps([event, os.fspath(path) if not isinstance(path, bytes) else repr(path)]).encode())
        os.write(notes, b"\n")

    def hook(event, arguments):
        if event in NEVER:
            note(event, str(arguments)[:200])
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return
        if event != "open" and event not in CHANGES:
            return
        for path in arguments[: 2 if event in ("os.rename", "os.link") else 1]:
            if isinstance(path, (str, os.PathLike)) and not f"{os.path.realpath(path)}/".startswith(root):
                note(event, path)

    sys.addaudithook(hook)


def _carried_out(case):
    """As Python ends a program: the exit status of what it has left with, or a traceback and 1."""
    sys.argv = ["mlp-tui", *case["arguments"]]
    try:
        if case.get("function"):
            module, _, name = case["function"].rpartition(".")
            getattr(importlib.import_module(module), name)()
        else:
            from tui_app.__main__ import main

            main()
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        if isinstance(left.code, str):
            print(left.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return status


def _import_all():
    """All that commands import at any time: an ordinary user may not be able to read the sources."""
    import encodings

    import engine
    import tui_app

    for package in (engine, tui_app, encodings):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", "mbcs", "oem")):
                importlib.import_module(found.name)
    for name in ("tests.torture.config_case", "tui_app.__main__"):
        importlib.import_module(name)

    assert len(os.listdir("/proc/self/task")) == 1, "a thread would be missing in every fork"
    with tempfile.TemporaryDirectory() as folder:
        _warm_up(folder)


def _warm_up(folder):
    """Import here what forks import while they do what commands do."""
    import numpy as np

    rows = np.array([[0.5, 1, 0], [1, 0.25, 1]])
    np.savetxt(f"{folder}/good.csv", rows, delimiter=",")
    np.savez(f"{folder}/good.npz", X=rows[:, :2], Y=rows[:, 2:])
    for number, arguments in enumerate(WARM_UP):
        names = f"{folder}/{number}.modules"
        pid = os.fork()
        if pid == 0:
            nowhere = {"stdout": os.devnull, "stderr": os.devnull}
            _into_folders({"cwd": folder, "environment": {"HOME": folder}, **nowhere})
            _carried_out({"arguments": arguments})
            with open(names, "w") as file:
                file.write("\n".join(sys.modules))
            os._exit(0)
        os.waitpid(pid, 0)
        with open(names) as file:
            for name in file.read().split():
                with contextlib.suppress(Exception):
                    importlib.import_module(name)


if __name__ == "__main__":
    serve()
