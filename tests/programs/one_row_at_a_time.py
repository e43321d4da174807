import numpy as np
np.random.seed(0)
X = np.array([[0,0],[0,1],[1,0],[1,1]])
Y = np.array([0,1,1,0])
W1 = np.random.randn(2,3); b1 = np.zeros(3)
W2 = np.random.randn(3); b2 = 0.0
lr = 0.5
def sigmoid(z): return 1/(1+np.exp(-z))
for epoch in range(2000):
    for i in np.random.permutation(4):
        h = sigmoid(np.dot(X[i], W1) + b1)
        o = sigmoid(np.dot(h, W2) + b2)
        err = o - Y[i]
        do = err*o*(1-o)
        dh = do*W2*h*(1-h)
        W2 -= lr*do*h
        b2 -= lr*do
        W1 -= lr*np.outer(X[i], dh)
        b1 -= lr*dh
