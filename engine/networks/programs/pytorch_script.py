"""PyTorch's side of an experiment as a program that runs alone with only torch.

Its optimizer and its training step are `torch_mlp.py`'s own source, its model is `pytorch_model.py`'s; the data and the
loop around them are written here. A test holds its losses to the engine's bits.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import lru_cache

from engine.experiment.batch_rules import Batches, EpochLoss, LastBatch, SampleOrder
from engine.experiment.choices import InitialWeights, Precision, RateIn, SideName, TargetShape
from engine.experiment.schedules import ScheduleKind
from engine.experiment.settings import Settings
from engine.experiment.side import (
    Side,
)
from engine.experiment.update_rules import UpdateOrder
from engine.networks.programs.base import (
    ARCHIVE,
    Script,
    Writer,
    add_array,
    add_scaling,
    data_file_name,
    device,
    is_standardised,
    plain_name,
)
from engine.networks.programs.epochs import (
    SCHEDULED,
    BatchText,
    Epochs,
    Log,
    RateText,
    batch_by_places,
    log_statement,
    size_lines,
)
from engine.networks.programs.fold import fold
from engine.networks.programs.given_start import (
    GIVEN_IN_PYTORCH,
    given_file_name,
    has_given_orders,
    reads_given_file,
)
from engine.networks.programs.layout import lines_of
from engine.networks.programs.pytorch_model import MAY_GO, add_model, order_of, specializer_of
from engine.networks.programs.pytorch_slips import slipped_classes
from engine.networks.programs.pytorch_start import (
    STANDARD_NORMAL,
    TRUNCATED_NORMAL,
    UNIT_UNIFORM,
    start_lines,
    starts_of,
)
from engine.networks.threads import matters, threads_of

NAME = "pytorch_mlp.py"


PERMUTATION = '''\
def permutation(count):
    """np.random.permutation(count), to the last bit: words of the same stream, those past the mark thrown away."""
    order = list(range(count))
    for i in reversed(range(1, count)):
        j = count
        while j > i:
            j = int(torch.empty((), dtype=torch.int32).random_()) & (1 << i.bit_length()) - 1
        order[i], order[j] = order[j], order[i]
    return order'''


def pytorch_script(settings: Settings) -> Script:
    """The program."""
    writer = Writer()
    sizes = "-".join(map(str, settings.layer_sizes))
    writer.add(f'"""{plain_name(settings.data)}, {sizes}: the network in PyTorch."""\n')
    _imports(writer, settings)
    _data(writer, settings)
    _functions(writer, settings)
    add_model(writer, settings)
    _training(writer, settings)
    return Script(NAME, tuple(writer.lines))


def _imports(writer: Writer, settings: Settings) -> None:
    if data_file_name(settings.data) not in (None, ARCHIVE):
        writer.add("import csv")
    is_cosine = settings.pytorch.schedule.kind is ScheduleKind.COSINE
    normal = any(start.normal for start in starts_of(settings))
    if (
        is_cosine
        or normal
        or is_standardised(settings.pytorch)
        or any("math." in line for line in start_lines(settings))
    ):
        writer.add("import math")
    if has_given_orders(settings, SideName.PYTORCH):
        writer.add("from itertools import cycle")
    reads_given = reads_given_file(settings, SideName.PYTORCH)
    if data_file_name(settings.data) or reads_given:
        writer.add("from pathlib import Path")
    if InitialWeights.TRUNCATED_NORMAL in starts_of(settings):
        writer.add("from statistics import NormalDist")
    if data_file_name(settings.data) == ARCHIVE or reads_given:
        writer.add("from zipfile import ZipFile")
    if len(writer.lines) > 2:
        writer.add()
    writer.add("import torch\nfrom torch import nn")
    if _has_loader(settings):
        writer.add("from torch.utils.data import DataLoader, TensorDataset")
    writer.add()
    if matters(settings, SideName.PYTORCH):
        writer.add(f"torch.set_num_threads({threads_of(settings)})  # another number sums in another order")


def _data(writer: Writer, settings: Settings) -> None:
    data, name = settings.data, data_file_name(settings.data)
    dtype = "torch.float64" if settings.pytorch.precision is Precision.FLOAT64 else "torch.float32"
    on = device(settings)
    writer.add(f"dtype = {dtype}")
    if name is None:
        for label, array in (("X", data.X), ("Y", data.Y)):
            add_array(writer, f"{label} = torch.tensor(", array.tolist(), f", dtype=dtype{on})")
    elif name == ARCHIVE:
        writer.add(f'with ZipFile(Path(__file__).with_name("{name}")) as archive:')
        writer.add('X, Y = (bytearray(archive.read(f"{label}.npy")) for label in "XY")', indent=1)
        writer.add("# An array's header says in two bytes how long it is; after it stands float64, row by row.")
        for label, columns in (("X", data.inputs), ("Y", data.outputs)):
            start = f'10 + int.from_bytes({label}[8:10], "little")'
            writer.add(f"{label} = torch.frombuffer({label}, dtype=torch.float64, offset={start})")
            # A copy stands where PyTorch's own tensors do: its kernels may go by that.
            writer.add(f"{label} = {label}.reshape(-1, {columns}).to(dtype=dtype{on}, copy=True)")
    else:
        writer.add(f'with Path(__file__).with_name("{name}").open() as file:')
        writer.add("rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]", indent=1)
        writer.add(f"X = torch.tensor([row[:{data.inputs}] for row in rows], dtype=dtype{on})")
        writer.add(f"Y = torch.tensor([row[{data.inputs}:] for row in rows], dtype=dtype{on})")
    add_scaling(writer, settings, SideName.PYTORCH)
    if settings.pytorch.target_shape is TargetShape.FLAT:
        writer.add("Y = Y.flatten()")
    writer.add(f"learning_rate = {settings.pytorch.learning_rate!r}")
    sizes = size_lines(Epochs.of(settings, settings.pytorch), settings.pytorch.last_batch is LastBatch.DROP)
    for line in sizes[:1] if _has_loader(settings) else sizes:
        writer.add(line)
    writer.add(f"epochs = {settings.epochs}\n")


def _functions(writer: Writer, settings: Settings) -> None:
    starts = starts_of(settings)
    if any("unit_uniform" in line or "normal" in line for line in start_lines(settings)):
        writer.add(f"\n{UNIT_UNIFORM}\n\n")
    if any(start.normal for start in starts):
        writer.add(f"{STANDARD_NORMAL}\n\n")
    if InitialWeights.TRUNCATED_NORMAL in starts:
        writer.add(f"{TRUNCATED_NORMAL}\n\n")
    if reads_given_file(settings, SideName.PYTORCH):
        _add_function(writer, GIVEN_IN_PYTORCH.format(file=given_file_name(settings)))
    if order_of(settings) is SampleOrder.PERMUTATION:
        _add_function(writer, PERMUTATION)
    if classes := slipped_classes(settings):
        writer.add()
        for text in classes:
            writer.add(f"{text}\n\n")


def _add_function(writer: Writer, text: str) -> None:
    """After two empty lines."""
    writer.add(f"{'' if writer.lines[-1] == '' and writer.lines[-2] == '' else chr(10)}{text}\n\n")


def _has_loader(settings: Settings) -> bool:
    """Whether a `DataLoader` makes the batches."""
    by_places = (SampleOrder.PERMUTATION, SampleOrder.GIVEN)
    return settings.takes_batches(settings.pytorch) and order_of(settings) not in by_places


@lru_cache(maxsize=256)
def _step_lines(
    side: Side, binary: bool, batches: Batches, data_samples: int, named: tuple[str, str], log: Log
) -> tuple[str, ...]:
    """The network's own step for this experiment, and what becomes of its loss."""
    X, Y = named
    body = specializer_of(side, binary, batches, data_samples).method("step", "logged", X=X, Y=Y)
    logged = ast.parse(log_statement(log, "logged.item()")).body
    return tuple(lines_of(fold([*body, *logged], MAY_GO.__contains__)))


