import numpy as np
def sigmoid(x): return 1/(1+np.exp(-x))
def forward(X, params):
    A1 = sigmoid(np.dot(params["W1"], X) + params["b1"])
    A2 = sigmoid(np.dot(params["W2"], A1) + params["b2"])
    return A2, (A1, A2)
def backward(X, Y, params, cache):
    m = X.shape[1]; A1, A2 = cache
    dZ2 = A2 - Y
    g = {"W2": dZ2 @ A1.T / m, "b2": dZ2.sum(1, keepdims=True) / m}
    dZ1 = params["W2"].T @ dZ2 * A1 * (1 - A1)
    g["W1"] = dZ1 @ X.T / m; g["b1"] = dZ1.sum(1, keepdims=True) / m
    return g
def update(params, g, lr):
    for k in ("W2", "b2"):
        params[k] = params[k] - lr * g[k]
    return params
np.random.seed(3)
X = np.random.randn(2, 40); Y = (X[0:1] * X[1:] > 0) * 1
params = {"W1": np.random.randn(4, 2), "b1": np.zeros((4, 1)), "W2": np.random.randn(1, 4), "b2": np.zeros((1, 1))}
for i in range(1000):
    A2, cache = forward(X, params)
    params = update(params, backward(X, Y, params, cache), 1.2)
