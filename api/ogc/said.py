"""What properties of features and their values are called on pages: words and percentages of the reader's language, not codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from geogrid.labels import CODED, CODES, column_label
from geogrid.rows.tables import TABLES
from geogrid.schema import PLACED_BY
from geogrid.words import Text
from maps import figures
from maps.style import FIELDS, KIND_VALUES

if TYPE_CHECKING:
    from geogrid.rows.spec import Column
    from geogrid.words import Lang

Names = Mapping[str, Text]
"""What services and seasons are called, by id."""

YES_NO = (Text("否", "no"), Text("是", "yes"))
OWN: Names = {
    PLACED_BY: Text("位置来自", "Placed by"),
    "closure_id": Text("封闭编号", "Closure id"),
    "stated_valid_from": Text("封闭起始日", "Closed from"),
    "stated_valid_to": Text("封闭截止日", "Closed until"),
}
"""Columns that no other table of words has."""
OWN_VALUES: Names = {
    "unit": Text("所在单元", "Its unit"),
    "major": Text("主要街道", "Main street"),
    "minor": Text("一般街道", "Street"),
    "path": Text("小路", "Path"),
}
WORDS = frozenset({*CODED, "services", PLACED_BY})
"""Columns whose values are codes; any other text is a name or a note, and stays as it is."""
SHARE = re.compile(r"(.*_)?share(_.*)?")
SIGNED = frozenset({"deviation"})


def heading(name: str, table: str, lang: Lang, names: Names) -> str:
    """Return what a property of a table is called.

    Examples
    --------
    >>> heading("persons_winter", "households", "zh", {"winter": Text("冬季", "Winter")})
    '冬季 人数'
    >>> heading("barrier_id", "barriers", "en", {})
    'Barrier id'
    """
    known = column_label(name, lang, names)
    if known != name:
        return _capital(known)
    column = _columns(table).get(name)
    said = OWN.get(name) or FIELDS.get(name) or (column.label if column else None)
    return name if said is None else _capital(said.say(lang))


def told(value: Any, name: str, table: str, lang: Lang, names: Names) -> str:
    """Return a value as a reader has it: counts with separators, shares in per cent, codes in words, a dash for nothing.

    Examples
    --------
    >>> [told(value, "share_medical", "grids", "en", {}) for value in (0.9429, 1.0, None)]
    ['94.3%', '100%', '—']
    >>> [told("water", name, "barriers", "zh", {}) for name in ("kind", "name")], told(12345.67, "area_m2", "", "zh", {})
    (['水', 'water'], '12,345.67')
    """
    if isinstance(value, list):
        return Text("、", ", ").say(lang).join(told(each, name, table, lang, names) for each in value) or figures.UNKNOWN
    if isinstance(value, bool):
        return YES_NO[value].say(lang)
    if isinstance(value, int | float):
        return _number(value, name)
    return str(_word(value, name, table, lang, names)) if value not in (None, "") else figures.UNKNOWN


def _number(value: float, name: str) -> str:
    if name in SIGNED:
        return figures.signed_share(value)
    return figures.share(value) if SHARE.fullmatch(name) else figures.number(value, 2)


def _word(value: Any, name: str, table: str, lang: Lang, names: Names) -> Any:
    if name not in WORDS:
        return value
    known = {**_choices(table, name), **OWN_VALUES, **CODES, **names, **(KIND_VALUES if table == "grids" else {})}
    return _capital(known[value].say(lang)) if value in known else value


@cache
def _columns(table: str) -> Mapping[str, Column]:
    return {column.name: column for column in TABLES[table].columns} if table in TABLES else {}


@cache
def _choices(table: str, name: str) -> Names:
    """Return the words of a column that holds one of a few codes: the first name that files use for each."""
    column = _columns(table).get(name)
    choices = column.choices if column else {}
    return {code: Text(aliases.partition("|")[0], _capital(code.replace("_", " "))) for code, aliases in choices.items()}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
