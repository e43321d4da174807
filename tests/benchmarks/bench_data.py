"""The memory that large data take, from the file to the trained networks. Not part of the test suite:

pytest tests/benchmarks/bench_data.py -s -n 0
"""

import subprocess
import sys
import time

import numpy as np
import pytest

SAMPLES, PIXELS, CLASSES = 60_000, 784, 10
MOST_GIGABYTES = 2.0
ONE_COPY = SAMPLES * PIXELS * 8 / 1e9

LOADED = """
import resource, sys
import engine
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
engine.load(sys.argv[1], classes=True)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """As many pixels as MNIST has, in float64."""
    path = tmp_path_factory.mktemp("data") / "pixels.npz"
    random = np.random.RandomState(0)
    np.savez(path, X=random.uniform(size=(SAMPLES, PIXELS)), Y=random.randint(0, CLASSES, SAMPLES))
    return str(path)


def run(*words):
    """Its seconds, its peak in gigabytes, and what it printed."""
    began = time.perf_counter()
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6, done.stdout.decode())"
    )
    done = subprocess.run([sys.executable, "-c", code, sys.executable, *words], capture_output=True, check=True)
    peak, _, printed = done.stdout.decode().partition(" ")
    return time.perf_counter() - began, float(peak), printed


def test_an_archive_is_loaded_into_one_copy(archive):
    seconds, _, printed = run("-c", LOADED, archive)
    print(f"\n{archive}: {ONE_COPY:.2f} GB of numbers took {float(printed):.2f} GB and {seconds:.1f} s to load")
    # Checking that all are finite takes an eighth.
    assert float(printed) < 1.25 * ONE_COPY


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("batch", ["128", "all"])
def test_pixels_are_trained_on_in_two_gigabytes(archive, precision, batch):
    words = ["-m", "tui_app", "run", "-q", "--data", archive, "--classes", "--preset", "classes", "--hidden", "32"]
    words += ["--epochs", "2", "--batch-size", batch, "--set", f"both.precision={precision}"]
    seconds, peak, _ = run(*words)
    print(f"\n{precision}, batches of {batch}: peak {peak:.2f} GB, {seconds:.1f} s")
    assert peak < MOST_GIGABYTES


def test_a_csv_is_trained_on_in_two_gigabytes(archive, tmp_path):
    with np.load(archive) as arrays, (tmp_path / "pixels.csv").open("w") as file:
        for x, y in zip(arrays["X"], arrays["Y"], strict=True):
            file.write(",".join(f"{value:.3f}" for value in x) + f",{y}\n")
    words = ["run", "-q", "--data", str(tmp_path / "pixels.csv"), "--classes", "--preset", "classes", "--hidden", "32"]
    seconds, peak, _ = run("-m", "tui_app", *words, "--epochs", "1", "--batch-size", "128")
    print(f"\nas CSV: peak {peak:.2f} GB, {seconds:.1f} s")
    assert peak < MOST_GIGABYTES


def test_an_export_takes_no_more(archive, tmp_path):
    words = ["export", str(tmp_path / "out"), "--data", archive, "--classes", "--preset", "classes", "--hidden", "32"]
    seconds, peak, _ = run("-m", "tui_app", *words, "--epochs", "1", "--batch-size", "128")
    print(f"\nexported: peak {peak:.2f} GB, {seconds:.1f} s")
    assert peak < MOST_GIGABYTES
    for program in ("numpy_mlp.py", "pytorch_mlp.py"):
        seconds, peak, _ = run(str(tmp_path / "out" / program))
        print(f"{program}: peak {peak:.2f} GB, {seconds:.1f} s")
        assert peak < MOST_GIGABYTES
