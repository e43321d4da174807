# why is my loss different from torch?? (same init, lr=0.1, nn.MSELoss)
import numpy as np

class TwoLayerNet:
    def __init__(self, D, H, C, seed=1):
        g = np.random.default_rng(seed)
        self.W1 = g.uniform(-1/np.sqrt(D), 1/np.sqrt(D), (H, D))
        self.b1 = g.uniform(-1/np.sqrt(D), 1/np.sqrt(D), H)
        self.W2 = g.uniform(-1/np.sqrt(H), 1/np.sqrt(H), (C, H))
        self.b2 = g.uniform(-1/np.sqrt(H), 1/np.sqrt(H), C)
    def forward(self, x):
        self.x = x
        self.h = 1 / (1 + np.exp(-(x @ self.W1.T + self.b1)))
        self.out = self.h @ self.W2.T + self.b2
        return self.out
    def backward(self, grad):
        self.gW2 = grad.T @ self.h
        self.gb2 = grad.sum(0)
        gh = (grad @ self.W2) * self.h * (1 - self.h)
        self.gW1 = gh.T @ self.x
        self.gb1 = gh.sum(0)
    def step(self, lr):
        for p in ('W1', 'b1', 'W2', 'b2'):
            setattr(self, p, getattr(self, p) - lr * getattr(self, 'g' + p))

g = np.random.default_rng(0)
x, y = g.normal(size=(5, 2)), g.normal(size=(5, 3))
net = TwoLayerNet(2, 4, 3)
lr = 0.1
for epoch in range(10000):
    pred = net.forward(x)
    loss = ((pred - y) ** 2).mean()
    net.backward(2 * (pred - y) / (y.shape[0] * y.shape[1]))
    net.step(lr)
    if epoch % 100 == 99:
        print(epoch, loss)
