"""What is said of proposed zones: names, what stops a village and would release it, the sheets and columns of the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.profile import Profile
    from geogrid.zoningrule import ZoneRule

ZONE = Text("片区", "zone")
VILLAGE_ENDINGS = ("行政村", "村委会", "社区", "村")
"""What a zone's name leaves out of its centre's village."""

ZONE_SHEETS: Mapping[str, Text] = {
    "zones": Text("建议片区", "Proposed zones"),
    "zone_villages": Text("各村归属", "Villages"),
    "zone_unplaced": Text("未编入的村", "Villages in none"),
    "zone_aims": Text("目标与证明", "Aims and proofs"),
}

ZONE_COLUMNS: Mapping[str, Text] = {
    "zone_id": Text("片区编号", "Zone id"),
    "zone_name": Text("片区", "Zone"),
    "zone_today": Text("现在所在片区", "Zone today"),
    "village_id": Text("村编号", "Village id"),
    "villages": Text("村数", "Villages"),
    "centre": Text("中心", "Centre"),
    "centre_id": Text("中心编号", "Centre id"),
    "centre_village": Text("中心所在村", "Centre's village"),
    "farthest": Text("最远的村", "Farthest village"),
    "is_centre": Text("中心村", "Centre village"),
    "is_possible": Text("别的分法可编入", "Possible in other zones"),
    "nearest_zone": Text("最近的片区", "Nearest zone"),
    "neighbour": Text("最近的村", "Nearest village"),
    "neighbour_m": Text("到最近村（米）", "To that village (m)"),
    "needs_m": Text("要多大半径（米）", "Radius it needs (m)"),
    "zone_pieces": Text("分成几块", "Pieces"),
    "within_name": Text("所属", "Lies in"),
    "why_not": Text("为什么未编入", "Why in none"),
    "what_releases": Text("怎样可以编入", "What would release it"),
    "aim": Text("目标", "Aim"),
    "value": Text("达到", "Reached"),
    "bound_value": Text("理论界限", "Bound"),
    "share_gap": Text("离最优不超过", "At most from the best"),
    "proof_said": Text("证明", "Proof"),
}

AIMS: Mapping[str, Text] = {
    "placed": Text("编入的村", "Villages placed"),
    "zones": Text("片区数（越少越好）", "Zones (the fewest)"),
    "people": Text("人口（越多越好）", "People (the most)"),
    "ways_m": Text("各村到中心距离之和（米，越短越好）", "Metres from villages to centres (the least)"),
}
PROOFS: Mapping[str, Text] = {
    "optimal": Text("已证明最优", "proven the best"),
    "gap": Text("与最优的差距已知", "within a known gap of the best"),
    "found": Text("未要求证明", "not an aim by itself"),
}


class Stopped(NamedTuple):
    """What stops one village: the bounds, the nearest zone's name and how far and large it is, and the village's nearest one."""

    stops: Sequence[str]
    zone: str
    metres: float
    size: int
    is_possible: bool
    neighbour: str
    neighbour_m: float
    needs_m: float
    within: int
    frees: Sequence[str] = ()
    is_limited: bool = False


def named_zone(profile: Profile, zone: str) -> Text:
    """Return what a place calls its zones."""
    return next((level.name for level in profile.levels if level.id == zone), ZONE)


def zone_name(centre: str, level: Text) -> str:
    """Return a zone's name, after the village of its centre.

    Examples
    --------
    >>> zone_name("天沙村", Text("融合发展区", "zone"))
    '天沙融合发展区'
    """
    ending = next((each for each in VILLAGE_ENDINGS if centre.endswith(each) and len(centre) > len(each)), "")
    return centre.removesuffix(ending) + level.zh


def why(found: Stopped, rule: ZoneRule) -> Text:
    """Say why a village is in no zone."""
    if not found.is_possible:
        return _never(found, rule)
    if not found.zone:
        return _NO_ZONE
    said = [_STOPS[stop].fill(**_values(found, rule)) for stop in found.stops]
    if not said:
        return _LESS.fill(zone=found.zone, metres=f"{found.metres:,.0f}")
    near = (
        _NEAREST.fill(zone=found.zone, metres=_length(found.metres).zh),
        _NEAREST.fill(zone=found.zone, metres=_length(found.metres).en),
    )
    return Text(near[0].zh + "；".join(each.zh for each in said) + "。", near[1].en + "; ".join(each.en for each in said) + ".")


def release(found: Stopped, rule: ZoneRule) -> tuple[Text, ...]:
    """Say what would let a village join the nearest zone; each thing releases its own bound."""
    if not found.is_possible:
        wider = np.isfinite(found.needs_m) and found.needs_m > rule.radius_m
        first = (_RELEASES["radius"].fill(metres=f"{np.ceil(found.needs_m):,.0f}"),) if wider else ()
        fewer = (_FEWER.fill(n=found.within),) if 1 < found.within < rule.villages[0] else ()
        return (*first, *fewer, *(_RELEASES[bound] for bound in found.frees))
    more = (_MORE,) if found.is_limited else ()
    return (*more, *(_RELEASES[stop].fill(**_values(found, rule)) for stop in found.stops if stop in _RELEASES))


def _never(found: Stopped, rule: ZoneRule) -> Text:
    """Say why no zone at all can hold a village."""
    values = _values(found, rule)
    if found.within == 0:
        return _NO_CENTRE.fill(**values)
    if found.within < rule.villages[0]:
        said = _ALONE if found.within == 1 else _FEW
        return _with_nearest(said.fill(**values), values)
    return _with_nearest(_BOUNDED[rule.touching, rule.persons != (0.0, np.inf)], values)


def _with_nearest(said: Text, values: Mapping[str, object]) -> Text:
    """Say which village is nearest, after what is said."""
    near = _NEAR.fill(**values) if values["neighbour"] else Text("", "")
    return Text(f"{said.zh}{near.zh}。", f"{said.en}{near.en}.")


def _values(found: Stopped, rule: ZoneRule) -> dict[str, object]:
    return {
        "zone": found.zone,
        "metres": f"{np.ceil(found.metres):,.0f}" if np.isfinite(found.metres) else "-",
        "radius": f"{rule.radius_m:,.0f}",
        "size": found.size,
        "more": found.size + 1,
        "low": rule.villages[0],
        "high": rule.villages[1],
        "within": found.within,
        "most": f"{rule.persons[1]:,.0f}",
        "neighbour": found.neighbour,
        "neighbour_m": f"{np.ceil(found.neighbour_m):,.0f}" if np.isfinite(found.neighbour_m) else "-",
    }


def _length(metres: float) -> Text:
    return Text(f"{metres:,.0f} 米", f"{metres:,.0f} m")


_NEAREST = Text("最近的是{zone}（距中心 {metres}）：", "the nearest is {zone} ({metres} from its centre): ")
_LESS = Text(
    "最近的{zone}（{metres} 米）放得下它，但那样别的目标会变差。",
    "{zone} ({metres} m) could hold it, at the cost of the other aims.",
)
_NO_ZONE = Text("附近没有片区。", "there is no zone near it.")
_STOPS: Mapping[str, Text] = {
    "way": Text("没有路到中心", "there is no way to the centre"),
    "area": Text("不在同一上级区域内", "it lies in another township or area"),
    "radius": Text("超过半径 {radius} 米", "farther than the radius of {radius} m"),
    "borders": Text("与该片区不相邻", "it does not border on that zone"),
    "villages": Text("已有 {size} 个村，上限 {high} 个", "it has {size} villages, and {high} at most"),
    "people": Text("加入后人口超过 {most} 人", "with it there would be more than {most} people"),
}
_RELEASES: Mapping[str, Text] = {
    "area": Text("允许片区跨上级区域", "let zones cross that border"),
    "radius": Text("半径放宽到 {metres} 米", "a radius of {metres} m"),
    "borders": Text("不要求连片", "do not ask that zones hang together"),
    "villages": Text("每片区最多 {more} 个村", "{more} villages a zone at most"),
    "people": Text("提高每片区人口上限", "more people a zone"),
}
_NEAR = Text("；最近的是{neighbour}（{neighbour_m} 米）", "; the nearest is {neighbour} ({neighbour_m} m)")
_ALONE = Text(
    "半径 {radius} 米内没有别的村，片区至少要 {low} 个村", "no other village within {radius} m, and a zone needs {low} villages"
)
_FEW = Text(
    "能与它同在一个中心半径 {radius} 米内的村最多 {within} 个，片区至少要 {low} 个村",
    "no centre has more than {within} villages, it included, within {radius} m, and a zone needs {low}",
)
_NO_CENTRE = Text("半径 {radius} 米内没有可作中心的地方。", "no possible centre within {radius} m.")
_BOUNDED: Mapping[tuple[bool, bool], Text] = {
    (False, False): Text("没有哪个片区能容下它", "no zone can hold it"),
    (True, False): Text("没有哪个片区能连片地容下它", "no zone that hangs together can hold it"),
    (False, True): Text("没有哪个片区能在人口的要求内容下它", "no zone can hold it within the bounds on people"),
    (True, True): Text(
        "没有哪个片区能在连片、人口的要求内容下它",
        "no zone can hold it within the bounds on people and on hanging together",
    ),
}
_MORE = Text("要更多的片区", "ask for more zones")
_FEWER = Text("每片区至少 {n} 个村", "{n} villages a zone at least")
