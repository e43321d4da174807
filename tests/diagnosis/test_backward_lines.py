"""The lines that make δ and the gradients are found by their numbers."""

import numpy as np
import pytest

from engine.diagnosis.capture.program_runs import capture
from engine.diagnosis.cause_lines import lines_of
from engine.diagnosis.diagnosis import diagnose
from engine.diagnosis.made_arrays import MadeArray, sums_of
from engine.export.diagnosis_file import diagnosis_document
from engine.networks.places import Kind, Place
from tests.examples import long

PROGRAM = """\
import numpy as np
random = np.random.RandomState(0)
X, Y = random.randn(12, 3), random.rand(12, 2)
W1, b1 = random.randn(3, 5), np.zeros(5)
W2, b2 = random.randn(5, 2), np.zeros(2)
for step in range(40):
    h = np.tanh(X @ W1 + b1)
    out = 1 / (1 + np.exp(-(h @ W2 + b2)))
    print(((out - Y) ** 2).mean())
    error = out - Y
    d2 = error * out * (1 - out)
    sent = d2 @ W2.T
    d1 = sent
    step1 = X.T @ d1
    shift1 = d1.sum()
    W2 -= 0.1 * h.T @ d2
    b2 -= 0.1 * d2.sum()
    W1 -= 0.1 * step1
    b1 -= 0.1 * shift1
"""
"""Of two layers, with a derivative that is forgotten and sums without an axis."""


def test_each_is_found_where_the_program_has_a_name_for_it(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    diagnosis = diagnose(capture(str(path)))
    assert diagnosis.backward[Place(Kind.DELTA, 2)] == (11,)
    # It is bound twice: as what is sent down, and as δ.
    assert diagnosis.backward[Place(Kind.DELTA, 1)] == (12, 13)
    assert diagnosis.backward[Place(Kind.WEIGHT_GRADIENT, 1)] == (14,)
    lines = {cause.field: lines_of(diagnosis, cause.field) for cause in diagnosis.causes}
    document = {one["field"]: one["lines"] for one in diagnosis_document(diagnosis)["differences"]}
    assert lines == document == {"reduction": [11], "derivative_at": [12, 13], "bias_gradient": [17, 19]}


OF_SOFTMAX = """\
import numpy as np
random = np.random.RandomState(0)
X, labels = random.randn(12, 3), random.randint(4, size=12)
W, b = random.randn(3, 4), np.zeros(4)
def softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=0)
for step in range(40):
    p = softmax(X @ W + b)
    d = p.copy()
    d[np.arange(12), labels] -= 1
    d /= 12
    deltas = []
    deltas.insert(0, d)
    for delta in deltas:
        W -= 0.5 * X.T @ delta
        b -= 0.5 * delta.sum(axis=0)
"""


@long
def test_a_softmax_is_shown_where_it_is_made_and_a_delta_not_where_it_is_handed_on(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(OF_SOFTMAX)
    diagnosis = diagnose(capture(str(path)))
    assert [cause.field for cause in diagnosis.causes] == ["softmax_form"]
    assert lines_of(diagnosis, "softmax_form") == [7]
    assert set(diagnosis.backward[Place(Kind.DELTA, 1)]) <= {11, 12}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda a: a, True),
        (lambda a: -3.5 * a, True),
        (lambda a: a.T, True),
        (lambda a: a.reshape(-1, 1) / 7, True),
        (lambda a: a + 1e-5, False),
        (np.abs, False),
        (lambda a: a[:-1], False),
        (lambda a: 0 * a, False),
        (lambda a: a * np.inf, False),
    ],
)
def test_an_array_is_known_again_but_for_factor_and_layout(change, same):
    array = np.random.RandomState(1).randn(4, 5)
    made = MadeArray(1, "a", array.size, sums_of(array))
    with np.errstate(all="ignore"):
        assert made.is_multiple_of(change(array), 1e-9) is same


@pytest.mark.parametrize(
    ("name", "named"), [("d2", True), ("self.d['W2']", True), ("grads[0]", True), ("out - Y", False), ("h @ W2", False)]
)
def test_an_expression_is_no_name(name, named):
    assert MadeArray(1, name, 2, (0.0, 0.0, 0.0, 0.0)).is_named is named
