"""A network's own source for one experiment: the branches not taken left out, its numbers put in, its methods written
where they are called, loops over a few layers unrolled by name. `fold.py` then removes names that nobody needs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any

from engine.experiment import (
    batch_rules,
    choices,
    clipping,
    loss_epsilon,
    optimizers,
    schedules,
    settings,
    update_rules,
)
from engine.networks.programs.evaluate import UnknownError, decided, evaluate
from engine.networks.programs.source import Source, comments_of, copied, rebuilt, with_comments, with_source

CHOICES = {
    name: kind
    for module in (batch_rules, choices, clipping, loss_epsilon, optimizers, schedules, settings, update_rules)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Enum)
}
"""What the conditions of a network's source name."""

ZERO_UNLESS_GIVEN = {"momentum", "dampening", "nesterov", "weight_decay", "initial_accumulator_value"}
"""Numbers of `torch.optim` that need not be written where they are 0."""

Names = Mapping[str, ast.expr]
"""What stands for a name of a method where it is called."""


@dataclass(frozen=True)
class Scope:
    """Where a statement stands: what is known there, and what its names stand for."""

    known: Mapping[str, Any]
    names: Names


Written = tuple[list[ast.stmt], Scope, ast.expr | None]
"""Statements, what is known after them, and the value that is returned, if one is."""


