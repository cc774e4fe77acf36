"""Reports on the place of paper for the tests of themes, and what a theme shows as plain dicts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geogrid.placereport import place_report
from geogrid.themed.stage import staged
from tests.paper_place import PAPER, TREE, at, block, facts, profile_with

if TYPE_CHECKING:
    from geogrid.themed.stage import Stage
    from geogrid.themes import Theme

GRID = {"id": "grid", "zh": "网格", "en": "grid", "parent": "village", "of": "grids"}
SOURCE = {"zh": "出处", "en": "source"}


def stage_of(homes: gpd.GeoDataFrame | None = None, *, tables: dict[str, Any] | None = None, **profile: Any) -> Stage:
    """Return the place of paper as a stage: township, village and grid unless ``levels`` says otherwise."""
    given = profile_with(**{"levels": [*TREE, GRID], "code_pattern": "", "standards": {}, "stated": {}, **profile})
    return staged(place_report(facts(given, homes, **(tables or {}))))


def rule(of: str, measure: str, **more: Any) -> dict[str, Any]:
    """Return a standard; its id is put in by the profile."""
    return {"name": {"zh": f"{measure}规定", "en": f"{measure} rule"}, "of": of, "measure": measure, "source": SOURCE, **more}


def classes_of(theme: Theme | None, time: str = "now") -> dict[str, Any]:
    """Return the class of each feature, in the order of the frame; None where it is not drawn."""
    frame = drawn(theme).frame
    return {key: None if pd.isna(each) else each for key, each in zip(frame["id"], frame[f"class_{time}"], strict=True)}


def said_of(theme: Theme | None, column: str, time: str = "now") -> dict[str, str | None]:
    """Return the Chinese of each feature's value or advice."""
    frame = drawn(theme).frame
    return {key: None if each is None else each.zh for key, each in zip(frame["id"], frame[f"{column}_{time}"], strict=True)}


def drawn(theme: Theme | None) -> Theme:
    if theme is None:
        message = "the theme was not made"
        raise AssertionError(message)
    return theme


def legend_of(theme: Theme | None) -> list[str]:
    return [each.key for each in drawn(theme).classes]


def facilities(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Return facilities in the middle of the grids A, B, C …, one each."""
    n = len(columns["services"])
    table = {
        "facility_id": [f"F{i + 1}" for i in range(n)],
        "name": [f"站{i + 1}" for i in range(n)],
        "grid_id": list("ABCD"[:n]),
        **columns,
    }
    return gpd.GeoDataFrame(table, geometry=[at(100 * i + 50, 50) for i in range(n)], crs=PAPER)


def units(ends: list[float], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Return estates side by side between these ends, over the whole height."""
    n = len(ends) - 1
    table = {
        "unit_id": [f"E{i + 1}" for i in range(n)],
        "name": [f"{i + 1}号小区" for i in range(n)],
        "kind": ["estate"] * n,
        **columns,
    }
    return gpd.GeoDataFrame(table, geometry=[block(a, 0, b, 100) for a, b in pairwise(ends)], crs=PAPER)


ESTATE = {"id": "estate", "zh": "小区", "en": "estate", "parent": "grid", "of": "units"}
