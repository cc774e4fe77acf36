"""Plans over HTTP: begun, carried on, compared and adopted; whose they are; who was first."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from api.holdings import data_folder
from api.keys import create_key
from api.state import state_of
from api.statetables import AUDIT
from geogrid.store import open_workspace
from tests.builders import X0, Y0
from tests.service import Office, office
from tests.workspaces import act, day, town_tables

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

PLANS = "/api/v1/plans"
MERGE = {"kind": "merge", "into": "G1", "others": ["G2"]}


def line(x: float, top: float = 1100) -> str:
    """A straight line from south to north, in metres from the corner of the town."""
    return f"LINESTRING ({X0 + x} {Y0 - 100}, {X0 + x} {Y0 + top})"


def split(grid: str, x: float) -> dict[str, Any]:
    return {"kind": "split", "grid_id": grid, "line": line(x)}


@pytest.fixture
def town(tmp_path: Path) -> Office:
    return office(tmp_path, publish=False)


def begun(town: Office, *operations: dict[str, Any], who: str = "planner", name: str = "试", **more: Any) -> httpx.Response:
    answer = town.ask(PLANS, who=who, method="POST", json={"name": name, "operations": list(operations), **more})
    assert answer.status_code == 201, answer.text
    return answer


def at(answer: httpx.Response, part: str = "") -> str:
    return f"{answer.headers.get('location') or PLANS + '/' + answer.json()['plan_id']}{part}"


def do(
    town: Office, plan: httpx.Response, what: str, json: Any, *, who: str = "planner", match: str | None = None, **more: str
) -> httpx.Response:
    headers = {"If_Match": plan.headers["etag"] if match is None else match}
    return town.ask(at(plan, f"/{what}"), who=who, method="POST", json=json, **({} if match == "" else headers), **more)


def adoption(**more: Any) -> dict[str, Any]:
    return {"reason": "调整", "effective": day(30).isoformat(), **more}


def test_a_plan_from_its_first_operation_to_the_record(town: Office) -> None:
    plan = begun(town, MERGE)
    assert plan.headers["location"] == f"{town.settings.base_url}{PLANS}/{plan.json()['plan_id']}"
    assert [each["record"]["kind"] for each in plan.json()["operations"]] == ["merge"]
    more = do(town, plan, "operations", {"operations": [split("G3", 1250)]})
    assert more.status_code == 200, more.text
    assert more.json()["result"]["changed"] == ["G1", "G2", "G3", "G5"]
    back = do(town, more, "undo", {})
    assert (len(back.json()["operations"]), back.json()["undone"]) == (1, 1)
    again = do(town, back, "redo", {"steps": 1})
    assert [do(town, again, "redo", {}).status_code, do(town, again, "undo", {"steps": 3}).status_code] == [409, 409]
    sheet = town.ask(at(plan, "/change-sheet"), who="planner").json()
    assert (sheet["totals"]["households_moved"], sheet["totals"]["grids_after"]) == (30, 4)
    assert [(row["from_id"], row["to_id"], row["households"]) for row in sheet["flows"]] == [("G2", "G1", 20), ("G3", "G5", 10)]
    assert "H0" not in json.dumps(sheet)
    done = do(town, again, "adopt", adoption(approval="批〔2026〕1 号"), who="admin")
    assert done.status_code == 201, done.text
    assert (done.json()["version"], done.headers["location"]) == (6, f"{town.settings.base_url}/api/v1/versions/6")
    assert town.ask(at(plan), who="planner").json()["status"] == "adopted"
    with open_workspace(town.path) as workspace:
        assert set(workspace.boundaries().grids) == {"G1", "G3", "G4", "G5"}
        assert (workspace.head.who, workspace.head.approval) == ("admin", "批〔2026〕1 号")


def test_movers_are_told_apart_and_noted_without_any_id(town: Office) -> None:
    plan = begun(town, MERGE)
    rows = town.ask(at(plan, "/movers"), who="planner").json()["movers"]
    assert len(rows) == 20
    assert {(row["from_id"], row["to_id"], row["persons"]) for row in rows} == {("G2", "G1", 3)}
    state = state_of(data_folder(town.settings))
    with state.reading() as connection:
        noted = connection.execute(sa.select(AUDIT)).mappings().all()
    [row] = [each for each in noted if each["action"] == "read_households"]
    assert json.loads(row["detail"]) == {"rows": 20}
    assert not any(home["household_id"] in json.dumps(dict(each)) for home in rows for each in noted)


def test_a_refusal_says_where(town: Office) -> None:
    plan = begun(town)
    answer = do(town, plan, "operations", {"operations": [MERGE, split("G3", 1700)]})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"].startswith("第 2 项操作（拆分）")
    place = answer.json()["place"]
    assert place["type"] == "LineString"
    assert 116.9 < place["coordinates"][0][0] < 117.1
    assert town.ask(at(plan), who="planner").json()["operations"] == []


def test_a_shape_may_be_geojson_in_degrees(town: Office) -> None:
    west, south = 117.0 + 250 / 98_000, 28.2
    shape = {"type": "LineString", "coordinates": [[west, south], [west, south + 0.2]]}
    plan = begun(town, {"kind": "split", "grid_id": "G1", "line": shape})
    assert plan.json()["operations"][0]["record"]["line"].startswith("LINESTRING (500")
    grids = town.ask(at(plan, "/boundaries"), who="viewer").json()["features"]
    assert [each["properties"]["grid_id"] for each in grids if each["properties"]["is_changed"]] == ["G1", "G5"]
    for wrong in (
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Point", "coordinates": [1e999, 2]},
        {"type": "Point"},
    ):
        body = json.dumps({"name": "误", "operations": [{"kind": "split", "grid_id": "G1", "line": wrong}]})
        answer = town.ask(PLANS, who="planner", method="POST", content=body, Content_Type="application/json")
        assert answer.status_code == 422


# Threat 27: who was first


def test_threat_27_without_if_match_428_with_an_old_one_412(town: Office) -> None:
    plan = begun(town, MERGE)
    assert do(town, plan, "undo", {}, match="").status_code == 428
    assert do(town, plan, "undo", {}, match="*").status_code == 428
    assert do(town, plan, "undo", {}).status_code == 200
    for what, body, who in (("redo", {}, "planner"), ("operations", {"lock": ["G4"]}, "planner"), ("adopt", adoption(), "admin")):
        assert do(town, plan, what, body, who=who).status_code == 412
        assert do(town, plan, what, body, who=who, match="").status_code == 428
    assert town.ask(at(plan), who="planner", method="DELETE", If_Match=plan.headers["etag"]).status_code == 412
    fresh = town.ask(at(plan), who="planner")
    assert town.ask(at(plan), who="planner", method="DELETE", If_Match=fresh.headers["etag"]).status_code == 204
    dropped = town.ask(at(plan), who="planner")
    assert (dropped.json()["status"], do(town, dropped, "redo", {}).status_code) == ("dropped", 409)


def test_threat_27_fifty_clients_over_one_version_one_wins(town: Office) -> None:
    plans = [begun(town, MERGE, name=f"试{number}") for number in range(5)]
    asked = [plans[number % 5] for number in range(50)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda plan: do(town, plan, "adopt", adoption(), who="admin"), asked))
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 49
    with open_workspace(town.path) as workspace:
        assert workspace.head.version == 6


def test_threat_27_eight_writers_at_once_are_all_served(town: Office) -> None:
    plans = [begun(town, name=f"试{number}") for number in range(8)]

    def write(plan: httpx.Response) -> list[int]:
        answers = []
        for number in range(3):
            plan = do(town, plan, "operations", {"operations": [{"kind": "rename", "grid_id": "G1", "name": f"第{number}"}]})
            answers.append(plan.status_code)
        return answers

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, plans)) == [[200] * 3] * 8


def test_a_plan_that_is_behind_is_moved_on_first(town: Office) -> None:
    first, second = begun(town, MERGE, name="一"), begun(town, split("G2", 750), name="二")
    assert do(town, first, "adopt", adoption(), who="admin").status_code == 201
    behind = town.ask(at(second), who="planner")
    assert (behind.json()["is_behind"], behind.headers["etag"] == second.headers["etag"]) == (True, False)
    assert do(town, behind, "adopt", adoption(), who="admin").status_code == 409
    clash = do(town, behind, "rebase", {})
    assert (clash.status_code, len(clash.json()["conflicts"]["features"])) == (409, 1)
    moved = do(town, behind, "rebase", {"leave_out": True})
    assert (moved.json()["base_version"], moved.json()["operations"]) == (6, [])


# Sent twice


def test_the_same_request_twice_creates_once(town: Office) -> None:
    def ask(name: str, who: str = "planner") -> httpx.Response:
        return town.ask(PLANS, who=who, method="POST", json={"name": name}, Idempotency_Key="k1")

    first, again = ask("试"), ask("试")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["etag"], again.headers["location"]) == (
        first.json(),
        first.headers["etag"],
        first.headers["location"],
    )
    assert again.headers["idempotency-replayed"] == "true"
    assert ask("另").status_code == 422
    assert ask("另", who="admin").status_code == 201
    assert len(town.ask(PLANS, who="planner").json()["plans"]) == 2


# Scope


def test_a_planner_of_one_village_keeps_to_it(town: Office) -> None:
    plan = begun(town, MERGE, who="planner_v1")
    assert (plan.json()["name"], plan.json()["areas"]) == ("试 [V1]", ["V1"])
    over = {
        "kind": "hand",
        "to": "G2",
        "area": f"POLYGON (({X0 + 900} {Y0}, {X0 + 1200} {Y0}, {X0 + 1200} {Y0 + 1000}, {X0 + 900} {Y0}))",
    }
    for operation in (
        split("G3", 1250),
        {"kind": "merge", "into": "G1", "others": ["G3"]},
        {"kind": "rename", "grid_id": "G4", "name": "我的"},
        {"kind": "reparent", "grid_id": "G1", "parent_id": "V2"},
        {"kind": "border", "first": "G1", "second": "G3", "line": line(1000)},
        {"kind": "retire", "grid_id": "G1", "to": "G4"},
        {"kind": "draw", "grid_id": "G4", "area": f"POLYGON (({X0} {Y0}, {X0 + 99} {Y0}, {X0 + 99} {Y0 + 99}, {X0} {Y0}))"},
        over,
    ):
        answer = do(town, plan, "operations", {"operations": [operation]}, who="planner_v1")
        assert answer.status_code in {404, 422}, operation
        told = answer.json()["detail"] + json.dumps(answer.json().get("place", {}))
        said = json.dumps(operation, ensure_ascii=False)
        assert not [name for name in ("G3", "G4", "V2", "第3", "第4") if name in told and name not in said], told
    assert do(town, plan, "operations", {"lock": ["G3"]}, who="planner_v1").status_code == 404


def test_a_line_on_the_border_is_no_touch(town: Office) -> None:
    """A split that ends on the border of both villages puts a node on it, and changes nobody else's land."""
    across = {"kind": "split", "grid_id": "G2", "line": f"LINESTRING ({X0 + 400} {Y0 + 500}, {X0 + 1100} {Y0 + 500})"}
    plan = begun(town, across, who="planner_v1")
    assert plan.status_code == 201
    sheet = town.ask(at(plan, "/change-sheet?full=true"), who="planner_v1").json()
    assert {row["grid_id"] for row in sheet["grids"]} == {"G1", "G2", "G5"}
    assert (sheet["totals"]["households_before"], sheet["totals"]["grids_before"]) == (40, 2)
    done = do(town, plan, "adopt", adoption(), who="admin")
    assert done.status_code == 201, done.text


