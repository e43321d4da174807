"""Layer objects, class numbers, Adam with a rate that decays; the first layer alone has an L2 penalty."""

import numpy as np


class Affine:
    def __init__(self, n_in, n_out, l2=0.0):
        self.w = 0.3 * np.random.randn(n_in, n_out)
        self.b = np.zeros((1, n_out))
        self.l2 = l2

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, d):
        self.dw = self.x.T @ d
        self.db = d.sum(axis=0, keepdims=True)
        if self.l2 > 0:
            self.dw += 2 * self.l2 * self.w
            self.db += 2 * self.l2 * self.b
        return d @ self.w.T


class Adam:
    def __init__(self, rate=0.02, decay=1e-4, eps=1e-7, beta_1=0.9, beta_2=0.999):
        self.rate, self.decay, self.eps, self.beta_1, self.beta_2 = rate, decay, eps, beta_1, beta_2
        self.iterations = 0

    def step(self, layers):
        rate = self.rate / (1.0 + self.decay * self.iterations)
        t = self.iterations + 1
        for layer in layers:
            if not hasattr(layer, "mw"):
                layer.mw, layer.vw = np.zeros_like(layer.w), np.zeros_like(layer.w)
                layer.mb, layer.vb = np.zeros_like(layer.b), np.zeros_like(layer.b)
            layer.mw = self.beta_1 * layer.mw + (1 - self.beta_1) * layer.dw
            layer.mb = self.beta_1 * layer.mb + (1 - self.beta_1) * layer.db
            layer.vw = self.beta_2 * layer.vw + (1 - self.beta_2) * layer.dw**2
            layer.vb = self.beta_2 * layer.vb + (1 - self.beta_2) * layer.db**2
            for name, m, v in (("w", layer.mw, layer.vw), ("b", layer.mb, layer.vb)):
                change = rate * (m / (1 - self.beta_1**t)) / (np.sqrt(v / (1 - self.beta_2**t)) + self.eps)
                setattr(layer, name, getattr(layer, name) - change)
        self.iterations += 1


np.random.seed(5)
X = np.random.randn(60, 2)
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.4)
first, last, optimizer = Affine(2, 16, l2=5e-4), Affine(16, 3), Adam()
for epoch in range(201):
    hidden = np.tanh(first.forward(X))
    scores = last.forward(hidden)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(60), y]).mean()
    d = probs.copy()
    d[np.arange(60), y] -= 1
    d /= 60
    first.backward(last.backward(d) * (1 - hidden**2))
    optimizer.step([first, last])
    if epoch % 50 == 0:
        print(epoch, loss)
