"""Plans of redrawing: begun, carried on, undone, compared, moved on and adopted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from api import answers, audit
from api.answers import holds
from api.boardjson import effect_json
from api.boards import boards_of
from api.holdings import holdings_of
from api.idempotency import OnlyOnce
from api.planning_http import Desk, Matching, alone, desk_of, found, listed, made, matched, require_steps, result_of, saved
from api.planning_http_bodies import Adoption, NewPlan, Operations, Rebasing, Steps, wishes_of
from api.planning_http_sheets import adopted_json, boundaries_json, clash_of, movers_json, sheet_json, version_etag
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from geogrid.officepart import Part, adopt_in, draw_in, rebase_part, sheet_in
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel
    from starlette.responses import Response

    from api.boards import Boards
    from api.callers import Caller, Role
    from api.holdings import Holdings
    from api.idempotency import Once
    from api.planning_http import Found, Match
    from api.routes.common import Endpoint
    from geogrid.board import Board
    from geogrid.plans import Plan

    Registering = Callable[[Endpoint], Endpoint]

router = APIRouter()
TAG = "plans"
PLANS = "/api/v1/plans"
PLAN = f"{PLANS}/{{plan_id}}"
CHANGES = (404, 409, 412, 428)

ROW = {"plan_id": "1f0c5a7be2d4", "name": "城南调整 [V1]", "status": "open", "areas": ["V1"], "created_by": "张三"}
PLAN_SHOWN = {
    **ROW,
    "base_version": 5,
    "revision": 2,
    "head_version": 5,
    "is_behind": False,
    "locked": [],
    "operations": [
        {
            "number": 1,
            "says": {"zh": "G2 并入 G1", "en": "merge G2 into G1"},
            "record": {"kind": "merge", "into": "G1", "others": ["G2"]},
        }
    ],
    "undone": 0,
}
CHANGED_SHOWN = {**PLAN_SHOWN, "result": {"changed": ["G1", "G2"], "unassigned_m2": 0.0, "notes": []}}
SHEET_SHOWN = {
    "summary": {"zh": "2 个网格变动，20 户换网格", "en": "2 grids change, and 20 households change grid"},
    "totals": {"households_moved": 20, "persons_moved": 60, "grids_before": 4, "grids_after": 3},
    "grids": [{"grid_id": "G1", "change": "land", "households_before": 20, "households_after": 40}],
    "flows": [{"from_id": "G2", "to_id": "G1", "households": 20, "persons": 60}],
}
MOVERS_SHOWN = {"movers": [{"household_id": "H1", "from_id": "G2", "to_id": "G1", "persons": 3, "reason": "boundary"}]}
FILE_SHOWN = {"format": "geogrid-plan", "version": 1, "name": "城南调整", "base_version": 5, "locked": [], "operations": []}
ADOPTED_SHOWN = {"version": 6, "effective": "2026-12-01", "who": "张三", "is_signed": True, "changed": ["G1", "G2"], "codes": {}}

LIST = Text("调整方案：自己区域内的全部方案", "Plans of redrawing: all of the caller's areas")
CREATE = Text("新建方案，可带第一批操作", "Begin a plan, with its first operations where given")
READ = Text("一个方案：操作、基准版本、是否落后", "A plan: its operations, its base version, whether that is behind")
DROP = Text("放弃方案（仍可查看）", "Give a plan up; it stays readable")
OPERATE = Text("做若干操作，全部成功或全部不做", "Do operations, all of them or none")
UNDO = Text("撤回最后的操作", "Undo the last operations")
REDO = Text("重做撤回的操作", "Redo what was undone")
REBASE = Text("把方案移到最新版上", "Move a plan to the newest version")
SHEET = Text(
    "变更单：各网格前后的户数、人数、覆盖率和土地",
    "Change sheet: households, persons, coverage and land by grid, before and after",
)
MOVERS = Text("换网格的住户（逐户，记入审计）", "The households that change grid, one by one; the audit trail notes it")
BOUNDARIES = Text("方案完成后的网格（GeoJSON）", "The grids that come of a plan (GeoJSON)")
FILE = Text("方案文件，可再导入", "The plan as a file that can be taken in again")
ADOPT = Text("采纳方案：成为有日期的正式记录", "Adopt a plan: it becomes the dated record")

Full = Annotated[
    bool, Query(description="List every grid, not only those that differ.", json_schema_extra={"x-zh": "列出全部网格。"})
]
Status = Annotated[
    Literal["open", "adopted", "dropped"] | None,
    Query(description="Only plans in this state.", json_schema_extra={"x-zh": "只列这种状态的方案。"}),
]


def _seen(desk: Desk, plan: Found) -> Part:
    """Return what the caller is told of a plan: the whole town, or its part."""
    return Part() if desk.caller.is_everywhere else plan.part


def _told(request: Request, desk: Desk, plan_id: str, result: dict[str, Any] | None = None, *, status: int = 200) -> Response:
    plan = found(desk, plan_id)
    base = holdings_of(request).settings.base_url
    headers = {"Location": f"{base}{PLANS}/{plan_id}"} if status == 201 else {}  # noqa: PLR2004 -- created
    return reply(request, plan.to_record(result), status=status, etag=plan.etag, headers=headers)


@offer(router, "GET", PLANS, says=LIST, tag=TAG, answer=Offered(role="viewer", example={"plans": [ROW]}))
def plans(request: Request, holdings: Held, caller: Calling, lang: Language, status: Status = None) -> Response:  # noqa: ARG001 -- lang is checked like everywhere
    """List the plans that the caller may see."""
    with desk_of(holdings, caller) as desk:
        return reply(request, {"plans": listed(desk, status)})


@offer(
    router,
    "POST",
    PLANS,
    says=CREATE,
    tag=TAG,
    answer=Offered(role="planner", status=201, body=NewPlan, more=(409,), example=PLAN_SHOWN),
)
def create(
    request: Request,
    holdings: Held,
    caller: Calling,
    once: OnlyOnce,
    asked: Annotated[NewPlan, Depends(body_of(NewPlan))],
    lang: Language,  # noqa: ARG001
) -> Response:
    """Begin a plan."""

    def make() -> Response:
        with desk_of(holdings, caller) as desk:
            wishes = wishes_of(asked.operations, desk.workspace.crs)
            plan_id = made(desk, boards_of(holdings), asked.name, asked.areas, wishes, asked.locked)
            audit.note(desk.state, caller, "create_plan", plan_id)
            return _told(request, desk, plan_id, status=201)

    return once.run(make)


@offer(router, "GET", PLAN, says=READ, tag=TAG, answer=Offered(role="viewer", example=PLAN_SHOWN))
def plan(request: Request, plan_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
    """Tell a plan."""
    with desk_of(holdings, caller) as desk:
        return _told(request, desk, plan_id)


@dataclass(frozen=True, eq=False)
class Change:
    """One change of one plan, by one caller."""

    request: Request
    plan_id: str
    holdings: Holdings
    caller: Caller
    match: Match
    once: Once

    def run(self, work: Callable[[Desk, Found], Response]) -> Response:
        """Do it to the open plan, in the state that the caller has seen; once for an ``Idempotency-Key``."""

        def make() -> Response:
            with desk_of(self.holdings, self.caller) as desk:
                return work(desk, self.matched(desk))

        return self.once.run(make)

    def matched(self, desk: Desk) -> Found:
        """Return an open plan in the state that the change rests on."""
        plan = found(desk, self.plan_id)
        self.match.require(plan.etag)
        plan.require_open()
        return plan

    @property
    def boards(self) -> Boards:
        """Return the drawing boards of the service."""
        return boards_of(self.holdings)

    def save(self, desk: Desk, plan: Plan, result: dict[str, Any], action: str) -> Response:
        """Save the plan, note it, and tell what came of it."""
        saved(desk, plan)
        audit.note(desk.state, self.caller, f"{action}_plan", plan.plan_id, {"operations": len(plan.operations)})
        return _told(self.request, desk, plan.plan_id, result)

    def save_board(self, desk: Desk, plan: Plan, boards: tuple[Board, Board], action: str) -> Response:
        """Save the plan, and tell what turned one board into the other."""
        before, after = boards
        effect = effect_json(before, after, locked=sorted(plan.locked))
        return self.save(desk, plan, result_of(after) | {"effect": effect}, action)


def change_of(
    request: Request,
    *,
    plan_id: str,
    holdings: Held,
    caller: Calling,
    match: Matching,
    once: OnlyOnce,
    lang: Language,  # noqa: ARG001 -- lang is checked like everywhere
) -> Change:
    """Return what an address needs that changes a plan."""
    return Change(request, plan_id, holdings, caller, match, once)


Changing = Annotated[Change, Depends(change_of)]


def changes(name: str, says: Text, body: type[BaseModel], *, role: Role = "planner", status: int = 200) -> Registering:
    """Register an address that changes a plan."""
    example = ADOPTED_SHOWN if body is Adoption else CHANGED_SHOWN
    answer = Offered(role=role, status=status, body=body, more=CHANGES, example=example)
    return offer(router, "POST", f"{PLAN}/{name}", says=says, tag=TAG, answer=answer)


@offer(router, "DELETE", PLAN, says=DROP, tag=TAG, answer=Offered(role="planner", status=204, media_type="", more=CHANGES))
def drop(change: Changing) -> Response:
    """Give a plan up."""
    with desk_of(change.holdings, change.caller) as desk:
        change.matched(desk)
        with matched():
            desk.workspace.drop_plan(change.plan_id)
        audit.note(desk.state, change.caller, "drop_plan", change.plan_id)
        return reply(change.request, None, status=204)


@changes("operations", OPERATE, Operations)
def operate(change: Changing, asked: Annotated[Operations, Depends(body_of(Operations))]) -> Response:
    """Do operations."""

    def work(desk: Desk, had: Found) -> Response:
        wishes = wishes_of(asked.operations, desk.workspace.crs)
        begun = had.plan.unlock(*asked.unlock).lock(*asked.lock)
        with desk.placing():
            before = change.boards.board(desk.workspace, begun, had.part)
            after, done = change.boards.then(before, wishes, begun.locked)
        return change.save_board(desk, begun.do(*done) if done else begun, (before, after), "operate")

    return change.run(work)


@changes("undo", UNDO, Steps)
def undo(change: Changing, asked: Annotated[Steps, Depends(body_of(Steps))]) -> Response:
    """Undo operations."""

    def work(desk: Desk, had: Found) -> Response:
        require_steps(had.plan.operations, asked.steps)
        return _turned(change, desk, had, had.plan.undo(asked.steps), "undo")

    return change.run(work)


@changes("redo", REDO, Steps)
def redo(change: Changing, asked: Annotated[Steps, Depends(body_of(Steps))]) -> Response:
    """Redo operations."""

    def work(desk: Desk, had: Found) -> Response:
        require_steps(had.plan.undone, asked.steps)
        return _turned(change, desk, had, had.plan.redo(asked.steps), "redo")

    return change.run(work)


def _turned(change: Change, desk: Desk, had: Found, plan: Plan, action: str) -> Response:
    before, after = (change.boards.board(desk.workspace, each, had.part) for each in (had.plan, plan))
    return change.save_board(desk, plan, (before, after), action)


@changes("rebase", REBASE, Rebasing)
def rebase(change: Changing, asked: Annotated[Rebasing, Depends(body_of(Rebasing))]) -> Response:
    """Move a plan on; operations that clash are told with their places, and nothing is saved."""

    def work(desk: Desk, had: Found) -> Response:
        moved = rebase_part(desk.workspace, had.plan, had.part, keep=asked.keep)
        if len(moved.conflicts) and not asked.leave_out:
            raise clash_of(moved)
        return change.save(desk, moved.plan, result_of(moved.drawn), "rebase")

    return change.run(work)


@changes("adopt", ADOPT, Adoption, role="admin", status=201)
def adopt(change: Changing, asked: Annotated[Adoption, Depends(body_of(Adoption))]) -> Response:
    """Make a plan the record."""

    def work(desk: Desk, had: Found) -> Response:
        content = _adopted(desk, had, asked)
        version = content["version"]
        audit.note(desk.state, change.caller, "adopt", change.plan_id, {"version": version})
        headers = {"Location": f"{change.holdings.settings.base_url}/api/v1/versions/{version}"}
        return reply(change.request, content, status=201, etag=version_etag(version, change.caller), headers=headers)

    with alone(change.holdings):  # of many who adopt at once, the others learn at once that they are late
        return change.run(work)


def _adopted(desk: Desk, had: Found, asked: Adoption) -> dict[str, Any]:
    """Adopt a plan; whoever else wrote since was first."""
    had.require_newest()
    with desk.placing(), matched():
        done = adopt_in(desk.workspace, had.plan, had.part, act=asked.act(desk.caller.name), accept=asked.accept)
    return adopted_json(done)


@offer(router, "GET", f"{PLAN}/change-sheet", says=SHEET, tag=TAG, answer=Offered(role="planner", example=SHEET_SHOWN))
def sheet(
    request: Request,
    plan_id: str,
    holdings: Held,
    caller: Calling,
    lang: Language,  # noqa: ARG001
    full: Full = False,  # noqa: FBT002 -- a query parameter
) -> Response:
    """Send the counts of a change sheet."""
    with desk_of(holdings, caller) as desk:
        plan = found(desk, plan_id)
        etag = f"{plan.etag}-{'full' if full else 'sheet'}"
        if holds(request.headers.get("if-none-match", ""), f'"{etag}"'):
            return reply(request, None, etag=etag)
        with alone(holdings):
            drawn, made_sheet = sheet_in(desk.workspace, plan.plan, _seen(desk, plan), full=full)
        return reply(request, sheet_json(drawn, made_sheet), etag=etag)


@offer(router, "GET", f"{PLAN}/movers", says=MOVERS, tag=TAG, answer=Offered(role="planner", example=MOVERS_SHOWN))
def movers(request: Request, plan_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
    """Send the households that change grid."""
    with desk_of(holdings, caller) as desk:
        plan = found(desk, plan_id)
        with alone(holdings):
            _, made_sheet = sheet_in(desk.workspace, plan.plan, _seen(desk, plan))
        rows = movers_json(made_sheet)
        audit.note(desk.state, caller, "read_households", f"movers of plan {plan_id}", {"rows": len(rows)})
        return reply(request, {"movers": rows})


@offer(
    router,
    "GET",
    f"{PLAN}/boundaries",
    says=BOUNDARIES,
    tag=TAG,
    answer=Offered(role="viewer", media_type=answers.GEOJSON),
)
def boundaries(request: Request, plan_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
    """Send the grids that come of a plan."""
    with desk_of(holdings, caller) as desk:
        plan = found(desk, plan_id)
        drawn = draw_in(desk.workspace, plan.plan, _seen(desk, plan))
        return reply(request, boundaries_json(drawn), etag=f"{plan.etag}-grids", media_type=answers.GEOJSON)


@offer(router, "GET", f"{PLAN}/file", says=FILE, tag=TAG, answer=Offered(role="viewer", example=FILE_SHOWN))
def file(request: Request, plan_id: str, holdings: Held, caller: Calling, lang: Language) -> Response:  # noqa: ARG001
    """Send a plan as `geogrid plan export` writes it."""
    with desk_of(holdings, caller) as desk:
        plan = found(desk, plan_id)
        return reply(request, plan.plan.to_json(crs=desk.workspace.crs), etag=f"{plan.etag}-file")
