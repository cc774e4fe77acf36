"""Canonical tables as rows of a database, and back; what comes back is what went in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geogrid.crs import project, require_crs
from geogrid.errors import InputError, StoreError
from geogrid.rows.work import SOURCE_LINE
from geogrid.schema import PLACED_BY
from geogrid.words import Text
from geogrid.workspace.definitions import SHAPE, stored
from geogrid.workspace.geometry import from_blobs, settled, to_blobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from geogrid.rows.spec import TableSpec
    from geogrid.workspace.definitions import Definitions

SEPARATOR = ";"
LISTS = ("list", "services")

TYPES = {"point": (0,), "line": (1, 5), "polygon": (3, 6)}
"""Shapely's numbers of the types of geometry, single and several, by kind."""

NO_COLUMN = Text(
    "{table} 缺少列 {column}；请用 geogrid 的读取函数读入后再写入工作区。",
    "{table} has no column {column}; read the file with geogrid's readers before it goes into a workspace.",
)
BLANK = Text(
    "{table} 的 {column} 有 {n} 行为空；每一行都要填写。", "{column} of {table} is empty in {n} rows; every row needs one."
)
REPEATED = Text(
    "{table} 的 {column} 有 {n} 行重复（如 {value}）；请先去掉重复的行。",
    "{column} of {table} is repeated in {n} rows (such as {value}); remove them first.",
)
WRONG = Text(
    "{table} 的 {column} 列不能作为{zh}（{why}）；请先用 geogrid 的读取函数读入。",
    "column {column} of {table} cannot be taken as {en} ({why}); read it with geogrid's readers first.",
)
KIND_WORDS = {"int": Text("整数", "whole numbers"), "float": Text("数", "numbers"), "bool": Text("是否", "yes or no")}
TEXT_KIND = Text("文字", "text")
NO_SHAPE = Text("{table} 有 {n} 行没有图形；每一行都要有。", "{n} rows of {table} have no shape; every row needs one.")
WRONG_SHAPE = Text(
    "{table} 有 {n} 行的图形是 {found}，应为 {kinds}；请先用 geogrid 的读取函数读入。",
    "the shapes of {n} rows of {table} are {found}, not {kinds}; read the file with geogrid's readers first.",
)
BAD_SHAPE = Text(
    "{table} 中有损坏的图形；请用 geogrid verify 检查，并用备份恢复。",
    "{table} holds a damaged shape; look with geogrid verify, and restore a backup.",
)
BAD_ROW = Text(
    "{table} 中有被其他程序写坏的行；请用 geogrid verify 检查，并用备份恢复。",
    "{table} holds a row that another program spoilt; look with geogrid verify, and restore a backup.",
)
NO_SEPARATOR = Text("{column} 的条目“{value}”含有分号；请去掉。", "entry {value!r} of {column} holds a semicolon; remove it.")


def to_rows(definitions: Definitions, table: str, frame: pd.DataFrame, crs: CRS) -> list[tuple[Any, ...]]:
    """Return the rows of a canonical table as they are stored, in the order of ``definitions.row_columns(table)``.

    Parameters
    ----------
    frame : DataFrame
        Canonical columns, with shapes where the table has them; other columns are left out.
    crs : CRS
        The workspace's; shapes are brought to it and settled on the lattice.

    Raises
    ------
    InputError
        When columns, ids or shapes are missing, ids are repeated, or values are of another kind.
    """
    spec = definitions.specs[table]
    kinds = _kinds(definitions, table)
    _check(spec, frame)
    columns = [_stored(frame, table, name, kind) for name, kind in kinds.items()]
    if spec.geometry:
        columns.append(_shapes(spec, frame, crs, definitions.srs_id))
    return list(zip(*columns, strict=True))


