"""The ledger of a workspace: who wrote which version, when, from which day it holds and why, each chained to the one before."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from geogrid.errors import ConflictError, InputError, NotFoundError, StoreError
from geogrid.operations import plain_text
from geogrid.validity import today
from geogrid.words import Text
from geogrid.workspace import chain
from geogrid.workspace.content import content_of, meta_hash
from geogrid.workspace.vouching import KEYED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from geogrid.workspace.definitions import Definitions

KINDS = {
    "create": Text("建立", "created"),
    "import": Text("导入", "import"),
    "adopt": Text("采纳方案", "plan adopted"),
    "repair": Text("修复", "repair"),
    "correct": Text("更正", "correction"),
    "erase": Text("抹除住户", "households erased"),
    "migrate": Text("升级格式", "format migrated"),
}
"""Every kind of version."""

TIMELESS = frozenset({"erase"})
"""Kinds that may be written without a day while another version is to come: they change every version at once."""
CHANGES_META = frozenset({"create", "migrate"})
"""Kinds of versions that write what the workspace says of itself; they record its hash."""
META_HASH = "meta_sha256"

STALE = Text(
    "您的修改基于第 {base} 版，工作区已是第 {head} 版（{who} 于 {at} 写入：{what}）；请重新读取再改；"
    "方案请先移到最新版上（geogrid plan rebase）。",
    "what you write rests on version {base}, but the workspace is at {head} ({who} wrote at {at}: {what}); read it again, "
    "and move a plan to the newest version first (geogrid plan rebase).",
)
BACKWARDS = Text(
    "生效日期 {day} 早于第 {head} 版的生效日期 {last}；生效日期不能倒退，请用 {last} 或以后的日期。",
    "the effective day {day} is before {last}, that of version {head}; effective days never go back: use {last} or a later day.",
)
TO_COME = Text(
    "第 {head} 版自 {last} 起才生效（今天是 {today}），之后写入的不能比它更早生效；请写明 --effective {last} 或以后的日期。",
    "version {head} takes effect on {last} only (today is {today}), and what is written after it cannot take effect before it: "
    "say --effective {last}, or a later day.",
)
TOO_EARLY = Text(
    "{day} 早于工作区的第一天 {first}，没有记录；请用 {first} 或以后的日期。",
    "{day} is before {first}, the first day of the workspace; use {first} or a later day.",
)
NO_VERSION = Text("没有第 {version} 版；最新为第 {head} 版。", "there is no version {version}; the newest is {head}.")
NEEDED = Text("请写明{zh}。", "say {en}.")
SPOILT = Text(
    "账本被其他程序改动，无法读取；请用 geogrid verify 查看，并用备份恢复。",
    "the ledger was changed by another program and cannot be read; look with geogrid verify, and restore a backup.",
)
MUST_SAY = {"who": Text("经办人（who）", "who does this (who)"), "reason": Text("理由（reason）", "why (reason)")}
LONGEST = 2_000
MOST_VERSIONS = 2**31 - 1
"""The largest number that a database holds as a version."""


class Act(NamedTuple):
    """Who writes, with effect from which day, why, and by which approval.

    Without a day it is today. Where the newest version takes effect later than today, the day must be said: see `InForce`.
    """

    who: str = ""
    effective: dt.date | None = None
    reason: str = ""
    approval: str = ""


@dataclass(frozen=True)
class Version:
    """One record of the ledger.

    ``counts`` says by table how many rows ``began``, ``ended`` and hold now (``rows``), and the hash of what began and ended;
    ``operations`` are those of an adopted plan, as records. ``recorded_at`` is in UTC, ``effective`` a day in the profile's
    time zone.
    """

    version: int
    kind: str
    who: str
    recorded_at: str
    effective: dt.date
    reason: str
    approval: str
    plan_id: str
    tables: tuple[str, ...]
    counts: Mapping[str, Mapping[str, int]] = field(repr=False)
    operations: tuple[Mapping[str, Any], ...] = field(repr=False)
    content_sha256: str = field(repr=False)
    previous_hash: str = field(repr=False)
    hash: str
    hmac: str = field(repr=False)


def head_of(connection: sa.Connection, definitions: Definitions) -> Version:
    """Return the newest version."""
    versions = definitions["versions"]
    found = _found(connection, sa.select(versions).order_by(versions.c.version.desc()).limit(1))
    if not found:
        raise StoreError(SPOILT)
    return found[0]


def numbered(connection: sa.Connection, definitions: Definitions, version: int) -> Version:
    """Return a version by its number.

    Raises
    ------
    NotFoundError
        When there is none.
    """
    versions = definitions["versions"]
    known = -1 if abs(int(version)) > MOST_VERSIONS else int(version)
    found = _found(connection, sa.select(versions).where(versions.c.version == known))
    if not found:
        head = head_of(connection, definitions)
        raise NotFoundError(NO_VERSION.fill(version=version, head=head.version))
    return found[0]


def version_on(connection: sa.Connection, definitions: Definitions, day: dt.date) -> Version:
    """Return the version that held on a day: the last of those with effect from that day or an earlier one.

    Raises
    ------
    NotFoundError
        When the day is before the first.
    """
    versions = definitions["versions"]
    found = _found(
        connection, sa.select(versions).where(versions.c.effective <= day).order_by(versions.c.version.desc()).limit(1)
    )
    if not found:
        first = numbered(connection, definitions, 0)
        raise NotFoundError(TOO_EARLY.fill(day=day, first=first.effective))
    return found[0]


class InForce(NamedTuple):
    """What is in force today, and what is decided to follow: the rule for all that names no day.

    A question (``export``, ``validate``, ``where``, ``codes``, the views ``*_now``) is answered by ``version``. Whatever writes
    (an import, a plan, its adoption, a repair) builds on the newest version, which may take effect later; days of effect never
    go back, so that it must say a day then, and that version's at the earliest.

    Attributes
    ----------
    today : date
        In the profile's time zone.
    day : date
        The day that is answered for: today, or the workspace's first day while that is to come.
    version : Version
        The last with effect from that day or an earlier one.
    later : tuple of Version
        What takes effect afterwards: of each day, the last version.
    """

    today: dt.date
    day: dt.date
    version: Version
    later: tuple[Version, ...]


def in_force(connection: sa.Connection, definitions: Definitions, *, time_zone: str) -> InForce:
    """Return what is in force today; see `InForce`."""
    now, versions = today(time_zone), definitions["versions"]
    day = max(now, numbered(connection, definitions, 0).effective)
    query = sa.select(versions).where(versions.c.effective > day).order_by(versions.c.version)
    later = {version.effective: version for version in _found(connection, query)}
    return InForce(now, day, version_on(connection, definitions, day), tuple(later.values()))


def all_versions(connection: sa.Connection, definitions: Definitions) -> pd.DataFrame:
    """Return the ledger as a table, a row per version."""
    versions = definitions["versions"]
    rows = _found(connection, sa.select(versions).order_by(versions.c.version))
    names = list(Version.__dataclass_fields__)
    return pd.DataFrame({name: [getattr(row, name) for row in rows] for name in names}, columns=names)


class Carried(NamedTuple):
    """What a version carries out: the id of a plan, and the records of operations."""

    plan_id: str = ""
    operations: tuple[Mapping[str, Any], ...] = ()


NOTHING_CARRIED = Carried()


@dataclass(frozen=True)
class Entry:
    """What a new version is to say, before it is recorded."""

    version: int
    kind: str
    act: Act
    effective: dt.date
    previous_hash: str
    plan_id: str = ""
    operations: tuple[Mapping[str, Any], ...] = ()


def next_entry(
    head: Version | None, kind: str, act: Act, *, base: int | None, time_zone: str, carried: Carried = NOTHING_CARRIED
) -> Entry:
    """Return what the next version will say.

    Parameters
    ----------
    head : Version or None
        The newest; None when there is none yet.
    base : int or None
        The version that the writer has seen; None where it does not matter.
    time_zone : str
        In which today is said.
    carried : Carried
        Id of the plan that is adopted, and the records of its operations.

    Raises
    ------
    ConflictError
        When ``base`` is not the newest version.
    InputError
        When the effective day goes back, or must be said; or texts are too long.
    """
    _check_act(kind, act)
    if head is None:
        return Entry(0, kind, act, act.effective or today(time_zone), chain.FIRST_PREVIOUS)
    if base is not None and base != head.version:
        what = f"{KINDS[head.kind].zh} {head.kind} {head.reason}".strip()
        raise ConflictError(STALE.fill(base=base, head=head.version, who=head.who or "-", at=head.recorded_at, what=what))
    effective = act.effective or _unsaid_day(head, kind, today(time_zone))
    if effective < head.effective:
        raise InputError(BACKWARDS.fill(day=effective, head=head.version, last=head.effective))
    return Entry(head.version + 1, kind, act, effective, head.hash, *carried)


def _unsaid_day(head: Version, kind: str, day: dt.date) -> dt.date:
    """Return the day of effect where none is said: today; it is refused to put off silently what somebody takes to hold today."""
    if day < head.effective and kind not in TIMELESS:
        raise InputError(TO_COME.fill(head=head.version, last=head.effective, today=day))
    return max(day, head.effective)


def record(
    connection: sa.Connection, definitions: Definitions, entry: Entry, *, tables: Collection[str], key: bytes | None
) -> Version:
    """Write the record of a version whose rows are written, chained to the one before.

    Parameters
    ----------
    tables : collection of str
        The data tables that were replaced, be it with the same rows.
    key : bytes or None
        Of the HMAC.
    """
    content = content_of(connection, definitions, entry.version)
    counts: dict[str, Any] = {name: {"began": 0, "ended": 0} for name in tables} | dict(content.tables)
    for name in tables:
        counts[name] = {**counts[name], "rows": count_now(connection, definitions[name])}
    if entry.kind in CHANGES_META:
        counts[META_HASH] = meta_hash(connection, definitions)
    counts[KEYED] = bool(key)
    row: dict[str, Any] = {
        "version": entry.version,
        "kind": entry.kind,
        "who": entry.act.who,
        "recorded_at": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "effective": entry.effective,
        "reason": entry.act.reason,
        "approval": entry.act.approval,
        "plan_id": entry.plan_id,
        "tables": chain.canonical_json(sorted(tables)),
        "counts": chain.canonical_json(counts),
        "operations": chain.canonical_json(list(entry.operations)),
        "content_sha256": content.sha256,
        "previous_hash": entry.previous_hash,
    }
    row["hash"] = chain.record_hash(row)
    row["hmac"] = chain.mac(key, row["hash"])
    connection.execute(definitions["versions"].insert(), row)
    return numbered(connection, definitions, entry.version)


def count_now(connection: sa.Connection, table: sa.Table) -> int:
    """Return how many rows of a data table hold now."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(table.c.version_to.is_(None))).scalar_one())


