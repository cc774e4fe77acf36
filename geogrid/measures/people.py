"""Measures of the people of a subject, and of how they are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.measures.found import Found, found, nothing
from geogrid.subjects import subjects_of
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.facts import Facts, Subjects
    from geogrid.profileparts import Rule

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

ALL, COVERED = "all", "covered"
LATER = "later"
NO_HOMES = Text("没有住户", "no households")
NOT_SAID = Text("住户表没有填写{zh}", "no household states its {en}")
NO_SEASON = Text("住户表没有这个季节的人口", "no household states its persons of this season")
NO_MEMBERS = Text("单元表没有填写党员人数", "no unit states its party members")
NO_SHARES = Text("没有分包到人", "not shared among anybody")
NOT_SHARED = Text("{n} 户没有分包到人", "{n} households are nobody's share")
UNCOVERED = Text("{n} 户未覆盖", "{n} households are not covered")
JOIN = Text("可并入相邻的 {zh}", "could join its neighbours {en}")
MORE = Text("，另有 {n} 个", ", and {n} more")
ALONE = Text("50 米内没有同级单元", "has no neighbour of its kind within 50 m")
BESIDE_M = 50.0
"""Across a street; estates seldom share a border."""
NEIGHBOURS = 5


def households(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Count households."""
    del facts, rule
    return found(subjects.count()[at])


