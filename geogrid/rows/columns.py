"""The columns of a raw table: found by their headers, read, merged, replaced or filled where the table says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geogrid.files.raw import show
from geogrid.rows.cells import Cells, as_text, known_text, read_cells
from geogrid.rows.problems import cell_words
from geogrid.rows.shapes import KIND_NAMES
from geogrid.rows.tables import LATITUDE, LONGITUDE
from geogrid.rows.work import SOURCE_LINE, Work, missing_column
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.profile import ServiceSpec
    from geogrid.rows.spec import Column


def require_columns(work: Work) -> None:
    """Refuse a table that lacks a required column or any geometry, naming all that is missing at once."""
    problems = []
    used = work.headers.used
    for column in work.spec.columns:
        filled = column.name in used or column.default is not None or any(_has_source(work, name) for name in column.fallback)
        if column.required and not filled:
            problems.append(missing_column(column))
    if not work.has_shapes:
        if not work.needs_coordinates and work.needs_place:
            kinds = work.spec.geometry[0]
            zh = f"没有图形列：需要{KIND_NAMES[kinds].zh}图层（GeoJSON、GeoPackage、Shapefile 等）"
            problems.append(Text(zh, f"no geometry column: a layer of {kinds}s is needed (GeoJSON, GeoPackage, Shapefile ...)"))
        problems += [
            missing_column(column) for column in (LONGITUDE, LATITUDE) if work.needs_coordinates and column.name not in used
        ]
    work.refuse(problems)


def _has_source(work: Work, name: str) -> bool:
    """Return whether a fallback can be taken from the file."""
    return name == SOURCE_LINE or name in work.headers.used


def read_columns(work: Work, services: Mapping[str, ServiceSpec] | None) -> None:
    """Read every column that the file has, then fill fallbacks and defaults."""
    problems: list[Text] = []
    for column in work.spec.columns:
        if column.name in work.headers.used:
            read_column(work, column, _merged(work, column, problems), services)
    work.refuse(problems)
    for column in work.spec.columns:
        if column.name not in work.headers.used and column.fallback:
            _fall_back(work, column)
        if column.default is not None:
            _fill_default(work, column)
        if column.blank_from and column.name in work.cells:
            _fill_from(work, column)


def read_column(work: Work, column: Column, cells: pd.Series, services: Mapping[str, ServiceSpec] | None) -> None:
    """Read one column and note its bad cells."""
    read = read_cells(cells, column, services)
    if column.kind == "id":
        read = _without_decimals(work, column, read)
    work.cells[column.name] = read
    for bad in read.bad:
        work.add(bad.rows, column.name, bad.code, cell_words(bad.code, column, known_text(column, services)))


def _merged(work: Work, column: Column, problems: list[Text]) -> pd.Series:
    """Return the cells of a column; several headers give the first filled cell of each row, if they never disagree."""
    headers = work.headers.used[column.name]
    merged = work.raw[headers[0]]
    for other in headers[1:]:
        first, second = as_text(merged).text, as_text(work.raw[other]).text
        differ = np.flatnonzero((first.notna() & second.notna() & (first != second)).to_numpy(dtype=bool))
        facts = {"first": show(headers[0]), "second": show(other), "column": column.name}
        if not len(differ):
            merged = merged.astype(object).where(first.notna(), work.raw[other].astype(object))
            work.notes.append(MERGED.fill(**facts))
        elif column.required:
            problems.append(DISAGREE.fill(**facts, line=work.lines[differ[0]]))
        else:
            work.notes.append(FIRST_TAKEN.fill(**facts, line=work.lines[differ[0]]))
            work.left_over.append(other)
    return merged


MERGED = Text(
    "“{first}”与“{second}”都作为 {column}：逐行取先填写的一个，两者没有矛盾",
    "both {first!r} and {second!r} are {column}: the first filled cell of each row is used; they never disagree",
)
DISAGREE = Text(
    "“{first}”与“{second}”都可作为 {column}，但第 {line} 行等处不一致；请把要用的一列表头改为 {column}",
    "both {first!r} and {second!r} can be {column}, but they disagree (line {line} first); rename the one to use to {column}",
)
FIRST_TAKEN = Text(
    "“{first}”与“{second}”都可作为 {column}，但第 {line} 行等处不一致；采用“{first}”，要用后者请把表头改为 {column}",
    "both {first!r} and {second!r} can be {column}, but they disagree (line {line} first); {first!r} is used; to use the other, "
    "rename its header to {column}",
)


def _without_decimals(work: Work, column: Column, read: Cells) -> Cells:
    """Undo what a spreadsheet did to ids: where every id of a column ends in .0, cut that off."""
    text = read.parsed
    if read.blank.all() or not text.str.endswith(".0", na=True).all() or not text.str.fullmatch(r"[0-9]+\.0", na=True).all():
        return read
    note = Text("“{header}”的编号都以 .0 结尾，已去掉", "all ids in {header!r} ended in .0, which was cut off")
    work.notes.append(note.fill(header=show(work.header(column.name))))
    return Cells(text.str.slice(0, -2), read.blank, read.bad)


def _fall_back(work: Work, column: Column) -> None:
    """Take the values of a missing column from the first source that has no blank, and say so."""
    for name in column.fallback:
        if name == SOURCE_LINE:
            values = pd.Series(work.lines.astype(str), index=work.raw.index, dtype="str")
        elif name in work.cells and not work.cells[name].parsed.isna().any():
            values = work.cells[name].parsed
        else:
            continue
        note = Text("没有 {column} 列，用 {name} 代替", "there is no column {column}; {name} is used instead")
        work.notes.append(note.fill(column=column.name, name=name))
        work.cells[column.name] = Cells(values, np.zeros(len(values), dtype=bool), ())
        return
    if column.required:
        work.refuse([missing_column(column)])


def _fill_default(work: Work, column: Column) -> None:
    """Fill blank cells with the column's default, and say how many unless the default is obvious."""
    size = len(work.raw)
    read = work.cells.get(column.name)
    if read is None:
        kind: Any = "Int64" if column.kind == "int" else "str"
        values, blank = pd.Series([column.default] * size, index=work.raw.index, dtype=kind), np.ones(size, dtype=bool)
    else:
        values, blank = read.parsed.mask(read.blank, column.default), read.blank
    if blank.any() and not column.is_default_obvious:
        note = Text("{n} 行没有填{zh}，按“{default}”处理", "{n} rows have no {name}; {default!r} is assumed")
        work.notes.append(note.fill(n=int(blank.sum()), zh=column.label.zh, name=column.name, default=column.default))
    work.cells[column.name] = Cells(values, blank, () if read is None else read.bad)


def _fill_from(work: Work, column: Column) -> None:
    """Fill blank cells with the value of another column, and say how many."""
    read = work.cells[column.name]
    if read.blank.any():
        note = Text("{n} 行没有填{zh}，按“{other}”列处理", "{n} rows have no {name}; the column {other} is used")
        work.notes.append(note.fill(n=f"{read.blank.sum():,}", zh=column.label.zh, name=column.name, other=column.blank_from))
        work.cells[column.name] = Cells(read.parsed.mask(read.blank, work.cells[column.blank_from].parsed), read.blank, read.bad)


def read_coordinates(work: Work) -> npt.NDArray[np.bool_]:
    """Make points of the columns of longitude and latitude; return which rows have both numbers."""
    problems: list[Text] = []
    numbers = []
    for column in (LONGITUDE, LATITUDE):
        read_column(work, column, _merged(work, column, problems), None)
        numbers.append(work.cells[column.name].parsed.to_numpy(dtype=np.float64))
    work.refuse(problems)
    both: npt.NDArray[np.bool_] = np.isfinite(numbers[0]) & np.isfinite(numbers[1])
    work.geometry = np.full(len(both), None, dtype=object)
    work.geometry[both] = shapely.points(numbers[0][both], numbers[1][both])
    return both
