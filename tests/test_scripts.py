"""The exported programs, run in processes that know no engine, against the engine bit for bit."""

import ast
import io
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given

import engine
from engine.experiment.choices import DerivativeAt, LogMoment, SideName
from engine.experiment.discrepancies import CATALOGUE, Group, find
from engine.experiment.update_rules import Momentum, UpdateOrder
from engine.networks.programs import given_files, marked_lines, script_files, scripts
from engine.networks.threads import shares_products
from tests.examples import examples, long, one_in, some_of
from tests.large import BENCHMARK, network
from tests.strategies import classes, experiments

EPOCHS = 12
"""More than twice as many as the engine takes to record its step and to take it from the recording."""


RUNNER = """
import runpy, sys
sys.modules["engine"] = None
for line in sys.stdin:
    runpy.run_path(line.rstrip("\\n"), run_name="__main__")
    assert sys.argv[1] not in sys.modules
    print("end", flush=True)
"""


class Alone:
    """A process in which there is no engine. It runs programs one after the other, each in a namespace of its own."""

    def __init__(self, forbidden=""):
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, forbidden], cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def printed(self, path):
        """The losses that a program prints."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        losses = []
        while (line := self.process.stdout.readline()) != "end\n":
            assert line, f"{path} fails"
            losses.extend(map(float, line.split()))
        return np.array(losses)

    def end(self):
        self.process.communicate()
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def alone():
    """One for each side's programs; the hand-written ones may not import torch."""
    both = Alone("torch"), Alone()
    yield both
    for one in both:
        one.end()


def run_alone(alone, folder, experiments):
    """The losses that the exported programs of each experiment print, the hand-written ones and PyTorch's.

    One that two experiments have is run once.
    """
    known = {}
    for index, experiment in enumerate(experiments):
        own = folder / str(index)
        own.mkdir()
        files = script_files(experiment)
        for name, content in files.items():
            (own / name).write_bytes(content.encode() if isinstance(content, str) else content)
        assert "import numpy" not in (own / "pytorch_mlp.py").read_text()
        printed = []
        for one, name in zip(alone, ("numpy_mlp.py", "pytorch_mlp.py"), strict=True):
            data = [text for other, text in files.items() if not other.endswith(".py")]
            program = (files[name], *data)
            if program not in known:
                known[program] = one.printed(own / name)
            printed.append(known[program])
        yield printed


def assert_the_same_bits(alone, folder, *experiments):
    for experiment, printed in zip(experiments, run_alone(alone, folder, experiments), strict=True):
        run = engine.train(experiment)
        for side, losses in zip((run.numpy, run.pytorch), printed, strict=True):
            np.testing.assert_array_equal(losses[: len(side.losses)], side.losses, err_msg=str(experiment))


@long
def test_large_data_stand_in_an_archive_beside_the_programs(alone, tmp_path):
    pixels = np.random.RandomState(0).randint(0, 256, (1300, 784)).astype(float)
    data = engine.Dataset("pixels", pixels, np.arange(1300) % 10 / 9)
    assert data.is_large
    exact, pytorch = (replace(engine.preset(name), data=data, hidden=(4,), epochs=2) for name in ("exact", "pytorch"))
    settings = exact.with_side(SideName.NUMPY, batch=500, input_scale="0-to-1")
    settings = settings.with_side(SideName.PYTORCH, batch=500, input_scale="0-to-1", order="dataloader")
    files = script_files(settings)
    assert set(files) == {"numpy_mlp.py", "pytorch_mlp.py", "data.npz"}
    with np.load(io.BytesIO(files["data.npz"])) as archive:
        assert {name: archive[name].dtype for name in archive.files} == {"X": np.float64, "Y": np.float64}
        assert np.array_equal(archive["X"], data.X)
        assert np.array_equal(archive["Y"], data.Y)
    assert all(len(files[name]) < 4000 for name in ("numpy_mlp.py", "pytorch_mlp.py"))
    assert_the_same_bits(alone, tmp_path, settings, pytorch)


