"""Linear programs with whole numbers, solved by HiGHS: rows and columns in, an answer with its proof out.

One thread, one seed, and limits in nodes: the same program has the same answer each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import highspy
import numpy as np
from scipy.sparse import csc_array

from geogrid.errors import InputError
from geogrid.words import Text

if TYPE_CHECKING:
    import numpy.typing as npt

    from geogrid.effort import Effort

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

Status = Literal["optimal", "gap", "infeasible", "none"]
"""Proven the best; feasible with a gap; proven that there is none; stopped before anything was found."""

SEED = 0
NODES = 100_000
"""Nodes of a search tree at an effort of 1."""
NO_LIMIT = 2**31 - 1
CLOSE = 1e-6
"""Value and bound that differ by no more, as a share of the value, are equal; so far may a row's sum be outside its limits."""
SURELY, ROUNDING = 0.9, 0.05
"""A bound nearer than so much of a step leaves no better value; and by so much of a step a bound may be out by rounding."""
SIDES = {True: highspy.ObjSense.kMaximize, False: highspy.ObjSense.kMinimize}
KINDS = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}

_BROKEN = {
    highspy.HighsModelStatus.kModelError,
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kPresolveError,
    highspy.HighsModelStatus.kPostsolveError,
    highspy.HighsModelStatus.kLoadError,
    highspy.HighsModelStatus.kMemoryLimit,
    highspy.HighsModelStatus.kUnknown,
}

_UNBOUNDED = Text(
    "模型没有上界：目标值可以无限改善；请给计入目标的每个变量设有限的上下限。",
    "The program has no limit: its value can improve for ever; give every column that counts finite bounds.",
)
_MISSHAPEN = Text(
    "模型的数组不相配：{columns} 列、{rows} 行，系数矩阵为 {shape}；每列、每行各需一个数，且不得为空值。",
    "The arrays of the program do not fit: {columns} columns and {rows} rows with coefficients of shape {shape}; each column and "
    "each row needs one number, none of them missing.",
)
_FAILED = Text(
    "求解器未能完成：{status}；请检查模型的系数。", "The solver failed: {status}; look at the coefficients of the program."
)


@dataclass(frozen=True, eq=False)
class Program:
    """What is to be decided: the columns, what each is worth, and the rows that must hold.

    Attributes
    ----------
    worth, low, high : arrays of float, one a column
        What a column counts in the objective, and between which numbers it lies.
    whole : array of bool, one a column
        Which columns are whole numbers.
    rows : sparse array, rows × columns
    row_low, row_high : arrays of float, one a row
        Between which numbers each row's sum lies; infinite where it has no limit.
    is_most : bool
        Whether the most is wanted, else the least.
    constant : float
        What is counted anyway.
    step : float
        The values that answers can have, less the constant, are whole multiples of this; 0 where nothing of the kind is known. A
        bound is then taken to the next such value, and the proof is done once no better one is left.
    """

    worth: Floats
    low: Floats
    high: Floats
    whole: Bools
    rows: csc_array
    row_low: Floats
    row_high: Floats
    is_most: bool = False
    constant: float = 0.0
    step: float = 0.0


@dataclass(frozen=True, eq=False)
class Solved:
    """What came of a program: ``columns`` are the best values found (None where there are none).

    ``bound`` is what no answer can beat, and ``gap`` by how much of the value (0 to 1, infinite where nothing is known) they
    differ. ``nodes`` of the tree were looked at, in ``seconds``.
    """

    status: Status
    columns: Floats | None
    value: float
    bound: float
    gap: float
    nodes: int
    seconds: float


