"""A division of pieces said as a plan: the operations that turn today's grids into its parts, few and readable.

A part that a grid of today goes on in keeps that grid's id and gets what it gains in one operation; a part of nobody's is
drawn anew; a grid that goes on in no part is merged into the one that has all of it, or is retired first. What one
operation gains hangs together with what the grid keeps, so that rules on barriers see each grid as it will be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.balancing.pieces import NOBODY
from geogrid.barriers import outlines, sides_of
from geogrid.boundaries import parts_of
from geogrid.errors import GeogridError
from geogrid.numbering import new_ids
from geogrid.operations import Draw, Hand, Merge, Operation, Retire
from geogrid.plans import Drawn
from geogrid.tiles import land_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import numpy.typing as npt

    from geogrid.balanceground import Ground
    from geogrid.balancing.pieces import Ints
    from geogrid.codescheme import CodeScheme
    from geogrid.keeping import Rules

    Refused = tuple[Operation, GeogridError]

    Homes = npt.NDArray[np.float64]

LEAST_M2 = 1.0
"""Land left over that is less is a seam."""
NO_HOMES = np.empty((0, 2))


@dataclass(frozen=True, eq=False)
class Made:
    """A division carried out.

    Attributes
    ----------
    drawn : Drawn
    refused : tuple of (grid, error)
        Operations that could not be done; their land stays as it is.
    left : tuple of (grid, polygon)
        Land that rules keep from the grid that it was meant for, and from every neighbour: it lies across a barrier.
    """

    drawn: Drawn
    refused: tuple[tuple[str, GeogridError], ...] = ()
    left: tuple[tuple[str, Any], ...] = ()

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Return what was done, in order."""
        return tuple(step.operation for step in self.drawn.steps)


@dataclass(frozen=True)
class Named:
    """What new grids are called: ids and codes that were ever given, and how codes are written."""

    taken: frozenset[str] = frozenset()
    scheme: CodeScheme | None = None


def carried_out(
    ground: Ground,
    parts: Ints,
    rules: Rules,
    named: Named | None = None,
    *,
    homes: Homes | None = None,
    tell: Callable[[float], None] | None = None,
) -> Made:
    """Carry a division out on the boundaries of its ground.

    Parameters
    ----------
    ground : Ground
        Whose pieces were divided.
    parts : array of int, one a piece
        A position among ``ground.grid_ids``: it goes to that grid; any greater number: to a new grid, those of one number to the
        same one; -1: it stays where it is.
    rules : Rules
        What refuses an operation.
    named : Named, optional
    homes : array of float, n × 2, optional
        Where households are: where a barrier keeps a grid from some of its land, they decide which side it gets.
    tell : callable, optional
        Gets the share that is done.

    Returns
    -------
    Made
        An operation that is refused leaves its land where it is.
    """
    drawn, refused = _done(Drawn(ground.base, ()), operations_of(ground, parts, named), rules, tell)
    drawn, left, refused = _trimmed(drawn, refused, rules, NO_HOMES if homes is None else homes)
    drawn, left = _passed_on(ground, drawn, left, rules)
    return Made(drawn, tuple((_for_whom(operation), error) for operation, error in refused), tuple(left))


def _done(
    drawn: Drawn, waiting: Sequence[Operation], rules: Rules, tell: Callable[[float], None] | None = None
) -> tuple[Drawn, list[Refused]]:
    """Carry operations out, those that are refused again after the others as long as that helps.

    A grid may get its land only after another one has got hold of what lies between.
    """
    refused, done = list[tuple[Operation, GeogridError]](), -1
    while waiting and len(drawn.steps) > done:
        done, refused = len(drawn.steps), []
        for number, operation in enumerate(waiting):
            try:
                drawn = drawn.then(operation, rules)
            except GeogridError as error:
                refused.append((operation, error))
            if tell is not None:
                tell((number + 1) / len(waiting))
        waiting = [operation for operation, _ in refused]
    return drawn, refused


def _trimmed(
    drawn: Drawn, refused: Sequence[Refused], rules: Rules, homes: Homes
) -> tuple[Drawn, list[tuple[str, Any]], list[Refused]]:
    """Carry out what was refused with less land: of what barriers cut, the sides with households, or the fullest alone."""
    left, still = list[tuple[str, Any]](), list[tuple[Operation, GeogridError]]()
    for operation, error in refused:
        for less in _with_less(operation, rules, homes):
            drawn, again = _done(drawn, [less], rules)
            if not again:
                left.append((_for_whom(operation), shapely.difference(_area(operation), _area(less))))
                break
        else:
            still.append((operation, error))
    return drawn, left, still


