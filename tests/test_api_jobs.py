"""Checks, proposals, exports and publications over HTTP: asked for, done, seen by those who may."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from api import audit
from api.callers import Caller
from api.queue import events, records
from api.queue.child import do
from geogrid.store import open_workspace
from geogrid.town import open_town
from geogrid.words import Text
from tests.builders import at
from tests.service import office
from tests.working import asked, done_here
from tests.workspaces import act, town_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.service import Office

CHECK = {"services": ["medical"]}
EVIL = "=1+1"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The paper town's service; a facility in it is called as a formula is, and there are staff."""
    made = office(tmp_path_factory.mktemp("town"), lang="en")
    rows = [
        {"staff_id": f"S{n}", "name": f"员{n}", "role": "member", "of_kind": kind, "of_id": of_id, "phone": f"1390000000{n}"}
        for n, (kind, of_id) in enumerate([("grid", "G1"), ("grid", "G3"), ("area", "V1"), ("household", "H000")])
    ]
    with open_workspace(made.path) as workspace:
        facilities = town_tables()["facilities"].assign(name=[EVIL, "东卫生室"])
        workspace.import_table("facilities", facilities, act=act(6), base=5)
        workspace.import_table("staff", pd.DataFrame(rows), act=act(7), base=6)
    return made


@pytest.fixture(scope="module")
def check(town: Office) -> records.Job:
    """A finished check that the planner of everywhere asked for."""
    return asked(town, "/api/v1/checks", CHECK, who="planner")


@pytest.fixture(scope="module")
def check_v1(town: Office) -> records.Job:
    """A finished check that the planner of V1 asked for."""
    return asked(town, "/api/v1/checks", CHECK, who="planner_v1")


def state_of(town: Office) -> Any:
    return town.app.state.holdings.require_state()


def trail(town: Office) -> list[tuple[str, str]]:
    return [(entry.action, entry.of) for entry in audit.entries(state_of(town), limit=1000)]


# Asked for, and told of


def test_a_job_is_accepted_with_its_address_and_is_waiting_there(town: Office) -> None:
    answer = town.ask("/api/v1/checks", who="planner", method="POST", json=CHECK)
    job_id = answer.json()["job_id"]
    assert answer.status_code == 202
    assert answer.headers["location"] == f"http://127.0.0.1:8765/api/v1/jobs/{job_id}"
    there = town.ask(f"/api/v1/jobs/{job_id}", who="planner")
    assert there.json()["status"] == "waiting"
    assert there.json()["asked"] == {"services": ["medical"], "join_crossings": False, "version": 7}
    assert there.headers["cache-control"] == "private, no-cache"
    assert town.ask(f"/api/v1/jobs/{job_id}", who="planner", If_None_Match=there.headers["etag"]).status_code == 304
    gone = town.ask(f"/api/v1/jobs/{job_id}", who="planner", method="DELETE")
    assert (gone.status_code, gone.json()["status"]) == (202, "cancelled")
    again = town.ask(f"/api/v1/jobs/{job_id}", who="planner", If_None_Match=there.headers["etag"])
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    assert {("ask_check", f"job {job_id}"), ("cancel_job", f"job {job_id}")} <= set(trail(town))


def test_the_same_request_sent_twice_is_one_job(town: Office) -> None:
    answers = [
        town.ask("/api/v1/checks", who="planner", method="POST", json=CHECK, Idempotency_Key="once-1").json() for _ in range(2)
    ]
    assert answers[0]["job_id"] == answers[1]["job_id"]
    records.cancel(state_of(town), answers[0]["job_id"])


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("checks", {"services": ["nothing"]}, "no service 'nothing'"),
        ("checks", {"version": 99}, "99"),
        ("checks", {"cutoff_min": 0}, "expected 0.1 or more"),
        ("checks", {"speed": 5}, "speed"),
        ("checks", {"mode": "teleport"}, "teleport"),
        ("checks", {"people_version": 5, "same_people": True}, "either people_version or same_people"),
        ("exports", {}, "either table or layer"),
        ("exports", {"table": "keys"}, "table"),
        ("exports", {"table": "grids", "format": "exe"}, "format"),
        ("exports", {"layer": "grids", "version": 1}, "tables only"),
        ("exports", {"table": "grids", "on": "1900-01-01"}, "1900"),
        ("proposals", {"kind": "even", "minimum": 3}, "minimum"),
        ("proposals", {"kind": "other"}, "kind"),
        ("proposals", {"kind": "merge"}, "minimum"),
        ("publications", {"check": "0000"}, "no such job"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_waits(town: Office, path: str, body: Any, said: str) -> None:
    before = len(records.all_jobs(state_of(town)))
    answer = town.ask(f"/api/v1/{path}?lang=en", who="admin", method="POST", json=body)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]
    assert len(records.all_jobs(state_of(town))) == before


