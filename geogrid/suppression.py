"""Which counts of a tree of places must be withheld so that no small count can be read or worked out.

The rule is stated in `geogrid.privacy`; this module is the arithmetic, on plain arrays, so that it can be tried on paper.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Collection

Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tree:
    """Places inside places: ``parent[i]`` is the number of node i's parent, -1 for the root (node 0)."""

    parent: tuple[int, ...]

    @cached_property
    def leaves(self) -> Flags:
        """Return True for nodes that are nobody's parent."""
        flags = np.ones(len(self.parent), dtype=bool)
        flags[[p for p in self.parent if p >= 0]] = False
        return flags

    def under(self, nodes: Collection[int]) -> Flags:
        """Return True for some nodes and everything under them; parents come before their children."""
        flags = np.zeros(len(self.parent), dtype=bool)
        for i, parent in enumerate(self.parent):
            flags[i] = i in nodes or (parent >= 0 and flags[parent])
        return flags

    def shown_ancestor(self, node: int, hidden: Flags) -> int:
        """Return the nearest ancestor of a node that is shown, or -1."""
        above = self.parent[node]
        while above >= 0 and hidden[above]:
            above = self.parent[above]
        return above


def is_small(counts: Counts, threshold: int) -> Flags:
    """Return True for rows with a count from 1 to the threshold; unknown counts (NaN) are not small.

    Examples
    --------
    >>> is_small(np.array([[0.0, 12.0], [3.0, 40.0]]), 10).tolist()
    [False, True]
    """
    return np.asarray(((counts >= 1) & (counts <= threshold)).any(axis=1))


def withhold(tree: Tree, counts: Counts, forced: Flags, *, threshold: int, differences: Counts | None = None) -> Flags:
    """Say which nodes' counts to withhold.

    Parameters
    ----------
    tree : Tree
        The places; a parent's counts are the sums of its children's.
    counts : array (nodes, k)
        The counts of one block that add up to something shown (covered and not covered, say); NaN where unknown.
    forced : array of bool (nodes,)
        Nodes withheld for another reason.
    threshold : int
        The largest small count.
    differences : array (nodes, n), optional
        Counts that showing this block would tell by subtraction from another; they must not be small, but may be zero.

    Returns
    -------
    array of bool (nodes,)

    Examples
    --------
    A total of two grids, one of them with 3 households: showing the other would tell it.

    >>> withhold(Tree((-1, 0, 0)), np.array([[103.0], [100.0], [3.0]]), np.zeros(3, bool), threshold=10).tolist()
    [False, True, True]
    """
    extra = np.zeros((len(counts), 0)) if differences is None else differences
    hidden = forced | is_small(counts, threshold) | is_small(extra, threshold)
    block = _Block(tree, counts, extra, threshold)
    while more := block.to_protect(hidden):
        hidden = hidden.copy()
        hidden[more] = True
    return hidden


@dataclass(frozen=True)
class _Block:
    """One block of counts over the tree."""

    tree: Tree
    counts: Counts
    differences: Counts
    threshold: int

    def to_protect(self, hidden: Flags) -> list[int]:
        """Name one more node to withhold for every shown node whose remainder would tell a small count."""
        remainder: dict[int, list[int]] = defaultdict(list)
        shown: dict[int, list[int]] = defaultdict(list)
        for node in range(len(self.tree.parent)):
            withheld_leaf = hidden[node] and self.tree.leaves[node]
            if withheld_leaf or not hidden[node]:
                (remainder if withheld_leaf else shown)[self.tree.shown_ancestor(node, hidden)].append(node)
        chosen = [self._companion(node, leaves, shown[node]) for node, leaves in remainder.items() if node >= 0]
        return [node for node in chosen if node is not None]

    def _companion(self, node: int, leaves: list[int], others: list[int]) -> int | None:
        """Name what to withhold beside leaves, or None where their sum over at least two tells none of them.

        With n ≥ 2 leaves of known totals, a leaf's count lies in an interval as wide as the smallest of: its total, the others'
        totals, and the sum of each count; so every sum must exceed the threshold, zero included. The cheapest node that adds to
        what is too small is taken, grids before areas; the shown node itself only when nothing below it does.
        """
        lacking = np.append(
            is_small(self.counts[leaves].sum(axis=0)[:, None], self.threshold),
            is_small(self.differences[leaves].sum(axis=0)[:, None], self.threshold),
        )
        if len(leaves) > 1 and not lacking.any():
            return None
        values = np.nan_to_num(np.hstack([self.counts, self.differences]))
        helpful = [o for o in others if not lacking.any() or values[o, lacking].sum() > 0]
        return min(helpful, key=lambda o: (not self.tree.leaves[o], values[o].sum(), o), default=node)
