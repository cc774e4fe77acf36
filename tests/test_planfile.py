"""A plan taken from polygons that somebody drew elsewhere: the same land, in operations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from geogrid.boundaries import Boundaries
from geogrid.errors import InputError
from geogrid.keeping import Rules
from geogrid.planfile import Taken, plan_of_polygons
from geogrid.plans import Drawn, Plan, draw_plan
from tests.paper_grids import CRS, area, block, four, land, nested, parents, placed
from tests.tilings import random_town
from tests.wishes import LOCAL, WISHES, Wish, operation


def drawn(rows: dict[str, Any], **columns: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"grid_id": list(rows), **columns}, geometry=list(rows.values()), crs=CRS)


def taken(rows: dict[str, Any], base: Boundaries | None = None, rules: Rules | None = None, **columns: list[str]) -> Taken:
    """Take a plan, and see that carried out again it gives the same."""
    base = base or four()
    found = plan_of_polygons("文件", base, 3, drawn(rows, **columns), rules=rules)
    again = draw_plan(Plan.from_json(found.plan.to_json()), base, rules).boundaries
    assert {k: g.shape.wkb for k, g in again.grids.items()} == {k: g.shape.wkb for k, g in found.drawn.boundaries.grids.items()}
    assert found.plan.base_version == 3
    return found


def kinds(found: Taken) -> list[str]:
    return [each.kind for each in found.plan.operations]


def said(found: Taken) -> list[list[str]]:
    return [list(row) for row in found.problems[["grid_id", "reason_en"]].itertuples(index=False)]


def test_the_same_file_is_an_empty_plan() -> None:
    base = four()
    found = plan_of_polygons("文件", base, 0, base.grid_frame)
    assert (found.plan.operations, len(found.problems)) == ((), 0)


def test_a_border_that_moved() -> None:
    found = taken({"A": block(0, 0, 110, 100), "B": block(110, 0, 200, 100)})
    assert (kinds(found), said(found)) == (["hand"], [])
    assert land(found.drawn.boundaries) == {"A": 11_000, "B": 9_000, "C": 10_000, "D": 10_000}


def test_borders_closer_than_a_metre_are_the_same() -> None:
    found = taken({"A": block(-0.4, -0.4, 100.4, 100.3), "B": block(99.8, 0, 200.7, 99.5)})
    assert (kinds(found), land(found.drawn.boundaries)) == ([], land(four()))


def test_only_the_named_grids_change() -> None:
    """A takes 20 m of B, which the file does not name; a strip of 0.5 m of C is an inexact border."""
    found = taken({"A": block(0, 0, 120, 100)})
    assert land(found.drawn.boundaries) == {"A": 12_000, "B": 8_000, "C": 10_000, "D": 10_000}


def test_new_grids_and_grids_that_end() -> None:
    """N1 and N2 stand where A and B stood, and the file names neither."""
    found = taken({"N1": block(0, 0, 200, 40), "N2": block(0, 40, 200, 100)}, name=["南", "北"])
    assert kinds(found) == ["retire", "retire", "draw", "draw"]
    assert land(found.drawn.boundaries) == {"C": 10_000, "D": 10_000, "N1": 8_000, "N2": 12_000}
    assert parents(found.drawn.boundaries)["N1"] == "V1"
    assert found.drawn.boundaries.grids["N1"].name == "南"


def test_a_parent_that_the_base_does_not_know_is_found_anew() -> None:
    found = taken({"N": block(0, 0, 50, 100)}, parent_id=["村代码"])
    assert (parents(found.drawn.boundaries)["N"], said(found)) == ("V1", [])


def test_a_grid_that_moves_altogether() -> None:
    """A takes the land of B, B that of A in part: whoever comes first would leave the other without land."""
    found = taken({"A": block(50, 0, 200, 100), "B": block(0, 0, 50, 100)})
    assert said(found) == []
    assert land(found.drawn.boundaries) == {"A": 15_000, "B": 5_000, "C": 10_000, "D": 10_000}


def test_land_left_to_nobody_is_said() -> None:
    found = taken({"A": block(0, 0, 60, 100)})
    assert land(found.drawn.boundaries) == {"A": 6_000, "B": 10_000, "C": 10_000, "D": 10_000, "": 4_000}
    assert "4,000 m² belong to no grid yet" in found.drawn.notes[0].en


def test_narrow_strips_of_nobody_go_to_the_neighbour() -> None:
    """Between the new grids are 0.6 m that no polygon has, of A's land, which ends: the longest shared border takes them."""
    found = taken({"N1": block(0, 0, 49.7, 100), "N2": block(50.3, 0, 100, 100)})
    assert found.drawn.unassigned_m2 == 0
    assert sorted(land(found.drawn.boundaries).values()) == [4_970, 5_030, 10_000, 10_000, 10_000]


