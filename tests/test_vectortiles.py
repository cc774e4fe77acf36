"""Vector tiles: what is drawn is where it is, neighbours share borders at every zoom, and sums of people add up."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import duckdb
import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from geogrid.tilebase import TileBase, tile_base
from geogrid.vectortiles import PeopleLayer, ShapeLayer
from geogrid.webmercator import EXTENT, Limits, Tile, limits, mercator

HOME = (117.0, 28.20, 117.06, 28.24)


def decoded(tile: bytes) -> Any:
    """Read a tile by another program's reader; y goes down, as in the tile."""
    return mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True}) if tile else {}


def wavy_tiling(count: int = 6) -> gpd.GeoDataFrame:
    """Strips from west to east of one box; the borders between them are waves of 400 vertices."""
    west, south, east, north = HOME
    t = np.linspace(0, 1, 400)
    sides = [np.column_stack([np.full(2, west), [south, north]])]
    for i in range(1, count):
        x = west + (east - west) * (i / count + 0.02 * np.sin(40 * t) * np.sin(np.pi * t))
        sides.append(np.column_stack([x, south + (north - south) * t]))
    sides.append(np.column_stack([np.full(2, east), [south, north]]))
    shapes = [shapely.Polygon(np.vstack([left, right[::-1]])) for left, right in itertools.pairwise(sides)]
    return gpd.GeoDataFrame({"grid_id": [f"G{i}" for i in range(count)]}, geometry=shapes, crs=4326)


def people(count: int, seed: int = 3) -> gpd.GeoDataFrame:
    """Households at random places, by turns in grids A and B, every fifth uncovered."""
    rng = np.random.default_rng(seed)
    at = gpd.points_from_xy(rng.uniform(HOME[0], HOME[2], count), rng.uniform(HOME[1], HOME[3], count))
    columns = {
        "household_id": [f"H{i}" for i in range(count)],
        "persons": rng.integers(1, 7, count),
        "grid_id": ["A" if i % 2 else "B" for i in range(count)],
        "status_medical": ["uncovered" if i % 5 == 0 else "covered" for i in range(count)],
    }
    return gpd.GeoDataFrame(columns, geometry=at, crs=4326)


@pytest.mark.parametrize("z", [9, 11, 12, 14])
def test_neighbours_share_their_borders_at_every_zoom(z: int) -> None:
    layer = ShapeLayer.of(tile_base(), "grids", wavy_tiling(), kind="tiling")
    span, seen = limits(HOME, z), 0
    for column, row in itertools.product(
        range(span.first_column, span.last_column + 1), range(span.first_row, span.last_row + 1)
    ):
        features = decoded(layer.tile(Tile(z, column, row))).get("grids", {}).get("features", [])
        shapes = [shapely.geometry.shape(each["geometry"]) for each in features]
        assert all(shape.is_valid for shape in shapes)
        whole = shapely.union_all(shapes)
        assert sum(shape.area for shape in shapes) == pytest.approx(whole.area, rel=1e-9), "nothing lies over another"
        assert sum(len(part.interiors) for part in shapely.get_parts(whole)) == 0, "nothing is left between them"
        seen += len(shapes)
    assert seen >= 6


def test_a_tile_far_out_is_much_smaller() -> None:
    layer = ShapeLayer.of(tile_base(), "grids", wavy_tiling(), kind="tiling")
    far, near = limits(HOME, 9), limits(HOME, 13)
    rows, columns = range(near.first_row, near.last_row + 1), range(near.first_column, near.last_column + 1)
    whole = sum(len(layer.tile(Tile(13, column, row))) for column in columns for row in rows)
    assert len(layer.tile(Tile(9, far.first_column, far.first_row))) < whole / 5


def test_a_point_is_where_it_is() -> None:
    frame = people(50)
    layer = ShapeLayer.of(tile_base(), "facilities", frame)
    span, found = limits(HOME, 14), {}
    for column, row in itertools.product(
        range(span.first_column, span.last_column + 1), range(span.first_row, span.last_row + 1)
    ):
        tile = Tile(14, column, row)
        for each in decoded(layer.tile(tile)).get("facilities", {}).get("features", []):
            x, y = each["geometry"]["coordinates"]
            unit = tile.side_m / EXTENT
            found[each["properties"]["household_id"]] = (tile.box_m[0] + x * unit, tile.box_m[3] - y * unit)
    expected = np.column_stack(mercator(frame.geometry.x, frame.geometry.y))
    assert np.abs(np.array([found[each] for each in frame["household_id"]]) - expected).max() <= Tile(14, 0, 0).side_m / EXTENT


def test_columns_keep_their_types_and_hostile_names_are_only_names() -> None:
    name = "share_\"x'; DROP TABLE kept_1; --{{7*7}}$west"
    frame = gpd.GeoDataFrame(
        {"n": [3], "share": [0.25], "hidden": [True], "services": [["a", "b"]], name: ["'; DELETE"], "none": [None]},
        geometry=[shapely.box(*HOME)],
        crs=4326,
    )
    span = limits(HOME, 10)
    tile = decoded(ShapeLayer.of(tile_base(), "grids", frame).tile(Tile(10, span.first_column, span.first_row)))
    (feature,) = tile["grids"]["features"]
    assert feature["properties"] == {"n": 3, "share": 0.25, "hidden": True, "services": "a,b", name: "'; DELETE"}
    assert feature["id"] == 1


