"""Suppression: by hand, and against a linear programme that plays the curious reader."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from geogrid.hierarchy import sum_upwards
from geogrid.suppression import Tree, is_small, withhold

TWO_VILLAGES = Tree((-1, 0, 0, 1, 1, 2, 2))
"""A total, two villages of two grids each."""


def none_forced(tree: Tree) -> np.ndarray:
    return np.zeros(len(tree.parent), dtype=bool)


def split(tree: Tree, covered: list[int], totals: list[int]) -> np.ndarray:
    """Covered and not covered of every node, from the leaves'."""
    leaves = np.zeros((len(tree.parent), 2))
    leaves[tree.leaves, 0] = covered
    leaves[tree.leaves, 1] = np.array(totals) - covered
    return sum_upwards(leaves, tree)


@pytest.mark.parametrize(("count", "small"), [(0, False), (1, True), (10, True), (11, False), (np.nan, False)])
def test_small_is_one_to_the_threshold(count: float, small: bool) -> None:
    assert is_small(np.array([[count]]), 10).tolist() == [small]


def test_nothing_small_nothing_withheld() -> None:
    counts = split(TWO_VILLAGES, [100, 0, 50, 200], [100, 80, 100, 250])
    assert not withhold(TWO_VILLAGES, counts, none_forced(TWO_VILLAGES), threshold=10).any()


def test_a_small_grid_takes_its_neighbour_with_it() -> None:
    """Village 1 has grids of 95/5 and 60/40 covered/not: the second is withheld so that 45 - 40 does not tell 5."""
    counts = split(TWO_VILLAGES, [95, 60, 50, 200], [100, 100, 100, 250])
    assert withhold(TWO_VILLAGES, counts, none_forced(TWO_VILLAGES), threshold=10).tolist() == [
        False,
        False,
        False,
        True,
        True,
        False,
        False,
    ]


def test_when_the_neighbour_adds_nothing_the_village_goes_too() -> None:
    """Village 1: 5 not covered in one grid, none in the other; the village's 5 is small itself, so village 2 gives a grid."""
    counts = split(TWO_VILLAGES, [95, 100, 50, 200], [100, 100, 100, 250])
    hidden = withhold(TWO_VILLAGES, counts, none_forced(TWO_VILLAGES), threshold=10)
    assert not hidden[0]
    assert hidden[[1, 2, 3]].all()


def test_a_lone_small_count_hides_the_total() -> None:
    counts = np.array([[7.0], [7.0], [0.0]])
    assert withhold(Tree((-1, 0, 0)), counts, np.zeros(3, bool), threshold=10).tolist()[:2] == [True, True]


def test_differences_are_withheld_when_small_but_may_be_zero() -> None:
    tree = Tree((-1, 0, 0, 0))
    counts = np.array([[300.0], [100.0], [100.0], [100.0]])
    differences = np.array([[3.0], [3.0], [0.0], [0.0]])
    assert withhold(tree, counts, np.zeros(4, bool), threshold=10, differences=differences)[[0, 1]].all()
    assert not withhold(tree, counts, np.zeros(4, bool), threshold=10, differences=differences * 0).any()


def widest_guess(tree: Tree, counts: np.ndarray, totals: np.ndarray, hidden: np.ndarray, leaf: int) -> float:
    """How far apart a reader's smallest and largest possible value of a leaf's covered count are, knowing all that is shown."""
    leaves = np.flatnonzero(tree.leaves)
    rows, values = [], []
    for node in np.flatnonzero(~hidden):
        rows.append([float(_is_under(tree, int(other), int(node))) for other in leaves])
        values.append(counts[node, 0])
    bounds = [(0, totals[i]) for i in range(len(leaves))]
    aim = (leaves == leaf).astype(float)
    ends = [linprog(sign * aim, A_eq=rows or None, b_eq=values or None, bounds=bounds).fun * sign for sign in (1, -1)]
    return float(ends[1] - ends[0])


def _is_under(tree: Tree, node: int, above: int) -> bool:
    while node >= 0 and node != above:
        node = tree.parent[node]
    return node == above


@st.composite
def towns(draw: st.DrawFn) -> tuple[Tree, list[int], list[int]]:
    """A total, 1 to 3 villages, 1 to 4 grids each; totals large, covered anything."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    parents = [-1, *[0] * len(sizes)]
    for village, size in enumerate(sizes, start=1):
        parents += [village] * size
    totals = draw(st.lists(st.integers(20, 60), min_size=sum(sizes), max_size=sum(sizes)))
    covered = [draw(st.one_of(st.just(0), st.just(t), st.integers(0, t), st.integers(max(t - 12, 0), t))) for t in totals]
    return Tree(tuple(parents)), covered, totals


@given(towns())
@settings(max_examples=150, deadline=None)
def test_no_reader_can_pin_a_small_count_down(town: tuple[Tree, list[int], list[int]]) -> None:
    """Every withheld small count keeps at least as many possible values as the threshold, with all leaf totals known."""
    tree, covered, totals = town
    counts = split(tree, covered, totals)
    hidden = withhold(tree, counts, none_forced(tree), threshold=10)
    small = is_small(counts, 10)
    assert hidden[small].all()
    for number, leaf in enumerate(np.flatnonzero(tree.leaves)):
        if small[leaf]:
            assert widest_guess(tree, counts, np.array(totals, float), hidden, int(leaf)) >= min(10, totals[number])


@given(towns())
@settings(max_examples=50, deadline=None)
def test_what_is_withheld_only_grows_with_the_threshold(town: tuple[Tree, list[int], list[int]]) -> None:
    tree, covered, totals = town
    counts = split(tree, covered, totals)
    primary = [is_small(counts, t) for t in (3, 10)]
    assert not (primary[0] & ~primary[1]).any()
