"""Which columns and rows of a person's CSV are read: those chosen, none that only counts, none that lacks a value."""

import csv
import io
import random
from array import array

import numpy as np
import pytest
from click.testing import CliRunner

import engine
from engine.errors import DataError
from engine.experiment.asked import Missing
from engine.experiment.data import Dataset, given_away
from engine.experiment.data_files import load
from engine.export.run_file import read_settings, write_run
from tui_app.cli.main import main
from tui_app.cli.options import command_line, settings_from
from tui_app.cli.setup_values import setup_fields, setup_settings

DROP = Missing.DROP


@pytest.fixture
def file(tmp_path):
    def write(text, name="data.csv"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def settings_of(data):
    return engine.Settings(data, engine.Side(), engine.Side(), hidden=(2,), epochs=2)


def read_back(data):
    """The data that the equivalent command line names."""
    context = main.make_context("mlp-tui", command_line(settings_of(data)).split()[1:])
    return settings_from(**context.params).data


@pytest.mark.parametrize("nothing", ["", " ", "?", "NA", "NaN", "nan"])
@pytest.mark.parametrize("header", ["", "a,b,c\n"])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_row_that_lacks_a_value_is_left_out_and_it_is_said(file, nothing, header, column):
    rows = [["1.5", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    rows[1][column] = nothing
    data = load(file(header + "\n".join(map(",".join, rows)) + "\n"), missing=DROP)
    assert (data.X.tolist(), data.Y.tolist()) == ([[1.5, 2], [7, 8]], [[3], [9]])
    line = 3 if header else 2
    (note,) = data.notes
    assert note.endswith(f"data.csv: of 3 rows 1 lacks a value and is left out, in line {line}.")


def test_how_many_are_left_out_of_how_many_and_the_first_line(file):
    data = load(file("a,b\n1,2\n\n,4\n5,6\n7,?\nNA,nan\n"), missing=DROP)
    assert data.X.tolist() == [[1], [5]]
    assert data.notes[0].endswith("data.csv: of 5 rows 3 lack a value and are left out, the first in line 4.")
    assert load(file("a,b\n1,2\n"), missing="drop").notes == ()


def test_what_is_refused_names_the_way_out(file):
    for cell, said in (
        ("", "is empty; every cell must hold a number, and --missing drop leaves such rows out."),
        ("?", "'?' is not a number; --missing drop leaves such rows out."),
        ("NA", "'NA' is not a number; --missing drop leaves such rows out."),
        ("nan", "'nan' is not finite; every cell must hold a finite number, and --missing drop leaves such rows out."),
        ("inf", "'inf' is not finite; every cell must hold a finite number."),
        ("x", "'x' is not a number."),
    ):
        with pytest.raises(DataError) as caught:
            load(file(f"1,2\n3,4\n{cell},6\n"))
        assert str(caught.value).endswith(f"data.csv, line 3, column 1: {said}")


def test_other_slips_are_refused_all_the_same(file):
    for text, said in (
        ("1,2\n,\n3,4\n5\n", "line 4: has 1 cells where line 1 has 2"),
        ("1,2\n,4\nx,4\n", "line 3, column 1: 'x' is not a number"),
        ("1,2\n,4\ninf,4\n", "line 3, column 1: 'inf' is not finite"),
        ("a,b\n?,4\n5,\n", "not one of 2 rows has every value, so --missing drop leaves none; --inputs takes fewer"),
        ("a,b\n", "has a header and nothing below it"),
    ):
        with pytest.raises(DataError) as caught:
            load(file(text), missing=DROP)
        assert said in str(caught.value)


def test_labels_and_commas_go_with_rows_that_are_left_out(file):
    data = load(file("x,kind\n1,red\n,blue\n3,?\n4,blue\n5,red\n"), missing=DROP)
    assert (data.classes, data.X.tolist()) == (("blue", "red"), [[1], [4], [5]])
    assert data.Y.tolist() == [[0, 1], [1, 0], [0, 1]]
    # The first row is no sample, so it may not be a header either.
    data = load(file("?,red\n2,blue\n3,blue\n4,green\n5,green\n"), missing=DROP)
    assert data.classes == ("blue", "green")
    assert not any("--header yes" in note for note in data.notes)
    data = load(file("1,5;2\n;3\n2,5;4\n"), missing=DROP)
    assert data.X.tolist() == [[1.5], [2.5]]


def test_years_may_be_the_header_of_rows_that_lack_values(file):
    data = load(file("2019,2020,2021\n0.1,0.2,0.3\n0.4,,0.6\n0.7,0.8,0.9\n"), missing=DROP)
    assert data.X.tolist() == [[0.1, 0.2], [0.7, 0.8]]
    assert data.notes[1].endswith("of 3 rows 1 lacks a value and is left out, in line 3.")


def test_random_tables_with_holes_are_what_a_plain_loop_leaves(file):
    for seed in range(20):
        chances = random.Random(seed)
        rows = [[repr(chances.uniform(-9, 9)) for _ in range(3)] for _ in range(30)]
        for row in rows[1:]:
            if chances.random() < 0.3:
                row[chances.randrange(3)] = chances.choice(["", "?", "NA", "NaN", "nan"])
        kept = [row for row in rows if not {"", "?", "NA", "NaN", "nan"} & {*row}]
        data = load(file("a,b,c\n" + "\n".join(map(",".join, rows))), missing=DROP)
        assert np.hstack([data.X, data.Y]).tolist() == [[float(cell) for cell in row] for row in kept]


def test_only_a_csv_has_rows_that_are_dropped(tmp_path):
    np.savez(tmp_path / "data.npz", X=np.ones((2, 2)), Y=np.ones(2))
    for name, said in (("xor", "is built in with its own columns"), (str(tmp_path / "data.npz"), "X and Y are the")):
        for option, given in (("--missing", {"missing": DROP}), ("--inputs", {"inputs": ("1",)})):
            with pytest.raises(DataError, match=said) as caught:
                load(name, **given)
            assert str(caught.value).endswith(f"{option} goes with a CSV file.")
        load(name, missing=Missing.REFUSE)
    with pytest.raises(DataError, match="missing cannot be 'keep'; it is one of refuse, drop"):
        load("xor", missing="keep")


@pytest.mark.parametrize("command", ["run", "impact", "trace", "export"])
def test_every_command_takes_the_options(file, tmp_path, command):
    words = [command, *([str(tmp_path / "out")] if command == "export" else []), "--epochs", "2", "--hidden", "2"]
    words += ["--data", file("id,a,b,c\n1,2,3,4\n2,3,,5\n3,0,1,2\n"), "--inputs", "a,b", "--missing", "drop"]
    words += ["--differences", "bias", "--seeds", "2"] if command == "impact" else []
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "mlp-tui: " in result.stderr
    assert "of 3 rows 1 lacks a value and is left out, in line 3." in result.stderr


def test_an_option_alone_or_with_another_word_is_refused():
    for words, said in (
        (["--missing", "drop"], "--missing goes with a CSV file; name the file with --data."),
        (["--inputs", "a"], "--inputs names columns of a CSV file; name the file with --data."),
        (["--data", "x.csv", "--missing", "keep"], "--missing cannot be 'keep'; it is one of refuse, drop."),
        (
            ["--data", "iris", "--inputs", "1"],
            "'iris' is built in with its own columns; --inputs goes with a CSV file.",
        ),
    ):
        result = CliRunner().invoke(main, ["run", *words])
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"mlp-tui: {said}\n")


TABLE = "a,name,b,4,c\n1,bob,2,3,4\n5,,6,7,8\n"


@pytest.mark.parametrize(
    ("inputs", "targets", "X", "Y"),
    [
        (("a", "b"), (), [[1, 2], [5, 6]], [[4], [8]]),
        (("b", "a"), (), [[2, 1], [6, 5]], [[4], [8]]),
        (("1", "3"), ("5",), [[1, 2], [5, 6]], [[4], [8]]),
        (("a",), ("c", "b"), [[1], [5]], [[4, 2], [8, 6]]),
        # A name goes before a number.
        (("4",), ("c",), [[3], [7]], [[4], [8]]),
        (("c",), ("4",), [[4], [8]], [[3], [7]]),
        (("b",), ("a",), [[2], [6]], [[1], [5]]),
    ],
)
def test_the_named_columns_are_read_and_no_others(file, inputs, targets, X, Y):
    data = load(file(TABLE), targets, header=True, inputs=inputs)
    assert (data.X.tolist(), data.Y.tolist(), data.notes) == (X, Y, ())
    # Without the header, by number.
    places = {"a": "1", "b": "3", "4": "4", "c": "5"}
    numbered = [tuple(places.get(word, word) for word in words) for words in (inputs, targets)]
    again = load(file(TABLE.partition("\n")[2], "bare.csv"), numbered[1], inputs=numbered[0])
    assert (again.X.tolist(), again.Y.tolist()) == (X, Y)


def test_a_word_that_is_asked_for_is_a_name_in_the_header(file):
    for options in ({"inputs": ("a",)}, {"targets": ("4", "c"), "inputs": ("b",)}):
        data = load(file(TABLE), **options)
        assert (data.samples, data.notes) == (2, ())
    assert load(file(",2019,2020,y\n0.5,1,2,3\n"), ("y",)).samples == 1
    # Numbers and labels are words in every line.
    assert load(file("0.5,1,red\n0.5,0,blue\n"), ("3",), inputs=("2", "1")).samples == 2


def test_all_are_the_others_unless_a_column_is_called_so(file):
    assert load(file("a,b,c\n1,2,3\n"), ("b",), inputs=("all",)).X.tolist() == [[1, 3]]
    assert load(file("a,all,c\n1,2,3\n"), inputs=("all",)).X.tolist() == [[2]]


@pytest.mark.parametrize(
    ("inputs", "targets", "said"),
    [
        (("nosuch",), (), "there is no column 'nosuch'; its columns are a, name, b, 4, c, or 1 to 5."),
        (("0",), (), "there is no column '0'"),
        (("6",), (), "there is no column '6'"),
        (("a", "1"), (), "--inputs names a column twice; each input column is named once."),
        (
            ("a", "c"),
            (),
            "--inputs names 'c', which is the target; leave it out, or name another target with --targets.",
        ),
        (("a", "b"), ("b",), "--inputs names 'b', which is the target"),
        (("a", "name"), (), "line 2, column 2: 'bob' is not a number"),
        (("all", "a"), (), "there is no column 'all'"),
    ],
)
def test_columns_that_cannot_be_inputs_get_one_sentence(file, inputs, targets, said):
    with pytest.raises(DataError) as caught:
        load(file(TABLE), targets, header=True, inputs=inputs)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_columns_that_are_read_may_lack_a_value(file):
    text = "a,b,c,d\n1,,3,4\n,6,7,8\n9,?,11,12\n"
    data = load(file(text), inputs=("a", "c"), missing=DROP)
    assert data.X.tolist() == [[1, 3], [9, 11]]
    assert data.notes[0].endswith("of 3 rows 1 lacks a value and is left out, in line 3.")
    assert load(file(text), inputs=("c",)).notes == ()


def test_years_are_names_of_columns(file):
    text = "2018,2019,2020,2021\n0.5,x,0.25,1\n0.75,,0.125,2\n"
    data = load(file(text), ("2018",), inputs=("2020", "2021"))
    assert (data.X.tolist(), data.Y.tolist()) == ([[0.25, 1], [0.125, 2]], [[0.5], [0.75]])


def test_a_wide_file_is_read_by_a_few_columns(file, monkeypatch):
    monkeypatch.setattr("engine.experiment.csv_table.MOST_NUMBERS", 40)
    text = "".join(",".join(["x"] * 50 + [str(row), str(row % 2)]) + "\n" for row in range(20))
    data = load(file(text), inputs=("51",))
    assert data.X[:, 0].tolist() == list(range(20))
    with pytest.raises(DataError, match="is over 40 numbers"):
        load(file(text + text), inputs=("51",))


def test_random_choices_are_what_csv_reads(file):
    for seed in range(20):
        chances = random.Random(seed)
        names = chances.sample(["a", "b", "c", "d", "e", "f"], 6)
        rows = [{name: repr(chances.uniform(-9, 9)) for name in names} for _ in range(7)]
        text = io.StringIO()
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows(rows)
        chosen = chances.sample(names, 4)
        words = [name if chances.random() < 0.5 else str(names.index(name) + 1) for name in chosen]
        data = load(file(text.getvalue()), tuple(words[:2]), inputs=tuple(words[2:]))
        assert data.Y.tolist() == [[float(row[name]) for name in chosen[:2]] for row in rows]
        assert data.X.tolist() == [[float(row[name]) for name in chosen[2:]] for row in rows]


def table(first, header=None, rows=6, more=2):
    """A first column, `more` inputs and a target."""
    lines = [f"{first(row)}," + ",".join(f"{(row * 7 + k) % 5}.5" for k in range(more + 1)) for row in range(rows)]
    head = [] if header is None else [f"{header}," + ",".join("uvwz"[: more + 1])]
    return "\n".join([*head, *lines]) + "\n"


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("header", [None, "", "id", "ID", "Index", "idx", "Unnamed: 0", "row", "No", "nr"])
def test_a_first_column_that_counts_is_left_out_and_it_is_said(file, start, header):
    path = file(table(lambda row: row + start, header))
    data, kept = load(path), load(path, inputs=("all",))
    assert (data.inputs, kept.inputs, kept.notes) == (2, 3, ())
    assert kept.X[:, 0].tolist() == list(range(start, start + 6))
    assert np.array_equal(kept.X[:, 1:], data.X)
    (note,) = data.notes
    called = f", '{header}'," if header else ""
    assert note == f"{path}: column 1{called} counts the rows from {start} and is left out; --inputs all keeps it."
    named = load(path, inputs=("1", "2", "3"))
    assert (named.notes, named.X.tolist()) == ((), kept.X.tolist())


@pytest.mark.parametrize(
    ("first", "options"),
    [
        (lambda row: row, {"header": "x"}),
        (lambda row: row, {"header": "time"}),
        (lambda row: row + 2, {}),
        (lambda row: -row, {}),
        (lambda row: 2 * row, {}),
        (lambda row: row + 0.5, {}),
        (lambda row: row if row < 5 else 7, {}),
        # One input column alone stays.
        (lambda row: row, {"more": 0}),
        (lambda row: row, {"more": 0, "header": "id"}),
        # Too few rows to say that they are counted.
        (lambda row: row, {"rows": 2}),
        (lambda row: row, {"rows": 1, "header": "id"}),
    ],
)
def test_a_first_column_that_may_be_an_input_stays(file, first, options):
    data = load(file(table(first, **options)))
    assert data.inputs == 1 + options.get("more", 2)
    assert data.notes == ()


@pytest.mark.parametrize("header", ["id", "", "Unnamed: 0"])
def test_a_column_that_is_called_so_may_count_from_anywhere(file, header):
    data = load(file(table(lambda row: row + 1000, header)))
    assert data.inputs == 2
    assert "counts the rows from 1000 and is left out" in data.notes[0]


@pytest.mark.parametrize(("more", "offered"), [(2, "u,v"), (3, "u,v,w")])
def test_a_column_of_numbers_that_may_name_rows_stays_and_it_is_said(file, more, offered):
    path = file(table(lambda row: 100 - row * row, "ID", more=more))
    data = load(path)
    assert data.inputs == more + 1
    (note,) = data.notes
    assert note.endswith(
        f"another whole number in each row, and is taken as an input; --inputs {offered} leaves it out."
    )
    assert load(path, inputs=tuple(offered.split(","))).notes == ()
    for twice in (table(lambda row: row // 2, "ID"), table(lambda row: 100 - row * row, "weight")):
        assert load(file(twice)).notes == ()


@pytest.mark.parametrize("mark", ["N/A", "#N/A", "n/a", "null", "NULL", "None"])
def test_the_marks_of_other_programs_are_missing_values(file, mark):
    path = file(f"w,h,y\n1,{mark},0\n2,1,1\n3,4,0\n2,2,{mark}\n")
    data = load(path, missing="drop")
    assert data.X.tolist() == [[2, 1], [3, 4]]
    with pytest.raises(DataError, match="--missing drop leaves such rows out"):
        load(path)


def test_a_column_that_counts_may_be_a_target_and_stands_first(file):
    text = table(lambda row: row, "id")
    assert load(file(text), ("id",)).Y[:, 0].tolist() == list(range(6))
    moved = "".join(",".join(reversed(line.split(","))) + "\n" for line in text.splitlines())
    assert load(file(moved), ("2",)).inputs == 3


def test_rows_that_are_left_out_are_counted(file):
    lines = table(lambda row: row, "").splitlines()
    lines[3] = "2,,2,3"
    data = load(file("\n".join(lines)), missing=DROP)
    assert data.inputs == 2
    assert [note.partition(": ")[2] for note in data.notes] == [
        "of 6 rows 1 lacks a value and is left out, in line 4.",
        "column 1 counts the rows from 0 and is left out; --inputs all keeps it.",
    ]


def test_an_index_before_labels(file):
    data = load(file("id,x,kind\n1,0.5,red\n2,0.25,blue\n3,0.5,red\n"))
    assert (data.X.tolist(), data.classes) == ([[0.5], [0.25], [0.5]], ("blue", "red"))


ASKED = [
    ({"inputs": ("all",)}, "--inputs all"),
    ({"inputs": ("b", "3")}, "--inputs b,3"),
    ({"inputs": ("b",), "targets": ("c", "4")}, "--targets c,4 --inputs b"),
    ({"missing": DROP}, "--missing drop"),
    ({"missing": DROP, "header": True, "inputs": ("b",)}, "--inputs b --header yes --missing drop"),
]


@pytest.mark.parametrize(("options", "words"), ASKED)
def test_the_command_line_a_document_and_setup_ask_for_the_same(file, tmp_path, options, words):
    data = load(file("id,b,c,d\n1,2,3,4\n2,3,5,5\n3,0,1,2\n"), **options)
    settings = settings_of(data)
    assert f"data.csv {words} --epochs" in command_line(settings)
    assert read_back(data) == data
    write_run(engine.train(settings), tmp_path / "run.json")
    again = read_settings(tmp_path / "run.json").data
    assert again == data
    assert read_back(again) == data
    # Setup reads it anew where another field of the data is changed, and keeps what was said of the rest.
    fields = setup_fields(settings)
    assert (fields["inputs"], fields["missing"]) == (",".join(data.input_columns), data.missing.value)
    assert setup_settings(settings, fields).data is data
    anew = setup_settings(settings, fields | {"classes": "no"}).data
    assert anew == data
    assert setup_settings(settings, fields | {"data": "xor"}).data == engine.built_in("xor")


def test_asked_for_otherwise_the_data_are_others(file):
    path = file("id,b,c,d\n1,2,3,4\n2,3,5,5\n3,0,1,2\n")
    assert load(path) != load(path, inputs=("2", "3"))
    assert load(path) != load(path, missing=DROP)


def test_what_is_asked_for_is_words():
    for given, said in (
        ({"input_columns": ["a"]}, "input_columns cannot be"),
        ({"input_columns": (1,)}, "input_columns cannot be"),
        ({"missing": "keep"}, "missing cannot be 'keep'; it is one of refuse, drop."),
        ({"missing": None}, "missing cannot be 'None'"),
    ):
        with pytest.raises(engine.InputError, match=said):
            Dataset("d", [[1.0]], [[1.0]], **given)
    assert Dataset("d", [[1.0]], [[1.0]], missing="drop").missing is DROP


def test_an_array_that_nobody_can_write_to_is_taken_and_any_other_copied():
    mine = np.arange(6.0).reshape(3, 2)
    data = Dataset("d", given_away(mine), np.ones(3))
    assert np.shares_memory(data.X, mine)
    with pytest.raises(ValueError, match="read-only"):
        mine[0, 0] = 1
    written = np.arange(6.0).reshape(3, 2)
    view = written[:]
    view.setflags(write=False)
    for one in (written, view, np.frombuffer(written).reshape(3, 2), written.astype(np.float32), mine.T[:, :2].T):
        kept = Dataset("d", one, np.ones(len(one)))
        before = kept.X.copy()
        written[...] = 7
        assert np.array_equal(kept.X, before)
        assert kept.X.flags.c_contiguous
        written[...] = np.arange(6.0).reshape(3, 2)
    buffer = array("d", range(6))
    view = np.frombuffer(buffer).reshape(3, 2)
    kept = Dataset("d", given_away(view), np.ones(3))
    buffer[0] = 7
    assert kept.X[0, 0] == 0


def test_a_file_is_read_into_one_copy(file, tmp_path):
    data = load(file("a,b,c\n1,2,3\n4,5,6\n"))
    np.savez(tmp_path / "data.npz", X=np.ones((3, 2)), Y=np.ones((3, 2)))
    for one in (data, load(str(tmp_path / "data.npz"))):
        again = Dataset("again", one.X, one.Y)
        assert np.shares_memory(again.X, one.X)
        assert np.shares_memory(again.Y, one.Y)
        with pytest.raises(ValueError, match="read-only"):
            one.X[0, 0] = 1
