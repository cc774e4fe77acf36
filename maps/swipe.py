"""The swipe map: grids before and after under one divider, with the change sheet beside it, as one offline document.

Made from what is public of a change sheet it holds counts that may be published; made from the sheet itself it holds exact
counts, says so, and is for the office only. Neither holds a household. Built as the coverage map is: scripts and styles inline
and allowed by their hashes, data in one inert block, no request.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid import __version__
from geogrid.boundaries import Tier
from geogrid.changepublic import PublicChangeSheet
from geogrid.crs import label, to_wgs84
from geogrid.plain import plain, records
from geogrid.words import Text
from maps import assets
from maps.layers import ALL, DEVIATION_UNITS, share_of, streets_layer
from maps.packing import pack_polygons
from maps.page import SAMPLE, is_osm
from maps.style import LINES, STREETS, UNKNOWN
from maps.swipeshapes import TOLERANCE_M, picture
from maps.swipewords import CHANGES, LABELS, MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd

    from geogrid.boundaries import Boundaries
    from geogrid.changesheet import ChangeSheet
    from geogrid.privacy import PublicReport
    from geogrid.regions import Shapes
    from geogrid.words import Lang
    from maps.swipeshapes import Picture

SCRIPTS = ("decode.js", "symbols.js", "controls.js", "labels.js", "swipepanel.js", "swipepaper.js", "swipe.js")
STYLES = ("coverage.css", "swipe.css")
START = "geogrid.start();"
NOINDEX = '<meta name="robots" content="noindex">'
SIDES = ("before", "after")
SHARE = "share_"
OUTLINED = ("redrawn", "new", "gone", "details")
"""Changes of the grid itself, which its border is drawn for; in others only people changed."""
TITLES = (Text("调整前", "Before"), Text("调整后", "After"))

NEAR = 100
"""Per mille of the target: a grid within it either way is in the middle class of the legend."""
DEVIATION_COLOURS = ("#2f6fb0", "#a9cbe6", "#f0ede4", "#f6c48a", "#d2711c")
"""From too few households to too many: from blue to orange, the middle nearly white."""
HUES = ("#cfe3f5", "#fbe3b8", "#d5ecc9", "#f7d3c6", "#e0d6f0", "#c8ebe5", "#eadfc8", "#f3d7e6")
"""Of grids drawn each in its own colour: light, so that names and hatching stand out."""
SAME = "#dcdfe0"
"""Of grids that do not change and whose count nobody has stated."""

SWIPE_LINES: Mapping[str, Mapping[str, Any]] = {
    "grid": {"color": "#8a949c", "weight": 0.9, "opacity": 0.9, "fillOpacity": 0.82},
    "changed": {"color": "#10181f", "weight": 2.8, "opacity": 1, "fill": False},
    "changed_halo": {"color": "#ffffff", "weight": 6, "opacity": 0.85, "fill": False},
    "area": {"color": "#6d7780", "weight": 1.6, "opacity": 0.9, "fill": False},
    "moved_halo": {"color": "#ffffff", "weight": 5, "opacity": 0.9, "fill": False},
    "moved": {"color": "#a8006b", "weight": 2.4, "opacity": 1},
}
"""Options of Leaflet paths that this page draws in its own way."""


@dataclass(frozen=True)
class Around:
    """What the page shows beside the two versions: nothing that a report has not published.

    Attributes
    ----------
    place : Text, optional
        The place's name.
    streets : GeoDataFrame, optional
        As `geogrid.publish.streets_of` returns them.
    is_osm : bool
        Whether the streets come from OpenStreetMap, which must then be named.
    services : mapping
        Names by id; a service without one goes by its id.
    deviation : mapping
        By grid id, the published deviation of grids that do not change.
    """

    place: Text | None = None
    streets: gpd.GeoDataFrame | None = None
    is_osm: bool = False
    services: Mapping[str, Text] = field(default_factory=dict)
    deviation: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, public: PublicReport) -> Around:
        """Take place, streets, services and deviations from what is public of a report."""
        summary, grids = public.summary, public.grids
        place = summary.get("place") or {}
        named = Text(str(place.get("zh") or place.get("en") or ""), str(place.get("en") or place.get("zh") or ""))
        known = grids[grids["deviation"].notna()] if "deviation" in grids else grids.iloc[:0].assign(deviation=0.0)
        return cls(
            place=named if named.zh else None,
            streets=public.streets,
            is_osm=is_osm(summary),
            services={str(row["id"]): Text(str(row["zh"]), str(row["en"])) for row in summary.get("services", [])},
            deviation={str(key): float(value) for key, value in zip(known["grid_id"], known["deviation"], strict=True)},
        )


def swipe_page(
    before: Boundaries,
    after: Boundaries,
    sheet: PublicChangeSheet | ChangeSheet,
    *,
    around: Around | None = None,
    titles: tuple[Text, Text] = TITLES,
    lang: Lang = "zh",
) -> str:
    """Return the swipe map of two versions as one HTML document that works without a network.

    Parameters
    ----------
    before, after : Boundaries
        In the same projected CRS.
    sheet : PublicChangeSheet or ChangeSheet
        Of these two versions. From a ChangeSheet the page holds exact counts, says so, asks not to be indexed, and is for the
        office only: write it below ``private/``.
    around : Around, optional
        Place, streets and names of services.
    titles : pair of Text
        What the two sides are called.
    lang : "zh" or "en"
        The language to begin with; the page can switch.
    """
    beside, told = around or Around(), _told(sheet)
    sides = _of_tier(before, told.tier), _of_tier(after, told.tier)
    drawn = picture(*sides)
    arcs, shapes = pack_polygons(
        {
            "before": _array(drawn.before.values()),
            "after": _array(drawn.after.values()),
            "moved": _array(cell.shape for cell in drawn.moved),
            "areas": to_wgs84(after.area_frame).geometry.to_numpy() if after.areas else _array(()),
        }
    )
    data = _data(told, beside) | {
        "lang": lang,
        "crs": label(before.crs),
        "titles": dict(zip(SIDES, titles, strict=True)),
        "arcs": arcs,
        "shapes": shapes,
        "shapeOrder": list(shapes),
        "layers": _layers(sides, drawn, told, beside),
    }
    run, look = (*assets.scripts(SCRIPTS), START), assets.styles(STYLES)
    return assets.document(data, "swipe.html", run, look, head=NOINDEX if told.office else "")


@dataclass(frozen=True)
class _Told:
    """What the page takes from a change sheet, exact or public: rows as JSON holds them."""

    office: bool
    tier: Tier
    grids: Sequence[Mapping[str, Any]]
    flows: Sequence[Mapping[str, Any]]
    totals: Mapping[str, Any]
    summary: Text
    notes: Sequence[Text]
    target: int
    low: int
    high: int
    suppress: int = 0
    services: Mapping[str, Text] = field(default_factory=dict)


def _told(sheet: PublicChangeSheet | ChangeSheet) -> _Told:
    """Take out of a change sheet what the page shows; of the exact one never who moves."""
    if isinstance(sheet, PublicChangeSheet):
        record = sheet.record
        low, high = record["household_range"]
        return _Told(
            office=False,
            tier=Tier(record["tier"]["grid_set"], record["tier"]["level"]),
            grids=record["grids"],
            flows=record["flows"],
            totals=record["totals"],
            summary=_text(record["summary"]),
            notes=[_text(note) for note in record["notes"]],
            target=record["household_target"],
            low=low,
            high=high,
            suppress=record["suppress_below"],
        )
    limits = sheet.asked.limits
    return _Told(
        office=True,
        tier=sheet.before.tier,
        grids=records(sheet.grids),
        flows=records(sheet.flows),
        totals=plain(sheet.totals),
        summary=sheet.summary,
        notes=sheet.notes,
        target=limits.target,
        low=limits.low,
        high=limits.high,
        services=sheet.asked.services,
    )


def _text(pair: Mapping[str, str]) -> Text:
    return Text(pair["zh"], pair["en"])


def _of_tier(side: Boundaries, tier: Tier) -> Boundaries:
    """Return the grids of one tiling alone."""
    return replace(side, grids={grid.grid_id: grid for grid in side.tier(tier)}, unassigned={})


def _data(told: _Told, around: Around) -> dict[str, Any]:
    """Return place, summary, totals and notes, and how everything is drawn and named."""
    place = around.place
    return {
        "format": "geogrid-swipe",
        "version": __version__,
        "office": told.office,
        "place": place,
        "sample": place is not None and SAMPLE in place,
        "osm": around.is_osm,
        "colour": "deviation" if any(_known(row) for row in told.grids) or around.deviation else "grid",
        "target": told.target,
        "suppress": told.suppress,
        "tolerance": TOLERANCE_M,
        "summary": told.summary,
        "notes": list(told.notes),
        "totals": told.totals,
        "measures": _measures(told, around),
        "style": {
            "text": LABELS,
            "changes": CHANGES,
            "classes": _classes(told),
            "hues": HUES,
            "same": SAME,
            "lines": {**LINES, **SWIPE_LINES},
            "streets": STREETS,
            "unknown": UNKNOWN,
        },
    }


def _known(row: Mapping[str, Any]) -> bool:
    return any(row.get(f"deviation_{side}") is not None for side in SIDES)


def _classes(told: _Told) -> list[dict[str, Any]]:
    """Return the classes of deviation, the fewest households first: outside the household range, inside it, near the target."""
    low, high = (round((limit - told.target) / told.target * DEVIATION_UNITS) for limit in (told.low, told.high))
    near = min(NEAR, -low, high) if low < 0 < high else 0
    percent = {"low": -low / 10, "high": high / 10, "near": near / 10}
    said = {name: f"{value:g}" for name, value in percent.items()}
    rows: list[tuple[int | None, bool, str, dict[str, str]]] = [
        (None, True, "classBelow", {"n": said["low"]}),
        (low, True, "classLess", {"n": said["low"], "m": said["near"]}),
        (-near, True, "classNear", {"m": said["near"]}),
        (near, False, "classMore", {"n": said["high"], "m": said["near"]}),
        (high, False, "classAbove", {"n": said["high"]}),
    ]
    return [
        {"from": start, "inclusive": inclusive, "label": [key, values], "colour": colour}
        for (start, inclusive, key, values), colour in zip(rows, DEVIATION_COLOURS, strict=True)
    ]


def _measures(told: _Told, around: Around) -> list[dict[str, Any]]:
    """Return the measures of the tables in their order: those known for every sheet, and each service's share."""
    rows = [{"key": key, "label": name, "unit": unit} for key, (name, unit) in MEASURES.items()]
    names = {**told.services, **around.services, ALL: LABELS["all"]}
    shares = [
        {"key": key, "label": _covered(names.get(service) or Text(service, service)), "unit": "share"}
        for key, service in _shares(told.grids)
    ]
    place = next(i for i, row in enumerate(rows) if row["key"] == "facilities")
    return [*rows[:place], *shares, *rows[place:]]


