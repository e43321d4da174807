"""Each family's own training loop, written anew as the family writes it, and PyTorch's as a reader would: the presets
against both.

The loops share nothing with the engine but the data and the seed.
"""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import engine
from engine.experiment.choices import SideName
from engine.experiment.families import FAMILIES
from engine.experiment.presets import chosen, fitting_preset
from engine.networks.programs import script_files
from engine.run.cannot_work import cannot_work
from tests.examples import some_of

NAMES = [family.name for family in FAMILIES]

EPOCHS = {
    "eleven-lines": 100,
    "course": 100,
    "online-book": 3,
    "mnist-video": 20,
    "layer-classes": 50,
    "lecture-notes": 20,
    "numpy-tutorial": 20,
}
"""That are compared; of the online book each has 180 updates."""


def preset(name):
    return replace(engine.preset(name), epochs=EPOCHS[name])


@pytest.fixture(scope="module")
def runs():
    return {name: engine.train(preset(name)) for name in NAMES}


def drawn(draw, inputs, units, outputs):
    """Weights (inputs, units) and then biases, as NumPy's own stream gives them from the seed that is set."""
    np.random.seed(0)
    weights = draw(inputs, units), draw(units, outputs)
    return weights, (draw(units), draw(outputs))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def eleven_lines(run):
    X, y = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]), np.array([[0, 1, 1, 0]]).T
    np.random.seed(1)
    syn0, syn1 = 2 * np.random.random((3, 4)) - 1, 2 * np.random.random((4, 1)) - 1
    errors = []
    for _ in range(run.settings.epochs):
        l1 = sigmoid(X @ syn0)
        l2 = sigmoid(l1 @ syn1)
        errors.append(np.mean(np.abs(y - l2)))
        l2_delta = (y - l2) * l2 * (1 - l2)
        l1_delta = l2_delta @ syn1.T * l1 * (1 - l1)
        syn1 += l1.T @ l2_delta
        syn0 += X.T @ l1_delta
    return errors, [syn0.T, syn1.T]


def course(run):
    """Samples as columns."""
    X, Y = run.settings.data.X.T, run.settings.data.Y.T
    m = X.shape[1]
    W1, W2 = (0.01 * weight.T for weight in drawn(np.random.randn, 2, 4, 1)[0])
    b1, b2 = np.zeros((4, 1)), np.zeros((1, 1))
    costs = []
    for _ in range(run.settings.epochs):
        A1 = np.tanh(W1 @ X + b1)
        A2 = sigmoid(W2 @ A1 + b2)
        costs.append(-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m)
        dZ2 = A2 - Y
        dW2, db2 = dZ2 @ A1.T / m, dZ2.sum(axis=1, keepdims=True) / m
        dZ1 = W2.T @ dZ2 * (1 - A1**2)
        dW1, db1 = dZ1 @ X.T / m, dZ1.sum(axis=1, keepdims=True) / m
        W1, b1, W2, b2 = W1 - 1.2 * dW1, b1 - 1.2 * db1, W2 - 1.2 * dW2, b2 - 1.2 * db2
    return costs, [W1, b1.ravel(), W2, b2.ravel()]


def pixels(data):
    """From 0 to 1 in each column that is not the same everywhere."""
    span = np.ptp(data.X, axis=0)
    return (data.X - data.X.min(axis=0)) / np.where(span, span, 1)


def online_book(run):
    """A sample at a time, as a column, its gradients added up over the batch."""
    data = run.settings.data
    samples = list(zip(pixels(data)[:, :, None], data.Y[:, :, None], strict=True))
    weights, biases = drawn(np.random.randn, 64, 30, 10)
    weights, biases = [weight.T for weight in weights], [bias[:, None] for bias in biases]
    costs = []
    for _ in range(run.settings.epochs):
        order = np.random.permutation(len(samples))
        for start in range(0, len(samples), 10):
            batch = [samples[place] for place in order[start : start + 10]]
            nabla_w, nabla_b = [0, 0], [0, 0]
            for x, y in batch:
                hidden = sigmoid(weights[0] @ x + biases[0])
                a = sigmoid(weights[1] @ hidden + biases[1])
                delta = (a - y) * a * (1 - a)
                before = weights[1].T @ delta * hidden * (1 - hidden)
                nabla_w = [nabla_w[0] + before @ x.T, nabla_w[1] + delta @ hidden.T]
                nabla_b = [nabla_b[0] + before, nabla_b[1] + delta]
            weights = [w - 3.0 / len(batch) * nw for w, nw in zip(weights, nabla_w, strict=True)]
            biases = [b - 3.0 / len(batch) * nb for b, nb in zip(biases, nabla_b, strict=True)]
        a = [sigmoid(weights[1] @ sigmoid(weights[0] @ x + biases[0]) + biases[1]) for x, _ in samples]
        total = sum(0.5 * np.linalg.norm(one - y) ** 2 for one, (_, y) in zip(a, samples, strict=True))
        costs.append(total / len(samples))
    return costs, [weights[0], biases[0].ravel(), weights[1], biases[1].ravel()]


