"""Streets made ready for searching: the parts that the tests of travel do not show one by one."""

from __future__ import annotations

import numpy as np
import pytest

from geogrid.errors import InputError
from geogrid.graph import matrix, measure, prepare, ranges, to_metres
from geogrid.nearest import along_segments, search, seeds, settle
from tests.streets import put, town, walked


def test_repeated_entries_keep_the_cheapest_and_zeros_are_ways() -> None:
    costs = matrix(np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([5.0, 3.0, 0.0]), 2)
    assert costs.toarray().tolist() == [[0.0, 3.0], [0.0, 0.0]]
    assert costs.nnz == 2
    none = np.empty(0, dtype=np.int64)
    assert matrix(none, none, np.empty(0), 3).nnz == 0


def test_a_oneway_segment_is_left_by_its_head_and_come_to_by_its_tail() -> None:
    """A segment of 10 m that may be used forwards only, at two metres a metre; the point stands 4 m along, 1 m off."""
    one = walked(
        np.array([0.0, 10.0]),
        np.zeros(2),
        np.array([[0, 1]]),
        np.array([10.0]),
        forward_m=np.array([20.0]),
        backward_m=np.array([np.inf]),
        leg_factor=3.0,
    )
    graph = prepare(one)
    places = measure(graph, put((0, 4.0, 1.0), (0, 0.0, 0.0), (0, 10.0, 0.0), (-1, np.nan, 250.0)))
    in_metres = {name: to_metres(getattr(places, name)).tolist() for name in ("to_tail", "to_head", "from_tail", "from_head")}
    nan = pytest.approx(np.nan, nan_ok=True)
    assert in_metres["to_head"] == [15.0, 20.0, 0.0, nan]
    assert in_metres["to_tail"] == [nan, 0.0, nan, nan]
    assert in_metres["from_tail"] == [11.0, 0.0, 20.0, nan]
    assert in_metres["from_head"] == [nan, nan, 0.0, nan]
    assert graph.least_factor == 2.0**24
    node, units, row = seeds(places)
    assert sorted(zip(node.tolist(), to_metres(units).tolist(), row.tolist(), strict=True)) == [
        (0, 0.0, 1),
        (0, 11.0, 0),
        (0, 20.0, 2),
        (1, 0.0, 2),
    ]


def test_places_on_one_segment_see_each_other_forwards(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = prepare(town([(0, 0), (100, 0)]))
    homes, stops = measure(graph, put((0, 10.0, 1.0), (0, 60.0, 0.0))), measure(graph, put((0, 60.0, 2.0), (-1, np.nan, 9.0)))
    for most in (2_000_000, 1):
        monkeypatch.setattr("geogrid.nearest.MOST_PAIRS", most)
        place, stop, units = along_segments(graph, homes, stops)
        assert (place.tolist(), stop.tolist(), to_metres(units).tolist()) == ([0, 1], [0, 0], [53.0, 2.0])


def test_nobody_and_nothing() -> None:
    graph = prepare(town([(0, 0), (100, 0)]))
    nobody = measure(graph, put())
    assert search(graph, nobody, np.empty(0, dtype=np.int64)).facility.tolist() == [-1, -1]
    assert [len(part) for part in along_segments(graph, nobody, nobody)] == [0, 0, 0]
    with pytest.raises(InputError, match="a place is on segment 3, but the network has 1"):
        measure(graph, put((3, 0.0, 0.0)))


def test_the_lowest_rank_among_equals_is_carried_along_every_shortest_way() -> None:
    """Two facilities 100 m from the middle of a street: behind a third node all see both, and the second has the lower rank."""
    graph = prepare(town([(0, 0), (100, 0), (200, 0)], [(100, 0), (100, 50), (100, 90)]))
    ends = np.flatnonzero(np.isin(graph.network.x, (graph.network.x.min(), graph.network.x.max())))
    costs, units = graph.towards, np.zeros(2)
    first, second = (settle(costs, ends, units, np.array([0, 1]), rank) for rank in (np.array([0, 1]), np.array([1, 0])))
    middle = np.flatnonzero(~np.isin(np.arange(len(graph.network.x)), ends))
    assert set(first.facility[middle]) == {0}
    assert set(second.facility[middle]) == {1}


def test_ranges_follow_one_another() -> None:
    assert ranges(np.array([3, 7, 7]), np.array([5, 7, 9])).tolist() == [3, 4, 7, 8]


def test_places_can_be_parted_joined_and_found_by_segment() -> None:
    graph = prepare(town([(0, 0), (50, 0), (100, 0)]))
    places = measure(graph, put((1, 5.0, 0.0), (0, 5.0, 0.0), (1, 9.0, 0.0), (-1, np.nan, 300.0)))
    assert sorted(places.on_segments(np.array([1])).tolist()) == [0, 2]
    assert places.on_segments(np.array([7])).tolist() == []
    alone = places.only(np.array([False, True, True, True]))
    assert (alone.segment.tolist(), np.isfinite(alone.to_head).tolist()) == ([-1, 0, 1, -1], [False, True, True, False])
    twice = places.take(np.array([1])).followed_by(places)
    assert (len(twice), twice.segment.tolist()) == (5, [0, 1, 0, 1, -1])
