"""The ground of a proposal: the pieces of land that it may move, and what their positions stand for in the workspace."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import shapely
from pyproj import CRS

from geogrid.balancing.pieces import NOBODY, Pieces
from geogrid.boundaries import STANDING, Area, Boundaries, Grid, Tier, set_of
from geogrid.differences import finest_tier
from geogrid.errors import InputError, NotFoundError
from geogrid.handing import names_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd

    from geogrid.balancing.pieces import Bools, Shapes
    from geogrid.profile import Profile

PAPER = 4548


@dataclass(frozen=True, eq=False)
class Ground:
    """Pieces, and what their positions stand for.

    Attributes
    ----------
    base : Boundaries
        The grids and areas that the proposal starts from.
    tier : Tier
        Which tiling is divided anew.
    pieces : Pieces
        With shapes; their ``area`` and ``today`` are positions in `area_ids` and `grid_ids`.
    area_ids : tuple of str
        Villages, or larger grids; ("",) where all land is one.
    grid_ids : tuple of str
        Grids of today.
    unit_ids : frozenset of str
        Ids of pieces that are whole units.
    notes : tuple of Text
        What somebody who reads the proposal must know of the land.
    """

    base: Boundaries
    tier: Tier
    pieces: Pieces
    area_ids: tuple[str, ...]
    grid_ids: tuple[str, ...]
    unit_ids: frozenset[str] = frozenset()
    notes: tuple[Text, ...] = ()
    STRADDLES_M2: ClassVar[float] = 0.01

    @property
    def shapes(self) -> Shapes:
        """Return the polygons of the pieces."""
        if self.pieces.shapes is None:
            raise InputError(_NO_SHAPES)
        return self.pieces.shapes

    @cached_property
    def straddles(self) -> Bools:
        """Return which pieces lie in more than one grid of today, or partly in none."""
        lands = np.array([None, *(self.base.grids[key].shape for key in self.grid_ids)], dtype=object)
        land = lands[self.pieces.today + 1]
        beyond = shapely.area(shapely.difference(self.shapes, land))
        some = self.pieces.today != NOBODY
        empty = shapely.STRtree(lands[1:]).query(self.shapes[~some], predicate="intersects")[0]
        alone = np.zeros(len(self.pieces), dtype=bool)
        alone[np.flatnonzero(~some)[np.unique(empty)]] = True
        return np.asarray(np.where(some, beyond > self.STRADDLES_M2, alone), dtype=bool)

    @cached_property
    def standing(self) -> frozenset[int]:
        """Return the positions of the grids of today in the villages that are divided."""
        among = {grid.grid_id for grid in grids_within(self.base, self.tier, self.area_ids)}
        own = {i for i, key in enumerate(self.grid_ids) if key in among}
        return frozenset(own | {*self.pieces.today.tolist()} - {NOBODY})

    @cached_property
    def _by_parent(self) -> dict[str, list[Grid]]:
        found: dict[str, list[Grid]] = {}
        for grid in self.base.tier(self.tier):
            found.setdefault(grid.parent_id if grid.parent_id in self.area_ids else "", []).append(grid)
        return found

    def grids_in(self, area_id: str) -> list[Grid]:
        """Return the grids of today of a village."""
        return self._by_parent.get(area_id, [])

    def level_in(self, area_id: str) -> str:
        """Return the level that most grids of a village have, or else that of the tiling."""
        levels = Counter(grid.level for grid in self.grids_in(area_id))
        return max(sorted(levels), key=levels.__getitem__) if levels else self.tier.level

    def ids_like(self, area_id: str) -> list[str]:
        """Return ids that those of a village without grids should look like."""
        return [f"{area_id}-00"] if area_id else ["G00"]

    def name_of(self, area_id: str) -> str:
        """Return what a village is called; "" for one without a name."""
        row = self.base.areas.get(area_id) or self.base.grids.get(area_id)
        return row.name if row else ""

    def shape_of(self, area_id: str) -> Any:
        """Return the land of a village."""
        return land_in(self.base, self.tier, area_id)


def land_in(base: Boundaries, tier: Tier, area_id: str) -> Any:
    """Return the land of a village or larger grid; of "", all land of the tiling."""
    row = base.areas.get(area_id) or base.grids.get(area_id)
    return shapely.coverage_union_all([grid.shape for grid in base.tier(tier)]) if row is None else row.shape


def tier_of(base: Boundaries, profile: Profile) -> Tier:
    """Return the tiling that is divided: the smallest standing grids; where there are none yet, the lowest level of grids."""
    standing = {key: grid for key, grid in base.grids.items() if set_of(grid.grid_set) == STANDING}
    if standing:
        return finest_tier(base, base, standing)
    lowest = [level.id for level in profile.levels if level.of == "grids" and not level.grid_set]
    return Tier(STANDING, lowest[-1] if lowest else "")


def areas_of(base: Boundaries, tier: Tier, profile: Profile, within: Collection[str] = ()) -> tuple[str, ...]:
    """Return the villages that are divided, each by itself.

    Parameters
    ----------
    base : Boundaries
    tier : Tier
        What is divided.
    profile : Profile
        Its levels say which areas stand beside the tree (alliances, zones of some villages).
    within : collection of str
        Only those below these areas, or these themselves.

    Returns
    -------
    tuple of str
        Parents of the grids, and areas without smaller ones that hold no grid yet; ("",) where there is no area at all.

    Raises
    ------
    NotFoundError
        When an area of ``within`` is not there.
    """
    missing = sorted(set(within) - {*base.areas, *base.grids})
    if missing:
        raise NotFoundError(_NO_AREAS.fill(ids=names_of(missing), known=names_of(base.areas)))
    every = {*base.areas, *base.grids}
    parents = {grid.parent_id for grid in base.tier(tier)} & every
    among = sorted(parents | _empty_leaves(base, tier, profile, parents))
    chosen = [area for area in among if not within or {*_line(base, area)} & set(within)]
    if within and not chosen:
        raise NotFoundError(_NOTHING_WITHIN.fill(ids=names_of(sorted(within)), known=names_of(among)))
    return tuple(chosen) if among else ("",)


def _empty_leaves(base: Boundaries, tier: Tier, profile: Profile, parents: Collection[str]) -> set[str]:
    """Return the smallest areas of the tree that hold no grid."""
    beside = {name for level in profile.levels if level.cuts_across or level.is_partial for name in level.names}
    above = {area.parent_id for area in base.areas.values()} | {grid.parent_id for grid in base.grids.values()}
    leaves = {key for key, area in base.areas.items() if key not in above and area.level not in beside}
    levels = {base.areas[key].level for key in parents if key in base.areas}
    return {key for key in leaves if not base.tier(tier) or base.areas[key].level in levels}


def _line(base: Boundaries, area_id: str) -> list[str]:
    """Return an area or larger grid with all above it."""
    line = [area_id]
    while (row := base.areas.get(line[-1]) or base.grids.get(line[-1])) and row.parent_id and row.parent_id not in line:
        line.append(row.parent_id)
    return line


def grids_within(base: Boundaries, tier: Tier, areas: Sequence[str]) -> list[Grid]:
    """Return the grids of a tiling that lie in some of the villages; with ("",), all."""
    return [grid for grid in base.tier(tier) if grid.parent_id in areas or tuple(areas) == ("",)]


def paper_ground(shapes: Sequence[Any], today: Sequence[int], grid_ids: Sequence[str], households: Sequence[int] = ()) -> Ground:
    """Return a ground of pieces in one village "V", neighbours where they share a border: for laws and examples.

    Examples
    --------
    >>> import shapely
    >>> len(paper_ground([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], [0, 0], ["G1"]).pieces)
    2
    """
    land = np.array(list(shapes), dtype=object)
    owner = np.array(today, dtype=np.int64)
    village = Area("V", "村", shapely.coverage_union_all(land), "village")
    rows = {
        key: Grid(key, key, shapely.coverage_union_all(land[owner == i]), parent_id="V")
        for i, key in enumerate(grid_ids)
        if (owner == i).any()
    }
    base = Boundaries.of(*_frames(rows, village))
    first, second, border = borders(land)
    counts = np.array(households or [1] * len(land), dtype=np.int64)
    pieces = Pieces(
        tuple(f"P{i + 1}" for i in range(len(land))),
        counts,
        np.zeros(len(land), dtype=np.int64),
        owner,
        np.zeros(len(land), dtype=bool),
        shapely.get_x(shapely.point_on_surface(land)),
        shapely.get_y(shapely.point_on_surface(land)),
        first,
        second,
        border,
        np.zeros(len(first)),
        np.ones(len(first), dtype=bool),
        land,
    )
    return Ground(base, Tier(STANDING, ""), pieces, ("V",), tuple(grid_ids))


def _frames(rows: dict[str, Grid], village: Area) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    state = Boundaries(CRS.from_user_input(PAPER), rows, {"V": village})
    return state.grid_frame, state.area_frame


def borders(shapes: Shapes) -> tuple[Any, Any, Any]:
    """Return which polygons lie side by side: first, second (positions, first < second), and how long the border is, in metres.

    Polygons that meet in points alone are no neighbours.
    """
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    keep = i < j
    i, j = i[keep], j[keep]
    order = np.lexsort((j, i))
    i, j = i[order], j[order]
    lengths = shapely.length(shapely.intersection(shapely.boundary(shapes[i]), shapely.boundary(shapes[j])))
    real = lengths > LEAST_BORDER_M
    return i[real].astype(np.int64), j[real].astype(np.int64), lengths[real]


LEAST_BORDER_M = 0.01

_NO_SHAPES = Text("地块没有形状，不能成为方案。", "the pieces have no shapes and can become no plan.")
_NO_AREAS = Text("没有区域 {ids}；现有：{known}。", "there are no areas {ids}; there are: {known}.")
_NOTHING_WITHIN = Text(
    "{ids} 之内没有可划分的村（社区）；可用：{known}。", "no village to divide lies within {ids}; there are: {known}."
)
