"""Who lives in which grid, against a loop over all pairs, and after a redraw against a seating of everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geogrid import seating
from geogrid.assign import assign
from geogrid.boundaries import Boundaries, Tier, on_lattice
from geogrid.differences import differing
from geogrid.errors import CrsError, InputError
from geogrid.people import People, Points, covered_of
from geogrid.seating import STANDING, Seated, reseat, seat
from tests.tilings import random_town

if TYPE_CHECKING:
    from geogrid.report import Report

SIDE = 4
"""A square town of 4 by 4 unit squares, each in one of the grids A to E or in none."""
TOWN_CRS = CRS.from_epsg(4548)
SQUARES = st.lists(st.sampled_from(["A", "B", "C", "D", "E", ""]), min_size=SIDE**2, max_size=SIDE**2)
SPOTS = st.lists(st.tuples(st.integers(-1, 2 * SIDE + 1), st.integers(-1, 2 * SIDE + 1)), max_size=30)
"""Half metres: on corners, on borders, inside and outside."""


def squares(names: list[str], tier: Tier = STANDING) -> Boundaries:
    """Join the squares of each grid, row by row from the south-west."""
    at: dict[str, list[Any]] = {}
    for i, name in enumerate(names):
        at.setdefault(name, []).append(shapely.box(i % SIDE, i // SIDE, i % SIDE + 1, i // SIDE + 1))
    shapes = [shapely.union_all(parts) for name, parts in at.items() if name]
    columns = {"grid_id": [name for name in at if name], "grid_set": tier.grid_set, "level": tier.level}
    return Boundaries.of(gpd.GeoDataFrame({**columns, "name": columns["grid_id"]}, geometry=shapes, crs=TOWN_CRS))


def homes(xy: Any, **columns: Any) -> gpd.GeoDataFrame:
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    ids = [f"H{i}" for i in range(len(xy))]
    columns = {"household_id": ids, "persons": np.arange(len(xy)) % 5 + 1} | columns
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=TOWN_CRS)


def people(xy: Any, **columns: Any) -> People:
    places = gpd.GeoDataFrame(
        {"facility_id": ["F1", "F2"], "services": [("medical",), ()]},
        geometry=gpd.points_from_xy([1, 3.5], [1, 0.5]),
        crs=TOWN_CRS,
    )
    return People.of(homes(xy, **columns), places, crs=TOWN_CRS)


def by_pairs(points: Points, boundaries: Boundaries) -> list[str]:
    """Slow oracle: ask every grid about every point."""
    found = []
    for x, y in points.xy.T:
        touched = sorted(key for key, grid in boundaries.grids.items() if grid.shape.intersects(shapely.Point(x, y)))
        found.append(touched[0] if touched else "")
    return found


def assert_equal(one: Seated, other: Seated) -> None:
    assert one.ids == other.ids
    np.testing.assert_array_equal(one.home, other.home)
    np.testing.assert_array_equal(one.facility, other.facility)
    np.testing.assert_array_equal(one.sums, other.sums)


def test_everybody_has_the_grid_that_a_loop_over_all_pairs_finds() -> None:
    town = squares([*"AABBAABBCCDDCC", "", "D"])
    spots = people([(0.5, 0.5), (2, 1), (2, 2), (2.5, 3.5), (4, 4), (5, 5), (np.nan, np.nan)])
    seated = seat(spots, town)
    assert seated.grid_ids().tolist() == ["A", "A", "A", "", "D", "", ""]
    assert seated.grid_ids()[:-1].tolist() == by_pairs(spots.homes, town)[:-1]
    assert [(["A", "B", "C", "D"][i]) for i in seated.facility] == ["A", "B"]


def test_sums_are_added_up_by_grid_and_for_those_in_none() -> None:
    covered = {"medical": np.array([True, True, False]), "sport": np.array([True, False, True])}
    table = homes([(0.5, 0.5), (0.6, 0.5), (9, 9)], aged_65=[2, None, 1])
    who = People.of(table, crs=TOWN_CRS, covered=covered)
    seated = seat(who, squares(["A"] * 16))
    assert who.columns == (
        *("households", "persons", "aged_65", "children_0_14"),
        *("known_persons", "known_aged_65", "known_children_0_14"),
        *("covered_medical", "covered_sport", "covered_all"),
    )
    assert seated.sums.tolist() == [[2, 3, 2, 0, 2, 1, 0, 2, 1, 1], [1, 3, 1, 0, 1, 1, 0, 0, 1, 0]]


def test_rows_of_a_grid() -> None:
    seated = seat(people([(3.5, 0.5), (0.5, 0.5), (9, 9), (0.7, 0.5)]), squares(["A", "A", "A", "B"] * 4))
    assert seated.rows_in("A").tolist() == [1, 3]
    assert seated.rows_in("B").tolist() == [0]
    assert seated.rows_in("X").tolist() == []
    assert seated.grid_ids(np.array([2, 1])).tolist() == ["", "A"]


def test_only_the_grids_of_the_tiling_count() -> None:
    standing, project = squares(["A"] * 16), squares(["B"] * 16, Tier("project", "basic"))
    both = Boundaries(TOWN_CRS, {**project.grids, **standing.grids})
    who = people([(0.5, 0.5)])
    assert seat(who, both).grid_ids().tolist() == ["A"]
    assert seat(who, both, Tier("project", "basic")).grid_ids().tolist() == ["B"]
    assert seat(who, both, Tier("project", "large")).grid_ids().tolist() == [""]


def test_covered_comes_from_a_reports_households() -> None:
    table = homes([(0, 0), (1, 1)], status_medical=["covered", "uncovered"])
    assert covered_of(table, ["medical"])["medical"].tolist() == [True, False]


def test_units_are_kept() -> None:
    assert People.of(homes([(0, 0), (1, 1)]), crs=TOWN_CRS).unit_ids is None
    units = People.of(homes([(0, 0), (1, 1)], unit_id=["U1", None]), crs=TOWN_CRS).unit_ids
    assert units is not None
    assert units.tolist() == ["U1", None]


def test_a_household_without_a_place_is_in_no_grid() -> None:
    table = homes([(0.5, 0.5)] * 3)
    table.geometry = [shapely.Point(0.5, 0.5), None, shapely.Point()]
    assert seat(People.of(table, crs=TOWN_CRS), squares(["A"] * 16)).grid_ids().tolist() == ["A", "", ""]


def test_nobody_and_no_grids() -> None:
    nobody, nowhere = people([]), squares([""] * 16)
    assert_equal(reseat(seat(nobody, squares(["A"] * 16)), nowhere), seat(nobody, nowhere))
    assert_equal(reseat(seat(people([(1, 1)]), nowhere), squares(["A"] * 16)), seat(people([(1, 1)]), squares(["A"] * 16)))


def test_coverage_of_other_households_is_refused() -> None:
    with pytest.raises(
        InputError, match="coverage of service 'medical' has 1 entries, expected one for each of 2 households"
    ) as error:
        People.of(homes([(0, 0), (1, 1)]), crs=TOWN_CRS, covered={"medical": np.array([True])})
    assert "覆盖情况有 1 条，应与住户数 2 相同" in error.value.message.zh


def test_repeated_households_are_refused() -> None:
    with pytest.raises(InputError, match="household_id is empty in 0 rows and 1 ids are repeated"):
        People.of(homes([(0, 0), (1, 1)], household_id=["H", "H"]), crs=TOWN_CRS)


def test_another_crs_is_refused() -> None:
    town = squares(["A"] * 16)
    who = people([(0.5, 0.5)])
    with pytest.raises(
        CrsError, match=r"households are in .*EPSG:4548.*, boundaries in .*EPSG:4549.*; bring both to one CRS"
    ) as error:
        seat(who, replace(town, crs=CRS.from_epsg(4549)))
    assert "请先转到同一坐标系" in error.value.message.zh
    with pytest.raises(CrsError, match="bring both to one CRS"):
        reseat(seat(who, town), replace(town, crs=CRS.from_epsg(4549)))


def test_changed_grids_are_those_of_which_any_value_differs() -> None:
    before = squares(["A", "B", "C", "D"] * 4)
    same = squares(["A", "B", "C", "D"] * 4)
    assert differing(before, same) == ()
    renamed = replace(same, grids={**same.grids, "B": replace(same.grids["B"], name="北")})
    assert differing(before, renamed) == ("B",)
    assert differing(before, squares(["A", "B", "C", "E"] * 4)) == ("D", "E")


def test_one_who_stood_on_a_border_follows_although_his_grid_stays_as_it_is() -> None:
    """H stands on the corner of A, C and D: in A. When A draws back, C has it, although C's land does not change."""
    before = squares(list("AABB" * 2 + "CCDD" * 2))
    after = squares(list("ABBB" * 2 + "CCDD" * 2))
    seated = seat(people([(1.5, 2)]), before)
    assert seated.grid_ids().tolist() == ["A"]
    assert reseat(seated, after, changed=["A", "B"]).grid_ids().tolist() == ["B"]
    assert reseat(seat(people([(2, 2)]), before), after, changed=["A", "B"]).grid_ids().tolist() == ["B"]
    taken = squares(list("DABB" * 2 + "CCDD" * 2))
    assert reseat(seat(people([(0.5, 2)]), before), taken, changed=["A", "D"]).grid_ids().tolist() == ["C"]