def test_few_people_are_drawn_one_by_one_and_many_as_sums_that_add_up() -> None:
    frame = people(900)
    layer = PeopleLayer.of(tile_base(), "households", frame)
    tile = Tile(11, limits(HOME, 11).first_column, limits(HOME, 11).first_row)
    each = decoded(layer.tile(tile, most=900))["households"]["features"]
    assert sorted(one["properties"]["household_id"] for one in each) == sorted(frame["household_id"])
    sums = [one["properties"] for one in decoded(layer.tile(tile, most=899))["households"]["features"]]
    assert not any("household_id" in one or "grid_id" in one for one in sums)
    assert sum(one["households"] for one in sums) == 900
    assert sum(one["persons"] for one in sums) == frame["persons"].sum()
    assert sum(one["uncovered_medical"] for one in sums) == 180
    assert len(sums) < 900


def test_people_of_other_grids_are_not_in_a_tile_nor_in_a_sum_nor_in_the_extent() -> None:
    frame = people(400)
    frame.loc[7, "geometry"] = shapely.Point(118.5, 29.5)
    frame.loc[9, "grid_id"] = None
    layer = PeopleLayer.of(tile_base(), "households", frame)
    tile = Tile(4, limits(HOME, 4).first_column, limits(HOME, 4).first_row)
    seen = decoded(layer.tile(tile, {"B"}))["households"]["features"]
    assert {one["properties"]["grid_id"] for one in seen} == {"B"}
    assert (
        sum(one["properties"]["households"] for one in decoded(layer.tile(tile, {"B"}, most=1))["households"]["features"]) == 200
    )
    box = layer.box_deg({"B"})
    assert box is not None
    assert box[2] < 117.1, "the one far away is of A"
    assert len(decoded(layer.tile(tile))["households"]["features"]) == 400, "whose role holds everywhere sees those in no grid"
    assert layer.tile(tile, set()) == b""
    assert layer.box_deg(set()) is None


def test_sums_at_the_edge_of_a_tile_are_those_of_its_neighbour() -> None:
    layer = PeopleLayer.of(tile_base(), "households", people(2000))
    span = limits(HOME, 13)
    assert span.first_column < span.last_column
    row = span.first_row
    left, right = (decoded(layer.tile(Tile(13, column, row), most=0)) for column in (span.first_column, span.first_column + 1))

    def near(tile: Any, low: int, high: int, move: int) -> dict[tuple[int, int], int]:
        rows = [(one["geometry"]["coordinates"], one["properties"]["households"]) for one in tile["households"]["features"]]
        return {(x + move, y): n for (x, y), n in rows if low <= x < high and 0 <= y < EXTENT}

    ours, theirs = near(left, EXTENT, EXTENT + 60, 0), near(right, 0, 60, EXTENT)
    assert ours
    assert ours == theirs


def test_gcj02_moves_what_is_drawn_by_its_formula() -> None:
    frame = people(20)
    plain, moved = (ShapeLayer.of(tile_base(), "x", frame, is_gcj=is_gcj).shapes for is_gcj in (False, True))
    away = shapely.distance(plain, moved) * np.cos(np.radians(28.3))
    assert ((away > 300) & (away < 800)).all()


def test_a_world_around_the_edge_and_nothing_at_all() -> None:
    frame = gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=[shapely.Point(180, 90), None, shapely.Polygon()], crs=4326)
    layer = ShapeLayer.of(tile_base(), "x", frame, kind="tiling")
    assert len(decoded(layer.tile(Tile(0, 0, 0)))["x"]["features"]) == 1
    empty = ShapeLayer.of(tile_base(), "x", frame.iloc[:0], kind="tiling")
    assert (empty.tile(Tile(0, 0, 0)), empty.box_deg()) == (b"", None)


def test_tiles_over_a_place_are_those_that_its_corners_lie_in() -> None:
    for z in range(20):
        west, south, east, north = HOME
        corners = [(lon, lat) for lon in (west, east) for lat in (south, north)]
        x, y = (np.array(each) for each in zip(*corners, strict=True))
        column = np.floor((x + 180) / 360 * 2**z).astype(int)
        row = np.floor((1 - np.arcsinh(np.tan(np.radians(y))) / np.pi) / 2 * 2**z).astype(int)
        assert limits(HOME, z) == Limits(z, column.min(), column.max(), row.min(), row.max())


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD 'other.duckdb_extension'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SELECT * FROM frame",
    ],
)
def test_threat_10_the_database_of_tiles_reaches_nothing(query: str) -> None:
    frame = people(1).drop(columns="geometry")
    assert len(frame) == 1
    with pytest.raises(duckdb.Error):
        TileBase(memory="64MiB").ask(query, {})


def test_tables_go_when_nobody_holds_their_layer() -> None:
    base = TileBase(memory="64MiB")
    layer = ShapeLayer.of(base, "x", wavy_tiling(), kind="tiling")
    layer.tile(Tile(9, 0, 0))
    count = "SELECT count(*) FROM duckdb_tables()"
    assert base.ask(count, {}) == (1,)
    del layer
    gc.collect()
    assert base.ask(count, {}) == (0,)
