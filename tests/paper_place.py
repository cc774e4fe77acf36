"""A place of paper: one county, two townships, three villages, four grids of 100 m, ten households; everything by hand.

T1 = V1 (A B), V2 (C);  T2 = V3 (D).  Grids stand side by side: A 0–100, B 100–200, C 200–300, D 300–400 (x), 0–100 (y).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from shapely import Point, box

from geogrid.facts import Facts
from geogrid.profile import Profile, load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

PAPER = CRS.from_epsg(4548)
DAY = dt.date(2026, 7, 1)
EAST, NORTH = 500_000, 3_100_000


def at(x: float, y: float) -> Point:
    return Point(EAST + x, NORTH + y)


def block(west: float, south: float, east: float, north: float) -> Any:
    return box(EAST + west, NORTH + south, EAST + east, NORTH + north)


AREAS = gpd.GeoDataFrame(
    {
        "area_id": ["X", "T1", "T2", "V1", "V2", "V3"],
        "name": ["某县", "东镇", "西镇", "一村", "二村", "三村"],
        "level": ["county", "township", "township", "村", "village", "village"],
        "parent_id": [None, "X", "X", "T1", "T1", "T2"],
    },
    geometry=[
        *(block(0, 0, 400, 100), block(0, 0, 300, 100), block(300, 0, 400, 100)),
        *(block(0, 0, 200, 100), block(200, 0, 300, 100), block(300, 0, 400, 100)),
    ],
    crs=PAPER,
)
GRIDS = gpd.GeoDataFrame(
    {"grid_id": list("ABCD"), "name": ["甲", "乙", "丙", "丁"], "parent_id": ["V1", "V1", "V2", "V3"]},
    geometry=[block(100 * i, 0, 100 * i + 100, 100) for i in range(4)],
    crs=PAPER,
)


def households(grids: str = "AAAABBBCD", **columns: list[Any]) -> gpd.GeoDataFrame:
    """Return households in the grids of these letters (``-`` is outside all), 10 m apart, 1, 2, 3 … persons each."""
    ids = [None if letter == "-" else letter for letter in grids]
    places = [
        at(-50, 5 + i) if letter == "-" else at(100 * "ABCD".index(letter) + 5 + 10 * (i % 9), 50)
        for i, letter in enumerate(grids)
    ]
    frame = {"household_id": [f"H{i + 1}" for i in range(len(ids))], "persons": range(1, len(ids) + 1), "grid_id": ids}
    return gpd.GeoDataFrame({**frame, **columns}, geometry=places, crs=PAPER)


def profile_with(**changes: Any) -> Profile:
    """Return the generic profile with some keys replaced; tables are written as in its file."""
    return Profile.model_validate({**dict(load_profile()), **changes})


def facts(profile: Profile | None = None, homes: gpd.GeoDataFrame | None = None, **tables: Any) -> Facts:
    """Return the facts of the place of paper."""
    given: Mapping[str, Any] = {"on": DAY, "grids": GRIDS, "areas": AREAS, **tables}
    return Facts(profile=profile or load_profile(), crs=PAPER, households=households() if homes is None else homes, **given)


def table(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=object)


TREE = [{"id": "township", "zh": "乡镇", "en": "township"}, {"id": "village", "zh": "村", "en": "village", "parent": "township"}]

GRID = {"id": "grid", "zh": "网格", "en": "grid", "parent": "village", "of": "grids"}

ESTATES = gpd.GeoDataFrame(
    {
        "unit_id": ["E1", "B1", "B2", "S1"],
        "name": ["小区", "一号楼", "二号楼", "一单元"],
        "kind": ["estate", "building", "楼栋", "stairwell"],
        "parent_id": [None, "E1", "E1", "B1"],
        "grid_id": ["A", None, None, None],
    },
    geometry=[block(0, 0, 60, 100), block(0, 0, 30, 100), block(30, 0, 60, 100), at(1, 1)],
    crs=PAPER,
)

FINE = [
    {"id": "estate", "zh": "小区", "en": "estate", "parent": "grid", "of": "units"},
    {"id": "building", "zh": "楼栋", "en": "building", "parent": "estate", "of": "units"},
    {"id": "stairwell", "zh": "单元", "en": "stairwell", "parent": "building", "of": "units"},
]

STAFF = table(
    staff_id=["P1", "P2", "P2", "P3"],
    name=["张三", "李四", "李四", "王五"],
    role=["member", "member", "member", "leader"],
    of_kind=["grid", "grid", "grid", "grid"],
    of_id=["A", "A", "B", "A"],
)

SHARES = {"id": "share", "zh": "分片", "en": "share", "parent": "grid", "of": "households", "select": ["member"]}
