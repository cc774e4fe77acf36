"""Keys: made, shown once, kept as hashes, ended; by the command line, and by administrators within their areas."""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api import audit, keys
from api.cli import main
from api.errors import NotStaffError
from api.state import State, moment, state_of
from api.statetables import AUDIT
from geogrid.errors import InputError, NotFoundError
from geogrid.keyfile import make_key
from tests.service import Office, office
from tests.workspaces import town_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = {"name": "王", "role": "planner", "areas": ["V1"]}


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the environment out of the tests, and the process's hooks in."""
    for name in ("GEOGRID_LANG", "GEOGRID_KEY_FILE", "GEOGRID_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    hook = sys.excepthook
    yield
    sys.excepthook = hook


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "service")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"))


def admin_of(served: Office, *areas: str) -> str:
    """Give the office an administrator of some areas, and return by which name it asks."""
    name = f"admin_{'_'.join(areas)}"
    state = served.app.state.holdings.require_state()
    served.keys[name] = keys.create_key(state, name=name, role="admin", areas=areas)[1]  # type: ignore[index]
    return name


# What is kept


def test_threat_21_a_key_is_kept_as_a_hash_only(state: State) -> None:
    _, key = keys.create_key(state, name="李", role="viewer")
    secret = key.split("_", 2)[2]
    held = b"".join(path.read_bytes() for path in state.folder.iterdir() if path.is_file())
    assert (len(secret) >= 43, secret.encode() in held, keys.digest(secret).encode() in held) == (True, False, True)


