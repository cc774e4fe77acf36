"""What the chain does not cover and could mislead: forged indexes, tables that a GIS would show for the record, a moved CRS."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from geogrid.store import create, open_workspace
from geogrid.workspace.backup import check_backup
from geogrid.workspace.outside import CONTENTS, SHAPES, SYSTEMS
from tests.workspaces import edited, town_workspace

FAKE = (
    "CREATE TABLE fake AS SELECT * FROM grids",
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('fake', 'features', '现行 fake', 4548)",
    "INSERT INTO gpkg_geometry_columns VALUES ('fake', 'geom', 'MULTIPOLYGON', 4548, 0, 0)",
)
SWAPPED = "CASE household_id WHEN 'H000' THEN 'H079' WHEN 'H079' THEN 'H000' ELSE household_id END"
FORGED = (
    "DROP INDEX ix_households_id",
    f"CREATE INDEX ix_households_id ON households ({SWAPPED})",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_households_id ON households (household_id)' WHERE name = 'ix_households_id'",
)
"""An index of household ids that answers H079 for H000, under the text of the true one."""


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


def found(path: Path) -> list[tuple[str, str]]:
    """Return the tables that do not fit, and what of them."""
    with open_workspace(path) as town:
        checked = town.verify()
    assert checked.ok == (not checked.problems)
    return [(problem.table, problem.what.en) for problem in checked.problems]


def test_an_untouched_workspace_fits(path: Path) -> None:
    assert found(path) == []


def test_a_forged_index_answers_with_another_household_and_is_found(path: Path) -> None:
    edited(path, *FORGED)
    with open_workspace(path) as town:
        assert town.where("H000", dt.date(2025, 1, 1)).grid_id == "G4"  # every row is what it was, and H000 lives in G1
    ((table, what),) = found(path)
    assert table == "sqlite_master"
    assert "ix_households_id" in what
    assert "H000" not in what


@pytest.mark.parametrize(
    ("statements", "table", "named"),
    [
        (FAKE[:2], CONTENTS, "(fake)"),
        ((*FAKE, "DELETE FROM gpkg_geometry_columns WHERE table_name = 'grids_now'"), CONTENTS, "(fake)"),
        (("DELETE FROM gpkg_geometry_columns", "DELETE FROM gpkg_contents"), CONTENTS, "(area_members, area_members_now, "),
        (("UPDATE gpkg_contents SET identifier = 'x' WHERE table_name = 'grids_now'",), CONTENTS, "(grids_now)"),
        (("UPDATE gpkg_contents SET data_type = 'attributes' WHERE table_name = 'grids_now'",), CONTENTS, "(grids_now)"),
        (("UPDATE gpkg_geometry_columns SET srs_id = 4326 WHERE table_name = 'grids_now'",), SHAPES, "(grids_now)"),
        (
            ("UPDATE gpkg_spatial_ref_sys SET definition = o.definition FROM gpkg_spatial_ref_sys AS o WHERE o.srs_id = 4326",),
            SYSTEMS,
            "the definition of the CRS",
        ),
        (("UPDATE gpkg_spatial_ref_sys SET definition = '?' WHERE srs_id = 4548",), SYSTEMS, "the definition of the CRS"),
    ],
)
def test_what_a_gis_would_show_in_place_of_the_record_is_found(
    path: Path, statements: tuple[str, ...], table: str, named: str
) -> None:
    edited(path, *statements)
    problems = found(path)
    assert problems[0][0] == table
    assert named in problems[0][1]
    assert [(each.table, each.what.en) for each in check_backup(path).problems] == problems


def test_styles_that_a_gis_keeps_are_no_harm(path: Path) -> None:
    style = "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'layer_styles')"
    edited(path, "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleName TEXT)", style)
    assert found(path) == []


def test_a_crs_without_a_code_fits(tmp_path: Path) -> None:
    with create(tmp_path / "own.gpkg", crs="+proj=tmerc +lon_0=117.1 +ellps=GRS80 +units=m") as made:
        assert made.verify().problems == ()
