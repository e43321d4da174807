import numpy as np
rng = np.random.RandomState(8)

def softmax(x):
    e_x = np.exp(x - np.max(x))
    return e_x / e_x.sum(axis=0)

def sigmoid(x): return 1/(1+np.exp(-x))

n, d, h, k = 15, 3, 5, 4
data = rng.randn(n, d)
labels = rng.randint(0, k, n)
one_hot = np.zeros((n, k))
one_hot[np.arange(n), labels] = 1
wh = rng.rand(d, h)
bh = rng.randn(h)
wo = rng.rand(h, k)
bo = rng.randn(k)
lr = 0.01
for epoch in range(5000):
    zh = np.dot(data, wh) + bh
    ah = sigmoid(zh)
    zo = np.dot(ah, wo) + bo
    ao = softmax(zo)
    dcost_dzo = ao - one_hot
    dcost_wo = np.dot(ah.T, dcost_dzo)
    dcost_dah = np.dot(dcost_dzo, wo.T)
    dah_dzh = sigmoid(zh) * (1 - sigmoid(zh))
    dcost_wh = np.dot(data.T, dah_dzh * dcost_dah)
    wh -= lr * dcost_wh
    bh -= lr * (dcost_dah * dah_dzh).sum(axis=0)
    wo -= lr * dcost_wo
    bo -= lr * dcost_dzo.sum(axis=0)
    if epoch % 200 == 0:
        loss = np.sum(-one_hot * np.log(ao))
        print('Loss function value: ', loss)
