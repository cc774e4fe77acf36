"""Which streets each way of travelling may use, how fast and in which direction: a street a row, written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from geogrid import io
from geogrid.errors import InputError, NotFoundError
from geogrid.modes import MODES, Mode, barred_streets, require_mode, street_use
from geogrid.modetable import FERRY_KMH
from geogrid.words import Text

# What stands for each mode: a speed in km/h where it may go, else the reason why not. The two walks differ in pace only, and so
# do bicycle and e-bike.
USE: list[tuple[Any, ...]] = [
    #  street                                                          walk     bicycle  ebike    car
    ({}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "四级公路"}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "residential"}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "primary"}, 5.0, 15.0, 20.0, 65.0),
    ({"highway": "secondary_link"}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "living_street"}, 5.0, 15.0, 20.0, 10.0),
    ({"highway": "service"}, 5.0, 15.0, 20.0, 15.0),
    ({"highway": "村道"}, 5.0, 15.0, 20.0, 25.0),
    # Motor roads: on foot and by bicycle only where a sign says so.
    ({"highway": "motorway"}, "class", "class", "class", 90.0),
    ({"highway": "高速公路"}, "class", "class", "class", 90.0),
    ({"highway": "Motorway_Link "}, "class", "class", "class", 45.0),
    ({"highway": "trunk"}, "class", "class", "class", 85.0),
    ({"highway": "快速路"}, "class", "class", "class", 85.0),
    ({"highway": "trunk", "foot": "yes"}, 5.0, "class", "class", 85.0),
    ({"highway": "trunk", "bicycle": "designated"}, "class", 15.0, 20.0, 85.0),
    ({"highway": "trunk", "motor_vehicle": "no"}, "class", "class", "class", "access"),
    # Paths: pushed on footways, ridden there by permission, never driven on without one.
    ({"highway": "footway"}, 5.0, 4.0, 4.0, "class"),
    ({"highway": "人行道"}, 5.0, 4.0, 4.0, "class"),
    ({"highway": "footway", "bicycle": "yes"}, 5.0, 15.0, 20.0, "class"),
    ({"highway": "footway", "bicycle": "no"}, 5.0, "access", "access", "class"),
    ({"highway": "pedestrian"}, 5.0, 4.0, 4.0, "class"),
    ({"highway": "pedestrian", "motor_vehicle": "yes"}, 5.0, 4.0, 4.0, 10.0),
    ({"highway": "pedestrian", "motor_vehicle": "delivery"}, 5.0, 4.0, 4.0, "class"),
    ({"highway": "cycleway"}, 5.0, 15.0, 20.0, "class"),
    ({"highway": "绿道"}, 5.0, 15.0, 20.0, "class"),
    ({"highway": "cycleway", "foot": "no"}, "access", 15.0, 20.0, "class"),
    ({"highway": "path"}, 5.0, 13.0, 13.0, "class"),
    ({"highway": "track"}, 5.0, 12.0, 12.0, "class"),
    ({"highway": "机耕路"}, 5.0, 12.0, 12.0, "class"),
    ({"highway": "track", "motor_vehicle": "yes"}, 5.0, 12.0, 12.0, 10.0),
    ({"highway": "track", "motor_vehicle": "agricultural;forestry"}, 5.0, 12.0, 12.0, "class"),
    ({"highway": "bridleway"}, 5.0, "class", "class", "class"),
    ({"highway": "steps"}, 5.0, "class", "class", "class"),
    ({"highway": "台阶", "bicycle": "yes"}, 5.0, 2.0, 2.0, "class"),
    ({"highway": "steps", "bicycle": "dismount"}, 5.0, 2.0, 2.0, "class"),
    ({"highway": "steps", "motor_vehicle": "yes"}, 5.0, "class", "class", "class"),
    ({"highway": "elevator"}, 5.0, 4.0, 4.0, "class"),
    ({"highway": "construction", "foot": "yes", "bicycle": "yes", "motor_vehicle": "yes"}, *["class"] * 4),
    ({"highway": "在建"}, "class", "class", "class", "class"),
    ({"highway": "废弃"}, "class", "class", "class", "class"),
    # Ferries: slow, for who is not turned away.
    ({"highway": "ferry"}, 5.0, 5.0, 5.0, 5.0),
    ({"highway": "渡口"}, 5.0, 5.0, 5.0, 5.0),
    ({"highway": "ferry", "motor_vehicle": "no"}, 5.0, 5.0, 5.0, "access"),
    ({"highway": "ferry", "foot": "no"}, "access", 5.0, 5.0, 5.0),
    ({"highway": "ferry", "speed_kmh": 3.0}, 3.0, 3.0, 3.0, 3.0),
    # Access: the more specific column decides, if it says anything.
    ({"highway": "service", "access": "no"}, "access", "access", "access", "access"),
    ({"highway": "service", "access": "禁止"}, "access", "access", "access", "access"),
    ({"highway": "service", "access": "私有"}, "access", "access", "access", "access"),
    ({"highway": "service", "access": "private", "foot": "yes"}, 5.0, "access", "access", "access"),
    ({"highway": "service", "access": "private", "foot": "destination"}, "access", "access", "access", "access"),
    ({"highway": "service", "access": "no", "vehicle": "yes"}, "access", 15.0, 20.0, 15.0),
    ({"highway": "service", "access": "no", "vehicle": "destination"}, "access", 15.0, 20.0, 15.0),
    ({"highway": "service", "access": "destination"}, 5.0, 15.0, 20.0, 15.0),
    ({"highway": "service", "access": "agricultural"}, 5.0, "access", "access", "access"),
    ({"highway": "service", "access": "农用"}, 5.0, "access", "access", "access"),
    ({"highway": "residential", "vehicle": "no"}, 5.0, "access", "access", "access"),
    ({"highway": "residential", "vehicle": "no", "bicycle": "允许"}, 5.0, 15.0, 20.0, "access"),
    ({"highway": "residential", "vehicle": "no", "motor_vehicle": "destination"}, 5.0, "access", "access", 25.0),
    ({"highway": "residential", "vehicle": "private", "motor_vehicle": "psv; residents"}, 5.0, "access", "access", 25.0),
    ({"highway": "residential", "motor_vehicle": "no"}, 5.0, 15.0, 20.0, "access"),
    ({"highway": "residential", "motor_vehicle": False}, 5.0, 15.0, 20.0, "access"),
    ({"highway": "residential", "motor_vehicle": "no", "motorcar": "yes"}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "residential", "motorcar": "no"}, 5.0, 15.0, 20.0, "access"),
    ({"highway": "primary", "bicycle": "use_sidepath"}, 5.0, "access", "access", 65.0),
    ({"highway": "primary", "bicycle": "dismount"}, 5.0, 4.0, 4.0, 65.0),
    ({"highway": "primary", "bicycle": "推行"}, 5.0, 4.0, 4.0, 65.0),
    ({"highway": "residential", "bicycle": "06:00-11:00"}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "residential", "foot": "否"}, "access", 15.0, 20.0, 25.0),
    # Service: what is not for cars.
    ({"highway": "service", "service": "driveway"}, 5.0, 15.0, 20.0, 15.0),
    ({"highway": "service", "service": "emergency_access"}, 5.0, 15.0, 20.0, "access"),
    ({"highway": "service", "service": "消防通道"}, 5.0, 15.0, 20.0, "access"),
    ({"highway": "service", "service": "emergency_access", "motor_vehicle": "yes"}, 5.0, 15.0, 20.0, 15.0),
    # Overrides of one street: never faster than the pace.
    ({"highway": "residential", "speed_kmh": 50.0}, 5.0, 15.0, 20.0, 50.0),
    ({"highway": "residential", "speed_kmh": "200"}, 5.0, 15.0, 20.0, 90.0),
    ({"highway": "motorway", "speed_kmh": 120}, "class", "class", "class", 90.0),
    ({"highway": "steps", "speed_kmh": 2.5}, 2.5, "class", "class", "class"),
    ({"highway": "track", "speed_kmh": 8.0}, 5.0, 8.0, 8.0, "class"),
    ({"highway": "residential", "speed_kmh": np.nan}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "residential", "speed_kmh": 0}, 5.0, 15.0, 20.0, 25.0),
    ({"highway": "residential", "speed_kmh": "快"}, 5.0, 15.0, 20.0, 25.0),
    # Closed, whatever else is permitted.
    ({"highway": "residential", "closed": "yes", "foot": "yes", "bicycle": "yes"}, *["closed"] * 4),
    ({"highway": "residential", "closed": "封闭"}, *["closed"] * 4),
    ({"highway": "residential", "closed": True}, *["closed"] * 4),
    ({"highway": "residential", "closed": False}, 5.0, 15.0, 20.0, 25.0),
    # Reversible lanes: nobody knows in which direction today.
    ({"highway": "primary", "oneway": "reversible"}, 5.0, "access", "access", "access"),
    ({"highway": "primary", "oneway": "潮汐", "oneway_bicycle": "no"}, 5.0, 15.0, 20.0, "access"),
]


def one(street: dict[str, Any], mode: str, **options: Any) -> dict[str, Any]:
    """Return what is said of one street."""
    frame = pd.DataFrame([{"road_id": "a", **street}], index=["label"])
    use = street_use(frame, mode, **options)
    assert use.index.tolist() == ["label"]
    return dict(use.iloc[0])


@pytest.mark.parametrize(("street", "walk", "bicycle", "ebike", "car"), USE)
def test_who_may_go_where_and_how_fast(street: dict[str, Any], walk: Any, bicycle: Any, ebike: Any, car: Any) -> None:
    older = min(walk, 3.6) if isinstance(walk, float) else walk
    expected = {"walk": walk, "walk_older": older, "bicycle": bicycle, "ebike": ebike, "car": car}
    found = {}
    for mode in MODES:
        use = one(street, mode)
        found[mode] = use["reason"] or use["speed_kmh"]
    assert found == expected


ALONG, AGAINST, BOTH = (True, False), (False, True), (True, True)


@pytest.mark.parametrize(
    ("street", "bicycle", "car"),
    [
        ({}, BOTH, BOTH),
        ({"oneway": "yes"}, ALONG, ALONG),
        ({"oneway": "单行"}, ALONG, ALONG),
        ({"oneway": 1.0}, ALONG, ALONG),
        ({"oneway": True}, ALONG, ALONG),
        ({"oneway": "-1"}, AGAINST, AGAINST),
        ({"oneway": -1.0}, AGAINST, AGAINST),
        ({"oneway": "反向"}, AGAINST, AGAINST),
        ({"oneway": "no"}, BOTH, BOTH),
        ({"oneway": "双向"}, BOTH, BOTH),
        ({"oneway": "alternating"}, BOTH, BOTH),
        ({"oneway": "yes", "oneway_bicycle": "no"}, BOTH, ALONG),
        ({"oneway": "yes", "oneway_bicycle": "-1"}, AGAINST, ALONG),
        ({"oneway_bicycle": "yes"}, ALONG, BOTH),
        ({"junction": "roundabout"}, ALONG, ALONG),
        ({"junction": "环岛"}, ALONG, ALONG),
        ({"junction": "circular", "oneway": "no"}, BOTH, BOTH),
        ({"junction": "circular", "oneway": "-1"}, AGAINST, AGAINST),
        ({"junction": "jughandle"}, BOTH, BOTH),
        ({"highway": "motorway", "bicycle": "yes"}, ALONG, ALONG),
        ({"highway": "motorway", "bicycle": "yes", "oneway": "no"}, BOTH, BOTH),
        ({"highway": "motorway_link", "bicycle": "yes"}, BOTH, BOTH),
    ],
)
def test_directions(street: dict[str, Any], bicycle: tuple[bool, bool], car: tuple[bool, bool]) -> None:
    def ways(mode: str) -> tuple[bool, bool]:
        use = one(street, mode)
        assert use["reason"] == "" or mode.startswith("walk")
        return bool(use["forward"]), bool(use["backward"])

    assert ways("walk") == ways("walk_older") == BOTH
    assert ways("bicycle") == ways("ebike") == bicycle
    assert ways("car") == car


@pytest.mark.parametrize(
    ("street", "walk", "bicycle", "car"),
    [
        ({"highway": "residential"}, True, True, True),
        ({"highway": "residential", "foot": "no"}, False, True, True),
        ({"highway": "motorway", "foot": "yes", "bicycle": "yes"}, True, True, False),
        ({"highway": "motorway_link"}, False, False, False),
        ({"highway": "ferry"}, False, False, False),
        ({"highway": "trunk", "foot": "yes"}, True, False, True),
        ({"highway": "trunk"}, False, False, True),
        ({"highway": "trunk", "foot": "no"}, False, False, False),
        ({"highway": "快速路", "access": "no", "motor_vehicle": "yes"}, False, False, False),
        ({"highway": "trunk", "access": "no", "foot": "yes", "motor_vehicle": "yes"}, True, False, True),
        ({"highway": "footway"}, True, True, False),
    ],
)
def test_where_points_may_be_placed(street: dict[str, Any], walk: bool, bicycle: bool, car: bool) -> None:
    assert [one(street, mode)["is_stop"] for mode in MODES] == [walk, walk, bicycle, bicycle, car]


def test_the_pace_caps_every_speed_and_is_exact_on_ordinary_streets() -> None:
    streets = pd.DataFrame({"highway": ["motorway", "residential", "steps", "ferry"], "foot": "yes", "bicycle": "yes"})
    assert street_use(streets, "walk", speed_kmh=4.3)["speed_kmh"].tolist() == [4.3, 4.3, 4.3, 4.3]
    assert street_use(streets, "walk", speed_kmh=6.1)["speed_kmh"].tolist() == [6.1, 6.1, 6.1, 5.0]
    assert street_use(streets, "bicycle", speed_kmh=1.5)["speed_kmh"].tolist() == [1.5] * 4
    assert street_use(streets, "car", speed_kmh=30)["speed_kmh"].tolist()[:2] == [30.0, 25.0]


@pytest.mark.parametrize("speed", [0, -1.0, float("nan"), float("inf")])
def test_a_pace_is_a_positive_number(speed: float) -> None:
    with pytest.raises(InputError, match=r"speed .* km/h is not usable; give a number above 0") as caught:
        street_use(pd.DataFrame({"highway": ["path"]}), "walk", speed_kmh=speed)
    assert "公里/小时不可用" in caught.value.say("zh")


def test_a_table_of_many_streets_says_what_each_alone_says_and_stays_as_it_is() -> None:
    streets = pd.DataFrame([street for street, *_ in USE], index=[7] * len(USE))
    before = streets.copy(deep=True)
    for mode in ("walk", "bicycle", "car"):
        use = street_use(streets, mode)
        assert use.index.equals(streets.index)
        alone = [one({k: v for k, v in street.items() if v is not None}, mode) for street, *_ in USE]
        pd.testing.assert_frame_equal(use.reset_index(drop=True), pd.DataFrame(alone), check_dtype=False)
        assert use["speed_kmh"].between(0, MODES[mode].speed_kmh, inclusive="right").all()
        assert use.dtypes.drop("reason").map(str).tolist() == ["float64", "bool", "bool", "bool"]
    pd.testing.assert_frame_equal(streets, before)


def test_no_streets_and_missing_values() -> None:
    assert street_use(pd.DataFrame({"highway": []}), "car").shape == (0, 5)
    blank = pd.DataFrame({"highway": [None, np.nan, pd.NA], "access": "", "speed_kmh": pd.array([None] * 3, dtype="Float64")})
    assert street_use(blank, "car")["speed_kmh"].tolist() == [25.0] * 3
    assert barred_streets(blank, mode="bicycle").tolist() == [""] * 3


def test_straight_legs_are_walked() -> None:
    assert MODES["walk"].leg_factor(4.0) == MODES["walk_older"].leg_factor(2.0) == MODES["walk"].leg_factor() == 1.0
    assert MODES["car"].leg_factor() == 18.0
    assert MODES["ebike"].leg_factor(25.0) == 5.0
    assert MODES["ebike"].leg_factor(20.0, 2.5) == 8.0
    assert MODES["walk_older"].leg_factor(3.0, 5.0) == 1.0


def test_modes_are_rows_with_names_and_sources_in_both_languages() -> None:
    assert list(MODES) == ["walk", "walk_older", "bicycle", "ebike", "car"]
    assert {mode: row.speed_kmh for mode, row in MODES.items()} == {
        "walk": 5.0,
        "walk_older": 3.6,
        "bicycle": 15.0,
        "ebike": 20.0,
        "car": 90.0,
    }
    for row in MODES.values():
        assert all(text for text in (*row.name, *row.source))
        assert not row.never & (set(row.usable) | set(row.by_permission))
        stated = {*row.usable.values(), *row.by_permission.values()} - {FERRY_KMH}
        assert all(0 < speed <= row.speed_kmh for speed in stated if speed is not None)
    assert require_mode("car").name == Text("驾车", "by car")


def test_a_new_mode_is_a_new_row() -> None:
    row = Mode(Text("骑马", "on horseback"), 12.0, 5.0, Text("家传", "hearsay"), general=("access",), own=("horse",))
    assert (row.usable, row.by_permission, row.obeys_oneway) == ({}, {}, False)


@pytest.mark.parametrize("mode", ["fly", "", "Walk", ["walk"], None])
def test_an_unknown_mode_lists_the_known(mode: Any) -> None:
    with pytest.raises(NotFoundError, match=r"use one of: walk, walk_older, bicycle, ebike, car") as caught:
        require_mode(mode)
    assert caught.value.say("zh").startswith(f"没有出行方式“{mode}”；可用：walk")


def test_walking_in_guixi_is_as_it_was(real_data: Any) -> None:
    roads = io.read_roads(real_data / "guixi" / "roads.osm").table
    assert barred_streets(roads).value_counts().to_dict() == {"": 169, "access": 1}
    assert street_use(roads, "walk")["reason"].equals(barred_streets(roads))
    use = street_use(roads, "walk")
    assert set(use["speed_kmh"]) == {5.0}
    assert use["forward"].all()
    assert use["is_stop"].equals(use["reason"] == "")
    car = street_use(roads, "car")
    assert car["reason"].value_counts().to_dict() == {"": 168, "class": 1, "access": 1}
    assert int((~car["backward"]).sum()) == int(roads["oneway"].eq("yes").sum()) == 62
