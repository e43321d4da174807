"""Class labels in a person's files: what becomes classes, against arrays written out by hand, and what is refused."""

import csv
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.errors import DataError
from engine.experiment.class_labels import classes_to_say
from engine.experiment.data_files import load
from engine.export.run_file import read_settings, run_document
from tui_app.cli.main import main
from tui_app.cli.options import command_line, settings_from

IRIS = "5.1,3.5,setosa\n6.2,3.4,virginica\n4.9,3,setosa\n7,3.2,versicolor\n"
IRIS_Y = [[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
IRIS_CLASSES = ("setosa", "versicolor", "virginica")


@pytest.fixture
def file(tmp_path):
    """Writes a CSV or an archive and gives its path."""

    def write(text=None, name="points.csv", **arrays):
        path = tmp_path / name
        if text is None:
            path = path.with_suffix(".npz")
            np.savez(path, **arrays)
        else:
            path.write_text(text)
        return str(path)

    return write


def settings_of(data):
    return engine.Settings(data, engine.Side(), engine.Side(), epochs=1)


@pytest.mark.parametrize(
    ("text", "options", "X", "Y", "classes"),
    [
        (IRIS, {}, [[5.1, 3.5], [6.2, 3.4], [4.9, 3], [7, 3.2]], IRIS_Y, IRIS_CLASSES),
        (f"a,b,species\n{IRIS}", {}, [[5.1, 3.5], [6.2, 3.4], [4.9, 3], [7, 3.2]], IRIS_Y, IRIS_CLASSES),
        ("kind,x\nb,1\na,2\n", {"targets": ("kind",)}, [[1], [2]], [[0, 1], [1, 0]], ("a", "b")),
        ("b,1\na,2\n", {"targets": ("1",)}, [[1], [2]], [[0, 1], [1, 0]], ("a", "b")),
        # Trimmed they are the same, quoted or not; letters count.
        ('1, a \n2,"a  "\n3,A\n', {}, [[1], [2], [3]], [[0, 1], [0, 1], [1, 0]], ("A", "a")),
        # A label may look like the header.
        ("x,kind\n1,kind\n2,x\n", {}, [[1], [2]], [[1, 0], [0, 1]], ("kind", "x")),
        # Few whole numbers among texts are labels, as they are written.
        ("x,y\n1,01\n2,b\n3,b\n4,b\n", {}, [[1], [2], [3], [4]], [[1, 0], [0, 1], [0, 1], [0, 1]], ("01", "b")),
        # Decimal commas in the inputs, points and commas in the labels.
        ("x;y\n1,5;v.1\n2;red, dark\n", {}, [[1.5], [2]], [[0, 1], [1, 0]], ("red, dark", "v.1")),
        # An underscore makes no number.
        ("1,1_0\n2,2_0\n", {}, [[1], [2]], [[1, 0], [0, 1]], ("1_0", "2_0")),
        # Years above them name the columns.
        ("1990,2000\n0.5,a\n1.5,b\n", {}, [[0.5], [1.5]], [[1, 0], [0, 1]], ("a", "b")),
        ("2000,1990\na,0.5\nb,1.5\n", {"targets": ("2000",)}, [[0.5], [1.5]], [[1, 0], [0, 1]], ("a", "b")),
        # Numbers are classes if asked, in numeric order; 1 and 1.0 are one number.
        ("1,10\n2,9\n3,9.0\n", {"classes": True}, [[1], [2], [3]], [[0, 1], [1, 0], [1, 0]], ("9", "10")),
        # So are texts among fractions.
        ("1,0.5\n2,0.5\n3,x\n", {"classes": True}, [[1], [2], [3]], [[1, 0], [1, 0], [0, 1]], ("0.5", "x")),
        ("1,2\n2,2\n3,2\n4,x\n", {"classes": True}, [[1], [2], [3], [4]], [[1, 0], [1, 0], [1, 0], [0, 1]], ("2", "x")),
        # Columns of a single 1 among zeros, by their names or without.
        ("x,cat,dog\n5,0,1\n6,1,0\n", {"targets": ("dog", "cat")}, [[5], [6]], [[1, 0], [0, 1]], ("dog", "cat")),
        ("5,0,1\n6,1,0\n", {"targets": ("2", "3")}, [[5], [6]], [[0, 1], [1, 0]], ("y1", "y2")),
        ("x,c,c\n5,0,1\n6,1,0\n", {"targets": ("2", "3")}, [[5], [6]], [[0, 1], [1, 0]], ("y1", "y2")),
        # And what stays a number.
        ("x,cat,dog\n5,0,1\n6,1,0\n", {"targets": ("dog", "cat"), "classes": False}, [[5], [6]], [[1, 0], [0, 1]], ()),
        ("x,a,b\n5,0,1\n6,1,1\n", {"targets": ("a", "b")}, [[5], [6]], [[0, 1], [1, 1]], ()),
        ("1,0\n2,1\n3,2\n", {}, [[1], [2], [3]], [[0], [1], [2]], ()),
    ],
)
def test_a_csv_against_arrays_by_hand(file, text, options, X, Y, classes):
    data = load(file(text), **options)
    assert (data.X.tolist(), data.Y.tolist(), data.classes) == (X, Y, classes)


def test_what_is_guessed_is_said_and_what_is_asked_is_not(file):
    named = file(f"a,b,species\n{IRIS}")
    assert load(named).notes == (
        "species holds 3 classes: setosa, versicolor, virginica; each is a column of 0 and 1.",
    )
    assert load(named, classes=True) == load(named)
    assert load(named, classes=True).notes == ()
    seventeen = "".join(f"{row},label {row:02}\n{row},label {row:02}\n" for row in range(17))
    assert load(file(seventeen)).notes == (
        "column 2 holds 17 classes: label 00, label 01, label 02, label 03, label 04 and 12 more; "
        "each is a column of 0 and 1.",
    )
    hot = load(file("x,cat,dog\n5,0,1\n6,1,0\n"), ("cat", "dog"))
    assert hot.notes == (
        "cat, dog are taken as 2 classes, as every row is a single 1 among zeros; --no-classes reads numbers.",
    )


def test_labels_with_commas_are_told_apart_and_a_missing_one_is_pointed_at(file):
    (note,) = load(file('1,dog\n2,"dog, big"\n3,NA\n4,dog\n')).notes
    assert "3 classes: 'NA', 'dog', 'dog, big'; each" in note
    assert "'NA' is one of them: where it stands for no label, take these rows out." in note
    (plain,) = load(file("1,dog\n2,cat\n3,dog\n")).notes
    assert "2 classes: cat, dog; each is a column of 0 and 1." in plain
    assert "one of them" not in plain


def test_a_first_line_that_may_be_a_header_is_said(file):
    path = file("0,1,kind\n5,0,a\n6,1,b\n7,2,a\n8,2,b\n")
    note = "line 1 is read as a sample, though its 'kind' stands nowhere else; --header yes reads it as a header."
    data = load(path)
    assert (data.classes, data.notes[0]) == (("a", "b", "kind"), f"{path}: {note}")
    assert load(path, header=True).classes == ("a", "b")
    for other in (load(path, header=True), load(path, header=False), load(file("1,c\n2,a\n3,b\n4,a\n"))):
        assert not [one for one in other.notes if "line 1" in one]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (5 * [0, 1, 2], "quality holds the whole numbers 0 to 2: numbers, unless --classes makes each a class."),
        (5 * [1, 2, 3, 4], "quality holds the whole numbers 1 to 4: numbers, unless --classes makes each a class."),
        (4 * [0, 1, 2] + [0, 1], None),
        (9 * [0, 1], None),
        (9 * [2, 3, 4], None),
        (9 * [0, 1, 3], None),
        (9 * [0, 1, 1.5, 2], None),
        (9 * [-1, 0, 1], None),
        (5 * [*range(20)], "quality holds the whole numbers 0 to 19: numbers, unless --classes makes each a class."),
        (5 * [*range(21)], None),
    ],
)
def test_numbers_that_may_be_classes_stay_numbers_and_it_is_said(file, values, said):
    path = file("x,quality\n" + "".join(f"0.5,{value}\n" for value in values))
    data = load(path)
    assert data.Y.tolist() == [[value] for value in values]
    assert (data.classes, data.notes) == ((), (said,) if said else ())
    assert load(path, classes=False).notes == ()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        # A slip in a column of numbers.
        ("1,1.0\n2,2.5\n3,1.O\n", {}, "line 3, column 2: '1.O' is not a number; other cells of its column are,"),
        ("1,1\n2,x\n", {}, "line 2, column 2: 'x' is not a number;"),
        ("1,1.5\n2,x\n3,y\n", {}, "line 2, column 2: 'x' is not a number;"),
        ("1,1_0\n2,2\n", {}, "line 1, column 2: '1_0' is not a number: an underscore is no part of one;"),
        (
            "1,a\n2,\n",
            {},
            "line 2, column 2: is empty; every cell must hold a number or a label, and --missing drop leaves such rows "
            "out.",
        ),
        ("1,a\n2,nan\n", {}, "line 2, column 2: 'nan' is not finite"),
        ("1,a\n2,1e999\n", {}, "line 2, column 2: '1e999' is too large a number"),
        ("x,a\n", {}, "nothing below it"),
        # Labels where they cannot be.
        ("x,kind\na,b\n", {}, "line 2, column 1: 'a' is not a number; if its column holds labels, --targets 1"),
        ("x,kind\n1,b\na,b\n", {}, "line 3, column 1: 'a' is not a number."),
        ("x,k,l\n1,a,b\n", {"targets": ("k", "l")}, "line 2, column 2: 'a' is not a number; if its column holds"),
        ("x,kind\n1,a\n2,b\n", {"classes": False}, "line 2, column 2: 'a' is not a number."),
        ("x,kind\n1,a\n2,b\n", {"targets": ("kin",)}, "there is no column 'kin'; its columns are x, kind, or 1 to 2"),
        # What is no class.
        ("x,kind\n1,a\n2,a\n", {}, "kind holds one class alone, 'a'; it takes two"),
        ("x,kind\n1,4\n2,4\n", {"classes": True}, "kind holds one class alone, '4'"),
        ("x,kind\n1,0.5\n2,4\n", {"classes": True}, "kind holds 0.5; classes are texts or whole numbers, so leave"),
        ("x,kind\n1,1e17\n2,4\n", {"classes": True}, "kind holds 1e+17; classes are texts or whole numbers"),
        ("x,a,b\n1,1,1\n", {"targets": ("a", "b"), "classes": True}, "2 target columns are classes only where every"),
        ("1,\x1b\n2,\\x1b\n", {}, r"column 2 holds two labels that are both shown as '\x1b'; write them otherwise"),
        ("x," + 300 * "y" + "\n1," + 201 * "a" + "\n", {}, "line 2, column 2: 'aaaaa"),
    ],
)
def test_what_cannot_be_gets_one_sentence(file, text, options, said):
    path = file(text)
    with pytest.raises(DataError) as caught:
        load(path, **options)
    message = str(caught.value)
    assert said in message
    assert message.startswith(path)
    assert message.isprintable()
    assert len(message) < 400


