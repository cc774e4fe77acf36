"""The picture of zones: villages today, and joined to their centres by spokes, each zone in a colour of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geogrid.words import Text
from maps.proposaldivisions import troubles
from maps.proposalscene import (
    NONE,
    Class,
    Features,
    Signs,
    amount,
    distance,
    listing,
    names,
    near_hues,
    numbers,
    row,
    spots,
    texts,
)
from maps.proposalwords import LABELS
from maps.style import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maps.proposalscene import Sets
    from maps.proposaltypes import ZonesPage, Zoning

IN_ZONE, IN_NONE, STOPPED = range(3)
COUNTED = (("villages", Text("个村", "villages")), ("households", Text("户", "households")), ("persons", Text("人", "persons")))


def classes(page: ZonesPage) -> list[tuple[float, Class]]:
    """Return the classes of villages: in a zone, in none, and those that no zone can take."""
    zone = page.zone
    return [
        (0.0, Class(Text(f"编入{zone.zh}的村（各{zone.zh}一色）", f"village in a {zone.en}, one colour each"), "#d5ecc9")),
        (1.0, Class(Text("未编入的村", "village in none"), UNKNOWN["fill"], is_hatched=True)),
        (2.0, Class(Text("无法编入的村", "village that cannot be placed"), "#f2b49c")),
    ]


def answers(page: ZonesPage, sets: Sets) -> list[dict[str, Any]]:
    """Return each answer beside today."""
    before = _today(page, sets)
    return [
        {
            "id": each.id,
            "name": each.name,
            "notes": list(each.notes),
            "figures": each.figures,
            "sides": [before, _side(page, each, sets)],
            "lists": [_zones(page, each), *_left_out(page, each)],
            "troubles": troubles(each.troubles, page.villages.crs, sets),
            "made": each.provenance or page.head.provenance,
        }
        for each in page.answers
    ]


def _around(page: ZonesPage, sets: Sets) -> dict[str, Any]:
    shown = page.areas is not None and not page.areas.empty
    outlines = {"set": sets.key_of(page.areas), "names": texts(page.areas["name"])} if shown and page.areas is not None else None
    return {"outlines": outlines, "moved": None}


def _today(page: ZonesPage, sets: Sets) -> dict[str, Any]:
    """Return the villages as they are: in today's zones, or all alike."""
    today = page.today or {}
    ids = texts(page.villages["village_id"])
    order = {name: i for i, name in enumerate(sorted(set(today.values())))}
    told = Features(
        frame=page.villages,
        ids=ids,
        names=names(page.villages, "village_id"),
        classes=[IN_ZONE if key in today else IN_NONE for key in ids] if today else [NONE] * len(ids),
        hues=[order[today[key]] % 8 if key in today else NONE for key in ids],
        said=[[*_size(page, i), *([Text(today[key], today[key])] if key in today else [])] for i, key in enumerate(ids)],
    )
    return {"title": LABELS["today"], "features": told.row(sets), "signs": [], "spokes": [], **_around(page, sets)}


def _size(page: ZonesPage, i: int) -> list[Text]:
    known = [(numbers_of(page, key)[i], unit) for key, unit in COUNTED[1:]]
    return [amount(value, unit) for value, unit in known if value is not None]


def numbers_of(page: ZonesPage, key: str) -> list[float | None]:
    """Return a column of the villages."""
    return numbers(pd.DataFrame(page.villages.drop(columns=page.villages.geometry.name)), key)


def _side(page: ZonesPage, each: Zoning, sets: Sets) -> dict[str, Any]:
    zone_ids = texts(each.zones["zone_id"])
    hue = dict(zip(zone_ids, near_hues(each.zones), strict=True))
    return {
        "title": LABELS["proposal"],
        "features": _features(page, each, hue).row(sets),
        **_around(page, sets),
        "signs": [_centres(page, each).row()] if len(each.zones) else [],
        "spokes": _spokes(page, each, hue),
        "withTroubles": True,
    }


