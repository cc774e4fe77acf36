"""What is wrong with the codes of grids and areas, each finding with the value, what was expected and the remedy."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.numbering import areas_above, belongs, coded_area, home_areas
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from geogrid.boundaries import Area, Boundaries, Grid
    from geogrid.codescheme import CodeScheme

FINDING_COLUMNS = ("table", "id", "name", "kind", "value", "expected_zh", "expected_en", "remedy_zh", "remedy_en")
MOST_NAMED = 5


@dataclass(frozen=True)
class CodeFinding:
    """One thing wrong with one code.

    ``table`` is "grids" or "areas". ``kind`` is "missing", "no_area" (the grid lies in none, so it cannot have a code), "form"
    (length or characters), "prefix" (the code of another area), "duplicate", or "reused" (another grid had it before).
    """

    table: str
    id: str
    name: str
    kind: str
    value: str
    expected: Text
    remedy: Text


EXPECTED = {
    "missing": Text("应有代码：{form_zh}", "a code: {form_en}"),
    "no_area": Text(
        "应属于一个区域（{level}），代码由该区域的代码和顺序号组成", "an area ({level}) above it, whose code is a part of its own"
    ),
    "form": Text("应为 {form_zh}；“{value}”有 {n} 个字符{odd_zh}", "{form_en}; {value!r} has {n} characters{odd_en}"),
    "prefix": Text("应为“{area}”的代码 {code} 之下的代码", "a code under {code}, that of {area!r}"),
    "duplicate": Text("代码不得重复；{others} 也用此代码", "a code of its own; {others} have it too"),
    "reused": Text("用过的代码不再使用；此代码曾属于 {others}", "a code that nobody had before; it was that of {others}"),
}
REMEDY = {
    "missing": Text("请补编代码", "number it"),
    "no_area": Text("请填写上级编号 parent_id", "fill in its parent_id"),
    "form": Text("请改正代码，或删去后补编", "correct the code, or remove it and number the grid anew"),
    "prefix": Text("请查清所属区域，改正代码或上级编号", "find out where it belongs, and correct the code or the parent_id"),
    "duplicate": Text("请查清此代码属于谁，其余的补编新代码", "find out whose it is, and number the others anew"),
    "reused": Text("请改用未用过的顺序号", "give it a number that was never used"),
}
NOT_YET = frozenset({"missing", "no_area"})
"""Kinds that are no fault where the numbering has not begun."""
AREA_FIRST = Text("请先补上所属区域的代码，再补编", "give its area a code first, then number it")
AREA_REMEDY = Text("请对照代码表改正区域代码", "correct the area's code by the list of codes")
AREA_MISSING = Text("请按代码表补上区域代码", "give the area its code from the list")
AREA_LEVEL = Text(
    "请核对区域的级别 level（没有填的按 {level} 检查）和代码",
    "check the area's level (as {level} where none is given) and its code",
)


def check_codes(
    boundaries: Boundaries, scheme: CodeScheme, *, used_before: Mapping[str, str] | None = None
) -> tuple[CodeFinding, ...]:
    """Return what is wrong with the codes of grids and of the areas that they lie in.

    Parameters
    ----------
    boundaries : Boundaries
        Grids with their areas.
    scheme : CodeScheme
        How codes are written.
    used_before : mapping, optional
        The grid that each code was first given to, codes of ended grids among them.

    Returns
    -------
    tuple of CodeFinding
        Areas first, each table by id.
    """
    homes = home_areas(boundaries, scheme)
    grids = [
        finding for grid in boundaries.grids.values() for finding in _grid_findings(grid, homes[grid.grid_id], boundaries, scheme)
    ]
    grids += _shared(boundaries.grids)
    grids += _reused(boundaries, used_before or {})
    numbered_in = {home.area_id for home in homes.values() if home} if scheme.level else set()
    areas = [finding for area in boundaries.areas.values() for finding in _area_findings(area, boundaries, scheme, numbered_in)]
    areas += _shared(boundaries.areas)
    order = list(EXPECTED)
    return tuple(sorted(areas + grids, key=lambda one: (one.table, one.id, order.index(one.kind))))


def amiss(findings: Iterable[CodeFinding], boundaries: Boundaries) -> tuple[CodeFinding, ...]:
    """Return the findings that are something wrong: all, but for what is missing where no grid has been numbered yet."""
    begun = any(grid.code for grid in boundaries.grids.values())
    return tuple(each for each in findings if begun or each.kind not in NOT_YET)


def findings_table(findings: Iterable[CodeFinding]) -> pd.DataFrame:
    """Return findings as a table in both languages.

    Examples
    --------
    >>> findings_table([]).columns.tolist()[:4]
    ['table', 'id', 'name', 'kind']
    """
    rows = [(one.table, one.id, one.name, one.kind, one.value, *one.expected, *one.remedy) for one in findings]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS), dtype="str")


def _finding(row: Any, kind: str, values: Mapping[str, object], *, remedy: Text | None = None) -> CodeFinding:
    """Make a finding of a grid or an area."""
    is_grid = hasattr(row, "grid_id")
    table, key = ("grids", row.grid_id) if is_grid else ("areas", row.area_id)
    return CodeFinding(table, key, row.name, kind, row.code, EXPECTED[kind].fill(**values), remedy or REMEDY[kind])


def _grid_findings(grid: Grid, home: Area | None, boundaries: Boundaries, scheme: CodeScheme) -> Iterable[CodeFinding]:
    """Yield what is wrong with a grid's code, taken by itself."""
    if scheme.level and home is None:
        yield _finding(grid, "no_area", {"level": scheme.level})
    parts, area = scheme.read(grid.code), coded_area(boundaries, home)
    if not grid.code:
        can_number = home is None or not scheme.level or scheme.takes(home.code)
        remedy = None if can_number else AREA_FIRST
        yield _finding(grid, "missing", _form(scheme.form), remedy=remedy)
    elif parts is None:
        yield _finding(grid, "form", _form(scheme.form) | _oddities(grid.code))
    elif area and not belongs(parts, area, scheme):
        yield _finding(grid, "prefix", {"area": area.name, "code": area.code})


