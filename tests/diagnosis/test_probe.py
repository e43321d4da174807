"""A second run with another number of samples: what a factor is of N and C, and which readings go on."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from engine.diagnosis.capture.program_runs import capture
from engine.diagnosis.data_places import DataPlace, Probe, spread_rows, with_outputs, with_rows
from engine.diagnosis.diagnosis import Conclusion
from engine.diagnosis.diagnosis import diagnose as diagnosed
from engine.diagnosis.number_forms import FORMS, forms_of
from engine.diagnosis.observed import Observed
from engine.diagnosis.probe import _transferred
from engine.diagnosis.probed import probed
from engine.errors import DataError
from engine.experiment.choices import Reduction
from engine.experiment.data import Dataset
from engine.experiment.settings import Settings
from engine.experiment.side import Side
from engine.experiment.tensor_steps import TensorSteps
from engine.export.diagnosis_file import diagnosis_document
from tests.diagnosis.injected import recorded
from tests.examples import long, one_in
from tui_app.cli.main import main
from tui_app.text.diagnosis_report import diagnosis_lines

PROGRAMS = Path(__file__).parent.parent / "programs"

NAMES = Probe(
    (DataPlace("x", "X", "a.py", "<module>", 1, 0, 4, 2), DataPlace("y", "Y", "a.py", "<module>", 2, 0, 4, 1)),
    (0, 1, 2, 3, 0),
)


diagnose = cache(diagnosed)
"""Of one and the same recording once."""


@cache
def _recorded(N, C, rate=0.3, named=True, **side):
    random = np.random.RandomState(0)
    data = Dataset("data", random.uniform(-1, 1, (N, 2)), random.uniform(0, 1, (N, C)))
    own = Side(**{"precision": "float64", "initial_weights": "normal", "learning_rate": rate} | side)
    recording = recorded(Settings(data, own, own, hidden=(3,)), 24, constants=named)
    return replace(recording, data=(NAMES,), program="a.py")


def _probed(*sizes, **side):
    """With the first size, then with the second."""
    first, second = (_recorded(*size, **side) for size in sizes)
    return probed(diagnose(first), lambda probe: second)


def _text(diagnosis):
    return " ".join("".join(part for part, _ in line).strip() for line in diagnosis_lines(diagnosis))


@pytest.mark.parametrize(
    ("reduction", "said"),
    [
        ("sum", "2 is N·C/2 (or N/2), not 2 or 2/C: with N = 5 and C = 1 it is 2.5"),
        pytest.param("twice-sum", "4 is N (or N·C), not 4: with N = 5 and C = 1 it is 5", marks=long),
        pytest.param("per-sample", "0.5 is C/2, not 2/N or 2/(N·C): with N = 5 and C = 1 it is 0.5", marks=long),
        pytest.param(
            "per-sample-twice",
            "0.125 is none of the numbers that N and C usually give: with N = 5 and C = 1 it is 0.1",
            marks=long,
        ),
    ],
)
def test_a_power_of_two_is_told_from_the_number_of_samples(reduction, said):
    """Of XOR's four samples and one output everything is one."""
    diagnosis = _probed((4, 1), (5, 1), reduction=reduction)
    assert diagnosis.conclusion is Conclusion.PROVED
    assert diagnosis.probe.is_taken
    assert said in _text(diagnosis)


def test_samples_and_outputs_are_told_from_each_other():
    text = _text(_probed((4, 1), (5, 3), reduction="sum"))
    assert "Probe: run again with N = 5 and C = 3 in place of 4 and 1" in text
    assert "2 is N·C/2, not 2 or N/2 or 2/C: with N = 5 and C = 3 it is 7.5" in text


@one_in(3)
@pytest.mark.parametrize(
    "reduction",
    [
        pytest.param(one.value, marks=() if one is Reduction.PER_OUTPUT else long)
        for one in Reduction
        # Of whole batches two are the same as per-sample.
        if one not in (Reduction.PER_BATCH_SIZE, Reduction.PER_DATA_SET)
    ],
)
def test_only_a_rate_of_the_programs_own_keeps_a_factor_from_being_another(reduction):
    """What goes on has the truth's factor of N in it, whether or not the rate is named."""
    for named in (True, False):
        diagnosis = _probed((4, 1), (5, 3), named=named, reduction=reduction, rate=0.37)
        kept = [(one.side.reduction, one.side.learning_rate) for one in diagnosis.probe.kept]
        assert (Reduction(reduction), 0.37) in [(one, round(rate, 9)) for one, rate in kept]
        families = {
            frozenset({"sum", "twice-sum"}),
            frozenset({"mean"}),
            frozenset({"per-sample", "mean-of-sums"}),
            frozenset({"per-sample-twice"}),
            frozenset({"per-output"}),
        }
        assert {one.value for one, _ in kept} <= next(one for one in families if reduction in one)
        assert diagnosis.reading in diagnosis.probe.kept
        assert diagnosis.conclusion is Conclusion.PROVED


