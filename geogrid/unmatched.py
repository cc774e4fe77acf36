"""Rows of a place's tables that match nothing: subjects no table holds, roles nobody knows, kinds without a time limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from geogrid.measures.duties import STAFF_OF
from geogrid.placefacts import unlisted
from geogrid.rows.recordtables import STAFF_ROLE
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from geogrid.facts import Facts
    from geogrid.placereport import PlaceReport

EXAMPLES = 5
"""How many are named in a note; the office's workbook has them all."""

SUCH_AS = Text("（如 {names}）", " (such as {names})")
NOT_COUNTED = Text(
    "只写在网格表，人员表没有，不计入",
    "stands in the table of grids only, not in the table of staff: does not count",
)
UNLISTED = Text(
    "网格表写的网格长、网格员有 {n} 人次不在人员表中，以人员表为准，不计入{such_as}；在任的请补进人员表，离任的请从网格表删去",
    "leaders or members whom the table of grids names but the table of staff, the register, does not: {n}{such_as}; they do not "
    "count: add them to the table of staff, or delete them from the grids",
)
NO_SUBJECT = Text(
    "{n} 行的负责对象在各表中都没有{such_as}；请核对负责对象类别和编号",
    "rows about something that no table holds: {n}{such_as}; check its kind and its id",
)
UNKNOWN_ROLE = Text(
    "{n} 行的职务不是已知的职务{such_as}；照原样保留，写错的请改正",
    "rows whose role is not known: {n}{such_as}; kept as written: correct it where it is a mistake",
)
NO_LIMIT = Text(
    "{n} 类事项在方案中没有时限，不判断是否超期；请改正类别，或在方案的 matters 中写明",
    "kinds of matters without a time limit in the profile, so never overdue: {n}; correct the kind, or add it to matters",
)
NO_GRADES = Text(
    "本方案没有等级，{n} 行没有使用；请在方案的 grades 中写明，或不提供等级表",
    "this profile has no grades; rows that are not used: {n}; add grades to the profile, or leave the table out",
)
BAD_GRADES = Text(
    "{n} 行等级没有使用{such_as}；请核对对象编号和等级", "grades that are not used: {n}{such_as}; check the subject and the grade"
)
NO_AREA = Text(
    "{n} 行的区域编号不在区域表中{such_as}；请改正编号，或在区域表补上",
    "rows that name an area that the table of areas does not hold: {n}{such_as}; correct the id, or add the area",
)
NO_MEMBER = Text(
    "{n} 行的成员编号在区域、网格、单元表中都没有{such_as}；请改正编号",
    "rows that name a member that is no area, grid or unit: {n}{such_as}; correct the id",
)

NO_SUBJECT_ROW = Text("没有这个负责对象", "no table holds this subject")
UNKNOWN_ROLE_ROW = Text("不是已知的职务", "not a known role")
NO_LIMIT_ROW = Text("方案没有规定时限", "no time limit in the profile")
NO_AREA_ROW = Text("区域表没有这个编号", "no area has this id")
NO_MEMBER_ROW = Text("没有这个成员", "no area, grid or unit has this id")

COLUMNS = ("table", "id", "value", "problem")
NOTHING: tuple[str, ...] = ()


class Unmatched(NamedTuple):
    """What of one table matches nothing, in one way.

    ``rows`` are for the office alone: `COLUMNS` without the table. ``note`` may be read by everybody: it counts no matters and
    names nobody, and no household.
    """

    table: str
    note: Text
    rows: pd.DataFrame


def unmatched(place: PlaceReport) -> tuple[Unmatched, ...]:
    """Return the rows of a place's tables that match nothing.

    Parameters
    ----------
    place : PlaceReport
        What came of the place.

    Returns
    -------
    tuple of Unmatched
        Only of tables that were given.
    """
    found = [look(place) for look in LOOKS]
    return tuple(one for one in found if one is not None)


def unmatched_notes(place: PlaceReport) -> Mapping[str, tuple[Text, ...]]:
    """Return what everybody may know of it, by table."""
    notes: dict[str, tuple[Text, ...]] = {}
    for one in unmatched(place):
        notes[one.table] = (*notes.get(one.table, ()), one.note)
    return notes


def unmatched_rows(place: PlaceReport) -> pd.DataFrame:
    """Return all of these rows, for the office: `COLUMNS`, the cells texts or what the tables say."""
    parts = [one.rows.assign(table=one.table) for one in unmatched(place) if len(one.rows)]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)] if parts else pd.DataFrame(columns=list(COLUMNS))


def _unlisted(place: PlaceReport) -> Unmatched | None:
    rows = unlisted(place.facts.staff, place.facts.grids)
    return _found("staff", UNLISTED, rows["of_id"], rows["name"], NOT_COUNTED, named=rows["of_id"])


