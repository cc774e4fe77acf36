"""Threat 7: embed tokens that were changed, made up, carried elsewhere or outlived, or whose key is gone; and where they show."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import sqlalchemy as sa

from api.embeds.tokens import ALGORITHM, AUDIENCE
from api.holdings import PUBLISHED
from api.keys import revoke_key
from api.state import state_of
from api.statetables import AUDIT, KEYS, SIGNING
from geogrid.publications import add
from tests.service import office

if TYPE_CHECKING:
    import httpx

    from api.state import State
    from tests.service import Office

VILLAGE = "https://v1.example.cn"
FRESH: dict[str, Any] = {"map": "coverage", "area": "V1", "hours": 1}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office whose second publication is not in force yet."""
    folder = tmp_path_factory.mktemp("tokens")
    made = office(folder, portals={"V1": (VILLAGE,)})
    add(state(made).folder / PUBLISHED, folder / "check", version=5, effective=dt.date(2999, 1, 1))
    token(made)  # the first one makes the key that signs
    return made


def state(served: Office) -> State:
    return state_of(served.path.with_name("office.service"))


def token(served: Office, who: str = "planner_v1", **changes: Any) -> str:
    """Have a token made."""
    answer = served.ask("/api/v1/embed-tokens", who=who, method="POST", json=FRESH | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def shown(served: Office, given: str) -> httpx.Response:
    return served.ask(f"/embed/private/coverage?token={given}")


def forged(served: Office, *, header: dict[str, Any] | None = None, secret: str | None = None, **claims: Any) -> str:
    """Return a token as ours but for what is given."""
    with state(served).reading() as connection:
        row = connection.execute(sa.select(SIGNING).where(SIGNING.c.retired_at.is_(None))).mappings().one()
        key_id = connection.execute(sa.select(KEYS.c.key_id).where(KEYS.c.name == "planner_v1")).scalar_one()
    now = dt.datetime.now(dt.UTC)
    own = {"aud": AUDIENCE, "sub": key_id, "iat": now, "exp": now + dt.timedelta(hours=1)}
    told = own | {"map": {"map": "coverage", "of": 1, "area": "V1", "level": "grid"}} | claims
    kept = {key: value for key, value in told.items() if value is not None}
    return jwt.encode(kept, secret or row["secret"], algorithm=ALGORITHM, headers={"kid": row["kid"]} | (header or {}))


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_opens_the_map_it_names_and_nobody_keeps_or_refers_to_it(served: Office) -> None:
    given = token(served, service="medical", lang="en", theme="dark")
    page = shown(served, given)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["content-security-policy"].endswith(f"frame-ancestors {VILLAGE}")
    assert "connect-src" not in page.headers["content-security-policy"]
    assert "access-control-allow-origin" not in page.headers
    assert given not in page.text
    block = json.loads(page.text.partition('id="geogrid-data">')[2].partition("</script>")[0])
    assert block["locked"] == {"service": "medical", "lang": "en", "theme": "dark", "size": "full"}
    assert block["inside"]["first"]["layers"]["grids"]["id"] == ["G1", "G2"]


def test_it_may_open_what_is_not_in_force_yet(served: Office) -> None:
    assert shown(served, token(served, publication=2)).status_code == 200
    assert shown(served, token(served)).status_code == 200
    refused = served.ask("/api/v1/embed-tokens", who="planner", method="POST", json=FRESH | {"publication": 9})
    assert refused.status_code == 404


def test_a_flipped_byte_anywhere(served: Office) -> None:
    given = token(served)
    for at in range(0, len(given) - 1, 7):
        other = "A" if given[at] != "A" else "B"
        assert shown(served, given[:at] + other + given[at + 1 :]).status_code == 401, at


def test_expired_another_audience_another_secret_and_claims_left_out(served: Office) -> None:
    gone = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    assert shown(served, forged(served)).status_code == 200, "the forger's tokens are good but for what is changed"
    for wrong in (
        forged(served, exp=gone),
        forged(served, aud="geogrid"),
        forged(served, secret="x" * 64),
        forged(served, exp=None),
        forged(served, aud=None),
        forged(served, sub=None),
        forged(served, sub="nobody"),
        forged(served, map={"map": "coverage", "of": 1, "is_admin": True}),
        forged(served, map=None),
        forged(served, header={"kid": "0" * 16}),
        forged(served, header={"kid": "../../etc/passwd"}),
    ):
        answer = shown(served, wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "RS256"])
