"""Whether a workspace is still what was once written: everything that the chain covers, recomputed from the rows.

What is found: a row that was changed, added or taken away in any data table, also in its dates; a record of the ledger, an
adopted plan or one of its operations, a succession, a used code, what stands for an erased row, or what the workspace says of
itself (``meta``) that was changed.

A chain that was rewritten as a whole fits itself. It is found with the key of its HMACs, which is kept outside the workspace, or
with a head hash that was printed on an adoption sheet; so are versions that were cut off at the end.

What cannot be found: a change of a plan that is not adopted (open plans may be edited by anyone), of ``travel_statuses`` (only
kept for speed), of ``fid`` and ``number`` (where a row lies), of views, indexes and the lists of layers that other programs
read; and whether what was once written was true.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import sqlalchemy as sa

from geogrid.words import Text
from geogrid.workspace import chain
from geogrid.workspace.content import META_HASH, Content, Rows, columns_of, contents, data_rows, meta_hash, other_rows
from geogrid.workspace.definitions import SHAPE
from geogrid.workspace.geometry import from_blobs, to_blobs
from geogrid.workspace.vouching import hash_asked, head_problems, mac_problems, unsigned_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geogrid.workspace.definitions import Definitions

LEDGER = "versions"
NO_LEDGER = Text("账本里一个版本也没有", "the ledger holds no version")
MISSING = Text("账本缺第 {missing} 版", "version {missing} is missing from the ledger")
RECORD = Text("账本中这一版的记录被改动：与其哈希不符", "this record of the ledger was changed: it does not fit its hash")
PREVIOUS = Text(
    "与上一版不相连：所记的上一版哈希不符", "not chained to the version before: the previous hash that it holds is not that one's"
)
UNREADABLE = Text("账本中这一版的内容清单无法读取", "the list of contents in this record of the ledger cannot be read")
TOTAL = Text("各表内容的总哈希与账本不符", "the hash over the contents of all tables does not fit the ledger")
BACKWARDS = Text("生效日期早于上一版", "the effective date is before that of the version before")
EDITED = Text(
    "行数相符，但内容与账本的哈希不符：有行被改动", "the numbers of rows fit but not the hash in the ledger: a row was changed"
)
NUMBERS = Text(
    "账本记有 {said[0]} 行开始、{said[1]} 行结束，现在是 {found[0]} 行和 {found[1]} 行：有行被增删，或其版本被改动",
    "the ledger says that {said[0]} rows begin and {said[1]} end, now {found[0]} and {found[1]} do: rows were added or taken "
    "away, or their versions changed",
)
NO_VERSION = Text("{n} 行所属的版本不在账本里", "{n} rows belong to a version that is not in the ledger")
DATES = Text(
    "有行的日期是 {dates}，而这一版自 {effective} 起生效",
    "rows say {dates}, but this version took effect on {effective}",
)
SHAPES = Text("{n} 个几何的文件头与其坐标不符", "the headers of {n} geometries do not fit their coordinates")
META = Text(
    "工作区的说明（坐标系、方案、名称等）与账本不符",
    "what the workspace says of itself (CRS, profile, name …) does not fit the ledger",
)
PLAN = Text("方案 {plan} 的状态与采纳它的版本不符", "the status of plan {plan} does not fit the version that adopted it")


class Problem(NamedTuple):
    """Something that does not fit: in which version (None: in none of them), in which table, and what."""

    version: int | None
    table: str
    what: Text


@dataclass(frozen=True)
class Verification:
    """Whether the rows fit the ledger, and the ledger itself.

    Attributes
    ----------
    ok : bool
        Nothing was found.
    versions, rows : int
        How many were checked; rows that are erased count, with the leaf that they left.
    problems : tuple of Problem
        In order of version and table; the first is where to look.
    head_hash : str
        Hash of the last version, to be compared with the one on its adoption sheet.
    hmac : str
        ``not checked`` without a key; ``wrong`` when one does not fit it, was blanked, or the last versions have none; else
        ``checked``.
    unsigned : tuple of int
        Versions without an HMAC of their own. The next one that has a right one vouches for them.
    expected_version : int or None
        The version that has the expected hash.
    """

    ok: bool
    versions: int
    rows: int
    problems: tuple[Problem, ...]
    head_hash: str
    hmac: Literal["checked", "not checked", "wrong"]
    unsigned: tuple[int, ...] = ()
    expected_version: int | None = None


def verify(
    connection: sa.Connection, definitions: Definitions, *, key: bytes | None = None, expected_head: str | None = None
) -> Verification:
    """Recompute everything that the chain covers and say what does not fit.

    Parameters
    ----------
    connection
        In a transaction, so that it sees one state.
    definitions
        The tables of the workspace.
    key : bytes, optional
        Of the HMACs; without it a chain that was rewritten as a whole is not found.
    expected_head : str, optional
        A hash that was printed on the sheet of any adoption, in hexadecimal, or 12 or more of its first digits: some version
        must have it.

    Returns
    -------
    Verification

    Raises
    ------
    InputError
        When what is expected is no hash, or has too few digits.
    """
    wanted = None if expected_head is None else hash_asked(expected_head)
    with _any_text(connection):
        ledger = _ledger(connection, definitions)
        macs = [Problem(version, LEDGER, what) for version, what in mac_problems(ledger, key)]
        groups, odd = _rows(connection, definitions)
        found = [
            *_chain_problems(ledger),
            *macs,
            *(Problem(None, LEDGER, what) for what in head_problems(ledger, wanted)),
            *odd,
            *_content_problems(ledger, contents(groups)),
            *_date_problems(ledger, groups),
            *_meta_problems(connection, definitions, ledger),
            *_plan_problems(connection, definitions, ledger),
        ]
    problems = sorted(map(_numbered, found), key=lambda each: (each.version is None, each.version or 0, each.table))
    hmac: Literal["checked", "not checked", "wrong"] = "not checked" if not key else "wrong" if macs else "checked"
    return Verification(
        ok=not problems,
        versions=len(ledger),
        rows=sum(len(each.leaves) for each in groups),
        problems=tuple(problems),
        head_hash=str(ledger[-1]["hash"]) if ledger else "",
        hmac=hmac,
        unsigned=unsigned_in(ledger),
        expected_version=next((each["version"] for each in ledger if wanted and str(each["hash"]).startswith(wanted)), None),
    )


@contextmanager
def _any_text(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite's driver return text that is not UTF-8, which only another program can have written, rather than fail on it."""
    driver: Any = connection.connection.driver_connection
    usual = getattr(driver, "text_factory", None)
    if usual is None:
        yield
        return
    driver.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = usual


