"""Bands of reach: exact on paper, nested, valid, without stray islands or small holes, simplified within the tolerance."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geogrid.errors import InputError
from geogrid.isochrones import COLUMNS, Drawing, Sheet, bands, moved_m, service_areas
from geogrid.sampling import Sampling
from tests.builders import CRS

RAW = Drawing(tolerance_m=0, min_island_m2=0, min_hole_m2=0)
LIMITS = [5.0, 10.0, 15.0]
WALKING = 0.012


def sheet(rows: int, columns: int) -> Sheet:
    """Return a block of lattice places 20 m apart from (20, 20) on, all of them on a street, with unsampled ones around."""
    inner = np.zeros((rows + 2, columns + 2), dtype=bool)
    inner[1:-1, 1:-1] = True
    sampling = Sampling(pyproj.CRS(CRS), 20.0, 0, 0, inner.shape, np.flatnonzero(inner))
    return Sheet(sampling, np.full(rows * columns, -1000.0), WALKING)


MINUTES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.sampled_from([0.0, 3.0, 4.95, 5.0, 5.05, 9.0, 10.0, 10.1, 14.0, 15.0, 15.2, 16.0, 40.0, np.inf, np.nan]),
)


def drawn(minutes: npt.NDArray[np.float64], drawing: Drawing, **options: Any) -> gpd.GeoDataFrame:
    return bands(sheet(*minutes.shape), minutes.ravel(), LIMITS, drawing=drawing, **options)


def is_coverage(polygons: npt.NDArray[np.object_]) -> bool:
    """Say whether polygons neither overlap nor cross, and meet at common corners alone.

    Not asked of GEOS, whose ``coverage_is_valid`` denies it where borders of three polygons touch in one point.
    """
    overlap = max(shapely.intersection(one, other).area for one in polygons for other in polygons if one is not other)
    corners = np.unique(shapely.get_coordinates(polygons), axis=0)
    return overlap < 1e-9 and np.array_equal(
        np.unique(shapely.get_coordinates(shapely.node(shapely.GeometryCollection([*shapely.boundary(polygons)]))), axis=0),
        corners,
    )


@given(MINUTES)
@settings(max_examples=80, deadline=None)
def test_a_place_of_the_lattice_is_inside_exactly_if_its_time_is_within_the_limit(minutes: npt.NDArray[np.float64]) -> None:
    sampling = sheet(*minutes.shape).sampling
    for area, limit in zip(service_areas(drawn(minutes, RAW)).geometry, LIMITS, strict=True):
        inside = shapely.intersects_xy(area, sampling.x, sampling.y)
        np.testing.assert_array_equal(inside, minutes.ravel() <= limit)


@given(MINUTES, st.sampled_from([RAW, Drawing(tolerance_m=8, min_island_m2=900, min_hole_m2=500), Drawing()]))
@settings(max_examples=80, deadline=None)
def test_bands_nest_fill_the_areas_and_share_borders(minutes: npt.NDArray[np.float64], drawing: Drawing) -> None:
    rows = drawn(minutes, drawing)
    areas = service_areas(rows)
    assert tuple(rows.columns) == COLUMNS
    assert rows["minutes"].tolist() == LIMITS
    assert rows["from_minutes"].tolist() == [0.0, 5.0, 10.0]
    assert (rows.geom_type == "MultiPolygon").all()
    assert rows.is_valid.all()
    assert areas.is_valid.all()
    assert is_coverage(rows.geometry.to_numpy())
    np.testing.assert_allclose(rows.area, rows["area_m2"])
    np.testing.assert_allclose(areas.area, rows["area_m2"].cumsum(), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(areas["area_m2"], areas.area, rtol=1e-12, atol=1e-9)
    for smaller, larger in pairwise(areas.geometry):
        assert smaller.difference(larger).area < 1e-6


@given(MINUTES, st.sampled_from([(400.0, 400.0), (900.0, 2500.0), (5000.0, 300.0)]))
@settings(max_examples=60, deadline=None)
def test_no_stray_island_and_no_small_hole_is_left(minutes: npt.NDArray[np.float64], sizes: tuple[float, float]) -> None:
    drawing = Drawing(tolerance_m=8, min_island_m2=sizes[0], min_hole_m2=sizes[1])
    stop = shapely.Point(40, 40)
    rows = drawn(minutes, drawing, stops=stop)
    for area in service_areas(rows).geometry:
        for part in area.geoms:
            assert part.area >= sizes[0] or part.intersects(stop)
            assert all(shapely.Polygon(hole).area >= sizes[1] for hole in part.interiors)
    raw = drawn(minutes, RAW)
    dropped, filled = rows["islands_dropped"].sum(), rows["holes_filled"].sum()
    assert (rows["islands_dropped"] >= 0).all()
    if dropped == filled == 0:
        assert drawn(minutes, Drawing(tolerance_m=0, min_island_m2=sizes[0], min_hole_m2=sizes[1]), stops=stop).equals(raw)


ONCE_TOO_FAR = np.full((5, 8), 5.0)
"""The corner between the bands of 5 and 15 minutes was moved by 27 m when 25 were allowed: it came near another edge."""
ONCE_TOO_FAR[[0, 1, 2, 2], [7, 6, 5, 6]] = 5.05, 5.05, 0.0, 14.0


@given(MINUTES, st.sampled_from([1.0, 6.0, 10.0, 25.0]))
@example(ONCE_TOO_FAR, 25.0)
@settings(max_examples=60, deadline=None)
def test_simplified_borders_stay_within_the_tolerance(minutes: npt.NDArray[np.float64], tolerance_m: float) -> None:
    raw = drawn(minutes, RAW)
    simple = drawn(minutes, Drawing(tolerance_m=tolerance_m, min_island_m2=0, min_hole_m2=0))
    for before, after in zip(raw.geometry, simple.geometry, strict=True):
        assert before.is_empty == after.is_empty
        if not before.is_empty:
            assert shapely.hausdorff_distance(before.boundary, after.boundary, densify=0.05) <= tolerance_m + 1e-9
            assert shapely.get_num_coordinates(after) <= shapely.get_num_coordinates(before)


def test_a_straight_street_gives_a_cut_off_diamond() -> None:
    """A facility at x = 1000 on a street along y = 1000: within 5 minutes, 416.67 m, lies |x - 1000| + |y - 1000| <= 416.67.

    Cut off at 200 m from the street: 4 ∫₀²⁰⁰ (416.67 - y) dy = 253,333 m².
    """
    places = sheet(99, 99)
    x, y = places.sampling.x - 1000, places.sampling.y - 1000
    there = Sheet(places.sampling, np.abs(y) - 200, WALKING)
    raw = bands(there, WALKING * (np.abs(x) + np.abs(y)), [5], drawing=RAW)
    exact = shapely.box(580, 800, 1420, 1200) & shapely.Point(1000, 1000).buffer(5000 / 12, quad_segs=1)
    assert raw["area_m2"][0] == pytest.approx(253_333, rel=0.003)
    assert shapely.hausdorff_distance(raw.geometry[0].boundary, exact.boundary, densify=0.01) < 5
    simple = bands(there, WALKING * (np.abs(x) + np.abs(y)), [5])
    assert simple["area_m2"][0] == pytest.approx(253_333, rel=0.02)
    assert shapely.get_num_coordinates(simple.geometry[0]) < 40 < shapely.get_num_coordinates(raw.geometry[0])


def test_a_jump_has_its_border_halfway_and_the_same_for_every_limit() -> None:
    minutes = np.full((30, 30), 90.0)
    minutes[:, :15] = 1.0
    rows = drawn(minutes, RAW)
    assert rows.geometry[0].bounds[2] == pytest.approx(310)
    assert rows.geometry[1].is_empty
    assert rows.geometry[2].is_empty


def test_islands_with_a_facility_stay() -> None:
    minutes = np.full((20, 20), 60.0)
    minutes[2:4, 2:4] = minutes[10, 10] = 1.0
    minutes[5:8, 14:17] = 1.0
    minutes[6, 15] = 60.0
    far, near = drawn(minutes, Drawing(tolerance_m=0)), drawn(minutes, Drawing(tolerance_m=0), stops=shapely.Point(220, 220))
    assert far["islands_dropped"].tolist() == [3, 3, 3]
    assert far.is_empty.all()
    assert near["islands_dropped"].tolist() == [2, 2, 2]
    assert near.geometry[0].bounds == pytest.approx((210, 210, 230, 230))
    holed = drawn(minutes, Drawing(tolerance_m=0, min_island_m2=0))
    assert holed["holes_filled"].tolist() == [1, 1, 1]
    assert not holed.geometry[0].geoms[1].interiors or not holed.geometry[0].geoms[0].interiors


def test_an_island_in_a_filled_hole_is_swallowed() -> None:
    minutes = np.full((20, 20), 1.0)
    minutes[8:13, 8:13] = 60.0
    minutes[10, 10] = 1.0
    area = drawn(minutes, Drawing(tolerance_m=0, min_island_m2=0, min_hole_m2=20_000)).geometry[0]
    assert len(area.geoms) == 1
    assert not area.geoms[0].interiors


def test_nothing_is_within_reach() -> None:
    rows = drawn(np.full((3, 3), np.nan), Drawing(), stops=shapely.Point(40, 40))
    assert rows.is_empty.all()
    assert rows["area_m2"].tolist() == [0, 0, 0]
    empty = Sampling(pyproj.CRS(CRS), 20.0, 0, 0, (0, 0), np.empty(0, dtype=np.int64))
    assert bands(Sheet(empty, np.empty(0), WALKING), np.empty(0), [5]).is_empty.tolist() == [True]
    assert service_areas(rows).is_empty.all()


def test_limits_come_in_any_order_each_once() -> None:
    rows = bands(sheet(3, 3), np.full(9, 4.0), [15, 5, 15.0])
    assert rows["minutes"].tolist() == [5.0, 15.0]


def test_arguments_are_left_alone() -> None:
    minutes = np.array([1.0, np.nan, 30.0, 4.0])
    before = minutes.copy()
    bands(sheet(2, 2), minutes, [5])
    np.testing.assert_array_equal(minutes, before)


def test_borders_that_cannot_be_simplified_within_the_tolerance_stay() -> None:
    minutes = np.where(np.indices((7, 7)).sum(axis=0) % 2, 1.0, 60.0)
    raw, tiny = drawn(minutes, RAW), drawn(minutes, Drawing(tolerance_m=1e-12, min_island_m2=0, min_hole_m2=0))
    assert moved_m(raw.geometry[0], tiny.geometry[0]) <= 1e-12


def test_how_far_a_border_moved_is_measured_edge_by_edge() -> None:
    """A deep notch cut off moves its corner by 9 m, however near the corner is to the other side of the square."""
    notched = shapely.Polygon([(0, 0), (4, 0), (5, 9), (6, 0), (10, 0), (10, 10), (0, 10)])
    square = shapely.Polygon([(0, 0), (4, 0), (6, 0), (10, 0), (10, 10), (0, 10)])
    assert moved_m(notched, square) == 9
    assert moved_m(notched, square.reverse()) == 9
    assert moved_m(notched, notched) == 0
    assert moved_m(shapely.MultiPolygon([notched, shapely.box(20, 0, 21, 1)]), shapely.MultiPolygon([square])) == np.inf
    assert moved_m(notched, shapely.box(0, 0, 10, 9)) == np.inf
    assert moved_m(notched, shapely.box(1, 1, 2, 2)) == np.inf
    assert moved_m(notched, shapely.Polygon([(0, 0), (10, 10), (6, 0), (0, 10)])) == np.inf


@pytest.mark.parametrize("limits", [[], [0], [5, -1], [float("inf")], [float("nan")]])
def test_limits_must_be_positive(limits: list[float]) -> None:
    with pytest.raises(InputError, match="5, 10, 15"):
        bands(sheet(2, 2), np.ones(4), limits)


def test_every_place_has_a_time() -> None:
    with pytest.raises(InputError, match="3 times for 4 places"):
        bands(sheet(2, 2), np.ones(3), [5])


@pytest.mark.parametrize(
    "wrong",
    [{"spacing_m": 0}, {"max_points": 0}, {"tolerance_m": -1}, {"min_hole_m2": float("inf")}, {"min_island_m2": float("nan")}],
)
def test_drawings_refuse_unfit_numbers(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Drawing(**wrong)
