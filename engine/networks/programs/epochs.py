"""What stands around a step in a program: the loops over epochs and batches, and what is logged of an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from engine.experiment.batch_rules import Batches, EpochLoss
from engine.experiment.schedules import NO_SCHEDULE, Schedule
from engine.experiment.settings import Settings
from engine.experiment.side import Side

WHOLE_SET, OF_BATCH = ("X", "Y"), ("x", "y")
"""What a step calls its samples."""


class Log(Enum):
    """What becomes of a batch's loss."""

    APPEND = "append"
    """It is the epoch's."""
    TOTAL = "total"
    """It is added to those before."""
    LAST = "last"
    """It is kept until the next."""
    NONE = "none"
    """Nothing: the epoch's is computed after it."""


@dataclass(frozen=True)
class Epochs:
    """How a side's program goes through an epoch."""

    batches: Batches
    in_loop: bool
    """Whether batches are a loop of their own."""
    log: Log
    samples: tuple[str, str]
    """What a step calls X and Y."""

    @classmethod
    def of(cls, settings: Settings, side: Side) -> Epochs:
        """From the side's choices."""
        batches, N = settings.batches(side), settings.data.samples
        in_loop = batches != Batches(1, N, N)
        if side.epoch_loss is EpochLoss.WHOLE:
            log = Log.NONE
        elif not in_loop:
            log = Log.APPEND
        else:
            log = Log.TOTAL if side.epoch_loss is EpochLoss.MEAN and batches.count > 1 else Log.LAST
        return cls(batches, in_loop, log, OF_BATCH if settings.takes_batches(side) else WHOLE_SET)

    @property
    def update(self) -> str:
        """What counts the updates."""
        return "update" if self.in_loop else "epoch"

    def lines(
        self, step: Sequence[str], batch: BatchText, evaluation: Sequence[str], counted: bool, rate: RateText
    ) -> list[str]:
        """Those of the training; the step's and the evaluation's end in logging their loss. `counted` says that the
        step needs its number, from 1.
        """
        counted = counted or (self.in_loop and rate.per_batch)
        first = ["losses = []", *(["update = 0"] if counted and self.in_loop else [])]
        from_one = counted and not self.in_loop
        first.append(f"for epoch in range({'1, epochs + 1' if from_one else 'epochs'}):")
        if not self.in_loop:
            of_rate = rate.lines("(epoch - 1)" if from_one else "epoch")
            return first + _indented([*of_rate, *batch.of_epoch, *batch.taken, *step, *evaluation])
        of_batch = rate.lines("(update - 1)") if rate.per_batch else []
        inner = [*batch.taken, *(["update += 1"] if counted else []), *of_batch, *step]
        total = [] if rate.per_batch else rate.lines("epoch")
        total += ["epoch_loss = 0.0"] if self.log is Log.TOTAL else []
        after = {Log.TOTAL: [f"losses.append(epoch_loss / {batch.count})"], Log.LAST: ["losses.append(last)"]}
        epoch = [*batch.of_epoch, *total, batch.loop, *_indented(inner), *after.get(self.log, evaluation)]
        return first + _indented(epoch)


SCHEDULED = "scheduled_rate"
"""What a program calls the learning rate of an epoch or a batch where a schedule changes it."""


@dataclass(frozen=True)
class RateText:
    """How a program makes the learning rate of each epoch, or of each batch: by its schedule, of a run of so many; and
    the lines that give it to an optimizer.
    """

    schedule: Schedule = NO_SCHEDULE
    whole_run: int = 1
    given: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings, side: Side, given: Sequence[str] = ()) -> RateText:
        """From the side's choices."""
        batches = settings.batches(side).count if side.schedule.per_batch else 1
        return cls(side.schedule, settings.epochs * batches, tuple(given))

    @property
    def name(self) -> str:
        """What a step calls the learning rate."""
        return "learning_rate" if self.schedule.is_none else SCHEDULED

    @property
    def per_batch(self) -> bool:
        """Whether it is made anew for each batch."""
        return self.schedule.per_batch

    def lines(self, k: str) -> list[str]:
        """In epoch or update k, from 0; none where it stays."""
        if self.schedule.is_none:
            return []
        return [*f"{SCHEDULED} = {self.schedule.text(k, self.whole_run)}".splitlines(), *self.given]


@dataclass(frozen=True)
class BatchText:
    """How a program takes its batches: the lines once an epoch, the loop over batches, the lines that take one, and how
    many there are.
    """

    of_epoch: tuple[str, ...] = ()
    loop: str = "for start in range(0, batches * batch_size, batch_size):"
    taken: tuple[str, ...] = ()
    count: str = "batches"


def batch_by_places(epochs: Epochs, order: str | None) -> BatchText:
    """By indexing X and Y, in an order that an expression draws, or as they are."""
    of_epoch = () if order is None else (f"order = {order}",)
    if not epochs.in_loop:
        return BatchText(of_epoch, taken=() if order is None else ("x, y = X[order], Y[order]",))
    if order is None:
        return BatchText(of_epoch, taken=("batch = slice(start, start + batch_size)", "x, y = X[batch], Y[batch]"))
    return BatchText(of_epoch, taken=("batch = order[start : start + batch_size]", "x, y = X[batch], Y[batch]"))


def size_lines(epochs: Epochs, drops: bool) -> list[str]:
    """How large batches are, and how many."""
    count = "len(X) // batch_size" if drops else "-(-len(X) // batch_size)  # rounded up"
    return [f"batch_size = {epochs.batches.size}", f"batches = {count}"] if epochs.in_loop else []


def log_statement(log: Log, loss: str) -> str:
    """What a step ends in; nothing where its loss is not needed."""
    texts: Mapping[Log, str] = {
        Log.APPEND: f"losses.append({loss})",
        Log.TOTAL: f"epoch_loss += {loss}",
        Log.LAST: f"last = {loss}",
    }
    return texts.get(log, "")


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]