def test_a_column_of_names_is_refused_from_21_rows_on(file):
    rows = [f"{row},name {row}\n" for row in range(21)]
    assert len(load(file("".join(rows[:20]))).classes) == 20
    with pytest.raises(DataError, match=r"column 2 holds another text in each of 21 rows: .* --targets chooses"):
        load(file("".join(rows)))
    assert len(load(file("".join([*rows, "5,name 0\n"]))).classes) == 21


@pytest.mark.parametrize("word", ["name ", ""])
def test_at_most_a_thousand_classes(file, word):
    text = "".join(f"{row},{word}{row % 1000}\n" for row in range(2000))
    data = load(file(text), classes=True)
    assert len(data.classes) == 1000
    assert data.classes[:3] == (("name 0", "name 1", "name 10") if word else ("0", "1", "2"))
    with pytest.raises(DataError, match=r"column 2 holds (more than 1,000 different texts: names|1,001 different num)"):
        load(file(text + f"1,{word}1000\n"), classes=True)


def test_a_slip_after_very_many_numbers_is_found(file):
    with pytest.raises(DataError, match="line 1502, column 2: 'x' is not a number"):
        load(file("a,b\n" + "".join(f"1,{row}.5\n" for row in range(1500)) + "1,x\n1,2\n"))


def test_more_columns_than_are_made_are_refused(file, monkeypatch):
    monkeypatch.setattr("engine.experiment.class_labels.MOST_NUMBERS", 11)
    with pytest.raises(DataError, match="holds 3 classes in 4 rows, over 11 numbers of 0 and 1"):
        load(file(IRIS))


