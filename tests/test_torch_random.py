"""PyTorch's start, rebuilt in NumPy, against PyTorch itself, bit for bit."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.networks.torch_random import TorchGenerator, linear_start

DTYPES = {np.float32: torch.float32, np.float64: torch.float64}


@given(
    seed=st.integers(0, 2**64 - 1),
    sizes=st.lists(st.integers(1, 70), min_size=2, max_size=5),
    bias=st.booleans(),
    dtype=st.sampled_from(list(DTYPES)),
)
def test_every_bit_of_nn_linears_start(seed, sizes, bias, dtype):
    torch.manual_seed(seed)
    generator = TorchGenerator(seed)
    for fan_in, fan_out in pairwise(sizes):
        module = nn.Linear(fan_in, fan_out, bias=bias, dtype=DTYPES[dtype])
        weight, offset = linear_start(generator, fan_in, fan_out, bias, dtype)
        assert weight.dtype == dtype
        np.testing.assert_array_equal(weight, module.weight.detach().numpy())
        if bias:
            np.testing.assert_array_equal(offset, module.bias.detach().numpy())
        else:
            assert offset is None


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_a_million_values(dtype):
    torch.manual_seed(7)
    expected = torch.empty(1000, 1000, dtype=DTYPES[dtype]).uniform_(-0.37, 0.37).numpy()
    assert np.count_nonzero(TorchGenerator(7).symmetric_uniform((1000, 1000), 0.37, dtype) != expected) == 0


def test_the_hand_written_side_does_not_import_torch():
    code = (
        "import sys, engine\n"
        "from engine.networks.numpy_model import RecordedNumpyModel\n"
        "RecordedNumpyModel(engine.preset('pytorch')).step()\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
