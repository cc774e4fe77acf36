"""Features as the service sends them: who sees which, filters and what they may cost, times, caching, ids of any kind."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from api import audit
from api.app import create_app
from api.errors import InvalidParameterError
from api.holdings import PUBLISHED, data_folder
from api.ogc.catalogue import COLLECTIONS, STAFF
from api.ogc.crs import LONLAT
from api.ogc.evaluating import Evaluation
from api.ogc.filters import parsed
from api.ogc.oas30 import as_openapi_30
from api.ogc.table import Table
from api.settings import Settings
from api.state import state_of
from geogrid.publications import INDEX
from maps import figures
from tests.published import HOSTILE, public_report, write_folder
from tests.service import EFFECTIVE, Office, office

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

BASE = "/api/v1/collections"
TWO = ("households", "viewer_v1")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The paper town's service: 80 households, 40 of them in V1 with the grids G1 and G2; 4 grids."""
    return office(tmp_path_factory.mktemp("items"), requests_per_minute=1_000_000)


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The service of a folder with gaps that have no place, hostile names and lists."""
    folder = write_folder(public_report(hostile=HOSTILE), tmp_path_factory.mktemp("hand") / "check")
    wanted = Settings(folder=folder, requests_per_minute=1_000_000)
    return Office(create_app(wanted), wanted, {})


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["features"]]


# Who sees which


def test_the_public_knows_of_no_staff_collection(served: Office) -> None:
    listed = [each["id"] for each in served.ask(BASE).json()["collections"]]
    assert listed == ["grids", "areas", "gaps", "facilities", "defects", "streets", "service_radii"]
    for each in (*STAFF, None):
        name = each.name if each else "no-such-thing"
        for path in (f"{BASE}/{name}", f"{BASE}/{name}/items", f"{BASE}/{name}/items/H1", f"{BASE}/{name}/queryables"):
            assert served.ask(path).status_code == 404
            told = served.ask(path, accept_language="en").json()["detail"].replace(name, "X")
            assert told == "there is no collection 'X'; /api/v1/collections lists them"


@pytest.mark.parametrize(("who", "count"), [("viewer", 80), ("viewer_v1", 40), ("planner_v2", 40), ("admin", 80)])
def test_households_are_those_of_the_caller_s_areas(served: Office, who: str, count: int) -> None:
    answer = served.ask(f"{BASE}/households/items?limit=1", who=who)
    assert answer.json()["numberMatched"] == count
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    assert {"Authorization", "Cookie"} <= set(answer.headers["vary"].split(", "))


def test_townships_share_no_household_and_see_no_other_extent(served: Office) -> None:
    one, other = (set(ids(served.ask(f"{BASE}/households/items?limit=1000", who=who))) for who in ("planner_v1", "planner_v2"))
    assert not one & other
    assert served.ask(f"{BASE}/households/items/{min(other)}", who="planner_v1").status_code == 404
    assert ids(served.ask(f"{BASE}/workspace_grids/items", who="viewer_v1")) == ["G1", "G2"]
    assert ids(served.ask(f"{BASE}/workspace_areas/items", who="viewer_v1")) == ["V1"]
    west, _, east, _ = served.ask(f"{BASE}/households", who="viewer_v1").json()["extent"]["spatial"]["bbox"][0]
    assert (west, round(east, 4)) == (117.0, 117.0102)
    found = served.ask(f"{BASE}/households/items?bbox=117.0103,28,118,29", who="viewer_v1").json()
    assert found["numberMatched"] == 0
    homes = f"household_id IN ({','.join(repr(each) for each in sorted(other)[:20])})"
    assert served.ask(f"{BASE}/households/items?filter={quote(homes)}", who="planner_v1").json()["numberMatched"] == 0


def test_reading_households_is_noted_without_naming_any(served: Office) -> None:
    state = state_of(data_folder(served.settings))
    before = audit.entries(state, limit=1)
    served.ask(f"{BASE}/households/items?limit=3", who="viewer_v1")
    served.ask(f"{BASE}/workspace_grids/items", who="viewer_v1")
    entry, *rest = audit.entries(state, limit=1)
    assert rest == []
    assert entry.number == (before[0].number if before else 0) + 1
    assert (entry.action, entry.of, json.loads(entry.detail)) == ("read_households", "households", {"rows": 3})


def test_an_erased_household_is_gone_at_once(tmp_path: Path) -> None:
    from geogrid.store import open_workspace  # noqa: PLC0415
    from tests.workspaces import act  # noqa: PLC0415

    made = office(tmp_path)
    first = ids(served_all(made))[0]
    with open_workspace(made.path) as opened:
        opened.erase([first], act=act(40, "注销"))
    assert made.ask(f"{BASE}/households/items/{first}?datetime=2024-01-05", who="viewer").status_code == 404
    assert first not in ids(served_all(made))


def served_all(made: Office) -> httpx.Response:
    return made.ask(f"{BASE}/households/items?limit=1000&datetime=2024-01-05", who="viewer")


# Times


def test_a_day_gets_what_was_in_force(tmp_path: Path) -> None:
    made = office(tmp_path)
    later = dt.date(2024, 6, 1)
    root = data_folder(made.settings) / PUBLISHED
    write_folder(public_report(), root / "2")
    first = json.loads((root / INDEX).read_text(encoding="utf-8"))[0]
    told = [first, {**first, "number": 2, "digest": "2", "effective": later.isoformat()}]
    (root / INDEX).write_text(json.dumps(told), encoding="utf-8")
    asked = {
        "2024-01-31": [],
        "2024-02-01": 4,
        "2024-05-31T15:59:59Z": 4,
        "2024-05-31T16:00:00Z": 12,
        "2024-01-01/2024-03-01": 4,
        "../2024-03-01": 4,
        "2024-03-01/..": 12,
        "2023-01-01/2024-01-01": [],
    }
    for value, expected in asked.items():
        found = ids(made.ask(f"{BASE}/grids/items?datetime={value}"))
        assert (found if expected == [] else len(found)) == expected, value
    assert made.ask(f"{BASE}/grids/items/g01").status_code == 200
    assert made.ask(f"{BASE}/grids/items/g01?datetime=2024-03-01").status_code == 404
    interval = made.ask(f"{BASE}/grids").json()["extent"]["temporal"]["interval"]
    assert interval == [[f"{EFFECTIVE - dt.timedelta(days=1)}T16:00:00Z", None]]


def test_the_workspace_as_of_a_day(served: Office) -> None:
    assert served.ask(f"{BASE}/households/items?datetime=2024-01-03", who="viewer").json()["numberMatched"] == 0
    assert served.ask(f"{BASE}/households/items?datetime=2024-01-04", who="viewer").json()["numberMatched"] == 80
    assert served.ask(f"{BASE}/households/items?datetime=2023-01-01", who="viewer").json()["numberMatched"] == 0


@pytest.mark.parametrize(("name", "who"), [("grids", ""), ("households", "viewer")])
def test_a_day_before_the_first_has_nothing_in_every_system(served: Office, name: str, who: str) -> None:
    for uri in served.ask(f"{BASE}/{name}", who=who).json()["crs"]:
        answer = served.ask(f"{BASE}/{name}/items?datetime=2000-01-01&crs={uri}", who=who)
        assert (ids(answer), answer.headers["content-crs"]) == ([], f"<{uri}>")
        assert served.ask(f"{BASE}/{name}/items/G1?datetime=2000-01-01&crs={uri}", who=who).status_code == 404
    assert served.ask(f"{BASE}/{name}/items?datetime=2000-01-01&crs=x", who=who).status_code == 400


# Caching and ids


def test_public_pages_are_the_same_bytes_for_everyone_and_304_for_who_has_them(served: Office) -> None:
    one, other = served.ask(f"{BASE}/grids/items"), served.ask(f"{BASE}/grids/items", who="admin")
    assert (one.content, one.headers["etag"]) == (other.content, other.headers["etag"])
    assert one.headers["access-control-allow-origin"] == "*"
    assert served.ask(f"{BASE}/grids/items", If_None_Match=one.headers["etag"]).status_code == 304
    assert served.ask(f"{BASE}/grids/items?limit=1").headers["etag"] != one.headers["etag"]
    assert served.ask(f"{BASE}/grids/items", method="HEAD").headers["etag"] == one.headers["etag"]


STRANGE = ("a/b", "a?b=c&d", "第1网格 %2F", "..x", "<script>", "a:b;c", "'or 1=1--", '"')


def test_ids_of_any_characters(tmp_path: Path) -> None:
    report = public_report()
    report.grids["grid_id"] = [*STRANGE, *report.grids["grid_id"][len(STRANGE) :]]
    wanted = Settings(folder=write_folder(report, tmp_path / "check"))
    made = Office(create_app(wanted), wanted, {})
    shown = made.ask(f"{BASE}/grids/items?f=html").text
    assert "<script" not in shown
    for name in STRANGE:
        found = made.ask(f"{BASE}/grids/items/{quote(name, safe='')}").json()
        assert found["id"] == name
        own = next(each["href"] for each in found["links"] if each["rel"] == "self")
        assert made.ask(own.removeprefix("http://127.0.0.1:8765")).json()["id"] == name
        assert f"items/{quote(name, safe='')}?" in shown


def test_links_never_take_the_host_that_a_caller_names(served: Office) -> None:
    for path in ("/api/v1", BASE, f"{BASE}/grids/items?limit=1"):
        assert "evil" not in served.ask(path, Host="evil.example", X_Forwarded_Host="evil.example").text


def test_pages_say_words_and_percentages(hand: Office) -> None:
    shown = hand.ask(f"{BASE}/grids/items?f=html").text
    shares = [each["properties"]["share_medical"] for each in hand.ask(f"{BASE}/grids/items").json()["features"]]
    assert any(isinstance(each, float) and each % 1 for each in shares)
    assert all(figures.share(each) in shown for each in shares)
    assert not re.search(r"<t[dh][^>]*>([a-z]+_[a-z_]+|[01]\.[0-9]+)<", shown)
    page = hand.ask(f"{BASE}/gaps/queryables?f=html&lang=en")
    assert page.headers["content-type"].startswith("text/html")
    assert "Nearest facility" in page.text


def test_names_are_text_on_pages(hand: Office) -> None:
    shown = hand.ask(f"{BASE}/grids/items?f=html").text
    assert "<img src=x" not in shown
    assert "default-src 'none'" in hand.ask(f"{BASE}/grids/items?f=html").headers["content-security-policy"]


# Filters


@pytest.mark.parametrize(
    ("cql", "expected"),
    [
        ("service = 'medical'", ["medical-1", "medical-2"]),
        ("households > 100 AND service <> 'sport'", ["education-1", "medical-1"]),
        ("households IS NULL", ["medical-2"]),
        ("NOT (households > 150)", ["medical-1"]),
        ("households IN (120, 7)", ["medical-1"]),
        ("households NOT BETWEEN 0 AND 150", ["education-1"]),
        ("gap_id LIKE 'med%-_'", ["medical-1", "medical-2"]),
        ("CASEI(service) = CASEI('EDUCATION')", ["education-1"]),
        ("persons / households = 3", ["education-1", "medical-1"]),
        ("suppressed = TRUE OR rank = 1", ["education-1", "medical-1", "medical-2"]),
        ("A_CONTAINS(grid_ids, ('g04'))", ["education-1", "medical-1", "medical-2"]),
        ("geometry IS NULL", ["medical-2"]),
        ("S_INTERSECTS(geometry, BBOX(117.21, 28.28, 117.2161, 28.30))", ["medical-1"]),
        ("S_WITHIN(geometry, POLYGON((117 28, 118 28, 118 29, 117 29, 117 28)))", ["education-1", "medical-1"]),
        ("gap_id = 'x'' OR 1=1 --'", []),
    ],
)
def test_filters(hand: Office, cql: str, expected: list[str]) -> None:
    assert ids(hand.ask(f"{BASE}/gaps/items?filter={quote(cql)}")) == expected
    tree = json.dumps(parsed(cql, "cql2-text", most_bytes=8192))
    assert ids(hand.ask(f"{BASE}/gaps/items?filter-lang=cql2-json&filter={quote(tree)}")) == expected


def test_shapes_of_a_filter_are_in_its_system(hand: Office) -> None:
    turned = quote("S_INTERSECTS(geometry, BBOX(28.28, 117.21, 28.30, 117.2161))")
    answer = hand.ask(f"{BASE}/gaps/items?filter={turned}&filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326")
    assert ids(answer) == ["medical-1"]


def test_sorting(hand: Office) -> None:
    assert ids(hand.ask(f"{BASE}/gaps/items?sortby=-households")) == ["education-1", "medical-1", "medical-2"]
    assert ids(hand.ask(f"{BASE}/gaps/items?sortby=rank,households")) == ["medical-1", "education-1", "medical-2"]
    for wrong in ("nothing", "__class__", "grid_ids", "", "rank,rank", "rank;DROP TABLE"):
        assert hand.ask(f"{BASE}/gaps/items?sortby={quote(wrong)}").status_code == 400


THREAT_18 = {
    "1,000 ORs": " OR ".join(["rank = 1"] * 900),
    "500 levels": "(" * 500 + "rank = 1" + ")" * 500,
    "brackets that never close": "(" * 60,
    "a mistake below many levels": "(" * 16 + "rank ~ 1" + ")" * 16,
    "a mistake at the end of much": "(" * 6 + "rank + " * 1000 + "~" + ")" * 6,
    "brackets behind a quote": "'\\''" + "(" * 30 + "~" + ")" * 30 + "'",
    "many signs": "+".join(["rank"] * 900) + " = 1",
    "many stars": "gap_id LIKE '" + "%a" * 300 + "'",
    "an unknown property": "__class__ = 1",
    "an unknown function": "sleep(10) = 1",
    "text against a number": "rank = 'x'",
    "infinity": "rank = 1e999 AND",
    "SQL": "1=1; DROP TABLE grids",
    "nothing": "",
    "a bowtie": "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))",
    "an open ring": "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0)))",
    "too long": "rank = 1 OR rank = " + "1" * 9000,
}


@pytest.mark.parametrize("cql", THREAT_18.values(), ids=THREAT_18)
def test_threat_18_filters_are_refused_soon(hand: Office, cql: str) -> None:
    began = time.perf_counter()
    answer = hand.ask(f"{BASE}/gaps/items?filter={quote(cql)}")
    assert answer.status_code == 400, answer.text[:200]
    assert time.perf_counter() - began < 3
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "tree",
    [
        "[" * 7000,
        '{"op":"not","args":[' * 60 + "true" + "]}" * 60,
        '{"op":"and","args":[]}',
        '{"op":1}',
        "[]",
        "1",
        '{"op":"=","args":[{"property":"rank"},1e999]}',
        '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":["a"]}]}',
        '{"op":"=","args":[1]}',
        '"\\ud800"',
    ],
)
def test_threat_18_filters_as_json_are_refused(hand: Office, tree: str) -> None:
    answer = hand.ask(f"{BASE}/gaps/items?filter-lang=cql2-json&filter={quote(tree)}")
    assert answer.status_code == 400, answer.text[:200]


REFUSED = (
    *("bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=1,2,3,4,5,6,7", "bbox=1,5,2,4", "bbox=nan,1,2,3", "bbox=1,2,inf,4"),
    *("bbox=1e999,2,3,4", "bbox=", "bbox=" + "1," * 500, "bbox=1,2,3,4&bbox-crs=x"),
    *("limit=abc", "limit=-1", "limit=0", "limit=1e3", "limit=" + "9" * 5000, "limit=1&limit=2", "offset=-1", "offset=x"),
    *("datetime=0000-00-00", "datetime=9999-12-31T23:59:59-12:00/..", "foo=bar", "f=xml", "lang=fr"),
    *("crs=EPSG:4326", "filter-lang=sql", "filter-crs=x"),
)


@pytest.mark.parametrize("query", REFUSED)
def test_threats_15_and_18_values_are_refused(hand: Office, query: str) -> None:
    assert hand.ask(f"{BASE}/gaps/items?{query}").status_code == 400


def test_a_large_offset_is_an_empty_page(hand: Office) -> None:
    found = hand.ask(f"{BASE}/gaps/items?offset=999999999").json()
    assert (found["numberMatched"], found["numberReturned"]) == (3, 0)


NAMES = ("a", "b")
TERMS = st.sampled_from(
    ["a > 1", "a <= 2", "a IS NULL", "b = 'x'", "b <> 'y'", "b IN ('x','y')", "a BETWEEN 1 AND 2", "b LIKE 'x%'"]
)
TREES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} AND {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=5,
)
SAMPLE: list[dict[str, Any]] = [{"a": a, "b": b} for a in (None, 1.0, 2.0, 3.0) for b in (None, "x", "y", "xz")]


def holds(cql: str, row: dict[str, Any]) -> bool:
    """Ask SQLite, which knows three-valued logic, about one row."""
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(":memory:") as connection:
        found = connection.execute(f"SELECT 1 FROM (SELECT :a AS a, :b AS b) WHERE {cql}", row).fetchone()  # noqa: S608
    connection.close()
    return found is not None


@given(cql=TREES)
@settings(max_examples=40, deadline=None)
def test_filters_agree_with_a_database(cql: str) -> None:
    frame = gpd.GeoDataFrame(SAMPLE, geometry=[shapely.Point(0, 0)] * len(SAMPLE), crs=4326)
    table = Table(COLLECTIONS["grids"], frame)
    try:
        tree = parsed(cql, "cql2-text", most_bytes=8192)
    except InvalidParameterError:
        return
    expected = [holds(cql, row) for row in SAMPLE]
    assert np.flatnonzero(Evaluation(table, LONLAT).rows(tree)).tolist() == np.flatnonzero(expected).tolist()


def test_the_description_is_openapi_30_without_words_of_31() -> None:
    told = as_openapi_30({"openapi": "3.1.0", "a": {"type": ["string", "null"]}, "b": {"const": 1}, "c": {"exclusiveMinimum": 3}})
    assert told == {
        "openapi": "3.0.3",
        "a": {"type": "string", "nullable": True},
        "b": {"enum": [1]},
        "c": {"minimum": 3, "exclusiveMinimum": True},
    }
