"""Which devices PyTorch has on this machine, and a clear refusal of those it has not. Imports torch."""

from __future__ import annotations

import torch

from engine.errors import DeviceError


def available_devices() -> list[str]:
    """The names that `device` can have here, the CPU first."""
    found = ["cpu"]
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count:
        found.append("cuda")
        found += [f"cuda:{index}" for index in range(count)]
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def find_device(name: str) -> torch.device:
    """The device called `name`; raises `DeviceError` naming those that are there."""
    found = available_devices()
    if name not in found and name not in ("cpu:0", "mps:0"):
        raise DeviceError(f"PyTorch has no device '{name}' on this machine; it has {', '.join(found)}.")
    return torch.device(name)