def solve(
    program: Program,
    effort: Effort,
    *,
    start: Floats | None = None,
    gap: float = 0.0,
    nodes: int = NODES,
) -> Solved:
    """Solve a program.

    Parameters
    ----------
    program : Program
    effort : Effort
        Multiplies ``nodes``; is told of better answers, and can stop it.
    start : array of float, optional
        An answer to begin with, one value a column.
    gap : float
        How far from the best is good enough, as a share of the value; 0 asks for the proof.
    nodes : int
        How many nodes of the search tree at an effort of 1.

    Returns
    -------
    Solved
        A search that is stopped has the best found so far, or else ``start`` where that is an answer.

    Raises
    ------
    InputError
        The arrays do not fit each other, the value could improve for ever, or the solver failed.

    Examples
    --------
    Two of three sites, worth 3, 5 and 4, of which the last two exclude each other:

    >>> from geogrid.effort import Effort
    >>> ones, rows = np.ones(3), csc_array(np.array([[1.0, 1, 1], [0, 1, 1]]))
    >>> sites = Program(np.array([3.0, 5, 4]), 0 * ones, ones, ones > 0, rows, np.zeros(2), np.array([2.0, 1]), is_most=True)
    >>> best = solve(sites, Effort())
    >>> best.status, best.value, best.columns.tolist()
    ('optimal', 8.0, [1.0, 1.0, 0.0])
    """
    begun = perf_counter()
    _check(program)
    if not effort.goes_on():
        return _as_begun(program, start, perf_counter() - begun)
    allowed = min(max(int(nodes * effort.work), 1), NO_LIMIT)
    highs = _highs(program, effort, gap, allowed)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = np.asarray(start, dtype=np.float64).tolist()
        highs.setSolution(solution)
    _listen(highs, effort, allowed)
    highs.run()
    status = _status(highs, program)
    _note(status, effort)
    return _solved(highs, program, status, _columns(highs, program, start), perf_counter() - begun)


def solver_name() -> str:
    """Return the solver and its version.

    Examples
    --------
    >>> solver_name().split()[0]
    'HiGHS'
    """
    return f"HiGHS {_new().version()}"


def _new() -> Any:
    maker: Any = highspy.Highs
    highs = maker()
    highs.setOptionValue("output_flag", False)  # noqa: FBT003 - the solver's own signature
    return highs


def _check(program: Program) -> None:
    shape = program.rows.shape
    columns = (program.worth, program.low, program.high, program.whole)
    fits = all(len(each) == shape[1] for each in columns) and len(program.row_low) == len(program.row_high) == shape[0]
    if not fits or any(np.isnan(each).any() for each in (*columns[:3], program.row_low, program.row_high, program.rows.data)):
        raise InputError(_MISSHAPEN.fill(columns=len(program.worth), rows=len(program.row_low), shape=shape))


def _highs(program: Program, effort: Effort, gap: float, allowed: int) -> Any:
    highs = _new()
    apart = max(CLOSE, program.step * SURELY)
    options: dict[str, Any] = {"threads": 1, "random_seed": SEED, "mip_rel_gap": gap, "mip_abs_gap": apart}
    options |= {"mip_max_nodes": allowed}
    if effort.left_s is not None:
        options["time_limit"] = effort.left_s
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(_lp(program))
    return highs


def _lp(program: Program) -> Any:
    rows = csc_array(program.rows)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = rows.shape[1], rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.worth, program.low, program.high
    lp.row_lower_, lp.row_upper_ = program.row_low, program.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data.astype(np.float64)
    lp.sense_, lp.offset_ = SIDES[program.is_most], program.constant
    lp.integrality_ = [KINDS[bool(each)] for each in program.whole]
    return lp


def _listen(highs: Any, effort: Effort, allowed: int) -> None:
    """Pass on better answers, and end the search when the effort says so."""

    def better(event: Any) -> None:
        out = event.data_out
        bound = float(out.mip_dual_bound)
        effort.report(
            max(out.mip_node_count, 0) / allowed, float(out.objective_function_value), bound if isfinite(bound) else None
        )

    def ask(event: Any) -> None:
        event.data_in.user_interrupt = not effort.goes_on()

    highs.cbMipImprovingSolution += better
    highs.cbMipInterrupt += ask
    highs.cbSimplexInterrupt += ask


