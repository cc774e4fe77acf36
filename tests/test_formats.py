"""Raw reading: encodings, line numbers, formats told by content, and files of strangers."""

from __future__ import annotations

import csv
import datetime as dt
import io as stdio
import json
import re
import sqlite3
import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geogrid.errors import CrsError, GeogridError, InputError
from geogrid.files.archive import MAX_MEMBERS
from geogrid.files.encoding import cell_encoding, decode
from geogrid.files.formats import checked_path, read_raw, sniff
from geogrid.files.raw import column_names, declared_crs, pick_layer, show
from geogrid.files.wkb import decode_wkb

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "CANARY-7f3a"
SQUARE = shapely.Polygon(
    [(117, 28), (117.1, 28), (117.1, 28.1), (117, 28.1)], [[(117.04, 28.04), (117.06, 28.04), (117.06, 28.06)]]
)


def grids() -> gpd.GeoDataFrame:
    """Three rows: a square with a hole, a two-part grid, a row without a shape."""
    parts = shapely.MultiPolygon([shapely.box(118, 28, 118.1, 28.1), shapely.box(119, 28, 119.1, 28.1)])
    columns = {"grid_id": ["007", "008", "009"], "name": ["一网格", "二网格", "三网格"], "persons": [3, 4, 5]}
    return gpd.GeoDataFrame(columns, geometry=[SQUARE, parts, None], crs=4326)


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def collection(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members})


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def refused(path: Path, pattern: str, *, error: type[GeogridError] = InputError) -> None:
    """The file is refused, in both languages, and the message shows neither its folder nor the canary."""
    with pytest.raises(error, match=pattern) as caught:
        read_raw(path)
    for text in caught.value.message:
        assert text
        assert str(path.parent) not in text
        assert CANARY not in text


# --- what is shared


def test_text_to_show_is_short_and_has_no_control_direction_or_half_characters() -> None:
    assert show("网\r\n格\u202e\ud800" + "x" * 300) == "网格" + "x" * 118 + "…"


def test_column_names_are_distinct_and_never_take_the_geometry() -> None:
    assert column_names(["a", "a", "a (2)", " ", "geometry", "b\x00"]) == [
        "a",
        "a (2)",
        "a (2) (2)",
        "column 4",
        "geometry (2)",
        "b",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [("EPSG:4490", 4490), ("urn:ogc:def:crs:EPSG::4549", 4549), ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326), ("OGC:CRS84", 4326)],
)
def test_declared_crs(text: str, code: int) -> None:
    assert declared_crs(text, name="a").to_epsg() == code


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:999999",
        "hello",
        "+proj=longlat +nadgrids=/etc/passwd",
        "+init=/etc/passwd",
        "PROJCS[",
        'BOUNDCRS[PARAMETERFILE["/etc/passwd"]]',
    ],
)
def test_a_crs_that_is_not_understood_or_names_files_is_an_error(text: str) -> None:
    with pytest.raises(CrsError, match="not understood"):
        declared_crs(text, name="a.gpkg")


def test_a_bound_crs_is_taken_without_its_shift() -> None:
    bound = CRS("+proj=longlat +ellps=GRS80 +towgs84=1,2,3,0,0,0,0")
    assert bound.is_bound
    assert not declared_crs(bound.to_wkt(), name="a").is_bound


def test_pick_layer() -> None:
    layers = {"a": ["x"], "b": ["y"]}
    assert pick_layer(layers, "b", None, name="f") == "b"
    assert pick_layer(layers, None, lambda columns: "x" in columns, name="f") == "a"
    assert pick_layer({"a": []}, None, lambda _: False, name="f") == "a"
    with pytest.raises(InputError, match=r"f has several layers or sheets \(a, b\)"):
        pick_layer(layers, None, None, name="f")
    with pytest.raises(InputError, match="f has no layer 'c'; it has: a, b"):
        pick_layer(layers, "c", None, name="f")
    with pytest.raises(InputError, match="no layer or sheet"):
        pick_layer({}, None, None, name="f")


# --- paths and names


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://h/a.geojson",
        "/vsizip/a.zip",
        "zip+https://h/a.zip",
        "file:///etc/passwd",
        "http://h/a.csv",
        "a\x00.csv",
        "//h/a.csv",
        "\\\\h\\a.csv",
    ],
)
def test_urls_and_virtual_paths_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="not the path of a local file"):
        checked_path(path)


def test_missing_files_folders_and_devices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'a\.csv' cannot be found"):
        checked_path(tmp_path / "a.csv")
    with pytest.raises(InputError, match="not an ordinary file"):
        checked_path(tmp_path)
    with pytest.raises(InputError, match="not an ordinary file"):
        checked_path("/dev/zero")


@pytest.mark.parametrize(
    ("name", "remedy"), [("a.xls", "save it as .xlsx"), ("a.kmz", "unzip the .kml"), ("a.dwg", "convert it"), ("a", "convert it")]
)
def test_other_extensions_are_refused_with_a_remedy(tmp_path: Path, name: str, remedy: str) -> None:
    refused(written(tmp_path, name, "x"), remedy)


