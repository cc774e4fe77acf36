"""The trace from what the places ask to what answers it: no sentence without an answer, and no answer that is not there."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from geogrid.profile import Profile, load_profile, profile_names

ROOT = Path(__file__).parents[1]
TRACE = tomllib.loads((ROOT / "tests" / "trace.toml").read_text(encoding="utf-8"))
ASKS: list[dict[str, Any]] = TRACE["ask"]
EXPECTED = frozenset(TRACE["expected"])
FEATURE = re.compile(r"feature:[a-z]+(-[a-z]+)*")
TABLES = ("standards", "stated", "services", "levels")


def asked(place: str) -> list[dict[str, Any]]:
    return [ask for ask in ASKS if ask["place"] == place]


def is_there(profile: Profile, key: str) -> bool:
    """Return whether a key stands in a profile and says something."""
    table, _, name = key.partition(".")
    if table not in TABLES:
        return not name and bool(getattr(profile, table, None))
    part = getattr(profile, table)
    return name in ({level.id for level in part} if table == "levels" else part)


@cache
def names_in(file: str) -> frozenset[str]:
    """Return the names of the tests of a file, none where it is not there."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return name in names_in(file)


def test_every_place_is_asked_about() -> None:
    assert {ask["place"] for ask in ASKS} == {*profile_names(), "all"} - {"generic"}
    assert all(len(asked(place)) >= 5 for place in profile_names() if place != "generic")


def test_nothing_is_empty_and_nothing_is_said_twice() -> None:
    for ask in ASKS:
        assert ask.keys() == {"place", "says", "by", "tests"}
        assert all(ask.values()), ask["says"]
        assert all(isinstance(each, str) and each.strip() for each in (*ask["by"], *ask["tests"])), ask["says"]
    said = [(ask["place"], ask["says"]) for ask in ASKS]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: f"{ask['place']}: {ask['says'][:40]}")
def test_every_answer_is_there(ask: dict[str, Any]) -> None:
    profile = load_profile("generic" if ask["place"] == "all" else ask["place"])
    missing = [key for key in ask["by"] if not (FEATURE.fullmatch(key) or is_there(profile, key))]
    assert missing == []


def test_every_test_is_there_or_expected() -> None:
    missing = {test for ask in ASKS for test in ask["tests"] if not exists(test)}
    assert missing - EXPECTED == set()


def test_what_is_expected_is_still_to_come() -> None:
    """A test that was written since is taken off the list; one that nobody names is none of ours."""
    assert {test for test in EXPECTED if exists(test)} == set()
    assert {test for ask in ASKS for test in ask["tests"]} >= EXPECTED


@pytest.mark.parametrize("place", [name for name in profile_names() if name != "generic"])
def test_every_standard_and_stated_size_answers_something(place: str) -> None:
    profile = load_profile(place)
    keys = {f"standards.{key}" for key in profile.standards}
    keys |= {f"stated.{key}" for key, size in profile.stated.items() if not size.is_assumed}
    keys |= {f"levels.{level.id}" for level in profile.levels if level.id != "county"}
    assert keys - {key for ask in asked(place) for key in ask["by"]} == set()


def test_a_key_that_is_not_there_is_found() -> None:
    fushan = load_profile("fushan")
    assert is_there(fushan, "standards.zone_area")
    assert is_there(fushan, "levels.zone")
    assert is_there(fushan, "circle")
    assert not any(is_there(fushan, key) for key in ("standards.zone", "levels.alliance", "grades", "colour", "circle.x"))
    assert exists("tests/test_trace.py::test_a_key_that_is_not_there_is_found")
    assert not exists("tests/test_trace.py::test_that_nobody_wrote")
    assert not exists("tests/test_nowhere.py::test_a")