def test_threat_21_keys_are_compared_in_constant_time(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right, wrong and unknown ones alike go through `hmac.compare_digest`, and no other way leads in."""
    seen: list[bool] = []
    sizes: set[int] = set()

    def watched(one: str, other: str) -> None:
        seen.append(one == other)
        sizes.update((len(one), len(other)))

    monkeypatch.setattr("api.keys.hmac.compare_digest", watched)
    key_id, key = keys.create_key(state, name="李", role="viewer")
    for given in (key, f"gg_{key_id}_wrong", "gg_000000000000_x"):
        with pytest.raises(NotStaffError):
            keys.caller_with(state, given)
    assert (seen, sizes) == ([True, False, False], {64})


@pytest.mark.parametrize(
    "wrong", ["", "gg", "gg__", "{id}", "xx_{id}_{secret}", "gg_{id}_", "gg_{id}_{secret}x", "gg_{id}", "\ud800"]
)
def test_what_is_no_key_opens_nothing(state: State, wrong: str) -> None:
    key_id, key = keys.create_key(state, name="李", role="viewer")
    with pytest.raises(NotStaffError):
        keys.caller_with(state, wrong.format(id=key_id, secret=key.split("_", 2)[2]))


def test_a_key_holds_until_it_ends_or_is_revoked(state: State) -> None:
    _, key = keys.create_key(state, name="李", role="planner", areas=["V1"], expires_at=keys.until(1))
    caller = keys.caller_with(state, key)
    assert (caller.role, caller.areas, caller.name, caller.via) == ("planner", ("V1",), "李", "key")
    _, old = keys.create_key(state, name="旧", role="viewer", expires_at=moment(dt.timedelta(seconds=-1)))
    keys.revoke_key(state, caller.key_id)
    for each in (key, old):
        with pytest.raises(NotStaffError):
            keys.caller_with(state, each)
    assert [each.state for each in keys.keys_of(state)] == ["revoked", "expired"]


def test_revoking_twice_is_revoking_once(state: State) -> None:
    key_id, _ = keys.create_key(state, name="李", role="viewer")
    first = keys.revoke_key(state, key_id)
    assert keys.revoke_key(state, key_id) == first
    assert [entry.action for entry in audit.entries(state)] == ["revoke_key", "create_key"]
    with pytest.raises(NotFoundError):
        keys.revoke_key(state, "nope")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "a\x1b[2J"])
def test_a_name_must_be_one(name: str) -> None:
    with pytest.raises(InputError, match="whose the key is"):
        keys.require_name(name)


# By HTTP


def test_a_key_made_by_an_administrator_works_and_is_told_once(served: Office) -> None:
    made = served.ask("/api/v1/keys", who="admin", method="POST", json=ONE | {"days": 5})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    body = made.json()
    assert made.headers["location"] == f"http://127.0.0.1:8765/api/v1/keys/{body['key_id']}"
    me = served.ask("/api/v1/me", Authorization=f"Bearer {body['key']}").json()
    assert (me["role"], me["areas"], me["name"], me["via"]) == ("planner", ["V1"], "王", "key")
    listed = served.ask("/api/v1/keys", who="admin")
    assert body["key"].split("_", 2)[2] not in listed.text
    assert body.items() >= next(each for each in listed.json()["keys"] if each["key_id"] == body["key_id"]).items()
    assert served.ask(f"/api/v1/keys/{body['key_id']}", who="admin", method="DELETE").status_code == 204
    assert served.ask("/api/v1/me", Authorization=f"Bearer {body['key']}").status_code == 401
    assert served.ask(f"/api/v1/keys/{body['key_id']}", who="admin").json()["state"] == "revoked"


def test_who_has_the_list_is_told_so(served: Office) -> None:
    first = served.ask("/api/v1/keys", who="admin")
    assert served.ask("/api/v1/keys", who="admin", If_None_Match=first.headers["etag"]).status_code == 304


def test_the_same_request_sent_again_makes_no_second_key_and_tells_no_secret(served: Office) -> None:
    first, again = (served.ask("/api/v1/keys", who="admin", method="POST", json=ONE, Idempotency_Key="one") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 409)
    assert first.json()["key"] not in again.text
    kept = (served.app.state.holdings.require_state().folder / "service.db").read_bytes()
    assert first.json()["key"].split("_", 2)[2].encode() not in kept


@pytest.mark.parametrize(
    "wrong",
    [
        ONE | {"role": "public"},
        ONE | {"role": "boss"},
        ONE | {"days": 0},
        ONE | {"days": "5"},
        ONE | {"name": ""},
        ONE | {"name": "a\nb"},
        ONE | {"areas": ["NO"]},
        ONE | {"areas": "V1"},
        ONE | {"more": 1},
        {"role": "viewer"},
    ],
)
def test_a_key_that_cannot_be_is_refused(served: Office, wrong: dict[str, Any]) -> None:
    before = served.ask("/api/v1/keys", who="admin").json()
    assert served.ask("/api/v1/keys", who="admin", method="POST", json=wrong).status_code == 422
    assert served.ask("/api/v1/keys", who="admin").json() == before


def test_threat_20_an_administrator_of_some_areas_administers_these_only(served: Office) -> None:
    who = admin_of(served, "V1")
    shown = served.ask("/api/v1/keys", who=who).json()["keys"]
    assert {area for key in shown for area in key["areas"]} == {"V1"}
    assert all(key["areas"] for key in shown)
    others = [key["key_id"] for key in served.ask("/api/v1/keys", who="admin").json()["keys"] if key["areas"] != ["V1"]]
    missing = served.ask("/api/v1/keys/nope", who=who)
    for key_id in others:
        for method in ("GET", "DELETE"):
            answer = served.ask(f"/api/v1/keys/{key_id}", who=who, method=method)
            assert (answer.status_code, answer.json()) == (404, missing.json())
    assert served.ask("/api/v1/keys", who=who, method="POST", json=ONE | {"areas": ["G1"]}).status_code == 201


def test_threat_20_nobody_gives_more_than_they_have(served: Office) -> None:
    who = admin_of(served, "V1")
    assert served.ask("/api/v1/keys", who=who, method="POST", json=ONE | {"areas": []}).status_code == 403
    elsewhere, nowhere = (
        served.ask("/api/v1/keys", who=who, method="POST", json=ONE | {"areas": ["V1", area]}) for area in ("V2", "V9")
    )
    assert (elsewhere.status_code, nowhere.status_code) == (422, 422)
    assert elsewhere.text.replace("V2", "V9") == nowhere.text, "what is elsewhere is as if it were not"


# The audit trail by HTTP


def test_what_administrators_do_is_in_the_trail(served: Office) -> None:
    made = served.ask("/api/v1/keys", who="admin", method="POST", json=ONE).json()
    mine = served.ask("/api/v1/me", who="admin").json()["key_id"]
    newest = served.ask("/api/v1/audit?limit=1", who="admin").json()
    (entry,) = newest["entries"]
    assert (entry["who"], entry["action"], entry["of"], entry["detail"]["areas"]) == (mine, "create_key", made["key_id"], ["V1"])
    assert made["key"] not in str(newest)
    older = served.ask(newest["next"].removeprefix("http://127.0.0.1:8765"), who="admin").json()
    assert older["entries"][0]["number"] == entry["number"] - 1
    verified = served.ask(f"/api/v1/audit/verification?head={entry['hash']}", who="admin").json()
    assert (verified["ok"], verified["has_head"], verified["entries"]) == (True, True, entry["number"])


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/audit/verification"])
def test_threat_20_the_trail_is_for_administrators_of_everything(served: Office, path: str) -> None:
    assert served.ask(path, who=admin_of(served, "V1", "V2")).status_code == 403


# The command line


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Run a command in English, and return its exit code and all that it wrote."""
    code = main([*map(str, arguments), "--lang", "en"])
    out, err = capsys.readouterr()
    return code, out + err


def test_the_commands_make_list_and_revoke_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "office.gpkg"
    town_workspace(path).close()
    assert "no keys yet" in run(capsys, "key", "list", path)[1]
    code, told = run(capsys, "key", "create", path, "--name", "Li", "--role", "planner", "--area", "V1", "--days", "2")
    assert code == 0
    key = re.findall(r"^gg_\w+_\S+$", told, re.MULTILINE)[0]
    state = state_of(tmp_path / "office.service")
    caller = keys.caller_with(state, key)
    assert (caller.name, caller.role, caller.areas) == ("Li", "planner", ("V1",))
    listed = run(capsys, "key", "list", path)[1]
    assert key.split("_", 2)[2] not in listed
    assert re.search(rf"{caller.key_id} +Li +planner +V1 +\d{{4}}-\d\d-\d\d +holds", listed)
    assert run(capsys, "key", "revoke", path, caller.key_id)[0] == 0
    assert "revoked" in run(capsys, "key", "list", path)[1]
    assert (keys.key_of(state, caller.key_id).state, (state.folder.stat().st_mode & 0o777)) == ("revoked", 0o700)
    code, told = run(capsys, "audit", path)
    assert (code, re.findall("(?:create|revoke)_key", told)) == (0, ["revoke_key", "create_key"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--name", "Li", "--role", "boss"), "there is no role 'boss'"),
        (("--name", "Li", "--role", "viewer", "--area", "V9"), "no such area or grid: V9"),
        (("--name", " ", "--role", "viewer"), "say whose the key is"),
        (("--name", "Li", "--role", "viewer", "--days", "0"), "from 1 to 3650"),
    ],
)
def test_the_command_says_what_a_key_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    path = tmp_path / "office.gpkg"
    town_workspace(path).close()
    code, told = run(capsys, "key", "create", path, *arguments)
    assert (code, says in told) == (2, True), told


@pytest.mark.parametrize("command", [("key", "list"), ("audit",)])
def test_without_a_workspace_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    assert run(capsys, *command, tmp_path / "no.gpkg")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_the_command_finds_an_edited_trail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, key = tmp_path / "office.gpkg", tmp_path / "key"
    town_workspace(path, key=make_key(key)).close()
    for name in ("a", "b"):
        assert run(capsys, "key", "create", path, "--name", name, "--role", "viewer", "--key", key)[0] == 0
    assert run(capsys, "key", "create", path, "--name", "c", "--role", "viewer")[0] == 2, "signed so far"
    code, told = run(capsys, "audit", path, "--verify", "--key", key)
    assert (code, "It fits: 2 entries" in told, "signatures checked" in told) == (0, True, True)
    assert run(capsys, "audit", path, "--head", "0" * 64)[0] == 3
    with state_of(tmp_path / "office.service").writing() as connection:
        connection.execute(AUDIT.update().where(AUDIT.c.number == 1).values(who="k9"))
    code, told = run(capsys, "audit", path, "--verify")
    assert (code, "does not fit from entry 1 on" in told) == (3, True)
