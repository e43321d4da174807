"""The torture tests: collected only where this folder is named, since they take half an hour.

pytest tests/torture -s -n 0                                  everything, and a table at the end
pytest tests/torture -s -n 0 -k worker --seed 7               one part, with other chances
pytest tests/torture -s -n 0 -k worker --seed 7 --case 123    one case again
pytest tests/torture -s -n 0 --share 0.01                     a hundredth of everything
"""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
IMPORTED = ("__init__", "conftest", "tally")
pytest.register_assert_rewrite(
    *(f"tests.torture.{file.stem}" for file in HERE.glob("*.py") if file.stem not in IMPORTED)
)

from tests.torture.tally import PARTS, Part, table  # noqa: E402


def pytest_addoption(parser):
    group = parser.getgroup("torture")
    group.addoption("--seed", type=int, default=0, help="of everything that is drawn at random")
    group.addoption("--case", type=int, default=None, help="only this one of a part's numbered cases")
    group.addoption("--share", type=float, default=1.0, help="of the cases that are tried")


def pytest_collect_file(file_path, parent):
    """`torture_*.py`, where this folder is asked for; a file that is named itself is collected anyway."""
    config = parent.config
    named = [Path(config.invocation_params.dir, word.partition("::")[0]).resolve() for word in config.args]
    if file_path.match("torture_*.py") and HERE in named and not parent.session.isinitpath(file_path):
        return pytest.Module.from_parent(parent, path=file_path)
    return None


@pytest.fixture
def part(request):
    """This test's count, in the table at the end."""
    option = request.config.getoption
    name = request.node.originalname.removeprefix("test_").replace("_", " ")
    one = Part(name, option("seed", 0), option("share", 1.0), option("case", None))
    PARTS.append(one)
    return one


def pytest_terminal_summary(terminalreporter):
    if PARTS:
        terminalreporter.section("torture")
        for line in table():
            terminalreporter.write_line(line)
