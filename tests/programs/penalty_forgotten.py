"""Three layers as columns; the L2 penalty of the second is forgotten, as the biases' is on purpose."""

import numpy as np

np.random.seed(8)
m = 60
X = np.random.randn(3, m)
Y = (X[0] * X[1] + X[2] > 0).astype(float).reshape(1, m)
dims = (3, 6, 4, 1)
p = {}
for k in range(1, 4):
    p["W%d" % k] = np.random.randn(dims[k], dims[k - 1]) * 0.6
    p["b%d" % k] = np.zeros((dims[k], 1))
lambd, alpha = 0.6, 0.5


def relu(z):
    return np.maximum(z, 0.0)


for i in range(400):
    A1 = relu(p["W1"] @ X + p["b1"])
    A2 = relu(p["W2"] @ A1 + p["b2"])
    A3 = 1 / (1 + np.exp(-(p["W3"] @ A2 + p["b3"])))
    cost = -np.mean(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    dZ3 = A3 - Y
    dZ2 = (p["W3"].T @ dZ3) * (A2 > 0)
    dZ1 = (p["W2"].T @ dZ2) * (A1 > 0)
    g = {
        "W3": dZ3 @ A2.T / m + lambd / m * p["W3"],
        "b3": dZ3.sum(axis=1, keepdims=True) / m,
        "W2": dZ2 @ A1.T / m,
        "b2": dZ2.sum(axis=1, keepdims=True) / m,
        "W1": dZ1 @ X.T / m + lambd / m * p["W1"],
        "b1": dZ1.sum(axis=1, keepdims=True) / m,
    }
    p = {name: value - alpha * g[name] for name, value in p.items()}
    if i % 100 == 0:
        print(i, cost)