EXTENSIONS = ["geojson", "gpkg", "shp", "zip", "kml", "fgb", "parquet", "csv", "xlsx", "osm", "osm.pbf"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_empty_files_are_refused(tmp_path: Path, extension: str) -> None:
    refused(written(tmp_path, f"a.{extension}", b""), "is empty")


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize(
    "content",
    [
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/{CANARY}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
        "<OGRWFSDataSource><URL>http://127.0.0.1:9/</URL></OGRWFSDataSource>",
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector convert /etc/passwd"}',
        '<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"/>',
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"PK\x03\x04" + bytes(64),
        b"SQLite format 3\x00" + bytes(100),
        b"fgb\x03fgb\x01GG<OGRVRTDataSource>",
        b"PAR1" + bytes(20) + b"PAR1",
        b"\x00\x00\x27\x0a" + bytes(96),
    ],
)
def test_content_that_is_not_what_its_name_says_is_refused(tmp_path: Path, extension: str, content: str | bytes) -> None:
    refused(written(tmp_path, f"a.{extension}", content), "not a sound|not GeoJSON|lacks its|is empty")


# --- encodings


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
def test_encodings_are_recognised(codec: str, encoding: str) -> None:
    assert decode("户编号,姓名\nH1,张三\n".encode(codec), name="a") == ("户编号,姓名\nH1,张三\n", encoding, False)


def test_one_broken_byte_does_not_turn_a_text_into_another_encoding() -> None:
    for codec in ("utf-8", "gb18030"):
        data = ("编号" * 50).encode(codec) + b"\xff\n" + ("姓名" * 50).encode(codec)
        text, encoding, damaged = decode(data, name="a")
        assert (encoding, damaged) == (codec, True)
        assert text.startswith("编号" * 50)


def test_a_damaged_text_with_bom_keeps_its_encoding() -> None:
    assert decode(b"\xef\xbb\xbfa\xff", name="a") == ("a\ufffd", "utf-8-sig", True)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="encoding of a is not recognised"):
        decode(b"\xff\xff\xff\xff", name="a")


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("CP936", "gb18030"),
        ("ANSI 936", "gb18030"),
        ("65001", "gb18030"),
        ("UTF-8", "gb18030"),
        (None, "gb18030"),
        ("hex", "gb18030"),
        ("no such", "gb18030"),
        ("1252", "cp1252"),
    ],
)
def test_a_declared_encoding_counts_only_when_it_fits(declared: str | None, encoding: str) -> None:
    assert cell_encoding("网格".encode("gbk"), declared) == encoding


# --- CSV


