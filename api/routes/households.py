"""Erasing a household: out of every version, file and memory of the office, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request

from api.erasing import erase_households
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.store import Act

if TYPE_CHECKING:
    from starlette.responses import Response

from geogrid.words import Text

router = APIRouter()
ERASE = Text(
    "抹除您区域内的一户：从工作区的所有版本、任务结果和上传文件中删除，不可恢复；并告知备份何时不再含有它",
    "Erase a household of your areas: out of every version of the workspace, results of jobs and uploads, for good; says until "
    "when backups hold it",
)
EXAMPLE = {"version": 13, "rows": 2, "jobs": 4, "uploads": 1, "backups_until": "2026-08-01"}

HouseholdId = Annotated[
    str, Path(min_length=1, max_length=200, description="Id of a household.", json_schema_extra={"x-zh": "住户编号。"})
]
Reason = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        description="Why, for the ledger; name nobody.",
        json_schema_extra={"x-zh": "理由，记入台账；不要写姓名。"},
    ),
]


@offer(
    router,
    "DELETE",
    "/api/v1/households/{household_id}",
    says=ERASE,
    tag="plans",
    answer=Offered(role="admin", more=(409,), example=EXAMPLE),
)
def erase(
    request: Request,
    *,
    household_id: HouseholdId,
    reason: Reason = "申请删除 on request",
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Erase a household of the caller's areas."""
    done = erase_households(holdings, caller, [household_id], Act(caller.name or caller.key_id, None, reason))
    request.app.state.tile_sets.forget()
    return reply(request, done.to_record())
