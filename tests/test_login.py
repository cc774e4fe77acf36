"""Logging in with a browser: the cookie, what a change must bring besides, and that another site's page writes nothing."""

from __future__ import annotations

import datetime as dt
import re
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from api import audit, keys
from api.access import FORMS
from api.routes.common import Offered, offer
from api.routes.login import BACK
from api.sessions import session_with
from api.state import State, moment
from api.statetables import SESSIONS
from geogrid.words import Text
from tests.service import Office, office

FORM = "application/x-www-form-urlencoded"
OURS = {"Origin": "http://127.0.0.1:8765"}
NEW_KEY = {"name": "王", "role": "viewer"}
ELSEWHERE: list[dict[str, str]] = [
    {"Sec_Fetch_Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec_Fetch_Site": "same-site", "Origin": "http://127.0.0.1:9999"},
    {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://127.0.0.1:8765"},
]
"""What browsers say of requests that another site's page made."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"), publish=False)


def state_of(served: Office) -> State:
    """Return the service's own file."""
    state: State = served.app.state.holdings.require_state()
    return state


def posted(served: Office, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    """Send a form."""
    return served.ask(path, method="POST", content=urlencode(fields).encode(), Content_Type=FORM, **headers)


def cookie_of(answer: httpx.Response) -> str:
    """Return the cookie that an answer sets, as a browser sends it."""
    return answer.headers["set-cookie"].partition(";")[0]


def logged_in(served: Office, who: str = "admin") -> tuple[str, str]:
    """Log in, and return the cookie and the session's token."""
    cookie = cookie_of(posted(served, "/login", {"key": served.keys[who]}, **OURS))
    return cookie, served.ask("/api/v1/me", Cookie=cookie).json()["csrf_token"]


def count(served: Office) -> tuple[int, int]:
    """Return how many keys and entries of the trail there are."""
    return len(keys.keys_of(state_of(served))), audit.verify(state_of(served)).entries


# The cookie


def test_threat_21_the_cookie_is_for_our_pages_alone_and_kept_as_a_hash(served: Office) -> None:
    answer = posted(served, "/login", {"key": served.keys["planner"], "next": "staff?lang=zh"}, **OURS)
    assert (answer.status_code, answer.headers["location"], answer.headers["cache-control"]) == (
        303,
        "./staff?lang=zh",
        "no-store",
    )
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (morsel["httponly"], morsel["samesite"].lower(), morsel["path"], morsel["domain"]) == (True, "strict", "/", "")
    assert (morsel["max-age"], morsel["secure"], len(morsel.value) >= 43) == ("28800", "", True)
    held = b"".join(path.read_bytes() for path in state_of(served).folder.iterdir() if path.is_file())
    assert (morsel.value.encode() in held, keys.digest(morsel.value).encode() in held) == (False, True)
    assert served.keys["planner"] not in answer.headers["set-cookie"]


def test_with_https_the_cookie_is_secure_and_of_this_host_only(served: Office) -> None:
    served = served.again(public_url="https://grid.example.cn", session_hours=1)
    answer = posted(served, "/login", {"key": served.keys["viewer"]}, Origin="https://grid.example.cn")
    assert answer.headers["set-cookie"].startswith("__Host-geogrid=")
    assert {"Secure", "HttpOnly", "Path=/", "Max-Age=3600"} <= set(answer.headers["set-cookie"].split("; "))
    assert served.ask("/api/v1/me", Cookie=cookie_of(answer)).json()["role"] == "viewer"
    assert served.ask("/api/v1/me", Cookie=cookie_of(answer).removeprefix("__Host-")).json()["role"] == "public"


def test_a_session_is_who_the_key_is(served: Office) -> None:
    cookie, token = logged_in(served, "planner_v1")
    me = served.ask("/api/v1/me", Cookie=cookie).json()
    assert (me["role"], me["areas"], me["name"], me["via"]) == ("planner", ["V1"], "planner_v1", "session")
    assert (me["csrf_token"], len(token) >= 43) == (token, True)
    assert served.ask("/api/v1/me", Cookie=cookie, who="admin").json()["via"] == "key", "a key that is sent goes first"


def test_logging_in_again_begins_anew(served: Office) -> None:
    cookie, token = logged_in(served)
    answer = posted(served, "/login", {"key": served.keys["viewer"]}, Cookie=cookie, **OURS)
    assert cookie_of(answer) != cookie
    assert served.ask("/api/v1/me", Cookie=cookie).json()["role"] == "public"
    me = served.ask("/api/v1/me", Cookie=cookie_of(answer)).json()
    assert (me["role"], me["csrf_token"] != token) == ("viewer", True)


def test_logging_out_ends_the_session_and_takes_the_cookie(served: Office) -> None:
    cookie, token = logged_in(served)
    answer = posted(served, "/logout", {"csrf_token": token}, Cookie=cookie, **OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "./login?lang=zh")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert served.ask("/api/v1/keys", Cookie=cookie).status_code == 401
    assert [entry.action for entry in audit.entries(state_of(served), limit=2)] == ["logout", "login"]


def test_a_session_ends_with_its_time_and_with_its_key(served: Office) -> None:
    state = state_of(served)
    key_id, key = keys.create_key(state, name="短", role="viewer")
    first, second = (cookie_of(posted(served, "/login", {"key": key}, **OURS)) for _ in range(2))
    digest = keys.digest(first.partition("=")[2])
    with state.writing() as connection:
        past = moment(dt.timedelta(seconds=-1))
        connection.execute(SESSIONS.update().where(SESSIONS.c.digest == digest).values(expires_at=past))
    assert session_with(state, first.partition("=")[2]) is None
    assert served.ask("/api/v1/me", Cookie=second).json()["role"] == "viewer"
    keys.revoke_key(state, key_id)
    assert served.ask("/api/v1/me", Cookie=second).json()["role"] == "public"


def test_a_cookie_that_is_no_session_is_the_public(served: Office) -> None:
    for value in ("x", "", "%ff", "a" * 5000):
        assert served.ask("/api/v1/me", Cookie=f"geogrid={value}").json()["role"] == "public"


# What another site's page cannot do


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_threat_8_another_sites_page_writes_nothing(served: Office, headers: dict[str, str]) -> None:
    """Neither with the cookie and the token, which it cannot have, nor by logging somebody in as somebody else."""
    cookie, token = logged_in(served)
    before = count(served)
    for sent in ({"Cookie": cookie}, {"Cookie": cookie, "X_CSRF_Token": token}):
        answer = served.ask("/api/v1/keys", method="POST", json=NEW_KEY, **sent, **headers)
        assert answer.status_code in (401, 403)
        assert posted(served, "/logout", {"csrf_token": token}, **sent, **headers).status_code == 403
        entered = posted(served, "/login", {"key": served.keys["viewer"]}, **sent, **headers)
        assert (entered.status_code, "set-cookie" in entered.headers) == (403, False)
    assert count(served) == before
    assert served.ask("/api/v1/me", Cookie=cookie).json()["role"] == "admin", "still logged in"


@pytest.mark.parametrize("token", [None, "", "x", "{own}x"])
def test_threat_8_a_change_within_a_session_brings_its_token(served: Office, token: str | None) -> None:
    cookie, own = logged_in(served)
    _, others = logged_in(served)
    before = count(served)
    brought = {} if token is None else {"X_CSRF_Token": token.format(own=own)}
    for sent in (brought, {"X_CSRF_Token": others}):
        answer = served.ask("/api/v1/keys", method="POST", json=NEW_KEY, Cookie=cookie, **OURS, **sent)
        assert (answer.status_code, "X-CSRF-Token" in answer.text) == (403, True)
    assert count(served) == before


@pytest.mark.parametrize("headers", [{}, OURS, OURS | {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}])
def test_with_the_token_our_own_pages_write(served: Office, headers: dict[str, str]) -> None:
    cookie, token = logged_in(served)
    answer = served.ask("/api/v1/keys", method="POST", json=NEW_KEY, Cookie=cookie, X_CSRF_Token=token, **headers)
    assert answer.status_code == 201


def test_a_key_needs_no_token_for_no_browser_sends_it_by_itself(served: Office) -> None:
    assert served.ask("/api/v1/keys", who="admin", method="POST", json=NEW_KEY, **ELSEWHERE[0]).status_code == 201


def test_threat_8_every_address_that_changes_something_asks_for_the_token(served: Office) -> None:
    """Whatever it is, as `admit` asks before it; but for the forms, which ask for it themselves."""
    cookie, _ = logged_in(served)
    unsafe = {
        (method, route.path)
        for route in served.app.state.routes
        for method in route.methods - {"GET", "HEAD"}
        if route.path not in FORMS
    }
    assert {("POST", "/api/v1/keys"), ("DELETE", "/api/v1/keys/{key_id}")} <= unsafe
    answered = {each: served.ask(re.sub(r"\{[^}]*\}", "x", each[1]), method=each[0], json={}, Cookie=cookie) for each in unsafe}
    assert {each: answer.status_code for each, answer in answered.items() if answer.status_code != 403} == {}


def test_reading_by_another_sites_page_is_reading_as_the_public(served: Office) -> None:
    cookie, _ = logged_in(served)
    assert served.ask("/api/v1/keys", Cookie=cookie, Sec_Fetch_Site="same-site", Sec_Fetch_Mode="no-cors").status_code == 401
    followed = {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert served.ask("/api/v1/keys", Cookie=cookie, **followed).status_code == 200, "a link that somebody follows"
    framed = followed | {"Sec_Fetch_Dest": "iframe"}
    assert served.ask("/api/v1/keys", Cookie=cookie, **framed).status_code == 401


# The page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_nobodys_to_keep_frame_or_run_scripts_in(served: Office, lang: str) -> None:
    cookie, token = logged_in(served, "viewer_v1")
    for headers in ({}, {"Cookie": cookie}):
        page = served.ask(f"/login?lang={lang}", **headers)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "script-src" not in policy
        assert (page.headers["cache-control"], "Cookie" in page.headers["vary"]) == ("no-store", True)
        assert page.headers["referrer-policy"] == "same-origin", "else browsers would not say where the form comes from"
        assert ("<script" in page.text, token in page.text) == (False, bool(headers))
        assert ("V1" in page.text) == bool(headers)


def test_a_wrong_key_is_said_on_the_page_and_to_programs(served: Office) -> None:
    wrong = {"key": "gg_000000000000_<b>&", "next": "grids/G1"}
    page = posted(served, "/login?lang=en", wrong, Accept="text/html,*/*", **OURS)
    assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert "this key is wrong" in page.text
    assert 'value="grids/G1"' in page.text
    assert "gg_0000" not in page.text, "what was typed is not repeated"
    told = posted(served, "/login?lang=en", wrong, **OURS)
    assert (told.status_code, told.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "\\evil",
        "a\nb",
        "a b",
        '"><b>',
        "x" * 501,
    ],
)
def test_the_login_leads_nowhere_else(served: Office, back: str) -> None:
    answer = posted(served, "/login", {"key": served.keys["viewer"], "next": back}, **OURS)
    assert (answer.status_code, "location" in answer.headers) == (422, False)
    assert served.ask(f"/login?next={quote(back)}").status_code == 422


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"key=x&key=y", FORM, 422),
        (b"key=x&more=1", FORM, 422),
        (b'{"key":"x"}', "application/json", 415),
        (b"key=x", "text/plain", 415),
        (b"key=" + b"x" * 5000, FORM, 413),
        (b"\xff\x00=%ff", FORM, 422),
        (b"key=%ff%00%ed%a0%80", FORM, 401),
        (b"", FORM, 401),
    ],
)
def test_forms_that_are_none_are_refused(served: Office, content: bytes, kind: str, status: int) -> None:
    answer = served.ask("/login", method="POST", content=content, Content_Type=kind, **OURS)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_who_opens_a_page_for_staff_is_led_to_the_login_and_back(served: Office) -> None:
    served = served.again()
    show = offer(
        served.app.router,
        "GET",
        "/made/up/{name}",
        says=Text("", ""),
        tag="pages",
        answer=Offered("viewer", media_type="text/html"),
    )
    show(lambda: None)  # type: ignore[arg-type, return-value]
    path = "/made/up/网格?a=b%26c&d=1+2"
    answer = served.ask(path, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert answer.status_code == 303
    at = httpx.URL("http://127.0.0.1:8765/made/up/x").join(answer.headers["location"])
    assert (at.host, at.path) == ("127.0.0.1", "/login")
    assert re.fullmatch(BACK, at.params["next"])
    assert httpx.URL("http://127.0.0.1:8765/login").join(f"./{at.params['next']}") == httpx.URL(f"http://127.0.0.1:8765{path}")
    assert served.ask(path).status_code == 401, "programs are told"
    assert served.ask("/api/v1/keys", Accept="text/html").status_code == 401, "data is no page"


# Callers on the machine itself

PROXIED: list[dict[str, str]] = [
    {"X_Forwarded_For": "203.0.113.7"},
    {"Forwarded": "for=203.0.113.7"},
    {"X_Real_IP": "127.0.0.1"},
    {"Via": "1.1 proxy"},
    {"Host": "grid.example.cn"},
    {"Host": "evil.example:8765"},
    *(each for each in ELSEWHERE if each.get("Sec_Fetch_Dest") != "document"),
]


@pytest.fixture(scope="module")
def machine(served: Office) -> Office:
    """An office in which everybody on the machine is an administrator."""
    return served.again(loopback_role="admin")


def test_threat_21_without_the_setting_the_machine_itself_is_the_public(served: Office) -> None:
    assert served.ask("/api/v1/me").json()["role"] == "public"


def test_with_the_setting_the_machine_itself_has_a_role_and_the_page_says_so(machine: Office) -> None:
    me = machine.ask("/api/v1/me?lang=en").json()
    assert (me["role"], me["via"], me["key_id"]) == ("admin", "loopback", "loopback")
    assert "No key is asked for on this machine" in me["note"]
    assert me["note"] in machine.ask("/login?lang=en").text
    assert machine.ask("/api/v1/keys", method="POST", json=NEW_KEY).status_code == 201
    assert audit.entries(state_of(machine), limit=1)[0].who == "loopback"
    assert machine.ask("/api/v1/me", who="viewer").json()["role"] == "viewer", "a key goes first"


@pytest.mark.parametrize("headers", PROXIED)
def test_threat_21_what_only_passes_through_the_machine_is_the_public(machine: Office, headers: dict[str, str]) -> None:
    assert machine.ask("/api/v1/me", **headers).json()["role"] == "public"
    assert machine.ask("/api/v1/keys", method="POST", json=NEW_KEY, **headers).status_code == 401


@pytest.mark.parametrize(
    "settings",
    [{"host": "0.0.0.0"}, {"public_url": "https://grid.example.cn"}, {"trusted_proxies": "127.0.0.1"}],  # noqa: S104
)
def test_threat_21_a_service_for_others_gives_the_machine_no_role(machine: Office, settings: dict[str, Any]) -> None:
    served = machine.again(**settings)
    assert served.ask("/api/v1/me").json()["role"] == "public"
