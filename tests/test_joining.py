"""Streets joined: by hand on paper towns, and in general by what the network then says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.errors import CrsError, InputError
from geogrid.joining import add_streets, join_crossings
from geogrid.network import build_network
from tests.builders import CRS, X0, Y0, street

if TYPE_CHECKING:
    from collections.abc import Sequence


def roads(*lines: Sequence[tuple[float, float]], **columns: Sequence[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"road_id": [str(i) for i in range(len(lines))], **columns}, geometry=[street(*line) for line in lines], crs=CRS
    )


def pieces(streets: gpd.GeoDataFrame) -> int:
    return int(build_network(streets).component.max()) + 1


def drawn(streets: gpd.GeoDataFrame, row: int) -> list[list[float]]:
    return [list(pair) for pair in (shapely.get_coordinates(streets.geometry.iloc[row]) - [X0, Y0]).round(6).tolist()]


CROSS = ([(0, 0), (100, 100)], [(0, 100), (100, 0)])


def test_a_cross_becomes_a_junction() -> None:
    before = roads(*CROSS)
    after, count = join_crossings(before)
    assert (pieces(before), pieces(after), count) == (2, 1, 1)
    assert drawn(after, 0) == [[0, 0], [50, 50], [100, 100]]
    assert drawn(before, 0) == [[0, 0], [100, 100]]
    assert after.drop(columns="geometry").equals(before.drop(columns="geometry"))


@pytest.mark.parametrize("column", ["bridge", "tunnel", "layer"])
def test_streets_of_different_levels_stay_apart(column: str) -> None:
    high = 1 if column == "layer" else "yes"
    low = 0 if column == "layer" else None
    apart, count = join_crossings(roads(*CROSS, **{column: (high, low)}))
    assert (pieces(apart), count) == (2, 0)
    assert pieces(join_crossings(roads(*CROSS, **{column: [high, high]}))[0]) == 1


def test_touching_overlapping_and_crossing_oneself() -> None:
    t = roads([(0, 0), (100, 0)], [(50, 0), (50, 40)])
    assert [pieces(t), pieces(join_crossings(t)[0])] == [2, 1]
    over = roads([(0, 0), (100, 0)], [(40, 0), (140, 0)])
    joined, count = join_crossings(over)
    assert (pieces(joined), count) == (1, 2)
    inside = roads([(0, 0), (100, 0)], [(0, 0), (40, 0), (40, 30)])
    assert drawn(join_crossings(inside)[0], 0) == [[0, 0], [40, 0], [100, 0]]
    loop = roads([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)])
    assert len(build_network(join_crossings(loop)[0]).x) == len(build_network(loop).x) + 1


def test_what_is_joined_already_is_left_alone() -> None:
    plus = roads([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)])
    same, count = join_crossings(plus)
    assert count == 0
    assert same.geometry.geom_equals_exact(plus.geometry, 0).all()
    nothing, count = join_crossings(plus.iloc[:0])
    assert (len(nothing), count) == (0, 0)


@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4).filter(lambda c: c[:2] != c[2:]), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_whatever_touches_is_one_piece_and_nothing_moves(ends: list[tuple[int, int, int, int]]) -> None:
    before = roads(*([(a, b), (c, d)] for a, b, c, d in ends))
    after, _ = join_crossings(before)
    shapes = before.geometry.to_numpy()
    touching = np.array([[shapely.intersects(one, two) for two in shapes] for one in shapes])
    reach = np.linalg.matrix_power(touching.astype(float), len(shapes)) > 0
    assert pieces(after) == len({tuple(row) for row in reach.tolist()})
    assert (shapely.hausdorff_distance(after.geometry.to_numpy(), shapes) < 1e-6).all()
    assert join_crossings(after)[1] == 0


def test_a_path_is_joined_at_both_ends_and_where_it_crosses() -> None:
    r"""A path from 3 m above the lower street to 4 m short of the upper street's end, across a middle street.

    ::

        100 ----------+    path's end at (64, 100), 4 m from the street's end at (60, 100)
         50 --------------
          0 ---------------
    """
    streets = roads([(0, 0), (100, 0)], [(0, 50), (100, 50)], [(0, 100), (60, 100)])
    path = roads([(40, 3), (64, 100)])
    result = add_streets(streets, path)
    assert result.roads["road_id"].tolist() == ["0", "1", "2", "added-0"]
    assert result.joined[["end", "to_road_id", "metres"]].values.tolist() == [["start", "0", 3.0], ["end", "2", 4.0]]
    assert len(result.loose) == 0
    assert (result.crossings, pieces(result.roads)) == (1, 1)
    assert drawn(result.roads, 0) == [[0, 0], [40, 0], [100, 0]]
    assert drawn(result.roads, 2) == [[0, 100], [60, 100]]
    path_now = drawn(result.roads, 3)
    assert (path_now[:2], path_now[-2:]) == ([[40, 0], [40, 3]], [[64, 100], [60, 100]])
    assert pieces(streets) == 3


def test_loose_ends_are_listed_with_what_is_nearest() -> None:
    result = add_streets(roads([(0, 0), (100, 0)]), roads([(50, 5.01), (50, 30)]))
    assert len(result.joined) == 0
    assert result.loose[["road_id", "end", "to_road_id", "metres"]].values.tolist() == [
        ["added-0", "start", "", 5.01],
        ["added-0", "end", "", 30.0],
    ]
    assert result.loose.geometry.iloc[0].equals(shapely.Point(X0 + 50, Y0 + 5.01))
    wider = add_streets(roads([(0, 0), (100, 0)]), roads([(50, 5.01), (50, 30)]), within_m=5.01)
    assert wider.joined["end"].tolist() == ["start"]
    alone = add_streets(roads([(0, 0), (1, 0)]), roads([(9000, 0), (9100, 0)]))
    assert alone.loose["metres"].isna().all()


def test_ends_look_past_what_they_must_not_join() -> None:
    """Under a bridge 1 m away, a path joins the street of its own level 3 m away; the bridge's end it may join."""
    streets = roads([(0, 1), (100, 1)], [(0, -3), (100, -3)], bridge=["yes", None])
    assert add_streets(streets, roads([(50, 0), (50, 0.5)])).joined["to_road_id"].tolist() == ["1", "1"]
    at_end = add_streets(roads([(0, 1), (100, 1)], bridge=["yes"]), roads([(103, 1), (150, 1)]))
    assert at_end.joined["end"].tolist() == ["start"]
    footbridge = add_streets(roads([(0, 0), (100, 0)]), roads([(50, 2), (50, 60)], bridge=["yes"]))
    assert footbridge.joined["end"].tolist() == ["start"]
    forbidden = add_streets(streets, roads([(50, 0), (50, 0.5)]), usable=np.array([True, False]))
    assert len(forbidden.joined) == 0


