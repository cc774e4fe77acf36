"""Household rows stay private by type: this module is the only maker of what maps, pages and public routes may read.

A count is withheld when it is between 1 and the profile's threshold (10 unless set), or when it could be worked out from counts
that are shown. Zero is shown. The counts of a place form a tree (total, areas inside areas, grids), and each *block* of counts
(say, households covered by a service now) is treated on its own:

1. A node's block is withheld when one of the block's counts, or a difference of shown counts, is small (primary suppression).
2. What a shown node leaves unexplained, its own count less everything shown below it, is the sum over the withheld grids under
   it. That sum must come from at least two grids and must not be small itself; otherwise the smallest shown grid there is
   withheld too, or, when none is left, the node (complementary suppression).

   Where services are reached by different modes, each leaves its own households unreached; then what splits "not covered" is
   withheld altogether.
3. Blocks bound one another: all at once ≤ a service, now ≤ later, covered ≤ reached. While a small count, or a small difference,
   can be worked out from all that is shown (`geogrid.inference` tries), withheld counts take those with them that bound them
   within the threshold, first among the nearest nodes, then farther up the tree.

Gaps cut across grids, so their counts are rounded to tens instead, and a gap with a small count is
neither counted nor drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geogrid.inference import Made
from geogrid.sidetables import public_radius, public_sensitivity
from geogrid.suppression import Counts, Flags, Tree, is_small, withhold

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

__all__ = ["MEASURES", "PublicReport", "public_coverage", "public_gaps", "public_radius", "public_sensitivity", "withheld_totals"]

MEASURES = ("households", "persons", "aged_65", "children_0_14")
"""What is counted; households stand first because a small number of households withholds the rest."""

Block = tuple[str, ...]
"""The name of counts that are shown or withheld together: ("total", m), (service, when, m) or ("unreached", m)."""

ROUND_GAPS_TO = 10

SQUARE_M2 = 10_000.0
"""Area of one of the squares that gaps are drawn in (`geogrid.gaps.LATTICE_M`)."""

ALL, NOW = "all", "now"


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
    """The coverage table as arrays over the nodes, one per block, and which of them are withheld.

    ``unreached`` is empty where services are reached by modes that leave different households unreached.
    """

    tree: Tree
    threshold: int
    totals: dict[str, Counts]
    covered: dict[Block, Counts]
    unreached: dict[str, Counts]
    hidden: dict[Block, Flags] = field(default_factory=dict)

    def flags(self, *block: str) -> Flags:
        """Return which nodes withhold a block; unknown blocks are withheld nowhere."""
        return self.hidden.get(block, np.zeros(len(self.tree.parent), dtype=bool))

    def decide(self, block: Block, counts: list[Counts], differences: list[Counts], *because: Block) -> None:
        """Decide a block from its counts, what it would tell by subtraction, and blocks whose withholding forces its own."""
        forced = self.flags(*block)
        for other in because:
            forced = forced | self.flags(*other)
        apart = np.column_stack(differences) if differences else None
        self.hidden[block] = withhold(self.tree, np.column_stack(counts), forced, threshold=self.threshold, differences=apart)

    def made(self, measure: str) -> Made:
        """Return a measure's counts, published or not, and how they add up."""
        total, unreached, reached = ("total", measure), ("unreached", measure), ("reached", measure)
        counts: dict[Block, Counts] = {total: self.totals[measure]}
        blocks = [block for block in self.covered if block[2] == measure]
        wholes: tuple[Block, ...] = (total,)
        if measure in self.unreached:
            counts |= {unreached: self.unreached[measure], reached: self.totals[measure] - self.unreached[measure]}
            wholes = (total, reached)
        counts |= {block: self.covered[block] for block in blocks}
        pairs = [*((whole, block) for block in blocks for whole in wholes), *self.nested(measure)]
        rests = {("rest", *whole, *part): (whole, part) for whole, part in pairs}
        sums = [(whole, part, rest) for rest, (whole, part) in rests.items()]
        sums += [(total, unreached, reached)] if len(wholes) > 1 else []
        overlaps = [each for whole in wholes for each in _overlaps(whole, blocks, unreached=unreached in counts)]
        counts |= {rest: counts[whole] - counts[part] for rest, (whole, part) in rests.items()}
        return Made(self.tree, counts, sums, overlaps)

    def nested(self, measure: str) -> list[tuple[Block, Block]]:
        """Return pairs of blocks of which the first counts every household that the second does."""
        blocks = [(s, w) for s, w, m in self.covered if m == measure]
        later: list[tuple[Block, Block]] = [((s, w, measure), (s, NOW, measure)) for s, w in blocks if w != NOW]
        return later + [((s, w, measure), (ALL, w, measure)) for s, w in blocks if s != ALL and (ALL, w) in blocks]

    def near(self, measure: str) -> list[tuple[Block, Block, Flags]]:
        """Return pairs of blocks that bound each other, and where they are within the threshold."""
        pairs = [(one, other, self.covered[one] - self.covered[other]) for one, other in self.nested(measure)]
        if measure in self.unreached:
            unreached, reached = ("unreached", measure), self.totals[measure] - self.unreached[measure]
            pairs += [(block, unreached, reached - c) for block, c in self.covered.items() if block[2] == measure]
        return [(one, other, np.asarray(apart <= self.threshold)) for one, other, apart in pairs]

    def share_fate(self, measure: str, nodes: Flags) -> None:
        """At some nodes, withhold what lies within the threshold of a withheld count that it bounds."""
        for one, other, close in self.near(measure):
            either = (self.hidden[one] | self.hidden[other]) & close & nodes
            self.hidden[one], self.hidden[other] = self.hidden[one] | either, self.hidden[other] | either

    def withhold_parts(self, measure: str, nodes: list[int]) -> None:
        """Withhold all that splits a measure's count at some nodes."""
        for block in self.hidden:
            if block[-1] == measure and block[0] != "total":
                self.hidden[block][nodes] = True

    def withheld(self) -> int:
        """Return how many counts are withheld."""
        return sum(int(flags.sum()) for flags in self.hidden.values())

    def shown(self) -> dict[Block, Flags]:
        """Return where each block is shown."""
        return {block: ~flags for block, flags in self.hidden.items()}


