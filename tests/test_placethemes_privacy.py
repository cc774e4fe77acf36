"""What themes for the public tell of people: nothing that the public report withholds, and nobody's name."""

from __future__ import annotations

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from geogrid.placethemes import place_themes
from geogrid.profileparts import THEMES
from geogrid.themed.found import blind_spots, matters
from geogrid.themed.people import classes
from geogrid.themed.reach import coverage
from geogrid.themed.rules import each_standard
from geogrid.themed.sharing import shares, streets
from geogrid.themed.stage import NOW, of_nodes
from geogrid.words import Text
from maps.place import place_page
from tests.paper_place import ESTATES, FINE, PAPER, SHARES, TREE, at, households, table
from tests.theme_places import ESTATE, GRID, classes_of, drawn, facilities, rule, said_of, stage_of, units

CANARIES = ("甲秘名", "乙秘名", "丙秘名", "13912345678", "秘密路一号", "HX-CANARY", "STAFF-CANARY")
OFFICE_NAMES = ("甲秘名", "乙秘名", "丙秘名")
PERSONS = 4711
"""What lives in grid B: a number that stands nowhere else."""


def crowd(counts: dict[str, int], **columns: Any) -> gpd.GeoDataFrame:
    """Return so many households in each grid, of two persons."""
    letters = "".join(letter * n for letter, n in counts.items())
    homes = households(letters, **columns)
    return homes.assign(persons=2)


def canary_place(**profile: Any) -> Any:
    """Return a place with everything that themes draw, whose people bear names that must not leave the office."""
    homes = crowd({"A": 30, "B": 37, "C": 5, "D": 40, "-": 3})
    n = len(homes)
    persons = homes["persons"].to_numpy(copy=True)
    persons[30:67] = 100
    persons[66] = PERSONS - 3600
    inside = homes["grid_id"].notna().to_numpy()
    homes = homes.assign(
        persons=persons,
        household_id=[f"HX-CANARY-{i}" for i in range(n)],
        address="秘密路一号",
        phone="13912345678",
        status_medical=np.where(np.arange(n) % 3 > 0, "covered", "uncovered"),
        status_later_medical="covered",
        minutes_medical=np.where(np.arange(n) % 3 > 0, 5.0, 20.0),
        persons_winter=persons * 2,
        staff_id=[f"STAFF-CANARY-{1 + i % 2}" if each else None for i, each in enumerate(inside)],
    )
    people = table(
        staff_id=["STAFF-CANARY-1", "STAFF-CANARY-2", "STAFF-CANARY-3", "STAFF-CANARY-3"],
        name=["甲秘名", "乙秘名", "丙秘名", "丙秘名"],
        role=["member", "member", "leader", "member"],
        of_kind=["grid", "grid", "grid", "street"],
        of_id=["A", "A", "A", "R1"],
        phone=["13912345678"] * 4,
        party_member=[True, False, True, True],
    )
    roads = gpd.GeoDataFrame({"road_id": ["R1", "R2"], "name": ["东街", "西巷"]}, geometry=[_line(10), _line(20)], crs=PAPER)
    matter = {
        "event_id": ["M1"],
        "kind": ["dispute"],
        "opened": [pd.Timestamp("2026-06-01")],
        "closed": [pd.NaT],
        "place": ["秘密路一号"],
    }
    reported = gpd.GeoDataFrame({**matter, "household_id": ["HX-CANARY-1"], "grid_id": ["A"]}, geometry=[at(5, 50)], crs=PAPER)
    rules = {
        "homes": rule("grid", "households", min=20.0, unit="households"),
        "leader": rule("grid", "staff", options={"roles": ["leader"], "party_member": True}, min=1.0, unit="people"),
        "members": rule("grid", "staff", options={"roles": ["member"]}, min=2.0, unit="people"),
        "few": rule("estate", "party_members", min=3.0, unit="persons"),
        "even": rule("grid", "shares_spread", options={"level": "share"}, max=1.5, unit="times"),
        "area": rule("facilities", "floor_area", min=500.0, unit="m2"),
    }
    tables = {
        "staff": people,
        "streets": roads,
        "events": reported,
        "units": pd.concat([ESTATES.assign(party_members=[1, None, None, None])]),
        "facilities": facilities(services=[("medical",)], floor_area_m2=[400.0], status=["built"]),
        "services": ("medical",),
    }
    levels = [*TREE, {**GRID, "staff": ["leader", "member"]}, *FINE, SHARES]
    return stage_of(homes, tables=tables, standards=rules, levels=levels, themes=list(THEMES), **profile)