def test_algorithm_none_or_any_other(served: Office, algorithm: str) -> None:
    header, body, signature = forged(served).split(".")
    kid = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    for end in ("", signature):
        assert shown(served, f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': kid})}.{body}.{end}").status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        "x",
        "a.b.c",
        "....",
        "%00",
        "%ff",
        "e30.e30.e30",
        base64.urlsafe_b64encode(b"[" * 2900).decode() + ".e30.e30",
        "%D7%90.e30.e30",
    ],
)
def test_what_is_no_token_at_all(served: Office, given: str) -> None:
    assert shown(served, given).status_code == 401


def test_no_token_or_one_without_end(served: Office) -> None:
    assert served.ask("/embed/private/coverage").status_code == 422
    assert shown(served, "a" * 5000).status_code == 422


def test_another_township_is_neither_given_nor_reached(served: Office) -> None:
    for wanted in ("V2", "V9"):
        answer = served.ask("/api/v1/embed-tokens", who="planner_v1", method="POST", json=FRESH | {"area": wanted})
        assert (answer.status_code, answer.json()["detail"].replace(wanted, "")) == (
            404,
            "没有区域“”：请从 /api/v1/report 中选取",
        )
    assert served.ask("/api/v1/embed-tokens", who="planner_v1", method="POST", json=FRESH | {"area": ""}).status_code == 403
    assert served.ask(f"/embed/private/coverage?token={token(served)}&area=V2").status_code == 400
    elsewhere = {"map": "coverage", "of": 1, "area": "V2", "level": "grid"}
    assert shown(served, forged(served, map=elsewhere)).status_code == 404, "even signed, it opens no more than its maker may"


@pytest.mark.parametrize(("who", "status"), [("", 401), ("viewer", 403), ("viewer_v1", 403)])
def test_who_may_make_tokens(served: Office, who: str, status: int) -> None:
    assert served.ask("/api/v1/embed-tokens", who=who, method="POST", json=FRESH).status_code == status


def test_keys_of_tokens_are_changed_by_whoever_administers_everything(served: Office) -> None:
    for who, status in (("", 401), ("planner", 403), ("admin", 201)):
        assert served.ask("/api/v1/embed-keys", who=who, method="POST", json={"keep_hours": 1}).status_code == status


def test_a_rotated_key_ends_its_tokens_at_once_or_when_it_was_said(served: Office) -> None:
    before = token(served)
    served.ask("/api/v1/embed-keys", who="admin", method="POST", json={"keep_hours": 2})
    assert shown(served, before).status_code == 200
    after = token(served)
    served.ask("/api/v1/embed-keys", who="admin", method="POST", json={"keep_hours": 0})
    assert shown(served, before).status_code == 200, "its key was given two hours"
    assert shown(served, after).status_code == 401
    assert shown(served, token(served)).status_code == 200


def test_with_its_makers_key_a_token_ends(served: Office) -> None:
    given = token(served, who="planner_v2", area="V2")
    assert shown(served, given).status_code == 200
    with state(served).reading() as connection:
        key_id = connection.execute(sa.select(KEYS.c.key_id).where(KEYS.c.name == "planner_v2")).scalar_one()
    revoke_key(state(served), key_id)
    assert shown(served, given).status_code == 401


def test_a_token_is_in_no_log_no_trail_and_no_file(served: Office, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        given = token(served)
        shown(served, given)
        shown(served, given[:-3] + "abc")
    signature = given.rpartition(".")[2][:20]
    assert signature not in "".join(
        f"{record.getMessage()}{record.__dict__}" for record in caplog.records if record.name != "httpx"
    )
    with state(served).reading() as connection:
        trail = connection.execute(sa.select(AUDIT).where(AUDIT.c.action == "create_embed_token")).mappings().all()
    assert trail
    assert signature not in str(trail)
    for file in state(served).folder.rglob("*"):
        assert not file.is_file() or signature.encode() not in file.read_bytes()
