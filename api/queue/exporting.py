"""A table or a public layer as a file, as a job: in any format that offices use, of the caller's areas only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from api.callers import scope_of
from api.ogc.catalogue import TABLES
from api.scoping import rows_in
from api.source import read_folder
from geogrid import io
from geogrid.crs import to_wgs84
from geogrid.publications import folder_of, publications
from geogrid.replacing import PRIVATE_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from api.queue.asking import Format
    from api.queue.kinds import Work

AS_TABLE: tuple[Format, ...] = ("csv", "xlsx")
"""Formats that hold points only: of lines and polygons they get a point inside."""
IN_DEGREES: tuple[Format, ...] = ("geojson", "kml", "csv", "xlsx")


def run(work: Work) -> Mapping[str, Any]:
    """Write the file, and return its name, how many rows it has and of what it is."""
    asked = work.asked
    with work.clock.step("read"):
        frame, basis = _published(work) if asked["layer"] else _kept(work)
    with work.clock.step("write"):
        target = work.folder / f"{asked['table'] or asked['layer']}.{asked['format']}"
        io.write_table(_ready(frame, asked["format"], asked["datum"]), target, datum=asked["datum"])
        target.chmod(PRIVATE_FILE)
    return {**basis, "file": target.name, "rows": len(frame), "bytes": target.stat().st_size}


def _kept(work: Work) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table of the workspace in one version, as far as the caller's areas go."""
    version = int(work.asked["version"])
    with work.holdings.workspace() as workspace:
        scope = scope_of(work.caller, workspace.boundaries(version=version))
        rows = rows_in(scope, work.asked["table"], lambda table: workspace.read(table, version=version))
    return rows, {"version": version}


def _published(work: Work) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Read a layer of one publication: the same for everybody."""
    root = work.state.folder / "published"
    found = next(each for each in publications(root) if each.number == work.asked["publication"])
    frame: gpd.GeoDataFrame = getattr(read_folder(folder_of(root, found)), TABLES[work.asked["layer"]])
    return frame, {"publication": found.number}


def _ready(frame: pd.DataFrame, kind: Format, datum: str) -> gpd.GeoDataFrame:
    """Return a frame that the format holds: with shapes, points where only points go, in degrees where programs expect them."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs="EPSG:4326")
    shown = frame
    if kind in AS_TABLE and not set(frame.geom_type.dropna()) <= {"Point"}:
        shown = frame.set_geometry(frame.geometry.representative_point())
    return to_wgs84(shown) if kind in IN_DEGREES or datum != "wgs84" else shown
