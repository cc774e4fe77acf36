"""What a reader of several publications can work out: households by the grids that they were counted in each time.

Households of the same grid in every publication are an *atom*. Every count that some publication shows is a sum over atoms, and
who is counted is assumed to have lived where they live now: then the difference of two publications tells the most.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from geogrid.ranges import Known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.privacy import Block
    from geogrid.suppression import Counts, Flags, Tree

Ints = npt.NDArray[np.int64]

Kind = tuple[str, ...]
"""A kind of count: ("total",), ("yes", service, when), ("no", service, when) or ("unreached",)."""
Columns = dict[Kind, int]

TOTAL: Kind = ("total",)
UNREACHED: Kind = ("unreached",)
ALL, NOW = "all", "now"


@dataclass(frozen=True)
class Issue:
    """One publication as a reader has it.

    Attributes
    ----------
    tree : Tree
        Its places.
    leaf : int array (households,)
        The node that counts each of today's households; -1 where none does.
    shown : mapping of bool arrays (nodes,)
        By block, where its counts are shown.
    """

    tree: Tree
    leaf: Ints
    shown: Mapping[Block, Flags]


@dataclass(frozen=True)
class Atoms:
    """Households that every publication counts together.

    Attributes
    ----------
    leaf : int array (issues, atoms)
        The node of each issue; -1 where none counts them.
    of_household : int array (households,)
    """

    leaf: Ints
    of_household: Ints

    @classmethod
    def among(cls, issues: Sequence[Issue]) -> Atoms:
        """Return the atoms of some issues."""
        leaves = pd.DataFrame({i: issue.leaf for i, issue in enumerate(issues)})
        number = leaves.groupby(list(leaves.columns), sort=False).ngroup().to_numpy().astype(np.int64)
        first = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
        first[number[::-1]] = np.arange(len(number))[::-1]
        return cls(leaves.to_numpy(dtype=np.int64)[first].T, number)

    def sums(self, values: Counts) -> Counts:
        """Add a number of each household up by atom."""
        return np.bincount(self.of_household, np.nan_to_num(values), self.leaf.shape[1]).astype(float)


def owner(tree: Tree, shown: Flags) -> Ints:
    """Return for each node the nearest node above it, or itself, that is shown; -1 where none is.

    Examples
    --------
    >>> from geogrid.suppression import Tree
    >>> owner(Tree((-1, 0, 0)), np.array([True, False, True])).tolist()
    [0, 0, 2]
    """
    found = np.full(len(shown), -1, dtype=np.int64)
    for node, parent in enumerate(tree.parent):
        found[node] = node if shown[node] else (found[parent] if parent >= 0 else -1)
    return found


@dataclass(frozen=True)
class Puzzle:
    """One measure's counts by atom, and all that is known of them.

    Attributes
    ----------
    columns : mapping
        The first column of each kind of count.
    atoms : int array
        Which atoms have columns; of the others everything is shown.
    exact : float array (columns,)
    known : Known
    """

    columns: Columns
    atoms: Ints
    exact: Counts
    known: Known

    def named(self, column: int) -> tuple[Kind, int]:
        """Return which kind of count a column holds, and of which atom."""
        kind, start = max(((k, s) for k, s in self.columns.items() if s <= column), key=lambda pair: pair[1])
        return kind, int(self.atoms[column - start])


def puzzle(issues: Sequence[Issue], atoms: Atoms, values: Mapping[Block, Counts], measure: str) -> Puzzle:
    """Write down what is known of one measure.

    Parameters
    ----------
    issues : sequence of Issue
        The newest last.
    atoms : Atoms
        Among these issues.
    values : mapping of float arrays (atoms,)
        By block of this measure, what each atom counts.
    measure : str
    """
    blocks = [block for block in values if block[-1] == measure]
    kept = np.flatnonzero(~_plain(issues[-1], atoms, blocks))
    sums: dict[Kind, Counts] = {TOTAL: values[*TOTAL, measure][kept]}
    for service, when in _services(blocks):
        covered = values[service, when, measure][kept]
        sums |= {("yes", service, when): covered, ("no", service, when): sums[TOTAL] - covered}
    if (*UNREACHED, measure) in values:
        sums[UNREACHED] = values[*UNREACHED, measure][kept]
    columns = {kind: i * len(kept) for i, kind in enumerate(sums)}
    rows = _Rows(len(kept), columns)
    for number, issue in enumerate(issues):
        leaf = atoms.leaf[number][kept]
        for kind, each in sums.items():
            rows.add_shown(kind, each, _owners(issue, kind, measure, leaf))
    rows.add_laws()
    return Puzzle(columns, kept, np.concatenate(list(sums.values())), rows.known())


def _services(blocks: Sequence[Block]) -> list[tuple[str, str]]:
    return [(block[0], block[1]) for block in blocks if len(block) > 2]  # noqa: PLR2004 - (service, when, measure)


def _plain(newest: Issue, atoms: Atoms, blocks: Sequence[Block]) -> Flags:
    """Return the atoms that the newest issue counts alone, and shows: nothing is left to work out."""
    leaf = atoms.leaf[-1]
    alone = np.bincount(leaf[leaf >= 0], minlength=len(newest.tree.parent)) == 1
    shown = np.logical_and.reduce([newest.shown[block] for block in blocks if block in newest.shown])
    return np.asarray((leaf >= 0) & (alone & shown)[leaf])


def _owners(issue: Issue, kind: Kind, measure: str, leaf: Ints) -> Ints:
    """Return for each atom the shown node that counts it in a kind of count; -1 where none does."""
    block = (*kind[1:], measure) if kind[0] in ("yes", "no") else (kind[0], measure)
    if block not in issue.shown:
        return np.full(len(leaf), -1, dtype=np.int64)
    shown = issue.shown[block] & (issue.shown[*TOTAL, measure] if kind[0] == "no" else True)
    return np.where(leaf >= 0, owner(issue.tree, shown)[leaf], -1)


class _Rows:
    """Rows of knowledge, one after the other; what two issues show alike stands once."""

    def __init__(self, atoms: int, columns: Columns) -> None:
        self.atoms, self.columns = atoms, columns
        self.seen: set[bytes] = set()
        self.count = 0
        self.parts: list[tuple[Ints, Ints, Counts]] = []
        self.limits: list[tuple[Counts, Counts]] = []

    def add_shown(self, kind: Kind, values: Counts, owners: Ints) -> None:
        """Add one row for each node that shows a kind of count: what is left of it after the nodes under it that show theirs."""
        order = np.argsort(owners, kind="stable")
        for node, group in groupby(order.tolist(), key=owners.__getitem__):
            if node >= 0:
                at = np.array(list(group), dtype=np.int64)
                self._add_once(at + self.columns[kind], float(values[at].sum()))

    def _add_once(self, columns: Ints, value: float) -> None:
        if columns.tobytes() not in self.seen:
            self.seen.add(columns.tobytes())
            limit = np.array([value])
            self._add(np.zeros(len(columns), dtype=np.int64), columns, np.ones(len(columns)), (limit, limit))

    def add_laws(self) -> None:
        """Add what holds of every household: covered or not; later if now; each service if all; who misses all misses one."""
        pairs = [kind[1:] for kind in self.columns if kind[0] == "yes"]
        for service, when in pairs:
            self._law({("yes", service, when): 1, ("no", service, when): 1, TOTAL: -1}, is_exact=True)
            self._law({UNREACHED: 1, ("no", service, when): -1})
            self._law({("yes", service, NOW): 1, ("yes", service, when): -1})
            self._law({("yes", ALL, when): 1, ("yes", service, when): -1})
        for when in {when for service, when in pairs if service == ALL}:
            self._law(self._misses([pair for pair in pairs if pair[1] == when and pair[0] != ALL], when))

    def _misses(self, single: list[tuple[str, ...]], when: str) -> dict[Kind, float]:
        """Return that who misses all at once misses one, and whom no mode reaches every one; nothing when there is no single."""
        again: dict[Kind, float] = {UNREACHED: len(single) - 1.0} if UNREACHED in self.columns and len(single) > 1 else {}
        return {("no", ALL, when): 1.0, **again, **{("no", *pair): -1.0 for pair in single}} if single else {}

    def _law(self, terms: Mapping[Kind, float], *, is_exact: bool = False) -> None:
        """Add, for every atom, that a sum is at most zero, or exactly zero; nothing where a count is not known of at all."""
        if len(terms) < 2 or any(kind not in self.columns for kind in terms):  # noqa: PLR2004 - a count beside itself
            return
        every = np.arange(self.atoms)
        rows = np.tile(every, len(terms))
        columns = np.concatenate([every + self.columns[kind] for kind in terms])
        factors = np.repeat(np.array(list(terms.values()), dtype=float), self.atoms)
        nothing = np.zeros(self.atoms)
        self._add(rows, columns, factors, (nothing if is_exact else nothing - np.inf, nothing))

    def _add(self, rows: Ints, columns: Ints, factors: Counts, limits: tuple[Counts, Counts]) -> None:
        self.parts.append((rows + self.count, columns, factors))
        self.limits.append(limits)
        self.count += len(limits[0])

    def known(self) -> Known:
        """Return all rows."""
        row, column, factor = (np.concatenate(each) for each in zip(*self.parts, strict=True))
        least, most = (np.concatenate(each) for each in zip(*self.limits, strict=True))
        matrix = sparse.csr_array((factor, (row, column)), shape=(self.count, self.atoms * len(self.columns)))
        return Known(matrix, least, most)
