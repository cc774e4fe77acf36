"""Standards of a place, tested: every subject passes, fails or is incomplete, and what fails is listed by how many it affects.

A bound is met at its own value. Values are compared after rounding to nine digits behind the point, so that 0.9 of a sum of
shares is 0.9. Whom a failure affects: the persons of the subject or, of a facility or street, of the grid it lies in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.measures import FUNCTIONS
from geogrid.measuretable import MEASURES, UNITS
from geogrid.profileparts import TO_CONFIRM
from geogrid.remedies import distance, remedy, together
from geogrid.subjects import chosen
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.measures import Found
    from geogrid.profile import Profile
    from geogrid.profileparts import Rule, Standard, Stated

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

PASS, FAIL, INCOMPLETE = "pass", "fail", "incomplete"
DIGITS = 9
RESULT_COLUMNS = ("standard", "of", "subject_id", "name", "value", "shown", "result", "missing", "advice", "persons", "rank")
"""Columns of `Judged.results`; ``missing`` and ``advice`` are texts or None, ``rank`` orders what to mend, from 1."""

AT_LEAST, AT_MOST = Text("不少于 {value}", "at least {value}"), Text("不多于 {value}", "at most {value}")
BETWEEN = Text("{low}—{high}", "{low} to {high}")
ANY = Text("只报告", "reported only")
NO_SUBJECTS = Text("没有这样的对象", "there is no such subject")


@dataclass(frozen=True, eq=False)
class Judged:
    """What became of every standard and every stated size.

    Attributes
    ----------
    standards : DataFrame
        A row per standard: standard, name (Text), of, measure, bound (Text), unit, is_judged, subjects, passed, failed,
        incomplete, share (passed of all that are complete), source (Text), is_confirmed.
    results : DataFrame
        A row per standard and subject: `RESULT_COLUMNS`.
    stated : DataFrame
        A row per stated size: stated, name (Text), n, found, share, share_found, is_equal, is_assumed, source (Text) and
        is_confirmed.
    """

    standards: pd.DataFrame
    results: pd.DataFrame
    stated: pd.DataFrame

    @property
    def failed(self) -> pd.DataFrame:
        """Return what fails a standard that is judged, most people first."""
        judged = set(self.standards.loc[self.standards["is_judged"].astype(bool), "standard"])
        rows = self.results[(self.results["result"] == FAIL) & self.results["standard"].isin(judged)]
        return rows.sort_values(["persons", "standard", "subject_id"], ascending=[False, True, True])

    @property
    def to_mend(self) -> pd.DataFrame:
        """Return what fails a standard that is judged, then what such a standard cannot be told of, most people first."""
        judged = set(self.standards.loc[self.standards["is_judged"].astype(bool), "standard"])
        rows = self.results[(self.results["result"] == INCOMPLETE) & self.results["standard"].isin(judged)]
        lacking = rows.sort_values(["persons", "standard", "subject_id"], ascending=[False, True, True])
        return pd.concat([self.failed, lacking]) if len(lacking) else self.failed

    @property
    def outcome(self) -> str:
        """Return "fail" if anything fails, else "incomplete" if anything cannot be told, else "pass"; of judged standards."""
        judged = self.standards[self.standards["is_judged"].astype(bool)]
        return FAIL if judged["failed"].sum() else INCOMPLETE if judged["incomplete"].sum() else PASS


def judge(facts: Facts) -> Judged:
    """Test every standard of the place's profile, and compare the sizes that its sources state.

    Parameters
    ----------
    facts : Facts
        The place.

    Returns
    -------
    Judged
    """
    tested = [(standard, _tested(facts, standard)) for standard in facts.profile.standards.values()]
    standards = pd.DataFrame(
        [_summed(standard, rows, facts.profile) for standard, rows in tested], columns=list(STANDARD_COLUMNS)
    )
    results = [rows for _, rows in tested if len(rows)]
    joined = pd.concat(results, ignore_index=True) if results else pd.DataFrame(columns=list(RESULT_COLUMNS))
    return Judged(standards, joined, _stated(facts, facts.profile.stated.values()))


STANDARD_COLUMNS = (
    *("standard", "name", "of", "measure", "bound", "unit", "is_judged"),
    *("subjects", "passed", "failed", "incomplete", "share", "source", "is_confirmed"),
)


def _tested(facts: Facts, standard: Standard) -> pd.DataFrame:
    subjects, at = chosen(facts, standard)
    if not len(at):
        return pd.DataFrame(columns=list(RESULT_COLUMNS))
    found = FUNCTIONS[standard.measure](facts, subjects, at, standard)
    result = _results(found.value, standard)
    failed = result == FAIL
    persons = _affected(facts, subjects)[at]
    rows = pd.DataFrame(
        {
            "standard": standard.id,
            "of": standard.of,
            "subject_id": subjects.rows["id"].to_numpy(dtype=object)[at],
            "name": subjects.rows["name"].to_numpy(dtype=object)[at],
            "value": found.value,
            "shown": [shown(value, standard.measure, facts.profile) for value in found.value],
            "result": result,
            "missing": pd.Series(list(found.missing), dtype=object),
            "advice": pd.Series(_advice(found, failed, standard, facts.profile), dtype=object),
            "persons": persons,
        }
    )
    order = rows[failed].sort_values(["persons", "subject_id"], ascending=[False, True]).index
    return rows.assign(rank=pd.Series(np.arange(1, len(order) + 1), index=order, dtype="Int64").reindex(rows.index))


def _advice(found: Found, failed: Flags, rule: Rule, profile: Profile) -> list[Text | None]:
    """Return what to do about each value that fails: what the measure itself knows, then the remedy."""
    return [
        together(own, remedy(value, rule, amount(distance(value, rule), rule.measure), profile), rule) if bad else None
        for value, own, bad in zip(found.value, found.advice, failed, strict=True)
    ]


def _results(values: Floats, rule: Rule) -> npt.NDArray[np.object_]:
    result = np.where(within(values, rule), PASS, FAIL).astype(object)
    result[np.isnan(values)] = INCOMPLETE
    return result


def within(values: Floats, rule: Rule) -> npt.NDArray[np.bool_]:
    """Return which values lie within a bound, its own values included; what is not there does not.

    Examples
    --------
    >>> from geogrid.profileparts import Bound
    >>> within(np.array([1.0, 0.1 + 0.2, np.nan]), Bound(min=0.3, max=0.9)).tolist()
    [False, True, False]
    """
    rounded = np.round(values, DIGITS)
    low, high = (-np.inf if rule.min is None else rule.min), (np.inf if rule.max is None else rule.max)
    return np.asarray((rounded >= low) & (rounded <= high))


def _affected(facts: Facts, subjects: Subjects) -> Floats:
    """Return the persons of each subject or, where nobody lives in one, of the smallest grid that it lies in."""
    persons = facts.households["persons"].to_numpy(dtype=float, na_value=np.nan)
    if subjects.table not in ("facilities", "streets", "services"):
        return subjects.count(persons)
    by_grid = pd.Series(persons).groupby(facts.households["grid_id"].to_numpy(dtype=object)).sum().to_dict()
    return np.array([max((by_grid[key] for key in above & by_grid.keys()), default=0.0) for above in subjects.above], dtype=float)


def _summed(standard: Standard, rows: pd.DataFrame, profile: Profile) -> dict[str, Any]:
    counts = {result: int((rows["result"] == result).sum()) for result in (PASS, FAIL, INCOMPLETE)}
    complete = counts[PASS] + counts[FAIL]
    return {
        "standard": standard.id,
        "name": standard.name,
        "of": standard.of,
        "measure": standard.measure,
        "bound": bound_text(standard, profile),
        "unit": MEASURES[standard.measure].unit,
        "is_judged": standard.is_judged,
        "subjects": len(rows),
        "passed": counts[PASS],
        "failed": counts[FAIL],
        "incomplete": counts[INCOMPLETE],
        "share": counts[PASS] / complete if complete else np.nan,
        "source": standard.source,
        "is_confirmed": is_confirmed(standard.source),
    }


def is_confirmed(source: Text) -> bool:
    """Return whether the text that a source names was read."""
    return TO_CONFIRM.zh not in source.zh and TO_CONFIRM.en not in source.en


def bound_text(rule: Rule, profile: Profile | None = None) -> Text:
    """Return a bound in words, with its unit."""
    low, high = (None if each is None else shown(each, rule.measure, profile) for each in (rule.min, rule.max))
    if low and high:
        return low if rule.min == rule.max else _between(rule, low, high)
    if low:
        return Text(AT_LEAST.zh.format(value=low.zh), AT_LEAST.en.format(value=low.en))
    return Text(AT_MOST.zh.format(value=high.zh), AT_MOST.en.format(value=high.en)) if high else ANY


def _between(rule: Rule, low: Text, high: Text) -> Text:
    """Return a bound of two values, with the unit once."""
    unit = MEASURES[rule.measure].unit
    if UNITS[unit].zh and rule.min is not None:
        low = Text(_figure(rule.min, unit), _figure(rule.min, unit))
    return Text(BETWEEN.zh.format(low=low.zh, high=high.zh), BETWEEN.en.format(low=low.en, high=high.en))


def shown(value: float, measure: str, profile: Profile | None = None) -> Text:
    """Return a value as people write it: shares in per cent, grades by name, all else with its unit.

    Examples
    --------
    >>> shown(1234.5, "floor_area").en, shown(0.794, "share_covered").zh, shown(float("inf"), "minutes").en
    ('1,234.5 m²', '79.4%', 'out of reach')
    >>> shown(8873.72, "radius").zh, shown(1, "staff").en
    ('8,874 米', '1 person')
    """
    unit = MEASURES[measure].unit
    if np.isnan(value):
        return Text("—", "—")
    if np.isinf(value):
        return Text("无法到达", "out of reach")
    if unit == "share":
        return Text(f"{value:.1%}", f"{value:.1%}")
    if unit == "rank" and profile is not None and 1 <= value <= len(profile.grades):
        return profile.grades[int(value) - 1].name
    number, words = _figure(value, unit), UNITS[unit]
    return Text(f"{number} {words.zh}".strip(), f"{number} {words.en if number != '1' else ONE_OF.get(unit, words.en)}".strip())


def _figure(value: float, unit: str) -> str:
    """Return a number to two digits behind the point; large ones, and metres from 100 up, without."""
    is_whole = abs(value) >= (LONG_M if unit == "m" else LARGE)
    return f"{value:,.0f}" if is_whole else f"{round(value, 2):,.10g}"


def amount(value: float, measure: str) -> Text:
    """Return by how much something misses a bound, in words; of grades a mere number.

    Examples
    --------
    >>> amount(50.0, "floor_area").zh, amount(2.0, "grade").zh
    ('50 平方米', '2')
    """
    return shown(value, measure) if MEASURES[measure].unit != "rank" else Text(f"{value:.0f}", f"{value:.0f}")


LARGE, LONG_M = 1e6, 100
ONE_OF: Mapping[str, str] = {
    "households": "household",
    "persons": "person",
    "people": "person",
    "times": "time",
    "matters": "matter",
}
"""Units of one in English, where they differ."""


def _stated(facts: Facts, sizes: Iterable[Stated]) -> pd.DataFrame:
    rows = [_compared(facts, size) for size in sizes]
    columns = ("stated", "name", "n", "found", "share", "share_found", "is_equal", "is_assumed", "source", "is_confirmed")
    return pd.DataFrame(rows, columns=list(columns))


def _compared(facts: Facts, size: Stated) -> dict[str, Any]:
    """Count the subjects of a stated size: all, or those within its bound; without a bound, add up its measure."""
    subjects, at = chosen(facts, size)
    number, share = float(len(at)), np.nan
    if size.measure and len(at):
        values = FUNCTIONS[size.measure](facts, subjects, at, size).value
        is_counted = size.min is not None or size.max is not None
        number = float(within(values, size).sum()) if is_counted else float(np.nansum(values))
        share = number / len(at) if is_counted else np.nan
    return {
        "stated": size.id,
        "name": size.name,
        "n": size.n,
        "found": round(number, DIGITS),
        "share": np.nan if size.share is None else size.share,
        "share_found": share,
        "is_equal": round(number, DIGITS) == size.n,
        "is_assumed": size.is_assumed,
        "source": size.source,
        "is_confirmed": is_confirmed(size.source) and not size.is_assumed,
    }
