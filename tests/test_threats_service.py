"""A hostile outsider, and a curious viewer of one township, at the running service; see THREATS by number."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from api.answers import Answer
from api.forms import FORM
from api.holdings import PUBLISHED, data_folder
from api.ogc.features import Pages
from api.ogc.patterns import pattern_of
from geogrid.publications import add
from tests.service import EFFECTIVE, Office, office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

JSON = "application/json"
ITEMS = "/api/v1/collections/grids/items"
SLOW_S = 4.0
"""What each of these requests took many times over."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The paper town's service: V1 holds households H001 to H040, V2 the others."""
    return office(tmp_path_factory.mktemp("hostile"))


# 8


@pytest.mark.parametrize("host", ["evil.example", "[", "x?limit=1#", "a/b?limit=1", "a@b", "x y", ""])
def test_threat_8_no_host_header_is_in_a_link_or_in_what_others_are_given(served: Office, host: str) -> None:
    asked = served.ask(f"{ITEMS}?limit=3", Host=host, X_Forwarded_Host="evil.example", Forwarded="host=evil.example")
    assert asked.status_code in (200, 400)
    assert "evil" not in asked.text + str(asked.headers)
    told = served.ask(f"{ITEMS}?limit=1").json()
    assert (len(told["features"]), told["numberMatched"]) == (1, 4)


# 13


def test_threat_13_a_form_that_goes_on_is_cut_off_at_once(served: Office) -> None:
    sent: list[int] = []

    async def flood() -> AsyncIterator[bytes]:
        for _ in range(100):
            sent.append(1)
            yield b"a=1&" * 500

    async def asked() -> int:
        transport = httpx.ASGITransport(app=served.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
            return (await client.post("/login", content=flood(), headers={"Content-Type": FORM})).status_code

    assert asyncio.run(asked()) == 413
    assert len(sent) < 10


@pytest.mark.parametrize("query", ["lang=zh&" * 8000, "f=json&lang=zh&" * 4000, "&".join(f"a{n}=1" for n in range(7000))])
def test_threat_13_thousands_of_parameters_take_no_time(served: Office, query: str) -> None:
    begun = time.perf_counter()
    answers = [served.ask(f"/api/v1/collections?{query}") for _ in range(3)]
    assert [each.status_code for each in answers] == [400] * 3
    assert time.perf_counter() - begun < SLOW_S / 2
    assert len(answers[0].text) < 1000


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept_Language": "zh;q=0.1," * 6000},
        {"Accept": "text/html;q=0.1," * 4000},
        {"If_None_Match": '"a",' * 15_000},
        {"Range": "bytes=" + "0-1," * 10_000},
        {"Cookie": "geogrid=a; " * 5000},
        {"Accept_Encoding": "gzip;q=0.1," * 5000},
    ],
)
def test_threat_13_endless_headers_take_no_time(served: Office, headers: dict[str, str]) -> None:
    begun = time.perf_counter()
    assert served.ask(ITEMS, **headers).status_code == 200
    assert time.perf_counter() - begun < SLOW_S


# 15


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"\\ud800","role":"viewer"}',
        b'{"name":"a\\u0000b","role":"viewer"}',
        b'{"name":NaN,"role":"viewer"}',
        b'{"name":"a","role":"viewer","days":1e999}',
        b'{"name":"a","role":"viewer","days":' + b"9" * 5000 + b"}",
        b'{"name":"a","role":"viewer","days":true}',
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b"\xff\xfe",
        b"",
        b"null",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_threat_15_json_that_is_none_makes_nothing(served: Office, body: bytes) -> None:
    before = served.ask("/api/v1/keys", who="admin").headers["etag"]
    answer = served.ask("/api/v1/keys", who="admin", method="POST", content=body, Content_Type=JSON, Idempotency_Key="same")
    assert answer.status_code == 422
    assert len(answer.text) < 1000
    assert served.ask("/api/v1/keys", who="admin").headers["etag"] == before


# 18


def test_threat_18_like_takes_no_longer_for_what_does_not_match(served: Office) -> None:
    begun = time.perf_counter()
    assert not pattern_of("%a%a%a%ab").fullmatch("a" * 8000)
    assert not pattern_of(f"%{'a' * 2000}%{'a' * 2000}b%").fullmatch("a" * 4001)
    answer = served.ask(f"{ITEMS}?filter='{'a' * 3000}' LIKE '%25a%25a%25a%25ab'")
    assert (answer.status_code, answer.json()["numberMatched"]) == (200, 0)
    assert time.perf_counter() - begun < SLOW_S


@pytest.mark.parametrize(
    ("like", "text", "matches"),
    [
        ("%ab%ab", "abab", True),
        ("%ab%ab", "ab", False),
        ("a%b%c", "abcbc", True),
        ("a%b%c", "acb", False),
        ("%_", "", False),
        ("%_", "\n", True),
        ("_%b%a_", "xbay", True),
        ("_%b%a_", "bay", False),
        ("a\\%%", "a%b", True),
        ("a\\%%", "ab", False),
        ("%%", "", True),
        ("", "a", False),
        ("a.c", "abc", False),
    ],
)
def test_like_means_what_sql_says(like: str, text: str, *, matches: bool) -> None:
    assert bool(pattern_of(like).fullmatch(text)) is matches


