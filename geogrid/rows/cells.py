"""Cells as offices write them, read as numbers, words, lists or services; whole columns at a time.

Blank is nothing, or white space only; for numbers also what machines write for nothing (null, NaN, #N/A). Numbers may be
written with full-width digits, thousands separators and an exponent, never with a unit. An id that a spreadsheet made a
number (7.0) is "7"; one that is text keeps its leading zeros.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from geogrid.periods import one_period
from geogrid.rows.dates import iso_date
from geogrid.rows.headers import plain, split_names
from geogrid.rows.tables import YES_NO
from geogrid.words import DIRECTIONS, Text, undirected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from geogrid.profile import ServiceSpec
    from geogrid.rows.spec import Column

PLAIN_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?"
ANY_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]*)?(?:e[+-]?[0-9]{1,3})?")
LONGEST_NUMBER = 40
NO_NUMBER = frozenset({"null", "none", "nan", "n/a", "#n/a", "na", "<na>", "\\n"})
ODD = f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ufeff\u200b\u200e\u200f\u2060{DIRECTIONS}]"
CONTROL = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]"
INVISIBLE = "\ufeff\u200b\u200e\u200f\u2060 \t\r\n\u3000\xa0"
SEPARATORS = re.compile(r"[;；,，、/／|｜\n\r\t]+")
LARGEST_EXACT = 2**53
LONGEST_KEPT = 1e15
POWER_OF_TEN = r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}"
# Python refuses to write whole numbers of thousands of digits in decimal.
LONGEST_WHOLE_BITS = 200


class BadCells(NamedTuple):
    """Positions of the cells of a column that have one problem."""

    code: str
    rows: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Cells:
    """A column as read: parsed values (missing where blank or bad), which cells were blank, and which are bad."""

    parsed: pd.Series
    blank: npt.NDArray[np.bool_]
    bad: tuple[BadCells, ...]


class Texts(NamedTuple):
    """Cells as clean text, missing where blank; ``broken`` marks those that are no text at all."""

    text: pd.Series
    broken: npt.NDArray[np.bool_]


def as_text(cells: pd.Series) -> Texts:
    """Return cells as text without white space and invisible characters around it, or marks of direction anywhere in it.

    Parameters
    ----------
    cells
        Text, numbers, lists or nothing, in any mixture.

    Examples
    --------
    >>> as_text(pd.Series([" 007 ", 7.0, None, ["a", "b"], "　"], dtype=object)).text.tolist()
    ['007', '7', nan, 'a;b', nan]
    """
    is_text = isinstance(cells.dtype, pd.StringDtype) or pd.api.types.infer_dtype(cells, skipna=True) in {"string", "empty"}
    if not is_text or cells.dtype == "category":
        cells = pd.Series([cell_text(value) for value in cells], index=cells.index, dtype=object)
    broken = np.zeros(len(cells), dtype=bool)
    try:
        text = cells.astype("str")
    except UnicodeEncodeError:
        broken = cells.map(_is_broken).to_numpy(dtype=bool)
        text = cells.mask(broken, "?").astype("str")
    text = text.str.strip()
    odd = text.str.contains(ODD, na=False).to_numpy(dtype=bool)
    if odd.any():
        text = text.where(~odd, text[odd].map(lambda value: undirected(value).strip(INVISIBLE)))
    return Texts(text.where(text.str.len() > 0), broken)


def cell_text(value: Any) -> str | None:
    """Return one cell as text; lists joined by ``;``, whole numbers without a decimal point.

    Examples
    --------
    >>> cell_text(7.0), cell_text(0.5), cell_text(True), cell_text((1, None))
    ('7', '0.5', 'true', '1')
    """
    if isinstance(value, list | tuple | set | np.ndarray):
        return ";".join(filter(None, map(cell_text, value)))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, int) and value.bit_length() > LONGEST_WHOLE_BITS:
        return hex(value)
    return None if pd.isna(value) else str(value)


def _is_broken(value: object) -> bool:
    """Return whether a value is text that cannot be written (half of a surrogate pair)."""
    return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)


def read_cells(cells: pd.Series, column: Column, services: Mapping[str, ServiceSpec] | None = None) -> Cells:
    """Read one column of a file.

    Parameters
    ----------
    cells
        The column's raw cells.
    column
        What the column holds.
    services
        The known services by id; None takes any word for one.

    Returns
    -------
    Cells
        On the index of ``cells``.

    Examples
    --------
    >>> from geogrid.rows.tables import HOUSEHOLDS
    >>> read = read_cells(pd.Series(["３", "1,234", "三口", "-3", " "]), HOUSEHOLDS.columns[1])
    >>> read.parsed.tolist(), [(bad.code, bad.rows.tolist()) for bad in read.bad]
    ([3, 1234, <NA>, <NA>, <NA>], [('not_a_number', [2]), ('out_of_range', [3]), ('missing_value', [4])])
    """
    if column.kind in {"int", "float"}:
        values, blank, bad = _read_numbers(cells, column)
    else:
        text, broken = as_text(cells)
        blank = text.isna().to_numpy(dtype=bool)
        values, bad = _read_words(text, broken, column, services)
        if column.kind == "id":
            lost = _lost_digits(cells, text)
            values, bad = values.mask(lost), [*bad, BadCells("lost_digits", np.flatnonzero(lost))]
    if column.required and column.default is None and blank.any():
        bad.append(BadCells("missing_value", np.flatnonzero(blank)))
    return Cells(values, blank, tuple(found for found in bad if len(found.rows)))


def _lost_digits(cells: pd.Series, text: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which ids are numbers longer than a spreadsheet keeps, or were written as powers of ten by one."""
    rounded: npt.NDArray[np.bool_] = text.str.fullmatch(POWER_OF_TEN, na=False).to_numpy(dtype=bool)
    if cells.dtype == object or pd.api.types.is_float_dtype(cells.dtype):
        large = np.fromiter((isinstance(one, float) and abs(one) >= LONGEST_KEPT for one in cells), bool, len(cells))
        rounded = rounded | large
    return rounded


