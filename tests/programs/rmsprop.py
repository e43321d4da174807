import numpy as np
rng = np.random.RandomState(21)
x = rng.randn(3, 16)          # features, samples
t = (rng.rand(1, 16) > .5).astype(float)
theta = {'w1': rng.randn(4, 3), 'b1': rng.randn(4, 1), 'w2': rng.randn(1, 4), 'b2': rng.randn(1, 1)}
cache = dict((k, np.zeros_like(theta[k])) for k in theta)
decay_rate, learning_rate, eps = 0.9, 0.01, 1e-6
for it in range(2000):
    z1 = np.dot(theta['w1'], x) + theta['b1']
    a1 = np.maximum(0, z1)
    z2 = np.dot(theta['w2'], a1) + theta['b2']
    y = 1. / (1. + np.exp(-z2))
    J = np.mean(-t * np.log(y) - (1 - t) * np.log(1 - y))
    dz2 = (y - t) / t.size
    dz1 = np.dot(theta['w2'].T, dz2)
    dz1[z1 <= 0] = 0
    g = {'w1': np.dot(dz1, x.T), 'b1': dz1.sum(1, keepdims=True),
         'w2': np.dot(dz2, a1.T), 'b2': dz2.sum(1, keepdims=True)}
    for k in theta:
        cache[k] = decay_rate * cache[k] + (1 - decay_rate) * g[k] ** 2
        theta[k] -= learning_rate * g[k] / (np.sqrt(cache[k]) + eps)
