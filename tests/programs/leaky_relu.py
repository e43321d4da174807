import numpy as np
np.random.seed(0)
X=np.random.randn(15,3); Y=np.random.randn(15,2)
W1=np.random.randn(3,5); b1=np.zeros(5); W2=np.random.randn(5,2); b2=np.zeros(2)
for t in range(3000):
    z=X@W1+b1; h=np.where(z>0,z,0.01*z); o=h@W2+b2
    d=2*(o-Y)/Y.size; dz=d@W2.T*np.where(z>0,1,0.01)
    W2-=.05*h.T@d; b2-=.05*d.sum(0); W1-=.05*X.T@dz; b1-=.05*dz.sum(0)
