"""One step of PyTorch's side with all of its own tensors: read by hooks where autograd has them, nothing rewritten.

Importing this module imports torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from engine.networks.places import Kind, Place, Tensors
from engine.networks.torch_model import TorchModel
from engine.step.step_tensors import epoch_loss_of, samples_of, with_parameters
from engine.types import FloatArray


def torch_tensors(model: TorchModel) -> Tensors:
    """One step, and all that it computed."""
    before = model.parameters()
    tensors: Tensors = {Place(Kind.SAMPLES): samples_of(model.progress, model.steps)}
    handles = [
        module.register_forward_hook(_Reader(tensors, *_places(index))) for index, module in enumerate(model.model)
    ]
    try:
        loss = model.step_on_device()
    finally:
        for handle in handles:
            handle.remove()
    tensors |= {Place(Kind.LOSS): _array(loss)} | epoch_loss_of(model, float(loss.item()))
    if model.network.fused:
        # What leaves the model are logits, and the gradient there is δ.
        output, last = Place(Kind.OUTPUT, len(model.linear_layers)), Place(Kind.ERROR, len(model.linear_layers))
        tensors[output] = _array(model.network.probabilities(torch.from_numpy(tensors[output])))
        del tensors[last]
    for layer, linear in enumerate(model.linear_layers, start=1):
        tensors[Place(Kind.WEIGHT_GRADIENT, layer)] = _array(_gradient(linear.weight))
        if linear.bias is not None and linear.bias.requires_grad:
            tensors[Place(Kind.BIAS_GRADIENT, layer)] = _array(_gradient(linear.bias))
    return with_parameters(tensors, before, model.state())


def _places(index: int) -> tuple[Place, Place]:
    """Where a module's output and the gradient there belong: `nn.Linear` and activation take turns."""
    layer = index // 2 + 1
    if index % 2 == 0:
        return Place(Kind.PRE_ACTIVATION, layer), Place(Kind.DELTA, layer)
    return Place(Kind.OUTPUT, layer), Place(Kind.ERROR, layer)


class _Reader:
    """A forward hook that keeps a module's output, and autograd's gradient of it once that is known."""

    def __init__(self, tensors: Tensors, output: Place, gradient: Place) -> None:
        self._tensors = tensors
        self._output, self._gradient = output, gradient

    def __call__(self, module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> None:
        # A forward pass without gradients is one that only logs the loss.
        if output.requires_grad:
            self._tensors[self._output] = _array(output)
            output.register_hook(self._keep_gradient)  # type: ignore[no-untyped-call]

    def _keep_gradient(self, gradient: torch.Tensor) -> None:
        self._tensors[self._gradient] = _array(gradient)


def _gradient(parameter: torch.Tensor) -> torch.Tensor:
    assert parameter.grad is not None
    return parameter.grad


def _array(tensor: torch.Tensor) -> FloatArray:
    return np.array(tensor.detach().cpu().numpy())


def library_tanh(values: FloatArray) -> FloatArray:
    """`torch.tanh` of the array as it lies."""
    return _array(torch.tanh(torch.from_numpy(np.ascontiguousarray(values))))


def library_sqrt(values: FloatArray) -> FloatArray:
    """`torch.sqrt` of the array as it lies: in float32 it is not always the nearest number."""
    return _array(torch.sqrt(torch.from_numpy(np.ascontiguousarray(values))))


def library_log_softmax(values: FloatArray) -> FloatArray:
    """`torch.log_softmax` of each row."""
    return _array(torch.log_softmax(torch.from_numpy(np.ascontiguousarray(values)), dim=1))


def vector_block(bytes_each: int) -> int:
    """How many elements PyTorch's loops take at once with this processor's vectors: two vectors' worth."""
    width = 64 if "AVX512" in torch.backends.cpu.get_cpu_capability() else 32
    return 2 * width // bytes_each
