"""Files that are no workspace, damaged ones and hostile ones: refused with the reason, and nothing in them is run or made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geogrid.errors import StoreError
from geogrid.store import open_workspace
from tests.workspaces import edited, town_tables, town_workspace

if TYPE_CHECKING:
    from collections.abc import Callable


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


STRANGE = {
    "trigger": "CREATE TRIGGER evil AFTER INSERT ON plans BEGIN DELETE FROM grids; END",
    "view": "CREATE VIEW evil AS SELECT 1",
    "virtual table": "CREATE VIRTUAL TABLE evil USING fts3(a)",
    "guard taken away": "DROP TRIGGER guard_versions_UPDATE",
    "view replaced": "DROP VIEW grids_now",
    "column taken away": "ALTER TABLE areas RENAME COLUMN code TO codes",
    "generated column": "ALTER TABLE plans ADD COLUMN evil TEXT GENERATED ALWAYS AS (upper(name))",
    "table taken away": "ALTER TABLE codes_used RENAME TO used",
}


@pytest.mark.parametrize("statement", STRANGE.values(), ids=STRANGE)
def test_strange_schemas_are_refused(path: Path, statement: str) -> None:
    edited(path, statement)
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


def test_what_says_of_itself_nonsense_is_refused(path: Path) -> None:
    edited(path, "UPDATE meta SET value = '{}' WHERE key = 'profile'")
    with pytest.raises(StoreError, match="damaged"):
        open_workspace(path)


def test_tables_of_a_gis_are_no_harm(path: Path) -> None:
    """QGIS keeps styles in a table of its own."""
    edited(path, "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleName TEXT)")
    with open_workspace(path) as town:
        assert town.head.version == 5
