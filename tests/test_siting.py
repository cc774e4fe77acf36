"""Where new facilities help most: by hand on the paper town, against every choice tried out as a what-if, and on a real town."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import geogrid
import geogrid.whatif
from geogrid.coverage import cutoff_metres
from geogrid.crs import to_wgs84
from geogrid.effort import Effort
from geogrid.errors import InputError, NotFoundError
from geogrid.graph import to_metres
from geogrid.siting import MODELS, SitesAsked, SitesProposal, propose_sites
from geogrid.sitingasked import settled
from geogrid.sitingcandidates import candidates_along, candidates_of
from geogrid.sitingwords import summary
from geogrid.whatif import WhatIf, start
from tests.builders import at, block, frame, paper_town, street

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.report import Report
    from geogrid.town import Town

MEASURES = ("households", "persons", "aged_65", "children_0_14")
SHORT: Any = {"cutoff_min": 3.0}
"""At 5 km/h 250 m, which is 240 m along the paper town's street."""


@cache
def paper(**options: Any) -> Town:
    return geogrid.check(**paper_town(), services=["medical"], **options).town


@cache
def sample() -> Town:
    folder = geogrid.data_dir() / "sample"
    tables = ("grids.geojson", "households.csv", "facilities.csv", "roads.geojson", "areas.geojson")
    given_: Any = {name.split(".")[0]: folder / name for name in tables}
    return geogrid.check(**given_, services=["medical", "sport"]).town


def layer(*spots: float, y: float = 500, **columns: Sequence[Any]) -> gpd.GeoDataFrame:
    """Candidates C1, C2 … at some metres along the paper town's street."""
    rows = [{"candidate_id": f"C{n}", "name": f"点{n}", "geometry": at(x, y)} for n, x in enumerate(spots, 1)]
    return frame(rows).assign(**columns)


STREET = (500.0, 900.0, 1300.0, 1720.0)


def proposed(town: Town, model: str = "mclp", *spots: float, **asked: Any) -> SitesProposal:
    return propose_sites(town, SitesAsked("medical", model=model, **asked), Effort(), candidates=layer(*(spots or STREET)))


def tried(proposal: SitesProposal, rows: Sequence[int] | None = None) -> WhatIf:
    """The proposal's sites, or some candidates, tried out."""
    changes = list(proposal.changes)
    if rows is not None:
        table = proposal.candidates.table
        wanted = [table.iloc[row] for row in rows]
        services = (proposal.asked.service,)
        changes = [geogrid.whatif.Change("add", f"X-{each.candidate_id}", "", services, each.lon, each.lat) for each in wanted]
    return start(proposal.town).apply(*changes)


def ways(done: WhatIf, service: str) -> Any:
    return to_metres(done.standings[service].households.units)


def require_equal_to_the_what_if(proposal: SitesProposal) -> None:
    """Counts by grid and in all, the households that gain and their minutes: as `geogrid whatif` finds them."""
    service, effect = proposal.asked.service, tried(proposal).effect()
    total = effect.totals.set_index("service").loc[service]
    for measure in MEASURES:
        for part in ("covered_before", "covered_after"):
            assert proposal.by_grid[f"{measure}_{part}"].sum() == total[f"{measure}_{part}"]
        assert total[f"{measure}_lose"] == 0
    felt = effect.by_grid[effect.by_grid["service"] == service].set_index("grid_id")
    found = proposal.by_grid.set_index("grid_id")
    for measure in MEASURES:
        gained = found[f"{measure}_covered_after"] - found[f"{measure}_covered_before"]
        assert gained[gained > 0].to_dict() == {k: v for k, v in felt[f"{measure}_gain"].items() if v > 0}
    rows = effect.households
    gains = rows[(rows["service"] == service) & (rows["change"] == "gains") & rows["grid_id"].notna()].set_index("household_id")
    newly = proposal.newly.set_index("household_id")
    assert set(newly.index) == set(gains.index)
    assert newly["minutes_after"].to_dict() == gains["minutes_after"].to_dict()
    assert newly["facility_after"].to_dict() == gains["facility_after"].to_dict()


# By hand


