import numpy as np
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]])
y = np.array([0, 0, 0, 1.0])
rng = np.random.RandomState(0)
w = rng.rand(3)
for epoch in range(4):
    out = 1 / (1 + np.exp(-X @ w))
    w += 0.5 * X.T @ ((y - out) * out * (1 - out))
print(w)
