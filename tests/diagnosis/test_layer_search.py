"""What is ruled out by few numbers is never the layer that made an array, and a multiple is known in every layout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnosis.capture.first_and_last import Known
from engine.diagnosis.capture.laid_out import AT_ONCE, LaidOut
from engine.diagnosis.capture.layer_forms import ACTIVATIONS
from engine.diagnosis.capture.refusals import of_another_kind
from engine.diagnosis.capture.relations import matches
from engine.diagnosis.capture.row_search import row_matches
from engine.diagnosis.capture.trace import Trace


def applied(name, z):
    """As the textbook has each."""
    if name.startswith("softmax"):
        axis = {"softmax": 1, "softmax-over-samples": 0, "softmax-over-all": None}[name]
        return np.exp(z) / np.exp(z).sum(axis=axis, keepdims=True)
    return {
        "identity": lambda: z,
        "sigmoid": lambda: 1 / (1 + np.exp(-z)),
        "tanh": lambda: np.tanh(z),
        "relu": lambda: np.where(z > 0, z, 0.0),
        "leaky-relu": lambda: np.where(z > 0, z, 0.01 * z),
    }[name]()


@given(
    st.integers(0, 10_000),
    st.sampled_from(ACTIVATIONS),
    st.integers(2, 6),
    st.integers(2, 4),
    st.integers(2, 4),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_the_layer_that_made_an_array_is_found_among_others(
    seed, name, samples, inputs, units, columns, transposed, has_bias
):
    random = np.random.RandomState(seed)
    X, W, b = random.randn(samples, inputs), random.randn(inputs, units), random.randn(units)
    out = applied(name, X @ W + b if has_bias else X @ W)
    lefts = {1: X.T if columns else X, 2: random.randn(samples, inputs)}
    rights = {3: W.T if transposed else W, 4: random.randn(inputs, units)}
    biases = {5: b, 6: random.randn(units)}
    found = matches(out.T if columns else out, lefts, rights, biases, Known())
    made = [(one.left, one.right, one.bias) for one in found if one.form.activation.startswith(name)]
    assert (1, 3, 5 if has_bias else None) in made
    assert all((one.left, one.right) == (1, 3) for one in found)


@pytest.mark.parametrize("name", ["identity", "sigmoid", "tanh", "relu", "leaky-relu", "softmax"])
def test_rows_without_a_name_are_found(name):
    random = np.random.RandomState(1)
    X, W, b = random.randn(9, 3), random.randn(3, 4), random.randn(4)
    out = applied(name, X[[7, 2]] @ W + b)
    trace = Trace()
    for array in (X, W, b):
        trace.value(array)
    found = row_matches(trace, out, {0: X}, {1: W}, {2: b})
    left = next(one.left for one in found if one.bias == 2 and one.form.activation == name)
    np.testing.assert_array_equal(trace.values[left], X[[7, 2]])


@pytest.mark.parametrize("rows", [5, AT_ONCE])
def test_a_multiple_is_known_in_every_layout_and_nothing_else_is(rows):
    random = np.random.RandomState(2)
    wanted = random.randn(rows, 2)
    arrays = [-0.25 * wanted, (3 * wanted).T, wanted + 1e-3, np.zeros((rows, 2)), wanted[:-1], wanted * [1, 1.001]]
    np.testing.assert_allclose(LaidOut(arrays, wanted.shape).factors(wanted), [-0.25, 3, 0, 0], rtol=1e-12)
    assert LaidOut(arrays, wanted.shape).are(arrays[1]).tolist() == [False, True, False, False]


def test_words_in_comments_and_texts_are_no_layers():
    assert of_another_kind("x = 1  # no rnn\nprint('attention')\n") is None
    assert "recurrent" in of_another_kind("h[t] = np.tanh(W @ h[t - 1])\n")
