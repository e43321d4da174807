"""Which recorded array is what: the inputs, the targets, the weights and biases of each layer, by name and shape.

Values are not looked at. Reading a file is `recording_archives.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import DataError
from engine.shown_text import shown

INPUTS = (
    "x",
    "X",
    "inputs",
    "input",
    "x_batch",
    "X_batch",
    "batch_x",
    "xb",
    "Xb",
    "x_train",
    "X_train",
    "data",
    "a0",
    "A0",
)
TARGETS = (
    "y",
    "Y",
    "targets",
    "target",
    "labels",
    "label",
    "t",
    "T",
    "d",
    "y_batch",
    "Y_batch",
    "batch_y",
    "yb",
    "Yb",
    "y_train",
    "Y_train",
    "y_true",
    "Y_true",
    "expected",
    "outputs",
)
"""What people call them, in the order in which they are looked for."""

WEIGHT = re.compile(r"w|theta|kernel|syn", re.IGNORECASE)
BIAS = re.compile(r"b\d*$|b_|_b|bias|\['b", re.IGNORECASE)

MOST_LAYERS = 12

Shape = tuple[int, ...]


@dataclass(frozen=True)
class FoundLayer:
    """A layer's arrays by their names, and how they are laid out; see `LayerNames`."""

    weight: str
    transposed: bool
    ones: bool
    bias: str | None = None


@dataclass(frozen=True)
class Found:
    """Who is who in a recording."""

    inputs: str
    targets: str
    columns: bool
    """Whether samples are columns of the inputs."""
    layers: tuple[FoundLayer, ...]


def find_names(where: str, shapes: Mapping[str, Sequence[Shape]], names: Mapping[str, str]) -> Found:
    """Who is who among arrays of these shapes, one shape for each entry; `names` gives a role (x, y, W1, b1, …) its
    array. Raises `DataError`, which says what `--names` should say.
    """
    for role, name in names.items():
        if name not in shapes:
            raise DataError(f"{where}: there is no '{shown(name)}' for {shown(role)}; it holds {_held(shapes)}.")
    inputs = _named(where, "x", INPUTS, shapes, names)
    targets = _named(where, "y", TARGETS, shapes, names)
    first = {name: one[0] for name, one in shapes.items() if name not in (inputs, targets)}
    for candidates in _weight_lists(first, names):
        for columns, width in _readings(shapes[inputs]):
            for outputs in _output_widths(shapes[targets][0]):
                layers = _chain(candidates, first, width, outputs)
                if layers:
                    return Found(inputs, targets, columns, _with_biases(layers, first, names))
    raise DataError(
        f"{where}: no weights lead from the inputs {inputs} {_written(shapes[inputs][0])} to the targets {targets} "
        f"{_written(shapes[targets][0])}; it holds {_held(shapes)}; say what is what with --names "
        "x=NAME,y=NAME,W1=NAME,b1=NAME and so on."
    )


def _named(where: str, role: str, usual: Sequence[str], shapes: Mapping[str, object], names: Mapping[str, str]) -> str:
    if role in names:
        return names[role]
    found = next((name for name in usual if name in shapes and name not in names.values()), None)
    if found is None:
        what = "inputs" if role == "x" else "targets"
        raise DataError(
            f"{where}: which array holds the {what} is not clear among {', '.join(map(shown, shapes))}; "
            f"give --names {role}=NAME."
        )
    return found


def _weight_lists(shapes: Mapping[str, Shape], names: Mapping[str, str]) -> Iterator[list[str]]:
    """What may be the weights, first to last: as told, as named, or whatever is a matrix."""
    if told := [names[role] for role in sorted(names, key=_natural) if re.fullmatch(r"[wW]\d*", role)]:
        yield told
        return
    biases = {name for role, name in names.items() if re.fullmatch(r"[bB]\d*", role)}
    matrices = [name for name, shape in shapes.items() if len(shape) in (1, 2) and name not in biases]
    by_name = [name for name in matrices if WEIGHT.search(name) and not BIAS.search(name)]
    plain = [name for name in by_name if re.match(r"(?i)w|theta|syn|.*[\].]w|.*weight", name)]
    wide = [name for name in matrices if len(shapes[name]) == 2 and not BIAS.search(name)]
    tall = [name for name in wide if min(shapes[name]) > 1]
    for group in (plain, by_name, wide, tall):
        one = [name for name in group if len(shapes[name]) == 2] or group
        if one and len(one) <= MOST_LAYERS:
            yield one
            yield sorted(one, key=_natural)
            yield one[::-1]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _readings(shapes: Sequence[Shape]) -> list[tuple[bool, int]]:
    """Whether samples are columns, and how many inputs each then has; the likelier first."""
    shape = shapes[0]
    if len(shape) == 1:
        return [(False, shape[0]), (False, 1)]
    if len(shape) != 2:
        return [(False, 1)] if not shape else []
    rows, columns = (False, shape[1]), (True, shape[0])
    if len(set(shapes)) > 1:  # the axis that varies is the samples'
        return [columns] if len({one[0] for one in shapes}) == 1 else [rows]
    return [rows, columns]


