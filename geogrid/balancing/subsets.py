"""All parts that a small plot could have: the sets of lumps that hang together, within a range of households."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.balancing.pieces import NOBODY

if TYPE_CHECKING:
    from geogrid.balancing.plots import Plot


def connected_sets(plot: Plot, low: float, most: float, *, looked_at: int) -> list[int] | None:
    """Return every set of lumps that hangs together and has from ``low`` to ``most`` households, as bits of a whole number.

    Parameters
    ----------
    plot : Plot
        Lumps kept in one grid come all or none of them, and never with those of another.
    low, most : float
    looked_at : int
        Give up beyond so many sets.

    Returns
    -------
    list of int or None
        None where there are too many to look at.

    Examples
    --------
    >>> from geogrid.balancing.plots import Plot
    >>> row = Plot(0, [(0,), (1,), (2,)], [2, 3, 4], [[1], [0, 2], [1]], [{}, {}, {}], [-1] * 3, [-1] * 3, [1] * 3)
    >>> [f"{each:03b}" for each in connected_sets(row, 3, 7, looked_at=99)]
    ['011', '010', '110', '100']
    """
    beside = [sum(1 << each for each in links) for links in plot.links]
    found: list[int] = []
    for first in range(len(plot)):
        # Each set is made once: from its first lump, with what was left out before it never taken in again.
        before = (2 << first) - 1
        stack = [(1 << first, beside[first] & ~before, before, plot.households[first])]
        while stack:
            held, edge, out, households = stack.pop()
            looked_at -= 1
            if looked_at < 0:
                return None
            if households > most:
                continue
            if households >= low:
                found.append(held)
            while edge:
                bit = edge & -edge
                edge ^= bit
                out |= bit
                lump = bit.bit_length() - 1
                stack.append((held | bit, edge | (beside[lump] & ~out), out, households + plot.households[lump]))
    return [each for each in found if _keeps(plot, each)] if any(grid != NOBODY for grid in plot.kept) else found


def lumps_of(held: int) -> list[int]:
    """Return the lumps of a set.

    Examples
    --------
    >>> lumps_of(0b1011)
    [0, 1, 3]
    """
    return [i for i in range(held.bit_length()) if held >> i & 1]


def _keeps(plot: Plot, held: int) -> bool:
    kept: dict[int, int] = {}
    for lump, grid in enumerate(plot.kept):
        if grid != NOBODY:
            kept[grid] = kept.get(grid, 0) | 1 << lump
    touched = [bits for bits in kept.values() if bits & held]
    return len(touched) <= 1 and all(bits & held == bits for bits in touched)
