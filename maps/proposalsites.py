"""The picture of sites: coverage by grid today and with the sites, candidates, and the chosen numbered by their gain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from geogrid.words import Text
from maps.proposaldivisions import troubles
from maps.proposalscene import Class, Features, Signs, amount, listing, names, numbers, row, share, texts
from maps.proposalwords import LABELS
from maps.style import CLASSES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maps.proposalscene import Sets
    from maps.proposaltypes import Site, SitesPage

COVERED = [(row.least, Class(row.label, row.colour)) for row in CLASSES]
EMPTY = Class(Text("没有需求", "nobody to cover"), UNKNOWN["fill"], is_hatched=True)
PER_MILLE = 1000
LISTED = 6
"""Grids that a site's row names; the others are counted."""


def classes(_page: SitesPage) -> list[tuple[float, Class]]:
    """Return the classes of covered shares, and that of grids without anybody."""
    return [*COVERED, (-1.0, EMPTY)]


def answers(page: SitesPage, sets: Sets) -> list[dict[str, Any]]:
    """Return the one answer: today, and with the sites."""
    return [
        {
            "id": "sites",
            "name": Text(f"{len(page.sites)} 个选址点", f"{len(page.sites)} site{'s' if len(page.sites) != 1 else ''}"),
            "notes": [],
            "figures": page.figures,
            "sides": [_side(page, sets, "before"), _side(page, sets, "after")],
            "lists": [_chosen(page), *([_remains(page)] if page.remains else []), *([_newly(page)] if len(page.grids) else [])],
            "troubles": troubles(page.troubles, page.grids.crs, sets),
            "made": page.head.provenance,
        }
    ]


def _side(page: SitesPage, sets: Sets, when: str) -> dict[str, Any]:
    signs = [_existing(page)] if when == "before" else [_candidates(page), _existing(page), _sites(page)]
    return {
        "title": LABELS["today" if when == "before" else "proposal"],
        "features": _features(page, when).row(sets),
        "outlines": None,
        "signs": [each.row() for each in signs if len(each.frame)],
        "spokes": [],
        "moved": None,
        "withTroubles": when == "after",
    }


def _features(page: SitesPage, when: str) -> Features:
    weights, covered = numbers(page.grids, "weight"), numbers(page.grids, f"covered_{when}")
    parts = [(each or 0.0, whole or 0.0) for each, whole in zip(covered, weights, strict=True)]
    return Features(
        frame=page.grids,
        ids=texts(page.grids["grid_id"]),
        names=names(page.grids, "grid_id"),
        classes=[_class_of(*part) for part in parts],
        hues=[-1] * len(page.grids),
        said=_said(page),
    )


def _class_of(part: float, whole: float) -> int:
    if whole <= 0:
        return len(COVERED)
    per_mille = PER_MILLE * part / whole
    return max(i for i, (least, _) in enumerate(COVERED) if per_mille >= least)


def _said(page: SitesPage) -> list[list[Text]]:
    """Return what is said of each grid: how many, how many covered before and after, and who remains and why."""
    columns = zip(*(numbers(page.grids, key) for key in ("weight", "covered_before", "covered_after")), strict=True)
    left: dict[str, list[Text]] = {}
    for each in page.remains:
        told = amount(each.count, page.unit)
        left.setdefault(each.grid_id, []).append(Text(f"{told.zh}未覆盖：{each.why.zh}", f"{told.en} uncovered: {each.why.en}"))
    return [
        [amount(whole, page.unit), _change(before or 0.0, after or 0.0, whole or 0.0), *left.get(key, [])]
        for key, (whole, before, after) in zip(texts(page.grids["grid_id"]), columns, strict=True)
    ]


def _change(before: float, after: float, whole: float) -> Text:
    one, other = share(before, whole), share(after, whole)
    return Text(f"覆盖 {one} → {other}", f"covered {one} → {other}")


# Signs


def _existing(page: SitesPage) -> Signs:
    called = texts(page.existing["name"])
    return Signs(
        label=Text("现有设施", "existing facility"),
        shape="square",
        colour="#33424d",
        frame=page.existing,
        names=called,
        said=[[page.service] for _ in called],
    )


def _candidates(page: SitesPage) -> Signs:
    """Return candidates that were not chosen, small and hollow."""
    chosen = {site.id for site in page.sites}
    rest = page.candidates[~page.candidates["candidate_id"].astype(str).isin(chosen)]
    called = names(rest, "candidate_id")
    label = Text("候选点（未选）", "candidate not chosen")
    said = [[label] for _ in called]
    return Signs(
        label=label, shape="circle", colour="#7c8790", frame=rest, names=called, said=said, is_hollow=True, is_small=True
    )


