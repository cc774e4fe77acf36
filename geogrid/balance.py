"""Balanced grids: villages divided anew, or today's grids evened out with the least change, each alternative a plan.

The composition that makes pieces of a workspace's land, lets `geogrid.balancing` divide them, and says the divisions as plans
that can be drawn, edited and adopted. Aims, in order: the household range kept, fewest households change hands, compact, along
streets and water. What it returns counts exactly: office only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geogrid.balanceasked import EVEN, GridsAsked, require
from geogrid.balancefigures import figures_of
from geogrid.balanceground import areas_of, grids_within
from geogrid.balancemoves import move_rows, moves_said
from geogrid.balanceplan import Named, carried_out
from geogrid.balancetown import Town, ground_of, town_of
from geogrid.balancewords import HOUSEHOLDS, Obstacle, as_found, obstacle_of
from geogrid.balancing.alternatives import alternatives
from geogrid.balancing.divide import divide
from geogrid.balancing.least import even_out
from geogrid.changerows import Limits
from geogrid.changesheet import Asked, change_sheet
from geogrid.errors import ConflictError
from geogrid.plans import Plan
from geogrid.provenance import Provenance
from geogrid.solver import solver_name
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geogrid.balanceground import Ground
    from geogrid.balanceplan import Made
    from geogrid.balancing.wanted import Division, Move, Wanted
    from geogrid.changesheet import ChangeSheet
    from geogrid.effort import Effort
    from geogrid.plans import Drawn
    from geogrid.profile import Profile
    from geogrid.store import Workspace

__all__ = ["Alternative", "GridsAsked", "Proposal", "propose", "save"]

MOST_ALTERNATIVES = 9
HECTARE_M2 = 10_000
DEFAULT_NAMES: Mapping[str, str] = {"grids": "建议-重划", "even": "建议-均衡", "merge": "建议-合并"}
"""What plans are called where no name is given."""
METHOD = "geogrid tree bisection and local search"
"""What searched; `maps.proposalbasis.SOLVERS` has its name in Chinese."""


@dataclass(frozen=True, eq=False)
class Alternative:
    """One division said as a plan.

    Attributes
    ----------
    plan : Plan
        Saved or not; see `save`.
    drawn : Drawn
        The plan carried out.
    sheet : ChangeSheet
        Who changes hands; without who is covered.
    figures : mapping
        See `geogrid.balancefigures.figures_of`.
    style : str
        What it leans to: "least", "near", "compact", "streets" ...
    moves : tuple of Move
        The moves one by one, where a few were asked for.
    refused : tuple of (grid, Text)
        Operations that the rules of redrawing refused: their land stays as it is.
    left : tuple of (grid, polygon)
        Land across a barrier that no grid may have.
    notes : tuple of Text
        What each of a few moves mends.
    """

    plan: Plan
    drawn: Drawn = field(repr=False)
    sheet: ChangeSheet = field(repr=False)
    figures: Mapping[str, float | None]
    style: str = ""
    moves: tuple[Move, ...] = ()
    refused: tuple[tuple[str, Text], ...] = ()
    left: tuple[tuple[str, Any], ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, eq=False)
class Proposal:
    """Alternatives, what stands in the way of more, and what they were made from.

    Attributes
    ----------
    kind : str
    town : Town
        What it was made from. Private.
    ground : Ground
        The pieces.
    alternatives : tuple of Alternative
        The first is the one proposed; none where nothing would change.
    obstacles : tuple of Obstacle
        Villages that cannot be brought into range.
    limits : Limits or None
        Range and target.
    today : mapping
        The figures of today's grids; empty where there are none.
    provenance : Provenance
    notes : tuple of Text
    """

    kind: str
    town: Town = field(repr=False)
    ground: Ground = field(repr=False)
    alternatives: tuple[Alternative, ...]
    obstacles: tuple[Obstacle, ...]
    limits: Limits | None
    today: Mapping[str, float | None]
    provenance: Provenance
    notes: tuple[Text, ...] = ()
    unit: Text = HOUSEHOLDS

    def to_record(self) -> dict[str, Any]:
        """Return the proposal as plain values for JSON: no household, no shape."""
        return {
            "provenance": self.provenance.to_record(),
            "alternatives": [
                {"plan": each.plan.name, "plan_id": each.plan.plan_id, "style": each.style, "figures": dict(each.figures)}
                | ({"moves": move_rows(each.moves, self.ground, self.town.unit_names)} if each.moves else {})
                for each in self.alternatives
            ],
            "today": dict(self.today),
            "obstacles": [each.to_record() for each in self.obstacles],
            "notes": [{"zh": note.zh, "en": note.en} for note in self.notes],
        }


def propose(workspace: Workspace, asked: GridsAsked, effort: Effort) -> Proposal:
    """Divide villages into balanced grids, or even out today's grids.

    Parameters
    ----------
    workspace : Workspace
        Its newest version counts; nothing is written. See `save`.
    asked : GridsAsked
    effort : Effort
        How hard to try; stopped by hand or time, the best so far is returned and marked as not reproducible.

    Returns
    -------
    Proposal
        Every village that can be in range is, but for what `Proposal.obstacles` names.

    Raises
    ------
    InputError, NotFoundError, ConflictError
        When what is asked cannot be understood, or a name is taken.
    """
    wanted = asked.wanted(workspace.profile)
    require(1 <= asked.alternatives <= MOST_ALTERNATIVES, _NO_NUMBER.fill(n=asked.alternatives, most=MOST_ALTERNATIVES))
    names = names_for(workspace, asked.plan or DEFAULT_NAMES[asked.kind], asked.alternatives, is_given=bool(asked.plan))
    town = town_of(workspace, within=asked.within, locked=asked.locked)
    require(asked.kind != EVEN or bool(town.grid_ids), _NO_GRIDS)
    limits = limits_of(wanted, town)
    ground = ground_of(town, target=float(limits.target), along_today=asked.kind == EVEN)
    require_parts(ground, asked.parts)
    found = _divided(ground, wanted, asked, effort)
    taken = Named(frozenset({*workspace.ids_used(), *workspace.codes_used()}), _scheme(workspace.profile))
    told = [
        _alternative(town, ground, division, style, (names[i], taken, limits, effort))
        for i, (style, division) in enumerate(found)
    ]
    return _assembled(town, ground, tuple(told), found, (asked, wanted, limits), effort)


def require_parts(ground: Ground, parts: int | None) -> None:
    """Refuse more grids in each village than any village can have.

    Raises
    ------
    InputError
    """
    homes = np.bincount(ground.pieces.area, ground.pieces.households, len(ground.area_ids))
    count = np.bincount(ground.pieces.area, minlength=len(ground.area_ids))
    largest = int(np.argmax(count))
    said = {"parts": parts, "name": ground.name_of(ground.area_ids[largest]), "most": int(count[largest])}
    require(parts is None or parts <= count[largest], _TOO_MANY.fill(**said, homes=f"{int(homes[largest]):,}"))


def _short_of(ground: Ground, parts: int | None) -> list[Text]:
    """Say which villages have too few pieces for so many grids."""
    count = np.bincount(ground.pieces.area, minlength=len(ground.area_ids))
    few = np.flatnonzero(count < (parts or 0))
    names = [f"{ground.name_of(ground.area_ids[each])} {count[each]}" for each in few]
    return [_SHORT.fill(parts=parts, n=len(few), names=", ".join(names))] if names else []


def _divided(ground: Ground, wanted: Wanted, asked: GridsAsked, effort: Effort) -> list[tuple[str, Division]]:
    """Return divisions with what each leans to, the best first."""
    if asked.moves is not None:
        return [("moves", even_out(ground.pieces, wanted, seed=asked.seed, effort=effort, moves=asked.moves))]
    from_today = asked.kind == EVEN
    if asked.alternatives > 1:
        several = alternatives(
            ground.pieces, wanted, count=asked.alternatives, from_today=from_today, seed=asked.seed, effort=effort
        )
        return [(each.style, each.division) for each in several]
    work = even_out if from_today else divide
    return [("", work(ground.pieces, wanted, seed=asked.seed, effort=effort))]


def _alternative(
    town: Town, ground: Ground, division: Division, style: str, said: tuple[str, Named, Limits, Effort]
) -> Alternative:
    name, taken, limits, effort = said
    made = carried_out(ground, division.part, town.rules, taken, homes=town.homes, tell=effort.drawing)
    return alternative_of(town, made, name, limits=limits, division=division, style=style)


def alternative_of(
    town: Town, made: Made, name: str, *, limits: Limits | None, division: Division | None = None, style: str = ""
) -> Alternative:
    """Say a division that was carried out as a plan, with its change sheet and figures."""
    locked = frozenset(town.locked & set(town.base.grids))
    plan = Plan(name, town.version, made.operations, locked=locked)
    own = Limits(*town.profile.household_range, town.profile.household_target)
    asked = Asked(limits or own, locked=locked, units=town.units)
    sheet = change_sheet(town.seated, made.drawn.boundaries, changed=made.drawn.changed, asked=asked)
    figures = figures_of(town, sheet, limits, None if division is None else division.figures)
    moves = () if division is None else division.moves
    refused = tuple((grid, error.message) for grid, error in made.refused)
    return Alternative(plan, made.drawn, sheet, figures, style, moves, refused, made.left)


def _assembled(
    town: Town,
    ground: Ground,
    told: tuple[Alternative, ...],
    found: Sequence[tuple[str, Division]],
    said: tuple[GridsAsked, Wanted, Limits],
    effort: Effort,
) -> Proposal:
    asked, wanted, limits = said
    division = found[0][1]
    largest_first = sorted(division.infeasible, key=lambda each: -each.numbers.get("households", 0))
    obstacles = tuple(obstacle_of(as_found(each, division.part, ground), ground, HOUSEHOLDS) for each in largest_first)
    if asked.moves is None:
        told = tuple(_with_count(each, len(obstacles)) for each in told)
    else:
        told = tuple(replace(each, notes=_moves_said(town, ground, each, asked.moves)) for each in told)
    settings = asked.settings | {"low": wanted.low, "high": wanted.high, "target": wanted.target, "work": effort.work}
    provenance = Provenance(
        asked.kind,
        town.hashes,
        settings,
        f"{METHOD}; {solver_name()}",
        seed=asked.seed,
        proof="found" if told[0].refused or told[0].left else division.proof,
        value=float(division.figures.out_of_range),
        work=dict(division.work) | {"pieces": len(ground.pieces)},
        seconds=effort.spent,
        stopped=effort.stopped,
    )
    kept = tuple(each for each in told if each.plan.operations)
    notes = (*notes_of(town, ground, told), *_short_of(ground, asked.parts))
    return Proposal(asked.kind, town, ground, kept, obstacles, limits, today_of(town, limits), provenance, notes)


def _moves_said(town: Town, ground: Ground, made: Alternative, asked: int) -> tuple[Text, ...]:
    """Say each of a few moves, and which grids are still out of range."""
    limits = made.sheet.asked.limits
    ids = [grid.grid_id for grid in grids_within(made.drawn.boundaries, town.tier, town.area_ids)]
    sizes = {key: len(made.sheet.after.rows_in(key)) for key in ids}
    left = {key: n for key, n in sizes.items() if not limits.low <= n <= limits.high}
    return tuple(moves_said(move_rows(made.moves, ground, town.unit_names), asked, left, limits))


def _with_count(alternative: Alternative, obstacles: int) -> Alternative:
    return replace(alternative, figures={**alternative.figures, "areas_infeasible": obstacles})


def notes_of(town: Town, ground: Ground, told: Sequence[Alternative]) -> tuple[Text, ...]:
    """Return what a reader must know: who is in no village, what was refused, what changes nothing."""
    notes = list(ground.notes)
    left = len(town.seated.people) - int(ground.pieces.households.sum())
    if left and town.area_ids == areas_of(town.base, town.tier, town.profile):
        notes.append(_LEFT.fill(n=f"{left:,}"))
    for each in told:
        notes += [_REFUSED.fill(plan=each.plan.name, grid=grid, why_zh=why.zh, why_en=why.en) for grid, why in each.refused]
        notes += [
            _ACROSS.fill(plan=each.plan.name, grid=grid, area=f"{shape.area / HECTARE_M2:,.1f}") for grid, shape in each.left
        ]
        notes += [_SAME.fill(plan=each.plan.name), *each.notes] if not each.plan.operations else []
    return tuple(notes)


def today_of(town: Town, limits: Limits | None) -> dict[str, float | None]:
    """Return the figures of today's grids; none where there are none."""
    if not town.grid_ids:
        return {}
    same = change_sheet(town.seated, town.base, changed=())
    told = figures_of(town, same, limits)
    return {key: value for key, value in told.items() if key not in {"households_moved", "persons_moved", "moved_share"}}


