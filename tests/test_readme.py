"""What the README says is so: its commands, tables, presets, pictures and numbers."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

import engine
from engine.experiment.choices import SideName
from engine.experiment.class_labels import MOST_CLASSES, NAMES_FROM
from engine.experiment.discrepancies import find, match_toward
from engine.experiment.discrepancies.loss_input import least_binary_loss_twice, least_loss_twice
from engine.experiment.families import FAMILIES
from engine.impact.effects import against_the_answer, conclusion, effects
from engine.impact.study import Measure, measure, plan
from engine.networks.threads import PAYS
from engine.run.comparison import compare_parameters
from engine.run.measured_epochs import MOST_POINTS, MeasuredEpochs
from engine.step.trace import trace_epoch
from tests.examples import TIMES, long, one_in
from tests.runs import trained
from tests.test_families import PUBLISHED
from tui_app.cli.main import main
from tui_app.keys import KEYS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^mlp-tui (.+)$", README, re.MULTILINE)
CAUSES = re.findall(r"^\| .+ \| `mlp-tui run (.+ --set .+)` \|$", README, re.MULTILINE)
OWN_PROGRAM = README[README.index("```python\n") :].split("```")[1].removeprefix("python\n")
OF_FAMILIES = re.findall(r"^\| `([\w-]+)` \| (.+) \| (.+) \| `mlp-tui (run --preset .+)` \|$", README, re.MULTILINE)


def test_both_commands_name_the_tested_torch():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv .venv && ")]
    assert [command.split(" && ")[1:] for command in commands] == [
        [".venv/bin/pip install . torch==2.13.0", ".venv/bin/mlp-tui"],
        [".venv/bin/pip install '.[test]' torch==2.13.0", ".venv/bin/pytest"],
    ]


def test_the_diagnosis_of_the_own_program_is_the_printed_one(tmp_path, monkeypatch):
    """But for the last digits, which are the processor's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "116")
    Path("my_network.py").write_text(OWN_PROGRAM)
    result = CliRunner().invoke(main, ["diagnose", "my_network.py"])
    assert result.exit_code == 0, result.output
    printed = README[README.index("```\nmlp-tui diagnose my_network.py") :].split("```")[1].strip()
    roundings = re.compile(r"\d(\.\d+)?e-1\d")
    assert roundings.sub("*", result.stdout.strip()) == roundings.sub("*", printed)


def test_the_key_table_is_the_explorers():
    table = README[README.index("| key | what it does |") : README.index("## Without a screen")]
    rows = re.findall(r"^\| `(.+)` \| (.+) \|$", table, re.MULTILINE)
    assert rows == [(key.shown, key.help) for key in KEYS]


def test_every_preset_data_set_and_difference_is_there():
    for name in (*engine.PRESETS, *engine.BUILT_IN):
        assert f"`{name}`" in README, name
    assert re.findall(r"^\| ([A-Z][a-z ]+) \|", README, re.MULTILINE) == [one.title for one in engine.CATALOGUE]


