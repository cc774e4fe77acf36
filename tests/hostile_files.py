"""Files as attackers send them, by the number of their row in the list of threats."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from tests.test_threats_files import CSV, HEADER, ROWS, changed, repacked, workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SQUARE = shapely.box(117, 28, 117.01, 28.01)
RING: list[list[float]] = [[117, 28], [117.01, 28], [117.01, 28.01], [117, 28.01], [117, 28]]
BOMB_MIB = 300
NOWHERE = PurePath("nowhere")


def other_drivers(secret: PurePath, port: int) -> dict[str, bytes]:
    """Threat 9: what GDAL would open by its content, pointing at a file outside and at a server."""
    url = f"http://127.0.0.1:{port}"
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    here, there = vrt.format(secret).encode(), vrt.format(f"/vsicurl/{url}/a.csv").encode()
    alg = {"type": "gdal_streamed_alg", "command_line": f"gdal vector convert --input {secret} --output-format stream"}
    wfs = f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>".encode()
    gml = f'<gml:FeatureCollection xmlns:gml="x" xsi:schemaLocation="x {url}/a.xsd"/>'.encode()
    esri = json.dumps({"type": "FeatureCollection", "features": f"{url}/query?f=json"}).encode()
    contents = {"vrt": here, "curl": there, "alg": json.dumps(alg).encode(), "wfs": wfs, "gml": gml, "esri": esri}
    endings = (".geojson", ".csv", ".kml", ".gpkg", ".fgb", ".parquet", ".xlsx", ".zip", ".osm", ".pbf")
    named = {f"households-{name}{ending}": content for name, content in contents.items() for ending in endings}
    inside = {
        f"grids-{name}.zip": zipped({"a.shp": content, "a.shx": content, "a.dbf": content, "a.vrt": content})
        for name, content in contents.items()
    }
    return named | inside


def zipped(members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Pack members."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def zips(folder: Path) -> dict[str, bytes]:
    """Threat 11: zips that leave their folder, hold too much, or are something else; workbooks and XML likewise."""
    gpd.GeoDataFrame({"grid_id": ["a"], "name": ["A"]}, geometry=[SQUARE], crs=4326).to_file(folder / "a.shp")
    parts = {path.name: path.read_bytes() for path in folder.glob("a.*")}
    link = zipfile.ZipInfo("b.shp")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO(zipped(parts))
    with zipfile.ZipFile(linked, "a") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("b.shx", "x")
        archive.writestr("b.dbf", "x")
    twice = zipped({"a.shp": parts["a.shp"], "A.SHP": b"x"})
    entity = "<!DOCTYPE k [" + "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x" * 100}">' for i in range(9)) + "]>"
    mark = "<Placemark><name>&e8;</name><Point><coordinates>117,28</coordinates></Point></Placemark>"
    outside = '<!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    sound = workbook(folder / "sound.xlsx", [HEADER, *ROWS])
    half_a_million = b"<row><c><v>1</v></c></row>" * 500_000
    long = repacked(
        sound, folder / "long.xlsx", lambda name, data: (name, data.replace(b"</sheetData>", half_a_million + b"</sheetData>"))
    )
    return {
        "grids-traversal.zip": zipped({f"../../{name}": part for name, part in parts.items()}),
        "grids-absolute.zip": zipped({f"/etc/{name}": part for name, part in parts.items()}),
        "grids-drive.zip": zipped({f"C:\\{name}": part for name, part in parts.items()}),
        "grids-link.zip": linked.getvalue(),
        "grids-twice.zip": twice,
        "grids-members.zip": zipped({f"{i}.shp": b"" for i in range(100_000)}, zipfile.ZIP_STORED),
        "grids-nested.zip": zipped({"inner.zip": zipped(parts)}),
        "grids-bomb.zip": bomb(parts),
        "households-long.xlsx": long.read_bytes(),
        "households-laughs.kml": f'<?xml version="1.0"?>{entity}<kml>{mark}</kml>'.encode(),
        "households-outside.kml": f'<?xml version="1.0"?>{outside}<kml>{mark.replace("e8", "e")}</kml>'.encode(),
        "households-entities.osm": f'<?xml version="1.0"?>{entity}<osm version="0.6"><node id="1"/></osm>'.encode(),
    }


def bomb(parts: dict[str, bytes]) -> bytes:
    """Pack a file of a MB that becomes hundreds."""
    held = io.BytesIO(zipped(parts))
    with zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("b.dbf", bytes(BOMB_MIB << 20))
    return held.getvalue()


def geopackages(folder: Path) -> dict[str, bytes]:
    """Threat 12: views that never end, triggers, damage."""
    frame = gpd.GeoDataFrame({"grid_id": ["a"], "name": ["A"]}, geometry=[SQUARE], crs=4326)
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, 'x' AS grid_id, NULL AS geom FROM n"
    )
    statements = {
        "view": (f"CREATE VIEW v AS {endless}", "UPDATE gpkg_contents SET table_name = 'v', identifier = 'v'"),
        "trigger": ("CREATE TRIGGER t AFTER UPDATE ON a BEGIN DELETE FROM a; END",),
        "attach": ("UPDATE gpkg_contents SET identifier = 'x'' ; ATTACH DATABASE ''/etc/passwd'' AS y; --'",),
    }
    made = {}
    for name, steps in statements.items():
        path = folder / f"{name}.gpkg"
        frame.to_file(path, layer="a")
        made[f"grids-{name}.gpkg"] = changed(path, *steps).read_bytes()
    whole = made["grids-trigger.gpkg"]
    rng = np.random.default_rng(0)
    for number in range(12):
        broken = bytearray(whole)
        for place in rng.integers(100, len(broken), 40):
            broken[place] = rng.integers(256)
        made[f"grids-broken{number}.gpkg"] = bytes(broken)
    with closing(sqlite3.connect(folder / "empty.gpkg")) as database:
        database.execute("CREATE TABLE x(y)")
    made["grids-empty.gpkg"] = (folder / "empty.gpkg").read_bytes()
    return made


def features(*rows: str) -> bytes:
    """Write features as they stand, among them what no writer would write."""
    return ('{"type":"FeatureCollection","features":[' + ",".join(rows) + "]}").encode("utf-8", "surrogatepass")


def feature(geometry: str, name: str = '"A"', grid: str = '"g"') -> str:
    return f'{{"type":"Feature","properties":{{"grid_id":{grid},"name":{name}}},"geometry":{geometry}}}'


def polygon(ring: Sequence[Any]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


GOOD = feature(polygon([[x + 0.05, y] for x, y in RING]), '"Good"', '"good"')
"""A sound grid beside `RING`: no bad row may lose it."""


def numbers_and_texts() -> dict[str, bytes]:
    """Threat 15: JSON and text that parsers stumble over."""
    deep = "[" * 100_000 + "]" * 100_000
    nan = polygon(RING).replace("117.01", "NaN", 1)
    return {
        "grids-nan.geojson": features(GOOD, feature(nan)),
        "grids-infinity.geojson": features(GOOD, feature(polygon(RING).replace("117.01", "Infinity", 1))),
        "grids-1e999.geojson": features(GOOD, feature(polygon(RING).replace("117.01", "1e999", 1))),
        "grids-deep.geojson": features(GOOD, feature(f'{{"type":"Polygon","coordinates":{deep}}}')),
        "grids-surrogate.geojson": features(GOOD, feature(polygon(RING), r'"\ud800"')),
        "grids-nul.geojson": features(GOOD, feature(polygon(RING), r'"a\u0000b"', r'"\u0000"')),
        "grids-badutf8.geojson": features(GOOD, feature(polygon(RING))).replace(b'"A"', b'"\xff\xfe\x80"'),
        "grids-digits.geojson": features(GOOD, feature(polygon(RING), '"A"', "9" * 5_000)),
        "households-nan.csv": (CSV + "HX,3,NaN,28\nHY,1e999,117.2,28.3\nHZ,3,inf,nan\n").encode(),
        "households-nul.csv": CSV.encode() + b"H\0X,3,117.2,28.3\n",
        "households-bytes.csv": CSV.encode() + b"\xff\xfe\x80,3,117.2,28.3\n",
        "households-digits.csv": (CSV + "HX," + "9" * 5_000 + ",117.2,28.3\n").encode(),
    }


def shapes() -> dict[str, bytes]:
    """Threat 16: shapes that take for ever, or are none."""
    zigzag = [[117 + 0.01 * ((i * 7919) % 400) / 400, 28 + 0.01 * (i % 2)] for i in range(400)]
    angle = np.linspace(0, 2 * np.pi, 1_000_000)
    circle = np.column_stack([117 + 0.01 * np.cos(angle), 28 + 0.01 * np.sin(angle)]).round(9).tolist()
    bowtie = [RING[0], RING[2], RING[1], RING[3], RING[0]]
    outside_hole = json.dumps({"type": "Polygon", "coordinates": [RING, [[x + 1, y] for x, y in RING]]})
    return {
        "grids-zigzag.geojson": features(GOOD, feature(polygon([*zigzag, zigzag[0]]))),
        "grids-million.geojson": features(GOOD, feature(polygon([*circle, circle[0]]))),
        "grids-bowtie.geojson": features(GOOD, feature(polygon(bowtie))),
        "grids-hole.geojson": features(GOOD, feature(outside_hole)),
        "grids-unclosed.geojson": features(GOOD, feature(polygon(RING[:-1]))),
        "grids-empty.geojson": features(GOOD, feature('{"type":"Polygon","coordinates":[]}')),
        "grids-null.geojson": features(GOOD, feature("null")),
        "grids-duplicate.geojson": features(GOOD, feature(polygon(RING)), feature(polygon(RING))),
        "grids-clockwise.geojson": features(GOOD, feature(polygon(RING[::-1]))),
    }


def places() -> dict[str, bytes]:
    """Threat 17: places that are elsewhere."""
    return {
        "households-swapped.csv": (CSV + "HX,3,28.3,117.2\n").encode(),
        "households-zero.csv": (CSV + "HX,3,0,0\n").encode(),
        "households-county.csv": (CSV + "HX,3,87.6,43.8\n").encode(),
        "households-line.csv": (CSV + "HX,3,181,28.3\n").encode(),
    }
