"""A location problem: demand, candidates, and which candidate reaches which demand at what cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.provenance import Proof

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]


NOBODY = -1
"""Who serves demand that nobody serves."""
NOTHING: Ints = np.empty(0, dtype=np.int64)
"""No sites."""
ALL_WHOLE = 2.0**52
"""Whole numbers are exact in sums below this."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of demand and candidate, each once: positions, and what the way costs (minutes or metres)."""

    demand: Ints
    candidate: Ints
    cost: Floats

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.demand)


@dataclass(frozen=True, eq=False)
class Location:
    """A location problem.

    Attributes
    ----------
    weight : array of float, one a demand
        How much each counts (persons, aged …); 0 and more.
    pairs : Pairs
        Who can be reached from where. For coverage, only pairs within the cutoff; for distances, all that may be used.
    candidates : int
        How many there are.
    fixed : array of bool, one a candidate
        Facilities that stand already: always chosen, free, and not counted among the sites.
    price : array of float, one a candidate
        What a site costs, for budgets and for LSCP; by default 1.
    capacity : array of float, one a candidate
        How much weight a site can serve; infinite by default.
    """

    weight: Floats
    pairs: Pairs
    candidates: int
    fixed: Bools
    price: Floats
    capacity: Floats

    @classmethod
    def of(
        cls,
        weight: Any,
        pairs: Pairs,
        candidates: int,
        *,
        fixed: Any | None = None,
        price: Any | None = None,
        capacity: Any | None = None,
    ) -> Location:
        """Make a problem; what is not given is as stated above.

        Examples
        --------
        >>> pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([3.0, 9, 4]))
        >>> Location.of([10, 20], pairs, 2).matrix.toarray().tolist()
        [[1.0, 0.0], [1.0, 1.0]]
        """
        return cls(
            np.asarray(weight, dtype=np.float64),
            pairs,
            candidates,
            np.zeros(candidates, dtype=bool) if fixed is None else np.asarray(fixed, dtype=bool),
            np.ones(candidates) if price is None else np.asarray(price, dtype=np.float64),
            np.full(candidates, np.inf) if capacity is None else np.asarray(capacity, dtype=np.float64),
        )

    @cached_property
    def matrix(self) -> csr_array:
        """Return demand × candidates with 1 where a candidate reaches the demand."""
        shape = (len(self.weight), self.candidates)
        return csr_array((np.ones(len(self.pairs)), (self.pairs.demand, self.pairs.candidate)), shape=shape)

    @cached_property
    def by_candidate(self) -> csc_array:
        """Return the same by columns."""
        return csc_array(self.matrix)

    @cached_property
    def counted(self) -> Bools:
        """Return the demand that weighs something and that some candidate reaches."""
        counted: Bools = (self.weight > 0) & (np.bincount(self.pairs.demand, minlength=len(self.weight)) > 0)
        return counted

    def with_pairs(self, stays: Bools) -> Location:
        """Return the problem with only some of its pairs."""
        pairs = self.pairs
        return replace(self, pairs=Pairs(pairs.demand[stays], pairs.candidate[stays], pairs.cost[stays]))

    def with_weighty_pairs(self) -> Location:
        """Return the problem without the pairs of demand that weighs nothing."""
        return self.with_pairs(self.weight[self.pairs.demand] > 0)


@dataclass(frozen=True, eq=False)
class Located:
    """What came of a location problem.

    Attributes
    ----------
    chosen : array of int
        The new sites, ascending; those that stand already are not among them.
    value : float
        The aim's value: weight covered, weight × cost, largest cost, number or price of sites.
    bound, gap : float
        What no choice can beat, and how far that is, as a share of the value; infinite where nothing is known.
    proof : str
        "optimal", "gap", "infeasible", or "none" where nothing was found.
    assigned : array of int, one a demand
        The candidate that serves it; -1 for none.
    work : mapping
        What was done, such as {"nodes": 3, "iterations": 200}.
    seconds : float
    """

    chosen: Ints
    value: float
    bound: float
    gap: float
    proof: Proof
    assigned: Ints
    work: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def step_of(*values: Floats) -> float:
    """Return what all values, and so all their sums, are whole multiples of; 0 where they are not whole.

    Examples
    --------
    >>> step_of(np.array([4.0, 6.0]), np.array([0.0])), step_of(np.array([0.5, 1.0]))
    (2.0, 0.0)
    """
    sizes = np.unique(np.abs(np.concatenate(values)))
    if not 0 < sizes.sum() < ALL_WHOLE or (sizes != np.round(sizes)).any():
        return 0.0
    return float(np.gcd.reduce(sizes.astype(np.int64)))


def spans(starts: Ints, ends: Ints) -> Ints:
    """Return the numbers from each start to its end, one after the other.

    Examples
    --------
    >>> spans(np.array([2, 9]), np.array([5, 10])).tolist()
    [2, 3, 4, 9]
    """
    lengths = ends - starts
    skipped = starts - np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(starts) else starts
    return np.arange(lengths.sum()) + np.repeat(skipped, lengths)
