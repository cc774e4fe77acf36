"""Random spanning trees of a stretch of land, and the ways to cut one in two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Tree:
    """A spanning tree, its lumps in the order of a walk, so that what hangs below one is a slice of it.

    Attributes
    ----------
    walk : list of int
        The lumps; those below ``walk[i]``, and itself, are ``walk[i : ends[i]]``.
    ends : list of int
    below : list of int
        The households of each slice.
    """

    walk: list[int]
    ends: list[int]
    below: list[int]

    def side(self, at: int) -> list[int]:
        """Return the lumps on the one side of the cut above ``walk[at]``."""
        return self.walk[at : self.ends[at]]


def random_tree(lumps: list[int], links: list[list[int]], households: list[int], chance: Random) -> Tree:
    """Return a spanning tree of lumps that hang together.

    Parameters
    ----------
    lumps : list of int
    links : list of lists of int
        The neighbours of every lump.
    households : list of int
        Of every lump.
    chance : random.Random

    Returns
    -------
    Tree

    Examples
    --------
    >>> from random import Random
    >>> tree = random_tree([0, 1, 2], [[1], [0, 2], [1]], [3, 4, 5], Random(1))
    >>> sorted(tree.walk), tree.below[0]
    ([0, 1, 2], 12)
    """
    branches = _branches(lumps, links, chance)
    walk, parents = _walked(branches, lumps[int(chance.random() * len(lumps))])
    ends = list(range(1, len(walk) + 1))
    below = [households[each] for each in walk]
    for at in range(len(walk) - 1, 0, -1):
        above = parents[at]
        ends[above] = max(ends[above], ends[at])
        below[above] += below[at]
    return Tree(walk, ends, below)


def _branches(lumps: list[int], links: list[list[int]], chance: Random) -> dict[int, list[int]]:
    """Return the neighbours in the tree: links taken in random order, but those that would close a ring."""
    inside = set(lumps)
    rolled = chance.random
    edges = [(rolled(), u, v) for u in lumps for v in links[u] if u < v and v in inside]
    edges.sort()
    root = {each: each for each in lumps}
    branches: dict[int, list[int]] = {each: [] for each in lumps}
    left = len(lumps) - 1
    for _, u, v in edges:
        a, b = u, v
        while root[a] != a:
            root[a] = a = root[root[a]]
        while root[b] != b:
            root[b] = b = root[root[b]]
        if a == b:
            continue
        root[a] = b
        branches[u].append(v)
        branches[v].append(u)
        left -= 1
        if not left:
            break
    return branches


def _walked(branches: dict[int, list[int]], start: int) -> tuple[list[int], list[int]]:
    """Return the lumps of a tree, each before what is below it, and the place of the one above each."""
    walk: list[int] = []
    parents: list[int] = []
    stack = [(start, -1, 0)]
    while stack:
        at, came, above = stack.pop()
        place = len(walk)
        walk.append(at)
        parents.append(above)
        stack += [(each, at, place) for each in branches[at] if each != came]
    return walk, parents
