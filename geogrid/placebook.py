"""The office's tables of a place: every standard and subject, what to mend first, levels, people, matters, grades, blind spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geogrid.placereport import PlaceReport
    from geogrid.words import Lang

STANDARD_COLUMNS = (
    *("standard", "name", "of", "bound", "is_judged", "subjects", "passed", "failed", "incomplete", "share"),
    *("source", "is_confirmed"),
)
TO_MEND = ("rank", "standard", "of", "subject_id", "name", "shown", "bound", "advice", "persons")
RESULTS = ("standard", "of", "subject_id", "name", "shown", "result", "missing", "advice", "persons")
OVERDUE = ("event_id", "kind", "opened", "grid_id", "place", "days_over")
SPOTS = ("rank", "spot_id", "households", "persons", "buildings", "units", "nearest_grid_id")


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
        "grade_shares": place.grading.shares,
        "grade_changes": place.grading.changes,
        "ungraded": place.grading.ungraded,
        "blind_spots": _kept(place.spots, SPOTS),
    }
    return {
        name: _said(table, lang) for name, table in tables.items() if table is not None and (len(table) or name == "standards")
    }


def _of_standards(place: PlaceReport) -> dict[str, pd.DataFrame]:
    judged = place.judged
    bound = judged.standards.set_index("standard")["bound"]
    called = judged.standards.set_index("standard")["name"]
    results = judged.results.assign(bound=judged.results["standard"].map(bound), standard=judged.results["standard"].map(called))
    failed = judged.failed.assign(bound=judged.failed["standard"].map(bound), standard=judged.failed["standard"].map(called))
    return {
        "standards": _kept(judged.standards, STANDARD_COLUMNS),
        "to_mend": _kept(failed.assign(rank=range(1, len(failed) + 1)), TO_MEND),
        "results": _kept(results, RESULTS),
        "stated": judged.stated.drop(columns="stated"),
    }


def _of_levels(place: PlaceReport) -> dict[str, pd.DataFrame]:
    return {"level_fill": place.levels.levels, "level_gaps": place.levels.parents}


def _of_people(place: PlaceReport) -> dict[str, pd.DataFrame | None]:
    staffing = place.staffing
    return {
        "vacant": staffing.vacant,
        "duties": staffing.office,
        "several": staffing.several,
        "bare_streets": None if staffing.streets is None else staffing.streets.drop(columns="geometry"),
    }


def _of_matters(place: PlaceReport) -> dict[str, pd.DataFrame]:
    return {
        "matter_kinds": place.matters.kinds,
        "matter_counts": place.matters.counts,
        "overdue": _kept(place.matters.overdue, OVERDUE),
    }


def _kept(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame(table[[column for column in columns if column in table]])


def _said(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Write texts in one language, and lists of them."""
    return table.map(lambda cell: _in_words(cell, lang))


def _in_words(cell: Any, lang: Lang) -> Any:
    return cell.say(lang) if isinstance(cell, Text) else cell
