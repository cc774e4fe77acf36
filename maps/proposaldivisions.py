"""The picture of divisions: today's grids beside each alternative's, coloured by how many households each has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from geogrid.words import Text
from maps.proposalscene import NONE, Class, Features, Sets, amount, box, hues, listing, names, numbers, row, texts
from maps.proposalscene import spots as spots_of
from maps.proposalwords import LABELS
from maps.swipe import DEVIATION_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maps.proposaltypes import Division, DivisionsPage, Trouble

NEAR = 0.1
"""Of the target: a grid this near to it is in the middle class."""
BELOW, LESS, MIDDLE, MORE, ABOVE = range(5)


def classes(page: DivisionsPage) -> list[tuple[float, Class]]:
    """Return the classes of numbers, the fewest first, each with the least number that it begins at.

    Examples
    --------
    >>> from maps.proposaltypes import DivisionsPage
    >>> [(start, row.label.en) for start, row in classes(DivisionsPage(None, [], low=300, high=500, target=400))]
    [(0, '<300'), (300, '300–359'), (360, '360–440'), (441, '441–500'), (501, '>500')]
    """
    low, high = page.low, page.high
    target = page.target or ((low + high) // 2 if low is not None and high is not None else None)
    if target is None:
        return _one_limit(low, high)
    least, most = (target if low is None else low), (target if high is None else high)
    near = round(NEAR * target) if low is None and high is None else min(round(NEAR * target), (most - target), (target - least))
    starts: list[tuple[int, int, int]] = [(0, target - near - 1, LESS), (target - near, target + near, MIDDLE)]
    if low is not None:
        starts = [(0, low - 1, BELOW), (low, target - near - 1, LESS), starts[1]]
    starts.append((target + near + 1, most if high is not None else -1, MORE))
    if high is not None:
        starts.append((high + 1, -1, ABOVE))
    return [(start, Class(_span(start, stop), DEVIATION_COLOURS[k])) for start, stop, k in starts if stop < 0 or stop >= start]


def _one_limit(low: int | None, high: int | None) -> list[tuple[float, Class]]:
    if low is None and high is None:
        return []
    limit, sides = (low or 0, (BELOW, MIDDLE)) if high is None else (high + 1, (MIDDLE, ABOVE))
    return [
        (0, Class(_span(0, limit - 1), DEVIATION_COLOURS[sides[0]])),
        (limit, Class(_span(limit, -1), DEVIATION_COLOURS[sides[1]])),
    ]


def _span(start: int, stop: int) -> Text:
    if stop < 0:
        said = f">{start - 1:,}"
    elif start == 0:
        said = f"<{stop + 1:,}"
    else:
        said = f"{start:,}" if start == stop else f"{start:,}–{stop:,}"
    return Text(said, said)


def is_out(page: DivisionsPage, count: float | None) -> bool:
    """Return whether a number lies outside the range."""
    return count is not None and ((page.low is not None and count < page.low) or (page.high is not None and count > page.high))


def features(page: DivisionsPage, frame: gpd.GeoDataFrame, *, colour: Mapping[str, int] | None = None) -> Features:
    """Return grids as features; ``colour`` keeps a grid's own colour the same on both sides."""
    found, counts, ids = classes(page), numbers(frame, "households"), texts(frame["grid_id"])
    own = hues(frame)
    return Features(
        frame=frame,
        ids=ids,
        names=names(frame, "grid_id"),
        classes=[_class_of(found, count) for count in counts],
        hues=own if colour is None else [colour.get(key, hue) for key, hue in zip(ids, own, strict=True)],
        said=said(page, frame),
        labels=[f"{count:,.0f}" if count is not None else "" for count in counts],
    )


def _class_of(found: Sequence[tuple[float, Class]], count: float | None) -> int:
    if count is None:
        return NONE
    return max((i for i, (start, _) in enumerate(found) if count >= start), default=NONE)


def said(page: DivisionsPage, frame: gpd.GeoDataFrame) -> list[list[Text]]:
    """Return what is said of each grid: village, households, persons, who comes and goes, and whether it is locked."""
    columns = {key: numbers(frame, key) for key in ("households", "persons", "moved_in", "moved_out")}
    areas = texts(frame["area"]) if "area" in frame else [""] * len(frame)
    locked = numbers(frame, "is_locked")
    return [
        [
            *([Text(areas[i], areas[i])] if areas[i] else []),
            _counted(page, columns["households"][i]),
            *([amount(columns["persons"][i], Text("人", "persons"))] if columns["persons"][i] is not None else []),
            *_moved(page, columns["moved_in"][i], columns["moved_out"][i]),
            *([LABELS["lockedSign"]] if locked[i] else []),
        ]
        for i in range(len(frame))
    ]


def _counted(page: DivisionsPage, count: float | None) -> Text:
    told = amount(count, page.unit)
    if count is None or not is_out(page, count):
        return told
    if page.low is not None and count < page.low:
        return Text(f"{told.zh}，比下限少 {page.low - count:,.0f}", f"{told.en}, {page.low - count:,.0f} below the range")
    over = count - (page.high or 0)
    return Text(f"{told.zh}，比上限多 {over:,.0f}", f"{told.en}, {over:,.0f} above the range")