def test_too_many_that_wait_are_answered_503(tmp_path: Path) -> None:
    small = office(tmp_path, publish=False, jobs_waiting=1)
    answers = [small.ask("/api/v1/exports", who="viewer", method="POST", json={"table": "grids"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 503]
    assert int(answers[1].headers["retry-after"]) > 0


def test_a_job_that_cannot_be_done_says_why_in_the_callers_language(town: Office) -> None:
    job = asked(town, "/api/v1/proposals", {"kind": "merge", "minimum": 3, "of": "units"}, who="planner")
    told = [town.ask(f"/api/v1/proposals/{job.job_id}?lang={lang}", who="planner").json() for lang in ("zh", "en")]
    assert [each["status"] for each in told] == ["failed", "failed"]
    assert job.problem == Text(*(each["problem"] for each in told))


# Who sees what


def test_a_job_is_seen_by_who_asked_and_by_planners_of_everywhere(town: Office, check_v1: records.Job) -> None:
    found = {
        who: town.ask(f"/api/v1/jobs/{check_v1.job_id}", who=who).status_code
        for who in ("", "viewer", "viewer_v1", "planner_v2", "planner_v1", "planner", "admin")
    }
    assert found == {
        "": 401,
        "viewer": 404,
        "viewer_v1": 404,
        "planner_v2": 404,
        "planner_v1": 200,
        "planner": 200,
        "admin": 200,
    }
    for path in ("jobs", "checks"):
        listed = town.ask(f"/api/v1/{path}", who="planner_v2").json()[path]
        assert check_v1.job_id not in {each["job_id"] for each in listed}
    assert town.ask(f"/api/v1/checks/{check_v1.job_id}", who="viewer_v1").status_code == 403


@pytest.mark.parametrize(
    "path", ["jobs/{id}", "jobs/{id}/events", "checks/{id}", "checks/{id}/report", "checks/{id}/layers/grids"]
)
def test_another_townships_job_is_not_there(town: Office, check_v1: records.Job, path: str) -> None:
    theirs = town.ask(f"/api/v1/{path.format(id=check_v1.job_id)}", who="planner_v2")
    none = town.ask(f"/api/v1/{path.format(id='0' * 20)}", who="planner_v2")
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content)
    assert theirs.status_code == 404


def test_only_who_asked_and_administrators_cancel(town: Office) -> None:
    job_id = town.ask("/api/v1/exports", who="viewer_v1", method="POST", json={"table": "grids"}).json()["job_id"]
    path = f"/api/v1/exports/{job_id}"
    answers = [town.ask(path, who=who, method="DELETE").status_code for who in ("planner_v2", "viewer", "planner", "admin")]
    assert answers == [404, 404, 403, 202]


# A check's result


def test_a_checks_result_is_what_a_check_of_that_version_says(town: Office, check: records.Job) -> None:
    assert (check.status, check.result) == ("done", {"version": 7, "people_version": 7, "services": ["medical"]})
    report = town.ask(f"/api/v1/checks/{check.job_id}/report", who="planner").json()

    (total,) = [
        row for row in report["coverage"] if row["level"] == "total" and row["service"] == "medical" and row["when"] == "now"
    ]
    assert total["covered"] == 54
    grids = town.ask(f"/api/v1/checks/{check.job_id}/layers/grids", who="planner").json()["features"]
    assert [each["properties"]["grid_id"] for each in grids] == ["G1", "G2", "G3", "G4"]


def test_a_finished_check_can_be_asked_further_questions(town: Office, check: records.Job) -> None:
    folder = records.folder_of(state_of(town), check.job_id) / records.RESULT
    assert len(open_town(folder).households) == 80


def test_who_has_rights_in_one_area_sees_that_part_of_a_check(town: Office, check_v1: records.Job) -> None:
    here = f"/api/v1/checks/{check_v1.job_id}"
    found = {
        layer: town.ask(f"{here}/layers/{layer}", who="planner_v1")
        for layer in ("grids", "areas", "gaps", "facilities", "streets")
    }
    assert {layer: answer.status_code for layer, answer in found.items()} == {
        "grids": 200,
        "areas": 200,
        "gaps": 403,
        "facilities": 403,
        "streets": 403,
    }
    ids = [
        [each["properties"][key] for each in found[layer].json()["features"]]
        for layer, key in (("grids", "grid_id"), ("areas", "area_id"))
    ]
    assert ids == [["G1", "G2"], ["V1"]]
    assert town.ask(f"{here}/report", who="planner_v1").status_code == 403
    assert town.ask(f"{here}/files/private-report.xlsx", who="planner_v1").status_code == 403
    told = town.ask(here, who="planner_v1").json()
    assert "files" not in told
    assert {name for name in told["links"] if name.startswith("layer")} == {"layer_grids", "layer_areas"}


def test_files_with_households_are_for_the_office_and_noted(town: Office, check: records.Job) -> None:
    told = town.ask(f"/api/v1/checks/{check.job_id}", who="planner").json()
    names = [each.rpartition("/")[2] for each in told["files"]]
    assert {"report.json", "private-households.parquet", "private-report.xlsx"} <= set(names)
    answer = town.ask(f"/api/v1/checks/{check.job_id}/files/private-households.parquet", who="planner")
    assert len(gpd.read_parquet(io.BytesIO(answer.content))) == 80
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="households.parquet"'
    assert ("read_households", f"check {check.job_id}") in trail(town)


@pytest.mark.parametrize(
    "name", ["..%2F..%2Fservice.db", "private%2Fhouseholds.parquet", "private", "saved", "alive", "%00", "."]
)
def test_a_files_name_is_never_a_path(town: Office, check: records.Job, name: str) -> None:
    answer = town.ask(f"/api/v1/checks/{check.job_id}/files/{name}", who="planner")
    assert answer.status_code == 404
    assert b"SQLite" not in answer.content


# Progress as it goes


def seen_in(body: str) -> list[tuple[int, str, float]]:
    """Return the events of a stream: id, name, share."""
    found = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])["share"]))
    return found


