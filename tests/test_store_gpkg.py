"""What other programs see: a GeoPackage with named layers in its CRS, opened by GDAL's tools and by pyogrio."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import struct
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from geogrid import io
from geogrid.errors import StoreError
from geogrid.rows.tables import TABLES
from geogrid.store import open_workspace
from geogrid.workspace.definitions import definitions_of
from geogrid.workspace.geometry import PostGis, from_blobs, of_kinds, settled, to_blobs
from tests.builders import at, block, street
from tests.workspaces import act, town_tables, town_workspace

if TYPE_CHECKING:
    from pathlib import Path

OGRINFO_REASON = "ogrinfo: install the gdal-bin package"
SQLITE: Any = SQLiteDialect()
POSTGRES: Any = PGDialect()  # type: ignore[no-untyped-call]
KEPT = [name for name in TABLES if name != "points"]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper town, and a version more in which one grid was taken away."""
    path = tmp_path_factory.mktemp("gpkg") / "纸镇.gpkg"
    with town_workspace(path) as town:
        town.import_table("grids", town_tables()["grids"].iloc[1:], act=act(9), base=5)
    return path


@pytest.fixture(scope="module")
def ogrinfo() -> str:
    """GDAL's tool of that name."""
    found = shutil.which("ogrinfo")
    if not found:
        pytest.skip(OGRINFO_REASON)
    return found


def told(ogrinfo: str, *arguments: str | Path) -> str:
    """What ogrinfo says; any warning of it is a failure."""
    done = subprocess.run([ogrinfo, "-ro", *arguments], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "Warning" not in done.stdout
    return done.stdout


def test_gdal_lists_every_layer_with_its_kind_of_shape(ogrinfo: str, path: Path) -> None:
    said = told(ogrinfo, path)
    assert "using driver `GPKG' successful" in said
    layers = dict(re.findall(r"^\d+: (\w+)(?: \((.+)\))?$", said, re.MULTILINE))
    assert set(layers) == {*KEPT, *(f"{name}_now" for name in KEPT), "versions", "succession"}
    assert [layers[f"{name}_now"] for name in ("grids", "households", "roads", "units", "staff")] == [
        *("Multi Polygon", "Point", "Multi Line String", "", "None")
    ]


@pytest.mark.parametrize(("layer", "count"), [("grids_now", 3), ("grids", 4), ("households_now", 80), ("areas_now", 2)])
def test_gdal_reads_names_numbers_and_the_crs(ogrinfo: str, path: Path, layer: str, count: int) -> None:
    said = told(ogrinfo, "-so", path, layer)
    assert f"Feature Count: {count}" in said
    assert 'ID["EPSG",4548]' in said
    assert "CGCS2000 / 3-degree Gauss-Kruger CM 117E" in said
    assert "FID Column = fid" in said
    assert "Geometry Column = geom" in said
    assert re.search(r"IDENTIFIER=(网格|住户|区域)（(现行|全部版本)） " + layer, said)


def test_gdal_reads_chinese_attributes_and_days(ogrinfo: str, path: Path) -> None:
    said = told(ogrinfo, "-where", "grid_id = 'G2'", path, "grids_now")
    assert "name (String) = 第2网格" in said
    assert "leader (String) = 张三" in said
    assert "valid_from (Date) = 2024/01/03" in said
    assert "MULTIPOLYGON (((500500 3130000" in said
    assert "valid_to (Date) = 2024/01/10" in told(ogrinfo, "-where", "grid_id = 'G1'", path, "grids")


def test_looking_at_it_changes_nothing(ogrinfo: str, path: Path) -> None:
    before = path.read_bytes()
    told(ogrinfo, "-al", path)
    assert path.read_bytes() == before


def test_pyogrio_agrees_with_the_workspace(path: Path) -> None:
    names = dict(pyogrio.list_layers(path))
    assert names["grids_now"] == "MultiPolygon"
    with open_workspace(path) as town:
        for layer, table in (("grids_now", "grids"), ("households_now", "households"), ("roads_now", "roads")):
            found, ours = pyogrio.read_dataframe(path, layer=layer), town.read(table)
            assert found.crs == ours.crs
            key = TABLES[table].id_column.name
            assert found[key].tolist() == ours[key].tolist()
            assert shapely.equals(found.geometry.to_numpy(), ours.geometry.to_numpy()).all()
    assert pyogrio.read_info(path, layer="grids_now")["total_bounds"] == (500000.0, 3130000.0, 502000.0, 3131000.0)


def test_our_own_readers_take_the_layers(path: Path) -> None:
    read = io.read_grids(path, layer="grids")
    assert (len(read.table), read.source.format) == (4, "gpkg")


def test_gdal_cannot_write_past_the_ledger(path: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path / "copy.gpkg")
    with open_workspace(copy) as town:
        homes = town.read("households")[["household_id", "persons", "geometry"]]
    with pytest.raises(pyogrio.errors.FeatureError, match="change it with geogrid"):
        pyogrio.write_dataframe(homes, copy, layer="households", append=True)
    with open_workspace(copy) as town:
        assert (len(town.read("households")), town.verify().ok) == (80, True)


def test_the_header_and_the_tables_of_the_standard(path: Path) -> None:
    head = path.read_bytes()[:100]
    assert (head[68:72], int.from_bytes(head[60:64], "big")) == (b"GPKG", 10300)
    with closing(sqlite3.connect(path)) as plain:
        assert {row[0] for row in plain.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")} == {-1, 0, 4326, 4548}
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert plain.execute("PRAGMA foreign_key_check").fetchall() == []
        features = {row[0] for row in plain.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")}
        assert features == {row[0] for row in plain.execute("SELECT table_name FROM gpkg_geometry_columns")}
        wkt = plain.execute("SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = 4548").fetchone()[0]
    assert wkt.startswith('PROJCS["CGCS2000 / 3-degree Gauss-Kruger CM 117E"')


# --- geometries ---------------------------------------------------------------------------------------------------------------

SHAPES = [
    at(1.5, 2.25),
    street((0, 0), (5, 5)),
    block(0, 0, 9, 9),
    shapely.MultiPolygon([block(0, 0, 1, 1), block(5, 5, 6, 6)]),
    shapely.Polygon(block(0, 0, 9, 9).exterior, [block(1, 1, 2, 2).exterior]),
    shapely.MultiPoint([(1, 2), (3, 4)]),
    None,
]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(SHAPES), max_size=8))
def test_blobs_come_back(shapes: list[shapely.Geometry | None]) -> None:
    back = from_blobs(to_blobs(settled(shapes), 4548))
    assert [None if shape is None else shape.wkb for shape in back] == [
        None if shape is None else shape.wkb for shape in settled(shapes)
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*[st.floats(-1e7, 1e7)] * 2), min_size=1, max_size=8))
def test_points_come_back_to_the_last_bit(places: list[tuple[float, float]]) -> None:
    points = shapely.points(places)
    assert from_blobs(to_blobs(points, 4548)).tolist() == list(points)


