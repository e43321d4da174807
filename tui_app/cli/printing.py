"""What the commands without a screen share: ASCII, progress on standard error, files that are not overwritten."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import rich_click as click

from engine.paths import typed_path
from engine.shown_text import printable
from tui_app.text.ascii import locale_is_utf8, prepare_streams, spell_out

if TYPE_CHECKING:
    from rich.console import Console

    from engine.experiment.settings import Settings


def wants_ascii(options: dict[str, Any]) -> bool:
    """Whether only ASCII is wanted; the streams are made so."""
    wanted: bool | None = options["ascii_only"]
    if wanted is None:
        return not locale_is_utf8()
    prepare_streams("ascii" if wanted else "utf-8")
    return wanted


def output_console() -> Console:
    """Standard output for what Rich prints; a reader that has left is an `OSError` as everywhere."""
    from rich.console import Console

    class _OutputConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return _OutputConsole(highlight=False, markup=False)


def say(text: str, ascii: bool) -> None:
    """One text on standard output."""
    click.echo(spell_out(text) if ascii else text)


def say_what_cannot_work(settings: Settings, ascii: bool) -> None:
    """On standard error, before it is trained in vain."""
    from engine.run.cannot_work import cannot_work

    for sentence in cannot_work(settings):
        click.echo(f"mlp-tui: {spell_out(sentence) if ascii else sentence}", err=True)


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Any]:
    """A bar on standard error where that is a terminal; gives a function that takes how much is done.

    Without a total the bar only moves.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, markup=False)
    count = MofNCompleteColumn() if total is not None and total > 1 else TaskProgressColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def check_targets(*files: str | None, force: bool, source: str | None) -> None:
    """Refuse what could not be written in the end, before anything is computed, and the file the data come from."""
    from engine.export.files import check_spared, check_writable

    targets = [typed_path(file) for file in files if file is not None and file != "-"]
    for target in targets:
        check_writable(target, force)
    check_spared(source, targets)


def write_text(text: str, target: str | None, force: bool) -> None:
    """To a file, whole or not at all, or to standard output for '-'; nothing for none."""
    from engine.export.files import write_whole

    if target == "-":
        click.echo(text, nl=False)
    elif target is not None:
        write_whole(typed_path(target), text, force)
        say_written(target)


def say_written(target: str) -> None:
    """That a file is written, on standard error."""
    click.echo(f"wrote {printable(target)}", err=True)
