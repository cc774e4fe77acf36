"""Counts of a check: coverage over the tree of places, and the smaller tables beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geogrid.coverage import coverage_table, facility_counts, sensitivity
from geogrid.hierarchy import GRID, Hierarchy, sum_upwards
from geogrid.privacy import MEASURES
from geogrid.radius import compare_with_walking, within_radius
from geogrid.settings import ALL, LATER, NOW, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt

PARTS = ("", "_covered", "_uncovered", "_unreached")
COUNTS = tuple(f"{measure}{part}" for measure in MEASURES for part in PARTS)
"""The count columns of every coverage table."""

ON_FOOT = ("walk", "walk_older")
"""The modes of people who walk."""

STATUS_PREFIX = {NOW: "status_", LATER: "status_later_"}


def coverage_over(households: gpd.GeoDataFrame, place: Hierarchy, settings: Settings) -> pd.DataFrame:
    """Count covered, uncovered and unreached households for every grid, every area and the total.

    Households outside all grids are not in any row, so that the grids of an area always sum to the area.

    Parameters
    ----------
    households : GeoDataFrame
        With ``grid_id`` and the status columns of the report.
    place : Hierarchy
        The tree to sum over.
    settings : Settings
        Which services.

    Returns
    -------
    DataFrame
        Columns: level, id, name, service, when and `COUNTS` (Int64; NA where the households' table lacks the measure), for every
        node in the tree's order.
    """
    inside = households[households["grid_id"].notna()]
    known = [m for m in MEASURES if m in ("households", "persons") or inside.get(m, pd.Series(dtype="Int64")).notna().any()]
    says = {measure: _anyone_says(inside, measure, place) for measure in known}
    parts = [_one(inside, place, service, when, says) for when in STATUS_PREFIX for service in (*settings.services, ALL)]
    return pd.concat(parts, ignore_index=True)


def _one(
    inside: gpd.GeoDataFrame, place: Hierarchy, service: str, when: str, says: Mapping[str, npt.NDArray[np.bool_]]
) -> pd.DataFrame:
    """Count one service at one time over the tree; ``says`` tells, per known measure, the nodes of which something is known."""
    statuses = inside[[f"{STATUS_PREFIX[when]}{service}"]].set_axis([service], axis=1)
    counted = coverage_table(inside, statuses, inside["grid_id"]).set_index("group")
    leaves = (place.nodes["level"] == GRID).to_numpy()
    columns = [f"{measure}{part}" for measure in says for part in PARTS]
    values = np.zeros((len(place.nodes), len(columns)))
    values[leaves] = counted[columns].reindex(place.nodes["id"][leaves]).fillna(0).to_numpy(dtype=float)
    sums = pd.DataFrame(sum_upwards(values, place.tree), columns=columns).astype("int64").astype("Int64")
    populated = (sums["households"] > 0).to_numpy(dtype=bool)
    for measure, said in says.items():
        sums.loc[populated & ~said, [f"{measure}{part}" for part in PARTS]] = pd.NA
    return place.nodes.assign(service=service, when=when).join(sums.reindex(columns=list(COUNTS)).astype("Int64"))


def _anyone_says(inside: gpd.GeoDataFrame, measure: str, place: Hierarchy) -> npt.NDArray[np.bool_]:
    """Return True for nodes of which some household states the measure; of the others nothing is known."""
    if measure not in inside:  # households are counted, not stated
        return np.ones(len(place.nodes), dtype=bool)
    says = inside["grid_id"][inside[measure].notna()].value_counts()
    leaves = (place.nodes["level"] == GRID).to_numpy()
    counts = np.zeros((len(place.nodes), 1))
    counts[leaves, 0] = says.reindex(place.nodes["id"][leaves]).fillna(0)
    return np.asarray(sum_upwards(counts, place.tree)[:, 0] > 0)


def offers(facilities: gpd.GeoDataFrame, service: str, when: str, settings: Settings) -> npt.NDArray[np.bool_]:
    """Return True for facilities that offer a service at a time, by their status."""
    profile = settings.profile
    counting = {NOW: profile.now_statuses, LATER: (*profile.now_statuses, *profile.later_statuses)}[when]
    offered = np.fromiter((service in row for row in facilities["services"]), bool, len(facilities))
    return np.asarray(offered & facilities["status"].isin(counting).to_numpy())


def small_tables(
    households: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    radii: gpd.GeoDataFrame,
    trips: Mapping[tuple[str, str], pd.DataFrame],
    settings: Settings,
) -> dict[str, pd.DataFrame]:
    """Count what stands beside coverage: facilities, the straight-line radius, and how sure the shares are.

    Parameters
    ----------
    households, facilities : GeoDataFrame
        With the columns that the report adds.
    radii : GeoDataFrame
        From `radius.service_radii`.
    trips : mapping
        Nearest facilities by service and when, in the households' order.
    settings : Settings
        Services and limits.

    Returns
    -------
    dict
        Tables facilities, facilities_by_grid, radius and sensitivity, of the households inside grids.
    """
    is_inside = households["grid_id"].notna().to_numpy()
    inside = households[is_inside]
    statuses = pd.DataFrame({s: inside[f"{STATUS_PREFIX[NOW]}{s}"] for s in settings.services})
    counting = facilities[facilities["status"].isin(settings.profile.now_statuses)]["facility_id"]
    within = within_radius(inside, radii[radii["facility_id"].isin(counting)]).reindex(
        columns=settings.services, fill_value=False
    )
    now = {s: trips[s, NOW][is_inside] for s in settings.services}
    by_grid = facility_counts(facilities)
    return {
        "facilities": _facility_totals(facilities, settings),
        "facilities_by_grid": by_grid[by_grid["service"].isin(settings.services)].reset_index(drop=True),
        "radius": compare_with_walking(within, statuses),
        "sensitivity": sensitivity(
            now, cutoff_min=settings.cutoff_min, speed_kmh=settings.speed_kmh, older_kmh=_older_kmh(settings)
        ),
    }


def _older_kmh(settings: Settings) -> dict[str, float]:
    """Return the pace of older people for the services that are walked to."""
    return {s: settings.pace_kmh("walk_older") for s in settings.services if settings.mode[s] in ON_FOOT}


def _facility_totals(facilities: gpd.GeoDataFrame, settings: Settings) -> pd.DataFrame:
    """Count facilities per service and status: all, inside grids, outside, and too far from any street."""
    rows = pd.DataFrame(facilities[["services", "status", "grid_id", "unreached"]]).explode("services", ignore_index=True)
    rows = rows.rename(columns={"services": "service"})
    rows = rows[rows["service"].isin(settings.services)].assign(outside=rows["grid_id"].isna(), facilities=1)
    rows["inside"] = ~rows["outside"]
    return (
        rows.groupby(["service", "status"], sort=True)[["facilities", "inside", "outside", "unreached"]]
        .sum()
        .astype(int)
        .reset_index()
    )


def by_node(coverage: pd.DataFrame, level_of_nodes: pd.Series) -> pd.DataFrame:
    """Lay the coverage of some nodes side by side: one row per node, columns by service.

    Parameters
    ----------
    coverage : DataFrame
        From `coverage_over` or `privacy.public_coverage`.
    level_of_nodes : Series of bool
        Which rows to take.

    Returns
    -------
    DataFrame
        Indexed by id: the measures, and for every service s ``covered_<s>``, ``uncovered_<s>``, ``unreached_<s>`` (households),
        ``share_<s>`` and ``share_later_<s>`` (0 to 1; NaN where withheld or without households), ``suppressed``.
    """
    rows = coverage[level_of_nodes]
    wide = rows.drop_duplicates("id").set_index("id")[list(MEASURES)].copy()
    for (service, when), part in rows.groupby(["service", "when"], sort=False):
        counts = part.set_index("id")
        later = "later_" if when == LATER else ""
        wide[f"share_{later}{service}"] = share(counts["households_covered"], counts["households"])
        if when == NOW:
            for name in ("covered", "uncovered", "unreached"):
                wide[f"{name}_{service}"] = counts[f"households_{name}"]
    wide["suppressed"] = rows.groupby("id")["suppressed"].any() if "suppressed" in rows else False
    return wide


def share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return part / whole as floats rounded to 6 decimals; NaN where either is unknown or the whole is zero.

    Examples
    --------
    >>> share(pd.Series([1, 0], dtype="Int64"), pd.Series([3, 0], dtype="Int64")).tolist()
    [0.333333, nan]
    """
    above, below = (x.to_numpy(dtype=float, na_value=np.nan) for x in (part, whole))
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.Series(np.round(np.where(below > 0, above / below, np.nan), 6), index=part.index)
