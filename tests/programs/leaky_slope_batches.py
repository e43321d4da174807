"""Right code: leaky ReLUs of slope 0.2 over mini-batches of pictures, whose pixels are from 0 to 1."""

import numpy as np


class LeakyNet:
    def __init__(self, sizes, slope=0.2, seed=0):
        rng = np.random.RandomState(seed)
        self.slope = slope
        self.weights = [rng.randn(n, m) * np.sqrt(2 / n) for n, m in zip(sizes[:-1], sizes[1:])]
        self.biases = [np.zeros(m) for m in sizes[1:]]

    def forward(self, X):
        self.a, self.z = [X], []
        for W, b in zip(self.weights, self.biases):
            z = self.a[-1] @ W + b
            self.z.append(z)
            is_last = len(self.z) == len(self.weights)
            self.a.append(z if is_last else np.where(z > 0, z, self.slope * z))
        e = np.exp(self.a[-1] - self.a[-1].max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def train_batch(self, X, y, lr):
        p = self.forward(X)
        delta = (p - y) / len(X)
        for i in reversed(range(len(self.weights))):
            dW, db = self.a[i].T @ delta, delta.sum(axis=0)
            if i > 0:
                delta = (delta @ self.weights[i].T) * np.where(self.z[i - 1] > 0, 1.0, self.slope)
            self.weights[i] -= lr * dW
            self.biases[i] -= lr * db
        return -np.mean(np.sum(y * np.log(p), axis=1))


rng = np.random.RandomState(1)
prototypes = rng.rand(4, 16)
labels = rng.randint(4, size=160)
images = np.clip(prototypes[labels] + 0.15 * rng.randn(160, 16), 0, 1)
one_hot = np.eye(4)[labels]

net = LeakyNet([16, 12, 8, 4])
for epoch in range(12):
    order = rng.permutation(len(images))
    losses = [net.train_batch(images[order[i : i + 32]], one_hot[order[i : i + 32]], 0.05) for i in range(0, 160, 32)]
    print(epoch, np.mean(losses))
