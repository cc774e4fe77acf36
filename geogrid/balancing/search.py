"""Local search: lumps handed over a border and pairs of parts cut anew, at random and cooling; the best is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING

from geogrid.balancing.pieces import NOBODY
from geogrid.balancing.state import Weights
from geogrid.balancing.trees import random_tree

if TYPE_CHECKING:
    from random import Random

    from geogrid.balancing.state import State
    from geogrid.balancing.trees import Tree
    from geogrid.effort import Effort

ASK_EVERY = 256
LITTLE = 1e-6
"""A gain that counts is larger."""
ROUNDS = 100
SLIGHT = 0.1
"""A weight of borders above it is traded for households that change hands; below it they come strictly after."""
CANDIDATES = 4
"""Cuts of a tree that are looked at closely."""
STRICT = Weights(beyond=1e6, moved=1e3, border=1.0)
"""Weights under which no gain in a later aim makes up for a loss in an earlier one."""


@dataclass(frozen=True)
class Cooling:
    """How a search goes: so many steps, from hot to cold, and which share of them cuts a pair of parts anew."""

    steps: int
    hot: float = 1.0
    cold: float = 0.03
    anew: float = 0.05


def anneal(state: State, cooling: Cooling, chance: Random, effort: Effort) -> int:
    """Change a state at random, less and less against what is wanted, and leave it at the best found.

    Parameters
    ----------
    state : State
        Changed.
    cooling : Cooling
    chance : random.Random
    effort : Effort
        Asked whether to go on; the steps are the caller's.

    Returns
    -------
    int
        The steps done.
    """
    if len(state.names) < 2:  # noqa: PLR2004 - one part has no borders
        return 0
    best, lowest, energy = list(state.part), state.energy(), state.energy()
    heat, cool = cooling.hot, (cooling.cold / cooling.hot) ** (1 / max(cooling.steps, 1))
    links, part, random, n = state.plot.links, state.part, chance.random, len(state.plot)
    step = 0
    for step in range(cooling.steps):
        if step % ASK_EVERY == 0 and not effort.goes_on():
            break
        heat *= cool
        lump = int(random() * n)
        beside = links[lump]
        if not beside:
            continue
        to = part[beside[int(random() * len(beside))]]
        if to == part[lump]:
            continue
        if random() < cooling.anew:
            energy += cut_anew(state, (part[lump], to), heat, chance)
        else:
            cost = state.gain(lump, to)
            if (cost > 0 and random() >= exp(-cost / heat)) or not state.may_leave(lump):
                continue
            state.hand(lump, to)
            energy += cost
        if energy < lowest - LITTLE:
            best, lowest = list(part), energy
    restore(state, best)
    return step + 1


def settle(state: State) -> None:
    """Hand lumps over, and two for two, as long as that is better in the order of the aims."""
    is_traded = state.weights.moved > 0 and state.weights.border > SLIGHT
    state.weights = replace(state.weights, beyond=STRICT.beyond) if is_traded else STRICT
    state.scale()
    for _ in range(ROUNDS if len(state.names) > 1 else 0):
        if sum(_hand_if_better(state, lump) for lump in range(len(state.plot))):
            continue
        if not sum(_swap_if_better(state, lump) for lump in range(len(state.plot))):
            return


def restore(state: State, part: list[int]) -> None:
    """Bring a state to another division."""
    for lump, to in enumerate(part):
        if state.part[lump] != to:
            state.hand(lump, to)


def cut_anew(state: State, pair: tuple[int, int], heat: float, chance: Random) -> float:
    """Cut what two parts have anew along a random tree, if that is good enough; return what it costs (0 where it is left)."""
    one, other = pair
    lumps = sorted(state.held[one] | state.held[other])
    was = {lump: state.part[lump] for lump in lumps}
    goes = _sides(state, random_tree(lumps, state.plot.links, state.plot.households, chance), pair)
    if goes is None:
        return 0.0
    before = _pair_cost(state, pair, lumps)
    _hand_all(state, goes)
    cost = _pair_cost(state, pair, lumps) - before
    if cost <= 0 or chance.random() < exp(-cost / heat):
        return cost
    _hand_all(state, was)
    return 0.0


def _hand_all(state: State, goes: dict[int, int]) -> None:
    for lump, to in goes.items():
        if state.part[lump] != to:
            state.hand(lump, to)


def _sides(state: State, tree: Tree, pair: tuple[int, int]) -> dict[int, int] | None:
    """Return who would get what by the best cut of a tree; None where what is kept stands against it."""
    whole = tree.below[0]
    misses = sorted((state.beyond(n) + state.beyond(whole - n), at) for at, n in enumerate(tree.below) if at)
    near = [at for miss, at in misses[:CANDIDATES] if miss == misses[0][0]]
    at = min(near, key=lambda each: _cut_worth(state, tree, each)) if len(near) > 1 else near[0]
    side = set(tree.side(at))
    rest = [lump for lump in tree.walk if lump not in side]
    options = []
    for mine, theirs in (pair, pair[::-1]):
        goes = dict.fromkeys(sorted(side), mine) | dict.fromkeys(rest, theirs)
        if all(state.part[lump] == to for lump, to in goes.items() if state.plot.kept[lump] != NOBODY):
            options.append((sum(state.plot.households[i] for i, to in goes.items() if state.part[i] != to), goes))
    return min(options, key=lambda each: each[0])[1] if options else None


def _cut_worth(state: State, tree: Tree, at: int) -> float:
    side, all_ = set(tree.side(at)), set(tree.walk)
    return sum(worth for lump in side for other, worth in state.border[lump] if other in all_ and other not in side)


def _pair_cost(state: State, pair: tuple[int, int], lumps: list[int]) -> float:
    """Return what the search makes small, of two parts and the border between them."""
    part, had, home = state.part, state.had, state.home
    one, other = pair
    cost = state.per_beyond * (state.beyond(state.size[one]) + state.beyond(state.size[other]))
    theirs = state.held[other]
    border = sum(worth for lump in state.held[one] for each, worth in state.border[lump] if each in theirs)
    cost += border * state.per_border
    if state.per_moved:
        cost += sum(state.cost_of_moving[lump] for lump in lumps if had[lump] and home[lump] != part[lump])
    return cost


def _hand_if_better(state: State, lump: int) -> bool:
    at, best = state.part[lump], (-LITTLE, NOBODY)
    for to in sorted({state.part[each] for each in state.plot.links[lump]} - {at}):
        best = min(best, (state.gain(lump, to), to))
    if best[1] == NOBODY or not state.may_leave(lump):
        return False
    state.hand(lump, best[1])
    return True


def _swap_if_better(state: State, lump: int) -> bool:
    """Hand a lump over and another one back, if that is better."""
    at = state.part[lump]
    for to in sorted({state.part[each] for each in state.plot.links[lump]} - {at}):
        if not state.may_leave(lump):
            return False
        cost = state.gain(lump, to)
        state.hand(lump, to)
        for back in _beside(state, to, at):
            if back != lump and cost + state.gain(back, at) < -LITTLE and state.may_leave(back):
                state.hand(back, at)
                return True
        state.hand(lump, at)
    return False


def _beside(state: State, of: int, to: int) -> list[int]:
    """Return the lumps of one part that lie beside another."""
    part, links = state.part, state.plot.links
    return sorted(lump for lump in state.held[of] if any(part[each] == to for each in links[lump]))
