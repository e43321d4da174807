"""The answer's two programs, rewritten plainly: the independent truth that the preset `answer` is held to.

They follow the listings' procedure operation by operation and share nothing with the engine.
"""

import numpy as np
import torch
from torch import nn

EPOCHS = 5000


def _model():
    return nn.Sequential(
        nn.Linear(2, 5, bias=None),
        nn.Sigmoid(),
        nn.Linear(5, 1, bias=None),
        nn.Sigmoid(),
    )


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_listing(epochs=EPOCHS):
    """Losses and final weights (in, out) of the hand-written program, its weights taken out of PyTorch."""
    torch.manual_seed(0)
    first, second = (parameter.detach().numpy().T for parameter in _model().parameters())
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    targets = np.array([[0, 1, 1, 0]]).T
    losses = []
    for _ in range(epochs):
        hidden = _sigmoid(np.dot(inputs, first))
        output = _sigmoid(np.dot(hidden, second))
        output_delta = (output - targets) * (output * (1 - output))
        hidden_delta = np.dot(output_delta, second.T) * (hidden * (1 - hidden))
        second += -0.3 * np.dot(hidden.T, output_delta)
        first += -0.3 * np.dot(inputs.T, hidden_delta)
        losses.append(np.mean(np.square(output - targets)))
    return losses, [first, second]


def torch_listing(epochs=EPOCHS):
    """Losses and final parameters of the PyTorch program, its learning rate doubled."""
    torch.manual_seed(0)
    inputs = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]).float()
    targets = torch.tensor([[0], [1], [1], [0]]).float()
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3 * 2)
    criterion = nn.MSELoss()
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.data.item())
    return losses, [parameter.detach().numpy() for parameter in model.parameters()]
