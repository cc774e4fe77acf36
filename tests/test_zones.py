"""Zones of villages: against every way there is on small maps, what is said of villages in none, and the Fushan example."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geogrid
from api.zonespage import page_of, zones_page
from geogrid.effort import Effort
from geogrid.errors import InputError, NotFoundError
from geogrid.facts import Facts
from geogrid.profile import load_profile
from geogrid.standards import judge
from geogrid.zones import Land, ZonesAsked, ZonesProposal, propose_zones
from geogrid.zoning import NONE, Zoning, pieces
from geogrid.zoningbounds import price
from geogrid.zoningexact import Asked, settle
from geogrid.zoningfiles import areas_after, members_after, new_centres, sheets
from geogrid.zoningrule import rule_of
from geogrid.zoningsolve import best, fewest
from geogrid.zoningwhy import Bounds, unplaced
from tests.made_places import make_place, write_place

if TYPE_CHECKING:
    from collections.abc import Iterator

FUSHAN = load_profile("fushan")


def small(seed: int, *, n: int = 7, touching: bool = False, least: float = 0.0, most: float = np.inf) -> Zoning:
    """Villages at random in a square of 3 km, within 1.2 km of a centre, two to four a zone; neighbours are within 1 km."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 3000, (n, 2))
    ways = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    people = rng.integers(1, 50, n).astype(float)
    beside = (ways < 1000) & ~np.eye(n, dtype=bool) if touching else None
    home = np.arange(n)
    return Zoning(np.where(ways <= 1200, ways, np.inf), home, people, 2, 4, least=least, most=most, beside=beside)


def every_zone(zoning: Zoning) -> dict[frozenset[int], float]:
    """Return every set of villages that some centre can hold, with the shortest ways, by trying all."""
    found: dict[frozenset[int], float] = {}
    for size in range(zoning.low, zoning.high + 1):
        for members in map(list, combinations(range(zoning.villages), size)):
            ways = [
                zoning.metres[c, members].sum()
                for c in range(len(zoning.home))
                if zoning.home[c] in members and np.isfinite(zoning.metres[c, members]).all()
            ]
            peopled = zoning.least <= zoning.people[members].sum() <= zoning.most
            whole = zoning.beside is None or len(pieces(np.array(members), zoning.beside)) == 1
            if ways and peopled and whole:
                found[frozenset(members)] = min(ways)
    return found


def every_way(zoning: Zoning) -> Iterator[tuple[int, int, float, float]]:
    """Yield villages placed, zones, people and metres of every set of zones that do not overlap."""
    zones = [(set(members), ways, float(zoning.people[list(members)].sum())) for members, ways in every_zone(zoning).items()]

    def go(first: int, used: set[int], n: int, people: float, ways: float) -> Iterator[tuple[int, int, float, float]]:
        yield len(used), n, people, ways
        for k in range(first, len(zones)):
            members, far, who = zones[k]
            if not members & used:
                yield from go(k + 1, used | members, n + 1, people + who, ways + far)

    return go(0, set(), 0, 0.0, 0.0)