def test_data_in_an_archive_give_the_bits_of_those_in_the_program(alone, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.experiment.data.LARGE_NUMBERS", 10)
    monkeypatch.setattr("engine.networks.programs.base.INLINE_VALUES", 10)
    of_path = (preset.settings for preset in engine.PRESETS.values() if not preset.is_family)
    presets = [replace(settings, epochs=EPOCHS) for settings in of_path]
    flat = presets[0].with_side(SideName.PYTORCH, target_shape="flat")
    assert all("data.npz" in script_files(one) for one in presets)
    assert_the_same_bits(alone, tmp_path, *some_of(presets, 4), flat)


def test_every_preset(alone, tmp_path):
    # The families' are in test_families.py.
    presets = some_of((preset.settings for preset in engine.PRESETS.values() if not preset.is_family), 3)
    assert_the_same_bits(alone, tmp_path, *(replace(preset, epochs=EPOCHS) for preset in presets))


def test_every_preset_where_n_times_c_is_not_four(alone, tmp_path):
    # Those of classes have data of their own.
    of_path = (
        preset.settings
        for preset in engine.PRESETS.values()
        if not preset.is_family and not preset.settings.numpy.loss_report.of_probabilities
    )
    presets = some_of((replace(settings, data=engine.built_in("regression")) for settings in of_path), 5)
    assert_the_same_bits(alone, tmp_path, *(replace(preset, epochs=EPOCHS) for preset in presets))


@pytest.mark.parametrize("data", ["regression", "classes"])
def test_every_single_discrepancy(alone, tmp_path, data):
    """Every choice of either side, alone against PyTorch's own way; of classes what is computed from the outputs. Some
    of them, unless all are asked for.
    """
    base = classes() if data == "classes" else replace(engine.preset("pytorch"), data=engine.built_in(data))
    plain = replace(base, epochs=EPOCHS, hidden=(5, 4))
    single = [
        discrepancy.set(plain, side, value)
        for discrepancy in CATALOGUE
        if data != "classes" or discrepancy.group in (Group.FORWARD, Group.LOSS, Group.BACKWARD, Group.LOG)
        for side in SideName
        for value in discrepancy.possible_for(plain, side)
    ]
    single += [plain.with_side(side, learning_rate=0.7) for side in SideName]
    assert len(single) > 20
    assert_the_same_bits(alone, tmp_path, *some_of(single, 10))


@long
def test_large_networks_whose_products_two_threads_share(alone, tmp_path, monkeypatch):
    """The hand-written ones in a process of their own: they set the number of threads before they import NumPy."""
    monkeypatch.setattr("engine.networks.threads.cores", lambda: 2)
    experiments = [network(*size, bias=True) for size in BENCHMARK]
    assert all(map(shares_products, experiments))
    fresh = Alone("torch")
    assert_the_same_bits((fresh, alone[1]), tmp_path, *experiments)
    fresh.end()


@long
def test_products_whose_bits_the_threads_change(tmp_path):
    """In a process of its own, where PyTorch has as many threads as there are cores."""
    settings = engine.preset("classes").with_side(SideName.PYTORCH, input_scale="0-to-1")
    settings = replace(settings, data=engine.built_in("breast-cancer"), epochs=20)
    assert engine.networks.threads.largest_product(settings) < 100_000
    (tmp_path / "breast-cancer.csv").write_text(script_files(settings)["breast-cancer.csv"])
    (tmp_path / "pytorch_mlp.py").write_text(script_files(settings)["pytorch_mlp.py"])
    fresh = Alone()
    np.testing.assert_array_equal(fresh.printed(tmp_path / "pytorch_mlp.py"), engine.train(settings).pytorch.losses)
    fresh.end()


def test_the_answer_alone_gives_all_of_the_listings_losses(alone, tmp_path, answer_run):
    ((numpy_losses, pytorch_losses),) = run_alone(alone, tmp_path, [engine.preset("answer")])
    np.testing.assert_array_equal(numpy_losses, answer_run.numpy.losses)
    np.testing.assert_array_equal(pytorch_losses, answer_run.pytorch.losses)


def test_data_that_are_many_are_exported_with_them(alone, tmp_path):
    points = tmp_path / "my points.csv"
    points.write_text("a,b,c,d\n" + "".join(f"0.{n},{n / 7!r},1e-3,{n % 2}\n" for n in range(30)))
    experiment = replace(engine.preset("same-loss"), data=engine.load(str(points), ("b", "d")), epochs=EPOCHS)
    assert_the_same_bits(alone, tmp_path, experiment)
    assert (tmp_path / "0" / "my_points_data.csv").exists()


def losses_here(experiment):
    """What both programs print, each the engine's own losses."""
    with TemporaryDirectory() as folder:
        for name, content in given_files(experiment).items():
            (Path(folder) / name).write_bytes(content)
        return losses_in(Path(folder), experiment)


def losses_in(folder, experiment):
    """As `losses_here`, the programs being there."""
    run = engine.train(experiment)
    both = []
    for side, script in zip((run.numpy, run.pytorch), scripts(experiment).values(), strict=True):
        printed = []
        names = {
            "print": lambda *values, sep, printed=printed: printed.extend(values),
            "__file__": str(folder / script.name),
        }
        try:
            with np.errstate(all="ignore"):
                exec(script.text, names)
        except RuntimeError:
            # nn.BCELoss refuses what is no number.
            assert run.divergence is not None
            printed = names["losses"]
        np.testing.assert_array_equal(printed[: len(side.losses)], side.losses)
        both.append(printed)
    return both


@given(experiment=experiments())
@examples(4)
def test_any_experiment_in_this_process(experiment):
    """Any sizes, activations and choices, without the cost of a process each."""
    losses_here(experiment)


def test_every_rule_of_an_update_in_loops():
    """What one rule needs beside the others, where layers are too many to go by name."""
    choices = [
        [choice.value for choice in find(field).choices] for field in ("update_order", "momentum", "weight_decay")
    ]
    choices[1] += [Momentum.parse(text) for text in ("pytorch-0.5-dampened-0.25", "textbook-0.5-dampened-0.25")]
    orders, momenta, decays = choices
    # Each order with each momentum, the decays in turn.
    for number, (order, momentum) in some_of(enumerate(product(orders, momenta)), 2):
        decay = decays[number % len(decays)]
        rules = {"update_order": order, "momentum": momentum, "weight_decay": decay}
        sides = {side.value: replace(engine.Side(), **rules) for side in SideName}
        losses_here(engine.Settings(engine.built_in("regression"), **sides, hidden=(3, 2, 2), epochs=6))


@one_in(3)
@pytest.mark.parametrize("bias", [(False, False, True, False), (True, False, False, True)])
@pytest.mark.parametrize("slips", [(2, 3), (1, 4)])
def test_loops_over_other_layers_forward_than_backward(bias, slips):
    """What one loop keeps is read in another, and may be computed once more for the log."""
    at = [DerivativeAt.PRE_ACTIVATION if layer in slips else DerivativeAt.OUTPUT for layer in range(1, 5)]
    for moment, order in some_of(product(LogMoment, UpdateOrder), 2):
        side = engine.Side(bias=bias, derivative_at=at, log_moment=moment, update_order=order)
        losses_here(engine.Settings(engine.built_in("xor"), side, side, hidden=(2, 2, 2), epochs=6))


@pytest.mark.parametrize("side", SideName)
@given(experiment=experiments())
@examples(2)
def test_marked_lines_are_those_that_matching_changes(side, experiment):
    """What is not marked stands in the program of every remaining difference matched there, in the same order; within a
    loop more or less it is the same line.
    """
    lines = unindented(scripts(experiment)[side])
    marked = marked_lines(experiment, side)
    matched = []
    for discrepancy in engine.remaining(experiment):
        with suppress(engine.SettingsError):
            matched.append(unindented(scripts(discrepancy.match(experiment, side.other))[side]))
    kept = [line for place, line in enumerate(lines) if place not in marked]
    for other in matched:
        position = iter(other)
        assert all(line in position for line in kept)
    # And none is marked without need: with it, some program would no longer hold them all.
    for place in marked:
        with_it = [line for at, line in enumerate(lines) if at not in marked or at == place]
        assert any(not is_subsequence(with_it, other) for other in matched) or lines.count(lines[place]) > 1


def unindented(script):
    return [line.strip() for line in script.lines]


def is_subsequence(lines, other):
    position = iter(other)
    return all(line in position for line in lines)


def test_equal_sides_have_no_marks():
    for name in ("exact", "pytorch"):
        assert not any(marked_lines(engine.preset(name), side) for side in SideName)


RULES = ("zero_grad", "decayed", "decay_factor")
COMBINED = ("update_order", "log_moment", "derivative_at", "reduction", "bias", "loss_report")


@pytest.mark.parametrize(("hidden", "step"), [((3, 2), 389), ((), 1187), ((3,), 1187), ((3, 2, 3), 1213)])
def test_no_program_has_anything_left_over(hidden, step):
    """Combinations of the choices that are branches, and every form of momentum and decay: no choice is left in
    the text, nothing is set and never used, and a number that is zero does not stand there. One depth has one in four
    hundred of them, the others fewer.
    """
    choices = [[one.value for one in find(field).choices_for(SideName.PYTORCH)] for field in COMBINED]
    momenta = [choice.value for choice in find("momentum").choices]
    seen = set()
    decays = [choice.value for choice in find("weight_decay").choices]
    for number, values in islice(enumerate(product(*choices)), 0, None, step):
        momentum, decay = momenta[number % len(momenta)], decays[number // len(momenta) % len(decays)]
        named = dict(zip(COMBINED, values, strict=True))
        # A cross-entropy needs probabilities.
        output = "sigmoid" if named["loss_report"].of_probabilities else "relu"
        side = replace(engine.preset("pytorch").numpy, **named)
        rules = {field: find(field).choices[number // 3 % len(find(field).choices)].value for field in RULES}
        side = replace(side, momentum=momentum, weight_decay=decay, **rules)
        experiment = replace(
            engine.preset("pytorch"), numpy=side, pytorch=side, hidden=hidden, output_activation=output
        )
        for script in scripts(experiment).values():
            if script.text in seen:  # what differs is the other side's alone
                continue
            seen.add(script.text)
            assert not LEFT_OVER.search(script.text), script.text
            program = ast.parse(script.text)
            compile(program, script.name, "exec")
            assert not unused_names(program), script.text


@pytest.mark.parametrize("of_layers", [{"bias": (False, True, True, True)}, {"initial_weights": ("he", "normal") * 2}])
def test_layers_that_are_drawn_one_by_one_leave_nothing_over(of_layers):
    side = replace(engine.Side(), **of_layers)
    for script in scripts(engine.Settings(engine.built_in("xor"), side, side, hidden=(3, 2, 3))).values():
        assert not unused_names(ast.parse(script.text)), script.text


LEFT_OVER = re.compile(r"\bside\b|\bself\b(?!, z)|(?<!fromkeys\([WbVU], )\b0\.0\b(?!$)", re.MULTILINE)
"""A choice, or a zero that is not where velocities start."""


def unused_names(program):
    """Names that a program sets and never reads."""
    nodes = list(ast.walk(program))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    changed = {
        node.target.id for node in nodes if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    return {name.id for name in names if isinstance(name.ctx, ast.Store)} - read - changed - {"epoch", "_"}


def test_they_are_as_short_as_one_would_write_them():
    for script in scripts(engine.preset("asked")).values():
        assert len(script.lines) < 45
        assert max(map(len, script.lines)) < 100