def test_a_reading_that_does_not_go_on_is_given_up_for_one_that_does():
    """mean with 2 is Σ with 1 where N·C = 4 and the program names no rate; only the second run says which."""
    first = diagnose(_recorded(4, 1, rate=2.0, named=False, reduction="mean"))
    assert first.reading.side.reduction is Reduction.SUM
    diagnosis = probed(first, lambda probe: _recorded(5, 1, rate=2.0, named=False, reduction="mean"))
    assert diagnosis.reading.side.reduction is Reduction.MEAN
    assert diagnosis.reading.side.learning_rate == 2.0
    assert diagnosis.is_parity
    assert diagnosis.conclusion is Conclusion.PROVED


def test_a_number_that_stays_the_first_datas_settles_nothing():
    first = _recorded(4, 1, reduction="per-sample")
    second = _recorded(5, 1, reduction="per-sample", rate=0.3 * 5 / 4)
    first, second = (replace(one, constants={"learning_rate": 0.3, "N": 4.0}) for one in (first, second))
    diagnosis = probed(diagnose(first), lambda probe: second)
    assert not diagnosis.probe.is_taken
    assert diagnosis.reading.side.reduction is Reduction.PER_SAMPLE
    assert "Nothing is settled: N of the program is 4 there too" in _text(diagnosis)
    second = replace(second, constants={"learning_rate": 0.3})
    text = _text(probed(diagnose(first), lambda probe: second))
    assert "What goes on there is (p−y)², Σ, learning rate 0.075" in text


def test_a_rate_that_is_computed_from_the_data_is_the_same_rate():
    """`lr = 1.2 / len(X)`, Σ."""
    first = _recorded(4, 1, reduction="sum", rate=0.3)
    second = _recorded(5, 1, reduction="sum", rate=0.24)
    diagnosis = probed(diagnose(first), lambda probe: second)
    assert diagnosis.probe.is_taken
    assert diagnosis.reading.side.reduction is Reduction.SUM


def test_factors_of_single_tensors_go_on_as_what_they_are_of_the_data():
    first = diagnose(_recorded(4, 1, reduction="per-sample"))
    for factor, kept in ((4.0, 4.0), (4.0, 5.0), (-1.0, -1.0), (4.0, 7.0)):
        steps = TensorSteps((("b1", factor),))
        reading = replace(first.reading, side=replace(first.reading.side, tensor_steps=steps))
        both = (Observed(_recorded(N, 1, reduction="per-sample")) for N in (4, 5))
        found = [dict(one.side.tensor_steps.factors)["b1"] for one in _transferred(*both, reading)]
        assert (kept in found) == (kept != 7.0)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_among_those_of_its_value(name):
    assert name in forms_of(-FORMS[name](5, 3), 5, 3)


def test_without_names_it_says_so():
    diagnosis = probed(diagnose(replace(_recorded(4, 1), data=())), lambda probe: pytest.fail("it was run"))
    assert "Probe: it cannot be run with other data: no variable of the program holds all of its" in _text(diagnosis)


def test_a_program_that_fails_with_other_data_says_why():
    def fail(probe):
        raise DataError("a.py: The program ended by an error before enough was seen: ValueError: no in line 3.")

    diagnosis = probed(diagnose(_recorded(4, 1)), fail)
    assert diagnosis.conclusion is Conclusion.PROVED
    assert "Probe: it cannot be run with other data: ValueError: no in line 3." in _text(diagnosis)


def test_outputs_are_left_where_the_program_cannot_have_others():
    def only_rows(probe):
        if probe.outputs:
            raise DataError("a.py: shapes do not fit.")
        return _recorded(5, 1, reduction="sum")

    text = _text(probed(diagnose(_recorded(4, 1, reduction="sum")), only_rows))
    assert "run again with N = 5 in place of 4" in text
    assert "With 3 outputs it cannot be run: shapes do not fit." in text


def test_the_document_has_it():
    document = diagnosis_document(_probed((4, 1), (5, 1), reduction="sum"))
    (factor,) = document["probe"]["factors"]
    assert (factor["before"], factor["after"]) == (pytest.approx(2), pytest.approx(2.5))
    assert factor["is"] == ["N·C/2", "N/2"]
    assert document["probe"]["goes_on"]
    json.dumps(document, allow_nan=False)
    document = diagnosis_document(probed(diagnose(replace(_recorded(4, 1), data=())), None))
    assert document["probe"]["before"] is None
    assert not document["probe"]["goes_on"]


def test_some_of_each_kind_of_target_are_taken():
    assert spread_rows(np.arange(20.0), 5) == (0, 5, 10, 14, 19)
    assert spread_rows(np.array([0] * 10 + [1] * 10), 5) == (0, 1, 2, 10, 11)
    assert spread_rows(np.arange(4.0), 5) == (0, 1, 2, 3, 0)


