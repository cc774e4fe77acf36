"""Matters in their grids by hand on the place of paper; what is public, against a reader with a linear programme."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from shapely import Point

from geogrid.facts import Facts
from geogrid.hierarchy import sum_upwards
from geogrid.matters import (
    COUNT_COLUMNS,
    EVENT_COLUMNS,
    GRID_COLUMNS,
    KIND_COLUMNS,
    PUBLIC_COLUMNS,
    grid_of_events,
    matters_by,
    public_matters,
    withheld,
)
from geogrid.suppression import Tree
from tests.paper_place import AREAS, GRIDS, PAPER, at, block, facts, households, profile_with

WORDS = {"zh": "某", "en": "some"}
KINDS = {
    "dispute": {"zh": "纠纷", "en": "dispute", "days": 10, "source": WORDS, "aliases": ["矛盾"]},
    "safety": {"zh": "安全", "en": "safety", "days": 3, "source": WORDS},
}
LIVED_IN = households("AAAABBBCD" + "ABCD" * 11)
"""The households of the place of paper, and eleven more in every grid: none is lived in by few."""

SPOTS = {"a": at(5, 5), "b": at(150, 50), "edge": at(100, 50), "out": at(-500, 50), "": None}
ROWS = [
    # event_id, kind, opened, closed, where, household
    ("E1", "dispute", "2026-06-01", None, "a", None),
    ("E2", "矛盾", "2026-06-25", None, "a", "H8"),
    ("E3", "safety", "2026-05-01", "2026-05-02", "", "H8"),
    ("E4", "安全", "2026-06-20", None, "out", "H9"),
    ("E5", "噪声", "2026-01-31", None, "edge", None),
    ("E6", "dispute", "2026-06-30", "2026-07-05", "out", None),
    ("E7", "dispute", "2026-07-02", None, "", "H99"),
]
"""On 1 July: E1 is open for 30 days, E4 for 11; E6 was closed later; E7 is reported tomorrow."""


def events(*rows: tuple[Any, ...], **more: Any) -> gpd.GeoDataFrame:
    names = ("event_id", "kind", "opened", "closed", "where", "household_id")
    columns = {name: list(cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}
    where = [SPOTS[key] for key in columns.pop("where")]
    return gpd.GeoDataFrame({**columns, **more}, geometry=gpd.GeoSeries(where, crs=PAPER), crs=PAPER)


def place(*rows: tuple[Any, ...], **tables: Any) -> Facts:
    given = {"homes": LIVED_IN, **tables}
    return facts(profile_with(matters=KINDS), events=events(*(rows or ROWS)), **given)


def cells(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame[list(columns)].to_numpy(dtype=object)]


def test_by_point_else_by_household_else_nowhere() -> None:
    """H8 lives in C, H9 in D; E2's point lies in A; E5 stands on the border of A and B."""
    found = matters_by(place())
    assert found.missing is None
    assert tuple(found.events.columns) == EVENT_COLUMNS
    assert cells(found.events, "event_id", "grid_id", "placed_by") == [
        ("E1", "A", "point"),
        ("E2", "A", "point"),
        ("E3", "C", "household"),
        ("E4", "D", "household"),
        ("E5", "A", "point"),
        ("E6", None, ""),
        ("E7", None, ""),
    ]
    assert found.unplaced["event_id"].tolist() == ["E6", "E7"]


def test_a_household_in_no_grid_places_nothing() -> None:
    found = matters_by(place(("E", "dispute", "2026-06-01", None, "", "H1"), homes=households("-AAA")))
    assert found.events["placed_by"].tolist() == [""]
    assert found.events["grid_id"].isna().all()


def test_events_without_columns_that_may_lack() -> None:
    """No household and no place."""
    given = events(*ROWS[:2]).drop(columns="household_id").set_index(pd.Index([7, 3]))
    found = grid_of_events(given, GRIDS, households())
    assert found.index.tolist() == [7, 3]
    assert found["grid_id"].tolist() == ["A", "A"]
    assert found["placed_by"].tolist() == ["point", "point"]


