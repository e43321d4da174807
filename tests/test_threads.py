"""The number of threads: chosen by size and cores alone, set in both libraries, kept in files, the same bits."""

import inspect
import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

import engine
from engine.errors import SettingsError
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.export.run_file import read_settings, write_run
from engine.networks.programs import scripts
from engine.networks.threads import largest_product, side_by_side, threads_of
from engine.networks.torch_threads import limited, set_threads
from engine.run.lockstep import Lockstep
from tui_app.cli.options import command_line, settings_from


def network(samples, *sizes):
    random = np.random.RandomState(0)
    data = Dataset("made up", random.uniform(-1, 1, (samples, sizes[0])), random.uniform(0, 1, (samples, sizes[-1])))
    return replace(engine.preset("exact"), data=data, hidden=sizes[1:-1], epochs=3)


def numpys_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@given(st.integers(1, 2000), st.lists(st.integers(1, 3000), min_size=2, max_size=4), st.integers(1, 64))
def test_both_pools_together_are_never_wider_than_the_cores(samples, sizes, available):
    data = SimpleNamespace(samples=samples)
    side = SimpleNamespace(batch="all")
    settings = SimpleNamespace(
        threads=None,
        device="cpu",
        layer_sizes=tuple(sizes),
        data=data,
        numpy=side,
        pytorch=side,
        batch_samples=lambda side: samples,
    )
    chosen = threads_of(settings, available)
    assert chosen >= 1
    assert chosen == 1 or 2 * chosen <= available
    assert not side_by_side(settings, available) or 2 * chosen <= available


@pytest.mark.parametrize(
    ("samples", "sizes", "available", "threads"),
    [
        (4, (2, 5, 1), 64, 1),
        (200, (2, 64, 64, 64, 1), 64, 1),
        (1797, (64, 32, 10), 64, 1),
        (1024, (784, 128, 10), 2, 1),
        (1024, (784, 128, 10), 64, 3),
        (64, (1000, 1000, 10), 64, 2),
    ],
)
def test_the_table(samples, sizes, available, threads):
    settings = network(samples, *sizes)
    products = [samples * fan_in * fan_out for fan_in, fan_out in pairwise(sizes)]
    assert largest_product(settings) == max(products)
    assert threads_of(settings, available) == threads
    assert threads_of(replace(settings, threads=5), available) == 5


def test_both_libraries_are_set_and_set_back():
    before = numpys_threads(), torch.get_num_threads()
    with limited(replace(engine.preset("exact"), threads=2)):
        assert (numpys_threads(), torch.get_num_threads()) == ({2}, 2)
        with limited(engine.preset("exact")):
            assert (numpys_threads(), torch.get_num_threads()) == ({1}, 1)
        assert (numpys_threads(), torch.get_num_threads()) == ({2}, 2)
    assert (numpys_threads(), torch.get_num_threads()) == before


def test_a_run_uses_what_it_says(monkeypatch):
    seen = []
    step = Lockstep.step

    def watched(self, count=1):
        seen.append((numpys_threads(), torch.get_num_threads()))
        return step(self, count)

    monkeypatch.setattr(Lockstep, "step", watched)
    for threads in (1, 2):
        engine.train(replace(engine.preset("exact"), epochs=2, threads=threads))
    assert seen == [({1}, 1), ({2}, 2)]


@pytest.mark.parametrize("threads", [0, -1, 257, True, 1.0, "2"])
def test_what_is_no_number_of_threads_is_refused(threads):
    with pytest.raises(SettingsError, match=r"threads cannot be .*; it is a whole number from 1 to 256\."):
        replace(engine.preset("exact"), threads=threads)