def test_two_sites_by_hand() -> None:
    """C2 and C4 together cover 20 + 18 of the 66 uncovered households; 13 pairs of homes between them are out of their reach.

    ::

        x    100    500     900     1300    1720
             F1     C1      C2      C3      C4        each reaches 240 m along the street, homes every 50 m from 25 on, twice
        375-725 C1 (with 325 and less covered already); 675-1125 C2; 1075-1525 C3; 1525-1925 C4 (1480 and on); 1975 nobody
    """
    proposal = proposed(paper(**SHORT), sites=2)
    sites = proposal.sites
    assert sites["candidate_id"].tolist() == ["C2", "C4"]
    assert sites["gain"].tolist() == sites["lost"].tolist() == [60.0, 54.0]
    assert proposal.provenance.proof == "optimal"
    figures = proposal.figures
    assert (figures["covered_before"], figures["covered_after"], figures["gain"]) == (42.0, 156.0, 114.0)
    assert (figures["weight"], figures["remaining"]) == (240.0, 84.0)
    left = proposal.left_by_grid.set_index(["grid_id", "reason"])["households"].to_dict()
    # Left of the street's homes: 375-625 (G1 375-475, G2 525-625), 1175-1475 (G3); 1975 in G4 is out of any candidate's reach.
    assert left == {
        ("G1", "not_chosen"): 6,
        ("G2", "not_chosen"): 6,
        ("G3", "not_chosen"): 14,
        ("G4", "no_candidate"): 2,
    }
    why = proposal.left_by_grid.set_index("grid_id")
    assert why.loc["G3", "candidate_ids"] == ("C3",)
    assert why.loc["G4", "minutes"] == pytest.approx((1975 - 1720 + 10) * 60 / 5000, abs=1e-3)
    assert proposal.curve["value"].tolist() == [42.0, 102.0, 156.0, 198.0, 234.0]
    assert proposal.curve["adds"].tolist() == [0.0, 60.0, 54.0, 42.0, 36.0]
    assert proposal.curve["is_proven"].all()
    require_equal_to_the_what_if(proposal)


def test_fewest_sites_for_everybody_who_can_be_reached() -> None:
    proposal = proposed(paper(**SHORT), "lscp")
    assert (proposal.located.value, len(proposal.sites)) == (4, 4)
    assert proposal.left["reason"].unique().tolist() == ["no_candidate"]
    require_equal_to_the_what_if(proposal)


def test_why_each_household_stays_uncovered() -> None:
    """A household 300 m off the street is unreached, one beyond every candidate has none, and C1 would cover the others."""
    tables = paper_town()
    rows = [{"household_id": "OFF", "persons": 5, "geometry": at(900, 800)}, *tables["households"].to_dict("records")]
    town = geogrid.check(**(tables | {"households": frame(rows)}), services=["medical"], **SHORT).town
    proposal = proposed(town, "mclp", 500.0, 900.0, sites=1)
    left = proposal.left.set_index("household_id")
    assert proposal.sites["candidate_id"].tolist() == ["C2"]
    assert left.loc["OFF", "reason"] == "unreached"
    assert left.loc["OFF", ["candidate_id", "minutes"]].isna().all()
    assert left.loc["H014", ["reason", "candidate_id"]].tolist() == ["not_chosen", "C1"]
    assert left.loc["H014", "minutes"] == pytest.approx((500 - 375 + 10) * 60 / 5000, abs=1e-3)
    assert left.loc["H079", "reason"] == "no_candidate"


def test_a_gain_counts_only_what_those_before_it_left() -> None:
    """C1 at 900 and C2 at 1000 share 775 to 1125: without one of them only its own end is lost."""
    proposal = proposed(paper(**SHORT), "mclp", 900.0, 1000.0, sites=2)
    assert proposal.sites["gain"].tolist() == [60.0, 12.0]
    assert proposal.sites["lost"].tolist() == [12.0, 12.0]
    assert proposal.covers["weight"].sum() == proposal.figures["gain"] == 72.0


def told(proposal: SitesProposal) -> list[str]:
    return [said.en for said in summary(proposal)]


def test_covered_twice() -> None:
    """Beside the clinic at 100 (up to 325), a site at 100 again covers those 14 households twice, and nobody anew."""
    proposal = proposed(paper(**SHORT), "backup", 100.0, 900.0, 1000.0, sites=1)
    once = proposed(paper(**SHORT), "mclp", 100.0, 900.0, 1000.0, sites=1)
    assert once.sites["candidate_id"].tolist() == ["C2"]
    assert once.curve["candidate_ids"].tolist()[:2] == [(), ("C2",)]
    assert proposal.sites["candidate_id"].tolist() == ["C2"], "first as many as can be covered once"
    pair = proposed(paper(**SHORT), "backup", 100.0, 900.0, 1000.0, sites=3)
    assert pair.figures["value"] == 3.0 * (14 + 16)
    assert pair.sites.set_index("candidate_id")["gain"].sum() == 3.0 * (14 + 16)
    assert "90 persons have two or more within the cutoff." in told(pair)
    require_equal_to_the_what_if(pair)


