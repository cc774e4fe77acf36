"""The report on a town's streets and the effect of closing some: by hand on the paper town, and against a whole new check."""

from __future__ import annotations

import datetime as dt
import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geogrid
from geogrid.errors import CrsError, InputError
from geogrid.findings import Limits
from geogrid.streets import AFFECTED, close, network_report
from geogrid.town import Town, trips
from tests.builders import block, frame, paper_town, street
from tests.test_closures import closed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def paper() -> Town:
    """Return the paper town with a lane that nobody uses and a piece of street apart."""
    tables = paper_town()
    tables["roads"] = frame(
        [
            {"road_id": "R1", "highway": "residential", "geometry": street((0, 500), (2000, 500))},
            {"road_id": "R2", "highway": "residential", "geometry": street((2000, 500), (2000, 900))},
            {"road_id": "R3", "highway": "residential", "geometry": street((1000, 504), (1000, 700))},
        ]
    )
    return geogrid.check(**tables).town


@pytest.fixture(scope="module")
def sample() -> Town:
    folder = geogrid.data_dir() / "sample"
    return geogrid.check(
        grids=folder / "grids.geojson",
        households=folder / "households.csv",
        facilities=folder / "facilities.csv",
        roads=folder / "roads.geojson",
        services=["medical", "education"],
    ).town


def only(table: pd.DataFrame, **columns: str) -> dict[str, Any]:
    """Return the one row with these values."""
    rows = table[np.logical_and.reduce([table[column] == value for column, value in columns.items()])]
    assert len(rows) == 1
    return dict(rows.iloc[0])


def test_the_paper_town_by_hand(paper: Town) -> None:
    report = network_report(paper)
    assert report.findings[["finding_id", "households", "road_ids"]].to_numpy(dtype=object).tolist() == [
        ["piece-1", 0, ("R3",)],
        ["near_miss-1", 0, ("R3", "R1")],
        ["unused-1", 0, ("R2",)],
        ["unused-2", 0, ("R3",)],
    ]
    main_street = only(report.use, road_id="R1")
    # All 80 homes and the clinic stand on the one segment: every way stays on it.
    assert (main_street["homes"], main_street["ways"], main_street["ways_medical"]) == (80, 80, 80)
    assert {
        k: round(report.totals[k], 6)
        for k in ("streets", "street_m", "pieces", "largest_m", "on_largest", "unreached", "dead_ends")
    } == {
        "streets": 3,
        "street_m": 2596.0,
        "pieces": 2,
        "largest_m": 2400.0,
        "on_largest": 80,
        "unreached": 0,
        "dead_ends": 4,
    }
    assert report.share_on_largest == 1
    assert (report.mode, report.services["medical"].zh) == ("walk", "医疗")
    assert len(network_report(paper, limits=Limits(near_m=3)).findings) == 3


