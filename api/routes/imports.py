"""Imports: uploaded files brought into the workspace, or first tried on a copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import audit, uploads
from api.access import require_everywhere
from api.callers import Caller
from api.holdings import Holdings
from api.idempotency import OnlyOnce
from api.imports import REJECTED, ImportAsked, head_etag
from api.planning_http import Match, Matching
from api.planning_http_sheets import ledger_etag
from api.queue.records import Job
from api.queue.seeing import file_named, result_folder
from api.queue.sending import send_file
from api.routes.common import Calling, Held, Language, Offered, body_of, named_in_body, offer
from api.routes.jobnouns import JOB_SHOWN, Noun, Seen, begun, offer_jobs, seen
from api.scoping import OF_HOUSEHOLDS
from geogrid.replacing import PRIVATE
from geogrid.words import Text

router = APIRouter()

RESULT: dict[str, Any] = {
    "dry_run": True,
    "base": 7,
    "version": None,
    "effective": None,
    "if_match": '"v7"',
    "tables": {"households": {"new": 12, "changed": 40, "unchanged": 5103, "ended": 3, "kept": 2, "now": 5155, "rejected": 2}},
    "notes": [],
    "outside": {"households": 1, "placed": 5155},
    "rejected": {
        "rows": 2,
        "kinds": [{"table": "households", "column": "人口", "code": "not_a_number", "rows": 2, "first_line": 18}],
    },
}
ASKED = {"tables": {"households": "0f8fad5bd9cb469fa16570867728950e"}, "dry_run": True, "extent": "whole", "base": 7}
SHOWN = {**JOB_SHOWN, "kind": "import", "name": "import", "status": "done", "share": 1.0, "asked": ASKED, "result": RESULT}


@dataclass(frozen=True, eq=False)
class Desk:
    """Who brings uploads in, and what was seen of the workspace before."""

    holdings: Holdings
    caller: Caller
    match: Match

    def wanted(self, asked: ImportAsked) -> dict[str, Any]:
        """Return what the job is asked: with the files' names, and the version that it goes by."""
        told = asked.model_dump(mode="json")
        act = {**told["act"], "who": asked.act.who or self.caller.name}
        return {**told, "act": act, "names": self._names(asked), "base": self._base(asked)}

    def _names(self, asked: ImportAsked) -> dict[str, str]:
        """Return what the uploads are called by their sender, who must be the caller."""
        state = self.holdings.require_state()
        with named_in_body():
            return {table: uploads.upload_of(state, self.caller.key_id, each).name for table, each in asked.tables.items()}

    def _base(self, asked: ImportAsked) -> int:
        """Return the newest version; who writes must have seen it."""
        with self.holdings.workspace() as workspace:
            head, now = workspace.head, workspace.in_force().version
        if not asked.dry_run:
            self.match.require(head_etag(head), ledger_etag(head.version, now.version, self.caller))
        return head.version


def desk_of(holdings: Held, caller: Calling, match: Matching) -> Desk:
    """Return who brings uploads in; an import replaces whole tables and takes rights in every area.

    Raises
    ------
    ForbiddenError
        For a caller whose role holds in some areas only.
    """
    require_everywhere(caller)
    return Desk(holdings, caller, match)


@offer(
    router,
    "POST",
    "/api/v1/imports",
    says=Text(
        "把上传的文件导入工作区（任务）；dry_run 只试不写；写入须用 If-Match 说明所基于的版本"
        "（试导入结果的 if_match，或 GET /api/v1/versions 的 ETag）",
        "Bring uploaded files into the workspace (a job); dry_run only tries; to write, If-Match says on which version (the dry "
        "run's if_match, or the ETag of GET /api/v1/versions)",
    ),
    tag="work",
    answer=Offered(role="planner", status=202, body=ImportAsked, more=(403, 409, 412, 428), example=SHOWN),
)
def begin_import(
    request: Request,
    asked: Annotated[ImportAsked, Depends(body_of(ImportAsked))],
    desk: Annotated[Desk, Depends(desk_of)],
    lang: Language,
    once: OnlyOnce,
) -> Response:
    """Put an import in the queue."""
    asked.require_reason()
    return once.run(lambda: begun(request, desk.holdings, desk.caller, lang, "import", desk.wanted(asked)))


def _rejected(seen: Seen) -> dict[str, Any]:
    """Return where the rejected rows are, where there are any."""
    result = seen.job.result
    return {"links": {"rejected": f"{seen.here}/rejected"}} if seen.job.has_files and result["rejected"]["rows"] else {}


IMPORT = Noun(
    kind="import",
    role="planner",
    listed=Text("您能看到的导入，最新的在前", "The imports that you may see, newest first"),
    told=Text(
        "一次导入：进度、各表的新增和变动、不可用的行数及原因",
        "An import: how far it is, what changed, what was rejected and why",
    ),
    ended=Text("取消导入；已结束的不变", "Cancel an import; one that is over stays as it is"),
    shown=SHOWN,
    more=_rejected,
)
offer_jobs(router, IMPORT)


@offer(
    router,
    "GET",
    "/api/v1/imports/{import_id}/rejected",
    says=Text(
        "不可用的行：哪一行、什么值、应为什么、怎么改（CSV）；含住户的记入审计",
        "The rejected rows: line, value, what was expected, what to do (CSV); one with households is noted in the audit trail",
    ),
    tag="work",
    answer=Offered(role="planner", media_type="text/csv"),
)
def rejected_rows(
    request: Request,
    job: Annotated[Job, Depends(seen(IMPORT))],
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Return the rejected rows of a finished import."""
    state = holdings.require_state()
    path = file_named(result_folder(state, job), f"{PRIVATE}-{REJECTED}")
    if OF_HOUSEHOLDS & set(job.asked["tables"]):
        audit.note(
            state, caller, "read_households", f"rejected rows of job {job.job_id}", {"rows": job.result["rejected"]["rows"]}
        )
    return send_file(request, path)