class Specializer:
    """Writes the statements of a method for one network, which `known` describes as its `self`.

    `by_layer` names what is kept by layer; if `unrolled`, W[1] is written W1.
    """

    def __init__(self, source: Source, known: Any, by_layer: Sequence[str] = (), unrolled: bool = False) -> None:
        self._methods = source.methods
        self._known = {"self": known} | CHOICES
        self._by_layer = frozenset(by_layer)
        self._unrolled = unrolled

    def method(self, method: str, result: str | None = None, **names: str) -> list[ast.stmt]:
        """Its statements, with these names for its parameters, and `result` for what it returns if that is wanted."""
        scope = Scope(dict(self._known), {name: ast.Name(one) for name, one in names.items()})
        body, returned = self._block(self._methods[method].body, scope)
        if result is not None and returned is not None:
            body.append(ast.Assign([ast.Name(result)], returned, lineno=0))
        return body

    def _block(self, statements: Sequence[ast.stmt], scope: Scope) -> tuple[list[ast.stmt], ast.expr | None]:
        """What is left of them, and the value that is returned, if one is."""
        written, _, returned = self._sequence(statements, scope)
        return written, returned

    def _sequence(self, statements: Sequence[ast.stmt], scope: Scope) -> Written:
        written: list[ast.stmt] = []
        for statement in statements:
            found, scope, returned = self._statement(statement, scope)
            if found:
                with_comments(found[0], [*comments_of(statement), *comments_of(found[0])])
            written += found
            if returned is not None:
                return written, scope, returned
        return written, scope, None

    def _statement(self, statement: ast.stmt, scope: Scope) -> Written:
        match statement:
            case ast.If():
                return self._if(statement, scope)
            case ast.Return(value=ast.expr() as value):
                return self._returned(value, scope)
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                found, scope, returned = self._assign(target, value, scope)
                return [with_source(found[0], statement)] if len(found) == 1 else found, scope, returned
        return self._without_names(statement, scope), scope, None

    def _without_names(self, statement: ast.stmt, scope: Scope) -> list[ast.stmt]:
        """A statement after which no more is known than before."""
        match statement:
            case ast.Expr(value=ast.Constant()):
                return []
            case ast.For():
                return self._for(statement, scope)
            case ast.With():
                body, _ = self._block(statement.body, scope)
                items = [ast.withitem(self._expression(item.context_expr, scope)) for item in statement.items]
                return [ast.With(items, body, lineno=0)] if body else []
            case ast.Expr(value=ast.Call() as call) if self._called(call) is not None:
                return self._inlined(call, None, scope)
            case ast.AugAssign():
                target, value = (self._expression(one, scope) for one in (statement.target, statement.value))
                assert isinstance(target, (ast.Name, ast.Subscript, ast.Attribute))
                return [with_source(ast.AugAssign(target, statement.op, value, lineno=0), statement)]
            case ast.Expr():
                return [with_source(ast.Expr(self._expression(statement.value, scope)), statement)]
        raise NotImplementedError(ast.unparse(statement))

    def _returned(self, value: ast.expr, scope: Scope) -> Written:
        if isinstance(value, ast.Call) and self._called(value) is not None:
            body, returned = self._block_of(value, scope)
            return body, scope, returned
        return [], scope, self._expression(value, scope)

    def _if(self, statement: ast.If, scope: Scope) -> Written:
        test = decided(statement.test, scope.known)
        if not isinstance(test, bool):
            body, _ = self._block(statement.body, scope)
            other, _ = self._block(statement.orelse, scope)
            return [ast.If(self._expression(test, scope), body, other)], scope, None
        return self._sequence(statement.body if test else statement.orelse, scope)

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> Written:
        if isinstance(value, ast.Call) and self._called(value) is not None:
            return self._inlined(value, self._expression(target, scope), scope), scope, None
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
            if all(self._known_value(one, scope) is not None for _, one in pairs):
                for name, one in pairs:
                    scope = self._bound(name, self._known_value(one, scope), scope)
                return [], scope, None
        known = self._known_value(value, scope)
        if known is not None and isinstance(target, ast.Name):
            return [], self._bound(target, known, scope), None
        return list(self._kept_by_layer(target, value, scope)), scope, None

    def _kept_by_layer(self, target: ast.expr, value: ast.expr, scope: Scope) -> Iterator[ast.stmt]:
        """An assignment; of each layer's own name where a mapping of layers is unrolled."""
        written = self._expression(value, scope)
        if self._unrolled and isinstance(target, ast.Name) and target.id in self._by_layer:
            assert isinstance(written, ast.Dict)
            for layer, one in zip(written.keys, written.values, strict=True):
                assert isinstance(layer, ast.Constant)
                yield ast.Assign([ast.Name(f"{target.id}{layer.value!r}")], one, lineno=0)
        else:
            yield ast.Assign([self._expression(target, scope)], written, lineno=0)

    def _known_value(self, value: ast.expr, scope: Scope) -> Any:
        """None where nothing is known; a number that is written as such stays a statement."""
        if isinstance(value, ast.Constant):
            return None
        try:
            return evaluate(value, scope.known)
        except UnknownError:
            return None

    def _bound(self, name: ast.expr, value: Any, scope: Scope) -> Scope:
        assert isinstance(name, ast.Name)
        return Scope({**scope.known, name.id: value}, scope.names)

    def _for(self, statement: ast.For, scope: Scope) -> list[ast.stmt]:
        try:
            layers = list(evaluate(statement.iter, scope.known))
        except UnknownError:
            body, _ = self._block(statement.body, scope)
            loop = ast.For(statement.target, self._expression(statement.iter, scope), body, [], lineno=0)
            return [loop] if body else []
        assert isinstance(statement.target, ast.Name)
        name = statement.target.id
        if self._unrolled:
            bodies = [self._block(statement.body, self._at(name, layer, scope))[0] for layer in layers]
            for body in bodies[1:]:
                for one in (inner for outer in body for inner in ast.walk(outer)):
                    with_comments(one, [])
            return [one for body in bodies for one in body]
        return self._grouped(statement, layers, scope)

    def _at(self, name: str, layer: int, scope: Scope, symbolic: bool = False) -> Scope:
        """Inside a loop at this layer; `symbolic` where the layer's name is still written."""
        written: ast.expr = ast.Name(name) if symbolic else ast.Constant(layer)
        return Scope({**scope.known, name: layer}, {**scope.names, name: written})

    def _grouped(self, statement: ast.For, layers: list[int], scope: Scope) -> list[ast.stmt]:
        """A loop over each range of layers whose statements are alike; a layer that has none like it stands alone."""
        assert isinstance(statement.target, ast.Name)
        name = statement.target.id

        def text(layer: int) -> str:
            body, _ = self._block(statement.body, self._at(name, layer, scope, symbolic=True))
            return "\n".join(map(ast.unparse, body))

        written: list[ast.stmt] = []
        for _, group in groupby(layers, text):
            alike = list(group)
            if len(alike) == 1:
                written += self._block(statement.body, self._at(name, alike[0], scope))[0]
                continue
            body, _ = self._block(statement.body, self._at(name, alike[0], scope, symbolic=True))
            low, high = min(alike), max(alike) + 1
            layers_text = f"range({low}, {high})"
            loop = f"reversed({layers_text})" if alike[0] > alike[1] else layers_text
            iterable = ast.parse(loop, mode="eval").body
            written += [ast.For(ast.Name(name), iterable, body, [], lineno=0)] if body else []
        return written

    def _called(self, call: ast.Call) -> ast.FunctionDef | None:
        match call.func:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self._methods.get(name)
        return None

    def _inlined(self, call: ast.Call, target: ast.expr | None, scope: Scope) -> list[ast.stmt]:
        """A method written where it is called; what it returns goes to `target`."""
        body, returned = self._block_of(call, scope, target)
        if target is None or returned is None:
            return body
        pairs = [(target, returned)]
        if isinstance(target, ast.Tuple) and isinstance(returned, ast.Tuple):
            pairs = list(zip(target.elts, returned.elts, strict=True))
        differ = [(one, value) for one, value in pairs if ast.unparse(one) != ast.unparse(value)]
        return body + [ast.Assign([one], value, lineno=0) for one, value in differ]

    def _block_of(
        self, call: ast.Call, scope: Scope, target: ast.expr | None = None
    ) -> tuple[list[ast.stmt], ast.expr | None]:
        """A method's statements where it is called, and what it returns there."""
        method = self._called(call)
        assert method is not None
        parameters = [argument.arg for argument in method.args.args[1:]]
        known = dict(self._known)
        names: dict[str, ast.expr] = {}
        for parameter, argument in zip(parameters, call.args, strict=True):
            names[parameter] = self._expression(argument, scope)
            value = self._known_value(argument, scope)
            if value is not None:
                known[parameter] = value
        return self._block(method.body, Scope(known, names | _returned_names(method, target)))

    def _expression(self, node: ast.expr, scope: Scope) -> ast.expr:
        written = _Writer(scope, self._by_layer if self._unrolled else frozenset()).written(node)
        assert isinstance(written, ast.expr)
        return written


