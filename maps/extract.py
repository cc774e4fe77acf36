"""Parts of a published report: what lies in one area, what one service is about, and what a level of areas shows for its grids.

Each is a published report itself and holds nothing that the whole does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.errors import NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from geogrid.privacy import PublicReport

GRID = "grid"
TOTAL = "total"
NO_AREA = Text("没有区域“{area}”：请从 /api/v1/report 中选取", "there is no area {area!r}: choose one of /api/v1/report")
NO_LEVEL = Text("没有级别“{level}”：可选 {known}", "there is no level {level!r}: choose {known}")
LONGEST = 80
"""Characters of a caller's text that a message repeats."""


def levels(public: PublicReport) -> tuple[str, ...]:
    """Return the levels that a map can show: grids, then the levels of areas as the table has them.

    Examples
    --------
    >>> from tests.published import public_report
    >>> levels(public_report())
    ('grid', 'village')
    """
    return (GRID, *(level for level in dict.fromkeys(public.areas["level"].astype(str)) if level != GRID))


def lines_of(public: PublicReport) -> dict[str, tuple[str, ...]]:
    """Return, for every area and grid, its id and those of all above it, from the lowest; a circle ends where it began."""
    parents = dict(_parents(public.areas, "area_id")) | dict(_parents(public.grids, "grid_id"))
    return {each: _line(each, parents) for each in parents}


def _parents(frame: gpd.GeoDataFrame, key: str) -> list[tuple[str, str]]:
    known = frame["parent_id"] if "parent_id" in frame else [None] * len(frame)
    return [(str(each), str(parent)) for each, parent in zip(frame[key], known, strict=True)]


def _line(each: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    line: dict[str, None] = {}
    while each in parents and each not in line:
        line[each] = None
        each = parents[each]
    return tuple(line)


def in_area(public: PublicReport, area_id: str) -> PublicReport:
    """Return what is published of one area: its grids, the areas in it, and what touches them; its counts as the total.

    Raises
    ------
    NotFoundError
        When there is no such area.
    """
    if area_id not in set(public.areas["area_id"].astype(str)):
        raise NotFoundError(NO_AREA.fill(area=area_id[:LONGEST]))
    inside = {each for each, line in lines_of(public).items() if area_id in line}
    grids = public.grids[public.grids["grid_id"].astype(str).isin(inside)]
    own = set(grids["grid_id"].astype(str))
    facilities = public.facilities[public.facilities["grid_id"].astype(str).isin(own)]
    return replace(
        public,
        summary=_summary_of(public.summary, area_id, inside),
        grids=grids.reset_index(drop=True),
        areas=public.areas[public.areas["area_id"].astype(str).isin(inside)].reset_index(drop=True),
        gaps=_touching(public.gaps, own),
        facilities=facilities.reset_index(drop=True),
        defects=_touching(public.defects, own),
        streets=_near(public.streets, grids),
        radii=public.radii[public.radii["facility_id"].isin(facilities["facility_id"])].reset_index(drop=True),
    )


def _summary_of(summary: Mapping[str, Any], area_id: str, inside: set[str]) -> dict[str, Any]:
    own = [row for row in summary["coverage"] if str(row["id"]) in inside]
    total = [{**row, "level": TOTAL, "id": ""} for row in own if str(row["id"]) == area_id and row["level"] != GRID]
    return {**summary, "coverage": [*total, *own]}


def _touching(table: gpd.GeoDataFrame, grids: set[str]) -> gpd.GeoDataFrame:
    touching = np.array([bool(grids.intersection(map(str, ids))) for ids in table["grid_ids"]], dtype=bool)
    return table[touching].reset_index(drop=True)


def _near(streets: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the streets inside the window around some grids, cut at its edge."""
    if not len(streets) or not len(grids):
        return streets.iloc[:0]
    cut = streets.set_geometry(shapely.clip_by_rect(streets.geometry.to_numpy(), *grids.total_bounds), crs=streets.crs)
    return cut[~cut.geometry.is_empty].reset_index(drop=True)


def of_service(public: PublicReport, service: str) -> PublicReport:
    """Return what is published about one service, as if no other had been checked.

    Examples
    --------
    >>> from tests.published import public_report
    >>> one = of_service(public_report(), "medical")
    >>> [row["id"] for row in one.summary["services"]], "share_education" in one.grids
    (['medical'], False)
    """
    others = {str(row["id"]) for row in public.summary["services"]} | {"all"}
    others -= {service}
    offered = np.array([service in services for services in public.facilities["services"]], dtype=bool)
    facilities = public.facilities[offered].assign(services=[[service]] * int(offered.sum()))
    rows = {
        key: [row for row in public.summary[key] if row[name] == service]
        for key, name in (("services", "id"), ("coverage", "service"))
    }
    named: dict[str, Any] = {key: [] for key in ("standards", "stated") if key in public.summary}  # they may be about any service
    return replace(
        public,
        summary=public.summary | rows | named,
        grids=_without(public.grids, others),
        areas=_without(public.areas, others),
        gaps=public.gaps[public.gaps["service"] == service].reset_index(drop=True),
        facilities=facilities.reset_index(drop=True),
        radii=public.radii[public.radii["service"] == service].reset_index(drop=True),
    )


def _without(frame: gpd.GeoDataFrame, services: set[str]) -> gpd.GeoDataFrame:
    starts = ("share_later_", "share_", "covered_", "uncovered_", "unreached_", "facilities_")
    dropped = [name for name in frame if any(name == f"{start}{service}" for start in starts for service in services)]
    return frame.drop(columns=dropped)


def at_level(public: PublicReport, level: str) -> PublicReport:
    """Return a report whose grids are the areas of a level, with the areas above them; the level "grid" is the report itself.

    Raises
    ------
    NotFoundError
        When no area has the level.
    """
    if level == GRID:
        return public
    if level not in levels(public):
        raise NotFoundError(NO_LEVEL.fill(level=level[:LONGEST], known=", ".join(levels(public))))
    lines, found = lines_of(public), public.areas["level"].astype(str) == level
    shown = public.areas[found].rename(columns={"area_id": "grid_id"})
    ids = set(shown["grid_id"].astype(str))
    above = {each for one in ids for each in lines[one]} - ids

    def raised(grid_id: object) -> str | None:
        return next((each for each in lines.get(str(grid_id), ()) if each in ids), None)

    return replace(
        public,
        grids=shown.reset_index(drop=True),
        areas=public.areas[public.areas["area_id"].astype(str).isin(above)].reset_index(drop=True),
        gaps=_raised(public.gaps, raised),
        facilities=public.facilities.assign(grid_id=[raised(each) for each in public.facilities["grid_id"]]),
        defects=_raised(public.defects, raised),
    )


def _raised(table: gpd.GeoDataFrame, raised: Callable[[object], str | None]) -> gpd.GeoDataFrame:
    """Return a table whose ``grid_ids`` name the areas that the grids lie in."""
    listed = [list(dict.fromkeys(filter(None, map(raised, ids)))) for ids in table["grid_ids"]]
    return table.assign(grid_ids=listed)
