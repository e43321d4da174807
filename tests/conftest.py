"""What all tests share: one environment, one thread, settings drawn at random."""

import atexit
import gc
import os
import shutil
import tempfile

# Before Textual or Rich is imported: these change pictures.
for variable in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL_THEME", "COLORTERM", "TEXTUAL_DRIVER", "COLUMNS", "LINES"):
    os.environ.pop(variable, None)

# Nothing of the person's own is read or written.
folder = tempfile.mkdtemp(prefix="mlp-tui-tests-")
os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = folder
os.environ.setdefault("TESTS_SHARED_FOLDER", folder)

# Nobody is new here: the greeting would lie over the status for ten seconds.
os.mkdir(f"{folder}/mlp-tui")
open(f"{folder}/mlp-tui/config.toml", "w").close()
atexit.register(shutil.rmtree, folder, ignore_errors=True)

# The locale decides whether only ASCII is written.
os.environ.pop("LC_ALL", None)
os.environ["LANG"] = "C.UTF-8"

import pytest  # noqa: E402

# An explorer leaves much behind, and looking through all that PyTorch has imported takes long: look rarely.
gc.set_threshold(50_000, 20, 50)


def pytest_configure(config):
    config.addinivalue_line("markers", "long: it takes long, and is tried with TIMES=20")
    config.addinivalue_line("markers", "one_in(each): of its cases one in so many is tried; with TIMES=20 all")


def pytest_collection_modifyitems(config, items):
    items[:], left = examples.thinned(items)
    if left:
        config.hook.pytest_deselected(items=left)


def pytest_sessionfinish():
    # Pytest collects five times at the end; nothing of this is to be freed any more.
    gc.freeze()


from tests import (  # noqa: E402
    examples,
    idle,
    style_sheets,
)
from tests.driver import explorer  # noqa: E402, F401 - a fixture of all

idle.wait_no_longer()
style_sheets.parse_each_once()


@pytest.fixture(scope="session")
def answer_run():
    import engine

    return engine.train(engine.preset("answer"))


@pytest.fixture(scope="session")
def listings():
    from tests.listings import numpy_listing, torch_listing

    return numpy_listing(), torch_listing()
