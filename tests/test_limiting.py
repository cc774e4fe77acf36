"""How often somebody may ask: guesses end, and nobody's limit is another's (threat 21)."""

from __future__ import annotations

import time

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from api.addresses import client_address
from api.errors import TooManyGuessesError
from api.limiting import Gate
from api.settings import Settings
from tests.service import Office, office

WRONG = {"Authorization": "Bearer gg_000000000000_x"}
PROXY = "127.0.0.1"
"""Where the test's requests come from."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"), publish=False)


def asking(served: Office, times: int, path: str = "/api/v1/me", **headers: str) -> list[int]:
    """Ask so many times, and return the statuses."""
    return [served.ask(path, **headers).status_code for _ in range(times)]


def test_threat_21_guessing_is_slowed_by_address_and_stops_nobody_else_there(made: Office) -> None:
    served = made.again(logins_per_minute=3, trusted_proxies=PROXY)
    one, other = {"X_Forwarded_For": "203.0.113.7"}, {"X_Forwarded_For": "203.0.113.8"}
    form = {"method": "POST", "content": b"key=x", "Content_Type": "application/x-www-form-urlencoded"}
    right = form | {"content": f"key={served.keys['viewer']}".encode()}
    before = served.ask("/login", **right, **one)  # type: ignore[arg-type]
    session = {"Cookie": before.headers["set-cookie"].partition(";")[0]}
    assert asking(served, 4, **WRONG, **one) == [401, 401, 401, 429]
    refused = served.ask("/api/v1/me?lang=en", **WRONG, **one)
    assert (refused.status_code, 1 <= int(refused.headers["retry-after"]) <= 60) == (429, True)
    assert "at most 3 a minute" in refused.json()["detail"]
    assert asking(served, 1, **WRONG, **other) == [401], "who guesses elsewhere is counted there"
    assert served.ask("/api/v1/me", who="admin", **one).json()["role"] == "admin", "right keys go on behind the same address"
    assert served.ask("/api/v1/me", **session, **one).json()["role"] == "viewer", "and so do sessions"
    assert served.ask("/login", **right, **one).status_code == 303, "and right logins"  # type: ignore[arg-type]
    assert asking(served, 2, **one) == [200, 200], "and the public"
    assert asking(served, 1, **WRONG, **one) == [429], "which lets nobody guess again"
    assert served.ask("/login", **form, **one).status_code == 429, "the login is the same door"  # type: ignore[arg-type]
    page = served.ask("/login", Accept="text/html", **form, **one)  # type: ignore[arg-type]
    assert (page.status_code, page.headers["content-type"][:9], "retry-after" in page.headers) == (429, "text/html", True)


def test_threat_21_a_guess_at_the_login_counts(made: Office) -> None:
    served = made.again(logins_per_minute=2)
    form = {"method": "POST", "content": b"key=x", "Content_Type": "application/x-www-form-urlencoded"}
    assert [served.ask("/login", **form).status_code for _ in range(3)] == [401, 401, 429]  # type: ignore[arg-type]
    assert served.ask("/api/v1/me", **WRONG).status_code == 429


def test_right_keys_are_not_counted_as_guesses(made: Office) -> None:
    served = made.again(logins_per_minute=1)
    assert {served.ask("/api/v1/me", who="viewer").status_code for _ in range(5)} == {200}


def test_requests_are_counted_by_key_and_by_address(made: Office) -> None:
    served = made.again(requests_per_minute=3, trusted_proxies=PROXY)
    assert served.ask("/api/v1/me", who="viewer").json()["requests"] == {"limit": 3, "remaining": 2}
    assert [served.ask("/api/v1/me", who="viewer").status_code for _ in range(3)] == [200, 200, 429]
    refused = served.ask("/api/v1/me", who="viewer")
    assert (1 <= int(refused.headers["retry-after"]) <= 60, refused.headers["content-type"]) == (True, "application/problem+json")
    assert served.ask("/api/v1/me", who="admin").status_code == 200
    assert asking(served, 4) == [200, 200, 200, 429]
    assert asking(served, 4, X_Forwarded_For="203.0.113.7") == [200, 200, 200, 429]


def test_who_invents_addresses_is_counted_as_one(made: Office) -> None:
    """Without proxies that are to be believed, nobody's word on where they come from counts."""
    served = made.again(requests_per_minute=2)
    statuses = [served.ask("/api/v1/me", X_Forwarded_For=f"203.0.113.{number}").status_code for number in range(4)]
    assert statuses == [200, 200, 429, 429]


def test_a_minute_later_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Gate.of(Settings(logins_per_minute=1)).guesses
    rule.take("a")
    with pytest.raises(TooManyGuessesError):
        rule.take("a")
    later = time.time() + 61
    monkeypatch.setattr("time.time", lambda: later)
    rule.take("a")


@pytest.mark.parametrize(
    ("peer", "hops", "proxies", "address"),
    [
        ("192.0.2.1", "203.0.113.7", (), "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", ("10.0.0.1",), "192.0.2.1"),
        ("10.0.0.1", "203.0.113.7", ("10.0.0.1",), "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.7", ("10.0.0.1",), "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.2", ("10.0.0.0/24",), "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4, 127.0.0.1'; DROP", ("10.0.0.1",), "10.0.0.1"),
        ("10.0.0.1", "", ("10.0.0.1",), "10.0.0.1"),
        ("::1", "2001:db8:1:2:3::9", ("::1",), "2001:db8:1:2::"),
        ("", "203.0.113.7", ("10.0.0.1",), ""),
    ],
)
def test_only_proxies_of_ours_are_believed(peer: str, hops: str, proxies: tuple[str, ...], address: str) -> None:
    headers = [(b"x-forwarded-for", part.encode()) for part in hops.split(" ") if part]
    client = (peer, 1) if peer else None
    assert client_address(Request({"type": "http", "headers": headers, "client": client}), proxies) == address


@pytest.mark.parametrize("wrong", ["proxy", "10.0.0.0/99", "10.0.0.1 x"])
def test_a_proxy_must_be_an_address(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=wrong)  # type: ignore[arg-type]
