"""The town of a workspace, placed on its streets, for a proposal of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geogrid.errors import InputError
from geogrid.late import Later
from geogrid.office import TRAVELLED
from geogrid.words import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from geogrid.report import check
    from geogrid.store import Workspace
    from geogrid.town import Town
else:
    check = Later("geogrid.report", "check")

OPTIONAL = ("areas", "units")


def town_of(workspace: Workspace, service: str) -> Town:
    """Check the newest version of a workspace for one service, and return its town.

    Parameters
    ----------
    workspace : Workspace
    service : str
        Any of its names.

    Raises
    ------
    InputError
        When a table that this needs is empty; all are named.
    """
    tables: dict[str, Any] = {name: workspace.read(name) for name in ("grids", *TRAVELLED, *OPTIONAL)}
    empty = [name for name in ("grids", *TRAVELLED) if tables[name].empty]
    if empty:
        raise InputError(_EMPTY.fill(tables=", ".join(empty)))
    given = {name: frame for name, frame in tables.items() if len(frame)}
    return check(**given, profile=workspace.profile, datum="wgs84", services=[service]).town


def candidates_in(workspace: Workspace) -> gpd.GeoDataFrame | None:
    """Return the candidate sites of a workspace; None where it has none."""
    frame: gpd.GeoDataFrame = workspace.read("candidates")
    return None if frame.empty else frame


_EMPTY = Text(
    "工作区里没有 {tables}：请先用 geogrid import 导入", "the workspace has no {tables}: bring them in first (geogrid import)"
)
