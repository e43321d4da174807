"""What is trained, how far it is and how fast it goes, in words: for the first line of the screen and the reports."""

from __future__ import annotations

from itertools import product

from rich.cells import cell_len

from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.choices import SideName
from engine.experiment.presets import fitting_preset
from engine.experiment.settings import Settings
from engine.networks.threads import threads_of
from engine.number_text import number
from engine.worker.snapshot import Snapshot, State

MARKS = {
    State.LOADING: "…",
    State.RUNNING: "▶",
    State.PAUSED: "‖",
    State.FINISHED: "■",
    State.DIVERGED: "✖",
    State.FAILED: "✖",
}

NAMES = {"NumPy": SideName.NUMPY, "PyTorch": SideName.PYTORCH}
"""Whose step is timed."""

LONGEST_NAME = 40
"""Cells of a data set's name that are shown."""

GAP = 2
"""Least cells between the two halves."""


def describe(settings: Settings) -> str:
    """'XOR 4x2→1 · 2-5-1 sigmoid · seed 0'."""
    return f"{_shape(settings)} · {_layers(settings)} · seed {settings.seed}"


def descriptions(settings: Settings) -> list[str]:
    """From all there is to say, with a preset that fits, down to the data set's name."""
    whole, fitting = describe(settings), fitting_preset(settings)
    offered = [f"{whole} · for classes: p, {fitting}"] if fitting else []
    return [*offered, whole, f"{_shape(settings)} · {_layers(settings)}", _shape(settings), _name(settings), ""]


def offer(settings: Settings) -> str | None:
    """A sentence on the preset that is made for the data's class labels."""
    fitting = fitting_preset(settings)
    if fitting is None:
        return None
    activation = "softmax" if fitting == "classes" else "sigmoid"
    what = f"The preset {fitting} trains {activation} outputs with cross-entropy on it"
    return f"{_name(settings)} holds classes. {what}: press p."


def _name(settings: Settings) -> str:
    name = settings.data.name
    if name in BUILT_IN and len(name) <= 3:
        return name.upper()
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _shape(settings: Settings) -> str:
    data = settings.data
    return f"{_name(settings)} {data.samples}x{data.inputs}→{data.outputs}"


def _layers(settings: Settings) -> str:
    kinds = " → ".join(dict.fromkeys(kind.value for kind in settings.activations))
    return f"{'-'.join(map(str, settings.layer_sizes))} {kinds}"


def duration(seconds: float) -> str:
    """'4:42', '1:02:03', or days where it is over one."""
    whole = round(seconds)
    if whole >= 86_400:
        return f"{whole / 86_400:,.1f} days" if whole < 86_400_000 else "years"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def per_second(epochs: float) -> str:
    """'14,608/s', '7.0/s': a count of epochs, so that every digit is plain."""
    return f"{epochs:,.0f}/s" if epochs >= 10 else f"{number(epochs)}/s"


def short_time(seconds: float) -> str:
    """'9 µs', '1.2 ms', '0.25 s'."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            return f"{number(seconds * factor)} {unit}"
    raise AssertionError


def essential(snapshot: Snapshot) -> int:
    """How many pieces of progress come before the rest of what is trained: how far, how fast, and how long still."""
    return 3 if snapshot.state is State.RUNNING else 2


def progress(snapshot: Snapshot) -> list[str]:
    """From all there is to say of how far and how fast it goes down to how far alone."""
    if snapshot.state is State.FAILED:
        return [f"{MARKS[State.FAILED]} failed"]
    if snapshot.state is State.LOADING:
        return [f"{MARKS[State.LOADING]} importing PyTorch"]
    pace, epochs = snapshot.pace, snapshot.settings.epochs
    pieces = [f"{MARKS[snapshot.state]} {_how_far(snapshot)}"]
    if pace.epochs_per_second:
        pieces.append(per_second(pace.epochs_per_second))
    if snapshot.speed_limit:
        pieces.append(f"limit {per_second(snapshot.speed_limit)}")
    if snapshot.state is State.RUNNING and pace.epochs_per_second:
        pieces.append(f"{duration((epochs - snapshot.epoch) / pace.epochs_per_second)} left")
    if pace.epochs_per_second:
        pieces.append(" · ".join(f"{name} {short_time(pace.seconds[side])}" for name, side in NAMES.items()))
    threads = threads_of(snapshot.settings)
    pieces.append(f"{threads} thread{'s' if threads > 1 else ''}")
    if snapshot.device is not None:
        memory = f" {snapshot.device.used / 1e9:.1f} of {snapshot.device.total / 1e9:.0f} GB"
        pieces.append(f"{snapshot.device.name} {snapshot.device.model}{memory if snapshot.device.total else ''}")
    return [" · ".join(pieces[:count]) for count in range(len(pieces), 0, -1)]


def _how_far(snapshot: Snapshot) -> str:
    """In whole epochs; inside one where it stands there, or takes long."""
    stands_inside = snapshot.batch and snapshot.state is not State.RUNNING
    takes_long = snapshot.batches > 1 and 0 < snapshot.pace.epochs_per_second < 1
    if stands_inside or (takes_long and snapshot.state is State.RUNNING):
        return f"epoch {snapshot.epoch + 1:,} · batch {snapshot.batch:,} of {snapshot.batches:,}"
    return f"epoch {snapshot.epoch:,} of {snapshot.settings.epochs:,}"


def fitted(left: list[str], right: list[str], first: int, width: int) -> tuple[str, str]:
    """The longest of both that fit: a name and `first` pieces of progress, then all of the left, then the right."""
    pairs = [(one, other) for one, other in product(left, right) if cell_len(one) + cell_len(other) + GAP <= width]
    if not pairs:
        return "", right[-1]

    def rank(pair: tuple[str, str]) -> tuple[int, int, int]:
        named, timed = len(left) - left.index(pair[0]), len(right) - right.index(pair[1])
        return min(named, 2) + min(timed, first), named, timed

    return max(pairs, key=rank)
