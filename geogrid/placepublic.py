"""What may be published of a place's standards and stated sizes.

`geogrid.themed.telling` decides for every subject, as it does for the public map, whether the public may learn if it meets a
standard: report and map say the same. What is measured of land, facilities, staff and streets is a fact about the office and is
published with names and values, except of units with few households, which are counted as withheld, and of sets of households,
whose names are those of private people: these are counted only. A standard that counts people is published as how many of the
subjects that may be told meet it, and how many are withheld, without naming one and without a value. A sum of people is published
only where it is the public number of one node of the tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.facts import PLACE
from geogrid.plain import both, plain
from geogrid.standards import FAIL, INCOMPLETE, PASS
from geogrid.subjects import chosen
from geogrid.themed.stage import WHOLE, staged
from geogrid.themed.telling import is_told, tells

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from geogrid.facts import Subjects
    from geogrid.placereport import PlaceReport
    from geogrid.profileparts import Rule
    from geogrid.themed.stage import Stage

    Flags = npt.NDArray[np.bool_]

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
        JSON-ready: ``standards`` with counts of what may be told (None where nothing may), ``withheld`` subjects and named
        ``failures``; and ``stated`` sizes, what was found being None where it is for the office only.
    """
    stage = staged(place)
    rules, stated = stage.profile.standards, stage.profile.stated
    return {
        "standards": [_standard(stage, row, rules[row["standard"]]) for row in stage.judged.standards.to_dict(orient="records")],
        "stated": [_stated(stage, row, stated[row["stated"]]) for row in stage.judged.stated.to_dict(orient="records")],
    }


def _standard(stage: Stage, row: dict[Any, Any], rule: Rule) -> dict[str, Any]:
    results = stage.judged.results[stage.judged.results["standard"] == row["standard"]]
    told, named = _told(stage, rule, results)
    counts = _counts(results[told], is_known=bool(told.any()) or not len(results))
    return {
        "id": row["standard"],
        **both(row["name"]),
        "of": row["of"],
        "is_about_people": not is_told(rule),
        "bound": both(row["bound"]),
        "is_judged": bool(row["is_judged"]),
        "subjects": int(row["subjects"]),
        **counts,
        "withheld": int((~told).sum()),
        "share": plain(row["share"]) if told.all() else None,
        "source": both(row["source"]),
        "is_confirmed": bool(row["is_confirmed"]),
        "failures": _failures(results[named]),
    }


def _told(stage: Stage, rule: Rule, results: pd.DataFrame) -> tuple[Flags, Flags]:
    """Return for each result of a standard whether it is counted, and whether its subject may be named."""
    subjects = stage.subjects(rule.of)
    at = np.array([subjects.position[key] for key in results["subject_id"]], dtype=np.int64)
    told = tells(stage, rule)[at]
    if not is_told(rule):
        return told, np.zeros(len(at), dtype=bool)
    return told | (subjects.table == "households"), told


def _counts(results: pd.DataFrame, *, is_known: bool) -> dict[str, int | None]:
    keys = {"passed": PASS, "failed": FAIL, "incomplete": INCOMPLETE}
    return {key: int((results["result"] == result).sum()) if is_known else None for key, result in keys.items()}


def _failures(results: pd.DataFrame) -> list[dict[str, Any]]:
    """Name what fails, then what is incomplete, each by its id: an order by people would bound counts that are withheld."""
    ordered = results.sort_values("subject_id")
    return [
        {
            "id": row["subject_id"],
            "name": row["name"],
            "result": row["result"],
            "value": both(row["shown"]),
            "said": None if (said := row["advice"] or row["missing"]) is None else both(said),
        }
        for result in (FAIL, INCOMPLETE)
        for row in ordered[ordered["result"] == result].head(NAMED_MOST).to_dict(orient="records")
    ]


def _stated(stage: Stage, row: dict[Any, Any], rule: Rule) -> dict[str, Any]:
    """Return a stated size; what was found, and whether it is equal, only where that may be told."""
    told = _is_size_told(stage, rule)
    found = {key: plain(row[key]) if told else None for key in ("found", "share_found", "is_equal")}
    given = {key: plain(row[key]) for key in ("n", "share", "is_assumed", "is_confirmed")}
    given["is_about_people"] = not is_told(rule)
    return {"id": row["stated"], **both(row["name"]), **given, **found, "source": both(row["source"])}


def _is_size_told(stage: Stage, rule: Rule) -> bool:
    """Return whether a size may be told: it is not about people, all that it counts may be told, or it is a public number."""
    if is_told(rule):
        return True
    subjects, at = chosen(stage.facts, rule)
    if rule.min is not None or rule.max is not None:
        return bool(tells(stage, rule)[at].all())
    return not (rule.options or rule.where or rule.scope) and _is_public_node(stage, subjects, rule.measure)


def _is_public_node(stage: Stage, subjects: Subjects, measure: str) -> bool:
    """Return whether subjects are a single node of the tree whose own number is public."""
    told = stage.told.get(measure, frozenset())
    if subjects.kind == PLACE:
        return WHOLE in told
    return len(subjects) == 1 and stage.is_on_tree(subjects) and subjects.rows["id"].iloc[0] in told
