"""The hand-written update of one weight or bias: gradient descent with momentum and weight decay, in NumPy alone."""

from __future__ import annotations

from engine.settings import Side
from engine.types import FloatArray
from engine.update_rules import DecayForm, MomentumForm


class Descent:
    """Moves one parameter, in place. `velocity` has the parameter's shape, and is none before the first step."""

    def __init__(self, parameter: FloatArray, side: Side) -> None:
        self.parameter = parameter
        self.learning_rate = side.learning_rate
        self.momentum = side.momentum
        self.decay = side.weight_decay
        self.velocity: FloatArray | None = None

    def step(self, gradient: FloatArray) -> None:
        """One step against the gradient, which has the parameter's shape."""
        if self.decay.rate and self.decay.form is DecayForm.IN_GRADIENT:
            gradient = gradient + self.decay.rate * self.parameter
        if self.decay.rate and self.decay.form is DecayForm.DECOUPLED:
            self.parameter *= 1 - self.learning_rate * self.decay.rate
        if self.momentum.coefficient == 0:
            self.parameter += -self.learning_rate * gradient
        elif self.momentum.form is MomentumForm.PYTORCH:
            self.velocity = self._pytorch_velocity(gradient)
            self.parameter += -self.learning_rate * self.velocity
        else:
            self.velocity = self._textbook_velocity(gradient)
            self.parameter += self.velocity

    def _pytorch_velocity(self, gradient: FloatArray) -> FloatArray:
        if self.velocity is None:
            return gradient.copy()  # undampened: `torch.optim.SGD` begins so
        return self.momentum.coefficient * self.velocity + (1 - self.momentum.dampening) * gradient

    def _textbook_velocity(self, gradient: FloatArray) -> FloatArray:
        step = -self.learning_rate * (1 - self.momentum.dampening) * gradient
        return step if self.velocity is None else self.momentum.coefficient * self.velocity + step
