"""What only staff may ask: who they are, and the town that their questions are about.

A token is the key for now. It is kept as a hash, compared in constant time, and whoever guesses is made to wait. Nothing made
here ever stands on the public shelf, in a shared cache or in a log.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from fastapi import Depends, Request
from starlette.responses import Response

from api.addresses import client_address
from api.answers import JSON, WORTH_GZIP, prefers_gzip
from api.errors import NotStaffError, TooManyGuessesError
from geogrid.town import open_town
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from api.settings import Settings
    from geogrid.town import Town

PREFIX = "/api/v1/staff"
"""Everything under it is for staff only; see `require_staff`."""
PRIVATE = {
    "Cache-Control": "no-store",
    "Vary": "Authorization, Accept-Encoding, Accept-Language",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer to staff: nobody may keep, embed or frame it."""
RANDOM_BYTES = 32
MOST_GUESSES = 10
GUESSING_S = 60.0
MOST_GUESSERS = 1024


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(RANDOM_BYTES)


@dataclass
class Guesses:
    """Wrong tokens by where they come from: after ten within a minute, wrong ones from there must wait until it is over.

    The right one is let through: many people may stand behind one address.
    """

    clock: Callable[[], float] = monotonic
    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, address: str) -> float:
        """Return how long an address must wait before it may try again; 0 if it need not."""
        since, count = self._seen.get(address, (0.0, 0))
        left = since + GUESSING_S - self.clock()
        return left if count >= MOST_GUESSES and left > 0 else 0.0

    def add(self, address: str) -> None:
        """Remember a wrong token; of too many addresses the one heard of first is forgotten."""
        with self._lock:
            now = self.clock()
            since, count = self._seen.get(address, (now, 0))
            self._seen[address] = (since, count + 1) if now - since < GUESSING_S else (now, 1)
            if len(self._seen) > MOST_GUESSERS:
                del self._seen[next(iter(self._seen))]


@dataclass(frozen=True, eq=False)
class Staff:
    """The town, for staff: the hash of their token, the proxies to believe, and what was made for staff so far."""

    digest: bytes
    town: Town
    proxies: tuple[str, ...] = ()
    guesses: Guesses = field(default_factory=Guesses)
    _kept: dict[Hashable, Any] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, settings: Settings) -> Self | None:
        """Open the town of the service's folder; None when no token is set, for then there is nothing for staff.

        Raises
        ------
        InputError
            If the folder holds no town that can be opened.
        """
        if settings.staff_token is None:
            return None
        return cls(digest(settings.staff_token.get_secret_value()), open_town(settings.folder), settings.trusted_proxies)

    def admit(self, request: Request) -> None:
        """Let a request with the token pass.

        Raises
        ------
        NotStaffError
            No token, or a wrong one.
        TooManyGuessesError
            A wrong one after too many from one address.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise NotStaffError(_NO_TOKEN)
        if hmac.compare_digest(digest(token.strip()), self.digest):
            return
        address = client_address(request, self.proxies)
        wait = self.guesses.wait_s(address)
        if wait:
            raise TooManyGuessesError(_TOO_MANY, wait)
        self.guesses.add(address)
        raise NotStaffError(_WRONG_TOKEN)

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what was made under a key before, or make it; keys must come from a finite set."""
        with self._making:
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]


def digest(token: str) -> bytes:
    """Return the hash of a token: the only form in which it is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def require_staff(request: Request) -> None:
    """Ask who comes to a folder's address for staff for the token, before anything else of the request is looked at.

    An office's addresses for staff ask for a role, as all its addresses do (`api.access.admit`).
    """
    if request.app.state.staff is not None and request.scope["route"].path.startswith(PREFIX):
        admitted(request)


def admitted(request: Request) -> Staff:
    """Return what the service has for staff, to who has the token."""
    staff = cast("Staff", request.app.state.staff)
    staff.admit(request)
    return staff


ForStaff = Annotated[Staff, Depends(admitted)]
"""What an address for staff takes: the town, and with it the certainty that the caller has the token."""


def private(request: Request, content: Any, media_type: str = JSON, headers: dict[str, str] | None = None) -> Response:
    """Return content, or JSON of it, for one member of staff: never stored, never shared."""
    body = content if isinstance(content, bytes) else encoded(content)
    squeeze = len(body) >= WORTH_GZIP and prefers_gzip(request.headers.get("accept-encoding", ""))
    sent = gzip.compress(body, compresslevel=5, mtime=0) if squeeze else body
    extra = {"Content-Encoding": "gzip"} if squeeze else {}
    told = PRIVATE | extra | {"Content-Length": str(len(sent))} | (headers or {})
    return Response(b"" if request.method == "HEAD" else sent, headers=told, media_type=media_type)


def encoded(content: Any) -> bytes:
    """Return content as JSON."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


_NO_TOKEN = Text(
    "只供工作人员使用：请带上令牌（Authorization: Bearer …）", "for staff only: send the token (Authorization: Bearer …)"
)
_WRONG_TOKEN = Text("令牌不对：请核对后再试", "this is not the token: check it and try again")
_TOO_MANY = Text("错误的令牌太多：请稍后再试", "too many wrong tokens: wait, then try again")
