import numpy as np
import random
random.seed(1); np.random.seed(1)
data = [((0., 0.), 0.), ((0., 1.), 1.), ((1., 0.), 1.), ((1., 1.), 0.)]
W1 = np.random.uniform(-1, 1, (3, 2)); b1 = np.random.uniform(-1, 1, 3)
W2 = np.random.uniform(-1, 1, (1, 3)); b2 = np.random.uniform(-1, 1, 1)
def f(x): return 1.0 / (1.0 + np.exp(-x))
eta = 0.7
for epoch in range(4000):
    random.shuffle(data)
    err = 0.0
    for inp, target in data:
        x = np.array(inp)
        t = np.array([target])
        h = f(np.dot(W1, x) + b1)
        o = f(np.dot(W2, h) + b2)
        err += 0.5 * np.sum((t - o) ** 2)
        do = (t - o) * o * (1 - o)
        dh = np.dot(W2.T, do) * h * (1 - h)
        W2 += eta * np.outer(do, h)
        b2 += eta * do
        W1 += eta * np.outer(dh, x)
        b1 += eta * dh
    if epoch % 500 == 0:
        print(epoch, err)
