"""What stands in the way of a division and what would release it; a few moves, joining, shares and alternatives."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geogrid.balancing.alternatives import alternatives, beats
from geogrid.balancing.divide import divide
from geogrid.balancing.fewmoves import few_moves
from geogrid.balancing.figures import figures, sizes
from geogrid.balancing.joining import merge_small
from geogrid.balancing.least import even_out
from geogrid.balancing.pieces import NOBODY, Pieces
from geogrid.balancing.shares import share_out
from geogrid.balancing.wanted import Infeasible, Release, Wanted
from tests.paper_pieces import every_division, hangs_together, lattice, lock, row, shut

SMALL = settings(max_examples=15, deadline=None, derandomize=True)


def only(pieces: Pieces, wanted: Wanted) -> Infeasible:
    found = divide(pieces, wanted).infeasible
    assert len(found) == 1
    return found[0]


def released(place: Infeasible) -> dict[str, dict[str, int]]:
    return {each.kind: dict(each.numbers) for each in place.releases if each.is_sure}


def test_550_households_are_no_whole_number_of_grids_of_300_to_500() -> None:
    """Eleven pieces of 50: two of 275 where 275 will do … 250 and 300 here; one of 550 where that will do."""
    place = only(row([50] * 11), Wanted(300, 500))
    assert (place.kind, place.is_proven) == ("count", True)
    assert place.numbers == {"households": 550, "low": 300, "high": 500, "parts_most": 1, "parts_least": 2}
    told = released(place)
    assert told["high"] == {"high": 550}
    assert 240 <= told["low"]["low"] <= 250


def test_a_small_area_could_join_its_neighbour() -> None:
    pieces = replace(row([50, 50, 150, 150]), area=np.array([0, 0, 1, 1]), is_open=np.array([True, False, True]))
    place = only(pieces, Wanted(300, 500))
    assert (place.kind, place.area, place.pieces) == ("few", 0, (0, 1))
    assert released(place) == {"join": {"area": 1, "households": 400}, "low": {"low": 100}}


def test_a_piece_over_the_upper_limit_must_be_split() -> None:
    place = only(row([20, 90, 20]), Wanted(20, 50))
    assert (place.kind, place.pieces, place.numbers["piece"]) == ("piece", (1,), 1)
    assert released(place)["split"] == {"piece": 1, "households": 90}


def test_what_a_barrier_cuts_off_is_named_with_the_border_that_would_join_it() -> None:
    """0-1-2 | 3: ten households behind a river; opening it makes 40."""
    place = only(shut(row([10, 10, 10, 10]), (2, 3)), Wanted(30, 40))
    assert (place.kind, place.pieces) == ("cut_off", (3,))
    assert released(place)["open"] == {"first": 2, "second": 3}


def test_a_locked_grid_that_is_out_of_range_is_named() -> None:
    """Grid 1 is locked with 60; what is left, 30, fits."""
    pieces = lock(row([30, 30, 30], [0, 1, 1]), 1, 2)
    places = divide(pieces, Wanted(20, 50)).infeasible
    assert [(each.kind, each.numbers["grid"]) for each in places] == [("locked", 1)]
    assert released(places[0])["unlock"] == {"grid": 1}


def test_locked_pieces_of_one_grid_on_both_sides_of_a_river_are_named() -> None:
    pieces = lock(shut(row([30, 10, 10, 30], [4, 4, 4, 4]), (1, 2)), 0, 3)
    places = divide(pieces, Wanted(20, 50)).infeasible
    assert "apart" in {each.kind for each in places}


def test_numbers_that_fit_but_no_connected_division_does_are_proven() -> None:
    """A star: 2 in the middle, 5 at each of four ends; whatever is cut off is one end of 5, and 17 are left."""
    star = Pieces.plain(np.array([2, 5, 5, 5, 5]), np.array([0, 0, 0, 0]), np.array([1, 2, 3, 4]))
    place = only(star, Wanted(10, 12))
    assert (place.kind, place.is_proven) == ("shape", True)
    assert released(place)["low"] == {"low": 5}


def test_where_neither_limit_by_itself_is_enough_a_wider_range_is_told() -> None:
    """A star of 2 and three ends of 9, in two parts: 9 and 20 whatever is cut."""
    star = Pieces.plain(np.array([2, 9, 9, 9]), np.array([0, 0, 0]), np.array([1, 2, 3]))
    assert released(only(star, Wanted(14, 15, parts=2))) == {"range": {"low": 9, "high": 20}}


def test_a_number_of_parts_that_does_not_fit_is_named() -> None:
    place = only(row([50] * 8), Wanted(100, 200, parts=5))
    assert (place.kind, place.numbers["parts"]) == ("parts", 5)
    assert released(place)["low"]["low"] <= 80


def one_after_another(pieces: Pieces, wanted: Wanted, most: int) -> tuple[int, int, int]:
    """Return the best out of range, beyond and moved that handing over any pieces one by one reaches, by trying all."""
    states = {tuple(pieces.today.tolist())}
    seen = set(states)
    links = list(zip(pieces.first.tolist(), pieces.second.tolist(), strict=True))
    for _ in range(most):
        grown = set()
        for part in states:
            for a, b in links + [(b, a) for a, b in links]:
                new = (*part[:a], part[b], *part[a + 1 :])
                if part[a] != part[b] and hangs_together(pieces, np.array(new)) and set(new) == set(part):
                    grown.add(new)
        states = grown - seen
        seen |= grown
    told = [figures(pieces, np.array(part), wanted) for part in seen]
    return min((each.out_of_range, each.beyond, each.moved) for each in told)


@SMALL
@given(st.lists(st.integers(1, 9), min_size=9, max_size=9), st.integers(8, 14), st.integers(2, 8), st.integers(1, 3))
def test_few_moves_mend_as_much_as_any_so_few(households: list[int], low: int, width: int, most: int) -> None:
    """Three rows of three, each a grid; all sequences of moves are tried beside."""
    pieces = lattice(3, 3, households, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    wanted = Wanted(low, low + width)
    found = even_out(pieces, wanted, moves=most)
    told = found.figures
    assert (told.out_of_range, told.beyond, told.moved) == one_after_another(pieces, wanted, most)
    assert hangs_together(pieces, found.part)
    assert len(found.moves) <= most
    part = pieces.today.copy()
    for move in found.moves:
        assert part[move.piece] == move.source
        assert move.beyond_before == figures(pieces, part, wanted).beyond
        part[move.piece] = move.target
        assert (move.beyond_after, move.out_after) == tuple(
            getattr(figures(pieces, part, wanted), name) for name in ("beyond", "out_of_range")
        )
    assert part.tolist() == found.part.tolist()


def test_few_moves_leave_locked_grids_alone() -> None:
    pieces = lock(row([9, 9, 9, 1], [0, 0, 0, 1]), 3)
    assert few_moves(pieces, Wanted(8, 20), 3).moves == ()


@SMALL
@given(st.lists(st.integers(0, 9), min_size=7, max_size=7), st.lists(st.integers(1, 9), min_size=7, max_size=7))
def test_joining_moves_no_more_households_than_any_other(values: list[int], households: list[int]) -> None:
    """A row of six and one above: everything that could be joined is tried."""
    pieces = replace(lattice(7, 1, households), first=np.array([0, 1, 2, 3, 4, 2]), second=np.array([1, 2, 3, 4, 5, 6]))
    found = merge_small(np.array(values), pieces, 10)
    held = np.array(values)

    def key(part: tuple[int, ...]) -> tuple[int, int, int]:
        groups = [[i for i in range(7) if part[i] == k] for k in set(part)]
        short = [max(0, 10 - int(held[group].sum())) for group in groups]
        moved = sum(sum(households[i] for i in group) - max(households[i] for i in group) for group in groups)
        return sum(1 for each in short if each), sum(short), moved

    best = min(key(part) for part in every_division(pieces))
    assert key(tuple(found.part.tolist())) == best
    assert found.figures.moved == best[2]
    assert bool(found.infeasible) == (best[0] > 0)


def test_joining_many_keeps_the_minimum_and_names_each_after_its_largest() -> None:
    rng = np.random.default_rng(5)
    households = rng.integers(20, 200, 400)
    pieces, values = lattice(20, 20, households.tolist()), rng.integers(0, 12, 400)
    found = merge_small(values, pieces, 6)
    held = {int(each): values[found.part == each].sum() for each in np.unique(found.part)}
    assert min(held.values()) >= 6
    assert all(households[each] == households[found.part == each].max() for each in held)
    assert hangs_together(pieces, found.part)
    small = int(households[values < 6].sum())
    assert found.figures.moved < small


@SMALL
@given(st.lists(st.integers(1, 20), min_size=8, max_size=8), st.integers(1, 5))
def test_shares_are_as_even_as_can_be(households: list[int], n: int) -> None:
    pieces = lattice(4, 2, households)
    found = share_out(pieces, n)
    mean = sum(households) / n
    best = min(
        max(abs(sum(households[i] for i in range(8) if part[i] == k) - mean) for k in range(n))
        for part in every_division(pieces)
        if max(part) + 1 == n
    )
    assert max(abs(each - mean) for each in sizes(pieces, found.part).values()) == pytest.approx(best)
    assert sorted(set(found.part.tolist())) == list(range(n))
    assert found.proof == "optimal"


def test_shares_of_scattered_land_join_the_nearest() -> None:
    """Three stretches, two members: 0-1 | 2-3 | 4-5; whoever is few goes with the nearest."""
    pieces = shut(row([5, 5, 1, 1, 5, 5]), (1, 2), (3, 4))
    found = share_out(pieces, 2)
    assert found.figures.parts == 2
    assert found.figures.largest == 12
    with pytest.raises(ValueError, match="0 members cannot share a grid"):
        share_out(pieces, 0)


def test_alternatives_differ_and_none_beats_another() -> None:
    rng = np.random.default_rng(2)
    base = lattice(12, 10, rng.integers(2, 9, 120).tolist())
    today = divide(base, Wanted(parts=10), seed=9).part
    pieces = replace(base, households=rng.integers(2, 9, 120), today=today, along_m=np.where(base.first % 3 == 0, 1.0, 0.0))
    mean = pieces.households.sum() / 10
    found = alternatives(pieces, Wanted(int(mean * 0.9), int(mean * 1.1)), count=4, from_today=True)
    assert len(found) >= 3
    assert found[0].style == "least"
    assert found[0].division.figures.moved == min(each.division.figures.moved for each in found)
    assert all(share >= 0.05 for each in found for share in each.differs)
    assert not any(beats(b.division.figures, a.division.figures) for a, b in combinations(found, 2))


def test_releases_are_tried_and_not_only_reckoned() -> None:
    """Two pieces of 270 and 280: one grid of 550, or a lower limit of 270; 275 is out of reach."""
    place = only(row([270, 280]), Wanted(300, 500))
    assert Release("high", {"high": 550}, is_sure=True) in place.releases
    assert released(place)["low"]["low"] <= 270
    assert (NOBODY, place.kind) == (-1, "count")
