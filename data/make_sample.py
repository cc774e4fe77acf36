"""Make the sample town 样例镇, a township that does not exist, into data/sample/.

``python data/make_sample.py`` writes the files; with ``--check`` it only says whether the files there are what it would write.
The same bytes come out on every machine: all randomness is seeded, and coordinates are rounded to 1e-7 degrees (1 cm).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import _sample_plan as plan
import numpy as np
import shapely
from _sample_borders import Borders, Ring, grow, mesh, triangles
from _sample_houses import build, front
from _sample_streets import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _sample_streets import Point, Street

FOLDER = Path(__file__).parent / "sample"
ORIGIN = (115.18, 31.02)
METRES_PER_DEGREE = (95470.0, 110880.0)
"""Of longitude and latitude at 31 degrees north; the town is drawn in metres and only placed with these."""

SIZES = (0.145, 0.276, 0.272, 0.173, 0.087, 0.033, 0.010, 0.003, 0.001)
"""Shares of households of 1 to 9 persons, near the 2020 census of a county in south-east China (mean 2.95 persons)."""
CHILD = 0.336
"""Chance that a further member of a household is under 15: 22.2 % of all persons."""
AGED = {"village": 0.176, "community": 0.140}
"""Chance that a member who is no child is 65 or over: 12.5 % of all persons."""

SUMMER_GUESTS, WINTER_RETURNS = 0.4, 0.3
"""Chance that a household of a summer resort has two guests, and that one of a village has somebody home for the winter."""

Feature = tuple[dict[str, object], dict[str, Any]]


@dataclass(frozen=True)
class Group:
    """A villager or residents' group and the areas it lies in."""

    unit_id: str
    name: str
    grid: str
    area: str
    kind: str


def degrees(p: Point) -> tuple[float, float]:
    """Return longitude and latitude of a place, rounded to a centimetre."""
    lon, lat = ORIGIN[0] + p[0] / METRES_PER_DEGREE[0], ORIGIN[1] + p[1] / METRES_PER_DEGREE[1]
    return (round(lon, 7), round(lat, 7))


def groups() -> list[Group]:
    """Return all groups in the order of their seeds; grid and area are named by their places in the plan."""
    found: list[Group] = []
    for plans, kind, word in ((plan.VILLAGES, "village", "组"), (plan.COMMUNITIES, "community", "居民小组")):
        for area, grids in plans.items():
            number = 0
            for grid, hamlets in enumerate(grids, 1):
                for _ in hamlets:
                    number += 1
                    found.append(Group(f"U{len(found) + 1:03d}", f"{area}{number}{word}", f"{area}/{grid}", area, kind))
    return found


def area_codes() -> dict[str, str]:
    """Return the 12-digit code of every community (001 on) and village (201 on), as the national list numbers them."""
    town = f"{plan.COUNTY_CODE}100"
    numbered = [(name, f"{town}{k:03d}") for k, name in enumerate(plan.COMMUNITIES, 1)]
    return dict(numbered + [(name, f"{town}{k:03d}") for k, name in enumerate(plan.VILLAGES, 201)])


def grid_codes(rings: Mapping[str, list[Ring]]) -> dict[str, str]:
    """Return the 15-digit code of every grid: numbered west to east within its village or community."""
    codes: dict[str, str] = {}
    for area, code in area_codes().items():
        mine = [name for name in rings if name.startswith(f"{area}/")]
        middle = {name: sum(x for x, _ in rings[name][0]) / len(rings[name][0]) for name in mine}
        codes |= {name: f"{code}{k:03d}" for k, name in enumerate(sorted(mine, key=middle.__getitem__), 1)}
    return codes


def code_rows() -> list[tuple[str, ...]]:
    """Return the list of codes: county, township, communities and villages as such lists name them, and codes that have ended."""
    county = plan.COUNTY_CODE
    rows = [(county, "样例县", "县", "有效", ""), (f"{county}100", "样例镇", "乡镇", "有效", "")]
    for name, code in area_codes().items():
        rows.append((code, name.removesuffix("村") + ("村委会" if name.endswith("村") else "居委会"), "村（社区）", "有效", ""))
    for code, name, successors in plan.ENDED_CODES:
        now = ";".join(county + one for one in successors.split(";") if one)
        rows.append((county + code, name, "村（社区）" if len(code) > 3 else "乡镇", "撤销", now))
    return sorted(rows)


def polygon(rings: Sequence[Ring]) -> dict[str, Any]:
    """Return the GeoJSON polygon of one ring (anticlockwise)."""
    if len(rings) != 1:
        raise ValueError(f"an area of {len(rings)} rings: move a hamlet")
    return {"type": "Polygon", "coordinates": [[degrees(p) for p in rings[0]]]}


