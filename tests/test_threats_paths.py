"""THREATS 10, 14 and 24 on every address of the service, 16 and 17 on shapes and places sent as JSON, 12 on the workspace itself.

One sweep: every part of an address, every parameter and every text of a body, each in its turn a path that leads outside.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import httpx
import numpy as np
import pytest

from api.app import create_app
from api.settings import Settings
from geogrid.errors import GeogridError
from tests.hostile_files import geopackages
from tests.hostile_office import FILLED, Hostile, hostile_office
from tests.service import Office, office
from tests.workspaces import edited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "CANARY-2c7e"
QUICK_S = 15.0
"""For one answer, on a machine that is busy with other tests; on a quiet one none takes a second."""


class Sent(NamedTuple):
    """A request: what was put where, and what came of it."""

    method: str
    address: str
    body: Any
    answer: httpx.Response
    seconds: float


class Swept(NamedTuple):
    """All requests, where the office lies, and who was called."""

    sent: list[Sent]
    root: Path
    called: list[object]


def outside(secret: Path, port: int) -> tuple[str, ...]:
    """Paths that lead out of the service, as GDAL, zip readers, browsers and shells know them."""
    url = f"127.0.0.1:{port}"
    climbing = f"../../{secret.parent.name}/{secret.name}"
    return (f"/vsicurl/http://{url}/a.csv", f"zip+https://{url}/a.zip", climbing, f"file://{secret}", f"{secret}\0.csv")


EMPTY: dict[str, Any] = {}
ACT = {"who": "a", "reason": "a", "approval": "a", "effective": "2030-01-01"}
BODIES: dict[str, Any] = {
    "/api/v1/keys": {"name": "a", "role": "viewer", "areas": ["V1"]},
    "/api/v1/plans": {"name": "a", "areas": ["V1"], "locked": ["G1"], "operations": [{"kind": "hand", "to": "G1", "area": "a"}]},
    "/api/v1/plans/{plan_id}/operations": {"operations": [{"kind": "split", "grid_id": "G1", "line": "a"}], "lock": ["G1"]},
    "/api/v1/plans/{plan_id}/preview": {"operations": [{"kind": "hand", "to": "G1", "unit_ids": ["a"]}], "unlock": ["G1"]},
    "/api/v1/plans/{plan_id}/undo": EMPTY,
    "/api/v1/plans/{plan_id}/redo": EMPTY,
    "/api/v1/plans/{plan_id}/rebase": EMPTY,
    "/api/v1/plans/{plan_id}/adopt": {**ACT, "accept": ["a"]},
    "/api/v1/what-ifs": {"changes": [{"kind": "add", "facility_id": "a", "name": "a", "services": ["medical"]}]},
    "/api/v1/checks": {"services": ["medical"], "mode": "walk"},
    "/api/v1/proposals": {"kind": "grids", "within": ["V1"], "locked": ["G1"], "plan": "a"},
    "/api/v1/exports": {"table": "grids", "format": "csv", "datum": "wgs84"},
    "/api/v1/publications": {"check": "a", "effective": "2030-01-01"},
    "/api/v1/embed-tokens": {
        "map": "coverage",
        "area": "V1",
        "level": "grid",
        "service": "medical",
        "grid": "G1",
        "theme": "light",
    },
    "/api/v1/embed-keys": EMPTY,
    "/api/v1/imports": {"tables": {"households": "a"}, "datum": "wgs84", "act": ACT},
}
"""A body for every address that takes JSON; each of its texts is replaced in turn."""


def replaced(body: Any, text: str) -> Iterator[Any]:
    """Yield a body with one of its texts replaced, for every text in it."""
    if isinstance(body, str):
        yield text
    elif isinstance(body, list):
        for number, part in enumerate(body):
            yield from ([*body[:number], each, *body[number + 1 :]] for each in replaced(part, text))
    elif isinstance(body, dict):
        for name, part in body.items():
            yield from (body | {name: each} for each in replaced(part, text))


def filled(path: str, made: Hostile, instead: dict[str, str]) -> str:
    """Fill the parts of an address with what there is, or with what is given instead."""
    known = {name: values[0] for name, values in FILLED.items()} | made.ids | instead
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda part: quote(known.get(part[1], "a"), safe=""), path)


def requests(made: Hostile, texts: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    """Every request of the sweep: method, address, body."""
    for route in made.office.app.state.routes:
        method = next(each for each in sorted(route.methods) if each != "HEAD") if route.methods != {"HEAD"} else ""
        for text in texts if method else ():
            for part in route.dependant.path_params:
                yield method, filled(route.path, made, {part.alias: text}), None
            for one in route.dependant.query_params if method == "GET" else ():
                yield method, f"{filled(route.path, made, {})}?{one.alias}={quote(text, safe='')}", None
            for body in replaced(BODIES.get(route.path, ""), text) if route.path in BODIES and method == "POST" else ():
                yield method, filled(route.path, made, {}), body


async def sweep(made: Hostile, texts: tuple[str, ...]) -> list[Sent]:
    """Ask everything as an administrator."""
    transport = httpx.ASGITransport(app=made.office.app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {made.office.keys['admin']}", "If-Match": '"1"'}
    sent = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765", headers=headers) as client:
        for method, address, body in requests(made, texts):
            started = time.perf_counter()
            answer = await client.request(method, address, json=body)
            sent.append(Sent(method, address, body, answer, time.perf_counter() - started))
    return sent


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    secret = tmp_path_factory.mktemp("outside") / "secret.csv"
    secret.write_text(f"{CANARY},3,117,28\n", "utf-8")
    root = tmp_path_factory.mktemp("office")
    made = hostile_office(root, jobs_waiting=1000)
    called: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_listen, args=(server, called))
        thread.start()
        port = server.getsockname()[1]
        sent = asyncio.run(sweep(made, outside(secret, port)))
        with socket.create_connection(("127.0.0.1", port)) as last:
            last.sendall(b"over")
        thread.join()
    assert secret.read_text("utf-8").startswith(CANARY)
    return Swept(sent, root, called)


def _listen(server: socket.socket, called: list[object]) -> None:
    """Note who connects, until we do ourselves."""
    while True:
        connection, address = server.accept()
        with connection:
            if connection.recv(4) == b"over":
                return
            called.append(address)


def test_every_address_with_a_body_is_swept(swept: Swept) -> None:
    assert len(swept.sent) > 500
    asked = {sent.address.partition("?")[0] for sent in swept.sent if sent.body is not None}
    assert len(asked) >= len([body for body in BODIES.values() if body])


def test_no_address_with_a_body_is_forgotten(tmp_path: Path) -> None:
    made = office(tmp_path, publish=False)
    takes = {route.path for route in made.app.state.routes if "application/json" in _takes(route)}
    assert takes == set(BODIES)


def _takes(route: Any) -> dict[str, Any]:
    content: dict[str, Any] = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return content


def test_threat_10_no_path_is_followed(swept: Swept) -> None:
    assert swept.called == []
    assert [sent[:3] for sent in swept.sent if CANARY in sent.answer.text] == []


def test_threat_10_every_path_is_answered_soon_and_never_with_a_fault(swept: Swept) -> None:
    assert [(*sent[:3], sent.answer.text) for sent in swept.sent if sent.answer.status_code >= 500] == []
    assert [(*sent[:3], sent.seconds) for sent in swept.sent if sent.seconds > QUICK_S] == []


def test_threat_14_what_is_named_never_becomes_a_header(swept: Swept) -> None:
    for sent in swept.sent:
        for name, value in sent.answer.headers.items():
            assert value.isascii(), (sent[:3], name)
            assert value.isprintable(), (sent[:3], name)
            assert "hacked" not in value, (sent[:3], name)


INNARDS = re.compile(
    r"Traceback|site-packages|\.py\b|sqlite|SQLAlchemy|\bSELECT\b|\bFROM \w+|GDAL|\bOGR\b|pyogrio|shapely|GEOS|duckdb|pandas"
    r"|numpy|pydantic|starlette|Errno|No such file|b'|0x[0-9a-f]{6}|<class |Exception|\b(?:116|117|27|28)\.\d{5,}"
    r"|\b500\d{3}\.\d|\b3130\d{3}\b",
    re.IGNORECASE,
)
"""What an error would show of how it is made, where it lies, or where somebody lives."""


def test_threat_24_no_error_shows_a_path_a_query_a_place_or_a_drivers_text(swept: Swept) -> None:
    """What the caller wrote himself is no secret; the folder of the office stands in no answer at all."""
    found = []
    for sent in swept.sent:
        said = sent.answer.text
        shown = INNARDS.search(said) if sent.answer.status_code >= 400 else None
        if shown or str(swept.root) in said:
            found.append((*sent[:3], sent.answer.status_code, said[:400]))
    assert found == []


# Threat 12: a workspace that somebody else had in hands


STATEMENTS = {
    "view": "CREATE VIEW evil AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    "trigger": "CREATE TRIGGER evil AFTER UPDATE ON meta BEGIN DELETE FROM households; END",
    "generated": "ALTER TABLE areas ADD COLUMN evil TEXT GENERATED ALWAYS AS (zeroblob(1000000000)) VIRTUAL",
    "lost": "DROP TABLE grids",
    "profile": "UPDATE meta SET value = '[' WHERE key = 'profile'",
}
ASKED = ("/", "/report", "/api/v1/collections/workspace_grids/items", "/api/v1/versions", "/api/v1/plans", "/health/ready")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("sound"))


def served(sound: Office, content: Path, tmp_path: Path) -> dict[str, int | str]:
    """Serve a file as the workspace of the office, and return what came of it."""
    shutil.copytree(sound.path.parent / "office.service", tmp_path / "office.service")
    if content != tmp_path / "office.gpkg":
        shutil.copy(content, tmp_path / "office.gpkg")
    wanted = Settings(workspace=tmp_path / "office.gpkg")
    started = time.perf_counter()
    try:
        made = Office(create_app(wanted), wanted, sound.keys)
    except GeogridError as error:
        said = error.message.en + error.message.zh
        return {"shown" if str(tmp_path) in said else "refused": said}
    came: dict[str, int | str] = {path: made.ask(path, who="admin").status_code for path in ASKED}
    assert time.perf_counter() - started < 4 * QUICK_S
    return came


@pytest.mark.parametrize("name", STATEMENTS)
def test_threat_12_a_workspace_with_code_or_columns_of_others_is_refused(sound: Office, name: str, tmp_path: Path) -> None:
    shutil.copy(sound.path, tmp_path / "office.gpkg")
    edited(tmp_path / "office.gpkg", STATEMENTS[name])
    came = served(sound, tmp_path / "office.gpkg", tmp_path)
    assert set(came) == {"refused"}, came


def test_threat_12_geopackages_that_are_no_workspace_are_refused(sound: Office, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    for name, content in list(geopackages(tmp_path / "made").items())[:5]:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "office.gpkg").write_bytes(content)
        assert set(served(sound, folder / "office.gpkg", folder)) == {"refused"}, name


def test_threat_12_damaged_bytes_are_refused_or_said_and_never_a_fault(sound: Office, tmp_path: Path) -> None:
    whole, rng = sound.path.read_bytes(), np.random.default_rng(12)
    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        broken = bytearray(whole)
        for place in rng.integers(100, len(broken), 60):
            broken[place] = rng.integers(256)
        (folder / "office.gpkg").write_bytes(broken)
        came = served(sound, folder / "office.gpkg", folder)
        assert not [status for status in came.values() if status == 500], (number, came)


# Threats 16 and 17: shapes and places within JSON and filters


ZIGZAG = [[117 + 0.01 * ((i * 7919) % 400) / 400, 28.27 + 0.01 * (i % 2)] for i in range(400)]
SQUARE = [[117, 28.27], [117.01, 28.27], [117.01, 28.28], [117, 28.28], [117, 28.27]]
SHAPES: dict[str, Any] = {
    "zigzag": [[*ZIGZAG, ZIGZAG[0]]],
    "many": [[[117 + i / 1e6, 28.27 + (i % 2) / 1e3] for i in range(20_000)] + [[117, 28.27]]],
    "bowtie": [[SQUARE[i] for i in (0, 2, 1, 3, 0)]],
    "outside hole": [SQUARE, [[x + 1, y] for x, y in SQUARE]],
    "unclosed": [SQUARE[:-1]],
    "empty": [],
    "null": None,
    "one point": [[SQUARE[0]] * 5],
    "swapped": [[[y, x] for x, y in SQUARE]],
    "nowhere": [[[x - 117, y - 28.27] for x, y in SQUARE]],
    "elsewhere": [[[x - 30, y + 15] for x, y in SQUARE]],
    "line of dates": [[[x + 64, y] for x, y in SQUARE]],
}


def timed(office: Office, path: str, **more: Any) -> httpx.Response:
    started = time.perf_counter()
    answer = office.ask(path, who="planner", **more)
    assert time.perf_counter() - started < QUICK_S, path
    return answer


@pytest.mark.parametrize("name", SHAPES)
def test_threats_16_and_17_a_shape_in_a_plan_is_refused_and_changes_nothing(sound: Office, name: str) -> None:
    shape = {"type": "Polygon", "coordinates": SHAPES[name]}
    before = timed(sound, "/api/v1/plans").json()
    hand = {"kind": "hand", "to": "G1", "area": shape}
    answer = timed(sound, "/api/v1/plans", method="POST", json={"name": "试", "operations": [hand]})
    assert answer.status_code in (413, 422), answer.text
    assert not INNARDS.search(answer.json()["detail"]), answer.text
    assert timed(sound, "/api/v1/plans").json() == before


@pytest.mark.parametrize("name", ["zigzag", "bowtie", "outside hole", "one point", "swapped", "nowhere", "line of dates"])
def test_threats_16_and_17_a_shape_in_a_filter_is_answered_soon(sound: Office, name: str) -> None:
    tree = {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": SHAPES[name]}]}
    for collection in ("grids", "households"):
        asked = f"/api/v1/collections/{collection}/items?filter-lang=cql2-json&filter={quote(json.dumps(tree))}"
        answer = timed(sound, asked)
        assert answer.status_code in (200, 400), answer.text
        if name in ("swapped", "nowhere", "line of dates") and answer.status_code == 200:
            assert answer.json()["numberMatched"] == 0


@pytest.mark.parametrize(("lon", "lat"), [(28.27, 117.0), (0, 0), (87.6, 43.8), (181, 28.27), (-180, 28.27), (None, 28.27)])
def test_threat_17_a_place_that_is_elsewhere_is_refused(sound: Office, lon: float | None, lat: float) -> None:
    """Also in a what-if: a facility in another county would silently change nothing."""
    from tests.test_plans_questions import finished_check  # noqa: PLC0415

    if not timed(sound, "/api/v1/jobs").json()["jobs"]:
        finished_check(sound)
    change = {"kind": "add", "facility_id": "新", "services": ["medical"], "lon": lon, "lat": lat}
    answer = timed(sound, "/api/v1/what-ifs", method="POST", json={"changes": [change]})
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("bbox", ["28.27,117,28.28,117.01", "0,0,0,0", "180,28,-180,29", "87,43,88,44", "181,0,182,1"])
def test_threat_17_a_box_that_is_elsewhere_holds_nobody(sound: Office, bbox: str) -> None:
    answer = timed(sound, f"/api/v1/collections/households/items?bbox={bbox}")
    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or answer.json()["numberMatched"] == 0
