"""Documents that a person opens: read if they are whole and known here, else refused by the name of what is wrong."""

import json
import os
import tracemalloc
from dataclasses import replace

import pytest
from click.testing import CliRunner

import engine
from engine.errors import InputError
from engine.experiment.reading import read_text
from engine.export.document_format import FORMAT
from engine.export.impact_file import impact_document
from engine.export.run_file import read_settings, run_document
from engine.export.step_file import trace_document
from engine.impact.study import measure, plan
from engine.step.trace import trace_epoch
from tui_app.cli.main import main
from tui_app.config import load_config

SETTINGS = replace(engine.preset("no-bias"), epochs=2, threads=1)


@pytest.fixture(scope="module")
def text():
    return json.dumps(run_document(engine.train(SETTINGS)))


@pytest.fixture
def document(text):
    return json.loads(text)


def read(tmp_path, document):
    file = tmp_path / "run.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return read_settings(file)


def test_every_document_can_be_opened(tmp_path, document):
    assert read(tmp_path, document) == SETTINGS
    assert read(tmp_path, trace_document(trace_epoch(SETTINGS, 1))) == SETTINGS
    planned = plan(SETTINGS, ["bias"], seeds=1)
    assert read(tmp_path, impact_document(measure(planned))) == planned.settings
    assert document["format"] == FORMAT == 13


def test_a_document_from_before_formats_had_numbers(tmp_path, document):
    del document["format"], document["settings"]["data"]["header"], document["settings"]["data"]["classes"]
    assert read(tmp_path, document) == SETTINGS
    for side in ("numpy", "pytorch"):
        document["settings"][side]["momentum"] = "0.9"
    mine = read(tmp_path, document)
    assert mine.numpy.momentum.coefficient == 0.9
    for side in ("numpy", "pytorch"):
        del document["settings"][side]["momentum"]
    assert read(tmp_path, document) == SETTINGS


def test_classes_are_written_and_read_back(tmp_path):
    own = engine.Dataset("own", [[0.0], [1.0]], [[1, 0], [0, 1]], classes=("[red]", "é, 2"))
    for data in (own, engine.built_in("clusters")):
        settings = replace(SETTINGS, data=data)
        document = run_document(engine.train(settings))
        assert document["settings"]["data"]["classes"] == list(data.classes)
        assert read(tmp_path, document) == settings
        document["format"] = 4
        del document["settings"]["data"]["classes"]
        assert read(tmp_path, document).data.classes == ()


