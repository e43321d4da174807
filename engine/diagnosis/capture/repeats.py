"""What comes again and again from one line, as the layers of each sample of a batch do: it is searched no more than is
needed.

What such a search is, is `found_layers.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.diagnosis.capture.trace import Event

OF_ONE_WEIGHT = 16
"""Layers from one line whose weights have not moved in between."""

FRUITLESS = 48
"""Searches of one line in which no layer was found; from then on one in `ONE_IN` is made."""

ONE_IN = 8


@dataclass
class Repeats:
    """By slot and place: how often nothing was found there, or else how many layers of each weight's value."""

    fruitless: Counter[tuple[int, int]] = field(default_factory=Counter)
    layers: dict[tuple[int, int], Counter[int]] = field(default_factory=dict)

    def is_enough(self, event: Event, held: Mapping[int, int]) -> bool:
        """Whether another search there would say what is known."""
        key = event.slot, event.place
        if key not in self.layers:
            self.fruitless[key] += 1
            return self.fruitless[key] > FRUITLESS and self.fruitless[key] % ONE_IN != 0
        often = {value for value, count in self.layers[key].items() if count >= OF_ONE_WEIGHT}
        return bool(often) and not often.isdisjoint(held.values())

    def note(self, event: Event, weights: Iterable[int]) -> None:
        """A layer was found there, of one of these weights."""
        self.layers.setdefault((event.slot, event.place), Counter()).update(set(weights))