def _returned_names(method: ast.FunctionDef, target: ast.expr | None) -> dict[str, ast.expr]:
    """Its own variables that are returned go by the names they are given to."""
    last = method.body[-1]
    if not isinstance(target, ast.Tuple) or not isinstance(last, ast.Return) or not isinstance(last.value, ast.Tuple):
        return {}
    pairs = zip(last.value.elts, target.elts, strict=True)
    return {own.id: given for own, given in pairs if isinstance(own, ast.Name) and isinstance(given, ast.Name)}


class _Writer:
    """An expression with names replaced, numbers put in, and `self.` left out."""

    def __init__(self, scope: Scope, unrolled: frozenset[str]) -> None:
        self._scope = scope
        self._unrolled = unrolled

    def written(self, node: Any) -> Any:
        """An expression, or a part of one, anew."""
        match node:
            case ast.Name() if node.id in self._scope.names:
                return copied(self._scope.names[node.id])
            case ast.Name():
                return self._number(node) or ast.Name(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._number(node) or self._subscript(node)
            case ast.Call():
                return self._call(node)
        return rebuilt(node, self.written)

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        """A number that is known, or the name without `self`."""
        own = isinstance(node.value, ast.Name) and node.value.id == "self"
        return self._number(node) or (ast.Name(node.attr) if own else rebuilt(node, self.written))

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        """Of a layer: its own name where layers are unrolled."""
        again: ast.Subscript = rebuilt(node, self.written)
        again.slice = _folded(again.slice)
        if isinstance(again.value, ast.Name) and again.value.id in self._unrolled:
            assert isinstance(again.slice, ast.Constant), ast.unparse(again)
            return ast.Name(f"{again.value.id}{again.slice.value!r}")
        return again

    def _call(self, node: ast.Call) -> ast.expr:
        """Without the numbers of an optimizer that are zero, as they are if they are not given."""
        again: ast.Call = rebuilt(node, self.written)
        if ast.unparse(again.func).startswith("torch.optim."):
            again.keywords = [
                one for one in again.keywords if not (one.arg in ZERO_UNLESS_GIVEN and _is_zero(one.value))
            ]
        return again

    def _number(self, node: ast.Name | ast.Attribute | ast.Subscript) -> ast.Constant | None:
        """Where it is known and can be written."""
        try:
            value = evaluate(node, self._scope.known)
        except UnknownError:
            return None
        return ast.Constant(value) if isinstance(value, (int, float, str)) else None


def _is_zero(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value == 0


def _folded(index: ast.expr) -> ast.expr:
    try:
        return ast.Constant(evaluate(index, {}))
    except UnknownError:
        return index
