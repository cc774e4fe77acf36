"""From a raw table to a canonical one: every good row typed, every bad row named with its line, value, expectation and remedy.

The tables themselves are data in ``geogrid.rows.tables``. Validation never guesses: what is dropped, merged, mended or
assumed is said in a note, and a row with any problem is rejected whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geogrid.errors import NotFoundError
from geogrid.files.raw import GEOMETRY, row_text, show
from geogrid.results import REJECTED_COLUMNS
from geogrid.rows.cells import CONTROL, as_text
from geogrid.rows.columns import read_columns, read_coordinates, require_columns
from geogrid.rows.headers import listed
from geogrid.rows.problems import Problem
from geogrid.rows.rowchecks import check_ids, check_rows
from geogrid.rows.seasons import unknown_seasons
from geogrid.rows.shapes import check_shapes
from geogrid.rows.tables import TABLES
from geogrid.rows.work import SOURCE_LINE, Work, start
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from geogrid.profile import ServiceSpec
    from geogrid.rows.spec import TableSpec

LONGEST_EXTRA = 5_000
UNIT, PLACED_BY = "unit_id", "placed_by"
MOST_PROBLEMS = 100_000
"""A file with more problems than this is wrong as a whole: nobody reads such a list."""
UNUSED_SHAPES = Text("{label} 表没有图形，文件中的图形未使用", "the table {label} has no shapes; those of the file are not used")


@dataclass(frozen=True)
class Validated:
    """The good rows, the rejected ones (a row once per problem), and what was assumed or changed on the way."""

    table: gpd.GeoDataFrame
    rejected: pd.DataFrame
    notes: tuple[Text, ...]


def validate(
    raw: pd.DataFrame,
    table: str | TableSpec,
    *,
    services: Mapping[str, ServiceSpec] | None = None,
    file: str = "",
    crs: Any = None,
    units: Collection[str] = (),
) -> Validated:
    """Say which rows of a raw table are good, and what is wrong with each of the others.

    Parameters
    ----------
    raw
        Cells as text, numbers or nothing, indexed by source line; a column ``geometry`` of shapely objects or None. Without it, a
        table of points takes its positions from columns of longitude and latitude.
    table
        A name from ``TABLES``, or a description made from one of them (``seasons.with_seasons``).
    services
        Services by id, to read a facility's services; None takes any word for one.
    file
        The file's name, for messages and the rejected rows.
    crs
        CRS of the positions; None takes that of ``raw``, and EPSG:4326 (said in a note) for columns of longitude and latitude.
    units
        Ids of units where rows without coordinates may be placed: such rows are good, have no geometry yet, and say "unit" in a
        column ``placed_by``.

    Returns
    -------
    Validated
        ``table`` has a RangeIndex, canonical columns, other columns under their own names as text (never for households), and
        ``source_line``; its CRS is that of the input. ``rejected`` has ``results.REJECTED_COLUMNS``.

    Raises
    ------
    NotFoundError
        No such table.
    InputError
        The table cannot be used as a whole: a required column or all geometry is missing or of the wrong kind, or two columns
        of the file disagree about a required one.

    Examples
    --------
    >>> cells = {"户编号": ["007", "008"], "人口": ["3", "三口"], "经度": ["117.2"] * 2, "纬度": ["28.3"] * 2}
    >>> raw = pd.DataFrame(cells, index=[2, 3])
    >>> result = validate(raw, "households")
    >>> result.table[["household_id", "persons", "source_line"]].values.tolist()
    [['007', 3, 2]]
    >>> result.rejected[["line", "column", "value", "code"]].values.tolist()
    [[3, '人口', '三口', 'not_a_number']]
    """
    work = start(raw, table_spec(table) if isinstance(table, str) else table, file)
    require_columns(work)
    read_columns(work, services)
    used_crs = _read_positions(work, crs if crs is not None else getattr(raw, "crs", None))
    _leave_to_units(work, units)
    check_rows(work)
    check_ids(work)
    _refuse_wrong_throughout(work)
    good = ~_blank_rows(work)
    good[[problem.row for problem in work.problems]] = False
    checked = _assemble(work, good, used_crs)
    return Validated(checked, _rejected(work), tuple(work.notes))


def table_spec(table: str) -> TableSpec:
    """Return the description of a table.

    Examples
    --------
    >>> table_spec("grids").id_column.name
    'grid_id'
    """
    if table in TABLES:
        return TABLES[table]
    known = ", ".join(TABLES)
    raise NotFoundError(Text(f"没有名为“{table}”的表；可用：{known}", f"no table is called {table!r}; known: {known}"))


def _refuse_wrong_throughout(work: Work) -> None:
    """Refuse a file with a flood of problems, naming each kind with its first line."""
    if len(work.problems) <= MOST_PROBLEMS:
        return
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in work.problems:
        kinds.setdefault((problem.column, problem.code), []).append(problem)
    note = Text(
        "{column} 有 {n} 处：{said}（最先是第 {line} 行“{value}”）", "{column}, {n} times: {said} (line {line} first: {value!r})"
    )
    work.refuse(
        [
            Text(
                note.zh.format(said=one[0].expected.zh, **facts),
                note.en.format(said=one[0].expected.en, **facts),
            )
            for (column, _), one in list(kinds.items())[:10]
            for facts in [{"column": column, "n": len(one), "line": work.lines[one[0].row], "value": _shown(one[0].value)}]
        ]
    )


def _read_positions(work: Work, crs: Any) -> Any:
    """Check the geometries, or make points of longitude and latitude; return the CRS they are in."""
    if not work.needs_coordinates and not (work.has_shapes and work.spec.geometry):
        work.geometry = np.full(len(work.raw), None, dtype=object)
        work.notes += [UNUSED_SHAPES.fill(label=work.spec.name)] if work.has_shapes and work.raw[GEOMETRY].notna().any() else []
        return crs
    if work.needs_coordinates:
        if crs is None:
            crs = "EPSG:4326"
            note = Text(
                "没有写明坐标系，经纬度按 EPSG:4326 理解", "no CRS is stated; longitude and latitude are taken as EPSG:4326"
            )
            work.notes.append(note)
        tested = read_coordinates(work)
    else:
        work.geometry = work.raw[GEOMETRY].to_numpy(dtype=object)
        tested = np.ones(len(work.raw), dtype=bool) if work.needs_place else work.raw[GEOMETRY].notna().to_numpy()
    _check_geometry(work, tested, crs)
    return crs


def _check_geometry(work: Work, tested: npt.NDArray[np.bool_], crs: Any) -> None:
    """Check the geometries of the tested rows."""
    rows = np.flatnonzero(tested)
    geographic = crs is not None and pyproj.CRS.from_user_input(crs).is_geographic
    shapes = check_shapes(work.geometry[rows], work.spec, geographic=geographic)
    wrong = [bad for bad in shapes.bad if bad.code == "wrong_geometry_kind"]
    if wrong and len(wrong) == len(rows):
        odd = work.geometry[rows[wrong[0].row]]
        first, has = wrong[0].expected, odd.geom_type if isinstance(odd, shapely.Geometry) else show(odd)
        work.refuse([Text(f"图形{first.zh}，文件中却是 {has}", f"the geometry {first.en}, but the file has {has}")])
    work.geometry = work.geometry.copy()
    work.geometry[rows] = shapes.geometry
    column = f"{work.header('lon')}, {work.header('lat')}" if work.needs_coordinates else GEOMETRY
    work.problems += [Problem(int(rows[bad.row]), column, bad.value, bad.code, bad.expected, bad.remedy) for bad in shapes.bad]
    work.notes += shapes.notes


def _leave_to_units(work: Work, units: Collection[str]) -> None:
    """Take back the problem of rows that state no coordinates where they need none, or a known unit, which will place them."""
    work.by_unit = np.zeros(len(work.raw), dtype=np.bool_)
    if not work.needs_coordinates:
        return
    excused = work.cells["lon"].blank & work.cells["lat"].blank
    if work.needs_place:
        known = work.cells[UNIT].parsed.isin(list(units)).to_numpy(dtype=bool) if UNIT in work.cells else False
        work.by_unit = excused = excused & known
    without = {(work.header("lon"), "missing_value"), (work.header("lat"), "missing_value")}
    work.problems = [p for p in work.problems if not (excused[p.row] and (p.column, p.code) in without)]


def _blank_rows(work: Work) -> npt.NDArray[np.bool_]:
    """Return rows of a table of cells with nothing in any known column, take their problems back, and say how many there are."""
    blank = np.full(len(work.raw), not work.has_shapes)
    for name in work.headers.used if blank.any() else ():
        blank &= work.cells[name].blank
    if blank.any():
        note = Text("{n} 个空行已跳过", "{n} blank rows were skipped")
        work.notes.append(note.fill(n=int(blank.sum())))
        work.problems = [problem for problem in work.problems if not blank[problem.row]]
    return blank


def _rejected(work: Work) -> pd.DataFrame:
    """Return the problems as the table of rejected rows, by line."""
    problems = sorted(work.problems, key=lambda problem: problem.row)
    rows = list(dict.fromkeys(problem.row for problem in problems))
    cells = work.raw[list(work.headers.all)].iloc[rows].astype(object)
    whole = dict(zip(rows, map(row_text, cells.where(cells.notna(), None).to_dict("records")), strict=True))
    entries = [
        (
            work.file,
            int(work.lines[problem.row]),
            problem.column,
            _shown(problem.value),
            problem.code,
            problem.expected.zh,
            problem.expected.en,
            problem.remedy.zh,
            problem.remedy.en,
            whole[problem.row],
        )
        for problem in problems
    ]
    return pd.DataFrame(entries, columns=list(REJECTED_COLUMNS))


def _shown(value: object) -> str:
    """Return a cell for the table of rejected rows; nothing as nothing."""
    return "" if value is None or value != value else show(value)  # noqa: PLR0124 - NaN


def _assemble(work: Work, good: npt.NDArray[np.bool_], crs: Any) -> gpd.GeoDataFrame:
    """Put the good rows together: canonical columns, the file's other ones, source line, geometry."""
    rows = np.flatnonzero(good)
    columns: dict[str, pd.Series] = {}
    for column in work.spec.columns:
        if column.name in work.cells:
            values = work.cells[column.name].parsed.iloc[rows]
            is_filled = column.required or column.default is not None or bool(column.blank_from)
            is_whole = values.dtype == "Int64" and is_filled
            columns[column.name] = values.astype("int64") if is_whole else values
    columns |= _extras(work, rows)
    if work.by_unit[rows].any():
        columns[PLACED_BY] = pd.Series("unit", index=rows, dtype=object).where(work.by_unit[rows], None)
    columns[SOURCE_LINE] = pd.Series(work.lines[rows].astype(np.int64), index=rows)
    frame = pd.DataFrame(columns).reset_index(drop=True)
    table = gpd.GeoDataFrame(frame, geometry=gpd.array.from_shapely(work.geometry[rows], crs=crs))
    return _single_lines(work, table) if work.spec.geometry == ("line",) else table


