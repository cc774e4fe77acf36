"""Layers as vector tiles (MVT 2.1, WebMercatorQuad): shapes simplified for each zoom, and people gathered where they are many.

Polygons of one tiling are simplified together, so that neighbours share their borders at every zoom. Points of people are drawn
one by one where a tile has few, and as sums over small squares where it has many, so that no tile grows without end.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from geogrid.tilebase import arrow
from geogrid.tileshapes import Kind, in_units, simplified
from geogrid.webmercator import EDGE_M, EXTENT, Box, Tile, degrees_of, to_mercator

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.tilebase import Kept, TileBase

    Shapes = npt.NDArray[np.object_]

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
BUFFER = 64
"""Units round a tile that it holds too, so that nothing is cut where two tiles meet."""
FINEST_PX = 1024
"""A side of a tile is simplified to this many steps: half a pixel of a tile that is drawn 512 pixels wide."""
MOST_POINTS = 4000
"""People's points that a tile shows one by one."""
SQUARES = 128
"""Squares along the side of a tile in which more are summed up."""
OWN, UNITS = "~shape", "~units"
BOX = ("~west", "~south", "~east", "~north")
NEAR = '"~east" >= $west - $pad AND "~west" <= $east + $pad AND "~north" >= $south - $pad AND "~south" <= $north + $pad'
WHOLE = '"~west" >= $west - $pad AND "~east" <= $east + $pad AND "~south" >= $south - $pad AND "~north" <= $north + $pad'
"""What lies wholly in a tile need not be cut, only moved."""
WITHIN = '"~x" BETWEEN $west - $pad AND $east + $pad AND "~y" BETWEEN $south - $pad AND $north + $pad'
BOUNDS = "ST_MakeBox2D(ST_Point($west, $south), ST_Point($east, $north))"


@dataclass(frozen=True, eq=False)
class ShapeLayer:
    """A public layer: its rows in metres of EPSG:3857, and for each zoom that was asked for a table of simplified shapes.

    Attributes
    ----------
    name : str
        Of the layer in a tile: letters and underscores.
    kind : Kind
    shapes : ndarray
        In metres of EPSG:3857.
    columns : mapping of Arrow arrays
        What a tile tells of each row.
    tiers : ndarray of str
        Which tiling each row belongs to: rows of one are simplified together.
    shown_from : ndarray of int
        The zoom from which each row is drawn.
    """

    base: TileBase
    name: str
    kind: Kind
    shapes: Shapes
    columns: Mapping[str, Any]
    tiers: npt.NDArray[Any]
    shown_from: npt.NDArray[np.int64]
    _tables: dict[int, Kept] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(
        cls, base: TileBase, name: str, frame: gpd.GeoDataFrame, *, kind: Kind = "shapes", is_gcj: bool = False, tier: str = ""
    ) -> ShapeLayer:
        """Take a table in WGS 84; ``tier`` names the column whose values tell tilings apart."""
        columns = {each: arrow(frame[each]) for each in frame.columns.drop("geometry")}
        tiers = frame[tier].astype("object").fillna("").astype(str).to_numpy() if tier in frame else np.full(len(frame), "")
        kinds = frame["kind"] if kind == "lines" and "kind" in frame else [""] * len(frame)
        first = np.array([SHOWN_FROM.get(str(each), 0) for each in kinds], dtype=np.int64)
        return cls(base, name, kind, to_mercator(frame.geometry, is_gcj=is_gcj), columns, tiers, first)

    def tile(self, tile: Tile) -> bytes:
        """Return one tile; empty where nothing lies in it."""
        kept = self._table(tile.z)
        cut = f'ST_AsMVTGeom("{OWN}", {BOUNDS}, {EXTENT}, {BUFFER})'
        moved = f'ST_Affine("{UNITS}", 1, 0, 0, 1, $left, $up)'
        shape = f'CASE WHEN {WHOLE} THEN {moved} ELSE {cut} END AS "{OWN}"'
        rows = f"SELECT * EXCLUDE ({_quoted(*BOX, UNITS)}) REPLACE ({shape}) FROM {kept.name} WHERE {NEAR}"  # noqa: S608 -- our own names
        told = f"count(f.\"{OWN}\"), ST_AsMVT(f, '{self.name}', {EXTENT}, '{OWN}', '~id')"
        shift = {"left": float(-tile.column * EXTENT), "up": float(-tile.row * EXTENT)}
        return _bytes(self.base.ask(f"SELECT {told} FROM ({rows}) f", _around(tile) | shift))  # noqa: S608 -- likewise

    def box_deg(self) -> Box | None:
        """Return west, south, east and north of everything in it, in degrees; None of nothing."""
        drawn = self.shapes[~(shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes))]
        box = shapely.total_bounds(drawn).tolist() if len(drawn) else []
        return degrees_of((box[0], box[1], box[2], box[3])) if box else None

    def _table(self, z: int) -> Kept:
        """Return the table of a zoom, made when first asked for."""
        with self._making:
            if z not in self._tables:
                self._tables[z] = self._stored(z)
            return self._tables[z]

    def _stored(self, z: int) -> Kept:
        shapes = simplified(self.shapes, self.tiers, kind=self.kind, tolerance=2 * EDGE_M / 2**z / FINEST_PX)
        units = in_units(shapes, z)
        kept = np.flatnonzero((self.shown_from <= z) & ~(shapely.is_missing(units) | shapely.is_empty(units)))
        columns = {name: column.take(pa.array(kept)) for name, column in self.columns.items()}
        corners = dict(zip(BOX, shapely.bounds(shapes[kept]).reshape(-1, 4).T, strict=True))
        forms = {OWN: shapes[kept], UNITS: units[kept]}
        given = {**columns, **{name: pa.array(side) for name, side in corners.items()}, "~id": pa.array(kept + 1)}
        given |= {name: pa.array(shapely.to_wkb(form).tolist(), pa.binary()) for name, form in forms.items()}
        read = ", ".join(f'ST_GeomFromWKB("{name}") AS "{name}"' for name in forms)
        return self.base.store(given, select=f"* REPLACE ({read})")


