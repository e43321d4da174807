import numpy as np
np.random.seed(1)
data = "hello world hello there"
chars = sorted(set(data)); V = len(chars); H = 8
ix = {c: i for i, c in enumerate(chars)}
Wxh = np.random.randn(H, V) * 0.1
Whh = np.random.randn(H, H) * 0.1
Why = np.random.randn(V, H) * 0.1
bh = np.zeros((H, 1)); by = np.zeros((V, 1))
for it in range(300):
    hprev = np.zeros((H, 1)); hs, xs, ps = {-1: hprev}, {}, {}
    loss = 0
    for t in range(5):
        xs[t] = np.zeros((V, 1)); xs[t][ix[data[t]]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        y = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][ix[data[t+1]], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(5)):
        dy = np.copy(ps[t]); dy[ix[data[t+1]]] -= 1
        dWhy += np.dot(dy, hs[t].T); dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        draw = (1 - hs[t] ** 2) * dh
        dbh += draw; dWxh += np.dot(draw, xs[t].T); dWhh += np.dot(draw, hs[t-1].T)
        dhnext = np.dot(Whh.T, draw)
    for p, d in zip([Wxh, Whh, Why, bh, by], [dWxh, dWhh, dWhy, dbh, dby]):
        p -= 0.1 * d
