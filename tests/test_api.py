"""The HTTP service: what it serves, how it caches, what it refuses, and that no household can come out of it."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import ValidationError

import api.routes.coverage
from api import errors
from api.answers import Answer, Shelf, holds, prefers_gzip
from api.app import ROUTERS, create_app
from api.errors import BusyError
from api.settings import Settings
from api.source import read_folder
from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text
from maps.embedmaps import MAPS
from tests.published import HOSTILE, public_report, write_folder

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

ROUTES: tuple[Any, ...] = tuple(route for router in ROUTERS for route in router.routes)
OF_THE_MOMENT = {"/health/live", "/health/ready", "/metrics"}
"""What no cache may keep; see tests/test_guard.py."""
EVERYTHING = tuple(
    route.path
    for route in ROUTES
    if "GET" in route.methods and "{" not in route.path and route.include_in_schema and route.path not in OF_THE_MOMENT
)
PAGES = tuple(route.path for route in ROUTES if route.path in EVERYTHING and route.tags == ["pages"])
DATA = tuple(path for path in EVERYTHING if path not in PAGES)
CANARIES = ("CANARY-HOUSEHOLD-7731", "117.2345678", "CANARY-PHONE")
Get = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A check's folder whose private files hold canaries."""
    made = write_folder(public_report(hostile=HOSTILE), tmp_path_factory.mktemp("check"))
    private = made / "private"
    private.mkdir()
    for name in ("households.parquet", "households.geojson", "rejected.csv", "unreached.csv", "outside.csv", "report.json"):
        (private / name).write_text("\n".join(CANARIES), encoding="utf-8")
    (made / "notes.txt").write_text(CANARIES[0], encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def app(folder: Path) -> FastAPI:
    return create_app(Settings(folder=folder))


@pytest.fixture(scope="module")
def get(app: FastAPI) -> Get:
    """Return a function that sends one request."""
    return lambda path, **given: asked(app, path, **given)


def asked(app: FastAPI, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Send one request; header names are written with underscores."""
    named = {"accept-encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://geogrid.test") as client:
            return await client.request(method, path, headers=named)

    return anyio.run(send)


# What is served


@pytest.mark.parametrize("path", EVERYTHING)
def test_everything_answers_and_guards_itself(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in answer.headers


def test_report_is_the_file_and_grids_are_the_published_ones(get: Get, folder: Path) -> None:
    assert get("/api/v1/report").json() == json.loads((folder / "report.json").read_text(encoding="utf-8"))
    grids = get("/api/v1/grids")
    assert grids.headers["content-type"] == "application/geo+json"
    first, *_, last = grids.json()["features"]
    assert (first["properties"]["name"], first["properties"]["covered_education"]) == (HOSTILE, 291)
    assert (last["properties"]["households"], last["properties"]["share_all"], last["properties"]["suppressed"]) == (
        None,
        None,
        True,
    )


@pytest.mark.parametrize(
    ("service", "ids"), [("education", ["education-1"]), ("medical", ["medical-1", "medical-2"]), ("sport", [])]
)
def test_gaps_of_one_service(get: Get, service: str, ids: list[str]) -> None:
    features = get(f"/api/v1/gaps?service={service}").json()["features"]
    assert [feature["properties"]["gap_id"] for feature in features] == ids
    assert all((feature["geometry"] is None) == feature["properties"]["suppressed"] for feature in features)


def test_gaps_of_all_services_are_all(get: Get) -> None:
    assert len(get("/api/v1/gaps").json()["features"]) == len(get("/api/v1/gaps?service=all").json()["features"]) == 3


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_speak_the_language_asked_for(get: Get, path: str, lang: str) -> None:
    for answer in (
        get(f"{path}?lang={lang}"),
        get(path, accept_language=f"fr, {lang}-XX;q=0.9, {'en' if lang == 'zh' else 'zh'};q=0.3"),
    ):
        assert answer.headers["content-language"] == {"zh": "zh-CN", "en": "en"}[lang]
        assert f'<html lang="{answer.headers["content-language"]}"' in answer.text
        assert answer.headers["vary"] == "Accept-Encoding, Accept-Language"


def test_names_never_become_markup(get: Get) -> None:
    for path in PAGES:
        assert "<img src=x" not in get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_pages_allow_no_inline_script_without_its_hash_and_link_to_no_other_host(get: Get, path: str) -> None:
    answer = get(path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy.replace("https://portal", "")
    assert not re.search(r'<(script|link|img|iframe)[^>]*(src|href)="?(https?:)?//', answer.text)
    assert "geogrid.test" not in answer.text


def test_start_page_links_everything_and_every_link_works(get: Get) -> None:
    links = set(re.findall(r'href="([^"#]+)"', get("/?lang=en").text))
    linked = {f"/{link.partition('?')[0].removeprefix('./')}" for link in links}
    assert {*PAGES} - linked == {f"/embed/{name}" for name in MAPS}
    of_standards = {path for path in DATA if re.match(r"/api/v1($|/(tile|conformance|openapi-3))", path)}
    assert {*DATA} - linked == of_standards  # which lead to each other
    assert [link for link in links if get(f"/{link.removeprefix('./')}".replace("&amp;", "&")).status_code != 200] == []


def test_docs_describe_every_route(get: Get, app: FastAPI) -> None:
    named = {route.path for route in _routes(app) if route.include_in_schema}
    routes = {re.sub(r":path\}", "}", path) for path in named}
    assert routes >= set(EVERYTHING)
    for lang in ("zh", "en"):
        page = get(f"/docs?lang={lang}").text
        assert [path for path in routes if f"<code>{path}</code>" not in page] == []
    described = get("/api/v1/openapi.json").json()["paths"]
    assert set(described) == routes
    assert all(list(operations) == ["get"] for operations in described.values())
    hidden = {route.path for route in _routes(app)} - named
    assert hidden <= {"/api/v1/"}


def _routes(app: FastAPI) -> list[Any]:
    found: list[Any] = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            found += [
                inner for inner in getattr(getattr(route, "original_router", None), "routes", []) if isinstance(inner, APIRoute)
            ]
    return found


# Caching


@pytest.mark.parametrize("path", EVERYTHING)
def test_etag_is_strong_and_differs_by_encoding(get: Get, path: str) -> None:
    plain, squeezed = get(path), get(path, accept_encoding="gzip")
    assert squeezed.content == plain.content
    assert re.fullmatch(r'"[0-9a-f]{32}"', plain.headers["etag"])
    assert plain.headers["etag"].strip('"') == hashlib.sha256(plain.content).hexdigest()[:32]
    assert "content-encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["vary"]
    if len(plain.content) >= 512:
        assert squeezed.headers["content-encoding"] == "gzip"
        assert int(squeezed.headers["content-length"]) < len(plain.content)
        assert squeezed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_who_has_the_bytes_gets_304(get: Get, path: str, encoding: str) -> None:
    etag = get(path, accept_encoding=encoding).headers["etag"]
    for asks in (etag, f'"other", W/{etag}', "*"):
        again = get(path, accept_encoding=encoding, if_none_match=asks)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = get(path, accept_encoding=encoding, if_none_match='"stale"')
    assert other.status_code == 200


def test_etag_of_one_encoding_is_not_good_for_the_other(get: Get) -> None:
    etag = get("/api/v1/grids", accept_encoding="gzip").headers["etag"]
    assert get("/api/v1/grids", accept_encoding="identity", if_none_match=etag).status_code == 200


@pytest.mark.parametrize("path", EVERYTHING)
def test_head_is_get_without_the_body(get: Get, path: str) -> None:
    whole, head = get(path), get(path, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.pop("x-request-id") != whole.headers.pop("x-request-id")
    assert head.headers == whole.headers


def test_two_services_of_one_folder_answer_with_the_same_bytes(get: Get, folder: Path) -> None:
    other = create_app(Settings(folder=folder))
    for path in EVERYTHING:
        assert asked(other, path).content == get(path).content


def test_compressed_bytes_do_not_depend_on_the_time() -> None:
    first, second = (Answer(b"x" * 600, "text/plain", {}).compressed for _ in range(2))
    assert first == second
    assert gzip.decompress(first) == b"x" * 600


@pytest.mark.parametrize("header", ["gzip;q=0", "br", "", "identity", "gzip;q=nan", "gzip;q=2", "*;q=0"])
def test_gzip_is_not_sent_to_who_does_not_take_it(header: str) -> None:
    assert not prefers_gzip(header)


def test_if_none_match_that_is_nonsense_holds_nothing() -> None:
    assert not holds("a, b", '"a"')


# Who may frame, who may read


def test_only_the_embed_may_be_framed_and_only_by_those_in_the_settings(folder: Path) -> None:
    origins = "https://portal.example.cn https://*.example.gov.cn"
    app = create_app(Settings(folder=folder, frame_ancestors=origins))  # type: ignore[arg-type]
    for path in EVERYTHING:
        allowed = asked(app, path).headers["content-security-policy"].rpartition("frame-ancestors ")[2]
        assert allowed == (origins if path.startswith("/embed/") else "'none'")


def test_data_is_open_to_any_origin_without_credentials_and_pages_are_not(get: Get) -> None:
    for path in EVERYTHING:
        answer = get(path, origin="null")
        assert "access-control-allow-credentials" not in answer.headers
        assert answer.headers.get("access-control-allow-origin") == ("*" if path in DATA else None)


@pytest.mark.parametrize(
    "value", ["https://a.cn; script-src *", "javascript:alert(1)", "'none' https://a.cn", "https://a.cn\r\nX: 1;", ""]
)
def test_frame_ancestors_cannot_say_anything_else(value: str) -> None:
    with pytest.raises(ValidationError, match="expected origins"):
        Settings(frame_ancestors=value)  # type: ignore[arg-type]


# What is refused


def problem(answer: httpx.Response) -> dict[str, Any]:
    """Return the problem details of an answer, after checking what all of them share."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == "about:blank"
    return body


def test_unknown_address(get: Get) -> None:
    assert problem(get("/private/households.parquet")) == {
        "type": "about:blank",
        "title": "没有找到",
        "status": 404,
        "detail": "没有这个地址；全部地址见 /docs。",
    }
    assert problem(get("/docs/"))["status"] == 404


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(get: Get, path: str, method: str) -> None:
    answer = get(path, method=method)
    assert problem(answer)["title"] == "不支持这种请求方法"
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", EVERYTHING)
def test_unknown_parameters_are_refused(get: Get, path: str) -> None:
    answer = get(f"{path}?lang=en&limit=5")
    assert problem(answer)["status"] == 400
    assert re.match(r"unknown parameter limit: this address takes ([a-z]+, )*lang\b", problem(answer)["detail"])


def test_that_it_lives_is_said_while_all_threads_are_at_work(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("fastapi.routing", "fastapi.dependencies.utils", "api.access"):
        monkeypatch.setattr(f"{module}.run_in_threadpool", None)
    assert get("/health/ready").status_code == 500
    assert get("/health/live").json() == {"status": "live"}


def test_a_parameter_given_twice_is_refused(get: Get) -> None:
    assert problem(get("/report?lang=en&lang=zh"))["status"] == 400


def test_wrong_language_and_wrong_service(get: Get) -> None:
    assert problem(get("/report?lang=fr"))["detail"] == "参数 lang 的值“fr”不对：应为 zh 或 en"
    assert problem(get("/report?lang=fr", accept_language="en"))["detail"] == "lang = 'fr' is not usable: expected zh or en"
    answer = get("/embed/coverage?service=banking&lang=en")
    assert problem(answer) | {"type": ""} == {
        "type": "",
        "title": "Not found",
        "status": 404,
        "detail": "there is no service 'banking': choose education, medical, sport, all",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/report?lang=" + "x" * 4000,
        "/api/v1/gaps?service=" + "y" * 4000,
        "/?" + "z" * 4000 + "=1",
        "/embed/coverage?service=%00",
        "/embed/coverage?service=%ff%fe",
        "/embed/coverage?service=%7B%7B7*7%7D%7D",
        "/api/v1/gaps?service=../../private/households",
        "/api/v1/gaps?service=",
        "/report?lang",
        "/..%2f..%2fetc%2fpasswd",
        "/report%0d%0aX-Injected:1",
    ],
)
def test_hostile_requests_get_a_short_4xx(get: Get, path: str) -> None:
    answer = get(path)
    assert 400 <= answer.status_code < 500
    assert problem(answer)
    assert len(answer.content) < 1000
    assert "x-injected" not in answer.headers


def test_a_fault_tells_nothing_about_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise RuntimeError(f"the secret of {folder}")

    monkeypatch.setattr(api.routes.coverage, "map_page", broken)
    answer = asked(create_app(Settings(folder=folder)), "/maps/coverage?lang=en")
    assert problem(answer) == {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "detail": "This is our fault; it was written to the service's log.",
    }


def test_who_waits_too_long_is_told_to_come_back(folder: Path) -> None:
    app = create_app(Settings(folder=folder, busy_after_s=0.01))
    with app.state.holdings.source().shelf._making:
        answer = asked(app, "/report?lang=en")
    assert problem(answer)["title"] == "Busy"
    assert answer.headers["retry-after"] == "5"
    assert asked(app, "/report").status_code == 200


def test_shelf_makes_each_answer_once() -> None:
    made: list[str] = []

    def make() -> Answer:
        made.append("once")
        return Answer(b"", "text/plain", {})

    shelf = Shelf(1.0)
    assert shelf.get("a", make) is shelf.get("a", make)
    assert made == ["once"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError(Text("无", "none")), 404),
        (InputError(Text("错", "wrong")), 422),
        (BusyError(Text("忙", "busy")), 503),
        (errors.UnknownParameterError(Text("错", "wrong")), 400),
        (RuntimeError(), 500),
    ],
)
def test_every_error_has_its_status(error: Exception, status: int) -> None:
    assert errors.status_of(error) == status


