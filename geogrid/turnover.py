"""How many households of each grid came, left or changed between two states of their table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.crs import to_wgs84
from geogrid.privacy import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

MOVED_DEG = 1e-5
"""A household that is this far (about a metre) from where it was has moved."""


def changed_households(
    then: gpd.GeoDataFrame, now: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, *, measures: Sequence[str] = MEASURES[1:]
) -> dict[str, int]:
    """Count the households that came into, left or changed in each grid.

    Parameters
    ----------
    then, now : GeoDataFrame
        Households with household_id and measures.
    grids : GeoDataFrame
        With grid_id; WGS 84.
    measures : sequence of str
        Columns of numbers that make a household another one where they differ.

    Returns
    -------
    dict
        By grid_id. A household that moved inside its grid, or whose size changed, counts once; one that moved from grid to grid
        counts in both.

    Examples
    --------
    >>> import geopandas as gpd
    >>> grids = gpd.GeoDataFrame({"grid_id": ["A", "B"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4326)
    >>> spots = gpd.points_from_xy([0.1, 0.2], [0.5, 0.5])
    >>> homes = gpd.GeoDataFrame({"household_id": ["x", "y"], "persons": [1, 2]}, geometry=spots, crs=4326)
    >>> changed_households(homes, homes.assign(persons=[1, 3]), grids), changed_households(homes[:1], homes, grids)
    ({'A': 1}, {'A': 1})
    """
    both = _known(then, grids, measures).merge(
        _known(now, grids, measures), how="outer", on="household_id", suffixes=("_then", "_now")
    )
    differs = both["grid_then"].astype("object") != both["grid_now"].astype("object")
    for name in (*measures, "x", "y"):
        apart = (both[f"{name}_then"] - both[f"{name}_now"]).abs()
        differs |= (apart >= (MOVED_DEG if name in ("x", "y") else 1)) | (
            both[f"{name}_then"].isna() != both[f"{name}_now"].isna()
        )
    changed = both.loc[differs, ["grid_then", "grid_now"]]
    where = pd.concat([changed["grid_then"], changed["grid_now"][changed["grid_now"] != changed["grid_then"]]]).dropna()
    return {str(grid): int(n) for grid, n in where.value_counts(sort=False).items()}


def _known(households: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return what a household is known by: its id, its grid, its place and its measures, NaN where nobody says."""
    here = to_wgs84(households[[c for c in households if c != "grid_id"]])
    points = shapely.get_coordinates(shapely.centroid(here.geometry.to_numpy()))
    columns = {"household_id": here["household_id"].astype(str), "grid": assign(here, grids).grid_id.astype("object")}
    columns |= {m: pd.to_numeric(here[m]).astype("float64") if m in here else np.nan for m in measures}
    return pd.DataFrame({**columns, "x": points[:, 0], "y": points[:, 1]}, index=here.index)
