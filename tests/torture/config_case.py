"""What the explorer does with the remembered settings when it starts and when a theme is chosen, without a terminal."""

import sys


def main():
    """Say on standard error what is wrong with them; print the theme, remember another one, and say what of that."""
    from tui_app.app import ExplorerApp
    from tui_app.cli.options import DEFAULT_PRESET, preset
    from tui_app.config import config_file, load_config

    app = ExplorerApp(preset(DEFAULT_PRESET), start_worker=False, config=config_file())
    config = app._config
    print(app.theme)
    if config.problem is not None:
        print(f"mlp-tui: {config.problem}", file=sys.stderr)
    after = config.remember("nord")
    if config.problem is None and after.problem is not None:
        print(f"mlp-tui: {after.problem}", file=sys.stderr)
    if after.problem is None and load_config(config_file(), ["nord"]).theme != "nord":
        print("forgotten", file=sys.stderr)
    sys.exit(0 if after.problem is None else 2)
