"""Long jobs under way: how far they are, told as they go, and how to end them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response, StreamingResponse

from api.queue.events import events
from api.queue.records import Job
from api.queue.seeing import EVERY
from api.replies import OWN
from api.routes.common import Held, Language, Offered, offer
from api.routes.jobnouns import JOB_SHOWN, Noun, offer_jobs, seen
from geogrid.words import Text

router = APIRouter()

LAST = Header(
    alias="Last-Event-ID",
    description="The last event that was seen; a browser sends it by itself.",
    json_schema_extra={"x-zh": "看到的最后一条的编号；浏览器会自动带上。"},
)
JOB = Noun(
    kind=EVERY,
    role="viewer",
    listed=Text("您能看到的任务，最新的在前", "The jobs that you may see, newest first"),
    told=Text("一个任务进行到哪里", "How far a job is"),
    ended=Text("取消任务；已结束的不变", "Cancel a job; one that is over stays as it is"),
    shown=JOB_SHOWN,
)
offer_jobs(router, JOB)


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
    job: Annotated[Job, Depends(seen(JOB))],
    holdings: Held,
    lang: Language,
    last_event_id: Annotated[str, LAST] = "",
) -> Response:
    """Return the stream of a job's states."""
    last = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10 else 0  # noqa: PLR2004
    headers = {**OWN, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if job.is_over and last >= job.revision:
        return Response(status_code=204, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers, media_type="text/event-stream")
    stream = events(holdings.require_state(), job, last, lang=lang, base_url=holdings.settings.base_url)
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")
