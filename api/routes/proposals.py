"""Proposals as jobs: grids drawn, evened out or merged, households shared out, zones, sites."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api import audit
from api.callers import scope_of
from api.idempotency import OnlyOnce
from api.queue.asking import ProposalAsked
from api.queue.seeing import (
    etag_of,
    file_named,
    files_in,
    job_seen,
    jobs_seen,
    require_everywhere,
    result_folder,
    told_job,
)
from api.queue.sending import FILE_TYPES, OTHER, send_file
from api.queue.wishes import asked_of
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from api.routes.jobs import JOB_SHOWN, begun, cancelled
from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text

router = APIRouter()

SHOWN = {**JOB_SHOWN, "kind": "proposal", "name": "proposal", "asked": {"kind": "even"}}


@offer(
    router,
    "POST",
    "/api/v1/proposals",
    says=Text(
        "请求一个建议（任务）：划分、均衡、合并、包干、片区、选址；网格的建议存为方案",
        "Ask for a proposal (a job): grids, even, merge, shares, zones or sites; those of grids are saved as plans",
    ),
    tag="work",
    answer=Offered(role="planner", status=202, body=ProposalAsked, more=(409,), example=SHOWN),
)
def begin_proposal(
    request: Request,
    asked: Annotated[ProposalAsked, Depends(body_of(ProposalAsked))],
    holdings: Held,
    caller: Calling,
    lang: Language,
    once: OnlyOnce,
) -> Response:
    """Put a proposal in the queue."""
    try:
        with holdings.workspace() as workspace:
            wanted = asked_of(asked.root, caller, scope_of(caller, workspace.boundaries()))
    except NotFoundError as error:  # something that the body names, not the address
        raise InputError(error.message) from error
    return once.run(lambda: begun(request, holdings, caller, lang, "proposal", wanted))


@offer(
    router,
    "GET",
    "/api/v1/proposals",
    says=Text("您能看到的建议，最新的在前", "The proposals that you may see, newest first"),
    tag="work",
    answer=Offered(role="planner", example={"proposals": [SHOWN]}),
)
def proposals(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return every proposal that the caller may see."""
    found = jobs_seen(holdings.require_state(), caller, "proposal")
    return reply(request, {"proposals": [told_job(job, lang, holdings.settings.base_url) for job in found]})


@offer(
    router,
    "GET",
    "/api/v1/proposals/{proposal_id}",
    says=Text("一个建议：进度、所存的方案、文件", "A proposal: how far it is, the plans that it saved, its files"),
    tag="work",
    answer=Offered(role="planner", example=SHOWN),
)
def proposal(request: Request, proposal_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return a proposal, with its files where it is done."""
    job = job_seen(holdings.require_state(), caller, proposal_id, "proposal")
    told = told_job(job, lang, holdings.settings.base_url)
    if job.status == "done" and caller.is_everywhere:
        files = files_in(result_folder(holdings.require_state(), job))
        told["files"] = [f"{told['links']['about']}/files/{name}" for name in files]
    return reply(request, told, etag=etag_of(job, lang))


@offer(
    router,
    "DELETE",
    "/api/v1/proposals/{proposal_id}",
    says=Text("取消建议；已结束的不变", "Cancel a proposal; one that is over stays as it is"),
    tag="work",
    answer=Offered(role="planner", status=202, example=SHOWN),
)
def cancel_proposal(request: Request, proposal_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Ask that a proposal end."""
    return cancelled(request, holdings, caller, lang, proposal_id, "proposal")


@offer(
    router,
    "GET",
    "/api/v1/proposals/{proposal_id}/files/{name}",
    says=Text(
        "建议的文件：地图、工作簿、图层（需全部区域的权限；记入审计）",
        "A file of a proposal: map, workbook, layers; it takes rights in every area, and is noted in the audit trail",
    ),
    tag="work",
    answer=Offered(role="planner", media_type=OTHER, also=FILE_TYPES),
)
def proposal_file(request: Request, proposal_id: str, name: str, holdings: Held, caller: Calling) -> Response:
    """Return a file of a finished proposal."""
    state = holdings.require_state()
    job = job_seen(state, caller, proposal_id, "proposal")
    require_everywhere(caller)
    path = file_named(result_folder(state, job), name)
    audit.note(state, caller, "read_households", f"proposal {job.job_id}", {"file": path.name})
    return send_file(request, path)
