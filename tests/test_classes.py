"""Classes, accuracy and agreement by hand and by torch."""

from dataclasses import replace

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.run.classes import agreement, class_names, classes_of, is_class_problem, same_class_words, share_right
from tests.strategies import classes


@given(st.integers(1, 9), st.integers(2, 5), st.integers(0, 1000))
def test_the_class_is_torchs_argmax(samples, outputs, seed):
    outputs = np.random.RandomState(seed).uniform(0, 1, (samples, outputs))
    assert classes_of(outputs).tolist() == torch.tensor(outputs).argmax(dim=1).tolist()


def test_accuracy_and_agreement_by_hand():
    Y = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]])
    ours = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.4, 0.4, 0.2]])
    theirs = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.1, 0.2, 0.7], [np.nan, 0.4, 0.2]])
    assert classes_of(ours).tolist() == [0, 0, 2, 0]
    assert classes_of(theirs).tolist() == [0, 1, 2, -1]
    assert share_right(ours, classes_of(Y)) == 0.5
    assert share_right(theirs, classes_of(Y)) == 0.75
    assert agreement(ours, theirs) == 2
    assert agreement(theirs, theirs) == 3


def test_one_column_is_over_a_half():
    Y = np.array([[0], [1], [1], [0]])
    outputs = np.array([[0.5], [0.51], [0.2], [np.nan]])
    assert classes_of(outputs).tolist() == [0, 1, 0, -1]
    assert share_right(outputs, classes_of(Y)) == 0.5


def test_which_problems_are_of_classes():
    assert not is_class_problem(engine.preset("asked"))
    assert is_class_problem(classes())
    assert is_class_problem(engine.preset("two-classes"))
    assert is_class_problem(replace(engine.preset("asked"), data=engine.built_in("clusters")))
    assert class_names(classes()) == ("a", "b", "c")
    assert class_names(engine.preset("two-classes")) == ("0", "1")


def test_the_words():
    assert same_class_words(148, 1500) == "same class for 148 of 1,500"
    assert same_class_words(150, 150) == "same class for all 150"
