"""Command lines: right ones with values that are absurd, and with words that are missing, doubled, swapped or misspelt.

What is right and would train for long is never drawn.
"""

import os

from engine.experiment.discrepancies import CATALOGUE
from engine.experiment.presets import PRESETS

NAUGHTY = [
    "",
    " ",
    "\t",
    "-",
    "--",
    "---",
    "=",
    ",",
    ",,,",
    ".",
    "..",
    "/",
    "\\",
    "'",
    '"',
    "`",
    "$HOME",
    "$(id)",
    "*",
    "?",
]
NAUGHTY += ["\x1b[31mred", "\x1b]0;title\x07", "\x9b31m", "\u202ertl", "a\nb", "a\rb", "\u2028", "\x7f", "\x01", "\b\b"]
NAUGHTY += [
    "\udcff\udc80",
    "caf\udce9",
    "\ud800",
    "\U0001f600" * 40,
    "é" * 300,
    "x" * 300,
    "x" * 100_000,
    "[bold]x[/bold]",
]
NAUGHTY += [
    "[/x]",
    "{x}",
    "%s%n",
    "None",
    "true",
    "null",
    "NaN",
    "~",
    "~nosuch",
    "~/x",
    "-h",
    "--help",
    "--version",
    "@x",
]

NUMBERS = [
    "-1",
    "0",
    "-0",
    "00",
    "1.0",
    "1e3",
    "1E+3",
    "nan",
    "NaN",
    "-nan",
    "inf",
    "-inf",
    "infinity",
    "1e309",
    "-1e309",
]
NUMBERS += [
    "1e-400",
    "5e-324",
    "0x10",
    "0b1",
    "1_0",
    "٣",
    "²",
    "½",
    "５",
    "−5",
    "+5",
    " 5 ",
    "5\n",
    "--5",
    "5-",
    "5 5",
    "1,00",
]
NUMBERS += [
    "999999999999",
    "1" + "0" * 400,
    "9" * 5000,
    "1000000001",
    "18446744073709551616",
    "0" * 299 + "3",
    "1/2",
    "1e",
    "e",
]
NUMBERS += [
    ".5",
    "3.",
    "1,000,00",
    "1.7976931348623157e308",
    "4.9e-324",
    "1e30",
    "1e-30",
    "1e31",
    "٣.٥",
    "1e1000000000",
]

PATHS = [
    "pipe.csv",
    "zero.csv",
    "folder.csv",
    "loop.csv",
    "secret.csv",
    "secret/x.csv",
    "gone.csv",
    "good.csv/x.csv",
    "pipe.npz",
]
PATHS += [
    "zero.npz",
    "folder.npz",
    "loop.npz",
    "secret.npz",
    "pipe.json",
    "zero.json",
    "folder",
    "loop.json",
    "secret.json",
]
PATHS += [
    "secret/x",
    "good.csv",
    "good.npz",
    "run.json",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/proc/self/mem",
    "/proc/x",
]
PATHS += [
    "/nowhere/x",
    "/nowhere/x.csv",
    "/etc/passwd",
    "~nosuch/x.csv",
    "~/x.csv",
    "~/x",
    "./~nosuch",
    "../x",
    "x" * 300 + ".csv",
]
PATHS += [
    "x/" * 3000 + "x.csv",
    "a\x1b[31mb.csv",
    "a\nb.csv",
    "caf\udce9.csv",
    "\ud800.csv",
    "-",
    "--",
    "-.csv",
    "new",
    "new.json",
]
PATHS += [
    "folder/new",
    "folder/new.json",
    "locked/new",
    "dangling",
    "dangling.csv",
    ".csv",
    ".npz",
    "good.CSV",
    "good.csv ",
    ".",
]

PROGRAMS = ["own.py", "own.ipynb", "recording.npz", "./own.py", "own", "own.py/x", "OWN.IPYNB"]
"""What a diagnosis can be given."""