def _line(y: float) -> Any:
    return LineString([at(0, y), at(100, y)])


def page(stage: Any, *, is_public: bool) -> str:
    return place_page(place_themes(stage, is_public=is_public), title=Text("某地", "Somewhere"), lang="zh")


def test_no_canary_is_in_the_public_page_and_names_are_in_the_office_page() -> None:
    stage = canary_place()
    public, office = page(stage, is_public=True), page(stage, is_public=False)
    assert [canary for canary in CANARIES if canary in public] == []
    assert [name for name in OFFICE_NAMES if name not in office] == []
    assert not [canary for canary in CANARIES if canary not in OFFICE_NAMES and canary in office]


def test_no_number_of_persons_is_in_the_public_page() -> None:
    stage = canary_place()
    numbers = {f"{PERSONS:,}", str(PERSONS), f"{2 * PERSONS:,}"}
    assert not [number for number in numbers if number in page(stage, is_public=True)]
    assert f"{PERSONS:,}" in page(stage, is_public=False)
    texts = [text.zh for theme in place_themes(stage, is_public=True) for text in _texts(theme)]
    assert not [text for text in texts if re.search(r"\d+ (户|人)", text) and not text.startswith("households规定")]


def _texts(theme: Any) -> list[Text]:
    cells = [cell for column in theme.frame if column.startswith(("value_", "advice_")) for cell in theme.frame[column]]
    return [*theme.facts, *(cell for cell in cells if cell is not None)]


def test_public_themes_are_marked_as_such_and_office_themes_as_theirs() -> None:
    stage = canary_place()
    assert all(theme.is_public for theme in place_themes(stage, is_public=True))
    assert not any(theme.is_public for theme in place_themes(stage, is_public=False))
    public = {theme.id for theme in place_themes(stage, is_public=True)}
    assert not public & {"seasons", "party_members", "standards-few", "standards-leader"}


@pytest.mark.parametrize("seed", range(4))
def test_no_unit_with_few_households_is_drawn_for_the_public(seed: int) -> None:
    """Every unit of a random place is drawn exactly if it has nobody or more than ten households."""
    rng = np.random.default_rng(seed)
    counts = rng.choice([0, 1, 5, 10, 11, 30], size=8)
    ends = [i * 12.5 for i in range(9)]
    owner = [f"E{i + 1}" for i, n in enumerate(counts) for _ in range(n)]
    homes = crowd({"A": len(owner)}, unit_id=owner)
    estates = units(ends, **{"class": ["standard"] * 8})
    known = [{"id": "standard", "zh": "标准", "en": "standard", "colour": "#1a7f4e"}]
    led = {"led": rule("estate", "staff", min=1.0, unit="people")}
    staff = table(staff_id=["P"], name=["张三"], role=["manager"], of_kind=["unit"], of_id=["E1"])
    given = {"levels": [*TREE, GRID, ESTATE], "classes": known, "standards": led}
    stage = stage_of(homes, tables={"units": estates, "staff": staff}, **given)
    wanted = {f"E{i + 1}" for i, n in enumerate(counts) if n == 0 or n > 10}
    theme = classes(stage, is_public=True)
    assert set(classes_of(theme)) == wanted
    for each in each_standard(stage, is_public=True):
        assert set(classes_of(each)) == wanted


def test_a_standard_on_units_of_which_most_are_small_has_no_public_map() -> None:
    estates = units([0, 30, 60, 90])
    homes = crowd({"A": 41}, unit_id=["E1"] * 3 + ["E2"] * 4 + ["E3"] * 34)
    led = {"led": rule("estate", "staff", min=1.0, unit="people")}
    staff = table(staff_id=["P"], name=["张三"], role=["manager"], of_kind=["unit"], of_id=["E1"])
    stage = stage_of(homes, tables={"units": estates, "staff": staff}, levels=[*TREE, GRID, ESTATE], standards=led)
    assert each_standard(stage, is_public=True) == []
    assert [theme.id for theme in each_standard(stage, is_public=False)] == ["standards-led"]


