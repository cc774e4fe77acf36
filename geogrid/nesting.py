"""Which polygons tile which: areas and grids by storeys from the top, each polygon with the land that it should lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geogrid.boundaries import Area, Boundaries, Grid

AREAS, GRIDS = "areas", "grids"
_GROUP = "000"
"""National codes are filled up with zeros: 12 digits that end in 000 are those of a township."""
_PLACE_DIGITS = 6


class Key(NamedTuple):
    """A polygon's table and id: a grid and an area may have the same id."""

    table: str
    polygon_id: str


OUTLINE = Key("outline", "outline")
"""The land that areas without a parent lie in, when it is given."""


class Storey(NamedTuple):
    """The polygons of one level that should tile the storeys above: ids in order, and their parents where they are known.

    Polygons of one level that lie in one another are of different storeys.
    """

    table: str
    grid_set: str
    level: str
    ids: tuple[str, ...]
    parents: tuple[Key | None, ...]

    @property
    def keys(self) -> list[Key]:
        """Return the keys of its polygons."""
        return [Key(self.table, polygon_id) for polygon_id in self.ids]


def storeys(boundaries: Boundaries) -> list[Storey]:
    """Return the storeys of a town, every one after those that its parents are in.

    A polygon's parent is the area (else the larger grid) that its parent_id names; without one, the area with the longest code
    that its own code begins with.

    Parameters
    ----------
    boundaries : Boundaries
        Of any number of areas and tilings.

    Returns
    -------
    list of Storey
        Areas first.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> land = gpd.GeoSeries([shapely.box(0, 0, 9, 9)], crs=4548)
    >>> village = gpd.GeoDataFrame({"area_id": ["V"], "name": ["村"]}, geometry=land)
    >>> grid = gpd.GeoDataFrame({"grid_id": ["G"], "name": ["东"], "parent_id": ["V"]}, geometry=land)
    >>> from geogrid.boundaries import Boundaries
    >>> [(storey.table, storey.ids, storey.parents) for storey in storeys(Boundaries.of(grid, village))]
    [('areas', ('V',), (None,)), ('grids', ('G',), (Key(table='areas', polygon_id='V'),))]
    """
    values: dict[Key, Area | Grid] = {
        **{Key(AREAS, name): area for name, area in boundaries.areas.items()},
        **{Key(GRIDS, name): grid for name, grid in boundaries.grids.items()},
    }
    codes = {_stem(area.code): Key(AREAS, name) for name, area in sorted(boundaries.areas.items(), reverse=True) if area.code}
    parents = {key: _parent(key, value, values, codes) for key, value in values.items()}
    members: dict[tuple[str, str, str, int], list[Key]] = {}
    for key in sorted(values):
        kind = _kind(key, values[key])
        members.setdefault((*kind, _depth(key, kind, parents, values)), []).append(key)
    return _in_order(members, parents)


def chains(levels: Sequence[Storey]) -> list[list[Storey]]:
    """Group storeys of grids that lie in one another; other tilings have nothing to do with them.

    Examples
    --------
    >>> large = Storey("grids", "", "large", ("L",), (None,))
    >>> small = Storey("grids", "", "small", ("S",), (Key("grids", "L"),))
    >>> project = Storey("grids", "flood", "", ("F",), (None,))
    >>> [[storey.level for storey in chain] for chain in chains([large, project, small])]
    [['large', 'small'], ['']]
    """
    groups: list[list[Storey]] = []
    for storey in levels:
        mine = [group for group in groups if any(set(storey.parents) & set(other.keys) for other in group)]
        groups = [group for group in groups if group not in mine]
        groups.append([*(other for group in mine for other in group), storey])
    return sorted(groups, key=lambda group: (group[0].grid_set, group[0].level))


def _kind(key: Key, value: Area | Grid) -> tuple[str, str, str]:
    return key.table, getattr(value, "grid_set", ""), value.level


def _stem(code: str) -> str:
    """Return a code without the zeros that fill it up."""
    while len(code) > _PLACE_DIGITS and code.endswith(_GROUP):
        code = code.removesuffix(_GROUP)
    return code


def _parent(key: Key, value: Area | Grid, values: Mapping[Key, Area | Grid], codes: Mapping[str, Key]) -> Key | None:
    tables = (AREAS, GRIDS) if key.table == GRIDS else (AREAS,)
    for table in tables:
        named = Key(table, value.parent_id)
        if named in values and named != key:
            return named
    own = _stem(value.code) if key.table == AREAS else value.code
    longest = max((stem for stem in codes if own.startswith(stem) and len(stem) < len(own)), key=len, default="")
    return codes.get(longest)


def _depth(key: Key, kind: tuple[str, str, str], parents: Mapping[Key, Key | None], values: Mapping[Key, Area | Grid]) -> int:
    """Count the polygons of the same kind that one lies in; a polygon that lies in itself is not counted twice."""
    seen = {key}
    above = parents[key]
    while above is not None and above not in seen and _kind(above, values[above]) == kind:
        seen.add(above)
        above = parents[above]
    return len(seen) - 1


def _in_order(members: Mapping[tuple[str, str, str, int], list[Key]], parents: Mapping[Key, Key | None]) -> list[Storey]:
    home = {key: kind for kind, keys in members.items() for key in keys}
    rank = dict.fromkeys(members, 0)
    # Storeys that lie in each other would rise for ever.
    for _ in members:
        for kind, keys in members.items():
            above = {home[parent] for parent in _known(parents[key] for key in keys)} - {kind}
            rank[kind] = min(max((rank[other] + 1 for other in above), default=0), len(members))
    order = sorted(members, key=lambda kind: (kind[0], rank[kind], kind))
    earlier: set[Key] = set()
    found = []
    for kind in order:
        bound = tuple(parent if parent in earlier else None for parent in (parents[key] for key in members[kind]))
        found.append(Storey(*kind[:3], tuple(key.polygon_id for key in members[kind]), bound))
        earlier |= set(members[kind])
    return found


def _known(keys: Iterable[Key | None]) -> list[Key]:
    return [key for key in keys if key is not None]
