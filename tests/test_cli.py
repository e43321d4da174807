"""The command line: what it prints, what it writes, what it refuses."""

import csv
import json
import os
import re
import shlex
import signal
import stat
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import engine
from engine.experiment.choices import SideName
from engine.experiment.families import FAMILIES
from engine.export.files import write_whole
from engine.impact.shapley import shapley_values
from engine.impact.study import Measure, Study, measure, plan
from engine.step.trace import trace_epoch
from tests.forked import COMMAND, run_forked
from tui_app.cli.main import main
from tui_app.cli.options import assign


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_run_prints_curves_weights_differences_and_the_verdict():
    result = run("run", "--preset", "answer")
    assert result.exit_code == 0
    for said in (
        "0.26973519506749455",
        "0.2697352170944214",
        "layer 1 weight 5x2",
        "layer 2 weight 1x5",
        "Gradient",
        "sum",
        "≠",
        "mean",
        "Equal on a plot: ",
        "gap |Δloss|",
    ):
        assert said in result.stdout
    assert "\x1b[" not in result.stdout
    assert result.stderr == ""


def test_a_signed_report_is_drawn_on_a_linear_axis():
    result = run("run", "--epochs", "50")
    legend = next(line for line in result.stdout.split("\n") if line.startswith("loss"))
    assert "linear: can be negative" in legend
    assert "log scale" not in legend


def test_quiet_prints_the_verdict_alone():
    assert run("run", "--preset", "exact", "--epochs", "20", "-q").stdout.count("\n") == 1


def test_json_reads_back_to_the_same_bits(tmp_path):
    file = tmp_path / "run.json"
    options = ("run", "--preset", "asked", "--data", "regression", "--hidden", "4,3", "--epochs", "30", "--seed", "5")
    result = run(*options, "--json", str(file))
    assert result.exit_code == 0
    assert "wrote" in result.stderr
    document = json.loads(file.read_text())
    expected = engine.train(_settings(document["settings"]))
    for side in ("numpy", "pytorch"):
        found, wanted = document[side], getattr(expected, side)
        assert set(found) == {"losses", "initial_parameters", "parameters"}
        np.testing.assert_array_equal(found["losses"], wanted.losses)
        for key in ("initial_parameters", "parameters"):
            for ours, theirs in zip(found[key], getattr(wanted, key).values(), strict=True):
                np.testing.assert_array_equal(np.array(ours, theirs.dtype), theirs)
                assert np.array(ours).shape == theirs.shape
    shapes = [np.array(parameter).shape for parameter in document["pytorch"]["parameters"]]
    assert shapes == [(4, 2), (4,), (3, 4), (3,), (3, 3), (3,)]
    assert document["comparison"]["losses"]["max_absolute"] == expected.comparison.losses.max_absolute
    assert document["comparison"]["differences_left"] == [one.field for one in engine.remaining(expected.settings)]


def _settings(document):
    """The settings of a document, read by hand: nothing is missing in it."""
    data = engine.Dataset(document["data"]["name"], document["data"]["X"], document["data"]["Y"])
    shared = {key: document[key] for key in ("activation", "output_activation", "epochs", "seed", "device")}
    sides = {side: engine.Side(**document[side]) for side in ("numpy", "pytorch")}
    return engine.Settings(data=data, hidden=tuple(document["hidden"]), **shared, **sides)


def test_json_on_standard_output_is_nothing_but_json():
    result = run("run", "--preset", "exact", "--epochs", "3", "--json", "-")
    assert len(json.loads(result.stdout)["numpy"]["losses"]) == 3


def test_json_never_replaces_a_file_unasked(tmp_path):
    file = tmp_path / "run.json"
    file.write_text("precious")
    result = run("run", "--epochs", "3", "--json", str(file))
    assert (result.exit_code, file.read_text()) == (2, "precious")
    assert "exists already" in result.stderr
    assert run("run", "--epochs", "3", "--json", str(file), "--force").exit_code == 0
    assert json.loads(file.read_text())["settings"]["epochs"] == 3
    assert os.listdir(tmp_path) == ["run.json"]


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(engine.InputError, match="No space left on device"):
        write_whole(tmp_path / "run.json", "text", replace_existing=False)
    assert os.listdir(tmp_path) == []


