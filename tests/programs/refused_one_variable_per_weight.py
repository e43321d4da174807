import math, random
random.seed(3)
w11, w12, w21, w22 = [random.random() for _ in range(4)]
v1, v2 = random.random(), random.random()
b1 = b2 = b3 = 0.0
def s(x): return 1 / (1 + math.exp(-x))
data = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]
lr = 0.5
for epoch in range(5000):
    for (x1, x2), t in data:
        h1 = s(w11 * x1 + w12 * x2 + b1)
        h2 = s(w21 * x1 + w22 * x2 + b2)
        o = s(v1 * h1 + v2 * h2 + b3)
        d = (o - t) * o * (1 - o)
        d1 = d * v1 * h1 * (1 - h1)
        d2 = d * v2 * h2 * (1 - h2)
        v1 -= lr * d * h1; v2 -= lr * d * h2; b3 -= lr * d
        w11 -= lr * d1 * x1; w12 -= lr * d1 * x2; b1 -= lr * d1
        w21 -= lr * d2 * x1; w22 -= lr * d2 * x2; b2 -= lr * d2