def people(rng: Random) -> tuple[str, str]:
    """Return an invented name and a telephone number that cannot be dialled (no local number begins with 0)."""
    surname = plan.SURNAMES[int(rng.random() * len(plan.SURNAMES))]
    given = plan.GIVEN_NAMES[int(rng.random() * len(plan.GIVEN_NAMES))]
    return surname + given, f"0999-000{int(rng.random() * 10_000):04d}"


def area_features(borders: Borders, of: Sequence[Group]) -> list[Feature]:
    """Return the township, then its communities and villages."""
    town = f"{plan.COUNTY_CODE}100"
    whole = borders.rings(lambda k: "town" if k >= 0 else "")["town"]
    rings = borders.rings(lambda k: of[k].area if k >= 0 else "")
    features: list[Feature] = [
        ({"area_id": "T1", "name": "样例镇", "level": "township", "parent_id": None, "code": town}, polygon(whole))
    ]
    for number, (name, code) in enumerate(area_codes().items(), 1):
        row: dict[str, object] = {
            "area_id": f"A{number:02d}",
            "name": name,
            "level": "village",
            "parent_id": "T1",
            "code": code,
        }
        features.append((row, polygon(rings[name])))
    return features


def grid_features(borders: Borders, of: Sequence[Group]) -> tuple[list[Feature], dict[str, str]]:
    """Return the grids, and the id of each by its name in the plan."""
    rings = borders.rings(lambda k: of[k].grid if k >= 0 else "")
    codes = grid_codes(rings)
    area_ids = {name: f"A{k:02d}" for k, name in enumerate(area_codes(), 1)}
    features: list[Feature] = []
    ids: dict[str, str] = {}
    for number, (name, code) in enumerate(sorted(codes.items(), key=lambda item: item[1]), 1):
        area, rng = name.split("/")[0], Random(f"{plan.SEED}/staff/{name}")
        (leader, _), (member, phone) = people(rng), people(rng)
        ids[name] = f"G{number:02d}"
        row: dict[str, object] = {"grid_id": ids[name], "name": f"{area}第{int(code[-3:])}网格", "grid_set": "standing"}
        row |= {"level": "grid", "parent_id": area_ids[area], "code": code, "kind": "basic", "leader": leader, "member": member}
        row |= {"phone": phone, "supervision_phone": "0999-0000100"}
        features.append((row, polygon(rings[name])))
    return features, ids


def unit_features(borders: Borders, of: Sequence[Group], grid_ids: Mapping[str, str]) -> list[Feature]:
    """Return the villager and residents' groups."""
    rings = borders.rings(lambda k: of[k].unit_id if k >= 0 else "")
    features: list[Feature] = []
    for group in of:
        rng = Random(f"{plan.SEED}/party/{group.unit_id}")
        kind = "villager_group" if group.kind == "village" else "resident_group"
        row: dict[str, object] = {"unit_id": group.unit_id, "name": group.name, "grid_id": grid_ids[group.grid], "kind": kind}
        features.append((row | {"party_members": 2 + int(9 * rng.random())}, polygon(rings[group.unit_id])))
    return features


def road_features(streets: Iterable[Street]) -> list[Feature]:
    """Return the streets that lie in the township or lead out of it."""
    features: list[Feature] = []
    for street in streets:
        points = [degrees(p) for p in street.points]
        row: dict[str, object] = {"road_id": f"R{len(features) + 1:03d}", "highway": street.highway, "name": street.name or None}
        row |= {tag: street.tags.get(tag) for tag in ("oneway", "bridge")} | {"layer": street.tags.get("layer", 0)}
        features.append((row, {"type": "LineString", "coordinates": points}))
    return features


def household_rows(houses: Sequence[Point], units: Sequence[Feature], of: Sequence[Group]) -> list[tuple[object, ...]]:
    """Return the households that stand clear of every border, numbered from north-west to south-east, with who lives in them."""
    places = sorted({degrees(p) for p in houses}, key=lambda p: (-round(p[1], 3), p))
    shapes = np.array([shapely.Polygon(shape["coordinates"][0]) for _, shape in units])
    points = shapely.points(places)
    asked, found = shapely.STRtree(shapes).query(points, predicate="within")
    clear = shapely.distance(points[asked], shapely.boundary(shapes[found])) > 3e-5
    rng = Random(f"{plan.SEED}/people")
    rows: list[tuple[object, ...]] = []
    for i, k in sorted(zip(asked[clear].tolist(), found[clear].tolist(), strict=True)):
        persons, aged, children = family(rng, AGED[of[k].kind])
        household = f"H{len(rows) + 1:05d}"
        row = (household, *(f"{v:.7f}" for v in places[i]), persons, aged, children, of[k].unit_id)
        rows.append((*row, *by_season(household, persons, of[k].area)))
    return rows


