"""An office of two townships, V1 and V2, with something of every kind that belongs to V2; and what must not be seen of it.

Whatever names a thing of V2 is a word that stands nowhere else, so that it can be looked for in any answer.
"""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass
from functools import cached_property
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
from tests.importing import csv, homes, send
from tests.service import EFFECTIVE, PEOPLE, Office
from tests.working import done_here
from tests.workspaces import act, town_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


CALLERS = {**PEOPLE, "admin_v1": ("admin", ("V1",)), "朱雀钥匙": ("admin", ("V2",))}
"""Who has a key, besides the public; the last is V2's administrator, to whom everything here belongs."""
OWNER = "朱雀钥匙"
HOME, ESTATE, PLAN, FILE, NEW_HOME = "朱雀HOME-2", "朱雀小院", "朱雀方案", "朱雀户表.csv", "朱雀NEW-9"
PLACE = (1733.7, 512.34)
SPLIT = {"kind": "split", "grid_id": "G4", "line": "LINESTRING (501750 3129900, 501750 3131100)"}
BROUGHT = {"datum": "wgs84", "act": {"who": "李", "reason": "更新", "approval": "", "effective": "2030-01-01"}}


@dataclass(frozen=True, eq=False)
class Townships:
    """The office, and what there is of V2.

    Attributes
    ----------
    office : Office
    of_v2 : mapping
        Ids of things of V2 that only V2 may see, by the name of the part of an address that takes them.
    common : mapping
        Parts of addresses that are no secret, such as the names of layers.
    asked : tuple of mapping
        Parameters that ask about V2.
    """

    office: Office
    of_v2: Mapping[str, str]
    common: Mapping[str, tuple[str, ...]]
    asked: tuple[Mapping[str, str], ...]

    @cached_property
    def needles(self) -> dict[str, bytes]:
        """What only V2 may see, as it can be written."""
        spot = to_wgs84(frame([{"geometry": at(*PLACE)}])).geometry.iloc[0]
        local = at(*PLACE)
        found = {"lon": f"{spot.x:.9f}"[:10], "lat": f"{spot.y:.9f}"[:9], "x": f"{local.x:.2f}", "y": f"{local.y:.2f}"}
        words = {"home": HOME, "estate": ESTATE, "plan": PLAN, "file": FILE, "owner": OWNER, "new home": NEW_HOME}
        for name, word in {**words, **{f"id of {part}": value for part, value in self.of_v2.items()}}.items():
            found |= {name: word, f"{name}, quoted": urllib.parse.quote(word), f"{name}, ascii": json.dumps(word)[1:-1]}
        return {name: text.encode() for name, text in found.items()}


def townships(folder: Path, **settings: Any) -> Townships:
    """Make the office, and let V2's administrator have one of everything."""
    made = _office(folder, **settings)
    ids = _work_of_v2(made)
    files = [each.rpartition("/")[2] for kind in ("check", "proposal") for each in _files(made, kind, ids[f"{kind}_id"])]
    layers = _named_in(made, "collections", "id")
    tile = {"z": ("14",), "x": ("8982",), "y": ("6849",), "row": ("6849",), "column": ("13516",)}
    common = {**tile, "collection": layers, "fid": (HOME, "U2"), "name": tuple(files), "layer": ("grids", "gaps")}
    return Townships(made, ids, {**common, "grid_id": ("G4",), "number": ("1",), "version": ("7",)}, _questions())


def _questions() -> tuple[dict[str, str], ...]:
    spot = to_wgs84(frame([{"geometry": at(*PLACE)}])).geometry.iloc[0]
    box = ",".join(f"{value:.5f}" for value in (spot.x - 1e-4, spot.y - 1e-4, spot.x + 1e-4, spot.y + 1e-4))
    near = {"bbox": box, "limit": "1000"}
    home = {"household": HOME}
    return (
        near,
        {"filter": f"household_id = '{HOME}'"},
        home,
        {**home, "service": "medical"},
        {**home, "on": "2024-02-01"},
        {"full": "true"},
        {"service": "medical"},
    )


def _files(made: Office, kind: str, job_id: str) -> list[str]:
    return list(made.ask(f"/api/v1/{kind}s/{job_id}", who="admin").json()["files"])


def _named_in(made: Office, noun: str, key: str) -> tuple[str, ...]:
    return tuple(str(each[key]) for each in made.ask(f"/api/v1/{noun}", who="admin").json()[noun])


def _office(folder: Path, **settings: Any) -> Office:
    path = folder / "office.gpkg"
    with town_workspace(path) as workspace:
        rows = [{"household_id": HOME, "persons": 2, "unit_id": "U2", "geometry": at(*PLACE)}]
        x, y = PLACE
        unit = [{"unit_id": "U2", "name": ESTATE, "kind": "estate", "geometry": block(x - 3, y - 3, x + 3, y + 3)}]
        old = workspace.read("households").to_dict(orient="records")
        workspace.import_table("units", frame(unit), act=act(6), base=5)
        workspace.import_table("households", frame([*old, *rows]), act=act(7), base=6)
    wanted = Settings(workspace=path, **settings)
    state = state_of(data_folder(wanted))
    with open_workspace(path) as opened:
        write_check(check_version(opened, 7, services=["medical"]), folder / "check", lang="zh")
    add(state.folder / PUBLISHED, folder / "check", version=7, effective=EFFECTIVE)
    keys = {name: create_key(state, name=name, role=role, areas=areas)[1] for name, (role, areas) in CALLERS.items()}  # type: ignore[arg-type]
    return Office(create_app(wanted), wanted, keys)


def _work_of_v2(made: Office) -> dict[str, str]:
    """Let V2's administrator plan, check, propose, export and upload, and one of everything import; return the ids."""

    def created(path: str, body: Any, who: str = OWNER) -> str:
        answer = made.ask(f"/api/v1/{path}", who=who, method="POST", json=body)
        assert answer.status_code in (201, 202), answer.text
        told = answer.json()
        if "job_id" in told:
            job = done_here(made, told["job_id"])
            assert job.status == "done", job.problem
        return str(told.get("job_id") or told["plan_id"])

    plan = created("plans", {"name": PLAN, "operations": [SPLIT]})
    rows = [[NEW_HOME, 2, *homes()[79][2:]], [f"{NEW_HOME}0", "三口", *homes()[79][2:]]]
    upload = send(made, csv(rows), urllib.parse.quote(FILE), who=OWNER).json()["upload_id"]
    brought = send(made, csv(rows), urllib.parse.quote(FILE), who="admin").json()["upload_id"]
    jobs = {
        "check_id": created("checks", {"services": ["medical"]}),
        "proposal_id": created("proposals", {"kind": "merge", "minimum": 15, "within": ["V2"]}),
        "export_id": created("exports", {"table": "households", "format": "csv"}),
        "import_id": created(
            "imports", {"tables": {"households": brought}, "dry_run": True, "extent": "part", **BROUGHT}, "admin"
        ),
    }
    key = next(each["key_id"] for each in made.ask("/api/v1/keys", who="admin").json()["keys"] if each["name"] == OWNER)
    return {"plan_id": plan, "upload_id": upload, **jobs, "job_id": jobs["check_id"], "key_id": key, "household_id": HOME}
