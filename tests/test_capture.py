"""A stranger's program in its process: whatever it does, its training is seen or one sentence says why not."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.diagnosis.capture import program_runs
from engine.diagnosis.capture.program_runs import CaptureError, capture
from engine.diagnosis.recording_files import load_recording
from engine.errors import InputError
from tests.examples import TIMES, long, one_in
from tui_app.cli.main import main

ROOT = Path(__file__).parent.parent

TRAIN = """
import numpy as np
rng = np.random.RandomState(0)
X = rng.uniform(-1, 1, (6, 3)); y = rng.uniform(0, 1, (6, 2))
W1 = rng.normal(size=(3, 4)); W2 = rng.normal(size=(4, 2))
lr = 0.1
def train(n=60):
    global W1, W2
    for epoch in range(n):
        h = np.tanh(X @ W1)
        out = h @ W2
        error = out - y
        down = (error @ W2.T) * (1 - h * h)
        W2 = W2 - lr * h.T @ error
        W1 = W1 - lr * X.T @ down
"""

SEEN = {
    "exit inside": "train()\nimport sys; sys.exit(3)",
    "os._exit": "train(12)\nimport os; os._exit(4)",
    "thread": "import threading\nt = threading.Thread(target=train); t.start(); t.join()",
    "thread that nobody waits for": "import threading\nthreading.Thread(target=train).start()",
    "thread beside": "import threading\ndef spin():\n    a = np.zeros(3)\n    while True: a = a + 1\n"
    "threading.Thread(target=spin, daemon=True).start()\ntrain()",
    "atexit": "import atexit\natexit.register(train)",
    "pool": "import multiprocessing as m\ndef f(x): return x\nwith m.Pool(2) as p: print(p.map(f, range(5)))\ntrain()",
    "fork": "import os\npid = os.fork()\nif pid == 0:\n    train(); raise SystemExit\nos.waitpid(pid, 0)\ntrain()",
    "fork that stays": "import os, time\nif os.fork() == 0:\n    time.sleep(30)\ntrain()",
    "subprocess": "import subprocess\nsubprocess.Popen(['sleep', '30'])\ntrain()",
    "reading all input": "import sys\nsys.stdin.read()\ntrain()",
    "another folder": "import os\nos.chdir('/')\ntrain()",
    "no folder": "import os, tempfile\nd = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)\ntrain()",
    "itself deleted": "import os\nos.remove(__file__)\ntrain()",
    "a caught recursion": "def f(n): return f(n + 1)\ntry: f(0)\nexcept RecursionError: pass\ntrain(3000)",
    "a low limit": "import sys\nsys.setrecursionlimit(40)\ntrain()",
    "deep down": "def d(n):\n    if n: return d(n - 1)\n    train()\nd(900)",
    "its own alarm": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.alarm(1)\ntrain()",
    "no tracing": "import sys\nsys.settrace(None)\ntrain(3000)",
    "closed files": "import os\nos.closerange(0, 100)\ntrain()",
    "closed output": "import sys\nsys.stdout.close(); sys.stderr.close()\ntrain()",
    "long output": "import sys\nfor i in range(300):\n    print('x' * 10**5); sys.stderr.write('y' * 10**5)\ntrain()",
    "strict numbers": "np.seterr(all='raise')\ntrain()",
    "strict warnings": "import warnings\nwarnings.simplefilter('error')\ntrain()",
    "annotations": "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int = 3\n"
    "assert A.__annotations__['x'] is int\ntrain()",
    "what __main__ has": "import os, sys, __main__\nassert os.path.isabs(__file__) and __name__ == '__main__'\n"
    "assert __spec__ is None and __doc__ is None and __main__.train is train\n"
    "assert sys.path[0] == os.path.dirname(__file__) and '' not in sys.path\ntrain()",
    "its own engine": "import engine\nassert engine.MINE\ntrain()",
    "attributes that fail": "class H:\n    __slots__ = ('a', '__dict__')\n    def __getattr__(self, n): 1 / 0\n"
    "    def __eq__(self, o): raise ValueError\nh = H()\nh.h = h\ntrain()",
    "slots that fail": "class M(type):\n    def __getattribute__(c, n):\n        if n == '__slots__': 1 / 0\n"
    "        return super().__getattribute__(n)\nclass H(metaclass=M): pass\nh = H()\ntrain()",
    "odd arrays": "m = np.ma.masked_array(X, X > 0)\nmx = np.matrix(X)\no = np.array([None, X], dtype=object)\n"
    "z = np.zeros((0, 3)); c = X.astype(complex); big = 10**5000; l = [10**400, 1]\na = []; a.append(a)\ntrain()",
    "odd lists": "class L(list):\n    _fields = ('x',)\nl = L([np.ones(2), np.ones(2)])\ntrain()",
    "exec": "exec('a = np.ones(3)')\neval('train()')",
    "asyncio": "import asyncio\nasync def m(): train()\nasyncio.run(m())",
}
"""What a program may do and yet be seen training."""

ALWAYS = ("os._exit", "thread", "fork", "a caught recursion", "closed files", "attributes that fail")
"""The rest with TIMES=20."""


def _some(names):
    return [pytest.param(one, id=one.replace(" ", "-"), marks=() if one in ALWAYS else long) for one in names]


def _written(folder, text, name="own.py"):
    path = folder / name
    path.write_text(text)
    return str(path)


@one_in(5)
@pytest.mark.parametrize("what", _some(SEEN))
def test_whatever_it_does_its_training_is_seen(what, tmp_path):
    (tmp_path / "engine.py").write_text("MINE = True\n")
    recording = capture(_written(tmp_path, TRAIN + SEEN[what]), steps=10, seconds=30)
    assert recording.steps == 10
    assert [layer.weight for layer in recording.layers] == ["W1", "W2"]
    assert recording.constants["lr"] == 0.1


REFUSED = {
    "print('bye')\nimport sys; sys.exit('\\x1b[31m')": r"The program ended itself before enough was seen: \x1b[31m.",
    "import argparse\np = argparse.ArgumentParser(prog='p')\np.add_argument('--lr', required=True)\np.parse_args()": (
        "The program left with the status 2 before enough was seen (p: error: the following arguments are required: "
        "--lr); arguments of its own follow --."
    ),
    "import sys; sys.exit(0)": "No weights were seen to change: the program ended before",
    "import os\nos.execv('/bin/sleep', ['sleep', '100'])": "It replaced itself by another program, as os.exec does",
    "import os\nos._exit(4)": "No weights were seen to change",
    "import os\nos.abort()": "Its process was ended by the signal SIGABRT before enough was seen",
    "import os\nos.kill(os.getpid(), 9)": "ended by the signal SIGKILL, for want of memory perhaps, before",
    "import os\nos.execv('/bin/sleep', ['sleep', '0'])": "Its process left with the status 0 before enough was seen",
    "n = int(input('how many? '))": "The program asks for input",
    "import sys\nsys.stderr.write('z' * 10**7)\nraise ValueError('end')": "ValueError: end in line 3.",
    "raise ValueError('\\x1b[31mred\\nnext \\u202e')": r"ValueError: \x1b[31mred next \u202e in line 1.",
    "class E(Exception):\n    def __str__(self): 1 / 0\nraise E('x')": "E: an error that cannot be written in line 3",
    "def f(n): return f(n + 1)\n\nf(0)": "RecursionError: maximum recursion depth exceeded",
    "import numpy as np\na = np.ones(10**13)": "MemoryError: Unable to allocate 72.8 TiB",
    "raise MemoryError": "before enough was seen: MemoryError in line 1.",
    "import statsmodels.api as sm\nsm.OLS": "No module named 'statsmodels.api', whose OLS is used in line 2)",
    "import helper_bad": "KeyError: 'gone' in helper_bad.py, line 2.",
    "import helper_syntax": "SyntaxError: invalid syntax (helper_syntax.py, line 1) in line 1.",
    "from . import x": "attempted relative import with no known parent package",
    "x = 1\ny = = 2": "Line 2 is not Python: invalid syntax.",
    "print 'hello'": "Line 1 is not Python: Missing parentheses in call to 'print'. Did you mean print(...)?",
    f"{TRAIN.replace('np.tanh(X @ W1)', 'X @ W1').replace('(1 - h * h)', '1')}lr = 2.0\ntrain()": "it diverges",
    "import numpy as np\nw = np.full(3, np.nan)\nfor _ in range(9): w = w + w": "turn into nan or inf before",
    "": "No weights were seen to change",
    "raise KeyboardInterrupt": "No weights were seen to change: the program was stopped before",
    "class B(BaseException): pass\nraise B('own')": "B: own in line 2.",
    f"{TRAIN}train(5)": "The program trains for 5 steps while it is watched; a diagnosis needs at least 6",
    f"{TRAIN}train(3)\nraise ValueError('later')": "ValueError: later in line 17.",
    f"{TRAIN}lr = 0.0\ntrain()": "No weights were seen to change",
}
"""What is said of a program, and what of it."""

REFUSED_ALWAYS = ("os.abort", "argparse", "lr = 2.0", "helper_bad", "u202e", "y = = 2", "later")


@one_in(5)
@pytest.mark.parametrize(
    "program",
    [
        pytest.param(one, marks=() if any(part in one for part in REFUSED_ALWAYS) else long, id=str(number))
        for number, one in enumerate(REFUSED)
    ],
)
def test_a_sentence_says_why_nothing_was_seen(program, tmp_path):
    (tmp_path / "helper_bad.py").write_text("x = 1\nraise KeyError('gone')\n")
    (tmp_path / "helper_syntax.py").write_text("y = = 3\n")
    result = CliRunner().invoke(main, ["diagnose", _written(tmp_path, program), "--seconds", "20"])
    assert result.exit_code == 2
    (_, sentence) = result.stderr.strip().splitlines()
    assert REFUSED[program] in sentence
    assert result.stdout == ""
    assert "\x1b" not in result.output


FILTERS = """\
import numpy as np
r = np.random.RandomState(0)
images, labels = r.rand(20, 5, 5), r.randint(0, 3, 20)
filters, W, b = r.randn(2, 3, 3) / 9, r.randn(18, 3) / 8, np.zeros(3)
for k in range(200):
    image, label = images[k % 20], labels[k % 20]
    out = np.zeros((3, 3, 2))
    for i, j in np.ndindex(3, 3):
        out[i, j] = np.sum(image[i : i + 3, j : j + 3] * filters, axis=(1, 2))
    flat = out.flatten()
    p = np.exp(flat @ W + b)
    p = p / p.sum()
    d = p - np.eye(3)[label]
    back = (W @ d).reshape(3, 3, 2)
    change = np.zeros_like(filters)
    for i, j in np.ndindex(3, 3):
        for f in range(2):
            change[f] += back[i, j, f] * image[i : i + 3, j : j + 3]
    W -= 0.05 * np.outer(flat, d)
    b -= 0.05 * d
    filters -= 0.05 * change
