"""Devices by name: whether there is one, what it is, its faults as sentences. `torch_device.py` asks PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import DeviceError

ALIASES = ("cpu:0", "mps:0")
"""Other names of devices that are there."""


@dataclass(frozen=True)
class DeviceUse:
    """A device that is no CPU: its model, and bytes of its memory in use by this process and in all, 0 if unknown."""

    name: str
    model: str
    used: int = 0
    total: int = 0


def check_available(name: str, found: Sequence[str]) -> None:
    """Refuse a device that this machine does not have; raises `DeviceError` naming those that are there."""
    if name not in found and name not in ALIASES:
        raise DeviceError(f"PyTorch has no device '{name}' on this machine; it has {', '.join(found)}.")


def device_fault(error: Exception, device: str) -> DeviceError | None:
    """A device's own failure as a sentence; nothing for an error of another kind."""
    if type(error).__name__ == "OutOfMemoryError":
        return DeviceError(
            f"Device '{device}' has not enough free memory for this network and these data; "
            "choose smaller ones, another device, or the CPU."
        )
    text = str(error)
    if device != "cpu" and (type(error).__name__ == "AcceleratorError" or "CUDA error" in text):
        return DeviceError(
            f"Device '{device}' has failed ({text.splitlines()[0]}); run again, or choose another device."
        )
    return None
