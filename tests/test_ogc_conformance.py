"""The abstract tests of OGC API - Features, Part 1 (core, GeoJSON, HTML, OpenAPI 3.0) and Part 2 (CRS), by their names there.

They ask any service: ours, or with ``GEOGRID_OGC_BASE`` another one by its address, which is how the suite itself was checked.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.live import live
from tests.ogc_client import CRS84, EPSG4326, GEOJSON, Service, around, linked, positions
from tests.service import office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Test = Callable[[Service], None]
    OfCollection = Callable[[Service, str], None]

CORE: dict[str, Test] = {}
COLLECTION: dict[str, OfCollection] = {}
CONF = "http://www.opengis.net/spec/ogcapi-features"
BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
MOST = 10_000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that is asked."""
    other = os.environ.get("GEOGRID_OGC_BASE", "")
    with httpx.Client(timeout=60, follow_redirects=True) as client:
        if other:
            yield Service(other.rstrip("/"), client)
            return
        made = office(tmp_path_factory.mktemp("ogc"))
        with live(workspace=made.path, requests_per_minute="1000000") as address:
            yield Service(f"{address}/api/v1", client)


def core(name: str) -> Callable[[Test], Test]:
    """Name a test of the whole service."""

    def kept(test: Test) -> Test:
        CORE[f"/conf/{name}"] = test
        return test

    return kept


def each(name: str) -> Callable[[OfCollection], OfCollection]:
    """Name a test of every collection."""

    def kept(test: OfCollection) -> OfCollection:
        COLLECTION[f"/conf/{name}"] = test
        return test

    return kept


# Core: the documents


@core("core/http")
def _http(service: Service) -> None:
    assert service.get("/").http_version in ("HTTP/1.1", "HTTP/2")


@core("core/root-op")
def _root(service: Service) -> None:
    assert service.get("/").status_code == 200


@core("core/root-success")
def _root_success(service: Service) -> None:
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        assert rel == "service-doc" or linked(service.landing, rel), rel
    assert linked(service.landing, "service-desc") or linked(service.landing, "service-doc")


@core("core/root-success/links-work")
def _root_links(service: Service) -> None:
    for link in service.landing["links"]:
        assert service.get(link["href"], accept=link.get("type", "*/*")).status_code == 200, link


@core("core/api-definition-op")
def _definition(service: Service) -> None:
    for link in (*linked(service.landing, "service-desc"), *linked(service.landing, "service-doc")):
        assert service.get(link["href"], accept=link["type"]).status_code == 200


@core("core/api-definition-success")
def _definition_success(service: Service) -> None:
    for link in linked(service.landing, "service-desc"):
        answer = service.get(link["href"], accept=link["type"])
        assert answer.headers["content-type"].partition(";")[0] == link["type"].partition(";")[0]


@core("core/conformance-op")
def _conformance(service: Service) -> None:
    assert service.get("/conformance").status_code == 200
    assert service.get(linked(service.landing, "conformance")[0]["href"]).status_code == 200


@core("core/conformance-success")
def _conformance_success(service: Service) -> None:
    classes = service.json("/conformance")["conformsTo"]
    assert {f"{CONF}-1/1.0/conf/{part}" for part in ("core", "geojson")} <= set(classes)
    assert len(classes) == len(set(classes))


@core("core/fc-md-op")
def _collections(service: Service) -> None:
    assert service.get("/collections").status_code == 200
    assert service.get(linked(service.landing, "data")[0]["href"]).status_code == 200


@core("core/fc-md-success")
def _collections_success(service: Service) -> None:
    found = service.json("/collections")
    assert isinstance(found["links"], list)
    assert all(one["id"] and isinstance(one["links"], list) for one in found["collections"])


@core("core/fc-md-links")
def _collections_links(service: Service) -> None:
    found = service.json("/collections")
    assert linked(found, "self")
    assert linked(found, "alternate")
    assert all(link["rel"] and link["type"] for link in found["links"])


@core("core/fc-md-items")
def _collections_items(service: Service) -> None:
    for name in service.collections:
        assert service.get(f"/collections/{name}/items", limit=1).status_code == 200


@core("core/fc-md-items-links")
def _collections_items_links(service: Service) -> None:
    for one in service.collections.values():
        assert {link["type"] for link in linked(one, "items")} >= {GEOJSON}
        assert all(link["rel"] and link["type"] for link in one["links"])


