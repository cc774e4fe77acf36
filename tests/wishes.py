"""Random operations for the laws of redrawing: small values that hypothesis can shrink, made operations on boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from hypothesis import strategies as st

from geogrid.operations import Draw, Hand, Merge, MoveBorder, Rename, Retire, Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from geogrid.boundaries import Boundaries, Grid
    from geogrid.operations import Operation

SHARES = st.floats(0, 1, allow_nan=False, width=32)


class Wish(NamedTuple):
    """What a planner might do: a kind, which grid and which of its neighbours, and four numbers from 0 to 1 for the shape."""

    kind: str
    grid: int
    other: int
    shape: tuple[float, float, float, float]


LOCAL = ("hand", "split", "merge", "border", "draw", "rename")
"""Operations on land that somebody has; what is nobody's is one piece of the whole town."""
WISHES = st.builds(
    Wish,
    st.sampled_from([*LOCAL, "hand", "hand", "split", "square", "nobody", "retire", "end"]),
    st.integers(0, 99),
    st.integers(0, 99),
    st.tuples(SHARES, SHARES, SHARES, SHARES),
)


def operation(wish: Wish, state: Boundaries, number: int) -> Operation:
    """Return the operation that a wish is on these boundaries; ``number`` makes new ids."""
    grid = state.grids[state.ids[wish.grid % len(state.ids)]]
    other = _beside(state, grid, wish.other)
    new = f"N{number}"
    made: dict[str, Callable[[], Operation]] = {
        "hand": lambda: Hand(grid.grid_id, blob(grid.shape, wish.shape)),
        "square": lambda: Hand(grid.grid_id, square(grid.shape, wish.shape)),
        "nobody": lambda: Hand("", blob(grid.shape, wish.shape)),
        "split": lambda: Split(grid.grid_id, across(grid.shape, wish.shape), (new,)),
        "merge": lambda: Merge(grid.grid_id, (other.grid_id,)),
        "border": lambda: MoveBorder(grid.grid_id, other.grid_id, across(other.shape, wish.shape)),
        "draw": lambda: Draw(blob(grid.shape, wish.shape), new, parent_id=grid.parent_id),
        "rename": lambda: Rename(grid.grid_id, f"第{number}网格"),
        "retire": lambda: Retire(grid.grid_id, other.grid_id),
        "end": lambda: Retire(grid.grid_id),
    }
    return made[wish.kind]()


def _beside(state: Boundaries, grid: Grid, which: int) -> Grid:
    near = [state.ids[i] for i in np.sort(state.tree.query(grid.shape, predicate="dwithin", distance=0.001))]
    names = [name for name in near if name != grid.grid_id] or near
    return state.grids[names[which % len(names)]]


def blob(around: Any, shares: tuple[float, float, float, float]) -> Any:
    """Return a polygon of three to nine corners round a place in a box round a grid, as drawn by hand."""
    u, v, size, turn = shares
    west, south, east, north = around.bounds
    corners = 3 + int(turn * 6)
    angle = turn * 7 + np.linspace(0, 2 * np.pi, corners, endpoint=False)
    reach = (5 + 145 * size) * (1 + 0.4 * np.sin(angle * 3 + u * 9))
    middle = np.array([west + u * (east - west), south + v * (north - south)])
    return shapely.Polygon(middle + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)]))


def square(around: Any, shares: tuple[float, float, float, float]) -> Any:
    """Return a box that may share whole borders with a box round a grid."""
    u, v, size, turn = shares
    west, south, east, north = around.bounds
    x, y = (west, south) if turn < 0.5 else (west + round(u * (east - west)), south + round(v * (north - south)))
    return shapely.box(x, y, x + 3 + round(150 * size), y + 3 + round(150 * size * (0.5 + turn)))


def across(shape: Any, shares: tuple[float, float, float, float]) -> Any:
    """Return a line with a bend right across a polygon."""
    u, v, bend, turn = shares
    along = np.array([np.cos(turn * np.pi), np.sin(turn * np.pi)])
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))[0] + 80 * np.array([u - 0.5, v - 0.5])
    aside = np.array([-along[1], along[0]]) * 60 * (bend - 0.5)
    return shapely.LineString([middle - along * 1_500, middle + aside, middle + along * 1_500])
