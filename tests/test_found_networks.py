"""What is found in programs that hide some of it: weights that never move, arrays without a name, trainings anew."""

import textwrap

import numpy as np
import pytest

from engine.diagnosis.capture.program_runs import CaptureError, capture
from engine.diagnosis.diagnosis import Conclusion, diagnose
from tests.examples import long, one_in

BEFORE = """\
import numpy as np
random = np.random.RandomState(0)
X, Y = random.randn(12, 3), random.randn(12, 2)
W1, b1 = random.randn(3, 5), np.zeros(5)
W2, b2 = random.randn(5, 2), np.zeros(2)
unused = np.zeros(5)
"""
STEP = """\
for step in range(40):
    h = np.tanh(X @ W1 + b1)
    out = h @ W2 + b2
    d2 = (out - Y) / len(X)
    d1 = d2 @ W2.T * (1 - h * h)
"""
MOVES = {
    "W1": "    W1 -= 0.1 * X.T @ d1\n",
    "b1": "    b1 -= 0.1 * d1.sum(axis=0)\n",
    "W2": "    W2 -= 0.1 * h.T @ d2\n",
    "b2": "    b2 -= 0.1 * d2.sum(axis=0)\n",
}


def _captured(tmp_path, program):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(program))
    return capture(str(path))


@pytest.mark.parametrize("moving", [("W1", "b1"), ("W2", "b2"), ("W1", "W2")], ids="+".join)
def test_all_that_takes_part_is_found(moving, tmp_path):
    recording = _captured(tmp_path, BEFORE + STEP + "".join(MOVES[name] for name in moving))
    assert [(layer.weight, layer.bias) for layer in recording.layers] == [("W1", "b1"), ("W2", "b2")]
    assert {name for name, values in recording.arrays.items() if np.ptp(values, axis=0).any()} == set(moving)
    assert recording.inputs[0].shape == (12, 3)


@long
def test_zeros_that_nothing_is_added_to_are_no_bias(tmp_path):
    step = STEP.replace(" + b1", "").replace(" + b2", "")
    recording = _captured(tmp_path, BEFORE + step + MOVES["W1"] + MOVES["W2"])
    assert [(layer.weight, layer.bias) for layer in recording.layers] == [("W1", None), ("W2", None)]


@long
def test_features_made_before_the_training_are_data(tmp_path):
    step = STEP.replace(
        "for step in range(40):\n    h = np.tanh(X @ W1 + b1)\n", "h = np.tanh(X @ W1)\nfor step in range(40):\n"
    )
    recording = _captured(tmp_path, BEFORE + step + MOVES["W2"] + MOVES["b2"])
    assert [(layer.weight, layer.bias) for layer in recording.layers] == [("W2", "b2")]
    assert recording.inputs[0].shape == (12, 5)


AS_MANY_AS_TIME_ALLOWS = 20

