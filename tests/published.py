"""A small published report, made by hand: what pages, the service and the command line read, without a household in it.

+-----+-----+-----+-----+      twelve grids of 600 x 500 m in two villages (rows of the drawing: north to south);
| g09 | g10 | g11 | g12 |      the school stands in g05, the clinic in g07, a sports ground is planned in g12;
+-----+-----+-----+-----+      g12 is withheld, because only a few households live there, and g11 is its complement
| g05 | g06 | g07 | g08 |
+-----+-----+-----+-----+
| g01 | g02 | g03 | g04 |
+-----+-----+-----+-----+
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from geogrid.outputs import write_public
from geogrid.privacy import PublicReport

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = ("education", "medical", "sport")
NAMES = {"education": ("教育", "Education"), "medical": ("医疗", "Medical care"), "sport": ("体育", "Sport")}
KEYS = (*SERVICES, "all")
WIDTH, HEIGHT = 0.0061, 0.0045
LEFT, BOTTOM = 117.21, 28.28
MEASURES = ("households", "persons", "aged_65", "children_0_14")
SHARES = {"education": (0.97, 0.9, 0.55, 0.2), "medical": (0.3, 0.75, 1.0, 0.88), "sport": (0.0, 0.0, 0.0, 0.0)}
"""Covered share by column of the drawing."""
HIDDEN = ("g11", "g12")
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}${1}</script>"
Row = dict[str, Any]


def square(column: float, row: float, *, width: float = 1, height: float = 1) -> shapely.Polygon:
    """Return a rectangle given in grids from the lower left corner."""
    return shapely.box(
        LEFT + column * WIDTH, BOTTOM + row * HEIGHT, LEFT + (column + width) * WIDTH, BOTTOM + (row + height) * HEIGHT
    )


def spot(column: float, row: float) -> shapely.Point:
    """Return a point given in grids from the lower left corner."""
    return shapely.Point(LEFT + column * WIDTH, BOTTOM + row * HEIGHT)


def counts(households: int, covered: float, *, hidden: bool = False) -> Row:
    """Return one service's counts of a place whose households have three persons each."""
    inside = round(households * covered)
    if hidden:
        return {"households": None, "covered": None, "uncovered": None, "unreached": None, "share": None, "suppressed": True} | {
            f"{measure}{end}": None for measure in MEASURES[1:] for end in ("", "_covered")
        }
    row: Row = {"households": households, "covered": inside, "uncovered": households - inside, "unreached": 0}
    row |= {"share": inside / households if households else None, "suppressed": False}
    for measure, each in (("persons", 3.0), ("aged_65", 0.5), ("children_0_14", 0.6)):
        row |= {measure: int(households * each), f"{measure}_covered": int(inside * each)}
    return row


def share_of(key: str, column: int, *, later: bool = False) -> float:
    """Return the covered share of a column of grids."""
    if key == "all":
        return min(share_of(service, column, later=later) for service in SERVICES)
    return (0.1, 0.2, 0.6, 0.9)[column] if later and key == "sport" else SHARES[key][column]


def grid_rows(hostile: str = "") -> list[Row]:
    """Return the twelve grids, two of them withheld."""
    return [_grid(n, hostile if n == 0 and hostile else f"{'东西'[n % 4 < 2]}桥村第{n + 1}网格") for n in range(12)]


