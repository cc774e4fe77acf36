"""What every redraw keeps: shared nodes, grids inside their parents, what is locked, the sides of barriers, the tiling itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geogrid.barriers import crossed
from geogrid.boundaries import LATTICE_M, Boundaries, Grid, parts_of
from geogrid.differences import changed_texts
from geogrid.errors import RefusedError
from geogrid.handing import DEFECT_M, Draft, names_of, parent_shape, sound_near, tiles_near
from geogrid.regions import wide_pieces
from geogrid.tiles import NEAR_M, NOBODY, Moved, land_of, new_nodes, with_nodes
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PLAIN_M2 = 10.0


@dataclass(frozen=True, eq=False)
class Rules:
    """What refuses an operation.

    Attributes
    ----------
    locked : frozenset of str
        Grids that keep their land and their row.
    barriers : sequence of lines or polygons
        In the CRS of the boundaries: rivers, railways, trunk roads that no grid may newly lie across; see `barriers.crossed`.
    within_parent : bool
        Whether a grid must stay inside its parent.
    """

    locked: frozenset[str] = frozenset()
    barriers: Sequence[Any] = ()
    within_parent: bool = True

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Return an index of `barriers`."""
        return shapely.STRtree(list(self.barriers))

    def barriers_on(self, shape: Any) -> Any:
        """Return the barriers that meet a polygon."""
        return self.tree.geometries[np.sort(self.tree.query(shape, predicate="intersects"))]


def noded(before: Boundaries, after: Boundaries) -> Boundaries:
    """Give the nodes that an operation made to the areas and the grids of other tilings whose borders they lie on."""
    differ = unlike(before, after)
    olds, news = (
        [*(state.grids[key].shape for key in differ if key in state.grids), *state.unassigned.values()]
        for state in (before, after)
    )
    nodes = new_nodes(olds, news)
    if nodes.is_empty:
        return after
    tiers = {state.grids[key].tier for state in (before, after) for key in differ if key in state.grids}
    near = np.unique(before.tree.query(shapely.get_parts(nodes), predicate="dwithin", distance=NEAR_M)[1])
    others = [before.ids[i] for i in near if before.grids[before.ids[i]].tier not in tiers]
    return replace(
        after,
        areas={**after.areas, **{key: _renoded(after.areas[key], nodes) for key in _beside(after, nodes)}},
        grids={**after.grids, **{key: _renoded(after.grids[key], nodes) for key in others}} if others else after.grids,
    )


def _beside(state: Boundaries, nodes: Any) -> list[str]:
    """Return the areas whose box the nodes touch."""
    west, south, east, north = nodes.bounds
    left, below, right, above = shapely.bounds([area.shape for area in state.areas.values()]).reshape(-1, 4).T
    touch = (west <= right + NEAR_M) & (east >= left - NEAR_M) & (south <= above + NEAR_M) & (north >= below - NEAR_M)
    return [key for key, is_near in zip(state.areas, touch, strict=True) if is_near]


def unlike(before: Boundaries, after: Boundaries) -> list[str]:
    """Return the grids that are not the same object, that are new or that are gone, in order."""
    old, new = before.grids, after.grids
    return sorted([key for key, grid in new.items() if old.get(key) is not grid] + [key for key in old if key not in new])


def _renoded(value: Any, nodes: Any) -> Any:
    """Return a grid or area with the nodes on its border; the same object where there are none."""
    shape = with_nodes(value.shape, nodes)
    return value if shape is value.shape else replace(value, shape=shape)


def nested(before: Boundaries, after: Boundaries, moved: Sequence[Moved], rules: Rules) -> Boundaries:
    """Put the smaller grids of a redrawn larger one under the larger grid that they lie in now."""
    # An id may be a village's and its only grid's; as a parent it is the village.
    redrawn = {key for each in moved for key in (each.from_id, each.to_id) if key and key not in after.areas}
    children = [grid for grid in after.grids.values() if grid.parent_id in redrawn]
    rows = {grid.grid_id: _child(before, after, grid, rules) for grid in children}
    return replace(after, grids={**after.grids, **rows}) if rows else after


