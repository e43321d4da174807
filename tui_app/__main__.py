"""`python -m tui_app` is `mlp-tui`."""

from tui_app.signals import Ending, hold_back


def main() -> None:
    """Run the command line. What would interrupt the imports waits until they are done."""
    hold_back()
    from tui_app.cli import main as command

    command(obj=Ending())


if __name__ == "__main__":
    main()
