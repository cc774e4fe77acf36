"""A plan for a part of the town: it touches nothing beyond, and what it is told names nothing beyond.

Whatever is said to who may see only some areas is worked out on those areas alone, as if there were no others; then it is done
on the whole town, where it may be refused only with a sentence that names nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.changesheet import Asked, change_sheet
from geogrid.completing import complete
from geogrid.cutunits import Units
from geogrid.differences import changed_texts, finest_tier
from geogrid.errors import GeogridError, RefusedError
from geogrid.office import adopt, people_of, require_sound, rules_in
from geogrid.officeplans import require_grids
from geogrid.people import Points
from geogrid.plans import Drawn, draw_plan
from geogrid.rebase import rebase
from geogrid.seating import seat
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pandas as pd

    from geogrid.boundaries import Boundaries, Grid
    from geogrid.changesheet import ChangeSheet
    from geogrid.office import Adopted
    from geogrid.operations import Operation
    from geogrid.people import People
    from geogrid.plans import Plan
    from geogrid.rebase import Rebased
    from geogrid.redraw import Step
    from geogrid.seating import Seated
    from geogrid.store import Act, Workspace


@dataclass(frozen=True)
class Part:
    """Some areas with all below them; without any it is the whole town.

    Attributes
    ----------
    area_ids : tuple of str
    """

    area_ids: tuple[str, ...] = ()

    def has(self, state: Boundaries, key: str) -> bool:
        """Return whether a grid or area of a state lies in the part, by its parents."""
        met: set[str] = set()
        while key and key not in met:
            if key in self.area_ids:
                return True
            met.add(key)
            row = state.grids.get(key) or state.areas.get(key)
            key = "" if row is None else row.parent_id
        return not self.area_ids

    def of(self, state: Boundaries) -> Boundaries:
        """Return a state without the grids and areas beyond the part."""
        if not self.area_ids:
            return state
        return replace(
            state,
            grids={key: grid for key, grid in state.grids.items() if self.has(state, key)},
            areas={key: area for key, area in state.areas.items() if self.has(state, key)},
        )

    def contains(self, other: Part) -> bool:
        """Return whether it is the whole town, or names every area that another one names."""
        return not self.area_ids or (bool(other.area_ids) and set(other.area_ids) <= set(self.area_ids))


def draw_in(workspace: Workspace, plan: Plan, part: Part) -> Drawn:
    """Carry a plan out on its part of its base version alone.

    Raises
    ------
    RefusedError, NotFoundError
        When an operation cannot be done there.
    """
    return draw_plan(plan, part.of(workspace.boundaries(version=plan.base_version)), rules_in(workspace))


def carried_on_in(workspace: Workspace, plan: Plan, operations: Iterable[Operation], part: Part) -> tuple[Plan, Drawn]:
    """Do more operations, all of them or none; nothing is saved.

    Parameters
    ----------
    workspace : Workspace
    plan : Plan
    operations : iterable of Operation
        In order; grids that they make get their ids here.
    part : Part
        What the plan may touch.

    Returns
    -------
    tuple
        The plan with the operations, and its drawing on the part alone.

    Raises
    ------
    RefusedError, NotFoundError, InputError
        When one cannot be done; the message says which, and names nothing beyond the part.
    """
    base = workspace.boundaries(version=plan.base_version)
    own, rules = part.of(base), rules_in(workspace, plan)
    require_grids(own, plan.locked)
    drawn, had = draw_plan(plan, own, rules), len(plan.operations)
    taken, scheme = {*workspace.ids_used(), *workspace.codes_used()}, workspace.profile.code_scheme
    for number, operation in enumerate(operations, had + 1):
        try:
            done = complete(operation, drawn.boundaries, taken=taken, scheme=scheme)
            drawn = drawn.then(done, rules)
        except RefusedError as error:
            raise RefusedError(numbered(number, operation, error), error.place) from error
        except GeogridError as error:
            raise type(error)(numbered(number, operation, error)) from error
        plan = plan.do(done)
    if part.area_ids:
        require_inside(plan, base, part, rules_in(workspace))
    return plan, drawn


def require_inside(plan: Plan, base: Boundaries, part: Part, rules: Any = None) -> Drawn:
    """Carry a plan out on the whole town, and refuse what reaches beyond its part.

    Raises
    ------
    RefusedError
        Without a word about what lies beyond.
    """
    try:
        drawn = draw_plan(plan, base, rules)
    except GeogridError as error:
        raise RefusedError(BEYOND) from error
    before = base
    for step in drawn.steps:
        if not stays_inside(step, before, part):
            raise RefusedError(BEYOND)
        before = step.boundaries
    return drawn


def stays_inside(step: Step, before: Boundaries, part: Part) -> bool:
    """Return whether every row that a step changes and all land that it moves are of the part; nodes on borders do not count."""
    ends = {end for moved in step.moved for end in (moved.from_id, moved.to_id) if end}
    rows = {key for key in step.changed if _differs(before.grids.get(key), step.boundaries.grids.get(key))}
    return all(part.has(state, key) for key in ends | rows for state in (before, step.boundaries) if key in state.grids)


def _differs(one: Grid | None, other: Grid | None) -> bool:
    return one is None or other is None or bool(changed_texts(one, other))


def sheet_in(workspace: Workspace, plan: Plan, part: Part, *, full: bool = False) -> tuple[Drawn, ChangeSheet]:
    """Return a plan's drawing and its change sheet, both of its part alone: every total is the part's.

    Parameters
    ----------
    workspace : Workspace
    plan : Plan
    part : Part
    full : bool
        List every grid.
    """
    drawn, version = draw_in(workspace, plan, part), plan.base_version
    tier = finest_tier(drawn.base, drawn.boundaries, drawn.changed)
    units = workspace.read("units", version=version)
    staff = staff_in(workspace.read("staff", version=version), drawn.base, drawn.boundaries)
    asked = Asked.of(
        workspace.profile,
        locked=plan.locked,
        units=Units.of(units, crs=workspace.crs) if len(units) else None,
        staff=(staff, staff),
    )
    whole = workspace.boundaries(version=version)
    people = people_in(seat(people_of(workspace, version=version), whole, tier), drawn.base, part)
    return drawn, change_sheet(seat(people, drawn.base, tier), drawn.boundaries, changed=drawn.changed, asked=asked, full=full)


def staff_in(staff: pd.DataFrame, *states: Boundaries) -> pd.DataFrame:
    """Return the rows of the staff table about grids of some boundaries."""
    return staff[staff["of_id"].isin([key for state in states for key in state.grids])]


def people_in(seated: Seated, own: Boundaries, part: Part) -> People:
    """Return the households and facilities in the grids of a part; of the whole town, all of them."""
    people = seated.people
    if not part.area_ids:
        return people
    mine = np.isin(np.append(np.array(seated.ids, dtype=object), ""), list(own.grids))
    rows, places = np.flatnonzero(mine[seated.home]), np.flatnonzero(mine[seated.facility])
    return replace(
        people,
        household_ids=people.household_ids[rows],
        homes=Points(people.homes.xy[:, rows]),
        counts={measure: values[rows] for measure, values in people.counts.items()},
        covered=None if people.covered is None else {service: flags[rows] for service, flags in people.covered.items()},
        unit_ids=None if people.unit_ids is None else people.unit_ids[rows],
        facility_ids=people.facility_ids[places],
        places=Points(people.places.xy[:, places]),
        facility_services=tuple(people.facility_services[place] for place in places.tolist()),
    )


def rebase_part(workspace: Workspace, plan: Plan, part: Part, *, keep: Collection[int] = ()) -> Rebased:
    """Carry a plan out on its part of the newest version; nothing is saved. See `geogrid.rebase.rebase`.

    Raises
    ------
    RefusedError
        When it would reach beyond its part there.
    """
    head = workspace.head.version
    old, new = workspace.boundaries(version=plan.base_version), workspace.boundaries(version=head)
    moved = rebase(plan, (part.of(old), part.of(new)), head, rules=rules_in(workspace), keep=keep)
    if part.area_ids:
        require_inside(moved.plan, new, part, rules_in(workspace))
    return moved


def adopt_in(workspace: Workspace, plan: Plan, part: Part, *, act: Act, accept: Sequence[str] = ()) -> Adopted:
    """Make a plan of a part the record; see `geogrid.office.adopt`.

    Raises
    ------
    RefusedError
        When it changes nothing, leaves land to nobody, makes defects that are not accepted, or reaches beyond its part.
    """
    if not part.area_ids:
        return adopt(workspace, plan, act=act, accept=accept)
    drawn = draw_in(workspace, plan, part)
    require_sound(drawn, accept)
    require_inside(plan, workspace.boundaries(version=plan.base_version), part, rules_in(workspace))
    try:
        return adopt(workspace, plan, act=act, accept=accept)
    except RefusedError as error:
        raise RefusedError(error.message if not drawn.changed else BEYOND) from error


def place_in(error: RefusedError) -> Any | None:
    """Return where a refusal is, as a geometry in the CRS of the workspace; None where it names no place."""
    place = error.place
    return place if isinstance(place, shapely.Geometry) and not place.is_empty else None


def numbered(number: int, operation: Operation, error: GeogridError) -> Text:
    """Say which operation of a plan an error is about."""
    label, said = operation.called, error.message
    return Text(f"第 {number} 项操作（{label.zh}）：{said.zh}", f"operation {number} ({label.en}): {said.en}")


BEYOND = Text(
    "这会动到方案所属区域以外的土地、网格或编号；请只改动自己区域内的，或由全域的规划员来做。",
    "this reaches beyond the areas of the plan: land, a grid or an id that is not theirs; keep to them, or let a planner of the "
    "whole town do it.",
)