LAYERS = [
    "none",
    "0",
    "1",
    "3,2",
    "1," * 49 + "1",
    "1," * 50 + "1",
    "2," * 2000 + "2",
    "3,",
    ",3",
    "3,,2",
    "3;2",
    "3 2",
    "[3]",
]
LAYERS += ["5000001", "99999999999", "-5", "0,0", "3,0", "none,3", "NONE", "3,x", "(3,2)", "9" * 400]

TARGETS = ["a", "b", "1", "2", "a,b", "a,b,c", "c,c", "4", "0", "-1", "²", "٣", ",", "a,,b", "nosuch"]
SETS = [
    f"{side}.{one.field}={choice.name}" for one in CATALOGUE for choice in one.choices for side in ("numpy", "both")
]
SETS += ["numpy.bias=no,yes", "both.bias=yes,no,yes", "pytorch.derivative_at=output,pre-activation"]
SETS += ["both.initial_weights=unit-uniform,pytorch", "numpy.objective=squared-error"]
SETS += ["both.batch=32", "numpy.batch=all", "numpy.order=dataloader", "pytorch.order=permutation"]
SETS += ["both.last_batch=drop", "numpy.epoch_loss=whole-set", "pytorch.epoch_loss=last-batch"]
SETS += ["both.optimizer=adam", "numpy.optimizer=adam:beta1=0.8,epsilon=1e-7", "both.optimizer=rmsprop:alpha=0.9"]
SETS += ["numpy.moments=reset", "both.moments=new-optimizer", "numpy.momentum=averaged-0.5"]
SETS += ["numpy.bias_correction=from-zero", "numpy.epsilon_at=inside", "both.schedule=cosine"]
SETS += ["numpy.schedule=inverse:decay=0.1,per=batch", "both.clipping=norm:1", "numpy.clipping=value:0.001"]
SETS += ["both.learning_rate=0.1", "pytorch.learning-rate=0.6", "numpy.momentum=0.5", "both.weight_decay=0.01"]
BAD_SETS = [
    "numpy",
    "numpy.",
    "numpy.bias",
    "numpy.bias=",
    ".bias=yes",
    "=",
    "jax.bias=yes",
    "numpy.bias=yes=no",
    "numpy..bias=yes",
    "numpy.bias=,",
    "numpy.bias=yes," * 60,
    "numpy.reduction=sum,mean",
    "numpy.objective=",
]
BAD_SETS += [
    "both.precision=mixed",
    "numpy.momentum=1.5",
    "numpy.momentum=pytorch-nan",
    "both.momentum=-0",
    "both.momentum=1e-400",
]
SETS += ["pytorch.target_shape=flat", "numpy.start=he", "both.logged=mse", "both.momentum=textbook-nesterov-0.5"]
BAD_SETS += [
    "numpy.target_shape=flat",
    "numpy.momentum=nesterov-0.9-dampened-0.5",
    "both.start=xavier",
    "pytorch.zero_grad=none",
    "numpy.weight_decay=inf",
    "numpy.weight_decay=decoupled-",
    "both.momentum=textbook-0.9-dampened-2",
    "numpy.depth=3",
]
BAD_SETS += [
    "both.batch=0",
    "numpy.batch=1e9",
    "both.order=random",
    "numpy.optimizer=adam:beta1=1",
    "both.optimizer=adamw",
    "both.optimizer=adam:epsilon=1e400",
    "pytorch.epsilon_at=inside",
    "pytorch.bias_correction=none",
    "pytorch.moments=reset",
    "both.momentum=averaged-0.9-dampened-0.5",
    "numpy.schedule=step:every=0",
    "both.schedule=cosine:length=-1",
    "both.clipping=norm:0",
    "numpy.clipping=value:nan",
]

ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity"]
SHARED = {
    "--preset": ([*PRESETS], ["none", "ASKED", "asked,exact"]),
    "--from": (["run.json"], PATHS),
    "--set": (SETS, BAD_SETS),
    "--data": (["xor", "circles", "regression", "clusters", "good.csv", "good.npz", "./good.csv"], PATHS),
    "--targets": (["1"], TARGETS),
    "--inputs": (["1", "all"], [*TARGETS, "all", "all,1", "ALL"]),
    "--header": (["yes", "no"], ["maybe", "YES", "1"]),
    "--missing": (["refuse", "drop"], ["keep", "DROP", "", "drop,refuse"]),
    "--hidden": (["3", "3,2", "none"], LAYERS),
    "--activation": ([*ACTIVATIONS, "relu,tanh"], ["selu", "Tanh", "sigmoid,", ",", "tanh," * 99]),
    "--output-activation": ([*ACTIVATIONS, "softmax"], ["selu", "softmax,softmax"]),
    "--objective": (["squared-error", "cross-entropy", "binary-cross-entropy"], ["mse", "cross_entropy", ""]),
    "--seed": (["0", "7", "18446744073709551615"], NUMBERS),
    "--validation": (["0.2", "20%", "none", "0.5"], ["1", "0", "-0.1", "x", "nan", "1e-9", "99.9%", "%", ""]),
    "--batch-size": (["1", "3", "32", "all", "1,000"], NUMBERS),
    "--optimizer": (
        ["sgd", "adam", "adamw", "rmsprop", "adagrad:start=0.1", "adam:epsilon=1e-7"],
        ["", "adam:", "adam:beta1", "adam:beta1=2", "adamw:", "sgd:beta1=0.9", ":", "adam,rmsprop", "ADAM:EPSILON=0"],
    ),
    "--lr": (["0.3", "1e-3", "1e9"], NUMBERS),
    "--learning-rate": (["0.3"], NUMBERS),
    "--device": (
        ["cpu", "cpu:0"],
        ["cuda:99", "cuda", "mps", "gpu", "cpu:9999", "cuda:-1", "cuda:٣", "CPU", "meta", "cpu "],
    ),
    "--threads": (["1", "2", "auto"], [number for number in NUMBERS if number not in ("0" * 299 + "3",)]),
    "--classes": None,
    "--no-classes": None,
    "--ascii": None,
    "--no-ascii": None,
}
FILES = {"--json": (["new.json", "-"], PATHS), "--force": None}
MEASURES = ["area", "reported", "weights", "epochs", "all"]
OWN = {
    "run": {**FILES, "--fail-over": (["1", "1e-300"], NUMBERS), "-q": None, "--quiet": None},
    "export": {"--force": None},
    "impact": {
        **FILES,
        "--csv": (["new.csv", "-"], PATHS),
        "--differences": (["bias", "bias,precision", "loss_report"], ["depth", "bias,bias", ",", "bias,,", "BIAS"]),
        "--measure": (MEASURES, ["feeling", "area,weights"]),
        "--threshold": (["0.01"], NUMBERS),
        "--toward": (
            ["numpy", "pytorch", "answer", "numpy,bias=pytorch"],
            ["jax", "bias=", "=", "bias=jax", "x=numpy", "numpy,numpy"],
        ),
    },
    "trace": {
        **FILES,
        "--epoch": (["1", "2", "first"], [*NUMBERS, "last", "4", "3"]),
        "--matched-start": None,
        "--operation": (["loss", "layer1-delta"], ["layer9-delta", "layer1", "z1 = X·W1", "layer0-activation"]),
    },
    "diagnose": {
        **FILES,
        "-m": None,
        "--probe": None,
        "--steps": (["6", "20", "10,000"], [*NUMBERS, "5", "10001"]),
        "--names": (["x=X,y=y", "x = X"], ["x", "=", "x=", "=X", "x=X,x=Y", ",", "x=X,,y=Y", "W1=a=b"]),
    },
    "differences": {},
    "presets": {"--ascii": None, "--no-ascii": None},
    "": {},
}
"""Right values and wrong ones; some of the wrong ones are right elsewhere."""

