"""A list of codes and names (the national one, or an office's own) and what it says about the codes that a town uses.

A code that ended may name its successors; chains of them are followed to codes that are valid now.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from geogrid.errors import InputError
from geogrid.io import read_codes
from geogrid.rows.headers import plain
from geogrid.words import Text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

LOOK_UP_COLUMNS = (
    *("id", "name", "code", "finding", "listed_name", "above", "successors", "successor_names"),
    *("expected_zh", "expected_en", "remedy_zh", "remedy_en"),
)
COUNTY_DIGITS = 6
"""A list that holds a code of a county holds all of that level there: so the national list is published."""

SUFFIXES = (
    *(("社区居民委员会", "社区"), ("社区居委会", "社区"), ("居民委员会", "社区"), ("居委会", "社区"), ("社区", "社区")),
    *(("村村民委员会", "村"), ("村民委员会", "村"), ("村村委会", "村"), ("村委会", "村"), ("村", "村")),
    *(("街道办事处", "街道"), ("镇人民政府", "镇"), ("乡人民政府", "乡")),
)
"""Endings of names that mean the same, with the one that they are compared as; a village and a community are never the same."""


class CodeEntry(NamedTuple):
    """One row of a list. ``successors`` are the codes that took its place when it ended."""

    code: str
    name: str
    level: str = ""
    is_valid: bool = True
    successors: tuple[str, ...] = ()


class Followed(NamedTuple):
    """Where a chain of successors leads: to codes that are valid, or in a circle; ``unknown`` are not in the list."""

    valid: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    is_circular: bool = False


@dataclass(frozen=True)
class CodeList:
    """Codes and names.

    Attributes
    ----------
    entries : mapping
        By code.
    rejected : DataFrame
        Rows of the files that could not be used.
    notes : tuple of Text
        What was assumed when they were read.
    """

    entries: Mapping[str, CodeEntry]
    rejected: pd.DataFrame
    notes: tuple[Text, ...] = ()

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Return the lengths of the codes, shortest first: 6, 9 and 12 digits in the national list."""
        return tuple(sorted({len(code) for code in self.entries}))

    @cached_property
    def _covered(self) -> frozenset[tuple[int, str]]:
        return frozenset((len(code), code[:COUNTY_DIGITS]) for code in self.entries)

    def covers(self, code: str) -> bool:
        """Return whether the list is about codes of this length in this county, so that one that is missing does not exist."""
        return (len(code), code[:COUNTY_DIGITS]) in self._covered

    def above(self, code: str) -> tuple[CodeEntry, ...]:
        """Return the entries whose codes this one begins with, from the top down, itself left out."""
        found = (self.entries.get(code[:length]) for length in self.lengths if length < len(code))
        return tuple(entry for entry in found if entry is not None)

    def follow(self, code: str) -> Followed:
        """Return the codes that are in the place of a code today.

        Examples
        --------
        >>> entries = [CodeEntry("1", "甲", "", False, ("2",)), CodeEntry("2", "乙", "", False, ("3", "4")), CodeEntry("3", "丙")]
        >>> code_list(entries).follow("1")
        Followed(valid=('3',), unknown=('4',), is_circular=False)
        """
        valid: list[str] = []
        unknown: list[str] = []
        is_circular = False
        paths: list[tuple[str, ...]] = [(code,)]
        met: set[str] = set()
        while paths:
            path = paths.pop(0)
            entry = self.entries.get(path[-1])
            is_circular |= path[-1] in path[:-1]
            if path[-1] in met:
                continue
            met.add(path[-1])
            if entry is None:
                unknown.append(path[-1])
            elif entry.is_valid:
                valid.append(entry.code)
            else:
                paths += [(*path, successor) for successor in entry.successors]
        return Followed(tuple(valid), tuple(unknown), is_circular)