def _child(before: Boundaries, after: Boundaries, grid: Grid, rules: Rules) -> Grid:
    parent = after.grids.get(grid.parent_id)
    if parent is not None and not _outside(grid.shape, parent.shape):
        return grid
    tier = (parent or before.grids[grid.parent_id]).tier
    for i in np.sort(after.tree.query(shapely.point_on_surface(grid.shape), predicate="intersects")):
        other = after.grids[after.ids[i]]
        if other.tier == tier and not _outside(grid.shape, other.shape):
            return replace(grid, parent_id=other.grid_id)
    if not rules.within_parent:
        return grid
    raise RefusedError(_CHILD_CUT.fill(grid=grid.grid_id, parent=grid.parent_id), grid.shape)


def _outside(shape: Any, parent: Any) -> list[Any]:
    """Return the pieces of a shape outside its parent that are wider than a centimetre."""
    rest = shapely.difference(shape, parent)
    return [] if rest.is_empty else list(wide_pieces(np.array([rest], dtype=object), DEFECT_M).shapes)


def require_allowed(before: Boundaries, after: Boundaries, draft: Draft, rules: Rules) -> None:
    """Refuse what is locked, outside a parent, across a barrier, or leaves a grid without land."""
    _require_unlocked(before, after, draft, rules)
    for each in draft.moved:
        _require_inside(after, each.to_id or "", each.shape, rules)
    for key in draft.named:
        if before.grids[key].parent_id != after.grids[key].parent_id:
            _require_inside(after, key, after.grids[key].shape, rules)
    for key in sorted({each.to_id for each in draft.moved if each.to_id}):
        _require_one_side(before, after.grids[key], draft.moved, rules)
    for key in sorted({each.from_id for each in draft.moved if each.from_id} - set(after.grids) - draft.ended):
        raise RefusedError(_LANDLESS.fill(grid=key), before.grids[key].shape)


def _require_unlocked(before: Boundaries, after: Boundaries, draft: Draft, rules: Rules) -> None:
    for each in draft.moved:
        for key in (each.from_id, each.to_id):
            if key in rules.locked and key in before.grids:
                raise RefusedError(_LOCKED.fill(grid=key), each.shape)
    for key in sorted(rules.locked & {*before.grids} & {*after.grids}):
        if changed_texts(before.grids[key], after.grids[key]):
            raise RefusedError(_LOCKED.fill(grid=key), before.grids[key].shape)


def _require_inside(after: Boundaries, grid_id: str, shape: Any, rules: Rules) -> None:
    """Refuse land outside the parent of the grid that gets it."""
    grid = after.grids.get(grid_id)
    parent = None if grid is None else parent_shape(after, grid)
    if grid is None or parent is None or not rules.within_parent:
        return
    outside = _outside(shape, parent)
    if outside:
        text = _OUTSIDE.fill(grid=grid.grid_id, parent=grid.parent_id, area=in_words(outside))
        raise RefusedError(text, shapely.multipolygons(outside))


def _require_one_side(before: Boundaries, grid: Grid, moved: Iterable[Moved], rules: Rules) -> None:
    """Refuse land that lies across a barrier from the grid that gets it."""
    gains = [each for each in moved if each.to_id == grid.grid_id]
    givers = {each.from_id or "" for each in gains}
    is_part = grid.grid_id not in before.grids and len(givers) == 1 and givers <= {*before.grids}
    former = before.grids.get(givers.pop() if is_part else grid.grid_id)
    barriers = rules.barriers_on(grid.shape)
    got = land_of([each.shape for each in gains])
    across = crossed(grid.shape, None if former is None else former.shape, got, barriers, is_part=is_part)
    if across is not None:
        raise RefusedError(_ACROSS.fill(grid=grid.grid_id, area=in_words([across])), across)


