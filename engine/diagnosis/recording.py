"""What is known of a stranger's run: its parameters at each of some steps, the batch of each, and what it logged.

Arrays and names only. Reading a file of it is `recording_files.py`'s, making one of a program `capture/`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.diagnosis.data_places import Probe
from engine.diagnosis.made_arrays import MadeArray
from engine.diagnosis.written_lines import written_lines
from engine.experiment.settings import Activation
from engine.types import FloatArray

LEAST_STEPS = 6
"""Fewer steps let every momentum pass for plain descent."""

PROOF_STEPS = 20
"""So many a proof repeats."""


@dataclass(frozen=True)
class LayerNames:
    """How a program keeps one layer: the names of its arrays in the recording, and how they are laid out."""

    weight: str
    transposed: bool = False
    """Whether it is kept (fan_out, fan_in)."""
    bias: str | None = None
    ones: bool = False
    """Whether the last row of the weight is the bias: the program puts a column of ones beside the layer's input."""
    activation: Activation | None = None
    """None where it is not known."""
    ones_first: bool = False
    """Whether that column of ones is the first one in the program, and the bias the weight's first row there."""
    negative_slope: float | None = None
    """Of a leaky ReLU, where it is known."""

    @property
    def bias_row(self) -> str:
        """Which row or column of the program's weight is the bias, where it is kept there."""
        return f"{'first' if self.ones_first else 'last'} {'column' if self.transposed else 'row'}"


@dataclass(frozen=True, eq=False)
class Recording:
    """T steps of a run. `arrays` has what the program calls a name, (T + 1, …): before the first step, and after each.

    `inputs` and `targets` are the batch of each step, (N, D) and (N, C), samples as rows, whatever the program does.
    """

    arrays: Mapping[str, FloatArray]
    inputs: tuple[FloatArray, ...]
    targets: tuple[FloatArray, ...]
    layers: tuple[LayerNames, ...]
    """First to last."""
    logged: Mapping[str, FloatArray] = field(default_factory=dict)
    """Numbers that change from step to step, (T,) each, NaN where a step had none."""
    constants: Mapping[str, float] = field(default_factory=dict)
    """Numbers that the program names, by their names: learning rates and the like."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where an array is changed in the program, by the array's name; the first line is 1."""
    program: str = ""
    """The file that was run, as it was named."""
    source: str = ""
    """Its text."""
    cells: tuple[tuple[int, int], ...] = ()
    """Of each line of it, the notebook's cell and the line there; none of a plain program."""
    notes: tuple[str, ...] = ()
    """Sentences about what was made up or left out."""
    made: tuple[MadeArray, ...] = ()
    """What the program made in one of the steps, in the order of its lines."""
    made_at: int = 0
    """That step."""
    was_run: bool = True
    """Whether a program was run for it: its constants are then all that the program names."""
    data: tuple[Probe, ...] = ()
    """Where the program binds its data, and what a probe would put there, the way to be tried first before others; none
    where that is not known.
    """

    @property
    def steps(self) -> int:
        """T."""
        return len(self.inputs)

    @property
    def batches(self) -> list[tuple[FloatArray, FloatArray]]:
        """X (N, D) and Y (N, C) of each step."""
        return list(zip(self.inputs, self.targets, strict=True))

    def place(self, lines: Sequence[int]) -> str:
        """How these lines of the program are called: 'lines 3 and 5', 'cell 2, line 1'."""
        return written_lines(lines, self.cells)

    def first(self, steps: int) -> Recording:
        """The first steps alone."""
        if steps >= self.steps:
            return self
        return replace(
            self,
            arrays={name: array[: steps + 1] for name, array in self.arrays.items()},
            inputs=self.inputs[:steps],
            targets=self.targets[:steps],
            logged={name: values[:steps] for name, values in self.logged.items()},
        )

    def weight(self, layer: int, step: int) -> FloatArray:
        """Of a layer, from 0, before that step: (fan_in, fan_out)."""
        names = self.layers[layer]
        array = self.arrays[names.weight][step]
        found: FloatArray = array.T if names.transposed else array
        return found[:-1] if names.ones else found

    def bias(self, layer: int, step: int) -> FloatArray | None:
        """Of a layer, from 0, before that step: (fan_out,); none if it has none."""
        names = self.layers[layer]
        if names.ones:
            array = self.arrays[names.weight][step]
            return np.ravel(array[:, -1] if names.transposed else array[-1])
        return None if names.bias is None else np.ravel(self.arrays[names.bias][step])
