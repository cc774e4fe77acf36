"""How subjects are graded, period by period: shares of each grade, who rose and who fell, who has no grade."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.measures.duties import NO_GRADES
from geogrid.periods import in_order
from geogrid.subjects import subjects_of
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.facts import Facts
    from geogrid.profile import Profile

ROSE, FELL, SAME, NEW, GONE = "rose", "fell", "same", "new", "gone"
CHANGES = (ROSE, FELL, SAME, NEW, GONE)
SUBJECT_COLUMNS = ("period", "subject_id", "name", "grade", "rank")
SHARE_COLUMNS = ("period", "grade", "name", "colour", "subjects", "share")
CHANGE_COLUMNS = ("before", "period", "subject_id", "name", "grade_before", "grade", "change")
UNGRADED_COLUMNS = ("period", "subject_id", "name")
PROBLEM_COLUMNS = ("period", "subject_id", "grade", "problem")

NO_SCALE = Text("本方案没有等级", "this profile has no grades")
UNKNOWN_GRADE = Text("“{grade}”不是本方案的等级，可用：{known_zh}", "{grade!r} is no grade of this profile; known: {known_en}")
UNKNOWN_SUBJECT = Text("没有编号为“{subject}”的{zh}", "there is no {en} with the id {subject!r}")
REPEATED = Text("同一周期评定了两次，取第一行", "graded twice in one period; the first row is taken")


@dataclass(frozen=True, eq=False)
class Grading:
    """The grades of every period, in the order of time.

    Attributes
    ----------
    missing : Text or None
        What is lacking to tell anything: a table of grades.
    periods : tuple of str
        From the first to the latest.
    subjects : DataFrame
        A row per period and graded subject: `SUBJECT_COLUMNS`; ``grade`` is the profile's id of it, ``rank`` 1 for the best.
    shares : DataFrame
        A row per period and grade of the profile: `SHARE_COLUMNS`; ``name`` is a text, ``share`` of the subjects graded then.
    changes : DataFrame
        A row per subject with a grade in one of two periods that follow one another: `CHANGE_COLUMNS`; ``change`` is rose, fell,
        same, new (no grade before) or gone (none now), the grades NA where there is none.
    ungraded : DataFrame
        A row per period and subject of the level without a grade: `UNGRADED_COLUMNS`; none where the profile grades no level.
    problems : DataFrame
        Rows that were left out: `PROBLEM_COLUMNS`, ``problem`` being a text.
    """

    missing: Text | None
    periods: tuple[str, ...]
    subjects: pd.DataFrame
    shares: pd.DataFrame
    changes: pd.DataFrame
    ungraded: pd.DataFrame
    problems: pd.DataFrame

    @property
    def latest(self) -> pd.DataFrame:
        """Return the graded subjects of the latest period."""
        return self._of_last(self.subjects)

    @property
    def latest_changes(self) -> pd.DataFrame:
        """Return what changed from the period before to the latest."""
        return self._of_last(self.changes)

    def _of_last(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["period"] == self.periods[-1]].reset_index(drop=True) if self.periods else table


def graded(facts: Facts) -> Grading:
    """Sum up the grades of a place's subjects, period by period and against the period before.

    Parameters
    ----------
    facts : Facts
        The place; its profile says what the grades are, from best to worst, and of which level.

    Returns
    -------
    Grading
        Without a table of grades empty, with ``missing`` said.
    """
    if facts.grades is None or facts.grades.empty:
        columns = (SUBJECT_COLUMNS, SHARE_COLUMNS, CHANGE_COLUMNS, UNGRADED_COLUMNS, PROBLEM_COLUMNS)
        return Grading(NO_GRADES, (), *(pd.DataFrame(columns=list(each)) for each in columns))
    names = _names(facts)
    rows = _ranked(facts, names)
    good = rows[rows["problem"].isna().to_numpy(dtype=bool)]
    periods = in_order(rows["period"])
    order = {period: i for i, period in enumerate(periods)}
    subjects = good.sort_values("period", key=lambda column: column.map(order), kind="stable", ignore_index=True)
    return Grading(
        missing=None,
        periods=periods,
        subjects=subjects[list(SUBJECT_COLUMNS)],
        shares=_shares(facts.profile, subjects, periods),
        changes=_changes(subjects, periods, names),
        ungraded=_ungraded(facts, subjects, periods),
        problems=rows.loc[rows["problem"].notna().to_numpy(dtype=bool), list(PROBLEM_COLUMNS)].reset_index(drop=True),
    )


def _names(facts: Facts) -> pd.Series:
    """Return the names of what can be graded, by id; of a profile that grades no level what the table names, by its ids."""
    if not facts.profile.graded:
        ids = pd.unique(facts.grades["subject_id"]) if facts.grades is not None else []
        return pd.Series(ids, index=ids, dtype=object)
    rows = subjects_of(facts, facts.profile.graded).rows
    return pd.Series(rows["name"].to_numpy(dtype=object), index=rows["id"].to_numpy(dtype=object))


def _ranked(facts: Facts, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table with the profile's grade and rank, the subject's name and the row's problem, if it has one."""
    table, profile = facts.grades, facts.profile
    rank_of = {name.casefold(): i for i, one in enumerate(profile.grades) for name in one.names}
    columns = ["subject_id", "period", "grade"]
    rows = (
        pd.DataFrame({column: table[column].to_numpy(dtype=object) for column in columns})
        if table is not None
        else pd.DataFrame()
    )
    rank = rows["grade"].astype(str).str.strip().str.casefold().map(rank_of).to_numpy(dtype=float, na_value=np.nan)
    named = rows["subject_id"].isin(names.index).to_numpy(dtype=bool)
    fine = named & ~np.isnan(rank)
    again = np.zeros(len(rows), dtype=bool)
    again[fine] = rows[fine].duplicated(["subject_id", "period"]).to_numpy()
    problem = np.full(len(rows), None, dtype=object)
    for i in np.flatnonzero(~fine | again):
        problem[i] = _problem(profile, rows.iloc[i], is_named=bool(named[i]), is_again=bool(again[i]))
    ids = np.array([*(grade.id for grade in profile.grades), pd.NA], dtype=object)
    position = np.where(np.isnan(rank), len(profile.grades), rank).astype(np.int64)
    good = {"grade": np.where(fine, ids[position], rows["grade"]), "rank": pd.Series(rank + 1).astype("Int64")}
    return rows.assign(**good, name=names[~names.index.duplicated()].reindex(rows["subject_id"]).to_numpy(), problem=problem)