def _single_lines(work: Work, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table whose lines of several parts became one row for each part."""
    single = table.explode(ignore_index=True)
    if len(single) > len(table):
        note = Text("多部分的线已拆开：{n} 行变为 {m} 行", "lines of several parts were split: {n} rows became {m}")
        work.notes.append(note.fill(n=len(table), m=len(single)))
    return single


def _extras(work: Work, rows: npt.NDArray[np.intp]) -> dict[str, pd.Series]:
    """Return the file's other columns as text; a private table's are dropped, and a note says which."""
    names = work.unused
    if work.spec.is_private:
        work.notes += unknown_seasons(names, work.spec)
        if names:
            note = Text(
                "为保护{label}隐私，未使用的列已舍去：{names}", "columns not needed were dropped to protect {label}: {names}"
            )
            label, dropped = work.spec.label, listed(map(show, names))
            work.notes.append(Text(note.zh.format(label=label.zh, names=dropped), note.en.format(label=label.en, names=dropped)))
        return {}
    return {name: _extra(work, name, rows) for name in names}


def _extra(work: Work, name: str, rows: npt.NDArray[np.intp]) -> pd.Series:
    """Return one other column as text; cells that are not usable as text are blanked, and a note says how many."""
    text, broken = as_text(work.raw[name].iloc[rows])
    unusable = broken | (text.str.contains(CONTROL, na=False) | (text.str.len() > LONGEST_EXTRA)).to_numpy(dtype=bool)
    if unusable.any():
        note = Text(
            "“{name}”列有 {n} 格含控制字符或过长，已清空",
            "{n} cells of {name!r} held control characters or were too long and were blanked",
        )
        work.notes.append(note.fill(name=show(name), n=int(unusable.sum())))
    return text.mask(unusable)
