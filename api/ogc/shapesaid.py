"""Shapes that a filter states: GeoJSON geometries and boxes, of bounded size, with numbers that are numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from api.errors import InvalidParameterError
from geogrid.words import Text

NO_SHAPE = Text("filter 中的形状读不懂", "a shape in the filter cannot be read")
FLAT, HIGH = 4, 6


def shape_of(node: Any) -> Any:
    """Return the shape that a part of a filter states.

    Raises
    ------
    InvalidParameterError
        When it states none, or an invalid one.

    Examples
    --------
    >>> shape_of({"bbox": [0, 0, 1, 2]}).bounds
    (0.0, 0.0, 1.0, 2.0)
    """
    if isinstance(node, dict) and "bbox" in node:
        return _box(node["bbox"])
    if not (isinstance(node, dict) and isinstance(node.get("type"), str)):
        raise InvalidParameterError(NO_SHAPE)
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(node, allow_nan=False)))
    except (GEOSException, ValueError, TypeError) as error:
        raise InvalidParameterError(NO_SHAPE) from error
    if shapely.is_empty(shape) or not shapely.is_valid(shape) or not np.isfinite(shapely.get_coordinates(shape)).all():
        raise InvalidParameterError(NO_SHAPE)
    return shape


def _box(numbers: Any) -> Any:
    if not (
        isinstance(numbers, list) and len(numbers) in (FLAT, HIGH) and all(isinstance(each, int | float) for each in numbers)
    ):
        raise InvalidParameterError(NO_SHAPE)
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if not np.isfinite([west, south, east, north]).all() or south > north:
        raise InvalidParameterError(NO_SHAPE)
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union_all([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])