def test_an_old_name_is_read_for_good_and_not_beside_the_new_one(tmp_path, document):
    side = document["settings"]["numpy"]
    side["gradient_scale"] = side.pop("reduction")
    assert read(tmp_path, document) == SETTINGS
    del document["format"]
    assert read(tmp_path, document) == SETTINGS
    side["reduction"] = "mean"
    with pytest.raises(InputError, match="has both 'gradient_scale' and 'reduction', which are one setting"):
        read(tmp_path, document)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (
            ("format",),
            FORMAT + 1,
            f"its format is {FORMAT + 1}, and this program knows formats up to {FORMAT}; open it with",
        ),
        (("format",), 10**30, "its format is 1000000000"),
        (("format",), "2", f"its format cannot be '2'; it is a whole number from 1 to {FORMAT}"),
        (("format",), True, "its format cannot be True"),
        (("format",), 0, "its format cannot be 0"),
        (("colour",), 1, f"'colour' is no field of format {FORMAT}"),
        (("settings", "colour"), 1, "'colour' is no field of 'settings'; its fields are data, hidden"),
        (("settings", "data", "colour"), 1, "'colour' is no field of 'data'"),
        (("settings", "numpy", "colour"), 1, "'colour' is no field of 'numpy'"),
        (("settings", "pytorch", "\x1b]52;c;aGk=\x07"), 1, r"'\x1b]52;c;aGk=\x07' is no field of 'pytorch'"),
        (("settings", "data"), [], "'data' cannot be []; it is an object with name, source"),
        (("settings", "data", "name"), 5, "name cannot be 5; it is a text"),
        (("settings", "data", "source"), ["x"], "source cannot be ['x']; it is a file's path"),
        (("settings", "data", "targets"), "ab", "targets cannot be 'ab'; it is texts"),
        (("settings", "data", "targets"), [1], "targets cannot be (1,)"),
        (("settings", "data", "header"), "no", "header cannot be 'no'; it is True, False or None"),
        (("settings", "data", "classes"), "ab", "classes cannot be 'ab'; it is texts"),
        (("settings", "data", "classes"), [1, 2], "classes cannot be (1, 2); it is texts"),
        (("settings", "data", "classes"), ["a", "b"], "2 names of classes for 1 target columns"),
        (("settings", "data", "X"), "abc", "it must hold real numbers"),
        (("settings", "data", "X"), [[1], [1, 2]], "holds numbers or rows that cannot be read"),
        (("settings", "data", "X"), {"a": 1}, "it must hold real numbers"),
        (("settings", "hidden"), 5, "hidden cannot be 5"),
        (("settings", "hidden"), "5", "hidden cannot be '5'"),
        (("settings", "hidden"), [[5]], "a hidden layer's size cannot be [5]"),
        (("settings", "epochs"), 1e400, "epochs cannot be inf"),
        (("settings", "seed"), "0", "seed cannot be '0'"),
        (("settings", "device"), 5, "device cannot be 5"),
        (("settings", "threads"), [], "threads cannot be []"),
        (
            ("settings", "activation"),
            [],
            "activation has 0 values, and there is 1 hidden layer; give one for all, or one for each.",
        ),
        (("settings", "numpy", "bias"), 1, "bias cannot be 1; it is True or False"),
        (("settings", "numpy", "learning_rate"), "fast", "learning_rate cannot be 'fast'"),
        (("settings", "numpy", "momentum"), {}, "momentum cannot be {}"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(tmp_path, document, place, value, said):
    *way, last = place
    within = document
    for name in way:
        within = within[name]
    within[last] = value
    with pytest.raises(InputError) as caught:
        read(tmp_path, document)
    message = str(caught.value)
    assert said in message
    assert message.startswith(str(tmp_path / "run.json"))
    assert message.isprintable()
    assert len(message) < 600


@pytest.mark.parametrize(
    "place",
    [
        ("settings", "seed"),
        ("settings", "threads"),
        ("settings", "data", "header"),
        ("settings", "data", "classes"),
        ("settings", "numpy", "bias"),
    ],
)
def test_a_field_that_its_format_has_is_missed_by_name(tmp_path, document, place):
    within = document
    for name in place[:-1]:
        within = within[name]
    del within[place[-1]]
    with pytest.raises(InputError, match=f"'{place[-2]}' has no '{place[-1]}'"):
        read(tmp_path, document)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (100_000 * "[", "is nested too deeply"),
        (100_000 * '{"settings":', "is nested too deeply"),
        ('{"settings": ' + 5_000 * "9" + "}", "holds numbers or rows that cannot be read"),
        (b"\xff\xfe{}", "is not UTF-8 text"),
        (b"\xef\xbb\xbf{}", "has no 'settings'"),
        ("", "is not JSON"),
        ("\0", "is not JSON"),
    ],
    ids=["lists", "objects", "digits", "bytes", "mark", "nothing", "zero"],
)
def test_a_document_that_is_none(tmp_path, content, said):
    file = tmp_path / "run.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = CliRunner().invoke(main, ["run", "--from", str(file)])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert said in result.stderr
    assert len(result.stderr) < 400


def test_digits_within_the_settings(tmp_path, text):
    digits = 5_000 * "9"
    with pytest.raises(InputError, match="holds numbers"):
        read(tmp_path, text.replace('"seed": 0', f'"seed": {digits}'))
    with pytest.raises(InputError, match="seed cannot be 999") as caught:
        read(tmp_path, text.replace('"seed": 0', f'"seed": {digits[:4000]}'))
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_remembered_is_read_from_a_regular_file_alone(tmp_path, kind):
    file = tmp_path / "config.toml"
    {"pipe": lambda: os.mkfifo(file), "device": lambda: file.symlink_to("/dev/zero"), "folder": file.mkdir}[kind]()
    problem = load_config(file, ["nord"]).problem
    assert "cannot be read" in problem
    assert "Nothing is remembered" in problem


def test_a_theme_with_an_escape_sequence_is_shown_written_out(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(f'theme = "\\u001b[31m{1000 * "x"}"')
    problem = load_config(file, ["nord"]).problem
    assert problem.isprintable()
    assert len(problem) < 500


def test_a_small_file_takes_little_memory(tmp_path):
    file = tmp_path / "run.json"
    file.write_text("{}")
    tracemalloc.start()
    try:
        assert read_text(file) == "{}"
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
