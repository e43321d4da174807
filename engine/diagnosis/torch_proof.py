"""The proof: a reading in PyTorch, started from the recorded first weights and never corrected, beside the recording.

`nn.Sequential`, autograd and `torch.optim`, as `torch_mlp.py` has them, slips of hand-written code included.
Importing this module imports torch.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import nn

from engine.diagnosis.free_run import gap_to, rates_of, started
from engine.diagnosis.gradients import Reading
from engine.diagnosis.observed import Observed
from engine.experiment.choices import Precision
from engine.networks.torch_mlp import TorchMLP
from engine.networks.torch_start import activation_modules
from engine.networks.torch_threads import one_thread_each
from engine.types import FloatArray


def proof_gaps(observed: Observed, reading: Reading) -> FloatArray:
    """How far PyTorch's run is from the recording after each step, (T,): the largest difference of any number, of its
    tensor's scale.
    """
    recording, side = observed.recording, reading.side
    dtype = torch.float32 if side.precision is Precision.FLOAT32 else torch.float64
    with one_thread_each(), warnings.catch_warnings():
        # The first layer's input has no gradient, and its hooks say so.
        warnings.simplefilter("ignore", UserWarning)
        modules = _modules(observed, reading, dtype)
        network = TorchMLP(
            side, modules, reading.binary, max(observed.samples), observed.batches_of_epoch, observed.data_samples
        )
        gaps = []
        for step, rate in enumerate(rates_of(side, recording.steps, observed.batches_of_epoch)):
            X = torch.tensor(recording.inputs[step], dtype=dtype)
            Y = torch.tensor(recording.targets[step], dtype=dtype)
            network.give_rate(rate)
            network.step(X, Y)
            linear = [module for module in network.model if isinstance(module, nn.Linear)]
            W = {i: np.array(one.weight.detach().numpy()).T for i, one in enumerate(linear, start=1)}
            biases = {i: one.bias for i, one in enumerate(linear, start=1) if one.bias is not None}
            b = {i: np.array(bias.detach().numpy()) for i, bias in biases.items()}
            gaps.append(gap_to(observed, step + 1, W, b))
    return np.array(gaps)


def _modules(observed: Observed, reading: Reading, dtype: torch.dtype) -> nn.Sequential:
    """The network at the recorded start."""
    W, b = started(observed.recording, Precision.FLOAT64)
    linear = []
    for i, weight in W.items():
        fan_in, fan_out = weight.shape
        layer = nn.Linear(fan_in, fan_out, bias=i in b, dtype=dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T))
            if i in b:
                layer.bias.copy_(torch.from_numpy(b[i]))
        linear.append(layer)
    activations = activation_modules(reading.activations, reading.side)
    return nn.Sequential(*(one for pair in zip(linear, activations, strict=True) for one in pair))
