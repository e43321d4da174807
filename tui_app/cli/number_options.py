"""Options that take a number: read as the engine reads numbers, refused in one sentence."""

from __future__ import annotations

from typing import Any

import rich_click as click

from engine.number_text import typed_number, typed_whole


class _Number(click.ParamType):  # type: ignore[type-arg]
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; raises `SettingsError`."""
        return typed_number(_name(param), value) if isinstance(value, str) else float(value)


class _Whole(click.ParamType):  # type: ignore[type-arg]
    name = "whole number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The whole number; raises `SettingsError`."""
        return typed_whole(_name(param), value) if isinstance(value, str) else int(value)


def _name(param: click.Parameter | None) -> str:
    return param.opts[0] if param is not None else "the number"


NUMBER, WHOLE = _Number(), _Whole()
