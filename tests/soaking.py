"""A service under mixed load for a while: what everybody does, with uploads and jobs between, and the memory that it takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.importing import RAW, csv, homes
from tests.loading import Load, Wanted, answered, asking

if TYPE_CHECKING:
    from collections.abc import Mapping

PEOPLE = 8
ITEMS = "/api/v1/collections/grids/items"
TILES = "/api/v1/collections/grids/tiles/WebMercatorQuad"


@dataclass(frozen=True)
class Soaked:
    """What readers got, how often staff did their round, and the service's memory in KiB: as it began, and in the second half."""

    public: Load
    staff: Load
    rounds: int
    before_kib: int
    later_kib: tuple[int, ...]

    @property
    def growth(self) -> float:
        """Return the memory at the end over that of the middle, each the least of a quarter of the looks."""
        part = max(len(self.later_kib) // 4, 1)
        return min(self.later_kib[-part:]) / min(self.later_kib[:part])


def memory_kib(pid: int) -> int:
    """Return what a process holds in memory."""
    told = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(told.partition("VmRSS:")[2].split()[0])


def paths() -> list[str]:
    """Return what the public asks, all of it different for a while: pages, filters, tiles, maps, things that are not there."""
    pages = [f"{ITEMS}?limit={1 + n % 5}&offset={n}" for n in range(200)]
    boxes = [f"{ITEMS}?bbox=117,28,{117 + n / 1000},29" for n in range(1, 100)]
    filters = [f"{ITEMS}?filter=grid_id%20LIKE%20'G{n}%25'" for n in range(50)]
    tiles = [f"{TILES}/{zoom}/{row}/{column}" for zoom in range(3) for row in range(2**zoom) for column in range(2**zoom)]
    maps = ["/embed/coverage", "/maps/coverage", "/embed/coverage?theme=dark", "/docs", "/api/v1/report", "/grids/G1", "/nothing"]
    return [*pages[::2], *maps, *boxes, *tiles, *filters, *maps, *pages[1::2]]


def soak(address: str, pid: int, keys: Mapping[str, str], seconds: float) -> Soaked:
    """Load a service of an office for some seconds, and look at its memory in the second half of them."""
    port = int(address.rpartition(":")[2])
    own = [f"/api/v1/collections/{name}/items?limit=5" for name in ("households", "workspace_grids")]
    staff = Wanted(
        port, [*own, "/api/v1/me", "/staff", "/api/v1/jobs"], 2, seconds, 0.05, {"Authorization": f"Bearer {keys['viewer']}"}
    )
    public = Wanted(port, paths(), PEOPLE, seconds, 0.01, {"Accept-Encoding": "gzip"})
    before, later, rounds = memory_kib(pid), [], 0
    began = time.monotonic()
    with asking(public) as everybody, asking(staff) as office:
        while (passed := time.monotonic() - began) < seconds:
            rounds += sends_a_file(address, keys["planner"], rounds)
            if passed > seconds / 2:
                later.append(memory_kib(pid))
            time.sleep(min(0.2, seconds / 100))
        return Soaked(answered(everybody), answered(office), rounds, before, tuple(later))


def sends_a_file(address: str, key: str, number: int) -> bool:
    """Send a file and take it back; return whether both went well."""
    content = csv([[f"K{number}-{n}", *row[1:]] for n, row in enumerate(homes() * 50)])
    with httpx.Client(base_url=address, timeout=60, headers={"Authorization": f"Bearer {key}"}) as client:
        made = client.post("/api/v1/uploads", params={"name": "a.csv"}, content=content, headers={"Content-Type": RAW})
        gone = client.delete(made.headers["Location"].removeprefix(address)) if made.status_code == httpx.codes.CREATED else made
        return gone.is_success