def _moved(page: DivisionsPage, come: float | None, go: float | None) -> list[Text]:
    if not come and not go:
        return []
    into, out = amount(come or 0, page.unit), amount(go or 0, page.unit)
    return [Text(f"转入 {into.zh}，转出 {out.zh}", f"{into.en} in, {out.en} out")]


def answers(page: DivisionsPage, sets: Sets) -> list[dict[str, Any]]:
    """Return the alternatives; where there is none, today alone with what stands in the way."""
    colour = _kept(page)
    before = _today(page, sets, colour)
    found = [
        {
            "id": each.id,
            "name": each.name,
            "notes": list(each.notes),
            "figures": each.figures,
            "sides": [before, _side(page, each, sets, colour)],
            "lists": [_grids(page, each.grids)],
            "troubles": troubles(page.troubles, _crs(page), sets),
            "made": each.provenance or page.head.provenance,
        }
        for each in page.alternatives
    ]
    return found or [_nothing(page, before, sets)]


def _kept(page: DivisionsPage) -> dict[str, int]:
    """Return the own colours of today's grids, which they keep in every alternative."""
    return {} if page.today is None else dict(zip(texts(page.today["grid_id"]), hues(page.today), strict=True))


def _nothing(page: DivisionsPage, before: dict[str, Any], sets: Sets) -> dict[str, Any]:
    place = {**before, "title": LABELS["places" if page.troubles else "proposal"], "withTroubles": True}
    return {
        "id": "",
        "name": LABELS["nothing" if page.troubles else "unchanged"],
        "notes": [],
        "figures": {},
        "sides": [before, place],
        "lists": [] if page.today is None else [_grids(page, page.today)],
        "troubles": troubles(page.troubles, _crs(page), sets),
        "made": page.head.provenance,
    }


def _crs(page: DivisionsPage) -> Any:
    frames = [*(each.grids for each in page.alternatives), page.today, page.areas]
    return next((frame.crs for frame in frames if frame is not None), None)


def _today(page: DivisionsPage, sets: Sets, colour: Mapping[str, int]) -> dict[str, Any]:
    told = None if page.today is None else features(page, page.today, colour=colour).row(sets)
    return {"title": LABELS["noToday" if page.today is None else "today"], "features": told, **_around(page, sets), "moved": None}


def _side(page: DivisionsPage, each: Division, sets: Sets, colour: Mapping[str, int]) -> dict[str, Any]:
    return {
        "title": LABELS["proposal"],
        "features": features(page, each.grids, colour=colour).row(sets),
        **_around(page, sets),
        "moved": _land(page, each, sets),
        "withTroubles": True,
    }


def _around(page: DivisionsPage, sets: Sets) -> dict[str, Any]:
    """Return what both sides share: villages' borders and no signs."""
    if page.areas is None or page.areas.empty:
        return {"outlines": None, "signs": [], "spokes": []}
    return {"outlines": {"set": sets.key_of(page.areas), "names": texts(page.areas["name"])}, "signs": [], "spokes": []}


def _land(page: DivisionsPage, each: Division, sets: Sets) -> dict[str, Any] | None:
    """Return land that changes hands, named by the grids that it goes from and to."""
    if each.moved is None or each.moved.empty:
        return None
    known = {} if page.today is None else dict(zip(texts(page.today["grid_id"]), names(page.today, "grid_id"), strict=True))
    later = dict(zip(texts(each.grids["grid_id"]), names(each.grids, "grid_id"), strict=True))
    pairs = zip(texts(each.moved["from_id"]), texts(each.moved["to_id"]), strict=True)
    ends = [(known.get(a, a) or "—", later.get(b, b) or "—") for a, b in pairs]
    return {
        "set": sets.key_of(each.moved),
        "names": [LABELS["fromTo"].fill(**{"from": a, "to": b}) for a, b in ends],
        "said": [[amount(count, page.unit)] for count in numbers(each.moved, "households")],
    }


def _grids(page: DivisionsPage, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the grids as a list: those out of range first, the farthest from it first of all."""
    counts, told = numbers(frame, "households"), said(page, frame)
    ids, called = texts(frame["grid_id"]), names(frame, "grid_id")
    order = sorted(range(len(frame)), key=lambda i: (-_away(page, counts[i]), called[i], ids[i]))
    rows = [row(called[i], told[i], id=ids[i], bad=is_out(page, counts[i])) for i in order]
    return listing(Text("网格", "Grids"), rows)


def _away(page: DivisionsPage, count: float | None) -> float:
    if count is None:
        return 0.0
    low, high = page.low if page.low is not None else -1, page.high if page.high is not None else float("inf")
    return max(low - count, count - high, 0.0)


def troubles(all_of_them: Sequence[Trouble], crs: Any, sets: Sets) -> dict[str, Any]:
    """Return what cannot be met: the list, and where on the map."""
    frame = gpd.GeoDataFrame(geometry=[each.shape for each in all_of_them], crs=crs)
    boxes = [box(each.shape, crs) for each in all_of_them]
    return {
        "set": sets.key_of(frame) if len(frame) else None,
        "spots": spots_of(frame),
        "rows": [
            {**row(each.name, [each.why], box=where), "release": list(each.release)}
            for each, where in zip(all_of_them, boxes, strict=True)
        ],
    }
