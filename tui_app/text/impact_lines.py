"""A measured impact as sentences: what was measured, one difference in full, what follows. Tab and command share them.

The rows with their bars are `impact_rows.py`'s.
"""

from __future__ import annotations

from engine.errors import InputError
from engine.experiment.choices import SideName
from engine.experiment.discrepancies.base import listed
from engine.experiment.toward import ANSWER
from engine.impact.block import true_loss
from engine.impact.effects import NEGLIGIBLE, Effect, Effects, against_the_answer, conclusion, in_the_answer, so_far
from engine.impact.fitted import Expected
from engine.impact.study import SEEDS, THRESHOLD, Impact, Measure, Plan
from engine.number_text import number
from tui_app.cli.options import command_line
from tui_app.text.lines import ADDS, DIM, HIDES, STRONG, Line

SHOWN_PAIRS = 3
DIGITS = 3
NOTHING_TO_MEASURE = "no difference is left, so there is nothing to measure"
OTHERWISE = "The answer matches some of them otherwise"
PROVISIONAL = "These are the numbers so far: at the end they may be others, and nothing follows from them yet."


def scope(impact: Impact, stopped: bool = False) -> str:
    """What was measured, in a line; `stopped` where it is not finished and goes no further."""
    if not impact.finished:
        return so_far(impact) + ("; stopped" if stopped else "")
    return f"{combinations(impact.plan, len(impact.seeds))}, {impact.epochs:,} epochs"


def combinations(plan: Plan, seeds: int) -> str:
    """'32 combinations x 20 seeds', '1,024 sampled combinations x 3 seeds'."""
    count, sampled = len(plan.members.combinations), "sampled " if plan.members.sampled else ""
    return f"{count:,} {sampled}combination{'s' * (count != 1)} x {seeds:,} seed{'s' * (seeds != 1)}"


def expectation(plan: Plan, expected: Expected) -> str:
    """How long it takes, before it is done; and what was shortened."""
    text = f"{combinations(plan, len(plan.seeds))}, {plan.settings.epochs:,} epochs: {about(expected.seconds)}"
    return f"{text}. {shortening(plan, expected)}".strip()


def left_out(plan: Plan) -> str:
    """What 'all' leaves out; may be empty."""
    names = [one.title.lower() for one in plan.left_out]
    return f"Left out, without effect or impossible beside the others: {listed(names)}." if names else ""


def shortening(plan: Plan, expected: Expected) -> str:
    """What was asked for and would have taken too long; may be empty."""
    if not expected.shortened(plan):
        return ""
    asked = expected.asked
    return (
        f"All {len(asked.seeds):,} seeds and {asked.settings.epochs:,} epochs would take "
        f"{about(expected.asked_seconds)}."
    )


def about(seconds: float) -> str:
    """'about 40 s', 'about 12 min', 'about 3 h'."""
    if seconds < 1:
        return "less than a second"
    unit, length = next((pair for pair in (("h", 3600), ("min", 60)) if seconds >= 2 * pair[1]), ("s", 1))
    return f"about {seconds / length:,.0f} {unit}"


def details(effect: Effect, found: Effects) -> list[Line]:
    """One difference in full."""
    low, high = effect.spread
    colon = ":" if found.finished else ", so far:"
    sampled = f", sampled, standard error {number(effect.standard_error, 2)}" if found.sampled_orders else ""
    lines: list[Line] = [
        [(f"{effect.discrepancy.title}{colon} ", STRONG), (f"share {_number(effect.share)}{sampled}", "")],
        [(effect.values, DIM)],
        [(f"over {found.seeds} seed{'s' * (found.seeds != 1)} {_number(low)} to {_number(high)}", DIM)],
        [(f"{_alone(effect)}; {_when_matched(effect)}", "")],
    ]
    if effect.weights_held is not None:
        share = _number(float(effect.weights_held.mean()))
        lines.append([(f"with the weights held equal its share is {share}; it also shifts their draws", "")])
    if effect.worse_when_matched:
        lines.append(
            [(f"matching it alone makes the gap larger at {effect.worse_when_matched} of {found.seeds} seeds", HIDES)]
        )
    if effect.plot_only:
        lines.append([("it moves only the plotted number, never the weights", DIM)])
    if effect.discrepancy.answers_order is not None and found.as_the_answer:
        lines.append([(f"number {effect.discrepancy.answers_order} in the answer's order", DIM)])
    return lines


