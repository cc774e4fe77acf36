"""OpenStreetMap extracts: streets as raw rows, boundary lines, damaged and hostile files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import osmium
import pytest

from geogrid.errors import InputError
from geogrid.files.formats import read_raw
from geogrid.files.osm import read_osm_boundaries
from geogrid.io import read_roads

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.files.raw import RawTable

TOWN = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lat="28.0" lon="117.0"/>
 <node id="2" lat="28.0" lon="117.1"/>
 <node id="3" lat="28.1" lon="117.1"/>
 <node id="4" lat="28.1" lon="117.0"><tag k="highway" v="crossing"/></node>
 <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
  <tag k="highway" v="residential"/><tag k="name" v="人民路"/><tag k="layer" v="1"/></way>
 <way id="11"><nd ref="1"/><nd ref="2"/><nd ref="99"/><nd ref="3"/><nd ref="4"/>
  <tag k="highway" v="path"/><tag k="layer" v="1;2"/></way>
 <way id="12"><nd ref="1"/><nd ref="4"/>
  <tag k="highway" v="construction"/></way>
 <way id="13"><nd ref="1"/><nd ref="99"/>
  <tag k="highway" v="path"/></way>
 <way id="14"><nd ref="1"/><nd ref="3"/>
  <tag k="boundary" v="administrative"/><tag k="admin_level" v="8"/><tag k="name" v="界"/></way>
 <way id="15"><nd ref="2"/><nd ref="4"/></way>
 <way id="16"><nd ref="2"/><nd ref="1"/>
  <tag k="building" v="yes"/></way>
 <relation id="20">
  <member type="way" ref="15" role="outer"/>
  <member type="way" ref="16" role="other"/><member type="node" ref="1" role="admin_centre"/>
  <tag k="type" v="boundary"/><tag k="boundary" v="administrative"/>
 </relation>
</osm>
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Two streets, one of them cut by the edge of the extract; a boundary way and a boundary relation with one way."""
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    return path


def as_pbf(path: Path) -> Path:
    target = path.with_suffix(".osm.pbf")
    with osmium.SimpleWriter(str(target)) as writer:
        for item in osmium.FileProcessor(str(path)):
            writer.add(item)
    return target


@pytest.mark.parametrize("is_pbf", [False, True])
def test_streets(town: Path, *, is_pbf: bool) -> None:
    raw = read_raw(as_pbf(town) if is_pbf else town)
    assert raw.format == ("osm.pbf" if is_pbf else "osm")
    assert raw.frame["road_id"].to_dict() == {1: "w10", 2: "w11", 3: "w11-1"}
    assert [shape.wkt for shape in raw.frame.geometry] == [
        "LINESTRING (117 28, 117.1 28, 117.1 28.1)",
        "LINESTRING (117 28, 117.1 28)",
        "LINESTRING (117.1 28.1, 117 28.1)",
    ]
    assert raw.frame.loc[1, ["highway", "name", "layer", "bridge"]].tolist() == ["residential", "人民路", "1", None]
    assert raw.frame.loc[2, "layer"] is None
    assert [note.en for note in raw.notes] == [
        "1 streets that are not built or no longer there are left out",
        "2 streets are cut at the edge of the extract",
    ]
    assert raw.crs is not None
    assert raw.crs.to_epsg() == 4326


TAGGED = """<osm version="0.6">
 <node id="1" lat="28.0" lon="117.0"/><node id="2" lat="28.0" lon="117.01"/><node id="3" lat="28.01" lon="117.01"/>
 {ways}
</osm>"""
KM = 0.98329  # 0.01 degrees of longitude at latitude 28 on the ellipsoid


def read_ways(folder: Path, *ways: dict[str, str], nodes: tuple[int, ...] = (1, 2)) -> RawTable:
    """Return ways of these tags, from node 1 to node 2."""
    refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
    said = ["".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()) for tags in ways]
    rows = [f'<way id="{number}">{refs}{tags}</way>' for number, tags in enumerate(said, 1)]
    path = folder / "tagged.osm"
    path.write_text(TAGGED.format(ways="".join(rows)), encoding="utf-8")
    return read_raw(path)


