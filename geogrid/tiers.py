"""Which tilings boundaries consist of, and what each should fill.

A layer is one tiling: the areas, or the grids of one set, of one level or of several levels that stand side by side (villages in
the country, communities in the town). Two levels stand side by side when most of the inner points of neither lie in the other and
neither names the other as its parent.

Layers of areas, and grids that name a larger grid, fill the parents that they name. Grids of the standing set fill the areas
that they name, and the layer with most land in areas also the lowest areas left over by the other layers; grids that name nothing
fill the lowest areas together. A project's grids fill no area: they may take part of a village.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geogrid.boundaries import STANDING, set_of
from geogrid.regions import mended

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from geogrid.boundaries import Boundaries

    Shapes = npt.NDArray[np.object_]
    Ints = npt.NDArray[np.int64]

GRIDS, AREAS = "grids", "areas"
_MOST = 0.5


@dataclass(frozen=True, eq=False)
class Rows:
    """All grids or all areas; ``given`` are their shapes, ``shapes`` the same mended, in the order of the ids."""

    table: str
    ids: list[str]
    given: Shapes
    parents: list[str]
    levels: list[str]
    sets: list[str]

    @cached_property
    def shapes(self) -> Shapes:
        """Return valid, perhaps empty polygons."""
        return mended(self.given)[0]

    @cached_property
    def inner(self) -> Shapes:
        """Return a point inside each."""
        return np.asarray(shapely.point_on_surface(self.shapes))

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Return the position of every id."""
        return {key: i for i, key in enumerate(self.ids)}


@dataclass(frozen=True, eq=False)
class Layer:
    """One tiling: positions in its rows, from small ids to large ones, and the shapes to fill by id (None: nothing to fill).

    ``must_fill`` are those of them where a hole counts.
    """

    rows: Rows
    grid_set: str
    levels: tuple[str, ...]
    member: Ints
    homes: Mapping[str, Any] | None = None
    must_fill: frozenset[str] = frozenset()

    @property
    def ids(self) -> list[str]:
        """Return the ids of the members."""
        return [self.rows.ids[i] for i in self.member]

    @property
    def shapes(self) -> Shapes:
        """Return the mended shapes of the members."""
        return self.rows.shapes[self.member]

    @property
    def parents(self) -> list[str]:
        """Return what each member names as its parent."""
        return [self.rows.parents[i] for i in self.member]

    def frame(self) -> gpd.GeoDataFrame:
        """Return the members as a table of grids, without a CRS, shapes as given."""
        columns = {"grid_id": self.ids, "parent_id": self.parents}
        return gpd.GeoDataFrame(columns, geometry=self.rows.given[self.member])


@dataclass(frozen=True, eq=False)
class Tiers:
    """All rows and layers of boundaries: ``layers`` from coarse to fine, areas before grids."""

    grids: Rows
    areas: Rows
    layers: tuple[Layer, ...]

    @property
    def of_grids(self) -> tuple[Layer, ...]:
        """Return the layers of grids."""
        return tuple(layer for layer in self.layers if layer.rows is self.grids)


def finest(layers: Sequence[Layer]) -> list[Layer]:
    """Return the tilings of the smallest grids: of layers that name one another's grids, the grids that hold no smaller one.

    Parameters
    ----------
    layers : sequence of Layer
        Layers of grids, the coarse ones first.

    Returns
    -------
    list of Layer
        Those of most grids first; nothing to fill.
    """
    groups: list[list[Layer]] = []
    for layer in layers:
        named = set(layer.parents)
        above = [group for group in groups if any(named & set(other.ids) for other in group if other.grid_set == layer.grid_set)]
        groups = [group for group in groups if group not in above] + [[*(each for group in above for each in group), layer]]
    return sorted((_smallest(group) for group in groups), key=lambda layer: -len(layer.member))


def _smallest(layers: Sequence[Layer]) -> Layer:
    first = layers[0]
    named = {name for layer in layers for name in layer.parents}
    member = np.sort(np.concatenate([layer.member for layer in layers]))
    held = np.array([first.rows.ids[i] in named and len(layers) > 1 for i in member], dtype=bool)
    levels = tuple(sorted({level for layer in layers for level in layer.levels}))
    return Layer(first.rows, first.grid_set, levels, member[~held])


def tiers_of(boundaries: Boundaries) -> Tiers:
    """Sort grids and areas into the tilings that they form.

    Parameters
    ----------
    boundaries : Boundaries
        As they are: shapes may be invalid.

    Examples
    --------
    >>> from geogrid.boundaries import Boundaries
    >>> row = {"grid_id": ["L", "S1", "S2"], "name": ["大", "小", "小"], "level": ["large", "small", "small"]}
    >>> shapes = [shapely.box(0, 0, 9, 9), shapely.box(0, 0, 4, 9), shapely.box(4, 0, 9, 9)]
    >>> frame = gpd.GeoDataFrame(row | {"parent_id": [None, "L", "L"]}, geometry=shapes, crs=4548)
    >>> [(layer.levels, layer.ids, list(layer.homes or ())) for layer in tiers_of(Boundaries.of(frame)).layers]
    [(('large',), ['L'], []), (('small',), ['S1', 'S2'], ['L'])]
    """
    grids, areas = _rows(GRIDS, boundaries.grids), _rows(AREAS, boundaries.areas)
    of_areas = [_filled(layer) for layer in _layers(areas, STANDING, range(len(areas.ids)))]
    of_grids: list[Layer] = []
    for grid_set in sorted(set(grids.sets)):
        members = [i for i, each in enumerate(grids.sets) if each == grid_set]
        of_grids += _with_homes(_layers(grids, grid_set, members), areas)
    return Tiers(grids, areas, (*_only_once(of_areas), *of_grids))