def _output_widths(shape: Shape) -> list[int | None]:
    """How many outputs targets of that shape may mean; none where they are class numbers."""
    if len(shape) == 2:
        return [shape[1], shape[0], None]
    return [1, shape[0], None] if shape else [1, None]


def _chain(names: Sequence[str], shapes: Mapping[str, Shape], width: int, outputs: int | None) -> list[FoundLayer]:
    """The layers that lead from so many inputs to so many outputs through all those weights; none if none do. One
    orientation for all is preferred, and weights without a row for ones.
    """
    for ones in (False, True):
        for orientations in ((False,), (True,), (False, True)):
            found = _followed(names, shapes, width, outputs, orientations, ones)
            if found:
                return found
    return []


def _followed(
    names: Sequence[str],
    shapes: Mapping[str, Shape],
    width: int,
    outputs: int | None,
    orientations: Sequence[bool],
    ones: bool,
) -> list[FoundLayer]:
    name, rest = names[0], names[1:]
    shape = shapes[name] if len(shapes[name]) == 2 else (*shapes[name], 1)
    for transposed in orientations:
        fan_in, fan_out = shape[::-1] if transposed else shape
        for extra in (0, 1) if ones else (0,):
            if fan_in != width + extra:
                continue
            layer = FoundLayer(name, transposed, bool(extra))
            if not rest:
                if outputs in (None, fan_out):
                    return [layer]
            elif deeper := _followed(rest, shapes, fan_out, outputs, orientations, ones):
                return [layer, *deeper]
    return []


def _with_biases(
    layers: Sequence[FoundLayer], shapes: Mapping[str, Shape], names: Mapping[str, str]
) -> tuple[FoundLayer, ...]:
    """Each layer with the bias that is named like its weight, or the first that is left and fits."""
    weights = {layer.weight for layer in layers}
    left = [name for name, shape in shapes.items() if name not in weights and _is_vector(shape)]
    told = any(re.fullmatch(r"[bB]\d*", role) for role in names)
    found = []
    for number, layer in enumerate(layers, 1):
        if layer.ones:
            found.append(layer)
            continue
        size = fan_out(layer, shapes)
        fitting = [name for name in left if _count(shapes[name]) == size]
        if told:
            bias = next((names[role] for role in (f"b{number}", f"B{number}", "b", "B") if role in names), None)
        else:
            alike = [name for name in fitting if name in bias_names(layer.weight)]
            usual = [name for name in fitting if BIAS.search(name)]
            bias = next(iter(alike + usual), None)
        if bias is not None and bias in left:
            left.remove(bias)
        found.append(FoundLayer(layer.weight, layer.transposed, layer.ones, bias))
    return tuple(found)


def bias_names(weight: str) -> set[str]:
    """What the bias that goes with a weight of that name is called: W1 and b1, weights[0] and biases[0]."""
    pairs: tuple[tuple[str, str], ...] = (
        ("weights", "biases"),
        ("weights", "bias"),
        ("weight", "bias"),
        ("Weights", "Biases"),
        ("Weight", "Bias"),
    )
    pairs += (("W", "b"), ("w", "b"), ("W", "B"), ("syn", "bias"))
    return {weight.replace(old, new) for old, new in pairs if old in weight}


def fan_out(layer: FoundLayer, shapes: Mapping[str, Shape]) -> int:
    """How many outputs a layer has."""
    shape = shapes[layer.weight]
    return 1 if len(shape) == 1 else shape[0] if layer.transposed else shape[1]


def _is_vector(shape: Shape) -> bool:
    return len(shape) <= 1 or (len(shape) == 2 and min(shape) == 1)


def _count(shape: Shape) -> int:
    return max(shape, default=1)


def _held(shapes: Mapping[str, Sequence[Shape]]) -> str:
    return shown(", ".join(f"{name} {_written(one[0])}" for name, one in shapes.items()))


def _written(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})" if shape else "(a number)"