def persons(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Sum persons; of a season where ``options.season`` names one (a blank cell means persons)."""
    season = rule.options.get("season")
    whole = facts.households["persons"].astype("Float64")
    if season is None:
        return found(subjects.count(_floats(whole))[at])
    column = f"persons_{season}"
    if column not in facts.households:
        return nothing(len(at), NO_SEASON)
    return found(subjects.count(_floats(facts.households[column].astype("Float64").fillna(whole)))[at])


def aged_65(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Sum persons aged 65 and over of the households that state them."""
    del rule
    return _stated(facts, subjects, at, "aged_65", Text("65 岁以上人数", "persons aged 65 and over"))


def children_0_14(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Sum children aged 0 to 14 of the households that state them."""
    del rule
    return _stated(facts, subjects, at, "children_0_14", Text("0—14 岁人数", "children aged 0 to 14"))


def _stated(facts: Facts, subjects: Subjects, at: Ints, column: str, label: Text) -> Found:
    missing = NOT_SAID.fill(zh=label.zh, en=label.en)
    if column not in facts.households:
        return nothing(len(at), missing)
    cells = _floats(facts.households[column].astype("Float64"))
    says = subjects.count(~np.isnan(cells))
    return found(np.where(says > 0, subjects.count(cells), np.nan)[at], missing)


def deviation(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return how far the households are from the target, as a share of it; more and fewer alike."""
    del rule
    target = facts.profile.household_target
    return found(np.abs(subjects.count()[at] - target) / target)


def party_members(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Sum the party members of units; of a unit that states none, those of the units inside it. Advice: the neighbours."""
    units = facts.units
    if units is None or "party_members" not in units or units["party_members"].isna().all():
        return nothing(len(at), NO_MEMBERS)
    if subjects.table == "units" and subjects.rows["party_members"].notna().any():
        members = _floats(subjects.rows["party_members"].astype("Float64"))
    else:
        members = _sum_of_units(facts, subjects)
    advice = _neighbours(facts, subjects, at, members, rule) if subjects.table == "units" else None
    return found(members[at], NO_MEMBERS, advice)


def _sum_of_units(facts: Facts, subjects: Subjects) -> Floats:
    """Add up, for each subject, the units that state party members and lie in it."""
    total = np.full(len(subjects), np.nan)
    for level in facts.profile.levels:
        if level.of != "units":
            continue
        units = subjects_of(facts, level.id)
        stated = units.rows.get("party_members", pd.Series(pd.NA, index=units.rows.index, dtype="Float64"))
        if stated.isna().all():
            continue
        for above, number in zip(units.above, stated, strict=True):
            for key in above & subjects.position.keys() if pd.notna(number) else ():
                place = subjects.position[key]
                total[place] = np.nan_to_num(total[place]) + float(number)
        break
    return total


def _neighbours(facts: Facts, subjects: Subjects, at: Ints, members: Floats, rule: Rule) -> list[Text | None]:
    """Name for each unit those beside it that it could join: first those with which it reaches the minimum, then by border."""
    homes, least = _communities(facts, subjects), rule.min or 0.0
    said: list[Text | None] = []
    for place, beside in zip(at, _beside(subjects, at), strict=True):
        enough = np.nan_to_num(members[beside]) + np.nan_to_num(members[place]) >= least
        ranked = beside[np.argsort(~enough, kind="stable")]
        named = [
            _candidate(subjects, i, members[i], homes[i] if homes[place] and homes[i] != homes[place] else "")
            for i in ranked[:NEIGHBOURS]
        ]
        said.append(_joining(named, len(ranked) - len(named)) if named else ALONE)
    return said


def _beside(subjects: Subjects, at: Ints) -> list[Ints]:
    """Return for each unit those of its kind beside it, by the longest shared border; where there is none, by the distance."""
    shapes = subjects.rows.geometry.to_numpy()
    borders, tree = shapely.boundary(shapes), shapely.STRtree(shapes)
    ranked = []
    for place in at:
        near = np.sort(tree.query(shapes[place], predicate="dwithin", distance=BESIDE_M))
        near = near[near != place]
        shared = shapely.length(shapely.intersection(borders[near], borders[place]))
        if (shared > 0).any():
            near, rank = near[shared > 0], -shared[shared > 0]
        else:
            rank = shapely.distance(shapes[near], shapes[place])
        ranked.append(near[np.argsort(rank, kind="stable")])
    return ranked


def _communities(facts: Facts, subjects: Subjects) -> list[str]:
    """Return the name of the lowest area that each subject lies in, "" for none."""
    levels = [each for each in facts.profile.levels if each.of == "areas" and not each.cuts_across and not each.is_partial]
    if not levels:
        return [""] * len(subjects)
    areas = subjects_of(facts, levels[-1].id)
    names = dict(zip(areas.rows["id"], areas.rows["name"], strict=True))
    return [next((str(names[key]) for key in sorted(above) if key in names), "") for above in subjects.above]


def _candidate(subjects: Subjects, place: int, members: float, community: str) -> Text:
    """Return a neighbour with its party members, and its community where that is another one."""
    name = str(subjects.rows["name"].iloc[place])
    n = Text("未填", "not stated") if np.isnan(members) else Text(f"{members:,.0f} 名", f"{members:,.0f}")
    where = Text(f"，属{community}", f", in {community}") if community else Text("", "")
    return Text(f"{name}（{n.zh}{where.zh}）", f"{name} ({n.en}{where.en})")


def _joining(named: list[Text], left: int) -> Text:
    more = MORE.fill(n=left) if left else Text("", "")
    return JOIN.fill(zh="、".join(each.zh for each in named) + more.zh, en=", ".join(each.en for each in named) + more.en)


def share_covered(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the share of households that all of the services cover, now or later; without ``services`` all that are checked."""
    prefix = "status_later_" if rule.options.get("when") == LATER else "status_"
    if subjects.table == "services":
        inside = facts.households["grid_id"].notna().to_numpy()
        shares = [
            _is_covered(facts, (service,), prefix)[inside].mean() if inside.any() else np.nan for service in subjects.rows["id"]
        ]
        return found(np.array(shares)[at], NO_HOMES)
    covered = _is_covered(facts, rule.options.get("services", facts.services), prefix)
    homes, sums = subjects.count(), subjects.count(covered)
    with np.errstate(invalid="ignore"):
        values = (sums / homes)[at]
    left = (homes - sums)[at].astype(int)
    return found(values, NO_HOMES, [UNCOVERED.fill(n=n) if n else None for n in left])


def _is_covered(facts: Facts, services: tuple[str, ...] | list[str], prefix: str) -> npt.NDArray[np.bool_]:
    """Return which households are covered by all of the services; one that no facility offers covers nobody."""
    covered = np.ones(len(facts.households), dtype=bool)
    for service in services:
        column = f"{prefix}{service}"
        covered &= (facts.households[column] == COVERED).to_numpy() if column in facts.households else False
    return covered


def minutes(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the median of the households' minutes to the nearest facility, of several services the farthest one."""
    farthest = np.zeros(len(facts.households))
    for service in rule.options["services"]:
        column = facts.households.get(f"minutes_{service}")
        farthest = np.maximum(farthest, np.inf if column is None else _floats(column.astype("Float64").fillna(np.inf)))
    known = subjects.household >= 0
    medians = pd.Series(farthest[known]).groupby(subjects.household[known]).median()
    return found(medians.reindex(at).to_numpy(), NO_HOMES)


def shared(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the share of a subject's households that belong to somebody's share."""
    homes, held = subjects.count(), subjects.count(subjects_of(facts, rule.options["level"]).household >= 0)
    with np.errstate(invalid="ignore"):
        values = (held / homes)[at]
    left = (homes - held)[at].astype(int)
    return found(values, NO_HOMES, [NOT_SHARED.fill(n=n) if n else None for n in left])


def shares_spread(facts: Facts, subjects: Subjects, at: Ints, rule: Rule) -> Found:
    """Return the households of the largest share in a subject over the mean of its shares."""
    shares = subjects_of(facts, rule.options["level"])
    pairs = [(key, homes) for homes, above in zip(shares.count(), shares.above, strict=True) for key in above]
    inside = pd.DataFrame(pairs, columns=["id", "homes"]).groupby("id")["homes"].agg(["max", "mean"])
    spread = (inside["max"] / inside["mean"].where(inside["mean"] > 0)).reindex(subjects.rows["id"].iloc[at])
    return found(spread.to_numpy(dtype=float), NO_SHARES)


def _floats(column: pd.Series) -> Floats:
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
