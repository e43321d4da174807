import numpy as np
from tqdm import tqdm
np.random.seed(4)
X = np.random.randn(16, 2)
y = (X[:, 0]**2 + X[:, 1]**2 < 1).astype(float).reshape(-1, 1)
class Dense:
    def __init__(self, i, o):
        self.w = np.random.randn(i, o) * np.sqrt(2/(i+o))
        self.b = np.zeros((1, o))
layers = [Dense(2, 5), Dense(5, 1)]
def sigmoid(z): return 1/(1+np.exp(-z))
lr = 0.5
hist = []
for ep in tqdm(range(3000)):
    a1 = sigmoid(X @ layers[0].w + layers[0].b)
    a2 = sigmoid(a1 @ layers[1].w + layers[1].b)
    bce = -(y*np.log(a2) + (1-y)*np.log(1-a2)).mean()
    hist.append(bce)
    da2 = -(y/a2 - (1-y)/(1-a2)) / len(X)
    dz2 = da2 * a2*(1-a2)
    dz1 = (dz2 @ layers[1].w.T) * a1*(1-a1)
    layers[1].w -= lr * (a1.T @ dz2)
    layers[1].b -= lr * dz2.sum(axis=0, keepdims=True)
    layers[0].w -= lr * (X.T @ dz1)
    layers[0].b -= lr * dz1.sum(axis=0, keepdims=True)