def _features(page: ZonesPage, each: Zoning, hue: Mapping[str, int]) -> Features:
    ids, called = texts(page.villages["village_id"]), names(page.villages, "village_id")
    zone_name = dict(zip(texts(each.zones["zone_id"]), names(each.zones, "zone_id"), strict=True))
    stopped = {trouble.name for trouble in each.troubles}
    why = {trouble.name: trouble.why for trouble in each.troubles}
    zones = [each.members.get(key, "") for key in ids]
    return Features(
        frame=page.villages,
        ids=ids,
        names=called,
        classes=[IN_ZONE if zone else STOPPED if name in stopped else IN_NONE for zone, name in zip(zones, called, strict=True)],
        hues=[hue.get(zone, NONE) for zone in zones],
        said=[
            [*([Text(*[zone_name.get(zone, zone)] * 2)] if zone else [why.get(name, LABELS_NONE)]), *_size(page, i)]
            for i, (zone, name) in enumerate(zip(zones, called, strict=True))
        ],
    )


LABELS_NONE = Text("未编入", "in none")


def _centres(page: ZonesPage, each: Zoning) -> Signs:
    return Signs(
        label=Text(f"{page.zone.zh}中心", f"centre of a {page.zone.en}"),
        shape="star",
        colour="#8c1d18",
        frame=each.zones,
        names=names(each.zones, "zone_id"),
        said=[[*told, within] for told, within in zip(_said(each), _members(page, each), strict=True)],
    )


def _said(each: Zoning) -> list[list[Text]]:
    """Return what is said of each zone: centre, radius, villages, households and persons."""
    columns = {key: numbers(each.zones, key) for key in ("radius_m", *(key for key, _ in COUNTED))}
    centres = texts(each.zones["centre"]) if "centre" in each.zones else [""] * len(each.zones)
    told = []
    for i, centre in enumerate(centres):
        radius = distance(columns["radius_m"][i])
        counts = [amount(columns[key][i], unit) for key, unit in COUNTED if columns[key][i] is not None]
        told.append(
            [
                *([Text(f"中心 {centre}", f"centre {centre}")] if centre else []),
                Text(" · ".join(each.zh for each in counts), " · ".join(each.en for each in counts)),
                Text(f"最远 {radius.zh}", f"reaches {radius.en}"),
            ]
        )
    return told


def _members(page: ZonesPage, each: Zoning) -> list[Text]:
    """Name the villages of each zone."""
    found: dict[str, list[str]] = {key: [] for key in texts(each.zones["zone_id"])}
    for key, name in zip(texts(page.villages["village_id"]), names(page.villages, "village_id"), strict=True):
        if each.members.get(key) in found:
            found[each.members[key]].append(name)
    return [Text("、".join(own), ", ".join(own)) for own in found.values()]


def _spokes(page: ZonesPage, each: Zoning, hue: Mapping[str, int]) -> list[list[int]]:
    """Return a line from each village to its zone's centre, with the zone's colour."""
    centres = dict(zip(texts(each.zones["zone_id"]), spots(each.zones), strict=True))
    found = []
    for key, spot in zip(texts(page.villages["village_id"]), spots(page.villages), strict=True):
        centre = centres.get(each.members.get(key, ""))
        if centre is not None and spot is not None and centre != spot:
            found.append([*centre, *spot, hue[each.members[key]]])
    return found


def _zones(page: ZonesPage, each: Zoning) -> dict[str, Any]:
    told, called = _said(each), names(each.zones, "zone_id")
    villages, radius, within = numbers(each.zones, "villages"), numbers(each.zones, "radius_m"), _members(page, each)
    order = sorted(range(len(called)), key=lambda i: (-(villages[i] or 0), radius[i] or 0, called[i]))
    rows = [row(called[i], [*told[i], within[i]], sign=i, radius=radius[i]) for i in order]
    return listing(Text(page.zone.zh, page.zone.en[:1].upper() + page.zone.en[1:] + "s"), rows)


def _left_out(page: ZonesPage, each: Zoning) -> list[dict[str, Any]]:
    """Return the villages that are in no zone and are not stopped by any bound."""
    stopped = {trouble.name for trouble in each.troubles}
    ids, called = texts(page.villages["village_id"]), names(page.villages, "village_id")
    rest = [i for i, key in enumerate(ids) if not each.members.get(key) and called[i] not in stopped]
    if not rest:
        return []
    return [listing(Text("未编入的村", "Villages in none"), [row(called[i], _size(page, i), id=ids[i]) for i in rest])]
