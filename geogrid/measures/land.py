"""Measures of polygons: size, shape, what lies below them and how far."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.facts import matching
from geogrid.measures.found import Found, found, nothing
from geogrid.subjects import subjects_of
from geogrid.words import Text

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Rule

    Ints = npt.NDArray[np.int64]

M2_PER_KM2 = 1e6
NO_LAND = Text("没有区域图形", "no areas given")
NO_CENTRE = Text("其中没有这样的中心", "no such centre inside")
NO_CHILDREN = Text("其中没有下级", "nothing of that level inside")
NOT_FILLED = Text("没有填写：{names}", "not stated: {names}")
FARTHEST = Text("最远的是{name}", "the farthest is {name}")


def area(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return square kilometres; of the place those of its smallest grids."""
    del rule
    shapes = facts.grids.geometry if subjects.table == "place" else subjects.rows.geometry
    sizes = shapes.area.to_numpy() / M2_PER_KM2
    return found([sizes.sum()] if subjects.table == "place" else sizes[at])


def compactness(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the score of Polsby and Popper, 4π area / perimeter²: 1 for a circle."""
    del facts, rule
    shapes = subjects.rows.geometry.to_numpy()[at]
    return found(4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2)


def children(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count the subjects of a level that lie in each subject; of an area across the tree its members."""
    below = subjects_of(facts, rule.options["level"])
    members = _members(facts)
    around = ((above | members.get(own, frozenset())) - {own} for own, above in zip(below.rows["id"], below.above, strict=True))
    counts = Counter(chain.from_iterable(around))
    return found(counts[key] for key in subjects.rows["id"].iloc[at])


def subjects(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count the subjects of several levels together."""
    del subjects, at
    return found([sum(len(subjects_of(facts, level)) for level in rule.options["levels"])])


def filled(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count the columns in which a subject states something, and name those in which it states nothing."""
    del facts
    asked = tuple(dict.fromkeys(rule.options["columns"]))
    rows = subjects.rows.iloc[at]
    said = {name: _is_said(rows[name]) if name in rows else np.zeros(len(at), dtype=bool) for name in asked}
    lacking = ["、".join(name for name in asked if not said[name][i]) for i in range(len(at))]
    return found(np.sum([*said.values()], axis=0), advice=[NOT_FILLED.fill(names=names) if names else None for names in lacking])


def _is_said(column: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which cells hold anything but blanks."""
    return np.array([False if pd.isna(cell) else bool(str(cell).strip()) for cell in column], dtype=bool)


def _members(facts: Facts) -> dict[str, frozenset[str]]:
    """Return the areas across the tree that each member belongs to."""
    table = facts.area_members
    if table is None:
        return {}
    return {member: frozenset(rows["area_id"]) for member, rows in table.groupby("member_id")}


def radius(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the metres from a subject's centre, a facility, to the farthest point inside a child; of several centres the best.

    Straight lines, to a point inside each child (shapely's representative point).
    """
    if facts.facilities is None:
        return nothing(len(at), NO_CENTRE)
    below, places = subjects_of(facts, rule.options["level"]), subjects_of(facts, "facilities")
    is_centre = matching(places.rows, {"services": tuple(rule.options["services"]), **conditions(rule)})
    members, values, said, missing = _members(facts), [], [], []
    inner = below.rows.geometry.representative_point() if len(below) else []
    for key in subjects.rows["id"].iloc[at]:
        centres = [i for i in np.flatnonzero(is_centre) if key in places.above[i]]
        kids = [i for i, own in enumerate(below.rows["id"]) if key in below.above[i] | members.get(own, frozenset())]
        value, farthest = _farthest(places.rows.geometry.iloc[centres], inner, kids) if centres and kids else (np.nan, -1)
        values.append(value)
        missing.append(None if farthest >= 0 else NO_CENTRE if kids else NO_CHILDREN)
        said.append(FARTHEST.fill(name=below.rows["name"].iloc[farthest]) if farthest >= 0 else None)
    return Found(np.array(values, dtype=float), missing, said)


def conditions(rule: Rule) -> dict[str, tuple[str, ...]]:
    """Return the conditions on facilities of a rule's options, each as a tuple of words."""
    where = rule.options.get("where", {})
    return {column: (words,) if isinstance(words, str) else tuple(words) for column, words in where.items()}


def _farthest(centres: Any, inner: Any, kids: list[int]) -> tuple[float, int]:
    """Return the least, over the centres, of the distance to the farthest child, and that child."""
    ways = np.array([[centre.distance(inner.iloc[kid]) for kid in kids] for centre in centres])
    best = int(ways.max(axis=1).argmin())
    return float(ways[best].max()), kids[int(ways[best].argmax())]
