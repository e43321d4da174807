"""Data files: right ones with bytes, cells, lines, headers and members that are not as they should be."""

import io
import os
import pickle
import random as chances
import struct
import zipfile

import numpy as np

CELLS = [
    "",
    " ",
    "x",
    "1_0",
    "nan",
    "inf",
    "-inf",
    "1e309",
    "1e308",
    "-1e308",
    "5e-324",
    "1,5",
    "1.5",
    "1.234,5",
    "1,234.5",
]
CELLS += [
    "9" * 5000,
    "0." + "3" * 5000,
    "0x10",
    "٣",
    "½",
    "−5",
    "1e",
    "--1",
    "+1",
    "1 0",
    "True",
    "None",
    "=1+1",
    "'1",
    '"1"',
]
CELLS += [
    '"1',
    '1"',
    '""',
    '"a,b"',
    "\x1b[31m",
    "\x00",
    "\x1a",
    "\x0c",
    "\x1c1",
    "\u2028",
    "\u202e1",
    "\ufeff1",
    "\U0001f600",
]
DELIMITERS = [*",,,,,,,,;;;;\t\t||", " ", ":", ", "]
ENDS = [*("\n",) * 10, *("\r\n",) * 4, "\r", "\n\n", "\x0b", "\x85", "\u2029"]
ENCODINGS = [*("utf-8",) * 14, "utf-8-sig", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7"]
CODES = [
    "<f8",
    ">f4",
    "<f2",
    "<i8",
    "|u1",
    "|b1",
    "<c16",
    "<M8[s]",
    "<m8",
    "<U3",
    "|S2",
    "|O",
    "|V0",
    "|V8",
    "<f16",
    "<g",
    "x",
    "",
]
SHAPES = [
    "()",
    "(4,)",
    "(4, 2)",
    "(4, 2, 1)",
    "(0, 2)",
    "(4, 0)",
    "(-4, 2)",
    "(412316860416, 1)",
    "(2**60, 2**60)",
    "[4, 2]",
    "4",
]
SHAPES += [
    "(9" + "9" * 60 + ", 1)",
    "(4, 2",
    "(True, 2)",
    "(1.0, 2)",
    "('4', 2)",
    "None",
    "(" + "1, " * 40 + ")",
    "(4, 2)" * 3,
]


class Payload:
    """Leaves a file behind if it is ever unpickled."""

    def __reduce__(self):
        return os.mkdir, ("unpickled",)


LABELS = ["red", " red ", "[red]", "\x1b[31mred", "é漢字🙂", "\u202e", "$(x)", "1", "nan", "c0", "r" * 201, '"a, b"']


def csv_bytes(random):
    """A table, most often with something wrong in it."""
    if random.random() < 0.08:
        return random.randbytes(random.choice([0, 1, 10, 1000, 100_000]))
    columns = random.choice([1, 2, 2, 2, 3, 3, 3, 3, 5, 5000])
    rows = random.choice([0, 1, 2, 2, 5, 5, 5, 20, 200]) if columns < 100 else random.choice([1, 3])
    delimiter, comma = random.choice(DELIMITERS), random.random() < 0.15
    table = [[_cell(random, comma) for _ in range(columns)] for _ in range(rows)]
    if random.random() < 0.3:
        labels = random.choice([LABELS, [f"label {place}" for place in range(30)], ["0", "1", "2"]])
        for row in table:
            row[-1] = random.choice(labels)
    _count_and_lack(random, table)
    header = random.randrange(6)
    if header == 5:
        table.insert(0, [random.choice(["", "id", "Unnamed: 0", "no"]), *(f"c{place}" for place in range(1, columns))])
    elif header == 0:
        table.insert(0, [f"c{column}" for column in range(columns)])
    elif header == 1:
        table.insert(0, [str(1990 + column) for column in range(columns)])
    elif header == 2 and random.random() < 0.3:
        table.insert(
            0, [random.choice(["", "a", "a", "c,d", '"a"', "\x1b[1m", "x" * 10_000, "1"]) for _ in range(columns)]
        )
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        _spoil(random, table)
    text = random.choice(ENDS).join(delimiter.join(row) for row in table) + random.choice(["", "\n", "\n\n", "\r\n"])
    content = text.encode(random.choice(ENCODINGS), "replace")
    return _with_bytes_changed(random, content) if random.random() < 0.25 else content


def _count_and_lack(random, table):
    """A first column that counts, or nearly, and cells without a value."""
    if random.random() < 0.2:
        start, step = random.choice([0, 0, 1, 1, 2]), random.choice([1, 1, 1, 2])
        for place, row in enumerate(table):
            row[0] = str(start + step * place)
    if table and random.random() < 0.2:
        for _ in range(random.choice([1, 3])):
            row = random.choice(table)
            row[random.randrange(len(row))] = random.choice(["", "?", "NA", "NaN", "nan"])


def _cell(random, comma):
    value = random.choice([repr(random.uniform(-1, 1)), str(random.randint(-9, 9)), f"{random.uniform(0, 5):.2f}"])
    return value.replace(".", ",") if comma else value


def _spoil(random, table):
    if not table:
        table.append([random.choice(CELLS)])
        return
    row = random.choice(table)
    kind = random.randrange(6)
    if kind <= 2 and row:
        row[random.randrange(len(row))] = random.choice(CELLS)
    elif kind == 3:
        row.append(random.choice(["", "1", "x"]))
    elif kind == 4 and row:
        row.pop()
    else:
        table.insert(random.randrange(len(table) + 1), random.choice([[], [""], ["# comment"], ["--"], list(row)]))


def _with_bytes_changed(random, content):
    changed = bytearray(content)
    for _ in range(random.choice([1, 1, 3, 20])):
        at = random.randrange(len(changed) + 1)
        kind = random.randrange(4)
        if kind == 0:
            changed[at:at] = random.choice([b"\0", b"\xff", b'"', b"\xef\xbb\xbf", b"\x1b", b",", b"\n", b"_"])
        elif kind == 1 and changed:
            changed[at % len(changed)] = random.randrange(256)
        elif kind == 2:
            del changed[at : at + random.choice([1, 5, 100])]
        else:
            changed[at:at] = changed[: random.choice([1, 50])]
    return bytes(changed)


def npz_bytes(random):
    """An archive, most often with something wrong in it."""
    kind = random.randrange(10)
    if kind == 0:
        return random.randbytes(random.choice([0, 4, 22, 1000]))
    if kind == 1:
        return b"PK\x03\x04" + random.randbytes(200) + b"PK\x05\x06" + random.choice([bytes(18), random.randbytes(18)])
    if kind == 2:
        return npy(random, np.arange(6.0))
    content = _archive(random)
    return _with_bytes_changed(random, content) if random.random() < 0.3 else content


def recording_bytes(random, arrays):
    """An archive of a recorded run, most often with something wrong in it."""
    if random.random() < 0.1:
        return npz_bytes(random)
    names, spoilt = list(arrays), random.choice([*arrays, None])
    if random.random() < 0.2:
        names.remove(random.choice(names))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for name in names:
            array = _spoilt_entries(random, arrays[name]) if name == spoilt else arrays[name]
            written = random.choice([name] * 9 + [f"../{name}", f"{name}@0", "\x1b[31m", name.lower()])
            archive.writestr(f"{written}.npy", npy(random, array, name == spoilt and random.random() < 0.3))
    content = file.getvalue()
    return _with_bytes_changed(random, content) if random.random() < 0.2 else content


def _spoilt_entries(random, array):
    """One array of a recording, other than it was."""
    return random.choice(
        [
            lambda: array[: random.choice([0, 1, 5, 6, 7])],
            lambda: array.astype(random.choice(["f4", "f2", ">f8", "i8", "?", "c16", "U5", "g"])),
            lambda: np.where(array > 0.5, random.choice([np.nan, np.inf, 1e308, 5e-324]), array),
            lambda: array[:, :0],
            lambda: array.reshape(len(array), -1),
            lambda: np.array([Payload()] * len(array), dtype=object),
            lambda: np.zeros((len(array), 3_000)),
            lambda: np.zeros(random.choice([(), (8,), (8, 1), (8, 2, 2, 2), (1,) * 30])),
            lambda: array * random.choice([0, 1e300, -1]),
        ]
    )()


def _archive(random):
    file = io.BytesIO()
    packed = random.choice(
        [zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]
    )
    names = random.choice(
        [["X", "Y"]] * 12 + [["X"], ["Y"], [], ["x", "y"], ["X", "X", "Y"], ["../X", "Y"], ["\x1b[1m", "X"]]
    )
    spoilt = random.choice([*names, None, None]) if names else None
    with zipfile.ZipFile(file, "w", packed) as archive:
        for name in names:
            rows = 4 if random.random() < 0.9 else random.choice([1, 3, 5])
            content = npy(random, _array(random, name, rows, spoilt == name), spoilt == name)
            archive.writestr(random.choice([f"{name}.npy"] * 9 + [name, f"{name}.npy/"]), content)
        if random.random() < 0.1:
            archive.writestr("more.npy", random.choice([b"", bytes(5_000_000), pickle.dumps(Payload())]))
    return file.getvalue()


def _array(random, name, rows, spoilt):
    plain = np.random.RandomState(random.randrange(1000)).uniform(size=(rows, 2 if name == "X" else 1))
    if not spoilt:
        return plain
    return random.choice(
        [
            lambda: plain.astype(
                random.choice(["f4", "f2", ">f8", "i8", "u1", "?", "c16", "M8[s]", "m8[D]", "U5", "S3", "g"])
            ),
            lambda: np.array([[Payload(), 1]] * rows, dtype=object),
            lambda: np.array([random.choice(LABELS) for _ in range(rows)], random.choice(["U", "U", "U3", "O"])),
            lambda: np.array([random.choice(LABELS).encode() for _ in range(rows)], random.choice(["S", "S2"])),
            lambda: np.frombuffer(random.randbytes(8 * rows), random.choice(["<U2", ">U2", "S8", "U1"])),
            lambda: np.eye(rows)[:, : random.choice([rows, 2])],
            lambda: np.zeros(rows, dtype=[("a", "f8"), ("b", "i4")]),
            lambda: np.zeros(random.choice([(), (rows,), (0, 2), (rows, 0), (rows, 2, 2), (1,) * 30, (rows, 3000)])),
            lambda: np.where(plain > 0.5, random.choice([np.nan, np.inf, -np.inf, 1e308, 5e-324]), plain),
            lambda: np.asfortranarray(plain),
            lambda: np.zeros((3_000_000, 20), np.uint8) if random.random() < 0.1 else plain * 1e300,
        ]
    )()


def npy(random, array, spoilt=False):
    """One member, its header perhaps another one."""
    file = io.BytesIO()
    if not spoilt or random.random() < 0.5:
        np.save(file, array, allow_pickle=True)
        return file.getvalue()
    shape, order = random.choice(SHAPES), random.choice(["False", "True", "0", "None"])
    header = f"{{'descr': {random.choice(CODES)!r}, 'fortran_order': {order}, 'shape': {shape}, }}"
    header = random.choice(
        [header] * 6 + [header[:-9], "", "[" * 90, "__import__('os').mkdir('unpickled')", "{'descr': [('a', '<f8')]}"]
    )
    text = header.encode("latin-1").ljust(random.choice([117, 117, 300])) + b"\n"
    version = random.choice([b"\x01\x00"] * 6 + [b"\x02\x00", b"\x03\x00", b"\x09\x09", b"\x00\x00"])
    size = struct.pack(
        "<H" if version == b"\x01\x00" else "<I", random.choice([len(text)] * 6 + [0, 65_535, len(text) + 9])
    )
    tail = random.choice([array.tobytes() if array.dtype.kind != "O" else b"", bytes(64), b"", pickle.dumps(Payload())])
    return b"\x93NUMPY" + version + size + text + tail


def bomb(path):
    """Sixty million numbers in some thousand bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("X.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (200_000_000, 1)})
        for _ in range(200):
            file.write(bytes(1_000_000))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("Y.npy", npy(chances.Random(0), np.zeros(4)))
