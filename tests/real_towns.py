"""Real towns checked once for all tests that only look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geogrid
from geogrid import io

if TYPE_CHECKING:
    from pathlib import Path

    from geogrid.report import Report


def guixi(data: Path, households: str, out: Path, **options: Any) -> Report:
    """Draft grids from the community points, written and read back as a user would, then the check."""
    folder = data / "guixi"
    points, areas = io.read_points(folder / "communities.geojson"), io.read_areas(folder / "townships.geojson")
    drafts = geogrid.draft_grids(points.table, areas.table)
    io.write_table(drafts.grids, out / "draft.geojson")
    return geogrid.check(
        grids=out / "draft.geojson",
        households=folder / households,
        facilities=folder / "facilities.csv",
        roads=folder / "roads.osm",
        areas=folder / "townships.geojson",
        **options,
    )