def test_its_files_are_private(paper: Town, tmp_path: Path) -> None:
    written = network_report(paper).write(tmp_path)
    assert [path.parent.name for path in written] == ["private", "private"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    features = json.loads(written[0].read_text(encoding="utf-8"))["features"]
    assert [feature["properties"]["road_ids"] for feature in features] == ["R3", "R3;R1", "R2", "R3"]


def test_closing_a_street_by_hand(paper: Town) -> None:
    """A closure across the street at 995 to 1005 cuts off 40 homes, 14 of them covered before; G1 and G2 keep everything."""
    across = closed(street((1000, 450), (1000, 500.5)))
    effect = close(paper, across)
    row = only(effect.services, service="medical")
    assert {k: row[k] for k in row if k.startswith("households")} == {
        "households": 80,
        "households_covered_before": 54,
        "households_covered_after": 40,
        "households_lost": 14,
        "households_no_path": 40,
        "households_longer": 0,
    }
    assert (row["persons_lost"], row["persons_no_path"]) == (42, 120)
    assert np.isnan(row["minutes_added"])
    assert effect.grids.set_index("grid_id")["households_no_path"].to_dict() == {"G1": 0, "G2": 0, "G3": 20, "G4": 20}
    assert effect.households.columns.tolist() == list(AFFECTED)
    assert effect.households["change"].tolist() == ["no_path"] * 40
    assert effect.households["facility_before"].eq("F1").all()
    assert effect.households["facility_after"].isna().all()
    assert effect.closed[["road_id", "metres"]].to_numpy(dtype=object).tolist() == [["R1", 10.0]]
    assert effect.closed_m == 10
    assert [note.en for note in effect.notes] == ["closures drawn as lines count 5 m to each side"]


def test_who_stands_on_a_closed_part_is_cut_off(paper: Town) -> None:
    """The homes at 325, 375, on both sides, stand in the flood; those beyond it lose their way; the clinic's side keeps it."""
    effect = close(paper, closed(block(310, 480, 390, 520)))
    row = only(effect.services, service="medical")
    assert (row["households_covered_after"], row["households_no_path"]) == (12, 80 - 12)
    assert network_report(effect.after).totals["on_blocked"] == 4
    assert network_report(effect.after).totals["blocked_m"] == 80
    clinic = close(paper, closed(block(90, 480, 110, 520)))
    assert only(clinic.services, service="medical")["households_covered_after"] == 0


def test_closing_nothing_changes_nothing(paper: Town, sample: Town) -> None:
    for town in (paper, sample):
        box = shapely.box(*town.roads.total_bounds)
        far = gpd.GeoDataFrame(geometry=[shapely.affinity.translate(box, 50_000, 0)], crs=town.crs)
        for nothing in (far, far.iloc[:0]):
            effect = close(town, nothing)
            for service in town.settings.services:
                pd.testing.assert_frame_equal(trips(town, service), trips(effect.after, service), check_exact=True)
            assert (len(effect.households), effect.closed_m) == (0, 0)
            assert effect.services["households_covered_before"].equals(effect.services["households_covered_after"])
    assert [note.en for note in close(paper, closed(block(0, 5000, 9, 5009))).notes] == [
        "1 closures touch no street; check their place and CRS"
    ]


def test_a_closure_as_a_new_check_of_the_closed_streets(sample: Town) -> None:
    """Closing on the built town equals checking the town with the closures from the start, household by household."""
    x0, y0, x1, y1 = sample.roads.total_bounds
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    flood = gpd.GeoDataFrame(
        {"closure_id": ["1", "2"]},
        geometry=[shapely.box(x - 900, y - 400, x + 300, y + 500), shapely.LineString([(x0, y - 700), (x1, y - 700)])],
        crs=sample.crs,
    )
    effect = close(sample, flood.to_crs(4326))
    folder = geogrid.data_dir() / "sample"
    fresh = geogrid.check(
        grids=folder / "grids.geojson",
        households=folder / "households.csv",
        facilities=folder / "facilities.csv",
        roads=folder / "roads.geojson",
        services=["medical", "education"],
        closures=flood.to_crs(4326),
    ).town
    assert effect.services["households_lost"].min() > 0
    assert effect.closed_m > 1000
    for service in sample.settings.services:
        one, other = trips(effect.after, service), trips(fresh, service)
        assert one["reason"].tolist() == other["reason"].tolist()
        assert (one["metres"] - other["metres"]).abs().max() <= 0.001
        before = trips(sample, service)
        worse = (one["metres"] - before["metres"]) >= -0.001
        assert (worse | one["metres"].isna()).all()
        lost = only(effect.services, service=service)
        assert lost["households_covered_before"] - lost["households_covered_after"] == lost["households_lost"]
    counts = ["households", "households_lost", "persons_lost", "households_no_path", "households_longer"]
    assert effect.grids.groupby("service")[counts].sum().loc["medical"].tolist() == [
        only(effect.services, service="medical")[c] for c in counts
    ]
    assert not effect.households.duplicated(["household_id", "service"]).any()


def test_closing_twice_and_services_of_two_modes(paper: Town) -> None:
    tables = paper_town()
    both = geogrid.check(
        **{**tables, "facilities": tables["facilities"].assign(services="medical;education")}, mode={"education": "car"}
    ).town
    assert set(both.placed) == {"walk", "car"}
    report = network_report(both)
    assert set(report.stretches["mode"]) == {"walk", "car"}
    assert len(report.notes) == 2
    first = close(both, closed(block(990, 480, 1010, 520)))
    assert set(first.services["service"]) == {"medical", "education"}
    second = close(first.after, closed(block(1490, 480, 1510, 520)))
    assert second.closed[["road_id", "metres"]].to_numpy(dtype=object).tolist() == [["R1", 20.0]]
    assert second.services["households_no_path"].tolist() == [0, 0]
    same = close(first.after, closed(block(990, 480, 1010, 520)))
    assert (same.closed_m, [note.en for note in same.notes]) == (
        0,
        ["streets that the check had closed already are not counted again"],
    )
    driving = replace(both, placed={"car": both.placed["car"]}, settings=replace(both.settings, services=("education",)))
    assert network_report(driving).mode == "car"


def test_what_cannot_be_closed(paper: Town) -> None:
    with pytest.raises(InputError, match="polygons or lines"):
        close(paper, closed(shapely.Point(0, 0)))
    with pytest.raises(CrsError, match="declares no CRS"):
        close(paper, gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))


def test_only_closures_in_force_count(paper: Town) -> None:
    """One of two is over on the day, and today both are; the same as a check on that day."""
    works = closed(
        block(990, 480, 1010, 520),
        block(390, 480, 410, 520),
        valid_from=["2026-07-01"] * 2,
        valid_to=["2026-07-05", "2026-07-02"],
    )
    day = dt.date(2026, 7, 2)
    one = close(paper, works, on=day)
    assert one.closed_m == close(paper, works.iloc[:1], on=day).closed_m == 36
    assert [note.en for note in one.notes] == ["on 2026-07-02, 1 closures are in force; 1 are not and do not count"]
    fresh = geogrid.check(**paper_town(), closures=works, on=day)
    assert fresh.inputs.notes["closures"][0] == one.notes[0]
    pd.testing.assert_frame_equal(trips(one.after, "medical"), trips(fresh.town, "medical"))
    over = close(paper, works)
    assert over.closed_m == 0
    assert over.notes[0].en.endswith("0 closures are in force; 2 are not and do not count")
    assert over.services["households_lost"].tolist() == [0]


def test_closing_keeps_the_pace_of_legs() -> None:
    town = geogrid.check(**paper_town(), mode="car", speed_kmh=3.7).town
    after = close(town, closed(block(990, 480, 1010, 520))).after
    assert after.placed["car"].network.leg_factor == town.placed["car"].network.leg_factor == 90 / 3.7