CASES = [
    *({"seed": seed} for seed in range(4)),
    *({"seed": seed, "touching": True} for seed in range(4)),
    *({"seed": seed, "least": 30.0, "most": 110.0} for seed in range(2)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fewest_zones_are_those_of_every_way(case: dict[str, float]) -> None:
    zoning = small(**case)  # type: ignore[arg-type]
    placed, zones = max((placed, -zones) for placed, zones, _, _ in every_way(zoning))
    found = fewest(zoning, Effort())
    assert zoning.fits(found.centre)
    assert (found.placed.value, found.aim.value) == (placed, -zones)
    assert (found.placed.proof, found.aim.proof) == ("optimal", "optimal")
    assert (found.centre != NONE).sum() == placed


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("number", [1, 2])
def test_the_best_zones_are_those_of_every_way(case: dict[str, float], number: int) -> None:
    zoning = small(**case)  # type: ignore[arg-type]
    most = max(people for _, zones, people, _ in every_way(zoning) if zones <= number)
    found = best(zoning, number, Effort())
    assert zoning.fits(found.centre)
    assert (found.aim.value, found.aim.proof) == (most, "optimal")
    assert zoning.people[found.centre != NONE].sum() == most


@pytest.mark.parametrize("case", CASES[::2], ids=str)
def test_ways_are_the_shortest_with_these_villages(case: dict[str, float]) -> None:
    zoning = small(**case)  # type: ignore[arg-type]
    found = fewest(zoning, Effort())
    villages = np.flatnonzero(found.centre != NONE)
    if not len(villages):
        return
    part, _ = zoning.part(villages)
    least = min(ways for placed, zones, _, ways in every_way(part) if (placed, zones) == (len(villages), found.aim.value))
    assert found.ways.value == pytest.approx(least)
    assert found.ways.proof == "optimal"


@pytest.mark.parametrize("seed", range(6))
def test_a_price_bounds_the_ways_and_drops_nothing_of_the_best(seed: int) -> None:
    zoning = small(seed, n=6)
    exact = settle(zoning, Asked("ways", 2, 2, all_placed=True), Effort())
    if exact.centre is None:
        assert not any((placed, zones) == (6, 2) for placed, zones, _, _ in every_way(zoning))
        return
    priced = price(zoning, 2, exact.value + 1, Effort())
    assert priced.bound <= exact.value + 1e-6
    assert priced.open[exact.centre, np.arange(6)].all()


def test_the_same_again_and_by_chance_as_good() -> None:
    zoning = small(3, n=10)
    one, again, other = (fewest(zoning, Effort(), seed=seed) for seed in (0, 0, 5))
    assert one.centre.tolist() == again.centre.tolist()
    assert (one.aim, one.ways) == (other.aim, other.ways)


def test_villages_in_no_order_have_the_same_answer() -> None:
    zoning = small(4, n=9)
    turn = np.random.default_rng(0).permutation(9)
    turned = Zoning(zoning.metres[np.ix_(turn, turn)], np.arange(9), zoning.people[turn], 2, 4)
    assert fewest(zoning, Effort()).aim == fewest(turned, Effort()).aim
    assert best(zoning, 2, Effort()).aim == best(turned, 2, Effort()).aim


def test_a_search_that_is_stopped_gives_what_it_has() -> None:
    effort = Effort()
    effort.stop()
    found = fewest(small(1), effort)
    assert not effort.is_reproducible
    assert small(1).fits(found.centre)


def line(*, radius: float = 1000.0, high: int = 3, same: bool = True) -> tuple[Zoning, Bounds]:
    """Villages A-B-C at 0, 1 and 2 km, D at 4 km: D is alone."""
    at = np.array([0.0, 1, 2, 4]) * 1000
    ways = np.abs(np.subtract.outer(at, at))
    town = np.array([0, 0, 0, 0 if same else 1])
    bounds = Bounds(ways, radius, town[:, None] == town[None])
    return Zoning(bounds.metres, np.arange(4), np.ones(4), 2, high), bounds


def test_what_stops_a_village_is_named() -> None:
    zoning, bounds = line()
    (alone,) = unplaced(zoning, bounds, np.array([1, 1, 1, NONE]))
    assert (alone.centre, alone.metres, alone.stops) == (1, 3000.0, ("radius", "villages"))
    assert (alone.is_possible, alone.neighbour, alone.neighbour_m, alone.needs_m, alone.within) == (False, 2, 2000.0, 2000.0, 1)
    zoning, bounds = line(radius=5000, same=False)
    (across,) = unplaced(zoning, bounds, np.array([1, 1, 1, NONE]))
    assert across.stops == ("area", "villages")
    assert across.needs_m == np.inf
    zoning, bounds = line(radius=5000, high=4)
    row = np.eye(4, k=1, dtype=bool) | np.eye(4, k=-1, dtype=bool)
    touching = replace(zoning, beside=row)
    (apart,) = unplaced(touching, bounds, np.array([1, 1, NONE, NONE]))[1:]
    assert apart.stops == ("borders",)


def test_a_village_alone_is_named_with_what_would_release_it() -> None:
    zoning, bounds = line()
    (alone,) = unplaced(zoning, bounds, np.array([1, 1, 1, NONE]))
    wider = np.where(bounds.ways <= alone.needs_m, bounds.ways, np.inf)
    assert Zoning(wider, zoning.home, zoning.people, 2, 3).usable[:, 3].any()
    narrower = np.where(bounds.ways < alone.needs_m, bounds.ways, np.inf)
    assert not Zoning(narrower, zoning.home, zoning.people, 2, 3).usable[:, 3].any()


@pytest.mark.parametrize("touching", [False, True])
@pytest.mark.parametrize(("least", "most"), [(0.0, np.inf), (60.0, 90.0)])
def test_what_would_release_a_village_does(*, touching: bool, least: float, most: float) -> None:
    rng = np.random.default_rng(2)
    at, people = rng.uniform(0, 3000, (9, 2)), rng.integers(1, 50, 9).astype(float)
    ways = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    bounds = Bounds(ways, 700, (at[:, :1] < 1500) == (at[:, :1] < 1500).T)
    beside = (ways < 1300) & ~np.eye(9, dtype=bool) if touching else None
    zoning = Zoning(bounds.metres, np.arange(9), people, 3, 4, least=least, most=most, beside=beside)
    left = unplaced(zoning, bounds, np.full(9, NONE))
    assert any(not each.is_possible and np.isfinite(each.needs_m) for each in left)
    for each in (each for each in left if not each.is_possible):
        radii = [each.needs_m, np.nextafter(each.needs_m, 0)] if np.isfinite(each.needs_m) else [1e9]
        wider = [replace(zoning, metres=replace(bounds, radius_m=radius).metres).usable[:, each.village] for radius in radii]
        assert [can.any() for can in wider] == ([True, False] if np.isfinite(each.needs_m) else [False])
        freed = {
            "area": replace(zoning, metres=replace(bounds, same=ways >= 0).metres),
            "borders": replace(zoning, beside=None),
            "people": replace(zoning, least=0.0, most=np.inf),
        }
        assert set(each.frees) == {key for key, other in freed.items() if other.usable[:, each.village].any()}


# A paper town


def paper_town() -> Land:
    """Six villages of 1 km in two towns, left to right: A B C | D E F; one household of two in each, A has 30 more people.

    A B C | D E F
    """
    names = "ABCDEF"
    villages = [shapely.box(1000 * k, 0, 1000 * (k + 1), 1000) for k in range(6)]
    towns = [shapely.box(0, 0, 3000, 1000), shapely.box(3000, 0, 6000, 1000)]
    old = shapely.box(0, 0, 2000, 1000)
    rows = {
        "area_id": ["T1", "T2", "Z01", *names],
        "name": ["一镇", "二镇", "旧片", *(f"{each}村" for each in names)],
        "level": ["township", "township", "zone", *["village"] * 6],
        "parent_id": [None, None, "T1", "Z01", "Z01", "T1", "T2", "T2", "T2"],
        "code": [None] * 9,
    }
    areas = gpd.GeoDataFrame(rows, geometry=[*towns, old, *villages], crs=4548)
    at = [shape.centroid for shape in villages]
    homes = gpd.GeoDataFrame({"household_id": list(names), "persons": [32, 2, 2, 2, 2, 2]}, geometry=at, crs=4548)
    road = gpd.GeoDataFrame({"road_id": ["R"]}, geometry=[shapely.LineString([(0, 500), (6000, 500)])], crs=4548)
    centre = {"facility_id": ["F1", "F2"], "name": ["甲", "乙"], "services": [("party_service",), ("party_service",)]}
    facilities = gpd.GeoDataFrame(centre, geometry=[shapely.Point(1500, 900), shapely.Point(9000, 0)], crs=4548)
    return Land(areas, homes, facilities, road)


def test_zones_stay_in_their_town_and_take_the_place_of_todays() -> None:
    proposal = propose_zones(paper_town(), FUSHAN, ZonesAsked(), Effort())
    assert proposal.zones["villages"].tolist() == [3, 3]
    assert proposal.zones["parent_id"].tolist() == ["T1", "T2"]
    assert proposal.zones["centre"].tolist() == ["B村", "E村"]
    assert proposal.zones["name"].tolist() == ["B融合发展区", "E融合发展区"]
    assert proposal.zones["radius_m"].tolist() == [1000.0, 1000.0]
    assert proposal.villages["zone_today"].tolist() == ["Z01", "Z01", "", "", "", ""]
    after = areas_after(proposal, FUSHAN).set_index("area_id")
    assert "Z01" not in after.index
    assert after.loc[[*"ABCDEF"], "parent_id"].tolist() == ["ZP01"] * 3 + ["ZP02"] * 3
    assert after.loc["ZP01"].geometry.equals(shapely.box(0, 0, 3000, 1000))
    assert members_after(proposal)["member_id"].tolist() == [*"ABCDEF"]
    assert new_centres(proposal)["services"].tolist() == ["party_service"] * 2


def test_a_village_that_was_in_a_zone_and_is_in_none_goes_back_to_its_town() -> None:
    asked = ZonesAsked(number=1, villages=(2, 2), radius_m=1000, within="none")
    proposal = propose_zones(paper_town(), FUSHAN, asked, Effort())
    assert proposal.zones["persons"].tolist() == [34]
    after = areas_after(proposal, FUSHAN).set_index("area_id")
    assert after.loc[[*"ABC"], "parent_id"].tolist() == ["ZP01", "ZP01", "T1"]
    assert proposal.unplaced["village_id"].tolist() == [*"CDEF"]


def test_metres_are_straight_or_along_streets_to_villages_or_facilities() -> None:
    town = paper_town()
    walked = propose_zones(town, FUSHAN, ZonesAsked(along="walk"), Effort())
    assert walked.zones["radius_m"].tolist() == [1000.0, 1000.0]
    assert "roads" in walked.provenance.inputs
    built = propose_zones(town, FUSHAN, ZonesAsked(centres="facilities", within="none"), Effort())
    assert built.zones["centre"].tolist() == ["甲"]
    assert built.zones["radius_m"].tolist() == [pytest.approx(float(np.hypot(4000, 400)), abs=1300)]
    assert "1 facilities" in built.notes[0].en
    assert new_centres(built).empty


def test_what_cannot_be_asked_is_refused() -> None:
    town = paper_town()
    refused: list[tuple[ZonesAsked, type[Exception] | tuple[type[Exception], ...]]] = [
        (ZonesAsked(villages=(5, 3)), InputError),
        (ZonesAsked(radius_m=-1.0), InputError),
        (ZonesAsked(persons=(9, 3)), InputError),
        (ZonesAsked(number=0), InputError),
        (ZonesAsked(centres="moon"), InputError),
        (ZonesAsked(level="moon"), NotFoundError),
        (ZonesAsked(along="moon"), (InputError, NotFoundError)),
    ]
    for asked, error in refused:
        with pytest.raises(error):
            propose_zones(town, FUSHAN, asked, Effort())
    with pytest.raises(InputError, match="does not say how many villages"):
        rule_of(load_profile("generic"), ZonesAsked())
    with pytest.raises(InputError, match="no streets"):
        propose_zones(replace(town, roads=None), FUSHAN, ZonesAsked(along="walk"), Effort())


def test_the_record_and_the_sheets_hold_no_household() -> None:
    proposal = propose_zones(paper_town(), FUSHAN, ZonesAsked(number=1, within=""), Effort())
    record = json.dumps(proposal.to_record(), default=geogrid.plain.plain)
    assert json.loads(record)["proof"] == "optimal"
    assert json.loads(record)["zones"][0]["members"]
    assert "household_id" not in record
    for table in sheets(proposal, "zh").values():
        assert "household_id" not in table


def test_the_page_shows_villages_that_no_zone_can_hold_and_no_household() -> None:
    town = paper_town()
    asked = ZonesAsked(villages=(3, 3), radius_m=1000, within="none", number=1)
    proposal = propose_zones(town, FUSHAN, asked, Effort())
    page = page_of(proposal, town, FUSHAN, place="纸镇")
    assert page.answers[0].figures["zones"] == 1
    assert page.today == {"A": "旧片", "B": "旧片"}
    assert page.answers[0].troubles == []  # every village could be in some zone
    none = propose_zones(town, FUSHAN, replace(asked, radius_m=900.0), Effort())
    assert len(page_of(none, town, FUSHAN, place="纸镇").answers[0].troubles) == 6
    assert "household_id" not in zones_page(proposal, town, FUSHAN, place="纸镇", lang="zh")


# Fushan


@cache
def fushan() -> Land:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_place(make_place("fushan"), folder)
        areas = gpd.read_file(folder / "areas.geojson").to_crs(4549)
        homes = pd.read_csv(folder / "households.csv")
    at = gpd.points_from_xy(homes["lon"], homes["lat"], crs=4326)
    return Land(areas, gpd.GeoDataFrame(homes[["household_id", "persons"]], geometry=at).to_crs(4549))


@cache
def proposed(number: int | None, within: str | None = None) -> ZonesProposal:
    work = 0.1 if number is None else 0.5  # with less, the solver has to do what the search did not
    return propose_zones(fushan(), FUSHAN, ZonesAsked(number=number, within=within), Effort(work=work))


@pytest.mark.parametrize("number", [None, 21])
def test_zones_are_proposed_within_the_rule(number: int | None) -> None:
    proposal = proposed(number)
    rules = {key: FUSHAN.standards[key] for key in ("zone_villages", "zone_radius")}
    after, nobody = areas_after(proposal, FUSHAN), proposal.areas.iloc[:0]
    facts = Facts(
        profile=FUSHAN.model_copy(update={"standards": rules, "stated": {}}),
        crs=after.crs,
        households=nobody.assign(grid_id=None, persons=0),
        grids=nobody.rename(columns={"area_id": "grid_id"}),
        areas=after,
        facilities=new_centres(proposal).assign(services=[("party_service",)] * len(proposal.zones)),
        on=dt.date(2026, 7, 1),
    )
    results = judge(facts).results
    for standard in rules:
        found = results[results["standard"] == standard]
        assert set(found["subject_id"]) == set(proposal.zones["zone_id"])
        assert set(found["result"]) == {"pass"}
    radius = results[results["standard"] == "zone_radius"].set_index("subject_id")["value"]
    assert radius.to_numpy(dtype=float) == pytest.approx(proposal.zones["radius_m"].to_numpy())


def test_fushans_villages_fit_into_the_fewest_zones() -> None:
    inside, across = proposed(None), proposed(None, "none")
    assert inside.figures["villages_placed"] == across.figures["villages_placed"] == 326
    towns = inside.villages["within_id"].value_counts()
    assert (inside.aims["zones"].value, inside.aims["zones"].proof) == (int(np.ceil(towns / 8).sum()), "optimal")
    assert (across.aims["zones"].value, across.aims["zones"].proof) == (41, "optimal")
    assert inside.aims["ways_m"].proof == "optimal"
    assert across.aims["ways_m"].gap < 0.1


def test_fushans_best_21_zones_hold_the_most_people() -> None:
    inside, across = proposed(21), proposed(21, "none")
    largest = inside.villages["persons"].nlargest(21 * 8).sum()
    assert (across.aims["people"].value, across.aims["people"].proof) == (largest, "optimal")
    assert inside.aims["people"].proof == "optimal"
    assert 0.99 * largest < inside.aims["people"].value < largest