def _numbered(problem: Problem) -> Problem:
    """Return a problem whose version is a number or None, whatever stands in its place."""
    return problem if isinstance(problem.version, int) else problem._replace(version=None)


def _rows(connection: sa.Connection, definitions: Definitions) -> tuple[list[Rows], list[Problem]]:
    """Return all covered rows, and the tables with rows whose stored geometry is not what its coordinates give."""
    groups, problems = [], []
    for name, table in definitions.data.items():
        columns = columns_of(connection, table, sa.true())
        groups.append(data_rows(table, columns))
        odd = odd_shapes(columns.get(SHAPE, ()), definitions.srs_id)
        if odd:
            problems.append(Problem(None, name, SHAPES.fill(n=odd)))
    return [*groups, *other_rows(connection, definitions)], problems


def odd_shapes(blobs: Sequence[Any], srs_id: int) -> int:
    """Count stored geometries whose bytes, header and all, are not those that their coordinates give.

    Examples
    --------
    >>> import shapely
    >>> good = to_blobs([shapely.Point(1, 2), None], 4548)
    >>> odd_shapes(good, 4548), odd_shapes(good, 4549)
    (0, 1)
    """
    try:
        return sum(one != other for one, other in zip(blobs, to_blobs(from_blobs(blobs), srs_id), strict=True)) if blobs else 0
    except ValueError:  # one of them is no geometry at all
        return sum(_is_odd(blob, srs_id) for blob in blobs)


def _is_odd(blob: Any, srs_id: int) -> bool:
    try:
        return bool(to_blobs(from_blobs([blob]), srs_id)[0] != blob)
    except ValueError:
        return True


def _ledger(connection: sa.Connection, definitions: Definitions) -> list[dict[str, Any]]:
    """Return the records of the ledger as they are stored, in order."""
    columns = columns_of(connection, definitions[LEDGER], sa.true())
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return sorted(records, key=lambda record: record["version"])


