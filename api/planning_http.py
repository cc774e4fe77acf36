"""Plans over HTTP: whose they are, which state a change rests on, and what is told of them.

A plan belongs to areas, those of who made it or fewer: it touches nothing beyond, whoever goes on with it, and nobody beyond sees
that it exists. A plan without areas, such as one of the command line, is of the whole town and for those only whose role holds
everywhere.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import geopandas as gpd
import numpy as np
import shapely
import sqlalchemy as sa
from fastapi import Depends, Header, Request
from shapely.geometry import mapping

from api.callers import scope_of
from api.errors import BusyError, PreconditionFailedError
from api.httpwords import over_http
from api.replies import CHANGED, allow_match, require_match
from api.state import now
from api.statetables import PLANS
from geogrid.crs import to_wgs84
from geogrid.errors import ConflictError, NotFoundError, RefusedError
from geogrid.officepart import Part, place_in
from geogrid.officeplans import require_grids
from geogrid.operationwords import described
from geogrid.plain import both, plain, records
from geogrid.plans import Plan
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.boards import Boards, Wish
    from api.callers import Caller
    from api.holdings import Holdings
    from api.state import State
    from geogrid.board import Board
    from geogrid.operations import Operation
    from geogrid.plans import Drawn
    from geogrid.store import Workspace

OPEN = "open"
DECIMALS = 7
"""Of a degree: about a centimetre."""

NO_PLAN = Text("没有这个方案：请核对编号（GET /api/v1/plans）", "there is no such plan: check its id (GET /api/v1/plans)")
NO_AREA = Text("没有这些区域：{ids}", "there are no such areas: {ids}")
NOT_OPEN = {
    "adopted": Text("方案“{name}”已采纳，不能再改：请新建方案", "plan {name!r} is adopted and cannot be changed; make a new one"),
    "dropped": Text(
        "方案“{name}”已放弃，不能再改：请新建方案", "plan {name!r} is given up and cannot be changed; make a new one"
    ),
}
TAKEN = Text("已有名为“{name}”的方案在制定中：请换一个名称", "an open plan is called {name!r} already: take another name")
BEHIND = Text(
    "方案基于第 {base} 版，工作区已是第 {head} 版：请先移到最新版上（POST …/rebase）",
    "the plan rests on version {base}, the workspace is at {head}: move it to the newest version first (POST …/rebase)",
)
NO_STEPS = Text("不能撤回或重做 {steps} 步：只有 {had} 步", "cannot undo or redo {steps} steps: there are {had}")
MANY = Text(
    "正在计算另一份变更单或采纳，请稍后再试", "another change sheet or adoption is being worked out; try again in a moment"
)


class PlacedError(RefusedError):
    """A refusal with its place as a member of the problem: GeoJSON in WGS 84."""

    def __init__(self, error: RefusedError, place: dict[str, Any]) -> None:
        super().__init__(error.message, error.place)
        self.members = {"place": place}


@dataclass(frozen=True, eq=False)
class Desk:
    """Who works on the plans of a workspace, for one request."""

    workspace: Workspace
    state: State
    caller: Caller

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Say where an operation was refused."""
        try:
            yield
        except RefusedError as error:
            shape = place_in(error)
            if shape is None:
                raise
            raise PlacedError(error, geojson_of(shape, self.workspace.crs)) from error

    def sees(self, part: Part) -> bool:
        """Return whether the caller's role holds in all of a part."""
        if Part(self.caller.areas).contains(part):
            return True
        scope = scope_of(self.caller, self.workspace.boundaries())
        return bool(part.area_ids) and all(scope.has_area(each) or scope.has_grid(each) for each in part.area_ids)


@contextmanager
def desk_of(holdings: Holdings, caller: Caller) -> Iterator[Desk]:
    """Open the workspace for one request."""
    with holdings.workspace() as workspace:
        yield Desk(workspace, holdings.require_state(), caller)