def _alone(effect: Effect) -> str:
    alone = float(effect.alone.mean())
    if alone < 0:
        return f"alone it makes the gap smaller by {_number(-alone)}"
    return f"alone it makes a gap of {_number(alone)}"


def _when_matched(effect: Effect) -> str:
    removed = float(effect.removed.mean())
    if effect.unmoved_when_matched:
        return "matched alone, it leaves the gap as it is, but for rounding"
    return f"matched alone, the gap {'shrinks' if removed > 0 else 'grows'} by {_number(abs(removed))}"


def pairs(found: Effects) -> list[Line]:
    """The strongest interactions."""
    lines: list[Line] = []
    for pair in found.pairs[:SHOWN_PAIRS]:
        if abs(pair.value) > NEGLIGIBLE * found.largest:
            together = "strengthen each other" if pair.value > 0 else "work against each other"
            names = f"{pair.first.title.lower()} and {pair.second.title.lower()}"
            sign, role = ("+", ADDS) if pair.value > 0 else ("", HIDES)
            lines.append([(f"{names} {together} ", ""), (f"{sign}{_number(pair.value)}", role)])
    return lines


def epochs_line(impact: Impact) -> Line:
    """When each side is under the threshold, with all differences in."""
    last = impact.epochs
    texts = []
    for side in SideName:
        reached = impact.epochs_to_threshold[side][-1]
        later = int((reached > last).sum())
        median = sorted(reached.tolist())[len(reached) // 2]
        when = f"after {median:,.0f} epochs" if median <= last else f"not within {last:,} epochs"
        texts.append(f"{side.adjective} {when}" + (f" (at {later} of {len(reached)} seeds not)" if later else ""))
    which = "cross-entropy" if true_loss(impact.plan.settings).of_probabilities else "true MSE"
    loss = f"{which[0].upper()}{which[1:]}" if impact.finished else f"So far: {which}"
    return [(f"{loss} under {impact.plan.threshold:g}, median: {', '.join(texts)}.", DIM)]


def gap_line(found: Effects) -> Line:
    """The gap that is shared out."""
    gap = "gap" if found.finished else "gap so far"
    return [(f"{gap} {_number(found.whole)} with all differences, {_number(found.rest)} with none", "")]


def prose(impact: Impact, found: Effects) -> list[Line]:
    """What follows, the answer's order, and what was left out; before all is measured, that nothing follows yet."""
    concluded = conclusion(found)
    lines: list[Line] = [[(concluded, STRONG)] if concluded is not None else [(PROVISIONAL, DIM)]]
    if answer := against_the_answer(found):
        lines.append([(answer, "")])
    elif found.finished and not found.as_the_answer and len(in_the_answer(found)) > 1:
        command = as_the_answer(impact.plan, found.measure)
        lines.append([(f"{OTHERWISE}." if command is None else f"{OTHERWISE}; to measure it so: {command}", DIM)])
    if impact.diverged:
        count = len(impact.diverged)
        seeds = f"{count} seed{'s' * (count > 1)}"
        left_out = found.seeds < len(impact.seeds)
        treated = f"its {seeds} are left out" if left_out else "its loss is held at the last finite"
        lines.append([(f"At {seeds} some combination diverges; {treated}.", DIM)])
    return lines


def as_the_answer(plan: Plan, measure: Measure) -> str | None:
    """The command that measures the same as the answer matches it; none where no option names the data.

    Only what is measured differs in a plan's settings, so the differences need not be named.
    """
    given = {
        "--seeds": (len(plan.seeds), SEEDS),
        "--measure": (measure.value, Measure.AREA.value),
        "--threshold": (plan.threshold, THRESHOLD),
    }
    words = [word for option, (value, usual) in given.items() if value != usual for word in (option, str(value))]
    try:
        return command_line(plan.settings, "impact", [*words, "--toward", ANSWER])
    except InputError:
        return None


def nothing_left(impact: Impact) -> str:
    """Said when no seed can be used by a measure."""
    return f"At each of {len(impact.diverged)} seeds some combination diverges, so this gap has no number."


def _number(value: float) -> str:
    return number(value, DIGITS)
