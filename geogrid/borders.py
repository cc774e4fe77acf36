"""Where two neighbouring offices' files disagree about the border between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.crs import require_projected, require_same_crs
from geogrid.errors import InputError
from geogrid.ids import unique_ids
from geogrid.regions import mended, wide_pieces
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]
    Floats = npt.NDArray[np.float64]

HOLE, OVERLAP = "hole", "overlap"
_SHARPEST = 4.0
"""Borders that part at less than twice asin(1/4), 29 degrees, face each other; at a wider angle they part for good."""
_BESIDE = 0.5
"""A hole between two sides runs along each of them for at least this share of its width."""


@dataclass(frozen=True, eq=False)
class BorderDifferences:
    """Where two files disagree.

    Attributes
    ----------
    differences : GeoDataFrame
        difference_id, kind (hole: neither has it; overlap: both do), our_ids, their_ids (tuples: who is within the defect width
        of it), area_m2, width_m, length_m (along the border), geometry; from large to small.
    other_land : GeoDataFrame
        The same of what both have and is wider than ``within_m``: no border drawn differently but land that both claim.
    apart_m : float
        The distance between the two; farther than ``within_m``, they are no neighbours.
    """

    differences: gpd.GeoDataFrame
    other_land: gpd.GeoDataFrame
    apart_m: float

    @property
    def summary(self) -> Text:
        """Return what was found in a sentence."""
        table = self.differences
        n = {kind: int((table["kind"] == kind).sum()) for kind in (HOLE, OVERLAP)}
        worst = f"{table['width_m'].max():.2f}"
        alike = _SAME if self.apart_m == 0 else _APART.fill(apart=f"{self.apart_m:,.2f}")
        said = alike if table.empty else _DIFFER.fill(holes=n[HOLE], overlaps=n[OVERLAP], worst=worst)
        rest = _REST.fill(n=len(self.other_land)) if len(self.other_land) else Text("。", ".")
        return Text(said.zh + rest.zh, said.en + rest.en)


_SAME = Text(
    "与邻方的边界是同一条线，没有空洞和重叠",
    "The border with the neighbour is the same line on both sides, without holes or overlaps",
)
_APART = Text("与邻方相距 {apart} 米，没有边界差异", "The neighbour is {apart} m away, and no border differs")
_DIFFER = Text(
    "与邻方的边界之间有空洞 {holes} 处、重叠 {overlaps} 处，最宽 {worst} 米",
    "{holes} holes and {overlaps} overlaps along the border with the neighbour, at most {worst} m wide",
)
_REST = Text(
    "；另有 {n} 处双方都有的土地，太宽，不像画法不同，请双方商定归属。",
    "; and {n} pieces of land that both have, too wide for a border drawn differently: agree whose they are.",
)


class _Side(NamedTuple):
    ids: list[str]
    shapes: Shapes
    whole: Any


def border_differences(
    ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame, *, defect_width_m: float = 0.01, within_m: float = 50.0
) -> BorderDifferences:
    """Find where the border that two files share is not the same line, whatever its vertices.

    An overlap is a connected piece of land that both have. A hole is land that neither has between two borders that face each
    other at most ``within_m`` apart. Where the borders part at more than about 29 degrees, they part for good, and the land
    between them is somebody else's.

    Parameters
    ----------
    ours, theirs : GeoDataFrame
        Grids or areas in one projected CRS, with grid_id or area_id.
    defect_width_m : float
        What is narrower is no difference.
    within_m : float
        What is wider is no border difference but other land.

    Returns
    -------
    BorderDifferences

    Raises
    ------
    CrsError
        When a frame is not in a projected CRS, or the two differ.
    InputError
        When ids are missing or repeated, or the widths make no sense.

    Examples
    --------
    >>> west = gpd.GeoDataFrame({"grid_id": ["W"]}, geometry=[shapely.box(0, 0, 100, 100)], crs=4548)
    >>> east = shapely.Polygon([(98, 0), (103, 100), (200, 100), (200, 0)])
    >>> east = gpd.GeoDataFrame({"grid_id": ["E"]}, geometry=[east], crs=4548)
    >>> found = border_differences(west, east).differences
    >>> found[["kind", "our_ids", "their_ids", "area_m2"]].values.tolist()
    [['hole', ('W',), ('E',), 90.0], ['overlap', ('W',), ('E',), 40.0]]
    """
    crs = require_same_crs(ours, theirs)
    require_projected(ours)
    _require_widths(defect_width_m, within_m)
    us, them = _side(ours), _side(theirs)
    both = wide_pieces(_array([shapely.intersection(us.whole, them.whole)]), defect_width_m)
    neither = _between(us, them, defect_width_m, within_m)
    narrow = both.width_m <= within_m
    kinds = [OVERLAP] * int(narrow.sum()) + [HOLE] * len(neither[0])
    shapes, wide = np.append(both.shapes[narrow], neither[0]), np.append(both.width_m[narrow], neither[1])
    other = both.shapes[~narrow], both.width_m[~narrow]
    return BorderDifferences(
        _table(kinds, shapes, wide, (us, them), defect_width_m).set_crs(crs),
        _table([OVERLAP] * len(other[0]), *other, (us, them), defect_width_m).set_crs(crs),
        float(shapely.distance(us.whole, them.whole)),
    )


def _side(frame: gpd.GeoDataFrame) -> _Side:
    ids = unique_ids(frame, "area_id" if "area_id" in frame and "grid_id" not in frame else "grid_id")
    shapes = mended(frame.geometry.to_numpy())[0]
    return _Side(ids, shapes, shapely.union_all(shapes))


def _between(us: _Side, them: _Side, least_m: float, within_m: float) -> tuple[Shapes, Floats]:
    """Return the holes between two sides and their widths: what is filled by growing both together and shrinking them again.

    With mitred corners this leaves the outline alone wherever it turns less sharply than ``_SHARPEST``. Land that only one side
    encloses is not between the two.
    """
    reach = within_m / 2 * 1.001
    near = shapely.intersection(shapely.buffer(us.whole, 2 * within_m), shapely.buffer(them.whole, 2 * within_m))
    land = shapely.union_all([shapely.intersection(side.whole, near) for side in (us, them)])
    grown = shapely.buffer(land, reach, join_style="mitre", mitre_limit=_SHARPEST)
    filled = shapely.buffer(grown, -reach, join_style="mitre", mitre_limit=_SHARPEST)
    pieces = wide_pieces(_array([shapely.difference(filled, shapely.union(us.whole, them.whole))]), least_m)
    kept = pieces.width_m <= within_m
    for side in (us, them):
        edge = shapely.buffer(shapely.boundary(side.whole), least_m, cap_style="flat")
        along = shapely.length(shapely.intersection(shapely.boundary(pieces.shapes), edge))
        kept &= along >= _BESIDE * pieces.width_m
    return pieces.shapes[kept], pieces.width_m[kept]


def _table(kinds: list[str], shapes: Shapes, width_m: Floats, sides: tuple[_Side, _Side], least_m: float) -> gpd.GeoDataFrame:
    area_m2, outline_m = shapely.area(shapes), shapely.length(shapes)
    # A strip of the same area and outline is as long as the piece runs along the border.
    length_m = (outline_m + np.sqrt(np.maximum(outline_m**2 - 16 * area_m2, 0.0))) / 4
    ids = [_beside(shapes, side, least_m) for side in sides]
    order = sorted(range(len(shapes)), key=lambda i: (-round(float(area_m2[i]), 6), kinds[i], tuple(shapely.bounds(shapes[i]))))
    columns = {
        "difference_id": pd.Series([f"difference-{n + 1}" for n in range(len(order))], dtype="str"),
        "kind": pd.Series([kinds[i] for i in order], dtype="str"),
        "our_ids": pd.Series([ids[0][i] for i in order], dtype="object"),
        "their_ids": pd.Series([ids[1][i] for i in order], dtype="object"),
        "area_m2": area_m2[order],
        "width_m": width_m[order],
        "length_m": length_m[order],
    }
    return gpd.GeoDataFrame(columns, geometry=shapes[order])


def _beside(shapes: Shapes, side: _Side, least_m: float) -> list[tuple[str, ...]]:
    """Return who of a side is within reach of each piece."""
    piece, row = shapely.STRtree(side.shapes).query(shapes, predicate="dwithin", distance=least_m)
    return [tuple(sorted(side.ids[i] for i in row[piece == n])) for n in range(len(shapes))]


def _array(shapes: list[Any]) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def _require_widths(defect_width_m: float, within_m: float) -> None:
    if not 0 < defect_width_m < within_m < math.inf:
        message = Text(
            "缺陷宽度 {d} 米、最大间距 {w} 米无效；应满足 0 < 缺陷宽度 < 最大间距，例如 0.01 和 50。",
            "a defect width of {d} m within {w} m makes no sense; 0 < defect width < within is needed, such as 0.01 and 50.",
        )
        raise InputError(message.fill(d=defect_width_m, w=within_m))
