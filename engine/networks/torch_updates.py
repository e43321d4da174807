"""How PyTorch's network moves by its gradients: `torch.optim` and `nn.utils`' clipping. What neither has is
`torch_written_out.py`'s.

Every choice of a side is an `if`; the programs that are shown are made of this source, as of `torch_mlp.py`'s.
Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.experiment.choices import RateIn
from engine.experiment.clipping import ClippingKind
from engine.experiment.optimizers import OptimizerKind
from engine.experiment.update_rules import Decayed, UpdateOrder
from engine.networks.compiler_left_out import leave_compiler_out
from engine.networks.torch_written_out import TorchWrittenOut

leave_compiler_out()


class TorchUpdates(TorchWrittenOut):
    """The update of a side: of a module by an optimizer, one for each layer where layers are updated in turn."""

    decay_rate: float
    optimizer_shrinks: bool
    optimizer: Any
    optimizers: list[torch.optim.Optimizer]

    def optimizer_of(self, groups: Any) -> torch.optim.Optimizer:
        """As `torch.optim` has it."""
        rule, momentum = self.side.optimizer, self.side.sgd_momentum
        rate = self.step_size()
        if rule.kind is OptimizerKind.RMSPROP:
            return torch.optim.RMSprop(
                groups, lr=rate, alpha=rule.beta2, eps=rule.epsilon, weight_decay=self.decay_in_gradient
            )
        if rule.kind is OptimizerKind.ADAGRAD:
            return torch.optim.Adagrad(
                groups,
                lr=rate,
                initial_accumulator_value=rule.start,
                eps=rule.epsilon,
                weight_decay=self.decay_in_gradient,
            )
        if rule.kind is OptimizerKind.ADAM and self.optimizer_shrinks:
            return torch.optim.AdamW(
                groups,
                lr=rate,
                betas=(rule.beta1, rule.beta2),
                eps=rule.epsilon,
                weight_decay=self.decay_rate,
            )
        if rule.kind is OptimizerKind.ADAM:
            return torch.optim.Adam(
                groups,
                lr=rate,
                betas=(rule.beta1, rule.beta2),
                eps=rule.epsilon,
                weight_decay=self.decay_in_gradient,
            )
        return torch.optim.SGD(
            groups,
            lr=rate,
            momentum=momentum.coefficient,
            dampening=momentum.dampening,
            nesterov=momentum.nesterov,
            weight_decay=self.decay_in_gradient,
        )

    def groups(self, module: nn.Module) -> Any:
        """What an optimizer moves; what does not decay is a group of its own."""
        if (self.decay_in_gradient > 0 or self.optimizer_shrinks) and self.side.decayed is Decayed.WEIGHTS:
            weights = [one for name, one in module.named_parameters() if name.endswith("weight")]
            biases = [one for name, one in module.named_parameters() if name.endswith("bias")]
            return [{"params": weights}, {"params": biases, "weight_decay": 0}]
        if (self.decay_in_gradient > 0 or self.optimizer_shrinks) and self.side.decays_by_layer:
            pulled = [one for one in module.parameters() if one in self.decaying]
            free = [one for one in module.parameters() if one not in self.decaying]
            return [{"params": pulled}, {"params": free, "weight_decay": 0}]
        return module.parameters()

    def give_rate(self, rate: float) -> None:
        """The learning rate of the steps to come."""
        self.learning_rate = rate
        if self.side.rate_in is RateIn.DELTA:
            return
        for optimizer in self.optimizers if self.optimizer is None else [self.optimizer]:
            for group in optimizer.param_groups:
                group["lr"] = rate

    def update(self, module: nn.Module, index: int) -> None:
        """Move the module's parameters against their gradients; `index` is that of its optimizer among several."""
        self.clip(module)
        if self.decay_rate > self.decay_in_gradient and not self.optimizer_shrinks:
            with torch.no_grad():
                self.shrink(module)
        if self.side.writes_update:
            with torch.no_grad():
                self.descend(module)
        elif self.side.update_order is UpdateOrder.TOGETHER:
            if self.side.makes_optimizers:
                groups = self.groups(module)
                self.optimizer = self.optimizer_of(groups)
            self.optimizer.step()
        else:
            if self.side.makes_optimizers:
                groups = self.groups(module)
                self.optimizers[index] = self.optimizer_of(groups)
            self.optimizers[index].step()

    def clip(self, module: nn.Module) -> None:
        """Make gradients smaller that are too large."""
        kind, bound = self.side.clipping.kind, self.side.clipping.bound
        if kind is ClippingKind.NORM:
            nn.utils.clip_grad_norm_(module.parameters(), bound)
        elif kind is ClippingKind.EXACT_NORM:
            # without the 1e-6 that clip_grad_norm_ adds to the norm
            moved = [one for one in module.parameters() if one.grad is not None]
            squares: Any = 0
            for parameter in moved:
                gradient: Any = parameter.grad
                squares = squares + gradient.square().sum()
            factor = bound / squares.sqrt().clamp(min=bound)
            for parameter in moved:
                gradient = parameter.grad
                gradient.mul_(factor)
        elif kind is ClippingKind.TENSOR_NORM:
            for parameter in module.parameters():
                nn.utils.clip_grad_norm_(parameter, bound)
        elif kind is ClippingKind.VALUE:
            nn.utils.clip_grad_value_(module.parameters(), bound)

    def shrink(self, module: nn.Module) -> None:
        """Weight decay beside the step."""
        if self.side.decays_by_layer:
            for parameter in module.parameters():
                if parameter in self.decaying:
                    rate = self.step_size()
                    parameter.mul_(1 - rate * self.decay_rate)
        elif self.side.decays_biases:
            for parameter in module.parameters():
                rate = self.step_size()
                parameter.mul_(1 - rate * self.decay_rate)
        else:
            for name, parameter in module.named_parameters():
                if name.endswith("weight"):
                    rate = self.step_size()
                    parameter.mul_(1 - rate * self.decay_rate)
