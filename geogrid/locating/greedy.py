"""A first choice of sites, one after the other: each time the candidate that helps most. Ties go to the smallest index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geogrid.locating.problem import spans
from geogrid.locating.ranked import TINY

if TYPE_CHECKING:
    from geogrid.locating.problem import Bools, Floats, Ints, Location
    from geogrid.locating.ranked import Ranked


def greedy(ranked: Ranked, price: Floats, *, sites: int | None = None, budget: float | None = None) -> Ints:
    """Choose sites that make the sum of what each demand costs small: with a budget, most for the money.

    The saving of every candidate is kept, and only demands that have just become cheaper are looked at again, so that all steps
    together cost about as much as the pairs times how often a demand changes hands.

    Parameters
    ----------
    ranked : Ranked
    price : array of float, one a candidate
        What each costs; counts only with a budget.
    sites : int, optional
        At most so many.
    budget : float, optional
        At most so much money.

    Returns
    -------
    array of int
        The candidates in the order of choice; fewer where no other one helps.

    Examples
    --------
    >>> from geogrid.locating.problem import Location, Pairs
    >>> from geogrid.locating.ranked import Ranked
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> town = Location.of([10, 20, 5], pairs, 2)
    >>> greedy(Ranked.of_cover(town), town.price, sites=1).tolist()
    [0]
    """
    most = ranked.candidates if sites is None else sites
    left = np.inf if budget is None else float(budget)
    costs = ranked.far.copy()
    chosen: list[int] = []
    saved = np.bincount(ranked.candidate, costs[ranked.demand] - ranked.cost, ranked.candidates)
    saving = saved.astype(np.float64)
    least = TINY * max(float(costs.sum()), 1e-300)
    while len(chosen) < most:
        best = _best(saving, price, left, least, by_price=budget is not None)
        if best is None:
            break
        chosen.append(best)
        left -= float(price[best])
        _serve(ranked, best, costs, saving)
        saving[best] = -np.inf
    return np.array(chosen, dtype=np.int64)


def _best(saving: Floats, price: Floats, left: float, least: float, *, by_price: bool) -> int | None:
    can = (saving > least) & (price <= left + TINY) if by_price else saving > least
    if not can.any():
        return None
    worth = saving / np.maximum(price, 1e-12) if by_price else saving
    return int(np.argmax(np.where(can, worth, -np.inf)))


def _serve(ranked: Ranked, site: int, costs: Floats, saving: Floats) -> None:
    """Let a site serve whom it serves more cheaply, and take that from what other candidates would save."""
    order, bounds = ranked.by_candidate
    at = order[bounds[site] : bounds[site + 1]]
    at = at[ranked.cost[at] < costs[ranked.demand[at]]]
    demand, lower = ranked.demand[at], ranked.cost[at]
    pairs = ranked.rows(demand)
    before = np.maximum(costs[ranked.demand[pairs]] - ranked.cost[pairs], 0)
    costs[demand] = lower
    after = np.maximum(lower.repeat(ranked.bounds[demand + 1] - ranked.bounds[demand]) - ranked.cost[pairs], 0)
    saving -= np.bincount(ranked.candidate[pairs], before - after, ranked.candidates)


def fill_up(ranked: Ranked, chosen: Ints, sites: int) -> Ints:
    """Add useful candidates by index until there are so many sites, for searches that exchange a fixed number."""
    missing = sites - len(chosen)
    if missing <= 0:
        return chosen
    others = ranked.useful[~np.isin(ranked.useful, chosen)]
    return np.concatenate([chosen, others[:missing]])


def greedy_set(location: Location, pairs_within: Bools | None = None) -> Ints:
    """Choose sites that cover everybody whom any candidate reaches, cheaply: most new ones for the price, then without the idle.

    Parameters
    ----------
    location : Location
    pairs_within : array of bool, one a pair, optional
        Which pairs count; all by default.

    Returns
    -------
    array of int
        The new sites, ascending.

    Examples
    --------
    >>> from geogrid.locating.problem import Location, Pairs
    >>> pairs = Pairs(np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1]), np.zeros(4))
    >>> greedy_set(Location.of([1, 1, 1], pairs, 2)).tolist()
    [0, 1]
    """
    pairs = location.pairs
    within = np.ones(len(pairs), dtype=bool) if pairs_within is None else pairs_within
    demand, candidate = pairs.demand[within], pairs.candidate[within]
    covered = np.zeros(len(location.weight), dtype=bool)
    covered[demand[location.fixed[candidate]]] = True
    kept = ~covered[demand]
    return _set(demand[kept], candidate[kept], location.price)


def _set(demand: Ints, candidate: Ints, price: Floats) -> Ints:
    """Greedy set covering, and out again with those whom the others have made idle."""
    count = int(demand.max(initial=-1)) + 1
    by_demand, by_site = np.argsort(demand, kind="stable"), np.argsort(candidate, kind="stable")
    row = np.searchsorted(demand[by_demand], np.arange(count + 1))
    column = np.searchsorted(candidate[by_site], np.arange(len(price) + 1))
    open_to, times, chosen = np.bincount(candidate, minlength=len(price)).astype(float), np.zeros(count, dtype=np.int64), []
    while (open_to > 0).any():
        best = int(np.argmax(open_to / np.maximum(price, 1e-12)))
        its = demand[by_site[column[best] : column[best + 1]]]
        new = its[times[its] == 0]
        open_to -= np.bincount(candidate[by_demand[spans(row[new], row[new + 1])]], minlength=len(price))
        times[its] += 1
        chosen.append(best)
    return _without_idle(chosen, price, times, [demand[by_site[column[site] : column[site + 1]]] for site in chosen])


def _without_idle(chosen: list[int], price: Floats, times: Ints, reach: list[Ints]) -> Ints:
    kept = dict(zip(chosen, reach, strict=True))
    for site in sorted(chosen, key=lambda each: (-price[each], -each)):
        if (times[kept[site]] > 1).all():
            times[kept.pop(site)] -= 1
    return np.array(sorted(kept), dtype=np.int64)
