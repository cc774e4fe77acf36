"""What is published, and publishing: a finished check becomes what the public sees from a day on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.idempotency import OnlyOnce
from api.queue.asking import PublicationAsked
from api.queue.checking import checked_folder
from api.queue.publishing import GONE
from api.queue.seeing import job_seen, require_everywhere
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from api.routes.jobs import JOB_SHOWN, begun
from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text

router = APIRouter()

SHOWN = {"number": 3, "version": 12, "effective": "2026-07-01", "made_at": "2026-06-28T01:02:03+00:00", "digest": "9f2c…"}
JOB = {**JOB_SHOWN, "kind": "publication", "name": "publication"}
JOB["asked"] = {"check": "3b53192bb0d0455fb785", "effective": "2026-07-01"}


@offer(
    router,
    "GET",
    "/api/v1/publications",
    says=Text("全部发布，旧的在前；尚未生效的也在内", "Everything published, oldest first, with what is not in force yet"),
    tag="work",
    answer=Offered(role="viewer", example={"publications": [SHOWN]}),
)
def publications(request: Request, holdings: Held) -> Response:
    """Return every publication."""
    return reply(request, {"publications": [each.to_record() for each in holdings.publications()]})


@offer(
    router,
    "POST",
    "/api/v1/publications",
    says=Text(
        "发布一份做完的检查，自某日起对公众有效（任务；不可撤回）",
        "Publish a finished check, which the public sees from a day on (a job; it cannot be taken back)",
    ),
    tag="work",
    answer=Offered(role="admin", status=202, body=PublicationAsked, more=(409,), example=JOB),
)
def publish(
    request: Request,
    asked: Annotated[PublicationAsked, Depends(body_of(PublicationAsked))],
    holdings: Held,
    caller: Calling,
    lang: Language,
    once: OnlyOnce,
) -> Response:
    """Put a publication in the queue."""
    require_everywhere(caller)
    state = holdings.require_state()
    try:
        check = job_seen(state, caller, asked.check, "check")
    except NotFoundError as error:
        raise InputError(error.message) from error
    if checked_folder(state, check) is None:
        raise InputError(NOT_FINISHED if check.status != "done" else GONE)
    wanted = {"check": check.job_id, "effective": (asked.effective or holdings.today()).isoformat()}
    return once.run(lambda: begun(request, holdings, caller, lang, "publication", wanted))


NOT_FINISHED = Text(
    "这份检查没有做完，不能发布：请等它结束，或另做一份",
    "this check is not finished: wait for it, or make another",
)
