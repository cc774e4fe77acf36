"""Standards on the place of paper: what passes, fails or is incomplete, its words, and what to mend first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geogrid.measuretable import MEASURES
from geogrid.profile import load_profile
from geogrid.profileparts import Rule
from geogrid.remedies import remedy
from geogrid.standards import Judged, bound_text, is_confirmed, judge, shown
from geogrid.words import Text
from tests.paper_place import STAFF, facts, households, profile_with
from tests.test_measures import CENTRES, GRADES

READ = {"zh": "某文件第三条", "en": "a paper, article 3"}
UNREAD = {"zh": "某文件，未读原文，待核", "en": "a paper; text not read, to be confirmed"}


def rule(of: str, measure: str, unit: str, **keys: Any) -> dict[str, Any]:
    return {"name": {"zh": "某标准", "en": "a standard"}, "of": of, "measure": measure, "unit": unit, "source": READ, **keys}


def judged(standards: dict[str, Any], stated: dict[str, Any] | None = None, **tables: Any) -> Judged:
    grades = tables.pop("grades_of_profile", ())
    return judge(facts(profile_with(standards=standards, stated=stated or {}, grades=grades), **tables))


def outcome(found: Judged) -> dict[str, str]:
    return dict(zip(found.results["subject_id"], found.results["result"], strict=True))


def test_a_bound_is_met_at_its_own_value() -> None:
    found = judged({"x": rule("grid", "households", "households", min=3.0, max=4.0)})
    assert outcome(found) == {"A": "pass", "B": "pass", "C": "fail", "D": "fail"}
    row = found.standards.iloc[0]
    assert (row["subjects"], row["passed"], row["failed"], row["incomplete"], row["share"]) == (4, 2, 2, 0, 0.5)
    assert row["bound"] == Text("3—4 户", "3 to 4 households")
    assert found.outcome == "fail"


def test_what_fails_stands_in_the_order_of_people_affected() -> None:
    """C has 8 persons, D 9."""
    found = judged({"x": rule("grid", "households", "households", min=3.0)})
    assert found.failed[["subject_id", "persons", "rank"]].values.tolist() == [["D", 9, 1], ["C", 8, 2]]


def test_missing_data_is_incomplete_and_named() -> None:
    found = judged({"x": rule("facilities", "floor_area", "m2", min=90.0)}, facilities=CENTRES)
    assert outcome(found) == {"F1": "pass", "F2": "pass", "F3": "incomplete", "F4": "fail"}
    assert [text and text.en for text in found.results["missing"]] == [None, None, "its floor area is not stated", None]
    assert found.standards.iloc[0]["share"] == pytest.approx(2 / 3)
    alone = judged({"x": rule("facilities", "floor_area", "m2", min=30.0)}, facilities=CENTRES)
    assert alone.outcome == "incomplete"


def test_facilities_affect_the_people_of_their_grid() -> None:
    """F4 stands in D with 9 persons."""
    found = judged({"x": rule("facilities", "floor_area", "m2", min=90.0)}, facilities=CENTRES)
    assert dict(zip(found.results["subject_id"], found.results["persons"], strict=True)) == {"F1": 18, "F2": 8, "F3": 0, "F4": 9}


def test_advice_is_given_where_something_fails() -> None:
    functions = rule("facilities", "functions", "count", min=2.0, options={"functions": ["大厅", "公示栏"]})
    found = judged({"x": functions}, facilities=CENTRES)
    assert [text and text.en for text in found.results["advice"]] == [
        None,
        "lacks: 公示栏; functions still missing: 1; set them up",
        None,
        "lacks: 大厅、公示栏; functions still missing: 2; set them up",
    ]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_a_remedy_on_both_sides_of_its_bound(measure: str) -> None:
    sides = [remedy(value, bound(measure), Text("2", "2"), load_profile()) for value in (1.0, 9.0, np.inf)]
    assert [text for text in sides if not (text.zh and text.en)] == []
    assert "{" not in str(sides)


def bound(measure: str) -> Rule:
    options = {"level": "village"} if measure == "children" else {}
    return Rule.model_construct(measure=measure, min=3.0, max=7.0, options=options)


def test_remedies_say_by_how_much_and_of_what() -> None:
    """C has 1 household, 2 short of 3; F4 has 40 m² of 90; V2 holds one grid of two; nobody is a deputy anywhere."""
    few = judged({"x": rule("grid", "households", "households", min=3.0)})
    assert advice(few)["C"] == "少 2 户：与相邻的合并，或从相邻的划入"
    small = judged({"x": rule("facilities", "floor_area", "m2", min=90.0)}, facilities=CENTRES)
    assert advice(small)["F4"] == "少 50 平方米：扩建、换址或合用房屋"
    bare = judged({"x": rule("grid", "staff", "people", min=3.0, options={"roles": ["member", "deputy"]})}, staff=STAFF)
    assert advice(bare)["A"] == "没有副网格长；还缺 1 名：明确由谁负责"
    assert advice(bare)["C"] == "没有网格员、副网格长；还缺 3 名：明确由谁负责"


def test_what_cannot_be_told_is_to_be_mended_after_what_fails() -> None:
    found = judged({"x": rule("facilities", "floor_area", "m2", min=90.0)}, facilities=CENTRES)
    assert found.to_mend[["subject_id", "result"]].to_numpy().tolist() == [["F4", "fail"], ["F3", "incomplete"]]


def test_a_missing_venue_says_whether_one_is_planned() -> None:
    """With every centre planned none counts; the villages with one of them are told its name."""
    options = {"services": ["party_service"], "statuses": ["built"]}
    planned = CENTRES.assign(status="planned", services=[("party_service",)] * len(CENTRES))
    found = advice(judged({"x": rule("village", "facilities", "count", min=1.0, options=options)}, facilities=planned))
    named = dict(zip(planned["facility_id"], planned["name"], strict=True))
    assert "文件中已规划：" in str(found["V1"])
    assert named["F4"] in str(found["V3"])
    nothing = advice(judged({"x": rule("village", "facilities", "count", min=1.0, options=options)}, facilities=planned.iloc[:0]))
    assert nothing["V3"] == "其中没有这样的设施，文件中没有规划；还缺 1 个：新建，或改造现有房屋"


def advice(found: Judged) -> dict[str, str | None]:
    said = [text and text.zh for text in found.results["advice"]]
    return dict(zip(found.results["subject_id"], said, strict=True))


def test_what_is_only_reported_fails_nobody() -> None:
    found = judged({"x": rule("grid", "households", "households", min=3.0, is_judged=False)})
    assert found.standards.iloc[0][["passed", "failed"]].tolist() == [2, 2]
    assert (found.outcome, len(found.failed)) == ("pass", 0)


def test_a_standard_without_subjects_is_said_with_none() -> None:
    found = judged({"x": rule("grid", "households", "households", min=3.0, scope=["别处"])})
    assert found.standards.iloc[0][["subjects", "passed", "failed", "incomplete"]].tolist() == [0, 0, 0, 0]
    assert np.isnan(found.standards.iloc[0]["share"])
    assert (len(found.results), found.outcome) == (0, "pass")


def test_no_standards_is_no_trouble() -> None:
    found = judged({})
    assert (len(found.standards), len(found.results), len(found.stated), found.outcome) == (0, 0, 0, "pass")


def test_stated_sizes_are_counted_within_a_bound_or_added_up() -> None:
    """Two of three villages have under 10 persons; all nine households have 45."""
    size = {"name": READ, "source": READ}
    found = judged(
        {},
        {
            "villages": {**size, "of": "village", "n": 3},
            "small": {**size, "of": "village", "measure": "persons", "max": 9.0, "unit": "persons", "n": 2, "share": 0.66},
            "persons": {**size, "of": "grid", "measure": "persons", "n": 44, "is_assumed": True, "source": UNREAD},
            "none": {**size, "of": "village", "where": {"name": "五村"}, "n": 0},
        },
    ).stated.set_index("stated")
    assert found["found"].tolist() == [3, 2, 45, 0]
    assert found["is_equal"].tolist() == [True, True, False, True]
    assert found.loc["small", ["share", "share_found"]].tolist() == pytest.approx([0.66, 2 / 3])
    assert found["is_confirmed"].tolist() == [True, True, False, True]
    assert found["is_assumed"].tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("value", "measure", "zh", "en"),
    [
        (300, "households", "300 户", "300 households"),
        (2.94, "staff", "2.94 名", "2.94 people"),
        (1, "staff", "1 名", "1 person"),
        (1, "households", "1 户", "1 household"),
        (8873.72, "radius", "8,874 米", "8,874 m"),
        (12.34, "radius", "12.34 米", "12.34 m"),
        (1000, "floor_area", "1,000 平方米", "1,000 m²"),
        (0.794, "share_covered", "79.4%", "79.4%"),
        (np.inf, "minutes", "无法到达", "out of reach"),
        (np.nan, "minutes", "—", "—"),
        (2, "grade", "B", "grade B"),
        (9, "grade", "9", "9"),
        (3, "children", "3 个", "3"),
        (12_345_678.9, "area", "12,345,679 平方公里", "12,345,679 km²"),
    ],
)
def test_values_in_words(value: float, measure: str, zh: str, en: str) -> None:
    assert shown(value, measure, profile_with(grades=GRADES)) == Text(zh, en)


@pytest.mark.parametrize(
    ("bounds", "zh", "en"),
    [
        ({"min": 90.0}, "不少于 90 平方米", "at least 90 m²"),
        ({"max": 90.0}, "不多于 90 平方米", "at most 90 m²"),
        ({"min": 90.0, "max": 90.0}, "90 平方米", "90 m²"),
        ({"min": 500.0, "max": 1000.0}, "500—1,000 平方米", "500 to 1,000 m²"),
        ({}, "只报告", "reported only"),
    ],
)
def test_bounds_in_words(bounds: dict[str, float], zh: str, en: str) -> None:
    standard = profile_with(standards={"x": rule("facilities", "floor_area", "m2", **bounds)}).standards["x"]
    assert bound_text(standard) == Text(zh, en)


def test_sources_that_were_not_read_say_so() -> None:
    assert (is_confirmed(Text(**READ)), is_confirmed(Text(**UNREAD))) == (True, False)


def test_households_outside_all_grids_are_in_no_subject() -> None:
    found = judged({"x": rule("place", "households", "households", min=1.0)}, homes=households("AB-"))
    assert found.results["value"].tolist() == [2]
