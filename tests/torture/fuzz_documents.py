"""Documents and remembered settings: right ones with fields that are missing, of another type, doubled or unknown."""

import json
import os
from copy import deepcopy

NESTED = {"list": "[" * 100_000, "object": '{"settings":' * 50_000, "both": '[{"a":' * 3000 + "1" + "}]" * 3000}
VALUES = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2,
    3,
    1.5,
    -0.0,
    1e308,
    1e-400,
    float("nan"),
    float("inf"),
    10**30,
    10**400,
    2**63,
    2**64,
]
VALUES += [
    "",
    " ",
    "1",
    "x",
    "\x1b[31m",
    "\x1b]0;t\x07",
    "a\nb",
    "\u202e",
    "\ud800",
    "\0",
    "x" * 100_000,
    "1e309",
    "nan",
    "9" * 5000,
]
VALUES += [
    [],
    {},
    [[]],
    [{}],
    [None],
    [1],
    ["a"],
    [[1, 2], [3]],
    [[1, 2], [3, "x"]],
    [[float("nan"), 1]],
    {"a": 1},
    [[1e308] * 2] * 4,
]
VALUES += [
    [0] * 5000,
    [[[[[[1]]]]]],
    "float64",
    "mixed",
    "sigmoid",
    "cuda:99",
    "mps",
    "pytorch-0.5-dampened-0.125",
    "0.9",
    [3, 2],
]
FIELDS = [
    "format",
    "colour",
    "",
    "settings",
    "numpy",
    "\x1b[31m",
    "\u202e",
    "x" * 10_000,
    "__class__",
    "data",
    "X",
    "epochs",
]
THEMES = [
    "nord",
    "textual-dark",
    "high-contrast",
    "gruvbox",
    "NORD",
    "",
    "pink",
    "\x1b[31m",
    "\u202e",
    "x" * 100_000,
    "nord\n",
    "ansi_color",
]


def document_text(random, texts):
    """The bytes of a document."""
    text = random.choice(texts)
    kind = random.randrange(12)
    if kind == 0:
        return random.choice(
            [b"", b"\0", b"{}", b"[]", b"null", b"NaN", b'"x"', b"1e999", b"-", b"\xff\xfe{}", random.randbytes(300)]
        )
    if kind == 1:
        nested = random.choice([*NESTED.values()])
        return (nested if random.random() < 0.5 else text.replace("0.3", nested, 1)).encode()
    if kind == 2:
        return _mutated_text(random, text).encode("utf-8", "surrogatepass")
    document = json.loads(text)
    for _ in range(random.choice([0, 1, 1, 1, 2, 4])):
        _spoil(random, document)
    written = json.dumps(document, ensure_ascii=random.random() < 0.7)
    if kind == 3:
        written = _doubled(random, written)
    encoding = random.choice(["utf-8"] * 9 + ["utf-8-sig", "utf-16", "utf-32", "latin-1"])
    return written.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


def _places(value, found):
    """Every object and list in it, those of the settings more often."""
    if isinstance(value, (dict, list)):
        found.append(value)
        for one in value.values() if isinstance(value, dict) else value[:3]:
            _places(one, found)
    return found


def _spoil(random, document):
    settings = document.get("settings") if isinstance(document, dict) else None
    place = random.choice(_places(settings if isinstance(settings, dict) and random.random() < 0.8 else document, []))
    if isinstance(place, list):
        if place and random.random() < 0.7:
            place[random.randrange(len(place))] = deepcopy(random.choice(VALUES))
        else:
            place.append(deepcopy(random.choice(VALUES)))
        return
    kind, key = random.randrange(5), random.choice([*place, "none"])
    if kind == 0:
        place.pop(key, None)
    elif kind == 1:
        place[random.choice(FIELDS)] = deepcopy(random.choice(VALUES))
    elif kind == 2 and key in place:
        place[random.choice([key.upper(), f" {key}", f"{key}\0"])] = place.pop(key)
    elif kind == 3 and place is document:
        place["format"] = random.choice([1, 2, 3, 99, 10**30, 2.0, "2", None, True, -1, [2]])
    elif key in place:
        place[key] = deepcopy(random.choice(VALUES))


def _doubled(random, text):
    field = random.choice(
        ['"hidden": [5]', '"seed": 1', '"settings": {}', '"format": 2', '"epochs": 1', '"data": null']
    )
    at = random.choice([place for place, sign in enumerate(text) if sign == "{"])
    return text[: at + 1] + field + ", " + text[at + 1 :]


def _mutated_text(random, text):
    for _ in range(random.choice([1, 1, 3, 10])):
        at, kind = random.randrange(len(text) + 1), random.randrange(4)
        if kind == 0:
            text = text[:at] + text[at + random.choice([1, 1, 10, 1000]) :]
        elif kind == 1:
            text = (
                text[:at]
                + random.choice(['"', "{", "}", "[", "]", ",", ":", "\\", "\\ud800", "1e999", "-", "\0", "é"])
                + text[at:]
            )
        elif kind == 2:
            text = text[:at]
        else:
            text = text.replace(
                random.choice(["0", "true", "null", "0.", "5"]),
                random.choice(["NaN", "1e999", "9" * 5000, "[]", "-"]),
                1,
            )
        if not text:
            return text
    return text


def remembered(random):
    """The bytes of a file of remembered settings."""
    kind = random.randrange(8)
    if kind == 0:
        return random.randbytes(random.choice([0, 1, 100, 999_999]))
    if kind == 1:
        return random.choice(
            [b"a=[" * 50_000, b"a=" + b"[" * 100_000, b"a" + b".a" * 20_000 + b"=1", b"[a]\n[a]\n", b"#" * 1_000_001]
        )
    theme = (
        json.dumps(random.choice(THEMES))
        if kind != 2
        else random.choice(["1", "nan", "true", "[]", "{}", "1979-05-27", '["nord"]', "'nord'", '"""nord"""'])
    )
    text = f"theme = {theme}\n"
    if kind == 3:
        text += random.choice(
            [
                'theme = "nord"\n',
                "x = 1\n",
                "[theme]\n",
                "a = 0x" + "f" * 9000 + "\n",
                "b = 1e999\n",
                "c = 9" + "9" * 9000,
            ]
        )
    if kind == 4:
        text = _mutated_text(random, text)
    content = text.encode(random.choice(["utf-8"] * 6 + ["utf-16", "utf-8-sig", "latin-1"]), "replace")
    return content.replace(b"\n", b"\r\n") if random.random() < 0.1 else content


def config_place(random, folder):
    """Something where the settings are remembered."""
    home, file = folder / "mlp-tui", folder / "mlp-tui" / "config.toml"
    kind = random.randrange(24)
    if kind == 0:
        home.write_text("no folder")
        return
    if kind == 1:
        home.symlink_to("mlp-tui")
        return
    home.mkdir()
    special = {
        2: lambda: os.mkfifo(file),
        3: lambda: file.symlink_to("/dev/zero"),
        4: lambda: file.symlink_to("config.toml"),
        5: file.mkdir,
        6: lambda: file.symlink_to("nowhere/x"),
        7: lambda: (file.write_text('theme = "nord"\n'), file.chmod(0)),
        8: lambda: (file.write_text('theme = "nord"\n'), home.chmod(0)),
        9: lambda: home.chmod(0o500),
        10: lambda: None,
    }
    special.get(kind, lambda: file.write_bytes(remembered(random)))()
