"""What a gate looks for beside holes and overlaps: several areas, enclaves, and units and buildings that a border cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.boundaries import STANDING
from geogrid.regions import mended, polygon_parts, wide_pieces, widths
from geogrid.tiers import AREAS, GRIDS, finest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from geogrid.tiers import Layer, Rows, Tiers

    Shapes = npt.NDArray[np.object_]
    Ints = npt.NDArray[np.int64]

NOWHERE = ""
_NONE = -1


class Piece(NamedTuple):
    """Land or households of a finding that lie in one grid and one area ("" for none)."""

    grid_id: str
    area_id: str
    share: float
    shape: Any
    households: int | None = None


class Finding(NamedTuple):
    """One finding; ``width_m`` is NaN where the kind has no width."""

    kind: str
    table: str
    grid_set: str
    level: str
    grid_ids: tuple[str, ...]
    area_id: str
    other_ids: tuple[str, ...]
    shape: Any
    width_m: float = float("nan")
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, eq=False)
class Homes:
    """The area that each grid lies in, as a position (-1: none), and the layer of areas that each area belongs to."""

    area: Ints
    layer: Ints
    areas: Rows

    def name(self, grid: int) -> str:
        """Return the id of a grid's area, "" where there is none."""
        return self.areas.ids[self.area[grid]] if self.area[grid] != _NONE else NOWHERE


def homes_of(tiers: Tiers) -> Homes:
    """Find the area of each grid: the smallest one that holds its inner point, or the one of the same tiling that it names."""
    grids, areas = tiers.grids, tiers.areas
    layer = np.full(len(areas.ids), _NONE)
    for number, each in enumerate(tiers.layers):
        if each.rows is areas:
            layer[each.member] = number
    grid, area = shapely.STRtree(areas.shapes).query(grids.inner, predicate="intersects")
    size = shapely.area(areas.shapes)
    home = np.full(len(grids.ids), _NONE)
    by_size = np.lexsort((area, -size[area]))
    home[grid[by_size]] = area[by_size]
    for i, parent in enumerate(grids.parents):
        named = areas.place.get(parent, _NONE)
        if named != _NONE and (home[i] == _NONE or layer[named] == layer[home[i]]):
            home[i] = named
    return Homes(home, layer, areas)


def in_several_areas(tiers: Tiers, homes: Homes, least_m: float) -> Iterator[Finding]:
    """Find grids with land of their own area's neighbours; a larger grid may be made of whole areas."""
    grids, areas = tiers.grids, tiers.areas
    placed = np.flatnonzero(homes.area != _NONE)
    home = areas.shapes[homes.area[placed]]
    shapely.prepare(home)
    near = ~shapely.contains_properly(home, grids.shapes[placed])
    away, source = polygon_parts(shapely.difference(grids.shapes[placed[near]], home[near]))
    abroad = placed[near][source]
    piece, area = shapely.STRtree(areas.shapes).query(away, predicate="intersects")
    same = (homes.layer[area] == homes.layer[homes.area[abroad[piece]]]) & (area != homes.area[abroad[piece]])
    piece, area = piece[same], area[same]
    parts = wide_pieces(shapely.intersection(away[piece], areas.shapes[area]), least_m)
    of = pd.DataFrame({"grid": abroad[piece[parts.source]], "area": area[parts.source], "part": np.arange(len(parts.shapes))})
    larger = set(grids.parents)
    for i, rows in of.groupby("grid"):
        shares = _shares(int(i), rows, parts.shapes, tiers, homes)
        others = [share.area_id for share in shares[1:]]
        if grids.ids[i] in larger and all(_holds(grids.shapes[i], areas.shapes[areas.place[a]], least_m) for a in others):
            continue
        abroad_m = parts.shapes[rows["part"]]
        width_m = float(parts.width_m[rows["part"]].max())
        names = (grids.sets[i], grids.levels[i], (grids.ids[i],), homes.name(int(i)), tuple(others))
        yield Finding("several_areas", GRIDS, *names, shapely.multipolygons(polygon_parts(abroad_m)[0]), width_m, shares)


def _shares(grid: int, rows: pd.DataFrame, parts: Shapes, tiers: Tiers, homes: Homes) -> tuple[Piece, ...]:
    """Return a grid's land in its own area, then in each of the others from much to little."""
    shape, key = tiers.grids.shapes[grid], tiers.grids.ids[grid]
    at_home = _joined(polygon_parts(shapely.intersection([shape], tiers.areas.shapes[homes.area[grid]]))[0])
    own = Piece(key, homes.name(grid), float(at_home.area / shape.area), at_home)
    others = []
    for area, places in rows.groupby("area")["part"]:
        land = shapely.union_all(parts[places.to_numpy()])
        others.append(Piece(key, tiers.areas.ids[area], float(land.area / shape.area), land))
    return (own, *sorted(others, key=lambda piece: (-piece.share, piece.area_id)))


