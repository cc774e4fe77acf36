"""The seasons of a check: exact tables for the office, and the little of them that may leave it.

What a season tells beyond the other counts is who is away or back, so more is withheld than elsewhere:

1. `seasons.public_seasons` withholds small counts and small differences to the base, to other seasons and to all services.
2. Here a row is withheld, too, where few *households* state another number than in the base or in a season that is shown, or
   where only few of those are covered, or are not: one dormitory changes a town's sum by hundreds of persons.
3. What is left are persons rounded to tens and shares to three decimals, of the whole town only: no grid, no split of who is not
   covered, and no number to subtract from an exact one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.hierarchy import TOTAL
from geogrid.plain import both, records
from geogrid.privacy import ROUND_GAPS_TO
from geogrid.seasons import BASE, persons_in, public_seasons, season_table, season_table_by_grid
from geogrid.settings import ALL, NOW
from geogrid.suppression import is_small
from geogrid.totals import STATUS_PREFIX
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.report import Report
    from geogrid.settings import Settings

USUAL = Text("平时", "Usual")
"""What the base is called: the people of the column ``persons``."""

SHARE_DECIMALS = 3


def season_tables(households: gpd.GeoDataFrame, settings: Settings) -> dict[str, pd.DataFrame]:
    """Compare the seasons over the town and grid by grid, of households inside grids, as things are now.

    Parameters
    ----------
    households : GeoDataFrame
        With ``grid_id`` and the status columns of the report.
    settings : Settings
        Services, and the profile that names the seasons.

    Returns
    -------
    dict
        Tables seasons and seasons_by_grid (see `seasons.season_table`); none when the households' file has no season's column.
    """
    profile = settings.profile
    if not any(season.column in households for season in profile.seasons):
        return {}
    inside, statuses = _inside(households, settings)
    return {
        "seasons": season_table(inside, statuses, profile),
        "seasons_by_grid": season_table_by_grid(inside, statuses, profile),
    }


def _inside(households: gpd.GeoDataFrame, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the households inside grids, and their statuses now."""
    inside = households[households["grid_id"].notna()]
    return inside, pd.DataFrame({s: inside[f"{STATUS_PREFIX[NOW]}{s}"] for s in (*settings.services, ALL)})


def seasons_to_publish(report: Report, coverage: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of ``report.json``.

    Parameters
    ----------
    report : Report
        The exact one.
    coverage : DataFrame
        From `privacy.public_coverage`: where it withholds how many persons a service covers, no season of it is shown.

    Returns
    -------
    list of dict
        For each service, the base first: service, season (id, "" for the base), zh, en, persons (rounded to tens), share (three
        decimals), suppressed. Empty when there are no seasons.
    """
    table = report.tables.get("seasons")
    if table is None:
        return []
    settings = report.settings
    totals = coverage[(coverage["level"] == TOTAL) & (coverage["when"] == NOW)].set_index("service")["persons_covered"]
    threshold = settings.profile.suppress_below
    public = public_seasons(table, withheld=totals.index[totals.isna()].tolist(), threshold=threshold)
    few = _few_households(report.households, settings, threshold)
    pairs = zip(table["service"], table["season"], strict=True)
    hidden = public["suppressed"].to_numpy(dtype=bool) | np.array([pair in few for pair in pairs], dtype=bool)
    hidden |= ((table["service"] == ALL) & table["season"].isin(table.loc[hidden, "season"])).to_numpy()
    names = {BASE: USUAL} | {season.id: season.name for season in settings.profile.seasons}
    shown = pd.DataFrame(
        {
            "service": table["service"],
            "season": table["season"],
            "persons": _rounded(table["persons"]).mask(hidden, pd.NA),
            "share": table["share"].astype(float).round(SHARE_DECIMALS).mask(hidden),
            "suppressed": hidden,
        }
    )
    return [{**row, **both(names[row["season"]])} for row in records(shown)]


def _rounded(counts: pd.Series) -> pd.Series:
    return (counts.astype("Int64") / ROUND_GAPS_TO).round().astype("Int64") * ROUND_GAPS_TO


def _few_households(households: gpd.GeoDataFrame, settings: Settings, threshold: int) -> set[tuple[str, str]]:
    """Name the (service, season) whose people differ from those of the base, or of a season shown, in few households only."""
    inside, statuses = _inside(households, settings)
    people = {BASE: inside["persons"].to_numpy(dtype=float)}
    people |= {s.id: persons_in(inside, s)[0].to_numpy(dtype=float) for s in settings.profile.seasons}
    few: set[tuple[str, str]] = set()
    for service in statuses:
        covered = (statuses[service] == "covered").to_numpy()
        shown: list[npt.NDArray[np.float64]] = []
        for season, each in people.items():
            changed = [each != other for other in shown]
            counts = np.array([[(one & covered).sum(), (one & ~covered).sum()] for one in changed], dtype=float).reshape(-1, 2)
            if is_small(counts, threshold).any():
                few.add((str(service), season))
            else:
                shown.append(each)
    return few
