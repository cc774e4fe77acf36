"""CSV as offices export it: any usual delimiter and encoding, true line numbers, malformed rows set apart."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geogrid.errors import InputError
from geogrid.files.encoding import BROKEN, Decoded, decode
from geogrid.files.raw import MAX_COLUMNS, Fits, RawTable, column_names, empty_file, header_place, passed_over, rejection
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DELIMITERS = (",", "\t", ";", "|")
MAX_SPAN = 50
"""A quoted cell may run over this many lines; beyond it the quote is taken for a stray one."""

TITLE_LINES = 10
MAX_MALFORMED = 50_000
FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
"""What a spreadsheet takes for the start of a formula."""

QUOTED_FORMULA = '="[^"]*"'

Record = tuple[int, list[str]]


class _Lines(NamedTuple):
    """Data lines by how they can be read: whole columns at once, cell by cell, or not at all."""

    plain: list[int]
    careful: list[Record]
    malformed: list[Record]


def read_csv(path: Path, *, name: str, fits: Fits | None = None) -> RawTable:
    """Return the rows of a CSV file as text, indexed by physical line (the header counts).

    Parameters
    ----------
    path : a checked path
    name : the file's name, for messages
    fits : tells from the cells of a line whether it is the header

    Raises
    ------
    InputError
        Unreadable encoding, no header or no data row.
    """
    decoded = decode(path.read_bytes(), name=name)
    lines = decoded.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    delimiter, header, begin, notes = _header(lines, fits, name=name)
    broken = _broken_lines(lines, decoded, begin)
    sorted_lines = _sort_lines(lines, delimiter, len(header), begin=begin, skip=broken)
    frame = _frame(lines, sorted_lines, delimiter, header)
    if len(sorted_lines.malformed) > MAX_MALFORMED:
        raise _wrong_throughout(sorted_lines.malformed[0][0], len(header), name)
    rejected = [_malformed(line, cells, len(header)) for line, cells in sorted_lines.malformed]
    rejected += [_undecodable(line, lines[line - 1]) for line in sorted(broken)]
    if frame.empty and not rejected:
        raise empty_file(name)
    return RawTable(undo_safe_cells(frame), "csv", encoding=decoded.encoding, rejected=tuple(rejected), notes=notes)


def _header(lines: list[str], fits: Fits | None, *, name: str) -> tuple[str, list[str], int, tuple[Text, ...]]:
    """Find delimiter, column names and the position after them; title lines above the header are passed over with a note."""
    first = next((i for i, line in enumerate(lines) if line.strip(" \t,;|\"'")), None)
    if first is None:
        raise empty_file(name)
    delimiter = max(
        DELIMITERS, key=lambda one: [lines[first].count(one), max(line.count(one) for line in lines[first : first + 3])]
    )
    place = first if any(delimiter in line for line in lines[first : first + 3]) else len(lines)
    found: list[tuple[int, list[str], int]] = []
    while place < min(first + TITLE_LINES, len(lines)):
        cells, after = _record(lines, place, delimiter, None)
        found.append((place, (cells or [])[: MAX_COLUMNS + 1], after))
        if cells and len(cells) > MAX_COLUMNS:
            _names(cells, name)
        place = after
    wide = any(sum(bool(cell.strip()) for cell in cells) > 1 for _, cells, _ in found)
    if not wide:
        cells, after = _record(lines, first, delimiter, None)
        return delimiter, _names(cells or [lines[first]], name), after, ()
    place, header, after = found[header_place([cells for _, cells, _ in found], fits)]
    return delimiter, _names(header, name), after, (passed_over(place + 1),) if place > first else ()


def _names(cells: list[str], name: str) -> list[str]:
    while len(cells) > 1 and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise InputError(
            Text(
                f"{name} 有 {len(cells)} 列，最多 {MAX_COLUMNS} 列。", f"{name} has {len(cells)} columns; at most {MAX_COLUMNS}."
            )
        )
    return column_names(cells)


def _record(lines: list[str], place: int, delimiter: str, width: int | None) -> tuple[list[str] | None, int]:
    """Return the cells of the record that starts at a line, and where the next one starts; None when they cannot be told.

    A quoted cell may span lines. When that fails, the line stands alone: a stray quote costs its own row, no other.
    """
    for span in (1, MAX_SPAN):
        try:
            reader = csv.reader([f"{line}\n" for line in lines[place : place + span]], delimiter=delimiter, strict=True)
            cells = fit(next(reader), width)
        except csv.Error:
            continue
        if cells is not None:
            return cells, place + reader.line_num
    try:
        return fit(next(csv.reader([lines[place]], delimiter=delimiter)), width), place + 1
    except csv.Error:
        return None, place + 1


def fit(cells: list[str], width: int | None) -> list[str] | None:
    """Return cells as wide as the header: blank ones beyond it are dropped; None when the number of cells does not fit."""
    if width is None or len(cells) == width:
        return cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    return None


def _broken_lines(lines: list[str], decoded: Decoded, begin: int) -> set[int]:
    if not decoded.damaged:
        return set()
    return {number for number, line in enumerate(lines, start=1) if number > begin and BROKEN in line}


def _sort_lines(lines: list[str], delimiter: str, width: int, *, begin: int, skip: set[int]) -> _Lines:
    """Sort the data lines. Only lines with unusual quotes or an unusual number of cells are looked at one by one."""
    tidy = _tidy(delimiter, width)
    usual = np.fromiter(
        (tidy(line) is not None if '"' in line else line.count(delimiter) == width - 1 for line in lines), bool, len(lines)
    )
    usual[:begin] = False
    odd = np.flatnonzero(~usual)
    careful, malformed, consumed = _odd_records(lines, odd[odd >= begin].tolist(), delimiter, width, skip)
    usual[list(consumed)] = False
    blank = f" {delimiter}"
    plain = [i for i in np.flatnonzero(usual).tolist() if lines[i].strip(blank) and i + 1 not in skip]
    return _Lines(plain, careful, malformed)


def _tidy(delimiter: str, width: int) -> Callable[[str], object]:
    """Return the test of a line whose quotes are so plain that every CSV parser reads it alike."""
    cell = f'(?:"[^"]*"|[^"{re.escape(delimiter)}]*)'
    return re.compile(f"{cell}(?:{re.escape(delimiter)}{cell}){{{width - 1}}}").fullmatch


def _odd_records(
    lines: list[str], odd: list[int], delimiter: str, width: int, skip: set[int]
) -> tuple[list[Record], list[Record], set[int]]:
    careful: list[Record] = []
    malformed: list[Record] = []
    consumed: set[int] = set()
    after = 0
    for place in odd:
        if place < after or place + 1 in skip or not lines[place].strip(f" {delimiter}"):
            continue
        cells, after = _record(lines, place, delimiter, width)
        consumed.update(range(place, after))
        if cells is None:
            malformed.append((place + 1, lines[place].split(delimiter)))
            if len(malformed) > MAX_MALFORMED:
                return careful, malformed, consumed
        elif any(cell.strip() for cell in cells):
            careful.append((place + 1, cells))
    return careful, malformed, consumed


def _frame(lines: list[str], kinds: _Lines, delimiter: str, header: list[str]) -> pd.DataFrame:
    parts = list(_parts(lines, kinds, delimiter, header))
    frame = pd.concat(parts).sort_index() if len(parts) > 1 else parts[0]
    frame.index.name = "source_line"
    return frame


def _parts(lines: list[str], kinds: _Lines, delimiter: str, header: list[str]) -> Iterator[pd.DataFrame]:
    """Read plain lines in one go by pandas' parser; careful ones are already cells."""
    if kinds.plain:
        text = io.StringIO("\n".join([lines[i] for i in kinds.plain]))
        frame = pd.read_csv(
            text, sep=delimiter, header=None, names=header, dtype=str, keep_default_na=False, na_filter=False,
            quoting=csv.QUOTE_MINIMAL, skip_blank_lines=False, index_col=False, low_memory=False,
        )  # fmt: skip
        yield frame.set_axis(pd.Index(np.asarray(kinds.plain) + 1), axis="index")
    if kinds.careful or not kinds.plain:
        index = pd.Index([line for line, _ in kinds.careful], dtype="int64")
        yield pd.DataFrame([cells for _, cells in kinds.careful], columns=header, index=index, dtype=str)


