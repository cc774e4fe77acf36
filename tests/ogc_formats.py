"""Abstract tests of OGC API - Features, Part 1: the classes geojson, html and oas30."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import jsonschema_rs
from schemathesis.specs.openapi import definitions

from tests.ogc_client import GEOJSON, linked
from tests.ogc_schemas import FEATURES, ONE_FEATURE, keeps_to
from tests.ogc_suite import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import httpx

    from tests.ogc_client import Service

SUITE = Suite()
BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
SHOWN = (
    *("items", "next", "prev", "collection", "data", "conformance", "service-desc", "service-doc"),
    "http://www.opengis.net/def/rel/ogc/1.0/queryables",
)
"""Relations that a page for people has as links."""
OPENAPI = "application/vnd.oai.openapi+json"
DOCUMENTS = ("/", "/conformance", "/collections")


class Links(HTMLParser):
    """The addresses and the text of a page."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.addresses: set[str] = set()
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link leads."""
        self.tags.append(tag)
        self.addresses |= {_path(value) for name, value in attrs if tag == "a" and name == "href" and value}


# GeoJSON


@SUITE.each("/conf/geojson/definition")
def _geojson(service: Service, name: str) -> None:
    for path in _addresses(service, name)[1:]:
        assert _type(service.get(path, accept=GEOJSON)) == GEOJSON


@SUITE.whole("/conf/geojson/definition/documents")
def _geojson_documents(service: Service) -> None:
    for path in (*DOCUMENTS, *(f"/collections/{name}" for name in service.collections)):
        assert _type(service.get(path, accept="application/json")) == "application/json"


@SUITE.each("/conf/geojson/content")
def _geojson_content(service: Service, name: str) -> None:
    found = service.items(name, limit=10_000)
    keeps_to(FEATURES, found)
    shapes = [one["geometry"] for one in found["features"] if one["geometry"]]
    for shape in (shape for shape in shapes if shape["type"] == "Polygon"):
        assert all(ring[0] == ring[-1] for ring in shape["coordinates"])


@SUITE.each("/conf/geojson/content/feature")
def _geojson_feature(service: Service, name: str) -> None:
    for one in service.items(name, limit=2)["features"]:
        found = service.json(f"/collections/{name}/items/{one['id']}")
        keeps_to(ONE_FEATURE, found)
        assert str(found["id"]) == str(one["id"])


# HTML


@SUITE.each("/conf/html/definition")
def _html(service: Service, name: str) -> None:
    for path in _addresses(service, name):
        assert _type(service.get(path, accept=BROWSER)) == "text/html"


@SUITE.whole("/conf/html/definition/documents")
def _html_documents(service: Service) -> None:
    for path in DOCUMENTS:
        assert _type(service.get(path, accept=BROWSER)) == "text/html", path


@SUITE.each("/conf/html/content")
def _html_content(service: Service, name: str) -> None:
    shown = service.get(f"/collections/{name}/items", accept=BROWSER).text
    assert all(str(one["id"]) in shown for one in service.items(name)["features"][:5])
    for path in _addresses(service, name):
        _shows(service, path)


@SUITE.each("/conf/html/content/pages")
def _html_pages(service: Service, name: str) -> None:
    page = Links(service.get(f"/collections/{name}/items", accept=BROWSER, limit=1).text)
    following = linked(service.items(name, limit=1), "next")
    assert {_path(link["href"]) for link in following} <= page.addresses


@SUITE.whole("/conf/html/content/documents")
def _html_document_content(service: Service) -> None:
    for path in DOCUMENTS:
        _shows(service, path)
    listed = service.get("/collections", accept=BROWSER).text
    assert all(one.get("title", name) in listed for name, one in service.collections.items())


def _shows(service: Service, path: str) -> None:
    """Fail where a page is not one of HTML 5, or lacks a link that the document has."""
    shown = service.get(path, accept=BROWSER).text
    page = Links(shown)
    assert re.match(r"\s*<!doctype html>", shown, re.IGNORECASE)
    assert {"html", "head", "title", "body"} <= set(page.tags)
    links = [link for link in service.json(path).get("links", ()) if link["rel"] in SHOWN]
    missing = [link["href"] for link in links if _path(link["href"]) not in page.addresses]
    assert not missing, (path, missing)


# OpenAPI 3.0


@SUITE.whole("/conf/oas30/oas-definition-1")
def _oas30(service: Service) -> None:
    told = [link for link in linked(service.landing, "service-desc") if link["type"] == f"{OPENAPI};version=3.0"]
    assert _type(service.get(told[0]["href"], accept=told[0]["type"])) == OPENAPI
    shown = linked(service.landing, "service-doc")[0]
    assert shown["type"] == "text/html"
    assert _type(service.get(shown["href"], accept="text/html")) == "text/html"


@SUITE.whole("/conf/oas30/oas-definition-2")
def _oas30_valid(service: Service) -> None:
    assert service.openapi["openapi"].startswith("3.0.")
    wrong = jsonschema_rs.Draft4Validator(definitions.OPENAPI_30).iter_errors(service.openapi)
    assert [str(each)[:200] for each in wrong] == []


@SUITE.whole("/conf/oas30/oas-definition-2/no-words-of-3.1")
def _oas30_words(service: Service) -> None:
    todo: list[Any] = [service.openapi["paths"]]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            assert here.get("type") != "null"
            assert "const" not in here or isinstance(here["const"], dict)
            todo += [value for key, value in here.items() if key not in ("example", "examples", "default")]
        elif isinstance(here, list):
            todo += here


@SUITE.whole("/conf/oas30/oas-impl")
def _oas30_impl(service: Service) -> None:
    for path in _paths(service):
        assert str(service.get(path).status_code) in service.operation(path)["responses"], path


@SUITE.whole("/conf/oas30/completeness")
def _oas30_complete(service: Service) -> None:
    for path in _paths(service):
        told = service.operation(path)["responses"]["200"]["content"]
        for accept in ("application/json, application/geo+json", "text/html"):
            answer = service.get(path, accept=accept)
            assert (answer.status_code, _type(answer) in told) == (200, True), (path, accept)


@SUITE.whole("/conf/oas30/exceptions-codes")
def _oas30_exceptions(service: Service) -> None:
    for path in _paths(service):
        answers = service.operation(path)["responses"]
        asked = [service.get(path, unknown_parameter=1)]
        if "/collections/" in path:
            asked.append(service.get(re.sub("(/collections/)[^/]+", r"\1no-such-collection", path)))
        for answer in asked:
            assert _type(answer) in answers[str(answer.status_code)]["content"], (path, answer.status_code)


@SUITE.whole("/conf/oas30/security")
def _oas30_security(service: Service) -> None:
    schemes = service.openapi.get("components", {}).get("securitySchemes", {})
    assert all(each["type"] in ("apiKey", "http", "oauth2", "openIdConnect") for each in schemes.values())
    used = {name for each in _secured(service.openapi) for choice in each.get("security", ()) for name in choice}
    assert used == set(schemes)


def _secured(openapi: Any) -> Iterator[Any]:
    yield openapi
    for operations in openapi["paths"].values():
        yield from (each for each in operations.values() if isinstance(each, dict))


def _addresses(service: Service, name: str) -> list[str]:
    """Return the addresses of a collection, its features, and one of them."""
    own = f"/collections/{name}"
    return [own, f"{own}/items", *(f"{own}/items/{one['id']}" for one in service.items(name, limit=1)["features"])]


def _paths(service: Service) -> list[str]:
    """Return the addresses that Part 1 is about."""
    name = next(name for name in service.collections if service.items(name, limit=1)["features"])
    return [*DOCUMENTS[1:], *_addresses(service, name)]


def _type(answer: httpx.Response) -> str:
    return answer.headers["content-type"].partition(";")[0]


def _path(address: str) -> str:
    """Return an address without its host and format, which differ between a document and its page."""
    parts = urlsplit(address)
    kept = [each for each in parts.query.split("&") if each and each.partition("=")[0] not in ("f", "lang")]
    return unquote(f"{parts.path}?{'&'.join(sorted(kept))}")
