"""PyTorch's compiler is not imported for what needs none, and is there for what does."""

import subprocess
import sys

import pytest

from tests.examples import long

TRAINS = """
import sys
import engine
from dataclasses import replace
run = engine.train(replace(engine.preset("pytorch"), epochs=5))
assert len(run.pytorch.losses) == 5
names = [name for name in sys.modules if name.startswith("torch._dynamo")]
assert names == ["torch._dynamo"], names
import torch
"""

USES = {
    "a part of it": """
from torch._dynamo.utils import counters
import torch._dynamo.utils as part
assert part is sys.modules["torch._dynamo.utils"] is torch._dynamo.utils
assert part.counters is counters
""",
    "a name of it": "assert torch._dynamo.config.verbose is False",
    "torch.compile": "assert torch.compile(lambda x: 2 * x + 1, backend='eager')(torch.ones(2)).tolist() == [3, 3]",
    "nothing": "assert not hasattr(torch._dynamo, '__file__')",
}

THEN = """
parameter = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([parameter], lr=0.5)
parameter.sum().backward()
optimizer.step()
assert parameter.tolist() == [0.5, 0.5]
assert engine.train(replace(engine.preset("pytorch"), epochs=5)).pytorch.losses.tolist() == run.pytorch.losses.tolist()
"""


@pytest.mark.parametrize("use", [pytest.param(one, marks=() if one == "nothing" else long) for one in USES])
def test_it_is_imported_when_it_is_used(use):
    program = TRAINS + USES[use] + THEN
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
