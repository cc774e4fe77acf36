"""Uploaded files brought into the workspace as a job: tried on a copy that is thrown away, or written by one version."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api import audit, uploads
from api.keeping import write_frame
from api.queue.asking import Table  # noqa: TC001 -- pydantic reads it
from api.sandboxed import read_uploaded
from api.toldfiles import assumed
from geogrid.errors import ConflictError, InputError
from geogrid.io import rejected_frame
from geogrid.officefiles import LeavesOutError, brought_in, write_together
from geogrid.officeland import rehearse
from geogrid.replacing import PRIVATE, private_folder
from geogrid.store import Act
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from api.queue.kinds import Work
    from geogrid.officefiles import Imported
    from geogrid.results import ReadResult
    from geogrid.store import Workspace
    from geogrid.workspace.ledger import Version

REJECTED = "rejected.csv"
MOST_KINDS = 100
"""Kinds of problems that a result tells; the file of rejected rows has them all."""
Datum = Literal["auto", "wgs84", "gcj02", "bd09"]
Said = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]

MOVED_ON = Text(
    "工作区已由他人写到第 {head} 版，您所基于的是第 {base} 版，什么也没有导入：请重新试导入后再写入",
    "somebody wrote version {head} of the workspace meanwhile, and you went by version {base}: nothing was imported; rehearse "
    "again, then import",
)
WHOLE = Text(
    '什么也没有导入。文件只是一部分（如一个村）请写 "extent": "part"，其余各行不变；确要整张换新请写 "extent": "replace"。',
    'Nothing was imported. If a file is only a part (one village), say "extent": "part" and all other rows stay; if it is to '
    'replace the whole table, say "extent": "replace".',
)
NO_REASON = Text("请写明 act.reason：它会写入账本", "say act.reason: it goes into the ledger")


class ActAsked(BaseModel):
    """Who imports (the key's name unless said), why, by which approval, with effect from which day (today unless said)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    who: Said = ""
    reason: Annotated[Said, Field(examples=["2026 年三季度人口更新"])] = ""
    approval: Said = ""
    effective: Annotated[dt.date | None, Field(strict=False)] = None


EXAMPLE: dict[str, Any] = {"tables": {"households": "0f8fad5bd9cb469fa16570867728950e"}, "dry_run": True, "extent": "whole"}


class ImportAsked(BaseModel):
    """Uploads by table, brought into the workspace or, as a dry run, into a copy of it.

    ``extent``: whether each file is its table as a whole (then it may leave out a tenth of the rows at most), a part of it (all
    other rows stay), or replaces it. ``datum``: of all tables, or by table.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"example": EXAMPLE})

    tables: Annotated[
        dict[Table, Annotated[str, Field(pattern=f"^{uploads.ID.pattern}$")]],
        Field(min_length=1, examples=[{"households": "0f8fad5bd9cb469fa16570867728950e"}]),
    ]
    dry_run: bool = False
    datum: Datum | dict[Table, Datum] = "auto"
    extent: Literal["whole", "part", "replace"] = "whole"
    act: ActAsked = ActAsked()

    def require_reason(self) -> None:
        """Refuse to write without a reason.

        Raises
        ------
        InputError
            When none is said, and it is no dry run.
        """
        if not self.dry_run and not self.act.reason.strip():
            raise InputError(NO_REASON)


def head_etag(head: Version) -> str:
    """Return what names the newest version of the workspace, for If-Match."""
    return f"v{head.version}"


def run(work: Work) -> Mapping[str, Any]:
    """Bring uploads into the workspace, and return what changed, what was rejected and why, never a row.

    Rejected rows go to a private file of the job.
    """
    asked = work.asked
    with work.holdings.workspace() as workspace:
        read = _read(work, workspace)
        with work.clock.step("think"):
            done = _brought(work, workspace, read)
    made = None if asked["dry_run"] else done.versions[-1]
    rejected = _rejected(read)
    if len(rejected):
        write_frame(rejected, private_folder(work.folder / PRIVATE) / REJECTED)
    changes = {table: _change(done, table) for table in done.changes}
    detail = {"tables": list(changes), "version": made.version if made else None, "job": work.job.job_id}
    audit.note(work.state, work.caller, "rehearse_import" if made is None else "import", ", ".join(changes), detail)
    return _told(work, done, changes, rejected, made)


def _read(work: Work, workspace: Workspace) -> Mapping[str, ReadResult]:
    """Read the uploads, each in no process of ours."""
    asked = work.asked["tables"]
    sent = {table: uploads.upload_of(work.state, work.job.who, each) for table, each in asked.items()}
    units = () if "units" in sent or "households" not in sent else workspace.read("units")["unit_id"]
    with work.clock.step("read"):
        files = {table: each.path(work.state) for table, each in sent.items()}
        return read_uploaded(work.state, work.holdings.settings, files, profile=workspace.profile, units=set(units))


def _brought(work: Work, workspace: Workspace, read: Mapping[str, ReadResult]) -> Imported:
    """Bring tables in as asked; what to do about files that leave out too much is said in the words of a request."""
    try:
        return (_rehearsed if work.asked["dry_run"] else _written)(work, workspace, read)
    except LeavesOutError as error:
        raise InputError(Text(error.short.zh + WHOLE.zh, f"{error.short.en} {WHOLE.en}")) from error


def _rehearsed(work: Work, workspace: Workspace, read: Mapping[str, ReadResult]) -> Imported:
    asked = work.asked
    return rehearse(workspace, read, act=_act(work), datum=datum_of(asked), extent=asked["extent"], clock=work.clock)


def _written(work: Work, workspace: Workspace, read: Mapping[str, ReadResult]) -> Imported:
    """Write all tables by one version, on the version that was seen."""
    act, base = _act(work), work.asked["base"]
    workspace.require_day(act)
    if workspace.head.version != base:
        raise ConflictError(MOVED_ON.fill(head=workspace.head.version, base=base))
    brought = brought_in(workspace, read, datum=datum_of(work.asked), clock=work.clock)
    with work.clock.step("write"):
        return write_together(workspace, brought, act, extent=work.asked["extent"], base=base)


def _act(work: Work) -> Act:
    said = work.asked["act"]
    day = said["effective"]
    return Act(said["who"], dt.date.fromisoformat(day) if day else None, said["reason"], said["approval"])


def datum_of(asked: Mapping[str, Any]) -> str | dict[str, str]:
    """Return the datum as readers take it: of tables that are not named, it is found out."""
    given = asked["datum"]
    return {"*": "auto", **given} if isinstance(given, dict) else str(given)


def _rejected(read: Mapping[str, ReadResult]) -> pd.DataFrame:
    return rejected_frame([each.rejected.assign(table=table) for table, each in read.items()])


def _change(done: Imported, table: str) -> dict[str, int]:
    change, rejected = done.changes[table], done.brought.read[table].rejected
    now = change.new + change.changed + change.unchanged
    counts = {**change._asdict(), "now": now, "rejected": rejected["line"].nunique() if len(rejected) else 0}
    return {name: int(n) for name, n in counts.items()}


def _told(
    work: Work, done: Imported, changes: Mapping[str, Mapping[str, int]], rejected: pd.DataFrame, made: Version | None
) -> Mapping[str, Any]:
    base = int(work.asked["base"])
    return {
        "dry_run": made is None,
        "base": base,
        "version": made.version if made else None,
        "effective": str(made.effective) if made else None,
        "if_match": f'"v{base if made is None else made.version}"',
        "tables": changes,
        "notes": [note._asdict() for note in assumed(done)],
        "outside": done.outside._asdict() if done.outside else None,
        "rejected": {"rows": sum(each["rejected"] for each in changes.values()), "kinds": problems_of(rejected)},
    }


def problems_of(rejected: pd.DataFrame) -> list[dict[str, Any]]:
    """Return which kinds of problems there are, how often and on which line first: no value of a row, and no id."""
    if rejected.empty:
        return []
    grouped = rejected.groupby(["table", "column", "code"], sort=False, dropna=False)
    found = sorted(grouped, key=lambda pair: -len(pair[1]))[:MOST_KINDS]
    return [
        {"table": str(table), "column": str(column), "code": str(code), "rows": len(rows), "first_line": int(rows["line"].min())}
        for (table, column, code), rows in found
    ]
