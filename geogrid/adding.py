"""What a planner's own paths change: joined to the streets, who becomes covered, and what is left of the suspicions.

Holds household rows: for the office only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.crs import project
from geogrid.effects import CHANGED_M, compared
from geogrid.joining import add_streets
from geogrid.saved import Shelf
from geogrid.streetwork import usable_streets
from geogrid.town import Town, place_all, streets_by_mode

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.joining import Joined


@dataclass(frozen=True, eq=False)
class PathsEffect:
    """What a planner's own paths change.

    Attributes
    ----------
    joined : Joined
        Which ends were joined to which streets, and which were not.
    after : Town
        The town with the paths, everybody placed anew; its facilities and households are the same.
    services : DataFrame
        A row per service: service; households and persons: ``_gain`` (covered now), ``_lose``, ``_covered_before``,
        ``_covered_after``; households_nearer (a shorter way, the status stays); share_before, share_after. Inside grids only, as
        in every table.
    grids : DataFrame
        The same without shares, by service and grid_id, where something changes.
    households : DataFrame
        Everyone who gains, loses or is nearer, by service: household_id, grid_id, persons, service, change (gains, loses,
        nearer), minutes_before, minutes_after, status_before, status_after.
    """

    joined: Joined
    after: Town
    services: pd.DataFrame
    grids: pd.DataFrame
    households: pd.DataFrame


def add_paths(town: Town, paths: gpd.GeoDataFrame) -> PathsEffect:
    """Join a planner's own paths to the streets, and say who gains.

    Parameters
    ----------
    town : Town
        From `geogrid.check` (``Report.town``) or `town.open_town`.
    paths : GeoDataFrame
        Lines, as `io.read_roads` returns them; in any CRS. See `joining.add_streets` for what is joined.

    Returns
    -------
    PathsEffect
        Equal to a check with the same paths, but that closures which the check was given do not reach the new paths: the town
        knows the streets they closed, not where they lie.

    Raises
    ------
    InputError
        Paths that cannot be joined, or that the town holds already.
    CrsError
        The paths have no CRS.

    Examples
    --------
    >>> import geogrid
    >>> from tests.builders import frame, paper_town, street
    >>> town = geogrid.check(**paper_town()).town
    >>> effect = add_paths(town, frame([{"road_id": "P", "highway": "path", "geometry": street((200, 500), (200, 700))}]))
    >>> len(effect.joined.joined), effect.services["households_gain"].tolist()
    (1, [0])
    """
    joined = add_streets(town.roads, project(paths, town.crs), usable=usable_streets(town.roads, town.settings.modes))
    shelf = Shelf(None)
    placed = place_all(
        streets_by_mode(joined.roads, town.settings, shelf),
        town.households,
        town.facilities,
        max_snap_m=town.settings.max_snap_m,
        shelf=shelf,
    )
    after = replace(town, roads=joined.roads, placed=placed)
    tables = {service: _changes(town, after, service) for service in town.settings.services}
    inside = {service: table[table["grid_id"].notna()] for service, table in tables.items()}
    grids = [
        {"service": service, "grid_id": grid, **_counted(part)}
        for service, table in inside.items()
        for grid, part in table.groupby("grid_id")
        if (part["change"] != "").any()
    ]
    changed = [table[table["change"] != ""] for table in tables.values()]
    return PathsEffect(
        joined=joined,
        after=after,
        services=pd.DataFrame([{"service": s, **_counted(table), **_shares(table)} for s, table in inside.items()]),
        grids=pd.DataFrame(grids, columns=["service", "grid_id", *COUNTS]),
        households=pd.concat(changed, ignore_index=True)[list(ROWS)],
    )


ROWS = (
    *("household_id", "grid_id", "persons", "service", "change"),
    *("minutes_before", "minutes_after", "status_before", "status_after"),
)
"""Columns of ``PathsEffect.households``."""
PARTS = ("gain", "lose", "covered_before", "covered_after")
COUNTS = (*(f"{measure}_{part}" for measure in ("households", "persons") for part in PARTS), "households_nearer")


def _changes(before: Town, after: Town, service: str) -> pd.DataFrame:
    """Say of every household what the paths change on its way to a service."""
    table = compared(before, after, service)
    was, now = (table[f"status_{when}"].eq("covered").to_numpy() for when in ("before", "after"))
    nearer = table["metres_before"].fillna(np.inf).to_numpy() > table["metres_after"].to_numpy() + CHANGED_M
    return table.assign(change=np.select([now & ~was, was & ~now, nearer], ["gains", "loses", "nearer"], ""))


def _counted(table: pd.DataFrame) -> dict[str, int]:
    """Count households and persons by what the paths mean for them."""
    change, persons = table["change"], table["persons"]
    rows = (change == "gains", change == "loses", *(table[f"status_{when}"] == "covered" for when in ("before", "after")))
    households = {f"households_{part}": int(chosen.sum()) for part, chosen in zip(PARTS, rows, strict=True)}
    people = {f"persons_{part}": int(persons[chosen].sum()) for part, chosen in zip(PARTS, rows, strict=True)}
    return {**households, **people, "households_nearer": int((change == "nearer").sum())}


def _shares(table: pd.DataFrame) -> dict[str, Any]:
    return {f"share_{when}": float((table[f"status_{when}"] == "covered").mean()) for when in ("before", "after")}
