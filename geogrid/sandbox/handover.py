"""Tables that were read in a process of their own, as files: written there, and looked at here before anybody uses them.

Whoever wrote these files may have been taken over by what it read. So nothing in them is code, nothing unpacks to more than the
file, and only columns, types and shapes that the table has come through.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pydantic import BaseModel, ConfigDict, Field

from geogrid.errors import InputError
from geogrid.files.raw import GEOMETRY, MAX_ROWS, show
from geogrid.results import REJECTED_COLUMNS, ReadResult, Source
from geogrid.rows.seasons import with_seasons
from geogrid.rows.work import SOURCE_LINE
from geogrid.schema import PLACED_BY, table_spec
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geogrid.profile import Profile
    from geogrid.rows.spec import TableSpec

SAID = "said.json"
ROWS, REJECTED = "{table}.parquet", "{table}.rejected.parquet"
MOST_SAID = 4 << 20
"""Bytes; longer words are cut, and then no JSON."""
LONGEST = 20_000
SHAPES = {"point": (0, 4), "line": (1, 5), "polygon": (3, 6)}
"""Shapely's numbers of the types of geometry, single and several, by kind."""
PLAIN = (pa.string(), pa.large_string(), pa.int64(), pa.int32(), pa.float64(), pa.bool_(), pa.null())
LISTS = (pa.list_(pa.string()), pa.large_list(pa.large_string()), pa.list_(pa.large_string()), pa.list_(pa.null()))
WKB = (pa.binary(), pa.large_binary(), pa.null())
UNPACKED = frozenset({"PLAIN", "RLE", "BIT_PACKED"})
BROKEN = Text("{name} 读出的内容不合要求，没有采用", "{name}: what was read of it is not as it should be, and was not used")

Line = tuple[str, str]


class SourceSaid(BaseModel):
    """Where a table came from, as `results.Source`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str = Field(max_length=LONGEST)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    format: str = Field(pattern="^[a-z.]{1,20}$")
    encoding: str | None = Field(max_length=100)
    crs: str = Field(max_length=LONGEST)
    rows: int = Field(ge=0)
    notes: list[list[str]] = Field(max_length=10_000)


class Said(BaseModel):
    """What the process says: its tables, or why it has none; and what holds it."""

    model_config = ConfigDict(strict=True, extra="forbid")

    confined: list[str] = Field(max_length=3)
    tables: dict[str, SourceSaid] = Field(default_factory=dict)
    problem: list[str] = Field(default_factory=list, max_length=2)


def give(read: Mapping[str, ReadResult], folder: Path) -> dict[str, SourceSaid]:
    """Write tables into a folder, and return what is to be said of them."""
    for table, result in read.items():
        frame = pd.DataFrame(result.table.drop(columns=result.table.geometry.name))
        _write(frame.assign(**{GEOMETRY: shapely.to_wkb(result.table.geometry.to_numpy())}), folder / ROWS.format(table=table))
        _write(result.rejected.astype(object), folder / REJECTED.format(table=table))
    return {table: _said(result.source) for table, result in read.items()}


def _said(source: Source) -> SourceSaid:
    return SourceSaid(**{**vars(source), "notes": [list(note) for note in source.notes]})


def _write(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, engine="pyarrow", index=False, compression=None, use_dictionary=False)


def said_in(folder: Path, name: str) -> Said:
    """Return what the process says, or refuse what nobody could have meant.

    Raises
    ------
    InputError
        When it is not as it should be.
    """
    try:
        with _plain(folder / SAID).open("rb") as stream:
            return Said.model_validate_json(stream.read(MOST_SAID + 1))
    except (OSError, ValueError) as error:
        raise _broken(name) from error


def take(folder: Path, said: Said, profile: Profile) -> dict[str, ReadResult]:
    """Return the tables in a folder.

    Parameters
    ----------
    folder : Path
        That `give` wrote to.
    said : Said
        What was said of them.
    profile : Profile
        Its seasons are columns too.

    Raises
    ------
    InputError
        When a file is not as it should be.
    """
    return {table: _taken(folder, with_seasons(table_spec(table), profile.seasons), each) for table, each in said.tables.items()}


def _taken(folder: Path, spec: TableSpec, source: SourceSaid) -> ReadResult:
    name = show(source.name)
    try:
        frame = _frame(folder / ROWS.format(table=spec.name), spec)
        rejected = _rejected(folder / REJECTED.format(table=spec.name))
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException, shapely.errors.GEOSException) as error:
        raise _broken(name) from error
    notes = tuple(Text(*map(str, note)) for note in source.notes if len(note) == len(Text._fields))
    return ReadResult(frame, rejected, Source(**{**source.model_dump(), "name": name, "notes": notes}))


def _frame(path: Path, spec: TableSpec) -> gpd.GeoDataFrame:
    """Return a table whose columns, types and shapes are those of its kind."""
    plain = _read(path, {GEOMETRY: WKB})
    known = {column.name for column in spec.columns} | {SOURCE_LINE, PLACED_BY, GEOMETRY}
    if spec.is_private and not set(plain.columns) <= known:
        raise ValueError(plain.columns)
    shapes = shapely.from_wkb(plain[GEOMETRY].to_numpy(dtype=object))
    _require_shapes(shapes, spec)
    cells = {name: plain[name].map(_as_list) if _is_list(plain[name]) else plain[name] for name in plain.columns.drop(GEOMETRY)}
    return gpd.GeoDataFrame(pd.DataFrame(cells), geometry=gpd.array.from_shapely(shapes, crs=4326))


def _rejected(path: Path) -> pd.DataFrame:
    frame = _read(path, {})
    if tuple(frame.columns) != REJECTED_COLUMNS:
        raise ValueError(frame.columns)
    return frame.astype(object) if len(frame) else pd.DataFrame(columns=list(REJECTED_COLUMNS))


def _read(path: Path, other: Mapping[str, tuple[pa.DataType, ...]]) -> pd.DataFrame:
    """Return a Parquet file of plain values, in which nothing is written once for many rows."""
    with pq.ParquetFile(_plain(path), memory_map=False) as file:
        _require_unpacked(file.metadata)
        for field in file.schema_arrow:
            if field.type not in other.get(field.name, (*PLAIN, *LISTS)):
                raise ValueError(str(field.type))
        table = file.read(use_threads=False)
    table.validate(full=True)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _plain(path: Path) -> Path:
    """Return the path of a plain file: no link to another one, and no pipe to wait at."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError(path.name)
    return path


def _require_unpacked(found: Any) -> None:
    if found.num_rows > MAX_ROWS:
        raise ValueError(found.num_rows)
    for number in range(found.num_row_groups):
        group = found.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            if column.compression != "UNCOMPRESSED" or not set(column.encodings) <= UNPACKED:
                raise ValueError(column.compression)


def _require_shapes(shapes: Any, spec: TableSpec) -> None:
    """Refuse shapes of another kind than the table's, and places that are nowhere."""
    there = shapes[~shapely.is_missing(shapes)]
    kinds = [number for kind in spec.geometry for number in SHAPES[kind]]
    bounds = np.abs(shapely.bounds(there[~shapely.is_empty(there)]))
    if not np.isin(shapely.get_type_id(there), kinds).all() or not (bounds <= [180.0, 90.0, 180.0, 90.0]).all():
        raise ValueError(kinds)


def _is_list(values: pd.Series) -> bool:
    return bool(values.map(lambda value: isinstance(value, np.ndarray)).any())


def _as_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, np.ndarray) else value


def _broken(name: str) -> InputError:
    return InputError(BROKEN.fill(name=show(name)))