def _no_subject(place: PlaceReport) -> Unmatched | None:
    rows = place.staffing.unknown
    # An id that a household has, or that stands for one, is nothing for everybody's eyes.
    of_homes = set(rows["of_id"]).intersection(place.facts.households["household_id"]) if len(rows) else set()
    is_open = rows["of_kind"].isin(list(STAFF_OF.values())) & ~rows["of_id"].isin(of_homes)
    return _found("staff", NO_SUBJECT, rows["staff_id"], rows["of_id"], NO_SUBJECT_ROW, named=rows.loc[is_open, "of_id"])


def _unknown_roles(place: PlaceReport) -> Unmatched | None:
    rows = place.staffing.office
    odd = rows[~rows["role"].isin(_known_roles(place.facts))]
    # What only one person is called may be a name that stands in the wrong column.
    shared = odd.loc[odd.duplicated("role", keep=False), "role"]
    return _found("staff", UNKNOWN_ROLE, odd["staff_id"], odd["role"], UNKNOWN_ROLE_ROW, named=shared)


def _known_roles(facts: Facts) -> set[str]:
    """Return the roles that tables know, and those that the profile asks for."""
    profile = facts.profile
    asked = [level.staff for level in profile.levels]
    asked += [level.select or () for level in profile.levels if level.of == "households"]
    rules = (*profile.standards.values(), *profile.stated.values())
    asked += [tuple(rule.options.get("roles") or ()) for rule in rules]
    return {*STAFF_ROLE, *(role for roles in asked for role in roles)}


def _no_limit(place: PlaceReport) -> Unmatched | None:
    rows = place.matters.kinds
    odd = rows[(rows["matters"] > 0) & rows["days"].isna()]
    return _found("events", NO_LIMIT, odd["kind"], odd["matters"], NO_LIMIT_ROW)


def _grades(place: PlaceReport) -> Unmatched | None:
    """Return a note on the grades left out; their rows have a sheet of their own."""
    rows = place.grading.problems
    said = BAD_GRADES if place.facts.profile.grades else NO_GRADES
    found = _found("grades", said, rows["subject_id"], rows["grade"], said, named=rows["subject_id"])
    return None if found is None else found._replace(rows=found.rows.iloc[:0])


def _no_area(place: PlaceReport) -> Unmatched | None:
    areas = place.facts.areas
    return _members(place, "area_id", () if areas is None else areas["area_id"], (NO_AREA, NO_AREA_ROW))


def _no_member(place: PlaceReport) -> Unmatched | None:
    facts = place.facts
    tables = ((facts.areas, "area_id"), (facts.grids, "grid_id"), (facts.projects, "grid_id"), (facts.units, "unit_id"))
    known = [key for table, column in tables if table is not None for key in table[column]]
    return _members(place, "member_id", known, (NO_MEMBER, NO_MEMBER_ROW))


def _members(place: PlaceReport, column: str, known: Iterable[str], said: tuple[Text, Text]) -> Unmatched | None:
    """Return the rows of the members of areas of which a column names something unknown."""
    rows = place.facts.area_members
    if rows is None:
        return None
    odd = rows[~rows[column].isin(set(known))]
    other = "member_id" if column == "area_id" else "area_id"
    return _found("area_members", said[0], odd[other], odd[column], said[1], named=odd[column])


def _found(
    table: str, said: Text, ids: pd.Series, values: pd.Series, problem: Text, *, named: Iterable[object] = NOTHING
) -> Unmatched | None:
    """Return rows that match nothing with their note, which names a few; None without rows."""
    if not len(ids):
        return None
    said_of = {"id": ids.to_numpy(dtype=object), "value": values.to_numpy(dtype=object), "problem": [problem] * len(ids)}
    rows = pd.DataFrame(said_of)
    such_as = _such_as(list(dict.fromkeys(map(str, named))))
    note = Text(
        said.zh.format(n=len(rows), such_as=such_as.zh),
        said.en.format(n=len(rows), such_as=such_as.en),
    )
    return Unmatched(table, note, rows)


def _such_as(names: list[str]) -> Text:
    """Return a few names in brackets, nothing where there are none."""
    if not names:
        return Text("", "")
    more = len(names) > EXAMPLES
    zh, en = (mark.join(names[:EXAMPLES]) for mark in ("、", ", "))
    return Text(SUCH_AS.zh.format(names=zh + ("……" if more else "")), SUCH_AS.en.format(names=en + (" …" if more else "")))


LOOKS: tuple[Callable[[PlaceReport], Unmatched | None], ...] = (
    *(_unlisted, _no_subject, _unknown_roles, _no_limit),
    *(_grades, _no_area, _no_member),
)
"""What is looked for, in the order in which it is told."""