def test_json_may_be_a_pipe(tmp_path):
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert run("run", "--epochs", "2", "--json", "/dev/null").exit_code == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize(("limit", "status"), [("1", 0), ("1e-12", 1)])
def test_fail_over(limit, status):
    result = run("run", "--preset", "answer", "--epochs", "300", "-q", "--fail-over", limit)
    assert result.exit_code == status
    assert ("over 1e-12" in result.stderr) is bool(status)


def test_divergence_is_said_and_fails_any_limit():
    options = ("run", "--preset", "exact", "--output-activation", "identity", "--set", "pytorch.learning_rate=1e9")
    options += ("--epochs", "300")
    result = run(*options)
    assert result.exit_code == 0
    assert "Diverged at epoch" in result.stdout
    assert "The cause: learning rate. Matched alone toward the hand-written side, it ends the divergence" in " ".join(
        result.stdout.split()
    )
    assert run(*options, "--fail-over", "1e300").exit_code == 1


def test_a_csv_is_trained(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("height,width,kind,size\n1,2,0,1\n2,1,1,0\n3,3,1,1\n")
    result = run(
        "run", "--data", str(file), "--targets", "kind,size", "--epochs", "5", "--preset", "exact", "--json", "-"
    )
    data = json.loads(result.stdout)["settings"]["data"]
    assert data["X"] == [[1, 2], [2, 1], [3, 3]]
    assert data["Y"] == [[0, 1], [1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--preset", "none"), "There is no preset 'none'; there are asked"),
        (("presets", "none"), "There is no preset 'none'; there are asked"),
        (("run", "--set", "numpy.bias"), "--set cannot be 'numpy.bias'; it is numpy.SETTING=VALUE"),
        (("run", "--set", "jax.bias=yes"), "--set cannot be 'jax.bias=yes'"),
        (("run", "--set", "numpy.depth=3"), "There is no setting 'depth'; there are loss_report"),
        (("run", "--set", "numpy.bias=maybe"), "numpy.bias cannot be 'maybe'; it is one of no, yes"),
        (("run", "--set", "pytorch.precision=mixed"), "it is float64 or float32"),
        (("run", "--set", "both.learning_rate=fast"), "numpy.learning_rate cannot be 'fast'; it is a number"),
        (("run", "--lr", "-1"), "learning_rate cannot be -1.0"),
        (("run", "--hidden", "five"), "--hidden cannot be 'five'"),
        (("run", "--hidden", "5,-1"), "a hidden layer's size cannot be -1"),
        (("run", "--epochs", "0"), "epochs cannot be 0"),
        (("run", "--epochs", "many"), "--epochs cannot be 'many'; it is a whole number."),
        (("run", "--activation", "selu"), "activation cannot be 'selu'"),
        (("run", "--device", "gpu"), "PyTorch has no device of that name"),
        (("run", "--device", "cuda:77"), "it has cpu"),
        (("run", "--data", "nowhere.csv"), "nowhere.csv: there is no such file"),
        (("run", "--targets", "a"), "--targets names columns of a CSV file"),
        (("run", "--json", "/nowhere/run.json"), "there is no folder /nowhere"),
        (("run", "--json", "/tmp"), "/tmp is a folder"),
        (("run", "--fail-over", "-1"), "--fail-over cannot be -1"),
        (("run", "--fail-over", "nan"), "--fail-over cannot be nan"),
        (("differences", "depth"), "There is no difference 'depth'"),
        (("--preset", "exact", "run"), "--preset stands before 'run'"),
        (("--data", "nowhere.csv"), "there is no such file"),
        (("fly",), "No such command 'fly'"),
        (("run", "--set", "numpy.momentum=fast"), "numpy.momentum cannot be 'fast'; it is none, 0.9"),
        (("run", "--set", "numpy.momentum=1.5"), "momentum's coefficient cannot be 1.5; it is a number from 0 to 1"),
        (("run", "--set", "both.weight_decay=-1"), "weight decay's rate cannot be -1.0; it is a number from 0 to 1"),
        (("impact", "--preset", "exact"), "Nothing differs in these settings"),
        (("impact", "--differences", "bias,depth"), "There is no difference 'depth'"),
        (("impact", "--seeds", "0"), "seeds cannot be 0; it is a whole number from 1"),
        (("impact", "--measure", "feeling"), "it is one of area, reported, weights, epochs, or all of them: all."),
        (("impact", "--toward", "jax"), "--toward cannot be 'jax'; it is pytorch, numpy or answer, or sides of"),
        (("impact", "--toward", "bias=jax"), "--toward: bias cannot go toward 'jax'; it is pytorch or numpy"),
        (("impact", "--toward", "depth=numpy"), "There is no difference 'depth'"),
        (("impact", "--threshold", "0"), "threshold cannot be 0.0; it is a loss above 0"),
        (("impact", "--json", "-", "--csv", "-"), "--json and --csv cannot both be '-'"),
        (("impact", "--csv", "/nowhere/impact.csv"), "there is no folder /nowhere"),
        (("trace", "--epoch", "0"), "--epoch cannot be '0'; it is a whole number from 1 to 5,000, or 'first'"),
        (("trace", "--epoch", "last"), "--epoch cannot be 'last'"),
        (("trace", "--operation", "layer9-delta"), "this step has layer1-weight-before"),
        (("trace", "--json", "/nowhere/step.json"), "there is no folder /nowhere"),
        (
            ("trace", "--lr", "10", "--output-activation", "identity", "--activation", "identity", "--epoch", "400"),
            "there is no step of epoch 400",
        ),
    ],
)
def test_bad_input_gets_one_sentence_and_status_2(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_set_reaches_either_side_or_both():
    asked = engine.preset("asked")
    assert assign(asked, "numpy.bias=yes").numpy.bias is True
    assert assign(asked, "pytorch.learning-rate=0.6").pytorch.learning_rate == 0.6
    both = assign(asked, "both.precision=float64")
    assert both.side(SideName.NUMPY).precision is both.side(SideName.PYTORCH).precision is engine.Precision.FLOAT64


def test_presets_and_differences_are_listed():
    path, families = run("presets").stdout.split("\n\nYou probably learnt it from:\n")
    listed = [line.split()[0] for line in (*path.splitlines(), *families.splitlines())]
    assert listed == list(engine.PRESETS)
    assert {line.split()[0] for line in families.splitlines()} == {one.name for one in FAMILIES}
    differences = run("differences").stdout
    for discrepancy in engine.CATALOGUE:
        assert f" {discrepancy.title}, {discrepancy.field}: " in differences
        for choice in discrepancy.choices:
            assert choice.name in differences
    assert "N·C/2 = 10.5" in run("differences", "reduction", "--data", "regression").stdout
    for called in ("gradient", "Gradient"):
        assert run("differences", called).stdout == run("differences", "reduction").stdout
    assert run("differences", "Zero grad").stdout == run("differences", "zero_grad").stdout
    old = run("differences", "gradient-scale", "--data", "regression").stdout
    assert old == run("differences", "reduction", "--data", "regression").stdout


@pytest.mark.parametrize("name", engine.PRESETS)
def test_a_preset_is_explained(name):
    """Its words whole, and every difference with what each side does."""
    preset = engine.PRESETS[name]
    said = " ".join(run("presets", name).stdout.split())
    assert said.startswith(f"{name}: {preset.summary} ")
    assert preset.words in said
    for discrepancy in engine.CATALOGUE:
        sentence = f"≠ {discrepancy.title}: {discrepancy.explain(preset.settings).what}"
        assert (sentence in said) is (discrepancy in engine.remaining(preset.settings))
    assert ("Nothing differs." in said) is (not engine.remaining(preset.settings))
    assert said.endswith(f"mlp-tui run --preset {name}")


def test_a_preset_is_explained_in_ascii():
    said = run("presets", "course", "--ascii").stdout
    assert said.isascii()
    assert "Its delta = p - y needs no sigma'" in said
    assert "sqrt(n)" in said


def test_a_family_says_what_differs_in_its_verdict():
    said = " ".join(run("run", "--preset", "course", "--epochs", "50").stdout.split())
    assert "Different: 3 differences left" in said
    assert "Left: init weights, loss input, precision." in said


def test_what_is_given_beside_a_family_wins():
    said = run("run", "--preset", "course", "--data", "circles", "--hidden", "3", "--epochs", "5").stdout
    assert said.startswith("mlp-tui  circles 60x2→1 · 2-3-1 tanh → sigmoid · seed 0\n")


def test_help_names_every_command_and_option():
    text = run("--help").stdout
    for word in ("run", "presets", "differences", "--preset", "--set", "--data", "--device"):
        assert word in text
    assert "--fail-over" in run("run", "--help").stdout


def test_the_version_is_the_packages():
    from importlib.metadata import version

    assert run("--version").stdout.split()[-1] == version("mlp-tui")


@pytest.mark.parametrize("arguments", [(), ("--preset", "answer")])
def test_without_a_terminal_the_explorer_names_run(arguments):
    result = run_forked(*COMMAND, *arguments)
    assert result.returncode == 2
    assert result.stderr == (
        b"mlp-tui: the explorer needs a terminal, but standard input is not a terminal; "
        b"without one, use 'mlp-tui run'.\n"
    )


def test_an_encoding_without_braille_is_no_traceback():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = run_forked(*COMMAND, "run", "--epochs", "20", environment=environment)
    assert (result.returncode, result.stderr) == (0, b"")


IMPACT = ("impact", "--epochs", "40", "--seeds", "3", "--differences", "bias,loss_report,momentum")


def _shares(printed):
    return [line for line in printed.splitlines() if ": share " in line or line.startswith("gap ")]


def test_impact_prints_ranked_bars_and_what_follows():
    result = run(*IMPACT)
    assert result.exit_code == 0
    for said in ("8 combinations x 3 seeds, 40 epochs", "only the plotted number", "Match ", "/3"):
        assert said in result.stdout, said
    assert "--toward answer" in " ".join(result.stdout.split())
    assert "\nmatched toward PyTorch\n" in result.stdout
    assert "Measured: " not in result.stdout
    assert not re.search(r"\bmend|so far", result.stdout + run("impact", "--help").stdout.split("Ctrl-C")[0])
    command = (
        " ".join(result.stdout.split()).partition("to measure it so: mlp-tui ")[2].partition(" --toward answer")[0]
    )
    assert _shares(run(*shlex.split(command)).stdout) == _shares(result.stdout) != []
    answers = run(*shlex.split(command), "--toward", "answer").stdout
    assert "bias is matched toward the hand-written side, the others toward PyTorch" in " ".join(answers.split())
    assert "Measured: " in answers
    assert all(len(line) <= 100 for line in result.stdout.splitlines())
    everything = run(*IMPACT, "--measure", "all").stdout
    for kind in Measure:
        assert kind.meaning(engine.preset("asked")) in everything


def test_impact_writes_what_it_measured(tmp_path):
    file, table = tmp_path / "impact.json", tmp_path / "impact.csv"
    assert run(*IMPACT, "--json", str(file), "--csv", str(table)).exit_code == 0
    document = json.loads(file.read_text())
    names = ["loss_report", "bias", "momentum"]
    settings = replace(engine.preset("asked"), epochs=40)
    expected = measure(plan(settings, names, seeds=3))
    assert document["differences"] == names
    assert document["toward"] == dict.fromkeys(names, "pytorch")
    assert _settings(document["settings"]).epochs == 40
    for kind in Measure:
        found = document["measures"][kind.value]
        shares = {one["difference"]: one["shapley"] for one in found["effects"]}
        np.testing.assert_array_equal(
            [shares[name] for name in names], shapley_values(expected.games[kind], expected.plan.members)
        )
        assert [one[kind.value] for one in document["combinations"]] == expected.games[kind].tolist()
    rows = list(csv.DictReader(table.read_text().splitlines()))
    as_they_come = [row for row in rows if row["held"] == "0"]
    assert len(as_they_come) == 8 * 3
    for row in as_they_come:
        members = sum(1 << names.index(name) for name in row["differences"].split("+") if name)
        assert float(row["area"]) == expected.games[Measure.AREA][members, int(row["seed"])]
    assert len(rows) == 2 * len(as_they_come)
    again = run(*IMPACT, "--csv", str(table))
    assert again.exit_code == 2
    assert "exists" in again.stderr


def test_impact_to_standard_output_is_data_alone():
    document = json.loads(run(*IMPACT, "--json", "-").stdout)
    assert document["runs"] == 24
    assert run(*IMPACT, "--csv", "-").stdout.startswith("seed,differences,area,reported,weights,epochs,")


def test_an_interrupted_impact_keeps_what_is_measured(monkeypatch):
    step, taken = Study.step, []

    def interrupted(study, epochs):
        taken.append(step(study, 10))
        if len(taken) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Study, "step", interrupted)
    result = run(*IMPACT, "--toward", "answer")
    assert result.exit_code == 130
    assert "so far, after 20 of 40 epochs at 3 of 3 seeds; stopped" in result.stdout
    assert "nothing follows from them yet" in " ".join(result.stdout.split())
    for said in ("Match ", "Measured: ", "a run"):
        assert said not in result.stdout
    taken.clear()
    result = run(*IMPACT, "--json", "-")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["finished"]) == (130, False)
    assert {one["conclusion"] for one in document["measures"].values()} == {None}
    assert "so far, after 20 of 40 epochs" in result.stderr


