"""`python -m tui_app` is `mlp-tui`."""

import contextlib
import os
import sys

from tui_app.importing import importing
from tui_app.terminal.signals import Ending, hold_back


def main() -> None:
    """Run the command line. What would interrupt the imports waits until they are done."""
    hold_back()
    with importing():
        from tui_app.cli.main import main as command
        from tui_app.terminal.endings import INTERRUPTED

    try:
        command(obj=Ending())
    except SystemExit as left:
        if left.code == INTERRUPTED:
            # Where Ctrl-C has come in the middle of an import, Python would end by the signal instead.
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


if __name__ == "__main__":
    main()
