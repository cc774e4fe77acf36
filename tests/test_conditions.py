"""What changes rest on (If-Match), day by day reports, one language for all of an answer, and words for HTTP."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlencode

import pytest
from pydantic_core.core_schema import ErrorType

from api.conditions import CONDITIONS, OF
from api.httpwords import FIELDS, over_http
from api.valuewords import wrong_values
from geogrid.words import Text
from tests.service import EFFECTIVE, office

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.service import Office

README = Path(__file__).parents[1] / "README.md"
MERGE = {"operations": [{"kind": "merge", "into": "G1", "others": ["G2"]}]}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return office(tmp_path_factory.mktemp("office"))


# What a change rests on


def test_every_change_is_in_the_table_and_as_it_says(town: Office) -> None:
    described = town.ask("/api/v1/openapi.json").json()["paths"]
    unsafe = {
        f"{method.upper()} {path}": operation
        for path, operations in described.items()
        for method, operation in operations.items()
        if method not in ("get", "head")
    }
    assert unsafe.keys() == OF.keys()
    assert sum(len(each.addresses) for each in CONDITIONS) == len(OF)
    for address, operation in unsafe.items():
        takes = "if-match" in {each["name"].lower() for each in operation.get("parameters", ())}
        told = (takes, "428" in operation["responses"], "412" in operation["responses"])
        assert (
            told == {"must": (True, True, True), "may": (True, False, True), "need not": (False, False, False)}[OF[address].rule]
        ), address


def test_the_readme_and_the_reference_show_the_table(town: Office) -> None:
    readme, page = README.read_text(encoding="utf-8"), town.ask("/docs?lang=en").text
    for each in CONDITIONS:
        assert all(f"`{address}`" in readme for address in each.addresses)
        assert each.says.zh in readme
        assert each.says.en in readme
        assert each.says.en.replace("'", "&#x27;") in page or each.says.en in page


def test_a_key_is_revoked_in_the_state_that_was_seen(town: Office) -> None:
    made = town.ask("/api/v1/keys", who="admin", method="POST", json={"name": "a", "role": "viewer"})
    where = f"/api/v1/keys/{made.json()['key_id']}"
    assert made.headers["location"].endswith(where)
    assert made.headers["etag"] == town.ask(where, who="admin").headers["etag"]
    assert town.ask(where, who="admin", method="DELETE", If_Match='"other"').status_code == 412
    assert town.ask(where, who="admin", method="DELETE", If_Match=made.headers["etag"]).status_code == 204
    assert town.ask(where, who="admin", method="DELETE", If_Match=made.headers["etag"]).status_code == 412
    assert town.ask(where, who="admin", method="DELETE").status_code == 204


def test_an_upload_is_deleted_in_the_state_that_was_seen(town: Office) -> None:
    sent = town.ask(
        "/api/v1/uploads?name=a.csv&lang=zh",
        who="planner",
        method="POST",
        content=b"a,b",
        content_type="application/octet-stream",
    )
    where = f"/api/v1/uploads/{sent.json()['upload_id']}"
    assert sent.headers["location"].endswith(where)
    assert sent.headers["etag"] == town.ask(where, who="planner").headers["etag"]
    assert town.ask(where, who="planner", method="DELETE", If_Match='"other"').status_code == 412
    assert town.ask(where, who="planner", method="DELETE", If_Match=sent.headers["etag"]).status_code == 204


def test_an_import_rests_on_the_ledger_as_it_was_read(town: Office) -> None:
    sent = town.ask(
        "/api/v1/uploads?name=a.csv", who="planner", method="POST", content=b"a,b", content_type="application/octet-stream"
    )
    asked = {"tables": {"staff": sent.json()["upload_id"]}, "act": {"reason": "r"}}
    seen = town.ask("/api/v1/versions", who="planner").headers["etag"]
    began = town.ask("/api/v1/imports", who="planner", method="POST", json=asked, If_Match=seen)
    assert began.status_code == 202, began.text
    about = began.json()["links"]["about"].removeprefix(town.settings.base_url)
    assert town.ask(about, who="planner", method="DELETE", If_Match='"other"').status_code == 412
    assert town.ask(about, who="planner", method="DELETE").status_code == 202
    for other in ('"0' + seen[1:], '"v0"'):
        assert town.ask("/api/v1/imports", who="planner", method="POST", json=asked, If_Match=other).status_code == 412


def test_publishing_may_rest_on_what_is_published(town: Office) -> None:
    seen = town.ask("/api/v1/publications", who="viewer")
    assert town.ask("/api/v1/publications", who="viewer", If_None_Match=seen.headers["etag"]).status_code == 304


# Days


@pytest.mark.parametrize("path", ["/api/v1/report", "/api/v1/grids", "/api/v1/gaps"])
def test_a_report_of_a_day(town: Office, path: str) -> None:
    today = town.ask(path)
    for day in (EFFECTIVE, dt.date(2999, 1, 1)):  # what is to come is nobody's yet
        then = town.ask(f"{path}?on={day}")
        assert (then.status_code, then.content) == (200, today.content)
        assert then.headers["cache-control"] == "public, no-cache"
    before = town.ask(f"{path}?on={EFFECTIVE - dt.timedelta(days=1)}&lang=zh")
    assert (before.status_code, before.json()["detail"]) == (404, "2024-01-31 还没有发布任何结果：见 /api/v1/reports")
    assert town.ask(f"{path}?on=soon").status_code == 422


def test_a_day_and_a_version_together(town: Office) -> None:
    told = town.ask("/api/v1/boundaries?on=2024-02-01&version=5&lang=zh", who="viewer")
    assert (told.status_code, told.json()["detail"]) == (400, "参数 on 和 version 只能给一个")


# Words

CONTEXT = ("gt", "ge", "lt", "le", "min_length", "max_length", "pattern", "discriminator")
# fmt: off
KNOWN = frozenset({
    "ETag", "GeoJSON", "JSON", "CSV", "KML", "XLSX", "CQL2", "GEOGRID_METRICS", "GEOGRID_BASEMAP",
    "Authorization", "Bearer", "If-Match", "Shapefile", "tiles", "GET", "POST", "application/json",
    "application/x-www-form-urlencoded", "application/octet-stream", "geogrid", "publish", "true",
    "false",
})
# fmt: on
"""Words of Latin letters in Chinese answers besides addresses, names of parameters, fields and values that there are."""
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*[A-Za-z0-9]")
NAMES = re.compile(r"/api/v1\S*|/maps/\S*|/docs|\.\w+(\.\w+)?|\^\S*|“[^”]*”")


def test_every_address_takes_a_language(town: Office) -> None:
    assert [each.path for each in town.app.state.routes if "lang" not in each.takes] == []


def commonest(town: Office) -> Iterator[httpx.Response]:
    """Yield the answers to what is asked wrong most: parameters, bodies, ids that are not there, keys that do not suffice."""
    for route in town.app.state.routes:
        method = next((each for each in route.methods if each != "HEAD"), "")
        if not method:
            continue
        path = re.sub(r"\{\w+(:\w+)?\}", "7", route.path)
        body: dict[str, Any] = {} if method == "GET" else {"json": {"no_such": 1}}
        wrong = urlencode({"lang": "zh", **dict.fromkeys(sorted(route.takes - {"lang"}), "7")})
        who = "viewer_v1" if route.openapi_extra["x-role"] in ("planner", "admin") else ""
        yield town.ask(f"{path}?{wrong}", who="admin", method=method, Accept="application/json", **body)
        if who or method != "GET" or route.openapi_extra["x-role"] == "viewer":
            yield town.ask(f"{path}?lang=zh", who=who, method=method, Accept="application/json", **body)
    yield town.ask("/api/v1/grids?lang=zh&no_such=1")


def test_chinese_answers_are_chinese(town: Office) -> None:
    """No word of Latin letters but terms, addresses, and the names and values that requests have."""
    names = schema_names(town)
    wrong, refused = set(), 0
    for answer in commonest(town):
        if answer.status_code < 400 or answer.headers["content-type"] != "application/problem+json":
            continue
        refused += 1
        told = answer.json()
        said = NAMES.sub(" ", f"{told['title']} {told.get('detail', '')}")
        wrong |= {(word, said) for word in WORD.findall(said) if word not in KNOWN | names}
    assert refused > 120
    assert not wrong


def schema_names(town: Office) -> set[str]:
    """Return every name and value that the description of the service knows, and what the town has."""
    found: set[str] = {"medical", "all", "village", "no_such"}

    def look(part: Any) -> None:
        if isinstance(part, dict):
            found.update(part.get("properties", ()), part.get("enum", ()), [part["const"]] if "const" in part else ())
            found.update([part["name"]] if "in" in part else ())
            for each in part.values():
                look(each)
        elif isinstance(part, list):
            for each in part:
                look(each)

    look(town.ask("/api/v1/openapi.json").json())
    return found | {each["id"] for each in town.ask("/api/v1/collections").json()["collections"]}


def test_no_kind_of_problem_is_told_in_english_to_who_reads_chinese() -> None:
    """Of every kind that pydantic knows, also those that no body of today can have."""
    context = dict.fromkeys(CONTEXT, "7")
    kinds: tuple[str, ...] = get_args(ErrorType)
    for kind in kinds:
        told = wrong_values(
            [{"type": kind, "loc": ("query", "x"), "msg": "Input should be otherwise", "ctx": context, "input": 1}]
        )
        assert not re.search(r"Input|should|Field|valid\b", told.zh), told
    assert len(kinds) > 90


def test_a_body_is_told_as_it_was_sent() -> None:
    told = wrong_values([{"type": "model_type", "loc": ("body",), "msg": "", "input": each} for each in (b"", {"甲": None})])
    assert told.zh == '正文的值“”不对：应为 对象 {…}；正文的值“{"甲": null}”不对：应为 对象 {…}'


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("请写明 --effective 2026-12-01 或以后", '请写明 "effective": "2026-12-01" 或以后'),
        ("如 --datum grids=gcj02 或 grids=wgs84。", '如 "datum": {"grids": "gcj02"} 或 {"grids": "wgs84"}。'),
        ("请用 --villages 3-8 和 --radius 4000 给出", '请用 "villages": [3, 8] 和 "radius_m": 4000 给出'),
        ("先用 geogrid import 导入", "先用 POST /api/v1/imports 导入"),
        ("请用 geogrid verify 检查", "请用 geogrid verify 检查"),
        ("方案“a--kind”、--kindly", "方案“a--kind”、--kindly"),
    ],
)
def test_words_of_the_command_line_over_http(said: str, told: str) -> None:
    assert over_http(Text(said, said)) == Text(told, told)


def test_fields_for_options_are_fields(town: Office) -> None:
    known = schema_names(town) | {"restaff"}  # a kind of operation
    assert {field for field, _ in FIELDS.values()} <= known


def test_what_was_made_has_the_state_and_the_address_that_reading_it_has(town: Office) -> None:
    made = town.ask("/api/v1/plans", who="admin", method="POST", json={"name": "城南"} | MERGE)
    where = made.headers["location"].removeprefix(town.settings.base_url)
    assert made.headers["location"].startswith(town.settings.base_url)
    assert made.headers["etag"] == town.ask(where, who="admin").headers["etag"]
    adopted = town.ask(f"{where}/adopt", who="admin", method="POST", json={"reason": "r"}, If_Match=made.headers["etag"])
    version = adopted.headers["location"].removeprefix(town.settings.base_url)
    assert version.startswith("/api/v1/versions/")
    assert adopted.headers["etag"] == town.ask(version, who="admin").headers["etag"]
    now = town.ask(where, who="admin").headers["etag"]
    late = town.ask(f"{where}/undo?lang=zh", who="admin", method="POST", json={}, If_Match=now)
    assert late.json()["detail"] == "方案“城南”已采纳，不能再改：请新建方案"
