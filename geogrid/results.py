"""The frozen dataclasses that readers and steps return: tables in, one of these out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from pyproj import CRS

    from geogrid.words import Text

REJECTED_COLUMNS = ("file", "line", "column", "value", "code", "expected_zh", "expected_en", "remedy_zh", "remedy_en", "row")
"""Columns of every table of rejected rows: a row appears once per problem; ``row`` is the whole source row as JSON."""


@dataclass(frozen=True)
class Source:
    """Where a table came from: file name (never a path), content hash, format, and what was assumed on the way."""

    name: str
    sha256: str
    format: str
    encoding: str | None
    crs: str
    rows: int
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class ReadResult:
    """The good rows (WGS 84, canonical columns, ``source_line``), the rejected ones, and where they came from."""

    table: gpd.GeoDataFrame
    rejected: pd.DataFrame
    source: Source


@dataclass(frozen=True)
class DatumFinding:
    """Which datum a table is in: the misfit of each candidate, and whether one was clearly best.

    ``misfit`` maps wgs84, gcj02 and bd09 to metres (``unit`` "m") or to the share outside (``unit`` "share"); smaller is better.
    """

    datum: str
    measure: Text
    unit: str
    misfit: Mapping[str, float]
    sample: int


@dataclass(frozen=True)
class DraftGrids:
    """Draft grids that tile their areas exactly, points that lie in no area, and areas that held no point."""

    grids: gpd.GeoDataFrame
    left_out: gpd.GeoDataFrame
    areas_without_points: tuple[str, ...]


@dataclass(frozen=True)
class Tiling:
    """What is wrong with a tiling. ``defects`` is in the projected CRS of the input.

    Columns of ``defects``: defect_id, kind (hole, overlap, sliver, outside_parent, multi_part, invalid), grid_ids (tuple of str),
    area_id (parent, or ""), area_m2, width_m, geometry.
    """

    defects: gpd.GeoDataFrame
    grids: int
    area_m2: float


@dataclass(frozen=True)
class Assignment:
    """The grid of every point, on the points' index; NA where the point lies outside all grids.

    ``on_border`` marks points that touch several grids (they go to the smallest grid_id). ``disagreements`` has columns claimed
    and computed, for points whose file claimed another grid.
    """

    grid_id: pd.Series
    on_border: pd.Series
    disagreements: pd.DataFrame


@dataclass(frozen=True)
class Network:
    """The streets that one mode may use, as a graph of straight segments, in a projected CRS (metres).

    ``x``, ``y`` are node coordinates; segment i joins nodes ``tail[i]`` and ``head[i]``, is ``length_m[i]`` long and belongs to
    the street ``road_id[i]``. ``component`` numbers the connected piece of each node, largest first; direction does not matter
    for it, and blocked segments join nothing.

    Costs are metres at the mode's pace ``speed_kmh``: what somebody would cover at that pace in the same time. ``forward_m`` is
    the cost from tail to head, ``backward_m`` from head to tail, ``inf`` where one may not go that way. ``is_stop`` is False for
    segments that nobody gets on or off between their ends, such as motorways. A metre between a point and its street costs
    ``leg_factor``.
    """

    crs: CRS
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    tail: npt.NDArray[np.int64]
    head: npt.NDArray[np.int64]
    length_m: npt.NDArray[np.float64]
    road_id: npt.NDArray[np.object_]
    component: npt.NDArray[np.int64]
    forward_m: npt.NDArray[np.float64]
    backward_m: npt.NDArray[np.float64]
    is_stop: npt.NDArray[np.bool_]
    mode: str
    speed_kmh: float
    leg_factor: float


@dataclass(frozen=True)
class Placement:
    """Where points stand on the network, in the points' order.

    ``segment`` is -1 for a point farther than the limit from every street (unreached); ``along_m`` is the distance from the
    segment's tail, ``leg_m`` the straight distance from the point to the street (stated for unreached points too).
    """

    segment: npt.NDArray[np.int64]
    along_m: npt.NDArray[np.float64]
    leg_m: npt.NDArray[np.float64]

    @property
    def unreached(self) -> npt.NDArray[np.bool_]:
        """Return True for points too far from any street."""
        return self.segment < 0

    def take(self, rows: npt.NDArray[np.int64]) -> Placement:
        """Return some of the places, in the order of ``rows``."""
        return Placement(self.segment[rows], self.along_m[rows], self.leg_m[rows])


@dataclass(frozen=True)
class Gaps:
    """Coverage gaps of all services, worst first, and the gap of every uncovered household.

    Columns of ``table``: gap_id, service, households, persons, aged_65, children_0_14, grid_ids (tuple of str),
    nearest_facility_id, nearest_facility, minutes (median of its households to their nearest facility; NaN where no path),
    geometry (whole lattice
    squares, in the projected CRS). ``members`` has columns household (index label of the households), service, gap_id.
    """

    table: gpd.GeoDataFrame
    members: pd.DataFrame
