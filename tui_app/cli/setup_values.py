"""What the Setup screen lets a person type, and the settings that it makes: as the options of a command line."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.class_labels import classes_to_say
from engine.experiment.data_files import load
from engine.experiment.discrepancies import find
from engine.experiment.held_out import hold_out, read_share, share_of
from engine.experiment.per_layer import typed as as_typed
from engine.experiment.settings import Settings
from engine.number_text import typed_whole
from engine.shown_text import shown
from tui_app.cli.options import hidden_sizes, split, thread_count

CLASSES = {None: "auto", True: "yes", False: "no"}
"""Whether targets are classes, as it is typed on the Setup screen."""

BATCH = find("batch")

OF_DATA = ("data", "targets", "classes")
"""Fields of the Setup screen that say what is read."""


def setup_fields(settings: Settings) -> dict[str, str]:
    """What the Setup screen lets a person type, as it is now."""
    return {
        "data": settings.data.source or settings.data.name,
        "targets": ",".join(settings.data.targets),
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
    if any(typed[name] != before[name] for name in OF_DATA):
        # Another file is looked at anew; of the same one, what was said of its first line holds.
        header = settings.data.header if typed["data"] == before["data"] else None
        data = load(typed["data"], split(typed["targets"]), header, _classes(typed["classes"]))
    else:
        data = settings.data
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