def _with_less(operation: Operation, rules: Rules, homes: Homes) -> list[Operation]:
    """Return an operation with less and less of its land."""
    if not isinstance(operation, Hand | Draw):
        return []
    sides = sides_of(operation.area, outlines(rules.barriers_on(operation.area)))
    counts = np.array([int(shapely.contains_xy(side, homes).sum()) for side in sides], dtype=np.int64)
    if len(sides) < 2 or not counts.any():  # noqa: PLR2004 - the two sides of a barrier
        return []
    lived_in = [replace(operation, area=land_of(list(sides[counts > 0])))] if not counts.all() else []
    return [*lived_in, replace(operation, area=sides[counts.argmax()])]


def _passed_on(
    ground: Ground, drawn: Drawn, left: Sequence[tuple[str, Any]], rules: Rules
) -> tuple[Drawn, list[tuple[str, Any]]]:
    """Give land that was left over and is nobody's to whom it was meant for, or to the neighbour with the longest border."""
    still = []
    for grid, shape in ((grid, part) for grid, land in left for part in parts_of(land) if part.area >= LEAST_M2):
        state = drawn.boundaries
        near = [state.grids[state.ids[i]] for i in np.sort(state.tree.query(shape, predicate="intersects"))]
        among = [each for each in near if each.tier == ground.tier]
        if any(shapely.intersection(each.shape, shape).area > ground.STRADDLES_M2 for each in among):
            continue
        outline, before = shapely.boundary(shape), len(drawn.steps)
        shared = {each.grid_id: shapely.intersection(outline, shapely.boundary(each.shape)).length for each in among}
        for key in sorted(shared, key=lambda key: (key != grid, -shared[key], key)):
            drawn = _done(drawn, [Hand(key, shape)], rules)[0] if len(drawn.steps) == before else drawn
        if len(drawn.steps) == before:
            still.append((grid, shape))
    return drawn, still


def _area(operation: Operation) -> Any:
    return getattr(operation, "area", None)


def operations_of(ground: Ground, parts: Ints, named: Named | None = None) -> list[Operation]:
    """Return the operations that turn today's grids into parts: first grids that end, then new ones, then land handed over.

    Parameters
    ----------
    ground, parts, named
        As for `carried_out`.

    Examples
    --------
    Three pieces in a row, G1 has two of them and G2 one; the middle one goes to G2:

    >>> import shapely
    >>> from geogrid.balanceground import paper_ground
    >>> ground = paper_ground([shapely.box(i, 0, i + 1, 1) for i in range(3)], [0, 0, 1], ["G1", "G2"])
    >>> [(each.kind, each.to, each.from_id) for each in operations_of(ground, np.array([0, 1, 1]))]
    [('hand', 'G2', 'G1')]
    >>> [(each.kind, each.grid_id) for each in operations_of(ground, np.array([0, 2, 1]))]
    [('draw', 'G3')]
    >>> [(each.kind, each.into, each.others) for each in operations_of(ground, np.array([0, 0, 0]))]
    [('merge', 'G1', ('G2',))]
    """
    parts = _settled(ground, parts)
    count = len(ground.grid_ids)
    ended = sorted(ground.standing - {*parts.tolist()})
    into = {grid: _only(parts[ground.pieces.today == grid]) for grid in ended}
    merged = {grid: to for grid, to in into.items() if to is not None and to < count}
    fresh = sorted({each for each in parts.tolist() if each >= count})
    ids = _fresh_ids(ground, parts, fresh, named or Named())
    kept = sorted({each for each in parts.tolist() if 0 <= each < count})
    gone = frozenset(ended) - frozenset(merged)
    return [
        *(Merge(ground.grid_ids[to], _merged_into(ground, merged, to)) for to in sorted({*merged.values()})),
        *(Retire(ground.grid_ids[grid]) for grid in ended if grid in gone),
        *(_drawing(ground, parts == label, ids[label], gone) for label in fresh),
        *_handing(ground, parts, kept, (gone, merged)),
    ]


