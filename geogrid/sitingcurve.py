"""Coverage against the number of sites, on a problem whose equal households are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.locating.curve import coverage_curve
from geogrid.locating.large import mclp
from geogrid.locating.presolve import reduce
from geogrid.locating.problem import Location, Pairs

if TYPE_CHECKING:
    from geogrid.effort import Effort

Ints = npt.NDArray[np.int64]


def curve_of(coverage: Location, ids: npt.NDArray[np.object_], *, sites: int, effort: Effort) -> pd.DataFrame:
    """Say what 0, 1, 2 … sites can cover.

    Parameters
    ----------
    coverage : Location
        Pairs are those within the cutoff.
    ids : array of str, one a candidate that does not stand
    sites : int
        The most; negative for no curve.
    effort : Effort

    Returns
    -------
    DataFrame
        sites, value (weight covered), bound (what none can beat), is_proven, adds (more than with one site less), candidate_ids
        (those that reach it). It ends where one more adds nothing.
    """
    small, candidates = _smaller(coverage)
    points = coverage_curve(small, sites=sites, effort=effort, model=mclp) if sites >= 0 else ()
    values = np.array([each.value for each in points], dtype=np.float64)
    return pd.DataFrame(
        {
            "sites": np.arange(len(points)),
            "value": values,
            "bound": np.array([each.bound for each in points], dtype=np.float64),
            "is_proven": np.array([each.proof == "optimal" for each in points], dtype=bool),
            "adds": np.diff(values, prepend=values[:1]),
            "candidate_ids": pd.Series([tuple(ids[candidates[each.chosen]]) for each in points], dtype=object),
        }
    )


def _smaller(coverage: Location) -> tuple[Location, Ints]:
    """Return the same problem with equal demand as one and replaceable candidates gone, and which candidates are left."""
    reduced = reduce(coverage)
    groups, kept = reduced.matrix.shape
    pairs = reduced.matrix.tocoo()
    # One more demand is what is covered anyway, by one more candidate that stands.
    demand, candidate = (np.append(each, last).astype(np.int64) for each, last in zip(pairs.coords, (groups, kept), strict=True))
    location = Location.of(
        np.append(reduced.weight, reduced.constant),
        Pairs(demand, candidate, np.zeros(len(demand))),
        kept + 1,
        fixed=np.arange(kept + 1) == kept,
    )
    return location, reduced.candidates