@pytest.mark.parametrize("seed", range(6))
def test_public_coverage_is_a_function_of_public_counts(seed: int) -> None:
    """A place whose count is withheld has no class of a share; the others have that of the public counts."""
    rng = np.random.default_rng(seed)
    counts = dict(zip("ABCD", rng.integers(0, 40, size=4), strict=True))
    homes = crowd({key: int(n) for key, n in counts.items()})
    status = np.where(rng.random(len(homes)) < 0.6, "covered", "uncovered")
    stage = stage_of(homes.assign(status_medical=status, status_later_medical=status), tables={"services": ("medical",)})
    theme = drawn(coverage(stage, is_public=True))
    counts_ = of_nodes(stage.public_reached, theme.frame["id"], "medical", NOW)
    for key, (homes_n, covered_n) in zip(theme.frame["id"], counts_.itertuples(index=False), strict=True):
        found = classes_of(theme)[key]
        if pd.isna(covered_n) or pd.isna(homes_n):
            assert found in ("withheld", "nobody"), key
        elif homes_n:
            share = covered_n / homes_n
            assert found == f"share_{1 + sum(share < least for least in (0.9, 0.7, 0.5))}", key
    assert set(said_of(theme, "value").values()) <= {None}
    assert set(said_of(theme, "advice").values()) <= {None}


def test_shares_tell_the_public_only_what_counts_that_are_public_imply() -> None:
    owner = [f"{grid}{k}" for grid, n in (("A", 40), ("B", 40), ("C", 6), ("D", 40)) for k in (i % 2 for i in range(n))]
    homes = crowd({"A": 40, "B": 40, "C": 6, "D": 40}, staff_id=["B0" if each == "B1" else each for each in owner])
    ids = [f"{grid}{k}" for grid in "ABCD" for k in range(3)]
    people = table(staff_id=ids, name=ids, role=["member"] * 12, of_kind=["grid"] * 12, of_id=[each[0] for each in ids])
    even = {"even": rule("grid", "shares_spread", options={"level": "share"}, max=1.6, unit="times")}
    stage = stage_of(homes, tables={"staff": people}, levels=[*TREE, GRID, SHARES], standards=even)
    theme = shares(stage, is_public=True)
    found = classes_of(theme)
    # C is small, and A is withheld with it, or the township would tell it. All households of B are one member's.
    assert found == {"B": "uneven", "A": "withheld", "C": "withheld", "D": "even"}
    assert set(said_of(theme, "value").values()) == {None}
    small = stage_of(homes.iloc[80:86], tables={"staff": people}, levels=[*TREE, GRID, SHARES], standards=even)
    assert shares(small, is_public=True) is None
    assert shares(stage_of(homes, tables={"staff": people}, levels=[*TREE, GRID, SHARES]), is_public=True) is None


def test_blind_spots_of_few_are_not_drawn_and_others_only_about() -> None:
    few = blind_spots(stage_of(households("AB---")), is_public=True)
    assert set(classes_of(few).values()) == {"grid"}
    many = blind_spots(stage_of(crowd({"A": 20, "-": 24})), is_public=True)
    assert classes_of(many)["blind-1"] == "people"
    assert said_of(many, "value")["blind-1"] == "约 20 户，约 50 人"


def test_matters_of_few_are_withheld() -> None:
    grids = ["A"] * 30 + ["B"] * 20 + ["C"] * 3 + ["D"] * 25
    rows = {
        "event_id": [f"M{i}" for i in range(78)],
        "kind": ["dispute"] * 78,
        "grid_id": grids,
        "opened": [pd.Timestamp("2026-06-01")] * 78,
    }
    reported = gpd.GeoDataFrame(
        {**rows, "closed": [pd.NaT] * 78}, geometry=[at(100 * "ABCD".index(g) + 50, 50) for g in grids], crs=PAPER
    )
    stage = stage_of(crowd(dict.fromkeys("ABCD", 20)), tables={"events": reported})
    theme = matters(stage, is_public=True)
    shown = said_of(theme, "value")
    table_ = stage.matters.public
    told = table_[table_["kind"] == "all"].set_index("id")["matters"]
    assert shown == {key: None if pd.isna(told[key]) else f"{told[key]} 件" for key in shown}
    assert classes_of(theme)["C" if "C" in shown else "V2"] == "withheld"
    assert set(said_of(theme, "advice").values()) == {None}


def test_streets_name_nobody_to_the_public() -> None:
    theme = streets(canary_place(), is_public=True)
    assert classes_of(theme) == {"R2": "bare", "R1": "somebody"}
    assert set(said_of(theme, "value").values()) == {None}
