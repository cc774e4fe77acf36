"""Blind spots by hand on the place of paper, and against loops over a random one."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point

from geogrid.blindspots import COLUMNS, PUBLIC_COLUMNS, blind_spots, public_spots
from geogrid.facts import Facts
from tests.paper_place import GRIDS, PAPER, at, block, facts, profile_with
from tests.test_proximity import all_pairs


def homes(*rows: tuple[float, float, int, str | None], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Return households at (x, y) with persons and grid."""
    frame = {
        "household_id": [f"H{i}" for i in range(len(rows))],
        "persons": pd.array([row[2] for row in rows], dtype="Int64"),
        "grid_id": [row[3] for row in rows],
    }
    return gpd.GeoDataFrame({**frame, **columns}, geometry=[at(x, y) for x, y, *_ in rows], crs=PAPER)


def buildings(*corners: tuple[float, float]) -> gpd.GeoDataFrame:
    """Return buildings of 10 m × 10 m from their south-west corners."""
    ids = [f"K{i}" for i in range(len(corners))]
    return gpd.GeoDataFrame({"building_id": ids}, geometry=[block(x, y, x + 10, y + 10) for x, y in corners], crs=PAPER)


ESTATE = gpd.GeoDataFrame(
    {"unit_id": ["E1", "E2"], "name": ["老院", None], "kind": ["estate", "estate"]},
    geometry=[block(500, 0, 560, 100), at(0, 900)],
    crs=PAPER,
)
LOST = homes((510, 20, 3, None), (650, 20, 2, None), (5, 5, 4, "A"), (0, 900, 6, None), (2000, 50, 5, None))
BUILT = buildings((700, 0), (20, 20), (1000, 0), (395, 40))
"""K1 and half of K3 stand in a grid; K3's middle lies on the border of D, so it is D's."""


def place(**tables: Any) -> Facts:
    return facts(**{"homes": LOST, "buildings": BUILT, "units": ESTATE, **tables})


