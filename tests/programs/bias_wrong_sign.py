import numpy as np
rng = np.random.RandomState(17)
class Net: pass
net = Net()
net.W1 = rng.randn(4, 3) * .3
net.b1 = rng.randn(3) * .1
net.W2 = rng.randn(3, 2) * .3
net.b2 = rng.randn(2) * .1
X = rng.randn(11, 4)
Y = rng.rand(11, 2)
alpha = 0.1
def sig(v): return 1.0/(1.0+np.exp(-v))
def step(net, X, Y):
    h = sig(X.dot(net.W1) + net.b1)
    o = sig(h.dot(net.W2) + net.b2)
    err = o - Y
    d_o = err * o * (1 - o)
    d_h = d_o.dot(net.W2.T) * h * (1 - h)
    net.W2 -= alpha * h.T.dot(d_o)
    net.b2 -= alpha * d_o.sum(axis=0)
    net.W1 -= alpha * X.T.dot(d_h)
    net.b1 += alpha * d_h.sum(axis=0)
    return 0.5 * np.sum(err ** 2)
for k in range(4000):
    L = step(net, X, Y)
print(L)
