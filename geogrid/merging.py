"""Merging what is too small: grids, or estates with few party members, joined with neighbours until each has a minimum."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.balance import DEFAULT_NAMES, METHOD, Proposal, alternative_of, names_for, notes_of, today_of
from geogrid.balanceground import Ground
from geogrid.balanceplan import carried_out
from geogrid.balancetown import Town, land_of, town_of
from geogrid.balancewords import Obstacle, merge_obstacle
from geogrid.balancing.joining import merge_small
from geogrid.balancing.making import pieces_of
from geogrid.contracting import contracted, owners
from geogrid.errors import InputError
from geogrid.provenance import Provenance
from geogrid.solver import solver_name
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.balancing.pieces import Ints, Pieces
    from geogrid.balancing.wanted import Division
    from geogrid.effort import Effort
    from geogrid.store import Workspace

MEASURES: Mapping[str, Text] = {
    "households": Text("户", "households"),
    "persons": Text("人", "persons"),
    "party_members": Text("名党员", "party members"),
}
"""What may have a minimum."""
WHOLE = 10**9


@dataclass(frozen=True)
class MergeAsked:
    """What is asked of `propose_merge`.

    Attributes
    ----------
    minimum : int
        What each must reach.
    by : str
        Of `MEASURES`.
    of : str
        "grids" or "units".
    kind : str
        Which units: a level of the profile or a kind of unit; "" for those that state the measure.
    most : int or None
        No joined one may have more.
    within, locked : tuple of str
        Areas; grids or units that are not joined.
    seed : int
    plan : str
        What the plan is called (grids).
    who : str
        Who asks, for the record of plans.
    """

    minimum: int
    by: str = "households"
    of: str = "grids"
    kind: str = ""
    most: int | None = None
    within: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    seed: int = 0
    plan: str = ""
    who: str = ""


@dataclass(frozen=True, eq=False)
class UnitsMerged:
    """Units joined.

    Attributes
    ----------
    groups : GeoDataFrame
        A row for each joined unit: unit_id (whose name goes on), name, unit_ids, value_before (the smallest of them),
        value_after, households; polygons.
    units : GeoDataFrame
        The whole table of units as it would be, canonical: the joined ones in one row, those inside them moved along.
    obstacles : tuple of Obstacle
    figures : mapping
    provenance : Provenance
    """

    asked: MergeAsked
    town: Town = field(repr=False)
    groups: gpd.GeoDataFrame = field(repr=False)
    units: gpd.GeoDataFrame = field(repr=False)
    items: gpd.GeoDataFrame = field(repr=False)
    obstacles: tuple[Obstacle, ...]
    figures: Mapping[str, float | None]
    provenance: Provenance
    notes: tuple[Text, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return it as plain values for JSON: no household, no shape."""
        rows = self.groups.drop(columns="geometry").to_dict("records")
        told = {"provenance": self.provenance.to_record(), "figures": dict(self.figures)}
        return told | {"merged": rows, "obstacles": [each.to_record() for each in self.obstacles]}


def propose_merge(workspace: Workspace, asked: MergeAsked, effort: Effort) -> Proposal:
    """Merge grids below a minimum with neighbours of their village, as a plan.

    Raises
    ------
    InputError, NotFoundError, ConflictError
        When what is asked cannot be understood, or the plan's name is taken.
    """
    name = names_for(workspace, asked.plan or DEFAULT_NAMES["merge"], 1, is_given=bool(asked.plan))[0]
    town = _town(workspace, asked)
    if not town.grid_ids:
        raise InputError(_NO_GRIDS)
    shapes = {key: town.base.grids[key].shape for key in town.grid_ids}
    items, areas = items_of(town, shapes)
    values = _values_of_grids(workspace, town, items, asked)
    ground = Ground(town.base, town.tier, replace(items, today=np.arange(len(items))), areas, items.ids)
    division = merge_small(values, ground.pieces, asked.minimum, most=asked.most, effort=effort)
    made = alternative_of(
        town, carried_out(ground, division.part, town.rules, tell=effort.drawing), name, limits=None, division=division
    )
    sums = np.bincount(division.part, values, len(items))[np.unique(division.part)]
    made = replace(made, figures={**made.figures, **_figures(sums, asked, division), "along_share": None})
    obstacles = tuple(merge_obstacle(each, ground, MEASURES[asked.by]) for each in division.infeasible)
    kept = (made,) if made.plan.operations else ()
    provenance = _provenance(town, asked, division, effort)
    notes = notes_of(town, ground, (made,))
    today = today_of(town, None) | _figures(values, asked, None)
    return Proposal("merge", town, ground, kept, obstacles, None, today, provenance, notes, MEASURES[asked.by])