Read = tuple[pd.Series, list[BadCells]]


def _read_words(
    text: pd.Series, broken: npt.NDArray[np.bool_], column: Column, services: Mapping[str, ServiceSpec] | None
) -> Read:
    """Read clean text as the column's kind; unusable characters and too long text come first."""
    control = broken | text.str.contains(CONTROL, na=False).to_numpy(dtype=bool)
    long = ~control & (text.str.len() > column.max_length).to_numpy(dtype=bool)
    bad = [BadCells("control_character", np.flatnonzero(control)), BadCells("too_long_text", np.flatnonzero(long))]
    if (control | long).any():
        text = text.mask(control | long)
    if column.kind in READERS:
        values, more = READERS[column.kind](text, column, services)
        return values, bad + more
    return text, bad


def _read_numbers(cells: pd.Series, column: Column) -> tuple[pd.Series, npt.NDArray[np.bool_], list[BadCells]]:
    """Read numbers and hold them against the column's limits."""
    number, blank = to_numbers(cells)
    no_number = ~blank & ~np.isfinite(number)
    broken_whole = (column.kind == "int") & np.isfinite(number) & (number != np.floor(number))
    low = -LARGEST_EXACT if column.minimum is None else column.minimum
    high = LARGEST_EXACT if column.maximum is None else column.maximum
    outside = np.isfinite(number) & ~broken_whole & ((number < low) | (number > high))
    bad = [
        BadCells("not_a_number", np.flatnonzero(no_number)),
        BadCells("not_whole", np.flatnonzero(broken_whole)),
        BadCells("out_of_range", np.flatnonzero(outside)),
    ]
    good = np.where(no_number | broken_whole | outside, np.nan, number)
    values = pd.Series(good, index=cells.index)
    return values.astype("Int64") if column.kind == "int" else values, blank, bad


