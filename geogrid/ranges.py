"""How closely counts that are not shown can be worked out from sums that are: bounds by propagation, then by linear programme.

The reader's knowledge is a sparse matrix of sums with their least and largest values; every count is at least zero. Bounds that
are carried from row to row settle most counts at once; what they leave open is settled by HiGHS, piece by piece of the counts
that hang together, in pieces that are not too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from geogrid.late import Late

if TYPE_CHECKING:
    from collections.abc import Iterator

    import highspy

    from geogrid.suppression import Counts, Flags
else:
    highspy = Late("highspy")

Ints = npt.NDArray[np.int64]

NO_BOUND = 1e7
"""More than any count of a place."""
ROUNDS = 60
"""Bounds that still move after so many rounds are taken as they are; they only ever get closer."""
MOST_COLUMNS = 4_000
"""Larger pieces are left to the bounds that propagation finds."""
CLOSE = 1e-6


@dataclass(frozen=True)
class Known:
    """What a reader knows: rows of sums over counts (columns), each between two values.

    Attributes
    ----------
    rows : sparse array (rows, columns)
        Factors, mostly 1 and -1.
    least, most : float arrays (rows,)
        Infinite where nothing is known.
    """

    rows: sparse.csr_array
    least: Counts
    most: Counts


def told(known: Known, asked: Flags, *, threshold: float) -> Flags:
    """Say which of the counts asked about are known to less than the threshold.

    Parameters
    ----------
    known : Known
    asked : bool array (columns,)
    threshold : float
        How far apart the least and the largest possible value must be for a count not to be told.

    Examples
    --------
    Of two counts only the sum, 103, is known; then also that the first is 100.

    >>> both = sparse.csr_array(np.array([[1.0, 1.0], [1.0, 0.0]]))
    >>> asked = np.array([False, True])
    >>> told(Known(both[:1], np.array([103.0]), np.array([103.0])), asked, threshold=10).tolist()
    [False, False]
    >>> told(Known(both, np.array([103.0, 100.0]), np.array([103.0, 100.0])), asked, threshold=10).tolist()
    [False, True]
    """
    low, high = bounds(known)
    found = asked & (high - low < threshold - CLOSE)
    is_open = asked & ~found
    if is_open.any():
        for rows, columns in _pieces(known, high - low > CLOSE, is_open):
            if len(columns) <= MOST_COLUMNS:
                piece = _piece(known, rows, columns, low)
                found[columns] |= _told_in(piece, is_open[columns], threshold)
    return found


def bounds(known: Known) -> tuple[Counts, Counts]:
    """Return the least and the largest value of each count that carrying bounds between rows and counts finds."""
    entries = known.rows.tocoo()
    row, column, factor = entries.row, entries.col, entries.data
    ups = factor > 0
    low, high = np.zeros(known.rows.shape[1]), np.full(known.rows.shape[1], NO_BOUND)
    count = len(known.least)
    for _ in range(ROUNDS):
        before = high.sum() - low.sum()
        least, most = factor * np.where(ups, low[column], high[column]), factor * np.where(ups, high[column], low[column])
        spare = known.most[row] - (np.bincount(row, least, count)[row] - least)
        short = known.least[row] - (np.bincount(row, most, count)[row] - most)
        np.minimum.at(high, column, np.where(ups, spare, short) / factor)
        np.maximum.at(low, column, np.where(ups, short, spare) / factor)
        if high.sum() - low.sum() >= before - CLOSE:
            break
    return low, high


def _pieces(known: Known, is_open: Flags, asked: Flags) -> Iterator[tuple[Ints, Ints]]:
    """Yield rows and columns of the pieces that hang together by counts that are not settled, and hold one asked about."""
    rows = known.rows.shape[0]
    some = np.flatnonzero(is_open)
    part = sparse.csr_array(known.rows[:, some])
    links = sparse.block_array([[None, part], [part.T, None]]) if len(some) else sparse.csr_array((rows, rows))
    _, label = sparse.csgraph.connected_components(links, directed=False)
    of_row, of_column = label[:rows], label[rows:]
    wanted = np.unique(of_column[asked[some]])
    by_row, by_column = np.argsort(of_row, kind="stable"), np.argsort(of_column, kind="stable")
    row_ends, column_ends = np.sort(of_row), np.sort(of_column)
    for each in wanted:
        its_rows = by_row[slice(*np.searchsorted(row_ends, [each, each + 1]))]
        its_columns = by_column[slice(*np.searchsorted(column_ends, [each, each + 1]))]
        yield its_rows.astype(np.int64), some[its_columns].astype(np.int64)


def _piece(known: Known, rows: Ints, columns: Ints, settled: Counts) -> Known:
    """Return the knowledge about some columns; all others of these rows are settled."""
    others = settled.copy()
    others[columns] = 0
    own = sparse.csr_array(known.rows[rows])
    given = own @ others
    return Known(sparse.csr_array(own[:, columns]), known.least[rows] - given, known.most[rows] - given)


def _told_in(piece: Known, asked: Flags, threshold: float) -> Flags:
    """Settle each count that is asked about by its least and largest value; what other solutions show settles some before."""
    programme = _programme(piece)
    low, high = np.full(len(asked), np.inf), np.full(len(asked), -np.inf)
    found = np.zeros(len(asked), dtype=bool)
    for column in np.flatnonzero(asked):
        for is_most in (True, False):
            if high[column] - low[column] < threshold - CLOSE:
                solution = _extreme(programme, int(column), is_most=is_most)
                if solution is None:
                    low[column], high[column] = 0.0, np.inf
                else:
                    low, high = np.minimum(low, solution), np.maximum(high, solution)
        found[column] = high[column] - low[column] < threshold - CLOSE
    return found


def _programme(piece: Known) -> highspy.Highs:
    """Return a solver that holds the rows; the counts have no upper bound of their own."""
    solver, matrix = highspy.Highs(), sparse.csc_array(piece.rows)  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)  # noqa: FBT003 - theirs
    solver.setOptionValue("threads", 1)
    model, (rows, columns) = highspy.HighsLp(), matrix.shape
    model.num_col_, model.num_row_ = columns, rows
    model.col_cost_, model.col_lower_ = np.zeros(columns), np.zeros(columns)
    model.col_upper_ = np.full(columns, highspy.kHighsInf)
    model.row_lower_, model.row_upper_ = piece.least, piece.most
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver.passModel(model)
    return solver


def _extreme(solver: highspy.Highs, column: int, *, is_most: bool) -> Counts | None:
    """Return a solution in which a count is the largest, or the smallest, that it can be; None where it has no end."""
    solver.changeColCost(column, -1.0 if is_most else 1.0)
    solver.run()
    status = solver.getModelStatus()
    solver.changeColCost(column, 0.0)
    if status != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(solver.getSolution().col_value)
