"""Faults of a made-up place, planted in known places: for each kind of measure how a subject is made to fail it.

A fault never changes a stated size: people and facilities that one subject loses go to another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _place_gaps import minutes
from _place_staff import living, of_kind
from _place_venues import meant, placed
from _place_world import Fault

from geogrid.labels import CODES
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from _place_world import World

    from geogrid.profileparts import Standard

DROP = 0.82
"""How much of the bound an area that is too small has."""


def with_faults(world: World) -> World:
    """Return the place with a fault for every standard that leaves room for one, and those that checks beside them find."""
    for standard in world.profile.standards.values():
        plant = PLANTERS.get(standard.measure)
        if plant is not None and standard.is_judged and standard.id not in world.recipe.spared:
            world = plant(world, standard)
    for each in (_unstaffed, _left_out, _outside):
        world = each(world)
    return world


def _fail(standard: Standard, subject: str, zh: str, en: str, kind: str = "fail") -> Fault:
    return Fault(kind, subject, ("standard", standard.id), zh, en)


def _picked(world: World, standard: Standard, number: int) -> list[str]:
    """Return subjects of a standard in which nothing was planted yet."""
    rows = living(world, standard.of)
    for column, words in standard.where.items():
        rows = rows[rows[column].isin(words)] if column in rows else rows.iloc[:0]
    if standard.scope:
        rows = rows[np.isin(world.counties(standard.of), standard.scope)]
    free = rows[~rows["id"].isin({fault.subject_id for fault in world.faults})]
    return [str(free["id"].iloc[k]) for k in world.rng(f"fault {standard.id}").permutation(len(free))[:number]]


def _staff(world: World, standard: Standard) -> World:
    """Let one subject have nobody, one too many where that is limited, and one somebody who is no party member."""
    if standard.of == "streets":
        return _street(world, standard)
    staff = world.tables["staff"]
    roles = list(standard.options.get("roles", ()))
    lacking, other = _picked(world, standard, 2)
    rows = staff["role"].isin(roles) & (staff["of_kind"] == of_kind(world, standard.of))
    before = int((rows & (staff["of_id"] == lacking)).sum())
    who = _called(roles)
    staff = _moved(staff, rows & (staff["of_id"] == lacking), other)
    faults = [_fail(standard, lacking, f"没有{who.zh}（原有 {before} 人）", f"has no {who.en} ({before} before)")]
    if standard.max is not None:
        faults.append(_fail(standard, other, "人数超过规定", "has more of them than allowed"))
    if standard.options.get("party_member"):
        third = next(each for each in _picked(world, standard, 3) if each not in (lacking, other))
        mine = rows & (staff["of_id"] == third)
        staff = staff.assign(party_member=staff["party_member"].mask(mine, "no"))
        faults.append(_fail(standard, third, f"{who.zh}不是党员", f"its {who.en} is no party member"))
    return world.having(*faults, staff=staff)


def _called(roles: Sequence[str]) -> Text:
    """Return roles as people call them."""
    words = [CODES[role] for role in roles]
    return Text("、".join(word.zh for word in words), " or ".join(word.en.lower() for word in words))


def _moved(staff: pd.DataFrame, lost: pd.Series, other: str) -> pd.DataFrame:
    """Return the staff with some people given to another subject; whoever is there already leaves the row."""
    moved = staff.assign(of_id=staff["of_id"].mask(lost, other))
    return moved.drop_duplicates(["staff_id", "role", "of_kind", "of_id"], ignore_index=True)


def _street(world: World, standard: Standard) -> World:
    """Let three streets have nobody."""
    staff = world.tables["staff"]
    streets = np.sort(world.rng("streets").permutation(staff.loc[staff["of_kind"] == "street", "of_id"].unique())[:3])
    faults = [_fail(standard, street, "背街小巷没有责任人", "nobody is responsible for the back street") for street in streets]
    return world.having(
        *faults, staff=staff[~((staff["of_kind"] == "street") & staff["of_id"].isin(streets))].reset_index(drop=True)
    )


def _filled(world: World, standard: Standard) -> World:
    """Leave a column of one subject blank."""
    column = standard.options["columns"][-1]
    (blank,) = _picked(world, standard, 1)
    rows = world.subjects[standard.of]
    own = rows[column].astype(object) if column in rows else pd.Series(None, index=rows.index, dtype=object)
    blanks = {**world.tables.get("blanks", {}), (standard.of, blank): column}
    subjects = {**world.subjects, standard.of: rows.assign(**{column: own.mask(rows["id"] == blank, None)})}
    fault = _fail(standard, blank, f"没有填写 {column}", f"{column} is not stated")
    return replace(world.having(fault, blanks=blanks), subjects=subjects)


def _facilities(world: World, standard: Standard) -> World:
    """Move the facility of one subject into another one; of a standard about statuses, let many only be planned."""
    frame = world.tables["facilities"]
    services = list(standard.options["services"])
    offers = frame["services"].isin(services) & (frame["of"] == standard.of)
    rows = world.subjects[standard.of]
    here = rows["id"].isin(frame.loc[offers & (frame["status"] == "built"), "of_id"]).to_numpy()
    here = here & ~np.isin(world.counties(standard.of), world.recipe.spared_counties)
    free = rows[here & ~rows["id"].isin({fault.subject_id for fault in world.faults}).to_numpy()]
    order = _by_township(world, free, f"fault {standard.id}")
    lacking, other = (free.iloc[order[k]] for k in (0, -1))
    mine = offers & (frame["of_id"] == lacking["id"])
    frame = _at(frame, mine, other)
    faults = [_fail(standard, lacking["id"], "没有这样的设施", "has no such facility")]
    if standard.max is not None:
        faults.append(_fail(standard, other["id"], "有两处，超过规定", "has two, more than allowed"))
    if "statuses" in standard.options and world.recipe.planned:
        later = free.iloc[order[1 : 1 + world.recipe.planned]]["id"]
        frame = frame.assign(status=frame["status"].mask(offers & frame["of_id"].isin(later), "planned"))
        faults += [_fail(standard, own, "阵地还在规划中", "its venue is only planned") for own in later]
    return world.having(*faults, facilities=placed(world, frame))


def _by_township(world: World, rows: pd.DataFrame, part: str) -> Any:
    """Return an order of subjects in which most of a township stand together: what is lacking lacks in some corners."""
    rng = world.rng(part)
    chance = rng.random(len(world.subjects["township"]))
    return np.argsort(chance[world.land.of["township"][rows["leaf"]]] + rng.random(len(rows)) / 3, kind="stable")


def _at(frame: pd.DataFrame, mine: pd.Series, other: pd.Series) -> pd.DataFrame:
    return frame.assign(
        of_id=frame["of_id"].mask(mine, other["id"]),
        leaf=frame["leaf"].mask(mine, other["leaf"]),
        name=frame["name"].mask(mine, frame["name"] + "（新址）"),
    )


def _floor_area(world: World, standard: Standard) -> World:
    """Make one facility too small, one too large where that is limited, and leave one area blank; say all that are too small."""
    frame = world.tables["facilities"]
    rows = frame[meant(frame, standard)].sort_values("floor_area_m2", kind="stable")
    area = frame["floor_area_m2"].copy()
    fine = rows[rows["floor_area_m2"] >= (standard.min or 0.0)]
    if len(fine) == len(rows):
        area[rows.index[0]] = round((standard.min or 0.0) * DROP)
    if standard.max is not None:
        area[rows.index[-1]] = round(standard.max / DROP)
    spare = rows.index[1] if len(fine) == len(rows) else rows.index[0]
    area[spare] = np.nan
    frame = frame.assign(floor_area_m2=area)
    own = frame.loc[rows.index]
    small = own["floor_area_m2"] < (standard.min or 0.0)
    large = own["floor_area_m2"] > (standard.max or np.inf)
    faults = [_fail(standard, key, "建筑面积不足", "its floor area is too small") for key in own.loc[small, "facility_id"]]
    faults += [_fail(standard, key, "建筑面积超过上限", "its floor area is too large") for key in own.loc[large, "facility_id"]]
    blank = _fail(standard, own.loc[spare, "facility_id"], "没有填写建筑面积", "its floor area is not stated", "incomplete")
    return world.having(*faults, blank, facilities=frame)


def _functions(world: World, standard: Standard) -> World:
    """Let one facility lack a function; where no stated size counts them, leave those of another one blank."""
    frame = world.tables["facilities"]
    asked = tuple(standard.options.get("functions", ()))
    counted = any(s.measure == "functions" for s in world.profile.stated.values())
    if counted:
        return _old_centre(world, standard) if not asked else _swapped(world, standard, asked)
    rows = frame.index[meant(frame, standard)]
    lacking, blank = world.rng(f"fault {standard.id}").permutation(rows)[:2]
    functions = frame["functions"].copy()
    functions[lacking] = ";".join(name for name in str(functions[lacking]).split(";") if name != asked[-1])
    functions[blank] = None
    return world.having(
        _fail(standard, frame.loc[lacking, "facility_id"], f"缺少{asked[-1]}", f"lacks {asked[-1]}"),
        _fail(standard, frame.loc[blank, "facility_id"], "没有填写功能", "its functions are not stated", "incomplete"),
        facilities=frame.assign(functions=functions),
    )


def _swapped(world: World, standard: Standard, asked: tuple[str, ...]) -> World:
    """Let one facility offer something else in place of a function that is asked for."""
    frame = world.tables["facilities"]
    row = world.rng(f"fault {standard.id}").permutation(frame.index[meant(frame, standard)])[0]
    functions = frame["functions"].copy()
    functions[row] = str(functions[row]).replace(asked[-1], "阅览角")
    fault = _fail(standard, frame.loc[row, "facility_id"], f"缺少{asked[-1]}", f"lacks {asked[-1]}")
    return world.having(fault, facilities=frame.assign(functions=functions))


def _old_centre(world: World, standard: Standard) -> World:
    """Add a facility with too few functions and no stated area, beside one that has enough."""
    frame = world.tables["facilities"]
    like = frame[meant(frame, standard)].iloc[[0]]
    name = like["name"].iloc[0] + "（旧址）"
    key = f"F{len(frame) + 1:0{len(str(len(frame)))}d}"
    old = like.assign(facility_id=key, name=name, floor_area_m2=np.nan, functions="服务大厅;议事室;调解室")
    found = []
    for rule in world.profile.standards.values():
        if rule.of == "facilities" and rule.measure in ("functions", "floor_area") and meant(old, rule)[0]:
            kind = "incomplete" if rule.measure == "floor_area" else "fail"
            found.append(_fail(rule, key, "旧址功能不足，面积未填", "an old site: too few functions, no floor area", kind))
    return world.having(*found, facilities=placed(world, pd.concat([frame, old], ignore_index=True)))


def _shared(world: World, standard: Standard) -> World:
    """Let some households of one grid be nobody's share."""
    (grid,) = _picked(world, standard, 1)
    homes = world.tables["households"]
    mine = np.flatnonzero(_lives(world, standard.of, grid))[::9]
    own = homes["staff_id"].to_numpy(dtype=object).copy()
    own[mine] = None
    text = (f"{len(mine)} 户没有分包到人", f"{len(mine)} households are nobody's share")
    left = Fault("left_out", grid, ("check", "levels"), *text)
    return world.having(_fail(standard, grid, *text), left, households=homes.assign(staff_id=own))


