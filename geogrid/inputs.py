"""What a check works on: the tables as read, each brought to one datum, to one projected CRS, and nested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
from pyproj import CRS

from geogrid import io
from geogrid.crs import project, projected_crs
from geogrid.datum import convert_datum, detect_datum
from geogrid.errors import InputError
from geogrid.files.osm import read_osm_boundaries
from geogrid.hierarchy import with_parents
from geogrid.network import barred_streets
from geogrid.settings import datum_choices, profile_of
from geogrid.words import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from geogrid.clock import Clock
    from geogrid.results import DatumFinding, ReadResult
    from geogrid.settings import Options

    Given: TypeAlias = str | Path | gpd.GeoDataFrame

READERS: Mapping[str, Callable[..., ReadResult]] = {
    "roads": io.read_roads,
    "households": io.read_households,
    "facilities": io.read_facilities,
    "areas": io.read_areas,
    "grids": io.read_grids,
    "units": io.read_units,
}
"""The tables of a check, in the order in which they are read and brought to one datum."""

BARRED = {
    "class": Text("{n} 条街道的等级不供步行，未用", "{n} streets of classes not for walking are left out"),
    "access": Text("{n} 条街道禁止行人通行，未用", "{n} streets that bar pedestrians are left out"),
    "closed": Text("{n} 条街道已封闭，未用", "{n} closed streets are left out"),
}
"""What is said of streets that are not walked, by the reason of `network.barred_streets`."""

POLYGONS = ("areas", "grids", "units")
IDS = {"areas": "area_id", "grids": "grid_id"}


@dataclass(frozen=True, eq=False)
class Inputs:
    """The tables of a check.

    ``read`` is what the files held (WGS 84 after ``datum``), ``projected`` the same good rows in ``crs`` (metres), with parents;
    ``datum`` what was found or done about each table's datum, ``notes`` what was assumed after reading.
    """

    read: Mapping[str, ReadResult]
    projected: Mapping[str, gpd.GeoDataFrame]
    datum: Mapping[str, DatumFinding]
    notes: Mapping[str, tuple[Text, ...]]
    crs: CRS

    def __getitem__(self, table: str) -> gpd.GeoDataFrame:
        """Return a table in the projected CRS."""
        return self.projected[table]

    def __contains__(self, table: str) -> bool:
        return table in self.projected

    def get(self, table: str) -> gpd.GeoDataFrame | None:
        """Return a table in the projected CRS, or None when it was not given."""
        return self.projected.get(table)

    def original(self, table: str) -> gpd.GeoDataFrame:
        """Return a table in WGS 84, coordinates as the file has them, with the parents and claimed grids found for it."""
        frame, found = self.read[table].table, self.projected[table]
        return frame.assign(**{column: found[column] for column in ("parent_id", "grid_id") if column in found})

    def parents_of_grids(self) -> gpd.GeoDataFrame | None:
        """Return the areas that grids lie in directly, or None without areas."""
        areas = self.get("areas")
        if areas is None:
            return None
        return areas[areas["area_id"].isin(self["grids"]["parent_id"].dropna())]


def read_inputs(given: Mapping[str, Given], options: Options, clock: Clock) -> Inputs:
    """Read every table, settle its datum, project it and find its parents.

    Parameters
    ----------
    given : mapping
        Path or frame per table.
    options : Options
        ``datum`` and ``profile`` are used.
    clock : Clock
        Times the steps read and datum.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        If a file is unusable as a whole, or holds no good row.
    DatumError
        If the datum cannot be told.
    """
    profile = profile_of(options)
    read: dict[str, ReadResult] = {}
    with clock.step("read") as tell:
        wanted = [table for table in READERS if table in given]
        for number, table in enumerate(wanted):
            read[table] = READERS[table](given[table], profile=profile)
            _require_rows(read[table], table)
            tell((number + 1) / len(wanted))
    with clock.step("datum"):
        read, findings = _one_datum(read, given, datum_choices(options.get("datum") or "auto"))
        crs = projected_crs(read["grids"].table)
        projected = {table: project(result.table, crs) for table, result in read.items()}
        notes = _nest(projected)
    return Inputs(read, projected, findings, notes, crs)


def _require_rows(result: ReadResult, table: str) -> None:
    """Refuse a table without a single good row, naming its most common problem."""
    if len(result.table):
        return
    codes = result.rejected["code"].value_counts()
    why = f"{codes.index[0]} × {codes.iloc[0]}" if len(codes) else "0"
    raise InputError(
        Text("{file}（{table}）中没有可用的行：{why}", "{file} ({table}) holds no usable row: {why}").fill(
            file=result.source.name, table=table, why=why
        )
    )


def _one_datum(
    read: Mapping[str, ReadResult], given: Mapping[str, Given], choices: Mapping[str, str]
) -> tuple[dict[str, ReadResult], dict[str, DatumFinding]]:
    """Bring every table to WGS 84: as told, or by comparing points with streets and polygons with known borders or points."""
    settled: dict[str, ReadResult] = {}
    findings: dict[str, DatumFinding] = {}
    borders = _osm_borders(given["roads"], read["roads"])
    for table, result in read.items():
        choice = choices.get(table, choices["*"])
        if choice == "auto":
            reference = _reference(table, settled, borders)
            if reference is None or not _may_be_shifted(result):
                settled[table] = result
                continue
            findings[table] = detect_datum(result.table, reference, crs=projected_crs(reference))
            choice = findings[table].datum
        settled[table] = _converted(result, choice)
    return settled, findings


def _reference(table: str, settled: Mapping[str, ReadResult], borders: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return what a table is compared with: streets are the yardstick, polygons go by borders or households."""
    if table == "roads":
        return None
    if table in POLYGONS:
        return settled["households"].table if borders is None else borders
    return settled["roads"].table


