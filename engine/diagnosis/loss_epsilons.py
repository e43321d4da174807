"""What a program may add to probabilities before its cross-entropy divides by them: the small numbers that it adds to
anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from engine.diagnosis.recording import Recording
from engine.experiment.loss_epsilon import LossEpsilon, LossEpsilonKind

LARGEST = 1e-2
"""Of what is a guard against a division by 0."""

LEAST = 1e-13
"""Smaller ones are lost in rounding."""

USUAL = (1e-8, 1e-7, 1e-10, 1e-9, 1e-6, 1e-5, 1e-12)
"""That people write, the likeliest first: of a recording whose program is not known."""

MOST = 3
"""Numbers that are tried."""

OF_ROOTS = re.compile(r"sqrt|\*\* ?0?\.5|\bs?v\b|square|cache")
"""What an optimizer's ε is added to."""

KINDS = (LossEpsilonKind.LOGARITHM, LossEpsilonKind.DIVISOR)


def loss_epsilons(recording: Recording) -> tuple[LossEpsilon, ...]:
    """Those that its cross-entropy may have."""
    found = tuple(_added(recording.source))[:MOST] if recording.source else USUAL
    return tuple(LossEpsilon(kind, epsilon) for epsilon in found for kind in KINDS)


def _added(source: str) -> list[float]:
    """The small numbers that are added to something, each once, as they come."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return list(USUAL)
    named: dict[str, list[float]] = {}
    for name, value in (pair for node in nodes for pair in _given(node)):
        named.setdefault(name, []).append(value)
    found: dict[float, None] = {}
    for node in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for operand, other in ((node.left, node.right), (node.right, node.left)):
                if OF_ROOTS.search(ast.unparse(other)):
                    continue
                values = [_number(operand), *named.get(_name(operand), [])]
                found |= {one: None for one in values if one is not None and LEAST <= one <= LARGEST}
    return list(found)


def _given(node: ast.AST) -> Iterator[tuple[str, float]]:
    """The names that a statement, a call or a function gives a number."""
    pairs: list[tuple[str, ast.expr | None]] = []
    if isinstance(node, ast.Assign):
        pairs = [(_name(target), node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign):
        pairs = [(_name(node.target), node.value)]
    elif isinstance(node, ast.keyword):
        pairs = [(node.arg or "", node.value)]
    elif isinstance(node, ast.arguments):
        places = [*node.posonlyargs, *node.args]
        last = places[len(places) - len(node.defaults) :]
        pairs = [(one.arg, default) for one, default in zip(last, node.defaults, strict=True)]
        pairs += [(one.arg, default) for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
    for name, value in pairs:
        number = None if value is None else _number(value)
        if name and number is not None:
            yield name, number


def _name(node: ast.expr) -> str:
    """Of a variable or an attribute."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        base, power = node.left, node.right
        minus = isinstance(power, ast.UnaryOp) and isinstance(power.op, ast.USub)
        exponent = power.operand if isinstance(power, ast.UnaryOp) and minus else None
        if isinstance(base, ast.Constant) and base.value == 10 and isinstance(exponent, ast.Constant):
            return float(10.0 ** -float(exponent.value)) if isinstance(exponent.value, int) else None
    return None
