import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.3
        self.b = np.zeros((1, n_out))
    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b
    def backward(self, grad, lr):
        dx = grad @ self.W.T
        dW = self.x.T @ grad
        db = grad.sum(axis=0, keepdims=True)
        self.W -= lr * dW
        self.b - lr * db
        return dx
class Tanh:
    def forward(self, x):
        self.out = np.tanh(x); return self.out
    def backward(self, grad, lr):
        return grad * (1 - self.out ** 2)
np.random.seed(0)
X = np.random.rand(40, 2) * 2 - 1
Y = np.sin(X.sum(axis=1, keepdims=True))
net = [Dense(2, 6), Tanh(), Dense(6, 1)]
for epoch in range(200):
    out = X
    for l in net: out = l.forward(out)
    g = 2 * (out - Y) / len(X)
    for l in reversed(net): g = l.backward(g, 0.1)
