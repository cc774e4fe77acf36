"""The figures of an alternative, counted from the plan as it is drawn: whoever opens the plan finds the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.balanceground import grids_within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.balancetown import Town
    from geogrid.balancing.figures import Figures
    from geogrid.balancing.pieces import Ints
    from geogrid.boundaries import Boundaries
    from geogrid.changerows import Limits
    from geogrid.changesheet import ChangeSheet
    from geogrid.seating import Seated


def figures_of(town: Town, sheet: ChangeSheet, limits: Limits | None, division: Figures | None = None) -> dict[str, float | None]:
    """Return what an alternative comes to, by the keys of a proposal's figures.

    Parameters
    ----------
    town : Town
    sheet : ChangeSheet
        Of the plan as drawn.
    limits : Limits or None
        The household range and target; None where nothing is to be kept.
    division : Figures, optional
        Of the search: lengths of borders, which the sheet does not know.

    Returns
    -------
    dict
        None where something is not known: who changes hands where there is no grid today.
    """
    counts, shapes = counts_in(town, sheet.after), shapes_in(town, sheet.after.boundaries)
    had = bool(town.grid_ids)
    moved = sheet.totals["households_moved"] if had else None
    stayed = int(counts_in(town, sheet.before).sum())
    told: dict[str, float | None] = {
        "grids": len(counts),
        **sizes_of(counts, limits),
        "households_moved": moved,
        "persons_moved": sheet.totals["persons_moved"] if had else None,
        "moved_share": None if moved is None else moved / max(stayed, 1),
        "compactness": compactness(shapes),
    }
    if sheet.asked.units is not None:
        told["parts_split"] = len(sheet.cuts)
    if division is not None:
        told |= {"border_m": division.border_m, "along_share": division.along_share}
    return told


def sizes_of(counts: Ints, limits: Limits | None) -> dict[str, float | None]:
    """Return how many are in range, the smallest and largest, and how far from the target they are: at most, and on average.

    Examples
    --------
    >>> from geogrid.changerows import Limits
    >>> told = sizes_of(np.array([300, 400, 600]), Limits(300, 500, 400))
    >>> told["in_range"], told["out_of_range"], told["largest_over"], told["spread"]
    (2, 1, 0.5, 0.25)
    """
    if not len(counts):
        return {}
    told: dict[str, float | None] = {"smallest": int(counts.min()), "largest": int(counts.max())}
    if limits is None:
        return told
    inside, away = limits.counted(counts)["in"], np.abs(counts - limits.target) / max(limits.target, 1)
    told |= {"in_range": inside, "out_of_range": len(counts) - inside}
    return told | {"largest_over": float(away.max()), "spread": float(away.mean())}


def counts_in(town: Town, seated: Seated) -> Ints:
    """Return how many households each grid has, of those in the villages that are divided."""
    ids = {grid.grid_id for grid in grids_within(seated.boundaries, town.tier, town.area_ids)}
    tally = np.bincount(seated.home[seated.home >= 0], minlength=len(seated.ids))
    return np.array([n for key, n in zip(seated.ids, tally.tolist(), strict=False) if key in ids], dtype=np.int64)


def shapes_in(town: Town, state: Boundaries) -> list[Any]:
    """Return the grids' polygons in the villages that are divided."""
    return [grid.shape for grid in grids_within(state, town.tier, town.area_ids)]


def compactness(shapes: list[Any]) -> float | None:
    """Return the mean of 4π·area/perimeter² (Polsby and Popper 1991): 1 for circles.

    Examples
    --------
    >>> round(compactness([shapely.box(0, 0, 1, 1)]), 3)
    0.785
    """
    if not shapes:
        return None
    land = np.array(shapes, dtype=object)
    return float(np.mean(4 * np.pi * shapely.area(land) / shapely.length(land) ** 2))


def grid_table(town: Town, seated: Seated, turnover: Mapping[str, tuple[int, int]] | None = None) -> gpd.GeoDataFrame:
    """Return the grids with their households and persons; counts by grid, for the office.

    Parameters
    ----------
    town : Town
    seated : Seated
        Of today or of an alternative.
    turnover : mapping, optional
        By grid, how many households come in and go out.

    Returns
    -------
    GeoDataFrame
        grid_id, name, area (the village's name), households, persons, is_locked, moved_in and moved_out where known; polygons.
    """
    names = {area: (town.base.areas.get(area) or town.base.grids.get(area)) for area in town.area_ids}
    rows = grids_within(seated.boundaries, town.tier, town.area_ids)
    tally = np.bincount(seated.home[seated.home >= 0], minlength=len(seated.ids))
    persons = np.nan_to_num(seated.people.counts["persons"])
    people = np.bincount(seated.home[seated.home >= 0], weights=persons[seated.home >= 0], minlength=len(seated.ids))
    at = {key: i for i, key in enumerate(seated.ids)}
    columns: dict[str, list[Any]] = {
        "grid_id": [grid.grid_id for grid in rows],
        "name": [grid.name or grid.grid_id for grid in rows],
        "area": [named.name if (named := names.get(grid.parent_id)) else "" for grid in rows],
        "households": [int(tally[at[grid.grid_id]]) for grid in rows],
        "persons": [int(people[at[grid.grid_id]]) for grid in rows],
        "is_locked": [grid.grid_id in town.locked for grid in rows],
    }
    if turnover is not None:
        for k, name in enumerate(("moved_in", "moved_out")):
            columns[name] = [turnover.get(grid.grid_id, (0, 0))[k] for grid in rows]
    return gpd.GeoDataFrame(columns, geometry=[grid.shape for grid in rows], crs=town.base.crs)


def turnover_of(sheet: ChangeSheet) -> dict[str, tuple[int, int]]:
    """Return by grid how many households come in and go out."""
    came, went = sheet.turnover["households_in"].tolist(), sheet.turnover["households_out"].tolist()
    return {key: (came[i], went[i]) for i, key in enumerate(sheet.places.ids)}
