"""Data sets and data files: what is read, and what is said of a file that cannot be."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.errors import DataError
from engine.experiment.data import Dataset
from engine.experiment.data_files import load


def write(tmp_path, text, name="points.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_xor_is_the_questions():
    xor = engine.built_in("xor")
    assert xor.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert xor.Y.tolist() == [[0], [1], [1], [0]]


@pytest.mark.parametrize("name", engine.BUILT_IN)
def test_every_built_in_is_finite_and_read_only(name):
    data = engine.built_in(name)
    assert data == engine.built_in(name)
    assert data.name == name
    assert np.isfinite(data.X).all()
    # Noise is for outputs that reach everywhere.
    assert name == "noise" or ((data.Y >= 0) & (data.Y <= 1)).all()
    with pytest.raises(ValueError, match="read-only"):
        data.X[0, 0] = 1


def test_the_regression_has_more_than_one_output():
    data = engine.built_in("regression")
    assert (data.samples, data.outputs) == (7, 3)


def test_the_linear_data_are_a_plane_and_noise():
    data = engine.built_in("linear")
    slopes, *_ = np.linalg.lstsq(np.column_stack([data.X, np.ones(data.samples)]), data.Y[:, 0], rcond=None)
    np.testing.assert_allclose(slopes, [0.3, -0.1, 0.5], atol=0.02)
    assert 0.01 < np.std(data.Y[:, 0] - data.X @ slopes[:2] - slopes[2]) < 0.05


COLLECTED = {
    "iris": (4, {"setosa": 50, "versicolor": 50, "virginica": 50}),
    "wine": (13, {"cultivar 1": 59, "cultivar 2": 71, "cultivar 3": 48}),
    "breast-cancer": (30, {"benign": 357, "malignant": 212}),
    "digits": (64, dict(zip("0123456789", (178, 182, 177, 183, 181, 182, 181, 179, 174, 180), strict=True))),
}
"""Inputs, and samples of each class, as UCI's own descriptions have them."""


@pytest.mark.parametrize("name", COLLECTED)
def test_the_collected_are_those_that_uci_describes(name):
    data = engine.built_in(name)
    inputs, counts = COLLECTED[name]
    assert data.inputs == inputs
    assert dict(zip(data.classes, data.Y.sum(axis=0), strict=True)) == counts


def test_the_collected_have_the_published_numbers():
    iris, wine, cancer, digits = (engine.built_in(name).X for name in COLLECTED)
    np.testing.assert_allclose(iris.mean(axis=0), [5.843, 3.057, 3.758, 1.199], atol=5e-4)
    # Fisher's rows, of which UCI's file has others.
    assert iris[[34, 37]].tolist() == [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]]
    assert (wine[:, 0].min(), wine[:, 0].max(), wine[:, 12].max()) == (11.03, 14.83, 1680)
    assert (cancer[:, 0].min(), cancer[:, 0].max(), cancer[:, 23].max()) == (6.981, 28.11, 4254)
    assert np.array_equal(digits, digits.astype(int))
    assert (digits.min(), digits.max()) == (0, 16)


