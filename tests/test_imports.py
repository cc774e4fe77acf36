"""Uploads brought into the workspace: tried on a copy, or written by one version on the version that was seen."""

from __future__ import annotations

import csv as csvs
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from api import audit
from api.queue import records
from api.queue.child import do
from geogrid.crs import to_wgs84
from geogrid.errors import ConflictError, InputError
from geogrid.officeland import rehearse
from geogrid.sandbox import reading
from geogrid.store import Act, open_workspace
from tests.importing import ACT, bring, csv, held, homes, sent, work_on
from tests.service import Office, office
from tests.workspaces import day, town_tables, town_workspace

IMPORTS = "/api/v1/imports"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One office for what changes nothing."""
    return office(tmp_path_factory.mktemp("office"), publish=False)


@pytest.fixture
def fresh(tmp_path: Path) -> Office:
    return office(tmp_path, publish=False)


def head(town: Office) -> int:
    with open_workspace(town.path) as workspace:
        return workspace.head.version


def changed_homes() -> list[list[Any]]:
    """One household more, one with another number of persons, one that cannot be read and stays as it was therefore."""
    rows = homes()
    return [[*rows[0][:1], 9, *rows[0][2:]], *rows[1:-1], ["NEW", 2, *rows[0][2:]], [rows[-1][0], "三口", *rows[-1][2:]]]


def test_a_dry_run_says_what_would_change_and_be_rejected_and_writes_nothing(town: Office) -> None:
    before = town.path.read_bytes()
    told = bring(town, {"households": sent(town, csv(changed_homes()))}, extent="replace")
    count = len(homes())
    assert told["tables"] == {
        "households": {"new": 1, "changed": 1, "unchanged": count - 1, "ended": 0, "kept": 1, "now": count + 1, "rejected": 1}
    }
    assert [note for note in told["notes"] if "rows that stay as they were: 1;" in note["en"]]
    kinds = [{"table": "households", "column": "人口", "code": "not_a_number", "rows": 1, "first_line": count + 2}]
    assert told["rejected"] == {"rows": 1, "kinds": kinds}
    assert (told["version"], told["if_match"]) == (None, '"v5"')
    assert (head(town), town.path.read_bytes()) == (5, before)
    assert "三口" not in json.dumps(told, ensure_ascii=False)


def test_what_is_rejected_ends_nothing(fresh: Office) -> None:
    told = bring(fresh, {"households": sent(fresh, csv(changed_homes()))}, dry_run=False)
    assert (told["tables"]["households"]["ended"], told["tables"]["households"]["kept"]) == (0, 1)
    with open_workspace(fresh.path) as workspace:
        now = workspace.read("households").set_index("household_id")["persons"]
    assert (len(now), now[homes()[-1][0]]) == (len(homes()) + 1, homes()[-1][1])


def test_a_workspace_may_be_named_from_where_the_service_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads has a folder of its own, from which the same name is none."""
    monkeypatch.chdir(tmp_path)
    made = office(Path(), publish=False)
    assert made.path == tmp_path / "office.gpkg"
    assert bring(made, {"households": sent(made, csv(homes()))})["tables"]["households"]["unchanged"] == len(homes())


