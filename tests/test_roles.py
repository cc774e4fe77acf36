"""Who may ask what: every address refuses whoever's role does not suffice, before it looks at anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.roles import Asked, addresses, refusal
from tests.service import PEOPLE, Office, office

if TYPE_CHECKING:
    import httpx

    from api.callers import Role


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"))


@pytest.mark.parametrize("who", ["", "viewer", "viewer_v1", "planner", "planner_v2"])
def test_threat_20_every_address_refuses_whoever_may_not(served: Office, who: str) -> None:
    """Also with an unknown parameter and a body that is none: nothing is told of either."""
    role: Role = PEOPLE[who][0] if who else "public"  # type: ignore[assignment]
    wrong = []
    for asked in addresses(served.app):
        wanted = refusal(asked.role, role)
        if wanted is not None:
            answer = served.ask(f"{asked.path}?no=1", who=who, method=asked.method, content=b"{")
            said = answer.headers["cache-control"], answer.headers.get("access-control-allow-origin")
            if (answer.status_code, said) != (wanted, ("no-store", None)):
                wrong.append((asked, answer.status_code, said))
    assert wrong == []


@pytest.fixture(scope="module")
def swept(served: Office) -> dict[Asked, httpx.Response]:
    """Everything that can be read without parameters, asked by an administrator from another site's page under another name."""
    headers = {"Origin": "null", "Host": "evil.example", "X_Forwarded_Host": "evil.example", "Forwarded": "host=evil.example"}
    readable = [asked for asked in addresses(served.app) if asked.method == "GET"]
    return {asked: served.ask(asked.path, who="admin", Accept="text/html", **headers) for asked in readable}


def test_threat_20_answers_that_depend_on_the_caller_are_kept_by_nobody_else(swept: dict[Asked, httpx.Response]) -> None:
    wrong = []
    for asked, answer in swept.items():
        kept, vary = answer.headers["cache-control"], answer.headers["vary"]
        is_private = kept.startswith(("no-store", "private")) and "Authorization" in vary and "Cookie" in vary
        if asked.role != "public" and not is_private:
            wrong.append((asked, answer.status_code, kept, vary))
    assert wrong == []


def test_threat_8_no_address_shares_anything_but_what_is_public(swept: dict[Asked, httpx.Response]) -> None:
    """Credentials are never allowed together with other origins, and what needs a role is shared with none."""
    for asked, answer in swept.items():
        assert "access-control-allow-credentials" not in answer.headers, asked
        shared = answer.headers.get("access-control-allow-origin")
        assert shared in ((None, "*") if asked.role == "public" else (None,)), asked


def test_threat_8_no_host_that_a_caller_names_stands_in_an_answer(swept: dict[Asked, httpx.Response]) -> None:
    for asked, answer in swept.items():
        assert "evil.example" not in answer.text + str(answer.headers), asked


def test_threat_8_nothing_is_allowed_ahead_to_other_origins(served: Office) -> None:
    for path in ("/api/v1/keys", "/api/v1/grids", "/login"):
        answer = served.ask(path, method="OPTIONS", Origin="https://evil.example", Access_Control_Request_Method="POST")
        assert answer.status_code == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]