def test_who_is_beyond_sees_no_plan(town: Office) -> None:
    plan, whole = begun(town, MERGE, who="planner_v1"), begun(town, name="全")
    for other in (plan, whole):
        for method, part, body in (
            ("GET", "", None),
            ("GET", "/change-sheet", None),
            ("GET", "/movers", None),
            ("GET", "/boundaries", None),
            ("GET", "/file", None),
            ("DELETE", "", None),
            ("POST", "/undo", {}),
            ("POST", "/operations", {"operations": []}),
        ):
            answer = town.ask(at(other, part), who="planner_v2", method=method, json=body, If_Match=other.headers["etag"])
            unknown = town.ask(f"{PLANS}/000000000000{part}", who="planner_v2", method=method, json=body, If_Match='"x"')
            assert (answer.status_code, answer.content) == (404, unknown.content)
    assert town.ask(PLANS, who="planner_v2").json() == {"plans": []}
    assert [row["areas"] for row in town.ask(PLANS, who="planner_v1").json()["plans"]] == [["V1"]]
    assert len(town.ask(PLANS, who="viewer").json()["plans"]) == 2
    assert begun(town, who="planner_v2").status_code == 201
    assert town.ask(PLANS, who="planner_v2", method="POST", json={"name": "越", "areas": ["V1"]}).status_code == 404


