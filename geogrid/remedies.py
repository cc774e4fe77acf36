"""What to do about a subject that fails a standard: by how much it is short or over, and a remedy. Adding one is adding a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.profile import Profile
    from geogrid.profileparts import Rule


class Remedy(NamedTuple):
    """What to do below a bound, and above it; ``{n}`` is by how much, ``{what}`` the level that is counted."""

    short: Text
    over: Text


SHORT = Text("少 {n}", "{n} short")
OVER = Text("多 {n}", "{n} over")
PEOPLE = Remedy(
    Text("少 {n}：与相邻的合并，或从相邻的划入", "{n} short: join a neighbour, or take in part of one"),
    Text("多 {n}：拆分，或划给相邻的", "{n} over: split it, or hand part to a neighbour"),
)
SHAPE = Remedy(
    Text("差 {n}：调整边界", "{n} short: redraw its border"), Text("超出 {n}：调整边界", "{n} over: redraw its border")
)
MATTERS = Remedy(Text("少 {n}：核对事项表", "{n} short: check the table of matters"), Text("先办结 {n}", "settle {n} first"))
NEARER = Text("在够不着的住户附近增设服务点，或打通道路", "offer the service nearer to those out of reach, or open a way")
REMEDIES: Mapping[str, Remedy] = {
    **dict.fromkeys(("households", "persons", "aged_65", "children_0_14"), PEOPLE),
    **dict.fromkeys(("area", "compactness", "deviation"), SHAPE),
    **dict.fromkeys(("matters_open", "matters_overdue"), MATTERS),
    "party_members": Remedy(Text("少 {n}", "{n} short"), PEOPLE.over),
    "children": Remedy(
        Text("{what}少 {n}：从相邻的划入，或与相邻的合并", "{what}: {n} too few: take some in from a neighbour, or join one"),
        Text("{what}多 {n}：划给相邻的，或拆分", "{what}: {n} too many: hand some to a neighbour, or split it"),
    ),
    "subjects": Remedy(
        Text("少 {n}：核对各级的表", "{n} short: check the tables of these levels"),
        Text("多 {n}：核对各级的表", "{n} over: check the tables of these levels"),
    ),
    "filled": Remedy(Text("还有 {n} 项要填写", "{n} more to fill in"), OVER),
    "radius": Remedy(
        Text("近 {n}", "{n} too near"),
        Text("超出 {n}：另设或迁建中心，或把最远的划出", "{n} too far: add or move the centre, or hand over the farthest"),
    ),
    "staff": Remedy(
        Text("还缺 {n}：明确由谁负责", "{n} missing: name who is responsible"),
        Text("多 {n}：核对人员表，减到规定人数", "{n} too many: check the table of staff and keep to the number"),
    ),
    "shares_spread": Remedy(
        OVER, Text("超出 {n}：把户数最多的一片分给别人", "{n} over: give part of the largest share to others")
    ),
    "shared": Remedy(
        Text("把没有分包的住户分到人", "share out the households that are nobody's"),
        Text("核对分包", "check how they are shared out"),
    ),
    "facilities": Remedy(
        Text("还缺 {n}：新建，或改造现有房屋", "{n} missing: build one, or convert a house"),
        Text("多 {n}：合并或改作他用", "{n} too many: join them, or use one otherwise"),
    ),
    "floor_area": Remedy(
        Text("少 {n}：扩建、换址或合用房屋", "{n} short: extend it, move it or share a house"),
        Text("多 {n}：腾出或合用", "{n} over: free or share some"),
    ),
    "functions": Remedy(
        Text("还缺 {n}功能：逐项开设", "functions still missing: {n}; set them up"),
        Text("多 {n}功能：核对清单", "{n} functions over: check the list"),
    ),
    "share_covered": Remedy(NEARER, OVER),
    "minutes": Remedy(OVER, Text("超出 {n}：在附近增设服务点，或打通道路", "{n} over: offer the service nearer, or open a way")),
    "grade": Remedy(
        Text("等级高于要求：核对等级表", "better than asked for: check the table of grades"),
        Text("还差 {n} 级：查明原因，限期提升", "{n} grades too low: find out why, and set a date for rising"),
    ),
}
"""What to do where a measure fails, by its id; those of `geogrid.measuretable.MEASURES`."""


def remedy(value: float, rule: Rule, amount: Text, profile: Profile) -> Text:
    """Return what to do about a value out of its bound.

    Parameters
    ----------
    value : float
        In the unit of the measure; infinite where nothing is within reach.
    rule : Rule
        The bound that it does not meet.
    amount : Text
        By how much, in words: `distance` of them.
    profile : Profile
        It names levels.

    Returns
    -------
    Text

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> from geogrid.profileparts import Rule
    >>> rule = Rule.model_construct(measure="floor_area", min=90.0, max=None, options={})
    >>> remedy(40.0, rule, Text("50 平方米", "50 m²"), load_profile()).en
    '50 m² short: extend it, move it or share a house'
    """
    if np.isinf(value):
        return NEARER
    said = REMEDIES[rule.measure]
    text = said.short if rule.min is not None and value < rule.min else said.over
    levels = {level.id: level.name for level in profile.levels}
    what = levels.get(str(rule.options.get("level")), Text("", ""))
    return Text(text.zh.format(n=amount.zh, what=what.zh), text.en.format(n=amount.en, what=what.en))


def distance(value: float, rule: Rule) -> float:
    """Return how far a value lies outside a bound, in its unit.

    Examples
    --------
    >>> from geogrid.profileparts import Bound
    >>> distance(2.0, Bound(min=3.0, max=8.0)), distance(10.0, Bound(min=3.0, max=8.0))
    (1.0, 2.0)
    """
    if rule.min is not None and value < rule.min:
        return rule.min - value
    return value - (value if rule.max is None else rule.max)


def together(own: Text | None, general: Text, rule: Rule) -> Text:
    """Return what the measure itself says, then the remedy."""
    if own is None or rule.measure in ENOUGH:
        return own or general
    return Text(f"{own.zh}；{general.zh}", f"{own.en}; {general.en}")


ENOUGH = ("party_members",)
"""Measures whose own advice is a remedy: the neighbours to join."""
