"""The made-up examples of the nine places: exact tilings, stated sizes, and no fault but the planted ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import geogrid
from geogrid import blindspots, grading, levels, matters, staffing
from geogrid.facts import Facts
from geogrid.standards import judge
from geogrid.subjects import subjects_of
from geogrid.topology import check_tiling
from tests import place_tables  # puts the maker on the path

if TYPE_CHECKING:
    from collections.abc import Iterator

from _place_recipes import RECIPES
from _place_sizes import spread
from make_place import main, make_place, write_place

PLACES = tuple(RECIPES)
TRAVELLED = ("minutes", "share_covered")
MOST_HOMES = 150_000
SHELF = TemporaryDirectory(prefix="places")


@dataclass(frozen=True, eq=False)
class Made:
    """An example as it was written, and the facts and faults in its files."""

    folder: Path
    facts: Facts
    faults: tuple[dict[str, str], ...]

    def planted(self, key: str) -> set[tuple[str, str, str]]:
        """Return the kind, the standard or check, and the subject of every fault that a standard or a check finds."""
        return {(fault["kind"], fault[key], fault["subject_id"]) for fault in self.faults if key in fault}


@lru_cache(maxsize=len(PLACES))
def made(place: str) -> Made:
    folder = Path(SHELF.name) / place
    write_place(make_place(place), folder)
    return Made(folder, place_tables.facts_of(folder, place), tuple(place_tables.planted(folder)))


@pytest.fixture(scope="module", autouse=True)
def _shelf() -> Iterator[None]:
    yield
    made.cache_clear()
    SHELF.cleanup()


@pytest.fixture(params=PLACES, scope="module")
def example(request: pytest.FixtureRequest) -> Made:
    return made(request.param)


def checked(example: Made, services: list[str]) -> Facts:
    """Return the facts with what a check says of travel."""
    facts = example.facts
    given = {"units": example.folder / "units.geojson"} if facts.units is not None else {}
    report = geogrid.check(
        grids=facts.grids.to_crs(4326),
        households=example.folder / "households.csv",
        facilities=example.folder / "facilities.csv",
        roads=example.folder / "roads.geojson",
        profile=facts.profile.id,
        services=services,
        **given,
    )
    kept = {name: getattr(facts, name) for name in ("profile", "crs", "on", "grids", "areas", "units", "facilities", "staff")}
    return Facts(**{**kept, "services": tuple(services), "households": report.households})


def test_stated_sizes_are_met_and_standards_fail_where_faults_were_planted(example: Made) -> None:
    judged = judge(example.facts)
    stated = judged.stated
    assert stated.loc[~stated["is_equal"], ["stated", "n", "found"]].to_numpy().tolist() == []
    rules = example.facts.profile.standards
    tested = [rule.id for rule in rules.values() if rule.is_judged and rule.measure not in TRAVELLED]
    rows = judged.results[judged.results["standard"].isin(tested) & (judged.results["result"] != "pass")]
    found = {tuple(row) for row in rows[["result", "standard", "subject_id"]].to_numpy().tolist()}
    assert found == {fault for fault in example.planted("standard") if rules[fault[1]].measure not in TRAVELLED}


def test_every_standard_has_a_fault_but_those_a_stated_size_leaves_no_room_for(example: Made) -> None:
    profile = example.facts.profile
    judged = {rule.id for rule in profile.standards.values() if rule.is_judged}
    spared = set(RECIPES[profile.id].spared) | {"graded"}
    assert judged - {by for _, by, _ in example.planted("standard")} <= spared


def test_every_level_tiles_the_one_above(example: Made) -> None:
    facts = example.facts
    gone = [fault for fault in example.faults if fault["kind"] in ("hole", "blind_spot")]
    for level in facts.profile.levels:
        if level.of not in ("areas", "grids") or level.parent is None or not level.must_fill:
            continue
        own, above = subjects_of(facts, level.id).rows, subjects_of(facts, level.parent).rows
        assert shapely.coverage_is_valid(own.geometry.to_numpy())
        assert set(own.geom_type) == {"Polygon"}
        tiles = own.rename(columns={"id": "grid_id"})[["grid_id", "parent_id", "geometry"]]
        found = check_tiling(tiles, above.rename(columns={"id": "area_id"})[["area_id", "geometry"]]).defects
        assert set(found["kind"]) <= {"hole"}, level.id
        assert len(found) == (len(gone) if level.id == RECIPES[facts.profile.id].finest else 0)


def test_streets_hang_together_and_pass_every_house(example: Made) -> None:
    streets = example.facts.streets
    assert streets is not None
    points, line = shapely.get_coordinates(streets.geometry.to_numpy(), return_index=True)
    _, node = np.unique(np.rint(points * 100).astype(np.int64), axis=0, return_inverse=True)
    step = line[1:] == line[:-1]
    pairs = (node.ravel()[:-1][step], node.ravel()[1:][step])
    number, _ = connected_components(coo_array((np.ones(step.sum()), pairs), shape=(node.max() + 1,) * 2), directed=False)
    assert number == 1
    homes = example.facts.households[example.facts.households["grid_id"].notna()].geometry.to_numpy()
    _, metres = shapely.STRtree(streets.geometry.to_numpy()).query_nearest(homes, all_matches=False, return_distance=True)
    assert metres.max() < 100


def test_households_stand_in_their_grids_and_units(example: Made) -> None:
    facts, homes = example.facts, example.facts.households
    assert len(homes) < MOST_HOMES
    lost = set(homes.loc[homes["grid_id"].isna(), "household_id"])
    outside = {subject for kind, _, subject in example.planted("check") if kind == "outside"}
    assert outside <= lost
    assert len(lost - outside) == sum(_number(fault["what_en"]) for fault in example.faults if fault["kind"] == "blind_spot")
    if facts.units is not None:
        named = homes[homes["unit_id"].notna()]
        shapes = facts.units.set_index("unit_id").geometry
        assert shapely.contains(shapes.loc[named["unit_id"]].to_numpy(), named.geometry.to_numpy()).all()


def _number(text: str) -> int:
    return int(text.split()[0])


def test_what_checks_beside_the_standards_find(example: Made) -> None:
    facts = example.facts
    planted = example.planted("check")
    filled = levels.fill(facts)
    assert set(filled.parents["parent_id"]) == {subject for kind, _, subject in planted if kind == "left_out"}
    left = {subject for kind, _, subject in planted if kind in ("hole", "blind_spot")}
    grids = subjects_of(facts, RECIPES[facts.profile.id].finest).rows.set_index("id")["parent_id"]
    assert set(filled.land["parent_id"]) == {grids.get(subject, subject) for subject in left}
    events = matters.matters_by(facts).events
    nowhere = set(events.loc[events["placed_by"] == matters.NOWHERE, "event_id"])
    assert nowhere == {subject for kind, _, subject in planted if kind == "nowhere"}
    assert events["is_overdue"].sum() > 0
    assert staffing.duties(facts).unknown.empty


def test_blind_spots_are_found() -> None:
    example = made("erdao")
    found = blindspots.blind_spots(example.facts)
    spots = [fault for fault in example.faults if fault["kind"] == "blind_spot"]
    assert len(spots) == RECIPES["erdao"].blind
    known = {(area, homes) for areas, homes in zip(found["area_ids"], found["households"], strict=True) for area in areas}
    assert {(fault["subject_id"], _number(fault["what_en"])) for fault in spots} <= known
    assert len(found) == len(spots) + 1, "and the household outside"


def test_grades_rise_and_fall() -> None:
    example = made("changli")
    found = grading.graded(example.facts)
    assert len(found.periods) == 3
    latest = found.shares[found.shares["period"] == found.periods[-1]]
    assert latest["subjects"].tolist() == [81, 175, 119, 43]
    assert {"rose", "fell", "same"} <= set(found.latest_changes["change"])
    kinds = {kind: subject for kind, _, subject in example.planted("check")}
    assert {kinds["ungraded"], kinds["unknown_grade"]} == set(found.ungraded["subject_id"])
    assert found.problems["subject_id"].tolist() == [kinds["unknown_grade"]]


def test_streets_with_nobody_are_found() -> None:
    example = made("chengmai")
    found = staffing.duties(example.facts).streets
    assert found is not None
    assert set(found["street_id"]) == {subject for _, by, subject in example.planted("standard") if by == "back_streets"}


@pytest.mark.parametrize("place", ["beidaihe", "chengmai"])
def test_who_is_out_of_reach_was_planted(place: str) -> None:
    example = made(place)
    rules = {rule.id: rule for rule in example.facts.profile.standards.values() if rule.measure == "minutes"}
    services = sorted({service for rule in rules.values() for service in rule.options["services"]})
    results = judge(checked(example, services)).results
    far = results[results["standard"].isin(rules) & (results["result"] == "fail")]
    found = {("fail", standard, subject) for standard, subject in far[["standard", "subject_id"]].to_numpy().tolist()}
    assert found == {fault for fault in example.planted("standard") if fault[1] in rules}
    assert {by for _, by, _ in found} == set(rules)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        assert main(["beidaihe", "--out", str(tmp_path / folder), "--seed", seed]) == 0
    assert "households.csv" in capsys.readouterr().out
    one, two, three = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in ("one", "two", "three")
    )
    assert one == two
    assert one["households.csv"] != three["households.csv"]
    assert "虚构" in one["README.txt"].decode()
    assert "does not exist" in one["README.txt"].decode()


def test_fault_rows_say_what_in_both_languages(example: Made) -> None:
    assert all(fault["what_zh"] and fault["what_en"] for fault in example.faults)
    assert all(("standard" in fault) != ("check" in fault) for fault in example.faults)
    assert pd.DataFrame(list(example.faults)).duplicated().sum() == 0


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"there is no recipe for 'nowhere'; known: funing, changli"):
        make_place("nowhere")


@pytest.mark.parametrize(
    ("total", "weights", "least", "expected"),
    [(10, [1, 1, 3], 1, [2, 2, 6]), (3, [9, 1, 1], 1, [1, 1, 1]), (7, [1.0, 1.0], 0, [4, 3]), (5, [0.1, 100.0], 2, [2, 3])],
)
def test_numbers_are_shared_out_whole(total: int, weights: list[float], least: int, expected: list[int]) -> None:
    assert spread(total, weights, least).tolist() == expected


def test_a_number_too_small_to_share_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cannot be shared among 3, at least 1 each"):
        spread(2, [1, 1, 1])
