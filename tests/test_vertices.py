"""Lines vertex by vertex: crossings against shapely's own answer for every pair, and vertices put in by hand."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import InputError
from geogrid.vertices import crossings, insert, levels, numbered, places, segments, single_lines
from tests.builders import at, street

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = st.tuples(st.integers(0, 6), st.integers(0, 6))


def lines(*coordinates: Sequence[tuple[float, float]]) -> np.ndarray:
    return np.array([shapely.LineString(each) for each in coordinates], dtype=object)


@given(st.lists(st.tuples(WHOLE, WHOLE).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=7), st.data())
@settings(max_examples=100, deadline=None)
def test_crossings_as_every_pair_asked(pairs: list[tuple[tuple[int, int], tuple[int, int]]], data: st.DataObject) -> None:
    """On a lattice: what two segments share, less the places that are a vertex of both."""
    level = np.array(data.draw(st.lists(st.integers(0, 1), min_size=len(pairs), max_size=len(pairs))))
    parts = segments(lines(*(list(pair) for pair in pairs)))
    found = crossings(parts, level)
    expected = set()
    for one, two in combinations(range(len(pairs)), 2):
        if level[one] == level[two]:
            shared = shapely.get_coordinates(shapely.intersection(*(shapely.LineString(pairs[i]) for i in (one, two))))
            common = set(pairs[one]) & set(pairs[two])
            expected |= {
                (one, two, *place)
                for place in map(tuple, places(shared).tolist())
                if (place[0] / 1e6, place[1] / 1e6) not in common
            }
    got = {
        (a, b, *xy)
        for a, b, xy in zip(found.first.tolist(), found.second.tolist(), map(tuple, places(found.xy).tolist()), strict=True)
    }
    assert got == expected


def test_only_what_is_of_interest_is_asked_about() -> None:
    parts = segments(lines([(0, 0), (4, 4)], [(0, 4), (4, 0)], [(0, 3), (4, 3)]))
    found = crossings(parts, np.zeros(3, dtype=np.int64), np.array([False, False, True]))
    assert sorted(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(0, 2), (1, 2)]


def test_vertices_are_put_in_once_and_in_order() -> None:
    old = lines([(0, 0), (10, 0), (10, 10)], [(5, 5), (6, 6)])
    new = insert(
        old, np.array([0, 0, 0, 0, 0]), np.array([1, 0, 0, 0, 1]), np.array([[10, 4], [7, 0], [2, 0], [7, 0], [10, 10.0]])
    )
    assert shapely.get_coordinates(new[0]).tolist() == [[0, 0], [2, 0], [7, 0], [10, 0], [10, 4], [10, 10]]
    assert new[1] is old[1]
    none = np.empty(0, dtype=np.int64)
    assert insert(old, none, none, np.empty((0, 2))).tolist() == old.tolist()


def test_levels_in_words_of_both_languages() -> None:
    roads = pd.DataFrame(
        {
            "layer": [1, None, "x", 500, 0],
            "bridge": ["yes", "否", "no", None, "viaduct"],
            "tunnel": [None, "culvert", "yes", "是", "f"],
        }
    )
    assert levels(roads).tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1], [99, 0, 1], [0, 1, 0]]
    assert levels(pd.DataFrame(index=range(2))).tolist() == [[0, 0, 0]] * 2
    assert numbered(np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0]])).tolist() == [1, 0, 1]


def test_what_is_not_a_line_is_refused() -> None:
    with pytest.raises(InputError, match="1 streets are not lines"):
        single_lines(gpd.GeoDataFrame(geometry=[street((0, 0), (1, 1)), at(0, 0)], crs=4548))
    with pytest.raises(InputError, match="not finite"):
        single_lines(gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (np.inf, 1)])], crs=4548))


def test_parts_and_gaps_of_a_file() -> None:
    two = shapely.MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]])
    rows = single_lines(gpd.GeoDataFrame({"road_id": ["a", "b", "c"]}, geometry=[two, None, shapely.LineString()], crs=4548))
    assert rows["road_id"].tolist() == ["a", "a", "c"]
    assert segments(rows.geometry.to_numpy()).line.tolist() == [0, 1]
