"""The dated record: versions of the workspace, what became of a grid, and the borders as they were."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from api import answers
from api.callers import scope_of
from api.errors import InvalidParameterError
from api.planning_http import Desk, desk_of, feature_rows, parts_of
from api.planning_http_sheets import ledger_etag, of, version_etag, version_json
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, offer
from geogrid.errors import NotFoundError
from geogrid.officepart import Part
from geogrid.plain import plain
from geogrid.store import Version
from geogrid.words import Text

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.callers import Caller
    from geogrid.store import Workspace

router = APIRouter()
VERSIONS = Text("台账：工作区的全部版本，最早的在前", "The ledger: every version of the workspace, oldest first")
VERSION = Text("台账中的一版", "One version of the ledger")
HISTORY = Text("一个网格的来历：何时、为何、由谁、从哪个网格来", "What became of a grid: when, why, by whom, out of which grids")
BOUNDARIES = Text("某天或某版的网格与区域（GeoJSON）", "Grids and areas as they were on a day or in a version (GeoJSON)")
NO_GRID = Text("您的区域内从未有过这个网格：请核对编号", "there never was such a grid in your areas: check the id")
KIN = ("predecessors", "successors")
OF_ALL = ("version", "effective")
"""What everybody with a role is told of a version."""
OF_A_PLAN = ("kind", "who", "recorded_at", "reason", "approval", "plan_id", "is_signed")
"""What those are told besides who see the plan that it came of."""

LEDGER_ROW = {"version": 5, "effective": "2026-11-01", "kind": "adopt", "who": "张三", "reason": "调整", "is_signed": True}
LEDGER_SHOWN = {"in_force": 5, "newest": 5, "versions": [LEDGER_ROW]}
HISTORY_SHOWN = {
    "grid_id": "G1",
    "history": [{"version": 2, "effective": "2026-01-03", "change": "began", "area_m2": 500000.0, "predecessors": []}],
}

Number = Annotated[int, Path(ge=0, le=2**31 - 1, description="Of the version.", json_schema_extra={"x-zh": "版本号。"})]
On = Annotated[
    dt.date | None,
    Query(description="As they were on this day; today without it.", json_schema_extra={"x-zh": "这一天的状态；不给则为今天。"}),
]
OneVersion = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**31 - 1,
        description="As they are in this version; not together with on.",
        json_schema_extra={"x-zh": "这一版的状态；不能与 on 同给。"},
    ),
]


def _told(desk: Desk, version: Version, part: Part | None) -> dict[str, Any]:
    """Return a version as a caller is told of it.

    Who may see some areas only learns its number and day, for it may be about others; of a plan of these areas also why, when and
    by whom it was adopted. ``part`` is what that plan may touch; None for a version of no plan, or of one of the whole office.
    """
    told = version_json(version)
    if desk.caller.is_everywhere:
        return told
    own = OF_A_PLAN if part is not None and desk.sees(part) else ()
    return {name: told[name] for name in (*OF_ALL, *own)}


@offer(router, "GET", "/api/v1/versions", says=VERSIONS, tag="plans", answer=Offered(role="viewer", example=LEDGER_SHOWN))
def versions(request: Request, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """Send the ledger, without the operations of each version; its ETag is what an import may rest on."""
    with desk_of(holdings, caller) as desk:
        workspace, parts = desk.workspace, parts_of(desk.state)
        ledger = [Version(**row) for row in workspace.versions().to_dict(orient="records")]
        rows = [_told(desk, each, parts.get(each.plan_id)) for each in ledger]
        now = workspace.in_force().version.version
    listed = [{name: value for name, value in row.items() if name != "operations"} for row in rows]
    newest = rows[-1]["version"]
    told = {"in_force": now, "newest": newest, "versions": listed}
    return reply(request, told, etag=ledger_etag(newest, now, caller))


@offer(router, "GET", "/api/v1/versions/{version}", says=VERSION, tag="plans", answer=Offered(role="viewer", example=LEDGER_ROW))
def version(request: Request, version: Number, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
    """Send one record of the ledger, with its operations."""
    with desk_of(holdings, caller) as desk:
        ledger = desk.workspace.versions()
        rows = ledger[ledger["version"] == version].to_dict(orient="records")
        if not rows:
            raise NotFoundError(NO_VERSION.fill(version=version, newest=int(ledger["version"].max())))
        found = Version(**rows[0])
        told = _told(desk, found, parts_of(desk.state).get(found.plan_id))
    return reply(request, told, etag=version_etag(version, caller))


@offer(
    router,
    "GET",
    "/api/v1/grids/{grid_id:path}/history",
    says=HISTORY,
    tag="plans",
    answer=Offered(role="viewer", example=HISTORY_SHOWN),
)
def history(request: Request, grid_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
    """Send what became of a grid."""
    with holdings.workspace() as workspace:
        return reply(request, {"grid_id": grid_id, "history": _history(workspace, grid_id, caller)})


def _history(workspace: Workspace, grid_id: str, caller: Caller) -> list[dict[str, Any]]:
    """Return a grid's history; to who may see some areas only, the rows of when it lay in them, and kin that did."""
    try:
        rows = workspace.history(grid_id).to_dict(orient="records")
    except NotFoundError as error:
        raise NotFoundError(NO_GRID) from error
    told = [_row(row) for row in rows]
    if not caller.is_everywhere:
        told = [own for row in told if (own := _own(workspace, grid_id, row, caller))]
    if not told:
        raise NotFoundError(NO_GRID)
    return told


