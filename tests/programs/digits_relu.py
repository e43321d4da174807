import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
import matplotlib.pyplot as plt

digits = load_digits()
X = digits.data / 16.0
y = digits.target
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)

def one_hot(y, n):
    out = np.zeros((len(y), n))
    out[np.arange(len(y)), y] = 1
    return out

Y_train = one_hot(y_train, 10)
np.random.seed(0)
W1 = np.random.randn(64, 32) * np.sqrt(2 / 64)
b1 = np.zeros((1, 32))
W2 = np.random.randn(32, 10) * np.sqrt(2 / 32)
b2 = np.zeros((1, 10))

def forward(x):
    z1 = x @ W1 + b1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    return z1, a1, e / e.sum(axis=1, keepdims=True)

lr, batch_size = 0.1, 64
train_losses, accs = [], []
for epoch in range(30):
    perm = np.random.permutation(len(X_train))
    for i in range(0, len(X_train), batch_size):
        idx = perm[i:i + batch_size]
        xb, yb = X_train[idx], Y_train[idx]
        z1, a1, p = forward(xb)
        dz2 = (p - yb) / len(xb)
        dW2 = a1.T @ dz2
        db2 = dz2.sum(axis=0, keepdims=True)
        da1 = dz2 @ W2.T
        dz1 = da1 * (z1 > 0)
        dW1 = xb.T @ dz1
        db1 = dz1.sum(axis=0, keepdims=True)
        W1 -= lr * dW1; b1 -= lr * db1
        W2 -= lr * dW2; b2 -= lr * db2
    _, _, p = forward(X_train)
    train_losses.append(-np.mean(np.log(p[np.arange(len(p)), y_train])))
    _, _, pt = forward(X_test)
    accs.append((pt.argmax(1) == y_test).mean())
plt.plot(train_losses)
plt.xlabel("epoch")
plt.legend(["train"])
plt.show()