@core("core/fc-md-extent")
def _collections_extent(service: Service) -> None:
    for one in service.collections.values():
        for box in one.get("extent", {}).get("spatial", {}).get("bbox", []):
            assert len(box) in (4, 6)
            half = len(box) // 2
            assert box[1] <= box[half + 1]
            assert -180 <= box[0] <= 180


@core("core/fc-md-extent-multi")
def _collections_extent_multi(service: Service) -> None:
    for one in service.collections.values():
        spatial = one.get("extent", {}).get("spatial", {})
        assert spatial.get("crs", CRS84) == CRS84


@core("core/query-param-unknown")
def _unknown(service: Service) -> None:
    for path in ("/", "/conformance", "/collections", *(f"/collections/{name}" for name in service.collections)):
        assert service.get(path, unknown_parameter="1").status_code == 400, path


@core("core/query-param-unknown/items")
def _unknown_items(service: Service) -> None:
    for name in service.collections:
        assert service.get(f"/collections/{name}/items", unknown_parameter="1").status_code == 400


@core("core/query-param-invalid")
def _invalid(service: Service) -> None:
    name = next(iter(service.collections))
    wrong: dict[str, tuple[str, ...]] = {
        "limit": ("abc", "-1", "0", "1.5", ""),
        "bbox": ("1,2,3", "a,b,c,d", "1,2,3,4,5", "1,2,3,NaN", "1,9,2,8"),
    }
    wrong["datetime"] = ("yesterday", "2024-13-01", "2024-02-01/2024-01-01", "2024-01-01/2024-02-01/2024-03-01")
    for parameter, values in wrong.items():
        for value in values:
            answer = service.get(f"/collections/{name}/items", **{parameter: value})
            assert answer.status_code == 400, (parameter, value, answer.status_code)


@core("core/sfc-md-op/not-found")
def _no_collection(service: Service) -> None:
    assert service.get("/collections/no-such-collection").status_code == 404
    assert service.get("/collections/no-such-collection/items").status_code == 404


@core("core/fc-limit-definition")
def _limit_definition(service: Service) -> None:
    told = service.parameter("limit")
    assert (told["in"], told.get("required", False), told["schema"]["type"]) == ("query", False, "integer")
    assert told["schema"]["minimum"] == 1
    assert told["schema"]["minimum"] <= told["schema"]["default"] <= told["schema"].get("maximum", MOST)


@core("core/fc-bbox-definition")
def _bbox_definition(service: Service) -> None:
    told = service.parameter("bbox")
    assert (told["in"], told.get("required", False)) == ("query", False)


@core("core/fc-time-definition")
def _time_definition(service: Service) -> None:
    told = service.parameter("datetime")
    assert (told["in"], told.get("required", False), told["schema"]["type"]) == ("query", False, "string")


# Core: each collection


@each("core/sfc-md-op")
def _collection(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}").status_code == 200


@each("core/sfc-md-success")
def _collection_success(service: Service, name: str) -> None:
    found, listed = service.json(f"/collections/{name}"), service.collections[name]
    assert {key: found.get(key) for key in ("id", "title", "description", "extent", "crs")} == {
        key: listed.get(key) for key in ("id", "title", "description", "extent", "crs")
    }
    assert linked(found, "items")


@each("core/fc-op")
def _features(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}/items").status_code == 200


@each("core/fc-response")
def _features_response(service: Service, name: str) -> None:
    found = service.items(name)
    assert found["type"] == "FeatureCollection"
    assert all(one["type"] == "Feature" and {"id", "geometry", "properties"} <= one.keys() for one in found["features"])


@each("core/fc-links")
def _features_links(service: Service, name: str) -> None:
    found = service.items(name)
    assert linked(found, "self")
    assert linked(found, "alternate")
    assert all(link["rel"] and link["type"] for link in found["links"])


@each("core/fc-links/next")
def _features_next(service: Service, name: str) -> None:
    once, paged = service.everything(name, limit=MOST), service.everything(name, limit=2)
    assert [one["id"] for one in paged] == [one["id"] for one in once]
    assert len({one["id"] for one in paged}) == len(paged)


