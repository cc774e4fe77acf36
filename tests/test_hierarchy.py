"""Places inside places."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.hierarchy import hierarchy, sum_upwards, with_own_levels, with_parents
from geogrid.suppression import Tree
from tests.builders import block, frame, paper_town


def test_parents_are_found_by_position() -> None:
    town = paper_town()
    children, notes = with_parents(town["grids"].drop(columns="parent_id"), town["areas"], child_id="grid_id")
    assert children["parent_id"].tolist() == ["V1", "V1", "V2", "V2"]
    assert notes[0].en == "4 state no parent; placed by position"


def test_stated_parents_are_kept_and_unknown_ones_replaced() -> None:
    town = paper_town()
    stated = town["grids"].assign(parent_id=["V2", "V9", None, "V2"])
    children, notes = with_parents(stated, town["areas"], child_id="grid_id")
    assert children["parent_id"].tolist() == ["V2", "V1", "V2", "V2"]
    assert "(V9)" in notes[0].en
    assert notes[1].en.startswith("1 state no parent")
    assert stated["parent_id"].isna().tolist() == [False, False, True, False]


def test_areas_nest_in_the_smallest_larger_area() -> None:
    areas = frame(
        [
            {"area_id": "T", "name": "镇", "level": "township", "geometry": block(0, 0, 2000, 1000)},
            {"area_id": "V", "name": "村", "level": "village", "geometry": block(0, 0, 1000, 1000)},
            {"area_id": "Z", "name": "外", "level": "village", "geometry": block(5000, 0, 6000, 1000)},
        ]
    )
    nested, _ = with_parents(areas, areas, child_id="area_id")
    assert nested["parent_id"].isna().tolist() == [True, False, True]
    assert nested["parent_id"][1] == "T"


def test_a_grid_may_have_the_id_of_its_village() -> None:
    """A village of one grid; an area still never lies in itself."""
    areas = frame([{"area_id": "V", "name": "村", "level": "village", "geometry": block(0, 0, 1000, 1000)}])
    grids = frame([{"grid_id": "V", "name": "村", "geometry": block(0, 0, 1000, 1000)}])
    assert with_parents(grids, areas, child_id="grid_id")[0]["parent_id"].tolist() == ["V"]
    assert with_parents(areas, areas, child_id="area_id")[0]["parent_id"].isna().all()


def test_levels_kept_for_total_and_grids_are_renamed() -> None:
    areas = frame([{"area_id": i, "level": i, "geometry": block(0, 0, 1, 1)} for i in ("grid", "village", "total")])
    renamed, notes = with_own_levels(areas)
    assert renamed["level"].tolist() == ["area", "village", "area"]
    assert notes[0].en.startswith("2 areas have the level 'grid' or 'total'")
    assert areas["level"].tolist() == ["grid", "village", "total"]
    assert with_own_levels(areas.iloc[[1]])[1] == ()


def test_the_tree_has_parents_before_children() -> None:
    town = paper_town()
    areas = pd.concat(
        [
            town["areas"].assign(parent_id="T"),
            frame([{"area_id": "T", "name": "镇", "level": "township", "geometry": block(0, 0, 2000, 1000)}]),
        ]
    ).reset_index(drop=True)
    place = hierarchy(town["grids"], areas.assign(parent_id=areas["parent_id"].astype("object")))
    assert place.nodes["id"].tolist() == ["", "T", "V1", "V2", "G1", "G2", "G3", "G4"]
    assert place.tree.parent == (-1, 0, 1, 1, 2, 2, 3, 3)


def test_areas_that_name_each_other_hang_on_the_total() -> None:
    areas = paper_town()["areas"].assign(parent_id=["V2", "V1"])
    assert hierarchy(paper_town()["grids"], areas).tree.parent[:3] == (-1, 0, 0)


def test_without_areas_grids_hang_on_the_total() -> None:
    place = hierarchy(paper_town()["grids"].assign(parent_id=pd.NA), None)
    assert place.tree.parent == (-1, 0, 0, 0, 0)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_sums_equal_the_leaves_below(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    tree = Tree((-1, *(data.draw(st.integers(0, i - 1)) for i in range(1, size))))
    values = np.array([[data.draw(st.integers(0, 9)) if leaf else 0] for leaf in tree.leaves], float)

    def below(node: int) -> float:
        return float(values[node, 0]) + sum(below(child) for child in range(size) if tree.parent[child] == node)

    assert sum_upwards(values, tree).ravel().tolist() == [below(node) for node in range(size)]
