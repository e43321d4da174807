"""What a discrepancy is: a setting on which the two sides can differ, with its choices and its explanation.

Each discrepancy is one module of this package that defines `DISCREPANCY`; the catalogue finds it there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.one_side_alone import ALONE, cannot_have
from engine.experiment.settings import Settings
from engine.experiment.side import decay_rates
from engine.number_text import TooLargeError, number
from engine.shown_text import shown


class Moves(Enum):
    """What a difference changes."""

    PLOT = "only the plotted number"
    WEIGHTS = "the weights"


class Group(Enum):
    """The stage of training that a setting belongs to, in order."""

    DATA = "Data"
    START = "Start"
    FORWARD = "Forward"
    LOSS = "Loss"
    BACKWARD = "Backward"
    UPDATE = "Update"
    LOG = "Log"
    NUMBERS = "Numbers"


@dataclass(frozen=True)
class Choice:
    """One value of a setting: as typed on a command line, as shown in a table cell, and what it means."""

    value: Any
    name: str
    label: str
    meaning: str


@dataclass(frozen=True)
class Explanation:
    """What one difference is in one experiment, in the order in which a reader needs it."""

    what: str
    """One sentence: what each side does, or that the sides are already equal and what they both do."""
    moves: str
    """One sentence: what a difference moves here, or would move if there were one with an effect."""
    numbers: str
    """What that means in this experiment, computed from its own settings."""
    formula: str
    """The rule in signs."""
    theory: str
    """Why it is so, for those who read on."""


@dataclass(frozen=True)
class Wording:
    """What an explanation is made of. Everything is a function of the settings or of one side's value, so that it
    cannot say what these settings do not do.
    """

    phrase: Callable[[Any], str]
    """What a side with this value does, to be put into `differ` and `equal`."""
    differ: str
    """The sentence of two sides that differ, with {by_hand} and {pytorch}."""
    equal: str
    """What follows 'The sides are already equal: ', with {both}."""
    numbers: Callable[[Settings], str]
    formula: str
    theory: Callable[[Settings], str]
    matters: Callable[[Settings], bool] = lambda settings: True
    """Whether two different values have different effects; where not, `numbers` says so and nothing is to change."""


@dataclass(frozen=True, eq=False)
class Discrepancy:
    """One entry of the catalogue. Where values beside the `choices` are possible, `parse_other` reads them (raising
    `ValueError`) and `other` says what they look like; a plain number has no choices at all.
    """

    field: str
    title: str
    summary: str
    group: Group
    order: int
    moves: Moves
    choices: tuple[Choice, ...]
    wording: Wording
    wording_in: Callable[[Settings], Wording] | None = None
    """Where it is worded otherwise in some experiments."""
    parse_other: Callable[[str], Any] | None = None
    label_other: Callable[[Any], str] | None = None
    """How a table shows them, where it is not as they are typed."""
    other: str = "a number"
    answers_order: int | None = None
    """Its place in the known answer, which lists its differences roughly from most to least impact."""
    answers_side: SideName = SideName.PYTORCH
    """Whose value both programs of the known answer have."""
    only_start: bool = False
    """Whether nothing after the first weights depends on it."""
    shifts_draws: bool = False
    """Whether it moves what is drawn after it, so that its effect is also measured with the weights held."""
    since: int = 1
    """The first format of a document that has it."""
    per_layer: bool = False
    """Whether a layer can have a value of its own: a tuple with one for each is then a value, too."""
    rounds: bool = False
    """Whether two values round differently in every operation."""
    alike: Callable[[Settings], bool] = lambda settings: False
    """Whether the sides' values, though two, come to the same here."""

    def value(self, settings: Settings, side: SideName) -> Any:
        """The value on that side."""
        return getattr(settings.side(side), self.field)

    def matched(self, settings: Settings) -> bool:
        """Whether the sides agree."""
        return bool(self.value(settings, SideName.NUMPY) == self.value(settings, SideName.PYTORCH))

    def match(self, settings: Settings, toward: SideName) -> Settings:
        """Both sides with the value of the side `toward`; raises `SettingsError` if the other side cannot have it."""
        return self.set(settings, toward.other, self.value(settings, toward))

    def set(self, settings: Settings, side: SideName, value: Any) -> Settings:
        """These settings with one side's value replaced; raises `SettingsError`."""
        return settings.with_side(side, **{self.field: value})

    def explain(self, settings: Settings) -> Explanation:
        """What this difference is for these settings; which lines to change is `programs/marks.py`'s."""
        wording = self.wording if self.wording_in is None else self.wording_in(settings)
        by_hand, pytorch = (_phrase(wording, self.value(settings, side)) for side in SideName)
        if self.matched(settings):
            what = f"The sides are already equal: {wording.equal.format(both=by_hand)}."
        else:
            what = wording.differ.format(by_hand=by_hand, pytorch=pytorch)
        numbers = wording.numbers(settings)
        if not self.matched(settings) and wording.matters(settings) and self.alike(settings):
            numbers += " Both come to the same here: nothing to change."
        return Explanation(
            what,
            f"It {'moves' if self.acts(settings) else 'would move'} {self.moves.value}.",
            numbers,
            wording.formula,
            wording.theory(settings),
        )

    def acts(self, settings: Settings) -> bool:
        """Whether the sides differ, and that changes what is computed or logged."""
        return not self.matched(settings) and self.in_effect(settings) and not self.alike(settings)

    def in_effect(self, settings: Settings) -> bool:
        """Whether another value on some side would change what is computed or logged."""
        wording = self.wording if self.wording_in is None else self.wording_in(settings)
        return wording.matters(settings)

    def choices_for(self, side: SideName) -> tuple[Choice, ...]:
        """The choices that side can have."""
        return tuple(choice for choice in self.choices if choice.value not in ALONE[side])

    def possible_for(self, settings: Settings, side: SideName) -> tuple[Any, ...]:
        """The choices that side can have in this experiment."""
        return tuple(one.value for one in self.choices_for(side) if self._possible(settings, side, one.value))

    def following(self, settings: Settings, side: SideName) -> Any:
        """The choice after the present one on that side that it can have in this experiment; the first after the last
        or after a value of one's own.
        """
        present = self.value(settings, side)
        values = self.possible_for(settings, side)
        return values[(values.index(present) + 1) % len(values)] if present in values else values[0]

    def _possible(self, settings: Settings, side: SideName, value: Any) -> bool:
        try:
            self.set(settings, side, value)
        except SettingsError:
            return False
        return True

    def label(self, value: Any) -> str:
        """The value as a table cell shows it."""
        if isinstance(value, tuple):
            return ", ".join(map(self.label, value))
        choice = self._choice(value)
        if choice is not None:
            return choice.label
        if self.label_other is not None:
            return self.label_other(value)
        return plain(value) if isinstance(value, float) else str(value)

    def name(self, value: Any) -> str:
        """The value as it is typed on a command line; `parse` reads it back to the same value."""
        if isinstance(value, tuple):
            return ",".join(map(self.name, value))
        choice = self._choice(value)
        if choice is not None:
            return choice.name
        return repr(value) if isinstance(value, float) else str(value)

    def _choice(self, value: Any) -> Choice | None:
        return next((choice for choice in self.choices if choice.value == value), None)

    def parse(self, text: str, side: SideName) -> Any:
        """The value typed as `text`; raises `SettingsError` naming what is possible."""
        if self.per_layer and "," in text:
            return tuple(self.parse(part.strip(), side) for part in text.split(","))
        where, typed = f"{side.value}.{self.field}", shown(text)
        for choice in self.choices:
            if text.lower() in (choice.name, *_synonyms(choice.value)):
                if choice.value in ALONE[side]:
                    raise SettingsError(cannot_have(side, self.field, choice.value))
                return choice.value
        names = [choice.name for choice in self.choices_for(side)]
        known = ", ".join(names) + (f", or one for each layer: {names[0]},{names[1]}" if self.per_layer else "")
        if self.parse_other is None:
            raise SettingsError(f"{where} cannot be '{typed}'; it is {'one of ' if len(names) > 1 else ''}{known}.")
        try:
            return self.parse_other(text.lower())
        except SettingsError as error:
            raise SettingsError(f"{where} cannot be '{typed}': {error}") from None
        except TooLargeError:
            raise SettingsError(
                f"{where} cannot be '{typed}': that is too large a number; it is {self.other}."
            ) from None
        except ValueError:
            raise SettingsError(f"{where} cannot be '{typed}'; it is {self.other}.") from None


