"""The few moves that mend most: single pieces handed to a neighbour grid, the best sequences kept at every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from geogrid.balancing.figures import figures, sizes
from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.wanted import Division, Move
from geogrid.effort import Effort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geogrid.balancing.pieces import Pieces
    from geogrid.balancing.wanted import Wanted

WIDTH = 150
"""Sequences kept at every step, at an effort of 1."""


@dataclass(frozen=True)
class _Sequence:
    """Pieces handed over one after the other, and how it stands after them."""

    moves: tuple[tuple[int, int], ...] = ()
    out: int = 0
    beyond: int = 0
    moved: int = 0
    border: float = 0.0
    sizes: dict[int, int] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[float, ...]:
        """Return how good it is by the aims in their order: less is better."""
        return self.out, self.beyond, self.moved, len(self.moves), self.border

    @property
    def promise(self) -> tuple[float, ...]:
        """Return how near to the range it is."""
        return self.beyond, self.out, self.moved, len(self.moves), self.border


def few_moves(pieces: Pieces, wanted: Wanted, moves: int, *, effort: Effort | None = None) -> Division:
    """Return the division after the few moves that mend most, and each move with what it mends.

    A move hands one piece to a grid beside it; grids stay in one piece of land. The aims are parts out of range, households
    beyond it, households that change hands, and short borders, in this order. Sequences grow by moves that touch
    a grid out of range, the most promising (150 at an effort of 1) kept at every step.

    Parameters
    ----------
    pieces : Pieces
        With today's grids.
    wanted : Wanted
    moves : int
        At most so many.
    effort : Effort, optional

    Returns
    -------
    Division
        With `Division.moves`; what stands in the way of more is not looked for.

    Examples
    --------
    >>> import numpy as np
    >>> from geogrid.balancing.pieces import Pieces
    >>> from geogrid.balancing.wanted import Wanted
    >>> row = Pieces.plain(np.array([3, 4, 5, 2]), np.array([0, 1, 2]), np.array([1, 2, 3]), today=np.array([0, 0, 0, 1]))
    >>> mended = few_moves(row, Wanted(6, 8), 1)
    >>> [(move.piece, move.source, move.target, move.beyond_after) for move in mended.moves]
    [(2, 0, 1, 0)]
    """
    effort = effort or Effort()
    land = _Land(pieces, wanted)
    best = land.start()
    kept, looked_at = [best], 0
    for step in range(moves):
        grown: dict[frozenset[tuple[int, int]], _Sequence] = {}
        for sequence in kept:
            for more in land.after(sequence):
                looked_at += 1
                grown.setdefault(frozenset(more.moves), more)
        if not grown or not effort.goes_on():
            break
        kept = _kept(list(grown.values()), int(WIDTH * effort.work))
        best = min([best, *kept], key=lambda each: each.rank)
        effort.report((step + 1) / moves, float(best.beyond))
    return land.division(best, looked_at)


def _kept(grown: list[_Sequence], width: int) -> list[_Sequence]:
    """Return the best sequences by either measure."""
    by_rank = sorted(grown, key=lambda each: (each.rank, each.moves))[:width]
    by_promise = sorted(grown, key=lambda each: (each.promise, each.moves))[:width]
    return list({each.moves: each for each in (*by_rank, *by_promise)}.values())


class _Land:
    """Pieces as lists, and what hands over."""

    def __init__(self, pieces: Pieces, wanted: Wanted) -> None:
        self.pieces, self.wanted = pieces, wanted
        self.households: list[int] = pieces.households.tolist()
        self.today: list[int] = pieces.today.tolist()
        self.links: list[list[int]] = [[] for _ in range(len(pieces))]
        self.border: list[list[tuple[int, float]]] = [[] for _ in range(len(pieces))]
        same = pieces.area[pieces.first] == pieces.area[pieces.second]
        columns = (pieces.first[same], pieces.second[same], pieces.border_m[same], pieces.is_open[same])
        for a, b, metres, is_open in zip(*(column.tolist() for column in columns), strict=True):
            for one, other in ((a, b), (b, a)):
                self.border[one].append((other, metres))
                if is_open:
                    self.links[one].append(other)
        free = np.unique(pieces.today[~pieces.locked])
        self.shut = set(np.unique(pieces.today).tolist()) - set(free.tolist())
        self.held: dict[int, set[int]] = {}
        for piece, grid in enumerate(self.today):
            self.held.setdefault(grid, set()).add(piece)

    def start(self) -> _Sequence:
        """Return how it stands today."""
        held = sizes(self.pieces, self.pieces.today)
        beyond = [int(self.wanted.beyond(n)) for n in held.values()]
        return _Sequence((), sum(1 for each in beyond if each), sum(beyond), 0, 0.0, held)

    def after(self, sequence: _Sequence) -> Iterator[_Sequence]:
        """Return the sequences with one more move that touches a grid out of range."""
        given = dict(sequence.moves)
        poor = {grid for grid, n in sequence.sizes.items() if self.wanted.beyond(n)}
        for piece in sorted(self._near(poor, given)):
            at = given.get(piece, self.today[piece])
            targets = {given.get(each, self.today[each]) for each in self.links[piece]} - {at, NOBODY} - self.shut
            if at not in poor:
                targets &= poor
            if targets and piece not in given and self._may_leave(piece, at, given):
                for to in sorted(targets):
                    yield self._handed(sequence, given, piece, to)

    def _near(self, grids: set[int], given: dict[int, int]) -> set[int]:
        """Return the pieces in some grids, and beside them."""
        inside = {piece for grid in grids for piece in self.held.get(grid, ()) if piece not in given}
        inside |= {piece for piece, to in given.items() if to in grids}
        near = inside | {each for piece in inside for each in self.links[piece]}
        return {piece for piece in near if not self.pieces.locked[piece] and self.today[piece] != NOBODY}

    def _may_leave(self, piece: int, at: int, given: dict[int, int]) -> bool:
        """Return whether a grid goes on without a piece, in no more bodies of land than before."""
        own = {each for each in self.held[at] if each not in given} | {each for each, to in given.items() if to == at}
        own.discard(piece)
        beside = [each for each in self.links[piece] if each in own]
        if len(beside) <= 1 or not own:
            return bool(own)
        return self._one_body(beside, own)

    def _one_body(self, beside: list[int], own: set[int]) -> bool:
        seen, stack, wanted = {beside[0]}, [beside[0]], set(beside[1:])
        while stack and wanted:
            for each in self.links[stack.pop()]:
                if each in own and each not in seen:
                    seen.add(each)
                    wanted.discard(each)
                    stack.append(each)
        return not wanted

    def _handed(self, sequence: _Sequence, given: dict[int, int], piece: int, to: int) -> _Sequence:
        at, n, held = given.get(piece, self.today[piece]), self.households[piece], sequence.sizes
        before = [int(self.wanted.beyond(held[each])) for each in (at, to)]
        changed = {at: held[at] - n, to: held[to] + n}
        after = [int(self.wanted.beyond(each)) for each in changed.values()]
        border = 0.0
        for other, metres in self.border[piece]:
            where = given.get(other, self.today[other])
            border += metres if where == at else (-metres if where == to else 0.0)
        return _Sequence(
            (*sequence.moves, (piece, to)),
            sequence.out + sum(each > 0 for each in after) - sum(each > 0 for each in before),
            sequence.beyond + sum(after) - sum(before),
            sequence.moved + n,
            sequence.border + border,
            held | changed,
        )

    def division(self, best: _Sequence, looked_at: int) -> Division:
        """Return the division after a sequence, with its moves."""
        part = self.pieces.today.copy()
        standing = self.start()
        moves = []
        for piece, to in best.moves:
            now = self._handed(standing, dict(standing.moves), piece, to)
            moves.append(
                Move(
                    piece=piece,
                    source=self.today[piece],
                    target=to,
                    households=self.households[piece],
                    beyond_before=standing.beyond,
                    beyond_after=now.beyond,
                    out_before=standing.out,
                    out_after=now.out,
                )
            )
            part[piece], standing = to, now
        work = {"sequences": looked_at}
        return Division(part, figures(self.pieces, part, self.wanted), moves=tuple(moves), work=work)
