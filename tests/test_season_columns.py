"""Households' people by season: which headers mean which season, what blank cells mean, and what is said of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from geogrid import io
from geogrid.profile import Profile, Season, load_profile
from geogrid.rows.headers import match_headers
from geogrid.rows.seasons import unknown_seasons, with_seasons
from geogrid.rows.tables import FACILITIES, HOUSEHOLDS
from geogrid.schema import validate

if TYPE_CHECKING:
    from pathlib import Path

SEASONS = load_profile().seasons
SPEC = with_seasons(HOUSEHOLDS, SEASONS)
BASE = {"户编号": ["1", "2", "3"], "人口": ["4", "3", "2"], "经度": ["117.2"] * 3, "纬度": ["28.3"] * 3}


@pytest.mark.parametrize(
    ("header", "season"),
    [
        ("persons_winter", "persons_winter"),
        ("Persons Winter", "persons_winter"),
        ("winter_persons", "persons_winter"),
        ("人口_冬季", "persons_winter"),
        ("冬季人口", "persons_winter"),
        ("人口（冬季）", "persons_winter"),
        ("冬季人数（人）", "persons_winter"),
        ("冬天常住人口", "persons_winter"),
        ("persons_wi", "persons_winter"),
        ("summer population", "persons_summer"),
        ("人口_夏季", "persons_summer"),
        ("人口", "persons"),
        ("persons", "persons"),
        ("persons_spring", None),
    ],
)
def test_headers(header: str, season: str | None) -> None:
    used = match_headers([header], SPEC).used
    assert list(used) == ([season] if season else [])


def test_blank_cells_mean_persons_and_that_is_counted() -> None:
    raw = pd.DataFrame(BASE | {"冬季人口": ["0", "", "9"], "persons_summer": ["1", "1", "1"]}, index=[2, 3, 4])
    result = validate(raw, SPEC)
    assert result.table["persons_winter"].tolist() == [0, 3, 9]
    assert result.table["persons_summer"].tolist() == [1, 1, 1]
    assert result.table["persons_winter"].dtype == "int64"
    said = [note.en for note in result.notes if "winter" in note.en]
    assert said == ["1 rows have no persons_winter; the column persons is used"]
    assert "1 行没有填冬季人口，按“persons”列处理" in [note.zh for note in result.notes]


@pytest.mark.parametrize(
    ("value", "code"), [("三口", "not_a_number"), ("2.5", "not_whole"), ("-1", "out_of_range"), ("200000", "out_of_range")]
)
def test_a_season_is_a_count_like_persons(value: str, code: str) -> None:
    result = validate(pd.DataFrame(BASE | {"冬季人口": ["1", value, "2"]}, index=[2, 3, 4]), SPEC)
    assert result.table["household_id"].tolist() == ["1", "3"]
    assert result.rejected[["line", "column", "value", "code"]].to_numpy().tolist() == [[3, "冬季人口", value, code]]


def test_a_bad_count_of_persons_rejects_the_row_not_the_season() -> None:
    raw = pd.DataFrame(BASE | {"人口": ["4", "x", "2"], "冬季人口": ["", "", ""]}, index=[2, 3, 4])
    result = validate(raw, SPEC)
    assert result.table["persons_winter"].tolist() == [4, 2]
    assert result.rejected["column"].tolist() == ["人口"]


def test_tables_without_people_and_profiles_without_seasons_stay_as_they_are() -> None:
    assert with_seasons(FACILITIES, SEASONS) is FACILITIES
    assert with_seasons(HOUSEHOLDS, ()).columns == HOUSEHOLDS.columns
    result = validate(pd.DataFrame(BASE, index=[2, 3, 4]), SPEC)
    assert "persons_winter" not in result.table


@pytest.mark.parametrize(
    "header", ["persons_spring", "Persons Monsoon", "春节人口", "人口_雨季", "暑假人数", "population_2024", "返乡期人口"]
)
def test_seasons_that_the_profile_does_not_have_are_named(header: str) -> None:
    (note,) = unknown_seasons(["备注", header], SPEC)
    assert header in note.en
    assert "(it has: persons_summer, persons_winter)" in note.en
    assert header in note.zh
    assert "备注" not in note.zh
    result = validate(pd.DataFrame(BASE | {header: ["1", "2", "3"]}, index=[2, 3, 4]), SPEC)
    assert note in result.notes
    assert header not in result.table


@pytest.mark.parametrize("header", ["备注", "流动人口", "户籍人口", "党员人数", "name", "personal"])
def test_other_headers_are_no_seasons(header: str) -> None:
    assert unknown_seasons([header], HOUSEHOLDS) == ()


def test_files_are_read_with_the_profiles_seasons(tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    path.write_text("户编号,人口,雨季人口,冬季人口,经度,纬度\n1,4,2,,117.2,28.3\n", encoding="utf-8")
    read = io.read_households(path)
    assert read.table["persons_winter"].tolist() == [4]
    assert any("雨季人口" in note.en and "season" in note.en for note in read.source.notes)
    rainy = Profile(**{**dict(load_profile()), "seasons": (Season(id="rainy", zh="雨季", en="rainy season"),)})
    read = io.read_households(path, profile=rainy)
    assert read.table["persons_rainy"].tolist() == [2]
    assert any("冬季人口" in note.zh and "季节" in note.zh for note in read.source.notes)