def cells(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return [
        tuple(None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell for cell in row)
        for row in frame[list(columns)].to_numpy(dtype=object)
    ]


def test_what_lies_in_no_grid_by_hand() -> None:
    """H3 has six persons; H4 and then H0 with H1 five, the latter with a building (K0 is 60 m on); K2 stands alone."""
    found = blind_spots(place())
    assert tuple(found.columns) == COLUMNS
    assert found.crs == PAPER
    assert cells(found, "spot_id", "rank", "households", "persons", "buildings") == [
        ("blind-1", 1, 1, 6, 0),
        ("blind-2", 2, 2, 5, 1),
        ("blind-3", 3, 1, 5, 0),
        ("blind-4", 4, 0, 0, 1),
    ]
    assert found["household_rows"].tolist() == [(3,), (0, 1), (4,), ()]
    assert found["building_rows"].tolist() == [(), (0,), (), (2,)]
    assert found["nearest_grid_id"].tolist() == ["A", "D", "D", "D"]
    assert found["distance_m"].tolist() == [800.0, 110.0, 1600.0, 605.0]


def test_drawn_as_whole_squares() -> None:
    """Points at 510, 650 and 705 m, 20 and 5 m up: three squares from 500 to 800 m."""
    shape = blind_spots(place()).geometry[1]
    assert shape.equals(block(500, 0, 800, 100))
    assert shape.geom_type == "MultiPolygon"


def test_units_that_a_spot_touches() -> None:
    """H0 stands in E1; H3 stands at the point of E2, which holds nobody unless named."""
    found = blind_spots(place())
    assert found["unit_ids"].tolist() == [(), ("E1",), (), ()]
    assert found["units"].tolist() == [(), ("老院",), (), ()]
    named = homes((510, 20, 3, None), (0, 900, 6, None), unit_id=[None, "E2"])
    assert blind_spots(place(homes=named))["units"].tolist() == [("E2",), ("老院",), ()]


def test_areas_that_a_spot_lies_in() -> None:
    """Without grid D its village holds what lies in no grid."""
    found = blind_spots(place(grids=GRIDS.iloc[:3], homes=homes((350, 50, 3, None)), buildings=None))
    assert found["area_ids"].tolist() == [("X", "T2", "V3")]
    assert blind_spots(place(areas=None))["area_ids"].tolist() == [()] * 4


def test_the_distance_of_a_profile_joins() -> None:
    profile = profile_with(gap_distance_m=400.0)
    assert blind_spots(place(profile=profile))["buildings"].tolist() == [0, 2, 0]


def test_nothing_is_blind() -> None:
    for tables in ({"homes": LOST.iloc[[2]], "buildings": None}, {"homes": LOST.iloc[[2]], "buildings": BUILT.iloc[:0]}):
        found = blind_spots(place(**tables))
        assert found.empty
        assert tuple(found.columns) == COLUMNS
        assert public_spots(found).empty
        assert tuple(public_spots(found).columns) == PUBLIC_COLUMNS


def test_households_without_a_point_are_in_no_spot() -> None:
    nowhere = LOST.set_geometry(gpd.GeoSeries([None, Point(), *LOST.geometry[2:]], crs=PAPER))
    assert blind_spots(place(homes=nowhere, buildings=None))["household_rows"].tolist() == [(3,), (4,)]


def test_a_place_without_grids_is_all_blind() -> None:
    found = blind_spots(place(grids=GRIDS.iloc[:0], homes=LOST.assign(grid_id=None)))
    assert found["households"].sum() == 5
    assert found["buildings"].sum() == 4
    assert found["distance_m"].isna().all()


def crowd(*sizes: tuple[float, int, int]) -> Facts:
    """Return households of two in crowds outside all grids: at x, so many in the first square and so many in the next."""
    rows = [(x + 10, 10.0, 2, None) for x, first, _ in sizes for _ in range(first)]
    rows += [(x + 110, 10.0, 2, None) for x, _, second in sizes for _ in range(second)]
    return facts(homes=homes(*rows, (5, 5, 1, "A")))


def test_public_counts_are_round_and_small_spots_have_no_shape() -> None:
    found = public_spots(blind_spots(crowd((1000, 30, 14), (3000, 4, 0), (5000, 23, 0), (7000, 8, 0))))
    assert cells(found, "spot_id", "rank", "households", "persons", "buildings", "suppressed") == [
        ("blind-1", 1, 40, 90, 0, False),
        ("blind-2", 2, 20, 50, 0, False),
        ("blind-w1", None, None, None, None, True),
        ("blind-w2", None, None, None, None, True),
    ]
    assert found.geometry.isna().tolist() == [False, False, True, True]
    assert found.geometry[0].equals(block(1000, 0, 1200, 100))


def test_a_square_that_would_tell_one_household() -> None:
    """Eleven households in two squares: hardly more than squares."""
    assert public_spots(blind_spots(crowd((1000, 11, 0))))["suppressed"].tolist() == [False]
    assert public_spots(blind_spots(crowd((1000, 10, 1))))["suppressed"].tolist() == [True]


def test_counts_that_would_tell_the_others_are_withheld() -> None:
    """44 households beside four, or beside four that have no point: the shape is shown, the count would tell the four."""
    for found in (
        public_spots(blind_spots(crowd((1000, 44, 0), (3000, 4, 0)))),
        public_spots(blind_spots(crowd((1000, 44, 0))), unplaced=4),
    ):
        assert found["households"].isna().all()
        assert found.geometry.notna().sum() == 1
        assert found["rank"].isna().all()


@pytest.mark.parametrize(
    ("sizes", "unplaced", "shapes"),
    [((11, 11, 1), 0, 1), ((12, 13, 4), 0, 1), ((11, 11), 1, 1), ((11,), 1, 0), ((44, 30, 4), 0, 2), ((44, 30, 4, 8), 0, 2)],
)
def test_shapes_and_the_number_of_all_do_not_tell_a_small_remainder(sizes: tuple[int, ...], unplaced: int, shapes: int) -> None:
    """Every shape says eleven at least, and every round count five less than it says; all in no grid is public."""
    spots = blind_spots(crowd(*((1000 * i + 1000, n, 0) for i, n in enumerate(sizes))))
    found = public_spots(spots, unplaced=unplaced)
    assert found.geometry.notna().sum() == shapes
    counts = found.loc[found.geometry.notna(), "households"].astype(float).fillna(0)
    told = sum(max(11, n - 5) for n in counts)
    assert sum(sizes) + unplaced - told > 10
    assert counts.sum() == 0 or sizes == (44, 30, 4, 8)


def test_buildings_alone_keep_their_shape() -> None:
    few = public_spots(blind_spots(facts(buildings=buildings((1000, 0)))))
    assert cells(few, "households", "buildings", "suppressed") == [(0, None, False)]
    assert few.geometry[0].equals(block(1000, 0, 1100, 100))
    many = public_spots(blind_spots(facts(buildings=buildings(*[(1000 + 3 * i, 0) for i in range(26)]))))
    assert many["buildings"].tolist() == [30]


def test_the_public_table_says_nothing_of_rows() -> None:
    assert not {"household_rows", "building_rows", "unit_ids", "aged_65"} & set(PUBLIC_COLUMNS)


def test_the_threshold_is_the_profiles() -> None:
    spots = blind_spots(crowd((1000, 4, 0)))
    assert public_spots(spots, threshold=3)["suppressed"].tolist() == [False]
    assert public_spots(spots, threshold=4)["suppressed"].tolist() == [True]


@pytest.mark.parametrize("seed", range(10))
def test_against_loops_over_a_random_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [(float(x), float(y), int(n), None) for x, y, n in rng.integers([0, -900, 1], [3000, 900, 6], (40, 3))]
    rows = [(x, y, n, None) for x, y, n, _ in rows if not (0 <= x <= 400 and 0 <= y <= 100)]
    built = buildings(*[(float(x), float(y)) for x, y in rng.integers([0, -900], [3000, 900], (30, 2))])
    found = blind_spots(facts(homes=homes(*rows), buildings=built))
    inner = [shape.representative_point() for shape in built.geometry]
    lost = [i for i, point in enumerate(inner) if not any(shape.intersects(point) for shape in GRIDS.geometry)]
    points = [at(x, y) for x, y, *_ in rows] + [inner[i] for i in lost]
    xy = np.array([[p.x, p.y] for p in points])
    persons = [n for _, _, n, _ in rows] + [0] * len(lost)
    expected = []
    for group in all_pairs(xy, 200):
        kept = [i for i in group if i >= len(rows)]
        squares = {(int(xy[i][0] // 100), int(xy[i][1] // 100)) for i in group}
        expected.append((sum(persons[i] for i in group), len(kept), len(group) - len(kept), len(squares)))
    expected.sort(key=lambda row: (-row[0], -row[1], -row[2]))
    assert cells(found, "persons", "buildings", "households") == [row[:3] for row in expected]
    assert sorted(np.rint(found.area / 10_000)) == sorted(row[3] for row in expected)
    assert shapely.is_valid(found.geometry.to_numpy()).all()
    assert sorted(i for part in found["building_rows"] for i in part) == lost
