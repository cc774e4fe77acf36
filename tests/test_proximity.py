"""Which points lie together: against all pairs, in easy and in awkward places."""

from __future__ import annotations

import numpy as np
import pytest

from geogrid.proximity import near_groups


def all_pairs(xy: np.ndarray, distance_m: float) -> list[frozenset[int]]:
    """Join groups as long as two points of different groups are near each other."""
    groups = [{i} for i in range(len(xy))]
    for i in range(len(xy)):
        for j in range(i):
            if round(float(np.hypot(*(xy[i] - xy[j]))), 3) <= distance_m:
                one, other = (next(g for g in groups if k in g) for k in (i, j))
                if one is not other:
                    groups = [g for g in groups if g not in (one, other)] + [one | other]
    return sorted((frozenset(g) for g in groups), key=min)


def groups_of(xy: np.ndarray, distance_m: float) -> list[frozenset[int]]:
    group = near_groups(xy, distance_m)
    return sorted((frozenset(np.flatnonzero(group == k).tolist()) for k in range(int(group.max()) + 1)), key=min)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", ["anywhere", "lattice", "line", "spots"])
def test_against_all_pairs(kind: str, seed: int) -> None:
    """On a lattice many triangles are as good as others; in a line there is none; spots hold many points."""
    rng = np.random.default_rng(seed)
    xy = {
        "anywhere": rng.uniform(0, 1500, (60, 2)),
        "lattice": 100.0 * rng.integers(0, 14, (60, 2)),
        "line": np.outer(rng.uniform(0, 8000, 60), [0.6, 0.8]),
        "spots": rng.uniform(0, 1500, (20, 2))[rng.integers(0, 20, 60)],
    }[kind]
    moved = np.add(xy, [500_000, 3_100_000])
    assert groups_of(moved, 100) == all_pairs(moved, 100)


@pytest.mark.parametrize(("away", "groups"), [(200.0, 1), (200.0004, 1), (200.001, 2)])
def test_the_distance_itself_still_links(away: float, groups: int) -> None:
    assert len(groups_of(np.array([[500_000.0, 3_100_000.0], [500_000.0 + away, 3_100_000.0]]), 200)) == groups


def test_no_point_and_one_point() -> None:
    assert near_groups(np.zeros((0, 2)), 200).tolist() == []
    assert near_groups(np.zeros((1, 2)), 200).tolist() == [0]


def test_points_closer_than_rounding_are_one_group() -> None:
    xy = np.array([[500_000.0, 3_100_000.0]] * 4) + np.array([[0, 0], [1e-9, 0], [0, 1e-9], [300, 0]])
    assert groups_of(xy, 0.0) == [frozenset({0, 1, 2}), frozenset({3})]
