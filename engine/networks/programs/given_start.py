"""How programs come to weights and sample orders that are given: in their text where they are few, else from an archive
beside them. A test holds the programs to the engine's bits.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from engine.experiment.batch_rules import SampleOrder
from engine.experiment.choices import InitialWeights, SideName
from engine.experiment.given import Given
from engine.experiment.per_layer import of_layers, values_of
from engine.experiment.settings import Settings
from engine.networks.programs.base import INLINE_VALUES, Writer, add_array, plain_name
from engine.types import FloatArray

GIVEN_IN_PYTORCH = '''\
def given(name, *shape, dtype=torch.float64):
    """An array of the archive: its header says in two bytes how long it is; after it stand the numbers, row by row."""
    with ZipFile(Path(__file__).with_name("{file}")) as archive:
        array = bytearray(archive.read(f"{{name}}.npy"))
    return torch.frombuffer(array, dtype=dtype, offset=10 + int.from_bytes(array[8:10], "little")).reshape(shape)'''


def given_file_name(settings: Settings) -> str:
    """Of the file that holds what is given where it is much: W1, b1 and so on in float64, orders as int64."""
    return f"{plain_name(settings.data)}_given.npz"


def has_given_weights(settings: Settings, side: SideName) -> bool:
    """Whether some layer of the side starts from them."""
    return InitialWeights.GIVEN in values_of(settings.side(side).initial_weights)


def has_given_orders(settings: Settings, side: SideName) -> bool:
    """Whether the side's program takes the samples in them."""
    own = settings.side(side)
    return own.order is SampleOrder.GIVEN and settings.takes_batches(own)


def reads_given_file(settings: Settings, side: SideName) -> bool:
    """Whether the side's program reads the archive."""
    return _given(settings).numbers > INLINE_VALUES and (
        has_given_weights(settings, side) or has_given_orders(settings, side)
    )


def given_files(settings: Settings) -> dict[str, bytes]:
    """The archive by its name, where a program reads it."""
    if not any(reads_given_file(settings, side) for side in SideName):
        return {}
    file = io.BytesIO()
    np.savez(file, **given_arrays(_given(settings)))  # type: ignore[arg-type]
    return {given_file_name(settings): file.getvalue()}


def given_arrays(given: Given) -> dict[str, FloatArray | NDArray[np.int64]]:
    """What is given, by the names that it has in an archive."""
    arrays: dict[str, FloatArray | NDArray[np.int64]] = {}
    for i, layer in enumerate(given.layers, start=1):
        arrays[f"W{i}"] = layer.weight
        if layer.bias is not None:
            arrays[f"b{i}"] = layer.bias
    if given.orders is not None:
        arrays["orders"] = given.orders
    return arrays


def add_given_orders(writer: Writer, settings: Settings, side: SideName) -> None:
    """The orders, for `next` to take one of."""
    if not has_given_orders(settings, side):
        return
    orders = _given(settings).orders
    assert orders is not None
    if reads_given_file(settings, side):
        epochs, samples = orders.shape
        of_torch = f'given("orders", {epochs}, {samples}, dtype=torch.int64)'
        read = 'given["orders"]' if side is SideName.NUMPY else of_torch
        writer.add(f"orders = cycle({read})")
    else:
        add_array(writer, "orders = cycle(", orders.tolist(), ")")


def numpy_start(settings: Settings, layer: int, W: str, b: str, cast: str) -> list[str]:
    """The lines that make a layer's start by hand, from 1."""
    given = _given(settings).layers[layer - 1]
    archived = reads_given_file(settings, SideName.NUMPY)
    lines = [f'{W} = given["W{layer}"]{cast}'] if archived else _inline(f"{W} = np.array(", given.weight, ", dtype)")
    if not of_layers(settings.numpy.bias, len(settings.activations))[layer - 1]:
        return lines
    if given.bias is None:
        return [*lines, f"{b} = np.zeros({given.weight.shape[1]}, dtype)"]
    if archived:
        return [*lines, f'{b} = given["b{layer}"]{cast}']
    return [*lines, *_inline(f"{b} = np.array(", given.bias, ", dtype)")]


def pytorch_start(settings: Settings, layer: int) -> list[str]:
    """The lines that copy a layer's start into the model, from 1."""
    given, archived = _given(settings).layers[layer - 1], reads_given_file(settings, SideName.PYTORCH)
    weight, bias = (f"model[{2 * (layer - 1)}].{name}" for name in ("weight", "bias"))
    fan_in, fan_out = given.weight.shape
    if archived:
        lines = [f'{weight}.copy_(given("W{layer}", {fan_in}, {fan_out}).T)']
    else:
        lines = _inline(f"{weight}.copy_(torch.tensor(", given.weight, ", dtype=torch.float64).T)")
    if not of_layers(settings.pytorch.bias, len(settings.activations))[layer - 1]:
        return lines
    if given.bias is None:
        return [*lines, f"{bias}.zero_()"]
    if archived:
        return [*lines, f'{bias}.copy_(given("b{layer}", {fan_out}))']
    return [*lines, *_inline(f"{bias}.copy_(torch.tensor(", given.bias, ", dtype=torch.float64))")]


def _given(settings: Settings) -> Given:
    return settings.given or Given()


def _inline(opening: str, array: FloatArray, closing: str) -> list[str]:
    """An array between `opening` and `closing`, a vector on one line."""
    writer = Writer()
    if array.ndim == 1:
        writer.add(f"{opening}{array.tolist()}{closing}")
    else:
        add_array(writer, opening, array.tolist(), closing)
    return writer.lines
