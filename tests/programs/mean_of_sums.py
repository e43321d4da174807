"""Squares are summed over the outputs and averaged over the samples: C times PyTorch's gradient."""

import numpy as np

rng = np.random.default_rng(3)
X = rng.uniform(-1, 1, size=(24, 3))
T = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], axis=1) * 0.4 + 0.5


def logistic(a):
    return 1.0 / (1.0 + np.exp(-a))


shapes = [(3, 6), (6, 2)]
layers = [{"w": rng.normal(0, 0.7, size=shape), "b": np.zeros(shape[1])} for shape in shapes]

for epoch in range(300):
    outs = [X]
    for layer in layers:
        outs.append(logistic(outs[-1] @ layer["w"] + layer["b"]))
    difference = outs[-1] - T
    cost = np.mean(np.sum(difference**2, axis=1))
    signal = 2 * difference / len(X)
    for i in reversed(range(len(layers))):
        signal = signal * outs[i + 1] * (1 - outs[i + 1])
        gw, gb = outs[i].T @ signal, signal.sum(axis=0)
        signal = signal @ layers[i]["w"].T
        layers[i]["w"] -= 0.2 * gw
        layers[i]["b"] -= 0.2 * gb
    if epoch % 50 == 0:
        print(epoch, cost)
