"""Statements as lines of a program: with their comments, laid out as in the source where they are unchanged."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import copy
from functools import cache

from engine.networks.programs.source import comments_of, copied, source_text

WIDEST = 100
"""Characters of a line; a longer call has a line for each argument."""


SIMPLE_POWER = re.compile(r"(?<![\w)\].])(\d+(?:\.\d+)?|[a-z_]\w*) \*\* (\d+(?:\.\d+)?|[a-z_]\w*)(?![\w(\[.])")
"""Of a name or a number to a name or a number."""


def lines_of(body: list[ast.stmt]) -> list[str]:
    """The lines; a comment stands at the first of its places alone."""
    found: list[str] = []
    seen: set[str] = set()
    for line in _lines(body, 0):
        if line.lstrip().startswith("#"):
            if line.strip() in seen:
                continue
            seen.add(line.strip())
        found.append(line)
    return found


def _lines(body: list[ast.stmt], indent: int) -> Iterator[str]:
    margin = "    " * indent
    for statement in body:
        yield from (f"{margin}{comment}" for comment in comments_of(statement))
        if isinstance(statement, (ast.For, ast.With, ast.If)):
            yield f"{margin}{text_of(_headed(statement)).split(chr(10))[0]}"
            yield from _lines(statement.body, indent + 1)
            if isinstance(statement, ast.If) and statement.orelse:
                yield f"{margin}else:"
                yield from _lines(statement.orelse, indent + 1)
        else:
            lines = (source_text(statement) or _wrapped(statement, WIDEST - len(margin))).split("\n")
            yield from (f"{margin}{line}" for line in lines)


def text_of(node: ast.AST) -> str:
    """As black writes it, but on one line."""
    text = re.sub(r"'([^'\"]*)'", r'"\1"', ast.unparse(node))
    text = SIMPLE_POWER.sub(r"\1**\2", text)
    return re.sub(r"^(\s*)(\w+), = ", r"\1(\2,) = ", text, flags=re.MULTILINE)


def _wrapped(statement: ast.stmt, width: int) -> str:
    text = text_of(statement)
    if len(text) <= width or not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return text
    call = statement.value
    arguments = [*map(text_of, call.args), *(f"{one.arg}={text_of(one.value)}" for one in call.keywords)]
    opening = f"{text_of(statement.targets[0])} = {text_of(call.func)}("
    return "\n".join([opening, *(f"    {argument}," for argument in arguments), ")"])


def _headed(statement: ast.For | ast.With | ast.If) -> ast.stmt:
    """The statement with an empty body."""
    headed = copy(statement)
    headed.body = [ast.Pass()]
    if not isinstance(headed, ast.With):
        headed.orelse = []
    return headed


class _WithoutTypes(ast.NodeTransformer):
    """As a person writes it: no types, no docstrings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        self._without_docstring(node)
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self._without_docstring(node)
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        assert node.value is not None
        return ast.Assign([node.target], node.value, lineno=node.lineno)

    def _without_docstring(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        if ast.get_docstring(node):
            del node.body[0]


@cache
def plain_class(node: ast.ClassDef) -> str:
    """A class as a program has it."""
    return re.sub(r":\n\n", ":\n", text_of(_WithoutTypes().visit(copied(node))))


@cache
def plain_function(node: ast.FunctionDef) -> str:
    """A function as a program has it."""
    return text_of(_WithoutTypes().visit(copied(node)))
