"""Comparing seasons: who is covered when other numbers of people live in the same households, and what of it may be published."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.coverage import all_at_once
from geogrid.errors import InputError, NotFoundError
from geogrid.profile import Season, load_profile
from geogrid.seasons import persons_in, public_seasons, season_named, season_table, season_table_by_grid

PROFILE = load_profile()
SUMMER, WINTER = PROFILE.seasons


def town() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two grids: in summer everybody of the second household is away, the fourth does not say; winter is in no file."""
    households = pd.DataFrame(
        {
            "persons": pd.array([3, 2, 4, 5], dtype="Int64"),
            "persons_summer": pd.array([6, 0, 1, None], dtype="Int64"),
            "grid_id": ["A", "A", "B", None],
        },
        index=[10, 11, 12, 13],
    )
    statuses = pd.DataFrame({"medical": ["covered", "uncovered", "unreached", "covered"]}, index=households.index)
    return households, statuses


def test_a_town_by_hand() -> None:
    households, statuses = town()
    table = season_table(households, statuses, PROFILE)
    assert table["season"].tolist() == ["", "summer", "winter"]
    assert table["households_assumed"].tolist() == [0, 1, 4]
    assert table["persons"].tolist() == [14, 12, 14]
    assert table["persons_covered"].tolist() == [8, 11, 8]
    assert table["persons_uncovered"].tolist() == [2, 0, 2]
    assert table["persons_unreached"].tolist() == [4, 1, 4]
    assert table["share"].tolist() == [0.571429, 0.916667, 0.571429]
    assert table["persons_change"].tolist() == [0, -2, 0]
    assert table["persons_covered_change"].tolist() == [0, 3, 0]
    assert table["share_change"].tolist() == pytest.approx([0, 0.345238, 0])
    assert table.columns.tolist() == [
        *("service", "season", "households_assumed", "persons", "persons_covered", "persons_uncovered", "persons_unreached"),
        *("share", "persons_change", "persons_covered_change", "share_change"),
    ]


def test_grid_by_grid() -> None:
    households, statuses = town()
    table = season_table_by_grid(households, statuses, PROFILE)
    summer = table[table["season"] == "summer"]
    assert summer["grid_id"].tolist()[:2] == ["A", "B"]
    assert summer["grid_id"].isna().tolist() == [False, False, True]
    assert summer["persons"].tolist() == [6, 1, 5]
    assert summer["persons_covered"].tolist() == [6, 0, 5]
    assert summer["persons_change"].tolist() == [1, -3, 0]
    assert "households_assumed" not in table
    whole = season_table(households, statuses, PROFILE)
    assert table.groupby("season")["persons_covered"].sum().to_dict() == whole.set_index("season")["persons_covered"].to_dict()


def test_without_seasons_households_or_people() -> None:
    households, statuses = town()
    assert season_table(households, statuses, PROFILE.model_copy(update={"seasons": ()}))["season"].tolist() == [""]
    nobody = season_table(households.assign(persons=0, persons_summer=0), statuses, PROFILE)
    assert nobody["share"].isna().all()
    assert nobody["persons_change"].tolist() == [0, 0, 0]
    assert season_table(households.iloc[:0], statuses.iloc[:0], PROFILE)["persons"].sum() == 0
    assert season_table(households, statuses[[]], PROFILE).empty
    with pytest.raises(InputError, match="different indexes"):
        season_table(households, statuses.reset_index(drop=True), PROFILE)


def test_seasons_have_names() -> None:
    assert season_named(PROFILE, "Summer") is SUMMER
    assert season_named(PROFILE, "persons_winter") is WINTER
    with pytest.raises(NotFoundError, match=r"the profile has no season 'spring'; use one of: summer, winter, or add it under"):
        season_named(PROFILE, "spring")
    people, assumed = persons_in(town()[0], WINTER)
    assert (people.tolist(), people.name, people.index.tolist(), assumed) == ([3, 2, 4, 5], "persons_winter", [10, 11, 12, 13], 4)


def test_a_season_of_your_own() -> None:
    own = PROFILE.model_copy(update={"seasons": (Season(id="festival", zh="春节", en="Spring Festival"),)})
    households, statuses = town()
    table = season_table(households.assign(persons_festival=[9, 9, 9, 9]), statuses, own)
    assert table[["season", "persons"]].to_numpy().tolist() == [["", 14], ["festival", 36]]


def test_arguments_stay_as_they_are() -> None:
    households, statuses = town()
    before = households.copy(deep=True), statuses.copy(deep=True)
    season_table_by_grid(households, statuses, PROFILE)
    assert households.equals(before[0])
    assert statuses.equals(before[1])


# --- What may be published ---------------------------------------------------------------------------------------------------


def rows(*values: tuple[str, str, int, int, int, int]) -> pd.DataFrame:
    columns = ["service", "season", "persons", "persons_covered", "persons_uncovered", "persons_unreached"]
    table = pd.DataFrame(values, columns=columns).astype(dict.fromkeys(columns[2:], "Int64"))
    share = table["persons_covered"].astype(float) / table["persons"].astype(float).where(table["persons"] > 0)
    return table.assign(share=share, households_assumed=7)


