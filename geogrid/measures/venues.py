"""Measures of facilities: how many a subject has, how large they are, what they offer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geogrid.facts import PLACE, matching
from geogrid.measures.found import Found, found, nothing
from geogrid.measures.land import conditions
from geogrid.subjects import subjects_of
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Rule

    Ints = npt.NDArray[np.int64]

PLAN = "planned"
NO_FACILITIES = Text("没有提供设施", "no facilities given")
NO_AREA = Text("没有填写建筑面积", "its floor area is not stated")
NO_FUNCTIONS = Text("没有填写功能", "its functions are not stated")
NONE_INSIDE = Text("其中没有这样的设施", "no such facility inside")
PLANNED = Text("文件中已规划：{names}", "planned in the file: {names}")
NONE_PLANNED = Text("文件中没有规划", "none is planned in the file")
LACKS = Text("缺少：{names}", "lacks: {names}")


def facilities(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count facilities inside a subject that offer one of the services and meet the other conditions."""
    if facts.facilities is None:
        return nothing(len(at), NO_FACILITIES)
    places = subjects_of(facts, "facilities")
    wanted = {"services": tuple(rule.options["services"]), **conditions(rule)}
    for option, column in (("statuses", "status"), ("functions", "functions")):
        if option in rule.options:
            wanted[column] = tuple(rule.options[option])
    chosen = matching(places.rows, wanted)
    others = matching(places.rows, {**wanted, "status": (PLAN,)}) & ~chosen
    around = [(PLACE,) if subjects.table == PLACE else above for above in places.above]
    counts = Counter(key for place in np.flatnonzero(chosen) for key in around[place])
    planned: dict[str, list[str]] = {}
    for place in np.flatnonzero(others):
        for key in around[place]:
            planned.setdefault(key, []).append(str(places.rows["name"].iloc[place]))
    ids = subjects.rows["id"].iloc[at]
    return found([counts[key] for key in ids], advice=[_lacking(counts[key], planned.get(key, [])) for key in ids])


def _lacking(number: int, planned: list[str]) -> Text | None:
    """Say that there is no facility, and which are planned."""
    if number:
        return PLANNED.fill(names="、".join(planned)) if planned else None
    later = PLANNED.fill(names="、".join(planned)) if planned else NONE_PLANNED
    return Text(f"{NONE_INSIDE.zh}，{later.zh}", f"{NONE_INSIDE.en}, {later.en}")


def floor_area(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the floor area of facilities."""
    del facts, rule
    column = subjects.rows.get("floor_area_m2", pd.Series(np.nan, index=subjects.rows.index))
    return found(column.to_numpy(dtype=float, na_value=np.nan)[at], NO_AREA)


def functions(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count how many of the asked functions a facility offers, and name those it lacks; without ``functions`` all it offers."""
    del facts
    asked = tuple(dict.fromkeys(rule.options.get("functions", ())))
    column = subjects.rows.get("functions", pd.Series([()] * len(subjects), dtype=object))
    offered = [{str(each) for each in cell} if isinstance(cell, list | tuple) else set() for cell in column.iloc[at]]
    values = [len(set(asked) & has if asked else has) or (0 if has else np.nan) for has in offered]
    lacking = ["、".join(name for name in asked if name not in has) for has in offered]
    return found(values, NO_FUNCTIONS, [LACKS.fill(names=names) if names else None for names in lacking])