def test_places_run_out() -> None:
    """A site with 30 places serves 30 persons, though 60 are within its reach; a clinic that states no capacity has none."""
    proposal = proposed(paper(**SHORT), "capacitated_mclp", 900.0, 1720.0, sites=2, capacity=30)
    assert proposal.figures["value"] == 60.0
    assert proposal.sites["served"].tolist() == [30.0, 30.0]
    assert "What stands and what is new has room for 60 persons within the cutoff." in told(proposal)
    assert any("state no capacity and count 0: F1" in note.en for note in proposal.notes)
    with pytest.raises(InputError, match=r"2 candidates state no capacity: C1, C2; add the column capacity"):
        proposed(paper(**SHORT), "capacitated_mclp", 900.0, 1720.0, sites=2)


def test_what_sites_may_cost() -> None:
    town, asked = paper(**SHORT), SitesAsked("medical", budget=10.0)
    spots = layer(*STREET, cost=[4.0, 11.0, 5.0, np.nan])
    proposal = propose_sites(town, asked, Effort(), candidates=spots)
    assert proposal.sites["candidate_id"].tolist() == ["C3", "C1"], "C2 is too dear, C4 has no price"
    assert proposal.figures["price"] == 9.0
    assert "They cost 9 together, of a budget of 10." in told(proposal)
    mean, longest = ([proposal.figures[f"{key}_minutes{when}"] for when in ("_before", "")] for key in ("mean", "longest"))
    assert f"Mean way {mean[0]:.1f} → {mean[1]:.1f} min, longest {longest[0]:.1f} → {longest[1]:.1f} min." in told(proposal)
    assert any("1 candidates state no cost and could not be chosen: C4" in note.en for note in proposal.notes)
    with pytest.raises(InputError, match="none of the 4 candidates states a cost, which a budget needs"):
        propose_sites(town, asked, Effort(), candidates=layer(*STREET))
    fewest = SitesAsked("medical", model="lscp", is_cheapest=True)
    dear = propose_sites(town, fewest, Effort(), candidates=layer(900, 1720, 900, cost=[9.0, 9.0, 2.0]))
    assert (dear.located.value, dear.sites["candidate_id"].tolist()) == (11.0, ["C3", "C2"])


# Against every choice


@pytest.mark.parametrize("sites", [1, 2])
@pytest.mark.parametrize("model", ["mclp", "p_median", "p_centre", "backup"])
def test_no_choice_tried_out_is_better(model: str, sites: int) -> None:
    """Every choice of so many candidates is tried out as a what-if; none aims better than what is proposed."""
    town = paper(**SHORT)
    proposal = proposed(town, model, 420.0, 700.0, 1010.0, 1130.0, 1700.0, sites=sites)
    limit = cutoff_metres(3.0, 5.0)
    weight = town.households["persons"].to_numpy(dtype=float)
    own = np.array([ways(tried(proposal, [row]), "medical") for row in range(len(proposal.candidates))])
    today = ways(start(town), "medical")

    def aim(rows: tuple[int, ...]) -> tuple[float, ...]:
        metres = ways(tried(proposal, rows), "medical")
        covered = float(weight[metres <= limit].sum())
        if model == "backup":
            times = (today <= limit) + (own[list(rows)] <= limit).sum(axis=0)
            return covered, float(weight[times > 1].sum())
        if model == "mclp":
            return (covered,)
        return (-float((weight * metres).sum() if model == "p_median" else metres.max()),)

    best = max(aim(rows) for rows in combinations(range(len(own)), sites))
    assert aim(tuple(proposal.sites["candidate"])) == pytest.approx(best, abs=1e-6)
    require_equal_to_the_what_if(proposal)