def _chain_problems(ledger: list[dict[str, Any]]) -> Iterator[Problem]:
    if not ledger:
        yield Problem(None, LEDGER, NO_LEDGER)
    before: dict[str, Any] = {"version": -1, "hash": chain.FIRST_PREVIOUS, "effective": ""}
    for record in ledger:
        version = record["version"]
        if version != before["version"] + 1:
            yield Problem(version, LEDGER, MISSING.fill(missing=before["version"] + 1))
        if not chain.same(str(record["hash"]), _record_hash(record)):
            yield Problem(version, LEDGER, RECORD)
        if not chain.same(str(record["previous_hash"]), str(before["hash"])):
            yield Problem(version, LEDGER, PREVIOUS)
        if str(record["effective"]) < str(before["effective"]):
            yield Problem(version, LEDGER, BACKWARDS)
        before = record


def _record_hash(record: dict[str, Any]) -> str:
    """Return the hash of a record; "" when it holds what no record holds."""
    try:
        return chain.record_hash(record)
    except (TypeError, ValueError):
        return ""


def _content_problems(ledger: list[dict[str, Any]], found: dict[int | None, Content]) -> Iterator[Problem]:
    for record in ledger:
        version = record["version"]
        now = found.get(version, Content(chain.version_content({}), {}))
        said = _said(record)
        if said is None:
            yield Problem(version, LEDGER, UNREADABLE)
            continue
        yield from _table_problems(version, said, now.tables)
        if not chain.same(str(record["content_sha256"]), chain.version_content(_hashes(said))):
            yield Problem(version, LEDGER, TOTAL)
    known = {record["version"] for record in ledger}
    for version, content in found.items():
        if version not in known:
            for table, each in content.tables.items():
                yield Problem(version, table, NO_VERSION.fill(n=int(each["began"]) + int(each["ended"])))


def _said(record: dict[str, Any]) -> dict[str, dict[str, Any]] | None:
    """Return what a record of the ledger says of its tables; None when that cannot be read."""
    try:
        counts = json.loads(record["counts"])
        said = {table: each for table, each in counts.items() if isinstance(each, dict) and "sha256" in each}
        _hashes(said)
        [(each["began"], each["ended"]) for each in said.values()]
    except (ValueError, TypeError, AttributeError, LookupError):
        return None
    return said


def _hashes(said: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {table: bytes.fromhex(each["sha256"]).hex() for table, each in said.items()}


def _table_problems(version: int, said: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    none = {"began": 0, "ended": 0, "sha256": ""}
    for table in sorted({*said, *now}):
        old, new = said.get(table, none), now.get(table, none)
        numbers = [(each["began"], each["ended"]) for each in (old, new)]
        if numbers[0] != numbers[1]:
            yield Problem(version, table, NUMBERS.fill(said=numbers[0], found=numbers[1]))
        elif not chain.same(str(old["sha256"]), str(new["sha256"])):
            yield Problem(version, table, EDITED)


def _date_problems(ledger: list[dict[str, Any]], groups: Sequence[Rows]) -> Iterator[Problem]:
    effective = {record["version"]: str(record["effective"]) for record in ledger}
    wrong: dict[tuple[int | None, str], list[str]] = {}
    for rows in groups:
        for version, day in rows.dates:
            if effective.get(version) != day:
                wrong.setdefault((version, rows.table), []).append(str(day))
    for (version, table), days in wrong.items():
        yield Problem(version, table, DATES.fill(dates=", ".join(sorted(days)), effective=effective.get(version)))


def _meta_problems(connection: sa.Connection, definitions: Definitions, ledger: list[dict[str, Any]]) -> Iterator[Problem]:
    hashes = [(record["version"], _meta_said(record)) for record in ledger]
    last = next(((version, said) for version, said in reversed(hashes) if said), None)
    if ledger and (last is None or not chain.same(last[1], meta_hash(connection, definitions, but=()))):
        yield Problem(last[0] if last else 0, "meta", META)


def _meta_said(record: dict[str, Any]) -> str | None:
    try:
        said = json.loads(record["counts"])[META_HASH]
    except (ValueError, TypeError, LookupError):
        return None
    return str(said)


def _plan_problems(connection: sa.Connection, definitions: Definitions, ledger: list[dict[str, Any]]) -> Iterator[Problem]:
    """Yield plans that say of themselves that they are adopted but were not, and the other way round."""
    adopted = {record["plan_id"]: record["version"] for record in ledger if record["kind"] == "adopt"}
    plans = columns_of(connection, definitions["plans"], sa.true())
    for plan, status, version in zip(plans["plan_id"], plans["status"], plans["adopted_in"], strict=True):
        if version != adopted.get(plan) or (status == "adopted") != (version is not None):
            yield Problem(adopted.get(plan), "plans", PLAN.fill(plan=plan))
