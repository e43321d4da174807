"""Layer objects, samples and targets each a row of its own: (4, 1, 2) and (4, 1, 1)."""

import numpy as np


class Linear:
    def __init__(self, inputs, outputs):
        self.weight = np.random.uniform(-0.5, 0.5, (inputs, outputs))
        self.bias = np.random.uniform(-0.5, 0.5, (1, outputs))

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, gradient, rate):
        down = gradient @ self.weight.T
        self.weight -= rate * (self.x.T @ gradient)
        self.bias -= rate * gradient
        return down


class Tanh:
    def forward(self, x):
        self.x = x
        return np.tanh(x)

    def backward(self, gradient, rate):
        return (1 - np.tanh(self.x) ** 2) * gradient


class Net:
    def __init__(self, *layers):
        self.layers = layers

    def train(self, samples, answers, epochs, rate):
        for epoch in range(epochs):
            total = 0
            for k in range(len(samples)):
                value = samples[k]
                for layer in self.layers:
                    value = layer.forward(value)
                total += np.mean((answers[k] - value) ** 2)
                gradient = 2 * (value - answers[k]) / answers[k].size
                for layer in reversed(self.layers):
                    gradient = layer.backward(gradient, rate)
            print(epoch, total / len(samples))


np.random.seed(3)
Net(Linear(2, 3), Tanh(), Linear(3, 1), Tanh()).train(
    np.array([[[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]]), np.array([[[0]], [[1]], [[1]], [[0]]]), 500, 0.1
)
