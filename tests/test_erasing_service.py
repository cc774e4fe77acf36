"""A household that is erased over HTTP or on the command line: gone from the workspace, and from all that the service keeps."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from api import audit
from api.app import create_app
from api.cli import app
from api.holdings import data_folder
from api.keys import caller_with, create_key
from api.queue import records
from api.state import state_of
from tests.canary_office import CANARY, canary_office, traces, traces_in
from tests.service import Office

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The office with the canary, made once."""
    return canary_office(tmp_path_factory.mktemp("made"), backup_days=90)


@pytest.fixture
def served(made: Office, tmp_path: Path) -> Office:
    """A copy of it, and in it a job's result with the canary."""
    state_of(data_folder(made.settings)).close()
    shutil.copytree(made.path.parent, tmp_path / "office")
    settings = made.settings.model_copy(update={"workspace": tmp_path / "office" / made.path.name})
    result = data_folder(settings) / records.FOLDER / "job1" / "result" / "private"
    result.mkdir(parents=True)
    (result / "households.parquet").write_text(CANARY, encoding="utf-8")
    return Office(create_app(settings), settings, made.keys)


def left(office: Office) -> dict[str, list[str]]:
    """In which files of the office something of the canary is; the check's folder is the test's own."""
    beside = [path for path in office.path.parent.glob("office.gpkg*") if path.is_file()]
    files = [*beside, *(path for path in data_folder(office.settings).rglob("*") if path.is_file())]
    return {path.name: found for path in files if (found := traces(path.read_bytes()))}


def test_it_is_gone_from_every_file_and_answer(served: Office) -> None:
    content, kind = f"id\n{CANARY}".encode(), "application/octet-stream"
    upload = served.ask("/api/v1/uploads?name=homes.csv", who="planner", method="POST", content=content, content_type=kind)
    assert upload.status_code == 201
    assert {"office.gpkg", "households.parquet"} < set(left(served))
    item = f"/api/v1/collections/households/items/{CANARY}"
    assert served.ask(item, who="viewer_v1").status_code == 200
    done = served.ask(f"/api/v1/households/{CANARY}", who="admin", method="DELETE").json()
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=90)
    assert (done["version"], done["rows"], done["jobs"], done["uploads"]) == (8, 1, 1, 1)
    assert abs((dt.date.fromisoformat(done["backups_until"]) - until).days) <= 1
    assert {name: found for name, found in left(served).items() if found != ["estate"]} == {}
    assert served.ask(item, who="viewer_v1").status_code == 404
    assert served.ask(f"/api/v1/where?household={CANARY}&on=2024-01-20", who="viewer").json().get("grid_id") is None


def test_the_trail_says_that_one_was_erased_and_not_which(served: Office) -> None:
    served.ask(f"/api/v1/households/{CANARY}", who="admin", method="DELETE")
    trail = served.ask("/api/v1/audit", who="admin")
    assert "erase" in trail.text
    assert traces_in(trail) == []


@pytest.mark.parametrize(("who", "status"), [("", 401), ("viewer", 403), ("planner", 403), ("planner_v1", 403)])
def test_only_administrators_erase(served: Office, who: str, status: int) -> None:
    assert served.ask(f"/api/v1/households/{CANARY}", who=who, method="DELETE").status_code == status
    assert "office.gpkg" in left(served)


def test_one_who_never_was_there_clears_nothing(served: Office) -> None:
    assert served.ask("/api/v1/households/nobody", who="admin", method="DELETE").status_code == 404
    assert "households.parquet" in left(served)


def test_erasing_once_more_clears_what_came_since(served: Office) -> None:
    for rows in (1, 0):
        answer = served.ask(f"/api/v1/households/{CANARY}", who="admin", method="DELETE")
        assert answer.json()["rows"] == rows
        late = data_folder(served.settings) / records.FOLDER / "late"
        assert not late.exists()
        late.mkdir()


