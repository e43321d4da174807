import numpy as np
import argparse
def relu(x): return np.maximum(0,x)
def main():
    ap=argparse.ArgumentParser(); ap.add_argument('--lr',type=float,default=0.01); ap.add_argument('--epochs',type=int,default=500)
    args=ap.parse_args()
    np.random.seed(0)
    x=np.random.rand(30,2); y=x[:,:1]*x[:,1:]
    N, D_in, H, D_out = 30, 2, 10, 1
    w1=np.random.randn(D_in,H); w2=np.random.randn(H,D_out)
    for t in range(args.epochs):
        h=x.dot(w1); h_relu=np.maximum(h,0); y_pred=h_relu.dot(w2)
        loss=np.square(y_pred-y).sum()
        print(t,loss)
        grad_y_pred=2.0*(y_pred-y)
        grad_w2=h_relu.T.dot(grad_y_pred)
        grad_h_relu=grad_y_pred.dot(w2.T)
        grad_h=grad_h_relu.copy(); grad_h[h<0]=0
        grad_w1=x.T.dot(grad_h)
        w1-=args.lr*grad_w1; w2-=args.lr*grad_w2
if __name__=='__main__': main()
