"""Pieces divided into parts: against every division there is, on all small land; the hard rules; and what stands in the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.balancing.chains import relieve
from geogrid.balancing.divide import divide, told
from geogrid.balancing.figures import figures, sizes
from geogrid.balancing.least import even_out
from geogrid.balancing.oneplot import FRESH, LEAST, Way, answer
from geogrid.balancing.parting import parted
from geogrid.balancing.pieces import NOBODY, Pieces
from geogrid.balancing.plots import plots
from geogrid.balancing.relabel import difference, relabel
from geogrid.balancing.state import State, Weights
from geogrid.balancing.wanted import Wanted
from geogrid.effort import Effort
from tests.paper_pieces import best_of_all, every_division, hangs_together, key, lattice, lock, moved_least, row, shut

SMALL = settings(max_examples=40, deadline=None, derandomize=True)


@st.composite
def land(draw: st.DrawFn, most: int = 7, *, with_today: bool = True) -> Pieces:
    """Draw connected land: a tree and some more borders, with households, border lengths and perhaps grids of today."""
    n = draw(st.integers(2, most))
    pairs = {(draw(st.integers(0, i - 1)), i) for i in range(1, n)}
    pairs |= {(min(a, b), max(a, b)) for a, b in draw(st.lists(st.tuples(*[st.integers(0, n - 1)] * 2), max_size=6)) if a != b}
    ends = np.array(sorted(pairs), dtype=np.int64)
    households = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    today = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n)) if with_today else None
    metres = draw(st.lists(st.integers(1, 5), min_size=len(ends), max_size=len(ends)))
    return Pieces.plain(
        np.array(households),
        ends[:, 0],
        ends[:, 1],
        border_m=np.array(metres, dtype=float),
        today=None if today is None else np.array(today),
    )


def counts_of(pieces: Pieces, wanted: Wanted, *, from_today: bool) -> list[int]:
    """Return the numbers of parts that are tried, as the text says them: the range's, by target or nearest to today's."""
    total, n = int(pieces.households.sum()), len(pieces)
    gaps = {k: wanted.gap(total, k) for k in range(1, n + 1)}
    fit = [k for k in gaps if gaps[k] == min(gaps.values())]
    fit.sort(key=lambda k: (wanted.off(total / k), k))
    now = len(set(pieces.today.tolist()) - {NOBODY})
    return sorted(fit, key=lambda k: (abs(k - now), fit.index(k))) if from_today and now else fit


@SMALL
@given(land(), st.integers(0, 8), st.integers(0, 10), st.booleans())
def test_small_land_is_divided_as_well_as_can_be(pieces: Pieces, low: int, width: int, from_today: bool) -> None:
    wanted = Wanted(low, low + width)
    if (pieces.households > low + width).any() or pieces.households.sum() == 0:
        return
    seen = pieces if from_today else replace(pieces, today=np.full(len(pieces), NOBODY))
    best = best_of_all(seen, wanted, counts_of(seen, wanted, from_today=from_today), from_today=from_today)
    way = Way(is_from_today=from_today, stages=LEAST if from_today else FRESH)
    found = told(seen, wanted, way, effort=Effort(), with_releases=False)
    assert found.proof == "optimal"
    assert key(seen, _numbered(found.part), wanted, from_today=from_today) == pytest.approx(best)
    assert hangs_together(seen, found.part)
    assert bool(found.infeasible) == (best[0] > 0)


@SMALL
@given(land(), st.integers(1, 8), st.integers(0, 10), st.booleans())
def test_the_search_finds_what_the_exact_way_finds_on_small_land(pieces: Pieces, low: int, width: int, from_today: bool) -> None:
    """Where some division keeps the range, so does the one searched for; never better than the best there is."""
    wanted = Wanted(low, low + width)
    if (pieces.households > low + width).any() or pieces.households.sum() == 0:
        return
    seen = pieces if from_today else replace(pieces, today=np.full(len(pieces), NOBODY))
    best = best_of_all(seen, wanted, counts_of(seen, wanted, from_today=from_today), from_today=from_today)
    way = Way(is_from_today=from_today, stages=LEAST if from_today else FRESH, exact=False)
    found = parted(seen, wanted, way).part
    got = key(seen, _numbered(found), wanted, from_today=from_today)
    assert hangs_together(seen, found)
    assert got >= tuple(np.array(best) - 1e-6)
    if best[0] == 0:
        assert got[0] == 0


def _numbered(part: np.ndarray) -> list[int]:
    return [int(each) for each in np.unique(part, return_inverse=True)[1]]


def parts_of(part: np.ndarray) -> list[int]:
    """Number parts in order of their first piece."""
    numbers: dict[int, int] = {}
    return [numbers.setdefault(each, len(numbers)) for each in part.tolist()]


def test_a_number_of_parts_alone_makes_them_as_even_as_can_be() -> None:
    """Seven pieces in a row, 3 1 4 1 5 9 2, in three: as even as the evenest of all divisions."""
    pieces = row([3, 1, 4, 1, 5, 9, 2])
    found = divide(pieces, Wanted(parts=3))

    def worst(part: tuple[int, ...]) -> float:
        held = [sum(int(pieces.households[i]) for i in range(7) if part[i] == k) for k in set(part)]
        return max(abs(n - 25 / 3) for n in held)

    best = min(worst(part) for part in every_division(pieces) if max(part) == 2)
    assert worst(tuple(_numbered(found.part))) == pytest.approx(best)
    assert (found.proof, found.infeasible) == ("optimal", ())


def test_where_the_range_cannot_be_kept_any_number_of_parts_may_miss_it_least() -> None:
    """2 and 9 in a range of 6 to 10: one part of 11 is 1 beyond it, two parts are 4 beyond it."""
    found = divide(row([2, 9]), Wanted(6, 10))
    assert (parts_of(found.part), found.figures.beyond, found.proof) == ([0, 0], 1, "optimal")


def test_barriers_divide_and_each_side_is_divided_by_itself() -> None:
    """A river between the rows: 0-1-2 and 3-4-5."""
    pieces = shut(lattice(3, 2, [4, 4, 4, 6, 6, 6]), (0, 3), (1, 4), (2, 5))
    found = divide(pieces, Wanted(10, 20))
    assert parts_of(found.part) == [0, 0, 0, 1, 1, 1]
    assert found.figures.out_of_range == 0


def test_empty_land_behind_a_barrier_goes_with_its_longest_neighbour_and_never_connects_others() -> None:
    """0-1 | 2 | 3-4: piece 2 is a river bank nobody lives on; the two sides stay two."""
    pieces = shut(row([5, 5, 0, 5, 5]), (1, 2), (2, 3))
    found = divide(replace(pieces, border_m=np.array([1.0, 1, 3, 1])), Wanted(8, 30))
    assert parts_of(found.part) == [0, 0, 1, 1, 1]
    assert (found.infeasible, found.figures.fragments) == ((), 1)


def test_parts_never_cross_from_area_to_area() -> None:
    pieces = replace(row([5, 5, 5, 5]), area=np.array([0, 0, 1, 1]), is_open=np.array([True, False, True]))
    assert parts_of(divide(pieces, Wanted(8, 30)).part) == [0, 0, 1, 1]


@pytest.mark.parametrize("exact", [True, False])
def test_locked_pieces_stay_with_their_grid_and_wholly_locked_grids_as_they_are(exact: bool) -> None:
    """Grid 8 keeps piece 0; grid 9 is locked as a whole: nothing comes to it."""
    today = [8, 8, 8, 7, 7, 9]
    pieces = lock(row([4, 4, 4, 4, 4, 9], today), 0, 5)
    for is_from_today in (True, False):
        way = Way(is_from_today=is_from_today, exact=exact, stages=LEAST if is_from_today else FRESH)
        part = parted(pieces, Wanted(8, 12), way).part
        assert part[0] == 8
        assert part[5] == 9
        assert 9 not in part[:5]


def test_locked_pieces_of_one_grid_come_into_one_part() -> None:
    """Both ends of the upper row are locked in grid 5: what ties them goes with them."""
    pieces = lock(lattice(4, 2, [2] * 8, [5, 5, 5, 5, 6, 6, 6, 6]), 0, 3)
    for exact in (True, False):
        for seed in range(3):
            part = parted(pieces, Wanted(4, 12, parts=2), Way(seed=seed, exact=exact)).part
            assert part[0] == part[3] == 5
            assert hangs_together(pieces, part)


def test_the_same_seed_gives_the_same_division_whatever_is_tried_before() -> None:
    pieces = lattice(8, 8, np.random.default_rng(3).integers(1, 9, 64).tolist())
    wanted = Wanted(25, 40)
    first = divide(pieces, wanted, seed=4)
    divide(pieces, wanted, seed=5)
    assert divide(pieces, wanted, seed=4).part.tolist() == first.part.tolist()
    assert first.figures.out_of_range == 0


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_larger_land_keeps_the_hard_rules_from_scratch_and_from_today(seed: int) -> None:
    """Every piece in one part, parts connected, locks kept, figures as counted by hand."""
    rng = np.random.default_rng(seed)
    base = lattice(9, 6, rng.integers(0, 9, 54).tolist())
    today = divide(base, Wanted(parts=5), seed=seed).part
    pieces = lock(replace(base, households=rng.integers(0, 9, 54), today=today), int(rng.integers(54)))
    mean = int(pieces.households.sum()) / 5
    wanted = Wanted(int(mean * 0.85), int(mean * 1.15) + 1)
    fresh, even = divide(pieces, wanted, seed=seed), even_out(pieces, wanted, seed=seed)
    for found in (fresh, even):
        assert (found.part >= 0).all()
        assert hangs_together(pieces, found.part)
        assert (found.part == today)[pieces.locked].all()
        assert found.figures.out_of_range == sum(1 for n in sizes(pieces, found.part).values() if wanted.beyond(n)) == 0
    assert even.figures.moved <= fresh.figures.moved


def test_what_is_in_range_today_stays_as_it_is() -> None:
    pieces = lattice(3, 2, [3, 3, 3, 3, 3, 3], [4, 4, 2, 2, 2, 4])
    split = lattice(3, 2, [3, 3, 3, 3, 3, 3], [4, 4, 2, 4, 2, 2])
    assert even_out(split, Wanted(9, 9)).part.tolist() == split.today.tolist()
    assert not hangs_together(pieces, pieces.today)
    assert hangs_together(pieces, even_out(pieces, Wanted(6, 12)).part)


def test_a_state_reckons_each_hand_over_as_it_is() -> None:
    """Handing over costs what the energy before and after says."""
    pieces = lattice(4, 4, list(range(16)), [0] * 8 + [1] * 8)
    plot = plots(pieces)[0]
    state = State(plot, [0] * 5 + [1] * 5 + [2] * 6, [0, 1, NOBODY], Wanted(30, 45), Weights(beyond=3, moved=1, border=2))
    for lump in range(16):
        for to in range(3):
            before, cost, at = state.energy(), state.gain(lump, to) if to != state.part[lump] else 0.0, state.part[lump]
            state.hand(lump, to)
            assert state.energy() - before == pytest.approx(cost, abs=1e-6)
            state.hand(lump, at)


def test_a_chain_brings_what_is_too_much_to_where_there_is_room() -> None:
    """A row of four parts of 12 that may have 10 to 12, but the first has 14 and the last 10: one household a step."""
    pieces = row([1] * 14 + [1] * 12 + [1] * 12 + [1] * 10)
    part = [0] * 14 + [1] * 12 + [2] * 12 + [3] * 10
    state = State(plots(pieces)[0], part, [NOBODY] * 4, Wanted(10, 12), Weights())
    assert relieve(state)
    assert state.size == [12, 12, 12, 12]
    assert hangs_together(pieces, np.array(state.part))
    assert not relieve(state)


def test_labels_are_those_of_today_by_largest_overlap() -> None:
    pieces = row([5, 1, 1, 5], [3, 3, 9, 9])
    assert relabel(np.array([0, 1, 1, 2]), pieces).tolist() == [3, 10, 10, 9]
    assert difference(pieces, np.array([0, 0, 1, 1]), np.array([7, 5, 5, 5])) == pytest.approx(1 / 12)
    part = relabel(np.array([1, 0, 0, 0]), pieces)
    assert figures(pieces, part, Wanted()).moved == round(moved_least(pieces, [1, 0, 0, 0]) - 0.001)


def test_a_search_stopped_by_hand_still_gives_every_piece_a_part() -> None:
    pieces, effort = lattice(12, 12, [5] * 144), Effort()
    effort.stop()
    found = divide(pieces, Wanted(50, 70), effort=effort)
    assert (found.part >= 0).all()
    assert hangs_together(pieces, found.part)
    assert not effort.is_reproducible


def test_the_answer_of_a_plot_says_what_is_proven() -> None:
    plot = plots(row([3, 9, 3]))[0]
    proofs = [answer(plot, Wanted(low, 9), frozenset(), Way(), Effort()).proof for low in (3, 5)]
    assert proofs == ["optimal", "infeasible"]
