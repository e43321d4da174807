"""Columns, shuffled mini-batches, Adam; one of the two last hidden units is dead from the start."""

import numpy as np

rng = np.random.RandomState(3)
X = rng.randn(2, 150)
Y = ((X[:1] ** 2 + X[1:]) > 0.3).astype(int)
sizes = [2, 5, 2, 1]
par, m, v = {}, {}, {}
for l in range(1, 4):
    par[f"W{l}"] = rng.randn(sizes[l], sizes[l - 1]) * np.sqrt(2 / sizes[l - 1])
    par[f"b{l}"] = np.zeros((sizes[l], 1))
par["W2"][1] = -np.abs(par["W2"][1])
for key in par:
    m[key] = np.zeros_like(par[key])
    v[key] = np.zeros_like(par[key])


def forward(x):
    a1 = np.maximum(0, par["W1"] @ x + par["b1"])
    a2 = np.maximum(0, par["W2"] @ a1 + par["b2"])
    return a1, a2, 1 / (1 + np.exp(-(par["W3"] @ a2 + par["b3"])))


beta1, beta2, eps, alpha, t = 0.9, 0.999, 1e-8, 0.002, 0
costs = []
for epoch in range(60):
    order = rng.permutation(150)
    cost = 0
    for start in range(0, 150, 64):
        x, y = X[:, order[start : start + 64]], Y[:, order[start : start + 64]]
        a1, a2, a3 = forward(x)
        cost += -np.sum(y * np.log(a3) + (1 - y) * np.log(1 - a3))
        n = x.shape[1]
        dz3 = (a3 - y) / n
        dz2 = (par["W3"].T @ dz3) * (a2 > 0)
        dz1 = (par["W2"].T @ dz2) * (a1 > 0)
        grads = {}
        for l, (dz, a) in enumerate(((dz1, x), (dz2, a1), (dz3, a2)), 1):
            grads[f"W{l}"] = dz @ a.T
            grads[f"b{l}"] = dz.sum(axis=1, keepdims=True)
        t += 1
        for key, g in grads.items():
            m[key] = beta1 * m[key] + (1 - beta1) * g
            v[key] = beta2 * v[key] + (1 - beta2) * g**2
            par[key] = par[key] - alpha * (m[key] / (1 - beta1**t)) / (np.sqrt(v[key] / (1 - beta2**t)) + eps)
    costs.append(cost / 150)
print(costs[-1])