def mnist_video(run):
    """Samples as columns; what moves the biases is a number."""
    data = run.settings.data
    X, one_hot = pixels(data).T, data.Y.T
    m = X.shape[1]
    weights, biases = drawn(np.random.rand, 64, 10, 10)
    W1, W2 = (weight.T - 0.5 for weight in weights)
    b1, b2 = (bias[:, None] - 0.5 for bias in biases)
    losses = []
    for _ in range(run.settings.epochs):
        Z1 = W1 @ X + b1
        A1 = np.maximum(Z1, 0)
        Z2 = W2 @ A1 + b2
        A2 = np.exp(Z2) / sum(np.exp(Z2))
        losses.append(-np.mean(np.log(A2[one_hot == 1])))
        dZ2 = A2 - one_hot
        dW2, db2 = 1 / m * dZ2 @ A1.T, 1 / m * np.sum(dZ2)
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        dW1, db1 = 1 / m * dZ1 @ X.T, 1 / m * np.sum(dZ1)
        assert abs(db2) < 1e-15
        W1, b1, W2, b2 = W1 - 0.1 * dW1, b1 - 0.1 * db1, W2 - 0.1 * dW2, b2 - 0.1 * db2
    return losses, [W1, b1.ravel(), W2, b2.ravel()]


class Dense:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def forward(self, x):
        self.x = x
        return self.weight @ x + self.bias

    def backward(self, gradient, rate):
        self.weight = self.weight - rate * gradient @ self.x.T
        self.bias = self.bias - rate * gradient
        return self.weight.T @ gradient


class Tanh:
    def forward(self, x):
        self.x = x
        return np.tanh(x)

    def backward(self, gradient, _):
        return gradient * (1 - np.tanh(self.x) ** 2)


def layer_classes(run):
    (W1, W2), (b1, b2) = drawn(np.random.randn, 2, 3, 1)
    layers = [Dense(W1.T, b1[:, None]), Tanh(), Dense(W2.T, b2[:, None]), Tanh()]
    errors = []
    for _ in range(run.settings.epochs):
        error = 0
        for x, y in zip([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], strict=True):
            output = np.array(x, float)[:, None]
            for layer in layers:
                output = layer.forward(output)
            error += np.mean((y - output) ** 2)
            gradient = 2 * (output - y) / output.size
            for layer in reversed(layers):
                gradient = layer.backward(gradient, 0.1)
        errors.append(error / 4)
    dense = layers[0::2]
    return errors, [array for one in dense for array in (one.weight, one.bias.ravel())]


def lecture_notes(run):
    X, y = run.settings.data.X, run.settings.data.Y.argmax(axis=1)
    W, W2 = (0.01 * weight for weight in drawn(np.random.randn, 2, 100, 3)[0])
    b, b2 = np.zeros((1, 100)), np.zeros((1, 3))
    losses = []
    for _ in range(run.settings.epochs):
        hidden = np.maximum(0, X @ W + b)
        exp_scores = np.exp(hidden @ W2 + b2)
        probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
        penalty = 0.5 * 1e-3 * np.sum(W * W) + 0.5 * 1e-3 * np.sum(W2 * W2)
        losses.append(-np.log(probs[range(300), y]).sum() / 300 + penalty)
        dscores = probs
        dscores[range(300), y] -= 1
        dscores /= 300
        dW2, db2 = hidden.T @ dscores + 1e-3 * W2, dscores.sum(axis=0, keepdims=True)
        dhidden = dscores @ W2.T
        dhidden[hidden <= 0] = 0
        dW, db = X.T @ dhidden + 1e-3 * W, dhidden.sum(axis=0, keepdims=True)
        W, b, W2, b2 = W - dW, b - db, W2 - dW2, b2 - db2
    return losses, [W.T, b.ravel(), W2.T, b2.ravel()]


