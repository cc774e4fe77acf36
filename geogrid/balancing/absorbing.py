"""Pieces joined before anything is proposed: slips and empty land go to a neighbour, small cells of a block come together."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.balancing.neighbours import components, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from geogrid.balancing.neighbours import Sides

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

THIN_M = 20.0
"""Land is a slip where a strip of its area and outline would be half as wide: a strip between two carriageways, a corner."""
FEW = 10
"""A slip with at most a tenth of the finest weight may go to a neighbour that has a tenth too many then."""
LEAST_M = 0.01
SOFT, OPEN, CLOSED = 0, 1, 2
"""Metres of common border: on no line at all, that can be crossed, and all of it."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """Land that may be joined, one entry a node.

    Attributes
    ----------
    weight : array of int
        What lives there.
    area_m2, outline_m : array of float
    home : array of int
        Only nodes of one home are joined.
    area : array of int
        What no joining at all leaves.
    block : array of int
        Cells of one block are joined with one another first; -1 for none.
    is_unit : array of bool
        Units take in, but never go.
    is_stray : array of bool
        What was cut off from the unit that it was taken for, and goes whatever lives there.
    """

    weight: Ints
    area_m2: Floats
    outline_m: Floats
    home: Ints
    area: Ints
    block: Ints
    is_unit: Bools
    is_stray: Bools


class Absorbed(NamedTuple):
    """The number of the piece of each node, and the sides between nodes: land that barriers enclose leads nowhere."""

    label: Ints
    sides: Sides


def absorbed(nodes: Nodes, sides: Sides, finest: int) -> Absorbed:
    """Join nodes to pieces.

    Parameters
    ----------
    nodes : Nodes
    sides : Sides
        Between them.
    finest : int
        Cells of one block are joined up to this weight.

    Notes
    -----
    Slips and empty land go to the neighbour with the longest border on no street, water or barrier; slips that have none go to
    the one with the longest border that can be crossed, and empty land enclosed by barriers to the one with the longest at all.
    """
    joining = _Joining(nodes, sides, finest)
    joining.absorb()
    joining.group()
    joining.absorb()
    label = joining.labels()
    while (goes := _enclosed(nodes, joined(sides, label), label)) is not None:
        away = (goes != np.arange(len(goes)))[label]
        shut = away[sides.first] | away[sides.second]
        sides = sides._replace(closed_m=np.where(shut, sides.border_m, sides.closed_m))
        label = np.unique(goes[label], return_inverse=True)[1].astype(np.int64)
    return Absorbed(label, sides)


class _Joining:
    """Nodes and the borders between them, while they are joined one by one."""

    def __init__(self, nodes: Nodes, sides: Sides, finest: int) -> None:
        self.nodes, self.finest = nodes, finest
        self.weight = nodes.weight.tolist()
        self.area_m2, self.outline_m = nodes.area_m2.tolist(), nodes.outline_m.tolist()
        self.into = list(range(len(self.weight)))
        self.beside: list[dict[int, tuple[float, float, float]]] = [{} for _ in self.weight]
        metres = zip(sides.soft_m.tolist(), sides.open_m.tolist(), sides.border_m.tolist(), strict=True)
        for one, other, border in zip(sides.first.tolist(), sides.second.tolist(), metres, strict=True):
            self.beside[one][other] = self.beside[other][one] = border

    def labels(self) -> Ints:
        """Return a number for each joined node, in the order of their first."""
        root = [self._root(i) for i in range(len(self.into))]
        return np.unique(root, return_inverse=True)[1].astype(np.int64)

    def _root(self, node: int) -> int:
        while self.into[node] != node:
            node = self.into[node]
        return node

    def _join(self, node: int, other: int) -> None:
        """Let a node become part of another."""
        self.outline_m[other] += self.outline_m[node] - 2 * self.beside[node][other][CLOSED]
        for third, border in self.beside[node].items():
            del self.beside[third][node]
            if third != other:
                had = self.beside[other].get(third, (0.0, 0.0, 0.0))
                both = (had[0] + border[0], had[1] + border[1], had[2] + border[2])
                self.beside[other][third] = self.beside[third][other] = both
        self.beside[node] = {}
        self.weight[other] += self.weight[node]
        self.area_m2[other] += self.area_m2[node]
        self.into[node] = other

    def absorb(self) -> None:
        """Let slips, strays and empty land go, the smallest first."""
        queue = [(self.area_m2[i], i) for i in range(len(self.into)) if self.into[i] == i and self._goes(i)]
        heapq.heapify(queue)
        while queue:
            area_m2, node = heapq.heappop(queue)
            if self.into[node] != node or area_m2 != self.area_m2[node]:
                continue
            other = self._taker(node)
            if other is not None:
                self._join(node, other)
                if self._goes(other):
                    heapq.heappush(queue, (self.area_m2[other], other))

    def _goes(self, node: int) -> bool:
        if self.nodes.is_unit[node]:
            return False
        return not self.weight[node] or bool(self.nodes.is_stray[node]) or self._is_slip(node)

    def _is_slip(self, node: int) -> bool:
        return bool(2 * self.area_m2[node] < THIN_M * self.outline_m[node])

    def _taker(self, node: int) -> int | None:
        """Return the neighbour that gets a node."""
        soft = self._best(node, SOFT)
        return soft if soft is not None or not (self._is_slip(node) or self.nodes.is_stray[node]) else self._best(node, OPEN)

    def _best(self, node: int, kind: int) -> int | None:
        """Return the neighbour with the longest border of a kind; what is equal to the micrometre differs by its number."""
        borders = ((round(border[kind], 6), -other) for other, border in self._possible(node, self._may_take))
        longest = max((each for each in borders if each[0] > LEAST_M), default=None)
        return None if longest is None else -longest[1]

    def _may_take(self, node: int, other: int) -> bool:
        if not self.weight[node] or self.nodes.is_stray[node]:
            return True
        few = FEW * self.weight[node] <= self.finest
        most = self.finest + self.finest // FEW if few else self.finest
        return not self.nodes.is_unit[other] and self.weight[node] + self.weight[other] <= most

    def _possible(self, node: int, may: Callable[[int, int], bool]) -> Iterator[tuple[int, tuple[float, float, float]]]:
        home = self.nodes.home
        return (item for item in self.beside[node].items() if home[item[0]] == home[node] and may(node, item[0]))

    def group(self) -> None:
        """Join cells of a block, the least first, as long as they stay within `finest`."""
        queue = [(self.weight[i], i) for i in range(len(self.into)) if self.into[i] == i and self.nodes.block[i] >= 0]
        heapq.heapify(queue)
        while queue:
            weight, node = heapq.heappop(queue)
            if self.into[node] != node or weight != self.weight[node] or self.nodes.is_unit[node]:
                continue
            other = self._companion(node)
            if other is not None:
                self._join(node, other)
                heapq.heappush(queue, (self.weight[other], other))

    def _companion(self, node: int) -> int | None:
        """Return the cell beside a cell that shares most of its outline, of those of the block that it may be joined with."""
        shares = (
            (round(border[SOFT] / min(self.outline_m[node], self.outline_m[other]), 9), -other)
            for other, border in self._possible(node, self._may_group)
            if border[SOFT] > LEAST_M
        )
        best = max(shares, default=None)
        return None if best is None else -best[1]

    def _may_group(self, node: int, other: int) -> bool:
        block, is_unit = self.nodes.block, self.nodes.is_unit
        is_near = block[node] == block[other] and not is_unit[other]
        return bool(is_near) and self.weight[node] + self.weight[other] <= self.finest


def _enclosed(nodes: Nodes, sides: Sides, label: Ints) -> Ints | None:
    """Return where each piece goes: empty land that barriers cut off to its longest neighbour; None where there is none."""
    count = int(label.max(initial=-1)) + 1
    area, home = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    area[label], home[label] = nodes.area, nodes.home
    is_open = (area[sides.first] == area[sides.second]) & sides.is_open
    island = components(count, sides.first[is_open], sides.second[is_open])
    within = is_open & (home[sides.first] == home[sides.second])
    # An island may lie in several homes; each home's part of it goes for itself.
    part = components(count, sides.first[within], sides.second[within])
    lived_in = np.bincount(label, nodes.weight, minlength=count) + np.bincount(label, nodes.is_unit, minlength=count)
    is_empty = (np.bincount(island, lived_in) == 0)[island]
    goes, stays = np.append(sides.first, sides.second), np.append(sides.second, sides.first)
    border_m = np.append(sides.border_m, sides.border_m).round(6)
    some = np.flatnonzero(is_empty[goes] & (island[goes] != island[stays]) & (home[goes] == home[stays]))
    if not len(some):
        return None
    # Land that is enclosed by other such land waits for it, unless there is nothing else.
    order = some[np.lexsort((stays[some], -border_m[some], is_empty[stays[some]], part[goes[some]]))]
    best = order[np.unique(part[goes[order]], return_index=True)[1]]
    sure = best[~is_empty[stays[best]]]
    target = np.arange(count)
    for i in sure if len(sure) else best[:1]:
        target[part == part[goes[i]]] = stays[i]
    return target
