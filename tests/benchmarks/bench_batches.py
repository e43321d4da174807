"""Time an epoch of mini-batches takes, against the two exported programs' own loops, as ratios inside one run:

pytest tests/benchmarks/bench_batches.py -s -n 0

The programs train one after the other, with the libraries' default threads and with one, on idle cores and with two
busy processes beside.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

import engine
from engine.experiment.data import Dataset
from engine.networks.programs.numpy_script import numpy_script
from engine.networks.programs.pytorch_script import pytorch_script
from engine.networks.threads import cores
from engine.networks.torch_threads import limited
from engine.run.lockstep import Lockstep
from tests.benchmarks.bench_threads import NOISE, busy

ROUNDS = 5


def large():
    """10,000 samples of 784 numbers and ten classes."""
    random = np.random.RandomState(0)
    classes = random.randint(0, 10, 10_000)
    return Dataset("made up", random.uniform(0, 1, (10_000, 784)), np.eye(10)[classes])


def experiment(data, hidden, batch, order):
    settings = replace(engine.preset("classes"), data=data, hidden=(hidden,))
    for side in engine.SideName:
        settings = settings.with_side(side, batch=batch, order=order)
    return settings


def training_loop(script, settings):
    """A function that runs the program's own loop over so many epochs, its data and start made already."""
    head, loop = script(settings).text.split("losses = []\n")
    loop = loop[: loop.index("print(")]
    lines = head.split("\n")
    # The data would be read from a file, and threads are set here.
    skipped = ("X = ", "Y = ", "data = ", "with ", "    rows", "    X, Y", "torch.set_num_threads")
    names = {"__name__": "program"}
    in_torch = script is pytorch_script
    side = settings.pytorch if in_torch else settings.numpy
    X, Y = (array.astype(side.precision.value) for array in (settings.data.X, settings.data.Y))
    names |= {"X": torch.from_numpy(X), "Y": torch.from_numpy(Y)} if in_torch else {"X": X, "Y": Y}
    exec("\n".join(line for line in lines if not line.startswith(skipped)), names)
    compiled = compile(loop, "program", "exec")

    def run(epochs):
        names.update(epochs=epochs, losses=[])
        exec(compiled, names)
        return names["losses"]

    return run


def seconds(run, epochs):
    start = time.perf_counter()
    run(epochs)
    return (time.perf_counter() - start) / epochs


def plain(settings, threads, epochs):
    with threadpool_limits(threads, user_api="blas"):
        torch.set_num_threads(threads)
        return sum(seconds(training_loop(script, settings), epochs) for script in (numpy_script, pytorch_script))


def ours(settings, epochs):
    with limited(settings):
        lockstep = Lockstep(replace(settings, epochs=10**6))
        lockstep.step(1)
        return seconds(lockstep.step, epochs)


@pytest.mark.parametrize("processes", [0, 2], ids=["idle", "busy"])
@pytest.mark.parametrize("order", ["in-order", "dataloader"])
@pytest.mark.parametrize(
    ("data", "hidden", "batch", "epochs"),
    [(engine.built_in("digits"), 32, 32, 20), (large(), 128, 64, 1)],
    ids=["64-32-10", "784-128-10"],
)
def test_never_slower_than_the_programs(data, hidden, batch, epochs, order, processes):
    settings = experiment(data, hidden, batch, order)
    rounds = []
    with busy(processes):
        for _ in range(ROUNDS):
            rounds.append((plain(settings, cores(), epochs), plain(settings, 1, epochs), ours(settings, epochs)))
    default, single, engine_time = np.median(rounds, axis=0)
    best = np.median([mine / min(one, other) for one, other, mine in rounds])
    print(
        f"\n{data.inputs}-{hidden}-{data.outputs}, {data.samples:,} samples, batch {batch}, {order}, "
        f"{'busy' if processes else 'idle'}: programs {1e3 * default:.1f} ms an epoch with default threads, "
        f"{1e3 * single:.1f} with one; engine {1e3 * engine_time:.1f}: {best:.2f} of the faster"
    )
    assert best <= NOISE


def test_the_engine_logs_what_the_programs_do():
    """What is timed above is the same work."""
    settings = experiment(engine.built_in("digits"), 32, 32, "dataloader")
    run = engine.train(replace(settings, epochs=3))
    with limited(settings):
        programs = [training_loop(script, settings)(3) for script in (numpy_script, pytorch_script)]
    np.testing.assert_allclose([run.numpy.losses, run.pytorch.losses], programs, rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad"])
@pytest.mark.parametrize(
    ("data", "hidden", "batch", "epochs"), [("xor", 5, "all", 3000), ("digits", 32, 32, 15)], ids=["xor", "digits"]
)
def test_optimizers_take_at_most_four_fifths(data, hidden, batch, epochs, optimizer):
    settings = experiment(engine.built_in(data), hidden, batch, "in-order") if data != "xor" else engine.preset("exact")
    for side in engine.SideName:
        settings = settings.with_side(side, optimizer=optimizer, learning_rate=0.001)
    rounds = [(plain(settings, 1, epochs), ours(settings, epochs)) for _ in range(ROUNDS)]
    programs, engine_time = np.min(rounds, axis=0)
    print(f"\n{data}, {optimizer}: engine {engine_time / programs:.2f} of the programs' time")
    assert engine_time / programs <= 0.8