def _overlaps(whole: Block, blocks: list[Block], *, unreached: bool) -> list[tuple[list[Block], list[Block]]]:
    """Return what adds to at most what: who misses some service misses one; those unreached by every mode miss each."""
    found = []
    for together in (block for block in blocks if block[0] == ALL):
        single = [("rest", *whole, *block) for block in blocks if block[0] != ALL and block[1] == together[1]]
        again: list[Block] = [("unreached", whole[1])] * (len(single) - 1) if unreached and whole[0] == "total" else []
        found.append(([("rest", *whole, *together), *again], single))
    return found


def _loosen(cube: _Cube, measure: str) -> None:
    """Withhold more around small counts that can be worked out, farther up the tree each time, until there is none."""
    made = cube.made(measure)
    around: dict[tuple[Block, int], int] = {}
    while told := made.worked_out(cube.shown(), cube.threshold):
        before = cube.withheld()
        around = {cell: max(cube.tree.parent[around.get(cell, cell[1])], 0) for cell in told}
        cube.share_fate(measure, cube.tree.under(set(around.values())))
        _decide_parts(cube, measure)
        for nodes in ({node for _, node in told}, set(around.values())):
            if cube.withheld() == before:
                cube.withhold_parts(measure, sorted(nodes))
                _decide_parts(cube, measure)
        if cube.withheld() == before:
            return


