"""The nearest street of a point: against GEOS on random towns, and where few samples cannot prove it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid import snapping
from geogrid.travel import snap_to_streets
from tests.builders import X0, Y0
from tests.streets import ANY_WAY, check_snap, points, random_town, straightened, town

if TYPE_CHECKING:
    import pytest


def test_the_limit_is_inclusive_to_a_millimetre() -> None:
    network = town([(0, 0), (100, 0)])
    placement = snap_to_streets(points((1, 20), (1, 20.0004), (1, 20.0006)), network, max_snap_m=20)
    assert placement.unreached.tolist() == [False, False, True]


def test_equally_near_segments_lowest_number() -> None:
    network = town([(0, 0), (10, 0), (20, 0)], [(10, 0), (10, 10)], [(0, 30), (20, 30)])
    placement = snap_to_streets(points((10, 0), (10, -5), (10, 20), (5, 15)), network)
    check_snap(network, points((10, 0), (10, -5), (10, 20), (5, 15)).geometry.to_numpy(), placement, 200)
    assert placement.segment[:2].tolist() == [0, 0]
    assert placement.along_m[:2].tolist() == [10.0, 10.0]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_snapping_equals_brute_force(data: st.DataObject) -> None:
    """Draw short and very long segments, loops, segments without length, and points on them, on nodes, near and far."""
    network = data.draw(random_town(st.one_of(ANY_WAY, st.tuples(st.integers(-3000, 3000), st.integers(-9, 9)))))
    at_node = st.integers(0, len(network.x) - 1).map(lambda node: (network.x[node] - X0, network.y[node] - Y0))
    whole = st.tuples(st.integers(-20, 20), st.integers(-20, 20))
    anywhere = st.tuples(st.floats(-500, 500), st.floats(-500, 500))
    drawn = data.draw(st.lists(st.one_of(at_node, whole, anywhere), min_size=1, max_size=20))
    homes = points(*((float(x), float(y)) for x, y in drawn))
    straight = straightened(network)
    limit = data.draw(st.sampled_from([0.0, 10.0, 200.0]))
    check_snap(straight, homes.geometry.to_numpy(), snap_to_streets(homes, straight, max_snap_m=limit), limit)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_points_pass_over_streets_without_stops(data: st.DataObject) -> None:
    network = straightened(data.draw(random_town(ANY_WAY)))
    is_stop = np.array(data.draw(st.lists(st.booleans(), min_size=len(network.tail), max_size=len(network.tail))))
    homes = points(*data.draw(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), min_size=1, max_size=9)))
    found, rows = snap_to_streets(homes, replace(network, is_stop=is_stop)), np.flatnonzero(is_stop)
    if not len(rows):
        assert found.unreached.all()
        return
    columns = {name: getattr(network, name)[rows] for name in ("tail", "head", "length_m", "is_stop")}
    alone = snap_to_streets(homes, replace(network, **columns))
    np.testing.assert_array_equal(found.segment, np.where(alone.unreached, -1, rows[alone.segment]))
    np.testing.assert_array_equal(found.leg_m, alone.leg_m)


def test_points_that_few_samples_cannot_prove() -> None:
    """A fan of a thousand streets: at its hub and on a circle around it very many segments are nearly equally near."""
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    fan = town(*([(50 * np.cos(a), 50 * np.sin(a)), (90 * np.cos(a), 90 * np.sin(a))] for a in angle))
    homes = points((0, 0), (1e-7, 0), (0.5, 0.1), (100, 100), (60, 0.01))
    check_snap(fan, homes.geometry.to_numpy(), snap_to_streets(homes, fan), 200)


def test_many_points_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    network = town([(0, 0), (100, 0), (100, 100), (0, 100)], [(50, 0), (50, 60)])
    homes = points(*np.random.default_rng(2).uniform(-30, 130, (200, 2)).tolist())
    whole = snap_to_streets(homes, network, max_snap_m=5)
    monkeypatch.setattr(snapping, "MOST_ANSWERS", 50)
    monkeypatch.setattr(snapping, "MOST_SAMPLES", 20)
    parts = snap_to_streets(homes, network, max_snap_m=5)
    for column in ("segment", "along_m", "leg_m"):
        np.testing.assert_array_equal(getattr(whole, column), getattr(parts, column))
    check_snap(network, homes.geometry.to_numpy(), whole, 5)
