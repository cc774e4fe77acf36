"""Plots: stretches of land that hang together over open borders, each to be divided by itself, as lists for a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.balancing.pieces import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.balancing.pieces import Bools, Ints, Pieces

ALONG = 0.5
"""What a metre of border along a street or water saves, as a share of a metre."""


@dataclass(frozen=True, eq=False)
class Plot:
    """Land that hangs together, as lumps of pieces that go together.

    Attributes
    ----------
    area : int
    members : list of tuples of int
        The pieces of each lump: one, and what empty land goes with it.
    households : list of int
    links : list of lists of int
        The lumps that each can be joined with.
    border : list of dicts
        What a border with each neighbour counts: metres, less along streets and water.
    home, kept : list of int
        The grid of today of each lump, and the one it must stay in; -1 for none.
    hands : list of int
        The households of each lump that change hands with it; not ``households`` where something else is balanced.
    """

    area: int
    members: list[tuple[int, ...]]
    households: list[int]
    links: list[list[int]]
    border: list[dict[int, float]]
    home: list[int]
    kept: list[int]
    hands: list[int]

    def __len__(self) -> int:
        """Return how many lumps there are."""
        return len(self.members)

    @property
    def total(self) -> int:
        """Return the households of all."""
        return sum(self.households)

    def pieces(self) -> tuple[int, ...]:
        """Return the pieces, in order."""
        return tuple(sorted(piece for each in self.members for piece in each))

    def without_today(self) -> Plot:
        """Return it with no grids but those that are kept."""
        return replace(self, home=list(self.kept))


def closed(pieces: Pieces) -> Bools:
    """Return the pieces of grids that are locked as a whole: they stay as they are.

    Examples
    --------
    >>> from geogrid.balancing.pieces import Pieces
    >>> row = Pieces.plain(np.array([3, 4, 5]), np.array([0, 1]), np.array([1, 2]), today=np.array([0, 0, 1]))
    >>> closed(replace(row, locked=np.array([False, True, True]))).tolist()
    [False, False, True]
    """
    free = np.unique(pieces.today[~pieces.locked])
    found: Bools = pieces.locked & (pieces.today != NOBODY) & ~np.isin(pieces.today, free)
    return found


def plots(pieces: Pieces, along: float = ALONG) -> list[Plot]:
    """Return the plots of pieces, in order of their areas; without grids that are locked as a whole.

    Land without households that only closed borders reach goes with the neighbour of the longest border.

    Parameters
    ----------
    pieces : Pieces
    along : float
        What a metre of border along a street or water saves, 0 to 1.

    Returns
    -------
    list of Plot
    """
    free = ~closed(pieces) & (pieces.area != NOBODY)
    body = _bodies(pieces, free)
    lump = _carried(pieces, free, body)
    whole = body[lump]
    order = np.flatnonzero(free)
    order = order[np.lexsort((order, whole[order], pieces.area[order]))]
    ends = np.flatnonzero(np.diff(whole[order])) + 1
    groups = [group.tolist() for group in np.split(order, ends)] if len(order) else []
    first_edges = _edges(pieces, free, whole, along)
    return [_plot(pieces, group, lump, first_edges.get(int(whole[group[0]]), [])) for group in groups]


def joined_lumps(plot: Plot, together: list[int]) -> Plot:
    """Return the plot with lumps joined: ``together`` says which new lump, numbered from 0, each goes to."""
    n = max(together) + 1
    members: list[tuple[int, ...]] = [()] * n
    households, links, border = [0] * n, [set[int]() for _ in range(n)], [dict[int, float]() for _ in range(n)]
    home, kept = [NOBODY] * n, [NOBODY] * n
    for old, new in enumerate(together):
        members[new] += plot.members[old]
        households[new] += plot.households[old]
        home[new] = max(home[new], plot.home[old])
        kept[new] = max(kept[new], plot.kept[old])
        links[new] |= {together[each] for each in plot.links[old]} - {new}
        for other, worth in plot.border[old].items():
            if together[other] != new:
                border[new][together[other]] = border[new].get(together[other], 0.0) + worth
    hands = [sum(plot.hands[old] for old, at in enumerate(together) if at == new) for new in range(n)]
    return Plot(plot.area, members, households, [sorted(each) for each in links], border, home, kept, hands)


def hang_together(links: list[list[int]], lumps: Iterable[int]) -> bool:
    """Return whether lumps hang together.

    Examples
    --------
    >>> hang_together([[1], [0, 2], [1]], [0, 1]), hang_together([[1], [0, 2], [1]], [0, 2])
    (True, False)
    """
    inside = set(lumps)
    return len(stretch(links, next(iter(inside)), inside)) == len(inside) if inside else True


def stretch(links: list[list[int]], start: int, inside: set[int]) -> list[int]:
    """Return what hangs together with a lump inside others, in the order it is reached."""
    seen, found = {start}, [start]
    for at in found:
        for each in links[at]:
            if each in inside and each not in seen:
                seen.add(each)
                found.append(each)
    return found


def stretches(links: list[list[int]], lumps: Iterable[int]) -> list[list[int]]:
    """Return the connected stretches of lumps."""
    left = dict.fromkeys(lumps)
    found = []
    while left:
        found.append(stretch(links, next(iter(left)), set(left)))
        for each in found[-1]:
            del left[each]
    return found


def _bodies(pieces: Pieces, free: Bools) -> Ints:
    """Return the connected body of each piece, over open borders inside areas."""
    first, second = pieces.first, pieces.second
    open_ = pieces.is_open & free[first] & free[second] & (pieces.area[first] == pieces.area[second])
    n = len(pieces)
    links = coo_array((np.ones(int(open_.sum())), (first[open_], second[open_])), shape=(n, n))
    body: Ints = connected_components(links, directed=False)[1].astype(np.int64)
    return body


def _carried(pieces: Pieces, free: Bools, body: Ints) -> Ints:
    """Return the piece that each goes with: itself, or where its whole body is empty, the neighbour of the longest border."""
    first, second = pieces.first, pieces.second
    weight = pieces.households + (pieces.locked & free)
    empty = np.bincount(body, weights=weight, minlength=len(pieces))[body] == 0
    across = free[first] & free[second] & (body[first] != body[second]) & (pieces.area[first] == pieces.area[second])
    across &= empty[first] | empty[second]
    goes = np.arange(len(pieces))
    if not across.any():
        return goes
    carrier = _carriers(pieces, np.flatnonzero(across), body, empty)
    for piece in np.flatnonzero(empty & free).tolist():
        goes[piece] = carrier.get(int(body[piece]), piece)
    return goes


def _carriers(pieces: Pieces, edges: Ints, body: Ints, empty: Bools) -> dict[int, int]:
    """Return for each empty body the piece that carries it: the one it has the longest border with."""
    longest = edges[np.argsort(-pieces.border_m[edges], kind="stable")]
    pairs = [(int(pieces.first[e]), int(pieces.second[e])) for e in longest]
    both = pairs + [(b, a) for a, b in pairs]
    carrier: dict[int, int] = {}
    grew = True
    while grew:
        grew = False
        for mine, other in both:
            held = int(body[mine])
            if not empty[mine] or held in carrier:
                continue
            end = carrier.get(int(body[other])) if empty[other] else other
            if end is not None:
                carrier[held], grew = end, True
    return carrier


def _edges(pieces: Pieces, free: Bools, whole: Ints, along: float) -> dict[int, list[tuple[int, int, float, bool]]]:
    first, second = pieces.first, pieces.second
    inside = free[first] & free[second] & (whole[first] == whole[second])
    worth = pieces.border_m - along * pieces.along_m
    found: dict[int, list[tuple[int, int, float, bool]]] = {}
    columns = (first[inside], second[inside], worth[inside], pieces.is_open[inside], whole[first[inside]])
    for a, b, w, is_open, key in zip(*(column.tolist() for column in columns), strict=True):
        found.setdefault(key, []).append((a, b, w, is_open))
    return found


def _plot(pieces: Pieces, group: list[int], lump: Ints, edges: list[tuple[int, int, float, bool]]) -> Plot:
    heads = [piece for piece in group if lump[piece] == piece]
    at = {head: i for i, head in enumerate(heads)}
    place = {piece: at[int(lump[piece])] for piece in group}
    members: list[list[int]] = [[] for _ in heads]
    for piece in group:
        members[place[piece]].append(piece)
    links, border = [set[int]() for _ in heads], [dict[int, float]() for _ in heads]
    for first, second, worth, is_open in edges:
        a, b = place[first], place[second]
        if a == b:
            continue
        border[a][b] = border[b][a] = border[a].get(b, 0.0) + worth
        if is_open:
            links[a].add(b)
            links[b].add(a)
    home = pieces.today[heads].tolist()
    kept = [grid if pieces.locked[head] else NOBODY for head, grid in zip(heads, home, strict=True)]
    households = [int(pieces.households[each].sum()) for each in members]
    area, groups = int(pieces.area[group[0]]), [tuple(each) for each in members]
    return Plot(area, groups, households, [sorted(each) for each in links], border, home, kept, households)