def code_list(entries: Iterable[CodeEntry], *, rejected: pd.DataFrame | None = None, notes: Sequence[Text] = ()) -> CodeList:
    """Make a list of entries; the same code twice must be the same entry.

    Raises
    ------
    InputError
        When two entries of one code differ.
    """
    known: dict[str, CodeEntry] = {}
    differing = {entry.code for entry in entries if known.setdefault(entry.code, entry) != entry}
    if differing:
        text = Text(
            "代码表中 {n} 个代码有两种写法（{codes}）；请只留正确的一行",
            "codes that differ from one file of the list to the other: {n} ({codes}); keep only the right row of each",
        )
        raise InputError(text.fill(n=len(differing), codes=", ".join(sorted(differing)[:5])))
    return CodeList(known, pd.DataFrame() if rejected is None else rejected, tuple(notes))


def read_code_list(*given: str | os.PathLike[str] | pd.DataFrame) -> CodeList:
    """Read one list from one or several files.

    Parameters
    ----------
    *given : paths or DataFrames
        CSV, XLSX or any other accepted table with code and name, and where it has them level, status (有效, 撤销 ...) and
        successors (新代码; several separated by ``;``). A row with successors and no status has ended.

    Returns
    -------
    CodeList

    Raises
    ------
    InputError
        When a file cannot be used as a whole, or the files contradict each other.

    Examples
    --------
    >>> rows = pd.DataFrame({"代码": ["990101001", "990101009"], "名称": ["东街道", "老街道"], "新代码": ["", "990101001"]})
    >>> read_code_list(rows).follow("990101009").valid
    ('990101001',)
    """
    read = [read_codes(one) for one in given]
    entries = [_entry(row) for result in read for row in result.table.to_dict(orient="records")]
    rejected = pd.concat([result.rejected for result in read], ignore_index=True)
    return code_list(entries, rejected=rejected, notes=[note for result in read for note in result.source.notes])


def _entry(row: Mapping[str, Any]) -> CodeEntry:
    successors, status, level = tuple(row.get("successors", ())), row.get("status"), row.get("level")
    is_valid = not successors if pd.isna(status) else status == "valid"
    return CodeEntry(row["code"], row["name"], "" if pd.isna(level) else str(level), is_valid, successors)


class _Said(NamedTuple):
    """What the list says about one code."""

    finding: str
    listed_name: str = ""
    successors: tuple[str, ...] = ()
    expected: Text = Text("", "")
    remedy: Text = Text("", "")


EXPECTED = {
    "no_code": Text("应有代码", "a code"),
    "ended": Text("代码 {code}（{listed}）已撤销{now_zh}", "code {code} ({listed}) has ended{now_en}"),
    "circular": Text("代码 {code} 的新代码绕成一圈", "the successors of code {code} lead back to themselves"),
    "not_listed": Text(
        "代码表中没有 {code}，可能已撤销或写错{now_zh}", "the list has no {code}: it has ended, or is a mistake{now_en}"
    ),
    "not_covered": Text(
        "代码表不含 {code} 所在的县级区划这一级的代码", "the list has no codes of this level in the county of {code}"
    ),
    "name_differs": Text("代码表中 {code} 的名称是“{listed}”", "the list calls {code} {listed!r}"),
}
REMEDY = {
    "no_code": Text("请按代码表填写", "fill it in from the list"),
    "ended": Text(
        "请改用新代码，或向民政、统计部门核实", "use the code that took its place, or ask the office that keeps the list"
    ),
    "circular": Text("请改正代码表的新代码列", "correct the list's column of successors"),
    "not_listed": Text(
        "请查明新代码，或换用含该代码的代码表", "find the code that took its place, or use a list that has this one"
    ),
    "not_covered": Text("请换用本县的代码表", "use a list of this county"),
    "name_differs": Text("请查清代码和名称哪个正确", "find out which is right, the code or the name"),
}


