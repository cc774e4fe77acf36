"""The solver: proofs, what it does when there is no answer, and how a search is stopped."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from geogrid.effort import Effort, Incumbent
from geogrid.errors import InputError
from geogrid.solver import Program, Solved, solve, solver_name


def knapsack(worth: list[float], weight: list[list[float]], most: list[float], *, step: float = 0.0) -> Program:
    """What to take, each once, within limits of weight."""
    n, rows = len(worth), len(most)
    ones = np.ones(n)
    table = csc_array(np.array(weight, dtype=np.float64).reshape(rows, n))
    return Program(
        *(np.array(worth), 0 * ones, ones, ones > 0, table, np.full(rows, -np.inf), np.array(most, dtype=np.float64)),
        is_most=True,
        step=step,
    )


@pytest.fixture(scope="module")
def hard() -> Program:
    """Forty things with five limits: more than one node of a search tree."""
    weight = np.random.default_rng(0).integers(20, 100, (5, 40)).astype(np.float64)
    return knapsack(weight.sum(axis=0).tolist(), weight.tolist(), (weight.sum(axis=1) // 2).tolist())


def tried(program: Program) -> float:
    """The best of all choices."""
    best = -np.inf
    for each in product((0.0, 1.0), repeat=len(program.worth)):
        sums = program.rows @ np.array(each)
        if (sums <= program.row_high).all():
            best = max(best, float(program.worth @ np.array(each)))
    return best + program.constant


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_best_is_found_and_proven(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 6))
    figures = st.lists(st.integers(0, 9).map(float), min_size=n, max_size=n)
    program = knapsack(data.draw(figures), [data.draw(figures), data.draw(figures)], [9.0, 12.0], step=1.0)
    best = solve(replace(program, constant=5.0), Effort())
    assert (best.status, best.value, best.bound, best.gap) == ("optimal", tried(program) + 5, tried(program) + 5, 0.0)
    assert best.columns is not None
    assert float(program.worth @ best.columns) + 5 == best.value


def test_the_least_is_found_too_and_linear_programs_are_proven() -> None:
    ones = np.ones(2)
    program = Program(
        np.array([3.0, 2.0]), 0 * ones, 9 * ones, ones < 0, csc_array(np.ones((1, 2))), ones[:1] * 2.5, ones[:1] * 8
    )
    found = solve(program, Effort())
    assert (found.status, found.value, found.bound, found.gap) == ("optimal", 5.0, 5.0, 0.0)
    whole = solve(replace(program, whole=ones > 0), Effort())
    assert (whole.status, whole.value) == ("optimal", 6.0)


def test_what_cannot_be_is_infeasible() -> None:
    program = replace(knapsack([1.0, 1.0], [[1.0, 1.0]], [5.0]), row_low=np.array([3.0]))
    told = solve(program, Effort(), start=np.ones(2))
    assert (told.status, told.columns, told.gap) == ("infeasible", None, np.inf)


@pytest.mark.parametrize(("row_low", "status"), [(0.0, "optimal"), (1.0, "infeasible")])
def test_a_program_without_columns_is_told_by_its_rows(row_low: float, status: str) -> None:
    none = np.zeros(0)
    program = Program(none, none, none, none > 0, csc_array((1, 0)), np.array([row_low]), np.array([2.0]), constant=4.0)
    told = solve(program, Effort())
    assert told.status == status
    assert status == "infeasible" or (told.value, told.bound) == (4.0, 4.0)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_value_without_limit_is_an_error(is_whole: bool) -> None:
    ones = np.ones(2)
    endless = Program(
        *(ones, 0 * ones, np.array([1.0, np.inf]), np.full(2, is_whole)),
        *(csc_array(np.ones((1, 2))), np.zeros(1), np.array([np.inf])),
        is_most=True,
    )
    with pytest.raises(InputError, match="give every column that counts finite bounds"):
        solve(endless, Effort())
    none = replace(endless, rows=csc_array(np.array([[1.0, 0.0]])), row_low=np.array([3.0]))
    assert solve(none, Effort()).status == "infeasible"


@pytest.mark.parametrize("worth", [np.ones(1), np.array([1.0, np.nan])])
def test_arrays_that_do_not_fit_are_refused(worth: np.ndarray) -> None:
    with pytest.raises(InputError, match="The arrays of the program do not fit"):
        solve(replace(knapsack([1.0, 1.0], [[1.0, 1.0]], [1.0]), worth=worth), Effort())


def test_stopped_by_nodes_it_comes_again_and_says_so(hard: Program) -> None:
    efforts = [Effort(), Effort()]
    first, again = (solve(hard, effort, nodes=3) for effort in efforts)
    assert first.columns is not None
    assert again.columns is not None
    assert (first.status, first.nodes) == ("gap", 3)
    assert (first.value, first.bound) == (again.value, again.bound)
    assert first.columns.tolist() == again.columns.tolist()
    assert [(each.stopped, each.is_reproducible) for each in efforts] == [("work", True)] * 2
    assert first.value < first.bound
    assert first.gap == pytest.approx((first.bound - first.value) / first.value)


def test_twice_the_work_is_twice_the_nodes(hard: Program) -> None:
    assert [solve(hard, Effort(work=work), nodes=3).nodes for work in (1.0, 2.0)] == [3, 6]


def test_better_answers_are_told_with_their_bound(hard: Program) -> None:
    told: list[Incumbent] = []
    found = solve(hard, Effort(tell=told.append), nodes=3)
    values = [each.value for each in told if each.value is not None]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(found.value)
    assert all(0 <= each.share <= 1 for each in told)
    assert any(each.bound is not None and each.bound >= found.value for each in told)


def test_by_hand_it_ends_with_the_best_so_far(hard: Program) -> None:
    effort = Effort(tell=lambda _: effort.stop())
    found = solve(hard, effort)
    assert (found.status, effort.stopped, effort.is_reproducible) == ("gap", "hand", False)
    assert found.columns is not None
    assert (hard.rows @ found.columns <= hard.row_high).all()


def stopped() -> Effort:
    """Effort that is stopped before it is used."""
    effort = Effort()
    effort.stop()
    return effort


def test_stopped_before_it_begins_it_gives_the_start(hard: Program) -> None:
    start = np.append(np.ones(10), np.zeros(30))
    found = solve(hard, stopped(), start=start)
    assert (found.status, found.bound, found.gap) == ("gap", np.inf, np.inf)
    assert found.columns is not None
    assert found.columns.tolist() == start.tolist()
    assert found.value == float(hard.worth @ start)


@pytest.mark.parametrize("start", [None, np.ones(40)])
def test_without_a_start_that_holds_there_is_nothing(hard: Program, start: np.ndarray | None) -> None:
    found = solve(hard, stopped(), start=start)
    assert (found.status, found.columns) == ("none", None)


def test_time_ends_it_and_it_does_not_come_again(hard: Program) -> None:
    effort = Effort(seconds=0.0)
    assert solve(hard, effort).status == "none"
    assert (effort.stopped, effort.is_reproducible) == ("time", False)


def test_a_start_is_taken_up(hard: Program) -> None:
    best: Solved = solve(hard, Effort(), nodes=30)
    told: list[Incumbent] = []
    again = solve(hard, Effort(tell=told.append), start=best.columns, nodes=1)
    assert again.value >= best.value
    assert not [each for each in told if each.value is not None and each.value < best.value - 1e-6]


def test_a_gap_asked_for_is_kept_and_told(hard: Program) -> None:
    found = solve(hard, Effort(), gap=0.05)
    assert 0 < found.gap <= 0.05
    assert found.status == "gap"


def test_a_step_ends_the_proof_early() -> None:
    """Values are multiples of 10: a bound of 29 is as good as 20."""
    program = knapsack([10.0] * 3, [[2.0, 2.0, 2.0]], [5.0], step=10.0)
    found = solve(program, Effort())
    assert (found.status, found.value, found.bound) == ("optimal", 20.0, 20.0)


def test_the_solver_has_a_version() -> None:
    assert solver_name().split()[1][0].isdigit()
