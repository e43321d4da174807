"""Values that a program's text gives no name: `X @ w` within `X.T @ (X @ w - y)`, the difference itself, and
`np.tanh(X @ W)` where ones are put beside it.

They are handed to a function on their way; what the program does stays the same.
"""

from __future__ import annotations

import ast

SEEN = "__mlp_tui_seen__"
"""The function that is handed a value and what it is called, and gives the value back."""

PRODUCTS = ("dot", "matmul", "einsum")

JOINS = ("vstack", "hstack", "stack", "column_stack", "concatenate", "append", "insert", "c_", "r_")
"""What puts arrays beside one another."""

LONGEST = 60
"""Of what such a value is called."""


def with_unnamed_values(source: str, file: str) -> ast.Module:
    """The program with each such value handed over. Raises `SyntaxError`, which names the file."""
    tree = ast.parse(source, file)
    changed: ast.Module = ast.fix_missing_locations(_Naming(_named(tree)).visit(tree))
    return changed


def _named(tree: ast.AST) -> set[int]:
    """The expressions that get a name as they are, or are given back by a function."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return, ast.NamedExpr)) and node.value is not None
    }


class _Naming(ast.NodeTransformer):
    def __init__(self, named: set[int]) -> None:
        self.named = named

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        is_named = id(node) in self.named
        name = ast.unparse(node)[:LONGEST]
        texts = ast.unparse(node.left)[:LONGEST], ast.unparse(node.right)[:LONGEST]
        products = _has_product(node.left), _has_product(node.right)
        self.generic_visit(node)
        if not isinstance(node.op, ast.Sub) or isinstance(node.left, ast.Constant):
            return node
        if products[0]:
            node.left = _handed(node.left, texts[0])
        if products[1]:
            node.right = _handed(node.right, texts[1])
        return node if is_named or isinstance(node.right, ast.Constant) else _handed(node, name)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        joins = isinstance(node.func, ast.Attribute) and node.func.attr in JOINS and not _is_of_a_list(node)
        node.args = [_each_handed(one) for one in node.args] if joins else node.args
        self.generic_visit(node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Attribute) and node.value.attr in JOINS:
            node.slice = _each_handed(node.slice)
        self.generic_visit(node)
        return node


def _is_of_a_list(call: ast.Call) -> bool:
    """Whether it puts one thing behind others: a list's own `append`."""
    return len(call.args) == 1 and not isinstance(call.args[0], (ast.Tuple, ast.List))


def _each_handed(node: ast.expr) -> ast.expr:
    """The expression, or each one of a tuple or list, that has a product in it or is what a function gives back."""
    if isinstance(node, (ast.Tuple, ast.List)):
        node.elts = [_each_handed(one) for one in node.elts]
        return node
    is_made = _has_product(node) or (isinstance(node, ast.Call) and bool(node.args))
    return _handed(node, ast.unparse(node)[:LONGEST]) if is_made else node


def _has_product(node: ast.expr) -> bool:
    return any(
        (isinstance(one, ast.BinOp) and isinstance(one.op, ast.MatMult))
        or (isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in PRODUCTS)
        for one in ast.walk(node)
    )


def _handed(node: ast.expr, name: str) -> ast.expr:
    call = ast.Call(ast.Name(SEEN, ast.Load()), [node, ast.Constant(name)], [])
    return ast.copy_location(call, node)
