"""Matters that residents report: each in its grid, counted by kind, grid and month; for the public only as suppressed counts.

What the public may read is one table over the tree of areas and grids. A place shows all kinds or none of them, beside the number
of all its matters. As every withheld grid withholds the same columns, what is left to work out is a table whose margins alone are
known; a pattern that differed from kind to kind could be solved by adding rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geogrid.inference import Made
from geogrid.lattice import touching
from geogrid.measures.duties import NO_EVENTS, days_over, is_open
from geogrid.suppression import Tree, is_small, withhold
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Container

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.facts import Facts
    from geogrid.inference import Block
    from geogrid.suppression import Counts, Flags

    Ints = npt.NDArray[np.int64]

TOLERANCE_M = 1e-6
"""Working precision: the width of a crack that rounding leaves between neighbours."""

BY_POINT, BY_HOUSEHOLD, NOWHERE = "point", "household", ""
ALL, OTHER = "all", "other"
"""Kinds of the public table beside those of the place: all matters, and the kinds too rare to be told apart."""

OTHER_NAME = Text("其他", "other")
ALL_NAME = Text("全部事项", "all matters")
TOTAL, AREA, GRID = "total", "area", "grid"
TOTAL_NAME = Text("全部", "whole place")

EVENT_COLUMNS = (
    *("event_id", "kind", "opened", "closed", "month", "grid_id", "placed_by", "household_id", "place"),
    *("is_open", "days_over", "is_overdue"),
)
COUNT_COLUMNS = ("grid_id", "kind", "month", "matters", "open", "overdue")
KIND_COLUMNS = ("kind", "name", "days", "matters", "open", "overdue")
GRID_COLUMNS = ("grid_id", "name", "matters", "open", "overdue")
PUBLIC_COLUMNS = ("level", "id", "name", "kind", "kind_name", "matters", "suppressed")


@dataclass(frozen=True, eq=False)
class Matters:
    """All matters of a place, for the office, and what may be told of them.

    Attributes
    ----------
    missing : Text or None
        What is lacking to tell anything: a table of events.
    events : DataFrame
        A row per matter, on the index of the table of events: `EVENT_COLUMNS`. ``kind`` is the profile's id where it knows the
        kind, else the word of the table; ``month`` like 2026-05, "" where the day is not known; ``placed_by`` point, household or
        "" (in no grid); ``days_over`` the days over what its kind allows (below zero: left), NaN where the profile does not say.
    counts : DataFrame
        A row per grid ("" for none), kind and month in which it was opened: `COUNT_COLUMNS`.
    kinds, grids : DataFrame
        The same per kind (`KIND_COLUMNS`: ``name`` a text, ``days`` that the profile allows) and per grid, all of them
        (`GRID_COLUMNS`).
    public : DataFrame
        What may leave the office, see `public_matters`: `PUBLIC_COLUMNS`.
    """

    missing: Text | None
    events: pd.DataFrame
    counts: pd.DataFrame
    kinds: pd.DataFrame
    grids: pd.DataFrame
    public: pd.DataFrame

    @property
    def overdue(self) -> pd.DataFrame:
        """Return the open matters that are overdue, the longest first."""
        rows = self.events[self.events["is_overdue"].astype(bool)]
        return rows.sort_values("days_over", ascending=False, kind="stable")

    @property
    def unplaced(self) -> pd.DataFrame:
        """Return the matters that lie in no grid."""
        return self.events[self.events["placed_by"] == NOWHERE]


def matters_by(facts: Facts) -> Matters:
    """Put every matter into its grid, count them by kind, grid and month, and say which are open and overdue.

    Parameters
    ----------
    facts : Facts
        The place; ``on`` is the day that decides what is open.

    Returns
    -------
    Matters
        Without a table of events empty, with ``missing`` said.
    """
    if facts.events is None:
        columns = (EVENT_COLUMNS, COUNT_COLUMNS, KIND_COLUMNS, GRID_COLUMNS, PUBLIC_COLUMNS)
        return Matters(NO_EVENTS, *(pd.DataFrame(columns=list(each)) for each in columns))
    events = _events(facts, facts.events)
    numbers = events.assign(matters=1, open=events["is_open"].astype(int), overdue=events["is_overdue"].astype(int))
    numbers["grid_id"] = numbers["grid_id"].fillna(NOWHERE)
    sums = ["matters", "open", "overdue"]
    counts = numbers.groupby(["grid_id", "kind", "month"], observed=True)[sums].sum().reset_index()
    return Matters(
        missing=None,
        events=events,
        counts=counts[list(COUNT_COLUMNS)],
        kinds=_kinds(facts, counts.groupby("kind")[sums].sum()),
        grids=_grids(facts, counts.groupby("grid_id")[sums].sum()),
        public=public_matters(facts, events),
    )


def grid_of_events(events: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, households: pd.DataFrame) -> pd.DataFrame:
    """Say in which grid each matter was reported.

    A matter belongs to the grid that its point lies in (of several the smallest ``grid_id`` as text), else to the grid of the
    household that it names, else to none.

    Parameters
    ----------
    events
        Points or none, in the CRS of the grids; ``household_id`` where known.
    grids
        Polygons with ``grid_id``.
    households
        ``household_id`` and the computed ``grid_id``.

    Returns
    -------
    DataFrame
        ``grid_id`` (NA: none) and ``placed_by`` (point, household or "") on the index of ``events``.
    """
    ids = grids["grid_id"].astype("str").to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    xy = np.full((2, len(events)), np.nan)
    coordinates, row = shapely.get_coordinates(np.asarray(events.geometry), return_index=True)
    xy[:, row] = coordinates.T
    first = touching(xy, np.asarray(grids.geometry)[order], tolerance=TOLERANCE_M).first
    by_point = np.append(ids[order], pd.NA)[first]
    home = households.drop_duplicates("household_id").set_index("household_id")["grid_id"]
    named = events["household_id"] if "household_id" in events else pd.Series(pd.NA, index=events.index, dtype=object)
    by_home = named.astype(object).map(home.astype(object)).to_numpy(dtype=object)
    is_home = (first < 0) & ~pd.isna(by_home)
    return pd.DataFrame(
        {
            "grid_id": np.where(is_home, by_home, by_point),
            "placed_by": np.select([first >= 0, is_home], [BY_POINT, BY_HOUSEHOLD], NOWHERE),
        },
        index=events.index,
    )


def _events(facts: Facts, given: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a row per matter with its grid, and whether it is open and overdue."""
    placed = grid_of_events(given, facts.grids, facts.households)
    opened, over = is_open(given, facts.on), days_over(facts, given)
    month = pd.to_datetime(given["opened"], errors="coerce").dt.strftime("%Y-%m").fillna("").to_numpy(dtype=object)
    known = {name.casefold(): kind.id for kind in facts.profile.matters.values() for name in kind.names}
    kind = given["kind"].astype(str)
    rows = {"kind": kind.str.casefold().map(known).where(lambda ids: ids.notna(), kind), "month": month}
    rows |= {"is_open": opened, "days_over": over, "is_overdue": opened & (over > 0)}
    kept = {column: given[column] for column in ("event_id", "opened", "closed", "household_id", "place") if column in given}
    return pd.DataFrame({**kept, **rows, **placed}, index=given.index).reindex(columns=list(EVENT_COLUMNS))


