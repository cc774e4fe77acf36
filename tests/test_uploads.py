"""Uploads: taken in as they are, counted, private to their sender, gone after their hours."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING, Any

import pytest

from api import audit, uploads
from api.app import create_app
from api.uploads import checked_name
from geogrid.errors import InputError
from tests.importing import RAW, csv, held, homes, send, sent
from tests.service import Office, office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

KIB = 1024


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"), publish=False, upload_bytes=64 * KIB, uploads_bytes=128 * KIB)


def among(town: Office, **settings: Any) -> Office:
    """The same office under other settings."""
    changed = town.settings.model_copy(update=settings)
    return Office(create_app(changed), changed, town.keys)


def files(town: Office) -> list[Path]:
    state = held(town).require_state()
    return sorted(state.part(uploads.FOLDER).iterdir())


@pytest.fixture(autouse=True)
def _empty(town: Office) -> None:
    uploads.delete_all(held(town).require_state(), town.settings)


def test_a_file_is_kept_as_it_was_sent_for_its_sender_alone(town: Office) -> None:
    content = csv(homes())
    answer = send(town, content)
    told = answer.json()
    assert (answer.status_code, told["name"], told["bytes"]) == (201, "住户.csv", len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.headers["location"] == told["links"]["self"]
    (path,) = files(town)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (content, 0o600)
    where = f"/api/v1/uploads/{told['upload_id']}"
    assert town.ask(where, who="planner").json() == told
    assert town.ask("/api/v1/uploads", who="planner").json() == {"uploads": [told]}
    for other in ("admin", "planner_v1"):
        assert town.ask(where, who=other).status_code == 404
        assert town.ask(where, who=other, method="DELETE").status_code == 404
        assert town.ask("/api/v1/uploads", who=other).json() == {"uploads": []}
    assert town.ask(where, who="planner", method="DELETE").status_code == 204
    assert (files(town), town.ask(where, who="planner").status_code) == ([], 404)


def test_the_trail_says_who_sent_and_deleted_what(town: Office) -> None:
    upload_id = sent(town, b"a,b\n")
    town.ask(f"/api/v1/uploads/{upload_id}", who="planner", method="DELETE")
    newest = audit.entries(held(town).require_state(), limit=2)
    assert [(each.action, each.of) for each in newest] == [
        ("delete_upload", f"upload {upload_id}"),
        ("upload", f"upload {upload_id}"),
    ]


def test_the_same_file_sent_twice_with_a_key_is_one_upload(town: Office) -> None:
    first, again = (send(town, b"a,b\n1,2\n", Idempotency_Key="k1") for _ in range(2))
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    other = send(town, b"another", Idempotency_Key="k1")
    assert (other.status_code, len(files(town))) == (422, 1)
    assert send(town, b"x", Idempotency_Key="k 1").status_code == 422


@pytest.mark.parametrize(("who", "status"), [("", 401), ("viewer", 403), ("planner_v1", 201), ("admin", 201)])
def test_who_may_send(town: Office, who: str, status: int) -> None:
    assert send(town, b"a,b\n", who=who).status_code == status
    assert len(files(town)) == (status == 201)


# Threat 13: sizes and times


async def pieces(total: int, *, slow_s: float = 0.0) -> AsyncIterator[bytes]:
    for _ in range(total // KIB):
        if slow_s:
            await asyncio.sleep(slow_s)
        yield b"x" * KIB


async def for_ever() -> AsyncIterator[bytes]:
    """A chunked body without end."""
    while True:
        yield b"x" * KIB
        await asyncio.sleep(0)


def test_threat_13_bodies_without_end_and_too_large_are_cut(town: Office) -> None:
    for answer in (send(town, for_ever()), send(town, b"x" * (64 * KIB + 1)), send(town, b"x", Content_Length=str(10**15))):
        assert (answer.status_code, "65,536" in answer.json()["detail"]) == (413, True)
    assert files(town) == []
    assert send(town, b"x" * 64 * KIB).status_code == 201


def test_threat_13_a_slow_sender_is_cut(town: Office) -> None:
    hurried = among(town, upload_seconds=0.3)
    start = time.monotonic()
    assert send(hurried, pieces(10 * KIB, slow_s=0.1)).status_code == 408
    assert (time.monotonic() - start < 5, files(town)) == (True, [])


def test_all_uploads_together_have_a_limit_that_deleting_lifts(town: Office) -> None:
    first = sent(town, b"x" * 60 * KIB)
    sent(town, b"x" * 60 * KIB)
    full = send(town, b"x" * 60 * KIB)
    assert (full.status_code, "DELETE /api/v1/uploads" in full.json()["detail"], len(files(town))) == (413, True, 2)
    town.ask(f"/api/v1/uploads/{first}", who="planner", method="DELETE")
    assert send(town, b"x" * 60 * KIB).status_code == 201


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("multipart/form-data; boundary=x", {}),
        ("application/x-www-form-urlencoded", {}),
        ("text/csv", {}),
        ("", {}),
        (RAW, {"Content_Encoding": "gzip"}),
    ],
)
def test_threat_13_forms_and_packed_bodies_are_not_taken(town: Office, kind: str, more: dict[str, str]) -> None:
    body = b"&".join(b"a=%d" % i for i in range(10_000))
    answer = town.ask("/api/v1/uploads?name=a.csv", who="planner", method="POST", content=body, Content_Type=kind, **more)
    assert (answer.status_code, files(town)) == (415, [])


def test_threat_13_ten_thousand_ranges_are_one_answer(town: Office) -> None:
    upload_id = sent(town, b"a,b\n")
    ranges = "bytes=" + ",".join(f"{i}-{i}" for i in range(10_000))
    plain, ranged = (town.ask(f"/api/v1/uploads/{upload_id}", who="planner", **more) for more in ({}, {"Range": ranges}))
    assert (ranged.status_code, ranged.content) == (200, plain.content)


def test_an_empty_file_is_refused(town: Office) -> None:
    assert (send(town, b"").status_code, files(town)) == (422, [])


def test_a_full_disk_is_said_and_leaves_nothing(town: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device: /secret/path")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        patched.setattr(audit, "note", lambda *_: None)
        answer = send(town, b"a,b\n")
    assert (answer.status_code, "secret" in answer.text, files(town)) == (503, False, [])


# Threats 10 and 14: names and ids


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("..%2F..%2Fetc%2Fcron.d%2Fa.csv", "a.csv"),
        ("%2Fvsicurl%2Fhttp%3A%2F%2F127.0.0.1%2Fa.geojson", "a.geojson"),
        ("zip%2Bhttps%3A%2F%2Fx%2Fa.zip", "a.zip"),
        ("file%3A%2F%2F%2Fetc%2Fa.csv", "a.csv"),
        ("C%3A%5Cwindows%5Ca.csv", "a.csv"),
        ("a%00b%0D%0ASet-Cookie%3A%20x%3Dy.csv", "abSet-Cookie: x=y.csv"),
        ("%E2%80%AEcsv.exe.csv", "csv.exe.csv"),
        ("%3Cscript%3Ealert(1).csv", "<script>alert(1).csv"),
    ],
)
def test_threats_10_and_14_a_name_is_shown_and_nothing_else(town: Office, given: str, shown: str) -> None:
    answer = send(town, b"a,b\n", given)
    assert (answer.status_code, answer.json()["name"]) == (201, shown)
    (path,) = files(town)
    assert path.name == f"{answer.json()['upload_id']}.{shown.rpartition('.')[2]}"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["a.exe", "a.vrt", "a", "a.shp", "a.gml", "...", "%00", "x" * 256 + ".csv"])
def test_threat_9_endings_that_are_not_read_are_refused(town: Office, name: str) -> None:
    answer = send(town, b"a,b\n", name)
    assert (answer.status_code, files(town)) == (422, [])


@pytest.mark.parametrize("given", ["..%2F..%2Fservice.db", "'%20OR%201=1--", "0" * 32, "%00" * 16, "../x", "A" * 32])
def test_threat_10_ids_are_looked_up_and_never_become_paths(town: Office, given: str) -> None:
    for method in ("GET", "DELETE"):
        assert town.ask(f"/api/v1/uploads/{given}", who="planner", method=method).status_code == 404
    assert (held(town).require_state().folder / "service.db").exists()


def test_a_name_without_an_ending_is_told_which_there_are() -> None:
    with pytest.raises(InputError, match=r"'a.doc' is not read; accepted: .geojson .gpkg .zip"):
        checked_name("a.doc")


# Gone after their hours


def test_uploads_go_after_their_hours_and_what_never_arrived_with_them(town: Office) -> None:
    sent(town, b"a,b\n")
    state = held(town).require_state()
    stray = state.part(uploads.FOLDER) / "0.part"
    for age_s, left in ((0, 2), (10_000, 1)):
        stray.write_bytes(b"x")
        os.utime(stray, (time.time() - age_s,) * 2)
        uploads.clear(state, town.settings)
        assert len(files(town)) == left
    uploads.clear(state, town.settings.model_copy(update={"upload_hours": 1e-9}))
    assert (files(town), uploads.own(state, _caller(town))) == ([], [])


def _caller(town: Office) -> Any:
    from api.keys import caller_with  # noqa: PLC0415 -- of this helper alone

    return caller_with(held(town).require_state(), town.keys["planner"])


def test_old_uploads_make_room_by_themselves(town: Office) -> None:
    for _ in range(2):
        sent(town, b"x" * 60 * KIB)
    assert send(among(town, upload_hours=1e-9), b"x" * 60 * KIB).status_code == 201