@each("core/fc-links/prev")
def _features_prev(service: Service, name: str) -> None:
    first = service.items(name, limit=1)
    for link in linked(first, "next"):
        second = service.json(link["href"])
        assert service.json(linked(second, "prev")[0]["href"])["features"] == first["features"]


@each("core/fc-limit-response")
def _limit(service: Service, name: str) -> None:
    for limit in (1, 2, 3):
        assert len(service.items(name, limit=limit)["features"]) <= limit


@each("core/fc-limit-response/above-maximum")
def _limit_above(service: Service, name: str) -> None:
    assert len(service.items(name, limit=MOST + 1)["features"]) <= MOST


@each("core/fc-timeStamp")
def _time_stamp(service: Service, name: str) -> None:
    stamp = service.items(name).get("timeStamp", "2024-01-01T00:00:00Z")
    assert stamp[10] == "T"


@each("core/fc-numberMatched")
def _number_matched(service: Service, name: str) -> None:
    found = service.items(name, limit=1)
    assert found.get("numberMatched", -1) in (-1, len(service.everything(name, limit=MOST)))


@each("core/fc-numberReturned")
def _number_returned(service: Service, name: str) -> None:
    found = service.items(name, limit=2)
    assert found.get("numberReturned", len(found["features"])) == len(found["features"])


@each("core/fc-bbox-response")
def _bbox(service: Service, name: str) -> None:
    everything = service.everything(name, limit=MOST)
    placed = [one for one in everything if one["geometry"]]
    for one in placed[:3]:
        box = around([one])
        found = {every["id"] for every in service.items(name, limit=MOST, bbox=",".join(map(str, box)))["features"]}
        assert one["id"] in found
        apart = {every["id"] for every in placed if _is_apart(around([every]), box)}
        assert not apart & found


@each("core/fc-bbox-response/without-geometry")
def _bbox_nowhere(service: Service, name: str) -> None:
    nowhere = {one["id"] for one in service.everything(name, limit=MOST) if not one["geometry"]}
    assert {one["id"] for one in service.items(name, limit=MOST, bbox="0,0,0.1,0.1")["features"]} == nowhere


@each("core/fc-bbox-response/six-numbers")
def _bbox_six(service: Service, name: str) -> None:
    everything = service.items(name, limit=MOST, bbox="-180,-90,180,90")
    assert everything["features"] == service.items(name, limit=MOST, bbox="-180,-90,-9999,180,90,9999")["features"]


@each("core/fc-bbox-response/antimeridian")
def _bbox_across(service: Service, name: str) -> None:
    nowhere = {one["id"] for one in service.everything(name, limit=MOST) if not one["geometry"]}
    assert {one["id"] for one in service.items(name, limit=MOST, bbox="179,-90,-179,90")["features"]} == nowhere
    assert len(service.items(name, limit=MOST, bbox="100,-90,-170,90")["features"]) == len(service.everything(name, limit=MOST))


@each("core/crs84")
def _crs84(service: Service, name: str) -> None:
    for one in service.items(name)["features"]:
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y, *_ in positions(one["geometry"]))


@each("core/fc-time-response")
def _time(service: Service, name: str) -> None:
    interval = service.collections[name].get("extent", {}).get("temporal", {}).get("interval", [[None, None]])[0]
    for value in ("2100-01-01", "2100-01-01T00:00:00Z", "2000-01-01/2100-01-01", "../2100-01-01", "/2100-01-01"):
        assert service.get(f"/collections/{name}/items", datetime=value).status_code == 200, value
    for value in ("2000-01-01/..", "2000-01-01/"):
        assert service.get(f"/collections/{name}/items", datetime=value).status_code == 200, value
    if interval[0]:
        assert service.items(name, datetime="1990-01-01")["features"] == []
        assert service.items(name, datetime="../1990-01-01")["features"] == []


@each("core/f-op")
def _feature(service: Service, name: str) -> None:
    for one in service.items(name, limit=3)["features"]:
        assert service.get(f"/collections/{name}/items/{one['id']}").status_code == 200


@each("core/f-op/not-found")
def _no_feature(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}/items/no-such-feature").status_code == 404