def _covered(service: Text) -> Text:
    """Name the covered share of a service."""
    english = service.en[:1].upper() + service.en[1:]
    return Text(LABELS["covered"].zh.format(service=service.zh), LABELS["covered"].en.format(service=english))


def _layers(sides: tuple[Boundaries, Boundaries], drawn: Picture, told: _Told, around: Around) -> dict[str, Any]:
    """Return the grids of both sides, the land that moves, the changed grids' figures, and the flows, as columns and rows."""
    rows = {str(row["grid_id"]): row for row in told.grids}
    streets = {} if around.streets is None else streets_layer(around.streets).payload
    shown = zip(SIDES, sides, (drawn.before, drawn.after), strict=True)
    measures = [str(row["key"]) for row in _measures(told, around)]
    return {
        **{name: _side(name, list(shapes), side, rows, (drawn, around)) for name, side, shapes in shown},
        "moved": {
            "from": [cell.from_id for cell in drawn.moved],
            "to": [cell.to_id for cell in drawn.moved],
            "area": [round(area) for area in drawn.moved_m2],
        },
        "rows": [_row(row, measures) for row in told.grids if row["change"] != "same"],
        "flows": [
            {"from": row["from_id"], "to": row["to_id"], "households": row["households"], "persons": row["persons"]}
            for row in told.flows
        ],
        "streets": streets,
    }


