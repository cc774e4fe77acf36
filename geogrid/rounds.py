"""Mending in rounds: all borders of a level and of those above cut at each other, the faces handed out, until nothing changes.

A node that one tiling made on an area's line goes to the others too, and borders led through a corner may pass another, so what
was mended is mended again; each pass over a level that changed anything is kept, so that the whole can be accounted for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.faces import arrange, cut_along, lying_in, put_together
from geogrid.mending import UNKNOWN, Ground, Layer, changed, is_settled, mend
from geogrid.nesting import AREAS, GRIDS, OUTLINE, Key, chains
from geogrid.noding import CLOSE_M, led_through
from geogrid.regions import mended, wide_pieces
from geogrid.topology import check_tiling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from pyproj import CRS

    from geogrid.boundaries import Boundaries
    from geogrid.faces import Faces
    from geogrid.mending import Mended, Rules
    from geogrid.nesting import Storey

    Shapes = npt.NDArray[np.object_]

_MOST_CUTS = 5
_MOST_ROUNDS = 8
_LEAST_CRACK_M = 0.01
_SNAP_M = 1e-4


class Pass(NamedTuple):
    """One level, mended once, with the faces that it was mended on."""

    storey: Storey
    faces: Faces
    mended: Mended
    is_settled: bool


class _Round(NamedTuple):
    """What a round did, the polygons after it, and whether another one would change nothing."""

    passes: Sequence[Pass]
    shapes: Mapping[Key, Any]
    is_last: bool


class Town(NamedTuple):
    """The polygons to be mended, by key: as given, as valid polygons, and which of these differ; and a number for every land."""

    given: Mapping[Key, Any]
    valid: Mapping[Key, Any]
    rough: frozenset[Key]
    numbers: Mapping[Key, int]
    levels: Sequence[Storey]
    crs: CRS

    @classmethod
    def of(cls, boundaries: Boundaries, levels: Sequence[Storey], outline: Any) -> Town:
        """Return the polygons of a town by storeys, and the outline of its land (None without)."""
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
        """Return the areas of all levels."""
        return [key for key in self.given if key.table == AREAS]


def mended_in_rounds(town: Town, rules: Rules) -> tuple[list[Pass], Mapping[Key, Any]]:
    """Mend until nothing changes; where results follow from one another for ever, return the same one from each.

    Returns
    -------
    tuple
        The passes in which land changed hands, in their order, and the new polygons.
    """
    rounds = [_Round([], town.valid, is_last=False)]
    for _ in range(_MOST_ROUNDS + 1):
        same = [i for i, earlier in enumerate(rounds[:-1]) if _all_same(earlier.shapes, rounds[-1].shapes, town)]
        if same:
            del rounds[1 + _first_of(rounds, range(same[0], len(rounds) - 1)) :]
        if same or rounds[-1].is_last:
            break
        rounds.append(_one_round(town, rounds[-1].shapes, rules))
    return [each for done in rounds for each in done.passes if changed(each.faces, each.mended).any()], rounds[-1].shapes


def _all_same(one: Mapping[Key, Any], other: Mapping[Key, Any], town: Town) -> bool:
    return all(shapely.to_wkb(one[key]) == shapely.to_wkb(other[key]) for key in town.given)


def _first_of(rounds: Sequence[_Round], numbers: Sequence[int]) -> int:
    """Return the round whose polygons come first in order of their bytes."""

    def content(number: int) -> list[bytes]:
        shapes = rounds[number].shapes
        return [shapely.to_wkb(shapes[key]) for key in sorted(shapes)]

    return min(numbers, key=content)


def _one_round(town: Town, shapes: Mapping[Key, Any], rules: Rules) -> _Round:
    """Mend the areas, then each group of tilings with the areas above it."""
    areas = [storey for storey in town.levels if storey.table == AREAS]
    groups = chains([storey for storey in town.levels if storey.table == GRIDS])
    passes: list[Pass] = []
    new = dict(shapes)
    done: list[Pass] = []
    for group in [[], *groups] if areas else groups:
        done, new = _mended_together([*areas, *group], town, new, rules)
        passes += done
    settled = all(each.is_settled for each in done)
    alone = len(groups) <= 1 and OUTLINE not in town.valid
    return _Round(passes, new, is_last=alone and settled and _is_at_rest([new[key] for key in town.given]))


def _is_at_rest(shapes: Sequence[Any]) -> bool:
    """Return whether cutting borders at each other would move nothing, because no vertex is close to a border not its own."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(_array(shapes)), return_index=True)
    inner = ring[1:] == ring[:-1]
    ends = np.hstack([xy[:-1][inner], xy[1:][inner]])
    turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    edges = pd.DataFrame(np.where(turned[:, None], ends[:, [2, 3, 0, 1]], ends)).drop_duplicates().to_numpy()
    vertices = shapely.points(pd.DataFrame(xy).drop_duplicates().to_numpy())
    lines = shapely.linestrings(edges.reshape(-1, 2, 2))
    near = shapely.STRtree(vertices).query(lines, predicate="dwithin", distance=CLOSE_M)
    return int(near.shape[1]) == 2 * len(lines)


def _mended_together(
    levels: Sequence[Storey], town: Town, shapes: Mapping[Key, Any], rules: Rules
) -> tuple[list[Pass], dict[Key, Any]]:
    """Mend some levels on common faces, from the top."""
    layers = [_layer(storey, town, shapes, rules) for storey in levels]
    faces, done = _settled(layers, town, rules)
    is_settled = _is_settled(faces, layers, done, town)
    new = dict(shapes)
    for storey, each in zip(levels, done, strict=True):
        polygons = put_together(faces, each.after, len(storey.ids))
        new |= {key: shape for key, shape in zip(storey.keys, polygons, strict=True) if not shape.is_empty}
    return [Pass(storey, faces, each, is_settled) for storey, each in zip(levels, done, strict=True)], new


def _settled(layers: Sequence[Layer], town: Town, rules: Rules) -> tuple[Faces, list[Mended]]:
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


def _is_settled(faces: Faces, layers: Sequence[Layer], done: Sequence[Mended], town: Town) -> bool:
    """Return whether nothing is in dispute, bare or out of bounds on any level."""
    ground = _ground(faces, town)
    for layer, each in zip(layers, done, strict=True):
        if not is_settled(faces, layer, ground, each.after):
            return False
        ground = ground.with_lands(each.after, layer.number)
    return True


def _ground(faces: Faces, town: Town) -> Ground:
    """Return which faces lie in the outline."""
    outline = town.valid.get(OUTLINE, shapely.Polygon())
    number = np.array([town.numbers.get(OUTLINE, UNKNOWN)])
    nothing = Ground(np.empty(0, dtype=np.int64), len(town.numbers))
    return nothing.with_lands(lying_in(faces, _array([outline]), dust=True), number)


def _by_layer(faces: Faces, layers: Sequence[Layer], town: Town, rules: Rules) -> list[Mended]:
    ground = _ground(faces, town)
    done = []
    for layer in layers:
        done.append(mend(faces, layer, ground, rules))
        ground = ground.with_lands(done[-1].after, layer.number)
    return done


def _layer(storey: Storey, town: Town, shapes: Mapping[Key, Any], rules: Rules) -> Layer:
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


def _array(shapes: Sequence[Any]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
