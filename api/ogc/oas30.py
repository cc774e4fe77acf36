"""The description of the service as OpenAPI 3.0, which the standard's class oas30 asks for; ours is OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

VERSION = "3.0.3"


def as_openapi_30(openapi: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI 3.1 description as one of 3.0: what may be null is said in its way, and so are constants and examples.

    Examples
    --------
    >>> as_openapi_30({"openapi": "3.1.0", "x": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "t"}})
    {'openapi': '3.0.3', 'x': {'type': 'string', 'title': 't', 'nullable': True}}
    """
    whole: dict[str, Any] = _older(openapi)
    return whole | {"openapi": VERSION}


def _older(part: Any) -> Any:
    if isinstance(part, list):
        return [_older(each) for each in part]
    if not isinstance(part, dict):
        return part
    told = {key: _older(value) for key, value in part.items() if key not in DROPPED}
    for mend in (_without_null, _without_types, _without_const, _without_limits, _without_examples):
        told = mend(told)
    return told


DROPPED = frozenset({"$schema", "propertyNames", "contentMediaType", "contentEncoding", "prefixItems", "patternProperties"})
"""Keys that OpenAPI 3.0 does not have."""


NULL = {"nullable": True, "enum": [None]}
"""What a null is by then."""


def _without_null(told: dict[str, Any]) -> dict[str, Any]:
    for key in ("anyOf", "oneOf"):
        choices = told.get(key)
        if isinstance(choices, list) and NULL in choices:
            rest = [each for each in choices if each != NULL]
            others = {name: value for name, value in told.items() if name != key}
            return ({**rest[0], **others} if len(rest) == 1 else {**others, key: rest}) | {"nullable": True}
    return told


def _without_types(told: dict[str, Any]) -> dict[str, Any]:
    kinds = told.get("type")
    if not isinstance(kinds, list):
        return {"nullable": True, "enum": [None]} if kinds == "null" else told
    rest = [each for each in kinds if each != "null"]
    nullable = {"nullable": True} if len(rest) < len(kinds) else {}
    others = {key: value for key, value in told.items() if key != "type"}
    return (
        {**others, "type": rest[0], **nullable}
        if len(rest) == 1
        else {**others, "anyOf": [{"type": k} for k in rest], **nullable}
    )


def _without_const(told: dict[str, Any]) -> dict[str, Any]:
    if "const" not in told or isinstance(told["const"], dict):
        return told
    return {key: value for key, value in told.items() if key != "const"} | {"enum": [told["const"]]}


def _without_limits(told: dict[str, Any]) -> dict[str, Any]:
    for key, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = told.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            told = {**told, bound: value, key: True}
    return told


def _without_examples(told: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(told.get("examples"), list):
        return told
    others = {key: value for key, value in told.items() if key != "examples"}
    return {"example": told["examples"][0], **others} if told["examples"] else others
