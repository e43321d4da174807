import numpy as np
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler
iris = load_iris()
X = StandardScaler().fit_transform(iris.data)
y = iris.target
n_classes = len(np.unique(y))

class SoftmaxClassifier:
    def __init__(self, lr=0.1, momentum=0.9, hidden=8, n_iter=500, random_state=0):
        self.lr = lr
        self.momentum = momentum
        self.hidden = hidden
        self.n_iter = n_iter
        self.rs = np.random.RandomState(random_state)

    def fit(self, X, y):
        n, d = X.shape
        k = len(np.unique(y))
        self.coefs_ = [self.rs.randn(d, self.hidden) * 0.3, self.rs.randn(self.hidden, k) * 0.3]
        self.intercepts_ = [np.zeros(self.hidden), np.zeros(k)]
        vel = None
        self.loss_curve_ = []
        for _ in range(self.n_iter):
            hidden = np.tanh(X @ self.coefs_[0] + self.intercepts_[0])
            logits = hidden @ self.coefs_[1] + self.intercepts_[1]
            logits -= logits.max(axis=1, keepdims=True)
            proba = np.exp(logits)
            proba /= proba.sum(axis=1, keepdims=True)
            self.loss_curve_.append(-np.log(proba[np.arange(n), y]).mean())
            d2 = proba.copy()
            d2[np.arange(n), y] -= 1
            d2 /= n
            d1 = (d2 @ self.coefs_[1].T) * (1 - hidden ** 2)
            grads = [X.T @ d1, d1.sum(0), hidden.T @ d2, d2.sum(0)]
            vel = grads if vel is None else [self.momentum * v + g for v, g in zip(vel, grads)]
            self.coefs_[0] = self.coefs_[0] - self.lr * vel[0]
            self.intercepts_[0] = self.intercepts_[0] - self.lr * vel[1]
            self.coefs_[1] = self.coefs_[1] - self.lr * vel[2]
            self.intercepts_[1] = self.intercepts_[1] - self.lr * vel[3]
        return self

clf = SoftmaxClassifier().fit(X, y)
print(clf.loss_curve_[-1])