def hidden(table: pd.DataFrame, **options: Any) -> list[bool]:
    return list(public_seasons(table, **options)["suppressed"])


def test_small_counts_and_small_differences_are_withheld() -> None:
    base = ("medical", "", 500, 400, 100, 0)
    assert hidden(rows(base, ("medical", "summer", 300, 250, 50, 0))) == [False, False]
    assert hidden(rows(base, ("medical", "summer", 300, 295, 5, 0))) == [False, True]
    assert hidden(rows(base, ("medical", "summer", 490, 350, 140, 0))) == [False, True]
    assert hidden(rows(base, ("medical", "summer", 300, 200, 91, 9))) == [False, True]
    assert hidden(rows(base, ("medical", "summer", 500, 400, 100, 0))) == [False, False]
    near = ("medical", "winter", 300, 255, 45, 0)
    assert hidden(rows(base, ("medical", "summer", 300, 250, 50, 0), near)) == [False, False, True]
    far = ("medical", "winter", 380, 250, 130, 0)
    assert hidden(rows(base, ("medical", "summer", 300, 295, 5, 0), far)) == [False, True, False]
    assert hidden(rows(base, ("medical", "summer", 300, 250, 50, 0)), threshold=50) == [False, True]


def test_what_the_base_withholds_no_season_tells() -> None:
    table = rows(("medical", "", 500, 400, 100, 0), ("medical", "summer", 300, 250, 50, 0), ("sport", "", 500, 300, 200, 0))
    shown = public_seasons(table, withheld=["medical"])
    assert shown["suppressed"].tolist() == [True, True, False]
    assert shown["persons_covered"].isna().tolist() == [True, True, False]
    assert shown["share"].isna().tolist() == [True, True, False]
    assert "households_assumed" not in shown
    assert table["persons"].notna().all()


def test_one_service_does_not_tell_of_another() -> None:
    """Who lives there is the same for all services; who is covered by all may be nearly the same as by one."""
    medical, sport, together = ("medical", "", 500, 400, 100, 0), ("sport", "", 500, 300, 200, 0), ("all", "", 500, 300, 200, 0)
    few = rows(medical, ("medical", "summer", 495, 300, 195, 0), sport, ("sport", "summer", 495, 200, 295, 0))
    assert hidden(few) == [False, True, False, True]
    alike = rows(medical, ("medical", "summer", 300, 250, 50, 0), together, ("all", "summer", 300, 245, 55, 0))
    assert hidden(alike) == [False, True, False, True]
    single = rows(medical, ("medical", "summer", 300, 295, 5, 0), together, ("all", "summer", 300, 100, 200, 0))
    assert hidden(single) == [False, True, False, True]


# --- Laws --------------------------------------------------------------------------------------------------------------------

COUNT = st.one_of(st.none(), st.integers(0, 9))


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_seasons_add_up(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 8))
    status = st.lists(st.sampled_from(["covered", "uncovered", "unreached"]), min_size=size, max_size=size)
    statuses = pd.DataFrame({"a": data.draw(status), "b": data.draw(status)})
    statuses["all"] = all_at_once(statuses)
    households = pd.DataFrame(
        {
            "persons": data.draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)),
            "persons_summer": pd.array(data.draw(st.lists(COUNT, min_size=size, max_size=size)), dtype="Int64"),
            "grid_id": data.draw(st.lists(st.sampled_from("AB"), min_size=size, max_size=size)),
        }
    )
    table, by_grid = (f(households, statuses, PROFILE) for f in (season_table, season_table_by_grid))
    parts = table[["persons_covered", "persons_uncovered", "persons_unreached"]].sum(axis=1)
    assert parts.tolist() == table["persons"].tolist()
    people = households["persons_summer"].fillna(households["persons"])
    for service in statuses:
        row = table[(table["service"] == service) & (table["season"] == "summer")].iloc[0]
        assert row["persons_covered"] == people[statuses[service] == "covered"].sum()
        inside = by_grid[(by_grid["service"] == service) & (by_grid["season"] == "summer")]
        assert inside["persons_covered"].sum() == row["persons_covered"]
        assert inside["persons_change"].sum() == row["persons_change"]
    same = table[table["season"] == "winter"][["persons", "persons_covered"]].to_numpy()
    assert (same == table[table["season"] == ""][["persons", "persons_covered"]].to_numpy()).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=4))
def test_what_is_shown_tells_of_nobody(counts: list[tuple[int, int, int]]) -> None:
    values = [("", (100, 100, 100)), *((f"s{n}", each) for n, each in enumerate(counts))]
    table = public_seasons(rows(*(("medical", season, sum(parts), *parts) for season, parts in values)))
    shown = table[~table["suppressed"]]
    for column in ("persons", "persons_covered", "persons_uncovered", "persons_unreached"):
        seen = shown[column].astype(int).tolist()
        assert not [each for each in seen if 1 <= each <= 10]
        assert not [1 for one in seen for other in seen if 1 <= abs(one - other) <= 10]
