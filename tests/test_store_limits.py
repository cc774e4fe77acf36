"""THREATS 25 to 27 as far as one workspace goes: writers that wait, full disks, no handles, hostile and damaged files."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

from geogrid.errors import BusyError, ConflictError, FullError, InputError, StoreError
from geogrid.store import Act, Workspace, open_workspace
from geogrid.words import Text
from geogrid.workspace.access import connect
from geogrid.workspace.definitions import FORMAT
from geogrid.workspace.gpkg_layout import touch
from tests.workspaces import act, edited, town_tables, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper town's file, versions 0 to 5, closed."""
    path = tmp_path_factory.mktemp("town") / "纸镇.gpkg"
    town_workspace(path).close()
    return path


@pytest.fixture
def path(made_once: Path, tmp_path: Path) -> Path:
    """A copy of the paper town's file."""
    return Path(shutil.copy(made_once, tmp_path / "纸镇.gpkg"))


@pytest.fixture
def town(path: Path) -> Iterator[Workspace]:
    """The paper town in a copy of its own."""
    with open_workspace(path) as workspace:
        yield workspace


# --- writers (27) -------------------------------------------------------------------------------------------------------------


def test_a_second_writer_waits_and_then_finds_the_newer_version_27(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grids, inside, go_on = town_tables()["grids"], threading.Event(), threading.Event()
    said: list[int | str] = []

    def slow(*given: Any) -> None:
        inside.set()
        go_on.wait(30)
        touch(*given)

    def write(rows: int) -> None:
        with open_workspace(path) as mine:
            try:
                said.append(mine.import_table("grids", grids.iloc[:rows], act=act(9), base=5).version)
            except ConflictError as error:
                said.append(str(error))

    monkeypatch.setattr("geogrid.store.touch", slow)
    first, second = (threading.Thread(target=write, args=(rows,)) for rows in (3, 2))
    first.start()
    assert inside.wait(30)
    second.start()
    time.sleep(0.3)
    with open_workspace(path) as reader:
        assert (len(reader.read("grids")), reader.head.version) == (4, 5)  # readers wait for nobody
    assert second.is_alive()
    go_on.set()
    for thread in (first, second):
        thread.join(30)
    assert said[0] == 6
    assert str(said[1]).startswith("what you write rests on version 5, but the workspace is at 6")


def test_a_writer_waits_no_longer_than_it_was_told(town: Workspace, path: Path) -> None:
    with open_workspace(path, wait_s=0.2) as other, town._access.writing():
        start = time.monotonic()
        with pytest.raises(BusyError, match=r"another writer holds 纸镇\.gpkg; waited 0\.2 s") as caught:
            other.import_table("grids", town_tables()["grids"], act=act(9), base=5)
        assert 0.15 < time.monotonic() - start < 5
    assert "另一个写入者" in caught.value.say("zh")
    assert "locked" not in str(caught.value)
    town.import_table("grids", town_tables()["grids"], act=act(9), base=5)


WRITES = """
import sys
import pandas as pd
from geogrid.errors import ConflictError
from geogrid.store import Act, open_workspace
with open_workspace(sys.argv[1]) as town:
    for number in range(int(sys.argv[3])):
        while True:
            head = town.head.version
            found = town.read("grades", version=head)
            row = pd.DataFrame({"subject_id": [sys.argv[2]], "period": [str(number)], "grade": ["优"]})
            try:
                town.import_table("grades", pd.concat([found, row]), act=Act(sys.argv[2]), base=head)
                break
            except ConflictError:
                pass
"""


def test_many_processes_write_and_nothing_is_lost_27(path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITES, path, f"P{number}", "5"], stderr=subprocess.PIPE, text=True
        )
        for number in range(3)
    ]
    said = [worker.communicate(timeout=120)[1] for worker in workers]
    assert said == [""] * 3
    with open_workspace(path) as town:
        grades = town.read("grades")
        assert sorted(zip(grades["subject_id"], grades["period"], strict=True)) == [
            (f"P{number}", str(turn)) for number in range(3) for turn in range(5)
        ]
        assert town.head.version == 20
        assert town.verify().ok


def test_a_reader_sees_one_state(town: Workspace, path: Path) -> None:
    with open_workspace(path) as other, other._access.reading() as connection:
        query = "SELECT count(*) FROM grids_now"
        assert connection.exec_driver_sql(query).scalar() == 4
        town.import_table("grids", town_tables()["grids"].iloc[:1], act=act(9), base=5)
        assert connection.exec_driver_sql(query).scalar() == 4
    assert len(town.read("grids")) == 1


def test_a_file_that_was_replaced_is_seen(town: Workspace, path: Path, made_once: Path) -> None:
    assert town.head.version == 5
    town.import_table("grids", town_tables()["grids"].iloc[:1], act=act(9), base=5)
    town.backup(path.with_name("copy.gpkg"))
    fresh = Path(shutil.copy(made_once, path.with_name("fresh.gpkg")))
    fresh.replace(path)
    with pytest.raises(StoreError, match="was replaced or taken away while it was open"):
        _ = town.head
    path.unlink()
    with pytest.raises(StoreError, match="was replaced or taken away"):
        town.import_table("grids", town_tables()["grids"], act=act(9), base=6)


