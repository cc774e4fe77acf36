"""A new publication beside all earlier ones, which stay known for ever: what their differences would tell is withheld.

1. *Land redrawn.* Take today's households by the grids that counted them in each publication and that count them now: an atom
   is a group that all publications count together. Every count shown is a sum over atoms, and laws hold between counts
   (`geogrid.atoms`). A small atom that a linear programme bounds to less than the threshold is told: counts of the grid it lies
   in are withheld, then, when that does not do, of those around it, farther up the tree each time. People are assumed not to have
   moved, because then a difference tells most; what was published of a place where a group of people came or went since says
   nothing about those of today.
2. *Land as it was, people not.* A count that differs from one published of the same land by 1 to the threshold is withheld,
   unless more households than the threshold came, left or changed there: then the difference is that of a group.

Each time `privacy.public_coverage` is asked again with what must be withheld besides, so that nothing brings it back by sums.
Only the newest publication can give way. What earlier ones tell together stays told; how much that is, is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from geogrid.atoms import TOTAL, UNREACHED, Atoms, Kind, puzzle
from geogrid.hierarchy import GRID, hierarchy
from geogrid.issued import Table, changed_by_node, grid_then, pairs_of_places, small_differences, still_holding
from geogrid.privacy import MEASURES, public_coverage
from geogrid.ranges import told
from geogrid.totals import STATUS_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import numpy.typing as npt

    from geogrid.atoms import Issue
    from geogrid.privacy import Block, PublicReport
    from geogrid.suppression import Counts, Flags, Tree

    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Exact:
    """A check before it is published. Private.

    Attributes
    ----------
    public : PublicReport
        As the check wrote it.
    coverage : DataFrame
        Exact, as `privacy.public_coverage` takes it.
    households : GeoDataFrame
        With grid_id, the measures and the columns of statuses; WGS 84.
    """

    public: PublicReport
    coverage: pd.DataFrame
    households: gpd.GeoDataFrame


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier publication, and the households that it counted.

    Attributes
    ----------
    public : PublicReport
    households : GeoDataFrame or None
        With household_id and the measures; None where nobody knows any more: then small differences are taken for those of few.
    """

    public: PublicReport
    households: gpd.GeoDataFrame | None = None


@dataclass(frozen=True, eq=False)
class Guarded:
    """What may be published of a check beside earlier publications.

    Attributes
    ----------
    coverage : DataFrame
        The public coverage table.
    withheld : int
        Counts that are withheld only because of earlier publications.
    still_told : int
        Small counts that earlier publications tell whatever is withheld now.
    """

    coverage: pd.DataFrame
    withheld: int = 0
    still_told: int = 0


class Small(NamedTuple):
    """A small count that is told: of which measure, kind and atom."""

    measure: str
    kind: Kind
    atom: int


def guarded(exact: Exact, earlier: Sequence[Earlier]) -> Guarded:
    """Withhold of a check what would tell small counts beside earlier publications.

    Parameters
    ----------
    exact : Exact
    earlier : sequence of Earlier
        All that was ever published of this place.

    Returns
    -------
    Guarded
    """
    guard = _Guard.of(exact)
    first = guard.publish()
    if not earlier:
        return Guarded(first)
    guard.compare(earlier)
    hopeless = guard.told(_nothing_of(first))
    table = guard.publish()
    if guard.told(table) - hopeless:
        table = guard.hide_again()
    while small := guard.told(table) - hopeless:
        if guard.give_way(table, small):
            table = guard.publish()
        else:
            hopeless |= small
    return Guarded(table, _count_shown(first) - _count_shown(table), len(hopeless))


