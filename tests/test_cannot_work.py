"""What is trained in vain is said, and nothing else is."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import engine
from engine.experiment.choices import SideName
from engine.experiment.data import Dataset
from engine.networks.torch_model import TorchModel
from engine.run.cannot_work import cannot_work
from tests.driver import NARROW, driven
from tests.made_up import made_up_worker
from tui_app.app import ExplorerApp
from tui_app.cli.main import main

SATURATED = "All 5 units of layer 1 are saturated at the start by hand and in PyTorch: hardly any gradient passes."
WINE = replace(engine.preset("pytorch"), data=engine.built_in("wine"), epochs=20)
SCALED = WINE.with_side(SideName.NUMPY, input_scale="0-to-1").with_side(SideName.PYTORCH, input_scale="0-to-1")


def with_targets(low, high, **changes):
    data = Dataset("measured", [[0.0], [1], [0.5]], [low, high, (low + high) / 2])
    return replace(engine.preset("exact"), data=data, **changes)


@pytest.mark.parametrize("name", engine.PRESETS)
def test_no_preset_is_trained_in_vain(name):
    assert cannot_work(engine.preset(name)) == ()


@pytest.mark.parametrize(
    ("activation", "within", "beyond"),
    [
        ("sigmoid", [(0, 1), (0.2, 0.8)], [(-0.1, 1), (0, 1.001), (5, 7)]),
        ("tanh", [(-1, 1)], [(-1.001, 0), (0, 2)]),
        ("relu", [(0, 900)], [(-0.001, 900)]),
        ("identity", [(-900, 900)], []),
    ],
)
def test_targets_that_no_output_reaches(activation, within, beyond):
    for low, high in within:
        assert cannot_work(with_targets(low, high, output_activation=activation)) == ()
    for low, high in beyond:
        (said,) = cannot_work(with_targets(low, high, output_activation=activation))
        assert f"and {activation} outputs are" in said
        # PyTorch's own output, however large z is.
        reached = getattr(torch, activation)(torch.tensor([-1e9, 1e9], dtype=torch.float64))
        assert low < reached.min() or high > reached.max()


def test_the_targets_are_written_with_the_digits_that_make_them_unreachable():
    (said,) = cannot_work(with_targets(0, 1.0000001, output_activation="sigmoid"))
    assert "go from 0 to 1.0000001, and sigmoid outputs are from 0 to 1" in said


def test_rows_that_no_softmax_gives():
    for data, reached in (("regression", False), ("clusters", True)):
        settings = replace(engine.preset("exact"), data=engine.built_in(data), output_activation="softmax")
        assert (cannot_work(settings) == ()) is reached
        assert np.allclose(settings.data.Y.sum(axis=1), 1) is reached


def test_a_softmax_over_the_samples_is_not_always_1():
    settings = replace(engine.preset("exact"), output_activation="softmax")
    (said,) = cannot_work(settings.with_side(SideName.NUMPY, softmax_form="over-samples"))
    assert "nothing is learnt in PyTorch." in said


def test_a_softmax_of_one_output():
    (said,) = cannot_work(with_targets(0, 1, output_activation="softmax"))
    assert said.startswith("A softmax of one output is always 1")
    assert (torch.softmax(torch.randn(5, 1), dim=1) == 1).all()


def test_layers_that_pass_no_gradient_on_at_the_start():
    assert cannot_work(WINE) == (f"{SATURATED} input_scale=0-to-1 may help.",)
    assert cannot_work(SCALED) == ()
    for settings, passes in ((WINE, False), (SCALED, True)):
        model = TorchModel(settings)
        with torch.no_grad():
            output = torch.sigmoid(model.model[0](model.X))
        derivative = output * (1 - output) / 0.25
        assert bool((derivative.max(dim=0).values <= 0.01).all()) is not passes
    dead = replace(engine.preset("pytorch"), activation="relu").with_side(SideName.NUMPY, initial_weights="zeros")
    (said,) = cannot_work(dead)
    assert said.startswith("All 5 units of layer 1 are dead at the start by hand: no gradient passes.")


def sorted_file(first, then):
    """1,000 rows of one kind before some of another, as in a file that is sorted by class."""
    X = np.concatenate([np.full((1000, 1), first), np.full((40, 1), then)])
    return Dataset("sorted", X, np.repeat([0.0, 1.0], [1000, 40]))


@pytest.mark.parametrize(
    ("first", "then", "activation"), [(-1.0, 1.0, "relu"), (1.0, -1.0, "relu"), (1e3, 0.1, "tanh")]
)
def test_all_samples_are_looked_at(first, then, activation):
    start = replace(engine.preset("exact"), data=sorted_file(first, then), hidden=(2,), activation=activation)
    for seed in range(4):
        said = " ".join(cannot_work(replace(start, seed=seed)))
        model = TorchModel(replace(start, seed=seed))
        with torch.no_grad():
            z = model.model[0](model.X)
        passes = (z > 0) if activation == "relu" else (1 - torch.tanh(z) ** 2 > 0.01)
        assert ("layer 1" in said) is not bool(passes.any(dim=0).any())


def test_outputs_that_pass_none_on():
    """As the loss, which stays where it is, shows; a loss of logits has no derivative of the output's activation."""
    saturated = replace(engine.preset("exact"), data=engine.built_in("wine"), hidden=(), epochs=100)
    dead = replace(engine.preset("exact"), output_activation="relu", seed=3, epochs=100)
    for settings, said in (
        (saturated, "All 3 units of layer 1 are saturated"),
        (dead, "The only unit of layer 2 is dead"),
    ):
        assert cannot_work(settings)[0].startswith(said)
        losses = engine.train(settings).numpy.losses
        assert losses[0] == pytest.approx(losses[-1], rel=1e-6)
    fused = replace(engine.preset("two-classes"), data=engine.built_in("wine"), hidden=())
    assert cannot_work(fused) == ()


