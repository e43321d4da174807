"""What a program logs, and the numbers that it names: learning rates, momenta and the like."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from engine.diagnosis.capture.loops import Loops, in_one_loop, loops_of
from engine.diagnosis.capture.passes import Steps
from engine.diagnosis.capture.trace import GONE, Trace
from engine.types import FloatArray

MOST_LOGGED = 200

LOSS = re.compile(r"loss|cost|err|mse|crit|energy", re.IGNORECASE)
"""What an array of a single number is called that is logged."""

MOST_CONSTANTS = 400


MOST_IN_A_PAIR = 3
"""Numbers side by side, as β₁ and β₂ are."""

MOST_WHOLE = 10**6
"""A rate is no larger."""


def logged_numbers(
    trace: Trace, steps: Steps, parameters: set[int], names: Mapping[int, str], source: str
) -> dict[str, FloatArray]:
    """By name, numbers that change from step to step, (T,): the last one that each step had, NaN where it had none."""
    starts = np.array([one.index for one in steps.passes])
    found: dict[int, FloatArray] = {}
    for index, event in enumerate(trace.events):
        if event.value == GONE or event.slot in parameters:
            continue
        value = trace.values[event.value]
        if value.size != 1 or value.dtype.kind != "f" or (value.ndim and not LOSS.search(trace.name(event.slot))):
            continue
        step = int(np.searchsorted(starts, index, side="right")) - 1
        if 0 <= step < steps.count:
            series = found.setdefault(event.slot, np.full(steps.count, math.nan))
            series[step] = float(value.reshape(()))
    logged: dict[str, FloatArray] = {}
    looks = _looked_at_first(trace, steps, loops_of(source))
    for slot, counted in found.items():
        series = _a_step_earlier(counted) if looks[: len(counted)][~np.isnan(counted)].all() else counted
        known = series[~np.isnan(series)]
        if len(np.unique(known)) > 1 and len(logged) < MOST_LOGGED:
            logged.setdefault(names.get(slot, trace.name(slot)), series)
    return logged


def _looked_at_first(trace: Trace, steps: Steps, loops: Loops) -> NDArray[np.bool_]:
    """Which steps' passes began with a look at what the step before has come to, (T,): the same samples from another
    line of the loop than the first step's.
    """
    places = [trace.places[trace.events[one.index].place] for one in steps.passes]
    again = [one.inputs == steps.passes[max(k - 1, 0)].inputs for k, one in enumerate(steps.passes)]
    others = [own.calls != places[0].calls and in_one_loop(own, places[0], loops) for own in places]
    return np.array([one and other for one, other in zip(again, others, strict=True)])


def _a_step_earlier(series: FloatArray) -> FloatArray:
    found: FloatArray = np.append(series[1:], math.nan)
    return found


def constants_of(trace: Trace, names: Mapping[int, str], source: str) -> dict[str, float]:
    """Numbers that a slot holds and keeps, and those that are written in the program's text, by their names."""
    kept: dict[int, set[int]] = {}
    for event in trace.events:
        if event.value != GONE and trace.values[event.value].ndim == 0:
            kept.setdefault(event.slot, set()).add(event.value)
    found: dict[str, float] = {}
    for slot, values in kept.items():
        number = float(trace.values[next(iter(values))])
        if len(values) == 1 and math.isfinite(number) and len(found) < MOST_CONSTANTS:
            found.setdefault(names.get(slot, trace.name(slot)), number)
    for name, number in written_numbers(source).items():
        if len(found) < MOST_CONSTANTS:
            found.setdefault(name, number)
    return found


def written_numbers(source: str) -> dict[str, float]:
    """Default and keyword arguments by their names, other numbers by their lines: `line 31: 0.1`."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, float] = {}
    plain: dict[str, float] = {}
    in_data = _in_data(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg is not None:
            _keep(found, node.arg, node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args.args[len(node.args.args) - len(node.args.defaults) :]
            for argument, default in zip(given, node.args.defaults, strict=True):
                _keep(found, argument.arg, default)
            for argument, maybe in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                if maybe is not None:
                    _keep(found, argument.arg, maybe)
        elif isinstance(node, ast.Constant) and isinstance(node.value, float) and id(node) not in in_data:
            plain.setdefault(f"line {node.lineno}: {node.value!r}", node.value)
        elif _changes_itself(node):
            plain |= _whole_factors(node)
    return found | plain


def _in_data(tree: ast.AST) -> set[int]:
    """The numbers in lists of lists, and in long ones: those of data."""
    lists = [node for node in ast.walk(tree) if isinstance(node, (ast.List, ast.Tuple))]
    data = [one for one in lists if len(one.elts) > MOST_IN_A_PAIR or any(_is_list(part) for part in one.elts)]
    return {number for one in data for number in _numbers_in(one)}


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple))


def _numbers_in(node: ast.expr) -> Iterator[int]:
    """Those that stand in a list themselves, or in lists in it: not in what is computed there."""
    if isinstance(node, (ast.List, ast.Tuple)):
        for part in node.elts:
            yield from _numbers_in(part)
    elif isinstance(node, ast.UnaryOp):
        yield from _numbers_in(node.operand)
    elif isinstance(node, ast.Constant):
        yield id(node)


def _changes_itself(node: ast.AST) -> bool:
    """`W -= …` or `W = W - …`."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) in ast.unparse(node.value)
    return isinstance(node, ast.AugAssign)


def _whole_factors(node: ast.AST) -> dict[str, float]:
    """The whole numbers that something is multiplied by where a variable is changed: `W -= 50 * gradient`."""
    products = [one for one in ast.walk(node) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult)]
    factors = [one for product in products for one in (product.left, product.right)]
    values = [one.operand if isinstance(one, ast.UnaryOp) else one for one in factors]
    return {
        f"line {one.lineno}: {one.value}": float(one.value)
        for one in values
        if isinstance(one, ast.Constant) and type(one.value) is int and 1 < one.value < MOST_WHOLE
    }


def _keep(found: dict[str, float], name: str, node: ast.expr) -> None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        found.setdefault(name, float(node.value))