def propose_units(workspace: Workspace, asked: MergeAsked, effort: Effort) -> UnitsMerged:
    """Merge units (estates) below a minimum with neighbours of their village.

    Returns
    -------
    UnitsMerged
        With the table of units as it would be, for ``geogrid import``.

    Raises
    ------
    InputError
        When there are no such units, or they do not state what is measured.
    """
    town = _town(workspace, asked)
    rows = _chosen(town, asked)
    _require_stated(rows, asked)
    items, areas = items_of(town, dict(zip(rows["unit_id"], rows.geometry, strict=True)))
    unknown = set() if asked.by == "households" else set(rows.loc[rows[asked.by].isna(), "unit_id"])
    kept = sorted(unknown | set(asked.locked))
    items = replace(items, locked=np.isin(np.array(items.ids, dtype=object), kept))
    values = _values_of_units(rows, items, asked)
    ground = Ground(town.base, town.tier, items, areas, items.ids, frozenset(items.ids))
    pieces = replace(items, today=np.arange(len(items)))
    division = merge_small(values, pieces, asked.minimum, most=asked.most, effort=effort)
    groups = _groups(rows, items, values, division.part)
    lost = np.isin(np.array(items.ids, dtype=object), sorted(unknown))
    sums = np.bincount(division.part, values, len(items))[np.unique(division.part[~lost])]
    real = [each for each in division.infeasible if not each.pieces or not lost[list(each.pieces)].all()]
    obstacles = tuple(merge_obstacle(each, ground, MEASURES[asked.by]) for each in real)
    done = _joined(town.tables["units"], groups, asked.by)
    before = rows.set_index("unit_id").loc[list(items.ids)].reset_index()
    table = before[["unit_id", "name", "geometry"]].assign(value=values, households=items.households).set_crs(town.base.crs)
    figures = _figures_of_units(sums, asked) | {"areas_infeasible": len(obstacles)}
    notes = (_UNKNOWN.fill(n=len(unknown), units=", ".join(sorted(unknown)[:5])),) if unknown else ()
    provenance = _provenance(town, asked, division, effort)
    return UnitsMerged(asked, town, groups, done, table, obstacles, figures, provenance, notes)


def _town(workspace: Workspace, asked: MergeAsked) -> Town:
    for value, known in ((asked.by, tuple(MEASURES)), (asked.of, ("grids", "units"))):
        if value not in known:
            raise InputError(_NO_CHOICE.fill(value=value, known=", ".join(known)))
    if asked.minimum < 1:
        raise InputError(_NO_MINIMUM.fill(minimum=asked.minimum))
    if asked.most is not None and asked.most < asked.minimum:
        raise InputError(_NO_ROOM.fill(most=asked.most, minimum=asked.minimum))
    return town_of(workspace, within=asked.within, locked=asked.locked)


def items_of(town: Town, shapes: Mapping[str, Any]) -> tuple[Pieces, tuple[str, ...]]:
    """Return pieces of which each is one grid or unit, with the land beside it that is nobody's, and the ids of their areas.

    Parameters
    ----------
    town : Town
    shapes : mapping
        Polygons or points by id.
    """
    land = land_of(town, along_today=False)
    bare = replace(land, units=dict(shapes), unit_of=None, buildings=(), streets=(), water=(), today={}, locked=frozenset())
    pieces = pieces_of(bare, finest=WHOLE)
    ids = [key for key in shapes if key in set(pieces.ids)]
    whole = contracted(pieces, owners(pieces, ids), ids)
    locked = np.isin(np.array(ids, dtype=object), sorted(town.locked))
    return replace(whole, locked=locked), tuple(land.areas)


# What is measured


