"""Checks that need more than one cell: the columns of a row against one another, and the rows against one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.rows.cells import arrow_text
from geogrid.rows.headers import listed
from geogrid.rows.problems import Problem, words
from geogrid.rows.spec import OrderCheck
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.rows.spec import PartsCheck
    from geogrid.rows.work import Work

MOST_LINES_NAMED = 10


def check_rows(work: Work) -> None:
    """Hold the columns of a row against one another."""
    for check in work.spec.row_checks:
        if isinstance(check, OrderCheck):
            _check_order(work, check)
        elif check.total in work.cells:
            _check_parts(work, check)


def _check_order(work: Work, check: OrderCheck) -> None:
    """Report rows whose last day comes before the first; times of day are left aside, for a day may be said without one."""
    if not {check.first, check.last} <= set(work.cells):
        return
    first, last = (work.cells[name].parsed.str[:10] for name in (check.first, check.last))
    labels = {column.name: column.label for column in work.spec.columns}
    for row in np.flatnonzero((last < first).fillna(value=False).to_numpy(dtype=bool)):
        days = {"day": first.iloc[row], "first": labels[check.first], "last": labels[check.last]}
        work.add(np.array([row]), check.last, check.code, words(check.code, **days))


def _check_parts(work: Work, check: PartsCheck) -> None:
    """Report rows whose parts sum to more than the total."""
    columns = {column.name: column for column in work.spec.columns}
    parts = [name for name in check.parts if name in work.cells]
    total = work.cells[check.total].parsed.to_numpy(dtype=np.float64, na_value=np.nan)
    sums = sum((work.cells[name].parsed.to_numpy(dtype=np.float64, na_value=0) for name in parts), np.zeros(len(total)))
    label = Text("与".join(columns[name].label.zh for name in parts), " and ".join(columns[name].label.en for name in parts))
    for row in np.flatnonzero(sums > total):
        texts = words(check.code, parts=label, total=columns[check.total].label, limit=int(total[row]))
        value = " + ".join(f"{work.cells[name].parsed.iloc[row]}" for name in parts)
        header = ", ".join(work.header(name) for name in parts)
        work.problems.append(Problem(int(row), header, value, check.code, *texts))


def check_ids(work: Work) -> None:
    """Report rows that share an id: later copies of the same row, or all rows if they differ."""
    key = work.spec.key_columns
    if not key or any(column.name not in work.cells for column in key):
        return
    ids = work.cells[key[0].name].parsed
    for column in key[1:]:
        ids = ids.str.cat(work.cells[column.name].parsed, sep="\x1f")
    codes = arrow_text(ids).dictionary_encode().indices.to_numpy(zero_copy_only=False)
    filled = np.flatnonzero(ids.notna().to_numpy(dtype=bool))
    numbers = codes[filled].astype(np.intp)
    shared = filled[np.bincount(numbers)[numbers] > 1] if len(numbers) else filled
    if len(shared):
        rows = _comparable(work, shared)
        for group in pd.Series(shared).groupby(ids.iloc[shared].to_numpy()).agg(list):
            _report_group(work, group, rows)


def _comparable(work: Work, shared: npt.NDArray[np.intp]) -> dict[int, tuple[str, ...]]:
    """Return what the table takes from each row, in a form that can be compared: values as text, and the geometry."""
    columns = [cells.parsed.iloc[shared].astype(object).map(str) for cells in work.cells.values()]
    shapes = ["" if shape is None else shapely.to_wkb(shape, hex=True) for shape in work.geometry[shared]]
    return dict(zip(map(int, shared), zip(*columns, shapes, strict=True), strict=True))


def _report_group(work: Work, group: list[int], content: dict[int, tuple[str, ...]]) -> None:
    """Report the rows of one id, each naming the lines of the others."""
    same = len({content[row] for row in group}) == 1
    near = [work.lines[row] for row in group[: MOST_LINES_NAMED + 2]]
    how = SAME_ROWS if same else DIFFERENT_ROWS
    key = work.spec.key_columns
    label = Text("与".join(column.label.zh for column in key), " and ".join(column.label.en for column in key))
    header = work.header(key[0].name)
    values = work.raw[header].iloc[group].tolist() if header in work.raw.columns else [""] * len(group)
    texts = (Text("", ""), Text("", ""))
    for place, (row, value) in enumerate(zip(group, values, strict=True)):
        if place <= len(near):
            others = near[:1] if same else near[:place] + near[place + 1 :]
            texts = words("duplicate_id", label=label, lines=listed(others, limit=MOST_LINES_NAMED), **how)
        if place or not same:
            work.problems.append(Problem(row, header, value, "duplicate_id", *texts))


SAME_ROWS = {
    "how_zh": "内容完全相同，只保留第一行",
    "how_en": "with the same content; only the first is kept",
    "do_zh": "删去重复的行",
    "do_en": "remove the copies",
}
DIFFERENT_ROWS = {
    "how_zh": "内容不同，无法判断哪一行正确",
    "how_en": "with other content; nobody can know which is right",
    "do_zh": "查清后给每一行正确的编号，或只留正确的一行",
    "do_en": "find out, then give each its own id or keep only the right one",
}