def test_trace_prints_every_operation_and_the_reason():
    result = run("trace", "--preset", "answer", "--operation", "layer1-pre-activation")
    assert result.exit_code == 0
    for said in ("step of epoch 1", "≠ z1 = X·W1", "= W1", "Meaning: precision", "Beyond rounding: ∂L/∂ŷ"):
        assert said in result.stdout, said
    tensors = result.stdout[result.stdout.index("layer1-pre-activation: z1 = X·W1") :]
    assert tensors.count("\n") > 20


def test_trace_writes_every_tensor(tmp_path):
    file = tmp_path / "step.json"
    options = ("trace", "--preset", "no-bias", "--epoch", "3", "--matched-start", "--json")
    assert run(*options, str(file)).exit_code == 0
    document, expected = json.loads(file.read_text()), trace_epoch(engine.preset("no-bias"), 3, matched_start=True)
    assert (document["epoch"], document["matched_start"]) == (3, True)
    assert document["first"] == expected.first_operation.place.name
    assert document["reason"]["differences"] == ["precision"]
    for found, operation in zip(document["operations"], expected.operations, strict=True):
        np.testing.assert_array_equal(found["numpy"], operation.numpy)
        np.testing.assert_array_equal(found["pytorch"], operation.pytorch)
        assert found["max_ulp"] == operation.max_ulp
    assert json.loads(run(*options, "-").stdout)["operations"] == document["operations"]


def test_a_setting_can_be_given_by_its_old_name():
    settings = engine.preset("asked")
    assert assign(settings, "both.gradient_scale=mean") == assign(settings, "both.reduction=mean")
    assert plan(settings, ["gradient_scale"], toward="gradient_scale=numpy", seeds=1) == plan(
        settings, ["reduction"], toward="reduction=numpy", seeds=1
    )