SHOWN_FROM: Mapping[str, int] = {"path": 14, "minor": 12}
"""Kinds of streets that are drawn from a zoom on only."""


@dataclass(frozen=True, eq=False)
class PeopleLayer:
    """Points of people, each with the grid that it lies in: for those who may see them.

    Attributes
    ----------
    name : str
    table : Kept
        With ``~x``, ``~y`` in metres of EPSG:3857, and ``grid_id``.
    counted : sequence of str
        Columns that are summed up where points are gathered.
    statuses : sequence of str
        Columns of which the uncovered and unreached are counted there.
    """

    base: TileBase
    name: str
    table: Kept
    counted: Sequence[str]
    statuses: Sequence[str]

    @classmethod
    def of(cls, base: TileBase, name: str, frame: gpd.GeoDataFrame, *, is_gcj: bool = False) -> PeopleLayer:
        """Take points in WGS 84 with ``grid_id``, ``persons`` and any ``status_`` columns; one without a place is left out."""
        placed = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
        xy = shapely.get_coordinates(to_mercator(placed.geometry, is_gcj=is_gcj))
        columns = {each: arrow(placed[each]) for each in placed.columns.drop("geometry")}
        given = {**columns, "~x": pa.array(xy[:, 0]), "~y": pa.array(xy[:, 1]), "~near": pa.array(_beside(xy))}
        table = base.store(given, select='* EXCLUDE ("~near")', order='"~near"')
        statuses = [each for each in columns if each.startswith("status_")]
        return cls(base, name, table, [each for each in ("persons",) if each in columns], statuses)

    def tile(self, tile: Tile, grids: Collection[str] | None = None, *, most: int = MOST_POINTS) -> bytes:
        """Return one tile of those in some grids; None is everybody, in a grid or not.

        Of more than ``most`` a tile holds sums over squares: ``households``, what is `counted`, and by service how many are
        uncovered or unreached.
        """
        values = _around(tile) | ({} if grids is None else {"grids": sorted(grids)})
        mine = WITHIN + ("" if grids is None else " AND grid_id IN (SELECT unnest($grids))")
        count = self.base.ask(f"SELECT count(*) FROM {self.table.name} WHERE {mine}", values)[0]  # noqa: S608 -- our own names
        if not count:
            return b""
        rows = self._each(mine) if count <= most else self._gathered(mine)
        values |= {"unit": tile.side_m / EXTENT} | ({} if count <= most else {"square": tile.side_m / SQUARES})
        return _bytes(self.base.ask(f"SELECT count(*), ST_AsMVT(f, '{self.name}', {EXTENT}, '{OWN}') FROM ({rows}) f", values))  # noqa: S608 -- likewise

    def box_deg(self, grids: Collection[str] | None = None) -> Box | None:
        """Return west, south, east and north of those in some grids, in degrees; None where there is nobody."""
        only = "" if grids is None else " WHERE grid_id IN (SELECT unnest($grids))"
        ends = 'min("~x"), min("~y"), max("~x"), max("~y")'
        found = self.base.ask(f"SELECT {ends} FROM {self.table.name}{only}", {} if grids is None else {"grids": sorted(grids)})  # noqa: S608 -- likewise
        return None if found[0] is None else degrees_of((found[0], found[1], found[2], found[3]))

    @staticmethod
    def _drawn(x: str, y: str) -> str:
        return f'ST_Point(round(({x} - $west) / $unit), round(($north - {y}) / $unit)) AS "{OWN}"'

    def _each(self, mine: str) -> str:
        point = self._drawn('"~x"', '"~y"')
        return f'SELECT * EXCLUDE ("~x", "~y"), {point} FROM {self.table.name} WHERE {mine}'  # noqa: S608 -- our own names

    def _gathered(self, mine: str) -> str:
        """Return the query of sums over squares; those at the edge are whole, so that neighbouring tiles have the same."""
        sums = [f"sum({_quoted(each)})::BIGINT AS {_quoted(each)}" for each in self.counted]
        pairs = [(each, part) for each in self.statuses for part in ("uncovered", "unreached")]
        sums += [
            f"count_if({_quoted(each)} = '{part}')::BIGINT AS {_quoted(each.replace('status', part, 1))}" for each, part in pairs
        ]
        point = self._drawn('avg("~x")', 'avg("~y")')
        told = ", ".join(["count(*)::BIGINT AS households", *sums, point])
        squares = f'floor(("~x" + {EDGE_M}) / $square), floor(("~y" + {EDGE_M}) / $square)'
        return f"SELECT {told} FROM {self.table.name} WHERE {mine} GROUP BY {squares}"  # noqa: S608 -- our own names


def _around(tile: Tile) -> dict[str, float]:
    west, south, east, north = tile.box_m
    return {"west": west, "south": south, "east": east, "north": north, "pad": tile.side_m * BUFFER / EXTENT}


def _bytes(row: tuple[Any, ...]) -> bytes:
    """Return the tile of an answer (how many there are, their tile); nothing where there is none."""
    return bytes(row[1]) if row[0] else b""


def _quoted(*names: str) -> str:
    """Return names as SQL has them; a service may be called anything.

    Examples
    --------
    >>> _quoted("a", 'b"c')
    '"a", "b""c"'
    """
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def _beside(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    """Return an order in which neighbours stand near one another: the bits of both coordinates by turns."""
    cell = ((xy + EDGE_M) / (2 * EDGE_M) * 2**31).astype(np.uint64)
    for shift, mask in ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333)):
        cell = (cell | (cell << np.uint64(shift))) & np.uint64(mask)
    cell = (cell | (cell << np.uint64(1))) & np.uint64(0x5555555555555555)
    return np.asarray(cell[:, 0] | (cell[:, 1] << np.uint64(1)), dtype=np.uint64)
