"""A program's statements without the names that nobody needs: what is used once stands where it is used."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from engine.networks.programs.source import comments_of, copied, rebuilt, with_comments

LONGEST = 96
"""Characters of a line, indented, that a name is still written into."""

Block = (ast.For, ast.With, ast.If)


def fold(
    body: list[ast.stmt], may_go: Callable[[str], bool], may_be_unused: Callable[[str], bool] = lambda name: False
) -> list[ast.stmt]:
    """The statements without those assigned names, or elements such as z[i], that `may_go`, where they are used once,
    are another name for something, or are not used at all; and without those that `may_be_unused`, where they are not.
    """
    for statement in [one for one in body if _is_unused(one, body, may_be_unused)]:
        _remove(body, body.index(statement))
    while _fold_once(body, body, may_go):
        pass
    return body


def _is_unused(statement: ast.stmt, body: list[ast.stmt], may_be_unused: Callable[[str], bool]) -> bool:
    """Whether it sets a name that nothing after it reads before it is set again."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    if not may_be_unused(name):
        return False
    for later in body[body.index(statement) + 1 :]:
        if _count(later, name):
            return False
        if name in _targets(later):
            break
    return True


def _fold_once(body: list[ast.stmt], whole: list[ast.stmt], may_go: Callable[[str], bool]) -> bool:
    """One pass over the statements; whether anything went."""
    gone = False
    index = 0
    while index < len(body):
        statement = body[index]
        if isinstance(statement, (ast.For, ast.With)):
            gone |= _fold_once(statement.body, whole, may_go)
        if not _goes(body, index, whole, may_go):
            index += 1
            continue
        _remove(body, index)
        gone = True
    return gone


def _remove(body: list[ast.stmt], index: int) -> None:
    """Take it out; its comments go to the next."""
    comments = comments_of(body[index])
    if comments and index + 1 < len(body):
        with_comments(body[index + 1], [*comments, *comments_of(body[index + 1])])
    del body[index]


def _goes(body: list[ast.stmt], index: int, whole: list[ast.stmt], may_go: Callable[[str], bool]) -> bool:
    """Whether the statement is not needed, once its value has been written where it was used."""
    statement = body[index]
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], (ast.Name, ast.Subscript)):
        return False
    target, value = key(statement.targets[0]), statement.value
    name = target.split("[")[0]
    if not may_go(name):
        return False
    users = _users(body, index, target)
    if users is None or _crosses_lists(name, _while_it_holds(body, index, target, whole)):
        return False
    uses = sum(_count(user, target) for user in users)
    if uses == 0:
        return not _is_changed(body[index + 1 :], target)
    once = uses == 1 or isinstance(value, (ast.Name, ast.Subscript))
    return once and not _is_changed(users, target) and _written_into(body, index, target, users)


def _written_into(body: list[ast.stmt], index: int, target: str, users: list[ast.stmt]) -> bool:
    """Whether the value can stand where the target does, and is put there."""
    statement = body[index]
    assert isinstance(statement, ast.Assign)
    value, last = statement.value, body.index(users[-1])
    made_of = {key(node) for node in ast.walk(value) if isinstance(node, (ast.Name, ast.Subscript))}
    if any(made_of & _targets(one) for one in body[index + 1 : last]):
        return False
    written = [_replaced(user, target, value) for user in users]
    if any(len(line) > LONGEST for one in written for line in ast.unparse(one).split("\n")):
        return False
    for user, new in zip(users, written, strict=True):
        body[body.index(user)] = with_comments(new, comments_of(user))
    return True


def key(node: ast.expr) -> str:
    """A name, or an element such as z[i]."""
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def _users(body: list[ast.stmt], index: int, target: str) -> list[ast.stmt] | None:
    """The statements after it that read the target, until it is set again; none if a block among them touches it."""
    found = []
    for statement in body[index + 1 :]:
        targets = _targets(statement)
        if isinstance(statement, Block):
            if _count(statement, target) or target in targets:
                return None
            continue
        if _count(statement, target):
            found.append(statement)
        if target in targets:
            break
    return found


