"""What may leave the office of a place's standards: no value and no name where people are counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geogrid.facts import Facts
from geogrid.placepublic import public_standards
from geogrid.placereport import place_report
from tests.paper_place import facts, households, profile_with
from tests.test_measures import CENTRES, STATUS
from tests.test_standards import READ, rule


def published(standards: dict[str, Any], stated: dict[str, Any] | None = None, **tables: Any) -> dict[str, Any]:
    known: Facts = facts(profile_with(standards=standards, stated=stated or {}), **tables)
    return public_standards(place_report(known))


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
    ("measure", "unit", "bounds", "counts"),
    [
        ("households", "households", {"min": 11.0}, (0, 4)),
        ("households", "households", {"min": 10.0}, (None, None)),
        ("households", "households", {"min": 0.0, "max": 5.0}, (None, None)),
        ("persons", "persons", {"max": 100.0}, (4, 0)),
        ("share_covered", "share", {"min": 0.9}, (None, None)),
        ("minutes", "minutes", {"max": 15.0}, (None, None)),
    ],
)
def test_people_are_counted_only_above_what_is_hidden_and_never_named(
    measure: str, unit: str, bounds: dict[str, float], counts: tuple[int | None, int | None]
) -> None:
    options = {"services": ["medical"]} if measure in ("minutes", "share_covered") else {}
    homes = households("AAAABBBCD", **STATUS, minutes_medical=[1.0] * 9)
    found = published({"x": rule("grid", measure, unit, options=options, **bounds)}, homes=homes)["standards"][0]
    assert (found["passed"], found["failed"]) == counts
    assert found["failures"] == []
    assert (found["share"] is None) == (counts[0] is None)


def test_stated_sizes_that_count_few_people_are_left_out() -> None:
    size = {"name": READ, "source": READ}
    stated = {
        "villages": {**size, "of": "village", "n": 3},
        "small": {**size, "of": "village", "measure": "persons", "max": 9.0, "unit": "persons", "n": 2},
        "large": {**size, "of": "village", "measure": "persons", "max": 999.0, "unit": "persons", "n": 3},
        "all": {**size, "of": "place", "measure": "persons", "n": 45},
        "few": {**size, "of": "place", "measure": "households", "n": 9},
    }
    found = published({}, stated)["stated"]
    told = [(row["id"], row["found"], row["is_equal"]) for row in found]
    assert told == [("villages", 3, True), ("large", 3, True), ("all", 45, True)]


def test_it_is_json() -> None:
    json.dumps(published({"x": rule("grid", "households", "households", min=11.0)}), allow_nan=False)
