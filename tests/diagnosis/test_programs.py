"""Strangers' programs, run and diagnosed: what their text says is what is found."""

import re
from pathlib import Path

import pytest

from engine.diagnosis.capture.program_runs import capture
from engine.diagnosis.diagnosis import Conclusion, diagnose
from engine.errors import InputError
from tests.diagnosis.kept import KEPT, PROGRAMS, STEPS, kept
from tests.examples import TIMES, long

README = Path(__file__).parent.parent.parent / "README.md"

SLIPS = {
    "adam_counts_epochs": {"bias_correction": "per-epoch"},
    "adam_epsilon_inside": {"epsilon_at": "inside"},
    "adam_first_layer_decays": {"decayed": "weights-and-biases,none"},
    "adam_first_moment_alone": {"bias_correction": "first-moment"},
    "adam_no_correction": {"bias_correction": "none"},
    "bias_sum_without_axis": {"reduction": "sum", "bias_gradient": "scalar"},
    "biases_never_moved": {"bias_gradient": "none"},
    "bias_wrong_sign": {"reduction": "sum", "tensor_steps": None},
    "db_without_mean": {"tensor_steps": None},
    "deep_list": {"reduction": "sum"},
    "derivative_of_activated_value": {
        "update_order": "in-turn",
        "reduction": "sum",
        "derivative_at": "output-again",
    },
    "epsilon_in_gradient": {"loss_epsilon": "logarithm:1e-07"},
    "error_sent_down": {"sent_down": "error"},
    "first_layer_never_moved": {"tensor_steps": "W1:0+b1:0"},
    "functions_with_locals": {"reduction": "sum"},
    "hidden_derivative_forgotten": {"reduction": "sum"},
    "in_turn_module": {"update_order": "in-turn", "reduction": "sum"},
    "last_layer_never_moved": {"reduction": "per-sample", "tensor_steps": "W3:0"},
    "leaky_with_relus_derivative": {"derivative_at": None},
    "layer_objects_in_turn": {"update_order": "in-turn"},
    "mean_of_sums": {"reduction": "mean-of-sums"},
    "minibatch_averaged_momentum": {"momentum": "averaged-0.9"},
    "momentum_with_decaying_rate": {"momentum": "textbook-0.9"},
    "nielsen_lists": {"reduction": "per-sample"},
    "outer_products": {"reduction": "sum"},
    "penalty_forgotten": {"decayed": "weights,none,weights", "decay_factor": "lambda-per-sample"},
    "rate_decay": {"reduction": "sum"},
    "spiral_filled_in_place": {"decayed": "weights"},
    "relu_one_at_zero": {"derivative_at": "one-at-zero,output"},
    "softmax_class": {"reduction": "sum", "decayed": "weights"},
    "softmax_over_all": {"softmax_form": "over-all"},
    "softmax_over_samples": {"reduction": "sum", "softmax_form": "over-samples"},
    "validation_before_update": {"reduction": "sum"},
    "xor_derivative_of_z": {"reduction": "sum", "derivative_at": "pre-activation"},
    "xor_module": {"reduction": "sum"},
}
"""What each does otherwise than PyTorch, among other things."""

PARITY = (
    "adam_clipped",
    "adam_dead_unit",
    "adam_with_decaying_rate",
    "checked_gradients",
    "clipped_by_norm_momentum",
    "leaky_relu",
    "leaky_slope_batches",
    "linear_regression_inline",
    "parity_mse",
    "parity_bce",
    "parity_cross_entropy",
    "nesterov",
    "probabilities_without_a_name",
    "rate_dropped_early",
    "samples_as_rows_alone",
    "warm_up",
    "clipped_by_norm",
    "rmsprop",
    "float32_network",
)
"""With the same numbers PyTorch does what these do."""

LIVE = ("xor_module", "in_turn_module", "parity_bce", "refused_dropout")
"""Run always; of the rest recordings are read, and they are run with TIMES=20."""

STEMS = sorted(path.stem for path in PROGRAMS.glob("*.py"))
REFUSED = [name for name in STEMS if name.startswith("refused_")]
OTHERS = [name for name in STEMS if name not in (*SLIPS, *PARITY, *REFUSED)]


def _written(value):
    """One value for all layers, as it is typed."""
    values = {getattr(one, "value", str(one)) for one in (value if isinstance(value, tuple) else (value,))}
    return values.pop() if len(values) == 1 else values


