"""XOR with a ReLU layer whose derivative is 1 at exactly 0: biases start at 0, and one of the samples is zeros."""

import numpy as np


class Dense:
    def __init__(self, rng, inputs, units):
        self.weights = rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, units))
        self.biases = np.zeros(units)

    def forward(self, x):
        self.x = x
        self.z = x @ self.weights + self.biases
        return self.z

    def backward(self, grad):
        self.d_weights = self.x.T @ grad
        self.d_biases = grad.sum(axis=0)
        return grad @ self.weights.T


def relu(z):
    return np.maximum(z, 0)


def relu_grad(z):
    grad = np.ones_like(z)
    grad[z < 0] = 0
    return grad


X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
T = np.array([[0.0], [1.0], [1.0], [0.0]])
rng = np.random.default_rng(3)
hidden, out = Dense(rng, 2, 6), Dense(rng, 6, 1)

for epoch in range(500):
    y = out.forward(relu(hidden.forward(X)))
    loss = np.mean((y - T) ** 2)
    grad = out.backward(2 * (y - T) / len(X))
    hidden.backward(grad * relu_grad(hidden.z))
    for layer in (hidden, out):
        layer.weights -= 0.1 * layer.d_weights
        layer.biases -= 0.1 * layer.d_biases
    if epoch % 100 == 0:
        print(epoch, loss)