def _uneven(world: World, standard: Standard) -> World:
    """Let most households of one grid be the share of one person."""
    (grid,) = _picked(world, standard, 1)
    homes = world.tables["households"]
    mine = np.flatnonzero(_lives(world, standard.of, grid))
    own = homes["staff_id"].to_numpy(dtype=object).copy()
    people = pd.unique(own[mine])
    own[mine[: len(mine) - len(people) + 1]] = people[0]
    own[mine[len(mine) - len(people) + 1 :]] = people[1:]
    fault = _fail(standard, grid, "住户几乎都分给一人", "nearly all households are one person's share")
    return world.having(fault, households=homes.assign(staff_id=own))


def _lives(world: World, level: str, subject: str) -> Any:
    position = int(np.flatnonzero(world.subjects[level]["id"] == subject)[0])
    at = world.tables["households"]["at"].to_numpy()
    return world.homes_of[level][at] == position


def _party_members(world: World, standard: Standard) -> World:
    """Give a dozen estates too few party members, and say nothing of one."""
    *few, blank = _picked(world, standard, 13)
    rows = world.subjects[standard.of]
    number = rows["party_members"].astype(object).to_numpy().copy()
    for k, key in enumerate(few):
        number[np.flatnonzero(rows["id"] == key)] = k % int(standard.min or 1)
    number[np.flatnonzero(rows["id"] == blank)] = None
    subjects = {**world.subjects, standard.of: rows.assign(party_members=number)}
    faults = [_fail(standard, key, "党员人数不足", "has too few party members") for key in few]
    blanked = _fail(standard, blank, "没有填写党员人数", "its party members are not stated", "incomplete")
    return replace(world.having(*faults, blanked), subjects=subjects)