def to_numbers(cells: pd.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return cells as numbers (NaN where blank or no number), and which are blank.

    Examples
    --------
    >>> to_numbers(pd.Series(["１２.5", "1e3", "NaN", "三"]))
    (array([  12.5, 1000. ,    nan,    nan]), array([False, False,  True, False]))
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        number = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return number, np.isnan(number)
    text = as_text(cells).text
    simple = text.str.fullmatch(PLAIN_NUMBER, na=False).to_numpy(dtype=bool)
    cast = arrow_text(text.where(simple)).cast(pa.float64())
    number = cast.to_numpy(zero_copy_only=False).astype(np.float64)
    blank = text.isna().to_numpy(dtype=bool, copy=True)
    rest = np.flatnonzero(~simple & ~blank)
    odd = text.iloc[rest]
    readings = {value: _number(value) for value in odd.unique()}
    number[rest] = [readings[value] for value in odd]
    blank[rest] = [unicodedata.normalize("NFKC", value).casefold() in NO_NUMBER for value in odd]
    return number, blank


def arrow_text(text: pd.Series) -> pa.Array:
    """Return text as one Arrow array, whose bulk operations are many times faster."""
    array = pa.Array.from_pandas(text, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _number(value: str) -> float:
    """Return one number as people write it, NaN if it is none."""
    if len(value) > LONGEST_NUMBER:
        return np.nan
    digits = unicodedata.normalize("NFKC", value).casefold().replace(" ", "").replace("−", "-")
    if not ANY_NUMBER.fullmatch(digits) or not any(letter.isdigit() for letter in digits.partition("e")[0]):
        return np.nan
    return float(digits.replace(",", ""))


def _by_unique(text: pd.Series, read: Callable[[str], Any]) -> pd.Series:
    """Apply a scalar reading to each different value once."""
    readings = {value: read(value) for value in text.dropna().unique()}
    return pd.Series([readings.get(value) for value in text], index=text.index, dtype=object)


def word(value: str) -> str:
    """Return a word in the form in which choices are compared.

    Examples
    --------
    >>> word(" Under_Construction "), word("ＹＥＳ")
    ('under construction', 'yes')
    """
    return " ".join(unicodedata.normalize("NFKC", value).casefold().replace("_", " ").split())


def _choices(choices: Mapping[str, str]) -> dict[str, str]:
    """Return every accepted word with the value it stands for."""
    return {word(name): value for value, names in choices.items() for name in (value, *split_names(names))}


def _read_choice(text: pd.Series, column: Column, _services: Mapping[str, ServiceSpec] | None) -> Read:
    """Read words of a closed or open list."""
    known = _choices(column.choices)
    values = _by_unique(text, lambda value: known.get(word(value), value if column.is_open else None))
    unknown = (values.isna() & text.notna()).to_numpy(dtype=bool)
    return values.astype("str"), [BadCells("unknown_choice", np.flatnonzero(unknown))]


def _read_bool(text: pd.Series, _column: Column, _services: Mapping[str, ServiceSpec] | None) -> Read:
    """Read yes and no."""
    known = _choices(YES_NO)
    values = _by_unique(text, lambda value: {"yes": True, "no": False}.get(known.get(word(value), "")))
    unknown = (values.isna() & text.notna()).to_numpy(dtype=bool)
    return values.astype("boolean"), [BadCells("unknown_choice", np.flatnonzero(unknown))]


def _read_date(text: pd.Series, _column: Column, _services: Mapping[str, ServiceSpec] | None) -> Read:
    """Read days as ISO text."""
    values = _by_unique(text, iso_date)
    unknown = (values.isna() & text.notna()).to_numpy(dtype=bool)
    return values.astype("str"), [BadCells("not_a_date", np.flatnonzero(unknown))]


def _read_period(text: pd.Series, _column: Column, _services: Mapping[str, ServiceSpec] | None) -> Read:
    """Read periods, each in one way of writing."""
    values = _by_unique(text, one_period)
    unknown = (values.isna() & text.notna()).to_numpy(dtype=bool)
    return values.astype("str"), [BadCells("not_a_period", np.flatnonzero(unknown))]


def _split(value: str) -> tuple[str, ...]:
    """Return the different entries of one cell, in order."""
    return tuple(dict.fromkeys(filter(None, (part.strip() for part in SEPARATORS.split(value)))))


def _read_list(text: pd.Series, _column: Column, _services: Mapping[str, ServiceSpec] | None) -> Read:
    """Read free text separated by ; , or 、."""
    values = _by_unique(text, _split)
    return values.where(text.notna(), pd.Series([()] * len(text), index=text.index, dtype=object)), []


def _read_services(text: pd.Series, column: Column, services: Mapping[str, ServiceSpec] | None) -> Read:
    """Read services by id or name; a cell with nothing but separators is missing."""
    values, _ = _read_list(text, column, None)
    nothing = text.notna().to_numpy(dtype=bool) & (values.str.len() == 0).to_numpy(dtype=bool)
    bad = [BadCells("missing_value", np.flatnonzero(nothing))]
    if services is None:
        return values, bad
    known = {plain(name): key for key, service in services.items() for name in service.names}
    readings = _by_unique(text, lambda value: tuple(dict.fromkeys(known.get(plain(part), "") for part in _split(value))))
    unknown = readings.map(lambda ids: ids is not None and "" in ids).to_numpy(dtype=bool)
    return readings.mask(unknown), [*bad, BadCells("unknown_service", np.flatnonzero(unknown))]


READERS: Mapping[str, Callable[[pd.Series, Column, Mapping[str, ServiceSpec] | None], Read]] = {
    "choice": _read_choice,
    "bool": _read_bool,
    "list": _read_list,
    "services": _read_services,
    "date": _read_date,
    "period": _read_period,
}
"""How each kind that is neither plain text nor a number is read."""


def known_text(column: Column, services: Mapping[str, ServiceSpec] | None) -> Text:
    """Return the choices or services of a column, for a message."""
    if column.kind == "services" and services is not None:
        pairs = [(service.name, key) for key, service in services.items()]
        return Text(
            "、".join(f"{name.zh}（{key}）" for name, key in pairs), ", ".join(f"{key} ({name.zh})" for name, key in pairs)
        )
    choices = YES_NO if column.kind == "bool" else column.choices
    firsts = [(split_names(names)[0], value) for value, names in choices.items()]
    return Text(
        "、".join(f"{first}（{value}）" for first, value in firsts), ", ".join(f"{value} ({first})" for first, value in firsts)
    )
