"""What stands before every address: how much and how slow a body may be, how many requests at once, headers, account and log."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from api import errors, guard
from api.guard import Guard
from api.logs import Lines
from api.meters import Meters
from api.settings import Settings
from geogrid.errors import GeogridError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Message

PIECE = b"x" * 1000
STREAM = "text/event-stream"


class Service:
    """A guarded service with addresses that echo, wait, stream events and break; nothing ends before the gate is opened."""

    def __init__(self, **settings: Any) -> None:
        self.meters, self.gate = Meters(), asyncio.Event()
        self.begun = 0
        ways: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/echo/{name}": self.echo,
            "/api/v1/uploads": self.echo,
            "/wait": self.wait,
            "/jobs/{name}/events": self.events,
            "/broken": self.broken,
        }
        routes = [Route(path, way, methods=["GET", "POST"]) for path, way in ways.items()]
        inner = Starlette(routes=routes, exception_handlers={GeogridError: self.told})
        self.guard = Guard(inner, Settings(**settings), self.meters)

    async def echo(self, request: Request) -> Response:
        """Say how large the body was."""
        request.scope["route"] = SimpleNamespace(path="/echo/{name}")  # as FastAPI does
        return PlainTextResponse(f"{len(await request.body())}")

    async def wait(self, _request: Request) -> Response:
        """Answer once the gate is open."""
        self.begun += 1
        await self.gate.wait()
        return PlainTextResponse("done")

    async def events(self, _request: Request) -> Response:
        """Stream events until the gate is open."""

        async def told() -> AsyncIterator[bytes]:
            self.begun += 1
            yield b"retry: 1000\n\n"
            await self.gate.wait()

        return StreamingResponse(told(), media_type=STREAM)

    @staticmethod
    async def broken(_request: Request) -> Response:
        """Fail."""
        raise ZeroDivisionError

    @staticmethod
    async def told(request: Request, error: Exception) -> Response:
        """Tell of an error as the service does."""
        return errors.problem(request, error, default="en")

    async def ask(self, path: str, pieces: AsyncIterator[bytes] | None = None, **headers: str) -> httpx.Response:
        """Send a request; one with pieces posts them."""
        transport = httpx.ASGITransport(app=self.guard, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request("POST" if pieces else "GET", path, content=pieces, headers=headers)

    async def began(self, number: int) -> None:
        """Return when so many requests are under way."""
        while self.begun < number:  # noqa: ASYNC110 -- a number, not a moment
            await asyncio.sleep(0.001)

    def counted(self) -> str:
        """Return what was counted."""
        return self.meters.text({}).decode()


async def body(pieces: int, *, pause_s: float = 0.0) -> AsyncIterator[bytes]:
    """Send pieces, with or without pauses."""
    for _ in range(pieces):
        await asyncio.sleep(pause_s)
        yield PIECE


async def endless() -> AsyncIterator[bytes]:
    """Send for ever."""
    while True:
        yield PIECE


def test_threat_13_a_body_without_end_is_cut_off_where_it_is_too_large() -> None:
    answer = asyncio.run(Service(body_bytes=4000).ask("/echo/a", endless()))
    assert answer.status_code == 413
    assert "4,000" in answer.json()["detail"]


def test_threat_13_a_body_of_the_stated_size_is_refused_before_it_comes() -> None:
    sent: list[int] = []

    async def counted() -> AsyncIterator[bytes]:
        for number in range(9):
            sent.append(number)
            yield PIECE

    async def told(length: str) -> Message:
        """Ask with a length stated, and nothing behind it."""
        messages: list[Message] = []

        async def receive() -> Message:
            sent.append(1)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        head = [(b"content-length", length.encode())]
        scope = {"type": "http", "method": "POST", "path": "/echo/a", "query_string": b"", "headers": head, "root_path": ""}
        await Service(body_bytes=4000).guard({**scope, "app": None, "raw_path": b"/echo/a"}, receive, send)
        return messages[0]

    for length in ("4001", "9" * 30, "-1", "1e9", "0x10"):
        assert asyncio.run(told(length))["status"] == 413
    assert not sent
    assert asyncio.run(Service(body_bytes=4000).ask("/echo/a", body(4))).text == "4000"


def test_uploads_may_be_larger_and_only_posted_ones() -> None:
    service = Service(body_bytes=2000, upload_bytes=5000)
    assert asyncio.run(service.ask("/api/v1/uploads", body(5))).text == "5000"
    assert asyncio.run(service.ask("/api/v1/uploads", body(6))).status_code == 413


def test_threat_13_a_slow_body_is_given_up() -> None:
    answer = asyncio.run(Service(body_seconds=0.05).ask("/echo/a", body(50, pause_s=0.02)))
    assert answer.status_code == 408
    assert asyncio.run(Service(body_seconds=5).ask("/echo/a", body(3, pause_s=0.01))).text == "3000"


def test_too_many_at_once_are_told_to_come_again_and_later_let_in() -> None:
    async def crowd() -> tuple[httpx.Response, list[httpx.Response], httpx.Response, str]:
        service = Service(concurrency=2)
        inside = [asyncio.create_task(service.ask("/wait")) for _ in range(2)]
        await service.began(2)
        third = await service.ask("/echo/a", accept_language="en")
        service.gate.set()
        done = await asyncio.gather(*inside)
        return third, list(done), await service.ask("/echo/a"), service.counted()

    third, done, after, counted = asyncio.run(crowd())
    assert third.status_code == 503
    assert int(third.headers["retry-after"]) > 0
    assert third.headers["content-type"] == "application/problem+json"
    assert [each.status_code for each in done] == [200, 200]
    assert after.status_code == 200
    assert "geogrid_shed_total 1.0" in counted
    assert 'geogrid_requests_total{method="GET",route="none",status="503"} 1.0' in counted


def test_threat_13_slow_bodies_take_nobodys_place() -> None:
    async def crowd() -> list[int]:
        service = Service(concurrency=2, body_seconds=0.3)
        slow = []
        for _ in range(8):
            slow.append(asyncio.create_task(service.ask("/echo/a", body(99, pause_s=0.1))))
            await asyncio.sleep(0.01)
        found = [(await service.ask("/echo/a")).status_code for _ in range(3)]
        return found + [each.status_code for each in await asyncio.gather(*slow)]

    assert asyncio.run(crowd()) == [200] * 3 + [408] * 8


def test_streams_of_events_take_no_places_and_are_limited_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_EVENTS", 3)

    async def crowd() -> tuple[list[int], list[httpx.Response], int]:
        service = Service(concurrency=2)
        streams = []
        for number in range(3):
            streams.append(asyncio.create_task(service.ask("/jobs/a/events")))
            await service.began(number + 1)
        found = [(await service.ask(path)).status_code for path in ("/echo/a", "/jobs/a/events")]
        service.gate.set()
        ended = await asyncio.gather(*streams)
        return found, list(ended), (await service.ask("/jobs/a/events")).status_code

    found, ended, after = asyncio.run(crowd())
    assert found == [200, 503]  # whoever listens keeps nobody out but other listeners
    assert [each.headers["content-type"].partition(";")[0] for each in ended] == [STREAM] * 3
    assert after == 200


def test_no_answer_lacks_the_headers() -> None:
    async def answers() -> list[httpx.Response]:
        service = Service(public_url="https://grid.example.cn", body_bytes=2000)
        return [await service.ask(path) for path in ("/echo/a", "/nowhere")] + [await service.ask("/echo/a", body(3))]

    for answer in asyncio.run(answers()):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["strict-transport-security"].startswith("max-age=")
    plain = asyncio.run(Service().ask("/echo/a"))
    assert "strict-transport-security" not in plain.headers


@pytest.mark.parametrize("style", ["json", "text"])
def test_threat_24_the_log_names_patterns_and_nobody(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> httpx.Response:
        sent = {"authorization": "Bearer gg_secret", "cookie": "geogrid=secret", "x-request-id": "secret"}
        return await Service(log=style).ask("/echo/H0001?key=secret", None, **sent)

    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(Lines(as_json=style == "json"))
    for name, value in {"handlers": [handler], "propagate": False, "level": logging.INFO}.items():
        monkeypatch.setattr(guard.LOG, name, value)
    guard.LOG.manager._clear_cache()  # type: ignore[attr-defined]
    number = asyncio.run(asked()).headers["x-request-id"]
    (line,) = handler.stream.getvalue().splitlines()
    time, level, request, *rest = list(json.loads(line).values()) if style == "json" else line.split(" ")
    assert (abs(dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(time)).seconds < 60, level.lower()) == (True, "info")
    assert (request, len(request)) == (number, 16)
    assert rest[:3] == ["GET", "/echo/{name}", 200 if style == "json" else "200"]
    assert not [part for part in ("H0001", "secret", "127.0.0.1", "?") if part in line]


def test_every_request_has_an_id_of_its_own_whoever_answers_it() -> None:
    async def answers() -> list[httpx.Response]:
        service = Service(body_bytes=2000)
        asked = [await service.ask(path) for path in ("/echo/a", "/echo/a", "/nowhere", "/broken")]
        return [*asked, await service.ask("/echo/a", body(3))]

    told = asyncio.run(answers())
    assert [each.status_code for each in told] == [200, 200, 404, 500, 413]
    assert len({each.headers["x-request-id"] for each in told}) == len(told)


def test_what_breaks_is_counted_too() -> None:
    service = Service()
    assert asyncio.run(service.ask("/broken")).status_code == 500
    counted = service.counted()
    assert 'status="500"} 1.0' in counted
    assert asyncio.run(service.ask("/echo/a")).status_code == 200  # and it gave its place back
    assert 'status="200"} 1.0' in service.counted()


def test_methods_that_are_none_are_counted_as_one() -> None:
    async def asked(method: str) -> None:
        transport = httpx.ASGITransport(app=service.guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await client.request(method, "/echo/a")

    service = Service()
    for number in range(3):
        asyncio.run(asked(f"MADE{number}"))
    assert 'method="other"' in service.counted()
    assert "MADE" not in service.counted()
