"""Coverage against the number of sites, point by point as good as choosing afresh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from geogrid.effort import Effort
from geogrid.locating.curve import coverage_curve, one_more
from geogrid.locating.exact import mclp
from geogrid.locating.problem import Located, Location
from tests.location_cases import choices, covered, made, problems


@settings(max_examples=40, deadline=None)
@given(problems())
def test_each_point_is_the_best_there_is(location: Location) -> None:
    curve = coverage_curve(location, sites=4, effort=Effort())
    for sites, point in enumerate(curve):
        best = max(covered(location, each) for each in choices(location, sites, None))
        assert (point.value, point.bound, point.proof) == (best, best, "optimal")
        assert len(point.chosen) <= sites
    everybody = covered(location, set(range(location.candidates)))
    assert len(curve) == 5 or curve[-1].value == everybody


def row(n: int) -> Location:
    """So many households of growing weight, each with a candidate of its own."""
    return made([float(i + 1) for i in range(n)], [{i: 0.0} for i in range(n)], n)


def test_it_ends_where_everybody_is_covered() -> None:
    curve = coverage_curve(row(3), sites=9, effort=Effort())
    assert [each.value for each in curve] == [0.0, 3.0, 5.0, 6.0]
    assert [each.chosen.tolist() for each in curve] == [[], [2], [1, 2], [0, 1, 2]]


def test_stopped_the_rest_is_one_more_each_time_with_a_bound() -> None:
    """Stopped after two points: 4 + 3 known to be best, so three sites cover no more than 3/2 of that."""
    effort = Effort()

    def model(location: Location, *, sites: int, effort: Effort, start: np.ndarray | None = None) -> Located:
        if sites == 3:
            effort.stop()
        return mclp(location, sites=sites, effort=effort, start=start)

    curve = coverage_curve(row(4), sites=4, effort=effort, model=model)
    assert [each.value for each in curve] == [0.0, 4.0, 7.0, 9.0, 10.0]
    assert [each.bound for each in curve] == [0.0, 4.0, 7.0, 10.0, 10.0]
    assert [each.proof for each in curve] == ["optimal", "optimal", "optimal", "gap", "optimal"]
    assert curve[3].gap == pytest.approx(1 / 9)
    assert effort.stopped == "hand"


@pytest.mark.parametrize(("chosen", "more"), [([], [2]), ([2], [1, 2]), ([0, 1, 2], [0, 1, 2])])
def test_one_more_is_the_one_that_adds_most(chosen: list[int], more: list[int]) -> None:
    assert one_more(row(3), np.array(chosen, dtype=np.int64)).tolist() == more