def by_season(household: str, persons: int, area: str) -> tuple[int | str, int | str]:
    """Return who lives there in summer (guests) and in winter (workers come home); "" where as many as ever."""
    draw = Random(f"{plan.SEED}/season/{household}").random()
    summer = persons + 2 if area in plan.SUMMER_RESORTS and draw < SUMMER_GUESTS else ""
    winter = persons + 1 if area.endswith("村") and draw > 1 - WINTER_RETURNS else ""
    return summer, winter


def family(rng: Random, aged_chance: float) -> tuple[int, int, int]:
    """Return persons, those aged 65 and over, and children under 15."""
    draw, persons = rng.random(), 1
    for persons, share in enumerate(SIZES, 1):  # noqa: B007  (the size reached is the answer)
        draw -= share
        if draw < 0:
            break
    children = sum(rng.random() < CHILD for _ in range(persons - 1))
    return persons, sum(rng.random() < aged_chance for _ in range(persons - children)), children


def facility_rows(streets: Sequence[Street]) -> list[tuple[object, ...]]:
    """Return the facilities, each at a street front."""
    rows: list[tuple[object, ...]] = []
    for number, (name, services, floor_area, status, functions, place) in enumerate(plan.FACILITIES, 1):
        lon, lat = degrees(front(streets, place))
        row = (f"F{number:03d}", name, services, floor_area or "", status, functions, f"{lon:.7f}", f"{lat:.7f}")
        rows.append((*row, plan.CAPACITY.get(name, "")))
    return rows


def path_features() -> list[Feature]:
    """Return the paths that a planner would add."""
    features: list[Feature] = []
    for number, (name, highway, points) in enumerate(plan.PATHS, 1):
        row: dict[str, object] = {"road_id": f"P{number}", "highway": highway, "name": name}
        features.append((row, {"type": "LineString", "coordinates": [degrees(p) for p in parse(points)]}))
    return features


def closure_features() -> list[Feature]:
    """Return streets out of use: a flood, and road works."""
    flood = [degrees(p) for p in (*plan.FLOOD, plan.FLOOD[0])]
    works = [degrees(p) for p in plan.ROAD_WORKS]
    days = ("2026-07-01", "2026-07-05")
    return [
        (closure("C1", "样镇大桥水淹", "flood", days), {"type": "Polygon", "coordinates": [flood]}),
        (closure("C2", "样桥大道施工", "works", days), {"type": "LineString", "coordinates": works}),
    ]


def closure(closure_id: str, name: str, kind: str, days: tuple[str, str]) -> dict[str, object]:
    """Return the properties of a closure."""
    return {"closure_id": closure_id, "name": name, "kind": kind, "valid_from": days[0], "valid_to": days[1]}


def collection(features: Iterable[Feature]) -> bytes:
    """Return compact GeoJSON with a feature a line."""
    lines = (
        json.dumps({"type": "Feature", "properties": row, "geometry": shape}, ensure_ascii=False, separators=(",", ":"))
        for row, shape in features
    )
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return CSV; no value of the plan needs quotes."""
    return "".join(",".join(str(value) for value in row) + "\n" for row in [header, *rows]).encode()


def make() -> dict[str, bytes]:
    """Return the content of every file by name."""
    streets, houses, seeds = build()
    of = groups()
    points = mesh()
    faces = triangles(points)
    borders = Borders(points, faces, grow(points, faces, seeds))
    grids, grid_ids = grid_features(borders, of)
    units = unit_features(borders, of, grid_ids)
    household_header = ("户编号", "经度", "纬度", "人口", "65岁以上", "0-14岁", "小组编号", "夏季人口", "冬季人口")
    facility_header = ("facility_id", "name", "services", "floor_area_m2", "status", "functions", "lon", "lat", "capacity")
    return {
        "areas.geojson": collection(area_features(borders, of)),
        "grids.geojson": collection(grids),
        "units.geojson": collection(units),
        "roads.geojson": collection(road_features(streets)),
        "households.csv": table(household_header, household_rows(houses, units, of)),
        "facilities.csv": table(facility_header, facility_rows(streets)),
        "paths.geojson": collection(path_features()),
        "closures.geojson": collection(closure_features()),
        "codes.csv": table(("代码", "名称", "级别", "状态", "新代码"), code_rows()),
    }


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with ``--check`` compare them with those there; return the exit code."""
    files = make()
    if "--check" in arguments:
        differing = [name for name, content in files.items() if (FOLDER / name).read_bytes() != content]
        print("differs: " + ", ".join(differing) if differing else "the sample is what this script makes")
        return 1 if differing else 0
    FOLDER.mkdir(exist_ok=True)
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    print(f"wrote {len(files)} files, {sum(map(len, files.values())):,} bytes, to {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
