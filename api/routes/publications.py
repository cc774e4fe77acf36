"""What is published, and publishing: a finished check becomes what the public sees from a day on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access import require_everywhere
from api.holdings import Holdings
from api.idempotency import OnlyOnce
from api.planning_http import MayMatch
from api.queue.asking import PublicationAsked
from api.queue.checking import checked_folder
from api.queue.publishing import GONE, require_worth
from api.queue.seeing import job_seen
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, named_in_body, offer
from api.routes.jobnouns import JOB_SHOWN, begun
from geogrid.errors import InputError
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
def publications(request: Request, holdings: Held, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Return every publication."""
    told = [each.to_record() for each in holdings.publications()]
    return reply(request, {"publications": told}, etag=_etag(holdings))


@offer(
    router,
    "POST",
    "/api/v1/publications",
    says=Text(
        "发布一份做完的检查，自某日起对公众有效（任务；不可撤回）。dry_run 只看因此前的发布会隐去多少；超过五分之一时须给 "
        "accept_withheld，不给则任务失败并说明数量，此后直接答 409",
        "Publish a finished check, which the public sees from a day on (a job; it cannot be taken back). With dry_run it only "
        "says what would be withheld because of earlier publications; where that is more than a fifth of the figures, it takes "
        "accept_withheld: without it the job fails and says how much, and from then on the answer is 409",
    ),
    tag="work",
    answer=Offered(role="admin", status=202, body=PublicationAsked, more=(409, 412), example=JOB),
)
def publish(
    request: Request,
    *,
    asked: Annotated[PublicationAsked, Depends(body_of(PublicationAsked))],
    holdings: Held,
    caller: Calling,
    lang: Language,
    once: OnlyOnce,
    match: MayMatch,
) -> Response:
    """Put a publication in the queue."""
    require_everywhere(caller)
    state = holdings.require_state()
    with named_in_body():
        check = job_seen(state, caller, asked.check, "check")
    if checked_folder(state, check) is None:
        raise InputError(NOT_FINISHED if check.status != "done" else GONE)
    wanted = {"check": check.job_id, "effective": (asked.effective or holdings.today()).isoformat()}
    said = {name: True for name in ("dry_run", "accept_withheld") if getattr(asked, name)}

    def make() -> Response:
        match.allow(_etag(holdings))
        if not said:
            require_worth(state, check, beside=len(holdings.publications()))
        return begun(request, holdings, caller, lang, "publication", wanted | said)

    return once.run(make)


def _etag(holdings: Holdings) -> str:
    """Return what names the list of all that is published: it only ever grows."""
    made = holdings.publications()
    return f"published-{len(made)}-{made[-1].digest[:12] if made else 'nothing'}"


NOT_FINISHED = Text(
    "这份检查没有做完，不能发布：请等它结束，或另做一份",
    "this check is not finished: wait for it, or make another",
)
