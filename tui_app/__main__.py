"""`python -m tui_app` is `mlp-tui`."""

from tui_app.cli import main

if __name__ == "__main__":
    main()
