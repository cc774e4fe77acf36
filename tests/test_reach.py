"""Pictures of reach agree with the households' own times, show facilities one by one, and keep counts out of what is public."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geogrid.errors import InputError, NotFoundError
from geogrid.isochrones import Drawing
from geogrid.reach import Pictures, catchments, reach
from geogrid.town import Town, trips
from geogrid.travel import nearest_facility, snap_to_streets
from tests.builders import at, block, frame, paper_town, street
from tests.reach_town import placed_town, two_villages
from tests.streets import points

if TYPE_CHECKING:
    from geogrid.report import Report


@pytest.fixture(scope="module")
def town() -> Town:
    return two_villages()


def rows_of(pictures: Pictures, service: str, facility: str = "") -> list[shapely.MultiPolygon]:
    areas = pictures.areas
    return list(areas.geometry[(areas["service"] == service) & (areas["facility_id"] == facility)])


def test_every_service_has_bands_and_facilities_on_request(town: Town) -> None:
    found = reach(town)
    bands = found.pictures.bands
    assert list(bands.columns)[:4] == ["service", "facility_id", "from_minutes", "minutes"]
    assert bands.groupby(["service", "facility_id"]).size().to_dict() == {("education", ""): 3, ("medical", ""): 3}
    one = reach(town, services=["medical"], facility_ids="F1", minutes=[7])
    assert one.pictures.bands["facility_id"].tolist() == ["", "F1"]
    every = reach(town, services=["medical"], facility_ids="all", minutes=[7])
    assert every.pictures.bands["facility_id"].tolist() == ["", "F1", "F3", "F4"]
    later = reach(town, services=["medical"], facility_ids="all", minutes=[7], when="later")
    assert later.pictures.facilities["facility_id"].tolist() == ["F1", "F2", "F3", "F4"]


def test_a_planned_facility_is_drawn_when_it_is_named(town: Town) -> None:
    found = reach(town, services=["medical"], facility_ids=["F2"], minutes=[5])
    assert found.pictures.bands["facility_id"].tolist() == ["", "F2"]
    assert found.pictures.bands["area_m2"][1] > 100_000
    assert found.pictures.facilities["facility_id"].tolist() == ["F1", "F2", "F3", "F4"]


def test_inside_and_outside_are_those_whose_own_time_says_so(town: Town) -> None:
    """Random places farther from the border than spacing and tolerance are on the side that their own time puts them."""
    pictures = reach(town, services=["medical"], facility_ids=["F1"]).pictures
    random = np.random.default_rng(3)
    spots = points(*random.uniform((-300, 100), (2300, 900), size=(1500, 2)).tolist())
    placed = town.of("medical")
    where = snap_to_streets(spots, placed.network)
    for facility, rows in (("", [0, 2, 3]), ("F1", [0])):
        own = nearest_facility(placed.graph, where, placed.stops.take(np.array(rows)), facility_ids=[str(row) for row in rows])
        for area, limit in zip(rows_of(pictures, "medical", facility), (5, 10, 15), strict=True):
            clear = shapely.distance(area.boundary, spots.geometry.to_numpy()) > 30
            inside = shapely.intersects(area, spots.geometry.to_numpy())
            assert clear.sum() > 1000
            np.testing.assert_array_equal(inside[clear], (own["minutes"] <= limit).to_numpy()[clear])


def test_agreement_counts_households_on_the_wrong_side(town: Town) -> None:
    found = reach(town, services=["medical"], minutes=[5, 15], drawing=Drawing(spacing_m=60, tolerance_m=60))
    own = trips(town, "medical")["minutes"].to_numpy()
    for i, (area, limit) in enumerate(zip(rows_of(found.pictures, "medical"), (5, 15), strict=True)):
        inside = town.households.intersects(area).to_numpy()
        row = found.agreement.iloc[i]
        assert row["households"] == 80
        assert row["within"] == (own <= limit).sum()
        assert row["inside_over"] == (inside & ~(own <= limit)).sum()
        assert row["outside_within"] == (~inside & (own <= limit)).sum()
        assert row["disagree"] == row["inside_over"] + row["outside_within"]
        assert row["share"] == row["disagree"] / 80


def test_agreement_judges_own_time_as_coverage_does() -> None:
    """In 5 minutes one gets 416.667 m far, rounded to 1 mm, which is a little over 5 minutes: who lives there is covered."""
    tables = paper_town()
    homes = tables["households"].iloc[:2]
    homes = homes.set_geometry([at(100 + 416.667, 500), at(100 + 416.668, 500)], crs=homes.crs)
    town = placed_town({**tables, "households": homes})
    assert reach(town, minutes=[5]).agreement["within"].tolist() == [1]


def test_a_town_without_households_has_pictures() -> None:
    tables = paper_town()
    empty = placed_town({**tables, "households": tables["households"].iloc[:0]})
    assert np.isnan(reach(empty).agreement["share"]).all()


def test_one_way_streets_count_towards_the_facility() -> None:
    tables = paper_town()
    oneway = frame([{"road_id": "R1", "highway": "residential", "oneway": "yes", "geometry": street((0, 500), (2000, 500))}])
    town = placed_town({**tables, "roads": oneway}, {"mode": "car"})
    west, _, east, _ = reach(town, minutes=[3]).pictures.bands.geometry[0].bounds
    assert west < 500_000 + 100
    assert 500_000 + 100 < east < 500_000 + 115


def test_modes_have_lattices_and_paces_of_their_own() -> None:
    town = two_villages(mode={"education": "car"})
    found = reach(town, minutes=[3], drawing=Drawing(spacing_m=40))
    assert found.pictures.mode == {"education": "car", "medical": "walk"}
    assert found.pictures.speed_kmh["medical"] == 5
    assert found.pictures.speed_kmh["education"] > 20
    areas = found.pictures.bands.set_index("service")["area_m2"]
    assert areas["education"] > areas["medical"] > 0


def test_what_is_lost_or_widened_is_said(town: Town) -> None:
    found = reach(town, minutes=[5], drawing=Drawing(max_points=300))
    assert found.pictures.spacing_m["medical"] > 20
    apart = f"{found.pictures.spacing_m['medical']:.0f} m apart (at most 300 of them)"
    assert [note.en for note in found.pictures.notes] == [
        f"education, medical: the area is large, so places are {apart}",
        "facilities more than 200 m from any street, which have no picture: 1 (F4)",
    ]
    assert found.pictures.unreached["medical"] == ("F4",)
    alone = reach(town, services=["medical"], facility_ids=["F4"], minutes=[5])
    assert alone.pictures.bands.is_empty.tolist() == [False, True]


def test_only_streets_within_the_limit_are_sampled() -> None:
    tables = paper_town()
    corners = [(x, 500) for x in range(0, 2001, 100)]
    roads = frame([{"road_id": "R1", "highway": "residential", "geometry": street(*corners)}])
    town = placed_town({**tables, "roads": roads})
    near, far = (reach(town, minutes=[limit], drawing=Drawing(max_points=400)).pictures for limit in (1, 60))
    assert 20 < near.spacing_m["medical"] < far.spacing_m["medical"]
    exact, cut = (reach(town, minutes=limits).pictures for limits in ([5, 60], [5]))
    assert exact.bands.geometry[0].equals(cut.bands.geometry[0])


def test_the_public_pictures_hold_no_count_of_households(town: Town) -> None:
    public = reach(town, minutes=[5, 10]).public
    assert public.bands.crs == public.facilities.crs == "EPSG:4326"
    assert not {"households", "persons", "share", "disagree"} & {*public.bands.columns, *public.facilities.columns}
    assert not hasattr(public, "agreement")
    assert public.areas["area_m2"].to_numpy() == pytest.approx(reach(town, minutes=[5, 10]).pictures.areas["area_m2"].to_numpy())
    assert public.areas["from_minutes"].unique().tolist() == [0.0]
    assert shapely.coverage_is_valid(public.bands.geometry[:2].to_numpy())


def test_unknown_things_are_named(town: Town) -> None:
    with pytest.raises(NotFoundError, match=r"no service 'sport' was checked; choose from: .*medical"):
        reach(town, services=["sport"])
    with pytest.raises(NotFoundError, match="choose from"):
        reach(town, services=[])
    with pytest.raises(NotFoundError, match="no facility 'F1' offers any of education"):
        reach(town, services=["education"], facility_ids=["F1", "F3"])
    with pytest.raises(InputError, match="5, 10, 15"):
        reach(town, minutes=[])


def test_catchments_over_grids_and_units() -> None:
    """F1 stands at 100, F3 at 1900: the households up to 1000 are F1's, and so are the grids G1 and G2."""
    town = two_villages()
    over_grids = catchments(town, "medical")
    assert over_grids.over == "grids"
    assert over_grids.table["units"].tolist() == [("G1", "G2"), ("G3", "G4")]
    assert over_grids.table["name"].tolist() == ["西卫生室", "东诊所"]
    assert over_grids.table["agreeing"].tolist() == [1, 1]
    spans = ((-100, 900), (900, 1400), (1400, 2100))
    shapes = [{"unit_id": f"U{i}", "geometry": block(left, 0, right, 1000)} for i, (left, right) in enumerate(spans)]
    units = frame([*shapes, {"unit_id": "P", "geometry": shapely.Point(500_100, 3_130_100)}])
    tables = {**paper_town(), "facilities": town.facilities.assign(services="medical"), "units": units}
    with_units = placed_town(tables)
    found = catchments(with_units, "medical")
    assert found.over == "units"
    assert found.table["units"].tolist() == [("U0",), ("U1", "U2")]
    assert found.table["households"].tolist() == [40, 40]
    assert found.table["households_drawn"].tolist() == [36, 44]
    assert found.table["agreeing"].tolist() == [1, 40 / 44]
    assert catchments(with_units, "medical", over="grids").over == "grids"
    assert catchments(with_units, "medical", when="later").table["facility_id"].tolist() == ["F1", "F2"]


def test_catchments_refuse_what_cannot_be_drawn(town: Town) -> None:
    with pytest.raises(InputError, match="no polygons of units"):
        catchments(town, "medical", over="units")
    with pytest.raises(InputError, match="not drawn over 'villages'"):
        catchments(town, "medical", over="villages")
    with pytest.raises(NotFoundError, match="sport"):
        catchments(town, "sport")


def test_guixi_agrees_with_its_households(guixi_report: Report) -> None:
    """Less than 2 % of households are on the wrong side of any band of any service; here it is less than 0.7 %."""
    found = reach(guixi_report.town)
    assert len(found.agreement) == 18
    assert found.agreement["share"].max() < 0.007
    assert (found.agreement["disagree"] <= 0.07 * found.agreement["within"]).all()
    for _, rows in found.pictures.bands.groupby("service"):
        assert rows.is_valid.all()
        assert shapely.coverage_is_valid(rows.geometry.to_numpy())
