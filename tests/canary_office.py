"""An office with one household that must never be seen: its id, its person's estate, its place; and who goes looking for it.

The canary lives in grid G1 of the paper town, 2.34 m north of a row of houses, so that no other coordinate is like its own.
"""

from __future__ import annotations

import io
import json
import re
import urllib.parse
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

from api.app import create_app
from api.holdings import PUBLISHED, data_folder
from api.keys import create_key
from api.settings import Settings
from api.state import state_of
from geogrid.crs import to_wgs84
from geogrid.officecheck import check_version, write_check
from geogrid.publications import add
from geogrid.store import open_workspace
from tests.builders import at, block, frame
from tests.service import EFFECTIVE, PEOPLE, Office
from tests.workspaces import act, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

CANARY = "金丝雀CANARY-7Q"
ESTATE = "秘密小院SECRET-YARD"
X, Y = 133.7, 512.34
PERSONS = 7919
"""A number that stands nowhere else, nor in a sum: the person counts of the grid and all above are withheld or larger."""


def canary_office(folder: Path, **settings: Any) -> Office:
    """The paper town with the canary, checked and published, and a key for everyone."""
    path = folder / "office.gpkg"
    with town_workspace(path) as workspace:
        homes = workspace.read("households")
        rows = [{"household_id": CANARY, "persons": 2, "unit_id": "U1", "geometry": at(X, Y)}]
        workspace.import_table("units", _estate(), act=act(6), base=5)
        workspace.import_table("households", frame([*homes.to_dict(orient="records"), *rows]), act=act(7), base=6)
    wanted = Settings(workspace=path, **settings)
    state = state_of(data_folder(wanted))
    with open_workspace(path) as opened:
        write_check(check_version(opened, 7, services=["medical"]), folder / "check", lang="zh")
    add(state.folder / PUBLISHED, folder / "check", version=7, effective=EFFECTIVE)
    keys = {name: create_key(state, name=name, role=role, areas=areas)[1] for name, (role, areas) in PEOPLE.items()}  # type: ignore[arg-type]
    return Office(create_app(wanted), wanted, keys)


def _estate() -> Any:
    return frame([{"unit_id": "U1", "name": ESTATE, "kind": "estate", "geometry": block(X - 3, Y - 3, X + 3, Y + 3)}])


@cache
def needles() -> dict[str, bytes]:
    """What would give the canary away, in the ways that it can be written."""
    place = to_wgs84(frame([{"geometry": at(X, Y)}])).geometry.iloc[0]
    found = {"lon": f"{place.x:.9f}"[:10], "lat": f"{place.y:.9f}"[:9], "x": f"{at(X, Y).x:.2f}", "y": f"{at(X, Y).y:.2f}"}
    for name, text in (("id", CANARY), ("estate", ESTATE)):
        found |= {name: text, f"{name} quoted": urllib.parse.quote(text), f"{name} ascii": json.dumps(text)[1:-1]}
    return {name: text.encode() for name, text in found.items()}


def traces(content: bytes) -> list[str]:
    """Which of them some bytes hold, also inside what is zipped in them."""
    parts = [content]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts += [packed.read(name) for name in packed.namelist()]
    return [name for name, needle in needles().items() if any(needle in part for part in parts)]


def traces_in(answer: httpx.Response) -> list[str]:
    """Which of them an answer holds, in its headers too; what the address itself says does not count."""
    told = b"\n".join(f"{name}: {value}".encode() for name, value in answer.headers.items())
    return traces(answer.content) + [f"header: {each}" for each in traces(told)]


COLLECTIONS = (
    "grids",
    "areas",
    "gaps",
    "facilities",
    "defects",
    "streets",
    "service_radii",
    "households",
    "units",
    "workspace_grids",
)
FILLED = {
    "collection": COLLECTIONS,
    "grid_id": ("G1", "G4"),
    "fid": ("G1", "1", "U1", CANARY),
    "z": ("14",),
    "x": ("13520",),
    "y": ("6857",),
    "row": ("6857",),
    "column": ("13520",),
    "number": ("1", "2"),
    "version": ("7",),
}
"""What stands for a part of an address; anything else is the canary's id, or a plain number."""
QUERIES = ("", "?f=json", "?f=html", "?limit=1000", "?lang=en", f"?household={urllib.parse.quote(CANARY)}&service=medical")


def addresses(office: Office, method: str = "GET") -> Iterator[str]:
    """Every address of the service, its parts filled with what there is and with the canary itself."""
    for route in office.app.state.routes:
        if method in route.methods:
            yield from _filled(route.path)


def _filled(path: str) -> Iterator[str]:
    found = re.search(r"\{(\w+)(:\w+)?\}", path)
    if found is None:
        yield path
        return
    for value in FILLED.get(found[1], (CANARY, "1")):
        yield from _filled(path.replace(found[0], urllib.parse.quote(value), 1))
