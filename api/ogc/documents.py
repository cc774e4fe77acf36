"""The documents that programs find their way by: landing page, conformance, collections, queryables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from api.ogc.crs import LONLAT, offered, stored_in
from api.ogc.items import GEOJSON, HTML, JSON, address_of, link
from api.tilelayers import PUBLIC, STAFF
from api.tilewords import CONFORMANCE, TILESETS
from geogrid.words import Text

if TYPE_CHECKING:
    from api.ogc.catalogue import Collection
    from api.ogc.table import Table
    from geogrid.words import Lang

SCHEMA = "application/schema+json"
OPENAPI30 = "application/vnd.oai.openapi+json;version=3.0"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TITLE = Text("网格化治理", "Grid governance")
SAYS = Text(
    "公开的图层只含汇总；工作人员凭密钥可读其辖区内的图层。",
    "Public layers hold aggregates only; staff read the layers of their areas with a key.",
)
_SPEC = "http://www.opengis.net/spec"
CONFORMS: tuple[str, ...] = (
    *(f"{_SPEC}/ogcapi-common-1/1.0/conf/{each}" for each in ("core", "landing-page", "json", "html", "oas30")),
    f"{_SPEC}/ogcapi-common-2/1.0/conf/collections",
    *(f"{_SPEC}/ogcapi-features-1/1.0/conf/{each}" for each in ("core", "oas30", "html", "geojson")),
    f"{_SPEC}/ogcapi-features-2/1.0/conf/crs",
    *(f"{_SPEC}/ogcapi-features-3/1.0/conf/{each}" for each in ("queryables", "filter", "features-filter")),
    *(
        f"{_SPEC}/cql2/1.0/conf/{each}"
        for each in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "array-functions",
            "property-property",
            "arithmetic",
        )
    ),
    *CONFORMANCE,
)
"""Classes of the standards that are kept to."""
TILED = frozenset((*PUBLIC, *STAFF))
"""Collections that there are as vector tiles too."""


def landing(base: str, lang: Lang, more: list[dict[str, str]]) -> dict[str, Any]:
    """Return the landing page: where everything is."""
    root = base.removesuffix("/api/v1")
    links = [
        link("self", f"{base}?f=json", JSON),
        link("alternate", f"{base}?f=html", HTML),
        link("service-desc", f"{base}/openapi-3.0.json", OPENAPI30, "OpenAPI 3.0"),
        link("service-desc", f"{base}/openapi.json", JSON, "OpenAPI 3.1"),
        link("service-doc", f"{root}/docs", HTML),
        link("conformance", f"{base}/conformance", JSON),
        link("data", f"{base}/collections", JSON),
        *more,
    ]
    return {"title": TITLE.say(lang), "description": SAYS.say(lang), "links": links}


def conformance(base: str) -> dict[str, Any]:
    """Return which classes of the standards are kept to."""
    links = [link("self", f"{base}/conformance?f=json", JSON), link("alternate", f"{base}/conformance?f=html", HTML)]
    return {"conformsTo": list(CONFORMS), "links": links}


def collections(base: str, shown: list[tuple[Collection, Table | None]], lang: Lang) -> dict[str, Any]:
    """Return the list of collections."""
    links = [link("self", f"{base}/collections?f=json", JSON), link("alternate", f"{base}/collections?f=html", HTML)]
    return {"links": links, "collections": [description(base, each, table, lang) for each, table in shown]}


def description(base: str, collection: Collection, table: Table | None, lang: Lang) -> dict[str, Any]:
    """Return what there is to know about a collection."""
    own, items = f"{base}/collections/{collection.name}", address_of(base, collection.name)
    links = [
        link("self", f"{own}?f=json", JSON),
        link("alternate", f"{own}?f=html", HTML),
        link("items", f"{items}?f=json", GEOJSON),
        link("items", f"{items}?f=html", HTML),
        link(QUERYABLES, f"{own}/queryables", SCHEMA),
    ]
    links += [link(TILESETS, f"{own}/tiles", JSON)] if collection.name in TILED else []
    storage = LONLAT if collection.is_public or table is None else stored_in(table.local)
    return {
        "id": collection.name,
        "title": collection.title.say(lang),
        "description": collection.says.say(lang),
        "itemType": "feature",
        "links": links,
        **_extent(table),
        "crs": [each.uri for each in offered(None if table is None else table.local)],
        "storageCrs": storage.uri,
    }


def _extent(table: Table | None) -> dict[str, Any]:
    if table is None:
        return {}
    extent: dict[str, Any] = {}
    if table.extent is not None:
        extent["spatial"] = {"bbox": [table.extent], "crs": LONLAT.uri}
    if table.since:
        trs = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
        extent["temporal"] = {"interval": [[table.since, None]], "trs": trs}
    return {"extent": extent} if extent else {}


def queryables(base: str, table: Table, lang: Lang) -> dict[str, Any]:
    """Return which properties a filter may use, as a JSON schema."""
    known: dict[str, Any] = {name: kind_of(table.frame[name]) for name in table.names}
    shape = {"title": "geometry", "format": "geometry-any", "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{base}/collections/{table.collection.name}/queryables",
        "type": "object",
        "title": table.collection.title.say(lang),
        "properties": {**known, "geometry": shape},
        "additionalProperties": False,
    }


def kind_of(column: pd.Series) -> dict[str, Any]:
    """Return the type of a property as a JSON schema.

    Examples
    --------
    >>> kind_of(pd.Series([1, 2])), kind_of(pd.Series(["a"])), kind_of(pd.Series([["a"]]))
    ({'type': 'integer'}, {'type': 'string'}, {'type': 'array', 'items': {'type': 'string'}})
    """
    if pd.api.types.is_bool_dtype(column):
        return {"type": "boolean"}
    if pd.api.types.is_integer_dtype(column):
        return {"type": "integer"}
    if pd.api.types.is_float_dtype(column):
        return {"type": "number"}
    first = next((each for each in column if each is not None), "")
    if isinstance(first, list | tuple):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "boolean"} if isinstance(first, bool) else {"type": "string"}
