"""What may leave the office of a place's standards: no value and no name where people are counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geogrid.facts import Facts
from geogrid.placepublic import public_standards
from geogrid.placereport import place_report
from tests.paper_place import GRIDS, TREE, facts, profile_with, table
from tests.test_measures import CENTRES
from tests.test_placethemes_privacy import crowd
from tests.test_standards import READ, rule
from tests.theme_places import ESTATE, GRID, units

WINTER = {"id": "winter", "zh": "冬", "en": "winter"}


def published(standards: dict[str, Any], stated: dict[str, Any] | None = None, **tables: Any) -> dict[str, Any]:
    given = {"levels": tables.pop("levels", [*TREE, GRID]), "code_pattern": "", "seasons": [WINTER]}
    known: Facts = facts(profile_with(standards=standards, stated=stated or {}, **given), **tables)
    return public_standards(place_report(known))


def size(of: str, **more: Any) -> dict[str, Any]:
    return {"name": READ, "source": READ, "of": of, **more}


def test_facts_of_the_office_are_named() -> None:
    found = published({"x": rule("facilities", "floor_area", "m2", min=90.0)}, facilities=CENTRES)["standards"][0]
    assert (found["subjects"], found["passed"], found["failed"], found["incomplete"]) == (4, 2, 1, 1)
    assert [(row["id"], row["result"], row["value"]["en"]) for row in found["failures"]] == [
        ("F4", "fail", "40 m²"),
        ("F3", "incomplete", "—"),
    ]
    assert found["failures"][1]["said"]["zh"] == "没有填写建筑面积"
    assert "persons" not in json.dumps(found["failures"])


@pytest.mark.parametrize(
    ("measure", "unit", "bounds", "told"),
    [
        ("households", "households", {"min": 35.0}, (1, 1, 2)),
        ("households", "households", {"min": 10.0}, (None, None, 4)),
        ("households", "households", {"min": 0.0, "max": 5.0}, (None, None, 4)),
        ("persons", "persons", {"max": 90.0}, (1, 1, 2)),
        ("persons", "persons", {"max": 90.0, "options": {"season": "winter"}}, (None, None, 4)),
    ],
)
def test_people_are_counted_only_where_their_own_number_is_public_and_never_named(
    measure: str, unit: str, bounds: dict[str, Any], told: tuple[int | None, int | None, int]
) -> None:
    """B has 3 households, and A would tell them: their village is public."""
    homes = crowd({"A": 302, "B": 3, "C": 30, "D": 60}, persons_winter=[2] * 395)
    found = published({"x": rule("grid", measure, unit, **bounds)}, homes=homes)["standards"][0]
    assert (found["passed"], found["failed"], found["withheld"]) == told
    assert found["subjects"] == 4
    assert found["failures"] == []
    assert found["share"] is None


@pytest.mark.parametrize("homes_a", [296, 299, 302])
def test_bounds_above_what_is_hidden_do_not_bracket_it(homes_a: int) -> None:
    """A and B have 305 households together; whatever the bounds, nothing published depends on how they divide."""
    homes = crowd({"A": homes_a, "B": 305 - homes_a, "C": 50, "D": 60})
    bounds = range(293, 306)
    standards = {f"x{n}": rule("grid", "households", "households", max=float(n)) for n in bounds}
    stated = {f"s{n}": size("grid", measure="households", max=float(n), unit="households", n=1) for n in bounds}
    other = crowd({"A": 298, "B": 7, "C": 50, "D": 60})
    assert published(standards, stated, homes=homes) == published(standards, stated, homes=other)


def test_shares_are_told_where_all_subjects_are() -> None:
    homes = crowd({"A": 20, "B": 30, "C": 40, "D": 50})
    found = published(
        {"x": rule("grid", "households", "households", min=25.0)},
        {"s": size("grid", measure="households", min=25.0, unit="households", n=3)},
        homes=homes,
    )
    assert (found["standards"][0]["share"], found["standards"][0]["withheld"]) == (0.75, 0)
    assert (found["stated"][0]["found"], found["stated"][0]["share_found"]) == (3, 0.75)


def test_sums_of_people_are_told_of_one_public_node_only() -> None:
    """Village V2 is grid C; the sum over the grids of one kind would tell 3 households of B."""
    grids = GRIDS.assign(kind=["basic", "odd", "basic", "basic"])
    homes = crowd({"A": 302, "B": 3, "C": 50, "D": 60}, persons_winter=[1] * 415)
    stated = {
        "villages": size("village", n=3),
        "all": size("place", measure="persons", n=830),
        "grids": size("grid", measure="households", n=415),
        "where": size("grid", measure="households", where={"kind": ["basic"]}, n=412),
        "scope": size("village", measure="households", scope=["V2"], n=50),
        "winter": size("place", measure="persons", options={"season": "winter"}, n=415),
    }
    found = {row["id"]: (row["found"], row["is_equal"]) for row in published({}, stated, homes=homes, grids=grids)["stated"]}
    assert found.pop("villages") == (3, True)
    assert found.pop("all") == (830, True)
    assert set(found) == {"grids", "where", "scope", "winter"}
    assert set(found.values()) == {(None, None)}


def test_sums_over_what_is_beside_the_tree_are_not_told() -> None:
    """A project that holds a little less than the standing grids would tell the rest."""
    project = GRIDS.iloc[:1].assign(grid_id="P1", grid_set="x")
    levels = [*TREE, GRID, {"id": "project", "zh": "项目", "en": "project", "of": "grids", "grid_set": "x"}]
    stated = {"p": size("project", measure="households", n=1)}
    tables = {"projects": project, "homes": crowd(dict.fromkeys("ABCD", 40))}
    row = published({}, stated, levels=levels, **tables)["stated"][0]
    assert (row["n"], row["found"], row["is_equal"]) == (1, None, None)


def test_few_people_in_all_are_not_told() -> None:
    row = published({}, {"few": size("place", measure="households", n=9)})["stated"][0]
    assert (row["found"], row["is_equal"]) == (None, None)


def test_sets_of_households_are_counted_and_never_named() -> None:
    """A set is called like whoever is responsible for it."""
    staff = table(
        staff_id=["HX1", "HX2"],
        name=["张秘密", "李秘密"],
        role=["centre_household"] * 2,
        of_kind=["households"] * 2,
        of_id=["A", "B"],
    )
    levels = [
        *TREE,
        GRID,
        {"id": "ch", "zh": "户", "en": "home", "parent": "grid", "of": "households", "select": ["centre_household"]},
    ]
    led = {"led": rule("ch", "staff", "people", options={"roles": ["leader"]}, min=1.0)}
    found = published(led, levels=levels, staff=staff)["standards"][0]
    assert (found["subjects"], found["failed"], found["failures"]) == (2, 2, [])


def test_party_membership_is_nobodys_business() -> None:
    staff = table(
        staff_id=["P1", "P2"],
        name=["张", "李"],
        role=["leader"] * 2,
        of_kind=["grid"] * 2,
        of_id=["A", "B"],
        party_member=[True, False],
    )
    about: dict[str, Any] = {"of": "grid", "measure": "staff", "options": {"party_member": True}}
    found = published(
        {"x": rule("grid", "staff", "people", options={"party_member": True}, min=1.0)},
        {"sum": size(n=1, **about), "led": size(n=1, min=1.0, unit="people", **about)},
        staff=staff,
    )
    assert (found["standards"][0]["passed"], found["standards"][0]["failures"]) == (None, [])
    assert [row["found"] for row in found["stated"]] == [None, None]


def test_failures_stand_in_the_order_of_their_ids() -> None:
    """Most people live in C; that order would bound what is withheld of A."""
    staff = table(staff_id=["Z"], name=["某"], role=["leader"], of_kind=["street"], of_id=["R9"])
    homes = crowd({"A": 3, "B": 20, "C": 300, "D": 60})
    found = published({"x": rule("grid", "staff", "people", min=1.0)}, homes=homes, staff=staff)["standards"][0]
    assert [row["id"] for row in found["failures"]] == list("ABCD")


def test_units_with_few_households_are_counted_as_withheld() -> None:
    """As on the map: E1 has 3 households and is not drawn."""
    homes = crowd({"A": 40}, unit_id=["E1"] * 3 + ["E2"] * 37)
    staff = table(staff_id=["Z"], name=["某"], role=["leader"], of_kind=["street"], of_id=["R9"])
    led = {"x": rule("estate", "staff", "people", min=1.0)}
    found = published(led, levels=[*TREE, GRID, ESTATE], homes=homes, units=units([0, 30, 60]), staff=staff)["standards"][0]
    assert (found["failed"], found["withheld"], [row["id"] for row in found["failures"]]) == (1, 1, ["E2"])


def test_it_is_json() -> None:
    json.dumps(published({"x": rule("grid", "households", "households", min=11.0)}), allow_nan=False)
