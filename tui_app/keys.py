"""Every action a person can take: its key, its name and what it does. The footer, the help screen, the command
palette and the README's table are made from this.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    """One action. `keys` as Textual names them, `shown` as a person reads them; `footer` if it is in the footer."""

    keys: str
    shown: str
    action: str
    title: str
    help: str
    footer: bool = False
    priority: bool = False
    """Before the focused widget's own use of the key."""

    @property
    def binding(self) -> Binding:
        """The Textual binding."""
        return Binding(
            self.keys,
            self.action,
            self.title,
            show=self.footer,
            priority=self.priority,
            key_display=self.shown.split()[0],
        )


KEYS: tuple[Key, ...] = (
    Key("space", "space", "run_or_pause", "run", "run or pause; once finished, run again", footer=True),
    Key("s", "s", "step(1)", "step", "train one epoch, then pause", footer=True),
    Key("S", "S", "step(100)", "step 100", "train a hundred epochs, then pause"),
    Key("B", "B", "step_batch", "step one batch", "train on one batch, then pause; s goes on to the end of the epoch"),
    Key("r", "r", "restart", "rerun", "start again with the same seed", footer=True),
    Key("R", "R", "new_seed", "new seed", "start again with the next seed"),
    Key(
        "m",
        "m",
        "switch('pytorch')",
        "match",
        "make the selected difference equal, toward PyTorch; pressed again, make it differ",
        footer=True,
    ),
    Key("M", "M", "switch('numpy')", "match to hand-written", "the same, toward the hand-written side"),
    Key("a", "a", "match_all('pytorch')", "all", "make every difference equal, toward PyTorch", footer=True),
    Key("A", "A", "match_all('numpy')", "all to hand-written", "the same, toward the hand-written side"),
    Key("up,k", "↑ k", "select(-1)", "up", "select the difference above"),
    Key("down,j", "↓ j", "select(1)", "down", "select the difference below"),
    Key("left", "←", "change('numpy')", "change by hand", "next value of the selected difference, by hand"),
    Key("right", "→", "change('pytorch')", "change PyTorch", "next value of the selected difference, PyTorch"),
    Key(
        "H,shift+left",
        "H",
        "type('numpy')",
        "type by hand",
        "type the selected difference's value, by hand",
    ),
    Key(
        "L,shift+right",
        "L",
        "type('pytorch')",
        "type PyTorch",
        "type the selected difference's value, PyTorch",
    ),
    Key("enter", "enter", "values", "values", "list the values of the selected difference, and what they mean"),
    Key("slash", "/", "find", "find", "find a difference, or one of its values, by a few letters", footer=True),
    Key("pagedown", "pgdn", "scroll_why(1)", "read on", "scroll the explanation down"),
    Key("pageup", "pgup", "scroll_why(-1)", "read back", "scroll the explanation up"),
    Key("p", "p", "presets", "presets", "choose a named experiment", footer=True),
    Key(
        "o",
        "o",
        "setup",
        "setup",
        "choose data, layers, activations, epochs, seed, rates, batch size, device and threads",
    ),
    Key("t", "t", "tour", "tour", "walk the question's path step by step, or leave it"),
    Key("n", "n", "tour_step(1)", "next step", "in the tour, the next step"),
    Key("b", "b", "tour_step(-1)", "step back", "in the tour, the step before"),
    Key("d", "d", "view('differences')", "Differences", "show the differences"),
    Key("c", "c", "view('curves')", "Curves", "show the loss curves and their gap"),
    Key("w", "w", "view('weights')", "Weights", "show the weights of both sides and Δ"),
    Key("f", "f", "view('predictions')", "Predictions", "show what both networks answer"),
    Key("T", "T", "view('step')", "Step", "open up one training step: every operation of both sides"),
    Key("I", "I", "impact", "Impact", "show how much each difference matters; pressed again, measure these settings"),
    Key("x", "x", "view('code')", "Code", "show the two programs"),
    Key("X", "X", "view('diagnosis')", "Diagnosis", "show what was found of the program that was diagnosed"),
    Key("tab", "tab", "next_view", "next tab", "show the next tab", priority=True),
    Key("l", "l", "log", "log/linear", "loss axis logarithmic or linear"),
    Key("comma", ",", "cursor(-1)", "cursor left", "put the cursor on an earlier epoch and show what was there"),
    Key("full_stop", ".", "cursor(1)", "cursor right", "put the cursor on a later epoch"),
    Key("less_than_sign", "<", "cursor_epoch(-1)", "one epoch left", "the cursor one epoch back"),
    Key("greater_than_sign", ">", "cursor_epoch(1)", "one epoch right", "the cursor one epoch on"),
    Key("left_curly_bracket", "{", "cursor_batch(-1)", "one batch left", "in Step, open the batch before"),
    Key("right_curly_bracket", "}", "cursor_batch(1)", "one batch right", "in Step, open the next batch"),
    Key("escape", "esc", "no_cursor", "no cursor", "leave the tour, or take the cursor and the zoom away"),
    Key("z", "z", "zoom(1)", "zoom in", "draw half as many epochs, around the cursor"),
    Key("Z", "Z", "zoom(-1)", "zoom out", "draw twice as many epochs"),
    Key("left_square_bracket", "[", "pan(-1)", "pan left", "draw earlier epochs"),
    Key("right_square_bracket", "]", "pan(1)", "pan right", "draw later epochs"),
    Key("P", "P", "pin", "pin", "keep this run's curves on the charts, or take them off"),
    Key("i", "i", "initial", "initial weights", "show the weights at the start, or as they are now"),
    Key("h", "h", "histogram", "histograms", "show weights as histograms, or a step's growing gap; or the table again"),
    Key("u", "u", "unit", "unit of Δ", "count gaps absolute, relative, or in ULPs; in Impact, measure another gap"),
    Key("g", "g", "first_difference", "first difference", "go to the step in which an operation first differs"),
    Key("v", "v", "matched_start", "matched start", "open the step from NumPy's weights on both sides, or not"),
    Key("D", "D", "reason", "the reason", "select the difference that makes the open step differ, or the run diverge"),
    Key("plus,equals_sign", "+", "speed(1)", "faster", "train faster: 10, 100, 1000 epochs a second, full speed"),
    Key("minus", "-", "speed(-1)", "slower", "train slower"),
    Key("y", "y", "copy", "copy command", "copy the command line that opens these settings again"),
    Key(
        "e",
        "e",
        "export",
        "export",
        "write programs, losses, weights, report and picture into a folder",
    ),
    Key(
        "question_mark,f1",
        "?",
        "help",
        "help",
        "explain the screen and list every key",
        footer=True,
    ),
    Key("ctrl+z", "^z", "suspend_process", "suspend", "go back to the shell for a while; fg brings it back"),
    Key("q,ctrl+c", "q", "quit", "quit", "leave", footer=True),
)
"""In the order of the help screen."""
