"""The subjects of a place by kind: which rows they are, who belongs to each, and what each belongs to.

Households belong to the areas above their grid, to the unit that they name (else the one they stand in) and the units around it,
and to the set of whoever their ``staff_id`` names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geogrid.facts import FACILITIES, NOBODY, PLACE, SERVICES, STREETS, Facts, Subjects, matching

POLYGONAL = 2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.profileparts import Level, Rule

    Ints = npt.NDArray[np.int64]
    Above = tuple[frozenset[str], ...]


def subjects_of(facts: Facts, kind: str) -> Subjects:
    """Return the subjects of a kind.

    Parameters
    ----------
    facts : Facts
        The place; remembers what was worked out.
    kind : str
        A level's id, or facilities, streets, services, place.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    if kind not in facts.known:
        facts.known[kind] = _OTHERS[kind](facts) if kind in _OTHERS else _of_level(facts, facts.profile.level(kind))
    return facts.known[kind]


def chosen(facts: Facts, rule: Rule) -> tuple[Subjects, Ints]:
    """Return the subjects that a rule is about, and the positions of those that its ``where`` and ``scope`` choose."""
    subjects = subjects_of(facts, rule.of)
    is_chosen = matching(subjects.rows, rule.where)
    if rule.scope:
        wanted = facts.area_ids(rule.scope)
        is_chosen &= np.array([not wanted.isdisjoint(above) for above in subjects.above], dtype=bool)
    return subjects, np.flatnonzero(is_chosen)


def _of_level(facts: Facts, level: Level) -> Subjects:
    subjects = _FILLED[level.of](facts, level)
    if level.parent is None:
        return replace(subjects, rows=subjects.rows.assign(parent_id=pd.NA))
    parents = subjects_of(facts, level.parent)
    own = pd.Series([_first(above, parents) for above in subjects.above], dtype=object)
    lost = own.isna().to_numpy()
    if lost.any():
        own[lost] = _where_most_live(subjects, parents)[lost]
    return replace(subjects, rows=subjects.rows.assign(parent_id=own.to_numpy()))


def _first(above: frozenset[str], parents: Subjects) -> Any:
    """Return the one of the parents that something belongs to, NA where it is none."""
    return next((key for key in sorted(above) if key in parents.position), pd.NA)


def _where_most_live(subjects: Subjects, parents: Subjects) -> npt.NDArray[np.object_]:
    """Return for each subject the parent that most of its households belong to; of equals the first, NA where none does."""
    both = (subjects.household >= 0) & (parents.household >= 0)
    pairs = pd.DataFrame({"own": subjects.household[both], "parent": parents.household[both]})
    counts = pairs.groupby(["own", "parent"]).size().reset_index(name="homes")
    most = counts.sort_values("homes", ascending=False, kind="stable").drop_duplicates("own")
    found = np.full(len(subjects), pd.NA, dtype=object)
    found[most["own"]] = parents.rows["id"].to_numpy(dtype=object)[most["parent"]]
    return found


def _areas(facts: Facts, level: Level) -> Subjects:
    rows = _selected(facts.areas, level, "area_id", "level")
    if level.cuts_across:
        return _across(facts, level, rows)
    return _on_the_tree(facts, level.id, "areas", rows)


def _on_the_tree(facts: Facts, kind: str, table: str, rows: pd.DataFrame) -> Subjects:
    """Return areas or grids with the households of the grids below them."""
    position = {key: i for i, key in enumerate(rows["id"])}
    of_grid = {
        grid: next((position[key] for key in facts.chain(grid) if key in position), NOBODY) for grid in facts.grids["grid_id"]
    }
    return Subjects(
        kind, table, rows, _mapped(facts.households["grid_id"], of_grid), tuple(frozenset(facts.chain(key)) for key in rows["id"])
    )


def _across(facts: Facts, level: Level, rows: pd.DataFrame) -> Subjects:
    """Return areas beside the tree, with the households of what the table of members names; of several, the first area's."""
    members = facts.area_members if facts.area_members is not None else pd.DataFrame({"area_id": [], "member_id": []})
    position = {key: i for i, key in enumerate(rows["id"])}
    of_member = {
        m: position[a] for a, m in zip(members["area_id"][::-1], members["member_id"][::-1], strict=True) if a in position
    }
    of_grid = {
        grid: next((of_member[key] for key in facts.chain(grid) if key in of_member), NOBODY) for grid in facts.grids["grid_id"]
    }
    above = [
        frozenset(key for member, place in of_member.items() if place == i for key in facts.chain(member)[1:]) | {own}
        for i, own in enumerate(rows["id"])
    ]
    return Subjects(level.id, "areas", rows, _mapped(facts.households["grid_id"], of_grid), tuple(above))


