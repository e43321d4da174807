"""Adam whose second moment is not corrected; classes as numbers."""

import numpy as np

np.random.seed(6)
X = np.random.randn(60, 4)
labels = np.argmax(X @ np.random.randn(4, 3), axis=1)

W1, b1 = 0.5 * np.random.randn(4, 9), np.zeros(9)
W2, b2 = 0.5 * np.random.randn(9, 3), np.zeros(3)
weights = [W1, b1, W2, b2]
m = [np.zeros_like(w) for w in weights]
v = [np.zeros_like(w) for w in weights]
alpha, beta1, beta2, eps = 0.002, 0.9, 0.999, 1e-8

for t in range(1, 301):
    h = np.tanh(X @ W1 + b1)
    scores = h @ W2 + b2
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(60), labels]).mean()
    dscores = probs.copy()
    dscores[np.arange(60), labels] -= 1
    dscores /= 60
    dh = dscores @ W2.T * (1 - h * h)
    grads = [X.T @ dh, dh.sum(axis=0), h.T @ dscores, dscores.sum(axis=0)]
    for i, g in enumerate(grads):
        m[i] = beta1 * m[i] + (1 - beta1) * g
        v[i] = beta2 * v[i] + (1 - beta2) * g**2
        m_hat = m[i] / (1 - beta1**t)
        weights[i] -= alpha * m_hat / (np.sqrt(v[i]) + eps)
print(loss)
