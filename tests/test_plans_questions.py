"""What-ifs, explanations, history, published reports and the staff's page of an office: who learns what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from api.audit import CLI
from api.holdings import PUBLISHED, data_folder
from api.queue import records
from api.state import State, state_of
from api.statetables import AUDIT
from geogrid.officecheck import check_version, write_check
from geogrid.publications import add
from geogrid.store import open_workspace
from tests.service import Office, office
from tests.workspaces import act, day, town_tables

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

CLOSED = {"changes": [{"kind": "close", "facility_id": "F1"}]}
EAST = {"kind": "add", "facility_id": "新", "services": ["medical"], "lon": 117.0, "lat": 28.0}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office in which the town was checked by a job; H060 lives in G4, out of reach of the only clinic."""
    made = office(tmp_path_factory.mktemp("office"))
    finished_check(made)
    return made


def finished_check(town: Office) -> Path:
    state = state_of(data_folder(town.settings))
    job_id = records.enqueue(state, CLI, "check", {"version": 5})
    assert records.claim(state, job_id, at_once=1)
    folder = records.folder_of(state, job_id) / records.RESULT
    folder.mkdir(parents=True)
    with open_workspace(town.path) as workspace:
        write_check(check_version(workspace, 5, services=["medical"]), folder, lang="zh")
    assert records.end(state, job_id, "done")
    return folder


def noted(town: Office) -> list[dict[str, Any]]:
    state: State = state_of(data_folder(town.settings))
    with state.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(AUDIT)).mappings()]


# What-ifs


def test_a_what_if_tells_who_gains_and_loses(town: Office) -> None:
    told = town.ask("/api/v1/what-ifs", who="planner", method="POST", json=CLOSED).json()
    [total] = [row for row in told["totals"] if row["service"] == "medical"]
    assert (total["households_lose"], total["households_gain"], total["share_before"]) == (54, 0, 0.675)
    lost = {row["grid_id"]: row["households_lose"] for row in told["grids"] if row["service"] == "medical"}
    assert lost == {"G1": 20, "G2": 20, "G3": 14}
    assert "household_id" not in json.dumps(told)


def test_who_plans_for_one_village_sees_its_grids_only(town: Office) -> None:
    told = town.ask("/api/v1/what-ifs", who="planner_v2", method="POST", json=CLOSED).json()
    assert {row["grid_id"] for row in told["grids"]} == {"G3"}
    assert [row["households_covered_before"] for row in told["totals"]] == [14, 14]
    assert town.ask("/api/v1/what-ifs", who="viewer", method="POST", json=CLOSED).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [{"kind": "close", "facility_id": "无"}],
        [{"kind": "close", "facility_id": "F1", "colour": "red"}],
        [{"kind": "add", "facility_id": "F1"}],
        [EAST | {"services": ["没有"]}],
        [EAST | {"lon": 200}],
        [EAST | {"lon": "117"}],
        [EAST | {"facility_id": "a\u0000b"}],
        [EAST],
    ],
)
def test_a_change_that_cannot_be_is_refused(town: Office, changes: list[Any]) -> None:
    answer = town.ask("/api/v1/what-ifs", who="planner", method="POST", json={"changes": changes})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_check_there_is_nothing_to_try(tmp_path: Path) -> None:
    bare = office(tmp_path, publish=False)
    assert bare.ask("/api/v1/what-ifs", who="planner", method="POST", json=CLOSED).status_code == 404


# One household


def test_why_a_household_is_not_covered(town: Office) -> None:
    told = town.ask("/api/v1/explain?household=H060&service=medical", who="viewer")
    assert (told.json()["status"], told.json()["ways"][0]["name"]) == ("uncovered", "西卫生室")
    assert told.headers["cache-control"] == "no-store"
    last = noted(town)[-1]
    assert (last["action"], last["of"], last["detail"]) == ("read_households", "explain", '{"rows": 1}')


def test_which_grid_it_was_in(town: Office) -> None:
    told = town.ask("/api/v1/where?household=H060&on=2024-01-06", who="viewer").json()
    assert (told["answer"], told["grid_id"], told["version"]) == ("grid", "G4", 5)
    assert town.ask("/api/v1/where?household=H060&on=2024-01-01", who="viewer").json()["answer"] == "not yet"


@pytest.mark.parametrize("question", ["explain?service=medical", "where?on=2024-01-06", "staff/explain?service=medical"])
def test_a_household_beyond_is_as_one_that_never_was(town: Office, question: str) -> None:
    asked = f"/api/v1/{question}&household="
    beyond, unknown = (town.ask(asked + each, who="viewer_v1") for each in ("H060", "H999"))
    assert (beyond.status_code, beyond.content) == (404, unknown.content)
    assert "H060" not in beyond.text
    assert town.ask(f"{asked}H001", who="viewer_v1").status_code == 200
    assert town.ask(f"{asked}H060").status_code == 401
    assert "H0" not in json.dumps(noted(town))


# The record


def test_the_ledger_tells_some_areas_nothing_of_others(town: Office) -> None:
    whole = town.ask("/api/v1/versions", who="viewer").json()
    assert (whole["newest"], whole["versions"][2]["tables"], whole["versions"][2]["who"]) == (5, ["grids"], "李")
    some = town.ask("/api/v1/versions", who="viewer_v1").json()
    assert some["versions"][2] == {"version": 2, "effective": "2024-01-03"}
    assert town.ask("/api/v1/versions/3", who="viewer").json()["counts"]["households"]["rows"] == 80
    assert town.ask("/api/v1/versions/3", who="viewer_v1").json() == {"version": 3, "effective": "2024-01-04"}
    assert town.ask("/api/v1/versions/99", who="viewer").status_code == 404


