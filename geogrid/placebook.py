"""The office's tables of a place: every standard and subject, what to mend first, levels, people, matters, grades and spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.placefacts import unlisted
from geogrid.placelabels import SUBJECT_KINDS
from geogrid.rows.tables import TABLES
from geogrid.standards import FAIL, INCOMPLETE, PASS
from geogrid.unmatched import NOT_COUNTED, unmatched_rows
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.placereport import PlaceReport
    from geogrid.profile import Profile
    from geogrid.standards import Judged
    from geogrid.words import Lang

    Tables = dict[str, pd.DataFrame]

STANDARD_COLUMNS = (
    *("standard", "name", "of", "bound", "is_judged", "subjects", "passed", "failed", "incomplete", "share_passed"),
    *("source", "is_confirmed"),
)
TO_MEND = ("rank", "standard", "of", "subject_id", "name", "result", "shown", "bound", "advice", "persons")
RESULTS = ("standard", "of", "subject_id", "name", "shown", "result", "missing", "advice", "persons")
STATED = ("name", "n", "found", "share_stated", "share_found", "is_equal", "is_assumed", "source", "is_confirmed")
MATTERS = ("event_id", "kind", "opened", "grid_id", "place", "days_over")
UNPLACED = ("event_id", "kind", "opened", "household_id", "place")
SPOTS = ("rank", "spot_id", "households", "persons", "buildings", "units", "nearest_grid_id")


REPORTED = {
    PASS: Text("只报告（达标）", "Reported only (passes)"),
    FAIL: Text("只报告（不达标）", "Reported only (fails)"),
    INCOMPLETE: Text("只报告（资料不全）", "Reported only (incomplete)"),
}
"""Results of standards that nobody is judged by."""
BRING = Text("补充资料：{missing}", "data to bring: {missing}")


def place_tables(place: PlaceReport, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the sheets of a place's workbook, exact, with names of people: for the office only.

    Parameters
    ----------
    place : PlaceReport
        What came of the place.
    lang : "zh" or "en"
        Language of what is written in words.

    Returns
    -------
    dict of DataFrame
        By the keys of `placelabels.PLACE_SHEETS`; tables without rows are left out, but for the standards.
    """
    tables = {
        **_of_standards(place),
        **_of_levels(place),
        **_of_people(place),
        **_of_matters(place),
        **_of_grades(place),
        "blind_spots": _kept(place.spots, SPOTS),
        "unmatched": _unmatched(place),
    }
    names = _names(place.facts.profile)
    return {key: _said(table, names, lang) for key, table in tables.items() if len(table) or key == "standards"}


def _of_standards(place: PlaceReport) -> Tables:
    judged = place.judged
    known = judged.standards.set_index("standard")
    results, failed = (
        rows.assign(bound=rows["standard"].map(known["bound"]), standard=rows["standard"].map(known["name"]))
        for rows in (_marked(judged), judged.to_mend.assign(advice=_advice(judged.to_mend)))
    )
    return {
        "standards": _kept(judged.standards.rename(columns={"share": "share_passed"}), STANDARD_COLUMNS),
        "to_mend": _kept(failed.assign(rank=range(1, len(failed) + 1)), TO_MEND),
        "results": _kept(results, RESULTS),
        "stated": _kept(judged.stated.rename(columns={"share": "share_stated"}), STATED),
    }


def _marked(judged: Judged) -> pd.DataFrame:
    """Return the results, those of standards that are only reported marked so."""
    rows = judged.results
    reported = set(judged.standards.loc[~judged.standards["is_judged"].astype(bool), "standard"])
    said = [
        REPORTED[result] if rule in reported else result for rule, result in zip(rows["standard"], rows["result"], strict=True)
    ]
    return rows.assign(result=pd.Series(said, index=rows.index, dtype=object))


def _advice(rows: pd.DataFrame) -> pd.Series:
    """Return what to mend, and what to bring where data are missing."""
    pairs = zip(rows["advice"], rows["missing"], strict=True)
    return pd.Series([advice or _to_bring(missing) for advice, missing in pairs], index=rows.index, dtype=object)


def _to_bring(missing: Text | None) -> Text | None:
    return None if missing is None else Text(BRING.zh.format(missing=missing.zh), BRING.en.format(missing=missing.en))


def _of_levels(place: PlaceReport) -> Tables:
    left = place.levels
    ids = place.facts.households["household_id"].to_numpy()
    homes = pd.DataFrame(left.homes.assign(household_id=ids[left.homes["household"].to_numpy(dtype=int)]))
    return {
        "level_fill": left.levels.drop(columns="name"),
        "level_gaps": left.parents,
        "level_orphans": left.orphans,
        "level_homes": _kept(homes, ("level", "household_id", "parent_id")),
        "level_land": left.land.drop(columns="geometry"),
    }


def _of_people(place: PlaceReport) -> Tables:
    staffing = place.staffing
    bare = pd.DataFrame() if staffing.streets is None else staffing.streets.drop(columns="geometry")
    others = unlisted(place.facts.staff, place.facts.grids)
    duties = _together(staffing.office, others.assign(remark=[NOT_COUNTED] * len(others)))
    several = _together(staffing.several, staffing.probable)
    return {"vacant": staffing.vacant, "duties": duties, "several": several, "bare_streets": bare}


def _together(rows: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of people and, below, those with a remark."""
    whole = pd.concat([rows.astype(object), more.astype(object)], ignore_index=True) if len(more) else rows
    return whole.rename(columns={"name": "person"})


def _unmatched(place: PlaceReport) -> pd.DataFrame:
    rows = unmatched_rows(place)
    return rows.assign(table=[TABLES[table].label for table in rows["table"]])


def _of_matters(place: PlaceReport) -> Tables:
    matters = place.matters
    return {
        "matter_kinds": matters.kinds.drop(columns="name"),
        "matter_counts": matters.counts,
        "overdue": _kept(matters.overdue, MATTERS),
        "unplaced": _kept(matters.unplaced, UNPLACED),
    }


def _of_grades(place: PlaceReport) -> Tables:
    grading = place.grading
    return {
        "grade_shares": grading.shares.drop(columns=["name", "colour"]).rename(columns={"share": "share_graded"}),
        "grade_changes": grading.changes,
        "ungraded": grading.ungraded,
        "grade_problems": grading.problems,
    }


def _kept(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame(table[[column for column in columns if column in table]])


def _names(profile: Profile) -> Mapping[str, Mapping[str, Text]]:
    """Return, by column, what the profile calls the ids that stand in it."""
    levels = {**SUBJECT_KINDS, **{level.id: level.name for level in profile.levels}}
    grades = {grade.id: grade.name for grade in profile.grades}
    return {
        **dict.fromkeys(("of", "level", "parent"), levels),
        "of_kind": SUBJECT_KINDS,
        **dict.fromkeys(("grade", "grade_before"), grades),
        "kind": {kind.id: kind.name for kind in profile.matters.values()},
    }


def _said(table: pd.DataFrame, names: Mapping[str, Mapping[str, Text]], lang: Lang) -> pd.DataFrame:
    """Write texts, and ids that the profile has a name for, in one language."""
    named = {c: [names[c].get(cell, cell) for cell in table[c]] for c in table.columns if c in names}
    return table.assign(**named).map(lambda cell: _in_words(cell, lang))


def _in_words(cell: Any, lang: Lang) -> Any:
    return cell.say(lang) if isinstance(cell, Text) else cell
