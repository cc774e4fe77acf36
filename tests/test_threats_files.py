"""THREATS 9, 11, 12 and 15 to 17 on the readers, and files as offices send them: one clear error, or rows named."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from openpyxl import Workbook

from geogrid.closures import block
from geogrid.errors import CrsError, InputError
from geogrid.files.encoding import cell_encoding
from geogrid.io import read_closures, read_grids, read_households, read_roads
from geogrid.joining import add_streets, join_crossings
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = ["户编号", "人口", "经度", "纬度"]
ROWS: list[list[Any]] = [[f"H{i}", 3, 117.2 + i / 1000, 28.3] for i in range(3)]
CSV = ",".join(HEADER) + "\n" + "".join(f"H{i},3,117.20{i},28.3\n" for i in range(3))


@pytest.fixture
def grids() -> gpd.GeoDataFrame:
    """Two squares side by side."""
    squares = [shapely.box(117, 28, 117.01, 28.01), shapely.box(117.01, 28, 117.02, 28.01)]
    return gpd.GeoDataFrame({"grid_id": ["a", "b"], "name": ["A", "B"]}, geometry=squares, crs=4326)


def workbook(path: Path, rows: list[list[Any]], change: Callable[[Workbook], object] | None = None) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    if change is not None:
        change(book)
    book.save(path)
    return path


def repacked(source: Path, target: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(*change(member, old.read(member)))
    return target


def said_by(path: Path, read: Callable[..., Any] = read_households) -> Text:
    with pytest.raises(InputError) as caught:
        read(path)
    message = caught.value.message
    assert message.zh != message.en
    return message


def ids(path: Path) -> list[str]:
    found = read_households(path)
    assert found.rejected.empty
    return list(found.table["household_id"])


# Threat 9 and 11: Shapefiles, zips


@pytest.mark.parametrize("declared", ["undefined", "utf-8\0x", "UTF-16", "UTF-7", "unicode_escape", "rot13", "mbcs"])
def test_no_declared_encoding_makes_garbage_of_plain_text(declared: str) -> None:
    assert cell_encoding(b"grid_id", declared) == "utf-8"


def test_sidecars_of_a_shapefile_are_not_read_to_the_end_of_a_bomb(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    grids.to_file(tmp_path / "a.shp")
    with (tmp_path / "a.cpg").open("r+b") as stream:
        stream.truncate(1 << 33)
    assert list(read_grids(tmp_path / "a.shp").table["grid_id"]) == ["a", "b"]


def test_shapefiles_of_one_name_in_two_folders_of_a_zip_are_not_picked_from_silently(
    tmp_path: Path, grids: gpd.GeoDataFrame
) -> None:
    grids.to_file(tmp_path / "a.shp")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for folder in ("2023", "2024"):
            for part in tmp_path.glob("a.[!z]*"):
                archive.write(part, f"{folder}/{part.name}")
    assert "2023/a, 2024/a" in said_by(path, read_grids).en
    assert len(read_grids(path, layer="2024/a").table) == 2


def test_a_flatgeobuf_without_a_layer_is_refused(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    path = tmp_path / "a.fgb"
    grids.to_file(path)
    data = bytearray(path.read_bytes())
    data[12:60] = b"\xff" * 48
    path.write_bytes(data)
    assert "not a sound FlatGeobuf" in said_by(path, read_grids).en


# Threat 11: workbooks


def test_entities_in_a_sheet_that_is_not_called_xml_are_refused(tmp_path: Path) -> None:
    sound = workbook(tmp_path / "a.xlsx", [HEADER, *ROWS])
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "secret">]>'

    def hide(member: str, data: bytes) -> tuple[str, bytes]:
        if member.endswith("sheet1.xml"):
            body = data.partition(b"?>")[2] if data.startswith(b"<?xml") else data
            return "xl/worksheets/sheet1.bin", entity + body.replace(b"H0", b"&a;")
        return member, data.replace(b"sheet1.xml", b"sheet1.bin")

    assert "DOCTYPE" in said_by(repacked(sound, tmp_path / "b.xlsx", hide)).en


@pytest.mark.parametrize(
    ("part", "before", "added"),
    [
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>'),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row><c><v>1</v></c></row>" * 500_000),
        ("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row></row>" * 4_500_000),
        ("xl/styles.xml", b"</cellXfs>", b"<xf/>" * 600_000),
    ],
    ids=["row_999999999", "half_a_million_rows", "nine_million_tags", "styles"],
)
def test_workbooks_that_claim_too_much_are_refused(tmp_path: Path, part: str, before: bytes, added: bytes) -> None:
    sound = workbook(tmp_path / "a.xlsx", [HEADER, *ROWS])
    path = repacked(
        sound, tmp_path / "b.xlsx", lambda name, data: (name, data.replace(before, added + before) if name == part else data)
    )
    assert "CSV" in said_by(path).en


# Threat 12: GeoPackages


def changed(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _shape: 0)
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def test_a_default_that_fills_every_row_of_a_geopackage_is_no_bomb(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    grids.to_file(tmp_path / "a.gpkg", layer="a")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO a(grid_id) SELECT i FROM n"
    path = changed(tmp_path / "a.gpkg", many, f"ALTER TABLE a ADD COLUMN big TEXT DEFAULT '{'x' * 100_000}'")
    assert path.stat().st_size < 2_000_000
    assert "not a sound GeoPackage" in said_by(path, read_grids).en


def test_text_of_a_geopackage_that_is_not_utf8_is_said(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    grids.to_file(tmp_path / "a.gpkg", layer="a")
    changed(tmp_path / "a.gpkg", "UPDATE a SET name = CAST(x'ff41' AS TEXT) WHERE grid_id = 'a'")
    notes = read_grids(tmp_path / "a.gpkg").source.notes
    assert notes == (Text("1 个单元格的文字不是 UTF-8，有乱码", "1 cells hold text that is not UTF-8"),)


def test_a_damaged_schema_of_a_geopackage_is_refused(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    grids.to_file(tmp_path / "a.gpkg", layer="a")
    whole = (tmp_path / "a.gpkg").read_bytes()
    for place in range(100, 4000, 37):
        (tmp_path / "b.gpkg").write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        try:
            read_grids(tmp_path / "b.gpkg")
        except InputError as error:
            assert error.message.zh  # noqa: PT017 - either outcome is right, another error is not


# Threat 15 and 16: floods, deep nesting, coordinate systems without a place


def test_values_written_once_for_many_rows_of_parquet_are_no_bomb(tmp_path: Path) -> None:
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(20_000, dtype=np.int32)), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"户编号": text}), tmp_path / "a.parquet")
    assert "unpack to more than" in said_by(tmp_path / "a.parquet").en
    pq.write_table(pa.table({"户编号": pa.nulls(5_000_001, pa.int8())}), tmp_path / "b.parquet")
    assert "5000001 rows" in said_by(tmp_path / "b.parquet").en


def test_a_geometry_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    point = pa.array([shapely.Point(1, 2).wkb])
    geo = {b"geo": b'{"primary_column":"g","columns":{"g":{"encoding":"WKB"}}}'}
    pq.write_table(pa.table([point, point], names=["g", "g"]).replace_schema_metadata(geo), tmp_path / "a.parquet")
    assert "WKB is expected" in said_by(tmp_path / "a.parquet").en


def test_paths_that_no_file_system_has_are_refused() -> None:
    for path in ("a\ud800.csv", b"/vsicurl/x.csv"):
        with pytest.raises(InputError, match=r"cannot be found|not the path"):
            read_households(path)


def test_a_time_that_no_calendar_has_is_refused(tmp_path: Path) -> None:
    table = pa.table({"户编号": pa.array([2**62], pa.timestamp("us")), "人口": [3], "经度": [117.2], "纬度": [28.3]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert "not a sound Parquet" in said_by(tmp_path / "a.parquet").en


def test_sparse_columns_do_not_multiply(tmp_path: Path) -> None:
    features = [{"type": "Feature", "geometry": None, "properties": {f"{'k' * 130}{i}": 1}} for i in range(3_000)]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    assert "3000 rows of 3000 columns; at most 5000000, 2000 and" in said_by(tmp_path / "a.geojson").en


@pytest.mark.parametrize(
    "crs",
    [
        '{"a":' * 20_000,
        "EPSG:5773",
        "EPSG:4978",
        'ENGCRS["x",EDATUM["y"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]',
    ],
    ids=["deep", "vertical", "geocentric", "engineering"],
)
def test_a_crs_without_longitude_and_latitude_is_refused(tmp_path: Path, grids: gpd.GeoDataFrame, crs: str) -> None:
    document = json.loads(grids.to_json()) | {"crs": {"type": "name", "properties": {"name": crs}}}
    (tmp_path / "a.geojson").write_text(json.dumps(document), "utf-8")
    with pytest.raises(CrsError, match="not understood"):
        read_grids(tmp_path / "a.geojson")
    if crs.startswith("EPSG"):
        grids.to_file(tmp_path / "b.geojson")
        with pytest.raises(CrsError, match="not understood"):
            read_grids(tmp_path / "b.geojson", crs=crs)


@pytest.mark.parametrize("depth", range(960, 1000, 3))
def test_nesting_that_the_parser_just_bears_is_no_other_error(tmp_path: Path, depth: int) -> None:
    nested = '{"type":"Feature","geometry":null,"properties":{"grid_id":"a","x":' + "[" * depth + "]" * depth + "}}"
    (tmp_path / "a.geojson").write_text(f'{{"type":"FeatureCollection","features":[{nested}]}}', "utf-8")
    try:
        read_grids(tmp_path / "a.geojson")
    except InputError as error:
        assert error.message.zh  # noqa: PT017 - either outcome is right, another error is not


def test_a_flood_of_stray_quotes_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + '"' + "a\n" * 300_000, "utf-8")
    said = said_by(tmp_path / "a.csv")
    assert ("line 5 first" in said.en, "第 5 行" in said.zh) == (True, True)


def test_a_flood_of_bad_rows_is_one_error_with_the_first_of_each_kind(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + "".join(f"K{i},x,117.2,28.3\n" for i in range(100_001)), "utf-8")
    said = said_by(tmp_path / "a.csv")
    assert ("人口, 100001 times: persons must be a number" in said.en, "line 5 first: 'x'" in said.en) == (True, True)
    assert "最先是第 5 行“x”" in said.zh


def test_many_rows_with_one_id_take_linear_time(tmp_path: Path) -> None:
    rows = "".join(f"H,{i % 9},117.2,28.3\n" for i in range(60_000))
    (tmp_path / "a.csv").write_text(",".join(HEADER) + "\n" + rows, "utf-8")
    found = read_households(tmp_path / "a.csv")
    assert (len(found.table), len(found.rejected)) == (0, 60_000)
    assert "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ..." in found.rejected["expected_en"].iloc[-1]


def test_a_rejected_row_is_shown_cut(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + "9" * 100_000 + ",3,117.2,28.3\n", "utf-8")
    rejected = read_households(tmp_path / "a.csv").rejected
    assert (list(rejected["code"]), len(rejected["row"].iloc[0]) < 2_000) == (["too_long_text"], True)


# Threat 17: positions


def test_a_town_of_two_halves_at_the_date_line_stays_together(tmp_path: Path) -> None:
    rows = "A,3,179.99,-17\nB,3,-179.99,-17\nC,3,180,-17\nD,3,-180,-17\nE,3,117.2,28.3\n"
    (tmp_path / "a.csv").write_text(",".join(HEADER) + "\n" + rows, "utf-8")
    found = read_households(tmp_path / "a.csv")
    assert (list(found.table["household_id"]), list(found.rejected["code"])) == (["A", "B", "C", "D"], ["far_away"])


def test_streets_without_node_positions_say_so(tmp_path: Path) -> None:
    way = '<way id="5"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'
    (tmp_path / "a.osm").write_text(f'<osm version="0.6">{way}</osm>', "utf-8")
    assert "none of the 1 streets of a.osm has nodes with positions" in said_by(tmp_path / "a.osm", read_roads).en


def test_kml_in_gbk_is_read(tmp_path: Path) -> None:
    ring = "117,28 117.01,28 117.01,28.01 117,28"
    shape = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    mark = f"<Placemark><name>一网格</name>{shape}</Placemark>"
    text = f"<?xml version='1.0' encoding='gb2312'?><kml>{mark}</kml>"
    (tmp_path / "a.kml").write_bytes(text.encode("gbk"))
    assert list(read_grids(tmp_path / "a.kml").table["name"]) == ["一网格"]
    (tmp_path / "b.kml").write_bytes(text.replace("gb2312", "big5").encode("gbk"))
    assert "not a sound KML" in said_by(tmp_path / "b.kml", read_grids).en


# Files as offices send them


@pytest.mark.parametrize(
    "above",
    [
        [["某镇住户登记表"]],
        [["某镇住户登记表"], ["填报单位：某镇", None, "填报日期：2024年5月"]],
        [["某镇住户登记表", None, None, "单位：人"]],
        [["户信息", None, "坐标", None]],
        [[f"说明{i}"] for i in range(12)],
    ],
)
def test_the_header_is_found_below_title_lines(tmp_path: Path, above: list[list[Any]]) -> None:
    path = workbook(tmp_path / "a.xlsx", [*above, HEADER, *ROWS])
    assert ids(path) == ["H0", "H1", "H2"]
    line = len(above) + 1
    note = Text(
        f"表头在第 {line} 行，它上面的标题行没有读取", f"the header is on line {line}; the title lines above it are passed over"
    )
    assert note in read_households(path).source.notes
    if len(above) < 10:
        lines = [",".join("" if cell is None else str(cell) for cell in row) for row in [*above, HEADER, *ROWS]]
        (tmp_path / "a.csv").write_bytes("\n".join(lines).encode("gb18030"))
        assert ids(tmp_path / "a.csv") == ["H0", "H1", "H2"]
        assert note in read_households(tmp_path / "a.csv").source.notes


def test_hidden_sheets_are_left_out_and_said(tmp_path: Path) -> None:
    def hide(book: Workbook) -> None:
        old = book.create_sheet("旧数据")
        old.append(HEADER)
        old.append(["OLD", 9, 117.2, 28.3])
        old.sheet_state = "hidden"

    path = workbook(tmp_path / "a.xlsx", [HEADER, *ROWS], hide)
    assert ids(path) == ["H0", "H1", "H2"]
    assert "hidden sheets are not read: 旧数据" in [note.en for note in read_households(path).source.notes]
    assert list(read_households(path, layer="旧数据").table["household_id"]) == ["OLD"]


def test_totals_and_remarks_below_the_table_are_named_and_never_households(tmp_path: Path) -> None:
    rows: list[list[Any]] = [HEADER, *ROWS, [None] * 4, ["合计", 9, None, None], ["制表人：张三", None, None, "审核：李四"]]
    found = read_households(workbook(tmp_path / "a.xlsx", rows))
    assert list(found.table["household_id"]) == ["H0", "H1", "H2"]
    assert sorted(set(found.rejected["line"])) == [6, 7]


def test_ids_that_a_spreadsheet_rounded_are_named_and_not_taken_for_copies(tmp_path: Path) -> None:
    good = ["360681199001011234", 3, 117.2, 28.3]
    rows: list[list[Any]] = [HEADER, good, [360681199001011000, 3, 117.2, 28.3], [3.6068119900101e17, 3, 117.2, 28.3]]
    found = read_households(workbook(tmp_path / "a.xlsx", rows))
    assert list(found.table["household_id"]) == ["360681199001011234"]
    assert list(found.rejected["code"]) == ["lost_digits", "lost_digits"]
    (tmp_path / "a.csv").write_text(CSV + "3.60681E+17,3,117.2,28.3\n", "utf-8")
    assert list(read_households(tmp_path / "a.csv").rejected["code"]) == ["lost_digits"]


def test_text_that_was_written_as_a_formula_keeps_its_zeros(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",".join(HEADER) + '\n="007",3,117.2,28.3\n', "utf-8")
    assert ids(tmp_path / "a.csv") == ["007"]


def test_deep_wkb_costs_its_row(tmp_path: Path, grids: gpd.GeoDataFrame) -> None:
    grids.to_file(tmp_path / "a.gpkg", layer="a")
    deep = b"GP\0\1" + struct.pack("<i", 4326) + b"\1\7\0\0\0\1\0\0\0" * 500_000
    shutil.copy(tmp_path / "a.gpkg", tmp_path / "b.gpkg")
    changed(tmp_path / "b.gpkg", f"UPDATE a SET geom = x'{deep[:900_000].hex()}' WHERE grid_id = 'a'")  # noqa: S608
    found = read_grids(tmp_path / "b.gpkg")
    assert (list(found.table["grid_id"]), list(found.rejected["code"])) == (["b"], ["malformed_geometry"])


def block_under(shapes: list[Any]) -> None:
    streets = [shapely.LineString([(0, y), (1000, y)]) for y in range(0, 1000, 100)]
    block(gpd.GeoDataFrame({"road_id": range(10)}, geometry=streets, crs=4548), gpd.GeoDataFrame(geometry=shapes, crs=4548))


def comb(teeth: int) -> list[tuple[float, float]]:
    """Run up and down across all streets."""
    return [(i * 1000 / teeth, 1000.0 * (i % 2)) for i in range(teeth)]


def test_closures_of_many_vertices_are_refused() -> None:
    """Threat 16: each of the vertices may cut a street, and uniting them takes memory."""
    angle = np.linspace(0, 2 * np.pi, 520_000, endpoint=False)
    circle = shapely.Polygon(500 + 400 * np.column_stack([np.cos(angle), np.sin(angle)]))
    with pytest.raises(InputError, match="520001 vertices, at most 500000"):
        block_under([circle])


def test_zigzags_that_close_streets_are_refused() -> None:
    """Threat 16: a line of 2,000 vertices crosses itself a million times, and so does its buffer."""
    up = comb(1_000)
    with pytest.raises(InputError, match="lines meet more than"):
        block_under([shapely.LineString([*up, *[(y, x) for x, y in up]])])


def test_zigzags_among_added_streets_are_refused() -> None:
    """Threat 16: its million crossings would become as many junctions; that took more than a minute and 3 GB."""
    up = comb(1_000)
    zigzag = gpd.GeoDataFrame(geometry=[shapely.LineString([*up, *[(y, x) for x, y in up]])], crs=4548)
    street = gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[shapely.LineString([(0, -9), (1000, -9)])], crs=4548)
    with pytest.raises(InputError, match="lines meet more than"):
        add_streets(street, zigzag)
    with pytest.raises(InputError, match="lines meet more than"):
        join_crossings(zigzag)


def test_combs_that_cut_streets_to_dust_are_refused() -> None:
    teeth = comb(40_000)
    with pytest.raises(InputError, match="more than 200000 times"):
        block_under([shapely.Polygon([*teeth, (1000, -10), (0, -10)])])


def test_copies_of_one_closure_count_once() -> None:
    block_under([shapely.box(100, -10, 300, 510)] * 3_000)


def test_a_polygon_of_many_vertices_is_not_widened() -> None:
    """Only lines are: widening a polygon took minutes, for nothing."""
    block_under([shapely.Polygon([*comb(5_000), (1000, -10), (0, -10)])])


def test_numbers_that_are_none_are_told_without_a_warning(tmp_path: Path) -> None:
    """Threats 15 and 24: numpy's warning named a folder of this machine."""
    line = '{"type": "LineString", "coordinates": [[NaN, 1], [2, 1e999]]}'
    path = tmp_path / "a.geojson"
    feature = '{"type": "Feature", "properties": {}, "geometry": ' + line + "}"
    path.write_text('{"type": "FeatureCollection", "features": [' + feature + "]}")
    assert read_closures(path).rejected["code"].tolist() == ["non_finite_coordinate"]
