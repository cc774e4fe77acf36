"""The workspace as tiles show it: boundaries in force, and where its people live, with what the newest check found of each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from api.queue.checking import newest_check
from api.tilesets import DATUMS, Datum, OfficeState, fields_of
from geogrid.assign import assign
from geogrid.crs import to_wgs84
from geogrid.replacing import PRIVATE
from geogrid.tilebase import arrow, tile_base
from geogrid.vectortiles import PeopleLayer
from geogrid.workspace.asking import smallest

if TYPE_CHECKING:
    from pathlib import Path

    from api.holdings import Holdings
    from geogrid.store import Workspace

KEPT = ("household_id", "persons", "unit_id")
"""Columns of a household that tiles tell, besides its grid and what the check found."""
FOUND = ("minutes_", "status_")


def state_seen(holdings: Holdings) -> tuple[object, ...]:
    """Return what changes whenever the workspace, the day or the newest check does: quick to find out."""
    path = holdings.settings.workspace
    files = () if path is None else (path, path.with_name(f"{path.name}-wal"))
    stats = [each.stat() for each in files if each.exists()]
    checked = newest_check(holdings.require_state())
    told = [(each.st_mtime_ns, each.st_size, each.st_ino) for each in stats]
    return (*told, holdings.today(), checked[0].job_id if checked else "")


def read_office(opened: Workspace, holdings: Holdings) -> OfficeState:
    """Read what is in force today.

    A household's grid is the one that it lies in; minutes and status are those of the newest check, where there is one, of the
    households that the workspace still holds.
    """
    version = opened.in_force().version.version
    boundaries = opened.boundaries(version=version)
    checked = newest_check(holdings.require_state())
    homes = people_of(opened, version, checked[1] if checked else None)
    seen = (opened.head.hash, version, checked[0].job_id if checked else "")
    people: dict[Datum, PeopleLayer] = {
        datum: PeopleLayer.of(tile_base(), "households", homes, is_gcj=datum == "gcj02") for datum in DATUMS
    }
    fields = fields_of({name: arrow(homes[name].iloc[:0]) for name in homes.columns.drop("geometry")})
    mark = hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
    return OfficeState(mark, boundaries, people, {**fields, "households": "Number"})


def people_of(opened: Workspace, version: int, check: Path | None) -> gpd.GeoDataFrame:
    """Return the households of a version in WGS 84: id, persons, unit, the grid that each lies in, and what a check found."""
    rows = opened.read("households", version=version)
    grids = smallest(opened.read("grids", version=version))
    rows["grid_id"] = assign(rows[["geometry"]], grids[["grid_id", "geometry"]]).grid_id if len(grids) else None
    rows = rows[[*KEPT, "grid_id", "geometry"]]
    found = None if check is None else _found(check)
    joined = rows if found is None else rows.merge(found, on="household_id", how="left")
    return to_wgs84(gpd.GeoDataFrame(joined, geometry="geometry", crs=rows.crs))


def _found(check: Path) -> pd.DataFrame | None:
    path = check / PRIVATE / "households.parquet"
    if not path.is_file():
        return None
    found: Any = pd.read_parquet(path)
    columns = [name for name in found.columns if name.startswith(FOUND) and not name.startswith("status_later_")]
    return found[["household_id", *columns]].drop_duplicates("household_id")
