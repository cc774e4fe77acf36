"""Proposals as jobs: grids drawn, evened out or merged, households shared out, zones, sites."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.callers import scope_of
from api.idempotency import OnlyOnce
from api.queue.asking import ProposalAsked
from api.queue.wishes import asked_of
from api.routes.common import Calling, Held, Language, Offered, body_of, named_in_body, offer
from api.routes.jobnouns import JOB_SHOWN, Noun, begun, offer_files, offer_jobs
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
    with named_in_body(), holdings.workspace() as workspace:
        wanted = asked_of(asked.root, caller, scope_of(caller, workspace.boundaries()))
    return once.run(lambda: begun(request, holdings, caller, lang, "proposal", wanted))


PROPOSAL = Noun(
    kind="proposal",
    role="planner",
    listed=Text("您能看到的建议，最新的在前", "The proposals that you may see, newest first"),
    told=Text("一个建议：进度、所存的方案、文件", "A proposal: how far it is, the plans that it saved, its files"),
    ended=Text("取消建议；已结束的不变", "Cancel a proposal; one that is over stays as it is"),
    shown=SHOWN,
    more=lambda seen: {"files": seen.files()} if seen.job.has_files and seen.caller.is_everywhere else {},
)
offer_jobs(router, PROPOSAL)
offer_files(
    router,
    PROPOSAL,
    says=Text(
        "建议的文件：地图、工作簿、图层（需全部区域的权限；记入审计）",
        "A file of a proposal: map, workbook, layers; it takes rights in every area, and is noted in the audit trail",
    ),
    holds_homes=lambda _: True,
)
