import numpy as np
rng = np.random.default_rng(11)
X = rng.normal(size=(80, 5))
Y = X @ rng.normal(size=(5, 2)) * 3 + rng.normal(size=(80, 2))
W1 = rng.normal(size=(5, 16)) * np.sqrt(2/5); b1 = np.zeros(16)
W2 = rng.normal(size=(16, 2)) * np.sqrt(2/16); b2 = np.zeros(2)
params = [W1, b1, W2, b2]
vel = [np.zeros_like(p) for p in params]
lr = 0.02; momentum = 0.9; max_norm = 1.0
for epoch in range(500):
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    pred = a1 @ W2 + b2
    diff = pred - Y
    loss = (diff**2).mean()
    dpred = 2*diff/diff.size
    dW2 = a1.T @ dpred; db2 = dpred.sum(0)
    da1 = dpred @ W2.T
    dz1 = da1 * (z1 > 0)
    dW1 = X.T @ dz1; db1 = dz1.sum(0)
    grads = [dW1, db1, dW2, db2]
    total = np.sqrt(sum((g**2).sum() for g in grads))
    if total > max_norm:
        grads = [g * (max_norm/total) for g in grads]
    for p, v, g in zip(params, vel, grads):
        v *= momentum
        v -= lr * g
        p += v
    if epoch % 50 == 0:
        print(f"{epoch} {loss:.5f}")
