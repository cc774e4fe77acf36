"""The command ``geogrid publish``: checks a workspace and hands what is public of it to the service beside it."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
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


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace that was published once."""
    folder = tmp_path_factory.mktemp("once")
    town_workspace(folder / "office.gpkg").close()
    assert main(["publish", str(folder / "office.gpkg"), "--services", "medical"]) == 0
    return folder


def test_a_second_publication_is_held_against_the_first(once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shutil.copytree(once, tmp_path / "town") / "office.gpkg"
    arguments = ["publish", str(path), "--services", "medical", "--lang", "en"]
    with open_workspace(path) as workspace:
        households = town_tables()["households"]
        households.loc[0, "geometry"] = at(1900, 490)  # one household moves from G1 to G4
        workspace.import_table("households", households, act=act(6), base=5)
    root = state_of(data_folder(Settings(workspace=path))).folder / PUBLISHED
    capsys.readouterr()
    assert main([*arguments, "--dry-run"]) == 0
    tried = capsys.readouterr().out
    said = re.search(r"Of the (\d+) figures .*, (\d+) \((\d+)\.\d%\) are withheld .*: grids (\d+)/", tried)
    assert said is not None, tried
    assert "--accept-withheld" in tried
    assert main(arguments) == 3
    refused = capsys.readouterr().err
    assert said.group(0) in refused
    assert all(option in refused for option in ("--same-people", "--accept-withheld", "--dry-run"))
    assert len(publications(root)) == 1
    assert [each.name for each in root.iterdir() if each.name.startswith(".making")] == []
    assert main([*arguments, "--accept-withheld"]) == 0
    told = capsys.readouterr().out
    assert "number 2, version 6" in told
    assert said.group(0) in told
    _, made = publications(root)
    assert (made.withheld, int(said[3])) == (int(said[2]), int(100 * made.withheld / int(said[1])))
    assert made.withheld > int(said[1]) / 5


def test_with_the_same_people_only_borders_and_facilities_are_new(once: Path, tmp_path: Path) -> None:
    path = shutil.copytree(once, tmp_path / "town") / "office.gpkg"
    arguments = ["publish", str(path), "--services", "medical", "--same-people"]
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