@dataclass(frozen=True, eq=False)
class Found:
    """A plan that the caller may see.

    Attributes
    ----------
    plan : Plan
    part : Part
        What it may touch.
    status : str
        open, adopted or dropped.
    head : int
        The newest version of the workspace.
    about : mapping
        created_by, created_at and adopted_in.
    """

    plan: Plan
    part: Part
    status: str
    head: int
    about: dict[str, Any]

    @property
    def etag(self) -> str:
        """Return what names this state: of the plan, and of the workspace that it may be adopted into."""
        return f"{self.plan.plan_id}-{self.plan.revision}-{self.status}-{self.head}"

    def require_open(self) -> None:
        """Refuse to change what is decided.

        Raises
        ------
        ConflictError
            When it is adopted or dropped.
        """
        if self.status != OPEN:
            raise ConflictError(NOT_OPEN[self.status].fill(name=self.plan.name))

    def require_newest(self) -> None:
        """Refuse to adopt what rests on an older version.

        Raises
        ------
        ConflictError
            When the workspace has moved on: the plan is to be rebased first.
        """
        if self.plan.base_version != self.head:
            raise ConflictError(BEHIND.fill(base=self.plan.base_version, head=self.head))

    def to_record(self, result: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what is told of the plan, and what came of a change where there was one."""
        plan = self.plan
        told = {
            **_summary(plan.plan_id, plan.name, self.status, self.part, self.about),
            "base_version": plan.base_version,
            "revision": plan.revision,
            "head_version": self.head,
            "is_behind": self.status == OPEN and plan.base_version != self.head,
            "locked": sorted(plan.locked),
            "operations": [_operation(number, each) for number, each in enumerate(plan.operations, 1)],
            "undone": len(plan.undone),
        }
        return told if result is None else told | {"result": result}


def _summary(plan_id: str, name: str, status: str, part: Part, about: dict[str, Any]) -> dict[str, Any]:
    return {"plan_id": plan_id, "name": name, "status": status, "areas": list(part.area_ids), **about}


def _operation(number: int, operation: Operation) -> dict[str, Any]:
    return {"number": number, "says": both(described(operation)), "record": operation.to_record()}


def result_of(drawn: Drawn | Board) -> dict[str, Any]:
    """Return what came of a plan's operations in all."""
    return {
        "changed": list(drawn.changed),
        "unassigned_m2": round(drawn.unassigned_m2, 1),
        "notes": [both(over_http(note)) for note in drawn.notes],
    }


def geojson_of(shape: Any, crs: Any) -> dict[str, Any]:
    """Return a geometry as GeoJSON in WGS 84."""
    geometry: dict[str, Any] = feature_rows(gpd.GeoDataFrame(geometry=[shape], crs=crs))["features"][0]["geometry"]
    return geometry


def feature_rows(table: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return a table in any CRS as GeoJSON in WGS 84; a geometry that is missing or empty is null."""
    degrees = to_wgs84(table).geometry.to_numpy()
    rounded = shapely.transform(degrees, lambda xy: np.round(xy, DECIMALS))
    features = [
        {"type": "Feature", "properties": row, "geometry": None if shape is None or shape.is_empty else mapping(shape)}
        for row, shape in zip(records(table), rounded, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


# Found


def parts_of(state: State) -> dict[str, Part]:
    """Return what each plan may touch, by its id; plans that are not named may touch everything."""
    with state.reading() as connection:
        rows = connection.execute(sa.select(PLANS.c.plan_id, PLANS.c.areas)).all()
    return {plan_id: Part(tuple(json.loads(areas))) for plan_id, areas in rows}


def listed(desk: Desk, status: str | None) -> list[dict[str, Any]]:
    """Return the plans that the caller may see, oldest first."""
    parts, seen = parts_of(desk.state), dict[Part, bool]()
    told = []
    for row in desk.workspace.plans().to_dict(orient="records"):
        part = parts.get(row["plan_id"], Part())
        if part not in seen:
            seen[part] = desk.sees(part)
        if seen[part] and status in (None, row["status"]):
            about = _summary(row["plan_id"], row["name"], row["status"], part, _about(row))
            told.append(about | {name: int(row[name]) for name in ("base_version", "revision", "operations")})
    return told


def _about(row: dict[Any, Any]) -> dict[str, Any]:
    return {name: plain(row[name]) for name in ("created_by", "created_at", "adopted_in")}


def found(desk: Desk, plan_id: str) -> Found:
    """Return a plan by its id.

    Raises
    ------
    NotFoundError
        When there is none, or the caller may not know of it: in the same words.
    """
    rows = desk.workspace.plans()
    rows = rows[rows["plan_id"] == plan_id]
    part = parts_of(desk.state).get(plan_id, Part())
    if rows.empty or not desk.sees(part):
        raise NotFoundError(NO_PLAN)
    row, plan = rows.to_dict(orient="records")[0], desk.workspace.plan(plan_id)
    return Found(plan, part, row["status"], desk.workspace.head.version, _about(row))


# Changed


def made(desk: Desk, boards: Boards, name: str, areas: Sequence[str], wishes: Sequence[Wish], locked: Sequence[str]) -> str:
    """Begin a plan on the newest version, and return its id.

    Raises
    ------
    NotFoundError
        When the caller's role does not hold in one of the areas, or there is none of that name.
    ConflictError
        When an open plan has the name.
    """
    part = Part(tuple(dict.fromkeys(areas)) or desk.caller.areas)
    _require_areas(desk, part)
    called = f"{name.strip()} [{'、'.join(part.area_ids)}]" if part.area_ids else name
    plan = Plan(called, desk.workspace.head.version).lock(*locked)
    if wishes:
        with desk.placing():
            _, done = boards.then(boards.board(desk.workspace, plan, part), wishes, locked)
        plan = plan.do(*done)
    elif locked:
        require_grids(part.of(desk.workspace.boundaries(version=plan.base_version)), locked)
    try:
        plan_id = desk.workspace.save_plan(plan, who=desk.caller.name).plan_id
    except ConflictError as error:
        raise ConflictError(TAKEN.fill(name=called)) from error
    with desk.state.writing() as connection:
        row = {"plan_id": plan_id, "areas": json.dumps(part.area_ids), "who": desk.caller.key_id, "created_at": now()}
        connection.execute(PLANS.insert().values(**row))
    return plan_id


def require_steps(had: Sequence[Operation], steps: int) -> None:
    """Refuse to undo or redo more operations than there are.

    Raises
    ------
    ConflictError
        When there are fewer.
    """
    if steps > len(had):
        raise ConflictError(NO_STEPS.fill(steps=steps, had=len(had)))


def _require_areas(desk: Desk, part: Part) -> None:
    if not part.area_ids:
        return
    state = desk.workspace.boundaries()
    scope = scope_of(desk.caller, state)
    known = [each for each in part.area_ids if (each in state.areas or each in state.grids)]
    wrong = [each for each in part.area_ids if each not in known or not (scope.has_area(each) or scope.has_grid(each))]
    if wrong:
        raise NotFoundError(NO_AREA.fill(ids=", ".join(each[:80] for each in wrong[:5])))


def saved(desk: Desk, plan: Plan) -> None:
    """Save a plan whose state was matched; who saved it meanwhile was first.

    Raises
    ------
    PreconditionFailedError
        When somebody did.
    """
    with matched():
        desk.workspace.save_plan(plan, who=desk.caller.name)


@contextmanager
def matched() -> Iterator[None]:
    """Tell who is too late in the words of ``If-Match``: the state was matched, and has changed since."""
    try:
        yield
    except ConflictError as error:
        raise PreconditionFailedError(CHANGED) from error


@contextmanager
def alone(holdings: Holdings) -> Iterator[None]:
    """Work out one thing at a time that takes all streets and households.

    Raises
    ------
    BusyError
        When another takes too long.
    """
    if not holdings.heavy.acquire(timeout=holdings.settings.busy_after_s):
        raise BusyError(MANY)
    try:
        yield
    finally:
        holdings.heavy.release()


@dataclass(frozen=True, eq=False)
class Match:
    """The state that a change rests on, as the caller says it."""

    request: Request

    def require(self, *etags: str) -> None:
        """Refuse a change that does not rest on the state there is; see `api.replies.require_match`."""
        require_match(self.request, *etags)

    def allow(self, etag: str) -> None:
        """Refuse a change that says it rests on another state; see `api.replies.allow_match`."""
        allow_match(self.request, etag)


def match_of(
    request: Request,
    if_match: Annotated[  # noqa: ARG001 -- for the description; `require_match` reads the header itself
        str,
        Header(
            description="The ETag of the state that is changed: GET gives it. Without it 428, when it has changed 412.",
            json_schema_extra={"x-zh": "所改状态的 ETag（GET 所得）；不给则 428，已变则 412。"},
        ),
    ] = "",
) -> Match:
    """Return what the caller says in ``If-Match``."""
    return Match(request)


def match_given(
    request: Request,
    if_match: Annotated[  # noqa: ARG001 -- for the description; `allow_match` reads the header itself
        str,
        Header(
            description="The ETag that GET gave, where it matters to you that nothing has changed since: then 412.",
            json_schema_extra={"x-zh": "可不给；给出 GET 所得的 ETag，则已变时不做（412）。"},
        ),
    ] = "",
) -> Match:
    """Return what the caller says in ``If-Match``, where nobody must."""
    return Match(request)


Matching = Annotated[Match, Depends(match_of)]
"""What an endpoint takes that changes something."""

MayMatch = Annotated[Match, Depends(match_given)]
"""What an endpoint takes that ends or adds something, which overwrites nobody's work; see `api.conditions`."""
