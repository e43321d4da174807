import numpy as np
class Model:
    def __init__(s):
        r = np.random.RandomState(0)
        s.params = dict(W1=r.randn(5, 6)*.3, b1=np.zeros(6), W2=r.randn(6, 3)*.3, b2=np.zeros(3))
    def loss(s, X, y):
        W1,b1,W2,b2 = s.params['W1'],s.params['b1'],s.params['W2'],s.params['b2']
        N = X.shape[0]
        h = np.maximum(0, X.dot(W1)+b1)
        scores = h.dot(W2)+b2
        sh = scores - np.max(scores, axis=1, keepdims=True)
        p = np.exp(sh)/np.sum(np.exp(sh), axis=1, keepdims=True)
        loss = -np.sum(np.log(p[np.arange(N), y]))/N + 0.5*1e-2*(np.sum(W1*W1)+np.sum(W2*W2))
        d = p; d[np.arange(N), y] -= 1; d /= N
        g = {}
        g['W2'] = h.T.dot(d) + 1e-2*W2
        g['b2'] = d.sum(0)
        dh = d.dot(W2.T); dh[h <= 0] = 0
        g['W1'] = X.T.dot(dh) + 1e-2*W1
        g['b1'] = dh.sum(0)
        return loss, g
    def train(s, X, y, lr=1e-1, num_iters=300, batch_size=20):
        hist = []
        for it in range(num_iters):
            idx = np.random.choice(len(X), batch_size)
            loss, grads = s.loss(X[idx], y[idx])
            hist.append(loss)
            for k in s.params: s.params[k] -= lr*grads[k]
            if it % 20 == 0: acc = (s.predict(X) == y).mean()
        return hist
    def predict(s, X):
        h = np.maximum(0, X @ s.params['W1'] + s.params['b1'])
        return np.argmax(h @ s.params['W2'] + s.params['b2'], axis=1)
np.random.seed(1)
X = np.random.randn(70, 5); y = np.random.randint(0, 3, 70)
Model().train(X, y)