@settings(max_examples=100, deadline=None)
@given(SQUARES, SQUARES, SPOTS)
def test_looking_only_around_the_changes_finds_what_seating_everybody_finds(
    before: list[str], after: list[str], spots: list[tuple[int, int]]
) -> None:
    who = people(np.array(spots, dtype=float).reshape(-1, 2) / 2)
    old, new = squares(before), squares(after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seating, "WHOLE", 0)  # however many change
        found = reseat(seat(who, old), new)
    assert_equal(found, seat(who, new))


@settings(max_examples=60, deadline=None)
@given(SQUARES, st.integers(0, SIDE**2 - 1), st.sampled_from(["A", "B", "Z", ""]), SPOTS)
def test_so_it_does_when_one_square_changes_hands(
    before: list[str], square: int, taker: str, spots: list[tuple[int, int]]
) -> None:
    """Padded with far grids, so that the neighbourhood alone is looked at; overlapping ones too."""
    who = people(np.array(spots, dtype=float).reshape(-1, 2) / 2)
    far = {f"far{i}": shapely.box(100 * i, 100, 100 * i + 90, 190) for i in range(12)} | {"Y": shapely.box(0, 0, 2, 2)}
    beside = Boundaries.of(gpd.GeoDataFrame({"grid_id": list(far), "name": list(far)}, geometry=list(far.values()), crs=TOWN_CRS))
    old, new = (
        replace(each, grids=dict(sorted({**beside.grids, **each.grids}.items())))
        for each in (squares(before), squares([taker if i == square else name for i, name in enumerate(before)]))
    )
    assert_equal(reseat(seat(who, old), new), seat(who, new))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_so_it_does_on_noisy_borders(seed: int) -> None:
    """A third of the households stand on corners and borders; a grid gives a round piece to its neighbour."""
    town = random_town(seed, grids=14, noisy=True)
    rng = np.random.default_rng(seed)
    corners = shapely.get_coordinates(town.shapes)
    spots = np.vstack(
        [rng.choice(corners, 100), (corners[:-1] + corners[1:])[::7] / 2, rng.choice(corners, 200) + rng.normal(0, 60, (200, 2))]
    )
    table = homes(spots).set_crs(town.crs, allow_override=True)
    who = People.of(table, crs=town.crs)
    giver, taker = rng.choice(town.ids, 2, replace=False)
    piece = town.grids[giver].shape.centroid.buffer(80)
    shapes = on_lattice(
        [town.grids[giver].shape.difference(piece), town.grids[taker].shape.union(piece.intersection(town.grids[giver].shape))]
    )
    changed = {key: replace(town.grids[key], shape=shape) for key, shape in zip((giver, taker), shapes, strict=True)}
    after = replace(town, grids={**town.grids, **changed})
    assert_equal(reseat(seat(who, town), after, changed=changed), seat(who, after))
    assert set(differing(town, after)) == set(changed)


