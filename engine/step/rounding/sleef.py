"""The exponential of PyTorch's vector code, Sleef's `exp` to one ulp, repeated step by step with fused multiply-adds.

It is not the C library's `exp`: the last bit of about one value in twenty is another. Source of the reduction and the
coefficients: Shibata and Petrogalli, "SLEEF: A Portable Vectorized Library" (2020), `xexp` and `xexpf`.
"""

from __future__ import annotations

import numpy as np

from engine.step.rounding.ways import fused

LOG2_E = 1.442695040888963407359924681001892137426645954152985934135449406931

DOUBLE_LN2 = (0.69314718055966295651160180568695068359375, 0.28235290563031577122588448175013436025525412068e-12)
DOUBLE_COEFFICIENTS = (
    0.2081276378237164457e-8,
    0.2511210703042288022e-7,
    0.2755762628169491192e-6,
    0.2755723402025388239e-5,
    0.2480158687479686264e-4,
    0.1984126989855865850e-3,
    0.1388888888914497797e-2,
    0.8333333333314938210e-2,
    0.4166666666666602598e-1,
    0.1666666666666669072e0,
)

SINGLE_LN2 = (0.693145751953125, 1.428606765330187045e-06)
SINGLE_COEFFICIENTS = (
    0.000198527617612853646278381,
    0.00139304355252534151077271,
    0.00833336077630519866943359,
    0.0416664853692054748535156,
    0.166666671633720397949219,
    0.5,
)


def vector_exp(value: np.floating) -> np.floating:
    """Exp of one float32 or float64 number, as a lane of PyTorch's vectors computes it."""
    number = np.asarray(value).dtype.type
    double = number is np.float64
    powers = np.rint(value * number(LOG2_E))
    high, low = DOUBLE_LN2 if double else SINGLE_LN2
    s = fused(powers, number(-low), fused(powers, number(-high), value))
    mantissa = _double_mantissa(s) if double else _single_mantissa(s)
    exponential: np.floating = number(np.ldexp(mantissa, int(powers)))
    return exponential


def _double_mantissa(s: np.floating) -> np.floating:
    """e^s by Estrin's scheme, then Horner's for the last three terms."""
    c = [np.float64(coefficient) for coefficient in DOUBLE_COEFFICIENTS]
    s2 = s * s
    s4 = s2 * s2
    s8 = s4 * s4

    def four(index: int) -> np.floating:
        return fused(s2, fused(s, c[index], c[index + 1]), fused(s, c[index + 2], c[index + 3]))

    u = fused(s8, fused(s, c[0], c[1]), fused(s4, four(2), four(6)))
    for coefficient in (0.5, 1.0, 1.0):
        u = fused(u, s, np.float64(coefficient))
    return u


def _single_mantissa(s: np.floating) -> np.floating:
    u = np.float32(SINGLE_COEFFICIENTS[0])
    for coefficient in SINGLE_COEFFICIENTS[1:]:
        u = fused(u, s, np.float32(coefficient))
    return np.float32(np.float32(1) + fused(s * s, u, s))
