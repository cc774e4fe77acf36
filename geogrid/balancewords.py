"""What is said of a division: which places cannot be brought into range, why, and what would release each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geogrid.balanceground import Ground
    from geogrid.balancing.pieces import Ints
    from geogrid.balancing.wanted import Infeasible, Release

MOST_RELEASES = 6
FAR = 2
"""A limit moved further than by this factor is no remedy."""


@dataclass(frozen=True, eq=False)
class Obstacle:
    """A place where what is asked for cannot be had.

    Attributes
    ----------
    area_id, name : str
        The village.
    kind : str
        Which constraint; see `geogrid.balancing.wanted.Infeasible`.
    why : Text
        With the numbers.
    releases : tuple of Text
        What would release it, each alone.
    numbers : mapping
        The same as plain values.
    is_proven : bool
        Whether it cannot be, or was only not found.
    shape : Polygon or MultiPolygon
        Where, in the CRS of the boundaries.
    """

    area_id: str
    name: str
    kind: str
    why: Text
    releases: tuple[Text, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    is_proven: bool = True
    shape: Any = field(default=None, repr=False)

    def to_record(self) -> dict[str, Any]:
        """Return it as plain values for JSON, without the shape."""
        said = {"why_zh": self.why.zh, "why_en": self.why.en}
        releases = [{"zh": each.zh, "en": each.en} for each in self.releases]
        own = {"area_id": self.area_id, "name": self.name, "kind": self.kind, "is_proven": self.is_proven}
        return own | said | {"numbers": dict(self.numbers), "releases": releases}


def obstacle_of(found: Infeasible, ground: Ground, unit: Text) -> Obstacle:
    """Say in words what stops an area.

    Parameters
    ----------
    found : Infeasible
        Of `geogrid.balancing`.
    ground : Ground
        Whose positions it names.
    unit : Text
        What is counted, such as ("户", "households").
    """
    area_id = ground.area_ids[found.area]
    named = _named(found.numbers, ground, unit)
    said = WHY.get(found.kind, WHY["not_found"])
    if found.kind == "count" and found.numbers.get("parts_most", 1) < 1:
        said = WHY["few"]
    sensible = [each for each in found.releases if not _is_no_range(each, found)]
    releases = tuple(released(each, ground, unit) for each in sensible[:MOST_RELEASES])
    name = ground.name_of(area_id) or area_id
    shape = ground.shape_of(area_id) if not found.pieces else _place(found.pieces, ground)
    why = said.fill(**(DEFAULTS | named))
    return Obstacle(area_id, name, found.kind, why, releases, dict(found.numbers), found.is_proven, shape)


def as_found(found: Infeasible, part: Ints, ground: Ground) -> Infeasible:
    """Return an infeasible place of which no lower limit is named that is further than the proposed division itself needs.

    Examples
    --------
    Two parts of 4 and 3 households where grids of 5 were wanted: 3 will do.

    >>> from geogrid.balanceground import paper_ground
    >>> from geogrid.balancing.wanted import Infeasible, Release
    >>> ground = paper_ground([shapely.box(i, 0, i + 1, 1) for i in range(2)], [0, 0], ["G1"], [4, 3])
    >>> place = Infeasible("count", 0, (0, 1), {"high": 6}, (Release("low", {"low": 2}),))
    >>> as_found(place, np.array([0, 1]), ground).releases[0].numbers
    {'low': 3}
    """
    own = np.array(found.pieces, dtype=np.int64) if found.pieces else np.flatnonzero(ground.pieces.area == found.area)
    labels = np.unique(part[own])
    sizes = [int(ground.pieces.households[part == label].sum()) for label in labels]
    if not sizes or max(sizes) > found.numbers.get("high", 0):
        return found
    nearer = (
        replace(each, numbers={**each.numbers, "low": max(each.numbers["low"], min(sizes))}) if each.kind == "low" else each
        for each in found.releases
    )
    return replace(found, releases=tuple(nearer))


def merge_obstacle(found: Infeasible, ground: Ground, unit: Text) -> Obstacle:
    """Say in words what stays below a minimum although all that can join it has."""
    area_id = ground.area_ids[found.area]
    named = _named(found.numbers, ground, unit)
    pieces = list(found.pieces)
    names = ", ".join(_piece_name(ground, each) for each in pieces[:MOST_RELEASES])
    why = SMALL.fill(**(DEFAULTS | named | {"names": names or ground.name_of(area_id) or area_id}))
    releases = tuple(released(each, ground, unit) for each in found.releases[:MOST_RELEASES])
    shape = _place(found.pieces, ground) if pieces else ground.shape_of(area_id)
    name = ground.name_of(area_id) or area_id
    return Obstacle(area_id, name, found.kind, why, releases, dict(found.numbers), found.is_proven, shape)


def released(release: Release, ground: Ground, unit: Text) -> Text:
    """Say what would release a place, and whether that was tried."""
    named = _named(release.numbers, ground, unit)
    said = RELEASE[release.kind].fill(**(DEFAULTS | named))
    surely = SURE if release.is_sure else NUMBERS_ONLY
    return Text(f"{said.zh}{surely.zh}", f"{said.en}{surely.en}")


DEFAULTS: dict[str, Any] = dict.fromkeys(
    ("households", "low", "high", "parts", "parts_most", "parts_least", "piece", "grid", "first", "second", "area"), "?"
)


def _is_no_range(release: Release, found: Infeasible) -> bool:
    """Return whether a limit is moved so far that grids would not be what was asked for: a grid for three households."""
    low, high = found.numbers.get("low", 0), found.numbers.get("high", 0)
    lowered = release.kind in {"low", "range"} and release.numbers["low"] * FAR < low
    return lowered or (release.kind in {"high", "range"} and release.numbers["high"] > high * FAR)


def _named(numbers: Mapping[str, int], ground: Ground, unit: Text) -> dict[str, Any]:
    """Return numbers by name, positions as what people call them, and what is counted."""
    named: dict[str, Any] = {"unit_zh": unit.zh, "unit_en": unit.en} | {key: f"{value:,}" for key, value in numbers.items()}
    if numbers.get("households") == 1:
        named["unit_en"] = unit.en.removesuffix("s")
    for key in ("piece", "first", "second"):
        if key in numbers:
            named[key] = _piece_name(ground, numbers[key])
    if "grid" in numbers:
        named["grid"] = ground.grid_ids[numbers["grid"]]
    if "area" in numbers:
        area = ground.area_ids[numbers["area"]]
        named["area"] = ground.name_of(area) or area
    return named


def _piece_name(ground: Ground, piece: int) -> str:
    """Return what a piece is called: a unit by its id, other land by where it is, in metres of the workspace's CRS."""
    name = ground.pieces.ids[piece]
    x, y = ground.pieces.x[piece], ground.pieces.y[piece]
    return name if name in ground.unit_ids else f"{name} ({x:,.0f}, {y:,.0f})"


