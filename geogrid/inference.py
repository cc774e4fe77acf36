"""What a reader can work out from counts that are shown: the attack that `geogrid.privacy` must withstand.

The reader knows which places lie in which, that counts are not negative, and which counts are made of which (all households are
covered by a service or not; what is covered later was covered now or is gained). Bounds of every count, shown or not, follow by
carrying bounds from wholes to parts and back until nothing moves. `tests/test_privacy_attack.py` holds this against a linear
programme.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.suppression import Counts, Flags, Tree

Block = tuple[str, ...]
"""The name of counts."""

NO_BOUND = 1e9
"""More than any count of a town."""
ROUNDS = 100
"""Bounds that still move after so many rounds are taken as they are; they only ever get closer."""


@dataclass(frozen=True)
class Made:
    """Counts by name (a row each) at every node, which are the sum of which two others, and which add to at most which."""

    tree: Tree
    counts: Mapping[Block, Counts]
    sums: Sequence[tuple[Block, Block, Block]]
    overlaps: Sequence[tuple[Sequence[Block], Sequence[Block]]] = ()

    def worked_out(self, shown: Mapping[Block, Flags], threshold: int) -> list[tuple[Block, int]]:
        """Return, by name and node, each small count that what is shown tells to less than ``threshold``.

        Parameters
        ----------
        shown : mapping
            Nodes at which each published count is shown; counts without an entry are not published.
        threshold : int
            The largest small count.

        Examples
        --------
        Two grids with 103 households in all, 100 of them in the second: the first has 3.

        >>> from geogrid.suppression import Tree
        >>> made = Made(Tree((-1, 0, 0)), {("households",): np.array([103.0, 3.0, 100.0])}, [])
        >>> made.worked_out({("households",): np.array([True, False, True])}, 10)
        [(('households',), 1)]
        """
        low, high = self.bounds(shown)
        exact = np.array(list(self.counts.values()))
        told = (exact >= 1) & (exact <= threshold) & (high - low < threshold)
        names = list(self.counts)
        return [(names[row], int(node)) for row, node in zip(*np.nonzero(told), strict=True)]

    def bounds(self, shown: Mapping[Block, Flags]) -> tuple[Counts, Counts]:
        """Return the least and the largest value that each count can have at each node."""
        exact = np.array(list(self.counts.values()))
        nowhere = np.zeros(exact.shape[1], dtype=bool)
        known = np.array([shown.get(name, nowhere) for name in self.counts])
        low, high = np.where(known, exact, 0.0), np.where(known, exact, NO_BOUND)
        for _ in range(ROUNDS):
            before = low.sum() - high.sum()
            self._between_places(low, high)
            self._between_parts(low, high)
            self._between_overlaps(low, high)
            if low.sum() - high.sum() == before:
                break
        return low, high

    def _between_places(self, low: Counts, high: Counts) -> None:
        """Carry bounds up and down the tree, in place."""
        child = np.arange(1, low.shape[1])
        parent = np.array(self.tree.parent[1:], dtype=np.int64)
        inner = ~self.tree.leaves
        lowest, highest = (self._below @ low.T).T, (self._below @ high.T).T
        low[:, inner] = np.maximum(low, lowest)[:, inner]
        high[:, inner] = np.minimum(high, highest)[:, inner]
        others_low, others_high = lowest[:, parent] - low[:, child], highest[:, parent] - high[:, child]
        low[:, child] = np.maximum(low[:, child], low[:, parent] - others_high)
        high[:, child] = np.minimum(high[:, child], high[:, parent] - others_low)

    @cached_property
    def _below(self) -> sparse.csr_array:
        """Return the matrix that sums over the children of each node."""
        count = len(self.tree.parent)
        return sparse.csr_array((np.ones(count - 1), (self.tree.parent[1:], np.arange(1, count))), shape=(count, count))

    @cached_property
    def _rows(self) -> npt.NDArray[np.int64]:
        """Return the rows of whole, one part and the other part of every sum."""
        row = {name: i for i, name in enumerate(self.counts)}
        return np.array([[row[name] for name in each] for each in self.sums], dtype=np.int64).reshape(-1, 3).T

    def _between_parts(self, low: Counts, high: Counts) -> None:
        """Carry bounds between wholes and their two parts, in place."""
        whole, one, other = self._rows
        np.maximum.at(low, whole, low[one] + low[other])
        np.minimum.at(high, whole, high[one] + high[other])
        for part, rest in ((one, other), (other, one)):
            np.maximum.at(low, part, low[whole] - high[rest])
            np.minimum.at(high, part, high[whole] - low[rest])

    def _between_overlaps(self, low: Counts, high: Counts) -> None:
        """Carry bounds between counts and what they are at most the sum of, in place."""
        row = {name: i for i, name in enumerate(self.counts)}
        for less, more in self.overlaps:
            times = Counter(row[name] for name in less)
            rows = [row[name] for name in more]
            most, least = high[rows].sum(axis=0), sum(n * low[i] for i, n in times.items())
            for i, n in times.items():
                high[i] = np.minimum(high[i], (most - least) / n + low[i])
            low[rows] = np.maximum(low[rows], least - (most - high[rows]))