def test_open_and_overdue() -> None:
    found = matters_by(place())
    assert cells(found.events, "event_id", "is_open", "days_over", "is_overdue") == [
        ("E1", True, 20, True),
        ("E2", True, -4, False),
        ("E3", False, 58, False),
        ("E4", True, 8, True),
        ("E5", True, None, False),
        ("E6", True, -9, False),
        ("E7", False, -11, False),
    ]
    assert found.overdue["event_id"].tolist() == ["E1", "E4"]


def test_counts_by_grid_kind_and_month() -> None:
    found = matters_by(place())
    assert cells(found.counts, *COUNT_COLUMNS) == [
        ("", "dispute", "2026-06", 1, 1, 0),
        ("", "dispute", "2026-07", 1, 0, 0),
        ("A", "dispute", "2026-06", 2, 2, 1),
        ("A", "噪声", "2026-01", 1, 1, 0),
        ("C", "safety", "2026-05", 1, 0, 0),
        ("D", "safety", "2026-06", 1, 1, 1),
    ]
    assert cells(found.kinds, *KIND_COLUMNS[2:], "kind") == [
        (10, 4, 3, 1, "dispute"),
        (3, 2, 1, 1, "safety"),
        (None, 1, 1, 0, "噪声"),
    ]
    assert tuple(found.kinds.columns) == KIND_COLUMNS
    assert found.kinds["name"][0].zh == "纠纷"
    assert cells(found.grids, *GRID_COLUMNS) == [
        ("A", "甲", 3, 3, 1),
        ("C", "丙", 1, 0, 0),
        ("D", "丁", 1, 1, 1),
        ("B", "乙", 0, 0, 0),
    ]


def test_dates_that_nobody_can_read_have_no_month() -> None:
    found = matters_by(place(("E", "dispute", "不详", None, "a", None)))
    assert cells(found.events, "month", "is_open", "days_over", "is_overdue") == [("", False, None, False)]
    assert found.counts["matters"].tolist() == [1]


def test_dates_as_dates() -> None:
    found = matters_by(place(("E", "dispute", dt.date(2026, 6, 1), None, "a", None)))
    assert cells(found.events, "month", "is_overdue") == [("2026-06", True)]


def test_no_events_at_all() -> None:
    empty = events(*ROWS[:1]).iloc[:0]
    found = matters_by(facts(profile_with(matters=KINDS), LIVED_IN, events=empty))
    assert found.events.empty
    assert found.counts.empty
    assert found.grids["matters"].tolist() == [0, 0, 0, 0]
    assert found.public.loc[found.public["kind"] == "all", "matters"].tolist() == [0] * 11


def test_without_events_nothing_is_told() -> None:
    found = matters_by(facts())
    assert found.missing == ("没有提供事件表", "no table of events given")
    assert found.overdue.empty
    assert found.unplaced.empty
    assert [tuple(each.columns) for each in (found.events, found.counts, found.kinds, found.grids, found.public)] == [
        EVENT_COLUMNS,
        COUNT_COLUMNS,
        KIND_COLUMNS,
        GRID_COLUMNS,
        PUBLIC_COLUMNS,
    ]


def reported(**grids: dict[str, int]) -> pd.DataFrame:
    rows = [(grid, kind) for grid, kinds in grids.items() for kind, number in kinds.items() for _ in range(number)]
    return pd.DataFrame([*rows, (pd.NA, "dispute")], columns=["grid_id", "kind"])


def shown(table: pd.DataFrame, kind: str) -> dict[str, int | None]:
    rows = table[table["kind"] == kind]
    return {key: None if pd.isna(n) else int(n) for key, n in zip(rows["id"], rows["matters"], strict=True)}