def _values_of_grids(workspace: Workspace, town: Town, items: Pieces, asked: MergeAsked) -> Ints:
    seated, ids = town.seated, {key: i for i, key in enumerate(town.seated.ids)}
    at = [ids[key] for key in items.ids]
    if asked.by == "party_members":
        return _members_in(workspace, town, items)
    counts = np.ones(len(seated.people)) if asked.by == "households" else np.nan_to_num(seated.people.counts[asked.by])
    inside = seated.home >= 0
    tally = np.bincount(seated.home[inside], counts[inside], len(seated.ids))
    return np.rint(tally[at]).astype(np.int64)


def _members_in(workspace: Workspace, town: Town, items: Pieces) -> Ints:
    """Add up the party members of the units in each grid: by the grid that a unit names, or else by where it is."""
    rows = _stating(town, "party_members")
    at = {key: i for i, key in enumerate(items.ids)}
    own = rows["grid_id"].map(at) if "grid_id" in rows else pd.Series(np.nan, index=rows.index)
    points = shapely.point_on_surface(rows.geometry.to_crs(workspace.crs).to_numpy())
    shapes = np.array([town.base.grids[key].shape for key in items.ids], dtype=object)
    i, j = shapely.STRtree(shapes).query(points, predicate="intersects")
    where = pd.Series(j, index=rows.index[i]).groupby(level=0).first().reindex(rows.index)
    place = own.fillna(where)
    known = place.notna().to_numpy()
    numbers = rows["party_members"].astype("Float64").fillna(0).to_numpy(dtype=float)
    return np.rint(np.bincount(place[known].astype(int), numbers[known], len(items))).astype(np.int64)


def _stating(town: Town, column: str) -> gpd.GeoDataFrame:
    """Return the units that state something.

    Raises
    ------
    InputError
        When none does.
    """
    rows = town.tables.get("units")
    if rows is None or column not in rows or rows[column].isna().all():
        raise InputError(_NOT_STATED.fill(column=column))
    return rows[rows[column].notna()]


def _chosen(town: Town, asked: MergeAsked) -> gpd.GeoDataFrame:
    """Return the units that are meant, in the workspace's CRS."""
    rows = town.tables.get("units")
    if rows is None:
        raise InputError(_NO_UNITS)
    kinds = sorted({str(kind) for kind in rows["kind"].dropna()}) if "kind" in rows else []
    if asked.kind:
        names = {asked.kind}
        for level in town.profile.levels:
            if asked.kind in level.names:
                names |= {*level.names, *(level.select or ())}
        found = rows[rows["kind"].isin(names)] if "kind" in rows else rows[:0]
        if found.empty:
            raise InputError(_NO_KIND.fill(kind=asked.kind, known=", ".join(kinds) or "—"))
        return found.reset_index(drop=True)
    if asked.by == "party_members":
        of_kind = _stating(town, asked.by)
        same = set(of_kind["kind"].dropna()) if "kind" in of_kind else set()
        return (rows[rows["kind"].isin(same)] if same else of_kind).reset_index(drop=True)
    if len(kinds) > 1:
        raise InputError(_WHICH_KIND.fill(known=", ".join(kinds)))
    return rows.reset_index(drop=True)


def _require_stated(rows: gpd.GeoDataFrame, asked: MergeAsked) -> None:
    if asked.by != "households" and (asked.by not in rows or rows[asked.by].isna().all()):
        raise InputError(_NOT_STATED.fill(column=asked.by))


def _values_of_units(rows: gpd.GeoDataFrame, items: Pieces, asked: MergeAsked) -> Ints:
    if asked.by == "households":
        return items.households
    stated = rows.set_index("unit_id")[asked.by].astype("Float64").fillna(0)
    found: Ints = np.rint(stated.loc[list(items.ids)].to_numpy(dtype=float)).astype(np.int64)
    return found


# What comes of it


