"""Geometries as a workspace keeps them: one type for both databases, and the GeoPackage form of it, made and read in bulk.

A GeoPackage geometry is a header (``GP``, version, flags, number of the CRS, an envelope for anything but points) and WKB.
Polygons and lines of one part are stored as collections of one part, so that a layer holds one kind only, and come back single.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy.types import UserDefinedType

from geogrid.boundaries import LATTICE_PER_M, on_lattice
from geogrid.files.wkb import decode_wkb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Shapes = npt.NDArray[np.object_]

KINDS: Mapping[tuple[str, ...], str] = {("point",): "POINT", ("line",): "MULTILINESTRING", ("polygon",): "MULTIPOLYGON"}
"""The declared kind of a table of one kind of geometry; any other table holds GEOMETRY."""

MAGIC = b"GP\x00"
EMPTY, ENVELOPE, LITTLE = 0b10000, 0b10, 0b1
HEADER_BYTES = (8, 40, 56, 56, 72)
"""Length of a header by the code of its envelope."""

POINT = np.dtype([("head", "V8"), ("wkb", "V5"), ("x", "<f8"), ("y", "<f8")])
WKB_POINT = struct.pack("<bI", 1, 1)
OWN = (*(struct.pack("<bI", 1, kind) for kind in (1, 2, 3)), *(struct.pack("<bIIbI", 1, kind + 3, 1, 1, kind) for kind in (2, 3)))
"""How the WKB of points, lines and polygons begins, and of several where there is one."""
SINGLE = {
    shapely.GeometryType.POLYGON: shapely.multipolygons,
    shapely.GeometryType.LINESTRING: shapely.multilinestrings,
}
SEVERAL = (shapely.GeometryType.MULTIPOLYGON, shapely.GeometryType.MULTILINESTRING, shapely.GeometryType.MULTIPOINT)


class Geometry(UserDefinedType[Any]):
    """A shapely geometry in the CRS of a workspace; in SQLite a GeoPackage blob.

    `of_kinds` gives it a variant for PostgreSQL, `PostGis`, so that one definition serves both.
    """

    cache_ok = True

    def __init__(self, kind: str, srs_id: int) -> None:
        self.kind, self.srs_id = kind, srs_id

    def get_col_spec(self, **_options: Any) -> str:
        """Return the type as DDL says it."""
        return self.kind

    def bind_processor(self, dialect: Any) -> Callable[[Any], bytes | None]:  # noqa: ARG002 - SQLAlchemy's signature
        """Return what turns a geometry into a stored value."""
        return lambda shape: to_blobs([shape], self.srs_id)[0]

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[bytes | None], Any]:  # noqa: ARG002 - likewise
        """Return what turns a stored value into a geometry."""
        return lambda blob: from_blobs([blob])[0]


class PostGis(Geometry):
    """The same in PostgreSQL with PostGIS: EWKB, hexadecimal."""

    def get_col_spec(self, **_options: Any) -> str:
        """Return the type as DDL says it."""
        return f"geometry({self.kind}, {self.srs_id})"

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - SQLAlchemy's signature
        """Return what turns a geometry into a stored value."""
        return lambda shape: (
            None if shape is None else shapely.to_wkb(shapely.set_srid(shape, self.srs_id), hex=True, include_srid=True)
        )

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 - likewise
        """Return what turns a stored value into a geometry."""
        read: Callable[[Any], Any] = shapely.from_wkb
        return read


def of_kinds(kinds: tuple[str, ...], srs_id: int) -> Any:
    """Return the column type of a table's geometry.

    Parameters
    ----------
    kinds : tuple of str
        As in a canonical table: point, line, polygon.
    srs_id : int
        Number of the CRS in the database.

    Examples
    --------
    >>> of_kinds(("polygon",), 4548).kind
    'MULTIPOLYGON'
    """
    kind = KINDS.get(kinds, "GEOMETRY")
    return Geometry(kind, srs_id).with_variant(PostGis(kind, srs_id), "postgresql")


def settled(shapes: Sequence[Any] | Shapes) -> Shapes:
    """Return geometries as they are stored and read back: flat, on the lattice, polygons normalised, single where of one part.

    Parameters
    ----------
    shapes : geometries or None
        In metres. Lines keep their direction.

    Examples
    --------
    >>> settled([shapely.LineString([(1.00000049, 0, 5), (0, 0, 5)])])[0].wkt
    'LINESTRING (1 0, 0 0)'
    """
    flat = shapely.force_2d(_array(shapes))
    kinds = shapely.get_type_id(flat)
    polygons = np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    flat[polygons] = on_lattice(flat[polygons])
    flat[~polygons] = shapely.transform(flat[~polygons], _rounded)
    return _unwrapped(flat)


def to_blobs(shapes: Sequence[Any] | Shapes, srs_id: int) -> list[bytes | None]:
    """Return geometries as GeoPackage blobs; none as none.

    Parameters
    ----------
    shapes : geometries or None
        Of any kind; flat.
    srs_id : int
        Number of their CRS.

    Examples
    --------
    >>> to_blobs([None, shapely.Point(1, 2)], 4548)[1][:8].hex()
    '47500001c4110000'
    """
    array = _array(shapes)
    kinds = shapely.get_type_id(array)
    points = (kinds == shapely.GeometryType.POINT) & ~shapely.is_empty(array)
    blobs: list[bytes | None] = [None] * len(array)
    if points.all() and len(array):
        return list(_point_blobs(array, srs_id))
    for place, blob in zip(np.flatnonzero(points), _point_blobs(array[points], srs_id), strict=True):
        blobs[place] = blob
    others = ~points & (kinds != shapely.GeometryType.MISSING)
    for place, blob in zip(np.flatnonzero(others), _other_blobs(array[others], srs_id), strict=True):
        blobs[place] = blob
    return blobs


def from_blobs(blobs: Sequence[bytes | None]) -> Shapes:
    """Return the geometries of GeoPackage blobs.

    Raises
    ------
    ValueError
        When a blob is no GeoPackage geometry.

    Examples
    --------
    >>> from_blobs(to_blobs([shapely.Point(1, 2), None], 4548)).tolist()
    [<POINT (1 2)>, None]
    """
    points = _points(blobs)
    if points is not None:
        return points
    try:
        bodies = [None if blob is None else blob[HEADER_BYTES[blob[3] >> 1 & 7] :] for blob in blobs]
        return _unwrapped(_array(_decoded(bodies)))
    except (IndexError, TypeError, shapely.GEOSException) as error:
        raise ValueError("no GeoPackage geometry") from error


def _decoded(bodies: list[bytes | None]) -> Any:
    """Return the geometries of WKB; what is not as we write it was written by a stranger, whose nesting could end the process."""
    strange = [place for place, body in enumerate(bodies) if body is not None and not body.startswith(OWN)]
    if not strange:
        return shapely.from_wkb(bodies)
    found, broken = decode_wkb([bodies[place] for place in strange])
    if broken.any():
        raise TypeError
    own = bodies.copy()
    for place in strange:
        own[place] = None
    shapes = np.array(shapely.from_wkb(own), dtype=object)
    shapes[strange] = found
    return shapes


def _points(blobs: Sequence[bytes | None]) -> Shapes | None:
    """Return points that all have a place, read in one go; None when some blob is something else."""
    try:
        joined = b"".join(blobs)  # type: ignore[arg-type]
    except TypeError:  # one of them is None
        return None
    if not blobs or len(joined) != POINT.itemsize * len(blobs):
        return None
    cells = np.frombuffer(joined, dtype=POINT)
    bare = cells["head"] == cells["head"][0]
    head = bytes(cells["head"][0])
    same = head[:2] == MAGIC[:2] and not head[3] & EMPTY and bool(bare.all()) and bool((cells["wkb"] == cells["wkb"][0]).all())
    if not same or bytes(cells["wkb"][0]) != WKB_POINT:
        return None
    return np.asarray(shapely.points(cells["x"], cells["y"]), dtype=object)


def _point_blobs(points: Shapes, srs_id: int) -> list[bytes]:
    cells = np.empty(len(points), dtype=POINT)
    cells["head"] = np.void(_header(LITTLE, srs_id))
    cells["wkb"] = np.void(WKB_POINT)
    cells["x"], cells["y"] = shapely.get_x(points), shapely.get_y(points)
    joined, size = cells.tobytes(), POINT.itemsize
    return [joined[at : at + size] for at in range(0, len(joined), size)]


def _other_blobs(shapes: Shapes, srs_id: int) -> list[bytes]:
    wrapped = _wrapped(shapes)
    bounds = shapely.bounds(wrapped)[:, [0, 2, 1, 3]]
    bodies = shapely.to_wkb(wrapped, byte_order=1, output_dimension=2)
    empty = shapely.is_empty(wrapped)
    nothing, head = _header(LITTLE | EMPTY, srs_id), _header(LITTLE | ENVELOPE, srs_id)
    return [
        nothing + body if void else head + box.tobytes() + body
        for body, box, void in zip(bodies, bounds.astype("<f8"), empty.tolist(), strict=True)
    ]


def _header(flags: int, srs_id: int) -> bytes:
    return MAGIC + struct.pack("<Bi", flags, srs_id)


def _wrapped(shapes: Shapes) -> Shapes:
    """Return polygons and lines as collections."""
    kinds, wrapped = shapely.get_type_id(shapes), shapes.copy()
    for kind, collect in SINGLE.items():
        mine = np.flatnonzero(kinds == kind)
        if len(mine):
            wrapped[mine] = collect(shapes[mine], indices=np.arange(len(mine)))
    return wrapped


def _unwrapped(shapes: Shapes) -> Shapes:
    """Return collections of one as that one."""
    kinds, single = shapely.get_type_id(shapes), shapes.copy()
    mine = np.flatnonzero(np.isin(kinds, SEVERAL) & (shapely.get_num_geometries(shapes) == 1))
    single[mine] = shapely.get_geometry(shapes[mine], 0)
    return single


def _rounded(xy: Any) -> Any:
    return np.rint(xy * LATTICE_PER_M) / LATTICE_PER_M


def _array(shapes: Sequence[Any] | Shapes) -> Shapes:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array