@settings(max_examples=60, deadline=None)
@given(SPOTS, st.lists(st.tuples(*[st.integers(-2, 9)] * 4), max_size=4))
def test_points_within_boxes(spots: list[tuple[int, int]], corners: list[tuple[int, int, int, int]]) -> None:
    points = Points(np.array(spots, dtype=float).reshape(-1, 2).T)
    boxes = np.array([(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners], dtype=float).reshape(-1, 4)
    expected = [i for i, (x, y) in enumerate(spots) if any(w <= x <= e and s <= y <= n for w, s, e, n in boxes)]
    assert points.within(boxes).tolist() == expected


def test_a_real_town_after_a_redraw(guixi_report: Report) -> None:
    """Guixi: everybody where `assign` puts him, and after a round piece of a grid went to its neighbour too."""
    town = guixi_report.town
    covered = covered_of(guixi_report.households, town.settings.services)
    who = People.of(town.households, town.facilities, crs=town.crs, covered=covered)
    before = Boundaries.of(town.grids, crs=town.crs)
    seated = seat(who, before, before.grids[before.ids[0]].tier)
    expected = assign(town.households[["geometry"]], before.grid_frame).grid_id.fillna("")
    assert seated.grid_ids().tolist() == expected.tolist()
    giver = max(range(len(before.ids)), key=lambda i: len(seated.rows_in(before.ids[i])))
    taker = int(before.tree.query(before.shapes[giver], predicate="touches")[0])
    piece = shapely.buffer(shapely.intersection(before.shapes[giver], before.shapes[taker]).centroid, 300)
    land = shapely.intersection(before.shapes[giver], piece)
    shapes = on_lattice([shapely.difference(before.shapes[giver], land), shapely.union(before.shapes[taker], land)])
    ids = (before.ids[giver], before.ids[taker])
    changed = {key: replace(before.grids[key], shape=shape) for key, shape in zip(ids, shapes, strict=True)}
    after = replace(before, grids={**before.grids, **changed})
    assert_equal(reseat(seated, after, changed=ids), seat(who, after, seated.tier))
    assert reseat(seated, after).sums[:, 0].sum() == len(town.households)
