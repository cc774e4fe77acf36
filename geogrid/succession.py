"""Which grid came from which: read off the land that new grids got and that ended ones left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geogrid.boundaries import Boundaries

SUCCESSION_COLUMNS = ("from_id", "from_code", "to_id", "to_code", "kind", "area_m2")
LEAST_AREA_M2 = 1.0
LEAST_SHARE = 0.01
SPLIT, MERGE, REPLACE, REDRAW = "split", "merge", "replace", "redraw"


class _Passed(NamedTuple):
    """Land that went from one grid to another."""

    from_id: str
    to_id: str
    area_m2: float


def succession(before: Boundaries, after: Boundaries) -> pd.DataFrame:
    """Return where new grids came from and where ended ones went, by their land.

    A grid that goes on under its id is no one's successor: its border may move, its code stays. Land counts within one tiling
    (grid set and level). Pieces under 1 m², or under 1 % of the smaller of the grids that begin or end by them, are left out.

    Parameters
    ----------
    before, after : Boundaries
        In the same CRS.

    Returns
    -------
    DataFrame
        from_id, from_code, to_id, to_code, kind, area_m2 (the land that passed), by ids. ``kind``: "split" (a new grid got a
        part of one), "merge" (an ended grid went into one), "replace" (a new grid took the whole place of an ended one),
        "redraw" (several ended grids became several new ones). Grids that came from nothing or left their land to nobody have
        no row.
    """
    began, ended = after.grids.keys() - before.grids.keys(), before.grids.keys() - after.grids.keys()
    pairs = {*_met(after, began, before), *((old, new) for new, old in _met(before, ended, after))}
    passed = [row for row in _measured(before, after, sorted(pairs)) if _counts(row, before, after)]
    heirs, sources = Counter(row.from_id for row in passed), Counter(row.to_id for row in passed)
    rows = [
        (row.from_id, before.grids[row.from_id].code, row.to_id, after.grids[row.to_id].code, kind, row.area_m2)
        for row in passed
        for kind in [_kind(row, began, ended, heirs, sources)]
    ]
    table = pd.DataFrame(rows, columns=list(SUCCESSION_COLUMNS))
    return table.astype(dict.fromkeys(SUCCESSION_COLUMNS[:5], "str") | {"area_m2": "float64"})


def _met(boundaries: Boundaries, ids: Iterable[str], others: Boundaries) -> Iterable[tuple[str, str]]:
    """Yield the grids of the other boundaries that some grids meet within their tiling, as (other, own)."""
    own = [boundaries.grids[grid_id] for grid_id in ids]
    shapes = np.array([grid.shape for grid in own], dtype=object)
    for mine, theirs in zip(*others.tree.query(shapes), strict=True):
        other = others.grids[others.ids[theirs]]
        if other.tier == own[mine].tier:
            yield other.grid_id, own[mine].grid_id


def _measured(before: Boundaries, after: Boundaries, pairs: Iterable[tuple[str, str]]) -> Iterable[_Passed]:
    for old, new in pairs:
        yield _Passed(old, new, float(shapely.area(shapely.intersection(before.grids[old].shape, after.grids[new].shape))))


def _counts(row: _Passed, before: Boundaries, after: Boundaries) -> bool:
    """Return whether a piece is large enough to make a successor."""
    concerned = [before.grids[row.from_id]] if row.from_id not in after.grids else []
    concerned += [after.grids[row.to_id]] if row.to_id not in before.grids else []
    least = min(shapely.area(grid.shape) for grid in concerned) * LEAST_SHARE
    return row.area_m2 >= max(LEAST_AREA_M2, float(least))


def _kind(row: _Passed, began: Iterable[str], ended: Iterable[str], heirs: Mapping[str, int], sources: Mapping[str, int]) -> str:
    if row.from_id not in ended:
        return SPLIT
    if row.to_id not in began:
        return MERGE
    one_heir, one_source = heirs[row.from_id] == 1, sources[row.to_id] == 1
    return {(True, True): REPLACE, (False, True): SPLIT, (True, False): MERGE}.get((one_heir, one_source), REDRAW)
