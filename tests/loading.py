"""Clients that ask without end, in a process of their own, so that what they take is not taken from the service's process.

Run by `asked`: ``python -m tests.loading`` reads what to ask as JSON, and writes how long the answers took and what they were.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
REFUSED = (429, 503)
WAIT_S = 0.1
"""After being told that it is too much; less than the service asks for."""
LONGEST_S = 60.0


@dataclass(frozen=True)
class Wanted:
    """What to ask: each of some clients goes through the paths for some seconds, each from another one on."""

    port: int
    paths: list[str]
    clients: int = 1
    seconds: float = 3.0
    pause_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0


@dataclass(frozen=True)
class Load:
    """What came of it: milliseconds of the answers that were none of 429 and 503, and how many of each status; 0 is none."""

    times: list[float]
    statuses: dict[int, int]
    seconds: float

    @property
    def p50(self) -> float:
        """Return the median time."""
        return float(np.percentile(self.times, 50))

    @property
    def p99(self) -> float:
        """Return the time that one of a hundred takes longer than."""
        return float(np.percentile(self.times, 99))

    def __str__(self) -> str:
        told = " ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        tail = f"p50 {self.p50:7.2f} ms, p99 {self.p99:8.2f} ms = {self.p99 / self.p50:5.2f} x" if self.times else "none"
        return f"{len(self.times) / self.seconds:7.0f}/s, {tail}   ({told})"


def asked(wanted: Wanted) -> Load:
    """Ask from another process, and wait until it is over."""
    with asking(wanted) as process:
        out, _ = process.communicate()
    return _read(out)


@contextmanager
def asking(wanted: Wanted) -> Iterator[subprocess.Popen[str]]:
    """Ask from another process meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.loading"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    with process.stdin as pipe:
        pipe.write(json.dumps(asdict(wanted)))
    process.stdin = None
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def answered(process: subprocess.Popen[str]) -> Load:
    """Return what came of asking meanwhile, once it is over."""
    out, _ = process.communicate()
    return _read(out)


def _read(out: str) -> Load:
    told = json.loads(out)
    return Load(told["times"], {int(status): count for status, count in told["statuses"].items()}, told["seconds"])


async def load(wanted: Wanted) -> Load:
    """Ask, and return what came of it."""
    times: list[float] = []
    statuses: Counter[int] = Counter()
    began = time.monotonic()
    until = began + wanted.seconds
    each = (_client(wanted, number, until, times, statuses) for number in range(wanted.clients))
    await asyncio.gather(*each)
    return Load(times, dict(statuses), time.monotonic() - began)


async def _client(wanted: Wanted, number: int, until: float, times: list[float], statuses: Counter[int]) -> None:
    start = number * len(wanted.paths) // wanted.clients
    paths = cycle(wanted.paths[start:] + wanted.paths[:start])
    connection: Any = None
    while time.monotonic() < until:
        began = time.perf_counter()
        path, is_old = next(paths), connection is not None
        status, connection = await _answered(connection, path, wanted)
        if not status and is_old:  # it was closed for having been idle, as every client must expect
            status, connection = await _answered(None, path, wanted)
        statuses[status] += 1
        if status in REFUSED:
            await asyncio.sleep(WAIT_S)
        elif status:
            times.append((time.perf_counter() - began) * 1e3)
        if wanted.pause_s:
            await asyncio.sleep(wanted.pause_s)
    await _closed(connection)


async def _answered(connection: Any, path: str, wanted: Wanted) -> tuple[int, Any]:
    """Return the status of an answer, 0 for none, and the connection if it stays."""
    try:
        connection = connection or await asyncio.open_connection("127.0.0.1", wanted.port)
        status, stays = await asyncio.wait_for(_exchange(connection, path, wanted), LONGEST_S)
    except (OSError, EOFError, TimeoutError):
        status, stays = 0, False
    if stays:
        return status, connection
    await _closed(connection)
    return status, None


async def _closed(connection: Any) -> None:
    if connection is not None:
        connection[1].close()
        with suppress(OSError):
            await connection[1].wait_closed()


async def _exchange(connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, wanted: Wanted) -> tuple[int, bool]:
    """Ask once; return the status, and whether the connection stays."""
    reader, writer = connection
    told = "".join(f"{name}: {value}\r\n" for name, value in wanted.headers.items())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{wanted.port}\r\n{told}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
    if b"transfer-encoding: chunked" in head:
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif length and int(length):
        await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1]), b"connection: close" not in head


def main() -> None:
    """Ask what the standard input says."""
    wanted = Wanted(**json.load(sys.stdin))
    os.nice(wanted.nice)
    made = asyncio.run(load(wanted))
    json.dump(asdict(made), sys.stdout)


if __name__ == "__main__":
    main()