def _place(pieces: tuple[int, ...], ground: Ground) -> Any:
    return shapely.coverage_union_all(ground.shapes[list(pieces)])


WHY: Mapping[str, Text] = {
    "count": Text(
        "{households} {unit_zh}不能分成每格 {low}～{high} {unit_zh}的整数个网格：{parts_most} 个网格平均超过 {high}，"
        "{parts_least} 个网格平均不足 {low}。",
        "{households} {unit_en} cannot be cut into grids of {low}–{high}: {parts_most} would have over {high} on average, "
        "{parts_least} under {low}.",
    ),
    "few": Text(
        "全部只有 {households} {unit_zh}，不足一个网格的下限 {low}。",
        "{households} {unit_en} in all: fewer than the {low} of one grid.",
    ),
    "piece": Text(
        "地块 {piece} 有 {households} {unit_zh}，一块就超过上限 {high}，而它不能再分。",
        "piece {piece} alone has {households} {unit_en}, over the limit of {high}, and is not cut any further.",
    ),
    "cut_off": Text(
        "被河流、铁路或干道隔开的一片有 {households} {unit_zh}，单独不能分成每格 {low}～{high} {unit_zh}。",
        "a part cut off by a river, railway or trunk road has {households} {unit_en}: no grid of {low}–{high} can be made of it "
        "alone.",
    ),
    "locked": Text(
        "锁定的网格 {grid} 有 {households} {unit_zh}，不在 {low}～{high} 之内，或使其余土地分不成。",
        "locked grid {grid} has {households} {unit_en}, which is not within {low}–{high} or leaves a rest that cannot be "
        "divided.",
    ),
    "apart": Text("网格 {grid} 锁定的地块互不相连。", "the locked pieces of grid {grid} do not hang together."),
    "shape": Text(
        "{households} {unit_zh}按数目可以分，但没有一种相连的分法使每格都在 {low}～{high} {unit_zh}之内（已证明）。",
        "{households} {unit_en} would fit by number, but no connected division keeps every grid within {low}–{high} (proven).",
    ),
    "parts": Text(
        "要求的网格数 {parts} 不合适：{households} {unit_zh}按每格 {low}～{high} 分不成这么多个。",
        "{parts} grids were asked for, but {households} {unit_en} do not make as many of {low}–{high}.",
    ),
    "not_found": Text(
        "没有找到使每格都在 {low}～{high} {unit_zh}之内的相连分法（{households} {unit_zh}；未证明没有）。",
        "no connected division with every grid within {low}–{high} was found ({households} {unit_en}; not proven that there is "
        "none).",
    ),
}
"""Why a place cannot be brought into range, by kind."""

RELEASE: Mapping[str, Text] = {
    "low": Text("下限放宽到 {low} {unit_zh}", "lower the range to {low} {unit_en}"),
    "high": Text("上限放宽到 {high} {unit_zh}", "raise the range to {high} {unit_en}"),
    "split": Text("把地块 {piece}（{households} {unit_zh}）再分开", "split piece {piece} ({households} {unit_en})"),
    "open": Text(
        "允许在 {first} 与 {second} 之间跨越（有桥或通道）",
        "let the barrier be crossed between {first} and {second} (a bridge or passage)",
    ),
    "join": Text(
        "与相邻的 {area} 合起来划分（共 {households} {unit_zh}）",
        "divide it together with {area} next to it ({households} {unit_en} in all)",
    ),
    "unlock": Text("解锁网格 {grid}", "unlock grid {grid}"),
}
"""What would release it, by kind."""

SMALL = Text(
    "{names}：能合并的都合并后也只有 {households} {unit_zh}，不足 {low}。",
    "{names}: {households} {unit_en} even with all that can join, short of {low}.",
)
"""Why something stays too small."""

SURE = Text("：已试，可行。", ": tried, it works.")
NUMBERS_ONLY = Text("：数目上可行，未试出分法。", ": it would fit by number.")

HOUSEHOLDS = Text("户", "households")
"""What is balanced where nothing else is said."""
