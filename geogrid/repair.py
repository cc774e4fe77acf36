"""Mend boundaries: holes, overlaps and slivers up to a width go to somebody by stated rules, wider ones are left for a person.

What is done, in this order:

1. An outline that crosses itself is mended, each ring filled or cut out as drawn (see `geogrid.regions.mended`); one that cannot
   be mended stays as it was given and has no land.
2. Levels are mended from the top: the outline of the land (``inside``), areas against one another, then grids inside their areas
   or larger grids. The line of an area is the official one: grids that differ from it by less than the width get that line.
3. All borders of a level and of those above are cut at each other on the lattice of one micrometre (see `geogrid.faces`), and the
   faces between them are handed out whole, so a node made on a border goes to every polygon sharing it, areas included. Tilings
   of other sets that share no parent but the areas are mended on their own.
4. Who gets a face says `geogrid.mending`: what lies narrowly outside a parent is cut off; a narrow overlap goes to the claimant
   whose parent (by parent_id, else by code) it lies in, else to the one with the longest shared border; a narrow hole to the
   neighbour with the longest shared border, of those whose parent it lies in; a narrow stray part likewise.
5. A defect as wide as the width or wider is left. In a wide overlap both polygons keep their claim as given, and a wide hole
   stays nobody's: there is no tiling in that place, nothing is decided silently, and the result says where and why. A narrow
   tail that leads away from a wide defect more than ten widths is cut off at five and mended; what is nearer stays with it.
6. Where neither areas nor ``inside`` say what the land is, it is what the polygons cover and enclose, and a crack narrower than
   the width that leads out between two of them is closed; but nothing is closed where no defect was found.

Afterwards every level is checked again, by `geogrid.topology.check_tiling` and by the coverage functions of GEOS. The order of
rows does not matter, and mending what is mended changes no byte.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.boundaries import LATTICE_M, on_lattice
from geogrid.crs import project
from geogrid.errors import InputError
from geogrid.mending import Rules
from geogrid.mendrecord import account_of, change_rows, left_rows, moved_rows, outcomes, summary_of
from geogrid.nesting import AREAS, GRIDS, Key, storeys
from geogrid.regions import mended, polygon_parts
from geogrid.rounds import Town, mended_in_rounds
from geogrid.topology import check_tiling
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd
    from pyproj import CRS

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.nesting import Storey
    from geogrid.results import Tiling

    Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Proof:
    """What the checks say of one level afterwards: the tiling with its defects, and whether GEOS finds all edges matched."""

    table: str
    grid_set: str
    level: str
    tiling: Tiling
    coverage_is_valid: bool


@dataclass(frozen=True)
class Repaired:
    """Mended boundaries, and all that was done and left.

    Attributes
    ----------
    boundaries : Boundaries
        The very shapes given where nothing was wrong.
    mended : GeoDataFrame
        A row for all pieces alike: table (areas, grids), grid_set, level, kind (overlap, hole, outside_parent, multi_part,
        invalid), from_ids (tuple: who claimed it), to_ids (tuple: who has it), pieces, width_m (of the widest), area_m2,
        rule, rule_zh, rule_en, geometry. Of all rounds together: whose the land was as given, and whose it is.
    dust : GeoDataFrame
        The same of pieces narrower than 1 mm, which come of rounded coordinates.
    left : GeoDataFrame
        Defects for a person to decide: table, grid_set, level, the columns of `Tiling.defects`, why_zh, why_en.
    moved : DataFrame
        Households in another grid than before, for the office only: household_id, grid_set, level, from_ids and to_ids (tuples of
        grids that it lay and lies in: none outside, several in an overlap).
    account : DataFrame
        Per polygon: table, grid_set, level, polygon_id, before_m2, taken_m2, given_m2 (of all rounds, dust included), cut_m2
        (what cutting on the lattice did, far below 0.01), after_m2 = before + taken − given + cut.
    proof : tuple of Proof
        One a level.
    redrawn : int
        How many polygons differ from the ones given, be it by a node only.
    summary : Text
        In a sentence.
    """

    boundaries: Boundaries
    mended: gpd.GeoDataFrame
    dust: gpd.GeoDataFrame
    left: gpd.GeoDataFrame
    moved: pd.DataFrame
    account: pd.DataFrame
    proof: tuple[Proof, ...]
    redrawn: int
    summary: Text

    @property
    def is_tiling(self) -> bool:
        """Return whether nothing is left: no defects on any level, and all edges matched."""
        return all(proof.tiling.defects.empty and proof.coverage_is_valid for proof in self.proof)


def repair(
    boundaries: Boundaries,
    *,
    width_m: float = 1.0,
    inside: gpd.GeoDataFrame | None = None,
    households: gpd.GeoDataFrame | None = None,
    defect_width_m: float = 0.01,
    stray_m2: float = 100.0,
) -> Repaired:
    """Mend holes, overlaps, slivers and stray parts narrower than a width, and prove what is left.

    Parameters
    ----------
    boundaries : Boundaries
        Grids of any number of tilings, and areas.
    width_m : float
        Defects narrower than this are mended, in metres.
    inside : GeoDataFrame, optional
        Polygons of the land that the uppermost areas should fill (a county, say), in any CRS.
    households : GeoDataFrame, optional
        Points with household_id, in any CRS.
    defect_width_m : float
        What is narrower is no defect for the check afterwards; it is mended all the same.
    stray_m2 : float
        A part cut off from its polygon is mended when it is smaller than this.

    Returns
    -------
    Repaired

    Raises
    ------
    InputError
        When a width is not positive, ``inside`` has no polygon, or a household_id is missing or repeated.

    Examples
    --------
    >>> from geogrid.boundaries import Boundaries
    >>> grids = gpd.GeoDataFrame({"grid_id": ["E", "W"], "name": ["东", "西"]}, crs=4548,
    ...     geometry=[shapely.box(99.5, 0, 200, 100), shapely.box(0, 0, 100, 100)])
    >>> result = repair(Boundaries.of(grids))
    >>> result.mended[["kind", "from_ids", "to_ids", "width_m", "area_m2", "rule"]].values.tolist()
    [['overlap', ('E', 'W'), ('E',), 0.5, 50.0, 'border']]
    >>> result.is_tiling, result.account["after_m2"].tolist()
    (True, [10050.0, 9950.0])
    """
    _require_widths(width_m, defect_width_m, stray_m2)
    outline = None if inside is None else _outline(inside, boundaries.crs)
    town = Town.of(boundaries, storeys(boundaries), outline)
    passes, shapes = mended_in_rounds(town, Rules(width_m, stray_m2))
    after = _with_shapes(boundaries, shapes, town.given)
    proof = tuple(_proof(storey, town, after, shapes, (width_m, defect_width_m)) for storey in town.levels)
    found = outcomes(town.levels, passes, town.valid, shapes)
    changes = change_rows(found, {key: town.valid[key] for key in town.rough}, after.crs)
    left = left_rows(proof, after.crs, Rules(width_m, stray_m2))
    moved = moved_rows(town.valid, after, households)
    account = account_of(found, town.valid, shapes)
    redrawn = _redrawn(boundaries, after)
    summary = summary_of(changes, left, moved, redrawn, width_m)
    return Repaired(after, *changes, left, moved, account, proof, redrawn, summary)


def _with_shapes(boundaries: Boundaries, shapes: Mapping[Key, Any], given: Mapping[Key, Any]) -> Boundaries:
    """Return boundaries with the new polygons; a polygon whose bytes are the same stays the same value."""
    new = {key: shapes[key] for key in given if not shapes[key].is_empty and not _same(shapes[key], given[key])}
    areas = {name: replace(area, shape=new.get(Key(AREAS, name), area.shape)) for name, area in boundaries.areas.items()}
    grids = {name: replace(grid, shape=new.get(Key(GRIDS, name), grid.shape)) for name, grid in boundaries.grids.items()}
    after = replace(boundaries, areas=areas, grids=grids)
    bare = {tier: _still_bare(shape, after, tier) for tier, shape in boundaries.unassigned.items()}
    return replace(after, unassigned={tier: shape for tier, shape in bare.items() if not shape.is_empty})


def _redrawn(before: Boundaries, after: Boundaries) -> int:
    """Count the polygons that are not the very values given."""
    areas = sum(after.areas[key].shape is not area.shape for key, area in before.areas.items())
    return areas + sum(after.grids[key].shape is not grid.shape for key, grid in before.grids.items())


def _same(one: Any, other: Any) -> bool:
    return bool(shapely.to_wkb(one) == shapely.to_wkb(other))


def _still_bare(shape: Any, after: Boundaries, tier: Tier) -> Any:
    """Return the land of a tier that is given to nobody still."""
    taken = [grid.shape for grid in after.tier(tier) if shapely.is_valid(grid.shape) and grid.shape.intersects(shape)]
    overlapping = [each for each in taken if shapely.relate_pattern(each, shape, "T********")]
    if not overlapping:
        return shape
    rest = shapely.difference(shape, shapely.union_all(overlapping), grid_size=LATTICE_M)
    return on_lattice([shapely.multipolygons(polygon_parts(_array([rest]))[0])])[0]


def _proof(storey: Storey, town: Town, after: Boundaries, shapes: Mapping[Key, Any], widths_m: tuple[float, float]) -> Proof:
    """Check one level, each polygon in the land that it should lie in."""
    values: Mapping[str, Any] = after.areas if storey.table == AREAS else after.grids
    polygons = _array([values[name].shape for name in storey.ids])
    parents = town.parents(storey)
    names = _names(parents, town.elsewhere(storey) if None in parents else [])
    columns = {"grid_id": storey.ids, "parent_id": [None if key is None else names[key] for key in parents]}
    frame = gpd.GeoDataFrame(columns, geometry=polygons, crs=after.crs)
    free = None in parents and not town.elsewhere(storey)
    lands = _array([shapes[key] for key in names])
    above = gpd.GeoDataFrame({"area_id": list(names.values())}, geometry=lands, crs=after.crs)
    tiling = check_tiling(frame, None if free else above, sliver_width_m=widths_m[0], defect_width_m=widths_m[1])
    good = bool(shapely.is_valid(polygons).all()) and bool(shapely.coverage_is_valid(polygons))
    return Proof(storey.table, storey.grid_set, storey.level, tiling, good)


def _names(parents: Sequence[Key | None], others: Sequence[Key]) -> dict[Key, str]:
    """Name lands by their id, and by their table too where an area and a grid have the same."""
    keys = sorted({key for key in parents if key is not None} | set(others))
    times = Counter(key.polygon_id for key in keys)
    return {key: key.polygon_id if times[key.polygon_id] == 1 else ":".join(key) for key in keys}


def _outline(inside: gpd.GeoDataFrame, crs: CRS) -> Any:
    polygons, _ = mended(project(inside, crs).geometry.to_numpy())
    # Sorted, because the last bit of a union may depend on the order.
    together = shapely.union_all(polygons[np.argsort(shapely.to_wkb(polygons), kind="stable")])
    if together.is_empty:
        raise InputError(
            Text(
                "范围（inside）里没有多边形；请提供县或乡镇的边界面，或不提供范围。",
                "the outline (inside) holds no polygon; give the polygon of the county or township, or leave it out.",
            )
        )
    return on_lattice([together])[0]


def _require_widths(width_m: float, defect_width_m: float, stray_m2: float) -> None:
    if not (0 < defect_width_m <= width_m < math.inf and 0 <= stray_m2 < math.inf):
        raise InputError(
            Text(
                f"修补宽度 {width_m} 米、缺陷宽度 {defect_width_m} 米、零星地块面积 {stray_m2} 平方米无效；"
                "应满足 0 < 缺陷宽度 ≤ 修补宽度，面积不为负，例如 1、0.01 和 100。",
                f"a width of {width_m} m with a defect width of {defect_width_m} m and stray parts of {stray_m2} m² "
                "makes no sense; "
                "0 < defect width <= width and an area of 0 or more are needed, such as 1, 0.01 and 100.",
            )
        )


def _array(shapes: Sequence[Any]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
