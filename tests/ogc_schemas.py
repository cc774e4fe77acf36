"""What the documents of OGC API - Features must look like, as JSON Schemas."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def _listed(items: Any, *, least: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, **more}


def _has(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


LINK = _has(
    {"href": {"type": "string", "minLength": 1}, "rel": TEXT}, type=TEXT, hreflang=TEXT, title=TEXT, length={"type": "integer"}
)
LINKS = _listed(LINK, least=1)
LANDING = _has({"links": LINKS}, title=TEXT, description=TEXT)
CONFORMANCE = _has({"conformsTo": _listed(TEXT, least=1, uniqueItems=True)})
BOX = {"oneOf": [_listed(NUMBER, least=each, maxItems=each) for each in (4, 6)]}
MOMENT = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$"}
EXTENT = _has(
    {},
    spatial=_has({}, bbox=_listed(BOX, least=1), crs=TEXT),
    temporal=_has({}, interval=_listed(_listed(MOMENT, least=2, maxItems=2), least=1), trs=TEXT),
)
COLLECTION = _has(
    {"id": TEXT, "links": LINKS},
    title=TEXT,
    description=TEXT,
    extent=EXTENT,
    itemType=TEXT,
    crs=_listed(TEXT, least=1, uniqueItems=True),
    storageCrs=TEXT,
)
COLLECTIONS = _has({"links": LINKS, "collections": _listed(COLLECTION)})

POSITION = _listed(NUMBER, least=2, maxItems=4)
LINE = _listed(POSITION, least=2)
AREA = _listed(_listed(POSITION, least=4), least=1)
SHAPES = {
    "Point": POSITION,
    "MultiPoint": _listed(POSITION),
    "LineString": LINE,
    "MultiLineString": _listed(LINE),
    "Polygon": AREA,
    "MultiPolygon": _listed(AREA),
}
SHAPE = {"oneOf": [_has({"type": {"const": kind}, "coordinates": told}) for kind, told in SHAPES.items()]}
COLLECTED = _has({"type": {"const": "GeometryCollection"}, "geometries": _listed(SHAPE)})
FEATURE = _has(
    {
        "type": {"const": "Feature"},
        "geometry": {"oneOf": [{"type": "null"}, SHAPE, COLLECTED]},
        "properties": {"type": ["object", "null"]},
    },
    id={"type": ["string", "integer"]},
)
ONE_FEATURE = {"allOf": [FEATURE, _has({"id": {"type": ["string", "integer"]}, "links": LINKS})]}
FEATURES = _has(
    {"type": {"const": "FeatureCollection"}, "features": _listed(FEATURE), "links": LINKS},
    timeStamp={**MOMENT, "type": "string"},
    numberMatched={"type": "integer", "minimum": 0},
    numberReturned={"type": "integer", "minimum": 0},
)


def keeps_to(schema: dict[str, Any], document: Any) -> None:
    """Fail where a document is not what a schema wants."""
    wrong = [
        (each.instance_path, each.message[:200]) for each in jsonschema_rs.Draft202012Validator(schema).iter_errors(document)
    ]
    assert not wrong, wrong[:3]
