"""What ``geogrid propose sites`` writes and says: all of it private, to be tried out as it is, from a check or a workspace."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook

import geogrid
from api.changes import read_changes
from api.proposesites import SitesWish, sites
from api.terminal import Terminal
from api.working import at_work
from geogrid import io
from geogrid.effort import Effort
from geogrid.errors import InputError
from geogrid.siting import SitesAsked
from geogrid.store import create
from geogrid.town import open_town, save_town
from geogrid.whatif import start
from tests.builders import CRS, at, frame, paper_town
from tests.workspaces import act, town_workspace

if TYPE_CHECKING:
    from pathlib import Path

SPOTS = frame(
    [
        {"候选点编号": "C1", "名称": "老村委", "费用": "12.5", "geometry": at(900, 500)},
        {"候选点编号": "C2", "名称": "=1+1", "费用": "8", "geometry": at(1720, 500)},
        {"候选点编号": "C3", "名称": "山顶", "费用": "1", "geometry": at(1000, 950)},
    ]
)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checked")
    tables: Any = paper_town()
    report = geogrid.check(**tables, services=["medical"], cutoff_min=3.0)
    report.write(folder)
    save_town(report.town, folder)
    return folder


@pytest.fixture(scope="module")
def spots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spots") / "候选点.geojson"
    io.write_table(SPOTS, path)
    return path


def run(place: Path, wish: SitesWish, folder: Path, capsys: pytest.CaptureFixture[str], lang: Any = "en") -> str:
    terminal = Terminal.open(lang)
    with at_work(terminal) as clock:
        sites(terminal, place, wish, folder=folder, effort=Effort(), clock=clock)
    return capsys.readouterr().out


def test_everything_is_private_and_can_be_tried_out(
    checked: Path, spots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    said = run(checked, SitesWish(SitesAsked("medical", sites=2), spots), out, capsys)
    assert [each.name for each in out.iterdir()] == ["private"]
    private = out / "private"
    assert sorted(each.name for each in private.iterdir()) == [
        "changes.json",
        "curve.csv",
        "proposal.html",
        "proposal.json",
        "proposal.xlsx",
        "site_households.csv",
        "sites.geojson",
    ]
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in private.iterdir())
    assert "2 new sites: covered 42 → 156 persons (114 more), 65.0 % of all 240." in " ".join(said.split())
    assert "C3 (450 m)" in " ".join(said.split())
    tried = start(open_town(checked)).apply(*read_changes(private / "changes.json"))
    total = tried.effect().totals.set_index("service").loc["medical"]
    assert (total["persons_gain"], total["persons_covered_after"]) == (114, 156)


def test_what_is_written_says_who_and_why(checked: Path, spots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(checked, SitesWish(SitesAsked("medical", sites=2), spots), tmp_path, capsys, "zh")
    private = tmp_path / "private"
    layer = gpd.read_file(private / "sites.geojson")
    assert layer["candidate_id"].tolist() == ["C1", "C2"]
    assert layer["cost"].tolist() == [12.5, 8.0]
    rows = pd.read_csv(private / "site_households.csv")
    assert rows["change"].value_counts().to_dict() == {"gains": 38, "uncovered": 28}
    assert rows.loc[rows["change"] == "uncovered", "reason"].isin(["no_candidate", "not_chosen"]).all()
    curve = pd.read_csv(private / "curve.csv")
    assert curve["value"].tolist() == [42.0, 102.0, 156.0]
    record = json.loads((private / "proposal.json").read_text(encoding="utf-8"))
    assert (record["kind"], record["proof"], record["is_reproducible"]) == ("sites", "optimal", True)
    assert record["settings"]["cutoff_min"] == 3.0
    assert record["figures"]["gain"] == 114.0
    book = load_workbook(private / "proposal.xlsx")
    assert book.sheetnames[:3] == ["选址点", "点数与覆盖", "各点新增覆盖"]
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("name", ["proposal.html", "proposal.json", "sites.geojson", "curve.csv", "changes.json"])
def test_only_the_lists_of_households_name_them(
    checked: Path, spots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    said = run(checked, SitesWish(SitesAsked("medical", sites=2), spots), tmp_path, capsys)
    text = (tmp_path / "private" / name).read_text(encoding="utf-8")
    for household in ("H000", "H027", "H079"):
        assert household not in text
        assert household not in said


def test_the_same_again(checked: Path, spots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        run(checked, SitesWish(SitesAsked("medical", sites=2), spots), tmp_path / name, capsys)
    for file in ("sites.geojson", "curve.csv", "changes.json", "site_households.csv"):
        assert (tmp_path / "one/private" / file).read_bytes() == (tmp_path / "two/private" / file).read_bytes()


@pytest.mark.parametrize("model", ["lscp", "p_median", "p_centre", "backup"])
def test_every_model_is_told(checked: Path, spots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str) -> None:
    asked = SitesAsked("medical", model=model, sites=None if model == "lscp" else 1, curve=0)
    said = run(checked, SitesWish(asked, spots), tmp_path, capsys)
    assert "proven the best" in said
    assert (tmp_path / "private/proposal.html").stat().st_size > 0


def test_none_is_proposed_where_none_helps(checked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(checked, SitesWish(SitesAsked("medical", sites=0, spacing_m=500)), tmp_path, capsys)
    assert "No site is proposed." in said
    assert read_changes(tmp_path / "private/changes.json") == []


def test_a_workspace_has_candidates_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = io.read_candidates(SPOTS).table
    with town_workspace(tmp_path / "纸镇.gpkg") as workspace:
        workspace.import_table("candidates", layer, act=act(9), base=workspace.head.version)
        assert workspace.read("candidates")["cost"].tolist() == [12.5, 8.0, 1.0]
    said = run(tmp_path / "纸镇.gpkg", SitesWish(SitesAsked("医疗", budget=10.0, cutoff_min=3.0)), tmp_path / "out", capsys)
    record = json.loads((tmp_path / "out/private/proposal.json").read_text(encoding="utf-8"))
    assert [site["candidate_id"] for site in record["sites"]] == ["C2"]
    assert (record["settings"]["candidates"], record["settings"]["budget"]) == ("layer", 10.0)
    assert "纸镇" in (tmp_path / "out/private/proposal.html").read_text(encoding="utf-8")
    assert "spacing_m" not in record["settings"]
    assert said


def test_an_empty_workspace_says_what_it_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with create(tmp_path / "空.gpkg", crs=CRS):
        pass
    with pytest.raises(InputError, match="the workspace has no grids, households, facilities, roads: bring them in first"):
        run(tmp_path / "空.gpkg", SitesWish(SitesAsked("medical", sites=1)), tmp_path / "out", capsys)


def test_a_file_without_candidates(checked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.csv").write_text("候选点编号,经度,纬度\nC1,abc,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"c\.csv holds no usable row"):
        run(checked, SitesWish(SitesAsked("medical", sites=1), tmp_path / "c.csv"), tmp_path / "out", capsys)


def test_candidates_that_cannot_be_used_are_written_and_the_others_go_on(
    checked: Path, spots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = SPOTS.to_crs(4326), ["B1,abc,31.0,1", "B2,115.2,31.0,many"]
    rows = [f"{row[1]},{row.geometry.x},{row.geometry.y},1" for row in good.itertuples()]
    (tmp_path / "c.csv").write_text("\n".join(["candidate_id,lon,lat,cost", *rows, *bad]), encoding="utf-8")
    wish = SitesWish(SitesAsked("medical", sites=1, curve=0), tmp_path / "c.csv")
    said, private = run(checked, wish, tmp_path / "out", capsys), tmp_path / "out" / "private"
    assert "2 rows of c.csv were rejected" in said
    assert pd.read_csv(private / "rejected_candidates.csv")["value"].tolist() == ["abc", "many"]
    whole = run(checked, replace(wish, candidates=spots), tmp_path / "out", capsys)
    assert "rejected_candidates" not in whole
    assert not (private / "rejected_candidates.csv").exists()