def test_empty_shapes_are_marked_empty() -> None:
    (blob,) = to_blobs([shapely.Point()], 4548)
    assert blob is not None
    assert blob[3] & 0b10000
    assert from_blobs([blob])[0].is_empty


@pytest.mark.parametrize("blob", [b"", b"GP", b"WKB", b"GP\x00\x01" + b"\x00" * 30, b"GP\x00\x0f" + b"\x00" * 80])
def test_what_is_no_shape_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="no GeoPackage geometry"):
        from_blobs([blob])


@pytest.mark.parametrize("kind", [6, 7])
def test_shapes_nested_without_end_do_not_end_the_process(kind: int) -> None:
    """GEOS follows parts of parts as deep as they go: 100,000 of them overflow its stack."""
    nested = struct.pack("<bII", 1, kind, 1) * 100_000
    with pytest.raises(ValueError, match="no GeoPackage geometry"):
        from_blobs([to_blobs([shapely.Point(1, 2)], 4548)[0], b"GP\x00\x01\xc4\x11\x00\x00" + nested])


def test_several_parts_come_back_beside_single_ones() -> None:
    shapes = [shapely.box(0, 0, 1, 1), None, shapely.multipolygons([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])]
    shapes += [shapely.multilinestrings([[(0, 0), (1, 1)], [(5, 5), (6, 6)]]), shapely.Point(3, 4)]
    assert [shape and shape.wkt for shape in from_blobs(to_blobs(shapes, 4548))] == [shape and shape.wkt for shape in shapes]


def test_a_damaged_shape_is_a_clear_error(path: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path / "copy.gpkg")
    with closing(sqlite3.connect(copy, isolation_level=None)) as plain:
        plain.execute("INSERT INTO meta VALUES ('writing', '')")
        plain.execute("UPDATE areas SET geom = x'00'")
        plain.execute("DELETE FROM meta WHERE key = 'writing'")
    with open_workspace(copy) as town, pytest.raises(StoreError, match="areas holds a damaged shape"):
        town.read("areas")


# --- the same definitions for PostGIS -----------------------------------------------------------------------------------------


def test_every_table_can_be_said_in_both_dialects() -> None:
    definitions = definitions_of(4548, ("winter",))
    for name, table in definitions.metadata.tables.items():
        ours, theirs = (str(sa.schema.CreateTable(table).compile(dialect=each)) for each in (SQLITE, POSTGRES))
        assert f"CREATE TABLE {name}" in ours
        assert ("MULTIPOLYGON" in ours) == ("geometry(MULTIPOLYGON, 4548)" in theirs)
        for index in table.indexes:
            assert "CREATE INDEX" in str(sa.schema.CreateIndex(index).compile(dialect=POSTGRES))
    inserted = str(definitions["grids"].insert().compile(dialect=POSTGRES))
    assert "INSERT INTO grids" in inserted


def test_shapes_pass_through_either_type() -> None:
    kinds: list[Any] = [of_kinds(("polygon",), 4548), PostGis("MULTIPOLYGON", 4548)]
    for kind in kinds:
        write, read = kind.bind_processor(None), kind.result_processor(None, None)
        assert read(write(block(0, 0, 1, 1))).equals(block(0, 0, 1, 1))
        assert read(write(None)) is None
    assert shapely.get_srid(shapely.from_wkb(PostGis("POINT", 4548).bind_processor(None)(at(0, 0)))) == 4548


def test_the_ledger_can_be_read_as_json(path: Path) -> None:
    with closing(sqlite3.connect(path)) as plain:
        counts = [json.loads(row[0]) for row in plain.execute("SELECT counts FROM versions ORDER BY version")]
    assert [each.get("households", {}).get("began") for each in counts] == [None, None, None, 80, None, None, None]
    assert np.isin(["sha256", "rows", "ended"], list(counts[3]["households"])).all()
