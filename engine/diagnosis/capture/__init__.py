"""A stranger's program is run and watched: which of its arrays are weights, and what they are at each step."""

from engine.diagnosis.capture.program_runs import CaptureError, capture

__all__ = ["CaptureError", "capture"]