def _rows(table: str, values: Mapping[str, Any]) -> Rows:
    shapes = np.empty(len(values), dtype=object)
    shapes[:] = [value.shape for value in values.values()]
    every = list(values.values())
    return Rows(
        table,
        list(values),
        shapes,
        [value.parent_id for value in every],
        [value.level for value in every],
        [set_of(getattr(value, "grid_set", STANDING)) for value in every],
    )


def _layers(rows: Rows, grid_set: str, members: Iterable[int]) -> list[Layer]:
    """Put levels that stand side by side together, the coarsest first."""
    member = np.array(list(members), dtype=np.int64)
    levels = np.array([rows.levels[i] for i in member], dtype=object)
    names = sorted(set(levels))
    size = {name: float(np.mean(shapely.area(rows.shapes[member[levels == name]]))) for name in names}
    apart = _apart(rows, member, levels)
    groups: list[list[str]] = []
    for name in sorted(names, key=lambda name: (-size[name], name)):
        fitting = (group for group in groups if not any({(name, other), (other, name)} & apart for other in group))
        group = next(fitting, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return [Layer(rows, grid_set, tuple(sorted(group)), member[np.isin(levels, group)]) for group in groups]


def _apart(rows: Rows, member: Ints, levels: Shapes) -> set[tuple[str, str]]:
    """Return pairs of levels that cannot be one tiling: most of the one lies in the other, or names it as its parent."""
    point, shape = shapely.STRtree(rows.shapes[member]).query(rows.inner[member], predicate="intersects")
    number = {name: int((levels == name).sum()) for name in levels}
    inside = {(int(i), str(levels[j])) for i, j in zip(point, shape, strict=True) if levels[i] != levels[j]}
    pairs = [(str(levels[i]), level) for i, level in inside]
    apart = {pair for pair, n in Counter(pairs).items() if n > _MOST * number[pair[0]]}
    level_of = {rows.ids[i]: str(level) for i, level in zip(member, levels, strict=True)}
    named = {(str(level), level_of.get(rows.parents[i], str(level))) for i, level in zip(member, levels, strict=True)}
    return apart | {pair for pair in named if pair[0] != pair[1]}


def _filled(layer: Layer) -> Layer:
    """Let areas fill the areas that they name."""
    own = set(layer.ids)
    rows = layer.rows
    named = sorted({name for name in layer.parents if name in rows.place and name not in own})
    homes = {name: rows.shapes[rows.place[name]] for name in named} or None
    return Layer(rows, layer.grid_set, layer.levels, layer.member, homes, frozenset(named))


def _only_once(layers: Sequence[Layer]) -> list[Layer]:
    """Where areas of several tilings name one parent (villages and alliances), leave it to those that cover most of it."""
    land: dict[str, dict[int, float]] = {}
    for number, layer in enumerate(layers):
        for parent, area_m2 in zip(layer.parents, shapely.area(layer.shapes), strict=True):
            if parent in layer.must_fill:
                of = land.setdefault(parent, {})
                of[number] = of.get(number, 0.0) + float(area_m2)
    first = {parent: max(of, key=lambda number: (of[number], -number)) for parent, of in land.items()}
    return [
        Layer(
            layer.rows,
            layer.grid_set,
            layer.levels,
            layer.member,
            layer.homes,
            frozenset(parent for parent in layer.must_fill if first[parent] == number),
        )
        for number, layer in enumerate(layers)
    ]


def _lowest(areas: Rows) -> list[int]:
    above = set(areas.parents)
    return [i for i, key in enumerate(areas.ids) if key not in above]


def _with_homes(layers: Sequence[Layer], areas: Rows) -> list[Layer]:
    """Say what the layers of one grid set should fill."""
    named = [_named(layer, areas) for layer in layers]
    in_areas = [
        sum(float(shape.area) for shape, parent in zip(layer.shapes, layer.parents, strict=True) if parent in areas.place)
        for layer in layers
    ]
    base = int(np.argmax(in_areas)) if in_areas and max(in_areas) > 0 else -1
    others = [layer for number, layer in enumerate(layers) if number != base]
    taken = set().union(*named) | _with_grids_inside(others, areas)
    rest = [areas.ids[i] for i in _lowest(areas) if areas.ids[i] not in taken]
    return [
        _with_home(layer, areas, sorted(names), rest if number == base else [])
        for number, (layer, names) in enumerate(zip(layers, named, strict=True))
    ]


def _named(layer: Layer, areas: Rows) -> set[str]:
    """Return the areas and larger grids that a layer names; an id of both is the area's."""
    own = set(layer.ids)
    return {name for name in layer.parents if name in areas.place or (name in layer.rows.place and name not in own)}


def _with_grids_inside(layers: Iterable[Layer], areas: Rows) -> set[str]:
    """Return the areas in which a grid of some layers lies."""
    tree = shapely.STRtree(areas.shapes)
    inside = [tree.query(layer.rows.inner[layer.member], predicate="intersects")[1] for layer in layers]
    return {areas.ids[i] for each in inside for i in np.unique(each)}


def _with_home(layer: Layer, areas: Rows, named: Sequence[str], rest: Sequence[str]) -> Layer:
    grids = layer.rows
    standing = layer.grid_set == STANDING
    homes = {name: areas.shapes[areas.place[name]] if name in areas.place else grids.shapes[grids.place[name]] for name in named}
    must_fill = {name for name in named if standing or name not in areas.place}
    lowest = [areas.ids[i] for i in _lowest(areas)] if not named else rest
    if standing:
        homes |= {name: areas.shapes[areas.place[name]] for name in lowest}
    filled = frozenset(must_fill | ({"", *lowest} if standing else set()))
    return Layer(grids, layer.grid_set, layer.levels, layer.member, homes or None, filled)
