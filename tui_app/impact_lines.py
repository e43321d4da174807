"""A measured impact as lines of text: bars with their spread, and what follows. The tab and the command share them."""

from __future__ import annotations

from engine.effects import NEGLIGIBLE, Effect, Effects, against_the_answer, conclusion
from engine.impact import Impact
from engine.settings import SideName
from tui_app.lines import ADDS, DIM, HIDES, STRONG, Line, Piece

TITLE_WIDTH = 15
NUMBERS_WIDTH = 24
SHOWN_PAIRS = 3


def scope(impact: Impact) -> str:
    """What was measured, in a line."""
    plan = impact.plan
    combinations = 1 << len(plan.differences)
    whole = f"{impact.epochs:,} epochs" if impact.finished else f"{impact.epochs:,} of {plan.settings.epochs:,} epochs"
    seeds = f"{len(impact.seeds)} seed{'s' if len(impact.seeds) != 1 else ''}"
    return f"{combinations:,} combination{'s' if combinations != 1 else ''} x {seeds}, {whole}"


def heading(width: int) -> Line:
    """Above the rows."""
    bar = max(8, width - TITLE_WIDTH - NUMBERS_WIDTH)
    text = "█ mean share  ─ over the seeds" if bar >= 30 else "█ mean ─ seeds"
    return [(f"{'':{TITLE_WIDTH}}{text[:bar]:{bar}}{'part':>6}{'mean':>11}{'first':>7}", DIM)]


def row(effect: Effect, found: Effects, width: int, selected: bool = False) -> Line:
    """One difference: its bar, its part of the whole gap, its mean share, how often it came first."""
    bar_width = max(8, width - TITLE_WIDTH - NUMBERS_WIDTH)
    mark = "▸" if selected else " "
    title: Piece = (f"{mark}{effect.discrepancy.title:{TITLE_WIDTH - 1}}", STRONG if selected else "")
    if effect.plot_only and not effect.shapley.any():
        return [title, (f"moves only the plotted number{'':{bar_width}}"[: bar_width + NUMBERS_WIDTH], DIM)]
    gap = found.whole - found.rest
    part = f"{round(100 * effect.share / gap)} %" if gap and not found.cancel else ""
    numbers = f"{part:>6}{_number(effect.share):>11}{f'{effect.first}/{found.seeds}':>7}"
    return [title, *_bar(effect, found, bar_width), (numbers, "")]


def _bar(effect: Effect, found: Effects, width: int) -> Line:
    """From zero to the mean a block, beyond it a line over the seeds; left of zero it hides some of the gap."""
    low = min(0.0, *(one.spread[0] for one in found.ranked))
    high = max(0.0, *(one.spread[1] for one in found.ranked))
    span = (high - low) or 1.0

    def cell(value: float) -> int:
        return round((value - low) / span * (width - 1))

    zero, mean = cell(0.0), cell(effect.share)
    least, greatest = (cell(value) for value in effect.spread)
    first, last = sorted((zero, mean))
    role = HIDES if effect.share < 0 else ADDS
    pieces: Line = []
    for column in range(width):
        inside = first <= column <= last and effect.share != 0
        if inside:
            piece = ("█", role)
        elif least <= column <= greatest and effect.shapley.any():
            piece = ("─", role)
        else:
            piece = ("│" if column == zero else " ", DIM)
        if pieces and pieces[-1][1] == piece[1]:
            pieces[-1] = (pieces[-1][0] + piece[0], piece[1])
        else:
            pieces.append(piece)
    return pieces


def details(effect: Effect, found: Effects) -> list[Line]:
    """One difference in full."""
    low, high = effect.spread
    alone, removed = _number(float(effect.alone.mean())), float(effect.removed.mean())
    mended = f"{_number(removed)} goes" if removed >= 0 else f"the gap grows by {_number(-removed)}"
    lines: list[Line] = [
        [(f"{effect.discrepancy.title}: ", STRONG), (f"share {_number(effect.share)}", "")],
        [(f"over {found.seeds} seeds {_number(low)} to {_number(high)}", DIM)],
        [(f"alone it makes {alone}; mended with all others left, {mended}", "")],
    ]
    if effect.held is not None:
        held = _number(float(effect.held.mean()))
        lines.append([(f"with the weights held equal its share is {held}; it also shifts their draws", "")])
    if effect.worse_when_mended:
        lines.append(
            [(f"mending it alone makes the gap larger at {effect.worse_when_mended} of {found.seeds} seeds", HIDES)]
        )
    if effect.plot_only:
        lines.append([("it moves only the plotted number, never the weights", DIM)])
    if effect.answers_rank is not None:
        lines.append([(f"number {effect.answers_rank} in the answer's order", DIM)])
    return lines


def pairs(found: Effects) -> list[Line]:
    """The strongest interactions."""
    lines: list[Line] = []
    for pair in found.pairs[:SHOWN_PAIRS]:
        if abs(pair.value) > NEGLIGIBLE * found.largest:
            together = "strengthen each other" if pair.value > 0 else "work against each other"
            names = f"{pair.first.title.lower()} and {pair.second.title.lower()}"
            lines.append([(f"{names} {together} ", ""), (f"{pair.value:+.3g}", HIDES if pair.value < 0 else ADDS)])
    return lines


def epochs_line(impact: Impact) -> Line:
    """When each side is under the threshold, with all differences in."""
    last = impact.epochs
    texts = []
    for side in SideName:
        reached = impact.epochs_to_threshold[side][-1]
        never = int((reached > last).sum())
        median = sorted(reached.tolist())[len(reached) // 2]
        when = f"after {median:,.0f} epochs" if median <= last else "not"
        texts.append(f"{side.label} {when}" + (f" ({never} of {len(reached)} seeds never)" if never else ""))
    return [(f"Loss under {impact.plan.threshold:g}, median: {', '.join(texts)}.", DIM)]


def gap_line(found: Effects) -> Line:
    """The gap that is shared out."""
    return [(f"gap {_number(found.whole)} with all differences, {_number(found.rest)} with none", "")]


def prose(impact: Impact, found: Effects) -> list[Line]:
    """What follows, the answer's order, and what was left out."""
    lines: list[Line] = [[(conclusion(found), STRONG)]]
    if answer := against_the_answer(found):
        lines.append([(answer, "")])
    if impact.diverged:
        count = len(impact.diverged)
        seeds = f"{count} seed{'s' * (count > 1)}"
        held = f"its {seeds} are left out" if found.seeds < len(impact.seeds) else "its loss is held at the last finite"
        lines.append([(f"At {seeds} some combination diverges; {held}.", DIM)])
    return lines


def nothing_left(impact: Impact) -> str:
    """Said when no seed can be used by a measure."""
    return f"At each of {len(impact.diverged)} seeds some combination diverges, so this gap has no number."


def _number(value: float) -> str:
    return f"{value:.4g}" if value else "0"