WRITTEN = {
    "statements of one line": (
        """
        import statsmodels.api as nothing_is_taken_of_it
        f = lambda z: np.tanh(z)
        def sigmoid(z): return 1 / (1 + np.exp(-z))
        for _ in range(30):
            h = f(X @ W1); p = sigmoid(h @ W2)
            d2 = (p - Y) / 12; d1 = d2 @ W2.T * (1 - h * h)
            W2 = W2 - 0.1 * h.T @ d2; W1 = W1 - 0.1 * X.T @ d1
        """,
        ["W1", "W2"],
        30,
    ),
    "ones put beside a layer without a name": (
        """
        V = random.randn(6, 2)
        for _ in range(30):
            h = np.c_[np.tanh(X @ W1), np.ones(12)]
            d2 = (h @ V - Y) / 12
            d1 = (d2 @ V.T)[:, :-1] * (1 - h[:, :-1] ** 2)
            V -= 0.1 * h.T @ d2; W1 -= 0.1 * X.T @ d1
        """,
        ["W1", "V"],
        30,
    ),
    "targets made in every step": (
        """
        for _ in range(30):
            h = np.tanh(X @ W1)
            out = h @ W2
            wanted = Y * 0.9 + 0.05
            d2 = (out - wanted) / 12
            d1 = d2 @ W2.T * (1 - h * h)
            W2 -= 0.1 * h.T @ d2
            W1 -= 0.1 * X.T @ d1
        """,
        ["W1", "W2"],
        30,
    ),
    "one feature": (
        """
        w, b = np.zeros((1, 1)), np.zeros(1)
        x, y = X[:, :1], Y[:, :1]
        for _ in range(30):
            error = x @ w + b - y
            w -= 0.1 * x.T @ error / 12
            b -= 0.1 * error.mean(axis=0)
        """,
        ["w"],
        30,
    ),
    "one unit, one unnamed row at a time, from zeros": (
        """
        w, b = np.zeros(3), 0.0
        y = (X[:, 0] > 0) * 1
        for _ in range(4):
            for i in range(12):
                p = 1 / (1 + np.exp(-(np.dot(w, X[i]) + b)))
                w += 0.5 * (y[i] - p) * X[i]
                b += 0.5 * (y[i] - p)
        """,
        ["w"],
        47,
    ),
    "another training in a function": (
        """
        def train(rate):
            W, b = np.random.randn(3, 2), np.zeros(2)
            for _ in range(25):
                error = X @ W + b - Y
                W -= rate * X.T @ error
                b -= rate * error.sum(axis=0)
        for rate in (0.01, 0.02, 0.03): train(rate)
        """,
        ["W"],
        24,
    ),
    "one vector of all, taken apart in every step": (
        """
        theta = np.concatenate([W1.ravel(), W2.ravel()])
        def gradient(theta):
            first, second = theta[:15].reshape(3, 5), theta[15:].reshape(5, 2)
            h = np.tanh(X @ first)
            error = (h @ second - Y) / 12
            below = error @ second.T * (1 - h * h)
            return np.concatenate([(X.T @ below).ravel(), (h.T @ error).ravel()])
        for _ in range(30):
            theta = theta - 0.1 * gradient(theta)
        """,
        ["first", "second"],
        29,
    ),
    "outputs that are looked at through numbers that stay": (
        """
        values = np.array([[1.5], [2.5]])
        for _ in range(30):
            h = np.tanh(X @ W1)
            out = h @ W2
            answer = out @ values
            d2 = (out - Y) / 12
            d1 = d2 @ W2.T * (1 - h * h)
            W2 -= 0.1 * h.T @ d2
            W1 -= 0.1 * X.T @ d1
        """,
        ["W1", "W2"],
        30,
    ),
    "a sample drawn twice in a batch": (
        """
        K = random.randn(3, 2) * 0.3
        drawn = [0, 1, 1, 2, 5, 5, 5, 7] * 20
        total = np.zeros_like(K)

        def gradient(x, y):
            error = x @ K - y
            return np.outer(x, error)

        for k in range(160):
            total = total + gradient(X[drawn[k]], Y[drawn[k]])
            if k % 4 == 3:
                K = K - 0.05 * total
                total = np.zeros_like(K)
        """,
        ["K"],
        40,
    ),
    "steps that move two weights at most": (
        """
        lights, walk = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 1]]), np.array([[1, 1, 0, 0]]).T
        V = np.array([[0.8, -0.7, -0.4], [-0.6, -0.8, 0.9], [-0.5, 0.3, -0.2]])
        U = np.array([[0.4], [-0.3], [0.7]])
        for turn in range(10):
            for i in range(4):
                row = lights[i : i + 1]
                hidden = (row @ V > 0) * (row @ V)
                change = walk[i : i + 1] - hidden @ U
                down = change @ U.T * (hidden > 0)
                U = U + 0.1 * hidden.T @ change
                V = V + 0.1 * row.T @ down
        """,
        ["V", "U"],
        40,
    ),
    "outputs that hardly move any more": (
        """
        seen, wanted = np.array([[0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1], [0, 1, 0]]), np.array([[0, 1, 1, 0, 0]]).T
        V = np.array([[-0.16595599], [0.44064899], [-0.99977125]])
        def slope(s):
            return s * (1 - s)

        def squash(z):
            return np.tanh(z)

        def answer(rows):
            return squash(rows @ V)

        def train(rows, targets):
            global V
            for turn in range(100):
                out = answer(rows)
                V = V + rows.T @ ((targets - out) * slope(out))

        train(seen, wanted)
        """,
        ["V"],
        60,
    ),
    "batches of pixels": (
        """
        prototypes = random.rand(3, 10)
        kinds = random.randint(3, size=60)
        pixels = np.clip(prototypes[kinds] + 0.1 * random.randn(60, 10), 0, 1)
        net = {"U": random.randn(10, 6) * 0.4, "a": np.zeros(6), "V": random.randn(6, 3) * 0.4, "c": np.zeros(3)}
        def step(X, y):
            h = np.maximum(0, X.dot(net["U"]) + net["a"])
            e = np.exp(h.dot(net["V"]) + net["c"])
            d = e / e.sum(axis=1, keepdims=True)
            d[np.arange(len(y)), y] -= 1
            d /= len(y)
            below = d.dot(net["V"].T) * (h > 0)
            grads = {"V": h.T.dot(d), "c": d.sum(axis=0), "U": X.T.dot(below), "a": below.sum(axis=0)}
            for name, g in grads.items():
                net[name] -= 0.01 * g
        for _ in range(10):
            order = random.permutation(60)
            for i in range(0, 60, 20):
                step(pixels[order[i : i + 20]], kinds[order[i : i + 20]])
        """,
        ["net['U']", "net['V']"],
        30,
    ),
    "rows taken without a name of data scaled under theirs": (
        """
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        train, test = np.arange(9), np.arange(9, 12)
        def layer(v):
            return np.tanh(v)
        for _ in range(30):
            h = layer(X[train] @ W1)
            d2 = (h @ W2 - Y[train]) / 9
            seen = (layer(X[test] @ W1) @ W2 - Y[test]).std()
            d1 = d2 @ W2.T * (1 - h * h)
            W2 -= 0.1 * h.T @ d2; W1 -= 0.1 * X[train].T @ d1
        """,
        ["W1", "W2"],
        30,
    ),
    "objects that call their inputs and outputs alike": (
        """
        class Dense:
            def __init__(self, n, m):
                self.w, self.b = random.uniform(-1, 1, (m, n)) / np.sqrt(n), random.uniform(-1, 1, (m, 1)) / np.sqrt(n)
                self.sw, self.sb = np.zeros((m, n)), np.zeros((m, 1))
            def __call__(self, x):
                self.x = x
                self.y = 1 / (1 + np.exp(-(self.w @ x + self.b)))
                return self.y
            def back(self, dy):
                dz = dy * self.y * (1 - self.y)
                self.dw, self.db = dz @ self.x.T, dz.sum(axis=1, keepdims=True)
                return self.w.T @ dz
            def rmsprop(self):
                self.sw = 0.95 * self.sw + 0.05 * self.dw**2
                self.sb = 0.95 * self.sb + 0.05 * self.db**2
                self.w -= 0.004 * self.dw / (np.sqrt(self.sw) + 1e-8)
                self.b -= 0.004 * self.db / (np.sqrt(self.sb) + 1e-8)
        def mse(y, t): return np.mean((y - t) ** 2)
        def dmse(y, t): return 2 * (y - t) / np.prod(y.shape)
        random = np.random.RandomState(66)
        X = random.rand(4, 48)
        T = np.array([X[0] > X[1], X[2] + X[3] > 1, X[0] + X[3] > 1.2]).astype(float)
        a, b = Dense(4, 11), Dense(11, 3)
        for _ in range(40):
            y = b(a(X))
            error = mse(y, T)
            a.back(b.back(dmse(y, T)))
            a.rmsprop(); b.rmsprop()
        """,
        ["a.w", "b.w"],
        40,
    ),
    "weights that closures keep": (
        """
        def make_layer(n, m):
            W, b = random.randn(n, m), np.zeros(m)

            def layer(x):
                out = np.tanh(x @ W + b)

                def back(d):
                    d = d * (1 - out * out)
                    W[...] -= 0.1 * x.T @ d
                    b[...] -= 0.1 * d.sum(axis=0)
                    return d @ W.T
                return out, back
            return layer

        net = [make_layer(3, 5), make_layer(5, 2)]
        for _ in range(30):
            first, back1 = net[0](X)
            second, back2 = net[1](first)
            back1(back2((second - Y) / 12))
        """,
        ["back1.W", "back2.W"],
        30,
    ),
    "a frozen dataclass made anew in every step": (
        """
        from dataclasses import dataclass, replace

        @dataclass(frozen=True)
        class Params:
            w: np.ndarray
            b: np.ndarray

        def gradients(p, x, y):
            d = (x @ p.w + p.b - y) / 12
            return Params(x.T @ d, d.sum(axis=0))

        p = Params(random.randn(3, 2), np.zeros(2))
        for _ in range(30):
            g = gradients(p, X, Y)
            p = replace(p, **{name: getattr(p, name) - 0.1 * getattr(g, name) for name in vars(p)})
        """,
        ["p.w"],
        30,
    ),
    "a loss of the new weights, all in one line": (
        """
        for _ in range(30):
            h = np.tanh(X.dot(W1) + b1)
            out = np.tanh(h.dot(W2) + b2)
            d2 = 2 * (out - Y) * (1 - out**2) / 24
            d1 = d2.dot(W2.T) * (1 - h**2)
            W2 -= 0.1 * h.T.dot(d2)
            b2 -= 0.1 * d2.sum(axis=0)
            W1 -= 0.1 * X.T.dot(d1)
            b1 -= 0.1 * d1.sum(axis=0)
            loss = np.mean((Y - np.tanh(np.tanh(X.dot(W1) + b1).dot(W2) + b2)) ** 2)
        """,
        ["W1", "W2"],
        30,
    ),
    "rows of inputs that are there more than once": (
        """
        kinds = random.randint(4, size=40)
        shown, next_ones = np.eye(4)[kinds], np.roll(kinds, -1)
        V = random.randn(4, 4) * 0.1
        for _ in range(8):
            order = random.permutation(40)
            for start in range(0, 40, 10):
                i = order[start : start + 10]
                p = np.exp(shown[i] @ V)
                p /= p.sum(axis=1, keepdims=True)
                p[np.arange(10), next_ones[i]] -= 1
                V -= 0.5 * shown[i].T @ p / 10
        """,
        ["V"],
        32,
    ),
    "one sample with a one put behind it": (
        """
        V = random.uniform(-0.5, 0.5, (4, 2))
        wanted = (Y > 0).astype(float)
        for _ in range(4):
            for x, t in zip(X, wanted):
                x = np.append(x, 1.0)
                out = 1 / (1 + np.exp(-x.dot(V)))
                V += 0.5 * np.outer(x, (t - out) * out * (1 - out))
        """,
        ["V"],
        48,
    ),
    "pictures that were drawn before": (
        """
        pictures = random.rand(30, 3, 3) * 0.3
        bright = random.randint(2, size=30)
        for i, one in enumerate(bright):
            pictures[i, one, :] += 0.7
        rows, wanted = pictures.reshape(30, 9), bright.reshape(30, 1).astype(float)
        V, c = random.randn(9, 1), np.zeros(1)
        for _ in range(30):
            out = 1 / (1 + np.exp(-(rows @ V + c)))
            d = 2 * (out - wanted) * out * (1 - out) / 30
            V -= 0.5 * rows.T @ d; c -= 0.5 * d.sum(axis=0)
        """,
        ["V"],
        30,
    ),
    "new samples in every batch": (
        """
        def batches():
            for _ in range(40):
                x = random.uniform(0, 1, (16, 3))
                yield x, x[:, :1] * x[:, 1:2]

        class Net:
            def __init__(self):
                self.weights = [random.randn(3, 6), random.randn(6, 1)]

            def forward(self, x):
                cache = []
                for k, w in enumerate(self.weights):
                    cache.append((x, x @ w))
                    x = np.maximum(x @ w, 0) if k == 0 else x @ w
                return x, cache

            def step(self, x, y):
                out, cache = self.forward(x)
                g = 2 * (out - y) / 16
                below = g @ self.weights[1].T * (cache[0][1] > 0)
                self.weights[1] -= 0.05 * cache[1][0].T @ g
                self.weights[0] -= 0.05 * cache[0][0].T @ below

        net = Net()
        for x, y in batches():
            net.step(x, y)
        """,
        ["self.weights[0]", "self.weights[1]"],
        40,
    ),
    "gradients added up over small batches": (
        """
        total = [0.0, 0.0]
        for k in range(90):
            rows = slice(4 * (k % 3), 4 * (k % 3) + 4)
            h = np.tanh(X[rows] @ W1)
            d2 = (h @ W2 - Y[rows]) / 4
            d1 = d2 @ W2.T * (1 - h * h)
            total = [total[0] + X[rows].T @ d1, total[1] + h.T @ d2]
            if k % 3 == 2:
                W1 -= 0.1 * total[0]
                W2 -= 0.1 * total[1]
                total = [0.0, 0.0]
        """,
        ["W1", "W2"],
        30,
    ),
    "samples gathered one by one, a one put before each and before what a layer gives": (
        """
        V1, V2 = random.randn(5, 4) / 2, random.randn(2, 6) / 2
        for _ in range(40):
            D1, D2 = np.zeros((5, 4)), np.zeros((2, 6))
            for x, y in zip(X, Y):
                a1 = np.concatenate(([1], x))
                a2 = np.concatenate(([1], np.tanh(V1.dot(a1))))
                d3 = V2.dot(a2) - y
                D1 = D1 + np.outer(V2[:, 1:].T.dot(d3) * (1 - a2[1:] ** 2), a1)
                D2 = D2 + np.outer(d3, a2)
            V1 = V1 - 0.1 * D1 / 12
            V2 = V2 - 0.1 * D2 / 12
        """,
        ["V1", "V2"],
        40,
    ),
    "many samples gathered between two updates": (
        """
        X, Y = random.randn(200, 3), random.randn(200, 2)
        for _ in range(60):
            G1, G2 = np.zeros_like(W1), np.zeros_like(W2)
            for k in random.permutation(200)[:64]:
                x, y = X[k], Y[k]
                h = 1 / (1 + np.exp(-np.dot(x, W1)))
                out = np.dot(h, W2)
                error = y - out
                G2 += error * h[:, None]
                G1 += np.dot(W2, error) * h * (1 - h) * x[:, None]
            W1 += 0.1 * G1 / 64
            W2 += 0.1 * G2 / 64
        """,
        ["W1", "W2"],
        AS_MANY_AS_TIME_ALLOWS,
    ),
    "another training in a loop": (
        """
        for rate in (0.01, 0.02, 0.03):
            W = np.zeros((3, 2))
            for _ in range(25):
                error = X @ W - Y
                W = W - rate * X.T @ error
        """,
        ["W"],
        24,
    ),
}
"""Programs behind the same data, the weights that are found in them, and in how many steps."""