def _while_it_holds(body: list[ast.stmt], index: int, target: str, whole: list[ast.stmt]) -> list[ast.stmt]:
    """The blocks in which another name for the element may be read: up to where it is set again, else all."""
    for place, statement in enumerate(body[index + 1 :], start=index + 1):
        if any(target == key(one) for one in _stored(statement)):
            return [one for one in body[index + 1 : place] if isinstance(one, Block)]
    return whole


def _count(statement: ast.stmt, target: str) -> int:
    """How often it reads the target."""
    return sum(reads[target] for reads in _reads(statement))


def _reads(statement: ast.stmt) -> Iterator[Counter[str]]:
    """How often it reads each name and element, its own blocks' statements one by one."""
    if isinstance(statement, Block):
        for part in ast.iter_child_nodes(statement):
            yield from _reads(part) if isinstance(part, ast.stmt) else (_counted(part, set()),)
        return
    # Found once: a statement that becomes another is another object.
    found: Counter[str] | None = getattr(statement, "reads", None)
    if found is None:
        found = _counted(statement, {id(one) for one in _stored(statement)})
        statement.reads = found  # type: ignore[attr-defined]
    yield found


def _counted(part: ast.AST, stored: set[int]) -> Counter[str]:
    nodes = (node for node in ast.walk(part) if isinstance(node, (ast.Name, ast.Subscript)) and id(node) not in stored)
    return Counter(map(key, nodes))


def _with_inner(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statement, and those of its blocks."""
    yield statement
    if isinstance(statement, Block):
        for inner in (*statement.body, *getattr(statement, "orelse", ())):
            yield from _with_inner(inner)


def _stored(statement: ast.stmt) -> Iterator[ast.expr]:
    """What its assignments set, without what they change in place."""
    for node in _with_inner(statement):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from target.elts if isinstance(target, ast.Tuple) else [target]
        elif isinstance(node, ast.For):
            yield node.target


def _targets(statement: ast.stmt) -> set[str]:
    """What it sets or changes."""
    if isinstance(statement, Block):
        return set().union(
            {key(one) for one in _stored(statement)},
            *map(_targets, [*statement.body, *getattr(statement, "orelse", [])]),
        )
    # As in `_reads`.
    found: set[str] | None = getattr(statement, "targets_set", None)
    if found is None:
        changed = {key(statement.target)} if isinstance(statement, ast.AugAssign) else set()
        found = changed | set(_changed_by_call(statement)) | {key(one) for one in _stored(statement)}
        statement.targets_set = found  # type: ignore[attr-defined]
    return found


def _changed_by_call(statement: ast.stmt) -> Iterator[str]:
    """What PyTorch's methods that end in '_' change in place, called one on the other."""
    node = statement.value if isinstance(statement, ast.Expr) else None
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_"):
        node = node.func.value
        if isinstance(node, (ast.Name, ast.Subscript)):
            yield key(node)


def _is_changed(statements: Iterable[ast.stmt], target: str) -> bool:
    """Whether one changes it in place."""
    return any(
        isinstance(node, ast.AugAssign) and key(node.target) == target
        for statement in statements
        for node in _with_inner(statement)
    )


def _crosses_lists(name: str, whole: list[ast.stmt]) -> bool:
    """Whether an element is read in another list of statements than the one in which it is set."""
    return any(_reads_before_setting(name, statements) for statements in _lists(whole))


def _lists(statements: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    yield statements
    for statement in statements:
        if isinstance(statement, (ast.For, ast.With)):
            yield from _lists(statement.body)


def _reads_before_setting(name: str, statements: list[ast.stmt]) -> bool:
    element, known = f"{name}[", set[str]()
    for statement in statements:
        if isinstance(statement, (ast.For, ast.With)):
            continue
        known |= _targets(statement)
        if any(one.startswith(element) and one not in known for reads in _reads(statement) for one in reads):
            return True
    return False


def _replaced(statement: ast.stmt, target: str, value: ast.expr) -> ast.stmt:
    """The statement again, with the value wherever it reads the target."""
    stored = {id(one) for one in _stored(statement)}
    kind = ast.Subscript if "[" in target else ast.Name

    def written(node: Any) -> Any:
        is_read = isinstance(node, kind) and key(node) == target and id(node) not in stored
        return copied(value) if is_read else rebuilt(node, written)

    replaced = written(statement)
    assert isinstance(replaced, ast.stmt)
    return replaced
