"""Which class each side answers for the data and on the map, against loops over the models' own outputs."""

import math
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.experiment.data import Dataset
from engine.run.class_answers import class_answers
from engine.run.classes import agreement
from engine.run.lockstep import Lockstep
from engine.run.predictions import predictions_of


def answered(row):
    """The class of a sample's outputs and the probability of it, by the definition."""
    values = [float(value) for value in row]
    if any(map(math.isnan, values)):
        return -1, math.nan
    if len(values) == 1:
        return (1, values[0]) if values[0] > 0.5 else (0, 1 - values[0])
    return values.index(max(values)), max(values)


def check_answers(answers, numpy, pytorch):
    """Every number of them, and the order: those that differ first, both groups counting up."""
    for side, outputs in ((answers.numpy, numpy), (answers.pytorch, pytorch)):
        for found, probability, row in zip(side.classes, side.probabilities, outputs, strict=True):
            expected, of_it = answered(row)
            assert found == expected
            assert probability == pytest.approx(of_it, rel=1e-6, nan_ok=True)
    pairs = [(answered(ours)[0], answered(theirs)[0]) for ours, theirs in zip(numpy, pytorch, strict=True)]
    same = [ours == theirs != -1 for ours, theirs in pairs]
    places = range(len(pairs))
    assert answers.order.tolist() == [place for place in places if not same[place]] + [p for p in places if same[p]]
    assert [answers.differs(place) for place in places] == [not one for one in same]
    assert answers.differing == same.count(False) == len(pairs) - agreement(numpy, pytorch)


@pytest.mark.parametrize("name", ["classes", "two-classes"])
def test_answers_of_trained_models(name):
    settings = replace(engine.preset(name), data=engine.preset(name).data)
    lockstep = Lockstep(settings)
    lockstep.step(30)
    found = predictions_of(settings, lockstep.numpy, lockstep.pytorch)
    check_answers(found.classes, lockstep.numpy.predict(), lockstep.pytorch.predict())
    assert found.map is None
    assert found.classes.targets.tolist() == [answered(row)[0] for row in settings.data.Y]
    plane = found.classes.map
    x, y = (np.linspace(*ends, 48) for ends in (plane.x_range, plane.y_range))
    for side, model in ((plane.numpy, lockstep.numpy), (plane.pytorch, lockstep.pytorch)):
        assert side.shape == (48, 48)
        assert len(np.unique(side)) == settings.data.outputs or name == "two-classes"
        for row in range(0, 48, 5):
            outputs = model.predict(np.column_stack([x, np.full(48, y[row])]))
            assert side[row].tolist() == [answered(one)[0] for one in outputs]
    assert (plane.differ == (plane.numpy != plane.pytorch)).all()


@pytest.mark.parametrize("count", [1, 2, 3, 26, 100])
def test_answers_of_any_outputs(count):
    random = np.random.RandomState(count)
    numpy, pytorch = random.uniform(0, 1, (2, 40, count))
    pytorch[::3] = numpy[::3]
    numpy[5, 0] = pytorch[7, -1] = numpy[9] = pytorch[9] = math.nan
    data = Dataset("made up", np.zeros((40, 1)), random.uniform(0, 1, (40, count)))
    settings = replace(engine.preset("asked"), data=data)
    check_answers(class_answers(settings, numpy, pytorch, None), numpy, pytorch)


def test_nothing_else_has_classes():
    settings = engine.preset("asked")
    lockstep = Lockstep(settings)
    assert predictions_of(settings, lockstep.numpy, lockstep.pytorch).classes is None
