"""Writers of a workspace are killed at random moments, and many write at once: what was acknowledged is there, nothing is half.

    python -m tests.soak_store [--kills 500] [--paths import adopt migrate backup erase]
                               [--writers 8] [--edits 1000] [--full-disk]

Prints a line of JSON for each. A short version runs with the other tests (``tests/test_threats_store.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.errors import ConflictError, FullError
from geogrid.operations import Rename
from geogrid.plans import Plan
from geogrid.store import Act, Workspace, open_workspace
from geogrid.workspace.backup import backup, check_backup
from tests.killing import killed, together
from tests.soak_paths import FIRST, HOMES, PATHS, Scene, WritePath, homes, scene_of, stamped
from tests.workspaces import town_workspace

if TYPE_CHECKING:
    from tests.killing import Say

AS_MANY_WRITES = 8
"""A fresh copy of the workspace is taken when this many kills were survived, so that checking it stays short."""
PLANS = 8
"""Plans that many writers share."""


def soak(name: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill writers of one path so many times; return what was seen."""
    path, chance, begun = PATHS[name], random.Random(seed), time.monotonic()  # noqa: S311 - no secret
    seen: Counter[str] = Counter()
    with scene_of(name) as scene:
        span_s = _span(path, scene)
        for turn in range(kills):
            if path.is_once or turn % AS_MANY_WRITES == 0:
                scene.renew()
                head = FIRST
            beside = path.beside and partial(path.beside, scene)
            said, was_killed = killed(partial(path.work, scene), span_s, chance, beside=beside)
            head, last = path.check(scene, said, head), head
            seen += Counter({"kills": 1, "in its midst": was_killed, "acknowledged": len(said), "versions": head - last})
    return {"path": name, **seen, "seconds": round(time.monotonic() - begun), "seed": seed}


def _span(path: WritePath, scene: Scene) -> float:
    """Return the latest moment to kill; for work that ends, a little more than it takes."""
    if not path.is_once:
        return path.span_s
    taken = []
    for _ in range(3):
        scene.renew()
        begun = time.monotonic()
        killed(partial(path.work, scene), 60.0, _Last())
        taken.append(time.monotonic() - begun)
    return 1.2 * min(taken)


class _Last(random.Random):
    """Chance that always takes the latest moment."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def editing(path: Path, me: int, edits: int, say: Say) -> None:
    """Append to plans and import small tables, again and again, trying anew whenever somebody else was faster."""
    chance = random.Random(me)  # noqa: S311 - no secret
    with open_workspace(path) as town:
        for number in range(edits):
            tries, token = 0, f"{me}-{number}"
            edit = _imported if number % 5 == 0 else _appended
            plan = f"plan {chance.randrange(PLANS)}"
            while (done := edit(town, plan, token)) is None:
                tries += 1
            say(f"{done} {token} {tries}")


def _imported(town: Workspace, _plan: str, token: str) -> str | None:
    base = town.head.version
    row = pd.DataFrame({"area_id": ["V1"], "member_id": [token]})
    try:
        return f"version {town.import_table('area_members', row, act=Act(token), base=base).version}"
    except ConflictError:
        return None


def _appended(town: Workspace, name: str, token: str) -> str | None:
    plan = town.plan(name)
    try:
        return f"{plan.plan_id} {town.save_plan(plan.do(Rename('G1', token))).revision}"
    except ConflictError:
        return None


def crowd(writers: int, edits: int) -> dict[str, Any]:
    """Let many processes write at once; check that the end is what one after the other would have left."""
    begun = time.monotonic()
    with scene_of("crowd") as scene:
        with open_workspace(scene.base) as town:
            ids = [town.save_plan(Plan(f"plan {number}", 6)).plan_id for number in range(PLANS)]
        said = together([partial(editing, scene.base, me, edits) for me in range(writers)])
        seconds = time.monotonic() - begun
        done = [line.split() for lines in said for line in lines]
        assert [len(lines) for lines in said] == [edits] * writers
        with open_workspace(scene.base) as town:
            found = town.verify()
            assert found.ok, found.problems
            imports = sorted((int(number), token) for what, number, token, _ in done if what == "version")
            ledger = town.versions()
            assert [number for number, _ in imports] == list(range(7, 7 + len(imports)))
            assert [token for _, token in imports] == ledger["who"].tolist()[7:]
            for plan_id in ids:
                saves = sorted((int(number), token) for what, number, token, _ in done if what == plan_id)
                plan = town.plan(plan_id)
                assert [number for number, _ in saves] == list(range(2, 2 + len(saves)))
                assert [token for _, token in saves] == [operation.name for operation in plan.operations]  # type: ignore[attr-defined]
                assert plan.revision == 1 + len(saves)
    tries = sum(int(line[3]) for line in done)
    return {"path": "crowd", "writers": writers, "edits": len(done), "tried again": tries, "lost": 0, "seconds": round(seconds)}


def full_disk() -> dict[str, Any]:
    """Fill a small disk of its own under a workspace, where this process may mount one."""
    with tempfile.TemporaryDirectory(prefix="geogrid-soak-") as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True, text=True, check=False
        )
        if mounted.returncode:
            return {"path": "full disk", "skipped": mounted.stderr.strip()}
        try:
            return {"path": "full disk", **_filled(Path(folder))}
        finally:
            subprocess.run(["umount", folder], check=True)


def _filled(folder: Path) -> dict[str, Any]:
    with town_workspace(folder / "a.gpkg") as town:
        refused, ballast = 0, folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        for size in (HOMES, 1):
            try:
                town.import_table("households", homes(6).iloc[:size], act=stamped(6), base=5)
            except FullError as error:
                refused += "the disk is full" in str(error)
        try:
            backup(town.path, folder / "b.gpkg")
        except FullError:
            refused += 1
        assert refused == 3, refused
        with open_workspace(town.path) as other:
            assert (len(other.read("households")), len(town.read("households")), town.head.version) == (80, 80, 5)
        ballast.unlink()
        town.import_table("households", homes(6), act=stamped(6), base=5)
        backup(town.path, folder / "b.gpkg")
        assert (len(town.read("households")), town.verify().ok, check_backup(folder / "b.gpkg").ok) == (HOMES, True, True)
    return {"refused": refused, "recovered": True}


def main(arguments: list[str]) -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--paths", nargs="*", default=list(PATHS), choices=list(PATHS))
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--edits", type=int, default=1_000)
    parser.add_argument("--full-disk", action="store_true")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    asked = parser.parse_args(arguments)
    for name in asked.paths:
        print(json.dumps(soak(name, asked.kills, asked.seed)), flush=True)  # noqa: T201 - what it is for
    if asked.edits:
        print(json.dumps(crowd(asked.writers, asked.edits)), flush=True)  # noqa: T201 - what it is for
    if asked.full_disk:
        print(json.dumps(full_disk()), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