@given(
    spots=st.lists(st.tuples(st.integers(0, 2000), st.integers(480, 520)), min_size=1, max_size=6, unique=True),
    model=st.sampled_from([name for name in MODELS if name not in ("lscp", "capacitated_mclp")]),
    sites=st.integers(0, 3),
)
@settings(max_examples=12, deadline=None)
def test_laws_of_a_proposal(spots: list[tuple[int, int]], model: str, sites: int) -> None:
    """The what-if agrees; gains add up; nobody is in two lists; what is lost without a site is what a what-if without it says."""
    town = paper(**SHORT)
    rows = [{"candidate_id": f"C{n}", "geometry": at(*spot)} for n, spot in enumerate(spots)]
    proposal = propose_sites(town, SitesAsked("medical", model=model, sites=sites), Effort(), candidates=frame(rows))
    require_equal_to_the_what_if(proposal)
    figures = proposal.figures
    assert len(proposal.sites) <= sites
    assert proposal.sites["covers"].sum() == proposal.newly["weight"].sum() == proposal.covers["weight"].sum() == figures["gain"]
    assert figures["remaining"] == proposal.left["weight"].sum() == proposal.left_by_grid["weight"].sum()
    assert not set(proposal.newly["household_id"]) & set(proposal.left["household_id"])
    chosen = proposal.sites["candidate"].tolist()
    for site, leaves in zip(chosen, proposal.sites["leaves"], strict=True):
        without = tried(proposal, [each for each in chosen if each != site]).effect()
        total = without.totals.set_index("service").loc["medical"]
        assert figures["covered_after"] - total["persons_covered_after"] == leaves
    if model in ("p_median", "p_centre"):
        today, after = (np.nansum(ways(done, "medical") * 3) for done in (start(town), tried(proposal)))
        assert proposal.sites["gain"].sum() == pytest.approx((today - after) * 60 / 5000, abs=1e-3)
        for site, lost in zip(chosen, proposal.sites["lost"], strict=True):
            without = np.nansum(ways(tried(proposal, [each for each in chosen if each != site]), "medical") * 3)
            assert lost == pytest.approx((without - after) * 60 / 5000, abs=1e-3)


def test_row_order_does_not_matter_and_the_same_comes_again() -> None:
    town, spots = paper(**SHORT), layer(*STREET)
    first, again = (proposed(town, sites=2) for _ in range(2))
    turned = propose_sites(town, SitesAsked("medical", sites=2), Effort(), candidates=spots.iloc[::-1])
    plainly = [{k: v for k, v in each.to_record().items() if k not in ("seconds", "figures")} for each in (first, again)]
    assert plainly[0] == plainly[1]
    assert first.provenance.is_reproducible
    assert set(first.provenance.inputs) == {"grids", "households", "facilities", "roads", "candidates"}
    assert turned.sites["candidate_id"].tolist() == first.sites["candidate_id"].tolist()


# Candidates


def test_candidates_too_far_from_a_street_are_named() -> None:
    mixed = pd.concat([layer(300, 700), layer(1000, y=901).assign(candidate_id="FAR")], ignore_index=True)
    found = candidates_of(paper(), "medical", gpd.GeoDataFrame(mixed, crs=layer(1).crs))
    assert found.table["candidate_id"].tolist() == ["C1", "C2"]
    assert found.table["grid_id"].tolist() == ["G1", "G2"]
    assert found.notes[0].en == (
        "1 candidates are too far from every usable street and were left out: FAR (401 m); check where they are"
    )
    with pytest.raises(InputError, match="none of the 1 candidates is within 200 m of a street"):
        candidates_of(paper(), "medical", layer(1000, y=901))


def crossroads() -> dict[str, gpd.GeoDataFrame]:
    r"""The paper town with a lane that crosses its street at 1,000 by a bridge, and one that meets it at 600.

    ::

        900      a             b
        500 -----+-------------|--------------  a meets the street at 600; b passes over it at 1000 (bridge)
        100                    b
    """
    town = paper_town()
    main = {"road_id": "R1", "name": "大街", "highway": "residential", "geometry": street((0, 500), (600, 500), (2000, 500))}
    lanes = [
        {"road_id": "a", "name": "小巷", "highway": "residential", "geometry": street((600, 500), (600, 900))},
        {"road_id": "b", "name": "桥", "highway": "residential", "bridge": "yes", "geometry": street((1000, 100), (1000, 900))},
    ]
    return town | {"roads": frame([main, *lanes])}


