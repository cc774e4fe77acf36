"""A plan taken from a file of polygons: the operations that turn a base into what somebody drew elsewhere.

Grids that the file names get its land; grids that it does not name, although more than half of their land lies in its polygons,
are retired; what lies elsewhere stays as it is. Borders that differ by less than a stated width are the same border.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.boundaries import Boundaries, Grid, Tier, parts_of
from geogrid.errors import GeogridError, InputError, RefusedError
from geogrid.handing import SLIVER_M, parent_shape, tiles_near
from geogrid.operations import STAFF_FIELDS, Draw, Hand, Operation, Rename, Restaff, Retire
from geogrid.plans import Drawn, Plan
from geogrid.regions import mended, require_side_by_side, wide_pieces, widths
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from geogrid.keeping import Rules

    Wish = tuple[str, Callable[[Boundaries], Operation | None]]

MOST_NEW = 1_000
"""Grids that a plan takes from a file: each is an operation of some 20 ms."""
HALF = 0.5


@dataclass(frozen=True, eq=False)
class Taken:
    """A plan made of a file: the plan, its drawing, and what could not be taken over.

    ``problems`` has a row for each polygon that was refused, and for each two that claim the same land: grid_id, reason_zh,
    reason_en, geometry.
    """

    plan: Plan
    drawn: Drawn
    problems: gpd.GeoDataFrame


def plan_of_polygons(
    name: str,
    base: Boundaries,
    version: int,
    polygons: gpd.GeoDataFrame,
    *,
    rules: Rules | None = None,
    width_m: float = SLIVER_M,
) -> Taken:
    """Make the plan that turns a base into the polygons of a file.

    Parameters
    ----------
    name : str
        Of the plan.
    base : Boundaries
        At ``version``.
    version : int
        The base version.
    polygons : GeoDataFrame
        Canonical grids, in any CRS.
    rules : Rules, optional
        What refuses an operation.
    width_m : float
        Borders closer than this are the same.

    Returns
    -------
    Taken

    Raises
    ------
    InputError
        When the file holds no polygon, too many new ones or piles of them, or an id is missing or repeated.
    """
    shapes, _ = mended(polygons.geometry.to_numpy())
    sound = polygons.set_geometry(gpd.GeoSeries(shapes, index=polygons.index, crs=polygons.crs))
    wanted = Boundaries.of(sound[~sound.geometry.is_empty], crs=base.crs)
    if not wanted.grids:
        raise InputError(_EMPTY)
    require_side_by_side(wanted.shapes)
    new = len(wanted.grids.keys() - base.grids.keys())
    if new > MOST_NEW:
        raise InputError(_TOO_MANY.fill(n=f"{new:,}", most=f"{MOST_NEW:,}"))
    drawn, problems = _carried_out(Drawn(base, ()), _operations(base, wanted, width_m), rules)
    drawn, more = _carried_out(drawn, _leftovers(drawn.boundaries, base, width_m), rules)
    plan = Plan(name, version).do(*(step.operation for step in drawn.steps))
    return Taken(plan, drawn, _table([*_overlaps(wanted, width_m), *problems, *more], base))


def _overlaps(wanted: Boundaries, width_m: float) -> Iterator[tuple[str, GeogridError]]:
    """Yield where polygons of the file claim the same land."""
    i, j = shapely.STRtree(wanted.shapes).query(wanted.shapes, predicate="intersects")
    for one, other in sorted((a, b) for a, b in zip(i.tolist(), j.tolist(), strict=True) if a < b):
        shared = _wide(shapely.intersection(wanted.shapes[one], wanted.shapes[other]), width_m)
        if shared is not None:
            text = _OVERLAP.fill(one=wanted.ids[one], other=wanted.ids[other], area=f"{shared.area:,.0f}")
            yield wanted.ids[other], RefusedError(text, shared)


def _carried_out(drawn: Drawn, wishes: Iterable[Wish], rules: Rules | None) -> tuple[Drawn, list[tuple[str, GeogridError]]]:
    """Carry out what can be done, and return what was refused.

    That is tried again after the others as long as it helps: a grid may get its new land only after it would have lost the old.
    """
    waiting, refused, done = list(wishes), list[tuple[str, GeogridError]](), -1
    while waiting and len(drawn.steps) > done:
        again: list[Wish] = []
        done, refused = len(drawn.steps), []
        for key, make in waiting:
            try:
                operation = make(drawn.boundaries)
                drawn = drawn if operation is None else drawn.then(operation, rules)
            except GeogridError as error:
                again.append((key, make))
                refused.append((key, error))
        waiting = again
    return drawn, refused


def _operations(base: Boundaries, wanted: Boundaries, width_m: float) -> Iterator[Wish]:
    """Yield what has to be done: for which grid, and the operation as a function of the boundaries so far."""
    tier = _tier(base, wanted)
    land = shapely.union_all(wanted.shapes)
    ours = {grid.grid_id: grid for grid in base.tier(tier)}
    gone = [g for key, g in ours.items() if key not in wanted.grids and _share(g.shape, land) > HALF]
    kept = [g.shape for key, g in ours.items() if key not in wanted.grids and _share(g.shape, land) <= HALF]
    others = shapely.union_all(np.array(kept, dtype=object))
    for grid in gone:
        yield grid.grid_id, partial(_retiring, grid.grid_id)
    for key, grid in wanted.grids.items():
        area = _off(grid.shape, others, width_m)
        if key in ours:
            yield key, partial(_gain, key, area, width_m)
        else:
            yield key, partial(_drawing, grid, area, tier)
    for key in sorted(set(wanted.grids) & set(ours)):
        yield key, partial(_loss, key, land, width_m)
        yield key, partial(_renaming, wanted.grids[key])
        yield key, partial(_staffing, wanted.grids[key])


def _tier(base: Boundaries, wanted: Boundaries) -> Tier:
    """Return the tiling that a file is about: that of the grids it names, or says, or the smallest."""
    named = [base.grids[key].tier for key in wanted.grids if key in base.grids]
    said = [grid.tier for grid in wanted.grids.values() if grid.tier in {other.tier for other in base.grids.values()}]
    parents = {grid.parent_id for grid in base.grids.values()}
    smallest = [grid.tier for grid in base.grids.values() if grid.grid_id not in parents]
    for tiers in (named, said, smallest):
        if tiers:
            return max(sorted(set(tiers)), key=tiers.count)
    return next(iter(wanted.grids.values())).tier


def _share(shape: Any, land: Any) -> float:
    return float(shapely.intersection(shape, land).area / shape.area)


def _off(shape: Any, others: Any, width_m: float) -> Any:
    """Return a polygon without the narrow strips that it takes of others."""
    overlap = shapely.intersection(shape, others)
    wide = wide_pieces(np.array([overlap], dtype=object), width_m).shapes
    return shapely.union_all([shapely.difference(shape, overlap), *wide])


def _wide(shape: Any, width_m: float) -> Any | None:
    pieces = wide_pieces(np.array([shape], dtype=object), width_m).shapes
    return shapely.union_all(pieces) if len(pieces) else None


def _retiring(key: str, _: Boundaries) -> Retire:
    return Retire(key)


def _giving(to: str, part: Any, _: Boundaries) -> Hand:
    return Hand(to, part)


def _drawing(grid: Grid, area: Any, tier: Tier, now: Boundaries) -> Draw:
    parent = grid.parent_id if grid.parent_id in now.areas or grid.parent_id in now.grids else ""
    return Draw(area, grid.grid_id, grid.name, parent, tier.level, tier.grid_set)


def _gain(key: str, area: Any, width_m: float, now: Boundaries) -> Hand | None:
    gained = _wide(shapely.difference(area, now.grids[key].shape), width_m)
    return None if gained is None else Hand(key, gained)


def _loss(key: str, land: Any, width_m: float, now: Boundaries) -> Hand | None:
    lost = _wide(shapely.difference(now.grids[key].shape, land), width_m)
    return None if lost is None else Hand("", lost, from_id=key)


def _renaming(wanted: Grid, now: Boundaries) -> Rename | None:
    grid = now.grids.get(wanted.grid_id)
    return Rename(wanted.grid_id, wanted.name) if grid and wanted.name not in {"", grid.name} else None


def _staffing(wanted: Grid, now: Boundaries) -> Restaff | None:
    grid = now.grids.get(wanted.grid_id)
    said = {key: getattr(wanted, key) for key in STAFF_FIELDS if grid and getattr(wanted, key) not in {"", getattr(grid, key)}}
    return Restaff(wanted.grid_id, **said) if said else None


def _leftovers(now: Boundaries, base: Boundaries, width_m: float) -> Iterator[Wish]:
    """Yield what gives narrow strips that belong to nobody to the neighbour with the longest shared border."""
    for tier, shape in now.unassigned.items():
        if tier not in base.unassigned:
            parts = parts_of(shape)
            for part in parts[widths(parts) < width_m]:
                near = {key: shape for key, shape in tiles_near(now, tier, part).items() if key and _may_have(now, key, part)}
                shared = {
                    key: shapely.intersection(shapely.boundary(part), shapely.boundary(o)).length for key, o in near.items()
                }
                if shared:
                    to = max(sorted(shared), key=shared.__getitem__)
                    yield to, partial(_giving, to, part)


def _may_have(now: Boundaries, key: str, part: Any) -> bool:
    """Return whether most of a piece of land lies inside a grid's parent."""
    parent = parent_shape(now, now.grids[key])
    return parent is None or _share(part, parent) > HALF


def _table(problems: list[tuple[str, GeogridError]], base: Boundaries) -> gpd.GeoDataFrame:
    columns = {
        "grid_id": [key for key, _ in problems],
        "reason_zh": [error.message.zh for _, error in problems],
        "reason_en": [error.message.en for _, error in problems],
    }
    places = [error.place if isinstance(error, RefusedError) else None for _, error in problems]
    return gpd.GeoDataFrame(columns, geometry=places, crs=base.crs)


_OVERLAP = Text(
    "文件中 {one} 与 {other} 的面重叠 {area} 平方米；请核对这块土地属于哪个网格。",
    "the polygons of {one} and {other} overlap by {area} m²; check which of them this land belongs to.",
)
_TOO_MANY = Text(
    "文件中有 {n} 个新网格，一个方案最多取 {most} 个；全部重划请用 geogrid import 导入整张网格表。",
    "the file holds {n} new grids, and a plan takes {most} at most; where all is redrawn, bring in the whole table of grids with "
    "geogrid import.",
)
_EMPTY = Text("文件中没有可用的面；请给出网格的范围。", "the file holds no usable polygon; give the outlines of grids.")
