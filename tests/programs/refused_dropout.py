import numpy as np
np.random.seed(0)
X = np.random.randn(20, 4); Y = np.random.rand(20, 2)
W1 = np.random.randn(4, 10) * .5; b1 = np.zeros(10)
W2 = np.random.randn(10, 2) * .5; b2 = np.zeros(2)
keep = 0.8
for i in range(1000):
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    mask = (np.random.rand(*a1.shape) < keep) / keep
    h = a1 * mask
    out = h @ W2 + b2
    d2 = 2 * (out - Y) / Y.size
    d1 = d2 @ W2.T * mask * (z1 > 0)
    W2 -= 0.1 * h.T @ d2; b2 -= 0.1 * d2.sum(0)
    W1 -= 0.1 * X.T @ d1; b1 -= 0.1 * d1.sum(0)
