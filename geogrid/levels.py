"""Whether every level of a place is filled: nothing left out from the top down to the last household.

A level with a level above is filled when each subject of the level above has at least one subject of it, when every household of
the level above belongs to one of it and, where both are land, when no land of the level above is left over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.facts import NOBODY
from geogrid.regions import mended, wide_pieces
from geogrid.subjects import subjects_of
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Level

    Shapes = npt.NDArray[np.object_]
    Ints = npt.NDArray[np.int64]

LAND = ("areas", "grids")
"""Tables whose rows fill the land above them; buildings stand on the land of an estate, but need not fill it."""

LEVEL_COLUMNS = (
    *("level", "name", "parent", "of", "must_fill", "missing", "subjects", "orphans", "parents", "parents_without"),
    *("households", "households_without", "persons_without", "land_m2", "is_filled"),
)
PARENT_COLUMNS = ("level", "parent", "parent_id", "name", "households")
ORPHAN_COLUMNS = ("level", "subject_id", "name")
HOME_COLUMNS = ("level", "household", "parent_id")
LAND_COLUMNS = ("level", "parent_id", "name", "area_m2", "width_m", "geometry")

NOT_GIVEN = {
    "areas": Text("没有提供区域图形", "no areas given"),
    "units": Text("没有提供单元表", "no units given"),
    "households": Text("没有提供人员表", "no table of staff given"),
}
"""What is missing where the table of a level was not given."""

NOT_SHARED = Text(
    "住户表没有 staff_id 列，不知道各户由谁负责", "the households have no column staff_id: nobody says who looks after them"
)


@dataclass(frozen=True, eq=False)
class LevelFill:
    """What each level leaves out of the level above; household positions, so for the office only.

    Attributes
    ----------
    levels : DataFrame
        A row per level with a level above: `LEVEL_COLUMNS`. ``name`` and ``missing`` (None, or what is lacking to tell) are
        texts; ``orphans`` counts subjects that lie in none of the level above; ``households`` those of the level above;
        ``land_m2`` is the land left over, NA where the level is no land. A level that cuts across the tree, is partial or a
        project's, need not fill anything (``must_fill`` False): its counts of what it leaves out, and ``is_filled``, are NA.
    parents : DataFrame
        Subjects of the level above that have none of the level: `PARENT_COLUMNS`, ``parent`` being the level above.
    orphans : DataFrame
        Subjects that lie in none of the level above: `ORPHAN_COLUMNS`.
    homes : DataFrame
        Households of the level above that belong to none of the level, by their position: `HOME_COLUMNS`.
    land : GeoDataFrame
        Pieces of land of the level above that no subject of the level has, at least ``sliver_width_m`` of the profile wide:
        `LAND_COLUMNS`, largest first.
    """

    levels: pd.DataFrame
    parents: pd.DataFrame
    orphans: pd.DataFrame
    homes: pd.DataFrame
    land: gpd.GeoDataFrame

    @property
    def is_filled(self) -> bool:
        """Return whether every level that must fill the one above, and of which it can be told, does."""
        return bool(self.levels["is_filled"].fillna(value=True).all())


def fill(facts: Facts) -> LevelFill:
    """Find what each level leaves out of the level above.

    Parameters
    ----------
    facts : Facts
        The place.

    Returns
    -------
    LevelFill
        Empty where no level has a level above.
    """
    found = [_tested(facts, level) for level in facts.profile.levels if level.parent is not None]
    left = [each.left for each in found if each.left is not None]
    levels = pd.DataFrame([each.row for each in found], columns=list(LEVEL_COLUMNS))
    counts = ["orphans", "parents", "parents_without", "households", "households_without", "persons_without"]
    types = {**dict.fromkeys(counts, "Int64"), "land_m2": "Float64", "is_filled": "boolean"}
    land = _stacked([each.land for each in left], LAND_COLUMNS)
    return LevelFill(
        levels.astype(types),
        _stacked([each.parents for each in left], PARENT_COLUMNS),
        _stacked([each.orphans for each in left], ORPHAN_COLUMNS),
        _stacked([each.homes for each in left], HOME_COLUMNS),
        gpd.GeoDataFrame(
            land.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True), geometry="geometry", crs=facts.crs
        ),
    )


class _Left(NamedTuple):
    """What a level leaves out."""

    parents: pd.DataFrame
    orphans: pd.DataFrame
    homes: pd.DataFrame
    land: gpd.GeoDataFrame


class _Tested(NamedTuple):
    row: dict[str, Any]
    left: _Left | None


def _tested(facts: Facts, level: Level) -> _Tested:
    own, above = subjects_of(facts, level.id), subjects_of(facts, str(level.parent))
    missing = _missing(facts, level) or _missing(facts, facts.profile.level(above.kind))
    row: dict[str, Any] = {
        "level": level.id,
        "name": level.name,
        "parent": level.parent,
        "of": level.of,
        "must_fill": level.must_fill,
    }
    row |= {"missing": missing, "subjects": len(own)}
    if not level.must_fill or missing is not None:
        return _Tested(row, None)
    land = _land(facts, own, above)
    left = _Left(_empty(own, above), _orphans(own), _homes(own, above), land)
    persons = facts.households["persons"].to_numpy(dtype=float, na_value=0.0)[left.homes["household"].to_numpy(dtype=np.int64)]
    row |= {
        "orphans": len(left.orphans),
        "parents": len(above),
        "parents_without": len(left.parents),
        "households": int((above.household >= 0).sum()),
        "households_without": len(left.homes),
        "persons_without": int(persons.sum()),
        "land_m2": float(land["area_m2"].sum()) if _is_land(own, above) else pd.NA,
        "is_filled": not any(len(each) for each in left),
    }
    return _Tested(row, left)


def _missing(facts: Facts, level: Level) -> Text | None:
    """Say what is lacking to tell who and what a level holds."""
    table = "staff" if level.of == "households" else level.of
    if table != "grids" and not facts.has(table):
        return NOT_GIVEN[level.of]
    return NOT_SHARED if level.of == "households" and "staff_id" not in facts.households else None


def _empty(own: Subjects, above: Subjects) -> pd.DataFrame:
    """Return the subjects above that have none of the level."""
    lonely = ~above.rows["id"].isin(own.rows["parent_id"].dropna()).to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "level": own.kind,
            "parent": above.kind,
            "parent_id": above.rows["id"].to_numpy(dtype=object)[lonely],
            "name": above.rows["name"].to_numpy(dtype=object)[lonely],
            "households": above.count()[lonely].astype(np.int64),
        }
    )


def _orphans(own: Subjects) -> pd.DataFrame:
    rows = own.rows[own.rows["parent_id"].isna().to_numpy(dtype=bool)]
    columns = {"subject_id": rows["id"].to_numpy(dtype=object), "name": rows["name"].to_numpy(dtype=object)}
    return pd.DataFrame({"level": own.kind, **columns})


def _homes(own: Subjects, above: Subjects) -> pd.DataFrame:
    """Return the households that belong to the level above and to none of the level."""
    lost = np.flatnonzero((above.household > NOBODY) & (own.household == NOBODY))
    around = above.rows["id"].to_numpy(dtype=object)[above.household[lost]] if len(lost) else []
    return pd.DataFrame({"level": own.kind, "household": lost, "parent_id": around})


def _is_land(own: Subjects, above: Subjects) -> bool:
    return own.table in LAND and above.table in LAND


def _land(facts: Facts, own: Subjects, above: Subjects) -> gpd.GeoDataFrame:
    """Return the pieces of the level above that no subject of the level has, whichever parent it states."""
    if not (_is_land(own, above) and len(above)):
        return gpd.GeoDataFrame(columns=list(LAND_COLUMNS), geometry="geometry", crs=facts.crs)
    wholes, _ = mended(above.rows.geometry.to_numpy())
    parts = mended(own.rows.geometry.to_numpy())[0] if len(own) else np.array([], dtype=object)
    # Those that state the parent leave little to test the others against.
    stated = pd.Index(above.rows["id"]).get_indexer(own.rows["parent_id"].to_numpy(dtype=object))
    children = np.flatnonzero(stated >= 0)
    first = wide_pieces(_less(wholes, parts, (stated[children], children)), facts.profile.sliver_width_m)
    others = shapely.STRtree(parts).query(first.shapes, predicate="intersects")
    pieces = wide_pieces(_less(first.shapes, parts, (others[0], others[1])), facts.profile.sliver_width_m)
    rows = above.rows.iloc[first.source[pieces.source]]
    table = {
        "level": own.kind,
        "parent_id": rows["id"].to_numpy(dtype=object),
        "name": rows["name"].to_numpy(dtype=object),
        "area_m2": shapely.area(pieces.shapes),
        "width_m": pieces.width_m,
    }
    return gpd.GeoDataFrame(table, geometry=pieces.shapes, crs=facts.crs)


def _less(wholes: Shapes, parts: Shapes, pairs: tuple[Ints, Ints]) -> Shapes:
    """Return each shape without some parts: pairs of the positions of a shape and of a part."""
    whole, part = pairs
    groups = np.split(parts[part[np.argsort(whole, kind="stable")]], np.cumsum(np.bincount(whole, minlength=len(wholes)))[:-1])
    taken = np.array([shapely.union_all(group) for group in groups[: len(wholes)]], dtype=object)
    return np.asarray(shapely.difference(wholes, taken), dtype=object)


def _stacked(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))
