"""What is withheld from a coverage table, from gaps and from the tables beside them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geogrid.hierarchy import sum_upwards
from geogrid.privacy import MEASURES, public_coverage, public_gaps, public_radius, public_sensitivity
from geogrid.suppression import Tree
from tests.builders import CRS, block

VILLAGES = Tree((-1, 0, 0, 1, 1, 2, 2))
IDS = ["", "V1", "V2", "G1", "G2", "G3", "G4"]
LEVELS = ["total", "village", "village", "grid", "grid", "grid", "grid"]


def table(
    covered: dict[tuple[str, str], list[int]], households: list[int], *, unreached: list[int] | None = None
) -> pd.DataFrame:
    """A coverage table of four grids: 3 persons in each household, one of them aged and one a child."""
    factors = dict(zip(MEASURES, (1, 3, 1, 1), strict=True))
    gone = np.array(unreached or [0, 0, 0, 0])
    rows = []
    for (service, when), counts in covered.items():
        leaves = np.zeros((7, 4))
        leaves[3:] = np.column_stack([households, counts, np.array(households) - counts - gone, gone])
        sums = sum_upwards(leaves, VILLAGES)
        columns = {
            f"{measure}{part}": pd.array((sums[:, i] * factor).astype(int), dtype="Int64")
            for measure, factor in factors.items()
            for i, part in enumerate(("", "_covered", "_uncovered", "_unreached"))
        }
        rows.append(pd.DataFrame({"level": LEVELS, "id": IDS, "name": IDS, "service": service, "when": when, **columns}))
    return pd.concat(rows, ignore_index=True)


def shown(public: pd.DataFrame, service: str, column: str, when: str = "now") -> dict[str, int | None]:
    rows = public[(public["service"] == service) & (public["when"] == when)]
    return {i: None if pd.isna(v) else int(v) for i, v in zip(rows["id"], rows[column], strict=True)}


def test_without_small_counts_everything_is_shown() -> None:
    exact = table({("medical", "now"): [100, 0, 50, 200]}, [100, 80, 100, 250])
    public = public_coverage(exact, VILLAGES)
    pd.testing.assert_frame_equal(public.drop(columns="suppressed"), exact)
    assert not public["suppressed"].any()


def test_a_small_count_and_what_would_tell_it() -> None:
    """G3 has 14 covered, 6 not: withheld, and G4 with it; village and total are shown."""
    public = public_coverage(table({("medical", "now"): [20, 20, 14, 0]}, [20, 20, 20, 20]), VILLAGES)
    assert shown(public, "medical", "households_covered") == {
        "": 54,
        "V1": 40,
        "V2": 14,
        "G1": 20,
        "G2": 20,
        "G3": None,
        "G4": None,
    }
    assert shown(public, "medical", "households") == dict(zip(IDS, [80, 40, 40, 20, 20, 20, 20], strict=True))
    assert public.set_index("id")["suppressed"].to_dict() == {**dict.fromkeys(IDS, False), "G3": True, "G4": True}


def test_small_households_withhold_every_measure() -> None:
    public = public_coverage(table({("medical", "now"): [4, 20, 30, 30]}, [4, 20, 30, 30]), VILLAGES)
    for measure in MEASURES:
        assert shown(public, "medical", measure)["G1"] is None
        assert shown(public, "medical", f"{measure}_covered")["G1"] is None


def test_a_small_gain_from_what_is_planned_is_not_told() -> None:
    """With the planned facility 3 households more are covered in G1: later is withheld there, now is not."""
    exact = table({("medical", "now"): [50, 60, 50, 50], ("medical", "later"): [53, 80, 50, 50]}, [100, 100, 100, 100])
    public = public_coverage(exact, VILLAGES)
    assert shown(public, "medical", "households_covered")["G1"] == 50
    assert shown(public, "medical", "households_covered", "later")["G1"] is None


def test_a_small_difference_between_one_service_and_all_is_not_told() -> None:
    covered = {("medical", "now"): [50, 60, 50, 50], ("sport", "now"): [80, 80, 70, 70], ("all", "now"): [47, 40, 30, 30]}
    exact = table(covered, [100, 100, 100, 100])
    public = public_coverage(exact, VILLAGES)
    assert shown(public, "all", "households_covered")["G1"] is None
    assert shown(public, "medical", "households_covered")["G1"] == 50


def test_few_unreached_are_withheld_with_the_uncovered_that_would_tell_them() -> None:
    """G1: 60 covered, 37 uncovered, 3 unreached. Covered is shown; the split of the other 40 is not."""
    exact = table({("medical", "now"): [60, 60, 60, 60]}, [100, 100, 100, 100], unreached=[3, 20, 0, 0])
    public = public_coverage(exact, VILLAGES)
    assert shown(public, "medical", "households_covered")["G1"] == 60
    assert shown(public, "medical", "households_unreached")["G1"] is None
    assert shown(public, "medical", "households_uncovered")["G1"] is None


def test_an_unknown_measure_stays_unknown() -> None:
    exact = table({("medical", "now"): [20, 20, 14, 0]}, [20, 20, 20, 20])
    exact[[c for c in exact if c.startswith("aged_65")]] = pd.NA
    public = public_coverage(exact, VILLAGES)
    assert public["aged_65"].isna().all()
    assert shown(public, "medical", "children_0_14")["G1"] == 20


def test_the_threshold_is_a_setting() -> None:
    exact = table({("medical", "now"): [20, 20, 14, 0]}, [20, 20, 20, 20])
    assert not public_coverage(exact, VILLAGES, threshold=0)["suppressed"].any()


def gaps(households: list[int]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "gap_id": [f"medical-{i + 1}" for i in range(len(households))],
            "service": "medical",
            "households": pd.array(households, dtype="Int64"),
            "persons": pd.array([3 * n for n in households], dtype="Int64"),
            "aged_65": pd.array([n // 4 for n in households], dtype="Int64"),
            "children_0_14": pd.array([None] * len(households), dtype="Int64"),
            "grid_ids": [("G3", "G4")] * len(households),
            "nearest_facility_id": "F1",
            "nearest_facility": "西卫生室",
            "minutes": 19.62,
        },
        geometry=[block(0, 0, 100, 100)] * len(households),
        crs=CRS,
    )


def test_gaps_are_rounded_and_small_ones_have_no_polygon() -> None:
    public = public_gaps(gaps([26, 6, 8]), none_beside([0, 0, 0]))
    assert public["households"].tolist() == [30, pd.NA, pd.NA]
    assert public["persons"].tolist() == [80, pd.NA, pd.NA]
    assert public["aged_65"].isna().all()
    assert public["suppressed"].tolist() == [False, True, True]
    assert public.geometry.isna().tolist() == [False, True, True]
    assert public["minutes"].tolist() == pytest.approx([20.0, np.nan, np.nan], nan_ok=True)
    assert public["grid_ids"].tolist() == [("G3", "G4"), (), ()]
    assert public["nearest_facility"].isna().tolist() == [False, True, True]


def test_a_gap_of_hardly_more_households_than_squares_is_withheld() -> None:
    """15 households in 6 squares: a square holds at most 10, so that each tells a small count; in 5 squares it may hold 11."""
    table = gaps([15, 15]).set_geometry([block(0, 0, 600, 100), block(0, 0, 500, 100)], crs=CRS)
    assert public_gaps(table, none_beside([0, 0]))["suppressed"].sort_index().tolist() == [True, False]


def test_what_if_shares_are_compared_with_one_another() -> None:
    """Of 1,000: 20 more with 10 % more speed and 23 more with 2 minutes more, so 3 between; 5 left at 2 minutes less."""
    rows = {"share": [0.5], "share_faster": [0.52], "share_cutoff_less": [0.005], "share_cutoff_more": [0.523]}
    public = public_sensitivity(pd.DataFrame({"service": ["sport"], **rows}), 1000).iloc[0]
    assert public["share_faster"] == 0.52
    assert np.isnan(public["share_cutoff_less"])
    assert np.isnan(public["share_cutoff_more"])


def none_beside(counts: list[int]) -> pd.Series:
    return pd.Series(counts, dtype="Int64")


def test_a_gap_that_tells_the_few_beside_it_keeps_its_place_only() -> None:
    """26 of the 29 uncovered households of its grids are in the gap: its count would tell the other 3."""
    public = public_gaps(gaps([26]), none_beside([3]))
    assert public["households"].isna().all()
    assert public["suppressed"].all()
    assert public.geometry.notna().all()


def test_round_counts_do_not_tell_what_is_left_of_the_total() -> None:
    """32 less 25 at least leaves seven at most for the small gap; of 40 as many as 15 may be left."""
    few = public_gaps(gaps([26, 6]), none_beside([0, 0]))
    assert few["households"].isna().all()
    assert few.geometry.notna().sum() == 1
    assert public_gaps(gaps([26, 6, 8]), none_beside([0, 0, 0]))["households"].notna().sum() == 1
    assert public_gaps(gaps([26, 16]), none_beside([0, 0]))["households"].notna().all()


def test_withheld_gaps_have_no_place_among_the_ranks() -> None:
    """The second of three would lie between 40 and 30 households: it comes last, and the third is the second of those shown."""
    public = public_gaps(gaps([40, 35, 30]), none_beside([0, 3, 0]))
    assert public["gap_id"].tolist() == ["medical-1", "medical-2", "medical-w1"]
    assert public["rank"].tolist() == [1, 2, pd.NA]
    assert public.index.tolist() == [0, 2, 1]


def test_no_gaps() -> None:
    assert len(public_gaps(gaps([]), none_beside([]))) == 0


@pytest.mark.parametrize(("counts", "withheld"), [((40, 20, 20), False), ((40, 5, 20), True), ((60, 20, 15), True)])
def test_radius_comparison(counts: tuple[int, int, int], withheld: bool) -> None:
    """Of 100 households; in the last case 5 are counted by neither."""
    both, only_radius, only_walking = counts
    rows = pd.DataFrame(
        {
            "service": ["sport"],
            "share_within_radius": [0.61234567],
            "share_walking": [0.6],
            "both": [both],
            "only_radius": [only_radius],
            "only_walking": [only_walking],
        }
    )
    public = public_radius(rows, 100)
    assert public["suppressed"].tolist() == [withheld]
    assert public["both"].isna().tolist() == [withheld]
    assert public["share_within_radius"].isna().tolist() == [withheld]


def test_sensitivity_hides_small_differences() -> None:
    """Of 1,000: 10 % slower loses 8 households (withheld), 10 % faster gains 20, none are borderline."""
    rows = pd.DataFrame(
        {"service": ["sport"], "share": [0.5], "share_slower": [0.492], "share_faster": [0.52], "borderline_share": [0.0]}
    )
    public = public_sensitivity(rows, 1000).iloc[0]
    assert np.isnan(public["share_slower"])
    assert public["share_faster"] == 0.52
    assert public["borderline_share"] == 0.0
    assert public["suppressed"]
