"""Linear programs with whole numbers, solved by HiGHS: rows and columns in, an answer with its proof out.

One thread, one seed, and limits in nodes: the same program has the same answer each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

import highspy
import numpy as np
from scipy.sparse import csc_array

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
"""Value and bound that differ by no more, as a share of the value, are equal."""
SIDES = {True: highspy.ObjSense.kMaximize, False: highspy.ObjSense.kMinimize}


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
    highs = _highs(program, effort, gap, nodes)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = np.asarray(start, dtype=np.float64).tolist()
        highs.setSolution(solution)
    _listen(highs, effort)
    highs.run()
    return _solved(highs, program, effort, perf_counter() - begun)


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
    return maker()


def _highs(program: Program, effort: Effort, gap: float, nodes: int) -> Any:
    highs = _new()
    allowed = min(max(int(nodes * effort.work), 1), NO_LIMIT)
    options: dict[str, Any] = {"output_flag": False, "threads": 1, "random_seed": SEED, "mip_rel_gap": gap, "mip_abs_gap": CLOSE}
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
    kinds = {True: highspy.HighsVarType.kInteger, False: highspy.HighsVarType.kContinuous}
    lp.integrality_ = [kinds[bool(each)] for each in program.whole]
    return lp


def _listen(highs: Any, effort: Effort) -> None:
    """Pass on better answers, and end the search when the effort says so."""

    def better(event: Any) -> None:
        out = event.data_out
        effort.report(0.0, float(out.objective_function_value), float(out.mip_dual_bound))

    def ask(event: Any) -> None:
        event.data_in.user_interrupt = not effort.goes_on()

    highs.cbMipImprovingSolution += better
    highs.cbMipInterrupt += ask
    highs.cbSimplexInterrupt += ask


def _solved(highs: Any, program: Program, effort: Effort, seconds: float) -> Solved:
    info, status = highs.getInfo(), highs.getModelStatus()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    nodes = max(int(info.mip_node_count), 0)
    if status == highspy.HighsModelStatus.kTimeLimit and effort.seconds is not None:
        effort.stopped = effort.stopped or "time"
    if status == highspy.HighsModelStatus.kSolutionLimit:
        effort.ran_out()
    worst = np.inf if program.is_most else -np.inf
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible} and not found:
        return Solved("infeasible", None, np.nan, worst, np.inf, nodes, seconds)
    is_linear = not program.whole.any()
    is_best = status == highspy.HighsModelStatus.kOptimal
    bound = _bound(info, worst, program) if not (is_linear and is_best) else float(info.objective_function_value)
    if not found:
        return Solved("none", None, np.nan, bound, np.inf, nodes, seconds)
    columns = np.array(highs.getSolution().col_value)
    columns = np.where(program.whole, np.round(columns), columns)
    value = float(info.objective_function_value)
    gap = abs(bound - value) / max(abs(value), 1e-9) if np.isfinite(bound) else np.inf
    return Solved("optimal" if is_best and gap <= CLOSE else "gap", columns, value, bound, gap, nodes, seconds)


def _bound(info: Any, worst: float, program: Program) -> float:
    bound = float(info.mip_dual_bound)
    return worst if not np.isfinite(bound) or not program.whole.any() else bound
