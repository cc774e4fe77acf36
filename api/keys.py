"""Keys of those who may see or do more than the public. A key is shown once; what is kept is its hash.

A key is ``gg_<id>_<secret>``: the id is looked up and may be told, the secret is 256 random bits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import sqlalchemy as sa

from api import audit
from api.callers import Caller
from api.errors import NotStaffError
from api.state import moment, now
from api.statetables import KEYS, SESSIONS
from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from api.callers import Role
    from api.state import State

__all__ = (
    "KEYS",
    "Key",
    "caller_with",
    "create_key",
    "digest",
    "key_of",
    "keys_of",
    "now",
    "require_areas",
    "require_name",
    "revoke_key",
)

PREFIX = "gg"
ID_BYTES = 6
SECRET_BYTES = 32
LONGEST_NAME = 80
DAYS = 365
"""A key holds so long unless something else is said."""
MOST_DAYS = 3650

NOBODYS = hashlib.sha256(b"").hexdigest()
"""What a secret is compared with where there is no key of its id, so that it takes as long."""

WRONG_KEY = Text(
    "密钥不对或已失效：请核对，或向管理员要新的", "this key is wrong or no longer holds: check it, or ask for a new one"
)
NO_KEY = Text("没有这个密钥：编号见 geogrid key list", "there is no such key: `geogrid key list` shows the ids")
NO_AREA = Text(
    "没有这个区域或网格：{ids}；请核对编号，或换成有的区域",
    "no such area or grid: {ids}; check the ids, or name areas that exist",
)
NO_NAME = Text("请写明密钥归谁（1 到 {n} 个可见字符）", "say whose the key is: 1 to {n} characters that can be shown")


@dataclass(frozen=True)
class Key:
    """What may be told of a key.

    Attributes
    ----------
    key_id, name : str
    role : Role
    areas : tuple of str
        In which the role holds; empty is everywhere.
    created_at, expires_at, revoked_at : str
        UTC; "" where there is none.
    """

    key_id: str
    name: str
    role: Role
    areas: tuple[str, ...]
    created_at: str
    expires_at: str
    revoked_at: str

    @classmethod
    def of(cls, row: sa.RowMapping) -> Self:
        """Return a row of the table of keys."""
        times = (row["created_at"], row["expires_at"] or "", row["revoked_at"] or "")
        return cls(row["key_id"], row["name"], row["role"], tuple(json.loads(row["areas"])), *times)

    @property
    def state(self) -> Literal["active", "expired", "revoked"]:
        """Return whether it holds, or why not."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= now() else "active"

    @property
    def holds(self) -> bool:
        """Return whether it holds."""
        return self.state == "active"

    @property
    def caller(self) -> Caller:
        """Return who calls with it."""
        return Caller(self.role, self.areas, self.key_id, self.name, "key")


def create_key(
    state: State,
    *,
    name: str,
    role: Role,
    areas: Sequence[str] = (),
    expires_at: str | None = None,
    by: Caller = audit.CLI,
) -> tuple[str, str]:
    """Make a key, and return its id and the key itself, which nobody can be told again.

    Parameters
    ----------
    state : State
    name : str
        Whose it is.
    role : Role
    areas : sequence of str
        In which the role holds; none are everywhere. See `require_areas`.
    expires_at : str, optional
        UTC; see `until`.
    by : Caller
        Who makes it, for the audit trail.
    """
    key_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    row = {"key_id": key_id, "name": name, "digest": digest(secret), "role": role, "areas": json.dumps(list(areas))}
    told = {"role": role, "areas": list(areas), "until": (expires_at or "")[:10]}
    with state.writing() as connection:
        connection.execute(KEYS.insert().values(**row, created_at=now(), expires_at=expires_at))
        audit.note_in(connection, by, "create_key", key_id, told, key=state.key)
    return key_id, f"{PREFIX}_{key_id}_{secret}"


def caller_with(state: State, key: str) -> Caller:
    """Return whose key it is.

    Raises
    ------
    NotStaffError
        When it is nobody's, revoked or expired.
    """
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    with state.reading() as connection:
        row = connection.execute(sa.select(KEYS).where(KEYS.c.key_id == key_id)).mappings().first()
    kept = str(row["digest"]) if row else NOBODYS
    is_right = hmac.compare_digest(digest(secret), kept)
    if prefix != PREFIX or row is None or not is_right or not (found := Key.of(row)).holds:
        raise NotStaffError(WRONG_KEY)
    return found.caller


def keys_of(state: State) -> list[Key]:
    """Return every key that was ever made, oldest first, without its secret."""
    with state.reading() as connection:
        return [Key.of(row) for row in connection.execute(sa.select(KEYS).order_by(KEYS.c.created_at)).mappings()]


def key_of(state: State, key_id: str) -> Key:
    """Return one key, without its secret.

    Raises
    ------
    NotFoundError
        When there is none of that id.
    """
    found = next((key for key in keys_of(state) if key.key_id == key_id), None)
    if found is None:
        raise NotFoundError(NO_KEY)
    return found


def revoke_key(state: State, key_id: str, *, by: Caller = audit.CLI) -> Key:
    """Let a key hold no more, and end the sessions that rest on it; one that was revoked before stays so.

    Raises
    ------
    NotFoundError
        When there is none of that id.
    """
    if key_of(state, key_id).state != "revoked":
        with state.writing() as connection:
            connection.execute(KEYS.update().where(KEYS.c.key_id == key_id).values(revoked_at=now()))
            connection.execute(SESSIONS.delete().where(SESSIONS.c.key_id == key_id))
            audit.note_in(connection, by, "revoke_key", key_id, key=state.key)
    return key_of(state, key_id)


def until(days: int) -> str:
    """Return when a key ends that holds so many days from now."""
    return moment(dt.timedelta(days=days))


def require_name(name: str) -> str:
    """Return whose a key is, without white space around it.

    Raises
    ------
    InputError
        When it is empty, too long, or of characters that cannot be shown.
    """
    kept = name.strip()
    if not kept or len(kept) > LONGEST_NAME or not kept.isprintable():
        raise InputError(NO_NAME.fill(n=LONGEST_NAME))
    return kept


def require_areas(area_ids: Sequence[str], among: Collection[str]) -> tuple[str, ...]:
    """Return areas for a key, each once.

    Raises
    ------
    InputError
        When one of them is not among the ids that there are: such a key would open nothing.
    """
    wrong = [each for each in area_ids if each not in among]
    if wrong:
        raise InputError(NO_AREA.fill(ids=", ".join(wrong)[:LONGEST_NAME]))
    return tuple(dict.fromkeys(area_ids))


def digest(secret: str) -> str:
    """Return the hash of a secret: the only form in which it is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