def test_progress_comes_as_it_is_made_and_goes_on_after_what_was_seen(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_S", 0.01)
    state = state_of(town)
    job_id = records.enqueue(state, Caller("planner", (), "someone"), "check", {})

    def do() -> None:
        records.claim(state, job_id, at_once=1)
        for share in (0.25, 0.5):
            time.sleep(0.1)
            records.tell(state, job_id, Text("算", "thinking"), share)
        time.sleep(0.1)
        records.end(state, job_id, "done", result={})

    doing = threading.Thread(target=do)
    doing.start()
    answer = town.ask(f"/api/v1/jobs/{job_id}/events", who="planner")
    doing.join()
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = seen_in(answer.text)
    assert [each[0] for each in found] == sorted({each[0] for each in found})
    assert {(3, "progress", 0.25), (4, "progress", 0.5)} <= set(found)
    assert found[-1] == (5, "end", 1.0)
    again = town.ask(f"/api/v1/jobs/{job_id}/events", who="planner", Last_Event_ID="4")
    assert seen_in(again.text) == [(5, "end", 1.0)]
    assert town.ask(f"/api/v1/jobs/{job_id}/events", who="planner", Last_Event_ID="5").status_code == 204
    assert seen_in(town.ask(f"/api/v1/jobs/{job_id}/events", who="planner", Last_Event_ID="-1").text)[-1][1] == "end"


def test_a_stream_does_not_stay_open_for_ever(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_S", 0.01)
    monkeypatch.setattr(events, "LONGEST_S", 0.1)
    monkeypatch.setattr(events, "QUIET_S", 0.05)
    job_id = records.enqueue(state_of(town), Caller("planner", (), "someone"), "check", {})
    answer = town.ask(f"/api/v1/jobs/{job_id}/events", who="planner")
    assert [each[1] for each in seen_in(answer.text)] == ["progress"]
    assert ": still there" in answer.text
    records.cancel(state_of(town), job_id)


# Exports


def exported(town: Office, who: str, **body: Any) -> tuple[records.Job, bytes]:
    job = asked(town, "/api/v1/exports", body, who=who)
    assert job.status == "done", job.problem
    answer = town.ask(f"/api/v1/exports/{job.job_id}/file", who=who)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) == job.result["bytes"]
    return job, answer.content


@pytest.mark.parametrize("kind", ["gpkg", "geojson", "csv", "xlsx", "kml"])
def test_households_of_ones_own_area_in_every_format(town: Office, kind: str, tmp_path: Path) -> None:
    job, content = exported(town, "viewer_v1", table="households", format=kind)
    file = tmp_path / f"a.{kind}"
    file.write_bytes(content)
    rows = {"csv": pd.read_csv, "xlsx": pd.read_excel}.get(kind, gpd.read_file)(file)
    assert (len(rows), job.result["rows"]) == (40, 40)
    assert sorted(rows["Name" if kind == "kml" else "household_id"]) == [f"H{n:03}" for n in range(40)]
    assert b"H04" not in content
    assert ("read_households", "export of households") in trail(town)


def test_an_export_goes_back_to_what_it_was_made_of(town: Office, tmp_path: Path) -> None:
    _, content = exported(town, "viewer", table="grids", format="gpkg", version=2)
    (tmp_path / "a.gpkg").write_bytes(content)
    found = gpd.read_file(tmp_path / "a.gpkg")
    assert str(found.crs) == "EPSG:4548"
    wanted = town_tables()["grids"].set_index("grid_id").geometry
    assert found.set_index("grid_id").geometry.geom_equals(wanted).all()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_19_text_that_looks_like_a_formula_is_text_in_a_spreadsheet(town: Office, kind: str) -> None:
    _, content = exported(town, "viewer", table="facilities", format=kind)
    if kind == "csv":
        assert f"'{EVIL}" in content.decode("utf-8-sig")
        return
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if EVIL in str(cell.value)} == {"s"}
    assert [cell.value for cell in cells if EVIL in str(cell.value)] == [f"'{EVIL}"]


