"""Population that changes with the season (候鸟): who is covered when other numbers of people live in the same households.

The ways and the times stay what they are; only the people are counted anew. A household whose file does not say how many live
there in a season counts with its ``persons``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.coverage import coverage_table
from geogrid.errors import NotFoundError
from geogrid.settings import ALL
from geogrid.suppression import is_small
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from geogrid.profile import Profile, Season

Floats = npt.NDArray[np.float64]

BASE = ""
"""The season of the people who are counted otherwise: ``persons``."""

COUNTS = ("persons", "persons_covered", "persons_uncovered", "persons_unreached")


def season_named(profile: Profile, name: str) -> Season:
    """Return a season of the profile by any of its names, or by the column that counts its people.

    Raises
    ------
    NotFoundError
        The profile has none of that name.

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> season_named(load_profile(), "persons_summer").id, season_named(load_profile(), "冬季").id
    ('summer', 'winter')
    """
    for season in profile.seasons:
        if name.casefold() in {season.column, *(each.casefold() for each in season.names)}:
            return season
    known = ", ".join(season.id for season in profile.seasons) or "-"
    raise NotFoundError(_NO_SEASON.fill(value=name, known=known))


def persons_in(households: pd.DataFrame, season: Season) -> tuple[pd.Series, int]:
    """Return how many people live in each household in a season, and of how many households ``persons`` was taken.

    Parameters
    ----------
    households
        ``persons``; ``persons_<season>`` where the file has it (blank cells may have been filled and reported on reading).
    season
        One of the profile's.

    Returns
    -------
    tuple
        People on the households' index (Int64), and the households whose file does not say.

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> households = pd.DataFrame({"persons": [3, 2], "persons_summer": pd.array([1, None], dtype="Int64")})
    >>> people, assumed = persons_in(households, load_profile().seasons[0])
    >>> people.tolist(), assumed
    ([1, 2], 1)
    """
    persons = households["persons"].astype("Int64")
    stated = households[season.column].astype("Int64") if season.column in households else persons.mask(persons.notna())
    return stated.fillna(persons).rename(season.column), int(stated.isna().sum())


def season_table(households: pd.DataFrame, statuses: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Compare who is covered in every season with who is covered otherwise.

    Parameters
    ----------
    households
        A row per household: ``persons``, and ``persons_<season>`` for seasons that the file states.
    statuses
        Its status, a column per service (see `coverage.cover`), on the same index.
    profile
        Names the seasons.

    Returns
    -------
    DataFrame
        A row per service and season, the base (season `BASE`) first: ``service``, ``season``, ``households_assumed`` (households
        without a figure of their own, counted with ``persons``), ``persons``, ``persons_covered``, ``persons_uncovered``,
        ``persons_unreached``, ``share`` (covered / persons, 0 to 1; NaN without persons), and what is different from the base:
        ``persons_change``, ``persons_covered_change``, ``share_change``. Without seasons there are only base rows.

    Raises
    ------
    InputError
        The indexes differ, or a status is unknown.

    Examples
    --------
    >>> from geogrid.profile import load_profile
    >>> households = pd.DataFrame({"persons": [3, 2], "persons_summer": [1, 2], "persons_winter": [5, 2]})
    >>> statuses = pd.DataFrame({"medical": ["covered", "uncovered"]})
    >>> table = season_table(households, statuses, load_profile())
    >>> table[["season", "persons", "persons_covered", "share", "persons_change"]]
       season  persons  persons_covered     share  persons_change
    0                5                3  0.600000               0
    1  summer        3                1  0.333333              -2
    2  winter        7                5  0.714286               2
    """
    everywhere = pd.Series(ALL, index=households.index, dtype="category")
    return _compared(households, statuses, everywhere, profile.seasons).drop(columns="group")


