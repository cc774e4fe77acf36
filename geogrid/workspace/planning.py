"""Plans that are being drawn, kept so that two planners never overwrite one another; and the adoption of one."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, NotFoundError, StoreError
from geogrid.operations import operation_of
from geogrid.plans import Plan
from geogrid.words import Text
from geogrid.workspace.chain import canonical_json
from geogrid.workspace.ledger import LONGEST, require_short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.operations import Operation
    from geogrid.workspace.definitions import Definitions

OPEN, ADOPTED, DROPPED = "open", "adopted", "dropped"
COLUMNS = (
    "plan_id",
    "name",
    "base_version",
    "revision",
    "status",
    "locked",
    "operations",
    "created_by",
    "created_at",
    "adopted_in",
)
ID_BYTES = 6
LONGEST_NAME = 200

NO_PLAN = Text("没有方案“{plan}”；现有：{known}。", "there is no plan {plan!r}; there are: {known}.")
NO_NAME = Text(
    "方案要有名称，不超过 {longest} 字；现为“{name}”。", "a plan needs a name of at most {longest} characters; this is {name!r}."
)
TAKEN = Text("已有名为“{name}”的方案在制定中；请换一个名称。", "an open plan is called {name!r} already; take another name.")
SAVED_MEANWHILE = Text(
    "方案“{name}”已被他人保存为第 {now} 次修订，而您的修改基于第 {own} 次；请重新打开方案再改。",
    "somebody else saved plan {name!r} as revision {now}, and yours rests on revision {own}; open the plan again.",
)
NOT_OPEN = Text(
    "方案“{name}”的状态是{zh}（{status}），不能再改；请新建方案。",
    "plan {name!r} is {status} and cannot be changed any more; make a new one.",
)
STATUS = {OPEN: "制定中", ADOPTED: "已采纳", DROPPED: "已放弃"}
SPOILT = Text(
    "有方案被其他程序写坏，无法读取；请用备份恢复。",
    "a plan was spoilt by another program and cannot be read; restore a backup.",
)
OTHER_OPERATIONS = Text(
    "方案“{name}”保存的操作与要采纳的不同；请先保存方案，或重新打开它。",
    "the operations saved with plan {name!r} are not those to be adopted; save the plan first, or open it again.",
)


def save_plan(connection: sa.Connection, definitions: Definitions, plan: Plan, *, who: str) -> Plan:
    """Save a plan, and return it with its id and its next revision.

    Raises
    ------
    ConflictError
        When somebody else saved it since it was opened, or it is no longer open, or another open plan has its name.
    """
    require_short(who, "who", LONGEST)
    name = plan.name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InputError(NO_NAME.fill(name=plan.name, longest=LONGEST_NAME))
    plans, plan_id = definitions["plans"], plan.plan_id or secrets.token_hex(ID_BYTES)
    if connection.execute(
        sa.select(plans.c.plan_id).where(plans.c.name == name, plans.c.status == OPEN, plans.c.plan_id != plan_id)
    ).first():
        raise ConflictError(TAKEN.fill(name=name))
    saved = replace(plan, name=name, plan_id=plan_id, revision=plan.revision + 1)
    values = {
        "name": name,
        "base_version": saved.base_version,
        "revision": saved.revision,
        "locked": canonical_json(sorted(saved.locked)),
    }
    if plan.plan_id:
        _require_own(_row(connection, definitions, plan_id), plan)
        connection.execute(plans.update().where(plans.c.plan_id == plan_id).values(values))
    else:
        made = {"plan_id": plan_id, "status": OPEN, "created_by": who, "created_at": _now()}
        connection.execute(plans.insert(), values | made)
    _write_operations(connection, definitions, saved)
    return saved


def open_plan(connection: sa.Connection, definitions: Definitions, name_or_id: str) -> Plan:
    """Return a plan by its id or name; of several with one name, the open one, or else the newest.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    row = _row(connection, definitions, name_or_id)
    operations = definitions["operations"]
    found = connection.execute(
        sa.select(operations.c.record, operations.c.undone)
        .where(operations.c.plan_id == row.plan_id)
        .order_by(operations.c.position)
    ).all()
    with _as_written():
        done, undone = (
            tuple(operation_of(json.loads(text)) for text, was in found if bool(was) is state) for state in (False, True)
        )
        locked = frozenset(json.loads(row.locked))
        return Plan(row.name, int(row.base_version), done, undone, locked, row.plan_id, int(row.revision))