def test_where_the_collected_come_from_is_shipped_with_them():
    folder = Path(engine.__file__).parent / "experiment" / "uci"
    shipped = tomllib.loads((folder.parents[2] / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert shipped["engine"] == ["experiment/uci/*"]
    sources = (folder / "SOURCES.md").read_text()
    files = sorted(path.name for path in folder.glob("*.gz"))
    assert len(files) == len(COLLECTED)
    assert all(f"`{file}`" in sources for file in files)
    assert sources.count("https://doi.org/10.24432/") == len(files)
    assert "CC BY 4.0" in sources


def test_the_clusters_are_three_classes_of_twenty():
    data = engine.built_in("clusters")
    assert data.classes == ("top", "left", "right")
    assert data.Y.tolist() == 20 * [[1, 0, 0]] + 20 * [[0, 1, 0]] + 20 * [[0, 0, 1]]
    centres = data.X.reshape(3, 20, 2).mean(axis=1)
    assert np.abs(centres - [[0, 0.4], [-0.4, -0.3], [0.4, -0.3]]).max() < 0.3
    nearest = ((data.X[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    assert 1 <= (nearest != data.Y.argmax(axis=1)).sum() <= 12, "they overlap, and can be told apart"


@pytest.mark.parametrize(
    ("text", "targets", "X", "Y"),
    [
        ("1,2,3\n4,5,6\n", (), [[1, 2], [4, 5]], [[3], [6]]),
        ("a,b,c\n1,2,3\n4,5,6\n", (), [[1, 2], [4, 5]], [[3], [6]]),
        ("a,b,c\n1,2,3\n4,5,6\n", ("a",), [[2, 3], [5, 6]], [[1], [4]]),
        ("a,b,c\n1,2,3\n4,5,6\n", ("c", "a"), [[2], [5]], [[3, 1], [6, 4]]),
        ("1,2,3\n4,5,6\n", ("1", "2"), [[3], [6]], [[1, 2], [4, 5]]),
        ("1;2;3\r\n\r\n4;5;6\r\n", (), [[1, 2], [4, 5]], [[3], [6]]),
        ("\ufeffa\tb\n1e-3\t-2.5\n", (), [[0.001]], [[-2.5]]),
        ('"first, one","b"\n1,2\n', ("first, one",), [[2]], [[1]]),
    ],
)
def test_csv(tmp_path, text, targets, X, Y):
    data = load(write(tmp_path, text), targets)
    assert (data.X.tolist(), data.Y.tolist(), data.name) == (X, Y, "points")


@pytest.mark.parametrize(
    ("text", "targets", "said"),
    [
        ("", (), "is empty"),
        ("\n \n", (), "is empty"),
        ("a,b\n", (), "nothing below it"),
        ("1,2\n3\n", (), "line 2: has 1 cells where line 1 has 2"),
        ("a,b\n1,2\n\n3,4,5\n", (), "line 4: has 3 cells where line 1 has 2"),
        ("1,2\n3,x\n", (), "line 2, column 2: 'x' is not a number"),
        ("1,x\n3,4\n", (), "line 1, column 2: 'x' is not a number"),
        ("1,2\n3,\n", (), "line 2, column 2: is empty"),
        ("1,2\nnan,4\n", (), "line 2, column 1: 'nan' is not finite"),
        ("1,2\n3,inf\n", (), "line 2, column 2: 'inf' is not finite"),
        ("1\n2\n", (), "has one column"),
        ("a,b\n1,2\n", ("c",), "there is no column 'c'; its columns are a, b, or 1 to 2"),
        ("1,2\n", ("3",), "its columns are 1 to 2"),
        ("1,2\n", ("1", "2"), "at least one must be left"),
        ("1,2,3\n", ("1", "1"), "names a column twice"),
        ("a,a,b\n1,2,3\n", ("a",), "2 columns named 'a'"),
        (b"1,2\n\xff\xfe,4\n", (), "line 2: is not UTF-8"),
        ('1,"2\n', (), "is not CSV"),
    ],
)
def test_a_bad_csv_gets_one_sentence(tmp_path, text, targets, said):
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        load(path, targets)
    message = str(caught.value)
    assert said in message
    assert message.startswith(path)
    assert "\n" not in message


def test_npz(tmp_path):
    path = str(tmp_path / "points.npz")
    np.savez(path, X=np.arange(6).reshape(3, 2), Y=np.array([0, 1, 0]))
    data = load(path)
    assert data.X.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert data.Y.tolist() == [[0], [1], [0]]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"X": np.ones((2, 2))}, "holds X; it must hold the arrays X (N, D) and Y (N, C)"),
        ({"X": np.ones((2, 2)), "Y": np.ones((3, 1))}, "X has 2 rows and Y has 3"),
        ({"X": np.ones((2, 2)), "Y": np.array([[1.0], [np.nan]])}, "nan in row 2, column 1"),
        ({"X": np.ones((0, 2)), "Y": np.ones((0, 1))}, "is empty"),
        ({"X": np.ones((2, 2, 2)), "Y": np.ones((2, 1))}, "has 3 dimensions"),
        ({"X": np.array([["a", "b"]]), "Y": np.ones((1, 1))}, "it must hold real numbers"),
        ({"X": np.ones((1, 1), complex), "Y": np.ones((1, 1))}, "it must hold real numbers"),
        ({"X": np.array([[{}]], object), "Y": np.ones((1, 1))}, "pickled objects"),
    ],
)
def test_a_bad_npz_gets_one_sentence(tmp_path, arrays, said):
    path = str(tmp_path / "points.npz")
    np.savez(path, allow_pickle=True, **arrays)
    with pytest.raises(DataError, match=r"points\.npz") as caught:
        load(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.csv", "there is no such file"),
        ("xyz", "built in are xor, and, or"),
        ("points.txt", "must end in .csv"),
    ],
)
def test_a_name_that_is_nothing(name, said):
    with pytest.raises(DataError) as caught:
        load(name)
    assert said in str(caught.value)


def test_a_file_that_is_no_archive(tmp_path):
    with pytest.raises(DataError, match=r"not an \.npz archive"):
        load(write(tmp_path, "hello", "points.npz"))
    np.savez(tmp_path / "points.npz", X=np.ones((50, 2)), Y=np.ones(50))
    whole = (tmp_path / "points.npz").read_bytes()
    (tmp_path / "points.npz").write_bytes(whole[:60] + b"!!!!" + whole[64:])
    with pytest.raises(DataError, match="is damaged"):
        load(str(tmp_path / "points.npz"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load(str(tmp_path / "folder.csv"))


def test_targets_go_with_a_csv_only(tmp_path):
    with pytest.raises(DataError, match="built in"):
        load("xor", ("a",))


@pytest.mark.parametrize(
    ("Y", "classes", "message"),
    [
        ([[1, 0], [0, 1]], ("a",), "1 names of classes for 2 target columns"),
        ([[1, 0], [0, 1]], ("a", "a"), "a name of its own"),
        ([[1], [0]], ("a",), "of two or more"),
        ([[1, 1], [0, 1]], ("a", "b"), "a single 1 among zeros"),
        ([[0.5, 0.5], [0, 1]], ("a", "b"), "a single 1 among zeros"),
        ([[1, 0], [0, 1]], ["a", "b"], "texts, one for each class"),
    ],
)
def test_classes_that_do_not_fit_the_targets(Y, classes, message):
    with pytest.raises(DataError, match=message):
        Dataset("data", [[0.0], [1.0]], Y, classes=classes)


def test_a_class_is_a_column_of_its_own():
    data = Dataset("data", [[0.0], [1.0]], [[1, 0], [0, 1]], classes=("left", "right\x1b[2J"))
    assert data.classes[0] == "left"
    assert "\x1b" not in data.classes[1]
    assert data != Dataset("data", [[0.0], [1.0]], [[1, 0], [0, 1]])