def test_a_file_repeats_the_number_that_was_chosen(tmp_path):
    settings = replace(engine.preset("exact"), epochs=2, threads=2)
    file = tmp_path / "run.json"
    write_run(engine.train(settings), str(file))
    assert json.loads(file.read_text())["settings"]["threads"] == 2
    assert read_settings(file) == settings
    chosen = replace(settings, threads=None)
    write_run(engine.train(chosen), str(file), replace_existing=True)
    assert read_settings(file).threads == threads_of(chosen)
    document = json.loads(file.read_text())
    del document["format"], document["settings"]["threads"]
    file.write_text(json.dumps(document))
    assert read_settings(file) == chosen


def test_the_command_line_says_it():
    assert command_line(replace(engine.preset("answer"), threads=3)) == "mlp-tui --preset answer --threads 3"
    names = inspect.signature(settings_from).parameters
    options = {name: None for name, one in names.items() if one.kind is not inspect.Parameter.VAR_KEYWORD}
    assert settings_from(**options | {"assignments": (), "threads": "3"}).threads == 3


def test_both_at_once_are_in_turn_bit_for_bit():
    settings = network(300, 40, 30, 3)
    runs = []
    for at_once in (False, True):
        lockstep = Lockstep(settings)
        lockstep._side_by_side = at_once
        lockstep.step(3)
        runs.append((lockstep.curves(), lockstep.parameters()))
        assert all(seconds > 0 for seconds in lockstep.seconds.values())
    (one, first), (other, second) = runs
    for side in ("numpy", "pytorch"):
        np.testing.assert_array_equal(getattr(one, side).low, getattr(other, side).low)
        for ours, theirs in zip(first, second, strict=True):
            np.testing.assert_array_equal(getattr(ours, side), getattr(theirs, side))


def test_a_fault_beside_is_raised_here():
    lockstep = Lockstep(network(300, 40, 30, 3))
    lockstep._side_by_side = True

    def fail():
        raise MemoryError("made up")

    lockstep.numpy.step = fail
    with pytest.raises(MemoryError, match="made up"):
        lockstep.step()


def test_a_divergence_beside_is_no_warning_but_a_divergence():
    settings = network(300, 40, 30, 3).with_side(SideName.NUMPY, learning_rate=1e30)
    lockstep = Lockstep(replace(settings, output_activation="identity", epochs=50))
    lockstep._side_by_side = True
    lockstep.step(50)
    assert lockstep.divergence is not None


def test_small_networks_keep_their_bits_whatever_the_number():
    losses = [
        engine.train(replace(engine.preset("answer"), epochs=200, threads=count)).numpy.losses for count in (1, 2)
    ]
    np.testing.assert_array_equal(*losses)


def test_programs_set_it_where_it_matters():
    small, large = scripts(engine.preset("exact")), scripts(replace(network(400, 100, 60, 3), threads=2))
    assert all("thread" not in script.text.lower() for script in small.values())
    assert 'os.environ[f"{library}_NUM_THREADS"] = "2"' in large[SideName.NUMPY].text
    assert "torch.set_num_threads(2)" in large[SideName.PYTORCH].text


def test_threads_of_the_engine_are_the_calling_threads_in_pytorch():
    """`torch.set_num_threads` acts on the thread that calls it: a run in another thread must set its own."""
    import threading

    counts = []

    def work():
        set_threads(replace(engine.preset("exact"), threads=1))
        counts.append(torch.get_num_threads())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert counts == [1]


def test_the_number_of_a_file_can_be_left_to_the_size_again(tmp_path):
    file = tmp_path / "run.json"
    write_run(engine.train(replace(engine.preset("exact"), epochs=2, threads=2)), str(file))
    names = inspect.signature(settings_from).parameters
    options = {name: None for name, one in names.items() if one.kind is not inspect.Parameter.VAR_KEYWORD}
    options |= {"assignments": (), "run_file": str(file)}
    assert settings_from(**options).threads == 2
    assert settings_from(**options | {"threads": "auto"}).threads is None
    with pytest.raises(SettingsError, match="threads cannot be 'many'; it is a whole number, or auto"):
        settings_from(**options | {"threads": "many"})
