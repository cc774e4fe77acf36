"""THREATS 9 to 12 and 15 to 17 on uploads, by number: each file is read where strangers' files are, and the service goes on.

Every payload is read by the same code in the same confinement, all in one process, so that the test needs seconds; what the
process may do at all is tested in test_sandbox.py, names, sizes and times of uploads (10, 13, 14) in test_uploads.py, formulas
in what is given back (19) in test_imports.py.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from api import imports
from geogrid.errors import InputError
from geogrid.sandbox.confine import Limits
from tests import hostile_files
from tests.confined import READ_ALL, confined
from tests.hostile_files import features, polygon
from tests.importing import held, sent, work_on
from tests.service import Office, office

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "CANARY-6f1d"
MOST_MIB = 256.0
"""By which one file may make the reading process grow, as the list of threats says."""
LONGEST_S = 60.0
"""On a machine with ten times the load of a quiet one; the million vertices take 3 s of computing."""


class Read(NamedTuple):
    """What came of every file, what was sent, who was called, and all that was written."""

    said: dict[str, Any]
    sent: dict[str, bytes]
    called: list[object]
    left: dict[str, bytes]
    given: Path


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    root = tmp_path_factory.mktemp("hostile")
    folders = {name: root / name for name in ("given", "out", "made")}
    for folder in folders.values():
        folder.mkdir()
    secret = root / "secret.csv"
    secret.write_text(f"户编号,人口,经度,纬度\n{CANARY},3,117,28\n", "utf-8")
    called: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        over = threading.Event()
        thread = threading.Thread(target=_listen, args=(server, over, called))
        thread.start()
        files = hostile_files.other_drivers(secret, server.getsockname()[1])
        for make in (hostile_files.zips, hostile_files.geopackages):
            files |= make(folders["made"])
        for kind in (hostile_files.numbers_and_texts, hostile_files.shapes, hostile_files.places):
            files |= kind()
        for name, content in files.items():
            (folders["given"] / name).write_bytes(content)
        code, said = confined(READ_ALL, folders["given"], folders["out"], limits=Limits(300, 2048))
        over.set()
        thread.join()
    assert code == 0
    left = {path.name: path.read_bytes() for path in folders["out"].rglob("*") if path.is_file()}
    return Read(said, files, called, left, folders["given"])


def _listen(server: socket.socket, over: threading.Event, called: list[object]) -> None:
    while not over.is_set():
        try:
            called.append(server.accept()[1])
        except TimeoutError:
            continue


REFUSED = {
    **dict.fromkeys(hostile_files.other_drivers(hostile_files.NOWHERE, 9), r"not a sound|is not GeoJSON"),  # 9
    "grids-traversal.zip": "member", "grids-absolute.zip": "member", "grids-drive.zip": "member", "grids-link.zip": "link",  # 11
    "grids-twice.zip": "duplicate", "grids-members.zip": "100000 members", "grids-nested.zip": "no Shapefile",
    "grids-bomb.zip": "zip bomb", "households-long.xlsx": "CSV", "households-laughs.kml": "entit",
    "households-outside.kml": "entit", "households-entities.osm": "",
    "grids-view.gpkg": "views", "grids-empty.gpkg": "not a sound",  # 12
    **{f"grids-broken{number}.gpkg": "not a sound" for number in range(12)},
    "grids-deep.geojson": "nested too deeply", "grids-badutf8.geojson": "encoding",  # 15
}  # fmt: skip
"""Files that are wrong as a whole, and what is said of them."""

ROWS: dict[str, tuple[int, list[str]]] = {
    "grids-trigger.gpkg": (1, []), "grids-attach.gpkg": (1, []),  # 12
    "grids-nan.geojson": (1, ["non_finite_coordinate"]), "grids-infinity.geojson": (1, ["non_finite_coordinate"]),  # 15
    "grids-1e999.geojson": (1, ["non_finite_coordinate"]), "grids-surrogate.geojson": (1, ["control_character"]),
    "grids-nul.geojson": (1, ["control_character"]), "grids-digits.geojson": (1, ["too_long_text"]),
    "households-nan.csv": (3, ["missing_value", "not_a_number"]), "households-nul.csv": (3, ["control_character"]),
    "households-bytes.csv": (3, ["unreadable_text"]), "households-digits.csv": (3, ["not_a_number"]),
    "grids-zigzag.geojson": (1, ["invalid_geometry"]), "grids-million.geojson": (1, ["too_complex_geometry"]),  # 16
    "grids-bowtie.geojson": (1, ["invalid_geometry"]), "grids-hole.geojson": (1, ["invalid_geometry"]),
    "grids-unclosed.geojson": (2, []), "grids-empty.geojson": (1, ["empty_geometry"]),
    "grids-null.geojson": (1, ["missing_geometry"]), "grids-duplicate.geojson": (2, ["duplicate_id"]),
    "grids-clockwise.geojson": (2, []),
    "households-swapped.csv": (3, ["latitude_longitude_swapped"]), "households-zero.csv": (3, ["null_island"]),  # 17
    "households-county.csv": (3, ["far_away"]), "households-line.csv": (3, ["out_of_bounds_coordinate"]),
}  # fmt: skip
"""Files of which the sound rows are read: how many, and why the others are not."""


def test_every_file_is_expected_to_come_to_something(read: Read) -> None:
    assert set(read.sent) == REFUSED.keys() | ROWS.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_threats_9_11_12_and_15_a_file_that_is_wrong_as_a_whole_is_one_clear_error(read: Read, name: str) -> None:
    assert re.search(REFUSED[name], read.said[name]["refused"]), read.said[name]


@pytest.mark.parametrize("name", ROWS)
def test_threats_12_and_15_to_17_one_bad_row_never_loses_the_file(read: Read, name: str) -> None:
    good, codes = ROWS[name]
    assert (read.said[name].get("good"), read.said[name].get("codes")) == (good, codes), read.said[name]


def test_threats_9_to_17_take_little_memory_and_time(read: Read) -> None:
    told = {name: (read.said[name]["grown"], read.said[name]["seconds"]) for name in read.sent}
    assert {name: each for name, each in told.items() if each[0] > MOST_MIB or each[1] > LONGEST_S} == {}


def test_threats_9_to_12_nobody_is_called_and_nothing_outside_is_shown(read: Read) -> None:
    assert read.called == []
    everything = json.dumps(read.said, ensure_ascii=False) + "".join(
        content.decode("utf-8", "replace") for content in read.left.values()
    )
    assert (CANARY in everything, "root:" in everything) == (False, False)


def test_threat_12_no_byte_of_an_uploaded_file_is_changed(read: Read) -> None:
    now = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in read.given.iterdir()}
    assert now == {name: hashlib.sha256(content).digest() for name, content in read.sent.items()}


# Through the service


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"), publish=False, parse_mib=768)


def test_threat_9_through_the_service_is_a_plain_word_without_a_path(town: Office) -> None:
    """Threat 24 besides: no folder, no driver's text."""
    vrt = b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    with pytest.raises(InputError) as caught:
        imports.run(work_on(town, {"households": sent(town, vrt, "a.geojson")}))
    assert caught.value.message.en == (
        "households.geojson is not a sound .geojson file: its content does not match its name, or it is damaged; export it again."
    )
    assert town.ask("/api/v1/uploads", who="planner").status_code == 200