def limits_of(wanted: Wanted, town: Town) -> Limits:
    """Return range and target as a change sheet holds them; those of the profile where only a number of grids is wanted."""
    if wanted.high is None:
        low, high = town.profile.household_range
        return Limits(low, high, town.profile.household_target)
    return Limits(wanted.low, wanted.high, round(wanted.middle))


def names_for(workspace: Workspace, name: str, count: int, *, is_given: bool) -> list[str]:
    """Return names for plans: NAME, NAME-2, NAME-3 ...

    Raises
    ------
    ConflictError
        When a name that was given belongs to an open plan; one that was not given steps aside.
    """
    rows = workspace.plans()
    taken = set(rows.loc[rows["status"] == "open", "name"]) if len(rows) else set()
    first, names = name, _series(name, count)
    number = 1
    while taken & set(names):
        if is_given:
            raise ConflictError(_TAKEN.fill(names=", ".join(sorted(taken & set(names)))))
        number += 1
        first = f"{name}{number}"
        names = _series(first, count)
    return names


def _series(name: str, count: int) -> list[str]:
    return [name, *(f"{name}-{i}" for i in range(2, count + 1))]


def save(workspace: Workspace, proposal: Proposal, *, who: str = "") -> Proposal:
    """Save every alternative as a plan, and return the proposal with their ids.

    Raises
    ------
    ConflictError
        When a plan of that name was begun meanwhile.
    """
    saved = tuple(replace(each, plan=workspace.save_plan(each.plan, who=who)) for each in proposal.alternatives)
    return replace(proposal, alternatives=saved)