"""


@pytest.mark.parametrize(("steps", "told"), [(100_000, True), (25, False)])
def test_that_fewer_steps_were_seen_than_asked_for_is_told(steps, told, tmp_path):
    recording = capture(_written(tmp_path, f"{TRAIN}train(10 ** 6)"), steps=steps, seconds=2)
    assert recording.steps >= 22
    assert any("stopped once they were enough" in note for note in recording.notes) is told


@long
def test_filters_of_one_channel_are_a_convolution(tmp_path):
    """Its last layer alone would be diagnosed, and proved."""
    with pytest.raises(CaptureError, match="It is a convolution"):
        capture(_written(tmp_path, FILTERS))


JACOBIAN = """\
import numpy as np
r = np.random.RandomState(0)
X, T = r.randn(12, 4), np.eye(3)[r.randint(0, 3, 12)]
W, b = r.randn(4, 3) / 4, np.zeros(3)
for step in range(30):
    e = np.exp(X @ W + b)
    P = e / e.sum(axis=1, keepdims=True)
    J = np.array([np.diag(p) - np.outer(p, p) for p in P])
    d = np.einsum("nij,nj->ni", J, 2 * (P - T) / P.size)
    W -= 0.5 * X.T @ d
    b -= 0.5 * d.sum(axis=0)