def test_every_picture_and_file_is_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    files = re.findall(r"`((?:tests|engine|tui_app)/[\w./]+)`", README)
    assert pictures
    assert len(files) > 8
    for name in [*map(unquote, pictures), *files]:
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(command, tmp_path, monkeypatch, request):
    from tui_app.cli import impact_command

    def measured_once(study, measure=impact_command._measure):
        """What takes longest is measured once for all tests here."""
        known = request.getfixturevalue("answers_impact") if len(study.plan.seeds) == 20 else None
        return (known, False) if known and known.plan == study.plan else measure(study)

    monkeypatch.setattr(impact_command, "_measure", measured_once)
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("a,b,c\n0,1,0.5\n1,0,0.2\n0,0,0.9\n")
    Path("flowers.csv").write_text("width,species,length\n0.2,setosa,1.4\n1.8,virginica,5.5\n0.3,setosa,1.3\n")
    Path("wine.csv").write_text("alcohol,quality\n9.4,5\n9.8,6\n11,5\n")
    Path("my_network.py").write_text(OWN_PROGRAM)
    words = shlex.split(command)
    if command not in ("impact --toward answer", "run --preset exact --data regression --fail-over 1e-14"):
        words += ["--epochs", "60"] * (words[0] in ("impact", "run"))
    elif TIMES == 1 and words[0] == "impact":
        words += ["--epochs", "200", "--seeds", "2"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    if "flowers.csv" in words:
        assert "species holds 2 classes: setosa, virginica" in result.stderr


@one_in(7)
@pytest.mark.parametrize("command", CAUSES)
def test_each_cause_makes_the_difference_that_it_names(command):
    result = CliRunner().invoke(main, ["run", *shlex.split(command), "--epochs", "20"])
    assert result.exit_code == 0, result.output
    field = command.rpartition("--set ")[2].split(".")[1].split("=")[0]
    said = " ".join(result.output.split())
    assert f"Left: {find(field).title.lower()}." in said
    has_classes = any(one in command for one in ("classes", "digits", "iris"))
    assert ("ame class for" in said) is has_classes


def test_the_families_and_what_differs_in_them_are_printed():
    assert [row[0] for row in OF_FAMILIES] == [family.name for family in FAMILIES]
    for name, trained_on, differences, command in OF_FAMILIES:
        settings = engine.preset(name)
        shape = "-".join(map(str, settings.layer_sizes))
        kinds = dict.fromkeys(kind.value for kind in settings.activations)
        assert re.search(rf" {shape} {'(,| and) '.join(kinds)}$", trained_on), trained_on
        left = [one.title for one in engine.remaining(settings)]
        assert differences.split(", ") == [one for one in left if one not in ("Init weights", "Precision")]
        assert {"Init weights", "Precision"} < set(left)
        assert command == f"run --preset {name}"


@pytest.mark.parametrize("command", [row[-1] for row in OF_FAMILIES])
def test_the_families_commands_run(command):
    result = CliRunner().invoke(main, [*shlex.split(command), "--epochs", "5"])
    assert result.exit_code == 0, result.output


def test_what_is_known_of_eleven_lines_is_printed():
    said = r"known of it: (\S+), and after 10,000 iterations (\S+) \(`--epochs 10001`\)\. "
    assert re.search(said, " ".join(README.split())).groups() == PUBLISHED


def test_the_floors_of_twice_are_printed():
    assert f"{least_loss_twice(3):.3g} for three classes" in README
    assert f"below {least_binary_loss_twice(1):.3g} for a 1 and {least_binary_loss_twice(0):.3g} for a 0" in README


@long
def test_its_python_prints_what_it_says(answer_run, answers_impact, monkeypatch):
    (printed,) = re.findall(r"max_absolute\)  # (\S+?)(?:,|\n)", README)
    assert answer_run.verdict.headline.startswith("Equal on a plot: ")
    # The last digits of a float32 product are the processor's: another one rounds otherwise, by as much.
    assert float(printed) / 4 < answer_run.comparison.losses.max_absolute < 4 * float(printed)
    assert f"# {trace_epoch(engine.preset('answer'), 1).reason.headline}\n" in README
    # What it measures has been measured.
    monkeypatch.setattr("engine.impact.study.measure", {answers_impact.plan: answers_impact}.__getitem__)
    for block in re.findall(r"```python\n(.+?)```", README, re.DOTALL):
        exec(block, {"engine": engine})


def test_the_least_logged_number_is_printed():
    (printed,) = re.findall(r"legend says that it\s+was −(\S+) at its least", README)
    assert -trained(engine.preset("asked")).numpy.losses.min() == pytest.approx(float(printed), rel=0.01)


def test_the_epochs_of_the_accuracy_are_printed():
    small = MeasuredEpochs(replace(engine.preset("classes"), epochs=100)).stride
    said = f"each {small}th of a small network that takes all samples at once, at most {MOST_POINTS} of a run"
    assert said in " ".join(README.split())


def test_the_limits_of_labels_are_printed():
    assert f"At most {MOST_CLASSES:,} classes are taken" in README
    assert f"another text in each of more than {NAMES_FROM} rows" in README


def test_what_is_read_of_a_csv_is_printed():
    from engine.experiment.csv_columns import ALL, FEWEST_COUNTED_UNNAMED, INDEX_NAMES
    from engine.experiment.csv_table import NO_VALUE

    said = README[README.index("**Your own data.**") : README.index("**Large data.**")]
    words = {word.lower() for word in re.findall(r"`([^`]+)`", said)}
    assert words >= INDEX_NAMES - {""}
    assert words >= {word.lower() for word in NO_VALUE} - {""}
    assert f"`--inputs {ALL}` keeps it" in said
    assert FEWEST_COUNTED_UNNAMED == 3
    assert "there are three rows or more" in said


def test_from_when_data_are_large_is_printed():
    from engine.experiment.data import LARGE_NUMBERS
    from engine.networks.programs.base import ARCHIVE
    from tests.benchmarks.bench_data import MOST_GIGABYTES, PIXELS, SAMPLES

    assert f"**Large data.** More than {LARGE_NUMBERS:,} numbers, inputs and targets together" in README
    assert f"Exported programs read such data from `{ARCHIVE}`" in README
    said = f"{SAMPLES:,} samples of {PIXELS} inputs are trained on in batches in under {MOST_GIGABYTES:g} GB"
    assert said in " ".join(README.split())


def test_the_rule_of_threads_is_printed():
    assert f"{PAYS // 1_000_000} million\nmultiply-adds" in README


def test_twice_is_a_coincidence_and_the_mended_gradient_is_not():
    seven = replace(engine.preset("answer"), data=engine.built_in("regression"))
    assert trained(seven).comparison.losses.max_absolute > 1e-3
    for discrepancy in ("reduction", "learning_rate"):
        seven, _ = match_toward(find(discrepancy), seven, SideName.PYTORCH)
    assert trained(seven).comparison.losses.max_absolute < 1e-6


def test_a_bias_taken_away_moves_the_later_layers_start():
    run = engine.train(replace(engine.preset("pytorch").with_side(SideName.NUMPY, bias=False), epochs=1))
    gaps = {gap.name: gap.different for gap in compare_parameters(run.settings, run.initial_parameters)}
    assert gaps["layer 1 weight"] == 0
    assert gaps["layer 2 weight"] > 0


@pytest.fixture(scope="module")
def answers_impact():
    return measure(plan(engine.preset("asked"), toward="answer"))


@pytest.fixture(scope="module")
def pytorchs_impact():
    return measure(plan(engine.preset("asked")))


def part(found, field):
    """The share in percent of the gap."""
    effect = next(effect for effect in found.ranked if effect.discrepancy.field == field)
    return 100 * effect.share / (found.whole - found.rest)


def bias_of(found):
    return next(effect for effect in found.ranked if effect.discrepancy.field == "bias")


@long
def test_the_measured_ranking_is_the_printed_one(answers_impact):
    """Matched as the answer does it, for only then is its order the same question's."""
    found = effects(answers_impact, Measure.AREA)
    printed = re.findall(r"^\| `(\w+)` \| (-?\d+) % \| (\d?) ?\|$", README, re.MULTILINE)
    assert [name for name, _, _ in printed] == [effect.discrepancy.field for effect in found.ranked]
    for name, share, rank in printed:
        effect = next(effect for effect in found.ranked if effect.discrepancy.field == name)
        assert part(found, name) == pytest.approx(int(share), abs=2)
        assert (effect.discrepancy.answers_order or "") == (int(rank) if rank else "")
    first = re.search(r"# (Match gradient first: \d+ % of the gap)", README)[1]
    assert conclusion(found).startswith(first)
    assert "The answer: Loss report > Init weights > Bias > Gradient." in against_the_answer(found)


@long
def test_the_bias_works_against_the_gap(answers_impact):
    (seeds,) = re.findall(r"makes the gap larger at (\d+)\s+of 20 seeds", README)
    found = effects(answers_impact, Measure.AREA)
    # Another processor rounds otherwise: a seed more or less.
    assert bias_of(found).worse_when_matched == pytest.approx(int(seeds), abs=1)
    assert bias_of(found).share < 0
    for other in ("reduction", "initial_weights"):
        both = {bias_of(found).discrepancy, find(other)}
        assert next(pair.value for pair in found.pairs if {pair.first, pair.second} == both) < 0


@long
def test_toward_pytorch_the_shares_are_the_printed_ones(pytorchs_impact):
    printed = re.search(r"the gradient has (\d+) %, the initial weights (\d+) %\s+and the bias (\d+) %", README)
    found = effects(pytorchs_impact, Measure.AREA)
    for field, share in zip(("reduction", "initial_weights", "bias"), printed.groups(), strict=True):
        assert part(found, field) == pytest.approx(int(share), abs=2)
    assert "makes the gap larger at all 20" in README
    assert bias_of(found).worse_when_matched == 20
    assert against_the_answer(found) == ""


@long
def test_the_loss_report_comes_first_by_what_is_plotted(answers_impact):
    found = effects(answers_impact, Measure.REPORTED)
    (share,) = re.findall(r"\((\d+) % of `--measure reported`\)", README)
    assert found.ranked[0].discrepancy.field == "loss_report"
    assert part(found, "loss_report") == pytest.approx(int(share), abs=2)


def test_the_torture_table_has_what_is_tried():
    from tests.torture import (
        torture_bytes,
        torture_deaths,
        torture_faults,
        torture_input,
        torture_monkey,
        torture_worker,
    )

    counts = [
        int(count.replace(",", "")) for count in re.findall(r"^\| .* \| ([\d,]+) \| \d \|$", README, re.MULTILINE)
    ]
    assert [*counts[:6], counts[7]] == [
        torture_worker.SEQUENCES,
        torture_worker.ROUNDS,
        torture_monkey.EVENTS,
        torture_bytes.EVENTS,
        len(torture_deaths.CASES),
        torture_input.TRIED,
        torture_faults.EXPLORER_CASES,
    ]
