"""From the exact report to the public one: what ``privacy`` lets through, in WGS 84, with its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geogrid.crs import to_wgs84
from geogrid.hierarchy import GRID
from geogrid.privacy import PublicReport, public_coverage, public_gaps
from geogrid.settings import NOW
from geogrid.summary import summary_of
from geogrid.totals import by_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.report import Report

STREET_KINDS = {
    "major": {"motorway", "trunk", "primary", "secondary", "motorway_link", "trunk_link", "primary_link", "secondary_link"},
    "path": {"footway", "path", "track", "steps", "pedestrian", "cycleway", "bridleway", "corridor"},
}
"""Street classes drawn otherwise than as minor streets."""

STREET_TOLERANCE_M = 1.0
"""Streets in pictures may be off by this much; travel times use the streets as they are."""

PUBLIC_FACILITY_COLUMNS = ("facility_id", "name", "services", "status", "floor_area_m2", "grid_id", "radius_m")


def publish(report: Report) -> PublicReport:
    """Make the public report.

    Parameters
    ----------
    report : Report
        The exact one.

    Returns
    -------
    PublicReport
        Household-free, small counts withheld, every frame in WGS 84.
    """
    profile = report.settings.profile
    coverage = public_coverage(report.coverage, report.place.tree, threshold=profile.suppress_below)
    gaps = report.public_gaps
    return PublicReport(
        summary=summary_of(report, coverage, gaps),
        grids=_grids(report, coverage),
        areas=_areas(report, coverage),
        gaps=_listed(to_wgs84(gaps), "grid_ids"),
        facilities=_facilities(report),
        defects=_listed(to_wgs84(report.tiling.defects), "grid_ids"),
        streets=streets_of(report.inputs["roads"]),
        radii=to_wgs84(report.radii),
    )


def gaps_to_publish(report: Report) -> gpd.GeoDataFrame:
    """Return the public gaps on the index of the exact ones, in the projected CRS."""
    return public_gaps(report.gaps.table, _beside(report), threshold=report.settings.profile.suppress_below)


def _beside(report: Report) -> pd.Series:
    """Count, for each gap, the households of its grids that are not covered and not in it."""
    rows = report.coverage[(report.coverage["level"] == GRID) & (report.coverage["when"] == NOW)]
    missing = (rows["households"] - rows["households_covered"]).set_axis(pd.MultiIndex.from_frame(rows[["service", "id"]]))
    gaps = report.gaps.table
    theirs = [
        sum(missing[service, grid] for grid in grids) for service, grids in zip(gaps["service"], gaps["grid_ids"], strict=True)
    ]
    return pd.Series(theirs, index=gaps.index, dtype="Int64") - gaps["households"]


def _grids(report: Report, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    """Join the public fields and aggregates of every grid, with its deviation from the target and its place in the range."""
    profile = report.settings.profile
    fields = _public_fields(report.inputs.original("grids"), "grid_id", profile.public_fields.get("grids", ()))
    counts = by_node(coverage, coverage["level"] == GRID)
    low, high = profile.household_range
    households = counts["households"]
    counts["deviation"] = ((households - profile.household_target) / profile.household_target).astype("Float64").round(4)
    counts["in_range"] = households.between(low, high).astype("boolean").mask(households.isna())
    return _facilities_inside(fields.join(counts, on="grid_id"), report)


def _areas(report: Report, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    if "areas" not in report.inputs:
        return gpd.GeoDataFrame({"area_id": [], "name": [], "level": [], "parent_id": []}, geometry=[], crs="EPSG:4326")
    fields = _public_fields(report.inputs.original("areas"), "area_id", report.settings.profile.public_fields.get("areas", ()))
    return fields.join(by_node(coverage, ~coverage["level"].isin([GRID, "total"])), on="area_id")


def _public_fields(frame: gpd.GeoDataFrame, key: str, public: Sequence[str]) -> gpd.GeoDataFrame:
    """Keep identity, place in the tree and what the profile makes public."""
    wanted = [key, "name", "level", "parent_id", *[c for c in public if c not in (key, "name", "level", "parent_id")]]
    return frame[[c for c in wanted if c in frame] + ["geometry"]].reset_index(drop=True)


def _facilities_inside(grids: gpd.GeoDataFrame, report: Report) -> gpd.GeoDataFrame:
    """Count, per grid and service, the facilities that count now."""
    by_grid = report.tables["facilities_by_grid"]
    now = by_grid[by_grid["status"].isin(report.settings.profile.now_statuses)]
    counts = now.groupby(["service", "grid_id"])["facilities"].sum()
    columns = {
        f"facilities_{s}": grids["grid_id"]
        .map(counts.loc[s] if s in counts.index.get_level_values(0) else {})
        .fillna(0)
        .astype(int)
        for s in report.settings.services
    }
    return grids.assign(**columns)


def _facilities(report: Report) -> gpd.GeoDataFrame:
    public = report.settings.profile.public_fields.get("facilities", ())
    columns = [c for c in dict.fromkeys([*PUBLIC_FACILITY_COLUMNS, *public, "unreached", "geometry"]) if c in report.facilities]
    return _listed(to_wgs84(report.facilities[columns].reset_index(drop=True)), "services")


def _listed(frame: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    """Turn tuples into lists, as JSON and files hold them."""
    return frame.assign(**{column: [list(value) for value in frame[column]]}).reset_index(drop=True)


OSM_ID = r"w\d+(-\d+)?"
"""How streets read from OpenStreetMap are called, which must then be named as the source."""
MOSTLY = 0.5


def are_of_osm(roads: gpd.GeoDataFrame | None) -> bool:
    """Return whether most streets come from OpenStreetMap, by their ``road_id``; no streets do not.

    Examples
    --------
    >>> are_of_osm(gpd.GeoDataFrame({"road_id": ["w12", "w12-2", "S1"]})), are_of_osm(gpd.GeoDataFrame({"road_id": ["S1"]}))
    (True, False)
    """
    return roads is not None and bool(roads["road_id"].astype("string").str.fullmatch(OSM_ID).mean() > MOSTLY)


def streets_of(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the streets as a quiet background: one merged, slightly simplified line work per kind and name.

    Parameters
    ----------
    roads : GeoDataFrame
        Streets in a projected CRS; those whose file states no class are minor.

    Returns
    -------
    GeoDataFrame
        Columns kind (major, minor, path), name ("" where the street has none); WGS 84.
    """
    unsaid = pd.Series("", index=roads.index)
    kind_of = {c: kind for kind, classes in STREET_KINDS.items() for c in classes}
    kinds = roads.get("highway", unsaid).map(kind_of).fillna("minor")
    names = roads.get("name", unsaid).fillna("")
    rows = []
    for (kind, name), lines in roads.geometry.groupby([kinds, names.astype(str)]):
        merged = shapely.simplify(shapely.line_merge(shapely.multilinestrings(list(lines))), STREET_TOLERANCE_M)
        rows.append({"kind": kind, "name": name, "geometry": merged})
    return to_wgs84(gpd.GeoDataFrame(rows, columns=["kind", "name", "geometry"], geometry="geometry", crs=roads.crs))