def _nothing_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table that shows no count."""
    return table.assign(**dict.fromkeys(_count_columns(table), pd.NA))


def _count_shown(table: pd.DataFrame) -> int:
    return int(table[_count_columns(table)].notna().to_numpy().sum())


def _count_columns(table: pd.DataFrame) -> list[str]:
    return [column for column in table.columns if column.startswith(MEASURES)]


@dataclass(eq=False)
class _Guard:
    """The work under way: what must be withheld so far, and how far around each told count has been searched."""

    exact: Exact
    now: Table
    leaf: Ints
    threshold: int
    before: list[Issue] = field(default_factory=list)
    forced: dict[Block, Flags] = field(default_factory=dict)
    steps: dict[Small, int] = field(default_factory=dict)
    seen: dict[Block, tuple[Flags, Flags]] = field(default_factory=dict)
    atoms: Atoms = field(init=False)
    values: dict[Block, Counts] = field(init=False)

    @classmethod
    def of(cls, exact: Exact) -> _Guard:
        """Begin with nothing withheld because of others."""
        now = Table.of(hierarchy(exact.public.grids, exact.public.areas), exact.coverage)
        leaf = now.leaves(exact.households["grid_id"])
        return cls(exact, now, leaf, int(exact.public.summary["settings"]["suppress_below"]))

    @property
    def size(self) -> Counts:
        """Return how many households each node has."""
        return self.now.counts[*TOTAL, MEASURES[0]]

    def publish(self) -> pd.DataFrame:
        """Return the public coverage table with what must be withheld so far."""
        tree = self.now.place.tree
        return public_coverage(self.exact.coverage, tree, threshold=self.threshold, forced=self.forced)

    def compare(self, earlier: Sequence[Earlier]) -> None:
        """Look at what earlier publications show, and withhold small differences on the same land."""
        people = self.exact.households
        by_household = _by_household(people, self.now)
        for each in earlier:
            table = Table.published(each.public)
            leaf = table.leaves(grid_then(people, self.exact.public.grids, each.public.grids))
            pairs = list(pairs_of_places(self.now.issue(self.leaf), table.issue(leaf)))
            groups = changed_by_node(self.now, each.households, people, self.exact.public.grids) > self.threshold
            for block, flags in small_differences(self.now, table, pairs, self.threshold).items():
                self.force(block, flags & ~groups)
            self._see(table, pairs, ~groups)
            changed = changed_by_node(table, each.households, people, each.public.grids)
            self.before.append(still_holding(table, leaf, by_household, changed, self.threshold))
        self.atoms = Atoms.among([*self.before, self.now.issue(self.leaf)])
        self.values = {block: self.atoms.sums(each) for block, each in by_household.items()}

    def force(self, block: Block, flags: Flags) -> None:
        """Withhold a block at some nodes from now on."""
        self.forced[block] = self.forced.get(block, np.zeros(len(flags), dtype=bool)) | flags

    def _see(self, then: Table, pairs: Sequence[tuple[int, int]], same: Flags) -> None:
        """Note by block of which nodes an earlier publication had the land and the people, and where it showed their count."""
        ours, theirs = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
        for block in self.now.counts.keys() & then.counts.keys():
            had, showed = self.seen.setdefault(block, (np.zeros(len(same), dtype=bool), np.zeros(len(same), dtype=bool)))
            had[ours] |= same[ours]
            showed[ours] |= same[ours] & then.shown[block][theirs]

    def hide_again(self) -> pd.DataFrame:
        """Withhold where land and people stayed what all publications withheld there; return the public coverage table.

        Otherwise, when a change of few takes some counts away, what makes up for small ones is chosen anew, elsewhere, and both
        choices together tell what each withheld.
        """
        for block, (had, showed) in self.seen.items():
            if showed.any():
                self.force(block, had & ~showed)
        return self.publish()

    def told(self, table: pd.DataFrame) -> set[Small]:
        """Return the small counts of atoms that a reader of everything works out."""
        issues = [*self.before, Table.of(self.now.place, table).issue(self.leaf)]
        found: set[Small] = set()
        for measure in sorted({block[-1] for block in self.values}):
            asked = puzzle(issues, self.atoms, self.values, measure)
            small = (asked.exact >= 1) & (asked.exact <= self.threshold)
            columns = np.flatnonzero(told(asked.known, small, threshold=self.threshold))
            found |= {Small(measure, *asked.named(int(column))) for column in columns}
        return found

    def give_way(self, table: pd.DataFrame, small: set[Small]) -> bool:
        """Withhold more around small counts that are told; return whether there was anything left to withhold."""
        shown = Table.of(self.now.place, table).shown
        gave = [self._give_way(shown, each) for each in sorted(small)]
        return any(gave)

    def _give_way(self, shown: Mapping[Block, Flags], small: Small) -> bool:
        """Withhold at the next step around a count at which something is shown."""
        blocks, around = _blocks(small), self._around(small.atom)
        for step in range(self.steps.get(small, 0), len(around) * len(blocks)):
            self.steps[small] = step
            nodes, block = around[step // len(blocks)], blocks[step % len(blocks)]
            if block in shown and shown[block][nodes].any():
                flags = np.zeros(len(shown[block]), dtype=bool)
                flags[nodes] = True
                self.force(block, flags)
                return True
        return False

    def _around(self, atom: int) -> list[list[int]]:
        """Return the nodes to withhold around an atom, nearest first.

        Its grid, those beside it, the areas that it went from and to; then others of its area, and all others.
        """
        own = int(self.atoms.leaf[-1][atom])
        then = self.atoms.leaf[:-1]
        shared = (then == then[:, [atom]]) & (then[:, [atom]] >= 0)
        beside = sorted({int(node) for node in self.atoms.leaf[-1][shared.any(axis=0)] if node >= 0})
        around = [[own], beside] if own >= 0 else [beside]
        tree, above = self.now.place.tree, max(own, 0)
        around.append(_apart(tree, {above, *beside}))
        while above >= 0:
            inside, is_grid = tree.under({above}), (self.now.place.nodes["level"] == GRID).to_numpy()
            grids = np.flatnonzero(inside & is_grid)
            around += _doubling(grids[np.argsort(self.size[grids], kind="stable")].tolist())
            around.append(np.flatnonzero(inside & ~is_grid).tolist())
            above = tree.parent[above]
        return around


def _apart(tree: Tree, nodes: set[int]) -> list[int]:
    """Return all above some nodes that is not above all of them.

    Examples
    --------
    >>> from geogrid.suppression import Tree
    >>> _apart(Tree((-1, 0, 0, 1, 1, 2)), {3, 4}), _apart(Tree((-1, 0, 0, 1, 1, 2)), {4, 5})
    ([], [1, 2])
    """
    lines: list[set[int]] = []
    for node in nodes:
        line: set[int] = set()
        above = tree.parent[node]
        while above >= 0:
            line.add(above)
            above = tree.parent[above]
        lines.append(line)
    everywhere = lines[0].intersection(*lines)
    return sorted(lines[0].union(*lines) - everywhere)


def _doubling(nodes: list[int]) -> list[list[int]]:
    """Return the first node, the next two, the next four, and so on.

    Examples
    --------
    >>> _doubling([5, 6, 7, 8])
    [[5], [6, 7], [8]]
    """
    parts, count = [], 1
    while nodes:
        parts.append(nodes[:count])
        nodes, count = nodes[count:], count * 2
    return parts


def _blocks(small: Small) -> list[Block]:
    """Return the blocks to withhold for a told count: its own, and then the measure's own count, which takes all others along."""
    own: Block = (*small.kind[1:], small.measure) if small.kind[0] in ("yes", "no") else (small.kind[0], small.measure)
    return list(dict.fromkeys([own, (*TOTAL, small.measure), (*TOTAL, MEASURES[0])]))


def _by_household(households: gpd.GeoDataFrame, now: Table) -> dict[Block, Counts]:
    """Return by block what each household counts."""
    values: dict[Block, Counts] = {}
    for measure in MEASURES:
        if np.isnan(now.counts[*TOTAL, measure]).all():
            continue
        size = np.ones(len(households)) if measure == MEASURES[0] else _numbers(households[measure])
        values[*TOTAL, measure] = size
        states = {pair: households[f"{STATUS_PREFIX[pair[1]]}{pair[0]}"].astype(str).to_numpy() for pair in now.rows}
        values |= {(*pair, measure): size * (state == "covered") for pair, state in states.items()}
        lost = np.array([state == "unreached" for state in states.values()])
        if (lost == lost[0]).all():
            values[*UNREACHED, measure] = size * lost[0]
    return values


def _numbers(column: pd.Series) -> Counts:
    numbers: Counts = np.nan_to_num(pd.to_numeric(column).to_numpy(dtype="float64", na_value=np.nan))
    return numbers
