"""Which version is in force today, and what follows for those who write: on days before, on and after a version's day.

The paper town: version 5 of 2024-01-06, then versions of days to come, as a test needs them.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from geogrid.errors import InputError
from geogrid.office import validate
from geogrid.profile import load_profile
from geogrid.store import Act, Workspace, create, open_workspace
from geogrid.workspace.definitions import CHINA, definitions_of
from geogrid.workspace.gpkg_layout import own_code
from tests.builders import CRS
from tests.workspaces import act, clock_at, day, town_tables, town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATER = dt.date(2026, 6, 1)
MIDNIGHT = "2026-05-31T16:00"
"""When that day begins in China, in UTC."""
BEFORE = "2026-05-31T15:59:59"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions 0 to 5 of 2024, then 6 and 7 of 2026-06-01: without G1, then without G1 and G2; 8 of 2026-07-01 with all again."""
    path = tmp_path_factory.mktemp("town") / "a.gpkg"
    grids = town_tables()["grids"]
    with town_workspace(path) as town:
        for base, (rows, effective) in enumerate(
            [(grids.iloc[1:], LATER), (grids.iloc[2:], LATER), (grids, dt.date(2026, 7, 1))], start=5
        ):
            town.import_table("grids", rows, act=Act("李", effective), base=base)
    return path


