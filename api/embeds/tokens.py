"""Signed tokens for maps that are not public: they name all that a map shows, end by themselves, and end with their maker's key.

A token is a JSON Web Token (HS256) that names its signing key. Its claims fix the map, so that nothing else can be asked with it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import jwt
import sqlalchemy as sa

from api import audit
from api.callers import Caller
from api.errors import NotStaffError
from api.keys import key_of
from api.state import now
from api.statetables import SIGNING
from geogrid.errors import NotFoundError
from geogrid.words import Text
from maps.extract import GRID

if TYPE_CHECKING:
    from api.holdings import Holdings
    from api.state import State
    from geogrid.words import Lang
    from maps.embedmaps import MapName

AUDIENCE = "geogrid-embed"
ALGORITHM = "HS256"
SECRET_BYTES = 32
KID_BYTES = 8
LONGEST_TOKEN = 4000
LOOPBACK = "loopback"
WRONG_TOKEN = Text(
    "嵌入令牌不对或已失效：请向给您代码的单位要新的嵌入代码",
    "this embed token is wrong or no longer holds: ask whoever gave you the code for a new one",
)


@dataclass(frozen=True)
class Locked:
    """What a token fixes.

    Attributes
    ----------
    map : str
        A key of `maps.embedmaps.MAPS`.
    of : int
        Number of the publication, which may be one that is not in force yet.
    area, level, service, grid, lang, theme, size : str
        As the map's parameters; "" where the map's own default holds.
    """

    map: MapName
    of: int
    area: str = ""
    level: str = GRID
    service: str = ""
    grid: str = ""
    lang: Lang = "zh"
    theme: str = ""
    size: str = ""


def make_token(state: State, caller: Caller, locked: Locked, *, ends_at: dt.datetime) -> str:
    """Return a token for a map, signed with the newest key.

    Parameters
    ----------
    state : State
    caller : Caller
        Whose key the token ends with.
    locked : Locked
    ends_at : datetime
        With a time zone.
    """
    kid, secret = _newest(state)
    claims = {"aud": AUDIENCE, "sub": caller.key_id, "iat": dt.datetime.now(dt.UTC), "exp": ends_at, "map": asdict(locked)}
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": kid})


def locked_by(holdings: Holdings, token: str, name: MapName) -> tuple[Caller, Locked]:
    """Return whose token for a map it is and what it fixes; every fault is answered the same.

    Raises
    ------
    NotStaffError
        When it is no token of ours, is for another map, has ended, or its key or its maker's has.
    """
    try:
        claims = _claims(holdings.require_state(), token)
        caller = _maker(holdings, claims["sub"])
        locked = Locked(**claims["map"])
    except (jwt.PyJWTError, TypeError, KeyError, ValueError, RecursionError) as error:  # whatever a forger may write into it
        raise NotStaffError(WRONG_TOKEN) from error
    if locked.map != name or not caller.may("planner"):
        raise NotStaffError(WRONG_TOKEN)
    return caller, locked


def _claims(state: State, token: str) -> dict[str, Any]:
    """Return what a token says, once its signature, its audience and its end are found to be right."""
    kid = jwt.get_unverified_header(token).get("kid")
    secret = _holding(state, kid) if isinstance(kid, str) and len(token) <= LONGEST_TOKEN else None
    if secret is None:
        raise jwt.InvalidKeyError("no such key")
    required = {"require": ["aud", "sub", "exp", "iat"]}
    claims: dict[str, Any] = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options=required)  # type: ignore[arg-type]
    return claims


def _maker(holdings: Holdings, key_id: str) -> Caller:
    """Return who made a token, as far as their key still holds."""
    if key_id == LOOPBACK:
        return _on_this_machine(holdings)
    try:
        key = key_of(holdings.require_state(), key_id)
    except NotFoundError as error:
        raise NotStaffError(WRONG_TOKEN) from error
    if not key.holds:
        raise NotStaffError(WRONG_TOKEN)
    return key.caller


def _on_this_machine(holdings: Holdings) -> Caller:
    return Caller(holdings.settings.loopback_role, key_id=LOOPBACK, via="loopback")


def _newest(state: State) -> tuple[str, str]:
    """Return the id and the secret that new tokens are signed with; the first is made when first needed."""
    with state.writing() as connection:
        row = connection.execute(sa.select(SIGNING).where(SIGNING.c.retired_at.is_(None))).mappings().first()
        return (str(row["kid"]), str(row["secret"])) if row else _made(connection)


def _made(connection: sa.Connection) -> tuple[str, str]:
    kid, secret = secrets.token_hex(KID_BYTES), secrets.token_hex(SECRET_BYTES)
    connection.execute(SIGNING.insert().values(kid=kid, secret=secret, created_at=now(), retired_at=None))
    return kid, secret


def _holding(state: State, kid: str) -> str | None:
    """Return the secret of a signing key that is not retired."""
    holds = SIGNING.c.retired_at.is_(None) | (SIGNING.c.retired_at > now())
    with state.reading() as connection:
        secret = connection.execute(sa.select(SIGNING.c.secret).where((SIGNING.c.kid == kid) & holds)).scalar()
    return None if secret is None else str(secret)


def rotate(state: State, caller: Caller, *, keep_hours: float = 0) -> str:
    """Sign with a new key from now on, and return its id; tokens of the keys before hold for so many hours more, and then end.

    Secrets that ended are forgotten at once.
    """
    ends = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=keep_hours)).isoformat(timespec="microseconds")
    with state.writing() as connection:
        connection.execute(SIGNING.update().where(SIGNING.c.retired_at.is_(None)).values(retired_at=ends))
        connection.execute(SIGNING.delete().where(SIGNING.c.retired_at <= now()))
        kid, _ = _made(connection)
        audit.note_in(connection, caller, "rotate_embed_key", kid, {"keep_hours": keep_hours}, key=state.key)
    return kid