def _grids(facts: Facts, level: Level) -> Subjects:
    if level.grid_set:
        return _project(facts, level)
    everything = pd.concat([_renamed(facts.grids, "grid_id"), _renamed(facts.areas, "area_id")])
    sized = _chosen_rows(everything, level, "level")
    rows = sized if len(sized) else _renamed(facts.grids, "grid_id")
    return _on_the_tree(facts, level.id, "grids", rows.reset_index(drop=True))


def _project(facts: Facts, level: Level) -> Subjects:
    """Return the grids of a project, with the households that stand in them."""
    known = _renamed(facts.projects, "grid_id")
    rows = known[matching(known, {"grid_set": (level.grid_set,)})].reset_index(drop=True)
    household = _lying_in(rows, facts.households)
    return Subjects(level.id, "grids", rows, household, _around_shapes(facts, rows))


def _units(facts: Facts, level: Level) -> Subjects:
    rows = _selected(facts.units, level, "unit_id", "kind")
    if facts.units is None:
        return Subjects(level.id, "units", rows, np.full(len(facts.households), NOBODY), ())
    parent = dict(zip(facts.units["unit_id"], facts.units.get("parent_id", [pd.NA] * len(facts.units)), strict=False))
    position = {key: i for i, key in enumerate(rows["id"])}
    of_unit = {unit: next((position[key] for key in _climbed(unit, parent) if key in position), NOBODY) for unit in parent}
    named = facts.households.get("unit_id", pd.Series(pd.NA, index=facts.households.index))
    household = _mapped(named, of_unit)
    lost = household < 0
    household[lost] = _lying_in(rows, facts.households)[lost]
    return Subjects(level.id, "units", rows, household, _above_units(facts, rows, parent))


def _above_units(facts: Facts, rows: pd.DataFrame, parent: Mapping[str, Any]) -> Above:
    """Return what each unit lies in: the units around it, and the areas and grids of the grid that it names or stands in."""
    named = rows.get("grid_id")
    places = rows.geometry.representative_point() if len(rows) else rows.geometry
    if named is None or named.isna().any():
        found = facts.grids["grid_id"].to_numpy(dtype=object)
        inside = _lying_in(_renamed(facts.grids, "grid_id"), places)
        by_place = pd.Series([found[i] if i >= 0 else pd.NA for i in inside], index=rows.index, dtype=object)
        named = by_place if named is None else named.astype(object).where(named.notna(), by_place)
    around = facts.around(places, named)
    return tuple(above | set(_climbed(own, parent)) for above, own in zip(around, rows["id"], strict=True))


def _sets(facts: Facts, level: Level) -> Subjects:
    """Return the sets of households that staff of a role look after: a row per person, with what they are responsible for."""
    staff = (
        facts.staff
        if facts.staff is not None
        else pd.DataFrame({"staff_id": [], "name": [], "role": [], "of_kind": [], "of_id": []})
    )
    rows = _chosen_rows(_renamed(staff, "staff_id"), level, "role").drop_duplicates("id").reset_index(drop=True)
    position = {key: i for i, key in enumerate(rows["id"])}
    named = facts.households.get("staff_id", pd.Series(pd.NA, index=facts.households.index))
    above = tuple(frozenset(facts.chain(of)) | {own} for of, own in zip(rows["of_id"], rows["id"], strict=True))
    return Subjects(level.id, "households", rows, _mapped(named, position), above)


def _place(facts: Facts) -> Subjects:
    rows = pd.DataFrame({"id": [PLACE], "name": [facts.profile.name.zh]})
    everything = frozenset(facts.areas["area_id"]) if facts.areas is not None else frozenset()
    return Subjects(PLACE, PLACE, rows, np.where(facts.households["grid_id"].notna(), 0, NOBODY), (everything,))


