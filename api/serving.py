"""How the service runs: one process or several on one socket, short waits for slow callers, and a stop that lets work end."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from api.access import open_told
from api.errors import RETRY_AFTER_S
from api.logs import logging_of
from geogrid.words import Text

if TYPE_CHECKING:
    import asyncio
    import socket

    from api.settings import Settings

MOST_CONNECTIONS = 1000
HEADER_BYTES = 16_384
HEADER_SECONDS = 10.0
"""How long a caller may take to say what it wants, on a new connection or one that it keeps."""
TAKING_SECONDS, TAKEN_BYTES = 20.0, 65_536
"""How long a caller may take to take so many bytes of an answer: what is not taken stays in memory."""
LOOK_SECONDS = 1.0
START_SECONDS = 60
"""How long one of several processes may take to answer, before another is begun in its place: on a busy machine the first time is
long, and one that is ended while it begins never serves."""

SERVING = Text("网站已启动：{url}  （按 Ctrl+C 结束）", "Serving at {url} (Ctrl+C to stop)")
OFFICE = Text(
    "工作区 {file}：公开的是已发布的结果；登录见 {url}login，密钥用 geogrid key create 生成",
    "Workspace {file}: the public sees what was published; log in at {url}login with a key that `geogrid key create` makes",
)


class Patient(H11Protocol):
    """A connection that ends when its caller keeps it waiting: with saying what it wants, or with taking what it asked for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at it now and then."""
        super().connection_made(transport)
        self._heard = self._taken = self.loop.time()
        self._left = 0
        self._next = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._next.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Note that the caller took most of what was written."""
        self._taken = self.loop.time()
        super().resume_writing()

    def _look(self) -> None:
        now, left = self.loop.time(), self.transport.get_write_buffer_size()
        if not (left and self._left) or left <= self._left - TAKEN_BYTES:
            self._taken, self._left = now, left
        self._left = max(self._left, left)  # more was written
        if left or (self.cycle is not None and not self.cycle.response_complete):
            self._heard = now  # it is our turn, or the answer is on its way
        if now - self._taken > TAKING_SECONDS:
            self.transport.abort()
        elif now - self._heard > HEADER_SECONDS:
            self.transport.close()
        self._next = self.loop.call_later(LOOK_SECONDS, self._look)


def first_words(settings: Settings, url: str) -> list[Text]:
    """Return what is said when the service starts."""
    told = [SERVING.fill(url=url)]
    if settings.workspace is not None:
        told.append(OFFICE.fill(file=settings.workspace.name, url=url))
    if settings.loopback_role != "public":
        told.append(open_told(settings.loopback_role))
    return told


def run(app: Any, settings: Settings, listener: socket.socket) -> None:
    """Serve on a socket until told to stop."""
    if settings.workers == 1:
        uvicorn.Server(server_config(app, settings)).run(sockets=[listener])
        return
    os.environ |= as_environment(settings)  # each process makes its own service from it
    config = server_config("api.app:create_app", settings, factory=True, workers=settings.workers)
    Multiprocess(config, sockets=[listener]).run()


def server_config(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    """Return how the server runs: short waits, nothing about itself in the answers, nobody's word about who calls."""
    return uvicorn.Config(
        app,
        http=Patient,
        ws="none",
        log_config=logging_of(settings),
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=RETRY_AFTER_S,
        timeout_graceful_shutdown=int(settings.stop_seconds),
        timeout_worker_healthcheck=START_SECONDS,
        h11_max_incomplete_event_size=HEADER_BYTES,
        lifespan="on",
        **more,
    )


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the settings that are not the default as variables of the environment.

    Examples
    --------
    >>> from api.settings import Settings
    >>> as_environment(Settings(port=9000, frame_ancestors=("https://a.cn", "https://b.cn"), lang="zh"))
    {'GEOGRID_FRAME_ANCESTORS': 'https://a.cn https://b.cn', 'GEOGRID_PORT': '9000'}
    """
    plain = settings.model_dump(mode="json", exclude_defaults=True)
    secret = {name: getattr(settings, name).get_secret_value() for name in ("staff_token", "tianditu_key") if plain.get(name)}
    return {f"GEOGRID_{name.upper()}": _written(value) for name, value in (plain | secret).items()}


def _written(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value)
