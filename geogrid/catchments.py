"""Catchments as polygons: which facility is the nearest for most people of each unit.

A catchment is a set of households, those whose nearest facility it is. The polygons are a picture of it over units that do not
divide: each goes whole to one facility, and the share of its people for whom that is right is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_HOUSEHOLDS, NO_PATH = "no_households", "no_path"
COLUMNS = ("facility_id", "name", "units", "households", "persons", "households_drawn", "persons_drawn", "agreeing", "geometry")


@dataclass(frozen=True, eq=False)
class Catchments:
    """Catchments over units, the units in none, and how many households lie in no unit: exact counts, for the office only.

    All households are either of a facility (``households`` of ``table``) or among ``no_path``; and all live in a unit of a
    facility (``households_drawn``), in a unit of ``none`` or ``outside``.

    Columns of ``table``, by facility_id: name, units (tuple of ids), households and persons whose nearest facility this is,
    households_drawn and persons_drawn living in its units, agreeing (share of persons_drawn whose nearest it is; of households
    where nobody is counted) and geometry. A facility that is the nearest of some household but of no unit has an empty geometry.
    ``none`` has columns unit, reason (no_households, no_path), households and persons living there. ``outside`` counts households
    in no unit, ``no_path`` those that get to no facility. ``over`` says what the units are: units or grids.
    """

    table: gpd.GeoDataFrame
    none: pd.DataFrame
    outside: int
    over: str = "units"
    no_path: int = 0


def catchments(units: gpd.GeoDataFrame, homes: pd.DataFrame, names: Mapping[str, str], *, key: str = "unit_id") -> Catchments:
    """Give each unit to the facility that is nearest for most of its persons.

    Of facilities equally often nearest the one of more households is taken, then the smallest id as text.

    Parameters
    ----------
    units
        Polygons, with unique ids in the column ``key``.
    homes
        One row per household: unit (its unit's id, NA outside all), facility_id (its nearest, NA where it has no path) and
        persons.
    names
        The facilities' names by id.

    Returns
    -------
    Catchments
        In the CRS of the units. Neighbours share the borders of their units, to the last bit.

    Raises
    ------
    InputError
        Ids of units repeat, or a household's unit is none of them.

    Examples
    --------
    >>> units = gpd.GeoDataFrame(
    ...     {"unit_id": ["A", "B"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4548
    ... )
    >>> homes = pd.DataFrame({"unit": ["A", "A", "B"], "facility_id": ["F1", "F2", "F2"], "persons": [3, 1, 2]})
    >>> catchments(units, homes, {"F1": "West", "F2": "East"}).table[["facility_id", "units", "households", "agreeing"]]
      facility_id units  households  agreeing
    0          F1  (A,)           1      0.75
    1          F2  (B,)           2      1.00
    """
    _require_units(units[key], homes["unit"])
    counts = pd.DataFrame(
        {
            "unit": homes["unit"].astype(object),
            "facility_id": homes["facility_id"].astype(object),
            "persons": pd.to_numeric(homes["persons"]).fillna(0).to_numpy(dtype=np.int64),
            "households": 1,
        }
    )
    winner = _winners(counts)
    table = _table(units, key, counts.assign(winner=counts["unit"].map(winner)), winner)
    table.insert(1, "name", [names.get(facility, facility) for facility in table["facility_id"]])
    outside, no_path = (int(counts[column].isna().sum()) for column in ("unit", "facility_id"))
    return Catchments(table, _none(units[key], counts, winner), outside, no_path=no_path)


def _require_units(ids: pd.Series, used: pd.Series) -> None:
    repeated = ids[ids.duplicated()]
    unknown = used[used.notna() & ~used.isin(ids)]
    if len(repeated) or len(unknown):
        raise InputError(_BAD_UNITS.fill(repeated=len(repeated), unknown=len(unknown), first=[*repeated, *unknown][0]))


def _winners(counts: pd.DataFrame) -> pd.Series:
    """Return the facility of every unit that has one."""
    votes = counts.dropna(subset=["unit", "facility_id"]).groupby(["unit", "facility_id"], as_index=False).sum()
    votes = votes.sort_values(["unit", "persons", "households", "facility_id"], ascending=[True, False, False, True])
    return votes.drop_duplicates("unit").set_index("unit")["facility_id"].astype(object)


def _table(units: gpd.GeoDataFrame, key: str, counts: pd.DataFrame, winner: pd.Series) -> gpd.GeoDataFrame:
    measures = ["households", "persons"]
    nearest = counts.groupby("facility_id")[measures].sum().sort_index()
    drawn = counts.groupby("winner")[measures].sum().reindex(nearest.index, fill_value=0)
    right = counts[counts["facility_id"] == counts["winner"]].groupby("winner")[measures].sum()
    right = right.reindex(nearest.index, fill_value=0)
    by_people = drawn["persons"] > 0
    whole = drawn["persons"].where(by_people, drawn["households"])
    agreeing = right["persons"].where(by_people, right["households"]) / whole.where(whole > 0)
    of_unit = units[key].map(winner)
    members = [units[(of_unit == facility).to_numpy(dtype=bool)] for facility in nearest.index]
    columns: dict[str, Any] = {
        "facility_id": nearest.index.astype(object),
        "units": [tuple(sorted(rows[key])) for rows in members],
        **{measure: nearest[measure].to_numpy() for measure in measures},
        **{f"{measure}_drawn": drawn[measure].to_numpy() for measure in measures},
        "agreeing": agreeing.to_numpy(dtype=float),
    }
    shapes = [shapely.union_all(rows.geometry.to_numpy()) if len(rows) else shapely.Polygon() for rows in members]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=units.crs))


def _none(ids: pd.Series, counts: pd.DataFrame, winner: pd.Series) -> pd.DataFrame:
    """Return the units that no facility has, and why."""
    left = ids[~ids.isin(winner.index)].sort_values()
    reason = np.where(left.isin(counts["unit"]), NO_PATH, NO_HOUSEHOLDS)
    living = counts.groupby("unit")[["households", "persons"]].sum().reindex(left, fill_value=0)
    return pd.DataFrame({"unit": left.to_numpy(dtype=object), "reason": reason.astype(object), **living.reset_index(drop=True)})


_BAD_UNITS = Text(
    "单元编号有 {repeated} 个重复，住户提到的单元有 {unknown} 个不存在（首个是“{first}”）；每个单元应有唯一的编号",
    "{repeated} unit ids repeat and {unknown} households name a unit that does not exist (the first is '{first}'); "
    "give every unit one id",
)
