"""Everything of an experiment that one takes home: programs, losses, parameters and a report, as files' contents.

Writing them to disk is `files.py`'s. Building the state dicts imports torch.
"""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np

from engine.experiment.choices import SideName
from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.per_layer import of_layers, typed
from engine.experiment.settings import Settings
from engine.networks.places import parameter_places
from engine.networks.programs import data_file_name, given_files, script_files
from engine.number_text import MEANINGFUL_ULPS, number
from engine.run.comparison import ParameterPair, compare_parameters
from engine.run.history import Curves
from engine.run.result import Result
from engine.types import FloatArray


def export_files(result: Result, command: str) -> dict[str, str | bytes]:
    """The content of every file by its name. `command` is the line that repeats the experiment."""
    from engine.export.torch_state_dict import state_dict_file

    files: dict[str, str | bytes] = dict(script_files(result.settings))
    files["losses.csv"] = losses_csv(result.curves)
    files["parameters.npz"] = parameters_npz(result)
    for side in SideName:
        places = parameter_places(of_layers(result.settings.side(side).bias, len(result.settings.activations)))
        parameters = dict(zip(places, own_parameters(side, result.parameters).values(), strict=True))
        files[f"{side.value}_state_dict.pt"] = state_dict_file(parameters)
    files["report.md"] = report(result, command)
    return files


def export_names(settings: Settings) -> list[str]:
    """The names of all files, before anything is made."""
    data_file = data_file_name(settings.data)
    programs = ["numpy_mlp.py", "pytorch_mlp.py", *([data_file] if data_file else []), *given_files(settings)]
    states = [f"{side.value}_state_dict.pt" for side in SideName]
    return [*programs, "losses.csv", "parameters.npz", *states, "report.md"]


def losses_csv(curves: Curves) -> str:
    """A line for each epoch, or for each group of epochs with its least and greatest values where they are grouped."""
    numpy, pytorch, gap = curves.numpy, curves.pytorch, curves.gap
    if len(numpy.epochs) == numpy.last_epoch:
        rows = ["epoch,numpy,pytorch,gap"]
        columns = zip(numpy.epochs.tolist(), *(one.low.tolist() for one in (numpy, pytorch, gap)), strict=True)
    else:
        rows = ["first_epoch,numpy_low,numpy_high,pytorch_low,pytorch_high,gap_low,gap_high"]
        ends = (end.tolist() for one in (numpy, pytorch, gap) for end in (one.low, one.high))
        columns = zip(numpy.epochs.tolist(), *ends, strict=True)
    rows += [",".join(map(repr, row)) for row in columns]
    return "\n".join(rows) + "\n"


def own_parameters(side: SideName, pairs: tuple[ParameterPair, ...]) -> dict[str, FloatArray]:
    """One side's parameters by name, in PyTorch's order."""
    own = {pair.name: pair.numpy if side is SideName.NUMPY else pair.pytorch for pair in pairs}
    return {name: value for name, value in own.items() if value is not None}


def parameters_npz(result: Result) -> bytes:
    """Arrays such as `numpy_layer_1_weight` and `pytorch_initial_layer_2_bias`, in PyTorch's orientation."""
    arrays: dict[str, Any] = {}
    for side in SideName:
        for when, pairs in (("", result.parameters), ("initial_", result.initial_parameters)):
            for name, value in own_parameters(side, pairs).items():
                arrays[f"{side.value}_{when}{name.replace(' ', '_')}"] = value
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def report(result: Result, command: str) -> str:
    """The experiment, its verdict, its differences and its gaps as Markdown."""
    settings, gap = result.settings, result.comparison.losses
    data = settings.data
    lines = [
        f"# {result.verdict.headline}",
        "",
        result.verdict.detail,
        "",
        f"{_code(data.name)}: N = {data.samples}, D = {data.inputs}, C = {data.outputs}. "
        f"Layers {'-'.join(map(str, settings.layer_sizes))}, {typed(settings.activation)}, seed {settings.seed}, "
        f"{gap.epochs:,} of {settings.epochs:,} epochs.",
        "",
        f"    {command}",
        "",
        "| difference | by hand | | PyTorch |",
        "| --- | --- | --- | --- |",
    ]
    for one in CATALOGUE:
        numpy, pytorch = (one.name(one.value(settings, side)) for side in SideName)
        lines.append(f"| {one.title} | {numpy} | {'=' if one.matched(settings) else '≠'} | {pytorch} |")
    lines += ["", "| losses | first | last |", "| --- | --- | --- |"]
    for side, curve in zip(SideName, (result.curves.numpy, result.curves.pytorch), strict=True):
        lines.append(f"| {side.label} | {curve.first!r} | {curve.last!r} |")
    lines += ["", "| gap of | largest absolute | largest relative | ULP |", "| --- | --- | --- | --- |"]
    lines.append(f"| losses | {number(gap.max_absolute, 3)} | {number(gap.max_relative, 3)} | {_ulps(gap.max_ulp)} |")
    for one_gap in compare_parameters(settings, result.parameters):
        lines.append(
            f"| {one_gap.name} | {number(one_gap.max_absolute, 3)} | {number(one_gap.max_relative, 3)} | "
            f"{_ulps(one_gap.max_ulp)} |"
        )
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """One line of text that Markdown shows as it is, whatever signs are in it."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    # A space at both ends keeps a backtick of the text away from the fence, and is not shown.
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _ulps(count: int) -> str:
    return str(count) if count < MEANINGFUL_ULPS else ""
