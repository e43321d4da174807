"""The learning rate drops every ten steps, the first time after the very first one."""

import numpy as np

np.random.seed(8)
X = np.random.randn(40, 4)
y = (X[:, :1] * X[:, 1:2] > 0).astype(float)


class Classifier:
    def __init__(self, lr=0.3, drop=0.9):
        self.lr, self.drop = lr, drop
        self.W1, self.b1 = np.random.randn(4, 7) * 0.5, np.zeros((1, 7))
        self.W2, self.b2 = np.random.randn(7, 1) * 0.5, np.zeros((1, 1))

    def train_step(self, X, y):
        h = np.maximum(X @ self.W1 + self.b1, 0)
        p = 1 / (1 + np.exp(-(h @ self.W2 + self.b2)))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        dz = (p - y) / len(X)
        dh = (dz @ self.W2.T) * (h > 0)
        self.W2 -= self.lr * h.T @ dz
        self.b2 -= self.lr * dz.sum(axis=0, keepdims=True)
        self.W1 -= self.lr * X.T @ dh
        self.b1 -= self.lr * dh.sum(axis=0, keepdims=True)
        return loss


model = Classifier()
for i in range(200):
    loss = model.train_step(X, y)
    if i % 10 == 0:
        model.lr *= model.drop
        print(i, loss)