def _problem(profile: Profile, row: pd.Series, *, is_named: bool, is_again: bool) -> Text:
    if not profile.grades:
        return NO_SCALE
    if is_again:
        return REPEATED
    if not is_named:
        subject = profile.table_of(profile.graded)
        level = next((each.name for each in profile.levels if each.id == profile.graded), Text(subject, subject))
        return UNKNOWN_SUBJECT.fill(subject=row["subject_id"], zh=level.zh, en=level.en)
    known = {"known_zh": "、".join(each.zh for each in profile.grades), "known_en": ", ".join(each.en for each in profile.grades)}
    return UNKNOWN_GRADE.fill(grade=row["grade"], **known)


def _shares(profile: Profile, subjects: pd.DataFrame, periods: tuple[str, ...]) -> pd.DataFrame:
    """Count each grade of each period."""
    counts = subjects.groupby(["period", "grade"]).size()
    rows: list[dict[str, Any]] = []
    for period in periods:
        numbers = [int(counts.get((period, grade.id), 0)) for grade in profile.grades]
        total = sum(numbers)
        for grade, number in zip(profile.grades, numbers, strict=True):
            said = {"period": period, "grade": grade.id, "name": grade.name, "colour": grade.colour}
            rows.append({**said, "subjects": number, "share": number / total if total else np.nan})
    return pd.DataFrame(rows, columns=list(SHARE_COLUMNS))


def _changes(subjects: pd.DataFrame, periods: tuple[str, ...], names: pd.Series) -> pd.DataFrame:
    """Compare each period with the one before."""
    cells = ["rank", "grade"]
    wide = subjects.pivot_table(index="subject_id", columns="period", values=cells, aggfunc="first", observed=True)
    ranks, grades = (wide[each] if len(wide) else wide for each in cells)
    parts = [_against(before, period, ranks, grades) for before, period in pairwise(periods)]
    some = [part for part in parts if len(part)]
    if not some:
        return pd.DataFrame(columns=list(CHANGE_COLUMNS))
    rows = pd.concat(some, ignore_index=True)
    named = names[~names.index.duplicated()].reindex(rows["subject_id"]).to_numpy()
    return rows.assign(name=named)[list(CHANGE_COLUMNS)]


def _against(before: str, period: str, ranks: pd.DataFrame, grades: pd.DataFrame) -> pd.DataFrame:
    blank = pd.Series(np.nan, index=ranks.index, dtype=object)
    was, now = (ranks.get(each, blank).to_numpy(dtype=float, na_value=np.nan) for each in (before, period))
    either = ~(np.isnan(was) & np.isnan(now))
    # Ranks count from the best, so a smaller one is a better one.
    change = np.select([np.isnan(was), np.isnan(now), now < was, now > was], [NEW, GONE, ROSE, FELL], SAME)
    ids = ranks.index.to_numpy(dtype=object)
    old, new = (grades.get(each, blank).to_numpy(dtype=object) for each in (before, period))
    rows = {"before": before, "period": period, "subject_id": ids, "grade_before": old, "grade": new, "change": change}
    return pd.DataFrame(rows)[either]


def _ungraded(facts: Facts, subjects: pd.DataFrame, periods: tuple[str, ...]) -> pd.DataFrame:
    """Return who of the level has no grade in a period."""
    if not facts.profile.graded:
        return pd.DataFrame(columns=list(UNGRADED_COLUMNS))
    rows = subjects_of(facts, facts.profile.graded).rows
    ids, names = rows["id"].to_numpy(dtype=object), rows["name"].to_numpy(dtype=object)
    of_period = {period: frozenset(own.astype(str)) for period, own in subjects.groupby("period")["subject_id"]}
    parts = []
    for period in periods:
        graded_then = of_period.get(period, frozenset())
        lacking = np.array([str(each) not in graded_then for each in ids], dtype=bool)
        parts.append(pd.DataFrame({"period": period, "subject_id": ids[lacking], "name": names[lacking]}))
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else pd.DataFrame(columns=list(UNGRADED_COLUMNS))
