"""Household rows stay private by type: this module is the only maker of what maps, pages and public routes may read.

A count is withheld when it is between 1 and the profile's threshold (10 unless set), or when it could be worked out from counts
that are shown. Zero is shown. The counts of a place form a tree (total, areas inside areas, grids), and each *block* of counts
(say, households covered by a service now) is treated on its own:

1. A node's block is withheld when one of the block's counts, or a difference of shown counts, is small (primary suppression).
2. What a shown node leaves unexplained, its own count less everything shown below it, is the sum over the withheld grids under
   it. That sum must come from at least two grids and must not be small itself; otherwise the smallest shown grid there is
   withheld too, or, when none is left, the node (complementary suppression).

Gaps cut across grids, so their counts are rounded to tens instead, and a gap with a small count is neither counted nor drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.suppression import Counts, Flags, Tree, is_small, withhold

if TYPE_CHECKING:
    import geopandas as gpd

MEASURES = ("households", "persons", "aged_65", "children_0_14")
"""What is counted; households stand first because a small number of households withholds the rest."""

ROUND_GAPS_TO = 10


@dataclass(frozen=True)
class PublicReport:
    """Everything that may leave the office: aggregates with small counts withheld, places, and never a household.

    All frames are in WGS 84 (EPSG:4326); ``summary`` is exactly what ``report.json`` holds. Made by ``publish.publish``, or read
    back from a folder of public files.
    """

    summary: dict[str, Any]
    grids: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    defects: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    radii: gpd.GeoDataFrame


@dataclass(frozen=True)
class _Cube:
    """The coverage table as arrays over the nodes, one per block, and which of them are withheld."""

    tree: Tree
    threshold: int
    totals: dict[str, Counts]
    covered: dict[tuple[str, str, str], Counts]
    unreached: dict[str, Counts]
    hidden: dict[tuple[str, ...], Flags] = field(default_factory=dict)

    def flags(self, *block: str) -> Flags:
        """Return which nodes withhold a block; unknown blocks are withheld nowhere."""
        return self.hidden.get(block, np.zeros(len(self.tree.parent), dtype=bool))

    def decide(self, block: tuple[str, ...], counts: list[Counts], differences: list[Counts], *because: tuple[str, ...]) -> None:
        """Decide a block from its counts, what it would tell by subtraction, and blocks whose withholding forces its own."""
        forced = np.zeros(len(self.tree.parent), dtype=bool)
        for other in because:
            forced = forced | self.flags(*other)
        apart = np.column_stack(differences) if differences else None
        self.hidden[block] = withhold(self.tree, np.column_stack(counts), forced, threshold=self.threshold, differences=apart)


def public_coverage(coverage: pd.DataFrame, tree: Tree, *, threshold: int = 10) -> pd.DataFrame:
    """Withhold small counts, and what would tell them, from a coverage table.

    Parameters
    ----------
    coverage : DataFrame
        One row per service, ``when`` (now, later) and node, the nodes of each in the tree's order. Columns: level, id, name,
        service, when, and for each measure m of `MEASURES`: m, m_covered, m_uncovered, m_unreached (Int64; NA where unknown).
    tree : Tree
        The nodes: total first, then areas and grids.
    threshold : int
        The largest small count, households or persons.

    Returns
    -------
    DataFrame
        The same rows and columns; withheld counts are NA and ``suppressed`` says where.
    """
    cube = _cube(coverage, tree, threshold)
    for measure in cube.totals:
        _decide_totals(cube, measure)
    for service, when, measure in cube.covered:
        _decide_covered(cube, service, when, measure)
    for measure in cube.unreached:
        _decide_unreached(cube, measure)
    return _masked(coverage, cube)


def _cube(coverage: pd.DataFrame, tree: Tree, threshold: int) -> _Cube:
    """Cut the table into arrays over the nodes."""
    known = [m for m in MEASURES if coverage[m].notna().all()]
    groups = list(coverage.groupby(["service", "when"], sort=False))
    first = groups[0][1]
    return _Cube(
        tree=tree,
        threshold=threshold,
        totals={m: _array(first[m]) for m in known},
        covered={(*key, m): _array(rows[f"{m}_covered"]) for m in known for key, rows in groups},
        unreached={m: _array(first[f"{m}_unreached"]) for m in known},
    )


def _array(column: pd.Series) -> Counts:
    """Return a nullable count column as floats."""
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))


def _decide_totals(cube: _Cube, measure: str) -> None:
    """Decide a measure's own count, with what is left of the persons when it is subtracted."""
    totals = cube.totals
    counts, differences = [totals[measure]], []
    if measure in MEASURES[2:]:
        counts.append(totals["persons"] - totals[measure])
    if measure == MEASURES[3] and MEASURES[2] in totals:
        differences.append(totals["persons"] - totals[MEASURES[2]] - totals[MEASURES[3]])
    cube.decide(("total", measure), counts, differences, ("total", MEASURES[0]))


def _decide_covered(cube: _Cube, service: str, when: str, measure: str) -> None:
    """Decide covered and not covered together, with the differences to now and to single services."""
    covered = cube.covered[service, when, measure]
    counts, differences = [covered, cube.totals[measure] - covered], []
    if when == "later":
        differences.append(covered - cube.covered[service, "now", measure])
    if service == "all":
        differences += [c - covered for (s, w, m), c in cube.covered.items() if s != "all" and (w, m) == (when, measure)]
    cube.decide((service, when, measure), counts, differences, ("total", measure), (service, when, MEASURES[0]))


