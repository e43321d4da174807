"""Speed and memory, as ratios inside one run. Not part of the test suite:

pytest tests/benchmarks/bench_speed.py -s -n 0
"""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.networks.torch_threads import limited
from engine.run.lockstep import Lockstep
from engine.worker.snapshot import State
from tests.listings import numpy_listing, torch_listing
from tests.made_up import made_up_models
from tests.pseudo_terminal import Terminal

EPOCHS = 5000


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def say(text):
    print(f"\n{text}")


def test_headless_takes_about_a_third_of_the_plain_loops():
    """The least times of five rounds: what else the machine does only adds to them."""
    plain_seconds, our_seconds = [], []
    for _ in range(5):
        numpy_seconds, (numpy_losses, _) = timed(numpy_listing)
        torch_seconds, (torch_losses, _) = timed(torch_listing)
        seconds, run = timed(lambda: engine.train(engine.preset("answer")))
        np.testing.assert_array_equal(run.numpy.losses, numpy_losses)
        np.testing.assert_array_equal(run.pytorch.losses, torch_losses)
        plain_seconds.append(numpy_seconds + torch_seconds)
        our_seconds.append(seconds)
    ratio = min(our_seconds) / min(plain_seconds)
    say(
        f"{EPOCHS} epochs of both: plain loops {min(plain_seconds):.2f} s, "
        f"engine {min(our_seconds):.2f} s, ratio {ratio:.2f}, the same 10,000 losses"
    )
    assert ratio <= 0.35


WATCHED = """
import json, statistics, threading, time
from dataclasses import replace

import engine
from engine.networks.torch_threads import limited
from engine.run.lockstep import Lockstep
from engine.worker.commands import Pause, Resume
from engine.worker.snapshot import State
from tui_app.app import ExplorerApp

SECONDS, ROUNDS = 3, 7
settings = replace(engine.preset("answer"), epochs=10**9)
app = ExplorerApp(settings)


def headless_rate(lockstep):
    start, first = time.perf_counter(), lockstep.epoch
    while time.perf_counter() < start + SECONDS:
        lockstep.step(100)
    return (lockstep.epoch - first) / (time.perf_counter() - start)


def explorer_rate(worker):
    worker.send(Resume())
    time.sleep(0.3)
    start, first = time.perf_counter(), worker._lockstep.epoch
    time.sleep(SECONDS)
    rate = (worker._lockstep.epoch - first) / (time.perf_counter() - start)
    worker.send(Pause())
    while worker.snapshot.state is not State.PAUSED:
        time.sleep(0.01)
    time.sleep(0.3)
    return rate


def watch():
    while app.worker.snapshot.epoch < 2000:
        time.sleep(0.01)
    headless = Lockstep(settings)
    headless.step(2000)
    rates = [(explorer_rate(app.worker), headless_rate(headless)) for _ in range(ROUNDS)]
    start, processor = time.perf_counter(), time.process_time()
    time.sleep(4)
    figures = {
        "ratios": [headless / explorer for explorer, headless in rates],
        "paused_share": (time.process_time() - processor) / (time.perf_counter() - start),
    }
    with open(FILE, "w") as file:
        json.dump(figures, file)
    app.call_from_thread(app.exit)


threading.Thread(target=watch, daemon=True).start()
app.run()
app.worker.stop(1)
"""


def test_under_the_explorer_it_costs_at_most_a_tenth_more(tmp_path):
    """Training with and without the screen take turns inside one process, so that a machine's moods cancel."""
    file = tmp_path / "figures.json"
    program = Terminal("-c", WATCHED.replace("FILE", repr(str(file))))
    program.wait_for(b"of 1,000,000,000")
    while program.process.poll() is None:
        program.read(0.05)
    program.close()
    figures = json.loads(file.read_text())
    ratio = np.median(figures["ratios"])
    say(
        f"time under the explorer at 120x40 / headless: {ratio:.3f} "
        f"({min(figures['ratios']):.3f} to {max(figures['ratios']):.3f}); "
        f"paused, {100 * figures['paused_share']:.2f} % of a core"
    )
    assert ratio <= 1.10
    assert figures["paused_share"] < 0.02