def look_up(areas: pd.DataFrame, codes: CodeList, *, id_column: str = "area_id") -> pd.DataFrame:
    """Return what a list says about every area: its name there, and whether its code still exists.

    A code longer than any in the list (a grid's 15 digits against villages' 12) is looked up by its first digits, and its own
    name is not compared.

    Parameters
    ----------
    areas : DataFrame
        With an id, ``name`` and ``code`` (areas, points or grids).
    codes : CodeList
        See `read_code_list`.
    id_column : str
        Name of the id column.

    Returns
    -------
    DataFrame
        On the index of ``areas``: id, name, code, finding, listed_name, above (names of the levels above, top first), successors
        and successor_names (``;`` between several), and for a finding other than "same" expected_zh, expected_en, remedy_zh,
        remedy_en. ``finding`` is "same", "name_differs", "ended" (the list says so), "circular" (its successors lead back to
        it), "not_listed" (the list has this level of this county, but not the code), "not_covered" (it has not), or "no_code".
    """
    ids, names, given = (_texts(areas, column) for column in (id_column, "name", "code"))
    rows = []
    for row_id, name, code in zip(ids, names, given, strict=True):
        said = _said(code, name, codes)
        above = " ".join(entry.name for entry in codes.above(code))
        followers = [codes.entries[one].name if one in codes.entries else "" for one in said.successors]
        found = (said.finding, said.listed_name, above, ";".join(said.successors), ";".join(followers))
        rows.append((row_id, name, code, *found, *said.expected, *said.remedy))
    return pd.DataFrame(rows, columns=list(LOOK_UP_COLUMNS), index=areas.index, dtype="str")


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    values = frame[column] if column in frame else pd.Series("", index=frame.index)
    return [str(value).strip() for value in values.astype("string").fillna("")]


def _said(code: str, name: str, codes: CodeList) -> _Said:
    """Return what the list says about one code."""
    if not code:
        return _saying("no_code")
    longest = max(codes.lengths, default=0)
    known = codes.entries.get(code[:longest])
    if known is None:
        return _missing(code[:longest], codes)
    if not known.is_valid:
        followed = codes.follow(known.code)
        finding = "circular" if followed.is_circular and not followed.valid else "ended"
        return _saying(finding, known, successors=(*followed.valid, *followed.unknown), code=known.code)
    if len(code) <= longest and not same_name(name, known.name):
        return _saying("name_differs", known, code=code)
    return _Said("same", known.name)


def _missing(code: str, codes: CodeList) -> _Said:
    """Return what can be said of a code that the list lacks: whether it should be there, and what became of those above it."""
    ended = next((entry for entry in reversed(codes.above(code)) if not entry.is_valid), None)
    if ended is not None:
        above = codes.follow(ended.code).valid
        now = _now(above, codes, Text("其上级 {code} 已撤销", "{code} above it has ended").fill(code=ended.code))
        return _saying("not_listed", code=code, now=now)
    return _saying("not_listed" if codes.covers(code) else "not_covered", code=code)


def _saying(
    finding: str, known: CodeEntry | None = None, *, successors: tuple[str, ...] = (), code: str = "", now: Text | None = None
) -> _Said:
    now = now or (Text(f"，现为 {'、'.join(successors)}", f"; it is now {', '.join(successors)}") if successors else Text("", ""))
    listed = known.name if known else ""
    expected = EXPECTED[finding].fill(code=code, listed=listed, now_zh=now.zh, now_en=now.en)
    return _Said(finding, listed, successors, expected, REMEDY[finding])


def _now(successors: Sequence[str], codes: CodeList, text: Text) -> Text:
    """Return what became of an area above, as the end of a sentence."""
    named = [f"{code} {codes.entries[code].name}" for code in successors]
    end = Text(f"，现为 {'、'.join(named)}", f" and is now {', '.join(named)}") if named else Text("", "")
    return Text(f"；{text.zh}{end.zh}", f"; {text.en}{end.en}")


def same_name(one: str, other: str) -> bool:
    """Return whether two names are of the same place, however its committee is written.

    Examples
    --------
    >>> same_name("花园社区", "花园居民委员会"), same_name("花园村", "花园居民委员会"), same_name("黄坑村", "黄坑村民委员会")
    (True, False, True)
    """
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    """Return a name with the ending that stands for all that mean the same."""
    letters = plain(name)
    for suffix, ending in SUFFIXES:
        if letters.endswith(suffix) and letters != suffix:
            return letters.removesuffix(suffix) + ending
    return letters
