"""Towns placed on their streets, for questions about travel, from the frames of ``tests.builders``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from geogrid.saved import Shelf
from geogrid.settings import settle
from geogrid.town import Town, place_all, streets_by_mode
from tests.builders import at, frame, paper_town

if TYPE_CHECKING:
    from geogrid.settings import Options


def placed_town(tables: dict[str, gpd.GeoDataFrame], options: Options | None = None) -> Town:
    """Place a town of frames; ``services`` of facilities are split at semicolons."""
    facilities = tables["facilities"].assign(services=[tuple(str(row).split(";")) for row in tables["facilities"]["services"]])
    settings = settle(options or {}, offered=sorted({s for row in facilities["services"] for s in row}))
    streets = streets_by_mode(tables["roads"], settings, Shelf())
    homes = tables["households"]
    return Town(
        settings=settings,
        crs=homes.crs,
        grids=tables["grids"],
        areas=tables.get("areas"),
        units=tables.get("units"),
        households=homes.assign(grid_id=_grid_of(homes, tables["grids"])),
        facilities=facilities,
        roads=tables["roads"],
        placed=place_all(streets, homes, facilities, max_snap_m=settings.max_snap_m, shelf=Shelf()),
    )


def two_villages(**options: Any) -> Town:
    """Return the paper town with a third clinic, built, where the second is planned, and one that no street comes near."""
    tables = paper_town()
    more = [
        {"facility_id": "F3", "name": "东诊所", "services": "medical;education", "status": "built", "geometry": at(1900, 500)},
        {"facility_id": "F4", "name": "山上诊所", "services": "medical", "status": "built", "geometry": at(1000, 950)},
    ]
    rows = [*tables["facilities"].to_dict("records"), *more]
    return placed_town({**tables, "facilities": frame(rows)}, options or None)  # type: ignore[arg-type]


def _grid_of(homes: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> list[Any]:
    found = []
    for point in homes.geometry:
        at_point = np.flatnonzero(grids.intersects(point))
        found.append(grids["grid_id"].iloc[at_point[0]] if len(at_point) else None)
    return found
