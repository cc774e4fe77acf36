"""Redrawing: one operation on boundaries gives new boundaries that still tile, or is refused with the reason and the place.

What every operation keeps:

* the land: what one grid gives another gets, to the last corner; land given to nobody is kept as unassigned,
* the tiling: nodes are shared, parents and other tiers included, and the neighbourhood is tested before anything is returned,
* one parent: a grid gets no land outside its parent, and smaller grids stay inside larger ones,
* what is locked, and the sides of barriers: a grid stands on those sides of the barriers where at least a twentieth of it lies,
  and gets land nowhere else.

Pieces narrower than a metre that a drawn outline leaves of a neighbour go along with the land beside them; strips narrower than
a metre in which it reaches beyond the parent stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import shapely

from geogrid.boundaries import Boundaries, Grid, Tier, set_of
from geogrid.cutting import border_faces, drawn_line, piece_faces
from geogrid.differences import changed_texts
from geogrid.errors import NotFoundError, RefusedError
from geogrid.handing import (
    SLIVER_M,
    UNASSIGNED,
    Draft,
    drawn_land,
    given,
    names_of,
    parent_shape,
    passed_on,
    replaced,
    sound_near,
    trimmed,
)
from geogrid.keeping import Rules, nested, noded, parts_notes, require_allowed, require_tiling, unlike
from geogrid.operations import (
    STAFF_FIELDS,
    Draw,
    Hand,
    Merge,
    MoveBorder,
    Operation,
    Rename,
    Reparent,
    Restaff,
    Retire,
    Split,
)
from geogrid.tiles import NOBODY, Faces, Moved, retile
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Takes = Callable[[str | None], str | None]


@dataclass(frozen=True, eq=False)
class Step:
    """What one operation did.

    ``changed`` are the grids whose row or polygon differs, that are new or that are gone; ``moved`` is the land that changed
    hands ("" for nobody); ``notes`` say what a planner should know.
    """

    boundaries: Boundaries
    operation: Operation
    changed: tuple[str, ...]
    moved: tuple[Moved, ...]
    notes: tuple[Text, ...] = ()


def apply(boundaries: Boundaries, operation: Operation, rules: Rules | None = None) -> Step:
    """Carry one operation out.

    Parameters
    ----------
    boundaries : Boundaries
        They stay as they are.
    operation : Operation
        Complete: grids that it makes have their ids (see `geogrid.plans.complete`).
    rules : Rules, optional
        What is locked, and which lines divide.

    Returns
    -------
    Step

    Raises
    ------
    RefusedError
        When a rule does not allow it, or it changes nothing; ``place`` says where.
    NotFoundError
        When a grid or parent does not exist.

    Examples
    --------
    >>> import geopandas as gpd
    >>> town = gpd.GeoDataFrame({"grid_id": ["E", "W"], "name": ["东", "西"]}, crs=4548,
    ...     geometry=[shapely.box(100, 0, 200, 100), shapely.box(0, 0, 100, 100)])
    >>> step = apply(Boundaries.of(town), Hand("E", shapely.box(90, 0, 110, 100)))
    >>> {name: grid.shape.area for name, grid in step.boundaries.grids.items()}
    {'E': 11000.0, 'W': 9000.0}
    """
    rules = rules or Rules()
    draft = MAKE[type(operation)](boundaries, operation)
    after = nested(boundaries, noded(boundaries, draft.boundaries), draft.moved, rules)
    if not draft.moved and not draft.named:
        place = getattr(operation, "area", None) or getattr(operation, "line", None)
        raise RefusedError(_NOTHING.fill(label_zh=operation.called.zh, label_en=operation.called.en), place)
    changed = tuple(unlike(boundaries, after))
    require_allowed(boundaries, after, draft, rules)
    require_tiling(boundaries, after, draft.moved)
    return Step(after, operation, changed, draft.moved, tuple(parts_notes(boundaries, after, changed)))


# --- the operations


def _hand(state: Boundaries, operation: Hand) -> Draft:
    area, only = drawn_land(operation.area), operation.from_id
    to = _grid(state, operation.to) if operation.to != UNASSIGNED else None
    parent = parent_shape(state, to) if to else None
    giver = _grid(state, only) if only else None
    if to and giver and (to.tier != giver.tier or to is giver):
        raise RefusedError(_NOT_ONE_TIER.fill(into=to.grid_id, others=only), area)
    model = to or giver or next(iter(_likely(state, area)), None)

    def takes(name: str | None) -> str | None:
        return operation.to if not only or name == only else name

    tier = model.tier if model else Tier("", "")
    return given(state, tier, trimmed(area, parent), takes, within=None if only else parent)


def _split(state: Boundaries, operation: Split) -> Draft:
    grid = _grid(state, operation.grid_id)
    tiles, faces, pieces = _pieces(state, operation)
    if len(operation.new_ids) != len(pieces) - 1:
        wrong = _WRONG_NUMBER.fill(grid=grid.grid_id, pieces=len(pieces), ids=len(operation.new_ids))
        raise RefusedError(wrong, operation.line)
    owner = faces.owner.copy()
    for new_id, piece in zip(operation.new_ids, pieces[1:], strict=True):
        owner[piece] = new_id
    fresh = [replace(grid, grid_id=new, name=new, code="", leader="", member="", phone="") for new in operation.new_ids]
    return replaced(state, grid.tier, retile(tiles, faces, owner), _fresh(state, fresh))


def _pieces(state: Boundaries, operation: Split) -> tuple[dict[str, Any], Faces, list[Any]]:
    """Cut a grid; refuse a line that leaves it whole."""
    grid = _grid(state, operation.grid_id)
    place = shapely.intersection(drawn_line(operation.line), shapely.buffer(grid.shape, SLIVER_M))
    tiles = sound_near(state, grid.tier, place) | {grid.grid_id: grid.shape}
    faces, pieces = piece_faces(tiles, grid.grid_id, operation.line)
    if operation.stays is not None:
        pieces.sort(key=lambda piece: not shapely.intersects(faces.shapes[piece], operation.stays).any())
    if len(pieces) < 2:  # noqa: PLR2004 - two sides of a line
        raise RefusedError(_NOT_CUT.fill(grid=grid.grid_id), operation.line)
    return tiles, faces, pieces


def pieces_of(boundaries: Boundaries, operation: Split) -> list[Any]:
    """Return the pieces into which a line cuts a grid: one more than the new ids that `apply` needs, the one that stays first.

    Raises
    ------
    RefusedError
        When it does not cut the grid.
    NotFoundError
        When there is no such grid.
    """
    _, faces, pieces = _pieces(boundaries, operation)
    return [shapely.union_all(faces.shapes[piece]) for piece in pieces]


def _merge(state: Boundaries, operation: Merge) -> Draft:
    into = _grid(state, operation.into)
    others = [_grid(state, name) for name in operation.others]
    strangers = [grid.grid_id for grid in others if grid.tier != into.tier or grid.grid_id == into.grid_id]
    if strangers or not others:
        raise RefusedError(_NOT_ONE_TIER.fill(into=into.grid_id, others=names_of(strangers) or "—"), into.shape)
    draft = passed_on(state, into.tier, sorted(set(operation.others)), into.grid_id)
    return replace(draft, ended=frozenset(operation.others))


def _move_border(state: Boundaries, operation: MoveBorder) -> Draft:
    first, second = _grid(state, operation.first), _grid(state, operation.second)
    if first.tier != second.tier or first is second:
        raise RefusedError(_NOT_ONE_TIER.fill(into=first.grid_id, others=second.grid_id), operation.line)
    both = {grid.grid_id: grid.shape for grid in (first, second)}
    tiles = sound_near(state, first.tier, list(both.values()))
    faces, owner = border_faces(tiles | both, first.grid_id, second.grid_id, drawn_line(operation.line))
    return replaced(state, first.tier, retile(tiles | both, faces, owner))


def _draw(state: Boundaries, operation: Draw) -> Draft:
    area, only = drawn_land(operation.area), operation.from_id
    models = [_grid(state, only)] if only else _likely(state, area, operation.grid_set, operation.level)
    like = models[0] if models else Grid("", "", area, operation.grid_set, operation.level)
    parent = _known_parent(state, operation.parent_id) or _likely_parent(state, area, models)
    name = operation.name or operation.grid_id
    grid = Grid(operation.grid_id, name, area, like.grid_set, like.level, parent, storey=like.storey)

    def takes(name: str | None) -> str | None:
        return operation.grid_id if not only or name == only else name

    land = parent_shape(state, grid)
    return given(state, grid.tier, trimmed(area, land), takes, _fresh(state, [grid]), within=None if only else land)


def _rename(state: Boundaries, operation: Rename) -> Draft:
    grid = _grid(state, operation.grid_id)
    if not operation.name:
        raise RefusedError(_NO_NAME.fill(grid=grid.grid_id), grid.shape)
    return _with_row(state, replace(grid, name=operation.name))


def _restaff(state: Boundaries, operation: Restaff) -> Draft:
    said = {key: getattr(operation, key) for key in STAFF_FIELDS if getattr(operation, key) is not None}
    return _with_row(state, replace(_grid(state, operation.grid_id), **said))


def _reparent(state: Boundaries, operation: Reparent) -> Draft:
    grid = _grid(state, operation.grid_id)
    parent_id = _known_parent(state, operation.parent_id)
    row = _with_row(state, replace(grid, parent_id=parent_id))
    larger = None if parent_id in state.areas else state.grids.get(parent_id)
    if larger is None:
        return row
    if larger.tier == grid.tier or grid.grid_id in _above(state, larger):
        raise RefusedError(_NOT_LARGER.fill(grid=grid.grid_id, parent=parent_id), grid.shape)
    draft = given(row.boundaries, larger.tier, grid.shape, lambda name: name if name is NOBODY else parent_id)
    return replace(draft, named=row.named)


def _retire(state: Boundaries, operation: Retire) -> Draft:
    grid = _grid(state, operation.grid_id)
    if operation.to and _grid(state, operation.to).tier != grid.tier:
        raise RefusedError(_NOT_ONE_TIER.fill(into=operation.to, others=grid.grid_id), grid.shape)
    draft = passed_on(state, grid.tier, [grid.grid_id], operation.to)
    return replace(draft, ended=frozenset({grid.grid_id}))


MAKE: Mapping[type[Operation], Callable[..., Draft]] = {
    Hand: _hand,
    Split: _split,
    Merge: _merge,
    MoveBorder: _move_border,
    Draw: _draw,
    Rename: _rename,
    Restaff: _restaff,
    Reparent: _reparent,
    Retire: _retire,
}
"""How each operation is carried out: a new one is a row here."""


# --- rows


def _grid(state: Boundaries, grid_id: str) -> Grid:
    if grid_id not in state.grids:
        raise NotFoundError(_NO_GRID.fill(grid=grid_id, known=names_of(state.grids)))
    return state.grids[grid_id]


def _fresh(state: Boundaries, grids: Sequence[Grid]) -> Mapping[str, Grid]:
    """Return new grids by id; refuse ids that exist, stand twice, or are none at all."""
    ids = [grid.grid_id for grid in grids]
    taken = [name for name in ids if not name or name in state.grids or name in state.areas or ids.count(name) > 1]
    if taken:
        raise RefusedError(_TAKEN.fill(ids=names_of(taken)))
    return {grid.grid_id: grid for grid in grids}


def _known_parent(state: Boundaries, parent_id: str) -> str:
    if parent_id and parent_id not in state.areas and parent_id not in state.grids:
        raise NotFoundError(_NO_PARENT.fill(parent=parent_id, known=names_of((*state.areas, *state.grids))))
    return parent_id


def _above(state: Boundaries, grid: Grid) -> set[str]:
    """Return the ids of the grids above a grid, with its own."""
    met = {grid.grid_id}
    while grid.parent_id not in state.areas and grid.parent_id in state.grids and grid.parent_id not in met:
        grid = state.grids[grid.parent_id]
        met.add(grid.grid_id)
    return met


def _with_row(state: Boundaries, grid: Grid) -> Draft:
    if not changed_texts(grid, state.grids[grid.grid_id]):
        return Draft(state)
    return Draft(replace(state, grids={**state.grids, grid.grid_id: grid}), named=(grid.grid_id,))


def _likely(state: Boundaries, area: Any, grid_set: str = "", level: str = "") -> list[Grid]:
    """Return the grids beside an area, the one with most of it first, of a set and level, or the smallest where none is said.

    Where no set is said, the standing grids are meant, unless there are only others.
    """
    near = [state.grids[state.ids[i]] for i in state.tree.query(area, predicate="intersects")]
    parents = {grid.parent_id for grid in state.grids.values()}
    fit = [grid for grid in near if (level in (grid.level, grid.storey) if level else grid.grid_id not in parents)]
    chosen = [grid for grid in fit if grid.tier.grid_set == set_of(grid_set)] or (fit if not grid_set and not level else [])
    return sorted(chosen, key=lambda grid: (-shapely.intersection(grid.shape, area).area, grid.grid_id))


def _likely_parent(state: Boundaries, area: Any, beside: Sequence[Grid]) -> str:
    """Return the parent that has most of an area: of a grid beside it, or else the smallest area."""
    above = {each.parent_id for each in state.areas.values()}
    known = {grid.parent_id for grid in beside}
    among = sorted(known | {key for key in state.areas if key not in above})
    shapes = {key: holder.shape for key in among if (holder := state.areas.get(key) or state.grids.get(key))}
    meets = shapely.intersects(area, list(shapes.values()))
    shapes = {key: shape for (key, shape), is_met in zip(shapes.items(), meets, strict=True) if is_met}

    def rank(key: str) -> tuple[float, bool, float]:
        return round(shapely.intersection(shapes[key], area).area, 1), key in known, -shapes[key].area

    return max(shapes, key=rank, default=beside[0].parent_id if beside else "")


_NO_PARENT = Text("没有上级区域或网格“{parent}”；现有：{known}。", "there is no parent {parent!r}; there are: {known}.")
_NO_NAME = Text("网格 {grid} 的新名称为空；请给出名称。", "the new name of grid {grid} is empty; give a name.")
_NOT_LARGER = Text(
    "{parent} 不是网格 {grid} 的上级：同级，或就在其下；请选择上级网格或区域。",
    "{parent} is no larger grid than {grid}: of its level, or below it; choose a larger grid or an area.",
)
_NO_GRID = Text("没有网格“{grid}”；现有：{known}。", "there is no grid {grid!r}; there are: {known}.")
_NOTHING = Text(
    "操作“{label_zh}”没有改变任何网格：已是这样，或没有碰到要改的土地；请核对。",
    "the operation '{label_en}' changes no grid: it is so already, or it meets no land; check it.",
)
_TAKEN = Text(
    "新网格的编号 {ids} 为空或已被使用；请换一个从未用过的编号。",
    "the new id {ids} is empty or taken; use one never given.",
)
_NOT_CUT = Text(
    "这条线没有切开网格 {grid}；请把两端画到网格边界之外。",
    "the line does not cut grid {grid}; draw both of its ends beyond the outline.",
)
_WRONG_NUMBER = Text(
    "这条线把网格 {grid} 切成 {pieces} 块，给出了 {ids} 个新编号；新编号应比块数少一个。",
    "the line cuts grid {grid} into {pieces} pieces and {ids} new ids are given; one fewer than pieces is needed.",
)
_NOT_ONE_TIER = Text(
    "{others} 与 {into} 不是同一套网格、同一级的另一个网格；请选择同级网格。",
    "{others} and {into} are not different grids of one set and level; choose grids of one level.",
)
