import numpy as np
np.random.seed(12)
X = np.random.randn(20, 3)
y = np.sin(X.sum(axis=1))
W1 = np.random.randn(3, 6) * 0.5; b1 = np.zeros(6)
W2 = np.random.randn(6, 1) * 0.5; b2 = np.zeros(1)
lr, mu = 0.05, 0.9
v = [np.zeros_like(p) for p in (W1, b1, W2, b2)]
for step in range(3000):
    h = np.tanh(X @ W1 + b1)
    yhat = h @ W2 + b2
    diff = yhat - y[:, None]
    loss = 0.5 * np.mean(diff ** 2)
    dy = diff / len(X)
    gW2 = h.T @ dy; gb2 = dy.sum(0)
    dh = (dy @ W2.T) * (1 - h * h)
    gW1 = X.T @ dh; gb1 = dh.sum(0)
    for i, (p, g) in enumerate(zip((W1, b1, W2, b2), (gW1, gb1, gW2, gb2))):
        v[i] = mu * v[i] - lr * g
        p += v[i]
    if step % 500 == 0: print(step, loss)
