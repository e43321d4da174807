"""How many examples a property is tried on: few, and always the same; with TIMES=20 in the environment twenty times as
many random ones, and others each time, all of a list, and what takes long.
"""

import os
from collections import Counter

import pytest
from hypothesis import settings

TIMES = int(os.environ.get("TIMES", "1"))

settings.register_profile(
    "steady", deadline=None, derandomize=TIMES == 1, database=None, print_blob=TIMES > 1, max_examples=10 * TIMES
)
settings.load_profile("steady")


long = pytest.mark.long
"""What takes long and proves more of what another test here proves in less: tried with TIMES=20."""


def one_in(each):
    """Of a test of many cases that are products of the same choices: the last is tried, and each so many-th before it;
    with TIMES=20 all.
    """
    return pytest.mark.one_in(each)


def thinned(items):
    """The tests that are tried, and those that are not."""
    if TIMES > 1:
        return items, []
    tried, left, seen = [], [], Counter()
    for item in reversed(items):
        if item.get_closest_marker("long"):
            left.append(item)
            continue
        marker, name = item.get_closest_marker("one_in"), (item.path, item.originalname)
        chosen = marker is None or seen[name] % marker.args[0] == 0
        seen[name] += 1
        (tried if chosen else left).append(item)
    return tried[::-1], left


def some_of(values, each):
    """One of so many, and the last."""
    values = list(values)
    return values if TIMES > 1 else [*values[:-1:each], values[-1]]


def hardest(values):
    """The last alone, which asks for the most."""
    values = list(values)
    return values if TIMES > 1 else values[-1:]


def examples(count):
    """So many, for a property whose examples are dear or cheap."""
    return settings(max_examples=count * TIMES)
