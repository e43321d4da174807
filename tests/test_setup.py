"""Setup, presets and the tour keep what is one's own; keys that come in bursts find their field."""

from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

import engine
from engine.errors import SettingsError
from engine.experiment.presets import PRESETS
from engine.run.tour import TOUR
from tests.driver import LEAST, NARROW, WIDE
from tests.examples import hardest, long, some_of
from tui_app.cli.setup_values import OF_FILES, setup_fields, setup_settings
from tui_app.screens.setup import LABELS, SetupScreen
from tui_app.screens.value import ValueScreen
from tui_app.text.preset_lines import BRINGS, BRINGS_BACK, KEEPS

FIELDS = list(LABELS)
REACHED = [field for field in FIELDS if field not in OF_FILES]
"""By keys, where the data are built in."""


async def test_a_burst_finds_its_field(explorer):
    for field in some_of(["data", "hidden", "epochs", "device", "threads"], 2):
        index = REACHED.index(field)
        await explorer.burst(["o", *["down"] * index, "ctrl+u", "7"])
        values = {name: explorer.app.screen.query_one(f"#{name}").value for name in FIELDS}
        assert values[field] == "7"
        untouched = {name: value for name, value in values.items() if name != field}
        await explorer.press("escape", "o")
        assert untouched == {name: explorer.app.screen.query_one(f"#{name}").value for name in untouched}
        await explorer.press("escape")


@long
async def test_a_burst_goes_back_and_forth_between_fields(explorer):
    # A field that is come back to is selected whole: what is typed takes its place.
    await explorer.burst(["o", "down", "down", "ctrl+u", "8", "down", "up", "9", "tab", "shift+tab", "1", "enter"])
    assert explorer.app.settings.hidden == (1,)


async def test_a_burst_types_a_value(explorer):
    await explorer.press(*["down"] * 4)
    await explorer.burst(["H", "ctrl+u", "0", "full_stop", "enter"])
    assert isinstance(explorer.app.screen, ValueScreen)


async def test_letters_that_open_dialogs_are_typed_in_one(explorer):
    await explorer.burst(["o", "ctrl+u", *"HopeLo"])
    assert isinstance(explorer.app.screen, SetupScreen)
    assert explorer.app.screen.query_one("#data").value == "HopeLo"


async def test_a_device_that_is_not_there_is_said_while_typing(explorer):
    assert explorer.snapshot.devices == ("cpu",)
    before = explorer.app.settings
    await explorer.press("o")
    explorer.app.screen.query_one("#device").value = "cuda"
    await explorer.settle()
    assert explorer.text("#problem") == "PyTorch has no device 'cuda' on this machine; it has cpu."
    await explorer.press("enter")
    assert isinstance(explorer.app.screen, SetupScreen)
    await explorer.press("escape")
    assert explorer.snapshot.settings == explorer.app.settings == before


async def test_a_device_refused_by_the_engine_leaves_the_run_on_screen(explorer):
    before, epoch = explorer.app.settings, explorer.snapshot.epoch
    explorer.app.change_settings(replace(before, device="cuda"))
    await explorer.settle()
    assert explorer.app.settings == explorer.snapshot.settings == before
    assert explorer.snapshot.epoch == epoch > 0
    assert explorer.said == ["PyTorch has no device 'cuda' on this machine; it has cpu."]
    await explorer.press("s")
    assert len(explorer.said) == 1


async def test_presets_keep_ones_own_data_and_say_so(explorer):
    own = replace(explorer.app.settings, data=engine.built_in("moons"), hidden=(3,), seed=7)
    explorer.app.change_settings(own)
    await explorer.settle()
    explorer.app.choose_preset("answer")
    await explorer.settle()
    named = PRESETS["answer"].settings
    assert explorer.snapshot.settings == replace(own, numpy=named.numpy, pytorch=named.pytorch)
    assert explorer.said == [
        "answer on moons 60x2→1 · 2-3-1 sigmoid · seed 7: data, layers, epochs and seed stay as set."
    ]