@each("core/f-success")
def _feature_success(service: Service, name: str) -> None:
    for one in service.items(name, limit=3)["features"]:
        found = service.json(f"/collections/{name}/items/{one['id']}")
        assert {key: found[key] for key in ("type", "id", "properties")} == {
            key: one[key] for key in ("type", "id", "properties")
        }
        assert positions(found["geometry"]) == positions(one["geometry"])


@each("core/f-links")
def _feature_links(service: Service, name: str) -> None:
    for one in service.items(name, limit=1)["features"]:
        found = service.json(f"/collections/{name}/items/{one['id']}")
        assert linked(found, "self")
        assert linked(found, "alternate")
        assert linked(found, "collection")
        assert all(link["rel"] and link["type"] for link in found["links"])


# GeoJSON, HTML and OpenAPI 3.0


@each("geojson/definition")
def _geojson(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}/items").headers["content-type"].partition(";")[0] == GEOJSON
    for one in service.items(name, limit=1)["features"]:
        answer = service.get(f"/collections/{name}/items/{one['id']}")
        assert answer.headers["content-type"].partition(";")[0] == GEOJSON


@each("geojson/content")
def _geojson_content(service: Service, name: str) -> None:
    for one in service.items(name)["features"]:
        geometry = one["geometry"]
        assert geometry is None or geometry["type"] in {
            *("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"),
        }
        rings = geometry["coordinates"] if geometry and geometry["type"] == "Polygon" else []
        assert all(ring[0] == ring[-1] and len(ring) >= 4 for ring in rings)


@each("html/definition")
def _html(service: Service, name: str) -> None:
    for path in (f"/collections/{name}", f"/collections/{name}/items"):
        answer = service.get(path, accept=BROWSER)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/html")


@each("html/content")
def _html_content(service: Service, name: str) -> None:
    shown = service.get(f"/collections/{name}/items", accept=BROWSER).text
    assert "<html" in shown
    assert all(str(one["id"]) in shown for one in service.items(name)["features"][:5])


@core("html/definition/documents")
def _html_documents(service: Service) -> None:
    for path in ("/", "/conformance", "/collections"):
        assert service.get(path, accept=BROWSER).headers["content-type"].startswith("text/html"), path


@core("oas30/definition-1")
def _oas30(service: Service) -> None:
    assert service.openapi["openapi"].startswith("3.0.")


@core("oas30/definition-2")
def _oas30_whole(service: Service) -> None:
    assert {"title", "version"} <= service.openapi["info"].keys()
    for operations in service.openapi["paths"].values():
        assert all(one["responses"] for verb, one in operations.items() if verb in ("get", "post", "put", "delete", "patch"))


@core("oas30/oas-impl")
def _oas30_impl(service: Service) -> None:
    paths = [path.rstrip("/") for path in service.openapi["paths"]]
    for end in ("/conformance", "/collections", "/items"):
        assert any(path.endswith(end) for path in paths), end


@core("oas30/completeness")
def _oas30_complete(service: Service) -> None:
    for operations in service.openapi["paths"].values():
        if "get" in operations:
            assert any(status.startswith("2") or status == "default" for status in operations["get"]["responses"])


@core("oas30/exceptions-codes")
def _oas30_exceptions(service: Service) -> None:
    path = next(path for path in service.openapi["paths"] if path.endswith("/items"))
    assert {"400"} <= service.openapi["paths"][path]["get"]["responses"].keys()


@core("oas30/no-3.1")
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


# Part 2: coordinate reference systems


@each("crs/crs-uri")
def _crs_uri(service: Service, name: str) -> None:
    for uri in service.collections[name]["crs"]:
        assert uri.startswith(("http://www.opengis.net/def/crs/", "#/crs", "urn:ogc:def:crs:"))


@each("crs/default-crs")
def _crs_default(service: Service, name: str) -> None:
    assert CRS84 in service.collections[name]["crs"]


@each("crs/storageCrs")
def _crs_storage(service: Service, name: str) -> None:
    one = service.collections[name]
    assert one.get("storageCrs", CRS84) in one["crs"]


@each("crs/crs-parameter")
def _crs(service: Service, name: str) -> None:
    for uri in service.collections[name]["crs"]:
        answer = service.get(f"/collections/{name}/items", crs=uri)
        assert answer.status_code == 200
        assert answer.headers["content-crs"] == f"<{uri}>"


