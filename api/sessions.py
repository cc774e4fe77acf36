"""Sessions of browsers: a random cookie of which only the hash is kept, and a token that every change must bring besides.

A session rests on a key: with the key revoked or expired there is no session any more.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sqlalchemy as sa

from api import audit
from api.keys import KEYS, Key, digest
from api.state import moment, now
from api.statetables import SESSIONS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from api.callers import Caller
    from api.settings import Settings
    from api.state import State

RANDOM_BYTES = 32
CSRF_HEADER = "x-csrf-token"
COOKIE, HOST_COOKIE = "geogrid", "__Host-geogrid"
"""Names of the cookie: with HTTPS one that browsers give to no other site and accept from none."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
"""Of Sec-Fetch-Site: our own pages, and what people type or open themselves."""


@dataclass(frozen=True)
class Session:
    """A login that holds.

    Attributes
    ----------
    caller : Caller
    csrf : str
        What changes must bring: ``X-CSRF-Token``, or the field of a form.
    expires_at : str
        UTC.
    """

    caller: Caller
    csrf: str
    expires_at: str


def begin(state: State, caller: Caller, *, hours: float) -> str:
    """Begin a session of somebody who showed a key, and return the cookie's value; sessions that ended are swept away."""
    cookie = secrets.token_urlsafe(RANDOM_BYTES)
    times = {"created_at": now(), "expires_at": moment(dt.timedelta(hours=hours))}
    row = {"digest": digest(cookie), "key_id": caller.key_id, "csrf": secrets.token_urlsafe(RANDOM_BYTES), **times}
    with state.writing() as connection:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.expires_at <= now()))
        connection.execute(SESSIONS.insert().values(**row))
        audit.note_in(connection, caller, "login", key=state.key)
    return cookie


def session_with(state: State, cookie: str) -> Session | None:
    """Return the session of a cookie; None where there is none, or it or its key no longer holds."""
    asked = sa.select(SESSIONS.c.csrf, SESSIONS.c.expires_at.label("ends_at"), KEYS).join(
        KEYS, KEYS.c.key_id == SESSIONS.c.key_id
    )
    with state.reading() as connection:
        row = connection.execute(asked.where(SESSIONS.c.digest == digest(cookie))).mappings().first()
    if row is None or row["ends_at"] <= now() or not (key := Key.of(row)).holds:
        return None
    return Session(replace(key.caller, via="session"), row["csrf"], row["ends_at"])


def end(state: State, cookie: str, caller: Caller) -> None:
    """End a session."""
    with state.writing() as connection:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.digest == digest(cookie)))
        audit.note_in(connection, caller, "logout", key=state.key)


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name."""
    return HOST_COOKIE if is_secure(settings) else COOKIE


def is_secure(settings: Settings) -> bool:
    """Return whether the service is reached through HTTPS."""
    return settings.public_url.startswith("https:")


def give(response: Response, cookie: str, settings: Settings) -> None:
    """Give a browser its cookie; "" takes it away. No script reads it, and no other site's page sends it."""
    lasts = round(settings.session_hours * 3600) if cookie else 0
    response.set_cookie(
        cookie_name(settings), cookie, max_age=lasts, secure=is_secure(settings), httponly=True, samesite="strict"
    )


def brings_token(session: Session, token: str) -> bool:
    """Return whether a change brings the session's token."""
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), session.csrf.encode())


def is_ours(request: Request, settings: Settings) -> bool:
    """Return whether no other site's page made a request; a link that somebody follows to us does not count as one.

    Browsers say so: with Sec-Fetch-Site, or where they do not (HTTP, old ones) with Origin on whatever changes something.
    Programs that are no browsers say neither.
    """
    site, source = request.headers.get("sec-fetch-site", ""), request.headers.get("origin")
    if site:
        return site in OWN_SITES or (request.method in SAFE and _is_followed(request))
    return source is None or source in _origins(request, settings)


def _is_followed(request: Request) -> bool:
    told = (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest"))
    return told == ("navigate", "document")


def _origins(request: Request, settings: Settings) -> set[str]:
    """Return what browsers may name as the origin of our own pages: as set, and as they asked for us."""
    asked = f"{request.url.scheme}://{request.headers.get('host', '')}"
    public = urlsplit(settings.base_url)
    return {asked, f"{public.scheme}://{public.netloc}"}
