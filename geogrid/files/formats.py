"""The raw rows of any accepted file. No unchecked file ever reaches a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geogrid.files.csvtable import read_csv
from geogrid.files.raw import shown_name
from geogrid.files.sniffing import ACCEPTED, checked_path, sniff
from geogrid.late import Later

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from geogrid.files.raw import Fits, RawTable

__all__ = ["ACCEPTED", "checked_path", "read_raw", "sniff"]

LAYERED: Mapping[str, Callable[..., RawTable]] = {
    "gpkg": Later("geogrid.files.gpkg", "read_gpkg"),
    "xlsx": Later("geogrid.files.xlsxtable", "read_xlsx"),
}
PLAIN: Mapping[str, Callable[..., RawTable]] = {
    "geojson": Later("geogrid.files.geojson", "read_geojson"),
    "kml": Later("geogrid.files.kml", "read_kml"),
    "shp": Later("geogrid.files.vector", "read_shapefile"),
    "fgb": Later("geogrid.files.vector", "read_flatgeobuf"),
    "parquet": Later("geogrid.files.vector", "read_parquet"),
}
read_osm_roads: Callable[..., RawTable] = Later("geogrid.files.osm", "read_osm_roads")
read_zipped_shapefile: Callable[..., RawTable] = Later("geogrid.files.vector", "read_zipped_shapefile")


def read_raw(path: str | os.PathLike[str], *, layer: str | None = None, fits: Fits | None = None) -> RawTable:
    """Return a file's rows as they are, before anything is judged.

    Parameters
    ----------
    path : a local file of an accepted format
    layer : layer or sheet to read, where a file can hold several
    fits : tells from column names whether a layer or sheet is the wanted one

    Raises
    ------
    InputError
        A file that is wrong as a whole.
    """
    local = checked_path(path)
    name = shown_name(local)
    kind = sniff(local)
    if kind in LAYERED:
        return LAYERED[kind](local, name=name, layer=layer, fits=fits)
    if kind == "csv":
        return read_csv(local, name=name, fits=fits)
    if kind == "shp.zip":
        return read_zipped_shapefile(local, name=name, layer=layer)
    return PLAIN[kind](local, name=name) if kind in PLAIN else read_osm_roads(local, name=name, kind=kind)
