"""A published report with more withheld: every table that the coverage table is shown in follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.hierarchy import GRID, TOTAL
from geogrid.plain import both, plain
from geogrid.privacy import MEASURES
from geogrid.settings import ALL, NOW
from geogrid.summary import coverage_rows, worst_grids
from geogrid.totals import by_node
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geogrid.privacy import PublicReport

NOTE = Text(
    "与此前各次发布相减会推出少数住户的数，也不公开（本次因此另隐去 {n} 个数）。",
    "Counts that would tell of few households beside earlier publications are withheld too ({n} in this one).",
)
KEYS_OF_ROWS = ("service", "season", "zh", "en")
"""What stays of a row beside the total when the total is withheld."""


def with_more_withheld(public: PublicReport, coverage: pd.DataFrame) -> PublicReport:
    """Return a report in which nothing is told that a public coverage table withholds.

    Parameters
    ----------
    public : PublicReport
        As the check wrote it.
    coverage : DataFrame
        From `geogrid.republish.guarded`.
    """
    grids = _replaced(public.grids, "grid_id", by_node(coverage, coverage["level"] == GRID))
    unknown = grids["households"].isna()
    grids = grids.assign(**{c: grids[c].mask(unknown) for c in ("deviation", "in_range") if c in grids})
    areas = _replaced(public.areas, "area_id", by_node(coverage, ~coverage["level"].isin([GRID, TOTAL])))
    return replace(public, grids=grids, areas=areas, summary=_summary(public.summary, coverage))


def _replaced(frame: gpd.GeoDataFrame, key: str, counts: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put counts where a frame shows them; it keeps its columns and their order."""
    found = counts.reindex(frame[key])
    return frame.assign(**{c: found[c].array for c in counts.columns if c in frame})


def _summary(summary: dict[str, Any], coverage: pd.DataFrame) -> dict[str, Any]:
    totals = coverage[coverage["level"] == TOTAL]
    now = totals[totals["when"] == NOW].set_index("service")
    first = totals.iloc[0]
    shown = {**{m: first[m] for m in MEASURES}, "unreached": first["households_unreached"]}
    hidden = now["households_covered"].isna()
    services = [service["id"] for service in summary["services"]]
    return {
        **summary,
        "totals": summary["totals"] | plain(shown),
        "coverage": coverage_rows(coverage),
        **{table: _emptied(summary[table], hidden) for table in ("sensitivity", "radius")},
        "seasons": _emptied(summary["seasons"], now["persons_covered"].isna()),
        "worst_grids": {service: worst_grids(coverage, service) for service in (*services, ALL)},
    }


def _emptied(rows: Sequence[dict[str, Any]], hidden: pd.Series) -> list[dict[str, Any]]:
    """Empty the rows of services whose total is withheld."""
    return [
        {key: value if key in KEYS_OF_ROWS else None for key, value in row.items()} | {"suppressed": True}
        if bool(hidden.get(row["service"], np.False_))
        else row
        for row in rows
    ]


def noted(public: PublicReport, withheld: int) -> PublicReport:
    """Return a report that says how much it withholds because of earlier publications."""
    return replace(public, summary={**public.summary, "notes": [*public.summary["notes"], both(NOTE.fill(n=f"{withheld:,}"))]})
