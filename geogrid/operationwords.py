"""What an operation of a plan does, in a few words: for lists on a screen and on paper. No household, no phone number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geogrid.operations import (
    STAFF_FIELDS,
    Draw,
    Hand,
    Merge,
    MoveBorder,
    Operation,
    Rename,
    Reparent,
    Restaff,
    Retire,
    Split,
)
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_NAMED = 6
NOBODY = Text("（未分配）", "nobody yet")
STAFF_NAMES: Mapping[str, Text] = {
    "leader": Text("网格长", "grid leader"),
    "member": Text("网格员", "grid member"),
    "phone": Text("电话", "phone"),
    "supervision_phone": Text("监督电话", "supervision phone"),
    "duties": Text("职责", "duties"),
}
"""What an office calls the fields of `operations.STAFF_FIELDS`."""


def described(operation: Operation) -> Text:
    """Say what an operation does.

    Examples
    --------
    >>> described(Merge("G1", ("G2", "G3"))).say("zh"), described(Retire("G4")).say("en")
    ('G2、G3 并入 G1', 'retire G4, its land to nobody yet')
    """
    return _SAID[type(operation)](operation)


def _hand(operation: Hand) -> Text:
    to = Text(operation.to, operation.to) if operation.to else NOBODY
    if operation.unit_ids:
        units = _listed(operation.unit_ids)
        return Text(f"单元 {units.zh} 划给 {to.zh}", f"hand units {units.en} to {to.en}")
    area = _area(operation.area)
    return Text(f"{area.zh}划给 {to.zh}", f"hand {area.en} to {to.en}")


def _split(operation: Split) -> Text:
    new = _listed(operation.new_ids)
    return Text(f"拆分 {operation.grid_id}，新网格 {new.zh}", f"split {operation.grid_id}; new: {new.en}")


def _merge(operation: Merge) -> Text:
    others = _listed(operation.others)
    return Text(f"{others.zh} 并入 {operation.into}", f"merge {others.en} into {operation.into}")


def _border(operation: MoveBorder) -> Text:
    one, other = operation.first, operation.second
    return Text(f"调整 {one} 与 {other} 的边界", f"move the border of {one} and {other}")


def _draw(operation: Draw) -> Text:
    named = f"{operation.grid_id} {operation.name}".strip()
    area = _area(operation.area)
    if operation.from_id:
        units = _listed(operation.unit_ids)
        land = Text(f"单元 {units.zh}", f"units {units.en}") if operation.unit_ids else area
        return Text(
            f"拆分 {operation.from_id}，新网格 {named}（{land.zh}）", f"split {operation.from_id}; new: {named} ({land.en})"
        )
    return Text(f"新划 {named}（{area.zh}）", f"draw {named} ({area.en})")


def _rename(operation: Rename) -> Text:
    return Text(f"{operation.grid_id} 改名为“{operation.name}”", f"rename {operation.grid_id} to {operation.name!r}")


def _restaff(operation: Restaff) -> Text:
    """Name the columns alone: who and which number stands in the workspace."""
    columns = [STAFF_NAMES[key] for key in STAFF_FIELDS if getattr(operation, key) is not None]
    zh, en = "、".join(text.zh for text in columns), ", ".join(text.en for text in columns)
    return Text(f"{operation.grid_id} 更换{zh}", f"re-staff {operation.grid_id}: {en}")


def _reparent(operation: Reparent) -> Text:
    return Text(f"{operation.grid_id} 改隶 {operation.parent_id}", f"put {operation.grid_id} under {operation.parent_id}")


def _retire(operation: Retire) -> Text:
    to = Text(f"归 {operation.to}", operation.to) if operation.to else Text("暂不分配", NOBODY.en)
    return Text(f"撤销 {operation.grid_id}，土地{to.zh}", f"retire {operation.grid_id}, its land to {to.en}")


_SAID: Mapping[type[Operation], Callable[[Any], Text]] = {
    Hand: _hand,
    Split: _split,
    Merge: _merge,
    MoveBorder: _border,
    Draw: _draw,
    Rename: _rename,
    Restaff: _restaff,
    Reparent: _reparent,
    Retire: _retire,
}
"""What is said of each operation: a new one is a row here."""


def _listed(ids: Sequence[str]) -> Text:
    shown, more = list(ids[:MOST_NAMED]), len(ids) - MOST_NAMED
    zh, en = "、".join(shown), ", ".join(shown)
    return Text(f"{zh} 等 {len(ids)} 个", f"{en} and {more} more") if more > 0 else Text(zh, en)


def _area(shape: Any) -> Text:
    area = f"{shapely.area(shape):,.0f}"
    return Text(f"{area} 平方米", f"{area} m²")