def _settled(ground: Ground, parts: Ints) -> Ints:
    """Return parts in which nothing is left undecided, and a grid goes on only where some of its land stays with it."""
    today = ground.pieces.today
    settled = np.where(parts == NOBODY, today, parts)
    stays = {*settled[settled == today].tolist()}
    highest = max(len(ground.grid_ids), int(settled.max(initial=-1)) + 1)
    for label in sorted({*settled.tolist()}):
        if NOBODY < label < len(ground.grid_ids) and label not in stays:
            settled[settled == label] = highest
            highest += 1
    return np.asarray(settled, dtype=np.int64)


def _only(labels: Ints) -> int | None:
    found = np.unique(labels)
    return int(found[0]) if len(found) == 1 else None


def _merged_into(ground: Ground, merged: dict[int, int], to: int) -> tuple[str, ...]:
    return tuple(ground.grid_ids[grid] for grid, into in merged.items() if into == to)


def _handing(
    ground: Ground, parts: Ints, kept: Sequence[int], past: tuple[Collection[int], dict[int, int]]
) -> Iterable[Operation]:
    """Yield what grids that go on gain, besides those that are merged into them."""
    gone, merged = past
    today = ground.pieces.today
    came = np.array([merged.get(grid, grid) for grid in today.tolist()], dtype=np.int64)
    for label in kept:
        gains = (parts == label) & ((came != label) | ground.straddles)
        if (gains & (came != label)).any() or _reaches_beyond(ground, gains, label):
            giver = _giver(ground, gains, gone)
            yield Hand(ground.grid_ids[label], _land(ground, gains), _units(ground, gains), giver)


def _drawing(ground: Ground, mine: Any, called: tuple[str, str], gone: Collection[int]) -> Draw:
    area = ground.area_ids[int(ground.pieces.area[mine][0])]
    tier, level = ground.tier, ground.level_in(area)
    giver = _giver(ground, mine, gone)
    return Draw(
        _land(ground, mine), called[0], called[1], area, level, tier.grid_set, from_id=giver, unit_ids=_units(ground, mine)
    )


def _giver(ground: Ground, mine: Any, gone: Collection[int]) -> str:
    """Return the only grid that land comes from, "" where there are several or it is nobody's by then."""
    giver = _only(ground.pieces.today[mine])
    unsure = giver is None or giver == NOBODY or giver in gone or bool(ground.straddles[mine].any())
    return "" if giver is None or unsure else ground.grid_ids[giver]


def _reaches_beyond(ground: Ground, gains: Any, label: int) -> bool:
    """Return whether a grid gains land by pieces that are its own today but for a part."""
    own = ground.base.grids[ground.grid_ids[label]].shape
    return bool(gains.any()) and shapely.difference(_land(ground, gains), own).area > ground.STRADDLES_M2


def _land(ground: Ground, mine: Any) -> Any:
    return shapely.coverage_union_all(ground.shapes[mine])


def _units(ground: Ground, mine: Any) -> tuple[str, ...]:
    """Return which units a piece of land is; () where it is no whole units."""
    ids = [ground.pieces.ids[i] for i in np.flatnonzero(mine)]
    return tuple(ids) if ground.unit_ids.issuperset(ids) else ()


def _fresh_ids(ground: Ground, parts: Ints, fresh: Sequence[int], named: Named) -> dict[int, tuple[str, str]]:
    """Give new grids an id like those of their village, and a name."""
    every = {*ground.base.grids, *ground.base.areas, *named.taken}
    called: dict[int, tuple[str, str]] = {}
    names = {grid.name for grid in ground.base.grids.values()}
    for label in fresh:
        area = ground.area_ids[int(ground.pieces.area[parts == label][0])]
        beside = ground.grids_in(area)
        like = [grid.grid_id for grid in beside] or ground.ids_like(area)
        new_id = new_ids(like, every, 1, scheme=named.scheme)[0]
        name = new_ids([grid.name for grid in beside if grid.name], names, 1)[0] if any(g.name for g in beside) else ""
        name = name or _first_name(ground, area, names) or new_id
        every.add(new_id)
        names.add(name)
        called[label] = (new_id, name)
    return called


def _first_name(ground: Ground, area: str, names: Collection[str]) -> str:
    """Return a name for a grid of a village that had none."""
    village = ground.name_of(area)
    return new_ids([f"{village}第0网格"], names, 1)[0] if village else ""


def _for_whom(operation: Operation) -> str:
    said = getattr(operation, "to", "") or getattr(operation, "grid_id", "") or getattr(operation, "into", "")
    return str(said)
