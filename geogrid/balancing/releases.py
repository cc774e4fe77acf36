"""What would release a place that cannot be divided as wanted: each remedy tried by the same search."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.changed import as_one, halved, neighbours, opened, some, unlocked
from geogrid.balancing.figures import sizes
from geogrid.balancing.oneplot import MANY, Way
from geogrid.balancing.parting import parted
from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.wanted import Release
from geogrid.effort import Effort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.balancing.pieces import Bools, Pieces
    from geogrid.balancing.wanted import Infeasible, Wanted

WORK = 0.2
"""Effort of each trial."""
WIDER = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
"""How much further than the numbers alone say a limit is moved, one after the other."""
TRIALS = 3
"""Remedies of a kind that are tried: the neighbours of the longest borders, the largest pieces."""


def releases(pieces: Pieces, wanted: Wanted, place: Infeasible, effort: Effort) -> tuple[Release, ...]:
    """Return what would release a place, the surest first of each kind.

    Parameters
    ----------
    pieces : Pieces
    wanted : Wanted
    place : Infeasible
    effort : Effort
        Asked whether to go on.

    Returns
    -------
    tuple of Release
    """
    trial = _Trial(pieces, wanted, place, effort)
    found: list[Release] = []
    for remedy in REMEDIES[place.kind]:
        if effort.goes_on():
            found += remedy(trial)
    return tuple(found)


class _Trial:
    """A place, the pieces of its area, and what is asked of them."""

    def __init__(self, pieces: Pieces, wanted: Wanted, place: Infeasible, effort: Effort) -> None:
        self.whole, self.wanted, self.place, self.effort = pieces, wanted, place, effort
        self.own = np.isin(np.arange(len(pieces)), place.pieces)
        self.area = pieces.area == place.area
        self.pieces = some(pieces, self.area)
        self.inside = self.own[self.area]
        self.index = np.flatnonzero(self.area)

    @property
    def widths(self) -> tuple[float, ...]:
        """Return how much further limits are moved: in a few wide steps where each trial takes long."""
        return WIDER if len(self.pieces) <= MANY else WIDER[::4]

    @property
    def households(self) -> int:
        """Return the households of the place."""
        return int(self.place.numbers["households"])

    def works(self, pieces: Pieces, wanted: Wanted, inside: Bools) -> bool:
        """Return whether a division is found in which every part of the place is in range."""
        effort = Effort(work=WORK, seconds=self.effort.left_s)
        part = parted(pieces, wanted, Way(exact=False), effort=effort).part
        held = sizes(pieces, part)
        return not any(wanted.beyond(held[each]) for each in np.unique(part[inside]).tolist())


def _low(trial: _Trial) -> Iterator[Release]:
    """Return the nearest lower limit with which it works."""
    wanted, numbers = trial.wanted, trial.place.numbers
    fewest = wanted.parts or int(numbers.get("parts_least", 1)) or 1
    most = min(wanted.low, trial.households // fewest)
    for wider in trial.widths:
        low = max(0, int(most * (1 - wider)))
        if trial.works(trial.pieces, replace(wanted, low=low), trial.inside):
            yield Release("low", {"low": low}, is_sure=True)
            return


def _high(trial: _Trial) -> Iterator[Release]:
    """Return the nearest upper limit with which it works."""
    wanted, numbers = trial.wanted, trial.place.numbers
    parts = wanted.parts or int(numbers.get("parts_most", 1))
    if wanted.high is None or parts < 1:
        return
    least = max(wanted.high, -(-trial.households // parts))
    for wider in trial.widths:
        high = int(np.ceil(least * (1 + wider)))
        if trial.works(trial.pieces, replace(wanted, high=high), trial.inside):
            yield Release("high", {"high": high}, is_sure=True)
            return


def _range(trial: _Trial) -> Iterator[Release]:
    """Return the nearest range with which it works, where neither limit by itself is enough."""
    wanted = trial.wanted
    if wanted.high is None or any(True for one in (_low, _high) for _ in one(trial)):
        return
    for wider in trial.widths[1:]:
        low, high = int(wanted.low * (1 - wider)), int(np.ceil(wanted.high * (1 + wider)))
        if trial.works(trial.pieces, replace(wanted, low=low, high=high), trial.inside):
            yield Release("range", {"low": low, "high": high}, is_sure=True)
            return


def _join(trial: _Trial) -> Iterator[Release]:
    """Return the neighbour areas with which it works as one."""
    wanted = replace(trial.wanted, parts=None)
    for area, _ in neighbours(trial.whole, trial.own)[:TRIALS]:
        both = as_one(trial.whole, trial.place.area, area)
        households = int(both.households.sum())
        if wanted.gap(households, wanted.counts(households, len(both))[0]):
            continue
        inside = trial.own[np.isin(trial.whole.area, [trial.place.area, area])]
        yield Release("join", {"area": area, "households": households}, is_sure=trial.works(both, wanted, inside))


def _open(trial: _Trial) -> Iterator[Release]:
    """Return the longest closed borders of the area that release it, each by itself."""
    pieces, inside = trial.pieces, trial.inside
    shut = ~pieces.is_open & (inside[pieces.first] | inside[pieces.second])
    if not shut.any() or not trial.works(opened(pieces, shut), trial.wanted, inside):
        return
    told = 0
    for edge in sorted(np.flatnonzero(shut).tolist(), key=lambda e: (-pieces.border_m[e], e))[: TRIALS * TRIALS]:
        alone = np.isin(np.arange(len(shut)), [edge])
        if trial.works(opened(pieces, alone), trial.wanted, inside):
            ends = {"first": int(trial.index[pieces.first[edge]]), "second": int(trial.index[pieces.second[edge]])}
            yield Release("open", ends, is_sure=True)
            told += 1
        if told == TRIALS:
            return


def _split(trial: _Trial) -> Iterator[Release]:
    """Return the largest pieces that, cut in two halves, would release it."""
    pieces = trial.pieces
    own = sorted(np.flatnonzero(trial.inside).tolist(), key=lambda i: (-pieces.households[i], i))
    for piece in own[:TRIALS]:
        if pieces.households[piece] > 1:
            numbers = {"piece": int(trial.index[piece]), "households": int(pieces.households[piece])}
            sure = trial.works(halved(pieces, piece), trial.wanted, np.append(trial.inside, True))
            if sure or trial.place.kind == "piece":
                yield Release("split", numbers, is_sure=sure)


def _unlock(trial: _Trial) -> Iterator[Release]:
    """Return the locked grids of the area that release it, each by itself."""
    pieces = trial.pieces
    own = trial.place.numbers.get("grid", NOBODY)
    grids = np.unique(pieces.today[pieces.locked]).tolist()
    for grid in sorted(grids, key=lambda each: (each != own, each))[:TRIALS]:
        sure = trial.works(unlocked(pieces, grid), trial.wanted, trial.inside)
        if sure or grid == own:
            yield Release("unlock", {"grid": grid}, is_sure=sure)


REMEDIES = {
    "count": (_low, _high, _join),
    "few": (_join, _low),
    "piece": (_split, _high),
    "cut_off": (_open, _low, _high, _join),
    "locked": (_unlock, _low, _high),
    "apart": (_open, _unlock),
    "parts": (_low, _high),
    "shape": (_low, _high, _range, _split, _open, _unlock),
    "not_found": (_low, _high, _range, _split, _open, _unlock),
}
"""What is tried for each kind of hindrance."""
