"""What stands beside the coverage table does not make up for what that withholds because of earlier publications."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.optimize import linprog

from geogrid.beside import held_back
from geogrid.crs import to_wgs84
from geogrid.plain import records
from geogrid.privacy import PublicReport, public_sensitivity
from geogrid.republish import Earlier
from geogrid.squares import whole_squares

if TYPE_CHECKING:
    from collections.abc import Sequence

CRS = 4548
EAST, NORTH = 500_000.0, 3_000_000.0
THRESHOLD = 10
PERSONS = 2
SIZE = 1000


def places(spots: Sequence[tuple[float, float]]) -> np.ndarray:
    """Metres of squares of 100 m from the lower left corner of the place."""
    return np.array([[EAST + 100 * x + 50, NORTH + 100 * y + 50] for x, y in spots], dtype=float).reshape(-1, 2)


def people(spots: Sequence[tuple[float, float]], ids: Sequence[str] | None = None) -> gpd.GeoDataFrame:
    """Return uncovered households, one for each spot."""
    names = [f"H{i}" for i in range(len(spots))] if ids is None else ids
    columns = {"household_id": names, "persons": PERSONS, "persons_summer": 3, "status_medical": "uncovered"}
    return to_wgs84(gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*places(spots).T), crs=CRS))


def report(gaps: Sequence[Sequence[tuple[float, float]]] = (), tables: dict[str, Any] | None = None) -> PublicReport:
    """Return what is public of a place of one grid, each of its gaps given by the spots of its households."""
    shapes = [whole_squares(places(spots), np.zeros(len(spots), dtype=int))[0] for spots in gaps]
    names = [f"medical-{i + 1}" for i in range(len(gaps))]
    rounded = pd.array([round(len(spots), -1) for spots in gaps], dtype="Int64")
    columns: dict[str, Any] = {"gap_id": names, "service": "medical", "households": rounded, "persons": rounded * PERSONS}
    columns |= {"grid_ids": [["G"]] * len(gaps), "nearest_facility_id": "F", "nearest_facility": "Clinic", "minutes": 20.0}
    frame = gpd.GeoDataFrame({**columns, "suppressed": False, "rank": 1}, geometry=shapes, crs=CRS)
    grid = gpd.GeoDataFrame({"grid_id": ["G"]}, geometry=[shapely.box(EAST, NORTH, EAST + 2000, NORTH + 2000)], crs=CRS)
    summary: dict[str, Any] = {"settings": {"suppress_below": THRESHOLD, "crs": f"EPSG:{CRS}"}, "totals": {"households": SIZE}}
    summary |= {"coverage": [{"level": "grid", "id": "G", "service": "medical", "when": "now", "households": 500}]}
    summary |= {"sensitivity": [], "radius": [], "seasons": [], "inputs": [], "gaps": records(frame.drop(columns="geometry"))}
    nothing = gpd.GeoDataFrame(geometry=[], crs=4326)
    return PublicReport(summary | (tables or {}), to_wgs84(grid), nothing, to_wgs84(frame), nothing, nothing, nothing, nothing)


def beside(now: PublicReport, then: PublicReport, homes: gpd.GeoDataFrame, before: gpd.GeoDataFrame | None) -> PublicReport:
    """Hold a report against an earlier one; what is withheld is counted."""
    shown, count = held_back(now, now, homes, [Earlier(then, before)])
    assert (count > 0) == (shown is not now)
    return shown


def is_drawn(public: PublicReport) -> bool:
    assert [row["households"] is None for row in public.summary["gaps"]] == public.gaps["households"].isna().tolist()
    return bool(public.gaps.geometry.notna().all() and public.gaps["grid_ids"].map(bool).all())


WEST = [(0.0, 0.0)] * 40
EASTERN = [(1.0, 0.0)]


@pytest.mark.parametrize(("came", "is_shown"), [(0, True), (1, False), (9, False), (10, False), (11, True)])
def test_a_square_that_came_tells_no_few_households(came: int, *, is_shown: bool) -> None:
    """Threat 23: forty lived in one square; the square beside it is drawn now because few came there."""
    now = [*WEST, *EASTERN * came]
    known = people(now)
    assert is_drawn(beside(report([now]), report([WEST]), known, people(WEST))) == is_shown
    assert is_drawn(beside(report([now]), report([WEST]), known, None)) == is_shown


@pytest.mark.parametrize(("went", "is_shown"), [(1, False), (10, False), (31, True)])
def test_nor_does_a_square_that_went(went: int, *, is_shown: bool) -> None:
    then = [*WEST, *EASTERN * went]
    assert is_drawn(beside(report([WEST]), report([then]), people(WEST), None)) == is_shown


def test_a_gap_that_many_came_to_and_left_is_shown() -> None:
    """Twelve others live there now: the new square is that of a group."""
    then, now = (
        people([*WEST]),
        people([*WEST[12:], *EASTERN * 12], [f"H{i}" for i in range(12, 40)] + [f"N{i}" for i in range(12)]),
    )
    many = report([[*WEST, *EASTERN]])
    assert is_drawn(beside(many, report([WEST]), now, then))
    few = people([*WEST[1:], *EASTERN], [f"H{i}" for i in range(1, 40)] + ["N"])
    assert not is_drawn(beside(many, report([WEST]), few, then))


def test_gaps_where_nothing_was_drawn_before_and_far_from_others_are_shown() -> None:
    far = [(9.0, 9.0)] * 30
    assert is_drawn(beside(report([WEST, far]), report([WEST]), people([*WEST, *far]), None))


def test_a_gap_does_not_make_up_for_a_withheld_count_of_its_grid() -> None:
    """Threat 23: 41 of the grid were uncovered, now 38, withheld; a gap of about 40 would leave -4 to 6 who went."""
    before = report([WEST])
    rows = [row | {"households": None} for row in before.summary["coverage"]]
    public = replace(before, summary=before.summary | {"coverage": rows})
    shown, count = held_back(public, before, people(WEST), [Earlier(before, people(WEST))])
    assert (count, shown.gaps.geometry.isna().tolist(), shown.gaps["gap_id"].tolist()) == (1, [True], ["medical-w1"])
    row = shown.summary["gaps"][0]
    assert (row["households"], row["persons"], row["grid_ids"], row["minutes"], row["rank"]) == (None, None, [], None, None)


ROWS: dict[str, tuple[dict[str, Any], str, float]] = {
    "sensitivity": ({"service": "medical", "share": 0.5, "share_slower": 0.4, "suppressed": False}, "share_slower", 0.001),
    "radius": ({"service": "medical", "both": 300, "only_radius": 50, "only_walking": 60, "suppressed": False}, "both", 1),
    "seasons": (
        {"service": "medical", "season": "", "zh": "", "en": "", "persons": 2000, "share": 0.5, "suppressed": False},
        "persons",
        1,
    ),
}


@pytest.mark.parametrize("table", ROWS)
def test_rows_of_the_whole_place_that_differ_by_few_are_withheld(table: str) -> None:
    row, key, one = ROWS[table]
    homes = people(WEST)
    then = report(tables={table: [row]})
    for apart, is_shown in ((0, True), (1, False), (10, False), (60, True)):
        now = report(tables={table: [row | {key: row[key] + apart * one}]})
        assert (beside(now, then, homes, homes).summary[table][0][key] is not None) == is_shown
    assert beside(now, then, homes, people([*WEST, *EASTERN * 11])) is now
    same = report(tables={table: [row]})
    hidden = beside(same, same, homes, people([*WEST, *EASTERN])).summary[table][0]
    assert hidden == {name: value if name in ("service", "season", "zh", "en") else None for name, value in row.items()} | {
        "suppressed": True
    }


def test_few_who_are_elsewhere_in_a_season_withhold_the_seasons_only() -> None:
    tables = {name: [row] for name, (row, _, _) in ROWS.items()}
    then = people(WEST)
    now = then.assign(persons_summer=[9, *[3] * 39])
    shown = beside(report(tables=tables), report(tables=tables), now, then).summary
    assert [shown[name][0]["suppressed"] for name in ROWS] == [False, False, True]


STANDARD = {"id": "a", "subjects": 9, "passed": 9, "failed": 0, "incomplete": 0, "withheld": 0, "share": 1.0, "failures": []}
SIZE_OF = {"id": "b", "n": 10, "found": 1000, "share_found": None, "is_equal": False}


def test_standards_about_people_are_withheld_with_any_count() -> None:
    """The number of persons of the place stands in a stated size too."""
    rules = [STANDARD | {"is_about_people": about} for about in (True, False)]
    sizes = [SIZE_OF | {"is_about_people": about} for about in (True, False)]
    before = report(tables={"standards": rules, "stated": sizes})
    homes = people(WEST)
    assert beside(before, before, homes, homes) is before
    rows = [row | {"households": None} for row in before.summary["coverage"]]
    shown = held_back(replace(before, summary=before.summary | {"coverage": rows}), before, homes, [Earlier(before, homes)])[
        0
    ].summary
    assert [row["passed"] for row in shown["standards"]] == [None, 9]
    assert [row["withheld"] for row in shown["standards"]] == [9, 0]
    assert [row["found"] for row in shown["stated"]] == [None, 1000]


@pytest.mark.parametrize("key", ["outside", "on_border", "disagreements", "rows"])
def test_numbers_of_rows_that_differ_by_few_are_withheld(key: str) -> None:
    def made(more: int) -> PublicReport:
        numbers = {"outside": 20, "on_border": 30, "disagreements": 40, "rows": 1050} | {key: 50 + more}
        rows = [{"table": "roads", "rows": 5, "good": 5}, {"table": "households", "rows": numbers.pop("rows"), "good": 1050}]
        return report(tables={"totals": {"households": SIZE, **numbers}, "inputs": rows})

    homes = people(WEST)
    for more, is_shown in ((0, True), (1, False), (10, False), (11, True)):
        shown = beside(made(more), made(0), homes, homes).summary
        found = shown["inputs"][1]["rows"] if key == "rows" else shown["totals"][key]
        assert (found is not None) == is_shown
        assert shown["inputs"][0]["rows"] == 5
        assert (shown["totals"]["outside"] is None) == (shown["inputs"][1]["good"] is None)


EDGES_M = (1083.33, 1125.0, 1166.66, 1250.0, 1333.33, 1375.0, 1416.66)
"""Where the shares of a service that is walked to for 15 minutes end: 13 minutes, slower, 14, now, 16, faster, 17."""
ENDS = {"share": 4, "share_slower": 2, "share_faster": 6, "share_cutoff_less": 1, "share_cutoff_more": 7}
BANDS = len(EDGES_M) + 1


def shares(bands: np.ndarray) -> dict[str, Any]:
    """Return the public row of a town with so many households between every two limits."""
    from geogrid.coverage import sensitivity  # noqa: PLC0415

    middles = np.add([0.0, *EDGES_M], [*EDGES_M, 1600.0]) / 2
    exact = sensitivity(
        {"s": pd.DataFrame({"metres": np.repeat(middles, bands), "reason": ""})}, cutoff_min={"s": 15.0}, speed_kmh={"s": 5.0}
    )
    return records(public_sensitivity(exact, int(bands.sum())))[0]


def known(row: dict[str, Any], first: int) -> tuple[list[np.ndarray], list[float]]:
    """Return what a row says of the bands then (first 0) or now."""
    rows, values = [np.repeat([1.0, 0.0] if first == 0 else [0.0, 1.0], BANDS)], [float(SIZE)]
    for key, end in ENDS.items():
        if row.get(key) is not None:
            at = np.arange(2 * BANDS)
            rows.append(((at >= first) & (at < first + end)).astype(float))
            values.append(round(row[key] * SIZE))
    return rows, values


def told(then: dict[str, Any], now: dict[str, Any], was: np.ndarray, bands: np.ndarray) -> list[tuple[int, int]]:
    """Return the ranges of minutes of which a linear programme knows, to less than the threshold, how few came or left."""
    before, after = known(then, 0), known(now, BANDS)
    rows, values = before[0] + after[0], before[1] + after[1]
    found = []
    for first in range(BANDS):
        for last in range(first + 1, BANDS + 1):
            inside = np.array([first <= band < last for band in range(BANDS)], dtype=float)
            if 1 <= abs(inside @ (bands - was)) <= THRESHOLD:
                aim = np.concatenate([-inside, inside])
                ends = [linprog(sign * aim, A_eq=np.array(rows), b_eq=values, method="highs").fun for sign in (1, -1)]
                found += [(first, last)] if -ends[1] - ends[0] < THRESHOLD - 1e-6 else []
    return found


def test_no_band_of_minutes_tells_how_few_came_into_it() -> None:
    """Threat 23, by a linear programme over the bands of two publications: facilities moved, the people are the same."""
    homes, unguarded, guarded = people(WEST), 0, {}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        was = rng.multinomial(SIZE, rng.dirichlet(np.ones(BANDS)))
        bands = was.copy()
        for _ in range(rng.integers(1, 4)):
            source, target = rng.choice(BANDS, 2, replace=False)
            moved = min(int(rng.choice([1, 4, 9, 30, 80])), int(bands[source]))
            bands[source], bands[target] = bands[source] - moved, bands[target] + moved
        then, now = shares(was), shares(bands)
        unguarded += bool(told(then, now, was, bands))
        shown = beside(report(tables={"sensitivity": [now]}), report(tables={"sensitivity": [then]}), homes, homes).summary[
            "sensitivity"
        ][0]
        if found := told(then, shown, was, bands):
            guarded[seed] = found
    assert guarded == {}
    assert unguarded > 1
