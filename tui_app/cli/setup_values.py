"""What the Setup screen lets a person type, and the settings that it makes: as the options of a command line."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import SettingsError
from engine.experiment.asked import Missing
from engine.experiment.built_in_data import BUILT_IN
from engine.experiment.choices import SideName, parse_choice
from engine.experiment.class_labels import classes_to_say
from engine.experiment.data import Dataset
from engine.experiment.data_files import load
from engine.experiment.discrepancies import find
from engine.experiment.held_out import hold_out, read_share, share_of
from engine.experiment.per_layer import typed as as_typed
from engine.experiment.settings import Settings
from engine.number_text import typed_whole
from engine.shown_text import shown
from tui_app.cli.data_options import split
from tui_app.cli.options import hidden_sizes, thread_count

CLASSES = {None: "auto", True: "yes", False: "no"}
"""Whether targets are classes, as it is typed on the Setup screen."""

BATCH = find("batch")

OF_FILES = ("targets", "inputs", "missing", "classes")
"""Fields of the Setup screen that say how a file is read; built-in data have nothing to be said of them."""

OF_DATA = ("data", *OF_FILES)
"""Fields that say what is read."""


def setup_fields(settings: Settings) -> dict[str, str]:
    """What the Setup screen lets a person type, as it is now."""
    return {
        "data": settings.data.source or settings.data.name,
        "targets": ",".join(settings.data.targets),
        "inputs": ",".join(settings.data.input_columns),
        "missing": settings.data.missing.value,
        "classes": CLASSES[classes_to_say(settings.data)],
        "validation": repr(settings.data.held_out.share) if settings.data.held_out else "none",
        "hidden": ",".join(map(str, settings.hidden)) or "none",
        "activation": as_typed(settings.activation),
        "output_activation": settings.output_activation.value,
        "epochs": str(settings.epochs),
        "seed": str(settings.seed),
        "numpy_rate": repr(settings.numpy.learning_rate),
        "pytorch_rate": repr(settings.pytorch.learning_rate),
        "batch": "/".join(BATCH.name(one) for one in dict.fromkeys((settings.numpy.batch, settings.pytorch.batch))),
        "device": settings.device,
        "threads": "auto" if settings.threads is None else str(settings.threads),
    }


def setup_settings(settings: Settings, fields: dict[str, str]) -> Settings:
    """The settings with what was typed put in; raises `InputError`."""
    before = setup_fields(settings)
    typed = {name: text.strip() for name, text in fields.items()}
    data = _data(settings.data, typed) if is_read_anew(typed, before) else settings.data
    share = read_share(typed["validation"])
    if share != share_of(data):
        data = hold_out(data, share)
    # Together: other outputs may go with other data alone.
    settings = replace(
        settings,
        data=data,
        hidden=hidden_sizes(typed["hidden"]),
        activation=typed["activation"],  # type: ignore[arg-type]
        output_activation=typed["output_activation"],  # type: ignore[arg-type]
        epochs=typed_whole("epochs", typed["epochs"]),
        seed=typed_whole("seed", typed["seed"]),
        device=typed["device"],
        threads=thread_count(typed["threads"]),
    )
    rate = find("learning_rate")
    for side, name in ((SideName.NUMPY, "numpy_rate"), (SideName.PYTORCH, "pytorch_rate")):
        settings = rate.set(settings, side, rate.parse(typed[name], side))
    return _with_batches(settings, typed["batch"])


def is_read_anew(typed: dict[str, str], before: dict[str, str]) -> bool:
    """Whether the data are not those of before."""
    changed = {name for name in OF_DATA if typed[name].strip() != before[name]}
    return "data" in changed or (bool(changed) and typed["data"].strip() not in BUILT_IN)


def _data(present: Dataset, typed: dict[str, str]) -> Dataset:
    if typed["data"] in BUILT_IN:
        return load(typed["data"])
    # Another file is looked at anew; of the same one, what was said of its first line holds.
    header = present.header if typed["data"] == present.source else None
    missing = parse_choice(Missing, typed["missing"] or Missing.REFUSE, "missing")
    return load(
        typed["data"], split(typed["targets"]), header, _classes(typed["classes"]), split(typed["inputs"]), missing
    )


def _with_batches(settings: Settings, typed: str) -> Settings:
    """One size for both sides, or one by hand and one in PyTorch."""
    sizes = [text.strip() for text in typed.split("/")]
    if not all(sizes) or len(sizes) > len(SideName):
        raise SettingsError(f"batch size cannot be '{shown(typed)}'; it is {BATCH.other}, or two: by hand/PyTorch.")
    for side, text in zip(SideName, (sizes[0], sizes[-1]), strict=True):
        settings = BATCH.set(settings, side, BATCH.parse(text, side))
    return settings


def _classes(text: str) -> bool | None:
    """Yes or no, or none for what the file looks like."""
    found = {word: classes for classes, word in CLASSES.items()}
    if text and text not in found:
        raise SettingsError(f"classes cannot be '{shown(text)}'; it is {', '.join(CLASSES.values())}.")
    return found.get(text)
