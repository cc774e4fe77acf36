"""Uploads and imports for tests: files of the paper town, sent to its service and brought in without waiting for the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import imports
from api.keys import caller_with
from api.queue import records
from api.queue.kinds import Work
from geogrid.clock import Clock
from geogrid.crs import to_wgs84
from geogrid.replacing import private_folder
from tests.workspaces import town_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from api.holdings import Holdings
    from tests.service import Office

HEADER = ["户编号", "人口", "经度", "纬度", "aged_65", "children_0_14"]
RAW = "application/octet-stream"
ACT = {"who": "李", "reason": "更新", "approval": "", "effective": "2030-01-01"}


def homes() -> list[list[Any]]:
    """The paper town's households as rows of a file."""
    frame = to_wgs84(town_tables()["households"])
    places = zip(frame.geometry.x, frame.geometry.y, strict=True)
    rows = zip(frame["household_id"], frame["persons"], places, frame["aged_65"], frame["children_0_14"], strict=True)
    return [[home, persons, f"{x:.13f}", f"{y:.13f}", old, young] for home, persons, (x, y), old, young in rows]


def csv(rows: list[list[Any]]) -> bytes:
    """Write rows of households."""
    return "\n".join(",".join(map(str, row)) for row in [HEADER, *rows]).encode()


def send(office: Office, content: Any, name: str = "住户.csv", *, who: str = "planner", **headers: str) -> httpx.Response:
    """Upload a file."""
    return office.ask(f"/api/v1/uploads?name={name}", who=who, method="POST", content=content, **{"Content_Type": RAW, **headers})


def sent(office: Office, content: bytes, name: str = "住户.csv") -> str:
    """Upload a file, and return its id."""
    answer = send(office, content, name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["upload_id"])


def held(office: Office) -> Holdings:
    """What the service holds."""
    holdings: Holdings = office.app.state.holdings
    return holdings


def work_on(office: Office, tables: Mapping[str, str], *, dry_run: bool = True, base: int = 5, **asked: Any) -> Work:
    """Ask for an import as the route would, and return its work."""
    holdings = held(office)
    state = holdings.require_state()
    names = dict.fromkeys(tables, "住户.csv")
    wanted = {"tables": dict(tables), "dry_run": dry_run, "datum": "wgs84", "extent": "whole", "act": ACT, "names": names}
    caller = caller_with(state, office.keys["planner"])
    job = records.job_of(state, records.enqueue(state, caller, "import", {**wanted, "base": base, **asked}))
    return Work(job, caller, holdings, private_folder(state.part("jobs") / job.job_id / "result"), Clock())


def bring(office: Office, tables: Mapping[str, str], **asked: Any) -> Mapping[str, Any]:
    """Import uploads, here and now."""
    return imports.run(work_on(office, tables, **asked))