def test_an_administrator_of_one_village_adopts_its_plans_only(town: Office) -> None:
    state = state_of(data_folder(town.settings))
    own = Office(town.app, town.settings, {**town.keys, "admin_v1": create_key(state, name="甲", role="admin", areas=("V1",))[1]})
    plan, other = begun(own, MERGE, who="planner_v1"), begun(own, split("G3", 1250), who="planner_v2")
    assert do(own, other, "adopt", adoption(), who="admin_v1").status_code == 404
    assert do(own, plan, "adopt", adoption(), who="planner_v1").status_code == 403
    assert do(own, plan, "adopt", adoption(), who="admin_v1").status_code == 201
    told = {who: own.ask("/api/v1/versions/6", who=who).json() for who in ("planner_v1", "planner_v2")}
    assert (told["planner_v1"]["reason"], told["planner_v1"]["plan_id"]) == ("调整", plan.json()["plan_id"])
    assert set(told["planner_v2"]) == {"version", "effective"}, "that of another village is a number and a day"
    assert not {"counts", "operations", "tables"} & set(told["planner_v1"]), "counts are of the whole town"
    assert own.ask("/api/v1/versions", who="planner_v1").json()["versions"][-1]["reason"] == "调整"


def test_a_plan_that_another_program_took_beyond_its_part_tells_nothing(town: Office) -> None:
    plan = begun(town, who="planner_v1")
    with open_workspace(town.path) as workspace:
        saved = workspace.plan(plan.json()["plan_id"])
        from geogrid.operations import operation_of  # noqa: PLC0415

        workspace.save_plan(saved.do(operation_of(split("G3", 1250))))
    answer = town.ask(at(plan, "/change-sheet"), who="planner_v1")
    assert answer.status_code in {404, 422}
    assert "G4" not in answer.text


def test_nothing_is_told_of_the_head_but_its_number(town: Office) -> None:
    plan = begun(town, MERGE, who="planner_v1")
    with open_workspace(town.path) as workspace:
        workspace.import_table("facilities", town_tables()["facilities"].iloc[:1], act=act(9, "秘密理由"), base=5)
    answer = do(town, plan, "adopt", adoption(), who="admin")
    assert answer.status_code == 412
    assert "秘密理由" not in answer.text
