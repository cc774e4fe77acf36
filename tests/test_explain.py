"""Why a household is covered or not: by hand on paper towns, and always what the check says of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geogrid
from geogrid.crs import project
from geogrid.errors import InputError, NotFoundError
from geogrid.explain import Explanation, explain
from geogrid.words import Text
from tests.builders import CRS, X0, Y0, at, frame, paper_town, street

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.report import Report
    from geogrid.town import Town

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report() -> Report:
    return geogrid.check(**paper_town(), cutoff_min=15)


def changed(**tables: gpd.GeoDataFrame) -> Town:
    return geogrid.check(**(paper_town() | tables)).town


def one_home(x: float, y: float) -> gpd.GeoDataFrame:
    return frame([{"household_id": "H", "persons": 1, "geometry": at(x, y)}])


def clinic(x: float, y: float, **other: Any) -> dict[str, Any]:
    return {
        "facility_id": f"F{x:g}",
        "name": f"卫生室{x:g}",
        "services": "medical",
        "status": "built",
        "geometry": at(x, y),
    } | other


def test_a_covered_household_by_hand(report: Report) -> None:
    """H000 stands at (25, 490): 10 m to the street, 75 m along it, the clinic stands on it."""
    said = explain(report.town, "H000", "medical")
    (way,) = said.ways
    assert (said.status, said.mode, said.pace_kmh, said.cutoff_min, round(said.street_m, 6)) == (
        "covered",
        "walk",
        5.0,
        15.0,
        10.0,
    )
    assert said.reason == Text(
        "到最近的设施“西卫生室”1.0 分钟，不超过 15 分钟", "the nearest facility, 西卫生室, is 1.0 minutes away: within 15"
    )
    assert (way.facility_id, way.minutes, round(way.metres, 6)) == ("F1", 1.02, 85.0)
    assert way.straight_m == pytest.approx(np.hypot(75, 10))
    assert way.ratio == pytest.approx(85 / np.hypot(75, 10))
    assert [(leg.kind, round(leg.metres, 6), round(leg.minutes, 6)) for leg in way.legs] == [
        ("to_street", 10.0, 0.12),
        ("along", 75.0, 0.9),
        ("from_street", 0.0, 0.0),
    ]
    assert [(shapely.get_coordinates(leg.geometry) - [X0, Y0]).round(3).tolist() for leg in way.legs] == [
        [[25, 490], [25, 500]],
        [[25, 500], [100, 500]],
        [[100, 500], [100, 500]],
    ]
    assert [(passed.road_id, passed.name, round(passed.metres, 6)) for passed in way.streets] == [("R1", "", 75.0)]


def test_later_counts_what_is_planned(report: Report) -> None:
    now, later = (explain(report.town, "H079", "medical", when=when) for when in ("now", "later"))
    assert ([way.facility_id for way in now.ways], [way.facility_id for way in later.ways]) == (["F1"], ["F2", "F1"])
    assert (now.status, later.status, later.when) == ("uncovered", "covered", "later")


def test_count_limits_the_facilities() -> None:
    town = changed(facilities=frame([clinic(x, 500) for x in (100, 200, 300, 400)]), households=one_home(90, 490))
    assert [way.facility_id for way in explain(town, "H", "medical").ways] == ["F100", "F200", "F300"]
    assert [way.facility_id for way in explain(town, "H", "medical", count=1).ways] == ["F100"]


def test_a_household_too_far_from_any_street() -> None:
    said = explain(changed(households=one_home(500, 840)), "H", "medical")
    assert (said.status, said.ways, round(said.street_m, 6)) == ("unreached", (), 340.0)
    assert said.reason.en.startswith("the nearest street is 340 m away, more than 200 m")
    assert said.reason.zh.startswith("离最近的街道 340 米，超过 200 米")


def test_a_household_just_too_far_is_told_so_to_the_millimetre() -> None:
    assert "200.4 m away, more than 200 m" in explain(changed(households=one_home(500, 700.4)), "H", "medical").reason.en


def test_a_household_on_another_piece_of_the_network() -> None:
    roads = frame(
        [{"road_id": "a", "geometry": street((0, 500), (900, 500))}, {"road_id": "b", "geometry": street((0, 50), (900, 50))}]
    )
    said = explain(changed(roads=roads, households=one_home(500, 60)), "H", "medical")
    assert (said.status, said.ways) == ("uncovered", ())
    assert said.reason.en.startswith("the streets here are not joined to any facility that offers it (1)")


def test_facilities_that_no_street_reaches() -> None:
    said = explain(changed(facilities=frame([clinic(500, 900)]), households=one_home(500, 510)), "H", "medical")
    assert (said.status, said.ways) == ("uncovered", ())
    assert said.reason.en == "every facility that offers it (1) is more than 200 m from any street: check where they lie"


def test_a_service_that_nobody_offers_yet() -> None:
    town = changed(facilities=frame([clinic(500, 500, status="planned")]), households=one_home(500, 510))
    assert explain(town, "H", "medical").reason.en == "no facility offers this service"
    assert explain(town, "H", "medical").status == "uncovered"
    assert explain(town, "H", "medical", when="later").status == "covered"


def test_one_way_streets_can_leave_no_way() -> None:
    roads = frame([{"road_id": "a", "highway": "residential", "oneway": "yes", "geometry": street((0, 500), (2000, 500))}])
    town = geogrid.check(**(paper_town() | {"roads": roads, "households": one_home(900, 510)}), mode="car").town
    said = explain(town, "H", "medical")
    assert (said.mode, said.status, said.ways) == ("car", "uncovered", ())
    assert (
        said.reason.en
        == "the streets here hang together with those of facilities that offer it (1), but one-way streets leave no way to them"
    )


def test_faster_ways_cost_less_than_they_are_long() -> None:
    """By bicycle at 15 km/h on the street, legs walked at 5: 1,425 m in 5.7 minutes, 10 m in 0.12."""
    town = geogrid.check(**paper_town(), mode="bicycle").town
    (way,) = explain(town, "H060", "medical").ways
    assert [leg.minutes for leg in way.legs] == [pytest.approx(0.12), pytest.approx(5.7), pytest.approx(0.0)]
    assert (round(way.minutes, 6), round(way.metres, 6)) == (5.82, 1435.0)


@pytest.mark.parametrize("ids", [True, False])
def test_streets_are_named_where_they_have_names(ids: bool) -> None:
    rows = [
        {"road_id": "a", "name": "人民路", "geometry": street((0, 500), (1000, 500))},
        {"road_id": "b", "name": None, "geometry": street((1000, 500), (2000, 500))},
    ]
    roads = frame(rows) if ids else frame(rows).drop(columns="road_id")
    (way,) = explain(changed(roads=roads), "H060", "medical").ways
    assert [(passed.name, round(passed.metres, 6)) for passed in way.streets] == [("", 525.0), ("人民路", 900.0)]


def test_the_same_place_has_no_ratio() -> None:
    (way,) = explain(changed(households=one_home(100, 500)), "H", "medical").ways
    assert (way.straight_m, way.ratio, way.minutes, round(way.metres, 6)) == (0.0, None, 0.0, 0.0)


def test_features_are_geojson_in_degrees_with_the_figures_beside(report: Report) -> None:
    said = explain(report.town, "H060", "medical")
    content = json.loads(json.dumps(said.to_features(), allow_nan=False))
    kinds = ["household", "to_street", "along", "from_street", "facility"]
    assert [feature["properties"]["kind"] for feature in content["features"]] == kinds
    assert [feature["properties"]["way"] for feature in content["features"]] == [None, 0, 0, 0, 0]
    shapes = gpd.GeoDataFrame.from_features(content, crs=4326)
    back = project(shapes, report.town.crs).geometry
    assert back.iloc[0].distance(said.home) < 0.02
    assert back.iloc[2].length == pytest.approx(1425, abs=0.05)
    assert content["ways"][0] == {
        "facility_id": "F1",
        "name": "西卫生室",
        "minutes": 17.22,
        "metres": 1435.0,
        "straight_m": 1425.0,
        "ratio": 1.01,
        "legs": [
            {"kind": "to_street", "metres": 10.0, "minutes": 0.12},
            {"kind": "along", "metres": 1425.0, "minutes": 17.1},
            {"kind": "from_street", "metres": 0.0, "minutes": 0.0},
        ],
        "streets": [{"road_id": "R1", "name": "", "metres": 1425.0}],
    }
    assert (content["status"], content["mode_name"]["zh"], content["reason"]["en"]) == ("uncovered", "步行", said.reason.en)


def test_the_notebook_shows_names_as_text() -> None:
    said = explain(changed(facilities=frame([clinic(100, 500, name=HOSTILE), clinic(25, 490)])), "H000", "medical")
    shown = said._repr_html_()
    assert HOSTILE not in shown
    assert "&lt;img" in shown
    assert "H000" in shown


def test_unknown_names_are_told_with_what_there_is(report: Report) -> None:
    with pytest.raises(NotFoundError, match="there is no household 'H999': check its id"):
        explain(report.town, "H999", "medical")
    with pytest.raises(NotFoundError, match="there is no service 'banking': choose medical"):
        explain(report.town, "H000", "banking")
    with pytest.raises(InputError, match="when = 'tomorrow' is not usable: choose now, later"):
        explain(report.town, "H000", "medical", when="tomorrow")
    with pytest.raises(InputError, match="count 0"):
        explain(report.town, "H000", "medical", count=0)


def same_as_check(report: Report, rows: range, services: Sequence[str] = ()) -> None:
    """Compare with the check's own table: minutes and status to the last digit, and the facility."""
    for service in services or report.settings.services:
        for row in report.households.iloc[list(rows)].itertuples():
            said: Explanation = explain(report.town, str(row.household_id), service)
            minutes, facility = getattr(row, f"minutes_{service}"), getattr(row, f"facility_{service}")
            assert said.status == getattr(row, f"status_{service}")
            assert [(way.minutes, way.facility_id) for way in said.ways[:1]] == (
                [] if np.isnan(minutes) else [(minutes, facility)]
            )
            for way in said.ways:
                legs = [leg.geometry for leg in way.legs]
                assert sum(leg.length for leg in legs) == pytest.approx(way.metres, abs=1e-5)
                assert legs[0].coords[0] == said.home.coords[0]
                assert shapely.Point(legs[2].coords[-1]) == way.place
                assert (legs[0].coords[-1], legs[1].coords[-1]) == (legs[1].coords[0], legs[2].coords[0])
                assert way.metres >= way.straight_m - 1e-6


def test_every_household_is_explained_as_it_was_checked(report: Report) -> None:
    same_as_check(report, range(80))


def test_guixi_is_explained_as_it_was_checked(guixi_report: Report) -> None:
    report = guixi_report
    same_as_check(report, range(0, len(report.households), 997), ["medical"])
    assert report.town.crs.to_epsg() == int(CRS.removeprefix("EPSG:"))