def _holds(grid: Any, area: Any, least_m: float) -> bool:
    """Return whether no circle of the least width fits into what a grid lacks of an area."""
    return bool(shapely.is_empty(shapely.buffer(shapely.difference(area, grid), -least_m / 2)))


def enclaves(layer: Layer, homes: Homes, least_m: float) -> Iterator[Finding]:
    """Find grids whose whole outline lies along one other grid."""
    shapes = layer.shapes
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=least_m)
    one, other = one[one != other], other[one != other]
    single = np.flatnonzero(np.bincount(one, minlength=len(shapes)) == 1)
    beside = dict(zip(one, other, strict=True))
    for i in single:
        outer = shapes[beside[i]]
        free = shapely.difference(shapely.boundary(shapes[i]), shapely.buffer(outer, least_m))
        # An outline within reach of another grid may still lie inside it: that is an overlap, not an enclave.
        if free.is_empty and not _holds(outer, shapes[i], least_m):
            own = layer.member[i]
            ids = (layer.rows.ids[own], layer.ids[beside[i]])
            width_m = float(widths(shapes[i : i + 1])[0])
            yield Finding("enclave", GRIDS, layer.grid_set, layer.rows.levels[own], ids, homes.name(own), (), shapes[i], width_m)


class Things(NamedTuple):
    """Units or buildings with a shape: ``kind`` is that of a cut one, ``table`` where they come from."""

    kind: str
    table: str
    ids: list[str]
    shapes: Shapes


def things_of(frame: gpd.GeoDataFrame, table: str) -> Things:
    """Return the polygons of a table of units or buildings."""
    kind, column = {"units": ("cut_unit", "unit_id"), "buildings": ("cut_building", "building_id")}[table]
    shapes = mended(frame.geometry.to_numpy())[0]
    solid = np.flatnonzero(~shapely.is_empty(shapes))
    ids = frame[column].astype(str).to_numpy()
    return Things(kind, table, [str(ids[i]) for i in solid], shapes[solid])


def cut_by_borders(layers: Sequence[Layer], things: Things, homes: Homes, least_m: float) -> Iterator[Finding]:
    """Find units or buildings that lie on both sides of a border: once in each set, where most grids do."""
    done: dict[str, set[int]] = {}
    for layer in finest(layers):
        of_set = done.setdefault(layer.grid_set, set())
        for thing, finding in _cut(layer, things, homes, of_set, least_m):
            of_set.add(thing)
            yield finding


def _cut(layer: Layer, things: Things, homes: Homes, done: set[int], least_m: float) -> Iterator[tuple[int, Finding]]:
    """Return the things, other than those done, that an outline of the layer crosses."""
    crossed = shapely.STRtree(things.shapes).query(shapely.boundary(layer.shapes), predicate="intersects")[1]
    met = np.setdiff1d(crossed, np.array(sorted(done), dtype=np.int64))
    thing, grid = shapely.STRtree(layer.shapes).query(things.shapes[met], predicate="intersects")
    inside = shapely.intersection(things.shapes[met[thing]], layer.shapes[grid])
    outside = _without(things.shapes[met], thing, layer.shapes[grid])
    wide = wide_pieces(np.append(inside, outside), least_m)
    owner, holder = np.append(thing, np.arange(len(met))), np.append(grid, np.full(len(met), _NONE))
    parts: dict[int, dict[int, list[int]]] = {}
    for part, source in enumerate(wide.source):
        parts.setdefault(int(owner[source]), {}).setdefault(int(holder[source]), []).append(part)
    for n, of in sorted(parts.items()):
        if len(of) > 1:
            shapes = {grid: _joined(wide.shapes[each]) for grid, each in of.items()}
            # The smaller side of the cut says how far a border would have to move.
            width_m = min(float(wide.width_m[each].max()) for each in of.values())
            whole = int(met[n])
            yield whole, _cut_finding(layer, things, whole, _pieces(layer, homes, things.shapes[whole], shapes), width_m)


def _without(shapes: Shapes, owner: Ints, taken: Shapes) -> Shapes:
    """Take from each shape the grids that it meets, one of each at a time; ``owner`` is in order."""
    rest = np.array(shapes, dtype=object)
    nth = np.arange(len(owner)) - np.searchsorted(owner, owner)
    for n in range(int(nth.max(initial=-1)) + 1):
        at = owner[nth == n]
        rest[at] = shapely.difference(rest[at], taken[nth == n])
    return rest