def _form(form: Text) -> dict[str, object]:
    return {"form_zh": form.zh, "form_en": form.en}


def _oddities(code: str) -> dict[str, object]:
    """Return a code's length and the characters that are neither digits nor plain letters, for the message."""
    odd = sorted({letter for letter in code if not (letter.isascii() and letter.isalnum())})
    shown = " ".join(map(repr, odd[:MOST_NAMED]))
    return {
        "value": code,
        "n": len(code),
        "odd_zh": f"，其中有 {shown}" if odd else "",
        "odd_en": f", {shown} among them" if odd else "",
    }


def _area_findings(area: Area, boundaries: Boundaries, scheme: CodeScheme, numbered_in: Collection[str]) -> Iterable[CodeFinding]:
    """Yield what is wrong with an area's code, taken by itself and against the area above it."""
    is_home = area.area_id in numbered_in
    digits = scheme.digits.get(area.level) or (scheme.digits.get(scheme.level) if is_home else None)
    form = _form(Text(f"{digits} 位数字", f"{digits} digits") if digits else Text("有代码", "any code"))
    above = next((one for one in areas_above(boundaries, area) if one.level in scheme.digits and one.code), None)
    if not (digits or is_home):
        return
    if not area.code:
        yield _finding(area, "missing", form, remedy=AREA_MISSING)
    elif digits and not re.fullmatch(f"[0-9]{{{digits}}}", area.code):
        remedy = AREA_REMEDY if area.level in scheme.digits else AREA_LEVEL.fill(level=scheme.level)
        yield _finding(area, "form", form | _oddities(area.code), remedy=remedy)
    elif digits and above and not area.code.startswith(above.code):
        yield _finding(area, "prefix", {"area": above.name, "code": above.code}, remedy=AREA_REMEDY)


def _shared(rows: Mapping[str, Any]) -> list[CodeFinding]:
    """Return a finding for every row that shares its code."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for key, row in rows.items():
        if row.code:
            owners[row.code].append(key)
    return [
        _finding(rows[key], "duplicate", {"others": _named(set(keys) - {key})})
        for keys in owners.values()
        if len(keys) > 1
        for key in keys
    ]


def _reused(boundaries: Boundaries, used_before: Mapping[str, str]) -> list[CodeFinding]:
    """Return a finding for every code that another grid had before."""
    return [
        _finding(grid, "reused", {"others": used_before[grid.code]})
        for grid in boundaries.grids.values()
        if grid.code and used_before.get(grid.code, grid.grid_id) != grid.grid_id
    ]


def _named(ids: Iterable[str]) -> str:
    listed = sorted(ids)
    return ", ".join(listed[:MOST_NAMED]) + (" …" if len(listed) > MOST_NAMED else "")