def _status(highs: Any, program: Program) -> Any:
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kModelEmpty:
        return highspy.HighsModelStatus.kOptimal if _holds(program, np.zeros(0)) else highspy.HighsModelStatus.kInfeasible
    if status in {highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        if _has_answer(program):
            raise InputError(_UNBOUNDED)
        return highspy.HighsModelStatus.kInfeasible
    if status in _BROKEN:
        raise InputError(_FAILED.fill(status=highs.modelStatusToString(status)))
    return status


def _has_answer(program: Program) -> bool:
    highs = _new()
    highs.passModel(_lp(replace(program, worth=np.zeros(len(program.worth)))))
    highs.run()
    return bool(highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _note(status: Any, effort: Effort) -> None:
    if status == highspy.HighsModelStatus.kTimeLimit and effort.seconds is not None:
        effort.stopped = effort.stopped if effort.stopped == "hand" else "time"
    if status == highspy.HighsModelStatus.kSolutionLimit:
        effort.ran_out()


def _columns(highs: Any, program: Program, start: Floats | None) -> Floats | None:
    """Return the best columns known: those found, or those to begin with where the search ended before it took them up."""
    found = highs.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    columns = np.array(highs.getSolution().col_value) if found else start
    if columns is None and not len(program.worth):
        columns = np.zeros(0)
    if columns is None:
        return None
    rounded = np.where(program.whole, np.round(columns), columns)
    return rounded if found or _holds(program, rounded) else None


def _as_begun(program: Program, start: Floats | None, seconds: float) -> Solved:
    """Return what there was to begin with, for a search that is not to go on."""
    worst = np.inf if program.is_most else -np.inf
    if start is None or not _holds(program, start):
        return Solved("none", None, np.nan, worst, np.inf, 0, seconds)
    return Solved("gap", start, float(program.worth @ start) + program.constant, worst, np.inf, 0, seconds)


def _holds(program: Program, columns: Floats) -> bool:
    sums = program.rows @ columns
    room = CLOSE * np.maximum(1.0, np.abs(sums))
    inside = (columns >= program.low - CLOSE) & (columns <= program.high + CLOSE)
    return bool(inside.all() and (sums >= program.row_low - room).all() and (sums <= program.row_high + room).all())


def _solved(highs: Any, program: Program, status: Any, columns: Floats | None, seconds: float) -> Solved:
    nodes = max(int(highs.getInfo().mip_node_count), 0)
    worst = np.inf if program.is_most else -np.inf
    if status == highspy.HighsModelStatus.kInfeasible:
        return Solved("infeasible", None, np.nan, worst, np.inf, nodes, seconds)
    is_best = status == highspy.HighsModelStatus.kOptimal
    if columns is None:
        return Solved("none", None, np.nan, _bound(highs, program, worst), np.inf, nodes, seconds)
    value = float(program.worth @ columns) + program.constant
    bound = value if is_best and not program.whole.any() else _bound(highs, program, value)
    gap = gap_of(value, bound)
    return Solved("optimal" if is_best and gap <= CLOSE else "gap", columns, value, bound, gap, nodes, seconds)


def gap_of(value: float, bound: float) -> float:
    """Return by how much a bound differs from a value, as a share of the value.

    It is 0 where they are equal, and infinite where the bound is unknown or the value is nothing.

    Examples
    --------
    >>> gap_of(200.0, 201.0), gap_of(0.0, 1e-9), gap_of(5.0, float("inf")), gap_of(0.0, 9.0)
    (0.005, 0.0, inf, inf)
    """
    apart = abs(bound - value)
    if not isfinite(apart):
        return float("inf")
    if apart <= CLOSE:
        return 0.0
    return apart / abs(value) if abs(value) > CLOSE else float("inf")


def _bound(highs: Any, program: Program, value: float) -> float:
    """Return what no answer can beat, taken to the next value that answers can have, and never worse than the value itself."""
    worst = np.inf if program.is_most else -np.inf
    bound = float(highs.getInfo().mip_dual_bound)
    if not np.isfinite(bound) or not program.whole.any():
        return worst
    if program.step:
        steps = (bound - program.constant) / program.step
        steps = np.floor(steps + ROUNDING) if program.is_most else np.ceil(steps - ROUNDING)
        bound = float(steps * program.step + program.constant)
    if not np.isfinite(value):
        return bound
    return max(bound, value) if program.is_most else min(bound, value)