def _groups(rows: gpd.GeoDataFrame, items: Pieces, values: Ints, part: Ints) -> gpd.GeoDataFrame:
    """Return a row for each unit that others join."""
    named = dict(zip(rows["unit_id"], rows["name"].fillna(rows["unit_id"]), strict=True))
    shapes = dict(zip(rows["unit_id"], rows.geometry, strict=True))
    told = []
    for keeper in np.unique(part).tolist():
        mine = np.flatnonzero(part == keeper)
        if len(mine) < 2:  # noqa: PLR2004 - it stays as it is
            continue
        first = [keeper, *(i for i in mine.tolist() if i != keeper)]
        ids = [items.ids[i] for i in first]
        told.append(
            {
                "unit_id": ids[0],
                "name": "、".join(str(named[key]) for key in ids),
                "unit_ids": ids,
                "value_before": int(values[mine].min()),
                "value_after": int(values[mine].sum()),
                "households": int(items.households[mine].sum()),
                "geometry": shapely.union_all([shapes[key] for key in ids]),
            }
        )
    columns = ["unit_id", "name", "unit_ids", "value_before", "value_after", "households", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(told, columns=columns), geometry="geometry", crs=rows.crs)


def _joined(units: gpd.GeoDataFrame, groups: gpd.GeoDataFrame, by: str) -> gpd.GeoDataFrame:
    """Return the table of units as it would be."""
    keeper = {each: row.unit_id for row in groups.itertuples() for each in row.unit_ids}
    gone = {each for each, into in keeper.items() if each != into}
    done = units[~units["unit_id"].isin(gone)].copy()
    if "parent_id" in done:
        done["parent_id"] = done["parent_id"].map(lambda key: keeper.get(key, key))
    for row in groups.itertuples():
        at = done.index[done["unit_id"] == row.unit_id][0]
        done.loc[at, "name"] = row.name
        done.loc[at, "geometry"] = row.geometry
        if by in done:
            done.loc[at, by] = row.value_after
    return done.reset_index(drop=True)


def _figures(values: Any, asked: MergeAsked, division: Division | None) -> dict[str, float | None]:
    small = int((values < asked.minimum).sum())
    told: dict[str, float | None] = {"in_range": len(values) - small, "out_of_range": small}
    told |= {"smallest": int(values.min()), "largest": int(values.max())} if len(values) else {}
    return told | ({} if division is None else {"areas_infeasible": len(division.infeasible)})


def _figures_of_units(values: Any, asked: MergeAsked) -> dict[str, float | None]:
    told: dict[str, float | None] = {"units": len(values), "units_short": int((values < asked.minimum).sum())}
    return told | ({"smallest_unit": int(values.min()), "largest_unit": int(values.max())} if len(values) else {})


def _provenance(town: Town, asked: MergeAsked, division: Division, effort: Effort) -> Provenance:
    settings = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(asked).items() if key != "who"}
    work = dict(division.work)
    return Provenance(
        "merge",
        town.hashes,
        settings | {"work": effort.work},
        f"{METHOD}; {solver_name()}",
        seed=asked.seed,
        proof=division.proof,
        value=float(division.figures.out_of_range),
        work=work,
        seconds=effort.spent,
        stopped=effort.stopped,
    )


_NO_CHOICE = Text("“{value}”不能用；可用：{known}。", "{value!r} cannot be; there are: {known}.")
_NO_MINIMUM = Text("下限 {minimum} 不能用：至少 1。", "a minimum of {minimum} cannot be: at least 1.")
_NO_ROOM = Text(
    "上限 {most} 小于下限 {minimum}，什么也合不成；请改其中一个。",
    "at most {most} is less than the minimum of {minimum}: nothing could be merged; change one.",
)
_NO_GRIDS = Text("这里还没有网格，没有可合并的。", "there are no grids to merge here.")
_NO_UNITS = Text(
    "工作区里没有单元（小区、楼栋等）；请先导入 units。",
    "the workspace holds no units (estates, buildings); bring in units first.",
)
_NO_KIND = Text("没有“{kind}”类的单元；现有：{known}。", "there are no units of kind {kind!r}; there are: {known}.")
_WHICH_KIND = Text(
    "单元有多类（{known}）；请用 --kind 说明合并哪一类。", "there are several kinds of units ({known}); say which with --kind."
)
_UNKNOWN = Text(
    "{n} 个单元没有填写，不知道够不够，没有合并：{units}。", "{n} units state nothing and were left as they are: {units}."
)
_NOT_STATED = Text(
    "单元表没有填“{column}”，无从判断；请补上该列。", "no unit states {column!r}; fill in that column of the table of units."
)