async def test_a_family_brings_what_is_its_own_and_says_so(explorer):
    own = replace(explorer.app.settings, data=engine.built_in("circles"), hidden=(3,), seed=7, threads=1)
    explorer.app.change_settings(own)
    await explorer.settle()
    explorer.app.choose_preset("mnist-video")
    await explorer.settle()
    assert explorer.app.settings == replace(PRESETS["mnist-video"].settings, threads=1)
    said = "mnist-video brings digits 1797x64→10 · 64-10-10 relu → softmax · seed 0, 500 epochs"
    assert explorer.said == [f"{said}."]
    # What a family has brought is nobody's own, whatever the seed: what was there before comes back.
    await explorer.press("R")
    explorer.app.choose_preset("course")
    explorer.app.choose_preset("answer")
    await explorer.settle()
    answer = PRESETS["answer"].settings
    assert explorer.app.settings == replace(own, numpy=answer.numpy, pytorch=answer.pytorch)
    said = "answer on circles 60x2→1 · 2-3-1 sigmoid · seed 7: data, layers, epochs and seed as before."
    assert explorer.said[2:] == [said]


async def test_the_presets_dialog_says_what_becomes_of_data_and_layers(explorer):
    def words():
        return explorer.text("#words")

    await explorer.press("p")
    assert words() == KEEPS
    await explorer.press("escape")
    explorer.app.choose_preset("course")
    await explorer.press("p")
    assert words() == BRINGS_BACK
    await explorer.press("escape")
    explorer.app._before_family = None
    await explorer.press("p")
    assert words() == BRINGS
    await explorer.press("escape")
    explorer.app.choose_preset("answer")
    assert explorer.app.settings == replace(PRESETS["answer"].settings, threads=explorer.app.settings.threads)


