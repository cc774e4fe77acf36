"""What a zone must be: the place's own standards on zones, and what somebody asks for instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.profile import Profile
    from geogrid.profileparts import Standard

STRAIGHT, NO_LEVEL = "straight", "none"
VILLAGES, FACILITIES = "villages", "facilities"


@dataclass(frozen=True)
class ZonesAsked:
    """What somebody asks for; what is None is as the place's standards say.

    Attributes
    ----------
    number : int or None
        So many zones, with as many people as possible; None asks for the fewest zones that hold every village.
    villages : (int, int) or None
        The fewest and most villages of a zone.
    radius_m : float or None
        The farthest that a village may be from its centre, in metres.
    along : str
        "straight", or the way of travelling whose streets the metres are measured along.
    within : str or None
        The level whose areas zones may not cross, "none" or "" for no such bound.
    persons : (float, float) or None
        The fewest and most people of a zone.
    touching : bool
        Whether a zone's villages must hang together.
    centres : str
        Where a centre may be: "villages" (at a village's inner point) or "facilities" (those that stand already).
    level : str
        The level of the zones; by default the one that the place has standards for.
    seed : int
        Where chances begin.
    """

    number: int | None = None
    villages: tuple[int, int] | None = None
    radius_m: float | None = None
    along: str = STRAIGHT
    within: str | None = None
    persons: tuple[float, float] | None = None
    touching: bool = False
    centres: str = VILLAGES
    level: str = ""
    seed: int = 0


@dataclass(frozen=True)
class ZoneRule:
    """What a zone must be: ``zone`` and ``village`` are levels' ids, ``within`` one or "", ``services`` what a centre offers.

    The other values are those of `ZonesAsked`, none of them missing.
    """

    zone: str
    village: str
    within: str
    villages: tuple[int, int]
    radius_m: float
    along: str
    persons: tuple[float, float]
    touching: bool
    centres: str
    services: tuple[str, ...]


def rule_of(profile: Profile, asked: ZonesAsked) -> ZoneRule:
    """Return what a zone must be.

    Raises
    ------
    InputError
        When neither the place's standards nor the options say how many villages a zone holds or how far it reaches, or a number
        cannot be.
    NotFoundError
        When there is no such level.

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> rule = rule_of(load_profile("fushan"), ZonesAsked())
    >>> rule.zone, rule.within, rule.villages, rule.radius_m
    ('zone', 'township', (3, 8), 4000.0)
    """
    level = _level(profile, asked)
    size, reach = _standard(profile, level, "children"), _standard(profile, level, "radius")
    villages = asked.villages or _range(size)
    radius_m = asked.radius_m or (reach.max if reach is not None else None)
    if villages is None or radius_m is None:
        raise InputError(_SAY.fill(profile=profile.id))
    rule = ZoneRule(
        zone=level,
        village=_village(profile, size, reach),
        within=_within(profile, level) if asked.within is None else _known(profile, asked.within),
        villages=villages,
        radius_m=float(radius_m),
        along=asked.along,
        persons=asked.persons or (0.0, np.inf),
        touching=asked.touching,
        centres=asked.centres,
        services=tuple(reach.options.get("services", ())) if reach is not None else (),
    )
    _require_usable(rule, asked)
    return rule


def _level(profile: Profile, asked: ZonesAsked) -> str:
    """Return the level asked for or, first, the one with standards on its radius; else the one called a zone."""
    if asked.level:
        return _known(profile, asked.level)
    judged = [standard.of for standard in profile.standards.values() if standard.measure == "radius" and standard.is_judged]
    known = [level.id for level in profile.levels if level.of == "areas"]
    return next((each for each in judged if each in known), "zone")


def _known(profile: Profile, name: str) -> str:
    """Return a level's id by any of its names, "" for none."""
    if name in {"", NO_LEVEL}:
        return ""
    wanted = name.casefold()
    for level in profile.levels:
        if wanted in {each.casefold() for each in level.names}:
            return level.id
    raise NotFoundError(_NO_LEVEL.fill(level=name, known=", ".join(level.id for level in profile.levels)))


def _standard(profile: Profile, level: str, measure: str) -> Standard | None:
    found = [each for each in profile.standards.values() if (each.of, each.measure) == (level, measure)]
    return next((each for each in found if each.is_judged and each.max is not None), None)


def _range(size: Standard | None) -> tuple[int, int] | None:
    return None if size is None or size.max is None else (int(size.min or 1), int(size.max))


def _village(profile: Profile, *standards: Standard | None) -> str:
    """Return the level of what zones are made of."""
    named = [str(each.options["level"]) for each in standards if each is not None and "level" in each.options]
    return named[0] if named else _known(profile, "village")


def _within(profile: Profile, zone: str) -> str:
    """Return the level above zones where that is one that several zones lie in."""
    level: Any = next((each for each in profile.levels if each.id == zone), None)
    return "" if level is None or level.cuts_across else level.parent or ""


def _require_usable(rule: ZoneRule, asked: ZonesAsked) -> None:
    low, high = rule.villages
    least, most = rule.persons
    if not 1 <= low <= high:
        raise InputError(_VILLAGES.fill(low=low, high=high))
    if not 0 < rule.radius_m < np.inf:
        raise InputError(_RADIUS.fill(value=rule.radius_m))
    if not 0 <= least <= most:
        raise InputError(_PERSONS.fill(low=least, high=most))
    if asked.number is not None and asked.number < 1:
        raise InputError(_NUMBER.fill(value=asked.number))
    if rule.centres not in {VILLAGES, FACILITIES}:
        raise InputError(_CENTRES.fill(value=rule.centres))


_SAY = Text(
    "配置 {profile} 没有规定片区含几个村、辐射多远；请用 --villages 3-8 和 --radius 4000 给出。",
    "profile {profile} does not say how many villages a zone holds and how far it reaches: give --villages 3-8, --radius 4000.",
)
_NO_LEVEL = Text("没有层级“{level}”；可用：{known}。", "there is no level {level!r}; there are: {known}.")
_VILLAGES = Text(
    "每个片区 {low}–{high} 个村不可用；下限应至少为 1，且不大于上限。",
    "{low}-{high} villages a zone cannot be; give a lowest number of 1 or more that is not above the highest.",
)
_RADIUS = Text("半径 {value} 米不可用；应大于 0。", "a radius of {value} m cannot be; give one above 0.")
_PERSONS = Text(
    "每个片区 {low}–{high} 人不可用；下限不能小于 0，也不能大于上限。",
    "{low}-{high} people a zone cannot be; the lowest is 0 or more and not above the highest.",
)
_NUMBER = Text("片区数 {value} 不可用；应至少为 1。", "{value} zones cannot be; give 1 or more.")
_CENTRES = Text(
    "中心“{value}”不可用；可用：villages（村内）、facilities（已有设施）。",
    "centres cannot be {value!r}; give villages (in a village) or facilities (those that stand).",
)
