"""What an expression of the source comes to where an experiment's choices decide it. Nothing is executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

Known = Mapping[str, Any]
"""Names whose values are known; `self` is what a network knows of itself."""

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {"range": range, "reversed": lambda values: values[::-1], "len": len}


class UnknownError(Exception):
    """The experiment's choices do not decide it."""


def evaluate(node: ast.expr, known: Known) -> Any:
    """The value; raises `UnknownError`."""
    value: Any
    match node:
        case ast.Constant():
            value = node.value
        case ast.Name() if node.id in known:
            value = known[node.id]
        case ast.Attribute():
            value = getattr(evaluate(node.value, known), node.attr, UnknownError)
        case ast.Subscript():
            value = evaluate(node.value, known)[evaluate(node.slice, known)]
        case ast.UnaryOp():
            value = OPERATORS[type(node.op)](evaluate(node.operand, known))
        case ast.BinOp() if type(node.op) in OPERATORS:
            value = OPERATORS[type(node.op)](evaluate(node.left, known), evaluate(node.right, known))
        case ast.Compare(ops=[comparison], comparators=[other]) if type(comparison) in OPERATORS:
            value = OPERATORS[type(comparison)](evaluate(node.left, known), evaluate(other, known))
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS and not node.keywords:
            value = FUNCTIONS[name](*(evaluate(argument, known) for argument in node.args))
        case _:
            raise UnknownError
    if value is UnknownError:
        raise UnknownError
    return value


def decided(test: ast.expr, known: Known) -> bool | ast.expr:
    """Whether a condition holds; what is left of it where the choices decide only a part."""
    if isinstance(test, ast.BoolOp):
        ends = isinstance(test.op, ast.Or)
        left: list[ast.expr] = []
        for value in test.values:
            part = decided(value, known)
            if not isinstance(part, bool):
                left.append(part)
            elif part is ends:
                return ends
        if not left:
            return not ends
        return left[0] if len(left) == 1 else ast.BoolOp(test.op, left)
    try:
        return bool(evaluate(test, known))
    except UnknownError:
        return test
