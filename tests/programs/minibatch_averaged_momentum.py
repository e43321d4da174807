import numpy as np


def relu(z):
    return np.maximum(z, 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def batches(X, Y, size, rng):
    order = rng.permutation(len(X))
    for start in range(0, len(X), size):
        take = order[start:start + size]
        yield X[take], Y[take]


def main():
    rng = np.random.default_rng(11)
    X = rng.normal(size=(50, 3))
    Y = np.stack([X[:, 0] * X[:, 1] > 0, X[:, 2] > 0.3], axis=1).astype(float)
    W1 = rng.normal(size=(3, 8)) * np.sqrt(2 / 3)
    b1 = np.zeros(8)
    W2 = rng.normal(size=(8, 2)) * np.sqrt(1 / 8)
    b2 = np.zeros(2)
    vW1, vb1 = np.zeros_like(W1), np.zeros_like(b1)
    vW2, vb2 = np.zeros_like(W2), np.zeros_like(b2)
    beta, alpha = 0.9, 0.05
    for epoch in range(500):
        total = 0.0
        for xb, yb in batches(X, Y, 16, rng):
            n = len(xb)
            z1 = xb @ W1 + b1
            h = relu(z1)
            out = sigmoid(h @ W2 + b2)
            total += np.mean(-yb * np.log(out) - (1 - yb) * np.log(1 - out))
            dz2 = (out - yb) / n
            dW2, db2 = h.T @ dz2, dz2.sum(0)
            dz1 = dz2 @ W2.T * (z1 > 0)
            dW1, db1 = xb.T @ dz1, dz1.sum(0)
            vW1 = beta * vW1 + (1 - beta) * dW1
            vb1 = beta * vb1 + (1 - beta) * db1
            vW2 = beta * vW2 + (1 - beta) * dW2
            vb2 = beta * vb2 + (1 - beta) * db2
            W1 -= alpha * vW1
            b1 -= alpha * vb1
            W2 -= alpha * vW2
            b2 -= alpha * vb2
        if epoch % 50 == 0:
            print(epoch, total / 4)


if __name__ == "__main__":
    main()
