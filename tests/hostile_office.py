"""An office in which everything that somebody can name has a hostile name, and the pages of its service.

Each name breaks out of something: markup, a script, a template of the server, a template literal, a line of JavaScript. What
would run calls ``hacked``, which no page has; what would be worked out leaves 49 or loses its braces.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from api.app import create_app
from api.audit import CLI
from api.holdings import PUBLISHED, data_folder
from api.keys import caller_with, create_key
from api.queue import records
from api.settings import Settings
from api.state import state_of
from geogrid.officecheck import check_version, write_check
from geogrid.publications import add
from geogrid.store import create, open_workspace
from tests.builders import CRS, at, block, frame, paper_town, street
from tests.importing import send
from tests.service import EFFECTIVE, Office
from tests.workspaces import act

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    import httpx

TEMPLATES = "{{7*7}}{% print(7*7) %}{# x ${hacked`2`}`"
HOSTILE = f"<img src=x onerror=hacked(1)>{TEMPLATES}</script><!--<script>hacked(3)</script></title></textarea>'\"&amp;"
LINES = "\u2028hacked(5)\u2029"
"""Ends a line of JavaScript; only names in tables may hold it, others must be printable."""
FORMULA = {
    "kind": "=1+1",
    "leader": "=HYPERLINK(1)",
    "member": "+1+1",
    "phone": "-1+1",
    "supervision_phone": "@SUM(1)",
    "duties": "＝1",
}
"""What a spreadsheet would work out, by the column of the grids that it stands in."""
GRID = "G1"
HOUSE = "H000"
NAMED = ("grids", "areas", "facilities", "units", "roads", "buildings", "barriers", "candidates", "closures", "staff")
"""Tables with names."""
VERSION = len(NAMED) + 2
"""Of the workspace with all its tables: also households and events."""


def named(what: str) -> str:
    """Return the hostile name of something."""
    return f"{what}{HOSTILE}{LINES if what in NAMED else ''}"


def hostile_tables() -> dict[str, gpd.GeoDataFrame]:
    """The paper town and the tables that it lacks, with hostile names."""
    town = paper_town()
    house = {"unit_id": "U1", "staff_id": "S1"}
    return {
        "areas": town["areas"].assign(name=[named("areas"), "村2"], code=["=1+1", "-2+3"]),
        "grids": town["grids"].assign(name=[named("grids"), "第2网格", "=第3网格", "＠第4网格"], **FORMULA),
        "units": frame([{"unit_id": "U1", "name": named("units"), "kind": "=1+1", "geometry": block(20, 480, 60, 520)}]),
        "households": town["households"].assign(**house),
        "facilities": town["facilities"].assign(name=[named("facilities"), "@东卫生室"], functions=named("functions")),
        "roads": town["roads"].assign(name=named("roads")),
        "buildings": frame([{"building_id": "B1", "name": named("buildings"), "kind": "+1", "geometry": block(0, 0, 9, 9)}]),
        "barriers": frame([{"barrier_id": "R1", "name": named("barriers"), "kind": "river", "geometry": street((0, 2), (9, 2))}]),
        "candidates": frame([{"candidate_id": "C1", "name": named("candidates"), "kind": "-1", "geometry": at(1500, 500)}]),
        "closures": frame([{"closure_id": "X1", "name": named("closures"), "kind": "flood", "geometry": block(0, 0, 9, 9)}]),
        "staff": frame(
            [{"staff_id": "S1", "name": named("staff"), "role": "leader", "of_kind": "grid", "of_id": GRID, "geometry": None}]
        ).drop(columns="geometry"),
        "events": frame(
            [
                {
                    "event_id": "E1",
                    "kind": named("events"),
                    "opened": "2024-01-02",
                    "place": named("place"),
                    "geometry": at(30, 490),
                }
            ]
        ),
    }


@dataclass(frozen=True, eq=False)
class Hostile:
    """The office, and the ids of what was begun in it: a plan, an upload, a check, a key."""

    office: Office
    ids: dict[str, str]


def hostile_office(folder: Path, **settings: Any) -> Hostile:
    """Make the office: its tables, a check, a publication, a plan, an upload, keys, all of them named by somebody hostile."""
    path = folder / "office.gpkg"
    with create(path, crs=CRS, name=named("workspace"), act=act(0)) as workspace:
        for number, (table, rows) in enumerate(hostile_tables().items()):
            workspace.import_table(table, rows, act=act(number + 1, named("reason")), base=number)
    wanted = Settings(workspace=path, **settings)
    state = state_of(data_folder(wanted))
    keys = {who: create_key(state, name=named(who), role=who, areas=())[1] for who in ("viewer", "planner", "admin")}
    made = Office(create_app(wanted), wanted, keys)
    check_id = _checked(made)
    add(state.folder / PUBLISHED, records.folder_of(state, check_id) / records.RESULT, version=VERSION, effective=EFFECTIVE)
    merge = {"kind": "merge", "into": "G1", "others": ["G2"]}
    plan = made.ask("/api/v1/plans", who="planner", method="POST", json={"name": named("plan")[:120], "operations": [merge]})
    upload = send(made, b"x", urllib.parse.quote(f"<img src=x onerror=hacked(1)>{TEMPLATES}.csv"))
    ids = {"plan_id": plan.json()["plan_id"], "upload_id": upload.json()["upload_id"], "check_id": check_id, "job_id": check_id}
    return Hostile(made, ids | {"key_id": caller_with(state, keys["viewer"]).key_id})


def _checked(office: Office) -> str:
    """Leave a finished check, as a job does, and return its id."""
    state = state_of(data_folder(office.settings))
    job_id = records.enqueue(state, CLI, "check", {"version": VERSION})
    assert records.claim(state, job_id, at_once=1)
    folder = records.folder_of(state, job_id) / records.RESULT
    folder.mkdir(parents=True)
    with open_workspace(office.path) as workspace:
        write_check(check_version(workspace, VERSION, services=["medical"]), folder, lang="zh")
    assert records.end(state, job_id, "done", result={"version": VERSION, "files": sorted(p.name for p in folder.iterdir())})
    return job_id


LAYERS = ("grids", "areas", "facilities", "streets", "households", "units", "events")
FILLED: dict[str, tuple[str, ...]] = {
    "collection": LAYERS,
    "grid_id": (GRID, "G3"),
    "fid": (GRID, "V1", "F1", "U1", HOUSE, "E1"),
    "z": ("14",),
    "x": ("13520",),
    "y": ("6857",),
    "row": ("6857",),
    "column": ("13520",),
    "number": ("1",),
    "version": (str(VERSION),),
    "layer": ("grids",),
    "name": ("report.html", "map.html"),
}
"""What stands for a part of an address; the ids of what was begun come to it."""


def addresses(made: Hostile, method: str = "GET") -> Iterator[str]:
    """Every address of the service, its parts filled with what there is."""
    filled = FILLED | {name: (given,) for name, given in made.ids.items()}
    for route in made.office.app.state.routes:
        if method in route.methods:
            yield from _filled(route.path, filled)


def _filled(path: str, filled: dict[str, tuple[str, ...]]) -> Iterator[str]:
    found = re.search(r"\{(\w+)(:\w+)?\}", path)
    if found is None:
        yield path
        return
    for value in filled.get(found[1], ("1",)):
        yield from _filled(path.replace(found[0], value, 1), filled)


def pages(made: Hostile, who: str = "admin") -> dict[str, httpx.Response]:
    """Return every address that answers with a page to somebody who asks for one, and the answer."""
    wanted = {"map": "coverage", "grid": GRID}
    url = made.office.ask("/api/v1/embed-tokens", who="planner", method="POST", json=wanted).json()["url"]
    found = {}
    for address in (f"/{url.split('/', 3)[3]}", *addresses(made)):
        for query in ("", "?f=html"):
            answer = made.office.ask(address + query, who=who, Accept="text/html")
            if answer.headers["content-type"].startswith("text/html") and answer.status_code < HTTPStatus.BAD_REQUEST:
                found[address + query] = answer
                break
    return found


def mistaken() -> list[str]:
    """Return addresses of which what is wrong is hostile: what is said against them may be a page."""
    said = urllib.parse.quote(HOSTILE, safe="")
    parts = (f"/grids/{said}", f"/api/v1/collections/{said}/items", f"/api/v1/jobs/{said}", f"/{said}")
    queries = (f"/report?lang={said}", f"/snippets?service={said}", f"/embed/private/coverage?token={said}", f"/docs?{said}=1")
    return [*parts, *queries]