def _sites(page: SitesPage) -> Signs:
    by_id = dict(zip(texts(page.candidates["candidate_id"]), page.candidates.geometry, strict=True))
    frame = gpd.GeoDataFrame(geometry=[by_id.get(site.id) for site in page.sites], crs=page.candidates.crs)
    return Signs(
        label=Text("选中的点（按增益编号）", "chosen site, numbered by gain"),
        shape="circle",
        colour="#b0122b",
        frame=frame,
        names=[site.name or site.id for site in page.sites],
        said=[_worth(page, site) for site in page.sites],
        numbers=list(range(1, len(page.sites) + 1)),
    )


def _worth(page: SitesPage, site: Site) -> list[Text]:
    """Say what a site adds, what would be lost without it, and what it costs."""
    gain = amount(site.gain, page.unit)
    told = [Text(f"新增 {gain.zh}", f"adds {gain.en}")]
    if site.lost is not None:
        lost = amount(site.lost, page.unit)
        told.append(Text(f"去掉它会失去 {lost.zh}", f"without it {lost.en} would be lost"))
    if site.price is not None:
        told.append(Text(f"费用 {site.price:,g}", f"price {site.price:,g}"))
    return told


# Lists


def _chosen(page: SitesPage) -> dict[str, Any]:
    called = dict(zip(texts(page.grids["grid_id"]), names(page.grids, "grid_id"), strict=True))
    rows = [
        row(site.name or site.id, [*_worth(page, site), *_covers(site, called)], number=i + 1, sign=i)
        for i, site in enumerate(page.sites)
    ]
    return listing(Text("选中的点", "Chosen sites"), rows, Text("按增益从大到小排列", "the largest gain first"))


def _covers(site: Site, called: dict[str, str]) -> list[Text]:
    """Say which grids' people a site newly covers, the most first."""
    order = sorted(((count, key) for key, count in site.covers.items() if count > 0), key=lambda pair: (-pair[0], pair[1]))
    if not order:
        return []
    parts = [f"{called.get(key, key)} {count:,.0f}" for count, key in order[:LISTED]]
    rest = len(order) - LISTED
    zh = "、".join(parts) + (f" 等 {len(order)} 个网格" if rest > 0 else "")
    en = ", ".join(parts) + (f" and {rest} grids more" if rest > 0 else "")
    return [Text(f"覆盖 {zh}", f"covers {en}")]


def _remains(page: SitesPage) -> dict[str, Any]:
    called = dict(zip(texts(page.grids["grid_id"]), names(page.grids, "grid_id"), strict=True))
    order = sorted(page.remains, key=lambda each: (-each.count, each.grid_id))
    rows = [
        row(called.get(each.grid_id, each.grid_id), [_left(page, each.count), each.why], id=each.grid_id, bad=True)
        for each in order
    ]
    return listing(Text("仍未覆盖", "Still uncovered"), rows, amount(sum(each.count for each in page.remains), page.unit))


def _left(page: SitesPage, count: float) -> Text:
    told = amount(count, page.unit)
    return Text(f"{told.zh}未覆盖", f"{told.en} uncovered")


def _newly(page: SitesPage) -> dict[str, Any]:
    """Return the grids where coverage grows, the most first."""
    before, after = numbers(page.grids, "covered_before"), numbers(page.grids, "covered_after")
    gains = [(b or 0.0) - (a or 0.0) for a, b in zip(before, after, strict=True)]
    told, ids, called = _said(page), texts(page.grids["grid_id"]), names(page.grids, "grid_id")
    order: Sequence[int] = sorted((i for i, gain in enumerate(gains) if gain > 0), key=lambda i: (-gains[i], ids[i]))
    rows = [row(called[i], [_more(page, gains[i]), told[i][1]], id=ids[i]) for i in order]
    return listing(Text("新增覆盖的网格", "Grids newly covered"), rows, amount(sum(gains), page.unit))


def _more(page: SitesPage, gain: float) -> Text:
    told = amount(gain, page.unit)
    return Text(f"新增 {told.zh}", f"{told.en} more")


def curve(page: SitesPage) -> dict[str, Any] | None:
    """Return coverage, or another aim, against the number of sites."""
    if not page.curve:
        return None
    points = sorted(page.curve, key=lambda each: each.sites)
    return {
        "label": page.curve_label,
        "total": page.curve_total,
        "chosen": len(page.sites),
        "points": [[each.sites, each.value, each.bound, each.is_proven] for each in points],
    }