TRAINS = ("run", "export", "impact", "trace", "")
ENVIRONMENTS = [
    {"LANG": "C", "LC_ALL": "C"},
    {"LC_ALL": "POSIX", "LANG": ""},
    {"COLUMNS": "1"},
    {"COLUMNS": "abc", "LINES": "-1"},
    {"COLUMNS": "100000"},
    {"NO_COLOR": "1"},
    {"TERM": "dumb"},
    {"TERM": "\x1b[31m"},
    {"HOME": ""},
    {"HOME": "relative"},
]


def command_line(random):
    """The words after `mlp-tui`."""
    command = random.choice(
        ["run"] * 5
        + ["trace"] * 3
        + ["impact"] * 3
        + ["export"] * 3
        + ["diagnose"] * 2
        + ["differences"] * 2
        + ["presets", "", ""]
    )
    if command == "diagnose":
        known = {**OWN[command], "--ascii": None, "--no-ascii": None}
    else:
        known = {**SHARED, **OWN[command]} if command != "presets" else {**SHARED}
    options = random.sample(sorted(known), random.randint(0, min(4, len(known))))
    absurd = set(random.sample(options, min(len(options), random.choice([0, 0, 1, 1, 2]))))
    words = [command] if command else []
    if command == "export":
        words.append(random.choice(["out"] * 4 + PATHS + NAUGHTY))
    if command == "diagnose":
        words.append(random.choice([*PROGRAMS * 3, *PATHS, *NAUGHTY]))
    if command == "presets" and random.random() < 0.6:
        words.append(random.choice([*PRESETS, *NAUGHTY]))
    if command == "differences" and random.random() < 0.6:
        words.append(random.choice([one.field for one in CATALOGUE] + NAUGHTY))
    for option in options:
        words += _with_value(random, option, known[option], option in absurd)
    if random.random() < 0.2 and command in TRAINS:
        # Of these nothing is too large, so the line stays as it is.
        last = ["--epochs", random.choice([*NUMBERS, *NAUGHTY, "1", "1,000", "0003"])]
        return words + last + (["--seeds", "2"] if command == "impact" else [])
    if random.random() < 0.3:
        for _ in range(random.choice([1, 1, 2, 3])):
            words = _mutated(random, words)
    return words + _short(command)


