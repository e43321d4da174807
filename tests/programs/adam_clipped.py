import numpy as np
np.random.seed(17)
class Param:
    def __init__(self, v): self.v = v; self.g = np.zeros_like(v); self.m = np.zeros_like(v); self.s = np.zeros_like(v)
class Dense:
    def __init__(self, i, o): self.W = Param(np.random.randn(i, o)*np.sqrt(2/i)); self.b = Param(np.zeros((1, o)))
    def forward(self, x): self.x = x; return x @ self.W.v + self.b.v
    def backward(self, d):
        self.W.g += self.x.T @ d; self.b.g += d.sum(0, keepdims=True)
        return d @ self.W.v.T
    def params(self): return [self.W, self.b]
class ReLU:
    def forward(self, x): self.mask = x > 0; return x * self.mask
    def backward(self, d): return d * self.mask
    def params(self): return []
layers = [Dense(4, 16), ReLU(), Dense(16, 3)]
params = [p for l in layers for p in l.params()]
lab = np.random.randint(0, 3, 128); X = np.random.randn(128, 4) + 2*np.eye(3, 4)[lab]
t = 0
for epoch in range(30):
    order = np.random.permutation(128)
    for i in range(0, 128, 32):
        xb, yb = X[order[i:i+32]], lab[order[i:i+32]]
        for p in params: p.g[...] = 0
        a = xb
        for l in layers: a = l.forward(a)
        e = np.exp(a - a.max(1, keepdims=True)); prob = e/e.sum(1, keepdims=True)
        loss = -np.log(prob[np.arange(len(yb)), yb]).mean()
        d = prob.copy(); d[np.arange(len(yb)), yb] -= 1; d /= len(yb)
        for l in reversed(layers): d = l.backward(d)
        norm = np.sqrt(sum(np.sum(p.g**2) for p in params))
        if norm > 0.5:
            for p in params: p.g *= 0.5/norm
        t += 1
        for p in params:
            p.m = 0.9*p.m + 0.1*p.g
            p.s = 0.999*p.s + 0.001*p.g**2
            p.v -= 0.01*(p.m/(1-0.9**t))/(np.sqrt(p.s/(1-0.999**t))+1e-8)
    print(epoch, loss)