@pytest.mark.parametrize(
    ("name", "Y", "wanted", "found", "classes"),
    [
        ("Y", ["b", "a", " b"], None, [[0, 1], [1, 0], [0, 1]], ("a", "b")),
        ("Y", [["b"], ["a"], ["b"]], None, [[0, 1], [1, 0], [0, 1]], ("a", "b")),
        ("y", [b"b", "é".encode(), b"b"], None, [[1, 0], [0, 1], [1, 0]], ("b", "é")),
        ("Y", ["10", "9", "9"], None, [[0, 1], [1, 0], [1, 0]], ("9", "10")),
        ("y", [2, 0, 2], None, [[2], [0], [2]], ()),
        ("Y", [2, 0, 2], True, [[0, 1], [1, 0], [0, 1]], ("0", "2")),
        ("Y", [2.0, 0.0, 2.0], True, [[0, 1], [1, 0], [0, 1]], ("0", "2")),
        ("Y", [True, False, True], True, [[0, 1], [1, 0], [0, 1]], ("0", "1")),
        ("Y", [[1, 0], [0, 1], [1, 0]], None, [[1, 0], [0, 1], [1, 0]], ("y1", "y2")),
        ("Y", [[1, 0], [0, 1], [1, 0]], False, [[1, 0], [0, 1], [1, 0]], ()),
        ("Y", [[1, 0], [0, 1], [1, 1]], None, [[1, 0], [0, 1], [1, 1]], ()),
    ],
)
def test_an_archive_against_arrays_by_hand(file, name, Y, wanted, found, classes):
    data = load(file(X=np.array([1, 2, 3]), **{name: np.array(Y)}), classes=wanted)
    assert (data.X.tolist(), data.Y.tolist(), data.classes) == ([[1], [2], [3]], found, classes)


