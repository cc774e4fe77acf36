"""One datum for all tables of a check: streets are the yardstick for points, known borders or households for polygons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyproj import CRS

from geogrid.crs import projected_crs
from geogrid.datum import MIN_SAMPLE, convert_datum, detect_datum
from geogrid.errors import DatumError
from geogrid.late import Later
from geogrid.results import DatumFinding
from geogrid.settings import TABLES
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from geogrid.files.osm import read_osm_boundaries
    from geogrid.inputs import Given
    from geogrid.results import ReadResult
else:
    read_osm_boundaries = Later("geogrid.files.osm", "read_osm_boundaries")

POLYGONS = ("areas", "grids", "units", "buildings")
CLOSURES = "closures"
"""Floods and road works fit nothing that is known: nobody can tell their datum but who drew them."""
ADDED = "add_streets"
"""Paths lie where no street is: a few of them may by chance fit the streets best where they are not."""

AS_TOLD = Text("按指定的坐标基准换算", "converted as told")
NOT_SHIFTED = Text(
    "格式为 {format}、坐标系为 {crs}，不会是 {choice}，按原样使用；若确实是，请为这张表单独指明",
    "{format} in {crs}, which is not {choice}: kept as given; name this table to convert it all the same",
)
NOTHING_TO_COMPARE = Text("没有可以比对的东西", "there is nothing to compare it with")
UNSURE = Text(
    "{table} 的坐标基准无法确定（{zh}），而其他表已按 {shifted} 换算。请写明，如 --datum {table}={datum} 或 {table}=wgs84。",
    "the datum of {table} cannot be told ({en}), while others were converted ({shifted}); "
    "say which it is, such as --datum {table}={datum} or {table}=wgs84.",
)


def one_datum(
    read: Mapping[str, ReadResult], given: Mapping[str, Given], choices: Mapping[str, str]
) -> tuple[dict[str, ReadResult], dict[str, DatumFinding]]:
    """Bring every table to WGS 84: as told, or by comparing points with streets and polygons with known borders or points.

    Parameters
    ----------
    read : mapping of ReadResult
        What the files hold, by table; roads and households among them.
    given : mapping
        The files themselves: an OpenStreetMap extract may hold known borders.
    choices : mapping
        Datum per table, "*" for the rest; see `settings.datum_choices`.

    Returns
    -------
    settled : dict of ReadResult
        The same tables in WGS 84.
    findings : dict of DatumFinding
        What was found, or told, about each.

    Raises
    ------
    DatumError
        If a table's datum cannot be told and it matters.
    """
    settled: dict[str, ReadResult] = {}
    findings: dict[str, DatumFinding] = {}
    unsure = []
    borders = _osm_borders(given["roads"], read["roads"])
    for table in (t for t in TABLES if t in read):
        result = read[table]
        if not result.table.geometry.notna().any():
            settled[table] = result
            continue
        choice = choices.get(table, choices["*"])
        if choice == "auto":
            few = table == ADDED and len(result.table) < MIN_SAMPLE
            references = [] if few else _references(table, settled, borders)
            if table == "roads" or not _may_be_shifted(result):
                settled[table] = result
                continue
            findings[table] = _detected(result.table[result.table.geometry.notna()], references)
            unsure += [] if findings[table].misfit else [table]
        elif choice != "wgs84":
            findings[table] = _told(result, choice, by_name=table in choices)
        settled[table] = _converted(result, findings.get(table))
    _require_sure(unsure, findings)
    return {table: settled.get(table, result) for table, result in read.items()}, findings


def _detected(table: gpd.GeoDataFrame, references: Sequence[gpd.GeoDataFrame]) -> DatumFinding:
    """Compare with the first reference that tells something; else say what the first one said."""
    if not references:
        return DatumFinding("wgs84", NOTHING_TO_COMPARE, "m", {}, 0)
    findings = (detect_datum(table, reference, crs=projected_crs(reference)) for reference in references)
    finding = next(findings)
    return finding if finding.misfit else next((other for other in findings if other.misfit), finding)


def _require_sure(unsure: Sequence[str], findings: Mapping[str, DatumFinding]) -> None:
    """Refuse to keep a table as given that cannot be compared while another one of the same office is shifted."""
    shifted = [f"{table}={finding.datum}" for table, finding in findings.items() if finding.datum != "wgs84"]
    if unsure and shifted:
        why = findings[unsure[0]].measure
        raise DatumError(
            UNSURE.fill(table=unsure[0], zh=why.zh, en=why.en, shifted=", ".join(shifted), datum=shifted[0].partition("=")[2])
        )


def _told(result: ReadResult, choice: str, *, by_name: bool) -> DatumFinding:
    """Write down that a table is in the datum that the caller says; a word for all tables leaves out those that cannot be."""
    if by_name or _may_be_shifted(result):
        return DatumFinding(choice, AS_TOLD, "m", {}, 0)
    return DatumFinding("wgs84", NOT_SHIFTED.fill(choice=choice, format=result.source.format, crs=result.source.crs), "m", {}, 0)


def _references(table: str, settled: Mapping[str, ReadResult], borders: gpd.GeoDataFrame | None) -> list[gpd.GeoDataFrame]:
    """Return what a table is compared with: streets are the yardstick, polygons go by borders or else by households."""
    if table in ("roads", CLOSURES):
        return []
    if table in POLYGONS:
        return [*([] if borders is None else [borders]), settled["households"].table]
    return [settled["roads"].table]


def _osm_borders(path: Given, roads: ReadResult) -> gpd.GeoDataFrame | None:
    """Return the boundary lines of an OpenStreetMap extract, if the streets came from one that has some."""
    if not roads.source.format.startswith("osm") or not isinstance(path, str | Path):
        return None
    lines = read_osm_boundaries(path)
    return lines if len(lines) else None


def _may_be_shifted(result: ReadResult) -> bool:
    """Return whether a table could be in a web map's datum: one in degrees, and not OpenStreetMap."""
    return CRS.from_user_input(result.source.crs).is_geographic and not result.source.format.startswith("osm")


def _converted(result: ReadResult, finding: DatumFinding | None) -> ReadResult:
    if finding is None or finding.datum == "wgs84":
        return result
    return replace(result, table=convert_datum(result.table, finding.datum))