def _kinds(facts: Facts, sums: pd.DataFrame) -> pd.DataFrame:
    """Count every kind: those of the profile in its order, then what else was reported."""
    said = facts.profile.matters
    ids = [*said, *sorted(set(sums.index) - set(said))]
    named = [said[each].name if each in said else Text(each, each) for each in ids]
    days = pd.array([said[each].days if each in said else pd.NA for each in ids], dtype="Int64")
    numbers = sums.reindex(ids, fill_value=0).reset_index(drop=True)
    return pd.concat([pd.DataFrame({"kind": ids, "name": pd.Series(named, dtype=object), "days": days}), numbers], axis=1)


def _grids(facts: Facts, sums: pd.DataFrame) -> pd.DataFrame:
    """Count every grid, most matters first."""
    ids = facts.grids["grid_id"].to_numpy(dtype=object)
    names = facts.grids["name"].to_numpy(dtype=object) if "name" in facts.grids else ids
    numbers = sums.reindex(ids, fill_value=0).reset_index(drop=True)
    rows = pd.concat([pd.DataFrame({"grid_id": ids, "name": names}), numbers], axis=1)
    return rows.sort_values("matters", ascending=False, kind="stable", ignore_index=True)


class _Nodes(NamedTuple):
    """The tree of a place: its ids, the whole place first, a parent before its children; and the node of each grid."""

    ids: tuple[str, ...]
    tree: Tree
    grid: dict[str, int]


