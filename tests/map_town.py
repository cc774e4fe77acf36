"""Public reports for the map's tests: a made-up town of 20 grids, the same with hostile names, and towns of any size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geogrid.privacy import PublicReport

WGS84 = "EPSG:4326"
WEST, SOUTH, STEP = 117.1, 28.2, 0.01
SERVICES = ("education", "medical", "sport", "day_care")
NAMES = {
    "education": ("教育", "Education"),
    "medical": ("医疗", "Medical care"),
    "sport": ("体育", "Sport"),
    "day_care": ("托养", "Day care"),
    "all": ("全部", "All"),
}
HOSTILE = (
    "{{7*7}}",
    "{% print(7*7) %}",
    "{# x",
    "${window.hacked=1}",
    "`window.hacked=1`",
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "<img src=x onerror=window.hacked=1>",
    "line\u2028separators\u2029",
    "'\"><svg onload=window.hacked=1>",
    "\u202eright to left",
)
"""Names that a careless page would run, render or trip over."""


def town(columns: int = 5, rows: int = 4, *, seed: int = 7) -> PublicReport:
    """Return a town of ``columns`` × ``rows`` grids; villages are rows, grid 3 is withheld and grid 7 is empty.

    ::

        G16 G17 G18 G19 G20   village V4
        G11 G12 G13 G14 G15   village V3
        G06 G07 G08 G09 G10   village V2
        G01 G02 G03 G04 G05   village V1
    """
    random = np.random.default_rng(seed)
    grids = _grids(columns, rows, random)
    areas = _areas(grids)
    facilities = _facilities(grids)
    return PublicReport(
        summary=_summary(grids, areas),
        grids=grids,
        areas=areas,
        gaps=_gaps(grids),
        facilities=facilities,
        defects=_defects(),
        streets=_streets(columns, rows),
        radii=_radii(facilities),
    )


def hostile_town() -> PublicReport:
    """Return the town with hostile text wherever text goes."""
    calm = town()
    bad = [HOSTILE[i % len(HOSTILE)] for i in range(64)]
    summary = calm.summary | {
        "place": {"id": "x", "zh": bad[5], "en": bad[5]},
        "services": [row | {"zh": bad[i], "en": bad[i]} for i, row in enumerate(calm.summary["services"])],
        "notes": [{"zh": text, "en": text} for text in (*HOSTILE, "lone \ud800 surrogate")],
    }
    return replace(
        calm,
        summary=summary,
        grids=calm.grids.assign(name=bad[: len(calm.grids)], leader=bad[3 : 3 + len(calm.grids)], duties=bad[5]),
        areas=calm.areas.assign(name=bad[: len(calm.areas)]),
        gaps=calm.gaps.assign(nearest_facility=bad[: len(calm.gaps)]),
        facilities=calm.facilities.assign(name=bad[: len(calm.facilities)], status=bad[7]),
        defects=calm.defects.assign(kind=bad[: len(calm.defects)]),
    )


def uncounted_town() -> PublicReport:
    """Return the town with the polygons of all gaps, of which the third has no counts."""
    calm = town()
    gaps = calm.gaps.copy()
    hidden = gaps["suppressed"].to_numpy(dtype=bool)
    gaps.loc[hidden, "geometry"] = gaps.geometry[~hidden].to_numpy()[: hidden.sum()]
    return replace(calm, gaps=gaps.assign(rank=4 - gaps["rank"]))


def frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return rows as a frame in WGS 84; with its columns even when there are none."""
    return gpd.GeoDataFrame(rows, columns=[*columns, "geometry"], geometry="geometry", crs=WGS84)


