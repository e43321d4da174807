"""How an update is made from a gradient: its order, its momentum and its weight decay. Values only, checked when made.

The arithmetic is in `numpy_updates.py` and `torch_updates.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.errors import SettingsError
from engine.number_text import read_number
from engine.shown_text import shown

NONE = "none"


class UpdateOrder(Enum):
    """Whether a layer's update waits for the errors of the layers below it."""

    TOGETHER = "together"
    """Every error is computed from the old weights; then all weights move."""
    IN_TURN = "in-turn"
    """Each layer moves as soon as its gradient is known: the error passes down through the new weights."""


class MomentumForm(Enum):
    """What the velocity v holds; η is the learning rate, μ the coefficient, d the dampening, g the gradient."""

    PYTORCH = "pytorch"
    """v ← μ·v + (1 − d)·g, the first v being g; W ← W − η·v: `torch.optim.SGD`."""
    TEXTBOOK = "textbook"
    """v ← μ·v − η·(1 − d)·g, starting from v = 0; W ← W + v."""
    NESTEROV = "nesterov"
    """v ← μ·v + g, the first v being g; W ← W − η·(g + μ·v): `torch.optim.SGD(nesterov=True)`."""
    TEXTBOOK_NESTEROV = "textbook-nesterov"
    """u = v, v ← μ·v − η·g, starting from v = 0; W ← W − μ·u + (1 + μ)·v."""
    AVERAGED = "averaged"
    """v ← μ·v + (1 − μ)·g, starting from v = 0; W ← W − η·v: a running mean of the gradients."""

    @property
    def nesterov(self) -> bool:
        """Whether the gradient is that of a point ahead."""
        return self in (MomentumForm.NESTEROV, MomentumForm.TEXTBOOK_NESTEROV)

    @property
    def what_is_kept(self) -> str:
        """Forms whose velocities mean the same have the same."""
        if self is MomentumForm.AVERAGED:
            return "a mean of gradients"
        return "a sum of steps" if self.holds_rate else "a sum of gradients"

    @property
    def holds_rate(self) -> bool:
        """Whether the learning rate is in v."""
        return self in (MomentumForm.TEXTBOOK, MomentumForm.TEXTBOOK_NESTEROV)


class Moments(Enum):
    """What becomes of a velocity, or of Adam's and its like's moments, from step to step."""

    KEPT = "kept"
    """They go on."""
    FIRST_DROPPED = "first-dropped"
    """The first step only makes them, as zeros: its gradient is in none, and moves nothing."""
    RESET = "reset"
    """Every step makes them anew; the number t of the step goes on."""
    NEW_OPTIMIZER = "new-optimizer"
    """Every step makes all anew, t as well: an optimizer that is made inside the loop."""

    @property
    def forgotten(self) -> bool:
        """Whether a step knows nothing of those before."""
        return self in (Moments.RESET, Moments.NEW_OPTIMIZER)


class DecayForm(Enum):
    """Where weight decay λ enters; η is the learning rate."""

    IN_GRADIENT = "in-gradient"
    """g ← g + λ·W, before any momentum: `torch.optim.SGD(weight_decay=λ)`."""
    DECOUPLED = "decoupled"
    """W ← (1 − η·λ)·W, before the step and beside the momentum: as `torch.optim.AdamW` does."""


class Decayed(Enum):
    """What weight decay pulls towards 0."""

    ALL = "weights-and-biases"
    """Every parameter: `torch.optim.SGD(model.parameters(), weight_decay=λ)`."""
    WEIGHTS = "weights"
    """The weights alone."""
    NONE = "none"
    """Nothing of a layer."""


class DecayFactor(Enum):
    """What the decay of a step is of the named λ."""

    ONCE = "lambda"
    """λ·w: of a penalty ½·λ·Σw²."""
    TWICE = "twice-lambda"
    """2·λ·w: of a penalty λ·Σw²."""
    PER_SAMPLE = "lambda-per-sample"
    """λ/N·w: of a penalty λ/(2·N)·Σw²."""


