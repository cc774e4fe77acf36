"""Which grid each household or facility belongs to: exactly one, or none and listed as outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.crs import require_same_crs
from geogrid.errors import InputError
from geogrid.lattice import Floats, touching
from geogrid.results import Assignment
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

TOLERANCE_M = 1e-6
"""Working precision: the width of a crack that rounding leaves between neighbours."""

TOLERANCE_DEG = 1e-11
"""The same in degrees."""

POINT_KIND = (shapely.GeometryType.POINT,)
GRID_KINDS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
NO_GEOMETRY = shapely.GeometryType.MISSING.value


def assign(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> Assignment:
    """Say which grid each point belongs to.

    A point belongs to the grid that it lies in. A point on a border touches several grids, and belongs to the one whose
    ``grid_id`` is the smallest as text (so "10" comes before "9"), whatever the order of the rows; the same holds where grids
    overlap. A point that touches no grid but is within 1 micrometre of some counts as touching those, because neighbours whose
    common border has different vertices leave cracks of rounding.

    No length is measured, so any CRS will do, as long as it is the same; borders are straight lines in that CRS.

    Parameters
    ----------
    points
        Households or facilities: points, in the grids' CRS. A column ``grid_id`` is the grid that the file claims.
    grids
        Polygons with a unique ``grid_id``.

    Returns
    -------
    Assignment
        ``grid_id`` (NA: outside all grids) and ``on_border`` on the index of ``points``; ``disagreements`` between the claimed
        and the computed grid.

    Raises
    ------
    CrsError
        If either table has no CRS, or they differ.
    InputError
        If grids are not polygons, points are not points, or a ``grid_id`` is missing or occurs twice.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]
    >>> grids = gpd.GeoDataFrame({"grid_id": ["A", "B"]}, geometry=squares, crs=4547)
    >>> at = gpd.points_from_xy([150, 100, 300], [50, 50, 50])
    >>> homes = gpd.GeoDataFrame({"grid_id": ["A", "B", "B"]}, geometry=at, crs=4547)
    >>> result = assign(homes, grids)
    >>> result.grid_id.tolist(), result.on_border.tolist()
    (['B', 'A', nan], [False, True, False])
    >>> result.disagreements
      claimed computed
    0       A        B
    1       B        A
    2       B      NaN
    """
    _check(points, grids)
    ids = grids["grid_id"].astype("str").to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    tolerance = TOLERANCE_DEG if grids.crs.is_geographic else TOLERANCE_M
    touch = touching(_coordinates(points), np.asarray(grids.geometry)[order], tolerance=tolerance)
    ids_in_order = pd.array(ids[order], dtype="str")
    grid_id = pd.Series(ids_in_order.take(touch.first, allow_fill=True), index=points.index, name="grid_id")
    on_border = pd.Series(touch.several, index=points.index, name="on_border")
    return Assignment(grid_id, on_border, _disagreements(points, grid_id))


def _coordinates(points: gpd.GeoDataFrame) -> Floats:
    """Return x and y of every point, shape (2, n); NaN where it is empty or missing."""
    coordinates, row = shapely.get_coordinates(np.asarray(points.geometry), return_index=True)
    xy = np.full((2, len(points)), np.nan)
    xy[:, row] = coordinates.T
    return xy


def _disagreements(points: gpd.GeoDataFrame, computed: pd.Series) -> pd.DataFrame:
    """List the points whose file claims another grid than the computed one; an empty claim is no claim."""
    if "grid_id" not in points:
        return pd.DataFrame({"claimed": computed, "computed": computed}).iloc[:0]
    claimed = points["grid_id"].astype("str")
    differs = claimed.notna().to_numpy() & ~(claimed == computed).to_numpy()
    return pd.DataFrame({"claimed": claimed[differs], "computed": computed[differs]})


def _check(points: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> None:
    """Refuse tables that cannot be compared."""
    require_same_crs(points, grids)
    _check_kind(points, POINT_KIND, Text("点表", "the table of points"))
    _check_kind(grids, GRID_KINDS, Text("网格表", "the table of grids"))
    _check_ids(grids)


def _check_kind(frame: gpd.GeoDataFrame, kinds: Sequence[shapely.GeometryType], table: Text) -> None:
    """Refuse geometries of another kind; empty and missing ones are nowhere, which is no error."""
    geometry = np.asarray(frame.geometry)
    suspect = geometry[~np.isin(shapely.get_type_id(geometry), [*(kind.value for kind in kinds), NO_GEOMETRY])]
    wrong = suspect[~shapely.is_empty(suspect)]
    if len(wrong):
        message = Text(
            "{zh}里有 {n} 行的几何是 {kind}，应为 {kinds}。请改正或去掉这些行。",
            "{n} rows of {en} are {kind}, expected {kinds}; mend or leave out these rows",
        )
        found = ", ".join(sorted({geometry.geom_type for geometry in wrong}))
        expected = " / ".join(kind.name.title() for kind in kinds)
        raise InputError(message.fill(zh=table.zh, en=table.en, n=len(wrong), kind=found, kinds=expected))


def _check_ids(grids: gpd.GeoDataFrame) -> None:
    """Refuse grids that cannot be told apart."""
    if "grid_id" not in grids:
        raise InputError(
            Text(
                "网格表没有 grid_id 列。每个网格要有唯一的编号。",
                "the grids have no column grid_id; give every grid a unique one",
            )
        )
    ids = grids["grid_id"]
    if ids.isna().any():
        message = Text(
            "有 {n} 个网格没有 grid_id。每个网格要有唯一的编号。", "{n} grids have no grid_id; give every grid a unique one"
        )
        raise InputError(message.fill(n=int(ids.isna().sum())))
    repeated = sorted(ids[ids.duplicated()].astype("str").unique())
    if repeated:
        message = Text(
            "grid_id {ids} 出现了不止一次。每个网格要有唯一的编号；同一网格的几块请合成一个多面。",
            "grid_id {ids} occurs more than once; give every grid its own, and join the parts of one grid into a multipolygon",
        )
        raise InputError(message.fill(ids=", ".join(repeated[:5])))
