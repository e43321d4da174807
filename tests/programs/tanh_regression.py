import numpy as np
x = np.linspace(-3, 3, 21).reshape(-1, 1)
y = np.sin(x)
np.random.seed(2)
w1 = np.random.randn(1, 10); b1 = np.random.randn(1, 10)
w2 = np.random.randn(10, 1); b2 = np.random.randn(1, 1)
eta = 0.02
for it in range(20000):
    a = np.tanh(x.dot(w1) + b1)
    out = a.dot(w2) + b2
    cost = .5 * np.mean((out - y)**2)
    dout = (out - y) / len(x)
    dw2 = a.T.dot(dout)
    db2 = dout.sum(axis=0, keepdims=True)
    da = dout.dot(w2.T)
    dz = da * (1 - a**2)
    dw1 = x.T.dot(dz)
    db1 = dz.sum(axis=0, keepdims=True)
    w1 = w1 - eta*dw1
    b1 = b1 - eta*db1
    w2 = w2 - eta*dw2
    b2 = b2 - eta*db2
    if it % 1000 == 0: print(it, cost)