def _facilities(facts: Facts) -> Subjects:
    rows = _renamed(facts.facilities, "facility_id")
    above = () if facts.facilities is None else facts.around(facts.facilities.geometry, facts.facilities.get("grid_id"))
    return Subjects(FACILITIES, FACILITIES, rows, np.full(len(facts.households), NOBODY), above)


def _streets(facts: Facts) -> Subjects:
    """Return every street once, its pieces together."""
    if facts.streets is None:
        return Subjects(STREETS, STREETS, _renamed(None, "road_id"), np.full(len(facts.households), NOBODY), ())
    whole = facts.streets[["road_id", "geometry"]].dissolve("road_id", sort=False).geometry
    rows = _renamed(facts.streets.drop_duplicates("road_id"), "road_id")
    rows = rows.set_geometry(whole.reindex(rows["id"]).to_numpy(), crs=facts.crs)
    return Subjects(STREETS, STREETS, rows, np.full(len(facts.households), NOBODY), _around_shapes(facts, rows))


def _services(facts: Facts) -> Subjects:
    specs = [facts.profile.services[service] for service in facts.services]
    rows = pd.DataFrame({"id": [spec.id for spec in specs], "name": [spec.zh for spec in specs]})
    return Subjects(SERVICES, SERVICES, rows, np.full(len(facts.households), NOBODY), (frozenset(),) * len(rows))


def _renamed(frame: pd.DataFrame | None, key: str) -> Any:
    """Return a table with its id column called ``id``, and a name for every row; of no table none."""
    if frame is None:
        return pd.DataFrame({"id": pd.Series(dtype=object), "name": pd.Series(dtype=object)})
    rows = frame.rename(columns={key: "id"}).reset_index(drop=True)
    named = rows["name"] if "name" in rows else rows["id"]
    return rows.assign(name=named.where(named.notna(), rows["id"]))


def _chosen_rows(rows: Any, level: Level, column: str) -> Any:
    """Return the rows that a level selects by one of their columns."""
    return rows[matching(rows, {column: level.select or level.names})].reset_index(drop=True)


def _selected(frame: gpd.GeoDataFrame | None, level: Level, key: str, column: str) -> Any:
    return _chosen_rows(_renamed(frame, key), level, column)


def _mapped(named: pd.Series, position: Mapping[str, int]) -> Ints:
    """Return the positions of what is named; nobody's where nothing, or something unknown, is."""
    return np.array(named.map(position).fillna(NOBODY), dtype=np.int64)


def _lying_in(rows: Any, points: gpd.GeoDataFrame | gpd.GeoSeries) -> Ints:
    """Return the first polygon that each point lies in; nobody's outside all and where there are no polygons."""
    found = np.full(len(points), NOBODY, dtype=np.int64)
    if not len(rows):
        return found
    shapes = rows.geometry.to_numpy()
    polygons = np.flatnonzero(shapely.get_dimensions(shapes) == POLYGONAL)
    at, inside = shapely.STRtree(shapes[polygons]).query(points.geometry.to_numpy(), predicate="intersects")
    first = pd.Series(polygons[inside]).groupby(at).min()
    found[first.index.to_numpy(dtype=np.int64)] = first.to_numpy()
    return found


def _around_shapes(facts: Facts, rows: Any) -> Above:
    """Return the areas and grids around a point of each shape."""
    if rows.empty:
        return ()
    grids = _renamed(facts.grids, "grid_id")
    points = rows.geometry.representative_point()
    inside = _lying_in(grids, points)
    named = pd.Series([grids["id"].iloc[i] if i >= 0 else None for i in inside], dtype=object)
    return tuple(above | {own} for above, own in zip(facts.around(points, named), rows["id"], strict=True))


def _climbed(unit: str, parent: Mapping[str, Any]) -> Iterable[str]:
    """Return a unit and those around it; a ring ends where it began."""
    seen: dict[str, None] = {}
    while isinstance(unit, str) and unit not in seen:
        seen[unit] = None
        unit = parent.get(unit, pd.NA)
    return seen


_FILLED: Mapping[str, Callable[[Facts, Level], Subjects]] = {
    "areas": _areas,
    "grids": _grids,
    "units": _units,
    "households": _sets,
}
_OTHERS: Mapping[str, Callable[[Facts], Subjects]] = {
    PLACE: _place,
    FACILITIES: _facilities,
    STREETS: _streets,
    SERVICES: _services,
}
