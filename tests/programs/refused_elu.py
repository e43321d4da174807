import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 2)); y = np.abs(X[:, :1])
W1 = rng.normal(size=(2, 6)); b1 = np.zeros(6); W2 = rng.normal(size=(6, 1)); b2 = np.zeros(1)
def elu(z): return np.where(z > 0, z, np.exp(z)-1)
for i in range(500):
    z = X@W1+b1; h = elu(z); p = h@W2+b2
    d = 2*(p-y)/len(X); dz = d@W2.T*np.where(z > 0, 1, np.exp(z))
    W2 -= 0.1*h.T@d; b2 -= 0.1*d.sum(0); W1 -= 0.1*X.T@dz; b1 -= 0.1*dz.sum(0)
