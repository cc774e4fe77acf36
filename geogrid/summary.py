"""``report.json``: the public summary of a check, format "geogrid-report", version 1.

Keys, top to bottom: format, version, geogrid_version, place, settings, services, inputs, totals, coverage, sensitivity, radius,
seasons, facilities, facilities_by_grid, gaps, defects, rejected, worst_grids, standards, stated, notes, seconds. Withheld numbers
are null and their row says ``"suppressed": true``; standards and stated are there where the profile has any. Lengths are metres,
times minutes, shares 0 to 1; positions are longitude and latitude (WGS 84). ``seconds`` are those of every step until the report
was written, by the ids of `geogrid.stepnames`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

import geogrid
from geogrid.crs import to_wgs84
from geogrid.hierarchy import GRID, TOTAL
from geogrid.inputs import PLACE_TABLES
from geogrid.modes import MODES
from geogrid.placepublic import public_standards
from geogrid.plain import both, plain, records
from geogrid.privacy import MEASURES, public_radius, public_sensitivity
from geogrid.seasonreport import seasons_to_publish
from geogrid.settings import ALL, NOW
from geogrid.totals import share
from geogrid.unmatched import unmatched_notes
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geogrid.inputs import Inputs
    from geogrid.placereport import PlaceReport
    from geogrid.report import Report
    from geogrid.results import DatumFinding

FORMAT = "geogrid-report"
VERSION = 1

NO_PLACE = "generic"
"""The profile that belongs to no place."""

SEVERAL = "several"
"""Stands for the mode of a check whose services are reached by different ones; each service says its own."""

WORST = 10
"""How many of the worst grids are named per service."""

MISFIT_DECIMALS = {"m": 0, "share": 4}
"""A median of households in full would be some household's way to its street."""

OWN_LIMITS = Text("为本次检查所设", "set for this check")
"""Where a service's mode and cutoff come from when the profile gives others: its source does not speak of them."""

SERVICE_RENAMES = {f"households_{part}": part for part in ("covered", "uncovered", "unreached")}

SUPPRESSION_NOTE = Text(
    "为保护隐私，1 至 {n} 的数以及可由其他数推算出的数不公开；0 照常显示。缺口的户数、人数取整到十。",
    "For privacy, counts from 1 to {n}, and counts they could be worked out from, are withheld; zero is shown. Counts of gaps "
    "are rounded to tens.",
)
RADIUS_NOTE = Text(
    "配置为这些服务规定了半径，未采用所给的 {radius:g} 米：{services}",
    "the profile gives these services a radius of their own, so {radius:g} m was not used: {services}",
)
INSIDE_NOTE = Text(
    "各表只统计网格内的住户；网格外住户另行列出。", "Tables count the households inside grids; those outside are listed apart."
)
SEVERAL_NOTE = Text(
    "各服务的出行方式不同，离街道过远的住户也就不同；为保护隐私，公开的表不再区分“未覆盖”与“离街道过远”。",
    "Services are reached in different ways, which leave different households too far from a street; for privacy, public tables "
    "do not split these from the others that are not covered.",
)
SEASONS_NOTE = Text(
    "季节人口只公开全域合计：人数取整到十，覆盖率保留三位小数；仅少数住户与其他季节不同时不公开。",
    "Seasons are published for the whole place only: persons rounded to tens, shares to three decimals, and nothing where few "
    "households differ from another season.",
)
DAY_NOTE = Text(
    "事项是否未办结、超期，以 {day} 为准（可用 --on 另定日期）。",
    "Whether a matter is open or overdue is told for {day} (--on sets another day).",
)
OSM_NOTE = Text(
    "街道数据 © OpenStreetMap 贡献者，按 ODbL 1.0 许可使用。",
    "Streets © OpenStreetMap contributors, licensed under the ODbL 1.0.",
)


def summary_of(report: Report, coverage: pd.DataFrame, gaps: gpd.GeoDataFrame) -> dict[str, Any]:
    """Put together what ``report.json`` holds.

    Parameters
    ----------
    report : Report
        The exact report; only its settings, counts of rows and places are read directly.
    coverage : DataFrame
        From `privacy.public_coverage`.
    gaps : GeoDataFrame
        From `privacy.public_gaps`, with ``rank``.

    Returns
    -------
    dict
        JSON-ready.
    """
    profile = report.settings.profile
    defects = to_wgs84(report.tiling.defects)
    inside, small = report.inside, profile.suppress_below
    place = report.place_report if profile.standards or profile.stated else None
    return {
        "format": FORMAT,
        "version": VERSION,
        "geogrid_version": geogrid.__version__,
        "place": {"id": profile.id, **both(place_name(report))},
        "settings": _settings(report),
        "services": [_service(report, s) for s in report.settings.services],
        "inputs": _inputs(report),
        "totals": _totals(report, coverage),
        "coverage": coverage_rows(coverage),
        "sensitivity": _beside_total(public_sensitivity(report.tables["sensitivity"], inside, threshold=small), coverage),
        "radius": _beside_total(public_radius(report.tables["radius"], inside, threshold=small), coverage),
        "seasons": seasons_to_publish(report, coverage),
        "facilities": records(report.tables["facilities"]),
        "facilities_by_grid": records(report.tables["facilities_by_grid"]),
        "gaps": records(gaps.drop(columns="geometry")),
        "defects": records(defects.round({"area_m2": 4, "width_m": 4}).assign(point=[_lonlat(g) for g in defects.geometry])),
        "rejected": _rejected(report.inputs),
        "worst_grids": {s: worst_grids(coverage, s) for s in (*report.settings.services, ALL)},
        **({} if place is None else public_standards(place)),
        "notes": [both(note) for note in _notes(report)],
        "seconds": {step: round(seconds, 3) for step, seconds in _seconds(report, place).items()},
    }


