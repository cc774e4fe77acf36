"""How the service runs: it waits for slow callers only so long, in several processes on one file, and ends its work when told."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from api import serving
from api.jobs import listening
from api.serving import as_environment, first_words, server_config
from api.settings import Settings
from tests.live import ROOT, wait_for
from tests.service import office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

LARGE = 8 << 20
CANARY = "甲家庭CANARY-7Q"


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a little, a lot at once, or a lot in pieces; what waits, for half a second."""
    path = scope["path"]
    if path == "/fault":
        try:
            {"": 0}[CANARY]
        except KeyError as error:
            raise ValueError(CANARY) from error
    if path == "/wait":
        await asyncio.sleep(0.5)
    size = LARGE if path in ("/large", "/pieces") else 2
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(size).encode())]})
    for _ in range(size // (1 << 16) if path == "/pieces" else 0):
        await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
    await send({"type": "http.response.body", "body": b"" if path == "/pieces" else bytes(size)})


@contextmanager
def serving_quickly(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, uvicorn.Server]]:
    """Serve `answering` on loopback with a small patience; gives the port."""
    for name, value in {"HEADER_SECONDS": 0.4, "TAKING_SECONDS": 0.4, "LOOK_SECONDS": 0.05}.items():
        monkeypatch.setattr(serving, name, value)
    config = server_config(answering, Settings())
    config.lifespan, config.timeout_keep_alive = "off", 60
    server = uvicorn.Server(config)
    with closing(listening("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, server.serve(sockets=[listener]))
        while not server.started:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1], server
        finally:
            server.should_exit = True
            running.result(20)


def call(port: int, sent: bytes) -> socket.socket:
    """Say something on a new connection."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(sent)
    return connection


def ends(connection: socket.socket, drip: bytes = b"") -> float:
    """Return after how many seconds the other side ends a connection, to which one says a little now and then."""
    begun = time.monotonic()
    connection.settimeout(0.1)
    with closing(connection), suppress(ConnectionError):
        while time.monotonic() - begun < 5:
            with suppress(TimeoutError):
                if not connection.recv(1 << 16):
                    break
            if drip:
                connection.sendall(drip)
    return time.monotonic() - begun


def test_a_fault_of_ours_is_logged_by_its_kind_and_place_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving_quickly(monkeypatch) as (port, _):
        assert httpx.get(f"http://127.0.0.1:{port}/fault?{CANARY}").status_code == 500
    logged = capsys.readouterr().err
    assert CANARY not in logged
    assert re.search(
        r"\d{4}-\d\d-\d\dT\S+Z ERROR - .*"
        r"\nValueError\n(  .*\n)*  \S+test_serving\.py:\d+ answering\nKeyError\n  \S+\.py:\d+ answering",
        logged,
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /small HTTP/1.1\r\nHost: a\r\nX-",
        b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET /small HTTP/1.1\r\nX-",
        b"POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["nothing", "half a request", "half of a second one", "a body that nobody wants"],
)
def test_threat_13_who_never_says_all_of_it_is_not_waited_for(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_quickly(monkeypatch) as (port, _):
        drip = b"1\r\na\r\n" if b"chunked" in sent else b"a" if sent else b""
        assert 0.2 < ends(call(port, sent), drip) < 2


def test_who_waits_for_an_answer_is_given_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_quickly(monkeypatch) as (port, _), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert [client.get(path).status_code for path in ("/wait", "/small", "/large", "/pieces")] == [200] * 4


@pytest.mark.parametrize("path", ["/large", "/pieces"])
def test_threat_13_what_nobody_takes_is_not_kept(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_quickly(monkeypatch) as (port, server):
        connection = call(port, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        with closing(connection):
            until = time.monotonic() + 5
            time.sleep(0.2)
            assert server.server_state.connections
            while server.server_state.connections and time.monotonic() < until:
                time.sleep(0.02)
            assert not server.server_state.connections
            assert not server.server_state.tasks


def test_no_word_about_the_server_and_no_other_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_quickly(monkeypatch) as (port, _):
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "a" * 22}
        answer = httpx.get(f"http://127.0.0.1:{port}/small", headers=upgrade)
        assert (answer.status_code, "server" in answer.headers) == (200, False)


def test_settings_reach_other_processes_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "workspace": tmp_path / "办公室 1.gpkg",
        "port": 9000,
        "lang": "en",
        "public_url": "https://grid.example.cn/a",
        "frame_ancestors": ("'self'", "https://portal.example.cn"),
        "portals": {"V1": ("https://v1.example.cn",)},
        "trusted_proxies": ("10.0.0.0/8", "::1"),
        "staff_token": SecretStr("a-secret=with$igns,and-24-letters"),
        "tianditu_key": SecretStr("0123"),
        "basemap": "tianditu",
        "metrics": True,
        "workers": 2,
        "busy_after_s": 0.5,
    }
    settings = Settings(**given)
    for name in [each for each in os.environ if each.startswith("GEOGRID_")]:
        monkeypatch.delenv(name)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings
    assert Settings().staff_token == given["staff_token"]


def test_first_words_say_who_needs_no_key() -> None:
    said = [
        each.en for each in first_words(Settings(loopback_role="planner", workspace=Path("/a/office.gpkg")), "http://127.0.0.1/")
    ]
    assert "office.gpkg" in said[1]
    assert "/a/" not in said[1]
    assert "planner" in said[2]


SERVE = """
import socket, sys
from api.app import create_app
from api.serving import run
from api.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    run(create_app(settings), settings, socket.socket(fileno=int(sys.argv[1])))
"""


@contextmanager
def office_served(workspace: Path, script: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve a workspace as `geogrid serve` does, in processes of its own."""
    script.write_text(SERVE, encoding="utf-8")
    with closing(listening("127.0.0.1", 0)) as listener:
        given = {f"GEOGRID_{name.upper()}": value for name, value in (settings | {"workspace": str(workspace)}).items()}
        number = listener.fileno()
        environment = {**os.environ, **given, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(script), str(number)]
        with subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[number], stderr=subprocess.DEVNULL) as process:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                wait_for(f"{address}/health/live")
                yield address, process
            finally:
                process.terminate()
                process.wait(30)


