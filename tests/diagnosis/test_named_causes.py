"""Of readings that give the same run, the one is named that people mean."""

from dataclasses import replace

import numpy as np
import pytest

from engine.diagnosis.capture.program_numbers import written_numbers
from engine.diagnosis.capture.program_runs import capture
from engine.diagnosis.diagnosis import Conclusion
from engine.diagnosis.diagnosis import diagnose as diagnosed
from engine.diagnosis.numbers import Numbers, factors_in
from engine.diagnosis.rates import schedules_behind
from engine.experiment.data import Dataset
from engine.experiment.schedules import ScheduleKind
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from tests.diagnosis.injected import recorded
from tests.examples import long, one_in
from tui_app.text.diagnosis_report import diagnosis_lines


def _of(C=2, N=5, hidden=(4,), **choices):
    random = np.random.RandomState(1)
    data = Dataset("data", random.uniform(-1, 1, (N, 2)), random.uniform(0, 1, (N, C)))
    own = Side(
        **{"precision": "float64", "initial_weights": "normal", "learning_rate": 0.3, "reduction": "sum"} | choices
    )
    return diagnosed(recorded(Settings(data, own, own, hidden=hidden), 30))


@one_in(5)
@pytest.mark.parametrize(
    ("choices", "causes"),
    [
        pytest.param({"zero_grad": "forgotten", "reduction": "mean", "learning_rate": 0.02}, {"zero_grad"}, id="sums"),
        pytest.param(
            {"sent_down": "error", "batch": 1, "C": 1, "N": 7}, {"sent_down", "reduction"}, id="one-at-a-time"
        ),
        pytest.param(
            {"C": 1, "N": 7, "hidden": (4, 2), "optimizer": "adam", "reduction": "mean", "learning_rate": 0.05},
            set(),
            id="adam-of-two-last-weights",
        ),
        pytest.param({"rate_in": "delta", "hidden": (4, 3)}, {"rate_in", "reduction"}, id="rate-in-delta"),
    ],
)
def test_the_slip_is_called_by_its_name(choices, causes):
    diagnosis = _of(**choices)
    assert diagnosis.conclusion is Conclusion.PROVED
    assert {cause.field for cause in diagnosis.causes} == causes


ADAM = {"optimizer": "adam", "reduction": "mean", "learning_rate": 0.05}


@one_in(2)
@pytest.mark.parametrize(
    ("choices", "fields"),
    [
        ({"tensor_steps": "b1:0"}, {"tensor_steps"}),
        ({"weight_decay": "decoupled-0.01", "schedule": "cosine:length=60,per=batch"}, set()),
        ({"weight_decay": "decoupled-0.01", "decayed": "weights", "schedule": "inverse:decay=0.1"}, {"decayed"}),
    ],
    ids=["a bias that stands still", "a decay beside steps that shrink", "of the weights alone"],
)
def test_what_stands_beside_adams_steps_is_told(choices, fields):
    diagnosis = _of(N=7, **ADAM, **choices)
    assert diagnosis.conclusion is Conclusion.PROVED
    assert {cause.field for cause in diagnosis.causes} == fields
    for field in ("weight_decay", *fields):
        assert getattr(diagnosis.settings.numpy, field) == getattr(Side(**ADAM, **choices), field)


SUMS_OVER_EPOCHS = """
import numpy as np
r = np.random.RandomState(0)
X = r.randn(20, 3); Y = (X @ r.randn(3, 1) > 0) * 1.0
W = r.randn(3, 1)
history = []
for epoch in range(12):
    total = 0
    for k in range(0, 20, 8):
        x, y = X[k:k + 8], Y[k:k + 8]
        p = 1 / (1 + np.exp(-(x @ W)))
        cost = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
        total += cost
        W -= 0.5 * x.T @ (p - y) / len(x)
    mean_cost = {}
    history.append(mean_cost)
"""


@pytest.mark.parametrize(("made", "cause"), [("total / 20", set()), ("total", {"loss_report"})])
def test_sums_of_batches_that_are_divided_by_all_samples_are_a_mean(made, cause, tmp_path):
    """It is what is made of all batches that is logged; where nothing is, the batches' own numbers are all there is."""
    program = tmp_path / "program.py"
    program.write_text(SUMS_OVER_EPOCHS.format(made))
    diagnosis = diagnosed(capture(str(program), steps=30))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert {one.field for one in diagnosis.causes} == cause