def numpy_tutorial(run):
    x, y = run.settings.data.X, run.settings.data.Y
    w1, w2 = drawn(np.random.randn, 1000, 100, 10)[0]
    losses = []
    for _ in range(run.settings.epochs):
        h = x @ w1
        y_pred = np.maximum(h, 0) @ w2
        losses.append(np.square(y_pred - y).sum())
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = np.maximum(h, 0).T @ grad_y_pred
        grad_h = grad_y_pred @ w2.T
        grad_h[h < 0] = 0
        w1, w2 = w1 - 1e-6 * x.T @ grad_h, w2 - 1e-6 * grad_w2
    return losses, [w1.T, w2.T]


BY_HAND = dict(
    zip(
        NAMES,
        (eleven_lines, course, online_book, mnist_video, layer_classes, lecture_notes, numpy_tutorial),
        strict=True,
    )
)


@pytest.mark.parametrize("name", NAMES)
def test_the_hand_written_side_is_the_familys_own_loop(runs, name):
    run = runs[name]
    losses, parameters = BY_HAND[name](run)
    np.testing.assert_allclose(run.numpy.losses, losses, rtol=1e-12)
    assert len(parameters) == len(run.numpy.parameters)
    for found, expected in zip(run.numpy.parameters.values(), parameters, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


PUBLISHED = "0.496410031903", "0.00858452565325"
"""What eleven lines print of their error: before the first iteration, and after 10,000 of them."""


def test_eleven_lines_print_what_is_published():
    run = engine.train(replace(engine.preset("eleven-lines"), epochs=10_001))
    assert tuple(f"{run.numpy.losses[place]:.12g}" for place in (0, 10_000)) == PUBLISHED


def plain(criterion, rate, *modules, decay=0.0, shuffled=False, classes=False):
    """A reader's own loop: the model, its loss and `torch.optim.SGD`, every other argument left as it is."""

    def losses_of(run):
        X = torch.tensor(pixels(run.settings.data) if name_of(run) in OF_PIXELS else run.settings.data.X).float()
        Y = torch.tensor(run.settings.data.Y).float()
        Y = Y.argmax(dim=1) if classes else Y
        torch.manual_seed(run.settings.seed)
        model = nn.Sequential(*(module() for module in modules))
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, **({"weight_decay": decay} if decay else {}))
        batches = DataLoader(TensorDataset(X, Y), batch_size=10, shuffle=True) if shuffled else [(X, Y)]
        logged = []
        for _ in range(run.settings.epochs):
            of_batches = []
            for x, y in batches:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                of_batches.append(loss.item())
            logged.append(np.mean(of_batches))
        return logged, [parameter.detach().numpy() for parameter in model.parameters()]

    return losses_of


OF_PIXELS = ("online-book", "mnist-video")


def name_of(run):
    return next(name for name in NAMES if preset(name) == run.settings)


def linear(*sizes):
    return lambda: nn.Linear(*sizes)


IN_PYTORCH = {
    "eleven-lines": plain(nn.MSELoss(), 1.0, linear(3, 4), nn.Sigmoid, linear(4, 1), nn.Sigmoid),
    "course": plain(nn.BCELoss(), 1.2, linear(2, 4), nn.Tanh, linear(4, 1), nn.Sigmoid),
    "online-book": plain(nn.MSELoss(), 3.0, linear(64, 30), nn.Sigmoid, linear(30, 10), nn.Sigmoid, shuffled=True),
    "mnist-video": plain(nn.CrossEntropyLoss(), 0.1, linear(64, 10), nn.ReLU, linear(10, 10), classes=True),
    "layer-classes": plain(nn.MSELoss(), 0.1, linear(2, 3), nn.Tanh, linear(3, 1), nn.Tanh),
    "lecture-notes": plain(
        nn.CrossEntropyLoss(), 1.0, linear(2, 100), nn.ReLU, linear(100, 3), decay=1e-3, classes=True
    ),
    "numpy-tutorial": plain(nn.MSELoss(), 1e-6, linear(1000, 100), nn.ReLU, linear(100, 10)),
}


