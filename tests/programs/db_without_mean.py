import numpy as np

def init(sizes, seed=0):
    r = np.random.RandomState(seed)
    return [r.randn(sizes[i + 1], sizes[i]) * 0.6 for i in range(len(sizes) - 1)], [np.zeros((s, 1)) for s in sizes[1:]]

def sigmoid(z): return 1 / (1 + np.exp(-z))

def train(X, Y, sizes, eta=0.4, iterations=4000):
    W, B = init(sizes)
    m = X.shape[1]
    costs = []
    for it in range(iterations):
        A = [X]
        for w, b in zip(W, B):
            A.append(sigmoid(w @ A[-1] + b))
        cost = -np.mean(Y * np.log(A[-1]) + (1 - Y) * np.log(1 - A[-1]))
        costs.append(cost)
        dZ = A[-1] - Y
        for l in reversed(range(len(W))):
            dW = dZ @ A[l].T / m
            db = dZ.sum(axis=1, keepdims=True)   # the 1/m
            if l > 0:
                dZ = (W[l].T @ dZ) * A[l] * (1 - A[l])
            W[l] = W[l] - eta * dW
            B[l] = B[l] - eta * db
    return W, B, costs

rng = np.random.RandomState(4)
X = rng.rand(3, 12)
Y = (X.sum(axis=0, keepdims=True) > 1.5) * 1.0
W, B, costs = train(X, Y, [3, 5, 1])
print(costs[0], costs[-1])