@contextmanager
def _as_written() -> Iterator[None]:
    """Refuse what only another program can have written."""
    try:
        yield
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise StoreError(SPOILT) from error


def all_plans(connection: sa.Connection, definitions: Definitions) -> pd.DataFrame:
    """Return every plan, a row each, with the number of its operations."""
    plans, operations = definitions["plans"], definitions["operations"]
    number = (
        sa.select(sa.func.count())
        .where(operations.c.plan_id == plans.c.plan_id, operations.c.undone.is_(sa.false()))
        .scalar_subquery()
        .label("operations")
    )
    columns = [number if name == "operations" else plans.c[name] for name in COLUMNS]
    rows = connection.execute(sa.select(*columns).order_by(plans.c.created_at, plans.c.plan_id)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS))
    with _as_written():
        if not set(frame["status"]) <= STATUS.keys():
            raise ValueError("status")
        frame["locked"] = pd.Series([tuple(json.loads(text)) for text in frame["locked"]], index=frame.index, dtype=object)
        return frame.astype({"adopted_in": "Int64"})


def close_plan(
    connection: sa.Connection, definitions: Definitions, name_or_id: str, status: str, *, adopted_in: int | None = None
) -> str:
    """End an open plan as adopted or dropped, and return its id.

    Raises
    ------
    ConflictError
        When it is not open.
    """
    row = _row(connection, definitions, name_or_id)
    _require_open(row)
    plans = definitions["plans"]
    values = {"status": status, "adopted_in": adopted_in}
    connection.execute(plans.update().where(plans.c.plan_id == row.plan_id).values(values))
    return str(row.plan_id)


def require_same_operations(plan: Plan, operations: Sequence[Operation]) -> None:
    """Refuse to adopt other operations than those that are saved.

    Raises
    ------
    ConflictError
        When they differ.
    """
    if [each.to_record() for each in plan.operations] != [each.to_record() for each in operations]:
        raise ConflictError(OTHER_OPERATIONS.fill(name=plan.name))


def _row(connection: sa.Connection, definitions: Definitions, name_or_id: str) -> Any:
    plans = definitions["plans"]
    found = connection.execute(
        sa.select(plans)
        .where(sa.or_(plans.c.plan_id == name_or_id, plans.c.name == name_or_id))
        .order_by(plans.c.plan_id == name_or_id, plans.c.status == OPEN, plans.c.created_at)
    ).all()
    if not found:
        names = connection.execute(sa.select(plans.c.name).where(plans.c.status == OPEN).order_by(plans.c.name)).scalars()
        raise NotFoundError(NO_PLAN.fill(plan=name_or_id, known=", ".join(names) or "-"))
    return found[-1]


def _require_own(row: Any, plan: Plan) -> None:
    _require_open(row)
    if row.revision != plan.revision:
        raise ConflictError(SAVED_MEANWHILE.fill(name=row.name, now=row.revision, own=plan.revision))


def _require_open(row: Any) -> None:
    if row.status != OPEN:
        raise ConflictError(NOT_OPEN.fill(name=row.name, status=row.status, zh=STATUS.get(row.status, row.status)))


def _write_operations(connection: sa.Connection, definitions: Definitions, plan: Plan) -> None:
    operations = definitions["operations"]
    connection.execute(operations.delete().where(operations.c.plan_id == plan.plan_id))
    listed = [(each, False) for each in plan.operations] + [(each, True) for each in plan.undone]
    rows = [
        {"plan_id": plan.plan_id, "position": position, "record": canonical_json(each.to_record()), "undone": undone}
        for position, (each, undone) in enumerate(listed)
    ]
    if rows:
        connection.execute(operations.insert(), rows)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
