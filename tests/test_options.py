"""What stands after options, and files of changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from api.changes import changes_json, read_changes, require_printable
from api.options import added, by_service, changes_asked, limits, minutes_by_service, moved
from geogrid.datum import convert_datum
from geogrid.errors import InputError
from geogrid.whatif import Change


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("N1@115.2,31.05:medical", Change("add", "N1", "", ("medical",), 115.2, 31.05)),
        (" N1@115.2，31.05：医疗＋教育：新 站: 东 ", Change("add", "N1", "新 站: 东", ("医疗", "教育"), 115.2, 31.05)),
        ("a.b-1@-1e1,-5:sport;medical:", None),
        ("N1@115.2,31.05", None),
        ("N1@115.2:medical", None),
        ("@115.2,31.05:medical", None),
        ("N1@east,31.05:medical", None),
        ("N1@315.2,31.05:medical", None),
        ("N1@nan,31.05:medical", None),
        ("", None),
    ],
)
def test_added(text: str, means: Change | None) -> None:
    if means is not None:
        assert added(text) == means
        return
    with pytest.raises(InputError):
        added(text)


@pytest.mark.parametrize("text", ["F1", "F1@1", "F1@1,2,3", "F1@1,2:medical", "F1@a,b", "F1@1,91"])
def test_moves_that_are_not_understood(text: str) -> None:
    with pytest.raises(InputError, match=r"F001@115.20,31.05|degrees after @"):
        moved(text)


def test_places_of_web_maps_are_converted() -> None:

    there = convert_datum(gpd.GeoDataFrame(geometry=[shapely.Point(115.2, 31.05)], crs=4326), "gcj02").geometry.iloc[0]
    change = moved("F1@115.2,31.05", datum="gcj02")
    assert (change.lon, change.lat) == (round(there.x, 7), round(there.y, 7))
    assert abs(115.2 - there.x) > 0.003
    with pytest.raises(LookupError):
        moved("F1@115.2,31.05", datum="gcj")


def test_order_of_options() -> None:
    asked = changes_asked(add=["N@1,2:sport"], move=["F1@3,4"], close=["F2 "], reopen=["F3"])
    assert [(change.kind, change.facility_id) for change in asked] == [
        ("move", "F1"),
        ("open", "F3"),
        ("close", "F2"),
        ("add", "N"),
    ]


@pytest.mark.parametrize("text", ["medical=", "=car", "medical=car,medical=walk", "medical=car,walk"])
def test_by_service_refuses(text: str) -> None:
    with pytest.raises(InputError, match="is not understood"):
        by_service(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "x", "", "medical=0", "medical=x"])
def test_minutes_refuse(text: str) -> None:
    with pytest.raises(InputError):
        minutes_by_service(text)


@pytest.mark.parametrize("text", ["", ",", "5,0", "5,x"])
def test_limits_refuse(text: str) -> None:
    with pytest.raises(InputError):
        limits(text)


CHANGES = [
    Change("move", "F1", lon=115.2, lat=31.0),
    Change("add", "N1", "新站", ("medical", "sport"), 115.3, 31.1),
    Change("close", "F2"),
]


def test_changes_survive_a_file(tmp_path: Path) -> None:
    file = tmp_path / "whatif.json"
    file.write_bytes(changes_json(CHANGES))
    assert read_changes(file) == CHANGES
    file.write_text(json.dumps([change.to_record() for change in CHANGES]), encoding="utf-8")
    assert read_changes(file) == CHANGES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_changes_from_a_table(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "变更.csv"
    rows = "变更,设施编号,名称,服务,经度,纬度\n移动,F1,,,115.2,31.0\n新增,N1,新站,medical、sport,115.3,31.1\nclose,F2,,,,\n"
    file.write_text(rows, encoding=encoding)
    assert read_changes(file) == CHANGES


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.xlsx", "", "is .json or .csv"),
        ("a.json", "{", "not readable as JSON"),
        ("a.json", "[" * 100_000, "not readable as JSON"),
        ("a.json", "\xff", "not readable as JSON"),
        ("a.json", '{"changes": []}', "no file of changes"),
        ("a.json", '"x"', "no file of changes"),
        ("a.json", '{"format": "geogrid-changes", "version": 1, "changes": {}}', "no file of changes"),
        ("a.json", "[1]", "item 1 of a.json is no change"),
        ("a.json", '[{"kind": "add", "services": 5}]', "item 1 of a.json is no change"),
        ("a.json", '[{"kind": "add", "services": [5]}]', "item 1 of a.json is no change"),
        ("a.json", '[{"kind": "close", "lon": 1' + "0" * 400 + "}]", "item 1"),
        ("a.json", '[{"kind": "close", "facility_id": "F1"}, {"kind": "burn"}]', "a.json, item 2: there is no kind of change"),
        ("a.json", '[{"kind": ["close"]}]', "item 1 of a.json is no change"),
        ("a.json", '[{"kind": "close", "facility_id": ' + "[" * 500 + "]" * 500 + "}]", "item 1 of a.json is no change"),
        ("a.json", '[{"kind": "close", "why": ""}]', "a.json, item 1: a change has unknown keys why"),
        ("a.json", '[{"kind": "move", "lon": "nan"}]', "a.json, item 1: lon"),
        ("a.csv", "kind,facility_id,why\nclose,F1,x\n", "the columns of a.csv"),
        ("a.csv", "facility_id\nF1\n", "the columns of a.csv"),
        ("a.csv", "kind,类型,facility_id\nclose,close,F1\n", "the columns of a.csv"),
        ("a.csv", "kind,facility_id\nclose,F1\nburn,F2\n", "a.csv, item 3: there is no kind"),
    ],
)
def test_files_that_hold_no_changes(name: str, content: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode("latin-1" if "\xff" in content else "utf-8"))
    with pytest.raises(InputError) as error:
        read_changes(file)
    assert says in error.value.message.en
    assert str(tmp_path) not in error.value.message.en


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.changes.MOST_BYTES", 10)
    (tmp_path / "a.json").write_text("[" + " " * 20 + "]")
    with pytest.raises(InputError, match="too large"):
        read_changes(tmp_path / "a.json")


@pytest.mark.parametrize("key", ["kind", "facility_id", "name", "lon", "services", "x" * 2_000])
def test_long_texts_of_changes_are_not_echoed(key: str, tmp_path: Path) -> None:
    """Threats 15 and 18: a message that repeats ten megabytes of the file is a flood of its own."""
    file = tmp_path / "a.json"
    file.write_text(json.dumps([{"kind": "close", "facility_id": "F1", key: "x;" * 1_000}]))
    with pytest.raises(InputError) as error:
        read_changes(file)
    assert len(error.value.message.en) < 250


def test_more_changes_or_services_than_can_be_tried_are_refused(tmp_path: Path) -> None:
    """Threat 15: each change is tried on top of all before it."""
    file = tmp_path / "a.json"
    file.write_text(json.dumps([{"kind": "close", "facility_id": "F1"}] * 1_001))
    with pytest.raises(InputError, match="1001 changes: try at most 1000"):
        read_changes(file)
    file.write_text(json.dumps([{"kind": "add", "facility_id": "F1", "services": ["medical"] * 101}]))
    with pytest.raises(InputError, match=r"item 1 of a\.json is no change"):
        read_changes(file)


def test_what_is_no_ordinary_file_is_not_read_for_changes(tmp_path: Path) -> None:
    """A pipe never ends, and a device says that it has no size."""
    os.mkfifo(tmp_path / "a.json")
    (tmp_path / "b.json").symlink_to("/dev/zero")
    for name in ("a.json", "b.json"):
        with pytest.raises(InputError, match="not an ordinary file"):
            read_changes(tmp_path / name)
    with pytest.raises(InputError, match="cannot be found"):
        read_changes(tmp_path / "c.json")


def test_texts_that_cannot_be_shown() -> None:
    assert b"\\ud800" in changes_json([Change("close", "\ud800")])
    for change in (Change("close", "a\x1b[2J"), Change("add", "N", "\ud800", ("sport",))):
        with pytest.raises(InputError, match="cannot be shown"):
            require_printable([Change("close", "F1"), change])
    require_printable(CHANGES)