def test_threat_27_several_processes_on_one_file_stop_when_told_and_lose_nothing(tmp_path: Path) -> None:
    made = office(tmp_path)
    headers = {"Authorization": f"Bearer {made.keys['admin']}"}

    def plan(number: int) -> httpx.Response:
        same = {"name": f"plan {number // 2}"}  # each asked for twice, at once
        told = {**headers, "Idempotency-Key": f"k{number // 2}"}
        return httpx.post(f"{address}/api/v1/plans", json=same, headers=told, timeout=60)

    with office_served(made.path, tmp_path / "serve.py", workers="2", metrics="true") as (address, process):
        with ThreadPoolExecutor(8) as pool:
            statuses = [each.status_code for each in pool.map(plan, range(60))]
        assert set(statuses) <= {201, 409}  # 409: the same request was under way in the other process
        names = [each["name"] for each in httpx.get(f"{address}/api/v1/plans", headers=headers, timeout=60).json()["plans"]]
        assert sorted(names) == sorted(f"plan {number}" for number in range(30))
        pids = {_pid(address) for _ in range(40)}
        assert len(pids) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), timeout=1).close()


def _pid(address: str) -> str:
    return httpx.get(f"{address}/metrics", timeout=60).text.partition('geogrid_process{pid="')[2].partition('"')[0]


def test_a_request_under_way_is_ended_before_the_service_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_quickly(monkeypatch) as (port, server), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, f"http://127.0.0.1:{port}/wait", timeout=10)
        while not server.server_state.tasks:
            time.sleep(0.01)
        server.should_exit = True
        assert asked.result(10).status_code == 200