@pytest.mark.parametrize(
    ("noun", "kind", "file"),
    [("exports", "export", "file"), ("checks", "check", "report"), ("imports", "import", "rejected")],
)
def test_files_that_are_gone_are_said_to_be_and_why(served: Office, tmp_path: Path, noun: str, kind: str, file: str) -> None:
    state = state_of(data_folder(served.settings))
    (tmp_path / "made" / "private").mkdir(parents=True)
    result = {"rejected": {"rows": 1}}
    job = records.keep_done(state, caller_with(state, served.keys["admin"]), kind, result, tmp_path / "made")
    where = f"/api/v1/{noun}/{job}"
    before = served.ask(where, who="admin")
    assert file in before.json()["links"]
    assert served.ask(f"/api/v1/households/{CANARY}", who="admin", method="DELETE").status_code == 200
    after = served.ask(where, who="admin", if_none_match=before.headers["etag"], accept_language="en")
    told = after.json()
    assert (after.status_code, told["status"], file in told["links"], "files" in told) == (200, "done", False, False)
    assert "removed, because households were erased" in told["problem"]
    for lang, words in {"zh": "抹除了住户", "en": "removed, because households were erased"}.items():
        gone = served.ask(f"{where}/{file}", who="admin", accept_language=lang)
        assert (gone.status_code, words in gone.json()["detail"]) == (404, True)


def test_a_job_under_way_is_cancelled_and_waited_for(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have read the household before; when it does not end, erasing says so."""
    from api.callers import PUBLIC  # noqa: PLC0415

    monkeypatch.setattr("api.erasing.WAIT_S", 0.2)
    state = state_of(data_folder(served.settings))
    job = records.enqueue(state, PUBLIC, "check", {})
    records.claim(state, job, at_once=1)
    answer = served.ask(f"/api/v1/households/{CANARY}", who="admin", method="DELETE", accept_language="en")
    assert (answer.status_code, records.job_of(state, job).is_cancelled) == (503, True)
    assert "erase once more" in answer.json()["detail"]
    records.end(state, job, "cancelled")
    assert served.ask(f"/api/v1/households/{CANARY}", who="admin", method="DELETE").status_code == 200
    assert "households.parquet" not in left(served)


def test_the_command_clears_the_service_too(served: Office) -> None:
    given = ["erase", str(served.path), "--households", CANARY, "--who", "李", "--reason", "本人申请", "--lang", "en"]
    done = CliRunner().invoke(app, given, env={"GEOGRID_BACKUP_DAYS": "90", "COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert {name: found for name, found in left(served).items() if found != ["estate"]} == {}
    assert "1 results of jobs" in done.output
    assert CANARY not in done.output


def test_administrators_of_some_areas_erase_there_and_learn_nothing_of_elsewhere(served: Office) -> None:
    """Another township's household is, to them, one that nobody has; so is one that was erased, though its traces go."""
    state = state_of(data_folder(served.settings))
    keys = {area: create_key(state, name=area, role="admin", areas=(area,))[1] for area in ("V1", "V2")}
    office, late = Office(served.app, served.settings, keys), data_folder(served.settings) / records.FOLDER / "late"
    told = [office.ask(f"/api/v1/households/{each}", who="V2", method="DELETE") for each in (CANARY, "nobody")]
    assert [each.status_code for each in told] == [404, 404]
    assert told[0].json() == told[1].json()
    assert "households.parquet" in left(served)
    trail = audit.entries(state, limit=2)
    assert [(each.action, each.of, each.detail) for each in trail] == [("erase", "unknown", '{"rows": 0}')] * 2
    assert office.ask(f"/api/v1/households/{CANARY}", who="V1", method="DELETE").json()["rows"] == 1
    assert "households.parquet" not in left(served)
    late.mkdir()
    assert [office.ask(f"/api/v1/households/{CANARY}", who=who, method="DELETE").json() for who in keys] == [told[1].json()] * 2
    assert not late.exists()