def require_tiling(before: Boundaries, after: Boundaries, moved: Sequence[Moved]) -> None:
    """Test the neighbourhood of what moved: the polygons fit together, as they did before, and no land appeared or was lost."""
    differ = unlike(before, after)
    for tier in sorted({after.grids[key].tier for key in differ if key in after.grids}) if moved else ():
        anew = [key for key in differ if key in after.grids and after.grids[key].tier == tier]
        fitting = tiles_near(after, tier, [after.grids[key].shape for key in anew])
        if not shapely.coverage_is_valid(np.array([*fitting.values(), None], dtype=object)[:-1]):
            sound_near(before, tier, [before.grids[key].shape for key in anew if key in before.grids])
            place = shapely.union_all([after.grids[key].shape for key in anew])
            raise RefusedError(_BROKEN.fill(grids=names_of(anew)), place)
    had, has = (_total(state, differ) for state in (before, after))
    had += sum(each.shape.area for each in moved if each.from_id is NOBODY)
    bent = 2 * LATTICE_M * sum(after.grids[key].shape.length for key in differ if key in after.grids) + 1e-6
    if abs(had - has) > bent:
        raise RefusedError(_BROKEN.fill(grids=names_of(differ)), moved[0].shape if moved else None)


def _total(state: Boundaries, keys: Iterable[str]) -> float:
    shapes = [state.grids[key].shape for key in keys if key in state.grids]
    return float(sum(shape.area for shape in (*shapes, *state.unassigned.values())))


def parts_notes(before: Boundaries, after: Boundaries, changed: Iterable[str]) -> list[Text]:
    """Say which grids fall in more parts than before."""
    notes = []
    for key in changed:
        old, new = before.grids.get(key), after.grids.get(key)
        parts = 0 if new is None else len(parts_of(new.shape))
        if parts > max(1, 0 if old is None else len(parts_of(old.shape))):
            notes.append(_IN_PARTS.fill(grid=key, parts=parts))
    return notes


def in_words(shapes: Iterable[Any]) -> str:
    """Return square metres for a message: whole ones, of little land two digits."""
    area = float(sum(shape.area for shape in shapes))
    return f"{area:,.0f}" if area >= PLAIN_M2 else f"{area:.2g}"


_LOCKED = Text("网格 {grid} 已锁定，不能改动；请先解锁或避开它。", "grid {grid} is locked; unlock it first, or keep clear of it.")
_OUTSIDE = Text(
    "{area} 平方米在 {parent} 之外，不能划给其下的网格 {grid}；请在 {parent} 内调整。",
    "{area} m² lie outside {parent} and cannot go to its grid {grid}; stay inside {parent}.",
)
_CHILD_CUT = Text(
    "较小的网格 {grid}（现属 {parent}）将不再完整地位于一个上级网格之内；请沿较小网格的边界调整，或先改隶。",
    "the smaller grid {grid} (of {parent}) would no longer lie whole in one larger grid; follow the borders of the smaller "
    "grids, or re-parent it first.",
)
_ACROSS = Text(
    "{area} 平方米与网格 {grid} 隔着不可跨越的河流、铁路或干道；请划给同一侧的网格；确可跨越的，请从 barriers 表中去掉那条线。",
    "{area} m² lie across a barrier (river, railway, trunk road) from grid {grid}; give it to a grid of that side, or "
    "take the line out of the table of barriers if it can be crossed.",
)
_LANDLESS = Text(
    "网格 {grid} 会失去全部土地；如要取消它，请用“合并”或“撤销”。",
    "grid {grid} would lose all its land; use merge or retire to end it.",
)
_BROKEN = Text(
    "操作会使网格边界互不吻合（{grids}），没有执行；请稍微移动所画的线。",
    "the operation would leave borders that do not fit together ({grids}) and was not carried out; move the line a little.",
)
_IN_PARTS = Text("网格 {grid} 分成了 {parts} 块。", "grid {grid} falls into {parts} parts.")
