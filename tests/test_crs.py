"""Metres are measured in a projected CRS picked from the data, and a border stays one line for both neighbours."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geogrid.crs import (
    SEGMENT_M,
    densify,
    label,
    median_lonlat,
    project,
    projected_crs,
    require_crs,
    require_projected,
    require_same_crs,
    to_wgs84,
)
from geogrid.errors import CrsError, InputError


def frame(*shapes: Any, crs: Any = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [f"n{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs)


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (117.23, 28.29, 4548),  # Guixi, central meridian 117
        (116.40, 39.90, 4548),  # Beijing
        (118.49, 30.0, 4548),
        (118.51, 30.0, 4549),
        (118.50, 30.0, 4549),  # half-way: the eastern zone
        (113.26, 23.13, 4547),  # Guangzhou, central meridian 114
        (73.60, 39.5, 4534),  # the western end, central meridian 75
        (135.0, 48.4, 4554),  # the eastern end, central meridian 135
        (112.33, 16.83, 4546),  # Sansha, central meridian 111
        (8.69, 49.41, 32632),  # Heidelberg
        (151.2, -33.9, 32756),  # Sydney
        (-180.0, 10.0, 32601),
        (180.0, 10.0, 32601),
        (179.9, 10.0, 32660),
        (72.9, 30.0, 32643),
        (117.0, 54.1, 32650),
    ],
)
def test_zone_follows_the_place(lon: float, lat: float, epsg: int) -> None:
    assert projected_crs(frame(Point(lon, lat))).to_epsg() == epsg


@settings(max_examples=40, deadline=None)
@given(st.floats(73.5, 136), st.floats(3, 54))
def test_zone_in_china_is_named_by_the_nearest_meridian(lon: float, lat: float) -> None:
    crs = projected_crs(frame(Point(lon, lat)))
    assert abs(lon - int(crs.name.split("CM ")[1].removesuffix("E"))) <= 1.5  # as in "... CM 117E"
    assert require_projected(frame(Point(500_000, 3_100_000), crs=crs)) == crs


def test_garbage_rows_do_not_decide() -> None:
    rows = [Point(117.2 + i / 1000, 28.3) for i in range(20)]
    assert projected_crs(frame(*rows, Point(0, 0), Point(28.3, 117.2), None, Point())).to_epsg() == 4548


def test_zone_of_a_projected_table_is_picked_from_its_place() -> None:
    assert projected_crs(frame(Point(500_000, 3_100_000), crs=32650)).to_epsg() == 4548
    assert projected_crs(frame(Point(39_500_000, 3_100_000), crs=4527)).to_epsg() == 4548


def test_rows_without_a_position_have_no_zone() -> None:
    for table in (frame(None, Point()), frame()):
        with pytest.raises(CrsError, match="no row with a position") as caught:
            projected_crs(table)
    assert "没有任何带坐标的行" in caught.value.say("zh")
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(("lon", "lat"), [(28.3, 117.2), (117.2, 84.5), (10, -81), (500, 10)])
def test_places_beyond_the_zones_are_refused(lon: float, lat: float) -> None:
    with pytest.raises(CrsError, match=r"lies at longitude .*latitude .*no projected CRS fits.*swapped"):
        projected_crs(frame(Point(lon, lat)))


def test_no_crs_is_refused_everywhere() -> None:
    bare = frame(Point(1, 1), crs=None)
    for step in (projected_crs, to_wgs84, require_crs, require_projected, median_lonlat):
        with pytest.raises(CrsError, match="declares no CRS; declare it in the file"):
            step(bare)
    with pytest.raises(CrsError, match="declares no CRS"):
        project(bare, CRS.from_epsg(4548))


def test_project_keeps_rows_index_columns_and_the_argument() -> None:
    table = frame(box(117, 28, 117.1, 28.1), None, Point(117, 28), Polygon()).set_index(pd.Index([7, 3, 9, 1]))
    before = table.copy()
    there = project(table, CRS.from_epsg(4548))
    assert there.index.tolist() == [7, 3, 9, 1]
    assert there["name"].tolist() == ["n0", "n1", "n2", "n3"]
    assert there.crs.to_epsg() == 4548
    assert there.geometry[3] is None
    assert there.geometry[1].is_empty
    assert table.equals(before)


def test_project_to_the_same_crs_is_a_copy() -> None:
    table = frame(box(0, 0, 5_000, 5_000), crs=4548)
    there = project(table, CRS.from_epsg(4548))
    assert there.equals(table)
    assert there is not table


def test_project_keeps_another_geometry_column_name() -> None:
    table = frame(box(117, 28, 117.01, 28.01)).rename_geometry("outline")
    assert project(table, CRS.from_epsg(4548)).geometry.name == "outline"


def test_lengths_are_those_of_the_ellipsoid() -> None:
    """The zone is true on its central meridian and within 1 in 3,000 at its edge."""
    line = LineString([(118.4, 28.0), (118.4, 28.1)])
    there = project(frame(line), CRS.from_epsg(4548))
    assert there.length[0] == pytest.approx(Geod(ellps="GRS80").geometry_length(line), rel=1 / 3_000)


def test_position_that_does_not_exist_is_named() -> None:
    table = frame(Point(117, 28), Point(117, 95), Point(117, 96)).set_index(pd.Index(["a", "b", "c"]))
    with pytest.raises(CrsError, match=r"2 rows have coordinates that do not exist in CGCS2000 .*4548\) \(the first is row b\)"):
        project(table, CRS.from_epsg(4548))


@pytest.mark.parametrize("far", [1e12, np.nan, np.inf])
def test_an_edge_that_leaves_the_earth_is_named_and_takes_no_memory(far: float) -> None:
    with np.errstate(invalid="ignore"):
        outline = Polygon([(500_000, 3_130_000), (far, 3_130_000), (500_000, 3_140_000), (500_000, 3_130_000)])
    with pytest.raises(CrsError, match="1 rows have coordinates that do not exist"):
        to_wgs84(gpd.GeoDataFrame(geometry=[outline], crs=4548))


def test_round_trip_is_within_a_micrometre() -> None:
    table = frame(Point(117.23, 28.29), Point(116.1, 29.0))
    there = project(table, CRS.from_epsg(4548))
    again = project(to_wgs84(there), CRS.from_epsg(4548))
    assert there.distance(again).max() < 1e-6


@pytest.mark.parametrize(
    ("shape", "crs", "message"),
    [
        (Point(117, 28), 4326, r"WGS 84 \(EPSG:4326\) is not in metres; bring it to a projected CRS"),
        (Point(13e6, 3.3e6), 3857, "off by 14% in length where the data lies"),
        (Point(0, 0), 2263, "is not in metres"),
    ],
)
def test_crs_unfit_for_metres_is_refused(shape: Any, crs: int, message: str) -> None:
    with pytest.raises(CrsError, match=message) as caught:
        require_projected(frame(shape, crs=crs))
    assert "请先用 geogrid.crs.project" in caught.value.say("zh")


def test_crs_fit_for_metres_is_returned() -> None:
    assert require_projected(frame(Point(500_000, 3_100_000), crs=4548)).to_epsg() == 4548
    assert require_projected(frame(crs=4548)).to_epsg() == 4548
    assert require_projected(frame(Point(1e12, 1e12), crs=4548)).to_epsg() == 4548  # no scale can be told there


def test_frames_must_share_their_crs() -> None:
    assert require_same_crs(frame(Point(0, 0)), frame(Point(1, 1))).to_epsg() == 4326
    with pytest.raises(CrsError, match=r"WGS 84 \(EPSG:4326\) and CGCS2000 .*EPSG:4548\); bring both to one"):
        require_same_crs(frame(Point(0, 0)), frame(Point(0, 0), crs=4548))


def test_label_without_a_code() -> None:
    local = CRS.from_proj4("+proj=tmerc +lon_0=117.3 +ellps=GRS80 +units=m")
    assert label(local) == "unknown"


# Densifying


def array(*shapes: Any) -> Any:
    return np.array(shapes, dtype=object)


def test_densify_splits_edges_into_equal_parts() -> None:
    (dense,) = densify(array(Polygon([(0, 0), (2.5, 0), (2.5, 1)])), 1.0)
    assert np.array(dense.exterior.coords[:4]) == pytest.approx(np.array([(0, 0), (2.5 / 3, 0), (5 / 3, 0), (2.5, 0)]))
    assert dense.exterior.coords[-1] == dense.exterior.coords[0]


def test_densify_keeps_holes_parts_and_what_is_no_polygon() -> None:
    holed = Polygon(box(0, 0, 9, 9).exterior, [box(1, 1, 4, 4).exterior, box(5, 5, 8, 8).exterior])
    several = MultiPolygon([holed, box(20, 0, 29, 9)])
    others = [None, Point(1, 2), LineString([(0, 0), (9, 9)]), Polygon(), MultiPolygon(), GeometryCollection([box(0, 0, 9, 9)])]
    given_ = array(holed, several, *others)
    dense = densify(given_, 1.0)
    assert dense[0].equals(holed)
    assert dense[1].equals(several)
    assert [len(ring.coords) for ring in (dense[0].exterior, *dense[0].interiors)] == [37, 13, 13]
    assert dense[2:].tolist() == others
    assert given_[0] is holed


def test_densify_keeps_invalid_outlines_as_they_are_drawn() -> None:
    bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    (dense,) = densify(array(bowtie), 0.5)
    assert not dense.is_valid
    assert set(bowtie.exterior.coords) <= set(dense.exterior.coords)


def test_densify_drops_heights() -> None:
    assert not densify(array(Polygon([(0, 0, 5), (9, 0, 5), (9, 9, 5)])), 1.0)[0].has_z


def test_densify_nothing() -> None:
    assert densify(array(), 1.0).tolist() == []


FINITE = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(FINITE, FINITE), min_size=3, max_size=8, unique=True), st.floats(1e4, 1e6))
def test_densify_gives_an_edge_the_same_points_both_ways(corners: list[tuple[float, float]], longest: float) -> None:
    forth, back = densify(array(Polygon(corners), Polygon(corners[::-1])), longest)
    assert set(forth.exterior.coords) == set(back.exterior.coords)
    assert set(corners) <= set(forth.exterior.coords)
    steps = np.hypot(*np.diff(np.array(forth.exterior.coords), axis=0).T)
    assert steps.max() <= longest * (1 + 1e-9)
    assert forth.exterior.hausdorff_distance(shapely.segmentize(Polygon(corners).exterior, longest)) < 1e-6


def test_neighbours_with_different_vertices_keep_one_border() -> None:
    """On a parallel of 20 km the chord leaves the curve by metres; densified, the two borders stay within a millimetre."""
    step = np.linspace(117.0, 117.2, 41)
    north = Polygon([*zip(step, np.full(41, 40.0), strict=True), (117.2, 40.1), (117.0, 40.1)])
    south = box(117.0, 39.9, 117.2, 40.0)
    there = project(frame(north, south), CRS.from_epsg(4548)).geometry
    naive = frame(north, south).to_crs(4548).geometry
    assert naive[0].intersection(naive[1]).area > 1_000
    assert there[0].intersection(there[1]).area < 10
    assert shapely.maximum_inscribed_circle(there[0].intersection(there[1])).length < 0.001


def test_edges_are_at_most_a_hundred_metres() -> None:
    for shape, crs in ((box(117, 28, 117.1, 28.1), 4326), (box(2e5, 3e6, 2.1e5, 3.01e6), 32650)):
        there = project(frame(shape, crs=crs), CRS.from_epsg(4548)).geometry[0]
        steps = np.hypot(*np.diff(np.array(there.exterior.coords), axis=0).T)
        assert steps.max() <= SEGMENT_M * 1.002
        assert math.isclose(steps.max(), SEGMENT_M, rel_tol=0.15)
