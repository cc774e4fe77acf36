"""The audit trail: who read rows of households, and who changed what. Each row holds the hash of the row before it.

A row says who, what and how many; never which household, and no place. Who edits the file can rewrite the whole chain: that is
found with the key of the HMACs, which is kept elsewhere, or with a head that was noted earlier.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from api.callers import Caller
from api.state import now
from api.statetables import AUDIT
from geogrid.errors import StoreError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.state import State

CLI = Caller("admin", key_id="cli", name="geogrid", via="loopback")
"""Who works on the machine itself."""
LONGEST = 200
"""Characters of what an entry is of."""
DOMAIN = b"geogrid audit\n"
"""Stands before what is signed, so that no signature of the workspace's ledger is one of the trail."""
NO_KEY = Text(
    "审计记录此前有密钥签名：请给出同一密钥文件（--key 或 GEOGRID_KEY_FILE）。",
    "the audit trail is signed with a key: give the same key file (--key or GEOGRID_KEY_FILE).",
)


@dataclass(frozen=True)
class Entry:
    """One row of the trail.

    Attributes
    ----------
    number : int
        From 1 on, without a gap.
    at : str
        UTC.
    who : str
        Id of the key; "loopback" or "cli" for those on the machine itself.
    action, of : str
        What was done, to what.
    detail : str
        JSON.
    previous, hash, hmac : str
        Hash of the row before, of this one, and its signature, "" without a key.
    """

    number: int
    at: str
    who: str
    action: str
    of: str
    detail: str
    previous: str
    hash: str
    hmac: str


@dataclass(frozen=True)
class Verified:
    """What came of looking at the whole trail.

    Attributes
    ----------
    entries : int
    head : str
        Hash of the last entry; "" of an empty trail.
    first_wrong : int or None
        Number of the first entry that does not fit; None where all do.
    unsigned : int
        Entries without a signature.
    is_signed : bool
        Whether signatures were looked at.
    has_head : bool or None
        Whether the head noted earlier is still in it; None when none was given.
    """

    entries: int
    head: str
    first_wrong: int | None
    unsigned: int
    is_signed: bool
    has_head: bool | None = None

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong with it."""
        return self.first_wrong is None and self.has_head is not False


def note(state: State, caller: Caller, action: str, of: str = "", detail: Mapping[str, Any] | None = None) -> None:
    """Write one entry; it is on the disk when this returns. Once a request, before what was read is sent.

    Parameters
    ----------
    state : State
    caller : Caller
    action : str
        Such as read_households, adopt, create_key, erase, import.
    of : str
        A plan, a collection, a kind of export; never a household's id or place.
    detail : mapping, optional
        More that is no household's: counts, versions, ids of plans and grids.

    Raises
    ------
    StoreError
        When the trail was signed until now and there is no key to go on with.
    """
    with state.writing() as connection:
        note_in(connection, caller, action, of, detail, key=state.key)


def note_in(
    connection: sa.Connection,
    caller: Caller,
    action: str,
    of: str = "",
    detail: Mapping[str, Any] | None = None,
    *,
    key: bytes | None,
) -> None:
    """Write one entry within a transaction that writes something else; see `note`."""
    last = connection.execute(sa.select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)).mappings().first()
    if last is not None and last["hmac"] and not key:
        raise StoreError(NO_KEY)
    row = {
        "number": 1 if last is None else last["number"] + 1,
        "at": now(),
        "who": caller.key_id or caller.role,
        "action": action,
        "of": _written(of[:LONGEST]),
        "detail": _written(json.dumps(detail or {}, ensure_ascii=False, allow_nan=False, sort_keys=True)),
        "previous": "" if last is None else last["hash"],
    }
    hashed = _hash(row)
    connection.execute(AUDIT.insert().values(**row, hash=hashed, hmac=_signature(hashed, key)))


def entries(state: State, *, before: int | None = None, limit: int = 100) -> list[Entry]:
    """Return the newest entries, newest first; of those before a number when one is given."""
    asked = sa.select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
    if before is not None:
        asked = asked.where(AUDIT.c.number < before)
    with state.reading() as connection:
        return [Entry(**row) for row in connection.execute(asked).mappings()]


def verify(state: State, key: bytes | None = None, *, head: str = "") -> Verified:
    """Look at every entry: numbers without a gap, each hash over its row and the one before, and with the key each signature.

    Parameters
    ----------
    state : State
    key : bytes, optional
        Of the HMACs; without it a trail that was rewritten as a whole is not found. With it, entries at the end that nobody
        signed are wrong.
    head : str
        A head that was noted earlier: entries cut off the end are found with it.
    """
    count, previous, wrong, unsigned, tail, has_head = 0, "", None, 0, None, not head
    for entry in _all(state):
        count += 1
        fits = entry.number == count and entry.previous == previous and entry.hash == _hash(asdict(entry))
        if wrong is None and not (fits and _is_vouched(entry, key)):
            wrong = count
        tail = None if entry.hmac else tail or count
        unsigned, previous, has_head = unsigned + (not entry.hmac), entry.hash, has_head or entry.hash == head
    wrong = tail if key and wrong is None else wrong
    return Verified(count, previous, wrong, unsigned, bool(key), has_head if head else None)


def _all(state: State) -> Iterator[Entry]:
    with state.reading() as connection:
        for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.number)).mappings():
            yield Entry(**row)


def _hash(row: Mapping[str, Any]) -> str:
    """Return the hash of a row: of the JSON list of its columns, without hash and signature."""
    told = [row[column] for column in ("number", "at", "who", "action", "of", "detail", "previous")]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def _signature(hashed: str, key: bytes | None) -> str:
    return hmac.new(key, DOMAIN + hashed.encode(), "sha256").hexdigest() if key else ""


def _is_vouched(entry: Entry, key: bytes | None) -> bool:
    """Return whether a signature is right; an entry without one is vouched for by the next that has one."""
    return not key or not entry.hmac or hmac.compare_digest(entry.hmac, _signature(entry.hash, key))


def _written(told: str) -> str:
    """Return text as a file can hold it: a lone surrogate cannot be written."""
    return told.encode("utf-8", "replace").decode()
