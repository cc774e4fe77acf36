"""Parts out of range relieved by chains: a lump to a neighbour, that one's to the next, until somebody has room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geogrid.balancing.state import State

DEPTHS = (1, 3, 7)
"""Lumps of a chain: short ones are tried first."""
BREADTH = 5
"""Lumps that are tried at each place of a chain."""
TRIES = 3_000
"""Lumps that are tried for one part."""


def relieve(state: State) -> bool:
    """Bring parts into range by chains, each of which leaves fewer households beyond it; return whether there was one.

    Parameters
    ----------
    state : State
        Changed.

    Returns
    -------
    bool
    """
    found, goes_on = False, True
    while goes_on:
        goes_on = False
        for part in range(len(state.size)):
            if any(state.beyond(state.size[part]) and _Chain(state, depth).helps(part, 0.0) for depth in DEPTHS):
                found = goes_on = True
    return found


@dataclass
class _Chain:
    """A chain as it grows: how long it may get, the parts in it, and the tries left."""

    state: State
    depth: int
    parts: set[int] = field(default_factory=set)
    left: int = TRIES

    def helps(self, part: int, balance: float) -> bool:
        """Go on from a part that is out of range; keep the chain if fewer households are beyond the range than before it.

        ``balance`` is by how many there are more after the chain so far.
        """
        state = self.state
        self.parts.add(part)
        for lump, at, to in self._options(part):
            self.left -= 1
            if self.left < 0 or not state.may_leave(lump):
                continue
            other = to if at == part else at
            before = state.beyond(state.size[part]) + state.beyond(state.size[other])
            state.hand(lump, to)
            now = balance + state.beyond(state.size[part]) + state.beyond(state.size[other]) - before
            if now < 0:
                return True
            if len(self.parts) < self.depth and state.beyond(state.size[other]) and self.helps(other, now):
                return True
            state.hand(lump, at)
        self.parts.discard(part)
        return False

    def _options(self, part: int) -> list[tuple[int, int, int]]:
        """Return lumps to hand over, each with its part and the one it goes to, the likeliest first."""
        state = self.state
        owner, links, size = state.part, state.plot.links, state.size
        is_over = size[part] > state.most
        pairs: set[tuple[int, int, int]] = set()
        for lump in state.held[part]:
            for each in links[lump]:
                other = owner[each]
                if other != part and other not in self.parts:
                    pairs.add((lump, part, other) if is_over else (each, other, part))
        costs = []
        for lump, at, to in pairs:
            n = state.plot.households[lump]
            if n:
                costs.append((state.beyond(size[at] - n) + state.beyond(size[to] + n), state.gain(lump, to), lump, at, to))
        return [(lump, at, to) for _, _, lump, at, to in sorted(costs)[:BREADTH]]