def public_matters(facts: Facts, events: pd.DataFrame) -> pd.DataFrame:
    """Return how many matters each area and grid had over all time, by kind, without small counts and what would tell them.

    Matters in no grid are not counted. Kinds with few matters in the whole place are put together as other, and so are those that
    the profile does not know: their words are free text. A count from 1 to ``suppress_below`` is withheld, and so are all counts
    of a node with as few households, and what would tell any of them by subtraction; a place shows all of its kinds or none.

    Parameters
    ----------
    facts : Facts
        The place.
    events : DataFrame
        ``grid_id`` (NA: none) and ``kind``.

    Returns
    -------
    DataFrame
        A row per node (the whole place, areas that hold grids, grids) and kind: `PUBLIC_COLUMNS`. ``level`` is total, area or
        grid; ``kind`` all first, then each kind, other last; ``name`` and ``kind_name`` are texts; ``matters`` NA where withheld.
    """
    threshold = facts.profile.suppress_below
    nodes = _nodes(facts)
    leaf = events["grid_id"].map(nodes.grid).to_numpy(dtype=float, na_value=np.nan)
    inside = ~np.isnan(leaf)
    kinds = _told_apart(events.loc[inside, "kind"], facts.profile.matters, threshold)
    column = events.loc[inside, "kind"].map({kind: i for i, kind in enumerate(kinds)}).fillna(len(kinds) - 1)
    counts = np.zeros((len(nodes.ids), len(kinds)))
    np.add.at(counts, (leaf[inside].astype(np.int64), column.to_numpy(dtype=np.int64)), 1)
    for node in range(len(nodes.ids) - 1, 0, -1):
        counts[nodes.tree.parent[node]] += counts[node]
    all_hidden, kinds_hidden = withheld(nodes.tree, counts, _lived_in_by_few(facts, nodes), threshold=threshold)
    hidden = np.column_stack([all_hidden, *[kinds_hidden] * len(kinds)])
    return _public_rows(facts, nodes, kinds, np.column_stack([counts.sum(axis=1), counts]), hidden)


def _lived_in_by_few(facts: Facts, nodes: _Nodes) -> Flags:
    """Return the nodes whose households are a small number: what happens there is theirs."""
    homes = np.zeros(len(nodes.ids))
    leaf = facts.households["grid_id"].map(nodes.grid).dropna().to_numpy(dtype=np.int64)
    np.add.at(homes, leaf, 1)
    for node in range(len(nodes.ids) - 1, 0, -1):
        homes[nodes.tree.parent[node]] += homes[node]
    return is_small(homes[:, None], facts.profile.suppress_below)


def withheld(tree: Tree, counts: Counts, forced: Flags | None = None, *, threshold: int) -> tuple[Flags, Flags]:
    """Say at which nodes the number of all matters is withheld, and at which the numbers by kind.

    Parameters
    ----------
    tree : Tree
        The nodes.
    counts : array (nodes, kinds)
        A parent's are the sums of its children's.
    forced : array of bool (nodes,), optional
        Nodes withheld for another reason.
    threshold : int
        The largest small count.

    Examples
    --------
    Of two grids one has 3 matters of the second kind: neither tells its kinds, but both how many they had.

    >>> counts = np.array([[90.0, 33.0], [50.0, 30.0], [40.0, 3.0]])
    >>> [flags.tolist() for flags in withheld(Tree((-1, 0, 0)), counts, threshold=10)]
    [[False, False, False], [False, True, True]]
    """
    whole, nowhere = counts.sum(axis=1)[:, None], np.zeros(len(counts), dtype=bool)
    totals = withhold(tree, whole, nowhere if forced is None else forced, threshold=threshold)
    # A kind may be missing from all that is withheld together, so kinds are differences of all matters: zero tells nothing small.
    kinds = withhold(tree, whole, totals, threshold=threshold, differences=counts)
    made, around = _made(tree, counts), nowhere
    while told := made.worked_out(_shown(made, totals, kinds), threshold):
        before = int(totals.sum() + kinds.sum() + around.sum())
        around = _with_parents(tree, around, [node for _, node in told])
        kinds = withhold(tree, whole, kinds | around, threshold=threshold, differences=counts)
        if before == totals.sum() + kinds.sum() + around.sum():
            totals = withhold(tree, whole, totals | around, threshold=threshold)
            kinds = withhold(tree, whole, kinds | totals, threshold=threshold, differences=counts)
        if before == totals.sum() + kinds.sum() + around.sum():
            break
    return totals, kinds


