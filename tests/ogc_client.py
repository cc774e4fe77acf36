"""What the suite of the Features standard asks with: one service by its address, whichever program it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
GEOJSON = "application/geo+json"


@dataclass(frozen=True)
class Service:
    """A service that may keep to OGC API - Features."""

    base: str
    client: httpx.Client
    _answers: dict[tuple[httpx.URL, str], httpx.Response] = field(default_factory=dict)

    def get(self, path: str, *, accept: str = "application/json, application/geo+json", **given: Any) -> httpx.Response:
        """Ask, each thing once; underscores of parameters stand for hyphens, and an absolute address is taken as it is."""
        address = path if path.startswith("http") else f"{self.base}{path}"
        params = {name.replace("_", "-"): str(value) for name, value in given.items()}
        merged = httpx.URL(address).copy_merge_params(params) if params else httpx.URL(address)
        key = (merged, accept)
        if key not in self._answers:
            self._answers[key] = self.client.get(merged, headers={"Accept": accept})
        return self._answers[key]

    def json(self, path: str, **given: Any) -> Any:
        """Return the JSON of an answer that must be a success."""
        answer = self.get(path, **given)
        assert answer.status_code == 200, (answer.url, answer.status_code, answer.text[:300])
        return answer.json()

    @cached_property
    def landing(self) -> Any:
        """Return the landing page."""
        return self.json("/")

    @cached_property
    def openapi(self) -> Any:
        """Return the OpenAPI 3.0 definition."""
        links = [each for each in linked(self.landing, "service-desc") if "version=3.0" in each["type"]]
        return self.get(links[0]["href"], accept=links[0]["type"]).json()

    @cached_property
    def collections(self) -> dict[str, Any]:
        """Return the collections by id."""
        return {each["id"]: each for each in self.json("/collections")["collections"]}

    def items(self, name: str, **given: Any) -> Any:
        """Return a page of features."""
        return self.json(f"/collections/{name}/items", **given)

    def everything(self, name: str, **given: Any) -> list[Any]:
        """Return all features, following the links to the next page."""
        page = self.items(name, **given)
        found = list(page["features"])
        while following := linked(page, "next"):
            page = self.json(following[0]["href"])
            assert page["features"], "a page that another one links to is not empty"
            found += page["features"]
        return found

    def operation(self, path: str) -> Any:
        """Return how the definition describes reading an address below the landing page, with parameters and answers in place."""
        root = re.escape(urlsplit(self.base).path)
        asked = urlsplit(f"{self.base}{path}").path
        fitting = [each for each in self.openapi["paths"] if re.fullmatch(f"({root})?{_pattern(each)}", asked)]
        found = self.openapi["paths"][min(fitting, key=lambda each: each.count("{"))]["get"]
        answers = {status: self.resolved(each) for status, each in found["responses"].items()}
        return found | {"parameters": [self.resolved(each) for each in found.get("parameters", ())], "responses": answers}

    def parameter(self, name: str, path: str = "") -> Mapping[str, Any]:
        """Return how the definition describes a parameter, of a page of features unless another address is given."""
        told = self.operation(path or f"/collections/{next(iter(self.collections))}/items")["parameters"]
        return next(each for each in told if each["name"] == name)

    def resolved(self, part: Any) -> Any:
        """Return what a reference in the definition stands for."""
        reference = part.get("$ref", "")
        if reference.startswith("#/"):
            found: Any = self.openapi
            for step in reference[2:].split("/"):
                found = found[step]
            return found
        try:
            return self.get(reference).json() if reference else part
        except httpx.ConnectError:
            pytest.skip(f"the definition refers to {reference}, which cannot be reached")


def _pattern(path: str) -> str:
    """Return an expression for a path with names in braces."""
    return "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]+\})", path.rstrip("/")))


def linked(document: Any, rel: str) -> list[Any]:
    """Return the links of one relation."""
    return [each for each in document["links"] if each["rel"] == rel]


def positions(geometry: Any) -> list[tuple[float, ...]]:
    """Return all positions of a GeoJSON geometry."""
    if geometry is None:
        return []
    if geometry["type"] == "GeometryCollection":
        return [each for part in geometry["geometries"] for each in positions(part)]
    found: list[tuple[float, ...]] = []
    todo = [geometry["coordinates"]]
    while todo:
        here = todo.pop()
        if here and isinstance(here[0], int | float):
            found.append(tuple(here))
        else:
            todo.extend(reversed(here))
    return found


def around(features: Sequence[Any]) -> tuple[float, float, float, float]:
    """Return the box around features."""
    told = [each for feature in features for each in positions(feature["geometry"])]
    return (min(p[0] for p in told), min(p[1] for p in told), max(p[0] for p in told), max(p[1] for p in told))