def _grid(n: int, name: str) -> Row:
    households, hidden = 300 + 20 * n, f"g{n + 1:02}" in HIDDEN
    row: Row = {"grid_id": f"g{n + 1:02}", "name": name, "parent_id": "v1" if n % 4 < 2 else "v2", "level": "grid"}
    row |= {"leader": f"组长{n + 1}", "supervision_phone": f"0999-00000{n + 1:02}"}
    row |= dict(zip(MEASURES, (None,) * 4 if hidden else (households, households * 3, households // 2, None), strict=True))
    row |= {"deviation": None if hidden else (households - 400) / 400, "in_range": None if hidden else households <= 500}
    for key in KEYS:
        figures = counts(households, share_of(key, n % 4), hidden=hidden)
        row |= {f"{state}_{key}": figures[state] for state in ("covered", "uncovered", "unreached", "share")}
        row |= {f"share_later_{key}": None if hidden else share_of(key, n % 4, later=True)}
        row |= {f"facilities_{key}": int(n in (4, 6))} if key != "all" else {}
    return row | {"suppressed": hidden, "geometry": square(n % 4, n // 4)}


def area_rows() -> list[Row]:
    """Return the two villages."""
    rows = []
    for position, (area_id, name) in enumerate((("v1", "西桥村"), ("v2", "东桥村"))):
        row: Row = {"area_id": area_id, "name": name, "level": "village", "parent_id": None}
        row |= dict(zip(MEASURES, (2000, 6000, 1000, None), strict=True)) | {"suppressed": False}
        for key in KEYS:
            row |= {f"share_{key}": share_of(key, position), f"share_later_{key}": share_of(key, position, later=True)}
        rows.append(row | {"geometry": square(position * 2, 0, width=2, height=3)})
    return rows


def gap_rows() -> list[Row]:
    """Return a gap of education, one of medical care, and one that is withheld."""
    known: Row = {"aged_65": 40, "children_0_14": None, "nearest_facility": "镇中心小学", "minutes": 22.4, "suppressed": False}
    shapes = (shapely.MultiPolygon([square(3.2, 0.2, width=0.5, height=0.6)]), shapely.MultiPolygon([square(0, 2)]), None)
    rows = [
        known | {"gap_id": "education-1", "service": "education", "rank": 1, "households": 210, "persons": 630},
        known | {"gap_id": "medical-1", "service": "medical", "rank": 1, "households": 120, "persons": 360, "minutes": None},
        {"gap_id": "medical-2", "service": "medical", "rank": 2, "households": None, "persons": None, "suppressed": True},
    ]
    return [row | {"grid_ids": ["g04", "g08"], "geometry": shape} for row, shape in zip(rows, shapes, strict=True)]


def facility_rows() -> list[Row]:
    """Return a school, a clinic, and a sports ground that is planned."""
    places = (("f1", "镇中心小学", "education", "built", "g05"), ("f2", "卫生院", "medical", "upgrading", "g07"))
    rows = [(*place, spot(x, 1.5)) for place, x in zip(places, (0.5, 2.5), strict=True)]
    rows.append(("f3", "体育场", "sport", "planned", "g12", spot(3.5, 2.5)))
    names = ("facility_id", "name", "services", "status", "grid_id", "geometry")
    return [dict(zip(names, row, strict=True)) | {"services": [row[2]], "floor_area_m2": 500.0} for row in rows]


def frame(rows: list[Row]) -> gpd.GeoDataFrame:
    """Return rows as a frame in WGS 84."""
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
    whole = [name for name in table.columns if name.startswith(("covered_", "uncovered_", "unreached_")) or name in MEASURES]
    return table.astype(dict.fromkeys(whole, "Int64"))


def streets() -> gpd.GeoDataFrame:
    """Return two main streets and a path."""
    lines = [shapely.LineString([spot(0, 1.4), spot(4, 1.5)]), shapely.LineString([spot(2, 0), spot(2.1, 3)])]
    rows = [{"kind": "major", "name": "解放路", "geometry": line} for line in lines]
    rows.append({"kind": "path", "name": "", "geometry": shapely.LineString([spot(0.5, 0), spot(0.6, 3)])})
    return frame(rows)


def defect_rows() -> list[Row]:
    """Return one overlap and one hole."""
    rows = [{"defect_id": "t1", "kind": "overlap", "grid_ids": ["g02", "g03"], "area_id": "", "area_m2": 52.3, "width_m": 1.2}]
    rows.append({"defect_id": "t2", "kind": "hole", "grid_ids": ["g06"], "area_id": "v1", "area_m2": 1520.0, "width_m": 20.5})
    return [row | {"geometry": square(2 + i, 1 + i, width=0.01)} for i, row in enumerate(rows)]


def pair(zh: str, en: str) -> dict[str, str]:
    """Return a message as report.json holds it."""
    return {"zh": zh, "en": en}


def coverage_rows() -> list[Row]:
    """Return the tidy table of every level, service and time."""
    rows: list[Row] = []
    for when in ("now", "later"):
        for key in KEYS:
            head = {"service": key, "when": when}
            ends = (("total", 4920), ("outside", 12))
            rows += [{"level": level, "id": "", "name": level} | head | counts(n, 0.5) for level, n in ends]
            rows += [
                {"level": "village", "id": area["area_id"], "name": area["name"]} | head | counts(2000, area[f"share_{key}"])
                for area in area_rows()
            ]
            rows += [
                {"level": "grid", "id": f"g{n + 1:02}", "name": f"第{n + 1}网格"}
                | head
                | counts(300 + 20 * n, share_of(key, n % 4, later=when == "later"), hidden=f"g{n + 1:02}" in HIDDEN)
                for n in range(12)
            ]
    return rows


def inputs() -> list[Row]:
    """Return what was read: a file in GCJ-02 with rejected rows, and one that was clean."""
    finding: Row = {
        "datum": "gcj02",
        "measure": pair("到街道的中位距离", "median distance to streets"),
        "unit": "m",
        "sample": 2000,
    }
    finding["misfit"] = {"wgs84": 412.5, "gcj02": 9.1, "bd09": 803.2}
    base: Row = {"sha256": "ab" * 32, "crs": "EPSG:4326", "encoding": None, "rejected": 0, "datum": None, "notes": []}
    return [
        base
        | {"table": "households", "file": "户表.csv", "format": "csv", "encoding": "gb18030", "rows": 4950, "good": 4932}
        | {"rejected": 18, "datum": finding, "notes": [pair("户表坐标由 GCJ-02 换算", "converted from GCJ-02")]},
        base | {"table": "grids", "file": "grids.geojson", "format": "geojson", "rows": 12, "good": 12},
        base | {"table": "roads", "file": "roads.osm", "format": "osm", "rows": 178, "good": 178},
    ]


def settings() -> Row:
    """Return the settings of the check."""
    each = {"cutoff_min": dict.fromkeys(SERVICES, 15.0), "radius_m": dict.fromkeys(SERVICES, 1000.0)}
    rest = {"speed_kmh": 5.0, "max_snap_m": 200.0, "gap_distance_m": 200.0, "datum": "auto", "crs": "EPSG:4548"}
    modes = {"walk": pair("步行", "on foot") | {"speed_kmh": 5.0, "source": pair("OSRM 默认", "OSRM's default")}}
    return {"services": list(SERVICES), "suppress_below": 10, "mode": "walk", "modes": modes} | each | rest


def totals() -> Row:
    """Return the totals of the check."""
    row = {"grids": 12, "areas": 2, "households": 4932, "persons": 14796, "aged_65": 2466, "children_0_14": None, "facilities": 3}
    row |= {"inside": 4920, "outside": 12, "unreached": 31, "rejected": 18, "on_border": 2, "disagreements": 5}
    return row | {"defects": {"overlap": 1, "hole": 1}, "gaps": 3}


def without_geometry(rows: list[Row]) -> list[Row]:
    """Return rows as report.json holds them."""
    return [{key: value for key, value in row.items() if key != "geometry"} for row in rows]


def summary() -> Row:
    """Return what report.json holds."""
    service = {"mode": "walk", "speed_kmh": 5.0, "cutoff_min": 15.0, "radius_m": 1000.0}
    service |= {"source": pair("待核实", "to be confirmed")}
    sensitive = dict(zip(("share", "share_slower", "share_faster"), (0.5, 0.42, 0.57), strict=True))
    sensitive |= {"suppressed": False, "share_cutoff_less": 0.4, "share_cutoff_more": 0.59, "borderline_share": 0.08}
    reach = {
        "share_within_radius": 0.71,
        "share_walking": 0.5,
        "both": 2360,
        "only_radius": 1130,
        "only_walking": None,
        "suppressed": True,
    }
    built = {"facilities": 1, "inside": 1, "outside": 0, "unreached": 0}
    statuses = {"education": "built", "medical": "upgrading", "sport": "planned"}
    return {
        "format": "geogrid-report",
        "version": 1,
        "geogrid_version": "0.1.0",
        "place": {"id": "generic"} | pair("样例镇", "样例镇"),
        "settings": settings(),
        "services": [{"id": key} | pair(*NAMES[key]) | service for key in SERVICES],
        "inputs": inputs(),
        "totals": totals(),
        "coverage": coverage_rows(),
        "sensitivity": [{"service": key} | sensitive for key in KEYS],
        "radius": [{"service": key} | reach for key in SERVICES],
        "facilities": [{"service": key, "status": status} | built for key, status in statuses.items()],
        "facilities_by_grid": [{"grid_id": "g05", "service": "education", "status": "built", "facilities": 1}],
        "gaps": without_geometry(gap_rows()),
        "defects": [row | {"point": [117.22, 28.284]} for row in without_geometry(defect_rows())],
        "rejected": [
            {"table": "households", "code": "out_of_range", "column": "persons", "rows": 11},
            {"table": "households", "code": "latitude_longitude_swapped", "column": "geometry", "rows": 7},
        ],
        "worst_grids": {key: ["g04", "g08", "g12"] for key in KEYS},
        "notes": [pair("未给出 status 的设施按已建计算", "facilities without a status count as built")],
        "seconds": {"read": 1.2, "travel": 0.8},
    }


def standard(key: str, counts: tuple[int, int | None, int | None, int | None], **changes: Any) -> Row:
    """Return a standard as report.json holds it: subjects, passed, failed and incomplete."""
    numbers = dict(zip(("subjects", "passed", "failed", "incomplete"), counts, strict=True))
    said = pair(f"标准{key}", f"standard {key}") | {
        "bound": pair("不少于 1 个", "at least 1"),
        "source": pair("某文件", "a paper"),
    }
    return {
        "id": key,
        "of": "grid",
        "is_judged": True,
        **numbers,
        **said,
        "withheld": 0,
        "share": None,
        "is_confirmed": True,
        "failures": [],
        **changes,
    }


def with_standards(public: PublicReport, *standards: Row, stated: tuple[Row, ...] = ()) -> PublicReport:
    """Return the report of a place with standards."""
    return replace(public, summary=public.summary | {"standards": list(standards), "stated": list(stated)})


def travelled(public: PublicReport, **modes: tuple[str, float, float]) -> PublicReport:
    """Return the report with some services reached in another mode: its id, pace (km/h) and cutoff (minutes), by service."""
    rows = [
        row | dict(zip(("mode", "speed_kmh", "cutoff_min"), modes[row["id"]], strict=True)) if row["id"] in modes else row
        for row in public.summary["services"]
    ]
    limits = public.summary["settings"].get("cutoff_min", {}) | {service: cutoff for service, (_, _, cutoff) in modes.items()}
    settings = public.summary["settings"] | {"cutoff_min": limits}
    return replace(public, summary=public.summary | {"services": rows, "settings": settings})


def public_report(*, hostile: str = "") -> PublicReport:
    """Return the published report; ``hostile`` becomes the name of the first grid."""
    circles = frame([{"facility_id": "f1", "service": "education", "radius_m": 1000.0, "geometry": spot(0.5, 1.5).buffer(0.009)}])
    return PublicReport(
        summary=summary(),
        grids=frame(grid_rows(hostile)),
        areas=frame(area_rows()),
        gaps=frame(gap_rows()),
        facilities=frame(facility_rows()),
        defects=frame(defect_rows()),
        streets=streets(),
        radii=circles,
    )


def write_folder(public: PublicReport, folder: Path) -> Path:
    """Write the public files of a check's folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_public(public, folder, lang="zh")
    return folder