def test_other_outputs_are_of_the_same_kind():
    classes = np.eye(4)[[0, 3, 1, 2]]
    assert with_outputs(classes, 3).tolist() == np.eye(3)[[0, 0, 1, 2]].tolist()
    assert with_outputs(np.array([[1], [2], [3]]), 3).tolist() == [[1, 3, 2], [2, 1, 3], [3, 2, 1]]
    columns = DataPlace("y", "Y", "", "", 1, 1, 3, 1)
    probe = Probe((columns,), (0, 2), 3)
    assert with_rows(np.array([[1.0, 2.0, 3.0]]), columns, probe).shape == (3, 2)


@one_in(3)
@pytest.mark.parametrize(
    ("change", "undecided"),
    [
        ({"weight_decay": 1e-7}, ["weight_decay"]),
        ({"l2_weight": 1e-9}, []),
        pytest.param({"window": 1e-7}, [], marks=long),
    ],
)
def test_what_float32_cannot_hold_is_said_to_be_undecided(change, undecided):
    """A weight decay that the program names and that is too weak to be seen."""
    side = {"precision": "float32", "initial_weights": "normal", "learning_rate": 0.3}
    rate = change.get("weight_decay", 0.0)
    data = Dataset("data", np.random.RandomState(0).uniform(-1, 1, (5, 2)), np.random.RandomState(1).rand(5, 3))
    own = Side(**side, weight_decay=f"{rate:.8f}")
    recording = recorded(Settings(data, own, own, hidden=(4,)), 30)
    diagnosis = diagnose(replace(recording, constants={"learning_rate": 0.3, **change}))
    assert diagnosis.conclusion is (Conclusion.UNDECIDED if undecided else Conclusion.PROVED)
    document = diagnosis_document(diagnosis)
    assert [[*one] for one in document["as_near"]] == [[one] for one in undecided]
    if undecided:
        text = _text(diagnosis)
        assert "Cannot be told apart: " in text
        assert "weight decay: in-gradient-1e-07, not none" in text.lower()
        assert "a run in float64 would tell them apart" in text


def test_the_same_function_in_other_words_is_no_other_reading():
    """In float64 what is as near is the same function, or a proof."""
    diagnosis = diagnose(_recorded(4, 1, reduction="sum"))
    assert diagnosis.conclusion is Conclusion.PROVED
    assert diagnosis.undecided == ()


def test_a_probe_is_suggested_where_it_would_tell():
    """Two rates are named: with one the gradient is Σ, with the other the mean."""
    recording = replace(_recorded(4, 1, reduction="sum"), constants={"lr": 0.3, "rate": 0.6})
    diagnosis = diagnose(recording)
    assert {one.side.reduction for one in (diagnosis.reading, *diagnosis.equals)} == {Reduction.MEAN, Reduction.SUM}
    assert diagnosis.is_separable
    assert "--probe runs the program so" in _text(diagnosis)
    probe = probed(diagnosis, lambda probe: replace(_recorded(5, 1, reduction="sum"), constants=recording.constants))
    assert probe.equals == ()
    assert probe.reading.side.reduction is Reduction.SUM
    assert "--probe runs" not in _text(probe)


def test_the_command_runs_it_again():
    result = CliRunner().invoke(main, ["diagnose", str(PROGRAMS / "xor_module.py"), "--probe", "--steps", "22"])
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "Probe: run again with N = 5 in place of 4" in said
    assert "2 is N·C/2 (or N/2), not 2" in said
    assert "gradients of syn0 and syn1" in said
    assert "With 3 outputs it cannot be run: ValueError: shapes (5,3) and (1,4) not aligned" in said
    assert "again with 5 samples" in result.stderr


def test_a_recording_cannot_be_run_again(tmp_path):
    result = CliRunner().invoke(main, ["diagnose", "x.npz", "--probe"])
    assert result.exit_code == 2
    assert "--probe runs a program again, and x.npz is a recording" in result.stderr


PLACES = {
    "functions_with_locals": ("x", "y"),
    "with_arguments": ("x", "y"),
    "columns_bce_dict": ("X", "Y"),
    "clipped_by_norm": ("X", "Y"),
    "softmax_over_samples": ("data", "labels"),
    "momentum_textbook": ("X", "y"),
    "moons_with_validation": ("Xtr", "ytr"),
}
"""Where programs of all kinds bind their data: modules, functions, samples as columns, class numbers."""


@long
@pytest.mark.parametrize("name", PLACES)
def test_programs_of_all_kinds_are_run_again(name):
    file = str(PROGRAMS / f"{name}.py")
    recording = capture(file, steps=22)
    assert tuple(place.name for place in recording.data[0].places) == PLACES[name]
    diagnosis = probed(diagnose(recording), lambda probe: capture(file, steps=22, probe=probe))
    assert diagnosis.probe.has_run
    assert diagnosis.probe.samples[1] in (5, 7)
    assert diagnosis.probe.is_taken
