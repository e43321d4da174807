import numpy as np


class Adam:
    def __init__(self, shapes, lr=0.003, b1=0.9, b2=0.99, eps=1e-8):
        self.lr, self.b1, self.b2, self.eps = lr, b1, b2, eps
        self.m = [np.zeros(s) for s in shapes]
        self.v = [np.zeros(s) for s in shapes]

    def step(self, params, grads):
        for i in range(len(params)):
            self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * grads[i]
            self.v[i] = self.b2 * self.v[i] + (1 - self.b2) * grads[i] * grads[i]
            params[i] -= self.lr * self.m[i] / (np.sqrt(self.v[i]) + self.eps)


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5))
labels = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
Y = np.eye(3)[labels]
params = [rng.normal(size=(5, 6)) * .5, np.zeros((1, 6)), rng.normal(size=(6, 3)) * .5, np.zeros((1, 3))]
opt = Adam([p.shape for p in params])
losses = []
for epoch in range(2000):
    h = 1 / (1 + np.exp(-(X.dot(params[0]) + params[1])))
    p = softmax(h.dot(params[2]) + params[3])
    losses.append(-np.mean(np.sum(Y * np.log(p), axis=1)))
    dz = (p - Y) / len(X)
    dh = dz.dot(params[2].T) * h * (1 - h)
    opt.step(params, [X.T.dot(dh), dh.sum(0, keepdims=True), h.T.dot(dz), dz.sum(0, keepdims=True)])
print(losses[-1])