def test_public_counts_over_the_tree() -> None:
    """All are large; a matter in no grid is not counted."""
    grids = {letter: {"dispute": 20, "safety": 30} for letter in "ABCD"}
    table = public_matters(place(), reported(**grids))
    assert tuple(table.columns) == PUBLIC_COLUMNS
    assert table["id"].drop_duplicates().tolist() == ["total", "X", "T1", "V1", "V2", "T2", "V3", *"ABCD"]
    assert table["level"].drop_duplicates().tolist() == ["total", "area", "grid"]
    assert table["kind"].drop_duplicates().tolist() == ["all", "dispute", "safety"]
    whole = {"total": 4, "X": 4, "T1": 3, "V1": 2, "V2": 1, "T2": 1, "V3": 1, "A": 1, "B": 1, "C": 1, "D": 1}
    assert shown(table, "all") == {key: 50 * n for key, n in whole.items()}
    assert shown(table, "safety") == {key: 30 * n for key, n in whole.items()}
    assert not table["suppressed"].any()
    first = table.iloc[[0, 4, -1]]
    assert [name.zh for name in first["name"]] == ["全部", "某县", "丁"]
    assert [name.en for name in first["kind_name"]] == ["all matters", "dispute", "safety"]


def test_a_small_kind_hides_the_kinds_of_two_grids() -> None:
    """Grid A has 3 of safety: B, which is cheapest among what adds enough to safety, hides its kinds too; all stay shown."""
    grids = {"A": {"dispute": 40, "safety": 3}, **{letter: {"dispute": 20, "safety": 30} for letter in "BCD"}}
    table = public_matters(place(), reported(**grids))
    assert shown(table, "all") == {
        "total": 193,
        "X": 193,
        "T1": 143,
        "V1": 93,
        "V2": 50,
        "T2": 50,
        "V3": 50,
        "A": 43,
        "B": 50,
        "C": 50,
        "D": 50,
    }
    assert {key for key, n in shown(table, "safety").items() if n is None} == {"A", "B"}
    assert {key for key, n in shown(table, "dispute").items() if n is None} == {"A", "B"}
    assert table.loc[table["suppressed"], "matters"].isna().all()


def test_a_kind_that_is_nowhere_in_a_village_hides_nothing_more() -> None:
    """A and B have no safety at all; A's disputes are few beside a third kind."""
    grids = {
        "A": {"dispute": 5, "noise": 40},
        "B": {"dispute": 30, "noise": 40},
        **{letter: {"dispute": 20, "safety": 30, "noise": 40} for letter in "CD"},
    }
    table = public_matters(place(), reported(**grids))
    assert {key for key, n in shown(table, "dispute").items() if n is None} == {"A", "B"}
    assert shown(table, "safety")["V1"] == 0


def test_rare_kinds_are_put_together() -> None:
    """Noise 2 and smell 3 come to 5, still few: safety with 30 joins them."""
    grids = {"A": {"dispute": 90, "safety": 30}, "B": {"dispute": 90, "noise": 2, "smell": 3}}
    table = public_matters(place(), reported(**grids))
    assert table["kind"].drop_duplicates().tolist() == ["all", "dispute", "other"]
    assert shown(table, "other")["total"] == 35
    several = public_matters(place(), reported(A={"dispute": 90, "noise": 6, "smell": 7}))
    assert several["kind"].drop_duplicates().tolist() == ["all", "dispute", "other"]
    assert shown(several, "other")["A"] == 13


def test_kinds_that_the_profile_does_not_know_are_put_together() -> None:
    """What somebody typed is told to nobody, however often."""
    table = public_matters(place(), reported(A={"dispute": 90, "王五家暴": 60, "all": 30, "other": 30}))
    assert table["kind"].drop_duplicates().tolist() == ["all", "dispute", "other"]
    assert shown(table, "other")["A"] == 120
    assert "王五家暴" not in table.to_csv()
    few = public_matters(place(), reported(A={"dispute": 90, "safety": 30, "王五家暴": 5}))
    assert few["kind"].drop_duplicates().tolist() == ["all", "dispute", "other"]
    assert shown(few, "other")["A"] == 35


