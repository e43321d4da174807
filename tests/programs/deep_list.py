import numpy as np
np.random.seed(33)
sizes = [3, 6, 5, 4, 2]
weights = [np.random.randn(sizes[i], sizes[i+1]) * 0.8 for i in range(4)]
biases = [np.random.randn(1, sizes[i+1]) * 0.1 for i in range(4)]
inputs = np.random.rand(13, 3)
targets = np.random.rand(13, 2)
sigmoid = lambda s: 1 / (1 + np.exp(-s))
rate = 0.7
for epoch in range(6000):
    activations = [inputs]
    for W, b in zip(weights, biases):
        activations.append(sigmoid(np.dot(activations[-1], W) + b))
    error = targets - activations[-1]
    if epoch % 1000 == 0:
        print("MSE:", (error ** 2).mean())
    deltas = [error * activations[-1] * (1 - activations[-1])]
    for l in range(3, 0, -1):
        deltas.append(deltas[-1].dot(weights[l].T) * activations[l] * (1 - activations[l]))
    deltas.reverse()
    for i in range(4):
        weights[i] += rate * activations[i].T.dot(deltas[i])
        biases[i] += rate * deltas[i].sum(axis=0, keepdims=True)
