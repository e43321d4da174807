import numpy as np
np.random.seed(10)
X = np.random.randn(90, 4)
y = ((X[:, 0] + X[:, 1]**2 - X[:, 2]) > 0.5).astype(float).reshape(-1, 1)
Xtr, ytr, Xva, yva = X[:60], y[:60], X[60:], y[60:]
lam = 0.01

def init(n_in, n_h, n_out):
    return {"W1": np.random.randn(n_in, n_h)*0.3, "b1": np.zeros((1, n_h)),
            "W2": np.random.randn(n_h, n_out)*0.3, "b2": np.zeros((1, n_out))}

def forward(p, X):
    a1 = np.tanh(X.dot(p["W1"]) + p["b1"])
    a2 = 1/(1+np.exp(-(a1.dot(p["W2"]) + p["b2"])))
    return a1, a2

def cost(p, X, y):
    _, a2 = forward(p, X)
    return -np.mean(y*np.log(a2) + (1-y)*np.log(1-a2)) + lam/2*sum(np.sum(v**2) for v in p.values())

def gradients(p, X, y):
    a1, a2 = forward(p, X)
    m = len(X)
    d2 = (a2 - y)/m
    d1 = d2.dot(p["W2"].T)*(1-a1**2)
    g = {"W1": X.T.dot(d1), "b1": d1.sum(0, keepdims=True), "W2": a1.T.dot(d2), "b2": d2.sum(0, keepdims=True)}
    for k in g:
        g[k] = g[k] + lam*p[k]
    return g

def check(p, X, y, eps=1e-5):
    g = gradients(p, X, y)
    worst = 0
    for k in p:
        for i in np.ndindex(p[k].shape):
            old = p[k][i]
            p[k][i] = old + eps; plus = cost(p, X, y)
            p[k][i] = old - eps; minus = cost(p, X, y)
            p[k][i] = old
            worst = max(worst, abs((plus-minus)/(2*eps) - g[k][i]))
    print("gradient check, worst difference:", worst)

p = init(4, 6, 1)
check(p, Xtr[:10], ytr[:10])
best, patience = np.inf, 0
for epoch in range(5000):
    g = gradients(p, Xtr, ytr)
    for k in p:
        p[k] -= 0.3*g[k]
    val = cost(p, Xva, yva)
    if val < best - 1e-6:
        best, patience = val, 0
    else:
        patience += 1
        if patience > 20:
            print("stopped early at", epoch); break
    if epoch % 100 == 0: print(epoch, cost(p, Xtr, ytr), val)
