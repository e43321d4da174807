"""Where a program begins to train anew: other learning rates, other folds, the same network from its start."""

from __future__ import annotations

from itertools import pairwise

from engine.diagnosis.capture.network_finder import Network
from engine.diagnosis.capture.passes import Steps
from engine.diagnosis.capture.trace import GONE, Trace


def first_training(trace: Trace, network: Network, steps: Steps) -> Steps:
    """The steps before the weights are made anew: they are back at their first values, or their function has returned
    and others stand in their place. Where that is so in most steps, it is how the program moves them.
    """
    made_anew = [_made_anew(trace, layer.weight) for layer in network.layers]
    replaced = [
        all(any(here.index < index <= following.index for index in one) for one in made_anew)
        for here, following in pairwise(steps.passes)
    ]
    for k in range(1, len(replaced)):
        if (replaced[k] and 2 * sum(replaced) < len(replaced)) or steps.state(k + 1) == steps.state(0):
            return Steps(steps.passes[: k + 1])
    return steps


def _made_anew(trace: Trace, slot: int) -> list[int]:
    """The events with which a slot that was gone came back with another value than its last."""
    found: list[int] = []
    last, gone = GONE, False
    for index, event in enumerate(trace.events):
        if event.slot == slot:
            if gone and event.value not in (GONE, last):
                found.append(index)
            gone = event.value == GONE
            last = last if gone else event.value
    return found
