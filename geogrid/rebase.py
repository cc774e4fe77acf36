"""A plan moved to a newer base: what still holds is kept, what clashes is set aside and shown on the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from geogrid.differences import changed_texts, land_changed
from geogrid.errors import GeogridError, RefusedError
from geogrid.keeping import Rules
from geogrid.operations import Operation, Rename, Reparent, Restaff
from geogrid.plans import Drawn, Plan, draw_plan, rules_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from geogrid.boundaries import Boundaries
    from geogrid.redraw import Step

TOUCHED_M2 = 0.01
"""Land shared by less than this is a border that both drew."""
ROWS = (Rename, Restaff, Reparent)


@dataclass(frozen=True, eq=False)
class Rebased:
    """A plan on its new base.

    Attributes
    ----------
    plan : Plan
        With the operations that still hold.
    drawn : Drawn
        The plan carried out on the new base.
    set_aside : tuple of Operation
        Operations left out.
    conflicts : GeoDataFrame
        A row for each of them: number (in the old plan, from 1), kind, reason_zh, reason_en, geometry (where).
    """

    plan: Plan
    drawn: Drawn
    set_aside: tuple[Operation, ...]
    conflicts: gpd.GeoDataFrame


@dataclass(frozen=True, eq=False)
class _Conflict:
    number: int
    operation: Operation
    reason: Text
    place: Any


def rebase(
    plan: Plan, bases: tuple[Boundaries, Boundaries], version: int, *, rules: Rules | None = None, keep: Collection[int] = ()
) -> Rebased:
    """Carry a plan out on a newer base.

    An operation clashes when it cannot be done on the new base, when it hands over land that changed hands between the two
    bases, or when it changes the row of a grid whose row has changed.

    Parameters
    ----------
    plan : Plan
        Drawn on the old base.
    bases : (Boundaries, Boundaries)
        The old base and the new one.
    version : int
        The version of the new one.
    rules : Rules, optional
        Barriers.
    keep : collection of int
        Numbers of operations (from 1) that are kept although the base changed under them, where they can be done.

    Returns
    -------
    Rebased
    """
    old, new = bases
    # What was allowed then stays done, whatever is locked or divides by now.
    before = draw_plan(replace(plan, locked=frozenset()), old, Rules(within_parent=False)).steps
    land = land_changed(old, new)
    rows = {key for key, grid in old.grids.items() if key not in new.grids or changed_texts(grid, new.grids[key])}
    now = rules_of(plan, rules)
    drawn, conflicts, kept = Drawn(new, ()), list[_Conflict](), list[Operation]()
    for number, step in enumerate(before, 1):
        conflict = None if number in keep else _clash(number, step, [each.shape for each in land], rows)
        if conflict is None:
            try:
                drawn = drawn.then(step.operation, now)
                kept.append(step.operation)
            except GeogridError as error:
                conflict = _Conflict(number, step.operation, error.message, _place(error, step))
        conflicts += [] if conflict is None else [conflict]
    moved = replace(plan, base_version=version, operations=tuple(kept), undone=())
    return Rebased(moved, drawn, tuple(each.operation for each in conflicts), _table(conflicts, new))


def _clash(number: int, step: Step, land: Sequence[Any], rows: Collection[str]) -> _Conflict | None:
    """Return what the base changed under an operation."""
    shared = [shapely.intersection(each.shape, other) for each in step.moved for other in land]
    place = shapely.union_all([shape for shape in shared if shape.area > TOUCHED_M2])
    if not place.is_empty:
        return _Conflict(number, step.operation, _LAND.fill(area=f"{place.area:,.0f}"), place)
    named = step.operation.grid_id if isinstance(step.operation, ROWS) else None
    if named in rows:
        return _Conflict(number, step.operation, _ROW.fill(grid=named), step.boundaries.grids[str(named)].shape)
    return None


def _place(error: GeogridError, step: Step) -> Any:
    """Return where an operation fails: what the refusal names, else the land that it moved before, else its grids."""
    place = error.place if isinstance(error, RefusedError) else None
    grids = [step.boundaries.grids[key].shape for key in step.changed if key in step.boundaries.grids]
    return place or shapely.union_all([each.shape for each in step.moved] or grids)


def _table(conflicts: Sequence[_Conflict], base: Boundaries) -> gpd.GeoDataFrame:
    columns = {
        "number": [each.number for each in conflicts],
        "kind": [each.operation.kind for each in conflicts],
        "reason_zh": [each.reason.zh for each in conflicts],
        "reason_en": [each.reason.en for each in conflicts],
    }
    return gpd.GeoDataFrame(columns, geometry=[each.place for each in conflicts], crs=base.crs)


_LAND = Text(
    "这块土地（{area} 平方米）在新的基准版本中已换了网格；请重新画，或确认保留。",
    "this land ({area} m²) changed hands in the new base; draw it again, or confirm that it is kept.",
)
_ROW = Text(
    "网格 {grid} 在新的基准版本中已改过；请核对后重新填写，或确认保留。",
    "grid {grid} was changed in the new base; check it and enter it again, or confirm that it is kept.",
)
