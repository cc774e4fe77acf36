"""What-ifs: facilities added, moved, closed or opened on paper, and who gains and loses by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api.changes import require_printable
from api.planning_http import alone
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, named_in_body, offer
from api.towns import part_for
from geogrid.plain import records
from geogrid.whatif import Change
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.callers import Caller
    from api.holdings import Holdings

router = APIRouter()
MOST_CHANGES = 100
SAYS = Text(
    "试一试设施的增减迁移：各网格谁够得着了、谁够不着了；什么也不存",
    "Try out changes of facilities: who gains and who loses by grid; nothing is kept",
)
Short = Annotated[str, Field(max_length=200)]


class Changed(BaseModel):
    """A facility that is added (with services and place), moved (place), closed or opened."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["add", "move", "close", "open"]
    facility_id: Annotated[str, Field(min_length=1, max_length=200, examples=["F1"])]
    name: Short = ""
    services: Annotated[list[Short], Field(max_length=20)] = Field(default_factory=list)
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None


class Tried(BaseModel):
    """Changes in order, each on top of those before it; on the town of the newest check."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"example": {"changes": [{"kind": "close", "facility_id": "F1"}]}},
    )

    changes: Annotated[list[Changed], Field(min_length=1, max_length=MOST_CHANGES)]


EXAMPLE = {
    "changes": [{"kind": "close", "facility_id": "F1"}],
    "totals": [{"service": "medical", "households_gain": 0, "households_lose": 54, "share_before": 0.675, "share_after": 0.0}],
    "grids": [{"service": "medical", "grid_id": "G1", "households_gain": 0, "households_lose": 20}],
}


@offer(
    router,
    "POST",
    "/api/v1/what-ifs",
    says=SAYS,
    tag="plans",
    answer=Offered(role="planner", body=Tried, more=(404,), example=EXAMPLE),
)
def try_out(
    request: Request,
    holdings: Held,
    caller: Calling,
    asked: Annotated[Tried, Depends(body_of(Tried))],
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Try changes out on the caller's part of the town."""
    changes = [Change.of(each.model_dump()) for each in asked.changes]
    require_printable(changes)
    return reply(request, tried(holdings, caller, changes))


def tried(holdings: Holdings, caller: Caller, changes: list[Change]) -> dict[str, Any]:
    """Return the exact effect of changes on the grids of the caller's areas: for staff, and without a household.

    Raises
    ------
    NotFoundError
        When nothing was checked yet.
    InputError
        When a change cannot be made.
    BusyError
        When others keep the town busy for too long.
    """
    part = part_for(holdings, caller)
    with alone(holdings), named_in_body():
        effect = part.whatif().apply(*changes).effect()
    return {
        "changes": [change.to_record() for change in changes],
        "totals": records(effect.totals),
        "grids": records(effect.by_grid),
    }