def _corners(columns: int, rows: int, random: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return the lattice of grid corners, shaken inside the town so that borders look drawn by hand."""
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    shaken = np.stack([x, y], axis=-1) + random.uniform(-0.28, 0.28, (rows + 1, columns + 1, 2))
    return np.array([WEST, SOUTH]) + STEP * shaken


def _edge(a: Any, b: Any, points: int) -> Any:
    """Return a crooked border between two corners: the same from either end."""
    if tuple(a) > tuple(b):
        return _edge(b, a, points)[::-1]
    t = np.linspace(0, 1, points)[:, None]
    bend = np.sin(np.pi * t) * 0.06 * STEP * np.sin(np.array([a @ [9e3, 7e3], b @ [5e3, 8e3]]) + 9 * t)
    return a + (b - a) * t + bend


def _grids(columns: int, rows: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    corner = _corners(columns, rows, random)
    polygons = []
    for r in range(rows):
        for c in range(columns):
            around = [corner[r, c], corner[r, c + 1], corner[r + 1, c + 1], corner[r + 1, c]]
            ring = np.concatenate([_edge(around[i], around[(i + 1) % 4], 8)[:-1] for i in range(4)])
            polygons.append(shapely.Polygon(ring))
    n = rows * columns
    households = random.integers(260, 560, n)
    table: dict[str, Any] = {
        "grid_id": [f"G{i + 1:02d}" for i in range(n)],
        "name": [f"{'东西南北中'[c % 5]}坪第{r + 1}网格" for r in range(rows) for c in range(columns)],
        "parent_id": [f"V{r + 1}" for r in range(rows) for _ in range(columns)],
        "level": "grid",
        "leader": [f"{'赵钱孙李周吴郑王'[i % 8]}某{'甲乙丙丁'[i % 4]}" for i in range(n)],
        "supervision_phone": [f"0999-{i:07d}" for i in range(n)],
        "households": pd.array(households, dtype="Int64"),
        "persons": pd.array(households * 3, dtype="Int64"),
        "aged_65": pd.array(households // 3, dtype="Int64"),
        "children_0_14": pd.array(households // 2, dtype="Int64"),
        "deviation": (households - 400) / 400,
        "in_range": (households >= 300) & (households <= 500),
        "suppressed": False,
    }
    shares = {s: np.clip(random.normal(0.78, 0.28, n), 0, 1) for s in (*SERVICES, "all")}
    for service, share in shares.items():
        covered = np.rint(share * households).astype(int)
        unreached = np.minimum(households - covered, 3 * (np.arange(n) % 4 == 0))
        table |= {
            f"covered_{service}": pd.array(covered, dtype="Int64"),
            f"uncovered_{service}": pd.array(households - covered - unreached, dtype="Int64"),
            f"unreached_{service}": pd.array(unreached, dtype="Int64"),
            f"share_{service}": covered / households,
            f"share_later_{service}": np.minimum(1, covered / households + 0.05),
            f"facilities_{service}": 1,
        }
    return _with_edge_rows(gpd.GeoDataFrame(table, geometry=polygons, crs=WGS84))


def _with_edge_rows(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Withhold grid 3 and empty grid 7, where the town has them."""
    counted = [c for c in grids if c.split("_")[0] in ("covered", "uncovered", "unreached") or c in ("households", "persons")]
    shared = [c for c in grids if c.startswith("share_")]
    if len(grids) > 2:
        grids.loc[2, [*counted, "aged_65", "children_0_14"]] = pd.NA
        grids.loc[2, shared] = np.nan
        grids.loc[2, "suppressed"] = True
    if len(grids) > 6:
        grids.loc[6, [*counted, "aged_65", "children_0_14"]] = 0
        grids.loc[6, shared] = np.nan
    return grids


def _areas(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    villages = grids.dissolve("parent_id").reset_index()
    rows = [{"area_id": "T", "name": "样例镇", "level": "township", "parent_id": None, "geometry": grids.union_all()}]
    rows += [
        {
            "area_id": v.parent_id,
            "name": f"{'青红白黑蓝'[i % 5]}岭村",
            "level": "village",
            "parent_id": "T",
            "geometry": v.geometry,
        }
        for i, v in enumerate(villages.itertuples())
    ]
    areas = frame(rows, ("area_id", "name", "level", "parent_id"))
    members = [grids] + [grids[grids["parent_id"] == row["area_id"]] for row in rows[1:]]
    for column in [
        c for c in grids if c.split("_")[0] in ("covered", "uncovered", "unreached") or c in ("households", "persons")
    ]:
        areas[column] = pd.array([int(m[column].sum()) for m in members], dtype="Int64")
    for service in (*SERVICES, "all"):
        areas[f"share_{service}"] = (areas[f"covered_{service}"] / areas["households"]).astype(float)
        areas[f"share_later_{service}"] = np.minimum(1, areas[f"share_{service}"] + 0.05)
    return areas.assign(suppressed=False)


def _square(x: float, y: float, size: float = 0.001) -> shapely.Polygon:
    return shapely.box(WEST + x * STEP, SOUTH + y * STEP, WEST + x * STEP + size, SOUTH + y * STEP + size)


def _gaps(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = []
    for rank, (x, y) in enumerate([(1.2, 1.3), (3.4, 2.6), (0.4, 0.5)], start=1):
        for service in SERVICES:
            squares = shapely.union_all([_square(x, y), _square(x + 0.1, y), _square(x + 0.1, y + 0.1)])
            hidden = rank == 3
            rows.append(
                {
                    "gap_id": f"{service}-{rank}",
                    "service": service,
                    "rank": rank,
                    "households": None if hidden else 130 - 30 * rank,
                    "persons": None if hidden else 400 - 90 * rank,
                    "grid_ids": [str(grids["grid_id"].iloc[i % len(grids)]) for i in (rank, rank + 5)],
                    "nearest_facility": None if hidden else "青岭卫生室",
                    "minutes": np.nan if hidden else 17.26 + rank,
                    "suppressed": hidden,
                    "geometry": None if hidden else shapely.MultiPolygon([squares]),
                }
            )
    columns = ("gap_id", "service", "rank", "households", "persons", "grid_ids", "nearest_facility", "minutes", "suppressed")
    gaps = frame(rows, columns)
    return gaps.astype({"households": "Int64", "persons": "Int64"})


def _facilities(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inner = grids.geometry.representative_point()
    rows = [
        {
            "facility_id": f"F{i:02d}",
            "name": f"青岭{NAMES[SERVICES[i % 4]][0]}站{i}",
            "services": [SERVICES[i % 4], "sport"] if i % 5 == 4 else [SERVICES[i % 4]],
            "status": "planned" if i % 4 == 3 else "built",
            "floor_area_m2": 120.0 + i if i % 3 else np.nan,
            "grid_id": grids["grid_id"].iloc[i],
            "geometry": inner.iloc[i],
        }
        for i in range(0, len(grids), 2 if len(grids) < 100 else 40)
    ]
    return frame(rows, ("facility_id", "name", "services", "status", "floor_area_m2", "grid_id"))


def _defects() -> gpd.GeoDataFrame:
    rows = [
        {
            "defect_id": f"D{i}",
            "kind": kind,
            "grid_ids": ["G02", "G03"],
            "area_id": "V1",
            "area_m2": 1234.5 / (i + 1),
            "width_m": 0.4 + i,
            "geometry": _square(1.9 + i, 0.5 + i, 0.0004),
        }
        for i, kind in enumerate(("hole", "sliver"))
    ]
    return frame(rows, ("defect_id", "kind", "grid_ids", "area_id", "area_m2", "width_m"))


def _streets(columns: int, rows: int) -> gpd.GeoDataFrame:
    width, height = columns * STEP, rows * STEP
    lines = [("major", [(0, height / 2), (width / 2, height * 0.55), (width, height * 0.4)])]
    lines += [("minor", [(width * k / 12, 0), (width * k / 12 + 0.002, height)]) for k in range(1, 12)]
    lines += [("path", [(0, height * k / 7), (width * 0.6, height * k / 7 + 0.003)]) for k in range(1, 7)]
    shifted = [(kind, shapely.LineString([(WEST + x, SOUTH + y) for x, y in points])) for kind, points in lines]
    return frame([{"kind": kind, "name": "", "geometry": line} for kind, line in shifted], ("kind", "name"))


def _radii(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = [
        {"facility_id": f.facility_id, "service": s, "radius_m": 1000.0, "geometry": f.geometry.buffer(0.009)}
        for f in facilities.itertuples()
        for s in f.services
    ]
    return frame(rows, ("facility_id", "service", "radius_m"))


def _summary(grids: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> dict[str, Any]:
    top = areas.iloc[0]
    coverage = []
    for service in (*SERVICES, "all"):
        for when in ("now", "later"):
            row: dict[str, Any] = {"level": "total", "id": "", "name": "", "service": service, "when": when, "suppressed": False}
            row |= {m: int(top[m]) for m in ("households", "persons")} | {"aged_65": 2400, "children_0_14": 3500}
            row |= {part: int(top[f"{part}_{service}"]) for part in ("covered", "uncovered", "unreached")}
            coverage.append(row | {"share": float(top[f"share_{service}" if when == "now" else f"share_later_{service}"])})
    limits = {"mode": "walk", "speed_kmh": 5.0, "cutoff_min": 15.0, "radius_m": 1000.0}
    pairs = [{"id": s, "zh": NAMES[s][0], "en": NAMES[s][1]} | limits for s in SERVICES]
    source = {"zh": "《完整居住社区建设标准》，待核实", "en": "standard for complete communities, to be confirmed"}
    note = {"zh": "各表只统计网格内的住户。", "en": "Tables count the households inside grids."}
    table = {"file": "x", "format": "geojson", "crs": "EPSG:4326", "rows": 20, "good": 20, "rejected": 0, "notes": []}
    return {
        "format": "geogrid-report",
        "version": 1,
        "place": {"id": "generic", "zh": "样例镇", "en": "样例镇"},
        "settings": {"speed_kmh": 5.0, "max_snap_m": 200.0, "suppress_below": 10, "crs": "EPSG:4548"},
        "services": [pair | {"source": source} for pair in pairs],
        "inputs": [table | {"table": name} for name in ("grids", "households", "facilities")]
        + [table | {"table": "roads", "format": "osm.pbf"}],
        "totals": {"grids": len(grids)},
        "coverage": coverage,
        "notes": [note],
    }
