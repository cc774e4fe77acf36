"""What may be published of a place's standards.

A standard that counts people is published as how many subjects meet it, without naming one and without a value, and only where
its bounds are larger than the largest count that is hidden; shares, times, ages, party members and matters are not published
here at all, because what meets a bound on them narrows down counts that the report withholds. What is measured of land,
facilities, staff and streets is a fact about the office and is published with names and values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.measuretable import MEASURES
from geogrid.plain import both, plain
from geogrid.standards import FAIL, INCOMPLETE

if TYPE_CHECKING:
    import pandas as pd

    from geogrid.placereport import PlaceReport
    from geogrid.profileparts import Rule

COUNTED = ("households", "persons")
"""Measures of people of which the number of subjects that meet a bound may be told."""

NAMED_MOST = 200
"""Failures that are named for each standard; the office's workbook has all."""


def public_standards(place: PlaceReport) -> dict[str, Any]:
    """Return what may leave the office of standards and stated sizes.

    Parameters
    ----------
    place : PlaceReport
        The exact report.

    Returns
    -------
    dict
        JSON-ready: ``standards`` with counts (None where withheld) and named ``failures``, and ``stated`` sizes.
    """
    judged, profile, small = place.judged, place.facts.profile, place.facts.profile.suppress_below
    rules = [profile.standards[key] for key in judged.standards["standard"]]
    rows = judged.standards.to_dict(orient="records")
    stated = zip(judged.stated.to_dict(orient="records"), profile.stated.values(), strict=True)
    return {
        "standards": [_standard(row, rule, judged.results, small) for row, rule in zip(rows, rules, strict=True)],
        "stated": [_stated(row) for row, rule in stated if _may_be_told(row, rule, small)],
    }


def _may_be_named(rule: Rule) -> bool:
    return not rule.measure or not MEASURES[rule.measure].is_personal


def _may_be_counted(rule: Rule, small: int) -> bool:
    """Return whether the number of subjects within a bound may be told: no bound lies among the counts that are hidden."""
    if _may_be_named(rule):
        return True
    bounds = [bound for bound in (rule.min, rule.max) if bound is not None]
    return rule.measure in COUNTED and all(bound == 0 or bound > small for bound in bounds)


def _may_be_told(row: dict[str, Any], rule: Rule, small: int) -> bool:
    """Return whether a stated size may be told; one without a bound is a sum, of people perhaps."""
    is_sum = rule.min is None and rule.max is None and not _may_be_named(rule)
    return _may_be_counted(rule, small) and not (is_sum and 0 < row["found"] <= small)


def _standard(row: dict[str, Any], rule: Rule, results: pd.DataFrame, small: int) -> dict[str, Any]:
    told = _may_be_counted(rule, small)
    counts = {key: int(row[key]) if told else None for key in ("passed", "failed", "incomplete")}
    return {
        "id": row["standard"],
        **both(row["name"]),
        "of": row["of"],
        "bound": both(row["bound"]),
        "is_judged": bool(row["is_judged"]),
        "subjects": int(row["subjects"]),
        **counts,
        "share": plain(row["share"]) if told else None,
        "source": both(row["source"]),
        "is_confirmed": bool(row["is_confirmed"]),
        "failures": _failures(results[results["standard"] == row["standard"]]) if _may_be_named(rule) else [],
    }


def _failures(results: pd.DataFrame) -> list[dict[str, Any]]:
    """Name what fails, then what is incomplete: with the value and what is lacking, without anybody's number."""
    failed = results[results["result"] == FAIL].sort_values("rank")
    unknown = results[results["result"] == INCOMPLETE].sort_values("subject_id")
    return [
        {
            "id": row["subject_id"],
            "name": row["name"],
            "result": row["result"],
            "value": both(row["shown"]),
            "said": None if (said := row["advice"] or row["missing"]) is None else both(said),
        }
        for rows in (failed, unknown)
        for row in rows.head(NAMED_MOST).to_dict(orient="records")
    ]


def _stated(row: dict[str, Any]) -> dict[str, Any]:
    keys = ("n", "found", "share", "share_found", "is_equal", "is_assumed", "is_confirmed")
    return {"id": row["stated"], **both(row["name"]), **{key: plain(row[key]) for key in keys}, "source": both(row["source"])}