DOUBLE = """
import numpy as np
r = np.random.RandomState(0)
X, y = r.randn(30, 4), r.randint(0, 3, 30)
W = r.randn(4, 3) * 0.1
losses = []
for _ in range(40):
    s = np.exp(X @ W)
    p = s / s.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(30), y]).mean() + {} * np.sum(W * W)
    losses.append(loss)
    p[np.arange(30), y] -= 1
    W -= 0.2 * (X.T @ p / 30 + 0.1 * W)
"""


@one_in(2)
@pytest.mark.parametrize(
    ("factor", "said"),
    [("0.1", ["logged_penalty"]), ("0.05", ["logged_penalty"]), ("0.07", [])],
    ids=["twice", "right", "neither"],
)
def test_a_penalty_that_is_logged_twice_is_told_from_one_that_is_right(factor, said, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(DOUBLE.format(factor))
    diagnosis = diagnosed(capture(str(program), steps=30))
    assert [one.field for one in diagnosis.causes] == said
    expected = {"0.1": "twice", "0.05": "added", "0.07": "left-out"}[factor]
    assert diagnosis.settings.numpy.logged_penalty.value == expected
    lines = " ".join("".join(part for part, _ in line) for line in diagnosis_lines(diagnosis))
    assert ("none of the losses that are known" in lines) is (factor == "0.07")


IN_DATA = """
import numpy as np
X = np.array([[0.3, 1.0], [0.5, 0.2], [1.0, 0.4], [0.6, {}]]) / 2
y = np.array([[0.75], [0.82], [0.93], [0.7]])
W = np.random.RandomState(4).randn(2, 1)
scalar = 3
for k in range(60):
    error = X @ W - y
    W = W - scalar * (X.T @ error / 4 + 0.0001 * W)
"""


@one_in(2)
@pytest.mark.parametrize("number", ["1.5", "0.375", "0.1"])
def test_a_number_of_the_data_is_no_learning_rate(number, tmp_path):
    """And a whole number is one, whatever it is called, where a line that moves weights names it."""
    program = tmp_path / "program.py"
    program.write_text(
        IN_DATA.format(number).replace("scalar = 3", "scalar = 0.75" if number == "0.375" else "scalar = 3")
    )
    diagnosis = diagnosed(capture(str(program)))
    assert diagnosis.settings.numpy.learning_rate == (0.75 if number == "0.375" else 3)


CHECKED = """
import numpy as np
r = np.random.RandomState(0)
X, y = r.randn(9, 2), r.randn(9)
def cost(theta): return np.sum((X.dot(theta) - y) ** 2) / 18
theta = {}
for i in range(2):
    d = np.zeros(2); d[i] = 1e-3
    slope = (cost(theta + d) - cost(theta - d)) / 2e-3
for _ in range(60):
    theta = theta - 0.1 * X.T.dot(X.dot(theta) - y) / 9
    last = cost(theta)
"""


@one_in(2)
@pytest.mark.parametrize("start", ["np.zeros(2)", "r.randn(2)"])
def test_a_check_of_the_gradient_of_few_weights_is_no_training(start, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(CHECKED.format(start))
    diagnosis = diagnosed(capture(str(program)))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert "reduction" in {one.field for one in diagnosis.causes}


@one_in(3)
@pytest.mark.parametrize("optimizer", ["adam:beta1=0.85,beta2=0.997", "rmsprop:alpha=0.93"])
def test_numbers_that_the_program_names_are_tried_for_what_averages_keep(optimizer):
    random = np.random.RandomState(1)
    data = Dataset("data", random.uniform(-1, 1, (6, 2)), random.uniform(0, 1, (6, 2)))
    own = Side(precision="float64", learning_rate=0.05, optimizer=optimizer)
    recording = recorded(Settings(data, own, own, hidden=(4,)), 30)
    named = {"lr": 0.05, "b1": 0.85, "b2": 0.997, "rho": 0.93}
    diagnosis = diagnosed(replace(recording, constants=named))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert diagnosis.settings.numpy.optimizer == own.optimizer


def test_schedules_are_fitted_whether_round_or_not():
    steps = np.arange(60.0)
    for decay in (0.02, 0.01 / 1.01):
        found = list(schedules_behind(0.3 / (1 + decay * steps), 1, Numbers({}, 1e-7)))
        assert {one.kind for one in found} == {ScheduleKind.INVERSE}
        assert min(abs(one.decay / decay - 1) for one in found) < 1e-12
    for seed in range(20):
        random = np.random.RandomState(seed)
        assert list(schedules_behind(random.uniform(0.1, 1, 60), 1, Numbers({}, 1e-7))) == []


@pytest.mark.parametrize(
    ("constants", "value", "name"),
    [
        ({"m": 20.0}, 20.0, ""),
        ({"m": 20.0, "line 7: 20.0": 20.0}, 20.0, "line 7: 20.0"),
        ({"axis": 1.0}, 1.0, ""),
        ({"axis": 1.0, "lr": 1.0}, 1.0, "lr"),
        ({"speed": 0.3}, 0.3, "speed"),
    ],
)
def test_a_count_is_no_learning_rate(constants, value, name):
    assert Numbers(constants, 1e-7).as_rate(value).name == name


def test_a_smaller_batch_divided_by_the_size_of_a_whole_one():
    """d / batch_size: too short a step in the smaller last batch."""
    random = np.random.RandomState(1)
    data = Dataset("data", random.uniform(-1, 1, (10, 2)), random.uniform(0, 1, (10, 3)))
    own = Side(precision="float64", learning_rate=0.1, reduction="per-batch-size", batch=6)
    recording = recorded(Settings(data, own, own, hidden=(3,)), 30)
    diagnosis = diagnosed(replace(recording, constants={"lr": 0.1, "batch_size": 6.0}))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert [cause.field for cause in diagnosis.causes] == ["reduction"]
    text = " ".join("".join(part for part, _ in line) for line in diagnosis_lines(diagnosis))
    assert diagnosis.settings.numpy.reduction.value == "per-batch-size"
    assert "learning rate 0.1 (lr)" in text


def test_a_run_that_grows_roundings_is_said_to_do_so():
    diagnosis = replace(_of(), conclusion=Conclusion.REPRODUCED, gaps=np.geomspace(1e-12, 0.34, 20))
    said = "".join(part for part, _ in list(diagnosis_lines(diagnosis))[3])
    assert said.startswith("Repeated by hand alone: in PyTorch roundings grow to 0.34 of the weights' size")


TRAINS = """\
import numpy as np
random = np.random.RandomState(0)
X = random.randn(20, 3)
Y = X[:, :1] * 2
W = random.randn(3, 1)
losses, others = [], []
{}for step in range(40):
    error = X @ W - Y
{}    W = W - 0.1 * 2 * X.T @ error / 20
{}"""


@one_in(5)
@pytest.mark.parametrize(
    ("ahead", "before", "after", "logged"),
    [
        ("", "", "    losses.append(np.mean((X @ W - Y) ** 2))\n", {"losses": "after-update"}),
        ("", "    losses.append(np.mean(error ** 2))\n", "", {"losses": "before-update"}),
        (
            "",
            "    losses.append(np.mean(error ** 2))\n",
            "    others.append(np.mean((X @ W - Y) ** 2))\n",
            {"losses": "before-update", "others": "after-update"},
        ),
        (
            "first = np.mean((X @ W - Y) ** 2)\n",
            "    losses.append(np.mean(error ** 2))\n",
            "",
            {"losses": "before-update"},
        ),
        (
            "",
            "",
            "    if step % 5 == 4:\n        losses.append(np.mean((X @ W - Y) ** 2))\n",
            {"losses": "after-update"},
        ),
    ],
)
def test_what_is_logged_at_the_end_of_a_step_is_logged_after_it(ahead, before, after, logged, tmp_path):
    """Though the next step begins with the very same numbers."""
    program = tmp_path / "program.py"
    program.write_text(TRAINS.format(ahead, before, after))
    diagnosis = diagnosed(capture(str(program)))
    assert {one.name: one.moment.value for one in diagnosis.logged} == logged


IN_BATCHES = """
import numpy as np
random = np.random.RandomState(0)
X = random.randn({samples}, 3)
y = np.tanh(X @ random.randn(3, 1))
m = len(X)
lr = 0.4
W, b = random.randn(3, 1), np.zeros(1)
for epoch in range(9):
    for i in range(0, m, 12):
        xb, yb = X[i : i + 12], y[i : i + 12]
        d = (xb @ W + b - yb) / m
        W -= lr * xb.T @ d
        b -= lr * d.sum(axis=0)
"""


@pytest.mark.parametrize(
    ("samples", "cause", "rate"),
    [
        (60, "1 Gradient: 1/M, in PyTorch mean", "learning rate 0.4 (lr)"),
        # Too many for all of them to be seen.
        pytest.param(1200, "1 Gradient: Σ, in PyTorch mean", "(lr / m)", marks=long),
    ],
)
def test_batches_divided_by_all_samples_there_are(samples, cause, rate, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(IN_BATCHES.format(samples=samples))
    diagnosis = diagnosed(capture(str(path)))
    assert diagnosis.conclusion is Conclusion.PROVED
    said = "\n".join("".join(text for text, _ in line) for line in diagnosis_lines(diagnosis))
    assert cause in said
    assert rate in said


PAIRED = """
import numpy as np
random = np.random.RandomState(0)
X = random.randn(12, 2)
y = X[:, 0] - X[:, 1]
W, losses = random.randn(2, 1), []
for _ in range(40):
    out = X @ W
    error = out - y{shape}
    losses.append(np.mean(error**2))
    W = W - 0.1 * X.T @ error.mean(axis=1, keepdims=True) / 6
"""


@one_in(2)
@pytest.mark.parametrize(("shape", "said"), [("", True), ("[:, None]", False)])
def test_targets_that_meet_every_output_are_told(shape, said, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PAIRED.format(shape=shape))
    notes = " ".join(capture(str(path)).notes)
    assert ("y (N,) broadcast to (N, N): every output meets every target" in notes) is said


LOGISTIC = """
import numpy as np
random = np.random.RandomState(0)
X = random.randn(30, 2)
y = (X[:, 0] > X[:, 1]).astype(float)
w, b, eta, losses = random.randn(2), 0.0, 0.3, []
for _ in range(40):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    errors = p - y
    w = w - eta * 2.0 * X.T @ errors / 30
    b = b - eta * 2.0 * errors.mean()
    losses.append((-y.dot(np.log(p)) - (1 - y).dot(np.log(1 - p))) / 30)
"""


def test_a_two_before_a_cross_entropy_is_no_squared_error(tmp_path):
    """The named loss tells it, not a part of the line that makes it."""
    path = tmp_path / "program.py"
    path.write_text(LOGISTIC)
    diagnosis = diagnosed(capture(str(path)))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert [cause.field for cause in diagnosis.causes] == ["reduction"]
    assert diagnosis.reading.side.reduction.value == "twice-mean"
    assert diagnosis.logged[0].name == "losses"


@pytest.mark.parametrize(
    ("program", "names"),
    [
        ("W, b, V, c = W - 0.1 * dW, b - 0.1 * db, V - 0.1 * dV, c - 0.1 * dc", {"line 1: 0.1"}),
        ("net = [Dense(2, 3, 0.1), Relu(), Dense(3, 3, 0.1), Relu(), Dense(3, 1, 0.1)]", {"line 1: 0.1"}),
        ("X = np.array([[0.1, 0.2], [0.3, -0.4]]); y = [0.1, 0.2, 0.3, 0.4]", set()),
        ("betas = (0.9, 0.999)", {"line 1: 0.9", "line 1: 0.999"}),
    ],
    ids=["four weights at once", "arguments of layers", "data", "a pair"],
)
def test_numbers_in_lists_are_data_but_not_those_of_what_is_computed(program, names):
    assert set(written_numbers(program)) == names


RATES = {"initial_learning_rate": 0.3, "std": 0.2, "m": 8.0, "scalar": 3.0, "hidden": 5.0}


@pytest.mark.parametrize(
    ("value", "name"), [(0.3, "initial_learning_rate"), (0.2, ""), (8.0, ""), (3.0, "scalar"), (5.0, "")]
)
def test_a_rate_is_what_is_called_one_or_multiplies_in_an_update(value, name):
    """Not what divides there, as a number of samples does."""
    words = factors_in("W = W - scalar * X.T.dot(delta) / m")
    numbers = Numbers(RATES, 1e-9, update_lines=frozenset({1}), update_words=words)
    assert numbers.as_rate(value).name == name
