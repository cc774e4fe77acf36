"""An office and its plans: carried on by more operations, taken from a file, moved to a newer base."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geogrid.completing import complete, split_evenly
from geogrid.errors import GeogridError, NotFoundError, RefusedError
from geogrid.handing import names_of
from geogrid.office import draw, rules_in
from geogrid.planfile import plan_of_polygons
from geogrid.plans import Plan
from geogrid.rebase import rebase
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import geopandas as gpd

    from geogrid.boundaries import Boundaries
    from geogrid.operations import Operation
    from geogrid.planfile import Taken
    from geogrid.plans import Drawn
    from geogrid.rebase import Rebased
    from geogrid.store import Workspace


class Wish(NamedTuple):
    """An operation that is wished for: how the planner said it, and what makes it once the boundaries before it are known."""

    said: str
    make: Callable[[Boundaries], Operation]


def carried_on(workspace: Workspace, plan: Plan, wishes: Iterable[Wish]) -> tuple[Plan, Drawn]:
    """Do more operations, all of them or none; nothing is saved.

    Parameters
    ----------
    workspace : Workspace
    plan : Plan
    wishes : iterable of Wish
        In order; grids that they make get their ids here.

    Returns
    -------
    tuple
        The plan with the operations, and its drawing.

    Raises
    ------
    RefusedError, NotFoundError, InputError
        When one cannot be done; the message says which.
    """
    require_grids(workspace.boundaries(version=plan.base_version), plan.locked)
    drawn, rules = draw(workspace, plan), rules_in(workspace, plan)
    taken, scheme = {*workspace.ids_used(), *workspace.codes_used()}, workspace.profile.code_scheme
    for wish in wishes:
        try:
            operation = complete(wish.make(drawn.boundaries), drawn.boundaries, taken=taken, scheme=scheme)
            drawn = drawn.then(operation, rules)
        except RefusedError as error:
            raise RefusedError(_said(wish, error), error.place) from error
        except GeogridError as error:
            raise type(error)(_said(wish, error)) from error
        plan = plan.do(operation)
    return plan, drawn


def _said(wish: Wish, error: GeogridError) -> Text:
    return Text(f"{wish.said}：{error.message.zh}", f"{wish.said}: {error.message.en}")


def require_grids(boundaries: Boundaries, grid_ids: Collection[str]) -> None:
    """Refuse ids of grids that are not there.

    Raises
    ------
    NotFoundError
        When one is not.
    """
    missing = sorted(set(grid_ids) - set(boundaries.grids))
    if missing:
        raise NotFoundError(_NO_GRIDS.fill(ids=names_of(missing), known=names_of(boundaries.grids)))


def evenly_in(workspace: Workspace, boundaries: Boundaries, grid_id: str, shares: int, *, version: int) -> Operation:
    """Return the operation that divides a grid into shares with equally many of the workspace's households."""
    require_grids(boundaries, [grid_id])
    homes = workspace.read("households", version=version).geometry
    points = homes[~(homes.isna() | homes.is_empty)].to_numpy()
    inside = points[shapely.STRtree(points).query(boundaries.grids[grid_id].shape, predicate="intersects")]
    return split_evenly(boundaries, grid_id, shares, np.asarray(shapely.get_coordinates(inside), dtype=np.float64))


def plan_of_json(workspace: Workspace, name: str, content: bytes) -> tuple[Plan, Drawn]:
    """Take a plan from a file that `Plan.to_json` wrote: on the version that it states, else on the newest where it can be done.

    Raises
    ------
    InputError
        When it is no plan.
    RefusedError, NotFoundError
        When it can be carried out on neither.
    """
    told, head = Plan.from_json(content, crs=workspace.crs), workspace.head.version
    own = replace(told, name=name)
    if own.base_version < head:
        try:
            return own, draw(workspace, own)
        except GeogridError:
            own = replace(own, base_version=head)
    own = replace(own, base_version=head)
    return own, draw(workspace, own)


def plan_of_file(workspace: Workspace, name: str, polygons: gpd.GeoDataFrame, *, locked: Sequence[str] = ()) -> Taken:
    """Take a plan from polygons drawn elsewhere; see `planfile.plan_of_polygons`."""
    head = workspace.head.version
    rules = rules_in(workspace, Plan(name, head, locked=frozenset(locked)))
    taken = plan_of_polygons(name, workspace.boundaries(version=head), head, polygons, rules=rules)
    return replace(taken, plan=taken.plan.lock(*locked))


def rebase_in(workspace: Workspace, plan: Plan, *, keep: Collection[int] = ()) -> Rebased:
    """Carry a plan out on the newest version; nothing is saved. See `geogrid.rebase.rebase`."""
    head = workspace.head.version
    bases = workspace.boundaries(version=plan.base_version), workspace.boundaries(version=head)
    return rebase(plan, bases, head, rules=rules_in(workspace), keep=keep)


def place_of(error: RefusedError) -> Any | None:
    """Return where a refusal is, as a geometry; None where it names no place."""
    place = error.place
    return place if isinstance(place, shapely.Geometry) and not place.is_empty else None


_NO_GRIDS = Text("没有网格 {ids}；现有：{known}。", "there are no grids {ids}; there are: {known}.")