def _phrase(wording: Wording, value: Any) -> str:
    """What a side with this value does, layer by layer where they are not alike."""
    if not isinstance(value, tuple):
        return wording.phrase(value)
    alike = {one: [str(i) for i, other in enumerate(value, start=1) if other == one] for one in value}
    parts = [
        f"{wording.phrase(one)} in layer{'s' if len(layers) > 1 else ''} {listed(layers)}"
        for one, layers in alike.items()
    ]
    return listed(parts)


def _synonyms(value: Any) -> tuple[str, ...]:
    if isinstance(value, Enum):
        return (str(value.value),)
    return {True: ("yes", "true", "on", "1"), False: ("no", "none", "false", "off", "0")}.get(value, ())


def plain(value: float, digits: int = 6) -> str:
    """A number as everywhere, without the zeros that say nothing: 0.3, 18, 1e-05, −2."""
    mantissa, mark, exponent = number(abs(value), digits).partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return ("−" if value < 0 else "") + mantissa + mark + exponent


def each_side(by_hand: str, pytorch: str) -> str:
    """'1 by hand, 10 in PyTorch', or '1 on both sides'."""
    return f"{by_hand} on both sides" if by_hand == pytorch else f"{by_hand} by hand, {pytorch} in PyTorch"


def has_decay(settings: Settings) -> bool:
    """Whether some side has a weight decay."""
    return any(side.weight_decay.rate for side in (settings.numpy, settings.pytorch))


def decay_words(settings: Settings) -> str:
    """'0.1 by hand, 0.05 in PyTorch': the weight decays that act."""
    sides = settings.numpy, settings.pytorch
    return each_side(*(plain(decay_rates(side, settings.batch_samples(side))[0]) for side in sides))


def batch_words(settings: Settings) -> str:
    """'N = 32', of a full batch, or where they differ 'N = 32 by hand, 60 in PyTorch'."""
    sizes = [f"{settings.batch_samples(side):,}" for side in (settings.numpy, settings.pytorch)]
    return f"N = {sizes[0] if sizes[0] == sizes[1] else each_side(*sizes)}"


def listed(names: Sequence[str]) -> str:
    """'bias', 'bias and gradient', 'bias, gradient and precision'."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