@pytest.mark.parametrize("path", [*EVERYTHING, "/nowhere", "/report/"])
def test_host_names_of_the_request_appear_nowhere(get: Get, path: str) -> None:
    answer = get(path, host="evil.example", x_forwarded_host="evil.example")
    assert "evil.example" not in answer.text + str(answer.headers)


# Nobody's household


def test_no_household_can_be_served(get: Get, app: FastAPI, folder: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    tried = [
        *EVERYTHING,
        *(f"/{name}" for name in names),
        *(f"/api/v1/{name}" for name in names),
        "/static/../private/rejected.csv",
    ]
    answers = [asked(app, path) for path in tried] + [get(path, accept_encoding="gzip") for path in EVERYTHING]
    seen = "".join(answer.text + str(answer.headers) for answer in answers)
    assert [canary for canary in CANARIES if canary in seen] == []
    assert str(folder) not in seen


def test_private_files_are_never_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = io_open()

    def watched(file: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(str(file))
        return real(file, *args, **kwargs)

    monkeypatch.setattr("io.open", watched)
    read_folder(folder)
    assert any(name.endswith("report.json") for name in opened)
    assert not any("private" in name for name in opened)


def io_open() -> Any:
    """Return the function that pathlib opens files with."""
    import io  # noqa: PLC0415

    return io.open


# Starting


def test_a_folder_without_a_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no check \(no report.json\): run geogrid check --out .* first, or geogrid demo"):
        create_app(Settings(folder=tmp_path))


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": "other"}', '{"format": "geogrid-report", "version": 2}'])
def test_a_broken_check_is_refused(folder: Path, tmp_path: Path, content: str) -> None:
    copy = write_folder(public_report(), tmp_path / "check")
    (copy / "report.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="run geogrid check again"):
        create_app(Settings(folder=copy))
    assert folder != copy


def test_a_missing_layer_is_refused(tmp_path: Path) -> None:
    copy = write_folder(public_report(), tmp_path / "check")
    (copy / "gaps.geojson").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read_folder(copy)


def test_settings_come_from_the_environment_and_cannot_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOGRID_PORT", "9000")
    monkeypatch.setenv("GEOGRID_LANG", "en")
    monkeypatch.setenv("GEOGRID_FRAME_ANCESTORS", "https://a.example.cn, https://b.example.cn:8443")
    settings = Settings()
    assert (settings.port, settings.lang) == (9000, "en")
    assert settings.frame_ancestors == ("https://a.example.cn", "https://b.example.cn:8443")
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


def test_language_of_the_settings_is_for_who_asks_for_none(folder: Path) -> None:
    app = create_app(Settings(folder=folder, lang="en"))
    assert asked(app, "/report").headers["content-language"] == "en"
    assert asked(app, "/report", accept_language="zh-TW;q=0, fr").headers["content-language"] == "en"
    assert asked(app, "/report", accept_language="zh").headers["content-language"] == "zh-CN"