def public_coverage(
    coverage: pd.DataFrame, tree: Tree, *, threshold: int = 10, forced: Mapping[Block, Flags] | None = None
) -> pd.DataFrame:
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
    forced : mapping of bool arrays (nodes,), optional
        Where blocks are withheld for another reason, such as what was published before (`geogrid.republish`).

    Returns
    -------
    DataFrame
        The same rows and columns; withheld counts are NA and ``suppressed`` says where.
    """
    cube = _cube(coverage, tree, threshold)
    cube.hidden.update(forced or {})
    for measure in cube.totals:
        _decide_totals(cube, measure)
        _decide_parts(cube, measure)
        _loosen(cube, measure)
    return _masked(coverage, cube)


def withheld_totals(totals: Mapping[str, Counts], tree: Tree, *, threshold: int = 10) -> dict[str, Flags]:
    """Say at which places each measure's own count is withheld: as `public_coverage` does.

    Parameters
    ----------
    totals : mapping of float arrays (nodes,)
        By measure, in the order of `MEASURES`, households first; 0 where nobody says.
    tree : Tree
        The nodes.
    threshold : int
        The largest small count.

    Examples
    --------
    >>> counts = {"households": np.array([103.0, 3.0, 60.0, 40.0])}
    >>> withheld_totals(counts, Tree((-1, 0, 0, 0)))["households"].tolist()
    [False, True, False, True]
    """
    cube = _Cube(tree, threshold, dict(totals), {}, {})
    for measure in cube.totals:
        _decide_totals(cube, measure)
    return {measure: cube.flags("total", measure) for measure in cube.totals}


def _cube(coverage: pd.DataFrame, tree: Tree, threshold: int) -> _Cube:
    """Cut the table into arrays over the nodes; what nobody states adds nothing to the sums that are shown."""
    known = [m for m in MEASURES if coverage[m].notna().any()]
    groups = list(coverage.groupby(["service", "when"], sort=False))
    first = groups[0][1]
    split = known if _same_unreached(groups, known) else []
    return _Cube(
        tree=tree,
        threshold=threshold,
        totals={m: np.nan_to_num(_array(first[m])) for m in known},
        covered={(*key, m): np.nan_to_num(_array(rows[f"{m}_covered"])) for m in known for key, rows in groups},
        unreached={m: np.nan_to_num(_array(first[f"{m}_unreached"])) for m in split},
    )


def _same_unreached(groups: list[tuple[Any, pd.DataFrame]], measures: list[str]) -> bool:
    """Return whether the unreached are as many for every service, as they are where all services share a mode."""
    columns = [f"{m}_unreached" for m in measures]
    first = np.nan_to_num(groups[0][1][columns].to_numpy(dtype=float, na_value=np.nan))
    return all((np.nan_to_num(rows[columns].to_numpy(dtype=float, na_value=np.nan)) == first).all() for _, rows in groups)


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


def _decide_parts(cube: _Cube, measure: str) -> None:
    """Decide what splits a measure's count."""
    for service, when, each in cube.covered:
        if each == measure:
            _decide_covered(cube, service, when, measure)
    _decide_unreached(cube, measure)


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
    """Decide unreached, which splits a shown "not covered" into uncovered and unreached; withheld where services differ in it."""
    if measure not in cube.unreached:
        cube.hidden["unreached", measure] = np.ones(len(cube.tree.parent), dtype=bool)
        return
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