def test_what_is_guessed_of_an_archive_is_said(file):
    assert load(file(X=np.ones(2), Y=np.array(["b", "a"]))).notes == (
        "Y holds 2 classes: a, b; each is a column of 0 and 1.",
    )
    assert load(file(X=np.ones(15), y=np.array(5 * [1, 2, 3]))).notes == (
        "y holds the whole numbers 1 to 3: numbers, unless --classes makes each a class.",
    )


@pytest.mark.parametrize(
    ("Y", "wanted", "said"),
    [
        (["a", "b"], False, "Y holds <U1 values; it must hold real numbers"),
        (["a", "", "b"], None, "Y has no label in row 2; every sample needs one"),
        (["a", "b", "nan"], None, "Y has no label in row 3"),
        ([["a", "b"]], None, "Y holds texts in the shape (1, 2); labels are one text for each sample"),
        ([b"a", b"\xff"], None, "Y holds what is no text in row 2; write it with"),
        (["a", "b", "a"], None, "X has 2 rows and Y has 3"),
        (["a", 201 * "b"], None, "a label has at most 200 characters"),
        ([f"n{row}" for row in range(1001)], None, "Y holds more than 1,000 different texts: names, no classes; give"),
        ([0.5, 1], True, "Y holds 0.5; classes are texts or whole numbers"),
        (np.array([{}, "a"], object), None, "holds pickled objects"),
        (np.array([], "U3"), None, "Y holds texts in the shape (0,)"),
        (np.array("a"), None, "Y holds texts in the shape ()"),
    ],
)
def test_a_bad_archive_gets_one_sentence(file, Y, wanted, said):
    path = file(X=np.ones(2), Y=np.asarray(Y))
    with pytest.raises(DataError) as caught:
        load(path, classes=wanted)
    assert said in str(caught.value)
    assert str(caught.value).startswith(path)