def _scheme(profile: Profile) -> Any:
    return profile.code_scheme if profile.code_pattern else None


_NO_NUMBER = Text("备选方案数 {n} 不能用：1 到 {most}。", "{n} alternatives cannot be: 1 to {most}.")
_SHORT = Text(
    "{n} 个村的地块（单元、建筑、街坊不切开）不够 {parts} 个网格，只能有几块分几个：{names}。",
    "{n} villages have fewer pieces (units, buildings and blocks stay whole) than {parts} grids, and as many grids as pieces at "
    "most: {names}.",
)
_TOO_MANY = Text(
    "每村 {parts} 个网格太多：地块（单元、建筑、街坊不切开）最多的是{name}，{most} 块、{homes} 户；请用 --parts {most} 或更少。",
    "{parts} grids in each village are too many: {name} has the most land that may be parted (units, buildings and blocks stay "
    "whole), {most} pieces with {homes} households; ask for --parts {most} or fewer.",
)
_NO_GRIDS = Text(
    "这里还没有网格，不能在现有基础上调整；请用 geogrid propose grids 从头划分。",
    "there are no grids to even out here; divide from scratch with geogrid propose grids.",
)
_TAKEN = Text(
    "已有名为 {names} 的方案在制定中；请用 --plan 换一个名称。", "open plans are called {names} already; give another --plan."
)
_LEFT = Text("有 {n} 户不在任何村（社区）之内，没有计入。", "{n} households lie in no village and are not counted.")
_REFUSED = Text(
    "方案“{plan}”：网格 {grid} 的一处调整不合改划规则，没有做，该处维持原状：{why_zh}",
    "plan {plan!r}: one change for grid {grid} is refused by the rules of redrawing and was not made; the land stays: {why_en}",
)
_ACROSS = Text(
    "方案“{plan}”：{area} 公顷土地与网格 {grid} 隔着河流、铁路或干道，也不能划给别的网格，没有划；"
    "确可跨越的请从 barriers 表中去掉那条线。",
    "plan {plan!r}: {area} ha lie across a barrier from grid {grid} and no other grid may have them; they were left out. Take "
    "the line out of the table of barriers if it can be crossed.",
)
_SAME = Text("“{plan}”与现状相同，没有存为方案。", "{plan!r} is what there is today and was not saved.")
