"""A learning rate that grows for some steps, and then falls along a parabola."""

import numpy as np

rng = np.random.RandomState(4)
x = rng.uniform(-2, 2, (32, 1))
y = np.tanh(2 * x) + 0.05 * rng.randn(32, 1)

BASE, WARM, TOTAL = 0.05, 8, 500
V, c = rng.randn(1, 10) * 0.8, rng.randn(10) * 0.1
U, d = rng.randn(10, 1) * 0.3, np.zeros(1)


def rate_of(step):
    if step < WARM:
        return BASE * (step + 1) / WARM
    return BASE * (1 - ((step - WARM) / TOTAL) ** 2)


for step in range(TOTAL):
    lr = rate_of(step)
    hidden = np.tanh(x @ V + c)
    out = hidden @ U + d
    mse = ((out - y) ** 2).mean()
    g_out = 2 * (out - y) / y.size
    g_hidden = g_out @ U.T * (1 - hidden**2)
    U -= lr * hidden.T @ g_out
    d -= lr * g_out.sum(0)
    V -= lr * x.T @ g_hidden
    c -= lr * g_hidden.sum(0)
print(mse)
