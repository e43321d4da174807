import numpy as np

class MLP:
    def __init__(self, sizes, rng):
        self.weights = [rng.normal(0, 0.7, (a, b)) for a, b in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(b) for b in sizes[1:]]

    def forward(self, x):
        self.acts = [x]
        for w, b in zip(self.weights, self.biases):
            x = np.tanh(x @ w + b)
            self.acts.append(x)
        return x

    def backward(self, y, lr):
        delta = (self.acts[-1] - y) * (1 - self.acts[-1] ** 2)
        gw, gb = [], []
        for i in range(len(self.weights) - 1, -1, -1):
            gw.insert(0, self.acts[i].T @ delta)
            gb.insert(0, delta.sum(0))
            delta = delta @ self.weights[i].T * (1 - self.acts[i] ** 2)
        self.weights = [w - lr * g for w, g in zip(self.weights, gw)]
        self.biases = [b - lr * g for b, g in zip(self.biases, gb)]

rng = np.random.default_rng(6)
data = rng.uniform(-1, 1, (12, 2))
labels = np.sign(data[:, :1] * data[:, 1:])
model = MLP([2, 6, 1], rng)
lr0, k = 0.05, 0.01
for epoch in range(2000):
    lr = lr0 / (1 + k * epoch)
    pred = model.forward(data)
    loss = 0.5 * np.sum((pred - labels) ** 2)
    model.backward(labels, lr)
    if epoch % 200 == 0:
        print(f"epoch {epoch:4d} lr {lr:.4f} loss {loss:.6f}")
