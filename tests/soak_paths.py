"""The ways to write a workspace that are killed: for each, what it does again and again, and what must hold after a kill."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from geogrid.operations import Merge, Rename, Split
from geogrid.plans import Plan, draw_plan
from geogrid.store import Act, Workspace, open_workspace
from geogrid.workspace.backup import backup, check_backup
from geogrid.workspace.migration import copy_of
from tests.builders import CRS, X0, Y0, street
from tests.killing import READY
from tests.test_migration import first_format
from tests.workspaces import town_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.killing import Say

FIRST = 6
"""Version of the base that every path starts from."""
HOMES = 400
"""Households that each import writes anew."""


@dataclass
class Scene:
    """Files of one path: what it starts from, what is written, and what is known of it."""

    base: Path
    path: Path
    backed_up: int = 0
    """The newest version that an acknowledged backup holds at least."""

    @property
    def target(self) -> Path:
        """Where backups go."""
        return self.path.with_name("copy.gpkg")

    def renew(self) -> None:
        """Start from the base again."""
        for each in self.path.parent.iterdir():
            each.unlink()
        shutil.copy(self.base, self.path)
        self.backed_up = 0


def homes(stamp: int) -> gpd.GeoDataFrame:
    """Households that all say which import they come from."""
    places = shapely.points([(X0 + 5 * n, Y0 + 490) for n in range(HOMES)])
    columns = {"household_id": [f"N{n:05}" for n in range(HOMES)], "persons": stamp}
    return gpd.GeoDataFrame(columns, geometry=places, crs=CRS)


def stamped(stamp: int) -> Act:
    """Say which import it is."""
    return Act("张三", None, f"stamp {stamp}")


def importing(scene: Scene, say: Say) -> None:
    """Import households again and again; say version and hash of each."""
    with open_workspace(scene.path) as town:
        say(READY)
        while True:
            base = town.head.version
            version = town.import_table("households", homes(base + 1), act=stamped(base + 1), base=base)
            say(f"{version.version} {version.hash}")


def check_imports(scene: Scene, said: list[str], before: int) -> int:
    """Every acknowledged version is there as it was said, at most one more, each whole; return how many there are."""
    with open_workspace(scene.path) as town:
        found = town.verify()
        assert found.ok, found.problems
        hashes = town.versions().set_index("version")["hash"]
        acknowledged = {int(number): digest for number, digest in (line.split() for line in said)}
        assert {number: hashes[number] for number in acknowledged} == acknowledged
        least = max(acknowledged, default=before)
        assert least <= town.head.version <= least + 1
        for number in range(max(least, before), town.head.version + 1):
            _check_stamp(town, number)
        return town.head.version


def _check_stamp(town: Workspace, number: int) -> None:
    """All households of a version come from one import."""
    persons = town.read("households", version=number)["persons"]
    first = town.versions().set_index("version").loc[number, "reason"] != f"stamp {number}"
    assert first or Counter(persons) == {number: HOMES}


def adopting(scene: Scene, say: Say) -> None:
    """Save a plan and adopt it, again and again: a grid is split, and merged again; say both."""
    with open_workspace(scene.path) as town:
        say(READY)
        while True:
            head = town.head.version
            base = town.boundaries(version=head)
            if "G9" in base.grids:
                shapes: tuple[Any, ...] = (Merge("G1", ("G9",)),)
            else:
                shapes = (Split("G1", street((250, -10), (250, 1010)), ("G9",)),)
            name = f"plan {head} {os.urandom(4).hex()}"  # one that was killed before its adoption stays open
            plan = town.save_plan(Plan(name, head, (*shapes, Rename("G1", f"版 {head + 1}"))))
            say(f"saved {plan.plan_id} {head}")
            after = draw_plan(plan, base).boundaries
            version = town.adopt(plan.plan_id, after, act=stamped(head + 1), base=head, operations=plan.operations)
            say(f"adopted {plan.plan_id} {version.version} {version.hash}")
            town.drop_plan(town.save_plan(Plan(f"{name} too", version.version)).plan_id)


def check_adoptions(scene: Scene, said: list[str], before: int) -> int:
    """A plan is adopted when and only when its version, its grids, its successions and its codes are there."""
    with open_workspace(scene.path) as town:
        found = town.verify()
        assert found.ok, found.problems
        versions, plans = town.versions().set_index("version"), town.plans().set_index("plan_id")
        for word, plan_id, number, *digest in (line.split() for line in said):
            assert plan_id in plans.index
            assert word == "saved" or (plans.loc[plan_id, "status"], versions.loc[int(number), "hash"]) == ("adopted", digest[0])
        adopted = plans[plans["status"] == "adopted"]
        recorded = versions[versions["kind"] == "adopt"]
        assert dict(zip(adopted.index, adopted["adopted_in"].astype(int), strict=True)) == dict(
            zip(recorded["plan_id"], recorded.index, strict=True)
        )
        least = max((int(line.split()[2]) for line in said if line.startswith("adopted")), default=before)
        assert least <= town.head.version <= least + 1
        _check_grids(town)
        return town.head.version


def _check_grids(town: Workspace) -> None:
    grids, head = town.boundaries().grids, town.head
    if head.kind == "adopt":
        assert grids["G1"].name == f"版 {head.version}"
    assert shapely.union_all([grid.shape for grid in grids.values()]).area == sum(grid.shape.area for grid in grids.values())


def migrating(scene: Scene, say: Say) -> None:
    """Bring a file to the current format, once."""
    say(READY)
    with open_workspace(scene.path, migrate=True) as town:
        say(f"{town.head.version} {town.head.hash}")


def check_migration(scene: Scene, said: list[str], before: int) -> int:
    """The file is of the old format, and can be migrated, or of the new; a copy of the old one is whole or not there."""
    copy = copy_of(scene.path, 1)
    if said or copy.exists():
        _check_old(copy)
    if said:
        with open_workspace(scene.path) as town:
            assert f"{town.head.version} {town.head.hash}" == said[0]
    with open_workspace(scene.path, migrate=True) as town:
        found = town.verify()
        assert found.ok, found.problems
        assert town.head.version == before + 1
        assert len(town.read("households")) == HOMES
    return before


def _check_old(copy: Path) -> None:
    again = copy.with_name("again.gpkg")
    shutil.copy(copy, again)
    with open_workspace(again, migrate=True) as town:
        assert town.verify().ok


def backing_up(scene: Scene, say: Say) -> None:
    """Make one backup after the other; say which version was there when each began."""
    with open_workspace(scene.path) as town:
        say(READY)
        while True:
            least = town.head.version
            backup(scene.path, scene.target)
            say(str(least))


def check_backups(scene: Scene, said: list[str], before: int) -> int:
    """The last acknowledged backup, or a later one, is there: whole, a state that was committed, and it can be written to."""
    head = _head(scene.path)  # somebody imports all the while, so any number of versions may have come since ``before``
    if not scene.target.exists():
        assert not said
        return head
    found = check_backup(scene.target)
    assert found.ok, found.problems
    scene.backed_up = int(said[-1]) if said else scene.backed_up
    assert scene.backed_up <= found.versions - 1 <= head
    restored = scene.path.with_name("restored.gpkg")
    shutil.copy(scene.target, restored)
    with open_workspace(restored) as town, open_workspace(scene.path) as here:
        assert town.head.hash == here.versions().set_index("version").loc[town.head.version, "hash"]
        _check_stamp(town, town.head.version)
        town.import_table("households", homes(0), act=Act(), base=town.head.version)
    return head


def _head(path: Path) -> int:
    with open_workspace(path) as town:
        assert town.verify().ok
        return town.head.version


def erasing(scene: Scene, say: Say) -> None:
    """Erase one household after the other; say each."""
    with open_workspace(scene.path) as town:
        say(READY)
        for household in town.read("households")["household_id"]:
            version = town.erase([household], act=Act("张三", None, "申请"))
            say(f"{household} {version.version} {version.hash}")


def check_erasures(scene: Scene, said: list[str], before: int) -> int:
    """Whoever was erased is in no byte and in no version; whoever was not is in all of theirs."""
    with open_workspace(scene.path) as town:
        found = town.verify()
        assert found.ok, found.problems
        hashes = town.versions().set_index("version")["hash"]
        today = town.head.effective
        for household, number, digest in (line.split() for line in said):
            assert hashes[int(number)] == digest
            assert town.where(household, today).answer == "erased"
        gone = {line.split()[0] for line in said}
        least = max((int(line.split()[1]) for line in said), default=before)
        assert least <= town.head.version <= least + 1
        left = [len(town.read("households", version=number)) for number in (before, town.head.version)]
        assert left[0] == left[1]
    content = b"".join(each.read_bytes() for each in scene.path.parent.iterdir())
    assert not [household for household in gone if household.encode() in content]
    return town.head.version


@dataclass(frozen=True)
class WritePath:
    """A way to write that is killed: what it does, what must hold afterwards, and how long it may run."""

    work: Callable[[Scene, Say], None]
    check: Callable[[Scene, list[str], int], int]
    span_s: float
    beside: Callable[[Scene, Say], None] | None = None
    is_once: bool = False


PATHS = {
    "import": WritePath(importing, check_imports, 0.4),
    "adopt": WritePath(adopting, check_adoptions, 0.4),
    "migrate": WritePath(migrating, check_migration, 0.3, is_once=True),
    "backup": WritePath(backing_up, check_backups, 0.4, beside=importing),
    "erase": WritePath(erasing, check_erasures, 0.3),
}


@contextmanager
def scene_of(name: str) -> Iterator[Scene]:
    """Files of a path, in a folder of their own; the base is one file."""
    with tempfile.TemporaryDirectory(prefix="geogrid-soak-") as folder:
        base, path = Path(folder, "base.gpkg"), Path(folder, "scene", "a.gpkg")
        path.parent.mkdir()
        town = town_workspace(base)
        town.import_table("households", homes(6), act=stamped(6), base=5)
        if name == "migrate":
            first_format(town)
        town.close()
        yield Scene(base, path)
