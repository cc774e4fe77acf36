"""What the store must withstand, by the numbers of the threats; `tests.soak_store` runs the long version of kills and crowds."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from geogrid.errors import ConflictError, FullError
from geogrid.operations import Rename
from geogrid.plans import Plan, draw_plan
from geogrid.store import Workspace, open_workspace
from geogrid.workspace.backup import check_backup
from tests.soak_paths import PATHS
from tests.test_migration import first_format
from tests.workspaces import act, edited, town_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KILLS, WRITERS, EDITS = 8, 8, 25
CLIENTS = 50


@pytest.fixture(scope="module")
def soaked() -> dict[str, dict[str, Any]]:
    """A short soak, in a process that may be forked: what was seen, by path."""
    asked = ["--kills", str(KILLS), "--writers", str(WRITERS), "--edits", str(EDITS), "--full-disk"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak_store", *asked],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {seen["path"]: seen for seen in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("path", PATHS)
def test_25_killed_at_any_moment_it_opens_and_holds_what_was_acknowledged(path: str, soaked: dict[str, dict[str, Any]]) -> None:
    """The soak itself fails when something is lost or half; here: that it has killed, and that something was acknowledged."""
    seen = soaked[path]
    assert seen["kills"] == KILLS
    assert seen["in its midst"] > 0


def test_25_something_was_acknowledged_before_the_kills(soaked: dict[str, dict[str, Any]]) -> None:
    assert sum(soaked[path].get("acknowledged", 0) for path in PATHS) > len(PATHS)


def test_26_on_a_full_disk_old_data_is_served_and_it_recovers(soaked: dict[str, dict[str, Any]]) -> None:
    """On a small disk of its own, where one may be mounted; below, with files that may not grow."""
    seen = soaked["full disk"]
    assert seen.get("recovered") or seen["skipped"]


@contextmanager
def no_room() -> Iterator[None]:
    """No file may grow beyond a page."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _adopt(town: Workspace) -> None:
    plan = town.plan("方案")
    drawn = draw_plan(plan, town.boundaries())
    town.adopt(plan.plan_id, drawn.boundaries, act=act(9, "改名"), base=5, operations=plan.operations)


WRITES: dict[str, Callable[[Workspace], object]] = {
    "import": lambda town: town.import_table("grids", town.read("grids").iloc[:2], act=act(9), base=5),
    "adopt": _adopt,
    "save": lambda town: town.save_plan(town.plan("方案").do(Rename("G2", "西"))),
    "erase": lambda town: town.erase(["H000"], act=act(9, "申请")),
    "backup": lambda town: town.backup(town.path.with_name("copy.gpkg")),
}


@pytest.mark.parametrize("write", WRITES)
def test_26_no_write_goes_through_without_room_and_all_do_with_it(write: str, tmp_path: Path) -> None:
    with town_workspace(tmp_path / "a.gpkg") as town:
        town.save_plan(Plan("方案", 5, (Rename("G1", "东"),)))
    with open_workspace(tmp_path / "a.gpkg") as town:
        before = town.read("households")
        with no_room(), pytest.raises(FullError, match="the disk is full or cannot be written"):
            WRITES[write](town)
        assert town.read("households").equals(before)
        assert (town.head.version, town.plan("方案").revision, len(town.boundaries().grids)) == (5, 1, 4)
        WRITES[write](town)
        assert town.verify().ok


def test_26_no_room_for_a_migration_leaves_the_old_format(tmp_path: Path) -> None:
    path = first_format(town_workspace(tmp_path / "a.gpkg"))
    before = path.read_bytes()
    with no_room(), pytest.raises(FullError):
        open_workspace(path, migrate=True)
    assert path.read_bytes() == before
    with open_workspace(path, migrate=True) as town:
        assert town.verify().ok


def test_27_eight_writers_at_once_leave_what_one_after_the_other_would(soaked: dict[str, dict[str, Any]]) -> None:
    """No error of a lock, every edit a revision or version of its own, in the order that they say."""
    assert (soaked["crowd"]["edits"], soaked["crowd"]["lost"]) == (WRITERS * EDITS, 0)


@pytest.mark.parametrize(
    "save",
    [
        lambda town, who: town.import_table("grids", town.read("grids").iloc[: 1 + who % 3], act=act(9, f"{who}"), base=5),
        lambda town, who: town.save_plan(
            Plan("方案", 5, (Rename("G1", f"{who}"),), plan_id=town.plan("方案").plan_id, revision=1)
        ),
    ],
    ids=["version", "plan"],
)
def test_27_of_fifty_clients_over_the_same_version_one_wins(save: Callable[[Workspace, int], Any], tmp_path: Path) -> None:
    with town_workspace(tmp_path / "a.gpkg") as town:
        town.save_plan(Plan("方案", 5, (Rename("G1", "东"),)))
    start, outcomes = threading.Barrier(CLIENTS), dict.fromkeys(range(CLIENTS), "")

    def client(who: int) -> None:
        with open_workspace(tmp_path / "a.gpkg") as mine:
            start.wait()
            try:
                save(mine, who)
                outcomes[who] = "saved"
            except ConflictError as error:
                outcomes[who] = type(error).__name__

    clients = [threading.Thread(target=client, args=(who,)) for who in outcomes]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert sorted(outcomes.values()) == ["ConflictError"] * (CLIENTS - 1) + ["saved"]
    (winner,) = (who for who, outcome in outcomes.items() if outcome == "saved")
    with open_workspace(tmp_path / "a.gpkg") as town:
        assert str(winner) in {town.head.reason, town.plan("方案").operations[0].to_record()["name"]}
        assert town.verify().ok


def test_28_backups_under_load_restore_to_a_state_that_was_committed(soaked: dict[str, dict[str, Any]]) -> None:
    """Beside each backup of the soak somebody writes; each that was left was checked, opened, compared, and written to."""
    assert soaked["backup"]["kills"] == KILLS
    assert soaked["backup"]["versions"] > 0


def test_21_the_audit_trail_cannot_be_edited_unnoticed(tmp_path: Path) -> None:
    """Not the ledger, and not what it speaks of; in a backup neither."""
    with town_workspace(tmp_path / "a.gpkg", key=b"key") as town:
        copy = town.backup(tmp_path / "copy.gpkg")
    past_the_guards = ("INSERT INTO meta VALUES ('writing', '')", "DELETE FROM meta WHERE key = 'writing'")
    edited(copy, past_the_guards[0], "UPDATE versions SET who = '王' WHERE version = 3", past_the_guards[1])
    found = check_backup(copy, key=b"key")
    assert (found.ok, found.problems[0][:2]) == (False, (3, "versions"))


def test_threat_27_opening_anew_takes_no_lock_from_who_has_it_open(tmp_path: Path) -> None:
    """POSIX ends a process's locks when it closes the file once: another would think itself the last, and take the log."""
    path = tmp_path / "office.gpkg"
    town_workspace(path).close()
    reads = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM meta').fetchall(); c.close()"
    with open_workspace(path) as opened:
        before = opened.head.version
        open_workspace(path).close()
        subprocess.run([sys.executable, "-c", reads, str(path)], capture_output=True, check=True)
        assert Path(f"{path}-wal").exists()
        assert opened.head.version == before
