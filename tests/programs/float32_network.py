import numpy as np
rng = np.random.default_rng(9)
X = rng.standard_normal((24, 5), dtype=np.float32)
Y = (X[:, :2] * X[:, 2:4]).astype(np.float32)
W1 = rng.standard_normal((5, 8), dtype=np.float32) * np.float32(0.4)
b1 = np.zeros(8, dtype=np.float32)
W2 = rng.standard_normal((8, 2), dtype=np.float32) * np.float32(0.4)
b2 = np.zeros(2, dtype=np.float32)
lr = np.float32(0.1)
losses = []
for epoch in range(3000):
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    P = A1 @ W2 + b2
    losses.append(float(np.mean((P - Y) ** 2)))
    dP = (P - Y) * np.float32(2 / P.size)
    dW2 = A1.T @ dP
    db2 = dP.sum(axis=0)
    dZ1 = (dP @ W2.T) * (Z1 > 0)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
