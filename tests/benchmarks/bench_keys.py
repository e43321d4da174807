"""How long each key takes while a large network trains at full speed, and how soon a million parameters begin:

pytest tests/benchmarks/bench_keys.py -s -n 0
"""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.experiment.data import Dataset
from engine.run.lockstep import Lockstep
from tests.pseudo_terminal import Terminal

PRESSED = """
import json, sys, threading, time
from dataclasses import replace

import numpy as np
from textual import events

import engine
from engine.experiment.data import Dataset
from engine.worker.snapshot import State
from tui_app.app import ExplorerApp

random = np.random.RandomState(0)
data = Dataset("digits", random.uniform(0, 1, (SAMPLES, 784)), random.uniform(0, 1, (SAMPLES, 10)))
settings = replace(engine.preset("no-bias"), data=data, hidden=(128,), epochs=10**6)
app = ExplorerApp(settings)
KEYS = (
    "w h h u i i pagedown end home f pagedown T down enter escape h h g v v x pagedown I down u escape c comma comma "
    "full_stop escape l z Z P P j k m m a p escape o escape e escape question_mark escape ctrl+p escape y s "
    "space plus minus plus R r t n b escape d"
).split()


def taken(key):
    before, drawn = app._keys_taken, threading.Event()
    start = time.perf_counter()
    app.call_from_thread(app.post_message, events.Key(key, key if len(key) == 1 else None))
    while app._keys_taken == before or app._under_way:
        time.sleep(0.0005)
    app.call_from_thread(app.call_after_refresh, drawn.set)
    drawn.wait(10)
    return time.perf_counter() - start


def watch():
    try:
        while app.worker.snapshot.epoch < 5:
            time.sleep(0.05)
        figures = []
        for key in KEYS:
            figures.append((key, taken(key)))
            time.sleep(0.4)
        with open(FILE, "w") as file:
            json.dump(figures, file)
    finally:
        app.call_from_thread(app.exit)


threading.Thread(target=watch, daemon=True).start()
app.run()
app.worker.stop(1)
"""


def test_no_key_waits_longer_than_a_tenth_of_a_second(tmp_path):
    file = tmp_path / "figures.json"
    program = Terminal("-c", PRESSED.replace("FILE", repr(str(file))).replace("SAMPLES", "1024"))
    while program.process.poll() is None:
        program.read(0.05)
    program.close()
    figures = json.loads(file.read_text())
    slowest = sorted(figures, key=lambda figure: -figure[1])
    print("\n784-128-10, N = 1024, at full speed; slowest keys:", end=" ")
    print(", ".join(f"{key} {1e3 * seconds:.0f} ms" for key, seconds in slowest[:8]))
    print(f"median of {len(figures)}: {1e3 * np.median([seconds for _, seconds in figures]):.0f} ms")
    assert slowest[0][1] < 0.1


@pytest.mark.parametrize("hidden", [(1000, 1000)])
def test_a_million_parameters_begin_at_once(hidden):
    random = np.random.RandomState(0)
    data = Dataset("made up", random.uniform(0, 1, (64, 10)), random.uniform(0, 1, (64, 3)))
    settings = replace(engine.preset("no-bias"), data=data, hidden=hidden, epochs=10)
    engine.train(replace(settings, hidden=(3,)))
    start = time.perf_counter()
    lockstep = Lockstep(settings)
    built = time.perf_counter() - start
    parameters = lockstep.parameters()
    start = time.perf_counter()
    lockstep.comparison(parameters)
    compared = time.perf_counter() - start
    start = time.perf_counter()
    lockstep.numpy.step(), lockstep.pytorch.step()
    step = time.perf_counter() - start
    times = f"built in {1e3 * built:.0f} ms, compared in {1e3 * compared:.0f} ms, an epoch in {1e3 * step:.0f} ms"
    print(f"\n{settings.parameter_count:,} parameters: {times}")
    assert compared < 0.1