def _side(
    name: str, ids: Sequence[str], side: Boundaries, rows: Mapping[str, Mapping[str, Any]], seen: tuple[Picture, Around]
) -> dict[str, Any]:
    """Return the grids of one side as columns; a changed grid's deviation is what the sheet says of it, or nothing."""
    drawn, around = seen
    deviation = [rows[key].get(f"deviation_{name}") if key in rows else around.deviation.get(key) for key in ids]
    return {
        "id": ids,
        "name": [side.grids[key].name or key for key in ids],
        "hue": [drawn.hue[key] for key in ids],
        "changed": [int(key in rows and rows[key]["change"] in OUTLINED) for key in ids],
        "deviation": [_per_mille(plain(value)) for value in deviation],
    }


def _row(row: Mapping[str, Any], measures: Sequence[str]) -> dict[str, Any]:
    """Return a changed grid's figures by side in the order of the measures; a side where it is not is None."""
    missing = {"new": "before", "gone": "after"}.get(str(row["change"]))
    return {
        "id": str(row["grid_id"]),
        "change": row["change"],
        "withheld": bool(row.get("withheld", False)),
        "from": plain(row.get("from_ids")) or [],
        "to": plain(row.get("to_ids")) or [],
        "in": plain(row.get("households_in")),
        "out": plain(row.get("households_out")),
        "range": {side: row.get(f"range_{side}") for side in SIDES},
        **{side: None if side == missing else [_value(key, row.get(f"{key}_{side}")) for key in measures] for side in SIDES},
    }


def _value(measure: str, value: Any) -> Any:
    """Return a figure in the units of the page: deviation in per mille, a share in 1/10,000, land in whole square metres."""
    known = plain(value)
    if measure == "deviation":
        return _per_mille(known)
    if measure.startswith(SHARE):
        return share_of(known)
    return round(known) if measure == "area_m2" and known is not None else known


def _shares(grids: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the measures that are covered shares, with their services, in the order of the sheet."""
    names = [name for row in grids[:1] for name in row if name.startswith(SHARE) and name.endswith("_before")]
    return [(name.removesuffix("_before"), name.removeprefix(SHARE).removesuffix("_before")) for name in names]


def _per_mille(value: float | None) -> int | None:
    return None if value is None else round(value * DEVIATION_UNITS)


def _array(shapes: Iterable[Any]) -> Shapes:
    held = list(shapes)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return array
