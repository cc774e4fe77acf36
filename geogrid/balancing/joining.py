"""Things below a minimum joined with neighbours: grids or estates with too few households, persons or party members."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.exact import exactly, nearest
from geogrid.balancing.figures import figures
from geogrid.balancing.hindrances import hindrances
from geogrid.balancing.oneplot import Answer
from geogrid.balancing.parting import Parted, together
from geogrid.balancing.plots import hang_together, plots
from geogrid.balancing.releases import releases
from geogrid.balancing.state import State, Weights
from geogrid.balancing.wanted import Division, Wanted
from geogrid.effort import Effort

if TYPE_CHECKING:
    from geogrid.balancing.pieces import Ints, Pieces
    from geogrid.balancing.plots import Plot

GROUPS = 40
"""Groups of a plot that are looked at again to see whether one can do without some of its things."""


def merge_small(values: Ints, pieces: Pieces, minimum: int, *, most: int | None = None, effort: Effort | None = None) -> Division:
    """Join things below a minimum with neighbours, so that the fewest households change hands.

    Parameters
    ----------
    values : array of int, one a piece
        What must reach the minimum.
    pieces : Pieces
        Each a grid, an estate or another thing that is joined whole; locked ones stay as they are.
    minimum : int
        What each joined thing must have at least.
    most : int, optional
        What it may have at most.
    effort : Effort, optional

    Returns
    -------
    Division
        ``part`` is the position of the thing whose name each joined one keeps: the one with the most households. Figures of the
        range and infeasible places speak of ``values``, `Figures.moved` of households.

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> row = Pieces.plain(np.array([30, 10, 20, 25]), np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> merge_small(np.array([3, 1, 2, 3]), row, 3).part.tolist()
    [0, 2, 2, 3]
    """
    effort = effort or Effort()
    wanted = Wanted(minimum, most)
    things = replace(pieces, households=np.asarray(values, dtype=np.int64), today=np.arange(len(pieces)))
    land = [replace(plot, hands=[int(pieces.households[list(each)].sum()) for each in plot.members]) for plot in plots(things)]
    answers = []
    for i, plot in enumerate(land):
        answers.append(_joined(plot, wanted, effort))
        effort.report((i + 1) / len(land), float(sum(each.key[1] for each in answers)))
    found = Parted(land, answers, _called(together(things, land, answers), pieces.households), {"plots": len(land)})
    places = [replace(each, releases=releases(things, wanted, each, effort)) for each in hindrances(things, wanted, found)]
    told = figures(things, found.part, wanted)
    moved = int(pieces.households[found.part != things.today].sum())
    is_best = all(each.proof != "found" for each in answers)
    proof = "optimal" if is_best else "found"
    return Division(found.part, replace(told, moved=moved), "optimal" if proof == "optimal" else "found", tuple(places))


def _joined(plot: Plot, wanted: Wanted, effort: Effort) -> Answer:
    names = frozenset(plot.home)
    if all(not wanted.beyond(n) for n in plot.households):
        return _answer(plot, list(range(len(plot))), wanted, "optimal")
    best = exactly(plot, wanted, [None], names=names, effort=effort)
    proof = "optimal"
    if best is not None and best.part is None:
        best, proof = nearest(plot, wanted, [None], names=names, effort=effort), "infeasible"
    if best is not None and best.part is not None:
        return _answer(plot, best.part, wanted, proof)
    return _answer(plot, _spared(plot, _greedy(plot, wanted), wanted), wanted, "found")


def _answer(plot: Plot, part: list[int], wanted: Wanted, proof: str) -> Answer:
    names = _names(plot, part)
    return Answer(part, names, State(plot, part, names, wanted, Weights()).key(), proof)


def _names(plot: Plot, part: list[int]) -> list[int]:
    """Return the thing with the most households of each group."""
    largest: dict[int, int] = {}
    for lump, group in enumerate(part):
        if group not in largest or plot.hands[lump] > plot.hands[largest[group]]:
            largest[group] = lump
    return [plot.home[largest[group]] for group in range(max(part) + 1)]


def _greedy(plot: Plot, wanted: Wanted) -> list[set[int]]:
    """Return groups: the smallest that is too small joined with a neighbour, again and again."""
    groups = {lump: {lump} for lump in range(len(plot))}
    at = list(range(len(plot)))
    stuck: set[int] = set()
    while True:
        size = {group: sum(plot.households[i] for i in lumps) for group, lumps in groups.items()}
        small = [group for group in groups if size[group] < wanted.low and group not in stuck]
        if not small:
            return list(groups.values())
        group = min(small, key=lambda each: (size[each], each))
        beside = {at[each] for lump in groups[group] for each in plot.links[lump]} - {group}
        beside = {each for each in beside if size[each] + size[group] <= wanted.most}
        if not beside:
            stuck.add(group)
            continue
        to = min(sorted(beside), key=lambda each: _price(plot, groups, size, (group, each), wanted))
        stuck.clear()
        for lump in groups.pop(group):
            groups[to].add(lump)
            at[lump] = to


def _price(
    plot: Plot, groups: dict[int, set[int]], size: dict[int, int], pair: tuple[int, int], wanted: Wanted
) -> tuple[float, ...]:
    """Return what joining two groups costs: households that change hands, fewer where the other is too small as well."""
    one, other = (groups[each] for each in pair)
    hands = _changing(plot, one | other) - _changing(plot, one) - _changing(plot, other)
    border = sum(worth for lump in one for each, worth in plot.border[lump].items() if each in other)
    return hands / (2 if size[pair[1]] < wanted.low else 1), -border


def _changing(plot: Plot, lumps: set[int]) -> int:
    hands = [plot.hands[i] for i in lumps]
    return sum(hands) - max(hands)


def _spared(plot: Plot, groups: list[set[int]], wanted: Wanted) -> list[int]:
    """Return the groups without those things that they can do without, each by itself again where that is in range."""
    found: list[set[int]] = []
    for group in groups:
        left = set(group)
        for lump in sorted(group, key=lambda i: -plot.hands[i]):
            rest = left - {lump}
            if rest and not wanted.beyond(plot.households[lump]) and _holds(plot, rest, wanted):
                found.append({lump})
                left = rest
        found.append(left)
    part = [0] * len(plot)
    for number, group in enumerate(found):
        for lump in group:
            part[lump] = number
    return part


def _holds(plot: Plot, lumps: set[int], wanted: Wanted) -> bool:
    return not wanted.beyond(sum(plot.households[i] for i in lumps)) and hang_together(plot.links, lumps)


def _called(part: Ints, households: Ints) -> Ints:
    """Return the parts named after the thing with the most households in each."""
    called = part.copy()
    order = np.lexsort((np.arange(len(part)), -households, part))
    heads = order[np.append(True, np.diff(part[order]) != 0)] if len(order) else order
    for head in heads.tolist():
        called[part == part[head]] = head
    return called
