"""Exports: a table of the workspace, or a public layer, as a file in the format that somebody needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import audit
from api.holdings import Holdings
from api.idempotency import OnlyOnce
from api.queue.asking import ExportAsked
from api.queue.records import Job
from api.queue.seeing import file_named, result_folder
from api.queue.sending import FILE_TYPES, OTHER, send_file
from api.routes.common import Calling, Held, Language, Offered, body_of, named_in_body, offer
from api.routes.jobnouns import JOB_SHOWN, Noun, begun, offer_jobs, seen
from api.scoping import OF_HOUSEHOLDS
from geogrid.words import Text

router = APIRouter()

SHOWN = {
    **JOB_SHOWN,
    "kind": "export",
    "name": "export",
    "asked": {"table": "facilities", "format": "gpkg", "version": 5},
    "result": {"version": 5, "file": "facilities.gpkg", "rows": 41, "bytes": 98304},
}


@offer(
    router,
    "POST",
    "/api/v1/exports",
    says=Text(
        "导出一张表（您的区域内的行）或一个公开图层（任务）",
        "Export a table (its rows in your areas) or a public layer (a job)",
    ),
    tag="work",
    answer=Offered(role="viewer", status=202, body=ExportAsked, more=(409,), example=SHOWN),
)
def begin_export(
    request: Request,
    asked: Annotated[ExportAsked, Depends(body_of(ExportAsked))],
    holdings: Held,
    caller: Calling,
    lang: Language,
    once: OnlyOnce,
) -> Response:
    """Put an export in the queue."""
    asked.require_clear()
    with named_in_body():
        wanted = {**asked.model_dump(mode="json", exclude={"on", "version"}), **_basis(holdings, asked)}
    return once.run(lambda: begun(request, holdings, caller, lang, "export", wanted))


def _basis(holdings: Holdings, asked: ExportAsked) -> dict[str, Any]:
    """Return which publication, or which version of the workspace, is meant."""
    if asked.layer is not None:
        found = holdings.source(asked.on).publication
        return {"publication": found.number if found else None}
    with holdings.workspace() as workspace:
        if asked.version is not None:
            workspace.boundaries(version=asked.version)
            return {"version": asked.version}
        return {"version": workspace.version_on(asked.on or holdings.today()).version}


EXPORT = Noun(
    kind="export",
    role="viewer",
    listed=Text("您能看到的导出，最新的在前", "The exports that you may see, newest first"),
    told=Text("一个导出：进度、文件的地址", "An export: how far it is, and where its file is"),
    ended=Text("取消导出；已结束的不变", "Cancel an export; one that is over stays as it is"),
    shown=SHOWN,
    more=lambda seen: {"links": {"file": f"{seen.here}/file"}} if seen.job.has_files else {},
)
offer_jobs(router, EXPORT)


@offer(
    router,
    "GET",
    "/api/v1/exports/{export_id}/file",
    says=Text("导出的文件；含住户的记入审计", "The file of an export; one with households is noted in the audit trail"),
    tag="work",
    answer=Offered(role="viewer", media_type=OTHER, also=FILE_TYPES),
)
def export_file(
    request: Request,
    job: Annotated[Job, Depends(seen(EXPORT))],
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Return the file of a finished export."""
    state = holdings.require_state()
    path = file_named(result_folder(state, job), (job.result or {}).get("file", ""))
    if job.asked.get("table") in OF_HOUSEHOLDS:
        audit.note(state, caller, "read_households", f"export of {job.asked['table']}", {"rows": job.result["rows"]})
    return send_file(request, path)
