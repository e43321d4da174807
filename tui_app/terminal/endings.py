"""How a command ends that does not end well: one sentence on standard error, and the exit status that says which end.

What a command says of its own result, and status 1 for it, is the command's.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import NoReturn

import rich_click as click
from click.exceptions import Exit

from engine.errors import InputError
from engine.shown_text import LONGEST, printable, shown
from engine.worker.faults import fault_sentence

FAILED = 1
"""The result is not what was asked for, could not be written out, or something failed that should not."""
REFUSED = 2
"""The input cannot be used."""
INTERRUPTED = 130
"""Ctrl-C, as a shell has it: 128 and the signal's number."""

OUTPUT_ERRORS = {
    code
    for name in ("EPIPE", "ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF", "ESHUTDOWN")
    if (code := getattr(errno, name, None)) is not None
}
"""What writing to standard output can end with. Files report theirs as `InputError`."""


def end(sentence: str, status: int) -> NoReturn:
    """Say it on standard error and leave."""
    with contextlib.suppress(OSError):
        click.echo(f"mlp-tui: {printable(sentence)}", err=True)
    sys.exit(status)


@contextlib.contextmanager
def ended_well(context: click.Context | None = None) -> Iterator[None]:
    """Turns whatever a user, a full disk, a reader that has left or a fault of ours can cause into one sentence and an
    exit status.

    `context` is that of the whole program, once it is known.
    """
    try:
        if sys.stdout is None and context is not None:
            end("standard output is closed; there is nowhere to print.", FAILED)
        yield
        # Here and not at the interpreter's end, where it would be a traceback.
        if sys.stdout is not None:
            sys.stdout.flush()
    except InputError as error:
        end(str(error), REFUSED)
    except click.UsageError as error:
        end(_plain(error, context), REFUSED)
    except (KeyboardInterrupt, click.Abort):
        end("interrupted.", INTERRUPTED)
    except Exit:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in OUTPUT_ERRORS:
            _discard_output()
            end(f"standard output cannot be written: {error.strerror or error}.", FAILED)
        end(fault_sentence("the command", error), FAILED)


def _plain(error: click.UsageError, context: click.Context | None) -> str:
    """What click says, and where to read what would be right."""
    if error.ctx is not None:
        command = error.ctx.command_path
    else:
        # An option without its value is missed before its command has a context.
        command = "mlp-tui" if context is None else f"{context.command_path} {context.invoked_subcommand or ''}".strip()
    message = " ".join(map(shown, error.format_message().split())).rstrip(".")
    return f"{shown(message, 2 * LONGEST)}; '{command} --help' lists what there is."


def _discard_output() -> None:
    """What is still buffered goes nowhere: flushing it once more at the end would fail once more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