ALWAYS = (
    "one vector of all, taken apart in every step",
    "statements of one line",
    "a sample drawn twice in a batch",
    "steps that move two weights at most",
    "one unit, one unnamed row at a time, from zeros",
    "another training in a function",
    "batches of pixels",
    "rows taken without a name of data scaled under theirs",
    "weights that closures keep",
    "a loss of the new weights, all in one line",
    "rows of inputs that are there more than once",
    "one sample with a one put behind it",
    "samples gathered one by one, a one put before each and before what a layer gives",
)


@one_in(5)
@pytest.mark.parametrize("what", [pytest.param(one, marks=() if one in ALWAYS else long) for one in WRITTEN])
def test_however_it_is_written_it_is_proved(what, tmp_path):
    program, weights, steps = WRITTEN[what]
    recording = _captured(tmp_path, BEFORE + textwrap.dedent(program))
    assert [layer.weight for layer in recording.layers] == weights
    assert recording.steps == steps or (steps == AS_MANY_AS_TIME_ALLOWS <= recording.steps)
    assert diagnose(recording).conclusion is Conclusion.PROVED


def test_the_end_of_a_longer_network_is_refused(tmp_path):
    """Of an attention whose query is trained: what the layer is given drifts."""
    program = """
        import numpy as np
        random = np.random.RandomState(0)
        seen, mark = random.normal(size=(50, 6, 4)), random.randint(0, 6, 50)
        seen[np.arange(50), mark, 3] = 3
        target = seen[np.arange(50), mark, 0]
        q, w, b = random.normal(size=4) * 0.1, random.normal(size=4) * 0.1, 0.0
        for _ in range(250):
            s = seen @ q
            a = np.exp(s - s.max(1, keepdims=True))
            a /= a.sum(1, keepdims=True)
            c = np.einsum("nt,ntd->nd", a, seen)
            p = c @ w + b
            e = 2 * (p - target) / 50
            da = np.einsum("nd,ntd->nt", e[:, None] * w, seen)
            ds = a * (da - (a * da).sum(1, keepdims=True))
            q -= 0.1 * np.einsum("nt,ntd->d", ds, seen)
            w -= 0.1 * c.T @ e
            b -= 0.1 * e.sum()
    """
    with pytest.raises(CaptureError, match="something before them is trained as well"):
        _captured(tmp_path, program)


