"""Abstract tests of OGC API - Features, Part 2: coordinate reference systems by reference."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
import shapely.geometry
from pyproj import CRS, Transformer

from tests.ogc_client import CRS84, EPSG4326, around, positions
from tests.ogc_schemas import FEATURE, FEATURES, keeps_to
from tests.ogc_suite import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import httpx

    from tests.ogc_client import Service

SUITE = Suite()
CRS84H = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
CLASS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs"
URI = re.compile(
    r"https?://www\.opengis\.net/def/crs/[A-Za-z]+/[0-9.]+/[A-Za-z0-9]+|urn:ogc:def:crs:[A-Za-z]+:[0-9.]*:[A-Za-z0-9]+"
)
WRONG = ("http://www.opengis.net/def/crs/EPSG/0/0", "EPSG:4326x", "no-crs", "")
NEAR = 2e-7
"""Degrees by which a place may differ after it went there and back: two centimetres."""


@SUITE.whole("/conf/crs/class")
def _class(service: Service) -> None:
    assert CLASS in service.json("/conformance")["conformsTo"]


@SUITE.each("/conf/crs/crs-uri")
def _uri(service: Service, name: str) -> None:
    has_global = "crs" in service.json("/collections")
    for one in (service.collections[name], service.json(f"/collections/{name}")):
        told = [*one["crs"], *([one["storageCrs"]] if "storageCrs" in one else [])]
        assert all(URI.fullmatch(uri) or (uri == "#/crs" and has_global) for uri in told), told


@SUITE.whole("/conf/crs/crs-uri/global")
def _uri_global(service: Service) -> None:
    assert all(URI.fullmatch(uri) for uri in service.json("/collections").get("crs", ()))


@SUITE.each("/conf/crs/default-crs")
def _default(service: Service, name: str) -> None:
    for one in (service.collections[name], service.json(f"/collections/{name}")):
        assert {CRS84, CRS84H} & set(_known(service, one))


@SUITE.each("/conf/crs/storageCrs")
def _storage(service: Service, name: str) -> None:
    for one in (service.collections[name], service.json(f"/collections/{name}")):
        assert one.get("storageCrs", CRS84) in _known(service, one)


@SUITE.each("/conf/crs/crs-parameter")
def _crs(service: Service, name: str) -> None:
    for uri in _systems(service, name):
        answer = service.get(f"/collections/{name}/items", crs=uri)
        _is_in(answer, uri)
        keeps_to(FEATURES, answer.json())


@SUITE.each("/conf/crs/crs-parameter/feature")
def _crs_feature(service: Service, name: str) -> None:
    for one in service.items(name, limit=1)["features"]:
        for uri in _systems(service, name):
            answer = service.get(f"/collections/{name}/items/{one['id']}", crs=uri)
            _is_in(answer, uri)
            keeps_to(FEATURE, answer.json())


@SUITE.each("/conf/crs/crs-parameter/no-member-crs")
def _no_member(service: Service, name: str) -> None:
    for uri in _systems(service, name):  # a system is agreed on beforehand, as RFC 7946 has it, and not said in the document
        assert "crs" not in service.items(name, crs=uri)


@SUITE.whole("/conf/crs/crs-parameter/definition")
def _crs_definition(service: Service) -> None:
    for path in _paths(service):
        _is_uri(service.parameter("crs", path))


@SUITE.each("/conf/crs/crs-parameter-invalid")
def _crs_invalid(service: Service, name: str) -> None:
    first = [f"/{one['id']}" for one in service.items(name, limit=1)["features"]]
    for uri in WRONG:
        for path in ("", *first):
            _is_refused(service.get(f"/collections/{name}/items{path}", crs=uri))


@SUITE.each("/conf/crs/crs-parameter-default")
def _crs_default(service: Service, name: str) -> None:
    answer = service.get(f"/collections/{name}/items")
    _is_in(answer, CRS84)
    assert answer.json()["features"] == service.items(name, crs=CRS84)["features"]
    for one in service.items(name, limit=1)["features"]:
        _is_in(service.get(f"/collections/{name}/items/{one['id']}"), CRS84)


@SUITE.each("/conf/crs/crs-parameter-transform")
def _crs_transform(service: Service, name: str) -> None:
    plain = service.items(name, limit=20)["features"]
    for uri in _systems(service, name):
        turned = service.items(name, limit=20, crs=uri)["features"]
        assert [one["id"] for one in turned] == [one["id"] for one in plain]
        for one, other in zip(plain, turned, strict=True):
            _is_same(one, other, uri)


@SUITE.each("/conf/crs/crs-parameter-transform/feature")
def _crs_transform_feature(service: Service, name: str) -> None:
    for one in service.items(name, limit=1)["features"]:
        for uri in _systems(service, name):
            _is_same(one, service.json(f"/collections/{name}/items/{one['id']}", crs=uri), uri)


@SUITE.each("/conf/crs/crs-parameter-transform/order-of-axes")
def _crs_order(service: Service, name: str) -> None:
    if EPSG4326 not in _systems(service, name):
        pytest.skip("not offered in EPSG:4326")
    plain, turned = (service.items(name, limit=5, crs=uri)["features"] for uri in (CRS84, EPSG4326))
    for one, other in zip(plain, turned, strict=True):
        swapped = [(round(y, 6), round(x, 6)) for x, y, *_ in positions(one["geometry"])]
        assert [tuple(round(value, 6) for value in at[:2]) for at in positions(other["geometry"])] == swapped


@SUITE.each("/conf/crs/bbox-crs-parameter")
def _bbox(service: Service, name: str) -> None:
    for uri in _systems(service, name):
        placed = [one for one in service.items(name, crs=uri)["features"] if one["geometry"]]
        for one in placed[:1]:
            box, west, south, east, north = _around(one)
            found = service.items(name, bbox=box, bbox_crs=uri, crs=uri)["features"]
            assert one["id"] in {each["id"] for each in found}
            window = shapely.box(west, south, east, north)
            shapes = [shapely.geometry.shape(each["geometry"]) for each in found if each["geometry"]]
            assert all(shapely.distance(window, shape) <= (east - west) / 100 for shape in shapes)


@SUITE.each("/conf/crs/bbox-crs-parameter/same-box")
def _bbox_same(service: Service, name: str) -> None:
    placed = [one for one in service.items(name)["features"] if one["geometry"]]
    for one in placed[:2]:
        west, south, east, north = around([one])
        plain = service.items(name, bbox=f"{west},{south},{east},{north}")["features"]
        turned = service.items(name, bbox=f"{south},{west},{north},{east}", bbox_crs=EPSG4326)["features"]
        assert [each["id"] for each in plain] == [each["id"] for each in turned]


@SUITE.whole("/conf/crs/bbox-crs-parameter/definition")
def _bbox_definition(service: Service) -> None:
    _is_uri(service.parameter("bbox-crs"))


@SUITE.each("/conf/crs/bbox-crs-parameter-default")
def _bbox_default(service: Service, name: str) -> None:
    extent = service.collections[name].get("extent", {}).get("spatial", {}).get("bbox", [[117, 28, 117.01, 28.3]])[0]
    west, south, east, north = extent[0], extent[1], (extent[0] + extent[-2]) / 2, extent[-1]
    plain = service.items(name, bbox=f"{west},{south},{east},{north}")["features"]
    assert plain == service.items(name, bbox=f"{west},{south},{east},{north}", bbox_crs=CRS84)["features"]


@SUITE.each("/conf/crs/bbox-crs-parameter-invalid")
def _bbox_invalid(service: Service, name: str) -> None:
    for uri in WRONG:
        _is_refused(service.get(f"/collections/{name}/items", bbox="117,28,117.01,28.3", bbox_crs=uri))


def _known(service: Service, one: Any) -> list[str]:
    """Return the systems of a collection, with those that all have where it refers to them."""
    shared = service.json("/collections").get("crs", [])
    return [uri for told in one["crs"] for uri in (shared if told == "#/crs" else [told])]


def _systems(service: Service, name: str) -> list[str]:
    return _known(service, service.collections[name])


def _paths(service: Service) -> Iterator[str]:
    """Yield the address of a page of features, and of one feature."""
    name = next(name for name in service.collections if service.items(name, limit=1)["features"])
    yield f"/collections/{name}/items"
    yield f"/collections/{name}/items/{service.items(name, limit=1)['features'][0]['id']}"


def _is_in(answer: httpx.Response, uri: str) -> None:
    assert answer.status_code == 200
    assert answer.headers["content-crs"] == f"<{uri}>"


def _is_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 400, answer.url
    assert "crs" in answer.text.lower()


def _is_uri(told: Any) -> None:
    assert (told["in"], told.get("required", False), told["style"], told["explode"]) == ("query", False, "form", False)
    assert (told["schema"]["type"], told["schema"]["format"]) == ("string", "uri")


@cache
def _back(uri: str) -> Transformer:
    """Return the way from a system, in the order of its own axes, to longitude and latitude."""
    *_, authority, _, code = uri.replace(":", "/").split("/")
    return Transformer.from_crs(CRS.from_authority(authority, code), CRS.from_authority("OGC", "CRS84"), always_xy=False)


def _is_same(one: Any, other: Any, uri: str) -> None:
    """Fail where a feature does not lie at the same place in a system as in longitude and latitude."""
    here, there = (np.array([at[:2] for at in positions(each["geometry"])]) for each in (one, other))
    assert here.shape == there.shape
    if len(here):
        assert np.abs(np.column_stack(_back(uri).transform(*there.T)) - here).max() < NEAR


def _around(one: Any) -> tuple[str, float, float, float, float]:
    """Return the box around a feature in its own axes, a little larger, as a parameter and as numbers."""
    box = around([one])
    more = 1e-3 if box[2] > 360 or box[3] > 360 else 1e-7
    west, south, east, north = box[0] - more, box[1] - more, box[2] + more, box[3] + more
    return f"{west:.9f},{south:.9f},{east:.9f},{north:.9f}", west, south, east, north
