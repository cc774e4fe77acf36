"""A small workspace in which every column of every table holds something, so that a test can change any cell of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely
import sqlalchemy as sa

from geogrid.store import Act, Workspace, create
from geogrid.workspace import erasing
from geogrid.workspace.definitions import DATED, FID, NONCE, SHAPE
from geogrid.workspace.ledger import head_of, next_entry, record
from tests.builders import CRS, at, block, street

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geogrid.workspace.definitions import Definitions
    from geogrid.workspace.ledger import Entry

KEY = b"kept in another place"
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=30 * number) for number in range(5)]
SHAPES = {
    "POINT": at(1.25, 2.5),
    "MULTILINESTRING": street((0, 0), (5, 5)),
    "MULTIPOLYGON": block(0, 0, 9, 9),
    "GEOMETRY": block(1, 1, 2, 2),
}


def full_workspace(path: Path) -> Workspace:
    """Five versions: made; three rows in every data table; a plan adopted; the first row of each ended; a household erased."""
    workspace = create(path, crs=CRS, name="满格", act=Act("张", DAYS[0]), key=KEY)
    definitions = workspace._definitions
    steps: list[tuple[str, Callable[[sa.Connection, Entry], list[str]]]] = [
        ("import", lambda connection, entry: _begin(connection, definitions, entry)),
        ("adopt", lambda connection, entry: _adopt(connection, definitions, entry)),
        ("import", lambda connection, entry: _end(connection, definitions, entry)),
        ("erase", lambda connection, entry: _erase(connection, workspace, entry)),
    ]
    for (kind, work), day in zip(steps, DAYS[1:], strict=True):
        act = Act("李", day, "理由", "批文 1 号")
        with workspace._access.writing() as connection:
            entry = next_entry(head_of(connection, definitions), kind, act, base=None, time_zone="Asia/Shanghai")
            if kind == "adopt":
                entry = replace(entry, plan_id="P1", operations=({"kind": "rename"},))
            record(connection, definitions, entry, tables=work(connection, entry), key=KEY)
    return workspace


def _begin(connection: sa.Connection, definitions: Definitions, entry: Entry) -> list[str]:
    for table in definitions.data.values():
        for number in (1, 2, 3):
            connection.execute(
                table.insert(), _row(table, number) | {"version_from": entry.version, "valid_from": entry.effective}
            )
    return list(definitions.data)


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    """A row with a value in every column; the third has none but where it must."""
    row = {column.name: _value(column, number) for column in table.columns if column.name not in {FID, *DATED}}
    return row if number < 3 else {name: cell for name, cell in row.items() if name in {SHAPE, NONCE, next(iter(row))}}


def _value(column: sa.Column[Any], number: int) -> Any:
    if column.name == SHAPE:
        return shapely.affinity.translate(SHAPES[_kind(column)], number, 0)
    if column.name == NONCE:
        return bytes([number]) * 16
    made: dict[type, Any] = {
        sa.Boolean: number == 1,
        sa.Integer: number,
        sa.Double: number + 0.5,
        sa.Date: DAYS[number],
        sa.Text: f"{column.name}{number}",
    }
    return made[type(column.type)]


def _kind(column: sa.Column[Any]) -> str:
    """The kind of geometry that a column was declared with."""
    kind: Any = column.type
    return str(kind.kind)


def _adopt(connection: sa.Connection, definitions: Definitions, entry: Entry) -> list[str]:
    plan = {"plan_id": "P1", "name": "方案", "base_version": 1, "revision": 1, "status": "adopted", "locked": "[]"}
    plan |= {"created_by": "李", "created_at": "2024-01-01T00:00:00Z", "adopted_in": entry.version}
    connection.execute(definitions["plans"].insert(), plan)
    connection.execute(definitions["plans"].insert(), plan | {"plan_id": "P2", "status": "open", "adopted_in": None})
    steps = [
        {"plan_id": name, "position": position, "record": '{"kind":"rename"}', "undone": bool(position)}
        for name in ("P1", "P2")
        for position in (0, 1)
    ]
    connection.execute(definitions["operations"].insert(), steps)
    names = {"from_code": "1", "from_id": "G1", "to_code": "2", "to_id": "G2", "kind": "split"}
    connection.execute(definitions["succession"].insert(), names | {"version": entry.version, "valid_from": entry.effective})
    connection.execute(definitions["codes_used"].insert(), {"code": "1", "grid_id": "G1", "first_version": entry.version})
    return ["grids"]


def _end(connection: sa.Connection, definitions: Definitions, entry: Entry) -> list[str]:
    for table in definitions.data.values():
        ends = {"version_to": entry.version, "valid_to": entry.effective}
        connection.execute(table.update().where(table.c[FID] == 1).values(ends))
    return list(definitions.data)


def _erase(connection: sa.Connection, workspace: Workspace, entry: Entry) -> list[str]:
    gone = ["household_id3"]
    salt = workspace._meta["salt"]
    erasing.erase(connection, workspace._definitions, gone, version=entry.version, effective=entry.effective, salt=salt)
    return ["households"]
