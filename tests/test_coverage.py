"""Statuses, counts and straight-line radii, against loops over households."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid import counts
from geogrid.coverage import (
    STATUSES,
    all_at_once,
    compare_with_walking,
    cover,
    coverage_table,
    cutoff_metres,
    facility_counts,
    sensitivity,
    service_radii,
    within_radius,
)
from geogrid.errors import CrsError, InputError
from tests.builders import at, frame

if TYPE_CHECKING:
    import geopandas as gpd

MEASURES = ("households", "persons", "aged_65", "children_0_14")


def trips(*metres: float | None) -> pd.DataFrame:
    """Travel to the nearest facility; None is unreached, NaN is no path."""
    reasons = ["unreached" if m is None else "no_path" if math.isnan(m) else "" for m in metres]
    return pd.DataFrame({"metres": [math.nan if m is None else m for m in metres], "reason": reasons})


def by_loop(households: pd.DataFrame, status: pd.Series, keys: pd.Series) -> dict[tuple[Any, str], int | None]:
    """Slow oracle: add up household by household."""
    table: dict[tuple[Any, str], int | None] = {}
    for group in keys.dropna().unique():
        rows = [i for i in range(len(households)) if keys.iloc[i] == group]
        for measure in MEASURES:
            known = [i for i in rows if measure == "households" or not pd.isna(households[measure].iloc[i])]
            for part in ("", *STATUSES):
                counted = [i for i in known if part in ("", status.iloc[i])]
                total = sum(1 if measure == "households" else int(households[measure].iloc[i]) for i in counted)
                table[group, f"{measure}_{part}".strip("_")] = total if known else None
    return table


def test_the_cutoff_is_inclusive_on_millimetres() -> None:
    nearest = trips(0.0, 1249.999, 1250.0, 1250.0004, 1250.001, math.nan, None).set_index(np.arange(7) + 10)
    status = cover(nearest, cutoff_min=15, speed_kmh=5)
    assert status.tolist() == ["covered"] * 4 + ["uncovered"] * 2 + ["unreached"]
    assert status.index.tolist() == nearest.index.tolist()
    assert status.cat.categories.tolist() == list(STATUSES)


def test_cutoff_metres_are_rounded_to_millimetres() -> None:
    assert cutoff_metres(15, 5) == 1250.0
    assert cutoff_metres(10, 4.7) == 783.333
    assert cutoff_metres(0, 5) == 0.0


@pytest.mark.parametrize(
    ("cutoff_min", "speed_kmh", "message"),
    [
        (-1, 5, "the cutoff is -1 minutes, expected a number of at least 0"),
        (math.nan, 5, "the cutoff is nan minutes"),
        (15, 0, "the speed is 0 km/h, expected a number above 0"),
        (15, math.inf, "the speed is inf km/h"),
    ],
)
def test_settings_out_of_range(cutoff_min: float, speed_kmh: float, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        cover(trips(1.0), cutoff_min=cutoff_min, speed_kmh=speed_kmh)
    assert "应为" in caught.value.say("zh")


def test_nobody_has_statuses_too() -> None:
    assert cover(trips(), cutoff_min=15, speed_kmh=5).tolist() == []


def test_all_at_once() -> None:
    statuses = pd.DataFrame(
        {
            "education": ["covered", "covered", "unreached", "uncovered", "covered"],
            "medical": ["covered", "uncovered", "unreached", "unreached", "unreached"],
        },
        index=list("abcde"),
    )
    result = all_at_once(statuses)
    assert result.tolist() == ["covered", "uncovered", "unreached", "uncovered", "unreached"]
    assert result.index.tolist() == list("abcde")
    with pytest.raises(InputError, match="no service is selected"):
        all_at_once(pd.DataFrame(index=[0]))


def test_table_by_hand() -> None:
    """Two grids and a household outside; grid C is empty, grid B says nothing about age."""
    households = pd.DataFrame({"persons": [3, 2, 4, 1], "aged_65": pd.array([1, None, None, 0], dtype="Int64")})
    statuses = pd.DataFrame({"medical": ["covered", "uncovered", "unreached", "covered"], "all": ["uncovered"] * 4})
    keys = pd.Series(pd.Categorical(["A", "A", "B", None], categories=["A", "B", "C"]))
    table = coverage_table(households, statuses, keys)
    assert table["service"].tolist() == ["medical"] * 4 + ["all"] * 4
    assert table["group"].fillna("outside").tolist() == ["A", "B", "C", "outside"] * 2
    medical = table.iloc[:4]
    assert medical["households"].tolist() == [2, 1, 0, 1]
    assert medical["households_covered"].tolist() == [1, 0, 0, 1]
    assert medical["persons"].tolist() == [5, 4, 0, 1]
    assert medical["persons_covered"].tolist() == [3, 0, 0, 1]
    assert medical["persons_uncovered"].tolist() == [2, 0, 0, 0]
    assert medical["persons_unreached"].tolist() == [0, 4, 0, 0]
    assert medical["aged_65"].fillna(-1).tolist() == [1, -1, 0, 0]
    assert medical["aged_65_uncovered"].fillna(-1).tolist() == [0, -1, 0, 0]
    assert medical["aged_65_unknown"].tolist() == [1, 1, 0, 0]
    assert medical["children_0_14"].isna().tolist() == [True, True, False, True]
    assert table["persons_uncovered"].tolist()[4:] == [5, 4, 0, 1]
    assert {str(table[column].dtype) for column in table.columns[2:]} == {"Int64"}


def test_tables_of_nobody_and_of_no_service() -> None:
    nobody = pd.DataFrame({"persons": pd.Series([], dtype="int64")})
    none = pd.Series([], dtype="str")
    assert coverage_table(nobody, pd.DataFrame({"medical": none}), none).empty
    assert coverage_table(nobody, pd.DataFrame(index=nobody.index), none).columns[:3].tolist() == [
        "service",
        "group",
        "households",
    ]


def test_tables_that_do_not_belong_together() -> None:
    households = pd.DataFrame({"persons": [1, 2]})
    statuses = pd.DataFrame({"medical": ["covered", "covered"]})
    with pytest.raises(InputError, match="different indexes, expected the same rows"):
        coverage_table(households, statuses, pd.Series(["A", "A"], index=[1, 0]))
    with pytest.raises(InputError, match="different indexes, expected the same rows"):
        coverage_table(households, statuses.iloc[:1], pd.Series(["A", "A"]))
    with pytest.raises(
        InputError, match="the status 'fine' does not exist, expected one of covered, uncovered, unreached"
    ) as caught:
        coverage_table(households, statuses.replace("covered", "fine"), pd.Series(["A", "A"]))
    assert caught.value.say("zh").startswith("状态 'fine' 无效")


number_or_none = st.one_of(st.none(), st.integers(0, 3))
rows = st.tuples(
    st.integers(0, 9), number_or_none, number_or_none, st.sampled_from(STATUSES), st.sampled_from(["A", "B", "C", None])
)


@given(st.lists(rows, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_any_table_as_by_loop_and_everything_adds_up(town: list[tuple[Any, ...]]) -> None:
    persons, aged, children, status, key = zip(*town, strict=True)
    households = pd.DataFrame(
        {"persons": persons, "aged_65": pd.array(aged, dtype="Int64"), "children_0_14": pd.array(children, dtype="Int64")}
    )
    statuses, keys = pd.DataFrame({"s": pd.Series(status)}), pd.Series(key, dtype="str")
    table = coverage_table(households, statuses, keys)
    for (group, column), expected in by_loop(households, statuses["s"], keys).items():
        got = table.loc[table["group"] == group, column].iloc[0]
        assert (None if got is pd.NA else got) == expected
    for measure in MEASURES:
        parts = sum(table[f"{measure}_{s}"].fillna(0) for s in STATUSES)
        assert (parts == table[measure].fillna(0)).all()
    assert table["households"].sum() == len(town)
    assert table["persons"].sum() == sum(persons)


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=20), st.floats(0, 60), st.floats(0, 60))
@settings(max_examples=60, deadline=None)
def test_coverage_never_shrinks_as_the_cutoff_grows(metres: list[float], one: float, other: float) -> None:
    fewer = cover(trips(*metres), cutoff_min=min(one, other), speed_kmh=5) == "covered"
    more = cover(trips(*metres), cutoff_min=max(one, other), speed_kmh=5) == "covered"
    assert (more | ~fewer).all()


FIVE = {"medical": 5.0, "sport": 5.0}
OLDER = {"medical": 3.6, "sport": 3.6}


def test_sensitivity_by_hand() -> None:
    """Work out five households by hand.

    At 5 km/h and 15 minutes the limits are 1125, 1250, 1375 m (speed), 1083.333, 1416.667 m (cutoff) and, at 3.6 km/h, 900 m; of
    sport with its 1 minute 75, 83.333, 91.667, 0, 250 and 60 m.
    """
    nearest = {
        "medical": trips(800.0, 1125.0, 1300.0, 1400.0, None),
        "sport": trips(100.0, 60.0, 100.0, math.nan, None),
    }
    table = sensitivity(nearest, cutoff_min={"medical": 15, "sport": 1}, speed_kmh=FIVE, older_kmh=OLDER).set_index("service")
    assert table.index.tolist() == ["medical", "sport", "all"]
    assert table.columns[-2:].tolist() == ["share_older", "borderline_share"]
    assert table.loc["medical"].tolist() == [0.4, 0.4, 0.6, 0.2, 0.8, 0.2, 0.2]
    assert table.loc["sport"].tolist() == [0.2, 0.2, 0.2, 0.0, 0.6, 0.2, 0.6]
    assert table.loc["all"].tolist() == [0.2, 0.2, 0.2, 0.0, 0.6, 0.0, 0.6]


def test_sensitivity_of_modes_together() -> None:
    """A clinic on foot (5 km/h, 15 min: 1,250 m) and a hospital by car (60 km/h, 30 min: 30,000 m; a minute is 1,000 m).

    ========  ========  ==========  =======================  ==========================
    house     clinic    hospital    within a minute          latest, in minutes
    ========  ========  ==========  =======================  ==========================
    0         1,200 m   10,000 m    clinic (0.6 early)       clinic −0.6; hospital −20
    1         1,200 m   31,500 m    clinic                   hospital +1.5
    2         1,300 m   30,500 m    both                     clinic +0.6, hospital +0.5
    3         0 m       29,500 m    hospital                 hospital −0.5
    4         1,500 m   30,900 m    hospital                 clinic +3; in metres it would be the hospital
    ========  ========  ==========  =======================  ==========================
    """
    nearest = {
        "clinic": trips(1200.0, 1200.0, 1300.0, 0.0, 1500.0),
        "hospital": trips(10_000.0, 31_500.0, 30_500.0, 29_500.0, 30_900.0),
    }
    limits: dict[str, Any] = {"cutoff_min": {"clinic": 15, "hospital": 30}, "speed_kmh": {"clinic": 5.0, "hospital": 60.0}}
    table = sensitivity(nearest, **limits, older_kmh={"clinic": 3.6}).set_index("service")
    assert table["share"].tolist() == [0.6, 0.4, 0.4]
    assert table["borderline_share"].tolist() == [0.6, 0.6, 0.6]
    assert table["share_older"].fillna(-1).tolist() == [0.2, -1, 0.2]
    assert sensitivity(nearest, **limits)["share_older"].isna().all()


@given(
    st.lists(st.tuples(*[st.one_of(st.none(), st.just(math.nan), st.floats(0, 4000))] * 2), max_size=12),
    st.tuples(st.floats(1, 40), st.floats(1, 40)),
    st.tuples(st.floats(3, 60), st.floats(3, 60)),
)
@settings(max_examples=60, deadline=None)
def test_borderline_as_by_loop(ways: list[tuple[Any, Any]], cutoffs: tuple[float, float], paces: tuple[float, float]) -> None:
    """The household's latest service decides, in minutes; without a path, or unreached, nobody is on the border."""
    nearest = {s: trips(*(way[i] for way in ways)) for i, s in enumerate("ab")}
    cutoff, pace = (dict(zip("ab", values, strict=True)) for values in (cutoffs, paces))
    near = []
    for way in ways:
        late: dict[str, Any] = {}
        for metres, s in zip(way, "ab", strict=True):
            known = metres is not None and not math.isnan(metres)
            late[s] = (metres - cutoff_metres(cutoff[s], pace[s])) if known else None
        if None in late.values():
            near.append(False)
            continue
        worst = max(late, key=lambda s: late[s] / pace[s])
        near.append(abs(round(late[worst], 3)) <= cutoff_metres(1, pace[worst]))
    table = sensitivity(nearest, cutoff_min=cutoff, speed_kmh=pace)
    expected = sum(near) / len(near) if near else math.nan
    assert table["borderline_share"].iloc[-1] == pytest.approx(expected, nan_ok=True)