def _many_vertices() -> bytes:
    ring = ",".join(f"[{117 + i / 1e7:.7f},{28 + (i % 2) / 1e3:.3f}]" for i in range(1_500_000))
    return features(hostile_files.feature(f'{{"type":"Polygon","coordinates":[[{ring}]]}}'))


@pytest.mark.parametrize(
    ("settings", "content", "said"),
    [
        (
            {"parse_seconds": 0.2},
            lambda: features(hostile_files.feature(polygon(hostile_files.RING))),
            "not read after 0.2 seconds",
        ),
        ({}, _many_vertices, r"memory|broke off"),
    ],
    ids=["time", "memory"],
)
def test_threat_16_what_takes_too_much_is_given_up_and_leaves_nothing(
    town: Office, settings: dict[str, Any], content: Callable[[], bytes], said: str
) -> None:
    work = work_on(town, {"grids": sent(town, content(), "a.geojson")})
    hurried = work.holdings.settings.model_copy(update=settings)
    object.__setattr__(work.holdings, "settings", hurried)
    try:
        with pytest.raises(InputError, match=said):
            imports.run(work)
    finally:
        object.__setattr__(work.holdings, "settings", town.settings)
    left = [path.name for path in held(town).require_state().part("reading").iterdir()]
    assert left == ["turn-0"]