def test_candidates_along_streets() -> None:
    """Junctions first, then every 400 m or so of each street, then its ends; none on the bridge, none nearer than 200 m."""
    town = geogrid.check(**crossroads(), services=["medical"]).town
    made = candidates_along(town, "medical", spacing_m=400).table
    places = [(round(p.x - at(0, 0).x), round(p.y - at(0, 0).y)) for p in made.geometry]
    # The street is 2,000 m: four places cut it into five parts of 400; those at 400 and 800 are 200 m from the junction.
    assert places == [(0, 500), (400, 500), (600, 500), (600, 900), (800, 500), (1200, 500), (1600, 500), (2000, 500)]
    assert made["candidate_id"].tolist() == [f"P{n}" for n in range(1, 9)]
    assert made["name"].tolist()[2:4] == ["大街/小巷", "小巷"]
    # Of four parts of 500, the first place is 100 m from the junction: nearer than half of 450.
    fewer = candidates_along(town, "medical", spacing_m=450).table
    assert [round(p.x - at(0, 0).x) for p in fewer.geometry] == [0, 600, 600, 1000, 1500, 2000]


def test_candidates_along_streets_are_the_same_in_any_order_and_direction() -> None:
    town = geogrid.check(**crossroads(), services=["medical"]).town
    roads = crossroads()["roads"]
    turned = roads.iloc[::-1].assign(geometry=shapely.reverse(roads.geometry.to_numpy()[::-1])).reset_index(drop=True)
    other = geogrid.check(**(crossroads() | {"roads": turned}), services=["medical"]).town
    one, two = (candidates_along(each, "medical", spacing_m=300).table for each in (town, other))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))


def test_candidates_are_made_inside_the_grids_and_not_without_end() -> None:
    tables = paper_town()
    half = tables["grids"].iloc[:2]
    town = geogrid.check(**(tables | {"grids": half}), services=["medical"]).town
    made = candidates_along(town, "medical", spacing_m=100).table
    assert made.geometry.x.max() <= at(1000.01, 0).x
    proposal = propose_sites(town, SitesAsked("medical", sites=1, cutoff_min=3), Effort())
    assert any("40 households are outside all grids and do not count" in note.en for note in proposal.notes)
    assert (proposal.figures["weight"], proposal.figures["covered_before"]) == (120.0, 42.0)
    assert proposal.figures["gain"] == proposal.newly["persons"].sum() == proposal.sites["gain"].sum() == 60.0
    require_equal_to_the_what_if(proposal)
    nowhere = frame([{**tables["grids"].iloc[0].to_dict(), "geometry": block(0, 600, 500, 1000)}])
    with pytest.raises(InputError, match="no place for a candidate along the streets"):
        candidates_along(replace(town, grids=nowhere), "medical", spacing_m=100)


def test_a_candidate_whose_id_a_facility_has_gets_another() -> None:
    spots = layer(900, 1720).assign(candidate_id=["F1", "F1-2"])
    proposal = propose_sites(paper(**SHORT), SitesAsked("medical", sites=2), Effort(), candidates=spots)
    assert sorted(proposal.sites["facility_id"]) == ["F1-2", "F1-3"]
    require_equal_to_the_what_if(proposal)