def _joined(parts: Shapes) -> Any:
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _cut_finding(layer: Layer, things: Things, thing: int, pieces: tuple[Piece, ...], width_m: float) -> Finding:
    ids = tuple(sorted({piece.grid_id for piece in pieces} - {NOWHERE}))
    areas = {piece.area_id for piece in pieces}
    where = areas.pop() if len(areas) == 1 else NOWHERE
    names = (layer.grid_set, layer.rows.levels[layer.rows.place[ids[0]]], ids, where, (things.ids[thing],))
    return Finding(things.kind, things.table, *names, things.shapes[thing], width_m, pieces)


def _pieces(layer: Layer, homes: Homes, whole: Any, parts: Mapping[int, Any]) -> tuple[Piece, ...]:
    pieces = [_piece(layer, homes, grid, shape, float(whole.area)) for grid, shape in parts.items()]
    return tuple(sorted(pieces, key=lambda piece: (-piece.share, piece.grid_id)))


def _piece(layer: Layer, homes: Homes, grid: int, shape: Any, whole_m2: float) -> Piece:
    share = float(shape.area) / whole_m2
    if grid == _NONE:
        return Piece(NOWHERE, NOWHERE, share, shape)
    own = int(layer.member[grid])
    return Piece(layer.rows.ids[own], homes.name(own), share, shape)


def split_units(
    layers: Sequence[Layer], households: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None, homes: Homes
) -> Iterator[Finding]:
    """Find units whose households lie in several of the smallest standing grids; households' places are not told."""
    standing = finest([layer for layer in layers if layer.grid_set == STANDING])
    if not standing or "unit_id" not in households:
        return
    layer = standing[0]
    solid = ~shapely.is_empty(layer.shapes)
    ids = np.array(layer.ids, dtype=object)[solid]
    grids = gpd.GeoDataFrame({"grid_id": ids}, geometry=layer.shapes[solid], crs=households.crs)
    found = assign(households[["geometry"]] if households.geometry.name == "geometry" else households.geometry.to_frame(), grids)
    counts = pd.DataFrame({"unit": households["unit_id"], "grid": found.grid_id}).dropna().groupby(["unit", "grid"]).size()
    shapes = {} if units is None else dict(zip(units["unit_id"].astype(str), units.geometry, strict=True))
    for unit, of in counts.groupby(level="unit"):
        if len(of) > 1:
            numbers = {str(grid): int(n) for (_, grid), n in of.items()}
            yield _split_finding(layer, str(unit), numbers, shapes, homes)


def _split_finding(layer: Layer, unit: str, numbers: Mapping[str, int], shapes: Mapping[str, Any], homes: Homes) -> Finding:
    rows = layer.rows
    total = sum(numbers.values())
    pieces = [
        Piece(key, homes.name(rows.place[key]), n / total, rows.inner[rows.place[key]], n)
        for key, n in sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    ]
    areas = {piece.area_id for piece in pieces}
    where = areas.pop() if len(areas) == 1 else NOWHERE
    # A unit without a shape is shown by the grids that share it.
    shape = shapes.get(unit)
    shown = shape if shape is not None else shapely.multipoints([piece.shape for piece in pieces])
    names = (rows.levels[rows.place[pieces[0].grid_id]], tuple(sorted(numbers)), where, (unit,))
    return Finding("split_unit", "units", layer.grid_set, *names, shown, pieces=tuple(pieces))


def parents_not_found(tiers: Tiers) -> Iterator[Finding]:
    """Find grids and areas that name a parent which does not exist or is of their own tiling."""
    known = set(tiers.areas.ids)
    for layer in tiers.layers:
        rows = layer.rows
        above = known | set(rows.ids) if known or rows.table == GRIDS else set()
        within = set(layer.ids) - (known if rows.table == GRIDS else set())
        for i in layer.member:
            name = rows.parents[i]
            if name and known and (name not in above or name in within):
                yield _of_row("unknown_parent", layer, int(i), other=name)


def undivided(layer: Layer, layers: Sequence[Layer]) -> Iterator[Finding]:
    """Find grids without smaller ones, where others of their tiling have some."""
    named = {name for other in layers if other is not layer and other.grid_set == layer.grid_set for name in other.parents}
    inside = named & set(layer.ids)
    for i in layer.member if inside else ():
        if layer.rows.ids[i] not in inside:
            yield _of_row("undivided", layer, int(i))


def _of_row(kind: str, layer: Layer, row: int, *, other: str = "") -> Finding:
    """Return a finding about a whole grid or area."""
    rows = layer.rows
    ids = (rows.ids[row],)
    others = (*(ids if rows.table == AREAS else ()), *((other,) if other else ()))
    grid_ids = ids if rows.table == GRIDS else ()
    return Finding(kind, rows.table, layer.grid_set, rows.levels[row], grid_ids, rows.parents[row], others, rows.shapes[row])
