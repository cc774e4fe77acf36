"""What is told of plans as JSON: change sheets, movers, the grids that come of them, clashes, adoptions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from api.httpwords import over_http
from api.planning_http import feature_rows
from geogrid.errors import ConflictError
from geogrid.plain import both, plain, records
from geogrid.words import Text

if TYPE_CHECKING:
    from api.callers import Caller
    from geogrid.changesheet import ChangeSheet
    from geogrid.office import Adopted
    from geogrid.plans import Drawn
    from geogrid.rebase import Rebased
    from geogrid.store import Version

CLASHES = Text(
    "方案有 {n} 项操作与最新版冲突（见 conflicts），什么也没有存：用 keep 保留，用 leave_out 不要，或重新画",
    "{n} operations of the plan clash with the newest version (see conflicts), and nothing was saved: keep them with `keep`, go "
    "on without them with `leave_out`, or draw them again",
)


class ClashError(ConflictError):
    """Operations that clash with the newest version, with their places."""

    def __init__(self, message: Text, conflicts: dict[str, Any]) -> None:
        super().__init__(message)
        self.members = {"conflicts": conflicts}


def sheet_json(drawn: Drawn, sheet: ChangeSheet) -> dict[str, Any]:
    """Return the counts of a change sheet: exact, for staff; no household."""
    return {
        "summary": both(sheet.summary),
        "notes": [both(over_http(note)) for note in (*drawn.notes, *sheet.notes)],
        "totals": plain(sheet.totals),
        "grids": records(sheet.grids),
        "flows": records(sheet.flows),
        "staff": records(sheet.staff),
        "locks": records(sheet.locks),
        "cut_units": records(sheet.cut_units),
    }


def movers_json(sheet: ChangeSheet) -> list[dict[str, Any]]:
    """Return the households that change grid. Private: who sends it notes it in the audit trail."""
    return records(sheet.movers)


def boundaries_json(drawn: Drawn) -> dict[str, Any]:
    """Return the grids after a plan as GeoJSON in WGS 84; ``is_changed`` marks those that differ from the base."""
    changed = set(drawn.changed)
    frame = drawn.boundaries.grid_frame
    return feature_rows(frame.assign(is_changed=[key in changed for key in frame["grid_id"]]))


def clash_of(moved: Rebased) -> ClashError:
    """Return the error that tells which operations clash, and where."""
    return ClashError(CLASHES.fill(n=len(moved.conflicts)), feature_rows(moved.conflicts))


def of(caller: Caller) -> str:
    """Return what tells answers to callers of some areas from those to others, in an ETag."""
    return hashlib.sha256(repr(caller.areas).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def version_etag(version: int, caller: Caller) -> str:
    """Return the ETag of a record of the ledger as a caller sees it."""
    return f"version-{version}-{of(caller)}"


def ledger_etag(newest: int, in_force: int, caller: Caller) -> str:
    """Return the ETag of the ledger as a caller sees it; who writes upon it may name it in ``If-Match``."""
    return f"{newest}-{in_force}-{of(caller)}"


def version_json(version: Version) -> dict[str, Any]:
    """Return a record of the ledger: operations and hashes included, and no household."""
    texts = {name: getattr(version, name) for name in ("kind", "who", "recorded_at", "reason", "approval", "plan_id")}
    return {
        "version": version.version,
        "effective": version.effective.isoformat(),
        **texts,
        "tables": list(version.tables),
        "counts": plain(dict(version.counts)),
        "operations": plain(list(version.operations)),
        "hash": version.hash,
        "previous_hash": version.previous_hash,
        "is_signed": bool(version.hmac),
    }


def adopted_json(done: Adopted) -> dict[str, Any]:
    """Return what came of an adoption."""
    version = done.version
    return {
        "version": version.version,
        "effective": version.effective.isoformat(),
        "recorded_at": version.recorded_at,
        "who": version.who,
        "hash": version.hash,
        "is_signed": bool(version.hmac),
        "codes": dict(done.codes),
        "changed": list(done.drawn.changed),
    }
