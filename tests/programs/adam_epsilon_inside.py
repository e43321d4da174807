import numpy as np

rng = np.random.RandomState(1)
N, D, H, C = 30, 4, 7, 3
X = rng.randn(N, D)
T = np.tanh(X @ rng.randn(D, C))

params = {
    "W1": rng.randn(D, H) * 0.4, "b1": np.zeros(H),
    "W2": rng.randn(H, C) * 0.4, "b2": np.zeros(C),
}
m = {k: np.zeros_like(v) for k, v in params.items()}
v = {k: np.zeros_like(p) for k, p in params.items()}
lr, beta1, beta2, eps = 0.01, 0.9, 0.999, 1e-8

for t in range(1, 3001):
    a1 = np.tanh(X @ params["W1"] + params["b1"])
    pred = a1 @ params["W2"] + params["b2"]
    loss = np.mean((pred - T) ** 2)
    if t % 500 == 1:
        print(t, loss)
    d2 = 2 * (pred - T) / pred.size
    d1 = d2 @ params["W2"].T * (1 - a1 ** 2)
    grads = {"W1": X.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
    for k in params:
        m[k] = beta1 * m[k] + (1 - beta1) * grads[k]
        v[k] = beta2 * v[k] + (1 - beta2) * grads[k] ** 2
        m_hat = m[k] / (1 - beta1 ** t)
        v_hat = v[k] / (1 - beta2 ** t)
        params[k] -= lr * m_hat / np.sqrt(v_hat + eps)
