"""A made-up township for notice cards: six grids of 400 x 300 m in two villages, with streets, facilities and staff.

+----+----+----+      northern village 柳溪村: G4 G5 G6; southern village 桃园村: G1 G2 G3; named streets run along the middle of
| G4 | G5 | G6 |      each row and between the columns, and a path crosses G1 and G5. Nobody and nothing of it is real.
+----+----+----+
| G1 | G2 | G3 |
+----+----+----+
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, box, union_all

from geogrid.facts import Facts
from geogrid.profile import Profile
from tests.paper_place import DAY, EAST, NORTH, PAPER, TREE, profile_with

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE, HIGH = 400.0, 300.0
URL = "https://grids.example.cn/east"
DUTIES = (
    "一、宣传党的政策，了解居民诉求，每周入户走访不少于二十户。",
    "二、排查安全隐患、矛盾纠纷，发现问题及时上报并跟踪办结。",
    "三、关爱老人、儿童和困难家庭，代办医保、社保等便民事项。",
    "四、组织居民议事，带头维护环境卫生，做好应急值守与疏散。",
)
NAMES = ("赵德明", "钱晓燕", "孙建国", "李雪梅", "周海涛")
ROLES = ("leader", "manager", "member", "member", "member")
LONG_NAME = "柳溪村沿河东路以北老供销社片区含新建安置小区一期二期及周边零散住户综合治理第一网格"[:40]


def card_profile(**changes: Any) -> Profile:
    """Return a profile that makes phones and all columns of the card public."""
    public = {"grids": ("code", "duties", "supervision_phone"), "staff": ("phone",)}
    grid = {"id": "grid", "zh": "网格", "en": "grid", "parent": "village", "of": "grids", "staff": ["leader", "member"]}
    given = {"levels": [*TREE, grid], "code_pattern": "", "public_fields": public, **changes}
    return profile_with(**given)


def card_grids(columns: int = 3, rows: int = 2, **cells: Any) -> gpd.GeoDataFrame:
    """Return grids row by row from the southwest; ``cells`` are columns of the table."""
    spots = [(column, row) for row in range(rows) for column in range(columns)]
    shapes = [
        box(EAST + WIDE * column, NORTH + HIGH * row, EAST + WIDE * (column + 1), NORTH + HIGH * (row + 1))
        for column, row in spots
    ]
    numbers = range(1, len(spots) + 1)
    frame = {
        "grid_id": [f"G{n}" for n in numbers],
        "name": [f"第{n}网格" for n in numbers],
        "parent_id": ["V1" if 2 * row < rows else "V2" for _, row in spots],
        "code": [f"130306101201{n:03}" for n in numbers],
        "duties": ["\n".join(DUTIES)] * len(spots),
        "supervision_phone": ["0335-0000000"] * len(spots),
    }
    return gpd.GeoDataFrame({**frame, **cells}, geometry=shapes, crs=PAPER)


def card_areas(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the villages and the township around grids."""
    villages = [union_all(grids.geometry[grids["parent_id"] == village].to_numpy()) for village in ("V1", "V2")]
    frame = {
        "area_id": ["T", "V1", "V2"],
        "name": ["云山镇", "桃园村", "柳溪村"],
        "level": ["township", "village", "village"],
        "parent_id": [None, "T", "T"],
    }
    return gpd.GeoDataFrame(frame, geometry=[union_all(villages), *villages], crs=PAPER)


def card_streets(columns: int = 3, rows: int = 2) -> gpd.GeoDataFrame:
    """Return a gently winding main street per row, lanes between, and two paths."""
    lines, names, kinds = [], [], []
    for row in range(rows):
        steps = range(-1, 2 * columns + 2)
        at = [(EAST + WIDE / 2 * i, NORTH + HIGH * (row + 0.45) + (25 if i % 2 else -20)) for i in steps]
        lines.append(LineString(at))
        names.append(("人民路", "沿河东路", "团结路")[row % 3])
        kinds.append("secondary")
    for i in range(2 * columns):
        x = EAST + WIDE / 2 * (i + 0.5)
        lines.append(LineString([(x, NORTH - 100), (x + 15, NORTH + HIGH * rows / 2), (x, NORTH + HIGH * rows + 100)]))
        names.append(("柳荫巷", "桃源里", "书院街")[i % 3])
        kinds.append("residential")
    lines += [LineString([(EAST + 20, NORTH + 30), (EAST + 380, NORTH + 260)])]
    names.append("")
    kinds.append("path")
    ids = [f"R{i}" for i in range(len(lines))]
    return gpd.GeoDataFrame({"road_id": ids, "name": names, "highway": kinds}, geometry=lines, crs=PAPER)


def card_facilities(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return four facilities a grid; the last is planned, and two stand at one door."""
    rows = [
        (f"{row.grid_id}-{i}", name, services, status, Point(row.geometry.centroid.x + east, row.geometry.centroid.y + north))
        for row in grids.itertuples()
        for i, (name, services, status, east, north) in enumerate(
            (
                ("桃园村卫生室", ("medical",), "built", -90, 40),
                ("党群服务站", ("party_service", "convenience"), "built", 60, -25),
                ("云山镇中心小学", ("education",), "built", 60, -25),
                ("健身广场", ("sport",), "planned", 120, 90),
            )
        )
    ]
    names = ("facility_id", "name", "services", "status")
    frame = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return gpd.GeoDataFrame(frame, geometry=[row[4] for row in rows], crs=PAPER)


def card_staff(grids: gpd.GeoDataFrame, people: int = 3, *, names: tuple[str, ...] = NAMES) -> pd.DataFrame:
    """Return as many people a grid: a leader, a manager, then members."""
    rows = [
        (f"P{grid}{i}", names[i % len(names)], ROLES[min(i, 4)], "grid", grid, f"138-0000-{i:04}")
        for grid in grids["grid_id"]
        for i in range(people)
    ]
    return pd.DataFrame(rows, columns=["staff_id", "name", "role", "of_kind", "of_id", "phone"], dtype=object)


def homes(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one household per grid, with an id and a place that nothing public may hold."""
    frame = {"household_id": [f"CANARY{i}" for i in range(len(grids))], "persons": 7, "grid_id": grids["grid_id"].tolist()}
    places = [None if shape is None else shape.representative_point() for shape in grids.geometry]
    return gpd.GeoDataFrame(frame, geometry=places, crs=PAPER)


def card_town(profile: Profile | None = None, grids: gpd.GeoDataFrame | None = None, *, people: int = 3, **tables: Any) -> Facts:
    """Return the facts of the township."""
    own = card_grids() if grids is None else grids
    makers: dict[str, Callable[[], Any]] = {
        "areas": lambda: card_areas(own),
        "streets": card_streets,
        "facilities": lambda: card_facilities(own),
        "staff": lambda: card_staff(own, people),
    }
    given = {name: make() for name, make in makers.items() if name not in tables} | tables
    return Facts(profile=profile or card_profile(), crs=PAPER, on=DAY, grids=own, households=homes(own), **given)
