"""A recurrent network that gives one answer for a sequence: its last step alone looks like two layers."""

import numpy as np

rng = np.random.RandomState(0)
size, steps = 8, 6
Wx, Wr, Wo = 0.3 * rng.randn(size, 2), 0.3 * rng.randn(size, size), 0.3 * rng.randn(1, size)
for _ in range(300):
    bits = rng.randint(0, 2, (steps, 2))
    wanted = bits.prod(axis=1).sum() / steps
    state = {-1: np.zeros((size, 1))}
    for t in range(steps):
        state[t] = np.tanh(Wx @ bits[t].reshape(2, 1) + Wr @ state[t - 1])
    out = Wo @ state[steps - 1]
    dout = 2 * (out - wanted)
    gx, gr, go = np.zeros_like(Wx), np.zeros_like(Wr), dout @ state[steps - 1].T
    dh = Wo.T @ dout
    for t in reversed(range(steps)):
        dz = (1 - state[t] ** 2) * dh
        gx += dz @ bits[t].reshape(1, 2)
        gr += dz @ state[t - 1].T
        dh = Wr.T @ dz
    Wx -= 0.05 * gx
    Wr -= 0.05 * gr
    Wo -= 0.05 * go