@each("crs/crs-parameter/feature")
def _crs_feature(service: Service, name: str) -> None:
    for one in service.items(name, limit=1)["features"]:
        for uri in service.collections[name]["crs"]:
            answer = service.get(f"/collections/{name}/items/{one['id']}", crs=uri)
            assert answer.headers["content-crs"] == f"<{uri}>"


@each("crs/crs-parameter-invalid")
def _crs_invalid(service: Service, name: str) -> None:
    for uri in ("http://www.opengis.net/def/crs/EPSG/0/0", "EPSG:4326x", "no-crs"):
        assert service.get(f"/collections/{name}/items", crs=uri).status_code == 400, uri


@each("crs/crs-parameter-default")
def _crs_parameter_default(service: Service, name: str) -> None:
    answer = service.get(f"/collections/{name}/items")
    assert answer.headers.get("content-crs", f"<{CRS84}>") == f"<{CRS84}>"
    assert answer.json()["features"] == service.items(name, crs=CRS84)["features"]


@each("crs/crs-parameter-transform")
def _crs_transform(service: Service, name: str) -> None:
    if EPSG4326 not in service.collections[name]["crs"]:
        pytest.skip("not offered in EPSG:4326")
    plain, turned = (service.items(name, limit=5, crs=uri)["features"] for uri in (CRS84, EPSG4326))
    for one, other in zip(plain, turned, strict=True):
        swapped = [(y, x) for x, y, *_ in positions(one["geometry"])]
        assert [tuple(round(v, 6) for v in at[:2]) for at in positions(other["geometry"])] == [
            tuple(round(v, 6) for v in at) for at in swapped
        ]


@each("crs/bbox-crs-parameter")
def _bbox_crs(service: Service, name: str) -> None:
    placed = [one for one in service.items(name)["features"] if one["geometry"]]
    for one in placed[:2]:
        west, south, east, north = around([one])
        plain = service.items(name, bbox=f"{west},{south},{east},{north}")["features"]
        turned = service.items(name, bbox=f"{south},{west},{north},{east}", bbox_crs=EPSG4326)["features"]
        assert [every["id"] for every in plain] == [every["id"] for every in turned]


@each("crs/bbox-crs-parameter/each")
def _bbox_crs_each(service: Service, name: str) -> None:
    for uri in service.collections[name]["crs"]:
        placed = [one for one in service.items(name, crs=uri)["features"] if one["geometry"]]
        for one in placed[:1]:
            room = (-1e-3, -1e-3, 1e-3, 1e-3) if around([one])[2] > 360 else (-1e-7, -1e-7, 1e-7, 1e-7)
            box = ",".join(f"{value + more:.9f}" for value, more in zip(around([one]), room, strict=True))
            assert one["id"] in {every["id"] for every in service.items(name, bbox=box, bbox_crs=uri)["features"]}


@each("crs/bbox-crs-parameter-default")
def _bbox_crs_default(service: Service, name: str) -> None:
    plain = service.items(name, bbox="117,28,117.01,28.3")["features"]
    assert plain == service.items(name, bbox="117,28,117.01,28.3", bbox_crs=CRS84)["features"]


@each("crs/bbox-crs-parameter-invalid")
def _bbox_crs_invalid(service: Service, name: str) -> None:
    answer = service.get(
        f"/collections/{name}/items", bbox="117,28,117.01,28.3", bbox_crs="http://www.opengis.net/def/crs/EPSG/0/0"
    )
    assert answer.status_code == 400


@core("crs/conformance")
def _crs_conformance(service: Service) -> None:
    assert f"{CONF}-2/1.0/conf/crs" in service.json("/conformance")["conformsTo"]


def _is_apart(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Say whether two boxes have nothing in common, with a little room for rounding."""
    room = 1e-6
    is_beside = one[2] < other[0] - room or one[0] > other[2] + room
    return is_beside or one[3] < other[1] - room or one[1] > other[3] + room


@pytest.mark.parametrize("test", CORE.values(), ids=CORE)
def test_service(service: Service, test: Test) -> None:
    test(service)


@pytest.mark.parametrize("test", COLLECTION.values(), ids=COLLECTION)
def test_every_other_collection(service: Service, test: OfCollection) -> None:
    for name in list(service.collections)[::2]:
        test(service, name)
