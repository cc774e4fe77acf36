"""A new profile as the text of its file: what was answered, on a base, each number with where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.profileparts import Level

LEADER = Text("每个网格有网格长", "every grid has a leader")
MEMBER = Text("每个网格有网格员", "every grid has a member")
FLOOR = Text("党群服务中心的面积", "floor area of service centres")
PHONES = ["name", "role", "phone"]
"""Columns of staff that notice cards show."""


class Draft(NamedTuple):
    """The answers that a profile is made of.

    Attributes
    ----------
    levels : sequence of Level
        Top to bottom; empty leaves those of the base.
    numbers : mapping
        Keys of the profile that differ from the base, such as ``household_range``; each gets the source.
    services : sequence of str
        Services of the base that get another ``mode`` or ``cutoff_min``.
    circle : sequence of str
        Services that count all at once; empty is every one.
    grid : str
        The level of the smallest grids, whose people are counted.
    leaders, members, floor_area_m2
        The least that is asked for, in people a grid and square metres a service centre; 0 asks for nothing, or for what the
        base asks for.
    phones : bool
        Whether notice cards show the phones of staff to everybody.
    without : sequence of str
        Keys of the base that are left out: standards that others replace.
    """

    id: str
    name: Text
    base: str
    source: Text
    levels: Sequence[Level]
    numbers: Mapping[str, object]
    services: Sequence[str]
    circle: Sequence[str]
    mode: str
    cutoff_min: float
    grid: str = "grid"
    leaders: int = 0
    members: int = 0
    floor_area_m2: float = 0.0
    phones: bool = False
    without: Sequence[str] = ()


def profile_text(draft: Draft) -> str:
    """Return the text of the TOML file of a profile.

    Examples
    --------
    >>> said = Text("待核", "to be confirmed")
    >>> numbers = {"household_target": 350}
    >>> draft = Draft("town", Text("镇", "Town"), "generic", said, (), numbers, ("medical",), (), "walk", 20.0, leaders=1)
    >>> print(profile_text(draft))
    id = "town"
    base = "generic"
    name = { zh = "镇", en = "Town" }
    household_target = 350
    <BLANKLINE>
    [sources]
    household_target = { zh = "待核", en = "to be confirmed" }
    <BLANKLINE>
    [services.medical]
    mode = "walk"
    cutoff_min = 20.0
    source = { zh = "待核", en = "to be confirmed" }
    <BLANKLINE>
    [standards.leader]
    name = { zh = "每个网格有网格长", en = "every grid has a leader" }
    of = "grid"
    measure = "staff"
    options = { roles = ["leader"] }
    min = 1.0
    unit = "people"
    source = { zh = "待核", en = "to be confirmed" }
    <BLANKLINE>
    """
    left_out = {"without": list(draft.without)} if draft.without else {}
    head: dict[str, object] = {"id": draft.id, "base": draft.base, **left_out, "name": draft.name, **draft.numbers}
    head |= {"circle": list(draft.circle)} if draft.circle else {}
    parts = [_lines(head), *([_table("[sources]", dict.fromkeys(draft.numbers, draft.source))] if draft.numbers else [])]
    parts += [_table("[public_fields]", {"staff": PHONES})] if draft.phones else []
    parts += [_table("[[levels]]", level.model_dump(exclude_defaults=True)) for level in draft.levels]
    service = {"mode": draft.mode, "cutoff_min": draft.cutoff_min, "source": draft.source}
    parts += [_table(f"[services.{key}]", service) for key in draft.services]
    parts += [_table(f"[standards.{key}]", {**rule, "source": draft.source}) for key, rule in _rules(draft).items()]
    return "\n".join(parts)


def _rules(draft: Draft) -> Mapping[str, Mapping[str, object]]:
    """Return the standards that were asked for."""
    asked = {"leader": (LEADER, draft.leaders), "member": (MEMBER, draft.members)}
    rules: dict[str, Mapping[str, object]] = {
        role: {
            "name": name,
            "of": draft.grid,
            "measure": "staff",
            "options": {"roles": [role]},
            "min": float(n),
            "unit": "people",
        }
        for role, (name, n) in asked.items()
        if n
    }
    if draft.floor_area_m2:
        about = {"name": FLOOR, "of": "facilities", "where": {"services": ["party_service"]}, "measure": "floor_area"}
        rules["floor_area"] = {**about, "min": draft.floor_area_m2, "unit": "m2"}
    return rules


def _table(heading: str, cells: Mapping[str, object]) -> str:
    return f"{heading}\n{_lines(cells)}"


def _lines(cells: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(cell)}\n" for key, cell in cells.items())


def _value(cell: object) -> str:
    """Return a value as TOML writes it: texts quoted, tables on one line."""
    if isinstance(cell, Text):
        return _value({"zh": cell.zh, "en": cell.en})
    if isinstance(cell, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in cell.items()) + " }"
    if isinstance(cell, list | tuple):
        return "[" + ", ".join(map(_value, cell)) + "]"
    # JSON leaves the delete character as it is, which TOML does not allow.
    return json.dumps(cell, ensure_ascii=False).replace("\x7f", "\\u007f")