def _check_act(kind: str, act: Act) -> None:
    needed: Sequence[str] = ("who", "reason") if kind in {"adopt", "erase"} else ()
    for name in needed:
        if not str(getattr(act, name)).strip():
            raise InputError(NEEDED.fill(zh=MUST_SAY[name].zh, en=MUST_SAY[name].en))
    for name in ("who", "reason", "approval"):
        require_short(getattr(act, name), name, LONGEST)


def require_short(text: str, name: str, longest: int) -> None:
    """Refuse a text that is too long for the record, or that other programs would show cut off or turned around.

    Raises
    ------
    InputError
        When it is.
    """
    if len(text) > longest:
        raise InputError(Text(f"{name} 超过 {longest} 字，请缩短。", f"{name} is longer than {longest} characters; shorten it."))
    plain_text(text, name)


def _found(connection: sa.Connection, query: sa.Select[Any]) -> list[Version]:
    """Return the records that a query finds; a record that only another program can have written is refused."""
    try:
        return [_version(row) for row in connection.execute(query)]
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise StoreError(SPOILT) from error


def _version(row: Any) -> Version:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    for name in ("tables", "counts", "operations"):
        values[name] = json.loads(values[name])
    if values["kind"] not in KINDS:
        raise ValueError(values["kind"])
    values["counts"] = {name: each for name, each in values["counts"].items() if isinstance(each, dict)}
    return Version(**{**values, "tables": tuple(values["tables"]), "operations": tuple(values["operations"])})
