"""All that a person can hand to the program, fuzzed: it ends soon, within its memory, with what is documented, in
one sentence where it refuses, and writes nothing but what was asked for.
"""

import json
import os
import sys

import pytest

from tests.torture.forks import MOST_SHOWN, Case, changed, forks, fuzz
from tests.torture.fuzz_documents import config_place, document_text
from tests.torture.fuzz_files import bomb, csv_bytes, npz_bytes, recording_bytes
from tests.torture.fuzz_places import CSV, documents, own_notebook, recorded, zoo
from tests.torture.fuzz_words import ENVIRONMENTS, command_line, passable

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open") or sys.platform != "linux", reason="Linux's own limits")

EACH = 1000

RECORDINGS, NOTEBOOKS = 500, 100
"""A notebook is run for each."""

TRIED = 5 * EACH + RECORDINGS + NOTEBOOKS


@pytest.fixture(scope="module")
def servers():
    documents()
    with forks() as some:
        yield some


def a_command_line(random):
    environment = random.choice(ENVIRONMENTS) if random.random() < 0.15 else {}
    return Case(passable(command_line(random)), zoo, environment)


def check_command_line(case, ended):
    words = case.arguments
    stdout = ended.stdout.decode("utf-8", "replace")
    if ended.status == 2 and stdout:
        yield f"refused, and on standard output {stdout[:80]!a}"
    if ended.status == 1 and b"over " not in ended.stderr and b"standard output" not in ended.stderr:
        yield "status 1 without its reason"
    if ended.status == 0:
        yield from check_written(words, ended)
        if "--json" in words and words[words.index("--json") + 1 :][:1] == ["-"] and stdout[:1] == "{":
            json.loads(stdout)


def check_written(words, ended):
    """Only what is named among the words, and nothing half."""
    targets = {os.path.normpath(word.rpartition("=")[2]) for word in words} | {os.path.normpath(word) for word in words}
    for name in changed(ended):
        place = name.partition("/")
        inside = os.path.relpath(name, "work")
        named = any(target in (inside, ".") or inside.startswith(f"{target}/") for target in targets)
        in_home = place[0] == "home" and any(word.startswith("~") for word in words)
        above = any(".." in word for word in words)
        if ".mlp-tui-" in name or not (named or in_home or above):
            yield f"wrote {name!a}"


COMMANDS = [
    ("differences", "bias"),
    ("differences", "gradient_scale"),
    ("run", "-q", "--epochs", "2"),
    ("run", "-q", "--epochs", "2"),
    ("run", "--epochs", "2", "--json", "-"),
    ("run", "--epochs", "2"),
    ("trace", "--epochs", "2", "--epoch", "1"),
    ("impact", "--epochs", "2", "--seeds", "2", "--differences", "bias"),
    ("export", "out", "--epochs", "2"),
]
TARGETS = ["c0", "1", "1,2", "c0,c1", "c9", "3", "1991", "\u0663", "0", "a", "c,d", "5000", "x" * 10_000]

CLASSES = [[], [], [], ["--classes"], ["--no-classes"]]


def a_csv_file(random):
    content, name = csv_bytes(random), random.choice(["data.csv", "data.csv", "data.tsv", "data.CSV"])
    more = []
    if random.random() < 0.25:
        more += ["--targets", random.choice(TARGETS)]
    if random.random() < 0.25:
        more += ["--inputs", random.choice([*TARGETS, "all", "all,1", "2", "2,1"])]
    if random.random() < 0.25:
        more += ["--header", random.choice(["yes", "no"])]
    if random.random() < 0.4:
        more += ["--missing", random.choice(["drop", "drop", "drop", "refuse"])]
    more += random.choice(CLASSES)
    return Case([*random.choice(COMMANDS), "--data", name, *more], lambda places: write(places, name, content))


def an_npz_file(random):
    content = None if random.random() < 0.005 else npz_bytes(random)

    def prepare(places):
        if content is None:
            bomb(places["work"] / "data.npz")
        else:
            write(places, "data.npz", content)

    return Case([*random.choice(COMMANDS), "--data", "data.npz", *random.choice(CLASSES)], prepare)


def a_recording(random):
    content = recording_bytes(random, recorded())
    more = random.choice([[], [], ["--names", "x=X,y=y"], ["--names", "W1=W2"], ["--json", "-"], ["--probe"]])
    return Case(["diagnose", "data.npz", *more], lambda places: write(places, "data.npz", content))


def a_notebook(random):
    """Its code is right, or has another line in it; its document is spoilt more often."""
    notebook = own_notebook()
    if random.random() < 0.3:
        notebook["cells"][1]["source"].insert(0, random.choice(LINES) + "\n")
    content = json.dumps(notebook).encode() if random.random() < 0.2 else document_text(random, [json.dumps(notebook)])
    more = ["--probe"] if random.random() < 0.1 else []
    command = ["diagnose", "data.ipynb", "--seconds", "2", "--steps", "20", *more]
    return Case(command, lambda places: write(places, "data.ipynb", content))


LINES = ["%%bash", "!ls", "x = = 1", "while True: pass", "raise ValueError('\x1b[31m')", "np?", "%d", "def f(): f()"]
LINES += ["import os; os._exit(3)", "print('\x1b]0;t\x07')", "W1 = W1 * np.nan", "input()", "exit(5)", "import nosuch"]


def a_document(random):
    content = document_text(random, documents())
    more = ["--hidden", "3"] if random.random() < 0.1 else []
    command = random.choice(COMMANDS)
    has_data = random.random() < 0.9

    def prepare(places):
        write(places, "data.json", content)
        if has_data:
            write(places, "good.csv", CSV.encode())

    return Case([*command, "--from", "data.json", *more], prepare)


def write(places, name, content):
    (places["work"] / name).write_bytes(content)


def check_file(case, ended):
    stdout = ended.stdout.decode("utf-8", "replace")
    if ended.status == 1 or b"faults.log" in ended.stderr:
        yield "status 1"
    if ended.status == 2 and stdout:
        yield f"refused, and on standard output {stdout[:80]!a}"
    if ended.status == 0 and not stdout:
        yield "nothing on standard output"
    if ended.status == 0 and "--json" in case.arguments and len(ended.stdout) < MOST_SHOWN:
        json.loads(stdout)
    if ended.status == 0 and {name for name in changed(ended) if not name.startswith("work/out")}:
        yield f"wrote {changed(ended)}"


def remembered_settings(random):
    return Case([], lambda places: config_place(random, places["config"]), function="tests.torture.config_case.main")


def check_remembered(case, ended):
    if b"forgotten" in ended.stderr:
        yield "the theme is forgotten"
    if ended.status not in (0, 2):
        yield f"status {ended.status}"
    if ended.status == 0 and {*changed(ended)} - {"config/mlp-tui", "config/mlp-tui/config.toml"}:
        yield f"wrote {changed(ended)}"


def test_input_command_lines(part, servers):
    fuzz(part, servers, EACH, a_command_line, check_command_line)


def test_input_csv_files(part, servers):
    fuzz(part, servers, EACH, a_csv_file, check_file)


def test_input_npz_files(part, servers):
    fuzz(part, servers, EACH, an_npz_file, check_file)


def test_input_recordings(part, servers):
    fuzz(part, servers, RECORDINGS, a_recording, check_file)


def test_input_notebooks(part, servers):
    fuzz(part, servers, NOTEBOOKS, a_notebook, check_file)


def test_input_documents(part, servers):
    fuzz(part, servers, EACH, a_document, check_file)


def test_input_remembered_settings(part, servers):
    fuzz(part, servers, EACH, remembered_settings, check_remembered)
