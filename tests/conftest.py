"""What all tests share: one environment, one thread, settings drawn at random."""

import os

# Before Textual or Rich is imported: these change pictures.
for variable in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL_THEME", "COLORTERM", "TEXTUAL_DRIVER", "COLUMNS", "LINES"):
    os.environ.pop(variable, None)

import pytest  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402

hypothesis_settings.register_profile("steady", deadline=None, derandomize=True, max_examples=30)
hypothesis_settings.load_profile("steady")


@pytest.fixture(scope="session")
def answer_run():
    import engine

    return engine.train(engine.preset("answer"))


@pytest.fixture(scope="session")
def listings():
    from tests.listings import numpy_listing, torch_listing

    return numpy_listing(), torch_listing()
