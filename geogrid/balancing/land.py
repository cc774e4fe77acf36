"""The land that a proposal divides: areas, who lives where, and what borders should mind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.barriers import ways_across
from geogrid.boundaries import on_lattice
from geogrid.crs import project
from geogrid.errors import InputError, NotFoundError
from geogrid.ids import unique_ids
from geogrid.modetable import NOT_A_STREET
from geogrid.people import Points
from geogrid.regions import POLYGONAL
from geogrid.vertices import levels
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.boundaries import Boundaries, Tier

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Names = npt.NDArray[np.object_]
    Shapes = npt.NDArray[np.object_]

HOUSEHOLDS = "households"


@dataclass(frozen=True, eq=False)
class Land:
    """Land to be divided, everything in one projected CRS, in metres.

    Attributes
    ----------
    areas : mapping of polygons by id
        What parts never leave: villages. They should fit together corner by corner.
    x, y : array of float (n)
        Where each household is.
    weight : array of int (n), optional
        How much each counts; 1 by default.
    unit_of : array of str (n), optional
        The unit of each household, "" for none; counts for units that are points.
    units : mapping of polygons or points by id
        What stays whole: polygons as they are, points with the land of their households.
    buildings : sequence of polygons
        What no border cuts, but for those of areas and of today, and barriers.
    streets, water : sequence of lines or polygons
        Where borders like to run.
    barriers : sequence of lines or polygons
        What divides, as given.
    ways : sequence of lines
        Bridges and tunnels across barriers; see `geogrid.barriers.ways_across`.
    today : mapping of polygons by id
        The grids of today, of one tiling.
    along_today : bool
        Whether every border of today's grids is kept as a possible border; else only those of locked grids are.
    locked : frozenset of str
        Grids and units that stay as they are.

    Raises
    ------
    InputError
        When there is no area, or an area has no land.

    Examples
    --------
    >>> Land({"V": shapely.box(0, 0, 9, 9)}, np.array([1.0, 2]), np.array([1.0, 1])).weights.tolist()
    [1, 1]
    """

    areas: Mapping[str, Any]
    x: Floats = field(repr=False)
    y: Floats = field(repr=False)
    weight: Ints | None = field(default=None, repr=False)
    unit_of: Names | None = field(default=None, repr=False)
    units: Mapping[str, Any] = field(default_factory=dict, repr=False)
    buildings: Sequence[Any] | Shapes = field(default=(), repr=False)
    streets: Sequence[Any] | Shapes = field(default=(), repr=False)
    water: Sequence[Any] | Shapes = field(default=(), repr=False)
    barriers: Sequence[Any] | Shapes = field(default=(), repr=False)
    ways: Sequence[Any] | Shapes = field(default=(), repr=False)
    today: Mapping[str, Any] = field(default_factory=dict, repr=False)
    along_today: bool = True
    locked: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        bare = [key for key, shape in self.areas.items() if shape is None or shape.is_empty]
        if bare or not self.areas:
            raise InputError(_LANDLESS.fill(areas=", ".join(bare[:5]) or "-"))

    @property
    def weights(self) -> Ints:
        """Return how much each household counts."""
        return np.ones(len(self.x), dtype=np.int64) if self.weight is None else np.asarray(self.weight, dtype=np.int64)

    @classmethod
    def of(cls, boundaries: Boundaries, tables: Mapping[str, gpd.GeoDataFrame], asked: LandAsked) -> Land:
        """Take land from boundaries and canonical tables.

        Parameters
        ----------
        boundaries : Boundaries
            Their CRS is that of the land.
        tables : mapping of GeoDataFrame
            Those there are of households, units, buildings, roads and barriers, in any CRS. Of the roads, tunnels and what is
            no street are no borders.
        asked : LandAsked

        Raises
        ------
        NotFoundError
            When an area is not known.
        InputError
            When there is no area, an id of a unit is missing or repeated, or households have no column of that weight.
        """
        known = {name: project(frame, boundaries.crs) for name, frame in tables.items() if frame is not None and len(frame)}
        areas = _areas(boundaries, asked.within)
        homes = _homes(known.get("households"), asked.weight)
        frame = known.get("barriers")
        return cls(
            areas,
            **homes,
            units=_units(known.get("units")),
            buildings=_near(_shapes(known.get("buildings"), POLYGONAL), areas),
            streets=_near(_streets(known.get("roads")), areas),
            barriers=_near(_shapes(frame, 1), areas),
            ways=ways_across(known["roads"]) if "roads" in known else (),
            today={grid.grid_id: grid.shape for grid in boundaries.tier(asked.tier)} if asked.tier else {},
            along_today=asked.along_today,
            locked=asked.locked,
        )


@dataclass(frozen=True)
class LandAsked:
    """What of the boundaries is to be divided.

    Attributes
    ----------
    within : sequence of str
        Ids of areas; by default the areas that name no other as theirs: the lowest.
    tier : Tier, optional
        Which tiling is that of today; without one, nobody has the land.
    along_today, locked
        See `Land`.
    weight : str
        "households", or the column of households that is balanced.
    """

    within: Sequence[str] = ()
    tier: Tier | None = None
    along_today: bool = True
    locked: frozenset[str] = frozenset()
    weight: str = HOUSEHOLDS


def _areas(boundaries: Boundaries, within: Sequence[str]) -> dict[str, Any]:
    unknown = [key for key in within if key not in boundaries.areas]
    if unknown:
        raise NotFoundError(_UNKNOWN.fill(areas=", ".join(unknown[:5])))
    parents = {area.parent_id for area in boundaries.areas.values()}
    keys = within or [key for key in boundaries.areas if key not in parents]
    return {key: boundaries.areas[key].shape for key in keys}


def _homes(frame: gpd.GeoDataFrame | None, weight: str) -> dict[str, Any]:
    """Return places, units and weights of households that have a place."""
    if frame is None:
        return {"x": np.empty(0), "y": np.empty(0)}
    if weight != HOUSEHOLDS and weight not in frame:
        raise InputError(_NO_COLUMN.fill(column=weight))
    x, y = Points.of(frame).xy
    some = np.isfinite(x)
    made: dict[str, Any] = {"x": x[some], "y": y[some]}
    if weight != HOUSEHOLDS:
        made["weight"] = frame[weight].fillna(0).to_numpy(dtype=np.int64)[some]
    if "unit_id" in frame:
        made["unit_of"] = frame["unit_id"].astype("string").fillna("").to_numpy(dtype=object)[some]
    return made


def _units(frame: gpd.GeoDataFrame | None) -> dict[str, Any]:
    if frame is None:
        return {}
    shapes = on_lattice(shapely.make_valid(np.asarray(frame.geometry, dtype=object)))
    units = zip(unique_ids(frame, "unit_id"), shapes, strict=True)
    return {key: shape for key, shape in units if shape is not None and not shape.is_empty}


def _streets(frame: gpd.GeoDataFrame | None) -> Shapes:
    if frame is None:
        return _array([])
    kind = frame["highway"].astype("string").fillna("") if "highway" in frame else None
    drawn = np.ones(len(frame), dtype=bool) if kind is None else ~kind.isin(NOT_A_STREET).to_numpy(dtype=bool)
    return _shapes(frame[drawn & ~(levels(frame)[:, 2] > 0)], 1)


def _shapes(frame: gpd.GeoDataFrame | None, dimensions: int) -> Shapes:
    """Return the shapes of a table that have at least so many dimensions."""
    shapes = _array([]) if frame is None else np.asarray(frame.geometry, dtype=object)
    shapes = shapes[shapely.get_dimensions(shapes) >= dimensions]
    return np.asarray(shapely.make_valid(shapes), dtype=object)


def _near(shapes: Shapes, areas: Mapping[str, Any]) -> Shapes:
    if not len(shapes):
        return shapes
    near = np.unique(shapely.STRtree(shapes).query(_array(areas.values()), predicate="intersects")[1])
    return np.asarray(shapes[near], dtype=object)


def _array(values: Iterable[Any]) -> Shapes:
    values = list(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


_LANDLESS = Text(
    "没有可划分的土地（{areas}）；请先导入区域边界，或另选区域。",
    "there is no land to divide ({areas}); import the borders of areas first, or choose others.",
)
_UNKNOWN = Text("没有区域 {areas}；请查对区域编号。", "there is no area {areas}; see the ids of areas.")
_NO_COLUMN = Text(
    "住户表没有“{column}”一列；请导入该列，或按户数均衡。",
    "the table of households has no column {column}; import one, or balance households.",
)
