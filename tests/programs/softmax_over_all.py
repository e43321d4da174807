import numpy as np


class Classifier:
    """Two layers, trained on the whole set."""

    def __init__(self, sizes, learning_rate=0.5):
        rng = np.random.default_rng(11)
        self.W = [rng.normal(0, 0.4, (a, b)) for a, b in zip(sizes, sizes[1:])]
        self.b = [np.zeros(b) for b in sizes[1:]]
        self.learning_rate = learning_rate

    @staticmethod
    def softmax(z):
        e = np.exp(z - np.max(z))
        return e / np.sum(e)

    def forward(self, X):
        self.a = np.tanh(X @ self.W[0] + self.b[0])
        return self.softmax(self.a @ self.W[1] + self.b[1])

    def fit(self, X, y, epochs):
        Y = np.eye(len(self.b[1]))[y]
        for epoch in range(epochs):
            P = self.forward(X)
            d2 = (P - Y) / len(X)
            d1 = d2 @ self.W[1].T * (1 - self.a ** 2)
            self.W[1] -= self.learning_rate * self.a.T @ d2
            self.b[1] -= self.learning_rate * d2.sum(axis=0)
            self.W[0] -= self.learning_rate * X.T @ d1
            self.b[0] -= self.learning_rate * d1.sum(axis=0)
            if epoch % 50 == 0:
                print(epoch, -np.log(P[range(len(y)), y]).mean())


rng = np.random.default_rng(5)
X = rng.normal(size=(24, 3))
y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
Classifier([3, 6, 3]).fit(X, y, 400)
