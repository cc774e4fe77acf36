"""Features of one collection at one state: found by place and time, and written once as bytes that pages are joined from."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from api.ogc.crs import LONLAT, Crs, moved, offered, without_empty, written
from geogrid.crs import WGS84
from geogrid.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from api.ogc.catalogue import Collection

    Ints = npt.NDArray[np.intp]
    Shapes = npt.NDArray[np.object_]

KEPT_ROWS = 50_000
"""Features of a larger collection are written as they are asked for."""


@dataclass(frozen=True, eq=False)
class Table:
    """The features of a collection.

    Attributes
    ----------
    collection : Collection
    frame : GeoDataFrame
        Of any system of coordinates; its columns are the properties.
    local : pyproj.CRS or None
        The projected system of the place.
    since : str
        From when there are features, as RFC 3339 has it; "" where they have no time.
    """

    collection: Collection
    frame: gpd.GeoDataFrame
    local: Any = None
    since: str = ""
    _kept: dict[str, list[bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def names(self) -> list[str]:
        """Return the names of the properties."""
        return [str(name) for name in self.frame.columns if name != self.frame.geometry.name]

    @cached_property
    def shapes(self) -> Shapes:
        """Return the shapes as they are kept; None where one is missing or empty."""
        return without_empty(np.array(self.frame.geometry, dtype=object))

    @cached_property
    def lonlat(self) -> Shapes:
        """Return the shapes in longitude and latitude."""
        return moved(self.shapes, self.frame.crs, WGS84)

    @cached_property
    def ids(self) -> list[str]:
        """Return the id of each feature: of its columns, else the number of its row."""
        columns = self.collection.id_columns
        if not columns:
            return [str(number) for number in range(1, len(self.frame) + 1)]
        return [":".join(map(str, row)) for row in self.frame[list(columns)].itertuples(index=False, name=None)]

    @cached_property
    def place(self) -> dict[str, int]:
        """Return the row of each id."""
        return {each: row for row, each in enumerate(self.ids)}

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.lonlat)

    @cached_property
    def _nowhere(self) -> Ints:
        return np.flatnonzero(shapely.is_missing(self.shapes))

    @cached_property
    def extent(self) -> list[float] | None:
        """Return west, south, east and north of all features; None where none has a place."""
        if len(self._nowhere) == len(self):
            return None
        west, south, east, north = shapely.total_bounds(self.lonlat)
        return [round(float(each), 7) for each in (west, south, east, north)]

    def within(self, boxes: Sequence[Any]) -> Ints:
        """Return the rows that meet one of some polygons in longitude and latitude, or have no place at all, in order."""
        found = [self._tree.query(box, predicate="intersects") for box in boxes]
        return np.unique(np.concatenate([self._nowhere, *found]))

    @cached_property
    def systems(self) -> tuple[Crs, ...]:
        """Return the systems of coordinates that the features can be had in."""
        return offered(self.local)

    @property
    def is_written(self) -> bool:
        """Return whether pages in longitude and latitude need only be joined."""
        return LONLAT.uri in self._kept

    def lines(self, rows: Iterable[int], target: Crs) -> list[bytes]:
        """Return features as GeoJSON, a piece of bytes each."""
        if len(self.frame) > KEPT_ROWS:
            return self._written(np.fromiter(rows, dtype=np.intp), target)
        kept = self._kept.get(target.uri)
        if kept is None:
            with self._lock:
                kept = self._kept.get(target.uri) or self._written(np.arange(len(self.frame)), target)
                self._kept[target.uri] = kept
        return [kept[row] for row in rows]

    def _written(self, rows: Ints, target: Crs) -> list[bytes]:
        shapes = written(self.shapes[rows], self.frame.crs, target)
        told = properties(self.frame.iloc[rows][self.names])
        ids = self.ids
        return [
            f'{{"type":"Feature","id":{_json(ids[row])},"geometry":{shape or "null"},"properties":{own}}}'.encode()
            for row, shape, own in zip(rows.tolist(), shapes, told, strict=True)
        ]


def properties(frame: pd.DataFrame) -> list[str]:
    """Return each row as a JSON object.

    Examples
    --------
    >>> properties(pd.DataFrame({"名": ["a", None], "n": [1.5, float("nan")]}))
    ['{"名":"a","n":1.5}', '{"名":null,"n":null}']
    """
    names = [str(name) for name in frame.columns]
    cells = [_cells(frame[name]) for name in frame.columns]
    if not cells:
        return ["{}"] * len(frame)
    return [_json(dict(zip(names, row, strict=True))) for row in zip(*cells, strict=True)]


def _cells(column: pd.Series) -> list[Any]:
    """Return a column as JSON can hold it."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return column.astype(object).where(column.notna(), None).tolist()  # type: ignore[no-any-return]
    if isinstance(column.dtype, pd.StringDtype):
        return column.astype(object).where(column.notna(), None).tolist()  # type: ignore[no-any-return]
    if pd.api.types.is_float_dtype(column):
        known = column.to_numpy(dtype=float, na_value=np.nan)
        return [each if math.isfinite(each) else None for each in known.tolist()]
    return [_cell(value) for value in column]


def _cell(value: Any) -> Any:
    told = plain(value)
    return told.isoformat() if hasattr(told, "isoformat") else told


_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
