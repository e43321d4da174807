"""Leaky ReLU on the way forward, ReLU's derivative on the way back."""

import numpy as np

np.random.seed(2)
inputs = np.random.randn(30, 3)
targets = inputs[:, :1] ** 2 - inputs[:, 1:2]

parameters = {
    "W1": np.random.randn(3, 8) * np.sqrt(2 / 3),
    "b1": np.zeros((1, 8)),
    "W2": np.random.randn(8, 1) * np.sqrt(2 / 8),
    "b2": np.zeros((1, 1)),
}


def leaky_relu(z):
    return np.where(z > 0, z, 0.01 * z)


def derivative(z):
    return (z > 0).astype(float)


def forward(p, X):
    z1 = X @ p["W1"] + p["b1"]
    a1 = leaky_relu(z1)
    return z1, a1, a1 @ p["W2"] + p["b2"]


def backward(p, X, y, z1, a1, out):
    d2 = 2 * (out - y) / len(X)
    d1 = (d2 @ p["W2"].T) * derivative(z1)
    return {"W2": a1.T @ d2, "b2": d2.sum(0, keepdims=True), "W1": X.T @ d1, "b1": d1.sum(0, keepdims=True)}


learning_rate = 0.02
for iteration in range(400):
    z1, a1, out = forward(parameters, inputs)
    gradients = backward(parameters, inputs, targets, z1, a1, out)
    for name in parameters:
        parameters[name] = parameters[name] - learning_rate * gradients[name]
    if iteration % 100 == 0:
        print(iteration, np.mean((out - targets) ** 2))