def test_what_became_of_a_grid(town: Office) -> None:
    [began] = town.ask("/api/v1/grids/G1/history", who="viewer_v1").json()["history"]
    assert (began["version"], began["change"], began["effective"], began["area_m2"]) == (2, "began", "2024-01-03", 500_000.0)
    beyond, unknown = (town.ask(f"/api/v1/grids/{each}/history", who="viewer_v1") for each in ("G4", "无"))
    assert (beyond.status_code, beyond.content) == (404, unknown.content)


def test_a_grid_that_changed_village_tells_each_its_own_time(tmp_path: Path) -> None:
    """G2 goes from V1 to V2 with the land: what was before is V1's, what comes after V2's, the change is nobody's."""
    town = office(tmp_path, publish=False)
    tables = town_tables()
    grids, areas = tables["grids"].copy(), tables["areas"].copy()
    grids.loc[1, "parent_id"] = "V2"
    areas.geometry = [grids.geometry[0], grids.geometry[1:].union_all()]
    with open_workspace(town.path) as workspace:
        workspace.import_table("areas", areas, act=act(7, "划走"), base=5)
        workspace.import_table("grids", grids, act=act(8, "划走"), base=6)
        grids.loc[1, "name"] = "新名"
        workspace.import_table("grids", grids, act=act(9, "改名"), base=7)
    versions = {
        who: [row["version"] for row in town.ask("/api/v1/grids/G2/history", who=who).json()["history"]]
        for who in ("viewer", "viewer_v1", "planner_v2")
    }
    assert versions == {"viewer": [2, 7, 8], "viewer_v1": [2], "planner_v2": [8]}


def test_borders_as_they_were(town: Office) -> None:
    def ids(who: str, query: str = "") -> list[str]:
        features = town.ask(f"/api/v1/boundaries{query}", who=who).json()["features"]
        return [each["properties"].get("grid_id") or each["properties"]["area_id"] for each in features]

    assert ids("viewer") == ["G1", "G2", "G3", "G4", "V1", "V2"]
    assert ids("viewer_v1") == ["G1", "G2", "V1"]
    assert ids("viewer", "?on=2024-01-02") == ["V1", "V2"]
    assert ids("viewer", "?version=0") == []
    first, other = (town.ask("/api/v1/boundaries", who=who).headers["etag"] for who in ("viewer", "viewer_v1"))
    assert first != other
    assert town.ask("/api/v1/boundaries", who="viewer", If_None_Match=first).status_code == 304
    assert town.ask("/api/v1/boundaries?on=2023-12-31", who="viewer").status_code == 404


# Published reports


def test_every_report_that_was_in_force_is_public(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    [only] = town.ask("/api/v1/reports").json()["reports"]
    assert (only["number"], only["effective"], only["in_force"]) == (1, "2024-02-01", True)
    answer = town.ask("/api/v1/reports/1")
    assert answer.content == town.ask("/api/v1/report").content
    assert answer.headers["access-control-allow-origin"] == "*"
    assert town.ask("/api/v1/reports/1/gaps?service=medical").content == town.ask("/api/v1/gaps?service=medical").content
    assert town.ask("/api/v1/reports?on=2024-01-31").json() == {"reports": []}
    assert [town.ask(f"/api/v1/reports/{each}").status_code for each in ("2", "0", "x", "9" * 5000)] == [404, 422, 422, 422]


def test_a_report_to_come_is_nobodys_yet(tmp_path: Path) -> None:
    town = office(tmp_path)
    root = data_folder(town.settings) / PUBLISHED
    far: dt.date = day(20_000)
    add(root, tmp_path / "check", version=5, effective=far)
    assert [each["number"] for each in town.ask("/api/v1/reports").json()["reports"]] == [1]
    assert town.ask("/api/v1/reports/2").status_code == 404
    assert town.ask(f"/api/v1/reports?on={far}").json()["reports"][0]["number"] == 1


# The staff's page


def test_the_staffs_page_shows_ones_own_households(town: Office) -> None:
    assert town.ask("/staff").status_code == 401
    page = town.ask("/staff", who="viewer_v1")
    assert (page.status_code, "frame-ancestors 'none'" in page.headers["content-security-policy"]) == (200, True)
    told = {who: town.ask("/api/v1/staff/households?service=medical", who=who).json() for who in ("viewer", "planner_v2")}
    assert (len(told["viewer"]["id"]), len(told["planner_v2"]["id"])) == (80, 40)
    assert told["planner_v2"]["grids"] == ["G3", "G4"]
    last = [row for row in noted(town) if row["of"] == "staff page"][-1]
    assert json.loads(last["detail"]) == {"rows": 40}
    grids = town.ask("/api/v1/staff/grids", who="planner_v2").json()["features"]
    assert [each["properties"]["grid_id"] for each in grids] == ["G3", "G4"]
    assert town.ask("/api/v1/staff/town", who="planner_v2").json()["place"] == ["纸镇", "纸镇"]
    assert town.ask("/api/v1/staff/street-findings", who="planner_v2").status_code == 200
    assert town.ask("/api/v1/staff/town").status_code == 401


def test_a_changed_check_is_opened_again(tmp_path: Path) -> None:
    town = office(tmp_path, publish=False)
    folder = finished_check(town)
    assert town.ask("/api/v1/explain?household=H060&service=medical", who="viewer").status_code == 200
    with open_workspace(town.path) as workspace:
        homes = workspace.read("households")
        workspace.import_table("households", homes[homes["household_id"] != "H060"], act=act(9), base=5)
        write_check(check_version(workspace, 6, services=["medical"]), folder, lang="zh")
    assert town.ask("/api/v1/explain?household=H060&service=medical", who="viewer").status_code == 404
