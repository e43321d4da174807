"""On a GPU: the same experiments, its memory and its faults. Skipped where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import engine
from engine.errors import DeviceError
from engine.experiment.choices import SideName
from engine.experiment.devices import device_fault
from engine.step.trace import trace_epoch
from engine.worker.snapshot import State
from engine.worker.worker import Worker
from tests.tensors import assert_same_bits

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
needs_two = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
EXACT = replace(engine.preset("exact"), device="cuda", epochs=500)


@needs_cuda
@pytest.mark.parametrize("data", ["xor", "regression"])
def test_in_float64_it_stays_within_rounding(data):
    run = engine.train(replace(EXACT, data=engine.built_in(data)))
    assert run.comparison.losses.max_absolute < 1e-12
    assert run.comparison.initial_weights.same


@needs_cuda
def test_the_start_is_the_cpus_bit_for_bit():
    on_cpu = engine.train(replace(EXACT, device="cpu", epochs=1)).pytorch.initial_parameters
    on_gpu = engine.train(replace(EXACT, epochs=1)).pytorch.initial_parameters
    assert_same_bits(on_cpu, on_gpu)


@needs_cuda
@pytest.mark.parametrize("name", engine.PRESETS)
def test_every_preset_trains(name):
    run = engine.train(replace(engine.preset(name), device="cuda", epochs=50))
    assert np.isfinite(run.pytorch.losses).all()


@needs_cuda
def test_a_replayed_step_has_the_plain_steps_bits():
    from engine.networks.torch_model import TorchModel
    from engine.networks.torch_replay import ReplayedTorchModel

    plain, replayed = TorchModel(EXACT), ReplayedTorchModel(EXACT)
    assert [plain.step() for _ in range(50)] == [replayed.step() for _ in range(50)]


BATCHES = replace(EXACT, data=engine.built_in("iris"), epochs=30)
for SIDE in SideName:
    BATCHES = BATCHES.with_side(SIDE, batch=32, order="dataloader", bias=True, initial_weights="pytorch")


@needs_cuda
def test_batches_hold_the_same_samples_in_dataloaders_order():
    run = engine.train(BATCHES)
    assert run.comparison.losses.max_absolute < 1e-12
    step = trace_epoch(BATCHES, 3, batch=5)
    assert not step.operations[0].differs


@needs_cuda
def test_a_replayed_batch_has_the_plain_steps_bits_and_goes_on_from_a_state():
    from engine.networks.torch_model import TorchModel
    from engine.networks.torch_replay import ReplayedTorchModel

    plain, replayed = TorchModel(BATCHES), ReplayedTorchModel(BATCHES)
    for count in (30, 47):
        assert [plain.update() for _ in range(count)] == [replayed.update() for _ in range(count)]
        replayed.set_state(plain.state())
    again = ReplayedTorchModel(BATCHES)
    again.set_state(plain.state())
    assert [plain.update() for _ in range(40)] == [again.update() for _ in range(40)]


RULES = [
    {"optimizer": "adam"},
    {"optimizer": "adam", "weight_decay": "decoupled-0.01"},
    {"optimizer": "rmsprop"},
    {"optimizer": "adagrad", "update_order": "in-turn"},
    {"clipping": "norm:0.01"},
    {"clipping": "value:0.001", "optimizer": "adam", "batch": 32},
    {"schedule": "step:every=5,factor=0.5,per=batch", "momentum": "0.5"},
]


@needs_cuda
@pytest.mark.parametrize("choices", RULES, ids=str)
def test_optimizers_clipping_and_schedules_are_the_cpus(choices):
    from engine.networks.torch_model import TorchModel
    from engine.networks.torch_replay import ReplayedTorchModel

    settings = BATCHES
    for side in SideName:
        settings = settings.with_side(side, **{"batch": "all", "learning_rate": 0.01, **choices})
    run = engine.train(settings)
    assert run.comparison.losses.max_absolute < 1e-10
    plain, replayed = TorchModel(settings), ReplayedTorchModel(settings)
    assert [plain.step() for _ in range(40)] == [replayed.step() for _ in range(40)]
    again = ReplayedTorchModel(settings)
    again.set_state(plain.state())
    assert [plain.step() for _ in range(10)] == [again.step() for _ in range(10)]


@needs_cuda
def test_a_step_is_opened_and_the_explorers_engine_says_what_device_it_is():
    assert trace_epoch(EXACT, 3).operations
    worker = Worker(EXACT)
    worker.work_until_idle()
    snapshot = worker.snapshot
    assert snapshot.state is State.FINISHED
    assert snapshot.device.model == torch.cuda.get_device_name()
    assert 0 < snapshot.device.used < snapshot.device.total


@needs_two
def test_two_devices_by_name():
    losses = [engine.train(replace(EXACT, device=f"cuda:{index}")).pytorch.losses for index in range(2)]
    np.testing.assert_array_equal(*losses)


@needs_cuda
def test_a_device_that_is_not_there_is_named_among_those_that_are():
    with pytest.raises(DeviceError, match=r"no device 'cuda:99' on this machine; it has cpu, cuda"):
        engine.train(replace(EXACT, device="cuda:99"))


@needs_cuda
def test_too_little_memory_is_a_sentence():
    free, _ = torch.cuda.mem_get_info()
    held = torch.empty(free - 64 * 2**20, dtype=torch.uint8, device="cuda")  # a card's own size: two in a hundred fit
    try:
        with pytest.raises(DeviceError, match="has not enough free memory"):
            engine.train(replace(EXACT, hidden=(4000, 4000)).with_side(SideName.PYTORCH, learning_rate=1e-6))
    finally:
        del held


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "has not enough free memory"),
        (
            RuntimeError("CUDA error: device-side assert triggered\nand more"),
            "has failed .CUDA error: device-side assert",
        ),
    ],
)
def test_a_devices_own_faults_are_sentences(error, said, monkeypatch):
    monkeypatch.setattr("engine.run.training._train", lambda *_: (_ for _ in ()).throw(error))
    with pytest.raises(DeviceError, match=said):
        engine.train(EXACT)


def test_other_faults_stay_what_they_are():
    assert device_fault(ValueError("made up"), "cuda") is None
    assert device_fault(RuntimeError("CUDA error"), "cpu") is None
