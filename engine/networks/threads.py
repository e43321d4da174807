"""How many threads NumPy and PyTorch may use: chosen by the network's size and the cores alone, never by measuring.

Both libraries keep a pool of threads that spin while they wait, each for the other's cores. On two cores, with both
pools two wide, a pair of plain loops that takes turns is 2 to 14 times slower than with one thread each, and worse on
busy cores. `tests/benchmarks/bench_threads.py` measures it. Setting the number is `torch_threads.py`'s.
"""

from __future__ import annotations

import os
from itertools import pairwise

from engine.experiment.batch_rules import EpochLoss
from engine.experiment.choices import SideName
from engine.experiment.settings import Settings

PAYS = 30_000_000
"""Multiply-adds of the largest product for which each further thread pays. Measured on two AVX-512 cores: two threads
take 0.6 to 0.75 of one thread's time at 64 and 100 million, 0.9 to 1 at 4 million, and more than 1 below."""

MOST = 8
"""Threads of one library that are ever chosen."""

THREADED = {SideName.NUMPY: 200_000, SideName.PYTORCH: 200}
"""Multiply-adds of the largest product from which a library may use more than one thread, and sum in another order. Of
PyTorch's products of up to 1,100, the smallest that was found to do so has 272."""

THREADED_SAMPLES = 10_000
"""From which NumPy's library adds up a single column of them with more than one thread."""

SIDE_BY_SIDE = 20_000_000
"""Multiply-adds of the largest product from which it pays to train both sides at once, each on a core of its own: at 64
and 100 million 0.6 of the time in turn; at 4 million little on idle cores and nothing on busy ones."""


def cores() -> int:
    """How many this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def largest_product(settings: Settings) -> int:
    """Multiply-adds of a step's largest matrix product: N · fan_in · fan_out of the largest layer."""
    samples = max(settings.batch_samples(side) for side in (settings.numpy, settings.pytorch))
    return samples * _largest_layer(settings)


def _largest_layer(settings: Settings) -> int:
    return max(fan_in * fan_out for fan_in, fan_out in pairwise(settings.layer_sizes))


def threads_of(settings: Settings, available: int | None = None) -> int:
    """Of each library: as asked, else by size. Together they are never wider than the cores there are."""
    if settings.threads is not None:
        return settings.threads
    share = (cores() if available is None else available) // 2
    return max(1, min(largest_product(settings) // PAYS, share, MOST))


def side_by_side(settings: Settings, available: int | None = None) -> bool:
    """Whether both sides of an epoch are computed at once."""
    enough = (cores() if available is None else available) >= 2 * threads_of(settings, available)
    return enough and settings.device == "cpu" and largest_product(settings) >= SIDE_BY_SIDE


def shares_products(settings: Settings) -> bool:
    """Whether both sides are computed at once, each library with one thread: a product can be shared, its bits kept."""
    return side_by_side(settings) and threads_of(settings) == 1


def matters(settings: Settings, name: SideName) -> bool:
    """Whether a side's program may run otherwise with another number of threads."""
    side = settings.side(name)
    samples = settings.data.samples if side.epoch_loss is EpochLoss.WHOLE else settings.batch_samples(side)
    if name is SideName.NUMPY and samples >= THREADED_SAMPLES:
        return True
    return samples * _largest_layer(settings) >= THREADED[name]
