"""Questions about one household, for staff of its area: why it is covered or not, and which grid it was in on a day."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from api import answers, audit
from api.callers import scope_of
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from api.towns import part_for
from geogrid.errors import NotFoundError
from geogrid.explain import explain
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.callers import Caller
    from api.holdings import Holdings

router = APIRouter()
EXPLAIN = Text(
    "一户为何够得着或够不着某项服务：到最近设施的路线与分钟（GeoJSON）",
    "Why a household is covered by a service or not: its ways to the nearest facilities, with minutes (GeoJSON)",
)
WHERE = Text("一户在某天属于哪个网格", "Which grid a household was in on a day")
NO_HOUSEHOLD = Text("您的区域内没有这个住户：请核对编号", "there is no such household in your areas: check the id")

WHERE_SHOWN = {"answer": "grid", "grid_id": "G4", "name": "第4网格", "version": 5, "placed": True, "on": "2026-11-01"}

OneHousehold = Annotated[
    str,
    Query(min_length=1, max_length=200, description="Id of a household.", json_schema_extra={"x-zh": "住户编号。"}),
]
OneService = Annotated[
    str,
    Query(
        min_length=1,
        max_length=200,
        description="A service of the newest check.",
        json_schema_extra={"x-zh": "最近一次检查的一项服务。"},
    ),
]
When = Annotated[
    Literal["now", "later"],
    Query(
        description="Facilities counted: existing ones, or planned ones too.",
        json_schema_extra={"x-zh": "只算现有设施，或连规划的也算。"},
    ),
]
OneDay = Annotated[dt.date, Query(description="The day.", json_schema_extra={"x-zh": "日期。"})]


@offer(
    router,
    "GET",
    "/api/v1/explain",
    says=EXPLAIN,
    tag="plans",
    answer=Offered(role="viewer", media_type=answers.GEOJSON),
)
def explanation(
    request: Request,
    *,
    household: OneHousehold,
    service: OneService,
    when: When = "now",
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Response:
    """Send why a household is covered or not, with its ways."""
    return reply(request, explained(holdings, caller, household, service, when), media_type=answers.GEOJSON)


def explained(holdings: Holdings, caller: Caller, household: str, service: str, when: str) -> dict[str, Any]:
    """Return why a household of the caller's areas is covered or not; the audit trail notes that somebody asked.

    Raises
    ------
    NotFoundError
        When there is no such household in them, or no such service.
    """
    town = part_for(holdings, caller).town
    if not (town.households["household_id"] == household).any():
        raise NotFoundError(NO_HOUSEHOLD)
    told = explain(town, household, service, when=when).to_features()
    audit.note(holdings.require_state(), caller, "read_households", "explain", {"rows": 1})
    return told


@offer(router, "GET", "/api/v1/where", says=WHERE, tag="plans", answer=Offered(role="viewer", example=WHERE_SHOWN))
def where(
    request: Request,
    *,
    household: OneHousehold,
    on: OneDay,
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001
) -> Response:
    """Send which grid a household was in, by its place and the borders of that day."""
    with holdings.workspace() as workspace:
        found = workspace.where(household, on)
        if not caller.is_everywhere and not scope_of(caller, workspace.boundaries(version=found.version)).has_grid(found.grid_id):
            raise NotFoundError(NO_HOUSEHOLD)
    audit.note(holdings.require_state(), caller, "read_households", "where", {"rows": 1})
    return reply(request, {**found._asdict(), "on": on.isoformat()})
