import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
X,y=make_moons(200,noise=.2,random_state=0)
Xtr,Xte,ytr,yte=train_test_split(X,y,test_size=.25,random_state=1)
class Net:
    def __init__(self):
        np.random.seed(1)
        self.w=[np.random.randn(2,8)*.5,np.random.randn(8,2)*.5]; self.b=[np.zeros((1,8)),np.zeros((1,2))]
    def forward(self,X):
        self.a=[X]
        z=self.a[-1]@self.w[0]+self.b[0]; self.a.append(np.tanh(z))
        z=self.a[-1]@self.w[1]+self.b[1]; e=np.exp(z-z.max(1,keepdims=True)); self.a.append(e/e.sum(1,keepdims=True))
        return self.a[-1]
    def backward(self,y,lr):
        m=len(y); d=self.a[-1].copy(); d[range(m),y]-=1; d/=m
        for i in (1,0):
            gw=self.a[i].T@d; gb=d.sum(0,keepdims=True)
            if i: d=(d@self.w[i].T)*(1-self.a[i]**2)
            self.w[i]-=lr*gw; self.b[i]-=lr*gb
net=Net(); hist={'loss':[],'val':[]}
for ep in range(200):
    p=net.forward(Xtr); loss=-np.log(p[range(len(ytr)),ytr]).mean()
    net.backward(ytr,0.5)
    q=net.forward(Xte); val=-np.log(q[range(len(yte)),yte]).mean()
    hist['loss'].append(loss); hist['val'].append(val)
