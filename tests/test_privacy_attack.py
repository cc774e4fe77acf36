"""A curious reader with a linear programme tries to work out withheld small counts from what is shown.

The reader knows the tree of places, every published count, and that counts are not negative, covered ≤ reached, now ≤ later,
all at once ≤ every service, and who misses some service misses at least one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

import geogrid
from geogrid import gaps, privacy
from geogrid.coverage import sensitivity
from geogrid.hierarchy import sum_upwards
from geogrid.privacy import MEASURES, public_coverage, public_sensitivity
from geogrid.report import Report
from geogrid.suppression import Tree
from tests.builders import paper_town

THRESHOLD = 10
PARTS = ("", "_covered", "_uncovered", "_unreached")
Terms = dict[Any, float]


def blocks_of(table: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    return dict(iter(table.groupby(["service", "when"], sort=False)))


class Reader:
    """Least and largest values of sums of counts, by linear programming over the leaves' counts."""

    def __init__(self, public: pd.DataFrame, tree: Tree, measure: str) -> None:
        self.leaves = np.flatnonzero(tree.leaves)
        self.inside = np.array([tree.under({node})[self.leaves] for node in range(len(tree.parent))], dtype=float)
        self.blocks = blocks_of(public)
        self.place = {name: i for i, name in enumerate(("total", "unreached", *self.blocks))}
        equal, self.values = [], []
        for block, rows in self.blocks.items():
            for terms, part in zip(parts_of(block), PARTS, strict=True):
                for node, value in enumerate(rows[f"{measure}{part}"].to_numpy(dtype=float, na_value=np.nan)):
                    if not np.isnan(value):
                        equal.append(self.row(terms, self.inside[node]))
                        self.values.append(value)
        least = [self.row(terms, leaf) for terms in self.known() for leaf in np.eye(len(self.leaves))]
        self.equal, self.least = sparse.csr_array(np.array(equal)), sparse.csr_array(np.array(least))

    def row(self, terms: Terms, leaves: np.ndarray) -> np.ndarray:
        """Write terms over some leaves as a row of the programme."""
        row = np.zeros((len(self.place), len(self.leaves)))
        for name, factor in terms.items():
            row[self.place[name]] += factor * leaves
        return row.ravel()

    def known(self) -> list[Terms]:
        """What is never above zero, at every leaf."""
        found: list[Terms] = []
        for service, when in self.blocks:
            found.append({(service, when): 1, "total": -1, "unreached": 1})
            if when == "later":
                found.append({(service, "now"): 1, (service, when): -1})
            if service != "all":
                found.append({("all", when): 1, (service, when): -1})
        for when in ("now", "later"):
            single = [block for block in self.blocks if block[1] == when and block[0] != "all"]
            more = len(single) - 1
            found.append({**dict.fromkeys(single, 1.0), ("all", when): -1, "total": -more, "unreached": more})
        return found

    def width(self, terms: Terms, node: int) -> float:
        """Return how far apart the smallest and the largest possible value are."""
        aim = self.row(terms, self.inside[node])
        ends = []
        for sign in (1, -1):
            done = linprog(
                sign * aim, A_ub=self.least, b_ub=np.zeros(self.least.shape[0]), A_eq=self.equal, b_eq=self.values, method="highs"
            )
            assert done.status in (0, 3), done.message
            ends.append(done.fun if done.status == 0 else -np.inf)
        return float(-ends[1] - ends[0])


def parts_of(block: Any) -> tuple[Terms, ...]:
    """Total, covered, uncovered and unreached, in the reader's unknowns."""
    return {"total": 1}, {block: 1}, {"total": 1, block: -1, "unreached": -1}, {"unreached": 1}


