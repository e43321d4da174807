import numpy as np
rng = np.random.default_rng(1)
X = rng.normal(size=(60, 4)); true = np.array([1., -2, .5, 0])
y = (X @ true + rng.normal(size=60)*.3 > 0).astype(int)
w = np.zeros(4); b = 0
lr = 0.1
costs = []
for i in range(1000):
    z = np.dot(X, w) + b
    p = 1/(1+np.exp(-z))
    cost = -np.mean(y*np.log(p+1e-9)+(1-y)*np.log(1-p+1e-9))
    dw = np.dot(X.T, p-y)/len(y)
    db = np.mean(p-y)
    w = w - lr*dw
    b = b - lr*db
    if i % 100 == 0: costs.append(cost)
