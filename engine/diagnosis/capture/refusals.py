"""Why a program cannot be diagnosed, in one sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.diagnosis.capture.trace import GONE, Trace

RECORDER = "use the recorder (engine/diagnosis/recorder.py) where it can be put into matrices"

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

HINTS = (
    (r"conv(2d|olution)?\b|im2col|class Conv|max_?pool", "It is a convolution; what is diagnosed are layers x·W + b"),
    (r"\b(rnn|lstm|gru)\b|h_prev|hprev|Whh|W_hh|hidden_state", "It is recurrent; what is diagnosed are layers x·W + b"),
    (r"attention|Wq\b|W_q\b", "It has attention; what is diagnosed are layers x·W + b"),
    (r"scipy\.optimize|from scipy import optimize", "Its weights are moved by scipy.optimize, not by a step of its own"),
    (r"mutat|crossover|genetic|population", "It searches its weights by chance, without gradients"),
    (r"dropout", "It has dropout; switch it off, then run it again"),
)


def why_not(
    trace: Trace, sources: Mapping[str, str], modules: set[str], error: str, ended: bool, sentence: str
) -> str:
    """The sentence; `sentence` is what the search said, "no network" where it found none."""
    text = "\n".join(sources.values())
    if error:
        return _of_error(error)
    if sentence != "no network":
        return sentence
    for module, name in FRAMEWORKS.items():
        if re.search(rf"^\s*(import|from)\s+{module}\b", text, re.MULTILINE):
            return f"The gradients of this program are {name}'s own; what is diagnosed is a backward pass written in NumPy."
    if _has_kernels(trace):
        return f"{HINTS[0][1]}; {RECORDER}."
    for pattern, reason in HINTS:
        if re.search(pattern, text, re.IGNORECASE):
            return f"{reason}; {RECORDER}." if "dropout" not in pattern else f"{reason}."
    if not _changes(trace):
        what = "ended before" if ended else "was stopped before"
        return f"No weights were seen to change: the program {what} it changed an array of floats six times; {RECORDER}."
    return (
        "No network was found: no array equals act(x·W + b) of data and weights that change, with sigmoid, tanh, ReLU, "
        f"softmax or none; {RECORDER}."
    )


def _of_error(error: str) -> str:
    if error.startswith("EOFError"):
        return "The program asks for input, which it does not get here; give it as arguments, or use the recorder."
    if error.startswith(("ModuleNotFoundError", "ImportError")):
        return f"The program needs a module that is not there ({error}); install it, or use the recorder."
    if error.startswith(("FileNotFoundError", "OSError")):
        return f"The program needs a file that is not there ({error}); run it from its own folder, or use the recorder."
    return f"The program ended by an error before enough was seen: {error}."


def _has_kernels(trace: Trace) -> bool:
    """Whether arrays of four dimensions change like weights."""
    seen: dict[int, set[int]] = {}
    for event in trace.events:
        if event.value != GONE and trace.values[event.value].ndim == 4:
            seen.setdefault(event.slot, set()).add(event.value)
    return any(len(one) >= 3 for one in seen.values())


def _changes(trace: Trace) -> bool:
    seen: dict[int, set[int]] = {}
    for event in trace.events:
        if event.value != GONE and trace.values[event.value].ndim and trace.values[event.value].dtype.kind == "f":
            seen.setdefault(event.slot, set()).add(event.value)
    return any(len(one) >= 6 for one in seen.values())