def has_value(diagnosis, field, value):
    """Whether the program's side has that value of a setting; any will do where none is given."""
    found = getattr(diagnosis.settings.numpy, field)
    written = ",".join(map(_written, found)) if isinstance(found, tuple) else _written(found)
    return value is None or written == value


def _diagnosed(name):
    return diagnose(capture(str(PROGRAMS / f"{name}.py")) if TIMES > 1 or name in LIVE else kept(name))


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_found_and_proved(name):
    diagnosis = _diagnosed(name)
    assert diagnosis.conclusion is Conclusion.PROVED
    found = [cause.field for cause in diagnosis.causes]
    for field, value in SLIPS[name].items():
        assert field in found
        assert has_value(diagnosis, field, value)


@pytest.mark.parametrize("name", PARITY)
def test_right_code_is_said_to_be_right(name):
    diagnosis = _diagnosed(name)
    assert diagnosis.conclusion is Conclusion.PROVED
    assert diagnosis.is_parity


@pytest.mark.parametrize("name", [pytest.param(one, marks=() if one in LIVE else long) for one in REFUSED])
def test_what_is_no_chain_of_layers_is_refused_in_a_sentence(name):
    with pytest.raises(InputError, match=r"^.*\.py: [A-Z].*\.$"):
        diagnose(capture(str(PROGRAMS / f"{name}.py")))


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_program_is_proved(name):
    assert _diagnosed(name).conclusion is Conclusion.PROVED


def test_what_is_kept_is_of_these_programs():
    names = sorted(path.stem for path in KEPT.glob("*.zip"))
    assert names == sorted([*SLIPS, *PARITY, *OTHERS])
    for name in names:
        assert kept(name).source == (PROGRAMS / f"{name}.py").read_text(), "python -m tests.diagnosis.kept"


def _numbers_of(recording):
    """What a call has returned last depends on when the program was stopped."""
    return {name: value for name, value in recording.constants.items() if not name.endswith("()")}


@long
@pytest.mark.parametrize("name", [*SLIPS, *PARITY, *OTHERS])
def test_what_is_kept_is_what_is_recorded_now(name):
    then, now = kept(name), capture(str(PROGRAMS / f"{name}.py"))
    assert (then.layers, then.lines, then.notes) == (now.layers, now.lines, now.notes)
    assert _numbers_of(then) == _numbers_of(now)
    assert [(X.shape, Y.shape) for X, Y in then.batches] == [(X.shape, Y.shape) for X, Y in now.first(STEPS).batches]


def test_the_readmes_table_counts_these_programs():
    rows = re.findall(r"^\| [^|]+\| (\d+) \|.*\| (\d+) (proved|refused) \|", README.read_text("utf-8"), re.MULTILINE)
    expected = [(len(SLIPS), "proved"), (len(PARITY), "proved"), (len(OTHERS), "proved"), (len(REFUSED), "refused")]
    assert rows == [(str(count), str(count), verdict) for count, verdict in expected]


def test_a_program_that_fails_says_why(tmp_path):
    program = tmp_path / "fails.py"
    program.write_text("import numpy as np\nraise ValueError('no data here')\n")
    with pytest.raises(InputError, match="no data here"):
        capture(str(program))


def test_a_recording_is_diagnosed_as_the_program_is(tmp_path):
    """The recorder's file of a loop that is written out here: a sum where MSELoss takes a mean."""
    import numpy as np

    from engine.diagnosis.recording_files import load_recording

    random = np.random.RandomState(0)
    x, y = random.uniform(-1, 1, (7, 3)), random.uniform(0, 1, (7, 2))
    W1, W2 = random.normal(size=(3, 4)), random.normal(size=(4, 2))
    kept = {"W1": [], "W2": [], "x": [], "y": []}
    for _ in range(30):
        for name, array in (("W1", W1), ("W2", W2), ("x", x), ("y", y)):
            kept[name].append(array.copy())
        hidden = np.tanh(x @ W1)
        error = hidden @ W2 - y
        down = (error @ W2.T) * (1 - hidden * hidden)
        W2 = W2 - 0.05 * hidden.T @ error
        W1 = W1 - 0.05 * x.T @ down
    np.savez(tmp_path / "recording.npz", learning_rate=np.full(30, 0.05), **{k: np.array(v) for k, v in kept.items()})
    diagnosis = diagnose(load_recording(tmp_path / "recording.npz"))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert [cause.field for cause in diagnosis.causes] == ["reduction"]
    assert diagnosis.settings.numpy.learning_rate == 0.05
    assert [one.value for one in diagnosis.reading.activations] == ["tanh", "identity"]