# What is asked


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        (SitesAsked("medical", model="best", sites=1), NotFoundError, "there is no model 'best': use mclp, lscp"),
        (SitesAsked("sport", sites=1), InputError, "the check has no service 'sport': choose from medical"),
        (SitesAsked("medical"), InputError, "the model mclp needs a number of sites or a budget"),
        (SitesAsked("medical", model="lscp", sites=1), InputError, "the model lscp finds how many sites it takes"),
        (SitesAsked("medical", sites=1, is_cheapest=True), InputError, "the cheapest can only be asked of the model lscp"),
        (SitesAsked("medical", sites=-1), InputError, "sites = -1 is not usable: expected a number of at least 0"),
        (
            SitesAsked("medical", sites=1, spacing_m=5),
            InputError,
            "spacing_m = 5 is not usable: expected a number of at least 20",
        ),
        (SitesAsked("medical", sites=1, mode="swim"), NotFoundError, "swim"),
        (SitesAsked("medical", sites=1, weight="dogs"), NotFoundError, "there is no weight 'dogs': use persons, households"),
    ],
)
def test_what_cannot_be_asked(asked: SitesAsked, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        propose_sites(paper(), asked, Effort(), candidates=layer(*STREET))


def test_another_mode_and_cutoff_equal_a_check_with_them() -> None:
    tables: Any = paper_town()
    asked = SitesAsked("医疗", sites=1, mode="ebike", cutoff_min=2.0)
    town, found = settled(paper(), asked)
    other = geogrid.check(**tables, services=["medical"], mode="ebike", cutoff_min=2.0).town
    assert found.service == "medical"
    before, now = (start(each).effect().totals.set_index("service").loc["medical"] for each in (other, town))
    assert before["persons_covered_after"] == now["persons_covered_after"] > 0
    proposal = propose_sites(paper(), asked, Effort(), candidates=layer(*STREET))
    assert any("measured on other terms than the check (ebike, 2 min)" in note.en for note in proposal.notes)
    require_equal_to_the_what_if(proposal)
    same, _ = settled(paper(), SitesAsked("medical", sites=1, mode="walk"))
    assert same is paper()


def test_who_counts_decides() -> None:
    """Where the old live in the east and everybody else in the west, the site follows those who count."""
    tables = paper_town()
    east = tables["households"].geometry.x > at(1000, 0).x
    homes = tables["households"].assign(aged_65=np.where(east, 3, 0), children_0_14=0, persons=np.where(east, 3, 9))
    town = geogrid.check(**(tables | {"households": homes}), services=["medical"], **SHORT).town
    chosen = {weight: proposed(town, sites=1, weight=weight).sites["candidate_id"].tolist() for weight in ("persons", "aged_65")}
    assert chosen == {"persons": ["C1"], "aged_65": ["C3"]}
    winter = homes.assign(persons_winter=np.where(east, 30, 0))
    seasonal = geogrid.check(**(tables | {"households": winter}), services=["medical"], **SHORT).town
    proposal = proposed(seasonal, sites=1, weight="persons_winter")
    assert proposal.sites["candidate_id"].tolist() == ["C3"]
    assert proposal.sites["gain"].tolist() == [30.0 * 20]


def test_ways_that_too_few_sites_leave_open() -> None:
    """Two pieces of street without any clinic: one site cannot serve both, two can; both are said."""
    tables = paper_town()
    parts = [
        {"road_id": "W", "highway": "residential", "geometry": street((0, 500), (990, 500))},
        {"road_id": "E", "highway": "residential", "geometry": street((1010, 500), (2000, 500))},
    ]
    town = geogrid.check(**(tables | {"roads": frame(parts)}), services=["medical"], **SHORT).town
    closed = replace(town, facilities=town.facilities.assign(status="planned"))
    one = proposed(closed, "p_median", sites=1)
    assert (one.provenance.proof, len(one.sites)) == ("infeasible", 0)
    assert any("1 new sites are not enough" in note.en for note in one.notes)
    assert one.changes == ()
    two = proposed(closed, "p_median", sites=2)
    assert (two.provenance.proof, two.sites["candidate_id"].tolist()) == ("optimal", ["C1", "C3"])


def test_stopped_by_hand_says_so() -> None:
    effort = Effort()
    effort.stop()
    proposal = propose_sites(paper(**SHORT), SitesAsked("medical", sites=2), effort, candidates=layer(*STREET))
    assert proposal.provenance.stopped == "hand"
    assert not proposal.provenance.is_reproducible


def test_the_sample_town() -> None:
    proposal = propose_sites(sample(), SitesAsked("sport", sites=3, spacing_m=400), Effort())
    assert proposal.provenance.proof == "optimal"
    require_equal_to_the_what_if(proposal)


def test_a_site_is_tried_out_where_its_degrees_are() -> None:
    proposal = proposed(paper(**SHORT), sites=2)
    places = to_wgs84(proposal.candidates.table.iloc[proposal.sites["candidate"]]).geometry
    assert np.allclose(places.x, proposal.sites["lon"], atol=1e-9)
    assert [(change.lon, change.lat) for change in proposal.changes] == list(
        zip(proposal.sites["lon"], proposal.sites["lat"], strict=True)
    )


# A real town


def test_clinics_for_guixi(guixi_report: Report) -> None:
    """One to ten clinics on made candidates, each proven the best; each adds somebody, and the what-if agrees with five."""
    proposal = propose_sites(guixi_report.town, SitesAsked("medical", sites=5), Effort())
    curve = proposal.curve
    assert curve["sites"].tolist() == list(range(11))
    assert curve["is_proven"].all()
    assert (curve["adds"].to_numpy()[1:] > 0).all()
    assert curve["value"].iloc[5] == proposal.figures["covered_after"] == proposal.located.value
    assert proposal.provenance.proof == "optimal"
    reasons = proposal.left.groupby("reason")["weight"].sum()
    assert reasons.sum() == proposal.figures["remaining"]
    assert set(reasons.index) == {"unreached", "no_candidate", "not_chosen"}
    require_equal_to_the_what_if(proposal)
