"""Land and lines that a planner drew elsewhere, taken from a file as they are, within limits that keep every command short."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from api.convert import as_it_is
from geogrid.errors import InputError
from geogrid.regions import crosses_often
from geogrid.rows.shapes import winds
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

MOST_VERTICES = 200_000
MOST_PARTS = 500
LINE, POLYGON = 1, 2
"""Dimensions of what a file must hold."""


def outline_in(file: str | Path) -> gpd.GeoDataFrame:
    """Return the polygons, in WGS 84, of a file that outlines a whole land.

    Raises
    ------
    InputError
        As `drawn_in`, or when it falls into too many parts: a repair compares the land with each.
    """
    land = drawn_in(file, "wgs84", POLYGON)
    parts = int(shapely.get_num_geometries(land.geometry.to_numpy()).sum())
    if parts > MOST_PARTS:
        raise InputError(_IN_PARTS.fill(file=Path(file).name, n=f"{parts:,}", most=MOST_PARTS))
    return land


def drawn_in(file: str | Path, datum: str, dimension: int) -> gpd.GeoDataFrame:
    """Return the lines or polygons of a file in WGS 84; rows without a shape are left out.

    Raises
    ------
    InputError
        When it holds none of them, something else besides, or outlines that nobody drew on purpose.
    """
    frame, _ = as_it_is(Path(file), datum)
    shown = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    shapes, name = shown.geometry.to_numpy(), Path(file).name
    if shown.empty or (shapely.get_dimensions(shapes) != dimension).any():
        raise InputError((_NO_POLYGONS if dimension == POLYGON else _NO_LINES).fill(file=name))
    rough = winds(shapes) | (~shapely.is_valid(shapes) if dimension == POLYGON else np.zeros(len(shapes), dtype=bool))
    for row in np.flatnonzero(rough):
        if winds(shapes[row : row + 1])[0] or crosses_often(shapes[row]):
            raise InputError(_TANGLED.fill(file=name, row=row + 1))
    if dimension == LINE and crosses_often(shapely.multilinestrings(shapely.get_parts(shapes))):
        raise InputError(_CROSSING.fill(file=name))
    if shapely.get_num_coordinates(shapes).sum() > MOST_VERTICES:
        raise InputError(_TOO_FINE.fill(file=name, most=f"{MOST_VERTICES:,}"))
    return shown


_NO_POLYGONS = Text("{file} 应只含面；请换一个面文件。", "{file} should hold polygons and nothing else; give such a file.")
_NO_LINES = Text("{file} 应只含线；请换一个线文件。", "{file} should hold lines and nothing else; give such a file.")
_TOO_FINE = Text(
    "{file} 的图形合计超过 {most} 个顶点；请在 GIS 软件中用“简化”减少顶点。",
    "the shapes of {file} have more than {most} vertices in all; simplify them in a GIS.",
)
_TANGLED = Text(
    "{file} 第 {row} 行的边线来回反复或大量自相交；请重新画一个简单的图形。",
    "the outline in row {row} of {file} goes back and forth or crosses itself far too often; draw it again, plainly.",
)
_CROSSING = Text(
    "{file} 中的线互相交叉过多；请只留下要用的分界线。",
    "the lines of {file} cross one another far too often; keep only those that should divide.",
)
_IN_PARTS = Text(
    "{file} 的范围分成 {n} 块，最多 {most} 块；请只给出整个辖区的外轮廓。",
    "the land of {file} falls into {n} parts, and {most} at most are taken; give the outline of the whole land alone.",
)
