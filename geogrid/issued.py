"""What readers have of publications: which counts of which places are shown, and where today's households were counted then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geogrid.assign import assign
from geogrid.atoms import UNREACHED, Issue
from geogrid.hierarchy import GRID, Hierarchy, hierarchy, sum_upwards
from geogrid.privacy import MEASURES
from geogrid.turnover import changed_households

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.privacy import Block, PublicReport
    from geogrid.suppression import Counts, Flags

    Ints = npt.NDArray[np.int64]

SAME_LAND_DEG2 = 1e-10
"""Land that differs by less (about a square metre) is the same: published corners are rounded to a centimetre."""

NAMES = {"covered": "households_covered", "uncovered": "households_uncovered", "unreached": "households_unreached"}
"""How report.json calls columns of the coverage table."""


@dataclass(frozen=True, eq=False)
class Table:
    """A coverage table with the tree that it is over; counts that are not shown are NA.

    Attributes
    ----------
    place : Hierarchy
    rows : mapping of DataFrame
        By service and when, one row per node in the tree's order.
    """

    place: Hierarchy
    rows: Mapping[tuple[str, str], pd.DataFrame]

    @classmethod
    def of(cls, place: Hierarchy, coverage: pd.DataFrame) -> Table:
        """Lay a coverage table in the order of the tree."""
        order = pd.MultiIndex.from_frame(place.nodes[["level", "id"]])
        rows = {
            (str(service), str(when)): each.set_index(["level", "id"]).reindex(order).reset_index()
            for (service, when), each in coverage.groupby(["service", "when"], sort=False)
        }
        return cls(place, rows)

    @classmethod
    def published(cls, public: PublicReport) -> Table:
        """Return what a published report shows."""
        coverage = pd.DataFrame(public.summary["coverage"]).rename(columns=NAMES)
        return cls.of(hierarchy(public.grids, public.areas), coverage)

    @property
    def services(self) -> frozenset[str]:
        """Return the services, "all" among them."""
        return frozenset(service for service, _ in self.rows)

    @cached_property
    def counts(self) -> dict[Block, Counts]:
        """Return by block the counts at every node, NaN unless shown: a measure's own, how many are covered and unreached."""
        first = next(iter(self.rows.values()))
        counts: dict[Block, Counts] = {}
        for measure in MEASURES:
            counts["total", measure] = _column(first, measure)
            counts[*UNREACHED, measure] = _column(first, f"{measure}_unreached")
            counts |= {(*pair, measure): _column(rows, f"{measure}_covered") for pair, rows in self.rows.items()}
        return counts

    @property
    def shown(self) -> dict[Block, Flags]:
        """Return by block where it is shown."""
        return {block: ~np.isnan(counts) for block, counts in self.counts.items()}

    def issue(self, leaf: Ints) -> Issue:
        """Return it as an issue, given the node that counts each household."""
        return Issue(self.place.tree, leaf, self.shown)

    def leaves(self, grid_id: pd.Series) -> Ints:
        """Return the node of each household's grid; -1 for none."""
        nodes = self.place.nodes
        numbers = nodes.index[nodes["level"] == GRID]
        number = dict(zip(nodes["id"].loc[numbers].astype(str), numbers, strict=True))
        return np.array([number.get(grid, -1) for grid in grid_id.astype("object")], dtype=np.int64)


def _column(rows: pd.DataFrame, name: str) -> Counts:
    if name not in rows:
        return np.full(len(rows), np.nan)
    return np.asarray(pd.to_numeric(rows[name]).to_numpy(dtype="float64", na_value=np.nan))


def grid_then(households: gpd.GeoDataFrame, now: gpd.GeoDataFrame, then: gpd.GeoDataFrame) -> pd.Series:
    """Say in which grid of an earlier publication today's households lie.

    Where a grid has the land that some grid had then, its households are in that one: those on its border need not be located
    again, on corners that are rounded.

    Parameters
    ----------
    households : GeoDataFrame
        With grid_id, that of today; WGS 84.
    now, then : GeoDataFrame
        The public grids.
    """
    found = assign(households[["geometry"]], then).grid_id.astype("object")
    counts = pd.DataFrame({"now": households["grid_id"].astype("object"), "then": found}).dropna().value_counts()
    pairs = counts.reset_index().drop_duplicates("now")
    apart = shapely.area(shapely.symmetric_difference(_shapes(now, pairs["now"]), _shapes(then, pairs["then"])))
    same = dict(pairs[["now", "then"]][apart < SAME_LAND_DEG2].itertuples(index=False, name=None))
    known = households["grid_id"].astype("object").map(same).astype("object")
    return known.where(known.notna(), found)


