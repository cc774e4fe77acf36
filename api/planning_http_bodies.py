"""What is sent about plans, strictly: unknown keys, other types and too much of anything are refused."""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import geopandas as gpd
import shapely
from pydantic import BaseModel, ConfigDict, Field

from geogrid.completing import hand_units, split_evenly, split_units
from geogrid.errors import InputError
from geogrid.operations import SHAPES, operation_of
from geogrid.store import Act
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.boards import Wish
    from geogrid.board import Board
    from geogrid.operations import Operation

MOST_AT_ONCE = 500
"""Operations in one request: each takes some 20 ms."""
MOST_UNITS = 5_000
FEWEST_SHARES, MOST_SHARES = 2, 50
GEOMETRIES = ("area", "line", "stays")
"""Fields of operations that hold a shape."""

Id = Annotated[str, Field(min_length=1, max_length=200)]
Ids = Annotated[list[Id], Field(max_length=1000)]
Record = dict[str, Any]
EXAMPLE = {"kind": "merge", "into": "G1", "others": ["G2"]}


def shown(example: Record) -> ConfigDict:
    """Return what gives a body its example in the description of the service."""
    return ConfigDict(json_schema_extra={"example": example})


class Body(BaseModel):
    """A request's JSON."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Operations(Body):
    """Operations to do in a plan, all of them or none, after unlocking and locking grids.

    Each is a record as a plan file holds it: ``kind`` (hand, split, merge, border, draw, rename, restaff, reparent, retire) and
    its fields. Shapes are WKT in metres in the workspace's CRS, or GeoJSON geometries in WGS 84. ``hand`` and ``draw`` without
    an area take ``unit_ids``, ``split`` without a line takes ``shares``: equal by households.
    """

    model_config = shown({"operations": [EXAMPLE]})

    operations: Annotated[list[Record], Field(max_length=MOST_AT_ONCE, examples=[[EXAMPLE]])] = Field(default_factory=list)
    lock: Ids = Field(default_factory=list)
    unlock: Ids = Field(default_factory=list)


class NewPlan(Body):
    """A plan to begin. Its areas are those of the caller unless fewer are named; the name is kept with them in brackets."""

    model_config = shown({"name": "城南调整", "areas": ["V1"]})

    name: Annotated[str, Field(min_length=1, max_length=120, examples=["城南调整"])]
    areas: Annotated[list[Id], Field(max_length=50)] = Field(default_factory=list)
    operations: Annotated[list[Record], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)
    locked: Ids = Field(default_factory=list)


class Steps(Body):
    """How many operations to undo or redo."""

    model_config = shown({"steps": 1})

    steps: Annotated[int, Field(ge=1, le=20_000)] = 1


class Rebasing(Body):
    """Operations (numbers from 1) to keep although the base changed under them, and whether to go on without what clashes."""

    model_config = shown({"leave_out": False})

    keep: Annotated[list[Annotated[int, Field(ge=1, le=20_000)]], Field(max_length=20_000)] = Field(default_factory=list)
    leave_out: bool = False


class Adoption(Body):
    """Who adopts a plan (the key's name unless said), with effect from which day, why, by which approval; findings accepted."""

    model_config = shown({"reason": "按 2026 年网格调整方案", "approval": "滨政〔2026〕1号", "effective": "2026-12-01"})

    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["按 2026 年网格调整方案"])]
    who: Annotated[str, Field(max_length=2000)] = ""
    approval: Annotated[str, Field(max_length=2000)] = ""
    effective: dt.date | None = None
    accept: Annotated[list[Id], Field(max_length=50)] = Field(default_factory=list)

    def act(self, name: str) -> Act:
        """Return it as the ledger says it; ``name`` is whose key it is."""
        return Act(self.who or name, self.effective, self.reason, self.approval)


def operations_of(records: Sequence[Record], crs: Any) -> list[Operation]:
    """Read operations.

    Parameters
    ----------
    records : sequence of dict
    crs : CRS
        Of the workspace.

    Raises
    ------
    InputError
        When one cannot be read; the message says which.
    """
    return [_numbered(number, record, crs) for number, record in enumerate(records, 1)]


