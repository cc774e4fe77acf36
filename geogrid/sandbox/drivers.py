"""Which of GDAL's drivers may be loaded where strangers' files are read: the two that are asked; all else has its own reader."""

from __future__ import annotations

DRIVERS = frozenset({"ESRI Shapefile", "FlatGeobuf"})
"""GeoJSON, GeoPackage, CSV, KML, XLSX, Parquet and OSM files never reach GDAL; see `geogrid.files`."""


def skipped(known: set[str]) -> str:
    """Return the drivers to leave out, as GDAL reads it from its environment when it loads.

    Examples
    --------
    >>> skipped({"GPKG", "ESRI Shapefile", "OGR_VRT"})
    'GPKG,OGR_VRT,'
    """
    return "".join(f"{name}," for name in sorted(known - DRIVERS))