def test_a_table_without_shapes_and_only_the_staff_of_ones_own_area(town: Office) -> None:
    found = {
        who: pd.read_csv(io.BytesIO(exported(town, who, table="staff", format="csv")[1]))["staff_id"].tolist()
        for who in ("viewer", "viewer_v1", "planner_v2")
    }
    assert found == {"viewer": ["S0", "S1", "S2", "S3"], "viewer_v1": ["S0", "S2", "S3"], "planner_v2": ["S1"]}


def test_polygons_become_points_inside_them_in_a_spreadsheet(town: Office) -> None:
    rows = pd.read_csv(io.BytesIO(exported(town, "viewer_v1", table="grids", format="csv")[1]))
    assert rows["grid_id"].tolist() == ["G1", "G2"]
    assert rows["lon"].between(117, 117.02).all()


def test_a_public_layer_is_the_same_for_everybody_and_is_no_read_of_households(town: Office) -> None:
    before = len([each for each in trail(town) if each[0] == "read_households"])
    found = [exported(town, who, layer="grids", format="geojson") for who in ("viewer", "viewer_v1")]
    assert found[0][1] == found[1][1]
    assert found[0][0].result["publication"] == town.app.state.holdings.source().publication.number
    assert len([each for each in trail(town) if each[0] == "read_households"]) == before


def test_layers_are_called_as_their_collections_and_an_empty_one_is_a_layer_too(town: Office, tmp_path: Path) -> None:
    public = town.app.state.holdings.source().public
    for layer, rows in (("service_radii", len(public.radii)), ("defects", len(public.defects))):
        _, content = exported(town, "viewer", layer=layer, format="kml")
        (tmp_path / f"{layer}.kml").write_bytes(content)
        found = pyogrio.read_info(tmp_path / f"{layer}.kml", force_feature_count=True)
        assert (found["layer_name"], found["features"]) == (layer, rows)
    assert (len(public.radii) > 0, len(public.defects)) == (True, 0)


