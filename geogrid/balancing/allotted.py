"""How many parts each plot of an area gets, where their number is given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.balancing.plots import Plot
    from geogrid.balancing.wanted import Wanted

Cost = tuple[float, float]


def allotted(plots: list[Plot], wanted: Wanted, taken: int = 0) -> list[int]:
    """Return the parts of each plot of one area: at least one each, so that the range is missed least and the parts are even.

    Parameters
    ----------
    plots : list of Plot
        Of one area.
    wanted : Wanted
        With the number of parts of the area.
    taken : int
        Parts that are there already, locked.

    Returns
    -------
    list of int

    Examples
    --------
    >>> from geogrid.balancing.plots import Plot
    >>> from geogrid.balancing.wanted import Wanted
    >>> def plot(n): return Plot(0, [(0,)] * n, [100] * n, [], [], [], [], [])
    >>> allotted([plot(8), plot(4)], Wanted(300, 500, parts=3)), allotted([plot(3), plot(4)], Wanted(300, 500, parts=1))
    ([2, 1], [1, 1])
    """
    asked = max((wanted.parts or 0) - taken, len(plots))
    free = replace(wanted, parts=None)
    best: dict[int, tuple[Cost, list[int]]] = {0: ((0.0, 0.0), [])}
    for i, plot in enumerate(plots):
        after = len(plots) - i - 1
        grown: dict[int, tuple[Cost, list[int]]] = {}
        for used, (cost, counts) in best.items():
            for k in range(1, max(min(len(plot), asked - used - after), 1) + 1):
                more = (cost[0] + free.gap(plot.total, k), cost[1] + plot.total**2 / k)
                if used + k not in grown or more < grown[used + k][0]:
                    grown[used + k] = (more, [*counts, k])
        best = grown
    return best[max(best)][1]