@long
def test_noise_on_the_inputs_is_no_training(tmp_path):
    program = """
        V = random.normal(size=(3, 2))
        for _ in range(40):
            noisy = X + 0.05 * random.normal(size=X.shape)
            d = (noisy @ V - Y) / 12
            V -= 0.1 * noisy.T @ d
    """
    recording = _captured(tmp_path, BEFORE + textwrap.dedent(program))
    assert diagnose(recording).conclusion is Conclusion.PROVED


def test_what_a_generator_yields_before_its_update_is_logged_before_it(tmp_path):
    program = """
        def training():
            Ws, bs = [random.randn(3, 5), random.randn(5, 2)], [np.zeros(5), np.zeros(2)]
            x, passes = X.reshape(-1, 3), 0
            while True:
                h = np.tanh(x.dot(Ws[0]) + bs[0])
                error = h.dot(Ws[1]) + bs[1] - Y
                yield (error**2).mean()
                d2 = error * 2 / error.size
                d1 = d2.dot(Ws[1].T) * (1 - h**2)
                for k, (rows, d) in enumerate(((x, d1), (h, d2))):
                    Ws[k] = Ws[k] - 0.1 * rows.T.dot(d)
                    bs[k] = bs[k] - 0.1 * d.sum(axis=0)
                passes += 1
        trainer, seen = training(), []
        for loss in trainer:
            seen.append(loss)
            if len(seen) > 60:
                trainer.close()
                break
    """
    diagnosis = diagnose(_captured(tmp_path, BEFORE + textwrap.dedent(program)))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert diagnosis.is_parity


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_activation_that_is_not_read_is_named(dtype, tmp_path):
    """In float32, too, where its small numbers are exact to fewer digits."""
    program = f"""
        X, Y = random.randn(48, 2).astype("{dtype}"), random.randn(48, 3).astype("{dtype}")
        W1, W2 = (random.randn(2, 32) / 2).astype("{dtype}"), (random.randn(32, 3) / 6).astype("{dtype}")
        for _ in range(40):
            z = X @ W1
            h = np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)
            d2 = (h @ W2 - Y) / 48
            d1 = d2 @ W2.T * np.where(z > 0, 1, h + 1).astype("{dtype}")
            W2 = (W2 - 0.05 * h.T @ d2).astype("{dtype}")
            W1 = (W1 - 0.05 * X.T @ d1).astype("{dtype}")
    """
    with pytest.raises(CaptureError, match="an ELU of the layer before"):
        _captured(tmp_path, BEFORE + textwrap.dedent(program))
