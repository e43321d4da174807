"""Parameters as a PyTorch `state_dict` file, for `nn.Sequential.load_state_dict`. Imports torch."""

from __future__ import annotations

import io

import torch

from engine.networks.places import Tensors


def state_dict_file(parameters: Tensors) -> bytes:
    """What `torch.save` writes for the layers 0, 2, 4, ... of `nn.Sequential(nn.Linear, activation, nn.Linear, ...)`.

    `torch.load(file, weights_only=True)` reads it. The arrays keep their dtype.
    """
    state = {
        f"{2 * (place.layer - 1)}.{place.kind.value}": torch.from_numpy(parameter.copy())
        for place, parameter in parameters.items()
    }
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()
