"""Which names a line of a program may change, read from its text. Nothing is run here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Stored:
    """What a line may change."""

    bound: dict[str, None] = field(default_factory=dict)
    """Names that it binds anew, in their order."""
    changed: dict[str, None] = field(default_factory=dict)
    """Names whose object it may change, and with it whatever else holds that object."""


def stored_names(source: str) -> dict[int, Stored]:
    """For each line, from 1, that may change something: what. Raises `SyntaxError`."""
    found: dict[int, Stored] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stored = Stored()
            for part in _own_parts(node):
                _collect(part, stored)
            if isinstance(node, ast.Expr):
                stored.changed |= _names(node)
            if stored.bound or stored.changed:
                for line in _lines(node):
                    entry = found.setdefault(line, Stored())
                    entry.bound |= stored.bound
                    entry.changed |= stored.changed
    return found


def _lines(node: ast.stmt) -> range:
    """Those of the statement itself, without its body."""
    body = getattr(node, "body", None)
    last = node.end_lineno or node.lineno
    if isinstance(body, list) and body:
        last = max(node.lineno, body[0].lineno - 1)
    return range(node.lineno, last + 1)


def _own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    """The statement without the statements that it holds."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield child
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.Delete)):
        yield node


def _collect(part: ast.AST, stored: Stored) -> None:
    if isinstance(part, ast.stmt):
        targets = part.targets if isinstance(part, (ast.Assign, ast.Delete)) else [part.target]  # type: ignore[attr-defined]
        for target in targets:
            _target(target, stored, in_place=isinstance(part, ast.AugAssign))
        return
    for node in ast.walk(part):
        if isinstance(node, ast.NamedExpr):
            _target(node.target, stored, in_place=False)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            _target(node.optional_vars, stored, in_place=False)
        elif isinstance(node, ast.keyword) and node.arg == "out":
            stored.changed |= _names(node.value)


def _target(target: ast.expr, stored: Stored, in_place: bool) -> None:
    if isinstance(target, (ast.Tuple, ast.List)):
        for one in target.elts:
            _target(one, stored, in_place)
    elif isinstance(target, ast.Starred):
        _target(target.value, stored, in_place)
    elif isinstance(target, ast.Name):
        (stored.changed if in_place else stored.bound)[target.id] = None
    else:
        root: ast.expr = target
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred)):
            root = root.value
        stored.changed |= _names(root)


def _names(node: ast.AST) -> dict[str, None]:
    return {one.id: None for one in ast.walk(node) if isinstance(one, ast.Name)}
