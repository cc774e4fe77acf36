"""Rows of a workspace's tables that lie in a caller's areas: by their place, or by what they are about."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from api.callers import Scope, scope_within
from geogrid.assign import assign
from geogrid.errors import NotFoundError
from geogrid.workspace.asking import smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd

    from api.ogc.asked import When
    from geogrid.store import Version, Workspace

    Read = Callable[[str], Any]

OF_HOUSEHOLDS = frozenset({"households", "events", "staff"})
"""Tables whose rows tell of single households, or may."""


def rows_in(scope: Scope, table: str, read: Read) -> Any:
    """Return the rows of a table that lie in the areas of a caller; all of them for whose role holds everywhere.

    Parameters
    ----------
    scope : Scope
    table : str
    read : callable
        Gives a table of one version by its name; the result is one of its frames, with fewer rows.
    """
    frame = read(table)
    if scope.grids is None:
        return frame
    inside = BY_TABLE.get(table, _by_place)(frame, scope, read)
    return frame[inside.to_numpy(dtype=bool)].reset_index(drop=True)


def rows_of(opened: Workspace, table: str, version: int, areas: tuple[str, ...]) -> Any:
    """Return the rows of a version that lie in some areas; everywhere for none."""
    read = cache(partial(opened.read, version=version))
    return rows_in(scope_at(read, areas), table, read)


def scope_at(read: Read, areas: tuple[str, ...]) -> Scope:
    """Return where a role with some areas holds, by the grids and areas of one version; without areas everywhere."""

    def parents(name: str, key: str) -> dict[str, str | None]:
        above = read(name)["parent_id"]
        return dict(zip(read(name)[key], above.astype(object).where(above.notna(), None), strict=True))

    if not areas:
        return Scope()
    return scope_within(areas, areas=parents("areas", "area_id"), grids=parents("grids", "grid_id"))


def version_on(opened: Workspace, when: When | None) -> Version | None:
    """Return the version that held on the last of some days, today's for none; None before the first."""
    if when is None:
        return opened.in_force().version
    if when.last is None:
        return opened.head
    try:
        return opened.version_on(when.last)
    except NotFoundError:
        return None


def _by_place(frame: gpd.GeoDataFrame, scope: Scope, read: Read) -> pd.Series:
    """Say which rows lie, with a point inside them, in a grid of the scope; what lies in no grid is nobody's."""
    points = frame[[]].set_geometry(frame.geometry.representative_point())
    grid_id = assign(points, smallest(read("grids"))[["grid_id", "geometry"]]).grid_id
    return grid_id.isin(scope.grids or ())


def _by_id(column: str) -> Callable[[pd.DataFrame, Scope, Read], pd.Series]:
    def inside(frame: pd.DataFrame, scope: Scope, _read: Read) -> pd.Series:
        return frame[column].isin(_ids(scope))

    return inside


def _ids(scope: Scope) -> frozenset[str]:
    return (scope.grids or frozenset()) | (scope.areas or frozenset())


def _of_members(frame: pd.DataFrame, scope: Scope, _read: Read) -> pd.Series:
    return frame["area_id"].isin(_ids(scope)) & frame["member_id"].isin(_ids(scope))


def _of_events(frame: gpd.GeoDataFrame, scope: Scope, read: Read) -> pd.Series:
    """Events of households in the scope, and those that state no household but a place there."""
    homes = frame["household_id"].isin(rows_in(scope, "households", read)["household_id"])
    return homes | (frame["household_id"].isna() & _by_place(frame, scope, read))


def _of_staff(frame: pd.DataFrame, scope: Scope, read: Read) -> pd.Series:
    """Staff of grids, areas, units, buildings and households in the scope; of streets, which cross borders, none."""
    found = frame["of_kind"].isin(["grid", "area"]) & frame["of_id"].isin(_ids(scope))
    for kind, (table, key) in SUBJECTS.items():
        if (frame["of_kind"] == kind).any():
            found |= (frame["of_kind"] == kind) & frame["of_id"].isin(rows_in(scope, table, read)[key])
    return found


SUBJECTS: Mapping[str, tuple[str, str]] = {"unit": ("units", "unit_id"), "household": ("households", "household_id")}
"""Whom staff may be responsible for, besides grids and areas."""

BY_TABLE: Mapping[str, Callable[[Any, Scope, Read], pd.Series]] = {
    "grids": _by_id("grid_id"),
    "areas": _by_id("area_id"),
    "grades": _by_id("subject_id"),
    "area_members": _of_members,
    "events": _of_events,
    "staff": _of_staff,
}
"""How rows are told to be inside; those of every other table by their place."""