def _unstaffed(world: World) -> World:
    """Let one subject have nobody of a role that its level needs and no standard asks for; shares are nobody's without theirs."""
    rules = [rule for rule in world.profile.standards.values() if rule.measure == "staff" and rule.is_judged]
    asked = {(rule.of, role) for rule in rules for role in rule.options.get("roles", ())}
    sharing = {role for level in world.profile.levels if level.of == "households" for role in level.select or ()}
    for level in world.profile.levels:
        for role in level.staff:
            if (level.id, role) not in asked and role not in sharing:
                world = _vacant(world, level.id, role)
    return world


def _vacant(world: World, level: str, role: str) -> World:
    staff, taken = world.tables["staff"], {fault.subject_id for fault in world.faults}
    free = [key for key in living(world, level)["id"] if key not in taken]
    lost, other = (free[k] for k in world.rng(f"vacant {level} {role}").permutation(len(free))[:2])
    rows = (staff["role"] == role) & (staff["of_kind"] == of_kind(world, level)) & (staff["of_id"] == lost)
    who = _called([role])
    fault = Fault("vacant", lost, ("check", "staffing"), f"没有{who.zh}", f"has no {who.en}")
    return world.having(fault, staff=_moved(staff, rows, other))


def _left_out(world: World) -> World:
    """Let one subject have nobody of the level of households below it: its people look after the next one."""
    level = next((each for each in world.profile.levels if each.of == "households"), None)
    if level is None or world.recipe.back_streets:
        return world
    staff, homes, parent = world.tables["staff"], world.tables["households"], str(level.parent)
    taken = {fault.subject_id for fault in world.faults}
    free = [key for key in living(world, parent)["id"] if key not in taken]
    lost, other = (free[k] for k in world.rng("left out").permutation(len(free))[:2])
    rows = staff["role"].isin(level.select or ()) & (staff["of_id"] == lost)
    own = homes["staff_id"].where(~_lives(world, parent, lost), None)
    text = (f"没有{level.zh}，住户不属于任何{level.zh}", f"has no {level.en}; its households belong to none")
    fault = Fault("left_out", lost, ("check", "levels"), *text)
    return world.having(fault, staff=_moved(staff, rows, other), households=homes.assign(staff_id=own))