@long
async def test_a_family_on_ones_own_file_says_how(explorer, tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n0,1\n1,0\n")
    explorer.app.change_settings(replace(explorer.app.settings, data=engine.load(str(tmp_path / "own.csv"))))
    await explorer.settle()
    explorer.app.choose_preset("layer-classes")
    await explorer.settle()
    assert explorer.app.settings == PRESETS["layer-classes"].settings
    assert explorer.said[-1].endswith("10,000 epochs. On your own data: --preset layer-classes --data FILE.")


async def test_the_last_step_of_the_tour_points_to_the_families(explorer):
    await explorer.press("t", *"n" * 7)
    said = str(explorer.app.query_one("#tour Static").render())
    assert said.endswith("Then  p has the networks that you probably learnt it from.")
    await explorer.press("b")
    assert "Then  " not in str(explorer.app.query_one("#tour Static").render())


async def test_a_preset_that_makes_precision_mixed_says_so():
    assert "mixed" in PRESETS["same-weights"].summary
    step = next(step for step in TOUR if step.title == "The same weights")
    assert "precision becomes mixed" in step.changed
    assert step.settings.numpy.precision is engine.Precision.MIXED


async def test_the_tour_gives_ones_own_settings_back(explorer):
    own = replace(explorer.app.settings, data=engine.built_in("moons"), hidden=(3,))
    own = own.with_side(engine.SideName.PYTORCH, momentum="0.5")
    explorer.app.change_settings(own)
    await explorer.settle()
    await explorer.press("t", "n")
    assert explorer.app.settings == TOUR[1].settings
    assert explorer.said == ["The tour trains its own networks; your settings come back after it."]
    await explorer.press("escape")
    assert explorer.snapshot.settings == explorer.app.settings == own


@long
@pytest.mark.parametrize("explorer", [("asked", NARROW)], indirect=True)
async def test_the_tour_begins_on_curves(explorer):
    await explorer.press("x", "t")
    assert explorer.app._view == "curves"


async def test_the_tour_leaves_its_own_step_where_nothing_of_ones_own_was_before(explorer):
    await explorer.press("t", "n", "n", "n", "n", "n")
    number = explorer.snapshot.number
    await explorer.press("escape")
    assert explorer.snapshot.settings == TOUR[5].settings
    assert explorer.snapshot.number == number
    assert explorer.said == []


@pytest.mark.parametrize(
    "explorer", [("asked", size) for size in hardest([WIDE, (118, 30), NARROW, LEAST])], indirect=True
)
async def test_the_tour_is_read_on_curves_at_every_size(explorer):
    await explorer.press("t")
    app = explorer.app
    assert app._view == "curves"
    for step in TOUR:
        panel, text = app.query_one("#tour"), app.query_one("#tour Static")
        happened = step.happened(explorer.snapshot.curves, explorer.snapshot.comparison)
        for part in (step.changed, step.expect, happened):
            assert part in str(text.render())
        # All of it can be read: what does not fit is scrolled to.
        assert panel.content_region.height >= 6
        assert panel.content_region.height + panel.max_scroll_y >= text.size.height
        assert app.query_one("#loss-chart").region.height >= 5
        await explorer.press("pagedown", "pagedown", "pagedown")
        assert panel.scroll_offset.y == panel.max_scroll_y
        await explorer.press("n")


@pytest.mark.parametrize("explorer", [("asked", size) for size in hardest((WIDE, NARROW, LEAST))], indirect=True)
async def test_a_verdict_is_never_cut(explorer):
    for name in some_of(PRESETS, 3):
        explorer.app.choose_preset(name)
        await explorer.settle()
        for key in "cwd":
            await explorer.press(key)
            panel, text = explorer.app.query_one("#verdict"), explorer.app.query_one("#verdict Static")
            assert text.size.height <= panel.content_region.height
            assert panel.region.bottom <= explorer.app.query_one("KeyFooter").region.y, (name, key)
            assert explorer.snapshot.verdict.headline in str(text.render())


@pytest.mark.parametrize("explorer", [("asked", size) for size in hardest([(118, 20), NARROW, LEAST])], indirect=True)
async def test_the_tour_is_read_on_every_tab(explorer):
    await explorer.press("t")
    for key in "cwfTIx":
        await explorer.press(key)
        assert explorer.app.query_one("#tour").content_region.height >= 4, key


@pytest.mark.parametrize(
    "explorer", [("asked", size) for size in hardest([(150, 20), (118, 20), LEAST])], indirect=True
)
async def test_an_explanation_has_lines_on_a_low_screen(explorer):
    if explorer.app._view != "differences" and explorer.app.size.width < 118:
        await explorer.press("d")
    assert explorer.app.query_one("#why").content_region.height >= 3


async def has_read(explorer):
    for _ in range(100):
        await explorer.settle()
        if "reading" not in explorer.text("#problem"):
            break


async def test_what_was_guessed_of_a_file_is_said(explorer, tmp_path):
    file = tmp_path / "commas.csv"
    file.write_text("1,5;2\n2,5;3\n")
    await explorer.press("o")
    explorer.app.screen.query_one("#data").value = str(file)
    await has_read(explorer)
    assert "'1,5' is 1.5" in explorer.text("#problem")
    await explorer.press("enter")
    assert explorer.app.settings.data.samples == 2


async def typed(explorer, **values):
    """The open dialog with these fields, once it has read them."""
    for field, value in values.items():
        explorer.app.screen.query_one(f"#{field}").value = value
    await has_read(explorer)


async def test_what_is_read_of_a_file_is_chosen(explorer, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("id,length,name,width,price\n" + "".join(f"{row},{row % 4},bob,,{row % 3}.5\n" for row in range(9)))
    await explorer.press("o")
    await typed(explorer, data=str(file))
    assert "line 2, column 3: 'bob' is not a number" in explorer.text("#problem")
    await typed(explorer, inputs="length,nosuch")
    said = "there is no column 'nosuch'; its columns are id, length, name, width, price, or 1 to 5."
    assert explorer.text("#problem").endswith(said)
    await typed(explorer, inputs="length,price")
    assert "--inputs names 'price', which is the target" in explorer.text("#problem")
    await typed(explorer, inputs="length,width")
    assert "line 2, column 4: is empty" in explorer.text("#problem")
    await typed(explorer, missing="drop")
    assert "not one of 9 rows has every value" in explorer.text("#problem")
    await typed(explorer, missing="keep")
    assert explorer.text("#problem") == "missing cannot be 'keep'; it is one of refuse, drop."
    await typed(explorer, missing="drop", targets="1", inputs="length,price")
    assert explorer.text("#problem") == ""
    await explorer.press("enter")
    data = explorer.app.settings.data
    assert (data.targets, data.input_columns, data.missing.value) == (("1",), ("length", "price"), "drop")
    assert data.X.tolist() == [[row % 4, row % 3 + 0.5] for row in range(9)]
    await explorer.press("o")
    values = {name: explorer.app.screen.query_one(f"#{name}").value for name in OF_FILES}
    assert values == {"targets": "1", "inputs": "length,price", "missing": "drop", "classes": "auto"}
    await typed(explorer, inputs="", missing="", targets="price")
    assert "'bob' is not a number" in explorer.text("#problem")


async def test_the_columns_of_a_file_are_offered(explorer, tmp_path):
    file = tmp_path / "table.csv"
    long, comma = "x" * 31, '"a, b"'
    file.write_text(f"id,length,{comma},{long},width\n" + "".join(f"{row},2,3,4,{row % 3}\n" for row in range(3)))
    explorer.app.change_settings(replace(explorer.app.settings, data=engine.load(str(file))))
    await explorer.settle()
    await explorer.press("o")
    screen = explorer.app.screen
    targets, inputs = screen.query_one("#targets"), screen.query_one("#inputs")
    # What is taken is shown, and a key writes it out.
    assert (targets.value, targets.placeholder) == ("", "width")
    assert (inputs.value, inputs.placeholder) == ("", "length,3,4")
    await explorer.press("down", "down", "right")
    assert inputs.value == "length,3,4"
    await has_read(explorer)
    assert explorer.text("#problem") == ""
    await explorer.press("end", *["backspace"] * 3, *"wi")
    assert inputs._suggestion == "length,width"
    await explorer.press("right")
    await has_read(explorer)
    assert "--inputs names 'width', which is the target" in explorer.text("#problem")
    await typed(explorer, targets="1")
    await explorer.press("enter")
    data = explorer.app.settings.data
    assert (data.input_columns, data.targets) == (("length", "width"), ("1",))
    assert data.X.tolist() == [[2, 0], [2, 1], [2, 2]]


@pytest.mark.parametrize("explorer", [("asked", size) for size in hardest((NARROW, LEAST))], indirect=True)
async def test_every_field_is_reached_and_seen_also_on_a_low_screen(explorer, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("a,b,c\n1,2,3\n4,5,6\n")
    explorer.app.change_settings(replace(explorer.app.settings, data=engine.load(str(file))))
    await explorer.settle()
    await explorer.press("o")
    screen = explorer.app.screen
    lines = screen.query_one("#setup VerticalScroll")
    for key, fields in (("down", FIELDS), ("up", FIELDS[::-1])):
        for place, field in enumerate(fields):
            await explorer.press(*[key] * (place > 0))
            assert screen.focused.id == field
            assert lines.region.contains_region(screen.focused.region), field


@long
async def test_many_columns_are_counted(explorer, tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text(",".join(f"pixel {place}" for place in range(99)) + "\n" + ",".join("5" * 99) + "\n")
    await explorer.press("o")
    await typed(explorer, data=str(file))
    inputs = explorer.app.screen.query_one("#inputs")
    assert (inputs.placeholder, inputs.value) == ("98 columns", "")
    inputs.focus()
    await explorer.press("right")
    assert inputs.value == ""


@long
async def test_built_in_data_have_no_columns_to_choose(explorer, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("a,b,c\n1,2,3\n4,5,6\n")
    await explorer.press("o")
    fields = [explorer.app.screen.query_one(f"#{name}") for name in OF_FILES]
    assert all(field.disabled for field in fields)
    await typed(explorer, data=str(file), inputs="a", classes="no")
    assert not any(field.disabled for field in fields)
    await typed(explorer, data="moons")
    assert all(field.disabled for field in fields)
    assert explorer.text("#problem") == ""
    await explorer.press("enter")
    assert explorer.app.settings.data == engine.built_in("moons")


@long
async def test_an_archive_has_no_columns_to_name(explorer, tmp_path):
    np.savez(tmp_path / "data.npz", X=np.ones((3, 2)), Y=np.arange(3.0))
    await explorer.press("o")
    await typed(explorer, data=str(tmp_path / "data.npz"))
    assert explorer.text("#problem") == ""
    await typed(explorer, inputs="1")
    said = "data.npz: its arrays X and Y are the inputs and the targets; --inputs goes with a CSV file."
    assert explorer.text("#problem").endswith(said)


@pytest.mark.parametrize("explorer", [("asked", LEAST)], indirect=True)
async def test_no_title_of_a_dialog_is_cut(explorer):
    for key in ("o", "p", "e", "question_mark", "slash", "enter", "H"):
        await explorer.press(key)
        for frame in explorer.app.screen.query(".dialog"):
            for title in (frame.border_title, frame.border_subtitle):
                assert cell_len(str(title or "")) <= frame.region.width - 6, (key, title)
        await explorer.press("escape")


@pytest.mark.parametrize("explorer", [("asked", size) for size in hardest((WIDE, NARROW, LEAST))], indirect=True)
async def test_labels_are_classes_and_it_is_said_whole(explorer, tmp_path):
    file = tmp_path / "labels.csv"
    names = [f"[red]{number} of twenty-four letters" for number in range(9)]
    file.write_text("x,kind\n" + "".join(f"{row},{name}\n" for row, name in enumerate(2 * names)))
    await explorer.press("o")
    explorer.app.screen.query_one("#data").value = str(file)
    await has_read(explorer)
    problem = explorer.app.screen.query_one("#problem")
    assert explorer.text("#problem").startswith("kind holds 9 classes: [red]0 of twenty-fo…, [red]1 of twenty-fo…, ")
    assert explorer.text("#problem").endswith("and 4 more; each is a column of 0 and 1.")
    assert problem.size.height * problem.size.width >= len(explorer.text("#problem"))
    assert explorer.app.screen.query_one("#setup").content_region.contains_region(problem.region)
    await explorer.press("enter")
    assert explorer.app.settings.data.classes == tuple(names)


async def test_whether_targets_are_classes_is_chosen(explorer, tmp_path):
    file = tmp_path / "numbers.csv"
    file.write_text("".join(f"0.5,{row % 3}\n" for row in range(15)))
    await explorer.press("o")
    screen = explorer.app.screen
    screen.query_one("#data").value = str(file)
    await has_read(explorer)
    assert explorer.text("#problem").startswith("column 2 holds the whole numbers 0 to 2: numbers, unless")
    for typed, said in (("maybe", "classes cannot be 'maybe'; it is auto, yes, no."), ("no", ""), ("yes", "")):
        screen.query_one("#classes").value = typed
        await has_read(explorer)
        assert explorer.text("#problem") == said
    await explorer.press("enter")
    assert explorer.app.settings.data.classes == ("0", "1", "2")
    await explorer.press("o")
    assert explorer.app.screen.query_one("#classes").value == "yes"
    explorer.app.screen.query_one("#classes").value = "auto"
    await has_read(explorer)
    await explorer.press("enter")
    assert explorer.app.settings.data.classes == ()
    assert explorer.app.settings.data.outputs == 1


@pytest.mark.parametrize(
    ("typed", "sizes", "shown"),
    [
        ("2", (2, 2), "2"),
        ("all", ("all", "all"), "all"),
        ("3 / all", (3, "all"), "3/all"),
        ("1/2", (1, 2), "1/2"),
        ("1,000", (1000, 1000), "1000"),
    ],
)
def test_a_batch_size_is_typed_for_both_sides_or_for_each(typed, sizes, shown):
    settings = engine.preset("exact")
    found = setup_settings(settings, setup_fields(settings) | {"batch": typed})
    assert (found.numpy.batch, found.pytorch.batch) == sizes
    assert setup_fields(found)["batch"] == shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "1/2/3",
            "batch size cannot be '1/2/3'; it is all, or a whole number from 1 to 1,000,000,000, or two",
        ),
        ("", "batch size cannot be ''"),
        ("0", "numpy.batch cannot be '0'; it is all, or a whole number from 1 to 1,000,000,000."),
        ("2/x", "pytorch.batch cannot be 'x'; it is all, or a whole number from 1 to 1,000,000,000."),
    ],
)
def test_a_batch_size_that_cannot_be_is_said(typed, said):
    settings = engine.preset("exact")
    with pytest.raises(SettingsError) as caught:
        setup_settings(settings, setup_fields(settings) | {"batch": typed})
    assert str(caught.value).startswith(said)
