"""Exports: a table of the workspace, or a public layer, as a file in the format that somebody needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import audit
from api.holdings import Holdings
from api.idempotency import OnlyOnce
from api.queue.asking import ExportAsked
from api.queue.seeing import etag_of, file_named, job_seen, jobs_seen, result_folder, told_job
from api.queue.sending import FILE_TYPES, OTHER, send_file
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from api.routes.jobs import JOB_SHOWN, begun, cancelled
from api.scoping import OF_HOUSEHOLDS
from geogrid.errors import InputError, NotFoundError
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
    try:
        wanted = {**asked.model_dump(mode="json", exclude={"on", "version"}), **_basis(holdings, asked)}
    except NotFoundError as error:  # something that the body names, not the address
        raise InputError(error.message) from error
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


@offer(
    router,
    "GET",
    "/api/v1/exports",
    says=Text("您能看到的导出，最新的在前", "The exports that you may see, newest first"),
    tag="work",
    answer=Offered(role="viewer", example={"exports": [SHOWN]}),
)
def exports(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return every export that the caller may see."""
    found = jobs_seen(holdings.require_state(), caller, "export")
    return reply(request, {"exports": [told_job(job, lang, holdings.settings.base_url) for job in found]})


@offer(
    router,
    "GET",
    "/api/v1/exports/{export_id}",
    says=Text("一个导出：进度、文件的地址", "An export: how far it is, and where its file is"),
    tag="work",
    answer=Offered(role="viewer", example=SHOWN),
)
def export(request: Request, export_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return an export, with the address of its file where it is done."""
    job = job_seen(holdings.require_state(), caller, export_id, "export")
    told = told_job(job, lang, holdings.settings.base_url)
    if job.status == "done":
        told["links"] |= {"file": f"{told['links']['about']}/file"}
    return reply(request, told, etag=etag_of(job, lang))


@offer(
    router,
    "DELETE",
    "/api/v1/exports/{export_id}",
    says=Text("取消导出；已结束的不变", "Cancel an export; one that is over stays as it is"),
    tag="work",
    answer=Offered(role="viewer", status=202, example=SHOWN),
)
def cancel_export(request: Request, export_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Ask that an export end."""
    return cancelled(request, holdings, caller, lang, export_id, "export")


@offer(
    router,
    "GET",
    "/api/v1/exports/{export_id}/file",
    says=Text("导出的文件；含住户的记入审计", "The file of an export; one with households is noted in the audit trail"),
    tag="work",
    answer=Offered(role="viewer", media_type=OTHER, also=FILE_TYPES),
)
def export_file(request: Request, export_id: str, holdings: Held, caller: Calling) -> Response:
    """Return the file of a finished export."""
    state = holdings.require_state()
    job = job_seen(state, caller, export_id, "export")
    path = file_named(result_folder(state, job), (job.result or {}).get("file", ""))
    if job.asked.get("table") in OF_HOUSEHOLDS:
        audit.note(state, caller, "read_households", f"export of {job.asked['table']}", {"rows": job.result["rows"]})
    return send_file(request, path)
