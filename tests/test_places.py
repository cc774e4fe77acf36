"""The worked examples of the nine places: exactly the sizes stated, and no fault but those that were planted.

All tests that need a made place stand in this file, so that each place is made and checked once.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geogrid.facts import matching
from geogrid.subjects import subjects_of
from tests.made_places import PLACES, faults, made, planted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.placereport import PlaceReport

Fault = tuple[str, str, str]
MOST_HOMES = 150_000
ROUNDED = 0.01
"""Sources round shares: 81 of 418 are "20 %"."""


def place_of(place: str) -> PlaceReport:
    return made(place).report.place_report


def raw(place: str, name: str) -> pd.DataFrame:
    """Return a file of an example as it is, every cell a text."""
    path = made(place).folder / name
    return pd.read_csv(path, dtype=str) if path.suffix == ".csv" else gpd.read_file(path)


def failing(place: str, standard: str) -> set[str]:
    rows = place_of(place).judged.results
    return set(rows.loc[(rows["standard"] == standard) & (rows["result"] != "pass"), "subject_id"])


def values(place: str, standard: str) -> pd.Series:
    rows = place_of(place).judged.results
    return rows[rows["standard"] == standard].set_index("subject_id")["value"]


@pytest.mark.parametrize("place", PLACES)
def test_counts_are_as_stated(place: str) -> None:
    stated = place_of(place).judged.stated
    assert set(stated["stated"]) == set(place_of(place).facts.profile.stated)
    assert stated.loc[~stated["is_equal"].astype(bool), ["stated", "n", "found"]].to_numpy().tolist() == []
    shares = stated[stated["share"].notna()]
    assert (shares["share"] - shares["share_found"]).abs().max() < ROUNDED or shares.empty


@pytest.mark.parametrize("place", PLACES)
def test_planted_faults_are_found_and_nothing_else(place: str) -> None:
    said = {(fault["kind"], fault.get("standard") or fault["check"], fault["subject_id"]) for fault in faults(place)}
    assert set(found(place)) == said
    report = made(place).report
    assert report.rejected.empty
    assert report.remarks == ()
    assert set(report.unreached["household_id"]) <= planted(place, "assign")
    assert place_of(place).staffing.unknown.empty
    assert place_of(place).levels.orphans.empty
    assert place_of(place).levels.levels["missing"].isna().all()
    assert len(place_of(place).levels.land) == len(report.tiling.defects)


def found(place: str) -> Iterator[Fault]:
    """Return the kind, the standard or check, and the subject of all that a check finds wrong."""
    judged = place_of(place).judged
    tested = judged.standards.loc[judged.standards["is_judged"].astype(bool), "standard"]
    wrong = judged.results[(judged.results["result"] != "pass") & judged.results["standard"].isin(tested)]
    yield from wrong[["result", "standard", "subject_id"]].itertuples(index=False, name=None)
    for part in (_land, _levels, _staffing, _matters, _grading):
        yield from part(place)


def _land(place: str) -> Iterator[Fault]:
    """Return holes by the grid around them, blind spots by their village, and households that lie in no area at all."""
    spots = _spots(place)
    yield from (("blind_spot", "blind_spots", village) for village in spots["village"].dropna())
    homes = made(place).report.households["household_id"]
    for rows in spots.loc[spots["village"].isna(), "household_rows"]:
        yield from (("outside", "assign", homes.iloc[row]) for row in rows)
    for defect in made(place).report.tiling.defects.itertuples():
        if defect.area_id not in set(spots["village"]):
            yield defect.kind, "tiling", "+".join(defect.grid_ids)


def _spots(place: str) -> pd.DataFrame:
    """Return the blind spots, each with the village it lies in."""
    villages = set(subjects_of(place_of(place).facts, "village").rows["id"])
    spots = place_of(place).spots
    return spots.assign(village=[next(iter(villages.intersection(ids)), None) for ids in spots["area_ids"]])


def _levels(place: str) -> Iterator[Fault]:
    fill = place_of(place).levels
    yield from (("left_out", "levels", subject) for subject in {*fill.parents["parent_id"], *fill.homes["parent_id"]})


def _staffing(place: str) -> Iterator[Fault]:
    """Return who has nobody of a role that a level needs, beside those that fail a standard about it."""
    report = place_of(place)
    rules = [rule for rule in report.facts.profile.standards.values() if rule.measure == "staff"]
    known = {(role, subject) for rule in rules for role in rule.options.get("roles", ()) for subject in failing(place, rule.id)}
    for role, subject in report.staffing.vacant[["role", "subject_id"]].to_numpy():
        if (role, subject) not in known:
            yield "vacant", "staffing", subject


def _matters(place: str) -> Iterator[Fault]:
    matters = place_of(place).matters
    yield from (("overdue", "matters", event) for event in matters.overdue["event_id"])
    yield from (("nowhere", "matters", event) for event in matters.unplaced["event_id"])


def _grading(place: str) -> Iterator[Fault]:
    grading = place_of(place).grading
    yield from (("unknown_grade", "grading", subject) for subject in grading.problems["subject_id"])
    for subject in set(grading.ungraded["subject_id"]) - set(grading.problems["subject_id"]):
        yield "ungraded", "grading", subject


@pytest.mark.parametrize("place", PLACES)
def test_every_kind_of_fault_is_planted(place: str) -> None:
    """A level that is not filled, a missing leader, matters, a household outside, and every standard with room for a fault."""
    kinds = Counter(fault["kind"] for fault in faults(place))
    assert kinds["overdue"] >= 5
    assert kinds["nowhere"] == kinds["outside"] == 1
    assert kinds["left_out"] + kinds["hole"] + kinds["blind_spot"] >= 1
    rules = {key: rule for key, rule in place_of(place).facts.profile.standards.items() if rule.is_judged}
    assert any(planted(place, key) for key, rule in rules.items() if "leader" in rule.options.get("roles", ()))
    full = {"graded", "yuanhui_venue"}  # 418 villages are graded, and 19 communities have 8 + 6 + 5 venues: the sources say so
    assert {key for key in rules if not planted(place, key)} <= full


@pytest.mark.parametrize("place", PLACES)
def test_faults_are_told_once_and_in_both_languages(place: str) -> None:
    assert all(fault["what_zh"] and fault["what_en"] for fault in faults(place))
    assert all(("standard" in fault) != ("check" in fault) for fault in faults(place))
    assert pd.DataFrame(list(faults(place))).duplicated().sum() == 0


@pytest.mark.parametrize("place", PLACES)
def test_every_level_of_land_is_a_valid_tiling(place: str) -> None:
    facts = place_of(place).facts
    for level in facts.profile.levels:
        if level.of in ("areas", "grids") and not level.cuts_across:
            rows = subjects_of(facts, level.id).rows
            assert shapely.coverage_is_valid(rows.geometry.to_numpy()), level.id
            assert set(rows.geom_type) == {"Polygon"}, level.id


@pytest.mark.parametrize("place", PLACES)
def test_streets_hang_together_and_pass_every_house(place: str) -> None:
    streets = made(place).report.inputs["roads"].geometry.to_numpy()
    points, line = shapely.get_coordinates(streets, return_index=True)
    _, node = np.unique(np.rint(points * 100).astype(np.int64), axis=0, return_inverse=True)
    step = line[1:] == line[:-1]
    pairs = (node.ravel()[:-1][step], node.ravel()[1:][step])
    number, _ = connected_components(coo_array((np.ones(step.sum()), pairs), shape=(node.max() + 1,) * 2), directed=False)
    assert number == 1
    homes = made(place).report.households
    assert len(homes) < MOST_HOMES
    assert homes.loc[homes["grid_id"].notna(), "street_m"].max() < 100


@pytest.mark.parametrize("place", ["beidaihe", "lufeng", "erdao", "hongqi"])
def test_households_stand_in_the_units_they_name(place: str) -> None:
    facts = place_of(place).facts
    assert facts.units is not None
    named = facts.households[facts.households["unit_id"].notna()]
    assert len(named) > 9000
    assert shapely.contains(facts.units.set_index("unit_id").geometry.loc[named["unit_id"]].to_numpy(), named.geometry).all()


def test_funing_every_level_is_filled() -> None:
    fill, facts = place_of("funing").levels, place_of("funing").facts
    rows = fill.levels.set_index("level")
    assert rows.index.tolist() == ["township", "village", "grid", "centre_household", "project"]
    assert rows["subjects"].tolist() == [8, 374, 2136, 4272, 4]
    assert rows["is_filled"].tolist()[:4] == [True, True, True, False]
    assert not rows.loc["project", "must_fill"]
    (lonely,) = planted("funing", "levels")
    homes = subjects_of(facts, "grid")
    assert fill.parents[["level", "parent_id"]].to_numpy().tolist() == [["centre_household", lonely]]
    assert rows.loc["centre_household", "households_without"] == homes.count()[homes.position[lonely]]
    assert raw("funing", "households.csv")["staff_id"].isna().sum() == len(fill.homes) + 1, "and the household outside"
    assert rows["land_m2"].dropna().tolist() == [0.0, 0.0, 0.0]
    project = subjects_of(facts, "project").count()
    assert (len(project), project.sum()) == (4, 486)
    assert sorted(values("funing", "project_cadres")) == [0, 2, 2, 4], "two each, but those of one were given to another"


def test_changli_grades_of_three_quarters() -> None:
    grading = place_of("changli").grading
    assert grading.periods == ("2025Q4", "2026Q1", "2026Q2")
    latest = grading.shares[grading.shares["period"] == "2026Q2"]
    assert latest["subjects"].tolist() == [81, 175, 119, 43]
    words = raw("changli", "grades.csv").pivot_table(index="subject_id", columns="period", values="grade", aggfunc="first")
    before, now = (words[period].str[0].map({"A": 1, "B": 2, "C": 3, "D": 4}) for period in ("2026Q1", "2026Q2"))
    changes = Counter(grading.latest_changes["change"])
    assert (changes["rose"], changes["fell"], changes["new"]) == ((now < before).sum(), (now > before).sum(), 2)
    assert min(changes["rose"], changes["fell"]) > 20


def test_beidaihe_stations_reach_every_community_but_the_planted_one() -> None:
    report = made("beidaihe").report
    community = report.households["grid_id"].map(report.inputs["grids"].set_index("grid_id")["parent_id"])
    for service in ("day_care", "courier_rest"):
        medians = report.households.groupby(community)[f"minutes_{service}"].median()
        far = set(medians.index[medians > 15])
        assert len(medians) == 12
        assert far == failing("beidaihe", service) == planted("beidaihe", service)
        assert len(far) == 1
        assert values("beidaihe", service).to_dict() == pytest.approx(medians.to_dict())
    areas = values("beidaihe", "centre_area")
    assert (len(areas), (areas > 1000).sum(), (areas < 500).sum(), areas.isna().sum()) == (12, 5, 1, 1)


def test_lufeng_all_three_services_at_once() -> None:
    report = made("lufeng").report
    grids = report.inputs["areas"].set_index("area_id")["parent_id"].to_dict()
    grids |= report.inputs["grids"].set_index("grid_id")["parent_id"].to_dict()
    village = report.households["grid_id"].map(lambda small: grids[grids[grids[small]]], na_action="ignore")
    columns = [f"minutes_{service}" for service in ("education", "medical", "sport")]
    minutes = report.households[columns].astype(float).fillna(np.inf)
    medians = minutes.max(axis=1).groupby(village).median()
    assert len(medians) == 346
    assert set(medians.index[medians > 15]) == failing("lufeng", "circle") == planted("lufeng", "circle")
    alone = minutes.groupby(village).median()
    assert (alone.le(15).any(axis=1) & (medians > 15)).sum() > 5, "one service is near, another is not"
    total = report.coverage[(report.coverage["level"] == "total") & (report.coverage["when"] == "now")]
    covered = total.set_index("service")["households_covered"]
    assert covered["all"] == (minutes[village.notna()].max(axis=1) <= 15).sum()
    assert covered["all"] < covered[["education", "medical", "sport"]].min()


def test_lufeng_grids_nest_in_three_sizes() -> None:
    grids = raw("lufeng", "grids.geojson").set_index("grid_id")
    assert Counter(grids["level"]) == {"large": 346, "medium": 434, "small": 2267}
    above = {"small": "medium", "medium": "large"}
    inner = grids[grids["level"].isin(above)]
    assert (grids.loc[inner["parent_id"], "level"].to_numpy() == inner["level"].map(above).to_numpy()).all()
    outside = gpd.GeoSeries(inner.geometry.to_numpy()).difference(
        gpd.GeoSeries(grids.loc[inner["parent_id"]].geometry.to_numpy())
    )
    assert outside.buffer(-1e-6).is_empty.all()


def test_luohe_now_and_when_finished() -> None:
    report = made("luohe").report
    venues = report.facilities[matching(report.facilities, {"services": ("party_service",)})]
    villages = report.inputs["grids"].set_index("grid_id")
    now, later = (set(rows["grid_id"]) for rows in (venues[venues["status"] != "planned"], venues))
    missing = set(villages.index) - now
    assert len(villages) == 725
    assert len(missing) == 73
    assert len(set(villages.index) - later) == 1
    assert missing == failing("luohe", "venue") == planted("luohe", "venue")
    assert failing("luohe", "venue_later") == set(villages.index) - later
    ranked = place_of("luohe").judged.results[lambda rows: rows["standard"] == "venue"].dropna(subset="rank").sort_values("rank")
    assert ranked["rank"].tolist() == list(range(1, 74))
    assert ranked["persons"].is_monotonic_decreasing
    total = report.coverage[(report.coverage["level"] == "total") & (report.coverage["service"] == "party_service")]
    covered = total.set_index("when")["households_covered"]
    assert covered["now"] < covered["later"] < 72500


def test_luohe_communities_of_yuanhui_have_a_venue_with_a_status() -> None:
    facts = place_of("luohe").facts
    rows = subjects_of(facts, "facilities")
    (county,) = raw("luohe", "areas.geojson").query("name == '源汇区'")["area_id"]
    inside = np.array([county in above for above in rows.above])
    venues = rows.rows[inside & matching(rows.rows, {"services": ("party_service",)})]
    assert Counter(venues["status"]) == {"built": 8, "upgrading": 6, "improving": 5}
    assert len(values("luohe", "yuanhui_venue")) == 19
    assert failing("luohe", "yuanhui_venue") == set()


def test_fushan_zones_are_checked() -> None:
    areas = raw("fushan", "areas.geojson")
    villages = areas[areas["level"] == "village"]
    zones = areas.loc[areas["level"] == "zone", "area_id"]
    held = villages["parent_id"].value_counts().reindex(zones, fill_value=0)
    assert (len(villages), len(zones)) == (326, 21)
    assert 63 <= held.sum() <= 168
    assert set(held.index[(held < 3) | (held > 8)]) == failing("fushan", "zone_villages") == planted("fushan", "zone_villages")
    assert len(planted("fushan", "zone_villages")) == 1
    assert values("fushan", "zone_villages").to_dict() == held.to_dict()
    far = values("fushan", "zone_radius")
    assert set(far.index[far > 4000]) == planted("fushan", "zone_radius")
    assert len(planted("fushan", "zone_radius")) == 1
    assert 0 < (far[far <= 4000] >= 2000).sum() < 20, "some zones reach 2 km, some do not; that is only reported"
    rest = villages[~villages["parent_id"].isin(zones)]
    assert set(rest["parent_id"]) <= set(areas.loc[areas["level"] == "township", "area_id"])
    assert len(rest) == 326 - held.sum()


def test_fushan_land_left_over_is_the_planted_hole() -> None:
    ((grid, size),) = [(fault["subject_id"], fault["what_en"]) for fault in faults("fushan") if fault["kind"] == "hole"]
    land = place_of("fushan").levels.land
    around = made("fushan").report.inputs["grids"].set_index("grid_id").loc[grid]
    assert land["parent_id"].tolist() == [around["parent_id"]]
    assert land["area_m2"].tolist() == pytest.approx([_number(size)], rel=1e-3)


def _number(text: str) -> int:
    return int(text.partition(" ")[0])


def test_chengmai_shares_and_back_streets() -> None:
    homes, staff, roads = (raw("chengmai", name) for name in ("households.csv", "staff.csv", "roads.geojson"))
    shares = homes["staff_id"].value_counts()
    grid_of = staff[(staff["role"] == "member") & (staff["of_kind"] == "grid")].set_index("staff_id")["of_id"]
    assert (len(homes), len(shares), len(grid_of)) == (20609, 1321, 1321)
    spread = shares.groupby(grid_of).agg(lambda each: each.max() / each.mean())
    assert set(spread.index[spread > 1.5]) == failing("chengmai", "even") == planted("chengmai", "even")
    assert values("chengmai", "even").to_dict() == pytest.approx(spread.to_dict())
    assert failing("chengmai", "responsible") == planted("chengmai", "responsible")
    assert homes["staff_id"].isna().sum() == len(place_of("chengmai").levels.homes) + 1, "and the household outside"
    back = set(roads.loc[roads["highway"] == "residential", "road_id"])
    lonely = back - set(staff.loc[staff["of_kind"] == "street", "of_id"])
    assert (len(back), len(lonely)) == (416, 3)
    streets = place_of("chengmai").staffing.streets
    assert streets is not None
    assert set(streets["street_id"]) == lonely == planted("chengmai", "back_streets")


def test_chengmai_people_come_for_the_winter() -> None:
    homes = made("chengmai").report.households
    inside = homes[homes["grid_id"].notna()]
    seasons = made("chengmai").report.tables["seasons"]
    persons = seasons[seasons["service"] == "party_service"].set_index("season")["persons"]
    winter = inside["persons_winter"].astype("Int64").fillna(inside["persons"].astype("Int64"))
    assert persons["winter"] == winter.sum() > 1.05 * inside["persons"].sum()
    assert persons["summer"] < inside["persons"].sum()


def test_erdao_blind_spots() -> None:
    spots = _spots("erdao")
    known = spots[spots["village"].notna()]
    said = [(fault["subject_id"], _number(fault["what_en"])) for fault in faults("erdao") if fault["kind"] == "blind_spot"]
    assert len(said) == 10
    assert Counter(zip(known["village"], known["households"].astype(int), strict=True)) == Counter(said)
    assert known["rank"].tolist() == list(range(1, 11))
    assert known["persons"].is_monotonic_decreasing
    assert known["buildings"].min() >= 2
    homes = made("erdao").report.households
    lost = homes[homes["grid_id"].isna()]
    assert len(lost) == sum(number for _, number in said) + 1, "and the household outside"
    assert known["persons"].sum() + 3 == lost["persons"].sum()
    holes = made("erdao").report.tiling.defects
    assert sorted(holes["area_id"]) == sorted(known["village"])


def test_erdao_classes_and_three_leaders() -> None:
    units = raw("erdao", "units.geojson")
    classes = Counter(units.loc[units["kind"] == "estate", "class"].fillna(""))
    assert set(classes) == {"standard", "basic", "guaranteed", ""}
    assert classes[""] == len(planted("erdao", "class")) == 1
    assert min(classes["standard"], classes["basic"], classes["guaranteed"]) > 40
    roles = place_of("erdao").staffing.roles
    leaders = roles[roles["is_needed"]].set_index("role")
    assert leaders.index.tolist() == ["leader", "building_leader", "stairwell_leader"]
    assert (leaders["subjects"] - leaders["subjects_with"]).tolist() == [1, 1, 1]


def test_hongqi_estates_to_join() -> None:
    units = place_of("hongqi").facts.units
    assert units is not None
    estates = units[units["kind"] == "estate"].set_index("unit_id")
    members = estates["party_members"].astype(float)
    assert (len(estates), (members < 3).sum(), members.isna().sum()) == (320, 12, 1)
    few = set(members.index[~(members >= 3)])
    assert few == failing("hongqi", "party_members") == planted("hongqi", "party_members")
    rows = place_of("hongqi").judged.results[lambda rows: (rows["standard"] == "party_members") & (rows["result"] == "fail")]
    for estate, advice in rows[["subject_id", "advice"]].to_numpy():
        border = estates.boundary.intersection(estates.geometry[estate].boundary).length.drop(estate)
        beside = border[border > 0].sort_values(ascending=False).index
        enough = [each for each in beside if members[each] + members[estate] >= 3]
        assert enough
        listed = [*enough, *(each for each in beside if each not in enough)]
        said = [f"{estates.loc[each, 'name']}（{members[each]:.0f} 名" for each in listed[:5]]
        assert [
            part.partition("，属")[0].rstrip("）")
            for part in advice.zh.removeprefix("可并入相邻的 ").partition("，另有")[0].split("、")
        ] == said
        assert ("，另有" in advice.zh) == (len(listed) > 5)