def test_paths_join_one_another() -> None:
    streets = roads([(0, 0), (100, 0)])
    paths = roads([(50, 0), (50, 40)], [(53, 40), (90, 40)], [(20, 20), (80, 20)])
    result = add_streets(streets, paths)
    assert (pieces(result.roads), result.crossings) == (1, 1)
    assert result.joined["road_id"].tolist() == ["added-0", "added-0", "added-1"]


def test_ids_must_be_new_and_the_rest_must_fit() -> None:
    streets, path = roads([(0, 0), (100, 0)]), roads([(50, 1), (50, 40)])
    once = add_streets(streets, path).roads
    with pytest.raises(InputError, match=r"1 streets are called like added ones \(added-0\)"):
        add_streets(once, path)
    with pytest.raises(InputError, match="within_m -1 is not usable"):
        add_streets(streets, path, within_m=-1)
    with pytest.raises(CrsError, match="different CRS"):
        add_streets(streets, path.to_crs(4547))
    with pytest.raises(CrsError, match="not in metres"):
        join_crossings(streets.to_crs(4326))
    unnamed = add_streets(streets.drop(columns="road_id"), path.drop(columns="road_id"))
    assert unnamed.roads["road_id"].tolist() == ["0", "added-0"]
    nothing = add_streets(streets, path.iloc[:0])
    assert (len(nothing.roads), len(nothing.joined), len(nothing.loose)) == (1, 0, 0)
    assert nothing.roads.geometry.iloc[0].equals(streets.geometry.iloc[0])
    blank = add_streets(streets, path.set_geometry(gpd.GeoSeries([None], crs=CRS)))
    assert len(blank.roads) == 1