def test_sensitivity_of_nobody_is_unknown() -> None:
    table = sensitivity({"medical": trips()}, cutoff_min={"medical": 15}, speed_kmh=FIVE, older_kmh=OLDER)
    assert table.drop(columns="service").isna().all(axis=None)


def test_borderline_is_inclusive_and_no_path_is_far_from_it() -> None:
    nearest = {"medical": trips(1250.0 - 83.333, 1250.0 + 83.333, 1250.0 + 83.334, math.nan)}
    assert sensitivity(nearest, cutoff_min={"medical": 15}, speed_kmh=FIVE)["borderline_share"].tolist() == [0.5, 0.5]


def test_facilities_count_for_each_of_their_services() -> None:
    facilities = pd.DataFrame(
        {
            "grid_id": ["B", "A", "A", None],
            "services": [("medical",), ("sport", "medical"), ("sport",), ("sport",)],
            "status": ["built", "built", "planned", "built"],
        }
    )
    table = facility_counts(facilities).fillna("outside")
    assert table.to_numpy().tolist() == [
        ["A", "medical", "built", 1],
        ["A", "sport", "built", 1],
        ["A", "sport", "planned", 1],
        ["B", "medical", "built", 1],
        ["outside", "sport", "built", 1],
    ]
    assert facility_counts(facilities.iloc[:0]).columns.tolist() == ["grid_id", "service", "status", "facilities"]


