import numpy as np

class SGD:
    def __init__(self, lr=0.01, momentum=0.9, nesterov=True):
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.velocity = {}
    def update(self, layer):
        for name, g in layer.grads.items():
            key = (id(layer), name)
            v_prev = self.velocity.get(key, np.zeros_like(g))
            v = self.momentum * v_prev - self.lr * g
            self.velocity[key] = v
            layer.params[name] += -self.momentum * v_prev + (1 + self.momentum) * v

class Linear:
    def __init__(self, n_in, n_out, rng):
        self.params = {'W': rng.uniform(-1, 1, (n_in, n_out)) / np.sqrt(n_in), 'b': np.zeros(n_out)}
        self.grads = {}
    def __call__(self, x):
        self.x = x
        return x @ self.params['W'] + self.params['b']
    def backward(self, g):
        self.grads['W'] = self.x.T @ g
        self.grads['b'] = g.sum(axis=0)
        return g @ self.params['W'].T

class Sigmoid:
    params = {}
    def __call__(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y
    def backward(self, g):
        return g * self.y * (1 - self.y)

rng = np.random.default_rng(3)
X = rng.normal(size=(25, 4))
Y = rng.uniform(size=(25, 2))
model = [Linear(4, 5, rng), Sigmoid(), Linear(5, 2, rng)]
opt = SGD(lr=0.05)
history = []
for epoch in range(1000):
    out = X
    for layer in model:
        out = layer(out)
    history.append(((out - Y) ** 2).mean())
    grad = 2 * (out - Y) / out.size
    for layer in reversed(model):
        grad = layer.backward(grad)
    for layer in model:
        if layer.params:
            opt.update(layer)
