"""Updates of PyTorch's network that `torch.optim` does not have, written out: the textbook's momenta, and the slips of
hand-written ones.

Every choice of a side is an `if`; the programs that are shown are made of this source, as of `torch_mlp.py`'s.
Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.choices import BiasGradient, RateIn
from engine.experiment.optimizers import BiasCorrection, EpsilonAt, OptimizerKind
from engine.experiment.side import Side
from engine.experiment.update_rules import Decayed, Moments, MomentumForm


class TorchWrittenOut:
    """What moves each parameter, with its velocity or first moment and its second moment, in place; `t` is the number
    of the update, from 1; an epoch has so many.
    """

    side: Side
    model: Any
    decay_in_gradient: float
    decaying: set[nn.Parameter]
    learning_rate: float
    velocities: dict[nn.Parameter, torch.Tensor]
    second_moments: dict[nn.Parameter, torch.Tensor]
    t: Any
    updates_per_epoch: int

    def make_moments(self) -> None:
        """Of each parameter, as they are before the first update."""
        kind = self.side.optimizer.kind
        if self.side.counts_updates:
            self.t = 0
        if kind is OptimizerKind.SGD or kind is OptimizerKind.ADAM:
            self.velocities = {parameter: torch.zeros_like(parameter) for parameter in self.model.parameters()}
        if kind is OptimizerKind.ADAM or kind is OptimizerKind.RMSPROP:
            self.second_moments = {parameter: torch.zeros_like(parameter) for parameter in self.model.parameters()}
        elif kind is OptimizerKind.ADAGRAD:
            start = self.side.optimizer.start
            self.second_moments = {one: torch.full_like(one, start) for one in self.model.parameters()}

    def step_size(self) -> Any:
        """What a step is of what it goes along."""
        if self.side.rate_in is RateIn.DELTA:
            return 1.0
        return self.learning_rate

    def descend(self, module: nn.Module) -> None:  # noqa: PLR0912 - each of them
        """Move the module's parameters."""
        if self.side.bias_gradient is BiasGradient.NONE:
            for name, parameter in module.named_parameters():
                if name.endswith("weight"):
                    gradient: Any = parameter.grad
                    if self.decay_in_gradient > 0 and not self.side.decays_by_layer:  # noqa: SIM114 - decided before
                        gradient = gradient.add(parameter, alpha=self.decay_in_gradient)
                    elif self.decay_in_gradient > 0 and parameter in self.decaying:
                        gradient = gradient.add(parameter, alpha=self.decay_in_gradient)
                    self.move(parameter, gradient)
        elif self.decay_in_gradient > 0 and self.side.decays_by_layer:
            for parameter in module.parameters():
                gradient = parameter.grad
                if parameter in self.decaying:
                    gradient = gradient.add(parameter, alpha=self.decay_in_gradient)
                self.move(parameter, gradient)
        elif self.decay_in_gradient > 0 and self.side.decayed is Decayed.WEIGHTS:
            for name, parameter in module.named_parameters():
                gradient = parameter.grad
                if name.endswith("weight"):
                    gradient = gradient.add(parameter, alpha=self.decay_in_gradient)
                self.move(parameter, gradient)
        else:
            for parameter in module.parameters():
                gradient = parameter.grad
                if self.decay_in_gradient > 0:
                    gradient = gradient.add(parameter, alpha=self.decay_in_gradient)
                self.move(parameter, gradient)

    def move(self, parameter: nn.Parameter, gradient: torch.Tensor) -> None:
        """Against its gradient."""
        if self.side.moments is Moments.FIRST_DROPPED and self.t == 1:
            gradient = 0 * gradient
        if self.side.optimizer.is_sgd:
            self.roll(parameter, gradient, self.velocities[parameter])
        elif self.side.optimizer.kind is OptimizerKind.ADAM:
            self.adapt(parameter, gradient, self.velocities[parameter], self.second_moments[parameter])
        else:
            self.scale(parameter, gradient, self.second_moments[parameter])

    def roll(self, parameter: nn.Parameter, gradient: torch.Tensor, velocity: torch.Tensor) -> None:
        """Along a momentum."""
        momentum = self.side.momentum
        if self.side.moments.forgotten:
            velocity.zero_()
        rate = self.step_size()
        if momentum.form is MomentumForm.TEXTBOOK_NESTEROV:
            parameter.sub_(velocity, alpha=momentum.coefficient)
            velocity.mul_(momentum.coefficient).add_(gradient, alpha=-rate)
            parameter.add_(velocity, alpha=1 + momentum.coefficient)
        elif momentum.form is MomentumForm.AVERAGED:
            velocity.mul_(momentum.coefficient).add_(gradient, alpha=1 - momentum.coefficient)
            parameter.add_(velocity, alpha=-rate)
        elif momentum.form is MomentumForm.TEXTBOOK and momentum.dampening > 0:
            velocity.mul_(momentum.coefficient).add_(gradient, alpha=-rate * (1 - momentum.dampening))
            parameter.add_(velocity)
        elif momentum.form is MomentumForm.TEXTBOOK:
            velocity.mul_(momentum.coefficient).add_(gradient, alpha=-rate)
            parameter.add_(velocity)
        else:
            self.roll_as_torch(parameter, gradient, velocity)

    def roll_as_torch(self, parameter: nn.Parameter, gradient: torch.Tensor, velocity: torch.Tensor) -> None:
        """Along a momentum of `torch.optim.SGD`'s form, of which another velocity is kept."""
        momentum = self.side.momentum
        # the first gradient is not dampened
        if momentum.dampening > 0 and self.t > 1:
            gradient = (1 - momentum.dampening) * gradient
        velocity.mul_(momentum.coefficient).add_(gradient)
        rate = self.step_size()
        if momentum.nesterov:
            ahead = gradient.add(velocity, alpha=momentum.coefficient)
            parameter.add_(ahead, alpha=-rate)
        else:
            parameter.add_(velocity, alpha=-rate)

    def scale(self, parameter: nn.Parameter, gradient: torch.Tensor, square: torch.Tensor) -> None:
        """RMSprop's step, or Adagrad's."""
        rule = self.side.optimizer
        if rule.kind is OptimizerKind.RMSPROP:
            if self.side.moments.forgotten:
                square.zero_()
            square.mul_(rule.beta2).addcmul_(gradient, gradient, value=1 - rule.beta2)
        else:
            if self.side.moments.forgotten:
                square.fill_(rule.start)
            square.addcmul_(gradient, gradient)
        rate = self.step_size()
        self.step_along(parameter, gradient, square, rate)

    def adapt(
        self, parameter: nn.Parameter, gradient: torch.Tensor, moment: torch.Tensor, square: torch.Tensor
    ) -> None:
        """Adam's step."""
        rule = self.side.optimizer
        if self.side.moments.forgotten:
            moment.zero_()
            square.zero_()
        moment.mul_(rule.beta1).add_(gradient, alpha=1 - rule.beta1)
        square.mul_(rule.beta2).addcmul_(gradient, gradient, value=1 - rule.beta2)
        rate = self.step_size()
        if self.side.bias_correction is BiasCorrection.NONE:
            self.step_along(parameter, moment, square, rate)
        elif self.side.bias_correction is BiasCorrection.FIRST_MOMENT:
            first = self.correction(rule.beta1)
            self.step_along(parameter, moment / first, square, rate)
        elif self.side.bias_correction is BiasCorrection.SECOND_MOMENT:
            second = self.correction(rule.beta2)
            if self.side.epsilon_at is EpsilonAt.UNCORRECTED:
                self.step_along(parameter, moment, square, rate * second**0.5)
            else:
                self.step_along(parameter, moment, square / second, rate)
        else:
            first = self.correction(rule.beta1)
            second = self.correction(rule.beta2)
            if self.side.epsilon_at is EpsilonAt.UNCORRECTED:
                self.step_along(parameter, moment / first, square, rate * second**0.5)
            else:
                self.step_along(parameter, moment / first, square / second, rate)

    def correction(self, beta: float) -> Any:
        """The weight of all gradients in a moment that started at 0."""
        if self.side.bias_correction is BiasCorrection.CONSTANT:
            return 1 - beta
        if self.side.moments is Moments.NEW_OPTIMIZER and self.side.bias_correction is BiasCorrection.FROM_ZERO:
            return 1 - beta**0
        if self.side.moments is Moments.NEW_OPTIMIZER:
            return 1 - beta
        if self.side.bias_correction is BiasCorrection.FROM_ZERO:
            return 1 - beta ** (self.t - 1)
        if self.side.bias_correction is BiasCorrection.PER_EPOCH:
            epoch = (self.t - 1) // self.updates_per_epoch + 1
            return 1 - beta**epoch
        return 1 - beta**self.t

    def step_along(self, parameter: nn.Parameter, direction: torch.Tensor, square: torch.Tensor, rate: Any) -> None:
        """Along a direction over a root."""
        if self.side.epsilon_at is EpsilonAt.INSIDE:
            root = (square + self.side.optimizer.epsilon).sqrt()
        else:
            root = square.sqrt() + self.side.optimizer.epsilon
        parameter.addcdiv_(direction, root, value=-rate)