def _decide_unreached(cube: _Cube, measure: str) -> None:
    """Decide unreached, which splits a shown "not covered" into uncovered and unreached."""
    unreached, total = cube.unreached[measure], cube.totals[measure]
    uncovered = [
        np.where(cube.flags(s, w, m), np.nan, total - c - unreached) for (s, w, m), c in cube.covered.items() if m == measure
    ]
    cube.decide(("unreached", measure), [unreached], uncovered, ("total", measure), ("unreached", MEASURES[0]))


def _masked(coverage: pd.DataFrame, cube: _Cube) -> pd.DataFrame:
    """Put NA where a block is withheld."""
    parts = []
    for (service, when), rows in coverage.groupby(["service", "when"], sort=False):
        shown = rows.copy()
        any_hidden = np.zeros(len(rows), dtype=bool)
        for m in cube.totals:
            total, block, apart = cube.flags("total", m), cube.flags(service, when, m), cube.flags("unreached", m)
            for column, hidden in {
                m: total,
                f"{m}_covered": block,
                f"{m}_uncovered": block | apart,
                f"{m}_unreached": apart,
            }.items():
                shown[column] = shown[column].mask(hidden, pd.NA)
                any_hidden |= hidden
        parts.append(shown.assign(suppressed=any_hidden))
    return pd.concat(parts).loc[coverage.index]


def public_gaps(gaps: gpd.GeoDataFrame, *, threshold: int = 10) -> gpd.GeoDataFrame:
    """Round the counts of gaps to tens; a gap with 1 to ``threshold`` households or persons keeps no count and no polygon.

    Parameters
    ----------
    gaps : GeoDataFrame
        With count columns `MEASURES` and whole lattice squares as geometry.
    threshold : int
        The largest small count.

    Returns
    -------
    GeoDataFrame
        The same rows; ``suppressed`` marks those withheld whole. Single small counts of larger gaps are NA.
    """
    shown = gaps.copy()
    whole = is_small(np.column_stack([_array(gaps[m]) for m in MEASURES[:2]]), threshold) if len(gaps) else np.zeros(0, bool)
    for measure in MEASURES:
        counts = _array(gaps[measure])
        hidden = whole | is_small(counts[:, None], threshold) | np.isnan(counts)
        rounded = pd.Series(np.rint(np.nan_to_num(counts) / ROUND_GAPS_TO) * ROUND_GAPS_TO, index=gaps.index).astype("Int64")
        shown[measure] = rounded.mask(hidden, pd.NA)
    shown["suppressed"] = whole
    shown.loc[whole, "geometry"] = None
    shown.loc[whole, "minutes"] = np.nan
    shown["nearest_facility"] = shown["nearest_facility"].mask(whole, None)
    shown["nearest_facility_id"] = shown["nearest_facility_id"].mask(whole, None)
    return shown


def public_radius(radius: pd.DataFrame, households: int, *, threshold: int = 10) -> pd.DataFrame:
    """Withhold the whole comparison of a service, shares too, when one of its counts is small.

    Parameters
    ----------
    radius : DataFrame
        From `radius.compare_with_walking`.
    households : int
        Of how many the shares are; those that neither counts must not be few either.
    threshold : int
        The largest small count.

    Examples
    --------
    >>> rows = pd.DataFrame({"service": ["sport"], "share_walking": [0.9], "both": [88], "only_radius": [0], "only_walking": [2]})
    >>> public_radius(rows, 100).iloc[0].to_dict()
    {'service': 'sport', 'share_walking': nan, 'both': None, 'only_radius': None, 'only_walking': None,
     'suppressed': True}
    """
    parts = ["both", "only_radius", "only_walking"]
    counts = radius[parts].to_numpy(dtype=float)
    hidden = is_small(np.column_stack([counts, households - counts.sum(axis=1)]), threshold)
    shown = radius.assign(**{p: radius[p].astype("Int64").mask(hidden, pd.NA) for p in parts})
    shares = [c for c in radius.columns if c.startswith("share")]
    return shown.assign(**{c: radius[c].astype(float).round(4).mask(hidden) for c in shares}, suppressed=hidden)


def public_sensitivity(sensitivity: pd.DataFrame, households: int, *, threshold: int = 10) -> pd.DataFrame:
    """Withhold a what-if share when it differs from the share by a small number of households.

    Parameters
    ----------
    sensitivity : DataFrame
        From `coverage.sensitivity`.
    households : int
        Of how many the shares are.
    threshold : int
        The largest small count.

    Returns
    -------
    DataFrame
        Shares rounded to 4 decimals, NaN where withheld; ``suppressed``.
    """
    shares = [c for c in sensitivity.columns if c.startswith(("share_", "borderline"))]
    shown = sensitivity.assign(share=sensitivity["share"].round(4))
    hidden_any = np.zeros(len(sensitivity), dtype=bool)
    for column in shares:
        base = 0.0 if column.startswith("borderline") else sensitivity["share"]
        differing = np.rint(np.abs(sensitivity[column] - base) * households).to_numpy(dtype=float)[:, None]
        hidden = is_small(differing, threshold)
        shown[column] = sensitivity[column].round(4).mask(hidden)
        hidden_any |= hidden
    return shown.assign(suppressed=hidden_any)
