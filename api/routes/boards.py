"""The drawing board of planners: a plan, a version or a day with the figures of every grid, and what an operation would do."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api.boardjson import board_json, effect_json, packed_json, units_json
from api.boards import boards_of
from api.callers import scope_of
from api.planning_http import Desk, desk_of, found
from api.planning_http_bodies import Operations, wishes_of
from api.planning_http_sheets import of
from api.replies import reply
from api.routes.common import Calling, Held, Language, Offered, body_of, offer
from api.routes.plans import PLAN, TAG
from geogrid.board import Board
from geogrid.errors import NotFoundError
from geogrid.officepart import Part
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from api.holdings import Holdings

router = APIRouter()

BOARD = Text(
    "画板：一个方案、一版或一天的网格，各网格户数、偏差、覆盖率，以及超出范围和需要处理之处",
    "The drawing board: the grids of a plan, a version or a day with households, deviation and coverage; what is out of range "
    "or broken",
)
SHAPES = Text("画板上的网格与区域，边界只存一次（紧凑格式）", "Grids and areas of a board, each border once (packed)")
UNITS = Text("最小单元：形状（紧凑格式）与户数、人数", "The smallest units: shapes (packed), households and persons")
PREVIEW = Text(
    "这些操作会怎样：户数、偏差、覆盖率、谁换网格；什么也不存",
    "What operations would do: households, deviation, coverage, who changes hands; nothing is saved",
)
BOARD_SHOWN = {
    "version": 5,
    "limits": {"low": 300, "high": 500, "target": 400},
    "services": [{"id": "medical", "zh": "医疗", "en": "medical"}],
    "grids": {"grid_id": ["G1", "G2"], "households": [320, 480], "deviation": [-0.2, 0.2], "share_medical": [0.9, 0.7]},
    "state": {"totals": {"grids": 2, "households": 800}, "out_of_range": {}, "broken": [], "changed": [], "operations": 0},
}
EFFECT_SHOWN = {
    "summary": {"zh": "2 个网格变动，20 户换网格", "en": "2 grids change, and 20 households change grid"},
    "grids": [{"grid_id": "G1", "change": "redrawn", "households_before": 320, "households_after": 340}],
    "flows": [{"from_id": "G2", "to_id": "G1", "households": 20, "persons": 60}],
}
PREVIEW_SHOWN = {
    "revision": 2,
    "operations": [{"kind": "merge", "into": "G1", "others": ["G2"]}],
    "effect": EFFECT_SHOWN,
}

OnePlan = Annotated[
    str | None,
    Query(alias="plan", max_length=200, description="A plan's id.", json_schema_extra={"x-zh": "方案编号。"}),
]
OneVersion = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**31 - 1,
        description="A version, where no plan is named; the newest without it.",
        json_schema_extra={"x-zh": "版本号（未指定方案时）；不给则为最新一版。"},
    ),
]
On = Annotated[
    dt.date | None,
    Query(description="As it was on this day.", json_schema_extra={"x-zh": "这一天的状态（未指定方案和版本时）。"}),
]


class Looked:
    """What is looked at: a board, what is locked, and what names its state."""

    def __init__(self, board: Board, etag: str, plan: dict[str, Any] | None = None) -> None:
        self.board, self.etag, self.plan = board, etag, plan

    @property
    def locked(self) -> list[str]:
        """Return the grids that the plan locks."""
        return [] if self.plan is None else list(self.plan["locked"])


class Look:
    """Which board somebody wants to see."""

    def __init__(
        self,
        holdings: Held,
        caller: Calling,
        lang: Language,  # noqa: ARG002 -- lang is checked like everywhere
        plan: OnePlan = None,
        version: OneVersion = None,
        on: On = None,
    ) -> None:
        self.holdings, self.caller, self.plan, self.version, self.on = holdings, caller, plan, version, on

    @contextmanager
    def open(self) -> Iterator[Looked]:
        """Open the workspace and find it."""
        with desk_of(self.holdings, self.caller) as desk:
            yield self._of_plan(desk, self.plan) if self.plan is not None else self._of_version(desk)

    def _of_plan(self, desk: Desk, plan_id: str) -> Looked:
        plan = found(desk, plan_id)
        board = boards_of(self.holdings).board(desk.workspace, plan.plan, plan.part)
        return Looked(board, f"{plan.etag}-board", plan.to_record())

    def _of_version(self, desk: Desk) -> Looked:
        workspace = desk.workspace
        if self.version is not None:
            number = self.version
        else:
            number = (workspace.head if self.on is None else workspace.version_on(self.on)).version
        part = part_seen(desk, number)
        board = Board.of(boards_of(self.holdings).ground(workspace, number, part))
        return Looked(board, f"board-{number}-{workspace.head.version}-{of(desk.caller)}")


def part_seen(desk: Desk, version: int) -> Part:
    """Return the caller's part of a version.

    Raises
    ------
    NotFoundError
        When nothing there is his.
    """
    part = Part(desk.caller.areas)
    state = desk.workspace.boundaries(version=version)
    if part.area_ids and not any(scope_of(desk.caller, state).has_grid(key) for key in state.grids):
        raise NotFoundError(NOTHING)
    return part


NOTHING = Text("您的区域里那时没有网格", "there were no grids in your areas then")
Looking = Annotated[Look, Depends(Look)]


@offer(router, "GET", "/api/v1/board", says=BOARD, tag=TAG, answer=Offered(role="viewer", example=BOARD_SHOWN))
def board(request: Request, look: Looking) -> Response:
    """Send the figures of a board."""
    with look.open() as seen:
        told = board_json(seen.board, locked=seen.locked) | ({} if seen.plan is None else {"plan": seen.plan})
        return reply(request, told, etag=seen.etag)


@offer(router, "GET", "/api/v1/board/shapes", says=SHAPES, tag=TAG, answer=Offered(role="viewer"))
def shapes(request: Request, look: Looking) -> Response:
    """Send the shapes of a board."""
    with look.open() as seen:
        return reply(request, packed_json(seen.board), etag=f"{seen.etag}-shapes")


@offer(router, "GET", "/api/v1/board/units", says=UNITS, tag=TAG, answer=Offered(role="viewer"))
def units(request: Request, look: Looking) -> Response:
    """Send the units that a board is painted with."""
    with look.open() as seen:
        return reply(request, units_json(seen.board.ground), etag=f"{seen.etag}-units")


@offer(
    router,
    "POST",
    f"{PLAN}/preview",
    says=PREVIEW,
    tag=TAG,
    answer=Offered(role="planner", body=Operations, more=(409,), example=PREVIEW_SHOWN),
)
def preview(
    request: Request,
    plan_id: str,
    holdings: Held,
    caller: Calling,
    asked: Annotated[Operations, Depends(body_of(Operations))],
    lang: Language,  # noqa: ARG001
) -> Response:
    """Work operations out on a plan as it is saved; nothing is saved."""
    with desk_of(holdings, caller) as desk:
        return reply(request, previewed(holdings, desk, plan_id, asked))


def previewed(holdings: Holdings, desk: Desk, plan_id: str, asked: Operations) -> dict[str, Any]:
    """Return what operations would do, and how they would be written down."""
    plan, boards = found(desk, plan_id), boards_of(holdings)
    before = boards.board(desk.workspace, plan.plan, plan.part)
    locked = sorted((plan.plan.locked - set(asked.unlock)) | set(asked.lock))
    with desk.placing():
        after, done = boards.then(before, wishes_of(asked.operations, desk.workspace.crs), locked)
    return {
        "revision": plan.plan.revision,
        "operations": [each.to_record() for each in done],
        "effect": effect_json(before, after, locked=locked),
    }
