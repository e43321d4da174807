import numpy as np
np.random.seed(0)
X = np.random.rand(10, 2)
Y = np.column_stack([X[:, 0] * X[:, 1], np.abs(X[:, 0] - X[:, 1])])
w0 = np.random.rand(2, 5)
w1 = np.random.rand(5, 2)
lr = 0.3
losses = []
for i in range(5000):
    h = 1 / (1 + np.exp(-X.dot(w0)))
    o = 1 / (1 + np.exp(-h.dot(w1)))
    e = o - Y
    losses.append((0.5 * e ** 2).mean())
    d1 = e * o * (1 - o)
    w1 -= lr * h.T.dot(d1)
    d0 = d1.dot(w1.T) * h * (1 - h)
    w0 -= lr * X.T.dot(d0)
print(losses[-1])
