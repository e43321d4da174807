"""Parameters as a PyTorch `state_dict` file, for `nn.Sequential.load_state_dict`. Imports torch."""

from __future__ import annotations

import io

import torch

from engine.types import FloatArray


def state_dict_file(parameters: list[FloatArray], bias: bool) -> bytes:
    """What `torch.save` writes for the layers 0, 2, 4, ... of `nn.Sequential(nn.Linear, activation, nn.Linear, ...)`.

    `torch.load(file, weights_only=True)` reads it. The arrays keep their dtype.
    """
    kinds = ("weight", "bias") if bias else ("weight",)
    state = {
        f"{2 * (index // len(kinds))}.{kinds[index % len(kinds)]}": torch.from_numpy(parameter.copy())
        for index, parameter in enumerate(parameters)
    }
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()
