import numpy as np


class NeuralNetwork:
    """One hidden layer, softmax on top."""

    def __init__(self, n_in, n_hidden, n_out, reg=0.01, lr=0.002):
        rs = np.random.RandomState(0)
        self.W1 = rs.randn(n_in, n_hidden) / np.sqrt(n_in)
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rs.randn(n_hidden, n_out) / np.sqrt(n_hidden)
        self.b2 = np.zeros((1, n_out))
        self.reg_lambda = reg
        self.lr = lr

    def forward(self, X):
        z1 = X.dot(self.W1) + self.b1
        self.a1 = np.tanh(z1)
        z2 = self.a1.dot(self.W2) + self.b2
        exp_scores = np.exp(z2)
        return exp_scores / np.sum(exp_scores, axis=1, keepdims=True)

    def loss(self, X, y):
        probs = self.forward(X)
        data_loss = np.sum(-np.log(probs[range(len(X)), y]))
        data_loss += self.reg_lambda / 2 * (np.sum(np.square(self.W1)) + np.sum(np.square(self.W2)))
        return 1. / len(X) * data_loss

    def fit(self, X, y, num_passes=20000):
        self.history = []
        for i in range(num_passes):
            delta3 = self.forward(X)
            delta3[range(len(X)), y] -= 1
            dW2 = (self.a1.T).dot(delta3)
            db2 = np.sum(delta3, axis=0, keepdims=True)
            delta2 = delta3.dot(self.W2.T) * (1 - np.power(self.a1, 2))
            dW1 = np.dot(X.T, delta2)
            db1 = np.sum(delta2, axis=0)
            dW2 += self.reg_lambda * self.W2
            dW1 += self.reg_lambda * self.W1
            self.W1 += -self.lr * dW1
            self.b1 += -self.lr * db1
            self.W2 += -self.lr * dW2
            self.b2 += -self.lr * db2
            self.history.append(self.loss(X, y))


def make_data():
    rng = np.random.RandomState(7)
    centers = np.array([[0, 1], [1, -0.5], [-1, -0.5]])
    y = rng.randint(0, 3, 50)
    X = centers[y] + 0.4 * rng.randn(50, 2)
    return X, y


if __name__ == "__main__":
    X, y = make_data()
    net = NeuralNetwork(2, 6, 3)
    net.fit(X, y)
    print("final loss", net.history[-1])