def _row(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): value.isoformat() if isinstance(value, dt.date) else plain(value) for name, value in row.items()}


def _own(workspace: Workspace, grid_id: str, row: dict[str, Any], caller: Caller) -> dict[str, Any] | None:
    """Return a row of a grid that lay in the caller's areas before and after it, with the kin that did; None of another."""
    number, part = row["version"], Part(caller.areas)
    states = [workspace.boundaries(version=each) for each in (number - 1, number) if each >= 0]
    mine = {key for state in states for key in state.grids if part.has(state, key)}
    others = {key for state in states for key in state.grids if not part.has(state, key)}
    if grid_id not in mine - others:
        return None
    return row | {name: [each for each in row[name] if each in mine - others] for name in KIN}


@offer(
    router,
    "GET",
    "/api/v1/boundaries",
    says=BOUNDARIES,
    tag="plans",
    answer=Offered(role="viewer", media_type=answers.GEOJSON),
)
def boundaries(
    request: Request,
    *,
    on: On = None,
    version: OneVersion = None,
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001
) -> Response:
    """Send the grids and areas of the caller's part, as they were."""
    if on is not None and version is not None:
        raise InvalidParameterError(ONE_STATE)
    with holdings.workspace() as workspace:
        number = _number(workspace, on, version)
        state = workspace.boundaries(version=number)
        scope = scope_of(caller, state)
        grids, areas = state.grid_frame, state.area_frame
        features = [
            *feature_rows(grids[grids["grid_id"].map(scope.has_grid).astype(bool)])["features"],
            *feature_rows(areas[areas["area_id"].map(scope.has_area).astype(bool)])["features"],
        ]
    told = {"type": "FeatureCollection", "version": number, "features": features}
    return reply(request, told, etag=f"boundaries-{number}-{of(caller)}", media_type=answers.GEOJSON)


def _number(workspace: Workspace, on: dt.date | None, version: int | None) -> int:
    if version is not None:
        return version
    return (workspace.in_force().version if on is None else workspace.version_on(on)).version


ONE_STATE = Text("参数 on 和 version 只能给一个", "give either on or version")
NO_VERSION = Text("没有第 {version} 版；最新为第 {newest} 版", "there is no version {version}; the newest is {newest}")
