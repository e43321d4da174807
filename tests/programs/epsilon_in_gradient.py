"""A loss object whose derivative has an epsilon in it; layers as objects, and logged every now and then."""

import numpy as np

EPS = 1e-7


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad, lr):
        grad_in = grad @ self.W.T
        self.W -= lr * self.x.T @ grad
        self.b -= lr * grad.sum(axis=0, keepdims=True)
        return grad_in


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, grad, lr):
        return grad * self.y * (1 - self.y)


class BinaryCrossEntropy:
    def forward(self, p, y):
        return -np.mean(y * np.log(p + EPS) + (1 - y) * np.log(1 - p + EPS))

    def backward(self, p, y):
        return ((1 - y) / (1 - p + EPS) - y / (p + EPS)) / y.size


rng = np.random.default_rng(5)
X = rng.uniform(-1, 1, (40, 2))
y = (X[:, :1] * X[:, 1:] > 0).astype(float)
layers = [Dense(2, 6, rng), Sigmoid(), Dense(6, 1, rng), Sigmoid()]
bce = BinaryCrossEntropy()

for epoch in range(2000):
    out = X
    for layer in layers:
        out = layer.forward(out)
    error = bce.forward(out, y)
    grad = bce.backward(out, y)
    for layer in reversed(layers):
        grad = layer.backward(grad, lr=0.7)
    if epoch % 500 == 0:
        print(epoch, error)