def test_csv_keeps_text_and_counts_physical_lines(tmp_path: Path) -> None:
    raw = read_raw(written(tmp_path, "a.csv", "户编号,人口\r\n\r\n007,3\r\n,\r\n008, 4\r\n"))
    assert raw.frame.to_dict("index") == {3: {"户编号": "007", "人口": "3"}, 5: {"户编号": "008", "人口": " 4"}}
    assert (raw.encoding, raw.format, raw.crs, raw.rejected) == ("utf-8", "csv", None, ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(tmp_path: Path, delimiter: str) -> None:
    assert (
        read_raw(
            written(tmp_path, "a.csv", f"a{delimiter}b\n1{delimiter}2,5\n".replace(",5", "" if delimiter == "," else ",5"))
        ).frame.loc[2, "a"]
        == "1"
    )


def test_csv_malformed_rows_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    """A short row, a long row, a stray quote: each costs itself; blank cells beyond the header cost nothing."""
    text = 'a,b,c\n1,2,3\n1,2\n1,2,3,4\n1,2,3,,\n"1,2,3\n4,5,6\n"7,7","8\n8",9\n5" pipe,5,6\nx,"y"z,1\n'
    raw = read_raw(written(tmp_path, "a.csv", text))
    assert raw.frame.to_dict("index") == {
        2: {"a": "1", "b": "2", "c": "3"},
        5: {"a": "1", "b": "2", "c": "3"},
        7: {"a": "4", "b": "5", "c": "6"},
        8: {"a": "7,7", "b": "8\n8", "c": "9"},
        10: {"a": '5" pipe', "b": "5", "c": "6"},
        11: {"a": "x", "b": "yz", "c": "1"},
    }
    assert [(row["line"], row["value"], row["code"]) for row in raw.rejected] == [
        (3, "2", "malformed_row"),
        (4, "4", "malformed_row"),
        (6, "3", "malformed_row"),
    ]
    assert raw.rejected[0]["expected_zh"] == "应与表头一样有 3 个单元格"
    assert raw.rejected[0]["row"] == '["1", "2"]'


def test_csv_rows_with_broken_bytes_are_rejected(tmp_path: Path) -> None:
    data = "编号,名称\n1,花园村花园村\n2,".encode() + b"\xe4\xb8\n" + "3,雄石\n".encode()
    raw = read_raw(written(tmp_path, "a.csv", data))
    assert raw.frame["编号"].to_dict() == {2: "1", 4: "3"}
    assert [(row["line"], row["code"]) for row in raw.rejected] == [(3, "unreadable_text")]


def test_csv_title_line_above_the_header_is_passed_over(tmp_path: Path) -> None:
    raw = read_raw(written(tmp_path, "a.csv", "花园街道住户表,,\n编号,名称,人口\n1,a,3\n"))
    assert list(raw.frame.columns) == ["编号", "名称", "人口"]
    assert list(raw.frame.index) == [3]


def test_csv_of_one_column_and_of_titles_only(tmp_path: Path) -> None:
    assert read_raw(written(tmp_path, "a.csv", "a\n1\n2\n")).frame["a"].tolist() == ["1", "2"]
    assert read_raw(written(tmp_path, "b.csv", "a,\n1,\n2,\n")).frame["a"].tolist() == ["1", "2"]


def test_csv_guarded_cells_are_taken_back(tmp_path: Path) -> None:
    assert read_raw(written(tmp_path, "a.csv", "a,b\n'=1+1,'quoted\n'＠x,1\n")).frame["a"].tolist() == ["=1+1", "＠x"]
    assert read_raw(written(tmp_path, "a.csv", "a,b\n'=1+1,'quoted\n")).frame["b"].tolist() == ["'quoted"]


@pytest.mark.parametrize("content", ["a,b\n", "\n\n", ",,,\n", '"'])
def test_csv_without_a_data_row_is_empty(tmp_path: Path, content: str) -> None:
    refused(written(tmp_path, "a.csv", content), "is empty")


def test_csv_with_absurdly_many_columns_is_refused(tmp_path: Path) -> None:
    refused(written(tmp_path, "a.csv", ",".join(f"c{i}" for i in range(3000)) + "\n"), "3000 columns; at most 2000")


def test_csv_with_only_bad_rows_gives_them_back(tmp_path: Path) -> None:
    raw = read_raw(written(tmp_path, "a.csv", "a,b\n1,2,3\n"))
    assert raw.frame.empty
    assert len(raw.rejected) == 1


def test_csv_a_huge_cell_costs_its_own_row(tmp_path: Path) -> None:
    raw = read_raw(written(tmp_path, "a.csv", 'a,b\n"' + "x" * 200_000 + '",1\n2,3\n'))
    assert len(raw.frame) + len(raw.rejected) == 2


def _unguarded(cell: str) -> str:
    """Return what spreadsheets mean by a guarded cell: ``'=1`` is the text =1, and ``="007"`` the text 007."""
    if re.fullmatch('="[^"]*"', cell):
        return cell[2:-1]
    return cell[1:] if cell[:2] == "'=" else cell


CELL = st.text(st.sampled_from(list("ab,;\"\n 网'=")), max_size=6)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
)
def test_csv_whatever_a_writer_quotes_is_read_back(tmp_path: Path, rows: list[tuple[str, str, str]], encoding: str) -> None:
    """Oracle: Python's own csv module reading its own output, one record after the other."""
    stream = stdio.StringIO()
    csv.writer(stream).writerows([("甲", "乙", "丙"), *rows])
    path = written(tmp_path, "law.csv", stream.getvalue().encode(encoding))
    expected = [[_unguarded(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not any(any(cell.strip(' ,;"\n') for cell in row) for row in rows) and not expected:
        return
    raw = read_raw(path)
    assert raw.frame.astype(object).to_numpy().tolist() == expected


def test_csv_of_real_households(real_data: Path) -> None:
    raw = read_raw(real_data / "guixi" / "households_dirty_gcj02_gbk.csv")
    assert (raw.encoding, len(raw.frame), raw.rejected) == ("gb18030", 3000, ())
    assert list(raw.frame.columns) == ["户编号", "经度", "纬度", "人口", "65岁以上", "0-14岁"]
    assert raw.frame.loc[40].tolist() == ["H003129", "117.240823", "不详", "4", "1", "2"]


# --- XLSX


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_xlsx_keeps_numbers_and_counts_rows(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["住户表"],
        ["户编号", None, "人口", "日期"],
        ["007", "x", 3, pd.Timestamp("2026-01-02").to_pydatetime()],
        [],
        ["'=a", None, 2.5, dt.time(8)],
        ["b", " ", True, dt.timedelta(1)],
    ]
    raw = read_raw(workbook(tmp_path / "a.xlsx", {"表": rows, "空": []}))
    assert raw.frame.to_dict("index") == {
        3: {"户编号": "007", "人口": 3, "日期": "2026-01-02"},
        5: {"户编号": "=a", "人口": 2.5, "日期": "08:00:00"},
        6: {"户编号": "b", "人口": True, "日期": "1 day, 0:00:00"},
    }


def test_xlsx_sheets_are_chosen_by_name_or_by_fit(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"说明": [["读我", "x"], ["a", "b"]], "户": [["户编号", "人口"], ["1", 2]]})
    assert read_raw(path, layer="户").frame.shape == (1, 2)
    assert read_raw(path, fits=lambda columns: "户编号" in columns).frame.shape == (1, 2)
    refused(path, "several layers or sheets")
    refused(workbook(tmp_path / "b.xlsx", {"空": []}), "is empty")
    refused(workbook(tmp_path / "c.xlsx", {"只有表头": [["a", "b"]]}), "is empty")


def repacked(source: Path, target: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == member else data)
    return target


@pytest.fixture
def sound_xlsx(tmp_path: Path) -> Path:
    return workbook(tmp_path / "sound.xlsx", {"表": [["a", "b"], ["1", "2"]]})


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xlsx_with_entities_is_refused(sound_xlsx: Path, tmp_path: Path, encoding: str) -> None:
    def laugh(_data: bytes) -> bytes:
        return f'<?xml version="1.0" encoding="{encoding}"?>{LAUGHS.decode()}<worksheet>&b;&x;</worksheet>'.encode(encoding)

    refused(repacked(sound_xlsx, tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", laugh), "DOCTYPE")


@pytest.mark.parametrize(
    "data", [b"", b"not xml", b"<a", b"<worksheet><sheetData><row><c></worksheet>", b"<!-- " + b"x" * (2 << 20) + b"-->"]
)
def test_xlsx_with_broken_parts_is_refused(sound_xlsx: Path, tmp_path: Path, data: bytes) -> None:
    refused(repacked(sound_xlsx, tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", lambda _: data), "not a sound|is empty")


def test_xlsx_that_claims_a_million_wide_rows_is_refused(sound_xlsx: Path, tmp_path: Path) -> None:
    def widen(data: bytes) -> bytes:
        return data.replace(b'<c r="B1"', b'<c r="XFD1"')

    refused(repacked(sound_xlsx, tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", widen), "too large")


def test_xlsx_dimensions_are_not_believed(sound_xlsx: Path, tmp_path: Path) -> None:
    def claim(data: bytes) -> bytes:
        return data.replace(b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')

    assert read_raw(repacked(sound_xlsx, tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", claim)).frame.shape == (1, 2)


def test_zip_bombs_are_refused_before_anything_is_unpacked(sound_xlsx: Path, tmp_path: Path) -> None:
    refused(repacked(sound_xlsx, tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", lambda _: bytes(100 << 20)), "zip bomb")


# --- zipped shapefiles


def shapefile(folder: Path, stem: str = "网格", **options: Any) -> Path:
    folder.mkdir(exist_ok=True)
    pyogrio.write_dataframe(grids(), folder / f"{stem}.shp", **options)
    return folder / f"{stem}.shp"


def zipped(target: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target


def parts_of(shp: Path, prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{part.name}": part.read_bytes() for part in sorted(shp.parent.iterdir()) if part.stem == shp.stem}


def test_zipped_shapefile_in_a_folder(tmp_path: Path) -> None:
    parts = parts_of(shapefile(tmp_path / "s", encoding="GBK"), "数据/")
    raw = read_raw(zipped(tmp_path / "a.zip", {**parts, "__MACOSX/._网格.shp": b"", "readme.txt": b""}))
    assert raw.frame["name"].tolist() == ["一网格", "二网格", "三网格"]
    assert (raw.format, raw.encoding, raw.crs.to_epsg() if raw.crs else None) == ("shp.zip", "gb18030", 4326)
    assert shapely.equals_exact(raw.frame.geometry[1], SQUARE, normalize=True)


@pytest.mark.parametrize(
    ("members", "pattern"),
    [
        ({"../a.shp": b""}, "leaves the archive"),
        ({"/etc/a.shp": b""}, "leaves the archive"),
        ({"C:\\a.shp": b""}, "leaves the archive"),
        ({"x\\..\\..\\a.shp": b""}, "leaves the archive"),
        ({"a.shp": b"", "A.SHP": b""}, "duplicate name"),
        ({"a.zip": b"PK"}, "holds no Shapefile"),
        ({"a.vrt": b"<OGRVRTDataSource/>"}, "holds no Shapefile"),
        ({"a.shp": b"<OGRVRTDataSource/>"}, "not a sound Shapefile"),
        ({"a.shp": b"\x00\x00\x27\x0a"}, r"lacks its \.shx, \.dbf"),
        ({"a.shp": b"", "b.shp": b""}, "several layers"),
        ({f"{i}": b"" for i in range(MAX_MEMBERS + 1)}, "2001 members"),
        ({"a.dbf": bytes(90 << 20)}, "zip bomb"),
    ],
)
def test_hostile_zips_are_refused(tmp_path: Path, members: dict[str, bytes], pattern: str) -> None:
    refused(zipped(tmp_path / "a.zip", members), pattern)


def test_zips_with_links_encryption_or_damage_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    refused(path, "is a link")
    parts = parts_of(shapefile(tmp_path / "s", stem="a"))
    data = zipped(path, parts).read_bytes()
    refused(
        written(tmp_path, "b.zip", data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")),
        "encrypted",
    )
    refused(written(tmp_path, "c.zip", data[:60] + bytes(40) + data[100:]), "not a sound")
    refused(written(tmp_path, "d.zip", data[: len(data) // 2]), "not a sound")


# --- shapefiles


def test_shapefile_encoding_declared_wrongly_or_not_at_all(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "s", encoding="GBK")
    for declared in ("UTF-8", None, "GBK"):
        cpg = path.with_suffix(".cpg")
        cpg.unlink(missing_ok=True)
        if declared:
            cpg.write_text(declared)
        assert read_raw(path).frame["name"].tolist() == ["一网格", "二网格", "三网格"]


def test_shapefile_a_cut_character_spoils_one_cell(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "s", encoding="UTF-8")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes().replace("二网格".encode(), "二网".encode() + b"\xe6\xa0 "))
    raw = read_raw(path)
    assert raw.frame["name"].tolist() == ["一网格", "二网\ufffd", "三网格"]
    assert raw.notes[0].en == "1 cells end in a cut or broken character"


def test_shapefile_parts_missing_or_bad(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "s", stem="a[1]")
    path.with_suffix(".prj").write_text("nonsense")
    refused(path, "not understood", error=CrsError)
    path.with_suffix(".prj").unlink()
    assert read_raw(path).crs is None
    path.with_suffix(".dbf").unlink()
    refused(path, r"lacks its \.dbf")


# --- GeoJSON


def test_geojson_reads_every_kind_and_numbers_features(tmp_path: Path) -> None:
    shapes = [
        shapely.Point(117, 28),
        shapely.LineString([(1, 2), (3, 4)]),
        SQUARE,
        shapely.MultiPoint([(1, 2), (3, 4)]),
        shapely.MultiLineString([[(1, 2), (3, 4)]]),
        shapely.MultiPolygon([SQUARE]),
        shapely.GeometryCollection([shapely.Point(1, 2)]),
    ]
    features = [feature(shapely.geometry.mapping(shape), n=i) for i, shape in enumerate(shapes)]
    raw = read_raw(written(tmp_path, "a.geojson", collection(*features, feature(None, n=7))))
    assert list(raw.frame.index) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [a is b is None or a.equals(b) for a, b in zip(raw.frame.geometry, [*shapes, None], strict=True)] == [True] * 8
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4326


def test_geojson_bare_geometry_single_feature_and_heights(tmp_path: Path) -> None:
    assert read_raw(written(tmp_path, "a.json", '{"type":"Point","coordinates":[1,2,3]}')).frame.geometry[1].wkt == "POINT (1 2)"
    assert (
        read_raw(written(tmp_path, "a.json", json.dumps(feature({"type": "Point", "coordinates": []}, a=1))))
        .frame.geometry[1]
        .is_empty
    )


BAD_GEOMETRIES: list[Any] = [
    {"type": "Point"},
    {"type": "Point", "coordinates": ["a", "b"]},
    {"type": "Point", "coordinates": [[1, 2]]},
    {"type": "Point", "coordinates": [1]},
    {"type": "Polygon", "coordinates": [[1, 2]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
    {"type": "Circle", "coordinates": []},
    {"type": "LineString", "coordinates": [[0, 0]]},
    {"type": "MultiLineString", "coordinates": [[], [[0, 0], [1, 1]]]},
    {"type": ["Point"], "coordinates": []},
    "POINT (1 2)",
    3,
    {"type": "GeometryCollection"},
    {"type": "GeometryCollection", "geometries": [None]},
    {"type": "Point", "coordinates": [True, False]},
    {
        "type": "GeometryCollection",
        "geometries": [
            {
                "type": "GeometryCollection",
                "geometries": [
                    {
                        "type": "GeometryCollection",
                        "geometries": [{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]}],
                    }
                ],
            }
        ],
    },
]


def test_geojson_one_bad_feature_never_loses_the_file(tmp_path: Path) -> None:
    good = feature({"type": "Point", "coordinates": [1, 2]}, a="x")
    others: list[Any] = [None, 5, {"type": "Oops"}, {"type": "Feature", "properties": [1], "geometry": None}]
    raw = read_raw(written(tmp_path, "a.geojson", collection(*(feature(bad) for bad in BAD_GEOMETRIES), *others, good)))
    assert raw.frame["a"].to_dict() == {len(BAD_GEOMETRIES) + 5: "x"}
    assert [row["code"] for row in raw.rejected].count("malformed_geometry") == len(BAD_GEOMETRIES)
    assert [(row["line"], row["value"]) for row in raw.rejected if row["code"] == "malformed_feature"] == [
        (17, "NoneType"),
        (18, "int"),
        (19, "type 'Oops'"),
        (20, "properties"),
    ]


def test_geojson_hostile_numbers_and_texts_stay_in_their_row(tmp_path: Path) -> None:
    text = (
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"n":NaN,"big":'
        + "9"
        * 5000
        + ',"s":"\\ud800","z":"a\\u0000b"},"geometry":{"type":"Point","coordinates":[NaN,1e999]}},'
        '{"type":"Feature","properties":{"n":1e999,"n":2},"geometry":null},'
        '{"type":"Feature","properties":{"n":-Infinity,"list":["a","b"],"deep":{"k":[1]}},"geometry":{"type":"Point","coordinates":[117.5,28.5]}}]}'
    )
    raw = read_raw(written(tmp_path, "a.geojson", text))
    assert list(raw.frame.index) == [1, 3]
    assert np.isnan(raw.frame.geometry[1].x)
    assert np.isinf(raw.frame.geometry[1].y)
    assert raw.frame.loc[1, "big"] == "9" * 5000
    assert (raw.frame.loc[3, "list"], raw.frame.loc[3, "deep"]) == ("a;b", '{"k": [1]}')
    assert [(row["line"], row["value"]) for row in raw.rejected] == [(2, "repeated key")]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("[1, 2]", "not GeoJSON"),
        ('{"type": "FeatureCollection"}', "not GeoJSON"),
        ('{"type": "FeatureCollection", "type": "FeatureCollection", "features": []}', "not GeoJSON"),
        ('{"type": "Topology"}', "not GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "is empty"),
        ('{"type": "FeatureCollection", "features": [', "not a sound GeoJSON"),
        ("{}x", "not a sound GeoJSON"),
        ('{"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"http://h/x"}},"features":[]}', "crs member"),
        (
            '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"http://h/x"}},"features":[]}',
            "not understood|is empty",
        ),
    ],
)
def test_geojson_wrong_as_a_whole(tmp_path: Path, text: str, pattern: str) -> None:
    refused(written(tmp_path, "a.geojson", text), pattern)


def test_geojson_old_crs_member(tmp_path: Path) -> None:
    member = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    raw = read_raw(written(tmp_path, "a.geojson", collection(feature({"type": "Point", "coordinates": [5e5, 3e6]}), crs=member)))
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4549


# --- KML


def kml(inner: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name><NetworkLink><href>http://127.0.0.1:9/</href></NetworkLink>{inner}</Document></kml>'


def test_kml_reads_names_extended_data_and_shapes(tmp_path: Path) -> None:
    ring = "<LinearRing><coordinates>0,0,5 1,0 1,1 0,0</coordinates></LinearRing>"
    hole = "<LinearRing><coordinates>.2,.1 .4,.1 .4,.2 .2,.1</coordinates></LinearRing>"
    polygon = (
        f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs><innerBoundaryIs>{hole}</innerBoundaryIs><innerBoundaryIs/></Polygon>"
    )
    point, line = "<Point><coordinates> 1,2 </coordinates></Point>", "<LineString><coordinates>0,0 1,1</coordinates></LineString>"
    value = '<Data name="grid_id"><value>007</value></Data>'
    simple = '<SchemaData><SimpleData name="grid_id">008</SimpleData></SchemaData>'
    marks = [
        f"<Placemark><name>甲</name><ExtendedData>{value}</ExtendedData>{polygon}</Placemark>",
        f"<Placemark><name>乙</name><ExtendedData>{simple}</ExtendedData><MultiGeometry>{point}{point}</MultiGeometry></Placemark>",
        f"<Placemark><MultiGeometry>{point}<MultiGeometry>{line}</MultiGeometry></MultiGeometry></Placemark>",
        "<Placemark><Point><coordinates>a,b</coordinates></Point></Placemark>",
        "<Placemark><Point/></Placemark>",
        "<Placemark><Polygon/></Placemark>",
        "<Placemark><LineString><coordinates>0,0</coordinates></LineString></Placemark>",
        "<Placemark/>",
    ]
    raw = read_raw(written(tmp_path, "a.kml", kml("".join(marks))))
    assert raw.frame["grid_id"].tolist() == ["007", "008", None, None, None, None]
    assert raw.frame["name"].tolist()[:3] == ["甲", "乙", None]
    assert [None if shape is None else shape.wkt for shape in raw.frame.geometry] == [
        "POLYGON ((0 0, 1 0, 1 1, 0 0), (0.2 0.1, 0.4 0.1, 0.4 0.2, 0.2 0.1))",
        "MULTIPOINT ((1 2), (1 2))",
        "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
        "POINT EMPTY",
        "POLYGON EMPTY",
        None,
    ]
    assert [(row["line"], row["code"]) for row in raw.rejected] == [(4, "malformed_geometry"), (7, "malformed_geometry")]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (kml("<Placemark><name>&b;</name></Placemark>", LAUGHS.decode().replace("<!DOCTYPE l", "<!DOCTYPE kml")), "DOCTYPE"),
        (kml("<Folder>" * 1000), "nested too deeply"),
        (kml(""), "is empty"),
        (kml("<Placemark>"), "not a sound KML"),
        ('<?xml version="1.0" encoding="nope"?><kml></kml>', "not a sound KML"),
        ("<x><kml></kml></x>", "not a sound KML"),
    ],
)
def test_kml_wrong_as_a_whole(tmp_path: Path, text: str, pattern: str) -> None:
    refused(written(tmp_path, "a.kml", text), pattern)


# --- GeoPackage


def geopackage(path: Path, *, layer: str = "网格") -> Path:
    pyogrio.write_dataframe(grids(), path, layer=layer, driver="GPKG")
    return path


def edit(path: Path, *statements: str) -> Path:
    database = sqlite3.connect(path)
    for function in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        database.create_function(function, 1, lambda _: 0)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


def test_geopackage_reads_and_is_never_written(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    before = path.read_bytes()
    raw = read_raw(path)
    assert raw.frame.drop(columns="geometry").to_dict("list") == {
        "grid_id": ["007", "008", "009"],
        "name": ["一网格", "二网格", "三网格"],
        "persons": [3, 4, 5],
    }
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4326
    assert raw.frame.geometry[1].equals(SQUARE)
    assert raw.frame.geometry[3] is None
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.gpkg"]


def test_geopackage_one_broken_geometry_costs_its_row(tmp_path: Path) -> None:
    deep = b"GP\x00\x01" + struct.pack("<i", 4326) + struct.pack("<BII", 1, 7, 1) * 200_000 + struct.pack("<BIdd", 1, 1, 1.0, 2.0)
    path = geopackage(tmp_path / "a.gpkg")
    edit(path, f"UPDATE 网格 SET geom = x'{deep.hex()}' WHERE fid = 1")  # noqa: S608 - the test's own bytes
    edit(path, "UPDATE 网格 SET geom = 'text' WHERE fid = 2")
    raw = read_raw(path)
    assert list(raw.frame.index) == [3]
    assert [(row["line"], row["code"]) for row in raw.rejected] == [(1, "malformed_geometry"), (2, "malformed_geometry")]


def test_geopackage_views_are_refused_and_triggers_never_run(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    edit(
        path,
        "CREATE VIEW evil AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n AS fid, n AS name FROM r",
        "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('evil', 'features', 4326)",
        "CREATE TRIGGER t AFTER UPDATE ON gpkg_contents BEGIN DELETE FROM 网格; END",
    )
    assert len(read_raw(path).frame) == 3
    edit(path, "DELETE FROM gpkg_contents WHERE table_name = '网格'")
    refused(path, r"\(evil\) are views or virtual tables")


@pytest.mark.parametrize(
    ("statements", "pattern"),
    [
        (["DROP TABLE gpkg_contents"], "not a sound GeoPackage"),
        (["DELETE FROM gpkg_contents"], "no layer or sheet"),
        (["DELETE FROM 网格"], "is empty"),
        (
            [
                "CREATE TABLE b AS SELECT * FROM 网格",
                "INSERT INTO gpkg_contents (table_name, data_type) VALUES ('b', 'features')",
                "INSERT INTO gpkg_geometry_columns VALUES ('b', 'geom', 'POLYGON', 4326, 0, 0)",
            ],
            "several layers",
        ),
    ],
)
def test_geopackage_wrong_as_a_whole(tmp_path: Path, statements: list[str], pattern: str) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    edit(path, "PRAGMA writable_schema = ON", "DELETE FROM sqlite_master WHERE type = 'trigger'")
    refused(edit(path, *statements), pattern)


def test_geopackage_srs_by_definition_unknown_and_unset(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    edit(path, "UPDATE gpkg_spatial_ref_sys SET organization = 'NONE' WHERE srs_id = 4326")
    raw = read_raw(path)
    assert raw.crs is not None
    assert raw.crs.is_geographic
    edit(
        path,
        "UPDATE gpkg_spatial_ref_sys SET definition = '+proj=longlat +nadgrids=/etc/passwd' WHERE srs_id = 4326",
    )
    refused(path, "not understood", error=CrsError)
    edit(path, "UPDATE gpkg_geometry_columns SET srs_id = 0")
    assert read_raw(path).crs is None


def test_geopackage_attribute_table(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"lon": [117.0], "b": [None]}), path, layer="t", driver="GPKG")
    raw = read_raw(path)
    assert (raw.has_geometry, raw.frame["lon"].tolist()) == (False, [117.0])


def test_geopackage_damaged_or_with_waiting_edits_is_refused(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "a.gpkg")
    data = path.read_bytes()
    refused(written(tmp_path, "b.gpkg", data[:5000]), "not a sound GeoPackage")
    refused(written(tmp_path, "c.gpkg", data[:100] + b"\xff" * 4000 + data[4100:]), "not a sound GeoPackage")
    written(tmp_path, "a.gpkg-wal", b"x")
    refused(path, "edits that are not merged")


# --- FlatGeobuf, GeoParquet, WKB


def test_flatgeobuf(tmp_path: Path) -> None:
    path = tmp_path / "a.fgb"
    pyogrio.write_dataframe(grids().to_crs(4549), path, driver="FlatGeobuf", SPATIAL_INDEX="NO")
    raw = read_raw(path)
    assert raw.frame["name"].tolist() == ["一网格", "二网格", "三网格"]
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4549
    data = path.read_bytes()
    refused(written(tmp_path, "b.fgb", data[: len(data) // 2]), "not a sound FlatGeobuf")
    refused(written(tmp_path, "c.fgb", data[:8] + b"<OGR" + data[12:]), "not a sound FlatGeobuf")
    refused(written(tmp_path, "d.fgb", data[:10]), "not a sound FlatGeobuf")


def test_geoparquet_with_and_without_crs(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    for code in (4326, 4549, None):
        grids().assign(list=[["a", "b"], None, ["1"]], when=pd.Timestamp("2026-01-02"), map=[{"k": 1}] * 3).set_crs(
            code, allow_override=True
        ).to_parquet(path)
        raw = read_raw(path)
        assert (raw.crs.to_epsg() if raw.crs else None) == code
    assert raw.frame["grid_id"].tolist() == ["007", "008", "009"]
    assert (raw.frame["list"].tolist(), raw.frame.loc[1, "map"]) == (["a;b", None, "1"], '{"k": 1}')
    assert raw.frame["when"].tolist() == ["2026-01-02 00:00:00"] * 3


def test_parquet_table_with_coordinates(tmp_path: Path) -> None:
    pd.DataFrame({"lon": [117.0, np.nan], "b": [b"x", None]}).to_parquet(tmp_path / "a.parquet")
    raw = read_raw(tmp_path / "a.parquet")
    assert (raw.has_geometry, raw.frame["lon"].tolist(), raw.frame["b"].tolist()) == (False, [117.0, None], [None, None])


def geoparquet(path: Path, shapes: list[Any], **described: Any) -> Path:
    geo = {"version": "1.0.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", **described}}}
    pq.write_table(pa.table({"g": shapes}).replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def test_geoparquet_hostile(tmp_path: Path) -> None:
    deep = struct.pack("<BII", 1, 6, 1) * 200_000 + struct.pack("<BIdd", 1, 1, 1.0, 2.0)
    raw = read_raw(geoparquet(tmp_path / "a.parquet", [deep, shapely.Point(1, 2).wkb, b"\x01"]))
    assert (list(raw.frame.index), [row["line"] for row in raw.rejected]) == ([2], [1, 3])
    assert raw.crs is not None
    refused(geoparquet(tmp_path / "a.parquet", [b""], encoding="point"), "encodes geometry as 'point'; WKB is expected")
    refused(geoparquet(tmp_path / "a.parquet", ["POINT (1 2)"]), "not a sound GeoParquet")
    refused(geoparquet(tmp_path / "a.parquet", [b""], crs={"type": "x"}), "not understood", error=CrsError)
    table = pa.table({"g": [b""]})
    pq.write_table(table.replace_schema_metadata({"geo": "{"}), tmp_path / "b.parquet")
    refused(tmp_path / "b.parquet", "not a sound GeoParquet")
    pq.write_table(table.slice(0, 0), tmp_path / "c.parquet")
    refused(tmp_path / "c.parquet", "is empty")


def test_parquet_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grids().to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("geogrid.files.vector.MAX_PARQUET_BYTES", 10)
    refused(tmp_path / "a.parquet", "unpack to more than")


SHAPES = [
    shapely.Point(1, 2),
    shapely.Point(1, 2, 3),
    SQUARE,
    shapely.MultiPolygon([SQUARE, shapely.box(0, 0, 1, 1)]),
    shapely.GeometryCollection([shapely.MultiPoint([(1, 2), (3, 4)]), shapely.LineString([(0, 0), (1, 1)])]),
    shapely.Point(),
    shapely.MultiPolygon(),
]


@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize("flavor", ["iso", "extended"])
def test_wkb_of_sound_geometries_is_read(byte_order: int, flavor: str) -> None:
    shapes = [shapely.set_srid(shape, 4490 if flavor == "extended" else 0) for shape in SHAPES]
    blobs = shapely.to_wkb(shapes, byte_order=byte_order, flavor=flavor, include_srid=flavor == "extended")
    geometries, broken = decode_wkb(blobs)
    assert not broken.any()
    assert all(shapely.equals_exact(a, shapely.force_2d(b)) for a, b in zip(geometries, SHAPES, strict=True))


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 400), byte=st.integers(0, 255), shape=st.sampled_from(SHAPES), cut=st.integers(0, 400))
def test_wkb_damaged_anywhere_is_marked_and_never_crashes(place: int, byte: int, shape: Any, cut: int) -> None:
    blob = bytearray(shape.wkb)
    blob[place % len(blob)] = byte
    geometries, broken = decode_wkb([bytes(blob), bytes(blob[: cut % len(blob)]) or None])
    assert (geometries[0] is None) == broken[0]


def test_sniff_names_the_format(tmp_path: Path) -> None:
    assert sniff(geopackage(tmp_path / "a.GPKG")) == "gpkg"
    assert sniff(written(tmp_path, "a.tsv", "a\tb")) == "csv"
    assert sniff(written(tmp_path, "a.csv", "a,b\n1,2".encode("utf-16"))) == "csv"