def test_a_fault_of_ours_is_not_put_on_the_file(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it arose is in the job's folder, and no value is: the traceback's last line names the folder that was not there."""
    tell = reading._tell
    monkeypatch.setattr(reading, "_tell", lambda process, told: tell(process, {**told, "out": "/canary"}))
    job = work_on(fresh, {"households": sent(fresh, csv(homes()))}).job
    state = held(fresh).require_state()
    assert records.claim(state, job.job_id, at_once=1)
    assert do(held(fresh), job) == 1
    failed = records.job_of(state, job.job_id)
    assert failed.problem is not None
    assert "an internal fault (ReadingFaultError)" in failed.problem.en
    kept = (records.folder_of(state, job.job_id) / "error.txt").read_text("utf-8")
    assert re.search(r"geogrid/sandbox/\w+\.py:\d+ \w+\n(.*\n)*OSError\n", kept)
    assert "canary" not in kept


def test_two_files_are_one_version(fresh: Office, tmp_path: Path) -> None:
    grids = town_tables()["grids"]
    path = tmp_path / "grids.geojson"
    to_wgs84(grids.assign(name=grids["name"] + "改")).to_file(path)
    tables = {"grids": sent(fresh, path.read_bytes(), "网格.geojson"), "households": sent(fresh, csv(homes()[1:]))}
    told = bring(fresh, tables, dry_run=False, extent="replace")
    assert (told["version"], told["effective"], told["if_match"], head(fresh)) == (6, "2030-01-01", '"v6"', 6)
    with open_workspace(fresh.path) as workspace:
        assert (len(workspace.read("households")), workspace.read("grids")["name"].str.endswith("改").all()) == (
            len(homes()) - 1,
            True,
        )
        assert (workspace.head.who, workspace.head.reason, workspace.verify().ok) == ("李", "更新", True)
    (entry,) = audit.entries(held(fresh).require_state(), limit=1)
    assert (entry.action, entry.of, json.loads(entry.detail)["version"]) == ("import", "grids, households", 6)


def test_a_file_that_leaves_out_too_much_writes_no_table(fresh: Office) -> None:
    tables = {"households": sent(fresh, csv(homes()[:2]))}
    with pytest.raises(InputError, match=r'leaves out .*say "extent": "part" and all other rows stay') as caught:
        bring(fresh, tables, dry_run=False)
    assert '请写 "extent": "replace"' in caught.value.message.zh
    assert "--" not in caught.value.message.zh + caught.value.message.en
    assert head(fresh) == 5


def test_somebody_else_wrote_meanwhile(fresh: Office) -> None:
    """The version was right when the import was asked for, and is not when its turn comes."""
    tables = {"households": sent(fresh, csv(homes()))}
    with open_workspace(fresh.path) as workspace:
        workspace.import_table("households", town_tables()["households"], act=Act("王", day(9), "抢先"), base=5)
    with pytest.raises(ConflictError, match="version 6 of the workspace meanwhile, and you went by version 5"):
        bring(fresh, tables, dry_run=False, base=5)
    assert head(fresh) == 6


def test_the_queue_does_it_and_shows_the_rejected_rows_to_those_who_may(fresh: Office) -> None:
    """Threat 19 besides: what a sheet would run as a formula is text in the file of rejected rows."""
    formulas: list[list[Any]] = [["=cmd|'/c calc'!A1", "x"], ["@SUM(A1)", "=1+1"], ["＝1", "\t=1"], ["H9", -5]]
    upload = sent(fresh, csv([*homes(), *([*row, 117, 28, 0, 0] for row in formulas)]))
    asked = {"tables": {"households": upload}, "dry_run": False, "act": {**ACT, "who": ""}, "datum": "wgs84"}
    begun = fresh.ask(IMPORTS, who="planner", method="POST", json=asked, If_Match='"v5"', Idempotency_Key="k")
    assert begun.status_code == 202
    again = fresh.ask(IMPORTS, who="planner", method="POST", json=asked, If_Match='"v5"', Idempotency_Key="k")
    assert again.json() == begun.json()
    assert fresh.app.state.runner.work_off(60)
    where = f"{IMPORTS}/{begun.json()['job_id']}"
    told = fresh.ask(where, who="planner").json()
    assert (told["status"], told["result"]["version"], told["result"]["rejected"]["rows"]) == ("done", 6, 4), told
    assert head(fresh) == 6
    with open_workspace(fresh.path) as workspace:
        assert workspace.head.who == "planner"
    rejected = fresh.ask(f"{where}/rejected", who="planner")
    assert told["links"]["rejected"].endswith(f"{where}/rejected")
    cells = [cell for row in csvs.reader(io.StringIO(rejected.content.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in tuple("=+@\t＝") or (cell[:1] == "-" and not _is_number(cell))]
    assert any("cmd|" in cell for cell in cells)
    assert "no-store" in rejected.headers["cache-control"]
    assert audit.entries(held(fresh).require_state(), limit=1)[0].action == "read_households"
    assert [fresh.ask(f"{where}/rejected", who=who).status_code for who in ("", "viewer", "planner_v1")] == [401, 403, 404]
    assert fresh.ask(IMPORTS, who="planner_v1").json() == {"imports": []}


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").isdecimal()


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 428), ({"If_Match": "*"}, 428), ({"If_Match": '"v4"'}, 412), ({"If_Match": 'W/"v5"'}, 412)],
)
def test_who_writes_must_have_seen_the_newest_version(town: Office, headers: dict[str, str], status: int) -> None:
    asked = {"tables": {"households": sent(town, csv(homes()))}, "act": {"reason": "更新"}}
    assert town.ask(IMPORTS, who="planner", method="POST", json=asked, **headers).status_code == status


@pytest.mark.parametrize(("who", "status"), [("", 401), ("viewer", 403), ("planner_v1", 403), ("admin", 422)])
def test_who_may_import_what(town: Office, who: str, status: int) -> None:
    """An administrator may, but not another's upload."""
    asked = {"tables": {"households": sent(town, csv(homes()))}, "dry_run": True}
    assert town.ask(IMPORTS, who=who, method="POST", json=asked).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        {"tables": {}},
        {"tables": {"secrets": "0" * 32}},
        {"tables": {"households": "../../etc/passwd"}},
        {"tables": {"households": "0" * 32}},
        {"datum": "mars"},
        {"extent": "all"},
        {"act": {"effective": "soon"}},
        {"act": {"who": "a\0"}},
        {"more": 1},
        {"dry_run": False, "act": {"who": "李", "reason": " "}},
    ],
)
def test_what_is_asked_is_looked_at_strictly(town: Office, change: dict[str, Any]) -> None:
    asked = {"tables": {"households": sent(town, csv(homes()))}, "dry_run": True, **change}
    assert town.ask(IMPORTS, who="planner", method="POST", json=asked, If_Match='"v5"').status_code == 422


def test_a_rehearsal_needs_no_key_of_the_ledger(tmp_path: Path) -> None:
    with town_workspace(tmp_path / "a.gpkg", key=b"k" * 32) as workspace:
        done = rehearse(workspace, {"households": town_tables()["households"]}, act=Act("李", day(9)), datum="wgs84")
        assert (done.changes["households"].unchanged, workspace.head.version) == (len(homes()), 5)
