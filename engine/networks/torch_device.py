"""Which devices PyTorch has on this machine, and how much of one is in use. Imports torch."""

from __future__ import annotations

import torch

from engine.experiment.devices import DeviceUse, check_available


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
    check_available(name, available_devices())
    return torch.device(name)


def device_use(name: str) -> DeviceUse | None:
    """What a device is and how much of its memory is in use; nothing for the CPU."""
    device = torch.device(name)
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return DeviceUse(name, torch.cuda.get_device_name(device), torch.cuda.memory_reserved(device), total)
    if device.type == "mps":
        return DeviceUse(name, "Apple GPU", torch.mps.current_allocated_memory())
    return None
