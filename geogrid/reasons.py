"""Why a household is covered or not, in words: too far, another piece of the network, a wrong direction, or nobody offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geogrid.words import Text

if TYPE_CHECKING:
    from geogrid.explain import Way
    from geogrid.town import Placed, Town

Ints = npt.NDArray[np.int64]

MOST_DIGITS = 6
"""Digits after which a number is not told from a limit any more."""


def reason(town: Town, service: str, who: tuple[int, Ints], *, status: str, nearest: Way | None) -> Text:
    """Say in words how a household's status came about.

    Parameters
    ----------
    town : Town
    service : str
        One of the town's.
    who : tuple of int and array
        Positions of the household and of the facilities that offer the service.
    status : str
        covered, uncovered or unreached.
    nearest : Way or None
        The way to the nearest facility; None where there is none.

    Returns
    -------
    Text
    """
    placed, limit, (household, offering) = town.of(service), town.settings.max_snap_m, who
    if status == "unreached":
        return _FAR_HOME.fill(metres=_beyond(float(placed.at_home.leg_m[household]), limit, 0), limit=f"{limit:g}")
    if nearest is None:
        return _no_way(placed, household, offering, limit)
    cutoff = town.settings.cutoff_min[service]
    minutes = min(nearest.minutes, cutoff) if status == "covered" else nearest.minutes
    said = _IN_TIME if status == "covered" else _TOO_LONG
    return said.fill(name=nearest.name, minutes=_beyond(minutes, cutoff, 1), cutoff=f"{cutoff:g}")


def _no_way(placed: Placed, household: int, offering: Ints, limit: float) -> Text:
    """Say why no facility can be got to: there is none, all are far from streets, on other pieces, or against the direction."""
    if not len(offering):
        return _NO_FACILITY
    near = offering[placed.at_facility.segment[offering] >= 0]
    if not len(near):
        return _FAR_FACILITIES.fill(n=len(offering), limit=f"{limit:g}")
    network = placed.graph.network
    piece = network.component[network.tail]
    same = piece[placed.at_facility.segment[near]] == piece[placed.at_home.segment[household]]
    return _NO_WAY_IN_DIRECTION.fill(n=int(same.sum())) if same.any() else _OTHER_PIECE.fill(n=len(near))


def _beyond(value: float, limit: float, digits: int) -> str:
    """Return a number with as many digits as it takes to see on which side of a limit it lies.

    Examples
    --------
    >>> _beyond(15.02, 15, 1), _beyond(17.22, 15, 1), _beyond(14.999, 15, 1), _beyond(15, 15, 1)
    ('15.02', '17.2', '14.999', '15.0')
    """
    while digits < MOST_DIGITS and (round(value, digits) > limit) - (round(value, digits) < limit) != (value > limit) - (
        value < limit
    ):
        digits += 1
    return f"{value:,.{digits}f}"


_FAR_HOME = Text(
    "离最近的街道 {metres} 米，超过 {limit} 米，无法测算；请核对住户位置，或补画通到这里的路",
    "the nearest street is {metres} m away, more than {limit} m, so no time can be computed: check where the household lies, or "
    "add the path that leads there",
)
_IN_TIME = Text(
    "到最近的设施“{name}”{minutes} 分钟，不超过 {cutoff} 分钟",
    "the nearest facility, {name}, is {minutes} minutes away: within {cutoff}",
)
_TOO_LONG = Text(
    "到最近的设施“{name}”要 {minutes} 分钟，超过 {cutoff} 分钟",
    "the nearest facility, {name}, is {minutes} minutes away: more than {cutoff}",
)
_NO_FACILITY = Text("没有任何设施提供这项服务", "no facility offers this service")
_FAR_FACILITIES = Text(
    "提供这项服务的 {n} 处设施离街道都超过 {limit} 米；请核对设施位置",
    "every facility that offers it ({n}) is more than {limit} m from any street: check where they lie",
)
_OTHER_PIECE = Text(
    "门前的街道与提供这项服务的 {n} 处设施都不相通；请检查街道数据在哪里断开",
    "the streets here are not joined to any facility that offers it ({n}): check where the street data are broken",
)
_NO_WAY_IN_DIRECTION = Text(
    "门前的街道虽与提供这项服务的设施（{n} 处）相连，但按单行方向走不到",
    "the streets here hang together with those of facilities that offer it ({n}), but one-way streets leave no way to them",
)