def told(exact: pd.DataFrame, tree: Tree, measure: str) -> list[tuple[Any, ...]]:
    """Small counts, and not covered in all, that the reader bounds to less than the threshold."""
    reader = Reader(public_coverage(exact, tree), tree, measure)
    found = []
    for block, rows in blocks_of(exact).items():
        counts = [rows[f"{measure}{part}"].to_numpy(dtype=float) for part in PARTS]
        not_covered: Terms = {"total": 1, block: -1}
        for terms, values in zip((*parts_of(block), not_covered), (*counts, counts[0] - counts[1]), strict=True):
            for node in np.flatnonzero((values >= 1) & (values <= THRESHOLD)):
                width = reader.width(terms, int(node))
                if width < THRESHOLD - 1e-6:
                    found.append((block, list(terms), int(node), values[node], width))
    return found


def random_town(seed: int) -> tuple[pd.DataFrame, Tree]:
    """One to three villages of one to four grids, with groups of few or many households of any mix of services."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, rng.integers(1, 4))
    parents = [-1, *[0] * len(sizes), *np.repeat(np.arange(1, len(sizes) + 1), sizes).tolist()]
    services = [f"s{i}" for i in range(rng.integers(1, 4))]
    leaves = range(len(sizes) + 1, len(parents))
    groups = [(leaf, *mix(rng, len(services))) for leaf in leaves for _ in range(rng.integers(1, 5))]
    tree = Tree(tuple(parents))
    tables = [one_block(tree, groups, services, service, when) for when in ("now", "later") for service in (*services, "all")]
    return pd.concat(tables, ignore_index=True), tree


def mix(rng: np.random.Generator, services: int) -> tuple[int, np.ndarray, np.ndarray, bool]:
    """How many, covered by which now and later, and whether too far from any street."""
    few, some, many = rng.integers(1, 11), rng.integers(11, 40), rng.integers(30, 300)
    now = rng.random(services) < rng.choice([0.2, 0.5, 0.9, 1.0])
    later = now | (rng.random(services) < rng.choice([0.0, 0.3, 1.0]))
    return int(rng.choice([few, some, many])), now, later, bool(rng.random() < 0.06)


def one_block(tree: Tree, groups: list[Any], services: list[str], service: str, when: str) -> pd.DataFrame:
    leaves = np.zeros((len(tree.parent), 4))
    for leaf, size, now, later, lost in groups:
        covered = {"now": now, "later": later}[when]
        yes = bool(covered.all() if service == "all" else covered[services.index(service)])
        leaves[leaf] += size * np.array([1, yes and not lost, not yes and not lost, lost])
    sums = sum_upwards(leaves, tree).astype(int)
    unknown = [pd.NA] * len(sums)
    columns = {
        f"{measure}{part}": pd.array(sums[:, i] if measure in MEASURES[:2] else unknown, dtype="Int64")
        for measure in MEASURES
        for i, part in enumerate(PARTS)
    }
    names = [str(i) for i in range(len(sums))]
    return pd.DataFrame({"level": "grid", "id": names, "name": names, "service": service, "when": when, **columns})


def test_random_towns() -> None:
    leaks = {seed: found for seed in range(30) if (found := told(*random_town(seed), "households"))}
    assert leaks == {}


def test_random_towns_whose_services_are_reached_by_different_modes() -> None:
    """All whom the first service misses are too far from its streets; of the others' streets only some: nothing splits them.

    Whom a service misses is then all there is to find out: of the unreached nothing more is known than that they are among them.
    """
    for seed in range(15):
        exact, tree = random_town(seed)
        first = exact["service"] == "s0"
        for measure in MEASURES[:2]:
            lost = exact[f"{measure}_uncovered"] + exact[f"{measure}_unreached"]
            exact[f"{measure}_unreached"] = exact[f"{measure}_unreached"].mask(first, lost)
            exact[f"{measure}_uncovered"] = exact[f"{measure}_uncovered"].mask(first, 0)
        if len(set(exact.groupby(["service", "when"])["households_unreached"].agg(tuple))) > 1:
            public = public_coverage(exact, tree)
            assert public[["households_uncovered", "persons_unreached"]].isna().all(axis=None)
            assert [found for found in told(exact, tree, "households") if "unreached" not in found[1]] == []


@pytest.fixture(scope="module")
def sample() -> Report:
    folder = geogrid.data_dir() / "sample"
    return geogrid.check(
        grids=folder / "grids.geojson",
        households=folder / "households.csv",
        facilities=folder / "facilities.csv",
        roads=folder / "roads.geojson",
        areas=folder / "areas.geojson",
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_the_sample(sample: Report, measure: str) -> None:
    assert told(sample.coverage, sample.place.tree, measure) == []


def test_services_that_differ_by_few_are_not_told_by_their_sums() -> None:
    """Planned facilities gain 3 households in one grid; withheld neighbours of now and later must not be different ones."""
    for seed in (4, 18, 32, 88, 104, 119):
        assert told(*random_town(seed), "households") == []


def test_minutes_of_gaps_are_no_ruler() -> None:
    """A median to the millimetre tells where on its street one household is: whole minutes only."""
    public = geogrid.check(**paper_town()).public
    assert (public.gaps["minutes"] == public.gaps["minutes"].round()).all()


def test_squares_are_as_large_as_privacy_thinks() -> None:
    assert gaps.LATTICE_M**2 == privacy.SQUARE_M2


def test_those_near_the_cutoff_are_not_what_few_others_stand_beside() -> None:
    """Threat 23: 40 lie within 13 to 17 minutes; 38 within 14 to 16 would tell of two."""
    metres = [500.0] * 50 + [1240.0] * 38 + [1150.0] * 2 + [3000.0] * 60
    nearest = {"medical": pd.DataFrame({"metres": metres, "reason": ""})}
    exact = sensitivity(nearest, cutoff_min={"medical": 15.0}, speed_kmh={"medical": 5.0})
    public = public_sensitivity(exact, len(metres)).iloc[0]
    assert round((public["share_cutoff_more"] - public["share_cutoff_less"]) * len(metres)) == 40
    assert np.isnan(public["borderline_share"])


EDGES_M = (900.0, 1083.33, 1125.0, 1166.66, 1250.0, 1333.33, 1375.0, 1416.66)
"""Where the shares of a service that is walked to for 15 minutes end: older, 13 minutes, slower, 14, now, 16, faster, 17."""
ENDS = {"share": 5, "share_older": 1, "share_slower": 3, "share_faster": 7, "share_cutoff_less": 2, "share_cutoff_more": 8}


def test_no_band_of_minutes_with_few_households_is_told() -> None:
    """Threat 23, by a linear programme over the households between every two limits of the published shares."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        bands = rng.choice([0, 0, 1, 4, 11, 25, 90], 9)
        count = int(bands.sum())
        covered = int(bands[:5].sum())
        if min(covered, count - covered) <= THRESHOLD:  # then the coverage table withholds the row
            continue
        middles = np.add([0.0, *EDGES_M], [*EDGES_M, 1600.0]) / 2
        nearest = {"s": pd.DataFrame({"metres": np.repeat(middles, bands), "reason": ""})}
        exact = sensitivity(nearest, cutoff_min={"s": 15.0}, speed_kmh={"s": 5.0}, older_kmh={"s": 3.6})
        public = public_sensitivity(exact, count).iloc[0]
        known = [(np.arange(9) < 9, count)]
        known += [(np.arange(9) < end, round(public[c] * count)) for c, end in ENDS.items() if not np.isnan(public[c])]
        if not np.isnan(public["borderline_share"]):
            known.append((np.isin(np.arange(9), (4, 5)), round(public["borderline_share"] * count)))
        rows, values = np.array([row for row, _ in known], dtype=float), [value for _, value in known]
        for first in range(9):
            for last in range(first + 1, 10):
                asked = ((np.arange(9) >= first) & (np.arange(9) < last)).astype(float)
                if 1 <= asked @ bands <= THRESHOLD:
                    ends = [linprog(sign * asked, A_eq=rows, b_eq=values, method="highs").fun for sign in (1, -1)]
                    assert -ends[1] - ends[0] >= THRESHOLD - 1e-6, (seed, first, last)