def _outside(world: World) -> World:
    """Add a household east of the place, in no grid."""
    homes = world.tables["households"]
    east, north = world.land.lattice.corners.max(axis=0)
    key = f"H{len(homes) + 1:0{len(str(len(homes)))}d}"
    row = {**dict.fromkeys(homes.columns), "household_id": key, "x": east + 400.0, "y": north * 0.1, "at": 0}
    fault = Fault("outside", key, ("check", "assign"), "住户在所有网格之外", "the household lies outside all grids")
    row |= {"persons": 3, "aged_65": 0, "children_0_14": 1}
    return world.having(
        fault, households=pd.DataFrame([*homes.to_dict("records"), row]) if len(homes) < 2 else _appended(homes, row)
    )


def _appended(homes: pd.DataFrame, row: Mapping[str, Any]) -> pd.DataFrame:
    """Return the households with one more, every column of its own type."""
    return pd.DataFrame({name: pd.array([*homes[name], row[name]], dtype=homes[name].dtype) for name in homes.columns})


PLANTERS: Mapping[str, Callable[[World, Standard], World]] = {
    "staff": _staff,
    "filled": _filled,
    "facilities": _facilities,
    "floor_area": _floor_area,
    "functions": _functions,
    "shared": _shared,
    "shares_spread": _uneven,
    "party_members": _party_members,
    "minutes": minutes,
}
"""How a fault is planted against each kind of measure; areas across (children, radius) are made with theirs."""