def test_tags_for_every_mode_are_carried(tmp_path: Path) -> None:
    tags = {
        "vehicle": "no",
        "oneway": "yes",
        "oneway:bicycle": "no",
        "junction": "circular",
        "motorcar": "yes",
        "bicycle": "dismount",
    }
    row = read_ways(tmp_path, {"highway": "service", "service": "alley", "maxspeed": "50", **tags}).frame.iloc[0]
    assert {key: row[key.replace(":", "_")] for key in tags} == tags
    assert row["service"] == "alley"
    assert row["speed_kmh"] is None
    assert "maxspeed" not in row


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"cycleway": "opposite"}, "no"),
        ({"cycleway:left": "opposite_lane"}, "no"),
        ({"cycleway": "lane"}, None),
        ({"cycleway": "opposite", "oneway:bicycle": "yes"}, "yes"),
    ],
)
def test_cycleways_against_the_traffic_lift_the_one_way_rule(tmp_path: Path, tags: dict[str, str], expected: str | None) -> None:
    assert read_ways(tmp_path, {"highway": "primary", **tags}).frame["oneway_bicycle"].tolist() == [expected]


@pytest.mark.parametrize(
    ("duration", "speed"),
    [
        ("PT10M", KM * 6),
        ("PT1H", KM),
        ("PT1H30M", KM / 1.5),
        ("PT180S", KM * 20),
        ("0:10", KM * 6),
        ("01:00:00", KM),
        ("00:00", None),
        ("PT", None),
        ("10 minutes", None),
        ("5", None),
        ("99:00", None),
        ("00:00:01", None),
        (None, None),
    ],
)
def test_ferries_are_streets_with_the_speed_that_their_duration_gives(
    tmp_path: Path, duration: str | None, speed: float | None
) -> None:
    tags = {"route": "ferry", "motor_vehicle": "no"} | ({"duration": duration} if duration else {})
    others = [{"route": "bus"}, {"highway": "primary", "duration": "PT1H"}, {"highway": "path", "route": "ferry"}]
    raw = read_ways(tmp_path, tags, *others)
    assert raw.frame["highway"].tolist() == ["ferry", "primary", "ferry"]
    assert raw.frame["speed_kmh"].tolist() == [pytest.approx(speed, abs=0.006) if speed else None, None, None]
    assert [note.en for note in raw.notes] == ["2 ferries count as streets"]


def test_a_ferry_cut_by_the_edge_has_no_speed(tmp_path: Path) -> None:
    raw = read_ways(tmp_path, {"route": "ferry", "duration": "PT10M"}, nodes=(1, 2, 99))
    assert raw.frame["speed_kmh"].tolist() == [None]
    table = read_roads(tmp_path / "tagged.osm").table
    assert table["highway"].tolist() == ["ferry"]


@pytest.mark.parametrize("is_pbf", [False, True])
def test_boundaries(town: Path, *, is_pbf: bool) -> None:
    lines = read_osm_boundaries(as_pbf(town) if is_pbf else town)
    assert lines[["osm_id", "admin_level", "name"]].astype(object).where(
        lines[["osm_id", "admin_level", "name"]].notna(), None
    ).to_numpy().tolist() == [
        ["w14", "8", "界"],
        ["w15", None, None],
    ]
    assert lines.geometry[1].wkt == "LINESTRING (117.1 28, 117 28.1)"
    assert lines.crs.to_epsg() == 4326


def test_an_extract_without_boundaries_gives_an_empty_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text('<osm version="0.6"><node id="1" lat="28" lon="117"/></osm>')
    lines = read_osm_boundaries(path)
    assert (len(lines), list(lines.columns), lines.crs.to_epsg()) == (0, ["osm_id", "admin_level", "name", "geometry"], 4326)
    with pytest.raises(InputError, match=r"a\.osm is empty"):
        read_raw(path)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]><osm version="0.6"><node id="1" lat="1" lon="&x;"/></osm>',
        '<osm version="0.6"><node id="1" lat="nan" lon="1e999"/></osm>',
        '<osm version="0.6"><node id="x" lat="1" lon="1"/></osm>',
        '<osm version="0.6"><way>',
        '<osmChange version="0.6"><OGRVRTDataSource/></osmChange>',
    ],
)
def test_damaged_and_hostile_xml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.osm"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.osm (is not a sound OpenStreetMap file|is empty)"):
        read_raw(path)
    if "osmChange" not in text:
        with pytest.raises(InputError, match="not a sound OpenStreetMap"):
            read_osm_boundaries(path)


def test_damaged_pbf_and_other_formats_are_refused(town: Path, tmp_path: Path) -> None:
    whole = as_pbf(town).read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[:-40])
    for read in (read_raw, read_osm_boundaries):
        with pytest.raises(InputError, match="not a sound OpenStreetMap"):
            read(tmp_path / "cut.osm.pbf")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="not a sound OpenStreetMap"):
        read_osm_boundaries(tmp_path / "a.csv")


def test_real_extract(real_data: Path) -> None:
    path = real_data / "guixi" / "roads.osm"
    raw = read_raw(path)
    assert len(raw.frame) == 170
    assert raw.notes[0].en.startswith("6 streets that are not built")
    assert len(read_osm_boundaries(path)) > 5
