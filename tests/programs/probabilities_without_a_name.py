"""The sigmoid of the output is written into the error, and nowhere else."""

import numpy as np

rng = np.random.default_rng(0)
A = rng.normal(size=(20, 3))
t = (A.sum(axis=1, keepdims=True) > 0) * 1.0

K = rng.normal(size=(3, 5))
k = np.zeros(5)
L = rng.normal(size=(5, 1))
q = np.zeros(1)

for _ in range(400):
    hidden = np.tanh(A @ K + k)
    logit = hidden @ L + q
    loss = np.mean(np.maximum(logit, 0) - logit * t + np.log1p(np.exp(-np.abs(logit))))
    back = (1 / (1 + np.exp(-logit)) - t) / len(A)
    down = back @ L.T * (1 - hidden * hidden)
    L -= 0.5 * hidden.T @ back
    q -= 0.5 * back.sum(axis=0)
    K -= 0.5 * A.T @ down
    k -= 0.5 * down.sum(axis=0)
print(loss)