def places(**extra: Any) -> gpd.GeoDataFrame:
    """Draw a school and clinic at the corner and a clinic 1,000 m east of it."""
    table = frame(
        [
            {"facility_id": "F1", "services": ("education", "medical"), "geometry": at(0, 0)},
            {"facility_id": "F2", "services": ("medical",), "geometry": at(1000, 0)},
        ]
    )
    return table.assign(**extra)


def test_radii_are_circles_in_metres() -> None:
    radii = service_radii(places(), 500)
    assert radii[["facility_id", "service", "radius_m"]].to_numpy().tolist() == [
        ["F1", "education", 500.0],
        ["F1", "medical", 500.0],
        ["F2", "medical", 500.0],
    ]
    assert radii.crs == places().crs
    assert radii.area.between(math.pi * 500**2 * 0.999, math.pi * 500**2).all()
    assert shapely.get_coordinates(radii.geometry.iloc[2].centroid).round(6).tolist() == [[501_000.0, 3_130_000.0]]


def test_a_facility_s_own_radius_overrides_its_service_s() -> None:
    radii = service_radii(places(radius_m=[math.nan, 300.0]), {"medical": 800.0})
    assert radii[["facility_id", "service", "radius_m"]].to_numpy().tolist() == [
        ["F1", "medical", 800.0],
        ["F2", "medical", 300.0],
    ]
    assert service_radii(places(), {}).empty


