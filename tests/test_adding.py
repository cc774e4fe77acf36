r"""A planner's own paths.

::

    y 700                 o N1, N2        two households 200 m north of the paper town's street, at x = 1500:
                          |               too far from it (limit 150 m) to be measured; a path of 190 m leads there
    y 500  C--------------+---------P     the street; the clinic C at x = 100 covers up to x = 1340
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

import geogrid
from geogrid.adding import add_paths
from geogrid.errors import InputError
from geogrid.town import trips
from tests.builders import at, frame, paper_town, street


def town_with_upland(x: float = 1500, **options: object) -> dict[str, object]:
    given = paper_town()
    up = frame([{"household_id": f"N{i}", "persons": 2, "geometry": at(x, 700)} for i in (1, 2)])
    given["households"] = gpd.GeoDataFrame(pd.concat([given["households"], up], ignore_index=True), crs=given["households"].crs)
    return {**given, "max_snap_m": 150, **options}


def path(*points: tuple[float, float]) -> gpd.GeoDataFrame:
    return frame([{"road_id": "P", "highway": "path", "geometry": street(*points)}])


def test_unreached_households_become_covered() -> None:
    """At x = 800 the way is 700 m along the street and 200 m up: within 1,250 m."""
    town = geogrid.check(**town_with_upland(800)).town  # type: ignore[arg-type]
    effect = add_paths(town, path((800, 502), (800, 700)))
    row = effect.services.iloc[0]
    counts = ("households_gain", "households_lose", "households_covered_before", "households_covered_after", "persons_gain")
    assert [row[count] for count in counts] == [2, 0, 54, 56, 4]
    assert (row["share_before"], row["share_after"]) == (54 / 82, 56 / 82)
    assert effect.households[["household_id", "change", "status_before", "status_after"]].to_numpy().tolist() == [
        ["N1", "gains", "unreached", "covered"],
        ["N2", "gains", "unreached", "covered"],
    ]
    assert effect.households["minutes_after"].tolist() == pytest.approx([900 / 5000 * 60] * 2)
    assert effect.grids[["grid_id", "households_gain"]].to_numpy().tolist() == [["G2", 2]]
    assert effect.joined.joined["metres"].tolist() == [2.0]


def test_it_equals_a_check_with_the_same_paths() -> None:
    given, added = town_with_upland(), path((1500, 498), (1500, 700))
    effect = add_paths(geogrid.check(**given).town, added)  # type: ignore[arg-type]
    checked = geogrid.check(**given, add_streets=added)  # type: ignore[arg-type]
    expected = checked.households["minutes_medical"]
    assert trips(effect.after, "medical")["minutes"].round(9).tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert effect.services["households_covered_after"].iloc[0] == (checked.households["status_medical"] == "covered").sum()


def test_far_households_are_nearer_and_stay_uncovered() -> None:
    town = geogrid.check(**town_with_upland()).town  # type: ignore[arg-type]
    effect = add_paths(town, path((1500, 500), (1500, 700)))
    assert effect.services[["households_gain", "households_nearer"]].to_numpy().tolist() == [[0, 2]]
    assert effect.households["change"].tolist() == ["nearer", "nearer"]
    assert effect.households["minutes_before"].isna().all()


def test_paths_that_change_nothing_and_paths_that_are_there_already() -> None:
    town = geogrid.check(**town_with_upland()).town  # type: ignore[arg-type]
    effect = add_paths(town, path((200, 500), (200, 560)))
    assert (len(effect.households), len(effect.grids)) == (0, 0)
    assert effect.services["households_covered_after"].tolist() == [54]
    with pytest.raises(InputError, match="called like added ones"):
        add_paths(effect.after, path((200, 500), (200, 560)))
    assert "added-P" not in set(town.roads["road_id"])