def wishes_of(records: Sequence[Record], crs: Any) -> list[Wish]:
    """Read operations as planners ask for them: see `operations_of`, and besides by units and in equal shares.

    ``hand`` and ``draw`` without an area take ``unit_ids``, whose land they hand over; ``split`` with ``shares`` instead of a
    line divides a grid into as many with about equally many households.

    Raises
    ------
    InputError
        When one cannot be read; the message says which.
    """
    return [_wish(number, record, crs) for number, record in enumerate(records, 1)]


def _wish(number: int, record: Record, crs: Any) -> Wish:
    for kind, fields, make in BY_BOARD:
        if record.get("kind") == kind and set(record) == set(fields):
            return partial(_made, make, {name: _checked(number, record, name, fields[name]) for name in fields})
    operation = _numbered(number, record, crs)
    return partial(_known, operation)


def _known(operation: Operation, board: Board) -> Operation:  # noqa: ARG001 -- it is known whatever the board
    return operation


def _checked(number: int, record: Record, name: str, kind: type) -> Any:
    value = record[name]
    sound = isinstance(value, kind) and not isinstance(value, bool)
    if sound and kind is list:
        sound = 0 < len(value) <= MOST_UNITS and all(isinstance(each, str) for each in value)
    if sound and kind is int:
        sound = FEWEST_SHARES <= value <= MOST_SHARES
    if not sound:
        raise InputError(_NO_VALUE.fill(n=number, name=name))
    return value


def _made(make: Callable[[Board, Record], Operation], values: Record, board: Board) -> Operation:
    return make(board, values)


def _hand(board: Board, asked: Record) -> Operation:
    return hand_units(board.ground.units, asked["unit_ids"], asked["to"])


def _draw(board: Board, asked: Record) -> Operation:
    return split_units(board.ground.units, asked["unit_ids"], asked["from_id"], name=asked.get("name", ""))


def _split(board: Board, asked: Record) -> Operation:
    rows = board.seated.rows_in(asked["grid_id"])
    return split_evenly(board.boundaries, asked["grid_id"], asked["shares"], board.seated.people.homes.xy[:, rows].T)


BY_BOARD: tuple[tuple[str, dict[str, type], Callable[[Board, Record], Operation]], ...] = (
    ("hand", {"kind": str, "unit_ids": list, "to": str}, _hand),
    ("draw", {"kind": str, "unit_ids": list, "from_id": str, "name": str}, _draw),
    ("draw", {"kind": str, "unit_ids": list, "from_id": str}, _draw),
    ("split", {"kind": str, "grid_id": str, "shares": int}, _split),
)
"""Operations that are known once the board is: their kind, their fields, and what makes them."""


def _numbered(number: int, record: Record, crs: Any) -> Operation:
    try:
        read = {key: _shape(value, key, crs) if key in GEOMETRIES else value for key, value in record.items()}
        return operation_of(read)
    except InputError as error:
        said = error.message
        raise InputError(Text(f"第 {number} 项操作：{said.zh}", f"operation {number}: {said.en}")) from error


def _shape(value: Any, key: str, crs: Any) -> Any:
    """Return a GeoJSON geometry in the CRS of the workspace; anything else as it is."""
    if not isinstance(value, dict):
        return value
    if value.get("type") not in SHAPES or set(value) != {"type", "coordinates"}:
        raise InputError(_NO_GEOMETRY.fill(key=key))
    try:
        shape = shapely.from_geojson(json.dumps(value, allow_nan=False))
        return gpd.GeoSeries([shapely.force_2d(shape)], crs=4326).to_crs(crs).iloc[0]
    except (ValueError, TypeError, RecursionError, shapely.GEOSException) as error:
        raise InputError(_NO_GEOMETRY.fill(key=key)) from error


_NO_VALUE = Text(
    "第 {n} 项操作：{name} 的值不可用；unit_ids 应为 1 到 5000 个编号，shares 应为 2 到 50 的整数",
    "operation {n}: the value of {name} cannot be used; unit_ids are 1 to 5,000 ids, shares is a whole number from 2 to 50",
)
_NO_GEOMETRY = Text(
    "{key} 不是可用的图形：应为 WKT（工作区坐标系，米）或 GeoJSON 几何（WGS 84，只有 type 和 coordinates）",
    "{key} is no usable shape: expected WKT in metres in the CRS of the workspace, or a GeoJSON geometry in WGS 84 with type and "
    "coordinates only",
)
