"""A town of strips for change sheets: grids side by side between given x, so that every number can be checked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geogrid.boundaries import Boundaries
from geogrid.people import People
from geogrid.seating import Seated, seat

TOWN_CRS = CRS.from_epsg(4548)
HIGH_M = 100.0


def strips(edges: Mapping[str, tuple[float, float]], **columns: Mapping[str, str]) -> Boundaries:
    """Draw each grid between two x, 100 m high; ``columns`` by column and grid."""
    names = list(edges)
    texts = {name: [values.get(key, "") for key in names] for name, values in columns.items()}
    shapes = [shapely.box(left, 0, right, HIGH_M) for left, right in edges.values()]
    return Boundaries.of(gpd.GeoDataFrame({"grid_id": names, "name": names, **texts}, geometry=shapes, crs=TOWN_CRS))


def homes_at(x: Any, **columns: Any) -> gpd.GeoDataFrame:
    """Put a household of 3 at each x, half way up."""
    x = np.asarray(x, dtype=float)
    columns = {"household_id": [f"H{i}" for i in range(len(x))], "persons": 3} | columns
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, np.full(len(x), HIGH_M / 2)), crs=TOWN_CRS)


def facilities_at(x: Any) -> gpd.GeoDataFrame:
    """Put a clinic at each x."""
    ids = [f"F{i}" for i in range(len(x))]
    points = gpd.points_from_xy(x, [20.0] * len(x))
    return gpd.GeoDataFrame({"facility_id": ids, "services": [("medical",)] * len(x)}, geometry=points, crs=TOWN_CRS)


def seated_at(x: Any, edges: Mapping[str, tuple[float, float]], **columns: Any) -> Seated:
    """Seat households of 3 in strips."""
    return seat(People.of(homes_at(x, **columns), crs=TOWN_CRS), strips(edges))