def _osm_borders(path: Given, roads: ReadResult) -> gpd.GeoDataFrame | None:
    """Return the boundary lines of an OpenStreetMap extract, if the streets came from one that has some."""
    if not roads.source.format.startswith("osm") or not isinstance(path, str | Path):
        return None
    lines = read_osm_boundaries(path)
    return lines if len(lines) else None


def _may_be_shifted(result: ReadResult) -> bool:
    """Return whether a table could be in a web map's datum: one in degrees, and not OpenStreetMap."""
    return CRS.from_user_input(result.source.crs).is_geographic and not result.source.format.startswith("osm")


def _converted(result: ReadResult, datum: str) -> ReadResult:
    if datum == "wgs84" or not _may_be_shifted(result):
        return result
    return replace(result, table=convert_datum(result.table, datum))


def _nest(projected: dict[str, gpd.GeoDataFrame]) -> dict[str, tuple[Text, ...]]:
    """Find the parent of every area and grid, in place in the given mapping, and say what was assumed."""
    notes: dict[str, tuple[Text, ...]] = {}
    for table in ("areas", "grids"):
        if table not in projected:
            continue
        if "areas" in projected:
            projected[table], notes[table] = with_parents(projected[table], projected["areas"], child_id=IDS[table])
        else:
            projected[table] = projected[table].assign(parent_id=pd.NA)
    notes["roads"] = _barred(projected["roads"])
    projected["households"], notes["households"] = _claims_by_id(projected["households"], projected["grids"])
    return notes


def _claims_by_id(households: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[Text, ...]]:
    """Read a claimed grid that is a grid's name as that grid's id, where only one grid has the name."""
    if "grid_id" not in households:
        return households, ()
    named = grids.drop_duplicates("name", keep=False).set_index("name")["grid_id"]
    by_name = ~households["grid_id"].isin(grids["grid_id"]) & households["grid_id"].isin(named.index)
    claims = households["grid_id"].where(~by_name, households["grid_id"].map(named))
    note = Text("{n} 户所写的是网格名称，已换成编号", "{n} households name their grid; its id is used").fill(n=int(by_name.sum()))
    return households.assign(grid_id=claims), (note,) if by_name.any() else ()


def _barred(roads: gpd.GeoDataFrame) -> tuple[Text, ...]:
    """Say how many streets nobody may walk on, and why."""
    reasons = barred_streets(roads)
    return tuple(text.fill(n=int((reasons == reason).sum())) for reason, text in BARRED.items() if (reasons == reason).any())