class ZeroGrad(Enum):
    """Whether a step's gradients start from zero."""

    EACH_STEP = "each-step"
    """As after `optimizer.zero_grad()`."""
    FORGOTTEN = "forgotten"
    """Each step adds its gradient to those of all steps before."""


def _check_share(what: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise SettingsError(f"{what} cannot be {shown(repr(value))}; it is a number from 0 to 1.")


@dataclass(frozen=True)
class Momentum:
    """A form of momentum; a coefficient of 0 is none. Raises `SettingsError`."""

    coefficient: float = 0.0
    form: MomentumForm = MomentumForm.PYTORCH
    dampening: float = 0.0

    def __post_init__(self) -> None:
        _check_share("momentum's coefficient", self.coefficient)
        _check_share("momentum's dampening", self.dampening)
        if self.coefficient == 0:
            # No momentum has no form: one value, so that two sides without it are equal.
            object.__setattr__(self, "form", MomentumForm.PYTORCH)
            object.__setattr__(self, "dampening", 0.0)
        if self.dampening and (self.form.nesterov or self.form is MomentumForm.AVERAGED):
            whose = "Nesterov's" if self.form.nesterov else "an averaged"
            raise SettingsError(
                f"{whose} momentum has no dampening; without it, it is {self.form.value}-{self.coefficient!r}."
            )

    @property
    def written_out(self) -> bool:
        """Whether PyTorch's side writes its update out, since `torch.optim` has no such momentum."""
        return self.coefficient > 0 and (self.form.holds_rate or self.form is MomentumForm.AVERAGED)

    @property
    def nesterov(self) -> bool:
        """Whether the gradient is that of a point ahead."""
        return self.form.nesterov

    def __str__(self) -> str:
        if self.coefficient == 0:
            return NONE
        dampening = f"-dampened-{self.dampening!r}" if self.dampening else ""
        return f"{self.form.value}-{self.coefficient!r}{dampening}"

    @classmethod
    def parse(cls, text: str) -> Momentum:
        """`none`, `0.9`, `textbook-0.9`, `nesterov-0.9`, `averaged-0.9` or `pytorch-0.9-dampened-0.5`, or with numbers
        after a colon: `nesterov:0.9`, `pytorch:0.9,dampening=0.5`; raises `ValueError`.
        """
        text = text.replace(":", "-", 1).replace(",dampening=", "-dampened-", 1)
        if text in (NONE, "no", "off"):
            return cls()
        words, _, dampening = text.partition("-dampened-")
        for form in sorted(MomentumForm, key=lambda form: -len(form.value)):
            if words.startswith(f"{form.value}-"):
                return cls(read_number(words.removeprefix(f"{form.value}-")), form, read_number(dampening or "0"))
        return cls(read_number(words), MomentumForm.PYTORCH, read_number(dampening or "0"))


@dataclass(frozen=True)
class WeightDecay:
    """A form of weight decay; a rate of 0 is none. What it pulls is `Decayed`'s. Raises `SettingsError`."""

    rate: float = 0.0
    form: DecayForm = DecayForm.IN_GRADIENT

    def __post_init__(self) -> None:
        _check_share("weight decay's rate", self.rate)
        if self.rate == 0:
            object.__setattr__(self, "form", DecayForm.IN_GRADIENT)

    def __str__(self) -> str:
        return f"{self.form.value}-{self.rate!r}" if self.rate else NONE

    @classmethod
    def parse(cls, text: str) -> WeightDecay:
        """`none`, `0.01`, `in-gradient-0.01` or `decoupled-0.01`, or `decoupled:0.01`; raises `ValueError`."""
        text = text.replace(":", "-", 1)
        if text in (NONE, "no", "off"):
            return cls()
        for form in DecayForm:
            if text.startswith(f"{form.value}-"):
                return cls(read_number(text.removeprefix(f"{form.value}-")), form)
        return cls(read_number(text))


NO_MOMENTUM = Momentum()
NO_WEIGHT_DECAY = WeightDecay()