def test_datum_gcj02_moves_what_is_exported(town: Office) -> None:
    rows = [
        pd.read_csv(io.BytesIO(exported(town, "viewer", table="facilities", format="csv", datum=datum)[1]))
        for datum in ("wgs84", "gcj02")
    ]
    east_m = (rows[1]["lon"] - rows[0]["lon"]) * 98_000
    assert east_m.between(300, 700).all()


# Proposals


def test_a_townships_proposal_keeps_to_the_township_and_is_saved_as_plans(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Text | None, float]] = [(records.BEGINS, 0.0)]
    monkeypatch.setattr(records, "tell", lambda _state, _job_id, step, share: told.append((step, share)))
    job = asked(town, "/api/v1/proposals", {"kind": "even", "low": 5, "high": 30, "effort": 0.05}, who="planner_v1")
    assert job.status == "done", job.problem
    assert job.asked["options"]["within"] == ["V1"]
    with open_workspace(town.path) as workspace:
        for name in job.result["plans"]:
            assert {"G3", "G4"}.isdisjoint(json.dumps([each.to_record() for each in workspace.plan(name).operations]))
    seen = {
        who: {each["name"] for each in town.ask("/api/v1/plans", who=who).json()["plans"]} for who in ("planner_v1", "planner_v2")
    }
    steps = list(dict.fromkeys(step.en for step, _ in told if step))
    assert steps[-3:] == ["Computing", "Drawing what was found as plans", "Writing data"], "each step of it is told"
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert next(share for step, share in told if step and step.en == "Computing") <= 0.1, "most of it is the search"
    assert job.result["plans"]
    assert seen["planner_v1"] >= set(job.result["plans"])
    assert not seen["planner_v2"] & set(job.result["plans"])
    assert "files" not in town.ask(f"/api/v1/proposals/{job.job_id}", who="planner_v1").json()
    page = f"/api/v1/proposals/{job.job_id}/files/private-proposal.html"
    assert town.ask(page, who="planner_v1").status_code == 403
    shown = town.ask(page, who="planner")
    assert shown.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert "script-src 'sha256-" in shown.headers["content-security-policy"]
    assert ("read_households", f"proposal {job.job_id}") in trail(town)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "zones"}, 403),
        ({"kind": "sites", "service": "medical", "sites": 1}, 403),
        ({"kind": "merge", "minimum": 3, "of": "units"}, 403),
        ({"kind": "even", "within": ["V2"]}, 422),
        ({"kind": "even", "locked": ["G3"]}, 422),
        ({"kind": "shares", "grids": ["G4"]}, 422),
    ],
)
def test_20_a_township_asks_nothing_of_another(town: Office, body: Any, status: int) -> None:
    answer = town.ask("/api/v1/proposals?lang=en", who="planner_v1", method="POST", json=body)
    assert answer.status_code == status
    if status == 422:
        unknown = json.loads(json.dumps(body).replace("V2", "V9").replace("G3", "G9").replace("G4", "G9"))
        none = town.ask("/api/v1/proposals?lang=en", who="planner_v1", method="POST", json=unknown)
        assert none.json()["detail"].replace("9", "?") == answer.json()["detail"].translate(str.maketrans("234", "???"))


# Publications


def test_an_administrator_publishes_a_finished_check_from_a_day_on(town: Office, check: records.Job) -> None:
    body = {"check": check.job_id, "effective": "2024-03-01"}
    assert town.ask("/api/v1/publications", who="planner", method="POST", json=body).status_code == 403
    job = asked(town, "/api/v1/publications", body, who="admin")
    assert job.status == "done", job.problem
    assert (job.result["number"], job.result["version"], job.result["effective"]) == (2, 7, "2024-03-01")
    listed = town.ask("/api/v1/publications", who="viewer").json()["publications"]
    assert [each["effective"] for each in listed] == ["2024-02-01", "2024-03-01"]
    assert town.ask("/api/v1/publications").status_code == 401


