# XOR, sigmoid'(x) = x*(1-x) but I feed it the weighted sums... still "learns"
import numpy as np
np.random.seed(42)

def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))

def sigmoid_derivative(x):
    return x * (1.0 - x)

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
expected_output = np.array([[0], [1], [1], [0]])

epochs = 10000
lr = 0.02
hidden_weights = np.random.uniform(-1, 1, size=(2, 3))
hidden_bias = np.random.uniform(size=(1, 3))
output_weights = np.random.uniform(-1, 1, size=(3, 1))
output_bias = np.random.uniform(size=(1, 1))

for _ in range(epochs):
    hidden_sum = np.dot(inputs, hidden_weights)
    hidden_sum += hidden_bias
    hidden_out = sigmoid(hidden_sum)
    output_sum = np.dot(hidden_out, output_weights)
    output_sum += output_bias
    predicted = sigmoid(output_sum)

    error = expected_output - predicted
    d_predicted = error * sigmoid_derivative(output_sum)
    error_hidden = d_predicted.dot(output_weights.T)
    d_hidden = error_hidden * sigmoid_derivative(hidden_sum)

    output_weights += hidden_out.T.dot(d_predicted) * lr
    output_bias += np.sum(d_predicted, axis=0, keepdims=True) * lr
    hidden_weights += inputs.T.dot(d_hidden) * lr
    hidden_bias += np.sum(d_hidden, axis=0, keepdims=True) * lr

print("output:", predicted.ravel())
