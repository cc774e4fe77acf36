"""What ten hostile uploads at once do to everybody else: p50 and p99 of public answers before, and while they are read.

Run: ``python -m tests.bench.bench_hostile [N]`` (N files instead of ten). It prints milliseconds and the ratio of the p99; the
aim is at most 1.5.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np

from tests import hostile_files
from tests.importing import RAW, csv, homes
from tests.service import office

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.service import Office

CLIENTS = 4
PAUSE_S = 0.02
"""Between a client's answer and its next question: people, not a flood."""
SECONDS = 15.0
LONGEST_S = 60.0
"""Reading all of them may take longer."""
PATHS = ("/api/v1/grids", "/api/v1/report", "/maps/coverage?lang=en")


def payloads(folder: Path) -> dict[str, bytes]:
    """Return ten files that are costly to read, and one honest."""
    zips = hostile_files.zips(folder)
    shapes = hostile_files.shapes()
    rows = homes() * 2_000
    return {
        "million.geojson": shapes["grids-million.geojson"],
        "members.zip": zips["grids-members.zip"],
        "long.xlsx": zips["households-long.xlsx"],
        "zigzag.geojson": shapes["grids-zigzag.geojson"],
        "bomb.zip": zips["grids-bomb.zip"],
        "many.csv": csv([[f"K{i}", *row[1:]] for i, row in enumerate(rows)]),
        **{f"million{i}.geojson": shapes["grids-million.geojson"] for i in range(4)},
    }


def table_of(name: str) -> str:
    """Return what a file claims to be."""
    return "households" if name.endswith((".csv", ".xlsx")) else "grids"


async def asked_for(base: str, seconds: float | None, over: Callable[[], bool]) -> list[float]:
    """Return the milliseconds of answers that several clients waited for, for some time or until something is over."""
    taken: list[float] = []
    until = time.monotonic() + seconds if seconds else float("inf")

    async def client(number: int) -> None:
        async with httpx.AsyncClient(base_url=base, timeout=60) as session:
            while time.monotonic() < until and not over():
                start = time.perf_counter()
                (await session.get(PATHS[number % len(PATHS)])).raise_for_status()
                taken.append((time.perf_counter() - start) * 1e3)
                await asyncio.sleep(PAUSE_S)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return taken


async def attacked(base: str, key: str, files: dict[str, bytes]) -> list[str]:
    """Send every file at once, ask for a trial import of each, and wait until all have ended; return how."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=base, timeout=120, headers=headers) as session:

        async def one(name: str, content: bytes) -> str:
            made = await session.post("/api/v1/uploads", params={"name": name}, content=content, headers={"Content-Type": RAW})
            made.raise_for_status()
            asked = {"tables": {table_of(name): made.json()["upload_id"]}, "dry_run": True, "datum": "wgs84"}
            begun = (await session.post("/api/v1/imports", json=asked)).raise_for_status().json()
            while True:
                job = (await session.get(f"/api/v1/jobs/{begun['job_id']}")).raise_for_status().json()
                if job["status"] in ("done", "failed", "cancelled"):
                    return f"{name}: {job['status']} {job['problem'] or ''}"
                await asyncio.sleep(0.5)

        return list(await asyncio.gather(*(one(name, content) for name, content in files.items())))


async def measured(base: str, key: str, files: dict[str, bytes]) -> None:
    """Measure before and while they are read, and print."""
    quiet = await asked_for(base, SECONDS, lambda: False)
    ended: list[str] = []

    async def attack() -> None:
        ended.extend(await attacked(base, key, files))

    start = time.monotonic()
    attacking = asyncio.create_task(attack())
    during = await asked_for(base, LONGEST_S, lambda: bool(ended))
    took = time.monotonic() - start
    attacking.cancel()
    for name, taken in (("before", quiet), ("during", during)):
        p50, p99 = np.percentile(taken, [50, 99])
        print(f"{name:8} {len(taken):6} answers, p50 {p50:7.1f} ms, p99 {p99:7.1f} ms")
    ratio = np.percentile(during, 99) / np.percentile(quiet, 99)
    print(f"{len(files)} hostile uploads at once, {took:.0f} s: p99 x {ratio:.2f} (aim: at most 1.5)")
    print("\n".join(ended))


def served(town: Office, port: int) -> subprocess.Popen[bytes]:
    """Start the service of an office."""
    root = str(Path(__file__).resolve().parents[2])
    env = {**os.environ, "PYTHONPATH": root, "GEOGRID_WORKSPACE": str(town.path), "GEOGRID_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(port), "--log-level", "warning"],
        env=env,
        cwd=root,
    )


def main() -> None:
    """Serve the paper town, and attack it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "made").mkdir()
        town, files = office(folder), dict(list(payloads(folder / "made").items())[: int((sys.argv[1:] or ["10"])[0])])
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        process = served(town, port)
        try:
            for _ in range(200):
                try:
                    httpx.get(f"{base}{PATHS[0]}", timeout=30)
                    break
                except httpx.ConnectError:
                    time.sleep(0.1)
            asyncio.run(measured(base, town.keys["planner"], files))
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