def _short(command):
    """What keeps a right line short, whatever stands before it."""
    if command == "diagnose":
        return ["--seconds", "2"]
    short = ["--epochs", "3"] if command in TRAINS else []
    return short + (["--seeds", "2"] if command == "impact" else [])


def _with_value(random, option, values, absurd):
    if values is None:
        return [f"{option}=x"] if absurd and random.random() < 0.3 else [option]
    right, wrong = values
    value = random.choice(right)
    if absurd:
        value = random.choice(wrong if random.random() < 0.75 else NAUGHTY)
        if random.random() < 0.15:
            value = random.choice(right) + random.choice(NAUGHTY + NUMBERS)
    return [f"{option}={value}"] if random.random() < 0.2 else [option, value]


def _mutated(random, words):
    words = list(words)
    at = random.randrange(len(words) + 1)
    kind = random.randrange(6)
    if kind == 0 or at == len(words):
        return [*words[:at], random.choice([*NAUGHTY, *SHARED, *OWN, *PATHS]), *words[at:]]
    if kind == 1:
        return words[:at] + words[at + 1 :]
    if kind == 2:
        return words[: at + 1] + words[at:]
    if kind == 3:
        other = random.randrange(len(words))
        words[at], words[other] = words[other], words[at]
        return words
    word, place = words[at], random.randrange(len(words[at]) + 1)
    words[at] = word[:place] + random.choice(["", "-", "=", "x", "\x1b", "é", " "]) + word[place + (kind == 4) :]
    return words


def passable(words):
    """As the kernel would hand them on: no zero bytes, lone surrogates as bytes alone, and none over 128 KiB."""
    kept = []
    for word in words:
        text = word.replace("\0", "")
        try:
            kept.append(os.fsdecode(os.fsencode(text))[:120_000])
        except UnicodeEncodeError:
            kept.append(text.encode("utf-8", "replace").decode())
    return kept
