"""Paper-sized tilings for the tests of redrawing: boxes of 100 m, coordinates as long as they get, areas worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geogrid.boundaries import Boundaries
from geogrid.errors import RefusedError
from geogrid.redraw import apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.keeping import Rules
    from geogrid.operations import Operation

CRS = 4527
EAST, NORTH = 39_500_000, 4_400_000


def placed(shape: Any) -> Any:
    """Return a shape given in metres from the town's corner."""
    return shapely.transform(shape, lambda xy: xy + np.array([EAST, NORTH]))


def block(left: float, bottom: float, right: float, top: float) -> Any:
    return placed(shapely.box(left, bottom, right, top))


def line(*points: tuple[float, float]) -> Any:
    return placed(shapely.LineString(points))


def lines(*each: list[tuple[float, float]]) -> Any:
    return placed(shapely.MultiLineString(each))


def area(*corners: tuple[float, float]) -> Any:
    return placed(shapely.Polygon(corners))


def from_corner(shape: Any) -> Any:
    """Return a shape in metres from the town's corner, in normal form."""
    return shapely.normalize(shapely.transform(shape, lambda xy: np.round(xy - np.array([EAST, NORTH]), 6)))


def town(rows: Sequence[tuple[str, Any, str] | tuple[str, Any, str, str]], areas: dict[str, Any] | None = None) -> Boundaries:
    """Return boundaries of rows (id, polygon, parent[, level]) and areas."""
    table = [
        {"grid_id": key, "name": f"{key}网格", "parent_id": parent, "level": more[0] if more else "", "geometry": shape}
        for key, shape, parent, *more in rows
    ]
    places = [{"area_id": key, "name": key, "level": "village", "geometry": shape} for key, shape in (areas or {}).items()]
    grids = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)
    return Boundaries.of(grids, gpd.GeoDataFrame(places, geometry="geometry", crs=CRS) if places else None)


def four() -> Boundaries:
    """Two villages of two grids, 10,000 m² each.

    ::

        100 +-----+-----+-----+-----+
            |  A  |  B  |  C  |  D  |
          0 +-----+-----+-----+-----+
            0    100   200   300   400
                V1          V2
    """
    rows = [(key, block(100 * i, 0, 100 * i + 100, 100), f"V{i // 2 + 1}") for i, key in enumerate("ABCD")]
    return town(rows, {"V1": block(0, 0, 200, 100), "V2": block(200, 0, 400, 100)})


def nested() -> Boundaries:
    """Large grids of medium ones of small ones, in one village; 10,000 m² each small one.

    ::

        100 +-----+-----+-----+-----+
            | S1  | S2  | S3  | S4  |     M1 = S1 + S2, M2 = S3, M3 = S4; L1 = M1, L2 = M2 + M3
          0 +-----+-----+-----+-----+
            0    100   200   300   400
    """
    small = [(f"S{i + 1}", block(100 * i, 0, 100 * i + 100, 100), ("M1", "M1", "M2", "M3")[i], "small") for i in range(4)]
    medium = [
        ("M1", block(0, 0, 200, 100), "L1", "medium"),
        ("M2", block(200, 0, 300, 100), "L2", "medium"),
        ("M3", block(300, 0, 400, 100), "L2", "medium"),
    ]
    large = [("L1", block(0, 0, 200, 100), "V", "large"), ("L2", block(200, 0, 400, 100), "V", "large")]
    # The medium grids' border on the upper side has no vertex at 100, the small ones' has.
    return town([*small, *medium, *large], {"V": block(0, 0, 400, 100)})


def land(state: Boundaries) -> dict[str, float]:
    """Return the area of every grid, and of nobody's land under "", to a thousandth of a square metre."""
    nobody = round(sum(shape.area for shape in state.unassigned.values()), 3)
    return {key: round(grid.shape.area, 3) for key, grid in state.grids.items()} | ({"": nobody} if nobody else {})


def parents(state: Boundaries) -> dict[str, str]:
    return {key: grid.parent_id for key, grid in state.grids.items()}


def refused(state: Boundaries, operation: Operation, rules: Rules | None = None) -> Any:
    """Return the refusal of an operation, that has a place and says the same in both languages."""
    with pytest.raises(RefusedError) as caught:
        apply(state, operation, rules)
    return told(caught.value)


def told(error: Any) -> Any:
    """Return an error after a look at its message: both languages, nothing left to fill in."""
    assert error.message.zh
    assert error.message.zh != error.message.en
    assert "{" not in error.message.zh + error.message.en
    return error