@pytest.mark.parametrize(("radius_m", "shown"), [(0, "0.0"), (-5.0, "-5.0"), (math.nan, "nan"), (math.inf, "inf")])
def test_radii_that_are_no_lengths(radius_m: float, shown: str) -> None:
    with pytest.raises(InputError, match=f"facility F1 is {shown} m, expected a number above 0") as caught:
        service_radii(places(), radius_m)
    assert caught.value.say("zh").startswith("设施 F1 的服务半径为")


def test_radii_need_metres() -> None:
    with pytest.raises(CrsError, match="not in metres"):
        service_radii(places().to_crs(4326), 500)
    with pytest.raises(CrsError, match="different CRS"):
        within_radius(places().to_crs(4326), service_radii(places(), 500))


def test_within_radius_by_hand() -> None:
    """Homes along the street between the two clinics; the eastern one reaches only 300 m."""
    homes = frame([{"geometry": at(x, 0)} for x in (0, 500, 500.001, 699, 700, 1300, 1300.01)])
    within = within_radius(homes, service_radii(places(radius_m=[math.nan, 300.0]), 500))
    assert within.columns.tolist() == ["education", "medical"]
    assert within["education"].tolist() == [True, True, False, False, False, False, False]
    assert within["medical"].tolist() == [True, True, False, False, True, True, False]
    assert within_radius(homes.iloc[:0], service_radii(places(), 500)).empty


@given(st.lists(st.tuples(st.integers(-900, 1900), st.integers(-900, 900)), min_size=1, max_size=15))
@settings(max_examples=30, deadline=None)
def test_within_radius_as_by_distances(spots: list[tuple[int, int]]) -> None:
    homes, facilities = frame([{"geometry": at(x, y)} for x, y in spots]), places(radius_m=[math.nan, 300.0])
    within = within_radius(homes, service_radii(facilities, 500))
    for home, near in zip(homes.geometry, within["medical"], strict=True):
        distance = [round(home.distance(facility), 3) for facility in facilities.geometry]
        assert near == (distance[0] <= 500 or distance[1] <= 300)


def test_radius_against_walking() -> None:
    within = pd.DataFrame({"a": [True, True, False, False], "b": [False, False, False, True]})
    statuses = pd.DataFrame({"a": ["covered", "unreached", "covered", "uncovered"], "b": ["uncovered"] * 4})
    assert compare_with_walking(within, statuses).to_numpy().tolist() == [["a", 0.5, 0.5, 1, 1, 1], ["b", 0.25, 0.0, 0, 1, 0]]
    nobody = compare_with_walking(within.iloc[:0], statuses.iloc[:0])
    assert nobody[["share_within_radius", "share_walking"]].isna().all(axis=None)
    assert nobody["both"].tolist() == [0, 0]


def test_measures_take_nullable_and_plain_columns() -> None:
    measured = counts.measured(pd.DataFrame({"persons": [1, 2], "aged_65": pd.array([None, 3], dtype="Int64")}))
    assert measured["persons"].tolist() == [1.0, 2.0]
    assert math.isnan(measured["aged_65"][0])
    assert np.isnan(measured["children_0_14"]).all()
