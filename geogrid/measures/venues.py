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

NO_FACILITIES = Text("没有提供设施", "no facilities given")
NO_AREA = Text("没有填写建筑面积", "its floor area is not stated")
NO_FUNCTIONS = Text("没有填写功能", "its functions are not stated")
NONE_INSIDE = Text("其中没有这样的设施", "no such facility inside")
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
    chosen = np.flatnonzero(matching(places.rows, wanted))
    counts = Counter(key for place in chosen for key in ((PLACE,) if subjects.table == PLACE else places.above[place]))
    values = [counts[key] for key in subjects.rows["id"].iloc[at]]
    return found(values, advice=[None if n else NONE_INSIDE for n in values])


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
