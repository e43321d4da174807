"""Why a program cannot be diagnosed, in one sentence that says what to do."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.capture.found_layers import moves_little
from engine.diagnosis.capture.program_errors import STATUS, sentence
from engine.diagnosis.capture.trace import GONE, Trace
from engine.shown_text import shown

NO_NETWORK = "no network"

KERNELS = "kernels"

TOO_FEW = "The program trains for "
"""How the sentence on too few steps begins."""

OTHER_OUTPUTS = (
    "Something is done to the outputs of its layers while it trains, dropout or noise perhaps, so that the layers "
    "alone do not give them; switch it off, then run it again."
)

NO_TARGETS = "The network was found, its targets were not"
"""How the sentence on them begins."""

LEFT, LEFT_BEFORE = "The program left with", " before enough was seen"

RECORDER = "use the recorder (engine/diagnosis/recorder.py) where it can be put into matrices"

LEAST_VARIABLES = 6

FRAMEWORKS = {
    "torch": "PyTorch",
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "autograd": "autograd",
    "keras": "Keras",
    "tinygrad": "tinygrad",
    "mxnet": "MXNet",
    "cupy": "CuPy",
}

OF_LAYERS = (
    (r"conv(2d|olution)?\b|im2col|class Conv|max_?pool", "It is a convolution; what is diagnosed are layers x·W + b"),
    (
        r"\b(rnn|lstm|gru)\b|h_prev|hprev|Whh|W_hh|hidden_state|\[ ?t ?- ?1 ?\]",
        "It is recurrent; what is diagnosed are layers x·W + b",
    ),
    (r"attention|Wq\b|W_q\b", "It has attention; what is diagnosed are layers x·W + b"),
)
"""Layers that are no x·W + b, by words of the program."""

OF_SCIPY = (
    r"scipy\.optimize|from scipy import optimize",
    "Its weights are moved by scipy.optimize, not by a step of its own",
)

BY_CHANCE = (
    r"\bmutat|crossover|genetic|\bpopulation\b|\bswarm\b|\bparticles?\b",
    "It searches its weights by chance, without gradients",
)

SEVERAL = (
    r"\bgan\b|\bdiscriminator\b",
    "It trains several networks at once, each by the other's outputs; what is diagnosed is one, by its own loss",
)

HINTS = (
    *OF_LAYERS,
    OF_SCIPY,
    BY_CHANCE,
    SEVERAL,
    (r"dropout", "It has dropout; switch it off, then run it again"),
)


def why_not(trace: Trace, sources: Mapping[str, str], modules: set[str], error: str, ended: bool, found: str) -> str:
    """The sentence; `found` is what the search said, "no network" where it found none."""
    text = "\n".join(sources.values())
    if error and (found == NO_NETWORK or found.startswith(TOO_FEW)):
        optimizer, reason = OF_SCIPY
        # With it the program would run, and be refused all the same.
        return f"{reason}; {RECORDER}." if re.search(optimizer, error) else _of_error(error)
    if found == KERNELS or has_kernels(trace):
        return of_another_kind(text) or f"{OF_LAYERS[0][1]}; {RECORDER}."
    if found not in (NO_NETWORK, OTHER_OUTPUTS):
        other = of_another_kind(text) if found.startswith(("Beside", NO_TARGETS)) else None
        return other or found
    for module, name in FRAMEWORKS.items():
        if re.search(rf"^\s*(import|from)\s+{module}\b", text, re.MULTILINE):
            return (
                f"The gradients of this program are {name}'s own; what is diagnosed is a backward pass written in "
                "NumPy."
            )
    return found if found == OTHER_OUTPUTS else _no_network(trace, text, ended)


def of_another_kind(source: str) -> str | None:
    """The sentence on what is no chain of layers x·W + b that move by gradients, where the words of a program, comments
    and texts aside, speak of it; of several networks the comments speak best.
    """
    code = _without_comments(source)
    for text, (pattern, reason) in (*((code, one) for one in (*OF_LAYERS, BY_CHANCE)), (source, SEVERAL)):
        if re.search(pattern, text, re.IGNORECASE):
            return f"{reason}; {RECORDER}."
    return None


def _without_comments(source: str) -> str:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source
    return " ".join(one.string for one in tokens if one.type not in (tokenize.COMMENT, tokenize.STRING))


def _no_network(trace: Trace, text: str, ended: bool) -> str:
    """Of a program with these sources, in which none was seen."""
    if _numbers_that_move(trace) >= LEAST_VARIABLES:
        return f"Each of its weights is a variable or an entry of a list of its own; {RECORDER}."
    for pattern, reason in HINTS:
        if re.search(pattern, text, re.IGNORECASE):
            return f"{reason}; {RECORDER}." if "dropout" not in pattern else f"{reason}."
    if _turns_into_nothing(trace):
        return (
            "The program's arrays turn into nan or inf before enough was seen: it diverges, or divides by 0; take a "
            "smaller learning rate, or mend that first."
        )
    if not _changes(trace):
        what, more = ("ended", "") if ended else ("was stopped", "give it more time with --seconds, or ")
        return (
            f"No weights were seen to change: the program {what} before it changed an array of floats six times; "
            f"{more}{RECORDER}."
        )
    return (
        "No network was found: no array equals act(x·W + b) of data and weights that change, with sigmoid, tanh, ReLU, "
        f"leaky ReLU, softmax or none; {RECORDER}."
    )


def _of_error(error: str) -> str:
    if error.startswith(STATUS):
        return f"{LEFT} the {error}{LEFT_BEFORE}; arguments of its own follow --."
    if error.startswith("SystemExit"):
        return f"The program ended itself{LEFT_BEFORE}: {sentence(error.removeprefix('SystemExit: '))}"
    if error.startswith("EOFError"):
        return "The program asks for input, which it does not get here; write the answer in, or use the recorder."
    if error.startswith(("ModuleNotFoundError", "ImportError")):
        return f"The program needs a module that is not there ({error}); install it, or use the recorder."
    if error.startswith(("FileNotFoundError", "OSError")):
        return f"The program needs a file that is not there ({error}); run it from its own folder, or use the recorder."
    return f"The program ended by an error before enough was seen: {sentence(error)}"


def has_kernels(trace: Trace, trained: int = 0) -> bool:
    """Whether arrays of four dimensions change like weights, or of three, as filters for one channel have: those that
    were there before the event `trained`, the first pass, and go on changing after it.
    """
    seen: dict[int, set[int]] = {}
    early: set[int] = set()
    late: dict[int, int] = {}
    for index, event in enumerate(trace.events):
        if event.value != GONE and trace.values[event.value].ndim in (3, 4):
            seen.setdefault(event.slot, set()).add(event.value)
            if index < trained:
                early.add(event.slot)
            else:
                late[event.slot] = late.get(event.slot, 0) + 1
    changing = [slot for slot, values in seen.items() if len(values) >= 3 and late.get(slot, 0) >= 3]
    deep = any(trace.values[min(seen[slot])].ndim == 4 for slot in changing)
    return deep or any(_is_moved(trace, slot) for slot in changing if slot in early)


def _is_moved(trace: Trace, slot: int) -> bool:
    """Whether it begins with numbers, and goes on from them by small steps."""
    versions = trace.versions(slot)
    shapes = {trace.values[value].shape for value in versions}
    return len(shapes) == 1 and bool(np.any(trace.values[versions[0]])) and moves_little(trace, slot)


def more_than_layers(foreign: tuple[str, str], weights: list[str]) -> str:
    """What to say of a weight that is moved beside those of the network."""
    name, between = foreign
    if between == "dropout":
        return "Some outputs of a layer are set to 0 at random, as dropout does; switch it off, then run it again."
    if between:
        return (
            f"What {shown(name)} is given is {between} of the layer before; the activations that are read are sigmoid, "
            "tanh, ReLU, leaky ReLU, softmax and none; take one of those, then run it again."
        )
    moved = f"another {shown(name)}" if name in weights else shown(name)
    return (
        f"Beside {shown(', '.join(weights))} it moves {moved}, which is given something else than their outputs: "
        "one chain of layers x·W + b is diagnosed, with sigmoid, tanh, ReLU, softmax or none; use the recorder for the "
        "part that is one."
    )


def _numbers_that_move(trace: Trace) -> int:
    """How many numbers, or lists of numbers, have had many values."""
    found = 0
    for slot in range(len(trace.slots)):
        values = [trace.values[value] for value in trace.versions(slot)]
        if len(values) >= 6 and values[0].dtype.kind == "f" and (values[0].ndim == 0 or trace.slots[slot].listed):
            found += 1
    return found


def _turns_into_nothing(trace: Trace) -> bool:
    """Whether some array has no numbers left, or no longer numbers alone."""
    for slot in range(len(trace.slots)):
        values = [trace.values[value] for value in trace.versions(slot)]
        if not values or values[-1].size < 2 or values[-1].dtype.kind != "f":
            continue
        if np.isnan(values[-1]).all() or (_is_finite(values[0]) and not _is_finite(values[-1])):
            return True
    return False


def _is_finite(array: NDArray[Any]) -> bool:
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _changes(trace: Trace) -> bool:
    seen: dict[int, set[int]] = {}
    for event in trace.events:
        if event.value != GONE and trace.values[event.value].ndim and trace.values[event.value].dtype.kind == "f":
            seen.setdefault(event.slot, set()).add(event.value)
    return any(len(one) >= 6 for one in seen.values())
