"""The town of the office's newest check, kept open: for each caller only the grids, areas and households of their areas.

Streets and facilities are the same for all. Private: it holds household rows, is never shared between callers of other areas, and
is opened again when the check's files change, such as after an erasure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from api.callers import scope_within
from api.errors import BusyError
from api.queue.checking import newest_check
from geogrid.errors import NotFoundError
from geogrid.town import open_town, saved_folder
from geogrid.townfile import MANIFEST
from geogrid.whatif import start
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from api.callers import Caller
    from api.holdings import Holdings
    from geogrid.town import Placed, Town
    from geogrid.whatif import WhatIf

KEPT_PARTS = 8
"""Parts of the town that are kept at a time; the streets are the same ones."""
NAME = "town"

NOTHING_CHECKED = Text(
    "还没有检查过：请先检查并发布（geogrid publish，或在 /api/v1/checks 开始检查）",
    "nothing was checked yet: check and publish first (geogrid publish, or begin a check at /api/v1/checks)",
)
OPENING = Text("正在打开检查结果，请稍后再试", "the check is being opened; try again in a moment")


@dataclass(eq=False)
class Part:
    """The part of a town that some callers may see, and the what-if that begins from it, once asked for."""

    town: Town
    begun: WhatIf | None = None

    def whatif(self) -> WhatIf:
        """Return the what-if without changes; what it needs is worked out once."""
        self.begun = self.begun or start(self.town)
        return self.begun


@dataclass(eq=False)
class Kept:
    """The town of one check, and the parts of it that were asked for."""

    mark: tuple[Any, ...]
    town: Town
    parts: dict[tuple[str, ...], Part] = field(default_factory=dict)


def part_for(holdings: Holdings, caller: Caller) -> Part:
    """Return what a caller may see of the town of the newest check.

    Raises
    ------
    NotFoundError
        When nothing was checked yet.
    BusyError
        When others keep it busy for too long.
    """
    if not holdings.heavy.acquire(timeout=holdings.settings.busy_after_s):
        raise BusyError(OPENING)
    try:
        return _part(_kept(holdings), caller.areas)
    finally:
        holdings.heavy.release()


def forget(holdings: Holdings) -> None:
    """Let go of the town that is kept open."""
    holdings.kept.pop(NAME, None)


def _kept(holdings: Holdings) -> Kept:
    found = newest_check(holdings.require_state())
    if found is None:
        raise NotFoundError(NOTHING_CHECKED)
    folder = found[1]
    seen = (saved_folder(folder) / MANIFEST).stat()
    mark = (folder, seen.st_mtime_ns, seen.st_ino)
    kept = cast("Kept | None", holdings.kept.get(NAME))
    if kept is None or kept.mark != mark:
        forget(holdings)
        kept = Kept(mark, open_town(folder))
        holdings.kept[NAME] = kept
    return kept


def _part(kept: Kept, area_ids: tuple[str, ...]) -> Part:
    found = kept.parts.pop(area_ids, None) or Part(town_within(kept.town, area_ids))
    while len(kept.parts) >= KEPT_PARTS:
        del kept.parts[next(iter(kept.parts))]
    kept.parts[area_ids] = found
    return found


def town_within(town: Town, area_ids: tuple[str, ...]) -> Town:
    """Return a town without the grids, areas, units and households beyond some areas; no ids are all of it.

    Parameters
    ----------
    town : Town
    area_ids : tuple of str
        Of areas, or of grids; a household in no grid is in nobody's part.
    """
    if not area_ids:
        return town
    scope = scope_within(area_ids, areas=_parents(town.areas, "area_id"), grids=_parents(town.grids, "grid_id"))
    rows = np.flatnonzero(town.households["grid_id"].isin(scope.grids or ()).to_numpy(dtype=bool))
    return replace(
        town,
        grids=_of(town.grids, "grid_id", scope.grids),
        areas=None if town.areas is None else _of(town.areas, "area_id", scope.areas),
        units=None,
        households=town.households.iloc[rows].reset_index(drop=True),
        placed={mode: _placed(placed, rows) for mode, placed in town.placed.items()},
    )


def _placed(placed: Placed, rows: Any) -> Placed:
    return replace(placed, at_home=placed.at_home.take(rows))


def _of(table: gpd.GeoDataFrame, key: str, ids: frozenset[str] | None) -> gpd.GeoDataFrame:
    return table[table[key].isin(ids or ())].reset_index(drop=True)


def _parents(table: gpd.GeoDataFrame | None, key: str) -> dict[str, str | None]:
    if table is None:
        return {}
    above = table["parent_id"] if "parent_id" in table else [None] * len(table)
    return {str(one): str(parent) if isinstance(parent, str) else None for one, parent in zip(table[key], above, strict=True)}
