"""Files that are no workspace, damaged ones and hostile ones: refused with the reason, and nothing in them is run or made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geogrid.errors import StoreError
from geogrid.store import open_workspace
from tests.workspaces import day, edited, town_tables, town_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.store import Version, Workspace


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


def no_file(path: Path) -> Path:
    return path.with_name("none.gpkg")


def folder(path: Path) -> Path:
    path.with_name("folder.gpkg").mkdir()
    return path.with_name("folder.gpkg")


def link(path: Path) -> Path:
    path.with_name("link.gpkg").symlink_to(path)
    return path.with_name("link.gpkg")


def text(path: Path) -> Path:
    path.write_text("网格")
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def plain_database(path: Path) -> Path:
    path.unlink()
    return edited(path, "CREATE TABLE t (a)")


def another_geopackage(path: Path) -> Path:
    path.unlink()
    town_tables()["grids"].to_file(path, driver="GPKG")
    return path


def cut(path: Path) -> Path:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    return path


def scribbled(path: Path) -> Path:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3_000)
    return path


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_file, "there is no workspace none.gpkg"),
        (folder, "folder.gpkg is no plain file"),
        (link, "link.gpkg is no plain file"),
        (text, "it is not a GeoPackage"),
        (empty, "it is not a GeoPackage"),
        (plain_database, "it is not a GeoPackage"),
        (another_geopackage, "is a GeoPackage but no workspace of geogrid"),
        (cut, "the file is cut short"),
        (scribbled, "is damaged or no workspace"),
    ],
)
def test_what_is_no_workspace_is_not_opened_and_nothing_is_made(path: Path, spoil: Callable[[Path], Path], said: str) -> None:
    target = spoil(path)
    before = {each.name for each in path.parent.iterdir()}
    with pytest.raises(StoreError, match=said) as caught:
        open_workspace(target)
    assert caught.value.say("zh") != caught.value.say("en")
    assert {each.name for each in path.parent.iterdir()} == before


REWRITTEN = "PRAGMA writable_schema = ON\nUPDATE sqlite_master SET sql = replace(sql, '{}', '{}')"
STRANGE = {
    "trigger": "CREATE TRIGGER evil AFTER INSERT ON plans BEGIN DELETE FROM grids; END",
    "view": "CREATE VIEW evil AS SELECT 1",
    "virtual table": "CREATE VIRTUAL TABLE evil USING fts3(a)",
    "guard taken away": "DROP TRIGGER guard_versions_UPDATE",
    "view replaced": "DROP VIEW grids_now",
    "column taken away": "ALTER TABLE areas RENAME COLUMN code TO codes",
    "generated column": "ALTER TABLE plans ADD COLUMN evil TEXT GENERATED ALWAYS AS (upper(name))",
    "table taken away": "ALTER TABLE codes_used RENAME TO used",
    "check": REWRITTEN.format("kind TEXT", "kind TEXT CHECK (hex(9))"),
    "collation": REWRITTEN.format("grid_id TEXT", "grid_id TEXT COLLATE NOCASE"),
    "index over an expression": "CREATE INDEX evil ON plans (hex(zeroblob(100000000)))",
    "index replaced": "DROP INDEX ix_grids_id\nCREATE INDEX ix_grids_id ON grids (upper(grid_id))",
    "table of the standard": "DROP TABLE gpkg_extensions\nCREATE TABLE gpkg_extensions (scope TEXT DEFAULT (randomblob(1)))",
    "other types": "DROP TABLE travel_statuses\nCREATE TABLE travel_statuses (key TEXT, service TEXT, codes TEXT, kept_at TEXT)",
}


@pytest.mark.parametrize("statement", STRANGE.values(), ids=STRANGE)
def test_strange_schemas_are_refused(path: Path, statement: str) -> None:
    edited(path, *statement.splitlines())
    with pytest.raises(StoreError, match="has not the triggers, views and tables of a workspace"):
        open_workspace(path)


@pytest.mark.parametrize("table", ["meta", "versions"])
def test_a_view_in_place_of_a_table_is_never_read(path: Path, table: str) -> None:
    edited(path, f"ALTER TABLE {table} RENAME TO other", f"CREATE VIEW {table} AS SELECT * FROM other")  # noqa: S608
    with pytest.raises(StoreError, match="no workspace of geogrid"):
        open_workspace(path)


@pytest.mark.parametrize(("found", "said"), [("99", "newer geogrid"), ("x", "damaged"), ("0", "damaged"), ("²", "damaged")])
def test_formats_that_are_not_ours(path: Path, found: str, said: str) -> None:
    edited(path, f"UPDATE meta SET value = '{found}' WHERE key = 'format_version'")  # noqa: S608
    with pytest.raises(StoreError, match=said):
        open_workspace(path)


NONSENSE = {
    "profile": ("profile", "{}"),
    "deep profile": ("profile", "[" * 100_000),
    "crs": ("crs", "EPSG:0"),
    "deep crs": ("crs", '{"type":"BoundCRS","source_crs":' * 10_000),
    "reading another file": ("crs", "+proj=pipeline +step +proj=hgridshift +grids=/etc/passwd"),
}


@pytest.mark.parametrize(("key", "value"), NONSENSE.values(), ids=NONSENSE)
def test_what_says_of_itself_nonsense_is_refused(path: Path, key: str, value: str) -> None:
    edited(path, f"UPDATE meta SET value = '{value}' WHERE key = '{key}'")  # noqa: S608
    with pytest.raises(StoreError, match="damaged"):
        open_workspace(path)


def spoilt(path: Path, *statements: str) -> Path:
    """Change rows as another program could that gets past the guards."""
    return edited(path, "INSERT INTO meta VALUES ('writing', '')", *statements, "DELETE FROM meta WHERE key = 'writing'")


LEDGER = {
    "unknown kind": "UPDATE versions SET kind = 'x' WHERE version = 5",
    "broken counts": "UPDATE versions SET counts = '{' WHERE version = 5",
    "counts that are a list": "UPDATE versions SET counts = '[1]' WHERE version = 5",
    "tables that are a number": "UPDATE versions SET tables = '1' WHERE version = 5",
    "deep operations": "UPDATE versions SET operations = replace(hex(zeroblob(25000)), '0', '[') WHERE version = 5",
    "no day": "UPDATE versions SET effective = '0' WHERE version = 5",
    "no versions": "DELETE FROM versions",
}


@pytest.mark.parametrize("statement", LEDGER.values(), ids=LEDGER)
def test_a_ledger_that_another_program_wrote_is_refused(path: Path, statement: str) -> None:
    spoilt(path, statement)
    asked: list[Callable[[Workspace], Version]] = [lambda town: town.head, lambda town: town.version_on(day(9))]
    for ask in asked:
        with open_workspace(path) as town, pytest.raises(StoreError, match="the ledger was changed by another program"):
            ask(town)


PLAN = "INSERT INTO plans VALUES ('p', 'p', {base}, 1, '{status}', '{locked}', '', '', NULL)"
RECORD = "INSERT INTO operations VALUES ('p', 0, '{record}', 0)"
PLANS = {
    "unknown status": [PLAN.format(base=5, status="x", locked="[]")],
    "broken locks": [PLAN.format(base=5, status="open", locked="{")],
    "base that is no number": [PLAN.format(base="'x'", status="open", locked="[]")],
    "broken operation": [PLAN.format(base=5, status="open", locked="[]"), RECORD.format(record="{")],
    "deep operation": [PLAN.format(base=5, status="open", locked="[]"), RECORD.format(record="[" * 50_000)],
}


@pytest.mark.parametrize("statements", PLANS.values(), ids=PLANS)
def test_a_plan_that_another_program_wrote_is_refused(path: Path, statements: list[str]) -> None:
    edited(path, *statements)
    with open_workspace(path) as town, pytest.raises(StoreError, match="a plan was spoilt by another program"):
        assert not (town.plans(), town.plan("p"))


ROWS = {
    "text for a number": ("households", "persons = 'abc'", "holds a row that another program spoilt"),
    "number beyond any": ("households", "persons = 1e300", "holds a row that another program spoilt"),
    "no id": ("households", "household_id = NULL", "holds a row that another program spoilt"),
    "bytes for an id": ("grids", "grid_id = x'ff'", "holds a row that another program spoilt"),
    "no shape": ("grids", "geom = NULL", "holds a damaged shape"),
    "shape cut short": ("grids", "geom = substr(geom, 1, 60)", "holds a damaged shape"),
    "point for a polygon": ("grids", "geom = (SELECT geom FROM households LIMIT 1)", "holds a damaged shape"),
}


@pytest.mark.parametrize(("table", "change", "said"), ROWS.values(), ids=ROWS)
def test_a_row_that_another_program_wrote_is_refused(path: Path, table: str, change: str, said: str) -> None:
    spoilt(path, f"UPDATE {table} SET {change} WHERE fid = 1")  # noqa: S608
    with open_workspace(path) as town, pytest.raises(StoreError, match=f"{table} {said}"):
        town.read(table)


def test_tables_of_a_gis_are_no_harm(path: Path) -> None:
    """QGIS keeps styles in a table of its own."""
    edited(path, "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleName TEXT)")
    with open_workspace(path) as town:
        assert town.head.version == 5
