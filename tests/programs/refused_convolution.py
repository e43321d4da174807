import numpy as np
np.random.seed(0)
images = np.random.rand(6, 1, 8, 8)
t = np.random.rand(6, 1)
K = np.random.randn(2, 1, 3, 3) * 0.1
W = np.random.randn(72, 1) * 0.1
def conv(x, k):
    n, c, h, w = x.shape
    f, _, kh, kw = k.shape
    out = np.zeros((n, f, h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            out[:, :, i, j] = np.tensordot(x[:, :, i:i+kh, j:j+kw], k, axes=([1, 2, 3], [1, 2, 3]))
    return out
for it in range(200):
    c = conv(images, K)
    a = np.maximum(c, 0)
    flat = a.reshape(6, -1)
    y = flat @ W
    d = (y - t) / 6
    dflat = (d @ W.T).reshape(a.shape) * (c > 0)
    W -= 0.1 * flat.T @ d
    dK = np.zeros_like(K)
    for i in range(6):
        for j in range(6):
            dK += np.tensordot(dflat[:, :, i, j], images[:, :, i:i+3, j:j+3], axes=([0], [0]))
    K -= 0.1 * dK
