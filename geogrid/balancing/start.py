"""Where a search from today begins: today's grids, each in one piece of land, and as many as there shall be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.plots import hang_together, stretches
from geogrid.balancing.seeds import cut_lumps, tied

if TYPE_CHECKING:
    from random import Random

    from geogrid.balancing.plots import Plot
    from geogrid.balancing.wanted import Wanted


def from_today(plot: Plot, names: frozenset[int], parts: int, wanted: Wanted, chance: Random) -> tuple[list[int], list[int]]:
    """Return the part of each lump and the name of each part, as near to today as so many parts in one piece each allow.

    Parameters
    ----------
    plot : Plot
    names : frozenset of int
        Grids of today that can go on here.
    parts : int
    wanted : Wanted
    chance : random.Random

    Returns
    -------
    part, names : lists of int
        A part without a name is a new one.
    """
    held = _whole(plot, names)
    loose = [each for each in range(len(plot)) if all(each not in lumps for _, lumps in held)]
    held += [(NOBODY, lumps) for lumps in stretches(plot.links, loose)]
    while len(held) > parts and _drop(plot, held):
        pass
    while len(held) < parts and _split(plot, held, wanted, chance):
        pass
    part = [0] * len(plot)
    for number, (_, lumps) in enumerate(held):
        for lump in lumps:
            part[lump] = number
    return part, [name for name, _ in held]


def _whole(plot: Plot, names: frozenset[int]) -> list[tuple[int, list[int]]]:
    """Return the largest piece of land of each grid of today; what is kept in one never leaves it."""
    bound = tied(plot)
    holder = {lump: grid for grid, lumps in bound.items() for lump in lumps}
    own: dict[int, list[int]] = {}
    for lump, grid in enumerate(plot.home):
        mine = holder.get(lump, grid)
        if mine in names or mine in bound:
            own.setdefault(mine, []).append(lump)
    return [
        (grid, max(stretches(plot.links, lumps), key=lambda each: _weight(plot, each))) for grid, lumps in sorted(own.items())
    ]


def _weight(plot: Plot, lumps: list[int]) -> tuple[int, int, int]:
    return sum(plot.kept[i] != NOBODY for i in lumps), _households(plot, lumps), -lumps[0]


def _households(plot: Plot, lumps: list[int]) -> int:
    return sum(plot.households[i] for i in lumps)


def _drop(plot: Plot, held: list[tuple[int, list[int]]]) -> bool:
    """Give the smallest part, those without a name first, to the neighbour that it has the longest border with."""
    free = [i for i, (_, lumps) in enumerate(held) if all(plot.kept[each] == NOBODY for each in lumps)]
    if not free or len(held) == 1:
        return False
    dropped = min(free, key=lambda i: (held[i][0] != NOBODY, _households(plot, held[i][1]), i))
    _, lumps = held.pop(dropped)
    at = {each: i for i, (_, own) in enumerate(held) for each in own}
    left = dict.fromkeys(lumps)
    while left:
        worth: dict[tuple[int, int], float] = {}
        for lump in left:
            for other in plot.links[lump]:
                if other in at:
                    worth[lump, at[other]] = worth.get((lump, at[other]), 0.0) + plot.border[lump][other]
        lump, to = max(worth, key=lambda each: (worth[each], -each[0], -each[1]))
        at[lump] = to
        held[to][1].append(lump)
        del left[lump]
    return True


def _split(plot: Plot, held: list[tuple[int, list[int]]], wanted: Wanted, chance: Random) -> bool:
    """Cut the largest part that can be cut in two; the side that keeps the name is the larger one, or what is kept."""
    for at in sorted(range(len(held)), key=lambda i: (-_households(plot, held[i][1]), i)):
        name, lumps = held[at]
        kept = [each for each in lumps if plot.kept[each] != NOBODY]
        sides = cut_lumps(plot, sorted(lumps), 2, wanted, chance) if len(lumps) > 1 else []
        if len(sides) < 2:  # noqa: PLR2004 - two sides
            continue
        sides.sort(key=lambda each: (-sum(i in kept for i in each), -_households(plot, each)))
        if all(each in sides[0] for each in kept) and all(hang_together(plot.links, each) for each in sides):
            held[at] = (name, sides[0])
            held.append((NOBODY, sides[1]))
            return True
    return False