def test_a_wider_width_for_a_coarser_file() -> None:
    """2 m between the new grids, and 2 m to C: with a width of 3 m both are inexact borders."""
    coarse = drawn({"N1": block(0, 0, 99, 100), "N2": block(101, 0, 198, 100)})
    found = plan_of_polygons("文件", four(), 0, coarse, width_m=3)
    assert found.problems.empty
    assert found.drawn.unassigned_m2 == 0
    assert sorted(land(found.drawn.boundaries)) == ["C", "D", "N1", "N2"]
    assert sum(land(found.drawn.boundaries).values()) == 40_000
    assert plan_of_polygons("文件", four(), 0, coarse).drawn.unassigned_m2 == pytest.approx(400)


def test_the_first_grids_of_a_town() -> None:
    found = taken({"N1": block(0, 0, 200, 100), "N2": block(200, 0, 400, 100)}, replace(four(), grids={}))
    assert (land(found.drawn.boundaries), said(found)) == ({"N1": 20_000, "N2": 20_000}, [])
    assert parents(found.drawn.boundaries) == {"N1": "V1", "N2": "V2"}


def test_names_and_staff() -> None:
    found = taken({"A": block(0, 0, 100, 100)}, name=["东片"], leader=["张三"], duties=["一\n二"])
    assert kinds(found) == ["rename", "restaff"]
    assert (found.drawn.boundaries.grids["A"].name, found.drawn.boundaries.grids["A"].duties) == ("东片", "一\n二")


def test_what_is_refused_is_listed_with_the_reason_and_the_place() -> None:
    found = taken({"B": block(100, 0, 230, 100), "A": block(0, 0, 90, 100)}, rules=Rules(locked=frozenset({"A"})))
    assert [row[0] for row in said(found)] == ["B", "A"]
    assert said(found)[0][1] == "3,000 m² lie outside V1 and cannot go to its grid B; stay inside V1."
    assert "grid A is locked" in said(found)[1][1]
    assert found.problems["reason_zh"].str.contains("V1 之外|已锁定").all()
    assert found.problems.geometry.iloc[0].equals(block(200, 0, 230, 100))
    assert found.problems.crs == four().crs
    assert land(found.drawn.boundaries) == land(four())


def test_polygons_that_claim_the_same_land() -> None:
    """A strip of 20 m in both; 0.5 m are an inexact border. The land goes to one of them, and the file's author is told."""
    found = taken({"A": block(0, 0, 120, 100), "B": block(100, 0, 200.5, 100), "C": block(200, 0, 300, 100)})
    assert said(found) == [["B", "the polygons of A and B overlap by 2,000 m²; check which of them this land belongs to."]]
    assert "A 与 B 的面重叠 2,000 平方米" in found.problems["reason_zh"][0]
    assert found.problems.geometry[0].equals(block(100, 0, 120, 100))
    assert sum(land(found.drawn.boundaries).values()) == 40_000


def test_a_text_that_no_plan_can_hold_is_a_problem_of_that_row_only() -> None:
    found = taken({"A": block(0, 0, 110, 100), "B": block(110, 0, 200, 100)}, name=["a\u202eb", "乙"])
    assert [row[0] for row in said(found)] == ["A"]
    assert "field name cannot be 'a?b'" in said(found)[0][1]
    assert found.drawn.boundaries.grids["B"].name == "乙"


