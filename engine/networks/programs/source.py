"""A network's source as a syntax tree with its comments. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import Any


@dataclass(frozen=True)
class Source:
    """The functions of a module, and the methods of its network."""

    functions: dict[str, ast.FunctionDef]
    methods: dict[str, ast.FunctionDef]
    classes: dict[str, ast.ClassDef]


def comments_of(node: ast.AST) -> list[str]:
    """The comment lines that stand before a statement."""
    found: list[str] = getattr(node, "comments", [])
    return found


def with_comments(node: Any, comments: list[str]) -> Any:
    """The statement itself, with these before it."""
    node.comments = comments
    return node


def copied(node: Any) -> Any:
    """A syntax tree again, without what is kept beside it; `deepcopy` takes several times as long."""
    return rebuilt(node, copied)


def rebuilt(node: Any, each: Callable[[Any], Any]) -> Any:
    """A node, or a list of nodes, with what `each` makes of what it consists of."""
    if isinstance(node, list):
        return [each(one) for one in node]
    if not isinstance(node, ast.AST) or not node._fields:  # an operator or a context can be shared
        return node
    parts = {}
    for name in node._fields:
        part = getattr(node, name, None)
        parts[name] = each(part) if isinstance(part, (ast.AST, list)) else part
    again = type(node)(**parts)
    if isinstance(node, ast.stmt):
        again.lineno = getattr(node, "lineno", 0)  # type: ignore[attr-defined]
    return again


def source_text(node: ast.stmt) -> str | None:
    """A statement as it stands in the source, if it is unchanged."""
    found: str | None = getattr(node, "source_text", None)
    return found


def _as_it_stands(original: ast.stmt) -> str:
    """A statement of the source, which many programs have, as Python writes it."""
    found: str | None = getattr(original, "unparsed", None)
    if found is None:
        found = ast.unparse(original)
        original.unparsed = found  # type: ignore[attr-defined]
    return found


def with_source(node: ast.stmt, original: ast.stmt) -> ast.stmt:
    """A statement written anew, with the original's layout if it says the same."""
    if ast.unparse(node) == _as_it_stands(original):
        node.source_text = source_text(original)  # type: ignore[attr-defined]
    return node


@cache
def source_of(module: str, network: str | None = None) -> Source:
    """Of a module that need not be imported for it; `network` is the class whose methods count, if there is one."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    tree = ast.parse(text)
    _attach_comments(tree, text)
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return Source(_functions(tree.body), {} if network is None else _functions(classes[network].body), classes)


def joined(*sources: Source) -> Source:
    """A network's whose parts are in several modules, the base classes first."""
    functions: dict[str, ast.FunctionDef] = {}
    methods: dict[str, ast.FunctionDef] = {}
    classes: dict[str, ast.ClassDef] = {}
    for one in sources:
        functions |= one.functions
        methods |= one.methods
        classes |= one.classes
    return Source(functions, methods, classes)


def _functions(body: list[ast.stmt]) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def _attach_comments(tree: ast.Module, text: str) -> None:
    """Each comment of a line of its own belongs to the statement on the line below it."""
    lines = text.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            first = node.lineno - 1
            # No string of several lines ends in a line that looks like a comment.
            while lines[first - 1].lstrip().startswith("#"):
                first -= 1
            with_comments(node, [line.strip() for line in lines[first : node.lineno - 1]])
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
                node.source_text = _segment(lines, node)  # type: ignore[union-attr]


def _segment(lines: list[str], node: ast.stmt) -> str:
    """The statement's text, without its indentation; `ast.get_source_segment` splits the whole source for each."""
    found = lines[node.lineno - 1 : node.end_lineno]
    found[-1] = found[-1].encode()[: node.end_col_offset].decode()
    return dedent("\n".join(found))