def test_threat_18_pages_that_say_little_to_long_queries_fill_no_memory() -> None:
    pages = Pages(most_bytes=1 << 20)
    for number in range(500):
        pages.get(("table", f"{number:09}" * 1000), lambda: Answer(b"{}", JSON, {}))
    kept = sum(len(key[1]) for key in cast("dict[tuple[str, str], Any]", pages._made))
    assert 0 < kept <= 1 << 20


# 20


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office whose next publication is in force in 2099 only."""
    folder: Path = tmp_path_factory.mktemp("ahead")
    made = office(folder)
    add(data_folder(made.settings) / PUBLISHED, folder / "check", version=6, effective=dt.date(2099, 1, 1))
    return made


def test_threat_20_nothing_public_tells_of_what_is_to_come(ahead: Office) -> None:
    """Whether a later publication is there or not, the public is told the same of every day."""
    times = ["2099-06-01", "../..", f"{EFFECTIVE}/..", "2098-01-01/2100-01-01", "2099-06-01T00:00:00Z"]
    seen = [ahead.ask(f"{ITEMS}?datetime={each}") for each in times]
    kept = list(ahead.app.state.features.public._made)
    assert {each.status_code for each in seen} == {200}
    assert {number[0] for number, *_ in kept} == {1}
    assert ahead.ask("/api/v1/reports/2").status_code == 404
    assert len(ahead.ask("/api/v1/reports?on=2099-06-01").json()["reports"]) <= 1
    digest = ahead.ask("/api/v1/publications", who="viewer").json()["publications"][1]["digest"][:16]
    assert ahead.ask(f"/api/v1/tiles/WebMercatorQuad/0/0/0?v={digest}").status_code in (200, 404)
    assert ahead.ask(f"/data/{'0' * 32}.json?of=2").json() == ahead.ask(f"/data/{'0' * 32}.json?of=9").json()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/where?on=2024-03-01&household={}",
        "/api/v1/where?on=9999-12-31&household={}",
        "/api/v1/explain?service=medical&household={}",
        "/api/v1/collections/households/items/{}",
        "/api/v1/collections/households/items/{}?datetime=2024-03-01",
        "/api/v1/staff/explain?service=medical&household={}",
    ],
)
def test_threat_20_a_household_elsewhere_is_answered_as_one_that_is_not(served: Office, path: str) -> None:
    there, nowhere = (served.ask(path.format(each), who="viewer_v1", accept_language="en") for each in ("H079", "H999"))
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace("H079", "H999") == nowhere.text
    told = [{name: value for name, value in each.headers.items() if name != "x-request-id"} for each in (there, nowhere)]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "query",
    [
        "filter=household_id='H079'",
        "filter=household_id LIKE 'H07%25'",
        "filter=S_INTERSECTS(geometry,BBOX(-180,-90,180,90)) AND household_id > 'H041'",
        "sortby=-household_id&limit=1",
        "offset=40",
        "bbox=-180,-90,180,90&sortby=-household_id",
        "datetime=../..&sortby=-household_id",
    ],
)
def test_threat_20_no_filter_order_or_page_reaches_beyond_the_township(served: Office, query: str) -> None:
    answer = served.ask(f"/api/v1/collections/households/items?{query}", who="viewer_v1")
    told = answer.json()
    assert answer.status_code == 200
    assert all(each["id"] <= "H040" for each in told["features"])
    assert told["numberMatched"] in (0, 40)


@pytest.mark.parametrize("path", ["/api/v1/versions", "/api/v1/boundaries", "/api/v1/collections", "/api/v1/versions/5"])
def test_threat_20_an_etag_of_others_tells_nobody_that_they_have_it(served: Office, path: str) -> None:
    everything = served.ask(path, who="viewer")
    own = served.ask(path, who="viewer_v1", If_None_Match=everything.headers.get("etag", '"none"'))
    assert own.status_code == 200 or own.text == everything.text
    assert "private" in everything.headers["cache-control"] or "no-store" in everything.headers["cache-control"]
    assert {"Authorization", "Cookie"} <= {each.strip() for each in everything.headers["vary"].split(",")}


def test_threat_20_a_key_of_another_gets_nobody_an_answer_that_was_given(served: Office) -> None:
    """The same Idempotency-Key of another caller is another request, and the first one's answer is not told."""
    asked: dict[str, Any] = {"json": {"name": "secret of V2"}, "method": "POST", "Idempotency_Key": "guessed"}
    first, other = (served.ask("/api/v1/plans", who=who, **asked) for who in ("planner_v2", "planner_v1"))
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()["plan_id"] != other.json()["plan_id"]
    assert "idempotency-replayed" not in other.headers
    found = served.ask("/api/v1/plans", who="planner_v1").text
    assert first.json()["plan_id"] not in found
    path = f"/api/v1/plans/{first.json()['plan_id']}"
    there, nowhere = (served.ask(each, who="planner_v1") for each in (path, "/api/v1/plans/000000000000"))
    assert (there.status_code, there.text) == (404, nowhere.text)


# 24


@pytest.mark.parametrize(
    "path", ["/api/v1/jobs/%00", "/api/v1//jobs", "/api/v1/jobs/..%2f..", "/api/v1/jobs;a=1", "/data/../etc"]
)
def test_threat_24_tricks_with_paths_lead_nowhere(served: Office, path: str) -> None:
    answer = served.ask(path, who="admin")
    assert answer.status_code == 404
    assert json.loads(answer.text)["title"]
    assert str(served.path.parent) not in answer.text
