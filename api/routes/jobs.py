"""Long jobs under way: how far they are, told as they go, and how to end them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from starlette.responses import Response, StreamingResponse

from api import audit
from api.queue import records
from api.queue.events import events
from api.queue.seeing import etag_of, job_seen, jobs_seen, require_own, told_job
from api.replies import OWN, reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.words import Text

router = APIRouter()

LAST = Header(
    alias="Last-Event-ID",
    description="The last event that was seen; a browser sends it by itself.",
    json_schema_extra={"x-zh": "看到的最后一条的编号；浏览器会自动带上。"},
)
JOB_SHOWN = {
    "job_id": "5f0c1d9c8e6b3a7d2f41",
    "kind": "check",
    "name": "check",
    "status": "running",
    "step": "Computing travel times",
    "share": 0.62,
    "tries": 1,
    "is_cancelled": False,
    "created_at": "2026-07-02T08:00:00.000000+00:00",
    "started_at": "2026-07-02T08:00:01.000000+00:00",
    "ended_at": None,
    "asked": {"services": ["medical"], "version": 5},
    "result": None,
    "problem": None,
    "links": {"self": "https://grid.example.cn/api/v1/jobs/5f0c1d9c8e6b3a7d2f41"},
}


def answered(request: Request, holdings: Held, job: records.Job, lang: Language, status: int = 200) -> Response:
    """Return a job as an answer, with its address where it was just made."""
    base = holdings.settings.base_url
    headers = {"Location": f"{base}/api/v1/jobs/{job.job_id}"} if status == 202 else {}  # noqa: PLR2004 -- accepted
    return reply(request, told_job(job, lang, base), status=status, etag=etag_of(job, lang), headers=headers)


def begun(request: Request, holdings: Held, caller: Calling, lang: Language, kind: str, asked: Mapping[str, Any]) -> Response:
    """Put a job in the queue, wake who does it, and answer with it."""
    state = holdings.require_state()
    job_id = records.enqueue(state, caller, kind, asked, most=holdings.settings.jobs_waiting)
    request.app.state.runner.wake()
    return answered(request, holdings, records.job_of(state, job_id), lang, 202)


@offer(
    router,
    "GET",
    "/api/v1/jobs",
    says=Text("您能看到的任务，最新的在前", "The jobs that you may see, newest first"),
    tag="work",
    answer=Offered(role="viewer", example={"jobs": [JOB_SHOWN]}),
)
def jobs(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return every job that the caller may see."""
    found = jobs_seen(holdings.require_state(), caller)
    return reply(request, {"jobs": [told_job(job, lang, holdings.settings.base_url) for job in found]})


@offer(
    router,
    "GET",
    "/api/v1/jobs/{job_id}",
    says=Text("一个任务进行到哪里", "How far a job is"),
    tag="work",
    answer=Offered(role="viewer", example=JOB_SHOWN),
)
def job(request: Request, job_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Return a job."""
    return answered(request, holdings, job_seen(holdings.require_state(), caller, job_id), lang)


@offer(
    router,
    "GET",
    "/api/v1/jobs/{job_id}/events",
    says=Text(
        "任务的进度（server-sent events）：每有变化发一条，结束后关闭；看过结尾再来回 204",
        "The progress of a job as server-sent events: one for each change, closed after the end; 204 once the end was seen",
    ),
    tag="work",
    answer=Offered(role="viewer", media_type="text/event-stream", more=(204,)),
)
def job_events(
    request: Request,
    job_id: str,
    holdings: Held,
    caller: Calling,
    lang: Language,
    last_event_id: Annotated[str, LAST] = "",
) -> Response:
    """Return the stream of a job's states."""
    state = holdings.require_state()
    found = job_seen(state, caller, job_id)
    seen = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10 else 0  # noqa: PLR2004
    headers = {**OWN, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if found.is_over and seen >= found.revision:
        return Response(status_code=204, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    stream = events(state, found, seen, lang=lang, base_url=holdings.settings.base_url)
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


@offer(
    router,
    "DELETE",
    "/api/v1/jobs/{job_id}",
    says=Text("取消任务；已结束的不变", "Cancel a job; one that is over stays as it is"),
    tag="work",
    answer=Offered(role="viewer", status=202, example=JOB_SHOWN),
)
def cancel_job(request: Request, job_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:
    """Ask that a job end."""
    return cancelled(request, holdings, caller, lang, job_id)


def cancelled(request: Request, holdings: Held, caller: Calling, lang: Language, job_id: str, kind: str = "") -> Response:
    """Ask that a job end, and answer with it."""
    state = holdings.require_state()
    found = job_seen(state, caller, job_id, kind)
    require_own(caller, found)
    if not found.is_over:
        records.cancel(state, job_id)
        audit.note(state, caller, "cancel_job", f"job {job_id}")
        request.app.state.runner.wake()
    return answered(request, holdings, records.job_of(state, job_id), lang, 202)