def not_kept(definitions: Definitions, table: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns of a table that a workspace does not keep, but for the line of the file.

    Examples
    --------
    >>> from geogrid.workspace.definitions import definitions_of
    >>> not_kept(definitions_of(4548), "grades", pd.DataFrame(columns=["subject_id", "备注", "source_line"]))
    ('备注',)
    """
    kept = {*_kinds(definitions, table), SOURCE_LINE, getattr(frame, "active_geometry_name", None)}
    return tuple(str(name) for name in frame.columns if name not in kept)


def to_frame(definitions: Definitions, table: str, columns: Sequence[Sequence[Any]], crs: CRS) -> pd.DataFrame:
    """Return stored columns, in the order of ``definitions.row_columns(table)``, as a canonical table with a RangeIndex.

    Examples
    --------
    >>> from geogrid.workspace.definitions import definitions_of
    >>> import shapely
    >>> from pyproj import CRS
    >>> tables, metres = definitions_of(4548), CRS.from_epsg(4548)
    >>> homes = {"household_id": ["H1"], "persons": [3], "geometry": [shapely.Point(1, 2)]}
    >>> rows = to_rows(tables, "households", gpd.GeoDataFrame(homes, crs=4548), metres)
    >>> to_frame(tables, "households", list(zip(*rows)), metres)[["household_id", "persons", "geometry"]]
      household_id  persons     geometry
    0           H1        3  POINT (1 2)
    """
    spec = definitions.specs[table]
    names = definitions.row_columns(table)
    kinds = _kinds(definitions, table)
    required = {column.name for column in spec.columns if column.required}
    cells = dict(zip(names, columns, strict=True)) if columns else {name: [] for name in names}
    try:
        made = {name: _column(cells[stored(name)], kind, is_full=name in required) for name, kind in kinds.items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise StoreError(BAD_ROW.fill(table=table)) from error
    frame = pd.DataFrame(made)
    if not spec.geometry:
        return frame
    try:
        shapes = gpd.array.from_shapely(from_blobs(cells[SHAPE]), crs=crs)
    except ValueError as error:
        raise StoreError(BAD_SHAPE.fill(table=table)) from error
    kinds_found = shapely.get_type_id(np.asarray(shapes))
    if not np.isin(kinds_found, _kinds_of(spec)[spec.needs_place :]).all():
        raise StoreError(BAD_SHAPE.fill(table=table))
    return gpd.GeoDataFrame(frame, geometry=shapes)


def _kinds(definitions: Definitions, table: str) -> dict[str, str]:
    """Return the kind of every column of a row but the shape, by its canonical name."""
    kinds = {column.name: str(column.kind) for column in definitions.specs[table].columns}
    known = {stored(name) for name in kinds}
    extra = [name for name in definitions.row_columns(table) if name not in known and name != SHAPE]
    return kinds | {name: "text" if name == PLACED_BY else "int" for name in extra}


def _check(spec: TableSpec, frame: pd.DataFrame) -> None:
    """Refuse a table in which rows cannot be told apart."""
    for column in spec.columns:
        if column.required and column.name not in frame:
            raise InputError(NO_COLUMN.fill(table=spec.name, column=column.name))
        blank = int(frame[column.name].isna().sum()) if column.required else 0
        if blank:
            raise InputError(BLANK.fill(table=spec.name, column=column.name, n=blank))
    names = [column.name for column in spec.key_columns if column.name in frame]
    repeated = frame.duplicated(names) if names else pd.Series(data=False, index=frame.index)
    if repeated.any():
        value = " ".join(map(str, frame.loc[repeated, names].iloc[0]))
        raise InputError(REPEATED.fill(table=spec.name, column=", ".join(names), n=int(repeated.sum()), value=value))


def _stored(frame: pd.DataFrame, table: str, name: str, kind: str) -> list[Any]:
    """Return a column as the database holds it."""
    if name not in frame:
        return [None] * len(frame)
    try:
        return _values(frame[name], name, kind)
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        word = KIND_WORDS.get(kind, TEXT_KIND)
        raise InputError(WRONG.fill(table=table, column=name, zh=word.zh, en=word.en, why=error)) from error


def _values(column: pd.Series, name: str, kind: str) -> list[Any]:
    if kind in LISTS:
        return [_joined(value, name) for value in column]
    if kind == "int":
        return _plain(column.astype("Int64"))
    if kind == "float":
        numbers = column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        return [None if number != number else number for number in numbers.tolist()]  # noqa: PLR0124 - NaN
    if kind == "bool":
        return _plain(column.astype("boolean").astype("Int64"))
    return _plain(column.astype("string"))


def _plain(column: pd.Series) -> list[Any]:
    values: list[Any] = column.to_numpy(dtype=object, na_value=None).tolist()
    return values


def _joined(value: Any, name: str) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    entries = [value] if isinstance(value, str) else list(map(str, value))
    if not isinstance(value, str):
        for entry in entries:
            if SEPARATOR in entry:
                raise InputError(NO_SEPARATOR.fill(column=name, value=entry))
    return SEPARATOR.join(entries)


def _shapes(spec: TableSpec, frame: pd.DataFrame, crs: CRS, srs_id: int) -> list[bytes | None]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise InputError(NO_COLUMN.fill(table=spec.name, column="geometry"))
    require_crs(frame)
    shapes = settled(project(frame, crs).geometry.to_numpy())
    shapes[shapely.is_empty(shapes)] = None
    missing = int(shapely.is_missing(shapes).sum())
    if missing and spec.needs_place:
        raise InputError(NO_SHAPE.fill(table=spec.name, n=missing))
    wrong = [shape.geom_type for shape in shapes[~np.isin(shapely.get_type_id(shapes), _kinds_of(spec))]]
    if wrong:
        kinds = ", ".join(spec.geometry)
        raise InputError(WRONG_SHAPE.fill(table=spec.name, n=len(wrong), found=wrong[0], kinds=kinds))
    return to_blobs(shapes, srs_id)


def _kinds_of(spec: TableSpec) -> list[int]:
    """Return the types of geometry that a table takes, after that of none."""
    return [-1, *(number for kind in spec.geometry for number in TYPES[kind])]


def _column(cells: Sequence[Any], kind: str, *, is_full: bool) -> Any:
    if is_full and None in cells:
        raise ValueError(kind)
    if kind in LISTS:
        listed = pd.Series([None] * len(cells), dtype=object)
        listed[:] = [None if cell is None else tuple(filter(None, cell.split(SEPARATOR))) for cell in cells]
        return listed
    if kind == "int":
        return _whole(cells).to_numpy(dtype=np.int64) if is_full else _whole(cells)
    if kind == "float":
        return np.array(cells, dtype=np.float64)
    if kind == "bool":
        return _whole(cells).astype("boolean")
    return pd.array(pa.array(cells, type=pa.large_string()), dtype="str")


def _whole(cells: Sequence[Any]) -> Any:
    """Return whole numbers; a part of one, or one beyond all bounds, is an error that pandas would cut off."""
    return pd.Int64Dtype().__from_arrow__(pa.array(cells, type=pa.int64()))