def season_table_by_grid(households: pd.DataFrame, statuses: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Compare the seasons grid by grid; exact counts, for the office only.

    Parameters
    ----------
    households, statuses, profile
        As for `season_table`, the households with ``grid_id``.

    Returns
    -------
    DataFrame
        As `season_table`, a row per service, grid and season, with ``grid_id`` (NA for households outside all grids, the last)
        and without ``households_assumed``.

    Raises
    ------
    InputError
        As for `season_table`.
    """
    table = _compared(households, statuses, households["grid_id"], profile.seasons)
    return table.drop(columns="households_assumed").rename(columns={"group": "grid_id"})


def public_seasons(table: pd.DataFrame, *, withheld: Collection[str] = (), threshold: int = 10) -> pd.DataFrame:
    """Withhold the rows of a town's season table that tell about few people; grids are never published by season.

    A season says who lives there only a part of the year, so it is not only small counts that tell: also small differences to
    the base, to another season, and between one service and all at once.

    Parameters
    ----------
    table
        From `season_table`, of the whole town.
    withheld
        Services whose base counts of persons are withheld in the public coverage table; all their rows are.
    threshold
        The largest small count.

    Returns
    -------
    DataFrame
        The same rows without ``households_assumed``; counts, shares and changes of withheld rows are NA, and ``suppressed`` says
        which.

    Examples
    --------
    >>> columns = {"service": "medical", "season": ["", "summer"], "persons": [500, 495], "persons_covered": [400, 380]}
    >>> table = pd.DataFrame({**columns, "persons_uncovered": [100, 115], "persons_unreached": 0, "share": 0.8})
    >>> public_seasons(table)["suppressed"].tolist()
    [False, True]
    """
    town = _small_rows(table, table[["persons", "persons_unreached"]], threshold)
    hidden = table["service"].isin(list(withheld)) | table["season"].isin(table.loc[town, "season"])
    hidden |= _small_rows(table, table[list(COUNTS)], threshold) | _near_all(table, threshold)
    hidden |= (table["service"] == ALL) & table["season"].isin(table.loc[hidden, "season"])
    shown = table.drop(columns="households_assumed", errors="ignore")
    told = [column for column in shown if column not in ("service", "season")]
    return shown.assign(**{column: shown[column].mask(hidden) for column in told}, suppressed=hidden)


def _compared(households: pd.DataFrame, statuses: pd.DataFrame, keys: pd.Series, seasons: Sequence[Season]) -> pd.DataFrame:
    """Count every season over groups and compare it with the base."""
    asked = [(BASE, households["persons"], 0), *((season.id, *persons_in(households, season)) for season in seasons)]
    parts = []
    for place, (season, people, assumed) in enumerate(asked):
        counted = coverage_table(people.to_frame("persons"), statuses, keys)[["service", "group", *COUNTS]]
        above, below = (counted[column].to_numpy(dtype=float) for column in ("persons_covered", "persons"))
        share = np.divide(above, below, out=np.full(len(counted), np.nan), where=below > 0)
        parts.append(counted.assign(season=season, households_assumed=assumed, share=np.round(share, 6), place=place))
    base = parts[0]
    changed = [
        part.assign(**{f"{column}_change": part[column] - base[column] for column in ("persons", "persons_covered", "share")})
        for part in parts
    ]
    rows = pd.concat([part.assign(row=np.arange(len(part))) for part in changed])
    first = ["service", "group", "season", "households_assumed"]
    columns = [*first, *(column for column in changed[0] if column not in (*first, "place"))]
    return rows.sort_values(["row", "place"], ignore_index=True)[columns]


def _small_rows(table: pd.DataFrame, counts: pd.DataFrame, threshold: int) -> pd.Series:
    """Return True where a count is small, or its difference to what the same service shows of the base or an earlier season."""
    values, hidden = counts.to_numpy(dtype=float), np.zeros(len(table), dtype=bool)
    for rows in table.reset_index(drop=True).groupby("service", sort=False).indices.values():
        shown: list[Floats] = []
        for row in rows:
            apart = np.abs(np.stack([values[row], *(values[row] - other for other in shown)]))
            hidden[row] = bool(shown) and bool(is_small(apart, threshold).any())
            if not hidden[row]:
                shown.append(values[row])
    return pd.Series(hidden, index=table.index)


def _near_all(table: pd.DataFrame, threshold: int) -> pd.Series:
    """Return True for the seasons of a service that cover nearly the same people as all services at once."""
    together = table[table["service"] == ALL].set_index("season")["persons_covered"]
    apart = (table["persons_covered"] - table["season"].map(together)).to_numpy(dtype=float, na_value=np.nan)
    return pd.Series(is_small(apart[:, None], threshold) & (table["season"] != BASE).to_numpy(), index=table.index)


_NO_SEASON = Text(
    "配置中没有季节“{value}”；可用：{known}，或在配置的 [[seasons]] 中加上",
    "the profile has no season {value!r}; use one of: {known}, or add it under [[seasons]]",
)
