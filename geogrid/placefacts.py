"""The facts of a place, from a check of it: what its standards are tested on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from geogrid.changestaff import names_in
from geogrid.facts import Facts
from geogrid.inputs import PLACE_TABLES
from geogrid.matters import grid_of_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.report import Report

STAFF_COLUMNS = {"leader": "leader", "member": "member"}
"""Columns of grids that name people, and their role."""


def facts_of(report: Report) -> Facts:
    """Return what is known of the place that was checked.

    Parameters
    ----------
    report : Report
        From `geogrid.check`.

    Returns
    -------
    Facts
        On the day asked for, else today in the profile's time zone.
    """
    inputs, settings = report.inputs, report.settings
    given: dict[str, Any] = {table: inputs.get(table) for table in ("areas", "units", *PLACE_TABLES)}
    if given["events"] is not None:
        placed = grid_of_events(given["events"], inputs["grids"], report.households)
        given["events"] = given["events"].assign(grid_id=placed["grid_id"])
    return Facts(
        profile=settings.profile,
        crs=inputs.crs,
        households=report.households,
        grids=inputs["grids"],
        projects=inputs.projects,
        facilities=report.facilities,
        streets=inputs["roads"],
        services=settings.services,
        on=settings.on or dt.datetime.now(ZoneInfo(settings.profile.time_zone)).date(),
        **{**given, "staff": with_named(given["staff"], inputs["grids"])},
    )


def with_named(staff: pd.DataFrame | None, grids: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Add the leaders and members whom the table of grids names, for grids where the table of staff has nobody of that role.

    Parameters
    ----------
    staff : DataFrame or None
        The table of staff, if there is one.
    grids : GeoDataFrame
        Perhaps with ``leader`` and ``member``; several names may stand in a cell.

    Returns
    -------
    DataFrame or None
        None where nobody is named anywhere. Whom only a grid names has an id made of the grid, the role and a number, and no
        phone: the grid's own does not say whose it is.
    """
    named = [row for column, role in STAFF_COLUMNS.items() if column in grids for row in _named(grids, column, role)]
    if staff is not None and len(staff):
        known = set(zip(staff["of_kind"], staff["of_id"], staff["role"], strict=True))
        named = [row for row in named if ("grid", row["of_id"], row["role"]) not in known]
    if not named:
        return staff
    more = pd.DataFrame(named)
    return more if staff is None else pd.concat([staff, more], ignore_index=True)


def _named(grids: gpd.GeoDataFrame, column: str, role: str) -> list[Mapping[str, Any]]:
    cells = [(grid, names_in(cell)) for grid, cell in zip(grids["grid_id"], grids[column], strict=True) if isinstance(cell, str)]
    return [
        {"staff_id": f"{grid}/{role}/{number}", "name": name, "role": role, "of_kind": "grid", "of_id": grid}
        for grid, names in cells
        for number, name in enumerate(names, 1)
    ]