def _shapes(grids: gpd.GeoDataFrame, ids: pd.Series) -> npt.NDArray[np.object_]:
    return np.asarray(grids.set_index("grid_id").geometry.loc[ids])


def pairs_of_places(now: Issue, then: Issue) -> Iterator[tuple[int, int]]:
    """Yield nodes of two issues that count the same households of today, at least one."""
    draw = np.random.default_rng(0).integers(1, 2**50, (len(now.leaf), 2)).astype(float)
    signs = [_signature(issue, draw) for issue in (now, then)]
    where: dict[tuple[float, ...], list[int]] = {}
    for node, sign in enumerate(map(tuple, signs[1].tolist())):
        where.setdefault(sign, []).append(node)
    for node, sign in enumerate(map(tuple, signs[0].tolist())):
        if any(sign):
            yield from ((node, other) for other in where.get(sign, []))


def _signature(issue: Issue, draw: Counts) -> Counts:
    """Return sums of random whole numbers over the households of each node: equal ones mean the same households."""
    sums = np.zeros((len(issue.tree.parent), draw.shape[1]))
    inside = issue.leaf >= 0
    for column in range(draw.shape[1]):
        sums[:, column] = np.bincount(issue.leaf[inside], draw[inside, column] % 2**31, len(sums))
    return sum_upwards(sums, issue.tree)


def small_differences(now: Table, then: Table, pairs: Sequence[tuple[int, int]], threshold: int) -> dict[Block, Flags]:
    """Return by block the nodes whose exact count differs from one published of the same land, or leaves a rest that does.

    Parameters
    ----------
    now : Table
        Exact.
    then : Table
        As published.
    pairs : sequence of (int, int)
        Nodes of both that are the same land.
    threshold : int
        The largest small difference.
    """
    ours, theirs = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    found: dict[Block, Flags] = {}
    for block, counts in now.counts.items():
        if block not in then.counts or (block[0] == "all" and now.services != then.services):
            continue
        whole = ("total", block[-1])
        apart = [counts[ours] - then.counts[block][theirs]]
        apart += [now.counts[whole][ours] - then.counts[whole][theirs] - apart[0]]
        small = np.logical_or.reduce([(np.abs(each) >= 1) & (np.abs(each) <= threshold) for each in apart])
        found[block] = np.zeros(len(counts), dtype=bool)
        found[block][ours[small]] = True
    return found


def changed_by_node(table: Table, then: gpd.GeoDataFrame | None, now: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> Counts:
    """Return how many households came, left or changed at every node of a table with these grids; zero where nobody knows."""
    nodes = table.place.nodes
    counts = {} if then is None else changed_households(then, now, grids)
    is_grid = (nodes["level"] == GRID).to_numpy()
    leaves = np.array([counts.get(key, 0) if grid else 0 for key, grid in zip(nodes["id"], is_grid, strict=True)], dtype=float)
    return sum_upwards(leaves[:, None], table.place.tree)[:, 0]


def still_holding(table: Table, leaf: Ints, by_household: Mapping[Block, Counts], changed: Counts, threshold: int) -> Issue:
    """Return what a publication still says of today's households.

    A count from which today's differs by more than the threshold, or by anything where more households than that changed, is
    about others.

    Parameters
    ----------
    table : Table
        As published.
    leaf : int array (households,)
        The node that counted each of today's households.
    by_household : mapping of float arrays (households,)
        By block, what each counts today.
    changed : float array (nodes,)
        How many households came, left or changed.
    threshold : int
    """
    shown: dict[Block, Flags] = {}
    for block, each in by_household.items():
        if block in table.counts:
            counts = table.counts[block]
            today = np.bincount(leaf[leaf >= 0], each[leaf >= 0], len(counts)).astype(float)
            apart = np.abs(counts - sum_upwards(today[:, None], table.place.tree)[:, 0])
            shown[block] = (apart < 1) | ((apart <= threshold) & (changed <= threshold))
    return Issue(table.place.tree, leaf, shown)
