"""Several divisions that really differ, none better than another in everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geogrid.balancing.divide import told
from geogrid.balancing.oneplot import FRESH, LEAST, Way
from geogrid.balancing.relabel import difference
from geogrid.balancing.state import Weights
from geogrid.effort import Effort

if TYPE_CHECKING:
    from geogrid.balancing.figures import Figures
    from geogrid.balancing.pieces import Pieces
    from geogrid.balancing.wanted import Division, Wanted

DIFFER = 0.05
"""Share of households that must be in other parts for two divisions to be two."""
NEAR = (Weights(beyond=8, moved=0.2, border=0.3), Weights(beyond=40, moved=0.4, border=0.6))
BETWEEN = (Weights(beyond=6, moved=0.08, border=0.7), Weights(beyond=24, moved=0.12, border=1))


@dataclass(frozen=True)
class Style:
    """What a division weighs: how it begins, and what a metre along a street or water saves."""

    name: str
    is_from_today: bool
    stages: tuple[Weights, ...]
    along: float = 0.5


STYLES = (
    Style("least", is_from_today=True, stages=LEAST),
    Style("near", is_from_today=True, stages=NEAR),
    Style("compact", is_from_today=False, stages=FRESH, along=0.0),
    Style("streets", is_from_today=False, stages=FRESH, along=0.9),
    Style("between", is_from_today=True, stages=BETWEEN),
    Style("fresh", is_from_today=False, stages=FRESH),
)
"""What is tried, one after the other, and then again from another seed; without grids of today only those from scratch."""
FIRST = {True: "least", False: "fresh"}


@dataclass(frozen=True, eq=False)
class Alternative:
    """A division among others.

    Attributes
    ----------
    division : Division
    style : str
        "least" and "near": few households change hands; "between"; "compact": short borders; "streets": borders along
        streets and water; "fresh": as `divide` does it.
    differs : tuple of float
        The share of households in other parts than in each alternative before it.
    """

    division: Division
    style: str
    differs: tuple[float, ...]


def alternatives(
    pieces: Pieces,
    wanted: Wanted,
    *,
    count: int = 3,
    from_today: bool = False,
    seed: int = 0,
    effort: Effort | None = None,
) -> tuple[Alternative, ...]:
    """Return several divisions that differ in at least 5 % of the households, none of which another beats in every figure.

    Parameters
    ----------
    pieces : Pieces
    wanted : Wanted
    count : int
        How many at most; fewer where no more are found that differ.
    from_today : bool
        Whether the first is the one that changes least, else the one from scratch.
    seed : int
    effort : Effort, optional

    Returns
    -------
    tuple of Alternative
        The one asked for first, whatever the others are.
    """
    effort = effort or Effort()
    found: list[Alternative] = []
    styles = _styles(pieces, from_today=from_today)
    for number in range(2 * len(styles)):
        if len(found) == count or (found and not effort.goes_on()):
            break
        style = styles[number % len(styles)]
        way = Way(style.is_from_today, style.stages, seed + number // len(styles), exact=number == 0)
        division = told(pieces, wanted, way, effort=effort, along=style.along, with_releases=not found)
        differs = tuple(difference(pieces, division.part, each.division.part) for each in found)
        if _counts(division, differs, found):
            found.append(Alternative(division, style.name, differs))
    return tuple(found)


def _styles(pieces: Pieces, *, from_today: bool) -> list[Style]:
    """Return the styles to try, the one asked for first."""
    has_today = bool((pieces.today >= 0).any())
    fit = [style for style in STYLES if has_today or not style.is_from_today]
    first = FIRST[from_today and has_today]
    return sorted(fit, key=lambda style: style.name != first)


def _counts(division: Division, differs: tuple[float, ...], found: list[Alternative]) -> bool:
    """Return whether a division is another one, and worth showing."""
    if any(share < DIFFER for share in differs):
        return False
    return not any(beats(each.division.figures, division.figures) for each in found)


def beats(one: Figures, other: Figures) -> bool:
    """Return whether one division is at least as good as another in every figure, and better in one."""
    pairs = list(zip(_merits(one), _merits(other), strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _merits(figures: Figures) -> tuple[float, ...]:
    """Return the figures in which less is better."""
    return (
        figures.out_of_range,
        figures.beyond,
        figures.moved,
        figures.border_m,
        -figures.along_share,
        figures.spread_m,
        figures.largest_over,
    )