@pytest.mark.parametrize("slip", [{"derivative_at": "none"}, {"sent_down": "error"}])
def test_what_slips_pass_on_is_not_said_to_be_lost(slip):
    assert "in PyTorch: hardly any" in cannot_work(WINE.with_side(SideName.NUMPY, **slip))[0]
    assert "by hand" not in cannot_work(WINE.with_side(SideName.NUMPY, **slip))[0]


def test_layers_alike_are_one_sentence():
    zeros = engine.Side(initial_weights="zeros")
    many = engine.Settings(engine.built_in("xor"), zeros, zeros, hidden=(1,) * 50, activation="relu")
    (said,) = cannot_work(many)
    assert said.startswith("All units of layers 1 to 50 are dead at the start by hand and in PyTorch:")
    assert "input_scale" not in said


def test_what_is_no_number_is_not_dead():
    wide = Dataset("wide", [[1e39, 1], [2, 2], [-1e39, 3]], [0.0, 1, 1])
    side = engine.Side(input_scale="0-to-1")
    assert cannot_work(engine.Settings(wide, side, side, activation="relu")) == ()


@pytest.mark.parametrize("command", ["run --json -", "trace --json -", "impact --json - --seeds 2", "export out"])
def test_commands_say_it_on_standard_error_and_go_on(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*command.split(), "--preset", "asked", "--data", "wine", "--epochs", "3", "--ascii"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0
    assert f"mlp-tui: {SATURATED}" in result.stderr
    assert result.stderr.isascii()
    if "-" in words:
        assert json.loads(result.stdout)["format"]


async def test_the_explorer_says_it_once():
    app = ExplorerApp(SCALED, worker=made_up_worker(SCALED), start_worker=False)
    async with driven(app, NARROW) as explorer:
        explorer.app.change_settings(WINE)
        for field, value in (("hidden", "4"), ("seed", "3"), ("activation", "identity")):
            await explorer.press("o")
            explorer.app.screen.query_one(f"#{field}").value = value
            await explorer.press("enter")
            assert type(explorer.app.screen).__name__ == "MainScreen"
        assert [one for one in explorer.said if "at the start" in one] == [cannot_work(replace(WINE, hidden=(4,)))[0]]


def test_a_large_network_is_not_looked_at():
    zeros = engine.Side(initial_weights="zeros")
    for width, said in ((10, 1), (100_000, 0)):
        settings = engine.Settings(engine.built_in("wine"), zeros, zeros, hidden=(width,), activation="relu")
        assert len(cannot_work(settings)) == said
