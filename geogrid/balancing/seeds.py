"""First divisions: a plot cut in two along random trees, and each side again, until every part is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.plots import joined_lumps, stretch
from geogrid.balancing.trees import random_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from geogrid.balancing.plots import Plot
    from geogrid.balancing.trees import Tree
    from geogrid.balancing.wanted import Wanted

TREES, MANY = 12, 200
"""Trees tried for each cut; fewer where there are more lumps than this."""
CLOSE = 6
"""Cuts of a tree that are looked at closely."""
SLACK = 0.25
"""How far from its share each side of a cut may be, in widths of the range."""


def cut_in_parts(plot: Plot, parts: int, wanted: Wanted, chance: Random) -> list[int]:
    """Return the part of each lump: a first division into so many parts that hang together.

    Parameters
    ----------
    plot : Plot
    parts : int
        At most as many as lumps; lumps kept in different grids come into different parts where the numbers allow it.
    wanted : Wanted
    chance : random.Random

    Returns
    -------
    list of int
        Parts numbered from 0.

    Examples
    --------
    >>> from random import Random
    >>> from geogrid.balancing.plots import Plot
    >>> from geogrid.balancing.wanted import Wanted
    >>> links = [[1], [0, 2], [1, 3], [2]]
    >>> row = Plot(0, [(0,), (1,), (2,), (3,)], [2, 2, 2, 2], links, [{}, {}, {}, {}], [-1] * 4, [-1] * 4, [2] * 4)
    >>> part = cut_in_parts(row, 2, Wanted(4, 4), Random(0))
    >>> part[0] == part[1] != part[2] == part[3]
    True
    """
    together = _together(plot)
    whole = plot if together is None else joined_lumps(plot, together)
    part = [0] * len(whole)
    for number, lumps in enumerate(_cut(whole, list(range(len(whole))), parts, wanted, chance)):
        for lump in lumps:
            part[lump] = number
    return part if together is None else [part[each] for each in together]


def cut_lumps(plot: Plot, lumps: list[int], parts: int, wanted: Wanted, chance: Random) -> list[list[int]]:
    """Return so many parts of some lumps that hang together; fewer where they cannot be cut."""
    return list(_cut(plot, lumps, parts, wanted, chance))


def _cut(plot: Plot, lumps: list[int], parts: int, wanted: Wanted, chance: Random) -> Iterator[list[int]]:
    if parts == 1 or len(lumps) == 1:
        yield lumps
        return
    best: tuple[tuple[float, ...], Tree, int, int] | None = None
    tries = TREES if len(lumps) <= MANY else max(2, TREES * MANY // len(lumps))
    for _ in range(tries):
        tree = random_tree(lumps, plot.links, plot.households, chance)
        for merit, at, share in _cuts(plot, tree, parts, wanted):
            if best is None or merit < best[0]:
                best = (merit, tree, at, share)
    if best is None:
        yield lumps
        return
    side = best[1].side(best[2])
    inside = set(side)
    yield from _cut(plot, sorted(side), best[3], wanted, chance)
    yield from _cut(plot, [each for each in lumps if each not in inside], parts - best[3], wanted, chance)


def _cuts(plot: Plot, tree: Tree, parts: int, wanted: Wanted) -> Iterator[tuple[tuple[float, ...], int, int]]:
    """Return the likeliest cuts of a tree, each with its merit (less is better) and the parts on its side."""
    whole, n, kept = tree.below[0], len(tree.walk), _kept_below(plot, tree)
    mean = whole / parts
    slack = SLACK * (wanted.high - wanted.low if wanted.high is not None else mean)
    found = []
    for at in range(1, n):
        lumps = tree.ends[at] - at
        share = round(tree.below[at] / mean) if mean else lumps * parts // n
        share = max(share, 1, kept[at], parts - (n - lumps))
        if share > min(parts - 1, lumps, parts - (kept[0] - kept[at])):
            continue
        off = abs(tree.below[at] - share * mean)
        lopsided = max(0.0, abs(share - parts / 2) - parts / 4)
        found.append((max(0.0, off - slack), lopsided, off, at, share))
    found.sort()
    for miss, lopsided, _, at, share in found[:CLOSE]:
        yield (miss, lopsided, _border(plot, tree, at)), at, share


def _kept_below(plot: Plot, tree: Tree) -> list[int]:
    """Return how many lumps that are kept in a grid each slice of a tree has."""
    run = [0]
    for lump in tree.walk:
        run.append(run[-1] + (plot.kept[lump] != NOBODY))
    return [run[end] - run[at] for at, end in enumerate(tree.ends)]


def _border(plot: Plot, tree: Tree, at: int) -> float:
    side, lumps = set(tree.side(at)), set(tree.walk)
    return sum(worth for lump in side for other, worth in plot.border[lump].items() if other in lumps and other not in side)


def tied(plot: Plot) -> dict[int, set[int]]:
    """Return for each grid that keeps lumps those lumps, and others that tie them together."""
    groups: dict[int, list[int]] = {}
    for lump, grid in enumerate(plot.kept):
        if grid != NOBODY:
            groups.setdefault(grid, []).append(lump)
    found: dict[int, set[int]] = {}
    for grid, lumps in groups.items():
        taken = {each for others in found.values() for each in others}
        found[grid] = _tie(plot, grid, lumps, taken)
    return found


def _together(plot: Plot) -> list[int] | None:
    """Return which lumps go together because a grid keeps them; None where there are none."""
    together = list(range(len(plot)))
    for lumps in tied(plot).values():
        for lump in lumps:
            together[lump] = min(lumps)
    if together == list(range(len(plot))):
        return None
    number = {each: i for i, each in enumerate(sorted(set(together)))}
    return [number[each] for each in together]


def _tie(plot: Plot, grid: int, lumps: list[int], taken: set[int]) -> set[int]:
    """Return lumps, and the shortest ways between them, over today's grid first."""
    held = {lumps[0]}
    free = {lump for lump in range(len(plot)) if plot.kept[lump] in {grid, NOBODY} and lump not in taken}
    own = {lump for lump in free if plot.home[lump] == grid}
    for lump in lumps[1:]:
        if lump not in held:
            held |= _way(plot, lump, held, own) or _way(plot, lump, held, free) or {lump}
    return held


def _way(plot: Plot, start: int, goals: set[int], inside: set[int]) -> set[int]:
    """Return the lumps of a shortest way to any goal, empty where there is none."""
    came = {start: start}
    for at in stretch(plot.links, start, inside | goals):
        for each in plot.links[at]:
            if each in inside or each in goals:
                came.setdefault(each, at)
        if at in goals:
            way = {at}
            while came[at] != at:
                at = came[at]  # noqa: PLW2901 - back along the way
                way.add(at)
            return way
    return set()
