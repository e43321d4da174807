import numpy as np
np.random.seed(15)
def addones(a):
    return np.hstack((a, np.ones((a.shape[0], 1))))
X = addones(np.random.rand(8, 2))
T = np.random.rand(8, 2)
V = np.random.randn(3, 4)
W = np.random.randn(5, 2)
rho = 0.02
for i in range(3000):
    Z = addones(np.tanh(X @ V))
    Y = Z @ W
    E = T - Y
    V, W = V + rho * X.T @ ((E @ W[:-1].T) * (1 - Z[:, :-1] ** 2)), W + rho * Z.T @ E
    if i % 300 == 0:
        print('RMSE', np.sqrt((E**2).mean()))