def test_what_publishing_would_withhold_is_told_first_and_must_be_accepted_where_it_is_much(tmp_path: Path) -> None:
    town, path = office(tmp_path, lang="en"), "/api/v1/publications"
    with open_workspace(town.path) as workspace:
        households = town_tables()["households"]
        households.loc[0, "geometry"] = at(1900, 490)  # one household moves from G1 to G4
        workspace.import_table("households", households, act=act(6), base=5)
    body = {"check": asked(town, "/api/v1/checks", CHECK, who="planner").job_id, "effective": "2024-03-01"}
    refused = asked(town, path, body, who="admin")
    assert refused.problem is not None
    told = refused.result["withheld_by_table"]
    assert (refused.status, refused.result["beside"], told["is_much"]) == ("failed", 1, True)
    assert f"{told['withheld']} ({told['share']:.1%})" in refused.problem.en
    assert all(name in each for name in ("same_people", "accept_withheld", "dry_run") for each in refused.problem)
    for name in ("told", "withheld"):
        assert sum(each[name] for each in told["tables"].values()) == told[name]
    again = town.ask(path, who="admin", method="POST", json=body)
    assert (again.status_code, again.json()["detail"]) == (409, refused.problem.en)
    tried = asked(town, path, {**body, "dry_run": True}, who="admin")
    assert (tried.status, tried.result) == ("done", {"dry_run": True, "beside": 1, "withheld_by_table": told})
    assert len(town.app.state.holdings.publications()) == 1
    same = asked(town, "/api/v1/checks", {**CHECK, "same_people": True}, who="planner")
    assert (same.result["version"], same.result["people_version"]) == (6, 5)
    made = asked(town, path, {"check": same.job_id, "effective": "2024-03-01"}, who="admin")
    assert (made.status, made.result["withheld"], made.result["people_version"]) == ("done", 0, 5)
    accepted = asked(town, path, {**body, "accept_withheld": True}, who="admin")
    assert (accepted.status, accepted.result["number"], accepted.result["withheld"]) == ("done", 3, told["withheld"])


def test_a_check_that_is_not_finished_is_not_published(town: Office) -> None:
    job_id = town.ask("/api/v1/checks", who="planner", method="POST", json=CHECK).json()["job_id"]
    answer = town.ask("/api/v1/publications?lang=en", who="admin", method="POST", json={"check": job_id})
    assert answer.status_code == 422
    assert "not finished" in answer.json()["detail"]
    records.cancel(state_of(town), job_id)


# In a process of its own


def test_a_job_is_done_by_a_process_of_its_own(town: Office) -> None:
    answer = town.ask("/api/v1/exports", who="viewer_v1", method="POST", json={"table": "grids", "format": "csv"})
    assert town.app.state.runner.work_off(120)
    job = records.job_of(state_of(town), answer.json()["job_id"])
    assert (job.status, job.tries, job.result["rows"]) == ("done", 1, 2)
    folder = records.folder_of(state_of(town), job.job_id)
    assert (folder / "stderr").read_text(encoding="utf-8") == ""
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}


def test_a_fault_of_ours_is_told_without_the_value_that_it_is_about(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: dict[str, Any] = {}
    monkeypatch.setattr("api.queue.exporting.rows_in", lambda *_: rows[f"H{7:03}"])
    job_id = town.ask("/api/v1/exports", who="viewer", method="POST", json={"table": "grids"}).json()["job_id"]
    job = done_here(town, job_id)
    assert job.status == "failed"
    assert job.problem is not None
    assert "KeyError" in job.problem.en
    folder = records.folder_of(state_of(town), job_id)
    assert "exporting.py" in (folder / "error.txt").read_text(encoding="utf-8")
    assert "H007" not in (folder / "error.txt").read_text(encoding="utf-8") + job.problem.en


def test_a_job_that_is_interrupted_is_cancelled_when_that_was_asked_and_else_left_to_be_found(
    town: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.queue.exporting.rows_in", interrupted)
    ended = []
    for is_asked in (True, False):
        job_id = town.ask("/api/v1/exports", who="viewer", method="POST", json={"table": "grids"}).json()["job_id"]
        assert records.claim(state_of(town), job_id, at_once=1)
        if is_asked:
            records.cancel(state_of(town), job_id)
        do(town.app.state.holdings, records.job_of(state_of(town), job_id))
        ended.append(records.job_of(state_of(town), job_id).status)
    records.end(state_of(town), job_id, "failed")
    assert ended == ["cancelled", "running"]
