"""Grades by period, by hand on the place of paper and against loops over random tables."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geogrid.facts import Facts
from geogrid.grading import (
    CHANGE_COLUMNS,
    PROBLEM_COLUMNS,
    SHARE_COLUMNS,
    SUBJECT_COLUMNS,
    UNGRADED_COLUMNS,
    Grading,
    graded,
)
from tests.paper_place import GRID, TREE, facts, profile_with, table

COLOURS = ("#006837", "#78c679", "#fec44f", "#d7301f")
LETTERS = [
    {"id": key.lower(), "zh": f"{key}级", "en": f"grade {key}", "colour": colour, "aliases": [key]}
    for key, colour in zip("ABCD", COLOURS, strict=True)
]
ROWS = [
    ("V1", "2026Q1", "A"),
    ("V2", "2026Q1", "c"),
    ("V1", "2026Q2", "B"),
    ("V2", "2026Q2", "B级"),
    ("V3", "2026Q2", "grade d"),
]
"""Three villages: V1 falls, V2 rises, V3 is new."""


def place(*rows: tuple[str, str, str], graded_level: str = "village") -> Facts:
    subject, period, grade = ([row[i] for row in rows or ROWS] for i in range(3))
    profile = profile_with(levels=[*TREE, GRID], code_pattern="", grades=LETTERS, graded=graded_level)
    return facts(profile, grades=table(subject_id=subject, period=period, grade=grade))


def cells(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame[list(columns)].to_numpy(dtype=object)]


def columns_of(found: Grading) -> list[tuple[str, ...]]:
    return [tuple(each.columns) for each in (found.subjects, found.shares, found.changes, found.ungraded, found.problems)]


COLUMNS = [SUBJECT_COLUMNS, SHARE_COLUMNS, CHANGE_COLUMNS, UNGRADED_COLUMNS, PROBLEM_COLUMNS]


def test_grades_by_any_of_their_names() -> None:
    found = graded(place())
    assert columns_of(found) == COLUMNS
    assert found.missing is None
    assert found.periods == ("2026Q1", "2026Q2")
    assert cells(found.subjects, *SUBJECT_COLUMNS) == [
        ("2026Q1", "V1", "一村", "a", 1),
        ("2026Q1", "V2", "二村", "c", 3),
        ("2026Q2", "V1", "一村", "b", 2),
        ("2026Q2", "V2", "二村", "b", 2),
        ("2026Q2", "V3", "三村", "d", 4),
    ]
    assert found.latest["grade"].tolist() == ["b", "b", "d"]
    assert found.problems.empty


def test_a_profile_without_grades_says_so_of_every_row() -> None:
    profile = profile_with(levels=[*TREE, GRID], code_pattern="", grades=[], graded="")
    found = graded(facts(profile, grades=table(subject_id=["V1", "V2"], period=["2026Q1"] * 2, grade=["A", "A"])))
    assert [problem.say("zh") for problem in found.problems["problem"]] == ["本方案没有等级"] * 2
    assert found.problems["problem"][0].en == "this profile has no grades"
    assert found.subjects.empty


def test_shares_of_each_period() -> None:
    """First one A and one C of two; then two B and one D of three."""
    found = graded(place())
    assert found.shares["subjects"].tolist() == [1, 0, 1, 0, 0, 2, 0, 1]
    assert found.shares["share"].tolist() == [0.5, 0, 0.5, 0, 0, 2 / 3, 0, 1 / 3]
    assert found.shares["name"][0].zh == "A级"
    assert found.shares["colour"].tolist() == [*COLOURS, *COLOURS]


def test_quarter_against_quarter() -> None:
    found = graded(place())
    assert cells(found.changes, *CHANGE_COLUMNS) == [
        ("2026Q1", "2026Q2", "V1", "一村", "a", "b", "fell"),
        ("2026Q1", "2026Q2", "V2", "二村", "c", "b", "rose"),
        ("2026Q1", "2026Q2", "V3", "三村", None, "d", "new"),
    ]


def test_three_periods_compare_neighbours() -> None:
    """In the third quarter V1 keeps its grade and V2 and V3 have none."""
    found = graded(place(*ROWS, ("V1", "2026Q3", "B")))
    assert cells(found.latest_changes, "before", "subject_id", "change") == [
        ("2026Q2", "V1", "same"),
        ("2026Q2", "V2", "gone"),
        ("2026Q2", "V3", "gone"),
    ]
    assert len(found.changes) == 6


def test_who_has_no_grade_is_named() -> None:
    found = graded(place())
    assert cells(found.ungraded, *UNGRADED_COLUMNS) == [("2026Q1", "V3", "三村")]


def test_periods_stand_in_the_order_of_time() -> None:
    """In the order of their signs the third quarter (三) comes before the second (二)."""
    rows = [("V1", f"2026年{sign}季度", grade) for sign, grade in zip("三二一四", "CBAD", strict=True)]
    found = graded(place(*rows))
    assert found.periods == tuple(f"2026年{sign}季度" for sign in "一二三四")
    assert found.latest["grade"].tolist() == ["d"]
    assert set(found.changes.loc[found.changes["subject_id"] == "V1", "change"]) == {"fell"}


def test_wrong_rows_are_left_out_and_said() -> None:
    found = graded(place(*ROWS, ("V3", "2026Q1", "优"), ("V9", "2026Q1", "A"), ("V1", "2026Q1", "D")))
    assert cells(found.problems, "period", "subject_id", "grade")[:2] == [("2026Q1", "V3", "优"), ("2026Q1", "V9", "A")]
    assert [text.zh for text in found.problems["problem"]] == [
        "“优”不是本方案的等级，可用：A级、B级、C级、D级",
        "没有编号为“V9”的村",
        "同一周期评定了两次，取第一行",
    ]
    assert [text.en for text in found.problems["problem"]] == [
        "'优' is no grade of this profile; known: grade A, grade B, grade C, grade D",
        "there is no village with the id 'V9'",
        "graded twice in one period; the first row is taken",
    ]
    assert found.shares["subjects"].tolist()[:4] == [1, 0, 1, 0]
    assert cells(found.ungraded, "period", "subject_id") == [("2026Q1", "V3")]


def test_a_profile_that_grades_no_level_takes_what_the_table_names() -> None:
    found = graded(place(("某", "2026", "A"), graded_level=""))
    assert cells(found.subjects, "subject_id", "name", "grade") == [("某", "某", "a")]
    assert found.ungraded.empty
    assert found.changes.empty
    assert columns_of(found) == COLUMNS


def test_facilities_can_be_graded() -> None:
    found = graded(place(("F1", "2026", "A"), graded_level="facilities"))
    assert found.subjects.empty
    assert found.problems["problem"][0].en == "there is no facilities with the id 'F1'"


def test_without_grades_nothing_is_told() -> None:
    found = graded(facts())
    assert found.missing == ("没有提供等级表", "no table of grades given")
    assert columns_of(found) == COLUMNS
    assert found.latest.empty
    assert found.latest_changes.empty


@pytest.mark.parametrize("seed", range(20))
def test_against_loops_over_random_grades(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given: dict[tuple[str, str], str] = {}
    for _ in range(8):
        given[str(rng.choice(["V1", "V2", "V3"])), str(rng.choice(["2025Q4", "2026Q1", "2026Q2"]))] = str(
            rng.choice(list("ABCD"))
        )
    found = graded(place(*[(subject, period, grade) for (subject, period), grade in given.items()]))
    periods = sorted({period for _, period in given})
    assert list(found.periods) == periods
    expected = set()
    for before, period in itertools.pairwise(periods):
        for village in ("V1", "V2", "V3"):
            was, now = given.get((village, before)), given.get((village, period))
            if was or now:
                change = "new" if not was else "gone" if not now else "same" if was == now else "rose" if now < was else "fell"
                expected.add((before, period, village, change))
    assert set(cells(found.changes, "before", "period", "subject_id", "change")) == expected
    for period, grade, number in cells(found.shares, "period", "grade", "subjects"):
        assert number == sum(1 for (_, p), g in given.items() if (p, g.lower()) == (period, grade))
    lacking = {(p, v) for p in periods for v in ("V1", "V2", "V3") if (v, p) not in given}
    assert set(cells(found.ungraded, "period", "subject_id")) == lacking
