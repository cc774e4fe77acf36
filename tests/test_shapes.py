"""Geometries: what is refused, mended or kept, and polygons made to hang a program."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geogrid.rows.shapes import check_shapes, value_text
from geogrid.rows.tables import TABLES
from geogrid.schema import Validated, validate
from tests.raw_rows import codes, notes, shaped

if TYPE_CHECKING:
    pass


def grids_of(*geometry: object, crs: object = 4326) -> Validated:
    """Validate grids with the given geometries, after two plain ones."""
    return shaped("grids", [box(117, 28, 117.1, 28.1), box(117.1, 28, 117.2, 28.1), *geometry], crs=crs)


def broken_box(value: float) -> Any:
    """Return a polygon one of whose coordinates is no finite number."""
    return shapely.set_coordinates(box(117, 28, 118, 29), [(118, 28), (118, 29), (value, 29), (117, 28), (118, 28)])


BOWTIE = Polygon([(117, 28), (117.1, 28.1), (117.1, 28), (117, 28.1)])
SPIKE = Polygon([(117, 28), (117.1, 28), (117.1, 28.2), (117.1, 28.1), (117, 28.1)])
BAD_SHAPES = [
    (None, "missing_geometry", ""),
    (np.nan, "missing_geometry", "nan"),
    (Polygon(), "empty_geometry", "Polygon"),
    (Point(117, 28), "wrong_geometry_kind", "117.0, 28.0"),
    ("POLYGON", "wrong_geometry_kind", "POLYGON"),
    (shapely.GeometryCollection([box(117, 28, 118, 29)]), "wrong_geometry_kind", "GeometryCollection"),
    (broken_box(np.inf), "non_finite_coordinate", "Polygon"),
    (broken_box(np.nan), "non_finite_coordinate", "Polygon"),
    (BOWTIE, "invalid_geometry", "Polygon"),
    (
        Polygon([(117, 28), (117.1, 28), (117.1, 28.1)], [[(117.5, 28.5), (117.6, 28.5), (117.6, 28.6)]]),
        "invalid_geometry",
        "Polygon",
    ),
    (box(28, 117, 28.1, 117.1), "latitude_longitude_swapped", "Polygon"),
    (box(200, 28, 201, 29), "out_of_bounds_coordinate", "Polygon"),
    (box(100, 28, 101, 29), "far_away", "Polygon"),
]


@pytest.mark.parametrize(("geometry", "code", "value"), BAD_SHAPES)
def test_bad_geometries_are_named_and_lose_only_their_row(geometry: object, code: str, value: str) -> None:
    result = grids_of(geometry, box(117, 28.1, 117.1, 28.2))
    assert codes(result) == [(3, code)]
    assert result.rejected["value"][0] in {value, ""}
    assert result.rejected["column"][0] == "geometry"
    assert len(result.table) == 3


def test_invalid_polygons_say_why_and_where() -> None:
    result = grids_of(BOWTIE)
    assert result.rejected["expected_en"][0] == "the shape must not cross itself; found: Self-intersection at 117.05 28.05"
    assert result.rejected["expected_zh"][0] == "图形不能自相交；问题：边线自相交（117.05 28.05）"


MENDABLE = {
    "spike": (SPIKE, box(117, 28, 117.1, 28.1)),
    "shared edge": (MultiPolygon([box(117, 28, 117.1, 28.1), box(117.1, 28, 117.2, 28.1)]), box(117, 28, 117.2, 28.1)),
    "inverted hole": (
        Polygon([(0, 0), (4, 0), (4, 4), (2, 4), (3, 2), (1, 2), (2, 4), (0, 4)]),
        Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(2, 4), (3, 2), (1, 2)]]),
    ),
}


@pytest.mark.parametrize("name", MENDABLE)
def test_polygons_are_mended_where_that_keeps_their_area(name: str) -> None:
    broken, expected = MENDABLE[name]
    result = shaped("grids", [broken], crs=4549)
    assert codes(result) == []
    mended = result.table.geometry[0]
    assert mended.is_valid
    assert mended.equals(expected)
    assert "1 polygons touched themselves and were mended" in notes(result)


def test_good_geometries_keep_their_coordinates() -> None:
    holed = Polygon([(117, 28), (117.1, 28), (117.1, 28.1), (117, 28.1)], [[(117.01, 28.01), (117.02, 28.01), (117.02, 28.02)]])
    result = shaped("areas", [holed, holed.reverse()])
    assert (
        shapely.to_wkb(result.table.geometry.to_numpy()).tolist() == shapely.to_wkb(np.array([holed, holed.reverse()])).tolist()
    )


def test_heights_are_dropped_with_a_note() -> None:
    result = shaped("facilities", [shapely.Point(117, 28, 5), Point(117, 28.1)])
    assert not result.table.has_z.any()
    assert "1 rows had heights or measures" in notes(result)


def test_multipoints_of_one_point_are_points() -> None:
    result = shaped("facilities", [MultiPoint([(117, 28)]), MultiPoint([(117, 28), (117, 28.1)]), Point(117, 28.2)])
    assert codes(result) == [(2, "wrong_geometry_kind")]
    assert result.table.geometry.tolist() == [Point(117, 28), Point(117, 28.2)]
    assert "multi-points of a single point" in notes(result)


def test_units_are_polygons_or_points() -> None:
    result = shaped("units", [Point(117, 28), box(117, 28, 117.1, 28.1), LineString([(117, 28), (117, 28.1)])])
    assert codes(result) == [(3, "wrong_geometry_kind")]
    assert result.rejected["expected_zh"][0] == "应为面或点"


def test_lines_of_several_parts_are_split_and_keep_their_line() -> None:
    two = MultiLineString([[(117, 28), (117, 28.1)], [(117.1, 28), (117.1, 28.1)]])
    result = shaped("roads", [LineString([(117, 28), (117.1, 28)]), two])
    assert result.table["source_line"].tolist() == [1, 2, 2]
    assert set(result.table.geom_type) == {"LineString"}
    assert "2 rows became 3" in notes(result)


def test_lines_without_length_are_invalid() -> None:
    assert codes(shaped("roads", [LineString([(117, 28), (117, 28)]), LineString([(117, 28), (117.1, 28)])])) == [
        (1, "invalid_geometry")
    ]


def test_without_a_crs_degrees_are_not_assumed() -> None:
    result = shaped("grids", [box(0, 0, 1, 1), box(500, 500, 501, 501)], crs=None)
    assert codes(result) == []
    assert result.table.crs is None


def test_the_crs_of_a_geodataframe_is_kept() -> None:
    raw = gpd.GeoDataFrame({"grid_id": ["1"], "name": ["a"]}, geometry=[box(500000, 3100000, 500100, 3100100)], crs=4549)
    assert validate(raw, "grids").table.crs == "EPSG:4549"


def test_a_second_geometry_column_is_left_out() -> None:
    raw = gpd.GeoDataFrame({"grid_id": ["1"], "name": ["a"]}, geometry=[box(117, 28, 117.1, 28.1)], crs=4326)
    raw["centre"] = raw.geometry.representative_point()
    assert list(validate(raw, "grids").table.columns) == ["grid_id", "name", "source_line", "geometry"]


def test_values_of_geometries_for_messages() -> None:
    assert (value_text("x"), value_text(Point()), value_text(BOWTIE)) == ("x", "Point", "Polygon")


def zigzag(vertices: int) -> Polygon:
    """Return two zigzags over one another: thousands of crossings from few vertices."""
    half = vertices // 2
    across = [(n, 0 if n % 2 else 100) for n in range(half)]
    down = [(0 if n % 2 else half, n * 100 / half) for n in range(half)]
    return Polygon(across + down)


def comb(vertices: int) -> Polygon:
    """Return a valid polygon of slanted teeth whose boxes all meet, so that a test of validity is quadratic."""
    half = vertices // 2
    teeth = [point for n in range(half) for point in ((n / half, 0), (n / half + 1, 1))]
    return Polygon([*teeth[:-1], (3, 1), (3, -1), (0, -1)])


def circle_of(vertices: int) -> Polygon:
    """Return a circle with many vertices."""
    turn = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    return Polygon(np.column_stack([np.cos(turn), np.sin(turn)]))


MONSTERS = {
    "zigzag": (zigzag(400), "invalid_geometry"),
    "big zigzag": (zigzag(2_000), "too_complex_geometry"),
    "valid zigzag": (Polygon([*((n, 4_000 * (n % 2)) for n in range(4_000)), (3_999, 4_001)]), "too_complex_geometry"),
    "comb": (comb(20_000), "too_complex_geometry"),
    "scribble": (Polygon(np.random.default_rng(1).random((100_000, 2))), "too_complex_geometry"),
    "a million vertices": (circle_of(1_000_000), "too_complex_geometry"),
}


@pytest.mark.parametrize("name", MONSTERS)
def test_monsters_do_not_hang(name: str) -> None:
    geometry, code = MONSTERS[name]
    start = time.perf_counter()
    found = check_shapes(np.array([geometry], dtype=object), TABLES["grids"], geographic=False)
    assert time.perf_counter() - start < 10
    assert [bad.code for bad in found.bad] == [code]


def test_many_parts_and_holes_are_kept() -> None:
    pieces = [box(20 * i, 20 * j, 20 * i + 8, 20 * j + 8) for i in range(50) for j in range(50)]
    sieve = Polygon(box(-9, -9, 1_009, 1_009).exterior, [piece.exterior for piece in pieces])
    given = np.array([shapely.multipolygons(pieces), sieve], dtype=object)
    assert check_shapes(given, TABLES["grids"], geographic=False).bad == ()


def test_large_honest_polygons_are_kept_and_mended() -> None:
    circle = circle_of(40_000)
    spiked = np.insert(shapely.get_coordinates(circle), 5_000, [[3, 0], shapely.get_coordinates(circle)[4_999]], axis=0)
    found = check_shapes(np.array([circle, Polygon(spiked)], dtype=object), TABLES["grids"], geographic=False)
    assert found.bad == ()
    assert found.geometry[1].area == pytest.approx(circle.area, rel=1e-9)
