"""Cells: numbers, text, lists and words as people and machines write them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.rows.cells import as_text, cell_text, read_cells, to_numbers
from geogrid.rows.problems import range_text
from geogrid.rows.spec import Column
from geogrid.schema import validate
from geogrid.words import Text
from tests.raw_rows import codes, households, notes

if TYPE_CHECKING:
    pass


COUNT = Column("n", "int", Text("数", "count"), minimum=0, maximum=100)
NUMBERS = [
    ("3", 3.0),
    (" 3 ", 3.0),
    ("３", 3.0),
    ("1,234", 1234.0),
    ("１，２３４", 1234.0),
    ("12,34", None),
    ("-3", -3.0),
    ("－3", -3.0),
    ("+3", 3.0),
    ("3.50", 3.5),
    ("3.", 3.0),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1E+03", 1000.0),
    ("3人", None),
    ("3 口", None),
    ("三口", None),
    ("不详", None),
    ("inf", None),
    ("1e999", None),
    ("0x10", None),
    ("1_000", None),
    ("--", None),
    (".", None),
    ("9" * 41, None),
    ("1 234", 1234.0),
    ("²", 2.0),
    ("-", None),
    ("e5", None),
    (3, 3.0),
    (3.5, 3.5),
    (True, None),
    ("\u200b3", 3.0),
]


@pytest.mark.parametrize(("cell", "expected"), NUMBERS)
def test_numbers_as_people_write_them(cell: object, expected: float | None) -> None:
    number, blank = to_numbers(pd.Series([cell, "x"], dtype=object))
    assert not blank.any()
    finite = float(number[0]) if np.isfinite(number[0]) else None
    assert finite == expected


@pytest.mark.parametrize("cell", ["", "  ", "\u3000", None, float("nan"), "NaN", "null", "#N/A", "None", pd.NA, "\ufeff"])
def test_what_machines_write_for_nothing_is_blank(cell: object) -> None:
    number, blank = to_numbers(pd.Series([cell, "1"], dtype=object))
    assert blank.tolist() == [True, False]
    assert np.isnan(number[0])


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "Float64", "int8"])
def test_number_columns_need_no_text(dtype: str) -> None:
    number, blank = to_numbers(pd.Series([1, 2], dtype=dtype))
    assert number.tolist() == [1.0, 2.0]
    assert not blank.any()


def test_missing_and_infinite_numbers_in_number_columns() -> None:
    read = read_cells(pd.Series([1.0, np.nan, np.inf, 1.5, 101]), COUNT)
    assert read.blank.tolist() == [False, True, False, False, False]
    assert [(bad.code, bad.rows.tolist()) for bad in read.bad] == [
        ("not_a_number", [2]),
        ("not_whole", [3]),
        ("out_of_range", [4]),
    ]


@given(st.integers(-(2**53), 2**53), st.sampled_from(["{}", " {} ", "{:,}", "{}.0", "{:.1f}"]))
@settings(max_examples=60, deadline=None)
def test_every_whole_number_survives_being_written(value: int, form: str) -> None:
    number, _ = to_numbers(pd.Series([form.format(value)], dtype=object))
    assert number[0] == float(form.format(value).replace(",", ""))


@given(st.lists(st.text(max_size=6), max_size=8))
@settings(max_examples=50, deadline=None)
def test_no_text_breaks_a_number_column_and_every_cell_is_accounted_for(cells: list[str]) -> None:
    read = read_cells(pd.Series(cells, dtype=object), COUNT)
    bad = {int(row) for found in read.bad for row in found.rows}
    good = set(np.flatnonzero(read.parsed.notna()).tolist())
    blank = set(np.flatnonzero(read.blank).tolist())
    assert Counter([*bad, *good, *blank]) == Counter(range(len(cells)))


def test_range_without_limits_is_said() -> None:
    assert range_text(Column("z", "float", Text("高", "z"))).say("en") == "-∞ to ∞"
    wide = read_cells(pd.Series(["1e20", "5"]), Column("z", "float", Text("高", "z")))
    assert [(bad.code, bad.rows.tolist()) for bad in wide.bad] == [("out_of_range", [0])]


CELLS = [
    ("007", "007"),
    (7.0, "7"),
    (7, "7"),
    (np.float64(360681111204.0), "360681111204"),
    (0.5, "0.5"),
    (True, "true"),
    (np.False_, "false"),
    (None, None),
    (np.nan, None),
    ([1, "b"], "1;b"),
    (np.array(["a"]), "a"),
    ({"a": "贵"}, '{"a": "贵"}'),
    (pd.NaT, None),
]


@pytest.mark.parametrize(("cell", "expected"), CELLS)
def test_cells_as_text(cell: object, expected: str | None) -> None:
    assert cell_text(cell) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([7.0, np.nan]), ["7", None]),
        (pd.Series([7, 8]), ["7", "8"]),
        (pd.Series([True, False]), ["true", "false"]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series(["\xa0a\u200b", "\u200b"]), ["a", None]),
        (pd.Series([None, None], dtype=object), [None, None]),
        (pd.Series([], dtype=object), []),
    ],
)
def test_columns_as_text(cells: pd.Series, expected: list[str | None]) -> None:
    text, broken = as_text(cells)
    assert [None if pd.isna(value) else value for value in text] == expected
    assert not broken.any()


def test_half_characters_and_control_characters_are_named_and_lose_only_their_row() -> None:
    raw = households().astype(object)
    raw["household_id"] = pd.Series(["H\ud8001", "H\x002", 3], index=raw.index, dtype=object)
    result = validate(raw, "households")
    assert codes(result) == [(2, "control_character"), (3, "control_character")]
    assert result.table["household_id"].tolist() == ["3"]
    result.rejected.to_csv(None).encode("utf-8")
    assert json.loads(result.rejected["row"][1])["household_id"] == "H\x002"


@pytest.mark.parametrize("mark", list("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
def test_marks_that_turn_the_direction_of_writing_are_left_out(mark: str) -> None:
    """A name with one would read as another wherever it is shown; one of nothing else is blank."""
    cells = pd.Series([f"网格{mark}一", f" {mark}甲{mark} ", mark, "乙"], dtype=object)
    assert as_text(cells).text.fillna("").tolist() == ["网格一", "甲", "", "乙"]


def test_ids_keep_zeros_and_lose_what_spreadsheets_add() -> None:
    assert validate(households(household_id=["007", "008", "9"]), "households").table["household_id"].tolist() == [
        "007",
        "008",
        "9",
    ]
    assert validate(households(household_id=[7.0, 8.0, 9.0]), "households").table["household_id"].tolist() == ["7", "8", "9"]
    written = validate(households(household_id=["7.0", "8.0", "9.0"]), "households")
    assert written.table["household_id"].tolist() == ["7", "8", "9"]
    assert "all ids in 'household_id' ended in .0" in notes(written)
    tree = validate(households(household_id=["1.0", "1.1", "2.0"]), "households")
    assert tree.table["household_id"].tolist() == ["1.0", "1.1", "2.0"]
    named = validate(households(household_id=["a.0", "b.0", "c.0"]), "households")
    assert named.table["household_id"].tolist() == ["a.0", "b.0", "c.0"]


def test_too_long_text_is_rejected() -> None:
    result = validate(households(household_id=["H" * 201, "H" * 200, "H3"]), "households")
    assert codes(result) == [(2, "too_long_text")]
    assert result.rejected["expected_en"][0] == "household id may have at most 200 characters"
    assert len(result.rejected["value"][0]) < 150


def test_the_first_problem_of_a_cell_is_enough() -> None:
    column = Column("n", "text", Text("文", "text"), max_length=2)
    read = read_cells(pd.Series(["\x00aaaa", "aaa", "aa"]), column)
    assert [(bad.code, bad.rows.tolist()) for bad in read.bad] == [("control_character", [0]), ("too_long_text", [1])]


def test_whole_numbers_of_thousands_of_digits_are_no_numbers() -> None:
    read = read_cells(pd.Series([10**5000, 3], dtype=object), COUNT)
    assert [(bad.code, bad.rows.tolist()) for bad in read.bad] == [("not_a_number", [0])]
