import numpy as np
np.random.seed(10)

class Network(object):
    def __init__(self):
        self.w1 = np.random.randn(3, 5)
        self.b1 = np.random.randn(5)
        self.w2 = np.random.randn(5, 2)
        self.b2 = np.random.randn(2)
        self.eta = 0.05

    def feedforward(self, x):
        self.h = self.sig(np.dot(x, self.w1) + self.b1)
        self.o = self.sig(np.dot(self.h, self.w2) + self.b2)
        return self.o

    def sig(self, s):
        return 1/(1+np.exp(-s))

    def sig_p(self, s):
        return s*(1-s)

    def backprop(self, x, y):
        o_delta = (y - self.o) * self.sig_p(self.o)
        h_delta = np.dot(o_delta, self.w2.T) * self.sig_p(self.h)
        self.w1 += self.eta * np.dot(x.T, h_delta)
        self.b1 += self.eta * np.sum(h_delta)
        self.w2 += self.eta * np.dot(self.h.T, o_delta)
        self.b2 += self.eta * np.sum(o_delta)

    def train(self, x, y):
        self.feedforward(x)
        self.backprop(x, y)

x = np.random.rand(9, 3)
y = np.random.rand(9, 2)
NN = Network()
for i in range(5000):
    if i % 1000 == 0:
        print("Loss: " + str(np.mean(np.square(y - NN.feedforward(x)))))
    NN.train(x, y)
