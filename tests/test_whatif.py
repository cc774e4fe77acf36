"""What-ifs: by hand on the paper town, and a thousand random edits against a full recomputation."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geogrid
from geogrid.coverage import cover
from geogrid.crs import to_wgs84
from geogrid.errors import InputError, NotFoundError
from geogrid.saved import Shelf
from geogrid.town import Streets, place_all, trips
from geogrid.whatif import Change, WhatIf, start
from tests.builders import at, frame, paper_town

if TYPE_CHECKING:
    from geogrid.town import Town

SERVICES = ("medical", "sport")
EDITS = 1000
"""Random edits in all: ten in each of a hundred runs."""


def place(x: float, y: float) -> dict[str, Any]:
    point = to_wgs84(frame([{"geometry": at(x, y)}])).geometry.iloc[0]
    return {"lon": point.x, "lat": point.y}


@pytest.fixture(scope="module")
def paper() -> WhatIf:
    return start(geogrid.check(**paper_town(), services=["medical"]).town)


@pytest.fixture(scope="module")
def sample() -> WhatIf:
    folder = geogrid.data_dir() / "sample"
    tables = ("grids.geojson", "households.csv", "facilities.csv", "roads.geojson", "areas.geojson")
    given: Any = {name.split(".")[0]: folder / name for name in tables}
    return start(geogrid.check(**given, services=list(SERVICES)).town)


def test_opening_the_planned_clinic(paper: WhatIf) -> None:
    """The clinic planned at 1,900 m covers from 660 m on: the 26 uncovered households gain, those beyond 1,000 m get nearer."""
    effect = paper.apply(Change("open", "F2")).effect()
    total = effect.totals.set_index("service").loc["medical"]
    assert total[["households_gain", "households_lose", "households_covered_before", "households_covered_after"]].tolist() == [
        26,
        0,
        54,
        80,
    ]
    assert total[["persons_gain", "aged_65_gain", "children_0_14_gain"]].tolist() == [78, 26, 26]
    assert (total["share_before"], total["share_after"], total["households_nearer"]) == (54 / 80, 1.0, 14)
    by_grid = effect.by_grid[effect.by_grid["service"] == "medical"].set_index("grid_id")
    assert by_grid["households_gain"].to_dict() == {"G3": 6, "G4": 20}
    assert by_grid["households_covered_after"].to_dict() == {"G3": 20, "G4": 20}
    assert effect.totals.set_index("service").loc["all", "households_gain"] == 26
    gained = effect.households[effect.households["change"] == "gains"]
    assert set(gained["facility_after"]) == {"F2"}
    assert (gained["status_before"].unique().tolist(), gained["status_after"].unique().tolist()) == (["uncovered"], ["covered"])


def test_closing_adding_moving_and_undoing(paper: WhatIf) -> None:
    closed = paper.apply(Change("close", "F1"))
    assert closed.effect().totals.set_index("service").loc[
        "medical", ["households_lose", "households_covered_after"]
    ].tolist() == [54, 0]
    added = closed.apply(Change("add", "N", services=("医疗",), **place(1000, 500)))
    total = added.effect().totals.set_index("service").loc["medical"]
    assert total["households_covered_after"] == 80
    # The new one stands in the middle: homes west of 550 m were nearer to the old clinic, by 2 × (550 - x).
    assert (total["households_nearer"], total["households_farther"]) == (32, 22)
    moved = added.apply(Change("move", "N", **place(100, 500)))
    same = moved.effect()
    assert same.totals.set_index("service").loc["medical", ["households_gain", "households_lose"]].tolist() == [0, 0]
    assert set(same.households["change"]) == {"other_facility"}
    assert moved.undo().undo().undo() is paper
    with pytest.raises(InputError, match="there is no change to undo"):
        paper.undo()
    assert paper.effect().households.empty


def test_a_list_is_made_whole_or_not_at_all(paper: WhatIf) -> None:
    with pytest.raises(NotFoundError, match=r"there is no facility 'F9': there are F1, F2"):
        paper.apply(Change("open", "F2"), Change("close", "F9"))
    both = paper.apply(Change("open", "F2"), Change("close", "F1"))
    assert [change.facility_id for change in both.changes] == ["F2", "F1"]
    assert both.undo() is paper


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change("add", "F1", services=("medical",), lon=117.0, lat=28.28), "the facility id F1 is taken or empty"),
        (Change("add", "", services=("medical",), lon=117.0, lat=28.28), "taken or empty"),
        (Change("add", "N", services=("sport",), lon=117.0, lat=28.28), "the check has no service sport: choose from medical"),
        (Change("add", "N", lon=117.0, lat=28.28), "the check has no service"),
        (Change("add", "N", services=("medical",)), "facility N is given no place: give lon and lat"),
        (
            Change("add", "N", services=("medical",), **place(1000, 900)),
            r"facility N would be 400 m from the nearest street \(walk\)",
        ),
        (Change("close", "F2"), "facility F2 is not open now"),
        (Change("open", "F1"), "facility F1 is open already"),
    ],
)
def test_changes_that_cannot_be_made(paper: WhatIf, change: Change, message: str) -> None:
    with pytest.raises(InputError, match=message):
        paper.apply(change)


def test_a_closed_facility_cannot_move_but_can_open_again(paper: WhatIf) -> None:
    closed = paper.apply(Change("close", "F1"))
    with pytest.raises(InputError, match="facility F1 is not open now"):
        closed.apply(Change("move", "F1", **place(200, 500)))
    again = closed.apply(Change("open", "F1"))
    assert again.effect().households.empty


def test_changes_are_records() -> None:
    change = Change("add", "N", "新卫生室", ("medical", "sport"), 117.25, 28.5)
    assert Change.of(change.to_record()) == change
    assert Change.of(
        {"kind": "add", "facility_id": 7, "services": "medical；sport", "lon": "117.25", "lat": "28.5"}
    ).services == ("medical", "sport")
    assert Change("close", "F1").to_record() == {"kind": "close", "facility_id": "F1"}
    for record, message in (
        ({"kind": "bulldoze"}, "there is no kind of change 'bulldoze': use add, move, close, open"),
        ({"kind": "close", "id": "F1"}, "a change has unknown keys id"),
        ({"kind": "move", "facility_id": "F1", "lon": "abc"}, "lon = abc is not usable"),
        ({"kind": "move", "facility_id": "F1", "lat": 91}, "lat = 91 is not usable"),
    ):
        with pytest.raises(InputError, match=message):
            Change.of(record)


# --- Against a full recomputation ---------------------------------------------------------------------------------------------


def recomputed(whatif: WhatIf) -> Town:
    """The town with the facilities that stand now, placed and measured from scratch."""
    town = whatif.town
    sites = whatif.facilities
    streets = {mode: Streets(placed.graph, "") for mode, placed in town.placed.items()}
    placed = place_all(streets, town.households, sites, max_snap_m=town.settings.max_snap_m, shelf=Shelf(None))
    return replace(town, facilities=sites, placed=placed)


@cache
def to_degrees(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, 4326, always_xy=True)


def random_change(draw: Any, whatif: WhatIf, number: int) -> Change:
    sites = whatif.sites
    last = sites.drop_duplicates("facility_id", keep="last")
    is_open = last["stands"] & last["status"].isin(whatif.town.settings.profile.now_statuses)
    kinds = ["add"] + ["close", "move"] * bool(is_open.any()) + ["open"] * bool((~is_open).any())
    kind = draw(st.sampled_from(kinds))
    network = whatif.town.placed["walk"].network
    node = draw(st.integers(0, len(network.x) - 1))
    lon, lat = to_degrees(whatif.town.crs.to_wkt()).transform(network.x[node] + 3, network.y[node])
    where: dict[str, Any] = {"lon": lon, "lat": lat} if kind in ("add", "move") else {}
    if kind == "add":
        return Change("add", f"N{number}", services=draw(st.sampled_from([("medical",), ("sport",), SERVICES])), **where)
    pool = last[is_open] if kind != "open" else last[~is_open]
    return Change(kind, draw(st.sampled_from(sorted(pool["facility_id"]))), **where)


@settings(max_examples=EDITS // 10, deadline=None)
@given(st.data())
def test_a_thousand_edits_equal_recomputation(sample: WhatIf, data: st.DataObject) -> None:
    whatif = sample
    for number in range(10):
        if whatif.previous is not None and data.draw(st.integers(0, 9)) == 0:
            whatif = whatif.undo()
        whatif = whatif.apply(random_change(data.draw, whatif, number))
    town = recomputed(whatif)
    effect = whatif.effect()
    covered = {}
    for service in SERVICES:
        full = trips(town, service)
        units = whatif.standings[service].households.units
        np.testing.assert_array_equal(full["metres"], np.where(np.isfinite(units), np.round(units / 2**24, 3), np.nan))
        ids = np.array([*whatif.sites["facility_id"], None], dtype=object)[whatif.standings[service].households.facility]
        expected = np.array([*town.facilities["facility_id"], None], dtype=object)[full["facility"]]
        assert (pd.Series(ids).fillna("") == pd.Series(expected).fillna("")).all()
        limits = {"cutoff_min": town.settings.cutoff_min[service], "speed_kmh": town.settings.speed_kmh[service]}
        after = (cover(full, **limits) == "covered").to_numpy()
        before, covered[service] = whatif.base.covered[service], after
        listed = effect.households[effect.households["service"] == service].set_index("household_id")["change"]
        homes = town.households["household_id"].to_numpy()
        assert sorted(listed[listed == "gains"].index) == sorted(homes[after & ~before])
        assert sorted(listed[listed == "loses"].index) == sorted(homes[before & ~after])
        inside = whatif.base.inside
        row = effect.totals.set_index("service").loc[service]
        assert row["households_covered_after"] == (after & inside).sum()
        grids = effect.by_grid[effect.by_grid["service"] == service].set_index("grid_id")["households_covered_after"]
        for grid_id, count in grids.items():
            assert count == (after & (town.households["grid_id"] == grid_id).to_numpy(dtype=bool, na_value=False)).sum()
    at_once = np.logical_and.reduce(list(covered.values()))
    row = effect.totals.set_index("service").loc["all"]
    assert row["households_covered_after"] == (at_once & whatif.base.inside).sum()
    assert row["persons_gain"] == town.households["persons"][at_once & ~whatif.base.covered["all"] & whatif.base.inside].sum()
    assert row["share_after"] == (at_once & whatif.base.inside).sum() / whatif.base.inside.sum()
