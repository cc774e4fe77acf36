"""A location problem: demand, candidates, and which candidate reaches which demand at what cost."""

from __future__ import annotations

from dataclasses import dataclass, field
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
