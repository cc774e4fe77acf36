"""Operations made complete before they are carried out: new ids, the land of units, lines that divide a grid evenly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import shapely

from geogrid.errors import InputError, NotFoundError
from geogrid.evenly import even_cuts
from geogrid.handing import names_of
from geogrid.numbering import new_ids
from geogrid.operations import Draw, Hand, Operation, Split
from geogrid.redraw import pieces_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from geogrid.boundaries import Boundaries
    from geogrid.codescheme import CodeScheme

    Points = npt.NDArray[np.float64]


def complete(
    operation: Operation,
    boundaries: Boundaries,
    *,
    taken: Collection[str] = (),
    scheme: CodeScheme | None = None,
    homes: Points | None = None,
) -> Operation:
    """Give the grids that an operation makes their ids, where it does not say them.

    Parameters
    ----------
    operation : Operation
    boundaries : Boundaries
        What it will be carried out on.
    taken : collection of str
        Ids and codes that were ever given, beside those of ``boundaries``.
    scheme : CodeScheme, optional
        How codes are written, where ids are codes.
    homes : ndarray of float, n × 2, optional
        Where households are: the piece of a split grid with most of them keeps its id, so that fewest change hands.

    Returns
    -------
    Operation
        The same one when it makes no grid, or names all that it makes.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geogrid.boundaries import Boundaries
    >>> town = gpd.GeoDataFrame({"grid_id": ["G1"], "name": ["东"]}, geometry=[shapely.box(0, 0, 90, 90)], crs=4548)
    >>> line = shapely.LineString([(30, -1), (30, 91)])
    >>> complete(Split("G1", line), Boundaries.of(town), taken={"G1", "G2"}).new_ids
    ('G3',)
    """
    every = {*boundaries.grids, *boundaries.areas, *taken}
    if isinstance(operation, Split) and not operation.new_ids:
        pieces = pieces_of(boundaries, operation)
        ids = new_ids([operation.grid_id], every, len(pieces) - 1, scheme=scheme)
        stays = operation.stays if operation.stays is not None or homes is None else _fullest(pieces, homes)
        return replace(operation, new_ids=tuple(ids), stays=stays)
    if isinstance(operation, Draw) and not operation.grid_id:
        near = [boundaries.ids[i] for i in boundaries.tree.query(operation.area, predicate="intersects")]
        like = [operation.from_id] if operation.from_id else sorted(near) or sorted(boundaries.grids)
        return replace(operation, grid_id=new_ids(like or ["G000"], every, 1, scheme=scheme)[0])
    return operation


def _fullest(pieces: Sequence[Any], homes: Points) -> Any:
    """Return a point inside the piece with most households: one of the land, not of any household."""
    fullest = max(pieces, key=lambda piece: int(shapely.contains_xy(piece, homes).sum()))
    return shapely.point_on_surface(fullest)


def hand_units(units: gpd.GeoDataFrame, unit_ids: Sequence[str], to: str) -> Hand:
    """Return the operation that hands the land of units over to a grid.

    Parameters
    ----------
    units : GeoDataFrame
        Polygons with unit_id, in the CRS of the boundaries.
    unit_ids : sequence of str
    to : str
        The grid that gets them.

    Raises
    ------
    NotFoundError
        When there is no such unit.
    InputError
        When a unit is a point: it has no land.
    """
    return Hand(to, land_of_units(units, unit_ids), tuple(unit_ids))


def split_units(units: gpd.GeoDataFrame, unit_ids: Sequence[str], grid_id: str, *, new_id: str = "", name: str = "") -> Draw:
    """Return the operation that makes a new grid of units of one grid.

    Raises
    ------
    NotFoundError, InputError
        As `hand_units`.
    """
    return Draw(land_of_units(units, unit_ids), new_id, name, from_id=grid_id, unit_ids=tuple(unit_ids))


def split_evenly(boundaries: Boundaries, grid_id: str, shares: int, homes: Points) -> Split:
    """Return the operation that divides a grid into shares with equally many households.

    Parameters
    ----------
    boundaries : Boundaries
    grid_id : str
    shares : int
        At least 2.
    homes : ndarray of float, n × 2
        Where the grid's households are; the operation holds nothing of them but straight lines on whole centimetres.

    Raises
    ------
    NotFoundError
        When there is no such grid.
    RefusedError
        When straight lines cannot do it.
    """
    if grid_id not in boundaries.grids:
        raise NotFoundError(_NO_GRID.fill(grid=grid_id))
    return Split(grid_id, even_cuts(boundaries.grids[grid_id].shape, shares, homes))


def land_of_units(units: gpd.GeoDataFrame, unit_ids: Sequence[str]) -> Any:
    """Return the land of units as one polygon."""
    rows = units[units["unit_id"].isin(list(unit_ids))]
    missing = sorted(set(unit_ids) - set(rows["unit_id"]))
    if missing or not len(unit_ids):
        raise NotFoundError(_NO_UNIT.fill(units=names_of(missing)))
    flat = sorted(rows.loc[shapely.area(rows.geometry.to_numpy()) == 0, "unit_id"])
    if flat:
        raise InputError(_POINTS.fill(units=names_of(flat)))
    return shapely.union_all(rows.geometry.to_numpy())


_NO_GRID = Text("没有网格“{grid}”；请检查编号。", "there is no grid {grid!r}; check the id.")
_NO_UNIT = Text("没有单元 {units}；请检查单元编号。", "there is no unit {units}; check the unit ids.")
_POINTS = Text(
    "单元 {units} 只有点位，没有范围；请画出要划归的范围。", "units {units} are points without land; draw the area to hand over."
)