"""


def test_a_softmaxs_jacobian_is_no_convolution(tmp_path):
    """Of each sample a matrix, which changes as little as weights do."""
    assert [layer.weight for layer in capture(_written(tmp_path, JACOBIAN)).layers] == ["W"]


WORDS = {
    ("--names", "z=X"): "--names cannot name z; it names x and y; a program's weights are found by their use.",
    ("--names", "W1=W2"): "--names cannot name W1;",
    ("--lr", "0.1"): "options of the program's own follow --, as in: mlp-tui diagnose my_network.py -- --lr;",
    ("--names", "y=NOPE"): "--names: nothing in it is called 'NOPE' for y.",
}


@pytest.mark.parametrize("words", WORDS)
def test_words_that_cannot_be_meant_are_refused(words, tmp_path):
    result = CliRunner().invoke(main, ["diagnose", _written(tmp_path, f"{TRAIN}train()"), *words])
    assert result.exit_code == 2
    assert WORDS[words] in result.stderr
    assert result.stdout == ""


ENDLESS = {
    "a loop": "x = 0\nwhile True: x += 1",
    "a loop that catches all": "while True:\n    try: x = 1\n    except BaseException: pass",
    "no alarm": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nx = 0\nwhile True: x += 1",
    "sleep": "import time\ntime.sleep(1000)",
}


@pytest.mark.parametrize("what", ENDLESS if TIMES > 1 else ["no alarm"])
def test_what_never_trains_is_ended_when_its_time_is_up(what, tmp_path):
    with pytest.raises(CaptureError, match=r"the program was stopped before it changed .* --seconds"):
        capture(_written(tmp_path, ENDLESS[what]), seconds=1)


@long
@pytest.mark.parametrize("call", ["os.kill(os.getpid(), 19)", "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 60))"])
def test_what_answers_nothing_is_killed(call, tmp_path, monkeypatch):
    monkeypatch.setattr(program_runs, "LATE", 2.0)
    with pytest.raises(CaptureError, match="Gave no answer within 1 seconds"):
        capture(_written(tmp_path, f"import os, signal, time\n{call}\ntime.sleep(100)"), seconds=1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1: is not UTF-8 text"),
        (b"x = 1\0", "holds a zero byte"),
        (b"# coding: nonsense\n", "names an encoding that Python does not know"),
        (b"# coding: rot13\n", "names an encoding that is none of text"),
        (b"x = '\xe9'\n", "line 1: is not UTF-8 text; save the file as UTF-8"),
        (None, "there is no such file"),
        ("folder", "it is a folder; name a file"),
    ],
)
def test_what_is_no_program_is_refused_before_anything_runs(content, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr(program_runs, "_run", lambda *_: pytest.fail("it was run"))
    path = tmp_path / "own.py"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        capture(str(path))


@long
@pytest.mark.parametrize("head", [b"# -*- coding: latin-1 -*-\nname = '\xe9'\n", b"\xef\xbb\xbfname = '\xc3\xa9'\n"])
def test_a_program_is_read_in_its_own_encoding(head, tmp_path):
    path = tmp_path / "own.py"
    path.write_bytes(head + b"assert name == chr(233)\n" + (TRAIN + "train()").replace("\n", "\r\n").encode())
    assert capture(str(path), steps=8).steps == 8


@long
def test_arguments_and_a_module_of_a_package(tmp_path, monkeypatch):
    """Relative imports, and lines of the module that was named."""
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "data.py").write_text("STEPS = 40\n")
    text = f"from .data import STEPS\nimport sys\nassert sys.argv[1:] == ['--n', 'x' * 200_000]\n{TRAIN}train(STEPS)\n"
    (tmp_path / "package" / "module.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    recording = capture("package.module", ["--n", "x" * 200_000], steps=10, module=True)
    assert recording.steps == 10
    assert recording.lines == {"W2": 17, "W1": 18}
    with pytest.raises(CaptureError, match="nosuch"):
        capture("package.nosuch", module=True)


def test_without_a_process_there_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CaptureError, match="No process can be started with /nowhere/python: No such file"):
        capture(_written(tmp_path, TRAIN))


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's own limits")
def test_limits_that_are_lower_stay(tmp_path):
    """As after `ulimit -f`: they cannot be raised again."""
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10**7, 10**7)); "
    code += "from engine.diagnosis.capture.program_runs import capture; print(capture(sys.argv[1], steps=8).steps)"
    own = _written(tmp_path, f"{TRAIN}train()")
    ended = subprocess.run([sys.executable, "-c", code, own], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == "8", ended.stderr[-300:]


def test_the_recorder_stands_alone_and_its_file_is_read(tmp_path):
    """Copied beside a program, imported without this project; the loop's own names and numbers come back."""
    source = (ROOT / "engine/diagnosis/recorder.py").read_text()
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert not any(name.startswith("engine") for name in imported)
    (tmp_path / "recorder.py").write_text(source)
    record = "        record(W=[W1, W2], x=X, y=y, lr=lr, loss=(error**2).mean() if epoch else None)\n"
    program = TRAIN.replace("        down =", f"{record}        down =")
    program = f"from recorder import record\n{program}train(25)\nimport sys\nassert 'engine' not in sys.modules\n"
    subprocess.run([sys.executable, _written(tmp_path, program)], cwd=tmp_path, check=True)
    recording = load_recording(tmp_path / "recording.npz")
    assert recording.steps == 24
    assert [layer.weight for layer in recording.layers] == ["W[0]", "W[1]"]
    assert recording.constants == {"lr": 0.1}
    assert recording.inputs[0].shape == (6, 3)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("record(W='text')", "TypeError"),
        ("record(W=1)\nrecord(V=1)", "ValueError"),
        ("record(W=[{}])", "TypeError"),
    ],
)
def test_the_recorder_says_what_it_cannot_take(call, error, tmp_path):
    (tmp_path / "recorder.py").write_text((ROOT / "engine/diagnosis/recorder.py").read_text())
    own = _written(tmp_path, f"from recorder import record\n{call}\n")
    ended = subprocess.run([sys.executable, own], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.stderr.strip().splitlines()[-1].startswith(f"{error}: record() ")
