"""The list of threats and the tests that stand for them: no clause without a test, no test that is not there, none forgotten."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTED = tomllib.loads((ROOT / "tests" / "threats.toml").read_text(encoding="utf-8"))
WAITING: dict[str, dict[str, object]] = LISTED.pop("waiting")
ROWS: dict[int, dict[str, list[str]]] = {int(number): clauses for number, clauses in LISTED.items()}
NAMED = re.compile(r"test_threats?_((?:\d+_|to_|and_)+)")
WHOLE = "*"
"""Stands for all tests of a file."""


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests of a file, none where it is not there."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def rows_of(test: str) -> frozenset[int]:
    """Return the rows that a test is named by.

    Examples
    --------
    >>> sorted(rows_of("test_threats_9_11_and_15_to_17_a_file")), sorted(rows_of("test_a_file"))
    ([9, 11, 15, 16, 17], [])
    """
    found = NAMED.match(test)
    rows: list[int] = []
    is_range = False
    for part in found[1].split("_") if found else ():
        if part.isdigit():
            rows += range(rows[-1] + 1, int(part) + 1) if is_range else [int(part)]
        is_range = part == "to"
    return frozenset(rows)


def is_there(test: str) -> bool:
    file, _, name = test.partition("::")
    return bool(names_in(file)) if name == WHOLE else name in names_in(file)


def test_every_row_is_listed() -> None:
    assert set(ROWS) == set(range(1, 29))
    assert all(clauses and all(clauses.values()) for clauses in ROWS.values())


@pytest.mark.parametrize("row", ROWS)
def test_every_test_is_there(row: int) -> None:
    missing = {clause: gone for clause, tests in ROWS[row].items() if (gone := [test for test in tests if not is_there(test)])}
    assert missing == {}


def test_names_of_tests_name_rows_that_there_are() -> None:
    """And for every row but those of durability some test does, or its tests have a file of their own."""
    named = {(path.name, row) for path in sorted((ROOT / "tests").glob("test_*.py")) for row in _rows_in(path)}
    assert {row for _, row in named} <= set(ROWS)
    own = {
        row
        for row, tests in ROWS.items()
        if any(test.startswith("tests/test_threats_") for each in tests.values() for test in each)
    }
    assert set(ROWS) <= {row for _, row in named} | own


def _rows_in(path: Path) -> frozenset[int]:
    return frozenset().union(*(rows_of(name) for name in names_in(f"tests/{path.name}")))


@pytest.mark.parametrize("clause", WAITING)
def test_what_waits_is_still_to_come(clause: str) -> None:
    """Once the thing is there, its clause moves to its row, with tests."""
    assert not (ROOT / str(WAITING[clause]["path"])).exists()
    assert clause not in ROWS[int(str(WAITING[clause]["row"]))]
