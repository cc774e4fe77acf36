"""What stands before every address: how much at once, how large and slow a body, headers on every answer, and an account.

The account of a request names the address by its pattern, never by what somebody wrote into it, and nobody who called.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from api.errors import SECURITY, BusyError, TooLargeError, TooSlowError, problem
from api.logs import HEADER, REQUESTS, begin_request
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.meters import Meters
    from api.settings import Settings

    Aside = Callable[[], AbstractContextManager[None]]

UPLOADS = "/api/v1/uploads"
EVENTS = b"text/event-stream"
EVENTS_END = "/events"
"""How addresses of streams of events end."""
MOST_EVENTS = 64
"""Streams of events at once; each waits and does nothing, so they do not count among the requests."""
FAILED = 500
"""The status of what ended without an answer of ours."""
BUSY = 503
HALF_YEAR_S = 15_768_000
LOG = logging.getLogger(REQUESTS)

FULL = Text("请求太多，请稍后再试。", "There are too many requests at once; try again in a moment.")
LARGE = Text("内容太大：最多 {most} 字节", "the body is too large: at most {most} bytes")
SLOW = Text(
    "内容没有在 {seconds:g} 秒内收完，请检查网络后再试", "the body did not arrive within {seconds:g} seconds; check the network"
)


@dataclass
class Guard:
    """The outermost layer of the service.

    Attributes
    ----------
    app : ASGIApp
        What it guards.
    settings : Settings
    meters : Meters
        Where requests are counted.
    """

    app: ASGIApp
    settings: Settings
    meters: Meters
    _under_way: int = field(default=0, init=False)
    _streams: int = field(default=0, init=False)
    _fixed: dict[bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self._fixed = self._headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, if there is room."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, self._fixed | {HEADER.lower().encode(): begin_request().encode()})
        started = perf_counter()
        try:
            if self._is_full(scope):
                await self._refuse(scope, receive, answer)
            else:
                await self._let_in(scope, receive, answer)
        finally:
            self._account(scope, answer, perf_counter() - started)

    def _is_full(self, scope: Scope) -> bool:
        """Return whether there is no room for a request: streams of events have a number of their own."""
        is_stream = scope["path"].endswith(EVENTS_END)
        return self._under_way >= self.settings.concurrency or (is_stream and self._streams >= MOST_EVENTS)

    async def _let_in(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        self._under_way += 1
        answer.on_stream = self._waits
        try:
            await asyncio.sleep(0)  # so that all that have arrived are counted before the first of them is worked on
            await self.app(scope, _Body(scope, receive, self.settings, self._step_aside), answer)
        finally:
            if answer.is_stream:
                self._streams -= 1
            else:
                self._under_way -= 1

    @contextmanager
    def _step_aside(self) -> Iterator[None]:
        """Leave one's place to others as long as a body is waited for: slow callers would take all of them."""
        self._under_way -= 1
        try:
            yield
        finally:
            self._under_way += 1

    def _waits(self) -> None:
        """Count a request that turned out to be a stream of events as one."""
        self._under_way -= 1
        self._streams += 1

    async def _refuse(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        self.meters.shed.inc()
        await problem(Request(scope), BusyError(FULL), default=self.settings.lang)(scope, receive, answer)

    def _headers(self) -> dict[bytes, bytes]:
        over_tls = self.settings.public_url.startswith("https:")
        strict = {"Strict-Transport-Security": f"max-age={HALF_YEAR_S}"} if over_tls else {}
        return {name.lower().encode(): value.encode() for name, value in (SECURITY | strict).items()}

    def _account(self, scope: Scope, answer: _Answer, seconds: float) -> None:
        """Count a request, and write a line about it if the settings want one."""
        told = {
            "method": scope["method"] if scope["method"] in METHODS else "other",
            "route": getattr(scope.get("route"), "path", "none"),
            "status": answer.status or FAILED,
        }
        self.meters.count(told, seconds)
        if self.settings.log != "none":
            more = {"ms": round(seconds * 1000, 1), "bytes": answer.sent}
            LOG.log(level_of(answer.status), "%(method)s %(route)s %(status)d", told, extra={"told": told | more})


def level_of(status: int) -> int:
    """Return how much the line about a request matters to those who run the service.

    Examples
    --------
    >>> [logging.getLevelName(level_of(status)) for status in (200, 404, 503, 500, 0)]
    ['INFO', 'INFO', 'WARNING', 'ERROR', 'ERROR']
    """
    if status == BUSY:
        return logging.WARNING
    return logging.ERROR if (status or FAILED) >= FAILED else logging.INFO


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass
class _Answer:
    """An answer on its way: headers that none may lack, its status and its size."""

    send: Send
    headers: dict[bytes, bytes]
    status: int = 0
    sent: int = 0
    is_stream: bool = False
    on_stream: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            message = {**message, "headers": given + [pair for pair in self.headers.items() if pair[0] not in names]}
            if self.on_stream and any(name.lower() == b"content-type" and value.startswith(EVENTS) for name, value in given):
                self.is_stream = True
                self.on_stream()
        else:
            self.sent += len(message.get("body", b""))
        await self.send(message)


class _Body:
    """A request's body as it arrives: no larger and no slower than the settings allow."""

    def __init__(self, scope: Scope, receive: Receive, settings: Settings, aside: Aside) -> None:
        is_upload = scope["path"] == UPLOADS and scope["method"] == "POST"
        self._receive, self._aside = receive, aside
        self._most = settings.upload_bytes if is_upload else settings.body_bytes
        self._seconds = settings.upload_seconds if is_upload else settings.body_seconds
        self._until = perf_counter() + self._seconds
        self._got, self._is_whole = 0, False
        stated = dict(scope["headers"]).get(b"content-length", b"")
        self._stated = int(stated) if stated.isdigit() and len(stated) < 20 else self._most + 1 if stated else 0  # noqa: PLR2004 -- digits

    async def __call__(self) -> Message:
        """Return the next part.

        Raises
        ------
        TooLargeError, TooSlowError
        """
        if self._is_whole:  # what comes now is only that the caller has gone
            return await self._receive()
        if self._stated > self._most:
            raise TooLargeError(LARGE.fill(most=f"{self._most:,}"))
        try:
            with self._aside():
                message = await asyncio.wait_for(self._receive(), max(0.0, self._until - perf_counter()))
        except TimeoutError as error:
            raise TooSlowError(SLOW.fill(seconds=self._seconds)) from error
        self._got += len(message.get("body", b""))
        if self._got > self._most:
            raise TooLargeError(LARGE.fill(most=f"{self._most:,}"))
        self._is_whole = not message.get("more_body", False)
        return message