def _with_parents(tree: Tree, around: Flags, told: list[int]) -> Flags:
    """Return some nodes, the parents of those that were there before, and what is told now."""
    wider = around.copy()
    wider[[max(tree.parent[node], 0) for node in np.flatnonzero(around)]] = True
    wider[told] = True
    return wider


def _made(tree: Tree, counts: Counts) -> Made:
    """Return all matters and each kind, as sums: all are the first kind and the rest, the rest the second kind and so on."""
    rests = [counts[:, i:].sum(axis=1) for i in range(counts.shape[1])]
    names: dict[Block, Counts] = {("rest", str(i)): rest for i, rest in enumerate(rests)}
    names |= {("kind", str(i)): counts[:, i] for i in range(counts.shape[1] - 1)}
    sums = [(("rest", str(i)), ("kind", str(i)), ("rest", str(i + 1))) for i in range(counts.shape[1] - 1)]
    return Made(tree, names, sums)


def _shown(made: Made, totals: Flags, kinds: Flags) -> dict[Block, Flags]:
    """Return where each count is shown; the rest after some kinds is shown where the kinds and all are."""
    return {name: ~totals if name == ("rest", "0") else ~(kinds | totals) for name in made.counts}


def _told_apart(kinds: pd.Series, known: Container[str], threshold: int) -> list[str]:
    """Return the kinds that are counted apart, then other: unknown and rare ones, and more until their sum is not small."""
    counts = kinds.value_counts().sort_index(kind="stable").sort_values(kind="stable")
    is_apart = np.array([str(kind) in known for kind in counts.index], dtype=bool) & (counts.to_numpy() > threshold)
    counts = counts.iloc[np.argsort(is_apart, kind="stable")]
    together = int((~is_apart).sum())
    while together < len(counts) and is_small(counts.to_numpy(dtype=float)[:together].sum(keepdims=True)[:, None], threshold)[0]:
        together += 1
    return [*sorted(str(kind) for kind in counts.index[together:]), OTHER]


def _nodes(facts: Facts) -> _Nodes:
    """Build the tree from the grids upwards; an area without grids, or beside the tree, is no part of it."""
    parent: list[int] = [-1]
    position: dict[str, int] = {}
    grids = [str(each) for each in facts.grids["grid_id"]]
    chains = [tuple(reversed(facts.chain(grid))) for grid in grids]
    for above in chains:
        for i, area in enumerate(above[:-1]):
            if area not in position:
                position[area] = len(parent)
                parent.append(position[above[i - 1]] if i else 0)
    first_grid = len(parent)
    parent += [position[above[-2]] if len(above) > 1 else 0 for above in chains]
    return _Nodes((TOTAL, *position, *grids), Tree(tuple(parent)), {grid: first_grid + i for i, grid in enumerate(grids)})


def _public_rows(facts: Facts, nodes: _Nodes, kinds: list[str], counts: Counts, hidden: Flags) -> pd.DataFrame:
    said = {kind.id: kind.name for kind in facts.profile.matters.values()} | {ALL: ALL_NAME, OTHER: OTHER_NAME}
    shown = [ALL, *kinds] if counts[0, -1] else [ALL, *kinds[:-1]]
    names: dict[tuple[str, str], object] = {}
    for level, frame, key in ((AREA, facts.areas, "area_id"), (GRID, facts.grids, "grid_id")):
        if frame is not None:
            names |= {(level, str(own)): name for own, name in zip(frame[key], frame.get("name", frame[key]), strict=True)}
    first_grid = len(nodes.ids) - len(nodes.grid)
    levels = [TOTAL, *[AREA] * (first_grid - 1), *[GRID] * len(nodes.grid)]
    named = [names.get(key, key[1]) for key in zip(levels, nodes.ids, strict=True)]
    texts = [TOTAL_NAME, *(Text(str(name), str(name)) for name in named[1:])]
    size, width = len(nodes.ids), len(shown)
    flags = hidden[:, :width].ravel()
    return pd.DataFrame(
        {
            "level": np.repeat(np.array(levels, dtype=object), width),
            "id": np.repeat(np.array(nodes.ids, dtype=object), width),
            "name": pd.Series([text for text in texts for _ in shown], dtype=object),
            "kind": shown * size,
            "kind_name": pd.Series([said.get(kind, Text(kind, kind)) for kind in shown] * size, dtype=object),
            "matters": pd.Series(counts[:, :width].ravel().astype(np.int64)).astype("Int64").mask(flags),
            "suppressed": flags,
        },
        columns=list(PUBLIC_COLUMNS),
    )
