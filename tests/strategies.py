"""Random experiments: any layer sizes, activations, data, and any choice on either side."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from engine.experiment.data import Dataset
from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.settings import Activation, Settings
from engine.experiment.side import Side, SideName

OF_ONES_OWN = {
    "momentum": ("0.5", "textbook-0.25", "pytorch-0.5-dampened-0.125"),
    "weight_decay": ("0.01", "decoupled-0.02"),
}
"""Values beside the catalogue's choices."""


@st.composite
def datasets(draw):
    samples, inputs, outputs = (draw(st.integers(1, most)) for most in (6, 4, 3))
    random = np.random.RandomState(draw(st.integers(0, 1000)))
    return Dataset("random", random.uniform(-1, 1, (samples, inputs)), random.uniform(0, 1, (samples, outputs)))


@st.composite
def per_layer(draw, values, layers):
    """One for all layers, or now and then one for each."""
    if layers > 1 and draw(st.integers(0, 3)) == 0:
        return tuple(draw(st.lists(st.sampled_from(values), min_size=layers, max_size=layers)))
    return draw(st.sampled_from(values))


@st.composite
def sides(draw, name, layers):
    side = Side(learning_rate=draw(st.sampled_from([0.01, 0.3, 0.6])))
    for discrepancy in CATALOGUE:
        values = [choice.value for choice in discrepancy.choices_for(name)]
        values += [discrepancy.parse(text, name) for text in OF_ONES_OWN.get(discrepancy.field, ())]
        if values:
            drawn = per_layer(values, layers) if discrepancy.per_layer else st.sampled_from(values)
            side = replace(side, **{discrepancy.field: draw(drawn)})
    return side


@st.composite
def experiments(draw):
    hidden = tuple(draw(st.lists(st.integers(1, 6), max_size=3)))
    return Settings(
        data=draw(datasets()),
        numpy=draw(sides(SideName.NUMPY, len(hidden) + 1)),
        pytorch=draw(sides(SideName.PYTORCH, len(hidden) + 1)),
        hidden=hidden,
        activation=draw(per_layer(list(Activation), len(hidden))),
        output_activation=draw(st.sampled_from(Activation)),
        epochs=20,
        seed=draw(st.integers(0, 2**64 - 1)),
    )