def test_texts_that_are_none_and_too_many_are_refused(file, monkeypatch):
    for order in "<>":
        for rows in (2, 500):
            written = np.full(rows, 97, f"{order}u4")
            assert load(file(X=np.ones(rows), Y=np.append(written[1:], 98).astype(written.dtype).view(f"{order}U1")))
            written[1] = 0x7FFFFFFF
            with pytest.raises(DataError, match="Y holds what is no text in row 2; write it with"):
                load(file(X=np.ones(rows), Y=written.view(f"{order}U1")))
    monkeypatch.setattr("engine.experiment.npz_files.MOST_TEXT_BYTES", 15)
    with pytest.raises(DataError, match="Y is over 15 bytes of text; write shorter labels"):
        load(file(X=np.ones(2), Y=np.array(["a", "bb"])))


HOSTILE = ["[red]", "\x1b[2J\x1b]52;c;aGk=\x07", "é漢字🙂", "\u202eevil", "[@click=app.quit]x[/]", "=1+1", "$(reboot)"]


def test_a_hostile_label_is_shown_as_text(file):
    text = io.StringIO()
    csv.writer(text).writerows([[1, label] for label in HOSTILE])
    path = file("x,kind\n" + text.getvalue())
    data = load(path)
    assert len(data.classes) == len(HOSTILE)
    assert all(name.isprintable() for name in data.classes)
    assert {"[red]", "é漢字🙂", "[@click=app.quit]x[/]", r"\u202eevil"} < {*data.classes}
    result = CliRunner().invoke(main, ["run", "--epochs", "2", "--data", path])
    assert result.exit_code == 0
    assert "[@click=app.quit]x[/]" in result.stderr or "[red]" in result.stderr
    for stream in (result.stdout, result.stderr):
        assert not {"\x1b", "\x07", "\u202e"} & {*stream}


def read_back(data):
    """The data that the equivalent command line names."""
    line = command_line(settings_of(data))
    context = main.make_context("mlp-tui", line.split()[1:])
    return settings_from(**context.params).data, line


@pytest.mark.parametrize(
    ("text", "options", "word"),
    [
        (IRIS, {}, None),
        (IRIS, {"classes": True}, None),
        ("1,2\n3,4\n5,2\n", {"classes": True}, "--classes"),
        ("1,2\n3,4\n5,2\n", {"classes": False}, None),
        ("1,0.5\n2,0.5\n3,x\n", {"classes": True}, "--classes"),
        ("x,cat,dog\n5,0,1\n6,1,0\n", {"targets": ("cat", "dog")}, None),
        ("x,cat,dog\n5,0,1\n6,1,0\n", {"targets": ("cat", "dog"), "classes": False}, "--no-classes"),
        ("x,1,2\n5,0,1\n6,1,0\n", {"targets": ("1", "2"), "header": True}, None),
    ],
)
def test_the_command_line_reads_the_same_data_back(file, text, options, word):
    data = load(file(text), **options)
    again, line = read_back(data)
    assert again == data
    assert [one for one in line.split() if "classes" in one] == ([word] if word else [])