def test_matters_where_few_live_are_withheld_and_cannot_be_worked_out() -> None:
    """A has 3 households: what it reported is theirs, and B would tell it."""
    homes = households("A" * 3 + "B" * 30 + "C" * 20 + "D" * 20)
    table = public_matters(
        place(homes=homes), reported(A={"dispute": 60}, B={"dispute": 40}, C={"dispute": 30}, D={"dispute": 25})
    )
    told = shown(table, "all")
    assert {key for key, n in told.items() if n is None} == {"A", "B"}
    assert (told["V1"], told["total"]) == (100, 155)
    nobody = public_matters(place(homes=homes.iloc[3:]), reported(A={"dispute": 60}, B={"dispute": 40}))
    assert shown(nobody, "all")["A"] == 60


def test_few_matters_in_all_are_withheld_everywhere() -> None:
    table = public_matters(place(), reported(A={"dispute": 7}))
    assert {key: n for key, n in shown(table, "all").items() if n != 0} == dict.fromkeys(["total", "X", "T1", "V1", "A"])


def test_areas_across_the_tree_and_rings_are_no_part_of_it() -> None:
    """An alliance has no grids below it; X says that it lies in its own child."""
    areas = gpd.GeoDataFrame(
        pd.concat(
            [
                AREAS.assign(parent_id=["T1", "X", "X", "T1", "T1", "T2"]),
                gpd.GeoDataFrame(
                    {"area_id": ["U"], "name": ["联"], "level": ["alliance"]}, geometry=[block(0, 0, 9, 9)], crs=PAPER
                ),
            ],
            ignore_index=True,
        ),
        crs=PAPER,
    )
    table = public_matters(place(areas=areas), reported(**{letter: {"dispute": 20} for letter in "ABCD"}))
    assert "U" not in set(table["id"])
    assert shown(table, "all")["total"] == 80
    assert {key: shown(table, "all")[key] for key in ("V1", "V2", "V3", "A")} == {"V1": 40, "V2": 20, "V3": 20, "A": 20}


def test_a_place_without_areas() -> None:
    table = public_matters(
        facts(profile_with(matters=KINDS), LIVED_IN, areas=None, grids=GRIDS.assign(parent_id=None)), reported(A={"safety": 50})
    )
    assert table["id"].drop_duplicates().tolist() == ["total", *"ABCD"]
    assert shown(table, "safety") == {"total": 50, "A": 50, "B": 0, "C": 0, "D": 0}


class Reader:
    """Who knows the tree, what is shown and that no count is below zero."""

    def __init__(self, tree: Tree, counts: np.ndarray, totals: np.ndarray, kinds: np.ndarray) -> None:
        self.tree, self.leaves, self.kinds = tree, np.flatnonzero(tree.leaves), counts.shape[1]
        rows: list[np.ndarray] = []
        values: list[float] = []
        for node in range(len(counts)):
            if not totals[node]:
                rows.append(self.row(node, range(self.kinds)))
                values.append(counts[node].sum())
            if not kinds[node]:
                rows += [self.row(node, [kind]) for kind in range(self.kinds)]
                values += counts[node].tolist()
        self.equal, self.values = np.array(rows), values

    def row(self, node: int, kinds: Any) -> np.ndarray:
        """Write the sum of some kinds at a node as a row of the programme."""
        inside = self.tree.under({node})[self.leaves].astype(float)
        return np.outer(inside, np.isin(np.arange(self.kinds), list(kinds))).ravel()

    def width(self, node: int, kinds: Any) -> float:
        """Return how far apart the smallest and the largest possible value are."""
        aim, ends = self.row(node, kinds), []
        for sign in (1, -1):
            done = linprog(sign * aim, A_eq=self.equal if self.values else None, b_eq=self.values or None)
            ends.append(sign * done.fun if done.status == 0 else np.inf)
        return float(ends[1] - ends[0])


