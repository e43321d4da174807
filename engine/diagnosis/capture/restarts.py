"""Where a program begins to train anew: other learning rates, other folds, the same network from its start."""

from __future__ import annotations

from engine.diagnosis.capture.network_finder import Network
from engine.diagnosis.capture.passes import Steps
from engine.diagnosis.capture.trace import GONE, Trace


def first_training(trace: Trace, network: Network, steps: Steps) -> Steps:
    """The steps before the weights are made anew: they are back at their first values, or their function has returned
    and others stand in their place.
    """
    made_anew = [_made_anew(trace, layer.weight) for layer in network.layers]
    for k in range(1, len(steps.passes) - 1):
        here, following = steps.passes[k].index, steps.passes[k + 1].index
        replaced = all(any(here < index <= following for index in one) for one in made_anew)
        if replaced or steps.state(k + 1) == steps.state(0):
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
