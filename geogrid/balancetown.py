"""What a proposal reads of a workspace: boundaries, people, land and rules at the newest version, and the pieces of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balanceground import Ground, areas_of, grids_within, land_in, tier_of
from geogrid.balancing.land import Land, LandAsked
from geogrid.balancing.making import pieces_of
from geogrid.boundaries import Area
from geogrid.cutunits import Units
from geogrid.errors import InputError
from geogrid.office import rules_in
from geogrid.officeplans import require_grids
from geogrid.people import People
from geogrid.plans import Plan
from geogrid.provenance import table_hash
from geogrid.seating import seat
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.boundaries import Boundaries, Tier
    from geogrid.keeping import Rules
    from geogrid.profile import Profile
    from geogrid.seating import Seated
    from geogrid.store import Workspace

LAND = ("units", "buildings", "roads", "barriers")
"""Tables whose shapes decide where land may be cut, besides households and boundaries."""

FINER = 12
"""A grid of the target is made of at least so many pieces, where households allow it: few enough to be quick, and even."""


@dataclass(frozen=True, eq=False)
class Town:
    """A workspace as a proposal sees it. Private: it holds household rows.

    Attributes
    ----------
    version : int
        The newest, on which plans are drawn.
    base : Boundaries
        Its grids and areas.
    tier : Tier
        The tiling that is divided.
    area_ids : tuple of str
        The villages that are divided.
    tables : mapping of frames
        ``households`` and those of `LAND` that have rows.
    seated : Seated
        Who is in which grid today.
    rules : Rules
        Barriers and locks.
    """

    profile: Profile
    version: int
    base: Boundaries
    tier: Tier
    area_ids: tuple[str, ...]
    tables: Mapping[str, gpd.GeoDataFrame] = field(repr=False)
    seated: Seated = field(repr=False)
    rules: Rules = field(repr=False)
    locked: frozenset[str] = frozenset()

    @property
    def hashes(self) -> dict[str, str]:
        """Return the hash of every table that the proposal rests on."""
        own = {"grids": self.base.grid_frame, "areas": self.base.area_frame}
        return {name: table_hash(frame) for name, frame in sorted((own | dict(self.tables)).items()) if len(frame)}

    @property
    def homes(self) -> npt.NDArray[np.float64]:
        """Return where households are, n × 2, in metres."""
        return np.asarray(self.seated.people.homes.xy.T, dtype=np.float64)

    @property
    def units(self) -> Units | None:
        """Return what should stay whole."""
        return Units.of(self.tables["units"], crs=self.base.crs) if "units" in self.tables else None

    @property
    def unit_names(self) -> dict[str, str]:
        """Return what units are called, by id."""
        rows = self.tables.get("units")
        if rows is None or "name" not in rows:
            return {}
        named = rows[rows["name"].notna()]
        return dict(zip(named["unit_id"].astype(str), named["name"].astype(str), strict=True))

    @property
    def grid_ids(self) -> tuple[str, ...]:
        """Return the grids of today in the villages that are divided."""
        return tuple(grid.grid_id for grid in grids_within(self.base, self.tier, self.area_ids))


def town_of(workspace: Workspace, *, within: Collection[str] = (), locked: Collection[str] = ()) -> Town:
    """Read what a proposal rests on.

    Parameters
    ----------
    workspace : Workspace
    within : collection of str
        Only the villages below these areas.
    locked : collection of str
        Grids that stay as they are, and units that stay in their grid.

    Raises
    ------
    InputError
        When there is nothing to divide, or nobody lives there.
    NotFoundError
        When an area or grid is not there.
    """
    version, profile = workspace.head.version, workspace.profile
    base = workspace.boundaries(version=version)
    if not base.grids and not base.areas:
        raise InputError(_NO_LAND)
    tables = {name: frame for name in ("households", *LAND) if len(frame := workspace.read(name, version=version))}
    if "households" not in tables:
        raise InputError(_NO_HOUSEHOLDS)
    units = set(tables["units"]["unit_id"]) if "units" in tables else set()
    grids = sorted(set(locked) - units)
    require_grids(base, grids)
    tier = tier_of(base, profile)
    people = People.of(tables["households"], crs=workspace.crs)
    rules = rules_in(workspace, Plan("—", version, locked=frozenset(grids)))
    areas = areas_of(base, tier, profile, within)
    return Town(profile, version, base, tier, areas, tables, seat(people, base, tier), rules, frozenset(locked))


def ground_of(town: Town, *, target: float, along_today: bool) -> Ground:
    """Make the pieces of a town.

    Parameters
    ----------
    town : Town
    target : float
        Households that a grid should have; pieces have at most a `FINER`-th of it where land can be cut as fine.
    along_today : bool
        Whether every border of today is one between pieces, or only those of locked grids.
    """
    land = land_of(town, along_today=along_today)
    pieces = pieces_of(land, finest=max(1, round(target / FINER)))
    units = frozenset(land.units) & set(pieces.ids)
    return Ground(town.base, town.tier, pieces, tuple(land.areas), tuple(land.today), frozenset(units))


def land_of(town: Town, *, along_today: bool) -> Land:
    """Return the land that is divided, with all that says where it may be cut."""
    asked = LandAsked(within=town.area_ids, tier=town.tier, along_today=along_today, locked=town.locked)
    return Land.of(_as_areas(town, town.area_ids), {**town.tables, **_outer_units(town.tables)}, asked)


def _as_areas(town: Town, ids: Collection[str]) -> Boundaries:
    """Return the boundaries with nothing but these villages, larger grids or grids as areas."""
    land = {key: Area(key, key, land_in(town.base, town.tier, key)) for key in ids}
    return replace(town.base, areas=land)


def land_of_grids(town: Town, grid_ids: Collection[str]) -> Land:
    """Return the land of grids, each an area by itself; units do not count, buildings stay whole."""
    tables = {name: frame for name, frame in town.tables.items() if name != "units"}
    return Land.of(_as_areas(town, grid_ids), tables, LandAsked(within=tuple(grid_ids), along_today=False))


def _outer_units(tables: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Return the units that lie in no other unit: an estate, not its buildings."""
    rows = tables.get("units")
    if rows is None or "parent_id" not in rows:
        return {}
    return {"units": rows[~rows["parent_id"].isin(set(rows["unit_id"]))].reset_index(drop=True)}


_NO_LAND = Text(
    "工作区里没有区域也没有网格，无从划分；请先导入。", "the workspace holds neither areas nor grids; bring some in first."
)
_NO_HOUSEHOLDS = Text(
    "工作区里没有住户，无从均衡；请先导入住户。", "the workspace holds no households to balance; bring them in first."
)
