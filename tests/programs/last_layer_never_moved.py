import numpy as np

np.random.seed(4)
X = np.random.rand(2, 64)
T = np.vstack([X.sum(0), X.prod(0), X[0] - X[1]])
W1 = np.random.randn(8, 2); b1 = np.zeros((8, 1))
W2 = np.random.randn(6, 8) * .4; b2 = np.zeros((6, 1))
W3 = np.random.randn(3, 6) * .4; b3 = np.zeros((3, 1))

def train(eta, n):
    global W1, W2, b1, b2, b3
    m = X.shape[1]
    for k in range(n):
        h1 = np.tanh(W1 @ X + b1)
        h2 = np.maximum(W2 @ h1 + b2, 0)
        out = W3 @ h2 + b3
        d3 = out - T
        d2 = (W3.T @ d3) * (h2 > 0)
        d1 = (W2.T @ d2) * (1 - h1 * h1)
        dW3 = d3 @ h2.T / m
        b3 = b3 - eta * d3.sum(1, keepdims=True) / m
        W2 = W2 - eta * d2 @ h1.T / m
        b2 = b2 - eta * d2.sum(1, keepdims=True) / m
        W1 = W1 - eta * d1 @ X.T / m
        b1 = b1 - eta * d1.sum(1, keepdims=True) / m
        if k % 100 == 0:
            print(k, np.mean(d3 ** 2))

train(0.1, 400)
