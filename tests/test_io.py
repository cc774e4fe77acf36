"""Reading canonical tables, writing them in every format, and what cannot be read or written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from geogrid import io
from geogrid.errors import CrsError, InputError, NotFoundError
from geogrid.gcj import wgs84_to_gcj02
from geogrid.results import REJECTED_COLUMNS

FORMATS = ["geojson", "gpkg", "shp", "zip", "kml", "fgb", "parquet"]
TABLES = ["csv", "xlsx"]


def two_grids() -> gpd.GeoDataFrame:
    """Two neighbours, the second in two parts with a hole."""
    west = shapely.box(117, 28, 117.01, 28.01)
    east = shapely.MultiPolygon(
        [
            shapely.box(117.01, 28, 117.02, 28.01).difference(shapely.box(117.013, 28.003, 117.015, 28.005)),
            shapely.box(117.03, 28, 117.04, 28.01),
        ]
    )
    columns = {
        "grid_id": ["007", "G-2"],
        "name": ["一网格", "=二"],
        "grid_set": ["standing", "standing"],
        "level": ["grid", "grid"],
        "leader": ["张三", "李四"],
        "supervision_phone": ["0999-0000001", "+86-1"],
    }
    return gpd.GeoDataFrame(columns, geometry=[west, east], crs=4326)


def shops() -> gpd.GeoDataFrame:
    columns = {
        "facility_id": ["F1", "F2"],
        "name": ["学校", "@诊所"],
        "services": [("education", "sport"), ("medical",)],
        "floor_area_m2": [500.5, None],
        "status": ["built", "planned"],
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy([117.123456789012, 117.2], [28.3, 28.31]), crs=4326)


def kept(table: pd.DataFrame, columns: list[str]) -> list[list[Any]]:
    cells: list[list[Any]] = table[columns].astype(object).where(table[columns].notna(), None).to_numpy().tolist()
    return cells


@pytest.mark.parametrize("extension", FORMATS)
def test_grids_survive_every_format(tmp_path: Path, extension: str) -> None:
    grids = two_grids()
    path = io.write_table(grids, tmp_path / f"grids.{extension}")
    result = io.read_grids(path)
    assert kept(result.table, ["grid_id", "name", "leader", "supervision_phone", "level"]) == kept(
        grids, ["grid_id", "name", "leader", "supervision_phone", "level"]
    )
    assert all(
        shapely.equals(shapely.normalize(a), shapely.normalize(b))
        for a, b in zip(result.table.geometry, grids.geometry, strict=True)
    )
    assert result.table["source_line"].tolist() == [1, 2]
    assert (result.table.crs.to_epsg(), len(result.rejected), list(result.rejected.columns)) == (4326, 0, list(REJECTED_COLUMNS))
    assert (result.source.name, result.source.rows, result.source.crs) == (f"grids.{extension}", 2, "EPSG:4326")
    assert result.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("extension", [*FORMATS, *TABLES])
def test_facilities_survive_every_format(tmp_path: Path, extension: str) -> None:
    table = io.read_facilities(io.write_table(shops(), tmp_path / f"f.{extension}")).table
    columns = ["facility_id", "name", "services", "floor_area_m2", "status"]
    assert kept(table, columns) == kept(shops(), columns)
    assert np.allclose(shapely.get_coordinates(table.geometry), shapely.get_coordinates(shops().geometry), rtol=0, atol=1e-13)


@pytest.mark.parametrize("extension", ["geojson", "gpkg", "shp", "fgb", "parquet"])
def test_projected_files_come_back_in_degrees(tmp_path: Path, extension: str) -> None:
    result = io.read_facilities(io.write_table(shops(), tmp_path / f"f.{extension}", crs="EPSG:4548"))
    assert result.source.crs == "EPSG:4548"
    assert np.allclose(
        shapely.get_coordinates(result.table.geometry), shapely.get_coordinates(shops().geometry), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("extension", TABLES)
def test_tables_with_projected_coordinates_need_to_be_told(tmp_path: Path, extension: str) -> None:
    path = io.write_table(shops(), tmp_path / f"f.{extension}", crs=4548)
    result = io.read_facilities(path, crs=4548)
    assert np.allclose(
        shapely.get_coordinates(result.table.geometry), shapely.get_coordinates(shops().geometry), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datum_goes_out_and_comes_back(tmp_path: Path, datum: str) -> None:
    path = io.write_table(shops(), tmp_path / "f.geojson", datum=datum)
    shifted = io.read_facilities(path).table
    back = io.read_facilities(path, datum=datum).table
    moved = shapely.distance(shifted.geometry.to_crs(4548).to_numpy(), shops().geometry.to_crs(4548).to_numpy())
    rest = shapely.distance(back.geometry.to_crs(4548).to_numpy(), shops().geometry.to_crs(4548).to_numpy())
    assert (moved > 300).all()
    assert (rest < 0.01).all()


def test_an_unknown_datum_is_an_error() -> None:
    with pytest.raises(NotFoundError, match="mars"):
        io.read_facilities(shops(), datum="mars")


def test_frames_are_read_like_files_and_left_alone() -> None:
    frame = shops().rename_geometry("where").set_index(pd.Index(["x", "y"]))
    before = frame.copy()
    result = io.read_facilities(frame.to_crs(4548), profile="generic")
    assert (result.source.name, result.source.format, result.source.crs) == ("<GeoDataFrame>", "frame", "EPSG:4548")
    assert result.table["source_line"].tolist() == [1, 2]
    pd.testing.assert_frame_equal(frame, before)
    again = io.read_facilities(frame.to_crs(4548)).source.sha256
    assert again == result.source.sha256 != io.read_facilities(frame).source.sha256


def test_plain_frames_with_coordinates_are_read() -> None:
    frame = pd.DataFrame({"户编号": ["1", "2"], "人口": [3, "三口"], "经度": [117.0, 117.1], "纬度": [28.0, 28.1]})
    result = io.read_households(frame)
    assert result.table["household_id"].tolist() == ["1"]
    assert result.rejected[["file", "line", "code"]].to_numpy().tolist() == [["<GeoDataFrame>", 2, "not_a_number"]]


def test_every_reader_reads(tmp_path: Path) -> None:
    squares = two_grids()
    points = gpd.GeoDataFrame({"name": ["甲村"], "point_id": ["P1"]}, geometry=gpd.points_from_xy([117], [28]), crs=4326)
    areas = gpd.GeoDataFrame(
        {"area_id": ["A", "B"], "name": ["甲", "乙"], "level": ["village", "village"]}, geometry=squares.geometry, crs=4326
    )
    assert len(io.read_areas(areas).table) == 2
    assert len(io.read_units(areas.rename(columns={"area_id": "unit_id"})).table) == 2
    assert len(io.read_points(points).table) == 1


def test_multi_lines_become_several_streets() -> None:
    shapes = [
        shapely.MultiLineString([[(117, 28), (117.1, 28)], [(117.2, 28), (117.3, 28)]]),
        shapely.LineString([(117, 28), (117, 28.1)]),
    ]
    roads = gpd.GeoDataFrame({"road_id": ["a", "b"], "highway": ["path", "path"]}, geometry=shapes, crs=4326)
    table = io.read_roads(roads).table
    assert table["road_id"].tolist() == ["a", "a", "b"]
    assert set(table.geom_type) == {"LineString"}
    assert list(table.index) == [0, 1, 2]


def test_rows_that_cannot_be_taken_apart_are_rejected_beside_the_others(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes("户编号,经度,纬度,人口\n1,117,28,3\n2,117,28\n3,117,28,-3\n4,28,117,2\n".encode("gbk"))
    result = io.read_households(path)
    assert result.table[["household_id", "persons", "source_line"]].to_numpy().tolist() == [["1", 3, 2]]
    assert result.rejected[["file", "line", "code"]].to_numpy().tolist() == [
        ["h.csv", 3, "malformed_row"],
        ["h.csv", 4, "out_of_range"],
        ["h.csv", 5, "latitude_longitude_swapped"],
    ]
    assert (result.source.encoding, result.source.rows) == ("gb18030", 4)


def test_a_missing_prj_is_assumed_to_be_degrees_only_when_it_can_be(tmp_path: Path) -> None:
    for crs, stem in ((4326, "deg"), (4548, "metres")):
        path = io.write_table(shops(), tmp_path / f"{stem}.shp", crs=crs)
        path.with_suffix(".prj").unlink()
    result = io.read_facilities(tmp_path / "deg.shp")
    assert "no CRS is declared; the coordinates are in the range of degrees and are read as EPSG:4326" in [
        note.en for note in result.source.notes
    ]
    with pytest.raises(CrsError, match=r"metres\.shp declares no CRS"):
        io.read_facilities(tmp_path / "metres.shp")
    assert len(io.read_facilities(tmp_path / "metres.shp", crs=4548).table) == 2


def test_a_position_that_is_nowhere_on_earth_costs_its_row() -> None:
    frame = shops().to_crs(4548)
    frame.loc[1, "geometry"] = shapely.Point(1e30, 1e30)
    result = io.read_facilities(frame)
    assert result.table["facility_id"].tolist() == ["F1"]
    assert result.rejected["line"].tolist() == [2]


def test_events_of_a_projected_file_may_have_no_point() -> None:
    frame = shops().to_crs(4548)
    events = frame.assign(event_id=["E1", "E2"], kind="dispute", opened="2026-06-01")[["event_id", "kind", "opened", "geometry"]]
    events.loc[1, "geometry"] = None
    result = io.read_events(events)
    assert result.rejected.empty
    assert result.table.geometry.notna().tolist() == [True, False]


def test_errors_of_a_file_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"a\.csv"):
        io.read_households(tmp_path / "a.csv")
    with pytest.raises(InputError):
        io.read_grids(shops())
    with pytest.raises(InputError, match="<GeoDataFrame> is empty"):
        io.read_grids(two_grids().iloc[:0])
    with pytest.raises(CrsError, match="the CRS 'EPSG:0' is not understood"):
        io.read_grids(two_grids(), crs="EPSG:0")


def test_the_sheet_that_fits_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["说明", "本表仅供参考"])
    book.worksheets[0].append(["a", "b"])
    sheet = book.create_sheet("住户")
    sheet.append(["户编号", "人口", "经度", "纬度"])
    sheet.append([7, 3, 117.1, 28.1])
    book.save(tmp_path / "h.xlsx")
    result = io.read_households(tmp_path / "h.xlsx")
    assert result.table[["household_id", "persons", "source_line"]].to_numpy().tolist() == [["7", 3, 2]]
    assert len(io.read_households(tmp_path / "h.xlsx", layer="住户").table) == 1


def test_the_layer_that_fits_is_read(tmp_path: Path) -> None:
    path = io.write_table(two_grids(), tmp_path / "a.gpkg")
    pyogrio.write_dataframe(
        shops().drop(columns="services").rename(columns={"facility_id": "what"})[["what", "geometry"]],
        path,
        layer="other",
        append=True,
    )
    assert len(io.read_grids(path).table) == 2


# --- writing


@pytest.mark.parametrize("start", list("=+-@\t\r＝＋－＠"))
def test_text_that_looks_like_a_formula_is_guarded(start: str) -> None:
    assert io.safe_cell(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("value", [-3, -3.5, None, True, "网格=", "", "'=1"])
def test_other_cells_stay(value: Any) -> None:
    assert io.safe_cell(value) is value


def test_sheets_hold_no_formula(tmp_path: Path) -> None:
    frame = shops().assign(name=["=HYPERLINK(1)", "\x01a"], **{"＝col": [-1, 2]})
    sheet = openpyxl.load_workbook(io.write_table(frame, tmp_path / "f.xlsx")).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert [cell.data_type for row in rows for cell in row].count("f") == 0
    assert [cell.value for cell in rows[0]][-3:] == ["'＝col", "lon", "lat"]
    assert (rows[1][1].value, rows[2][1].value, rows[1][5].value) == ("'=HYPERLINK(1)", "a", -1)
    text = io.write_table(frame, tmp_path / "f.csv").read_text("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert ",-1," in text


def test_what_is_not_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not written as '\.doc'; accepted: \.geojson"):
        io.write_table(shops(), tmp_path / "a.doc")
    with pytest.raises(InputError, match="folder to write to does not exist"):
        io.write_table(shops(), "/vsimem/a.geojson")
    for extension in TABLES:
        with pytest.raises(InputError, match="points only"):
            io.write_table(two_grids(), tmp_path / f"a.{extension}")
    with pytest.raises(InputError, match="longitude and latitude only"):
        io.write_table(shops(), tmp_path / "a.kml", crs=4548)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("old")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        io.write_table(shops(), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_odd_cells_and_shapes_are_written(tmp_path: Path) -> None:
    """Mixed types, huge numbers, lone surrogates, text like JSON, empty and missing shapes."""
    frame = gpd.GeoDataFrame(
        {
            "name": pd.Series(["[1]", "\ud800"], dtype=object),
            "mixed": [1, "a"],
            "huge": [1 << 80, 2],
            "yes": [True, None],
            "x": [np.float64(1.5), float("inf")],
            "when": [pd.Timestamp("2026-01-02"), pd.NaT],
            "n": pd.array([1, None], dtype="Int64"),
        },
        geometry=[shapely.Point(117, 28), None],
        crs=4326,
    )
    text = io.write_table(frame, tmp_path / "a.geojson").read_text("utf-8")
    assert '"name": "[1]"' in text
    assert '"name": "\\udcd800"' not in text
    assert '"x": null' in text
    for extension in ("kml", "csv"):
        assert io.write_table(frame, tmp_path / f"a.{extension}").stat().st_size
    plain = frame.assign(name=["[1]", "b"])
    for extension in ("gpkg", "fgb", "parquet", "shp", "xlsx"):
        assert io.write_table(plain, tmp_path / f"a.{extension}").stat().st_size
    assert io.write_table(frame[["geometry"]], tmp_path / "b.geojson").read_text("utf-8").count('"properties": {}') == 2


def test_shapefile_names_are_cut_but_distinct(tmp_path: Path) -> None:
    frame = shops().assign(supervision_phone_one="1", supervision_phone_two="2", 监督电话号码="3")
    path = io.write_table(frame, tmp_path / "a.shp")
    names = list(pyogrio.read_info(path)["fields"])
    assert len(set(names)) == len(names)
    assert names[-3:] == ["supervisio", "supervis_2", "监督电"]


def test_rejected_tables_are_joined_in_order() -> None:
    first = pd.DataFrame([{**dict.fromkeys(REJECTED_COLUMNS, ""), "file": "b", "line": 3}])
    second = pd.DataFrame([{**dict.fromkeys(REJECTED_COLUMNS, ""), "file": "a", "line": 9}])
    assert io.rejected_frame([first, second])["file"].tolist() == ["a", "b"]
    assert io.rejected_frame(first)["line"].tolist() == [3]


# --- real files


def test_real_households_as_an_office_exports_them(real_data: Path) -> None:
    clean = io.read_households(real_data / "guixi" / "households.csv")
    assert (len(clean.table), len(clean.rejected), clean.source.rows) == (28_343, 0, 28_343)
    dirty = io.read_households(real_data / "guixi" / "households_dirty_gcj02_gbk.csv", datum="gcj02")
    assert dirty.source.encoding == "gb18030"
    assert len(dirty.table) + dirty.rejected["line"].nunique() == 3_000
    both = dirty.table.merge(clean.table, on="household_id", suffixes=("", "_clean"))
    assert len(both) == len(dirty.table)
    apart = (
        gpd.GeoSeries(both.geometry, crs=4326).to_crs(4548).distance(gpd.GeoSeries(both["geometry_clean"], crs=4326).to_crs(4548))
    )
    assert apart.max() < 1


def test_real_polygons_points_and_streets(real_data: Path) -> None:
    folder = real_data / "guixi"
    assert len(io.read_areas(folder / "townships.geojson").table) == 4
    assert len(io.read_points(folder / "communities.geojson").table) == 20
    assert len(io.read_roads(folder / "roads.osm").table) == 170
    facilities = io.read_facilities(folder / "facilities.csv").table
    assert len(facilities) == 48
    assert facilities["status"].value_counts().sum() == 48


def test_gcj02_of_the_formula_is_undone(tmp_path: Path) -> None:
    lon, lat = wgs84_to_gcj02(np.array([117.2]), np.array([28.3]))
    frame = gpd.GeoDataFrame({"point_id": ["1"], "name": ["甲"]}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    point = io.read_points(io.write_table(frame, tmp_path / "p.csv"), datum="gcj02").table.geometry[0]
    assert (point.x, point.y) == pytest.approx((117.2, 28.3), abs=1e-7)
