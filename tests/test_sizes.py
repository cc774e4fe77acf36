"""Grids of several sizes and sets in one file, told apart."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest

from geogrid.errors import InputError
from geogrid.profile import load_profile
from geogrid.sizes import by_size
from tests.paper_place import AREAS, GRIDS, PAPER, block, profile_with

SIZED = [
    {"id": "village", "zh": "村", "en": "village"},
    {"id": "large", "zh": "大网格", "en": "large", "of": "grids", "parent": "village", "aliases": ["大"]},
    {"id": "medium", "zh": "中网格", "en": "medium", "of": "grids", "parent": "large"},
    {"id": "small", "zh": "小网格", "en": "small", "of": "grids", "parent": "medium"},
]


def grids(**rows: tuple[float, float, str, str | None]) -> gpd.GeoDataFrame:
    """Return grids by id: west, east, level and parent; the level may say ``set:name``."""
    said = {
        "grid_id": list(rows),
        "name": [f"{key} 网格" for key in rows],
        "level": [None if ":" in row[2] else row[2] for row in rows.values()],
        "grid_set": [row[2].split(":")[1] if ":" in row[2] else None for row in rows.values()],
        "parent_id": [row[3] for row in rows.values()],
    }
    return gpd.GeoDataFrame(said, geometry=[block(row[0], 0, row[1], 100) for row in rows.values()], crs=PAPER)


def parents(frame: gpd.GeoDataFrame | None, key: str) -> dict[str, Any]:
    assert frame is not None
    return {own: parent for own, parent in zip(frame[key], frame["parent_id"], strict=True) if isinstance(parent, str)}


def test_one_size_and_set_stay_as_they_are() -> None:
    found = by_size(GRIDS, AREAS, load_profile())
    assert found.grids is GRIDS
    assert found.areas is AREAS
    assert (found.projects, found.notes) == (None, ())


def test_a_grid_that_is_named_as_parent_is_a_larger_one() -> None:
    found = by_size(
        grids(L=(0, 200, "", "V1"), A=(0, 100, "", "L"), B=(100, 200, "", "L"), C=(200, 300, "", "V2")), AREAS, load_profile()
    )
    assert parents(found.grids, "grid_id") == {"A": "L", "B": "L", "C": "V2"}
    assert parents(found.areas, "area_id")["L"] == "V1"
    assert [note.en for note in found.notes] == [
        "1 larger grids are counted as areas, 0 grids of projects apart; 3 are the grids of this check"
    ]


@pytest.mark.parametrize("stated", [None, "V1"])
def test_sizes_of_the_profile_nest_by_position_whatever_area_they_name(stated: str | None) -> None:
    """The large grid and the medium one are the same land."""
    given = grids(L=(0, 200, "大", stated), M=(0, 200, "中网格", stated), A=(0, 100, "small", stated), B=(100, 200, "small", "M"))
    found = by_size(given, AREAS, profile_with(levels=SIZED, code_pattern=""))
    assert parents(found.grids, "grid_id") == {"A": "M", "B": "M"}
    assert {key: parent for key, parent in parents(found.areas, "area_id").items() if key in "LM"} == {"M": "L", "L": "V1"}


def test_without_areas_the_larger_grids_are_the_areas() -> None:
    found = by_size(grids(L=(0, 200, "", None), A=(0, 100, "", "L"), B=(100, 200, "", "L")), None, load_profile())
    assert found.areas is not None
    assert found.areas["area_id"].tolist() == ["L"]
    assert parents(found.grids, "grid_id") == {"A": "L", "B": "L"}


def test_projects_stand_apart() -> None:
    found = by_size(grids(A=(0, 100, "", None), P=(50, 150, "set:安置", None)), AREAS, load_profile())
    assert found.grids["grid_id"].tolist() == ["A"]
    assert found.projects is not None
    assert found.projects["grid_id"].tolist() == ["P"]


def test_only_projects_are_refused() -> None:
    with pytest.raises(InputError, match="no standing grids: all are those of projects: 安置"):
        by_size(grids(P=(0, 100, "set:安置", None)), AREAS, load_profile())


def test_larger_grids_and_areas_must_differ_in_id() -> None:
    with pytest.raises(InputError, match="grid ids V1 are ids of areas too"):
        by_size(grids(V1=(0, 200, "", None), A=(0, 100, "", "V1")), AREAS, load_profile())
