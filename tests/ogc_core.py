"""Abstract tests of OGC API - Features, Part 1: the class core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ogc_client import CRS84, GEOJSON, around, linked, positions
from tests.ogc_schemas import COLLECTION, COLLECTIONS, CONFORMANCE, FEATURE, FEATURES, LANDING, keeps_to
from tests.ogc_suite import Suite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tests.ogc_client import Service

SUITE = Suite()
CONF = "http://www.opengis.net/spec/ogcapi-features"
MOST = 10_000
LAST = "9999-12-31"

# The documents


@SUITE.whole("/conf/core/http")
def _http(service: Service) -> None:
    got, headed = service.get("/"), service.client.head(f"{service.base}/", headers={"Accept": "application/json"})
    assert got.http_version in ("HTTP/1.1", "HTTP/2")
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]


@SUITE.whole("/conf/core/root-op")
def _root(service: Service) -> None:
    assert service.get("/").status_code == 200


@SUITE.whole("/conf/core/root-success")
def _root_success(service: Service) -> None:
    keeps_to(LANDING, service.landing)
    assert linked(service.landing, "service-desc") or linked(service.landing, "service-doc")
    assert linked(service.landing, "conformance")
    assert linked(service.landing, "data")


@SUITE.whole("/conf/core/root-success/links")
def _root_links(service: Service) -> None:
    _has_links(service.landing, "self", "alternate")
    for link in service.landing["links"]:
        assert service.get(link["href"], accept=link.get("type", "*/*")).status_code == 200, link


@SUITE.whole("/conf/core/api-definition-op")
def _definition(service: Service) -> None:
    for link in (*linked(service.landing, "service-desc"), *linked(service.landing, "service-doc")):
        assert service.get(link["href"], accept=link["type"]).status_code == 200


@SUITE.whole("/conf/core/api-definition-success")
def _definition_success(service: Service) -> None:
    for link in (*linked(service.landing, "service-desc"), *linked(service.landing, "service-doc")):
        answer = service.get(link["href"], accept=link["type"])
        assert answer.headers["content-type"].partition(";")[0] == link["type"].partition(";")[0]
        assert "<html" in answer.text if "html" in link["type"] else answer.json()["paths"]


@SUITE.whole("/conf/core/conformance-op")
def _conformance(service: Service) -> None:
    assert service.get("/conformance").status_code == 200
    assert service.get(linked(service.landing, "conformance")[0]["href"]).status_code == 200


@SUITE.whole("/conf/core/conformance-success")
def _conformance_success(service: Service) -> None:
    told = service.json("/conformance")
    keeps_to(CONFORMANCE, told)
    assert {f"{CONF}-1/1.0/conf/{part}" for part in ("core", "geojson", "html", "oas30")} <= set(told["conformsTo"])


@SUITE.whole("/conf/core/fc-md-op")
def _collections(service: Service) -> None:
    assert service.get("/collections").status_code == 200
    assert service.get(linked(service.landing, "data")[0]["href"]).status_code == 200


@SUITE.whole("/conf/core/fc-md-success")
def _collections_success(service: Service) -> None:
    found = service.json("/collections")
    keeps_to(COLLECTIONS, found)
    assert all(one.get("crs", [CRS84])[0] == CRS84 for one in found["collections"])


@SUITE.whole("/conf/core/fc-md-links")
def _collections_links(service: Service) -> None:
    _has_links(service.json("/collections"), "self", "alternate")


@SUITE.whole("/conf/core/fc-md-items")
def _collections_items(service: Service) -> None:
    assert service.collections
    assert len(service.collections) == len(service.json("/collections")["collections"])


@SUITE.whole("/conf/core/query-param-unknown")
def _unknown(service: Service) -> None:
    for path in ("/", "/conformance", "/collections", *(f"/collections/{name}" for name in service.collections)):
        assert service.get(path, unknown_parameter="1").status_code == 400, path


@SUITE.whole("/conf/core/query-param-invalid")
def _invalid(service: Service) -> None:
    name = next(iter(service.collections))
    wrong: dict[str, tuple[str, ...]] = {
        "limit": ("abc", "-1", "0", "1.5", ""),
        "bbox": ("1,2,3", "a,b,c,d", "1,2,3,4,5", "1,2,3,NaN", "1,9,2,8", "1,2,3,4,5,6,7"),
    }
    wrong["datetime"] = ("yesterday", "2024-13-01", "2024-02-01/2024-01-01", "2024-01-01/2024-02-01/2024-03-01")
    for parameter, values in wrong.items():
        for value in values:
            answer = service.get(f"/collections/{name}/items", **{parameter: value})
            assert answer.status_code == 400, (parameter, value, answer.status_code)


@SUITE.whole("/conf/core/sfc-md-op/not-found")
def _no_collection(service: Service) -> None:
    assert service.get("/collections/no-such-collection").status_code == 404
    assert service.get("/collections/no-such-collection/items").status_code == 404


@SUITE.whole("/conf/core/fc-limit-definition")
def _limit_definition(service: Service) -> None:
    schema = _defined(service, "limit")
    assert (schema["type"], schema["minimum"]) == ("integer", 1)
    assert schema["minimum"] <= schema["default"] <= schema["maximum"]


@SUITE.whole("/conf/core/fc-bbox-definition")
def _bbox_definition(service: Service) -> None:
    schema = _defined(service, "bbox")
    assert (schema["type"], schema["items"]["type"]) == ("array", "number")
    sizes = [(each.get("minItems"), each.get("maxItems")) for each in schema.get("oneOf", [schema])]
    assert sizes in ([(4, 4), (6, 6)], [(4, 6)])


@SUITE.whole("/conf/core/fc-time-definition")
def _time_definition(service: Service) -> None:
    assert _defined(service, "datetime")["type"] == "string"


def _defined(service: Service, name: str) -> Any:
    """Return the schema of a parameter of a page of features, which is optional and written with commas."""
    told = service.parameter(name)
    assert (told["in"], told.get("required", False), told["style"], told["explode"]) == ("query", False, "form", False)
    return told["schema"]


# Each collection


@SUITE.each("/conf/core/fc-md-items/entry")
def _entry(service: Service, name: str) -> None:
    keeps_to(COLLECTION, service.collections[name])


@SUITE.each("/conf/core/fc-md-items-links")
def _entry_links(service: Service, name: str) -> None:
    links = linked(service.collections[name], "items")
    assert {link["type"] for link in links} >= {GEOJSON, "text/html"}
    for link in links:
        assert service.get(link["href"], accept=link["type"]).headers["content-type"].startswith(link["type"])
    assert all(link["rel"] and link["type"] for link in service.collections[name]["links"])


@SUITE.each("/conf/core/fc-md-extent")
def _extent(service: Service, name: str) -> None:
    extent = service.collections[name].get("extent", {})
    for box in extent.get("spatial", {}).get("bbox", []):
        half = len(box) // 2
        assert -180 <= box[0] <= 180
        assert -90 <= box[1] <= box[half + 1] <= 90
    for first, last in extent.get("temporal", {}).get("interval", []):
        assert first is None or last is None or first <= last


@SUITE.each("/conf/core/fc-md-extent-multi")
def _extent_multi(service: Service, name: str) -> None:
    spatial = service.collections[name].get("extent", {}).get("spatial", {})
    assert spatial.get("crs", CRS84) == CRS84
    boxes = [_flat(box) for box in spatial.get("bbox", [])]
    for one in _placed(service, name) if boxes else ():
        assert _is_inside(around([one]), boxes[0])
        assert len(boxes) == 1 or any(_is_inside(around([one]), box) for box in boxes[1:])


@SUITE.each("/conf/core/sfc-md-op")
def _collection(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}").status_code == 200


@SUITE.each("/conf/core/sfc-md-success")
def _collection_success(service: Service, name: str) -> None:
    found, listed = service.json(f"/collections/{name}"), service.collections[name]
    keeps_to(COLLECTION, found)
    same = ("id", "title", "description", "extent", "itemType", "crs")
    assert {key: found.get(key) for key in same} == {key: listed.get(key) for key in same}
    assert all(link in found["links"] for link in listed["links"])


@SUITE.each("/conf/core/fc-op")
def _features(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}/items").status_code == 200


@SUITE.each("/conf/core/fc-op/bbox-and-datetime")
def _features_both(service: Service, name: str) -> None:
    for one in _placed(service, name)[:1]:
        box = ",".join(map(str, _box(one)))
        in_box, on_day = ({each["id"] for each in service.items(name, limit=MOST, **{key: value})["features"]}
                          for key, value in (("bbox", box), ("datetime", LAST)))  # fmt: skip
        both = service.items(name, limit=MOST, bbox=box, datetime=LAST)["features"]
        assert {each["id"] for each in both} == in_box & on_day


@SUITE.each("/conf/core/fc-response")
def _features_response(service: Service, name: str) -> None:
    found = service.items(name)
    keeps_to(FEATURES, found)
    assert all("id" in one for one in found["features"])


@SUITE.each("/conf/core/fc-links")
def _features_links(service: Service, name: str) -> None:
    found = service.items(name)
    _has_links(found, "self", "alternate")
    assert {link["type"] for link in found["links"] if link["rel"] in ("self", "alternate")} >= {GEOJSON, "text/html"}
    again = service.json(linked(found, "self")[0]["href"])
    assert again["features"] == found["features"]


@SUITE.each("/req/core/fc-rel-type")
def _relations(service: Service, name: str) -> None:
    found = service.items(name, limit=1, offset=1) if len(_all(service, name)) > 2 else service.items(name, limit=1)
    assert all(link["type"] for link in found["links"] if link["rel"] in ("self", "alternate", "next", "prev"))
    assert {link["type"] for link in found["links"] if link["rel"] in ("next", "prev")} <= {GEOJSON}


@SUITE.each("/conf/core/fc-links/next")
def _features_next(service: Service, name: str) -> None:
    once = _all(service, name)
    paged = service.everything(name, limit=max(2, len(once) // 4))
    assert [one["id"] for one in paged] == [one["id"] for one in once]
    assert len({one["id"] for one in paged}) == len(paged)


@SUITE.each("/conf/core/fc-links/prev")
def _features_prev(service: Service, name: str) -> None:
    first = service.items(name, limit=1)
    for link in linked(first, "next"):
        second = service.json(link["href"])
        assert service.json(linked(second, "prev")[0]["href"])["features"] == first["features"]


@SUITE.each("/conf/core/fc-limit-response")
def _limit(service: Service, name: str) -> None:
    known = len(_all(service, name))
    for limit in (1, 2, 3):
        assert len(service.items(name, limit=limit)["features"]) == min(limit, known)


@SUITE.each("/conf/core/fc-limit-response/above-maximum")
def _limit_above(service: Service, name: str) -> None:
    most = service.parameter("limit")["schema"]["maximum"]
    assert len(service.items(name, limit=most + 1)["features"]) <= most


@SUITE.each("/conf/core/fc-timeStamp")
def _time_stamp(service: Service, name: str) -> None:
    keeps_to({"properties": {"timeStamp": FEATURES["properties"]["timeStamp"]}}, service.items(name))


@SUITE.each("/conf/core/fc-numberMatched")
def _number_matched(service: Service, name: str) -> None:
    found = service.items(name, limit=1)
    assert found.get("numberMatched", -1) in (-1, len(_all(service, name)))
    box = service.items(name, limit=MOST, bbox="0,0,0.1,0.1")
    assert box.get("numberMatched", -1) in (-1, len(box["features"]))


@SUITE.each("/conf/core/fc-numberReturned")
def _number_returned(service: Service, name: str) -> None:
    found = service.items(name, limit=2)
    assert found.get("numberReturned", len(found["features"])) == len(found["features"])


@SUITE.each("/conf/core/fc-bbox-response")
def _bbox(service: Service, name: str) -> None:
    placed = _placed(service, name)
    for one in placed[:3]:
        box = _box(one)
        found = {every["id"] for every in service.items(name, limit=MOST, bbox=",".join(map(str, box)))["features"]}
        assert one["id"] in found
        apart = {every["id"] for every in placed if _is_apart(around([every]), box)}
        assert not apart & found


@SUITE.each("/conf/core/fc-bbox-response/without-geometry")
def _bbox_nowhere(service: Service, name: str) -> None:
    for box in ("0,0,0.1,0.1", "-180,85,180,90", "-80,-5,-70,5"):  # on the equator, over the pole, over zero longitude
        assert {one["id"] for one in service.items(name, limit=MOST, bbox=box)["features"]} == _nowhere(service, name)


@SUITE.each("/conf/core/fc-bbox-response/six-numbers")
def _bbox_six(service: Service, name: str) -> None:
    everything = service.items(name, limit=MOST, bbox="-180,-90,180,90")
    assert everything["features"] == service.items(name, limit=MOST, bbox="-180,-90,-9999,180,90,9999")["features"]


@SUITE.each("/conf/core/fc-bbox-response/antimeridian")
def _bbox_across(service: Service, name: str) -> None:
    across = service.items(name, limit=MOST, bbox="179,-90,-179,90")["features"]
    assert {one["id"] for one in across} == _nowhere(service, name)
    assert len(service.items(name, limit=MOST, bbox="100,-90,-170,90")["features"]) == len(_all(service, name))


@SUITE.each("/conf/core/crs84")
def _crs84(service: Service, name: str) -> None:
    for one in service.items(name)["features"]:
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y, *_ in positions(one["geometry"]))


@SUITE.each("/conf/core/fc-time-response")
def _time(service: Service, name: str) -> None:
    everything = {one["id"] for one in _all(service, name)}
    for value in (f"{LAST}T00:00:00Z", "2000-01-01/2100-01-01", "../2100-01-01", "/2100-01-01", "2000-01-01/..", "2000-01-01/"):
        found = service.items(name, limit=MOST, datetime=value)["features"]
        assert {one["id"] for one in found} == everything, value
    interval = service.collections[name].get("extent", {}).get("temporal", {}).get("interval", [[None, None]])[0]
    for value in ("1990-01-01", "../1990-01-01", "1980-01-01T00:00:00Z/1990-01-01T00:00:00Z") if interval[0] else ():
        assert service.items(name, datetime=value)["features"] == []


@SUITE.each("/conf/core/fc-time-response/before-in-every-system")
def _time_in_systems(service: Service, name: str) -> None:
    one = service.collections[name]
    for uri in one.get("crs", ()):
        found = service.items(name, datetime="1990-01-01", crs=uri, bbox="0,0,1,1", bbox_crs=uri)
        assert found["features"] == [] or "temporal" not in one.get("extent", {})


@SUITE.each("/conf/core/query-param-unknown/items")
def _unknown_items(service: Service, name: str) -> None:
    first = [f"/{one['id']}" for one in _all(service, name)[:1]]
    for path in ("", *first):
        assert service.get(f"/collections/{name}/items{path}", unknown_parameter="1").status_code == 400


@SUITE.each("/conf/core/f-op")
def _feature(service: Service, name: str) -> None:
    for one in service.items(name, limit=3)["features"]:
        assert service.get(f"/collections/{name}/items/{one['id']}").status_code == 200


@SUITE.each("/conf/core/f-op/not-found")
def _no_feature(service: Service, name: str) -> None:
    assert service.get(f"/collections/{name}/items/no-such-feature").status_code == 404


@SUITE.each("/conf/core/f-success")
def _feature_success(service: Service, name: str) -> None:
    for one in service.items(name, limit=3)["features"]:
        found = service.json(f"/collections/{name}/items/{one['id']}")
        keeps_to(FEATURE, found)
        assert {key: found[key] for key in ("type", "id", "properties")} == {
            key: one[key] for key in ("type", "id", "properties")
        }
        assert positions(found["geometry"]) == positions(one["geometry"])


@SUITE.each("/conf/core/f-links")
def _feature_links(service: Service, name: str) -> None:
    for one in service.items(name, limit=1)["features"]:
        found = service.json(f"/collections/{name}/items/{one['id']}")
        _has_links(found, "self", "alternate", "collection")
        assert service.json(linked(found, "collection")[0]["href"])["id"] == name


def _has_links(document: Any, *wanted: str) -> None:
    """Fail where a link of these relations is missing, or one has no relation or type."""
    assert set(wanted) <= {link["rel"] for link in document["links"]}
    assert all(link["href"] and link["rel"] and link["type"] for link in document["links"])


def _box(one: Any) -> tuple[float, float, float, float]:
    """Return the box around a feature; that of a point is as large as the last decimal of its coordinates."""
    west, south, east, north = around([one])
    room = 1e-7 if (west, south) == (east, north) else 0.0
    return west - room, south - room, east + room, north + room


def _all(service: Service, name: str) -> list[Any]:
    return service.everything(name, limit=MOST)


def _placed(service: Service, name: str) -> list[Any]:
    return [one for one in _all(service, name) if one["geometry"]]


def _nowhere(service: Service, name: str) -> set[Any]:
    return {one["id"] for one in _all(service, name) if not one["geometry"]}


def _flat(box: Sequence[float]) -> tuple[float, ...]:
    half = len(box) // 2
    return (*box[:2], *box[half : half + 2])


def _is_inside(one: tuple[float, ...], box: tuple[float, ...]) -> bool:
    room = 1e-6
    is_below = one[0] < box[0] - room or one[1] < box[1] - room
    return not (is_below or one[2] > box[2] + room or one[3] > box[3] + room)


def _is_apart(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Say whether two boxes have nothing in common, with a little room for rounding."""
    room = 1e-6
    is_beside = one[2] < other[0] - room or one[0] > other[2] + room
    return is_beside or one[3] < other[1] - room or one[1] > other[3] + room
