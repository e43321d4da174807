"""What a factor may be of the number of samples N and of outputs C: 2 is N·C/2 where N = 4 and C = 1, or it is 2."""

from __future__ import annotations

from collections.abc import Callable

from engine.diagnosis.numbers import near

FORMS: dict[str, Callable[[float, float], float]] = {
    "N·C/2": lambda N, C: N * C / 2,
    "N": lambda N, C: N,
    "N·C": lambda N, C: N * C,
    "C": lambda N, C: C,
    "C/2": lambda N, C: C / 2,
    "N/2": lambda N, C: N / 2,
    "1/N": lambda N, C: 1 / N,
    "2/N": lambda N, C: 2 / N,
    "1/(N·C)": lambda N, C: 1 / (N * C),
    "2/(N·C)": lambda N, C: 2 / (N * C),
    "1/C": lambda N, C: 1 / C,
    "2/C": lambda N, C: 2 / C,
    "1/N²": lambda N, C: 1 / N**2,
    "N²": lambda N, C: N**2,
}
"""The likelier first."""

ALLOWED = 1e-6


def forms_of(value: float, samples: int, outputs: int) -> tuple[str, ...]:
    """The names of all that give this value, whatever its sign."""
    return tuple(name for name, form in FORMS.items() if near(form(samples, outputs), abs(value), ALLOWED))


def value_of(form: str, like: float, samples: int, outputs: int) -> float:
    """Of a form, with the sign of another value."""
    value = FORMS[form](samples, outputs)
    return value if like > 0 else -value