@pytest.fixture
def one_thread():
    """Small products are slow with more, and the other libraries' threads wait for the same cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("one_thread")
def test_the_pytorch_side_is_a_readers_own_loop(runs, name):
    """In float32, and with the classes as numbers, as PyTorch wants them."""
    run = runs[name]
    losses, parameters = IN_PYTORCH[name](run)
    np.testing.assert_allclose(run.pytorch.losses, losses, rtol=2e-5)
    for found, expected in zip(run.pytorch.parameters.values(), parameters, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-6)


def test_each_familys_programs_run_alone_with_the_engines_bits(tmp_path):
    """All of a side in one process, whose number of threads is the one that the programs set for themselves."""
    runs, names = [], some_of(NAMES, 2)
    for name in names:
        (tmp_path / name).mkdir()
        runs.append(engine.train(replace(preset(name), epochs=min(7, EPOCHS[name]))))
        for file, text in script_files(runs[-1].settings).items():
            (tmp_path / name / file).write_text(text)
    for program, side in (("numpy_mlp.py", "numpy"), ("pytorch_mlp.py", "pytorch")):
        paths = [str(tmp_path / name / program) for name in names]
        alone = subprocess.run(
            [sys.executable, "-c", RUNNER, *paths], env=ONE_THREAD, capture_output=True, text=True, check=True
        )
        for name, run, printed in zip(names, runs, alone.stdout.split("end\n"), strict=False):
            losses = [float(line) for line in printed.split()]
            np.testing.assert_array_equal(losses, getattr(run, side).losses, err_msg=name)


RUNNER = """
import runpy, sys
sys.modules["engine"] = None
for path in sys.argv[1:]:
    runpy.run_path(path, run_name="__main__")
    print("end")
"""

ONE_THREAD = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")


@pytest.mark.parametrize("name", NAMES)
def test_none_is_trained_in_vain_and_both_sides_learn(runs, name):
    assert cannot_work(engine.preset(name)) == ()
    for side in (runs[name].numpy, runs[name].pytorch):
        assert side.losses[-1] < side.losses[0]


DIFFERENT = {
    "eleven-lines": {"loss_report", "initial_weights", "bias", "reduction", "precision"},
    "course": {"initial_weights", "loss_input", "precision"},
    "online-book": {"loss_report", "initial_weights", "order", "reduction", "epoch_loss", "precision"},
    "mnist-video": {"initial_weights", "softmax_form", "bias_gradient", "precision"},
    "layer-classes": {"initial_weights", "batch", "update_order", "precision"},
    "lecture-notes": {"initial_weights", "softmax_form", "decayed", "logged_penalty", "precision"},
    "numpy-tutorial": {"loss_report", "initial_weights", "bias", "reduction", "precision"},
}


@pytest.mark.parametrize("name", NAMES)
def test_what_differs_is_the_familys(name):
    assert {one.field for one in engine.remaining(engine.preset(name))} == DIFFERENT[name]


@pytest.mark.parametrize(("name", "times"), [("online-book", 5), ("numpy-tutorial", 640)])
def test_the_words_have_the_gradients_ratio(name, times):
    """From the two objectives' own gradients at one prediction, for a batch of the family's size."""
    settings, family = engine.preset(name), engine.PRESETS[name]
    shape = (settings.batch_samples(settings.numpy), settings.data.outputs)
    p = torch.linspace(-1, 1, shape[0] * shape[1], dtype=torch.float64).reshape(shape).requires_grad_()
    cost = {"online-book": lambda: p.square().sum() / 2 / shape[0], "numpy-tutorial": lambda: p.square().sum()}[name]
    (by_hand,) = torch.autograd.grad(cost(), p)
    (mean,) = torch.autograd.grad(nn.MSELoss()(p, torch.zeros_like(p)), p)
    torch.testing.assert_close(by_hand, times * mean)
    assert f"{times} times" in family.words


def test_no_family_reads_data_before_it_is_asked_for():
    code = (
        "import tui_app.cli.main, engine.experiment.uci_data as uci\n"
        "assert uci._read.cache_info().currsize == 0\n"
        "engine.preset('mnist-video')\n"
        "assert uci._read.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", f"import engine\n{code}"], check=True)


def test_data_layers_and_sides_given_beside_a_family_win():
    from tui_app.cli.options import assign

    course = engine.preset("course")
    own = assign(course, "numpy.start=he", data=engine.built_in("circles"), hidden=(3,), epochs=7)
    assert (own.data.name, own.hidden, own.epochs) == ("circles", (3,), 7)
    assert own.numpy == replace(course.numpy, initial_weights=own.numpy.initial_weights)
    assert own.side(SideName.PYTORCH) == course.pytorch


@pytest.mark.parametrize("name", NAMES)
def test_another_preset_is_not_offered_for_what_a_family_brings(name):
    assert fitting_preset(engine.preset(name)) is None


def test_what_is_set_beside_a_family_stays_with_other_presets():
    course, exact = engine.preset("course"), engine.preset("exact")
    assert chosen("exact", course) == exact
    own = replace(course, epochs=70)
    assert chosen("exact", own) == replace(own, numpy=exact.numpy, pytorch=exact.pytorch)
    assert chosen("course", own) == course