def test_the_command_line_of_an_archive_reads_the_same_data_back(file):
    for Y, wanted in (([0, 1], True), ([[0, 1], [1, 0]], False), (["a", "b"], None), (["1", "2"], None)):
        data = load(file(X=np.ones(2), Y=np.array(Y)), classes=wanted)
        assert read_back(data)[0] == data


def test_built_in_data_need_no_word():
    assert classes_to_say(engine.built_in("clusters")) is None
    assert command_line(settings_of(engine.built_in("clusters"))).count("classes") == 0


def test_a_document_keeps_the_classes_of_a_file(file, tmp_path):
    data = load(file(IRIS))
    document = run_document(engine.train(settings_of(data)))
    assert document["settings"]["data"]["classes"] == [*IRIS_CLASSES]
    (tmp_path / "run.json").write_text(json.dumps(document))
    assert read_settings(tmp_path / "run.json").data == data


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--classes"], "--classes goes with a file of your own; name the file with --data."),
        (["--no-classes"], "--no-classes goes with a file of your own; name the file with --data."),
        (["--data", "xor", "--classes"], "'xor' is built in with its own targets; --classes goes with a file"),
        (["--data", "clusters", "--no-classes"], "'clusters' is built in with its own targets; --no-classes goes with"),
    ],
)
@pytest.mark.parametrize("command", ["run", "differences", "trace", "impact"])
def test_the_option_goes_with_a_file(command, words, said):
    result = CliRunner().invoke(main, [command, *words])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert said in result.stderr


def test_the_option_is_advised_where_it_can_be_given(file):
    for data, advised in ((file("x,kind\n1,0\n2,1\n3,2\n"), True), ("spirals", False)):
        result = CliRunner().invoke(main, ["run", "--preset", "classes", "--data", data])
        assert result.exit_code == 2
        assert ("become such with --classes" in result.stderr) is advised, result.stderr


def test_the_option_is_every_commands(file):
    path = file("x,kind\n1,0\n2,1\n3,2\n")
    for command in (["run", "-q", "--epochs", "2"], ["trace", "--epoch", "1"], ["differences", "reduction"]):
        for word in ("--classes", "--no-classes"):
            result = CliRunner().invoke(main, [*command, word, "--data", path, "--output-activation", "identity"])
            assert (result.exit_code, result.stderr) == (0, ""), result.output


def looks_like_a_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


VISIBLE = st.characters(exclude_categories=["C", "Z"], include_characters=" ")
TEXTS = st.text(VISIBLE, min_size=1, max_size=30).map(str.strip).filter(bool)
LABELS = TEXTS.filter(lambda text: not looks_like_a_number(text))


@given(st.lists(LABELS, min_size=2, max_size=20).filter(lambda labels: len(set(labels)) > 1))
def test_random_labels_come_back_as_the_same_classes(tmp_path_factory, labels):
    check_random(tmp_path_factory.getbasetemp() / "random.csv", labels, None)


@given(st.lists(TEXTS, min_size=1, max_size=19).filter(lambda texts: len(set(texts)) > 1), LABELS)
def test_any_texts_come_back_where_classes_are_asked_for(tmp_path_factory, texts, label):
    texts = [text for text in texts if text.lower().lstrip("+-") not in ("nan", "inf", "infinity")]
    if {*texts} - {label}:
        check_random(tmp_path_factory.getbasetemp() / "random.csv", [*texts, label], True)


def check_random(path, labels, wanted):
    """Each row has the class that was written in it, by name."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("x", "label"), *enumerate(labels)])
    data = load(str(path), classes=wanted)
    assert [*data.classes] == sorted({*labels})
    assert [data.classes[place] for place in data.Y.argmax(axis=1)] == labels
    assert (data.Y.sum(axis=1) == 1).all()
