"""Backups: one file, one committed state, whole or not there; and what tells a good one from a bad one."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geogrid.errors import FullError, StoreError
from geogrid.store import Workspace, open_workspace
from geogrid.workspace.backup import backup, check_backup
from geogrid.workspace.outside import damage
from tests.workspaces import act, edited, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

TAMPER = ("INSERT INTO meta VALUES ('writing', '')", "DELETE FROM meta WHERE key = 'writing'")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "place").mkdir()
    with town_workspace(tmp_path / "place" / "纸镇.gpkg", key=b"key") as workspace:
        yield workspace


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "copies").mkdir()
    return tmp_path / "copies" / "copy.gpkg"


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_backup_is_one_private_file_that_opens_as_the_workspace(town: Workspace, target: Path) -> None:
    assert backup(town.path, target) == target
    assert names(target.parent) == ["copy.gpkg"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    before = target.read_bytes()
    found = check_backup(target, key=b"key", expected_head=town.head.hash)
    assert (found.ok, found.versions, found.head_hash, found.hmac) == (True, 6, town.head.hash, "checked")
    assert (target.read_bytes(), names(target.parent)) == (before, ["copy.gpkg"])
    with open_workspace(target, key=b"key") as copy:
        assert copy.read("households").equals(town.read("households"))
        copy.import_table("grids", copy.read("grids").iloc[:2], act=act(9), base=5)
        assert copy.verify(b"key").ok
    assert town.head.version == 5


def test_a_backup_holds_what_lies_only_in_the_log(town: Workspace, target: Path) -> None:
    """Writes stay in the file beside the workspace until somebody folds them in; copying the one file would lose them."""
    assert Path(f"{town.path}-wal").stat().st_size > 0
    assert b"H000" not in town.path.read_bytes()
    assert b"H000" in backup(town.path, target).read_bytes()


def test_a_later_backup_takes_the_place_of_an_earlier_one(town: Workspace, target: Path) -> None:
    backup(town.path, target)
    town.import_table("grids", town.read("grids").iloc[:2], act=act(9), base=5)
    backup(town.path, target)
    assert check_backup(target).versions == 7


def test_a_backup_of_a_backup(town: Workspace, target: Path) -> None:
    backup(backup(town.path, target), target.with_name("second.gpkg"))
    assert check_backup(target.with_name("second.gpkg")).ok


def test_writers_and_readers_go_on_meanwhile(town: Workspace, target: Path) -> None:
    """Every backup is the state that some version left, not older than the one before it began."""
    stop, written = threading.Event(), [5]
    problems: list[StoreError] = []

    def write() -> None:
        with open_workspace(town.path, key=b"key") as mine:
            while not stop.is_set():
                rows = town_grids.iloc[: 1 + written[-1] % 3]
                try:
                    written.append(mine.import_table("grids", rows, act=act(9), base=written[-1]).version)
                except StoreError as error:
                    problems.append(error)
                    return

    town_grids, writer = town.read("grids"), threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            least = written[-1]
            backup(town.path, target)
            found = check_backup(target)
            assert found.ok
            assert found.versions - 1 >= least
            time.sleep(0.02)
    finally:
        stop.set()
        writer.join()
    assert problems == []
    assert len(written) > 10


def test_the_workspace_itself_is_no_target(town: Workspace, tmp_path: Path) -> None:
    link = tmp_path / "link.gpkg"
    link.hardlink_to(town.path)
    for same in (town.path, link):
        with pytest.raises(StoreError, match=f"the target {same.name} of the backup is the workspace itself; name another file"):
            backup(town.path, same)
    assert town.verify().ok


def test_a_target_that_is_open_is_refused(town: Workspace, target: Path) -> None:
    """What lies in the log of a file would be played into the one that takes its name."""
    backup(town.path, target)
    with open_workspace(target, key=b"key") as other:
        other.import_table("grids", other.read("grids").iloc[:2], act=act(9), base=5)
        with pytest.raises(StoreError, match=r"beside copy\.gpkg lies copy\.gpkg-wal: it is open, or was not closed well"):
            backup(town.path, target)
        assert other.verify().ok
    backup(town.path, target)
    assert check_backup(target).versions == 6


def test_a_folder_that_is_not_there_is_said(town: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the folder nowhere does not exist; make it first"):
        backup(town.path, tmp_path / "nowhere" / "b.gpkg")


def test_what_is_damaged_is_said_on_one_line(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x TEXT)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET name = 'a,\n\tb', sql = 'CREATE'")
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        assert damage(connection).startswith("malformed database schema (a, b)")


def test_a_damaged_workspace_never_replaces_a_good_backup(town: Workspace, target: Path) -> None:
    backup(town.path, target)
    before, path = target.read_bytes(), town.path
    town.close()
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 2, len(content), 4096):  # every page of the second half
        content[at : at + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"纸镇\.gpkg is damaged .* and was not backed up; restore it from an earlier backup"):
        backup(path, target)
    assert (target.read_bytes(), names(target.parent)) == (before, ["copy.gpkg"])


def test_a_ledger_whose_end_was_edited_never_replaces_a_good_backup(town: Workspace, target: Path) -> None:
    backup(town.path, target)
    before = target.read_bytes()
    edited(town.path, TAMPER[0], "UPDATE versions SET who = 'x' WHERE version = 5", TAMPER[1])
    with pytest.raises(StoreError, match=r"is damaged \(versions: hash\) and was not backed up"):
        backup(town.path, target)
    assert target.read_bytes() == before


def test_half_made_copies_of_a_killed_backup_are_swept_away_when_old(town: Workspace, target: Path) -> None:
    """They hold households, so nobody wants to find them."""
    old, new, other = (
        target.with_name(name) for name in (".copy-abcdefgh.gpkg", ".copy-ijklmnop.gpkg-journal", ".another-x.gpkg")
    )
    for each in (old, new, other):
        each.write_bytes(b"half")
    for each in (old, other):
        os.utime(each, (0, 0))
    backup(town.path, target)
    assert [each.exists() for each in (old, new, other)] == [False, True, True]


def test_no_room_for_a_backup_leaves_the_one_before(town: Workspace, target: Path) -> None:
    backup(town.path, target)
    before = target.read_bytes()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, usual[1]))
    try:
        with pytest.raises(FullError, match=r"the disk is full or cannot be written; nothing in copy\.gpkg was changed"):
            backup(town.path, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert (target.read_bytes(), names(target.parent)) == (before, ["copy.gpkg"])
    backup(town.path, target)
    assert check_backup(target).ok


def test_a_backup_that_was_changed_is_found(town: Workspace, target: Path) -> None:
    edited(backup(town.path, target), TAMPER[0], "UPDATE grids SET name = '东' WHERE fid = 1", TAMPER[1])
    found = check_backup(target)
    assert (found.ok, [each.table for each in found.problems]) == (False, ["grids"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no workspace"),
        (b"PK\x03\x04" + bytes(4096), "is no workspace"),
        (None, "is damaged or no workspace"),
    ],
)
def test_what_is_no_backup_is_refused(content: bytes | None, message: str, town: Workspace, target: Path) -> None:
    whole = backup(town.path, target).read_bytes()
    target.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(StoreError, match=message):
        check_backup(target)


def test_a_backup_with_a_page_that_rotted_is_refused(town: Workspace, target: Path) -> None:
    content = bytearray(backup(town.path, target).read_bytes())
    for at in range(len(content) // 2, len(content), 4096):
        content[at : at + 64] = b"\xff" * 64
    target.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged or no workspace"):
        check_backup(target)


def test_a_backup_of_an_older_format_is_not_checked(town: Workspace, target: Path) -> None:
    edited(backup(town.path, target), "UPDATE meta SET value = '1' WHERE key = 'format_version'")
    with pytest.raises(StoreError, match=r"the format of copy\.gpkg \(1\) is older than this program's"):
        check_backup(target)


def test_a_restored_backup_is_shared_again_by_its_first_write(town: Workspace, target: Path) -> None:
    """A backup lies in one file only; a workspace lets one read while another writes. The same after QGIS had it open."""
    with open_workspace(backup(town.path, target), key=b"key") as writer, open_workspace(target) as reader:
        writer.import_table("grids", writer.read("grids").iloc[:2], act=act(9), base=5)
        with reader._access.reading() as connection:
            writer.import_table("grids", writer.read("grids").iloc[:1], act=act(9), base=6)
            assert connection.exec_driver_sql("SELECT max(version) FROM versions").scalar() == 6
        assert reader.head.version == 7


def test_restoring_is_copying(town: Workspace, target: Path) -> None:
    """The file alone, under another name, in another folder."""
    moved = target.with_name("restored.gpkg")
    shutil.copy(backup(town.path, target), moved)
    with open_workspace(moved) as copy:
        assert copy.head == town.head
    with closing(sqlite3.connect(moved)) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