def _seconds(report: Report, place: PlaceReport | None) -> dict[str, float]:
    """Return what each step took, those of the place's standards after those of the check."""
    return {**report.seconds, **({} if place is None else place.seconds)}


def place_name(report: Report) -> Text:
    """Return what the place is called: its top areas, or the profile's name unless that belongs to no place."""
    areas = report.inputs.get("areas")
    names = [] if areas is None else areas[areas["parent_id"].isna()]["name"].tolist()
    if not names:
        profile = report.settings.profile
        return Text("", "") if profile.id == NO_PLACE else profile.name
    if len(names) == 1:
        return Text(names[0], names[0])
    return Text("{first}等 {n} 处", "{first} and {more} more").fill(first=names[0], n=len(names), more=len(names) - 1)


def _settings(report: Report) -> dict[str, Any]:
    settings, profile = report.settings, report.settings.profile
    return {
        "services": list(settings.services),
        "cutoff_min": dict(settings.cutoff_min),
        "radius_m": dict(settings.radius_m),
        "speed_kmh": settings.walking_speed_kmh,
        "speed_source": both(profile.walking_speed_source),
        "mode": settings.modes[0] if len(settings.modes) == 1 else SEVERAL,
        "modes": {mode: _mode(report, mode) for mode in settings.modes},
        "older_speed_kmh": settings.pace_kmh("walk_older"),
        "join_crossings": settings.join_crossings,
        "max_snap_m": settings.max_snap_m,
        "gap_distance_m": profile.gap_distance_m,
        "sliver_width_m": profile.sliver_width_m,
        "defect_width_m": profile.defect_width_m,
        "household_range": list(profile.household_range),
        "household_target": profile.household_target,
        "suppress_below": profile.suppress_below,
        "now_statuses": list(profile.now_statuses),
        "later_statuses": list(profile.later_statuses),
        "datum": dict(settings.datum),
        "crs": report.inputs.crs.to_string(),
        "profile": profile.id,
    }


def _mode(report: Report, mode: str) -> dict[str, Any]:
    settings = report.settings
    source = both(settings.profile.pace_source(mode))
    return {**both(MODES[mode].name), "speed_kmh": settings.pace_kmh(mode), "source": source}


def _service(report: Report, service: str) -> dict[str, Any]:
    settings = report.settings
    spec, mode = settings.profile.services[service], settings.mode[service]
    limits = {"cutoff_min": settings.cutoff_min[service], "radius_m": settings.radius_m[service]}
    pace = settings.speed_kmh[service]
    source = spec.source if (spec.mode, spec.cutoff_min) == (mode, limits["cutoff_min"]) else OWN_LIMITS
    return {"id": service, **both(spec.name), "mode": mode, "speed_kmh": pace, **limits, "source": both(source)}


def _inputs(report: Report) -> list[dict[str, Any]]:
    """Describe each file; rows of households and matters are not counted where that would tell how few are in no grid."""
    inputs = report.inputs
    is_asked = any(table in inputs for table in PLACE_TABLES)
    unmatched = unmatched_notes(report.place_report) if is_asked else {}
    few = uncounted_tables(report)
    return [
        {
            "table": table,
            "file": read.source.name,
            "sha256": read.source.sha256,
            "format": read.source.format,
            "encoding": read.source.encoding,
            "crs": read.source.crs,
            "rows": None if table in few else read.source.rows,
            "good": None if table in few else len(read.table),
            "rejected": read.rejected["line"].nunique(),
            "datum": _datum(inputs.datum.get(table)),
            "notes": [both(note) for note in (*read.source.notes, *inputs.notes.get(table, ()), *unmatched.get(table, ()))],
        }
        for table, read in inputs.read.items()
    ]


def uncounted_tables(report: Report) -> set[str]:
    """Return the tables whose rows, less those in grids, would tell how few households or matters are in no grid."""
    outside = {"households": len(report.outside)}
    if "events" in report.inputs:
        outside["events"] = len(report.place_report.matters.unplaced)
    return {table for table, n in outside.items() if _hide_small(n, report.settings.profile.suppress_below) is None}