def undo_safe_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Take back the apostrophe that guards text like ``'+86`` from being run as a formula, and ``="007"``, which keeps zeros."""
    guarded = tuple("'" + start for start in FORMULA_STARTS)
    changed = {}
    for column in frame.columns:
        hit = frame[column].str.startswith(guarded, na=False).astype(bool)
        quoted = frame[column].str.fullmatch(QUOTED_FORMULA, na=False).astype(bool)
        if hit.any() or quoted.any():
            plain = frame[column].where(~hit, frame[column].str[1:])
            changed[column] = plain.where(~quoted, frame[column].str.slice(2, -1))
    return frame.assign(**changed)


def _wrong_throughout(line: int, width: int, name: str) -> InputError:
    return InputError(
        Text(
            f"{name} 有 {MAX_MALFORMED} 多行的单元格数与表头（{width} 个）不一致，最先是第 {line} 行；请检查分隔符和引号。",
            f"over {MAX_MALFORMED} lines of {name} have not as many cells as the header ({width}), line {line} first; "
            "check the delimiter and quotes, and export it again.",
        )
    )


def _malformed(line: int, cells: list[str], width: int) -> dict[str, object]:
    problem = (
        "malformed_row",
        Text(f"应与表头一样有 {width} 个单元格", f"as many cells as the header: {width}"),
        Text("请检查该行是否多了或少了分隔符、引号", "look for a missing or extra delimiter or quote in this line"),
    )
    return rejection(line, len(cells), problem, cells)


def _undecodable(line: int, text: str) -> dict[str, object]:
    problem = (
        "unreadable_text",
        Text("该行应全部为同一种编码的文字", "text in the encoding of the rest of the file"),
        Text("请在原系统中改正乱码后重新导出", "mend the broken characters at the source and export again"),
    )
    return rejection(line, text, problem, [text])
