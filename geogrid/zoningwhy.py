"""Why a village is in no zone: the zone nearest to it, what stops it there, and whether it could be in any zone at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geogrid.zoning import CLOSE, NONE, pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from geogrid.zoning import Zoning

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

STOPS = ("way", "area", "radius", "borders", "villages", "people")
"""What can stop a village from joining a zone: no way, another township, too far, no border with it, full, too many people."""
FREED = ("area", "borders", "people")
"""Bounds that can be left out altogether."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """What stops villages, each by itself.

    Attributes
    ----------
    ways : array of float, centres × villages
        Metres without any bound; infinite where no way is known.
    radius_m : float
        How far a village may be from its centre.
    same : array of bool, centres × villages
        Whether both lie in one township, where zones may not cross its border.
    """

    ways: Floats
    radius_m: float
    same: Bools

    @property
    def metres(self) -> Floats:
        """Return the metres of the pairs that the bounds allow, infinite for others; see `Zoning.metres`."""
        return np.where((self.ways <= self.radius_m) & self.same, self.ways, np.inf)


@dataclass(frozen=True)
class Unplaced:
    """A village in no zone.

    Attributes
    ----------
    village : int
        Its position.
    centre : int
        The centre of the nearest zone, `NONE` where none can be reached.
    metres : float
        How far that is; infinite where none can be reached.
    stops : tuple of str
        Which of `STOPS` keep it from joining; none where it could join, but other villages of the zone count more.
    is_possible : bool
        Whether some zone, other than those proposed, could hold it within all bounds.
    neighbour : int
        The nearest other village that zones may join it with, `NONE` where there is none.
    neighbour_m : float
        How far it is.
    needs_m : float
        From which radius on some centre could hold it within the other bounds; infinite where none ever does.
    within : int
        How many villages, its own included, the centre in reach with most of them could hold; 0 where no centre is.
    frees : tuple of str
        Where no zone can hold it: which of `FREED`, left out by itself, would let one.
    """

    village: int
    centre: int
    metres: float
    stops: tuple[str, ...]
    is_possible: bool
    neighbour: int
    neighbour_m: float
    needs_m: float
    within: int
    frees: tuple[str, ...] = ()


def unplaced(zoning: Zoning, bounds: Bounds, centre: Ints) -> list[Unplaced]:
    """Say of every village in no zone what stops it.

    Parameters
    ----------
    zoning : Zoning
    bounds : Bounds
    centre : array of int
        The centre of each village's zone, `NONE` for no zone.

    Examples
    --------
    >>> at = np.array([0.0, 1, 2, 5]) * 1000
    >>> ways = np.abs(np.subtract.outer(at, at))
    >>> bounds = Bounds(ways, 1000, ways >= 0)
    >>> from geogrid.zoning import Zoning
    >>> line = Zoning(bounds.metres, np.arange(4), np.ones(4), 2, 3)
    >>> [(each.centre, each.metres, each.stops, each.is_possible) for each in unplaced(line, bounds, np.array([1, 1, 1, -1]))]
    [(1, 4000.0, ('radius', 'villages'), False)]
    """
    members = {int(each): np.flatnonzero(centre == each) for each in np.unique(centre[centre != NONE])}
    left = np.flatnonzero(centre == NONE)
    if not len(left):
        return []
    whole = _Whole(_can(zoning), _needs_m(zoning, bounds), _freed(zoning, bounds))
    return [_one(zoning, bounds, (members, whole), int(village)) for village in left]


class _Whole(NamedTuple):
    """What is known of all villages: whether some zone could hold each, from which radius on, and what would free it."""

    is_possible: Bools
    needs_m: Floats
    freed: Mapping[str, Bools]


def _one(zoning: Zoning, bounds: Bounds, known: tuple[Mapping[int, Ints], _Whole], village: int) -> Unplaced:
    members, whole = known
    used = np.array(list(members), dtype=np.int64)
    far = bounds.ways[used, village]
    stops = [_stops(zoning, bounds, (int(each), members[int(each)]), village) for each in used]
    order = sorted(range(len(used)), key=lambda i: (far[i], len(stops[i])))
    nearest = order[0] if order and np.isfinite(far[order[0]]) else NONE
    reach = np.isfinite(bounds.metres)
    reach &= reach[np.arange(len(zoning.home)), zoning.home][:, None]
    sizes = reach.sum(axis=1)[reach[:, village]]
    neighbour, neighbour_m = _neighbour(zoning, bounds, village)
    return Unplaced(
        village,
        int(used[nearest]) if nearest != NONE else NONE,
        float(far[nearest]) if nearest != NONE else np.inf,
        stops[nearest] if nearest != NONE else ("way",),
        bool(whole.is_possible[village]),
        neighbour,
        neighbour_m,
        float(whole.needs_m[village]),
        int(sizes.max()) if len(sizes) else 0,
        () if whole.is_possible[village] else tuple(key for key in FREED if key in whole.freed and whole.freed[key][village]),
    )


def _stops(zoning: Zoning, bounds: Bounds, zone: tuple[int, Ints], village: int) -> tuple[str, ...]:
    """Return which bounds keep a village from joining a zone."""
    centre, members = zone
    joined = np.sort(np.append(members, village))
    found = {
        "way": not np.isfinite(bounds.ways[centre, village]),
        "area": not bounds.same[centre, village],
        "radius": bounds.ways[centre, village] > bounds.radius_m,
        "borders": zoning.beside is not None and len(pieces(joined, zoning.beside)) > 1,
        "villages": len(joined) > zoning.high,
        "people": zoning.people[joined].sum() > zoning.most + CLOSE,
    }
    return tuple(key for key in STOPS if found[key])


def _neighbour(zoning: Zoning, bounds: Bounds, village: int) -> tuple[int, float]:
    """Return the village whose centre is nearest."""
    far = np.where((zoning.home == village) | ~bounds.same[:, village], np.inf, bounds.ways[:, village])
    if not len(far) or not np.isfinite(far.min()):
        return NONE, np.inf
    return int(zoning.home[far.argmin()]), float(far.min())


def _can(zoning: Zoning) -> Bools:
    """Return which villages some zone could hold."""
    found: Bools = np.asarray(zoning.usable.any(axis=0))
    return found


def _freed(zoning: Zoning, bounds: Bounds) -> dict[str, Bools]:
    """Return which villages some zone could hold with one bound left out, by the bound; only bounds that are asked for."""
    found = {}
    if not bounds.same.all():
        near = np.where(bounds.ways <= bounds.radius_m, bounds.ways, np.inf)
        found["area"] = _can(replace(zoning, metres=near))
    if zoning.beside is not None:
        found["borders"] = _can(replace(zoning, beside=None))
    if zoning.counts_people:
        found["people"] = _can(replace(zoning, least=0.0, most=np.inf))
    return found


def _needs_m(zoning: Zoning, bounds: Bounds) -> Floats:
    """Return the least radius from which on some centre could hold each village, as `Zoning.usable` would say with it."""
    own = np.arange(len(zoning.home)), zoning.home
    ways = np.where(bounds.same, bounds.ways, np.inf)
    reach = np.maximum(ways, ways[own][:, None])
    if zoning.beside is not None:
        reach = np.array([_through(row, int(home), zoning.beside) for row, home in zip(reach, zoning.home, strict=True)])
    if not reach.size or zoning.villages < zoning.low:
        return np.full(zoning.villages, np.inf)
    order = np.argsort(reach, axis=1, kind="stable")
    farther = np.take_along_axis(reach, order, axis=1)
    peopled = np.cumsum(zoning.people[order], axis=1) >= zoning.least - CLOSE
    enough = np.maximum(farther[:, zoning.low - 1], np.where(peopled, farther, np.inf).min(axis=1))
    both = zoning.people[zoning.home][:, None] + zoning.people[None, :]
    both[own] = zoning.people[zoning.home]
    needed = np.where(both <= zoning.most + CLOSE, np.maximum(reach, enough[:, None]), np.inf)
    least: Floats = needed.min(axis=0)
    return least


def _through(ways: Floats, home: int, beside: Bools) -> Floats:
    """Return the least radius at which each village hangs together with a centre's own, through villages within it."""
    found, heap = np.full(len(ways), np.inf), [(float(ways[home]), home)]
    while heap:
        radius, village = heappop(heap)
        if radius >= found[village]:
            continue
        found[village] = radius
        for other in np.flatnonzero(beside[village] & np.isfinite(ways) & (found == np.inf)).tolist():
            heappush(heap, (max(radius, float(ways[other])), other))
    return found
