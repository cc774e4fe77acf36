"""The command ``geogrid publish``: checks a workspace and hands what is public of it to the service beside it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from api import audit
from api.cli import main
from api.holdings import PUBLISHED, data_folder
from api.queue.checking import newest_check
from api.settings import Settings
from api.state import state_of
from geogrid.errors import InputError
from geogrid.officecheck import check_version
from geogrid.publications import folder_of, publications
from geogrid.store import open_workspace
from tests.builders import at
from tests.workspaces import act, town_tables, town_workspace

if TYPE_CHECKING:
    from pathlib import Path


def test_a_workspace_is_checked_and_published_and_only_the_staffs_check_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "office.gpkg"
    town_workspace(path).close()
    assert main(["publish", str(path), "--services", "medical", "--effective", "2026-01-01", "--lang", "en"]) == 0
    assert "number 1, version 5 of the workspace, in force from 2026-01-01" in capsys.readouterr().out
    state = state_of(data_folder(Settings(workspace=path)))
    root = state.folder / PUBLISHED
    (made,) = publications(root)
    assert (made.number, made.version, made.effective) == (1, 5, dt.date(2026, 1, 1))
    summary = json.loads((folder_of(root, made) / "report.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in summary["services"]] == ["medical"]
    assert [(entry.who, entry.action, entry.of) for entry in audit.entries(state)] == [("cli", "publish", "publication 1")]
    left = [each for each in state.folder.rglob("*") if each.is_file() and b"H007" in each.read_bytes()]
    found = newest_check(state)
    assert found is not None
    private = found[1] / "private"
    assert [each for each in left if not each.is_relative_to(private)] == []
    assert private.stat().st_mode & 0o777 == 0o700
    assert list((state.folder / "checks").iterdir()) == []


def test_a_second_publication_is_held_against_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "office.gpkg"
    town_workspace(path).close()
    arguments = ["publish", str(path), "--services", "medical", "--lang", "en"]
    assert main(arguments) == 0
    with open_workspace(path) as workspace:
        households = town_tables()["households"]
        households.loc[0, "geometry"] = at(1900, 490)  # one household moves from G1 to G4
        workspace.import_table("households", households, act=act(6), base=5)
    capsys.readouterr()
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "number 2, version 6" in told
    assert "beside earlier publications they would tell of households" in told
    _, made = publications(state_of(data_folder(Settings(workspace=path))).folder / PUBLISHED)
    assert made.withheld > 0


def test_with_the_same_people_only_borders_and_facilities_are_new(tmp_path: Path) -> None:
    path = tmp_path / "office.gpkg"
    town_workspace(path).close()
    arguments = ["publish", str(path), "--services", "medical", "--same-people"]
    assert main(arguments) == 0
    with open_workspace(path) as workspace:
        tables = town_tables()
        tables["households"].loc[0, "geometry"] = at(1900, 490)  # one household moves from G1 to G4
        workspace.import_table("households", tables["households"], act=act(6), base=5)
        tables["facilities"].loc[1, "status"] = "built"
        workspace.import_table("facilities", tables["facilities"], act=act(7), base=6)
    assert main(arguments) == 0
    root = state_of(data_folder(Settings(workspace=path))).folder / PUBLISHED
    _, made = publications(root)
    assert (made.version, made.people_version, made.withheld) == (7, 5, 0)
    grids = json.loads((folder_of(root, made) / "grids.geojson").read_text(encoding="utf-8"))["features"]
    assert [grid["properties"]["households"] for grid in grids] == [20, 20, 20, 20]
    assert grids[3]["properties"]["covered_medical"] == 20, "the clinic that is new counts"


def test_a_workspace_that_lacks_tables_is_refused_by_name(tmp_path: Path) -> None:
    with (
        town_workspace(tmp_path / "office.gpkg") as workspace,
        pytest.raises(InputError, match="no households, facil"),
    ):
        check_version(workspace, 2)
