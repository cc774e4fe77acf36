"""The facts of a place, from a check of it: what its standards are tested on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from geogrid.changestaff import GRID, names_in
from geogrid.facts import Facts
from geogrid.inputs import PLACE_TABLES
from geogrid.matters import grid_of_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geogrid.report import Report

STAFF_COLUMNS = {"leader": "leader", "member": "member"}
"""Columns of grids that name people, and their role."""

NAMED_COLUMNS = ("staff_id", "name", "role", "of_kind", "of_id")


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
    """Add the leaders and members whom the table of grids names, for roles of which the table of staff has nobody in any grid.

    Once the table of staff has somebody of a role, it is the register of that role: whom only the grids name does not count, for
    they may have left. `unlisted` returns those names.

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
    more = _in_columns(grids)
    if staff is not None and len(more):
        more = more[~more["role"].isin(_registered(staff))]
    if more.empty:
        return staff
    return more if staff is None else pd.concat([staff, more], ignore_index=True)


def unlisted(staff: pd.DataFrame | None, grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return whom the table of grids names in a role, but the register of that role does not.

    Parameters
    ----------
    staff : DataFrame or None
        The table of staff.
    grids : GeoDataFrame
        Perhaps with ``leader`` and ``member``.

    Returns
    -------
    DataFrame
        A row per grid, role and name that does not count: staff_id, name, role, of_kind, of_id.
    """
    more = _in_columns(grids)
    if staff is None or more.empty:
        return more.iloc[:0]
    known = pd.MultiIndex.from_frame(staff.loc[staff["of_kind"] == GRID, ["of_id", "role", "name"]].astype(object))
    is_listed = pd.MultiIndex.from_frame(more[["of_id", "role", "name"]].astype(object)).isin(known)
    return more[more["role"].isin(_registered(staff)) & ~is_listed].reset_index(drop=True)


def _registered(staff: pd.DataFrame) -> set[str]:
    """Return the roles that somebody has in a grid."""
    return set(staff.loc[staff["of_kind"] == GRID, "role"])


def _in_columns(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return everybody whom the table of grids names."""
    named = [row for column, role in STAFF_COLUMNS.items() if column in grids for row in _named(grids, column, role)]
    return pd.DataFrame(named, columns=list(NAMED_COLUMNS), dtype=object)


def _named(grids: gpd.GeoDataFrame, column: str, role: str) -> list[Mapping[str, Any]]:
    cells = [(grid, names_in(cell)) for grid, cell in zip(grids["grid_id"], grids[column], strict=True) if isinstance(cell, str)]
    return [
        {"staff_id": f"{grid}/{role}/{number}", "name": name, "role": role, "of_kind": GRID, "of_id": grid}
        for grid, names in cells
        for number, name in enumerate(names, 1)
    ]