@pytest.fixture
def town(made_once: Path, tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(shutil.copy(made_once, tmp_path / "a.gpkg")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("instant", "today", "version", "later"),
    [
        ("2024-01-02T00:00", day(1), 1, [2, 3, 4, 5, 7, 8]),
        (BEFORE, dt.date(2026, 5, 31), 5, [7, 8]),
        (MIDNIGHT, LATER, 7, [8]),
        ("2026-06-30T16:00", dt.date(2026, 7, 1), 8, []),
    ],
)
def test_a_version_is_in_force_from_midnight_in_china(
    town: Workspace, monkeypatch: pytest.MonkeyPatch, instant: str, today: dt.date, version: int, later: list[int]
) -> None:
    clock_at(monkeypatch, instant)
    held = town.in_force()
    assert (held.today, held.day, held.version.version) == (today, today, version)
    assert [each.version for each in held.later] == later
    assert town.head.version == 8


def test_days_go_by_as_the_ledger_says(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: of all versions, the last whose day has come."""
    ledger = town.versions()
    for today in (*map(day, range(8)), *(LATER + dt.timedelta(days=n) for n in (-1, 0, 1, 29, 30, 31))):
        clock_at(monkeypatch, f"{today}T04:00")
        expected = max(v for v, effective in zip(ledger["version"], ledger["effective"], strict=True) if effective <= today)
        assert town.in_force().version.version == expected == town.version_on(today).version


def test_before_the_first_day_it_is_as_it_will_be_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_at(monkeypatch, "2023-12-20T00:00")
    with town_workspace(tmp_path / "b.gpkg") as town:
        held = town.in_force()
    assert (held.today, held.day, held.version.version) == (dt.date(2023, 12, 20), day(0), 0)
    assert [each.version for each in held.later] == [1, 2, 3, 4, 5]


def test_validate_goes_by_what_is_in_force(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_at(monkeypatch, BEFORE)
    assert validate(town).gate.counts == {}
    clock_at(monkeypatch, MIDNIGHT)
    assert "hole" in validate(town).gate.counts
    assert validate(town, 5).gate.counts == {}


# --- writing ------------------------------------------------------------------------------------------------------------------


def test_what_is_written_without_a_day_holds_today_or_is_refused(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    grids = town_tables()["grids"]
    clock_at(monkeypatch, BEFORE)
    with pytest.raises(InputError, match=r"version 8 takes effect on 2026-07-01 only \(today is 2026-05-31\)") as caught:
        town.import_table("grids", grids, act=Act("李"), base=8)
    assert "请写明 --effective 2026-07-01 或以后的日期" in caught.value.say("zh")
    assert town.head.version == 8
    with pytest.raises(InputError, match="effective days never go back"):
        town.import_table("grids", grids, act=Act("李", LATER), base=8)
    assert town.import_table("grids", grids, act=Act("李", dt.date(2026, 7, 1)), base=8).effective == dt.date(2026, 7, 1)
    clock_at(monkeypatch, "2026-07-20T00:00")
    assert town.import_table("grids", grids, act=Act("李"), base=9).effective == dt.date(2026, 7, 20)


def test_households_can_be_erased_while_a_version_is_to_come(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_at(monkeypatch, BEFORE)
    assert town.erase(["H001"], act=Act("李", None, "申请")).effective == dt.date(2026, 7, 1)
    assert "H001" not in set(town.read("households", version=5)["household_id"])


# --- the layers *_now -----------------------------------------------------------------------------------------------------------


def shown(path: Path, instant: str, table: str = "grids", zone: str = CHINA) -> list[str]:
    """What a view shows at a moment of UTC to a program that trusts no schema."""
    view = dict(own_code(definitions_of(4548, ("summer", "winter"), zone)))[f"{table}_now"]
    query = view.partition(" AS ")[2].replace("'now'", f"'{instant}'")
    with closing(sqlite3.connect(path)) as plain:
        plain.execute("PRAGMA trusted_schema = OFF")
        names = [each[0] for each in plain.execute(query).description]
        return sorted(str(row[names.index(f"{table[:-1]}_id")]) for row in plain.execute(query))


@pytest.mark.parametrize("instant", ["2024-01-02T12:00", BEFORE, MIDNIGHT, "2026-06-30T15:59:59", "2026-06-30T16:00"])
def test_the_layers_show_what_the_program_says(town: Workspace, monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    clock_at(monkeypatch, instant)
    number = town.in_force().version.version
    for table in ("grids", "areas", "households"):
        rows = town.read(table, version=number)
        assert shown(town.path, instant, table) == sorted(rows[f"{table[:-1]}_id"])


def test_the_layers_before_the_first_day(tmp_path: Path) -> None:
    path = tmp_path / "c.gpkg"
    with create(path, crs=CRS, act=act(0)) as made:
        made.import_table("areas", town_tables()["areas"], act=act(0), base=0)
        made.import_table("areas", town_tables()["areas"].iloc[1:], act=act(1), base=1)
    assert shown(path, "2020-01-01T00:00", "areas") == ["V1", "V2"]
    assert shown(path, "2024-01-01T16:00", "areas") == ["V2"]


def test_the_layers_as_other_programs_open_them(tmp_path: Path) -> None:
    """By SQLite's own clock: one change long past, one far ahead."""
    grids = town_tables()["grids"]
    with town_workspace(tmp_path / "d.gpkg") as town:
        town.import_table("grids", grids.iloc[1:], act=act(9), base=5)
        town.import_table("grids", grids.iloc[3:], act=Act("李", dt.date(2999, 1, 1)), base=6)
    with closing(sqlite3.connect(tmp_path / "d.gpkg")) as plain:
        plain.execute("PRAGMA trusted_schema = OFF")
        query = "SELECT grid_id, valid_from, valid_to FROM grids_now ORDER BY grid_id"
        found = plain.execute(query).fetchall()
    assert found == [("G2", "2024-01-03", "2999-01-01"), ("G3", "2024-01-03", "2999-01-01"), ("G4", "2024-01-03", None)]


def test_elsewhere_the_layers_go_by_the_clock_of_the_computer(tmp_path: Path) -> None:
    profile = load_profile().model_copy(update={"time_zone": "Asia/Urumqi"})
    with create(tmp_path / "e.gpkg", crs=CRS, profile=profile) as made:
        path = made.path
    with closing(sqlite3.connect(path)) as plain:
        (sql,) = plain.execute("SELECT sql FROM sqlite_master WHERE name = 'grids_now'").fetchone()
    assert "date('now', 'localtime')" in sql
    assert "+8" not in sql
    open_workspace(path).close()