def test_polygons_that_cross_themselves_are_mended() -> None:
    found = taken({"A": area((0, 0), (110, 0), (110, 100), (0, 100), (0, 50), (0, 100)), "B": block(110, 0, 200, 100)})
    assert land(found.drawn.boundaries)["A"] == 11_000


def test_only_the_level_of_the_file_changes() -> None:
    """L1 gives M2's place back: of large grids only; and what it loses to nobody is large land, not small."""
    base = nested()
    found = taken({"L1": block(0, 0, 300, 100), "L2": block(300, 0, 400, 100)}, base)
    assert (kinds(found), said(found)) == (["hand"], [])
    assert parents(found.drawn.boundaries) == parents(base) | {"M2": "L1"}
    shrunk = plan_of_polygons("文件", base, 0, drawn({"S4": block(300, 0, 350, 100)}), rules=Rules(within_parent=False))
    assert land(shrunk.drawn.boundaries) == land(base) | {"S4": 5_000, "": 5_000}
    larger = plan_of_polygons("文件", base, 0, drawn({"L2": block(200, 0, 350, 100)}), rules=Rules(within_parent=False))
    assert land(larger.drawn.boundaries) == land(base) | {"L2": 15_000, "": 5_000}


def test_degrees_are_taken_to_metres() -> None:
    told = drawn({"A": block(0, 0, 110, 100), "B": block(110, 0, 200, 100)}).to_crs(4326)
    found = plan_of_polygons("文件", four(), 0, told)
    assert found.drawn.boundaries.grids["A"].shape.area == pytest.approx(11_000, abs=0.1)
    assert found.drawn.boundaries.crs == four().crs


def test_files_that_cannot_be_used() -> None:
    with pytest.raises(InputError, match="the file holds no usable polygon; give the outlines of grids"):
        plan_of_polygons("文件", four(), 0, drawn({"A": placed(shapely.Point(1, 1))}))
    with pytest.raises(InputError, match="grid_id"):
        plan_of_polygons("文件", four(), 0, drawn({"A": block(0, 0, 1, 1)}).assign(grid_id=[None]))
    with pytest.raises(InputError, match="holds 1,001 new grids, and a plan takes 1,000 at most"):
        plan_of_polygons("文件", four(), 0, drawn({f"N{n}": block(n, 0, n + 1, 100) for n in range(1_001)}))
    with pytest.raises(InputError, match="70 polygons lie in piles upon one another"):
        plan_of_polygons("文件", four(), 0, drawn({f"N{n}": block(0, 0, 100, 100) for n in range(70)}))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.booleans(), st.lists(WISHES.filter(lambda wish: wish.kind in LOCAL), min_size=1, max_size=4))
def test_what_a_plan_makes_is_taken_from_its_file(seed: int, noisy: bool, wishes: list[Wish]) -> None:
    """Written in degrees with eight digits (a millimetre), and taken back: each border within a metre of where it was."""
    base = random_town(seed, grids=8, noisy=noisy)
    goal = Drawn(base, ())
    for number, wish in enumerate(wishes):
        try:
            goal = goal.then(operation(wish, goal.boundaries, number))
        except ValueError:
            continue
    told = goal.boundaries.grid_frame.to_crs(4326)
    try:
        rounded = shapely.set_precision(told.geometry.to_numpy(), 1e-8)
    except shapely.GEOSException:  # it cannot round this polygon: nothing of ours is asked yet
        reject()
    told = told.set_geometry(gpd.GeoSeries(rounded, crs=4326))
    found = plan_of_polygons("文件", base, 0, told)
    assert found.problems.empty, found.problems["reason_en"].tolist()
    assert set(found.drawn.boundaries.grids) == set(goal.boundaries.grids)
    for key, grid in goal.boundaries.grids.items():
        made = found.drawn.boundaries.grids[key].shape
        assert shapely.symmetric_difference(grid.shape, made).area < grid.shape.length * 0.1
    assert shapely.coverage_is_valid(found.drawn.boundaries.shapes)
