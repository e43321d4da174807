"""How many random examples a property is tried on: few, and always the same; with TIMES=20 in the environment twenty
times as many, and others each time.
"""

import os

from hypothesis import settings

TIMES = int(os.environ.get("TIMES", "1"))

settings.register_profile(
    "steady", deadline=None, derandomize=TIMES == 1, database=None, print_blob=TIMES > 1, max_examples=25 * TIMES
)
settings.load_profile("steady")


def examples(count):
    """So many, for a property whose examples are dear or cheap."""
    return settings(max_examples=count * TIMES)
