"""Adam over mini-batches, given the number of the epoch for its t."""

import numpy as np


class Adam:
    def __init__(self, shapes, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = [np.zeros(s) for s in shapes]
        self.v = [np.zeros(s) for s in shapes]

    def step(self, params, grads, t):
        for k, (p, g) in enumerate(zip(params, grads)):
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g * g
            m_hat = self.m[k] / (1 - self.beta1**t)
            v_hat = self.v[k] / (1 - self.beta2**t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


rng = np.random.default_rng(12)
X = rng.normal(size=(48, 3))
Y = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], axis=1)
params = [0.6 * rng.normal(size=(3, 8)), np.zeros(8), 0.6 * rng.normal(size=(8, 2)), np.zeros(2)]
adam = Adam([p.shape for p in params])

for epoch in range(1, 61):
    order = rng.permutation(len(X))
    for start in range(0, len(X), 12):
        rows = order[start : start + 12]
        xb, yb = X[rows], Y[rows]
        W1, b1, W2, b2 = params
        h = np.tanh(xb @ W1 + b1)
        out = h @ W2 + b2
        loss = np.mean((out - yb) ** 2)
        dout = 2 * (out - yb) / out.size
        dh = (dout @ W2.T) * (1 - h**2)
        adam.step(params, [xb.T @ dh, dh.sum(axis=0), h.T @ dout, dout.sum(axis=0)], epoch)
    if epoch % 10 == 0:
        print(epoch, loss)
