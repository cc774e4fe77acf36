"""Measures of duty: who is responsible, how a subject is graded, what was reported and is still open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geogrid.facts import PLACE
from geogrid.measures.found import Found, found, nothing
from geogrid.periods import in_order
from geogrid.rolenames import ROLES
from geogrid.words import Text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Rule

    Ints = npt.NDArray[np.int64]

STAFF_OF = {"areas": "area", "grids": "grid", "units": "unit", "streets": "street"}
"""What staff rows call the subjects of a table."""

NO_STAFF = Text("没有提供人员表", "no table of staff given")
NOBODY = Text("没有责任人", "nobody is responsible")
NO_ROLE = Text("没有{names}", "without: {names}")
NO_MEMBER_OF_PARTY = Text("没有担任{names}的党员", "without a party member as: {names}")
NO_GRADES = Text("没有提供等级表", "no table of grades given")
NOT_GRADED = Text("没有评定等级", "not graded")
NO_EVENTS = Text("没有提供事件表", "no table of events given")


def staff(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count the people of the roles who are responsible for a subject, each once; of the place everybody."""
    if facts.staff is None:
        return nothing(len(at), NO_STAFF)
    rows = facts.staff
    roles = rule.options.get("roles")
    rows = rows if roles is None else rows[rows["role"].isin(list(roles))]
    if "party_member" in rule.options:
        stated = rows.get("party_member", pd.Series(pd.NA, index=rows.index))
        rows = rows[(stated == rule.options["party_member"]).fillna(value=False).astype(bool)]
    if subjects.table == "place":
        return found([rows["staff_id"].nunique()])
    if subjects.table == "households":
        values = np.isin(subjects.rows["id"].to_numpy()[at], rows["staff_id"].to_numpy()).astype(float)
    else:
        own = rows[rows["of_kind"] == STAFF_OF[subjects.table]]
        values = own.groupby("of_id")["staff_id"].nunique().reindex(subjects.rows["id"].iloc[at]).fillna(0).to_numpy(dtype=float)
    if roles is None or subjects.table == "households":
        return found(values, advice=[None if n else NOBODY for n in values])
    return found(values, advice=_lacking(own, subjects.rows["id"].iloc[at], rule))


def _lacking(rows: pd.DataFrame, ids: Iterable[str], rule: Rule) -> list[Text | None]:
    """Name for each subject the roles that nobody has there."""
    there = set(zip(rows["of_id"], rows["role"], strict=True))
    said = NO_MEMBER_OF_PARTY if rule.options.get("party_member") else NO_ROLE
    lacking = [[ROLES.get(role, Text(role, role)) for role in rule.options["roles"] if (key, role) not in there] for key in ids]
    return [
        Text(said.zh.format(names="、".join(n.zh for n in names)), said.en.format(names=", ".join(n.en for n in names)))
        if names
        else None
        for names in lacking
    ]


def grade(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the rank of the grade of the latest period, 1 for the best."""
    del rule
    if facts.grades is None or facts.grades.empty:
        return nothing(len(at), NO_GRADES)
    ranks = {name.casefold(): i + 1 for i, one in enumerate(facts.profile.grades) for name in one.names}
    last = in_order(facts.grades["period"])[-1]
    latest = facts.grades[facts.grades["period"] == last].drop_duplicates("subject_id")
    by_id = latest.set_index("subject_id")["grade"].str.casefold().map(ranks)
    return found(by_id.reindex(subjects.rows["id"].iloc[at]).to_numpy(dtype=float, na_value=np.nan), NOT_GRADED)


def matters_open(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count matters reported in a subject that are not closed."""
    del rule
    return _matters(facts, subjects, at, only_overdue=False)


def matters_overdue(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count open matters older than the profile allows for their kind."""
    del rule
    return _matters(facts, subjects, at, only_overdue=True)


def _matters(facts: Facts, subjects: Subjects, at: Ints, *, only_overdue: bool) -> Found:
    events = facts.events
    if events is None:
        return nothing(len(at), NO_EVENTS)
    wanted = is_open(events, facts.on)
    if only_overdue:
        wanted = wanted & (days_over(facts, events) > 0)
    counts: Counter[str] = Counter()
    for grid, number in events.loc[wanted, "grid_id"].value_counts().items():
        counts.update(dict.fromkeys((PLACE,) if subjects.table == PLACE else facts.chain(str(grid)), number))
    return found(counts[key] for key in subjects.rows["id"].iloc[at])


def is_open(events: pd.DataFrame, day: dt.date) -> npt.NDArray[np.bool_]:
    """Return which matters were opened by a day and are not closed on it; without a column ``closed`` none is."""
    unsaid = pd.Series(pd.NaT, index=events.index)
    opened, closed = (pd.to_datetime(events.get(column, unsaid), errors="coerce") for column in ("opened", "closed"))
    limit = pd.Timestamp(day)
    return np.asarray((opened <= limit) & ~(closed <= limit))


def days_over(facts: Facts, events: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return by how many days each matter is over what its kind allows; NaN where the profile says nothing of the kind."""
    allowed = {name.casefold(): kind.days for kind in facts.profile.matters.values() for name in kind.names}
    limits = events["kind"].astype(str).str.casefold().map(allowed).to_numpy(dtype=float, na_value=np.nan)
    age = (pd.Timestamp(facts.on) - pd.to_datetime(events["opened"], errors="coerce")).dt.days
    return np.asarray(age.to_numpy(dtype=float, na_value=np.nan) - limits)
