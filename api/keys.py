"""Keys of those who may see or do more than the public. A key is shown once; what is kept is its hash.

A key is ``gg_<id>_<secret>``: the id is looked up and may be told, the secret is 256 random bits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa

from api.callers import Caller
from api.errors import NotStaffError
from api.statetables import KEYS
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.callers import Role
    from api.state import State

PREFIX = "gg"
ID_BYTES = 6
SECRET_BYTES = 32
WRONG_KEY = Text(
    "密钥不对或已失效：请核对，或向管理员要新的", "this key is wrong or no longer holds: check it, or ask for a new one"
)


def now() -> str:
    """Return this moment as the service's file states it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def create_key(
    state: State, *, name: str, role: Role, areas: Sequence[str] = (), expires_at: str | None = None
) -> tuple[str, str]:
    """Make a key, and return its id and the key itself, which nobody can be told again."""
    key_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    row = {"key_id": key_id, "name": name, "digest": digest(secret), "role": role, "areas": json.dumps(list(areas))}
    with state.writing() as connection:
        connection.execute(KEYS.insert().values(**row, created_at=now(), expires_at=expires_at))
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
    kept = str(row["digest"]) if row else ""
    is_right = hmac.compare_digest(digest(secret), kept)
    if prefix != PREFIX or row is None or not is_right or row["revoked_at"] or (row["expires_at"] or "9") <= now():
        raise NotStaffError(WRONG_KEY)
    return Caller(row["role"], tuple(json.loads(row["areas"])), key_id, row["name"], "key")


def digest(secret: str) -> str:
    """Return the hash of a secret: the only form in which it is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
