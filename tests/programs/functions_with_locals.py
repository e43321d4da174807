import numpy as np

def sigma(x):
    return 1.0 / (1.0 + np.exp(-x))

def forward(x, W1, W2):
    h = sigma(x @ W1)
    return h, sigma(h @ W2)

def gradients(x, y, W1, W2):
    h, o = forward(x, W1, W2)
    do = (o - y) * o * (1 - o)
    dh = do @ W2.T * h * (1 - h)
    return x.T @ dh, h.T @ do

def train(x, y, hidden=4, rate=1.5, rounds=10000):
    rng = np.random.RandomState(99)
    W1 = rng.uniform(-1, 1, (x.shape[1], hidden))
    W2 = rng.uniform(-1, 1, (hidden, y.shape[1]))
    for r in range(rounds):
        g1, g2 = gradients(x, y, W1, W2)
        W1, W2 = W1 - rate * g1, W2 - rate * g2
        if r % 1000 == 0:
            _, o = forward(x, W1, W2)
            print(r, np.square(o - y).sum())
    return W1, W2

if __name__ == '__main__':
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [.5, .5, 1]], dtype=float)
    y = np.array([[0, 1], [1, 0], [1, 0], [0, 1], [.3, .6]])
    train(x, y)
