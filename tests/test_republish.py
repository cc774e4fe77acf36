"""A reader of all publications, with a linear programme, tries to find small groups that grids were redrawn around.

The reader knows every count of every publication, not who lives where, and that nobody moved: each count is a sum over groups of
households that all publications count together, and each gap a part of those of its service who are not covered. An obvious
programme, independent of the one that publishing uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

from geogrid.republish import Earlier, Exact, guarded
from tests.redrawn import exact_of, people, published, random_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid.privacy import PublicReport

THRESHOLD = 10
Terms = dict[tuple[str, ...], float]


def _gap(row: Any) -> tuple[str, ...]:
    """Name a gap by its service and where it is: the same in several publications."""
    return "gap", row.service, row.geometry.normalize().wkt


class Reader:
    """Least and largest number of households of each kind in each group, given what is published."""

    def __init__(self, publications: Sequence[PublicReport], homes: Any, unread: int | None = None) -> None:
        """Read all publications but one; the groups are those of all of them."""
        places = [homes[["geometry"]].sjoin(each.grids[["grid_id", "geometry"]], how="left")["grid_id"] for each in publications]
        cells = list(zip(*(each[~each.index.duplicated()].fillna("") for each in places), strict=True))
        self.groups = sorted(set(cells))
        self.of = np.array([self.groups.index(cell) for cell in cells])
        rows = publications[-1].summary["coverage"]
        self.pairs = sorted({(row["service"], row["when"]) for row in rows})
        read = [(number, each) for number, each in enumerate(publications) if number != unread]
        self.gaps = sorted({_gap(row) for _, each in read for row in self._drawn(each)})
        kinds = [("total",), *[("yes", *pair) for pair in self.pairs], *self.gaps]
        self.at = {kind: i * len(self.groups) for i, kind in enumerate(kinds)}
        self.equal: list[np.ndarray] = []
        self.values: list[float] = []
        most = [(row, 0.0) for k in range(len(self.groups)) for row in self._laws(k)]
        for number, public in read:
            for row in public.summary["coverage"]:
                self._learn(row, self._members(public, number, row))
            most += [pair for row in self._drawn(public) for pair in self._of_gap(row, number)]
        self.rows, self.limits = sparse.csr_array(np.array([row for row, _ in most])), np.array([limit for _, limit in most])
        self.equals = sparse.csr_array(np.array(self.equal))

    def _drawn(self, public: PublicReport) -> list[Any]:
        """Return the drawn gaps of grids that several groups were cut from."""
        parts = pd.Series([cell for group in self.groups for cell in set(group)]).value_counts()
        cut = set(parts.index[parts > 1])
        gaps = public.gaps if "grid_ids" in public.gaps else public.gaps.assign(grid_ids=None)
        return [row for row in gaps.itertuples() if row.geometry is not None and cut.intersection(row.grid_ids)]

    def _of_gap(self, row: Any, number: int) -> list[tuple[np.ndarray, float]]:
        """Return what a gap tells: its count was rounded to tens, and each of its grids has some of its households."""
        inside = {grid: [k for k, group in enumerate(self.groups) if group[number] == grid] for grid in row.grid_ids}
        found = [(self._sum_over({_gap(row): -1.0}, members), -1.0) for members in inside.values()]
        if not pd.isna(row.households):
            whole = self._sum_over({_gap(row): 1.0}, [k for members in inside.values() for k in members])
            found += [(whole, row.households + 5.0), (-whole, 5.0 - row.households)]
        return found

    def _members(self, public: PublicReport, number: int, row: dict[str, Any]) -> list[int]:
        """Return the groups that a row counts."""
        above = dict(zip(public.grids["grid_id"], public.grids["parent_id"], strict=True))
        above |= dict(zip(public.areas["area_id"], public.areas["parent_id"], strict=True))
        found = []
        for k, cell in enumerate(self.groups):
            here, line = cell[number], set()
            while here and here not in line:
                line.add(here)
                here = above.get(here)
            found += [k] if line and (row["level"] == "total" or row["id"] in line) else []
        return found

    def _learn(self, row: dict[str, Any], members: list[int]) -> None:
        for kind, value in ((("total",), row["households"]), (("yes", row["service"], row["when"]), row["covered"])):
            if value is not None:
                self.equal.append(self._sum_over({kind: 1.0}, members))
                self.values.append(float(value))

    def _sum_over(self, terms: Terms, members: Sequence[int]) -> np.ndarray:
        row = np.zeros(len(self.at) * len(self.groups))
        for kind, factor in terms.items():
            row[[self.at[kind] + k for k in members]] += factor
        return row

    def _laws(self, k: int) -> list[np.ndarray]:
        found: list[Terms] = [{("yes", *pair): 1.0, ("total",): -1.0} for pair in self.pairs]
        found += [{("yes", s, "now"): 1.0, ("yes", s, "later"): -1.0} for s, when in self.pairs if when == "later"]
        found += [{("yes", "all", when): 1.0, ("yes", s, when): -1.0} for s, when in self.pairs if s != "all"]
        for when in ("now", "later"):
            single: Terms = {("yes", s, each): 1.0 for s, each in self.pairs if each == when and s != "all"}
            found.append({**single, ("yes", "all", when): -1.0, ("total",): 1.0 - len(single)})
        for service in {gap[1] for gap in self.gaps}:
            theirs: Terms = {gap: 1.0 for gap in self.gaps if gap[1] == service}
            found.append({**theirs, ("yes", service, "now"): 1.0, ("total",): -1.0})
        return [self._sum_over(terms, [k]) for terms in found]

    def _width(self, aim: np.ndarray, count: int) -> float:
        """Return how far apart the ends are; the least is not asked for where the largest is far enough from the count."""
        ends = [float(count)]
        for sign in (-1, 1):
            done = linprog(sign * aim, A_ub=self.rows, b_ub=self.limits, A_eq=self.equals, b_eq=self.values)
            assert done.status in (0, 3), done.message
            ends.append(sign * done.fun if done.status == 0 else np.inf)
            if max(ends) - min(ends) >= THRESHOLD:
                break
        return max(ends) - min(ends)

    def told(self, homes: Any) -> list[tuple[Any, ...]]:
        """Return small counts of groups that are known to less than the threshold."""
        found = []
        for k, group in enumerate(self.groups):
            mine = homes[self.of == k]
            whole = len(mine)
            asked: list[tuple[Terms, int]] = [({("total",): 1.0}, whole)]
            for service, when in self.pairs:
                status = mine[f"{'status_' if when == 'now' else 'status_later_'}{service}"]
                yes, kind = int((status == "covered").sum()), ("yes", service, when)
                asked += [({kind: 1.0}, yes), ({("total",): 1.0, kind: -1.0}, whole - yes)]
            for terms, count in asked:
                if 1 <= count <= THRESHOLD and self._width(self._sum_over(terms, [k]), count) < THRESHOLD - 1e-6:
                    found.append((group, terms, count))
        return found


def in_turn(history: Sequence[Exact]) -> list[PublicReport]:
    """Publish one after the other, each beside all before."""
    made: list[PublicReport] = []
    for exact in history:
        table = guarded(exact, [Earlier(each, exact.households) for each in made]).coverage
        made.append(published(exact, table).public)
    return made


def leaks(history: Sequence[Exact]) -> list[tuple[Any, ...]]:
    """What the last of several publications tells, and those before it did not."""
    made, homes = in_turn(history), history[-1].households
    found = Reader(made, homes).told(homes)
    known = Reader(made, homes, unread=len(made) - 1).told(homes) if found else []
    return [each for each in found if each not in known]


def strip(cut: int, *, moved: int) -> Exact:
    """Two grids of one village with 50 households each beside a border, and some more between step 5 and 6."""
    sites = [*range(5)] * 10 + [5] * moved + [*range(6, 11)] * 10
    return exact_of(people(sites, np.ones((len(sites), 4), dtype=bool), [2] * len(sites)), [0, cut, 11], [0, 0])


def counts(table: pd.DataFrame, level: str = "grid") -> list[int | None]:
    rows = table[(table["level"] == level) & (table["service"] == "s0") & (table["when"] == "now")]
    return [None if pd.isna(n) else int(n) for n in rows["households"]]


@pytest.mark.parametrize(("moved", "wanted"), [(0, [50, 50]), (1, [None, None]), (10, [None, None]), (11, [50, 61])])
def test_a_border_that_moves_over_few_households_withholds_both_grids(moved: int, wanted: list[int | None]) -> None:
    """Threat 23: 50 + moved | 50 was published; 50 | 50 + moved would tell how many live between the two borders."""
    before, after = strip(6, moved=moved), strip(5, moved=moved)
    found = guarded(after, [Earlier(before.public, before.households)])
    assert counts(found.coverage) == wanted
    assert counts(found.coverage, "total") == [100 + moved]
    assert (found.withheld > 0) == (1 <= moved <= THRESHOLD)
    assert found.still_told == 0


def test_the_first_publication_and_the_same_again_are_as_the_check_has_them() -> None:
    exact = random_history(1)[0]
    for earlier in ([], [Earlier(exact.public)], [Earlier(exact.public, exact.households)] * 3):
        found = guarded(exact, earlier)
        assert found.withheld == 0
        assert published(exact, found.coverage).public.summary == exact.public.summary


def test_what_an_old_publication_tells_beside_the_newest_counts_although_one_lies_between() -> None:
    """The border moves far away and comes back beside where it was: one household lives between first and last."""
    sites = [*[*range(10)] * 12, 10, *[*range(11, 20)] * 12]
    homes = people(sites, np.ones((len(sites), 4), dtype=bool), [2] * len(sites))
    first, between, last = (exact_of(homes, [0, cut, 20], [0, 0]) for cut in (10, 5, 11))
    assert guarded(between, [Earlier(first.public)]).withheld == 0
    assert guarded(last, [Earlier(between.public)]).withheld == 0
    assert counts(guarded(last, [Earlier(first.public), Earlier(between.public)]).coverage) == [None, None]


@pytest.mark.parametrize("came", [0, 3, 10, 11])
def test_few_who_came_are_not_told_by_subtraction(came: int) -> None:
    """Threat 23: the land is the same; a difference of 1 to 10 is withheld with every sum that it is in."""
    before = strip(6, moved=0)
    sites = before.households.geometry.x.floordiv(0.001).astype(int).tolist()
    after = exact_of(
        people([*sites, *[0] * came], np.ones((len(sites) + came, 4), dtype=bool), [2] * (len(sites) + came)), [0, 6, 11], [0, 0]
    )
    table = guarded(after, [Earlier(before.public, before.households)]).coverage
    shown = came in (0, 11)
    assert (counts(table), counts(table, "total")) == ([50 + came if shown else None, 50], [100 + came if shown else None])


def test_a_small_difference_of_many_who_changed_is_shown() -> None:
    """Twelve left and fourteen came: nobody is told by the two that are left over."""
    before = strip(6, moved=0)
    left = before.households.iloc[12:]
    x = [0] * 14 + left.geometry.x.floordiv(0.001).astype(int).tolist()
    homes = people(x, np.ones((len(x), 4), dtype=bool), [2] * len(x))
    homes["household_id"] = [*(f"N{i}" for i in range(14)), *left["household_id"]]
    after = exact_of(homes, [0, 6, 11], [0, 0])
    assert counts(guarded(after, [Earlier(before.public, before.households)]).coverage) == [52, 50]
    assert counts(guarded(after, [Earlier(before.public)]).coverage) == [None, 50]


def test_few_whom_a_new_facility_reaches_are_not_told_by_subtraction() -> None:
    """Everything is as it was, but of 50 households in the west 40 were covered, then 43: how many is withheld there."""
    sites = [*range(5)] * 10 + [*range(6, 11)] * 10

    def covered(n: int) -> Exact:
        flags = np.ones((100, 4), dtype=bool)
        flags[n:50] = False
        flags[50:65] = False
        return exact_of(people(sites, flags, [2] * 100), [0, 6, 11], [0, 0])

    before, after = covered(35), covered(38)
    found = guarded(after, [Earlier(before.public, before.households)]).coverage
    rows = found[(found["service"] == "s0") & (found["when"] == "now")].set_index("id")
    assert rows["households"].tolist() == [100, 100, 50, 50]
    assert rows["households_covered"].isna().tolist() == [True, True, True, False]


@pytest.mark.parametrize("seeds", [(0, 1, 2, 5), (14, 17, 26), (29, 35)])
def test_a_linear_programme_finds_no_small_group_in_two_publications(seeds: tuple[int, ...]) -> None:
    assert {seed: found for seed in seeds if (found := leaks(random_history(seed)))} == {}


@pytest.mark.parametrize("seeds", [(0, 4, 8)])
def test_nor_in_three(seeds: tuple[int, ...]) -> None:
    assert {seed: found for seed in seeds if (found := leaks(random_history(seed, times=3)))} == {}


def test_the_reader_finds_what_an_unguarded_publication_tells() -> None:
    """The attack works: without the guard most of these histories tell small groups."""
    found = 0
    for seed in range(6):
        history = random_history(seed)
        found += bool(Reader([each.public for each in history], history[-1].households).told(history[-1].households))
    assert found >= 3
