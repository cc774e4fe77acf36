"""Is there room for everyone: how much of a service each person can reach, when all who reach a facility share it.

The two-step floating catchment area. First every facility divides what it has among the people in reach of it; then every
household adds up what the facilities in its reach have for each person. With a decay function whoever lives farther away counts
less in both steps. Sources: W. Luo and F. Wang, Measures of spatial accessibility to health care in a GIS environment,
Environment and Planning B 30 (2003); W. Luo and Y. Qi, An enhanced two-step floating catchment area (E2SFCA) method for measuring
spatial accessibility to primary care physicians, Health & Place 15 (2009). The papers were not at hand when this was written:
formulas and weights are as others quote them, and their wording is to be confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geogrid.errors import InputError, NotFoundError
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from geogrid.pairs import Pairs

Floats = npt.NDArray[np.float64]


class Decay(NamedTuple):
    """How much somebody counts who is so many metres away, under a limit; the formula in words, with u = metres / limit."""

    weight: Callable[[Floats, float], Floats]
    formula: Text
    source: str


@dataclass(frozen=True, eq=False)
class Access:
    """What each household can reach, and how each facility is shared.

    ``score`` holds a number per household: facility units (beds, places, square metres) for each person who asks. Columns of
    ``facilities``, a row per facility: supply (NaN where it is not known: such a facility has nothing for anybody), households
    and demand in reach, the latter weighted by the decay, and ratio, units for each person in reach (NaN where the supply is not
    known or nobody is in reach).
    """

    score: Floats
    facilities: pd.DataFrame


def steps(upto: Sequence[float], weights: Sequence[float]) -> Callable[[Floats, float], Floats]:
    """Return a decay in bands: ``weights[i]`` up to and with the share ``upto[i]`` of the limit (to 1 mm); the last ends at 1.

    Examples
    --------
    >>> steps((0.5, 1.0), (1.0, 0.3))(np.array([0.0, 500.0, 500.001, 1000.0]), 1000.0).tolist()
    [1.0, 1.0, 0.3, 0.3]
    """
    edges, values = np.asarray(upto[:-1], dtype=np.float64), np.asarray(weights, dtype=np.float64)
    return lambda metres, limit_m: values[np.searchsorted(np.round(edges * limit_m, 3), metres, side="left")]


def gaussian(metres: Floats, limit_m: float) -> Floats:
    """Return (exp(-u²/2) - exp(-1/2)) / (1 - exp(-1/2)): 1 at the door, 0 at the limit."""
    return np.asarray((np.exp(-((metres / limit_m) ** 2) / 2) - np.exp(-0.5)) / (1 - np.exp(-0.5)))


def linear(metres: Floats, limit_m: float) -> Floats:
    """Return 1 - u."""
    return 1 - metres / limit_m


def power(exponent: float, near: float) -> Callable[[Floats, float], Floats]:
    """Return (u / near) to the power of minus the exponent, and 1 up to the share ``near`` of the limit.

    Examples
    --------
    >>> power(2.0, 0.1)(np.array([0.0, 100.0, 200.0]), 1000.0).tolist()
    [1.0, 1.0, 0.25]
    """
    return lambda metres, limit_m: np.asarray((np.maximum(metres / limit_m, near) / near) ** -exponent)


def exponential(rate: float) -> Callable[[Floats, float], Floats]:
    """Return exp(-rate u).

    Examples
    --------
    >>> exponential(3.0)(np.array([0.0, 1000.0]), 1000.0).round(4).tolist()
    [1.0, 0.0498]
    """
    return lambda metres, limit_m: np.asarray(np.exp(-rate * metres / limit_m))


THIRDS = (1 / 3, 2 / 3, 1.0)
LUO_QI = "Luo & Qi, Health & Place 15 (2009)"

DECAYS: Mapping[str, Decay] = {
    "none": Decay(
        steps((1.0,), (1.0,)), Text("范围内都算 1", "1 everywhere in reach"), "Luo & Wang, Environment and Planning B 30 (2003)"
    ),
    "step": Decay(
        steps(THIRDS, (1.0, 0.68, 0.22)),
        Text("时限的前、中、后三分之一：1、0.68、0.22", "1, 0.68 and 0.22 in the first, second and last third of the limit"),
        LUO_QI,
    ),
    "step_fast": Decay(
        steps(THIRDS, (1.0, 0.42, 0.09)),
        Text("时限的前、中、后三分之一：1、0.42、0.09", "1, 0.42 and 0.09 in the first, second and last third of the limit"),
        LUO_QI,
    ),
    "gaussian": Decay(
        gaussian,
        Text("(e^(-u²/2) - e^(-1/2)) / (1 - e^(-1/2))", "(e^(-u²/2) - e^(-1/2)) / (1 - e^(-1/2))"),
        "Dai, Health & Place 16 (2010)",
    ),
    "linear": Decay(linear, Text("1 - u", "1 - u"), "Ingram, Regional Studies 5 (1971)"),
    "power": Decay(
        power(1.0, 0.1),
        Text("(u / 0.1)^-1，u 在 0.1 以内为 1", "(u / 0.1)^-1, and 1 up to u = 0.1"),
        "Hansen, Journal of the American Institute of Planners 25 (1959)",
    ),
    "exponential": Decay(
        exponential(3.0),
        Text("e^(-3u)", "e^(-3u)"),
        "Wilson, Transportation Research 1 (1967); the rate is ours: 0.05 at the limit",
    ),
}
"""Decay functions; adding one is adding a row. ``none`` makes 2SFCA, ``step`` the E2SFCA of its authors."""


def decay_named(name: str) -> Decay:
    """Return a row of `DECAYS`.

    Raises
    ------
    NotFoundError
        There is none of that name.

    Examples
    --------
    >>> decay_named("linear").formula.say("en")
    '1 - u'
    """
    if name not in DECAYS:
        raise NotFoundError(_NO_DECAY.fill(value=name, known=", ".join(DECAYS)))
    return DECAYS[name]


def two_step(parts: Iterable[Pairs], demand: Floats, supply: Floats, *, limit_m: float, decay: str | Decay = "none") -> Access:
    """Divide every facility among those in reach of it, and add up what each household can reach.

    With weights W of the decay: ratio Rⱼ = Sⱼ / Σᵢ Pᵢ Wᵢⱼ, score Aᵢ = Σⱼ Rⱼ Wᵢⱼ. So all scores, each times its people, add up to
    the supply of the facilities that anybody can reach: nothing is lost and nothing given twice.

    Parameters
    ----------
    parts
        Who is in reach of what, from ``pairs.parts_within``; each part holds all pairs of its facilities.
    demand
        How many people of each household ask, as floats; 0 for none.
    supply
        What each facility has, as floats; NaN where nobody knows.
    limit_m
        The limit that the pairs were found with: where a decay ends.
    decay
        A key of `DECAYS`, or one of your own.

    Returns
    -------
    Access

    Raises
    ------
    InputError
        A demand is missing or negative, a supply negative or infinite, or the limit not positive.
    NotFoundError
        There is no decay of that name.

    Examples
    --------
    >>> from geogrid.pairs import Pairs
    >>> pairs = Pairs(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([100.0, 900.0, 300.0]))
    >>> access = two_step([pairs], np.array([2.0, 3.0, 4.0]), np.array([10.0, 6.0]), limit_m=1000)
    >>> access.score.tolist(), access.facilities["ratio"].tolist()
    ([2.0, 4.0, 0.0], [2.0, 2.0])
    """
    _require_usable(demand, supply, limit_m)
    weight = (decay_named(decay) if isinstance(decay, str) else decay).weight
    score, table = np.zeros(len(demand)), _Table.of(supply)
    for part in parts:
        counts = weight(part.metres, limit_m)
        ratio = table.add(part.facility, counts, demand[part.household])
        np.add.at(score, part.household, counts * ratio[part.facility])
    return Access(score, table.frame())


@dataclass(frozen=True)
class _Table:
    """What is known of each facility so far."""

    supply: Floats
    households: Floats
    demand: Floats

    @classmethod
    def of(cls, supply: Floats) -> _Table:
        return cls(supply, np.zeros(len(supply)), np.zeros(len(supply)))

    def add(self, facility: npt.NDArray[np.int32], counts: Floats, asking: Floats) -> Floats:
        """Take the pairs of some facilities into account, and return what each of these has for each; 0 where unknown."""
        size = len(self.supply)
        here = np.bincount(facility, counts * asking, minlength=size)
        self.demand[:] += here
        self.households[:] += np.bincount(facility, (counts > 0) & (asking > 0), minlength=size)
        return np.divide(np.nan_to_num(self.supply), here, out=np.zeros(size), where=here > 0)

    def frame(self) -> pd.DataFrame:
        ratio = np.divide(self.supply, self.demand, out=np.full(len(self.supply), np.nan), where=self.demand > 0)
        columns = {"supply": self.supply, "households": self.households.astype(np.int64), "demand": self.demand}
        return pd.DataFrame({**columns, "ratio": ratio})


def _require_usable(demand: Floats, supply: Floats, limit_m: float) -> None:
    bad = ~(np.isfinite(demand) & (demand >= 0))
    if bad.any():
        raise InputError(_BAD_DEMAND.fill(n=int(bad.sum()), row=int(np.argmax(bad)) + 1, value=demand[bad][0]))
    bad = (supply < 0) | np.isinf(supply)
    if bad.any():
        raise InputError(_BAD_SUPPLY.fill(n=int(bad.sum()), row=int(np.argmax(bad)) + 1, value=supply[bad][0]))
    if not 0 < limit_m < np.inf:
        raise InputError(_BAD_LIMIT.fill(value=limit_m))


_NO_DECAY = Text("没有衰减函数“{value}”；可用：{known}", "there is no decay {value!r}; use one of: {known}")
_BAD_DEMAND = Text(
    "{n} 户的需求人数不可用（首个在第 {row} 行：{value}）；应为不小于 0 的数，没有的写 0",
    "the demand of {n} households is not usable (the first is row {row}: {value}); expected numbers from 0 up, 0 for none",
)
_BAD_SUPPLY = Text(
    "{n} 处设施的供给不可用（首个在第 {row} 行：{value}）；应为不小于 0 的数，不知道的留空",
    "the supply of {n} facilities is not usable (the first is row {row}: {value}); expected numbers from 0 up, empty if unknown",
)
_BAD_LIMIT = Text(
    "距离上限 {value} 米无效；应大于 0，例如 1250", "a limit of {value} m is not usable; expected metres above 0, such as 1250"
)
