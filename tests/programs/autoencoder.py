import numpy as np
X = np.eye(8)
np.random.seed(0)
W = np.random.randn(8,3)*.1; b=np.zeros((1,3)); V=np.random.randn(3,8)*.1; c=np.zeros((1,8))
sig=lambda z:1/(1+np.exp(-z))
for t in range(3000):
    H=sig(X@W+b); R=sig(H@V+c)
    E=R-X
    dR=E*R*(1-R); dH=dR@V.T*H*(1-H)
    V-=2*H.T@dR; c-=2*dR.sum(0,keepdims=True); W-=2*X.T@dH; b-=2*dH.sum(0,keepdims=True)