# --- full disks and no handles (26) -------------------------------------------------------------------------------------------


def many_homes() -> gpd.GeoDataFrame:
    """So many households that they need room."""
    homes = town_tables()["households"]
    return gpd.GeoDataFrame(
        {"household_id": [f"N{number:05}" for number in range(5_000)], "persons": 1},
        geometry=[homes.geometry[number % 80] for number in range(5_000)],
        crs=homes.crs,
    )


def test_a_full_disk_leaves_the_old_state_and_recovers_26(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    connections: list[sqlite3.Connection] = []

    def limited(path: Path) -> sqlite3.Connection:
        connections.append(connect(path))
        pages = connections[-1].execute("PRAGMA page_count").fetchone()[0]
        connections[-1].execute(f"PRAGMA max_page_count = {pages + 5}")
        return connections[-1]

    town._access.close()
    monkeypatch.setattr("geogrid.workspace.access.connect", limited)
    with pytest.raises(FullError, match=r"the disk is full or cannot be written; nothing in 纸镇\.gpkg was changed") as caught:
        town.import_table("households", many_homes(), act=act(9), base=5)
    assert "腾出空间" in caught.value.say("zh")
    assert (len(town.read("households")), town.head.version) == (80, 5)
    for connection in connections:
        connection.execute("PRAGMA max_page_count = 1000000")
    town.import_table("households", many_homes(), act=act(9), base=5)
    assert len(town.read("households")) == 5_000
    assert town.verify().ok


FULL = """
import resource, sys
from geogrid.errors import FullError
from geogrid.store import open_workspace
from tests.test_store_limits import act, many_homes
path, limit = sys.argv[1], int(sys.argv[2])
with open_workspace(path) as town:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        town.import_table("households", many_homes(), act=act(9), base=5)
    except FullError as error:
        assert (len(town.read("households")), town.head.version) == (80, 5)
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    town.import_table("households", many_homes(), act=act(9), base=5)
    assert (len(town.read("households")), town.head.version) == (5_000, 6)
    assert town.verify().ok
"""


@pytest.mark.parametrize("room", [0, 100_000])
def test_files_that_may_not_grow_26(path: Path, room: int) -> None:
    limit = str(room or 4096)
    done = subprocess.run(
        [sys.executable, "-c", FULL, path, limit], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "the disk is full" in done.stdout
    with open_workspace(path) as town:
        assert town.head.version == 6


def test_without_file_handles_the_error_is_clear_and_it_recovers_26(town: Workspace, path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    town._access.close()
    held: list[int] = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        while True:
            try:
                held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        with pytest.raises(StoreError, match="too many open files"):
            _ = town.head
        with pytest.raises(StoreError, match="too many open files"):
            open_workspace(path)
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert town.head.version == 5


def test_a_file_that_can_only_be_read(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_reads(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    town._access.close()
    monkeypatch.setattr("geogrid.workspace.access.connect", only_reads)
    with pytest.raises(StoreError, match="can only be read; check the rights"):
        town.import_table("grids", town_tables()["grids"], act=act(9), base=5)
    assert len(town.read("grids")) == 4


def test_a_format_that_changes_while_it_is_open_stops_writers(town: Workspace, path: Path) -> None:
    edited(path, f"UPDATE meta SET value = '{FORMAT + 1}' WHERE key = 'format_version'")  # noqa: S608
    with pytest.raises(StoreError, match="newer geogrid"):
        town.import_table("grids", town_tables()["grids"], act=act(9), base=5)


# --- other programs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grids SET name = '改'",
        "DELETE FROM households",
        "INSERT INTO areas (area_id, version_from, valid_from) VALUES ('X', 0, '2024-01-01')",
        "UPDATE versions SET who = '他'",
        "INSERT INTO succession VALUES (1, 1, '', '', '', '', 'split', '2024-01-01')",
        "DELETE FROM codes_used",
    ],
)
def test_other_programs_cannot_write_by_mistake(path: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"请用 geogrid 修改.*what another program writes is not in the ledger"):
        edited(path, statement)


def test_a_write_that_fails_half_way_leaves_nothing(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: Any) -> None:
        raise InputError(Text("坏", "bad"))

    monkeypatch.setattr("geogrid.store.touch", fails)
    before = town.versions()
    with pytest.raises(InputError, match="bad"):
        town.import_table("grids", town_tables()["grids"].iloc[:1], act=Act(), base=5)
    monkeypatch.undo()
    assert town.versions().equals(before)
    assert len(town.read("grids")) == 4
    with town._access.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM meta WHERE key = 'writing'").scalar() == 0