@lru_cache(maxsize=256)
def _evaluation_lines(side: Side, binary: bool, batches: Batches, data_samples: int) -> tuple[str, ...]:
    """The loss of the whole set."""
    body = specializer_of(side, binary, batches, data_samples).method("evaluate", "logged", X="X", Y="Y")
    logged = ast.parse(log_statement(Log.APPEND, "logged.item()")).body
    return tuple(lines_of(fold([*body, *logged], MAY_GO.__contains__)))


ORDERS = {
    SampleOrder.IN_ORDER: None,
    SampleOrder.PERMUTATION: "permutation(len(X))",
    SampleOrder.GIVEN: "next(orders)",
}
"""What draws one where no `DataLoader` does."""


def _batch_text(settings: Settings, epochs: Epochs) -> BatchText:
    if not _has_loader(settings):
        return batch_by_places(epochs, ORDERS[order_of(settings)])
    return BatchText(loop="for x, y in loader:", count="len(loader)")


def _given_rate(side: Side) -> list[str]:
    """What gives a scheduled learning rate to the optimizer, or to each of several."""
    if side.writes_update or side.makes_optimizers or side.rate_in is RateIn.DELTA:
        return []
    lines = ["for group in optimizer.param_groups:", f'    group["lr"] = {SCHEDULED}']
    if side.update_order is UpdateOrder.IN_TURN:
        return ["for optimizer in optimizers:", *(f"    {line}" for line in lines)]
    return lines


def _loader_line(settings: Settings, epochs: Epochs) -> str:
    side = settings.pytorch
    shuffle = ", shuffle=True" if side.order is SampleOrder.DATALOADER else ""
    drop = ", drop_last=True" if side.last_batch is LastBatch.DROP and epochs.in_loop else ""
    size = "batch_size" if epochs.in_loop else "len(X)"
    return f"loader = DataLoader(TensorDataset(X, Y), batch_size={size}{shuffle}{drop})"


def _training(writer: Writer, settings: Settings) -> None:
    side = settings.pytorch
    epochs = Epochs.of(settings, side)
    if _has_loader(settings):
        writer.add(_loader_line(settings, epochs))
        # It is a loop also where it gives a single batch.
        last = Log.LAST if epochs.log is Log.APPEND else epochs.log
        epochs = replace(epochs, in_loop=True, log=last)
    known = side, settings.is_binary(side), settings.batches(side), settings.data.samples
    step = _step_lines(*known, epochs.samples, epochs.log)
    evaluation = _evaluation_lines(*known) if side.epoch_loss is EpochLoss.WHOLE else ()
    rate = RateText.of(settings, side, _given_rate(side))
    step = tuple(re.sub(r"\blearning_rate\b", rate.name, line) for line in step)
    for line in epochs.lines(step, _batch_text(settings, epochs), evaluation, False, rate):
        writer.add(line)
    writer.add('\nprint(*losses, sep="\\n")')
