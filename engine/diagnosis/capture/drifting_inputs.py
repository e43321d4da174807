"""Whether what a network is given is itself trained: a sign that it is only the end of a larger one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.diagnosis.capture.layer_forms import Array

LEAST_STEPS = 5

ALONG = 0.2
"""How far, at least, most changes go along those before: what is trained drifts, noise goes back and forth."""

DRIFT = (
    "What its layers are given is made anew in each step from the same samples, and moves on as what is trained does: "
    "something before them is trained as well, such as a filter, an embedding or an attention; use the recorder for "
    "layers x·W + b alone."
)


def are_drifting(inputs: Sequence[Array], targets: Sequence[Array]) -> bool:
    """Whether the inputs of steps on the same targets, (N, D) and (N, C) of each, change a little in each step, and in
    the same direction.
    """
    if len(inputs) < LEAST_STEPS or any(one.shape != inputs[0].shape for one in inputs):
        return False
    if any(one.shape != targets[0].shape or not np.array_equal(one, targets[0]) for one in targets):
        return False
    changes = [after - before for before, after in pairwise(inputs)]
    lengths = [float(np.linalg.norm(one)) for one in changes]
    if not all(0 < length < float(np.linalg.norm(inputs[0])) for length in lengths):
        return False
    products = [float((one * two).sum()) for one, two in pairwise(changes)]
    along = [product / (one * two) for product, (one, two) in zip(products, pairwise(lengths), strict=True)]
    return float(np.median(along)) > ALONG
