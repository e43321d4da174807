"""The first line says what fits, whole, at every width."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

import engine
from engine.experiment.choices import SideName
from engine.experiment.devices import DeviceUse
from engine.worker.pace import Pace, PaceMeter
from engine.worker.snapshot import Snapshot, State
from tui_app.text.status_text import descriptions, duration, essential, fitted, per_second, progress, short_time

SETTINGS = replace(engine.preset("asked"), epochs=2000)
RUNNING = Snapshot(1, SETTINGS, State.RUNNING, 22, pace=Pace(7.0, {SideName.NUMPY: 9.2e-6, SideName.PYTORCH: 45.1e-6}))


def test_all_of_a_long_run():
    assert progress(RUNNING)[0] == "▶ epoch 22 of 2,000 · 7.0/s · 4:43 left · NumPy 9.2 µs · PyTorch 45 µs · 1 thread"


def test_a_device_says_what_it_is_and_how_much_memory_is_in_use():
    device = DeviceUse("cuda:0", "NVIDIA H100", 1_200_000_000, 80_000_000_000)
    assert progress(replace(RUNNING, device=device))[0].endswith(" · cuda:0 NVIDIA H100 1.2 of 80 GB")


@pytest.mark.parametrize("name", ["xor", "a name that is a good deal longer than the screen is wide" * 3])
def test_nothing_is_cut(name):
    settings = replace(SETTINGS, data=replace(SETTINGS.data, name=name))
    for width in range(40, 201):
        left, right = fitted(descriptions(settings), progress(replace(RUNNING, settings=settings)), 3, width)
        assert cell_len(left) + cell_len(right) <= width
        assert left in descriptions(settings)
        assert right in progress(RUNNING)
        assert right.startswith("▶ epoch 22 of 2,000")


@pytest.mark.parametrize(
    ("state", "batch", "pace", "said"),
    [
        (State.PAUSED, 412, 7.0, "‖ epoch 23 · batch 412 of 1,875"),
        (State.PAUSED, 0, 7.0, "‖ epoch 22 of 2,000"),
        (State.RUNNING, 412, 7.0, "▶ epoch 22 of 2,000"),
        (State.RUNNING, 412, 0.2, "▶ epoch 23 · batch 412 of 1,875"),
        (State.RUNNING, 0, 0.2, "▶ epoch 23 · batch 0 of 1,875"),
    ],
)
def test_inside_an_epoch_its_batches_are_counted(state, batch, pace, said):
    pace = replace(RUNNING.pace, epochs_per_second=pace)
    inside = replace(RUNNING, state=state, batch=batch, batches=1875, pace=pace)
    assert progress(inside)[-1] == said


def test_at_80_columns_the_time_left_is_there():
    left, right = fitted(descriptions(SETTINGS), progress(RUNNING), essential(RUNNING), 78)
    assert left == "XOR 4x2→1 · 2-5-1 sigmoid · seed 0"
    assert right == "▶ epoch 22 of 2,000 · 7.0/s · 4:43 left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (282.4, "4:42"), (3723, "1:02:03"), (200_000, "2.3 days"), (1e12, "years")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(9e-6, "9.0 µs"), (4.5e-5, "45 µs"), (0.0123, "12 ms"), (2.5, "2.5 s")])
def test_times_of_an_epoch(seconds, text):
    assert short_time(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(14_608.4, "14,608/s"), (7.04, "7.0/s"), (0.05, "0.050/s")])
def test_rates_are_counts(rate, text):
    assert per_second(rate) == text


def test_the_pace_is_epochs_and_seconds_over_what_passed():
    meter = PaceMeter()
    meter.add(5, 10.0, {SideName.NUMPY: 1.0, SideName.PYTORCH: 2.0})
    assert meter.pace.epochs_per_second == 0
    meter.add(20, 11.0, {SideName.NUMPY: 1.2, SideName.PYTORCH: 2.8})
    assert meter.pace.epochs_per_second == 20
    assert meter.pace.seconds[SideName.NUMPY] == pytest.approx(0.01)
    assert meter.pace.seconds[SideName.PYTORCH] == pytest.approx(0.04)


def test_a_pause_is_no_part_of_the_pace():
    meter = PaceMeter()
    meter.add(5, 10.0, {SideName.NUMPY: 1.0, SideName.PYTORCH: 2.0})
    meter.go_on(100.0, {SideName.NUMPY: 1.0, SideName.PYTORCH: 2.0})
    meter.add(20, 101.0, {SideName.NUMPY: 1.2, SideName.PYTORCH: 2.8})
    assert meter.pace.epochs_per_second == 20


def test_a_finished_run_has_its_whole_description_before_its_times():
    finished = replace(RUNNING, state=State.FINISHED, epoch=2000)
    left, right = fitted(descriptions(SETTINGS), progress(finished), essential(finished), 78)
    assert (left, right) == ("XOR 4x2→1 · 2-5-1 sigmoid · seed 0", "■ epoch 2,000 of 2,000 · 7.0/s")
