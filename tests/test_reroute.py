"""Facilities that come and go: the answer where the change is felt equals a full run, to the last unit and name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.graph import measure, prepare
from geogrid.reroute import change, stand
from geogrid.travel import rank_of
from tests.streets import ANY_WAY, AXES, placed, put, random_town, town

if TYPE_CHECKING:
    from geogrid.reroute import Standing


def assert_equal(one: Standing, other: Standing) -> None:
    for part in ("nodes", "households"):
        np.testing.assert_array_equal(getattr(one, part).units, getattr(other, part).units)
        np.testing.assert_array_equal(getattr(one, part).facility, getattr(other, part).facility)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_change_equals_a_full_run(data: st.DataObject) -> None:
    network = data.draw(random_town(st.one_of(ANY_WAY, AXES), is_oneway=data.draw(st.booleans())))
    graph = prepare(network)
    homes, stops = (measure(graph, data.draw(placed(network, 4, most))) for most in (10, 8))
    rank = rank_of([str(i) for i in data.draw(st.permutations(range(len(stops))))])
    some = st.lists(st.booleans(), min_size=len(stops), max_size=len(stops)).map(lambda flags: np.array(flags, dtype=bool))
    counts = data.draw(some)
    standing = stand(graph, homes, stops, rank, counts)
    for _ in range(3):
        counts = data.draw(some)
        before = standing
        standing, rows = change(standing, stops=stops, rank=rank, counts=counts)
        assert_equal(standing, stand(graph, homes, stops, rank, counts))
        same = np.setdiff1d(np.arange(len(homes)), rows)
        np.testing.assert_array_equal(before.households.units[same], standing.households.units[same])


def test_only_who_can_feel_it_is_looked_at_again() -> None:
    """Draw a street of 1 km with shops at both ends and homes every 100 m: a third shop in the middle is felt near it only."""
    network = town([(x, 0) for x in range(0, 1001, 100)])
    graph = prepare(network)
    homes = measure(graph, put(*((i, 50.0, 0.0) for i in range(10))))
    stops = measure(graph, put((0, 0.0, 0.0), (9, 100.0, 0.0), (5, 0.0, 0.0)))
    rank = rank_of(["a", "b", "c"])
    two = stand(graph, homes, stops, rank, np.array([True, True, False]))
    three, rows = change(two, stops=stops, rank=rank, counts=np.array([True, True, True]))
    assert rows.tolist() == [2, 3, 4, 5, 6, 7]
    assert three.households.facility.tolist() == [0, 0, 0, 2, 2, 2, 2, 1, 1, 1]
    back, _ = change(three, stops=stops, rank=rank, counts=two.counts)
    assert_equal(back, two)


def test_new_rows_may_stand_behind() -> None:
    network = town([(0, 0), (100, 0)])
    graph = prepare(network)
    homes, one = measure(graph, put((0, 40.0, 1.0))), put((0, 90.0, 0.0))
    before = stand(graph, homes, measure(graph, one), rank_of(["b"]), np.array([True]))
    both = measure(graph, put((0, 90.0, 0.0), (0, 30.0, 0.0)))
    after, rows = change(before, stops=both, rank=rank_of(["b", "a"]), counts=np.array([True, True]))
    assert rows.tolist() == [0]
    assert after.households.facility.tolist() == [1]
    assert_equal(after, stand(graph, homes, both, rank_of(["b", "a"]), np.array([True, True])))
    nobody, _ = change(after, stops=both, rank=rank_of(["b", "a"]), counts=np.array([False, False]))
    assert np.isinf(nobody.households.units).all()


def test_a_street_that_costs_less_than_its_length_is_not_lost() -> None:
    """A network whose costs are below the straight line (no mode has one) still gives the full answer."""
    network = town([(x, 0) for x in range(0, 1001, 100)])
    fast = replace(network, forward_m=network.length_m / 4, backward_m=network.length_m / 4)
    graph = prepare(fast)
    homes = measure(graph, put(*((i, 50.0, 0.0) for i in range(10))))
    stops = measure(graph, put((0, 0.0, 0.0), (9, 100.0, 0.0)))
    rank = rank_of(["a", "b"])
    one = stand(graph, homes, stops, rank, np.array([True, False]))
    two, _ = change(one, stops=stops, rank=rank, counts=np.array([True, True]))
    assert_equal(two, stand(graph, homes, stops, rank, np.array([True, True])))