@st.composite
def towns(draw: st.DrawFn) -> tuple[Tree, np.ndarray]:
    """A total, 1 to 3 villages, 1 to 4 grids each; 1 to 3 kinds, mostly few of one of them."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    parents = [-1, *[0] * len(sizes)]
    for village, size in enumerate(sizes, start=1):
        parents += [village] * size
    kinds = draw(st.integers(1, 3))
    number = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 60))
    tree = Tree(tuple(parents))
    leaves = np.zeros((len(parents), kinds))
    leaves[tree.leaves] = [[draw(number) for _ in range(kinds)] for _ in range(sum(sizes))]
    return tree, sum_upwards(leaves, tree)


@given(towns())
@settings(max_examples=150, deadline=None)
def test_no_reader_can_pin_a_small_number_down(town: tuple[Tree, np.ndarray]) -> None:
    tree, counts = town
    totals, kinds = withheld(tree, counts, threshold=10)
    reader = Reader(tree, counts, totals, kinds)
    everything = range(counts.shape[1])
    for node in range(len(counts)):
        asked = [[kind] for kind in everything if 1 <= counts[node, kind] <= 10]
        asked += [list(everything)] if 1 <= counts[node].sum() <= 10 else []
        for some in asked:
            assert reader.width(node, some) >= 10 - 1e-6, (node, some)


@pytest.mark.parametrize("seed", range(10))
def test_against_loops_over_a_random_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    homes = households("AABBCCDD-")
    given = gpd.GeoDataFrame(
        {
            "event_id": [f"E{i}" for i in range(40)],
            "kind": rng.choice(["dispute", "矛盾", "safety", "噪声"], 40),
            "opened": [str(dt.date(2026, 4, 1) + dt.timedelta(days=int(n))) for n in rng.integers(0, 110, 40)],
            "closed": [None if rng.random() < 0.6 else "2026-06-30" for _ in range(40)],
            "household_id": [f"H{i}" if i else None for i in rng.integers(0, 12, 40)],
        },
        geometry=[
            Point(500_000 + x, 3_100_000 + y) if keep else None for x, y, keep in rng.integers(-60, 460, (40, 3)) % [520, 160, 2]
        ],
        crs=PAPER,
    )
    found = matters_by(facts(profile_with(matters=KINDS), homes=homes, events=given))
    home = dict(zip(homes["household_id"], homes["grid_id"], strict=True))
    expected: dict[tuple[str, str, str], list[int]] = {}
    for (_, row), where in zip(given.iterrows(), given.geometry.to_numpy(), strict=True):
        inside = [
            g for g, shape in zip(GRIDS["grid_id"], GRIDS.geometry, strict=True) if where is not None and shape.intersects(where)
        ]
        grid = inside[0] if inside else home.get(row["household_id"])
        kind = "dispute" if row["kind"] == "矛盾" else row["kind"]
        opened = dt.date.fromisoformat(row["opened"])
        is_open = opened <= dt.date(2026, 7, 1) and not isinstance(row["closed"], str)
        late = is_open and (dt.date(2026, 7, 1) - opened).days > {"dispute": 10, "safety": 3}.get(kind, 10**6)
        key = (grid if isinstance(grid, str) else "", kind, row["opened"][:7])
        expected[key] = [a + b for a, b in zip(expected.get(key, [0, 0, 0]), (1, is_open, late), strict=True)]
    assert {row[:3]: list(row[3:]) for row in cells(found.counts, *COUNT_COLUMNS)} == expected


@pytest.mark.parametrize("word", ["all", "other", "total", "全部事项"])
def test_a_word_of_the_table_is_never_taken_for_all_matters_or_the_rest(word: str) -> None:
    """Twelve matters of a kind called so in grid A: all and other tell twelve, each node once per kind."""
    given = [(f"E{i}", word, "2026-06-01", None, "a", None) for i in range(12)]
    table = matters_by(place(*given)).public
    assert not table.duplicated(["level", "id", "kind"]).any()
    whole = table[table["level"] == "total"].set_index("kind")["matters"]
    assert whole.to_dict() == {"all": 12, "other": 12}