def test_a_slow_link_is_enough():
    program, seconds = Terminal("-m", "tui_app", "--preset", "answer", "--epochs", "1000000000"), 8
    program.wait_for(b"of 1,000,000,000")
    start, written = time.perf_counter(), len(program.output)
    while time.perf_counter() < start + seconds:
        program.read(0.05)
    rate = (len(program.output) - written) / seconds
    program.close()
    say(f"at 120x40 and full speed: {rate / 1000:.1f} kB/s to the terminal")
    assert rate < 40_000


def test_the_first_frame_is_there_before_torch():
    ratios = []
    for _ in range(5):
        imported, _ = timed(lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True))
        start = time.perf_counter()
        program = Terminal()
        program.wait_for(b"Differences")
        first_frame = time.perf_counter() - start
        assert b"importing PyTorch" in program.output
        program.close()
        ratios.append(first_frame / imported)
    say(f"first frame / import torch: {np.median(ratios):.2f} (import torch {imported:.2f} s)")
    assert np.median(ratios) <= 0.45


def resident_megabytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs Linux's /proc")
def test_two_million_epochs_do_not_grow_the_process():
    from dataclasses import replace

    from engine.worker.worker import Worker

    grown = {}
    for name, epochs, options in (
        ("two million epochs of made-up models", 2_000_000, {"build": made_up_models}),
        ("a hundred thousand of the real ones", 100_000, {}),
    ):
        settings = replace(engine.preset("answer"), epochs=epochs)
        worker = Worker(settings, build=lambda settings, options=options: Lockstep(settings, **options))
        while worker.snapshot.epoch < epochs / 100:
            worker.work()
        before = resident_megabytes()
        worker.work_until_idle()
        assert (worker.snapshot.state, worker.snapshot.epoch) == (State.FINISHED, epochs)
        grown[name] = resident_megabytes() - before
    say("; ".join(f"{name}: {megabytes:+.1f} MB" for name, megabytes in grown.items()))
    assert all(megabytes < 20 for megabytes in grown.values())


def measured_runs():
    """Settings, epochs and how many of them are timed at once: small and large networks, whole sets and batches."""
    classes, digits = engine.preset("classes"), replace(engine.preset("classes"), data=engine.built_in("digits"))
    in_batches = replace(digits, hidden=(32,))
    for side in engine.SideName:
        in_batches = in_batches.with_side(side, batch=32, learning_rate=0.01)
    yield "accuracy of classes", classes, 400, 100
    yield "accuracy of classes", classes, 5000, 100
    yield "accuracy and validation of classes", replace(classes, data=engine.hold_out(classes.data, 0.2)), 1000, 100
    yield "accuracy and validation of digits", replace(digits, data=engine.hold_out(digits.data, 0.2)), 300, 30
    held = replace(in_batches, data=engine.hold_out(in_batches.data, 0.2))
    yield "accuracy and validation of digits in batches of 32", held, 60, 6


def test_what_is_measured_beside_the_losses_costs_less_than_a_tenth():
    """The same run with it and without, a block of each in turn, in short and in long runs."""
    ratios = []
    for name, settings, epochs, block in measured_runs():
        ratio, stride = measuring_ratio(replace(settings, epochs=epochs), block)
        say(f"{epochs:,} epochs, {name} after each {stride}: {ratio:.2f} of the time without")
        ratios.append(ratio)
    assert max(ratios) < 1.1


def measuring_ratio(settings, block):
    """Of the time with what is measured to that without, and after how many epochs it is."""
    with limited(settings):
        noted, plain = Lockstep(settings), Lockstep(settings)
        plain._accuracy = plain._validation = plain.measured_epochs = None
        # Neither the first optimizer nor what is recorded.
        spent = {noted: 0.0, plain: 0.0}
        for _ in range(settings.epochs // block):
            for lockstep in spent:
                seconds, _ = timed(lambda lockstep=lockstep: lockstep.step(block))
                spent[lockstep] += seconds if lockstep.epoch > block else 0
    return spent[noted] / spent[plain], noted.measured_epochs.stride
