"""Toward which side each difference is matched: one side for all of them, or a side for each; and how that is typed.

How one is matched is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE, Discrepancy, find
from engine.experiment.discrepancies.base import listed
from engine.shown_text import shown

ANSWER = "answer"
"""Typed for the way in which the answer makes the two programs equal."""


@dataclass(frozen=True)
class Toward(Mapping[str, SideName]):
    """The side whose value both take, by field: NumPy's for those `by_hand`, PyTorch's for the others."""

    by_hand: frozenset[str] = frozenset()

    def __getitem__(self, field: str) -> SideName:
        """The side of one difference; raises `SettingsError` where there is no such difference."""
        return SideName.NUMPY if find(field).field in self.by_hand else SideName.PYTORCH

    def __iter__(self) -> Iterator[str]:
        """All fields of the catalogue."""
        return (discrepancy.field for discrepancy in CATALOGUE)

    def __len__(self) -> int:
        """How many differences there are."""
        return len(CATALOGUE)

    def sentence(self, differences: Sequence[Discrepancy]) -> str:
        """'bias and gradient are matched toward the hand-written side, the others toward PyTorch'."""
        by_hand = [one.title.lower() for one in differences if one.field in self.by_hand]
        if len(by_hand) in (0, len(differences)):
            return f"matched toward {noun(SideName.NUMPY if by_hand else SideName.PYTORCH)}"
        verb = "is" if len(by_hand) == 1 else "are"
        others = "other" if len(differences) - len(by_hand) == 1 else "others"
        return f"{listed(by_hand)} {verb} matched toward the hand-written side, the {others} toward PyTorch"


TOWARD_PYTORCH = Toward()

AS_THE_ANSWER = Toward(frozenset(one.field for one in CATALOGUE if one.answers_side is SideName.NUMPY))
"""It takes PyTorch's bias away and doubles PyTorch's rate; the loss report and the initial weights become PyTorch's."""

TowardWhat = Toward | SideName | str | Mapping[str, SideName | str]
"""A side for all, sides for some (PyTorch for the others), or the text of either."""


def toward(what: TowardWhat, named: str = "toward") -> Toward:
    """The side of every difference; raises `SettingsError`, which calls the value as it is `named`."""
    if isinstance(what, Toward):
        return what
    if isinstance(what, str):
        return _parsed(what, named)
    sides: Mapping[str, SideName | str] = dict.fromkeys(TOWARD_PYTORCH, what) if isinstance(what, SideName) else what
    return _with_sides(TOWARD_PYTORCH, {find(field).field: _side(field, side, named) for field, side in sides.items()})


def _with_sides(found: Toward, sides: Mapping[str, SideName]) -> Toward:
    by_hand = {field for field, side in sides.items() if side is SideName.NUMPY}
    return Toward((found.by_hand - set(sides)) | by_hand)


def _side(field: str, side: SideName | str, named: str) -> SideName:
    try:
        return SideName(side)
    except ValueError:
        raise SettingsError(f"{named}: {field} cannot go toward '{shown(side)}'; it is pytorch or numpy.") from None


def _parsed(text: str, named: str) -> Toward:
    """'numpy', 'answer', 'loss_report=pytorch,bias=numpy' or 'numpy,bias=pytorch'."""
    ways = {ANSWER: AS_THE_ANSWER, **{side.value: toward(side) for side in SideName}}
    general: Toward | None = None
    sides: dict[str, SideName] = {}
    for part in (part.strip() for part in text.split(",")):
        name, equals, side = (piece.strip() for piece in part.partition("="))
        if equals:
            field = find(name).field
            if field in sides:
                raise SettingsError(f"{named} names {field} twice; once is enough.")
            sides[field] = _side(field, side, named)
        elif part not in ways:
            raise SettingsError(
                f"{named} cannot be '{shown(part)}'; it is pytorch, numpy or answer, "
                "or sides of differences: bias=numpy."
            )
        elif general is not None:
            raise SettingsError(
                f"{named} cannot be '{shown(text)}'; it has one side for all, and others by name: bias=numpy."
            )
        else:
            general = ways[part]
    return _with_sides(general or TOWARD_PYTORCH, sides)


def noun(side: SideName) -> str:
    """How sentences call a side: 'toward the hand-written side'."""
    return "the hand-written side" if side is SideName.NUMPY else "PyTorch"
