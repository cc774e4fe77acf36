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
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geogrid.boundaries import LATTICE_M, on_lattice
from geogrid.crs import project
from geogrid.errors import InputError
from geogrid.faces import arrange, cut_along, lying_in, put_together
from geogrid.mending import UNKNOWN, Ground, Layer, Rules, changed, mend
from geogrid.mendrecord import Drawn, account_of, left_rows, mended_rows, moved_rows, summary_of
from geogrid.nesting import AREAS, GRIDS, Key, chains, storeys
from geogrid.noding import led_through
from geogrid.regions import mended, polygon_parts, wide_pieces
from geogrid.topology import check_tiling
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd
    from pyproj import CRS

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.faces import Faces
    from geogrid.mending import Mended
    from geogrid.nesting import Storey
    from geogrid.results import Tiling

    Shapes = npt.NDArray[np.object_]

OUTLINE = Key("outline", "outline")
"""The land that areas without a parent lie in, when it is given."""

_MOST_CUTS = 5
_MOST_ROUNDS = 8
_LEAST_CRACK_M = 0.01
_SNAP_M = 1e-4


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
        rule, rule_zh, rule_en, geometry.
    left : GeoDataFrame
        Defects for a person to decide: table, grid_set, level, the columns of `Tiling.defects`, why_zh, why_en.
    moved : DataFrame
        Households in another grid than before, for the office only: household_id, grid_set, level, from_ids and to_ids (tuples of
        grids that it lay and lies in: none outside, several in an overlap).
    account : DataFrame
        Per polygon: table, grid_set, level, polygon_id, before_m2, taken_m2, given_m2, cut_m2 (what cutting on the lattice did,
        far below 0.01), after_m2 = before + taken − given + cut.
    proof : tuple of Proof
        One a level.
    summary : Text
        In a sentence.
    """

    boundaries: Boundaries
    mended: gpd.GeoDataFrame
    left: gpd.GeoDataFrame
    moved: pd.DataFrame
    account: pd.DataFrame
    proof: tuple[Proof, ...]
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
    town = _Town.of(boundaries, storeys(boundaries), outline)
    drawn, shapes = _drawn(town, Rules(width_m, stray_m2))
    after = _with_shapes(boundaries, shapes, town.given)
    proof = tuple(_proof(storey, town, after, shapes, (width_m, defect_width_m)) for storey in town.levels)
    changes = mended_rows(drawn, {key: town.valid[key] for key in town.rough}, after.crs)
    left = left_rows(proof, after.crs, Rules(width_m, stray_m2))
    moved = moved_rows(town.valid, after, households)
    account = account_of(drawn, town.valid, shapes)
    return Repaired(after, changes, left, moved, account, proof, summary_of(changes, left, moved, width_m))


class _Town(NamedTuple):
    """The polygons to be mended, by key: as given, as valid polygons, and which of these differ; and a number for every land."""

    given: Mapping[Key, Any]
    valid: Mapping[Key, Any]
    rough: frozenset[Key]
    numbers: Mapping[Key, int]
    levels: Sequence[Storey]
    crs: CRS

    @classmethod
    def of(cls, boundaries: Boundaries, levels: Sequence[Storey], outline: Any) -> _Town:
        given = {Key(AREAS, area_id): area.shape for area_id, area in boundaries.areas.items()}
        given |= {Key(GRIDS, grid_id): grid.shape for grid_id, grid in boundaries.grids.items()}
        shapes, rough = mended(_array(list(given.values())))
        valid = dict(zip(given, shapes, strict=True))
        if outline is not None:
            valid[OUTLINE] = outline
        bad = frozenset(key for key, is_rough in zip(given, rough, strict=True) if is_rough)
        return cls(given, valid, bad, {key: i for i, key in enumerate(valid)}, levels, boundaries.crs)

    def parents(self, storey: Storey) -> list[Key | None]:
        """Return the land that each polygon of a storey must lie in, the outline among them."""
        bounded = OUTLINE in self.valid and (storey.table == AREAS or not self.areas)
        return [OUTLINE if parent is None and bounded else parent for parent in storey.parents]

    def elsewhere(self, storey: Storey) -> list[Key]:
        """Return the lands that grids without a parent must lie in: any area."""
        return self.areas if storey.table == GRIDS else []

    @property
    def areas(self) -> list[Key]:
        return [key for key in self.given if key.table == AREAS]


def _drawn(town: _Town, rules: Rules) -> tuple[list[Drawn], Mapping[Key, Any]]:
    """Mend the areas, then each group of tilings with the areas above it; return what was done and the new polygons."""
    drawn, shapes = _one_round(town, town.valid, rules)
    return drawn, _come_to_rest(town, town.valid, shapes, rules)


def _come_to_rest(town: _Town, given: Mapping[Key, Any], shapes: Mapping[Key, Any], rules: Rules) -> Mapping[Key, Any]:
    """Mend again until nothing changes; where results follow from one another for ever, return the same one from each.

    A node that one tiling made on an area's line goes to the others too, and borders led through a corner may pass another.
    """
    rounds = [given, shapes]
    for _ in range(_MOST_ROUNDS):
        same = [i for i, earlier in enumerate(rounds[:-1]) if all(_same(earlier[key], rounds[-1][key]) for key in given)]
        if same:
            return min(rounds[same[0] : -1], key=lambda each: [shapely.to_wkb(each[key]) for key in sorted(each)])
        rounds.append(_one_round(town, rounds[-1], rules)[1])
    return rounds[-1]


def _one_round(town: _Town, shapes: Mapping[Key, Any], rules: Rules) -> tuple[list[Drawn], dict[Key, Any]]:
    areas = [storey for storey in town.levels if storey.table == AREAS]
    groups = chains([storey for storey in town.levels if storey.table == GRIDS])
    drawn: list[Drawn] = []
    new = dict(shapes)
    for group in [[], *groups] if areas else groups:
        done, new = _mended_together([*areas, *group], town, new, rules)
        drawn += [each for each in done if not group or each.storey.table == GRIDS]
    return drawn, new


def _mended_together(
    levels: Sequence[Storey], town: _Town, shapes: Mapping[Key, Any], rules: Rules
) -> tuple[list[Drawn], dict[Key, Any]]:
    """Mend some levels on common faces, from the top."""
    layers = [_layer(storey, town, shapes, rules) for storey in levels]
    faces, done = _settled(layers, town, rules)
    new = dict(shapes)
    for storey, each in zip(levels, done, strict=True):
        polygons = put_together(faces, each.after, len(storey.ids))
        new |= {key: shape for key, shape in zip(storey.keys, polygons, strict=True) if not shape.is_empty}
    return [Drawn(storey, faces, each) for storey, each in zip(levels, done, strict=True)], new


def _settled(layers: Sequence[Layer], town: _Town, rules: Rules) -> tuple[Faces, list[Mended]]:
    """Cut and decide, and again with the tails of wide defects cut off; lines that helped nobody leave no nodes."""
    shapes = np.concatenate([_array([]), *(layer.shapes for layer in layers)])
    outline = shapely.get_parts(shapely.boundary(town.valid.get(OUTLINE, shapely.Polygon())))
    borders = [*shapely.boundary(shapes), *led_through(outline, shapes)]
    extra = [shapely.boundary(shape) for layer in layers for shape in layer.cracks]
    faces = arrange([*borders, *extra])
    for left in reversed(range(_MOST_CUTS)):
        done = _by_layer(faces, layers, town, rules)
        known = {shapely.to_wkb(line) for line in extra}
        new = [cut for each in done for cut in each.cuts if shapely.to_wkb(cut) not in known]
        if not new or not left:
            break
        extra += new
        faces = cut_along(faces, new) or arrange([*borders, *extra])
    if extra and not any(changed(faces, each).any() for each in done):
        faces = arrange(borders)
        done = _by_layer(faces, [layer._replace(cracks=_array([])) for layer in layers], town, rules)
    return faces, done


def _by_layer(faces: Faces, layers: Sequence[Layer], town: _Town, rules: Rules) -> list[Mended]:
    outline = town.valid.get(OUTLINE, shapely.Polygon())
    ground = Ground(np.empty(0, dtype=np.int64), len(town.numbers))
    number = np.array([town.numbers.get(OUTLINE, UNKNOWN)])
    ground = ground.with_lands(lying_in(faces, _array([outline]), dust=True), number)
    done = []
    for layer in layers:
        done.append(mend(faces, layer, ground, rules))
        ground = ground.with_lands(done[-1].after, layer.number)
    return done


def _layer(storey: Storey, town: _Town, shapes: Mapping[Key, Any], rules: Rules) -> Layer:
    polygons = _array([shapes[key] for key in storey.keys])
    parent = [UNKNOWN if key is None else town.numbers[key] for key in town.parents(storey)]
    elsewhere = [town.numbers[key] for key in town.elsewhere(storey)]
    free = UNKNOWN in parent and not elsewhere
    return Layer(
        polygons,
        np.array(parent, dtype=np.int64),
        np.array([town.numbers[key] for key in storey.keys], dtype=np.int64),
        np.array(elsewhere, dtype=np.int64),
        _cracks(polygons, town.crs, rules.width_m) if free else _array([]),
    )


def _cracks(polygons: Shapes, crs: CRS, width_m: float) -> Shapes:
    """Return narrow land between polygons that leads out; none where the polygons are a tiling already."""
    frame = gpd.GeoDataFrame({"grid_id": [str(i) for i in range(len(polygons))]}, geometry=polygons, crs=crs)
    if shapely.coverage_is_valid(polygons) and check_tiling(frame).defects.empty:
        return _array([])
    together = shapely.union_all(polygons)
    closed = together.buffer(width_m / 2, join_style="mitre").buffer(-width_m / 2, join_style="mitre")
    pieces = wide_pieces(_array([closed.difference(together)]), _LEAST_CRACK_M).shapes
    piece, _ = shapely.STRtree(polygons).query(pieces, predicate="dwithin", distance=_SNAP_M)
    between = pieces[np.bincount(piece, minlength=len(pieces)) > 1]
    # Moving a border out and back moves its vertices by a rounding.
    return np.asarray(shapely.snap(between, together, _SNAP_M), dtype=object)


def _with_shapes(boundaries: Boundaries, shapes: Mapping[Key, Any], given: Mapping[Key, Any]) -> Boundaries:
    """Return boundaries with the new polygons; a polygon whose bytes are the same stays the same value."""
    new = {key: shapes[key] for key in given if not shapes[key].is_empty and not _same(shapes[key], given[key])}
    areas = {name: replace(area, shape=new.get(Key(AREAS, name), area.shape)) for name, area in boundaries.areas.items()}
    grids = {name: replace(grid, shape=new.get(Key(GRIDS, name), grid.shape)) for name, grid in boundaries.grids.items()}
    after = replace(boundaries, areas=areas, grids=grids)
    bare = {tier: _still_bare(shape, after, tier) for tier, shape in boundaries.unassigned.items()}
    return replace(after, unassigned={tier: shape for tier, shape in bare.items() if not shape.is_empty})


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


def _proof(storey: Storey, town: _Town, after: Boundaries, shapes: Mapping[Key, Any], widths_m: tuple[float, float]) -> Proof:
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
