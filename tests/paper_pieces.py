"""Paper land in pieces, and the slow, obvious ways to divide it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

from geogrid.balancing.pieces import NOBODY, Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.balancing.wanted import Wanted

Best = tuple[float, ...]


def lattice(width: int, height: int, households: Sequence[int], today: Sequence[int] | None = None) -> Pieces:
    """Return pieces in rows of squares, 1 m borders.

    0-1-2
    | | |
    3-4-5
    """
    at = np.arange(width * height).reshape(height, width)
    pairs = np.concatenate([np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], 1), np.stack([at[:-1].ravel(), at[1:].ravel()], 1)])
    held = None if today is None else np.array(today, dtype=np.int64)
    pieces = Pieces.plain(np.array(households, dtype=np.int64), pairs[:, 0], pairs[:, 1], today=held)
    return replace(pieces, x=(at % width).ravel().astype(float), y=-(at // width).ravel().astype(float))


def row(households: Sequence[int], today: Sequence[int] | None = None) -> Pieces:
    """Return pieces in one row: 0-1-2-3."""
    return lattice(len(households), 1, households, today)


def shut(pieces: Pieces, *pairs: tuple[int, int]) -> Pieces:
    """Return pieces with some borders closed."""
    ends = list(zip(pieces.first.tolist(), pieces.second.tolist(), strict=True))
    return replace(pieces, is_open=np.array([each not in pairs for each in ends]) & pieces.is_open)


def hangs_together(pieces: Pieces, part: np.ndarray) -> bool:
    """Return whether every part hangs together over open borders: its pieces are connected in the graph without closed ones."""
    land = nx.Graph()
    land.add_nodes_from(range(len(pieces)))
    ends = zip(pieces.first.tolist(), pieces.second.tolist(), pieces.is_open.tolist(), strict=True)
    land.add_edges_from((a, b) for a, b, is_open in ends if is_open)
    members = [np.flatnonzero(part == each).tolist() for each in np.unique(part[part != NOBODY])]
    return all(nx.is_connected(land.subgraph(each)) for each in members)


def lock(pieces: Pieces, *locked: int) -> Pieces:
    """Return pieces with some of them locked."""
    return replace(pieces, locked=np.isin(np.arange(len(pieces)), locked))


def graph(pieces: Pieces) -> nx.Graph:
    """Return the graph of open borders inside areas."""
    found = nx.Graph()
    found.add_nodes_from(range(len(pieces)))
    pairs = zip(pieces.first.tolist(), pieces.second.tolist(), pieces.is_open.tolist(), strict=True)
    found.add_edges_from((a, b) for a, b, is_open in pairs if is_open and pieces.area[a] == pieces.area[b])
    return found


def every_division(pieces: Pieces) -> tuple[tuple[int, ...], ...]:
    """Return every division into parts that hang together, by restricted growth."""
    return _every(len(pieces), frozenset(graph(pieces).edges))


@cache
def _every(n: int, pairs: frozenset[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    links = nx.Graph(list(pairs))
    links.add_nodes_from(range(n))

    def grown(part: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(part) == n:
            if all(nx.is_connected(links.subgraph([i for i, p in enumerate(part) if p == k])) for k in set(part)):
                yield part
            return
        for k in range(max(part, default=-1) + 2):
            yield from grown((*part, k))

    return tuple(grown(()))


def moved_least(pieces: Pieces, part: Sequence[int]) -> float:
    """Return the households that change hands under the best names, and a thousandth for each piece; by trying all of them."""
    grids = sorted(set(pieces.today.tolist()) - {NOBODY})
    names = [*grids, *[NOBODY] * (max(part) + 1)]
    worst = float("inf")
    for called in set(permutations(names, max(part) + 1)):
        locked = [called[part[i]] != pieces.today[i] for i in range(len(part)) if pieces.locked[i]]
        if any(locked):
            continue
        changed = [i for i, p in enumerate(part) if pieces.today[i] not in {NOBODY, called[p]}]
        worst = min(worst, sum(int(pieces.households[i]) + 0.001 for i in changed))
    return worst


def key(pieces: Pieces, part: Sequence[int], wanted: Wanted, *, from_today: bool) -> Best:
    """Return out of range, beyond, moved and border of a division."""
    sizes = [sum(int(pieces.households[i]) for i, p in enumerate(part) if p == k) for k in sorted(set(part))]
    beyond = [wanted.beyond(n) for n in sizes]
    pairs = zip(pieces.first.tolist(), pieces.second.tolist(), pieces.border_m.tolist(), pieces.along_m.tolist(), strict=True)
    border = sum(m - along / 2 for a, b, m, along in pairs if part[a] != part[b])
    moved = moved_least(pieces, part) if from_today else 0.0
    return sum(1 for each in beyond if each), sum(beyond), round(moved, 6), round(border, 6)


def best_of_all(pieces: Pieces, wanted: Wanted, counts: Sequence[int], *, from_today: bool) -> Best:
    """Return the best there is: in the first number of parts that keeps the range, else the nearest to it in any."""
    by_count: dict[int, list[Best]] = {}
    for part in every_division(pieces):
        if max(part) + 1 in counts and moved_least(pieces, part) < float("inf"):
            by_count.setdefault(max(part) + 1, []).append(key(pieces, part, wanted, from_today=from_today))
    for count in counts:
        kept = [each for each in by_count.get(count, []) if each[0] == 0]
        if kept:
            return min(kept)
    return min(each for some in by_count.values() for each in some)