def public_gaps(gaps: gpd.GeoDataFrame, beside: pd.Series, *, threshold: int = 10) -> gpd.GeoDataFrame:
    """Round the counts of gaps to tens and their minutes to whole ones; a small gap keeps no count, no polygon and no grid.

    Small is one with 1 to ``threshold`` households or persons, or with fewer than ``threshold`` households more than squares. An
    exact median would be some household's way, which tells its place on the street to a millimetre.

    Parameters
    ----------
    gaps : GeoDataFrame
        With count columns `MEASURES` and whole lattice squares as geometry.
    beside : Series
        On the same index: households of the gap's grids that are not covered and not in the gap. Where they are few, the gap
        keeps its polygon but not its counts, which would tell them. The same holds for all gaps of a service whose rounded
        counts leave so few of the service's total that a withheld gap is told.
    threshold : int
        The largest small count.

    Returns
    -------
    GeoDataFrame
        The same rows, those without counts last and ``suppressed``; ``rank`` and ``gap_id`` number the others anew. Single small
        counts of larger gaps are NA.
    """
    shown = gaps.copy()
    whole = _too_few(gaps, threshold)
    uncounted = whole | is_small(_array(beside)[:, None], threshold)
    uncounted |= _telling(gaps, whole, uncounted, threshold)
    for measure in MEASURES:
        counts = _array(gaps[measure])
        hidden = uncounted | is_small(counts[:, None], threshold) | np.isnan(counts)
        rounded = pd.Series(np.rint(np.nan_to_num(counts) / ROUND_GAPS_TO) * ROUND_GAPS_TO, index=gaps.index).astype("Int64")
        shown[measure] = rounded.mask(hidden, pd.NA)
    return without_gaps(shown.assign(suppressed=uncounted, minutes=shown["minutes"].astype(float).round()), whole)


def without_gaps(gaps: gpd.GeoDataFrame, whole: Flags) -> gpd.GeoDataFrame:
    """Withhold some gaps whole, and number the others anew."""
    texts = ("nearest_facility", "nearest_facility_id")
    shown = gaps.assign(suppressed=gaps["suppressed"].astype(bool) | whole, minutes=gaps["minutes"].mask(whole))
    shown.loc[whole, "geometry"] = None
    shown["grid_ids"] = [() if hidden else ids for ids, hidden in zip(shown["grid_ids"], whole, strict=True)]
    masked = {measure: shown[measure].mask(whole, pd.NA) for measure in MEASURES if measure in shown}
    return _renumbered(shown.assign(**masked, **{text: shown[text].mask(whole, None) for text in texts}))


def _telling(gaps: gpd.GeoDataFrame, whole: Flags, uncounted: Flags, threshold: int) -> Flags:
    """Return the gaps of services of whose total, less what rounded counts mean at least, too few are left for withheld gaps."""
    homes = _array(gaps[MEASURES[0]])
    rounded = np.rint(homes / ROUND_GAPS_TO) * ROUND_GAPS_TO - ROUND_GAPS_TO / 2
    least = np.where(whole, 0, np.where(uncounted, threshold + 1, np.maximum(threshold + 1, rounded)))
    sums = pd.DataFrame({"left": homes - least, "hidden": np.where(whole, homes, 0)}).groupby(gaps["service"].to_numpy())
    found = sums.transform("sum").to_numpy()
    return np.asarray((found[:, 1] > 0) & (found[:, 0] <= threshold))


def _renumbered(gaps: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rank the gaps with counts, and put the others last by where they are: a place between ranks would bound their counts."""
    withheld = gaps["suppressed"].astype(bool)
    corners = gaps[withheld].bounds.assign(service=gaps.loc[withheld, "service"].to_numpy())
    ordered = pd.concat([gaps[~withheld], gaps.loc[corners.sort_values(["service", "minx", "miny"], kind="stable").index]])
    number = ordered.groupby(["service", "suppressed"], sort=False).cumcount() + 1
    last = ordered["suppressed"].astype(bool)
    names = ordered["service"].astype(str) + np.where(last, "-w", "-") + number.astype(str)
    return ordered.assign(gap_id=names, rank=number.astype("Int64").mask(last, pd.NA))


def _too_few(gaps: gpd.GeoDataFrame, threshold: int) -> Flags:
    """Return which gaps have few households or persons, or hardly more households than squares, so that a square tells one."""
    if not len(gaps):
        return np.zeros(0, dtype=bool)
    few = is_small(np.column_stack([_array(gaps[m]) for m in MEASURES[:2]]), threshold)
    squares = np.rint(gaps.area.to_numpy() / SQUARE_M2)
    return np.asarray(few | (_array(gaps[MEASURES[0]]) - squares < threshold))
