"""GCJ-02 and BD-09 convert both ways, and are told from WGS 84 by how well a table fits a reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString, MultiPoint, Point, Polygon, box

from geogrid.crs import project, projected_crs
from geogrid.datum import (
    DATUMS,
    MAX_SAMPLE,
    MEASURES,
    bd09_to_gcj02,
    choose,
    convert_datum,
    detect_datum,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_gcj02,
)
from geogrid.errors import CrsError, DatumError, InputError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

ZONE = CRS.from_epsg(4548)
LON = st.floats(72.1, 137.7)
LAT = st.floats(0.9, 55.7)


def frame(shapes: Any, crs: Any = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    return math.hypot((lon - other_lon) * 111_320 * math.cos(math.radians(lat)), (lat - other_lat) * 111_000)


def oracle_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """Return the formula as it is published, one number at a time."""
    x, y, pi = lon - 105, lat - 35, math.pi
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    magic = 1 - 0.00669342162296594323 * math.sin(lat / 180 * pi) ** 2
    north = north * 180 / (6378245.0 * (1 - 0.00669342162296594323) / (magic * math.sqrt(magic)) * pi)
    east = east * 180 / (6378245.0 / math.sqrt(magic) * math.cos(lat / 180 * pi) * pi)
    return lon + east, lat + north


@settings(max_examples=100, deadline=None)
@given(LON, LAT)
def test_forward_formula_equals_the_published_one(lon: float, lat: float) -> None:
    x, y = wgs84_to_gcj02(lon, lat)
    assert (float(x), float(y)) == pytest.approx(oracle_gcj02(lon, lat), abs=1e-12)


def test_known_places() -> None:
    """Tiananmen is about 550 m off in GCJ-02, and about 1 km more in BD-09."""
    lon, lat = wgs84_to_gcj02(116.3912757, 39.906217)
    assert (float(lon), float(lat)) == pytest.approx((116.39751, 39.90762), abs=2e-5)
    far, up = gcj02_to_bd09(lon, lat)
    assert (float(far), float(up)) == pytest.approx((116.40387, 39.91396), abs=5e-5)
    assert 850 < metres(float(far), float(up), float(lon), float(lat)) < 1_100


@settings(max_examples=100, deadline=None)
@given(LON, LAT)
def test_inverses_undo_the_formulas_within_a_millimetre(lon: float, lat: float) -> None:
    for forward, inverse in ((wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02)):
        there_lon, there_lat = inverse(lon, lat)
        again = forward(there_lon, there_lat)
        if 72.02 < there_lon < 137.8 and 0.85 < there_lat < 55.8:
            assert metres(lon, lat, float(again[0]), float(again[1])) < 0.001
        back = inverse(*forward(lon, lat))
        assert metres(lon, lat, float(back[0]), float(back[1])) < 0.001


@pytest.mark.parametrize("convert", [wgs84_to_gcj02, gcj02_to_wgs84, gcj02_to_bd09, bd09_to_gcj02])
def test_points_outside_china_and_nonsense_stay(convert: Any) -> None:
    lon, lat = np.array([8.69, 140.0, 100.0, np.nan, np.inf]), np.array([49.41, 40.0, -5.0, 30.0, 30.0])
    there = convert(lon, lat)
    assert np.array_equal(there[0], lon, equal_nan=True)
    assert np.array_equal(there[1], lat, equal_nan=True)
    assert convert([], [])[0].shape == (0,)


def test_shape_of_arrays_is_kept() -> None:
    lon, lat = wgs84_to_gcj02(np.full((2, 3), 117.0), np.full((2, 3), 28.0))
    assert lon.shape == lat.shape == (2, 3)


# Converting tables


def test_convert_keeps_rows_and_converts_every_kind() -> None:
    table = gpd.GeoDataFrame(
        {"name": list("abcd")}, geometry=[Point(117.2, 28.3), LineString([(117.2, 28.3), (117.3, 28.3)]), None, Point()], crs=4326
    ).set_index(pd.Index([4, 2, 9, 1]))
    before = table.copy()
    there = convert_datum(table, "wgs84", "gcj02")
    assert there.index.tolist() == [4, 2, 9, 1]
    assert there["name"].tolist() == list("abcd")
    assert there.crs.to_epsg() == 4326
    assert there.geometry[4].coords[0] == pytest.approx(oracle_gcj02(117.2, 28.3))
    assert there.geometry[2].coords[1] == pytest.approx(oracle_gcj02(117.3, 28.3))
    assert there.geometry[9] is None
    assert there.geometry[1].is_empty
    assert table.equals(before)


@pytest.mark.parametrize("source", DATUMS)
@pytest.mark.parametrize("target", DATUMS)
def test_every_conversion_has_its_way_back(source: str, target: str) -> None:
    table = frame([Point(117.2, 28.3), Point(116.0, 25.0)])
    there = convert_datum(table, source, target)
    back = convert_datum(there, target, source)
    start = project(table, ZONE).geometry
    assert (project(there, ZONE).distance(start).min() > 100) == (source != target)
    assert project(back, ZONE).distance(start).max() < 0.001


def test_convert_reads_projected_tables() -> None:
    table = frame([Point(117.2, 28.3)]).to_crs(4548)
    assert convert_datum(table, "wgs84", "gcj02").geometry[0].coords[0] == pytest.approx(oracle_gcj02(117.2, 28.3), abs=1e-9)


def test_neighbours_with_different_vertices_keep_one_border() -> None:
    north = Polygon([*zip(np.linspace(117.2, 117.3, 11), np.full(11, 28.3), strict=True), (117.3, 28.4), (117.2, 28.4)])
    pair = convert_datum(frame([north, box(117.2, 28.2, 117.3, 28.3)]), "wgs84", "gcj02")
    one, other = project(pair, ZONE).geometry
    overlap = one.intersection(other)
    assert overlap.area < 5
    assert overlap.buffer(-0.002).is_empty


def test_unknown_datum_lists_the_known_ones() -> None:
    for pair in (("gcj2", "wgs84"), ("wgs84", "auto")):
        with pytest.raises(
            NotFoundError, match=r"there is no datum '(gcj2|auto)'; the known ones are wgs84, gcj02, bd09"
        ) as caught:
            convert_datum(frame([Point(117, 28)]), *pair)
    assert "可用的有" in caught.value.say("zh")


def test_convert_needs_a_crs() -> None:
    with pytest.raises(CrsError, match="declares no CRS"):
        convert_datum(frame([Point(117, 28)], crs=None), "gcj02")


# Choosing


@pytest.mark.parametrize(
    ("misfit", "unit", "datum"),
    [
        ((25, 130, 126), "m", "wgs84"),
        ((371, 4, 640), "m", "gcj02"),
        ((930, 650, 3), "m", "bd09"),
        ((0, 0, 0), "share", "wgs84"),
        ((60.0, 30.0, 90.0), "m", "gcj02"),  # just half, just 30 m better
        ((22.5, 10.0, 90.0), "m", "wgs84"),  # just 1.25 times plus 10 m
        ((0.04, 0.02, 0.5), "share", "gcj02"),
        ((0.0225, 0.01, 0.5), "share", "wgs84"),
        ((0.2, 0.0, 0.36), "share", "gcj02"),
        ((51_000, 50_800, 50_500), "m", "wgs84"),  # nowhere near the reference: nothing can be told
    ],
)
def test_choice(misfit: tuple[float, float, float], unit: str, datum: str) -> None:
    assert choose(dict(zip(DATUMS, misfit, strict=True)), unit) == datum


@pytest.mark.parametrize(
    ("misfit", "unit"),
    [
        ((59.9, 30.0, 90.0), "m"),  # not half
        ((39.0, 10.0, 90.0), "m"),  # half, but 29 m
        ((500.0, 100.0, 95.0), "m"),  # which of the two?
        ((0.03, 0.011, 0.5), "share"),  # half, but 0.019
    ],
)
def test_no_choice(misfit: tuple[float, float, float], unit: str) -> None:
    with pytest.raises(DatumError, match=r"as given \(WGS 84\) .*, GCJ-02 .*, BD-09 .*none is clearly best; .*--datum") as caught:
        choose(dict(zip(DATUMS, misfit, strict=True)), unit)
    assert (f"{misfit[0]:.1f} m" if unit == "m" else f"{misfit[0]:.1%}") in str(caught.value)
    assert "没有一种明显最好" in caught.value.say("zh")


# Detecting, on a town of 3 km with a street every 400 m.

WEST, SOUTH, STEP = 117.20, 28.28, 0.004
STREETS = frame(
    [LineString([(WEST, SOUTH + STEP * i), (WEST + 0.032, SOUTH + STEP * i)]) for i in range(9)]
    + [LineString([(WEST + STEP * i, SOUTH), (WEST + STEP * i, SOUTH + 0.032)]) for i in range(9)]
)
TOWN = frame([box(WEST, SOUTH, WEST + 0.016, SOUTH + 0.032), box(WEST + 0.016, SOUTH, WEST + 0.032, SOUTH + 0.032)])
BORDERS = frame(TOWN.boundary)
_RANDOM = np.random.default_rng(5)
HOMES = frame(
    shapely.points(
        WEST + _RANDOM.uniform(0.001, 0.031, 300), SOUTH + STEP * _RANDOM.integers(0, 9, 300) + _RANDOM.normal(0, 1e-4, 300)
    )
)
HOMES = HOMES[HOMES.within(TOWN.union_all())]
TABLES = {"point": HOMES, "line": STREETS, "polygon": TOWN}


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("kinds", list(MEASURES))
def test_every_measure_finds_every_datum(kinds: tuple[str, str], datum: str) -> None:
    reference = BORDERS if kinds == ("polygon", "line") else TABLES[kinds[1]]
    given_ = convert_datum(TABLES[kinds[0]], "wgs84", datum)
    finding = detect_datum(given_, reference, crs=ZONE)
    assert finding.datum == datum
    assert set(finding.misfit) == set(DATUMS)
    assert finding.unit == MEASURES[kinds].unit
    assert finding.measure == MEASURES[kinds].text
    assert min(finding.misfit, key=lambda name: finding.misfit[name]) == datum
    assert 20 <= finding.sample <= MAX_SAMPLE


def test_misfit_is_the_median_distance() -> None:
    """Forty points 30 m north of a long street, and one far away."""
    street = frame([LineString([(500_000, 3_130_000), (510_000, 3_130_000)])], crs=4548)
    points = frame([Point(501_000 + 100 * i, 3_130_030) for i in range(40)] + [Point(505_000, 3_131_000)], crs=4548)
    finding = detect_datum(points, street, crs=ZONE)
    assert finding.misfit["wgs84"] == pytest.approx(30, abs=1e-3)
    assert finding.sample == 41


def test_share_is_that_of_points_outside() -> None:
    points = frame([Point(WEST + 0.001 * i, SOUTH + 0.01) for i in range(1, 31)] + [Point(WEST - 0.5, SOUTH)] * 10)
    assert detect_datum(points, TOWN, crs=ZONE).misfit["wgs84"] == pytest.approx(0.25)


def test_a_few_percent_of_garbage_do_not_matter() -> None:
    junk = frame([Point(0, 0)] * 4 + [Point(28.3, 117.2)] * 4 + [None, Point(), Point(117.2, 1e9), LineString([(0, 0), (1, 1)])])
    dirty = pd.concat([convert_datum(HOMES, "wgs84", "gcj02"), junk], ignore_index=True)
    clean = detect_datum(convert_datum(HOMES, "wgs84", "gcj02"), STREETS, crs=ZONE)
    found = detect_datum(dirty, STREETS, crs=ZONE)
    assert found == clean
    assert detect_datum(dirty, TOWN, crs=ZONE).datum == "gcj02"


def test_row_order_does_not_matter_and_the_sample_is_bounded() -> None:
    many = pd.concat([HOMES] * 20, ignore_index=True)
    one = detect_datum(many, STREETS, crs=ZONE)
    assert one == detect_datum(many.sample(frac=1, random_state=1), STREETS, crs=ZONE)
    assert one.sample == MAX_SAMPLE


def test_several_points_in_a_row_count() -> None:
    assert detect_datum(frame([MultiPoint(list(HOMES.geometry[:30]))]), STREETS, crs=ZONE).sample == 30


@pytest.mark.parametrize(
    ("table", "reference", "why"),
    [
        (HOMES[:19], STREETS, "only 19 points to compare (20 needed); kept as given"),
        (HOMES[:0], STREETS, "nothing to compare; kept as given"),
        (HOMES, STREETS[:0], "nothing to compare; kept as given"),
        (frame([None, Point()]), STREETS, "nothing to compare; kept as given"),
        (HOMES.translate(-100, 20).to_frame("geometry"), STREETS, "outside China; kept as given"),
        (TOWN, frame([LineString([(117.5, 28.5), (117.6, 28.5)])]), "only 0 points to compare (20 needed); kept as given"),
        (TOWN, frame([LineString([(117.235, 28.3), (117.236, 28.3)])]), "only 0 points to compare (20 needed); kept as given"),
    ],
)
def test_what_cannot_be_told_is_kept_as_given(table: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, why: str) -> None:
    finding = detect_datum(table, reference, crs=ZONE)
    assert (finding.datum, finding.misfit, finding.measure.en) == ("wgs84", {}, why)
    assert finding.measure.zh.endswith("按原样使用")


def test_points_cannot_be_compared_with_points() -> None:
    with pytest.raises(InputError, match=r"points cannot tell the datum of points; give streets, boundaries or grids"):
        detect_datum(HOMES, HOMES, crs=ZONE)


def test_doubt_is_an_error() -> None:
    """Points on a street, given in GCJ-02, are 25 m from another street as they are: a gain of 25 m is not enough."""
    points = frame([Point(501_000 + 20 * i, 3_130_400) for i in range(400)], crs=4548)
    given_ = convert_datum(points, "wgs84", "gcj02")
    north = float(project(given_, ZONE).geometry.y.median())
    streets = frame([LineString([(490_000, y), (520_000, y)]) for y in (3_130_400, north - 25)], crs=4548)
    with pytest.raises(DatumError, match=r"as given \(WGS 84\) 2\d\.\d m, GCJ-02 0\.0 m, BD-09"):
        detect_datum(given_, streets, crs=ZONE)


# Guixi


def streets_and_boundaries(path: Path) -> dict[str, gpd.GeoDataFrame]:
    root = ET.parse(path).getroot()  # noqa: S314 - a file of our own
    nodes = {node.get("id"): (float(node.get("lon", "nan")), float(node.get("lat", "nan"))) for node in root.iter("node")}
    lines: dict[str, list[LineString]] = {"highway": [], "boundary": []}
    for way in root.iter("way"):
        keys = {tag.get("k") for tag in way.iter("tag")}
        points = [nodes[ref.get("ref")] for ref in way.iter("nd") if ref.get("ref") in nodes]
        for key, found in lines.items():
            if key in keys and len(points) > 1:
                found.append(LineString(points))
    return {key: frame(found) for key, found in lines.items()}


def points_of(table: pd.DataFrame, lon: str, lat: str) -> gpd.GeoDataFrame:
    x, y = (pd.to_numeric(table[column], errors="coerce") for column in (lon, lat))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=4326)


def test_guixi_is_told_by_streets_areas_and_borders(real_data: Path) -> None:
    guixi = real_data / "guixi"
    lines = streets_and_boundaries(guixi / "roads.osm")
    towns = gpd.read_file(guixi / "townships.geojson")
    clean = points_of(pd.read_csv(guixi / "households.csv", dtype=str), "lon", "lat")
    dirty = points_of(pd.read_csv(guixi / "households_dirty_gcj02_gbk.csv", dtype=str, encoding="gb18030"), "经度", "纬度")
    crs = projected_crs(towns)
    for reference in (lines["highway"], towns):
        assert detect_datum(clean, reference, crs=crs).datum == "wgs84"
        assert detect_datum(dirty, reference, crs=crs).datum == "gcj02"
        assert detect_datum(convert_datum(clean, "wgs84", "bd09"), reference, crs=crs).datum == "bd09"
    county = frame([shapely.from_geojson((guixi / "county_gcj02.json").read_text("utf-8"))])
    for datum in DATUMS:
        finding = detect_datum(convert_datum(county, "gcj02", datum), lines["boundary"], crs=crs)
        assert finding.datum == datum
        assert finding.misfit[datum] < 5
        assert datum == "wgs84" or finding.misfit["wgs84"] > 300


def test_guixi_rows_land_where_they_are(real_data: Path) -> None:
    guixi = real_data / "guixi"
    clean = points_of(pd.read_csv(guixi / "households.csv", dtype=str), "lon", "lat").set_index("household_id").to_crs(4548)
    dirty = points_of(pd.read_csv(guixi / "households_dirty_gcj02_gbk.csv", dtype=str, encoding="gb18030"), "经度", "纬度")
    there = convert_datum(dirty[dirty.geometry.x.between(117, 118)], "gcj02").set_index("户编号").to_crs(4548).geometry
    there = there[there.index.isin(clean.index) & ~there.index.duplicated()]
    apart = there.distance(clean.geometry.loc[there.index])
    assert len(apart) > 2_500
    assert (apart < 1).mean() > 0.98  # the others are planted errors
