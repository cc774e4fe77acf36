"""Files of an older format: refused unless asked for, brought over whole, with a copy of what they were."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from geogrid.errors import StoreError
from geogrid.store import create, open_workspace
from geogrid.workspace import chain
from geogrid.workspace.content import content_of, meta_hash
from geogrid.workspace.definitions import FORMAT, definitions_of
from geogrid.workspace.migration import STEPS, copy_of
from tests.builders import CRS
from tests.workspaces import act, town_tables, town_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.store import Workspace

TABLES_OF_FORMAT = {3: "918e12dce7684fd3"}
"""SHA-256 of what `CREATE TABLE` says of all tables of a format. When it changes: if a file of that format was ever given to
anybody, count `FORMAT` up and add a step in `geogrid.workspace.migration`; if none was, put the new hash here."""


def first_format(town: Workspace) -> Path:
    """Turn a workspace into a file of format 1, which noted no codes and kept no statuses, and close it."""
    with town._access.writing() as connection:
        connection.exec_driver_sql("DELETE FROM codes_used")
        connection.exec_driver_sql("UPDATE meta SET value = '1' WHERE key = 'format_version'")
        _vouch_again(connection, town)
    town.close()
    with closing(sqlite3.connect(town.path, isolation_level=None)) as plain:
        for event in ("INSERT", "UPDATE", "DELETE"):
            plain.execute(f"DROP TRIGGER guard_codes_used_{event}")
        for statement in ("DROP TABLE codes_used", "DROP TABLE travel_statuses"):
            plain.execute(statement)
        _without(plain, "events", "place")
        _without(plain, "candidates", "cost", "capacity")
    return town.path


def _vouch_again(connection: sa.Connection, town: Workspace) -> None:
    """Write the hashes of all versions anew, as if the file had always been what it is now."""
    previous, versions = "", town._definitions["versions"]
    for row in connection.execute(sa.select(versions).order_by(versions.c.version)).all():
        content = content_of(connection, town._definitions, row.version)
        counts = dict(content.tables) | ({} if row.version else {"meta_sha256": meta_hash(connection, town._definitions)})
        record = row._asdict() | {"counts": chain.canonical_json(counts), "content_sha256": content.sha256}
        record["previous_hash"] = previous
        previous = record["hash"] = chain.record_hash(record)
        connection.execute(versions.update().where(versions.c.version == row.version).values(record))


def _without(plain: sqlite3.Connection, table: str, *columns: str) -> None:
    """Take columns out of a table, and what stands in the way."""
    plain.execute(f"DROP VIEW {table}_now")
    plain.execute(f"DROP INDEX ix_{table}_id")
    for column in columns:
        plain.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def second_format(town: Workspace) -> Path:
    """Turn a workspace into a file of format 2, whose candidates had neither cost nor capacity, and close it."""
    with town._access.writing() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '2' WHERE key = 'format_version'")
        _vouch_again(connection, town)
    town.close()
    with closing(sqlite3.connect(town.path, isolation_level=None)) as plain:
        _without(plain, "candidates", "cost", "capacity")
    return town.path


def test_the_second_format_gets_its_columns(tmp_path: Path) -> None:
    path = second_format(town_workspace(tmp_path / "纸镇.gpkg"))
    with pytest.raises(StoreError, match="is older"):
        open_workspace(path)
    with open_workspace(path, migrate=True) as town:
        assert "2 → 3" in town.head.reason
        assert {"cost", "capacity"} <= set(town.read("candidates"))
        assert town.verify().ok, town.verify().problems


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper town in format 1."""
    return first_format(town_workspace(tmp_path_factory.mktemp("old") / "纸镇.gpkg"))


@pytest.fixture
def old(made_once: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    path = tmp_path / "纸镇.gpkg"
    shutil.copy(made_once, path)
    return path


def test_an_older_file_is_refused_and_left_alone(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(
        StoreError, match=r"the format of 纸镇\.gpkg \(1\) is older than this program's \(3\); open it with migrate"
    ) as caught:
        open_workspace(old)
    assert "副本" in caught.value.say("zh")
    assert old.read_bytes() == before
    assert [each.name for each in old.parent.iterdir()] == ["纸镇.gpkg"]


def test_migration_keeps_every_version_and_is_one_itself(old: Path) -> None:
    before = old.read_bytes()
    with open_workspace(old, migrate=True) as town:
        assert (town.head.version, town.head.kind) == (6, "migrate")
        assert "1 → 3" in town.head.reason
        assert town.codes_used() == {"360681100201001": "G1", "360681100201002": "G2", "360681100202001": "G3"}
        assert len(town.read("households")) == 80
        assert len(town.read("grids", version=1)) == 0
        assert "place" in town.read("events")
        assert town.verify().ok, town.verify().problems
        town.import_table("grids", town_tables()["grids"].iloc[:2], act=act(9), base=6)
        assert town.verify().ok
    with open_workspace(old) as town:
        assert town.head.version == 7
    copy = copy_of(old, 1)
    assert copy.read_bytes()[100:] == before[100:]  # but for the header, which says that no log lies beside it
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(each.name for each in old.parent.iterdir()) == ["纸镇.format-1.gpkg", "纸镇.gpkg"]


def test_a_migration_that_fails_leaves_the_old_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: object) -> None:
        raise sqlite3.OperationalError("disk")

    with monkeypatch.context() as patched:
        patched.setattr("geogrid.workspace.migration.touch", fails)
        with pytest.raises(StoreError):
            open_workspace(old, migrate=True)
    with pytest.raises(StoreError, match="is older"):
        open_workspace(old)
    with open_workspace(old, migrate=True) as town:
        assert town.verify().ok


def test_a_file_of_this_format_is_not_migrated(tmp_path: Path) -> None:
    create(tmp_path / "a.gpkg", crs=CRS).close()
    with open_workspace(tmp_path / "a.gpkg", migrate=True) as town:
        assert town.head.version == 0
    assert [each.name for each in tmp_path.iterdir()] == ["a.gpkg"]


def test_code_in_an_older_file_is_never_run(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as plain:
        plain.execute("CREATE TRIGGER evil AFTER UPDATE ON meta BEGIN DELETE FROM plans; DELETE FROM areas; END")
    with open_workspace(old, migrate=True) as town:
        assert len(town.read("areas")) == 2


def test_there_is_a_step_from_every_older_format() -> None:
    assert sorted(STEPS) == list(range(1, FORMAT))


def test_other_tables_are_another_format() -> None:
    metadata = definitions_of(4548, ("summer",)).metadata
    said = "".join(str(sa.schema.CreateTable(table).compile(dialect=sqlite.dialect())) for table in metadata.sorted_tables)
    assert hashlib.sha256(" ".join(said.split()).encode()).hexdigest()[:16] == TABLES_OF_FORMAT[FORMAT]