def _datum(finding: DatumFinding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    misfit = {datum: round(float(value), MISFIT_DECIMALS[finding.unit]) for datum, value in finding.misfit.items()}
    return {
        "datum": finding.datum,
        "measure": both(finding.measure),
        "unit": finding.unit,
        "misfit": misfit,
        "sample": finding.sample,
    }


def _totals(report: Report, coverage: pd.DataFrame) -> dict[str, Any]:
    """Count what is in the report; households and people are those inside grids, some perhaps withheld."""
    total = coverage[coverage["level"] == TOTAL].iloc[0]
    small = report.settings.profile.suppress_below
    kinds = report.tiling.defects["kind"].value_counts().sort_index()
    totals: dict[str, Any] = plain(
        {
            "grids": len(report.inputs["grids"]),
            "areas": len(report.inputs["areas"]) if "areas" in report.inputs else 0,
            "households": total["households"],
            "outside": _hide_small(len(report.outside), small),
            **{m: total[m] for m in MEASURES[1:]},
            "unreached": total["households_unreached"],
            "on_border": _hide_small(int(report.households["on_border"].sum()), small),
            "disagreements": _hide_small(len(report.tables["disagreements"]), small),
            "facilities": len(report.facilities),
            "rejected": sum(r.rejected["line"].nunique() for r in report.inputs.read.values()),
            "defects": {str(kind): int(n) for kind, n in kinds.items()},
            "gaps": len(report.gaps.table),
            "suppress_below": small,
        }
    )
    return totals


def _hide_small(count: int, threshold: int) -> int | None:
    return None if 1 <= count <= threshold else count


def coverage_rows(coverage: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the public coverage rows with their share."""
    shares = share(coverage["households_covered"], coverage["households"])
    return records(coverage.assign(share=shares).rename(columns=SERVICE_RENAMES))


def _beside_total(table: pd.DataFrame, coverage: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows by service, emptied for services whose total is withheld."""
    totals = coverage[(coverage["level"] == TOTAL) & (coverage["when"] == NOW)].set_index("service")["households_covered"]
    emptied = table["service"].map(totals.isna()).to_numpy(dtype=bool)
    shown = table.astype(object).mask(np.column_stack([emptied & (c != "service") for c in table.columns]), None)
    return records(shown.assign(suppressed=table["suppressed"] | emptied))


def _rejected(inputs: Inputs) -> list[dict[str, Any]]:
    """Count rejected rows by table, column and reason; never a value."""
    rows = []
    for table, read in inputs.read.items():
        counts = read.rejected.groupby(["code", "column"])["line"].nunique()
        rows += [{"table": table, "code": code, "column": column, "rows": int(n)} for (code, column), n in counts.items()]
    return rows


def worst_grids(coverage: pd.DataFrame, service: str) -> list[str]:
    """Return the ids of the grids with the smallest covered share now, worst first; withheld shares and full ones left out."""
    rows = coverage[(coverage["level"] == GRID) & (coverage["service"] == service) & (coverage["when"] == NOW)]
    shares = rows.assign(share=share(rows["households_covered"], rows["households"]))
    short = shares[shares["share"] < 1].sort_values(["share", "households", "id"], ascending=[True, False, True])
    return [str(grid_id) for grid_id in short["id"].head(WORST)]


def _lonlat(geometry: shapely.Geometry | None) -> list[float] | None:
    """Return a point inside a geometry to zoom to; None where a defect has no place."""
    if geometry is None or geometry.is_empty:
        return None
    inner = shapely.point_on_surface(geometry)
    return [round(float(inner.x), 7), round(float(inner.y), 7)]


def _notes(report: Report) -> list[Text]:
    notes = [INSIDE_NOTE, SUPPRESSION_NOTE.fill(n=report.settings.profile.suppress_below)]
    notes += [SEVERAL_NOTE] if len(report.settings.modes) > 1 else []
    notes += [SEASONS_NOTE] if "seasons" in report.tables else []
    notes += _radius_note(report)
    notes += day_notes(report)
    if report.inputs.read["roads"].source.format.startswith("osm"):
        notes.append(OSM_NOTE)
    return notes


def day_notes(report: Report) -> list[Text]:
    """Say on which day matters are open and overdue, where there are any."""
    return [DAY_NOTE.fill(day=report.place_report.facts.on.isoformat())] if "events" in report.inputs else []


def _radius_note(report: Report) -> list[Text]:
    """Say where a radius that the caller asked for gave way to the profile's."""
    settings = report.settings
    asked = settings.radius_asked_m
    own = [s for s in settings.services if settings.profile.services[s].radius_m not in (None, asked)]
    return [RADIUS_NOTE.fill(radius=asked, services=", ".join(own))] if asked is not None and own else []
