"""Well-known binary from files of strangers: GEOS follows nested collections without a limit and would crash the process."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

MAX_DEPTH = 4
"""A collection of multi-geometries is 3 deep; nothing real is deeper."""

POINT, LINE, POLYGON = 1, 2, 3
SIMPLE = frozenset({POINT, LINE, POLYGON})
NESTED = frozenset({4, 5, 6, 7})
XYZM = 3
EWKB_Z, EWKB_M, EWKB_SRID = 0x80000000, 0x40000000, 0x20000000
EWKB_FLAGS = EWKB_Z | EWKB_M | EWKB_SRID


def decode_wkb(blobs: Sequence[bytes | None] | npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Return flat (2D) geometries, and which of the blobs could not be read at all.

    Parameters
    ----------
    blobs : WKB, one for each row; None or empty where a row has no geometry

    Examples
    --------
    >>> geometries, broken = decode_wkb([shapely.Point(1, 2).wkb, None, b"x"])
    >>> geometries[0], geometries[1], broken.tolist()
    (<POINT (1 2)>, None, [False, False, True])
    """
    present = np.array([bool(blob) for blob in blobs], dtype=bool)
    sound = np.array([blob if blob and _sound(bytes(blob)) else None for blob in blobs], dtype=object)
    with np.errstate(invalid="ignore"):
        geometries = flat(shapely.from_wkb(sound, on_invalid="ignore"))
    return geometries, present & (geometries == None)  # noqa: E711 - elementwise


def flat(geometries: Any) -> npt.NDArray[np.object_]:
    """Return geometries without heights, as an object array."""
    array = np.asarray(geometries, dtype=object)
    return np.asarray(shapely.force_2d(array), dtype=object)


def _sound(blob: bytes) -> bool:
    try:
        return _head(blob, 0).kind in SIMPLE or _walk(blob) <= len(blob)
    except (struct.error, ValueError):
        return False


class _Head(NamedTuple):
    """What stands before a geometry's body: kind, ordinates of a vertex, byte order, and where the body begins."""

    kind: int
    ordinates: int
    order: str
    body: int


def _head(blob: bytes, at: int) -> _Head:
    order = "<" if blob[at : at + 1] == b"\x01" else ">"
    (code,) = struct.unpack_from(f"{order}I", blob, at + 1)
    dimension, kind = divmod(code & ~EWKB_FLAGS, 1000)
    if kind not in {*SIMPLE, *NESTED} or dimension > XYZM:
        raise ValueError(code)
    extra = max((0, 1, 1, 2)[dimension], bool(code & EWKB_Z) + bool(code & EWKB_M))
    return _Head(kind, 2 + extra, order, at + (9 if code & EWKB_SRID else 5))


def _walk(blob: bytes) -> int:
    """Step over the parts without recursion; return where the geometry ends, or raise when it is nested too deeply."""
    at, pending = 0, [1]
    while pending:
        if pending[-1] == 0:
            pending.pop()
            continue
        pending[-1] -= 1
        head = _head(blob, at)
        if head.kind in SIMPLE:
            at = _end(blob, head)
            continue
        pending.append(_count(blob, head.body, head.order))
        at = head.body + 4
        if len(pending) > MAX_DEPTH:
            raise ValueError(len(pending))
    return at


def _end(blob: bytes, head: _Head) -> int:
    """Return where a point, line or polygon ends."""
    vertex = 8 * head.ordinates
    if head.kind == POINT:
        return head.body + vertex
    at, count = head.body + 4, _count(blob, head.body, head.order)
    if head.kind == LINE:
        return at + vertex * count
    for _ in range(count):
        at += 4 + vertex * _count(blob, at, head.order)
    return at


def _count(blob: bytes, at: int, order: str) -> int:
    (count,) = struct.unpack_from(f"{order}I", blob, at)
    return int(count)
