"""The workspace as tiles show it on a day: its tables, and where its people live, with what the newest check found of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import pandas as pd

from api.ogc.catalogue import COLLECTIONS
from api.queue.checking import newest_check
from api.scoping import rows_of, scope_at, version_on
from api.tilelayers import PEOPLE, STAFF, Datum, Drawn, fields_of, shape_tiles
from geogrid.assign import assign
from geogrid.crs import to_wgs84
from geogrid.replacing import PRIVATE
from geogrid.tilebase import arrow, tile_base
from geogrid.vectortiles import PeopleLayer
from geogrid.workspace.asking import smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from api.holdings import Holdings
    from api.ogc.asked import When
    from geogrid.store import Workspace

KEPT = ("household_id", "persons", "unit_id")
"""Columns of a household that tiles tell, besides its grid and what the check found."""
FOUND = ("minutes_", "status_")


@dataclass(frozen=True)
class OfficeState:
    """One version of the workspace.

    Attributes
    ----------
    mark : str
        Of everything that tiles of it are made from: also of the newest erasure.
    version : int
    check : Path or None
        The newest check's folder, of what is in force today; a check tells nothing of other days.
    """

    mark: str
    version: int
    check: Path | None


class People(NamedTuple):
    """Who lives where, and the types of what is told of them."""

    layer: PeopleLayer
    fields: Mapping[str, str]


def state_seen(holdings: Holdings) -> tuple[object, ...]:
    """Return what changes whenever the workspace, the day or the newest check does: quick to find out."""
    path = holdings.settings.workspace
    files = () if path is None else (path, path.with_name(f"{path.name}-wal"))
    stats = [each.stat() for each in files if each.exists()]
    checked = newest_check(holdings.require_state())
    told = [(each.st_mtime_ns, each.st_size, each.st_ino) for each in stats]
    return (*told, holdings.today(), checked[0].job_id if checked else "")


def state_of(opened: Workspace, holdings: Holdings, when: When | None) -> OfficeState | None:
    """Return the version that was in force on the last of some days, today's for none; None before the first."""
    version = version_on(opened, when)
    if version is None:
        return None
    is_today = version.version == opened.in_force().version.version
    checked = newest_check(holdings.require_state()) if is_today else None
    seen = (opened.head.hash, version.version, checked[0].job_id if checked else "")
    return OfficeState(hashlib.sha256(repr(seen).encode()).hexdigest()[:16], version.version, checked[1] if checked else None)


def shapes_of(opened: Workspace, state: OfficeState, name: str, areas: tuple[str, ...], datum: Datum) -> Drawn:
    """Return a collection of the workspace as tiles: its rows in some areas, everywhere for none."""
    rows = rows_of(opened, COLLECTIONS[name].table, state.version, areas)
    return shape_tiles(name, STAFF[name], to_wgs84(rows), datum)


def homes_of(opened: Workspace, state: OfficeState, areas: tuple[str, ...], people: Callable[[], People]) -> Drawn:
    """Return the households as tiles; ``people`` gives those of all areas, who are read once for all callers."""
    inside = scope_at(partial(opened.read, version=state.version), areas).grids
    found = people()
    return Drawn(PEOPLE, STAFF[PEOPLE], found.layer.box_deg(inside), found.fields, lambda tile: people().layer.tile(tile, inside))


def people_of(opened: Workspace, state: OfficeState, datum: Datum) -> People:
    """Read who lives where.

    A household's grid is the one that it lies in; minutes and status are those of the newest check, where there is one, of the
    households that the workspace still holds.
    """
    homes = _homes(opened, state)
    fields = fields_of({name: arrow(homes[name].iloc[:0]) for name in homes.columns.drop("geometry")})
    layer = PeopleLayer.of(tile_base(), PEOPLE, homes, is_gcj=datum == "gcj02")
    return People(layer, {**fields, "households": "Number"})


def _homes(opened: Workspace, state: OfficeState) -> gpd.GeoDataFrame:
    rows = opened.read("households", version=state.version)
    grids = smallest(opened.read("grids", version=state.version))
    rows["grid_id"] = assign(rows[["geometry"]], grids[["grid_id", "geometry"]]).grid_id if len(grids) else None
    rows = rows[[*KEPT, "grid_id", "geometry"]]
    found = None if state.check is None else _found(state.check)
    joined = rows if found is None else rows.merge(found, on="household_id", how="left")
    return to_wgs84(gpd.GeoDataFrame(joined, geometry="geometry", crs=rows.crs))


def _found(check: Path) -> pd.DataFrame | None:
    path = check / PRIVATE / "households.parquet"
    if not path.is_file():
        return None
    found: Any = pd.read_parquet(path)
    columns = [name for name in found.columns if name.startswith(FOUND) and not name.startswith("status_later_")]
    return found[["household_id", *columns]].drop_duplicates("household_id")
